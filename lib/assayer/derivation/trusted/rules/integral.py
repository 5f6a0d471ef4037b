"""Integrals: the fundamental theorem of calculus, and comparison of integrands."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import sympy as sp

from assayer.derivation.trusted.calculus import continuity, derivative, differentiability
from assayer.derivation.trusted.context import Context, Goal, Relation
from assayer.derivation.trusted.expressions import opened, substitute
from assayer.derivation.trusted.rules.reduction import Reduction, real_variable
from assayer.derivation.trusted.theorem import Rejected, condition_goal

RANGE = "range"


@dataclass(frozen=True)
class Antiderivative(Reduction):
    """``∫ f(v) dv from a to b = F(b) − F(a)``, the claim's right side being F at the ends as SymPy evaluates it.

    F is continuous on ``[a, b]`` and differentiable on ``(a, b)`` with ``F′ = f`` there, and f is integrable, which
    is what it means for the left side to be defined. By the mean value theorem ``F(b) − F(a)`` is then a Riemann sum
    of f on every partition. For ``a = b`` both sides are 0.
    """

    antiderivative: sp.Expr
    kernel: ClassVar[str] = "antiderivative"

    def needs(self, goal: Goal) -> list[Goal]:
        left, sign, right = goal.relation.left, goal.relation.sign, goal.relation.right
        if sign != "=" or not isinstance(left, sp.Integral):
            raise Rejected("the rule is about the value of one integral, which is the left side")
        body, variable, low, high = opened(left)
        y = real_variable(variable, goal, self.antiderivative)
        whole = substitute(self.antiderivative, {variable: y})
        if right != substitute(whole, {y: high}) - substitute(whole, {y: low}):
            raise Rejected(f"the right side is not the difference of {self.antiderivative} between the ends")
        closed = _between(goal.context, low, y, high, "<=")
        inside = _between(goal.context, low, y, high, "<")
        needed = [condition_goal(closed, c) for c in continuity(whole, y)]
        needed += [condition_goal(inside, c) for c in differentiability(whole, y)]
        needed.append(Goal(inside, Relation(derivative(whole, y), "=", substitute(body, {variable: y}))))
        return list(dict.fromkeys(needed))


@dataclass(frozen=True)
class IntegralTermwise(Reduction):
    """``∫ f R ∫ g`` over one range, from ``f(y) R g(y)`` for every y in it; 0 counts as ``∫ 0``.

    Both are integrable, which is what it means for the sides to be defined. A strict relation also asks for a range
    that is longer than a point: an integrable function that is positive on it has a positive integral.
    """

    kernel: ClassVar[str] = "integrand by integrand"

    def needs(self, goal: Goal) -> list[Goal]:
        relation = goal.relation
        integrals = [side for side in relation.sides() if isinstance(side, sp.Integral)]
        if relation.sign == "!=" or not integrals or any(s not in integrals and s != 0 for s in relation.sides()):
            raise Rejected("the sides are not integrals over one range")
        _, variable, low, high = opened(integrals[0])
        if any(opened(i)[2:] != (low, high) for i in integrals):
            raise Rejected("the integrals run over different ranges")
        y = real_variable(variable, goal)
        terms = [
            substitute(opened(side)[0], {opened(side)[1]: y}) if side in integrals else sp.S.Zero
            for side in relation.sides()
        ]
        needed = [Goal(_between(goal.context, low, y, high, "<="), Relation(terms[0], relation.sign, terms[1]))]
        if relation.sign in ("<", ">"):
            needed.append(Goal(goal.context, Relation(low, "<", high)))
        return needed


def _between(context: Context, low: sp.Expr, y: sp.Symbol, high: sp.Expr, sign: str) -> Context:
    return context.with_relation(Relation(low, sign, y), Relation(y, sign, high), name=RANGE)
