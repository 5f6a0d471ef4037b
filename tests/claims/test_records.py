"""The stored form of shown objects: what is accepted, what is refused and in which words."""

from __future__ import annotations

import copy
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from assayer.claims import records
from assayer.claims.records import RecordError


def claim(id: str = "near.identity", **changes: Any) -> records.Record:
    return records.make(
        "claim",
        **{
            "id": id,
            "statement": "$S = N$",
            "latex": "",
            "hypotheses": [{"name": "A1", "plain": "a >= 1", "latex": "a \\ge 1"}],
            "source": {"key": "su2023", "where": "eq. (3)"},
            "status": "proved",
            "kernels": ["normal form"],
            "theorems": ["identity"],
            "tests": [],
            "rests_on": [],
            "published": [],
            "erratum": None,
            **changes,
        },
    )


STEP = {
    "relation": "=",
    "plain": "a + b",
    "latex": "a + b",
    "reason": "expand",
    "status": "proved",
    "kernel": "normal form",
    "conditions": [],
    "used": [],
    "lemmas": [],
}
GOOD: dict[str, dict[str, Any]] = {
    "derivation": {
        "title": "identity",
        "hypotheses": [],
        "start": {"plain": "b + a", "latex": "b + a"},
        "steps": [STEP],
        "conclusion": {"plain": "b + a = a + b", "latex": ""},
        "status": "proved",
        "unused": [],
    },
    "claim": {k: v for k, v in claim().items() if k not in ("schema", "kind")},
    "check": {
        "title": "t",
        "predicted": "1",
        "budget": "exactly as predicted",
        "verdict": "passed",
        "falsifiers": [{"what": "the sign flipped", "verdict": "rejected"}],
        "measured": None,
    },
    "figure": {"alt": "a", "shows": "s", "check": None},
    "slider": {
        "label": "N",
        "values": ["1", "2"],
        "frames": ["<svg/>", "<svg/>"],
        "alts": ["one", "two"],
        "shows": "s",
    },
    "sketch": {
        "label": "N",
        "sizes": [1, 2],
        "nodes": [0.0, 1.0],
        "weights": [1.0, 1.0],
        "basis": [[1.0, 0.0], [0.0, 1.0]],
        "signals": [{"name": "a step", "values": [0.0, 1.0]}],
        "alt": "a",
        "shows": "s",
    },
    "answer": {"title": "Exercise 1", "verdict": "proved"},
}


@pytest.mark.parametrize("kind", GOOD)
def test_each_kind_is_accepted_whole_and_refused_without_any_of_its_fields(kind: str) -> None:
    assert set(GOOD) == set(records.KINDS)
    assert records.make(kind, **GOOD[kind])["kind"] == kind
    for name in GOOD[kind]:
        fields = {key: value for key, value in GOOD[kind].items() if key != name}
        with pytest.raises(RecordError, match=f"^{kind} lacks '{name}'$"):
            records.make(kind, **fields)


def test_further_fields_are_allowed() -> None:
    assert records.make("figure", **GOOD["figure"], width=3)["width"] == 3


@pytest.mark.parametrize(
    ("kind", "change", "message"),
    [
        ("claim", {"id": "Near.identity"}, "claim.id 'Near.identity' is not a claim id"),
        ("claim", {"statement": "  "}, "claim.statement is empty"),
        ("claim", {"source": {"key": "", "where": ""}}, "claim.source.key is empty"),
        ("claim", {"status": "shown"}, "claim.status is 'shown': must be one of proved, certified"),
        ("claim", {"theorems": [], "tests": []}, "claim 'near.identity' has neither a theorem nor a test"),
        ("claim", {"rests_on": ["nothing"]}, r"claim.rests_on\[0\] 'nothing' is not a claim id"),
        ("claim", {"hypotheses": [{"name": "A"}]}, r"claim.hypotheses\[0\] lacks 'plain'"),
        ("claim", {"hypotheses": "A1"}, "claim.hypotheses must be a list, not str"),
        ("claim", {"erratum": {"printed": "x"}}, "claim.erratum lacks 'verified'"),
        ("claim", {"erratum": 3}, "claim.erratum must be an object, not int"),
        (
            "claim",
            {"published": [{"quantity": "q", "published": "1", "ours": "2", "verdict": "close"}]},
            r"claim.published\[0\].verdict is 'close': must be one of agrees, differs",
        ),
        ("check", {"falsifiers": []}, "check.falsifiers holds 0, fewer than 1"),
        ("check", {"verdict": "failed"}, "check.verdict is 'failed': must be one of passed"),
        ("check", {"falsifiers": [{"what": "w", "verdict": "allowed"}]}, "must be one of rejected"),
        ("check", {"measured": 3}, "check.measured must be text, not int"),
        ("figure", {"alt": ""}, "figure.alt is empty"),
        ("slider", {"alts": ["one", "two", "three"]}, "2 values, 2 frames, 3 alts"),
        ("slider", {"frames": ["<svg/>", "<p/>"]}, r"slider.frames\[1\] is not an <svg> element"),
        ("slider", {"second": {"label": "d", "values": ["1", "2"]}}, "4 values, 2 frames, 2 alts"),
        ("slider", {"second": {"label": "d"}}, "slider.second lacks 'values'"),
        ("sketch", {"nodes": [0.0, 1.0, 2.0]}, "do not fit together"),
        ("sketch", {"sizes": [1, 3]}, "do not fit together"),
        ("sketch", {"weights": [1.0, "1"]}, r"sketch.weights\[1\] must be a number, not str"),
        ("derivation", {"steps": [{**STEP, "status": "done"}]}, r"derivation.steps\[0\].status is 'done'"),
        ("answer", {"score": float("nan")}, "answer.score is nan, which JSON cannot hold"),
        ("answer", {"score": (1,)}, "answer.score is a tuple, which JSON cannot hold"),
        ("answer", {"score": {1: 2}}, "answer.score has the key 1, which is not text"),
    ],
)
def test_a_malformed_field_is_named(kind: str, change: dict[str, Any], message: str) -> None:
    with pytest.raises(RecordError, match=message):
        records.make(kind, **{**GOOD[kind], **change})


@pytest.mark.parametrize(
    ("record", "message"),
    [
        ([], "a record must be an object, not list"),
        ({"kind": "figure"}, "record has schema None; this version reads 1"),
        ({"schema": 2, "kind": "figure"}, "record has schema 2; this version reads 1"),
        ({"schema": 1, "kind": "picture"}, "unknown kind of record 'picture': one of derivation, claim"),
        ({"schema": 1, "kind": ["claim"]}, "unknown kind of record"),
    ],
)
def test_what_is_no_record_is_refused(record: object, message: str) -> None:
    with pytest.raises(RecordError, match=message):
        records.validate(record)


@pytest.mark.parametrize("id", ["a.b", "near_product.identity", "a1.b_2.c"])
def test_claim_ids(id: str) -> None:
    assert records.is_claim_id(id)


@pytest.mark.parametrize("id", ["", "a", "A.b", "a.B", "a..b", ".a", "a.", "a.1b", "a b.c", "a-b.c", "a.b\n", 3, None])
def test_what_is_no_claim_id(id: object) -> None:
    assert not records.is_claim_id(id)


def test_statuses_are_ordered_signed_and_worded() -> None:
    assert records.weakest(["proved", "certified"]) == "certified"
    assert records.weakest(["tested", "assumed"]) == "tested"
    assert records.weakest(["refuted", "proved"]) == "refuted"
    assert set(records.SIGNS) == set(records.WORDS) == set(records.STATUSES)
    assert len(set(records.SIGNS.values())) == len(records.STATUSES)
    with pytest.raises(RecordError, match="unknown status 'true'"):
        records.weakest(["proved", "true"])
    with pytest.raises(RecordError, match="no status"):
        records.weakest([])


def notebook(*cells: list[records.Record], **top: Any) -> str:
    """A notebook's text: one code cell for each list of records."""
    body = [{"cell_type": "code", "outputs": [output for r in cell for output in _output(r)]} for cell in cells]
    return json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": body, **top})


def _output(record: records.Record) -> list[dict[str, Any]]:
    data = {"text/plain": ["x"], records.MIME: record}
    return [
        {"output_type": "stream", "name": "stdout", "text": ["noise"]},
        {"output_type": "display_data", "data": data, "metadata": {}},
    ]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "chapters").mkdir()
    return tmp_path


def write(root: Path, name: str, *cells: list[records.Record]) -> str:
    (root / "chapters" / f"{name}.ipynb").write_text(notebook(*cells), encoding="utf-8")
    return f"chapters/{name}"


def test_a_notebook_gives_its_records_with_their_cells(root: Path) -> None:
    figure = records.make("figure", **GOOD["figure"])
    write(root, "a", [], [claim()], [figure, claim("near.other")])
    found = records.read_notebook(root / "chapters/a.ipynb")
    assert [(cell, record["kind"]) for cell, record in found] == [(1, "claim"), (2, "figure"), (2, "claim")]


def test_a_malformed_record_is_named_with_its_cell(root: Path) -> None:
    broken = copy.deepcopy(claim())
    del broken["source"]
    write(root, "a", [], [broken])
    with pytest.raises(RecordError, match="^chapters/a.ipynb cell 1: claim lacks 'source'$"):
        records.read_book(root, ["chapters/a"])


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "n.ipynb: no such notebook"),
        ("{", "n.ipynb cannot be read as a notebook"),
        ("[]", "n.ipynb is not a notebook of format 4"),
        ('{"nbformat": 3}', "n.ipynb is not a notebook of format 4"),
    ],
)
def test_what_is_no_notebook_is_refused(tmp_path: Path, content: str | None, message: str) -> None:
    path = tmp_path / "n.ipynb"
    if content is not None:
        path.write_text(content, encoding="utf-8")
    with pytest.raises(RecordError, match=message):
        records.read_notebook(path)


def test_a_book_reads_notebooks_in_order_and_passes_over_pages(root: Path) -> None:
    write(root, "a", [claim("a.one")])
    write(root, "b", [claim("b.one", rests_on=["a.one"])])
    (root / "chapters/intro.md").write_text("# Intro", encoding="utf-8")
    book = records.read_book(root, ["chapters/intro", "chapters/b", "chapters/a.ipynb"])
    assert [chapter.name for chapter in book] == ["b", "a"]
    assert [found.id for found in book.claims] == ["b.one", "a.one"]
    assert book.claim("a.one").place == "chapters/a.ipynb cell 0"
    with pytest.raises(RecordError, match="no chapter declares the claim 'a.two'"):
        book.claim("a.two")


def test_a_claim_id_used_twice_is_named_with_both_places(root: Path) -> None:
    write(root, "a", [], [claim("x.y")])
    write(root, "b", [claim("x.y")])
    with pytest.raises(
        RecordError,
        match="^claim id 'x.y' is used twice: chapters/a.ipynb cell 1 and chapters/b.ipynb cell 0$",
    ):
        records.read_book(root, ["chapters/a", "chapters/b"])


def test_the_same_claim_shown_again_in_its_chapter_counts_once_and_another_does_not(root: Path) -> None:
    write(root, "a", [claim("x.y")], [claim("x.y")])
    assert len(records.read_book(root, ["chapters/a"]).claims) == 1
    write(root, "a", [claim("x.y")], [claim("x.y", statement="another")])
    with pytest.raises(RecordError, match="'x.y' is used twice: chapters/a.ipynb cell 0 and chapters/a.ipynb cell 1"):
        records.read_book(root, ["chapters/a"])


def test_a_missing_ancestor_and_a_circle_are_refused(root: Path) -> None:
    write(root, "a", [claim("a.one", rests_on=["a.two"])])
    with pytest.raises(RecordError, match="claim 'a.one' rests on 'a.two', which no chapter declares"):
        records.read_book(root, ["chapters/a"])
    write(root, "a", [claim("a.one", rests_on=["a.two"])], [claim("a.two", rests_on=["a.one"])])
    with pytest.raises(RecordError, match="in a circle: a.one → a.two → a.one"):
        records.read_book(root, ["chapters/a"])


def test_a_claim_stands_no_stronger_than_its_ancestors(root: Path) -> None:
    write(
        root,
        "a",
        [claim("a.top", rests_on=["a.middle"]), claim("a.middle", rests_on=["a.root"])],
        [claim("a.root", status="tested"), claim("a.alone")],
    )
    book = records.read_book(root, ["chapters/a"])
    assert [book.standing(id) for id in ("a.top", "a.middle", "a.root", "a.alone")] == [
        "tested",
        "tested",
        "tested",
        "proved",
    ]


def test_two_chapters_of_one_name_are_refused(root: Path) -> None:
    write(root, "a", [])
    (root / "other").mkdir()
    (root / "other/a.ipynb").write_text(notebook(), encoding="utf-8")
    with pytest.raises(RecordError, match=r"two chapters are named 'a': chapters/a.ipynb and other/a.ipynb"):
        records.read_book(root, ["chapters/a", "other/a"])


def test_reading_records_needs_the_standard_library_alone() -> None:
    script = (
        "import sys, assayer.claims.records\n"
        "ours = {m for m in sys.modules if m.startswith('assayer.')}\n"
        "print(sorted(ours - {'assayer.claims', 'assayer.claims.records', 'assayer.claims.shapes'}))\n"
        "print([m for m in ('numpy', 'sympy', 'torch', 'matplotlib', 'IPython') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["[]", "[]"]
