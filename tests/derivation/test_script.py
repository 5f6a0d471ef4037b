"""A theorem's text proves the same theorem again: every form, hint and kind of atom; and a falsified text does not."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import pytest
import sympy as sp
from sympy import Eq, Ge, Gt, Le, Lt, Ne, Sum

from assayer.derivation import (
    Derivation,
    Forall,
    Lemma,
    LimitTheorem,
    StepNotProved,
    Theorem,
    assume,
    cases,
    convex,
    ftc,
    induction,
    joint_induction,
    limit_theorem,
    monotone,
    optimum,
    unique_optimum,
)
from assayer.derivation.algebra import (
    E,
    Mat,
    MatFamily,
    RandomFamily,
    RandomVariable,
    Vec,
    VecFamily,
    definitions,
    gram_facts,
    held_norm2,
    logdet,
    norm2,
    tr,
)
from assayer.derivation.hints import Hint
from assayer.derivation.replay import Replay
from assayer.derivation.script import script
from assayer.derivation.trusted.context import Context
from assayer.derivation.trusted.errors import DerivationError
from assayer.derivation.trusted.expressions import substitute
from assayer.derivation.written import Names, NotWritten

LIBRARY = Path(__file__).parents[2] / "lib"
N, a, b, c = sp.symbols("N a b c", integer=True, nonnegative=True)
n, t = sp.symbols("n t", integer=True, positive=True)
k, q = sp.symbols("k q", integer=True)
x, y = sp.symbols("x y", real=True)
p, lam = sp.symbols("p lambda", positive=True)
f = sp.Function("f")
eta = sp.IndexedBase("eta", positive=True)


def text_of(made: Theorem | LimitTheorem) -> str:
    return script((made.title, made.limit) if isinstance(made, LimitTheorem) else made.sequent)


def proved_again(text: str) -> Any:
    names: dict[str, Any] = {}
    exec(text, names)
    return names["theorem"]


def falling(rng: Random) -> dict:
    return {f(i): 30 - i for i in range(-3, 20)}


def corners() -> Theorem:
    given = assume(split=Eq(N, a * b + c), spare=Le(a, b))
    chain = Derivation("S by its corners", *given).start(a + b + c)
    return chain.eq(a + b + N - a * b, by="split, $c = N - ab$").eq(N + 1 - (a - 1) * (b - 1), by="factor").theorem()


def cited_twice() -> Theorem:
    """A theorem cited through two others is written once, before both."""
    root = Derivation("root", Ge(x, 0)).start(x + 1).ge(1, by="x ≥ 0").theorem()
    left = Derivation("left", Ge(y, 1)).start(y).ge(1, by=root(x=y - 1)).theorem()
    right = Derivation("right", Ge(y, 2)).start(y - 1).ge(1, by=("shifted", root(x=y - 2))).theorem()
    return Derivation("both", Ge(y, 2)).start(2 * y - 1).ge(1 + y, by=right).ge(2, by=left).theorem()


def by_lemma() -> Theorem:
    lemma = Lemma("sine", Le(sp.sin(x), x), [Ge(x, 0)], cite='Euclid, 100 % & {more} #1_2, "Elements"')
    return Derivation("cited", Ge(y, 1)).start(sp.sin(y)).le(y, by=lemma(x=y)).lt(y + 1, by="add").theorem()


def by_cases() -> Theorem:
    small = Derivation("small", Le(x, 0)).start(-x).ge(0, by="sign").theorem()
    chain = Derivation("two cases", declare=(x,)).start(sp.Abs(x))
    return chain.ge(x, by=("either sign", cases(Ge(x, 0), small))).theorem()


def together() -> Theorem:
    s, r = sp.Function("s"), sp.Function("r")
    m = sp.Symbol("m", integer=True, nonnegative=True)
    made = joint_induction(
        m,
        {"even": Eq(s(m), 2**m), "odd": Eq(r(m), 2**m + 1)},
        Eq(s(0), 1),
        Eq(r(0), 2),
        Forall(m, Eq(s(m + 1), s(m) + r(m) - 1)),
        Forall(m, Eq(r(m + 1), r(m) + s(m))),
        model=lambda rng: {s(i): 2**i for i in range(20)} | {r(i): 2**i + 1 for i in range(20)},
    )
    return made["odd"]


def with_vectors() -> Theorem:
    v, w = Vec("v"), Vec("w", dim="d")
    S, Q = Mat("S", rows="d", symmetric=True, invertible=True), Mat("Q", rows="d", orthogonal=True)
    after = held_norm2(v - 2 * Vec("u"))
    left = (w @ (S * w)) + tr(Q.T * S * Q * S.inv * S) + logdet(S.inv) + after + norm2(S * w)
    return Derivation("words", Le(norm2(v), 1), *definitions(after)).start(left).eq(left, by="the same").theorem()


def with_families() -> Theorem:
    theta, g, star = VecFamily("theta"), VecFamily("g"), Vec("theta_star", latex=r"\theta^{*}")
    W = MatFamily("W", rows="d", cols="d", symmetric=True)
    i = sp.Symbol("i", integer=True, nonnegative=True)
    left = Sum(g[i] @ (theta[i + 1] - star), (i, 0, n)) + tr(W[n] * W[n + 1])
    gap = Sum(g[i] @ theta[i + 1], (i, 0, n)) - Sum(g[i] @ star, (i, 0, n))
    return Derivation("families").start(left).eq(gap + tr(W[n + 1] * W[n]), by="linear").theorem()


def with_moments() -> Theorem:
    X, Y = RandomVariable("X", mean=p, variance=p**2), RandomVariable("Y", latex=r"\mathsf{Y}")
    U = RandomFamily("U", mean=x, group="data")
    left = E((X - Y) ** 2) + E(U[k] * U[k])
    return Derivation("moments").start(left).eq(left, by="the same").theorem()


def hard_names() -> Theorem:
    """Names that Python or SymPy already use, names that are no identifiers, one name with two domains."""
    names = [sp.Symbol(s, real=True) for s in ("lambda", "E", "S", "gamma", "theorem", "Symbol", "x*", "x y", "λ", "I")]
    whole = sum(s**j for j, s in enumerate(names, start=1)) + sp.gamma(n) + sp.exp(1) + sp.pi
    return Derivation("names", declare=(n,)).start(whole).eq(whole + n - n).theorem()


def two_domains() -> Theorem:
    """The cited theorem's x is not the citing one's."""
    whole = sp.Symbol("x", integer=True)
    square = Derivation("square", declare=(whole,)).start(whole**2).ge(whole, by=induction_free).theorem()
    return Derivation("cites it", Ge(x, 0)).start(k**2 + x).ge(k + x, by=square(x=k)).theorem()


induction_free = "an integer's square"


def as_evaluated() -> Theorem:
    """Expressions that SymPy's own printing does not read back."""
    twice = sp.Add(x, x, evaluate=False)
    power = sp.Pow(sp.Mul(2, 3, evaluate=False), n, evaluate=False)
    left = twice + power + sp.Rational(2, 3) * sp.Rational(1, 2) ** n + x ** sp.Rational(4, 1) / 7
    return Derivation("as it is held", declare=(x, n)).start(left).eq(left, by="the same").theorem()


def renamed_index() -> Theorem:
    """A bound index that the checker renamed so as not to capture the author's."""
    total = substitute(Sum(k * x, (k, 1, n)), {x: k + y})
    return Derivation("renamed", declare=(n,)).start(total).eq(total, by="the same").theorem()


FORMS: dict[str, Callable[[], Theorem | LimitTheorem]] = {
    "chain": corners,
    "undefined point": lambda: Derivation("hole", Ne(x, 1)).start((x**2 - 1) / (x - 1)).eq(x + 1).theorem(),
    "cited twice": cited_twice,
    "lemma": by_lemma,
    "two domains": two_domains,
    "induction": lambda: (
        Derivation("sum").start(Sum(k**3, (k, 1, n))).eq(n**2 * (n + 1) ** 2 / 4, by=induction(n)).theorem()
    ),
    "family and model": lambda: (
        Derivation("family", Forall(t, Le(f(t + 1), f(t))), model=falling, declare=(n,))
        .start(f(n + 1))
        .le(f(n))
        .theorem()
    ),
    "indexed": lambda: (
        Derivation("rates", Forall(t, Le(eta[t + 1], eta[t])), declare=(n,))
        .start(1 / eta[n])
        .le(1 / eta[n + 1], by="non-increasing")
        .theorem()
    ),
    "cases": by_cases,
    "cases afterwards": lambda: Derivation("split", declare=(x,)).start(sp.Abs(x)).ge(-x).cases(Ge(x, 0)).theorem(),
    "monotone": lambda: Derivation("logarithm", Ge(x, 1)).start(sp.log(x)).le(x - 1, by=monotone(x, 1)).theorem(),
    "convex": lambda: Derivation("exponential", declare=(x,)).start(sp.exp(x)).ge(1 + x, by=convex(x, at=0)).theorem(),
    "antiderivative": lambda: (
        Derivation("area", Gt(p, 0))
        .start(sp.Integral(sp.cos(x), (x, 0, p)))
        .eq(sp.sin(p), by=("the sine", ftc(sp.sin(x), x)))
        .theorem()
    ),
    "box": lambda: Derivation("on a box", Ge(x, 0), Le(x, 1)).start(sp.exp(x)).le(3, box={x: (0, 1)}).theorem(),
    "seconds": lambda: Derivation("in time", declare=(x,), seconds=7.5).start(x**2).ge(0).theorem(),
    "not equal": lambda: Derivation("apart", Gt(x, 1)).start(x**2).ne(x, by="x > 1").theorem(),
    "below": lambda: Derivation("around", Ge(x, 1)).sub("inner", Lt(x, 2)).start(x**2).lt(4, by="x < 2").theorem(),
    "joint induction": together,
    "optimum": lambda: optimum(lam * p - sp.log(p), {p: 1 / lam}, title="best rate"),
    "greatest": lambda: optimum(2 * y * x - x**2, {x: y}, "max", [Gt(y, 0)], title="best"),
    "only optimum": lambda: unique_optimum((x - y) ** 2 + p, {x: y}, hypotheses=[Gt(y, 0)])[0],
    "limit": lambda: limit_theorem("to one", Context.of([Ge(x, 1)]), (x + 1) / x, x, sp.oo, 1, 1 / x),
    "limit at a point": lambda: limit_theorem("at y", Context.of([]), 2 * (x - y), x, y, 0, 2 * sp.Abs(x - y)),
    "limit of a chain": lambda: Derivation("tends", Ge(x, 1)).start((x + 1) / x).eq(1 + 1 / x).lim(x, sp.oo, 1, 1 / x),
    "vectors": with_vectors,
    "gram": lambda: (
        Derivation("Cauchy–Schwarz", *gram_facts(Vec("v"), Vec("w")))
        .start((Vec("v") @ Vec("w")) ** 2)
        .le(norm2(Vec("v")) * norm2(Vec("w")))
        .theorem()
    ),
    "families of vectors": with_families,
    "moments": with_moments,
    "hard names": hard_names,
    "held as it is": as_evaluated,
    "renamed index": renamed_index,
}


@pytest.mark.parametrize("form", FORMS)
def test_the_text_proves_the_same_theorem(form: str) -> None:
    made = FORMS[form]()
    text = text_of(made)
    again = proved_again(text)
    assert type(again) is type(made) and again.title == made.title and again.status == made.status
    assert again.kernels == made.kernels and again.conclusion_plain == made.conclusion_plain
    assert again.hypotheses == made.hypotheses and again.unused == made.unused
    if isinstance(made, Theorem):
        assert again.sequent.goal == made.sequent.goal and again.sequent.uses == made.sequent.uses
        assert [s.relation for s in again.steps] == [s.relation for s in made.steps]
        assert [(s.reason, s.lemmas) for s in again.steps] == [(s.reason, s.lemmas) for s in made.steps]
    else:
        assert again.limit.context == made.limit.context and again.bound_plain == made.bound_plain
    assert text_of(again) == text, "the text of what the text proves is the text"
    assert made.record()["script"] == text


@pytest.mark.parametrize("form", FORMS)
def test_a_replay_proves_every_step(form: str) -> None:
    made = FORMS[form]()
    replay = Replay(text_of(made))
    list(replay.before())
    outcomes = [one for number in range(1, len(replay.lines) + 1) for one in replay.prove(number)]
    assert [one.words for one in outcomes if not one.accepted] == []
    assert replay.conclusion() == made.conclusion_plain
    if form not in ("joint induction", "optimum", "greatest", "only optimum") and isinstance(made, Theorem):
        assert [(o.status, o.kernel) for o in outcomes] == [
            (str(s.sequent.status), ", ".join(s.sequent.kernels)) for s in made.steps
        ]
        whole = replay.theorem()
        assert whole is not None and whole.sequent.goal == made.sequent.goal


def test_the_text_reads_as_mathematics() -> None:
    assert text_of(by_lemma()).splitlines() == [
        "from sympy import sin, symbols",
        "from assayer.derivation import Derivation, Hypothesis, Lemma, Relation",
        "",
        'y, x = symbols("y x", real=True)',
        "",
        "sine = Lemma(",
        '    "sine",',
        '    Relation(sin(x), "<=", x),',
        '    [Hypothesis("H1", Relation(x, ">=", 0))],',
        """    cite='Euclid, 100 % & {more} #1_2, "Elements"',""",
        ")",
        "",
        "derivation = (",
        '    Derivation("cited", Hypothesis("H1", Relation(y, ">=", 1)))',
        "    .start(sin(y))",
        "    .le(y, by=sine(x=y))",
        '    .lt(y + 1, by="add")',
        ")",
        "theorem = derivation.theorem()",
    ]


def test_a_point_that_several_models_give_is_written_once() -> None:
    known = Forall(t, Le(f(t + 1), f(t)))
    one = Derivation("one", known, model=falling, declare=(n,)).start(f(n + 1)).le(f(n)).theorem()
    two = Derivation("two", known, model=falling, declare=(n,)).start(f(n + 2)).le(f(n + 1), by=one(n=n + 1))
    text = text_of(two.le(f(n), by=one).theorem())
    assert text.count("f(-3): 33") == 1 and text.count("model=lambda rng: point") == 2
    assert proved_again(text).title == "two"


def test_what_is_cited_twice_is_written_once() -> None:
    text = text_of(cited_twice())
    assert text.count('Derivation("root"') == 1 and text.index('"root"') < text.index('"right"') < text.index('"both"')


def run(source: str, seed: str) -> str:
    environment = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(LIBRARY), "ASSAYER_CACHE": "off"}
    ended = subprocess.run([sys.executable, "-c", source], capture_output=True, text=True, env=environment, check=False)
    assert ended.returncode == 0, ended.stderr
    return ended.stdout


def test_the_text_stands_alone_and_does_not_vary() -> None:
    """In a fresh process, under two orders of sets, it gives the theorem as it is displayed, and its own text."""
    for made in (cited_twice(), with_families()):
        text = text_of(made)
        for seed in ("1", "2"):
            shown = run(f"{text}\nprint(theorem)\nprint(theorem.record()['script'], end='')", seed)
            assert shown == f"{made!r}\n{text}"


@pytest.mark.parametrize(("right", "wrong"), [("- a*b + a + b", "+ a*b + a + b"), ("(N, ", "(N + 1, ")])
def test_a_falsified_text_proves_nothing(right: str, wrong: str) -> None:
    text = text_of(corners())
    changed = text.replace(right, wrong, 1)
    assert changed != text
    with pytest.raises(StepNotProved, match="refuted"):
        proved_again(changed)


class _Whim(Hint):
    """A hint that no text knows."""


def unwritten() -> dict[str, tuple[Theorem, str]]:
    whim = Derivation("whim", declare=(x,)).start(x).eq(x, by=("so", _Whim())).theorem()
    U = RandomFamily("U", mean=lambda i: i * x)
    moments = Derivation("means", declare=(U[k],)).start(x).eq(x, by="the same").theorem()
    many = {f(i): 30 - i for i in range(-3, 500)}
    long = Derivation("long", Forall(t, Le(f(t + 1), f(t))), model=lambda rng: many, declare=(n,)).start(f(n + 1))
    return {
        "hint": (whim, "_Whim"),
        "moments": (moments, "a function of Python"),
        "model": (long.le(f(n)).theorem(), "503 values"),
    }


@pytest.mark.parametrize("what", ["hint", "moments", "model"])
def test_what_has_no_text_says_so(what: str) -> None:
    made, reason = unwritten()[what]
    text = text_of(made)
    assert text.startswith("# This cannot be proved again from a text yet: ") and reason in text
    assert text.count("\n") == 1
    with pytest.raises(DerivationError, match="cannot be proved again"):
        Replay(text)


def test_a_free_dummy_has_no_text() -> None:
    with pytest.raises(NotWritten, match="Dummy"):
        Names().code(sp.Dummy("z", real=True) + 1)
