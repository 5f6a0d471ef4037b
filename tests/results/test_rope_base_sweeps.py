"""The stored bases of the grid: rows drawn at random are confirmed and computed again, and a falsified one is found."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest

from assayer.lab import style
from assayer.results.rope_base import ROWS, pictures
from assayer.results.rope_base import stored as bases
from assayer.results.rope_base import sweeps as grid

DATA = Path(bases.__file__).parent / "data" / "bases"
ALL = 2**60


def drawn(rows: list[dict[str, Any]], count: int) -> list[dict[str, Any]]:
    return [rows[i] for i in np.random.default_rng(9775).choice(len(rows), count, replace=False)]


def test_the_record_beside_the_result_is_of_that_file() -> None:
    record = json.loads((DATA.with_suffix(".json")).read_text(encoding="utf-8"))
    assert hashlib.sha256(DATA.with_suffix(".parquet").read_bytes()).hexdigest() == record["sha256"]
    assert record["command"].startswith("python benchmarks/sweeps.py") and record["machine"] and record["date"]
    metadata = pq.read_schema(DATA.with_suffix(".parquet")).metadata
    for name in ("function", "code", "plan", "parameters"):
        assert metadata[name.encode()].decode() == record["sweep"][name]


def test_the_stored_bases_are_the_whole_grid() -> None:
    rows = bases.pairs(ALL)
    assert [{"head_dim": row["head_dim"], "length": row["length"]} for row in rows] == grid.plan()
    lengths, least = bases.line("high", 128)
    assert lengths.tolist() == list(grid.LENGTHS) and len(least) == len(lengths)


def test_the_stored_bases_agree_with_the_published_rows() -> None:
    at = {row["length"]: row for row in bases.pairs(ALL) if row["head_dim"] == 128}
    both = [row for row in ROWS if row.length in at]
    assert len(both) == 7
    for row in both:
        ours = at[row.length]
        assert (ours["fails"], ours["safe_fails"]) == (row.fails, row.safe_fails)
        assert ours["low"] <= row.high and row.low <= ours["high"]
        assert ours["safe_low"] <= row.safe_high and row.safe_low <= ours["safe_high"]


def test_a_longer_text_and_a_smaller_head_need_no_smaller_base() -> None:
    for d in grid.HEAD_DIMS:
        for name in ("high", "safe_high"):
            assert (np.diff(bases.line(name, d)[1]) >= 0).all()


def test_bases_drawn_at_random_are_confirmed_by_balls() -> None:
    for row in drawn(bases.pairs(ALL), 6):
        assert bases.unconfirmed(row) == []


def test_bases_drawn_at_random_are_computed_again() -> None:
    short = [row for row in bases.pairs(ALL) if row["length"] <= 4096]
    for row in drawn(short, 4):
        assert bases.differing(row) == []


@pytest.mark.parametrize(
    ("column", "change", "balls", "anew"),
    [
        ("low", 1 + 1e-6, ["low", "low to high"], ["high"]),
        ("high", 1 - 1e-6, ["high", "low to high"], ["high"]),
        ("high", 1 + 1e-6, ["low to high"], []),
        ("safe_low", 1 + 1e-6, ["safe_low", "safe_low to safe_high"], ["safe_high"]),
        ("safe_high", 1 - 1e-6, ["safe_high", "safe_low to safe_high"], ["safe_high"]),
        ("fails", None, ["low"], ["fails"]),
        ("safe_fails", None, ["safe_low"], ["safe_fails"]),
    ],
)
def test_a_falsified_base_is_found(column: str, change: float | None, balls: list[str], anew: list[str]) -> None:
    row = dict(bases.pairs(ALL)[26])
    assert (row["head_dim"], row["length"]) == (128, 1024)
    assert bases.unconfirmed(row) == [] and bases.differing(row) == []
    row[column] = row[column] + 1 if change is None else row[column] * change
    assert bases.unconfirmed(row) == balls and bases.differing(row) == anew


def test_the_sizes_are_drawn() -> None:
    lengths = bases.line("length", 32)[0]
    least, safe = (np.stack([bases.line(name, d)[1] for d in grid.HEAD_DIMS]) for name in ("high", "safe_high"))
    with style():
        fig = pictures.draw_sizes(lengths, least, safe)
    left, right = fig.axes
    assert len(left.lines) == 9 and len(right.lines) == 5
    assert right.lines[2].get_ydata().tolist() == (safe[2] / least[2]).tolist()
