"""Algebraic evidence: the difference of the sides vanishes, or a positive combination of the facts is impossible."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, TypeAlias

from flint import fmpq, fmpq_mpoly

from assayer.derivation.trusted.context import Goal
from assayer.derivation.trusted.problem import Problem, problem
from assayer.derivation.trusted.status import Status
from assayer.derivation.trusted.theorem import Certificate, Rejected

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
