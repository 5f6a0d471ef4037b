"""Intervals between exact fractions: sums, products and powers here, transcendental functions by mpmath."""

from __future__ import annotations

from fractions import Fraction
from math import floor
from typing import Any

from mpmath import MPIntervalContext

BITS = 160
LARGEST_EXPONENT = 20_000
"""Of an end that mpmath gives: Γ(10⁷) would have half a billion digits as a fraction."""
_iv = MPIntervalContext()
_iv.prec = BITS


class Undefined(ArithmeticError):
    """The expression has no value here, certainly."""


class Unknown(ArithmeticError):
    """The intervals are too wide to tell, or the evaluator does not know the function."""


class TooMuch(Unknown):
    """The value would take more work than it is worth."""


class Range:
    """All numbers from ``low`` to ``high``; one exact number where they are equal. Ends are rounded outward."""

    __slots__ = ("high", "low")

    def __init__(self, low: Fraction, high: Fraction) -> None:
        self.low = low
        self.high = high

    @property
    def exact(self) -> bool:
        return self.low == self.high

    def __repr__(self) -> str:
        return f"[{self.low}, {self.high}]"

    def __add__(self, other: Range) -> Range:
        low = self.low + other.low
        if self.low is self.high and other.low is other.high:
            return Range(low, low)
        return _outward(low, self.high + other.high)

    def __neg__(self) -> Range:
        low = -self.low
        return Range(low, low) if self.low is self.high else Range(-self.high, low)

    def __sub__(self, other: Range) -> Range:
        return self + -other

    def __mul__(self, other: Range) -> Range:
        if self.low is self.high and other.low is other.high:
            product = self.low * other.low
            return Range(product, product)
        corners = [a * b for a in (self.low, self.high) for b in (other.low, other.high)]
        return _outward(min(corners), max(corners))

    def inverse(self) -> Range:
        """One over it.

        Raises:
            Undefined: for zero.
            Unknown: where zero lies inside.
        """
        if self.low == self.high == 0:
            raise Undefined("a division by zero")
        if self.low <= 0 <= self.high:
            raise Unknown("a divisor that may be zero")
        low = 1 / self.high
        return Range(low, low) if self.low is self.high else _outward(low, 1 / self.low)

    def power(self, exponent: int) -> Range:
        """An integer power."""
        if exponent < 0:
            return self.inverse().power(-exponent)
        if self.low is self.high:
            return number(self.low**exponent)
        ends = [self.low**exponent, self.high**exponent]
        if exponent % 2 == 0 and exponent and self.low < 0 < self.high:
            ends.append(Fraction(0))
        return _outward(min(ends), max(ends))


def number(value: Fraction | int) -> Range:
    """One exact number."""
    exact = value if isinstance(value, Fraction) else Fraction(value)
    return Range(exact, exact)


def by_mpmath(name: str, *arguments: Range) -> Range:
    """A function of mpmath's interval context.

    Raises:
        Unknown: where mpmath gives no finite interval.
    """
    return _from_mpmath(getattr(_iv, name)(*(_to_mpmath(a) for a in arguments)))


def constant(name: str) -> Range:
    """A constant of mpmath's interval context, such as ``pi``."""
    return _from_mpmath(+getattr(_iv, name))


def _to_mpmath(r: Range) -> Any:
    low, high = (_iv.mpf(end.numerator) / _iv.mpf(end.denominator) for end in (r.low, r.high))
    return _iv.mpf([low.a, high.b])


def _from_mpmath(found: Any) -> Range:
    ends = []
    for negative, mantissa, exponent, _ in found._mpi_:
        if not mantissa and exponent:
            raise Unknown("an infinite or undefined end")
        if abs(int(exponent)) > LARGEST_EXPONENT:
            raise TooMuch("an exponent too large to write out")
        size = Fraction(int(mantissa)) * Fraction(2) ** int(exponent)
        ends.append(-size if negative else size)
    return _outward(*ends)


def _outward(low: Fraction, high: Fraction) -> Range:
    if low == high:
        return Range(low, low)
    return Range(_floor_to_bits(low), -_floor_to_bits(-high))


def _floor_to_bits(x: Fraction) -> Fraction:
    if x.numerator.bit_length() + x.denominator.bit_length() <= 2 * BITS:
        return x
    unit = Fraction(2) ** (x.numerator.bit_length() - x.denominator.bit_length() - BITS)
    return floor(x / unit) * unit
