"""Inequalities by a positive combination of products of the facts, found by linear programming; equalities by two.

Which products to combine is a linear feasibility problem in their coefficients. Its answer is only a proposal: the
certificate ``Cone`` multiplies everything out again.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations, combinations_with_replacement, product
from math import comb

from flint import fmpq, fmpq_mpoly

from assayer.derivation import clock
from assayer.derivation.linear import weights
from assayer.derivation.prover import Attempt
from assayer.derivation.samples import consistent
from assayer.derivation.substitutions import solvable
from assayer.derivation.trusted.context import Goal, Relation
from assayer.derivation.trusted.errors import Unsupported
from assayer.derivation.trusted.polynomials import Fact
from assayer.derivation.trusted.problem import Problem, problem
from assayer.derivation.trusted.rules import Cone, Substitutions, Term, TwoSided, substituted
from assayer.derivation.trusted.theorem import Certificate, Rejected

NAME = "positive combination"
ORDER = 30
SECONDS = 4.0
MOST_COLUMNS = 700
MOST_TERMS = 20_000
MOST_MONOMIALS = 80


@dataclass(frozen=True)
class Column:
    """One candidate: a product (``term``) or a multiple of an equality (``multiple``), and its reduced polynomial."""

    polynomial: fmpq_mpoly
    term: Term | None = None
    multiple: tuple[int, fmpq_mpoly] | None = None
    strict: bool = False


def search(goal: Goal, attempt: Attempt) -> Iterator[Certificate]:
    """Yield a combination for an inequality; for an equality two of them, one for each direction."""
    relation = goal.relation
    if relation.sign != "=":
        yield from _combinations(goal, attempt)
        return
    sides = []
    for sign in ("<=", ">="):
        side = Goal(goal.context, Relation(relation.left, sign, relation.right))
        found = next((c for c in _combinations(side, attempt) if _holds(c, side)), None)
        if found is None:
            return
        sides.append(found)
    yield TwoSided(*sides)


def _holds(certificate: Cone, goal: Goal) -> bool:
    try:
        certificate.verify(goal)
    except Rejected:
        return False
    return True


def _combinations(goal: Goal, attempt: Attempt) -> Iterator[Cone]:
    """Combinations of the facts, then of products of two, then of three, unless the goal is seen to fail."""
    p = problem(goal)
    substitutions = tuple(solvable(p))
    inequalities = _distinct([*p.facts, *p.negation], substitutions, p)
    deadline = min(attempt.deadline, clock.now() + SECONDS)
    for size in (1, 2, 3):
        if size == 2 and consistent(goal):
            return
        columns = _columns(p, substitutions, inequalities, size, deadline)
        if columns is None:
            return
        if len(columns) <= MOST_COLUMNS:
            yield from _solve(columns, substitutions, deadline - clock.now())


def _columns(
    p: Problem, substitutions: Substitutions, inequalities: list[int], size: int, deadline: float
) -> list[Column] | None:
    """Products of up to ``size`` inequalities, squares of atoms and of their differences, multiples of equalities; None
    where the time is over before all are made."""
    facts = [*p.facts, *p.negation]
    one = p.algebra.context.constant(1)
    columns = [Column(one, Term(fmpq(1)), strict=True)]
    bounds = {i for i in inequalities if facts[i].polynomial.total_degree() == 1 == sum(facts[i].polynomial.degrees())}
    for count in range(1, size + 1):
        products = combinations_with_replacement(inequalities, count)
        if comb(len(inequalities) + count - 1, count) > MOST_COLUMNS:
            # Too many: only those of one inequality and bounds of single atoms.
            products = (c for c in products if sum(i not in bounds for i in c) <= 1)
        for positions in products:
            if len(columns) > MOST_COLUMNS or clock.now() > deadline:
                return None
            polynomial = one
            for i in positions:
                if len(polynomial) * len(facts[i].polynomial) > MOST_TERMS:
                    raise Unsupported("the products of the hypotheses are too long")
                polynomial *= facts[i].polynomial
            columns.append(
                Column(
                    substituted(p, polynomial, substitutions),
                    Term(fmpq(1), positions),
                    strict=all(facts[i].kind == ">" for i in positions),
                )
            )
    used = _atoms_in([c.polynomial for c in columns])
    gens = p.algebra.context.gens()
    atoms = [gens[i] for i in used]
    if size > 1:
        for square in [*atoms, *(x - y for x, y in combinations(atoms, 2))][:40]:
            columns.append(Column(substituted(p, square**2, substitutions), Term(fmpq(1), (), square)))
        columns += _monomials(p, inequalities, substitutions)
    equalities = [i for i, f in enumerate(facts) if f.kind == "=" and i not in {j for j, _ in substitutions}]
    multipliers = [one, *atoms] + ([x * y for x, y in combinations_with_replacement(atoms, 2)] if size > 2 else [])
    for i in equalities:
        for multiplier in multipliers:
            polynomial = substituted(p, facts[i].polynomial * multiplier, substitutions)
            if not polynomial.is_zero():
                columns.append(Column(polynomial, multiple=(i, multiplier)))
    return columns


def _monomials(p: Problem, inequalities: list[int], substitutions: Substitutions) -> list[Column]:
    """For each monomial of the goal: the square that it holds, times facts about the atoms that remain.

    An atom that is known to be positive enters with its whole power instead: then the product is strict.
    """
    facts = [*p.facts, *p.negation]
    ring = p.algebra.context
    about: dict[int, list[int]] = {}
    positive: dict[int, int] = {}
    for i in inequalities:
        atoms = [g for g, d in enumerate(facts[i].polynomial.degrees()) if d]
        if len(atoms) == 1 and facts[i].polynomial.total_degree() == 1:
            about.setdefault(atoms[0], []).append(i)
            if facts[i].kind == ">" and len(facts[i].polynomial) == 1:
                positive[atoms[0]] = i
    found: dict[tuple, Column] = {}
    wanted = {m for f in p.negation for m in substituted(p, f.polynomial, substitutions).to_dict() if sum(m) > 1}
    for m in sorted(wanted):
        certain = tuple(positive[g] for g, e in enumerate(m) if g in positive for _ in range(e))
        left = [0 if g in positive else e for g, e in enumerate(m)]
        root = ring.from_dict({tuple(e // 2 for e in left): fmpq(1)})
        for choice in product(*(about.get(g, ()) for g, e in enumerate(left) if e % 2)):
            for count in range(len(choice) + 1):
                for others in combinations(choice, count):
                    if len(found) >= MOST_MONOMIALS:
                        return list(found.values())
                    positions = (*certain, *others)
                    polynomial = root**2
                    for i in positions:
                        polynomial *= facts[i].polynomial
                    term = Term(fmpq(1), positions, None if root.is_constant() else root)
                    strict = term.square is None and all(facts[i].kind == ">" for i in positions)
                    column = Column(substituted(p, polynomial, substitutions), term, strict=strict)
                    found.setdefault((positions, str(root)), column)
    return list(found.values())


def _distinct(facts: list[Fact], substitutions: Substitutions, p: Problem) -> list[int]:
    """Positions of the inequalities that differ after substitution and say something."""
    seen: set[str] = set()
    positions = []
    for i, fact in enumerate(facts):
        if fact.kind not in (">", ">="):
            continue
        reduced = substituted(p, fact.polynomial, substitutions)
        key = f"{reduced}{fact.kind}"
        trivial = (
            reduced.is_constant()
            and not (reduced.is_zero() and fact.kind == ">")
            and (reduced.is_zero() or reduced.leading_coefficient() > 0)
        )
        if key not in seen and not trivial:
            seen.add(key)
            positions.append(i)
    return positions


def _atoms_in(polynomials: list[fmpq_mpoly]) -> list[int]:
    found: set[int] = set()
    for q in polynomials:
        found |= {i for i, d in enumerate(q.degrees()) if d > 0}
    return sorted(found)


def _solve(columns: list[Column], substitutions: Substitutions, seconds: float) -> Iterator[Cone]:
    found = weights(
        [column.polynomial.to_dict() for column in columns],
        (j for j, column in enumerate(columns) if column.term is None),
        (j for j, column in enumerate(columns) if column.strict),
        seconds,
    )
    if found is None:
        return
    used = [(columns[j], w) for j, w in sorted(found.items())]
    yield Cone(
        tuple(Term(w * c.term.coefficient, c.term.positions, c.term.square) for c, w in used if c.term is not None),
        tuple((c.multiple[0], c.multiple[1] * w) for c, w in used if c.multiple is not None),
        substitutions,
    )
