"""Induction on an integer of the goal, from a lower bound that the context states."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import sympy as sp

from assayer.derivation.hints import Hint
from assayer.derivation.prover import Attempt
from assayer.derivation.trusted.context import Goal, Relation
from assayer.derivation.trusted.errors import DerivationError
from assayer.derivation.trusted.expressions import domain
from assayer.derivation.trusted.rules import (
    Induction,
    Plan,
    induction_conditions,
    induction_goals,
    induction_starts,
)
from assayer.derivation.trusted.theorem import Certificate, Rejected, Sequent

NAME = "induction"
ORDER = 40


@dataclass(frozen=True)
class InductionOn(Hint):
    """By induction on ``symbol``, together with ``others``, for ``every`` value of a second index."""

    symbol: sp.Symbol
    others: tuple[Relation, ...] = ()
    every: sp.Symbol | None = None

    def __str__(self) -> str:
        return f"induction on {self.symbol}"


def search(goal: Goal, attempt: Attempt) -> Iterator[Certificate]:
    """Yield an induction for each symbol and start whose bases and steps are proved; an author's plan first."""
    if attempt.depth <= 0:
        return
    for plan in _plans(goal, attempt):
        try:
            bases, steps = induction_goals(goal, plan)
            needed = [*bases, *steps, *induction_conditions(goal, plan)]
        except (Rejected, DerivationError):
            continue
        proofs = _all(needed, attempt)
        if proofs is not None:
            count = len(bases)
            yield Induction(plan, tuple(proofs[:count]), tuple(proofs[count : 2 * count]), tuple(proofs[2 * count :]))


def _plans(goal: Goal, attempt: Attempt) -> Iterator[Plan]:
    hints = attempt.hints_of(InductionOn)
    for hint in hints:
        yield from (Plan(hint.symbol, s, hint.others, hint.every) for s in induction_starts(goal, hint.symbol))
    for symbol in sorted(goal.relation.symbols(), key=lambda s: s.name):
        if "integer" in domain(symbol) and not hints:
            yield from (Plan(symbol, start) for start in induction_starts(goal, symbol))


def _all(goals: list[Goal], attempt: Attempt) -> list[Sequent] | None:
    found = []
    for goal in goals:
        theorem = attempt.prove(goal)
        if theorem is None:
            return None
        found.append(theorem)
    return found
