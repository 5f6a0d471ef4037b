"""The figures of the chapter chapters/low_rank/lora_pro.ipynb, and the numbers that they show.

Computed on the CPU in float64, whatever the device, so that a figure is the same everywhere.
"""

from __future__ import annotations

from functools import cache

import numpy as np
import torch
from matplotlib.figure import Figure
from numpy.typing import NDArray

from assayer.lab import INK, PALETTE
from assayer.results.lora_pro.training import Path, Problem, begin, full, problems, train

ROWS, COLUMNS, RANK, STEPS, SEED = 24, 16, 3, 60, 10266
SCALES = (0.25, 0.5, 1.0, 2.0, 4.0)
"""The factors c among which the reader chooses: training begins at c A and B / c."""
RATES = tuple(2.0 ** (k / 2) for k in range(-6, 3))
DRAWN = ("LoRA", "LoRA-Pro")
SHARED_RATE = 0.25
"""The rate of full fine-tuning in the figure of the paths."""
STYLES = {"LoRA": (PALETTE["vermillion"], "--"), "LoRA-Pro": (PALETTE["blue"], "-"), "full": (INK, ":")}


@cache
def problem() -> Problem:
    """The one problem of the figures: 24×16, condition 9, singular values 0.8^i."""
    return problems(ROWS, COLUMNS, [SEED])


@cache
def scaled_start(method: str, scale: float) -> Path:
    """The runs of a method from LoRA-GA's start with A times `scale` and B divided by it, for each of `RATES`."""
    A, B = begin("gradient", problem(), RANK, [SEED])
    return train(problem(), method, scale * A, B / scale, RATES, STEPS)


def tuned(method: str, scale: float) -> tuple[float, NDArray[np.float64]]:
    """The rate of least loss at the end, and the loss of each step in units of the first."""
    loss = scaled_start(method, scale).loss[..., 0]
    best = int(loss[-1].argmin())
    return RATES[best], (loss[:, best] / loss[0, best]).numpy()


def moved(method: str) -> list[float]:
    """How far any loss of any step moves from that of c = 1, for each of `SCALES`, in units of the first loss.

    At the rates below 1, where full fine-tuning does not overshoot; infinity where a run leaves the range.
    """
    slow = [number for number, rate in enumerate(RATES) if rate < 1]
    plain = scaled_start(method, 1.0).loss[:, slow]
    gaps = [(scaled_start(method, scale).loss[:, slow] - plain).abs().max() / plain[0].max() for scale in SCALES]
    return [float(gap) for gap in gaps]


def floor() -> float:
    """The least loss of any A B - A0 B0 of the rank, in units of the first loss: the same for every scale."""
    A, B = begin("gradient", problem(), RANK, [SEED])
    start = problem().loss(torch.zeros_like(problem().target))
    return float(problem().least(RANK, A @ B)[0] / start[0])


def draw_scale(scale: float) -> Figure:
    """The loss of each step, each method at its own best rate, above the least that the rank allows."""
    fig = Figure(figsize=(6.4, 3.6))
    ax = fig.add_subplot()
    for method in DRAWN:
        colour, dashes = STYLES[method]
        _, loss = tuned(method, scale)
        ax.plot(np.maximum(loss - floor(), 1e-12), color=colour, linestyle=dashes, linewidth=1.8, label=method)
    ax.set(
        xlabel="step", ylabel="loss above the least (first loss = 1)", yscale="log", ylim=(1e-12, 1e3), xlim=(0, STEPS)
    )
    ax.set_title(f"start at {scale:g} A and B / {scale:g}")
    ax.legend(loc="lower left")
    return fig


def scale_alt(scale: float) -> str:
    """What the frame shows, in words."""
    ends = {method: max(tuned(method, scale)[1][-1] - floor(), 1e-12) for method in DRAWN}
    words = ", ".join(f"{method} ends {_size(value)}" for method, value in ends.items())
    return f"Started at {scale:g} times A and B divided by {scale:g}, each method at its best rate: {words}."


def _size(value: float) -> str:
    exponent = int(np.floor(np.log10(value)))
    return f"about 10^{exponent} above the least loss"


@cache
def paths() -> dict[str, NDArray[np.float64]]:
    """‖D_t - R_t‖/‖R_t‖ for t = 1, 2, ..., where R is the path of full fine-tuning at the same rate."""
    reference = full(problem(), [SHARED_RATE], STEPS).learned[1:, 0, 0]
    found = {}
    for name, method, start in RUNS:
        A, B = begin(start, problem(), RANK, [SEED])
        learned = train(problem(), method, A, B, [SHARED_RATE], STEPS).learned[1:, 0, 0]
        gap = (learned - reference).flatten(-2).norm(dim=-1) / reference.flatten(-2).norm(dim=-1)
        found[name] = gap.numpy()
    return found


RUNS = (
    ("LoRA, usual start", "LoRA", "standard"),
    ("LoRA, LoRA-GA's start", "LoRA", "gradient"),
    ("LoRA-Pro, LoRA-GA's start", "LoRA-Pro", "gradient"),
)
"""The runs of the figure of the paths: the name, the method and the start."""


def draw_paths() -> Figure:
    """How far each run is from full fine-tuning at the same rate, step by step."""
    fig = Figure(figsize=(6.4, 3.6))
    ax = fig.add_subplot()
    looks = [(PALETTE["vermillion"], "--"), (PALETTE["green"], "-."), (PALETTE["blue"], "-")]
    for (name, values), (colour, dashes) in zip(paths().items(), looks, strict=True):
        ax.plot(np.arange(1, STEPS + 1), values, color=colour, linestyle=dashes, linewidth=1.8, label=name)
    ax.set(xlabel="step", ylabel="distance from full fine-tuning", xlim=(1, STEPS), ylim=(0, 1.02))
    ax.legend(loc="lower right")
    return fig


def paths_alt() -> str:
    """What the figure of the paths shows, in words."""
    ends = ", ".join(
        f"{name}: {values[0]:.2f} at step 1, {values[-1]:.2f} at step {STEPS}" for name, values in paths().items()
    )
    return f"Distance from full fine-tuning at the same rate, relative to how far that has come. {ends}."
