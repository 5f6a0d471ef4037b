"""The excess of every n up to a limit: one block of numbers a point, for `assayer.lab.sweep`.

A block's row holds whole numbers alone, so that neither the order of the blocks nor the size of a batch nor the device
changes it: how many excesses lie between successive marks, how many p were tried, and the largest excess. The one
rounded column is `total`, the sum of the excesses in units of 2^-32, each rounded to a unit.

``python benchmarks/sweeps.py near_product`` runs it; `stored.py` reads what it gave.
"""

from __future__ import annotations

from decimal import Decimal, localcontext
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from assayer.lab import halving, or_cpu
from assayer.results.near_product.batch import least_sums
from assayer.results.near_product.scan import natural
from assayer.results.near_product.segment import consecutive_sums

FIRST = 4
"""From here on a = b = 0 does not win, and no excess is negative."""
BLOCK = 2**22
"""Numbers in a block."""
BATCH = 2**20
"""Numbers worked on at once: some 200 MB."""
MARKS = 128
"""Marks z = 0, 1/16, …, and everything from the last on in one count."""
WIDTH = 16
"""Marks in a unit of z: a power of 2, so that each mark is a float."""
UNIT = 2.0**-32
"""The unit of `total`."""
CLOSE = 1e-9
"""An excess this near to a mark, in 16ths, is decided in decimals: it is rounded by less than 10^-12 of itself."""


def plan(to: int, block: int = BLOCK) -> list[dict[str, int]]:
    """The blocks start ≤ n < stop from n = 4 up to `to`, each within one octave 2^k ≤ n < 2^(k+1).

    Raises as `minimize` for `to`, which is at least 5, and for `block`, at least 1.
    """
    to, block = natural(to, "plan", least=FIRST + 1), natural(block, "plan", least=1)
    points = []
    start = FIRST
    while start < to:
        stop = min(to, start + block, 1 << start.bit_length())
        points.append({"start": start, "stop": stop})
        start = stop
    return points


def block(start: int, stop: int, batch: int = BATCH) -> dict[str, Any]:
    """The excesses E(n) = (S(n) - 2 sqrt n)/n^(1/6) of start ≤ n < stop, counted, with S(n) from the sieve.

    Parameters: 4 ≤ start < stop ≤ 2^53; `batch` numbers are worked on at once, and half as many where memory runs out.
    Returns: `counts`, the number of E in [j/16, (j + 1)/16) for j < 128 and of E ≥ 8 last; `steps`, the sum of
    S(n) - floor(2 sqrt n); `total`, the sum of the E in units of 2^-32; `largest`, the n with the largest E, and
    `largest_sum`, its S(n).
    """
    _proper(start, stop)
    return _joined(halving(lambda low, high: _sieved(start + low, start + high), stop - start, batch))


def block_by_scan(start: int, stop: int, batch: int = BATCH) -> dict[str, Any]:
    """What `block` gives, with S(n) from the chapter's scan on the book's device; where that fails, on the CPU."""
    _proper(start, stop)

    def scanned(low: int, high: int) -> dict[str, Any]:
        def sums(device: torch.device) -> NDArray[np.int64]:
            return least_sums(torch.arange(start + low, start + high, device=device)).cpu().numpy()

        return counted(start + low, or_cpu(sums))

    return _joined(halving(scanned, stop - start, batch))


def _proper(start: int, stop: int) -> None:
    if not FIRST <= start < stop <= 2**53:
        raise ValueError(f"a block needs {FIRST} <= start < stop <= 2^53, got {start} and {stop}")


def _sieved(start: int, stop: int) -> dict[str, Any]:
    return counted(start, consecutive_sums(start, stop))


def _joined(parts: list[dict[str, Any]]) -> dict[str, Any]:
    best = max(parts, key=lambda part: part["excess"])  # the first of equal ones
    return {
        "counts": [sum(column) for column in zip(*(part["counts"] for part in parts), strict=True)],
        "steps": sum(part["steps"] for part in parts),
        "total": sum(part["total"] for part in parts),
        "largest": best["largest"],
        "largest_sum": best["largest_sum"],
    }


def counted(start: int, s: NDArray[np.int64]) -> dict[str, Any]:
    """The columns of `block` for n = start, start + 1, … with the sums `s`, and `excess`, the largest of them."""
    n = np.arange(start, start + len(s))
    root = np.sqrt(n.astype(np.float64))
    r = root.astype(np.int64)
    r -= r * r > n  # below 2^53 a rounded root may reach the next integer, and never falls below its own
    e = n - r * r
    u = s - 2 * r
    # S - 2 sqrt n = (S^2 - 4n)/(S + 2 sqrt n): nothing cancels.
    excess = (4 * r * u + u * u - 4 * e) / (s + 2 * root) / np.cbrt(root)
    place = excess * WIDTH
    mark = place.astype(np.int64)
    near = np.rint(place)
    for i in np.flatnonzero((np.abs(place - near) < CLOSE) & (near > 0)):
        mark[i] = int(near[i]) - (not reaches(int(n[i]), int(s[i]), int(near[i])))
    top = int(excess.argmax())
    return {
        "counts": np.bincount(np.minimum(mark, MARKS), minlength=MARKS + 1).tolist(),
        "steps": int((u - (e > r)).sum()),
        "total": int(np.rint(excess / UNIT).astype(np.int64).sum()),
        "largest": start + top,
        "largest_sum": int(s[top]),
        "excess": float(excess[top]),
    }


def reaches(n: int, s: int, j: int) -> bool:
    """Whether (s - 2 sqrt n)/n^(1/6) ≥ j/16, in 60 digits: for an excess that float64 cannot tell from a mark."""
    with localcontext(prec=60):
        sixth = Decimal(n) ** (Decimal(1) / 6)
        return WIDTH * (s - 2 * Decimal(n).sqrt()) >= j * sixth
