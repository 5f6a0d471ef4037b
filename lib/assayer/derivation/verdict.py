"""``judge``: one claim in, one verdict out. It never raises because a claim is false."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import sympy as sp

from assayer.derivation import cache, clock
from assayer.derivation.hints import Hint
from assayer.derivation.prover import SECONDS_A_STEP, Attempt, prove
from assayer.derivation.refute import (
    AGAIN,
    QUICK,
    THOROUGH,
    Counterexample,
    Model,
    Search,
    refute,
    refutes,
    satisfies,
    solver_counterexample,
    witness,
)
from assayer.derivation.trusted.context import Context, Goal, Relation
from assayer.derivation.trusted.errors import DerivationError, MalformedExpression, Unsupported
from assayer.derivation.trusted.evaluate import holds
from assayer.derivation.trusted.expressions import NEGATED, RELATIONS, express, one_meaning
from assayer.derivation.trusted.problem import problem
from assayer.derivation.trusted.smt import SolverMissing, run_solver, script
from assayer.derivation.trusted.status import Status
from assayer.derivation.trusted.theorem import Sequent

POINTS_FOR_TESTED = 20
FROM_NOTHING = "the hypotheses contradict each other: from nothing anything follows"


class CheckerFault(RuntimeError):
    """A kernel proved what a point refutes: the checker itself is wrong, and nothing it says counts until it is mended.

    Not a DerivationError: nothing may catch it as a fault of the author's.
    """


@dataclass(frozen=True)
class Verdict:
    """What the checker says of a claim.

    Attributes:
        status: see :class:`Status`.
        kernel: what proved it, or "refuter", or "" where nothing did.
        counterexample: the point that refutes it, or None.
        sequent: the theorem, where there is one.
        tried: for an unproved claim, one line for each kernel.
        missing: definedness conditions that could not be shown, as text.
        points: how many random points that satisfy the hypotheses it survived.
    """

    status: Status
    kernel: str = ""
    counterexample: Counterexample | None = None
    sequent: Sequent | None = None
    tried: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    points: int = 0

    def __str__(self) -> str:
        """One line for a reader: sign, status, kernel, and the counterexample or what is missing."""
        line = f"{self.status.sign} {self.status}" + (f" ({self.kernel})" if self.kernel else "")
        if self.counterexample is not None:
            return f"{line}: {self.counterexample}"
        if self.missing:
            return f"{line}: not shown to be defined: {'; '.join(self.missing)}"
        return line


def judge(
    lhs: object,
    rel: str,
    rhs: object,
    hypotheses: Iterable[object] = (),
    box: Mapping[sp.Symbol, tuple[object, object]] | None = None,
) -> Verdict:
    """Judge ``lhs rel rhs`` under ``hypotheses`` (SymPy relations, ``Hypothesis``, ``Forall``).

    Args:
        rel: one of ``"=" "<=" "<" ">=" ">" "!="``.
        box: symbol → (low, high), added to the hypotheses.

    Raises:
        DerivationError: for a malformed claim (a Float, a symbol without a real domain); never for a false one.
    """
    if rel not in RELATIONS:
        raise MalformedExpression(f"{rel!r} is not one of {' '.join(RELATIONS)}")
    relation = Relation(express(lhs), rel, express(rhs))
    bounds = [
        Relation(x, sign, express(end))
        for x, (low, high) in (box or {}).items()
        for sign, end in ((">=", low), ("<=", high))
    ]
    context = Context.of([*hypotheses, *bounds], relation.symbols())
    one_meaning(context.symbols)
    return judge_goal(Goal(context, relation))


def judge_goal(
    goal: Goal, model: Model | None = None, seconds: float = SECONDS_A_STEP, hints: Iterable[Hint] = ()
) -> Verdict:
    """Judge a goal: the refuter first, whatever the kernels would say; then the kernels; then the refuter again.

    What was judged before is replayed from the cache, see :mod:`cache`; nothing there is believed.

    Raises:
        CheckerFault: when a point refutes, certainly, what a kernel proved.
    """
    try:
        return _judge_goal(goal, model, seconds, tuple(hints))
    except RecursionError:
        raise Unsupported("the claim is nested too deeply: name a part of it and state what it is equal to") from None


def _judge_goal(goal: Goal, model: Model | None, seconds: float, hints: tuple[Hint, ...]) -> Verdict:
    key = cache.key_of(goal, hints, model is not None)
    entry = cache.load(key)
    if entry is not None:
        verdict = _recalled(entry, goal, hints, seconds)
        if verdict is not None:
            return verdict
    attempt = Attempt.lasting(seconds, hints)
    verdict, search = _judged(goal, model, attempt)
    if key is not None:
        _keep(key, goal, verdict, search, attempt, model)
    return verdict


def _judged(goal: Goal, model: Model | None, attempt: Attempt) -> tuple[Verdict, Search]:
    search = refute(goal, model, effort=QUICK)
    if search.counterexample is not None:
        return Verdict(Status.REFUTED, "refuter", search.counterexample, points=search.points), search
    sequent = prove(goal, attempt)
    if sequent is not None:
        return _checked(sequent, goal, model, search), search
    tried, missing = tuple(attempt.tried), tuple(str(c) for c in attempt.missing)
    further = refute(goal, effort=THOROUGH, seed=2)
    points = search.points + further.points
    found = further.counterexample or solver_counterexample(goal)
    if found is not None:
        return Verdict(Status.REFUTED, "refuter", found, tried=tried, missing=missing, points=points), search
    status = Status.TESTED if points >= POINTS_FOR_TESTED and not missing else Status.UNPROVED
    return Verdict(status, tried=tried, missing=missing, points=points), search


def _checked(sequent: Sequent, goal: Goal, model: Model | None, search: Search) -> Verdict:
    """The verdict on what a kernel proved: not from hypotheses that nothing satisfies, and not against a point."""
    families = any(True for _ in goal.context.families())
    # A model meets a Forall in a window of indices; where the goal was never seen to hold there, it may lie outside.
    if families and model is not None and not search.points and _proved_both_ways(goal):
        return Verdict(Status.UNPROVED, tried=(FROM_NOTHING,))
    if search.witness is None and model is None:
        search.witness = witness(goal.context)
        if search.witness is None and (contradictory(goal.context) or _proved_both_ways(goal)):
            return Verdict(Status.UNPROVED, tried=(FROM_NOTHING,))
    again = refute(goal, effort=AGAIN, seed=1)
    if again.counterexample is not None:
        raise CheckerFault(
            f"{', '.join(sequent.kernels)} accepted {goal.relation}, which is false {again.counterexample}: "
            "the checker is at fault; please report this claim"
        )
    return Verdict(sequent.status, ", ".join(sequent.kernels), sequent=sequent, points=search.points + again.points)


def _recalled(entry: cache.Entry, goal: Goal, hints: tuple[Hint, ...], seconds: float) -> Verdict | None:
    """The verdict that an entry's evidence earns once it is replayed; None where it earns none."""
    if entry.refuted is not None:
        point = cache.point_of(entry.refuted, goal)
        found = None if point is None else refutes(goal, point)
        return None if found is None else Verdict(Status.REFUTED, "refuter", found, points=entry.survived)
    table = None if entry.witness is None else cache.table_of(entry.witness, goal)
    if table is None or not satisfies(goal.context, table):
        return None  # from hypotheses that nothing is known to satisfy, judge afresh
    sequent = cache.Recalled(entry, clock.now() + seconds).proof(goal, hints)
    if sequent is None or sequent.goal != goal or holds(goal.relation, table) is False:
        return None
    return Verdict(sequent.status, ", ".join(sequent.kernels), sequent=sequent, points=entry.survived)


def _keep(key: str, goal: Goal, verdict: Verdict, search: Search, attempt: Attempt, model: Model | None) -> None:
    """Keep what was found, where it can be checked again."""
    entry = cache.Entry(key, survived=verdict.points)
    if verdict.counterexample is not None:
        entry.refuted = cache.point_tree(verdict.counterexample.entries)
        if refutes(goal, dict(verdict.counterexample.entries)) is None:
            return  # a model's point, or one of families that follow a formula: to be found anew
    elif verdict.sequent is not None and search.witness is not None:
        known = {**search.witness, **search.witness.families}
        entry.witness = cache.point_tree(cache.mentioned(known, goal))
        entry.evidence = cache.evidence_of(attempt.known.evidence)
    else:
        return
    cache.save(entry)


def _proved_both_ways(goal: Goal, seconds: float = 0.5) -> bool:
    """Tell whether the negation is proved as well: then the families in the goal bring a contradiction to light."""
    r = goal.relation
    return prove(Goal(goal.context, Relation(r.left, NEGATED[r.sign], r.right)), Attempt.lasting(seconds)) is not None


def contradictory(context: Context) -> bool:
    """Tell whether the hypotheses are shown to contradict each other; False also where this is not known."""
    trivial = Goal(context, Relation(sp.S.Zero, "!=", sp.S.Zero))
    try:
        if prove(trivial, Attempt.lasting(2.0)) is not None:
            return True
        p = problem(trivial)
        return run_solver(script(p.algebra, p.facts), 3.0).startswith("unsat")
    except (DerivationError, SolverMissing):
        return False
