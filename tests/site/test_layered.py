"""Layered drawings: nothing overlaps, every line leads down, and what cannot be drawn is refused."""

from __future__ import annotations

import random
from itertools import pairwise

import pytest

from assayer.site import layered


def overlaps(drawing: layered.Drawing, widths: dict[str, float]) -> list[tuple[str, str]]:
    """Pairs of nodes that lie on one another."""
    names = list(widths)
    return [
        (a, b)
        for number, a in enumerate(names)
        for b in names[number + 1 :]
        if abs(drawing.centres[a][0] - drawing.centres[b][0]) < (widths[a] + widths[b]) / 2
        and abs(drawing.centres[a][1] - drawing.centres[b][1]) < layered.HEIGHT
    ]


def some(count: int, seed: int, ancestors: int) -> tuple[dict[str, float], list[layered.Edge]]:
    """A random graph: each node needs some of those before it."""
    chance = random.Random(seed)
    names = [f"n{number}" for number in range(count)]
    edges = {
        (names[chance.randrange(number)], names[number])
        for number in range(1, count)
        for _ in range(chance.randrange(ancestors + 1))
    }
    return {name: chance.uniform(80, 180) for name in names}, sorted(edges)


@pytest.mark.parametrize("seed", range(6))
def test_nothing_overlaps_and_every_line_leads_down(seed: int) -> None:
    widths, edges = some(30, seed, 2)
    drawing = layered.lay_out(widths, layered.reduced(edges), 700)
    assert overlaps(drawing, widths) == []
    for (upper, lower), points in drawing.paths.items():
        x, y = drawing.centres[upper]
        assert points[0] == pytest.approx((x, y + layered.HEIGHT / 2))
        x, y = drawing.centres[lower]
        assert points[-1] == pytest.approx((x, y - layered.HEIGHT / 2))
        assert all(a[1] < b[1] for a, b in pairwise(points))
    for name, (x, y) in drawing.centres.items():
        assert 0 <= x - widths[name] / 2 + 1e-6 and x + widths[name] / 2 <= drawing.width + 1e-6
        assert 0 <= y - layered.HEIGHT / 2 and y + layered.HEIGHT / 2 <= drawing.height + 1e-6


def test_the_measure_of_overlap_sees_one() -> None:
    widths = {"a": 100.0, "b": 100.0}
    assert overlaps(layered.Drawing({"a": (0, 0), "b": (99, 45)}, {}, 0, 0), widths) == [("a", "b")]
    assert overlaps(layered.Drawing({"a": (0, 0), "b": (100, 45)}, {}, 0, 0), widths) == []


def test_a_line_passes_no_node() -> None:
    """Between two rows a line goes straight down through the row it passes, beside every node of it."""
    widths, edges = some(40, 3, 2)
    drawing = layered.lay_out(widths, layered.reduced(edges), 700)
    passed = [
        (edge, x)
        for edge, points in drawing.paths.items()
        for (x, top), (below, bottom) in zip(points[1:-1:2], points[2:-1:2], strict=True)
        for name, (centre, y) in drawing.centres.items()
        if abs((top + bottom) / 2 - y) < 1 and abs(centre - x) < widths[name] / 2 and below == x
    ]
    assert any(len(points) > 2 for points in drawing.paths.values()) and passed == []


def test_nodes_without_lines_stand_last() -> None:
    drawing = layered.lay_out({"alone": 100.0, "a": 100.0, "b": 100.0}, [("a", "b")], 700)
    assert drawing.centres["a"][1] < drawing.centres["b"][1] < drawing.centres["alone"][1]
    assert drawing.centres["a"][0] == drawing.centres["b"][0]


def test_wide_graphs_are_folded_to_the_page() -> None:
    widths = {"root": 100.0, **{f"leaf{number}": 100.0 for number in range(24)}}
    drawing = layered.lay_out(widths, [("root", name) for name in widths if name != "root"], 700)
    assert drawing.width <= 700 and overlaps(drawing, widths) == []


def test_what_follows_is_left_out() -> None:
    edges = [("a", "b"), ("b", "c"), ("a", "c"), ("a", "d")]
    assert layered.reduced(edges) == [("a", "b"), ("b", "c"), ("a", "d")]
    assert layered.reduced([("a", "c"), ("b", "c")]) == [("a", "c"), ("b", "c")]


def test_places_are_the_nearest_that_keep_the_room() -> None:
    found = layered._spread(["a", "b", "c"], [0.0, 0.0, 500.0], {"a": 100, "b": 100, "c": 100})
    half = (100 + layered.ACROSS) / 2
    assert found == pytest.approx({"a": -half, "b": half, "c": 500})


@pytest.mark.parametrize(
    ("edges", "message"),
    [
        ([("a", "b"), ("b", "a")], "edges form a circle: a → b → a"),
        ([("a", "nobody")], "the edge a → nobody has an end that is no node: nobody"),
    ],
)
def test_what_cannot_be_drawn_is_refused(edges: list[layered.Edge], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        layered.lay_out({"a": 100.0, "b": 100.0}, edges, 700)


def test_the_same_graph_gives_the_same_drawing() -> None:
    widths, edges = some(30, 1, 2)
    assert layered.lay_out(widths, edges, 700) == layered.lay_out(dict(widths), list(edges), 700)
