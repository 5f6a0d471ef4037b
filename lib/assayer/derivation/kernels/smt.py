"""Inequalities and equalities by z3: the facts of the context and the negated goal have no model."""

from __future__ import annotations

from collections.abc import Iterator

from assayer.derivation.prover import Attempt
from assayer.derivation.trusted.context import Goal
from assayer.derivation.trusted.rules import Solver
from assayer.derivation.trusted.theorem import Certificate

NAME = "z3"
ORDER = 60
SECONDS = 8.0


def search(goal: Goal, attempt: Attempt) -> Iterator[Certificate]:
    """Yield one certificate: replaying it is asking z3."""
    yield Solver(min(SECONDS, max(0.1, attempt.seconds_left)))
