"""Where claims are used, and the anchors of derivations and checks."""

from __future__ import annotations

import copy
import re
from pathlib import Path
from typing import Any

import pytest

from assayer.claims.records import Book, Chapter, RecordError, gather
from assayer.site import backlinks
from assayer.site.backlinks import Use

PAGE = "chapters/sample"


def book(records: list[dict[str, Any]], *others: Chapter) -> Book:
    return gather([Chapter("sample", f"{PAGE}.ipynb", tuple(enumerate(records))), *others])


def named(record: dict[str, Any], title: str, *lemmas: str) -> dict[str, Any]:
    """The derivation under another title, citing `lemmas` at its first step and nothing elsewhere."""
    record = copy.deepcopy(record)
    for number, step in enumerate(record["steps"]):
        step["lemmas"] = list(lemmas) if number == 0 else []
    return {**record, "title": title}


def test_a_claim_is_used_by_claims_derivations_checks_and_pages(every_record: Any) -> None:
    citing = named(every_record[0], "the bound", "the sum as a product")
    whole = book([*every_record, citing])
    mentions = {"chapters/intro": ("sample.identity",), PAGE: ("sample.identity",)}
    assert backlinks.used_in(whole, "sample.identity", mentions) == (
        Use("claim", "sample.scan", PAGE, "sample.scan"),
        Use("derivation", "the bound", PAGE, "derivation.the-bound"),
        Use("page", "chapters/intro", "chapters/intro", ""),
    )
    title = "the excess follows a Weibull law"
    assert backlinks.used_in(whole, "sample.growth") == (
        Use("claim", "sample.scan", PAGE, "sample.scan"),
        Use("check", title, PAGE, "check.the-excess-follows-a-weibull-law"),
    )
    assert backlinks.used_in(book(every_record), "sample.scan") == ()


def test_a_claims_own_derivations_do_not_use_it(every_record: Any) -> None:
    records = copy.deepcopy(every_record)
    records[1]["theorems"].append("the second half")
    records.append(named(records[0], "the second half", "the sum as a product"))
    kinds = [use.kind for use in backlinks.used_in(book(records), "sample.identity")]
    assert kinds == ["claim"]


def test_a_citation_means_the_derivation_of_its_own_chapter_first(every_record: Any) -> None:
    first = named(every_record[0], "a lemma")
    away = (named(every_record[0], "away", "a lemma"),)
    alone = book([*every_record, first], Chapter("other", "chapters/other.ipynb", tuple(enumerate(away))))
    assert [use.name for use in backlinks.citing(alone, alone.chapters[0], "a lemma")] == ["away"]
    both = (*away, named(every_record[0], "a lemma"))
    own = book([*every_record, first], Chapter("other", "chapters/other.ipynb", tuple(enumerate(both))))
    assert backlinks.citing(own, own.chapters[0], "a lemma") == ()


def test_an_unknown_claim_is_refused(every_record: Any) -> None:
    with pytest.raises(RecordError, match=r"no chapter declares the claim 'sample.nothing'"):
        backlinks.used_in(book(every_record), "sample.nothing")


def test_anchors_come_from_the_title_and_differ_with_it(every_record: Any) -> None:
    titles = ("P(−1) = 1", "P(1) = 1", "the next D")
    chapter = book([named(every_record[0], title) for title in titles]).chapters[0]
    minus, plus, words = (backlinks.anchor(chapter, "derivation", title) for title in titles)
    assert words == "derivation.the-next-d"
    assert minus != plus and minus.startswith("derivation.p-1-1-") and plus.startswith("derivation.p-1-1-")
    # Order and neighbours of other names leave an anchor as it is.
    fewer = book([named(every_record[0], title) for title in reversed(titles[:2])]).chapters[0]
    assert backlinks.anchor(fewer, "derivation", titles[0]) == minus


def test_mentions_are_read_from_the_sources(tmp_path: Path, write_book: Any) -> None:
    root = write_book(tmp_path)
    pages = ["chapters/intro", "chapters/numbers/sample", "chapters/ledger", "chapters/none"]
    assert backlinks.read_mentions(root, pages) == {
        "chapters/intro": ("sample.scan",),
        "chapters/numbers/sample": ("sample.identity",),
    }


def test_links_back_are_grouped_and_counted(every_record: Any) -> None:
    uses = [Use("claim", "a.b", PAGE, "a.b"), Use("claim", "a.c", PAGE, "a.c"), Use("page", "x", "x", "")]
    html = backlinks.html(uses, page=lambda name: "" if name == PAGE else f"{name}.html", title=str.upper)
    assert '<a href="#a.b"><code>a.b</code></a>, <a href="#a.c">' in html and "rest on it" in html
    assert '<a href="x.html">X</a>' in html and "mentions it" in html
    assert backlinks.html((), page=str, title=str) == ""


def test_a_claim_in_its_chapter_says_where_it_is_used(
    tmp_path: Path, write_book: Any, run_build: Any, real_mathjax: object
) -> None:
    root = write_book(tmp_path)
    page = root / "_build" / "html" / "chapters" / "numbers" / "sample.html"

    def used(id: str) -> str:
        html = page.read_text("utf-8")
        claim = html[html.index(f'<section class="ay-record ay-claim" id="{id}"') :]
        found = re.search(r"<dt>Used in</dt><dd>(.*?)</dd>", claim[: claim.index("</section>")])
        return found[1] if found else ""

    assert run_build(root).returncode == 0
    assert '<a href="#sample.scan"' in used("sample.identity")
    assert "intro" not in used("sample.identity") and "../intro.html" in used("sample.scan")
    # A mention on another page alone has this page written again.
    intro = root / "chapters" / "intro.md"
    intro.write_text(intro.read_text("utf-8") + "\nSee {claim}`sample.identity`.\n", "utf-8")
    assert run_build(root).returncode == 0
    assert '<a href="../intro.html">A sample book</a>' in used("sample.identity")
