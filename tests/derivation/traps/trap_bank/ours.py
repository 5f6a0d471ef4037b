"""The checker asked about the bank: as ``judge`` does it, with hints and a budget of seconds."""

from __future__ import annotations

from assayer.derivation import DerivationError, Relation, Verdict
from assayer.derivation.prover import Attempt, prove
from assayer.derivation.trusted.context import Context, Goal
from assayer.derivation.trusted.expressions import express, one_meaning
from assayer.derivation.verdict import CheckerFault, judge_goal
from trap_bank.kinds import Claim

ACCEPTED = frozenset({"proved", "certified", "assumed", "fault"})
"""Words that a false claim must not earn; a fault is a proof that the refuter overturned."""


def goal_of(claim: Claim) -> Goal:
    """The claim as a goal; see ``judge``.

    Raises:
        DerivationError: where the claim is malformed.
    """
    relation = Relation(express(claim.lhs), claim.rel, express(claim.rhs))
    bounds = [
        Relation(x, sign, express(end))
        for x, (low, high) in (claim.box or {}).items()
        for sign, end in ((">=", low), ("<=", high))
    ]
    context = Context.of([*claim.hypotheses, *bounds], relation.symbols())
    one_meaning(context.symbols)
    return Goal(context, relation)


def verdict_on(claim: Claim, seconds: float) -> Verdict:
    """What the checker says within ``seconds`` of search."""
    return judge_goal(goal_of(claim), seconds=seconds, hints=claim.hints)


def word(claim: Claim, seconds: float) -> str:
    """The verdict in a word: a status, "rejected" for an error that teaches, "fault" for a proof overturned."""
    try:
        return str(verdict_on(claim, seconds).status)
    except DerivationError:
        return "rejected"
    except CheckerFault:
        return "fault"


def proved_by_kernels(claim: Claim, seconds: float) -> str:
    """What the kernels prove when no counterexample is looked for: their names, or "" for nothing."""
    try:
        sequent = prove(goal_of(claim), Attempt.lasting(seconds, claim.hints))
    except DerivationError:
        return ""
    return ", ".join(sequent.kernels) if sequent is not None else ""
