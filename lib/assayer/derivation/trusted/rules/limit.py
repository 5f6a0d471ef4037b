"""Limits by an explicit rate: ``L − rate ≤ f ≤ L + rate`` near the point, and the rate goes to 0 by its form."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import sympy as sp

from assayer.derivation.trusted.context import Context, Goal, Relation, domain_relations
from assayer.derivation.trusted.definedness import conditions
from assayer.derivation.trusted.errors import DerivationError
from assayer.derivation.trusted.expressions import FLIPPED, domain, express, free_symbols, nothing_hidden, substitute
from assayer.derivation.trusted.status import Status, weakest
from assayer.derivation.trusted.theorem import Rejected, Sequent, condition_goal, genuine

_SIDE_OF = {">": "+", ">=": "+", "<": "-", "<=": "-"}


@dataclass(frozen=True)
class Limit:
    """For all parameters that satisfy the hypotheses free of x: ``expression → value`` as ``x → point``.

    Making one is checking it. x runs through its declared domain (all reals or all integers); ``point`` is ∞ or an
    expression free of x, approached from both sides unless a hypothesis keeps x on one. That is: for every ε > 0 the
    expression is defined and within ε of the value for all x ≠ point near enough to the point (for all large x).

    Raises:
        Rejected: where a goal of :func:`limit_goals` has no theorem among ``proofs``.
    """

    context: Context
    expression: sp.Expr
    x: sp.Symbol
    point: sp.Expr
    value: sp.Expr
    rate: sp.Expr
    proofs: tuple[Sequent, ...]

    def __post_init__(self) -> None:
        genuine(*self.proofs)
        shown = {theorem.goal for theorem in self.proofs}
        for needed in limit_goals(self.context, self.expression, self.x, self.point, self.value, self.rate):
            if needed not in shown:
                raise Rejected(f"the limit needs {needed}, which is not shown")

    def __init_subclass__(cls) -> None:
        raise DerivationError("a Limit cannot be subclassed: making one is checking it")

    @property
    def status(self) -> Status:
        return weakest(theorem.status for theorem in self.proofs)

    @property
    def side(self) -> str:
        """``"+"`` or ``"-"`` where x stays on one side of a finite point, else empty."""
        return "".join(sorted({s for r in _about(self.context, self.x) for s in _one_side(r, self.x, self.point)}))


def limit_goals(
    context: Context, expression: sp.Expr, x: sp.Symbol, point: sp.Expr, value: sp.Expr, rate: sp.Expr
) -> list[Goal]:
    """The goals that together give the limit: both bounds, that their hypotheses hold near the point, and the rate.

    Raises:
        Rejected: where the rate, the point or a hypothesis about x is not of a form that the rule knows.
    """
    if not isinstance(x, sp.Symbol):
        raise Rejected(f"{x} is not a symbol")
    for moving in (expression, express(value), express(rate)):
        nothing_hidden(moving, x, "follows to a limit in")
    if any(x in free_symbols(express(fixed)) for fixed in ([value] if point is sp.oo else [value, point])):
        raise Rejected(f"the limit and the point must not vary with {x}")
    if point is not sp.oo and ("integer" in domain(x) or conditions(point)):
        raise Rejected(f"{x} goes to ∞, or, being real, to a point that is always defined")
    parameters = context.without(x)
    near = [Goal(parameters, r) for about in _about(context, x) for r in _holds_near(about, x, point)]
    if {"+", "-"} <= {s for about in _about(context, x) for s in _one_side(about, x, point)}:
        raise Rejected(f"no {x} lies on both sides of {point}")
    bounds = [Relation(expression, "<=", value + rate), Relation(expression, ">=", value - rate)]
    small = [Goal(parameters, r) for r in _vanishes(rate, x, point)]
    defined = [condition_goal(parameters, c) for c in conditions(value)]
    return list(dict.fromkeys([*(Goal(context, r) for r in bounds), *defined, *near, *small]))


def _about(context: Context, x: sp.Symbol) -> list[Relation]:
    """What the context says of x, read with x, or its distance from something, on the left."""
    found = domain_relations(x)
    for hypothesis in context.hypotheses:
        r = hypothesis.statement
        if x not in r.symbols():
            continue
        if not isinstance(r, Relation):
            raise Rejected(f"the rule does not know that {hypothesis} holds near the point")
        turned = x in free_symbols(r.right) and x not in free_symbols(r.left)
        found.append(Relation(r.right, FLIPPED[r.sign], r.left) if turned else r)
    return found


def _holds_near(r: Relation, x: sp.Symbol, point: sp.Expr) -> list[Relation]:
    """What parameters must satisfy for a relation about x to hold at every x near enough to the point."""
    if x not in free_symbols(r.right):
        if r.left == x and r.sign == "!=":
            return []
        if r.left == x and point is sp.oo and r.sign in (">", ">="):
            return []
        if r.left == x and point is not sp.oo and r.sign in _SIDE_OF:
            strict = ">" if _SIDE_OF[r.sign] == "+" else "<"
            return [] if r.right == point else [Relation(point, strict, r.right)]
        if point is not sp.oo and r.left == sp.Abs(x - point) and r.sign in ("<", "<="):
            return [Relation(r.right, ">", sp.S.Zero)]
    raise Rejected(f"the rule does not know that {r} holds for every {x} near enough to {point}")


def _one_side(r: Relation, x: sp.Symbol, point: sp.Expr) -> set[str]:
    return {_SIDE_OF[r.sign]} if r.left == x and r.right == point and r.sign in _SIDE_OF else set()


def _vanishes(rate: sp.Expr, x: sp.Symbol, point: sp.Expr) -> Iterator[Relation]:
    """What parameters must satisfy for the rate to go to 0: each term is a constant times factors that do.

    As x → ∞: ``(x + c)^p`` with p < 0, ``b^(k x + c)`` with ``|b|^k < 1`` for a rational k ≠ 0, ``exp(k x + c)`` with
    k < 0. As x → a: ``|x − a|^p`` with p > 0.
    """
    for term in sp.Add.make_args(rate):
        moving = [f for f in sp.Mul.make_args(term) if x in free_symbols(f)]
        if not moving and term != 0:
            raise Rejected(f"{term} does not go to 0")
        for factor in moving:
            yield from _factor_vanishes(factor, x, point)


def _factor_vanishes(factor: sp.Expr, x: sp.Symbol, point: sp.Expr) -> list[Relation]:
    base, exponent = (factor.base, factor.exp) if isinstance(factor, sp.Pow) else (factor, sp.S.One)
    if point is not sp.oo:
        if x not in free_symbols(exponent) and base in (x - point, point - x, sp.Abs(x - point)):
            return [Relation(exponent, ">", sp.S.Zero)]
    elif isinstance(factor, sp.exp):
        return [Relation(_slope(factor.args[0], x), "<", sp.S.Zero)]
    elif x not in free_symbols(exponent):
        if x not in free_symbols(base - x):
            return [Relation(exponent, "<", sp.S.Zero)]
    elif x not in free_symbols(base):
        slope = _slope(exponent, x)
        if isinstance(slope, sp.Rational) and slope != 0:
            return [Relation(sp.Abs(base), "<" if slope > 0 else ">", sp.S.One)]
    raise Rejected(f"the rule does not know that {factor} goes to 0 as {x} goes to {point}")


def _slope(line: sp.Expr, x: sp.Symbol) -> sp.Expr:
    """k, where the expression is ``k x + c`` with k and c free of x."""
    k = substitute(line, {x: sp.S.One}) - substitute(line, {x: sp.S.Zero})
    if x in free_symbols(sp.expand(line - k * x)):
        raise Rejected(f"{line} is not linear in {x}")
    return k
