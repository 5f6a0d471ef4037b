"""The real book as a reader sees it, in a browser: formulas with the network cut, no error, no page too wide."""

from __future__ import annotations

from typing import Any

import pytest

pytestmark = [pytest.mark.browser, pytest.mark.timeout(1500)]
SEEN = """() => [...document.querySelectorAll("mjx-container mjx-math")].filter((one) =>
  one.checkVisibility() && one.getBoundingClientRect().width > 0).length"""
CUT = """(width) => [...document.querySelectorAll("main article *")].filter((one) => {
  const box = one.getBoundingClientRect();
  if (box.right <= width + 1 || !box.width) return false;
  for (let up = one.parentElement; up; up = up.parentElement)
    if (getComputedStyle(up).overflowX !== "visible") return false;
  return !one.closest("mjx-assistive-mml");
}).map((one) => one.outerHTML.slice(0, 100)).slice(0, 3)"""


def test_every_page_opens_without_an_error_and_asks_nobody_else(real_book: Any, read: Any) -> None:
    assert len(real_book.pages) >= 10 and len(real_book.chapters) >= 4
    for address in real_book.pages:
        if address != "index.html":  # it leads on at once; a test of the heads follows it
            assert read(address).title()


def test_an_error_and_a_request_that_leaves_are_noticed(read: Any) -> None:
    # Without the pages' policy, which would not even let the request begin.
    page = read("chapters/trust.html", faults=True, bypass_csp=True)
    page.evaluate("fetch('https://assayer.invalid/a').catch(() => {})")
    page.evaluate("setTimeout(() => { throw new Error('planted'); })")
    page.evaluate("fetch('no-such-file').then((got) => got.text())")
    page.wait_for_timeout(300)
    assert read.outside == ["https://assayer.invalid/a"]
    assert any("planted" in line for line in read.faults) and any("404" in line for line in read.faults)


def test_formulas_are_seen_with_the_network_cut_and_without_scripts(real_book: Any, read: Any) -> None:
    for address in real_book.chapters:
        page = read(address, java_script_enabled=False)
        shown = page.locator("article mjx-container mjx-math")
        assert shown.count() > 100
        assert shown.first.is_visible() and shown.first.bounding_box()["width"] > 3
    page = read(real_book.chapters[0])
    assert page.evaluate("document.fonts.ready.then(() => [...document.fonts].some(f => f.status === 'loaded'))")
    assert page.evaluate(SEEN) > 100


def test_no_page_is_wider_than_a_telephone(real_book: Any, read: Any) -> None:
    for address in real_book.pages:
        if address == "index.html":  # it leads on at once, in the middle of any measurement
            continue
        page = read(address, width=390)
        page.wait_for_selector("main")
        for theme in ("light", "dark"):
            page.evaluate("(theme) => { document.documentElement.dataset.theme = theme; }", theme)
            assert page.evaluate("document.documentElement.scrollWidth") <= 390, (address, theme)
            assert page.evaluate(CUT, 390) == [], (address, theme)
        page.context.close()


def test_a_page_that_is_too_wide_is_noticed(read: Any) -> None:
    page = read("chapters/trust.html", width=390)
    page.evaluate("document.querySelector('article p').style.width = '700px'")
    assert page.evaluate("document.documentElement.scrollWidth") > 390 or page.evaluate(CUT, 390)


def test_sliders_of_the_real_book_change_their_drawing(real_book: Any, read: Any) -> None:
    moved = 0
    for address in real_book.chapters:
        page = read(address)
        for figure in page.locator("[data-slider]").all():
            begun = figure.locator("[data-frame]").inner_html()
            control = figure.locator("input[type=range]").first
            control.focus()
            page.keyboard.press("ArrowRight")
            assert figure.locator("[data-frame]").inner_html() != begun, address
            moved += 1
    assert moved >= 4


def test_the_sketch_of_the_real_book_takes_a_drawing(real_book: Any, read: Any) -> None:
    address = next(page for page in real_book.chapters if "data-sketch" in (real_book.folder / page).read_text("utf-8"))
    page = read(address)
    figure = page.locator("[data-sketch]").first
    figure.scroll_into_view_if_needed()
    before = figure.locator(".ay-alt").inner_text()
    drawing = figure.locator("svg")
    box = drawing.bounding_box()
    page.mouse.move(box["x"] + 0.2 * box["width"], box["y"] + 0.8 * box["height"])
    page.mouse.down()
    page.mouse.move(box["x"] + 0.8 * box["width"], box["y"] + 0.2 * box["height"], steps=5)
    page.mouse.up()
    assert figure.locator(".ay-alt").inner_text() != before


def test_in_the_dark_the_page_is_dark(read: Any) -> None:
    ground = "getComputedStyle(document.body).backgroundColor.match(/\\d+/g).slice(0, 3).map(Number)"
    assert max(read("chapters/trust.html", theme="dark").evaluate(ground)) < 60
    assert min(read("chapters/trust.html", theme="light").evaluate(ground)) > 200
