"""Ball arithmetic for what algebra can state, after algebra: proved is worth more than certified."""

from __future__ import annotations

from collections.abc import Iterator

from assayer.derivation.kernels.balls import boxed, waits
from assayer.derivation.prover import Attempt
from assayer.derivation.trusted.context import Goal
from assayer.derivation.trusted.theorem import Certificate

NAME = "balls, after algebra"
ORDER = 58


def search(goal: Goal, attempt: Attempt) -> Iterator[Certificate]:
    """Yield the cuts of the box for the goals that ``balls`` leaves to others first."""
    if goal.relation.symbols() and waits(goal):
        yield from boxed(goal, attempt)
