""" "Check it yourself" in a real browser: a chain proved again, a step changed and refused, nothing from elsewhere.

The site is served on loopback under a policy that forbids every other origin, and the server counts what it sends.
"""

from __future__ import annotations

import gzip
import re
import shutil
import tempfile
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import sympy as sp

from assayer.derivation import Derivation, Lemma, Theorem, assume, optimum
from assayer.site import kept, pyodide, verify
from assayer.site.errors import SiteError

BROWSER = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
POLICY = (
    "default-src 'self' data:; style-src 'self' 'unsafe-inline'; "
    "script-src 'self' 'unsafe-inline' 'wasm-unsafe-eval'; worker-src 'self'"
)
PATIENCE = 400_000  # milliseconds before a test gives up; no bound on how fast it must be
in_browser = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.timeout(1200),
    pytest.mark.skipif(BROWSER is None, reason="NO BROWSER HERE: nothing was checked in one; install chromium"),
]
N, a, b, c = sp.symbols("N a b c", integer=True, nonnegative=True)
x = sp.Symbol("x", real=True)
p = sp.Symbol("p", positive=True)


def theorems() -> list[Theorem]:
    given = assume(split=sp.Eq(N, a * b + c))
    chain = Derivation("S by its corners", *given).start(a + b + c).eq(a + b + N - a * b, by="split")
    lemma = Lemma("sine", sp.Le(sp.sin(x), x), [sp.Ge(x, 0)], cite="Euclid")
    root = Derivation("shifted", sp.Ge(x, 1)).start(sp.sin(x - 1)).le(x - 1, by=lemma(x=x - 1)).theorem()
    return [
        chain.eq(N + 1 - (a - 1) * (b - 1), by="factor").theorem(),
        Derivation("cited", sp.Ge(x, 2)).start(sp.sin(x - 1)).le(x - 1, by=root).lt(x, by="one less").theorem(),
        optimum(p - sp.log(p), {p: 1}, title="best"),
    ]


class _Server(ThreadingHTTPServer):
    """Serves a folder as a host does, compressed and with ETags; ``sent`` lists paths and bytes."""

    daemon_threads = True

    def __init__(self, folder: Path) -> None:
        self.sent: list[tuple[str, int]] = []
        self.spoiled = ""
        super().__init__(("127.0.0.1", 0), partial(_Handler, directory=str(folder)))

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class _Handler(SimpleHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        file = Path(self.translate_path(self.path))
        body = file.read_bytes() if file.is_file() else b""
        tag = f'"{file.stat().st_mtime_ns:x}-{len(body):x}"' if file.is_file() else '"none"'
        known = self.headers.get("If-None-Match") == tag
        if self.server.spoiled and file.name.startswith(self.server.spoiled):
            body = body[:-1] + bytes([body[-1] ^ 1])
        packed = file.suffix in (".html", ".js", ".mjs", ".css", ".json", ".wasm")
        body = b"" if known else gzip.compress(body, 6) if packed else body
        self.send_response(304 if known else 200 if file.is_file() else 404)
        types = {".mjs": "text/javascript", ".wasm": "application/wasm"}
        headers = {"Content-Type": types.get(file.suffix) or self.guess_type(str(file)), "ETag": tag}
        headers |= {"Content-Security-Policy": POLICY, "Cache-Control": "max-age=600"}
        headers |= {"Content-Encoding": "gzip"} if packed and not known else {}
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
        self.server.sent.append((self.path, len(body)))

    def log_message(self, *_arguments: object) -> None:
        pass


@pytest.fixture(scope="module")
def kit() -> pyodide.Kit:
    try:
        return pyodide.find()
    except SiteError as error:
        pytest.skip(f"NO NETWORK AND NO CACHE HERE: nothing was checked in a browser: {error}")


@pytest.fixture(scope="module")
def site(
    tmp_path_factory: pytest.TempPathFactory, write_book: Any, run_build: Any, real_mathjax: object, kit: pyodide.Kit
) -> Path:
    texts = {"intro": "# A book\n", "chapter": "# A sample chapter\n", "ledger": "# Nothing\n"}
    book: Path = write_book(tmp_path_factory.mktemp("verify"), [made.record() for made in theorems()], **texts)
    run = run_build(book)
    assert run.returncode == 0, run.stderr
    return book / "_build" / "html"


@pytest.fixture
def server(site: Path) -> Iterator[_Server]:
    found = _Server(site)
    threading.Thread(target=found.serve_forever, daemon=True).start()
    yield found
    found.shutdown()
    found.server_close()


class _Reader:
    """A browser with a store of its own; whatever its console says, and whatever it asks elsewhere, is kept."""

    def __init__(self, context: Any, server: _Server) -> None:
        self.context, self.server = context, server
        self.faults: list[str] = []
        self.elsewhere: list[str] = []

    def open(self) -> Any:
        page = self.context.new_page()
        page.set_default_timeout(PATIENCE)
        page.on("pageerror", lambda error: self.faults.append(str(error)))
        page.on("console", lambda said: said.type in ("error", "warning") and self.faults.append(said.text))
        page.on("request", lambda one: one.url.startswith(self.server.address) or self.elsewhere.append(one.url))
        page.goto(f"{self.server.address}/chapters/numbers/sample.html", wait_until="networkidle")
        return page


@pytest.fixture
def reader(server: _Server) -> Iterator[_Reader]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as player, tempfile.TemporaryDirectory() as profile:
        context = player.chromium.launch_persistent_context(
            profile, executable_path=BROWSER, args=["--no-sandbox"], viewport={"width": 390, "height": 844}
        )
        yield _Reader(context, server)
        context.close()


def derivation(page: Any, title: str) -> Any:
    return page.locator(f'section[aria-label="Derivation: {title}"]')


def finished(box: Any, words: str = "after the click") -> str:
    said = box.locator(".ay-verify-said")
    said.filter(has_text=re.compile(f"{words}|Not checked|could not|Stopped")).wait_for()
    return str(said.inner_text())


def verdicts(box: Any) -> list[str]:
    return [one.inner_text() for one in box.locator(".ay-verify-result .ay-status").all()]


def answered(box: Any, number: int) -> str:
    answer = box.locator(".ay-verify-answer").nth(number)
    answer.locator("p").first.wait_for()
    return str(answer.inner_text())


class TestInABrowser:
    pytestmark = in_browser

    def test_a_reader_proves_a_chain_and_breaks_it(self, reader: _Reader, server: _Server) -> None:
        page = reader.open()
        assert not any("/verify" in path and "verify.js" not in path for path, _ in server.sent), "before the click"
        box = derivation(page, "S by its corners")
        button = box.get_by_role("button", name="Check it yourself")
        assert "MB, once" in button.inner_text()
        button.focus()
        page.keyboard.press("Enter")
        assert "Proved again in this browser" in finished(box)
        assert verdicts(box) == ["■ proved (normal form)"] * 2
        for version in ("SymPy 1.14", "python-flint 0.9", "z3 5", "Pyodide 314"):
            assert version in finished(box)
        field = box.locator("textarea").first
        assert field.input_value() == "N - a*b + a + b"
        field.fill("N + a*b + a + b")
        field.press("Enter")
        said = answered(box, 0)
        assert "refused" in said and "counterexample at" in said and "Then step 2:" in said
        field.fill("N + a*(1 - b) + b")
        box.get_by_role("button", name="Judge").first.click()
        box.locator(".ay-verify-answer").first.locator("text=proved").first.wait_for()
        assert "refused" not in answered(box, 0)
        other = derivation(page, "cited")  # the same worker, and a theorem that is cited, with a lemma
        other.get_by_role("button", name="Check it yourself").click()
        assert "Proved again" in finished(other) and "nothing had to be loaded" in finished(other)
        assert verdicts(other)[0].startswith("○ assumed") and len(verdicts(other)) == 2
        best = derivation(page, "best")
        best.get_by_role("button", name="Check it yourself").click()
        assert "Proved again" in finished(best) and "nothing had to be loaded" in finished(best)
        call = best.locator("textarea")
        call.fill(call.input_value().replace("{p: 1}", "{p: 2}"))
        call.press("Enter")
        assert "refused" in answered(best, 0) and "refuted" in answered(best, 0)
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        page.emulate_media(media="print")
        assert not box.locator(".ay-verify").is_visible()
        assert (reader.faults, reader.elsewhere) == ([], [])
        page.close()

        first = sum(size for _, size in server.sent)
        server.sent.clear()
        page = reader.open()
        shell = sum(size for _, size in server.sent)
        box = derivation(page, "S by its corners")
        box.get_by_role("button", name="Check it yourself").click()
        assert "nothing had to be loaded" in finished(box) and len(verdicts(box)) == 2
        second = sum(size for _, size in server.sent) - shell
        assert first > 10_000_000 and second < 20_000, (first, second)  # what is left: the list of files
        assert (reader.faults, reader.elsewhere) == ([], [])

    def test_it_can_be_stopped_and_begun_again(self, reader: _Reader) -> None:
        page = reader.open()
        box = derivation(page, "S by its corners")
        box.get_by_role("button", name="Check it yourself").click()
        box.get_by_role("button", name="Stop").click()
        assert finished(box).startswith("Stopped")
        assert box.get_by_role("button", name="Stop").is_hidden()
        box.get_by_role("button", name="Check it yourself").click()
        assert "Proved again" in finished(box)
        assert reader.faults == []

    def test_a_file_that_is_not_the_site_s_is_refused(self, reader: _Reader, server: _Server) -> None:
        server.spoiled = "python_flint"
        page = reader.open()
        box = derivation(page, "S by its corners")
        box.get_by_role("button", name="Check it yourself").click()
        assert finished(box).startswith("Not checked") and verdicts(box) == []
        assert "its SHA-256" in finished(box) and "python_flint" in finished(box)
        server.spoiled = ""
        box.get_by_role("button", name="Check it yourself").click()
        assert "Proved again" in finished(box, "after the click")


def test_the_page_carries_the_text_and_no_more(site: Path) -> None:
    html = (site / "chapters" / "numbers" / "sample.html").read_text("utf-8")
    assert html.count('<div class="ay-verify" data-mb="2') == len(theorems()) and 'data-mb=""' not in html
    assert html.count("verify.js") == 1 and "verify-worker" not in html and "pyodide" not in html
    intro = (site / "chapters" / "intro.html").read_text("utf-8")
    assert "verify" not in intro


def test_the_list_names_what_is_there(site: Path) -> None:
    import base64
    import hashlib
    import json

    place = site / verify.FOLDER
    manifest = json.loads((place / verify.MANIFEST).read_text("utf-8"))
    named = {one["path"] for one in manifest["files"]}
    there = {file.relative_to(place).as_posix() for file in place.rglob("*") if file.is_file()}
    assert there == named | {verify.MANIFEST, "LICENCES.txt"}
    for one in manifest["files"]:
        digest = hashlib.sha256((place / one["path"]).read_bytes())
        assert digest.hexdigest() == one["sha256"] and len((place / one["path"]).read_bytes()) == one["bytes"]
        assert one["integrity"] == f"sha256-{base64.b64encode(digest.digest()).decode()}"
    assert (
        {"python-flint", "z3-solver", "sympy", "mpmath", "pyodide"} == set(manifest["versions"]) == set(verify.LICENCES)
    )


def test_without_pyodide_no_button_and_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def missing() -> pyodide.Kit:
        raise SiteError("npm could not fetch what the reader's browser needs: offline")

    monkeypatch.setattr(pyodide, "find", missing)
    page = (
        '<head><script defer src="../_static/verify.js?v=1"></script><script src="slider.js"></script></head>'
        '<section>chain<div class="ay-verify" data-mb="" hidden><button>Check</button>'
        "<template>x</template></div><!-- ay-verify --></section>"
    )
    found = verify.finish(tmp_path, kept.pages({"a.html": page, "b.html": "<p>verify.js</p>"}))
    assert kept.texts(found) == {
        "a.html": '<head><script src="slider.js"></script></head><section>chain</section>',
        "b.html": "<p>verify.js</p>",
    }
    said = capsys.readouterr().out
    assert said.startswith("NO BUTTON") and "offline" in said and said.count("\n") == 1


def test_a_site_without_derivations_fetches_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pyodide, "find", lambda: pytest.fail("fetched for nothing"))
    pages = kept.pages({"a.html": "<p>no derivation</p>"})
    assert verify.finish(tmp_path, pages) == pages


def test_pins_are_whole() -> None:
    text = (pyodide.PINS / "wheels.txt").read_text("utf-8")
    pinned = [line for line in text.splitlines() if line and not line.startswith("#")]
    assert len(pinned) == len(pyodide.versions()) == 4
    assert pyodide.versions()["sympy"] == sp.__version__, "the reader's SymPy is the one that proved the page"


def test_nothing_is_installed_where_that_is_not_wanted(tmp_path: Path) -> None:
    with pytest.raises(SiteError, match="are not in"):
        pyodide.find(tmp_path, install=False)


def test_an_archive_depends_on_its_contents_alone(tmp_path: Path) -> None:
    files = [("b.py", b"2"), ("a.py", b"1")]
    pyodide.packed(files, tmp_path / "one.zip")
    pyodide.packed(reversed(files), tmp_path / "two.zip")
    assert (tmp_path / "one.zip").read_bytes() == (tmp_path / "two.zip").read_bytes()
    names = [name for name, _ in verify.checker()]
    assert "assayer/derivation/trusted/theorem.py" in names and "assayer/__init__.py" in names
    assert not any("site" in name or "__pycache__" in name for name in names)
