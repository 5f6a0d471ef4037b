"""Inequalities by a positive combination of products of the facts; linear programming finds it, exactly.

Which products to combine is a linear feasibility problem in their coefficients; z3's exact rational simplex solves
it. The answer is only a proposal: ``certificates.Cone`` multiplies everything out again.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations, combinations_with_replacement

from flint import fmpq, fmpq_mpoly

from assayer.derivation.prover import Attempt
from assayer.derivation.substitutions import solvable
from assayer.derivation.trusted.context import Goal
from assayer.derivation.trusted.errors import Unsupported
from assayer.derivation.trusted.polynomials import Fact
from assayer.derivation.trusted.problem import Problem, problem
from assayer.derivation.trusted.rules import Cone, Substitutions, Term, substituted
from assayer.derivation.trusted.smt import run_solver, values
from assayer.derivation.trusted.theorem import Certificate

NAME = "positive combination"
ORDER = 30
SECONDS = 4.0
MOST_COLUMNS = 700
MOST_TERMS = 20_000


@dataclass(frozen=True)
class Column:
    """One candidate: a product (``term``) or a multiple of an equality (``multiple``), and its reduced polynomial."""

    polynomial: fmpq_mpoly
    term: Term | None = None
    multiple: tuple[int, fmpq_mpoly] | None = None
    strict: bool = False


def search(goal: Goal, attempt: Attempt) -> Iterator[Certificate]:
    """Yield a combination of products of two facts, then of three."""
    if goal.relation.sign == "=":
        return
    p = problem(goal)
    substitutions = tuple(solvable(p))
    for size in (1, 2, 3):
        if attempt.seconds_left <= 0:
            return
        columns = _columns(p, substitutions, size)
        if len(columns) <= MOST_COLUMNS:
            yield from _solve(columns, substitutions, min(SECONDS, attempt.seconds_left))


def _columns(p: Problem, substitutions: Substitutions, size: int) -> list[Column]:
    """Products of up to ``size`` inequalities, squares of atoms and of their differences, multiples of equalities."""
    facts = [*p.facts, *p.negation]
    one = p.algebra.context.constant(1)
    inequalities = _distinct(facts, substitutions, p)
    columns = [Column(one, Term(fmpq(1)), strict=True)]
    for count in range(1, size + 1):
        for positions in combinations_with_replacement(inequalities, count):
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
    equalities = [i for i, f in enumerate(facts) if f.kind == "=" and i not in {j for j, _ in substitutions}]
    multipliers = [one, *atoms] + ([x * y for x, y in combinations_with_replacement(atoms, 2)] if size > 2 else [])
    for i in equalities:
        for multiplier in multipliers:
            polynomial = substituted(p, facts[i].polynomial * multiplier, substitutions)
            if not polynomial.is_zero():
                columns.append(Column(polynomial, multiple=(i, multiplier)))
    return columns


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


def _solve(columns: list[Column], substitutions: Substitutions, seconds: float) -> Iterator[Certificate]:
    rows: dict[tuple[int, ...], list[str]] = {}
    for j, column in enumerate(columns):
        for monomial, coefficient in column.polynomial.to_dict().items():
            rows.setdefault(monomial, []).append(f"(* {_rational(coefficient)} x{j})")
    lines = ["(set-logic QF_LRA)"]
    lines += [f"(declare-const x{j} Real)" for j in range(len(columns))]
    lines += [f"(assert (>= x{j} 0))" for j, c in enumerate(columns) if c.term is not None]
    lines += [f"(assert (= (+ 0 {' '.join(terms)}) 0))" for terms in rows.values()]
    lines.append(f"(assert (>= (+ 0 {' '.join(f'x{j}' for j, c in enumerate(columns) if c.strict)}) 1))")
    lines += ["(check-sat)", f"(get-value ({' '.join(f'x{j}' for j in range(len(columns)))}))"]
    found = values(run_solver("\n".join(lines) + "\n", seconds), len(columns))
    if found is None or None in found:
        return
    weights = [(c, w) for c, w in zip(columns, found, strict=True) if w is not None and w != 0]
    yield Cone(
        tuple(Term(w, c.term.positions, c.term.square) for c, w in weights if c.term is not None),
        tuple((c.multiple[0], c.multiple[1] * w) for c, w in weights if c.multiple is not None),
        substitutions,
    )


def _rational(number: fmpq) -> str:
    top = str(number.p) if number.p >= 0 else f"(- {-number.p})"
    return f"(/ {top} {number.q})" if number.q != 1 else top
