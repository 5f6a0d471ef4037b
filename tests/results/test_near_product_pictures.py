"""The points that the chapter's figures show are those of the problem."""

from __future__ import annotations

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
