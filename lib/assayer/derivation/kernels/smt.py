"""Inequalities and equalities by z3: the facts of the context and the negated goal have no model."""

from __future__ import annotations

from collections.abc import Iterator

from assayer.derivation.prover import Attempt
from assayer.derivation.samples import consistent
from assayer.derivation.trusted.context import Goal
from assayer.derivation.trusted.problem import problem
from assayer.derivation.trusted.rules import Solver
from assayer.derivation.trusted.theorem import Certificate

NAME = "z3"
ORDER = 60
LAST = True
"""Its word is no evidence: it is asked where no other kernel found any."""
SECONDS = (0.5, 1.0, 8.0)
"""By how deep sub-goals may still nest: what proves a sub-goal does so soon."""


def search(goal: Goal, attempt: Attempt) -> Iterator[Certificate]:
    """Yield one certificate: replaying it is asking z3. Over the reals a point at which the facts hold is a model."""
    if not any(problem(goal).algebra.integer) and consistent(goal):
        return
    seconds = SECONDS[min(max(attempt.depth, 0), len(SECONDS) - 1)]
    yield Solver(min(seconds, max(0.1, attempt.seconds_left)))
