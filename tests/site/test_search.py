"""The search: what goes into its index, and what a reader finds with it."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from assayer.claims.records import Chapter, gather
from assayer.site import kept, plain
from assayer.site.parts import Site, search

FRAME = (
    "<html><head><title>t</title></head><body><dialog id=\"pst-search-dialog\"><form class='bd-search'></form></dialog>"
    '<script src="_static/searchtools.js"></script>{}</body></html>'
)
ARTICLE = (
    '<article class="bd-article"><section id="top"><h1>A chapter<a class="headerlink" href="#top">#</a></h1>'
    '<p><strong>Result.</strong> It falls as <span class="math">\\(1/\\sqrt T\\)</span>.</p>'
    '<section id="rates"><h2>Rates</h2><p>Abel summation with <span class="math">\\(\\eta_t\\)</span>.</p>'
    "<table><thead><tr><th>symbol</th><th>meaning</th></tr></thead><tbody>"
    '<tr><td><span class="math">\\(\\eta_t\\)</span></td><td>the rate</td></tr></tbody></table>'
    "<pre>not = prose</pre><svg><text>drawn</text></svg></section></section></article>"
)


@pytest.mark.parametrize(
    ("tex", "said"),
    [
        (r"\frac{1}{\sqrt T}", "1/√T"),
        (r"\frac{D^2}{2T\eta_T}", "D^2/(2Tη_T)"),
        (r"\frac{a+b}{2}", "(a+b)/2"),
        (r"\frac12", "1/2"),
        (r"x_{0}", "x_0"),
        (r"P_{n+1}'", "P_(n+1)'"),
        (r"\lVert \mathbf g_t\rVert \le G", "‖g_t‖ ≤ G"),
        (r"\theta^\star \in \mathbb{R}^d", "θ⋆ ∈ ℝ^d"),
        (r"\text{if } n > 0", "if n > 0"),
        (r"\begin{aligned} a &= b \\ c &= d \end{aligned}", "a = b c = d"),
    ],
)
def test_a_formula_reads_as_text(tex: str, said: str) -> None:
    assert plain.formula(tex) == said


@pytest.mark.parametrize("tex", [r"{\frac", r"\sqrt[3", "}}", "^", r"\hat", "a_"])
def test_bad_tex_is_read_without_a_fault(tex: str) -> None:
    assert isinstance(plain.formula(tex), str)


def indexed(claim: Any, **changes: Any) -> dict[str, Any]:
    record = claim("sample.identity", symbols=[{"symbol": "x0", "latex": "x_{0}", "domain": "real"}], **changes)
    book = gather([Chapter("sample", "chapters/sample.ipynb", ((1, record),))])
    return search.build(book, kept.pages({"chapters/sample.html": FRAME.format(ARTICLE)}))


def of_kind(index: dict[str, Any], kind: str) -> list[Any]:
    return [entry for entry in index["entries"] if index["kinds"][entry[0]] == kind]


def test_sections_claims_symbols_and_errata_are_indexed(claim: Any) -> None:
    wrong = {"printed": "$N^{1/4}$", "verified": "$N^{1/6}$", "counterexample": "", "repair": "1/6"}
    index = indexed(claim, erratum=wrong)
    assert index["pages"] == [["chapters/sample.html", "A chapter"]]
    assert [entry[3] for entry in of_kind(index, "page")] == ["A chapter"]
    (section,) = of_kind(index, "section")
    assert section[2:4] == ("rates", "Rates") and "Abel summation with η_t" in section[4]
    assert "not = prose" not in section[4] and "drawn" not in section[4]
    (stated,) = of_kind(index, "claim")
    assert stated[2] == stated[3] == "sample.identity" and "N + 1 - (a-1)(b-1)" in stated[4]
    assert [(entry[2], entry[3]) for entry in of_kind(index, "symbol")] == [
        ("rates", "η_t"),
        ("sample.identity", "x_0"),
    ]
    (erratum,) = of_kind(index, "erratum")
    assert "As printed: N^(1/4)" in erratum[4] and erratum[2] == "sample.identity"


def test_an_erratum_is_found_where_a_page_of_errata_has_it(claim: Any) -> None:
    wrong = {"printed": "a", "verified": "b", "counterexample": "", "repair": ""}
    book = gather([Chapter("sample", "chapters/sample.ipynb", ((1, claim(erratum=wrong)),))])
    listed = '<article><section id="e"><h1>Errata</h1><p id="erratum-sample.identity">x</p></section></article>'
    texts = {"chapters/sample.html": FRAME.format(ARTICLE), "chapters/errata.html": FRAME.format(listed)}
    index = search.build(book, kept.pages(texts))
    ((_, page, anchor, *_),) = of_kind(index, "erratum")
    assert index["pages"][page][0] == "chapters/errata.html" and anchor == "erratum-sample.identity"


def test_a_page_loses_the_themes_search_and_loads_no_index(tmp_path: Path, write_book: Any) -> None:
    book = write_book(tmp_path)
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "searchindex.js").write_text("old")
    given = kept.pages({"chapters/numbers/sample.html": FRAME.format(ARTICLE)})
    html = search.finish(Site(book, tmp_path / "site"), given)["chapters/numbers/sample.html"].text
    assert "searchtools" not in html and "pst-search-dialog" not in html
    assert re.search(r'<script defer src="../../_static/search\.js" data-search>', html)
    assert "search-index" not in html
    assert not (tmp_path / "site" / "searchindex.js").exists()
    script = (tmp_path / "site" / search.INDEX).read_text("utf-8")
    assert json.loads(
        script.removeprefix("globalThis.assayerSearch = ").rstrip().removesuffix(";").replace("<\\/", "</")
    )


# --- In a browser, on the real book -----------------------------------------------------------------

CHAPTER = "chapters/memory/hippo.html"


def ask(page: Any, query: str) -> list[tuple[str, str, str]]:
    """Kind, title and address of what the open search shows for `query`."""
    page.locator("#ay-search input").fill(query)
    page.wait_for_function(
        "q => document.querySelector('.ay-search-said').textContent.match(/result|Nothing/)", arg=query
    )
    page.wait_for_timeout(50)
    return page.eval_on_selector_all(
        "#ay-search li a",
        "all => all.map(a => [a.querySelector('.ay-kind').textContent, "
        "a.querySelector('code, b').textContent, a.getAttribute('href')])",
    )


@pytest.mark.timeout(600)
def test_a_reader_finds_ids_symbols_formulas_and_words(read: Any) -> None:
    page = read(CHAPTER)
    page.keyboard.press("Control+k")
    page.wait_for_selector("#ay-search[open]")
    assert ask(page, "hippo.legs")[0][:2] == ["claim", "hippo.legs"]
    symbol = ask(page, "η")[0]
    assert symbol[0] == "symbol" and symbol[1].startswith("η")
    for spelled in (r"\eta", "eta"):
        assert ask(page, spelled)[0][0] == "symbol" and ask(page, spelled)[0][1].startswith("η")
    assert not any(title == "β" for _, title, _ in ask(page, "eta")), "beta is not eta"
    assert any(
        "x0" in page.locator("#ay-search li").nth(n).inner_text().replace("_", "") for n in range(len(ask(page, "x_0")))
    )
    assert ask(page, "Abel summation")[0][0] == "section"
    assert ask(page, "1/√T")[0][1].endswith("falls as 1/√T")
    assert ask(page, r"\frac{1}{\sqrt{T}}") == ask(page, "1/√T")
    assert ask(page, "LegT")[0][1] == "hippo.legt"
    assert any(
        kind == "erratum" and title.endswith("hippo.printed_scale") for kind, title, _ in ask(page, "LegT scale")
    )
    assert ask(page, "lagendre") and "for “legendre”" in page.locator(".ay-search-said").inner_text()
    assert ask(page, "qqzzxx") == [] and "Nothing holds" in page.locator(".ay-search-said").inner_text()


@pytest.mark.timeout(600)
@pytest.mark.parametrize(("theme", "width"), [("light", 1280), ("dark", 390)])
def test_the_search_works_by_keyboard_and_loads_only_when_opened(read: Any, theme: str, width: int) -> None:
    page = read(CHAPTER, theme=theme, width=width)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    loaded = "performance.getEntriesByType('resource').filter(one => one.name.includes('search-index')).length"
    assert page.evaluate(loaded) == 0 and page.locator("#ay-search").count() == 0
    page.keyboard.press("/")
    page.wait_for_selector("#ay-search[open]")
    page.keyboard.type("hippo.leg")
    page.wait_for_selector("#ay-search li")
    assert sum("search-index" in url for url in asked) == 1
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    assert page.evaluate("document.activeElement === document.querySelectorAll('#ay-search li a')[1]")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowUp")
    assert page.evaluate("document.activeElement.name") == "q"
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    box = page.locator("#ay-search").bounding_box()
    assert box["x"] >= 0 and box["x"] + box["width"] <= width
    page.keyboard.press("Escape")
    assert not page.locator("#ay-search").is_visible()
    page.keyboard.press("Control+k")
    page.locator("#ay-search input").fill("hippo.legs")
    page.wait_for_function("document.querySelector('#ay-search li code')?.textContent === 'hippo.legs'")
    page.keyboard.press("Enter")
    page.wait_for_function("location.hash === '#hippo.legs'")
    assert not page.locator("#ay-search").is_visible()


@pytest.mark.timeout(600)
def test_the_buttons_of_the_theme_open_this_search(read: Any) -> None:
    page = read("chapters/trust.html", width=390)
    page.locator(".bd-header-article .search-button__button").click()
    page.wait_for_selector("#ay-search[open]")
    page.locator("#ay-search button").click()
    assert not page.locator("#ay-search").is_visible()


@pytest.mark.timeout(600)
def test_the_page_of_the_search_answers_its_address(read: Any) -> None:
    page = read("search.html?q=hippo.legs")
    page.wait_for_selector(".ay-search-list li")
    assert page.locator(".ay-search-list code").first.inner_text() == "hippo.legs"
    assert not page.locator(".ay-search-contents").is_visible()
    page.locator(".ay-search-list a").first.click()
    page.wait_for_url("**/hippo.html#hippo.legs")


@pytest.mark.timeout(600)
def test_without_scripts_the_page_of_the_search_says_so_and_lists_the_book(read: Any, real_book: Any) -> None:
    page = read("search.html", java_script_enabled=False)
    assert "needs JavaScript" in page.locator("article").inner_text()
    assert not page.locator("[data-search-here]").is_visible()
    listed = page.eval_on_selector_all(".ay-search-contents a", "all => all.map(a => a.getAttribute('href'))")
    assert set(real_book.chapters) <= set(listed)


@pytest.mark.timeout(600)
def test_the_index_is_small(real_book: Any) -> None:
    import gzip

    text = (real_book.folder / search.INDEX).read_bytes()
    # It is loaded when the search is opened, and grows with the book.
    assert len(gzip.compress(text)) < 16_000 * len(real_book.chapters)
