"""Sums compared term by term."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import sympy as sp

from assayer.derivation.trusted.context import Goal, Relation
from assayer.derivation.trusted.expressions import opened, renamed, substitute
from assayer.derivation.trusted.rules.reduction import Reduction
from assayer.derivation.trusted.theorem import Rejected

RANGE = "range"


@dataclass(frozen=True)
class Termwise(Reduction):
    """``Σ f R Σ g`` over one range, from ``Γ, low ≤ k ≤ high ⊢ f(k) R g(k)`` for a fresh k; 0 counts as ``Σ 0``.

    An empty sum is 0, so a strict relation also asks for ``Γ ⊢ high ≥ low``.
    """

    kernel: ClassVar[str] = "termwise"

    def needs(self, goal: Goal) -> list[Goal]:
        sides, sign = goal.relation.sides(), goal.relation.sign
        sums = [side for side in sides if isinstance(side, sp.Sum)]
        if sign == "!=" or not sums or any(side not in sums and side != 0 for side in sides):
            raise Rejected("the sides are not sums over one range")
        _, index, low, high = opened(sums[0])
        if any(opened(s)[2:] != (low, high) for s in sums):
            raise Rejected("the sums run over different ranges")
        statements = [side for h in goal.context.hypotheses for side in h.statement.sides()]
        k = renamed(index, [*sides, *statements])
        left, right = (substitute(opened(s)[0], {opened(s)[1]: k}) if s in sums else sp.S.Zero for s in sides)
        ranged = goal.context.with_relation(Relation(k, ">=", low), Relation(k, "<=", high), name=RANGE)
        nonempty = [Goal(goal.context, Relation(high, ">=", low))] if sign in ("<", ">") else []
        return [Goal(ranged, Relation(left, sign, right)), *nonempty]
