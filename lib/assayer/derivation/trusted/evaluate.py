"""Rigorous values: exact rationals while they last, balls (Arb) where they do not. Part of the trusted base.

A comparison answers True or False only when it is certain; an overlap answers None.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TypeAlias

import sympy as sp
from flint import arb, fmpq, fmpz
from flint import ctx as precision
from sympy.core.function import AppliedUndef

from assayer.derivation.trusted.context import Relation
from assayer.derivation.trusted.errors import Unsupported
from assayer.derivation.trusted.expressions import is_integer_valued, least_value

Value: TypeAlias = "fmpq | arb"
Valuation: TypeAlias = "Mapping[sp.Basic, fmpq]"
LONGEST_SUM = 100_000
LARGEST_BITS = 200_000
MOST_STEPS = 300_000
_steps = [0, 0]
"""Nodes evaluated since the last ``holds`` began: nested sums must not run for ever."""


class Undefined(ArithmeticError):
    """The expression has no value here, certainly."""


class Undecided(ArithmeticError):
    """The balls are too wide to tell, or the value is outside what can be evaluated."""


@contextmanager
def bits(count: int) -> Iterator[None]:
    """Work with ``count`` bits inside the block."""
    before = precision.prec
    precision.prec = count
    try:
        yield
    finally:
        precision.prec = before


def value(expr: sp.Expr, at: Valuation) -> Value:
    """Enclose ``expr`` at a valuation (atoms to rationals; functions and indexed families by their instances).

    Raises:
        Undefined: where the expression certainly has no value (a division by zero, the root of a negative number).
        Undecided: where this cannot be told.
        Unsupported: for a function without an enclosure.
    """
    _steps[0] += 1
    _steps[1] += 1
    if _steps[0] > MOST_STEPS:
        raise Undecided("too much to evaluate")
    if isinstance(expr, sp.Rational):
        return fmpq(int(expr.p), int(expr.q))
    if isinstance(expr, sp.Symbol):
        if expr not in at:
            raise Undecided(f"{expr} has no value")
        return at[expr]
    if isinstance(expr, sp.Add):
        return _fold(expr, at, lambda a, b: a + b)
    if isinstance(expr, sp.Mul):
        return _fold(expr, at, lambda a, b: a * b)
    if isinstance(expr, sp.Pow):
        return _power(value(expr.base, at), expr.exp, at)
    if isinstance(expr, sp.Sum):
        return _sum(expr, at)
    if isinstance(expr, (sp.Indexed, AppliedUndef)):
        return _instance(expr, at)
    rule = _RULES.get(expr.func)
    if rule is not None:
        return rule(*(value(argument, at) for argument in expr.args))
    if expr in _CONSTANTS:
        return _CONSTANTS[expr]()
    raise Unsupported(f"the checker has no enclosure for {expr.func.__name__} (in {expr})")


def holds(relation: Relation, at: Valuation) -> bool | None:
    """Tell whether both sides are defined and the relation holds: True and False are certain.

    An undefined side counts as False, as the meaning of a step demands.
    """
    for working in (128, 512):
        _steps[0] = 0
        try:
            with bits(working):
                answer = compare(value(relation.left, at), relation.sign, value(relation.right, at))
        except Undefined:
            return False
        except (Undecided, Unsupported):
            return None
        if answer is not None:
            return answer
    return None


def work() -> int:
    """Nodes evaluated so far: differences of it measure work without a clock."""
    return _steps[1]


def compare(left: Value, sign: str, right: Value) -> bool | None:
    """Compare two enclosures."""
    d = left - right
    if isinstance(d, fmpq):
        return {"=": d == 0, "!=": d != 0, "<=": d <= 0, "<": d < 0, ">=": d >= 0, ">": d > 0}[sign]
    if not d.is_finite():
        return None
    if d > 0:
        return sign in ("!=", ">=", ">")
    if d < 0:
        return sign in ("!=", "<=", "<")
    if d.is_zero():
        return sign in ("=", "<=", ">=")
    if d >= 0 and sign in (">=", "<"):
        return sign == ">="
    if d <= 0 and sign in ("<=", ">"):
        return sign == "<="
    return None


def _fold(expr: sp.Expr, at: Valuation, operation: Callable[[Value, Value], Value]) -> Value:
    values = [value(argument, at) for argument in expr.args]
    total = values[0]
    for other in values[1:]:
        total = operation(total, other)
    return total


def _power(base: Value, exponent: sp.Expr, at: Valuation) -> Value:
    if isinstance(exponent, sp.Integer):
        return _integer_power(base, int(exponent))
    if isinstance(exponent, sp.Rational):
        root = _root(base, int(exponent.q))
        if exponent.p < 0:
            _nonzero(root)
        return root ** int(exponent.p)
    e = value(exponent, at)
    if is_integer_valued(exponent):
        return _integer_power(base, _whole(e))
    _need(base, ">", "a power with a real exponent of a base that is not positive")
    return arb(base) ** arb(e)


def _integer_power(base: Value, power: int) -> Value:
    if power < 0:
        _nonzero(base)
    size = max(int(base.p).bit_length(), int(base.q).bit_length()) if isinstance(base, fmpq) else 128
    if abs(power) * size > LARGEST_BITS:
        raise Undecided("a power too large to evaluate")
    return base**power


def _root(base: Value, degree: int) -> Value:
    if isinstance(base, fmpq):
        if base < 0:
            raise Undefined("the root of a negative number")
        exact = [_exact_root(part, degree) for part in (base.p, base.q)]
        if None not in exact:
            return fmpq(exact[0], exact[1])
        return arb(base).root(degree)
    _need(base, ">=", "the root of a negative number")
    return base.root(degree)


def _exact_root(number: fmpz, degree: int) -> fmpz | None:
    root = number.root(degree)
    return root if root**degree == number else None


def _nonzero(x: Value) -> None:
    if isinstance(x, fmpq):
        if x == 0:
            raise Undefined("a division by zero")
    elif x.is_zero():
        raise Undefined("a division by zero")
    elif x.contains(0):
        raise Undecided("a divisor that may be zero")


def _need(x: Value, sign: str, complaint: str) -> None:
    answer = compare(x, sign, fmpq(0))
    if answer is None:
        raise Undecided(complaint)
    if not answer:
        raise Undefined(complaint)


def _sum(expr: sp.Sum, at: Valuation) -> Value:
    *inner, (index, low, high) = expr.limits
    body = sp.Sum(expr.function, *inner) if inner else expr.function
    first, last = _whole(value(low, at)), _whole(value(high, at))
    if last < first - 1:
        raise Undefined(f"a sum from {first} to {last}")
    if last - first > LONGEST_SUM:
        raise Undecided("a sum too long to expand")
    total: Value = fmpq(0)
    least = least_value(index)
    if last >= first and least is not None and first < least:
        raise Undefined(f"the index {index} of a sum at {first}, outside its domain")
    for k in range(first, last + 1):
        total = total + value(body, at | {index: fmpq(k)})
    return total


def _instance(expr: sp.Expr, at: Valuation) -> Value:
    """A family's value at evaluated arguments: the valuation maps ``f(1)``, ``D[2]`` to rationals."""
    arguments = [value(a, at) for a in (expr.indices if isinstance(expr, sp.Indexed) else expr.args)]
    exact = [sp.Rational(int(a.p), int(a.q)) for a in arguments if isinstance(a, fmpq)]
    if len(exact) != len(arguments):
        raise Undecided(f"{expr} at an irrational argument")
    key = expr.base[tuple(exact)] if isinstance(expr, sp.Indexed) else expr.func(*exact)
    found = at.get(key)
    if found is None:
        supply = getattr(at, "supply", None)
        if supply is None:
            raise Undecided(f"{key} has no value")
        found = supply(key)
        if found is None:
            raise Undecided(f"{key} has no value")
    return found


def _whole(x: Value) -> int:
    if isinstance(x, fmpq):
        if x.q != 1:
            raise Undefined(f"{x} where an integer is needed")
        return int(x.p)
    exact = x.unique_fmpz()
    if exact is None or not x.is_exact():
        raise Undecided("a bound that may not be an integer")
    return int(exact)


def _floor(x: Value) -> Value:
    if isinstance(x, fmpq):
        return fmpq(x.floor())
    low = x.floor()
    exact = low.unique_fmpz()
    if exact is None:
        raise Undecided("the floor of a ball that holds an integer")
    return fmpq(exact)


def _ceiling(x: Value) -> Value:
    return -_floor(-x)


def _absolute(x: Value) -> Value:
    return abs(x)


def _extreme(sign: str) -> Callable[..., Value]:
    def pick(first: Value, *others: Value) -> Value:
        best = first
        for other in others:
            if isinstance(best, fmpq) and isinstance(other, fmpq):
                best = min(best, other) if sign == "<" else max(best, other)
            else:
                best = arb(best).min(arb(other)) if sign == "<" else arb(best).max(arb(other))
        return best

    return pick


def _remainder(x: Value, modulus: Value) -> Value:
    _nonzero(modulus)
    return x - modulus * _floor(x / modulus)


def _logarithm(x: Value) -> Value:
    _need(x, ">", "the logarithm of a number that is not positive")
    return fmpq(0) if x == 1 else arb(x).log()


def _gamma(x: Value) -> Value:
    _need(x, ">", "Γ at a number that is not positive")
    return arb(x).gamma()


def _factorial(x: Value) -> Value:
    n = _whole(x)
    if n < 0:
        raise Undefined(f"the factorial of {n}")
    if n > 2000:
        raise Undecided("a factorial too large to evaluate")
    return fmpq(fmpz.fac_ui(n))


def _binomial(x: Value, y: Value) -> Value:
    n, k = _whole(x), _whole(y)
    if n < 0:
        raise Undefined(f"C({n}, {k})")
    if not 0 <= k <= n:
        return fmpq(0)
    if n > 10_000:
        raise Undecided("a binomial coefficient too large to evaluate")
    return fmpq(fmpz.bin_uiui(n, k))


def _entire(name: str) -> Callable[[Value], Value]:
    return lambda x: getattr(arb(x), name)()


_CONSTANTS: dict[sp.Expr, Callable[[], arb]] = {
    sp.pi: arb.pi,
    sp.E: arb.const_e,
    sp.EulerGamma: arb.const_euler,
    sp.Catalan: arb.const_catalan,
}
_RULES: dict[type, Callable[..., Value]] = {
    sp.exp: _entire("exp"),
    sp.sin: _entire("sin"),
    sp.cos: _entire("cos"),
    sp.sinh: _entire("sinh"),
    sp.cosh: _entire("cosh"),
    sp.tanh: _entire("tanh"),
    sp.atan: _entire("atan"),
    sp.Abs: _absolute,
    sp.floor: _floor,
    sp.ceiling: _ceiling,
    sp.Min: _extreme("<"),
    sp.Max: _extreme(">"),
    sp.Mod: _remainder,
    sp.log: _logarithm,
    sp.gamma: _gamma,
    sp.factorial: _factorial,
    sp.binomial: _binomial,
}
