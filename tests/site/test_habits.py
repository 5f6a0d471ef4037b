"""Tables that scroll inside themselves, copying, reporting errors, figures that open large, pages one after another."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from assayer.site import feedback, kept
from assayer.site.parts import Site, habits

REPOSITORY = "https://github.com/someone/book"
CHAPTER = "chapters/memory/hippo.html"
PAGE = (
    '<html><head></head><body><article><section id="a"><h1>A chapter</h1>'
    '<section class="ay-record ay-claim" id="sample.identity" aria-label="Claim">'
    '<div class="ay-head"><span>Claim</span>'
    "</div><p>x</p></section>"
    '<section class="ay-record ay-claim" aria-label="Claim"><div class="ay-head">again</div></section>'
    '<div class="pst-scrollable-table-container"><table class="table"><thead><tr><th><p>A &amp; b</p></th>'
    '<th><span class="math">\\(x\\)</span></th></tr></thead></table></div></section></article></body></html>'
)


def finished(folder: Path, write_book: Any, repository: str, url: str = "") -> str:
    site = Site(write_book(folder), folder, url, repository)
    return habits.finish(site, kept.pages({"chapters/numbers/sample.html": PAGE}))["chapters/numbers/sample.html"].text


def test_a_report_is_filled_in(tmp_path: Path, write_book: Any) -> None:
    html = finished(tmp_path, write_book, REPOSITORY, "https://example.org/")
    assert html.count('class="ay-tools"') == 1, "a claim shown again has no anchor and no tools"
    from bs4 import BeautifulSoup

    page = BeautifulSoup(html, "html.parser")
    tools = page.select_one("#sample\\.identity .ay-head .ay-tools")
    assert tools and tools.select_one("a.ay-permalink")["href"] == "#sample.identity"
    asked = urlsplit(tools.select_one("a.ay-report")["href"])
    given = parse_qs(asked.query)
    assert asked.path == "/someone/book/issues/new" and given["title"] == ["Error in sample.identity"]
    assert "`sample.identity`" in given["body"][0] and "$N + 1 - (a-1)(b-1)$" in given["body"][0]
    assert "https://example.org/chapters/numbers/sample.html#sample.identity" in given["body"][0]
    foot = urlsplit(page.select_one(".ay-foot a")["href"])
    assert parse_qs(foot.query)["title"] == ["Error in A chapter"]


def test_without_a_repository_no_link_leads_nowhere(tmp_path: Path, write_book: Any) -> None:
    html = finished(tmp_path, write_book, "")
    assert "ay-report" not in html and "issues/new" not in html
    assert "name the claim by its id" in html and 'class="ay-permalink"' in html


def test_an_address_stays_short_and_fits_the_host() -> None:
    address = feedback.claim(REPOSITORY, "a.b", "x" * 20_000, "a.html")
    assert len(address) < 2_000 and parse_qs(urlsplit(address).query)["body"][0].count("x") == feedback.LIMIT
    other = feedback.page("https://gitlab.com/a/b", "T", "t.html")
    assert other.startswith("https://gitlab.com/a/b/-/issues/new?") and "issue%5Btitle%5D=Error+in+T" in other
    assert feedback.page("", "T", "t.html") == ""


def test_a_table_is_framed_and_named(tmp_path: Path, write_book: Any) -> None:
    html = finished(tmp_path, write_book, "")
    assert 'role="region" tabindex="0" aria-label="Table: A &amp; b"' in html


# --- The real book, in a browser ----------------------------------------------------------------------


@pytest.mark.timeout(600)
def test_every_claim_of_the_book_has_its_tools(real_book: Any) -> None:
    from assayer.claims.records import read_notebook

    for page in real_book.chapters:
        notebook = (real_book.root / page).with_suffix(".ipynb")
        ids = {record["id"] for _, record in read_notebook(notebook) if record["kind"] == "claim"}
        html = (real_book.folder / page).read_text("utf-8")
        assert ids and html.count('class="ay-tools"') == len(ids), page
        assert all(f'class="ay-permalink" href="#{id}"' in html for id in ids), page


@pytest.mark.timeout(600)
def test_a_link_to_a_claim_and_a_cells_code_are_copied(read: Any) -> None:
    page = read(CHAPTER, permissions=["clipboard-read", "clipboard-write"])
    link = page.locator("#hippo\\.legs a.ay-permalink")
    link.focus()
    page.keyboard.press("Enter")
    page.wait_for_function("location.hash === '#hippo.legs'")
    page.wait_for_function("document.querySelector('#hippo\\\\.legs .ay-permalink').textContent === 'copied'")
    assert page.evaluate("navigator.clipboard.readText()").endswith("/chapters/memory/hippo.html#hippo.legs")
    cell = page.locator("div.cell_input:visible").first
    code = cell.locator("pre").inner_text()
    button = cell.locator("button.copybtn")
    button.focus()
    assert float(button.evaluate("e => { e.style.transition = 'none'; return getComputedStyle(e).opacity; }")) == 1
    page.keyboard.press("Enter")
    page.wait_for_function(
        "code => navigator.clipboard.readText().then(text => text.trim() === code)", arg=code.strip()
    )


@pytest.mark.timeout(600)
@pytest.mark.parametrize(("theme", "width"), [("light", 1280), ("dark", 390)])
def test_a_figure_opens_large_and_goes_back(read: Any, theme: str, width: int) -> None:
    page = read(CHAPTER, theme=theme, width=width, reduced_motion="reduce")
    slider = page.locator("figure[data-slider]").first
    control = slider.locator("input[type=range]").first
    control.focus()
    page.keyboard.press("ArrowRight")
    shown = slider.locator("[data-frame] svg").inner_html()
    button = slider.locator("button.ay-enlarge")
    button.focus()
    page.keyboard.press("Enter")
    large = page.locator("#ay-large")
    assert large.is_visible() and large.locator("svg").inner_html() == shown, "the frame that was shown"
    assert page.locator("[id]").evaluate_all("all => all.length === new Set(all.map(e => e.id)).size")
    box = large.bounding_box()
    assert box["width"] == width and box["height"] == page.viewport_size["height"]
    before = large.locator("svg").bounding_box()["width"]
    page.keyboard.press("+")
    assert (
        large.locator("svg").bounding_box()["width"] > 1.4 * before and large.locator("output").inner_text() == "150 %"
    )
    page.keyboard.press("Escape")
    assert not large.is_visible()
    assert slider.locator("[data-frame] svg").inner_html() == shown
    assert page.evaluate("document.activeElement.className") == "ay-enlarge"
    slider.locator("[data-frame] svg").click()
    assert large.is_visible()
    large.get_by_role("button", name="Close").click()
    assert not large.is_visible() and slider.locator("[data-frame] svg").count() == 1


@pytest.mark.timeout(600)
def test_on_a_telephone_nothing_but_frames_scrolls_sideways(read: Any, real_book: Any) -> None:
    seen = 0
    for name in real_book.pages:
        if name == "index.html":
            continue
        page = read(name, width=390)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), name
        wide = page.eval_on_selector_all(
            "article table",
            """all => all.filter(table => table.getBoundingClientRect().width > 390).map(table => {
              let frame = table.parentElement;
              while (frame && !/auto|scroll/.test(getComputedStyle(frame).overflowX)) frame = frame.parentElement;
              return frame ? [frame.tabIndex, frame.getAttribute('aria-label') ?? '', frame.clientWidth] : null;
            })""",
        )
        for frame in wide:
            assert frame is not None and frame[0] == 0 and frame[1] and frame[2] <= 390, f"{name}: {frame}"
        seen += len(wide)
    assert seen, "no table of the book is wide, so nothing was tested"


@pytest.mark.timeout(600)
def test_the_next_page_is_one_key_away_on_a_telephone(read: Any) -> None:
    page = read(CHAPTER, width=390)
    following = page.locator("a.right-next")
    box = following.bounding_box()
    assert box["x"] >= 0 and box["x"] + box["width"] <= 390 and box["height"] >= 24
    following.focus()
    with page.expect_navigation():
        page.keyboard.press("Enter")
    page.locator("a.left-prev").focus()
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert page.url.endswith(CHAPTER)
