"""The heads of pages and chapters: descriptions, addresses, citations, minutes and what a chapter rests on."""

from __future__ import annotations

import re
import struct
from html import unescape
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
import yaml

from assayer.claims.records import Chapter, gather
from assayer.site import citation, kept, outline
from assayer.site.errors import SiteError
from assayer.site.parts import Site, heads

ROOT = Path(__file__).parents[2]
URL = "https://example.org/book/"
CFF = (
    'cff-version: 1.2.0\ntitle: "The Assayer: a & b"\nversion: 0.2.0\ndate-released: 2027-03-01\nabstract: A book.\n'
    'authors:\n  - given-names: Ada\n    family-names: Byron\n  - name: "The authors"\n'
)
PAGE = (
    '<html><head><title>t</title><link rel="canonical" href="x"></head><body><article><section id="a"><h1>Rates: 1/√T'
    "</h1><p><strong>Result.</strong> It falls as <span class='math'>\\(1/\\sqrt T\\)</span>. {}</p>"
    "<p><em>Before you read.</em> Sums.</p></section></article></body></html>"
)


def book(folder: Path, cff: str | None = CFF) -> Path:
    (folder / "_config.yml").write_text('copyright: "2026"\n', "utf-8")
    if cff is not None:
        (folder / citation.FILE).write_text(cff, "utf-8")
    return folder


def metas(html: str) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name, value in re.findall(r'<meta (?:name|property)="([^"]+)" content="([^"]*)"', html):
        found.setdefault(name, []).append(unescape(value))
    return found


def finished(folder: Path, write_book: Any, url: str, cff: str | None = CFF) -> dict[str, str]:
    write_book(folder)
    if cff is not None:
        (folder / citation.FILE).write_text(cff, "utf-8")
    site = folder / "site"
    site.mkdir()
    texts = {
        "chapters/numbers/sample.html": PAGE.format("More. " * 60),
        "chapters/intro.html": PAGE.format(""),
        "search.html": PAGE.format(""),
        "index.html": '<meta http-equiv="Refresh" content="0; url=chapters/intro.html" />\n',
    }
    return kept.texts(heads.finish(Site(folder, site, url), kept.pages(texts)))


def test_a_page_is_described_where_its_address_is_known(tmp_path: Path, write_book: Any) -> None:
    made = finished(tmp_path, write_book, URL)
    html = made["chapters/numbers/sample.html"]
    said = metas(html)
    assert said["description"][0].startswith("It falls as 1/√T. More.") and len(said["description"][0]) <= heads.LENGTH
    assert said["og:title"] == ["Rates: 1/√T"] and said["og:type"] == ["article"]
    assert said["og:url"] == [URL + "chapters/numbers/sample.html"] and said["og:image"] == [URL + heads.CARD]
    assert said["twitter:card"] == ["summary_large_image"]
    assert re.findall(r'<link rel="canonical" href="([^"]*)"', html) == said["og:url"]
    assert said["citation_title"] == ["Rates: 1/√T"] and said["citation_author"] == ["Ada Byron", "The authors"]
    assert said["citation_publication_date"] == ["2027"] and said["citation_public_url"] == said["og:url"]
    assert metas(made["chapters/intro.html"])["og:type"] == ["website"]
    assert "citation_title" not in metas(made["chapters/intro.html"])
    assert "robots" not in metas(made["search.html"]) and "canonical" not in made["search.html"]
    listed = ElementTree.parse(tmp_path / "site" / "sitemap.xml").getroot()
    assert [one.text for one in listed.iter() if one.tag.endswith("loc")] == [
        URL + "chapters/numbers/sample.html",
        URL + "chapters/intro.html",
    ]
    assert f"Sitemap: {URL}sitemap.xml" in (tmp_path / "site" / "robots.txt").read_text()
    front = made["index.html"]
    assert '<html lang="en">' in front and f'href="{URL}chapters/intro.html"' in front and "<title>" in front


def test_without_an_address_nothing_pretends_to_one(tmp_path: Path, write_book: Any) -> None:
    made = finished(tmp_path, write_book, "")
    for html in made.values():
        assert not {"og:url", "og:image", "citation_public_url"} & set(metas(html))
        assert "canonical" not in html and "https://" not in html
    assert not (tmp_path / "site" / "sitemap.xml").exists() and not (tmp_path / "site" / "robots.txt").exists()
    assert metas(made["chapters/numbers/sample.html"])["twitter:card"] == ["summary"]


def test_a_book_without_citation_file_has_no_box(tmp_path: Path, write_book: Any) -> None:
    html = finished(tmp_path, write_book, URL, None)["chapters/numbers/sample.html"]
    assert "ay-cite" not in html and "citation_title" not in html and "ay-takes" in html


def test_a_citation_follows_the_file(tmp_path: Path) -> None:
    from pybtex.database import parse_string

    found = citation.read(book(tmp_path))
    assert found is not None
    assert found.words("Rates: 1/√T", f"{URL}a.html") == (
        "Ada Byron and The authors (2027). Rates: 1/√T. In: The Assayer: a & b, version 0.2.0. "
        "https://example.org/book/a.html"
    )
    entry = parse_string(found.bibtex("Rates: 1/√T", "rates", f"{URL}a.html"), "bibtex").entries["assayer_rates"]
    assert entry.fields["title"] == r"{Rates: 1/$\sqrt{T}$}" and entry.fields["year"] == "2027"
    assert entry.fields["howpublished"] == r"Chapter of The Assayer: a \& b, version 0.2.0"
    assert entry.fields["url"] == f"{URL}a.html"
    assert len(entry.persons["author"]) == 2
    assert "url" not in parse_string(found.bibtex("R", "rates"), "bibtex").entries["assayer_rates"].fields


def test_before_a_release_the_year_is_the_copyrights(tmp_path: Path) -> None:
    found = citation.read(book(tmp_path, CFF.replace("date-released: 2027-03-01\n", "")))
    assert found is not None and found.year == "2026"


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("version: 0.2.0\n", "", "lacks 'version'"),
        ('  - name: "The authors"\n', "  - email: a\n", "neither a name"),
        ("title: ", "title: [", "cannot be read"),
    ],
)
def test_a_bad_citation_file_is_named(tmp_path: Path, old: str, new: str, said: str) -> None:
    with pytest.raises(SiteError, match=f"CITATION.cff.*{said}"):
        citation.read(book(tmp_path, CFF.replace(old, new)))


def test_the_minutes_follow_the_stated_rule() -> None:
    seen = outline.Outline(words=2200, displayed=30, inline=60, code_lines=40, figures=3)
    assert seen.seconds == pytest.approx(600 + 240 + 60 + 60 + 60)
    said = heads.reading(seen)
    assert "About 15 minutes to read" in said and "2,200 words at 220 a minute" in said and "3 figures at 20 s" in said
    assert "About 1 hour 10 minutes" in heads.reading(outline.Outline(words=15400))
    assert "About 2 hours to read" in heads.reading(outline.Outline(words=26400))


def test_counts_leave_out_what_is_folded_or_hidden() -> None:
    page = (
        '<article><section id="a"><h1>T</h1><p>one two <span class="math">\\(x\\)</span></p>'
        '<div class="math">\\[y\\]</div><div class="cell_input"><pre>a\nb\n</pre></div>'
        '<details><div class="cell_input"><pre>c\nd\n</pre></div></details>'
        "<figure><svg><text>three four</text></svg></figure><template>five</template></section></article>"
    )
    seen = outline.read(page)
    assert (seen.words, seen.inline, seen.displayed, seen.code_lines, seen.figures) == (2, 1, 1, 2, 1)


def test_what_a_chapter_builds_on_is_computed(claim: Any) -> None:
    first = Chapter("first", "chapters/one/first.ipynb", ((1, claim("first.a")),))
    own = ((1, claim("second.b", rests_on=["first.a"])), (2, claim("second.c", rests_on=["second.b"])))
    second = Chapter("second", "chapters/two/second.ipynb", own)
    both = gather([first, second])
    titles = {"chapters/one/first.html": "The first & best"}
    said = heads.needs(both, second, "chapters/two/second.html", titles, True)
    assert '<a href="../one/first.html">The first &amp; best</a>' in said
    assert "second.b" not in said, "a chapter does not build on itself"
    assert '<a href="../one/first.html#first.a"><code>first.a</code></a>' in said and f"#{heads.ASKS}" in said
    alone = heads.needs(both, first, "chapters/one/first.html", titles, False)
    assert "Builds on no other chapter." in alone and "href" not in alone


def test_the_card_is_what_it_says() -> None:
    card = (ROOT / "lib" / "assayer" / "site" / "static" / "card.png").read_bytes()
    assert card[:8] == b"\x89PNG\r\n\x1a\n" and struct.unpack(">II", card[16:24]) == heads.CARD_SIZE
    assert len(card) < 100_000


# --- The real book -----------------------------------------------------------------------------------


@pytest.mark.timeout(600)
def test_every_page_of_the_book_is_described_and_every_chapter_cited(real_book: Any) -> None:
    cff = yaml.safe_load((ROOT / "CITATION.cff").read_text("utf-8"))
    seen: dict[str, str] = {}
    for name in real_book.pages:
        html = (real_book.folder / name).read_text("utf-8")
        (said,) = metas(html)["description"]
        assert ("robots" in metas(html)) == (name == heads.NOWHERE), f"{name}: may it be found?"
        assert 20 <= len(said) <= heads.LENGTH and "\\" not in said, f"{name}: {said}"
        if name not in heads.UNLISTED | {"index.html"}:
            assert said not in seen, f"{name} and {seen[said]} have one description"
            seen[said] = name
    assert real_book.chapters
    for name in real_book.chapters:
        html = (real_book.folder / name).read_text("utf-8")
        assert html.count('<details class="ay-cite"') == 1 and html.count('class="ay-minutes"') == 1
        box = unescape(html[html.index('<details class="ay-cite"') :])
        assert cff["title"] in box and f"version {cff['version']}" in box
        assert 'id="before-you-read"' in html and "Builds on" in html


@pytest.mark.timeout(600)
@pytest.mark.parametrize(("theme", "width"), [("light", 1280), ("dark", 390)])
def test_a_reader_copies_the_citation(read: Any, theme: str, width: int) -> None:
    page = read(
        "chapters/memory/hippo.html", theme=theme, width=width, permissions=["clipboard-read", "clipboard-write"]
    )
    assert "About" in page.locator(".ay-minutes summary").inner_text()
    page.locator(".ay-minutes summary").focus()
    page.keyboard.press("Enter")
    assert "words at 220 a minute" in page.locator(".ay-minutes").inner_text()
    page.locator("#cite summary").focus()
    page.keyboard.press("Enter")
    page.locator('[data-copy="cite-bibtex"]').click()
    page.wait_for_function("document.querySelector('[data-copy=cite-bibtex]').textContent === 'Copied'")
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied.startswith("@misc{assayer_hippo,") and copied == page.locator("#cite-bibtex").inner_text()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
