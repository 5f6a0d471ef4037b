"""Inequalities by ball arithmetic: the box that the context states is cut until enclosures decide every part.

It takes what algebra cannot (functions, integrals, constants such as π); ``boxes`` takes the rest, after algebra,
whose theorems are proved rather than certified.
"""

from __future__ import annotations

from collections.abc import Iterator

import sympy as sp

from assayer.derivation.branching import tree_of
from assayer.derivation.prover import Attempt
from assayer.derivation.trusted.context import Goal
from assayer.derivation.trusted.errors import Unsupported
from assayer.derivation.trusted.expressions import BINDERS, domain
from assayer.derivation.trusted.rules import Enclosure
from assayer.derivation.trusted.theorem import Certificate, Rejected

NAME = "balls"
ORDER = 32
SECONDS = 5.0
PRECISIONS = (64, 256, 1024, 4096)
_ALGEBRA = (sp.Add, sp.Mul, sp.Rational, sp.Symbol, sp.Abs, sp.Min, sp.Max, sp.floor, sp.ceiling, sp.Mod)


def search(goal: Goal, attempt: Attempt) -> Iterator[Certificate]:
    """Yield the cuts of the box, or, of two constants, comparisons with more and more bits."""
    if not goal.relation.symbols():
        yield from (Enclosure(0, working) for working in PRECISIONS)
    elif not waits(goal):
        yield from boxed(goal, attempt)


def boxed(goal: Goal, attempt: Attempt) -> Iterator[Certificate]:
    """Yield the cuts of the box that the context states for the symbols of the goal.

    Raises:
        Unsupported: saying why there is none.
    """
    if goal.relation.sign == "=":  # enclosures of two sides that agree overlap
        return
    try:
        found = Enclosure(*tree_of(goal, attempt, SECONDS))
    except Rejected as reason:
        raise Unsupported(str(reason)) from None
    yield found


def waits(goal: Goal) -> bool:
    """Tell whether algebra or exhaustion should be tried first: no more than polynomials, roots, steps and absolute
    values, or integers only."""
    if all("integer" in domain(x) for x in goal.relation.symbols()):
        return True
    return all(_algebraic(node) for side in goal.relation.sides() for node in sp.preorder_traversal(side))


def _algebraic(node: sp.Basic) -> bool:
    if isinstance(node, sp.Pow):
        return isinstance(node.exp, sp.Rational)
    return isinstance(node, _ALGEBRA) and not isinstance(node, BINDERS)
