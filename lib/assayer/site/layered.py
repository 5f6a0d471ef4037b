"""A layered drawing of a directed graph without circles: what is needed stands above what needs it.

The usual four steps (rows, stand-ins where an edge passes a row, an order with few crossings, places). A library was
looked for: graphviz is a program that a reader's machine may lack, grandalf is under the GPL, and networkx gives rows
but neither the order nor the places. The graphs here have some tens of nodes to a chapter, for which this is enough.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

Edge = tuple[str, str]
Point = tuple[float, float]
Key = str | tuple[str, int]
"""A node, or the stand-in of a node's edges in a row that they pass: they pass it together."""

HEIGHT, ACROSS, DOWN = 46.0, 18.0, 34.0
"""The height of a node, and the room between two in a row and between two rows."""
THIN, NARROW = 4.0, 10.0
"""The width of an edge that passes a row, and the room beside it."""
SWEEPS = 12
SCROLL = 4.0
"""A pixel that one has to scroll sideways is worth so many of height."""
SHORTER = 8
"""So often are the rows of a drawing that is too wide made shorter."""


@dataclass(frozen=True)
class Drawing:
    """The centre of each node, the points that each edge passes from top to bottom, and the size of the whole."""

    centres: dict[str, Point]
    paths: dict[Edge, list[Point]]
    width: float
    height: float


def lay_out(widths: Mapping[str, float], edges: Sequence[Edge], room: float) -> Drawing:
    """Draw the graph on a page `room` wide, as far as its nodes allow; `widths` gives the nodes in reading order.

    Every edge goes from a node to one in a lower row. Nodes that no edge joins to others stand last.

    Raises:
        ValueError: for an edge to or from no node, and for edges that form a circle.
    """
    for edge in edges:
        for end in edge:
            if end not in widths:
                raise ValueError(f"the edge {edge[0]} → {edge[1]} has an end that is no node: {end}")
    blocks = []
    for names in _components(widths, edges):
        inside = [edge for edge in edges if edge[0] in names]
        blocks.append(_fitting({name: widths[name] for name in widths if name in names}, inside, room))
    # Blocks of one row go together, after those that have something to show.
    blocks.sort(key=lambda block: (not block.paths, -len(block.centres) if block.paths else 0))
    return _shelves(blocks, room)


def reduced(edges: Sequence[Edge]) -> list[Edge]:
    """The edges that do not follow from others: u → w goes where u → v → w leads there as well."""
    below: dict[str, list[str]] = {}
    for upper, lower in edges:
        below.setdefault(upper, []).append(lower)

    def reaches(start: str, end: str) -> bool:
        waiting, seen = [one for one in below.get(start, ()) if one != end], set()
        while waiting:
            name = waiting.pop()
            if name == end:
                return True
            if name not in seen:
                seen.add(name)
                waiting += below.get(name, [])
        return False

    return [edge for edge in edges if not reaches(*edge)]


def _components(names: Mapping[str, float], edges: Sequence[Edge]) -> list[set[str]]:
    """The sets of nodes that edges join, in the order of their first nodes."""
    home = {name: {name} for name in names}
    for upper, lower in edges:
        if home[upper] is not home[lower]:
            home[upper] |= home[lower]
            for name in home[lower]:
                home[name] = home[upper]
    found: list[set[str]] = []
    for name in names:
        if not any(home[name] is one for one in found):
            found.append(home[name])
    return found


def _rows(widths: Mapping[str, float], edges: Sequence[Edge], room: float) -> list[list[str]]:
    """Every node below those that it needs, no row wider than `room` unless one node is."""
    above = {name: {u for u, v in edges if v == name} for name in widths}
    below = {name: {v for u, v in edges if u == name} for name in widths}
    depth: dict[str, int] = {}

    def measure(name: str, path: tuple[str, ...] = ()) -> int:
        if name in path:
            raise ValueError(f"edges form a circle: {' → '.join([*path[path.index(name) :], name])}")
        if name not in depth:
            depth[name] = 1 + max((measure(one, (*path, name)) for one in below[name]), default=0)
        return depth[name]

    order = {name: number for number, name in enumerate(widths)}
    waiting = sorted(widths, key=lambda name: (-measure(name), order[name]))
    rows: list[list[str]] = []
    placed: dict[str, int] = {}
    while waiting:
        row: list[str] = []
        for name in waiting:
            if above[name] <= placed.keys() and (not row or _width([*row, name], widths) <= room):
                row.append(name)
        waiting = [name for name in waiting if name not in row]
        rows.append(row)
        placed.update({name: len(rows) - 1 for name in row})
    # A node with more below than above moves down to what needs it: its edges get shorter.
    for name in sorted(placed, key=lambda name: -placed[name]):
        if len(below[name]) > len(above[name]):
            lowest = min(placed[one] for one in below[name]) - 1
            for row_number in range(lowest, placed[name], -1):
                if _width([*rows[row_number], name], widths) <= room:
                    rows[placed[name]].remove(name)
                    rows[row_number].append(name)
                    placed[name] = row_number
                    break
    return [row for row in rows if row]


def _width(row: Sequence[Key], widths: Mapping[Key, float] | Mapping[str, float]) -> float:
    return sum(widths[name] for name in row) + ACROSS * (len(row) - 1)  # type: ignore[index]


def _fitting(widths: Mapping[str, float], edges: Sequence[Edge], room: float) -> Drawing:
    """One component with rows as long as the page allows.

    Edges that pass a row need room as well, and how many do is known only once it is drawn: while the drawing is too
    wide, its rows are made shorter.
    """
    tried = [_block(widths, edges, room)]
    while tried[-1].width > room and len(tried) < SHORTER:
        tried.append(_block(widths, edges, room * (1 - len(tried) / (SHORTER + 2))))
    return min(tried, key=lambda block: block.height + SCROLL * max(0.0, block.width - room))


def _block(widths: Mapping[str, float], edges: Sequence[Edge], room: float) -> Drawing:
    """One component."""
    rows: list[list[Key]] = [list(row) for row in _rows(widths, edges, room)]
    row_of = {name: number for number, row in enumerate(rows) for name in row}
    sizes: dict[Key, float] = dict(widths)
    chains: dict[Edge, list[Key]] = {}
    for edge in edges:
        upper, lower = edge
        between = [(upper, number) for number in range(row_of[upper] + 1, row_of[lower])]
        for key in between:
            if key not in sizes:
                rows[key[1]].append(key)
                sizes[key] = THIN
        chains[edge] = [upper, *between, lower]
    up: dict[Key, list[Key]] = {key: [] for key in sizes}
    down: dict[Key, list[Key]] = {key: [] for key in sizes}
    for chain in chains.values():
        for first, second in pairwise(chain):
            if second not in down[first]:
                down[first].append(second)
                up[second].append(first)
    rows = _ordered(rows, up, down)
    across = _places(rows, sizes, up, down)
    left = min(across[key] - sizes[key] / 2 for key in sizes)
    right = max(across[key] + sizes[key] / 2 for key in sizes)
    where = {key: (across[key] - left, HEIGHT / 2 + n * (HEIGHT + DOWN)) for n, row in enumerate(rows) for key in row}
    paths = {edge: _points([where[key] for key in chain]) for edge, chain in chains.items()}
    centres = {name: where[name] for name in widths}
    return Drawing(centres, paths, right - left, len(rows) * (HEIGHT + DOWN) - DOWN)


def _points(centres: Sequence[Point]) -> list[Point]:
    """From the lower side of the first to the upper side of the last, straight down through each row between."""
    points = [(centres[0][0], centres[0][1] + HEIGHT / 2)]
    for x, y in centres[1:-1]:
        points += [(x, y - HEIGHT / 2), (x, y + HEIGHT / 2)]
    return [*points, (centres[-1][0], centres[-1][1] - HEIGHT / 2)]


def _crossings(rows: Sequence[Sequence[Key]], down: Mapping[Key, Sequence[Key]]) -> int:
    found = 0
    for row, following in pairwise(rows):
        place = {key: number for number, key in enumerate(following)}
        ends = [sorted(place[one] for one in down[key]) for key in row]
        for number, first in enumerate(ends):
            found += sum(a > b for second in ends[number + 1 :] for a in first for b in second)
    return found


def _ordered(rows: list[list[Key]], up: Mapping[Key, list[Key]], down: Mapping[Key, list[Key]]) -> list[list[Key]]:
    """Each row by the mean place of its neighbours, down and up in turn; the order with the fewest crossings counts."""
    best, least = [list(row) for row in rows], _crossings(rows, down)
    for sweep in range(SWEEPS):
        downwards = sweep % 2 == 0
        near = up if downwards else down
        for number in range(1, len(rows)) if downwards else range(len(rows) - 2, -1, -1):
            beside = rows[number - 1 if downwards else number + 1]
            place = {key: position / max(len(beside) - 1, 1) for position, key in enumerate(beside)}
            own = {key: position / max(len(rows[number]) - 1, 1) for position, key in enumerate(rows[number])}

            def mean(
                key: Key, near: Mapping[Key, list[Key]] = near, place: dict[Key, float] = place, own: dict = own
            ) -> float:
                return sum(place[one] for one in near[key]) / len(near[key]) if near[key] else own[key]

            rows[number] = sorted(rows[number], key=mean)
        count = _crossings(rows, down)
        if count < least:
            best, least = [list(row) for row in rows], count
    return best


def _places(
    rows: Sequence[Sequence[Key]],
    sizes: Mapping[Key, float],
    up: Mapping[Key, list[Key]],
    down: Mapping[Key, list[Key]],
) -> dict[Key, float]:
    """How far to the right each node stands: near the mean of its neighbours, without overlap."""
    across: dict[Key, float] = {}
    for row in rows:
        across.update(_spread(row, [0.0] * len(row), sizes))
    for sweep in range(SWEEPS):
        for row in rows if sweep % 2 == 0 else reversed(rows):
            wish = []
            for key in row:
                near = [across[one] for one in (*up[key], *down[key])]
                wish.append(sum(near) / len(near) if near else across[key])
            across.update(_spread(row, wish, sizes))
    return across


def _spread(row: Sequence[Key], wish: Sequence[float], sizes: Mapping[Key, float]) -> dict[Key, float]:
    """The places nearest to `wish`, in squares, that keep the order and the room between neighbours.

    Less the room to its left, each place may not fall from one node to the next: pools of neighbours that would are
    given their mean.
    """
    offsets = [0.0]
    for first, second in pairwise(row):
        between = ACROSS if isinstance(first, str) and isinstance(second, str) else NARROW
        offsets.append(offsets[-1] + (sizes[first] + sizes[second]) / 2 + between)
    pools: list[tuple[float, int]] = []
    for target, offset in zip(wish, offsets, strict=True):
        total, count = target - offset, 1
        while pools and pools[-1][0] / pools[-1][1] > total / count:
            before, many = pools.pop()
            total, count = total + before, count + many
        pools.append((total, count))
    levels = [total / count for total, count in pools for _ in range(count)]
    return {key: level + offset for key, level, offset in zip(row, levels, offsets, strict=True)}


def _shelves(blocks: Sequence[Drawing], room: float) -> Drawing:
    """Blocks side by side while they fit, then on the next shelf; those without edges begin one of their own."""
    centres: dict[str, Point] = {}
    paths: dict[Edge, list[Point]] = {}
    x = y = tallest = widest = 0.0
    single = False
    for block in blocks:
        if x > 0 and (x + block.width > room or (not block.paths and not single)):
            x, y, tallest = 0.0, y + tallest + DOWN, 0.0
        single = not block.paths
        centres.update({name: (px + x, py + y) for name, (px, py) in block.centres.items()})
        paths.update({edge: [(px + x, py + y) for px, py in points] for edge, points in block.paths.items()})
        widest, tallest = max(widest, x + block.width), max(tallest, block.height)
        x += block.width + 2 * ACROSS if block.paths else block.width + ACROSS
    return Drawing(centres, paths, widest, y + tallest)
