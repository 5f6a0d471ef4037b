"""Which claims are false: the second evaluator, the points, and what happens when the evaluators disagree."""

from __future__ import annotations

from fractions import Fraction
from random import Random

import mpmath
import pytest
import sympy as sp
from flint import fmpq
from sympy import Abs, Eq, Ge, Gt, Integral, Le, Lt, Max, Mod, Sum, binomial, exp, factorial, floor, gamma, log, sqrt

from assayer.derivation import Forall, Relation
from assayer.derivation.points import declared
from assayer.derivation.trusted import evaluate
from assayer.derivation.trusted.context import Context, Goal
from assayer.derivation.trusted.expressions import values_of
from assayer.mutation import falsity, second
from assayer.mutation.falsity import decide
from assayer.mutation.families import MOST_MEMBERS, Families
from assayer.mutation.points import linear
from assayer.mutation.ranges import Range, TooMuch, Undefined, Unknown

n, m = sp.symbols("n m", integer=True, nonnegative=True)
k = sp.Symbol("k", integer=True)
t = sp.Symbol("t", integer=True, positive=True)
x, y, u = sp.symbols("x y u", real=True)
p = sp.Symbol("p", positive=True)
f = sp.Function("f", real=True)
g = sp.Function("g", real=True)
D = sp.IndexedBase("D", real=True)


def goal(left: object, sign: str, right: object, *hypotheses: object) -> Goal:
    relation = Relation(sp.sympify(left), sign, sp.sympify(right))
    return Goal(Context.of(hypotheses, relation.symbols()), relation)


def found(g: Goal, seed: int = 0, **words: object) -> falsity.Decision:
    return decide(g, Random(seed), draws=1500, enough=800, **words)


FORMULAS = [
    sqrt(x) + x,
    exp(x) * x / 3,
    sp.sin(x) * sp.cos(x),
    log(x + 1) / sp.pi,
    sp.atan(x) - sp.tanh(x),
    sp.sinh(x) / sp.cosh(2 * x),
    x ** sp.Rational(2, 3),
    x**x,
    gamma(x),
    Max(x, sp.E) - sp.Min(x, 2),
    Abs(x - 3) + Mod(x, sp.Rational(1, 2)),
    floor(sp.pi * x) - sp.ceiling(x),
    Sum(1 / (k + x), (k, 1, 8)),
    binomial(7, 3) * factorial(4) * sp.EulerGamma,
    2**-x,
]


@pytest.mark.parametrize("formula", FORMULAS, ids=str)
def test_the_second_evaluator_encloses_what_a_third_computes(formula: sp.Expr) -> None:
    for number in (Fraction(7, 3), Fraction(1, 5), Fraction(4)):
        enclosure = second.value(formula, {x: number})
        exact = formula.subs(x, sp.Rational(number.numerator, number.denominator)).doit()
        with mpmath.workdps(60):
            close = sp.N(exact, 60)
            value = Fraction(str(close))
        width = Fraction(1, 10**35)
        assert enclosure.low - width <= value <= enclosure.high + width
        assert enclosure.high - enclosure.low < width


def test_integrals_are_enclosed() -> None:
    for integrand, expected in ((x**2, Fraction(8, 3)), (exp(x), None), (1 / (x + 1), None)):
        enclosure = second.value(Integral(integrand, (x, 0, 2)), {})
        value = expected or Fraction(str(sp.N(sp.integrate(integrand, (x, 0, 2)), 30)))
        assert enclosure.low <= value <= enclosure.high
        assert enclosure.high - enclosure.low < Fraction(1, 2)
    assert second.holds(Integral(x**2, (x, 0, 2)), "=", sp.Integer(4), {}) is False
    with pytest.raises(Unknown):
        second.value(Integral(1 / x, (x, -1, 1)), {})


@pytest.mark.parametrize(
    ("expression", "at"),
    [
        (1 / x, {x: 0}),
        (1 / (x - 2) ** 2, {x: 2}),
        (sqrt(x), {x: -1}),
        (1 / sqrt(x), {x: 0}),
        (log(x), {x: 0}),
        (log(x), {x: -3}),
        (gamma(x), {x: 0}),
        (Mod(x, y), {x: 1, y: 0}),
        (factorial(k), {k: -1}),
        (binomial(k, 2), {k: -1}),
        (x**y, {x: -1, y: Fraction(1, 3)}),
        (x**y, {x: -1, y: 2}),
        (Sum(t, (t, k, 3)), {k: 0}),
        (Sum(k, (k, 1, n)), {n: -1}),
        (Sum(1 / k, (k, -1, n)), {n: 2}),
    ],
)
def test_what_has_no_value(expression: sp.Expr, at: dict) -> None:
    point = {s: Fraction(v) for s, v in at.items()}
    with pytest.raises(Undefined):
        second.value(expression, point)
    assert second.holds(expression, "=", expression, point) is False


def test_what_takes_long_is_not_answered() -> None:
    for expression, at in ((Sum(k, (k, 1, n)), {n: 10**6}), (2**n, {n: 10**6}), (factorial(n), {n: 10**6})):
        with pytest.raises(TooMuch):
            second.value(expression, {n: Fraction(at[n])})
    with pytest.raises(TooMuch):
        second.value(gamma(x), {x: Fraction(10**7)})


def test_ranges_hold_what_they_should() -> None:
    rng = Random(3)
    for _ in range(300):
        ends = [Fraction(rng.randint(-50, 50), rng.randint(1, 9)) for _ in range(4)]
        one, two = Range(min(ends[:2]), max(ends[:2])), Range(min(ends[2:]), max(ends[2:]))
        inside = [(ends[0] + ends[1]) / 2, ends[0], ends[1]]
        other = [(ends[2] + ends[3]) / 3 + ends[2] / 3, ends[2], ends[3]]
        for v in inside:
            assert (-one).low <= -v <= (-one).high
            assert all(one.power(e).low <= v**e <= one.power(e).high for e in (0, 1, 2, 3))
            for w in other:
                for operation in (lambda a, b: a + b, lambda a, b: a - b, lambda a, b: a * b):
                    result = operation(one, two)
                    assert result.low <= operation(v, w) <= result.high


FALSE = [
    goal(x**2, "=", x**3),
    goal(x**2 + 1, ">", 2 * x),
    goal((x + y) ** 2, ">", 0),
    goal(x / x**2, "=", 1 / x),
    goal(sqrt(x**2 - 4), ">=", 0),
    goal(x, "<", x),
    goal(n * (n + 1) / 2, "=", Sum(k, (k, 1, n)) + n * (n - 1) * (n - 2) * (n - 3)),
    goal(exp(x), ">=", 1 + 2 * x),
    goal(floor(x), "=", -floor(-x)),
    goal(p + 1, ">", 100 * p),
    goal(p + 1, "<", 10**4 + 1),
    goal(x, "<=", 3, Lt(x**2, 10), Gt(x, 3 - sp.Rational(1, 5))),
    goal(4 * x, "=", y, Eq(4 * y, 16 * x + u), Ge(u, 0)),
    goal(m, "<=", 2 * sqrt(n) + 1, Gt(m, 2 * sqrt(n)), Le(m, 2 * sqrt(n) + 2)),
    goal(f(t + 1), "<", f(t), Forall(t, Le(f(t + 1), f(t)))),
    goal(f(t), "=", f(1), Forall(t, Le(f(t + 1), f(t)))),
    goal(g(n), "=", n**2, Forall(n, Eq(g(n + 1), g(n) + 2 * n + 1))),
    goal(Sum(D[k], (k, 1, n)), "=", Sum(D[k], (k, 0, n))),
]


@pytest.mark.parametrize("false", FALSE, ids=str)
def test_false_claims_are_found(false: Goal) -> None:
    decision = found(false)
    assert decision.false, decision
    assert decision.at and decision.by and not decision.disagreement
    assert decision == found(false), "the same seed finds the same point"


TRUE = [
    goal((x + y) ** 2, ">=", 4 * x * y),
    goal(Sum(k, (k, 1, n)), "=", n * (n + 1) / 2),
    goal(x, "<", 4, Lt(x**2, 16)),
    goal(1 / p, ">", 0),
    goal(f(t + 2), "<=", f(t), Forall(t, Le(f(t + 1), f(t)))),
    goal(g(n), "=", n**2 + g(0), Forall(n, Eq(g(n + 1), g(n) + 2 * n + 1))),
    goal(sqrt(p) ** 2, "=", p),
    goal(Mod(n, 2), "<=", 1),
]


@pytest.mark.parametrize("true", TRUE, ids=str)
def test_true_claims_are_not(true: Goal) -> None:
    decision = found(true)
    assert not decision.false and not decision.disagreement
    assert decision.met > 20, "the context was met"


def test_no_point_of_an_empty_context_counts() -> None:
    decision = found(goal(x, "=", y, Gt(x, 1), Lt(x, 0)))
    assert not decision.false and decision.met == 0


def test_a_forall_is_not_taken_as_met_where_it_cannot_be_checked() -> None:
    """The index stands beside the family: no window says anything about all of them."""
    assert found(goal(f(t), "<", 0, Forall(t, Ge(f(t), t)))).met == 0


def test_an_author_s_points_are_tried() -> None:
    false = goal(f(t), "<=", 1, Forall(t, Ge(f(t), t)))
    model = ({t: sp.Integer(3), f(3): sp.Integer(3)},)
    assert found(false, model=model).false
    assert not found(false, model=({t: sp.Integer(3), f(3): sp.Integer(2)},)).false, "it denies its own Forall"


def test_a_lying_evaluator_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    """The checker's evaluator calls every equation true: the second one contradicts it."""
    honest = evaluate.holds
    monkeypatch.setattr(evaluate, "holds", lambda r, at: True if r.sign == "=" else honest(r, at))
    decision = found(goal(x**2, "=", x**3))
    assert "intervals say False, balls say True" in decision.disagreement and not decision.false
    assert found(goal(x, "=", x + 1, Eq(y, 1))).disagreement


def test_a_lying_second_evaluator_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    honest = second.holds
    lie = lambda left, sign, right, at: True if sign == "<" else honest(left, sign, right, at)
    monkeypatch.setattr(second, "holds", lie)
    assert "intervals say True, balls say False" in found(goal(x + 1, "<", x)).disagreement
    about_a_hypothesis = found(goal(x, "=", x + 1, Relation(y**2 + 1, "<", sp.S.Zero)))
    assert "y**2 + 1 < 0" in about_a_hypothesis.disagreement and not about_a_hypothesis.false


def test_equations_are_solved_for_each_symbol() -> None:
    solved = {s: (slope, rest) for s, slope, rest in linear(Relation(4 * x, "=", x * y - u + 3))}
    assert solved == {x: (4 - y, u - 3), y: (-x, 4 * x + u - 3), u: (1, 4 * x - x * y - 3)}
    assert linear(Relation(x**2, "=", floor(x) + 1)) == ()


def test_numbers_of_the_checker_and_of_sympy_are_read() -> None:
    assert second.value(x + 1, {x: fmpq(1, 3)}).low == second.value(x + 1, {x: sp.Rational(1, 3)}).low == Fraction(4, 3)


# -- what a search may cost --------------------------------------------------------------------------------------------
def test_a_search_ends_by_the_work_of_either_evaluator(monkeypatch: pytest.MonkeyPatch) -> None:
    """An integral asks for its integrand hundreds of times at each point: bounding the draws alone bounds nothing."""
    most = 25_000
    monkeypatch.setattr(falsity, "MOST_NODES", most)
    a, v = sp.Symbol("a", positive=True), sp.Symbol("v", nonnegative=True)
    relation = Relation(sp.Integral(sp.sqrt(v), (v, 0, a)), "=", sp.Rational(2, 3) * a ** sp.Rational(3, 2))
    goal = Goal(Context.of([], relation.symbols()), relation)
    spent = []
    for effort in (1, 2):
        begun = evaluate.work()
        decision = decide(goal, Random(1), 3000, 1000, effort=effort)
        spent.append(evaluate.work() - begun)
        assert not decision.false and 2 < decision.met < 1000
        assert effort * most < spent[-1] < (effort + 1) * most
    assert spent[1] > spent[0]


def test_a_valuation_holds_so_many_members() -> None:
    pair = sp.IndexedBase("W", real=True)
    families = Families(Random(1))
    given = [families.supply(pair[k, k + 1]) for k in range(MOST_MEMBERS + 5)]
    assert None not in given[:MOST_MEMBERS] and set(given[MOST_MEMBERS:]) == {None}
    assert families.supply(pair[0, 1]) == given[0], "those that it has stay"


@pytest.mark.parametrize(
    "words",
    [
        {"real": True},
        {"integer": True},
        {"positive": True},
        {"integer": True, "nonnegative": True},
        {"nonzero": True, "real": True},
    ],
)
def test_members_are_declared_as_their_family_is(words: dict[str, bool]) -> None:
    """What is asked once for a family is what each member says, also of families of one name."""
    for member in (sp.IndexedBase("D", **words)[3], sp.Function("D", **words)(sp.Integer(3))):
        other = member.base[7] if isinstance(member, sp.Indexed) else member.func(sp.Rational(7, 2))
        assert declared(member) == declared(other) == values_of(member) == values_of(other)


def test_a_recurrence_that_leaves_the_domain_of_its_family_gives_no_point() -> None:
    """A nonnegative d with d(t + 1) = −(1 − h) d(t) is 0: what is true of it is not called false at a negative d(2)."""
    d = sp.Function("d", nonnegative=True)
    t, n = sp.symbols("t n", integer=True, positive=True)
    h = sp.Symbol("h", positive=True)
    turned = Forall(t, Eq(d(t + 1), -(1 - h) * d(t)))
    assert found(goal(d(n), "=", (1 - h) ** (n - 1) * d(1), turned, Lt(h, 1))).false is False
    falling = Forall(t, Eq(d(t + 1), d(t) - h))
    assert found(goal(d(n), "<=", d(1), falling)).false is False
    assert found(goal(d(n), ">=", d(1) + 1, Forall(t, Eq(d(t + 1), h * d(t))))).false
