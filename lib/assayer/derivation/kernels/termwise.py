"""Sums compared term by term: the difference of the sides is one sum, and each of its terms has a sign."""

from __future__ import annotations

from collections.abc import Iterator

import sympy as sp

from assayer.derivation.lemmas import with_help
from assayer.derivation.prover import Attempt
from assayer.derivation.trusted.context import Goal, Relation
from assayer.derivation.trusted.errors import DerivationError
from assayer.derivation.trusted.expressions import opened, renamed, substitute
from assayer.derivation.trusted.rules import Termwise
from assayer.derivation.trusted.theorem import Certificate, Rejected, Sequent

NAME = "termwise"
ORDER = 35


def search(goal: Goal, attempt: Attempt) -> Iterator[Certificate]:
    """Yield the comparison as written; then, by linearity, ``Σ (difference of the terms) R 0``; then signs of sums."""
    if attempt.depth <= 0 or not _sums(goal):
        return
    direct = _compared(goal, attempt)
    if direct is not None:
        yield direct
    for relation in _gathered(goal.relation):
        lemma = _lemma(Goal(goal.context, relation), attempt)
        if lemma is not None:
            yield from with_help(goal, [lemma], attempt)
    if goal.relation.sign != "=":
        signs = (Relation(s, ">=", sp.S.Zero) for s in _sums(goal))
        lemmas = [t for r in signs if (t := _lemma(Goal(goal.context, r), attempt)) is not None]
        yield from with_help(goal, lemmas, attempt)
        lemmas = [t for r in _named(goal) if (t := _lemma(Goal(goal.context, r), attempt)) is not None]
        yield from with_help(goal, lemmas, attempt)


def _sums(goal: Goal) -> list[sp.Sum]:
    found = {s for side in goal.relation.sides() for s in side.atoms(sp.Sum)}
    return sorted((s for s in found if s.free_symbols <= goal.relation.symbols()), key=sp.default_sort_key)


def _compared(goal: Goal, attempt: Attempt) -> Termwise | None:
    try:
        proofs = attempt.prove_all(Termwise(()).needs(goal))
    except (Rejected, DerivationError):
        return None
    return None if proofs is None else Termwise(proofs)


def _lemma(goal: Goal, attempt: Attempt) -> Sequent | None:
    certificate = _compared(goal, attempt)
    return None if certificate is None else attempt.admit(goal, certificate)


def _named(goal: Goal) -> Iterator[Relation]:
    """Comparisons with the sums over the same range that a hypothesis speaks of."""
    stated = {s for _, r in goal.context.relations() for side in r.sides() for s in side.atoms(sp.Sum)}
    for total in _sums(goal):
        for other in sorted(stated - {total}, key=sp.default_sort_key):
            if opened(other)[2:] == opened(total)[2:]:
                yield from (Relation(total, sign, other) for sign in ("<=", ">="))


def _gathered(relation: Relation) -> Iterator[Relation]:
    """``left − right`` as one sum, where all its sums run over one range and the rest divides by the range's length."""
    difference = sp.expand(relation.left - relation.right)
    ranges: dict[tuple[sp.Expr, sp.Expr], list[tuple[sp.Expr, sp.Sum]]] = {}
    rest = sp.S.Zero
    for term in sp.Add.make_args(difference):
        coefficient, sums = term.as_independent(sp.Sum, as_Add=False)
        if sums == 1:
            rest += term
        elif isinstance(sums, sp.Sum):
            ranges.setdefault(opened(sums)[2:], []).append((coefficient, sums))
        else:
            return
    if len(ranges) != 1:
        return
    ((low, high), parts), *_ = ranges.items()
    index = renamed(opened(parts[0][1])[1], [relation.left, relation.right])
    share = sp.cancel(rest / (high - low + 1))
    if not sp.denom(share).is_number:
        return
    bodies = [(c, *opened(s)[:2]) for c, s in parts]
    term = sp.Add(share, *(c * substitute(body, {old: index}) for c, body, old in bodies))
    yield Relation(sp.Sum(term, (index, low, high)), relation.sign, sp.S.Zero)
