"""Definite integrals by complex balls: enclosed where the integrand is defined on all of the range, else undecided."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import sympy as sp
from flint import acb, arb, fmpq
from mpmath import mp
from sympy import Abs, Integral, Max, Min, Rational, Sum, cos, exp, floor, log, pi, sin, sqrt

from assayer.derivation.trusted import balls
from assayer.derivation.trusted.balls import continuation
from assayer.derivation.trusted.context import Context, Goal, Relation
from assayer.derivation.trusted.evaluate import Undecided, Undefined, bits, holds, value
from assayer.derivation.trusted.ranges import Range, ends
from assayer.derivation.trusted.rules import Enclosure
from assayer.derivation.trusted.status import Status
from assayer.derivation.trusted.theorem import Rejected

x, y, t = sp.symbols("x y t", real=True)
p = sp.Symbol("p", positive=True)
q = sp.Symbol("q", nonnegative=True)
k = sp.Symbol("k", integer=True)
third = Rational(1, 3)
f = sp.Function("f")


@pytest.fixture(autouse=True)
def working_precision() -> Iterator[None]:
    with bits(128), mp.workdps(40):
        yield


KNOWN = [
    # SymPy 1.14 gives 2/3, 0 and a negative number for the first three.
    (Integral(Abs(sin(3 * x)), (x, 0, 3 * pi)), 6),
    (Integral(1 / (sqrt(2) + cos(x)), (x, 0, 2 * pi)), 2 * pi),
    (
        Integral(x**third * sqrt(1 - x), (x, 0, 1)),
        sp.gamma(Rational(4, 3)) * sp.gamma(Rational(3, 2)) / sp.gamma(Rational(17, 6)),
    ),
    (Integral(sqrt(x), (x, 1, 4)), Rational(14, 3)),  # 4.669… without the analytic flag
    (Integral(sqrt(x), (x, 0, 1)), Rational(2, 3)),
    (Integral(sqrt(third - x), (x, 0, third)), 2 * third ** Rational(3, 2) / 3),
    (Integral(x ** Rational(3, 2), (x, 0, 2)), 2 * 2 ** Rational(5, 2) / 5),
    (Integral(1 / x, (x, 1, 2)), log(2)),
    (Integral(log(x), (x, 1, 5)), 5 * log(5) - 4),
    (Integral(log(p), (p, 1, 5)), 5 * log(5) - 4),
    (Integral(q**2, (q, 0, 1)), third),
    (Integral(1 / (1 + x**2), (x, -5, 5)), 2 * sp.atan(5)),
    (Integral(sqrt(x**2), (x, -1, 2)), Rational(5, 2)),
    (Integral(Abs(x - third), (x, -1, 1)), Rational(10, 9)),
    (Integral(Max(x, 1 - x), (x, 0, 1)), Rational(3, 4)),
    (Integral(Min(x, x**2), (x, 0, 2)), third + Rational(3, 2)),
    (Integral(floor(x), (x, 0, 3)), 3),
    (Integral(x**pi, (x, 1, 2)), (2 ** (pi + 1) - 1) / (pi + 1)),
    (Integral(sp.tan(x), (x, 0, 1)), -log(cos(1))),
    (Integral(sp.asin(x), (x, 0, 1)), pi / 2 - 1),
    (Integral(sp.atan(x), (x, 0, 3)), 3 * sp.atan(3) - log(10) / 2),
    (Integral(sp.asinh(x), (x, 0, 3)), 3 * sp.asinh(3) - sqrt(10) + 1),
    (Integral(sp.besselj(1, x), (x, 0, 3)), 1 - sp.besselj(0, 3)),
    (Integral(cos(x) / x, (x, 1, 3)), sp.Ci(3) - sp.Ci(1)),
    (Integral(Sum(x**k / (k + 1), (k, 1, 3)), (x, 1, 2)), Rational(3, 4) + Rational(7, 9) + Rational(15, 16)),
    (Integral(exp(-x * y), (x, 0, 1), (y, 1, 2)), None),
    (Integral(exp(-x * y), (x, 0, y), (y, 0, 1)), None),
    (Integral(x * y, (x, 0, x)), None),
    (Integral(1, (x, 2, 2)), 0),
    (Integral(x, (x, -pi, -3)), (9 - pi**2) / 2),
]


@pytest.mark.parametrize(("integral", "answer"), [c for c in KNOWN if c[1] is not None], ids=str)
def test_an_integral_is_enclosed(integral: sp.Expr, answer: sp.Expr) -> None:
    found = value(integral, {})
    assert isinstance(found, (arb, fmpq))
    gap = arb(found) - arb(value(sp.sympify(answer), {}))
    assert gap.contains(0)
    assert abs(gap) < arb(10) ** -9
    assert holds(Relation(integral, "<=", sp.sympify(answer) + Rational(1, 10**9)), {}) is True
    assert holds(Relation(integral, "=", sp.sympify(answer) + Rational(1, 10**8)), {}) is False


def test_what_sympy_says_of_three_integrals_is_certainly_false() -> None:
    for integral, said in ((KNOWN[0][0], Rational(2, 3)), (KNOWN[1][0], sp.S.Zero)):
        assert holds(Relation(integral, "=", said), {}) is False
        assert holds(Relation(integral, ">", said), {}) is True
    assert holds(Relation(KNOWN[2][0], ">", sp.S.Zero), {}) is True


def test_nested_integrals_and_parameters() -> None:
    double = value(Integral(exp(-x * y), (x, 0, 1), (y, 1, 2)), {})
    exact = mp.quad(lambda a, b: mp.exp(-a * b), [0, 1], [1, 2])
    assert abs(double - arb(str(exact))) < arb(10) ** -12
    triangle = value(Integral(exp(-x * y), (x, 0, y), (y, 0, 1)), {})
    assert triangle.contains(arb(str(mp.quad(lambda b: mp.quad(lambda a: mp.exp(-a * b), [0, b]), [0, 1]))))
    # A variable that is also a parameter: the range's x is the outer one.
    assert value(Integral(x * y, (x, 0, x)), {x: fmpq(2), y: fmpq(3)}).contains(6)
    inner = Integral(sqrt(t + x), (t, 0, 1))
    exact = mp.quad(lambda a, b: mp.sqrt(a + b), [0, 1], [1, 2])
    assert abs(value(Integral(inner, (x, 1, 2)), {}) - arb(str(exact))) < arb(10) ** -12


def test_a_parameter_may_be_a_range() -> None:
    low, high = ends(value(Integral(exp(-(x**2)), (x, 0, y)), {y: Range(fmpq(1), fmpq(5, 4))}))
    for v in ("1", "1.1", "1.25"):
        truth = arb(str(mp.sqrt(mp.pi) / 2 * mp.erf(mp.mpf(v))))
        assert low.lower() <= truth <= high.upper()
    assert value(Integral(sqrt(x), (x, 0, y)), {y: Range(fmpq(0), fmpq(1))}) is not None


@pytest.mark.parametrize(
    "integral",
    [
        Integral(log(x), (x, 0, 1)),
        Integral(1 / x, (x, -1, 1)),
        Integral(1 / x**2, (x, -1, 1)),
        Integral(1 / (x - third), (x, 0, 1)),
        Integral(1 / sqrt(x), (x, 0, 1)),
        Integral(sin(x) / x, (x, -1, 1)),
        Integral(sqrt(x), (x, -1, 1)),
        Integral(sqrt(x - third), (x, 0, 1)),
        Integral(log(x), (x, -2, -1)),
        Integral(sp.gamma(x), (x, -Rational(6, 10), -Rational(4, 10))),
        Integral(sp.zeta(x), (x, Rational(1, 4), Rational(1, 2))),
        Integral(sp.tan(x), (x, 0, 2)),
        Integral(x**pi, (x, 0, 1)),
        Integral(x ** Rational(-1, 3), (x, -1, -Rational(1, 2))),
        Integral(f(x), (x, 0, 1)),
        Integral(x, (x, 1, 0)),
        Integral(p, (p, 0, 1)),
        Integral(q, (q, -1, 1)),
        Integral(x, (x, 0, y)),
    ],
    ids=str,
)
def test_where_the_integrand_may_have_no_value_nothing_is_decided(integral: sp.Expr) -> None:
    with pytest.raises((Undecided, Undefined)):
        value(integral, {})
    for sign in (">", "<", "="):
        assert holds(Relation(integral, sign, sp.S.Zero), {}) is not True


def test_a_reversed_range_is_neither_true_nor_false() -> None:
    for sign in ("=", "<", ">", "!="):
        assert holds(Relation(Integral(x, (x, 1, 0)), sign, -Rational(1, 2)), {}) is None


def test_without_the_flag_the_answer_would_be_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    """The guard is what keeps quadrature right: an integrand that ignores the flag gets a wrong finite answer."""
    wrong = acb.integral(lambda z, analytic: z.sqrt(), 1, 4)
    assert wrong.is_finite()
    assert not wrong.real.contains(fmpq(14, 3))
    monkeypatch.setattr(balls, "_power", lambda expr, at, z: z[x].sqrt())
    balls._closed.cache_clear()
    with bits(53):
        mutated = value(Integral(sqrt(x), (x, 1, 4)), {})
    balls._closed.cache_clear()
    assert not mutated.contains(fmpq(14, 3))


@pytest.mark.parametrize(
    "expr", [sqrt(x), log(x), x**pi, x**third, 1 / x, Abs(x), Max(x, 0), floor(x), sp.gamma(x), sp.Ci(x), f(x), x**x]
)
def test_a_continuation_is_refused_at_a_branch_point_and_at_a_kink(expr: sp.Expr) -> None:
    around_zero = acb(arb(0, fmpq(1, 4)), arb(0, fmpq(1, 4)))
    with pytest.raises((Undecided, Undefined)):
        continuation(expr, {}, {x: around_zero})
    on_the_cut = acb(arb(-2, fmpq(1, 4)), arb(0, fmpq(1, 4)))
    if expr not in (1 / x, Abs(x), Max(x, 0)):
        with pytest.raises((Undecided, Undefined)):
            continuation(expr, {}, {x: on_the_cut})


def test_a_closed_integral_is_computed_for_the_precision_that_is_asked_for() -> None:
    integral = Integral(exp(sin(x)), (x, 0, 1))
    with bits(32):
        rough = value(integral, {})
    fine = value(integral, {})
    assert rough.rad() > fine.rad()
    assert rough.contains(fine)


def test_integrals_are_certified() -> None:
    def goal(left: sp.Expr, sign: str, right: sp.Expr, *hypotheses: object) -> Goal:
        relation = Relation(left, sign, sp.sympify(right))
        return Goal(Context.of(hypotheses, relation.symbols()), relation)

    assert Enclosure().verify(goal(KNOWN[2][0], ">", Rational(4588, 10_000))) is Status.CERTIFIED
    assert Enclosure().verify(goal(KNOWN[0][0], ">", Rational(599, 100))) is Status.CERTIFIED
    with pytest.raises(Rejected):
        Enclosure().verify(goal(KNOWN[0][0], "<", Rational(599, 100)))
    for sign in ("<=", ">=", "="):
        with pytest.raises(Rejected):
            Enclosure(0, 256).verify(goal(Integral(1 / x, (x, -1, 1)), sign, 0))
