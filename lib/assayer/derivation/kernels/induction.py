"""Induction on an integer of the goal, from a lower bound that the context states."""

from __future__ import annotations

from collections.abc import Iterator

from assayer.derivation.prover import Attempt
from assayer.derivation.trusted.context import Goal
from assayer.derivation.trusted.errors import DerivationError
from assayer.derivation.trusted.expressions import domain
from assayer.derivation.trusted.rules import (
    Induction,
    induction_conditions,
    induction_goals,
    induction_starts,
)
from assayer.derivation.trusted.theorem import Certificate, Rejected, Sequent

NAME = "induction"
ORDER = 40


def search(goal: Goal, attempt: Attempt) -> Iterator[Certificate]:
    """Yield an induction for each symbol and start whose base and step are proved."""
    if attempt.depth <= 0:
        return
    for symbol in sorted(goal.relation.symbols(), key=lambda s: s.name):
        if "integer" not in domain(symbol):
            continue
        for start in induction_starts(goal, symbol):
            try:
                base, step = induction_goals(goal, symbol, start)
                needed = [base, step, *induction_conditions(goal, symbol, start)]
                proofs = _all(needed, attempt)
            except (Rejected, DerivationError):
                continue
            if proofs is not None:
                yield Induction(symbol, start, proofs[0], proofs[1], tuple(proofs[2:]))


def _all(goals: list[Goal], attempt: Attempt) -> list[Sequent] | None:
    found = []
    for goal in goals:
        theorem = attempt.prove(goal)
        if theorem is None:
            return None
        found.append(theorem)
    return found
