"""Definite integrals, enclosed by complex balls (Arb's adaptive quadrature). Part of the trusted base.

``∫ f(x) dx`` from a to b, with a ≤ b, is ``(b − a) ∫ f(a + (b − a) t) dt`` over t from 0 to 1. Arb asks for f in two
ways. Over a *real* ball of t any enclosure of f will do: the real evaluator gives one, for roots at their ends and
absolute values at their kinks as well. Over a *complex* ball, with the flag ``analytic``, the answer must be finite
only if f has an analytic continuation on the whole ball, and then enclose it. Quadrature without that promise is wrong
near branch points, so the continuation is taken only where the arguments of roots, logarithms and the like stay in
the right half-plane (or inside their domain), and of an absolute value on one side of the imaginary axis. This also
makes sure that f is defined on all of the range: a finite answer has covered every t by one of the two ways.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import TypeAlias

import sympy as sp
from flint import acb, arb, fmpq
from flint import ctx as precision

from assayer.derivation.trusted.evaluate import Undecided, Valuation, compare, step, terms, value, whole
from assayer.derivation.trusted.expressions import domain, free_symbols, is_integer_valued, opened
from assayer.derivation.trusted.functions import FUNCTIONS, split
from assayer.derivation.trusted.ranges import Enclosed, Range, ends, greatest, hull, least

Complex: TypeAlias = "Mapping[sp.Symbol, acb]"
MOST_EVALUATIONS = 6000
_NOTHING = acb(arb.nan(), arb.nan())


def integral(expr: sp.Integral, at: Valuation) -> Enclosed:
    """Enclose a definite integral; see the module.

    Raises:
        Undecided: where the range may be reversed, the integrand may be undefined on it, or no finite ball is found.
    """
    if not free_symbols(expr):
        return _closed(expr, precision.prec)
    return _integral(expr, at)


@lru_cache(maxsize=256)
def _closed(expr: sp.Integral, working: int) -> Enclosed:
    """An integral without parameters; ``working`` is the precision that it was computed with."""
    return _integral(expr, {})


def _integral(expr: sp.Integral, at: Valuation) -> Enclosed:
    body, x, low, high = opened(expr)
    a, b = value(low, at), value(high, at)
    _check_range(expr, x, a, b)
    first, last = ends(a)[0], ends(b)[1]
    length = b - a

    def integrand(t: acb, analytic: bool) -> acb:
        if analytic or not t.imag.is_zero():
            return continuation(body, at, {x: acb(hull(a)) + acb(hull(length)) * t})
        inside = ends(a + length * _unit_part(t.real))
        within = Range(greatest(first, inside[0]), least(last, inside[1]))
        return acb(hull(value(body, at | {x: within})))

    return _quadrature(expr, integrand).real * length


def _check_range(expr: sp.Integral, x: sp.Symbol, a: Enclosed, b: Enclosed) -> None:
    signs = {"positive": ">", "nonnegative": ">="}
    words = set(domain(x))
    if not words <= set(signs):
        raise Undecided(f"an integral over {x}, which is not declared as a real, positive or nonnegative at most")
    if any(compare(a, signs[word], fmpq(0)) is not True for word in words):
        raise Undecided(f"the range of {expr} may leave the domain of {x}")
    if compare(b, ">=", a) is not True:
        raise Undecided(f"the range of {expr} may be reversed")


def _unit_part(t: arb) -> Range:
    """The part of a real ball of t that lies between 0 and 1, with exact ends."""
    return Range(max(fmpq(0), t.lower().fmpq()), min(fmpq(1), t.upper().fmpq()))


def _quadrature(expr: sp.Integral, integrand: Callable[[acb, bool], acb]) -> acb:
    """Integrate over t from 0 to 1: finite only if every t has been covered by finite enclosures."""

    def or_nothing(t: acb, analytic: bool) -> acb:
        try:
            return integrand(t, analytic)
        except Exception:  # whatever goes wrong, nothing is enclosed; an exception must not pass through Arb
            return _NOTHING

    good = fmpq(1, 2 ** min(100, precision.prec * 2 // 5))
    try:
        total = acb.integral(or_nothing, 0, 1, rel_tol=good, abs_tol=good, eval_limit=MOST_EVALUATIONS, use_heap=True)
    except SystemError:
        raise Undecided(f"no enclosure of {expr}: the integration was interrupted") from None
    if not total.is_finite():
        raise Undecided(f"no finite enclosure of {expr}: its integrand may be undefined somewhere in the range")
    return total


def continuation(expr: sp.Expr, at: Valuation, z: Complex) -> acb:
    """Enclose the analytic continuation of ``expr``, as a function of the variables of ``z``, over complex balls.

    It is analytic on the balls, agrees with ``expr`` at their real points, and ``expr`` is defined at those.

    Raises:
        Undecided, Undefined, Unsupported: where this is not certain.
    """
    step()
    if not free_symbols(expr) & z.keys():
        return acb(hull(value(expr, at)))
    if isinstance(expr, sp.Symbol):
        return z[expr]
    if isinstance(expr, sp.Pow):
        return _power(expr, at, z)
    if isinstance(expr, sp.Sum):
        return _sum(expr, at, z)
    if isinstance(expr, sp.Integral):
        return _inner(expr, at, z)
    if expr.func in FUNCTIONS:
        return _known(expr, at, z)
    parts = [continuation(argument, at, z) for argument in expr.args]
    if isinstance(expr, sp.Add):
        return sum(parts, acb(0))
    if isinstance(expr, sp.Mul):
        product = acb(1)
        for part in parts:
            product *= part
        return product
    if isinstance(expr, sp.Abs):
        return parts[0] if _on_the_right(parts[0]) else -parts[0]
    if isinstance(expr, (sp.Min, sp.Max)):
        best = parts[0]
        for part in parts[1:]:
            best = best if _on_the_right(best - part) == isinstance(expr, sp.Max) else part
        return best
    raise Undecided(f"{expr.func.__name__} has no continuation here")


def _on_the_right(u: acb) -> bool:
    """Tell on which side of the imaginary axis all of u lies."""
    if u.real > 0:
        return True
    if u.real < 0:
        return False
    raise Undecided("a ball on both sides of the imaginary axis")


def _power(expr: sp.Pow, at: Valuation, z: Complex) -> acb:
    base = continuation(expr.base, at, z)
    if is_integer_valued(expr.exp) and not free_symbols(expr.exp) & z.keys():
        power = whole(value(expr.exp, at))
        if power < 0 and base.contains(0):
            raise Undecided("a divisor that may be zero")
        if abs(power) > 2000:
            raise Undecided("a power too large to evaluate")
        return base**power
    if not base.real > 0:
        raise Undecided("a root or a real power near its branch point")
    return base.pow(continuation(expr.exp, at, z))


def _known(expr: sp.Expr, at: Valuation, z: Complex) -> acb:
    known, order, argument = split(expr)
    u = continuation(argument, at, z)
    for g, sign, bound in known.domain:
        # Where g is not the argument itself (tan: cos ≠ 0), the continuation is not finite at its poles.
        if g is None and compare(u.real, sign.rstrip("="), value(bound, {})) is not True:
            raise Undecided(f"{expr.func.__name__} near the edge of its domain")
    if known.strip and not (u.imag < 1 and u.imag > -1):
        raise Undecided(f"{expr.func.__name__} near its branch point")
    found = known.continuation(*order, u)
    if not found.is_finite():
        raise Undecided(f"{expr.func.__name__} at what Arb cannot enclose")
    return found


def _sum(expr: sp.Sum, at: Valuation, z: Complex) -> acb:
    _fixed_range(expr, z)
    body, index, indices = terms(expr, at)
    rest = {x: u for x, u in z.items() if x != index}
    return sum((continuation(body, at | {index: fmpq(k)}, rest) for k in indices), acb(0))


def _inner(expr: sp.Integral, at: Valuation, z: Complex) -> acb:
    """An integral over a fixed range of what is analytic in a parameter is analytic in it."""
    _fixed_range(expr, z)
    body, x, low, high = opened(expr)
    a, b = value(low, at), value(high, at)
    _check_range(expr, x, a, b)
    start, length = acb(hull(a)), acb(hull(b - a))
    return _quadrature(expr, lambda t, analytic: continuation(body, at, {**z, x: start + length * t})) * length


def _fixed_range(expr: sp.Sum | sp.Integral, z: Complex) -> None:
    """The ends must not vary: ``at`` may hold a value for a free symbol of a variable's name, which is not meant."""
    _, _, low, high = opened(expr)
    if (free_symbols(low) | free_symbols(high)) & z.keys():
        raise Undecided(f"the range of {expr} varies with the variable of an integral around it")
