"""The same sweep on dask.distributed with worker processes: the same bytes, also when a worker is killed half way."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from distributed import Client, LocalCluster

from assayer.lab import sweep
from assayer.lab import sweeps as lab_sweeps

pytestmark = pytest.mark.slow
HERE = Path(__file__).resolve().parent
LIB = Path(lab_sweeps.__file__).resolve().parents[2]


@pytest.fixture
def work(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(str(HERE))
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(HERE), str(LIB), os.environ.get("PYTHONPATH", "")]))
    import sweep_work

    return sweep_work


@pytest.fixture
def client(work: ModuleType, tmp_path: Path) -> Iterator[Client]:
    local = {"n_workers": 2, "threads_per_worker": 1, "processes": True, "dashboard_address": None}
    with LocalCluster(**local, local_directory=str(tmp_path / "dask")) as cluster, Client(cluster) as client:
        client.wait_for_workers(2, timeout=120)
        yield client


def plan(count: int) -> list[dict[str, int]]:
    return [{"x": x} for x in range(count)]


def pids(client: Client) -> dict[str, int]:
    return client.run(os.getpid)


def test_worker_processes_give_the_same_bytes_as_this_process(client: Client, work: ModuleType, tmp_path: Path) -> None:
    alone = sweep(work.square, plan(30), folder=tmp_path / "alone").path.read_bytes()
    assert len(set(pids(client).values()) - {os.getpid()}) == 2
    executor = client.get_executor(pure=False)
    spread = sweep(work.late_first, plan(30), folder=tmp_path / "late", executor=executor, window=5)
    done = sweep(work.square, plan(30), folder=tmp_path / "spread", executor=executor)
    assert done.path.read_bytes() == alone
    # late_first gives the same rows under another name of the function, which the file's metadata says.
    assert spread.columns()["square"].tolist() == done.columns()["square"].tolist()


def test_a_worker_killed_half_way_costs_nothing(client: Client, work: ModuleType, tmp_path: Path) -> None:
    folder, count = tmp_path / "spread", 60
    alone = sweep(work.slow_square, plan(count), folder=tmp_path / "alone").path.read_bytes()
    victim = next(iter(pids(client).values()))
    killed: list[int] = []

    def kill() -> None:
        while len(list(folder.glob("parts/*.parquet"))) < count // 4:
            time.sleep(0.01)
        os.kill(victim, signal.SIGKILL)
        killed.append(len(list(folder.glob("parts/*.parquet"))))

    killer = threading.Thread(target=kill)
    killer.start()
    done = sweep(work.slow_square, plan(count), folder=folder, executor=client.get_executor(pure=False))
    killer.join()
    assert count // 4 <= killed[0] < count, "the worker was killed too late to matter"
    assert done.computed == count and done.path.read_bytes() == alone
    assert victim not in pids(client).values()


def test_a_sweep_begun_here_is_ended_on_the_cluster(client: Client, work: ModuleType, tmp_path: Path) -> None:
    alone = sweep(work.square, plan(20), folder=tmp_path / "alone").path.read_bytes()
    folder = tmp_path / "s"
    sweep(work.square, plan(20), folder=folder)
    for path in list(folder.glob("parts/*.parquet"))[::3]:
        path.unlink()
    done: Any = sweep(work.square, plan(20), folder=folder, executor=client.get_executor(pure=False))
    assert (done.found, done.computed) == (13, 7) and done.path.read_bytes() == alone
