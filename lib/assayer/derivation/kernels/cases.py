"""Cases: an author's split, or the signs of what stands under |·|, min and max."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import sympy as sp

from assayer.derivation.hints import Hint
from assayer.derivation.prover import Attempt
from assayer.derivation.trusted.context import Goal, Relation
from assayer.derivation.trusted.errors import DerivationError
from assayer.derivation.trusted.rules import Cases, Cut, case_goals
from assayer.derivation.trusted.theorem import Certificate, Rejected, Sequent, instantiate, obligations, with_lemmas

NAME = "cases"
ORDER = 57
MOST_SPLITS = 3


@dataclass(frozen=True)
class CasesOn(Hint):
    """Split on each relation in turn; in every branch cite the theorems whose hypotheses hold there."""

    relations: tuple[Relation, ...]
    theorems: tuple[tuple[Sequent, Mapping[sp.Symbol, sp.Expr]], ...] = ()

    def __str__(self) -> str:
        return f"cases: {', '.join(str(r) for r in self.relations)}"


def search(goal: Goal, attempt: Attempt) -> Iterator[Certificate]:
    """Yield the split whose branches are all proved."""
    if attempt.depth <= 0:
        return
    hints = attempt.hints_of(CasesOn)
    for hint in hints:
        yield from _split(goal, list(hint.relations), hint, attempt)
    if not hints:
        for relation in _choices(goal)[:MOST_SPLITS]:
            yield from _split(goal, [relation], CasesOn(()), attempt)


def _split(goal: Goal, relations: list[Relation], hint: CasesOn, attempt: Attempt) -> Iterator[Certificate]:
    first, *others = relations
    branches = []
    for branch in case_goals(goal, first):
        theorem = _branch(branch, others, hint, attempt)
        if theorem is None:
            return
        branches.append(theorem)
    shown = {theorem.goal for theorem in branches}
    defined = attempt.prove_all(g for g in Cases((), first).needs(goal) if g not in shown)
    if defined is not None:
        yield Cases((*branches, *defined), first)


def _branch(goal: Goal, relations: list[Relation], hint: CasesOn, attempt: Attempt) -> Sequent | None:
    """Prove a branch with the theorems that hold in it; where that fails, split it further."""
    lemmas = [t for sequent, values in hint.theorems if (t := _cited(sequent, values, goal, attempt)) is not None]
    theorem = attempt.prove(Goal(with_lemmas(goal.context, lemmas), goal.relation))
    if theorem is not None:
        return attempt.admit(goal, Cut(theorem, tuple(lemmas))) if lemmas else theorem
    if not relations:
        return None
    certificate = next(_split(goal, relations, hint, attempt), None)
    return None if certificate is None else attempt.admit(goal, certificate)


def _cited(sequent: Sequent, values: Mapping[sp.Symbol, sp.Expr], goal: Goal, attempt: Attempt) -> Sequent | None:
    shown = []
    try:
        for needed in obligations(sequent, values, goal.context):
            theorem = attempt.prove(needed)
            if theorem is None:
                return None
            shown.append(theorem)
        return instantiate(sequent, values, goal.context, shown)
    except (Rejected, DerivationError):
        return None


def _choices(goal: Goal) -> list[Relation]:
    """Where |e|, min and max change the candidate that they take."""
    found: dict[Relation, None] = {}
    for side in goal.relation.sides():
        for atom in sorted(side.atoms(sp.Abs, sp.Min, sp.Max), key=sp.default_sort_key):
            pair = (atom.args[0], sp.S.Zero) if isinstance(atom, sp.Abs) else atom.args[:2]
            if atom.free_symbols <= goal.relation.symbols():
                found[Relation(pair[0], ">=", pair[1])] = None
    return list(found)
