"""What nbval 0.11 sees of a notebook and what it does not, from real runs; and that our rules catch the rest.

It compares, cell by cell, the outputs of a new run with the stored ones, each MIME type on its own:
text/plain, text/latex, text/html, image/svg+xml, and also our record, application/vnd.assayer+json, whose
JSON object is compared whole with ``==``: a field that changed, or a record that is missing or new, fails and
the message shows the difference. (Only where a cell shows another *number* of records does nbval stumble over
its own message, "sequence item 1: expected str instance"; the cell fails all the same.) image/png and
image/jpeg are not compared, nor are metadata, counts and the order of outputs of different types. Each case
below that nbval passes names the rule of ours that catches it; nbval fails the others, and a trailing
semicolon although nothing changed: its kernel keeps no history, without which IPython shows the value all the
same.
"""

from __future__ import annotations

import os
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from assayer.claims.records import MIME
from assayer.notebooks import manifest, structure
from assayer.notebooks.notebook import parse

SHOW = """from IPython.display import display
class Shown:
    def __init__(self, **data): self.data = data
    def _repr_mimebundle_(self, **_): return {k.replace("__", "/").replace("_x", "+x"): v for k, v in self.data.items()}
record = {"schema": 1, "kind": "check", "values": [1, 2.5, None]}
everything = Shown(text__plain="shown", text__latex="$x$", image__svg_xml="<svg>1</svg>")
everything.data["application/vnd.assayer+json"] = record"""
RECORD = {"schema": 1, "kind": "check", "values": [1, 2.5, None]}
EVERYTHING = {"text/plain": "shown", "text/latex": "$x$", "image/svg+xml": "<svg>1</svg>", MIME: RECORD}


def shown(**changes: Any) -> NotebookNode:
    """What the cell `everything` displays, with changes by MIME type."""
    return new_output("execute_result", data={**EVERYTHING, **changes}, execution_count=2, metadata={})


def printed(text: str) -> NotebookNode:
    """A piece of printed text."""
    return new_output("stream", name="stdout", text=text)


def displayed(text: str) -> NotebookNode:
    """What `display` shows of something without other forms."""
    return new_output("display_data", data={"text/plain": text}, metadata={})


@dataclass(frozen=True)
class Case:
    """A notebook: the set-up above, then cells of (source, outputs). `rule` is what catches it where nbval
    passes.
    """

    name: str
    nbval_passes: bool
    cells: list[tuple[str, list[NotebookNode]]]
    rule: str | None = None
    change: Callable[[NotebookNode], Any] = field(default=lambda node: None)
    remember_first: bool = False
    """Whether the manifest is that of the notebook before `change`."""


def clear(node: NotebookNode) -> None:
    for cell in node.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None


def png(text: str) -> NotebookNode:
    return new_output("display_data", data={"text/plain": "p", "image/png": text}, metadata={})


PNG_SOURCE = "display({'text/plain': 'p', 'image/png': 'iVBORw0KGgo='}, raw=True)"
TWO = [("print(1)", [printed("1\n")]), ("assert 1 == 1\nprint(2)", [printed("2\n")])]
SWAPPED = [("display(7)\nprint(8)", [printed("8\n"), displayed("7")])]
TASK = """import asyncio
async def fail(): raise ValueError("lost")
task = asyncio.get_event_loop().create_task(fail())
print(3)"""

BLIND = [
    Case("png_redrawn", True, [(PNG_SOURCE, [png("AAAABBBBCCCC")])], "bitmap"),
    Case("cleared", True, TWO, "cleared", clear),
    Case("never_run", True, TWO, "not-run", lambda n: n.cells[-1].update(execution_count=None, outputs=[])),
    Case("cell_deleted", True, TWO, "lost", lambda n: n.cells.pop(), remember_first=True),
    Case("assertion_deleted", True, TWO, "lost", lambda n: n.cells[-1].update(source="print(2)"), remember_first=True),
    Case("markdown_wrong", True, TWO, "markdown", lambda n: n.cells.append(new_markdown_cell("$x$ and $y"))),
    Case("counts_out_of_order", True, TWO, "order", lambda n: n.cells[1].update(execution_count=9)),
    Case(
        "print_and_display_swapped",
        True,
        SWAPPED,
        "edited",
        lambda n: n.cells[-1].outputs.reverse(),
        remember_first=True,
    ),
    Case("task_raises", True, [(TASK, [printed("3\n")])], "task"),
    Case(
        "skip_tag",
        True,
        [("print(1)", [printed("2\n")])],
        "tag",
        lambda n: n.cells[1].metadata.update(tags=["nbval-skip"]),
    ),
    Case("skip_comment", True, [("# NBVAL_SKIP\nprint(1)", [printed("2\n")])], "tag"),
    Case(
        "ignore_tag",
        True,
        [("print(1)", [printed("2\n")])],
        "tag",
        lambda n: n.cells[1].metadata.update(tags=["nbval-ignore-output"]),
    ),
    Case(
        "raises_tag",
        True,
        [
            (
                "print(2)\n1 / 0",
                [
                    printed("2\n"),
                    new_output("error", ename="ZeroDivisionError", evalue="division by zero", traceback=[]),
                ],
            )
        ],
        "tag",
        lambda n: n.cells[1].metadata.update(tags=["raises-exception"]),
    ),
]
SEEN = [
    Case("unchanged", True, [("everything", [shown()])]),
    Case("text_changed", False, [("print(1)", [printed("2\n")])]),
    Case("outputs_dropped", False, TWO, change=lambda n: n.cells[-1].update(outputs=[])),
    Case("plain_changed", False, [("everything", [shown(**{"text/plain": "other"})])]),
    Case("latex_changed", False, [("everything", [shown(**{"text/latex": "$y$"})])]),
    Case("svg_changed", False, [("everything", [shown(**{"image/svg+xml": "<svg>2</svg>"})])]),
    Case("record_changed", False, [("everything", [shown(**{MIME: {**RECORD, "values": [1, 2.6, None]}})])]),
    Case("record_dropped", False, [("everything", [shown()])], change=lambda n: n.cells[-1].outputs[0].data.pop(MIME)),
    Case("record_added", False, [("everything", [shown(), shown()])]),
    Case("error", False, [("1 / 0", [])]),
    Case("semicolon", False, [("everything;", [])], "semicolon"),
]
CASES = BLIND + SEEN


def build(case: Case) -> tuple[NotebookNode, NotebookNode]:
    """The notebook before and after the fault of `case`."""
    pairs = [(SHOW, []), *case.cells]
    cells = [
        new_code_cell(source, execution_count=count, outputs=[*map(nbformat.from_dict, outputs)])
        for count, (source, outputs) in enumerate(pairs, start=1)
    ]
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    node = new_notebook(cells=cells, metadata={"kernelspec": kernel})
    for index, cell in enumerate(node.cells):
        cell["id"] = f"c{index}"
    before = nbformat.from_dict(node)
    after = nbformat.reads(nbformat.writes(node), as_version=4)
    case.change(after)
    return before, after


@pytest.fixture(scope="module")
def verdicts(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """nbval's word on every case, "" where it passes, from one run over all of them."""
    folder = tmp_path_factory.mktemp("nbval")
    (folder / "pytest.ini").write_text("[pytest]\n")
    for case in CASES:
        nbformat.write(build(case)[1], folder / f"{case.name}.ipynb")
    command = [sys.executable, "-m", "pytest", "--nbval", "--nbval-current-env", "-q", "-p", "no:cacheprovider"]
    unwanted = ("PYTEST_", "COV_")
    environment = {key: value for key, value in os.environ.items() if not key.startswith(unwanted)}
    done = subprocess.run(
        [*command, "-p", "no:randomly", "--junitxml=report.xml", "."],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 1, done.stdout + done.stderr
    found = {case.name: "" for case in CASES}
    seen = set()
    for test in ElementTree.parse(folder / "report.xml").iter("testcase"):
        name = next(case.name for case in CASES if case.name in f"{test.get('classname')} {test.get('file')}")
        seen.add(name)
        for failure in [*test.iter("failure"), *test.iter("error")]:
            found[name] += failure.text or "failed"
    assert seen == set(found)
    return found


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_what_nbval_says(case: Case, verdicts: dict[str, str]) -> None:
    assert (verdicts[case.name] == "") is case.nbval_passes, verdicts[case.name]


def test_nbval_shows_what_changed_in_a_record(verdicts: dict[str, str]) -> None:
    assert MIME in verdicts["record_changed"] and "2.6" in verdicts["record_changed"]


@pytest.mark.parametrize("case", [case for case in CASES if case.rule], ids=lambda case: case.name)
def test_our_rules_catch_it(case: Case, tmp_path: Path) -> None:
    before, after = build(case)
    path = tmp_path / "small.ipynb"
    clean, faulty = (parse(nbformat.writes(node), path) for node in (before, after))
    remembered = manifest.take(clean if case.remember_first else faulty)
    manifest.path_of(path).write_text(manifest.dumps(remembered))
    broken = {finding.rule for finding in [*structure.check(faulty), *manifest.check(faulty)]}
    assert case.rule in broken


def test_our_rules_pass_what_is_well(tmp_path: Path) -> None:
    before, _ = build(Case("well", True, TWO))
    path = tmp_path / "small.ipynb"
    notebook = parse(nbformat.writes(before), path)
    manifest.path_of(path).write_text(manifest.dumps(manifest.take(notebook)))
    assert [*structure.check(notebook), *manifest.check(notebook)] == []
