"""The stored excesses of every number: blocks drawn at random are counted again, and a falsified one is found."""

from __future__ import annotations

import hashlib
import json
import math
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest
import torch

from assayer.lab import style
from assayer.results.near_product import (
    brute_force_table,
    excess,
    excess_law,
    least_sum,
    least_sums,
    pictures,
    segment,
)
from assayer.results.near_product import stored as law
from assayer.results.near_product import sweeps as excesses

DATA = Path(law.__file__).parent / "data" / "excess_law"
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


def test_blocks_are_the_rows_up_to_a_number() -> None:
    assert [int(row["stop"]) for row in law.blocks(100)] == [8, 16, 32, 64]
    assert len(law.blocks(ALL)) == len(law.stored()["start"]) and law.blocks(7) == []


def test_the_stored_blocks_are_every_number_from_4_to_2_30() -> None:
    rows = law.stored()
    assert rows["start"][0] == 4 and (rows["start"][1:] == rows["stop"][:-1]).all() and rows["stop"][-1] == 2**30
    assert [{"start": a, "stop": b} for a, b in zip(rows["start"], rows["stop"], strict=True)] == excesses.plan(2**30)
    assert (rows["counts"].sum(axis=1) == rows["stop"] - rows["start"]).all()
    assert law.octaves()["numbers"].sum() == 2**30 - 4 >= 10**9


def test_small_octaves_agree_with_the_sieve_and_with_one_number_at_a_time() -> None:
    truth = brute_force_table(2**12)
    o = law.octaves()
    for i in range(10):
        n = range(2 ** (i + 2), 2 ** (i + 3))
        e = np.array([excess(v) for v in n])
        assert o["k"][i] == i + 2 and o["numbers"][i] == len(n)
        assert np.histogram(e, [*np.arange(129) / 16, np.inf])[0].tolist() == o["counts"][i].tolist()
        assert o["mean"][i] == pytest.approx(e.mean(), rel=1e-9)
        assert o["steps"][i] == sum(int(truth[v]) - math.isqrt(4 * v) for v in n)
        assert o["scale"][i] == pytest.approx(np.mean([v ** (-1 / 6) for v in n]), rel=0.02)
        assert law.survival(o["counts"])[i][16] == np.mean(e >= 1)


def test_blocks_drawn_at_random_are_computed_again() -> None:
    rows = law.blocks(ALL)
    for row in [*rows[:12], *drawn(rows, 3)]:
        assert law.differing(row) == []


@pytest.mark.parametrize("column", ["counts", "steps", "total", "largest", "largest_sum"])
def test_a_falsified_block_is_found(column: str) -> None:
    row = dict(law.blocks(ALL)[14])
    assert law.differing(row) == []
    if column == "counts":
        row[column] = row[column].copy()
        row[column][20:22] += [1, -1]
    else:
        row[column] += (row["stop"] - row["start"] + 1) if column == "total" else 1
    assert law.differing(row) == [column]


def test_the_largest_excess_of_a_block_is_that_numbers() -> None:
    for row in drawn(law.blocks(ALL), 10):
        assert least_sum(int(row["largest"])) == row["largest_sum"]
        top = int(np.flatnonzero(row["counts"])[-1])
        assert top == min(128, int(16 * excess(int(row["largest"]))))


def test_a_block_does_not_depend_on_its_batch_and_adds_up() -> None:
    whole = excesses.block(1000, 3000)
    assert whole == excesses.block_by_scan(1000, 3000)
    assert whole == excesses.block(1000, 3000, batch=77)
    first, second = excesses.block(1000, 1500), excesses.block(1500, 3000)
    assert [a + b for a, b in zip(first["counts"], second["counts"], strict=True)] == whole["counts"]
    assert first["total"] + second["total"] == whole["total"] and first["steps"] + second["steps"] == whole["steps"]
    for start, stop in ((3, 10), (10, 10), (2**53, 2**53 + 1)):
        with pytest.raises(ValueError, match="a block needs 4 <= start < stop <= 2.53"):
            excesses.block(start, stop)


def test_a_batch_that_does_not_fit_is_halved_with_the_same_row(monkeypatch: pytest.MonkeyPatch) -> None:
    sieved, counted, expected = excesses._sieved, excesses.counted, excesses.block(1000, 3000)

    def small(start: int, stop: int) -> dict[str, Any]:
        if stop - start > 300:
            raise MemoryError("small")
        return sieved(start, stop)

    monkeypatch.setattr(excesses, "_sieved", small)
    assert excesses.block(1000, 3000) == expected

    def little(start: int, sums: Any) -> dict[str, Any]:
        if len(sums) > 300:
            raise RuntimeError("CUDA out of memory")
        return counted(start, sums)

    monkeypatch.setattr(excesses, "counted", little)
    assert excesses.block_by_scan(1000, 3000) == expected


def test_a_scan_whose_gpu_is_lost_ends_on_the_cpu_with_the_same_row(monkeypatch: pytest.MonkeyPatch) -> None:
    expected = excesses.block(1000, 3000)
    tried: list[str] = []

    def arange(start: int, stop: int, device: torch.device) -> Any:
        tried.append(device.type)
        if device.type != "cpu":
            raise RuntimeError("CUDA error: the launch timed out and was terminated")
        return torch.ones(stop - start, dtype=torch.int64).cumsum(0) + (start - 1)

    monkeypatch.setattr("assayer.lab.faults._lost", set())
    monkeypatch.setattr("assayer.lab.devices.available", lambda: ["cuda", "cpu"])
    monkeypatch.setattr(excesses, "torch", SimpleNamespace(arange=arange))
    assert excesses.block_by_scan(1000, 3000, batch=800) == expected
    assert tried == ["cuda", "cpu", "cpu", "cpu"]


def test_an_excess_next_to_a_mark_is_decided_in_digits() -> None:
    for n, s in ((10, 7), (1000, 64), (123_457, 707)):
        e = (s - 2 * math.sqrt(n)) / n ** (1 / 6)
        assert [excesses.reaches(n, s, j) for j in range(40)] == [e >= j / 16 for j in range(40)]


@pytest.mark.parametrize(
    ("start", "stop"),
    [(0, 1), (3, 9), (1020, 1030), (1024, 1025), (0, 40_000), (2**26 - 500, 2**26 + 60_000), (2**52, 2**52 + 400)],
)
def test_the_sieve_of_a_range_agrees_with_the_scan(start: int, stop: int) -> None:
    sums = segment.consecutive_sums(start, stop)
    assert sums.tolist() == least_sums(torch.arange(start, stop)).tolist()


def test_a_sieve_of_too_few_sides_is_caught(planted: Any) -> None:
    """Faults in the two bounds: sides from the root on, and no numbers before the range. Then some sum is too large."""
    truth = brute_force_table(3200)[3001:]
    faults = (("first = (isqrt", "first = isqrt(low) + 0 * (isqrt"), ("start - ceil(4 * above / 3)", "start"))
    for old, new in faults:
        wrong = planted(segment.consecutive_sums, old, new)(3001, 3201)
        assert (wrong >= truth).all() and (wrong > truth).any()
    assert (segment.consecutive_sums(3001, 3201) == truth).all()


def test_a_range_that_is_none_is_refused() -> None:
    for start, stop in ((-1, 5), (5, 5), (0, 2**53 + 1)):
        with pytest.raises(ValueError, match="consecutive_sums needs 0 <= start < stop <= 2.53"):
            segment.consecutive_sums(start, stop)


def test_plans_keep_to_octaves() -> None:
    points = excesses.plan(5000, block=1000)
    assert points[0] == {"start": 4, "stop": 8} and points[-1] == {"start": 4096, "stop": 5000}
    assert all(p["stop"] - p["start"] <= 1000 and p["stop"] <= 2 ** p["start"].bit_length() for p in points)
    with pytest.raises(ValueError, match="plan"):
        excesses.plan(4)


def test_the_octaves_are_drawn() -> None:
    o = law.octaves()
    shares = dict(zip(o["k"].tolist(), law.survival(o["counts"]), strict=True))
    marks = np.array([excess_law(j / 16) for j in range(129)])
    distances = np.abs(law.survival(o["counts"]) - marks).max(axis=1)
    with style():
        fig = pictures.draw_octaves({k: shares[k] for k in (8, 17, 29)}, o["k"], {"a": distances, "b": o["mean"]})
    left, right = fig.axes
    assert [line.get_label() for line in left.lines][1:] == [f"$2^{{{k}}} ≤ N < 2^{{{k + 1}}}$" for k in (8, 17, 29)]
    assert [line.get_ydata().tolist() for line in right.lines] == [distances.tolist(), o["mean"].tolist()]
