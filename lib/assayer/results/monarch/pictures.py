"""The figures of the chapter chapters/low_rank/monarch.ipynb, and the numbers that they show.

Computed on the CPU in float64, whatever the device, so that a figure is the same everywhere.
"""

from __future__ import annotations

from functools import cache

import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from assayer.lab import INK, PALETTE
from assayer.results.low_rank import normal
from assayer.results.monarch.blocks import dense, unsliced
from assayer.results.monarch.members import dft, hadamard, sample, stride
from assayer.results.monarch.nearest import kept

BLUE, RED, GREEN, PURPLE = (PALETTE[name] for name in ("blue", "vermillion", "green", "purple"))
P, B = 4, 3
"""The figure of the factors: n = 12 with 3 blocks of 4×4 in L and 4 blocks of 3×3 in R."""
PLACES_J, PLACES_K = tuple(range(B)), tuple(range(P))
N = 64
DIVISORS = (1, 2, 4, 8, 16, 32, 64)


def touched(j: int, k: int) -> dict[str, torch.Tensor]:
    """Which entries of L, R and M = PᵀLPR belong to slice (j, k), as n×n arrays of true and false.

    Found by a change of the factors, not by the formula: the entries of M that move with column k of block j of L.
    """
    cpu = torch.device("cpu")
    L, R = normal(B, P, P, seed=1, where=cpu), normal(P, B, B, seed=2, where=cpu)
    in_L, in_R = torch.zeros_like(L, dtype=torch.bool), torch.zeros_like(R, dtype=torch.bool)
    in_L[j, :, k], in_R[k, j, :] = True, True
    moved = dense(torch.where(in_L, 2 * L, L), R) != dense(L, R)
    return {"M": moved, "L": torch.block_diag(*in_L), "R": torch.block_diag(*in_R)}


def slice_places(j: int, k: int) -> torch.Tensor:
    """Which entries of the n×n matrix make up its slice (j, k), by the definition of a slice."""
    S = torch.zeros(B, P, P, B, dtype=torch.bool)
    S[j, k] = True
    return unsliced(S)


def _panel(ax: Axes, title: str, marks: torch.Tensor, colour: str, side: int, diagonal: bool) -> None:
    """One n×n matrix: its blocks as frames, and the marked entries filled."""
    n = marks.shape[0]
    if diagonal:
        for start in range(0, n, side):
            ax.add_patch(Rectangle((start, start), side, side, fill=False, edgecolor=INK, linewidth=1.2))
    else:
        for place in range(0, n + 1, side):
            ax.plot([place, place], [0, n], color=INK, linestyle="-", linewidth=0.4)
            ax.plot([0, n], [place, place], color=INK, linestyle="-", linewidth=0.4)
    for row, column in marks.nonzero().tolist():
        ax.add_patch(Rectangle((column + 0.06, row + 0.06), 0.88, 0.88, facecolor=colour, edgecolor="none"))
    ax.add_patch(Rectangle((0, 0), n, n, fill=False, edgecolor=INK, linewidth=0.8))
    ax.set(xlim=(-0.2, n + 0.2), ylim=(n + 0.2, -0.2), xticks=[], yticks=[], aspect="equal")
    ax.set_title(title)
    for spine in ax.spines.values():
        spine.set_visible(False)


def draw_factors(j: int, k: int) -> Figure:
    """Slice (j, k) in M, and the column of L and the row of R that make it."""
    marks = touched(j, k)
    fig = Figure(figsize=(6.4, 2.6))
    axes = fig.subplots(1, 3)
    _panel(axes[0], "M: the slice", marks["M"], BLUE, B, diagonal=False)
    _panel(axes[1], f"L: column {k} of block {j}", marks["L"], RED, P, diagonal=True)
    _panel(axes[2], f"R: row {j} of block {k}", marks["R"], GREEN, B, diagonal=True)
    return fig


def factors_alt(j: int, k: int) -> str:
    """What the frame shows, in words."""
    rows, columns = touched(j, k)["M"].any(1).nonzero().flatten(), touched(j, k)["M"].any(0).nonzero().flatten()
    return (
        f"Slice j = {j}, k = {k}: rows {', '.join(map(str, rows.tolist()))} and columns "
        f"{', '.join(map(str, columns.tolist()))} of M are the product of column {k} of block {j} of L with row {j} of "
        f"block {k} of R; no other slice uses them."
    )


@cache
def shares() -> dict[str, tuple[float, ...]]:
    """The share of ‖A‖² that the nearest Monarch matrix keeps, for each b in `DIVISORS`; F Q has its own Q each."""
    F, H, X = dft(N), hadamard(N.bit_length() - 1), sample("normal", N, 10249)
    return {
        "Fourier F": tuple(kept(F, b) for b in DIVISORS),
        "Fourier, columns sorted, F Q": tuple(kept(F[:, stride(N, b)], b) for b in DIVISORS),
        "Hadamard": tuple(kept(H, b) for b in DIVISORS),
        "normal": tuple(kept(X, b) for b in DIVISORS),
    }


def draw_shares() -> Figure:
    """The share kept by the nearest Monarch matrix against b, above the least share that is possible."""
    fig = Figure(figsize=(6.4, 4.4))
    ax = fig.add_subplot()
    places = np.arange(len(DIVISORS))
    looks = {
        "Fourier F": (RED, "o", "-"),
        "Fourier, columns sorted, F Q": (BLUE, "s", "-"),
        "Hadamard": (GREEN, "x", "--"),
        "normal": (PURPLE, "^", "-."),
    }
    least = [1 / min(b, N // b) for b in DIVISORS]
    ax.fill_between(places, least, color=INK, alpha=0.12, linewidth=0, label="impossible: below 1/min(b, n/b)")
    for name, values in shares().items():
        colour, marker, line = looks[name]
        ax.plot(places, values, color=colour, marker=marker, linestyle=line, markersize=6, label=name)
    ax.set(xlabel="b, the number of blocks of L", ylabel="share of the squared norm kept", ylim=(0, 1.07))
    ax.set_xticks(places, [str(b) for b in DIVISORS])
    fig.legend(loc="outside lower center", ncols=2)
    return fig
