"""Branch and bound for inequalities over a box: where to cut until the claim is certain on every part.

The part in whose middle the claim is closest to failing is cut first, so that a false claim is given up soon, with a
point where it fails. Nothing here is trusted: ``rules.Enclosure`` covers the box and decides every part again.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import count

import sympy as sp
from flint import arb, fmpq

from assayer.derivation.prover import Attempt
from assayer.derivation.trusted.context import Goal, domain_relations
from assayer.derivation.trusted.errors import Unsupported
from assayer.derivation.trusted.evaluate import Undecided, Undefined, holds, measured, value
from assayer.derivation.trusted.expressions import domain
from assayer.derivation.trusted.ranges import Enclosed, Range, ends, hull
from assayer.derivation.trusted.rules import Box, Tree, box_of, certain, excluded

MOST_PARTS = 20_000
NARROWEST = {64: 2.0**-36, 256: 2.0**-120}
"""How narrow a part may be, relative to 1 and to its place, before the claim counts as too close to tell."""
STEEP = 64


class TooClose(Unsupported):
    """The sides meet, or come too close to be told apart with this many bits."""


@dataclass
class Node:
    """A part of the box, and the cut that goes through it with what is below and above."""

    part: Box
    cut: tuple[sp.Symbol, fmpq] | None = None
    halves: list[Node] = field(default_factory=list)


def tree_of(goal: Goal, attempt: Attempt, seconds: float) -> tuple[Tree, int]:
    """The cuts that decide the goal, and the precision in bits that it takes.

    Raises:
        Unsupported: saying where the claim fails or comes too close to tell, or that the budget ran out.
        Rejected: where the context states no box.
    """
    finish = max(0.0, attempt.seconds_left - seconds)
    for working in NARROWEST:
        try:
            return _cut_down(goal, working, attempt, finish), working
        except TooClose as reason:
            failure = reason
    raise failure


def _cut_down(goal: Goal, working: int, attempt: Attempt, finish: float) -> Tree:
    root = Node(box_of(goal, working))
    order = count()
    waiting = [(0.0, next(order), root)]
    while waiting:
        _, number, node = heapq.heappop(waiting)
        if certain(goal.relation, node.part, working) or excluded(goal, node.part, working):
            continue
        if number > MOST_PARTS or attempt.seconds_left <= finish:
            raise Unsupported(f"not decided near {shown(_middles(node.part))} after {number + 1} parts of the box")
        node.cut = _place(goal, node.part, root.part, working)
        for half in _halves(node):
            heapq.heappush(waiting, (_height(goal, half.part, working), next(order), half))
    return _frozen(root)


def _halves(node: Node) -> Iterator[Node]:
    x, place = node.cut
    low, high = ends(node.part[x])
    above = fmpq(place.floor() + 1) if "integer" in domain(x) else place
    for first, last in ((low, place), (above, high)):
        exact = isinstance(first, fmpq) and isinstance(last, fmpq) and first == last
        node.halves.append(Node({**node.part, x: first if exact else Range(first, last)}))
    return iter(node.halves)


def _height(goal: Goal, part: Box, working: int) -> float:
    """By how much the claim holds in the middle of a part: what is closest to failing comes first.

    Raises:
        Unsupported: where it certainly fails there.
    """
    middle = _middles(part)
    height = _gap(goal, {x: arb(v) for x, v in middle.items()}, working)
    if height <= 0 or goal.relation.sign == "!=":
        known = [r for _, r in goal.context.relations() if r.symbols() <= part.keys()]
        known += [r for x in part for r in domain_relations(x)]
        if holds(goal.relation, middle) is False and all(holds(r, middle) for r in known):
            raise Unsupported(f"it fails at {exactly(middle)}")
    return height


def _gap(goal: Goal, at: Box, working: int) -> float:
    """The difference of the sides, as positive where the claim holds; lowest where it cannot be evaluated."""
    relation = goal.relation
    try:
        with measured(working):
            gap = float(hull(value(relation.left, at) - value(relation.right, at)).mid())
    except (Undefined, Undecided, Unsupported):
        return -math.inf
    return -gap if relation.sign in ("<", "<=") else abs(gap) if relation.sign == "!=" else gap


def _place(goal: Goal, part: Box, whole: Box, working: int) -> tuple[sp.Symbol, fmpq]:
    """Where to cut a part: across the symbol that is widest, compared with the box, and that moves the sides most.

    Raises:
        TooClose: where the part is so narrow that more cuts will not help.
    """
    wide = {x: _width(r) for x, r in part.items() if isinstance(r, Range)}
    middle = _middles(part)
    if all(w <= NARROWEST[working] * max(1.0, abs(float(arb(middle[x])))) for x, w in wide.items()):
        _give_up(goal, part, middle, working)
    moves = {x: _move(goal, part, middle, x, working) for x in wide} if len(wide) > 1 else {}
    most = max(moves.values(), default=0.0) or 1.0
    x = max(wide, key=lambda s: wide[s] / (_width(whole[s]) or 1.0) * (moves.get(s, 0.0) / most + 0.1))
    return x, middle[x]


def _give_up(goal: Goal, part: Box, middle: Mapping[sp.Symbol, fmpq], working: int) -> None:
    try:
        with measured(working):
            for side in goal.relation.sides():
                value(side, part)
    except (Undefined, Undecided, Unsupported) as reason:
        raise Unsupported(f"near {shown(middle)} a side is not certain to have a value: {reason}") from None
    gap = _gap(goal, middle, working)
    raise TooClose(f"near {shown(middle)} the sides differ by {gap:.2g}: they meet, or come too close to tell")


def _move(goal: Goal, part: Box, middle: Mapping[sp.Symbol, fmpq], x: sp.Symbol, working: int) -> float:
    centre = {s: arb(v) for s, v in middle.items()}
    gaps = [_gap(goal, {**centre, x: v}, working) for v in (*ends(part[x]), arb(middle[x]))]
    return max(gaps) - min(gaps) if all(map(math.isfinite, gaps)) else 0.0


def _middles(part: Box) -> dict[sp.Symbol, fmpq]:
    return {x: fmpq(_middle(r).floor()) if "integer" in domain(x) else _middle(r) for x, r in part.items()}


def _middle(r: Enclosed) -> fmpq:
    """A short number about halfway; on a range of one sign that spans magnitudes, halfway between those."""
    if isinstance(r, fmpq):
        return r
    low, high = (float(arb(end).mid()) for end in ends(r))
    middle = (low + high) / 2
    if min(abs(low), abs(high)) * STEEP < max(abs(low), abs(high)) and low * high > 0:
        middle = math.copysign(math.sqrt(low * high), low)
    found = fmpq(*middle.as_integer_ratio()) if math.isfinite(middle) else None
    first, last = ends(r)
    if found is not None and first < found < last:
        return found
    return (_number(first) + _number(last)) / 2


def _number(end: fmpq | arb) -> fmpq:
    return end if isinstance(end, fmpq) else end.mid().fmpq()


def _width(r: Enclosed) -> float:
    low, high = ends(r)
    return float(arb(high - low).mid())


def _frozen(root: Node) -> Tree:
    """The tree as nested tuples, from the leaves up."""
    made: dict[int, Tree] = {}
    pending = [root]
    while pending:
        node = pending[-1]
        missing = [half for half in node.halves if id(half) not in made]
        pending += missing
        if not missing:
            pending.pop()
            made[id(node)] = (*node.cut, *(made[id(half)] for half in node.halves)) if node.cut else None
    return made[id(root)]


def shown(point: Mapping[sp.Symbol, fmpq]) -> str:
    """A point, rounded."""
    return ", ".join(f"{x} = {float(arb(v)):.7g}" for x, v in point.items()) or "the constants"


def exactly(point: Mapping[sp.Symbol, fmpq]) -> str:
    """A point, as the numbers to check."""
    return ", ".join(f"{x} = {v}" for x, v in point.items())
