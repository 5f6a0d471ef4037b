"""Both least bases over a grid of lengths and head sizes: one pair a point, for `assayer.lab.sweep`.

The points run on the CPU whatever the device is: another device sums in another order, and the last digits of an
enclosure would not be the same. ``python benchmarks/sweeps.py rope_base`` runs it; `stored.py` reads what it gave.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from assayer.results.rope_base.least import least_base
from assayer.results.rope_base.safe import safe_base

LENGTHS = (1024, 1536, 2048, 3072, 4096, 6144, 8192, 12288, 16384, 24576, 32768, 49152, 65536)
"""Positions: the powers of 2 from 2^10 to 2^16 and their halves between."""
HEAD_DIMS = (32, 64, 128, 256)


def plan(lengths: Sequence[int] = LENGTHS, head_dims: Sequence[int] = HEAD_DIMS) -> list[dict[str, int]]:
    """The points of the grid, by head size and then by length."""
    return [{"head_dim": d, "length": length} for d in head_dims for length in lengths]


def both(length: int, head_dim: int) -> dict[str, Any]:
    """A and B for one length and head size, each with its enclosure and the position that decides.

    Returns: `low`, `high` and `fails` of `least_base`, with `steps`, the size of its cover; `safe_low`, `safe_high` and
    `safe_fails` of `safe_base`. Errors as there.
    """
    a, b = least_base(length, head_dim, "cpu"), safe_base(length, head_dim, "cpu")
    return {
        "low": a.low,
        "high": a.high,
        "fails": a.violated,
        "steps": len(a.cover),
        "safe_low": b.low,
        "safe_high": b.high,
        "safe_fails": b.violated,
    }
