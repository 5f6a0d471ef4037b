"""Whether numbers for inner products, traces and moments can be those of vectors, matrices and random variables.

The kernels take such atoms for free real numbers: what they prove holds all the more. A counterexample does not: only
a point that something takes refutes. This module tells the refuter which points those are, and gives it some.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from random import Random

import sympy as sp
from flint import fmpq

from assayer.derivation.algebra.atoms import LogDetSymbol, WordMember, WordSymbol
from assayer.derivation.algebra.facts import Held
from assayer.derivation.algebra.letters import Letter, Size, Word
from assayer.derivation.algebra.points import realized
from assayer.derivation.algebra.random_variables import MomentSymbol
from assayer.derivation.points import Table
from assayer.derivation.trusted.context import Goal
from assayer.derivation.trusted.errors import DerivationError
from assayer.derivation.trusted.evaluate import Undecided, Undefined, value

_WORDS = (WordSymbol, WordMember, LogDetSymbol, Held)


def model_of(goal: Goal) -> Callable[[Random], Mapping[sp.Basic, object]] | None:
    """Points with vectors and matrices behind them, for a goal that speaks of such; else None."""
    if not _atoms(goal, *_WORDS) or _atoms(goal, MomentSymbol):
        return None
    if any(True for _ in goal.context.families()):
        return None  # a point meets a family within a window only: that is an author's to answer for
    try:
        draw = realized(*(h.statement for h in goal.context.hypotheses), goal.relation)
    except DerivationError:
        return None

    def model(rng: Random) -> Mapping[sp.Basic, object]:
        try:
            return draw(rng)
        except (DerivationError, ValueError, IndexError, ZeroDivisionError):  # sizes that do not fit, no inverse
            return {}

    return model


def realizable(goal: Goal, table: Table) -> bool:
    """Tell that something takes the point's values; False also where this is not known.

    A Gram matrix, and a matrix of first and second moments, is one exactly where it is positive semidefinite; entries
    that the goal does not mention are chosen: large on the diagonal, 0 elsewhere.
    """
    if table.frozen:
        return True  # an author's points, or those of `model_of`
    words, moments = _atoms(goal, *_WORDS), _atoms(goal, MomentSymbol)
    return (not words or _vectors(words, table)) and (not moments or _variables(moments, table))


def _atoms(goal: Goal, *kinds: type) -> set[sp.Basic]:
    stated = (goal.relation, *(h.statement for h in goal.context.hypotheses))
    return {atom for s in stated for side in s.sides() for atom in side.atoms(*kinds)}


def _vectors(atoms: Iterable[sp.Basic], table: Table) -> bool:
    entries: dict[tuple[Letter, Letter], fmpq] = {}
    for atom in list(atoms):
        if isinstance(atom, Held):
            if not _holds(atom, table):
                return False
            continue
        word: Word = getattr(atom, "word", ())
        plain = isinstance(atom, WordSymbol) and len(word) == 2 and all(f.letter.cols == 1 for f in word)
        if not plain or table.get(atom) is None:
            return False  # matrices and members of families: not known here
        one, two = word[0].letter, word[1].letter
        entries[one, two] = entries[two, one] = table[atom]
    letters = sorted({letter for pair in entries for letter in pair})
    return all(_room(letter.rows, len(letters), table) for letter in letters) and _semidefinite(entries, letters)


def _room(rows: Size, count: int, table: Table) -> bool:
    """Whether vectors of this dimension can have a Gram matrix of any rank up to ``count``."""
    if rows is None:
        return True
    try:
        return value(rows, table) >= count
    except (Undecided, Undefined, KeyError, DerivationError):
        return False


def _holds(held: Held, table: Table) -> bool:
    try:
        return value(held.meaning, table) == table.get(held)
    except (Undecided, Undefined, KeyError, DerivationError):
        return False


def _variables(atoms: Iterable[MomentSymbol], table: Table) -> bool:
    one = "1"
    entries: dict[tuple[str, str], fmpq] = {(one, one): fmpq(1)}
    for atom in atoms:
        factors = [d for d, k in atom.powers for _ in range(k)]
        if len(factors) > 2 or table.get(atom) is None or any(d.raw or d.family for d in factors):
            return False
        first, second = (*(d.name for d in factors), one)[:2]
        entries[first, second] = entries[second, first] = table[atom]
    return _semidefinite(entries, sorted({name for pair in entries for name in pair}))


def _semidefinite(entries: Mapping[tuple[object, object], fmpq], names: list[object]) -> bool:
    """Complete the matrix and eliminate exactly: it is semidefinite if no pivot is negative, and a row with the pivot
    0 vanishes."""
    largest = 1 + sum((abs(e) for e in entries.values()), fmpq(0))
    rows = [[entries.get((i, j), largest**3 if i == j else fmpq(0)) for j in names] for i in names]
    for k in range(len(names)):
        pivot = rows[k][k]
        if pivot < 0 or (pivot == 0 and any(e != 0 for e in rows[k][k + 1 :])):
            return False
        for i in range(k + 1, len(names)) if pivot > 0 else ():
            factor = rows[i][k] / pivot
            rows[i] = [a - factor * b for a, b in zip(rows[i], rows[k], strict=True)]
    return True
