"""The page for an address that is not there: whole at any depth, wherever the site lies."""

from __future__ import annotations

import importlib.util
import shutil
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from assayer.site import kept
from assayer.site.parts import Site, notfound, rooted

ROOT = Path(__file__).parents[2]
SHELL = (
    '<html data-content_root="./"><head><title>Search</title><link href="_static/a.css" rel="stylesheet">'
    '<script src="_static/a.js"></script></head><body><nav class="bd-links x"><a class="reference" '
    'href="chapters/a.html">A\n title</a></nav><div class="bd-search-container"><h1>Search</h1></div>'
    '<footer class="prev-next-footer"></footer><a href="#x">x</a><a href="https://example.org/y">y</a></body></html>'
)


def made(folder: Path, url: str) -> str:
    site = Site(folder, folder, url)
    done, problems = rooted.seal(site, notfound.finish(site, kept.pages({notfound.SHELL: SHELL})))
    assert problems == []
    (folder / notfound.PAGE).write_text(done[notfound.PAGE].text, "utf-8")
    return done[notfound.PAGE].text


@pytest.mark.parametrize(
    ("url", "base"), [("https://a.github.io/book/", "/book/"), ("https://example.org/", "/"), ("", "/")]
)
def test_links_begin_at_the_sites_root(tmp_path: Path, url: str, base: str) -> None:
    html = made(tmp_path, url)
    assert f'href="{base}_static/a.css"' in html and f'src="{base}_static/a.js"' in html
    assert f'data-content_root="{base}"' in html and html.count(f'href="{base}chapters/a.html"') == 2
    assert 'href="#x"' in html and 'href="https://example.org/y"' in html
    assert f'href="{base}search.html"' in html and "<h1>This page is not here</h1>" in html
    assert "<h1>Search</h1>" not in html and "<title>Not here" in html


def test_a_site_without_a_search_gets_no_such_page(tmp_path: Path) -> None:
    pages = kept.pages({"a.html": "<html></html>"})
    assert notfound.finish(Site(tmp_path, tmp_path), pages) == pages
    assert rooted.seal(Site(tmp_path, tmp_path), pages) == (pages, [])


def _server() -> ModuleType:
    spec = importlib.util.spec_from_file_location("serve", ROOT / "tools" / "serve.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.timeout(600)
@pytest.mark.parametrize("depth", ["gone.html", "chapters/memory/old/hippo.html"])
def test_a_reader_who_mistypes_finds_the_way(real_book: Any, read: Any, depth: str) -> None:
    handler = partial(_server().Handler, directory=str(real_book.folder))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        page = read(f"http://127.0.0.1:{server.server_port}/{depth}", faults=True)
        assert page.locator("h1:visible").inner_text() == "This page is not here"
        # The address itself is missing; nothing that the page asks for is.
        assert all(
            depth in fault or "404 (File not found)" in fault or "404 (Not Found)" in fault for fault in read.faults
        )
        assert sum(": 404 http" in fault for fault in read.faults) == 1
        page.keyboard.press("/")
        page.locator("#ay-search input").fill("hippo.legs")
        page.wait_for_selector("#ay-search li")
        page.keyboard.press("Enter")
        page.wait_for_url("**/chapters/memory/hippo.html#hippo.legs")
        server.shutdown()


@pytest.mark.timeout(600)
def test_under_a_path_the_page_is_whole(tmp_path: Path, real_book: Any, read: Any) -> None:
    """The same page as a project's site on GitHub Pages has it, under /book/."""
    shutil.copytree(real_book.folder, tmp_path / "book", ignore=shutil.ignore_patterns("verify", "chapters"))
    page = tmp_path / "book" / notfound.PAGE
    page.write_text(page.read_text("utf-8").replace('="/', '="/book/'), "utf-8")

    class Handler(SimpleHTTPRequestHandler):
        def log_message(self, format: str, *args: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, directory=str(tmp_path))) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        shown = read(f"http://127.0.0.1:{server.server_port}/book/404.html")
        shown.keyboard.press("/")
        shown.locator("#ay-search input").fill("hippo.legs")
        shown.wait_for_selector("#ay-search li")
        found = shown.locator("#ay-search li a").first.evaluate("a => a.pathname + a.hash")
        assert found == "/book/chapters/memory/hippo.html#hippo.legs"
        server.shutdown()
