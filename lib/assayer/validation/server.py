"""The process that has everything loaded, and forks a kernel for each client that asks.

It has one thread and creates neither a ZeroMQ context nor an event loop nor anything on a GPU: none of these
survives a fork. It reads its sockets, forks, and buries. Because it never runs a cell, it can end a kernel
that is deep in C code and would not hear anything itself.
"""

from __future__ import annotations

import gc
import os
import selectors
import shutil
import signal
import socket
import sys
import threading
import traceback
from collections.abc import Sequence
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from pkgutil import walk_packages
from typing import Any, NoReturn

from assayer.validation import kernel, wire
from assayer.validation.keeper import die_with_parent, end_group
from assayer.validation.settings import INLINE, unlike


class Unready(RuntimeError):
    """Why nothing can be forked from this process."""


def preload(modules: Sequence[str]) -> None:
    """Import `modules`, but for those of packages that are not installed: the chapter that needs one will say so.

    Raises `Unready` where a fork would inherit what cannot be inherited."""
    os.environ.setdefault("MPLBACKEND", INLINE)
    # As ipykernel_launcher has it: the current folder comes in when the kernel starts.
    if sys.path and sys.path[0] in ("", os.getcwd()):
        del sys.path[0]
    for name in modules:
        try:
            package = import_module(name.removesuffix(".*"))
            if name.endswith(".*"):
                for found in walk_packages(package.__path__, f"{package.__name__}."):
                    import_module(found.name)
        except ModuleNotFoundError as missing:
            if (missing.name or "").partition(".")[0] != name.partition(".")[0]:
                raise
    fit_to_fork()
    # What is loaded now is there for good: collections in a kernel need not look at it, nor copy its pages.
    gc.collect()
    gc.freeze()


def fit_to_fork() -> None:
    """Raise `Unready`, naming it, if this process holds what does not survive a fork."""
    if threading.active_count() > 1:
        raise Unready(f"a library started a thread: {', '.join(t.name for t in threading.enumerate()[1:])}")
    torch, zmq, pyplot = (sys.modules.get(name) for name in ("torch", "zmq", "matplotlib.pyplot"))
    if torch is not None and torch.cuda.is_initialized():
        raise Unready("a library used the GPU while it was imported")
    if zmq is not None and zmq.Context._instance is not None:
        raise Unready("a library opened a ZeroMQ context while it was imported")
    if pyplot is not None:
        raise Unready("a library imported matplotlib.pyplot, which a kernel must import itself")


class Kernel:
    """One connection and, once it has asked, its fork."""

    def __init__(self, connection: socket.socket) -> None:
        self.lines = wire.Lines(connection)
        self.pid: int | None = None
        self.client: int | None = None

    def watch_client(self, pid: int) -> None:
        """Open a descriptor that tells of the client's end even where some fork of it holds our connection."""
        if hasattr(os, "pidfd_open"):
            with suppress(OSError):
                self.client = os.pidfd_open(pid)

    def send_signal(self, number: int) -> None:
        """Signal the fork's process group. It is not yet buried, so the number is its own."""
        if self.pid is None:
            return
        try:
            os.killpg(self.pid, number)
        except (ProcessLookupError, PermissionError):  # it does not lead a group yet
            with suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def descriptors(self) -> list[int]:
        """What a fork must not keep open."""
        mine = [self.lines.connection.fileno(), *self.lines.descriptors]
        return mine if self.client is None else [*mine, self.client]

    def close(self) -> None:
        """Close all descriptors; the fork, if there is one, is no matter of this."""
        for descriptor in self.lines.descriptors:
            os.close(descriptor)
        self.lines.descriptors.clear()
        if self.client is not None:
            os.close(self.client)
            self.client = None
        self.lines.connection.close()


class Server:
    """The loop: connections, requests, and forks that have ended."""

    def __init__(self, listener: socket.socket, roll: int, environment: dict[str, str]) -> None:
        self.listener, self.roll, self.keeper = listener, roll, os.getppid()
        self.environment = environment
        self.kernels: list[Kernel] = []
        self.selector = selectors.DefaultSelector()
        self.wake, self.woken = socket.socketpair()
        for end in (self.wake, self.woken, listener):
            end.setblocking(False)
        for number in (signal.SIGCHLD, signal.SIGTERM):
            signal.signal(number, lambda *_: None)  # to wake, no more
        # So far SIGKILL, for an import may take for ever. Now this process answers, and has kernels to end first.
        die_with_parent(self.keeper, signal.SIGTERM)
        signal.set_wakeup_fd(self.woken.fileno(), warn_on_full_buffer=False)
        self.selector.register(listener, selectors.EVENT_READ)
        self.selector.register(self.wake, selectors.EVENT_READ)

    def run(self) -> NoReturn:
        """Serve until the keeper is gone."""
        while os.getppid() == self.keeper:
            for key, _ in self.selector.select(1.0):
                if key.fileobj is self.listener:
                    self.accept()
                elif key.fileobj is self.wake:
                    with suppress(BlockingIOError):
                        self.wake.recv(4096)
                elif key.data in self.kernels:
                    self.hear(key.data, gone=key.fd == key.data.client)
            self.bury()
        for known in self.kernels:
            known.send_signal(signal.SIGKILL)
        shutil.rmtree(Path(self.listener.getsockname()).parent, ignore_errors=True)  # the keeper's task, had it lived
        os._exit(0)

    def accept(self) -> None:
        with suppress(BlockingIOError):
            connection, _ = self.listener.accept()
            new = Kernel(connection)
            self.kernels.append(new)
            self.selector.register(connection, selectors.EVENT_READ, new)

    def hear(self, known: Kernel, gone: bool) -> None:
        """Do what a client asks; end its kernel if it has gone."""
        for message in known.lines.receive():
            asks = known.pid is None and len(known.lines.descriptors) == 2
            if isinstance(message.get("signal"), int):
                known.send_signal(message["signal"])
            elif asks and message.keys() >= {"arguments", "cwd", "environment", "client"}:
                self.fork(known, message)
        if known.lines.closed or gone:
            known.send_signal(signal.SIGKILL)
            self.forget(known)

    def forget(self, known: Kernel) -> None:
        """Close the connection. A fork that is still there stays on the list, to be buried."""
        with suppress(KeyError, ValueError):
            self.selector.unregister(known.lines.connection)
        if known.client is not None:
            self.selector.unregister(known.client)
        known.close()
        if known.pid is None:
            self.kernels.remove(known)

    def fork(self, known: Kernel, request: dict[str, Any]) -> None:
        try:
            if names := unlike(request["environment"], self.environment):
                said = f"the kernel's environment differs from the server's in {', '.join(names)}"
                raise Unready(f"{said}, which only a new process can take on: use ordinary kernels")
            fit_to_fork()
            me = os.getpid()
            pid = os.fork()
        except (OSError, Unready) as error:
            wire.send(known.lines.connection, {"error": str(error)})
            return
        if pid == 0:
            self.become(me, known, request)
        known.pid = pid
        wire.send(known.lines.connection, {"pid": pid})
        known.watch_client(request["client"])
        if known.client is not None:
            self.selector.register(known.client, selectors.EVENT_READ, known)

    def become(self, server: int, known: Kernel, request: dict[str, Any]) -> NoReturn:
        """In the fork: let go of what is the server's and be a kernel."""
        status = 1
        try:
            signal.set_wakeup_fd(-1)
            for number in (signal.SIGCHLD, signal.SIGTERM):
                signal.signal(number, signal.SIG_DFL)
            kernel.enrol(server, self.roll)
            stdout, stderr = known.lines.descriptors
            os.dup2(stdout, 1)
            os.dup2(stderr, 2)
            self.selector.close()
            for other in self.kernels:
                for descriptor in other.descriptors():
                    with suppress(OSError):
                        os.close(descriptor)
            for end in (self.listener, self.wake, self.woken):
                end.close()
            status = kernel.run(request["arguments"], request["cwd"], request["environment"])
        except SystemExit as leaving:
            status = leaving.code if isinstance(leaving.code, int) else int(leaving.code is not None)
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(status)

    def bury(self) -> None:
        """Tell the clients of kernels that have ended, and end what these have left behind."""
        for known in [known for known in self.kernels if known.pid is not None]:
            pid = known.pid
            assert pid is not None
            if hasattr(os, "waitid"):
                # Not reaped yet: until then the number cannot be another's, and its group can be ended in safety.
                if os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None:
                    continue
                end_group(pid)
                os.write(self.roll, b"-%d\n" % pid)
                _, status = os.waitpid(pid, 0)
            else:
                ended, status = os.waitpid(pid, os.WNOHANG)
                if not ended:
                    continue
                end_group(pid)
                os.write(self.roll, b"-%d\n" % pid)
            known.pid = None
            if known.lines.connection.fileno() >= 0:
                wire.send(known.lines.connection, {"exit": os.waitstatus_to_exitcode(status)})
                self.forget(known)
            else:
                self.kernels.remove(known)


def serve(listener: socket.socket, roll: int, modules: Sequence[str]) -> NoReturn:
    """Load `modules`, say so on standard output, and serve.

    `roll` is the pipe on which the keeper reads process groups.
    """
    status = 1
    try:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_DFL)
        nothing = os.open(os.devnull, os.O_RDWR)
        os.dup2(nothing, 0)  # the owner's pipe is the keeper's to watch
        said = os.dup(1)
        os.dup2(2, 1)  # what a library prints while it is imported is no message of ours
        environment = dict(os.environ)
        try:
            preload(modules)
        except BaseException as error:
            os.write(said, f"{type(error).__name__}: {error}".encode())
            raise
        os.write(said, b"ready\n")
        os.dup2(nothing, 1)
        for descriptor in (said, nothing):
            os.close(descriptor)
        Server(listener, roll, environment).run()
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(status)
