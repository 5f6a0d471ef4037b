"""The form of ``ledger.json``: a JSON Schema that is served beside it, shown as a table, and checked at every build."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from html import escape
from pathlib import Path
from typing import Any

from assayer.site.markup import markdown_line, table

NAME = "ledger.schema.json"
FILE = Path(__file__).parent / NAME
MOST = 5
"""So many findings are told; more would say the same thing again."""


@cache
def schema() -> dict[str, Any]:
    """The schema itself, draft 2020-12."""
    found: dict[str, Any] = json.loads(FILE.read_text("utf-8"))
    return found


def problems(listed: object) -> list[str]:
    """One line, of `MOST`, for each way in which `listed`, read from ``ledger.json``, is not as the schema says."""
    from jsonschema import Draft202012Validator

    found = sorted(Draft202012Validator(schema()).iter_errors(listed), key=lambda error: list(map(str, error.path)))
    return [f"ledger.json at {_where(listed, list(error.path))}: {error.message[:200]}" for error in found[:MOST]]


def _where(listed: object, path: list[Any]) -> str:
    """A place in the ledger in words: the claim's id where there is one, then the fields."""
    if not path:
        return "its root"
    first: Any = path[0]
    if isinstance(listed, list) and isinstance(first, int) and isinstance(listed[first], dict):
        first = listed[first].get("id", first)
    return ".".join(map(str, [repr(first), *path[1:]]))


def fields() -> str:
    """The fields of an entry as a table, and those of the objects that it holds."""
    claim = schema()["items"]
    tables = [_table("Fields of an entry of ledger.json", claim)]
    tables += [
        _table(f"Fields of an entry's {_plain(name)}", inner)
        for name, about in claim["properties"].items()
        if (inner := _inner(about)) is not None
    ]
    return f'<div class="ay-ledger">{"".join(tables)}</div>'


def _plain(name: str) -> str:
    return name.replace("_", " ")


def _inner(about: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The object that a field is, or is a list of; None where it holds none with named fields."""
    for one in (about, about.get("items", {}), *about.get("oneOf", ())):
        if "properties" in one:
            return one
    return None


def _table(label: str, about: Mapping[str, Any]) -> str:
    needed = set(about.get("required", ()))
    rows = [
        (
            f"<code>{escape(name)}</code>" + ("" if name in needed else " (may be missing)"),
            escape(_kind(field)),
            markdown_line(field["description"]),
        )
        for name, field in about["properties"].items()
    ]
    return table(label, ("Field", "Type", "Meaning"), rows)


def _kind(field: Mapping[str, Any]) -> str:
    """The type of a field in words."""
    if "enum" in field:
        return " or ".join("null" if word is None else f"“{word}”" for word in field["enum"])
    if "oneOf" in field:
        return " or ".join(_kind(one) for one in field["oneOf"])
    kind = str(field["type"])
    if kind == "array":
        return f"list of {_several(field['items'])}"
    if kind == "object" and "additionalProperties" in field and "properties" not in field:
        return "object from text to text"
    return {"string": "text"}.get(kind, kind)


def _several(items: Mapping[str, Any]) -> str:
    return {"string": "texts", "object": "objects"}[str(items["type"])]
