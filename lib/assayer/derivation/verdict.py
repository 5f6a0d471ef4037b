"""``judge``: one claim in, one verdict out. It never raises because a claim is false."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import sympy as sp

from assayer.derivation.hints import Hint
from assayer.derivation.prover import SECONDS_A_STEP, Attempt, prove
from assayer.derivation.refute import Counterexample, Model, refute, solver_counterexample
from assayer.derivation.trusted.context import Context, Goal, Relation
from assayer.derivation.trusted.errors import DerivationError, MalformedExpression
from assayer.derivation.trusted.expressions import RELATIONS, express, one_meaning
from assayer.derivation.trusted.problem import problem
from assayer.derivation.trusted.smt import SolverMissing, run_solver, script
from assayer.derivation.trusted.status import Status
from assayer.derivation.trusted.theorem import Sequent

POINTS_FOR_TESTED = 20


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
    """Judge a goal: the refuter first, whatever the kernels would say; then the kernels; then z3's own model."""
    search = refute(goal, model)
    if search.counterexample is not None:
        return Verdict(Status.REFUTED, "refuter", search.counterexample, points=search.points)
    attempt = Attempt.lasting(seconds, hints)
    sequent = prove(goal, attempt)
    if sequent is not None and search.witness is None and model is None and contradictory(goal.context):
        return Verdict(Status.UNPROVED, tried=("the hypotheses contradict each other: from nothing anything follows",))
    if sequent is not None:
        return Verdict(sequent.status, ", ".join(sequent.kernels), sequent=sequent, points=search.points)
    found = solver_counterexample(goal)
    tried, missing = tuple(attempt.tried), tuple(str(c) for c in attempt.missing)
    if found is not None:
        return Verdict(Status.REFUTED, "refuter", found, tried=tried, missing=missing, points=search.points)
    status = Status.TESTED if search.points >= POINTS_FOR_TESTED and not missing else Status.UNPROVED
    return Verdict(status, tried=tried, missing=missing, points=search.points)


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
