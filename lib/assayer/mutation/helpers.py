"""Mutants of the helper functions in ``assayer.results`` against the chapter that they are for.

The chapter's own checks and stored outputs come first; what they let pass is shown to the unit tests of the module.
What survives both is listed with its diff: a check that is missing, or a change that makes no difference.
"""

from __future__ import annotations

import contextlib
import importlib.util
import os
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from queue import SimpleQueue
from random import Random
from typing import Any

from assayer.mutation.python_code import CodeMutant, code_mutants, equivalents
from assayer.mutation.runs import Crew, Fate, Helper
from assayer.mutation.sources import SourceError, chapter_name, check_stored
from assayer.notebooks.check import find_notebooks, find_root
from assayer.notebooks.notebook import NotebookError

HELPERS = "assayer.results"
MEANING = {
    "mutants": "functions of assayer.results with one operator, comparison, constant, index, call or return changed; "
    "a change that leaves the same program is none",
    "killed_by_chapter": "a check of the chapter fails, a cell raises or shows another output, or a cell takes more "
    "than eight times what it takes unmutated and two seconds",
    "killed_by_tests": "noticed by the unit tests of the package, and not by the chapter",
    "survived": "noticed by nobody: a check that is missing, or a change that makes no difference",
    "score": "the share of the mutants that the chapter or the tests notice",
}


@dataclass
class HelperReport:
    """The fates of a helper's mutants."""

    helper: Helper
    seed: int
    possible: int
    equivalent: int = 0
    fates: list[Fate] = field(default_factory=list)

    def record(self) -> dict[str, Any]:
        """The counts for the ledger, and the survivors."""
        modules = {name: [f for f in self.fates if f.mutant.module == name] for name in self.helper.modules}
        survivors = [f for f in self.fates if not f.by]
        return {
            "chapter": self.helper.chapter,
            "seed": self.seed,
            "meaning": MEANING,
            "possible": self.possible,
            "equivalent": self.equivalent,
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


def packages() -> list[str]:
    """The names of the packages of ``assayer.results``."""
    folder = Path(importlib.util.find_spec(HELPERS).submodule_search_locations[0])
    return sorted(p.name for p in folder.iterdir() if (p / "__init__.py").is_file())


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
    known = packages()
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
    return Helper(package, modules, notebooks[0], name, tests, whole=len(parts) == 1)


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
    minutes: float | None = None,
) -> HelperReport:
    """Try a helper's mutants, or those given, in random order, and begin none after so many ``minutes``.

    Raises:
        SourceError: where the chapter or the tests fail as they are.
    """
    if not hasattr(os, "fork"):
        raise SourceError("mutating helpers needs a system with fork, such as Linux or macOS")
    drawn, possible = mutants_of(helper, seed, sample)
    chosen = list(drawn if mutants is None else mutants)
    if mutants is None:
        Random(f"{seed}/{helper.name}/order").shuffle(chosen)  # so that those of a run that is cut short are a sample
    same = sum(equivalents(name, path.read_text(encoding="utf-8")) for name, path in helper.modules.items())
    report = HelperReport(helper, seed, possible, same)
    with contextlib.ExitStack() as stack:
        crews: SimpleQueue[Crew] = SimpleQueue()
        for _ in range(max(1, min(jobs, len(chosen)))):
            crews.put(stack.enter_context(Crew(helper)))

        finish = None if minutes is None else time.monotonic() + 60 * minutes

        def fate(mutant: CodeMutant) -> Fate | None:
            if finish is not None and time.monotonic() > finish:
                return None
            crew = crews.get()
            try:
                return crew.fate(mutant)
            finally:
                crews.put(crew)

        with ThreadPoolExecutor(max(1, jobs)) as pool:
            try:
                for found in filter(None, pool.map(fate, chosen)):
                    report.fates.append(found)
                    if progress is not None:
                        progress(found)
            except BaseException:
                pool.shutdown(wait=False, cancel_futures=True)
                raise
    return report


def helper_table(reports: Sequence[HelperReport]) -> str:
    """The scores of each module, and every survivor with its diff."""
    heads = ("mutants", "killed_by_chapter", "killed_by_tests", "survived", "chapter_score", "score")
    lines = ["  ".join(["module".ljust(28), *(h.replace("_", " ").rjust(17) for h in heads)])]
    for report in reports:
        record = report.record()
        rows = {f"{report.helper.name}.{name}": row for name, row in record["modules"].items()}
        for name, row in (rows | {f"{report.helper.name} (all)": record}).items():
            lines.append("  ".join([name.ljust(28), *(_cell(row[h], h).rjust(17) for h in heads)]))
    lines += ["", *(f"{word.replace('_', ' ')}: {MEANING[word]}." for word in MEANING)]
    return "\n".join([*lines, *_survivors(reports)])


def _cell(value: Any, head: str) -> str:
    return f"{value:.1%}" if "score" in head and value is not None else str(value)


def _survivors(reports: Sequence[HelperReport]) -> Iterator[str]:
    for fate in (f for report in reports for f in report.fates if not f.by):
        yield f"\nsurvived: {fate.mutant.place} ({fate.mutant.kind})\n{fate.mutant.diff}"
