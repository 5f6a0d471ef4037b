"""A derivation on the page: its box, its steps, and what was checked at each of them."""

from __future__ import annotations

import copy
import re
import shutil
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from typing import Any

import pytest

from assayer.claims.records import Chapter, gather, read_book
from assayer.site import derivations, trust
from assayer.site.kernels import EXPLAINED
from assayer.site.pages import documents
from assayer.site.render import render
from assayer.site.surroundings import Surroundings

ROOT = Path(__file__).parents[2]
BROWSER = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


def lemma(record: dict[str, Any]) -> dict[str, Any]:
    """The derivation that the sample's third step cites."""
    said = {"plain": "(a - 1)*(b - 1) >= 0", "latex": r"\left(a - 1\right)\left(b - 1\right) \ge 0"}
    steps = [{**copy.deepcopy(record["steps"][0]), "used": [], "lemmas": []}]
    return {**copy.deepcopy(record), "title": "product of signs", "conclusion": said, "steps": steps}


@pytest.fixture
def draw(every_record: Any) -> Any:
    """A function that draws a derivation of a chapter that holds it, its lemma and the sample's other records."""

    def drawn(record: dict[str, Any], *more: dict[str, Any]) -> str:
        chapter = Chapter("sample", "chapters/sample.ipynb", tuple(enumerate([record, *more, *every_record[1:]])))
        book = gather([chapter])
        page = lambda name: "" if name == "chapters/sample" else f"{name}.html"
        return render(record, Surroundings(book, {}, str, "sample", "1-0", chapter=chapter, page=page))

    return drawn


def details(html: str) -> list[str]:
    return re.findall(r'<details class="ay-what">.*?</details>', html)


def test_a_box_says_what_is_assumed_and_what_is_to_be_proved(draw: Any, every_record: Any) -> None:
    html = draw(every_record[0])
    box = html[html.index('class="ay-assume"') : html.index('class="ay-steps"')]
    assert box.index("Assume") < box.index("(A1)") < box.index("Prove") < box.index(r"a + b + c \le N + 1")
    assert html.index("Hence") > html.index("</ol>")
    assert 'id="derivation.the-sum-as-a-product"' in html


def test_every_status_opens_to_what_was_checked(draw: Any, every_record: Any) -> None:
    html = draw(every_record[0], lemma(every_record[0]))
    first, second, third, _ = details(html)
    assert "■</span> proved" in first[: first.index("</summary>")]
    assert "<code>Eq(a + b + c, a + b + N - a*b)</code>" in first
    assert "(A3) <code>N = a*b + c</code>" in first
    assert f"<i>normal form</i>: {EXPLAINED['normal form']}" in first
    assert "the domains of its symbols" in second and "Cites" not in second
    assert "<code>Le(N + 1 - (a-1)*(b-1), N + 1)</code>" in third
    assert "<code>a - 1 &gt;= 0</code>, <code>b - 1 &gt;= 0</code>" in third
    assert '<a href="#derivation.product-of-signs">product of signs</a>: <code>(a - 1)*(b - 1) &gt;= 0</code>' in third


def test_a_lemma_that_no_page_shows_is_named_and_not_linked(draw: Any, every_record: Any) -> None:
    third = details(draw(every_record[0]))[2]
    assert "product of signs (not shown on a page)" in third and "#derivation.product-of-signs" not in third


def test_a_hypothesis_is_a_link_to_its_statement_once_on_a_page(draw: Any, every_record: Any) -> None:
    html = draw(every_record[0])
    links = set(re.findall(r'href="#(given\.[^"]+)"', html))
    assert len(links) == 3 and all(html.count(f'id="{one}"') == 1 for one in links)
    book = gather([Chapter("sample", "chapters/sample.ipynb", tuple(enumerate(every_record)))])
    around = Surroundings(book, {}, str, "sample", "1-0", chapter=book.chapters[0])
    both = render(every_record[0], around) + render(every_record[0], around)
    ids = re.findall(r'\bid="([^"]+)"', both)
    assert len(ids) == len(set(ids))


def test_a_derivation_says_which_claims_it_shows_and_what_cites_it(draw: Any, every_record: Any) -> None:
    html = draw(lemma(every_record[0]), every_record[0])
    assert 'used in <a href="#derivation.the-sum-as-a-product">the sum as a product</a>' in html
    assert 'shows <a href="#sample.identity">' in draw(every_record[0])


def test_a_derivation_without_steps_says_so(draw: Any, every_record: Any) -> None:
    assert derivations.WHOLE in draw({**every_record[0], "steps": []})
    assert derivations.WHOLE not in draw(every_record[0])


def test_what_sympy_cannot_read_is_called_text() -> None:
    assert derivations.judged("a", "≤", "b + 1") == ("Le(a, b + 1)", True)
    assert derivations.judged("‖u‖²", "=", "1") == ("‖u‖² = 1", False)
    assert derivations.judged("1/n", "→", "0") == ("1/n → 0", False)


def test_markup_in_a_record_stays_text(draw: Any, every_record: Any) -> None:
    record = copy.deepcopy(every_record[0])
    record["steps"][0] |= {"plain": "<script>", "conditions": ["<b>"], "kernel": "<i>", "lemmas": ["<u>"]}
    record["hypotheses"][0] |= {"name": '"><script>', "plain": "<script>"}
    record["steps"][0]["used"] = ['"><script>']
    html = draw(record)
    assert "<script" not in html and "<b>" not in html and "<u>" not in html


def test_every_kernel_is_explained_and_no_other() -> None:
    kernels = {word for module in trust.base().values() for word in module.kernels}
    assert set(EXPLAINED) == kernels
    book = read_book(ROOT, documents(ROOT))
    named = {
        name
        for chapter in book.chapters
        for _, record in chapter.of_kind("derivation")
        for step in record["steps"]
        for name in step["kernel"].split(", ")
        if name
    }
    assert named and named <= kernels


def test_what_is_copied_stays_exact() -> None:
    import sympy

    assert derivations.judged("x/2", "=", "-1/2 + 1/x + 3/4*x") == (
        "Eq(x/2, -Rational(1, 2) + 1/x + Rational(3, 4)*x)",
        True,
    )
    names = {**vars(sympy), "x": sympy.Symbol("x")}
    assert eval("Eq(x, 1/2)", names).has(sympy.Float), "Python alone rounds: this is why the text is changed"
    assert not eval(derivations.judged("x", "=", "1/2")[0], names).has(sympy.Float)


DECLARED = re.compile(r"^[\w, ]+ = (?:Symbol|symbols|Function|IndexedBase)\(.*$", re.MULTILINE)


def test_every_copied_relation_of_the_book_is_what_was_judged() -> None:
    import sympy

    book, seen = read_book(ROOT, documents(ROOT)), 0
    for chapter in book.chapters:
        for _, record in chapter.of_kind("derivation"):
            names = dict(vars(sympy))
            exec("\n".join(DECLARED.findall(record.get("script", ""))), names)
            left = record["start"]["plain"]
            for step in record["steps"]:
                if derivations.judged(left, step["relation"], step["plain"])[1]:
                    right = eval(derivations.exact(step["plain"]), names)
                    assert not sympy.sympify(right).has(sympy.Float), record["title"]
                    # SymPy multiplies a number out as it reads: -(n + 1) comes back as -n - 1.
                    same = str(right) == step["plain"] or sympy.expand(right) == sympy.expand(
                        sympy.sympify(step["plain"], locals=names)
                    )
                    assert same, f"{record['title']}: {right} is not {step['plain']}"
                    seen += 1
                left = step["plain"]
    assert seen > 100


def test_what_a_real_step_judges_is_python_unless_its_signs_are_not() -> None:
    book = read_book(ROOT, documents(ROOT))
    seen = {True: 0, False: 0}
    for chapter in book.chapters:
        for _, record in chapter.of_kind("derivation"):
            left = record["start"]["plain"]
            for step in record["steps"]:
                shown, python = derivations.judged(left, step["relation"], step["plain"])
                # A norm, an inner product, a limit, or a symbol that bears the name of a keyword.
                assert python != bool(re.search(r"[‖⟨→ᵀ'·]|\blambda\b", shown)), shown
                seen[python] += 1
                left = step["plain"]
    assert all(seen.values())


# --- In a browser -------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory, write_book: Any, run_build: Any, real_mathjax: object) -> Path:
    if BROWSER is None:
        pytest.skip("NO BROWSER HERE: no step was opened; install chromium")
    book: Path = write_book(tmp_path_factory.mktemp("derivations"))
    assert run_build(book).returncode == 0
    return book / "_build" / "html" / "chapters" / "numbers" / "sample.html"


@pytest.fixture(params=[1280, 390])
def chapter_page(built: Path, request: pytest.FixtureRequest) -> Iterator[Any]:
    """The sample chapter at the width of a desk and of a telephone; an error on the page fails the test."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as player:
        browser = player.chromium.launch(executable_path=BROWSER, args=["--no-sandbox"])
        context = browser.new_context(viewport={"width": request.param, "height": 844})
        page = context.new_page()
        faults: list[str] = []
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.goto(built.as_uri())
        yield page
        browser.close()
    assert faults == []


def pasted(page: Any) -> str:
    """What the clipboard holds, by the keyboard: reading it in a script would ask for permission."""
    page.evaluate("document.body.append(Object.assign(document.createElement('textarea'), {id: 'pasted'}))")
    page.locator("#pasted").focus()
    page.keyboard.press("Control+V")
    text: str = page.locator("#pasted").input_value()
    return text


@pytest.mark.browser
@pytest.mark.timeout(300)
def test_a_step_opens_by_click_and_by_keyboard_and_is_copied(chapter_page: Any) -> None:
    steps = chapter_page.locator(".ay-derivation .ay-what")
    first, third = steps.nth(0), steps.nth(2)
    assert not first.locator("dl").is_visible()
    first.locator("summary").click()
    assert first.locator("dl").is_visible() and not third.locator("dl").is_visible()
    third.locator("summary").focus()
    chapter_page.keyboard.press("Enter")
    assert third.locator("dl").is_visible()
    third.locator(".ay-copy").first.wait_for()
    for _ in range(6):  # a line that scrolls sideways on a phone is a stop on the way
        chapter_page.keyboard.press("Tab")
        if chapter_page.evaluate("document.activeElement.matches('.ay-copy')"):
            break
    chapter_page.keyboard.press("Enter")
    third.locator(".ay-copied", has_text="Copied").wait_for()
    assert pasted(chapter_page) == "Le(N + 1 - (a-1)*(b-1), N + 1)"
    wide = chapter_page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
    assert wide[0] <= wide[1]


@pytest.mark.browser
@pytest.mark.timeout(300)
def test_a_step_is_copied_with_its_symbols_where_the_script_is_there(chapter_page: Any) -> None:
    script = 'from sympy import symbols\n\na, b, c, N = symbols("a b c N", integer=True)\n\nDerivation("no more")\n'
    chapter_page.evaluate(
        """(script) => {
            const box = document.createElement("div");
            box.className = "ay-verify";
            box.append(document.createElement("template"));
            box.firstChild.content.append(script);
            document.querySelector(".ay-derivation").append(box);
        }""",
        script,
    )
    step = chapter_page.locator(".ay-derivation .ay-what").nth(0)
    step.locator("summary").click()
    step.get_by_role("button", name="Copy the expression with its symbols").click()
    step.locator(".ay-copied", has_text="Copied").wait_for()
    text = pasted(chapter_page)
    namespace: dict[str, Any] = {}
    exec(text, namespace)
    assert namespace["N"].is_integer and "Derivation" not in text
    assert text.rstrip().endswith("Eq(a + b + c, a + b + N - a*b)")


@pytest.mark.browser
@pytest.mark.timeout(300)
def test_a_short_step_has_its_reason_beside_it_where_there_is_room(chapter_page: Any) -> None:
    steps = chapter_page.locator(".ay-derivation .ay-steps > li")
    formula, why = (steps.nth(1).locator(one).bounding_box() for one in (".ay-expression", ".ay-why"))
    if chapter_page.viewport_size["width"] > 600:
        assert why["x"] >= formula["x"] + formula["width"]
    else:
        assert why["y"] >= formula["y"] + formula["height"]
    # The last step's formula is wider than any page: its reason stands below it.
    formula, why = (steps.nth(4).locator(one).bounding_box() for one in (".ay-expression", ".ay-why"))
    assert why["y"] >= formula["y"] + formula["height"]


def test_the_built_page_keeps_what_the_steps_say(built: Path) -> None:
    html = built.read_text("utf-8")
    assert html.count('<details class="ay-what">') == 4
    assert "Eq(a + b + c, a + b + N - a*b)" in unescape(html)
