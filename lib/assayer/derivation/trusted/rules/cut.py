"""A goal proved with the help of theorems that hold in its own context."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from assayer.derivation.trusted.context import Goal
from assayer.derivation.trusted.status import Status
from assayer.derivation.trusted.theorem import Certificate, Rejected, Sequent, cut


@dataclass(frozen=True)
class Cut(Certificate):
    """From ``Γ, lemmas ⊢ goal`` and ``Γ ⊢`` each lemma to ``Γ ⊢ goal``; the page shows the kernels beneath."""

    theorem: Sequent
    lemmas: tuple[Sequent, ...]
    kernel: ClassVar[str] = ""

    def inner(self) -> tuple[Sequent, ...]:
        return (self.theorem, *self.lemmas)

    def verify(self, goal: Goal) -> Status:
        if type(self.lemmas) is not tuple:
            raise Rejected("the lemmas of a cut are a tuple")
        found = cut(self.theorem, goal.context, self.lemmas)
        if found.goal != goal:
            raise Rejected("the theorem given is not the goal")
        return found.status

    def origins(self, goal: Goal) -> set[str]:
        # A lemma's title may be the name of a hypothesis: then it counts as used.
        here = {h.label for h in goal.context.hypotheses}
        return here & set().union(*(t.uses for t in self.inner()))
