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

STEEP = 64
MANY_BITS = 256
NOTHING = 2.0**-50


@dataclass(frozen=True)
class Effort:
    """What to spend: bits, derivatives, parts, a share of the time, and how narrow a part may be, relative to 1 and to
    its place."""

    bits: int
    levels: int
    parts: int
    share: float
    narrowest: float


EFFORTS = (
    Effort(64, 1, 1_200, 0.5, 2.0**-30),
    Effort(64, 3, 400, 0.15, 2.0**-12),
    Effort(64, 8, 100, 0.15, 2.0**-6),
    Effort(64, 1, 20_000, 1.0, 2.0**-36),
    Effort(256, 1, 20_000, 1.0, 2.0**-110),
)


class TooClose(Unsupported):
    """With this effort the sides could not be told apart."""


@dataclass
class Node:
    """A part of the box, and the cut that goes through it with what is below and above."""

    part: Box
    levels: int = 0
    cut: tuple[sp.Symbol, fmpq] | None = None
    halves: list[Node] = field(default_factory=list)


def tree_of(goal: Goal, attempt: Attempt, seconds: float) -> tuple[Tree, int]:
    """The cuts that decide the goal, and the precision in bits that it takes.

    Raises:
        Unsupported: saying where the claim fails or comes too close to tell, or that the budget ran out.
        Rejected: where the context states no box.
    """
    _decided_at_the_ends(goal)
    finish = max(0.0, attempt.seconds_left - seconds)
    reasons: list[TooClose] = []
    for effort in EFFORTS:
        try:
            return _cut_down(
                goal, effort, attempt, max(finish, attempt.seconds_left - effort.share * seconds)
            ), effort.bits
        except TooClose as reason:
            reasons.append(reason)
        if attempt.seconds_left <= finish:
            break
    raise reasons[0]


def _decided_at_the_ends(goal: Goal) -> None:
    """Where the sides meet at an irrational end of the range, no cut will tell them apart there.

    Raises:
        Unsupported: where they do, as far as many bits tell.
    """
    box = box_of(goal, MANY_BITS)
    for x, r in box.items() if len(box) == 1 else ():
        for end in ends(r) if isinstance(r, Range) else ():
            if not isinstance(end, fmpq) and not certain(goal.relation, {x: end}, MANY_BITS, 0):
                raise Unsupported(f"at {x} = {float(end.mid()):.7g} the sides meet, or come too close to tell")


def _cut_down(goal: Goal, effort: Effort, attempt: Attempt, finish: float) -> Tree:
    working = effort.bits
    root = Node(box_of(goal, working))
    order = count()
    waiting = [(_height(goal, root.part, working), next(order), root)]
    while waiting:
        _, number, node = heapq.heappop(waiting)
        if certain(goal.relation, node.part, working, effort.levels) or excluded(goal, node.part, working):
            node.levels = effort.levels
            continue
        if number > effort.parts or attempt.seconds_left <= finish:
            raise TooClose(f"not decided near {shown(_middles(node.part))} after {number + 1} parts of the box")
        node.cut = _place(goal, node.part, root.part, effort)
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
        Unsupported: where it certainly fails there, or where even there no precision tells the sides apart.
    """
    middle = _middles(part)
    height = _gap(goal, {x: arb(v) for x, v in middle.items()}, working)
    if height <= NOTHING or goal.relation.sign == "!=":
        known = [r for _, r in goal.context.relations() if r.symbols() <= part.keys()]
        known += [r for x in part for r in domain_relations(x)]
        answer = holds(goal.relation, middle)
        if answer is not True and all(holds(r, middle) for r in known):
            what = "it fails" if answer is False else "the sides meet, or come too close to tell,"
            raise Unsupported(f"{what} at {exactly(middle)}")
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


def _place(goal: Goal, part: Box, whole: Box, effort: Effort) -> tuple[sp.Symbol, fmpq]:
    """Where to cut a part: across the symbol that is widest, compared with the box, and that moves the sides most.

    Raises:
        TooClose: where the part is so narrow that more cuts will not help.
    """
    wide = {x: _width(r) for x, r in part.items() if isinstance(r, Range)}
    middle = _middles(part)
    working = effort.bits
    if all(w <= effort.narrowest * max(1.0, abs(float(arb(middle[x])))) for x, w in wide.items()):
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
    """A simple number about halfway; on a range of one sign that spans magnitudes, about halfway between those.

    A claim is often tight at a simple number: cut there, both parts may show it.
    """
    if isinstance(r, fmpq):
        return r
    low, high = (_number(end) for end in ends(r))
    first, last = float(arb(low)), float(arb(high))
    if (
        min(abs(first), abs(last)) * STEEP < max(abs(first), abs(last))
        and math.isfinite(first * last)
        and first * last > 0
    ):
        about = fmpq(*math.sqrt(first * last).as_integer_ratio()) * (1 if low > 0 else -1)
        return simplest(max(low, about * fmpq(3, 4)), min(high, about * fmpq(5, 4))) if low > 0 else about
    return simplest(low + (high - low) * fmpq(3, 8), high - (high - low) * fmpq(3, 8))


def simplest(low: fmpq, high: fmpq) -> fmpq:
    """The fraction with the least denominator between two numbers, and of those the one nearest to zero."""
    if low <= 0 <= high:
        return fmpq(0)
    if high < 0:
        return -simplest(-high, -low)
    whole = low.floor()
    if whole == low or whole + 1 <= high:
        return fmpq(whole if whole == low else whole + 1)
    return whole + 1 / simplest(1 / (high - whole), 1 / (low - whole))


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
            made[id(node)] = (*node.cut, *(made[id(half)] for half in node.halves)) if node.cut else node.levels
    return made[id(root)]


def shown(point: Mapping[sp.Symbol, fmpq]) -> str:
    """A point, rounded."""
    return ", ".join(f"{x} = {float(arb(v)):.7g}" for x, v in point.items()) or "the constants"


def exactly(point: Mapping[sp.Symbol, fmpq]) -> str:
    """A point, as the numbers to check."""
    return ", ".join(f"{x} = {v}" for x, v in point.items())
