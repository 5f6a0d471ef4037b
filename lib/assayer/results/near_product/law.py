"""The excess of S(n) over 2 sqrt(n), in units of n^(1/6), and the law it is conjectured to follow.

If the rests c at the successive p > 2 sqrt(n) were independent, and uniform on [0, 2 n^(1/4) sqrt(p - 2 sqrt
n)], the excess y = S - 2 sqrt(n) would survive past y with probability exp(-(2/3) y^(3/2) / n^(1/4)): in
units of n^(1/6), exp(-(2/3) z^(3/2)), whatever n is. Independence and uniformity are assumed, not proved; the
law is tested.
"""

from __future__ import annotations

import math

from assayer.results.near_product.scan import minimize, natural

EXCESS_MEAN = (3 / 2) ** (2 / 3) * math.gamma(5 / 3)
"""The mean of the law: (3/2)^(2/3) Gamma(5/3), about 1.18293."""


def excess_law(z: float) -> float:
    """P(E > z) = exp(-(2/3) z^(3/2)) for z >= 0, and 1 for z < 0: a Weibull law of shape 3/2."""
    return math.exp(-(2 / 3) * max(z, 0.0) ** 1.5)


def excess(n: int) -> float:
    """E(n) = (S(n) - 2 sqrt n) / n^(1/6), to about 15 digits for n of any size.

    The difference is taken as (S^2 - 4n)/(S + 2 sqrt n): its numerator is an exact integer, so nothing
    cancels. n: an integer >= 1; errors as for `minimize`.
    """
    n = natural(n, "excess", least=1)
    s = sum(minimize(n))
    # sqrt(n) from 64 extra bits: n itself may be too large for a float, its root seldom is.
    root = math.isqrt(n << 128) / (1 << 64)
    return (s * s - 4 * n) / (s + 2 * root) / math.cbrt(root)
