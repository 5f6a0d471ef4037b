"""Hypotheses for all indices, where the indices come up only in other such hypotheses.

The translation takes a ``Forall`` hypothesis at the indices of the members that the goal and the plain hypotheses name.
The statements that it makes there name members of their own: at their indices it is taken here, by lemmas.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import sympy as sp
from sympy.core.function import AppliedUndef

from assayer.derivation.lemmas import with_help
from assayer.derivation.prover import Attempt
from assayer.derivation.trusted.context import Forall, Goal, Relation
from assayer.derivation.trusted.theorem import Certificate

NAME = "instances"
ORDER = 43
MOST = 12


def search(goal: Goal, attempt: Attempt) -> Iterator[Certificate]:
    """Yield the goal with the help of the statements of the second round."""
    if attempt.depth <= 0 or not any(True for _ in goal.context.families()):
        return
    plain = [goal.relation, *(r for _, r in goal.context.relations())]
    free = set().union(*(r.symbols() for r in plain))
    families = [family for _, family in goal.context.families()]
    first = {family: list(_instances(family, _members(plain), free)) for family in families}
    second = {
        relation: None
        for family in families
        for relation in _instances(family, _members(r for f, rs in first.items() if f != family for r in rs), free)
        if relation not in first[family]
    }
    lemmas = (attempt.prove(Goal(goal.context, relation)) for relation in list(second)[:MOST])
    yield from with_help(goal, [theorem for theorem in lemmas if theorem is not None], attempt)


def _members(relations: Iterable[Relation]) -> set[sp.Basic]:
    return {m for r in relations for side in r.sides() for m in side.atoms(sp.Indexed, AppliedUndef)}


def _instances(family: Forall, members: set[sp.Basic], free: set[sp.Symbol]) -> Iterator[Relation]:
    """The hypothesis at the indices at which it names one of the members."""
    values = {v: None for m in sorted(members, key=sp.default_sort_key) for v in _values(family, m)}
    yield from (family.relation.substitute({family.index: v}) for v in values if v.free_symbols <= free)


def _values(family: Forall, member: sp.Basic) -> Iterator[sp.Expr]:
    index = family.index
    for pattern in sorted(_members([family.relation]), key=sp.default_sort_key):
        if type(pattern) is not type(member) or getattr(pattern, "base", None) != getattr(member, "base", None):
            continue
        mine, other = (getattr(m, "indices", m.args) for m in (pattern, member))
        for a, b in zip(mine, other, strict=False):
            if index in a.free_symbols and isinstance(a - index, sp.Integer):
                yield b - (a - index)
