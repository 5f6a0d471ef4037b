"""Serve the built site on loopback: `python tools/serve.py FOLDER [PORT]`. Standard library only."""

from __future__ import annotations

import errno
import sys
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

FIRST_PORT = 8000
PORTS_TRIED = 20


class Handler(SimpleHTTPRequestHandler):
    """Files as they are now, without a line of log for each."""

    def end_headers(self) -> None:
        """Ask the browser to look again each time: the site is rebuilt while it is open."""
        self.send_header("Cache-Control", "no-cache")
        super().end_headers()

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """Show the site's own page for an address that is not there, as its host does."""
        page = Path(self.directory) / "404.html"
        if code != 404 or not page.is_file():
            super().send_error(code, message, explain)
            return
        body = page.read_bytes()
        self.send_response(404)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing of a request."""


def bind(folder: Path, port: int | None) -> ThreadingHTTPServer:
    """Open a server for `folder` on 127.0.0.1: at `port`, or at the first free port from 8000 on.

    Raises OSError where the port that was asked for, or every port that was tried, is taken.
    """
    ports = [port] if port is not None else range(FIRST_PORT, FIRST_PORT + PORTS_TRIED)
    for candidate in ports:
        try:
            return ThreadingHTTPServer(("127.0.0.1", candidate), partial(Handler, directory=str(folder)))
        except OSError as error:
            if error.errno not in (errno.EADDRINUSE, errno.EACCES):
                raise
            taken = error
    raise taken


def main(arguments: list[str]) -> int:
    """Serve until Ctrl-C; return the exit status."""
    folder, wanted = Path(arguments[0]), arguments[1] if len(arguments) > 1 and arguments[1] else None
    if not (folder / "index.html").is_file():
        print(f"assayer: no site in {folder}: make book builds it", file=sys.stderr)
        return 2
    if wanted is not None and not (wanted.isdecimal() and int(wanted) < 65536):
        print(f"assayer: PORT={wanted} is not a port number", file=sys.stderr)
        return 2
    try:
        server = bind(folder, None if wanted is None else int(wanted))
    except OSError as error:
        print(f"assayer: port {wanted or FIRST_PORT}: {error.strerror}; make serve PORT=...", file=sys.stderr)
        return 2
    with server:
        print(f"assayer: http://127.0.0.1:{server.server_port}/  (Ctrl-C ends it)", flush=True)
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            print()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
