"""The book's two long sweeps, and what killing and spreading does to one.

    python benchmarks/sweeps.py near_product [--to N] [--workers 2] [--folder F] [--store]
    python benchmarks/sweeps.py rope_base [--workers 2] [--folder F] [--store]
    python benchmarks/sweeps.py killed      # kill a sweep three times, resume it, compare the bytes
    python benchmarks/sweeps.py scaling     # the same sweep on dask with 1 and 2 worker processes; writes sweeps.json

A sweep that is stopped, in whatever way, goes on when the same command is given again. `--scheduler ADDRESS` computes
the points on the workers of a running dask.distributed scheduler, `--cluster` on one that is started here; otherwise
`--workers` processes do. `--store` copies the result into the library, where the chapters read it, with a JSON beside
it that says how it was made. Nothing here is asserted about time.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import json
import multiprocessing
import os
import platform
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import Executor, ProcessPoolExecutor
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from statistics import median
from typing import Any

# One thread a worker: the workers are what the cores are shared by. To be set before torch is loaded.
os.environ.setdefault("OMP_WAIT_POLICY", "passive")
os.environ["OMP_NUM_THREADS"] = "1"

from assayer.lab import SweepError, Swept, sweep
from assayer.results.near_product import segment
from assayer.results.near_product import sweeps as excess
from assayer.results.rope_base import balls, function, least, safe
from assayer.results.rope_base import sweeps as bases

ROOT = Path(__file__).resolve().parents[1]
RESULTS = ROOT / "lib" / "assayer" / "results"
TABLE = ROOT / "benchmarks" / "sweeps.json"
SMALL = 2**20
"""Numbers in a block of the scaling run: many blocks for each worker."""


def machine() -> dict[str, Any]:
    """The machine and the versions, without its name."""
    packages = ("torch", "numpy", "pyarrow", "python-flint", "distributed")
    return {
        "machine": f"{os.cpu_count()} cores, {platform.system()}, {platform.machine()}",
        "python": platform.python_version(),
        "versions": {name: version(name) for name in packages},
    }


@contextlib.contextmanager
def workers(asked: argparse.Namespace) -> Iterator[Executor]:
    """The executor that was asked for."""
    if asked.scheduler or asked.cluster:
        from distributed import Client

        # A worker that dies takes its point to another one, three times before the point is given up.
        with (
            cluster(asked.workers) if asked.cluster else contextlib.nullcontext(asked.scheduler) as where,
            Client(where) as client,
        ):
            yield client.get_executor(pure=False)
        return
    # Not forked: a forked child of a process that has used torch's threads may hang.
    with ProcessPoolExecutor(asked.workers, mp_context=multiprocessing.get_context("spawn")) as pool:
        yield pool


def cluster(count: int) -> Any:
    """A local dask cluster of `count` worker processes with a thread each, without its page of charts."""
    from distributed import LocalCluster

    return LocalCluster(n_workers=count, threads_per_worker=1, processes=True, dashboard_address=None)


def near_product(executor: Executor | None, folder: Path, to: int, size: int = excess.BLOCK) -> Swept:
    plan = excess.plan(to, size)
    return sweep(excess.block, plan, executor=executor, folder=folder, code=(segment,), desc="near_product")


def rope_base(executor: Executor | None, folder: Path) -> Swept:
    code = (least, safe, function, balls)
    return sweep(bases.both, bases.plan(), executor=executor, folder=folder, code=code, desc="rope_base")


def run(asked: argparse.Namespace) -> int:
    """One of the two sweeps, and with `--store` its result where the chapters read it."""
    name = asked.command
    folder = asked.folder or ROOT / "_build" / "sweeps" / name
    start = time.perf_counter()
    with workers(asked) as executor:
        done = near_product(executor, folder, asked.to) if name == "near_product" else rope_base(executor, folder)
    seconds = time.perf_counter() - start
    digest = hashlib.sha256(done.path.read_bytes()).hexdigest()
    print(f"{done.path}: {done.points} points, {done.found} found, {done.computed} computed in {seconds:.1f} s")
    print(f"sha256 {digest}")
    if asked.store:
        store(name, done, digest, seconds, asked)
    return 0


def store(name: str, done: Swept, digest: str, seconds: float, asked: argparse.Namespace) -> None:
    """Copy the result into the library, and say beside it how it was made."""
    target = RESULTS / name / "data" / {"near_product": "excess_law.parquet", "rope_base": "bases.parquet"}[name]
    target.parent.mkdir(exist_ok=True)
    shutil.copyfile(done.path, target)
    to = f" --to {asked.to}" if name == "near_product" else ""
    record = {
        "command": f"python benchmarks/sweeps.py {name}{to} --workers {asked.workers} --store",
        "date": datetime.now(UTC).date().isoformat(),
        **machine(),
        "sweep": json.loads((done.path.parent / "sweep.json").read_text(encoding="utf-8")),
        "sha256": digest,
        "workers": asked.workers,
        "computed in the last call": done.computed,
        "seconds of the last call": round(seconds, 1),
    }
    target.with_suffix(".json").write_text(json.dumps(record, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    print(f"{target.relative_to(ROOT)}: {target.stat().st_size} bytes")


def killed(asked: argparse.Namespace) -> int:
    """Kill the command three times with SIGKILL, let it finish, and compare with one that ran through."""
    base = asked.folder or ROOT / "_build" / "sweeps" / "killed"
    shutil.rmtree(base, ignore_errors=True)
    command = [sys.executable, __file__, "near_product", "--to", str(asked.to), "--workers", str(asked.workers)]
    through, often = base / "through", base / "often"
    subprocess.run([*command, "--folder", str(through)], check=True)
    points = len(excess.plan(asked.to))
    for kill in (1, 2, 3):
        process = subprocess.Popen([*command, "--folder", str(often)], start_new_session=True)
        while process.poll() is None and len(stored(often)) < kill * points // 4:
            time.sleep(0.01)
        # The whole process group: the workers too.
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        code = process.wait()
        print(f"kill {kill}: status {code}, {len(stored(often))} of {points} points stored", flush=True)
    before = stored(often)
    subprocess.run([*command, "--folder", str(often)], check=True)
    kept = all((often / "parts" / name).stat().st_mtime_ns == stamp for name, stamp in before.items())
    digests = {hashlib.sha256((folder / "result.parquet").read_bytes()).hexdigest() for folder in (through, often)}
    same = len(digests) == 1
    print(
        f"stored parts written again: {'none' if kept else 'SOME'}; results: {'the same bytes' if same else 'DIFFER'}"
    )
    return 0 if kept and same else 1


def stored(folder: Path) -> dict[str, int]:
    """The stored parts of a sweep, with when each was written."""
    return {path.name: path.stat().st_mtime_ns for path in (folder / "parts").glob("*-*.parquet")}


def scaling(asked: argparse.Namespace) -> int:
    """The near_product sweep in this process and on dask with 1 and 2 worker processes, `--rounds` times in turn."""
    from distributed import Client

    base = asked.folder or ROOT / "_build" / "sweeps" / "scaling"
    times: dict[str, list[float]] = {"this process": [], "1 worker": [], "2 workers": []}
    digests = set()
    for _ in range(asked.rounds):
        for name in times:
            shutil.rmtree(base, ignore_errors=True)
            if name == "this process":
                start = time.perf_counter()
                done = near_product(None, base, asked.to, SMALL)
                times[name].append(time.perf_counter() - start)
            else:
                with cluster(int(name[0])) as local, Client(local) as client:
                    pool = client.get_executor(pure=False)
                    # Importing torch is no part of what is measured.
                    list(pool.map(excess.block, [4] * 8, range(5, 13)))
                    start = time.perf_counter()
                    done = near_product(pool, base, asked.to, SMALL)
                    times[name].append(time.perf_counter() - start)
            digests.add(hashlib.sha256(done.path.read_bytes()).hexdigest())
    shutil.rmtree(base, ignore_errors=True)
    if len(digests) != 1:
        raise SystemExit("the results differ between one process and a cluster")
    middle = {name: median(values) for name, values in times.items()}
    numbers = asked.to - excess.FIRST
    record = {
        "date": datetime.now(UTC).date().isoformat(),
        **machine(),
        "numbers": numbers,
        "points": done.points,
        "rounds": asked.rounds,
        "seconds": {name: [round(v, 2) for v in values] for name, values in times.items()},
        "numbers a second": {name: round(numbers / v) for name, v in middle.items()},
        "2 workers over 1": round(middle["1 worker"] / middle["2 workers"], 3),
        "result": digests.pop(),
    }
    TABLE.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
    for name, values in times.items():
        shown = ", ".join(f"{v:.1f}" for v in values)
        print(f"{name:<14} {shown} s; {numbers / middle[name]:,.0f} numbers a second")
    print(f"from 1 to 2 workers: {record['2 workers over 1']:.2f} times as fast; the same bytes in all runs")
    return 0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("command", choices=("near_product", "rope_base", "killed", "scaling"))
    parser.add_argument("--to", type=lambda text: int(float(text)), help="near_product: up to this number")
    parser.add_argument("--workers", type=int, default=2, help="processes")
    parser.add_argument("--folder", type=Path, help="where the sweep is kept; below _build/sweeps by default")
    parser.add_argument("--store", action="store_true", help="put the result where the chapters read it")
    parser.add_argument("--cluster", action="store_true", help="compute on a dask cluster started here")
    parser.add_argument("--scheduler", help="compute on the dask cluster with this address")
    parser.add_argument("--rounds", type=int, default=3, help="scaling: how often each is timed")
    asked = parser.parse_args()
    if asked.to is None:
        asked.to = {"near_product": 2**30, "scaling": 2**26}.get(asked.command, 10**8)
    actions = {"killed": killed, "scaling": scaling}
    try:
        return actions.get(asked.command, run)(asked)
    except SweepError as error:
        print(f"assayer: {error}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
