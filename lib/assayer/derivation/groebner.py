"""Membership in an ideal, with the cofactors that prove it: Buchberger's algorithm that remembers where each
polynomial comes from. A search only: what it returns is multiplied out again elsewhere. Not trusted.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

from flint import fmpq_mpoly

from assayer.derivation import clock

MOST_ELEMENTS = 120
MOST_TERMS = 1500


@dataclass
class Element:
    """``polynomial = Σ cofactors[i] · equations[i]``."""

    polynomial: fmpq_mpoly
    cofactors: list[fmpq_mpoly]

    def less(self, quotient: fmpq_mpoly, other: Element) -> Element:
        """``self − quotient · other``."""
        pairs = zip(self.cofactors, other.cofactors, strict=True)
        return Element(self.polynomial - quotient * other.polynomial, [a - quotient * b for a, b in pairs])

    def too_long(self) -> bool:
        return max(map(len, (self.polynomial, *self.cofactors))) > MOST_TERMS


def cofactors(
    target: fmpq_mpoly, equations: Sequence[fmpq_mpoly], tracked: int, deadline: float
) -> list[fmpq_mpoly] | None:
    """Polynomials with ``target = Σ cofactor · equation``; None where there are none or the search grows too long.

    Args:
        tracked: only the cofactors of so many equations, the first ones, are wanted.
        deadline: on ``clock.now()``.
    """
    zero = target - target
    basis: list[Element] = []
    wanted = Element(target, [zero] * tracked)
    for i, equation in enumerate(equations):
        basis.append(Element(equation, [zero + (i == j) for j in range(tracked)]))
    pairs = {(i, j): _distance(basis, i, j) for i, j in combinations(range(len(basis)), 2)}
    found = _reduced(wanted, basis, deadline)
    while found is not None and not found.polynomial.is_zero() and pairs:
        i, j = min(pairs, key=pairs.__getitem__)
        del pairs[i, j]
        new = _reduced(_s_polynomial(basis[i], basis[j]), basis, deadline)
        if new is None or len(basis) >= MOST_ELEMENTS:
            return None
        if new.polynomial.is_zero():
            continue
        basis.append(new)
        pairs |= {(k, len(basis) - 1): _distance(basis, k, len(basis) - 1) for k in range(len(basis) - 1)}
        pairs = {(k, l): d for (k, l), d in pairs.items() if not _coprime(basis[k].polynomial, basis[l].polynomial)}
        found = _reduced(found, basis, deadline)
    if found is None or not found.polynomial.is_zero():
        return None
    return [-c for c in found.cofactors]


def _reduced(element: Element, basis: Sequence[Element], deadline: float) -> Element | None:
    """The element less multiples of the basis, until no term can be divided; None where that grows too long."""
    changed = True
    while changed and not element.polynomial.is_zero():
        changed = False
        for other in basis:
            quotient, _ = divmod(element.polynomial, other.polynomial)
            if not quotient.is_zero():
                element = element.less(quotient, other)
                changed = True
                if element.too_long() or clock.now() > deadline:
                    return None
    return element


def _s_polynomial(one: Element, two: Element) -> Element:
    ring = one.polynomial.context()
    first, second = one.polynomial.monomial(0), two.polynomial.monomial(0)
    common = tuple(max(a, b) for a, b in zip(first, second, strict=True))

    def multiplier(own: tuple[int, ...], polynomial: fmpq_mpoly) -> fmpq_mpoly:
        rest = tuple(c - o for c, o in zip(common, own, strict=True))
        return ring.from_dict({rest: 1 / polynomial.leading_coefficient()})

    left, right = multiplier(first, one.polynomial), multiplier(second, two.polynomial)
    scaled = Element(left * one.polynomial, [left * c for c in one.cofactors])
    return scaled.less(right, two)


def _distance(basis: Sequence[Element], i: int, j: int) -> int:
    """The degree at which two leading monomials meet: near pairs are tried first."""
    first, second = basis[i].polynomial.monomial(0), basis[j].polynomial.monomial(0)
    return sum(max(a, b) for a, b in zip(first, second, strict=True))


def _coprime(one: fmpq_mpoly, two: fmpq_mpoly) -> bool:
    return all(a == 0 or b == 0 for a, b in zip(one.monomial(0), two.monomial(0), strict=True))
