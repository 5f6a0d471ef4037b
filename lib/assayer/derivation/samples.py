"""Points at which polynomial facts hold: where there is one, no combination of the facts is impossible. Not trusted."""

from __future__ import annotations

import random
from collections.abc import Sequence

from flint import fmpq, fmpq_mpoly

POINTS = 60
SCALE = (0, 1, 1, 1, 2, 3, 7, 40)


def satisfied(facts: Sequence[tuple[fmpq_mpoly, str]], points: int = POINTS) -> bool:
    """Tell whether all facts (polynomial, kind) were seen to hold at one rational point; equalities only if trivial."""
    if any(kind == "=" and not q.is_zero() for q, kind in facts):
        return False
    used = sorted({i for q, _ in facts for i, d in enumerate(q.degrees()) if d > 0})
    size = len(facts[0][0].degrees()) if facts else 0
    rng = random.Random(0)
    # The facts that hold least often come first: most points fail at once.
    order = sorted(facts, key=lambda f: len(f[0]), reverse=True)
    for attempt in range(points):
        at = [fmpq(0)] * size
        # Where a symmetric claim fails, it often fails with all variables equal.
        same = fmpq(attempt % 9 - 2, attempt // 9 + 1) if attempt < 18 else None
        for i in used:
            at[i] = same or fmpq(rng.choice(SCALE) * rng.choice((1, 1, -1)), rng.choice((1, 1, 2, 5)))
        if all(_holds(q(*at), kind) for q, kind in order):
            return True
    return False


def _holds(value: fmpq, kind: str) -> bool:
    return {"=": value == 0, "!=": value != 0, ">": value > 0, ">=": value >= 0}[kind]
