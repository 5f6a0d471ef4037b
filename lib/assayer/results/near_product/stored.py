"""The stored sweep over every n from 4 to 2^30 - 1: its rows, added up by octave, and a row computed anew.

`data/excess_law.parquet` is written by ``python benchmarks/sweeps.py near_product --store``, and `data/excess_law.json`
says with which code, where and when. Its columns are those of `sweeps.block`.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np
from numpy.typing import NDArray

from assayer.lab import read_results
from assayer.results.near_product.sweeps import UNIT, block_by_scan


@cache
def stored() -> dict[str, NDArray[Any]]:
    """The stored rows by column: `start` and `stop` of each block, and what `block` gives; `counts` has 129 columns."""
    return read_results(str(files("assayer.results.near_product") / "data" / "excess_law.parquet"))


def blocks(below: int) -> list[dict[str, Any]]:
    """The stored rows, one by one, of the blocks that end at or before `below`."""
    rows = stored()
    each = zip(*rows.values(), strict=True)
    return [row for values in each if (row := dict(zip(rows, values, strict=True)))["stop"] <= below]


def octaves(rows: Mapping[str, NDArray[Any]] | None = None) -> dict[str, NDArray[Any]]:
    """The rows added up over each octave 2^k ≤ n < 2^(k+1), by default the stored ones.

    Returns int64 `k` and `numbers` (how many n), `counts` of shape (octaves, 129), `steps`, and float64 `mean` (of E)
    and `scale`, the mean of n^(-1/6) by its integral, right to a part in 10^3 for k ≥ 4 and better for larger k.
    """
    rows = stored() if rows is None else rows
    exponents = np.array([int(v).bit_length() - 1 for v in rows["start"]])
    k = np.unique(exponents)

    def added(name: str) -> NDArray[Any]:
        return np.stack([rows[name][exponents == v].sum(axis=0) for v in k])

    low = np.array([rows["start"][exponents == v].min() for v in k]).astype(float)
    high = np.array([rows["stop"][exponents == v].max() for v in k]).astype(float)
    numbers = (high - low).astype(np.int64)
    return {
        "k": k,
        "numbers": numbers,
        "counts": added("counts"),
        "steps": added("steps"),
        "mean": added("total") * UNIT / numbers,
        "scale": 6 / 5 * (high ** (5 / 6) - low ** (5 / 6)) / (high - low),
    }


def survival(counts: NDArray[Any]) -> NDArray[Any]:
    """The share of excesses at or above each mark j/16, j = 0, …, 128: float64, shape as `counts`."""
    tail = np.cumsum(counts[..., ::-1], axis=-1)[..., ::-1]
    return tail / tail[..., :1]


def differing(row: Mapping[str, Any]) -> list[str]:
    """The columns of a stored row that the scan, run anew, does not give; `total` may differ by a unit for each number.

    row: `start`, `stop` and the columns of `block`, as numbers and a sequence of counts.
    """
    start, stop = int(row["start"]), int(row["stop"])
    again = block_by_scan(start, stop)
    wrong = [name for name in ("steps", "largest", "largest_sum") if int(row[name]) != again[name]]
    if [int(v) for v in row["counts"]] != again["counts"]:
        wrong.append("counts")
    if abs(int(row["total"]) - again["total"]) > stop - start:
        wrong.append("total")
    return wrong
