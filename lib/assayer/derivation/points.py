"""Where the refuter looks: valuations that are likely to satisfy a context, drawn inside its bounds and at its edges.

Nothing here is believed: :mod:`refute` evaluates every hypothesis rigorously before a point counts.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import sympy as sp
from flint import arb, fmpq
from sympy.core.function import AppliedUndef

from assayer.derivation.trusted.context import Goal, Relation
from assayer.derivation.trusted.errors import Unsupported
from assayer.derivation.trusted.evaluate import Undecided, Undefined, Value, value
from assayer.derivation.trusted.expressions import FLIPPED, domain, values_of

SPECIAL = (fmpq(0), fmpq(1), fmpq(-1), fmpq(2), fmpq(1, 2))
NEAR = fmpq(1, 1000)
MOST_MEMBERS = 600
"""Members of families in one valuation: a double sum over long ranges asks for far more, and each takes its time."""
MOST_FAMILIES = 1000


class Table(dict):
    """A valuation. Families (``f(3)``, ``D[2]``) get a value the first time it is asked for, and keep it."""

    def __init__(
        self,
        entries: Mapping[sp.Basic, fmpq],
        rng: random.Random,
        families: dict[sp.Basic, fmpq] | None = None,
        frozen: bool = False,
    ) -> None:
        super().__init__(entries)
        self.rng = rng
        self.frozen = frozen
        self.families: dict[sp.Basic, fmpq] = {} if families is None else families

    def __or__(self, other: Mapping) -> Table:
        """The valuation with more entries; both share the values of the families."""
        return type(self)({**self, **other}, self.rng, self.families, self.frozen)

    def rebuilt(self, entries: Mapping[sp.Symbol, fmpq]) -> Table:
        """A valuation of the same kind with other values for the symbols."""
        return Table(entries, random.Random(0), dict(self.families))

    def supply(self, key: sp.Basic) -> fmpq | None:
        """The value of a family's member, within what its assumptions allow; None where the valuation
        is frozen (it is an author's model, and nothing may be made up beside it) or has very many already."""
        if key not in self.families:
            if self.frozen or len(self.families) >= MOST_MEMBERS:
                return None
            self.families[key] = random_value(set(declared(key)), self.rng, small=True)
        return self.families[key]


@dataclass
class Sampler:
    """How to draw valuations for a goal's context.

    Attributes:
        order: the symbols, those last whose bounds mention others.
        definitions: symbols that an equation of the context determines.
        lows, highs: bounds of single symbols that the context states, each with whether it is strict.
        edges: values at which a hypothesis about a single symbol is tight.
    """

    order: list[sp.Symbol]
    definitions: dict[sp.Symbol, sp.Expr]
    lows: dict[sp.Symbol, list[tuple[sp.Expr, bool]]] = field(default_factory=dict)
    highs: dict[sp.Symbol, list[tuple[sp.Expr, bool]]] = field(default_factory=dict)
    edges: dict[sp.Symbol, list[sp.Expr]] = field(default_factory=dict)
    _words: dict[sp.Symbol, set[str]] = field(default_factory=dict)

    @classmethod
    def of(cls, goal: Goal) -> Sampler:
        """Read a goal's context."""
        sampler = cls([], _definitions(goal))
        for _, relation in goal.context.relations():
            sampler._read(relation)
        # Unreadable bounds (on products, say) are met by rejection; those that mention fewer symbols come first.
        sampler.order = sampler._ordered(sorted(valued(goal), key=lambda s: s.name))
        return sampler

    def _read(self, relation: Relation) -> None:
        for left, sign, right in (
            (relation.left, relation.sign, relation.right),
            (relation.right, FLIPPED[relation.sign], relation.left),
        ):
            if isinstance(left, sp.Symbol) and left not in right.free_symbols:
                self.edges.setdefault(left, []).append(right)
                if sign in (">", ">="):
                    self.lows.setdefault(left, []).append((right, sign == ">"))
                elif sign in ("<", "<="):
                    self.highs.setdefault(left, []).append((right, sign == "<"))

    def _ordered(self, symbols: list[sp.Symbol]) -> list[sp.Symbol]:
        def others(symbol: sp.Symbol) -> set[sp.Symbol]:
            bounds = [b for b, _ in (*self.lows.get(symbol, ()), *self.highs.get(symbol, ()))]
            return {s for b in bounds for s in b.free_symbols if s in symbols}

        free = [s for s in symbols if s not in self.definitions]
        order = sorted(free, key=lambda s: (len(others(s)), s.name))
        waiting = [s for s in symbols if s in self.definitions]
        while waiting:
            ready = [s for s in waiting if not (self.definitions[s].free_symbols & set(waiting) - {s})] or waiting[:1]
            order += ready
            waiting = [s for s in waiting if s not in ready]
        return order

    def table(self, rng: random.Random, attempt: int) -> Table:
        """Draw a valuation; ``attempt`` counts the draws, so that small numbers come first."""
        table = Table({}, rng)
        for symbol in self.order:
            defined = self.defined(symbol, table)
            table[symbol] = self._value(symbol, table, attempt) if defined is None else defined
        return table

    def completed(self, entries: Mapping[sp.Symbol, fmpq], like: Table | None = None) -> Table:
        """The valuation with these values for the symbols that no equation determines."""
        table = Table(entries, random.Random(0)) if like is None else like.rebuilt(entries)
        for symbol in self.order:
            if symbol in self.definitions:
                defined = self.defined(symbol, table)
                if defined is not None:
                    table[symbol] = defined
        return table

    def defined(self, symbol: sp.Symbol, table: Table) -> fmpq | None:
        """The value that an equation of the context gives the symbol, where it does and it is rational."""
        expression = self.definitions.get(symbol)
        found = None if expression is None else exact(expression, table)
        return found if isinstance(found, fmpq) else None

    def words(self, symbol: sp.Symbol) -> set[str]:
        """The symbol's domain."""
        if symbol not in self._words:
            self._words[symbol] = set(domain(symbol))
        return self._words[symbol]

    def range(self, symbol: sp.Symbol, table: Table) -> tuple[fmpq | None, fmpq | None]:
        """The largest lower and the smallest upper bound that are known at the values given so far."""
        words = self.words(symbol)
        lows = [_rounded(b, table) for b, _ in self.lows.get(symbol, ())]
        highs = [_rounded(b, table) for b, _ in self.highs.get(symbol, ())]
        if words & {"positive", "nonnegative"}:
            lows.append(fmpq(1 if words >= {"positive", "integer"} else 0))
        if words & {"negative", "nonpositive"}:
            highs.append(fmpq(-1 if words >= {"negative", "integer"} else 0))
        known_lows, known_highs = [v for v in lows if v is not None], [v for v in highs if v is not None]
        return max(known_lows, default=None), min(known_highs, default=None)

    def _value(self, symbol: sp.Symbol, table: Table, attempt: int) -> fmpq:
        rng, words = table.rng, self.words(symbol)
        low, high = self.range(symbol, table)
        chance = rng.random()
        edges = self.edges.get(symbol)
        if edges and chance < 0.25:
            edge = exact(rng.choice(edges), table)
            if isinstance(edge, fmpq):
                return edge + rng.choice([0, 0, 1, -1] if "integer" in words else [0, 0, 0, 1, -1, NEAR, -NEAR])
        elif chance > 0.94:
            return _fitting(rng.choice(SPECIAL), words)
        elif chance > 0.88 and table:
            near = rng.choice(list(table.values())) + rng.choice([0, 0, 1, -1, NEAR])
            return _fitting(near, words)
        return _between(low, high, words, rng, small=attempt < 12 or attempt % 3 != 2)


def exact(expression: sp.Expr, table: Table) -> Value | None:
    """The value of an expression at a valuation, or None where there is none that can be told."""
    try:
        return value(expression, table)
    except (Undefined, Undecided, Unsupported):
        return None


def random_value(words: set[str], rng: random.Random, small: bool) -> fmpq:
    """A random integer or rational within the sign that the words of a domain state."""
    if "integer" in words:
        number = fmpq(rng.randint(-4, 9) if small else rng.randint(-60, 400))
    else:
        number = _rational(rng) if small else fmpq(rng.randint(-2000, 2000), rng.choice([1, 3, 7, 50]))
    return _fitting(number, words)


def declared(named: sp.Expr) -> tuple[str, ...]:
    """The words of ``values_of``, asked once for a family: its members have the same, and SymPy works them out anew
    for each, which took most of the time of a search where sums have hundreds of terms."""
    if isinstance(named, sp.Indexed):
        head = named.base
    elif isinstance(named, AppliedUndef):
        head = named.func
    else:
        return values_of(named)
    if len(_declared) > MOST_FAMILIES:
        _declared.clear()
    if head not in _declared:
        _declared[head] = values_of(named)
    return _declared[head]


_declared: dict[object, tuple[str, ...]] = {}


def allowed(named: sp.Expr, number: fmpq) -> bool:
    """Tell whether a number lies in the declared domain of a symbol or of a family's member."""
    words = declared(named)
    signs = {
        "positive": number > 0,
        "negative": number < 0,
        "nonnegative": number >= 0,
        "nonpositive": number <= 0,
        "nonzero": number != 0,
    }
    return all(number.q == 1 if word == "integer" else signs[word] for word in words)


def valued(goal: Goal) -> set[sp.Symbol]:
    """The symbols that a valuation must give a value to."""
    relations = [goal.relation, *(r for _, r in goal.context.relations())]
    relations += [f.relation for _, f in goal.context.families()]
    symbols = goal.relation.symbols() | {s for _, r in goal.context.relations() for s in r.symbols()}
    symbols |= {s for _, f in goal.context.families() for s in f.symbols()}
    bases = {b.label for r in relations for side in (r.left, r.right) for b in side.atoms(sp.IndexedBase)}
    return symbols - bases


def _definitions(goal: Goal) -> dict[sp.Symbol, sp.Expr]:
    """The symbols that an equation of the context determines, none by way of itself."""
    definitions: dict[sp.Symbol, sp.Expr] = {}
    for _, r in goal.context.relations():
        for left, right in ((r.left, r.right), (r.right, r.left)):
            free = right.free_symbols
            if (
                r.sign == "="
                and isinstance(left, sp.Symbol)
                and left not in definitions
                and left not in free
                and not _depends(free, left, definitions)
            ):
                definitions[left] = right
                break
    return definitions


def _depends(free: Iterable[sp.Basic], target: sp.Symbol, definitions: Mapping[sp.Symbol, sp.Expr]) -> bool:
    return any(
        s in definitions
        and (target in definitions[s].free_symbols or _depends(definitions[s].free_symbols, target, definitions))
        for s in free
    )


def _rounded(bound: sp.Expr, table: Table) -> fmpq | None:
    """A bound's value as a rational, near enough to sample by."""
    found = exact(bound, table)
    if isinstance(found, arb):
        if not found.is_finite():
            return None
        mantissa, exponent = found.mid().man_exp()
        return fmpq(int(mantissa)) * fmpq(2) ** int(exponent) if abs(int(exponent)) < 2000 else None
    return found


def _between(low: fmpq | None, high: fmpq | None, words: set[str], rng: random.Random, small: bool) -> fmpq:
    """A random value between the bounds that there are."""
    whole = "integer" in words
    if low is None and high is None:
        return random_value(words, rng, small)
    if low is not None and high is not None:
        if whole:
            first, last = int(low.ceil()), int(high.floor())
            last = first + rng.choice([3, 30, 3000]) if last - first > 3000 and small else last
            return fmpq(rng.randint(first, last)) if first <= last else fmpq(first)
        steps = rng.choice([2, 3, 5, 8, 50, 997])
        return low + (high - low) * fmpq(rng.randint(0, steps), steps) if low <= high else low
    step = abs(random_value({"integer"} if whole else set(), rng, small))
    start = low if low is not None else high
    start = fmpq(start.ceil() if low is not None else start.floor()) if whole else start
    return _fitting(start + step if low is not None else start - step, words)


def _fitting(number: fmpq, words: set[str]) -> fmpq:
    """A number like this one in the domain that the words state."""
    if "integer" in words and number.q != 1:
        number = fmpq(number.floor())
    if {"positive", "nonnegative"} & words:
        number = abs(number)
    if {"negative", "nonpositive"} & words:
        number = -abs(number)
    if number == 0 and {"positive", "nonzero"} & words:
        return fmpq(1)
    return fmpq(-1) if number == 0 and "negative" in words else number


def _rational(rng: random.Random) -> fmpq:
    return fmpq(rng.randint(-12, 24), rng.choice([1, 1, 2, 3, 5, 8]))
