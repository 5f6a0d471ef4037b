"""The book on paper: what the style sheet of print shows, and the PDF of the whole book."""

from __future__ import annotations

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest

from assayer.site import chromium, pdf
from assayer.site.errors import SiteError

PAGE = (
    '<html><head><link rel="stylesheet" href="../_static/a.css"></head><body><main><article class="x">'
    '<section id="top"><h1>One <a class="headerlink" href="#top">#</a></h1>'
    '<section id="s"><h2>A section</h2><a href="two.html#top">there</a> <a href="#s">here</a> '
    '<a href="../search.html">search</a> <a href="https://example.org/">far</a><img src="../_static/f.svg" alt="f">'
    '<svg viewBox="0 0 1 1" aria-labelledby="t d"><g clip-path="url(#p)" id="p"/></svg>'
    "<details><summary>Solution</summary>x</details><template><i id='gone'></i></template></section></section>"
    "</article></main></body></html>"
)
SHOWN = ["chapters/one.html", "chapters/two.html"]


def apart(task: Callable[[], Any]) -> Any:
    """Do something that starts a browser of its own: in a thread, for this one may have Playwright's loop running."""
    with ThreadPoolExecutor(1) as worker:
        return worker.submit(task).result()


def one(url: str = "") -> pdf.Chapter:
    return pdf.chapter("chapters/one.html", PAGE, SHOWN, url)


def test_ids_and_links_of_a_page_become_those_of_the_book() -> None:
    made = one()
    assert made.anchor == "chapters-one" and made.title == "One"
    assert made.sections == (("chapters-one--s", "A section"),)
    assert 'href="#chapters-two--top"' in made.body and 'href="#chapters-one--s"' in made.body
    assert 'href="https://example.org/"' in made.body and 'src="_static/f.svg"' in made.body
    assert 'aria-labelledby="chapters-one--t chapters-one--d"' in made.body and 'viewBox="0 0 1 1"' in made.body
    assert 'clip-path="url(#chapters-one--p)" id="chapters-one--p"' in made.body
    assert '<details open="">' in made.body and "template" not in made.body


def test_a_link_to_what_is_not_printed_leads_to_the_site_or_nowhere() -> None:
    assert "<a>search</a>" in one().body
    assert 'href="https://a.org/b/search.html"' in one("https://a.org/b/").body


def test_what_is_missing_is_said_in_one_line(tmp_path: Path, monkeypatch: Any, write_book: Any, capsys: Any) -> None:
    with pytest.raises(SiteError, match="no article"):
        pdf.chapter("chapters/one.html", "<main></main>", SHOWN, "")
    book = write_book(tmp_path)
    assert pdf.main([str(book)]) == 1 and "make book" in capsys.readouterr().err
    for path in ("intro", "numbers/sample", "ledger"):
        page = book / "_build" / "html" / "chapters" / f"{path}.html"
        page.parent.mkdir(parents=True, exist_ok=True)
        page.write_text(PAGE, "utf-8")
    monkeypatch.setenv("ASSAYER_BROWSER", "no-such-browser")
    assert pdf.main([str(book)]) == 1
    said = capsys.readouterr().err
    assert chromium.NO_BROWSER in said and said.count("\n") == 1
    assert not (book / "_build" / pdf.TARGET).exists()


@pytest.fixture(scope="module")
def printed(tmp_path_factory: pytest.TempPathFactory, write_book: Any, run_build: Any, real_mathjax: object) -> Any:
    """The sample book, printed; its formula of 4 lines is wider than a page."""
    pypdf = pytest.importorskip("pypdf", reason="NO PYPDF HERE: the printed book was not read; make test installs it")
    if chromium.command() is None:
        pytest.skip(f"NO BROWSER HERE, SO NOTHING WAS PRINTED: {chromium.NO_BROWSER}")
    book = write_book(tmp_path_factory.mktemp("print"))
    run = run_build(book)
    assert run.returncode == 0, run.stderr
    return pypdf.PdfReader(BytesIO(apart(lambda: pdf.build(book)).read_bytes()))


def titles(outline: Any) -> list[str]:
    return [title for one in outline for title in (titles(one) if isinstance(one, list) else [one.title])]


@pytest.mark.browser
@pytest.mark.timeout(900)
def test_the_book_has_title_contents_outline_and_links(printed: Any) -> None:
    assert len(printed.pages) > 5
    assert "The Assayer" in printed.pages[0].extract_text()
    contents = printed.pages[1].extract_text()
    assert "Contents" in contents and "000" not in contents
    outline = titles(printed.outline)
    chapters = [outline.index(title) for title in ("A sample book", "A sample chapter", "Ledger")]
    assert chapters == sorted(chapters) and len(outline) > 10
    found = printed.named_destinations
    for name, page in (("chapters-numbers-sample", "A sample chapter"), ("chapters-ledger", "Ledger")):
        number = printed.get_destination_page_number(found[name if name in found else f"/{name}"])
        assert page in printed.pages[number].extract_text()
        assert re.search(rf"{page}\s*{number + 1}\b", contents), contents
    links = [note.get_object() for page in printed.pages for note in page.get("/Annots") or []]
    inside = [note for note in links if "/Dest" in note or note.get("/A", {}).get("/S") == "/GoTo"]
    assert len(inside) > 20
    outside = {str(note["/A"]["/URI"]) for note in links if "/URI" in note.get("/A", {})}
    assert outside and not any("127.0.0.1" in address for address in outside)
    for note in inside:
        name = str(note.get("/Dest") or note["/A"]["/D"])
        assert name in found or name.lstrip("/") in found, name


@pytest.mark.browser
@pytest.mark.timeout(900)
def test_what_cannot_be_used_on_paper_is_not_on_it(printed: Any) -> None:
    text = "\n".join(page.extract_text() for page in printed.pages)
    assert "Check it yourself" not in text and "Search" not in text
    assert "One drawing of 3" in text and "One drawing of 6" in text
    assert "at (3, 6, 1)" in text.replace("\n", " ") or "It is" in text, "a solution is unfolded"


PAPER = """() => {
  const shown = (one) => one.checkVisibility() && one.getClientRects().length > 0;
  const all = (what) => [...document.querySelectorAll(what)];
  return {
    controls: all("button, input, select, nav, footer, dialog, .ay-verify").filter(shown).length,
    ink: getComputedStyle(document.querySelector("article section > p:not([class])")).color,
    paper: getComputedStyle(document.body).backgroundColor,
    status: getComputedStyle(document.querySelector(".ay-proved")).color,
    cut: all("main article *").filter((one) => !one.closest("mjx-assistive-mml") && one.getClientRects().length &&
      one.getBoundingClientRect().right > innerWidth + 1).map((one) => one.outerHTML.slice(0, 100)).slice(0, 3),
  };
}"""


@pytest.mark.browser
@pytest.mark.timeout(1500)
def test_every_chapter_prints_black_on_white_with_nothing_cut(real_book: Any, read: Any) -> None:
    for address in real_book.chapters:
        page = read(address, theme="dark", width=672)
        page.evaluate("document.fonts.ready.then(() => true)")
        assert page.evaluate(PAPER)["controls"] > 0, "on the screen there are controls"
        page.emulate_media(media="print")
        page.evaluate("dispatchEvent(new Event('beforeprint'))")
        seen = page.evaluate(PAPER)
        assert seen["controls"] == 0, address
        assert seen["ink"] == seen["status"] == "rgb(0, 0, 0)" and seen["paper"] == "rgb(255, 255, 255)", address
        assert seen["cut"] == [], address
        page.evaluate("dispatchEvent(new Event('afterprint'))")
        assert page.evaluate("document.querySelectorAll('article details[open]').length") == 0, "folded again"
        page.context.close()


@pytest.mark.browser
@pytest.mark.timeout(900)
def test_no_page_is_shrunk_for_what_is_too_wide(printed: Any, tmp_path: Path) -> None:
    sizes: dict[float, int] = {}

    def note(text: str, outer: list[float], inner: list[float], _font: object, size: float) -> None:
        points = round(size * abs(inner[3]) * abs(outer[3]), 1)
        sizes[points] = sizes.get(points, 0) + len(text.strip())

    for page in printed.pages:
        page.extract_text(visitor_text=note)
    # print.css asks for 10.5 pt; Chromium makes a whole book smaller for one formula that does not fit.
    assert max(sizes, key=lambda points: sizes[points]) == 10.5
    (tmp_path / "_static").mkdir()
    (tmp_path / "_static" / "access.js").write_text("", "utf-8")
    wide = '<main><p id="culprit" style="width: 900px">too much</p></main>'
    with pytest.raises(SiteError, match="wider than the paper: 'culprit: too much'"):
        apart(lambda: pdf._printed(tmp_path, str(chromium.command()), wide))
