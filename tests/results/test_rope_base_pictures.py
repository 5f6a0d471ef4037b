"""The chapter's figures: the points that they show, and that they are drawn."""

from __future__ import annotations

import math

import numpy as np
import pytest
from flint import arb

from assayer.lab import style
from assayer.results import rope_base as r
from assayer.results.rope_base import pictures
from assayer.results.rope_base.balls import precision


def test_the_map_is_the_sign_of_the_function() -> None:
    s, negative = pictures.sign_map(100, 16, columns=30)
    assert negative.shape == (30, 100) and s[0] == math.log(2) and s[-1] == pytest.approx(math.log(3000))
    for c, m in ((0, 2), (3, 50), (29, 99), (12, 0)):
        assert negative[c, m] == (r.base_function(math.exp(s[c]), m, 16).item() < 0)
    again, first = pictures.first_failures(100, 16, columns=30)
    assert (again == s).all()
    for c in (0, 7, 29):
        expected = r.first_failure(math.exp(s[c]), 16, limit=100)
        assert first[c] == (100 if expected is None else expected)


def test_lowest_is_the_least_value() -> None:
    got = pictures.lowest(np.array([50.0, 900.0]), 64, 8)
    m = np.arange(64)
    for value, b in zip(got, (50.0, 900.0), strict=True):
        assert value == pytest.approx(min(r.base_function(b, float(p), 8).item() for p in m), abs=1e-12)


def test_runs_are_rectangles() -> None:
    cells = np.array([[True, True, False, True], [False, False, False, False]])
    assert pictures._runs(np.array([1.0, 2.0]), cells, 10) == [
        [(0.5, 0), (1.5, 0), (1.5, 20), (0.5, 20)],
        [(0.5, 30), (1.5, 30), (1.5, 40), (0.5, 40)],
    ]


def test_the_figures_show_what_they_say() -> None:
    with style():
        drawn = pictures.draw_sign_map(128, 64)
        pieces = pictures.draw_lowest(256, 64, 100, 3000, points=50)
        growth = pictures.draw_growth(*(np.array([1.0, 2.0]) * k for k in range(1, 6)))
    ax = drawn.axes[0]
    marks = {line.get_label(): line.get_xdata()[0] for line in ax.lines}
    assert marks["A: some base holds"] == math.log(r.least_base(128, 64, "cpu").high)
    assert marks["B: all from here hold"] == math.log(r.safe_base(128, 64, "cpu").high)
    assert marks["L/x₀, the limit of large d"] == pytest.approx(math.log(128 / 0.616505485620716234), rel=1e-14)
    assert ax.get_ylim() == (0, 128)
    assert pieces.axes[0].get_xlim() == (100, 3000)
    assert {line.get_label(): list(line.get_ydata()) for line in growth.axes[0].lines} == {
        "paper": [4, 8],
        "article": [5, 10],
        "A": [2, 4],
        "B": [3, 6],
        "L/x₀": [pictures.LIMIT_RATIO, 2 * pictures.LIMIT_RATIO],
    }


def test_the_words_for_a_figure_tell_one_base_from_two() -> None:
    same, two = pictures.sign_map_alt(256, 128), pictures.sign_map_alt(1024, 128)
    assert "B is the same base" in same and "for the first time" in two and "4293" in two and "6018" in two


@pytest.mark.parametrize(("length", "d", "words"), [(10, 8, "at least 64"), (128, 2, "head_dim 2"), (128, 7, "even")])
def test_bad_input(length: int, d: int, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        pictures.draw_sign_map(length, d)


def test_the_limit_s_ratio_is_one_over_the_first_zero_of_ci() -> None:
    with precision(120):
        x, step = 1 / arb(pictures.LIMIT_RATIO), arb(2) ** -50
        assert (x * (1 - step)).ci() < 0
        assert (x * (1 + step)).ci() > 0
