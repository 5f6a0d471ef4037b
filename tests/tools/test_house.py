"""The commands as a reader types them, and the pins as a stranger's pip will read them."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from urllib.request import urlopen

import pytest
from packaging.requirements import Requirement

import env
import lock
import serve
from environment.plan import Project

ROOT = Path(__file__).resolve().parents[2]
LINES = [line for line in (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines() if line[:1] not in "#"]
PINS = [Requirement(line.split("#")[0]) for line in LINES]


def make(*arguments: str, cwd: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run make as a reader would, outside of the make that may run these tests."""
    outer = {"MAKEFLAGS", "MAKELEVEL", "MFLAGS", "MAKEOVERRIDES", "TORCH", "UPGRADE"}
    environment = {name: value for name, value in os.environ.items() if name not in outer} | variables
    return subprocess.run(["make", *arguments], cwd=cwd, env=environment, capture_output=True, text=True, check=False)


@pytest.fixture
def bare_checkout(tmp_path: Path) -> Path:
    """A checkout in a folder whose name has a space, without pins: nothing can be installed there."""
    root = tmp_path / "the book"
    root.mkdir()
    shutil.copy(ROOT / "Makefile", root)
    shutil.copy(ROOT / "pyproject.toml", root)
    shutil.copytree(ROOT / "tools", root / "tools", ignore=shutil.ignore_patterns("__pycache__"))
    return root


def old_python(folder: Path) -> str:
    """A stand-in for Python 3.8 that runs tools/env.py with sys.version_info set back."""
    script = folder / "old"
    code = (
        "import collections, runpy, sys; V = collections.namedtuple('V', 'major minor micro'); "
        "sys.version_info = V(3, 8, 2); sys.argv = sys.argv[1:]; "
        "runpy.run_path(sys.argv[0], run_name='__main__')"
    )
    script.write_text(f'#!/bin/sh\nexec "{sys.executable}" -c "{code}" "$@"\n', encoding="utf-8")
    script.chmod(0o755)
    return str(script)


def test_help_lists_the_commands_of_the_readme() -> None:
    done = make("help", cwd=ROOT)
    listed = set(re.findall(r"^make (\w+)", done.stdout, flags=re.MULTILINE))
    expected = "help book pdf serve test lint refresh mutants tables colab lock clean"
    assert listed == set(expected.split())
    assert make(cwd=ROOT).stdout == done.stdout


def test_make_works_from_elsewhere_and_in_a_folder_with_a_space(bare_checkout: Path, tmp_path: Path) -> None:
    here = make("env-site", cwd=bare_checkout)
    elsewhere = make("-f", str(bare_checkout / "Makefile"), "env-site", cwd=tmp_path)
    for done in (here, elsewhere):
        assert done.returncode != 0
        assert done.stderr.startswith(f"assayer: requirements.txt is not in {bare_checkout}: ")


def test_a_makefile_alone_says_so(tmp_path: Path) -> None:
    shutil.copy(ROOT / "Makefile", tmp_path)
    done = make("book", cwd=tmp_path)
    assert done.returncode != 0
    assert "run make in a whole checkout of The Assayer" in done.stderr
    assert done.stderr.count("\n") == 1


def test_an_old_python_is_told_so_in_one_line(bare_checkout: Path, tmp_path: Path) -> None:
    done = make("env-site", f"PYTHON={old_python(tmp_path)}", cwd=bare_checkout)
    assert done.returncode != 0
    first, *rest = done.stderr.splitlines()
    assert first.startswith("assayer: Python 3.11 or later is needed and this is 3.8; ")
    assert all(line.startswith("make") for line in rest)
    assert not (bare_checkout / ".venv").exists()


def test_the_old_python_message_names_a_newer_one_on_the_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert env.too_old((3, 8)).endswith("install a newer one and name it: make PYTHON=python3.12 ...")
    (tmp_path / "python3.13").write_text("", encoding="utf-8")
    (tmp_path / "python3.13").chmod(0o755)
    assert env.too_old((3, 8)).endswith("python3.13 is on the PATH: make PYTHON=python3.13 ...")


def test_a_python_that_is_not_there_is_named(bare_checkout: Path) -> None:
    done = make("env-site", "PYTHON=python3.99", cwd=bare_checkout)
    assert done.returncode != 0
    assert done.stderr.startswith("assayer: no python3.99 on the PATH")


def test_refresh_asks_for_a_chapter() -> None:
    done = make("refresh", cwd=ROOT)
    assert done.returncode != 0
    assert "which chapter? make refresh CHAPTER=numbers/near_product" in done.stderr


def test_continuous_integration_runs_make_test() -> None:
    script = ROOT / ".ci" / "run"
    assert os.access(script, os.X_OK)
    commands = [line for line in script.read_text(encoding="utf-8").splitlines() if line and line[0] != "#"]
    assert commands[-1] == "exec make test"
    assert len(commands) == 3


def test_every_requirement_is_pinned_on_every_python() -> None:
    project = Project.read(ROOT)
    named = [*project.requirements("all"), *project.pyproject["dependency-groups"]["lock"]]
    for wanted in map(Requirement, named):
        for python in ("3.11.2", "3.11.9", "3.12.1", "3.13.0"):
            where = {"python_full_version": python, "python_version": python[:4]}
            pins = [
                pin for pin in PINS if pin.name == wanted.name and (pin.marker is None or pin.marker.evaluate(where))
            ]
            assert len(pins) == 1, f"{wanted} has {len(pins)} pins on Python {python}"
            (version,) = pins[0].specifier
            assert version.operator == "=="
            assert wanted.specifier.contains(version.version, prereleases=True), f"{wanted} is pinned to {version}"


def test_the_pins_hold_no_cuda_no_address_and_no_path() -> None:
    assert not [pin.name for pin in PINS if lock.without_cuda(pin.name) == ""]
    assert not [line for line in LINES if re.search(r"://|file:|--|(^|[\s=@])\.{0,2}/", line)]
    assert str(next(pin for pin in PINS if pin.name == "torch").specifier) == "==2.13.0"


def test_the_lock_drops_cuda_and_nothing_else() -> None:
    text = "cuda-bindings==1\nnvidia-nccl==2\ntriton==3\nnumpy==1\npytorch-triton==3\ntritonclient==1\n"
    assert lock.without_cuda(text) == "numpy==1\ntritonclient==1\n"


def test_the_site_is_served_on_loopback_at_a_free_port(tmp_path: Path) -> None:
    (tmp_path / "index.html").write_text("<p>weigh</p>", encoding="utf-8")
    with serve.bind(tmp_path, 0) as taken, pytest.raises(OSError, match="in use"):
        serve.bind(tmp_path, taken.server_port)
    with serve.bind(tmp_path, None) as first, serve.bind(tmp_path, None) as second:
        assert first.server_port != second.server_port
        assert second.server_address[0] == "127.0.0.1"


def test_the_server_gives_the_site(tmp_path: Path) -> None:
    (tmp_path / "index.html").write_text("<p>weigh</p>", encoding="utf-8")
    process = subprocess.Popen(
        [sys.executable, str(ROOT / "tools" / "serve.py"), str(tmp_path)], stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        address = re.search(r"http://127\.0\.0\.1:\d+/", process.stdout.readline())
        assert address is not None
        with urlopen(address.group(), timeout=30) as answer:
            assert answer.read() == b"<p>weigh</p>"
    finally:
        process.terminate()
        process.wait(timeout=30)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["{site}"], "no site in .*: make book"),
        (["{site}", "80x"], "PORT=80x"),
        (["{site}", "70000"], "PORT=70000"),
    ],
)
def test_serve_names_what_is_wrong(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], words: str
) -> None:
    if len(arguments) > 1:
        (tmp_path / "index.html").touch()
    assert serve.main([argument.format(site=tmp_path) for argument in arguments]) == 2
    assert re.search(words, capsys.readouterr().err)
