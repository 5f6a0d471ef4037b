"""A counterexample that a reader can check by hand: each number as small and as round as the refutation allows."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from fractions import Fraction

import sympy as sp
from flint import fmpq

from assayer.derivation.points import Sampler, Table

SIMPLE = tuple(Fraction(v) for v in ("0", "1", "2", "-1", "3", "1/2", "-2", "-1/2", "4", "-3", "5", "10", "100"))
MOST_TRIALS = 200
FAMILY_DRAWS = 6


def simplest(table: Table, sampler: Sampler, refutes: Callable[[Table], bool]) -> Table:
    """Replace the coordinates of a refuting point by simpler ones while it still refutes.

    First those that are equal, together; then each by itself, until nothing changes.

    Args:
        refutes: whether a point satisfies the context and refutes the claim, certainly.
    """
    trials = 0
    improved = True
    while improved and trials < MOST_TRIALS:
        improved = False
        for keys in _groups(table, sampler):
            for new in _simpler_tables(table, sampler, keys):
                trials += 1
                if refutes(new):
                    table, improved = new, True
                    break
                if trials >= MOST_TRIALS:
                    return _asked(table, refutes)
    return _asked(table, refutes)


def _groups(table: Table, sampler: Sampler) -> list[list[sp.Symbol]]:
    """The symbols to change together: those of one value, then each by itself."""
    free = [s for s in sampler.order if s in table and not _determined(s, table, sampler)]
    equal = [[s for s in free if table[s] == v] for v in sorted({table[s] for s in free})]
    return [*(g for g in equal if len(g) > 1), *([s] for s in free)]


def _simpler_tables(table: Table, sampler: Sampler, keys: list[sp.Symbol]) -> Iterator[Table]:
    free = {s: v for s, v in table.items() if not _determined(s, table, sampler)}
    present = _fraction(table[keys[0]])
    bounds = [_fraction(b) for b in sampler.range(keys[0], table) if b is not None]
    ends = [end for b in bounds for end in (b, b + 1, b - 1) if _size(end) < _size(present)]
    for number in dict.fromkeys([*_simpler(present), *ends]):
        entries = {**free, **dict.fromkeys(keys, fmpq(number.numerator, number.denominator))}
        new = sampler.completed(entries, like=table)
        if new.keys() == table.keys():
            yield new
            # Other members of a family are asked for where its index has changed: a few draws of them.
            for seed in range(FAMILY_DRAWS if table.families and type(table) is Table else 0):
                yield Table(new, random.Random(seed), {})


def _determined(symbol: sp.Symbol, table: Table, sampler: Sampler) -> bool:
    """Whether an equation gives this symbol its value (where that is not rational, the value was drawn)."""
    return symbol in sampler.definitions and sampler.defined(symbol, table) is not None


def _asked(table: Table, refutes: Callable[[Table], bool]) -> Table:
    """The families' members that the refutation needs, with small values where those do."""
    if type(table) is not Table or not table.families:
        return table
    for key in sorted(table.families, key=str):
        for number in _simpler(_fraction(table.families[key])):
            new = Table(table, random.Random(0), {**table.families, key: fmpq(number.numerator, number.denominator)})
            if refutes(new):
                table = new
                break
    for key in sorted(table.families, key=str):
        fewer = Table(table, random.Random(0), {k: v for k, v in table.families.items() if k != key}, frozen=True)
        if refutes(fewer):
            table = fewer
    return table


def _simpler(number: Fraction) -> Iterator[Fraction]:
    """Numbers that are simpler than this one, simplest first."""
    size = _size(number)
    near = [number.limit_denominator(d) for d in (1, 2, 10, 100)]
    round_numbers = [Fraction(round(number, -digits)) for digits in range(len(str(abs(round(number)))), 0, -1)]
    for candidate in dict.fromkeys([*SIMPLE, *round_numbers, *near]):
        if _size(candidate) < size:
            yield candidate


def _size(number: Fraction) -> tuple[int, int, bool]:
    digits = len(str(abs(number.numerator))) + (len(str(number.denominator)) if number.denominator != 1 else 0)
    return digits + (number.denominator != 1), abs(number.numerator) + number.denominator, number < 0


def _fraction(number: fmpq) -> Fraction:
    return Fraction(int(number.p), int(number.q))
