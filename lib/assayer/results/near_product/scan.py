"""The chapter's algorithm: scan p = a + b upwards from floor(2 sqrt n), stop at p >= best.

With p = a + b and q = b - a (so p and q have the same parity) the rest c of n = ab + c obeys
4c = 4n - p^2 + q^2, and the sum is S = p + c. For a given p the least c >= 0 comes from the least q >= 0 with
q^2 >= p^2 - 4n and the parity of p. That q never exceeds p (q = p is a solution), so a = (p - q)/2 >= 0.
All arithmetic is on Python integers; roots are `math.isqrt`.
"""

from __future__ import annotations

from math import isqrt
from operator import index
from typing import Any

Triple = tuple[int, int, int]


def natural(n: Any, function: str, least: int = 0) -> int:
    """`n` as a Python int that is at least `least`; raises `TypeError` or `ValueError` naming the value.

    Takes whatever has `__index__` (int, numpy and SymPy integers); refuses bool, float (2.0 too) and text.
    """
    try:
        if isinstance(n, bool):
            raise TypeError
        value = index(n)
    except TypeError:
        raise TypeError(
            f"{function} needs an integer n >= {least}, got {n!r} of type {type(n).__name__}; use int()"
        ) from None
    if value < least:
        # Python refuses to print integers of more than a few thousand digits.
        bits = value.bit_length()
        shown = str(value) if bits < 1000 else f"a number of {bits} bits, below zero"
        raise ValueError(f"{function} needs an integer n >= {least}, got {shown}")
    return value


def minimize(n: int) -> Triple:
    """The representation `n = a*b + c` with least `a + b + c`, as `(a, b, c)`; `0 <= a <= b`, `0 <= c`.

    n: any integer >= 0 (whatever has `__index__`; bool is refused).
    Among several minimisers: the one with the least `a + b`, hence the greatest `c`. So `minimize(4)` is
    `(0, 0, 4)` although `4 = 2*2` has the same sum; `minimizers(4)` lists both. From n = 6 on, a > 0.
    Raises `TypeError` for what is no integer, `ValueError` for a negative one; both name the value.

    The number of values of p looked at is S - floor(2 sqrt n): at most about 2 n^(1/4) (proved), about
    n^(1/6) (measured).
    Source: the chapter, in its section "Derivation" (stopping at p >= best is exact).
    """
    n = natural(n, "minimize")
    p = isqrt(4 * n)
    q = p & 1
    c = (4 * n - p * p + q) >> 2
    found, best = (p, q, c), p + c
    if n <= best:
        found, best = (0, 0, n), n
    # From here on p^2 > 4n. The loop carries d = p^2 - 4n, its next increment, and gap = 4 (best - p): a sum
    # p + c below best is the same as q^2 - d < gap, so that one subtraction decides, and p need not be kept.
    step = 2 * p + 1
    d = p * p - 4 * n + step
    step += 2
    gap = 4 * (best - p - 1)
    while gap > 0:
        q = isqrt(d - 1) + 1
        q += (q ^ d) & 1
        rest = q * q - d
        if rest < gap:
            gap = rest
            found = (step >> 1, q, rest >> 2)
        d += step
        step += 2
        gap -= 4
    p, q, c = found
    return (p - q) >> 1, (p + q) >> 1, c


def least_sum(n: int) -> int:
    """S(n): the least `a + b + c` over `n = a*b + c`. Arguments and errors as for `minimize`."""
    return sum(minimize(natural(n, "least_sum")))


def minimizers(n: int) -> list[Triple]:
    """Every `(a, b, c)` with `0 <= a <= b` and `n = a*b + c` whose sum is S(n), by growing `a + b`.

    Below p = floor(2 sqrt n) only p = 0 can reach the minimum: the best sum for p strictly falls from p = 3
    on, and for p = 1, 2 and 3 it is n + 1 while p = 0 gives n.
    Arguments and errors as for `minimize`.
    """
    n = natural(n, "minimizers")
    best = sum(minimize(n))
    ties = [(0, 0, n)] if n == best else []
    for p in range(max(1, isqrt(4 * n)), best + 1):
        a, b, c = candidate(n, p)
        if p + c == best:
            ties.append((a, b, c))
    return ties


def candidate(n: int, p: int) -> Triple:
    """The best representation of `n >= 0` with `a + b = p >= 0`: the least c, from the least q."""
    d = p * p - 4 * n
    q = isqrt(d - 1) + 1 if d > 0 else 0
    q += (q ^ p) & 1
    return (p - q) >> 1, (p + q) >> 1, (q * q - d) >> 2


def search_bound(n: int) -> int:
    """ceil(2 sqrt n + 2 + sqrt(1 + 4 sqrt n)), exactly: S(n) is below it, so a scan may end there.

    With w = 2m + 2, the number 2 sqrt n + sqrt(1 + 4 sqrt n) is at most m just when w >= 4 sqrt n and
    w^2 - 4w + 16n >= 8 w sqrt n; squared, both are statements about integers.
    Source: the chapter, "The search is short". Arguments and errors as for `minimize`.
    """
    n = natural(n, "search_bound")
    m = max(0, isqrt(4 * n) + isqrt(1 + isqrt(16 * n)) - 2)
    while True:
        w = 2 * m + 2
        left = w * w - 4 * w + 16 * n
        if w * w >= 16 * n and left >= 0 and left * left >= 64 * w * w * n:
            return m + 2
        m += 1
