"""The built site in a real browser: nothing leaves it, and its formulas are there.

The server sends a policy that forbids every request to another origin and is told of each attempt.
"""

from __future__ import annotations

import subprocess
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from assayer.site import chromium

BROWSER = chromium.command()
POLICY = "default-src 'self' data: 'unsafe-inline'; report-uri /report"
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(BROWSER is None, reason=f"NO BROWSER HERE: the site was not opened: {chromium.NO_BROWSER}"),
]


class _Server(ThreadingHTTPServer):
    """Serves a folder with the policy and keeps the reports."""

    daemon_threads = True

    def __init__(self, folder: Path) -> None:
        self.reports: list[str] = []
        super().__init__(("127.0.0.1", 0), partial(_Handler, directory=str(folder)))

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class _Handler(SimpleHTTPRequestHandler):
    server: _Server

    def end_headers(self) -> None:
        self.send_header("Content-Security-Policy", POLICY)
        super().end_headers()

    def do_POST(self) -> None:
        text = self.rfile.read(int(self.headers["Content-Length"])).decode()
        self.server.reports.append(text)
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_arguments: object) -> None:
        pass


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Any]:
    """A function that serves a folder and opens its pages, giving the page after its scripts have run."""
    servers: list[_Server] = []

    def serve(folder: Path) -> Any:
        server = _Server(folder)
        servers.append(server)
        threading.Thread(target=server.serve_forever, daemon=True).start()

        def opened(page: str) -> str:
            command = [
                str(BROWSER),
                *["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-background-networking"],
                *["--disable-component-update", "--disable-sync", "--no-first-run", "--virtual-time-budget=4000"],
                f"--user-data-dir={tmp_path / 'profile'}",
                "--dump-dom",
                f"{server.address}/{page}",
            ]
            return subprocess.run(command, capture_output=True, text=True, timeout=120, check=True).stdout

        return server, opened

    yield serve
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.mark.usefixtures("real_mathjax")
def test_no_request_leaves_the_site(served: Any, tmp_path: Path, write_book: Any, run_build: Any) -> None:
    book = write_book(tmp_path / "book")
    assert run_build(book).returncode == 0
    server, opened = served(book / "_build" / "html")
    chapter = opened("chapters/numbers/sample.html")
    assert chapter.count("<mjx-container") > 40
    assert '<div class="ay-control">' in chapter  # the slider's script has run and shown its control
    assert "Ledger" in opened("chapters/ledger.html") and "Search" in opened("search.html?q=identity")
    assert server.reports == []


def test_a_request_that_leaves_is_noticed(served: Any, tmp_path: Path) -> None:
    site = tmp_path / "site"
    site.mkdir()
    (site / "a.html").write_text('<p>x</p><img src="http://assayer.invalid/a.png"><p>y</p>', "utf-8")
    server, opened = served(site)
    opened("a.html")
    assert len(server.reports) == 1 and "assayer.invalid" in server.reports[0]
