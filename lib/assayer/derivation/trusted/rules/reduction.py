"""Evidence that is a list of theorems: those for the goals into which a rule splits a claim."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass

import sympy as sp

from assayer.derivation.trusted.context import Goal
from assayer.derivation.trusted.expressions import renamed
from assayer.derivation.trusted.status import Status, weakest
from assayer.derivation.trusted.theorem import Certificate, Rejected, Sequent, genuine


@dataclass(frozen=True)
class Reduction(Certificate):
    """A claim follows from the goals in :meth:`needs`; ``proofs`` are their theorems, in any order.

    A rule states its mathematics in ``needs`` alone: the same function tells the kernel what to prove and the
    checker what must have been proved.
    """

    proofs: tuple[Sequent, ...]

    @abstractmethod
    def needs(self, goal: Goal) -> list[Goal]:
        """The goals that together give ``goal``.

        Raises:
            Rejected: where the rule does not apply.
        """

    def inner(self) -> tuple[Sequent, ...]:
        return self.proofs

    def verify(self, goal: Goal) -> Status:
        if type(self.proofs) is not tuple:
            raise Rejected("the theorems of a rule are a tuple")
        genuine(*self.proofs)
        shown = {theorem.goal for theorem in self.proofs}
        for needed in self.needs(goal):
            if needed not in shown:
                raise Rejected(f"{self.kernel} needs {needed}, which is not shown")
        return weakest(theorem.status for theorem in self.proofs)

    def origins(self, goal: Goal) -> set[str]:
        here = {h.label for h in goal.context.hypotheses}
        return here & set().union(*(theorem.uses for theorem in self.proofs))


def real_variable(like: sp.Symbol, goal: Goal, *others: sp.Expr) -> sp.Symbol:
    """A real variable without a sign, named like a symbol, that occurs nowhere in ``goal`` nor in ``others``."""
    stated = [side for h in goal.context.hypotheses for side in h.statement.sides()]
    taken = [*others, *stated, *goal.relation.sides(), *goal.context.symbols]
    return renamed(sp.Symbol(like.name, real=True), taken)
