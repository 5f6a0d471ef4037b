"""Refresh stores all outputs of one clean run, or leaves every byte as it was."""

from __future__ import annotations

import fcntl
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from assayer.notebooks import manifest, structure
from assayer.notebooks.notebook import read
from assayer.notebooks.refresh import RefreshError, refresh

Node = dict[str, Any]


def code(source: str, *tags: str, **more: Any) -> Node:
    """A code cell that has not run."""
    metadata = {"tags": list(tags)} if tags else {}
    return {"cell_type": "code", "metadata": metadata, "source": source, "outputs": [], "execution_count": None, **more}


def write(path: Path, *cells: Node, minor: int = 5) -> Path:
    """A notebook of these cells after one of Markdown, with ids where the format has them."""
    cells = ({"cell_type": "markdown", "metadata": {}, "source": "# Small"}, *cells)
    numbered = [{"id": f"c{index}", **cell} if minor >= 5 else cell for index, cell in enumerate(cells)]
    metadata = {"kernelspec": {"name": "other", "display_name": "Mine", "language": "python"}, "widgets": {}}
    node = {"cells": numbered, "metadata": metadata, "nbformat": 4, "nbformat_minor": minor}
    path.write_text(json.dumps(node), encoding="utf-8")
    return path


def state(path: Path) -> dict[str, tuple[bytes, int]]:
    """Every file in the notebook's folder with its bytes and its modification time."""
    return {file.name: (file.read_bytes(), file.stat().st_mtime_ns) for file in path.parent.iterdir()}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where a notebook goes, in a folder of its own."""
    return tmp_path / "small.ipynb"


def start(path: Path, *arguments: str) -> subprocess.Popen[str]:
    """The command, in a process of its own."""
    command = [sys.executable, "-m", "assayer.notebooks", "refresh", str(path), *arguments]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def test_outputs_are_stored_in_normal_form_and_then_nothing_changes(path: Path) -> None:
    probe = (
        "import os, sys\nprint(os.listdir('.'), os.environ['ASSAYER_QUIET'], os.environ['PYTHONHASHSEED'])\n"
        "print(os.environ['MPLBACKEND'])\nsys.stdout.flush()\nprint(sys.flags.hash_randomization)\n{'b', 'a'}"
    )
    timing = code("import os; print(os.urandom(8).hex())", "measurements", "nbval-ignore-output")
    write(path, code(probe), code("   "), timing, code("assert 1 + 1 == 2"), minor=4)
    seen: list[tuple[int, int]] = []
    done = refresh(path, progress=lambda number, total: seen.append((number, total)))
    assert (done.cells, done.notebook, done.manifest, seen) == (3, True, True, [(1, 3), (2, 3), (3, 3)])

    node = json.loads(path.read_text())
    assert (node["nbformat"], node["nbformat_minor"]) == (4, 5)
    assert set(node["metadata"]) == {"kernelspec", "language_info"}
    assert node["metadata"]["kernelspec"]["name"] == "python3"
    assert "version" not in node["metadata"]["language_info"]
    first = node["cells"][1]
    assert [output["output_type"] for output in first["outputs"]] == ["stream", "execute_result"]
    assert "".join(first["outputs"][0]["text"]) == "[] 1 0\nmodule://matplotlib_inline.backend_inline\n0\n"
    assert [cell.get("execution_count") for cell in node["cells"]] == [None, 1, None, 2, 3]
    assert len({cell["id"] for cell in node["cells"]}) == 5
    assert {finding.rule for finding in structure.check(read(path))} == {"empty"}
    assert [*manifest.check(read(path))] == []

    before = state(path)
    again = refresh(path)
    assert (again.notebook, again.manifest) == (False, False)
    assert state(path) == before
    assert sorted(before) == ["small.ipynb", "small.manifest.json"]


def test_measurements_follow_when_the_code_changes(path: Path) -> None:
    timing = code("import os; print(os.urandom(8).hex())", "measurements", "nbval-ignore-output")
    write(path, timing, code("print(1)"))
    refresh(path)
    first = read(path).cells[1].outputs
    node = json.loads(path.read_text())
    node["cells"][2]["source"] = "print(2)"
    path.write_text(json.dumps(node))
    refresh(path)
    assert read(path).cells[1].outputs != first


FAULTS = {
    "error": ("x = 1\nraise ValueError('no\\nway')", "cell 2 (In [2]): ValueError: no way"),
    "kernel death": ("import os; os._exit(3)", "cell 2 (In [2]): the kernel died"),
    "syntax": ("x = (", "cell 2 (In [2]): SyntaxError"),
    "file left": ("open('left.txt', 'w').close()", "leaves files behind (left.txt)"),
    "allowed error": ("raise ValueError('no')", "cell 2 (In [2]): ValueError: no"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_leaves_every_byte_and_names_the_cell(path: Path, fault: str) -> None:
    source, words = FAULTS[fault]
    tags = ["raises-exception"] if fault == "allowed error" else []
    write(path, code("print(1)"), code(source, *tags), code("print(3)"))
    before = state(path)
    with pytest.raises(RefreshError) as caught:
        refresh(path, "small")
    assert words in str(caught.value) and "\n" not in str(caught.value)
    assert str(caught.value).startswith("small") and str(caught.value).endswith("nothing was stored")
    assert state(path) == before


def _wait_for(file: Path, process: subprocess.Popen[str]) -> str:
    """The text of `file` once the process has written it."""
    for _ in range(1200):
        if file.exists() and file.read_text():
            return file.read_text()
        assert process.poll() is None, process.communicate()
        time.sleep(0.05)
    raise AssertionError(f"{file} never came")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["Ctrl-C", "end"])
def test_a_signal_leaves_every_byte_and_no_process(path: Path, tmp_path_factory: Any, number: int) -> None:
    running = tmp_path_factory.mktemp("signal") / "pid"
    wait = f"import os, pathlib, time\npathlib.Path({str(running)!r}).write_text(str(os.getpid()))\ntime.sleep(600)"
    write(path, code("print(1)"), code(wait))
    before = state(path)
    process = start(path)
    pid = int(_wait_for(running, process))
    process.send_signal(number)
    said = process.communicate(timeout=60)
    assert process.returncode == 130
    lines = [line for line in said[1].splitlines() if "cell 1 of 2" not in line and "cell 2 of 2" not in line]
    assert len(lines) == 1 and "cell 2 (In [2])" in lines[0] and "nothing was stored" in lines[0]
    assert "Traceback" not in said[0] + said[1]
    assert state(path) == before
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_two_refreshes_of_one_notebook_exclude_each_other(path: Path) -> None:
    write(path, code("print(1)"))
    before = state(path)
    handle = os.open(path, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        process = start(path)
        said = process.communicate(timeout=60)
    finally:
        os.close(handle)
    assert process.returncode == 1
    assert "is being refreshed by another process" in said[1]
    assert state(path) == before
    assert refresh(path).notebook


def test_a_file_changed_meanwhile_is_not_overwritten(path: Path) -> None:
    write(path, code("print(1)"))

    def edit(number: int, total: int) -> None:
        path.write_bytes(path.read_bytes() + b" ")

    with pytest.raises(RefreshError, match="was changed while it ran"):
        refresh(path, progress=edit)
    assert path.read_bytes().endswith(b" ") and not manifest.path_of(path).exists()


def test_a_loss_is_refused_until_it_is_accepted(path: Path) -> None:
    write(path, code("assert 1 + 1 == 2\nassert 2 + 2 == 4"))
    refresh(path)
    node = json.loads(path.read_text())
    node["cells"][1]["source"] = "assert 1 + 1 == 2"
    path.write_text(json.dumps(node))
    before = state(path)
    with pytest.raises(RefreshError, match=r"cell 1: the assertion 'assert 2 \+ 2 == 4' is gone"):
        refresh(path)
    assert state(path) == before
    done = refresh(path, accept=True)
    assert done.lost == ("cell 1: the assertion 'assert 2 + 2 == 4' is gone",)
    assert [*manifest.check(read(path))] == []


def test_what_cannot_be_read_is_named(path: Path) -> None:
    with pytest.raises(RefreshError, match=r"small\.ipynb cannot be read: No such file"):
        refresh(path)
    path.write_text("{")
    with pytest.raises(RefreshError, match="nothing was run"):
        refresh(path, "small")
    assert path.read_text() == "{"


def test_the_command_shows_progress_and_the_outcome(path: Path) -> None:
    write(path, code("print(1)"), code("print(2)"))
    process = start(path)
    out, err = process.communicate(timeout=120)
    assert process.returncode == 0
    assert "cell 1 of 2\n" in err and "cell 2 of 2\n" in err
    assert "2 cells ran; stored: outputs, manifest" in out
    assert "[claim] no claim is declared" in out and "findings remain" in err
    out, _ = start(path).communicate(timeout=120)
    assert "2 cells ran; nothing changed" in out
