"""Points at which polynomial facts hold: where there is one, no combination of the facts is impossible. Not trusted."""

from __future__ import annotations

import random
from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

from flint import fmpq, fmpq_mpoly

from assayer.derivation import clock
from assayer.derivation.substitutions import solvable, solved
from assayer.derivation.trusted.context import Goal
from assayer.derivation.trusted.problem import problem

if TYPE_CHECKING:
    import numpy as np

POINTS = 60
SCALE = (0, 1, 1, 1, 2, 3, 7, 40)
STARTS = 8
STEPS = 20
SECONDS = 0.1
EXACT, ROOM, BOUND = 2e-14, 1e-5, 1e-12
"""Relative to the size of its terms: how nearly an equality must hold, and with how much room an inequality. A point
that nearly meets an equality may only be near to its double root: the room is larger than the root of that error. A
bound on one atom may be tight, as where two bounds enclose a constant."""
Facts = Sequence[tuple[fmpq_mpoly, str]]


@lru_cache(maxsize=256)
def consistent(goal: Goal) -> bool:
    """Tell whether all facts and the negated goal were seen to hold at one point, with the atoms as free numbers.

    Then no combination of them is impossible, and no kernel that looks for one need try.
    """
    p = problem(goal)
    pairs = solvable(p)
    put, used = solved(p, pairs), {i for i, _ in pairs}
    return satisfied([(put(f.polynomial), f.kind) for i, f in enumerate([*p.facts, *p.negation]) if i not in used])


def satisfied(facts: Facts) -> bool:
    """Tell whether all facts (polynomial, kind) were seen to hold at one point."""
    facts = [(q, kind) for q, kind in facts if not (kind == "=" and q.is_zero())]
    if any(q.is_constant() and not _holds(_constant(q), kind) for q, kind in facts):
        return False
    return _sampled(facts) or _approached([(q, kind) for q, kind in facts if not q.is_constant()])


def _constant(q: fmpq_mpoly) -> fmpq:
    return fmpq(0) if q.is_zero() else q.leading_coefficient()


def _sampled(facts: Facts) -> bool:
    """Rational points, exactly; no equality is met by chance."""
    if any(kind == "=" for _, kind in facts):
        return False
    used = sorted({i for q, _ in facts for i, d in enumerate(q.degrees()) if d > 0})
    size = len(facts[0][0].degrees()) if facts else 0
    rng = random.Random(0)
    # The facts that hold least often come first: most points fail at once.
    order = sorted(facts, key=lambda f: len(f[0]), reverse=True)
    for attempt in range(POINTS):
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


def _approached(facts: Facts) -> bool:
    """Points in floating point: by Gauss-Newton steps, damped, towards where every fact holds with room to spare."""
    try:
        import numpy as np
    except ImportError:
        return False
    if not facts:
        return True
    system = _System(facts)
    rng = np.random.default_rng(0)
    finish = clock.now() + SECONDS
    with np.errstate(all="ignore"):
        for _ in range(STARTS):
            at = rng.choice((0.3, 1.0, 3.0)) * rng.standard_normal(system.size)
            if system.met_from(at, finish):
                return True
            if clock.now() > finish:
                return False
    return False


class _System:
    """Polynomials over one table of monomials, in floating point."""

    def __init__(self, facts: Facts) -> None:
        import numpy as np

        terms = [q.to_dict() for q, _ in facts]
        used = sorted({i for t in terms for m in t for i, e in enumerate(m) if e})
        place = {m: k for k, m in enumerate(dict.fromkeys(m for t in terms for m in t))}
        self.size = len(used)
        self.exponents = np.array([[int(m[i]) for i in used] for m in place], dtype=float)
        self.matrix = np.zeros((len(facts), len(place)))
        for r, t in enumerate(terms):
            largest = max(abs(c) for c in t.values())
            for m, c in t.items():
                share = c / largest
                self.matrix[r, place[m]] = int(share.p) / int(share.q)
        self.equal = np.array([kind == "=" for _, kind in facts])
        self.apart = np.array([kind == "!=" for _, kind in facts])
        bounds = [q.total_degree() == 1 and sum(d > 0 for d in q.degrees()) == 1 for q, _ in facts]
        self.room = np.where(bounds, BOUND, ROOM)

    def met_from(self, at: np.ndarray, finish: float) -> bool:
        import numpy as np

        damping, best = 1e-2, None
        residual, slopes, met = self._at(at)
        for _ in range(STEPS):
            if met or clock.now() > finish:
                return met
            cost = residual @ residual
            if not np.isfinite(cost) or (best is not None and cost > best * 0.9999 and damping > 1e6):
                return False
            best = cost
            normal = slopes.T @ slopes
            try:
                step = np.linalg.solve(
                    normal + damping * (np.diag(np.diag(normal)) + 1e-9 * np.eye(self.size)), slopes.T @ residual
                )
            except np.linalg.LinAlgError:
                return False
            new_residual, new_slopes, new_met = self._at(at - step)
            if new_met or new_residual @ new_residual < cost:
                at, residual, slopes, met = at - step, new_residual, new_slopes, new_met
                damping = max(damping / 5, 1e-12)
            else:
                damping *= 5
        return met

    def _at(self, at: np.ndarray) -> tuple[np.ndarray, np.ndarray, bool]:
        """What is missing from each fact, how that changes, and whether nothing is."""
        import numpy as np

        powers = at[None, :] ** self.exponents
        monomials = powers.prod(axis=1)
        values = self.matrix @ monomials
        sizes = np.abs(self.matrix) @ np.abs(monomials)
        slopes = np.empty((len(values), self.size))
        for j in range(self.size):
            changed = powers.copy()
            changed[:, j] = self.exponents[:, j] * at[j] ** np.maximum(self.exponents[:, j] - 1, 0)
            slopes[:, j] = self.matrix @ changed.prod(axis=1)
        wanted = np.maximum(2 * self.room, 1e-3 * (self.room == ROOM)) * sizes
        missing = np.where(self.equal, values, np.where(self.apart, 0.0, np.minimum(values - wanted, 0.0)))
        slopes[missing == 0.0] = 0.0
        room = self.room * sizes
        met = np.where(
            self.equal, np.abs(values) <= EXACT * sizes, np.where(self.apart, np.abs(values) > room, values > room)
        )
        return missing, slopes, bool(met.all() and np.isfinite(values).all())
