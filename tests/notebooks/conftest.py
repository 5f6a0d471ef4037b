"""A small valid chapter, built here, into which the tests of this folder plant one fault each."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from assayer.claims.records import MIME
from assayer.notebooks import manifest
from assayer.notebooks.check import check_book
from assayer.notebooks.normal import KERNELSPEC, LANGUAGE_INFO
from assayer.notebooks.notebook import Finding, read

Node = dict[str, Any]

SVG = (
    '<svg xmlns="http://www.w3.org/2000/svg" role="img" viewBox="0 0 4 4"><title>Squares</title>'
    '<desc>Four points on a curve</desc><path d="M0 0L1 1L2 4"/></svg>'
)
ALT = "Four points at the squares of 0 to 3; each step up is two longer than the one before it."
OPENING = """# Squares

The square of an integer is the sum of as many odd numbers, and 1225 is the largest one tried.

*Source*: [A page on squares](https://example.org/squares) (2023-09-20).

```{claims}
```
"""
TEST = """## Put to the test

The sum of the first odd numbers, `total(35)`, is printed as $35^{2} = 1\\,225$, as in {cite}`page2023`.
"""


def _output(record: Node, **more: str) -> Node:
    data = {"text/plain": f"a {record['kind']}", MIME: {"schema": 1, **record}, **more}
    return {"output_type": "display_data", "data": data, "metadata": {}}


def _printed(text: str) -> Node:
    return {"output_type": "stream", "name": "stdout", "text": text}


def derivation() -> Node:
    """The record of a derivation with one step."""
    printed = {"plain": "n**2", "latex": "n^2"}
    step = {
        "relation": "=",
        **printed,
        "reason": "induction",
        "status": "proved",
        "kernel": "induction",
        "conditions": [],
        "used": [],
        "lemmas": [],
    }
    return {
        "kind": "derivation",
        "title": "odd sums",
        "hypotheses": [],
        "start": printed,
        "steps": [step, dict(step)],
        "conclusion": printed,
        "status": "proved",
        "unused": [],
    }


def claim() -> Node:
    """The record of a claim that is proved and tested."""
    return {
        "kind": "claim",
        "id": "squares.odd_sums",
        "statement": "A square is a sum of odd numbers.",
        "latex": "",
        "hypotheses": [],
        "source": {"key": "page2023", "where": "eq. (3)"},
        "status": "proved",
        "kernels": ["induction"],
        "theorems": ["odd sums"],
        "tests": ["the sums are squares"],
        "rests_on": [],
        "published": [],
        "erratum": None,
    }


def check_record() -> Node:
    """The record of a check with one falsifier."""
    return {
        "kind": "check",
        "title": "the sums are squares",
        "predicted": "1225",
        "budget": "exact",
        "verdict": "passed",
        "falsifiers": [{"what": "one term left out", "verdict": "rejected"}],
        "measured": "1225",
    }


def _cells() -> list[tuple[str, str, list[str], list[Node]]]:
    """(kind, source, tags, outputs) of every cell."""
    figure = {"kind": "figure", "alt": ALT, "shows": "squares grow by odd numbers", "check": "the sums are squares"}
    slider = {
        "kind": "slider",
        "label": "n",
        "values": ["1", "2"],
        "frames": [SVG, SVG],
        "alts": [ALT, ALT],
        "shows": "the same, for each n",
    }
    solution = [("code", f"assert total({n}) == {n * n}", ["solution", "hide-cell"], []) for n in (1, 2, 3)]
    return [
        ("markdown", OPENING, [], []),
        ("code", "import sys\nif 'google.colab' in sys.modules:\n    install()", ["setup"], []),
        ("markdown", "## Assume and prove\n\n(A1) $n \\ge 0$ is an integer.", [], []),
        ("markdown", "## Derivation\n\nOne step: $$n^2 = \\sum_{i=1}^{n} (2i - 1).$$", [], []),
        ("code", "proof", [], [_output(derivation())]),
        ("code", "the_claim", [], [_output(claim())]),
        ("markdown", TEST, [], []),
        ("code", "print(total(35))\ncheck(total)", [], [_printed("1225\n"), _output(check_record())]),
        ("code", "timing()", ["measurements", "nbval-ignore-output"], [_printed("0.25 s on 4096 lanes\n")]),
        ("markdown", "## A picture\n\nThe curve.", [], []),
        ("code", "draw()", [], [_output(figure, **{"image/svg+xml": SVG})]),
        ("code", "assert slide()\nslide()", [], [_output(slider, **{"image/svg+xml": SVG})]),
        ("markdown", "## Where it breaks\n\nNot for n = -1.", [], []),
        ("code", "assert total(2) != 5\nassert total(3) != 8", [], []),
        ("markdown", "## Beyond\n\nCubes.", [], []),
        ("markdown", "## Exercises\n\n### Exercise 1\n\nTry 1.", [], []),
        solution[0],
        ("markdown", "### Exercise 2\n\nTry 2.", [], []),
        solution[1],
        ("markdown", "### Exercise 3\n\nTry 3.", [], []),
        solution[2],
        ("markdown", "## References\n\n```{bibliography}\n:filter: docname in docnames\n```", [], []),
    ]


def _cell(index: int, kind: str, source: str, tags: list[str], outputs: list[Node], count: int | None) -> Node:
    cell: Node = {
        "cell_type": kind,
        "id": f"c{index:02d}",
        "metadata": {"tags": tags} if tags else {},
        "source": source,
    }
    if kind == "code":
        cell |= {"execution_count": count, "outputs": copy.deepcopy(outputs)}
    return cell


def valid_chapter() -> Node:
    """A notebook as JSON that no rule objects to."""
    cells, count = [], 0
    for index, (kind, source, tags, outputs) in enumerate(_cells()):
        count += kind == "code"
        cells.append(_cell(index, kind, source, tags, outputs, count))
    metadata = {"kernelspec": KERNELSPEC, "language_info": LANGUAGE_INFO}
    return {"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}


class SmallBook:
    """A book of one chapter in a temporary folder."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.path = root / "chapters" / "numbers" / "squares.ipynb"
        self.path.parent.mkdir(parents=True)
        (root / "_toc.yml").write_text("format: jb-book\nroot: chapters/intro\n")
        (root / "chapters" / "references.bib").write_text('@misc{page2023, title = "Squares", year = 2023}\n')
        self.accepted = self.write(valid_chapter())
        self.remember()

    def write(self, node: Node, path: Path | None = None) -> Node:
        """Store `node` as the chapter, or as the notebook at `path`."""
        (path or self.path).write_text(json.dumps(node, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
        return node

    def remember(self, path: Path | None = None) -> None:
        """Store the manifest of what stands there now."""
        path = path or self.path
        manifest.path_of(path).write_text(manifest.dumps(manifest.take(read(path))), encoding="utf-8")

    def plant(self, change: Callable[[Node], Any], *, remember: bool) -> list[Finding]:
        """The findings about the chapter after `change`; with `remember`, as if refresh had stored it so."""
        node = valid_chapter()
        change(node)
        self.write(node)
        if remember:
            self.remember()
        return self.findings()

    def findings(self) -> list[Finding]:
        """What the checks say about the chapter."""
        return check_book([self.path], self.root)


@pytest.fixture
def book(tmp_path: Path) -> SmallBook:
    """A valid book of one chapter."""
    return SmallBook(tmp_path)
