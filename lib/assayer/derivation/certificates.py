"""What a kernel must hand over, and how each kind is re-checked. Part of the trusted base.

A kernel may search in any way it likes; nothing it says counts until ``verify`` has replayed the certificate.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import ClassVar, TypeAlias

import sympy as sp
from flint import fmpq, fmpq_mpoly

from assayer.derivation.context import Goal, Relation, domain_relations
from assayer.derivation.evaluate import holds, work
from assayer.derivation.expressions import FLIPPED, domain, is_integer_valued
from assayer.derivation.problem import Problem, in_domain, problem, side_conditions
from assayer.derivation.smt import refuted_by_solver
from assayer.derivation.status import Status, weakest
from assayer.derivation.theorem import Certificate, Rejected, Sequent, condition_goal, genuine, seal

LARGEST_RANGE = 200_000
MOST_WORK = 5_000_000
HYPOTHESIS = "induction"


Substitutions: TypeAlias = "tuple[tuple[int, int], ...]"


def substituted(p: Problem, polynomial: fmpq_mpoly, substitutions: Substitutions) -> fmpq_mpoly:
    """Reduce roots, then replace generators by what equality facts say they are: zero only if the value is zero.

    ``substitutions`` are pairs (position of an equality fact, generator in which it is linear with a constant
    coefficient), applied in order.
    """
    facts = [*p.facts, *p.negation]
    generators = list(p.algebra.context.gens())
    polynomial = p.algebra.normal(polynomial)
    pending = [(facts[i], g) for i, g in substitutions]
    equations = [f.polynomial for f, _ in pending]
    if any(i < 0 for i, _ in substitutions) or any(f.kind != "=" for f, _ in pending):
        raise Rejected("only an equality may be substituted")
    for position, (_, g) in enumerate(pending):
        equation = equations[position]
        slope = equation.derivative(g)
        if equation.degrees()[g] != 1 or not slope.is_constant():
            raise Rejected("the equality is not linear, with a constant coefficient, in what it is solved for")
        rest = equation - slope * generators[g]
        images = [*generators[:g], rest / (-slope.leading_coefficient()), *generators[g + 1 :]]
        equations[position + 1 :] = [q.compose(*images) for q in equations[position + 1 :]]
        polynomial = p.algebra.normal(polynomial.compose(*images))
    return polynomial


@dataclass(frozen=True)
class Zero(Certificate):
    """``left − right`` is the zero polynomial after ``substitutions``; see :func:`substituted`."""

    substitutions: Substitutions = ()
    kernel: ClassVar[str] = "normal form"

    def verify(self, goal: Goal) -> Status:
        if goal.relation.sign not in ("=", "<=", ">="):
            raise Rejected("a zero difference proves =, ≤ or ≥")
        p = problem(goal)
        if any(not 0 <= i < len(p.facts) for i, _ in self.substitutions):
            raise Rejected("a substitution by what is not a fact of the context")
        left_over = substituted(p, p.difference.numerator, self.substitutions)
        if not left_over.is_zero():
            raise Rejected("the difference of the sides is not zero")
        return Status.PROVED

    def origins(self, goal: Goal) -> set[str]:
        return {problem(goal).facts[i].origin for i, _ in self.substitutions}


@dataclass(frozen=True)
class Term:
    """``coefficient · square² · Π facts``, with ``square`` a polynomial or None for 1."""

    coefficient: fmpq
    positions: tuple[int, ...] = ()
    square: fmpq_mpoly | None = None


@dataclass(frozen=True)
class Cone(Certificate):
    """The facts and the negated goal contradict each other: a positive combination of them is identically zero.

    Positions beyond the facts count the negation's. A product of facts ``≥ 0`` times a square is ``≥ 0``; a product
    of facts ``> 0`` is ``> 0`` (the empty product is 1). If a sum of such terms, plus multiples of equalities, is
    zero and holds a positive term, no valuation satisfies all facts: the half of the Positivstellensatz that
    certifies. ``multiples`` are (position of an equality fact, its multiplier).
    """

    terms: tuple[Term, ...]
    multiples: tuple[tuple[int, fmpq_mpoly], ...] = ()
    substitutions: Substitutions = ()
    kernel: ClassVar[str] = "positive combination"

    def verify(self, goal: Goal) -> Status:
        p = problem(goal)
        facts = [*p.facts, *p.negation]
        total = p.algebra.context.constant(0)
        for term in self.terms:
            if term.coefficient <= 0 or any(facts[i].kind not in (">", ">=") for i in term.positions):
                raise Rejected("a term is not a positive multiple of inequalities")
            value = p.algebra.context.constant(term.coefficient)
            for i in term.positions:
                value *= facts[i].polynomial
            total += value if term.square is None else value * term.square**2
        for i, multiplier in self.multiples:
            if facts[i].kind != "=":
                raise Rejected("a multiple of what is not an equality")
            total += multiplier * facts[i].polynomial
        if any(i < 0 for t in self.terms for i in t.positions) or any(i < 0 for i, _ in self.multiples):
            raise Rejected("a position is negative")
        strict = any(t.square is None and all(facts[i].kind == ">" for i in t.positions) for t in self.terms)
        if not strict or not substituted(p, total, self.substitutions).is_zero():
            raise Rejected("no positive combination of the facts contradicts the negated goal")
        return Status.PROVED

    def origins(self, goal: Goal) -> set[str]:
        facts = [*problem(goal).facts, *problem(goal).negation]
        used = {i for t in self.terms for i in t.positions} | {i for i, _ in self.multiples + self.substitutions}
        return {facts[i].origin for i in used}


@dataclass(frozen=True)
class Solver(Certificate):
    """z3 finds the facts and the negated goal unsatisfiable. No evidence is left to re-check: the page says so."""

    seconds: float
    kernel: ClassVar[str] = "z3"

    def verify(self, goal: Goal) -> Status:
        if not refuted_by_solver(problem(goal), self.seconds):
            raise Rejected("z3 does not refute the negation")
        return Status.PROVED


@dataclass(frozen=True)
class FiniteRange(Certificate):
    """Every symbol is an integer between literal bounds, and the goal holds, exactly, at each valuation in range."""

    kernel: ClassVar[str] = "finite range"

    def verify(self, goal: Goal) -> Status:
        symbols = sorted(
            goal.relation.symbols() | {s for _, r in goal.context.relations() for s in r.symbols()},
            key=lambda s: s.name,
        )
        ranges = [literal_range(goal, s) for s in symbols]
        size = 1
        for found in ranges:
            if found is None:
                raise Rejected("a symbol has no literal range")
            size *= len(found)
        if size > LARGEST_RANGE:
            raise Rejected(f"{size} valuations are more than {LARGEST_RANGE}")
        given = [r for _, r in goal.context.relations()] + [r for s in symbols for r in domain_relations(s)]
        begin = work()
        for point in product(*ranges):
            if work() - begin > MOST_WORK:
                raise Rejected("the cases take too much work to decide one by one")
            at = {s: fmpq(v) for s, v in zip(symbols, point, strict=True)}
            if any(holds(r, at) is False for r in given):
                continue
            if holds(goal.relation, at) is not True:
                raise Rejected(f"not certain at {at}")
        return Status.CERTIFIED


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


def literal_range(goal: Goal, symbol: sp.Symbol) -> range | None:
    """The integers between the literal bounds that the context states for ``symbol``."""
    if "integer" not in domain(symbol):
        return None
    lows: list[int] = []
    highs: list[int] = []
    stated = [r for _, r in goal.context.relations()] + domain_relations(symbol)
    for r in stated:
        for left, sign, right in ((r.left, r.sign, r.right), (r.right, FLIPPED[r.sign], r.left)):
            if left == symbol and isinstance(right, sp.Integer):
                v = int(right)
                if sign in (">=", ">", "="):
                    lows.append(v + (sign == ">"))
                if sign in ("<=", "<", "="):
                    highs.append(v - (sign == "<"))
    return range(max(lows), min(highs) + 1) if lows and highs else None


seal()
