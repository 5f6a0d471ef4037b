"""The set-up from end to end with pip and venv faked: order, stamps, failures half way, foreign folders."""

from __future__ import annotations

import fcntl
import shutil
import threading
from pathlib import Path
from typing import Any

import pytest

from environment import build, cli
from environment.errors import SetupError
from environment.plan import Action, Project


def create(folder: Path) -> None:
    """Stand in for venv: an interpreter that could be run."""
    python = build.interpreter(folder)
    python.parent.mkdir(parents=True)
    python.write_text("", encoding="utf-8")
    python.chmod(0o755)


class Setup:
    """One checkout whose set-up is called repeatedly; `pips` holds the pip of each call that needed one."""

    def __init__(self, project: Project, fake_pip: Any) -> None:
        self.project, self.fake_pip = project, fake_pip
        self.pips: list[Any] = []
        self.said: list[str] = []
        self.options: dict[str, Any] = {}

    def __call__(self, which: str = "site", kind: str = "cpu") -> Action:
        def make_pip(python: Path, root: Path, log: Path) -> Any:
            self.pips.append(self.fake_pip(**self.options))
            return self.pips[-1]

        project = Project.read(self.project.root)
        return build.ensure(project, which, "auto", self.said.append, make_pip=make_pip, create=create, kind=kind)


@pytest.fixture
def setup(project: Project, fake_pip: Any) -> Setup:
    return Setup(project, fake_pip)


def test_the_site_needs_neither_torch_nor_the_checker(setup: Setup) -> None:
    assert setup() is Action.CREATE
    words = [word for call in setup.pips[0].calls for word in call]
    assert "jupyter-book==1.0.4.post1" in words
    assert not [word for word in words if word.startswith(("torch", "sympy", "pytest"))]


def test_assayer_comes_last_from_the_checkout_without_the_network(setup: Setup) -> None:
    setup("all")
    assert setup.pips[0].calls[-1] == ("install", "--no-deps", "--no-build-isolation", "--editable", ".")


def test_every_install_from_an_index_is_pinned(setup: Setup) -> None:
    setup("all")
    pins = str(setup.project.pins)
    assert len(setup.pips[0].calls) == 4
    assert all(call[call.index("--constraint") + 1] == pins for call in setup.pips[0].calls[:-1])


def test_an_unchanged_call_touches_nothing(setup: Setup) -> None:
    setup("all")
    said = len(setup.said)
    assert setup("all") is Action.KEEP
    assert setup("site") is Action.KEEP
    assert len(setup.pips) == 1
    assert len(setup.said) == said


def test_test_after_book_adds_to_the_same_environment(setup: Setup) -> None:
    setup("site")
    kept = setup.project.venv / "kept"
    kept.touch()
    assert setup("all") is Action.UPDATE
    assert kept.exists()


def test_a_gpu_that_appears_brings_the_set_up_back(setup: Setup) -> None:
    setup("all", kind="cpu")
    assert setup("all", kind="plain") is Action.UPDATE
    assert setup("all", kind="cpu") is Action.KEEP


def test_a_failure_half_way_leaves_no_stamp(setup: Setup) -> None:
    setup("site")
    setup.options = {"refuse": lambda arguments: "no network" if "pytest" in arguments else None}
    with pytest.raises(SetupError, match="no network"):
        setup("all")
    setup.options = {}
    assert setup("site") is Action.UPDATE, "a stamp survived the failure"


def test_changed_pins_update(setup: Setup) -> None:
    setup()
    with setup.project.pins.open("a", encoding="utf-8") as pins:
        pins.write("ruff==1\n")
    assert setup() is Action.UPDATE


def test_a_moved_checkout_is_built_anew(setup: Setup, tmp_path: Path) -> None:
    setup()
    (setup.project.venv / "stale").touch()
    shutil.copytree(setup.project.root, tmp_path / "copy")
    setup.project = Project.read(tmp_path / "copy")
    assert setup() is Action.CREATE
    assert not (setup.project.venv / "stale").exists()
    assert any("moved or copied" in line for line in setup.said)


def test_a_venv_that_is_not_ours_is_left_alone(setup: Setup) -> None:
    precious = setup.project.venv / "precious"
    precious.parent.mkdir()
    precious.touch()
    with pytest.raises(SetupError, match="was not made by this Makefile"):
        setup()
    assert [path.name for path in setup.project.venv.iterdir()] == ["precious"]


def test_a_second_make_waits_and_finds_the_work_done(setup: Setup) -> None:
    setup("site")
    (setup.project.venv / ".assayer-stamp.json").rename(setup.project.venv / "held-back")
    second: list[Action] = []
    with (setup.project.venv / ".assayer-lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        waiting = threading.Event()
        setup.said = _Watched(waiting)
        thread = threading.Thread(target=lambda: second.append(setup("site")))
        thread.start()
        assert waiting.wait(timeout=30)
        (setup.project.venv / "held-back").rename(setup.project.venv / ".assayer-stamp.json")
    thread.join(timeout=30)
    assert second == [Action.KEEP]
    assert len(setup.pips) == 1


class _Watched(list[str]):
    """A list of lines that tells when one says that the set-up waits."""

    def __init__(self, waiting: threading.Event) -> None:
        super().__init__()
        self.waiting = waiting

    def append(self, line: str) -> None:
        super().append(line)
        if "waiting" in line:
            self.waiting.set()


@pytest.mark.parametrize("module", ["venv", "ensurepip"])
def test_a_python_without_venv_is_named(module: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(build.importlib.util, "find_spec", lambda name: None if name == module else object())
    with pytest.raises(SetupError, match=f"no module {module}: .*apt install python3-venv"):
        build._venv(tmp_path)


def test_the_command_prints_one_line_and_returns_2(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    project.pins.unlink()
    assert cli.main(["site"], project.root) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("assayer: requirements.txt is not in")
    assert captured.err.count("\n") == 1


def test_the_command_knows_its_sets(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["everything"]) == 2
    assert "usage: python tools/env.py site|all" in capsys.readouterr().err
