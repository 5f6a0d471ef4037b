"""Induction on an integer of the goal, from a lower bound that the context states."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import sympy as sp

from assayer.derivation.hints import Hint
from assayer.derivation.prover import Attempt
from assayer.derivation.trusted.context import Goal
from assayer.derivation.trusted.errors import DerivationError
from assayer.derivation.trusted.expressions import domain
from assayer.derivation.trusted.rules import Induction, Plan, induction_starts
from assayer.derivation.trusted.theorem import Certificate, Rejected

NAME = "induction"
ORDER = 40


@dataclass(frozen=True)
class InductionOn(Hint):
    """By induction on ``symbol``, for ``every`` value of a second index."""

    symbol: sp.Symbol
    every: sp.Symbol | None = None

    def __str__(self) -> str:
        return f"induction on {self.symbol}"


HINTS = (InductionOn,)


def search(goal: Goal, attempt: Attempt) -> Iterator[Certificate]:
    """Yield an induction for each symbol and start whose bases and steps are proved; an author's plan first."""
    if attempt.depth <= 0:
        return
    for plan in _plans(goal, attempt):
        try:
            needed = Induction((), plan).needs(goal)
        except (Rejected, DerivationError):
            continue
        proofs = attempt.prove_all(needed)
        if proofs is not None:
            yield Induction(proofs, plan)


def _plans(goal: Goal, attempt: Attempt) -> Iterator[Plan]:
    hints = attempt.hints_of(InductionOn)
    for hint in hints:
        yield from (Plan(hint.symbol, s, (), hint.every) for s in induction_starts(goal, hint.symbol))
    for symbol in sorted(goal.relation.symbols(), key=lambda s: s.name):
        if "integer" in domain(symbol) and not hints:
            yield from (Plan(symbol, start) for start in induction_starts(goal, symbol))
