"""A notebook as the rules read it: cells with their section, tags, outputs and records."""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import Any

from nbformat.validator import iter_validate

from assayer.claims.records import MIME
from assayer.notebooks import markdown

MEASUREMENTS = "measurements"
"""The tag of the one kind of cell whose output depends on the device and is compared by nobody."""


class NotebookError(ValueError):
    """A file that is no notebook of format 4; the message names it."""


@dataclass(frozen=True)
class Finding:
    """One broken rule: where, which, and what to do about it."""

    notebook: str
    cell: int | None
    rule: str
    message: str
    count: int | None = None

    def __str__(self) -> str:
        place = self.notebook
        if self.cell is not None:
            place += f" cell {self.cell}"
        if self.count is not None:
            place += f" (In [{self.count}])"
        return f"{place}: [{self.rule}] {self.message}"


@dataclass(frozen=True)
class Cell:
    """One cell; `index` counts all cells from 0, `section` is the level-2 heading above it ("" before the
    first).
    """

    index: int
    kind: str
    source: str
    section: str
    id: str
    tags: tuple[str, ...]
    count: int | None
    outputs: tuple[Mapping[str, Any], ...]
    metadata: Mapping[str, Any]
    attachments: Mapping[str, Any] = field(default_factory=dict)

    @property
    def runs(self) -> bool:
        """Whether a kernel is asked to run it: a code cell that is not empty."""
        return self.kind == "code" and bool(self.source.strip())

    @property
    def first_line(self) -> str:
        """The first line with content, at most 60 characters of it."""
        lines = [line.strip() for line in self.source.splitlines() if line.strip()]
        return lines[0][:60] if lines else ""

    @cached_property
    def tree(self) -> ast.Module | None:
        """The syntax tree, with top-level ``await`` allowed; None where Python cannot parse the cell."""
        if self.kind != "code":
            return None
        flags = ast.PyCF_ONLY_AST | ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
        try:
            return compile(self.source, f"cell {self.index}", "exec", flags, dont_inherit=True)
        except (SyntaxError, ValueError):
            return None

    def bundles(self) -> Iterator[Mapping[str, Any]]:
        """The MIME bundle of each displayed output."""
        for output in self.outputs:
            if output.get("output_type") in ("display_data", "execute_result"):
                yield output.get("data") or {}

    def records(self, kind: str | None = None) -> Iterator[dict[str, Any]]:
        """The stored records of this cell, as they stand in the file, of one kind or of all."""
        for data in self.bundles():
            record = data.get(MIME)
            if isinstance(record, dict) and kind in (None, record.get("kind")):
                yield record


@dataclass(frozen=True)
class Notebook:
    """A notebook of the book; `name` is how messages call it."""

    path: Path
    name: str
    metadata: Mapping[str, Any]
    cells: tuple[Cell, ...]
    problems: tuple[str, ...] = ()

    @property
    def stem(self) -> str:
        return self.path.stem

    @property
    def code(self) -> tuple[Cell, ...]:
        """The code cells that a kernel runs."""
        return tuple(cell for cell in self.cells if cell.runs)

    @property
    def prose(self) -> tuple[Cell, ...]:
        return tuple(cell for cell in self.cells if cell.kind == "markdown")

    def records(self, kind: str | None = None) -> Iterator[tuple[Cell, dict[str, Any]]]:
        """``(cell, record)`` for every stored record, in the order of the page."""
        for cell in self.cells:
            for record in cell.records(kind):
                yield cell, record

    def finding(self, cell: Cell | None, rule: str, message: str) -> Finding:
        """A finding about `cell` of this notebook, or about the whole where `cell` is None."""
        if cell is None:
            return Finding(self.name, None, rule, message)
        return Finding(self.name, cell.index, rule, message, cell.count)


def parse(text: str, path: Path, name: str | None = None) -> Notebook:
    """Return the notebook whose JSON is `text`.

    Raises `NotebookError` when it is not JSON or not format 4. What a validator objects to beyond that is
    kept in `problems`, so that the other rules can still speak.
    """
    name = name or path.as_posix()
    try:
        raw = json.loads(text)
    except json.JSONDecodeError as error:
        raise NotebookError(f"{name} is not a notebook: {error}") from None
    if not isinstance(raw, dict) or raw.get("nbformat") != 4 or not isinstance(raw.get("cells"), list):
        raise NotebookError(f"{name} is not a notebook of format 4")
    problems = [str(error).strip().splitlines()[0] for error in islice(iter_validate(raw), 1)]
    if raw.get("nbformat_minor", 0) < 5:
        problems.append("cells have no ids: format 4.5 gives them, and refresh writes it")
    section = ""
    cells: list[Cell] = []
    for index, cell in enumerate(raw["cells"]):
        source = _joined(cell.get("source", ""))
        kind = str(cell.get("cell_type", ""))
        if kind == "markdown":
            for level, title in markdown.headings(source):
                section = title if level == 2 else section
        metadata = cell.get("metadata") or {}
        tags = metadata.get("tags") or []
        cells.append(
            Cell(
                index=index,
                kind=kind,
                source=source,
                section=section,
                id=str(cell.get("id", "")),
                tags=tuple(map(str, tags)) if isinstance(tags, list) else (str(tags),),
                count=cell.get("execution_count"),
                outputs=tuple(_output(output) for output in cell.get("outputs") or []),
                metadata=metadata,
                attachments=cell.get("attachments") or {},
            )
        )
    ids = [cell.id for cell in cells if cell.id]
    for twice in sorted({id for id in ids if ids.count(id) > 1}):
        problems.append(f"two cells have the id {twice!r}")
    return Notebook(path, name, raw.get("metadata") or {}, tuple(cells), tuple(problems))


def read(path: str | Path, name: str | None = None) -> Notebook:
    """Read the notebook at `path`; raises `NotebookError` when it is missing or is none."""
    path = Path(path)
    name = name or path.as_posix()
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise NotebookError(f"{name}: no such notebook") from None
    except (OSError, UnicodeDecodeError) as error:
        raise NotebookError(f"{name} cannot be read: {error}") from None
    return parse(text, path, name)


def _joined(text: Any) -> str:
    """Format 4 stores long text as a list of lines."""
    return "".join(text) if isinstance(text, list) else str(text)


def _output(output: Mapping[str, Any]) -> dict[str, Any]:
    copy = dict(output)
    if "text" in copy:
        copy["text"] = _joined(copy["text"])
    if isinstance(copy.get("data"), dict):
        # A JSON type holds an object, every other type holds text.
        copy["data"] = {
            mime: value if mime.endswith("json") else _joined(value) for mime, value in copy["data"].items()
        }
    return copy
