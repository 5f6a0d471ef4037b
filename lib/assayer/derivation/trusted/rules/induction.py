"""Induction on an integer, for one statement or for several together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import sympy as sp

from assayer.derivation.trusted.context import Context, Forall, Goal, Relation
from assayer.derivation.trusted.expressions import domain, is_integer_valued
from assayer.derivation.trusted.problem import in_domain, side_conditions
from assayer.derivation.trusted.rules.reduction import Reduction
from assayer.derivation.trusted.theorem import Rejected, condition_goal

HYPOTHESIS = "induction"


@dataclass(frozen=True)
class Plan:
    """An induction on ``symbol`` from ``start``.

    Attributes:
        together: what is proved together (joint induction), the goal among it; nothing stands for the goal alone.
        every: an integer over whose whole domain the induction hypotheses are stated, or None.
    """

    symbol: sp.Symbol
    start: sp.Expr
    together: tuple[Relation, ...] = ()
    every: sp.Symbol | None = None

    def statements(self, goal: Goal) -> tuple[Relation, ...]:
        """What is proved, by one induction.

        Raises:
            Rejected: where the goal is not part of it.
        """
        if self.together and goal.relation not in self.together:
            raise Rejected("the goal is not one of the statements that are proved together")
        return self.together or (goal.relation,)


@dataclass(frozen=True)
class Induction(Reduction):
    """Every statement holds at the start, and all of them at n ≥ start give each at n + 1.

    Nothing else is kept about n, nor about ``every``. Bases and steps are theorems, so that their own definedness has
    been established; that the statements as written are defined at the start and at n + 1 is shown besides.
    """

    plan: Plan
    kernel: ClassVar[str] = "induction"

    def needs(self, goal: Goal) -> list[Goal]:
        plain = type(self.plan) is Plan and type(self.plan.together) is tuple
        if not plain or any(type(statement) is not Relation for statement in self.plan.together):
            raise Rejected("an induction follows a plan for relations")
        bases, steps = induction_goals(goal, self.plan)
        return [*bases, *steps, *induction_conditions(goal, self.plan)]

    def origins(self, goal: Goal) -> set[str]:
        n, start = self.plan.symbol, self.plan.start
        bounds = (Relation(n, ">=", start), Relation(start, "<=", n))
        return super().origins(goal) | {h.label for h in goal.context.hypotheses if h.statement in bounds}


def induction_goals(goal: Goal, plan: Plan) -> tuple[list[Goal], list[Goal]]:
    """The bases and the steps, in the order of the statements.

    Raises:
        Rejected: where the context does not give ``n ≥ start``, or n's domain does not hold every such integer.
    """
    n, start, every = plan.symbol, plan.start, plan.every
    if not set(domain(n)) <= {"integer", "positive", "nonnegative"} or "integer" not in domain(n):
        raise Rejected(f"{n} does not run over all integers from a start on")
    if start not in induction_starts(goal, n) or not is_integer_valued(start) or not in_domain(n, start):
        raise Rejected(f"the context does not give {n} ≥ {start} within the domain of {n}")
    if every is not None and ("integer" not in domain(every) or every == n or every in start.free_symbols):
        raise Rejected(f"the induction hypothesis cannot be stated for every {every}")
    statements = plan.statements(goal)
    context = _inductive(goal, plan)
    return (
        [Goal(_rest(goal, plan), r.substitute({n: start})) for r in statements],
        [Goal(context, r.substitute({n: n + 1})) for r in statements],
    )


def _rest(goal: Goal, plan: Plan) -> Context:
    rest = goal.context.without(plan.symbol)
    return rest if plan.every is None else rest.without(plan.every)


def _inductive(goal: Goal, plan: Plan) -> Context:
    """What a step may use: ``n ≥ start`` and every statement at n, for every value of ``plan.every``."""
    context = _rest(goal, plan).with_relation(Relation(plan.symbol, ">=", plan.start))
    for statement in plan.statements(goal):
        wide = plan.every is not None and plan.every in statement.symbols()
        context = context.with_relation(Forall(plan.every, statement) if wide else statement, name=HYPOTHESIS)
    return context


def induction_conditions(goal: Goal, plan: Plan) -> list[Goal]:
    """That the statements *as written* are defined at the start and at n + 1: substituting may evaluate a side away."""
    places = ((_rest(goal, plan), plan.start), (_inductive(goal, plan), plan.symbol + 1))
    return [
        condition_goal(context, c.substitute({plan.symbol: value}))
        for context, value in places
        for statement in plan.statements(goal)
        for c in side_conditions(statement)
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
