"""Equality by normal form: the difference of both sides, as a polynomial over named atoms, is zero.

Hypotheses that are equalities linear in one symbol are substituted first.
"""

from __future__ import annotations

from collections.abc import Iterator

from assayer.derivation.prover import Attempt
from assayer.derivation.substitutions import solvable
from assayer.derivation.trusted.context import Goal
from assayer.derivation.trusted.problem import problem
from assayer.derivation.trusted.rules import Zero
from assayer.derivation.trusted.theorem import Certificate

NAME = "normal form"
ORDER = 10


def search(goal: Goal, attempt: Attempt) -> Iterator[Certificate]:
    """Yield the plain zero test, then zero tests after substituting the context's equations."""
    if goal.relation.sign not in ("=", "<=", ">="):
        return
    yield Zero()
    solved = solvable(problem(goal))
    for count in range(1, len(solved) + 1):
        yield Zero(tuple(solved[:count]))
    if len(solved) > 1:
        yield from (Zero((one,)) for one in solved[1:])
