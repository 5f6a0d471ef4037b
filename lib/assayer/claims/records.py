"""The stored form of what a chapter shows: one JSON object beside the text of an output.

Every shown object of the book (a derivation, a claim, a check, a figure, a slider, an exercise's
answer) displays as a MIME bundle; under `MIME` it carries a record, a JSON object with
``"schema": 1`` and a ``"kind"``. The site draws its ledger from these records and the notebook
tests read them, so this module depends on the standard library alone.

A cell is named by its position among all cells of the notebook, counted from 0.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from assayer.claims.shapes import (
    KINDS,
    MIME,
    SCHEMA,
    SIGNS,
    STATUSES,
    VERDICTS,
    WORDS,
    Record,
    RecordError,
    is_claim_id,
    validate,
    weakest,
)

__all__ = [
    "KINDS",
    "MIME",
    "SCHEMA",
    "SIGNS",
    "STATUSES",
    "VERDICTS",
    "WORDS",
    "Book",
    "Chapter",
    "LocatedClaim",
    "Record",
    "RecordError",
    "gather",
    "is_claim_id",
    "make",
    "read_book",
    "read_notebook",
    "validate",
    "weakest",
]


def make(kind: str, **fields: Any) -> Record:
    """Build and validate the record of `kind` with the given fields."""
    return validate({"schema": SCHEMA, "kind": kind, **fields})


# --- Reading notebooks --------------------------------------------------------------------------


def read_notebook(path: str | Path, *, shown_as: str | None = None) -> list[tuple[int, Record]]:
    """Return ``(cell, record)`` for every record stored in the outputs of the notebook at `path`.

    `cell` counts all cells from 0, and the order is that of the page. `shown_as` is the name used in
    messages. Raises `RecordError` when the file is missing, is not a notebook of format 4, or holds a
    malformed record.
    """
    path = Path(path)
    name = shown_as or str(path)
    try:
        notebook = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise RecordError(f"{name}: no such notebook") from None
    except (OSError, UnicodeDecodeError, json.JSONDecodeError) as error:
        raise RecordError(f"{name} cannot be read as a notebook: {error}") from None
    if not isinstance(notebook, dict) or notebook.get("nbformat") != 4:
        raise RecordError(f"{name} is not a notebook of format 4")
    found: list[tuple[int, Record]] = []
    for index, cell in enumerate(notebook.get("cells") or []):
        for output in cell.get("outputs") or []:
            data = output.get("data") or {}
            if MIME not in data:
                continue
            try:
                found.append((index, validate(data[MIME])))
            except RecordError as error:
                raise RecordError(f"{name} cell {index}: {error}") from None
    return found


@dataclass(frozen=True)
class Chapter:
    """A notebook of the book: `name` is the file's stem, `path` is relative to the book's root."""

    name: str
    path: str
    records: tuple[tuple[int, Record], ...]

    def of_kind(self, kind: str) -> list[tuple[int, Record]]:
        """The ``(cell, record)`` pairs of one kind, in the page's order; a claim shown again counts once."""
        if kind not in KINDS:
            raise RecordError(f"unknown kind of record {kind!r}: one of {', '.join(KINDS)}")
        found: list[tuple[int, Record]] = []
        for cell, record in self.records:
            again = kind == "claim" and any(record == earlier for _, earlier in found)
            if record["kind"] == kind and not again:
                found.append((cell, record))
        return found


@dataclass(frozen=True)
class LocatedClaim:
    """A claim's record with the chapter and the cell where it stands."""

    chapter: Chapter
    cell: int
    record: Record

    @property
    def id(self) -> str:
        return str(self.record["id"])

    @property
    def place(self) -> str:
        """Where the claim stands, in words: ``chapters/a.ipynb cell 4``."""
        return f"{self.chapter.path} cell {self.cell}"


@dataclass(frozen=True)
class Book:
    """The records of every chapter, in the order of the table of contents."""

    chapters: tuple[Chapter, ...]
    claims: tuple[LocatedClaim, ...]
    _by_id: dict[str, LocatedClaim] = field(repr=False, compare=False)

    def __iter__(self) -> Iterator[Chapter]:
        return iter(self.chapters)

    def claim(self, id: str) -> LocatedClaim:
        """The claim `id`; raises `RecordError` when no chapter declares it."""
        try:
            return self._by_id[id]
        except KeyError:
            raise RecordError(f"no chapter declares the claim {id!r}") from None

    def standing(self, id: str) -> str:
        """The status of the claim `id`, no stronger than that of any claim it rests on."""
        seen: set[str] = set()
        waiting = [id]
        while waiting:
            current = waiting.pop()
            if current not in seen:
                seen.add(current)
                waiting.extend(self.claim(current).record["rests_on"])
        return weakest(self._by_id[name].record["status"] for name in seen)


def gather(chapters: Sequence[Chapter]) -> Book:
    """Join `chapters` into a book.

    Raises `RecordError` for a claim id used twice (the same record shown again in one chapter is
    no second use), for a claim that rests on one that no chapter declares, and for a circle of claims.
    """
    by_id: dict[str, LocatedClaim] = {}
    for chapter in chapters:
        for cell, record in chapter.of_kind("claim"):
            claim = LocatedClaim(chapter, cell, record)
            if claim.id in by_id:
                raise RecordError(f"claim id {claim.id!r} is used twice: {by_id[claim.id].place} and {claim.place}")
            by_id[claim.id] = claim
    for claim in by_id.values():
        for ancestor in claim.record["rests_on"]:
            if ancestor not in by_id:
                raise RecordError(f"{claim.place}: claim {claim.id!r} rests on {ancestor!r}, which no chapter declares")
    _refuse_circles(by_id)
    return Book(tuple(chapters), tuple(by_id.values()), by_id)


def _refuse_circles(by_id: Mapping[str, LocatedClaim]) -> None:
    done: set[str] = set()

    def visit(id: str, path: tuple[str, ...]) -> None:
        if id in path:
            circle = " → ".join([*path[path.index(id) :], id])
            raise RecordError(f"claims rest on each other in a circle: {circle}")
        if id not in done:
            for ancestor in by_id[id].record["rests_on"]:
                visit(ancestor, (*path, id))
            done.add(id)

    for id in by_id:
        visit(id, ())


def read_book(root: str | Path, notebooks: Iterable[str | Path]) -> Book:
    """Read the records of `notebooks`, paths relative to `root` in the order of the table of contents.

    A path may leave out ``.ipynb``, as a table of contents does; pages that are no notebooks (a
    ``.md`` file of that name exists) are passed over. Raises `RecordError` as `read_notebook` and
    `gather` do, and for two notebooks with one stem, since a chapter is named by its stem.
    """
    root = Path(root)
    chapters: list[Chapter] = []
    paths: dict[str, str] = {}
    for entry in notebooks:
        relative = Path(entry)
        if relative.suffix != ".ipynb":
            page = relative if relative.suffix == ".md" else relative.with_name(relative.name + ".md")
            notebook = relative.with_name(relative.name + ".ipynb")
            if (root / page).exists() and not (root / notebook).exists():
                continue
            relative = notebook
        shown = relative.as_posix()
        name = relative.stem
        if name in paths:
            raise RecordError(f"two chapters are named {name!r}: {paths[name]} and {shown}")
        paths[name] = shown
        records = read_notebook(root / relative, shown_as=shown)
        chapters.append(Chapter(name, shown, tuple(records)))
    return gather(chapters)
