"""The two that may object to a mutant of a helper: its chapter, and its unit tests, each in a process that forks."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

from assayer.mutation.python_code import CodeMutant
from assayer.mutation.sources import SourceError

QUIET = {"ASSAYER_QUIET": "1", "MPLBACKEND": "agg", "OMP_NUM_THREADS": "1", "CUDA_VISIBLE_DEVICES": ""}
"""For every run, so that all print the same: one thread, no screen, and no device beside the processor."""


@dataclass(frozen=True)
class Helper:
    """A package of helpers, its modules, the chapter and the tests that it is for."""

    name: str
    modules: dict[str, Path]
    notebook: Path
    chapter: str
    tests: tuple[Path, ...]
    whole: bool = True
    """All modules of the package are here."""


@dataclass(frozen=True)
class Fate:
    """What became of a mutant: ``by`` is "check", "error", "output", "time", "tests" or "" for a survivor."""

    mutant: CodeMutant
    by: str
    cell: int | None = None
    why: str = ""


class Server:
    """A process that answers lines of JSON; see ``assayer.mutation.shadow`` and ``assayer.mutation.retest``."""

    title = "the process"

    def __init__(self, module: str, files: list[Path], cwd: Path) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", f"assayer.mutation.{module}", *map(str, files)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            env={**os.environ, **QUIET},
            cwd=cwd,
        )
        begun = self._read()
        if "failed" in begun:
            self.close()
            raise SourceError(f"{self.title} cannot be run: {begun['failed']}; does make test pass?")

    def close(self) -> None:
        """End the process."""
        self.process.kill()
        self.process.wait()

    def __enter__(self) -> Server:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def ask(self, module: str | None = None, source: str = "", trace: bool = False) -> dict[str, Any]:
        """One run, with another text for a module or as it is."""
        self.process.stdin.write(json.dumps({"module": module, "source": source, "trace": trace}) + "\n")
        self.process.stdin.flush()
        return self._read()

    def _read(self) -> dict[str, Any]:
        line = self.process.stdout.readline()
        if not line:
            raise SourceError(f"the process that runs {self.title} ended")
        return json.loads(line)


class ChapterRun(Server):
    """A chapter that is run with one mutant after another.

    Raises:
        SourceError: where it fails as it is.
    """

    def __init__(self, helper: Helper) -> None:
        self.title = helper.chapter
        super().__init__("shadow", [helper.notebook], helper.notebook.parent)
        self.called: set[str] = set()
        for trace in (True, False):
            plain = self.ask(trace=trace)
            if plain["killed"]:
                self.close()
                raise SourceError(f"{helper.chapter} cell {plain['cell']} fails as it is: {plain['why']}")
            self.called |= set(plain["called"])

    def fate(self, mutant: CodeMutant) -> Fate:
        """What the chapter says of a mutant. A function that no cell calls need not be tried."""
        if mutant.function and f"{mutant.module}:{mutant.function}" not in self.called:
            return Fate(mutant, "", why="no cell calls it")
        found = self.ask(mutant.module, mutant.source)
        return Fate(mutant, found["killed"], found.get("cell"), found.get("why", ""))


class TestRun(Server):
    """The unit tests of the helpers, run with one mutant after another.

    Raises:
        SourceError: where they fail as they are, in the order of their times too.
    """

    __test__ = False  # not a test of pytest's

    def __init__(self, helper: Helper) -> None:
        self.title = f"the tests of {helper.name}"
        super().__init__("retest", list(helper.tests), helper.tests[0].parents[2])
        for _ in range(2):
            plain = self.ask()
            if plain["killed"]:
                self.close()
                raise SourceError(f"the tests of {helper.name} fail as they are ({plain['why']}): run make test first")

    def fate(self, mutant: CodeMutant) -> Fate:
        """What the tests say of a mutant."""
        found = self.ask(mutant.module, mutant.source)
        return Fate(mutant, found["killed"], why=found["why"])


class Crew:
    """Both for one helper; the tests are started when they are first asked, and where there are any."""

    def __init__(self, helper: Helper) -> None:
        self.helper = helper
        self.chapter = ChapterRun(helper)
        self.tests: TestRun | None = None

    def __enter__(self) -> Crew:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.chapter.close()
        if self.tests is not None:
            self.tests.close()

    def fate(self, mutant: CodeMutant) -> Fate:
        """What the chapter says, and where it says nothing, the tests."""
        found = self.chapter.fate(mutant)
        if found.by or not self.helper.tests:
            return found
        self.tests = self.tests or TestRun(self.helper)
        return self.tests.fate(mutant)
