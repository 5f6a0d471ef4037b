"""Every enclosure against mpmath at 60 digits: it contains the value at random points of random ranges and balls."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping

import mpmath
import pytest
import sympy as sp
from flint import acb, arb, fmpq
from mpmath import mp
from sympy import Abs, Max, Min, Mod, Rational, Sum, ceiling, floor

from assayer.derivation.trusted.balls import continuation
from assayer.derivation.trusted.context import Relation
from assayer.derivation.trusted.errors import Unsupported
from assayer.derivation.trusted.evaluate import Undecided, Undefined, bits, compare, holds, value
from assayer.derivation.trusted.functions import FUNCTIONS, domain_of, inside_of, slope_of
from assayer.derivation.trusted.ranges import Enclosed, Range, ends, hull

x, y = sp.symbols("x y", real=True)
n, k = sp.symbols("n k", integer=True)
f = sp.Function("f")
SPECIAL: Mapping[type, Callable[..., mpmath.mpf]] = {
    sp.LambertW: mp.lambertw,
    sp.polygamma: mp.polygamma,
    sp.Si: mp.si,
    sp.Ci: mp.ci,
    Abs: mp.fabs,
    floor: mp.floor,
    ceiling: mp.ceil,
    Min: min,
    Max: max,
    Mod: lambda a, m: a - m * mp.floor(a / m),
}
APPLIED = [g(order, x) for g in FUNCTIONS if FUNCTIONS[g].ordered for order in range(4)]
APPLIED += [g(x) for g in FUNCTIONS if not FUNCTIONS[g].ordered]
BETWEEN_ONES = (sp.asin, sp.acos, sp.atanh)


@pytest.fixture(autouse=True)
def sixty_digits() -> Iterator[None]:
    with mp.workdps(60):
        yield


def number(q: fmpq) -> mpmath.mpf:
    return mp.mpf(int(q.p)) / int(q.q)


def exact(v: mpmath.mpf) -> fmpq:
    sign, mantissa, exponent, _ = v._mpf_
    return fmpq(-int(mantissa) if sign else int(mantissa)) * fmpq(2) ** exponent


def truth(expr: sp.Expr, at: Mapping[sp.Symbol, mpmath.mpf]) -> mpmath.mpf:
    """The value by mpmath alone."""
    if isinstance(expr, sp.Rational):
        return mp.mpf(int(expr.p)) / int(expr.q)
    if isinstance(expr, sp.Symbol):
        return at[expr]
    if isinstance(expr, sp.NumberSymbol):
        return {sp.pi: +mp.pi, sp.E: +mp.e}[expr]
    if isinstance(expr, Sum):
        index, low, high = expr.limits[0]
        return mp.fsum(truth(expr.function, {**at, index: mp.mpf(i)}) for i in range(int(low), int(high) + 1))
    values = [truth(a, at) for a in expr.args]
    if isinstance(expr, sp.Add):
        return mp.fsum(values)
    if isinstance(expr, sp.Mul):
        return mp.fprod(values)
    if isinstance(expr, sp.Pow):
        return values[0] ** values[1]
    if expr.func in FUNCTIONS and FUNCTIONS[expr.func].ordered:
        values[0] = int(values[0])
    return SPECIAL.get(expr.func, getattr(mp, expr.func.__name__, None))(*values)


def contains(enclosure: Enclosed, v: mpmath.mpf) -> bool:
    """Whether the value, known to 50 digits, may lie in the enclosure."""
    slack = (exact(abs(v)) + 1) / 10**50
    low, high = ends(enclosure)
    lowest = low if isinstance(low, fmpq) else low.lower().fmpq()
    highest = high if isinstance(high, fmpq) else high.upper().fmpq()
    return lowest - slack <= exact(v) <= highest + slack


def a_rational(rng: random.Random, low: int = -6, high: int = 6) -> fmpq:
    return fmpq(rng.randint(low * 840, high * 840), 840)


def a_range(rng: random.Random, function: type | None = None) -> Range:
    if function in BETWEEN_ONES:
        low, high = sorted(max(fmpq(-1), min(fmpq(1), a_rational(rng, -2, 2))) for _ in range(2))
        return Range(low, high)
    low = a_rational(rng)
    return Range(low, low + fmpq(rng.randint(1, 3000), rng.choice([1000, 10**5, 10**12])))


def a_point(rng: random.Random, r: Range) -> fmpq:
    """A point of the range; often an end."""
    low, high = ends(r)
    return low + (high - low) * rng.choice([fmpq(0), fmpq(1), fmpq(rng.randint(0, 10**6), 10**6)])


def test_the_harness_sees_a_value_outside() -> None:
    little = mp.mpf(10) ** -40
    assert contains(Range(fmpq(1), fmpq(2)), mp.mpf(2))
    assert not contains(Range(fmpq(1), fmpq(2)), 2 + little)
    assert not contains(Range(fmpq(1), fmpq(2)), 1 - little)
    assert not contains(arb(1), 1 - little)
    assert truth(sp.sin(x) + sp.sqrt(x) / 3, {x: mp.mpf(4)}) == mp.sin(4) + mp.mpf(2) / 3
    assert truth(sp.besselj(2, x), {x: mp.mpf(1)}) == mp.besselj(2, 1)


# -- functions of the table --------------------------------------------------------------------------------------------
@pytest.mark.parametrize("applied", APPLIED, ids=str)
def test_a_function_of_a_range_contains_its_values(applied: sp.Expr) -> None:
    rng = random.Random(str(applied))
    decided = 0
    for _ in range(150):
        box = a_range(rng, applied.func)
        try:
            with bits(rng.choice([53, 128])):
                found = value(applied, {x: box})
        except (Undecided, Undefined):
            continue
        decided += 1
        for _ in range(3):
            point = a_point(rng, box)
            v = truth(applied, {x: number(point)})
            assert contains(found, v.real), f"{applied} on {box}: at {point} it is {v}, not in {found}"
    assert decided > 30


@pytest.mark.parametrize("applied", APPLIED, ids=str)
def test_a_function_of_a_ball_contains_its_values(applied: sp.Expr) -> None:
    """Values at points are balls; a symbol may stand for a wide one, as a parameter of an integral does."""
    rng = random.Random(str(applied))
    decided = 0
    for _ in range(80):
        box = a_range(rng, applied.func)
        try:
            with bits(100):
                found = value(applied, {x: hull(box)})
        except (Undecided, Undefined):
            continue
        decided += 1
        v = truth(applied, {x: number(a_point(rng, box))})
        assert contains(found, v.real)
    assert decided > 10


@pytest.mark.parametrize("applied", APPLIED, ids=str)
def test_a_continuation_contains_the_complex_values_and_stays_inside_the_domain(applied: sp.Expr) -> None:
    rng = random.Random(str(applied))
    decided = 0
    for _ in range(120):
        middle = complex(rng.uniform(-4, 4), rng.uniform(-2, 2))
        radius = rng.choice([1e-9, 0.01, 0.3])
        z = acb(arb(middle.real, radius), arb(middle.imag, radius))
        try:
            with bits(100):
                found = continuation(applied, {}, {x: z})
        except (Undecided, Undefined):
            continue
        decided += 1
        shift = complex(rng.uniform(-radius, radius), rng.uniform(-radius, radius))
        inside = mp.mpc(middle) + mp.mpc(shift)
        v = mp.mpc(truth(applied, {x: inside}))
        assert contains(found.real, v.real), f"{applied} at {inside}"
        assert contains(found.imag, v.imag), f"{applied} at {inside}"
        on_the_axis = Range(z.real.lower().fmpq(), z.real.upper().fmpq())
        if z.imag.contains(0) and applied.func is not sp.tan:
            with bits(100):
                assert all(holds(r, {x: on_the_axis}) for r in inside_of(applied)), (
                    f"{applied} leaves its domain on {z}"
                )
    assert decided > 15


@pytest.mark.parametrize("applied", [a for a in APPLIED if FUNCTIONS[a.func].domain], ids=str)
def test_outside_its_domain_a_function_has_no_value(applied: sp.Expr) -> None:
    if applied.func is sp.tan:
        with pytest.raises(Undecided):
            value(applied, {x: Range(fmpq(1), fmpq(2))})
        return
    (edge,) = {r.right for r in domain_of(applied) if r.sign in (">", ">=")}
    at = value(edge, {})
    below, above = at - 1, at + fmpq(1, 8)
    with pytest.raises(Undefined):
        value(applied, {x: below})
    with pytest.raises(Undefined):
        value(applied, {x: Range(below - 1, below)})
    with pytest.raises(Undecided):
        value(applied, {x: Range(below, above)})
    assert value(applied, {x: Range(at + fmpq(1, 16), above)}) is not None
    if {r.sign for r in domain_of(applied)} == {">"}:
        with pytest.raises((Undecided, Undefined)):
            value(applied, {x: Range(at, above)})


@pytest.mark.parametrize("applied", [a for a in APPLIED if FUNCTIONS[a.func].slope], ids=str)
def test_the_slopes_are_the_derivatives(applied: sp.Expr) -> None:
    points = ["0.3", "0.8"] if applied.func in BETWEEN_ONES else ["1.2", "2.9"]
    for text in points:
        numeric = mp.diff(lambda t: mp.re(truth(applied, {x: t})), mp.mpf(text))
        formula = truth(slope_of(applied), {x: mp.mpf(text)})
        assert abs(numeric - formula) < mp.mpf(10) ** -20


def test_an_order_is_a_literal_natural_number_and_other_forms_are_not_understood() -> None:
    for odd in (
        sp.besselj(n, x),
        sp.besselj(Rational(1, 2), x),
        sp.besselj(1000, x),
        sp.LambertW(x, -1),
        sp.zeta(x, 2),
    ):
        with pytest.raises(Unsupported):
            value(odd, {x: fmpq(2), n: fmpq(1)})
    assert domain_of(sp.polygamma(2, x)) == [Relation(x, ">", sp.S.Zero)]


# -- everything else ---------------------------------------------------------------------------------------------------
def an_expression(rng: random.Random, depth: int) -> sp.Expr:
    if depth == 0:
        return rng.choice([x, y, x, y, Rational(rng.randint(-9, 9), rng.randint(1, 5)), sp.pi])
    a, b = (an_expression(rng, depth - 1) for _ in range(2))
    kind = rng.randrange(16)
    simple = [
        a + b,
        a * b,
        a - b,
        Abs(a),
        Min(a, b),
        Max(a, b, 1),
        floor(a),
        ceiling(a),
        Mod(a, 2),
        Mod(a, Rational(-3, 2)),
    ]
    if kind < len(simple):
        return simple[kind]
    if kind < 13:
        return rng.choice([sp.exp, sp.sin, sp.cos, sp.tanh, sp.atan, sp.cosh, sp.erf])(a)
    if kind == 13:
        return (a**2 + 1) ** rng.choice([Rational(1, 2), Rational(-2, 3), b])
    return a ** rng.choice([2, 3, 4]) if kind == 14 else Sum((a + k) ** 2 / (k + 1), (k, 0, 3))


def test_random_expressions_contain_their_values() -> None:
    rng = random.Random(2024)
    decided = 0
    for _ in range(250):
        expr = an_expression(rng, rng.choice([1, 2]))
        boxes = {x: a_range(rng), y: a_range(rng)}
        try:
            with bits(64):
                found = value(expr, boxes)
        except (Undecided, Undefined, Unsupported):
            continue
        for _ in range(3):
            at = {s: a_point(rng, r) for s, r in boxes.items()}
            v = truth(expr, {s: number(q) for s, q in at.items()})
            if abs(v) > mp.mpf(10) ** 300:  # too long to be written out as a fraction
                continue
            assert contains(found, v), f"{expr} on {boxes}: at {at} it is {v}, not in {found}"
            with bits(128):
                try:
                    point = value(expr, at)
                except Undecided:  # a step at an irrational number
                    continue
                assert contains(point, v), f"{expr} at {at}"
            decided += 1
    assert decided > 450


def test_powers_of_ranges_are_exact_at_their_ends() -> None:
    across = Range(fmpq(-1), fmpq(2))
    for expr, low, high in (
        (x**2, 0, 4),
        (x**3, -1, 8),
        (x**2 * y, -4, 4),
        (Abs(x), 0, 2),
        (sp.sqrt(2 - x), 0, None),
        (Max(x, 0), 0, 2),
        (Min(x, 0, -x), -2, 0),
        (floor(x), -1, 2),
        (Mod(x, 5), 0, 5),
        (Mod(x, -5), -5, 0),
        (sp.cosh(x), 1, None),
    ):
        found = value(expr, {x: across, y: Range(fmpq(-1), fmpq(1))})
        assert found.low == low
        assert high is None or found.high == high
    assert value(1 / (x + 2), {x: across}).high == 1
    assert value(x**0 + Mod(x, 5), {x: Range(fmpq(6), fmpq(7))}).low == 2
    assert value(sp.sin(x), {x: Range(fmpq(-20), fmpq(20))}).high == 1


@pytest.mark.parametrize(
    ("expr", "low", "high"),
    [
        (1 / (x - Rational(1, 3)), 0, 1),
        (1 / x**2, -1, 1),
        (1 / x, 0, 1),
        (sp.log(x), 0, 1),
        (sp.log(x**2), -1, 1),
        (sp.sqrt(x), -1, 1),
        (x ** Rational(1, 3), -1, 1),
        (x ** Rational(-1, 3), 0, 1),
        (x**sp.pi, 0, 1),
        (x**y, 0, 1),
        (sp.gamma(x), 0, 1),
        (Mod(1, x), -1, 1),
        (sp.factorial(n), 0, 2),
        (sp.binomial(n, 2), 0, 2),
        (Sum(k, (k, 0, n)), 0, 2),
        (x**n, -1, 1),
        (f(x), 0, 1),
        (sp.exp(sp.exp(sp.exp(sp.exp(sp.exp(x))))), 0, 9),
    ],
)
def test_what_may_be_undefined_somewhere_in_the_range_is_not_decided(expr: sp.Expr, low: int, high: int) -> None:
    box = Range(fmpq(low), fmpq(high))
    with pytest.raises((Undecided, ArithmeticError)) as caught:
        value(expr, {x: box, y: fmpq(1, 2), n: box})
    assert not isinstance(caught.value, Undefined)
    assert holds(Relation(expr, ">", sp.Integer(-(10**9))), {x: box, y: fmpq(1, 2), n: box}) is None


def test_undefined_is_said_only_where_no_choice_has_a_value() -> None:
    below = Range(fmpq(-2), fmpq(-1))
    for expr in (sp.sqrt(x), sp.log(x), x**sp.pi, sp.gamma(x), 1 / (x - x * 1 + Abs(x) + x), sp.acosh(x)):
        with pytest.raises((Undefined, Undecided)):
            value(expr, {x: below})
        assert holds(Relation(expr, "=", expr + 1), {x: Range(fmpq(-2), fmpq(3))}) is None
    with pytest.raises(Undefined):
        value(sp.sqrt(x), {x: below})


def test_comparisons_of_ranges_are_certain() -> None:
    low, high = Range(fmpq(0), fmpq(1)), Range(fmpq(1), fmpq(2))
    assert compare(low, "<=", high) is True
    assert compare(low, "<", high) is None
    assert compare(high, "<", low) is False
    assert compare(high, ">=", low) is True
    assert compare(low, "=", high) is None
    assert compare(low, "=", high + 1) is False
    assert compare(low, "!=", high + 1) is True
    assert compare(low, "=", low) is None
    assert compare(fmpq(1), "=", fmpq(1)) is True
    nothing = arb.nan()
    assert all(compare(nothing, sign, fmpq(0)) is None for sign in ("=", "!=", "<", "<=", ">", ">="))
    assert all(
        compare(Range(fmpq(1), arb.pos_inf()), sign, fmpq(0)) is None for sign in ("=", "!=", "<", "<=", ">", ">=")
    )


def test_a_step_of_a_ball_is_not_decided_where_it_may_jump() -> None:
    one = sp.sin(x) ** 2 + sp.cos(x) ** 2
    with pytest.raises(Undecided):
        value(floor(one), {x: fmpq(1)})
    assert value(floor(one + Rational(1, 2)), {x: fmpq(1)}) == 1
    assert value(sp.log(x), {x: fmpq(1)}) == 0


def test_integer_powers_of_positive_bases_may_have_a_range_as_exponent() -> None:
    found = value(2**n, {n: Range(fmpq(1), fmpq(3))})
    assert contains(found, mp.mpf(2))
    assert contains(found, mp.mpf(8))
    assert not contains(found, mp.mpf("8.1"))
    with pytest.raises(Undecided):
        value((-2) ** n, {n: Range(fmpq(1), fmpq(3))})


def test_the_value_at_a_point_is_a_number_and_no_range() -> None:
    at = {x: fmpq(3, 2), y: fmpq(-7, 3), n: fmpq(3)}
    for expr in (
        x**y,
        2**x,
        x**n,
        2 ** (sp.pi + 1),
        Mod(y, x),
        Max(x, y, sp.pi),
        Abs(sp.sin(y)),
        floor(sp.exp(x)),
        x / y,
    ):
        assert isinstance(value(expr, at), (fmpq, arb)), expr


def test_long_sums_keep_their_value() -> None:
    with bits(128):
        harmonic = value(Sum(sp.exp(-k) / (k + 1), (k, 0, 20_000)), {})
    assert contains(harmonic, mp.e * -mp.log(1 - mp.exp(-1)))
    with pytest.raises(Undecided, match="too long"):
        value(Sum(k, (k, 1, 10**6)), {})
