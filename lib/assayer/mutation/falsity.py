"""Which mutants are false: decided by rigorous evaluation at many points, by two evaluators that share no code.

A mutant is *known false* where at least one evaluator is certain that a point satisfies the context and that a side
has no value there or the relation fails, and the other does not contradict it. Where one is certain of the opposite
of the other, that is reported: one of them is wrong, and with it perhaps a proof or a refutation.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from random import Random
from typing import Any

import sympy as sp
from flint import fmpq

from assayer.derivation.trusted import evaluate
from assayer.derivation.trusted.context import Forall, Goal, Relation
from assayer.derivation.trusted.expressions import domain
from assayer.mutation import second
from assayer.mutation.families import Valuation, arguments, within
from assayer.mutation.points import Points
from assayer.mutation.ranges import TooMuch

MOST_WORK, MOST_NODES = 60_000, 100_000
"""Steps of the second evaluator, and nodes of the checker's, after which a search ends: an integral at one point may
ask for its integrand a thousand times, and a search without a bound on both took minutes."""
COMPARED = 6
"""At every so many points both evaluators are asked even where the first one asked is content."""


@dataclass(frozen=True)
class Decision:
    """What the search found.

    Attributes:
        false: the mutant is known false.
        at: the point, as text; empty where there is none.
        by: the evaluators that are certain there: "intervals" (the second), "balls" (the checker's).
        met: at how many points of the context the mutant was tried.
        disagreement: where the evaluators contradict each other, in words; empty where they never did.
    """

    false: bool = False
    at: str = ""
    by: tuple[str, ...] = ()
    met: int = 0
    disagreement: str = ""


@dataclass(frozen=True)
class Answers:
    """What both evaluators say of one relation at one point; None where they are not certain."""

    intervals: bool | None
    balls: bool | None

    @property
    def contradict(self) -> bool:
        return {self.intervals, self.balls} == {True, False}

    @property
    def verdict(self) -> bool | None:
        """What those who are certain say; None for nobody, and for a contradiction."""
        said = {a for a in (self.intervals, self.balls) if a is not None}
        return said.pop() if len(said) == 1 else None

    @property
    def by(self) -> tuple[str, ...]:
        return tuple(n for n, a in (("intervals", self.intervals), ("balls", self.balls)) if a is not None)


def decide(
    goal: Goal,
    rng: Random,
    draws: int,
    enough: int,
    model: tuple[Mapping[sp.Basic, Any], ...] = (),
    effort: int = 1,
) -> Decision:
    """Look for a point that shows the goal false.

    Args:
        draws: how many valuations are drawn.
        enough: after so many points of the context the search ends.
        model: points that the author answers for, as SymPy's rationals; see ``Mutant.models``.
        effort: so many times the usual work ends the search.
    """
    met, begun, nodes = 0, second.work(), evaluate.work()
    points = Points(goal, rng)
    authored = [Valuation({k: fmpq(int(v.p), int(v.q)) for k, v in m.items()}, None, authored=True) for m in model]
    for at in _chained(authored, points, draws):
        if second.work() - begun > effort * MOST_WORK or evaluate.work() - nodes > effort * MOST_NODES:
            break
        try:
            found = _tried(goal, at, both=met % COMPARED == 0)
        except TooMuch:
            continue
        if found is None:
            continue
        met += 1
        points.keep(at)
        if found.false or found.disagreement:
            return replace(found, met=met)
        if met >= enough:
            break
    return Decision(met=met)


def _tried(goal: Goal, at: Valuation, both: bool) -> Decision | None:
    """What one point says; None where it does not certainly satisfy the context."""
    context = _meets(goal, at, both=False)
    if isinstance(context, str):
        return Decision(disagreement=context)
    if not context:
        return None
    said = _ask(goal.relation, at, both)
    if said.contradict:
        return Decision(disagreement=_clash(goal.relation, at))
    if said.verdict is not False:
        return Decision()
    # A find counts only once both evaluators were asked about everything.
    said, context = _ask(goal.relation, at, both=True), _meets(goal, at, both=True)
    if isinstance(context, str) or said.contradict:
        return Decision(disagreement=context if isinstance(context, str) else _clash(goal.relation, at))
    return Decision(context and said.verdict is False, shown(at), said.by)


def _chained(authored: list[Valuation], points: Points, draws: int) -> Iterator[Valuation]:
    yield from authored
    yield from points.draw(draws)


def _ask(relation: Relation, at: Valuation, both: bool) -> Answers:
    """Ask the second evaluator, and the checker's where that is not content or ``both`` are wanted."""
    intervals = second.holds(relation.left, relation.sign, relation.right, at)
    balls = evaluate.holds(relation, at) if both or intervals is not True else None
    return Answers(intervals, balls)


def _meets(goal: Goal, at: Valuation, both: bool) -> bool | str:
    """Whether the point certainly satisfies the context; in words, where the evaluators contradict each other."""
    for symbol, number in at.items():
        if isinstance(symbol, sp.Symbol) and within(number, domain(symbol)) != number:
            return False
    for _, relation in goal.context.relations():
        said = _ask(relation, at, both)
        if said.contradict:
            return _clash(relation, at)
        if said.verdict is not True:
            return False
    for _, statement in goal.context.families():
        if at.authored:
            if not _not_denied(statement, at):
                return False
        elif at.families is None or not at.families.meets(statement, at):
            return False
    return True


def _not_denied(statement: Forall, at: Valuation) -> bool:
    """An author's model answers for a ``Forall``: it is only checked where the model has values."""
    listed = {int(a) for key in at for a in _places(key) if isinstance(a, sp.Integer)}
    window = {k + shift for k in listed for shift in (-1, 0, 1)}
    least = 1 if statement.index.is_positive else 0 if statement.index.is_nonnegative else min(window, default=0)
    return all(
        evaluate.holds(statement.relation, at | {statement.index: fmpq(k)}) is not False for k in window if k >= least
    )


def _places(key: sp.Basic) -> tuple[sp.Expr, ...]:
    return () if isinstance(key, sp.Symbol) else arguments(key)


def _clash(relation: Relation, at: Valuation) -> str:
    said = _ask(relation, at, both=True)
    return f"{relation} at {shown(at)}: intervals say {said.intervals}, balls say {said.balls}"


def shown(at: Valuation) -> str:
    """A point as text, families with the members that were asked for."""
    entries = dict(at)
    if at.families is not None:
        entries |= at.families.other
        entries |= {
            sp.Symbol(f"{name}({k})"): v for name, table in at.families.tables.items() for k, v in table.items()
        }
    known = sorted((str(key), number) for key, number in entries.items())
    return ", ".join(f"{name} = {number}" for name, number in known) or "every point"
