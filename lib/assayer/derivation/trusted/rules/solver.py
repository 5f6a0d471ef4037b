"""The oracle z3: the only evidence that leaves nothing to re-check."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from assayer.derivation.trusted.context import Goal
from assayer.derivation.trusted.problem import problem
from assayer.derivation.trusted.smt import refuted_by_solver
from assayer.derivation.trusted.status import Status
from assayer.derivation.trusted.theorem import Certificate, Rejected


@dataclass(frozen=True)
class Solver(Certificate):
    """z3 finds the facts and the negated goal unsatisfiable. No evidence is left to re-check: the page says so."""

    seconds: float
    kernel: ClassVar[str] = "z3"

    def verify(self, goal: Goal) -> Status:
        if not refuted_by_solver(problem(goal), self.seconds):
            raise Rejected("z3 does not refute the negation")
        return Status.PROVED
