"""Whoever is killed, and whenever: nothing of a server outlives its owner, nor a kernel its client."""

from __future__ import annotations

import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest

from assayer.validation.handle import ForkServer

RUNNING = ["idle", "python", "deep_in_c", "sleeping", "deaf", "children", "asking", "stopped"]
Client = Callable[..., "subprocess.Popen[str]"]


@pytest.mark.parametrize("phase", ["loading", "loading_in_c", "starting", *RUNNING, "ending"])
def test_the_owner_is_killed(phase: str, client: Client, marked: Any) -> None:
    """The client that is killed owns the server."""
    owner = client(phase)
    assert len(marked.alive()) >= (3 if phase in ("loading", "loading_in_c", "ending") else 4)
    owner.kill()
    owner.wait()
    assert marked.left() == []


@pytest.mark.parametrize("phase", ["requested", "forked"])
def test_the_owner_is_killed_around_the_fork(phase: str, client: Client, marked: Any) -> None:
    for _ in range(3):
        owner = client(phase)
        assert owner.stdin is not None
        owner.stdin.write("go\n")
        owner.stdin.flush()
        assert owner.wait() == -signal.SIGKILL
        assert marked.left() == []


@pytest.mark.parametrize("phase", ["requested", "forked", "starting", *RUNNING, "ending"])
def test_a_client_is_killed_and_the_server_serves_on(
    phase: str, client: Client, marked: Any, small_server: ForkServer
) -> None:
    """As when a worker of pytest is killed: its kernel ends, the next client gets one, and then all is over."""
    before = {process.pid for process in marked.alive()}
    assert len(before) == 2  # keeper and server
    victim = client(phase, str(small_server.folder))
    if phase in ("requested", "forked"):
        assert victim.stdin is not None
        victim.stdin.write("go\n")
        victim.stdin.flush()
    else:
        victim.kill()
    victim.wait()
    _only(marked, before)
    again = client("idle", str(small_server.folder))
    assert len(marked.alive()) == 4
    again.kill()
    again.wait()
    _only(marked, before)
    small_server.close()
    assert marked.left() == []
    assert not small_server.folder.exists()


def _only(marked: Any, expected: set[int]) -> None:
    _wait_for(lambda: {process.pid for process in marked.alive()} == expected)
    assert {process.pid for process in marked.alive()} == expected


@pytest.mark.parametrize("victim", ["keeper", "server", "both", "kernel"])
@pytest.mark.parametrize("phase", ["deep_in_c", "children"])
def test_someone_in_the_middle_is_killed(
    victim: str, phase: str, client: Client, marked: Any, small_server: ForkServer
) -> None:
    keeper = psutil.Process(small_server.process.pid)
    (server,) = keeper.children()
    caller = client(phase, str(small_server.folder))
    (kernel,) = server.children()
    assert len(marked.alive()) == (6 if phase == "children" else 4)
    for process in {"keeper": [keeper], "server": [server], "both": [keeper, server], "kernel": [kernel]}[victim]:
        process.kill()
    if victim == "kernel":
        _only(marked, {keeper.pid, server.pid, caller.pid})
        small_server.close()
    if victim != "both":
        _wait_for(lambda: not small_server.folder.exists())
        assert not small_server.folder.exists()
    caller.kill()
    caller.wait()
    small_server.process.wait()
    if victim == "both" and phase == "children":
        # If the server had no moment to see the keeper go, nobody is left who knew the kernel's group: what a cell
        # has started itself may stay. The kernel may not.
        started_by_a_cell = lambda process: process.cmdline()[-1] == "sum(range(10**13))"
        _wait_for(lambda: all(map(started_by_a_cell, marked.alive())))
        assert all(map(started_by_a_cell, marked.alive()))
    else:
        assert marked.left() == []


def test_a_fork_of_the_owner_that_holds_its_pipe_keeps_nothing_alive(marked: Any, tmp_path: Path) -> None:
    """As with multiprocessing: the pipe to the keeper stays open, and yet the owner's end is seen."""
    script = tmp_path / "owner.py"
    script.write_text(
        "import os, sys, time\n"
        "from assayer.validation.handle import ForkServer\n"
        "server = ForkServer(modules=())\nserver.wait()\n"
        "if os.fork() == 0:\n    time.sleep(10**6)\n"
        "print('reached', flush=True)\ntime.sleep(10**6)\n"
    )
    owner = subprocess.Popen([sys.executable, str(script)], env=marked.environment(), stdout=subprocess.PIPE, text=True)
    assert owner.stdout is not None and owner.stdout.readline() == "reached\n"
    assert len(marked.alive()) == 4
    owner.kill()
    owner.wait()
    owner.stdout.close()
    _wait_for(lambda: len(marked.alive()) == 1)  # the owner's fork alone
    assert [process.cmdline()[-1] for process in marked.alive()] == [str(script)]


def _wait_for(condition: Callable[[], bool]) -> None:
    until = time.monotonic() + 60
    while not condition() and time.monotonic() < until:
        time.sleep(0.05)


def test_the_count_sees_a_leak(client: Client, marked: Any) -> None:
    """An ordinary kernel deep in C does not notice that its client is gone: the counting above finds it."""
    victim = client("leak")
    victim.kill()
    victim.wait()
    _wait_for(lambda: len(marked.alive()) == 1)
    (leaked,) = marked.alive()
    assert "ipykernel_launcher" in leaked.cmdline()


def test_no_folder_is_left(marked: Any) -> None:
    with ForkServer(marked.environment(), modules=()) as server:
        server.wait()
        assert server.folder.parent in (Path("/tmp"), Path(tempfile.gettempdir())) and server.folder.is_dir()
        assert server.folder.stat().st_mode & 0o077 == 0
    assert not server.folder.exists()
