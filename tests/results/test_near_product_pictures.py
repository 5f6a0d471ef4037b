"""The points that the chapter's figures show are those of the problem."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from matplotlib.figure import Figure

from assayer.lab import style
from assayer.results import near_product as m
from assayer.results.near_product import pictures


@pytest.mark.parametrize("n", [0, 1, 12, 130])
def test_the_pairs_are_all_pairs_under_the_hyperbola(n: int) -> None:
    assert pictures.pairs(n) == [(a, b) for a in range(1, n + 1) for b in range(a, n + 1) if a * b <= n]


def test_the_rests_belong_to_representations() -> None:
    n = 10**6 + 3
    p, x, c = pictures.rests(n, 40)
    assert p[0] > 2 * n**0.5 >= p[0] - 1
    for one, offset, rest in zip(p, x, c, strict=True):
        square = one * one - 4 * (n - rest)  # q² = p² − 4ab
        assert rest >= 0 and round(square**0.5) ** 2 == square
        assert offset == pytest.approx(float(one) - 2 * n**0.5, abs=one * 2**-40)


@pytest.mark.parametrize("n", [6, 19, 130])
def test_the_lattice_names_every_best_pair(n: int) -> None:
    with style():
        figure = pictures.draw_lattice(n)
    assert isinstance(figure, Figure)
    alt = pictures.lattice_alt(n)
    assert all(f"({a}, {b})" in alt for a, b, _ in m.minimizers(n) if a)
    labels = [text.get_text() for text in figure.axes[0].get_legend().get_texts()]
    assert f"a + b + c = {m.least_sum(n)}, the least" in labels


@pytest.mark.parametrize("bad", [-1, 2.5])
def test_bad_numbers_are_named(bad: float) -> None:
    with pytest.raises((TypeError, ValueError), match=str(bad)):
        pictures.pairs(bad)  # type: ignore[arg-type]


def close(expected: object) -> object:
    """Equal but for the rounding of a few operations on floats that are below 2^13 times what is compared."""
    return pytest.approx(expected, rel=2**-36, abs=2**-36)


def dots(figure: Figure) -> set[tuple[float, float]]:
    """The small dots of a figure's first axes."""
    found = [line.get_xydata() for line in figure.axes[0].get_lines() if line.get_marker() == "."]
    return {(float(x), float(y)) for xy in found for x, y in xy}


def circles(figure: Figure, axes: int = 0) -> set[tuple[float, float]]:
    """The open circles."""
    found = [line.get_xydata() for line in figure.axes[axes].get_lines() if line.get_marker() == "o"]
    return {(float(x), float(y)) for xy in found for x, y in xy}


@pytest.mark.parametrize("n", [6, 99, 100, 400])
def test_the_lattice_shows_every_dot_or_those_near_the_hyperbola(n: int) -> None:
    figure = pictures.draw_lattice(n)
    right, top = figure.axes[0].get_xlim()[1], figure.axes[0].get_ylim()[1]
    assert (right, top) == (n**0.5 + 1, 2.4 * n**0.5 + 1)
    inside = {(a, b) for a, b in pictures.pairs(n) if b <= top}
    shown = inside if n < 100 else {(a, b) for a, b in inside if (a - 1) * (b - 1) >= n / 4}
    assert dots(figure) == shown and (shown < inside) is (n >= 100)
    assert circles(figure) == {(a, b) for a, b, _ in m.minimizers(n) if a}


@pytest.mark.parametrize("n", [6, 19, 130, 1000])
def test_the_lines_of_the_lattice_are_level(n: int) -> None:
    """Along each, a + b + (n - ab) is the sum that its label names; the least is one of them, the hyperbola first."""
    figure = pictures.draw_lattice(n)
    hyperbola, *levels = [line for line in figure.axes[0].get_lines() if line.get_linestyle() != "None"]
    a, b = hyperbola.get_xydata().T
    assert a * b == close(n) and hyperbola.get_label() == f"ab = {n}"
    assert a[-1] == close(b[-1]) and b[0] == close(2.4 * n**0.5 + 1)
    step = max(1, int(n**0.5) // 2)
    sums = [s for s in (m.least_sum(n) + k * step for k in range(3)) if n + 1 - s > 0]
    assert len(levels) == len(sums)
    for line, s in zip(levels, sums, strict=True):
        a, b = line.get_xydata().T
        assert a + b + n - a * b == close(s) and line.get_label().startswith(f"a + b + c = {s}")
        assert a[-1] == close(b[-1]) and b[0] == close(2.4 * n**0.5 + 1)
        assert line.get_label().endswith("the least") is (s == sums[0])


def test_the_corner_of_the_rests() -> None:
    n, count = 141_421_356, 120
    figure = pictures.draw_rests(n, count)
    _, x, c = pictures.rests(n, count)
    a, b, rest = m.minimize(n)
    y = a + b + rest - 2 * n**0.5
    for axes in (0, 1):
        points, line = figure.axes[axes].get_lines()[:2]
        assert points.get_xydata().T.tolist() == [x.tolist(), c.tolist()]
        assert line.get_xydata() == close(np.array([[0, y], [y, 0]]))
        assert line.get_label() == f"a + b + c = {a + b + rest}"
    envelope = figure.axes[0].get_lines()[2].get_xydata()
    assert all(height == close(2 * n**0.25 * t**0.5) for t, height in envelope)
    assert envelope[-1][0] == x[-1] == figure.axes[0].get_xlim()[1]
    ((where, height),) = circles(figure, 1)
    assert (where, height) == (close(a + b - 2 * n**0.5), rest)
    assert figure.axes[1].get_xlim() == close((0, 2.5 * y))
    assert figure.axes[1].get_ylim() == close((-0.05 * y, 2.5 * y))


@pytest.mark.parametrize("n", [36, 10**6])
def test_rests_of_a_product_of_equals_have_no_corner(n: int) -> None:
    with pytest.raises(ValueError, match=f"above 2 sqrt.n., got {n} "):
        pictures.draw_rests(n, 10)


def test_one_sample_or_three_beside_the_law() -> None:
    for count in (1, 2, 3):
        samples = {f"sample {k}": [0.5, 1.0, 1.0, k + 2.0] for k in range(count)}
        law, *shares = pictures.draw_law(samples, marks=10).axes[0].get_lines()
        assert law.get_xydata() == close(np.array([(k / 2, m.excess_law(k / 2)) for k in range(10)]))
        assert [line.get_label() for line in shares] == list(samples)
        assert len({line.get_marker() for line in shares}) == count
        for k, line in enumerate(shares):
            sample = samples[f"sample {k}"]
            assert [y for _, y in line.get_xydata()] == [sum(v > z for v in sample) / 4 for z in line.get_xdata()]


@pytest.mark.parametrize(
    ("call", "named"),
    [
        (lambda: pictures.rests(10, 0), "rests .* n >= 1, got 0"),
        (lambda: pictures.rests(0, 10), "rests .* n >= 1, got 0"),
        (lambda: pictures.draw_lattice(5), "draw_lattice .* n >= 6, got 5"),
        (lambda: pictures.lattice_alt(5), "lattice_alt .* n >= 6, got 5"),
        (lambda: pictures.draw_rests(5, 10), "draw_rests .* n >= 6, got 5"),
    ],
)
def test_numbers_that_have_no_figure_are_named(call: Callable[[], object], named: str) -> None:
    with pytest.raises(ValueError, match=named):
        call()
