"""What is far from the window waits, and is found all the same; formulas without the wrappers that change nothing."""

from __future__ import annotations

import re
from typing import Any
from xml.etree.ElementTree import fromstring

import pytest

from assayer.site.extension import STATIC
from assayer.site.lean import lean
from assayer.site.mathjax import MathJax
from assayer.site.parts import far, spoken, weight

CHAPTER = "chapters/memory/hippo.html"
ARTICLE = "<html><body><article><section>{}</section></article></body></html>"
LONG = f"<p>{'word ' * 200}</p>"
TOP = LONG * 20

# --- What waits -----------------------------------------------------------------------------------------


def marks(html: str) -> list[tuple[str, int]]:
    return [(one[1], int(one[2])) for one in re.finditer(r'<(\w+)[^>]* data-far="(\d+)"', far.marked(html))]


def test_what_is_far_from_the_top_waits_and_what_is_in_sight_does_not() -> None:
    assert marks(ARTICLE.format(LONG)) == []
    found = far.marked(ARTICLE.format(f'{TOP}<p id="end">{"word " * 200}</p>'))
    assert re.search(r'<p id="end" data-far="\d+">', found) and not found.startswith(
        "<html><body><article><section><p d"
    )
    assert marks(f"<html><body><section>{TOP}</section></body></html>") == [], "only in an article"


def test_headings_sections_and_short_pieces_do_not_wait() -> None:
    assert (
        marks(ARTICLE.format(TOP + "<h2>A title</h2><section><p>short</p></section>"))[-1:]
        == marks(ARTICLE.format(TOP))[-1:]
    )


def test_a_longer_piece_stands_higher() -> None:
    last = [
        marks(ARTICLE.format(TOP + piece))[-1][1]
        for piece in (LONG, f"<div>{LONG * 3}</div>", f"<div>{LONG * 9}</div>")
    ]
    assert last == sorted(set(last))
    folded = f"<div><details><summary>More</summary>{LONG * 9}</details>{LONG}</div>"
    assert marks(ARTICLE.format(TOP + folded))[-1][1] < last[1], "what is folded has no height"


def test_the_style_sheet_has_the_heights_of_the_marks() -> None:
    sheet = (STATIC / "far.css").read_text("utf-8")
    found = {int(k): int(high) for k, high in re.findall(r'\[data-far="(\d+)"\] \{\s*--ay-far: (\d+);', sheet)}
    assert found == {k: round(far.LEAST * far.STEP**k) for k in range(far.MARKS)}
    assert far.mark(far.LEAST) == 0 and far.mark(far.LEAST * far.STEP**5) == 5


# --- Formulas ---------------------------------------------------------------------------------------------

SAMPLES = (
    r"a_n + b^{2} = \frac{x}{y_{k+1}} - \sqrt{12}",
    r"\sum_{k=0}^{n} \left(\frac{1}{k}\right)^2 \ge \operatorname{tr} A^{\top}",
    r"\begin{pmatrix} 1 & -x \\ \mathbb{E}[u] & \lvert z \rvert \end{pmatrix}",
    r"f'(s), \quad \bar{x}, \hat{y}, \dots, \text{for all } m_{(i)}^{\{2\}}",
)
GLYPHS = """() => [...document.querySelectorAll("div")].map((one) => {
  const home = one.getBoundingClientRect();
  return [home.width, home.height, ...[...one.querySelectorAll("mjx-c, mjx-line, mjx-box")].flatMap((glyph) => {
    const box = glyph.getBoundingClientRect();
    return [box.left - home.left, box.top - home.top, box.width, box.height]; })].map((size) => Math.round(size * 50));
})"""


@pytest.fixture(scope="module")
def typeset(real_mathjax: MathJax) -> tuple[str, list[str]]:
    css, found = real_mathjax.typeset([(tex, display) for tex in SAMPLES for display in (True, False)])
    assert all(kind == "html" for kind, _ in found)
    return css, [html for _, html in found]


def test_a_formula_has_fewer_elements_and_reads_the_same(typeset: Any) -> None:
    def said(html: str) -> str:
        return "".join(fromstring(html.replace("&nbsp;", " ")).itertext())

    for whole in typeset[1]:
        less = lean(whole)
        assert less.count("<") < 0.92 * whole.count("<")
        assert said(less) == said(whole)
        assert re.findall(r'<mjx-c class="([^"]*)"', less) == re.findall(r'<mjx-c class="([^"]*)"', whole)


@pytest.mark.browser
def test_every_glyph_stands_where_it_stood(typeset: Any, browser: Any) -> None:
    css, whole = typeset
    page = browser.new_page()

    def places(formulas: list[str]) -> Any:
        body = "".join(f"<div style='width: max-content'>x {one} y</div>" for one in formulas)
        page.set_content(f"<style>{css} mjx-container {{ position: relative }}</style>{body}")
        return page.evaluate(GLYPHS)

    before = places(whole)
    assert places([lean(one) for one in whole]) == before
    assert places([lean(one).replace(' space="', ' data-space="') for one in whole]) != before, "the measure sees it"
    page.close()


def test_what_is_read_out_is_packed_after_the_first_and_comes_back() -> None:
    one = '<mjx-assistive-mml display="inline"><math><mi>x</mi></math></mjx-assistive-mml>'
    page = f"{one * (spoken.AT_ONCE + 2)}<div hidden><noscript>{one}</noscript></div>"
    packed = spoken.packed(page)
    assert packed.count("<noscript><math>") == 2 and packed.index("<noscript>") == spoken.AT_ONCE * len(one) + 36
    assert f"<noscript>{one}</noscript>" in packed, "what is packed already is left alone"
    assert spoken.unpacked(packed) == page


def test_words_without_a_colour_of_their_own_are_plain(real_book: Any) -> None:
    html = (real_book.folder / CHAPTER).read_text("utf-8")
    code = "".join(re.findall(r"<pre>.*?</pre>", html, re.DOTALL))
    assert '<span class="k">' in code and not re.search(rf'<span class="({"|".join(weight.UNCOLOURED)})">[^<]*<', code)


# --- The real book, in a browser --------------------------------------------------------------------------

IN_SIGHT = """id => { const box = document.getElementById(id).getBoundingClientRect();
  return box.top >= -2 && box.top < innerHeight && box.height > 0; }"""


@pytest.mark.browser
@pytest.mark.timeout(600)
@pytest.mark.parametrize("width", [390, 1280])
def test_an_address_of_a_far_place_shows_it_and_it_stays(read: Any, width: int) -> None:
    page = read("chapters/trust.html", width=width)
    html = page.request.get(page.url.replace("trust.html", "memory/hippo.html")).text()
    ids = re.findall(r'<section class="ay-record ay-claim" id="([^"]+)"', html)
    for id in (ids[len(ids) // 2], ids[-1], re.findall(r'<li id="([^"]+)"|<section id="([^"]+)"', html)[-1][1]):
        page = read(f"{CHAPTER}#{id}", width=width, bypass_csp=True)
        page.wait_for_function(f"({IN_SIGHT})({id!r})")
        page.wait_for_selector("mjx-assistive-mml > noscript", state="detached")
        page.wait_for_timeout(300)
        assert page.evaluate(IN_SIGHT, id), id
        assert page.evaluate("document.querySelectorAll('[data-far]').length") > 50


@pytest.mark.browser
def test_what_is_read_out_is_all_there_after_a_moment_and_without_scripts(read: Any) -> None:
    counts = "() => ['mjx-container', 'mjx-assistive-mml > math'].map((one) => document.querySelectorAll(one).length)"
    page = read(CHAPTER)
    page.wait_for_selector("mjx-assistive-mml > noscript", state="detached")
    formulas, spoken_ones = page.evaluate(counts)
    assert formulas == spoken_ones > 500
    page = read(CHAPTER, java_script_enabled=False)
    assert page.locator("mjx-assistive-mml math").count() >= formulas


@pytest.mark.browser
def test_nothing_far_is_laid_out_at_load_and_nothing_jumps(read: Any) -> None:
    page = read(CHAPTER, width=390)
    page.wait_for_selector("mjx-assistive-mml > noscript", state="detached")
    waits = """() => { const far = [...document.querySelectorAll("[data-far] mjx-container")];
      return [far.length, far.filter((one) => one.checkVisibility({contentVisibilityAuto: true})).length]; }"""
    formulas, shown = page.evaluate(waits)
    assert formulas > 500 and shown < 0.2 * formulas
    shift = """() => new Promise((done) => { let sum = 0;
      new PerformanceObserver((list) => list.getEntries().forEach((one) => { sum += one.value; }))
        .observe({type: "layout-shift", buffered: true});
      setTimeout(() => done(sum), 500); })"""
    for name in (CHAPTER, "chapters/ledger.html", "chapters/notation.html", "chapters/intro.html"):
        assert read(name, width=390).evaluate(shift) < 0.1, name


@pytest.mark.browser
def test_print_shows_what_waits(read: Any) -> None:
    page = read(CHAPTER)
    page.emulate_media(media="print")
    states = "() => [...document.querySelectorAll('[data-far]')].map((one) => getComputedStyle(one).contentVisibility)"
    assert set(page.evaluate(states)) == {"visible"}
    page.emulate_media(media="screen")
    assert set(page.evaluate(states)) == {"auto"}
