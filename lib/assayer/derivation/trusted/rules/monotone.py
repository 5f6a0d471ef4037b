"""Relations from the sign of a derivative: the mean value theorem."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

import sympy as sp

from assayer.derivation.trusted.calculus import continuity, derivative, differentiability
from assayer.derivation.trusted.context import Context, Goal, Relation, domain_relations
from assayer.derivation.trusted.definedness import conditions
from assayer.derivation.trusted.expressions import FLIPPED, free_symbols, substitute
from assayer.derivation.trusted.rules.reduction import Reduction, real_variable
from assayer.derivation.trusted.theorem import Rejected, condition_goal

UP, DOWN = "up", "down"
_SIDES = ((UP,), (DOWN,), (UP, DOWN))


@dataclass(frozen=True)
class Monotone(Reduction):
    """``f(start) R 0`` and the sign of ``f′`` between ``start`` and the symbol give ``f R 0`` at the symbol.

    ``f`` is the difference of the sides, so that the claim is ``f = 0``, ``f ≥ 0`` or ``f > 0``. Let y be a new real
    variable and g the formula f with y for the symbol x. By the mean value theorem
    ``g(x) = g(start) + g′(t)(x − start)`` for some t strictly between, if g is continuous on the closed interval from
    ``start`` to x and differentiable inside. So it is enough that, in the context without every hypothesis about x,

    * ``g(start) R 0``;
    * g is continuous for every y from ``start`` on (up: ``y ≥ start``, and below what the context states as upper
      bounds of x; down: mirrored);
    * strictly inside, g is differentiable and ``g′ = 0``, ``g′ ≥ 0`` (up) or ``g′ ≤ 0`` (down).

    ``sides`` are the directions in which x may lie from ``start``; one alone must be shown to be the only one. For
    ``f > 0`` either ``g(start) > 0``, or, ``strict``: ``g(start) ≥ 0``, x is not ``start`` and g′ is not 0 inside.
    """

    symbol: sp.Symbol
    start: sp.Expr
    sides: tuple[str, ...]
    strict: bool = False
    kernel: ClassVar[str] = "monotone"

    def needs(self, goal: Goal) -> list[Goal]:
        x, start = self.symbol, self.start
        if self.sides not in _SIDES or goal.relation.sign == "!=" or not isinstance(x, sp.Symbol):
            raise Rejected("the rule is about =, ≤, <, ≥ and >, above a start, below it or on both sides")
        if x in free_symbols(start):
            raise Rejected(f"the start {start} varies with {x}")
        difference, sign = _difference(goal.relation)
        if self.strict and sign != ">":
            raise Rejected("only a strict relation is proved by a strict slope")
        y = real_variable(x, goal, start)
        g = substitute(difference, {x: y})
        rest = goal.context.without(x)
        needed = [condition_goal(goal.context, c) for c in conditions(start)]
        needed.append(Goal(rest, Relation(substitute(g, {y: start}), ">=" if self.strict else sign, sp.S.Zero)))
        if len(self.sides) == 1 or self.strict:
            needed.append(Goal(goal.context, Relation(x, self._place(), start)))
        slope = Relation(derivative(g, y), sign if self.strict or sign == "=" else ">=", sp.S.Zero)
        for side in self.sides:
            closed, inside = _interval(goal.context, rest, x, y, start, side)
            needed += [condition_goal(closed, c) for c in continuity(g, y)]
            needed += [condition_goal(inside, c) for c in differentiability(g, y)]
            turned = slope if side == UP else Relation(slope.left, FLIPPED[slope.sign], slope.right)
            needed.append(Goal(inside, turned))
        return list(dict.fromkeys(needed))

    def _place(self) -> str:
        """Where x lies from the start."""
        if len(self.sides) == 2:
            return "!="
        return (">" if self.strict else ">=") if self.sides == (UP,) else ("<" if self.strict else "<=")


def _difference(relation: Relation) -> tuple[sp.Expr, str]:
    """The relation as ``difference = 0``, ``≥ 0`` or ``> 0``."""
    if relation.sign in ("<=", "<"):
        return relation.right - relation.left, FLIPPED[relation.sign]
    return relation.left - relation.right, relation.sign


def _interval(
    context: Context, rest: Context, x: sp.Symbol, y: sp.Symbol, start: sp.Expr, side: str
) -> tuple[Context, Context]:
    """What is known of a y between ``start`` and x: with both ends, and strictly inside."""
    weak, strong = (">=", ">") if side == UP else ("<=", "<")
    closed = rest.with_relation(Relation(y, weak, start))
    inside = rest.with_relation(Relation(y, strong, start))
    for label, sign, bound in bounds(context, x):
        if sign in (FLIPPED[weak], FLIPPED[strong]):
            closed = closed.with_relation(Relation(y, sign, bound), name=label)
            inside = inside.with_relation(Relation(y, FLIPPED[strong], bound), name=label)
    return closed, inside


def bounds(context: Context, x: sp.Symbol) -> Iterator[tuple[str, str, sp.Expr]]:
    """What the context says of x alone, as ``(label, sign, bound)`` for ``x sign bound``, the bound free of x."""
    stated = [*context.relations(), *((f"domain of {x}", r) for r in domain_relations(x))]
    for label, r in stated:
        for left, sign, right in ((r.left, r.sign, r.right), (r.right, FLIPPED[r.sign], r.left)):
            if left == x and x not in free_symbols(right):
                yield from ((label, s, right) for s in (("<=", ">=") if sign == "=" else (sign,)))
