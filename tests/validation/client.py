"""A client that gets as far as a phase, says so, and waits to be killed: ``python client.py PHASE [FOLDER]``.

With FOLDER it asks the server there; without, it owns one itself.
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from assayer.validation import settings, wire
from assayer.validation.handle import ForkServer

PHASE = sys.argv[1]
FEW = ("ipykernel.kernelapp", "ipykernel.ipkernel")

CELLS = {
    "idle": "print(1)",
    "python": "while True: pass",
    "deep_in_c": "sum(range(10**13))",  # one call into C that holds the interpreter's lock for days
    "sleeping": "import time; time.sleep(10**6)",
    "deaf": "import signal, time\nfor n in range(1, 32):\n"
    "    n in (9, 19) or signal.signal(n, signal.SIG_IGN)\ntime.sleep(10**6)",
    "children": "import subprocess, sys, time\n"
    "[subprocess.Popen([sys.executable, '-c', 'sum(range(10**13))']) for _ in range(2)]\ntime.sleep(10**6)",
    "asking": "input()",
    "stopped": "import os, signal; os.kill(os.getpid(), signal.SIGSTOP)",
}


def reached() -> None:
    """Say that the phase is reached, and wait for the end."""
    print("reached", flush=True)
    time.sleep(10**6)


def requested(folder: Path) -> None:
    """Ask for a fork, and do not even wait for the answer."""
    with TemporaryDirectory() as empty:
        connection = wire.connect(folder)
        missing = str(Path(empty) / "connection.json")
        request = {"arguments": ["-f", missing], "cwd": "/", "environment": dict(os.environ), "client": os.getpid()}
        print("reached", flush=True)
        sys.stdin.readline()  # go
        wire.send(connection, request, (1, 2))
        if PHASE == "requested":
            os.kill(os.getpid(), 9)
        connection.setblocking(True)
        connection.recv(100)
        os.kill(os.getpid(), 9)  # "forked": the kernel begins


def main() -> None:
    if PHASE in ("loading", "loading_in_c"):
        server = ForkServer(modules=("slow_in_c" if PHASE == "loading_in_c" else "slow",))
        begun = Path(os.environ["PYTHONPATH"].split(os.pathsep)[0], "begun")
        while not begun.exists():
            time.sleep(0.02)
        assert server.process.poll() is None
        reached()
    owned = None if len(sys.argv) > 2 else ForkServer(modules=FEW)
    folder = Path(sys.argv[2]) if owned is None else owned.folder
    if PHASE in ("requested", "forked"):
        requested(folder)
    os.environ[settings.SERVER] = str(folder)
    os.environ["JUPYTER_DEFAULT_PROVISIONER_NAME"] = "local-provisioner" if PHASE == "leak" else settings.PROVISIONER
    from jupyter_client.manager import KernelManager

    manager = KernelManager(kernel_name="python3")
    manager.start_kernel()
    if PHASE == "starting":
        reached()
    client = manager.client()
    client.start_channels()
    client.wait_for_ready(timeout=120)
    client.execute(CELLS["deep_in_c" if PHASE == "leak" else "idle" if PHASE == "ending" else PHASE], allow_stdin=True)
    client.get_iopub_msg(timeout=60)
    time.sleep(0.5)  # into the cell
    if PHASE == "ending":
        client.shutdown()  # asked to end, not waited for
    reached()


main()
