"""Normal forms of sums and integrals. Part of the trusted base."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import sympy as sp
from flint import fmpq_mpoly

from assayer.derivation.trusted.context import Relation
from assayer.derivation.trusted.errors import Unsupported
from assayer.derivation.trusted.expressions import closed, opened, substitute
from assayer.derivation.trusted.ring import Fraction

if TYPE_CHECKING:
    from assayer.derivation.trusted.polynomials import Algebra

MOST_TERMS_APART = 16
DEEPEST = 8
_INDICES = [[sp.Dummy(f"bound{depth}", integer=True) for depth in range(DEEPEST)] for _ in range(3)]
_REAL = [sp.Dummy(f"bound{depth}", real=True) for depth in range(DEEPEST)]
_ANY = sp.Dummy("any", integer=True)
LEAST: dict[sp.Symbol, tuple[int, bool]] = {
    **dict.fromkeys(_INDICES[1], (0, False)),
    **dict.fromkeys(_INDICES[2], (1, False)),
}
"""Bound indices that start at 0 or at 1. SymPy is not told: it would use it while it rebuilds the body."""


@dataclass(frozen=True)
class Written:
    """A sum that was translated: ``Σ body`` over ``variable`` from ``low`` to ``high`` has this value."""

    body: sp.Expr
    variable: sp.Symbol
    low: sp.Expr
    high: sp.Expr
    value: Fraction

    def term(self, a: Algebra, at: sp.Expr) -> Fraction:
        return a.fraction(substitute(self.body, {self.variable: at}))


def bound(a: Algebra, expr: sp.Sum | sp.Integral) -> Fraction:
    """``Σ (Σ_i c_i f_i g_i) = Σ_i c_i f_i Σ g_i``: sums and integrals are linear; each f_i is free of the variable.

    Every monomial of the body is defined where the body is. A factor moves out only if it is evidently defined, since
    over an empty range the body is not; the denominator's factors only if they are evidently not zero.
    """
    body, variable, low, high = opened(expr)
    index = _variable(a, expr)
    inner = a.inside
    value = inner.fraction(substitute(body, {variable: index}))
    under, over = _denominator(a, value.denominator, index)
    total = a.zero
    for monomial, c in value.numerator.terms():
        outside, kept = a.number(c), list(monomial)
        for i, e in enumerate(monomial):
            if e and _free(a, inner.meaning[i], index):
                outside = a.multiply(outside, a.power(a.fraction(inner.meaning[i]), int(e)))
                kept[i] = 0
        term = inner.made(inner.context.from_dict({tuple(kept): 1}), under)
        total = a.add(total, a.multiply(outside, _term(a, type(expr), term, index, low, high)))
    total = a.multiply(total, a.power(over, -1))
    if isinstance(expr, sp.Sum) and a.depth == 0 and _evidently_nonnegative(inner, value):
        a.know_fraction(total, ">=", "Sum")
    return total


def _variable(a: Algebra, expr: sp.Sum | sp.Integral) -> sp.Symbol:
    """The name that the bound variable has in every expression as deep as this one, by what its range starts at."""
    if a.depth >= DEEPEST:
        raise Unsupported("sums and integrals are nested too deeply")
    if isinstance(expr, sp.Integral):
        return _REAL[a.depth]
    low = a.fraction(opened(expr)[2])
    start = 2 if a.nonnegative(a.subtract(low, a.one)) else 1 if a.nonnegative(low) else 0
    return _INDICES[start][a.depth]


def _free(a: Algebra, meaning: sp.Expr, index: sp.Symbol) -> bool:
    return index not in meaning.free_symbols and a.surely_defined(meaning)


def _denominator(a: Algebra, denominator: fmpq_mpoly, index: sp.Symbol) -> tuple[fmpq_mpoly, Fraction]:
    """Split a body's denominator into what stays and what moves out."""
    inner = a.inside
    c, pieces = inner.factors(inner.whole(denominator))
    stays, moves = inner.context.constant(1), a.number(c)
    for p, e in pieces:
        meaning = inner.expression(p)
        if _free(a, meaning, index) and a.nonzero(a.fraction(meaning)):
            moves = a.multiply(moves, a.power(a.fraction(meaning), e))
        else:
            stays *= p**e
    return stays, moves


def _evidently_nonnegative(inner: Algebra, value: Fraction) -> bool:
    if value.numerator.is_zero():
        return True
    c, pieces = inner.factors(value)
    return c > 0 and all(e % 2 == 0 or inner.sign(p) is not None for p, e in pieces)


def _term(a: Algebra, kind: type, term: Fraction, index: sp.Symbol, low: sp.Expr, high: sp.Expr) -> Fraction:
    """The sum or integral of one monomial: an atom, or what another sum of the same terms gives."""
    inner, ends = a.inside, (a.fraction(low), a.fraction(high))
    number = inner.constant(term)
    if number is not None:
        return a.scale(a.add(a.subtract(ends[1], ends[0]), a.number(1 if kind is sp.Sum else 0)), number)
    body = inner.expression(term)
    if inner.text(inner.fraction(body)) != inner.text(term):
        raise Unsupported(f"the terms {body} of a sum do not read back as what was translated")
    key = (kind.__name__, inner.text(term), *(a.text(e) for e in ends))
    sign = inner.sign(inner.cleared(term)) if kind is sp.Sum else None
    least = None if sign is None else (0, sign == ">" and a.nonnegative(a.subtract(ends[1], ends[0])))
    if kind is sp.Integral or a.depth > 0 or a.known(key):
        return a.whole(a.atom(key, closed(kind, body, index, low, high), least)[0])
    new = Written(body, index, low, high, a.zero)
    value = next((v for old in a.sums if (v := _difference(a, old, new)) is not None), None)
    if value is None:
        value = a.whole(a.atom(key, closed(kind, body, index, low, high), least)[0])
        a.sums.append(Written(body, index, low, high, value))
    return value


def _difference(a: Algebra, old: Written, new: Written) -> Fraction | None:
    """The new sum as the old one and the terms in which they differ, if their ends differ by numbers.

    Both are defined, so both ranges are at least empty: ``low − 1 ≤ high``. If one range holds the other, every term
    apart lies in the larger one, where it is defined. If neither does, the terms must be defined everywhere.
    """
    gaps = [a.constant(a.difference(Relation(x, "=", y))) for x, y in ((new.low, old.low), (new.high, old.high))]
    if None in gaps:
        return None
    for shift in dict.fromkeys((0, -int(gaps[0]), -int(gaps[1]), 1, -1)):  # the old k is the new k + shift
        first, last = int(gaps[0]) + shift, int(gaps[1]) + shift
        if abs(first) + abs(last) > MOST_TERMS_APART or not _same(a, old, new, shift):
            continue
        if first <= 0 <= last:
            apart = [new.term(a, new.low + i) for i in range(-first)] + [new.term(a, new.high - i) for i in range(last)]
            return a.add(old.value, *apart)
        if last <= 0 <= first:
            apart = [old.term(a, old.low + i) for i in range(first)] + [old.term(a, old.high - i) for i in range(-last)]
            return a.subtract(old.value, a.add(*apart))
        if a.surely_defined(substitute(old.body, {old.variable: _ANY})):
            start, stop = old.low + first, old.high + last
            more = [old.term(a, start + i) for i in range(-first)] + [old.term(a, stop - i) for i in range(last)]
            less = [old.term(a, old.low + i) for i in range(first)] + [old.term(a, old.high - i) for i in range(-last)]
            return a.add(old.value, *more, a.scale(a.add(*less), -1))
    return None


def _same(a: Algebra, old: Written, new: Written, shift: int) -> bool:
    """Tell that the new term at k is the old one at k + shift, for every k of the new range."""
    moved = substitute(old.body, {old.variable: new.variable + shift})
    inner = a.inside
    return inner.text(inner.fraction(moved)) == inner.text(inner.fraction(new.body))
