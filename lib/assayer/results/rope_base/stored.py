"""The stored sweep over lengths and head sizes: its rows, and a row confirmed by balls or computed anew.

`data/bases.parquet` is written by ``python benchmarks/sweeps.py rope_base --store``, and `data/bases.json` says with
which code, where and when. Its columns are those of `sweeps.both`.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

from numpy.typing import NDArray

from assayer.lab import read_results
from assayer.results.rope_base.balls import enclose, holds
from assayer.results.rope_base.sweeps import both


@cache
def stored() -> dict[str, NDArray[Any]]:
    """The stored rows by column: `head_dim`, `length`, and what `both` gives."""
    return read_results(str(files("assayer.results.rope_base") / "data" / "bases.parquet"))


def pairs(longest: int) -> list[dict[str, Any]]:
    """The stored rows, one by one, of lengths up to `longest`."""
    rows = stored()
    each = zip(*rows.values(), strict=True)
    return [row for values in each if (row := dict(zip(rows, values, strict=True)))["length"] <= longest]


def line(name: str, head_dim: int) -> tuple[NDArray[Any], NDArray[Any]]:
    """The lengths, and the column `name` of the stored rows, for one head size."""
    rows = stored()
    of = rows["head_dim"] == head_dim
    return rows["length"][of], rows[name][of]


def unconfirmed(row: Mapping[str, Any]) -> list[str]:
    """What the balls do not confirm of one row: at each low its position fails, and at each high all positions hold."""
    length, head_dim = int(row["length"]), int(row["head_dim"])
    wrong = []
    for low, high, fails in (("low", "high", "fails"), ("safe_low", "safe_high", "safe_fails")):
        m = int(row[fails])
        if not (0 < m < length and enclose(float(row[low]), m, head_dim) < 0):
            wrong.append(low)
        if not holds(float(row[high]), length, head_dim):
            wrong.append(high)
        if not float(row[low]) < float(row[high]) < float(row[low]) * (1 + 1e-9):
            wrong.append(f"{low} to {high}")
    return wrong


def differing(row: Mapping[str, Any]) -> list[str]:
    """The columns of a row that `both`, run anew, does not give: another position, an enclosure that does not meet."""
    again = both(int(row["length"]), int(row["head_dim"]))
    wrong = [name for name in ("fails", "safe_fails") if int(row[name]) != again[name]]
    for low, high in (("low", "high"), ("safe_low", "safe_high")):
        if float(row[low]) > again[high] or again[low] > float(row[high]):
            wrong.append(high)
    return wrong
