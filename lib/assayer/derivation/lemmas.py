"""Goals by way of lemmas that a kernel has shown in the same context. Not trusted: ``rules.Cut`` is what counts."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator

from assayer.derivation.points import Sampler
from assayer.derivation.prover import Attempt
from assayer.derivation.refute import satisfies
from assayer.derivation.trusted.context import Goal, Relation
from assayer.derivation.trusted.evaluate import holds
from assayer.derivation.trusted.rules import Cut
from assayer.derivation.trusted.theorem import Certificate, Sequent, with_lemmas

POINTS = 24


def fails(goal: Goal) -> bool:
    """Whether the goal is certainly false at one of a few points: no reason to search for a proof."""
    rng, sampler = random.Random(0), Sampler.of(goal)
    tables = (sampler.table(rng, i) for i in range(POINTS))
    return any(satisfies(goal.context, t) and holds(goal.relation, t) is False for t in tables)


def with_help(goal: Goal, lemmas: Iterable[Sequent], attempt: Attempt) -> Iterator[Certificate]:
    """Yield the cut where the goal is proved with the lemmas as further hypotheses; nothing without lemmas."""
    lemmas = tuple(lemmas)
    if lemmas:
        theorem = attempt.prove(Goal(with_lemmas(goal.context, lemmas), goal.relation))
        if theorem is not None:
            yield Cut(theorem, lemmas)


def by_steps(goal: Goal, relations: Iterable[Relation], attempt: Attempt) -> Iterator[Certificate]:
    """Yield the goal by way of the relations: each is proved with those before it, the goal with the last."""
    proved: Sequent | None = None
    for relation in relations:
        wanted = Goal(goal.context, relation)
        before = proved
        if before is None:
            proved = attempt.prove(wanted)
        else:
            certificate = next(with_help(wanted, [before], attempt), None)
            proved = None if certificate is None else attempt.admit(wanted, certificate)
        if proved is None:
            return
    if proved is not None:
        yield from with_help(goal, [proved], attempt)
