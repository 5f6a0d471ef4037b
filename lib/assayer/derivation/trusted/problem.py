"""A goal as polynomials: the facts of its context, its relation, its negation. Part of the trusted base."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property, lru_cache

import sympy as sp
from sympy.core.function import AppliedUndef

from assayer.derivation.trusted.context import Context, Forall, Goal, Relation
from assayer.derivation.trusted.definedness import Condition, conditions, unfold
from assayer.derivation.trusted.errors import Unsupported
from assayer.derivation.trusted.expressions import domain, is_integer_valued, least_value
from assayer.derivation.trusted.polynomials import Algebra, Fact

EMPTY = Context()


class Problem:
    """What a kernel works on; what only some kernels ask for is made when it is asked for.

    Attributes:
        algebra: the ring, with the meaning of each generator and which of them are integers.
        difference: ``left − right`` of the goal.
        facts: everything known, in a fixed order: certificates refer to facts by position.
        negation: the facts that hold if the goal does not.
        bounds: labels of the hypotheses that let an expression be rewritten (a sum unfolded, a root split).
    """

    def __init__(self, goal: Goal) -> None:
        bounds: set[str] = set()
        stated = [(name, r, side_conditions(r)) for name, r in goal.context.relations()]
        stated += _instances(goal, bounds)
        given = [(name, r) for name, r, _ in stated]
        # A hypothesis holds only where its sides are defined: what that takes exactly is known with it.
        known = [(name, c.relation) for name, _, needs in stated for c in needs if c.exact and not c.local]
        own = [("defined", c.relation) for c in side_conditions(goal.relation) if not c.local]
        self._goal, self._known = goal, [*given, *known, *own]
        self.algebra = Algebra(
            [goal.relation, *(r for _, r in self._known)], lambda e: evident(e, goal.context, bounds)
        )
        self.difference = self.algebra.difference(goal.relation)
        taken = {name for name, r in self._known if r in self.algebra.used}
        self.bounds = frozenset(bounds | (taken - {"defined"}))

    @cached_property
    def facts(self) -> tuple[Fact, ...]:
        stated = (f for name, r in self._known for f in self.algebra.facts_of(r, name))
        return (*stated, *self.algebra.facts)

    @cached_property
    def negation(self) -> tuple[Fact, ...]:
        return tuple(self.algebra.facts_of(self._goal.relation, "negated goal", negate=True))


@lru_cache(maxsize=256)
def problem(goal: Goal) -> Problem:
    """Translate a goal; deterministic, so that a certificate found in one translation is checked in another.

    The definedness of the goal's own sides is taken as known: :mod:`theorem` demands a theorem for each such
    condition before it admits the goal.

    Raises:
        Unsupported: for an expression that the translation does not understand.
    """
    return Problem(goal)


def side_conditions(relation: Relation) -> list[Condition]:
    """What both sides of a relation need in order to be defined, innermost first."""
    return list(dict.fromkeys([*conditions(relation.left), *conditions(relation.right)]))


def _instances(goal: Goal, bounds: set[str]) -> Iterator[tuple[str, Relation, list[Condition]]]:
    """``Forall`` hypotheses at the arguments where the goal's families occur, once those are in the index's domain."""
    families = list(goal.context.families())
    if not families:
        return
    relations = [goal.relation, *(r for _, r in goal.context.relations())]
    free = set().union(*(r.symbols() for r in relations))
    sides = (unfold(side, lambda e: evident(e, goal.context, bounds)) for r in relations for side in r.sides())
    occurrences = {o for side in sides for o in side.atoms(sp.Indexed, AppliedUndef)}
    for name, family in families:
        values = {v for pattern in _patterns(family) for o in occurrences for v in _match(pattern, o, family.index)}
        for value in sorted((v for v in values if v.free_symbols <= free), key=sp.default_sort_key):
            if always_defined(value) and in_domain(family.index, value, goal.context, bounds):
                at = {family.index: value}
                yield name, family.relation.substitute(at), [c.substitute(at) for c in side_conditions(family.relation)]


def _patterns(family: Forall) -> set[sp.Basic]:
    sides = (family.relation.left, family.relation.right)
    return {p for side in sides for p in side.atoms(sp.Indexed, AppliedUndef) if family.index in p.free_symbols}


def _match(pattern: sp.Basic, occurrence: sp.Basic, index: sp.Symbol) -> Iterator[sp.Expr]:
    """The values v such that ``pattern`` at ``index = v`` is ``occurrence``, for arguments ``index + constant``."""
    if type(pattern) is not type(occurrence) or len(pattern.args) != len(occurrence.args):
        return
    if isinstance(pattern, sp.Indexed) and pattern.base != occurrence.base:
        return
    mine = pattern.indices if isinstance(pattern, sp.Indexed) else pattern.args
    other = occurrence.indices if isinstance(occurrence, sp.Indexed) else occurrence.args
    for a, b in zip(mine, other, strict=True):
        if index in a.free_symbols and isinstance(a - index, sp.Integer):
            yield b - (a - index)


def always_defined(value: sp.Expr) -> bool:
    """Tell, by form, that an index is defined everywhere: its atoms would bring facts that hold only where it is."""
    try:
        return not conditions(value)
    except Unsupported:
        return False


def in_domain(index: sp.Symbol, value: sp.Expr, context: Context = EMPTY, used: set[str] | None = None) -> bool:
    """Tell, by form and by the context's bounds, that ``value`` lies in the domain of the integer ``index``."""
    words = set(domain(index)) - {"integer"}
    if not is_integer_valued(value) or not words <= {"positive", "nonnegative"}:
        return False
    return not words or evident(value - (1 if "positive" in words else 0), context, set() if used is None else used)


def evident(expr: sp.Expr, context: Context, used: set[str], depth: int = 2) -> bool:
    """Tell, by form alone, that an integer is ``≥ 0``: from domains, or from a hypothesis ``n ≥ bound``.

    The labels of the hypotheses that it took are added to ``used``.
    """
    least = least_value(expr)
    if least is not None:
        return least >= 0
    constant, rest = expr.as_coeff_Add()
    if not isinstance(constant, sp.Integer) or not isinstance(rest, sp.Symbol) or "integer" not in domain(rest):
        return False
    for label, r in context.relations():
        bound = r.right if (r.left, r.sign) == (rest, ">=") else r.left if (r.right, r.sign) == (rest, "<=") else None
        if bound is not None and depth > 0 and evident(bound + constant, context, used, depth - 1):
            used.add(label)
            return True
    return False
