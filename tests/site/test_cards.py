"""Cards: which links have one, and that they open by pointer, keyboard and tap, and close."""

from __future__ import annotations

import copy
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from assayer.claims.records import Chapter, gather
from assayer.site import kept
from assayer.site.parts import Site, cards

BROWSER = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
PAGE = "chapters/sample.html"


@pytest.fixture
def known(every_record: Any) -> cards.Cards:
    records = copy.deepcopy(every_record)
    records[0]["symbols"] = [{"symbol": "N", "latex": "N", "domain": "integer ≥ 0", "domain_latex": r"\mathbb{Z}"}]
    return cards._cards(gather([Chapter("sample", "chapters/sample.ipynb", tuple(enumerate(records)))]))


def page(inner: str) -> str:
    return f"<html><head></head><body><nav><a href='#'></a></nav><article>{inner}</article></body></html>"


def store(html: str) -> str:
    found = re.search(r'<div class="ay-cards" hidden><noscript>.*?</noscript></div></article>', html)
    return found[0] if found else ""


def carded(path: str, html: str, known: cards.Cards) -> str:
    return cards.with_cards(html, path, known.of(cards.linked(html, path)))


def test_a_claim_said_on_the_page_is_shown_from_there(known: cards.Cards) -> None:
    said = '<div id="says.sample.identity">it</div>'
    html = carded(PAGE, page(f'{said}<a href="../ledger.html#sample.identity">x</a>'), known)
    assert '<a href="../ledger.html#sample.identity" data-card="says.sample.identity">' in html and not store(html)


def test_what_a_page_does_not_say_is_put_at_its_end_once(known: cards.Cards) -> None:
    linked = '<a class="ay-ref" href="sample.html#sample.identity">x</a>'
    html = carded("chapters/other.html", page(linked * 2), known)
    assert html.count('data-card="says.sample.identity"') == 2
    assert html.count('<div id="says.sample.identity">') == 1 and r"\(ab + c = N\)" in store(html)
    # No more than is used.
    assert "sample.growth" not in html


def test_a_derivation_is_known_on_its_own_page_only(known: cards.Cards) -> None:
    link = '<a href="{}#derivation.the-sum-as-a-product">x</a>'
    assert "data-card" in carded("chapters/other.html", page(link.format("sample.html")), known)
    assert "data-card" not in carded("chapters/other.html", page(link.format("wrong.html")), known)
    assert r"a + b + c \le N + 1" in store(carded("index.html", page(link.format(PAGE)), known))


def test_hypotheses_and_symbols_have_cards(known: cards.Cards) -> None:
    given = '<span id="given.d.A1">a ≥ 1</span><a href="#given.d.A1">A1</a><a href="#given.d.A2">A2</a>'
    html = carded(PAGE, page(given), known)
    assert 'href="#given.d.A1" data-card="given.d.A1"' in html and 'href="#given.d.A2">' in html
    html = carded(PAGE, page('<a href="notation.html#symbol.sample.N">N</a>'), known)
    assert "<code>N</code>: integer ≥ 0. In 1 derivation of this chapter." in store(html)


def test_links_elsewhere_stay_as_they_are(known: cards.Cards) -> None:
    kept = (
        '<a href="other.html#top">x</a><a class="headerlink" href="#sample.identity">#</a>'
        '<a class="ay-id" href="#sample.identity">y</a><a href="https://example.org/#sample.identity">z</a>'
    )
    assert carded(PAGE, page(kept), known) == page(kept)
    outside = page("").replace("<nav>", '<nav><a href="#sample.identity">menu</a>')
    assert carded(PAGE, outside, known) == outside


def test_a_card_that_would_show_nothing_stops_the_build(tmp_path: Path) -> None:
    site = Site(tmp_path, tmp_path)
    whole = kept.pages({"page.html": '<a href="#x" data-card="says.x">x</a><p id="says.x">it</p>'})
    assert cards.seal(site, whole) == (whole, [])
    lacking = kept.pages({"page.html": '<a href="#x" data-card="says.x">x</a>'})
    assert cards.seal(site, lacking)[1] == ["page.html: the card 'says.x' is not on the page"]


# --- In a browser -------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory, write_book: Any, run_build: Any, real_mathjax: object) -> Path:
    if BROWSER is None:
        pytest.skip("NO BROWSER HERE: no card was opened; install chromium")
    book: Path = write_book(tmp_path_factory.mktemp("cards"))
    assert run_build(book).returncode == 0
    return book / "_build" / "html" / "chapters"


@pytest.fixture
def opened(built: Path) -> Iterator[Any]:
    """A function that opens a page of the sample book at a width, with or without a finger."""
    from playwright.sync_api import sync_playwright

    faults: list[str] = []
    with sync_playwright() as player:
        browser = player.chromium.launch(executable_path=BROWSER, args=["--no-sandbox"])

        def open_(name: str, width: int, *, touch: bool = False) -> Any:
            context = browser.new_context(viewport={"width": width, "height": 844}, has_touch=touch)
            page = context.new_page()
            page.on("pageerror", lambda error: faults.append(str(error)))
            page.goto((built / name).as_uri())
            return page

        yield open_
        browser.close()
    assert faults == []


def apart(one: dict[str, float], other: dict[str, float]) -> bool:
    """Whether two boxes have no point in common."""
    return (
        one["y"] + one["height"] <= other["y"]
        or other["y"] + other["height"] <= one["y"]
        or one["x"] + one["width"] <= other["x"]
        or other["x"] + other["width"] <= one["x"]
    )


HYPOTHESIS = '.ay-cites a[href$=".A3"]'


@pytest.mark.browser
@pytest.mark.timeout(300)
@pytest.mark.parametrize("width", [1280, 390])
def test_a_card_opens_under_the_pointer_and_may_be_entered(opened: Any, width: int) -> None:
    page = opened("numbers/sample.html", width)
    link, card = page.locator(HYPOTHESIS).first, page.locator("#ay-card")
    assert not card.is_visible()
    link.hover()
    card.wait_for(state="visible")
    assert card.locator("mjx-container").count() == 1 and card.get_attribute("role") == "tooltip"
    assert link.get_attribute("aria-describedby") == "ay-card"
    box = card.bounding_box()
    assert apart(box, link.bounding_box()), "the card hides its link"
    assert box["x"] >= 0 and box["x"] + box["width"] <= width
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2, steps=4)
    page.wait_for_timeout(600)
    assert card.is_visible(), "the card goes away under the pointer"
    page.mouse.move(2, 2)
    card.wait_for(state="hidden")
    assert link.get_attribute("aria-describedby") is None


@pytest.mark.browser
@pytest.mark.timeout(300)
def test_a_card_opens_on_focus_stays_and_closes_on_escape(opened: Any) -> None:
    page = opened("numbers/sample.html", 1280)
    link, card = page.locator(HYPOTHESIS).first, page.locator("#ay-card")
    page.locator(".ay-derivation").first.scroll_into_view_if_needed()
    link.focus()
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Tab")
    card.wait_for(state="visible")
    page.mouse.move(700, 5)
    page.wait_for_timeout(600)
    assert card.is_visible(), "a card opened by focus goes away by itself"
    page.keyboard.press("Escape")
    assert not card.is_visible()
    assert page.evaluate("document.activeElement.matches('.ay-cites a')"), "Escape took the focus away"
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Tab")
    card.wait_for(state="visible")
    page.keyboard.press("Tab")
    page.locator("summary").first.focus()
    card.wait_for(state="hidden")


@pytest.mark.browser
@pytest.mark.timeout(300)
def test_the_first_tap_shows_and_the_second_follows(opened: Any) -> None:
    page = opened("numbers/sample.html", 390, touch=True)
    link, card = page.locator(HYPOTHESIS).first, page.locator("#ay-card")
    link.scroll_into_view_if_needed()
    before = page.url
    link.tap()
    card.wait_for(state="visible")
    assert page.url == before and "Tap again" in card.inner_text()
    assert apart(card.bounding_box(), link.bounding_box())
    link.tap()
    page.wait_for_url("**/sample.html#given.*")


@pytest.mark.browser
@pytest.mark.timeout(300)
def test_a_claim_of_another_page_is_shown_with_its_formulas(opened: Any) -> None:
    page = opened("intro.html", 390)
    card = page.locator("#ay-card")
    page.locator('a.ay-ref[href*="sample.scan"]').first.hover()
    card.wait_for(state="visible")
    assert "misses the least sum" in card.inner_text() and card.locator("mjx-container").count() > 0
    assert card.locator("a, [id]").count() == 0
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
