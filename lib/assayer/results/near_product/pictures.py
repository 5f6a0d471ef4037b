"""The figures of the chapter chapters/numbers/near_product.ipynb, and the points that they show.

Each ``draw_...`` returns a matplotlib Figure and is called under ``assayer.lab.style``. Colour never stands alone:
what differs in colour differs in dashes or marker too.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import isqrt, sqrt

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import ArrayLike, NDArray

from assayer.lab import INK, PALETTE
from assayer.results.near_product.law import excess_law
from assayer.results.near_product.scan import candidate, least_sum, minimize, minimizers, natural

BLUE, RED, GREEN = PALETTE["blue"], PALETTE["vermillion"], PALETTE["green"]
_ALL_DOTS = 100
"""From this n on, dots far below the hyperbola are left out: there are too many to see, and none is near best."""


def pairs(n: int) -> list[tuple[int, int]]:
    """The pairs 1 <= a <= b with ab <= n: about n log(n)/2 of them. n: an integer >= 0; errors as for `minimize`."""
    n = natural(n, "pairs")
    return [(a, b) for a in range(1, isqrt(n) + 1) for b in range(a, n // a + 1)]


def draw_lattice(n: int) -> Figure:
    """The pairs under the hyperbola ab = n, three level lines of a + b + c, and the pairs of the least sum.

    The level line of the sum s is (a - 1)(b - 1) = n + 1 - s. n: an integer >= 6, so that a least pair has a > 0.
    """
    n = natural(n, "draw_lattice", least=6)
    best, step = least_sum(n), max(1, isqrt(n) // 2)
    right, top = sqrt(n) + 1, 2.4 * sqrt(n) + 1
    fig = Figure(figsize=(4.8, 4.4))
    ax = fig.add_subplot()
    a = np.linspace(n / top, sqrt(n), 40)
    ax.plot(a, n / a, color=INK, linestyle="-", linewidth=2, label=f"ab = {n}")
    for s in (best, best + step, best + 2 * step):
        if (level := n + 1 - s) > 0:
            # From the top of the frame to the diagonal a = b.
            a = 1 + np.linspace(level / (top - 1), sqrt(level), 40)
            color, dashes, width = (BLUE, "--", 2) if s == best else (GREEN, ":", 1)
            label = f"a + b + c = {s}" + (", the least" if s == best else "")
            ax.plot(a, 1 + level / (a - 1), color=color, linestyle=dashes, linewidth=width, label=label)
    near = [(x, y) for x, y in pairs(n) if y <= top and (n < _ALL_DOTS or 4 * (x - 1) * (y - 1) >= n)]
    ax.plot(*np.array(near).T, linestyle="none", marker=".", markersize=4, color=INK)
    _circle(ax, [(x, y) for x, y, _ in minimizers(n) if x])
    ax.set(xlim=(0, right), ylim=(0, top), xlabel="a", ylabel="b")
    ax.locator_params(integer=True, nbins=6)
    ax.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=2)
    return fig


def lattice_alt(n: int) -> str:
    """What `draw_lattice` shows, for a reader who cannot see it. n: as there."""
    where = " and ".join(f"({x}, {y})" for x, y, _ in minimizers(natural(n, "lattice_alt", least=6)) if x)
    return (
        f"The pairs a ≤ b on and below the hyperbola ab = {n}, as dots, and level lines of a + b + c. The line "
        f"nearest to the hyperbola, for the sum {least_sum(n)}, passes through {where}; no dot lies beyond it."
    )


def rests(n: int, count: int) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.int64]]:
    """p, x = p - 2 sqrt(n) and the least rest c, for the first `count` values of p above 2 sqrt(n).

    n: an integer >= 1, below 2^120; count: an integer >= 1; errors as for `minimize`.
    """
    n, count = natural(n, "rests", least=1), natural(count, "rests", least=1)
    first = isqrt(4 * n) + 1
    p = range(first, first + count)
    # The difference of squares keeps the digits that p - 2 sqrt(n) would cancel.
    x = [(v * v - 4 * n) / (v + 2 * sqrt(n)) for v in p]
    return np.array(p), np.array(x), np.array([candidate(n, v)[2] for v in p])


def draw_rests(n: int, count: int) -> Figure:
    """Left: the first `count` rests under their envelope. Right: the corner where the line x + c = const stops.

    n: an integer >= 6 whose best pair lies beyond 2 sqrt(n) (`ValueError` otherwise); count: as for `rests`.
    """
    _, x, c = rests(n, count)
    a, b, rest = minimize(natural(n, "draw_rests", least=6))
    if a + b <= isqrt(4 * n):
        raise ValueError(f"draw_rests needs an n whose best a + b is above 2 sqrt(n), got {n} with a + b = {a + b}")
    s = a + b + rest
    y = (s * s - 4 * n) / (s + 2 * sqrt(n))
    fig = Figure(figsize=(6.4, 3.4))
    left, right = fig.subplots(1, 2)
    for ax in (left, right):
        ax.plot(x, c, linestyle="none", marker=".", markersize=4, color=INK)
        ax.plot([0, y], [y, 0], color=RED, linestyle="-", linewidth=1.5, label=f"a + b + c = {s}")
        ax.set(xlabel="p − 2√N", ylabel="rest c")
    t = np.linspace(0, x[-1], 60)
    left.plot(t, 2 * n**0.25 * np.sqrt(t), color=BLUE, linestyle="--", linewidth=1.5, label="2 N¹ᐟ⁴ √(p − 2√N)")
    left.set(xlim=(0, x[-1]), ylim=(0, None), title="all rests")
    _circle(right, [(a + b - s + y, rest)], label="the least sum")
    right.fill_between([0, y], [y, 0], color=RED, alpha=0.15, linewidth=0)
    right.set(xlim=(0, 2.5 * y), ylim=(-0.05 * y, 2.5 * y), title="the corner")
    left.legend(loc="upper left")
    right.legend(loc="upper right")
    return fig


def draw_law(samples: Mapping[str, ArrayLike], marks: int = 60) -> Figure:
    """The share of excesses above z, by name of the sample, beside the law exp(-(2/3) z^(3/2)).

    samples: up to three, each a vector of excesses in units of n^(1/6); marks: how many values of z from 0 to 4.5.
    """
    fig = Figure(figsize=(6.4, 3.8))
    ax = fig.add_subplot()
    z = np.linspace(0, 4.5, marks)
    ax.plot(z, [excess_law(v) for v in z], color=INK, linestyle="-", linewidth=2, label="exp(−⅔ z³ᐟ²)")
    for (name, sample), marker in zip(samples.items(), "^so", strict=False):
        ordered = np.sort(np.asarray(sample))
        share = 1 - np.searchsorted(ordered, z, side="right") / len(ordered)
        ax.plot(z, share, linestyle="none", marker=marker, markersize=4, fillstyle="none", label=name)
    ax.set(yscale="log", ylim=(1e-3, 1.2), xlabel="z", ylabel="share with excess above z")
    ax.legend()
    return fig


def draw_octaves(
    shares: Mapping[int, NDArray[np.float64]],
    k: NDArray[np.int64],
    distances: Mapping[str, NDArray[np.float64]],
    width: int = 16,
) -> Figure:
    """Left: the share of excesses from z on, by octave, beside the law. Right: how far each octave is from the law.

    shares: for up to three octaves 2^k ≤ n < 2^(k+1), by k, the shares at the marks j/`width`; k: all octaves, and
    distances: by name, up to two values for each, in units of n^(-1/6).
    """
    fig = Figure(figsize=(6.8, 3.8))
    left, right = fig.subplots(1, 2)
    fine = np.linspace(0, 5.5, 80)
    left.plot(fine, [excess_law(z) for z in fine], color=INK, linestyle="-", linewidth=2, label="exp(−⅔ z³ᐟ²)")
    for (octave, share), marker, color in zip(shares.items(), "^so", (BLUE, GREEN, RED), strict=False):
        z = np.arange(len(share)) / width
        seen = (share > 1e-4) & (np.arange(len(share)) % 2 == 0)
        look = {"linestyle": "none", "marker": marker, "markersize": 4, "fillstyle": "none", "color": color}
        left.plot(z[seen], share[seen], label=f"$2^{{{octave}}} ≤ N < 2^{{{octave + 1}}}$", **look)
    left.set(yscale="log", xlim=(0, 5.5), ylim=(1e-4, 1.5), xlabel="z", ylabel="share with excess z or more")
    left.legend(loc="lower left")
    for (name, values), marker, color in zip(distances.items(), "o^", (BLUE, RED), strict=False):
        right.plot(1.5 * 2.0**k, values, color=color, linestyle="none", marker=marker, markersize=5, label=name)
    right.set(xscale="log", ylim=(0, None), xlabel="N", ylabel="from the law, in units of $N^{-1/6}$")
    right.legend(loc="lower left")
    return fig


def _circle(ax: Axes, points: list[tuple[float, float]], label: str | None = None) -> None:
    """Mark `points` with open circles."""
    look = {"marker": "o", "markersize": 10, "color": BLUE, "fillstyle": "none", "markeredgewidth": 2}
    ax.plot(*np.array(points).T, linestyle="none", label=label, **look)
