"""A browser on this machine, and the site on loopback for it: what prints the book and what the tests read it with."""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
PLACES = ("/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",)
NO_BROWSER = "no Chromium or Chrome is on the PATH: install chromium, or name yours in ASSAYER_BROWSER"
# In a container there is often neither a sandbox nor enough shared memory for one; only our own pages are opened.
ARGUMENTS = ("--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu", "--font-render-hinting=none")


def command(environment: Mapping[str, str] | None = None) -> str | None:
    """The path of a Chromium: what ``ASSAYER_BROWSER`` names, else the first that is found; None where none is."""
    given = os.environ if environment is None else environment
    named = given.get("ASSAYER_BROWSER", "").strip()
    if named:
        return shutil.which(named)
    found = (shutil.which(name, path=given.get("PATH")) for name in (*NAMES, *PLACES))
    return next((path for path in found if path), None)


class _Handler(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        """Say nothing of a request."""


@contextmanager
def serving(folder: Path) -> Iterator[str]:
    """Serve `folder` on loopback for as long as the block runs; gives the address, with a slash at its end."""
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(_Handler, directory=str(folder))) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/"
        finally:
            server.shutdown()
            thread.join()
