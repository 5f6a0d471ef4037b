"""Search: try the kernels, cheapest first, and let ``theorem.admit`` decide. Nothing here is trusted."""

from __future__ import annotations

import pkgutil
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from importlib import import_module
from typing import Protocol, TypeVar

from assayer.derivation import kernels as kernel_package
from assayer.derivation.hints import Hint
from assayer.derivation.trusted.context import Goal
from assayer.derivation.trusted.definedness import Condition
from assayer.derivation.trusted.errors import DerivationError
from assayer.derivation.trusted.problem import side_conditions
from assayer.derivation.trusted.theorem import Certificate, Rejected, Sequent, admit, condition_goal

SECONDS_A_STEP = 30.0
H = TypeVar("H", bound=Hint)


class Kernel(Protocol):
    """A module in ``kernels/``: its order among the kernels and a search for certificates."""

    ORDER: int
    NAME: str

    def search(self, goal: Goal, attempt: Attempt) -> Iterator[Certificate]:
        """Yield certificates worth replaying; yield nothing where the kernel does not apply."""


class Known(dict[Goal, "Sequent | None"]):
    """What a search has shown, or is about to show (None), and by which kernel's certificate."""

    def __init__(self) -> None:
        super().__init__()
        self.evidence: dict[Goal, tuple[str, Certificate]] = {}


@dataclass
class Attempt:
    """The state of one search: what was tried, how long is left, how deep sub-goals may nest.

    Attributes:
        deadline: on ``time.monotonic()``; kernels must not go past it.
        depth: how many inductions may still nest.
        tried: one line for each kernel that was tried in vain.
        missing: definedness conditions that could not be shown.
        hints: what the author tells the kernels of this step.
    """

    deadline: float
    depth: int = 2
    tried: list[str] = field(default_factory=list)
    missing: list[Condition] = field(default_factory=list)
    known: Known = field(default_factory=Known)
    hints: tuple[Hint, ...] = ()

    @classmethod
    def lasting(cls, seconds: float = SECONDS_A_STEP, hints: Iterable[Hint] = ()) -> Attempt:
        return cls(deadline=time.monotonic() + seconds, hints=tuple(hints))

    def hints_of(self, kind: type[H]) -> list[H]:
        """The author's hints of one kind; sub-goals have none."""
        return [hint for hint in self.hints if isinstance(hint, kind)]

    @property
    def seconds_left(self) -> float:
        return self.deadline - time.monotonic()

    def prove(self, goal: Goal) -> Sequent | None:
        """Prove a sub-goal of a kernel, one level deeper."""
        return prove(goal, Attempt(self.deadline, self.depth - 1, known=self.known))

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
        inner = Attempt(self.deadline, 0, known=self.known)
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
    attempt.known[goal] = None  # a condition that rests on itself is not shown
    theorem = _prove(goal, attempt)
    attempt.known[goal] = theorem
    if theorem is None:
        del attempt.known[goal]
    return theorem


def _prove(goal: Goal, attempt: Attempt) -> Sequent | None:
    try:
        defined = _conditions(goal, attempt)
    except DerivationError as reason:
        attempt.tried.append(f"translation: {reason}")
        return None
    if attempt.missing:
        return None
    for kernel in kernels():
        if attempt.seconds_left <= 0:
            attempt.tried.append("the time allowed for the step is over")
            return None
        theorem = _with_kernel(kernel, goal, attempt, defined)
        if theorem is not None:
            return theorem
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
        inner = Attempt(attempt.deadline, 0, known=attempt.known)
        theorem = prove(condition_goal(goal.context, condition), inner)
        if theorem is None:
            attempt.missing.append(condition)
        else:
            found[condition] = theorem
    return found


Prove = Callable[[Goal], "Sequent | None"]
