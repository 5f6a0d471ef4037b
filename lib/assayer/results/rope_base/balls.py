"""Certificates in ball arithmetic (Arb): what holds at a base, what fails, and on a whole range of bases.

Nothing here rounds: a statement is returned only when the balls prove it. A float stands for the dyadic number that
it stores.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from fractions import Fraction
from typing import Any

from flint import arb, arb_mat, ctx, fmpq

from assayer.results.rope_base.function import pairs, whole

PRECISION = 80
"""Bits: at m = 2²⁰ a ball's radius is then near 10⁻¹⁷."""
LIMIT = 2**24
"""The longest range that `first_failure` looks through."""
Base = float | int | str | Fraction


class Undecided(ArithmeticError):
    """The balls hold 0, or the search came upon a touching that float64 cannot tell; the message says where."""


@contextmanager
def precision(bits: int) -> Iterator[None]:
    """Arb's working precision inside the block."""
    before = ctx.prec
    ctx.prec = bits
    try:
        yield
    finally:
        ctx.prec = before


def ball(b: Base) -> arb:
    """`b` as a ball that holds it: exact for a float, an int and a fraction; ``"26952.34"`` is the decimal number."""
    try:
        if isinstance(b, str):
            b = Fraction(b)
        value = arb(fmpq(b.numerator, b.denominator)) if isinstance(b, Fraction) else arb(b)
    except (ValueError, TypeError, ZeroDivisionError):
        raise ValueError(f"a base is a number, not {b!r}") from None
    if not (value > 0 and value.is_finite()):
        raise ValueError(f"a base must be positive and finite, not {b!r}")
    return value


def frequencies(b: Base, head_dim: int) -> list[arb]:
    """θ_i = b^(−2i/d), i < d/2, as balls."""
    s = ball(b).log()
    return [(-s * fmpq(2 * i, head_dim)).exp() for i in range(pairs(head_dim))]


def enclose(b: Base, m: int | Fraction, head_dim: int, bits: int = PRECISION) -> arb:
    """A ball around f_b(m). m: an integer or a fraction, so that positions between integers can be asked for too."""
    with precision(bits):
        place = arb(fmpq(m.numerator, m.denominator))
        return sum(((place * theta).cos() for theta in frequencies(b, head_dim)), arb(0))


def values(b: Base, start: int, stop: int, head_dim: int, bits: int = PRECISION) -> list[arb]:
    """Balls around f_b(start), …, f_b(stop − 1): one product of two matrices of balls.

    m = start + jK + k, and cos((j + k)θ) = cos jθ cos kθ − sin jθ sin kθ.
    """
    with precision(bits):
        return products(frequencies(b, head_dim), start, stop)


def products(theta: Sequence[arb], start: int, stop: int) -> list[arb]:
    """Balls around Σ cos(mθ) for m = start, …, stop − 1, at the precision in force."""
    if stop - start > 0:
        width = 1 << max(1, (stop - start - 1).bit_length() // 2)
        starts = range(start, stop, width)
        left = arb_mat([[g(t * j) for t in theta for g in (arb.cos, arb.sin)] for j in starts])
        offsets = [[(t * k).cos() for k in range(width)] for t in theta]
        sines = [[-(t * k).sin() for k in range(width)] for t in theta]
        right = arb_mat([row for pair in zip(offsets, sines, strict=True) for row in pair])
        return (left * right).entries()[: stop - start]
    return []


def first_failure(b: Base, head_dim: int, limit: int = LIMIT, bits: int = PRECISION) -> int | None:
    """The first integer m < limit with f_b(m) < 0, every earlier one shown to have f_b ≥ 0; None where there is none.

    Raises `Undecided` naming a position whose ball holds 0, `ValueError` for a bad base or head size.
    """
    whole(limit, "limit", 1)
    start, stop = 0, min(limit, 1024)
    while start < limit:
        for m, value in enumerate(values(b, start, stop, head_dim, bits), start=start):
            if value < 0:
                return m
            if not value >= 0:
                raise Undecided(f"f at base {b} and m = {m} is {value}: not told from 0 with {bits} bits; give more")
        start, stop = stop, min(limit, 4 * stop)
    return None


def context_length(b: Base, head_dim: int, limit: int = LIMIT) -> int:
    """The first integer m with f_b(m) < 0: as many positions as the base can be used for, certified.

    b: the base, above 0; head_dim: d, even; limit: how many positions are looked through before giving up.
    Raises `ValueError` where none of them fails, `Undecided` and for bad input as `first_failure`.
    Source: the chapter, "Models in use".
    """
    found = first_failure(b, head_dim, limit)
    if found is None:
        raise ValueError(f"at base {b} and head_dim {head_dim} no position below {limit} fails: give a larger limit")
    return found


def holds(b: Base, length: int, head_dim: int, bits: int = PRECISION) -> bool:
    """Whether f_b(m) ≥ 0 for every m = 0, …, length − 1; both answers are certified. Errors as `first_failure`."""
    return first_failure(b, head_dim, whole(length, "length", 1), bits) is None


def negative_on(s: float, t: float, m: int, head_dim: int, bits: int = PRECISION) -> bool:
    """Whether the balls show f(m) < 0 for every log b in [s, t]: f(s) + f′(s) h + K h²/2 < 0 for both ends' h.

    K ≥ |f″| on [s, ∞) is Σ (mwθ)² + m w²θ at s. The bound is convex in h, so the ends h = 0 and h = t − s decide.
    """
    with precision(bits):
        width = arb(t) - arb(s)
        value, slope, bend = arb(0), arb(0), arb(0)
        for i in range(pairs(head_dim)):
            w = fmpq(2 * i, head_dim)
            phase = (-arb(s) * w).exp() * m
            speed = phase * w
            value += phase.cos()
            slope += phase.sin() * speed
            bend += speed * speed + speed * w
        return bool(value < 0 and value + slope * width + bend * width * width / 2 < 0)


def uncovered(cover: Sequence[tuple[float, int]], end: float, head_dim: int, bits: int = PRECISION) -> list[Any]:
    """The parts of a cover that the balls do not confirm: an empty list certifies that every base in (1, eᵉⁿᵈ] fails.

    cover: pairs (s, m) with growing s from 0 on: m fails for every log b from s to the next pair's s, or to `end`.
    """
    marks = [*(s for s, _ in cover), end]
    wrong: list[Any] = [] if cover and cover[0][0] == 0 else ["the cover does not begin at 0"]
    for (s, m), t in zip(cover, marks[1:], strict=True):
        if not (t >= s and negative_on(s, t, m, head_dim, bits)):
            wrong.append((s, t, m))
    return wrong
