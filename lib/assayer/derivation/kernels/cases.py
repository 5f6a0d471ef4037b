"""Cases: an author's split, or the signs of what stands under |·|, min and max."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import sympy as sp

from assayer.derivation.hints import Hint
from assayer.derivation.lemmas import by_steps, fails, with_help
from assayer.derivation.prover import Attempt
from assayer.derivation.trusted.context import Goal, Relation
from assayer.derivation.trusted.errors import DerivationError
from assayer.derivation.trusted.expressions import BINDERS
from assayer.derivation.trusted.rules import Cases, Cut, case_goals
from assayer.derivation.trusted.rules.cases import CASE
from assayer.derivation.trusted.theorem import Certificate, Rejected, Sequent, instantiate, obligations, with_lemmas

NAME = "cases"
ORDER = 44
MOST_SPLITS = 3


@dataclass(frozen=True)
class CasesOn(Hint):
    """Split on each relation in turn; in every branch cite the theorems whose hypotheses hold there."""

    relations: tuple[Relation, ...]
    theorems: tuple[tuple[Sequent, Mapping[sp.Symbol, sp.Expr]], ...] = ()

    def __str__(self) -> str:
        return f"cases: {', '.join(str(r) for r in self.relations)}"


HINTS = (CasesOn,)


def search(goal: Goal, attempt: Attempt) -> Iterator[Certificate]:
    """Yield the split whose branches are all proved."""
    if attempt.depth <= 0:
        return
    hints = attempt.hints_of(CasesOn)
    for hint in hints:
        yield from _split(goal, list(hint.relations), hint, attempt)
    if hints:
        return
    choices = _choices(goal.relation)[:MOST_SPLITS]
    if choices:
        yield from _known(goal, choices, attempt)
        yield from _split(goal, choices, CasesOn(()), attempt)


def _known(goal: Goal, choices: list[Relation], attempt: Attempt) -> Iterator[Certificate]:
    """Where one of the candidates is taken throughout, no case needs to be distinguished."""
    lemmas: list[Sequent] = []
    for choice in choices:
        for sign in (">=", "<="):
            wanted = Goal(goal.context, Relation(choice.left, sign, choice.right))
            theorem = None if fails(wanted) else attempt.prove(wanted)
            if theorem is not None:
                lemmas.append(theorem)
                break
    if lemmas:
        yield from _decided(goal, lemmas, attempt)


def _decided(goal: Goal, lemmas: list[Sequent], attempt: Attempt) -> Iterator[Certificate]:
    """With lemmas that say which candidates are taken: the goal without |·|, min and max, then the goal."""
    relation = _resolved(goal.relation, [t.relation for t in lemmas])
    plain = attempt.prove(Goal(goal.context, relation)) if relation != goal.relation else None
    if plain is not None:
        yield from with_help(goal, [*lemmas, plain], attempt)
    else:
        yield from with_help(goal, lemmas, attempt)


def _split(goal: Goal, relations: list[Relation], hint: CasesOn, attempt: Attempt) -> Iterator[Certificate]:
    if not relations:
        return
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
    if not hint.relations and not relations:
        theorem = _plainly(goal, attempt)
        if theorem is not None:
            return theorem
    # Where another split is to come, only what needs no case of its own is tried before it.
    able = replace(attempt, depth=1) if relations else attempt
    theorem = able.prove(Goal(with_lemmas(goal.context, lemmas), goal.relation))
    if theorem is not None:
        return attempt.admit(goal, Cut(theorem, tuple(lemmas))) if lemmas else theorem
    if relations:
        certificate = next(_split(goal, relations, hint, attempt), None)
        return None if certificate is None else attempt.admit(goal, certificate)
    return None


def _plainly(goal: Goal, attempt: Attempt) -> Sequent | None:
    """Prove a branch by way of its relation without |·|, min and max."""
    relation = _resolved(goal.relation, [r for name, r in goal.context.relations() if name == CASE])
    if relation == goal.relation:
        return None
    return next((t for c in by_steps(goal, [relation], attempt) if (t := attempt.admit(goal, c)) is not None), None)


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


def _choices(relation: Relation) -> list[Relation]:
    """Where |e|, min and max change the candidate that they take."""
    found: dict[Relation, None] = {}
    for atom in _atoms(relation):
        first, second = (atom.args[0], sp.S.Zero) if isinstance(atom, sp.Abs) else atom.args[:2]
        if atom.free_symbols <= relation.symbols():
            found[_bound(first, second)] = None
    return list(found)


def _atoms(relation: Relation) -> list[sp.Expr]:
    """|·|, min and max, innermost last."""
    found = {atom for side in relation.sides() for atom in side.atoms(sp.Abs, sp.Min, sp.Max)}
    return sorted(found, key=lambda atom: (-atom.count_ops(), sp.default_sort_key(atom)))


def _bound(first: sp.Expr, second: sp.Expr) -> Relation:
    """``first ≥ second``, as a bound of one symbol where it is one: then other kernels can start there."""
    difference = sp.expand(first - second)
    for x in sorted(difference.free_symbols, key=lambda s: s.name):
        slope = difference.coeff(x)
        if slope in (1, -1) and x not in (difference - slope * x).free_symbols:
            return Relation(x, ">=" if slope == 1 else "<=", -slope * (difference - slope * x))
    return Relation(first, ">=", second)


def _resolved(relation: Relation, known: list[Relation]) -> Relation:
    """The relation with the candidates that |·|, min and max take where ``known`` holds."""
    orders = [
        sp.expand((r.left - r.right) * (1 if r.sign in (">", ">=") else -1)) for r in known if r.sign not in ("=", "!=")
    ]

    def taken(atom: sp.Expr) -> sp.Expr:
        if isinstance(atom, sp.Abs):
            (inside,) = atom.args
            return inside if sp.expand(inside) in orders else -inside if sp.expand(-inside) in orders else atom
        most = 1 if isinstance(atom, sp.Max) else -1
        for one in atom.args:
            if all(one == other or sp.expand(most * (one - other)) in orders for other in atom.args):
                return one
        return atom

    def resolved(expr: sp.Expr) -> sp.Expr:
        if not expr.has(sp.Abs, sp.Min, sp.Max) or isinstance(expr, BINDERS):
            return expr
        rebuilt = expr.func(*map(resolved, expr.args))
        return taken(rebuilt) if isinstance(rebuilt, (sp.Abs, sp.Min, sp.Max)) else rebuilt

    return Relation(resolved(relation.left), relation.sign, resolved(relation.right))
