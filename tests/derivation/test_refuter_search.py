"""Where the refuter looks: inside boxes and at their corners, at the bottoms of dips, in models of ``Forall``."""

from __future__ import annotations

import random
from dataclasses import replace
from fractions import Fraction
from itertools import islice

import pytest
import sympy as sp
from flint import fmpq
from sympy import Abs, Eq, Ge, Gt, Le, Lt, Max, Rational, Sum, cos, exp, floor, log, pi, sin, sqrt

from assayer.derivation import Derivation, Forall, Relation, judge, verdict
from assayer.derivation.descent import dips
from assayer.derivation.families import Modelled, certain, models
from assayer.derivation.points import Sampler, Table
from assayer.derivation.refute import QUICK, THOROUGH, refute, refutes, satisfies, witness
from assayer.derivation.screening import Point, Screen
from assayer.derivation.trusted.context import Context, Goal
from assayer.derivation.trusted.errors import DerivationError
from assayer.derivation.trusted.evaluate import holds
from assayer.derivation.trusted.expressions import express
from assayer.derivation.trusted.rules import Zero
from assayer.derivation.trusted.status import Status
from assayer.derivation.verdict import CheckerFault, judge_goal

x, y, u = sp.symbols("x y u", real=True)
z = sp.Symbol("z", positive=True)
n, t, T = sp.symbols("n t T", integer=True, positive=True)
k, m = sp.symbols("k m", integer=True)
c = sp.Symbol("c", real=True)
f, g, w = sp.Function("f"), sp.Function("g"), sp.Function("w")
eta = sp.IndexedBase("eta", positive=True)
D = sp.IndexedBase("D", nonnegative=True)
SWISH = x / (1 + exp(-x))


def goal(left: object, sign: str, right: object, *hypotheses: object) -> Goal:
    relation = Relation(express(left), sign, express(right))
    return Goal(Context.of(hypotheses, relation.symbols()), relation)


def at(wanted: Goal) -> dict[str, Fraction]:
    """The point that the search finds, checked by rigorous evaluation."""
    found = refute(wanted).counterexample
    assert found is not None
    table = Table(dict(found.entries), random.Random(0), frozen=True)
    assert satisfies(wanted.context, table)
    assert holds(wanted.relation, table) is False
    return {name: Fraction(number) for name, number in found.point}


# -- dips --------------------------------------------------------------------------------------------------------------
DIPS = {
    "swish": goal(SWISH, ">=", Rational(-2784, 10_000)),
    "swish in a box": goal(SWISH, ">=", Rational(-2784, 10_000), Ge(x, -40), Le(x, 40)),
    "x log x": goal(z * log(z), ">=", Rational(-3678, 10_000)),
    "a narrow well": goal((x - 3) ** 2, ">=", Rational(1, 10**6), Ge(x, -50), Le(x, 50)),
    "two sines": goal(sin(x) + sin(3 * x) / 3, "<=", Rational(9428, 10_000), Ge(x, 0), Le(x, pi)),
    "a valley": goal((x - 1) ** 2 + 100 * (y - x**2) ** 2, ">=", Rational(1, 10**4)),
    "three variables": goal((x - 2) ** 2 + (y + 3) ** 2 + (u - 5) ** 2, ">=", Rational(1, 10**4)),
    "touches zero": goal((7 * x - 22) ** 2 * (x**2 + 1), ">", 0),
    "a rational root": goal((3 * x - 17) * (x**2 + 2), "!=", 0),
    "an integer": goal((n - 41) ** 2, ">=", 1),
    "tied by an equation": goal(x * y, ">=", Rational(-2499, 10_000), Eq(y, x - 1)),
}
TRUE_NEIGHBOURS = {
    "swish": goal(SWISH, ">=", Rational(-2785, 10_000)),
    "x log x": goal(z * log(z), ">=", Rational(-3679, 10_000)),
    "two sines": goal(sin(x) + sin(3 * x) / 3, "<=", Rational(9429, 10_000), Ge(x, 0), Le(x, pi)),
    "touches zero": goal((7 * x - 22) ** 2 * (x**2 + 1), ">=", 0),
    "tied by an equation": goal(x * y, ">=", Rational(-1, 4), Eq(y, x - 1)),
    "a root": goal(sqrt(x**2), "=", Abs(x)),
}


@pytest.mark.parametrize("name", DIPS)
def test_the_bottom_of_a_dip_is_found(name: str) -> None:
    at(DIPS[name])


@pytest.mark.parametrize("name", TRUE_NEIGHBOURS)
def test_what_is_true_right_beside_is_not_refuted(name: str) -> None:
    assert refute(TRUE_NEIGHBOURS[name]).counterexample is None


def test_random_points_alone_walk_past_the_dip() -> None:
    """The search is what finds it: without it there is nothing."""
    assert refute(DIPS["swish"], effort=replace(THOROUGH, search=False)).counterexample is None
    assert judge_goal(DIPS["swish"], seconds=1).status == "refuted"


def test_the_search_is_the_same_every_time() -> None:
    for wanted in DIPS.values():
        sampler, screen = Sampler.of(wanted), Screen.of(wanted)
        assert screen is not None
        assert [dict(p) for p in dips(wanted, sampler, screen)] == [dict(p) for p in dips(wanted, sampler, screen)]
        assert str(refute(wanted).counterexample) == str(refute(wanted).counterexample)


# -- boxes and edges ---------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("claim", "box", "expected"),
    [
        ((x + y, "<", 7), {x: (0, 3), y: (-1, 4)}, {"x": 3, "y": 4}),
        ((x * y, ">", -12), {x: (-3, 3), y: (-4, 4)}, None),
        ((x - y, "!=", 1000), {x: (999, 1000), y: (0, 1)}, None),
        ((u**2, ">", Rational(1, 10**12)), {u: (-(10**9), 10**9)}, {"u": 0}),
        ((x**2 + y**2, ">=", Rational(1, 50)), {x: (Rational(1, 10), 9), y: (Rational(1, 10), 9)}, None),
        ((n, "!=", 999_983), {n: (999_980, 999_990)}, {"n": 999_983}),
        ((cos(x), ">", -1 + Rational(1, 1000)), {x: (0, 4)}, None),
    ],
)
def test_a_box_is_searched_inside_and_at_its_corners(
    claim: tuple[sp.Expr, str, object], box: dict[sp.Symbol, tuple[object, object]], expected: dict[str, int] | None
) -> None:
    found = judge(*claim, box=box)
    if claim[0] == x**2 + y**2:
        assert found.status != "refuted"  # it is true: tight at a corner
        return
    assert found.status == "refuted"
    assert found.counterexample is not None
    point = {name: Fraction(number) for name, number in found.counterexample.point}
    for symbol, (low, high) in box.items():
        assert low <= point[symbol.name] <= high
    if expected is not None:
        assert point == expected


def test_points_are_drawn_where_bounds_depend_on_each_other() -> None:
    a, b, q, N = sp.symbols("a b q N", integer=True, nonnegative=True)
    tied = goal(0, "=", 0, Ge(a, 1), Le(a * q, N), Lt(N, a * (q + 1)), Le(a * b, N), Le(x, y), Le(y, x + 1))
    found = refute(tied, effort=QUICK)
    assert found.points >= QUICK.rigorous


@pytest.mark.parametrize(
    "wanted",
    [
        goal(x, "<", 10**9, Le(x, 10**9)),
        goal(x - y, ">", 0, Ge(x, y)),
        goal(Abs(x - y), ">=", Rational(1, 500), Gt(x, y), Lt(x, 1), Gt(y, 0)),
        goal(floor(x), "=", x, Gt(x, 1), Lt(x, 3)),
        goal(Max(x, y), ">", y, Ge(y, 3)),
        goal(n**2, "<", 10**5),
    ],
    ids=str,
)
def test_edges_near_equal_values_and_large_ones(wanted: Goal) -> None:
    at(wanted)


# -- numbers that a reader can check -----------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        (goal((x + y) ** 2, "=", x**2 + y**2), {"x": "1", "y": "1"}),
        (goal(Sum(k, (k, 1, n)), "=", n * (n - 1) / 2), {"n": "1"}),
        (goal(2 * x * y, "<", x**2 + y**2), {"x": "0", "y": "0"}),
        (goal(x * y, ">=", 0), {"x": "-1", "y": "1"}),
        (goal(x, "<=", 5, Ge(x, 3)), {"x": "10"}),
        (goal(f(n + 1), ">=", f(n)), {"n": "1", "f(1)": "0", "f(2)": "-1"}),
    ],
    ids=str,
)
def test_a_counterexample_is_as_simple_as_it_can_be(wanted: Goal, expected: dict[str, str]) -> None:
    found = refute(wanted).counterexample
    assert found is not None
    assert dict(found.point) == expected


def test_a_simpler_point_keeps_the_equations_and_the_kind_of_failure() -> None:
    a, b, N = sp.symbols("a b N", integer=True, nonnegative=True)
    point = at(goal(N, "<=", 3 * a, Eq(N, a * b + 7), Ge(a, 2)))
    assert point["N"] == point["a"] * point["b"] + 7
    assert point["a"] >= 2
    found = refute(goal(1 / x, "<=", 1)).counterexample
    assert found is not None
    assert "undefined" not in str(found)
    hole = refute(goal((x**2 - 1) / (x - 1), "=", x + 1)).counterexample
    assert hole is not None
    assert hole.point == (("x", "1"),)


def test_a_family_keeps_its_declared_domain_while_it_is_made_simpler() -> None:
    found = refute(goal(eta[n + 1], "<=", eta[n])).counterexample
    assert found is not None
    assert all(Fraction(number) > 0 for name, number in found.point)
    outside = goal(D[n], ">=", 1)
    assert refutes(outside, {n: fmpq(1), D[1]: fmpq(-1)}) is None
    assert refutes(outside, {n: fmpq(1), D[1]: fmpq(0)}) is not None


def test_a_long_value_is_shown_in_decimals() -> None:
    found = refute(goal(Rational(3, 7) ** n, "<=", 0, Ge(n, 60))).counterexample
    assert found is not None
    assert found.point == (("n", "60"),)
    assert found.left.startswith("about 8.3")


# -- models of Forall --------------------------------------------------------------------------------------------------
DECREASING = Forall(t, Le(eta[t + 1], eta[t]))


@pytest.mark.parametrize(
    "wanted",
    [
        goal(eta[T], "<", eta[1], DECREASING),
        goal(eta[T + 1], "<", eta[T], DECREASING),
        goal(Sum((D[t] - D[t + 1]) / eta[t], (t, 1, T)), "<=", D[1] / eta[1], DECREASING),
        goal(f(2 * T + 20), "<=", 10, Forall(k, Le(f(k), 20))),
        goal(f(k), "<=", f(k + 1), Forall(m, Le(f(m + 1), f(m)))),
        goal(f(T), "<", c, Forall(t, Le(f(t), c)), Gt(c, 3)),
        goal(w(T), "<=", Rational(5, 2), Forall(t, Eq(w(t + 1), w(t) / 2 + 1)), Eq(w(1), 3)),
        goal(w(T), ">", 2 + Rational(1, 50), Forall(t, Eq(w(t + 1), w(t) / 2 + 1)), Eq(w(1), 3)),
    ],
    ids=str,
)
def test_a_false_claim_under_forall_is_refuted_without_a_model(wanted: Goal) -> None:
    found = judge_goal(wanted, seconds=5)
    assert found.status == "refuted"
    assert "(t) = " in str(found) or "[t] = " in str(found) or "w(1) = 3" in str(found)


@pytest.mark.parametrize(
    "wanted",
    [
        goal(eta[T + 7], "<=", eta[T], DECREASING),
        goal(f(2 * T + 20), "<=", 20, Forall(k, Le(f(k), 20))),
        goal(f(2 * T + 20), "<=", 20, Forall(t, Le(f(t), 20))),
        goal(w(T), "<=", 3, Forall(t, Eq(w(t + 1), w(t) / 2 + 1)), Eq(w(1), 3)),
        goal(f(T + 30), ">=", f(1), Forall(t, Ge(f(t + 1), f(t)))),
        goal(1 / f(1), "=", 1 / f(1), Forall(t, Ge(1 / f(t), -5))),
        goal(f(100), "=", 7, Forall(t, Eq((t - 100) * (f(t) - 7) + f(t), 7 + 0 * t))),
    ],
    ids=str,
)
def test_a_true_claim_under_forall_is_not_refuted(wanted: Goal) -> None:
    assert refute(wanted).counterexample is None


def test_a_window_is_not_all_indices() -> None:
    """On the window, f = 0 satisfies the hypothesis; at the index 1000 it does not."""
    only_far = Forall(t, Ge((f(t) - 1) * (t - 999), 0))
    wanted = goal(f(1000), ">=", 1, only_far)
    sampler = Sampler.of(wanted)
    meets = [p for p in models(wanted, sampler) if satisfies(wanted.context, p) and holds(wanted.relation, p) is False]
    assert meets
    assert not any(certain(wanted.context, p) for p in meets[::10])
    assert refute(wanted).counterexample is None


def test_two_recursions_for_one_family_are_not_both_run() -> None:
    doubled, stepped = Forall(t, Eq(f(t + 1), 2 * f(t))), Forall(t, Eq(f(t + 1), f(t) + 1))
    assert refute(goal(f(3), "=", 4, doubled, stepped)).counterexample is None  # f(1) = 1, f(2) = 2 and no f(3)
    assert refute(goal(f(2), "=", 2, doubled, stepped)).counterexample is None
    assert refute(goal(f(3), "=", 5, doubled, Eq(f(1), 1))).counterexample is not None


def test_a_recursion_that_may_be_undefined_is_no_model() -> None:
    halved = Forall(t, Eq(f(t + 1), 1 / (f(t) - 1)))
    assert refute(goal(f(2), ">=", 0, halved, Eq(f(1), 1))).counterexample is None


def test_a_formula_must_respect_the_family_s_declared_domain_everywhere() -> None:
    positive = sp.Function("q", positive=True)
    falling = Forall(t, Le(positive(t + 1), positive(t) - Rational(1, 10**6)))
    wanted = goal(positive(1), "<", 0, falling)  # no positive family falls for ever: vacuously true
    for point in islice(models(wanted, Sampler.of(wanted)), 0, None, 5):
        assert not (satisfies(wanted.context, point) and certain(wanted.context, point))
    assert refute(goal(0, "=", 1, falling)).counterexample is None


@pytest.mark.parametrize(
    ("hypotheses", "inhabited"),
    [
        ([DECREASING], True),
        ([DECREASING, Forall(t, Lt(D[t + 1], D[t]))], True),
        ([Forall(t, Eq(w(t + 1), w(t) / 2 + 1)), Eq(w(1), 3)], True),
        ([Forall(k, Lt(f(k), 0)), Gt(f(3), 0)], False),
        ([Forall(t, Lt(f(t + 1), f(t))), Gt(f(2), f(1))], False),
    ],
)
def test_a_witness_of_forall_needs_no_model_where_a_formula_gives_one(
    hypotheses: list[object], inhabited: bool
) -> None:
    found = witness(Context.of(hypotheses))
    assert (found is not None) is inhabited
    if inhabited:
        assert isinstance(found, Modelled)
        Derivation("inhabited", *hypotheses, declare=(n,)).start(n).ge(1).theorem()


def test_a_model_may_not_leave_the_declared_domain_of_a_family() -> None:
    wanted = goal(D[1], ">=", 0, Ge(D[1] + D[2], -9))
    searched = refute(wanted, lambda rng: {D[1]: -1, D[2]: 5})
    assert searched.counterexample is None


# -- floats only choose ------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("wanted", "point"),
    [
        (goal(10**17 + x, ">", 10**17), {x: fmpq(1)}),
        (goal(sin(x) ** 2 + cos(x) ** 2, "=", 1), {x: fmpq(1, 3)}),
        (goal((x + 10**9) ** 2 - x**2 - 2 * 10**9 * x, "=", 10**18), {x: fmpq(1, 7)}),
    ],
    ids=str,
)
def test_rounding_refutes_nothing(wanted: Goal, point: dict[sp.Symbol, fmpq]) -> None:
    screen = Screen.of(wanted)
    assert screen is not None
    assert not screen.outside(Point.of(Table(point, random.Random(0))))
    assert refute(wanted).counterexample is None or wanted.relation.sign == ">"
    assert refutes(wanted, point) is None


def test_what_floats_do_not_know_is_evaluated_rigorously() -> None:
    strange = goal(sp.Function("h")(x) + x, ">", x - 100)
    assert refute(strange).points > 0
    assert Screen.of(goal(sp.Integral(u, (u, 0, x)), ">=", 0)) is None


# -- a fault of the checker --------------------------------------------------------------------------------------------
def test_a_kernel_that_proves_what_a_point_refutes_raises_an_alarm(monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = goal(x**2, "=", x, Ge(x, 0))
    assert judge_goal(wanted).status == "refuted"
    monkeypatch.setattr(Zero, "verify", lambda self, goal: Status.PROVED)
    assert judge_goal(wanted).status == "refuted"  # the refuter comes first
    blind = replace(QUICK, points=0, rigorous=0)
    monkeypatch.setattr(verdict, "QUICK", blind)
    with pytest.raises(CheckerFault, match=r"normal form.* accepted x\*\*2 = x, which is false at x = ") as alarm:
        judge_goal(wanted)
    assert not isinstance(alarm.value, DerivationError)
    with pytest.raises(CheckerFault):
        Derivation("alarm", Ge(x, 0)).start(x**2).eq(x).theorem()
