"""The vocabulary of records and the shape of each kind. Read through `assayer.claims.records`."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

MIME = "application/vnd.assayer+json"
SCHEMA = 1
STATUSES = ("proved", "certified", "assumed", "tested", "refuted")
"""What a result can be, strongest first."""
SIGNS = {"proved": "■", "certified": "◆", "assumed": "○", "tested": "△", "refuted": "✗"}
"""The sign that stands beside the word and the colour of each status."""
WORDS = {
    "proved": "proved by the checker",
    "certified": "certified by ball arithmetic",
    "assumed": "assumed, with a citation",
    "tested": "tested, not proved",
    "refuted": "refuted",
}
"""Each status in words, for places where there is room for them."""
VERDICTS = ("agrees", "differs")
"""What a published value can be, beside ours."""

_ID = re.compile(r"[a-z][a-z0-9_]*(?:\.[a-z][a-z0-9_]*)+")

Record = dict[str, Any]


class RecordError(ValueError):
    """A record, a notebook or a book of records that is not as it must be; the message names it."""


def is_claim_id(text: object) -> bool:
    """Whether `text` is a claim id: ``chapter.name``, lower case, words joined by underscores."""
    return isinstance(text, str) and _ID.fullmatch(text) is not None


def weakest(statuses: Iterable[str]) -> str:
    """Return the weakest of `statuses`; raise `RecordError` for none or for an unknown one."""
    found = [str(getattr(status, "value", status)) for status in statuses]
    for status in found:
        if status not in STATUSES:
            raise RecordError(f"unknown status {status!r}: one of {', '.join(STATUSES)}")
    if not found:
        raise RecordError("no status to take the weakest of")
    return max(found, key=STATUSES.index)


# --- The shape of each kind -------------------------------------------------------------------
# A rule is a function (value, where) that raises RecordError; `where` names the value in messages.

Rule = Callable[[Any, str], None]


def _text(value: Any, where: str) -> None:
    if not isinstance(value, str):
        raise RecordError(f"{where} must be text, not {type(value).__name__}")


def _filled(value: Any, where: str) -> None:
    _text(value, where)
    if not value.strip():
        raise RecordError(f"{where} is empty")


def _text_or_null(value: Any, where: str) -> None:
    if value is not None:
        _text(value, where)


def _one_of(*allowed: str) -> Rule:
    def rule(value: Any, where: str) -> None:
        if value not in allowed:
            raise RecordError(f"{where} is {value!r}: must be one of {', '.join(allowed)}")

    return rule


def _list(of: Rule, *, least: int = 0) -> Rule:
    def rule(value: Any, where: str) -> None:
        if not isinstance(value, list):
            raise RecordError(f"{where} must be a list, not {type(value).__name__}")
        if len(value) < least:
            raise RecordError(f"{where} holds {len(value)}, fewer than {least}")
        for position, item in enumerate(value):
            of(item, f"{where}[{position}]")

    return rule


def _object(**fields: Rule) -> Rule:
    def rule(value: Any, where: str) -> None:
        if not isinstance(value, Mapping):
            raise RecordError(f"{where} must be an object, not {type(value).__name__}")
        for name, check in fields.items():
            if name not in value:
                raise RecordError(f"{where} lacks {name!r}")
            check(value[name], f"{where}.{name}")

    return rule


def _or_null(of: Rule) -> Rule:
    def rule(value: Any, where: str) -> None:
        if value is not None:
            of(value, where)

    return rule


def _number(value: Any, where: str) -> None:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise RecordError(f"{where} must be a number, not {type(value).__name__}")


def _claim_id(value: Any, where: str) -> None:
    if not is_claim_id(value):
        raise RecordError(
            f"{where} {value!r} is not a claim id: write chapter.name in lower case, words joined by underscores"
        )


def _svg(value: Any, where: str) -> None:
    _text(value, where)
    if not value.lstrip().startswith("<svg"):
        raise RecordError(f"{where} is not an <svg> element")


_status = _one_of(*STATUSES)
_printed = _object(plain=_filled, latex=_text)
_hypothesis = _object(name=_filled, plain=_filled, latex=_text)
_step = _object(
    relation=_filled,
    plain=_filled,
    latex=_text,
    reason=_text,
    status=_status,
    kernel=_text,
    conditions=_list(_text),
    used=_list(_text),
    lemmas=_list(_text),
)
_SHAPES: dict[str, Rule] = {
    "derivation": _object(
        title=_filled,
        hypotheses=_list(_hypothesis),
        start=_printed,
        steps=_list(_step),
        conclusion=_printed,
        status=_status,
        unused=_list(_text),
    ),
    "claim": _object(
        id=_claim_id,
        statement=_filled,
        latex=_text,
        hypotheses=_list(_hypothesis),
        source=_object(key=_filled, where=_text),
        status=_status,
        kernels=_list(_text),
        theorems=_list(_filled),
        tests=_list(_filled),
        rests_on=_list(_claim_id),
        published=_list(_object(quantity=_filled, published=_filled, ours=_filled, verdict=_one_of(*VERDICTS))),
        erratum=_or_null(_object(printed=_filled, verified=_filled, counterexample=_text, repair=_text)),
    ),
    "check": _object(
        title=_filled,
        predicted=_text,
        budget=_filled,
        verdict=_one_of("passed"),
        falsifiers=_list(_object(what=_filled, verdict=_one_of("rejected")), least=1),
        measured=_text_or_null,
    ),
    "figure": _object(alt=_filled, shows=_filled, check=_text_or_null),
    "slider": _object(
        label=_filled,
        values=_list(_text, least=2),
        frames=_list(_svg, least=2),
        alts=_list(_filled, least=2),
        shows=_filled,
    ),
    "sketch": _object(
        label=_filled,
        sizes=_list(_number, least=2),
        nodes=_list(_number, least=2),
        weights=_list(_number, least=2),
        basis=_list(_list(_number), least=1),
        signals=_list(_object(name=_filled, values=_list(_number)), least=1),
        alt=_filled,
        shows=_filled,
    ),
    "answer": _object(title=_filled, verdict=_filled),
}
_SECOND = _object(label=_filled, values=_list(_text, least=2))
KINDS = tuple(_SHAPES)
"""Every kind of record."""


def _plain_json(value: Any, where: str) -> None:
    """Refuse what JSON cannot hold, and the infinities and NaN that Python would write all the same."""
    if value is None or isinstance(value, (str, bool, int)):
        return
    if isinstance(value, float):
        if not math.isfinite(value):
            raise RecordError(f"{where} is {value}, which JSON cannot hold")
        return
    if isinstance(value, Mapping):
        for key, item in value.items():
            if not isinstance(key, str):
                raise RecordError(f"{where} has the key {key!r}, which is not text")
            _plain_json(item, f"{where}.{key}")
        return
    if isinstance(value, list):
        for position, item in enumerate(value):
            _plain_json(item, f"{where}[{position}]")
        return
    raise RecordError(f"{where} is a {type(value).__name__}, which JSON cannot hold")


def validate(record: object) -> Record:
    """Return `record` if it is a well-formed record, else raise `RecordError` naming the field.

    Fields beyond the required ones are allowed, so that a record can grow without breaking a reader.
    """
    if not isinstance(record, dict):
        raise RecordError(f"a record must be an object, not {type(record).__name__}")
    if record.get("schema") != SCHEMA:
        raise RecordError(f"record has schema {record.get('schema')!r}; this version reads {SCHEMA}")
    kind = record.get("kind")
    if not isinstance(kind, str) or kind not in _SHAPES:
        raise RecordError(f"unknown kind of record {kind!r}: one of {', '.join(KINDS)}")
    _plain_json(record, str(kind))
    _SHAPES[kind](record, str(kind))
    if kind == "slider":
        _one_for_every_position(record)
    if kind == "sketch":
        lengths = {len(row) for row in (record["nodes"], record["weights"], *record["basis"])}
        lengths |= {len(one["values"]) for one in record["signals"]}
        if len(lengths) != 1 or not all(1 <= size <= len(record["basis"]) for size in record["sizes"]):
            raise RecordError(
                f"sketch {record['label']!r}: nodes, weights, basis, signals and sizes do not fit together"
            )
    if kind == "claim" and not (record["theorems"] or record["tests"]):
        raise RecordError(f"claim {record['id']!r} has neither a theorem nor a test")
    return record


def _one_for_every_position(record: Record) -> None:
    sizes = {name: len(record[name]) for name in ("values", "frames", "alts")}
    if record.get("second") is not None:
        _SECOND(record["second"], "slider.second")
        sizes["values"] *= len(record["second"]["values"])
    if len(set(sizes.values())) != 1:
        listed = ", ".join(f"{size} {name}" for name, size in sizes.items())
        raise RecordError(f"slider {record['label']!r} has {listed}: one of each for every position")
