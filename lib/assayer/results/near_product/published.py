"""The source's algorithms as printed, and the rule that it retracts: kept in order to be shown wrong.

Source: archive number 9775 (2023-09-20) of the article the chapter cites.
"""

from __future__ import annotations

from math import isqrt
from typing import TYPE_CHECKING

from assayer.results.near_product.scan import Triple, candidate, natural, search_bound

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


def first_algorithm(n: int, closed: bool = False) -> Triple | None:
    """The source's first algorithm: the best a in (sqrt(n/2), sqrt n], with b = floor(n/a).

    closed: take the left end sqrt(n/2) in. None where the interval holds no integer (n = 2, as printed).
    n: an integer >= 1; errors as for `minimize`. Wrong for some n: see the chapter, "Where it breaks".
    """
    n = natural(n, "first_algorithm", least=1)
    lowest = isqrt((n - 1) // 2) + 1 if closed else isqrt(n // 2) + 1
    triples = [(a, n // a, n % a) for a in range(lowest, isqrt(n) + 1)]
    return min(triples, key=sum, default=None)


def first_algorithm_table(limit: int, closed: bool = False) -> NDArray[np.int64]:
    """The sums that `first_algorithm` gives for n = 0 .. limit: int64, shape (limit + 1,); -1 where none.

    Cost about limit^(3/2)/3. limit: an integer >= 0; errors as for `minimize`.
    """
    import numpy as np

    limit = natural(limit, "first_algorithm_table")
    none = np.iinfo(np.int64).max
    table = np.full(limit + 1, none, dtype=np.int64)
    for a in range(1, isqrt(limit) + 1):
        # a lies in the interval just when a^2 <= n < 2a^2 (n <= 2a^2 with the left end taken in).
        n = np.arange(a * a, min(2 * a * a + closed, limit + 1), dtype=np.int64)
        part = table[n[0] : n[0] + n.size]
        np.minimum(part, a + n // a + n % a, out=part)
    table[table == none] = -1
    return table


def naive_rule(n: int) -> Triple:
    """The retracted guess: a = floor(sqrt n), and b = a + 1 where that product fits and is not 0, else b = a.

    n: an integer >= 0; errors as for `minimize`. Wrong for most n: 130 = 10*13 has sum 23, the rule gives 31.
    """
    n = natural(n, "naive_rule")
    r = isqrt(n)
    b = r + 1 if 0 < r * (r + 1) <= n else r
    return r, b, n - r * b


def naive_table(limit: int) -> NDArray[np.int64]:
    """The sums that `naive_rule` returns for n = 0 .. limit, as int64 of shape (limit + 1,).

    limit: an integer >= 0 and below 2^52 (float64 roots are exact there); errors as for `minimize`.
    """
    import numpy as np

    n = np.arange(natural(limit, "naive_table") + 1, dtype=np.int64)
    r = np.sqrt(n.astype(np.float64)).astype(np.int64)
    b = r + ((r > 0) & (r * (r + 1) <= n))
    return n - r * b + r + b


def published_scan(n: int) -> Triple:
    """The source's final algorithm as printed: p from floor(2 sqrt n) up to the bound, without a = b = 0.

    n: an integer >= 0; errors as for `minimize`. Wrong at n = 1, 2 and 3, where (0, 0, n) is best.
    """
    n = natural(n, "published_scan")
    window = range(isqrt(4 * n), search_bound(n))
    return min((candidate(n, p) for p in window), key=sum)
