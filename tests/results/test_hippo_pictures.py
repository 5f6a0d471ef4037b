"""What the chapter's figures show is what was computed."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from matplotlib.figure import Figure

from assayer.lab import rounding, style
from assayer.results import hippo as m
from assayer.results.hippo import pictures


def test_the_example_signal_begins_at_its_first_wave_and_has_its_bump() -> None:
    t = torch.tensor([[0.3, 1.0]], dtype=torch.float64)
    u = pictures.drawn_signal(t)
    assert u.shape == t.shape
    waves = 0.8 * math.sin(2.1) + 0.3 * math.sin(9.7) * 0.3
    assert float(u[0, 0]) == pytest.approx(waves + 1.4)
    assert float(u[0, 1]) == pytest.approx(0.8 * math.sin(7) + 0.3 * math.sin(30), abs=1e-12)


def test_the_memories_are_legs_projection_and_legt_in_its_window() -> None:
    for now in (0.3, 0.65, 1.0):
        legs, legt = pictures.memories(now)
        assert legs.shape == legt.shape == (pictures.STATES,)
        assert torch.equal(legs, m.project(pictures.drawn_signal, now, pictures.STATES))
        window = m.project(pictures.drawn_signal, now, pictures.STATES, window=pictures.WINDOW)
        # Not equal: (closure) is an approximation. But near, and not near LegS.
        assert float((legt - window).norm()) < 0.05 * float(window.norm())
        assert float((legt - legs).norm()) > 0.02 * float(window.norm())


def test_the_memories_are_drawn_where_they_are() -> None:
    with style():
        figure = pictures.draw_memories(0.5)
    assert isinstance(figure, Figure)
    lines = {line.get_label(): line for line in figure.axes[0].get_lines()}
    assert {"the signal", "LegS", "LegT"} <= set(lines)
    for name, low, c in (("LegS", 0.0, pictures.memories(0.5)[0]), ("LegT", 0.25, pictures.memories(0.5)[1])):
        x, y = lines[name].get_data()
        assert x[0] == pytest.approx(low) and x[-1] == pytest.approx(0.5)
        ends = m.reconstruct(c, torch.tensor([-1.0, 1.0], dtype=torch.float64))
        assert [y[0], y[-1]] == pytest.approx(ends.tolist())
    x, y = lines["the signal"].get_data()
    assert np.array_equal(y, pictures.drawn_signal(torch.as_tensor(x)).numpy())
    assert lines["LegS"].get_linestyle() != lines["LegT"].get_linestyle()
    assert "0.5" in figure.axes[0].get_title() and "0.5" in pictures.memories_alt(0.5)


@pytest.mark.parametrize("bad", [0.25, 0.1, 1.5, 0.30001])
def test_a_present_outside_the_picture_is_refused(bad: float) -> None:
    with pytest.raises(ValueError, match="t must lie in"):
        pictures.memories(bad)


@pytest.mark.parametrize("bad", [0.0, -1.0, math.nan])
def test_a_present_that_is_no_time_is_refused(bad: float) -> None:
    with pytest.raises(ValueError, match="t must be positive"):
        pictures.memories(bad)


def test_errors_and_bounds_are_drawn_as_given() -> None:
    measured = {"one": [0.1, 0.05], "two": [0.01, 0.0025]}
    bounds = {"two": [0.02, 0.005]}
    with style():
        figure = pictures.draw_errors((10, 20), measured, bounds)
    ax = figure.axes[0]
    lines = {line.get_label(): line for line in ax.get_lines()}
    assert set(lines) == {"one", "two", "bound, two"}
    for name, values in (*measured.items(), ("bound, two", bounds["two"])):
        assert list(lines[name].get_xdata()) == [10, 20] and list(lines[name].get_ydata()) == values
    assert ax.get_xscale() == ax.get_yscale() == "log"
    assert [text.get_text() for text in ax.get_xticklabels()] == ["10", "20"]
    looks = {(line.get_marker(), line.get_color()) for line in (lines["one"], lines["two"])}
    assert len(looks) == 2


def test_the_errors_of_the_delay_are_those_of_the_rational_function() -> None:
    z = np.array([0.5, 2.0, 10.0])
    exact = np.abs((6 - 2 * z) / (6 + 4 * z + z**2) - np.exp(-z))
    gap = np.abs(pictures.delay_errors(2, z) - exact).max()
    assert gap <= rounding(operations=16).tolerance()
    assert np.abs(pictures.delay_errors(3, z) - exact).max() > rounding(operations=16).tolerance()
    with pytest.raises(ValueError, match="number of states"):
        pictures.delay_errors(0, z)


def test_the_delay_is_drawn_with_its_bound_inside_the_frame() -> None:
    z = np.geomspace(0.05, 40, 9)
    with style():
        figure = pictures.draw_delay((1, 5), z)
    ax = figure.axes[0]
    bound, marks, bound_5, marks_5 = ax.get_lines()
    assert [line.get_label() for line in (marks, marks_5)] == ["1 state", "5 states"]
    assert len(bound.get_xdata()) == 9 and len(bound_5.get_xdata()) < 9
    assert list(bound.get_ydata()) == [m.delay_bound(1, float(x)) for x in z]
    assert min(bound_5.get_ydata()) >= pictures.LOWEST == ax.get_ylim()[0]
    assert list(marks_5.get_ydata()) == list(pictures.delay_errors(5, np.asarray(marks_5.get_xdata())))
    assert ax.get_xlim() == (z[0], z[-1])
