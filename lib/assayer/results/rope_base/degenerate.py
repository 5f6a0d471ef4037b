"""Why the base must be above 1: over all positive bases the infimum is 0.

For b < 1 put c = b^(−2/d) > 1, so that θ_i = cⁱ grows. A nest of intervals brings every power c, c², …, c^(d/2−1)
within ε of a multiple of 2π: if c runs over an interval on which cⁱ sweeps 2ε around such a multiple, cⁱ⁺¹ sweeps about
2εc > 2π + 2ε, and so covers a whole neighbourhood of another. With ε = π/(3L), every f_b(m) with m < L is at least
cos m + (d/2 − 1)/2. Nothing bounds c from above, so that b = c^(−d/2) can be as small as one likes.
"""

from __future__ import annotations

from fractions import Fraction

from flint import arb, fmpq

from assayer.results.rope_base.balls import precision, products
from assayer.results.rope_base.function import whole
from assayer.results.rope_base.least import searchable


def degenerate_ratio(length: int, head_dim: int) -> Fraction:
    """A dyadic c > 1 with f_b(m) ≥ 0 for every m < length at b = c^(−d/2) < 1.

    length: L ≥ 2; head_dim: d ≥ 6, even. The construction is as above; `degenerate_values` shows what it yields.
    Raises `TypeError` and `ValueError` for bad input.
    """
    length, half = whole(length, "length", 2), searchable(head_dim)
    if half < 3:
        raise ValueError(f"the construction needs head_dim of at least 6, not {head_dim}")
    with precision(_bits(length, half)):
        turn, epsilon = 2 * arb.pi(), arb.pi() / (3 * length)
        low = 2 * turn / epsilon
        high = low + 2 * turn
        for i in range(1, half):
            k = ((low**i + epsilon) / turn).ceil()
            low, high = (
                ((turn * k - epsilon).root(i), (turn * k + epsilon).root(i))
                if i > 1
                else (
                    turn * k - epsilon,
                    turn * k + epsilon,
                )
            )
        middle = ((low + high) / 2).mid()
        mantissa, exponent = middle.man_exp()
    return Fraction(int(mantissa)) * Fraction(2) ** int(exponent)


def degenerate_values(ratio: Fraction, length: int, head_dim: int) -> list[arb]:
    """Balls around f_b(m), m < length, for b = ratio^(−d/2)."""
    half = searchable(head_dim)
    with precision(_bits(length, half)):
        c = arb(fmpq(ratio.numerator, ratio.denominator))
        return products([c**i for i in range(half)], 0, whole(length, "length", 1))


def _bits(length: int, half: int) -> int:
    """c^(d/2−1) has (d/2) log₂(6L) digits before the point and needs log₂ L after it, and some to spare."""
    return 2 * half * (3 + (6 * length).bit_length()) + 128
