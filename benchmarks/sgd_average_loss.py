"""Times of projected SGD, as ratios within one run: `python benchmarks/sgd_average_loss.py` (about a minute).

Every row first checks that its contenders end at the same points, then times them and prints the median of several
runs. The answer is the ratios; the seconds depend on the machine, which is printed. Nothing is asserted about time.
With `--large` many runs of many steps are made at once, which fill a GPU, and the largest ratio of regret and bound is
printed for each problem.
"""

from __future__ import annotations

import argparse
import os
import platform
import statistics
import time
from collections.abc import Callable

# Threads that spin while they wait cost more than the work itself on a machine with other work; before torch is loaded.
os.environ.setdefault("OMP_WAIT_POLICY", "passive")

import torch
from torch import Tensor

from assayer.lab import describe_device, device, generator
from assayer.lab.devices import synchronise
from assayer.results import sgd_average_loss as m

SEED = 9902


def model(kind: str, runs: int, d: int) -> m.LinearModel:
    return m.linear_model(kind, runs=runs, d=d, generator=generator(SEED))


def batched(runs: int, d: int, rates: list[float]) -> Tensor:
    problem = model("hinge", runs, d)
    return m.projected_sgd(problem, torch.zeros_like(problem.hidden), rates).last


class Recorded:
    """The data of a problem drawn beforehand, for one run of many."""

    def __init__(self, problem: m.LinearModel, data: list[tuple[Tensor, Tensor]], run: int) -> None:
        self.loss = problem.loss
        self.data = [(a[run : run + 1], y[run : run + 1]) for a, y in data]

    def sample(self, step: int) -> tuple[Tensor, Tensor]:
        return self.data[step - 1]


def one_by_one(runs: int, d: int, rates: list[float]) -> Tensor:
    problem = model("hinge", runs, d)
    data = [problem.sample(step) for step in range(1, len(rates) + 1)]
    start = torch.zeros_like(problem.hidden[:1])
    return torch.cat([m.projected_sgd(Recorded(problem, data, run), start, rates).last for run in range(runs)])


def torch_optimiser(runs: int, d: int, rates: list[float]) -> Tensor:
    problem = model("hinge", runs, d)
    weights = torch.zeros_like(problem.hidden).requires_grad_(True)
    optimiser = torch.optim.SGD([weights], lr=1.0)
    for step, rate in enumerate(rates, start=1):
        optimiser.param_groups[0]["lr"] = rate
        optimiser.zero_grad()
        problem.loss(weights, problem.sample(step))[0].sum().backward()
        optimiser.step()
    return weights.detach()


def timed(run: Callable[[], Tensor], repeats: int) -> tuple[Tensor, float]:
    """What `run` returns, and the median of its times in seconds."""
    times = []
    for _ in range(repeats):
        synchronise()
        begin = time.perf_counter()
        found = run()
        synchronise()
        times.append(time.perf_counter() - begin)
    return found, statistics.median(times)


def race(runs: int, d: int, steps: int, repeats: int) -> None:
    """Batched, through torch.optim.SGD with automatic differentiation, and one run after the other."""
    rates = m.constant_rate(steps, 2, 1)
    print(f"\n{runs} runs of {steps} steps in {d} dimensions, hinge loss, without projection")
    expected, first = None, 0.0
    for name, run in (("projected_sgd", batched), ("torch.optim.SGD", torch_optimiser), ("one by one", one_by_one)):
        found, seconds = timed(lambda f=run: f(runs, d, rates), repeats)
        expected, first = found if expected is None else expected, first or seconds
        # One run's inner product may be added up in another order than a batch's: sums of d terms of size <= 1.
        if name == "torch.optim.SGD" and not torch.equal(found, expected):
            raise SystemExit(f"{name} disagrees with projected_sgd")
        if (found - expected).abs().max() > steps * (d + 10) * torch.finfo(found.dtype).eps:
            raise SystemExit(f"{name} disagrees with projected_sgd")
        print(f"  {name:<18}{1e9 * seconds / runs / steps:>12.1f} ns a step {seconds / first:>10.3g} x")


def large(runs: int, d: int, steps: int) -> None:
    """Every problem at one size: the time, and how near the worst run comes to the bound."""
    print(f"\n{runs} runs of {steps} steps in {d} dimensions, projected on the ball of radius 1")
    rates = m.constant_rate(steps, 2, 1)
    for kind in m.KINDS:
        problem = model(kind, runs, d)
        synchronise()
        begin = time.perf_counter()
        run = m.projected_sgd(problem, torch.zeros_like(problem.hidden), rates, m.ball(1.0))
        worst = (run.worst_regret(1.0) / m.bound(rates, 2, 1)).max().item()
        seconds = time.perf_counter() - begin
        if worst > 1:
            raise SystemExit(f"{kind}: a run is {worst} of the bound")
        print(f"  {kind:<20}{seconds:>10.2f} s {runs * steps / seconds:>12.3g} steps a second, worst {worst:.4f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=3, help="runs of which the median is taken (3)")
    parser.add_argument("--large", action="store_true", help="10^5 runs of 10^4 steps in 64 dimensions, for a GPU")
    arguments = parser.parse_args()
    print(f"{platform.platform()}, {os.cpu_count()} cores; on {describe_device()}")
    print(f"Python {platform.python_version()}, torch {torch.__version__}")
    for runs in (10, 100, 1000):
        race(runs, 8, 100, arguments.repeats)
    large(10_000, 8, 100)
    if arguments.large:
        if device().type == "cpu":
            raise SystemExit("--large needs a GPU: it is 10^9 steps")
        large(100_000, 64, 10_000)


if __name__ == "__main__":
    main()
