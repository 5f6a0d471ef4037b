"""Trials in processes that are ended when their clock runs out, and replaced when they have grown.

No mutant is tried without a clock that works whatever its process is doing: the system ends the process after so many
of the processor's seconds, also inside Arb or SymPy, and the crew ends one that waits for too long. One that dies by
itself costs one mutant, which is reported as a fault of the checker.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import pickle
import signal
import sys
import time
from collections.abc import Iterable, Iterator
from dataclasses import replace
from multiprocessing.connection import Connection, wait
from types import TracebackType
from typing import TypeAlias

from assayer.derivation import prover
from assayer.mutation.claims import Mutant
from assayer.mutation.serving import clock
from assayer.mutation.trial import Limits, Outcome, attempt, lost

Task: TypeAlias = "tuple[str, str, Mutant]"
"""Chapter, seed of its points, mutant."""
MOST_MEMORY = 4 << 30
"""Bytes of address space of one process: a number too large to hold ends the process, not the machine."""
WAITING = 4
"""A process may take so many times its clock on the wall: others use the processor, and a solver runs beside it."""
_FORKED = "fork" in multiprocessing.get_all_start_methods()


class Pace:
    """How many seconds pass for one of the processor, where others use it too: of late, and from 1 to 10."""

    def __init__(self) -> None:
        self.passed = self.used = 1e-3

    @contextlib.contextmanager
    def measured(self) -> Iterator[float]:
        """Take a block into account; give the pace so far."""
        passed, used = time.monotonic(), _used()
        try:
            yield min(10.0, max(1.0, self.passed / self.used))
        finally:
            self.passed = 0.8 * self.passed + time.monotonic() - passed
            self.used = 0.8 * self.used + _used() - used


def _used() -> float:
    """The processor's seconds of this process and of its children that have ended (a solver)."""
    spent = os.times()
    return spent.user + spent.system + spent.children_user + spent.children_system


class Worker:
    """One process, and the task that it has."""

    def __init__(self, limits: Limits) -> None:
        context = multiprocessing.get_context("fork" if _FORKED else "spawn")
        self.limits = limits
        self.here, there = context.Pipe()
        self.process = context.Process(target=_work, args=(there, limits), daemon=True)
        self.process.start()
        there.close()
        self.task: tuple[int, Task] | None = None
        self.finish = 0.0
        self.tried = 0
        self.memory = 0

    def give(self, number: int, task: Task) -> None:
        """Start a trial."""
        self.task = (number, task)
        self.tried += 1
        self.finish = time.monotonic() + WAITING * self.limits.clock
        with contextlib.suppress(OSError):  # it is dead: that is noticed when asked
            self.here.send_bytes(pickle.dumps(task))

    def answer(self) -> Outcome:
        """The outcome of its task, whatever became of the process."""
        assert self.task is not None
        chapter, _, mutant = self.task[1]
        self.task = None
        with contextlib.suppress(EOFError, OSError, pickle.UnpicklingError):
            if self.here.poll():
                outcome, memory = pickle.loads(self.here.recv_bytes())
                before, self.memory = self.memory, memory
                return replace(outcome, memory=(memory, before))
        self.process.join(0.5)
        ended = self.process.exitcode
        self.end()
        if ended is None:
            return lost(mutant, chapter, overran=f"no answer after {WAITING * self.limits.clock:g} s of waiting")
        if ended == -getattr(signal, "SIGPROF", 0):
            seconds = self.limits.clock
            return lost(mutant, chapter, overran=f"not done in {seconds:g} s of the processor", spent=seconds)
        return lost(mutant, chapter, broke=f"the process that tried it died (exit status {ended})")

    @property
    def worn(self) -> bool:
        """It has ended, has grown, or has done its share."""
        limits = self.limits
        return not self.process.is_alive() or self.memory > limits.memory or self.tried >= limits.trials

    def end(self) -> None:
        """Stop it at once, whatever it is doing."""
        self.process.kill()
        self.process.join()
        self.here.close()


class Crew:
    """Several workers; those that are worn are replaced."""

    def __init__(self, jobs: int, limits: Limits) -> None:
        self.limits = limits
        self.jobs = max(1, jobs)
        self.workers: list[Worker] = []

    def __enter__(self) -> Crew:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        for worker in self.workers:
            worker.end()

    def idle(self) -> Worker | None:
        """A worker without a task; None where all have one."""
        for worker in [w for w in self.workers if w.task is None and w.worn]:
            worker.end()
            self.workers.remove(worker)
        for worker in self.workers:
            if worker.task is None:
                return worker
        if len(self.workers) == self.jobs:
            return None
        self.workers.append(Worker(self.limits))
        return self.workers[-1]

    def finished(self) -> list[Worker]:
        """Wait until a worker has an answer, has ended, or is late."""
        busy = [w for w in self.workers if w.task is not None]
        heard = [w.here for w in busy], [w.process.sentinel for w in busy]
        first = min(w.finish for w in busy) - time.monotonic()
        ready = set(wait([*heard[0], *heard[1]], timeout=max(0.0, first)))
        now = time.monotonic()
        return [w for w in busy if {w.here, w.process.sentinel} & ready or now >= w.finish]


def tried(work: Iterable[Task], jobs: int, limits: Limits) -> Iterator[Outcome]:
    """The outcomes in the order of the tasks, each tried in another process than this."""
    prover.kernels()  # loaded once, before any fork
    queue = enumerate(work)
    done: dict[int, Outcome] = {}
    following, given = 0, 0
    with Crew(jobs, limits) as crew:
        task = next(queue, None)
        while task is not None or given:
            while task is not None and (worker := crew.idle()) is not None:
                worker.give(*task)
                given += 1
                task = next(queue, None)
            for worker in crew.finished():
                assert worker.task is not None
                number = worker.task[0]
                done[number] = worker.answer()
                given -= 1
            while following in done:
                yield done.pop(following)
                following += 1


def _work(pipe: Connection, limits: Limits) -> None:
    """Try what comes, until nothing does."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _contain()
    pace = Pace()
    while True:
        try:
            chapter, seed, mutant = pickle.loads(pipe.recv_bytes())
        except (EOFError, OSError):
            return
        if hasattr(signal, "setitimer"):
            clock(limits.clock)
        with pace.measured() as slow:
            outcome = attempt(mutant, chapter, seed, limits, slow)
        if hasattr(signal, "setitimer"):
            signal.setitimer(signal.ITIMER_PROF, 0)
        pipe.send_bytes(pickle.dumps((outcome, _memory())))


def _contain() -> None:
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    with contextlib.suppress(ImportError, ValueError, OSError):
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, resource.getrlimit(resource.RLIMIT_AS)[1]))
        resource.setrlimit(resource.RLIMIT_CORE, (0, resource.getrlimit(resource.RLIMIT_CORE)[1]))


def _memory() -> int:
    """The most memory that this process has used, in bytes; 0 where the system does not say."""
    try:
        import resource
    except ImportError:
        return 0
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most if sys.platform == "darwin" else most * 1024
