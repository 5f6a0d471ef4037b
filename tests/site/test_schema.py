"""The form of ``ledger.json``: the book's own ledger has it, a falsified one has not, and the page's example runs."""

from __future__ import annotations

import contextlib
import copy
import io
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from assayer.claims.records import read_book
from assayer.site import kept, ledger, schema, sources
from assayer.site.pages import documents
from assayer.site.parts import Site
from assayer.site.parts import schema as part

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def listed() -> list[dict[str, Any]]:
    """What ``ledger.json`` holds for the book's own chapters."""
    book = read_book(ROOT, documents(ROOT))
    known = sources.read([ROOT / "chapters" / "references.bib"])
    return ledger.entries(book, known, lambda id: f"{book.claim(id).chapter.path.removesuffix('.ipynb')}.html#{id}")


def test_the_schema_is_one() -> None:
    Draft202012Validator.check_schema(schema.schema())
    assert schema.schema()["type"] == "array", "programs rely on a list"


def test_the_ledger_of_the_book_has_this_form(listed: list[dict[str, Any]]) -> None:
    assert len(listed) > 50 and schema.problems(listed) == []
    assert any(claim["erratum"] for claim in listed) and any(claim["published"] for claim in listed)


def test_every_field_is_described(listed: list[dict[str, Any]]) -> None:
    """The schema lets a reader pass over fields that it does not know; ours are all in it."""
    about = schema.schema()["items"]
    wrong = about["properties"]["erratum"]["oneOf"][1]
    for claim in listed:
        assert set(claim) == set(about["properties"]) == set(about["required"])
        assert set(claim["source"]) == set(about["properties"]["source"]["properties"])
        for name in ("symbols", "hypotheses", "published"):
            for one in claim[name]:
                assert set(one) == set(about["properties"][name]["items"]["properties"])
        assert claim["erratum"] is None or set(claim["erratum"]) == set(wrong["properties"])


FALSIFIED: dict[str, tuple[Callable[[dict[str, Any]], Any], str]] = {
    "a field is missing": (lambda one: one.pop("rests_on"), "'rests_on' is a required property"),
    "a status nobody knows": (lambda one: one.update(status="likely"), "'likely' is not one of"),
    "an id in capitals": (lambda one: one.update(id="HiPPO.LegS"), "does not match"),
    "a source as text": (lambda one: one.update(source="Su2023"), "is not of type 'object'"),
    "a verdict of our own": (lambda one: one.update(verdict="fine"), "'fine' is not one of"),
    "an empty statement": (lambda one: one.update(statement=""), "should be non-empty"),
    "a number for a value": (lambda one: one.update(ours={"q": 3}), "3 is not of type 'string'"),
    "an erratum without its verified form": (lambda one: one.update(erratum={"printed": "x"}), "is not valid under"),
    "the same ancestor twice": (lambda one: one.update(rests_on=["a.b", "a.b"]), "has non-unique elements"),
    "a page elsewhere": (lambda one: one.update(page="https://example.org/a.html#a"), "does not match"),
}


@pytest.mark.parametrize("what", FALSIFIED)
def test_a_falsified_ledger_is_refused(listed: list[dict[str, Any]], what: str) -> None:
    change, message = FALSIFIED[what]
    false = copy.deepcopy(listed[:3])
    change(false[1])
    found = schema.problems(false)
    assert len(found) == 1 and message in found[0] and repr(false[1]["id"]) in found[0]


def test_a_ledger_that_is_no_list_is_refused(listed: list[dict[str, Any]]) -> None:
    assert "ledger.json at its root: " in schema.problems({"claims": listed[:1]})[0]
    assert len(schema.problems([{} for _ in range(9)])) == schema.MOST


def test_the_site_is_not_published_with_a_ledger_of_another_form(tmp_path: Path, listed: list[dict[str, Any]]) -> None:
    site = Site(tmp_path, tmp_path)
    pages = kept.pages({"a.html": "x"})
    assert part.finish(site, pages) == pages
    assert json.loads((tmp_path / "ledger.schema.json").read_text("utf-8")) == schema.schema()
    ledger.write_json(tmp_path / "ledger.json", listed)
    assert part.seal(site, pages) == (pages, [])
    ledger.write_json(tmp_path / "ledger.json", [{**listed[0], "status": "likely"}])
    assert part.seal(site, pages)[1] == [
        f"ledger.json at '{listed[0]['id']}'.status: "
        "'likely' is not one of ['proved', 'certified', 'assumed', 'tested', 'refuted']"
    ]


def test_the_table_of_fields_is_the_schema() -> None:
    html = schema.fields()
    rows = re.findall(r"<tr><td><code>(\w+)</code></td>", html.split("</table>")[0])
    assert rows == list(schema.schema()["items"]["properties"])
    assert html.count("<table") == 1 + 5, "symbols, hypotheses, source, published figures, erratum"
    assert "“proved” or “certified”" in html and "list of objects" in html and "null or object" in html


def test_the_example_of_the_page_runs(tmp_path: Path, listed: list[dict[str, Any]], monkeypatch: Any) -> None:
    ledger.write_json(tmp_path / "ledger.json", listed)
    monkeypatch.setenv("SITE", tmp_path.as_uri())
    text = (ROOT / "chapters" / "data.md").read_text("utf-8")
    (example,) = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        exec(compile(example, "chapters/data.md", "exec"), {})
    assert said.getvalue().splitlines() == [
        "proved hippo.legs",
        "proved hippo.linear",
        "proved hippo.recurrences",
        "proved hippo.right_end",
        "proved hippo.stretched_slope",
    ]
