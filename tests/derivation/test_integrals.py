"""Integrals by an antiderivative and integrand by integrand; SymPy's wrong values do not pass."""

from __future__ import annotations

from dataclasses import replace

import pytest
import sympy as sp
from sympy import (
    Abs,
    Function,
    Ge,
    Gt,
    Integral,
    Le,
    Lt,
    Ne,
    Rational,
    S,
    atan,
    cos,
    exp,
    floor,
    log,
    pi,
    sin,
    sqrt,
    tan,
)

from assayer.derivation.kernels import integral as kernel
from assayer.derivation.kernels.integral import ftc
from assayer.derivation.prover import Attempt, prove
from assayer.derivation.trusted.context import Context, Goal, Relation
from assayer.derivation.trusted.errors import DerivationError
from assayer.derivation.trusted.expressions import express
from assayer.derivation.trusted.rules import Antiderivative, IntegralTermwise
from assayer.derivation.trusted.status import Status
from assayer.derivation.trusted.theorem import Rejected, Sequent

t, s, x, a, b = sp.symbols("t s x a b", real=True)
p = sp.Symbol("p", positive=True)
u = sp.Symbol("u", positive=True)
n = sp.Symbol("n", integer=True, nonnegative=True)


def over(body: sp.Expr, low: object, high: object, variable: sp.Symbol = t) -> Integral:
    return Integral(body, (variable, low, high))


def goal(left: object, sign: str, right: object, *hypotheses: object) -> Goal:
    relation = Relation(express(left), sign, express(right))
    return Goal(Context.of(hypotheses, relation.symbols()), relation)


def proved(wanted: Goal, *hints: object, seconds: float = 10.0) -> Sequent | None:
    return prove(wanted, Attempt.lasting(seconds, hints))  # type: ignore[arg-type]


TRUE = [
    goal(over(t**2, 0, 1), "=", Rational(1, 3)),
    goal(over(exp(-t), 0, 1), "=", 1 - exp(-1)),
    goal(over(exp(-a * t), 0, 1), "=", (1 - exp(-a)) / a, Ne(a, 0)),
    goal(over(1 / t, 1, p), "=", log(p), Ge(p, 1)),
    goal(over(1 / u, 1, 2, u), "=", log(2)),
    goal(over(sin(t), 0, pi), "=", 2),
    goal(over(t * exp(t), 0, 1), "=", 1),
    goal(over(1 / (1 + t**2), 0, 1), "=", pi / 4),
    goal(over(sqrt(t), 0, 1), "=", Rational(2, 3)),  # √ has no slope at 0: it is continuous there
    goal(over(log(t), 1, 2), "=", 2 * log(2) - 1),
    goal(over(t**n, 0, 1), "=", 1 / (n + 1)),
    goal(over(1 / t, -2, -1), "=", -log(2)),
    goal(over(over(s * t, 0, 1, s), 0, 1), "=", Rational(1, 4)),
    goal(over(over(1, 0, t, s), 0, 1), "=", S.Half),
    goal(2 * over(t, 0, a) + a, "=", a**2 + a, Ge(a, 0)),
    goal(over(t, a, a), "=", 0),
    goal(over(t, 0, t), "=", t**2 / 2, Ge(t, 0)),  # the bound variable and the end are two things
    goal(over(a * t, 0, 1), "<", a, Gt(a, 0)),
    goal(over(t**3, 0, 1), "<=", over(t**2, 0, 1)),
    goal(over(exp(-(t**2)), 0, 1), "<=", 1),
    goal(over(exp(-(t**2)), 0, 1), ">", 0),
    goal(over(exp(sin(t)), 0, a), ">", 0, Gt(a, 0)),
    goal(over(exp(-(t**2)), 0, 1), "<=", over(1 / (1 + t**2), 0, 1)),
]


@pytest.mark.parametrize("wanted", TRUE, ids=str)
def test_a_true_value_or_bound_is_proved(wanted: Goal) -> None:
    attempt = Attempt.lasting(10)
    found = (attempt.admit(wanted, certificate) for certificate in kernel.search(wanted, attempt))
    theorem = next((one for one in found if one is not None), None)
    assert theorem is not None and theorem.goal == wanted and theorem.status in (Status.PROVED, Status.CERTIFIED)


FALSE = [
    goal(over(Abs(sin(3 * t)), 0, 3 * pi), "=", Rational(2, 3)),  # SymPy 1.14; it is 6
    goal(over(1 / (sqrt(2) + cos(t)), 0, 2 * pi), "=", 0),  # SymPy 1.14; it is 2π
    goal(over(1 / (a * t**2 + b * t + 1), 0, 1), "=", 0, Gt(a, 0), Gt(b, 0)),  # SymPy 1.14
    goal(over(t ** Rational(1, 3) * sqrt(1 - t), 0, 1), "<", 0),  # SymPy 1.14
    goal(over(-1 / (1 + t**2), -1, 1), "=", pi / 2),  # atan(1/t) jumps at 0
    goal(over(1 / t**2, -1, 1), "=", -2),  # a pole between
    goal(over(1 / t, -1, 1), "=", 0),
    goal(over(1 / sqrt(t), 0, 1), "=", 2),  # undefined at 0: no Riemann integral
    goal(over(log(t), 0, 1), "=", -1),
    goal(over(t, 0, a), "=", a**2 / 2),  # defined for a ≥ 0 only
    goal(over(t, 1, 0), "=", -S.Half),  # a range that runs backwards is not defined here
    goal(over(t, 0, t), "=", t**2, Ge(t, 0)),
    goal(over(exp(sin(t)), 0, a), ">", 0, Ge(a, 0)),  # empty range
    goal(over(exp(-(t**2)), 0, 1), ">=", 1),
    goal(over(exp(-(t**2)), 0, a), "<=", 1, Ge(a, 0)),
    goal(over(t, 0, a), "<=", over(t**2, 0, a), Ge(a, 0)),  # false on (0, 3/2)
    goal(over(t**3, 0, 1), "<=", over(t**2, 0, 2) - 3),
    goal(over(floor(t), 0, 1), "=", 0),
    goal(over(Function("h", real=True)(t), 0, 1), "=", Function("h", real=True)(0)),
]


@pytest.mark.parametrize("wanted", FALSE, ids=str)
def test_a_false_value_or_bound_is_not_proved(wanted: Goal) -> None:
    assert proved(wanted, seconds=5.0) is None


JUMPS = [
    (goal(over(-1 / (1 + t**2), -1, 1), "=", pi / 2), atan(1 / t)),
    (goal(over(1 / (sqrt(2) + cos(t)), 0, 2 * pi), "=", 0), 2 * atan((sqrt(2) - 1) * tan(t / 2))),
    (goal(over(2 * t, 0, 1), "=", 2), t**2 + floor(t)),
    (goal(over(2 * t, -1, 1), "=", 2), t**2 + t / Abs(t)),
    (goal(over(2 * t, -1, 1), "=", 1), sp.Piecewise((t**2, t < 0), (t**2 + 1, True))),
    (goal(over(S.Zero * t + 1, 0, 1), "=", 2), 2 * t),
    (goal(over(t**2, 0, 1), "=", Rational(1, 2)), t**3 / 2),
    (goal(over(sin(t), 0, pi), "=", 0), sp.sin(t) * Function("h", real=True)(t)),
    (goal(over(cos(t), -1, 1), "=", 0), Abs(sin(t))),
]


@pytest.mark.parametrize(("wanted", "F"), JUMPS, ids=str)
def test_an_antiderivative_that_jumps_or_is_wrong_proves_nothing(wanted: Goal, F: sp.Expr) -> None:
    assert proved(wanted, ftc(F, t)) is None


def test_the_authors_antiderivative_is_used_with_any_name_for_its_variable() -> None:
    wanted = goal(over(2 * t * cos(t**2), 0, a), "=", sin(a**2), Ge(a, 0))
    theorem = proved(wanted, ftc(sin(s**2), s))
    assert theorem is not None and "antiderivative" in theorem.kernels
    with pytest.raises(DerivationError, match="variable of integration"):
        ftc(t**2, t**2)  # type: ignore[arg-type]


# -- the rules themselves ----------------------------------------------------------------------------------------------
VALUE = goal(over(t**2, 0, a), "=", a**3 / 3, Ge(a, 0))


def filled(wanted: Goal, rule: Antiderivative | IntegralTermwise) -> Antiderivative | IntegralTermwise:
    proofs = tuple(prove(g, Attempt.lasting(5)) for g in rule.needs(wanted))
    assert proofs and None not in proofs
    return replace(rule, proofs=proofs)


def test_the_antiderivative_is_re_checked_against_the_claim_and_each_theorem_is_needed() -> None:
    whole = filled(VALUE, Antiderivative((), t**3 / 3))
    assert whole.verify(VALUE) is Status.PROVED
    for i in range(len(whole.proofs)):
        with pytest.raises(Rejected):
            replace(whole, proofs=whole.proofs[:i] + whole.proofs[i + 1 :]).verify(VALUE)
    for wrong in (
        goal(over(t**2, 0, a), "=", a**3 / 2, Ge(a, 0)),
        goal(over(t**2, 0, a), "<=", a**3 / 3, Ge(a, 0)),
        goal(over(t**3, 0, a), "=", a**3 / 3, Ge(a, 0)),
        goal(over(t**2, 0, a), "=", a**3 / 3),
        goal(2 * over(t**2, 0, a), "=", a**3 / 3, Ge(a, 0)),
        goal(a**3 / 3, "=", over(t**2, 0, a), Ge(a, 0)),
    ):
        with pytest.raises(Rejected):
            whole.verify(wrong)
    with pytest.raises(Rejected, match="right side"):
        replace(whole, antiderivative=t**3).verify(VALUE)


def test_between_the_ends_the_slope_is_shown_strictly_inside_and_definedness_with_the_ends() -> None:
    *conditions, slope = Antiderivative((), 2 * t ** Rational(3, 2) / 3).needs(
        goal(over(sqrt(t), 0, 1), "=", Rational(2, 3))
    )
    signs = {h.statement.sign for h in slope.context.hypotheses}
    assert signs == {"<"} and slope.relation.sign == "="
    assert {h.statement.sign for h in conditions[0].context.hypotheses} == {"<="}


def test_the_variable_is_new_even_where_the_context_has_one_of_its_name() -> None:
    wanted = goal(over(t, 0, 1), "=", S.Half, Ge(t, 5))
    (inside,) = (g for g in Antiderivative((), t**2 / 2).needs(wanted) if g.relation.sign == "=")
    assert t not in inside.relation.symbols()
    assert proved(wanted) is not None
    assert proved(goal(over(t, 0, 1), ">=", 5, Ge(t, 5))) is None


def test_comparison_of_integrands_needs_one_range_the_same_sign_and_every_point() -> None:
    less = goal(over(t**2, 0, 1), "<=", over(t, 0, 1))
    whole = filled(less, IntegralTermwise(()))
    assert whole.verify(less) is Status.PROVED
    for wrong in (
        goal(over(t**2, 0, 2), "<=", over(t, 0, 2)),
        goal(over(t**2, 0, 1), "<=", over(t, 0, 2)),
        goal(over(t**2, 0, 1), ">=", over(t, 0, 1)),
        goal(over(t**2, 0, 1), "<", over(t, 0, 1)),
        goal(over(t**2, 0, 1), "!=", over(t, 0, 1)),
        goal(over(t**2, 0, 1), "<=", 1),
        goal(S.Zero, "<=", S.One),
    ):
        with pytest.raises(Rejected):
            whole.verify(wrong)


def test_a_strict_comparison_needs_a_range_longer_than_a_point() -> None:
    weak = goal(over(exp(t), 0, a), ">", 0, Ge(a, 0))
    assert Goal(weak.context, Relation(S.Zero, "<", a)) in IntegralTermwise(()).needs(weak)
    assert proved(goal(over(exp(t), a, a), ">", 0), seconds=3.0) is None
    assert proved(goal(over(exp(t), 0, a), ">", 0, Gt(a, 0), Lt(a, 1))) is not None


def test_hypotheses_that_mention_the_range_are_kept() -> None:
    assert proved(goal(over(a * t, 0, 1), ">=", 0, Ge(a, 0), Le(a, b))) is not None
    assert proved(goal(over(a * t, 0, 1), ">=", 0, Le(a, b)), seconds=3.0) is None
