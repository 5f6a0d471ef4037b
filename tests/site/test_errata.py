"""The page of errata: what it says, and addresses that do not move."""

from __future__ import annotations

import re
from typing import Any

import pytest

from assayer.claims.records import Book, Chapter, gather
from assayer.site import errata, sources
from assayer.site.errors import SiteError
from assayer.site.render import Surroundings

SOURCES = {"Su2023": sources.Source("Su2023", "Su 2023", "The least sum", "2023", "https://example.org/least-sum")}
WRONG = {"printed": "$1$ is least", "verified": "$0$ is", "counterexample": "", "repair": "write $0$"}


def book(**chapters: list[dict[str, Any]]) -> Book:
    return gather([Chapter(name, f"{name}.ipynb", tuple(enumerate(records))) for name, records in chapters.items()])


def page(whole: Book) -> str:
    places = errata.Places(lambda id: f"chapter#{id}", lambda chapter: chapter.name.title())
    return errata.page(whole, SOURCES, places, Surroundings(whole, SOURCES, lambda id: f"ledger#{id}", "errata", ""))


def test_an_erratum_in_full(every_record: Any) -> None:
    html = page(book(sample=every_record))
    assert html.startswith(f"<div {errata.MARK}><p>1 erratum in 1 source.</p><h2>Sample</h2>")
    for label in ("As printed", "As verified", "Counterexample", "Smallest repair"):
        assert f"<dt>{label}</dt>" in html
    assert "the scan returns 11" in html and 'href="https://example.org/least-sum"' in html
    assert 'href="chapter#sample.scan">In the chapter' in html and 'href="ledger#sample.scan">In the ledger' in html
    assert 'href="#erratum-sample.scan" aria-label="Link to the erratum sample.scan"' in html
    # The figure that differs stands beside it, the one that agrees does not; its status counts what it rests on.
    assert 'aria-label="Published figures of sample.scan beside ours"' in html, "each table has a name of its own"
    assert "least sum at" in html and "(a, b)" not in html
    assert "with what it rests on" in html


def test_what_is_not_said_is_left_out(claim: Any) -> None:
    html = page(book(s=[claim("s.a", erratum=WRONG)]))
    assert "Smallest repair" in html and "Counterexample" not in html and "Published" not in html


def test_addresses_depend_on_the_claim_alone(claim: Any) -> None:
    first, second = claim("s.a", erratum=WRONG), claim("s.b", erratum=WRONG)
    other = claim("r.c", erratum=WRONG)

    def found(whole: Book) -> list[str]:
        return re.findall(r'<section [^>]*id="([^"]*)"', page(whole))

    assert found(book(s=[first, second])) == ["erratum-s.a", "erratum-s.b"]
    assert found(book(r=[other], s=[second, first])) == ["erratum-r.c", "erratum-s.b", "erratum-s.a"]
    assert found(book(s=[second])) == ["erratum-s.b"]


def test_chapters_without_errata_are_not_named(claim: Any) -> None:
    html = page(book(r=[claim("r.c")], s=[claim("s.a", erratum=WRONG)]))
    assert "<h2>S</h2>" in html and "<h2>R</h2>" not in html and "r.c" not in html


def test_a_book_without_errata_says_so(claim: Any) -> None:
    assert "None yet." in page(book(s=[claim("s.a")]))


def test_an_unknown_source_is_refused(claim: Any) -> None:
    with pytest.raises(SiteError, match="claim 's.a' cites 'Nobody1900'"):
        page(book(s=[claim("s.a", erratum=WRONG, source={"key": "Nobody1900", "where": ""})]))


def test_what_a_record_holds_is_text(claim: Any) -> None:
    html = page(book(s=[claim("s.a", erratum={**WRONG, "printed": "<script>x</script>"})]))
    assert "<script" not in html and "&lt;script&gt;" in html
