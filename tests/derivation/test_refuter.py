"""Counterexamples: found on every step, certain, and checked here by hand in Python's own fractions."""

from __future__ import annotations

from fractions import Fraction
from math import isqrt

import pytest
import sympy as sp
from flint import fmpq
from sympy import Eq, Ge, Gt, Le, Lt, Mod, Ne, Rational, Sum, ceiling, floor, sqrt

from assayer.derivation import Derivation, DerivationError, StepNotProved, judge
from assayer.derivation.refute import refute
from assayer.derivation.trusted.context import Context, Goal, Relation
from assayer.derivation.trusted.evaluate import Undecided, Undefined, bits, holds, value

N, a, b, c, q = sp.symbols("N a b c q", integer=True, nonnegative=True)
n = sp.Symbol("n", integer=True, positive=True)
k, m, p = sp.symbols("k m p", integer=True)
x, y = sp.symbols("x y", real=True)
f = sp.Function("f")


def point(left: object, sign: str, right: object, hypotheses: list[object]) -> dict[str, Fraction]:
    verdict = judge(left, sign, right, hypotheses)
    assert verdict.status == "refuted"
    assert verdict.kernel == "refuter"
    found = verdict.counterexample
    assert found is not None
    return {name: Fraction(number) for name, number in found.point}


def test_the_corner_identity_with_a_wrong_sign() -> None:
    at = point(a + b + c, "=", N + 1 + (a - 1) * (b - 1), [Eq(N, a * b + c)])
    assert at["N"] == at["a"] * at["b"] + at["c"]
    assert at["a"] + at["b"] + at["c"] != at["N"] + 1 + (at["a"] - 1) * (at["b"] - 1)
    assert all(v.denominator == 1 and v >= 0 for v in at.values())


def test_the_largest_b_is_not_the_ceiling() -> None:
    at = point(b, "<", floor(N / a), [Ge(a, 1), Le(a * b, N)])
    assert at["a"] >= 1
    assert at["a"] * at["b"] <= at["N"]
    assert at["b"] >= at["N"] // at["a"]


def test_a_root_is_not_its_floor() -> None:
    at = point(sqrt(n), "<=", floor(sqrt(n)), [])
    assert isqrt(int(at["n"])) ** 2 < at["n"]


def test_a_remainder_and_a_sum() -> None:
    at = point(Mod(n**2, 3), "=", 1, [])
    assert int(at["n"]) ** 2 % 3 != 1
    at = point(Sum(k**2, (k, 1, n)), "=", n * (n + 1) / 2, [])
    top = int(at["n"])
    assert sum(i * i for i in range(1, top + 1)) != top * (top + 1) // 2


def test_a_point_where_a_side_is_undefined_refutes() -> None:
    at = point((x**2 - 1) / (x - 1), "=", x + 1, [])
    assert at["x"] == 1
    verdict = judge((x**2 - 1) / (x - 1), "=", x + 1)
    assert "undefined (a division by zero)" in str(verdict.counterexample)
    assert judge(Sum(k, (k, 1, m)), "=", m * (m + 1) / 2).status == "refuted"  # an empty range ends at a − 1


@pytest.mark.parametrize(
    ("left", "sign", "right", "hypotheses", "edge"),
    [
        (x, "<", 5, [Le(x, 5)], {"x": 5}),
        (x, ">", Rational(1, 7), [Ge(x, Rational(1, 7))], {"x": Fraction(1, 7)}),
        (n, ">", 10**6, [Ge(n, 10**6)], {"n": 10**6}),
        (n, ">=", 10**6 + 2, [Gt(n, 10**6)], {"n": 10**6 + 1}),
        (x * y, ">", 0, [Ge(x, 0), Gt(y, 3)], {"x": 0}),
        (p, "!=", 123_456_789, [], {"p": 123_456_789}),
        ((x - Rational(355, 113)) ** 2, ">", 0, [], {"x": Fraction(355, 113)}),
    ],
)
def test_edges_and_needles_are_found(
    left: sp.Expr, sign: str, right: object, hypotheses: list[object], edge: dict[str, Fraction]
) -> None:
    at = point(left, sign, right, hypotheses)
    assert {name: at[name] for name in edge} == edge


def test_a_ground_claim_is_refuted_at_every_point() -> None:
    verdict = judge(sqrt(2) + sqrt(3), "=", sqrt(10))
    assert verdict.status == "refuted"
    assert verdict.counterexample is not None
    assert verdict.counterexample.point == ()
    assert "every point" in str(verdict.counterexample)


def test_a_model_gives_the_points_that_random_ones_do_not_meet() -> None:
    pell = Eq(k**2 - 61 * m**2, 1)
    chain = Derivation("Pell", pell, Gt(m, 0), model=lambda rng: {k: 1766319049, m: 226153980}).start(k)
    with pytest.raises(StepNotProved, match="k = 1766319049"):
        chain.le(m).theorem()


def test_a_model_that_breaks_the_hypotheses_is_not_believed() -> None:
    goal = Goal(Context.of([Ge(x, 0)], {x}), Relation(x, ">=", sp.S.Zero))
    searched = refute(goal, lambda rng: {x: -5})
    assert searched.counterexample is None
    assert searched.points > 0
    with pytest.raises(DerivationError, match="rational"):
        Derivation("no", Ge(x, 0), model=lambda rng: {x: sqrt(2)})


def test_a_refuted_step_prints_the_point_and_both_sides() -> None:
    with pytest.raises(StepNotProved) as refusal:
        Derivation("gap", Ge(x, 2), Le(x, 2)).start(x**2).eq(5).theorem()
    message = str(refusal.value)
    assert "step 1 of 'gap' is refuted: x**2 = 5" in message
    assert "at x = 2: the left side is 4, the right side 5" in message


def test_true_claims_are_not_refuted() -> None:
    for claim in (
        (floor(x) + 1, ">", x, []),
        (ceiling(x), ">=", x, []),
        (Mod(p, 3), "<", 3, []),
        (sqrt(x), ">=", 0, [Gt(x, -1), Ne(x, 0), Ge(x**3, 0)]),
        (f(n), "=", f(n), []),
        (f(n) ** 2, ">=", 0, []),
        (Sum(f(k), (k, 1, n)), "=", Sum(f(m), (m, 1, n)), []),
    ):
        assert judge(*claim).status != "refuted"


# -- rigorous values ---------------------------------------------------------------------------------------------------
def test_values_are_exact_while_they_last() -> None:
    at = {x: fmpq(9, 4), n: fmpq(65)}
    assert value(sqrt(x), at) == fmpq(3, 2)
    assert value(floor(-x), at) == -3
    assert value(Mod(-x, 2), at) == fmpq(7, 4)
    total = sum(Fraction(1, i * i + 1) for i in range(1, 66))
    assert value(Sum(1 / (k**2 + 1), (k, 1, n)), at) == fmpq(total.numerator, total.denominator)


def test_what_has_no_value_is_undefined_and_what_cannot_be_told_is_undecided() -> None:
    for expression in (1 / x, sqrt(x - 1), sp.log(x), Sum(k, (k, 1, x - 1)), Sum(k, (k, 1, x + Rational(1, 2)))):
        with pytest.raises(Undefined):
            value(expression, {x: fmpq(0)})
    nothing = sp.sin(x) ** 2 + sp.cos(x) ** 2 - 1
    with pytest.raises(Undecided):
        value(1 / nothing, {x: fmpq(1)})
    with pytest.raises(Undecided):
        value(floor(1 + nothing), {x: fmpq(1)})
    assert holds(Relation(nothing, "=", sp.S.Zero), {x: fmpq(1)}) is None
    assert holds(Relation(nothing, ">", Rational(1, 10**20)), {x: fmpq(1)}) is False


def test_an_enclosure_does_not_depend_on_the_precision_around_it() -> None:
    with bits(20):
        answer = holds(Relation(sp.exp(x), ">", Rational(2718281828, 10**9)), {x: fmpq(1)})
    assert answer is True


@pytest.mark.parametrize("strict", [Gt, Lt])
def test_a_difference_smaller_than_the_balls_is_not_decided(strict: type) -> None:
    close = sp.sin(x) ** 2 + sp.cos(x) ** 2 - 1
    relation = Relation(close, ">" if strict is Gt else "<", sp.S.Zero)
    assert holds(relation, {x: fmpq(1, 3)}) is None
