"""Arithmetic with ranges of numbers. Part of the trusted base.

A *value* is an exact rational or a ball (Arb): one number, known exactly or to within the ball. A *range* is all
numbers between two values. Every operation returns what contains each result for numbers of its operands; rational
ends stay exact while they are short, so that a range may touch zero without crossing it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from flint import arb, fmpq

Value: TypeAlias = "fmpq | arb"
Enclosed: TypeAlias = "fmpq | arb | Range"
LONGEST_END = 2000
"""Bits of an exact end, beyond which a ball takes its place."""


class Range:
    """The numbers from ``low`` to ``high``, ends included; where an end is a ball, from some number in that ball."""

    __slots__ = ("high", "low")

    def __init__(self, low: Value, high: Value) -> None:
        self.low, self.high = _short(low), _short(high)

    def __add__(self, other: Enclosed) -> Enclosed:
        low, high = ends(other)
        return between(self.low + low, self.high + high)

    def __mul__(self, other: Enclosed) -> Enclosed:
        """A product is linear in each factor, so it is extreme where each is at an end."""
        low, high = ends(other)
        if isinstance(other, Range):
            return spanned(self.low * low, self.low * high, self.high * low, self.high * high)
        return spanned(self.low * other, self.high * other)

    __radd__, __rmul__ = __add__, __mul__

    def __neg__(self) -> Enclosed:
        return between(-self.high, -self.low)

    def __sub__(self, other: Enclosed) -> Enclosed:
        return self + (-other)

    def __rsub__(self, other: Enclosed) -> Enclosed:
        return -self + other

    def __repr__(self) -> str:
        return f"[{self.low}, {self.high}]"


def between(low: Value, high: Value) -> Enclosed:
    """All numbers from ``low`` to ``high``: a range, or the one rational that it holds."""
    if isinstance(low, fmpq) and isinstance(high, fmpq) and low == high:
        return low
    return Range(low, high)


def ends(x: Enclosed) -> tuple[Value, Value]:
    """The two ends; a value is both ends of itself."""
    return (x.low, x.high) if isinstance(x, Range) else (x, x)


def spanned(*corners: Value) -> Enclosed:
    """The least range that holds all the corners."""
    return between(least(*corners), greatest(*corners))


def least(first: Value, *others: Value) -> Value:
    """The smallest of the values."""
    for other in others:
        exact = isinstance(first, fmpq) and isinstance(other, fmpq)
        first = min(first, other) if exact else arb(first).min(arb(other))
    return first


def greatest(first: Value, *others: Value) -> Value:
    """The largest of the values."""
    for other in others:
        exact = isinstance(first, fmpq) and isinstance(other, fmpq)
        first = max(first, other) if exact else arb(first).max(arb(other))
    return first


def monotone(f: Callable[[Value], Value], x: Range, direction: int = 1) -> Enclosed:
    """What f, increasing (or decreasing: −1) on the range, takes there."""
    low, high = f(x.low), f(x.high)
    return between(low, high) if direction > 0 else between(high, low)


def absolute(x: Enclosed) -> Enclosed:
    """The absolute value."""
    if not isinstance(x, Range):
        return abs(x)
    if x.low >= 0:
        return x
    return -x if x.high <= 0 else between(fmpq(0), greatest(-x.low, x.high))


def inverse(x: Enclosed) -> Enclosed:
    """``1/x``; the caller has made sure that x is not zero and that a range lies on one side of it."""
    return monotone(lambda end: 1 / end, x, -1) if isinstance(x, Range) else 1 / x


def hull(x: Enclosed) -> arb:
    """A ball that holds all of ``x``."""
    return arb(x.low).union(arb(x.high)) if isinstance(x, Range) else arb(x)


def is_finite(x: Enclosed) -> bool:
    """Tell whether every end is a number: Arb answers what it cannot enclose with a ball that is not finite."""
    return all(isinstance(end, fmpq) or end.is_finite() for end in ends(x))


def _short(end: Value) -> Value:
    return arb(end) if isinstance(end, fmpq) and end.height_bits() > LONGEST_END else end
