"""Scores that are measured beside the book and stored in ``benchmarks/``: the banks of claims, and mutants."""

from __future__ import annotations

import json
from html import escape
from pathlib import Path
from typing import Any

from assayer.site.errors import SiteError
from assayer.site.markup import table

TRAPS, MUTANTS = "benchmarks/checker.json", "benchmarks/mutants.json"
_JUDGES = {
    "simplify": "<code>simplify</code>",
    "doit": "<code>simplify</code> after <code>doit</code>",
    "equals": "<code>equals</code>",
    "sampling": "20 random points",
    "assayer": "this checker",
}
_NOT_YET = '<p class="ay-empty">Not measured yet: {command} measures it and stores it.</p>'


def read(root: Path, name: str) -> dict[str, Any] | None:
    """A stored measurement; None where there is none.

    Raises:
        SiteError: where the file does not hold a measurement.
    """
    path = root / name
    if not path.exists():
        return None
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        if not isinstance(found, dict):
            raise ValueError("it holds no object")
    except (OSError, ValueError) as problem:
        raise SiteError(f"{name} cannot be read ({problem}): measure it anew") from None
    return found


def traps(root: Path) -> str:
    """The false bank and the true bank, for each judge."""
    found = read(root, TRAPS)
    if found is None:
        return _NOT_YET.format(command="<code>python benchmarks/checker.py</code>")
    try:
        return "".join(_bank(found, bank, label) for bank, label in _BANKS) + _groups(found)
    except (KeyError, TypeError, AttributeError) as problem:
        raise SiteError(f"{TRAPS} is not what benchmarks/checker.py writes ({problem!r}): measure it anew") from None


_BANKS = (("false", "False claims that are accepted"), ("true", "True steps that are proved"))


def _bank(found: dict[str, Any], bank: str, label: str) -> str:
    everything = found[bank]["subsets"]["all"]
    rows = [
        (
            title,
            f"{everything[judge]['accepted']} of {everything['count']}",
            f"{100 * everything[judge]['accepted'] / everything['count']:.1f} %",
            str(everything[judge]["timeouts"]),
            f"{everything[judge]['seconds']:.0f}",
        )
        for judge, title in _JUDGES.items()
    ]
    return table(label, ("Judge", "Accepted", "Share", "Out of time", "Seconds in all"), rows)


def _groups(found: dict[str, Any]) -> str:
    rows = [
        (escape(cause), str(part["count"]), *(str(part[judge]) for judge in _JUDGES))
        for cause, part in found["false"]["groups"].items()
    ]
    return table("False claims that are accepted, by their cause", ("Cause", "Claims", *_JUDGES.values()), rows)


def mutants(root: Path) -> str:
    """Mutants of derivations, and of the chapters' functions."""
    found = read(root, MUTANTS)
    if found is None:
        return _NOT_YET.format(command="<code>make mutants</code>")
    try:
        return _derivations(found["derivations"]) + _helpers(found.get("results", {}))
    except (KeyError, TypeError, AttributeError) as problem:
        raise SiteError(f"{MUTANTS} is not what make mutants writes ({problem!r}): measure it anew") from None


def _derivations(found: dict[str, Any]) -> str:
    counts = ("steps", "mutants", "known_false", "accepted_false", "refuted", "unproved", "overran")
    rows = [
        (name, *(str(part[key]) for key in counts), _percent(part["kill_rate"]))
        for name, part in [
            *((escape(name), part) for name, part in found["chapters"].items()),
            ("<b>all</b>", found["total"]),
        ]
    ]
    head = (
        "Where",
        "Steps",
        "Mutants",
        "False",
        "False and accepted",
        "Refuted",
        "Unproved",
        "Out of time",
        "Killed",
    )
    seed = f"<p>Seed of this run: {found['seed']}. What the columns count:</p>"
    return table("Mutants of derivations", head, rows) + seed + _meaning(found)


def _meaning(found: dict[str, Any]) -> str:
    said = (
        f"<dt>{escape(word.replace('_', ' '))}</dt><dd>{escape(what)}</dd>" for word, what in found["meaning"].items()
    )
    return f'<dl class="ay-words">{"".join(said)}</dl>'


def _helpers(found: dict[str, Any]) -> str:
    if not found:
        return ""
    rows = [
        (
            f"<code>{escape(name)}</code>",
            f"{part['mutants']} of {part['possible']}",
            _percent(part["chapter_score"]),
            _percent(part["score"]),
            str(part["survived"]),
        )
        for name, part in found.items()
    ]
    head = ("Functions of", "Mutants", "Noticed by the chapter", "By the chapter or the tests", "Not noticed")
    return table("Mutants of the chapters' functions", head, rows) + _meaning(next(iter(found.values())))


def _percent(share: float | None) -> str:
    return "–" if share is None else f"{100 * share:.1f} %"
