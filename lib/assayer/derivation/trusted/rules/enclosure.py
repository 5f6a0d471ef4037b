"""Ball arithmetic over a box: literal bounds, cut into parts on each of which the claim is certain."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import ClassVar, TypeAlias

import sympy as sp
from flint import arb, fmpq

from assayer.derivation.trusted.calculus import derivative, differentiability
from assayer.derivation.trusted.context import Goal, Relation, domain_relations
from assayer.derivation.trusted.definedness import conditions
from assayer.derivation.trusted.errors import Unsupported
from assayer.derivation.trusted.evaluate import (
    Undecided,
    Undefined,
    ceiling_of,
    compare,
    floor_of,
    holds_with,
    measured,
    value,
)
from assayer.derivation.trusted.expressions import FLIPPED, domain, free_symbols
from assayer.derivation.trusted.ranges import Enclosed, Range, between, ends
from assayer.derivation.trusted.status import Status
from assayer.derivation.trusted.theorem import Certificate, Rejected

Tree: TypeAlias = "tuple[sp.Symbol, fmpq, Tree, Tree] | None"
Box: TypeAlias = "Mapping[sp.Symbol, Enclosed]"
MOST_PARTS = 200_000
FEWEST_BITS, MOST_BITS = 32, 8192
_ZERO = fmpq(0)


@dataclass(frozen=True)
class Enclosure(Certificate):
    """The claim is certain on every part of a box that holds every valuation of the context.

    The box is what the context's literal bounds leave to the symbols of the goal; open ends are closed, which only
    adds points. ``tree`` cuts it: ``(x, c, below, above)`` goes on with the points ``x ≤ c`` and with the points
    ``x ≥ c`` (for an integer ``x > c``), so that no point is lost; None is a part that is not cut further. On each
    part either the claim is certain or a hypothesis about the symbols of the goal certainly fails. Without symbols
    the box is one point, and the claim compares two constants.
    """

    tree: Tree = None
    bits: int = 64
    kernel: ClassVar[str] = "balls"

    def verify(self, goal: Goal) -> Status:
        if type(self.bits) is not int or not FEWEST_BITS <= self.bits <= MOST_BITS:
            raise Rejected(f"the precision must be between {FEWEST_BITS} and {MOST_BITS} bits")
        pending: list[tuple[Tree, Box]] = [(self.tree, box_of(goal, self.bits))]
        parts = 0
        while pending:
            tree, part = pending.pop()
            parts += 1
            if parts > MOST_PARTS:
                raise Rejected(f"the box is cut into more than {MOST_PARTS} parts")
            if tree is not None:
                pending += cut(tree, part)
            elif not certain(goal.relation, part, self.bits) and not excluded(goal, part, self.bits):
                raise Rejected(f"not certain for {_shown(part)}")
        return Status.CERTIFIED

    def origins(self, goal: Goal) -> set[str]:
        return {
            label for label, r in goal.context.relations() if r.symbols() and r.symbols() <= goal.relation.symbols()
        }


# -- the box and its parts ---------------------------------------------------------------------------------------------
def box_of(goal: Goal, working: int) -> dict[sp.Symbol, Enclosed]:
    """The literal bounds of each symbol of the goal.

    Raises:
        Rejected: where a symbol has none, or no number lies between them.
    """
    with measured(working):
        return {x: _bounded(goal, x) for x in sorted(goal.relation.symbols(), key=lambda s: s.name)}


def _bounded(goal: Goal, x: sp.Symbol) -> Enclosed:
    lows, highs = [], []
    for r in [*(r for _, r in goal.context.relations()), *domain_relations(x)]:
        for left, sign, right in ((r.left, r.sign, r.right), (r.right, FLIPPED[r.sign], r.left)):
            if left == x and not free_symbols(right):
                lows += _end(x, right, ceiling_of) if sign in (">=", ">", "=") else []
                highs += _end(x, right, floor_of) if sign in ("<=", "<", "=") else []
    if not lows or not highs:
        raise Rejected(f"the context states no literal bounds on both sides of {x}")
    low, high = lows[0], highs[0]  # of bounds that cannot be told apart any one will do
    for end in lows:
        low = end if compare(end, ">", low) else low
    for end in highs:
        high = end if compare(end, "<", high) else high
    if compare(low, ">", high):
        raise Rejected(f"no {x} lies between its bounds {low} and {high}")
    return between(low, high)


def _end(x: sp.Symbol, bound: sp.Expr, inward: object) -> list[Enclosed]:
    """The bound as a value, for an integer x the next integer inward; nothing where it has no enclosure."""
    try:
        found = value(bound, {})
        return [inward(found) if "integer" in domain(x) else found]
    except (Undefined, Undecided, Unsupported):
        return []


def cut(tree: object, part: Box) -> Iterator[tuple[Tree, Box]]:
    """The two parts below and above a cut, each with the tree that goes on there.

    Raises:
        Rejected: where the tree is malformed or does not cut this part in two.
    """
    if type(tree) is not tuple or len(tree) != 4:
        raise Rejected("a cut is (symbol, place, below, above)")
    x, place, below, above = tree
    if not isinstance(x, sp.Symbol) or x not in part or type(place) is not fmpq:
        raise Rejected(f"{x} at {place} is no cut of {_shown(part)}")
    low, high = ends(part[x])
    if "integer" in domain(x):
        last, first = fmpq(place.floor()), fmpq(place.floor() + 1)
        inside = compare(low, "<=", last) and compare(first, "<=", high)
    else:
        last = first = place
        inside = compare(low, "<", place) and compare(place, "<", high)
    if not inside:
        raise Rejected(f"the cut of {x} at {place} lies outside {_shown(part)}")
    yield below, {**part, x: between(low, last)}
    yield above, {**part, x: between(first, high)}


def excluded(goal: Goal, part: Box, working: int) -> bool:
    """Tell whether some hypothesis about the symbols of the goal certainly fails at every point of the part."""
    known = [r for _, r in goal.context.relations()] + [r for x in part for r in domain_relations(x)]
    return any(r.symbols() and r.symbols() <= part.keys() and holds_with(working, r, part) is False for r in known)


# -- one part ----------------------------------------------------------------------------------------------------------
def certain(relation: Relation, part: Box, working: int) -> bool:
    """Tell whether both sides are defined and the relation holds at every point of the part, certainly."""
    if relation.sign in ("<", "<="):
        relation = Relation(relation.right, FLIPPED[relation.sign], relation.left)
    try:
        with measured(working):
            plain = compare(value(relation.left, part), relation.sign, value(relation.right, part))
            if plain is None and relation.sign in (">", ">="):
                return _by_slopes(relation, part, working)
            return plain is True
    except (Undefined, Undecided, Unsupported):
        return False


@dataclass(frozen=True)
class Slope:
    """The derivatives of both sides with respect to one symbol, where they are defined and ``smooth`` holds."""

    left: sp.Expr
    right: sp.Expr
    smooth: tuple[Relation, ...]


@lru_cache(maxsize=256)
def slopes(relation: Relation) -> dict[sp.Symbol, Slope]:
    """The derivatives of the difference of the sides, for those of its real symbols in which the checker has one."""
    found = {}
    for x in sorted(relation.symbols(), key=lambda s: s.name):
        try:
            needed = [c for e in relation.sides() for c in differentiability(e, x) if c not in conditions(e)]
            slope = derivative(relation.left, x), derivative(relation.right, x)
        except Unsupported:
            continue
        if not any(c.local for c in needed):
            found[x] = Slope(*slope, tuple(dict.fromkeys(c.relation for c in needed)))
    return found


def _by_slopes(relation: Relation, part: Box, working: int) -> bool:
    """``left − right ≥ 0`` (or > 0) by the mean value theorem, both sides being defined on all of the part.

    Where the difference f is differentiable in x on all of the part and its slope is ``≥ 0`` there, f is least where x
    is: it is enough to look at that face; for ``≤ 0`` at the other. On the face that is left, let c be a point of it
    in those symbols that have a slope. Going from c to any point one symbol at a time, the mean value theorem gives
    ``f = f(c) + Σ slopeᵢ · (xᵢ − cᵢ)`` with slopes taken at points of the face.
    """
    usable = {
        x: slope
        for x, slope in slopes(relation).items()
        if isinstance(part[x], Range) and all(holds_with(working, r, part) for r in slope.smooth)
    }
    face, found = dict(part), {}
    for x in [*usable, *usable]:  # a second look, once the first has made the face smaller
        if isinstance(face[x], Range):
            found[x] = value(usable[x].left, face) - value(usable[x].right, face)
            low, high = ends(face[x])
            face[x] = low if compare(found[x], ">=", _ZERO) else high if compare(found[x], "<=", _ZERO) else face[x]
    if compare(value(relation.left, face), relation.sign, value(relation.right, face)):
        return True
    centre, change = dict(face), _ZERO
    for x in usable:
        middle = _middle(face[x]) if isinstance(face[x], Range) else None
        if middle is not None:
            centre[x] = middle
            change = change + found[x] * (face[x] - middle)
    bound = value(relation.left, centre) - value(relation.right, centre) + change
    return compare(bound, relation.sign, _ZERO) is True


def _middle(x: Range) -> fmpq | None:
    """A number that lies between the ends, certainly."""
    exact = isinstance(x.low, fmpq) and isinstance(x.high, fmpq)
    middle = (x.low + x.high) / 2 if exact else ((arb(x.low) + arb(x.high)) / 2).mid().fmpq()
    return middle if compare(x.low, "<", middle) and compare(middle, "<", x.high) else None


def _shown(part: Box) -> str:
    return ", ".join(f"{x} in {r}" for x, r in part.items()) or "constants"
