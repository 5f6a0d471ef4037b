"""Narrow dips: a grid over a few variables, and from its best points downhill on how nearly the claim fails.

Random points walk past ``x/(1 + exp(−x)) ≥ −0.2784``, which fails by 0.00006 on an interval of length 0.06. The search
runs in floats, is deterministic, and proposes rational points; :mod:`refute` evaluates them rigorously.
"""

from __future__ import annotations

import heapq
import random
from collections.abc import Iterator
from fractions import Fraction
from itertools import pairwise, product

import sympy as sp
from flint import fmpq

from assayer.derivation.points import Sampler, Table
from assayer.derivation.screening import Point, Screen, Unknown, compiled
from assayer.derivation.trusted.context import Goal
from assayer.derivation.trusted.expressions import domain

MOST_VARIABLES = 3
GRID = {0: 1, 1: 240, 2: 23, 3: 9}
STARTS = {0: 1, 1: 8, 2: 6, 3: 4}
STEPS = 90
SCALE = (0.0, 0.001, 0.03, 0.1, 0.25, 0.4, 0.6, 0.8, 1.0, 1.3, 1.7, 2.2, 3.0, 4.0, 6.0, 9.0, 14.0, 25.0, 60.0, 300.0)
DENOMINATORS = (1, 2, 10, 100, 1000, 10**5, 10**8)
PROMISING = {"=": -1e-9, "<=": -1e-13, ">=": -1e-13, "<": 1e-9, ">": 1e-9, "!=": 1e-6}


def dips(goal: Goal, sampler: Sampler, screen: Screen) -> Iterator[Table]:
    """Propose points where the claim fails or nearly fails, the worst first."""
    try:
        search = _Descent(goal, sampler, screen)
    except Unknown:
        return
    if len(search.variables) > MOST_VARIABLES:
        return
    count = len(search.variables)
    grid = [(search.margin(at), at) for at in product(*(search.values(v, GRID[count]) for v in search.variables))]
    starts = heapq.nsmallest(STARTS[count], [entry for entry in grid if entry[0] is not None])
    for margin, at in starts:
        yield from search.proposals(*search.downhill(margin, at))


class _Descent:
    """The claim's margin as a function of the variables that no equation of the context determines."""

    def __init__(self, goal: Goal, sampler: Sampler, screen: Screen) -> None:
        self.sampler, self.screen = sampler, screen
        self.variables = [s for s in sampler.order if s not in sampler.definitions]
        self.whole = ["integer" in domain(v) for v in self.variables]
        self.defined = [(s, compiled(e)) for s, e in sampler.definitions.items() if s in sampler.order]
        self.defined.sort(key=lambda pair: sampler.order.index(pair[0]))
        self.promising = PROMISING[goal.relation.sign]

    def values(self, variable: sp.Symbol, count: int) -> list[float]:
        """The grid of one variable: its whole range where the context bounds it, else numbers of every size."""
        low, high = self.sampler.range(variable, Table({}, random.Random(0)))
        whole = self.whole[self.variables.index(variable)]
        first, last = (None if b is None else float(Fraction(int(b.p), int(b.q))) for b in (low, high))
        if first is not None and last is not None:
            inside = [first + (last - first) * i / count for i in range(count + 1)]
        else:
            sizes = [a + (b - a) * i for a, b in pairwise(SCALE) for i in _parts(count)]
            start, signs = (first, (1,)) if first is not None else (last, (-1,)) if last is not None else (0.0, (1, -1))
            inside = [start + sign * size for size in sizes for sign in signs]
        return sorted({float(round(v)) for v in inside}) if whole else sorted(set(inside))

    def margin(self, at: tuple[float, ...]) -> float | None:
        """How far the claim is from failing, negative where it fails; None outside the context."""
        point = self._point(at)
        if point is None or self.screen.outside(point):
            return None
        found = self.screen.violation(point)
        return None if found is None else -found

    def _point(self, at: tuple[float, ...]) -> Point | None:
        point = Point(dict(zip(self.variables, at, strict=True)))
        for symbol, expression in self.defined:
            try:
                point[symbol] = expression(point)
            except (ArithmeticError, ValueError, Unknown):
                return None
        return point

    def downhill(self, margin: float, at: tuple[float, ...]) -> tuple[float, tuple[float, ...]]:
        """Compass search: a step along an axis or a diagonal while that lowers the margin, then half the step."""
        steps = [
            max(1.0, abs(x) / 4) if whole else max(0.05, abs(x) / 8) for x, whole in zip(at, self.whole, strict=True)
        ]
        for _ in range(STEPS):
            better = None
            for signs in product((-1, 0, 1), repeat=len(at)):
                if any(signs):
                    new = tuple(x + s * h for x, s, h in zip(at, signs, steps, strict=True))
                    found = self.margin(new)
                    if found is not None and found < (margin if better is None else better[0]):
                        better = (found, new)
            if better is not None:
                margin, at = better
                continue
            steps = [max(1.0, float(h // 2)) if whole else h / 2 for h, whole in zip(steps, self.whole, strict=True)]
            if all(h <= (1.0 if whole else 1e-9) for h, whole in zip(steps, self.whole, strict=True)):
                break
        return margin, at

    def proposals(self, margin: float, at: tuple[float, ...]) -> Iterator[Table]:
        """Rational points near a minimum, the simplest first."""
        if margin > self.promising:
            return
        for denominator in DENOMINATORS:
            entries = {v: _rational(x, denominator) for v, x in zip(self.variables, at, strict=True)}
            yield self.sampler.completed(entries)


def _parts(count: int) -> list[float]:
    parts = max(1, count // (2 * len(SCALE)))
    return [i / parts for i in range(parts)]


def _rational(x: float, denominator: int) -> fmpq:
    near = Fraction(x).limit_denominator(denominator)
    return fmpq(near.numerator, near.denominator)
