"""Sums and integrals by their values: SymPy suggests a closed form, which is proved and put in their place."""

from __future__ import annotations

from collections.abc import Iterator

import sympy as sp

from assayer.derivation.lemmas import with_help
from assayer.derivation.prover import Attempt
from assayer.derivation.suggest import suggested
from assayer.derivation.trusted.context import Goal, Relation
from assayer.derivation.trusted.errors import DerivationError
from assayer.derivation.trusted.expressions import BINDERS
from assayer.derivation.trusted.theorem import Certificate, Sequent

NAME = "closed forms"
ORDER = 48
MOST = 3
SECONDS = 1.0


def search(goal: Goal, attempt: Attempt) -> Iterator[Certificate]:
    """Yield the goal with the help of the values, as it stands; then the goal with the values in place."""
    if attempt.depth <= 1:
        return
    values: dict[sp.Expr, Sequent] = {}
    for part in _parts(goal)[:MOST]:
        theorem = _valued(part, goal, attempt)
        if theorem is not None:
            values[part] = theorem
    if not values:
        return
    yield from with_help(goal, values.values(), attempt)
    put = {part: theorem.relation.right for part, theorem in values.items()}
    left, right = (side.xreplace(put) for side in goal.relation.sides())
    try:
        plain = attempt.prove(Goal(goal.context, Relation(left, goal.relation.sign, right)))
    except DerivationError:
        return
    if plain is not None:
        yield from with_help(goal, [*values.values(), plain], attempt)


def _parts(goal: Goal) -> list[sp.Expr]:
    """The sums and integrals of a goal that stand under no other, and that are not what it asks for."""
    if goal.relation.sign == "=" and any(isinstance(s, BINDERS) for s in goal.relation.sides()):
        others = [s for s in goal.relation.sides() if not isinstance(s, BINDERS)]
        if others and not others[0].has(*BINDERS):
            return []
    found: dict[sp.Expr, None] = {}
    pending = list(goal.relation.sides())
    while pending:
        part = pending.pop(0)
        if isinstance(part, BINDERS):
            found[part] = None
        else:
            pending += part.args
    return list(found)


def _valued(part: sp.Expr, goal: Goal, attempt: Attempt) -> Sequent | None:
    value = suggested(part.doit, SECONDS)
    if not isinstance(value, sp.Expr) or value.has(*BINDERS, sp.Piecewise) or value == part:
        return None
    try:
        return attempt.prove(Goal(goal.context, Relation(part, "=", value)))
    except DerivationError:
        return None
