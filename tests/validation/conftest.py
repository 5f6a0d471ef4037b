"""Processes that carry a mark in their environment, so that none of ours is missed and no other is counted."""

from __future__ import annotations

import os
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import suppress
from importlib.metadata import entry_points
from pathlib import Path

import psutil
import pytest

from assayer.validation import settings
from assayer.validation.handle import ForkServer

MARK = "FORK_TEST_MARK"
PATIENCE = 60.0
"""Seconds after which a process that should be gone counts as leaked, on a loaded machine."""


class Marked:
    """Processes started with this mark, and all that these have started."""

    def __init__(self) -> None:
        self.value = uuid.uuid4().hex

    def environment(self, **further: str) -> dict[str, str]:
        """Of a process that is to carry the mark: settled, without pytest's variables."""
        environment = {name: value for name, value in settings.here().items() if not name.startswith("PYTEST")}
        environment.pop(settings.SERVER, None)
        return environment | {MARK: self.value} | further

    def alive(self) -> list[psutil.Process]:
        """All of them that have not ended."""
        found = []
        for process in psutil.process_iter():
            with suppress(psutil.Error):
                if process.environ().get(MARK) == self.value and process.status() != psutil.STATUS_ZOMBIE:
                    found.append(process)
        return found

    def left(self) -> list[str]:
        """What has not ended after a while; empty as soon as nothing is left."""
        until = time.monotonic() + PATIENCE
        while (alive := self.alive()) and time.monotonic() < until:
            time.sleep(0.05)
        return [f"{process.pid} {' '.join(process.cmdline())}" for process in alive if process.is_running()]

    def end(self) -> None:
        for process in self.alive():
            with suppress(psutil.Error):
                process.kill()


@pytest.fixture
def marked() -> Iterator[Marked]:
    mark = Marked()
    yield mark
    mark.end()


@pytest.fixture
def small_server(marked: Marked) -> Iterator[ForkServer]:
    """A server that has loaded an IPython kernel and no more."""
    with ForkServer(marked.environment(), modules=("ipykernel.kernelapp", "ipykernel.ipkernel")) as server:
        server.wait()
        yield server


Client = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def client(marked: Marked, tmp_path: Path) -> Iterator[Client]:
    """Start ``client.py`` and wait until it says that it has reached its phase."""
    begun = "import pathlib, time; pathlib.Path(__file__).with_name('begun').touch(); "
    for name, load in (("slow", "time.sleep(10**6)"), ("slow_in_c", "sum(range(10**13))")):
        (tmp_path / f"{name}.py").write_text(begun + load)
    folders = os.pathsep.join([str(tmp_path), *filter(None, [os.environ.get("PYTHONPATH")])])
    started: list[subprocess.Popen[str]] = []

    def start(*arguments: str) -> subprocess.Popen[str]:
        further = {"PYTHONPATH": folders} if "loading" in arguments[0] else {}
        process = subprocess.Popen(
            [sys.executable, str(Path(__file__).parent / "client.py"), *arguments],
            env=marked.environment(**further),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        assert process.stdout is not None
        assert process.stdout.readline() == "reached\n"
        return process

    yield start
    for process in started:
        process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout):
            assert pipe is not None
            pipe.close()


@pytest.fixture(scope="session", autouse=True)
def registered() -> None:
    """The provisioner is an entry point: an installation older than it does not know it."""
    found = entry_points(group="jupyter_client.kernel_provisioners", name=settings.PROVISIONER)
    assert found, "install the package anew (make env-all): it does not know our provisioner"
