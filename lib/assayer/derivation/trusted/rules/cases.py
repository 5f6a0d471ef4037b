"""Cases: a relation between two defined real numbers holds or its negation does."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from assayer.derivation.trusted.context import Goal, Relation
from assayer.derivation.trusted.expressions import NEGATED
from assayer.derivation.trusted.problem import side_conditions
from assayer.derivation.trusted.rules.reduction import Reduction
from assayer.derivation.trusted.theorem import Rejected, condition_goal

CASE = "case"


@dataclass(frozen=True)
class Cases(Reduction):
    """From ``Γ, r ⊢ goal`` and ``Γ, not r ⊢ goal`` to ``Γ ⊢ goal``, where both sides of r are shown to be defined."""

    relation: Relation
    kernel: ClassVar[str] = "cases"

    def needs(self, goal: Goal) -> list[Goal]:
        if type(self.relation) is not Relation:
            raise Rejected("cases are of a relation")
        defined = [condition_goal(goal.context, c) for c in side_conditions(self.relation)]
        return [*case_goals(goal, self.relation), *defined]


def case_goals(goal: Goal, relation: Relation) -> tuple[Goal, Goal]:
    """The goal where ``relation`` holds and where it does not."""
    negation = Relation(relation.left, NEGATED[relation.sign], relation.right)
    holds, fails = (Goal(goal.context.with_relation(r, name=CASE), goal.relation) for r in (relation, negation))
    return holds, fails
