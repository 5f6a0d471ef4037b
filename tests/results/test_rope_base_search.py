"""The searches for the least and the safe base, against dense grids and mpmath; planted faults are caught."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from functools import cache
from typing import Any

import mpmath
import numpy as np
import pytest
import torch

from assayer.results import rope_base as r
from assayer.results.rope_base import balls, function, least, safe

CPU = torch.device("cpu")
CASES = [(3, 4), (10, 8), (40, 16), (64, 32), (100, 6), (150, 128), (256, 64), (300, 16), (700, 128)]


@cache
def found(length: int, d: int) -> tuple[r.LeastBase, r.SafeBase]:
    return r.least_base(length, d, "cpu"), r.safe_base(length, d, "cpu")


def lowest(log_b: np.ndarray, length: int, d: int) -> np.ndarray:
    """min over m < length of f, with every cosine computed in numpy."""
    w, m = np.arange(d // 2) * 2 / d, np.arange(length)
    return np.array([np.cos(m[:, None] * np.exp(-s * w)).sum(1).min() for s in log_b])


@pytest.mark.parametrize(("length", "d"), CASES)
def test_no_base_of_a_dense_grid_contradicts_them(length: int, d: int) -> None:
    a, b = found(length, d)
    assert 1 < a.low < a.high <= a.low * (1 + 1e-9) and 1 < b.low < b.high <= b.low * (1 + 1e-9)
    assert a.low <= b.high
    below = lowest(np.linspace(1e-3, math.log(a.low) - 1e-9, 1500), length, d)
    assert (below < 0).all()
    above = lowest(np.linspace(math.log(b.high) + 1e-9, math.log(b.high) + 5, 800), length, d)
    assert (above > 0).all()
    assert float(a) == a.high and float(b) == b.high
    assert (a.length, a.head_dim, b.length, b.head_dim) == (length, d, length, d)


@pytest.mark.parametrize(("length", "d"), CASES)
def test_balls_confirm_every_step_and_both_ends(length: int, d: int) -> None:
    a, b = found(length, d)
    assert r.uncovered(a.cover, a.end, d) == [] and math.exp(a.end) >= a.low
    assert 0 < a.violated < length and r.enclose(a.low, a.violated, d) < 0 and r.holds(a.high, length, d)
    assert 0 < b.violated < length and r.enclose(b.low, b.violated, d) < 0 and r.holds(b.high, length, d)


def test_a_cover_with_a_hole_or_a_wrong_position_is_not_confirmed() -> None:
    a, _ = found(256, 64)
    cover = list(a.cover)
    assert r.uncovered(cover[1:], a.end, 64)[0] == "the cover does not begin at 0"
    assert r.uncovered([], a.end, 64) == ["the cover does not begin at 0"]
    middle = len(cover) // 2
    assert r.uncovered(cover[:middle] + cover[middle + 1 :], a.end, 64)
    assert len(r.uncovered([(s, m + 1) for s, m in cover], a.end, 64)) > len(cover) / 2
    assert r.uncovered(cover, math.log(a.high) + 1e-6, 64)
    swapped = [*cover[:3], cover[4], cover[3], *cover[5:]]
    assert r.uncovered(swapped, a.end, 64)


def test_a_step_is_confirmed_only_as_far_as_it_goes() -> None:
    """cos 2 < 0: at log b = 0 the position 2 fails for every pair, and for no base from 20 on with two pairs."""
    assert balls.negative_on(0.0, 0.1, 2, 4) and not balls.negative_on(0.0, 3.0, 2, 4)
    assert not balls.negative_on(3.0, 3.1, 2, 4)
    assert balls.negative_on(0.0, 0.0, 2, 4) and not balls.negative_on(0.0, 0.0, 1, 4)


def test_the_zero_by_newton_in_mpmath() -> None:
    """An independent method at L = 4096, d = 128: the zero of f at m = 4012 in 30 digits."""
    a = r.least_base(4096, 128, "cpu")
    with mpmath.workdps(30):
        zero = mpmath.findroot(
            lambda b: mpmath.fsum(mpmath.cos(a.violated * b ** (-mpmath.mpf(i) / 64)) for i in range(64)), a.high
        )
        assert a.low <= zero <= a.high
    assert a.violated == 4012


def test_least_is_the_start_of_a_piece_and_safe_the_end_of_the_gaps() -> None:
    """At L = 1024, d = 128 there are three pieces; the source's remark that bisection fails."""
    a, b = r.least_base(1024, 128, "cpu"), r.safe_base(1024, 128, "cpu")
    assert a.high < 4293.44 < 4293.43 * 1.00001 and 6018.28 < b.low < b.high < 6018.29
    assert r.holds("4330.3", 1024, 128) and not r.holds("4330.5", 1024, 128) and r.holds("5602.3", 1024, 128)


@pytest.mark.parametrize("length", [1, 2])
def test_two_positions_ask_for_nothing(length: int) -> None:
    a, b = r.least_base(length, 8), r.safe_base(length, 8)
    assert (a.low, a.high, a.violated, a.cover) == (1.0, 1.0, None, ())
    assert (b.low, b.high, b.violated) == (1.0, 1.0, None)
    assert r.holds(1.0001, length, 8) and not r.holds(1.0001, 3, 8)


def test_a_longer_range_needs_no_smaller_base() -> None:
    bases = [found(n, 16)[0].high for n in (40, 300)], [found(n, 16)[1].high for n in (40, 300)]
    assert all(one <= two for one, two in bases)


def test_expansion_bounds_from_above() -> None:
    """f and its slope plus their errors; K from the largest log b on."""
    at, m = torch.tensor([2.0, 3.5], dtype=torch.float64), torch.tensor([77.0, 5.0], dtype=torch.float64)
    f, slope, bend = least.expansion(at, m, function.exponents(32), 2.0, 32)
    for n, (s, p) in enumerate([(2.0, 77), (3.5, 5)]):
        with mpmath.workdps(30):
            w = [mpmath.mpf(i) / 16 for i in range(16)]
            a = [p * mpmath.exp(-s * v) for v in w]
            value = mpmath.fsum(mpmath.cos(x) for x in a)
            rise = mpmath.fsum(mpmath.sin(x) * x * v for x, v in zip(a, w, strict=True))
            most = mpmath.fsum((x * v) ** 2 + x * v * v for x, v in zip(a, w, strict=True))
        assert value <= f[n].item() <= value + 1e-11
        assert rise <= slope[n].item() <= rise + 1e-10
        assert most <= bend[n].item() <= most * (1 + 1e-11)


def test_from_the_analytic_bound_on_all_hold() -> None:
    for length, d in ((100, 16), (1024, 128)):
        s = safe.all_hold_from(length, d)
        m, w = np.arange(length), np.arange(d // 2) * 2 / d
        envelope = np.cos(np.minimum(length * np.exp(-s * w), np.pi)).sum()
        assert 0 < envelope < 0.01
        assert all(np.cos(m[:, None] * np.exp(-t * w)).sum(1).min() > 0 for t in (s, s + 0.3, s + 2))


def test_slabs_do_not_change_the_result(monkeypatch: pytest.MonkeyPatch) -> None:
    expected = found(300, 16)
    monkeypatch.setattr(safe, "SLAB", 64)
    monkeypatch.setattr(least, "FIRST_WINDOW", 64)
    assert r.safe_base(300, 16, "cpu") == expected[1]
    again = r.least_base(300, 16, "cpu")
    assert (again.violated, again.high) == (expected[0].violated, pytest.approx(expected[0].high, rel=1e-11))


FAULTS = [
    (least, "_failing", "below = f + 4 * (alpha * m + beta)", "below = f - 1 + 4 * (alpha * m + beta)"),
    (least, "_failing", "stop = min(length, start + width)", "stop = min(length, start + width) - 64"),
    (least, "_follow", "best = int(at.argmax())", "best = int(at.argmin())"),
    (least, "_follow", "(root - slope) / bend", "2 * (root - slope) / bend"),
    (safe, "_descend", "(f < margin) | (end < margin)", "(f < margin)"),
    (safe, "_follow", "tau = torch.where(slope > 0", "tau = 3 * torch.where(slope > 0"),
]


@pytest.mark.parametrize(("module", "name", "old", "new"), FAULTS)
def test_planted_faults_are_noticed(
    module: Any, name: str, old: str, new: str, planted: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A fault in the search gives another base, a cover that the balls do not confirm, or an error."""
    expected = found(256, 64)
    monkeypatch.setattr(module, name, planted(getattr(module, name), old, new))
    if old.startswith("best ="):
        # A worse choice costs steps and nothing else.
        slower = r.least_base(256, 64, "cpu")
        assert slower.violated == expected[0].violated and len(slower.cover) != len(expected[0].cover)
        return
    noticed = False
    for length, d in ((256, 64), (700, 128), (300, 16)):
        expected = found(length, d)
        try:
            a, b = r.least_base(length, d, "cpu"), r.safe_base(length, d, "cpu")
        except (r.Undecided, IndexError):
            noticed = True
            continue
        noticed |= bool(r.uncovered(a.cover, a.end, d)) or a.violated != expected[0].violated
        noticed |= b.violated != expected[1].violated
    assert noticed


def test_the_stored_rows_are_what_the_search_finds() -> None:
    for row in r.ROWS[:3]:
        a, b = r.least_base(row.length, 128, "cpu"), r.safe_base(row.length, 128, "cpu")
        assert (a.violated, b.violated) == (row.fails, row.safe_fails)
        assert a.low <= row.high and row.low <= a.high and b.low <= row.safe_high and row.safe_low <= b.high
    assert [row.length for row in r.ROWS] == [1024 * 2**k for k in range(11)]


@pytest.mark.parametrize("row", r.ROWS[:8])
def test_the_stored_ends_in_balls(row: r.Row) -> None:
    assert r.enclose(row.low, row.fails, 128) < 0 and r.holds(row.high, row.length, 128)
    assert r.enclose(row.safe_low, row.safe_fails, 128) < 0 and r.holds(row.safe_high, row.length, 128)
    assert row.high / row.low - 1 < 1e-9 and row.safe_high / row.safe_low - 1 < 1e-9
    assert row.low < row.safe_high and f"{row.high:.1e}" == f"{float(row.article):.1e}"


def test_a_base_below_1_that_holds() -> None:
    for length, d in ((2, 6), (50, 8), (200, 32)):
        c = r.degenerate_ratio(length, d)
        assert c > 6 * length
        values = r.degenerate_values(c, length, d)
        assert len(values) == length and all(v > (d / 2 - 1) / 2 - 1 for v in values)
        moved = r.degenerate_values(c * (1 + Fraction(1, 1000)), length, d)
        assert length < 50 or not all(v > 0 for v in moved)


def test_the_limit_and_its_error() -> None:
    assert float(r.limit_value(5, 7).mid()) == pytest.approx(
        float((mpmath.ci(7) - mpmath.ci(7 / 5)) / mpmath.log(5)), rel=1e-14
    )
    assert r.riemann_bound(math.e, 3, 8) == pytest.approx((3 - 3 / math.e) / 4 * (0.5 + 1 / 48), rel=1e-14)
    for b, m, d in ((2, 1, 8), (100, 30, 64), (10_000, 3, 512)):
        gap = r.enclose(b, m, d) / (d // 2) - r.limit_value(b, m)
        assert abs(gap) < r.riemann_bound(b, m, d)
    with mpmath.workdps(30):
        low, high = (mpmath.mpf(end) / 10**18 for end in r.FIRST_ZERO)
        assert mpmath.ci(low) < 0 < mpmath.ci(high)


def test_grids_look_at_points_only() -> None:
    seen = r.nested_grid(256, 64, rounds=3)
    a = found(256, 64)[0]
    assert a.low <= seen <= a.high * 1.05
    bases = torch.tensor([a.low, a.high], dtype=torch.float64)
    bases = torch.stack([bases * (1 - 1e-7), bases * (1 + 1e-7)])
    assert r.dense_grid(256, 64, bases).tolist() == [[False, False], [True, True]]
    assert r.dense_grid(256, 64, torch.linspace(2, 50, 40, dtype=torch.float64)).sum() == 0


def test_a_result_is_frozen_and_says_what_it_is() -> None:
    a, b = found(10, 8)
    assert replace(a, cover=()) != a and "cover" not in repr(a) and "violated" in repr(b)
    with pytest.raises(AttributeError):
        a.low = 0.0


@pytest.mark.gpu
def test_on_the_device() -> None:
    if not torch.cuda.is_available():
        pytest.skip("no CUDA device here")
    a, b = r.least_base(1024, 128, "cuda"), r.safe_base(1024, 128, "cuda")
    assert (a.violated, b.violated) == (1009, 903) and r.uncovered(a.cover, a.end, 128) == []
