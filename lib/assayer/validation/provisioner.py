"""jupyter_client's side: a provisioner whose kernels are forked instead of started.

It stands in for the local one, for every kernel of this Python, where ``JUPYTER_DEFAULT_PROVISIONER_NAME`` holds
its name; a notebook's metadata need not change. The server is the one that `settings.SERVER` names, or else one of
this process's own, started with the first kernel and ended with this process.
"""

from __future__ import annotations

import asyncio
import atexit
import os
import select
import signal
import socket
import subprocess
import threading
import time
import uuid
from pathlib import Path
from typing import Any

from jupyter_client.connect import KernelConnectionInfo
from jupyter_client.provisioning import LocalProvisioner

from assayer.validation import settings, wire
from assayer.validation.handle import STARTUP, ForkServer, ForkServerError
from assayer.validation.keeper import end_group

_own: ForkServer | None = None
_lock = threading.Lock()


def _server(environment: dict[str, str]) -> Path:
    """The folder of the server to ask, started if there is none."""
    global _own
    if named := os.environ.get(settings.SERVER):
        return Path(named)
    with _lock:
        if _own is None or _own.process.poll() is not None or settings.unlike(environment, _own.environment):
            if _own is not None:
                atexit.unregister(_own.close)
                _own.close()
            _own = ForkServer(environment)
            atexit.register(_own.close)
        _own.wait()
        return _own.folder


class ForkedProvisioner(LocalProvisioner):
    """A kernel that is a fork of the server. The connection to the server is its life line."""

    _lines: wire.Lines | None = None
    _status: int | None = None
    _folder: Path | None = None

    @property
    def has_process(self) -> bool:
        return self._lines is not None

    async def pre_launch(self, **kwargs: Any) -> dict[str, Any]:
        """Let the kernel listen on sockets in the server's own folder instead of on ports.

        A port is found free, let go, and taken again by the kernel a little later: with many kernels at once it
        is another's by then.
        """
        manager = self.parent
        if manager is not None and self._lines is None and self._folder is None:
            self._folder = _server(dict(kwargs.get("env") or os.environ))
            manager.transport, manager.cache_ports = "ipc", False
            manager.ip = str(self._folder / f"k{uuid.uuid4().hex[:12]}")
        return await super().pre_launch(**kwargs)

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> KernelConnectionInfo:
        """Have a kernel forked for `cmd`, which must start an IPython kernel of this Python.

        Raises `ForkServerError` where it does not, where the environment differs in something that a fork
        cannot take on, and where no server answers.
        """
        if cmd[1:3] != ["-m", "ipykernel_launcher"]:
            raise ForkServerError(f"only IPython kernels can be forked, and this is {' '.join(cmd)}")
        environment = dict(kwargs.get("env") or os.environ)
        folder = self._folder or _server(environment)
        streams, ours = self._streams(kwargs)
        request = {
            "arguments": [*cmd[3:]],
            "cwd": os.path.abspath(kwargs.get("cwd") or os.getcwd()),
            "environment": environment,
            "client": os.getpid(),
        }
        try:
            connection = self._ask(folder, request, streams)
        finally:
            for descriptor in ours:
                os.close(descriptor)
        self._lines, self._status = wire.Lines(connection), None
        answer = await self._answer()
        if "pid" not in answer:
            self._hang_up()
            raise ForkServerError(f"no kernel was forked: {answer.get('error', 'the server is gone')}")
        self.pid = self.pgid = answer["pid"]
        self.cwd = kwargs.get("cwd", Path.cwd())
        return self.connection_info

    @staticmethod
    def _ask(folder: Path, request: dict[str, Any], streams: tuple[int, int]) -> socket.socket:
        try:
            connection = wire.connect(folder)
        except OSError as error:
            raise ForkServerError(f"no server answers at {folder}: {error.strerror}") from None
        if not wire.send(connection, request, streams):
            connection.close()
            raise ForkServerError(f"the server at {folder} is gone")
        return connection

    @staticmethod
    def _streams(kwargs: dict[str, Any]) -> tuple[tuple[int, int], list[int]]:
        """The descriptors of the kernel's standard output and error, and those among them that we opened."""
        found: list[int] = []
        ours: list[int] = []
        for number, name in ((1, "stdout"), (2, "stderr")):
            given = kwargs.get(name)
            if given == subprocess.PIPE:
                raise ForkServerError(f"a forked kernel's {name} cannot be a pipe that Popen makes: give it a file")
            if given == subprocess.DEVNULL:
                given = os.open(os.devnull, os.O_WRONLY)
                ours.append(given)
            if given == subprocess.STDOUT:
                given = found[0]
            found.append(number if given is None else given if isinstance(given, int) else given.fileno())
        return (found[0], found[1]), ours

    async def _answer(self) -> dict[str, Any]:
        """The server's first answer. It may come late: the server may still be loading."""
        assert self._lines is not None
        until = time.monotonic() + STARTUP
        while time.monotonic() < until:
            for message in self._lines.receive():
                return message
            if self._lines.closed:
                break
            if not select.select([self._lines.connection], [], [], 0)[0]:
                await asyncio.sleep(0.005)
        return {}

    async def poll(self) -> int | None:
        """None while the kernel runs, else its exit status: as of Popen, or -9 where the server went with it."""
        if self._lines is not None and self._status is None:
            for message in self._lines.receive():
                self._status = message.get("exit", self._status)
            if self._status is None and self._lines.closed:
                self._status = -signal.SIGKILL
                end_group(self.pgid)  # what a cell has started, should keeper and server have gone at once
        return 0 if self._lines is None else self._status

    async def wait(self) -> int | None:
        """Wait until the kernel has ended."""
        while (status := await self.poll()) is None:
            await asyncio.sleep(0.01)
        self._hang_up()
        return status

    async def send_signal(self, signum: int) -> None:
        """Have the server signal the kernel's process group, which it can do without taking another for it."""
        if self._lines is not None and self._status is None:
            wire.send(self._lines.connection, {"signal": int(signum)})

    async def kill(self, restart: bool = False) -> None:
        await self.send_signal(signal.SIGKILL)

    async def terminate(self, restart: bool = False) -> None:
        await self.send_signal(signal.SIGTERM)

    async def cleanup(self, restart: bool = False) -> None:
        """Let go of the kernel: what is not over yet is ended by the server."""
        self._hang_up()
        if self._folder is not None and self.parent is not None and not restart:
            for path in Path(self.parent.ip).parent.glob(f"{Path(self.parent.ip).name}-*"):
                path.unlink(missing_ok=True)
        await super().cleanup(restart=restart)

    def _hang_up(self) -> None:
        if self._lines is not None:
            self._lines.connection.close()
            self._lines = None
