"""Exhaustion: every valuation between literal bounds, decided exactly."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import ClassVar

import sympy as sp
from flint import fmpq

from assayer.derivation.trusted.context import Goal, domain_relations
from assayer.derivation.trusted.evaluate import holds, work
from assayer.derivation.trusted.expressions import FLIPPED, domain
from assayer.derivation.trusted.status import Status
from assayer.derivation.trusted.theorem import Certificate, Rejected

LARGEST_RANGE = 200_000
MOST_WORK = 1_000_000


@dataclass(frozen=True)
class FiniteRange(Certificate):
    """Every symbol is an integer between literal bounds, and the goal holds, exactly, at each valuation in range."""

    kernel: ClassVar[str] = "finite range"

    def bounds(self, goal: Goal) -> frozenset[str]:
        return frozenset()  # nothing is translated

    def verify(self, goal: Goal) -> Status:
        symbols = sorted(
            goal.relation.symbols() | {s for _, r in goal.context.relations() for s in r.symbols()},
            key=lambda s: s.name,
        )
        ranges = [literal_range(goal, s) for s in symbols]
        size = 1
        for found in ranges:
            if found is None:
                raise Rejected("a symbol has no literal range")
            size *= len(found)
        if size > LARGEST_RANGE:
            raise Rejected(f"{size} valuations are more than {LARGEST_RANGE}")
        given = [r for _, r in goal.context.relations()] + [r for s in symbols for r in domain_relations(s)]
        begin = work()
        for point in product(*ranges):
            if work() - begin > MOST_WORK:
                raise Rejected("the cases take too much work to decide one by one")
            at = {s: fmpq(v) for s, v in zip(symbols, point, strict=True)}
            if any(holds(r, at) is False for r in given):
                continue
            if holds(goal.relation, at) is not True:
                raise Rejected(f"not certain at {at}")
        return Status.CERTIFIED


def literal_range(goal: Goal, symbol: sp.Symbol) -> range | None:
    """The integers between the literal bounds that the context states for ``symbol``."""
    if "integer" not in domain(symbol):
        return None
    lows: list[int] = []
    highs: list[int] = []
    stated = [r for _, r in goal.context.relations()] + domain_relations(symbol)
    for r in stated:
        for left, sign, right in ((r.left, r.sign, r.right), (r.right, FLIPPED[r.sign], r.left)):
            if left == symbol and isinstance(right, sp.Rational):
                floor, ceiling = int(right.p) // int(right.q), -(-int(right.p) // int(right.q))
                if sign in (">=", ">", "="):
                    lows.append(floor + 1 if sign == ">" else ceiling)
                if sign in ("<=", "<", "="):
                    highs.append(ceiling - 1 if sign == "<" else floor)
    return range(max(lows), min(highs) + 1) if lows and highs else None
