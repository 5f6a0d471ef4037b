"""Algebraic evidence: a multiple of the difference of the sides vanishes, or the facts and the negated goal clash."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar, TypeAlias

from flint import fmpq, fmpq_mpoly

from assayer.derivation.trusted.context import Goal, Relation
from assayer.derivation.trusted.polynomials import Fact
from assayer.derivation.trusted.problem import Problem, problem
from assayer.derivation.trusted.status import Status
from assayer.derivation.trusted.theorem import Certificate, Rejected

Substitutions: TypeAlias = "tuple[tuple[int, int], ...]"
Multiples: TypeAlias = "tuple[tuple[int, fmpq_mpoly], ...]"
Units: TypeAlias = "tuple[tuple[int, fmpq], ...]"


def substituted(p: Problem, polynomial: fmpq_mpoly, substitutions: Substitutions) -> fmpq_mpoly:
    """Reduce roots, then replace generators by what equality facts say they are: zero only if the value is zero.

    ``substitutions`` are pairs (position of an equality fact, generator in which it is linear with a constant
    coefficient), applied in order.
    """
    generators = list(p.algebra.context.gens())
    polynomial = p.algebra.normal(polynomial)
    solved = _picked(p, (i for i, _ in substitutions), ("=",), "only an equality may be substituted")
    equations = [f.polynomial for f in solved]
    for position, (_, g) in enumerate(substitutions):
        equation = equations[position]
        slope = equation.derivative(g)
        if equation.degrees()[g] != 1 or not slope.is_constant():
            raise Rejected("the equality is not linear, with a constant coefficient, in what it is solved for")
        rest = equation - slope * generators[g]
        images = [*generators[:g], rest / (-slope.leading_coefficient()), *generators[g + 1 :]]
        equations[position + 1 :] = [q.compose(*images) for q in equations[position + 1 :]]
        polynomial = p.algebra.normal(polynomial.compose(*images))
    return polynomial


def _picked(p: Problem, positions: Iterable[int], kinds: tuple[str, ...], complaint: str) -> list[Fact]:
    """The facts at ``positions``, all of one of the ``kinds``; positions beyond the facts count the negation's."""
    known = [*p.facts, *p.negation]
    places = list(positions)
    if any(type(i) is not int or not 0 <= i < len(known) for i in places):
        raise Rejected("a position is negative, or not that of a fact")
    if any(known[i].kind not in kinds for i in places):
        raise Rejected(complaint)
    return [known[i] for i in places]


def _combined(p: Problem, multiples: Multiples) -> fmpq_mpoly:
    """A sum of multiples of equalities: its value is 0."""
    equalities = _picked(p, (i for i, _ in multiples), ("=",), "a multiple of what is not an equality")
    total = p.algebra.context.constant(0)
    for fact, (_, multiplier) in zip(equalities, multiples, strict=True):
        if type(multiplier) is not fmpq_mpoly:
            raise Rejected("a multiplier is not a polynomial")
        total += multiplier * fact.polynomial
    return total


def _unit(p: Problem, position: int, added: fmpq) -> fmpq_mpoly:
    """A polynomial whose value is not 0: a fact ``≠ 0``, ``> 0``, or ``≥ 0`` with a positive number added."""
    (fact,) = _picked(p, [position], ("!=", ">", ">="), "a unit is not known to differ from zero")
    if type(added) is not fmpq or not {"!=": added == 0, ">": added >= 0, ">=": added > 0}[fact.kind]:
        raise Rejected("a unit is not known to differ from zero")
    return fact.polynomial + added


def _origins(goal: Goal, *positions: Iterable[int]) -> set[str]:
    known = [*problem(goal).facts, *problem(goal).negation]
    return {known[i].origin for group in positions for i in group}


@dataclass(frozen=True)
class Ideal(Certificate):
    """``Π units · numerator^power = Σ multiplier · equality``, after ``substitutions`` (see :func:`substituted`).

    The numerator is that of ``left − right``. ``units`` are (position of a fact, number added to it), see
    :func:`_unit`; ``multiples`` are (position of an equality fact, its multiplier). Where the equalities hold the
    right side is 0, so the numerator is 0 and the sides are equal, which also gives ≤ and ≥. With ``power`` 0 a
    product of numbers other than 0 would be 0: no valuation satisfies the facts and the negated goal, which may be
    one of the equalities.
    """

    substitutions: Substitutions = ()
    multiples: Multiples = ()
    units: Units = ()
    power: int = 1
    kernel: ClassVar[str] = "ideal membership"

    def verify(self, goal: Goal) -> Status:
        if type(self.power) is not int or self.power < 0:
            raise Rejected("the power of the difference is a natural number")
        if self.power > 0 and goal.relation.sign not in ("=", "<=", ">="):
            raise Rejected("a zero difference proves =, ≤ or ≥")
        p = problem(goal)
        product = p.difference.numerator**self.power
        for position, added in self.units:
            product *= _unit(p, position, added)
        if not substituted(p, product - _combined(p, self.multiples), self.substitutions).is_zero():
            raise Rejected("the difference of the sides is not zero")
        return Status.PROVED

    def origins(self, goal: Goal) -> set[str]:
        return _origins(goal, (i for i, _ in self.units + self.multiples + self.substitutions))


@dataclass(frozen=True)
class Zero(Ideal):
    """``left − right`` is the zero polynomial after ``substitutions``: an identity, or one step from it."""

    kernel: ClassVar[str] = "normal form"


@dataclass(frozen=True)
class Term:
    """``coefficient · square² · Π facts``, with ``square`` a polynomial or None for 1."""

    coefficient: fmpq
    positions: tuple[int, ...] = ()
    square: fmpq_mpoly | None = None


@dataclass(frozen=True)
class Cone(Certificate):
    """The facts and the negated goal contradict each other: a positive combination of them is identically zero.

    A product of facts ``≥ 0`` times a square is ``≥ 0``; a product of facts ``> 0`` is ``> 0`` (the empty product is
    1). If a sum of such terms, plus multiples of equalities, is zero and holds a positive term, no valuation
    satisfies all facts: the half of the Positivstellensatz that certifies. ``multiples`` are (position of an equality
    fact, its multiplier).
    """

    terms: tuple[Term, ...]
    multiples: Multiples = ()
    substitutions: Substitutions = ()
    kernel: ClassVar[str] = "positive combination"

    def verify(self, goal: Goal) -> Status:
        p = problem(goal)
        total = _combined(p, self.multiples)
        strict = False
        for term in self.terms:
            facts = _picked(p, term.positions, (">", ">="), "a term is not a positive multiple of inequalities")
            if type(term.coefficient) is not fmpq or not term.coefficient > 0:
                raise Rejected("a coefficient is not a positive rational number")
            if term.square is not None and type(term.square) is not fmpq_mpoly:
                raise Rejected("a square is not that of a polynomial")
            value = p.algebra.context.constant(term.coefficient)
            for fact in facts:
                value *= fact.polynomial
            total += value if term.square is None else value * term.square**2
            strict |= term.square is None and all(fact.kind == ">" for fact in facts)
        if not strict or not substituted(p, total, self.substitutions).is_zero():
            raise Rejected("no positive combination of the facts contradicts the negated goal")
        return Status.PROVED

    def origins(self, goal: Goal) -> set[str]:
        used = {i for t in self.terms for i in t.positions}
        return _origins(goal, used, (i for i, _ in self.multiples + self.substitutions))


@dataclass(frozen=True)
class Squares(Cone):
    """A :class:`Cone` whose squares a semidefinite program found."""

    kernel: ClassVar[str] = "sums of squares"


@dataclass(frozen=True)
class TwoSided(Certificate):
    """``left ≤ right`` and ``left ≥ right``, each by a positive combination: the sides are equal."""

    below: Cone
    above: Cone
    kernel: ClassVar[str] = "two inequalities"

    def verify(self, goal: Goal) -> Status:
        if goal.relation.sign != "=":
            raise Rejected("two inequalities prove an equality")
        for part, side in self._sides(goal):
            if type(part) not in (Cone, Squares):
                raise Rejected("a side is not shown by a positive combination")
            part.verify(side)
        return Status.PROVED

    def origins(self, goal: Goal) -> set[str]:
        return set().union(*(part.origins(side) for part, side in self._sides(goal)))

    def _sides(self, goal: Goal) -> list[tuple[Cone, Goal]]:
        left, right = goal.relation.left, goal.relation.right
        pairs = ((self.below, "<="), (self.above, ">="))
        return [(part, Goal(goal.context, Relation(left, sign, right))) for part, sign in pairs]
