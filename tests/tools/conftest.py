"""A checkout in miniature and a pip that installs nothing, for the tests of the set-up."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from environment.pip import PipError
from environment.plan import Project

PYPROJECT = """
[project]
name = "assayer"
dependencies = ["sympy>=1.14"]
[project.optional-dependencies]
lab = ["torch>=2.9"]
[dependency-groups]
site = ["pip", "setuptools", "jupyter-book==1.0.4.post1"]
test = ["pytest"]
[tool.ruff]
line-length = 110
"""
PINS = """\
# a comment
sympy==1.14.0             # via assayer, torch
torch==2.13.0             # via assayer
torchvision==9.9.9
numpy==2.4.6 ; python_full_version < '3.12'  # via assayer
"""


class FakePip:
    """Records the calls; `refuse(arguments)` names a call's failure or None, `brings` is a dry run's list."""

    def __init__(
        self,
        refuse: Callable[[tuple[str, ...]], str | None] = lambda arguments: None,
        brings: tuple[str, ...] = (),
        installed: str | None = None,
    ) -> None:
        self.calls: list[tuple[str, ...]] = []
        self.refuse, self.brings, self.installed = refuse, brings, installed

    def __call__(self, *arguments: str) -> None:
        self.calls.append(arguments)
        failure = self.refuse(arguments)
        if failure:
            raise PipError(failure)
        if "--report" in arguments:
            report = {"install": [{"metadata": {"name": name}} for name in self.brings]}
            Path(arguments[arguments.index("--report") + 1]).write_text(json.dumps(report), encoding="utf-8")

    def version(self, name: str) -> str | None:
        return self.installed

    @property
    def changes(self) -> list[tuple[str, ...]]:
        """The calls that would have changed the environment."""
        return [call for call in self.calls if "--dry-run" not in call]


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A checkout with a pyproject.toml, pins and no environment."""
    root = tmp_path / "a checkout"
    root.mkdir()
    (root / "pyproject.toml").write_text(PYPROJECT, encoding="utf-8")
    (root / "requirements.txt").write_text(PINS, encoding="utf-8")
    return Project.read(root)


@pytest.fixture
def fake_pip() -> type[FakePip]:
    """The class of the pip that installs nothing."""
    return FakePip
