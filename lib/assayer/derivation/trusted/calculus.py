"""Derivatives by our own short table of rules, and where they hold. Part of the trusted base.

Read an expression as a function of the real symbol ``x``, every other symbol held fixed.

**Continuity.** Where :func:`continuity` answers, the expression is continuous on every interval at each point of
which its conditions hold: it is composed of functions that are continuous wherever they are defined.

**Differentiability.** At a point where every condition of :func:`differentiability` holds, the expression is defined
on an open interval around the point and differentiable at it, and its derivative there is the value of
:func:`derivative`. By induction on the form: what the rule for a form needs of a part that varies with ``x`` is among
the conditions as a strict inequality or ``≠``; the part is differentiable, hence continuous, at the point, so that it
holds around the point as well.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

import sympy as sp

from assayer.derivation.trusted.context import Relation
from assayer.derivation.trusted.definedness import Condition, conditions
from assayer.derivation.trusted.errors import Unsupported
from assayer.derivation.trusted.expressions import (
    closed,
    domain,
    free_symbols,
    is_integer_valued,
    least_value,
    opened,
    renamed,
    substitute,
)
from assayer.derivation.trusted.functions import FUNCTIONS

_OUTER: Mapping[type[sp.Expr], Callable[[sp.Expr], sp.Expr]] = {
    sp.exp: sp.exp,
    sp.log: lambda u: 1 / u,
    sp.sin: sp.cos,
    sp.cos: lambda u: -sp.sin(u),
    sp.tan: lambda u: 1 + sp.tan(u) ** 2,
    sp.asin: lambda u: 1 / sp.sqrt(1 - u**2),
    sp.acos: lambda u: -1 / sp.sqrt(1 - u**2),
    sp.atan: lambda u: 1 / (1 + u**2),
    sp.sinh: sp.cosh,
    sp.cosh: sp.sinh,
    sp.tanh: lambda u: 1 - sp.tanh(u) ** 2,
    sp.asinh: lambda u: 1 / sp.sqrt(1 + u**2),
    sp.acosh: lambda u: 1 / sp.sqrt(u**2 - 1),
    sp.atanh: lambda u: 1 / (1 - u**2),
    sp.erf: lambda u: 2 * sp.exp(-(u**2)) / sp.sqrt(sp.pi),
    sp.erfc: lambda u: -2 * sp.exp(-(u**2)) / sp.sqrt(sp.pi),
    sp.Si: sp.sinc,
    sp.Ci: lambda u: sp.cos(u) / u,
    sp.gamma: lambda u: sp.gamma(u) * sp.polygamma(0, u),
    sp.loggamma: lambda u: sp.polygamma(0, u),
    sp.Abs: lambda u: u / sp.Abs(u),
}
"""``f`` to ``f′(u)``; the chain rule multiplies it by ``u′``."""
_INSIDE: Mapping[type[sp.Expr], tuple[tuple[str, sp.Expr], ...]] = {
    sp.asin: ((">", sp.S.NegativeOne), ("<", sp.S.One)),
    sp.acos: ((">", sp.S.NegativeOne), ("<", sp.S.One)),
    sp.acosh: ((">", sp.S.One),),
    sp.Abs: (("!=", sp.S.Zero),),
}
"""Where ``f`` is differentiable at u, of the functions whose domain has an end or that have a corner."""
_CONTINUOUS = (sp.Add, sp.Mul, sp.Pow, sp.Min, sp.Max, sp.Abs)


def derivative(expr: sp.Expr, x: sp.Symbol) -> sp.Expr:
    """The derivative of ``expr`` with respect to ``x``, at every point where :func:`differentiability` holds.

    Raises:
        Unsupported: for a part that varies with ``x`` and has no rule here (a step, an unknown function, a sum whose
            range varies), and where ``x`` is an integer.
    """
    _real(x)
    return _derivative(expr, x)


def _derivative(expr: sp.Expr, x: sp.Symbol) -> sp.Expr:
    if x not in free_symbols(expr):
        return sp.S.Zero
    if expr == x:
        return sp.S.One
    if isinstance(expr, sp.Add):
        return sp.Add(*(_derivative(term, x) for term in expr.args))
    if isinstance(expr, sp.Mul):
        parts = enumerate(expr.args)
        return sp.Add(*(sp.Mul(*expr.args[:i], _derivative(u, x), *expr.args[i + 1 :]) for i, u in parts))
    if isinstance(expr, sp.Pow):
        return _of_power(expr.base, expr.exp, x)
    if isinstance(expr, sp.Sum):
        body, index, low, high = _fixed_range(expr, x)
        return closed(sp.Sum, _derivative(body, x), index, low, high)
    if expr.func in _OUTER:
        return _OUTER[expr.func](expr.args[0]) * _derivative(expr.args[0], x)
    raise Unsupported(f"the checker has no derivative of {expr} with respect to {x}")


def _of_power(base: sp.Expr, exponent: sp.Expr, x: sp.Symbol) -> sp.Expr:
    """``(b^e)′ = e b^(e−1) b′`` where e is fixed; else ``b^e (e′ log b + e b′ / b)``, b being positive there."""
    if x not in free_symbols(exponent):
        return exponent * base ** (exponent - 1) * _derivative(base, x)
    growth = _derivative(exponent, x) * sp.log(base) + exponent * _derivative(base, x) / base
    return base**exponent * growth


def differentiability(expr: sp.Expr, x: sp.Symbol) -> list[Condition]:
    """What must hold at a point for ``expr`` to be differentiable there with the value of :func:`derivative`.

    Raises:
        Unsupported: as :func:`derivative`.
    """
    _real(x)
    return list(dict.fromkeys([*conditions(expr), *_smooth(expr, x, ())]))


def _smooth(expr: sp.Expr, x: sp.Symbol, local: tuple[Relation, ...]) -> Iterator[Condition]:
    """Beyond being defined: away from corners and from the ends of domains."""
    if x not in free_symbols(expr) or expr == x:
        return
    if isinstance(expr, sp.Sum):
        body, index, low, high = _fixed_range(expr, x)
        fresh = renamed(index, [expr, *(side for r in local for side in (r.left, r.right))])
        inside = (*local, Relation(fresh, ">=", low), Relation(fresh, "<=", high))
        yield from _smooth(substitute(body, {index: fresh}), x, inside)
        return
    if not isinstance(expr, (sp.Add, sp.Mul, sp.Pow)) and expr.func not in _OUTER:
        raise Unsupported(f"the checker does not know where {expr} is differentiable with respect to {x}")
    for argument in expr.args:
        yield from _smooth(argument, x, local)
    for sign, end in _INSIDE.get(expr.func, ()):
        yield Condition(Relation(expr.args[0], sign, end), local, False)
    if isinstance(expr, sp.Pow) and x in free_symbols(expr.base):
        if not is_integer_valued(expr.exp):
            yield Condition(Relation(expr.base, ">", sp.S.Zero), local, False)
        elif (least_value(expr.exp) or 0) < 1:
            yield Condition(Relation(expr.base, "!=", sp.S.Zero), local, False)


def continuity(expr: sp.Expr, x: sp.Symbol) -> list[Condition]:
    """What must hold on an interval of ``x`` for ``expr`` to be continuous on it: that it is defined there.

    Raises:
        Unsupported: for a part that varies with ``x`` and is not known to be continuous where it is defined.
    """
    _real(x)
    _continuous(expr, x)
    return conditions(expr)


def _continuous(expr: sp.Expr, x: sp.Symbol) -> None:
    if x not in free_symbols(expr) or expr == x:
        return
    if isinstance(expr, sp.Sum):
        _continuous(_fixed_range(expr, x)[0], x)
        return
    if not isinstance(expr, _CONTINUOUS) and expr.func not in FUNCTIONS:
        raise Unsupported(f"the checker does not know that {expr} is continuous in {x}")
    for argument in expr.args:
        _continuous(argument, x)


def _real(x: sp.Symbol) -> None:
    if not isinstance(x, sp.Symbol) or "integer" in domain(x):
        raise Unsupported(f"{x} is not a real variable: there is no derivative with respect to it")


def _fixed_range(expr: sp.Sum, x: sp.Symbol) -> tuple[sp.Expr, sp.Symbol, sp.Expr, sp.Expr]:
    body, index, low, high = opened(expr)
    if x in free_symbols(low) | free_symbols(high):
        raise Unsupported(f"the range of {expr} varies with {x}")
    return body, index, low, high
