"""Rigorous values: exact rationals while they last, balls (Arb) and ranges where they do not. Part of the trusted base.

A valuation gives each symbol a number, a ball or a whole range. What comes back holds the value at *every* choice of
numbers from these, and the expression is certainly defined at every choice. A comparison answers True or False only
when it is certain; an overlap answers None.
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
from assayer.derivation.trusted.expressions import FLIPPED, is_integer_valued, least_value, opened
from assayer.derivation.trusted.functions import FUNCTIONS, Known, split
from assayer.derivation.trusted.ranges import (
    Enclosed,
    Range,
    Value,
    absolute,
    between,
    ends,
    greatest,
    hull,
    inverse,
    is_finite,
    least,
    monotone,
    spanned,
)

Valuation: TypeAlias = "Mapping[sp.Basic, Enclosed]"
LONGEST_SUM = 100_000
LARGEST_BITS = 200_000
MOST_STEPS = 300_000
_ZERO = fmpq(0)
_steps = [0, 0]
"""Nodes evaluated since the last comparison began (nested sums must not run for ever), and in all."""


class Undefined(ArithmeticError):
    """The expression has no value here, certainly: at no choice of numbers from the valuation."""


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


@contextmanager
def measured(count: int) -> Iterator[None]:
    """Work with ``count`` bits inside the block, and with a budget of ``MOST_STEPS`` nodes of its own."""
    _steps[0] = 0
    with bits(count):
        yield


def value(expr: sp.Expr, at: Valuation) -> Enclosed:
    """Enclose ``expr`` at a valuation (atoms to numbers; functions and indexed families by their instances).

    Raises:
        Undefined: where the expression certainly has no value (a division by zero, the root of a negative number).
        Undecided: where this cannot be told.
        Unsupported: for a function without an enclosure.
    """
    step()
    if isinstance(expr, sp.Rational):
        return fmpq(int(expr.p), int(expr.q))
    if isinstance(expr, sp.Symbol):
        if expr not in at:
            raise Undecided(f"{expr} has no value")
        return at[expr]
    found = _value(expr, at)
    if not is_finite(found):
        raise Undecided(f"{expr.func.__name__} at what Arb cannot enclose")
    return found


def _value(expr: sp.Expr, at: Valuation) -> Enclosed:
    if isinstance(expr, sp.Add):
        return _fold(expr, at, lambda a, b: a + b)
    if isinstance(expr, sp.Mul):
        return _fold(expr, at, lambda a, b: a * b)
    if isinstance(expr, sp.Pow):
        return _power(value(expr.base, at), expr.exp, at)
    if isinstance(expr, sp.Sum):
        return _sum(expr, at)
    if isinstance(expr, sp.Integral):
        from assayer.derivation.trusted.balls import integral  # which evaluates the integrand here

        return integral(expr, at)
    if isinstance(expr, (sp.Indexed, AppliedUndef)):
        return _instance(expr, at)
    if expr in _CONSTANTS:
        return _CONSTANTS[expr]()
    if expr.func in FUNCTIONS:
        known, order, argument = split(expr)
        return _known(expr.func, known, order, value(argument, at))
    rule = _RULES.get(expr.func)
    if rule is None:
        raise Unsupported(f"the checker has no enclosure for {expr.func.__name__} (in {expr})")
    return rule(*(value(argument, at) for argument in expr.args))


def holds(relation: Relation, at: Valuation) -> bool | None:
    """Tell whether both sides are defined and the relation holds: True and False are certain, of every choice.

    An undefined side counts as False, as the meaning of a step demands.
    """
    for working in (128, 512):
        answer = holds_with(working, relation, at)
        if answer is not None:
            return answer
    return None


def holds_with(working: int, relation: Relation, at: Valuation) -> bool | None:
    """The same with a fixed number of bits."""
    try:
        with measured(working):
            return compare(value(relation.left, at), relation.sign, value(relation.right, at))
    except Undefined:
        return False
    except (Undecided, Unsupported):
        return None


def step() -> None:
    """Count one node.

    Raises:
        Undecided: where there are more than ``MOST_STEPS`` in one comparison.
    """
    _steps[0] += 1
    _steps[1] += 1
    if _steps[0] > MOST_STEPS:
        raise Undecided("too much to evaluate")


def work() -> int:
    """Nodes evaluated so far: differences of it measure work without a clock."""
    return _steps[1]


def compare(left: Enclosed, sign: str, right: Enclosed) -> bool | None:
    """Compare two enclosures: True (False) only if the relation holds (fails) for every number of each."""
    if sign in ("<", "<="):
        return compare(right, FLIPPED[sign], left)
    difference = left - right
    if not is_finite(difference):
        return None
    low, high = ends(difference)
    if sign == ">":
        return True if low > 0 else False if high <= 0 else None
    if sign == ">=":
        return True if low >= 0 else False if high < 0 else None
    if low > 0 or high < 0:
        return sign == "!="
    return sign == "=" if low >= 0 and high <= 0 else None


def _fold(expr: sp.Expr, at: Valuation, operation: Callable[[Enclosed, Enclosed], Enclosed]) -> Enclosed:
    values = [value(argument, at) for argument in expr.args]
    total = values[0]
    for other in values[1:]:
        total = operation(total, other)
    return total


# -- powers ------------------------------------------------------------------------------------------------------------
def _power(base: Enclosed, exponent: sp.Expr, at: Valuation) -> Enclosed:
    if isinstance(exponent, sp.Integer):
        return _integer_power(base, int(exponent))
    if isinstance(exponent, sp.Rational):
        root = _root(base, int(exponent.q))
        return _integer_power(root, int(exponent.p))
    e = value(exponent, at)
    if is_integer_valued(exponent) and not isinstance(e, Range):
        return _integer_power(base, whole(e))
    # Of a positive base, powers with integer exponents are among those with real exponents.
    _need(base, ">", "a power with a real exponent of a base that is not positive", is_integer_valued(exponent))
    if not isinstance(base, Range) and not isinstance(e, Range):
        return arb(base) ** arb(e)
    # It is monotone in the base and in the exponent, so extreme where both are at an end.
    return spanned(*(arb(b) ** arb(p) for b in ends(base) for p in ends(e)))


def _integer_power(base: Enclosed, power: int) -> Enclosed:
    if power < 0:
        _nonzero(base)
    if isinstance(base, Range):
        if power < 0:
            return inverse(_integer_power(base, -power))
        rising = base if power % 2 else absolute(base)
        return monotone(lambda end: _integer_power(end, power), rising) if power else fmpq(1)
    size = base.height_bits() if isinstance(base, fmpq) else 128
    if abs(power) * size > LARGEST_BITS:
        raise Undecided("a power too large to evaluate")
    return base**power


def _root(base: Enclosed, degree: int) -> Enclosed:
    _need(base, ">=", "the root of a negative number")
    if isinstance(base, Range):
        return monotone(lambda end: _root(end, degree), base)
    if isinstance(base, fmpq):
        exact = [_exact_root(part, degree) for part in (base.p, base.q)]
        if None not in exact:
            return fmpq(exact[0], exact[1])
    elif base.is_zero():
        return fmpq(0)
    return arb(base).root(degree)


def _exact_root(number: fmpz, degree: int) -> fmpz | None:
    root = number.root(degree)
    return root if root**degree == number else None


def _nonzero(x: Enclosed) -> None:
    answer = compare(x, "!=", _ZERO)
    if answer is None:
        raise Undecided("a divisor that may be zero")
    if not answer:
        raise Undefined("a division by zero")


def _need(x: Enclosed, sign: str, complaint: str, only_known: bool = False) -> None:
    answer = compare(x, sign, _ZERO)
    if answer is None or (only_known and not answer):
        raise Undecided(complaint)
    if not answer:
        raise Undefined(complaint)


# -- sums, families ----------------------------------------------------------------------------------------------------
def _sum(expr: sp.Sum, at: Valuation) -> Enclosed:
    body, index, indices = terms(expr, at)
    total: Enclosed = fmpq(0)
    for k in indices:
        total = total + value(body, at | {index: fmpq(k)})
    return total


def terms(expr: sp.Sum, at: Valuation) -> tuple[sp.Expr, sp.Symbol, range]:
    """The body of a sum, its index, and the integers that the index runs over."""
    body, index, low, high = opened(expr)
    first, last = whole(value(low, at)), whole(value(high, at))
    if last < first - 1:
        raise Undefined(f"a sum from {first} to {last}")
    if last - first > LONGEST_SUM:
        raise Undecided("a sum too long to expand")
    begin = least_value(index)
    if last >= first and begin is not None and first < begin:
        raise Undefined(f"the index {index} of a sum at {first}, outside its domain")
    return body, index, range(first, last + 1)


def _instance(expr: sp.Expr, at: Valuation) -> Enclosed:
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


def whole(x: Enclosed) -> int:
    """The integer that ``x`` is.

    Raises:
        Undefined: for a rational that is no integer.
        Undecided: for a range, and for a ball of any width.
    """
    if isinstance(x, fmpq):
        if x.q != 1:
            raise Undefined(f"{x} where an integer is needed")
        return int(x.p)
    exact = None if isinstance(x, Range) else x.unique_fmpz()
    if exact is None or not x.is_exact():
        raise Undecided("a bound that may not be an integer")
    return int(exact)


# -- functions ---------------------------------------------------------------------------------------------------------
def _known(function: type[sp.Expr], known: Known, order: tuple[int, ...], x: Enclosed) -> Enclosed:
    """A function of the table, once its argument certainly lies in its domain."""
    for g, sign, bound in known.domain:
        inside = compare(x if g is None else _known(g, FUNCTIONS[g], (), x), sign, value(bound, {}))
        if inside is not True:
            where = "its argument" if g is None else f"{g.__name__} of its argument"
            raise (Undecided if inside is None else Undefined)(f"{function.__name__} needs {where} {sign} {bound}")

    def f(argument: Value) -> arb:
        return known.real(*order, arb(argument))

    if not isinstance(x, Range):
        return f(x)
    for low, high, direction in known.pieces(*order):
        if (low is None or x.low >= low) and (high is None or x.high <= high):
            return monotone(f, x, direction)
    found = f(hull(x))
    if not found.is_finite():
        return found
    low, high = known.span
    return Range(
        found.lower() if low is None else greatest(low, found.lower()),
        found.upper() if high is None else least(high, found.upper()),
    )


def floor_of(x: Enclosed) -> Enclosed:
    """The floor; of a ball only where it is one integer."""
    if isinstance(x, Range):  # the floor of a ball holds the floors of its numbers
        return monotone(lambda end: fmpq(end.floor()) if isinstance(end, fmpq) else end.floor(), x)
    if isinstance(x, fmpq):
        return fmpq(x.floor())
    exact = x.floor().unique_fmpz()
    if exact is None:
        raise Undecided("the floor of a ball that holds an integer")
    return fmpq(exact)


def ceiling_of(x: Enclosed) -> Enclosed:
    """The ceiling; of a ball only where it is one integer."""
    return -floor_of(-x)


def _extreme(pick: Callable[..., Value]) -> Callable[..., Enclosed]:
    def of(*arguments: Enclosed) -> Enclosed:
        sides = [ends(x) for x in arguments]
        low, high = pick(*(s[0] for s in sides)), pick(*(s[1] for s in sides))
        return between(low, high) if any(isinstance(x, Range) for x in arguments) else low

    return of


def _remainder(x: Enclosed, modulus: Enclosed) -> Enclosed:
    """``x − m⌊x/m⌋``: from 0 on, but below m, for m > 0; from above m to 0 for m < 0."""
    _nonzero(modulus)
    if not isinstance(modulus, Range):
        times = floor_of(x * inverse(modulus))
        if not isinstance(times, Range):
            return x - modulus * times
    low, high = ends(modulus)
    return between(least(_ZERO, low), greatest(_ZERO, high))


def _factorial(x: Enclosed) -> Enclosed:
    n = whole(x)
    if n < 0:
        raise Undefined(f"the factorial of {n}")
    if n > 2000:
        raise Undecided("a factorial too large to evaluate")
    return fmpq(fmpz.fac_ui(n))


def _binomial(x: Enclosed, y: Enclosed) -> Enclosed:
    n, k = whole(x), whole(y)
    if n < 0:
        raise Undefined(f"C({n}, {k})")
    if not 0 <= k <= n:
        return fmpq(0)
    if n > 10_000:
        raise Undecided("a binomial coefficient too large to evaluate")
    return fmpq(fmpz.bin_uiui(n, k))


_CONSTANTS: dict[sp.Expr, Callable[[], arb]] = {
    sp.pi: arb.pi,
    sp.E: arb.const_e,
    sp.EulerGamma: arb.const_euler,
    sp.Catalan: arb.const_catalan,
}
_RULES: dict[type, Callable[..., Enclosed]] = {
    sp.Abs: absolute,
    sp.floor: floor_of,
    sp.ceiling: ceiling_of,
    sp.Min: _extreme(least),
    sp.Max: _extreme(greatest),
    sp.Mod: _remainder,
    sp.factorial: _factorial,
    sp.binomial: _binomial,
}
