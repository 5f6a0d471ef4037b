"""A pytest plugin that writes down, for each notebook, how many cells passed and how many did anything else.

``pytest -p assayer.validation.outcomes --outcomes FILE`` writes JSON: ``{path: [passed, other]}``.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add --outcomes."""
    parser.addoption("--outcomes", metavar="FILE", help="write each notebook's count of passed and of other cells")


def pytest_configure(config: pytest.Config) -> None:
    """Collect where the results of all workers come together."""
    file = config.getoption("--outcomes")
    if file and not hasattr(config, "workerinput"):
        config.pluginmanager.register(Outcomes(Path(file), config.rootpath), "assayer-outcomes")


class Outcomes:
    """Counts reports by file."""

    def __init__(self, file: Path, root: Path) -> None:
        self.file, self.root, self.counts = file, root, dict[str, list[int]]()

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Count a call as passed, and as other whatever failed, was skipped or was expected to fail."""
        path = str((self.root / report.nodeid.partition("::")[0]).resolve())
        count = self.counts.setdefault(path, [0, 0])
        if not report.passed or hasattr(report, "wasxfail"):
            count[1] += 1
        elif report.when == "call":
            count[0] += 1

    def pytest_sessionfinish(self) -> None:
        """Write the file: not there, where pytest did not come to an end."""
        self.file.write_text(json.dumps(self.counts), "utf-8")
