"""Limits by an explicit rate: the bound is proved, the rate goes to 0, the hypotheses hold near the point."""

from __future__ import annotations

from dataclasses import replace

import pytest
import sympy as sp
from sympy import Abs, E, Eq, Ge, Gt, Le, Lt, Ne, Rational, S, exp, log, oo, sin, sqrt

from assayer.derivation import Forall
from assayer.derivation.limits import LimitTheorem, limit_theorem
from assayer.derivation.prover import Attempt, prove
from assayer.derivation.trusted.context import Context
from assayer.derivation.trusted.errors import DerivationError, MalformedExpression, StepNotProved
from assayer.derivation.trusted.rules.limit import Limit, limit_goals
from assayer.derivation.trusted.status import Status
from assayer.derivation.trusted.theorem import Rejected

x, a, c = sp.symbols("x a c", real=True)
b, d, m, q = sp.symbols("b d m q", positive=True)
N = sp.Symbol("N", integer=True, positive=True)
k = sp.Symbol("k", integer=True)
D = sp.IndexedBase("D", real=True)


def limit(expr: object, v: sp.Symbol, point: object, value: object, rate: object, *hypotheses: object) -> LimitTheorem:
    return limit_theorem("a limit", Context.of(hypotheses), expr, v, point, value, rate, seconds=5.0)


@pytest.mark.parametrize(
    ("expr", "v", "point", "value", "rate", "hypotheses"),
    [
        ((x + 1) / x, x, oo, 1, 1 / x, [Ge(x, 1)]),
        (sin(x) / x, x, oo, 0, 1 / x, [Gt(x, 0)]),
        (1 / (x + a), x, oo, 0, 1 / (x + a), [Ge(x, 1 - a)]),
        (1 / sqrt(x), x, oo, 0, 2 / sqrt(x), [Ge(x, 1)]),
        (x ** (-b), x, oo, 0, x ** (-b), [Ge(x, 1)]),
        (1 - Rational(1, 2) ** N, N, oo, 1, 2 ** (-N), []),
        (1 - q**N, N, oo, 1, q**N, [Lt(q, 1)]),
        (c + a**N, N, oo, c, Abs(a) ** N, [Lt(a, 1), Gt(a, 0)]),
        (3 + exp(-2 * x) + 5 / x, x, oo, 3, exp(-2 * x) + 5 / x, [Ge(x, 1)]),
        # SymPy's limit of this one is ∞ for all a, b > 0, here with a = b + d
        (((b + d) * exp(-(b + d) * x) + b * exp(-b * x)) * exp(b * x), x, oo, b, (b + d) * exp(-d * x), [Ge(x, 0)]),
        (log(1 + m) / m, m, 0, 1, m, [Le(m, 1)]),
        (a + 2 * (x - c), x, c, a, 2 * Abs(x - c), []),
        (x**2, x, 0, 0, x**2, [Ne(x, 0), Le(Abs(x), d)]),
        (sqrt(x - 2), x, 2, 0, sqrt(x - 2), [Gt(x, 2), Lt(x, 3)]),
        (sqrt(2 - x), x, 2, 0, sqrt(2 - x), [Lt(x, 2), Gt(x, 0)]),
    ],
    ids=str,
)
def test_a_true_limit_is_proved(
    expr: object, v: sp.Symbol, point: object, value: object, rate: object, hypotheses: list[object]
) -> None:
    theorem = limit(expr, v, point, value, rate, *hypotheses)
    assert theorem.status in (Status.PROVED, Status.CERTIFIED) and theorem.kernels


REJECTED = {
    "a wrong value": ((x + 1) / x, x, oo, 2, 1 / x, [Ge(x, 1)]),
    "a rate too small": ((x + 2) / x, x, oo, 1, 1 / x, [Ge(x, 1)]),
    "the rate is negative": (1 / x, x, oo, 0, -1 / x, [Ge(x, 1)]),
    "a rate that does not go to 0": (sin(x), x, oo, 0, S.One, [Ge(x, 1)]),
    "a term of the rate that stays": (1 / x, x, oo, 0, 1 / x + a**2, [Ge(x, 1)]),
    "a rate that grows": (sin(x), x, oo, 0, x, [Ge(x, 1)]),
    "a rate that grows, 2": (sin(x), x, oo, 0, exp(x) / x, [Ge(x, 1)]),
    "a power that may grow": (x ** (-c), x, oo, 0, x ** (-c), [Ge(x, 1)]),
    "a rate of the wrong point": (1 / x, x, 1, 1, 1 / x, [Ge(x, 1)]),
    "a bounded x does not go to ∞": (1 / x, x, oo, 0, 1 / x, [Ge(x, 1), Le(x, 9)]),
    "x = 1 does not go to ∞": (1 / x, x, oo, 0, 1 / x, [Eq(x, 1)]),
    "x² ≤ 9 does not go to ∞": (x, x, oo, 0, 1 / x, [Le(x**2, 9), Gt(x, 0)]),
    "a hypothesis that ties x to a parameter": (a, x, oo, 0, 1 / x, [Eq(a, 1 / x), Gt(x, 0)]),
    "a family that mentions x": (1 / x, x, oo, 0, 1 / x, [Ge(x, 1), Forall(k, Le(D[k], x))]),
    "a ratio that is not below 1": (1 - q**N, N, oo, 1, q**N, []),
    "a ratio that is 1": (1 - q**N, N, oo, 1, q**N, [Le(q, 1)]),
    "a negative ratio below −1": (a**N, N, oo, 0, Abs(a) ** N, [Lt(a, -1)]),
    "an exponential that may grow": (exp(a * x), x, oo, 0, exp(a * x), [Ge(x, 0)]),
    "SymPy's ∞ is no number, and 0 is not the limit": (
        ((b + d) * exp(-(b + d) * x) + b * exp(-b * x)) * exp(b * x),
        x,
        oo,
        0,
        (b + d) * exp(-d * x),
        [Ge(x, 0)],
    ),
    "from one side only": (Abs(x) / x, x, 0, 1, Abs(x), [Ne(x, 0)]),
    "x stays away from the point": (x, x, 0, 0, 2 * Abs(x), [Ge(x, 1)]),
    "x stays away from the point, by a parameter": (x, x, a, a, Abs(x - a), [Ge(x, c)]),
    "no x on both sides": (x, x, 0, 0, Abs(x), [Ge(x, 0), Le(x, 0)]),
    "an integer goes to ∞ only": (N, N, 1, 1, Abs(N - 1), []),
    "a radius that may be 0": (x, x, 0, 0, Abs(x), [Le(Abs(x), a)]),
    "a value that varies": (x, x, 0, x, Abs(x), []),
    "a point that varies": (x, x, x, 0, Abs(x), []),
    "a value that may not exist": (1 / a + 1 / x, x, oo, 1 / a, 1 / x, [Ge(x, 1)]),
    "an expression that may not exist": (1 / (x - a), x, oo, 0, 1 / x, [Ge(x, 1)]),
    "a positive x never goes to −1": (m, m, -1, 0, Abs(m + 1), []),
}


@pytest.mark.parametrize("case", REJECTED.values(), ids=REJECTED)
def test_a_false_limit_or_one_that_is_badly_stated_is_refused(case: tuple) -> None:
    expr, v, point, value, rate, hypotheses = case
    with pytest.raises(StepNotProved):
        limit(expr, v, point, value, rate, *hypotheses)


@pytest.mark.parametrize(
    "case",
    [(x, "x", 0, 0, x), (0.5 * x, x, 0, 0, Abs(x)), (x, x, sp.zoo, 0, x), (x, x, -oo, 0, 1 / x), (x, x, 0, oo, Abs(x))],
    ids=str,
)
def test_what_is_outside_the_language_is_refused_by_name(case: tuple) -> None:
    with pytest.raises(MalformedExpression):
        limit(*case)


def test_the_errors_name_what_is_in_the_way() -> None:
    with pytest.raises(StepNotProved, match="x <= 9 holds for every x near enough to oo"):
        limit(1 / x, x, oo, 0, 1 / x, Ge(x, 1), Le(x, 9))
    with pytest.raises(StepNotProved, match="sin\\(x\\) goes to 0"):
        limit(1 / x, x, oo, 0, sin(x) / x**2, Ge(x, 1))
    with pytest.raises(StepNotProved, match="refuted"):
        limit((x + 1) / x, x, oo, 2, 1 / x, Ge(x, 1))


# -- the trusted object ------------------------------------------------------------------------------------------------
def made() -> Limit:
    context = Context.of([Ge(x, 1)])
    proofs = [prove(g, Attempt.lasting(5)) for g in limit_goals(context, (x + 1) / x, x, oo, S.One, 1 / x)]
    assert None not in proofs
    return Limit(context, (x + 1) / x, x, oo, S.One, 1 / x, tuple(proofs))


def test_making_a_limit_is_checking_it() -> None:
    whole = made()
    assert whole.status is Status.PROVED
    for i in range(len(whole.proofs)):
        with pytest.raises(Rejected):
            replace(whole, proofs=whole.proofs[:i] + whole.proofs[i + 1 :])
    for change in (
        {"value": S(2)},
        {"rate": 2 / x},
        {"rate": x ** (-2)},
        {"point": S.Zero},
        {"expression": (x + 2) / x},
        {"context": Context.of([])},
        {"x": a},
    ):
        with pytest.raises(Rejected):
            replace(whole, **change)
    with pytest.raises(Rejected, match="not a theorem"):
        replace(whole, proofs=("trust me",))
    with pytest.raises(DerivationError, match="subclassed"):
        type("Mine", (Limit,), {})


def test_a_theorem_about_a_limit_holds_a_checked_one() -> None:
    with pytest.raises(DerivationError, match="checked limit"):
        LimitTheorem("mine", "sin(x)/x → 2")  # type: ignore[arg-type]


def test_how_a_limit_prints() -> None:
    theorem = limit_theorem("decay", Context.of([Ge(x, 1), Ge(a, 0)]), sin(x) / x, x, oo, 0, 1 / x)
    assert theorem.conclusion_plain == "sin(x)/x → 0 as x → ∞"
    assert theorem.conclusion_latex == r"\lim_{x \to {\infty}} \left[\frac{\sin{\left(x \right)}}{x}\right] = 0"
    assert theorem.unused == ("H2",)
    shown = theorem._repr_mimebundle_()
    assert shown["text/plain"].startswith("decay · ■ proved") and "|sin(x)/x| ≤ 1/x" in shown["text/plain"]
    assert shown["application/vnd.assayer+json"]["status"] == "proved"
    above = limit(log(1 + m) / m, m, 0, 1, m, Le(m, 1))
    assert above.conclusion_plain.endswith("as m → 0 from above") and r"0}^{+}" in above.conclusion_latex
    assert limit(sqrt(2 - x), x, 2, 0, sqrt(2 - x), Lt(x, 2), Gt(x, 0)).conclusion_plain.endswith("from below")
    assert limit(E * x, x, 0, 0, 3 * Abs(x)).conclusion_plain == "E*x → 0 as x → 0"
