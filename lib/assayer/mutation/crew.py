"""Trials on several processes, none of which can take the run down: one that dies or hangs costs one mutant."""

from __future__ import annotations

import contextlib
import os
import pickle
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from itertools import islice
from typing import TypeAlias

from assayer.mutation.claims import Mutant
from assayer.mutation.trial import Limits, Outcome, attempt, broken

Task: TypeAlias = "tuple[str, str, Mutant]"
"""Chapter, seed of its points, mutant."""
BATCH = 8
MOST_MEMORY = 4 << 30
"""Bytes of address space of one process: a number too large to hold ends the process, not the machine."""


def tried(work: Iterable[Task], jobs: int, limits: Limits) -> Iterator[Outcome]:
    """The outcomes in the order of the tasks. ``jobs=1`` stays in this process."""
    if jobs <= 1:
        yield from (attempt(mutant, chapter, seed, limits) for chapter, seed, mutant in work)
        return
    queue = iter(work)
    lost: list[Task] = []
    while True:
        lost = yield from _until_broken(queue, jobs, limits)
        if not lost:
            return
        for task in lost:
            yield _alone(task, limits)


def _until_broken(queue: Iterator[Task], jobs: int, limits: Limits) -> Iterator[Outcome]:
    """Run until the queue is empty or a process dies; return the tasks that then have no outcome."""
    waiting: deque[tuple[list[Task], Future[list[Outcome]]]] = deque()
    pool = ProcessPoolExecutor(jobs, initializer=_contained)
    try:
        while True:
            while len(waiting) < 4 * jobs and (batch := list(islice(queue, BATCH))):
                try:
                    waiting.append((batch, pool.submit(_batch, pickle.dumps(batch), limits)))
                except BrokenProcessPool:
                    return [task for lost, _ in waiting for task in lost] + batch
            if not waiting:
                return []
            try:
                outcomes = waiting[0][1].result(timeout=2 * limits.hung)
            except (BrokenProcessPool, TimeoutError):
                return [task for lost, _ in waiting for task in lost]
            waiting.popleft()
            yield from outcomes
    finally:
        _end(pool)


def _alone(task: Task, limits: Limits) -> Outcome:
    """One task in a process of its own: what dies now has its culprit."""
    pool = ProcessPoolExecutor(1, initializer=_contained)
    chapter, _, mutant = task
    try:
        return pool.submit(_batch, pickle.dumps([task]), limits).result(timeout=limits.hung)[0]
    except BrokenProcessPool:
        return broken(mutant, chapter, "the process that tried it died")
    except TimeoutError:
        return broken(mutant, chapter, f"no answer, nor a stop, after {limits.hung:g} s")
    finally:
        _end(pool)


def _end(pool: ProcessPoolExecutor) -> None:
    """Stop a pool at once, whatever its processes are doing."""
    processes = list((getattr(pool, "_processes", None) or {}).values())
    pool.shutdown(wait=False, cancel_futures=True)
    for process in processes:
        process.kill()
    for process in processes:
        process.join()


def _batch(packed: bytes, limits: Limits) -> list[Outcome]:
    return [attempt(mutant, chapter, seed, limits) for chapter, seed, mutant in pickle.loads(packed)]


def _contained() -> None:
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    with contextlib.suppress(ImportError, ValueError, OSError):
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, resource.getrlimit(resource.RLIMIT_AS)[1]))
