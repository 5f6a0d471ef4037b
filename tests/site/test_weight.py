"""Light pages: what is not used is not sent, what is used stays, and nothing is asked elsewhere."""

from __future__ import annotations

import re
import shutil
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from assayer.site import fonts, icons, kept, parts, purge, scripts
from assayer.site.errors import SiteError
from assayer.site.parts import weight

ROOT = Path(__file__).parents[2]
BROWSER = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
in_browser = [
    pytest.mark.browser,
    pytest.mark.timeout(900),
    pytest.mark.skipif(BROWSER is None, reason="NO BROWSER HERE: no page was opened; install chromium"),
]


# --- Icons and scripts ----------------------------------------------------------------------------------


def test_an_icon_is_drawn_in_its_place_and_keeps_its_mode() -> None:
    given = '<i class="theme-switch fa-solid fa-moon   fa-lg" data-mode="dark" title="Dark"></i>'
    html = icons.drawn(given)
    assert icons.unknown(given, "a") == [] and html.startswith(
        '<svg class="ay-icon theme-switch fa-solid fa-moon" data-mode="dark" '
    )
    assert 'aria-hidden="true"' in html and icons.DRAWINGS["moon"] in html


def test_an_icon_that_nobody_drew_stops_the_build(tmp_path: Path) -> None:
    site = parts.Site(tmp_path, tmp_path / "html")
    with pytest.raises(SiteError, match="a.html: no drawing for the icon 'fa-solid fa-yak'"):
        page = '<html><head></head><body><i class="fa-solid fa-yak"></i></body></html>'
        weight.finish(site, kept.pages({"a.html": page}))


@pytest.mark.parametrize(
    ("script", "page", "stays"),
    [
        ('src="_static/scripts/fontawesome.js?digest=1"', "", False),
        ('src="_static/scripts/bootstrap.js"', "", False),
        ('src="_static/copybutton.js?v=1"', "", False),
        ('src="_static/copybutton.js?v=1"', '<div class="highlight"><pre>x</pre></div>', True),
        ('src="_static/design-tabs.js"', "", False),
        ('src="_static/design-tabs.js"', '<div class="sd-tab-set">', True),
        ('src="_static/togglebutton.js"', '<div class="admonition note">', False),
        ('src="_static/togglebutton.js"', '<div class="admonition dropdown note">', True),
        ('src="searchindex.js"', "", False),
        ('src="searchindex.js"', '<div id="search-results"></div>', True),
        ('src="_static/ledger.js?v=2"', "", True),
        ('type="module" src="_static/new.js"', "", True),
    ],
)
def test_a_script_is_sent_to_the_pages_that_use_it(script: str, page: str, stays: bool) -> None:
    html = scripts.slim(f"<head><script {script}></script></head><body>{page}</body>")
    assert ("<script" in html) is stays
    assert not stays or "defer" in html or "module" in html


def test_a_program_in_a_page_goes_into_a_file_in_its_place() -> None:
    html = '<script>let x = "</b>";</script><script type="application/ld+json">{}</script>'
    moved = scripts.outside(html, "p/a.html")
    found = re.fullmatch(r'<script defer src="\.\./(_static/inline-\w+\.js)"></script>\n(.*)', moved)
    assert found and found[2] == '<script type="application/ld+json">{}</script>'
    assert scripts.programs(html) == {found[1]: 'let x = "</b>";\n'}


# --- Style sheets ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("selector", "kept"),
    [
        (".here", True),
        (".gone", False),
        ("#place .here", True),
        (".here .gone", False),
        ("p.here:hover::before", True),
        ("dialog", False),
        ("p:not(.gone)", True),
        ("p:is(.gone, .here)", True),
        (".sm\\:here", False),
        ("html[data-theme=dark] p", True),
        ("html[data-theme=sepia] p", False),
        ("p[data-gone]", False),
        ("p[class^=he]", True),
        (":root", True),
        ("::selection", True),
        ("p>p+p~p", True),
        ("p>dialog", False),
        ("*", True),
    ],
)
def test_a_selector_is_kept_when_it_can_match(selector: str, kept: bool) -> None:
    words = purge.words_of('<p class="here" id="place" data-theme="dark">gone dialog</p>')
    assert purge.used(selector, words) is kept


def purged(css: str, html: str = '<p class="a"></p>', said: str = "") -> str:
    return purge.written(purge.purge(purge.parse(css), purge.words_of(html) | purge.words_of_script(said), said))


@pytest.mark.parametrize(
    ("css", "left"),
    [
        ("/* x */ .a , .b { color : red ; }", ".a{color:red}"),
        ("@media print { .b { x: y } .a { x: y } }", "@media print{.a{x:y}}"),
        ("@media print { .b { x: y } }", ""),
        (".a { content: ';}' ; b: url(data:x/y;z,<x>) }", ".a{content:';}';b:url(data:x/y;z,<x>)}"),
        (".a { --used: 1; --idle: 2; width: var(--used) }", ".a{--used:1;width:var(--used)}"),
        (".a { --one: var(--two); --two: 1 }", ""),
        (".a { --empty: ; width: var(--empty) }", ".a{--empty:;width:var(--empty)}"),
        (
            "@keyframes spin { to { x: y } } .a { animation: spin 1s }",
            "@keyframes spin{to { x: y }}.a{animation:spin 1s}",
        ),
        ("@keyframes spin { to { x: y } } .a { color: red }", ".a{color:red}"),
        (
            "@font-face { font-family: F } .a { font: 700 1rem/2 F, b }",
            "@font-face{font-family:F}.a{font:700 1rem/2 F, b}",
        ),
        ("@font-face { font-family: F; src: url(f) } .a { color: red }", ".a{color:red}"),
        (".a { color: red; .b & { x: y } }", ".a{color: red; .b & { x: y }}"),
        ("@charset 'utf-8'; .a:is(.b, .c), .b { x: y !important }", ".a:is(.b, .c){x:y!important}"),
    ],
)
def test_what_is_left_of_a_style_sheet(css: str, left: str) -> None:
    assert purged(css) == left


def test_what_a_script_may_set_stays() -> None:
    assert purged(".made{x:y}", said='box.className = "made"') == ".made{x:y}"
    assert purged(".a{--made:1}", said='box.style.setProperty("--made", 2)') == ".a{--made:1}"


def site_with(tmp_path: Path, sheets: dict[str, str], page: str) -> parts.Site:
    folder = tmp_path / "html"
    for name, text in {**sheets, "p/a.html": page}.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, "utf-8")
    return parts.Site(tmp_path, folder)


def test_all_sheets_of_a_page_become_one_in_their_order(tmp_path: Path) -> None:
    sheets = {
        "_static/styles/theme.css": '@import "../basic.css";\n@import url(wide.css) print;\n'
        ".a{background:url(../images/i.svg)}",
        "_static/basic.css": ".a{color:red}.gone{x:y}",
        "_static/styles/wide.css": ".a{x:z}",
        "_static/images/i.svg": "<svg/>",
        "_static/images/unused.svg": "<svg/>",
        "_static/vendor/font.ttf": "x",
        "_static/print.css": ".a{display:none}",
        "_static/slider.js": "1;",
    }
    page = (
        '<html><head><script>1</script><link rel="stylesheet" href="../_static/styles/theme.css?v=1" />'
        '<link rel="stylesheet" media="print" href="../_static/print.css" /></head>'
        '<body><main class="a"></main></body></html>'
    )
    site = site_with(tmp_path, sheets, page)
    done, problems = weight.seal(site, kept.pages({"p/a.html": page}))
    assert problems == []
    html = done["p/a.html"].text
    (address,) = re.findall(r'rel="stylesheet" href="\.\./([^"]+)"', html)
    css = (site.folder / address).read_text("utf-8").partition("*/\n")[2]
    assert css == ('.a{color:red}@media print{.a{x:z}}.a{background:url("images/i.svg")}@media print{.a{display:none}}')
    left = {file.relative_to(site.folder / "_static").as_posix() for file in (site.folder / "_static").rglob("*.*")}
    assert left == {address.removeprefix("_static/"), "images/i.svg", "slider.js"}


def test_a_file_that_a_page_needs_and_lacks_is_named(tmp_path: Path) -> None:
    page = '<html><head><script src="../_static/none.js"></script></head><body><main></main></body></html>'
    _, problems = weight.seal(site_with(tmp_path, {}, page), kept.pages({"p/a.html": page}))
    assert problems == ["p/a.html: names the missing file '../_static/none.js'"]


def test_styles_of_figures_move_into_a_sheet(tmp_path: Path) -> None:
    site = parts.Site(tmp_path, tmp_path / "html")
    page = '<html><head></head><body><svg id="f"><style>#f * {stroke:red}</style></svg></body></html>'
    html = weight.finish(site, kept.pages({"p/a.html": page}))["p/a.html"].text
    found = re.search(r'href="\.\./(_static/figures-\w+\.css)"', html)
    assert found and "<style" not in html
    assert (site.folder / found[1]).read_text("utf-8") == "#f * {stroke:red}"


def test_the_first_page_is_whole(tmp_path: Path) -> None:
    site = parts.Site(tmp_path, tmp_path, "https://example.org/book/")
    leads = '<meta http-equiv="Refresh" content="0; url=chapters/intro.html" />'
    text = "<html><head><title>A &amp; B</title></head><body></body></html>"
    given = kept.pages({"index.html": leads, "chapters/intro.html": text})
    html = weight.finish(site, given)["index.html"].text
    assert '<html lang="en">' in html and "<title>A &amp; B</title>" in html and 'href="chapters/intro.html">' in html
    assert '<link rel="canonical" href="https://example.org/book/chapters/intro.html" />' in html


# --- Fonts ------------------------------------------------------------------------------------------------


def test_characters_are_read_from_what_rules_write() -> None:
    css = '.a::before{content:"x\\22"}.b::before{content: "\\1D465 y"}.c{content:none}.d::after{content:\'∂\'}'
    assert fonts.characters(css) == {"x", '"', "\U0001d465", "y", "∂"}


def test_a_font_keeps_what_is_wanted_and_its_licence(real_mathjax: Any, tmp_path: Path) -> None:
    tools = pytest.importorskip("fontTools.ttLib")
    source = real_mathjax.fonts / "MathJax_Main-Regular.woff"
    cut = fonts.subset(source.read_bytes(), "ab∂", tmp_path)
    assert cut == fonts.subset(source.read_bytes(), "∂ba", tmp_path / "other"), "the same characters, the same bytes"
    (tmp_path / "cut.woff").write_bytes(cut)
    font = tools.TTFont(tmp_path / "cut.woff")
    assert {ord("a"), ord("b")} <= set(font.getBestCmap()) and ord("z") not in font.getBestCmap()
    assert len(cut) < source.stat().st_size / 4 and font["name"].getDebugName(0)
    blank = (real_mathjax.fonts / "MathJax_Zero.woff").read_bytes()
    assert fonts.subset(blank, "ab", tmp_path) == blank


# --- The book itself, in a browser --------------------------------------------------------------------------


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_arguments: object) -> None:
        pass


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory, run_build: Any, real_mathjax: object) -> Path:
    """The real book, built as it would be published."""
    folder = tmp_path_factory.mktemp("whole")
    for name in ("_config.yml", "_toc.yml"):
        shutil.copyfile(ROOT / name, folder / name)
    for name in ("chapters", "benchmarks"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__", ".ipynb_checkpoints"))
    patch = pytest.MonkeyPatch()
    patch.setenv("ASSAYER_SITE_URL", "https://example.org/book")
    run = run_build(folder)
    patch.undo()
    assert run.returncode == 0, run.stderr
    return folder / "_build" / "html"


@pytest.fixture(scope="module")
def pages(book: Path) -> list[str]:
    found = (file.relative_to(book).as_posix() for file in sorted(book.rglob("*.html")))
    # index.html leads on at once; 404.html begins its links at the root of a site that is not served here.
    return [one for one in found if not one.startswith("_static/") and one not in ("404.html", "index.html")]


@pytest.fixture(scope="module")
def host(book: Path) -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(book)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as player:
        found = player.chromium.launch(executable_path=BROWSER, args=["--no-sandbox"])
        yield found
        found.close()


class TestTheBook:
    pytestmark = in_browser

    def test_no_page_asks_elsewhere_or_breaks_its_policy(self, browser: Any, host: str, pages: list[str]) -> None:
        assert len(pages) > 8
        for path in pages:
            page = browser.new_page()
            said: list[str] = []
            asked: list[str] = []
            page.on("console", lambda one, said=said: one.type in ("error", "warning") and said.append(one.text))
            page.on("pageerror", lambda error, said=said: said.append(str(error)))
            page.on("request", lambda one, asked=asked: asked.append(one.url))
            page.on("requestfailed", lambda one, said=said: said.append(f"failed: {one.url}"))
            page.goto(f"{host}/{path}", wait_until="networkidle")
            assert said == [], path
            assert [url for url in asked if not url.startswith((host, "data:"))] == [], path
            assert not any("/verify/" in url for url in asked), "nothing loads before the click"
            assert any("site-" in url for url in asked)
            page.close()

    def test_every_chapter_is_under_four_hundred_kilobytes(self, book: Path, pages: list[str]) -> None:
        """Compressed, everything that the page can load before a click, its figures' data left out."""
        import gzip

        for path in pages:
            html = (book / path).read_text("utf-8")
            bare = re.sub(r"<template(?! data-kernels).*?</template>", "", html, flags=re.DOTALL)
            bare = re.sub(r'(<div class="ay-drawing"[^>]*>).*?</svg>', r"\1", bare, flags=re.DOTALL)
            sizes = {path: len(gzip.compress(bare.encode(), 6))}
            for found in re.findall(r'\b(?:src|href)="([^"?]+\.(?:js|css))["?]', html):
                file = (book / path).parent / found
                sizes[found] = len(gzip.compress(file.read_bytes(), 6))
                if file.suffix == ".css":
                    for font in re.findall(r"url\((mathjax/fonts/[^)]+)\)", file.read_text("utf-8")):
                        sizes[font] = (book / "_static" / font).stat().st_size
            assert sum(sizes.values()) < 400_000, (path, sizes)

    def test_a_formula_has_its_fonts_and_they_are_few(self, browser: Any, host: str) -> None:
        page = browser.new_page()
        page.goto(f"{host}/chapters/numbers/near_product.html", wait_until="networkidle")
        broken = "[...document.fonts].filter((face) => face.status === 'error').length"
        loaded = "[...document.fonts].filter((face) => face.status === 'loaded').map((face) => face.family)"
        assert page.evaluate(broken) == 0
        assert {"MJXTEX", "MJXTEX-I"} <= {one.strip('"') for one in page.evaluate(loaded)}
        page.close()

    def test_a_far_place_is_reached_and_shown(self, browser: Any, host: str) -> None:
        page = browser.new_page(viewport={"width": 390, "height": 844})
        page.goto(f"{host}/chapters/memory/hippo.html")
        last = page.evaluate("[...document.querySelectorAll('.bd-article section section[id]')].pop().id")
        page.goto(f"{host}/chapters/memory/hippo.html#{last}")
        top = page.locator(f"[id='{last}']").first
        for _ in range(100):  # what is far away is laid out on the way
            if abs(top.bounding_box()["y"] - 400) < 450:
                break
            page.wait_for_timeout(100)
        assert abs(top.bounding_box()["y"] - 400) < 450
        page.close()

    def test_the_frame_works_by_keyboard_and_on_a_narrow_screen(self, browser: Any, host: str) -> None:
        page = browser.new_page(viewport={"width": 390, "height": 844}, color_scheme="light")
        page.goto(f"{host}/chapters/numbers/near_product.html")
        root = page.locator("html")
        assert root.get_attribute("data-theme") == "light" and root.get_attribute("data-mode") == "auto"
        page.locator(".theme-switch-button").first.focus()
        page.keyboard.press("Enter")
        assert root.get_attribute("data-theme") == "dark" == root.get_attribute("data-mode")
        assert page.locator(".theme-switch-button svg[data-mode=dark]").first.is_visible()
        page.reload()
        assert root.get_attribute("data-theme") == "dark", "the choice is kept"
        toggle = page.locator(".primary-toggle")
        toggle.focus()
        page.keyboard.press("Enter")
        menu = page.locator("#pst-primary-sidebar-modal")
        assert menu.get_by_role("link", name="The ledger", exact=True).is_visible()
        page.keyboard.press("Escape")
        assert not menu.is_visible() and page.locator("#pst-primary-sidebar .bd-docs-nav").count() == 1
        assert page.evaluate("document.activeElement.matches('.primary-toggle')")
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        page.close()

    def test_the_contents_say_where_the_reader_is(self, browser: Any, host: str) -> None:
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        page.goto(f"{host}/chapters/numbers/near_product.html#put-to-the-test")
        mark = page.locator("#pst-page-toc-nav a[aria-current=true]")
        mark.wait_for()
        assert mark.inner_text() == "Put to the test"
        page.close()
