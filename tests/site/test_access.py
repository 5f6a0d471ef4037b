"""Whoever reads without a mouse, without colour or without sight: each repair, and every page of the real book.

axe-core judges every page in both themes, on a desk and on a telephone. What repeats on a page is judged once: of all
formulas the first three stay as they are, the others become empty boxes of their size beside their own text, and of the
words of code one of each colour stays. A chapter has 80 000 elements otherwise, and axe would need minutes for each.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from assayer.site import tags
from assayer.site.extension import STATIC
from assayer.site.parts import access

browser_test = [pytest.mark.browser, pytest.mark.timeout(1500)]
FRAME = (
    '<body><div id="skip"><a href="#m">Skip to main content</a></div>{before}'
    '<div class="outer"><div id="primary"><a href="i.html">The book</a><nav aria-label="Main">x</nav></div>'
    '<main id="m" role="main">{inside}</main></div>{after}</body>'
)
LEAN = """() => {
  const formulas = [...document.querySelectorAll("mjx-container")].map((one) => one.querySelector("mjx-math"));
  const sizes = formulas.map((one) => one && one.getBoundingClientRect());
  formulas.forEach((one, number) => {
    if (!one || number < 3) return;
    const box = document.createElement("mjx-math");
    for (const given of one.attributes) box.setAttribute(given.name, given.value);
    box.style.cssText = `display: inline-block; width: ${sizes[number].width}px; height: ${sizes[number].height}px`;
    // What is read out stays MathML, which names nothing: a link that is a formula alone needs a name of its own.
    const math = one.parentElement.querySelector("mjx-assistive-mml math");
    one.replaceWith(box);
    if (math) math.textContent = math.textContent;
  });
  const seen = new Set();
  for (const word of document.querySelectorAll("pre span[class]")) {
    if (seen.has(word.className)) word.replaceWith(...word.childNodes);
    else seen.add(word.className);
  }
  for (const code of document.querySelectorAll("pre")) code.normalize();
}"""
ALL_LAID_OUT = """() => { const all = new CSSStyleSheet();
  all.replaceSync("* { content-visibility: visible !important }"); document.adoptedStyleSheets = [all]; }"""
PACKED = "mjx-assistive-mml > noscript"
JUDGE = """(rules) => axe.run(document, {resultTypes: ["violations"], preload: false,
    ...(rules.length ? {runOnly: {type: "rule", values: rules}} : {})}).then((found) =>
  found.violations.flatMap((rule) =>
    rule.nodes.map((one) => `${rule.id}: ${one.target.join(" ")} ${one.html.slice(0, 120)}`)))"""


def repaired(before: str = "", inside: str = "", after: str = "") -> str:
    return access.repaired(FRAME.format(before=before, inside=inside, after=after))


# --- The parser -----------------------------------------------------------------------------------------


def test_an_edit_changes_one_tag_and_nothing_else() -> None:
    page = '<p>a &lt; b <svg viewBox="0 0 1 1"><g id=x /></svg><br>\\(a<b\\)</p><script>"</p>"</script><!-- <i> -->'
    found = {one.name: one for one in tags.read(page)}
    assert list(found) == ["p", "svg", "g", "br", "script"]
    assert found["g"].parent is found["svg"] and page[found["p"].end :].startswith("<script")
    changed = tags.edited(page, [found["g"].tag(id="y", aria_label='"')])
    assert changed == page.replace("<g id=x />", '<g id="y" aria-label="&quot;"/>')
    with pytest.raises(ValueError, match="overlap|two edits"):
        tags.edited(page, [found["g"].tag(id="y"), found["g"].tag(id="z")])


# --- Each repair, and that what needs none is left alone ----------------------------------------------


def test_a_link_that_shows_a_formula_keeps_its_name() -> None:
    named = r'<a href="x" aria-label="t_2, in the notation"><span class="math">\(t_{2}\)</span></a>'
    assert named in repaired(inside=named)
    assert (
        "aria-label"
        not in repaired(inside='<a href="x" aria-label="t_2">the second time</a>').split("the second")[0][-40:]
    )


def test_a_sidebar_beside_the_main_part_becomes_a_landmark() -> None:
    assert '<div id="primary" role="complementary" aria-label="The book">' in repaired()
    assert '<div id="skip">' in repaired(), "a skip link needs no landmark"


def test_an_empty_landmark_is_hidden_and_a_full_one_is_not() -> None:
    page = repaired(before='<header class="h">\n </header><aside>News</aside>', after="<footer></footer>")
    assert '<header class="h" hidden="">' in page and '<footer hidden="">' in page and "<aside>News" in page


def test_a_button_beside_everything_lies_in_a_landmark() -> None:
    assert '<nav aria-label="Back to top"><button>Back to top</button></nav>' in repaired(
        "<button>Back to top</button>"
    )


def test_the_skip_link_moves_the_focus() -> None:
    assert '<main id="m" role="main" tabindex="-1">' in repaired()


def test_a_control_is_called_what_it_shows() -> None:
    page = repaired(inside='<details><summary aria-label="Toggle hidden content">Show the code</summary></details>')
    assert "<summary>Show the code" in page
    kept = '<button aria-label="Copy the address of this step">address of this step</button>'
    assert kept in repaired(inside=kept)
    assert '<button title="Toggle" aria-label="Toggle"><i></i></button>' in repaired(
        inside='<button title="Toggle"><i></i></button>'
    )


def test_two_regions_have_two_names() -> None:
    region = '<div role="region" aria-label="Published">x</div>'
    page = repaired(inside=f'<p id="a">{region}</p><p id="b">{region}{region}</p>')
    names = re.findall(r'role="region" aria-label="([^"]*)"', page)
    assert len(set(names)) == 3 and names[:2] == ["Published: a", "Published: b"]
    assert region in repaired(inside=region), "one alone keeps its name"


def test_a_page_without_a_main_part_is_left_alone() -> None:
    assert access.repaired("<header></header>") == "<header></header>"


# --- The real book -------------------------------------------------------------------------------------


SHARES = 4
"""The pages are judged in so many tests, which processes can share."""


@pytest.fixture(scope="module")
def axe() -> str:
    found = find_spec("axe_playwright_python")
    if found is None or found.origin is None:
        pytest.skip("NO AXE HERE: no page was held against its rules; make test installs axe-playwright-python")
    return Path(found.origin).with_name("axe.min.js").read_text("utf-8")


OF_COLOURS = ("color-contrast", "link-in-text-block")
"""The rules that a theme can change: it changes colours alone."""


def judged(page: Any, axe: str, theme: str, width: int, rules: Sequence[str] = ()) -> list[str]:
    """What axe finds on an open page in one theme and width, by all its rules or some."""
    page.set_viewport_size({"width": width, "height": 900})
    page.evaluate(f"document.documentElement.dataset.theme = {theme!r}")
    page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done())))")
    page.wait_for_timeout(300)  # transitions of colour
    if not page.evaluate("'axe' in window"):
        page.evaluate(axe)
    return [f"{theme} {width}: {line}" for line in page.evaluate(JUDGE, list(rules))]


@pytest.mark.browser
@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("share", range(SHARES))
def test_axe_finds_nothing_on_any_page(real_book: Any, read: Any, axe: str, share: int) -> None:
    found = []
    for address in real_book.pages[share::SHARES]:
        page = read(address)
        page.wait_for_selector("main")
        page.wait_for_load_state("load")
        page.wait_for_selector(PACKED, state="detached")
        page.evaluate(LEAN)
        page.set_default_timeout(600_000)
        for width in (1280, 390):
            found += [f"{address} {line}" for line in judged(page, axe, "light", width)]
            found += [f"{address} {line}" for line in judged(page, axe, "dark", width, OF_COLOURS)]
        page.context.close()
    assert found == []


@pytest.mark.browser
@pytest.mark.timeout(900)
def test_axe_sees_what_is_wrong(read: Any, axe: str) -> None:
    page = read("chapters/conventions.html")
    page.evaluate(
        """() => { const p = document.querySelector("article p"); p.style.color = "#bbb";
        p.insertAdjacentHTML("afterend", '<img src="../_static/favicon.svg"><button></button>'); }"""
    )
    assert {line.split()[2] for line in judged(page, axe, "light", 1280, OF_COLOURS)} == {"color-contrast:"}
    found = " ".join(judged(page, axe, "light", 1280))
    assert "color-contrast" in found and "image-alt" in found and "button-name" in found


@pytest.mark.browser
@pytest.mark.timeout(900)
def test_axe_sees_a_link_that_is_a_formula_without_a_name(read: Any, axe: str) -> None:
    page = read("chapters/numbers/near_product.html")
    page.wait_for_selector(PACKED, state="detached")
    page.evaluate(
        """() => { const far = [...document.querySelectorAll("article p mjx-container")].at(5);
        const link = document.createElement("a"); link.href = "#x"; far.replaceWith(link); link.append(far); }"""
    )
    assert judged(page, axe, "light", 1280, ["link-name"]), "before anything is taken away"
    page.evaluate(LEAN)
    assert any("link-name" in line for line in judged(page, axe, "light", 1280, ["link-name"]))


INSIDE = "article :is(a[href], button, input, select, textarea, summary, [tabindex='0'])"
REACHABLE = f"""() => [...document.querySelectorAll("{INSIDE}")].filter((one) => !one.disabled && one.checkVisibility({{
  visibilityProperty: true}})).map((one) => (one.dataset.walk ??= String(Math.random())))"""
HERE = """() => {
  const one = document.activeElement;
  if (!one || !one.closest("article")) return null;
  one.dataset.walk ??= String(Math.random());
  const style = getComputedStyle(one);
  return {number: one.dataset.walk, html: one.outerHTML.slice(0, 120),
    ring: style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2};
}"""
SHOWN = """() => {
  const [style, box] = [getComputedStyle(document.activeElement), document.activeElement.getBoundingClientRect()];
  return box.width > 0 && box.height > 0 && style.visibility === "visible" && Number(style.opacity) > 0.5 &&
    box.bottom > 0 && box.top < innerHeight;
}"""


@pytest.mark.browser
@pytest.mark.timeout(1500)
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_tab_reaches_everything_in_the_order_of_the_text_and_shows_where_it_is(read: Any, theme: str) -> None:
    page = read("chapters/numbers/near_product.html", theme=theme, reduced_motion="reduce")
    # The page as a reader finds it, far pieces not laid out: which things are there is asked afterwards.
    page.evaluate("document.querySelector('main').focus()")
    reached: list[str] = []
    for _ in range(900):
        page.keyboard.press("Tab")
        here = page.evaluate(HERE)
        if here is None:
            if reached:
                break
            continue
        reached.append(here["number"])
        assert here["ring"], here["html"]
        page.wait_for_function(SHOWN, timeout=10_000)  # a button that fades in takes its time
    page.evaluate(ALL_LAID_OUT)
    page.wait_for_timeout(1500)
    expected = page.evaluate(REACHABLE)
    assert len(expected) > 60
    assert reached == expected


@pytest.mark.browser
def test_the_skip_link_is_first_seen_and_leads_to_the_text(read: Any) -> None:
    page = read("chapters/trust.html")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to main content"
    page.wait_for_timeout(400)
    assert page.evaluate("document.activeElement.getBoundingClientRect().top") >= 0
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.localName") == "main"
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.closest('main') !== null")


@pytest.mark.browser
@pytest.mark.timeout(900)
def test_what_scrolls_is_reached_by_keyboard_at_every_width(read: Any) -> None:
    page = read("chapters/memory/hippo.html", bypass_csp=True)  # the wait below evaluates a text in the page
    page.evaluate(ALL_LAID_OUT)
    lost = """() => [...document.querySelectorAll("main :is(mjx-container, div, dd, pre)")].filter((one) =>
      one.checkVisibility() && one.scrollWidth > one.clientWidth &&
      ["auto", "scroll"].includes(getComputedStyle(one).overflowX) &&
      one.tabIndex < 0 && !one.querySelector("a[href], button, input")).length"""
    idle = "() => [...document.querySelectorAll('[data-scrolls]')].filter((o) => o.scrollWidth <= o.clientWidth).length"
    for width in (1280, 390, 1280):
        page.set_viewport_size({"width": width, "height": 900})
        page.wait_for_function(f"({lost})() === 0 && ({idle})() === 0")
    assert page.evaluate("document.querySelectorAll('[data-scrolls]').length") > 3
    page.evaluate("document.querySelectorAll('[data-scrolls]').forEach((one) => one.removeAttribute('tabindex'))")
    assert page.evaluate(lost) > 3, "the measure sees what is lost"


@pytest.mark.browser
def test_less_motion_where_it_is_asked_for(read: Any) -> None:
    asked = "() => parseFloat(getComputedStyle(document.querySelector('.skip-link')).transitionDuration)"
    moving = "() => { document.querySelector('.skip-link').style.transition = 'top 2s'; }"
    for motion, low, high in (("no-preference", 1.9, 2.1), ("reduce", 0, 0.001)):
        page = read("chapters/trust.html", reduced_motion=motion)
        page.evaluate(moving)
        assert low <= page.evaluate(asked) <= high


@pytest.mark.browser
def test_sliders_say_where_they_stand(real_book: Any, read: Any) -> None:
    seen = 0
    for address in real_book.chapters:
        page = read(address)
        for control in page.locator("article input[type=range]").all():
            control.focus()
            page.keyboard.press("ArrowRight")
            assert control.get_attribute("aria-valuetext"), address
            assert page.evaluate("one => one.labels.length || one.ariaLabel", control.element_handle()), address
            seen += 1
    assert seen >= 4


def test_the_focus_is_never_taken_away() -> None:
    for sheet in STATIC.glob("*.css"):
        for rule in re.finditer(r"([^{}]*:focus[^{}]*)\{([^{}]*)\}", sheet.read_text("utf-8")):
            gone = re.search(r"outline:\s*(none|0)\b", rule[2])
            assert not gone or 'tabindex="-1"' in rule[1], f"{sheet.name}: {rule[1].strip()}"
