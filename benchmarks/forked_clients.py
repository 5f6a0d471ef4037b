"""No process is left: notebooks in forked kernels, their clients killed at random, and ``ps`` before and after.

    python benchmarks/forked_clients.py [--notebooks 200] [--at-once 6] [--seed N]

Each client is a pytest with nbval over one small notebook, and owns no server. One in four is let run to its end;
the others are killed by SIGKILL after a random while, somewhere between its first import and its last cell. Every
fortieth time it is the server that is killed, or its keeper, and a new one takes over. At the end the owner itself is
killed. Exit status 1 if a process of any of them is left, or if a
notebook failed that nobody had disturbed.
"""

from __future__ import annotations

import argparse
import os
import random
import subprocess
import sys
import tempfile
import time
import uuid
from contextlib import suppress
from pathlib import Path

import nbformat
import psutil
from nbformat.v4 import new_code_cell, new_notebook

from assayer.validation import settings
from assayer.validation.handle import ForkServer

MARK = "FORKED_CLIENTS_RUN"
CELLS = (
    "import torch, sympy, time",
    "float(torch.randn(500, 500).matmul(torch.randn(500, 500)).sum())",
    "import subprocess, sys\nchild = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'])",
    "sympy.integrate(sympy.sin(sympy.Symbol('x'))**5)",
    "time.sleep(0.3)",
    "sum(range(10**8))",  # deep in C: a thread of the kernel's own would not be heard
    "child.kill()",
)
PATIENCE = 60.0


def notebook(path: Path) -> None:
    """Write a notebook with work in Python and in C, with a child process and with pauses."""
    cells = [new_code_cell(source, metadata={"tags": ["nbval-ignore-output"]}) for source in CELLS]
    nbformat.write(new_notebook(cells=cells), path)


def marked(value: str) -> list[psutil.Process]:
    """The processes that carry our mark and have not ended."""
    found = []
    for process in psutil.process_iter():
        with suppress(psutil.Error):
            if process.environ().get(MARK) == value and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process)
    return found


def owner() -> None:
    """Own a server, say where it is, and wait to be killed, or for the end of whoever started this."""
    server = ForkServer()
    server.wait()
    print(server.folder, server.process.pid, flush=True)
    sys.stdin.read()
    raise SystemExit


class Owner:
    """A process of its own that owns a server, so that it can be killed too."""

    def __init__(self, environment: dict[str, str]) -> None:
        self.process = subprocess.Popen(
            [sys.executable, __file__, "--owner"],
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout is not None
        folder, keeper = self.process.stdout.readline().split()
        self.folder, self.keeper = folder, psutil.Process(int(keeper))
        (self.server,) = self.keeper.children()

    def kill(self) -> None:
        """End the owner as a crash would."""
        self.process.kill()
        self.process.wait()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--notebooks", type=int, default=200)
    parser.add_argument("--at-once", type=int, default=6)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6))
    parser.add_argument("--owner", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.owner:
        owner()
    if options.notebooks < 1 or options.at_once < 1:
        parser.error("--notebooks and --at-once must be at least 1")
    chance, value = random.Random(options.seed), uuid.uuid4().hex
    environment = settings.here() | {MARK: value}
    environment.pop(settings.SERVER, None)
    before = len(psutil.pids())
    print(f"seed {options.seed}; processes on this machine before: {before}; ours: {len(marked(value))}")
    used: dict[subprocess.Popen[bytes], Owner] = {}
    started: dict[subprocess.Popen[bytes], float] = {}
    wrong = 0
    counts = {"passed": 0, "killed": 0, "lost their server": 0, "server killed": 0, "keeper killed": 0}
    peak = 0
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "work.ipynb"
        notebook(path)
        (Path(folder) / "pytest.ini").write_text("[pytest]\n")
        command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--nbval-lax", "--nbval-current-env"]
        # nbval waits this long for a cell whose kernel has gone with its server.
        command += ["--nbval-cell-timeout", "60"]
        holder = Owner(environment)
        span = 8.0  # seconds of a client that runs to its end, from the last one that did
        running: list[tuple[subprocess.Popen[bytes], float | None]] = []
        begun = 0
        while begun < options.notebooks or running:
            while begun < options.notebooks and len(running) < options.at_once:
                begun += 1
                if begun % 40 == 0:
                    which = ("keeper", "server")[begun // 40 % 2]
                    getattr(holder, which).kill()
                    counts[f"{which} killed"] += 1
                    holder.kill()
                    holder = Owner(environment)
                named = {
                    settings.SERVER: holder.folder,
                    "JUPYTER_DEFAULT_PROVISIONER_NAME": settings.PROVISIONER,
                }
                client = subprocess.Popen(
                    [*command, str(path)],
                    cwd=folder,
                    env=environment | named,
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                )
                used[client] = holder
                until = None if chance.random() < 0.25 else time.monotonic() + chance.uniform(0.0, span)
                running.append((client, until))
                started[client] = time.monotonic()
            for client, until in list(running):
                if client.poll() is not None:
                    if client.returncode == 0:
                        span = time.monotonic() - started[client]
                    counts["passed" if client.returncode == 0 else "lost their server"] += 1
                    if client.returncode and holder is used[client]:
                        wrong += 1  # its server is still there: it had no reason to fail
                elif until is not None and time.monotonic() > until:
                    client.kill()
                    client.wait()
                    counts["killed"] += 1
                else:
                    continue
                running.remove((client, until))
            peak = max(peak, len(marked(value)))
            time.sleep(0.1)
        holder.kill()
    until = time.monotonic() + PATIENCE
    while (left := marked(value)) and time.monotonic() < until:
        time.sleep(0.1)
    after = len(psutil.pids())
    print(f"{begun} notebooks: {', '.join(f'{number} {what}' for what, number in counts.items())}; {peak} at the most")
    print(f"processes on this machine after: {after}; ours: {len(left)}")
    for process in left:
        print(f"  left: {process.pid} {' '.join(process.cmdline())}")
        process.kill()
    if wrong:
        print(f"{wrong} notebooks failed without a reason")
    return 1 if left or wrong or not counts["killed"] else 0


if __name__ == "__main__":
    os.environ.pop("PYTEST_ADDOPTS", None)
    raise SystemExit(main())
