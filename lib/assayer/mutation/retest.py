"""``python -m assayer.mutation.retest FILE...``: run tests again and again, each time with another helper module.

Everything that the tests import, save the helpers, is loaded once; for each request the process forks, and pytest runs
in the child, with the quickest tests first, until one fails. Every test has a clock made from the unmutated run.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, TextIO

import pytest

from assayer.mutation.serving import WALL, allowed, clock, forked, serve
from assayer.mutation.shadow import FIRST_RUN, answer_all, imports, refuse_loaded

WORDS = ("-x", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", "--no-header")


class Clocked:
    """A plugin of pytest: the quickest tests first, each with its clock; it writes down what they take."""

    def __init__(self, known: dict[str, float]) -> None:
        self.known = known
        self.taken: dict[str, float] = {}
        self.failed = ""

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Sort them."""
        items.sort(key=lambda item: self.known.get(item.nodeid, 0.0))

    @pytest.hookimpl(hookwrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
        """Set the clock."""
        if self.known:
            clock(allowed(self.known.get(item.nodeid, 0.0)))
        began = time.process_time()
        yield
        self.taken[item.nodeid] = time.process_time() - began

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Remember what failed first."""
        if report.failed and not self.failed:
            self.failed = report.nodeid

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Remember a file that cannot be imported."""
        if report.failed and not self.failed:
            self.failed = report.nodeid


class Retester:
    """The tests, with what they import loaded."""

    def __init__(self, files: Sequence[str]) -> None:
        self.files = list(files)
        self.seconds: dict[str, float] = {}
        for name in imports(Path(file).read_text(encoding="utf-8") for file in files):
            with contextlib.suppress(Exception):
                importlib.import_module(name)
        refuse_loaded()

    def answer(self, asked: dict[str, Any]) -> dict[str, Any]:
        """Run the tests in a child; ``killed`` is "tests" or "", and ``why`` the test that failed first."""
        module = asked.get("module")
        wall = WALL * (30 + sum(map(allowed, self.seconds.values()))) if self.seconds else FIRST_RUN

        def run(pipe: TextIO) -> None:
            with open(os.devnull, "w") as nowhere:
                os.dup2(nowhere.fileno(), sys.stderr.fileno())
            _repeatable()
            serve(module, asked.get("source", ""))
            plugin = Clocked(self.seconds)
            code = int(pytest.main([*WORDS, *self.files], plugins=[plugin]))
            print(json.dumps({"code": code, "failed": plugin.failed, "taken": plugin.taken}), file=pipe)

        ended = forked(run, wall)
        if ended.how != "done" or not ended.lines:
            return {"killed": "tests", "why": "not done in its time" if ended.how == "time" else "died"}
        said = json.loads(ended.lines[-1])
        if said["code"] == pytest.ExitCode.NO_TESTS_COLLECTED:
            return {"killed": "tests", "why": "there are no tests"}
        if said["code"] != pytest.ExitCode.OK:
            return {"killed": "tests", "why": said["failed"]}
        if module is None:
            self.seconds = said["taken"]
        return {"killed": "", "why": ""}


def _repeatable() -> None:
    """Hypothesis draws the same examples in every run, and keeps none of those that fail."""
    with contextlib.suppress(ImportError):
        from hypothesis import settings

        settings.register_profile("mutants", derandomize=True, database=None)
        settings.load_profile("mutants")


def main(arguments: Sequence[str] | None = None) -> int:
    """Answer requests until the input ends."""
    files = sys.argv[1:] if arguments is None else list(arguments)
    return answer_all(lambda: Retester(files), ", ".join(Path(file).name for file in files))


if __name__ == "__main__":
    raise SystemExit(main())
