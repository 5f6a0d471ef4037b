"""To start a server and to end it. Whoever holds a `ForkServer` is its owner: the server ends with it."""

from __future__ import annotations

import os
import select
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType

from assayer.validation import settings
from assayer.validation.wire import SOCKET

STARTUP = 300.0
"""Seconds for a server to load everything, on a loaded machine with a cold disk."""


class ForkServerError(RuntimeError):
    """The server cannot be had; the message says why in one line."""


class ForkServer:
    """A keeper and its server, started at once; `wait` waits until everything is loaded.

    `environment` is that of the kernels to come, `modules` are what it imports. `folder`, made here, is the
    address that clients need.
    """

    def __init__(self, environment: dict[str, str] | None = None, modules: Sequence[str] = settings.PRELOADED) -> None:
        # Under /tmp: a socket's path has room for about a hundred characters, and a TMPDIR may be longer.
        parent = "/tmp" if os.path.isdir("/tmp") and os.access("/tmp", os.W_OK) else None
        self.folder = Path(tempfile.mkdtemp(prefix="assayer-fork-", dir=parent))
        environment = dict(environment or settings.here())
        environment.pop(settings.SERVER, None)
        self.environment = environment
        # Bound here, so that clients can connect from now on; they wait for their answer until all is loaded.
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listener:
            listener.bind(str(self.folder / SOCKET))
            listener.listen(128)
            end = listener.fileno()
            self.process = subprocess.Popen(
                [sys.executable, "-m", "assayer.validation.keeper", str(self.folder), str(end), *modules],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                env=environment,
                pass_fds=[end],
                start_new_session=True,
            )
        self._said = b""

    def wait(self, seconds: float = STARTUP) -> None:
        """Wait until kernels can be forked. Raises `ForkServerError`."""
        if self._said == b"ready\n":
            return
        assert self.process.stdout is not None
        pipe, until = self.process.stdout.fileno(), time.monotonic() + seconds
        while not self._said.endswith(b"\n"):
            if not select.select([pipe], [], [], max(0.0, until - time.monotonic()))[0]:
                raise ForkServerError(f"the process that kernels are forked from was not ready after {seconds:.0f} s")
            data = os.read(pipe, 4096)
            if not data:
                why = self._said.decode(errors="replace") or "it ended without a word"
                raise ForkServerError(f"the process that kernels are forked from cannot start: {why}")
            self._said += data

    def close(self) -> None:
        """End the server and every kernel of it, and wait until they are gone."""
        assert self.process.stdin is not None and self.process.stdout is not None
        self.process.stdin.close()
        self.process.wait()
        self.process.stdout.close()
        shutil.rmtree(self.folder, ignore_errors=True)  # the keeper has done it, if it was not killed

    def __enter__(self) -> ForkServer:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
