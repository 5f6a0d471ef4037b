"""The figure of the chapter chapters/low_rank/lora_plus.ipynb, and the numbers that it shows.

Computed on the CPU in float64, whatever the device, and drawn in steps of one decade, so that a figure is the same
everywhere.
"""

from __future__ import annotations

from functools import cache

import numpy as np
import torch
from matplotlib.colors import BoundaryNorm, ListedColormap
from matplotlib.figure import Figure
from matplotlib.patheffects import withStroke
from numpy.typing import NDArray

from assayer.lab import PALETTE
from assayer.results.lora_plus.training import Sweep, sweep, tuned
from assayer.results.low_rank import whole

BLUE = PALETTE["blue"]
WIDTHS = (16, 64, 256)
"""The widths among which the reader chooses."""
RANK, STEPS, SEEDS = 4, 100, 3
POWERS_A, POWERS_B = (-8, -1), (-6, 1)
"""The first and the last power of 2 among the rates."""
TARGET = 1e-3
"""Training counts as done where this share of the loss is left."""
LEVELS = (-5, -4.5, -4, -3, -2, -1, 0)
# Six steps of one hue, light to dark: their order is seen without colour.
SHADES = ("#fff4e2", "#fde0b8", "#f6b97a", "#de8244", "#a9502a", "#5f2a1c")


def powers(first: int, last: int) -> torch.Tensor:
    """2^first, ..., 2^last in float64."""
    return 2.0 ** torch.arange(whole(first, "first", -60), whole(last, "last", first) + 1, dtype=torch.float64)


@cache
def losses(n: int) -> Sweep:
    """The sweep of one width, in units of the loss at the start."""
    return sweep(n, powers(*POWERS_A), powers(*POWERS_B), r=RANK, steps=STEPS, seeds=SEEDS)


@cache
def curve(n: int) -> dict[int, tuple[float, float, bool]]:
    """For each k with ratio 2^k, at its best rates: mean and spread of log10(loss) over the seeds, and if tuned."""
    logs = {k: (loss.log10(), inside) for k, (loss, inside) in tuned(losses(n)).items()}
    return {k: (found.mean().item(), found.std().item(), inside) for k, (found, inside) in logs.items()}


def gain(n: int, ks: tuple[int, ...]) -> float:
    """By how many decades the best of the ratios 2^k beats the ratio 1, each at its best rates; negative: it loses."""
    return curve(n)[0][0] - min(curve(n)[k][0] for k in ks)


def edge(n: int) -> int:
    """The largest ratio 2^k whose mean loss at its best rates is at most `TARGET`."""
    return 2 ** max(k for k, (mean, _, _) in curve(n).items() if 10**mean <= TARGET)


def decades(n: int) -> NDArray[np.float64]:
    """The mean of log10(loss) over the seeds, shape (len(eta_a), len(eta_b)), cut off at the ends of `LEVELS`."""
    found = losses(n).loss.nan_to_num(nan=torch.inf).log10().mean(0).numpy()
    return np.asarray(np.clip(found, LEVELS[0], -1e-9))


def draw_map(n: int) -> Figure:
    """The mean loss over both rates, with the lines of ratio 1 and √(n/r)."""
    a, b = np.arange(POWERS_A[0], POWERS_A[1] + 1), np.arange(POWERS_B[0], POWERS_B[1] + 1)
    fig = Figure(figsize=(6.4, 4.6))
    ax = fig.add_subplot()
    shades = ListedColormap(SHADES)
    mesh = ax.pcolormesh(
        a, b, decades(n).T, cmap=shades, norm=BoundaryNorm(LEVELS, len(SHADES)), edgecolors="face", linewidth=0.5
    )
    ends = np.array([a[0] - 0.5, a[-1] + 0.5])
    # The shades do not follow the page, so the lines on them do not either.
    outlined = [withStroke(linewidth=3.5, foreground="#fdfdfd")]
    for shift, dashes, name in ((0, "-", "ratio 1"), (np.log2(n / RANK) / 2, "--", "ratio √(n/r)")):
        ax.plot(ends, ends + shift, color=BLUE, linewidth=2, linestyle=dashes, label=name, path_effects=outlined)
    ax.set(xlim=ends, ylim=(b[0] - 0.5, b[-1] + 0.5), xlabel="rate of A, power of 2", ylabel="rate of B, power of 2")
    ax.set_xticks(a)
    ax.set_yticks(b)
    ax.set_title(f"share of the loss left after {STEPS} steps, n = m = {n}")
    bar = fig.colorbar(mesh, ax=ax, ticks=LEVELS, label="log₁₀ of the share")
    bar.ax.tick_params(labelsize=9)
    ax.legend(loc="upper center", bbox_to_anchor=(0.5, -0.16), ncols=2)
    return fig


def map_alt(n: int) -> str:
    """What the frame shows, in words."""
    return (
        f"At width {n} a wide field of small losses lies around the line of ratio 1 and below it. Above it, with the "
        f"rates tuned, a thousandth of the loss is still reached at ratio {edge(n)} and not beyond; √(n/r) is "
        f"{(n / RANK) ** 0.5:g}."
    )
