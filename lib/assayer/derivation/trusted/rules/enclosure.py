"""Ball arithmetic over a box: literal bounds, cut into parts on each of which the claim is certain."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import ClassVar, TypeAlias

import sympy as sp
from flint import arb, fmpq

from assayer.derivation.trusted.calculus import derivative, differentiability
from assayer.derivation.trusted.context import Goal, Relation, domain_relations
from assayer.derivation.trusted.definedness import conditions, unfold
from assayer.derivation.trusted.errors import DerivationError, Unsupported
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
from assayer.derivation.trusted.expressions import BINDERS, FLIPPED, domain, free_symbols, rebuilt
from assayer.derivation.trusted.ranges import Enclosed, Range, between, ends, hull
from assayer.derivation.trusted.status import Status
from assayer.derivation.trusted.theorem import Certificate, Rejected

Tree: TypeAlias = "tuple[sp.Symbol, fmpq, Tree, Tree] | int"
Box: TypeAlias = "Mapping[sp.Symbol, Enclosed]"
MOST_PARTS = 200_000
FEWEST_BITS, MOST_BITS = 32, 8192
MOST_LEVELS = 8
LARGEST_SIDES = 600
_ZERO = fmpq(0)
_HUGE = fmpq(2) ** 4096


@dataclass(frozen=True)
class Enclosure(Certificate):
    """The claim is certain on every part of a box that holds every valuation of the context.

    The box is what the context's literal bounds leave to the symbols of the goal; open ends are closed, which only
    adds points. ``tree`` cuts it: ``(x, c, below, above)`` goes on with the points ``x ≤ c`` and with the points
    ``x ≥ c`` (for an integer ``x > c``), so that no point is lost; a number is a part that is not cut further. There
    either the claim is :func:`certain`, with the help of that many derivatives, or a hypothesis about the symbols of
    the goal certainly fails. Without symbols the box is one point, and the claim compares two constants.
    """

    tree: Tree = 0
    bits: int = 64
    kernel: ClassVar[str] = "balls"

    def bounds(self, goal: Goal) -> frozenset[str]:
        return frozenset()  # nothing is translated

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
            if type(tree) is not int:
                pending += cut(tree, part)
            elif not 0 <= tree <= MOST_LEVELS:
                raise Rejected(f"{tree} derivatives are not between 0 and {MOST_LEVELS}")
            elif not certain(goal.relation, part, self.bits, tree) and not excluded(goal, part, self.bits):
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


def _end(x: sp.Symbol, bound: sp.Expr, inward: Callable[[Enclosed], Enclosed]) -> list[Enclosed]:
    """The bound as a value, for an integer x the next integer inward; nothing where it has no enclosure, or where its
    size could not be written out."""
    try:
        found = value(bound, {})
        written_out = not (abs(found) > _HUGE or (abs(found) < 1 / _HUGE and found != 0))
        return [inward(found) if "integer" in domain(x) else found] if written_out else []
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
def certain(relation: Relation, part: Box, working: int, levels: int) -> bool:
    """Tell whether both sides are defined and the relation holds at every point of the part, certainly; the first
    derivatives may help, then those of the derivatives, ``levels`` deep."""
    relation = _upward(relation)
    try:
        with measured(working):
            plain = compare(value(relation.left, part), relation.sign, value(relation.right, part))
            if plain is None and relation.sign in (">", ">=") and levels:
                plain = _by_slopes(_plainer(relation, part), part, working, levels)
    except (Undefined, Undecided, DerivationError):
        return False
    return plain is True


@lru_cache(maxsize=1024)
def _upward(relation: Relation) -> Relation:
    """The same as ``left > right`` or ``left ≥ right``."""
    if relation.sign not in ("<", "<="):
        return relation
    return Relation(relation.right, FLIPPED[relation.sign], relation.left)


def _plainer(relation: Relation, part: Box) -> Relation:
    """The relation with short sums written out and |·|, min and max replaced by what they are on all of the part."""
    if not any(side.has(sp.Sum, sp.Abs, sp.Min, sp.Max) for side in relation.sides()):
        return relation
    left, right = (_resolved(unfold(side, lambda e: False), part) for side in relation.sides())
    return Relation(left, relation.sign, right)


def _resolved(expr: sp.Expr, part: Box) -> sp.Expr:
    if not expr.has(sp.Abs, sp.Min, sp.Max) or isinstance(expr, BINDERS):
        return expr
    parts = [_resolved(argument, part) for argument in expr.args]
    if isinstance(expr, sp.Abs):
        sign = _order(parts[0], sp.S.Zero, part)
        return parts[0] if sign == 1 else -parts[0] if sign == -1 else expr
    if isinstance(expr, (sp.Min, sp.Max)):
        best = 1 if isinstance(expr, sp.Max) else -1
        return next((e for e in parts if all(e is o or _order(e, o, part) == best for o in parts)), expr)
    return rebuilt(expr, parts)


def _order(one: sp.Expr, two: sp.Expr, part: Box) -> int:
    """1 where ``one ≥ two`` on all of the part, certainly; −1 where ``one ≤ two``; else 0."""
    a, b = value(one, part), value(two, part)
    return 1 if compare(a, ">=", b) else -1 if compare(a, "<=", b) else 0


@dataclass(frozen=True)
class Slope:
    """The derivatives of both sides with respect to one symbol, where they are defined and ``smooth`` holds."""

    left: sp.Expr
    right: sp.Expr
    smooth: tuple[Relation, ...]


@lru_cache(maxsize=1024)
def slopes(relation: Relation) -> dict[sp.Symbol, Slope]:
    """The derivatives of both sides, with respect to those of the symbols in which the checker has both; none of sides
    that have grown too long."""
    found: dict[sp.Symbol, Slope] = {}
    if sum(1 for side in relation.sides() for _ in sp.preorder_traversal(side)) > LARGEST_SIDES:
        return found
    for x in sorted(relation.symbols(), key=lambda s: s.name):
        try:
            needed = [c for e in relation.sides() for c in differentiability(e, x) if c not in conditions(e)]
            slope = derivative(relation.left, x), derivative(relation.right, x)
        except Unsupported:
            continue
        if not any(c.local for c in needed):
            found[x] = Slope(*slope, tuple(dict.fromkeys(c.relation for c in needed)))
    return found


def _by_slopes(relation: Relation, part: Box, working: int, levels: int) -> bool:
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
            sign = _sign(usable[x], found[x], face, working, levels - 1)
            face[x] = ends(face[x])[0 if sign > 0 else 1] if sign else face[x]
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


def _sign(slope: Slope, found: Enclosed, face: Box, working: int, levels: int) -> int:
    """1 where the slope, enclosed by ``found``, is ``≥ 0`` on all of the face, −1 where it is ``≤ 0``, else 0."""
    if compare(found, ">=", _ZERO) or compare(found, "<=", _ZERO):
        return 1 if compare(found, ">=", _ZERO) else -1
    likely, sign = (1, ">=") if hull(found).mid() >= 0 else (-1, "<=")
    return likely if levels and certain(Relation(slope.left, sign, slope.right), face, working, levels) else 0


def _middle(x: Range) -> fmpq | None:
    """A number that lies between the ends, certainly."""
    exact = isinstance(x.low, fmpq) and isinstance(x.high, fmpq)
    middle = (x.low + x.high) / 2 if exact else ((arb(x.low) + arb(x.high)) / 2).mid().fmpq()
    return middle if compare(x.low, "<", middle) and compare(middle, "<", x.high) else None


def _shown(part: Box) -> str:
    return ", ".join(f"{x} in {r}" for x, r in part.items()) or "constants"
