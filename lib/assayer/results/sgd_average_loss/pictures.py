"""The figures of the chapter chapters/optimization/sgd_average_loss.ipynb, and the numbers that they show.

Each ``draw_...`` returns a matplotlib Figure and is called under ``assayer.lab.style``. The numbers are computed on
the CPU in float64, whatever the device, so that a figure is the same everywhere.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cache

import numpy as np
import torch
from matplotlib.figure import Figure
from numpy.typing import NDArray

from assayer.lab import INK, PALETTE, generator
from assayer.results.sgd_average_loss.descent import ball, interval, projected_sgd
from assayer.results.sgd_average_loss.formulas import bounds, checked_steps, constant_rate
from assayer.results.sgd_average_loss.problems import Pull, linear_model

BLUE, RED, GREEN = PALETTE["blue"], PALETTE["vermillion"], PALETTE["green"]
SEED = 9902
RADIUS = 1.0
"""The fans are drawn for the ball of this radius, so D = 2; every gradient has norm 1."""
FACTORS = tuple(Fraction(2) ** k for k in range(-2, 3))
"""The rates of the figures, in units of D/(G sqrt T)."""


@dataclass(frozen=True)
class Fan:
    """Regrets after 1, ..., T steps of many runs at one constant rate.

    Attributes:
        factor: the rate in units of D/(G sqrt T).
        bound: the bound after each step, shape (T,).
        regrets: the average regret of each run, shape (T, runs).
        tight: the average regret of the tight instance, shape (T,).
    """

    factor: Fraction
    bound: NDArray[np.float64]
    regrets: NDArray[np.float64]
    tight: NDArray[np.float64]


@cache
def fan(factor: Fraction, root: int = 16, runs: int = 200, d: int = 3, kind: str = "absolute deviation") -> Fan:
    """`runs` runs of T = root^2 steps on `kind` in d dimensions, and the tight instance, at factor D/(G sqrt T).

    factor: a number > 0; root, runs, d: integers >= 1; kind: a name in `KINDS`. `ValueError` naming what is not so.
    With D = 2 and a power of two for the root, the tight instance's steps are exact in binary: it meets 0 and turns
    there. Computed once for the same arguments.
    """
    steps = checked_steps(root, "root") ** 2
    rates = constant_rate(steps, 2 * RADIUS, 1, factor)
    problem = linear_model(kind, runs=runs, d=d, generator=generator(SEED, "cpu"), radius=RADIUS)
    start = torch.zeros_like(problem.hidden)
    found = projected_sgd(problem, start, rates, ball(RADIUS), comparator=problem.hidden, history=True)
    far = torch.full((1, 1), 2 * RADIUS, dtype=torch.float64)
    tight = projected_sgd(Pull(), far, rates, interval(0.0, 2 * RADIUS), comparator=torch.zeros_like(far), history=True)
    assert found.history is not None and tight.history is not None
    return Fan(
        factor, np.array(bounds(rates, 2 * RADIUS, 1)), found.history.numpy(), tight.history.numpy().squeeze(axis=1)
    )


def draw_fan(factor: Fraction) -> Figure:
    """The regrets of `fan(factor)` over the number of steps, under the bound; both axes are logarithmic."""
    shown = fan(factor)
    steps = np.arange(1, len(shown.bound) + 1)
    # A logarithmic axis shows no more than this many different points.
    at = np.unique(np.geomspace(1, len(steps), 60).round().astype(int)) - 1
    low, high = shown.regrets.min(axis=1)[at], shown.regrets.max(axis=1)[at]
    fig = Figure(figsize=(6.4, 4.0))
    ax = fig.add_subplot()
    floor = 4e-3
    ax.fill_between(steps[at], np.maximum(low, floor), high, color=BLUE, alpha=0.2, linewidth=0, label="all runs")
    middle = np.median(shown.regrets, axis=1)[at]
    ax.plot(steps[at], middle, color=BLUE, linestyle="--", linewidth=1.5, label="the run in the middle")
    ax.plot(steps[at], shown.tight[at], color=RED, linestyle="-.", linewidth=1.5, label="the tight instance")
    ax.plot(steps[at], shown.bound[at], color=INK, linestyle="-", linewidth=2, label="the bound")
    ax.set(xscale="log", yscale="log", xlim=(1, len(steps)), ylim=(floor, 50))
    ax.set(xlabel="steps t", ylabel="average regret after t steps")
    ax.set_title(f"η = {shown.factor} D/(G√T), T = {len(steps)}")
    ax.legend(loc="lower left")
    return fig


def fan_alt(factor: Fraction) -> str:
    """What `draw_fan` shows, for a reader who cannot see it."""
    shown = fan(factor)
    ratio = shown.tight[-1] / shown.bound[-1]
    meets = "meets it" if np.isclose(ratio, 1, rtol=len(shown.bound) * 2.0**-52) else f"reaches {ratio:.2f} of it"
    return (
        f"At {shown.factor} times the best constant rate the bound falls with the number of steps to "
        f"{shown.bound[-1]:.2f}; every one of {shown.regrets.shape[1]} random runs stays below it, and "
        f"at the last step the tight instance {meets}."
    )


def draw_valley(fans: Sequence[Fan]) -> Figure:
    """At the last step: the bound, the tight instance and the runs' mean and largest regret, over the rate."""
    factors = np.array([float(shown.factor) for shown in fans])
    fine = np.geomspace(factors[0], factors[-1], 60)
    best = min(shown.bound[-1] for shown in fans)
    fig = Figure(figsize=(6.4, 4.0))
    ax = fig.add_subplot()
    ax.plot(fine, (1 / fine + fine) / 2, color=INK, linestyle="-", linewidth=2, label="the bound")
    for name, marker, color, value in (
        ("the tight instance", "D", RED, lambda shown: shown.tight[-1]),
        ("the worst of the runs", "^", BLUE, lambda shown: shown.regrets[-1].max()),
        ("the mean of the runs", "o", GREEN, lambda shown: shown.regrets[-1].mean()),
    ):
        heights = [value(shown) / best for shown in fans]
        ax.plot(factors, heights, color=color, linestyle="none", marker=marker, markersize=6, label=name)
    ax.set_xscale("log", base=2)
    ax.set(ylim=(0, None), xlabel="rate in units of D/(G√T)", ylabel="average regret in units of DG/√T")
    ax.set_xticks(factors, [str(shown.factor) for shown in fans])
    ax.minorticks_off()
    ax.legend(loc="upper center")
    return fig
