"""A second rigorous evaluator, with no part of the checker's: Python's fractions, and mpmath's intervals beyond them.

The checker's own evaluator decides by balls (Arb). A mistake in it would hide a false claim from everyone who asks
it; two evaluators that share nothing but the meaning of a step would have to be wrong in the same way. An expression
is translated once, to Python functions of a valuation, and then evaluated at many points.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from functools import lru_cache
from math import comb, factorial, floor
from typing import Any, TypeAlias

import sympy as sp
from sympy.core.function import AppliedUndef

from assayer.mutation.ranges import Range, TooMuch, Undefined, Unknown, by_mpmath, constant, number

Valuation: TypeAlias = "Mapping[sp.Basic, Any]"
Code: TypeAlias = "Callable[[Valuation], Range]"
LONGEST_SUM = 400
LARGEST_POWER = 20_000
MOST_STEPS = 4_000
PANELS = 48
_steps = [0, 0]
"""Members, terms and powers evaluated: since the last value began, and ever."""


def holds(left: sp.Expr, sign: str, right: sp.Expr, at: Valuation) -> bool | None:
    """Tell whether both sides are defined at ``at`` and ``left sign right``; None where that is not certain.

    An undefined side counts as False, as the meaning of a step demands.

    Raises:
        TooMuch: where deciding it would take long.
    """
    try:
        return compare(value(left, at) - value(right, at), sign)
    except Undefined:
        return False
    except TooMuch:
        raise
    except (Unknown, OverflowError, RecursionError):
        return None


def value(expr: sp.Expr, at: Valuation) -> Range:
    """Enclose ``expr`` at a valuation of symbols, and of members of families, by rational numbers.

    Raises:
        Undefined: where the expression certainly has no value.
        Unknown: where this cannot be told.
    """
    _steps[0] = 0
    return _code(expr)(at)


def work() -> int:
    """Steps evaluated so far: differences of it measure work without a clock."""
    return _steps[1]


def compare(difference: Range, sign: str) -> bool | None:
    """What the sign of a difference says of a relation; None where the interval leaves it open."""
    if difference.low > 0:
        return sign in ("!=", ">=", ">")
    if difference.high < 0:
        return sign in ("!=", "<=", "<")
    if difference.exact:
        return sign in ("=", "<=", ">=")
    if difference.low == 0 and sign in (">=", "<"):
        return sign == ">="
    if difference.high == 0 and sign in ("<=", ">"):
        return sign == "<="
    return None


def _step() -> None:
    _steps[0] += 1
    _steps[1] += 1
    if _steps[0] > MOST_STEPS:
        raise TooMuch("too much to evaluate")


@lru_cache(maxsize=20_000)
def _code(expr: sp.Basic) -> Code:
    if isinstance(expr, sp.Rational):
        exact = number(Fraction(int(expr.p), int(expr.q)))
        return lambda at: exact
    if isinstance(expr, sp.Symbol):
        return lambda at: _given(at, expr)
    if isinstance(expr, sp.Sum):
        return _sum(expr.function, expr.limits)
    if isinstance(expr, sp.Integral):
        return _integral(expr)
    if isinstance(expr, (sp.Indexed, AppliedUndef)):
        return _member(expr)
    if isinstance(expr, sp.Pow):
        return _power(expr)
    if expr in _CONSTANTS:
        known = constant(_CONSTANTS[expr])
        return lambda at: known
    rule = _RULES.get(expr.func)
    if rule is None:
        return _unknown(expr)
    parts = [_code(argument) for argument in expr.args]
    return lambda at: rule(*[part(at) for part in parts])


def _unknown(expr: sp.Basic) -> Code:
    def code(at: Valuation) -> Range:
        raise Unknown(f"{expr.func.__name__} is not known here")

    return code


def _member(expr: sp.Expr) -> Code:
    parts = [_code(a) for a in (expr.indices if isinstance(expr, sp.Indexed) else expr.args)]

    def code(at: Valuation) -> Range:
        _step()
        values = [part(at) for part in parts]
        if not all(v.exact for v in values):
            raise Unknown("an argument that is not exact")
        exact = [sp.Rational(v.low.numerator, v.low.denominator) for v in values]
        return _given(at, expr.base[tuple(exact)] if isinstance(expr, sp.Indexed) else expr.func(*exact))

    return code


def _sum(body: sp.Expr, limits: tuple) -> Code:
    if not limits:
        return _code(body)
    *inner, (index, low, high) = limits  # the last limit is the outermost
    start, end, term = _code(low), _code(high), _sum(body, tuple(inner))
    least = 1 if index.is_positive else 0 if index.is_nonnegative else None

    def code(at: Valuation) -> Range:
        first, last = _whole(start(at)), _whole(end(at))
        if last < first - 1:
            raise Undefined(f"a sum from {first} to {last}")
        if last >= first and least is not None and first < least:
            raise Undefined("an index outside its domain")
        if last - first > LONGEST_SUM:
            raise TooMuch("a long sum")
        total = number(0)
        for k in range(first, last + 1):
            _step()
            total = total + term(at | {index: number(k)})
        return total

    return code


def _integral(expr: sp.Integral) -> Code:
    """A proper integral over one variable, by the range of the integrand on equal panels."""
    if len(expr.limits) != 1 or len(expr.limits[0]) != 3:
        return _unknown(expr)
    x, low, high = expr.limits[0]
    start, end, integrand = _code(low), _code(high), _code(expr.function)

    def code(at: Valuation) -> Range:
        a, b = start(at), end(at)
        width = (b - a) * number(Fraction(1, PANELS))
        total = number(0)
        for k in range(PANELS):
            _step()
            ends = [a + width * number(k), a + width * number(k + 1)]
            panel = Range(min(e.low for e in ends), max(e.high for e in ends))
            try:
                total = total + width * integrand(at | {x: panel})
            except Undefined as reason:
                raise Unknown(f"undefined somewhere on the range: {reason}") from None
        return total

    return code


def _power(expr: sp.Pow) -> Code:
    below, above = _code(expr.base), _code(expr.exp)
    literal, integer = isinstance(expr.exp, sp.Rational), bool(expr.exp.is_integer)

    def code(at: Valuation) -> Range:
        _step()
        base, exponent = below(at), above(at)
        if exponent.exact and exponent.low.denominator == 1:
            if not integer and base.low <= 0:
                # A real exponent asks for a positive base, by convention, whatever its value.
                raise Undefined("a real power") if base.high <= 0 else Unknown("a real power")
            return _integer_power(base, int(exponent.low))
        if base.high < 0 or (base.high <= 0 and not (literal and exponent.low > 0)):
            raise Undefined("a root or a real power of what is not positive")
        if literal:
            return _root_power(base, exponent.low)
        if base.low <= 0:
            raise Unknown("a base that may not be positive")
        return _exponential(by_mpmath("log", base) * exponent)

    return code


def _given(at: Valuation, key: sp.Basic) -> Range:
    found = at.get(key)
    if found is None and not isinstance(key, sp.Symbol):
        supply = getattr(at, "supply", None)
        found = supply(key) if supply is not None else None
    if found is None:
        raise Unknown(f"{key} has no value")
    if isinstance(found, Range):
        return found
    return number(found if isinstance(found, Fraction) else Fraction(int(found.p), int(found.q)))


def _whole(found: Range) -> int:
    if found.exact and found.low.denominator == 1:
        return int(found.low)
    if floor(found.low) == floor(found.high) and found.low.denominator != 1:
        raise Undefined("a bound that is not an integer")
    raise Unknown("a bound that may not be an integer")


def _integer_power(base: Range, power: int) -> Range:
    size = max(base.low.numerator.bit_length(), base.low.denominator.bit_length()) if base.exact else 160
    if abs(power) * size > LARGEST_POWER:
        raise TooMuch("a large power")
    return base.power(power)


def _root_power(base: Range, exponent: Fraction) -> Range:
    degree = exponent.denominator
    if base.exact:
        parts = (base.low.numerator, base.low.denominator)
        roots = [int(sp.integer_nthroot(part, degree)[0]) for part in parts]
        if all(r**degree == part for r, part in zip(roots, parts, strict=True)):
            return _integer_power(number(Fraction(*roots)), exponent.numerator)
    if base.low < 0 or (base.low == 0 and exponent < 0):
        raise Unknown("a root of what may be negative")
    if base.low == 0:
        return Range(Fraction(0), _root_power(number(base.high), exponent).high)
    if degree == 2:
        return _integer_power(by_mpmath("sqrt", base), exponent.numerator)
    return by_mpmath("exp", by_mpmath("log", base) * number(exponent))


def _sum_of(*parts: Range) -> Range:
    total = parts[0]
    for part in parts[1:]:
        total = total + part
    return total


def _product(*parts: Range) -> Range:
    total = parts[0]
    for part in parts[1:]:
        total = total * part
    return total


def _positive(found: Range, what: str) -> Range:
    if found.high <= 0:
        raise Undefined(f"{what} of what is not positive")
    if found.low <= 0:
        raise Unknown(f"{what} of what may not be positive")
    return found


def _floor(found: Range) -> Range:
    low, high = floor(found.low), floor(found.high)
    if low != high:
        raise Unknown("a floor that may jump")
    return number(low)


def _absolute(found: Range) -> Range:
    if found.low >= 0:
        return found
    return -found if found.high <= 0 else Range(Fraction(0), max(-found.low, found.high))


def _extreme(pick: Callable[..., Fraction]) -> Callable[..., Range]:
    def rule(*parts: Range) -> Range:
        low, high = pick(p.low for p in parts), pick(p.high for p in parts)
        return number(low) if low == high else Range(low, high)

    return rule


def _remainder(found: Range, modulus: Range) -> Range:
    return found - modulus * _floor(found * modulus.inverse())


def _factorial(found: Range) -> Range:
    n = _whole(found)
    if n < 0:
        raise Undefined(f"the factorial of {n}")
    if n > 500:
        raise TooMuch("a large factorial")
    return number(factorial(n))


def _binomial(top: Range, bottom: Range) -> Range:
    n, k = _whole(top), _whole(bottom)
    if n < 0:
        raise Undefined(f"C({n}, {k})")
    if n > 2000:
        raise TooMuch("a large binomial coefficient")
    return number(comb(n, k) if k >= 0 else 0)


def _logarithm(found: Range) -> Range:
    return number(0) if found.low == found.high == 1 else by_mpmath("log", _positive(found, "the logarithm"))


def _exponential(found: Range) -> Range:
    if found.low == found.high == 0:
        return number(1)
    if max(abs(found.low), abs(found.high)) > 10**4:
        raise TooMuch("a large exponent")
    return by_mpmath("exp", found)


def _wave(name: str, at_zero: int) -> Callable[[Range], Range]:
    return lambda x: number(at_zero) if x.low == x.high == 0 else by_mpmath(name, x)


def _hyperbolic(kind: str) -> Callable[[Range], Range]:
    def at_one(end: Range) -> Range:
        up, down = _exponential(end), _exponential(-end)
        if kind == "tanh":
            return (up - down) * (up + down).inverse()
        return (up + down if kind == "cosh" else up - down) * number(Fraction(1, 2))

    def rule(found: Range) -> Range:
        ends = [at_one(number(found.low)), at_one(number(found.high))]
        low = Fraction(1) if kind == "cosh" and found.low <= 0 <= found.high else min(e.low for e in ends)
        high = max(e.high for e in ends)
        return number(low) if low == high else Range(low, high)

    return rule


_CONSTANTS: dict[sp.Basic, str] = {sp.pi: "pi", sp.E: "e", sp.EulerGamma: "euler"}
_RULES: dict[Any, Callable[..., Range]] = {
    sp.Add: _sum_of,
    sp.Mul: _product,
    sp.exp: _exponential,
    sp.log: _logarithm,
    sp.sin: _wave("sin", 0),
    sp.cos: _wave("cos", 1),
    sp.atan: lambda x: by_mpmath("atan2", x, number(1)),
    sp.sinh: _hyperbolic("sinh"),
    sp.cosh: _hyperbolic("cosh"),
    sp.tanh: _hyperbolic("tanh"),
    sp.gamma: lambda x: by_mpmath("gamma", _positive(x, "Γ")),
    sp.Abs: _absolute,
    sp.floor: _floor,
    sp.ceiling: lambda x: -_floor(-x),
    sp.Min: _extreme(min),
    sp.Max: _extreme(max),
    sp.Mod: _remainder,
    sp.factorial: _factorial,
    sp.binomial: _binomial,
}
