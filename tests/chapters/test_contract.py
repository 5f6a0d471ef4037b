"""Every notebook of the book keeps its structure and the contract of a chapter.

Nothing runs here but for the test marked slow, which runs each notebook alone in an empty folder and compares
all that it shows, in order, with what is stored.
"""

from __future__ import annotations

from pathlib import Path

import nbformat
import pytest

from assayer.notebooks.check import check_book, find_notebooks, shown
from assayer.notebooks.notebook import MEASUREMENTS

ROOT = Path(__file__).resolve().parents[2]
NOTEBOOKS = find_notebooks(ROOT / "chapters")

each_notebook = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.relative_to(ROOT).as_posix())


def test_the_book_has_chapters() -> None:
    assert NOTEBOOKS, f"there is no notebook under {ROOT / 'chapters'}: the contract would hold of nothing"


def test_no_manifest_is_left_without_its_notebook() -> None:
    manifests = set((ROOT / "chapters").rglob("*.manifest.json"))
    orphans = sorted(shown(path, ROOT) for path in manifests - {p.with_suffix(".manifest.json") for p in NOTEBOOKS})
    assert not orphans, f"these manifests have no notebook: {', '.join(orphans)}; was a chapter deleted?"


@each_notebook
def test_the_contract_holds(path: Path) -> None:
    findings = check_book([path], ROOT)
    assert not findings, "\n" + "\n".join(map(str, findings))


@pytest.mark.slow
@each_notebook
def test_it_runs_alone_and_shows_what_is_stored(path: Path) -> None:
    from assayer.notebooks.normal import normalise
    from assayer.notebooks.refresh import execute

    stored = normalise(nbformat.read(path, as_version=4))
    fresh = normalise(execute(nbformat.read(path, as_version=4), shown(path, ROOT)))
    for index, (was, now) in enumerate(zip(stored.cells, fresh.cells, strict=True)):
        if was.cell_type == "code" and MEASUREMENTS not in was.metadata.get("tags", []):
            assert now.outputs == was.outputs, f"{shown(path, ROOT)} cell {index} shows something else than is stored"
