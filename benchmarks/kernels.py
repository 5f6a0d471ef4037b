"""The book's numerical kernels against peers and against the device's limit: `python benchmarks/kernels.py`.

One table, from one run (two minutes on two cores). For each kernel it prints how many units a second it does, the
operations and bytes that a unit needs at least, the floor that this makes on this device, the distance from the floor,
and every peer's time as a ratio. The device's limits are measured in the same run: bytes copied, float64 multiply-adds
in a matrix product, cosines, square roots and normal random numbers a second. The larger of (operations at their
limit) and (bytes at theirs) is the floor: no program for this device is faster.

Every row first checks that its contenders return the same numbers; a difference beyond the rounding budget ends the
run. `--json FILE` stores the rows. Nothing is asserted about time. A peer that cannot run here (numba is not
installed, no C++ compiler for `torch.compile`) is named in a line of its own.
"""

from __future__ import annotations

import argparse
import datetime
import importlib.util
import json
import os
import platform
import random
import shutil
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path

# On a machine with other work, OpenMP's threads that spin while they wait cost 10 to 30 times the work itself.
# It must be set before torch is loaded.
os.environ.setdefault("OMP_WAIT_POLICY", "passive")

import numpy as np
import torch
from torch import Tensor

from assayer.lab import describe_device, generator, rounding, scale
from assayer.lab.devices import synchronise
from assayer.results import hippo, near_product, rope_base
from assayer.results import sgd_average_loss as sgd
from assayer.results.near_product import scan as scalar_scan
from assayer.results.rope_base.function import scan as rope_scan
from assayer.results.rope_base.function import value_error
from assayer.results.rope_base.least import float64_device

REPEATS = 5


@dataclass
class Row:
    """One kernel: `units` of `unit` in `seconds`; `floors` are seconds by limit; `peers` are seconds for the same."""

    kernel: str
    unit: str
    units: int
    seconds: float
    operations: str
    bytes: str
    floors: dict[str, float]
    peers: dict[str, float] = field(default_factory=dict)
    note: str = ""

    @property
    def distance(self) -> float:
        """How many times the floor's time the kernel takes."""
        return self.seconds / max(self.floors.values())


def timed(run: Callable[[], object], repeats: int = REPEATS) -> float:
    """The median of the run's times in seconds, after one that is not counted."""
    run()
    times = []
    for _ in range(repeats):
        synchronise()
        begin = time.perf_counter()
        run()
        synchronise()
        times.append(time.perf_counter() - begin)
    return statistics.median(times)


def limits(where: torch.device) -> dict[str, float]:
    """What the device can do at most, measured: units a second by name."""
    large = torch.ones(scale(cpu=2**25, gpu=2**28), dtype=torch.float64, device=where)
    target = torch.empty_like(large)
    copied = 16 * large.numel() / timed(lambda: target.copy_(large))
    size = scale(cpu=1536, gpu=8192)
    a = torch.ones(size, size, dtype=torch.float64, device=where)
    multiplied = size**3 / timed(lambda: a @ a)
    # Small enough for a cache, large enough for every thread.
    near = torch.linspace(0, 1e6, scale(cpu=2**16, gpu=2**25), dtype=torch.float64, device=where)
    out = torch.empty_like(near)
    source = generator(1, where)
    each = {
        "cosines": lambda: torch.cos(near, out=out),
        "square roots": lambda: torch.sqrt(near, out=out),
        "normal numbers": lambda: out.normal_(generator=source),
    }
    found = {name: near.numel() / timed(run, 4 * REPEATS) for name, run in each.items()}
    return {"bytes copied": copied, "multiply-adds": multiplied, **found}


def same(name: str, one: Tensor, other: Tensor, allowed: float) -> None:
    """End the run unless two results agree to within `allowed`."""
    gap = float((one.double().cpu() - other.double().cpu()).abs().max())
    if not gap <= allowed:
        raise SystemExit(f"{name}: the results differ by {gap:.2e}, more than {allowed:.2e}")


# --- N = ab + c -----------------------------------------------------------------------------------------


def _steps(numbers: list[int]) -> int:
    """How many p the scan of each number looks at, in all: what any program that scans must do."""
    total = 0
    for n in numbers:
        total += max(1, near_product.least_sum(n) - 1 - max(0, scalar_scan.isqrt(4 * n)))
    return total


def minimise(most: dict[str, float], where: torch.device) -> Row:
    """`least_sums` on random n of size 10¹², against one by one and against a compiled scan."""
    entries, sample = scale(cpu=2**16, gpu=2**22), 2000
    drawn = torch.randint(10**12 // 2, 10**12, (entries,), generator=torch.Generator().manual_seed(9775))
    there = drawn.to(where)
    seconds = timed(lambda: near_product.least_sums(there), 3)
    found = near_product.least_sums(there).cpu()
    some = drawn[:sample].tolist()
    peers = {"minimize, one by one": timed(lambda: [near_product.least_sum(n) for n in some], 3) * entries / sample}
    same("minimize", found[:sample], torch.tensor([near_product.least_sum(n) for n in some]), 0)
    note = ""
    if importlib.util.find_spec("numba"):
        compiled = _compiled_scan()
        numbers = drawn.numpy()
        same("numba", found, torch.from_numpy(compiled(numbers)), 0)
        peers["the same scan in numba, every core"] = timed(lambda: compiled(numbers), 3)
    else:
        note = "numba is not installed: pip install numba for that row"
    steps = _steps(some) * entries / sample
    return Row(
        "near_product.least_sums, n ~ 10^12",
        "numbers",
        entries,
        seconds,
        f"{steps / entries:.0f} steps of the scan, a square root each",
        "16 B: n read, the sum written",
        {"square roots": steps / most["square roots"], "bytes": 16 * entries / most["bytes copied"]},
        peers,
        note,
    )


def _compiled_scan() -> Callable[[np.ndarray], np.ndarray]:
    import numba

    @numba.njit(parallel=True)
    def scan(numbers: np.ndarray) -> np.ndarray:  # pragma: no cover - compiled
        sums = np.empty_like(numbers)
        for i in numba.prange(numbers.size):
            n = numbers[i]
            p = np.int64(np.sqrt(4.0 * n))
            while p * p > 4 * n:
                p -= 1
            while (p + 1) * (p + 1) <= 4 * n:
                p += 1
            best = n
            while p < best:
                d = p * p - 4 * n
                # The least q of p's parity with q² ≥ d.
                q = np.int64(0)
                if d > 0:
                    q = np.int64(np.sqrt(np.float64(d - 1)))
                    while q * q > d - 1:
                        q -= 1
                    while (q + 1) * (q + 1) <= d - 1:
                        q += 1
                    q += 1
                q += (q ^ p) & 1
                best = min(best, p + (q * q - d) // 4)
                p += 1
            sums[i] = best
        return sums

    return scan


# --- RoPE -----------------------------------------------------------------------------------------------


def base_function(most: dict[str, float], where: torch.device) -> Row:
    """Every cosine of f_b(m), bases by positions; and the phases at m ~ 10⁶ against balls."""
    rounded = _argument_reduction(where)
    d = rope_base.HEAD_DIM
    bases = torch.logspace(4, 6, scale(cpu=16, gpu=512), dtype=torch.float64, device=where)[:, None]
    m = torch.arange(scale(cpu=8192, gpu=2**17), dtype=torch.float64, device=where)
    seconds = timed(lambda: rope_base.base_function(bases, m, d), 3)
    cosines = len(bases) * len(m) * d // 2
    theta = torch.exp(-bases.log() * (2 * torch.arange(d // 2, dtype=torch.float64, device=where) / d))

    def einsum() -> Tensor:
        return torch.stack([torch.cos(torch.outer(m, row)).sum(dim=1) for row in theta])

    alpha, beta = value_error(float(bases.max().log()), d)
    same("base_function", rope_base.base_function(bases, m, d), einsum(), 2 * (alpha * len(m) + beta))
    return Row(
        "rope_base.base_function, d = 128",
        "cosines",
        cosines,
        seconds,
        "1 cosine",
        f"{16 / d:.3f} B: a value written for d/2 cosines",
        {"cosines": cosines / most["cosines"], "bytes": 8 * len(bases) * len(m) / most["bytes copied"]},
        {"a table of all angles, then cos and sum": timed(einsum, 3)},
        rounded,
    )


def _argument_reduction(where: torch.device) -> str:
    """Compare f_b(m) at m ~ 10⁶ with balls of 200 bits; returns what was seen, or ends the run."""
    import flint

    draw, d, worst = random.Random(10122), rope_base.HEAD_DIM, 0.0
    before, flint.ctx.prec = flint.ctx.prec, 200
    try:
        for _ in range(40):
            b, m = draw.uniform(1e4, 1e7), draw.randrange(990_000, 1_048_576)
            s = flint.arb(b).log()
            exact = sum((flint.arb(m) * (s * flint.arb(-2 * i) / d).exp()).cos() for i in range(d // 2))
            value = float(rope_base.base_function(torch.tensor(b, dtype=torch.float64, device=where), m, d))
            alpha, beta = value_error(float(np.log(b)), d)
            share = abs(float(exact - flint.arb(value))) / (alpha * m + beta)
            worst = max(worst, share)
            if share > 1:
                raise SystemExit(f"base_function({b!r}, {m}, {d}) is off by {share:.2f} of its proved error")
    finally:
        flint.ctx.prec = before
    return f"at m ~ 10^6 the error is at most {100 * worst:.1f} % of the proved one, in 40 random places"


def positions(most: dict[str, float], where: torch.device) -> Row:
    """`least_base`'s and `safe_base`'s kernel: all positions of one base as one matrix product."""
    d, length, s = rope_base.HEAD_DIM, scale(cpu=2**17, gpu=2**22), float(np.log(1e6))
    seconds = timed(lambda: rope_scan(s, 0, length, d, where))
    base, m = torch.tensor(1e6, dtype=torch.float64, device=where), torch.arange(length, device=where)
    alpha, beta = value_error(s, d)
    plain = timed(lambda: rope_base.base_function(base, m, d), 3)
    same("scan", rope_scan(s, 0, length, d, where)[0], rope_base.base_function(base, m, d), 2 * (alpha * length + beta))
    return Row(
        "rope_base scan of one base, d = 128 (least_base, safe_base)",
        "positions",
        length,
        seconds,
        f"{d} multiply-adds, and {d // 64} cosines and sines",
        "8 B: a value written",
        {
            "multiply-adds": d * length / most["multiply-adds"],
            "bytes": 8 * length / most["bytes copied"],
            "cosines": length * d / 64 / most["cosines"],
        },
        {"every cosine computed": plain},
    )


# --- HiPPO ----------------------------------------------------------------------------------------------


def recurrence(most: dict[str, float], where: torch.device, skipped: list[str]) -> Row:
    """LegT with 64 states, every state kept: blocks against single steps, doubling, and FFT convolution."""
    n, length, signals = 64, scale(cpu=2048, gpu=8192), scale(cpu=16, gpu=256)
    width = length / 10
    A, B = (x.to(where) for x in hippo.numeric("legt", n))
    Ad, Bd = hippo.discretize(A / width, B / width, 1.0, "bilinear")
    u = torch.randn(signals, length, generator=generator(10114, "cpu"), dtype=torch.float64).to(where)
    every = 8

    def blocks() -> Tensor:
        return hippo.scan(Ad, Bd, u, every=every)

    def step(x: Tensor, value: Tensor) -> Tensor:
        return x @ Ad.mT + value * Bd

    def single(one: Callable[[Tensor, Tensor], Tensor] = step) -> Tensor:
        x, kept = u.new_zeros(signals, n), []
        for k in range(length):
            x = one(x, u[:, k, None])
            if (k + 1) % every == 0:
                kept.append(x)
        return torch.stack(kept, dim=1)

    def doubling() -> Tensor:
        # The associative scan of a constant matrix: after j rounds each place holds the last 2^j inputs.
        x, power, reach = u[..., None] * Bd, Ad, 1
        while reach < length:
            x = torch.cat((x[:, :reach], x[:, reach:] + x[:, :-reach] @ power.mT), dim=1)
            power, reach = power @ power, 2 * reach
        return x[:, every - 1 :: every]

    columns = [Bd]
    for _ in range(length - 1):
        columns.append(Ad @ columns[-1])
    kernel = torch.stack(columns, dim=1)
    seen = torch.fft.rfft(kernel, 2 * length)

    def convolution() -> Tensor:
        spectrum = torch.fft.rfft(u, 2 * length)[:, None, :] * seen
        return torch.fft.irfft(spectrum, 2 * length)[..., :length].mT[:, every - 1 :: every]

    peers: dict[str, Callable[[], Tensor]] = {
        "single steps, all signals": single,
        "associative scan by doubling": doubling,
        "FFT convolution": convolution,
    }
    if where.type == "cuda" or shutil.which("g++") or shutil.which("clang++"):
        fused = torch.compile(step)
        peers["single steps, torch.compile"] = lambda: single(fused)
    else:
        skipped.append("torch.compile: no C++ compiler on the path")
    # No step amplifies, so each adds the rounding of sums of n products of a state no longer than sqrt(2) max|u|.
    size = 2**0.5 * float(u.abs().max())
    allowed = rounding(operations=length * n, scale=size, condition=1 + float(A.norm()) / width).tolerance()
    expected = blocks()
    seconds, times = timed(blocks, 3), {}
    for name, run in peers.items():
        same(name, run(), expected, allowed)
        times[name] = timed(run, 3)
    steps = signals * length
    return Row(
        f"hippo.scan (LegT, {n} states, a state kept every {every} steps)",
        "steps of a signal",
        steps,
        seconds,
        f"{n * n // every + n} multiply-adds",
        f"{8 + 8 * n // every} B: an input read, a state written every {every} steps",
        {
            "multiply-adds": steps * (n * n / every + n) / most["multiply-adds"],
            "bytes": steps * (8 + 8 * n / every) / most["bytes copied"],
        },
        times,
    )


# --- Projected SGD --------------------------------------------------------------------------------------


def descent(most: dict[str, float], where: torch.device) -> Row:
    """Batched projected SGD on the hinge loss, against `torch.optim.SGD` on the same data."""
    runs, d, steps = scale(cpu=10_000, gpu=100_000), scale(cpu=8, gpu=64), scale(cpu=50, gpu=200)
    rates = sgd.constant_rate(steps, 2, 1)

    def problem() -> sgd.LinearModel:
        return sgd.linear_model("hinge", runs=runs, d=d, generator=generator(9902, where))

    def ours() -> Tensor:
        model = problem()
        return sgd.projected_sgd(model, torch.zeros_like(model.hidden), rates).last

    def theirs() -> Tensor:
        model = problem()
        weights = torch.zeros_like(model.hidden).requires_grad_(True)
        optimiser = torch.optim.SGD([weights], lr=1.0)
        for step, rate in enumerate(rates, start=1):
            optimiser.param_groups[0]["lr"] = rate
            optimiser.zero_grad()
            model.loss(weights, model.sample(step))[0].sum().backward()
            optimiser.step()
        return weights.detach()

    same("projected_sgd", ours(), theirs(), 0)
    # Read and written in each step: theta, the mean of the points, the sum of the gradients; the features once.
    moved = 8 * (6 * d + d + 1)
    return Row(
        f"sgd_average_loss.projected_sgd, hinge, d = {d}",
        "steps of a run",
        runs * steps,
        timed(ours, 3),
        f"{d + 1} normal numbers, {5 * d} multiply-adds",
        f"{moved} B: theta and two sums read and written, the features",
        {
            "normal numbers": runs * steps * (d + 1) / most["normal numbers"],
            "bytes": runs * steps * moved / most["bytes copied"],
        },
        {"torch.optim.SGD (without the regret's sums)": timed(theirs, 3)},
    )


def show(row: Row) -> None:
    """Print one row and its peers."""
    limit = max(row.floors, key=lambda name: row.floors[name])
    print(f"\n{row.kernel}")
    print(f"  {row.units / row.seconds:.3g} {row.unit} a second ({1e9 * row.seconds / row.units:.3g} ns each)")
    print(f"  a unit needs {row.operations}; {row.bytes}")
    shown = ", ".join(f"{name} {1e9 * seconds / row.units:.3g} ns" for name, seconds in row.floors.items())
    print(f"  floors: {shown}; bound by {limit}; distance {row.distance:.1f} x")
    for name, seconds in row.peers.items():
        print(f"  {name}: {seconds / row.seconds:.2f} x our time")
    if row.note:
        print(f"  {row.note}")


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", type=Path, help="also store the rows in this file")
    arguments = parser.parse_args()
    where = float64_device(None)
    machine = {
        "date": datetime.date.today().isoformat(),
        "machine": f"{platform.machine()} {platform.system()}, {os.cpu_count()} cores",
        "device": describe_device(),
        "python": platform.python_version(),
        "torch": torch.__version__,
        "numpy": np.__version__,
    }
    print(", ".join(f"{name} {value}" for name, value in machine.items()))
    most = limits(where)
    for name, rate in most.items():
        print(f"  at most {rate:.3g} {name} a second")
    skipped: list[str] = []
    rows = []
    for row in (
        lambda: minimise(most, where),
        lambda: base_function(most, where),
        lambda: positions(most, where),
        lambda: recurrence(most, where, skipped),
        lambda: descent(most, where),
    ):
        rows.append(row())
        show(rows[-1])
    for line in skipped:
        print(f"not run: {line}", file=sys.stderr)
    if arguments.json:
        stored = {**machine, "limits": most, "rows": [{**asdict(row), "distance": row.distance} for row in rows]}
        stored["not run"] = skipped
        arguments.json.write_text(json.dumps(stored, indent=1, ensure_ascii=False) + "\n", "utf-8")


if __name__ == "__main__":
    main()
