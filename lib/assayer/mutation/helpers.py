"""Mutants of the helper functions in ``assayer.results`` against the chapter that they are for.

The chapter's own checks and stored outputs come first; what they let pass is shown to the unit tests of the module.
What survives both is listed with its diff: a check that is missing, or a change that makes no difference.
"""

from __future__ import annotations

import contextlib
import importlib.util
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from queue import SimpleQueue
from random import Random
from types import TracebackType
from typing import Any

from assayer.mutation.python_code import CodeMutant, code_mutants
from assayer.mutation.sources import SourceError, chapter_name, check_stored
from assayer.notebooks.check import find_notebooks, find_root
from assayer.notebooks.notebook import NotebookError

HELPERS = "assayer.results"
LEAST_SECONDS = 20.0
PATIENCE = 6
"""A mutant is given up after so many times what the chapter takes as it is."""


@dataclass(frozen=True)
class Helper:
    """A package of helpers, its modules, the chapter and the tests that it is for."""

    name: str
    modules: dict[str, Path]
    notebook: Path
    chapter: str
    tests: tuple[Path, ...]


@dataclass(frozen=True)
class Fate:
    """What became of a mutant: ``by`` is "check", "error", "output", "time", "tests" or "" for a survivor."""

    mutant: CodeMutant
    by: str
    cell: int | None = None
    why: str = ""


@dataclass
class HelperReport:
    """The fates of a helper's mutants."""

    helper: Helper
    seed: int
    possible: int
    fates: list[Fate] = field(default_factory=list)

    def record(self) -> dict[str, Any]:
        """The counts for the ledger, and the survivors."""
        modules = {name: [f for f in self.fates if f.mutant.module == name] for name in self.helper.modules}
        survivors = [f for f in self.fates if not f.by]
        return {
            "chapter": self.helper.chapter,
            "seed": self.seed,
            "possible": self.possible,
            **_counts(self.fates),
            "modules": {name.rpartition(".")[2]: _counts(fates) for name, fates in modules.items() if fates},
            "survivors": [{"place": f.mutant.place, "kind": f.mutant.kind, "diff": f.mutant.diff} for f in survivors],
        }


def _counts(fates: Sequence[Fate]) -> dict[str, Any]:
    by = Counter(f.by for f in fates)
    chapter = sum(by[word] for word in ("check", "error", "output", "time"))
    return {
        "mutants": len(fates),
        "killed_by_chapter": chapter,
        "killed_by_tests": by["tests"],
        "survived": by[""],
        "chapter_score": round(chapter / len(fates), 4) if fates else None,
        "score": round((chapter + by["tests"]) / len(fates), 4) if fates else None,
    }


def helpers(names: Sequence[str] = (), root: Path | None = None) -> list[Helper]:
    """The packages of ``assayer.results``, or the named ones (``near_product``, ``near_product.scan``).

    Raises:
        SourceError: for an unknown name, or a package without a chapter of its name.
    """
    try:
        root = root or find_root()
    except NotebookError as problem:
        raise SourceError(str(problem)) from None
    folder = Path(importlib.util.find_spec(HELPERS).submodule_search_locations[0])
    known = sorted(p.name for p in folder.iterdir() if (p / "__init__.py").is_file())
    wanted = [name.removeprefix(f"{HELPERS}.").split(".") for name in names] or [[name] for name in known]
    return [_helper(parts, known, folder, root) for parts in wanted]


def _helper(parts: list[str], known: list[str], folder: Path, root: Path) -> Helper:
    package = parts[0]
    if package not in known:
        raise SourceError(f"no helpers are called {package!r}; there are: {', '.join(known) or 'none yet'}")
    files = {p.stem: p for p in sorted((folder / package).glob("*.py")) if p.stem != "__init__"}
    if len(parts) > 1 and parts[1] not in files:
        raise SourceError(f"{package} has no module {parts[1]!r}; it has: {', '.join(files)}")
    chosen = parts[1:2] or list(files)
    notebooks = [p for p in find_notebooks(root / "chapters") if p.stem == package]
    if not notebooks:
        raise SourceError(f"the helpers {package!r} have no chapter: there is no notebook {package}.ipynb")
    name = chapter_name(notebooks[0], root)
    check_stored(notebooks[0], name)
    tests = tuple(sorted((root / "tests" / "results").glob(f"test_{package}*.py")))
    modules = {f"{HELPERS}.{package}.{stem}": files[stem] for stem in chosen}
    return Helper(package, modules, notebooks[0], name, tests)


def mutants_of(helper: Helper, seed: int, sample: int | None) -> tuple[list[CodeMutant], int]:
    """The mutants to try, and how many there are: all of them, or a random sample."""
    every = [m for name, path in helper.modules.items() for m in code_mutants(name, path.read_text(encoding="utf-8"))]
    if sample is None or sample >= len(every):
        return every, len(every)
    chosen = sorted(Random(f"{seed}/{helper.name}").sample(range(len(every)), sample))
    return [every[k] for k in chosen], len(every)


def try_helper(
    helper: Helper,
    seed: int,
    sample: int | None = None,
    jobs: int = 1,
    progress: Callable[[Fate], None] | None = None,
    mutants: Sequence[CodeMutant] | None = None,
) -> HelperReport:
    """Try a helper's mutants, or those given.

    Raises:
        SourceError: where the chapter or the tests fail as they are.
    """
    if not hasattr(os, "fork"):
        raise SourceError("mutating helpers needs a system with fork, such as Linux or macOS")
    drawn, possible = mutants_of(helper, seed, sample)
    chosen = drawn if mutants is None else list(mutants)
    report = HelperReport(helper, seed, possible)
    with contextlib.ExitStack() as stack:
        crews: SimpleQueue[tuple[ChapterRun, TestRun]] = SimpleQueue()
        for _ in range(max(1, min(jobs, len(chosen)))):
            crews.put((stack.enter_context(ChapterRun(helper)), stack.enter_context(TestRun(helper))))

        def fate(mutant: CodeMutant) -> Fate:
            chapter, tests = crews.get()
            try:
                found = chapter.fate(mutant)
                return found if found.by else tests.fate(mutant)
            finally:
                crews.put((chapter, tests))

        with ThreadPoolExecutor(max(1, jobs)) as pool:
            for found in pool.map(fate, chosen):
                report.fates.append(found)
                if progress is not None:
                    progress(found)
    return report


class ChapterRun:
    """A process that runs the chapter with one mutant after another; see ``assayer.mutation.shadow``."""

    def __init__(self, helper: Helper) -> None:
        self.helper = helper

    def __enter__(self) -> ChapterRun:
        quiet = {"ASSAYER_QUIET": "1", "MPLBACKEND": "agg", "OMP_NUM_THREADS": "1"}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "assayer.mutation.shadow", str(self.helper.notebook)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            env={**os.environ, **quiet},
            cwd=self.helper.notebook.parent,
        )
        begun = self._read()
        if "failed" in begun:
            raise SourceError(f"the chapter does not run: {begun['failed']}; does make test pass?")
        self.seconds = 600.0
        for _ in range(2):
            plain = self.ask(None, "")
            if plain["killed"]:
                raise SourceError(f"{self.helper.chapter} cell {plain['cell']} fails as it is: {plain['why']}")
        self.seconds = max(LEAST_SECONDS, PATIENCE * plain["seconds"])
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.process.kill()
        self.process.wait()

    def ask(self, module: str | None, source: str) -> dict[str, Any]:
        """One run of the chapter, with another text for a module or as it is."""
        request = {"module": module, "source": source, "seconds": self.seconds}
        self.process.stdin.write(json.dumps(request) + "\n")
        self.process.stdin.flush()
        return self._read()

    def _read(self) -> dict[str, Any]:
        line = self.process.stdout.readline()
        if not line:
            raise SourceError(f"the process that runs {self.helper.chapter} ended")
        return json.loads(line)

    def fate(self, mutant: CodeMutant) -> Fate:
        """What the chapter says of a mutant."""
        found = self.ask(mutant.module, mutant.source)
        return Fate(mutant, found["killed"], found.get("cell"), found.get("why", ""))


class TestRun:
    """The unit tests of the helpers, run on a copy of the library in a temporary folder that holds the mutant."""

    __test__ = False  # not a test of pytest's

    def __init__(self, helper: Helper) -> None:
        self.helper = helper
        self.ready = False

    def __enter__(self) -> TestRun:
        self.folder = Path(tempfile.mkdtemp(prefix="assayer-mutants-"))
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)

    def fate(self, mutant: CodeMutant) -> Fate:
        """What the tests say of a mutant."""
        if not self.helper.tests:
            return Fate(mutant, "")
        self._prepare()
        original = self.helper.modules[mutant.module].read_text(encoding="utf-8")
        target = self._copy_of(mutant.module)
        target.write_text(mutant.source, encoding="utf-8")
        try:
            return Fate(mutant, "" if self._passes() else "tests")
        finally:
            target.write_text(original, encoding="utf-8")

    def _copy_of(self, module: str) -> Path:
        return self.folder.joinpath(*module.split(".")).with_suffix(".py")

    def _prepare(self) -> None:
        """Copy the library once; see that the copy is what the tests import, and that they pass on it."""
        if self.ready:
            return
        library = Path(importlib.util.find_spec("assayer").submodule_search_locations[0])
        ignored = shutil.ignore_patterns("__pycache__", "node_modules")
        shutil.copytree(library, self.folder / "assayer", ignore=ignored, symlinks=False)
        module = next(iter(self.helper.modules))
        shown = subprocess.run(
            [sys.executable, "-c", f"import {module} as m; print(m.__file__)"],
            capture_output=True,
            text=True,
            env=self._environment(),
            check=False,
        )
        if Path(shown.stdout.strip() or ".").resolve() != self._copy_of(module).resolve():
            raise SourceError(f"the copy of the library in {self.folder} is not the one that Python imports")
        if not self._passes():
            raise SourceError(f"the tests of {self.helper.name} fail as they are: run make test first")
        self.ready = True

    def _environment(self) -> dict[str, str]:
        paths = [str(self.folder), *filter(None, [os.environ.get("PYTHONPATH")])]
        # A mutant has the size and often the second of the file before it: stale bytecode would hide it.
        return {**os.environ, "PYTHONPATH": os.pathsep.join(paths), "PYTHONDONTWRITEBYTECODE": "1"}

    def _passes(self) -> bool:
        words = ["-x", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", "--no-header"]
        root = self.helper.tests[0].parents[2]
        try:
            ended = subprocess.run(
                [sys.executable, "-m", "pytest", *words, *map(str, self.helper.tests)],
                cwd=root,
                env=self._environment(),
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                timeout=300,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return False
        return ended.returncode == 0


def helper_table(reports: Sequence[HelperReport]) -> str:
    """The scores of each module, and every survivor with its diff."""
    heads = ("mutants", "killed_by_chapter", "killed_by_tests", "survived", "chapter_score", "score")
    lines = ["  ".join(["module".ljust(28), *(h.replace("_", " ").rjust(17) for h in heads)])]
    for report in reports:
        record = report.record()
        rows = {f"{report.helper.name}.{name}": row for name, row in record["modules"].items()}
        for name, row in (rows | {f"{report.helper.name} (all)": record}).items():
            lines.append("  ".join([name.ljust(28), *(_cell(row[h], h).rjust(17) for h in heads)]))
    return "\n".join([*lines, *_survivors(reports)])


def _cell(value: Any, head: str) -> str:
    return f"{value:.1%}" if "score" in head and value is not None else str(value)


def _survivors(reports: Sequence[HelperReport]) -> Iterator[str]:
    for fate in (f for report in reports for f in report.fates if not f.by):
        yield f"\nsurvived: {fate.mutant.place} ({fate.mutant.kind})\n{fate.mutant.diff}"
