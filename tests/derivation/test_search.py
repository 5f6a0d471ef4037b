"""The search: its rounds, its hints, and the kernels that go by way of lemmas, each with false neighbours."""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace

import pytest
import sympy as sp
from sympy import Abs, Eq, Ge, Integral, Le, Lt, Max, Mod, Rational, Sum, cos, exp, factorial, log, pi, sin

from assayer.derivation import Forall, clock, prover
from assayer.derivation.hints import Hint
from assayer.derivation.kernels import (
    cases,
    closed_forms,
    ends,
    exponentials,
    instances,
    integral,
    residues,
    stronger,
    termwise,
)
from assayer.derivation.prover import Attempt, prove
from assayer.derivation.trusted.context import Context, Goal, Relation
from assayer.derivation.trusted.expressions import express
from assayer.derivation.trusted.rules import Zero
from assayer.derivation.trusted.theorem import Certificate, Sequent

x, y, z = sp.symbols("x y z", real=True)
a, b = sp.symbols("a b", real=True)
p = sp.Symbol("p", positive=True)
n, k, N = sp.symbols("n k N", integer=True, positive=True)
i = sp.Symbol("i", integer=True, nonnegative=True)
f, g, m = (sp.Function(name, real=True) for name in "fgm")
weight = sp.Function("weight", nonnegative=True)


def goal(left: object, sign: str, right: object, *hypotheses: object) -> Goal:
    relation = Relation(express(left), sign, express(right))
    return Goal(Context.of(hypotheses, relation.symbols()), relation)


def proof(wanted: Goal, seconds: float = 20.0) -> Sequent | None:
    return prove(wanted, Attempt.lasting(seconds))


def evidence(kernel: object, wanted: Goal) -> Sequent | None:
    """What one kernel proves with the help of all of them for its sub-goals."""
    attempt = Attempt.lasting(20.0)
    certificates: Iterator[Certificate] = kernel.search(wanted, attempt)
    return next((t for c in certificates if (t := attempt.admit(wanted, c)) is not None), None)


# -- rounds and hints --------------------------------------------------------------------------------------------------
class Here(Hint):
    pass


def module(name: str, order: int, log_: list[str], seconds: float = 0.0, hints: tuple[type, ...] = ()) -> object:
    def search(wanted: Goal, attempt: Attempt) -> Iterator[Certificate]:
        log_.append(name)
        finish = clock.now() + min(seconds, max(0.0, attempt.seconds_left))
        while clock.now() < finish:
            pass  # a search works: a kernel that slept would use no processor time
        if not seconds or attempt.seconds_left > 0:
            yield Zero()

    return SimpleNamespace(NAME=name, ORDER=order, search=search, HINTS=hints)


def test_a_slow_kernel_waits_until_the_others_have_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    tried: list[str] = []
    kernels = (module("slow", 20, tried, seconds=0.2), module("fast", 30, tried))
    monkeypatch.setattr(prover, "FIRST_SECONDS", 0.05)
    monkeypatch.setattr(prover, "kernels", lambda: kernels)
    assert proof(goal((x + 1) ** 2, "=", x**2 + 2 * x + 1)) is not None
    assert tried == ["slow", "fast"]
    tried.clear()
    assert proof(goal((x + 1) ** 2, "=", x**2 + x + 1)) is None
    assert tried == ["slow", "fast", "slow"]  # the one that had given up is not asked twice


def test_the_kernel_to_which_the_author_speaks_is_tried_first_and_without_the_first_limit(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    tried: list[str] = []
    kernels = (module("at once", 10, tried), module("other", 20, tried), module("spoken to", 30, tried, 0.2, (Here,)))
    monkeypatch.setattr(prover, "FIRST_SECONDS", 0.05)
    monkeypatch.setattr(prover, "kernels", lambda: kernels)
    prove(goal((x + 1) ** 2, "=", x**2 + x + 1), Attempt.lasting(5.0, (Here(),)))
    assert tried == ["at once", "spoken to", "other"]


def test_z3_is_asked_where_no_other_kernel_found_evidence(monkeypatch: pytest.MonkeyPatch) -> None:
    tried: list[str] = []
    last = module("a word", 10, tried)
    last.LAST = True  # type: ignore[attr-defined]
    monkeypatch.setattr(prover, "FIRST_SECONDS", 0.05)
    monkeypatch.setattr(prover, "kernels", lambda: (last, module("slow", 20, tried, seconds=0.2)))
    prove(goal((x + 1) ** 2, "=", x**2 + x + 1), Attempt.lasting(5.0))
    assert tried[0] == "slow" and tried.count("a word") == 1


def test_a_goal_that_every_kernel_gave_up_is_not_searched_for_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    tried: list[str] = []
    monkeypatch.setattr(prover, "kernels", lambda: (module("only", 20, tried),))
    attempt = Attempt.lasting(5.0)
    false = goal(x, "=", y)
    assert attempt.prove(false) is None
    assert attempt.prove(false) is None
    assert tried == ["only"]
    assert prove(false, Attempt(attempt.deadline, 3, known=attempt.known)) is None  # where more may nest, it is
    assert tried == ["only", "only"]


def test_a_search_cut_short_by_the_time_does_not_count_as_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    tried: list[str] = []
    monkeypatch.setattr(prover, "kernels", lambda: (module("slow", 20, tried, seconds=0.2),))
    attempt = Attempt.lasting(5.0)
    false = goal(x, "=", y)
    assert prove(false, Attempt(clock.now() + 0.05, 1, known=attempt.known)) is None
    assert false not in attempt.known.failed


# -- kernels that go by way of lemmas ----------------------------------------------------------------------------------
MEAN = (
    Forall(i, Eq(m(i + 1), p * m(i) + (1 - p) * f(i + 1))),
    Eq(m(0), 0),
    Lt(p, 1),
    Ge(y, 0),
)
PAIRS = [
    (exponentials, goal((1 + 1 / n) ** n, "<=", exp(1)), goal((1 + 1 / n) ** (n + 1), "<=", exp(1))),
    (exponentials, goal((1 - 1 / k) ** k, "<=", exp(-1), Ge(k, 2)), goal((1 - 1 / k) ** k, "<=", exp(-2), Ge(k, 2))),
    (exponentials, goal(log(2 * n - 1), "<=", log(n) + log(2)), goal(log(2 * n + 1), "<=", log(n) + log(2))),
    (exponentials, goal(log(exp(x) + exp(y)), "<=", Max(x, y) + log(2)), goal(log(exp(x) + exp(y)), "<=", Max(x, y))),
    (stronger, goal(Sum(Rational(1, 2) ** k, (k, 1, n)), "<", 1), goal(Sum(Rational(2, 3) ** k, (k, 1, n)), "<", 1)),
    (
        stronger,
        goal(Sum(weight(k) - weight(k + 1), (k, 1, n)), "<=", weight(1)),
        goal(Sum(f(k) - f(k + 1), (k, 1, n)), "<=", f(1)),
    ),
    (
        closed_forms,
        goal(Sum(k**3, (k, 1, n)), "=", Sum(k, (k, 1, n)) ** 2),
        goal(Sum(k**3, (k, 1, n)), "=", Sum(k, (k, 1, n)) ** 2 + n - 1),
    ),
    (
        closed_forms,
        goal(Sum(1 / k, (k, 2, N)), "<=", Integral(1 / x, (x, 1, N))),
        goal(Sum(1 / k, (k, 1, N)), "<=", Integral(1 / x, (x, 1, N))),
    ),
    (
        termwise,
        goal(Sum(weight(k) ** 2, (k, 1, n)), "<=", 1, Eq(Sum(weight(k), (k, 1, n)), 1), Forall(k, Le(weight(k), 1))),
        goal(Sum(weight(k) ** 2, (k, 1, n)), "<=", 1, Eq(Sum(weight(k), (k, 1, n)), 1), Forall(k, Le(weight(k), 2))),
    ),
    (cases, goal(Abs(cos(a) - cos(b)), "<=", Abs(a - b)), goal(Abs(cos(a) - cos(b)), "<=", Abs(a - b) / 2)),
    (cases, goal(Abs(exp(x) - x), "=", exp(x) - x), goal(Abs(exp(x) - 2 * x - 1), "=", exp(x) - 2 * x - 1)),
    (
        ends,
        goal(sin(x), ">=", 2 * x / pi, Ge(x, 0), Le(x, pi / 2)),
        goal(sin(x), ">=", 3 * x / pi, Ge(x, 0), Le(x, pi / 2)),
    ),
    (
        integral,
        goal(Integral(Abs(sin(3 * x)), (x, 0, pi / 3)), "=", Rational(2, 3)),
        goal(Integral(Abs(sin(3 * x)), (x, 0, 2 * pi / 3)), "=", 0),
    ),
    (residues, goal(Mod(n**2, 4), "<=", 1), goal(Mod(n**2, 3), "<=", 0)),
    (residues, goal(Mod(n**3 - n, 6), "=", 0), goal(Mod(n**3 + n, 6), "=", 0)),
]


@pytest.mark.parametrize(
    ("kernel", "wanted"), [(k_, t) for k_, t, _ in PAIRS], ids=lambda v: str(getattr(v, "NAME", v))
)
def test_the_kernel_finds_the_lemmas(kernel: object, wanted: Goal) -> None:
    assert evidence(kernel, wanted) is not None


@pytest.mark.parametrize("false", [f_ for _, _, f_ in PAIRS], ids=str)
def test_a_false_neighbour_is_not_proved(false: Goal) -> None:
    assert proof(false, 4.0) is None


def test_a_hypothesis_is_taken_where_only_another_one_names_its_member() -> None:
    step = goal(m(n + 1), "<=", y, *MEAN, Forall(i, Le(f(i), y)), Le(m(n), y))
    assert evidence(instances, step) is not None
    assert evidence(instances, goal(m(n + 1), "<=", y, *MEAN, Forall(i, Le(g(i), y)), Le(m(n), y))) is None
    assert proof(goal(m(n), "<=", y, *MEAN, Forall(i, Le(f(i), y)))) is not None
    assert proof(goal(m(n), "<", y, *MEAN, Forall(i, Le(f(i), y))), 4.0) is None


def test_a_monotone_factorial_bound_comes_by_logarithms_and_induction() -> None:
    assert proof(goal(factorial(n), "<=", n**n)) is not None
    assert proof(goal(factorial(n), "<", n**n), 4.0) is None
