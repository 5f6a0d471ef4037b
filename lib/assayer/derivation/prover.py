"""Search: try the kernels, cheapest first, and let ``theorem.admit`` decide. Nothing here is trusted."""

from __future__ import annotations

import pkgutil
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from functools import lru_cache
from importlib import import_module
from math import inf
from typing import Protocol, TypeVar

from assayer.derivation import clock
from assayer.derivation import kernels as kernel_package
from assayer.derivation.hints import Hint
from assayer.derivation.trusted.context import Goal
from assayer.derivation.trusted.definedness import Condition
from assayer.derivation.trusted.errors import DerivationError
from assayer.derivation.trusted.problem import side_conditions
from assayer.derivation.trusted.theorem import Certificate, Rejected, Sequent, admit, condition_goal

SECONDS_A_STEP = 30.0
FIRST_SECONDS = 1.0
"""For each kernel in a first round, but for those to which the author speaks, which come first; a second round, without
this limit, is for those that have not given up by themselves."""
AT_ONCE = 10
"""The largest order of kernels that take no time worth mentioning."""
H = TypeVar("H", bound=Hint)


class Kernel(Protocol):
    """A module in ``kernels/``: its order among the kernels and a search for certificates.

    ``HINTS``, where a module has it, are the kinds of hints that it takes: with such a hint it is tried first.
    """

    ORDER: int
    NAME: str

    def search(self, goal: Goal, attempt: Attempt) -> Iterator[Certificate]:
        """Yield certificates worth replaying; yield nothing where the kernel does not apply."""


class Known(dict[Goal, "Sequent | None"]):
    """What a search has shown, or is about to show (None), and by which kernel's certificate.

    Attributes:
        evidence: the certificate of each goal that was shown, and the kernel that found it.
        failed: for a goal that every kernel gave up with time to spare, how deep sub-goals were allowed to nest, and
            whether a bare word was allowed.
        wordless: whether a goal was given up where no bare word was allowed, since this was last set to False.
    """

    def __init__(self) -> None:
        super().__init__()
        self.evidence: dict[Goal, tuple[str, Certificate]] = {}
        self.failed: dict[Goal, tuple[int, bool]] = {}
        self.wordless = False


@dataclass
class Attempt:
    """The state of one search: what was tried, how long is left, how deep sub-goals may nest.

    Attributes:
        deadline: on ``clock.now()``; kernels must not go past it.
        depth: how many inductions may still nest.
        tried: one line for each kernel that was tried in vain.
        missing: definedness conditions that could not be shown.
        hints: what the author tells the kernels of this step.
        words: whether kernels that leave no evidence (``LAST``) may be asked, here and in sub-goals.
    """

    deadline: float
    depth: int = 2
    tried: list[str] = field(default_factory=list)
    missing: list[Condition] = field(default_factory=list)
    known: Known = field(default_factory=Known)
    hints: tuple[Hint, ...] = ()
    words: bool = True

    @classmethod
    def lasting(cls, seconds: float = SECONDS_A_STEP, hints: Iterable[Hint] = ()) -> Attempt:
        return cls(deadline=clock.now() + seconds, hints=tuple(hints))

    def hints_of(self, kind: type[H]) -> list[H]:
        """The author's hints of one kind; sub-goals have none."""
        return [hint for hint in self.hints if isinstance(hint, kind)]

    @property
    def seconds_left(self) -> float:
        return self.deadline - clock.now()

    def prove(self, goal: Goal) -> Sequent | None:
        """Prove a sub-goal of a kernel, one level deeper."""
        return prove(goal, Attempt(self.deadline, self.depth - 1, known=self.known, words=self.words))

    def prove_all(self, goals: Iterable[Goal]) -> tuple[Sequent, ...] | None:
        """Prove every sub-goal of a kernel, or give up at the first that is not proved."""
        found = []
        for goal in goals:
            theorem = self.prove(goal)
            if theorem is None:
                return None
            found.append(theorem)
        return tuple(found)

    def admit(self, goal: Goal, certificate: Certificate) -> Sequent | None:
        """Make a theorem of a sub-goal that a kernel has evidence for; None where its conditions are not shown."""
        inner = Attempt(self.deadline, 0, known=self.known, words=self.words)
        try:
            defined = _conditions(goal, inner)
            return None if inner.missing else admit(goal, certificate, defined)
        except (Rejected, DerivationError):
            return None


@lru_cache(maxsize=1)
def kernels() -> tuple[Kernel, ...]:
    """The modules of ``kernels/``, in their order: adding a file adds a kernel."""
    found = [
        import_module(f"{kernel_package.__name__}.{m.name}") for m in pkgutil.iter_modules(kernel_package.__path__)
    ]
    return tuple(sorted(found, key=lambda k: k.ORDER))


def prove(goal: Goal, attempt: Attempt | None = None) -> Sequent | None:
    """Search for a theorem of the goal; None when no kernel proves it. What was tried is left in ``attempt``."""
    attempt = attempt or Attempt.lasting()
    if goal in attempt.known:
        return attempt.known[goal]
    known = attempt.known
    if not attempt.hints and goal in known.failed:
        depth, words = known.failed[goal]
        if depth >= attempt.depth and words >= attempt.words:
            attempt.tried.append("tried before, in vain")
            known.wordless |= not attempt.words
            return None
    attempt.known[goal] = None  # a condition that rests on itself is not shown
    before = known.wordless
    theorem = _prove(goal, attempt)
    known.wordless = before or (theorem is None and not attempt.words)
    attempt.known[goal] = theorem
    if theorem is None:
        del attempt.known[goal]
        if attempt.seconds_left > 0:
            known.failed[goal] = max((attempt.depth, attempt.words), known.failed.get(goal, (-1, False)))
    return theorem


def _prove(goal: Goal, attempt: Attempt) -> Sequent | None:
    try:
        defined = _conditions(goal, attempt)
    except DerivationError as reason:
        attempt.tried.append(f"translation: {reason}")
        return None
    if attempt.missing:
        return None
    every = kernels()
    spoken_to = [k for k in every if any(attempt.hints_of(kind) for kind in getattr(k, "HINTS", ()))]
    last = [k for k in every if getattr(k, "LAST", False)]
    waiting = [k for k in every if k not in last]
    wordless: list[Kernel] = []
    for limit in (FIRST_SECONDS, inf):
        unfinished: list[Kernel] = []
        for words in (False, True) if attempt.words else (False,):
            if words:
                # A kernel that gave up for want of a sub-goal may find one where a bare word will do.
                turn = [*last, *(k for k in wordless if k not in unfinished)]
            else:
                turn = sorted(waiting, key=lambda k: k.ORDER > AT_ONCE and k not in spoken_to)
            for kernel in turn:
                if attempt.seconds_left <= 0:
                    attempt.tried.append("the time allowed for the step is over")
                    return None
                begun, seconds = clock.now(), inf if kernel in spoken_to else limit
                part = replace(attempt, deadline=min(attempt.deadline, begun + seconds), words=words)
                attempt.known.wordless = False
                theorem = _with_kernel(kernel, goal, part, defined)
                if theorem is not None:
                    return theorem
                if attempt.known.wordless and kernel not in wordless:
                    wordless.append(kernel)
                if clock.now() - begun > seconds / 2:
                    unfinished.append(kernel)
        waiting = [k for k in unfinished if k not in last]
        wordless = [k for k in wordless if k in unfinished]
        last = [k for k in last if k in unfinished]
    return None


def _with_kernel(kernel: Kernel, goal: Goal, attempt: Attempt, defined: dict[Condition, Sequent]) -> Sequent | None:
    reason = "does not apply"
    try:
        for certificate in kernel.search(goal, attempt):
            try:
                theorem = admit(goal, certificate, defined)
                attempt.known.evidence[goal] = (kernel.NAME, certificate)
                return theorem
            except Rejected as rejection:
                reason = str(rejection)
            if attempt.seconds_left <= 0:
                reason = "the time allowed for the step is over"
                break
    except DerivationError as limit:
        reason = str(limit)
    except Exception as fault:  # a kernel that breaks has proved nothing; it must not stop the others
        reason = f"broke with {type(fault).__name__}: {fault}"
    attempt.tried.append(f"{kernel.NAME}: {reason}")
    return None


def _conditions(goal: Goal, attempt: Attempt) -> dict[Condition, Sequent]:
    found: dict[Condition, Sequent] = {}
    for condition in side_conditions(goal.relation):
        inner = Attempt(attempt.deadline, 0, known=attempt.known, words=attempt.words)
        theorem = prove(condition_goal(goal.context, condition), inner)
        if theorem is None:
            attempt.missing.append(condition)
        else:
            found[condition] = theorem
    return found


Prove = Callable[[Goal], "Sequent | None"]
