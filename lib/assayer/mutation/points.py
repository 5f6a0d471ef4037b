"""Where a mutant is tried: many more valuations than the refuter draws, by other strategies and other seeds.

Symbols are given values in a random order; the last unknown of an equation is solved for, and a bound is often met
exactly, or missed by little. Everything here proposes: the hypotheses are evaluated at each point before it counts.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from functools import lru_cache
from math import isqrt
from random import Random

import sympy as sp
from flint import fmpq

from assayer.derivation.trusted.context import Goal, Relation
from assayer.derivation.trusted.expressions import domain
from assayer.mutation.families import Families, Recurrence, Valuation, recurrences, within
from assayer.mutation.ranges import Undefined, Unknown
from assayer.mutation.second import value

STYLES = ("small", "small", "fraction", "equal", "tiny", "large", "scaled", "near", "near", "edge", "edge")
Linear = tuple[sp.Symbol, sp.Expr, sp.Expr]
_MISSES = [fmpq(0), fmpq(0), fmpq(1, 1000), fmpq(-1, 1000), fmpq(1, 10**9), fmpq(-1, 10**9), fmpq(1), fmpq(-1)]


@lru_cache(maxsize=2048)
def linear(relation: Relation) -> tuple[Linear, ...]:
    """The symbols x for which ``left − right`` is ``slope·x + rest``, with slope and rest free of x."""
    difference = sp.expand(relation.left - relation.right)
    found = []
    for x in sorted(relation.symbols(), key=lambda s: s.name):
        slope = difference.coeff(x, 1)
        rest = sp.expand(difference - slope * x)
        if slope != 0 and x not in slope.free_symbols | rest.free_symbols:
            found.append((x, slope, rest))
    return tuple(found)


@dataclass
class Points:
    """Draws valuations for a goal; what satisfied its context is handed back by :meth:`keep`, to look near it."""

    goal: Goal
    rng: Random
    kept: list[Valuation] = field(default_factory=list)
    symbols: list[sp.Symbol] = field(init=False)
    equations: list[Linear] = field(init=False)
    edges: list[Linear] = field(init=False)
    rules: Mapping[str, Recurrence] = field(init=False)

    def __post_init__(self) -> None:
        relations = [r for _, r in self.goal.context.relations()]
        families = [f for _, f in self.goal.context.families()]
        everything = self.goal.relation.symbols().union(*(s.symbols() for s in (*relations, *families)))
        self.symbols = sorted(everything, key=lambda s: s.name)
        self.equations = [solved for r in relations if r.sign == "=" for solved in linear(r)]
        self.edges = [solved for r in (*relations, self.goal.relation) if r.sign != "=" for solved in linear(r)]
        self.rules = recurrences(families)

    def keep(self, point: Valuation) -> None:
        """Remember a point of the context."""
        if len(self.kept) < 40:
            self.kept.append(point)
        else:
            self.kept[self.rng.randrange(40)] = point

    def draw(self, count: int) -> Iterator[Valuation]:
        """Up to ``count`` valuations: a small grid first where there is one, then by every style."""
        grid = self._grid()
        for _ in range(count):
            entries = next(grid, None) or self._styled(self.rng.choice(STYLES))
            if entries is not None:
                yield Valuation(entries, Families(self.rng, self.rules, entries))

    def _grid(self) -> Iterator[dict[sp.Symbol, fmpq]]:
        """All small integers for up to three integer symbols, with no equations; in random order."""
        if not 1 <= len(self.symbols) <= 3 or self.equations or not all(s.is_integer for s in self.symbols):
            return
        values = [fmpq(v) for v in range(-3 if len(self.symbols) < 3 else -2, 7)]
        choices = [[v for v in values if within(v, domain(s)) == v] for s in self.symbols]
        everything = list(itertools.product(*choices))
        self.rng.shuffle(everything)
        for point in everything:
            yield dict(zip(self.symbols, point, strict=True))

    def _styled(self, style: str) -> dict[sp.Symbol, fmpq] | None:
        rng = self.rng
        base: Mapping[sp.Basic, fmpq] = {}
        fresh = set(self.symbols)
        if style == "near" and self.kept:
            base, fresh = rng.choice(self.kept), set(rng.sample(self.symbols, min(rng.choice([1, 1, 2]), len(fresh))))
        shared = _rational(rng, rng.choice(["small", "fraction"]))
        one_large = rng.choice(self.symbols) if self.symbols else None
        entries: dict[sp.Symbol, fmpq] = {}
        waiting = list(self.symbols)
        while waiting:
            symbol = self._next(waiting, entries)
            waiting.remove(symbol)
            found = self._solved(symbol, entries)
            if found is None and (style == "edge" or rng.random() < 0.25):
                found = self._edge(symbol, entries)
            if found is None and symbol not in fresh:
                found = base.get(symbol)
            if found is None and style == "scaled" and entries:
                found = within(_scaled(rng, rng.choice(list(entries.values()))), domain(symbol))
            if found is None:
                how = style if style != "large" or symbol == one_large else "small"
                found = within(shared if style == "equal" else _rational(rng, how), domain(symbol))
            if within(found, domain(symbol)) != found:
                return None
            entries[symbol] = found
        return entries

    def _next(self, waiting: list[sp.Symbol], entries: Mapping[sp.Symbol, fmpq]) -> sp.Symbol:
        """A symbol that an equation or a bound reaches from those already given, mostly; else any."""
        if entries and self.rng.random() < 0.7:
            given = set(entries)
            reached = {x for x, a, b in (*self.equations, *self.edges) if (a.free_symbols | b.free_symbols) <= given}
            ready = [s for s in waiting if s in reached]
            if ready:
                return self.rng.choice(ready)
        return self.rng.choice(waiting)

    def _solved(self, symbol: sp.Symbol, entries: Mapping[sp.Symbol, fmpq]) -> fmpq | None:
        for x, slope, rest in self.equations:
            if x == symbol and (slope.free_symbols | rest.free_symbols) <= set(entries):
                return _root(slope, rest, entries, exact=True)
        return None

    def _edge(self, symbol: sp.Symbol, entries: Mapping[sp.Symbol, fmpq]) -> fmpq | None:
        mine = [(a, b) for x, a, b in self.edges if x == symbol and (a.free_symbols | b.free_symbols) <= set(entries)]
        if not mine:
            return None
        found = _root(*self.rng.choice(mine), entries, exact=False)
        if found is None:
            return None
        if symbol.is_integer:
            return fmpq(found.floor()) + self.rng.choice([-1, 0, 0, 1, 2])
        return found + self.rng.choice(_MISSES)


def _root(slope: sp.Expr, rest: sp.Expr, entries: Mapping[sp.Symbol, fmpq], exact: bool) -> fmpq | None:
    """Where ``slope·x + rest`` is zero; ``exact``: None where that is not certainly rational."""
    try:
        found = -value(rest, entries) * value(slope, entries).inverse()
    except (Undefined, Unknown):
        return None
    if exact and not found.exact:
        return None
    middle = (found.low + found.high) / 2
    if not found.exact:
        middle = middle.limit_denominator(10**9) if abs(middle) < 10**9 else Fraction(int(middle))
    return fmpq(middle.numerator, middle.denominator)


def _scaled(rng: Random, other: fmpq) -> fmpq:
    """A number of the size of another, or of its root."""
    size = abs(other) if rng.random() < 0.6 else fmpq(isqrt(int(abs(other).floor())))
    return size * fmpq(rng.randint(1, 30), 20) + rng.randint(-2, 2)


def _rational(rng: Random, style: str) -> fmpq:
    if style == "tiny":
        return fmpq(rng.choice([-1, 0, 1]), 10 ** rng.randint(0, 8))
    if style == "large":
        return fmpq(rng.randint(-9, 9) * 10 ** rng.randint(1, 7) + rng.randint(-3, 3))
    if style == "fraction":
        return fmpq(rng.randint(-40, 60), rng.randint(1, 30))
    return fmpq(rng.randint(-4, 9)) if rng.random() < 0.7 else fmpq(rng.randint(-12, 24), rng.choice([2, 3, 4]))
