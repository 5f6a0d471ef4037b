"""Bounds of sums that no induction gives as they stand: a stronger one is proved, with what the step leaves over.

``Σ f(k) ≤ g(n)`` follows from ``Σ f(k) + w(n) ≤ g(n)`` with ``w(n) ≥ 0``. For w the last term is tried (the rest of a
series is often a multiple of it), and what the last term takes away, as in a sum of differences.
"""

from __future__ import annotations

from collections.abc import Iterator

import sympy as sp

from assayer.derivation.lemmas import fails, with_help
from assayer.derivation.prover import Attempt
from assayer.derivation.trusted.context import Goal, Relation
from assayer.derivation.trusted.errors import DerivationError
from assayer.derivation.trusted.expressions import FLIPPED, opened, substitute
from assayer.derivation.trusted.theorem import Certificate

NAME = "a stronger bound"
ORDER = 47


def search(goal: Goal, attempt: Attempt) -> Iterator[Certificate]:
    """Yield the goal by way of each stronger bound that is proved."""
    relation = goal.relation
    if attempt.depth <= 1 or relation.sign in ("=", "!="):
        return
    less, sign, more = relation.left, relation.sign, relation.right
    if sign in (">", ">="):
        less, sign, more = more, FLIPPED[sign], less
    if not isinstance(less, sp.Sum) or more.has(sp.Sum):
        return
    for rest in _rests(less):
        try:
            wanted = Goal(goal.context, Relation(less + rest, "<=" if rest.is_positive else sign, more))
            theorem = None if fails(wanted) else attempt.prove(wanted)
        except DerivationError:
            continue
        if theorem is not None:
            yield from with_help(goal, [theorem], attempt)


def _rests(total: sp.Sum) -> Iterator[sp.Expr]:
    body, index, _, high = opened(total)
    if not isinstance(high, sp.Symbol):
        return
    terms = [substitute(term, {index: high}) for term in sp.Add.make_args(sp.expand(body))]
    if len(terms) == 1:
        yield terms[0]
    else:
        yield from (-term for term in terms if term.could_extract_minus_sign())
