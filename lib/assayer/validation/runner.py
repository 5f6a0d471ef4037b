"""Validate the chapters: which ones, in which kernels, and what is remembered of it.

A chapter is left out when it has passed with the very inputs that it has now. One that has never passed in an
ordinary kernel in this environment runs in one; every other runs in a kernel forked from one process.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from assayer.validation import settings
from assayer.validation.handle import ForkServer
from assayer.validation.imports import Library, cell_sources
from assayer.validation.inputs import ENVIRONMENT, changes, chapter_inputs, environment_digest, said
from assayer.validation.stamps import Stamp, Stamps

AUTO, FORKED, ORDINARY = KERNELS = ("auto", "forked", "ordinary")
CELL_SECONDS = 300

Say = Callable[[str], None]


@dataclass(frozen=True)
class Options:
    """How a run was asked for. `everything` runs unchanged chapters too; `jobs` is the number of pytest's workers."""

    everything: bool = False
    kernels: str = AUTO
    jobs: int = 2
    cell_seconds: float = CELL_SECONDS
    arguments: tuple[str, ...] = ()
    """Further arguments of pytest."""


@dataclass
class Plan:
    """Chapters by what is to be done with them."""

    unchanged: list[str] = field(default_factory=list)
    ordinary: list[str] = field(default_factory=list)
    forked: list[str] = field(default_factory=list)
    why: dict[str, str] = field(default_factory=dict)


class Run:
    """One validation of the notebooks at `paths` in the book at `root`."""

    def __init__(self, root: Path, paths: Sequence[Path], say: Say, library: Library | None = None) -> None:
        import assayer

        self.root, self.say = root, say
        self.paths = {self._name(path): path for path in paths}
        self.library = library or Library(Path(assayer.__file__).parent)
        self.stamps = Stamps(root / "_build" / "validated")
        self.environment = environment_digest()
        self.inputs = {name: self._inputs(path) for name, path in self.paths.items()}

    def _name(self, path: Path) -> str:
        chapters = self.root / "chapters"
        path = path.resolve()
        below = chapters if path.is_relative_to(chapters) else self.root
        return path.relative_to(below).with_suffix("").as_posix() if path.is_relative_to(below) else path.stem

    def _inputs(self, path: Path) -> dict[str, str]:
        return chapter_inputs(path, self.root, self.library, self.environment)

    def plan(self, options: Options) -> Plan:
        """Decide, and change nothing."""
        plan = Plan()
        for name, inputs in self.inputs.items():
            stamp = self.stamps.read(name)
            changed = changes(stamp.inputs, inputs) if stamp else []
            if stamp and not changed and not options.everything and not _lacks(stamp, options, self.environment):
                plan.unchanged.append(name)
                continue
            plan.why[name] = "asked for" if stamp and not changed else said(changed) if stamp else "no pass on record"
            tried = stamp is not None and stamp.ordinary == self.environment
            ordinary = options.kernels == ORDINARY or (options.kernels == AUTO and not tried)
            (plan.ordinary if ordinary else plan.forked).append(name)
        return plan

    def validate(self, options: Options) -> int:
        """Run what the plan says and return pytest's exit status, 0 where all that ran passed."""
        plan = self.plan(options)
        if plan.unchanged:
            self.say(f"{_listed(plan.unchanged)} unchanged since passing; make notebooks ALL=1 runs all")
        worst = 0
        for names, kernels in ((plan.ordinary, ORDINARY), (plan.forked, FORKED)):
            if not names:
                continue
            for name in names:
                self.say(f"{name}: {plan.why[name]}")
            where = "kernels forked from one process" if kernels == FORKED else "ordinary kernels"
            first = (
                ", for the first time in this environment" if kernels == ORDINARY and options.kernels == AUTO else ""
            )
            self.say(f"{_listed(names)} in {where}{first}")
            worst = max(worst, self._pytest(names, kernels, options))
        return worst

    def _pytest(self, names: Sequence[str], kernels: str, options: Options) -> int:
        before = {name: self.stamps.read(name) for name in names}
        for name in names:
            self.stamps.remove(name)
        with tempfile.TemporaryDirectory(prefix="assayer-") as scratch, _kernels(kernels) as environment:
            outcomes = Path(scratch) / "outcomes.json"
            status = subprocess.run(
                [
                    *(sys.executable, "-m", "pytest", "-q", "--nbval", "--nbval-current-env"),
                    *("--nbval-cell-timeout", f"{options.cell_seconds:g}"),
                    *("-p", "assayer.validation.outcomes", "--outcomes", str(outcomes)),
                    *("-n", str(min(options.jobs, len(names))), "--dist", "loadfile", *options.arguments),
                    *(str(self.paths[name]) for name in names),
                ],
                cwd=self.root,
                env=environment,
                check=False,
            ).returncode
            counts = json.loads(outcomes.read_text("utf-8")) if outcomes.is_file() else {}
        for name in names:
            if self._passed(name, counts) and status in (0, 1):
                earlier = before[name]
                known = earlier.ordinary if earlier else ""
                ordinary = self.environment if kernels == ORDINARY else known
                self.stamps.write(name, Stamp(self.inputs[name], ordinary))
        if status == 0 and not all(self.stamps.path(name).is_file() for name in names):
            missing = [name for name in names if not self.stamps.path(name).is_file()]
            self.say(f"{_listed(missing)} not remembered as passed: changed meanwhile, or not every cell ran")
        return status

    def _passed(self, name: str, counts: dict[str, list[int]]) -> bool:
        """Whether every code cell passed, and nothing that the chapter depends on has changed since it began."""
        path = self.paths[name]
        passed, other = counts.get(str(path.resolve()), [0, 0])
        try:
            return not other and 0 < passed == len(cell_sources(path)) and self._inputs(path) == self.inputs[name]
        except (OSError, ValueError):
            return False


def _lacks(stamp: Stamp, options: Options, environment: str) -> bool:
    """Whether a run in ordinary kernels is asked for, and the stamp is from a fork."""
    return options.kernels == ORDINARY and stamp.ordinary != environment


def _listed(names: Sequence[str]) -> str:
    return f"{len(names)} chapter{'s' * (len(names) != 1)} ({', '.join(names)})"


@contextmanager
def _kernels(kind: str) -> Iterator[dict[str, str]]:
    """The environment of a pytest whose kernels are of that kind; the server, if any, ends with it."""
    environment = settings.here()
    environment.pop(settings.SERVER, None)
    environment.pop("JUPYTER_DEFAULT_PROVISIONER_NAME", None)
    if kind == ORDINARY:
        yield environment
        return
    with ForkServer(environment) as server:
        named = {settings.SERVER: str(server.folder), "JUPYTER_DEFAULT_PROVISIONER_NAME": settings.PROVISIONER}
        yield environment | named


def in_ci() -> bool:
    """Whether this is a run of continuous integration, by the variable that its services set."""
    return os.environ.get("CI", "").lower() not in ("", "0", "false")


__all__ = ["AUTO", "ENVIRONMENT", "FORKED", "KERNELS", "ORDINARY", "Options", "Plan", "Run", "in_ci"]
