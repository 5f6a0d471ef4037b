"""What a chapter holds, kept beside it, so that nothing disappears unseen.

nbval passes when a cell, an assertion or a whole figure is deleted: what is not there is not compared. So
refresh writes ``<chapter>.manifest.json`` beside the notebook: its code cells with digests of their source
and of their stored output, its assertions, checks with falsifiers, claims, derivations, drawings, answers and
exercises. Three rules follow:

- "lost": something in the manifest is gone from the notebook, or has become weaker (fewer steps, a weaker
  status). Refresh refuses to forget it unless it is run with ``--accept``; git then shows the loss in a file
  of its own.
- "new": something in the notebook is not in the manifest yet. Plain refresh adds it.
- "edited": a cell's source or stored output is not what refresh stored: the outputs are not those of this
  code, in this order. Plain refresh stores them. The output of a "measurements" cell has no digest.
"""

from __future__ import annotations

import ast
import hashlib
import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from assayer.claims.records import STATUSES
from assayer.notebooks import markdown
from assayer.notebooks.notebook import MEASUREMENTS, Cell, Finding, Notebook, NotebookError

SCHEMA = 1
_LISTS = ("assertions", "checks", "falsifiers", "claims", "derivations", "drawings", "answers", "exercises")
_WORDS = {
    "assertions": "the assertion",
    "checks": "the check",
    "falsifiers": "the falsifier",
    "claims": "the claim",
    "derivations": "the derivation",
    "drawings": "the",
    "answers": "the judged answer",
    "exercises": "the exercise",
}


@dataclass(frozen=True)
class Loss:
    """Something that the manifest holds and the notebook no longer does; `cell` is where it stood, if that
    cell is left.
    """

    cell: Cell | None
    message: str


def path_of(notebook: Path) -> Path:
    """Where the manifest of the notebook at this path is."""
    return notebook.with_suffix(".manifest.json")


def assertions(cell: Cell) -> list[str]:
    """The assertions of a code cell as written, on one line: ``assert`` statements and calls named ``assert...``."""
    if cell.tree is None:
        return []
    found = []
    for node in ast.walk(cell.tree):
        if isinstance(node, ast.Assert):
            found.append((node.lineno, node.col_offset, f"assert {_written(cell, node.test)}"))
        elif isinstance(node, ast.Call):
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            if name.startswith("assert"):
                found.append((node.lineno, node.col_offset, _written(cell, node)))
    return [text for _, _, text in sorted(found)]


def _written(cell: Cell, node: ast.expr) -> str:
    """The source of `node`; `ast.unparse` would not do, since it writes differently from one Python to the next."""
    return " ".join((ast.get_source_segment(cell.source, node) or "").split())


def digest(value: Any) -> str:
    """A short stable digest of anything that JSON holds."""
    text = value if isinstance(value, str) else json.dumps(value, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def output_digest(cell: Cell) -> str | None:
    """The digest of what `cell` stores, in order and without counts; None where nobody compares it."""
    if MEASUREMENTS in cell.tags:
        return None
    kept = [{key: value for key, value in output.items() if key != "execution_count"} for output in cell.outputs]
    return digest(kept)


def take(notebook: Notebook) -> dict[str, Any]:
    """The manifest of `notebook` as it stands."""
    lists: dict[str, list[dict[str, Any]]] = {name: [] for name in _LISTS}
    cells = []
    for cell in notebook.code:
        cells.append(
            {"id": cell.id, "starts": cell.first_line, "source": digest(cell.source), "outputs": output_digest(cell)}
        )
        lists["assertions"] += [{"cell": cell.id, "is": text} for text in assertions(cell)]
        for record in cell.records():
            _add_record(lists, cell.id, record)
    for cell in notebook.prose:
        if cell.section == "Exercises":
            titles = [title for level, title in markdown.headings(cell.source) if level == 3]
            lists["exercises"] += [{"cell": cell.id, "is": title} for title in titles]
    return {"schema": SCHEMA, "notebook": notebook.path.name, "cells": cells, **lists}


def _add_record(lists: dict[str, list[dict[str, Any]]], id: str, record: Mapping[str, Any]) -> None:
    kind = record.get("kind")
    if kind == "check":
        title = str(record.get("title"))
        lists["checks"].append({"cell": id, "is": title})
        for falsifier in record.get("falsifiers") or []:
            lists["falsifiers"].append({"cell": id, "is": f"{falsifier.get('what')} (of {title})"})
    elif kind == "claim":
        strength = {"status": record.get("status"), "tests": len(record.get("tests") or [])}
        lists["claims"].append({"cell": id, "is": str(record.get("id")), **strength})
    elif kind == "derivation":
        strength = {"status": record.get("status"), "steps": len(record.get("steps") or [])}
        lists["derivations"].append({"cell": id, "is": str(record.get("title")), **strength})
    elif kind in ("figure", "slider", "sketch"):
        # The words of a figure may be improved freely; that it is there is what counts.
        lists["drawings"].append({"cell": id, "is": str(kind)})
    elif kind == "answer":
        lists["answers"].append({"cell": id, "is": str(record.get("title"))})


def dumps(manifest: Mapping[str, Any]) -> str:
    """The text of a manifest: stable, one value a line, so that a diff reads well."""
    return json.dumps(manifest, indent=1, ensure_ascii=False) + "\n"


def load(path: Path) -> dict[str, Any] | None:
    """The manifest at `path`; None where there is none. Raises `NotebookError` for a broken one."""
    try:
        manifest = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError, json.JSONDecodeError) as error:
        raise NotebookError(f"{path.as_posix()} cannot be read: {error}; delete it and run refresh") from None
    if not isinstance(manifest, dict) or manifest.get("schema") != SCHEMA:
        raise NotebookError(f"{path.as_posix()} is no manifest of schema {SCHEMA}: delete it and run refresh")
    return manifest


def losses(old: Mapping[str, Any], notebook: Notebook, *, source_only: bool = False) -> Iterator[Loss]:
    """What `old` holds that `notebook` has lost or weakened.

    `source_only` looks at what the code and the prose alone show (cells, assertions, exercises), as before a
    first run.
    """
    now = take(notebook)
    by_id = {cell.id: cell for cell in notebook.cells}
    present = {cell["id"] for cell in now["cells"]}
    for cell in old.get("cells", []):
        if cell["id"] not in present:
            yield Loss(by_id.get(cell["id"]), f"the code cell that began {cell['starts']!r} is gone")
    for name in ("assertions", "exercises") if source_only else _LISTS:
        left = Counter(_key(name, item) for item in now[name])
        strength = {item["is"]: item for item in now[name]}
        for item in old.get(name, []):
            where = by_id.get(item["cell"])
            if not left[_key(name, item)]:
                said = item["is"] if name == "drawings" else repr(item["is"])
                yield Loss(where, f"{_WORDS[name]} {said} is gone")
            else:
                left[_key(name, item)] -= 1
                for weaker in _weaker(item, strength.get(item["is"], item)):
                    yield Loss(where, f"{_WORDS[name]} {item['is']!r} {weaker}")


def _key(name: str, item: Mapping[str, Any]) -> tuple[str, ...]:
    """Two drawings are told apart by their cell, everything else by what it says."""
    return (item["is"], item["cell"]) if name == "drawings" else (item["is"],)


def _weaker(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[str]:
    ranks = {status: rank for rank, status in enumerate(STATUSES)}
    if ranks.get(new.get("status"), 0) > ranks.get(old.get("status"), 0):
        yield f"was {old['status']} and is {new['status']}"
    for count in ("steps", "tests"):
        if (new.get(count) or 0) < (old.get(count) or 0):
            yield f"had {old[count]} {count} and has {new[count]}"


def check(notebook: Notebook) -> Iterator[Finding]:
    """Every difference between `notebook` and its stored manifest."""
    stored = path_of(notebook.path)
    try:
        old = load(stored)
    except NotebookError as error:
        yield notebook.finding(None, "manifest", str(error))
        return
    if old is None:
        yield notebook.finding(None, "manifest", f"{stored.name} is missing beside the notebook: run refresh")
        return
    # Records of a cell that was not run are not lost: rule "not-run" already says what is wrong.
    unrun = any(cell.count is None for cell in notebook.code) or not any(cell.outputs for cell in notebook.code)
    for loss in losses(old, notebook, source_only=unrun):
        message = f"{loss.message}: put it back, or run refresh --accept if that is meant"
        yield notebook.finding(loss.cell, "lost", message)
    now = take(notebook)
    before = {cell["id"]: cell for cell in old.get("cells", [])}
    for cell, entry in zip(notebook.code, now["cells"], strict=True):
        was = before.get(cell.id)
        if was is None:
            yield notebook.finding(cell, "new", "this cell is not in the manifest: run refresh")
        elif was["source"] != entry["source"]:
            yield notebook.finding(cell, "edited", "the code was edited after its output was stored: run refresh")
        elif was["outputs"] != entry["outputs"] and cell.count is not None:
            yield notebook.finding(cell, "edited", "the stored output is not the one that refresh stored: run refresh")
    order = [cell["id"] for cell in now["cells"] if cell["id"] in before]
    if order != [id for id in before if id in order]:
        yield notebook.finding(None, "edited", "the code cells stand in another order than when they ran: run refresh")
    by_id = {cell.id: cell for cell in notebook.cells}
    for name in _LISTS:
        known = Counter(_key(name, item) for item in old.get(name, []))
        for item in now[name]:
            known[_key(name, item)] -= 1
            if known[_key(name, item)] < 0:
                said = item["is"] if name == "drawings" else repr(item["is"])
                message = f"{_WORDS[name]} {said} is not in the manifest: run refresh"
                yield notebook.finding(by_id.get(item["cell"]), "new", message)


def vacuous(cell: Cell) -> Iterator[str]:
    """The assertions of `cell` that cannot fail, in words."""
    for node in ast.walk(cell.tree) if cell.tree is not None else ():
        if isinstance(node, ast.Assert) and (why := _cannot_fail(node.test)):
            yield f"`assert {ast.unparse(node.test)}` {why}"


def _cannot_fail(test: ast.expr) -> str:
    if isinstance(test, ast.Constant) and test.value:
        return "asserts a constant"
    if isinstance(test, ast.Tuple) and test.elts:
        return "asserts a tuple, which is always true: drop the parentheses"
    if isinstance(test, ast.BoolOp) and isinstance(test.op, ast.Or) and any(map(_cannot_fail, test.values)):
        return "has an alternative that is always true"
    if isinstance(test, ast.Compare) and len(test.ops) == 1 and not isinstance(test.ops[0], (ast.NotEq, ast.IsNot)):
        same = ast.dump(test.left) == ast.dump(test.comparators[0])
        if same and not isinstance(test.ops[0], (ast.Lt, ast.Gt)) and not re.search(r"\(", ast.unparse(test.left)):
            return "compares a thing with itself"
    return ""
