"""What a forked kernel is and answers, beside an ordinary one; and what is refused, in one line."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from jupyter_client.manager import KernelManager
from jupyter_client.provisioning import KernelProvisionerFactory

from assayer.validation import provisioner, settings, wire
from assayer.validation.handle import ForkServer, ForkServerError

FACTS = """
import hashlib, json, os, random, sys, threading
import numpy, scipy.linalg, torch
generator = torch.Generator().manual_seed(5)
square = torch.randn(300, 300, generator=generator, dtype=torch.float64)
blas = hashlib.sha256((square.numpy() @ square.numpy()).tobytes() + scipy.linalg.eigvalsh(square + square.T).tobytes())
print(json.dumps({
    "torch threads": torch.get_num_threads(),
    "torch between threads": torch.get_num_interop_threads(),
    "product": hashlib.sha256((square @ square).numpy().tobytes()).hexdigest(),
    "blas": blas.hexdigest(),
    "sum": torch.randn(10**6, generator=generator).sum().item().hex(),
    "cuda begun": torch.cuda.is_initialized(),
    "main": __name__, "file": "__file__" in globals(),
    "names": sorted(name for name in globals() if not name.startswith("_")),
    "path": sys.path, "arguments": len(sys.argv), "program": os.path.basename(sys.argv[0]),
    "cwd": os.getcwd(), "backend": os.environ.get("MPLBACKEND"), "limit": sys.getrecursionlimit(),
    "main thread": threading.current_thread() is threading.main_thread(),
    "interrupt": str(__import__("signal").getsignal(2)),
    "leads": os.getsid(0) == os.getpid() == os.getpgrp(),
    "stdin": os.read(0, 1).hex(),
    "environment": {k: v for k, v in sorted(os.environ.items()) if k not in ("JPY_PARENT_PID", "_")},
}))
"""


DRAW = "print(__import__('random').random(), __import__('numpy').random.rand(), __import__('torch').rand(1).item())"


@contextmanager
def kernel(cwd: Path, **options: Any) -> Iterator[Callable[[str], list[dict[str, Any]]]]:
    """A kernel by jupyter_client; the function runs a cell and returns its messages on iopub."""
    manager = KernelManager(kernel_name="python3")
    manager.start_kernel(cwd=str(cwd), **options)
    client = manager.client()
    client.start_channels()
    try:
        client.wait_for_ready(timeout=120)

        def run(code: str) -> list[dict[str, Any]]:
            found: list[dict[str, Any]] = []
            client.execute_interactive(code, timeout=120, output_hook=found.append, allow_stdin=False)
            return [message for message in found if message["msg_type"] in ("stream", "error", "execute_result")]

        run.manager, run.client = manager, client  # type: ignore[attr-defined]
        yield run
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)


def text(messages: list[dict[str, Any]]) -> str:
    return "".join(message["content"].get("text", "") for message in messages)


@pytest.fixture
def forked(monkeypatch: pytest.MonkeyPatch, marked: Any) -> Iterator[Callable[[ForkServer], None]]:
    def choose(server: ForkServer) -> None:
        for name in [name for name in os.environ if name.startswith("PYTEST")]:
            monkeypatch.delenv(name)
        for name, value in marked.environment().items():
            monkeypatch.setenv(name, value)
        monkeypatch.setenv(settings.SERVER, str(server.folder))
        monkeypatch.setenv("JUPYTER_DEFAULT_PROVISIONER_NAME", settings.PROVISIONER)
        KernelProvisionerFactory.clear_instance()  # it has read the variable once and for all

    yield choose
    KernelProvisionerFactory.clear_instance()


@pytest.mark.slow
def test_a_fork_is_what_a_new_kernel_is(
    forked: Any, marked: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Threads, sums and products to the last bit, seeds, paths, names, signals, the environment."""
    with ForkServer(marked.environment()) as server:
        forked(server)
        with kernel(tmp_path) as run:
            assert isinstance(run.manager.provisioner, provisioner.ForkedProvisioner)
            drawn = [text(run(DRAW)).split()]
            ours = json.loads(text(run(FACTS)))
        with kernel(tmp_path) as run:
            drawn.append(text(run(DRAW)).split())
        monkeypatch.delenv("JUPYTER_DEFAULT_PROVISIONER_NAME")
        KernelProvisionerFactory.clear_instance()
        with kernel(tmp_path) as run:
            assert not isinstance(run.manager.provisioner, provisioner.ForkedProvisioner)
            theirs = json.loads(text(run(FACTS)))
    theirs["environment"]["JUPYTER_DEFAULT_PROVISIONER_NAME"] = settings.PROVISIONER
    assert ours == theirs
    assert len(drawn[0]) == 3 and all(one != other for one, other in zip(*drawn, strict=True))
    assert ours["torch threads"] >= 1 and ours["leads"] is True


def test_kernels_share_nothing_and_chance_differs(forked: Any, small_server: ForkServer, tmp_path: Path) -> None:
    forked(small_server)
    draw = (
        "import random, sys, math\nmath.pi = getattr(math, 'spoilt', 3)\nprint(random.random(), 'spoil' in sys.modules)"
    )
    drawn = []
    for _ in range(2):
        with kernel(tmp_path) as run:
            drawn.append(text(run(draw)))
            run("sys.modules['spoil'] = sys; math.spoilt = 4")
        with kernel(tmp_path) as run:
            assert text(run("import math; print(math.pi == 3.141592653589793)")) == "True\n"
    assert drawn[0] != drawn[1]
    assert all(line.endswith("False\n") for line in drawn)


def test_exit_interrupt_and_restart(forked: Any, small_server: ForkServer, tmp_path: Path) -> None:
    forked(small_server)
    with kernel(tmp_path) as run:
        manager, client = run.manager, run.client
        first = manager.provisioner.pid
        client.execute("print('begun', flush=True)\nwhile True: pass")
        while client.get_iopub_msg(timeout=60)["msg_type"] != "stream":
            pass
        manager.interrupt_kernel()
        while (message := client.get_iopub_msg(timeout=60))["msg_type"] != "error":
            pass
        assert message["content"]["ename"] == "KeyboardInterrupt"
        manager.restart_kernel(now=True)
        client.wait_for_ready(timeout=120)
        assert manager.provisioner.pid != first
        assert text(run("print(6 * 7)")) == "42\n"
        client.execute("import os; os._exit(3)")
        until = time.monotonic() + 60
        while manager.is_alive() and time.monotonic() < until:
            time.sleep(0.05)
        assert not manager.is_alive()
        assert manager.provisioner._status == 3


def test_output_of_the_process_itself_goes_where_it_is_asked_to(
    forked: Any, small_server: ForkServer, tmp_path: Path
) -> None:
    forked(small_server)
    with (tmp_path / "error.txt").open("w") as errors, kernel(tmp_path, stderr=errors) as run:
        run("import os, sys; os.write(sys.stderr._original_stdstream_copy, b'to the descriptor')")
    assert "to the descriptor" in (tmp_path / "error.txt").read_text()


def test_a_shut_down_runs_what_a_cell_has_registered(forked: Any, small_server: ForkServer, tmp_path: Path) -> None:
    forked(small_server)
    manager = KernelManager(kernel_name="python3")
    manager.start_kernel(cwd=str(tmp_path))
    client = manager.client()
    client.start_channels()
    client.wait_for_ready(timeout=120)
    client.execute_interactive("import atexit; atexit.register(lambda: open('left.txt', 'w').close())", timeout=60)
    client.stop_channels()
    manager.shutdown_kernel(now=False)
    assert (tmp_path / "left.txt").exists()


def test_what_a_fork_cannot_take_on_is_named(
    forked: Any, small_server: ForkServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    forked(small_server)
    monkeypatch.setenv("OMP_NUM_THREADS", "3")
    with pytest.raises(ForkServerError, match="differs from the server's in OMP_NUM_THREADS"), kernel(tmp_path):
        pass
    monkeypatch.undo()
    forked(small_server)
    with pytest.raises(ForkServerError, match="stdout cannot be a pipe"), kernel(tmp_path, stdout=subprocess.PIPE):
        pass
    with kernel(tmp_path) as run:  # none of this harms the server
        assert text(run("print(1)")) == "1\n"


def test_a_server_that_is_gone_is_said_to_be(forked: Any, small_server: ForkServer, tmp_path: Path) -> None:
    forked(small_server)
    small_server.close()
    with pytest.raises(ForkServerError, match="no server answers at"), kernel(tmp_path):
        pass


def test_a_kernel_of_another_kind_is_refused(forked: Any, small_server: ForkServer) -> None:
    import asyncio

    forked(small_server)
    ours = provisioner.ForkedProvisioner()
    with pytest.raises(ForkServerError, match="only IPython kernels can be forked, and this is R --slave"):
        asyncio.run(ours.launch_kernel(["R", "--slave"]))


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("raise RuntimeError('broken wheel')", "RuntimeError: broken wheel"),
        ("import threading, time; threading.Thread(target=time.sleep, args=(99,), name='eager').start()", "eager"),
        ("import zmq; zmq.Context.instance()", "ZeroMQ context"),
        ("import matplotlib.pyplot", "pyplot"),
        ("import no_such_module_at_all", "no_such_module_at_all"),
    ],
)
def test_a_server_that_cannot_fork_says_why(source: str, words: str, marked: Any, tmp_path: Path) -> None:
    (tmp_path / "loaded.py").write_text(source)
    folders = os.pathsep.join([str(tmp_path), *filter(None, [os.environ.get("PYTHONPATH")])])
    failure = pytest.raises(ForkServerError, match=f"cannot start: .*{words}")
    with ForkServer(marked.environment(PYTHONPATH=folders), modules=("loaded",)) as server, failure:
        server.wait()
    assert marked.left() == []


def test_a_package_that_is_not_installed_is_passed_over(marked: Any) -> None:
    with ForkServer(marked.environment(), modules=("no_such_package.part", "json")) as server:
        server.wait()


def test_who_sends_nonsense_is_cut_off_and_the_others_are_not(
    forked: Any, small_server: ForkServer, tmp_path: Path
) -> None:
    forked(small_server)
    with kernel(tmp_path) as run:
        for nonsense in (
            b"GET / HTTP/1.1\n",
            b"{}\n",
            b"5\n",
            b'{"signal": 9}\n',
            b'{"arguments": []}\n',
            b"\xff\xfe\n",
            b"[]\n",
        ):
            connection = wire.connect(small_server.folder)
            connection.sendall(nonsense)
            connection.close()
        assert text(run("print(2)")) == "2\n"


@pytest.mark.slow
def test_without_a_named_server_a_process_has_its_own(marked: Any, tmp_path: Path) -> None:
    """Two kernels of one process, one server; it ends with the process."""
    script = tmp_path / "two.py"
    script.write_text(
        "import os\nfrom jupyter_client.manager import KernelManager\n"
        "found = []\n"
        "for _ in range(2):\n"
        "    manager = KernelManager(kernel_name='python3')\n"
        "    manager.start_kernel()\n"
        "    found.append(os.popen(f'ps -o ppid= -p {manager.provisioner.pid}').read().strip())\n"
        "print(found[0] == found[1] != '')\n"
    )
    environment = marked.environment(JUPYTER_DEFAULT_PROVISIONER_NAME=settings.PROVISIONER)
    done = subprocess.run([sys.executable, str(script)], env=environment, capture_output=True, text=True)
    assert done.stdout == "True\n", done.stderr
    assert marked.left() == []


def test_signals_reach_only_what_lives(small_server: ForkServer) -> None:
    """A connection that has asked for nothing has nobody to signal."""
    connection = wire.connect(small_server.folder)
    assert wire.send(connection, {"signal": int(signal.SIGKILL)})
    connection.close()
    small_server.wait()
    assert small_server.process.poll() is None
