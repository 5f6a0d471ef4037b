"""What the book claims as a whole."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from assayer.claims.records import Chapter, RecordError, gather
from assayer.site import ledger, sources
from assayer.site.errors import SiteError
from assayer.site.render import Surroundings

SOURCES = {"Su2023": sources.Source("Su2023", "Su 2023", "The least sum", "2023", "https://example.org/least-sum")}


def book(*records: dict[str, Any], more: tuple[dict[str, Any], ...] = ()) -> Any:
    chapters = [Chapter("sample", "chapters/sample.ipynb", tuple(enumerate(records)))]
    if more:
        chapters.append(Chapter("second", "chapters/second.ipynb", tuple(enumerate(more))))
    return gather(chapters)


def part(name: str, whole: Any, erratum: Any = None) -> str:
    links = ledger.ChapterLink(lambda id: f"chapter#{id}", lambda chapter: chapter.name.title(), "ledger.json", erratum)
    return ledger.part(name, whole, SOURCES, links, Surroundings(whole, SOURCES, lambda id: f"#{id}", "ledger", ""))


def test_entries_hold_what_other_programs_rely_on(every_record: Any) -> None:
    listed = ledger.entries(book(*every_record), SOURCES, lambda id: f"chapters/sample.html#{id}")
    assert [one["id"] for one in listed] == ["sample.identity", "sample.growth", "sample.scan"]
    needed = {"id", "statement", "hypotheses", "chapter", "source", "status", "published", "ours", "verdict"}
    assert all(needed <= set(one) for one in listed)
    scan = listed[2]
    assert (scan["status"], scan["standing"]) == ("proved", "tested")
    assert scan["ours"] == {"$(a, b)$ at $N = 130$": "$(10, 13)$", "least sum at $N = 19$": "10"}
    assert scan["verdict"] == "differs" and listed[0]["verdict"] is None
    assert scan["page"] == "chapters/sample.html#sample.scan"
    assert scan["source"]["url"] == "https://example.org/least-sum"


def test_figures_that_all_agree_are_told(claim: Any) -> None:
    row = {"quantity": "q", "published": "1", "ours": "1", "verdict": "agrees"}
    assert ledger.entries(book(claim(published=[row])), SOURCES, str)[0]["verdict"] == "agrees"


def test_standing_is_the_weakest_ancestor_across_chapters(claim: Any) -> None:
    tested = {"status": "tested", "theorems": [], "tests": ["t"], "kernels": []}
    whole = book(
        claim("sample.root", **tested),
        claim("sample.middle", status="certified", rests_on=["sample.root"]),
        more=(claim("second.top", rests_on=["sample.middle"]), claim("second.free")),
    )
    standings = {one["id"]: one["standing"] for one in ledger.entries(whole, SOURCES, str)}
    assert standings == {
        "sample.root": "tested",
        "sample.middle": "tested",
        "second.top": "tested",
        "second.free": "proved",
    }


def test_parts_of_the_page(every_record: Any) -> None:
    whole = book(*every_record)
    assert "3 claims" in part("summary", whole) and 'href="ledger.json"' in part("summary", whole)
    claims = part("claims", whole)
    assert '<h3 id="chapter-sample" data-chapter="sample">Sample</h3>' in claims
    for id in ("sample.identity", "sample.growth", "sample.scan"):
        assert f'<li id="{id}"' in claims and f'href="chapter#{id}"' in claims
    assert "✗ differs" in part("figures", whole)
    assert '<li id="erratum-sample.scan"' in part("errata", whole)
    # Three steps of the derivation are proved, one by balls.
    steps = part("steps", whole)
    assert "<td>normal form</td><td>2</td>" in steps and "<td>balls</td><td>1</td>" in steps


def entry(html: str, id: str) -> str:
    """The entry of a claim, up to the next."""
    return html[html.index(f'<li id="{id}"') :].split('<li id="')[1]


def test_an_entry_bears_what_the_filters_go_by(every_record: Any) -> None:
    claims = part("claims", book(*every_record))
    assert claims.startswith('<div class="ay-ledger" data-filtered>')
    assert 'data-status="tested" data-chapter="sample">' in entry(claims, "sample.growth")
    assert 'data-status="proved" data-chapter="sample" data-differs>' in entry(claims, "sample.scan")
    assert "data-filtered" not in part("claims", book()), "there is nothing to filter"


def test_a_figure_that_differs_is_told_without_an_erratum(claim: Any) -> None:
    def told(verdict: str) -> str:
        row = {"quantity": "q", "published": "1", "ours": "2", "verdict": verdict}
        return entry(part("claims", book(claim(published=[row]))), "sample.identity")

    assert "data-differs" in told("differs") and "in the table of published figures" in told("differs")
    assert "differs" not in told("agrees")


def test_an_entry_leads_to_its_erratum_and_to_itself(every_record: Any) -> None:
    whole = book(*every_record)
    here, apart = part("claims", whole), part("claims", whole, lambda id: f"errata#erratum-{id}")
    assert '<a href="#erratum-sample.scan">the erratum</a>' in entry(here, "sample.scan")
    assert '<a href="errata#erratum-sample.scan">the erratum</a>' in entry(apart, "sample.scan")
    assert "the erratum" not in entry(apart, "sample.growth")
    link = '<a class="ay-permalink" href="#sample.growth" aria-label="Link to sample.growth">link</a>'
    assert link in entry(here, "sample.growth")


def test_an_entry_says_where_it_is_used(every_record: Any) -> None:
    claims = part("claims", book(*every_record))
    used = '#sample.scan"><code>sample.scan</code></a> <span class="ay-use-kind">rests on it</span>'
    for id in ("sample.growth", "sample.identity"):
        assert used in entry(claims, id).split("<dt>Used in</dt>")[1].split("<dt>")[0]
    assert "Used in" not in entry(claims, "sample.scan")


def test_the_ledger_lists_errata_that_stand_on_their_own_page(every_record: Any) -> None:
    whole = book(*every_record)
    here, apart = part("errata", whole), part("errata", whole, lambda id: f"errata#erratum-{id}")
    assert '<li id="erratum-sample.scan"' in here and "the scan returns 11" in here
    assert '<li id="erratum-sample.scan"' in apart and 'href="errata#erratum-sample.scan"' in apart
    assert "the scan returns 11" not in apart


def test_a_book_without_claims_says_so() -> None:
    for name in ledger.PARTS:
        assert "None yet." in part(name, book())


def test_unknown_part_is_refused() -> None:
    with pytest.raises(SiteError, match="the ledger has no part 'poems'; it has summary, claims"):
        part("poems", book())


def test_problems_name_the_claim(claim: Any) -> None:
    refuted = {"status": "refuted", "theorems": [], "tests": ["t"], "kernels": []}
    whole = book(
        claim("sample.lost", source={"key": "Nobody1900", "where": ""}),
        claim("sample.wrong", **refuted),
        claim("sample.built", rests_on=["sample.wrong"]),
    )
    assert ledger.problems(whole, SOURCES) == [
        "chapters/sample.ipynb cell 0: claim 'sample.lost' cites 'Nobody1900', which the bibliography lacks",
        "chapters/sample.ipynb cell 2: claim 'sample.built' rests on 'sample.wrong', which is refuted",
    ]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ([{"rests_on": ["sample.missing"]}], "rests on 'sample.missing', which no chapter declares"),
        ([{"id": "sample.a", "rests_on": ["sample.b"]}, {"id": "sample.b", "rests_on": ["sample.a"]}], "circle"),
        ([{"id": "sample.a"}, {"id": "sample.a", "statement": "another"}], "'sample.a' is used twice"),
    ],
)
def test_a_book_that_does_not_hold_together_is_refused(claim: Any, changes: list[dict[str, Any]], message: str) -> None:
    with pytest.raises(RecordError, match=message):
        book(*(claim(**change) for change in changes))


def test_box_lists_claims_and_errata(every_record: Any) -> None:
    whole = book(*every_record)
    html = ledger.box(whole.chapters[0], Surroundings(whole, SOURCES, lambda id: f"ledger.html#{id}", "box", ""))
    assert html.count('<a class="ay-id" href="#sample.') == 3
    assert "Wrong or missing as published" in html and "the scan returns 11" in html


def test_box_of_a_chapter_without_claims_is_refused() -> None:
    empty = book()
    with pytest.raises(SiteError, match=r"chapters/sample.ipynb: the box of claims has nothing to show"):
        ledger.box(empty.chapters[0], Surroundings(empty, SOURCES, str, "box", ""))


def test_json_is_written_whole(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "ledger.json"
    ledger.write_json(path, [{"id": "√"}])
    assert json.loads(path.read_text("utf-8")) == [{"id": "√"}]
    with pytest.raises(TypeError):
        ledger.write_json(path, [object()])
    assert json.loads(path.read_text("utf-8")) == [{"id": "√"}]
    assert [file.name for file in path.parent.iterdir()] == ["ledger.json"]


def test_sources_by_name_year_and_address(tmp_path: Path) -> None:
    file = tmp_path / "references.bib"
    file.write_text(
        "@article{A, author={{\\'E}mile Borel and Ann von Neumann}, title={The {Z}eta}, year=1900, doi={10.1/x}}\n"
        "@misc{B, author={{The Team}}, title={T}, year=2020}\n"
        "@book{C, author={A B and C D and E F}, title={T}, year=1}",
        "utf-8",
    )
    found = sources.read([file])
    assert found["A"].name == "Borel and von Neumann 1900" and found["A"].url == "https://doi.org/10.1/x"
    assert found["A"].title == "The Zeta"
    assert found["B"].name == "The Team 2020" and "href" not in found["B"].html("p. 2")
    assert found["C"].name == "B et al. 1"
    file.write_text("@article{A, title=", "utf-8")
    with pytest.raises(SiteError, match=r"references.bib cannot be read"):
        sources.read([file])
