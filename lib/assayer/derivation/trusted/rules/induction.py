"""Induction on an integer of the goal."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import sympy as sp

from assayer.derivation.trusted.context import Goal, Relation
from assayer.derivation.trusted.expressions import domain, is_integer_valued
from assayer.derivation.trusted.problem import in_domain, side_conditions
from assayer.derivation.trusted.status import Status, weakest
from assayer.derivation.trusted.theorem import Certificate, Rejected, Sequent, condition_goal, genuine

HYPOTHESIS = "induction"


@dataclass(frozen=True)
class Induction(Certificate):
    """``P(start)``, and ``P(n)`` gives ``P(n + 1)`` for ``n ≥ start``; nothing else is kept about n.

    Base and step are theorems, so that their own definedness has been established.
    """

    symbol: sp.Symbol
    start: sp.Expr
    base: Sequent
    step: Sequent
    defined: tuple[Sequent, ...] = ()
    kernel: ClassVar[str] = "induction"

    def inner(self) -> tuple[Sequent, ...]:
        return (self.base, self.step, *self.defined)

    def verify(self, goal: Goal) -> Status:
        genuine(*self.inner())
        base, step = induction_goals(goal, self.symbol, self.start)
        if (self.base.goal, self.step.goal) != (base, step):
            raise Rejected("the theorems given are not the base and the step")
        needed = induction_conditions(goal, self.symbol, self.start)
        if not set(needed) <= {t.goal for t in self.defined}:
            raise Rejected("the statement is not shown to be defined at the start and at the next number")
        return weakest([self.base.status, self.step.status, *(t.status for t in self.defined)])

    def origins(self, goal: Goal) -> set[str]:
        bounds = (Relation(self.symbol, ">=", self.start), Relation(self.start, "<=", self.symbol))
        begins = {h.label for h in goal.context.hypotheses if h.statement in bounds}
        return (self.base.uses | self.step.uses | begins) - {HYPOTHESIS}


def induction_goals(goal: Goal, n: sp.Symbol, start: sp.Expr) -> tuple[Goal, Goal]:
    """The two goals of an induction on n from ``start``.

    Raises:
        Rejected: where the context does not give ``n ≥ start``, or n's domain does not hold every such integer.
    """
    if not set(domain(n)) <= {"integer", "positive", "nonnegative"} or "integer" not in domain(n):
        raise Rejected(f"{n} does not run over all integers from a start on")
    if start not in induction_starts(goal, n) or not is_integer_valued(start) or not in_domain(n, start):
        raise Rejected(f"the context does not give {n} ≥ {start} within the domain of {n}")
    rest = goal.context.without(n)
    base = Goal(rest, goal.relation.substitute({n: start}))
    step = Goal(
        rest.with_relation(Relation(n, ">=", start)).with_relation(goal.relation, name=HYPOTHESIS),
        goal.relation.substitute({n: n + 1}),
    )
    return base, step


def induction_conditions(goal: Goal, n: sp.Symbol, start: sp.Expr) -> list[Goal]:
    """That the statement *as written* is defined at the start and at n + 1: substituting may evaluate a side away."""
    base, step = induction_goals(goal, n, start)
    return [
        condition_goal(at.context, c.substitute({n: v}))
        for at, v in ((base, start), (step, n + 1))
        for c in side_conditions(goal.relation)
    ]


def induction_starts(goal: Goal, n: sp.Symbol) -> list[sp.Expr]:
    """The lower bounds of n that the context states as such: by a hypothesis ``n ≥ s`` or by n's domain."""
    found: list[sp.Expr] = []
    for _, r in goal.context.relations():
        if r.left == n and r.sign == ">=":
            found.append(r.right)
        elif r.right == n and r.sign == "<=":
            found.append(r.left)
    if "positive" in domain(n):
        found.append(sp.S.One)
    elif "nonnegative" in domain(n):
        found.append(sp.S.Zero)
    return [s for s in dict.fromkeys(found) if n not in s.free_symbols]
