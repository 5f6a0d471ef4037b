"""Exhaustion: integers between literal bounds, every valuation decided exactly."""

from __future__ import annotations

from collections.abc import Iterator

from assayer.derivation.prover import Attempt
from assayer.derivation.trusted.context import Goal
from assayer.derivation.trusted.rules import FiniteRange, literal_range
from assayer.derivation.trusted.theorem import Certificate

NAME = "finite range"
ORDER = 50


def search(goal: Goal, attempt: Attempt) -> Iterator[Certificate]:
    """Yield the certificate when every symbol of the goal has a literal range."""
    symbols = goal.relation.symbols()
    if symbols and all(literal_range(goal, s) is not None for s in symbols):
        yield FiniteRange()
