"""Families (``f(k)``, ``D[k]``) with a value for every index, such that a ``Forall`` about them can be decided.

Two kinds: families that are constant beyond a window, where checking the window and its edges checks every index;
and families that a recurrence among the hypotheses defines, which satisfy it because they are computed from it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from random import Random
from typing import Any

import sympy as sp
from flint import fmpq
from sympy.core.function import AppliedUndef

from assayer.derivation.trusted.context import Forall
from assayer.derivation.trusted.expressions import is_integer_valued, least_value, values_of
from assayer.mutation.ranges import Undefined, Unknown, number
from assayer.mutation.second import holds, value

LOW, HIGH = -2, 9
"""The window outside which a family is constant."""
MOST_MEMBERS = 2000
"""Members in one valuation: a double sum over long ranges asks for far more, and each takes its memory."""
DEEPEST = 60
"""How far a recurrence is followed."""


def members(*expressions: sp.Basic) -> set[sp.Expr]:
    """The members of families that occur."""
    return set().union(*(e.atoms(sp.Indexed, AppliedUndef) for e in expressions))


def family(member: sp.Expr) -> str:
    """The name of the family."""
    return str(member.base if isinstance(member, sp.Indexed) else member.func)


def arguments(member: sp.Expr) -> tuple[sp.Expr, ...]:
    """The indices or arguments of a member."""
    return member.indices if isinstance(member, sp.Indexed) else member.args


@dataclass(frozen=True)
class Recurrence:
    """``f(index + shift) = right`` for every index of its domain, from the first on."""

    statement: Forall
    shift: int
    first: int
    right: sp.Expr


def recurrences(families: Iterable[Forall]) -> dict[str, Recurrence]:
    """The families that a ``Forall`` defines step by step, each from members with smaller arguments."""
    found: dict[str, Recurrence] = {}
    for statement in families:
        made = _recurrence(statement)
        if made is not None and made[0] not in found:
            found[made[0]] = made[1]
    for name, rule in list(found.items()):
        if any(
            family(m) in found and (_shift(m, rule.statement.index) or 0) >= rule.shift for m in members(rule.right)
        ):
            del found[name]
    return found


def _recurrence(statement: Forall) -> tuple[str, Recurrence] | None:
    index, r = statement.index, statement.relation
    first = 1 if index.is_positive else 0 if index.is_nonnegative else None
    if r.sign != "=" or first is None:
        return None
    for left, right in ((r.left, r.right), (r.right, r.left)):
        if not isinstance(left, (sp.Indexed, AppliedUndef)):
            continue
        shift = _shift(left, index)
        own = [_shift(m, index) for m in members(right) if family(m) == family(left)]
        if shift is not None and all(s is not None and s < shift for s in own) and _total(right):
            return family(left), Recurrence(statement, shift, first, right)
    return None


def _shift(member: sp.Expr, index: sp.Symbol) -> int | None:
    """The c of a member ``f(index + c)`` of one argument."""
    if len(arguments(member)) != 1:
        return None
    c = arguments(member)[0] - index
    return int(c) if isinstance(c, sp.Integer) else None


def _total(expr: sp.Expr) -> bool:
    """Whether the expression is defined everywhere, by its form."""
    if isinstance(expr, (sp.Rational, sp.Symbol, sp.Indexed, AppliedUndef)):
        return True
    if isinstance(expr, sp.Pow):
        if isinstance(expr.exp, sp.Integer):
            least = least_value(expr.base)
            return _total(expr.base) and (expr.exp >= 0 or (least is not None and least >= 1))
        return isinstance(expr.base, sp.Rational) and expr.base > 0 and is_integer_valued(expr.exp)
    return isinstance(expr, (sp.Add, sp.Mul)) and all(map(_total, expr.args))


@dataclass
class Families:
    """Values for every member of every family.

    Attributes:
        rng: draws what nothing determines.
        rules: the families that a recurrence defines.
        tables: the values of the others inside the window, filled when a family is first asked for.
        at: the values of the symbols, which a recurrence may mention.
    """

    rng: Random
    rules: Mapping[str, Recurrence] = field(default_factory=dict)
    at: Mapping[sp.Basic, Any] = field(default_factory=dict)
    tables: dict[str, dict[int, fmpq]] = field(default_factory=dict)
    other: dict[sp.Expr, fmpq] = field(default_factory=dict)

    def supply(self, key: sp.Expr) -> fmpq | None:
        """The value of ``f(3)``; None where a recurrence does not give a rational number."""
        place = arguments(key)
        if len(place) != 1 or not isinstance(place[0], sp.Integer):
            return self._free(key)
        k, rule = int(place[0]), self.rules.get(family(key))
        if rule is not None:
            return self._followed(key, k, rule)
        table = self.tables.setdefault(family(key), {}) or self._drawn(key)
        return table[min(max(k, LOW), HIGH)]

    def _free(self, key: sp.Expr) -> fmpq | None:
        if key not in self.other:
            if len(self.other) >= MOST_MEMBERS:
                return None
            self.other[key] = within(_rational(self.rng), values_of(key))
        return self.other[key]

    def _drawn(self, key: sp.Expr) -> dict[int, fmpq]:
        """Constant, rising, falling or any values."""
        words, rng = values_of(key), self.rng
        values = [within(_rational(rng), words) for _ in range(LOW, HIGH + 1)]
        shape = rng.choice(["constant", "rising", "falling", "any", "steps"])
        if shape == "constant":
            values = values[:1] * len(values)
        elif shape == "steps":
            jump = rng.randrange(len(values))
            values = [values[0]] * jump + [values[-1]] * (len(values) - jump)
        elif shape != "any":
            values.sort(reverse=shape == "falling")
        table = self.tables[family(key)]
        table.update(zip(range(LOW, HIGH + 1), values, strict=True))
        return table

    def _followed(self, key: sp.Expr, k: int, rule: Recurrence) -> fmpq | None:
        start = k - rule.shift
        if start < rule.first:
            return self._free(key)
        if not all(getattr(rule.right, f"is_{word}") for word in values_of(key)):
            return None  # a later member may leave the domain that the family is declared to have
        if key not in self.other:
            if start - rule.first > DEEPEST:
                return None
            entries = Valuation({**self.at, rule.statement.index: fmpq(start)}, self)
            try:
                found = value(rule.right, entries)
            except (Undefined, Unknown, RecursionError):
                return None
            if not found.exact:
                return None
            self.other[key] = fmpq(found.low.numerator, found.low.denominator)
        return self.other[key]

    def meets(self, statement: Forall, at: Valuation) -> bool:
        """Whether the statement holds for every index, certainly."""
        if any(rule.statement == statement for rule in self.rules.values()):
            return True
        index, r = statement.index, statement.relation
        about = {m for m in members(r.left, r.right) if index in m.free_symbols}
        shifts = [_shift(m, index) for m in about]
        if None in shifts or any(family(m) in self.rules for m in about):
            return False
        apart = {m: sp.Dummy(real=True) for m in about}
        if any(index in side.xreplace(apart).free_symbols for side in (r.left, r.right)):
            return False  # the index itself occurs: beyond the window nothing repeats
        reach = max((abs(s) for s in shifts if s is not None), default=0) + 1
        least = 1 if index.is_positive else 0 if index.is_nonnegative else LOW - reach
        window = range(max(least, LOW - reach), HIGH + reach + 1)
        return all(holds(r.left, r.sign, r.right, at | {index: number(k)}) is True for k in window)


class Valuation(dict):
    """Values for symbols, and for members of families as they are asked for; both evaluators read it."""

    def __init__(self, entries: Mapping[sp.Basic, Any], families: Families | None, authored: bool = False) -> None:
        super().__init__(entries)
        self.families = families
        self.authored = authored
        """The author's ``model=``: its entries are all that is known, and he answers for the rest."""

    def __or__(self, other: Mapping) -> Valuation:
        return Valuation({**self, **other}, self.families, self.authored)

    def supply(self, key: sp.Expr) -> fmpq | None:
        return None if self.families is None else self.families.supply(key)


def within(number: fmpq, words: Iterable[str]) -> fmpq:
    """The number, moved into a domain: rounded, its sign turned, away from zero."""
    words = set(words)
    if "integer" in words:
        number = fmpq(number.floor())
    if words & {"positive", "nonnegative"}:
        number = abs(number)
    elif words & {"negative", "nonpositive"}:
        number = -abs(number)
    if number == 0 and words & {"positive", "nonzero"}:
        return fmpq(1)
    return fmpq(-1) if number == 0 and "negative" in words else number


def _rational(rng: Random) -> fmpq:
    return fmpq(rng.randint(-12, 24), rng.choice([1, 1, 2, 3, 7]))
