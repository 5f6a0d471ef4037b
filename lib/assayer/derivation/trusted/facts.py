"""What holds of elementary functions wherever they are defined, as polynomial facts. Part of the trusted base.

One line of a table for each inequality. Only functions that a goal or its context applies bring their facts. Spans
and monotonicity are those of :mod:`functions`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import sympy as sp
from flint import arb, fmpq, fmpz

from assayer.derivation.trusted.functions import FUNCTIONS
from assayer.derivation.trusted.ring import Fraction, Ring

if TYPE_CHECKING:
    from assayer.derivation.trusted.polynomials import Algebra

MOST_PARTNERS = 3
DIGITS = 8

Inequality = Callable[[Ring, Fraction, Fraction], Fraction]

ALONE: dict[type, tuple[Inequality, ...]] = {
    # eᵘ ≥ 1 + u: the tangent at 0 of a convex function; and (1 − u) eᵘ ≤ 1, the same at −u.
    sp.exp: (
        lambda r, u, v: r.subtract(v, r.add(r.one, u)),
        lambda r, u, v: r.subtract(r.one, r.multiply(v, r.subtract(r.one, u))),
    ),
    # log u ≤ u − 1: the tangent at 1 of a concave function; and log u ≥ 1 − 1/u, the same at 1/u.
    sp.log: (
        lambda r, u, v: r.subtract(r.subtract(u, r.one), v),
        lambda r, u, v: r.subtract(v, r.subtract(r.one, r.power(u, -1))),
    ),
    # |sin u| ≤ |u|, squared.
    sp.sin: (lambda r, u, v: r.subtract(r.multiply(u, u), r.multiply(v, v)),),
    # cos u = 1 − 2 sin²(u/2) ≥ 1 − u²/2.
    sp.cos: (lambda r, u, v: r.subtract(v, r.subtract(r.one, r.scale(r.multiply(u, u), fmpq(1, 2)))),),
}
"""What is ≥ 0 for ``v = f(u)``."""

TANGENTS: dict[type, Callable[[Ring, Fraction, Fraction, Fraction, Fraction], Fraction]] = {
    # v − v′ ≥ v′ (u − u′): the exponential lies above its tangent at u′.
    sp.exp: lambda r, u, v, u1, v1: r.subtract(r.subtract(v, v1), r.multiply(v1, r.subtract(u, u1))),
    # u (v − v′) ≥ u − u′: the logarithm lies below its tangent at u, and u > 0.
    sp.log: lambda r, u, v, u1, v1: r.subtract(r.multiply(u, r.subtract(v, v1)), r.subtract(u, u1)),
}
"""What is ≥ 0 for ``v = f(u)`` and ``v′ = f(u′)``."""


def facts_of_application(a: Algebra, expr: sp.Expr, arguments: list[Fraction], value: Fraction) -> None:
    """State what is known of ``f(u) = v``: by the tables above, by f's span and, where f rises, by its order."""
    known = FUNCTIONS.get(expr.func)
    if known is None or len(arguments) != 1:
        return
    (u,), name = arguments, expr.func.__name__
    number = a.constant(u)
    if number is not None:
        enclose(a, value, known.real(arb(number)), name)
        return
    for inequality in ALONE.get(expr.func, ()):
        a.know_fraction(inequality(a, u, value), ">=", name)
    for bound, sense in zip(known.span, (1, -1), strict=True):
        if bound is not None:
            a.know_fraction(a.scale(a.subtract(value, a.number(bound)), sense), ">=", name)
    tangent, pieces = TANGENTS.get(expr.func), known.pieces()
    others = a.applied.setdefault(expr.func, [])
    for other, its in others[:MOST_PARTNERS]:
        if tangent is not None:
            a.know_fraction(tangent(a, u, value, other, its), ">=", name)
            a.know_fraction(tangent(a, other, its, u, value), ">=", name)
        elif len(pieces) == 1 and pieces[0][:2] == (None, None):
            product = a.multiply(a.subtract(value, its), a.subtract(u, other))
            a.know_fraction(a.scale(product, pieces[0][2]), ">=", name)
    others.append((u, value))


def facts_of_exponentials(a: Algebra) -> None:
    """The atoms ``exp(u)`` that no function was seen to make, and ``log(… exp(u) …)`` beside ``u = log(exp(u))``."""
    seen = {a.text(v) for _, v in a.applied.get(sp.exp, ())}
    for position, origin in enumerate(a.origin):
        if origin is not None and origin[0] == "exp" and not a.mentions(origin[1], "log"):
            atom, u = a.whole(a.generators[position]), origin[1]
            if a.text(atom) not in seen and a.constant(u) is None:
                for inequality in ALONE[sp.exp]:
                    a.know_fraction(inequality(a, u, atom), ">=", "exp")
            for other, its in a.applied.get(sp.log, ())[:MOST_PARTNERS]:
                if other.numerator.degrees()[position] > 0:
                    a.know_fraction(TANGENTS[sp.log](a, other, its, atom, u), ">=", "log")
                    a.know_fraction(TANGENTS[sp.log](a, atom, u, other, its), ">=", "log")


def facts_of_power(a: Algebra, base: Fraction, exponent: Fraction, value: Fraction) -> None:
    """``(v − 1)(b − 1) ≥ 0`` for ``v = b^e`` with b ≥ 0, e ≥ 0, and ``(v − b)(b − 1) ≥ 0`` for e ≥ 1.

    At b = 0 the exponent is a natural number, by definedness, and ``0^0 = 1``.
    """
    if a.nonnegative(base) and a.nonnegative(exponent):
        from_one = a.nonnegative(a.subtract(exponent, a.one))
        low = a.subtract(value, base if from_one else a.one)
        a.know_fraction(a.multiply(low, a.subtract(base, a.one)), ">=", "Pow")


CONSTANTS: dict[sp.Expr, Callable[[], arb]] = {
    sp.pi: arb.pi,
    sp.EulerGamma: arb.const_euler,
    sp.Catalan: arb.const_catalan,
}


def facts_of_constant(a: Algebra, constant: sp.Expr, value: Fraction) -> None:
    """Enclose a named constant."""
    if constant in CONSTANTS:
        enclose(a, value, CONSTANTS[constant](), str(constant))


def enclose(a: Algebra, value: Fraction, ball: arb, name: str) -> None:
    """State that ``value`` lies within a ball, to some digits."""
    if a.constant(value) is None and ball.is_finite():
        scale = fmpz(10) ** DIGITS
        low, high = ((ball * scale).lower().floor().unique_fmpz(), (ball * scale).upper().ceil().unique_fmpz())
        a.know_fraction(a.subtract(value, a.number(fmpq(low, scale))), ">=", name)
        a.know_fraction(a.subtract(a.number(fmpq(high, scale)), value), ">=", name)
