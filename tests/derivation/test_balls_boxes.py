"""Inequalities over a box: what is certified, what is refused, and certificates that were tampered with."""

from __future__ import annotations

import random
from collections.abc import Sequence
from fractions import Fraction

import pytest
import sympy as sp
from flint import arb, fmpq
from sympy import (
    Abs,
    Ci,
    E,
    Eq,
    Ge,
    Gt,
    Integral,
    Le,
    Lt,
    Max,
    Ne,
    Rational,
    Sum,
    cos,
    erf,
    exp,
    factorial,
    floor,
    log,
    pi,
    sin,
    sqrt,
    tanh,
)

from assayer.derivation import judge
from assayer.derivation.branching import tree_of
from assayer.derivation.kernels import balls, boxes
from assayer.derivation.prover import Attempt, prove
from assayer.derivation.trusted.context import Context, Forall, Goal, Relation
from assayer.derivation.trusted.errors import Unsupported
from assayer.derivation.trusted.evaluate import holds, value
from assayer.derivation.trusted.expressions import express
from assayer.derivation.trusted.rules import Enclosure, FiniteRange, Tree, box_of, literal_range
from assayer.derivation.trusted.rules.enclosure import slopes
from assayer.derivation.trusted.status import Status
from assayer.derivation.trusted.theorem import Rejected

x, y = sp.symbols("x y", real=True)
z = sp.Symbol("z", positive=True)
n, m = sp.symbols("n m", integer=True)
f = sp.Function("f")
swish = x / (1 + exp(-x))
gelu = x * (1 + erf(x / sqrt(2))) / 2
third = Rational(1, 3)
tiny = Rational(1, 10**9)


def goal(left: object, sign: str, right: object, *hypotheses: object) -> Goal:
    relation = Relation(express(left), sign, express(right))
    return Goal(Context.of(hypotheses, relation.symbols()), relation)


def within(low: object, high: object, symbol: sp.Symbol = x) -> tuple[object, object]:
    return Ge(symbol, low), Le(symbol, high)


def certificate(wanted: Goal, seconds: float = 20.0) -> Enclosure:
    return Enclosure(*tree_of(wanted, Attempt.lasting(seconds), seconds))


def parts(tree: Tree) -> int:
    return 1 if not isinstance(tree, tuple) else parts(tree[2]) + parts(tree[3])


UNIT = within(0, 1)
TRUE: list[tuple[object, str, object, Sequence[object]]] = [
    (swish, ">=", -Rational(2785, 10_000), within(-100, 100)),
    (swish, ">", -Rational(278464542762, 10**12), within(-100, 100)),
    (gelu, ">=", -Rational(17, 100), within(-100, 100)),
    (gelu, "<=", Max(x, 0) + tiny, within(-5, 5)),
    (exp(x), ">=", 1 + x, within(-1, 1)),  # the sides meet inside: the slopes decide
    (sin(x), "<=", x, within(0, 2)),
    (cos(x), ">=", 1 - x**2 / 2, within(-1, 1)),
    (x * (1 - x), ">=", 0, UNIT),
    (sqrt(x), "<=", (1 + x) / 2, within(0, third)),
    (sqrt(1 - x**2), "<=", 1, within(-1, 1)),
    (x * log(x), ">=", -Rational(37, 100), within(Rational(1, 10**6), 10)),
    (log(1 + exp(x)), ">", Max(0, x), within(-5, 5)),
    (tanh(x) ** 2, "<", 1, within(-9, 9)),
    (sin(x) + sin(y), "<=", 2 + tiny, (*within(0, 3), *within(0, 3, y))),
    (sin(x) * cos(y) + x * y, "<=", 2, (*within(0, 1), *within(-1, 1, y))),
    ((1 - x) ** 2 + 100 * (y - x**2) ** 2, ">=", -Rational(1, 1000), (*within(-2, 2), *within(-2, 2, y))),
    (x**2 + y**2, "!=", 5, (*within(0, 1), *within(0, 1, y))),
    (exp(-x), "<", exp(-y), (*within(2, 3), *within(0, 1, y))),
    (sin(x), ">=", 0, within(0, pi - tiny)),
    (cos(x), "<", 0, (Gt(x, pi / 2 + tiny), Lt(x, pi))),
    (Integral(exp(-(x**2)), (x, 0, y)), "<", 1, within(0, 1, y)),
    (Sum(x**n / factorial(n), (n, 0, 6)), "<=", exp(x) + tiny, UNIT),
    (x**y, "<=", 8, (*within(1, 2), *within(-1, 3, y))),
    (1 / x, "<=", 1, (Ge(x, 1), Le(x, 10**6))),
    (Abs(x), "<=", 2, within(-2, 1)),
    # hypotheses that link symbols leave out a part of the box
    (x + y, "<=", Rational(3, 2), (*UNIT, *within(0, 1, y), Le(x**2 + y**2, 1))),
    (1 / (x - y), ">", 0, (*UNIT, *within(-1, 1, y), Ge(x - y, Rational(1, 10)))),
    (x, ">=", third, (*UNIT, Ge(exp(x), 2))),
    # integers
    (factorial(n), "<=", n**n, within(1, 30, n)),
    (2**n, ">=", n + 1, within(0, 60, n)),
    (n**2 - 9 * n + 20, ">=", 0, within(-50, 50, n)),  # fails between 4 and 5, where no integer is
    (sin(n * x) / n, "<=", x + tiny, (*UNIT, *within(1, 9, n))),
    (n, ">=", 4, (Gt(n, pi), Lt(n, 10))),
    (floor(x) + 1, ">", x - tiny, within(0, 3)),
    # domains are bounds
    (exp(-z), "<=", 1, (Le(z, 4),)),
    # constants
    (exp(pi), ">", pi**E, ()),
    (exp(pi * sqrt(163)), "<", 262537412640768744, ()),
    (Ci(Rational(6165, 10_000)), "<", 0, ()),
    (Ci(Rational(6166, 10_000)), ">", 0, ()),
    (sp.zeta(3), "!=", sp.Catalan, ()),
    (sqrt(4) + x - x, "=", 2, ()),
]


@pytest.mark.parametrize("claim", TRUE, ids=lambda c: f"{c[0]} {c[1]} {c[2]}")
def test_a_true_claim_is_certified(claim: tuple[object, str, object, Sequence[object]]) -> None:
    left, sign, right, hypotheses = claim
    wanted = goal(left, sign, right, *hypotheses)
    if wanted.relation.symbols():
        found = certificate(wanted)
    else:
        found = next(c for c in balls.search(wanted, Attempt.lasting(5)) if replays(c, wanted))
    assert found.verify(wanted) is Status.CERTIFIED


def replays(found: Enclosure, wanted: Goal) -> bool:
    try:
        return found.verify(wanted) is Status.CERTIFIED
    except Rejected:
        return False


FALSE: list[tuple[object, str, object, Sequence[object]]] = [
    (swish, ">=", -Rational(2784, 10_000), within(-100, 100)),
    (swish, ">=", -Rational(278464542761, 10**12), within(-100, 100)),
    (gelu, ">=", -Rational(16997, 100_000), within(-10, 10)),
    (exp(x), ">=", 1 + x + tiny, within(-1, 1)),
    (exp(x), ">", 1 + x, within(-1, 1)),
    (sin(x), "<", x, within(0, 2)),
    (x * (1 - x), ">", 0, UNIT),
    (x * (1 - x), "<", Rational(1, 4), UNIT),
    (x * (1 - x), "<=", Rational(1, 4) - tiny, UNIT),
    # a dip that is 0.001 wide and passes by 1e−9
    (1 - (1 + tiny) * exp(-(10**6) * (x - third) ** 2), ">=", 0, within(0, 1)),
    (x**2 + y**2, "!=", 1, (*within(0, 1), *within(0, 1, y))),
    (x + y, "<=", sqrt(2) - tiny, (*UNIT, *within(0, 1, y), Le(x**2 + y**2, 1))),
    (n**2 - 9 * n + 20, ">", 0, within(-50, 50, n)),
    (1 / (x - third), "!=", 0, UNIT),  # undefined at one point
    (sin(x - third) / (x - third), "<=", 2, UNIT),
    (log(x), "<=", 0, UNIT),
    (sqrt(x - tiny), ">=", 0, UNIT),
    (Integral(1 / y, (y, -1, x)), "<=", 10, UNIT),
    (cos(x), ">", 0, (Ge(x, 0), Lt(x, pi / 2 + tiny))),
    (exp(pi), "<", pi**E, ()),
    (pi, "=", Rational(355, 113), ()),
    (log(2) + log(3), "<", log(6) - Rational(1, 10**200), ()),
]


@pytest.mark.parametrize("claim", FALSE, ids=lambda c: f"{c[0]} {c[1]} {c[2]}")
def test_a_false_claim_is_not_certified(claim: tuple[object, str, object, Sequence[object]]) -> None:
    left, sign, right, hypotheses = claim
    wanted = goal(left, sign, right, *hypotheses)
    for kernel in (balls, boxes):
        try:
            offered = list(kernel.search(wanted, Attempt.lasting(5)))
        except (Unsupported, Rejected):
            continue
        assert not any(replays(c, wanted) for c in offered)
    random_trees = random.Random(str(claim))
    if wanted.relation.symbols():
        try:
            box = box_of(wanted, 64)
        except Rejected:
            return
        for _ in range(3):
            assert not replays(Enclosure(a_tree(random_trees, sorted(box, key=str), 6), 128), wanted)


def a_tree(rng: random.Random, symbols: Sequence[sp.Symbol], depth: int) -> Tree:
    if depth == 0:
        return rng.randint(0, 4)
    place = fmpq(rng.randint(1, 999), 1000)
    return (rng.choice(symbols), place, a_tree(rng, symbols, depth - 1), rng.randint(0, 4))


def test_a_false_claim_is_given_up_with_the_point_where_it_fails() -> None:
    for claim in (FALSE[0], FALSE[1], FALSE[9]):
        wanted = goal(*claim[:3], *claim[3])
        with pytest.raises(Unsupported, match="it fails at x = ") as reason:
            certificate(wanted)
        place = Fraction(str(reason.value).rpartition("= ")[2])
        assert holds(wanted.relation, {x: fmpq(place.numerator, place.denominator)}) is False


def test_the_reason_says_where_the_sides_meet_and_where_there_is_no_value() -> None:
    with pytest.raises(Unsupported, match=r"near x = 0.70710\d* the sides differ by .*: they meet, or come too close"):
        certificate(goal((2 * x**2 - 1) ** 2, ">", 0, *UNIT))
    with pytest.raises(Unsupported, match="it fails at x = 1/2$"):
        certificate(goal(x * (1 - x), "<", Rational(1, 4), *UNIT))
    with pytest.raises(Unsupported, match="the sides meet, or come too close to tell, at x = 1/2$"):
        certificate(goal(exp(x) + exp(1 - x), ">=", 2 * exp(Rational(1, 2)), *UNIT))
    with pytest.raises(Unsupported, match="at x = 1.570796 the sides meet, or come too close to tell"):
        certificate(goal(sin(x), ">=", 2 * x / pi, Ge(x, 0), Le(x, pi / 2)))
    with pytest.raises(Unsupported, match="it fails at x = 1/3$"):
        certificate(goal(1 / (x - third), "!=", 0, *UNIT))
    with pytest.raises(Unsupported, match="near x = 0.693147.* a side is not certain to have a value: a divisor"):
        certificate(goal(1 / (exp(x) - 2), "!=", 0, *UNIT))
    with pytest.raises(Unsupported, match="log needs its argument > 0"):
        certificate(goal(log(x), "<=", 0, *UNIT))


def test_the_budgets_are_kept() -> None:
    hard = goal(exp(x - y), ">=", 1 + x - y, *within(0, 9), *within(0, 9, y))
    with pytest.raises(Unsupported, match="not decided near|they meet"):
        certificate(hard, seconds=0.5)
    spent = Attempt.lasting(0.0)
    with pytest.raises(Unsupported):
        tree_of(hard, spent, 5.0)


# -- the box -----------------------------------------------------------------------------------------------------------
def test_the_box_is_what_literal_bounds_leave() -> None:
    wanted = goal(x + n, "<", 99, Ge(x, 0), Gt(x, third), Le(x, pi), Lt(3, n), Ge(Rational(19, 2), n), Ne(x, 2))
    box = box_of(wanted, 64)
    assert box[x].low == fmpq(1, 3)
    assert arb.pi().overlaps(box[x].high)
    assert (box[n].low, box[n].high) == (3, 9)  # an open end is closed; n = 3 is left out by the hypothesis itself
    assert box_of(goal(x, "<", 9, Eq(x, 2)), 64) == {x: fmpq(2)}
    assert box_of(goal(z, "<", 9, Le(z, 2)), 64)[z].low == 0


@pytest.mark.parametrize(
    "hypotheses",
    [
        (),
        (Ge(x, 0),),
        (Le(x, 1),),
        (Ge(x, 0), Le(x, y)),
        (Ge(x, 0), Le(2 * x, 1)),
        (Ge(x, 0), Ne(x, 1)),
        (Ge(x, 2), Le(x, 1)),
        (Ge(x, pi), Le(x, 3)),
        (Eq(x, y),),
        (Ge(x, 0), Relation(x, "<=", exp(exp(exp(sp.Integer(9)))))),
        (Ge(x, 0), Relation(x, "<=", Integral(1 / y, (y, -1, 1)))),
    ],
    ids=str,
)
def test_without_two_literal_bounds_in_order_there_is_no_box(hypotheses: Sequence[object]) -> None:
    wanted = goal(x**2, ">", -1, *hypotheses)
    with pytest.raises(Rejected):
        box_of(wanted, 64)
    with pytest.raises(Rejected):
        Enclosure().verify(wanted)
    with pytest.raises(Unsupported, match="bounds"):
        list(boxes.search(wanted, Attempt.lasting(5)))


def test_an_integer_between_two_integers_has_no_box() -> None:
    with pytest.raises(Rejected, match="no n lies between"):
        box_of(goal(n, ">", n - 1 + sin(n), Gt(n, third), Lt(n, Rational(2, 3))), 64)


def test_a_symbol_without_bounds_elsewhere_does_no_harm() -> None:
    assert replays(Enclosure(2), goal(exp(x), ">", 0, *UNIT, Ge(y, x), Forall(n, Ge(f(n), 0))))
    with pytest.raises(Rejected):
        Enclosure().verify(goal(exp(x) + y**2, ">", 0, *UNIT))
    with pytest.raises(Rejected):
        Enclosure().verify(goal(f(1), ">", 0, Ge(f(1), 1), Le(f(1), 2)))


def test_an_open_end_counts_as_closed() -> None:
    """Closing an end only adds points: nothing false is certified, and what fails at the end alone is not."""
    assert not replays(Enclosure(2), goal(sin(x), ">", 0, Gt(x, 0), Lt(x, 1)))
    assert replays(Enclosure(2), goal(sin(x), ">=", 0, Gt(x, 0), Lt(x, 1)))
    assert not replays(Enclosure(2), goal(1 / x, ">", 0, Gt(x, 0), Lt(x, 1)))


def test_a_hypothesis_leaves_out_a_part_only_where_it_fails_everywhere() -> None:
    half = (x, fmpq(1, 2), 1, 1)
    assert replays(Enclosure(half), goal(x, ">=", Rational(1, 2), *UNIT, Ge(x + sin(x), 1)))
    assert not replays(Enclosure(half), goal(x, ">=", Rational(1, 2), *UNIT, Ge(x + sin(x), Rational(1, 4))))
    # at the cut itself both parts hold the hypothesis
    assert not replays(Enclosure(half), goal(x, ">", Rational(1, 2), *UNIT, Ge(2 * x, 1)))
    # a hypothesis about other symbols says nothing here
    assert not replays(Enclosure(half), goal(x, ">", Rational(1, 2), *UNIT, Ge(y, 1), Le(y, x - 5)))


# -- tampered certificates ---------------------------------------------------------------------------------------------
SHARP = goal(swish, ">=", -Rational(2785, 10_000), *within(-100, 100))


def test_a_certificate_belongs_to_its_goal() -> None:
    good = certificate(SHARP)
    assert parts(good.tree) > 3
    assert replays(good, SHARP)
    for other in (
        goal(swish, ">=", -Rational(2784, 10_000), *within(-100, 100)),
        goal(swish, "<=", -Rational(2785, 10_000), *within(-100, 100)),
        goal(swish, ">=", -Rational(2785, 10_000), *within(-1, 1)),
        goal(swish, ">=", -Rational(2785, 10_000), Ge(x, -100)),
        goal(swish.subs(x, y), ">=", -Rational(2785, 10_000), *within(-100, 100, y)),
        goal(swish - tiny * 10**8, ">=", -Rational(2785, 10_000), *within(-100, 100)),
    ):
        assert not replays(good, other)


def cut_down(tree: Tree, path: Sequence[int], replacement: object) -> object:
    if not path or not isinstance(tree, tuple):
        return replacement
    return tuple(cut_down(part, path[1:], replacement) if i == path[0] else part for i, part in enumerate(tree))


def test_a_tree_with_a_branch_cut_off_is_rejected() -> None:
    good = certificate(SHARP)
    tree, path = good.tree, []
    while isinstance(tree, tuple):  # follow the deeper side: where the claim is tight
        side = 2 if parts(tree[2]) >= parts(tree[3]) else 3
        path.append(side)
        tree = tree[side]
    assert not replays(Enclosure(cut_down(good.tree, path[:-4], 1), good.bits), SHARP)
    assert not replays(Enclosure(1, good.bits), SHARP)


@pytest.mark.parametrize(
    "tree",
    [
        (x, fmpq(-101), 0, 0),
        (x, fmpq(-100), 0, 0),
        (x, fmpq(100), 0, 0),
        (x, fmpq(101), 0, 0),
        (y, fmpq(0), 0, 0),
        ("x", fmpq(0), 0, 0),
        (None, fmpq(0), 0, 0),
        (x, 0, 0, 0),
        (x, 0.5, 0, 0),
        (x, float("nan"), 0, 0),
        (x, arb.nan(), 0, 0),
        (x, arb(0), 0, 0),
        (x, None, 0, 0),
        (x, Rational(1, 2), 0, 0),
        (x, fmpq(0), 0),
        (x, fmpq(0), 0, 0, 0),
        (x, fmpq(0)),
        (),
        None,
        False,
        True,
        -1,
        9,
        10**9,
        1.0,
        "",
        [x, fmpq(0), 0, 0],
        {x: fmpq(0)},
        (x, fmpq(0), (x, fmpq(1), 0, 0), 0),
        (x, fmpq(0), 0, (x, fmpq(0), 0, 0)),
        (x, fmpq(0), 0, False),
        (x, fmpq(0), None, 0),
        (x, fmpq(0), (), 0),
    ],
    ids=str,
)
def test_a_malformed_tree_is_rejected(tree: object) -> None:
    """Even for a claim that needs no cut at all."""
    trivial = goal(exp(x), ">", -1, *within(-100, 100))
    assert replays(Enclosure(), trivial)
    with pytest.raises(Rejected):
        Enclosure(tree).verify(trivial)


@pytest.mark.parametrize("precision", [0, -64, 8, 10**9, 64.0, "64", None, True, float("nan")], ids=str)
def test_a_precision_out_of_range_is_rejected(precision: object) -> None:
    with pytest.raises(Rejected, match="precision"):
        Enclosure(0, precision).verify(goal(exp(x), ">", -1, *UNIT))


def test_integers_are_cut_between_two_of_them() -> None:
    wanted = goal(n**2 - 9 * n + 20, ">=", 0, *within(4, 5, n))
    assert replays(Enclosure((n, fmpq(4), 1, 1)), wanted)
    assert replays(Enclosure((n, fmpq(9, 2), 1, 1)), wanted)
    assert not replays(Enclosure(), wanted)
    for outside in (fmpq(5), fmpq(7, 2), fmpq(3)):
        assert not replays(Enclosure((n, outside, 1, 1)), wanted)
    # a real number may lie between
    assert not replays(Enclosure((x, fmpq(9, 2), 1, 1)), goal(x**2 - 9 * x + 20, ">=", 0, *within(4, 5)))


def test_a_deep_or_very_large_tree_ends_in_a_verdict() -> None:
    deep: Tree = 1
    for i in range(5000, 1, -1):
        deep = (x, fmpq(1, i), deep, 1)  # towards 0, where the claim is false
    with pytest.raises(Rejected, match="not certain"):
        Enclosure(deep).verify(goal(exp(x), ">", 1, *UNIT))
    with pytest.raises(Rejected, match="outside"):
        Enclosure((x, fmpq(1, 2), 1, deep)).verify(goal(exp(x), ">", 0, *UNIT))


def a_smooth_expression(rng: random.Random, depth: int) -> sp.Expr:
    if depth == 0:
        return rng.choice([x, y, x, Rational(rng.randint(-6, 6), rng.randint(1, 4))])
    a, b = (a_smooth_expression(rng, depth - 1) for _ in range(2))
    outer = [
        exp,
        sin,
        cos,
        tanh,
        Abs,
        lambda e: e**2,
        lambda e: e**3,
        lambda e: log(1 + e**2),
        lambda e: sqrt(1 + e**2),
    ]
    return rng.choice([a + b, a * b, a - 2 * b, Max(a, b), rng.choice(outer)(a), rng.choice(outer)(a)])


def test_random_claims_near_the_truth_are_never_certified_wrongly() -> None:
    """The bound is the least value at 200 points, give or take: what is certified must hold at all of them."""
    rng = random.Random(7)
    verdicts = {True: 0, False: 0}
    for _ in range(80):
        expr = a_smooth_expression(rng, 2)
        box = {s: sorted((fmpq(rng.randint(-40, 40), 20), fmpq(rng.randint(-40, 40), 20))) for s in (x, y)}
        places = [
            {s: low + (high - low) * fmpq(rng.randint(0, 64), 64) for s, (low, high) in box.items()} for _ in range(200)
        ]
        numbers = [float(arb(value(expr, at))) for at in places]
        for shift in (-0.1, -1e-3, -1e-9, 1e-9, 1e-3):
            bound = sp.Rational(Fraction(min(numbers) + shift))
            ends = [r for s, (low, high) in box.items() for r in within(a_number(low), a_number(high), s)]
            wanted = goal(expr, ">=", bound, *(Relation(r.lhs, r.rel_op, r.rhs) for r in ends))
            try:
                found = replays(certificate(wanted, 0.3), wanted)
            except (Unsupported, Rejected):
                found = False
            verdicts[found] += 1
            assert not (found and shift > 0), f"{expr} >= {bound} on {box}"
    assert min(verdicts.values()) > 60


def a_number(q: fmpq) -> sp.Rational:
    return Rational(int(q.p), int(q.q))


# -- slopes ------------------------------------------------------------------------------------------------------------
def test_slopes_are_used_only_where_the_sides_are_smooth_on_the_whole_part() -> None:
    assert replays(Enclosure(2), goal(exp(x) - 1 - x, ">=", 0, *UNIT))
    # |x| falls and rises: its slope at the middle says nothing of the other half
    assert not replays(Enclosure(2), goal(Abs(x - third), ">", 0, *UNIT))
    assert not replays(Enclosure(2), goal(x + 3 * Abs(x - third), ">=", Rational(1, 2), *UNIT))
    # a step has no slope
    assert x not in slopes(Relation(floor(x) + x, ">=", sp.S.Zero))
    assert n not in slopes(Relation(2**n + x, ">=", sp.S.Zero))
    # 1/x falls on either side of 0
    assert not replays(Enclosure(2), goal(1 / x, ">=", 1, *within(-1, 1)))
    # the root's slope has no bound at 0; its value has one
    assert replays(Enclosure(2), goal(sqrt(x), ">=", 0, *UNIT))


def test_slopes_are_not_taken_where_another_symbol_makes_the_side_undefined() -> None:
    wanted = goal(x + 1 / y, ">=", -5, *UNIT, *within(-1, 1, y), Ne(y, 0))
    assert not replays(Enclosure(), wanted)
    with pytest.raises(Unsupported):
        certificate(wanted)


# -- as a kernel -------------------------------------------------------------------------------------------------------
def test_the_judge_certifies_over_a_box() -> None:
    verdict = judge(swish, ">=", -Rational(2785, 10_000), box={x: (-100, 100)})
    assert (verdict.status, verdict.kernel.split(",")[0]) == ("certified", "balls")
    assert judge(swish, ">=", -Rational(2784, 10_000), box={x: (-100, 100)}).status == "refuted"
    assert judge(exp(pi), ">", pi**E).status == "certified"
    assert judge(exp(pi), "<", pi**E).status == "refuted"
    assert judge(gelu, ">=", -Rational(17, 100), box={x: (-10, 10)}).status == "certified"
    assert judge(sp.polygamma(0, x), "<", log(x), box={x: (1, 9)}).status == "certified"
    assert judge(Ci(Rational(6165, 10_000)), "<", 0).status in ("proved", "certified")
    assert judge(sp.LambertW(x), ">", -2, box={x: (-1, 0)}).status == "refuted"
    assert judge(sin(x), "<=", x, box={x: (0, 2)}).status in ("proved", "certified")
    assert judge(1 / (x - third), "!=", 0, box={x: (0, 1)}).status not in ("proved", "certified")


def test_a_box_upside_down_proves_nothing() -> None:
    for claim in ((swish, ">=", 5), (x, "<", x - 1), (exp(x), "<", 0)):
        assert judge(*claim, box={x: (1, 0)}).status not in ("proved", "certified")


def test_algebra_comes_first() -> None:
    assert judge(x**2, "<=", 1, box={x: (-1, 1)}).status == "proved"
    assert list(balls.search(goal(x**2, "<=", 1, *within(-1, 1)), Attempt.lasting(5))) == []
    assert list(boxes.search(goal(exp(x), "<=", 3, *UNIT), Attempt.lasting(5))) == []
    assert list(balls.search(goal(exp(x), "=", exp(x), *UNIT), Attempt.lasting(5))) == []


def test_what_the_certificate_rests_on() -> None:
    made = prove(goal(exp(x), "<=", 3, *UNIT, Ge(y, 0)), Attempt.lasting(10))
    assert made is not None
    assert made.uses == {"H1", "H2"}


# -- exhaustion --------------------------------------------------------------------------------------------------------
def test_a_finite_range_has_rational_ends() -> None:
    ends = (Gt(n, Rational(-7, 2)), Lt(n, Rational(7, 2)))
    assert literal_range(goal(n, "<", 9, *ends), n) == range(-3, 4)
    assert literal_range(goal(n, "<", 9, Ge(n, Rational(-7, 2)), Le(n, Rational(7, 2))), n) == range(-3, 4)
    assert literal_range(goal(n, "<", 9, Gt(n, -3), Lt(n, 3)), n) == range(-2, 3)
    assert FiniteRange().verify(goal(n**2, "<=", 9, *ends)) is Status.CERTIFIED
    with pytest.raises(Rejected):
        FiniteRange().verify(goal(n**2, "<", 9, *ends))
    with pytest.raises(Rejected):
        FiniteRange().verify(goal(n + m, "<", 9, *ends))
