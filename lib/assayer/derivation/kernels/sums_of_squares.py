"""Inequalities by sums of squares: the facts and the negated goal, times sums of squares, add up to a contradiction.

Which squares is a semidefinite program: a sum of squares is ``mᵀQm`` with m a vector of monomials and Q positive
semidefinite. Clarabel solves it; what it finds is rounded to rational numbers, and the certificate ``Squares``
multiplies everything out again.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations, combinations_with_replacement
from math import comb

from flint import fmpq, fmpq_mpoly

from assayer.derivation import clock
from assayer.derivation.prover import Attempt
from assayer.derivation.samples import consistent
from assayer.derivation.semidefinite import Block, Solution, solve
from assayer.derivation.substitutions import solvable, solved
from assayer.derivation.trusted.context import Goal
from assayer.derivation.trusted.problem import Problem, problem
from assayer.derivation.trusted.rules import Squares, Substitutions, Term
from assayer.derivation.trusted.theorem import Certificate

NAME = "sums of squares"
ORDER = 35
SECONDS = 4.0
MOST_FACTS = 8
MOST_VARIABLES = 8
LARGEST_DEGREE = 12
LARGEST_BASIS = 60
MOST_UNKNOWNS = 1500
LEVELS = ((0, 0, ""), (1, 0, ""), (2, 0, ""), (3, 0, ""), (2, 2, "facts"), (2, 2, "squares"), (3, 2, "squares"))
"""How many facts are multiplied, what is added to the degree, and what the negated goal is multiplied with."""


@dataclass(frozen=True)
class Weight:
    """A product of facts that a sum of squares multiplies, and the monomials of which that is made."""

    positions: tuple[int, ...]
    polynomial: fmpq_mpoly
    basis: tuple[fmpq_mpoly, ...]


def search(goal: Goal, attempt: Attempt) -> Iterator[Certificate]:
    """Yield a certificate for the first level, from small to large programs, at which there is one."""
    if goal.relation.sign == "=":
        return
    deadline = clock.now() + min(SECONDS, attempt.seconds_left)
    system = _System(problem(goal))
    if not system.promising() or consistent(goal):
        return
    seen: set[tuple] = set()
    for most, extra, factor in LEVELS:
        program = system.program(most, extra, factor)
        if program is None or program.key() in seen or clock.now() > deadline:
            continue
        seen.add(program.key())
        found = solve(program.blocks(), program.multiples(), program.target, deadline)
        if found is not None and program.contradicts(found):
            yield program.certificate(found)


class _System:
    """The facts and the negated goal after substitutions, as far as they have to do with the goal."""

    def __init__(self, p: Problem) -> None:
        self.p = p
        self.substitutions: Substitutions = tuple(solvable(p))
        facts = [*p.facts, *p.negation]
        put = solved(p, self.substitutions)
        used = {i for i, _ in self.substitutions}
        reduced = {i: put(f.polynomial) for i, f in enumerate(facts) if i not in used}
        self.kinds = {i: facts[i].kind for i in reduced}
        negated = [i for i in reduced if i >= len(p.facts)]
        self.variables = set().union(*(_variables(reduced[i]) for i in negated))
        grown = True
        while grown:
            size = len(self.variables)
            for i, q in reduced.items():
                if self.kinds[i] != "!=" and _variables(q) & self.variables:
                    self.variables |= _variables(q)
            grown = len(self.variables) > size
        self.polynomials = {i: q for i, q in reduced.items() if _variables(q) <= self.variables and not q.is_constant()}
        self.goal = next((i for i in negated if self.kinds[i] in (">", ">=")), None)
        self.inequalities = self._distinct()
        self.equalities = [i for i, q in self.polynomials.items() if self.kinds[i] == "="]

    def _distinct(self) -> list[int]:
        seen: dict[str, int] = {}
        for i, q in self.polynomials.items():
            if self.kinds[i] in (">", ">=") and i != self.goal:
                seen.setdefault(str(q), i)
        return sorted(seen.values(), key=lambda i: (self.polynomials[i].total_degree(), i))[:MOST_FACTS]

    def promising(self) -> bool:
        """Not where the goal has too many atoms or too high a degree."""
        if self.goal is not None and self.goal not in self.polynomials:
            return False
        if self.goal is None and self._degree() < 2:
            return False
        return bool(self.variables) and len(self.variables) <= MOST_VARIABLES and self._degree() <= LARGEST_DEGREE

    def _degree(self) -> int:
        whole = [self.goal] if self.goal is not None else self.equalities
        degree = max((self.polynomials[i].total_degree() for i in whole), default=0)
        return degree + degree % 2 if degree > 1 or self.goal is not None else 0

    def program(self, most: int, extra: int, factor: str) -> _Program | None:
        """The semidefinite program of a level, or None where it is too large."""
        degree = self._degree() + extra
        groups = [c for n in range(most + 1) for c in combinations(self.inequalities, n)]
        positive = [i for i in self.inequalities if self.kinds[i] == ">"]
        if factor and (self.goal is None or (factor == "facts" and not positive)):
            return None
        if factor:
            groups += [(self.goal,), *((self.goal, i) for i in self.inequalities)]
        weights, unknowns = [], 0
        for positions in groups:
            polynomial = self.product(positions)
            left = (degree - polynomial.total_degree()) // 2
            if left < 0:
                continue
            if comb(len(self.variables) + left, left) > LARGEST_BASIS:
                return None
            basis = self._monomials(left)
            weights.append(Weight(positions, polynomial, basis))
            unknowns += len(basis) * (len(basis) + 1) // 2
        if unknowns > MOST_UNKNOWNS:
            return None
        fixed: list[tuple[int, ...]] = [() if self.goal is None else (self.goal,)]
        if factor == "facts":
            fixed = [(*fixed[0], i) for i in positive]
        return _Program(self, fixed, weights, degree)

    def product(self, positions: Sequence[int]) -> fmpq_mpoly:
        found = self.p.algebra.context.constant(1)
        for i in positions:
            found *= self.polynomials[i]
        return found

    def _monomials(self, degree: int) -> tuple[fmpq_mpoly, ...]:
        gens = self.p.algebra.context.gens()
        one = self.p.algebra.context.constant(1)
        found = []
        for d in range(degree + 1):
            for chosen in combinations_with_replacement(sorted(self.variables), d):
                monomial = one
                for i in chosen:
                    monomial *= gens[i]
                found.append(monomial)
        return tuple(found)


class _Program:
    """``Σ fixed + Σ weight · (sum of squares) + Σ equality · multiplier = 0`` with the strict term that it needs."""

    def __init__(
        self, system: _System, fixed: Sequence[tuple[int, ...]], weights: Sequence[Weight], degree: int
    ) -> None:
        self.system, self.fixed, self.weights = system, fixed, weights
        whole = sum((system.product(positions) for positions in fixed), system.product(()) * 0)
        self.target = {m: -c for m, c in whole.to_dict().items()}
        certain = all(system.kinds[i] == ">" for positions in fixed for i in positions)
        self.strict = [] if certain else self._strict(system, degree)
        self.factors = [
            (i, m)
            for i in system.equalities
            for m in system._monomials(max(0, degree - system.polynomials[i].total_degree()))
        ]

    def _strict(self, system: _System, degree: int) -> list[Weight]:
        """Products of facts > 0, of which one at least must take part where the goal's negation is only ≥ 0."""
        one = system.product(())
        positive = [i for i in system.inequalities if system.kinds[i] == ">"]
        found = []
        for n in range(4):
            for positions in combinations_with_replacement(positive, n):
                polynomial = system.product(positions)
                if polynomial.total_degree() <= degree:
                    found.append(Weight(positions, polynomial, (one,)))
        return found

    def key(self) -> tuple:
        return (*self.fixed, *((w.positions, len(w.basis)) for w in self.weights))

    def blocks(self) -> list[Block]:
        made = []
        for weight in [*self.weights, *self.strict]:
            memo: dict[str, dict] = {}
            products = {}
            for j, right in enumerate(weight.basis):
                for i, left in enumerate(weight.basis[: j + 1]):
                    square = left * right
                    name = str(square)
                    if name not in memo:
                        memo[name] = (weight.polynomial * square).to_dict()
                    products[i, j] = memo[name]
            made.append(Block.of(products, len(weight.basis)))
        return made

    def multiples(self) -> list[dict]:
        return [(self.system.polynomials[i] * m).to_dict() for i, m in self.factors]

    def contradicts(self, found: Solution) -> bool:
        """Tell whether a strictly positive term takes part: without one, nothing is impossible."""
        return not self.strict or any(found.squares[len(self.weights) :])

    def certificate(self, found: Solution) -> Squares:
        terms = [Term(fmpq(1), positions) for positions in self.fixed]
        for weight, squares in zip([*self.weights, *self.strict], found.squares, strict=True):
            for coefficient, vector in squares:
                terms.append(_term(weight, coefficient, vector))
        multiples: dict[int, fmpq_mpoly] = {}
        for (i, monomial), number in zip(self.factors, found.multipliers, strict=True):
            if number != 0:
                multiples[i] = multiples.get(i, 0) + monomial * number
        return Squares(tuple(terms), tuple(multiples.items()), self.system.substitutions)


def _term(weight: Weight, coefficient: fmpq, vector: Sequence[fmpq]) -> Term:
    root = sum((b * v for b, v in zip(weight.basis, vector, strict=True)), weight.basis[0] * 0)
    if root.is_constant():
        return Term(coefficient * root.leading_coefficient() ** 2, weight.positions)
    return Term(coefficient, weight.positions, root)


def _variables(q: fmpq_mpoly) -> set[int]:
    return {i for i, d in enumerate(q.degrees()) if d > 0}
