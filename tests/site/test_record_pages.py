"""The pages of the record in a real browser: the ledger's filters, addresses to copy, the graph by keyboard."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
BROWSER = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
TOC = """\
format: jb-book
root: chapters/intro
chapters:
  - file: chapters/numbers/sample
  - file: chapters/ledger
  - file: chapters/errata
  - file: chapters/graph
  - file: chapters/data
"""
pytestmark = [
    pytest.mark.skipif(BROWSER is None, reason="NO BROWSER HERE: nothing was looked at; install chromium"),
    pytest.mark.timeout(600),
]


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory, write_book: Any, run_build: Any, real_mathjax: object) -> Path:
    """The sample book with the pages of this book's record."""
    book: Path = write_book(tmp_path_factory.mktemp("record"), toc=TOC)
    for name in ("errata", "graph", "data"):
        shutil.copyfile(ROOT / "chapters" / f"{name}.md", book / "chapters" / f"{name}.md")
    run = run_build(book)
    assert run.returncode == 0, run.stderr
    assert (book / "_build" / "html" / "ledger.schema.json").is_file()
    return book / "_build" / "html" / "chapters"


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as player:
        running = player.chromium.launch(executable_path=BROWSER, args=["--no-sandbox"])
        yield running
        running.close()


@pytest.fixture
def opened(built: Path, browser: Any) -> Iterator[Callable[..., Any]]:
    """A function that opens a page: ``opened("ledger.html", width=390)``; an error on it fails the test."""
    faults: list[str] = []
    contexts: list[Any] = []

    def open(address: str, *, width: int = 1280, scripts: bool = True) -> Any:
        contexts.append(browser.new_context(viewport={"width": width, "height": 900}, java_script_enabled=scripts))
        page = contexts[-1].new_page()
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.goto(f"{built.as_uri()}/{address}")
        return page

    yield open
    for context in contexts:
        context.close()
    assert faults == []


def shown(page: Any) -> list[str]:
    return page.locator("[data-filtered] li.ay-entry:visible").evaluate_all("all => all.map(one => one.id)")


def test_the_filters_choose_and_say_how_many(opened: Any) -> None:
    page = opened("ledger.html")
    count = page.locator(".ay-filter output")
    whole = ["sample.identity", "sample.growth", "sample.scan"]
    assert shown(page) == whole and count.inner_text() == "3 of 3 claims shown"
    assert count.get_attribute("role") == "status", "a change is announced"
    page.get_by_label("tested", exact=False).check()
    assert shown(page) == ["sample.growth"] and count.inner_text() == "1 of 3 claims shown"
    page.get_by_label("proved", exact=False).check()
    assert shown(page) == whole
    page.get_by_label("its source says otherwise").check()
    assert shown(page) == ["sample.scan"]
    page.get_by_role("button", name="Show all").click()
    count.filter(has_text="3 of").wait_for()
    page.get_by_label("Text or id").fill("WEIBULL growth")
    assert shown(page) == ["sample.growth"], "every word is looked for, whatever its case"
    page.get_by_label("Text or id").fill("nothing of the kind")
    assert shown(page) == [] and count.inner_text() == "0 of 3 claims shown"
    assert not page.locator("h3[data-chapter]").is_visible()
    page.get_by_label("Text or id").fill("")
    page.get_by_label("Chapter").select_option("sample")
    assert shown(page) == whole and page.locator("h3[data-chapter]").is_visible()


def test_a_link_to_a_hidden_claim_shows_it(opened: Any) -> None:
    page = opened("ledger.html")
    page.get_by_label("Text or id").fill("weibull")
    page.evaluate("location.hash = '#sample.identity'")
    page.locator("#sample\\.identity").wait_for()
    assert page.get_by_label("Text or id").input_value() == ""


def test_the_whole_ledger_stands_without_scripts(opened: Any) -> None:
    page = opened("ledger.html", scripts=False)
    assert len(shown(page)) == 3 and page.locator(".ay-filter").count() == 0
    assert page.locator("#sample\\.scan .ay-permalink").get_attribute("href") == "#sample.scan"


def test_the_address_of_an_entry_is_copied(opened: Any) -> None:
    page = opened("errata.html")
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    link = page.locator("#erratum-sample\\.scan .ay-permalink")
    link.focus()
    page.keyboard.press("Enter")
    page.wait_for_function("document.querySelector('.ay-said').textContent !== ''")
    assert page.locator(".ay-said").inner_text().startswith("The address is copied: ")
    assert page.evaluate("navigator.clipboard.readText()") == page.url and page.url.endswith("#erratum-sample.scan")


def test_from_the_ledger_to_the_erratum_to_the_chapter(opened: Any) -> None:
    page = opened("ledger.html")
    page.locator("#sample\\.scan").get_by_role("link", name="the erratum").click()
    page.wait_for_url("**/errata.html#erratum-sample.scan")
    assert page.locator("section:target").get_by_text("the scan returns 11").is_visible()
    page.locator("section:target").get_by_role("link", name="In the chapter").click()
    page.wait_for_url("**/numbers/sample.html#sample.scan")
    assert page.locator("section:target").is_visible()


def lit(page: Any) -> set[str]:
    return set(page.locator("a.ay-node.ay-on").evaluate_all("all => all.map(one => one.dataset.key)"))


def test_the_graph_by_keyboard_and_by_pointer(opened: Any) -> None:
    page = opened("graph.html")
    assert lit(page) == set() and page.locator(".ay-traced").count() == 0
    page.locator(".ay-graph-drawing").focus()
    met = []
    for _ in range(3):
        page.keyboard.press("Tab")
        met.append(page.evaluate("document.activeElement.dataset.key"))
    assert met == ["sample.identity", "sample.growth", "sample.scan"], "what is needed comes first"
    assert lit(page) == set(met) and page.locator(".ay-edge.ay-on").count() == 2
    page.keyboard.press("Escape")
    assert lit(page) == set() and page.locator(".ay-traced").count() == 0
    page.keyboard.press("Shift+Tab")
    assert lit(page) == {"sample.growth"}
    faint = page.locator('a.ay-node[data-key="sample.scan"]')
    assert float(faint.evaluate("one => getComputedStyle(one).opacity")) < 1
    faint.hover()
    assert lit(page) == set(met)
    faint.click()
    page.wait_for_url("**/numbers/sample.html#sample.scan")


def test_a_wide_graph_scrolls_inside_itself(opened: Any) -> None:
    page = opened("graph.html", width=200)
    inner = page.locator(".ay-graph-drawing")
    assert inner.evaluate("one => one.scrollWidth > one.clientWidth"), "it would be too wide for the page"
    assert inner.bounding_box()["width"] <= 200


TOO_WIDE = """() => [...document.querySelectorAll("article *")].filter((one) => {
  if (one.getClientRects().length === 0 || one.getBoundingClientRect().right <= innerWidth + 1) return false;
  for (let above = one; above.tagName !== "ARTICLE"; above = above.parentElement) {
    if (above !== one && getComputedStyle(above).overflowX !== "visible") return false;
  }
  return true;
}).map((one) => one.outerHTML.slice(0, 80))"""
"""What reaches past the screen and does not scroll inside itself: the theme hides it, so the page's width tells not."""


@pytest.mark.parametrize("width", [390, 1280])
def test_nothing_reaches_past_the_screen(opened: Any, width: int) -> None:
    for name in ("ledger", "errata", "graph", "data"):
        page = opened(f"{name}.html", width=width)
        assert page.evaluate(TOO_WIDE) == [], name
    page.evaluate("document.querySelector('article h1').style.width = '3000px'")
    assert len(page.evaluate(TOO_WIDE)) > 0, "what is too wide is seen"
