"""Times of HiPPO's recurrences, as ratios within one run: `python benchmarks/hippo.py` (about two minutes).

Every row first checks that its contenders end in the same states, then times them, and prints seconds for a step of
one signal. The answer is the ratios; the seconds depend on the machine, which is printed. Nothing here is asserted
about time. Run from the repository's root with the package and SciPy installed (`make test` does that).
"""

from __future__ import annotations

import argparse
import math
import os
import platform
import statistics
import time
from collections.abc import Callable

# On a machine with other work, OpenMP's threads that spin while they wait cost 10 to 30 times the work itself.
# It must be set before torch is loaded.
os.environ.setdefault("OMP_WAIT_POLICY", "passive")

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.linalg import solve_triangular
from scipy.signal import cont2discrete

from assayer.lab import describe_device, generator, rounding, scale
from assayer.lab.devices import synchronise
from assayer.results import hippo

States = NDArray[np.float64]
Contender = tuple[str, int, Callable[[], States]]
"""A name, the signal-steps of one run, and the run, which gives the last state of the first signals."""


def timed(run: Callable[[], States], repeats: int) -> tuple[States, float]:
    """What `run` returns, and the median of its times in seconds."""
    times = []
    for _ in range(repeats):
        synchronise()
        start = time.perf_counter()
        states = run()
        synchronise()
        times.append(time.perf_counter() - start)
    return states, statistics.median(times)


def race(title: str, allowed: float, contenders: list[Contender], repeats: int) -> None:
    """Print one line for each contender: its time for a step of one signal, and the last one's ratio to it."""
    print(f"\n{title}")
    results = [(name, steps, *timed(run, repeats if i == 0 else 1)) for i, (name, steps, run) in enumerate(contenders)]
    reference = results[-1]
    slowest = reference[3] / reference[1]
    for name, steps, states, seconds in results:
        some = min(len(states), len(reference[2]))
        gap = float(np.abs(states[:some] - reference[2][:some]).max())
        if gap > allowed:
            raise SystemExit(f"{title}: {name} differs from {reference[0]} by {gap:.1e}, more than {allowed:.1e}")
        each = seconds / steps
        print(f"  {name:<52}{1e9 * each:>14.2f} ns a step {slowest / each:>12.1f} x faster than the last")


def constant_matrices(n: int, length: int, signals: int, repeats: int) -> None:
    """LegT: blocks of steps for all signals, single steps for all, and SciPy's matrices in a loop for one signal."""
    A, B = hippo.numeric("legt", n)
    width = length / 10
    u = torch.randn(signals, length, generator=generator(10114, "cpu"), dtype=torch.float64)
    there = u.to(hippo.double_device())
    Ad, Bd = (x.to(hippo.double_device()) for x in hippo.discretize(A / width, B / width, 1.0, "bilinear"))

    def blocks() -> States:
        return hippo.scan(Ad, Bd, there, every=max(1, length // 200))[:, -1].cpu().numpy()

    def loop() -> States:
        system = (A.numpy() / width, B.numpy()[:, None] / width, np.eye(n), np.zeros((n, 1)))
        matrix, column, *_ = cont2discrete(system, 1.0, "bilinear")
        x, column, values = np.zeros(n), column[:, 0], u[0].tolist()
        for value in values:
            x = matrix @ x + value * column
        return x[None]

    # No step amplifies, so each adds the rounding of sums of n products of a state no longer than sqrt(2) max|u|;
    # the matrices come from solves whose condition number is at most 1 + |A|/width.
    size = math.sqrt(2) * float(u.abs().max())
    allowed = rounding(operations=length * n, scale=size, condition=1 + float(A.norm()) / width).tolerance()
    race(
        f"LegT, {n} states, {length} steps, {signals} signals: the last state",
        allowed,
        [("scan, in blocks", signals * length, blocks), ("cont2discrete and a Python loop, one signal", length, loop)],
        repeats,
    )


def moving_matrices(n: int, length: int, signals: int, repeats: int) -> None:
    """LegS, whose matrices change at every step: all signals together, and a Python loop for one signal."""
    A, B = (x.numpy() for x in hippo.numeric("legs", n))
    u = torch.randn(signals, length + 1, generator=generator(10114, "cpu"), dtype=torch.float64)
    there, eye = u.to(hippo.double_device()), np.eye(n)

    def together() -> States:
        return hippo.legs_scan(there, n, every=length)[:, -1].cpu().numpy()

    def loop() -> States:
        values = u[0].tolist()
        x = np.zeros(n)
        x[0] = np.sqrt(2) * values[0]
        x = solve_triangular(eye - A, x + B * values[1], lower=True)
        for k in range(1, length):
            right = x + (A @ x + B * values[k]) / (2 * k) + B * values[k + 1] / (2 * (k + 1))
            x = solve_triangular(eye - A / (2 * (k + 1)), right, lower=True)
        return x[None]

    allowed = rounding(operations=length * n, scale=float(u.abs().max()), condition=n).tolerance()
    race(
        f"LegS, {n} states, {length} steps, {signals} signals: the last state",
        allowed,
        [
            ("legs_scan, all signals", signals * length, together),
            ("SciPy's solve_triangular in a Python loop, one signal", length, loop),
        ],
        repeats,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=3, help="runs of which the median is taken (3)")
    parser.add_argument("--length", type=int, default=100_000, help="steps of LegT's recurrence (100000)")
    arguments = parser.parse_args()
    print(f"{platform.platform()}, {os.cpu_count()} cores; batched work on {describe_device()}")
    print(f"Python {platform.python_version()}, numpy {np.__version__}, torch {torch.__version__}")
    for n in (16, 64, 256):
        constant_matrices(n, arguments.length, scale(cpu=8, gpu=1024), arguments.repeats)
    for n in (16, 64, 256):
        moving_matrices(n, max(200, arguments.length // 50), scale(cpu=256, gpu=4096), arguments.repeats)


if __name__ == "__main__":
    main()
