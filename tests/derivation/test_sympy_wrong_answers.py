"""Answers that SymPy 1.14 gets wrong, as far as this frame can state them: none is accepted."""

from __future__ import annotations

import pytest
import sympy as sp
from sympy import Abs, Ge, Integral, Ne, Rational, Sum, binomial, cos, exp, pi, sin, sqrt

from assayer.derivation import Derivation, MalformedExpression, StepNotProved, judge
from assayer.derivation.trusted.context import Relation
from assayer.derivation.trusted.evaluate import holds, value
from assayer.derivation.trusted.expressions import substitute

x = sp.Symbol("x", real=True)
k, a, b = sp.symbols("k a b", integer=True)
n = sp.Symbol("n", integer=True, positive=True)


@pytest.mark.parametrize(
    ("integral", "answer"),
    [
        (Integral(Abs(sin(3 * x)), (x, 0, 3 * pi)), Rational(2, 3)),
        (Integral(1 / (sqrt(2) + cos(x)), (x, 0, 2 * pi)), sp.S.Zero),
    ],
)
def test_an_integral_is_not_what_sympy_says(integral: sp.Expr, answer: sp.Expr) -> None:
    assert judge(integral, "=", answer).status in ("unproved", "refuted")
    with pytest.raises(StepNotProved, match="Integral"):
        Derivation("integral").start(integral).eq(answer).theorem()


def test_substitution_does_not_capture_the_index() -> None:
    linear = Sum(k * x, (k, 1, n))
    at_k = substitute(linear, {x: k})
    assert at_k.free_symbols == {k, n}
    assert holds(Relation(at_k, "=", 3 * k), {k: value(sp.Integer(7), {}), n: value(sp.Integer(2), {})}) is True
    assert judge(Sum(k**2, (k, 1, n)), "=", x * n * (n + 1) / 2).status == "refuted"

    theorem = Derivation("linear", declare=(x, n)).start(linear).eq(x * n * (n + 1) / 2).theorem()
    cited = Derivation("cited", declare=(k, n)).start(k * n * (n + 1) / 2)
    assert cited.eq(substitute(linear, {x: k}), by=theorem(x=k)).theorem().status == "proved"
    with pytest.raises(StepNotProved):
        captured = Derivation("captured", declare=(k, n)).start(k * n * (n + 1) / 2)
        captured.eq(Sum(k**2, (k, 1, n)), by=theorem(x=k)).theorem()


def test_a_sum_over_65_terms_has_its_value() -> None:
    alternating = Sum((-1) ** k / (k + 2), (k, 0, 64))
    exact = sum(Rational((-1) ** i, i + 2) for i in range(65))
    assert judge(alternating, "=", exact).status in ("proved", "certified", "tested")
    assert judge(alternating, "=", 0).status == "refuted"


def test_the_symmetry_of_binomial_coefficients_needs_a_range() -> None:
    assert judge(binomial(a, b), "=", binomial(a, a - b)).status == "refuted"
    inside = judge(binomial(a, b), "=", binomial(a, a - b), [Ge(a, 0), sp.Le(a, 12), Ge(b, 0), sp.Le(b, 12)])
    assert inside.status in ("proved", "certified")


def test_a_removable_hole_is_a_hole() -> None:
    refuted = judge((x**2 - 1) / (x - 1), "=", x + 1)
    assert refuted.status == "refuted"
    assert refuted.counterexample is not None
    assert refuted.counterexample.point == (("x", "1"),)
    assert judge((x**2 - 1) / (x - 1), "=", x + 1, [Ne(x, 1)]).status == "proved"


def test_a_bound_that_three_points_break_is_not_proved() -> None:
    swish = x / (1 + exp(-x))
    assert judge(swish, ">=", -Rational(2784, 10_000)).status not in ("proved", "certified")
    with pytest.raises(StepNotProved):
        Derivation("swish", declare=(x,)).start(swish).ge(-Rational(2784, 10_000)).theorem()
    at = {x: value(Rational(-128, 100), {})}
    assert holds(Relation(swish, ">=", -Rational(2784, 10_000)), at) is False
    assert holds(Relation(swish, ">=", -Rational(2785, 10_000)), at) is True


def test_a_limit_at_infinity_is_no_expression() -> None:
    with pytest.raises(MalformedExpression, match="oo"):
        judge(sp.oo, "=", sp.oo)
    with pytest.raises(MalformedExpression):
        judge(sp.Limit(1 / x, x, 0), "=", 0)


def test_a_square_root_of_a_square_is_an_absolute_value() -> None:
    assert judge(sqrt(x**2), "=", x).status == "refuted"
    assert judge(sqrt(x**2), "=", Abs(x)).status == "proved"


def test_what_is_not_understood_is_neither_proved_nor_tested() -> None:
    for left, right in (
        (sp.Derivative(x**3, x), 3 * x**2),
        (sp.Determinant(sp.MatrixSymbol("X", 2, 2)), sp.S.Zero),
        (sp.Product(k, (k, 1, n)), sp.S.One),
        (sp.Piecewise((x, x > 0), (-x, True)), Abs(x)),
        (sp.sign(x) * Abs(x), x),
    ):
        verdict = judge(left, "=", right)
        assert verdict.status in ("unproved", "refuted")
        assert verdict.points == 0
