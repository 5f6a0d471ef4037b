"""Rules that look at more than one file, and files that are no notebooks."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from assayer.notebooks.__main__ import main
from assayer.notebooks.check import check_book, find_notebooks, find_root, resolve
from assayer.notebooks.notebook import NotebookError, read


def _second(book: Any, name: str = "cubes") -> Path:
    """A second chapter with the same claims as the first."""
    path = book.path.with_name(f"{name}.ipynb")
    node = dict(book.accepted)
    node["metadata"] = {**node["metadata"], "assayer": {"prefix": "squares"}}
    book.write(node, path)
    book.remember(path)
    return path


def test_a_claim_id_used_twice_in_the_book_is_named(book: Any) -> None:
    second = _second(book)
    for paths in ([second], [book.path, second]):
        findings = check_book(paths, book.root)
        names = {finding.notebook for finding in findings}
        assert [finding.rule for finding in findings] == ["claim-id"]
        assert len(names) == 1 and findings[0].cell == 5
        assert "'squares.odd_sums' is used twice" in findings[0].message
        assert "chapters/numbers/" in findings[0].message and "cell 5 has it too" in findings[0].message


def test_a_claim_shown_again_in_its_own_chapter_is_no_second_use(book: Any) -> None:
    def change(node: dict[str, Any]) -> None:
        node["cells"][13]["outputs"] = node["cells"][5]["outputs"]

    assert book.plant(change, remember=True) == []


def test_a_documented_prefix_replaces_the_stem(book: Any) -> None:
    def change(node: dict[str, Any]) -> None:
        node["metadata"]["assayer"] = {"prefix": "cubes"}

    assert [finding.rule for finding in book.plant(change, remember=True)] == ["claim-id"]


@pytest.mark.parametrize("text", ["", "{", "[]", '{"nbformat": 3, "cells": []}', '{"nbformat": 4}'])
def test_a_file_that_is_no_notebook_is_named(book: Any, text: str) -> None:
    book.path.write_text(text)
    findings = book.findings()
    assert [finding.rule for finding in findings] == ["format"]
    assert "chapters/numbers/squares.ipynb is not a notebook" in findings[0].message


def test_a_missing_notebook_is_named(tmp_path: Path) -> None:
    with pytest.raises(NotebookError, match=r"nothing\.ipynb: no such notebook"):
        read(tmp_path / "nothing.ipynb")


def test_a_missing_or_broken_bibliography_is_named(book: Any) -> None:
    library = book.root / "chapters" / "references.bib"
    library.write_text("@misc{page2023, title = ")
    for words in ("references.bib cannot be read", "references.bib is missing"):
        found = [finding for finding in book.findings() if finding.rule == "bibliography"]
        assert [(finding.notebook, words in finding.message) for finding in found] == [
            ("chapters/references.bib", True)
        ]
        library.unlink(missing_ok=True)


def test_names_resolve_and_unknown_ones_list_what_there_is(book: Any) -> None:
    for name in ("squares", "numbers/squares", "chapters/numbers/squares.ipynb", str(book.path)):
        assert resolve(name, book.root) == book.path.resolve()
    with pytest.raises(NotebookError, match=r"'cubes'; there are: numbers/squares"):
        resolve("cubes", book.root)
    assert find_root(book.path.parent) == book.root
    with pytest.raises(NotebookError, match="is not in the book"):
        find_root(Path("/"))


def test_checkpoints_are_passed_over(book: Any) -> None:
    copy = book.path.parent / ".ipynb_checkpoints" / "squares-checkpoint.ipynb"
    copy.parent.mkdir()
    copy.write_text("{")
    assert find_notebooks(book.root / "chapters") == [book.path]


def test_the_command_says_what_it_found(
    book: Any, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(book.root)
    assert main(["check"]) == 0
    assert "1 notebook: no findings" in capsys.readouterr().err
    book.plant(lambda node: node["cells"][13].update(execution_count=None), remember=True)
    assert main(["check", "squares"]) == 1
    said = capsys.readouterr()
    assert said.out.startswith("chapters/numbers/squares.ipynb cell 13: [not-run]")
    assert "1 finding" in said.err
    assert main(["check", "cubes"]) == 1
    assert "there are: numbers/squares" in capsys.readouterr().err
    book.path.unlink()
    assert main(["check"]) == 1
    assert "no notebook to check" in capsys.readouterr().err
