"""Nothing runs in a page but the site's own scripts: hostile outputs, the policy, and the hashes of what is served."""

from __future__ import annotations

import json
import re
import shutil
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from assayer.site import kept, parts, policy, scripts
from assayer.site.parts import security

BROWSER = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
in_browser = [
    pytest.mark.browser,
    pytest.mark.timeout(600),
    pytest.mark.skipif(BROWSER is None, reason="NO BROWSER HERE: no policy was put to the test; install chromium"),
]
MARK = "window.__hostile=1"
HOSTILE = {
    "script": f"<script>{MARK}</script>",
    "handler": f'<img src="missing.png" onerror="{MARK}">',
    "link": f'<a href="javascript:{MARK}">press</a>',
    "hidden link": f'<a href=" java\tscript:{MARK}">press</a>',
    "svg": f'<svg xmlns="http://www.w3.org/2000/svg" onload="{MARK}"><script>{MARK}</script></svg>',
    "foreign": '<svg><foreignObject><iframe srcdoc="&lt;script&gt;1&lt;/script&gt;"></iframe></foreignObject></svg>',
    "frame": f'<iframe srcdoc="<script>parent.{MARK}</script>"></iframe>',
    "refresh": '<meta http-equiv="refresh" content="0; url=https://example.org/">',
    "style": "<style>p{background:url(https://example.org/x.png)}</style>",
    "object": '<object data="data:text/html,<script>1</script>"></object>',
    "base": '<base href="https://example.org/">',
    "form": '<form action="https://example.org/"><button>send</button></form>',
    "formaction": f'<form><button formaction="javascript:{MARK}">send</button></form>',
}


@pytest.mark.parametrize("name", HOSTILE)
def test_each_hostile_element_is_found_in_a_page(name: str) -> None:
    page = f"<html><head></head><body><main>{HOSTILE[name]}</main></body></html>"
    problems = policy.blocked("a.html", page)
    assert problems and all(line.startswith("a.html: ") for line in problems)


@pytest.mark.parametrize(
    "html",
    [
        '<script src="_static/a.js" defer></script><script type="application/ld+json">{"a": 1}</script>',
        '<a href="https://example.org/">x</a><a href="#x">x</a><a href="mailto:a@example.org">x</a>',
        '<p style="color:red">x</p><img src="data:image/png;base64,AA==">',
        '<form action="search.html" method="get"><input name="q"></form>',
        "<code>&lt;script&gt;</code><p>onload = javascript:</p>",
    ],
)
def test_what_may_stand_in_a_page_passes(html: str) -> None:
    assert policy.blocked("a.html", f"<html><head></head><body><main>{html}</main></body></html>") == []


def test_one_script_may_stand_in_a_page_and_no_other() -> None:
    known = frozenset({policy.sha256(scripts.mode())})
    page = f"<head><script>{scripts.mode()}</script></head><body><main></main></body>"
    assert policy.blocked("a.html", page, known) == []
    assert policy.blocked("a.html", page.replace("dark", "dusk"), known)


def test_only_a_page_without_text_leads_to_another_and_only_within_the_site() -> None:
    leads = '<head><meta http-equiv="refresh" content="0; url=chapters/intro.html"></head>'
    assert policy.blocked("index.html", leads) == []
    assert policy.blocked("index.html", leads.replace("chapters/intro", "//example.org/x"))
    assert policy.blocked("index.html", f"{leads}<body><article></article></body>")


def test_the_policy_allows_no_inline_script_and_no_evaluation() -> None:
    told = dict(one.split(" ", 1) for one in policy.policy(["sha256-x"]).split("; "))
    assert told["script-src"] == "'self' 'sha256-x'" and told["default-src"] == told["object-src"] == "'none'"
    assert told["style-src"] == "'self'" and told["base-uri"] == "'none'" and told["form-action"] == "'self'"
    assert "unsafe-eval" not in str(told) and [name for name in told if "unsafe-inline" in told[name]] == [
        "style-src-attr"
    ]
    assert "'unsafe-inline'" in policy.policy([], sets_formulas=True).split("style-src ")[1].split(";")[0]


@pytest.fixture
def small(tmp_path: Path) -> parts.Site:
    folder = tmp_path / "html"
    (folder / "_static").mkdir(parents=True)
    (folder / "_static" / "a.js").write_text("1;", "utf-8")
    (folder / "_static" / "a.css").write_text("p{}", "utf-8")
    page = (
        '<html><head><meta charset="utf-8" /><link rel="stylesheet" href="_static/a.css?v=1" />'
        '<script defer src="_static/a.js"></script></head><body><main></main></body></html>'
    )
    (folder / "a.html").write_text(page, "utf-8")
    return parts.Site(tmp_path, folder, "https://example.org/book/")


def sealed(site: parts.Site) -> tuple[str, list[str]]:
    """The page of the site when it is sealed, and what is wrong with it."""
    done, problems = security.seal(site, kept.pages({"a.html": (site.folder / "a.html").read_text("utf-8")}))
    return done["a.html"].text, problems


def test_a_published_page_carries_the_hash_of_each_file(small: parts.Site) -> None:
    html, problems = sealed(small)
    assert problems == []
    found = policy.files(html)
    assert [stated for _, _, stated in found] == [policy.sha256("p{}"), policy.sha256("1;")]
    assert html.index("Content-Security-Policy") < html.index("stylesheet") and html.index("charset") < html.index(
        "Content"
    )
    assert found[0][0].endswith('"/>') and found[0][0].count("integrity") == 1


def test_a_page_without_a_hash_or_with_another_fails(small: parts.Site) -> None:
    page = small.folder / "a.html"
    hashes = {"_static/a.css?v=1": policy.sha256("p{}"), "_static/a.js": policy.sha256("1;")}
    assert security.unhashed(page.read_text("utf-8"), "a.html", hashes) == [
        "a.html: the file '_static/a.css?v=1' has no hash in the page",
        "a.html: the file '_static/a.js' has no hash in the page",
    ]
    page.write_text(page.read_text("utf-8").replace("<script defer", '<script integrity="sha256-x" defer'), "utf-8")
    assert sealed(small)[1] == ["a.html: the file '_static/a.js' has another hash in the page"]


def test_a_site_without_an_address_has_no_hashes_that_a_file_could_not_pass(small: parts.Site) -> None:
    site = parts.Site(small.root, small.folder)
    html, problems = sealed(site)
    assert problems == []
    assert "integrity" not in html and "Content-Security-Policy" in html


def test_the_build_fails_on_a_script_in_a_page(small: parts.Site) -> None:
    page = small.folder / "a.html"
    page.write_text(page.read_text("utf-8").replace("<main>", '<main><p onclick="x()"></p><script>1</script>'), "utf-8")
    assert sealed(small)[1] == [
        "a.html: the event handler onclick of <p>: 'x()'",
        "a.html: a script in the page itself: '1'",
    ]


def test_the_worker_compares_the_hash_of_every_file() -> None:
    """The files of "Check it yourself" are fetched with their integrity, from the list alone, and counted."""
    worker = (parts.Path(security.__file__).parents[1] / "static" / "verify-worker.js").read_text("utf-8")
    fetches = re.findall(r"\bnetwork\((.*?)\)", worker)
    assert len(fetches) == 2, "one for the list, one for its files"
    assert any(
        "integrity: file.integrity" in worker[found.start() : found.start() + 120]
        for found in re.finditer(r"network\(address", worker)
    )
    assert "self.fetch = (asked)" in worker and "XMLHttpRequest" not in worker and "importScripts" not in worker


# --- A whole book whose notebook shows hostile outputs ------------------------------------------------


def hostile_book(book: Path) -> None:
    """Add to the sample chapter a cell for each hostile text, in every form that an output can have."""
    file = book / "chapters" / "numbers" / "sample.ipynb"
    notebook = json.loads(file.read_text("utf-8"))
    for number, text in enumerate(HOSTILE.values(), start=100):
        data = dict.fromkeys(("text/plain", "text/html", "text/markdown", "application/javascript"), text)
        shown = [
            {"output_type": "display_data", "metadata": {}, "data": data},
            {"output_type": "stream", "name": "stdout", "text": text},
            {"output_type": "error", "ename": "E", "evalue": text, "traceback": [text]},
        ]
        cell = {"cell_type": "code", "id": f"h{number}", "metadata": {}, "execution_count": number, "source": "x"}
        notebook["cells"].append({**cell, "outputs": shown})
    file.write_text(json.dumps(notebook), "utf-8")


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory, write_book: Any, run_build: Any, real_mathjax: object) -> Path:
    book: Path = write_book(tmp_path_factory.mktemp("hostile"))
    hostile_book(book)
    run = run_build(book)
    assert run.returncode == 0, run.stderr
    return book / "_build" / "html"


def test_outputs_come_as_text_and_never_as_elements(hostile: Path) -> None:
    html = (hostile / "chapters" / "numbers" / "sample.html").read_text("utf-8")
    assert html.count("&lt;script&gt;window.__hostile=1") >= 2, "the text of the outputs is shown as text"
    assert policy.blocked("sample.html", html, frozenset({policy.sha256(scripts.mode())})) == []
    assert "<iframe" not in html and "<foreignObject" not in html and not re.search(r"<[^>]*\sonerror=", html)


@pytest.mark.parametrize("text", [HOSTILE["script"], HOSTILE["handler"], HOSTILE["frame"], HOSTILE["style"]])
def test_hostile_words_in_a_record_do_not_become_elements(
    tmp_path: Path, write_book: Any, run_build: Any, claim: Any, real_mathjax: object, text: str
) -> None:
    book = write_book(tmp_path, [claim("sample.identity", statement=f"A statement {text} here."), claim("sample.scan")])
    run = run_build(book)
    if run.returncode == 0:
        html = (book / "_build" / "html" / "chapters" / "numbers" / "sample.html").read_text("utf-8")
        assert policy.blocked("s", html, frozenset({policy.sha256(scripts.mode())})) == [] and text not in html
    else:
        assert "Traceback" not in run.stderr


def test_a_script_that_an_author_writes_stops_the_build(
    tmp_path: Path, write_book: Any, run_build: Any, real_mathjax: object
) -> None:
    book = write_book(tmp_path, ledger='# Ledger\n\n```{ledger} claims\n```\n\n<p onclick="go()">x</p>\n')
    run = run_build(book)
    assert run.returncode == 1 and "chapters/ledger.html: the event handler onclick of <p>" in run.stderr


@pytest.mark.parametrize("form", ["text/html", "text/markdown"])
def test_an_output_that_is_html_alone_stops_the_build(
    tmp_path: Path, write_book: Any, run_build: Any, real_mathjax: object, form: str
) -> None:
    book: Path = write_book(tmp_path)
    file = book / "chapters" / "numbers" / "sample.ipynb"
    notebook = json.loads(file.read_text("utf-8"))
    data = {form: HOSTILE["handler"]}
    notebook["cells"][-1]["outputs"].append({"output_type": "display_data", "metadata": {}, "data": data})
    file.write_text(json.dumps(notebook), "utf-8")
    run = run_build(book)
    assert run.returncode == 1 and f"'{form}'" in run.stderr


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_arguments: object) -> None:
        pass


@pytest.fixture
def host(hostile: Path) -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(hostile)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture
def browser() -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as player:
        found = player.chromium.launch(executable_path=BROWSER, args=["--no-sandbox"])
        yield found
        found.close()


class TestInABrowser:
    pytestmark = in_browser

    def test_a_page_with_hostile_outputs_runs_only_our_scripts(self, browser: Any, host: str) -> None:
        page = browser.new_page()
        said: list[str] = []
        page.on("console", lambda one: one.type in ("error", "warning") and said.append(one.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        page.goto(f"{host}/chapters/numbers/sample.html", wait_until="networkidle")
        sliders = page.locator("[data-slider] input[type=range]").first
        sliders.focus()
        page.keyboard.press("ArrowRight")
        assert page.locator("[data-slider] .ay-alt").first.inner_text() == "At 130 it is in the middle."
        assert page.locator("[data-sketch] svg.ay-sketch").count() == 1
        assert page.evaluate("window.__hostile") is None
        assert page.url.startswith(host) and said == []

    @pytest.mark.parametrize("name", ["script", "handler", "svg", "frame"])
    def test_the_policy_blocks_what_the_build_would_have_missed(
        self, browser: Any, hostile: Path, host: str, name: str
    ) -> None:
        whole = (hostile / "chapters" / "numbers" / "sample.html").read_text("utf-8")
        place = hostile / "chapters" / "numbers" / "spoiled.html"
        for text, runs in ((whole, False), (re.sub(r"<meta http-equiv=\"Content-S[^>]*>", "", whole), True)):
            place.write_text(text.replace("<h1>", f"{HOSTILE[name]}<h1>", 1), "utf-8")
            page = browser.new_page()
            page.goto(f"{host}/chapters/numbers/spoiled.html", wait_until="networkidle")
            assert (page.evaluate("window.__hostile") == 1) is runs
            page.close()
        place.unlink()


def test_a_script_in_a_formula_is_found_on_every_page_that_holds_it() -> None:
    formula = '<mjx-container><a href="javascript:alert(1)"><mjx-math></mjx-math></a></mjx-container>'
    clean = "<mjx-container><mjx-math></mjx-math></mjx-container>"
    for path in ("a.html", "b.html"):
        assert policy.blocked(path, f"<p>{clean}</p><p>{clean}</p>") == []
        (found,) = policy.blocked(path, f"<p>{clean}{formula}</p>")
        assert path in found and "runs a script" in found
    assert policy.blocked("c.html", f'{clean}<p onclick="x()">{clean}</p>')
