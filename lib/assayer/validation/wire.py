"""Messages between a client, the server and the keeper: JSON, one object a line, over a Unix socket.

A client connects to ``socket`` in the server's folder and sends two file descriptors (its standard output and
error) with one request, ``{"arguments": [...], "cwd": ..., "environment": {...}, "client": pid}``. The answers are
``{"pid": n}``, later ``{"exit": code}``, or ``{"error": text}``. Further messages of the client are
``{"signal": number}``. The connection is the kernel's life line: when the client's end closes, the kernel is ended.
"""

from __future__ import annotations

import array
import json
import socket
from pathlib import Path
from typing import Any

SOCKET = "socket"
"""The socket's name in the server's folder."""

_CHUNK = 1 << 16


class Lines:
    """What has come over one connection. `closed` once the other end is gone."""

    def __init__(self, connection: socket.socket) -> None:
        self.connection = connection
        self.descriptors: list[int] = []
        self.closed = False
        self._rest = b""
        connection.setblocking(False)

    def receive(self) -> list[dict[str, Any]]:
        """The messages that have come since the last call; an empty list where there are none yet."""
        while not self.closed:
            try:
                size = array.array("i", [0]).itemsize * 2
                data, extra, *_ = self.connection.recvmsg(_CHUNK, socket.CMSG_SPACE(size))
            except (BlockingIOError, InterruptedError):
                break
            except OSError:
                data, extra = b"", []
            for level, kind, content in extra:
                if level == socket.SOL_SOCKET and kind == socket.SCM_RIGHTS:
                    found = array.array("i")
                    found.frombytes(content[: len(content) - len(content) % found.itemsize])
                    self.descriptors += found
            self.closed = not data
            self._rest += data
        *whole, self._rest = self._rest.split(b"\n")
        try:
            found = [json.loads(line) for line in whole]
        except ValueError:
            found = [None]
        if all(isinstance(message, dict) for message in found):
            return found
        self.closed = True  # whoever writes this is no client of ours
        return []


def send(connection: socket.socket, message: dict[str, Any], descriptors: tuple[int, ...] = ()) -> bool:
    """Send one message; False where the other end is gone."""
    data = json.dumps(message).encode() + b"\n"
    try:
        connection.settimeout(10)
        if descriptors:
            sent = socket.send_fds(connection, [data], list(descriptors))
            data = data[sent:]
        connection.sendall(data)
    except OSError:
        return False
    finally:
        connection.setblocking(False)
    return True


def connect(folder: Path) -> socket.socket:
    """A connection to the server whose folder is given. Raises `OSError`."""
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        connection.connect(str(folder / SOCKET))
    except OSError:
        connection.close()
        raise
    return connection
