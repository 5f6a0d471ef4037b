"""Who rests on whom: nodes, states and links from the records, and how they are drawn."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

from assayer.claims.records import Book, Chapter, gather
from assayer.site import graph
from assayer.site.errors import SiteError
from assayer.site.parts import graph as drawn

TESTED = {"status": "tested", "theorems": [], "tests": ["t"], "kernels": [], "latex": ""}


def book(**chapters: list[dict[str, Any]]) -> Book:
    return gather(
        [Chapter(name, f"chapters/{name}.ipynb", tuple(enumerate(records))) for name, records in chapters.items()]
    )


def page(whole: Book) -> str:
    titles = [(chapter.name, chapter.name.title()) for chapter in whole.chapters]
    return drawn.page(graph.build(whole), titles, lambda id: f"page#{id}", lambda id: f"ledger#{id}")


@pytest.fixture
def derivation(every_record: list[dict[str, Any]]) -> Callable[..., dict[str, Any]]:
    """A function that makes a derivation whose first step cites what is named: ``derivation(title, *cited)``."""

    def make(title: str, *cited: str, status: str = "proved") -> dict[str, Any]:
        step = {**every_record[0]["steps"][0], "lemmas": list(cited), "status": status}
        return {**every_record[0], "title": title, "steps": [step], "status": status}

    return make


def test_done_only_with_all_ancestors(claim: Any) -> None:
    def done(status: dict[str, Any]) -> dict[str, bool]:
        root = claim("s.root", **status)
        rest = [claim("s.middle", rests_on=["s.root"]), claim("s.top", status="certified", rests_on=["s.middle"])]
        return {id: node.done for id, node in graph.build(book(s=[root, *rest])).nodes.items()}

    assert done({}) == {"s.root": True, "s.middle": True, "s.top": True}
    assert done(TESTED) == {"s.root": False, "s.middle": False, "s.top": False}
    assert done({"status": "assumed"}) == {"s.root": False, "s.middle": False, "s.top": False}


def test_standing_is_that_of_the_ledger(every_record: Any) -> None:
    whole = book(sample=every_record)
    found = graph.build(whole)
    assert {id: node.standing for id, node in found.nodes.items()} == {
        claim.id: whole.standing(claim.id) for claim in whole.claims
    }
    assert found.nodes["sample.scan"].differs and not found.nodes["sample.identity"].differs
    assert found.nodes["sample.identity"].exact and not found.nodes["sample.growth"].exact
    assert found.ancestors("sample.scan") == {"sample.identity", "sample.growth"}


def test_a_citation_in_a_derivation_is_a_link(claim: Any, derivation: Any) -> None:
    """Through a derivation that no claim holds; the author's word alone is a link of the other kind."""
    records = [
        derivation("base"),
        derivation("between", "base"),
        derivation("top", "between", "unshown"),
        claim("s.base", theorems=["base"]),
        claim("s.top", theorems=["top"]),
        claim("s.said", theorems=["elsewhere"], rests_on=["s.base"]),
    ]
    nodes = graph.build(book(s=records)).nodes
    assert nodes["s.top"].parents == (("s.base", graph.CITES),)
    assert nodes["s.said"].parents == (("s.base", graph.RESTS),)
    assert graph.build(book(s=[*records[:2], derivation("top"), *records[3:]])).nodes["s.top"].parents == ()


def test_a_cited_lemma_is_a_node_and_what_cites_it_is_not_done(claim: Any, derivation: Any) -> None:
    records = [derivation("top", "Stirling", status="assumed"), claim("s.top", theorems=["top"], status="assumed")]
    found = graph.build(book(s=records))
    assert [(node.id, node.kind, node.status) for node in found.nodes.values()] == [
        ("s:Stirling", "lemma", "assumed"),
        ("s.top", "claim", "assumed"),
    ]
    assert not found.nodes["s.top"].done and found.ancestors("s.top") == {"s:Stirling"}
    html = page(book(s=records))
    assert "a lemma that is cited, not proved" in html and "○ cited" in html
    assert 'aria-label="cited lemma Stirling: assumed"' in html
    # A step that is proved cites a derivation of the chapter that is not shown: no lemma of anybody's.
    proved = book(s=[derivation("top", "Stirling"), claim("s.top", theorems=["top"])])
    assert list(graph.build(proved).nodes) == ["s.top"] and "cited" not in drawn.legend(graph.build(proved))


def test_claims_that_cite_each_other_are_refused(claim: Any, derivation: Any) -> None:
    records = [
        derivation("a"),
        derivation("b", "a"),
        derivation("c", "b"),
        claim("s.one", theorems=["a", "c"]),
        claim("s.two", theorems=["b"]),
    ]
    with pytest.raises(SiteError, match="the claims s.one and s.two cite each other's theorems in a circle"):
        graph.build(book(s=records))


def test_every_node_is_a_link_to_its_place(every_record: Any) -> None:
    html = page(book(sample=every_record))
    nodes = re.findall(r'<a id="graph-([^"]*)" href="([^"]*)" class="([^"]*)"[^>]*data-needs="([^"]*)"', html)
    assert {(id, href, needs) for id, href, _, needs in nodes} == {
        ("sample.identity", "page#sample.identity", ""),
        ("sample.growth", "page#sample.growth", ""),
        ("sample.scan", "page#sample.scan", "sample.identity sample.growth"),
    }
    css = {id: kinds.split() for id, _, kinds, _ in nodes}
    assert "ay-node-done" in css["sample.identity"] and "ay-node-done" not in css["sample.scan"]
    assert "ay-node-exact" in css["sample.identity"] and "ay-node-words" in css["sample.growth"]
    # Its state is told in words and signs, and to those who do not see it.
    assert "■ proved, on △ tested, ≠" in html
    assert (
        'aria-label="claim sample.scan: proved, tested with what it rests on; its source says otherwise; '
        'needs identity, growth"'
    ) in html


def test_the_keyboard_meets_what_is_needed_first(claim: Any) -> None:
    whole = book(s=[claim("s.top", rests_on=["s.middle"]), claim("s.middle", rests_on=["s.root"]), claim("s.root")])
    assert re.findall(r'<a id="graph-([^"]*)"', page(whole)) == ["s.root", "s.middle", "s.top"]


def test_the_list_says_the_same(every_record: Any) -> None:
    html = page(book(sample=every_record))
    listed = html[html.index("<details") :]
    for text in ('href="page#sample.scan"', 'href="ledger#sample.scan"', "rests on <a", "≠ its source says otherwise"):
        assert text in listed
    assert listed.count('<a href="page#sample.identity">') == 2, "as an entry, and as what the scan rests on"


def test_a_line_that_follows_is_in_the_list_alone(claim: Any) -> None:
    whole = book(s=[claim("s.a"), claim("s.b", rests_on=["s.a"]), claim("s.c", rests_on=["s.a", "s.b"])])
    html = page(whole)
    assert html.count('class="ay-edge"') == 2 + 1, "two lines, and one in the legend"
    assert html.count("<li>rests on ") == 3 and "3 claims, 3 links" in html


def test_a_claim_of_another_chapter_is_a_guest(claim: Any) -> None:
    whole = book(first=[claim("first.base", **TESTED)], second=[claim("second.top", rests_on=["first.base"])])
    html = page(whole)
    second = html[html.index('id="graph-of-second"') :]
    assert re.search(r'<a href="page#first.base" class="[^"]*ay-node-guest" data-key="first.base"', second)
    assert html.count('id="graph-first.base"') == 1 and 'data-from="first.base" data-to="second.top"' in second
    assert "1 of them between chapters" in html and "a claim of another chapter" in html
    assert "ay-node-guest" not in page(book(first=[claim("first.base")]))


def test_the_legend_says_what_is_there(claim: Any) -> None:
    alone = drawn.legend(graph.build(book(s=[claim("s.a")])))
    assert "■ proved, as is all that it rests on" in alone and "the statement is printed" in alone
    for absent in ("tested", "certified", "assumed", "in words", "≠", "rests on the upper", "cites the upper"):
        assert absent not in alone
    more = drawn.legend(graph.build(book(s=[claim("s.a", **TESTED), claim("s.b", rests_on=["s.a"])])))
    assert "■ proved; something that it rests on is not" in more and "△ tested" in more
    assert "the lower rests on the upper" in more and "as is all that it rests on" not in more


def test_a_book_without_claims_says_so() -> None:
    assert "None yet." in page(book(s=[]))


def test_thirty_chapters_of_ten_claims(claim: Any) -> None:
    chapters = {
        f"c{number}": [
            claim(f"c{number}.n{place}", rests_on=[f"c{number}.n{one}" for one in {place // 2, place // 3} if place])
            for place in range(10)
        ]
        for number in range(30)
    }
    html = page(book(**chapters))
    assert html.count('<a id="graph-') == 300 and html.count('class="ay-graph-drawing"') == 30
    widest = max(float(width) for width in re.findall(r'<svg xmlns="[^"]*" width="(\d+)"', html))
    assert widest <= drawn.ROOM + 2 * drawn.MARGIN
