"""One mutant on trial: is it known false, do the kernels prove it, what does the whole judge say?"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from random import Random
from typing import Any

from assayer.derivation import prover
from assayer.derivation import verdict as whole
from assayer.derivation.trusted.status import Status
from assayer.mutation.claims import Mutant, snippet
from assayer.mutation.falsity import Decision, decide

WON = (Status.PROVED, Status.CERTIFIED, Status.ASSUMED)
NOT_JUDGED = "not judged"
JUDGE_SECONDS = 0.05
"""For the kernels inside the judge, where they have already failed: it need not search all over again."""


@dataclass(frozen=True)
class Limits:
    """What one mutant may cost.

    Attributes:
        seconds: for the kernels, of the processor, as near as that can be told.
        long_share, long_seconds: the share of the known false mutants for which the kernels have longer, and how long.
        rest_share: of the mutants that no point shows false, the share that is judged.
        draws, enough: how many points are drawn, and after how many of the context's the search ends: see ``decide``.
        deep_draws, deep_enough: the same for a mutant that the kernels prove. The refuter itself draws 300.
        clock: after so many seconds of the processor, or four times as many on the wall, its process is ended.
        memory, trials: a process that has used so many bytes, or tried so many mutants, is replaced.
    """

    seconds: float = 0.25
    long_share: float = 0.05
    long_seconds: float = 2.0
    rest_share: float = 0.25
    draws: int = 400
    enough: int = 120
    deep_draws: int = 3000
    deep_enough: int = 1000
    clock: float = 30.0
    memory: int = 1 << 30
    trials: int = 150


@dataclass(frozen=True)
class Outcome:
    """How one mutant fared.

    Attributes:
        chapter, title, kind, what: where it comes from.
        claim: the mutant, as text.
        false: it is known false; ``at`` is the point that shows it, ``by`` the evaluators that are certain, or
            "refuter" where only the checker's own refuter found it.
        proved: the kernels alone proved it; ``kernels`` names which.
        verdict: the judge's word; "not judged" where it was not asked, or was not done in time.
        met: at how many points of its context it was tried.
        disagreement: a contradiction between the evaluators.
        broke: an exception that the checker let out, or how the process ended that judged it.
        overran: its process was ended because its clock, or its memory, ran out.
        code: Python that builds the goal, where something is to be reported.
        spent: the processor's seconds for the search for points, the kernels, the judge.
        memory: bytes that the process had used at most when the mutant was done, and when it began.
    """

    chapter: str
    title: str
    kind: str
    what: str
    claim: str
    false: bool = False
    at: str = ""
    by: tuple[str, ...] = ()
    proved: bool = False
    kernels: tuple[str, ...] = ()
    verdict: str = NOT_JUDGED
    met: int = 0
    disagreement: str = ""
    broke: str = ""
    overran: str = ""
    code: str = ""
    spent: tuple[float, float, float] = (0.0, 0.0, 0.0)
    memory: tuple[int, int] = (0, 0)

    @property
    def judged(self) -> bool:
        """The kernels and the judge have answered."""
        return self.verdict != NOT_JUDGED

    @property
    def accepted(self) -> bool:
        """The kernels or the judge prove it."""
        return self.proved or self.verdict in WON

    @property
    def accepted_false(self) -> bool:
        """The one thing that must never be: known false, and proved by the kernels or by the judge."""
        return self.false and self.accepted

    @property
    def killed(self) -> bool:
        """Known false, and the kernels and the judge, both asked, do not prove it."""
        return self.false and self.judged and not self.accepted

    @property
    def sort(self) -> str:
        """ "known false"; of the rest, "not judged", "true variant" (proved, and no point shows it false) or
        "undecided"."""
        if self.false:
            return "known false"
        if not self.judged:
            return NOT_JUDGED
        return "true variant" if self.accepted else "undecided"


@dataclass
class _Clocks:
    """The processor's seconds by what they went to."""

    spent: list[float] = field(default_factory=lambda: [0.0, 0.0, 0.0])
    since: float = field(default_factory=time.process_time)

    def to(self, place: int) -> None:
        """What has passed since the last call went there."""
        now = time.process_time()
        self.spent[place] += now - self.since
        self.since = now


def attempt(mutant: Mutant, chapter: str, seed: str, limits: Limits, pace: float = 1.0) -> Outcome:
    """Try one mutant. ``seed`` names the random points and choices, so that the same seed makes the same ones.

    The kernels look at a clock on the wall: they are given ``pace`` times their seconds, so that on a busy machine they
    have as much of the processor as on a quiet one.

    Nothing ends this if a kernel does not honour its time: see ``assayer.mutation.crew``.
    """
    goal, hints = mutant.goal, mutant.step.hints
    rng, chance, clocks = Random(seed), Random(f"{seed}/choices").random(), _Clocks()
    decision, sequent, verdict, broke, overran = Decision(), None, NOT_JUDGED, "", ""
    try:
        decision = decide(goal, rng, limits.draws, limits.enough, mutant.models)
        clocks.to(0)
        if decision.false or decision.disagreement or chance < limits.rest_share:
            long = decision.false and chance < limits.long_share
            seconds = pace * (limits.long_seconds if long else limits.seconds)
            sequent = prover.prove(goal, prover.Attempt.lasting(seconds, hints))
            clocks.to(1)
            if sequent is not None and not decision.false and not decision.disagreement:
                decision = decide(goal, rng, limits.deep_draws, limits.deep_enough, mutant.models, effort=4)
                clocks.to(0)
            said = whole.judge_goal(
                goal,
                _model(mutant),
                seconds if sequent is not None else pace * min(JUDGE_SECONDS, limits.seconds),
                hints,
            )
            clocks.to(2)
            verdict = str(said.status)
            if said.status == Status.REFUTED and not decision.false:
                # The refuter is the checker's own, but its find is rigorous, and no kernel may prove what it refutes.
                at = str(said.counterexample)
                decision = Decision(True, at, ("refuter",), decision.met, decision.disagreement)
    except MemoryError:
        overran = "out of memory"
    except Exception as fault:  # the judge never raises because a claim is false
        broke = f"{type(fault).__name__}: {fault}"
    worth_code = decision.disagreement or broke or overran
    worth_code = worth_code or (decision.false and (sequent is not None or verdict in WON))
    return Outcome(
        chapter=chapter,
        title=mutant.step.title,
        kind=mutant.kind,
        what=mutant.what,
        claim=str(goal),
        false=decision.false,
        at=decision.at,
        by=decision.by,
        proved=sequent is not None,
        kernels=() if sequent is None else sequent.kernels,
        verdict=verdict,
        met=decision.met,
        disagreement=decision.disagreement,
        broke=broke,
        overran=overran,
        code=_code(mutant, decision) if worth_code else "",
        spent=tuple(clocks.spent),
    )


def lost(mutant: Mutant, chapter: str, broke: str = "", overran: str = "", spent: float = 0.0) -> Outcome:
    """The outcome of a mutant whose process ended before it answered: nothing is known, and nothing is proved."""
    return Outcome(
        chapter=chapter,
        title=mutant.step.title,
        kind=mutant.kind,
        what=mutant.what,
        claim=str(mutant.goal),
        broke=broke,
        overran=overran,
        code=snippet(mutant.goal),
        spent=(0.0, 0.0, spent),
    )


def _model(mutant: Mutant) -> Any:
    points = mutant.models
    return (lambda rng: rng.choice(points)) if points else None


def _code(mutant: Mutant, decision: Decision) -> str:
    return snippet(mutant.goal, f"at {decision.at}" if decision.false else "")
