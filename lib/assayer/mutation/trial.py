"""One mutant on trial: is it known false, do the kernels prove it, what does the whole judge say?"""

from __future__ import annotations

import contextlib
import signal
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from random import Random
from typing import Any

from assayer.derivation import prover
from assayer.derivation import verdict as whole
from assayer.derivation.trusted.status import Status
from assayer.mutation.claims import Mutant, snippet
from assayer.mutation.falsity import Decision, decide

WON = (Status.PROVED, Status.CERTIFIED, Status.ASSUMED)


@dataclass(frozen=True)
class Limits:
    """What one mutant may cost.

    Attributes:
        seconds: for the kernels.
        draws, enough: how many points are drawn, and after how many of the context's the search ends: see ``decide``.
        deep_draws, deep_enough: the same for a mutant that the kernels prove. The refuter itself draws 300.
        stuck: after so many seconds the trial is given up and counts as unproved, with a note.
        hung: after so many seconds its process is ended, where it did not even stop for that.
    """

    seconds: float = 0.5
    draws: int = 600
    enough: int = 300
    deep_draws: int = 3000
    deep_enough: int = 1000
    stuck: float = 30.0
    hung: float = 60.0


@dataclass(frozen=True)
class Outcome:
    """How one mutant fared.

    Attributes:
        chapter, title, kind, what: where it comes from.
        claim: the mutant, as text.
        false: it is known false; ``at`` is the point that shows it, ``by`` the evaluators that are certain, or
            "refuter" where only the checker's own refuter found it.
        proved: the kernels alone proved it; ``kernels`` names which.
        verdict: the judge's word.
        met: at how many points of its context it was tried.
        disagreement: a contradiction between the evaluators.
        broke: an exception that the checker let out, or that it was given up as stuck.
        code: Python that builds the goal, where something is to be reported.
    """

    chapter: str
    title: str
    kind: str
    what: str
    claim: str
    false: bool
    at: str
    by: tuple[str, ...]
    proved: bool
    kernels: tuple[str, ...]
    verdict: str
    met: int
    disagreement: str
    broke: str
    code: str

    @property
    def accepted_false(self) -> bool:
        """The one thing that must never be: known false, and proved by the kernels or by the judge."""
        return self.false and (self.proved or self.verdict in WON)

    @property
    def killed(self) -> bool:
        """The judge does not prove it."""
        return self.verdict not in WON

    @property
    def sort(self) -> str:
        """ "known false", "true variant" (proved, and no point shows it false) or "undecided"."""
        if self.false:
            return "known false"
        return "undecided" if self.killed else "true variant"


class Stuck(Exception):
    """The checker did not honour its budget."""


def attempt(mutant: Mutant, chapter: str, seed: str, limits: Limits) -> Outcome:
    """Try one mutant. ``seed`` names the random points, so that the same seed tries the same ones."""
    goal, hints = mutant.goal, mutant.step.hints
    rng = Random(seed)
    decision, sequent, verdict, broke = Decision(), None, Status.UNPROVED, ""
    try:
        with _alarm(limits.stuck):
            decision = decide(goal, rng, limits.draws, limits.enough, mutant.models)
            sequent = prover.prove(goal, prover.Attempt.lasting(limits.seconds, hints))
            if sequent is not None and not decision.false and not decision.disagreement:
                decision = decide(goal, rng, limits.deep_draws, limits.deep_enough, mutant.models)
            # The kernels have had their time: where they failed, the judge need not search all over again.
            seconds = limits.seconds if sequent is not None else min(0.05, limits.seconds)
            said = whole.judge_goal(goal, _model(mutant), seconds, hints)
            verdict = said.status
            if verdict == Status.REFUTED and not decision.false:
                # The refuter is the checker's own, but its find is rigorous, and no kernel may prove what it refutes.
                at = str(said.counterexample)
                decision = Decision(True, at, ("refuter",), decision.met, decision.disagreement)
    except Stuck:
        broke = f"given up after {limits.stuck:g} s"
    except Exception as fault:  # the judge never raises because a claim is false
        broke = f"{type(fault).__name__}: {fault}"
    worth_code = decision.disagreement or broke or (decision.false and (sequent is not None or verdict in WON))
    return Outcome(
        chapter,
        mutant.step.title,
        mutant.kind,
        mutant.what,
        str(goal),
        decision.false,
        decision.at,
        decision.by,
        sequent is not None,
        () if sequent is None else sequent.kernels,
        str(verdict),
        decision.met,
        decision.disagreement,
        broke,
        _code(mutant, decision) if worth_code else "",
    )


def broken(mutant: Mutant, chapter: str, why: str) -> Outcome:
    """The outcome of a mutant on which the checker took its whole process down: nothing is proved."""
    return Outcome(
        chapter=chapter,
        title=mutant.step.title,
        kind=mutant.kind,
        what=mutant.what,
        claim=str(mutant.goal),
        false=False,
        at="",
        by=(),
        proved=False,
        kernels=(),
        verdict=str(Status.UNPROVED),
        met=0,
        disagreement="",
        broke=why,
        code=snippet(mutant.goal),
    )


def _model(mutant: Mutant) -> Any:
    points = mutant.models
    return (lambda rng: rng.choice(points)) if points else None


def _code(mutant: Mutant, decision: Decision) -> str:
    return snippet(mutant.goal, f"at {decision.at}" if decision.false else "")


@contextlib.contextmanager
def _alarm(seconds: float) -> Iterator[None]:
    """Raise :class:`Stuck` in the block after so many seconds, where the system has such an alarm."""
    if not hasattr(signal, "setitimer") or threading.current_thread() is not threading.main_thread():
        yield
        return

    def ring(*_: object) -> None:
        raise Stuck

    before = signal.signal(signal.SIGALRM, ring)
    left, _ = signal.setitimer(signal.ITIMER_REAL, seconds)
    began = time.monotonic()
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
        if left:  # somebody else's alarm, such as the time limit of a test
            signal.setitimer(signal.ITIMER_REAL, max(0.001, left - (time.monotonic() - began)))
