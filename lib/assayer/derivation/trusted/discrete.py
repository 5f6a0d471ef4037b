"""Normal forms of floors, factorials, Γ and binomial coefficients. Part of the trusted base.

As in :mod:`elementary`: each function returns a value that equals the function wherever the expression that it came
from is defined.
"""

from __future__ import annotations

from math import comb, factorial, floor

import sympy as sp
from flint import fmpq

from assayer.derivation.trusted.ring import Fraction, Ring, occurring

LONGEST_SHIFT = 40
FURTHEST_START = 8


def floor_of(r: Ring, u: Fraction) -> Fraction:
    """``⌊m + v⌋ = m + ⌊v⌋`` for integers m: of each integer monomial the whole multiples come out."""
    out, rest = r.zero, r.zero
    for c, d in r.terms(u):
        integral = d.denominator.is_constant() and all(r.integer[i] for i in occurring(d.numerator.monoms()))
        whole = floor(c) if integral else 0
        out, rest = r.add(out, r.scale(d, whole)), r.add(rest, r.scale(d, c - whole))
    if r.constant(rest) is not None:
        return out  # it lies in [0, 1)
    low = (0, False) if r.nonnegative(rest) else None
    atom, new = r.atom(("floor", r.text(rest)), sp.floor(r.expression(rest), evaluate=False), low, integer=True)
    if new:
        gap = r.subtract(rest, r.whole(atom))
        r.know_fraction(gap, ">=", "floor")
        r.know_fraction(r.subtract(r.one, gap), ">", "floor")
    return r.add(out, r.whole(atom))


def remainder(r: Ring, u: Fraction, modulus: Fraction) -> Fraction:
    """``u mod m = u − m ⌊u/m⌋``."""
    return r.subtract(u, r.multiply(modulus, floor_of(r, r.multiply(u, r.power(modulus, -1)))))


def gamma_of(r: Ring, u: Fraction) -> Fraction:
    """``Γ(v + s) = v (v + 1) … (v + s − 1) Γ(v)`` for v > 0, with ``u = v + s`` for a whole number s.

    All Γ(v + s) are written by the one at the least ``v + i``, i ≥ 0, that is evidently positive; if s < i, then
    v + s is positive by definedness. Γ at an integer is a factorial, so the atom is an integer ≥ 1 there.
    """
    shift, v = _split_integer(r, u)
    starts = (i for i in range(FURTHEST_START) if r.positive(r.add(v, r.number(i))))
    start = next(starts, max(shift, 0))
    if abs(shift - start) > LONGEST_SHIFT:
        v, start, shift = u, 0, 0
    base = r.add(v, r.number(start))
    whole = base.denominator.is_constant() and all(r.integer[i] for i in occurring(base.numerator.monoms()))
    whole = whole and all(c.q == 1 for c in base.numerator.coeffs())
    number = r.constant(base)
    if number is not None and whole and 0 < number <= LONGEST_SHIFT:
        result = r.number(factorial(int(number) - 1))
    else:
        inside = r.expression(base)
        meaning = sp.factorial(inside - 1, evaluate=False) if whole else sp.gamma(inside, evaluate=False)
        atom, _ = r.atom(("gamma", r.text(base)), meaning, (1, False) if whole else (0, True), integer=whole)
        result = r.whole(atom)
    up = r.multiply(*(r.add(v, r.number(j)) for j in range(start, shift)))
    down = r.multiply(*(r.add(v, r.number(j)) for j in range(shift, start)))
    return r.multiply(result, up, r.power(down, -1))


def factorial_of(r: Ring, n: Fraction) -> Fraction:
    return gamma_of(r, r.add(n, r.one))


def binomial_of(r: Ring, n: Fraction, k: Fraction) -> Fraction:
    """C(n, k) for integers n ≥ 0 and k, 0 outside 0 ≤ k ≤ n; so ``C(n, k) = C(n, n − k)`` for all of them.

    With a literal k it is a polynomial. ``C(N + 1, k) = C(N, k) + C(N, k − 1)`` for N ≥ 0;
    ``C(N − 1, k) = C(N, k) (N − k)/N``, since there N ≥ 1; ``C(n, K + 1) = C(n, K) (n − K)/(K + 1)`` for K ≥ 0 and
    ``C(n, K − 1) = C(n, K) K/(n − K + 1)`` for K ≤ n. With 0 ≤ k ≤ n it is ``n! / (k! (n − k)!)``.
    """
    other = r.subtract(n, k)
    for lower in (k, other):
        number = r.constant(lower)
        if number is not None and number <= LONGEST_SHIFT:
            return _literal(r, n, int(number))
    shift, top = _from_least(r, n)
    if 0 < shift <= LONGEST_SHIFT and r.nonnegative(top):
        steps = range(shift + 1)
        lower = (binomial_of(r, top, r.subtract(k, r.number(i))) for i in steps)
        return r.add(*(r.scale(value, comb(shift, i)) for i, value in zip(steps, lower, strict=True)))
    if -LONGEST_SHIFT <= shift < 0:
        tops = [r.add(top, r.number(j)) for j in range(shift + 1, 1)]
        return r.multiply(binomial_of(r, top, k), *(_ratio(r, r.subtract(t, k), t) for t in tops))
    k, other = sorted((k, other), key=lambda e: (not r.nonnegative(e), r.text(_split_integer(r, e)[1])))
    move, bottom = _from_least(r, k)
    left = r.subtract(n, bottom)
    if 0 < move <= LONGEST_SHIFT and r.nonnegative(bottom):
        pairs = [(r.subtract(left, r.number(j)), r.add(bottom, r.number(j + 1))) for j in range(move)]
    elif -LONGEST_SHIFT <= move < 0 and r.nonnegative(left):
        pairs = [(r.add(bottom, r.number(j)), r.subtract(left, r.number(j - 1))) for j in range(move + 1, 1)]
    else:
        pairs, bottom, left = [], k, other
    return r.multiply(_plain_binomial(r, n, bottom, left), *(_ratio(r, *pair) for pair in pairs))


def _plain_binomial(r: Ring, n: Fraction, k: Fraction, other: Fraction) -> Fraction:
    if r.nonnegative(k) and r.nonnegative(other):
        return _ratio(r, factorial_of(r, n), r.multiply(factorial_of(r, k), factorial_of(r, other)))
    meaning = sp.binomial(r.expression(n), r.expression(k), evaluate=False)
    return r.whole(r.atom(("binomial", r.text(n), r.text(k)), meaning, (0, False), integer=True)[0])


def _literal(r: Ring, n: Fraction, k: int) -> Fraction:
    """``n (n − 1) … (n − k + 1) / k!``, which is 0 for the natural numbers n < k."""
    if k < 0:
        return r.zero
    return r.scale(r.multiply(*(r.subtract(n, r.number(i)) for i in range(k))), fmpq(1, factorial(k)))


def _split_integer(r: Ring, value: Fraction) -> tuple[int, Fraction]:
    constant, _ = r.split_constant(value)
    shift = floor(constant)
    return shift, r.subtract(value, r.number(shift))


def _from_least(r: Ring, value: Fraction) -> tuple[int, Fraction]:
    """``(s, v)`` with the value ``v + s``, v the least of its shifts that is evidently ≥ 0, or one without a number."""
    shift, v = _split_integer(r, value)
    starts = (i for i in range(-FURTHEST_START, FURTHEST_START) if r.nonnegative(r.add(v, r.number(i))))
    start = next(starts, 0)
    return shift - start, r.add(v, r.number(start))


def _ratio(r: Ring, top: Fraction, bottom: Fraction) -> Fraction:
    return r.multiply(top, r.power(bottom, -1))
