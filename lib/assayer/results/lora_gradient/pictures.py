"""The figures of the chapter chapters/low_rank/lora_gradient.ipynb, and the numbers that they show.

Computed on the CPU in float64, whatever the device, so that a figure is the same everywhere.
"""

from __future__ import annotations

from functools import cache

import numpy as np
import torch
from matplotlib.figure import Figure
from numpy.typing import NDArray

from assayer.lab import INK, PALETTE
from assayer.results.lora_gradient.redrawn import redrawn
from assayer.results.low_rank import normal, whole

BLUE, RED = PALETTE["blue"], PALETTE["vermillion"]
ROWS, COLUMNS = 24, 16
SEED = 9590
DRAWS = (1, 8, 64, 512, 4096)
"""The numbers of draws among which the reader chooses."""


@cache
def gradient() -> torch.Tensor:
    """The gradient of the figure: 24×16, with the singular values 1, 0.8, 0.8², ..."""
    left, right = (
        torch.linalg.qr(normal(side, COLUMNS, seed=SEED + side, where=torch.device("cpu")))[0]
        for side in (ROWS, COLUMNS)
    )
    return left * 0.8 ** torch.arange(COLUMNS, dtype=torch.float64) @ right.mT


@cache
def spectrum(draws: int) -> tuple[NDArray[np.float64], float]:
    """The singular values of half the mean update over `draws` draws, and ‖mean − 2G‖/‖2G‖."""
    mean, G = redrawn(gradient(), whole(draws, "draws"), SEED), gradient()
    error = float(torch.linalg.norm(mean - 2 * G) / torch.linalg.norm(2 * G))
    return torch.linalg.svdvals(mean / 2).numpy(), error


def predicted_error(draws: int) -> float:
    """The root mean square of ‖mean − 2G‖/‖2G‖ over `draws` draws: √((n + m + 2)/(4 draws))."""
    return ((ROWS + COLUMNS + 2) / (4 * whole(draws, "draws"))) ** 0.5


def draw_spectrum(draws: int) -> Figure:
    """Singular values of half the mean update beside those of G."""
    found, _ = spectrum(draws)
    places, highest = np.arange(1, COLUMNS + 1), max(spectrum(count)[0][0] for count in DRAWS)
    fig = Figure(figsize=(6.4, 3.6))
    ax = fig.add_subplot()
    ax.bar(places, torch.linalg.svdvals(gradient()).numpy(), width=0.8, color=BLUE, alpha=0.35, label="the gradient G")
    ax.plot(places, found, color=RED, marker="o", markersize=4, linewidth=1.5, label="half the mean update")
    ax.axhline(0, color=INK, linewidth=0.8)
    ax.set(
        xlabel="index of the singular value",
        ylabel="singular value",
        ylim=(-0.1, 1.1 * highest),
        xlim=(0.3, COLUMNS + 0.7),
    )
    ax.set_title(f"mean of {draws} redrawn adapter{'s' if draws > 1 else ''}")
    ax.legend(loc="upper right")
    return fig


def spectrum_alt(draws: int) -> str:
    """What the frame shows, in words."""
    found, error = spectrum(draws)
    seen = directions(draws)
    return (
        f"After {draws} draw{'s' if draws > 1 else ''} half the mean update has {seen} singular values that are not 0, "
        f"the largest {found[0]:.2f} where the gradient has 1.00; the mean is off by {error:.2f} of its length."
    )


def directions(draws: int) -> int:
    """The number of directions that the mean update over `draws` draws changes: its numerical rank."""
    found, _ = spectrum(draws)
    # A sum of `draws` products is rounded by no more than this share of the largest value.
    return int((found > found[0] * (ROWS + COLUMNS + draws) * np.finfo(np.float64).eps).sum())
