"""The figure of the chapter chapters/low_rank/lora_ga.ipynb, and the numbers that it shows.

Computed on the CPU in float64, whatever the device, so that a figure is the same everywhere.
"""

from __future__ import annotations

from functools import cache

import numpy as np
import torch
from matplotlib.figure import Figure

from assayer.lab import INK, PALETTE
from assayer.results.lora_ga.objective import share_left
from assayer.results.lora_ga.starts import aligned, pissa
from assayer.results.low_rank import normal, whole

BLUE, RED, GREEN = PALETTE["blue"], PALETTE["vermillion"], PALETTE["green"]
ROWS, COLUMNS = 24, 16
SEED = 10226
RANKS = (1, 2, 3, 4, 6, 8)
"""The ranks among which the reader chooses; 8 is the largest for which 2r singular values exist."""


@cache
def gradient() -> torch.Tensor:
    """The gradient of the figure: 24×16, with the singular values 1, 0.8, 0.8², ..."""
    cpu = torch.device("cpu")
    left, right = (torch.linalg.qr(normal(side, COLUMNS, seed=SEED + side, where=cpu))[0] for side in (ROWS, COLUMNS))
    return left * 0.8 ** torch.arange(COLUMNS, dtype=torch.float64) @ right.mT


@cache
def weights() -> torch.Tensor:
    """Weights that know nothing of the gradient: normal entries of variance 1/n."""
    return normal(ROWS, COLUMNS, seed=SEED, where=torch.device("cpu")) / ROWS**0.5


def left_by_gradient(r: int) -> float:
    """The share of ‖G‖² that the start of LoRA-GA misses."""
    return share_left(gradient(), *aligned(gradient(), r))


def left_by_weights(r: int) -> float:
    """The share that the start of PiSSA misses at its best rate."""
    return share_left(gradient(), *pissa(weights(), whole(r, "the rank r")))


def left_at_random(r: int) -> float:
    """The mean share that the usual start misses at the best scale for the mean: 1 - r/(n + r + 1)."""
    return 1 - whole(r, "the rank r") / (ROWS + r + 1)


def beyond(r: int) -> float:
    """The share of ‖G‖² in the singular values beyond the first 2r, from the values themselves."""
    sizes = 0.64 ** np.arange(COLUMNS)
    return float(sizes[2 * whole(r, "the rank r") :].sum() / sizes.sum())


def draw_capture(r: int) -> Figure:
    """Which factor takes which singular value, and what three starts miss at each rank."""
    sizes = (torch.linalg.svdvals(gradient()) ** 2).numpy()
    places = np.arange(1, COLUMNS + 1)
    fig = Figure(figsize=(6.4, 6.0), layout="constrained")
    ax, curves = fig.subplots(2, 1)
    parts = ((0, r, BLUE, "A", ""), (r, 2 * r, RED, "B", "//"), (2 * r, COLUMNS, INK, "neither", ""))
    for begin, end, colour, name, hatch in parts:
        if begin < end:
            alpha = 0.25 if name == "neither" else 0.85
            ax.bar(
                places[begin:end], sizes[begin:end], color=colour, alpha=alpha, hatch=hatch, label=f"taken by {name}"
            )
    ax.set(xlabel="index i", ylabel="σᵢ²", title=f"rank {r}", ylim=(0, 1.05), xlim=(0.2, COLUMNS + 0.8))
    ax.set_xticks(places[::3])
    ax.legend(loc="upper right")
    for share, colour, marker, name in (
        (left_at_random, INK, "^", "usual start"),
        (left_by_weights, GREEN, "s", "PiSSA"),
        (left_by_gradient, BLUE, "o", "LoRA-GA"),
    ):
        shares = [share(one) for one in RANKS]
        curves.plot(RANKS, shares, color=colour, marker=marker, markersize=4, linewidth=1.3, label=name)
    curves.axvline(r, color=RED, linewidth=1, linestyle="--")
    curves.set(xlabel="rank r", ylabel="share of ‖G‖² that is missed", ylim=(-0.03, 1.35))
    curves.set_yticks([0, 0.25, 0.5, 0.75, 1])
    curves.legend(loc="upper center", ncols=3)
    return fig


def capture_alt(r: int) -> str:
    """What the frame shows, in words."""
    return (
        f"At rank {r} A takes the first {r} of {COLUMNS} singular values and B the next {r}. The first step of LoRA-GA "
        f"misses {left_by_gradient(r):.3f} of the squared length of the gradient, that of PiSSA "
        f"{left_by_weights(r):.2f}, and the usual start {left_at_random(r):.2f} in the mean."
    )
