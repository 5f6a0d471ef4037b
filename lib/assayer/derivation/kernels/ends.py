"""Inequalities in one symbol whose sides meet at an irrational end of its range: by a slope near that end."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import sympy as sp
from flint import arb, fmpq

from assayer.derivation.branching import simplest
from assayer.derivation.prover import Attempt
from assayer.derivation.trusted.context import Goal, Relation
from assayer.derivation.trusted.errors import DerivationError
from assayer.derivation.trusted.expressions import domain
from assayer.derivation.trusted.ranges import ends
from assayer.derivation.trusted.rules import Cases, box_of, case_goals
from assayer.derivation.trusted.rules.cases import CASE
from assayer.derivation.trusted.theorem import Certificate, Rejected

NAME = "an irrational end"
ORDER = 49


def search(goal: Goal, attempt: Attempt) -> Iterator[Certificate]:
    """Yield the split near such an end; its parts are split no further, so they may take a slope at any depth."""
    if attempt.depth <= 0:
        return
    for place in _places(goal):
        proofs = replace(attempt, depth=2).prove_all([*case_goals(goal, place)])
        if proofs is not None:
            yield Cases(proofs, place)


def _places(goal: Goal) -> Iterator[Relation]:
    """For one symbol between literal bounds of which one is irrational: a place not far from that end.

    Where the sides meet at such an end no enclosure tells them apart: beyond the place a slope may.
    """
    split = any(h.name == CASE for h in goal.context.hypotheses)
    if split or len(goal.relation.symbols()) != 1 or goal.relation.sign == "=":
        return
    try:
        ((x, found),) = box_of(goal, 64).items()
    except (Rejected, DerivationError):
        return
    low, high = ends(found)
    near = [place for place, end in ((fmpq(1, 3), low), (fmpq(2, 3), high)) if not isinstance(end, fmpq)]
    first, last = (arb(end).mid().fmpq() for end in (low, high))
    if "integer" not in domain(x) and last > first:
        width = last - first
        for share in near:
            place = simplest(first + width * (share - fmpq(1, 20)), first + width * (share + fmpq(1, 20)))
            yield Relation(x, "<=", sp.Rational(int(place.p), int(place.q)))
