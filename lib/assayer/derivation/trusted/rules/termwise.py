"""Sums compared term by term."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import sympy as sp

from assayer.derivation.trusted.context import Goal, Relation
from assayer.derivation.trusted.expressions import opened, renamed, substitute
from assayer.derivation.trusted.status import Status, weakest
from assayer.derivation.trusted.theorem import Certificate, Rejected, Sequent, genuine

RANGE = "range"


@dataclass(frozen=True)
class Termwise(Certificate):
    """``Σ f R Σ g`` over one range, from ``Γ, low ≤ k ≤ high ⊢ f(k) R g(k)`` for a fresh k; 0 counts as ``Σ 0``.

    An empty sum is 0, so a strict relation also asks for ``Γ ⊢ high ≥ low``.
    """

    terms: Sequent
    nonempty: Sequent | None = None
    kernel: ClassVar[str] = "termwise"

    def inner(self) -> tuple[Sequent, ...]:
        return (self.terms,) if self.nonempty is None else (self.terms, self.nonempty)

    def verify(self, goal: Goal) -> Status:
        genuine(*self.inner())
        terms, nonempty = termwise_goals(goal)
        if self.terms.goal != terms:
            raise Rejected("the theorem given does not compare the terms over the range")
        if nonempty is not None and (self.nonempty is None or self.nonempty.goal != nonempty):
            raise Rejected("a strict relation between sums needs a range that is not empty")
        return weakest(t.status for t in self.inner())

    def origins(self, goal: Goal) -> set[str]:
        return set().union(*(t.uses for t in self.inner())) - {RANGE}


def termwise_goals(goal: Goal) -> tuple[Goal, Goal | None]:
    """The comparison of the terms, and that the range is not empty where the relation is strict.

    Raises:
        Rejected: where the sides are not sums over one range, or the relation does not pass to sums.
    """
    left, sign, right = goal.relation.left, goal.relation.sign, goal.relation.right
    sums = [side for side in (left, right) if isinstance(side, sp.Sum)]
    if sign == "!=" or not sums or any(side not in sums and side != 0 for side in (left, right)):
        raise Rejected("the sides are not sums over one range")
    _, index, low, high = opened(sums[0])
    if any(opened(s)[2:] != (low, high) for s in sums):
        raise Rejected("the sums run over different ranges")
    statements = [x for h in goal.context.hypotheses for x in h.statement.sides()]
    fresh = renamed(index, [left, right, *statements])
    term = [substitute(opened(s)[0], {opened(s)[1]: fresh}) if s in sums else sp.S.Zero for s in (left, right)]
    ranged = goal.context.with_relation(Relation(fresh, ">=", low), Relation(fresh, "<=", high), name=RANGE)
    nonempty = Goal(goal.context, Relation(high, ">=", low)) if sign in ("<", ">") else None
    return Goal(ranged, Relation(term[0], sign, term[1])), nonempty
