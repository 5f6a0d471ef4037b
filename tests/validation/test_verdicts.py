"""Planted faults: nbval says the same of them in a fork and in a new kernel, but for the one known difference."""

from __future__ import annotations

import re
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook, new_output

from assayer.validation import settings
from assayer.validation.handle import ForkServer

DERIVATION = """from sympy import symbols
from assayer import Derivation
a, b = symbols("a b", real=True)
chain = Derivation("a square").start((a - b)**2).eq(a**2 {sign} 2*a*b + b**2, by="multiply out").theorem()
print(chain.status if hasattr(chain, "status") else "judged")"""

CELLS: dict[str, list[tuple[str, str]]] = {
    "good": [("x = 6", ""), ("print(x * 7)", "42\n")],
    "right_sign": [(DERIVATION.format(sign="-").rpartition("\n")[0], "")],
    "wrong_sign": [(DERIVATION.format(sign="+").rpartition("\n")[0], "")],
    "changed_output": [("print(6 * 7)", "43\n")],
    "missing_name": [("print(math.pi)", "3.141592653589793\n")],
    "exception": [("print(1)\nraise ValueError('planted')", "1\n")],
    "dies": [("import os\nos._exit(0)", ""), ("print(1)", "1\n")],
    "killed": [("import os, signal\nos.kill(os.getpid(), signal.SIGSEGV)", "")],
    "too_long": [("import time\ntime.sleep(600)", ""), ("print(1)", "1\n")],
    "asks": [("name = input('who? ')\nprint(name)", "me\n")],
    "chance": [("import numpy\nprint(numpy.random.rand())", "0.5\n")],
    "state_of_another": [("import sympy\nprint(getattr(sympy, 'planted', None))\nsympy.planted = 1", "None\n")],
    "state_of_one_more": [("import sympy\nprint(getattr(sympy, 'planted', None))\nsympy.planted = 1", "None\n")],
    "warns": [("import warnings\nwarnings.warn('planted')", "")],
    "seeded": [("import torch\ntorch.manual_seed(3)\nprint(torch.rand(1, dtype=torch.float64).item() < 1)", "True\n")],
    "missing_submodule": [("import xml\nprint(xml.dom.minidom.__name__)", "xml.dom.minidom\n")],
    "missing_submodule_of_ours": [("import matplotlib\nprint(matplotlib.figure.__name__)", "matplotlib.figure\n")],
}
PASS = {"good", "right_sign", "state_of_another", "state_of_one_more", "seeded"}
HIDDEN_BY_A_FORK = {"missing_submodule_of_ours"}


def write(folder: Path) -> None:
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    for name, pairs in CELLS.items():
        cells = [
            new_code_cell(
                source, execution_count=n, outputs=[new_output("stream", name="stdout", text=text)] if text else []
            )
            for n, (source, text) in enumerate(pairs, start=1)
        ]
        nbformat.write(new_notebook(cells=cells, metadata={"kernelspec": kernel}), folder / f"{name}.ipynb")
    (folder / "pytest.ini").write_text("[pytest]\n")


def verdicts(folder: Path, environment: dict[str, str], report: str) -> dict[str, list[str]]:
    """For each notebook, what became of its cells, in order: passed, or the first line that says why not."""
    done = subprocess.run(
        [
            *(sys.executable, "-m", "pytest", "--nbval", "--nbval-current-env", "--nbval-cell-timeout", "15"),
            *("-q", "-p", "no:cacheprovider", "--color=no", f"--junitxml={report}", "."),
        ],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=500,
    )
    assert done.returncode == 1, done.stdout + done.stderr
    found: dict[str, list[str]] = {name: [] for name in CELLS}
    for test in ElementTree.parse(folder / report).iter("testcase"):
        name = str(test.get("classname")).removesuffix(".ipynb").rpartition(".")[2]
        bad = [child for child in test if child.tag in ("failure", "error", "skipped")]
        found[name].append(" ".join(f"{child.tag}: {_gist(child.text or '')}" for child in bad) or "passed")
    return found


def _gist(text: str) -> str:
    """What nbval says of a cell, and the kinds of error that its traceback names."""
    plain = re.sub(r"(\x1b|#x1B)\[[0-9;]*m", "", text)
    said = [line.strip() for line in plain.splitlines() if line.startswith(("Cell ", "RuntimeError"))]
    return " | ".join([*said, *sorted(set(re.findall(r"\b[A-Z]\w*(?:Error|Refuted|Interrupt|Refusal)\b", plain)))])


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, list[str]]]:
    folder = tmp_path_factory.mktemp("verdicts")
    write(folder)
    environment = {name: value for name, value in settings.here().items() if not name.startswith("PYTEST")}
    with ForkServer(environment) as server:
        named = {settings.SERVER: str(server.folder), "JUPYTER_DEFAULT_PROVISIONER_NAME": settings.PROVISIONER}
        forked = verdicts(folder, environment | named, "forked.xml")
    return {"forked": forked, "ordinary": verdicts(folder, environment, "ordinary.xml")}


@pytest.mark.slow
@pytest.mark.parametrize("name", CELLS)
def test_the_same_verdict(name: str, both: dict[str, dict[str, list[str]]]) -> None:
    ordinary, forked = both["ordinary"][name], both["forked"][name]
    assert ordinary and len(ordinary) == len(CELLS[name])
    assert all(verdict == "passed" for verdict in ordinary) is (name in PASS), ordinary
    if name in HIDDEN_BY_A_FORK:
        assert forked == ["passed"]  # why every chapter runs in an ordinary kernel too
    else:
        assert forked == ordinary


def test_the_verdicts_are_told_apart(both: dict[str, Any]) -> None:
    """The lines that are compared say which fault it was."""
    said = {name: " ".join(verdict) for name, verdict in both["forked"].items()}
    assert "NameError" in said["missing_name"] and "ValueError" in said["exception"]
    assert "Timeout" in said["too_long"] and "differ" in said["changed_output"]
    assert len({said[name] for name in ("good", "missing_name", "exception", "too_long", "changed_output")}) == 5
