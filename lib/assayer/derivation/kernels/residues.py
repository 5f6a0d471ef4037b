"""Remainders of polynomials in an integer, by its residue classes: ``n = m q + r`` for each r from 0 to m − 1."""

from __future__ import annotations

from collections.abc import Iterator

import sympy as sp

from assayer.derivation.lemmas import with_help
from assayer.derivation.prover import Attempt
from assayer.derivation.trusted.context import Goal, Relation
from assayer.derivation.trusted.expressions import domain
from assayer.derivation.trusted.rules import Cases, case_goals
from assayer.derivation.trusted.theorem import Certificate, Sequent

NAME = "residues"
ORDER = 34
LARGEST_MODULUS = 6


def search(goal: Goal, attempt: Attempt) -> Iterator[Certificate]:
    """Yield the split into residue classes whose branches are all proved."""
    if attempt.depth <= 0:
        return
    for e, m, n in _remainders(goal.relation):
        certificate = _split(goal, e, m, n, 0, attempt)
        if certificate is not None:
            yield certificate


def _remainders(relation: Relation) -> list[tuple[sp.Expr, int, sp.Symbol]]:
    """The remainders of polynomials in one integer that are not linear, by a small number."""
    found: dict[tuple[sp.Expr, int, sp.Symbol], None] = {}
    for side in relation.sides():
        for atom in sorted(side.atoms(sp.Mod), key=sp.default_sort_key):
            e, m = atom.args
            symbols = list(e.free_symbols)
            if len(symbols) != 1 or not isinstance(m, sp.Integer) or not 2 <= m <= LARGEST_MODULUS:
                continue
            (n,) = symbols
            polynomial = e.as_poly(n)
            if "integer" not in domain(n) or polynomial is None or polynomial.degree() < 2:
                continue
            if all(c.is_Integer for c in polynomial.all_coeffs()):
                found[e, int(m), n] = None
    return list(found)


def _split(goal: Goal, e: sp.Expr, m: int, n: sp.Symbol, residue: int, attempt: Attempt) -> Certificate | None:
    """The case ``n mod m ≤ residue``, which is one residue as the smaller ones are excluded, and the others."""
    relation = Relation(sp.Mod(n, m), "<=", sp.Integer(residue))
    here, beyond = case_goals(goal, relation)
    first = _in_class(here, e, m, n, residue, attempt)
    if first is None:
        return None
    if residue == m - 2:
        second = _in_class(beyond, e, m, n, residue + 1, attempt)
    else:
        inner = _split(beyond, e, m, n, residue + 1, attempt)
        second = None if inner is None else attempt.admit(beyond, inner)
    defined = attempt.prove_all(g for g in Cases((), relation).needs(goal) if g not in (here, beyond))
    return None if second is None or defined is None else Cases((first, second, *defined), relation)


def _in_class(goal: Goal, e: sp.Expr, m: int, n: sp.Symbol, residue: int, attempt: Attempt) -> Sequent | None:
    """The goal with ``n = m q + residue`` and the quotient of the polynomial that follows."""
    q = sp.floor(n / m)
    place = attempt.prove(Goal(goal.context, Relation(n, "=", m * q + residue)))
    if place is None:
        return None
    value = sp.expand(e.subs(n, m * q + residue))
    rest = int(e.subs(n, residue)) % m
    wanted = Goal(goal.context, Relation(sp.floor(e / m), "=", sp.expand((value - rest) / m)))
    quotient = _first(wanted, [place], attempt)
    return None if quotient is None else _first(goal, [place, quotient], attempt)


def _first(goal: Goal, lemmas: list[Sequent], attempt: Attempt) -> Sequent | None:
    certificate = next(with_help(goal, lemmas, attempt), None)
    return None if certificate is None else attempt.admit(goal, certificate)
