"""Cases: a relation between two defined real numbers holds or its negation does."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from assayer.derivation.trusted.context import Goal, Relation
from assayer.derivation.trusted.expressions import NEGATED
from assayer.derivation.trusted.problem import side_conditions
from assayer.derivation.trusted.status import Status, weakest
from assayer.derivation.trusted.theorem import Certificate, Rejected, Sequent, condition_goal, genuine

CASE = "case"


@dataclass(frozen=True)
class Cases(Certificate):
    """From ``Γ, r ⊢ goal`` and ``Γ, not r ⊢ goal`` to ``Γ ⊢ goal``, where both sides of r are shown to be defined."""

    relation: Relation
    holds: Sequent
    fails: Sequent
    defined: tuple[Sequent, ...] = ()
    kernel: ClassVar[str] = "cases"

    def inner(self) -> tuple[Sequent, ...]:
        return (self.holds, self.fails, *self.defined)

    def verify(self, goal: Goal) -> Status:
        genuine(*self.inner())
        if (self.holds.goal, self.fails.goal) != case_goals(goal, self.relation):
            raise Rejected("the theorems given are not the two cases")
        if not set(case_conditions(goal, self.relation)) <= {t.goal for t in self.defined}:
            raise Rejected(f"{self.relation} is not shown to be defined: neither case need hold")
        return weakest(t.status for t in self.inner())

    def origins(self, goal: Goal) -> set[str]:
        return set().union(*(t.uses for t in self.inner())) - {CASE}


def case_goals(goal: Goal, relation: Relation) -> tuple[Goal, Goal]:
    """The goal where ``relation`` holds and where it does not."""
    negation = Relation(relation.left, NEGATED[relation.sign], relation.right)
    holds, fails = (Goal(goal.context.with_relation(r, name=CASE), goal.relation) for r in (relation, negation))
    return holds, fails


def case_conditions(goal: Goal, relation: Relation) -> list[Goal]:
    """That both sides of ``relation`` are defined wherever the context holds."""
    return [condition_goal(goal.context, c) for c in side_conditions(relation)]
