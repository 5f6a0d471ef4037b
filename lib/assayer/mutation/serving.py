"""A module's mutant in the place of the module, in a child process with a clock of its own.

Nothing is written to the tree: an importer serves the changed text. The clock counts the processor's seconds, so that
a busy machine gives up no mutant that a quiet one would not; a second one, on the wall, ends what sleeps for ever.
"""

from __future__ import annotations

import contextlib
import importlib.abc
import importlib.machinery
import os
import select
import signal
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from types import ModuleType
from typing import TextIO

MOST_MEMORY = 8 << 30
"""Bytes of address space of one child: a mutant that asks for too much fails, and the machine does not."""
PATIENCE, LEAST_SECONDS = 8.0, 2.0
"""A mutant may take this many times what the unmutated code takes, and this much more."""
WALL = 30.0
"""A child is ended after so many times its clock on the wall, whatever it is waiting for."""


class Served(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Gives one module another text."""

    def __init__(self, module: str, source: str) -> None:
        self.module = module
        self.source = source

    def find_spec(self, name: str, path: object = None, target: object = None) -> importlib.machinery.ModuleSpec | None:
        """The module's specification, for its name alone."""
        return importlib.machinery.ModuleSpec(name, self, origin=f"a mutant of {name}") if name == self.module else None

    def exec_module(self, module: ModuleType) -> None:
        """Run the text."""
        exec(compile(self.source, f"<{self.module}>", "exec"), vars(module))

    def get_source(self, name: str) -> str:
        """The text, for tests that read the source of what they test."""
        return self.source


@dataclass(frozen=True)
class Ended:
    """How a child ended: ``how`` is "done", "time" or "died"; ``lines`` is what it wrote."""

    lines: tuple[str, ...]
    how: str


def allowed(seconds: float) -> float:
    """The clock of what takes so many seconds unmutated."""
    return LEAST_SECONDS + PATIENCE * seconds


def clock(seconds: float) -> None:
    """End this process after so many of the processor's seconds from now, even inside a C function."""
    signal.signal(signal.SIGPROF, signal.SIG_DFL)
    signal.setitimer(signal.ITIMER_PROF, seconds)


def serve(module: str | None, source: str) -> None:
    """Give a module another text from now on, in this process."""
    if module is not None:
        sys.meta_path.insert(0, Served(module, source))


def forked(run: Callable[[TextIO], None], seconds: float) -> Ended:
    """Run something in a child of this process, which writes lines; end it, and what it started, after ``seconds``."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.setpgid(0, 0)
            os.close(reading)
            _contain()
            clock(seconds)  # even where this process is ended and nobody waits any more
            with os.fdopen(writing, "w", buffering=1) as pipe:
                run(pipe)
                print("done", file=pipe)
        finally:
            os._exit(0)
    os.close(writing)
    text, finish = b"", time.monotonic() + seconds
    while ready := select.select([reading], [], [], max(0.0, finish - time.monotonic()))[0]:
        part = os.read(reading, 1 << 16)
        if not part:
            break
        text += part
    if not ready:
        os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(child, signal.SIGKILL)  # what it started
    os.close(reading)
    *lines, last = text.decode(errors="replace").splitlines() or [""]
    if last == "done":
        return Ended(tuple(lines), "done")
    late = not ready or (os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGPROF)
    return Ended((*lines, last) if last else tuple(lines), "time" if late else "died")


def _contain() -> None:
    with contextlib.suppress(ImportError, ValueError, OSError):
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, resource.getrlimit(resource.RLIMIT_AS)[1]))
        resource.setrlimit(resource.RLIMIT_CORE, (0, resource.getrlimit(resource.RLIMIT_CORE)[1]))
