"""Bad input: one clear error that names the thing and the way out, never a pass."""

from __future__ import annotations

import sys
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
import sympy as sp
from sympy import Eq, Ge, Gt, Le, Lt, Ne, Sum

from assayer.derivation import (
    ContradictoryHypotheses,
    Derivation,
    DerivationError,
    Forall,
    Hypothesis,
    MalformedExpression,
    Relation,
    StepNotProved,
    Theorem,
    UndeclaredSymbol,
    Uninhabited,
    assume,
    check_answer,
    judge,
)
from assayer.derivation.trusted import smt
from assayer.derivation.trusted.expressions import express

x, y = sp.symbols("x y", real=True)
n = sp.Symbol("n", integer=True, positive=True)
k, m = sp.symbols("k m", integer=True)
f = sp.Function("f")

EXPRESSIONS: list[tuple[object, str]] = [
    (sp.Float(0.5), r"Float 0\.5.*not exact: write Rational"),
    (x + sp.Float(0.5) * y, r"Float 0\.5.*not exact"),
    (0.5, r"float 0\.5 is not exact: write Rational"),
    (np.float64(0.25), "0.25.*not exact"),
    (True, "True is not an expression"),
    (False, "False is not an expression"),
    (None, "None is not an expression"),
    (sp.true, "not a SymPy expression"),
    (sp.oo, "oo appears"),
    (-sp.oo, "oo appears"),
    (sp.zoo, "zoo appears"),
    (sp.nan, "nan appears"),
    (x + sp.oo, "oo appears"),
    (Sum(1 / k**2, (k, 1, sp.oo)), "oo appears"),
    (1j, "not a SymPy expression"),
    (sp.I, "imaginary unit"),
    (x + sp.I, "imaginary unit"),
    (sp.sqrt(-2), "imaginary unit"),
    ("x + 1", "'x \\+ 1' .*not a SymPy expression"),
    ([x], "not a SymPy expression"),
    (Decimal("0.5"), "not a SymPy expression"),
    (Eq(x, y), "not a SymPy expression"),
    (sp.Symbol("w"), r'symbol w has no real domain: write Symbol\("w", real=True\)'),
    (sp.Symbol("w", complex=True), "symbol w has no real domain"),
    (sp.Symbol("w", prime=True), "symbol w is declared .*prime.*state it as a hypothesis"),
    (sp.Symbol("w", even=True), "symbol w is declared .*even.*state it as a hypothesis"),
    (sp.Symbol("w", real=True, integer=False), "symbol w is declared with integer=False.*hypothesis"),
    (sp.Symbol("x", real=True) + sp.Symbol("x", positive=True), "symbol x is declared twice, as .* and as"),
    (sp.Symbol("x", integer=True) + sp.Symbol("x", real=True), "symbol x is declared twice"),
    (sp.Function("f")(x) + sp.Function("f", positive=True)(y), "two families are named f"),
    (sp.IndexedBase(x)[1] + x, "x names a family and a symbol"),
    (Sum(sp.Idx("i"), (sp.Idx("i"), 1, 3)), "declare it as Symbol"),
]


@pytest.mark.parametrize(("bad", "message"), EXPRESSIONS, ids=lambda v: str(v)[:30])
def test_what_is_no_expression_is_refused_by_name(bad: object, message: str) -> None:
    for refused in (
        lambda: express(bad),
        lambda: judge(bad, "=", 1),
        lambda: judge(1, "<=", bad),
        lambda: Derivation("bad").start(bad),
        lambda: Derivation("bad", declare=(x, y)).start(x).eq(bad),
    ):
        with pytest.raises(MalformedExpression, match=message):
            refused()


@pytest.mark.parametrize("good", [3, np.int64(3), Fraction(1, 2), sp.Rational(1, 2), sp.pi, x, sp.sqrt(2)])
def test_exact_numbers_of_any_library_are_expressions(good: object) -> None:
    assert isinstance(express(good), sp.Expr)


@pytest.mark.parametrize("bad", [value for value, _ in EXPRESSIONS], ids=lambda v: str(v)[:30])
def test_a_reader_s_malformed_answer_is_answered(bad: object) -> None:
    answer = check_answer(bad, x + 1, title="exercise 1")
    assert not answer.correct
    assert answer.message.startswith("✗ exercise 1: ")


def test_answers_are_judged() -> None:
    assert check_answer((x + 1) ** 2, x**2 + 2 * x + 1).correct
    wrong = check_answer((x - 1) ** 2, x**2 + 2 * x + 1)
    assert not wrong.correct
    assert "at x = " in wrong.message
    undefined = check_answer((x**2 - 1) / (x - 1), x + 1)
    assert not undefined.correct
    k = sp.Symbol("k", integer=True, nonnegative=True)
    missing = check_answer(Sum(sp.binomial(n, k) ** 2, (k, 0, n)), sp.binomial(2 * n, n))
    assert not missing.correct
    assert missing.message.startswith("?")


RELATIONS: list[tuple[Callable[[], object], type[Exception], str]] = [
    (lambda: judge(x, "==", y), MalformedExpression, "'==' is not one of = <= < >= > !="),
    (lambda: judge(x, "≥", y), MalformedExpression, "'≥' is not one of"),
    (lambda: Relation(x, "≥", y), MalformedExpression, "'≥' is not one of"),
    (lambda: Relation(x, ">=", sp.Float(0.5)), MalformedExpression, "not exact"),
    (lambda: Relation(x, "<", sp.oo), MalformedExpression, "oo appears"),
    (lambda: judge(x, "=", y, [x + y]), MalformedExpression, r"x \+ y is not one of"),
    (lambda: judge(x, "=", y, [sp.Or(x > 1, y > 1)]), MalformedExpression, "not one of"),
    (lambda: judge(x, "=", y, ["x > 1"]), MalformedExpression, "'x > 1' is not one of"),
    (lambda: judge(x, "=", y, [Ge(x, 0.5)]), MalformedExpression, "not exact"),
    (
        lambda: judge(x, "=", y, [Ge(sp.Symbol("w", positive=True), 1), Le(sp.Symbol("w", real=True), 2)]),
        MalformedExpression,
        "symbol w is declared twice",
    ),
    (lambda: judge(sp.Symbol("x", positive=True), ">", 0, [Ge(x, 1)]), MalformedExpression, "x is declared twice"),
    (lambda: judge(x, "=", y, box={x: (0, 0.5)}), MalformedExpression, "not exact"),
    (lambda: Derivation("python", x != y), DerivationError, "True"),
    (lambda: Derivation("python", x == y), DerivationError, "[Ff]alse"),
    (lambda: Hypothesis("A", sp.S.true), DerivationError, "A"),
    (lambda: Hypothesis("A", x), MalformedExpression, "not one of"),
    (lambda: assume(A=sp.S.false), ContradictoryHypotheses, "hypothesis A is false"),
    (lambda: assume(A=Ge(n, 1)), MalformedExpression, "hypothesis A holds already by the domains"),
    (lambda: Forall(x, Ge(f(x), 0)), MalformedExpression, "Forall runs over an integer symbol, not x"),
    (lambda: Forall(k, Ge(f(m), 0)), MalformedExpression, "does not mention k"),
    (lambda: Forall(k, sp.S.true), MalformedExpression, "True"),
    (lambda: Theorem("proved"), DerivationError, "checked sequent"),
]


@pytest.mark.parametrize(("build", "kind", "message"), RELATIONS)
def test_what_is_no_relation_is_refused_by_name(
    build: Callable[[], object], kind: type[Exception], message: str
) -> None:
    with pytest.raises(kind, match=message):
        build()


def test_contradictory_hypotheses_name_those_that_contradict() -> None:
    spare = assume(A=Ge(x, 0), B=Gt(y, x), C=Lt(y, x - 1), D=Le(x, 100))
    with pytest.raises(ContradictoryHypotheses) as refusal:
        Derivation("nothing", *spare)
    message = str(refusal.value)
    assert "B: y > x" in message
    assert "C: y < x - 1" in message
    assert "A: " not in message
    assert "D: " not in message


def test_hypotheses_that_contradict_a_domain_are_contradictory() -> None:
    for hypotheses in ([Le(n, 0)], [Eq(2 * k, 1)], [Eq(k**2, 2), Ge(k, 0), Le(k, 9)], [Lt(x**2, 0)]):
        with pytest.raises(ContradictoryHypotheses):
            Derivation("nothing", *hypotheses)


def test_hypotheses_that_no_point_was_found_for_ask_for_a_model(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(smt, "_command", lambda: [sys.executable, "-c", "print('unknown')"])  # z3 would search in vain
    hard = [Eq(k**2 - 661 * m**2, 1), Gt(m, 0)]
    with pytest.raises(Uninhabited, match=r"k\*\*2 - 661\*m\*\*2 = 1; .*m > 0: pass model="):
        Derivation("Pell", *hard, seconds=1)
    monkeypatch.undo()
    solution = {k: 16421658242965910275055840472270471049, m: 638728478116949861246791167518480580}
    assert solution[k] ** 2 - 661 * solution[m] ** 2 == 1
    made = Derivation("Pell", *hard, model=lambda rng: solution).start(m).ge(1).theorem()
    assert made.status == "proved"


def test_two_hypotheses_of_one_name() -> None:
    with pytest.raises(MalformedExpression, match="two hypotheses are named A"):
        Derivation("twice", Hypothesis("A", Ge(x, 0)), Hypothesis("A", Ge(y, 0)))


def test_an_undeclared_symbol_is_named_with_its_step() -> None:
    with pytest.raises(UndeclaredSymbol, match=r"y appears in step 2 of 'slip'.*declare=\(y,\)"):
        Derivation("slip").start(x).le(x + 1).le(x + 1 + y**2)
    assert Derivation("meant", declare=(y,)).start(x).le(x + y**2).theorem().status == "proved"


def test_a_free_symbol_is_not_declared_by_a_bound_one() -> None:
    with pytest.raises(UndeclaredSymbol, match="k appears in step 1"):
        Derivation("bound").start(Sum(k, (k, 1, n)) + n).ge(Sum(k, (k, 1, n)) - k**2)
    with pytest.raises(UndeclaredSymbol, match="k appears in step 1"):
        Derivation("bound").start(n).ge(Sum(k, (k, 1, n)) - k**2)


def test_an_unfinished_chain_is_refused() -> None:
    for unfinished in (Derivation("empty"), Derivation("empty").start(x)):
        with pytest.raises(DerivationError, match="'empty' has no steps: write"):
            unfinished.theorem()
    with pytest.raises(DerivationError, match="'late' has no start"):
        Derivation("late").eq(x)
    with pytest.raises(DerivationError, match="'twice' has a start already"):
        Derivation("twice").start(x).start(y)


@pytest.mark.parametrize("least", ["tested", "unproved", "refuted", "certain"])
def test_a_theorem_cannot_ask_for_less_than_assumed(least: str) -> None:
    with pytest.raises(ValueError):
        Derivation("low").start(x**2).ge(0).theorem(at_least=least)


@pytest.mark.parametrize(
    "bounds", [(1, x), (1, n / 2), (1, sp.Rational(5, 2)), (sp.sqrt(n), n), (x, x + 1), (1, 2 * sp.pi)]
)
def test_a_sum_needs_integer_bounds(bounds: tuple[object, object]) -> None:
    total = Sum(k, (k, *bounds))
    verdict = judge(total, "=", total)
    assert verdict.status not in ("proved", "certified")
    with pytest.raises(StepNotProved, match="not an integer by its form|undefined"):
        Derivation("sum", declare=(x, n, k)).start(total).le(total + 1).theorem()


@pytest.mark.parametrize("index", [x, sp.Symbol("t", integer=True, negative=True), sp.Symbol("t", positive=True)])
def test_a_sum_needs_an_index_that_runs_over_integers(index: sp.Symbol) -> None:
    total = Sum(index, (index, 1, n))
    assert judge(total, "=", total).status not in ("proved", "certified")


def test_a_function_outside_the_language_is_named() -> None:
    with pytest.raises(StepNotProved, match="zeta"):
        Derivation("zeta", Gt(x, 2)).start(sp.zeta(x)).ge(0).theorem()


def test_a_step_that_may_be_undefined_says_what_is_missing() -> None:
    with pytest.raises(StepNotProved, match="x - 1 != 0 — add a hypothesis|undefined"):
        Derivation("hole", Ne(x, 2)).start((x**2 - 1) / (x - 1)).eq(x + 1).theorem()
