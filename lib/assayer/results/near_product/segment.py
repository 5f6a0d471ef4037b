"""S(n) for every n of a range: a sieve over the factorisations near the square, which shares nothing with the scan.

f(m) is the least a + b over the ab = m that can matter, and S(n) = n + min (f(m) - m) over m ≤ n: a running minimum.
What can matter follows from the chapter's bound S(n) < 2 sqrt n + t(n) with t(n) = 2 + sqrt(1 + 4 sqrt n), which grows
with n. Let n = ab + c be a best representation with n < stop, and sqrt n ≥ 8.

- c = S - (a + b) ≤ S - 2 sqrt(n - c) < t + 2 (sqrt n - sqrt(n - c)) ≤ t + 2c/sqrt n ≤ t + c/4, so that c < 4t/3:
  only the m from start - 4t/3 on matter.
- b - a = q has q^2 = (a + b)^2 - 4ab < (2 sqrt n + t)^2 - 4m, which bounds a from below by (sqrt(q^2 + 4m) - q)/2.

A segment of L numbers near n costs about sqrt(L + 2 n^(3/4)) sides a with L/sqrt n products each: far less than L.
"""

from __future__ import annotations

from math import ceil, isqrt, sqrt

import numpy as np
from numpy.typing import NDArray

from assayer.results.near_product.witness import brute_force_table

SMALL = 1024
"""Below this the table of all factorisations is as quick, and needs no bound."""


def consecutive_sums(start: int, stop: int) -> NDArray[np.int64]:
    """S(n) = least a + b + c over n = ab + c, for n = start, …, stop - 1: int64.

    0 ≤ start < stop ≤ 2^53; about 40 bytes a number. Raises `ValueError` otherwise.
    """
    if not 0 <= start < stop <= 2**53:
        raise ValueError(f"consecutive_sums needs 0 <= start < stop <= 2^53, got {start} and {stop}")
    if start < SMALL:
        head = np.asarray(brute_force_table(min(stop, SMALL) - 1), dtype=np.int64)[start:]
        return head if stop <= SMALL else np.concatenate([head, consecutive_sums(SMALL, stop)])
    above = 3 + sqrt(1 + 4 * sqrt(stop))  # t, and 1 more for rounding
    low = start - ceil(4 * above / 3)
    widest = isqrt((ceil(2 * sqrt(stop) + above)) ** 2 - 4 * low) + 1
    first = (isqrt(widest * widest + 4 * low) - widest) // 2
    f = np.full(stop - low, 2**62)
    counter = np.arange(1 + (stop - low) // first)
    for a in range(first, isqrt(stop - 1) + 1):
        # b ≥ a, so that of the a that divide one m the last to write is nearest to the root, and its sum the least.
        b = max(a, -(-low // a))
        products = f[a * b - low :: a]
        np.add(counter[: len(products)], a + b, out=products)
    f -= np.arange(low, stop)
    np.minimum.accumulate(f, out=f)
    n = np.arange(start, stop)
    return np.minimum(n, f[start - low :] + n)
