"""The least a + b + c over n = ab + c by other roads than the chapter's scan, to check it against.

None of these uses the (p, q) algebra of `scan.py`, save `proven_window`, which drops only the early stop.
"""

from __future__ import annotations

from math import isqrt

import numpy as np
from numpy.typing import NDArray

from assayer.results.near_product.scan import Triple, candidate, natural, search_bound

_SCAN_LIMIT = 10**24


def brute_force(n: int) -> Triple:
    """The definition itself: every pair 0 <= a <= b with ab <= n. Among ties, the least a + b.

    Pairs with a = 0 and b > 0 are left out, since (0, 0, n) has a smaller sum. Cost about n log(n)/2.
    n: an integer >= 0; errors as for `minimize`.
    """
    n = natural(n, "brute_force")
    best = (n, 0, 0, 0)
    for a in range(1, isqrt(n) + 1):
        for b in range(a, n // a + 1):
            best = min(best, (n - a * b + a + b, a + b, a, b))
    _, _, a, b = best
    return a, b, n - a * b


def brute_force_table(limit: int) -> NDArray[np.int64]:
    """S(0), ..., S(limit), as int64 of shape (limit + 1,), without solving anything for one n at a time.

    f(m) = the least a + b over the factorisations ab = m comes from a sieve: for a = 1, 2, ... write a + b at
    the multiples ab with b >= a, so that the last writer, nearest to the root, stays. Then
    S(n) = n + min(0, min over m <= n of f(m) - m), a running minimum. Cost about limit log(limit)/2.
    limit: an integer >= 0; errors as for `minimize`.
    """
    limit = natural(limit, "brute_force_table")
    n = np.arange(limit + 1, dtype=np.int64)
    f = n.copy()
    for a in range(1, isqrt(limit) + 1):
        f[a * a :: a] = a + np.arange(a, limit // a + 1, dtype=np.int64)
    return n + np.minimum.accumulate(f - n)


def scan_over_a(n: int, chunk: int = 1 << 18) -> int:
    """S(n) by scanning a downwards from floor(sqrt n) with b = floor(n/a), in exact int64 arithmetic.

    For a given a >= 1 the sum n - b(a - 1) + a does not grow with b, so b = floor(n/a) is best, and it is at
    least a + n/a, which grows as a falls below sqrt n: the scan ends once that reaches the best sum found.
    With r = floor(sqrt n), n = r^2 + e and a = r - j: b = r + j + floor((j^2 + e)/a) and c = (j^2 + e) mod a,
    so that numbers far beyond 64 bits need only j^2 + e to fit. Looks at about n^(1/3) values of a.
    n: an integer in 0 .. 10^24 (`ValueError` beyond); other errors as for `minimize`.
    """
    n = natural(n, "scan_over_a")
    if n > _SCAN_LIMIT:
        raise ValueError(f"scan_over_a is meant for n <= 10^24 (it takes n^(1/3) steps), got {n}")
    r = isqrt(n)
    best = n
    for first in range(0, r, chunk):
        a = r - first
        if a - (-n // a) >= best:
            break
        j = np.arange(first, min(first + chunk, r), dtype=np.int64)
        quotient, remainder = np.divmod(j * j + (n - r * r), r - j)
        best = min(best, 2 * r + int((quotient + remainder).min()))
    return best


def proven_window(n: int) -> Triple:
    """The chapter's scan without its early stop: every p from floor(2 sqrt n) to the proved bound, and p = 0.

    About 2 n^(1/4) values of p. The least a + b among ties. Arguments and errors as for `minimize`.
    """
    n = natural(n, "proven_window")
    found = (0, 0, n)
    for p in range(isqrt(4 * n), search_bound(n)):
        triple = candidate(n, p)
        if sum(triple) < sum(found):
            found = triple
    return found
