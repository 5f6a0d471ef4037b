"""The figures of the chapter chapters/memory/hippo.ipynb.

Each ``draw_...`` returns a matplotlib Figure and is called under ``assayer.lab.style``. All numbers are computed on
the CPU in float64, so that every machine draws the same curves.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import torch
from matplotlib.figure import Figure
from numpy.typing import NDArray
from torch import Tensor

from assayer.lab import INK, PALETTE
from assayer.results.hippo.arguments import count, positive
from assayer.results.hippo.bounds import delay_bound
from assayer.results.hippo.matrices import numeric
from assayer.results.hippo.projection import project, reconstruct
from assayer.results.hippo.recurrence import discretize, scan
from assayer.results.hippo.witness import delay_transfer

BLUE, RED, GREEN = PALETTE["blue"], PALETTE["vermillion"], PALETTE["green"]
STATES, WINDOW, STEPS, END = 12, 0.25, 4000, 1.0
"""Of `draw_memories`: states of each memory, LegT's window, steps of its recurrence, the signal's length."""


LOWEST = 1e-9
"""The lower end of the frame of `draw_delay`."""


def drawn_signal(t: Tensor) -> Tensor:
    """The chapter's example on [0, 1], as if drawn by hand: two waves and a narrow bump. Any shape, float64."""
    bump = 1.4 * torch.exp(-(((t - 0.3) / 0.04) ** 2))
    return 0.8 * torch.sin(7 * t) + 0.3 * torch.sin(29 * t + 1) * t + bump


def memories(t: float) -> tuple[Tensor, Tensor]:
    """States of LegS and of LegT at time t in (WINDOW, 1]: STATES coefficients each.

    LegS by quadrature, which is the solution of its equation. LegT by its own recurrence with the input held over
    STEPS steps of [0, 1], since its equation is not that of the projection. Raises `ValueError` for another time.
    """
    t = positive(t, "t")
    steps = round(t * STEPS)
    if not WINDOW < t <= END or steps != t * STEPS:
        raise ValueError(f"t must lie in ({WINDOW}, {END}] and be a multiple of 1/{STEPS}, got {t}")
    legs = project(drawn_signal, t, STATES)
    A, B = numeric("legt", STATES)
    Ad, Bd = discretize(A / WINDOW, B / WINDOW, END / STEPS, "zoh")
    middles = (torch.arange(steps, dtype=torch.float64) + 0.5) / STEPS
    return legs, scan(Ad, Bd, drawn_signal(middles), every=steps)[0]


def draw_memories(t: float) -> Figure:
    """The signal up to time t, and what the two memories of STATES numbers make of it. t: as in `memories`."""
    legs, legt = memories(t)
    s = torch.linspace(-1, 1, 161, dtype=torch.float64)
    past = torch.linspace(0, END, 241, dtype=torch.float64)
    fig = Figure(figsize=(6.4, 3.4))
    ax = fig.add_subplot()
    ax.plot(past.numpy(), drawn_signal(past).numpy(), color=INK, linewidth=1, alpha=0.5, label="the signal")
    ax.plot(
        (t * (s + 1) / 2).numpy(), reconstruct(legs, s).numpy(), color=BLUE, linestyle="--", linewidth=2, label="LegS"
    )
    ax.plot(
        (t - WINDOW * (1 - s) / 2).numpy(),
        reconstruct(legt, s).numpy(),
        color=RED,
        linestyle="-",
        linewidth=2,
        label="LegT",
    )
    ax.axvline(t, color=GREEN, linestyle=":", linewidth=1.5)
    ax.set(xlim=(0, END), ylim=(-1.6, 2.2), xlabel="time", title=f"now = {t:g}, {STATES} numbers each")
    ax.legend(loc="upper right", ncols=3)
    return fig


def memories_alt(t: float) -> str:
    """What `draw_memories` shows, for a reader who cannot see it."""
    return (
        f"A signal on [0, 1] with two waves and a narrow bump near 0.3; the present is at {t:g}. LegS, dashed, follows "
        f"the whole past from 0 on and smooths its details, the more so the longer the past is. LegT follows only the "
        f"last quarter before the present, and there closely."
    )


def draw_errors(
    steps: Sequence[int], measured: Mapping[str, Sequence[float]], bounds: Mapping[str, Sequence[float]]
) -> Figure:
    """Error against the number of steps, on logarithmic axes: marks measured, lines bounds, by name of the method."""
    fig = Figure(figsize=(6.4, 3.8))
    ax = fig.add_subplot()
    looks = zip(measured, "osv^", [BLUE, RED, GREEN, PALETTE["purple"]], ["-", "--", "-.", ":"], strict=False)
    for name, marker, color, dashes in looks:
        ax.plot(steps, measured[name], marker=marker, markersize=5, linestyle="none", color=color, label=name)
        if name in bounds:
            ax.plot(steps, bounds[name], color=color, linestyle=dashes, linewidth=1.5, label=f"bound, {name}")
    ax.set(xscale="log", yscale="log", xlabel="steps", ylabel="error of the coefficients")
    ax.set_xticks(list(steps), labels=[str(count) for count in steps])
    ax.set_xticks([], minor=True)
    ax.legend(loc="lower left", ncols=2)
    return fig


def delay_errors(n: int, z: NDArray[np.float64]) -> NDArray[np.float64]:
    """|H(z) - exp(-z)| of LegT with n states at the real places z, in float64 from the exact rational function.

    Numerator and denominator have integer coefficients of one sign pattern each; rounding leaves about 1e-15.
    """
    top, bottom = delay_transfer(count(n, "the number of states n"))
    numerator = sum(float(c) * z**k for k, c in enumerate(top))
    denominator = sum(float(c) * z**k for k, c in enumerate(bottom))
    return np.abs(numerator / denominator - np.exp(-z))


def draw_delay(sizes: Sequence[int], z: NDArray[np.float64]) -> Figure:
    """The error of LegT's delay against z, on logarithmic axes, with its bound, for each number of states.

    Where the bound is below the frame nothing is drawn: there the measured error is rounding.
    """
    fig = Figure(figsize=(6.4, 3.8))
    ax = fig.add_subplot()
    for n, color, marker in zip(sizes, [BLUE, RED, GREEN, PALETTE["purple"]], "osv^", strict=False):
        bound = np.array([delay_bound(n, float(x)) for x in z])
        seen = bound >= LOWEST
        ax.plot(z[seen], bound[seen], color=color, linestyle="--", linewidth=1.5)
        marks = delay_errors(n, z[seen])
        ax.plot(
            z[seen],
            marks,
            color=color,
            marker=marker,
            markersize=4,
            linestyle="none",
            label=f"{n} state" + "s" * (n > 1),
        )
    ax.set(xscale="log", yscale="log", xlim=(z[0], z[-1]), ylim=(LOWEST, 10), xlabel="z", ylabel="|H(z) − exp(−z)|")
    ax.legend(loc="lower right")
    return fig
