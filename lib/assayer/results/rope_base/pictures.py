"""The figures of the chapter chapters/attention/rope_base.ipynb, and the points that they show.

Each ``draw_…`` returns a matplotlib Figure and is called under ``assayer.lab.style``. Colour never stands alone. All
points are float64 from the CPU, so that every device draws the same.
"""

from __future__ import annotations

import math
from functools import cache

import numpy as np
import torch
from matplotlib.collections import PolyCollection
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, NullLocator
from numpy.typing import NDArray

from assayer.lab import INK, PALETTE
from assayer.results.rope_base.function import scan, whole
from assayer.results.rope_base.least import LeastBase, least_base, searchable
from assayer.results.rope_base.safe import SafeBase, safe_base

BLUE, RED, GREEN = PALETTE["blue"], PALETTE["vermillion"], PALETTE["green"]
COLUMNS = 140
"""Bases of a sign map."""
LIMIT_RATIO = 1.6220455832492229
"""1/x₀ with x₀ the first zero of Ci; a test encloses it."""


@cache
def sign_map(length: int, head_dim: int, columns: int = COLUMNS) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """log b at `columns` even steps from log 2 to log(30 L), and where f_b(m) < 0, of shape (columns, length)."""
    s = np.linspace(math.log(2), math.log(30 * length), columns)
    where = torch.device("cpu")
    return s, np.stack([(scan(float(v), 0, length, head_dim, where)[0] < 0).numpy() for v in s])


def first_failures(length: int, head_dim: int, columns: int = COLUMNS) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """log b as in `sign_map`, and for each the first m < length with f_b(m) < 0; `length` where there is none."""
    s, negative = sign_map(length, head_dim, columns)
    return s, np.where(negative.any(axis=1), negative.argmax(axis=1), length)


def draw_sign_map(length: int, head_dim: int = 128, bins: int = 64, columns: int = COLUMNS) -> Figure:
    """Where f_b(m) < 0 over log b and m < L, the first failure at each base, and the bases A, B and L/x₀.

    A cell of the map covers L/bins positions and is filled when one of them fails. length: L ≥ 64; head_dim: d ≥ 4;
    columns: how many bases.
    """
    length, _ = whole(length, "length", 64), searchable(head_dim)
    s, negative = sign_map(length, head_dim, columns)
    size = -(-length // bins)
    padded = np.pad(negative, ((0, 0), (0, bins * size - length)))
    cells = padded.reshape(len(s), bins, size).any(axis=2)
    fig = Figure(figsize=(6.4, 4.2))
    ax = fig.add_subplot()
    ax.add_collection(PolyCollection(_runs(s, cells, size), facecolor=BLUE, alpha=0.35, linewidth=0))
    first = np.where(negative.any(axis=1), negative.argmax(axis=1), length)
    ax.step(s, first, where="mid", color=INK, linestyle="-", linewidth=1.5, label="first failure")
    marks = (
        (float(_both(length, head_dim)[0]), RED, "-", "A: some base holds"),
        (float(_both(length, head_dim)[1]), GREEN, "--", "B: all from here hold"),
        (LIMIT_RATIO * length, INK, ":", "L/x₀, the limit of large d"),
    )
    for b, color, dashes, label in marks:
        ax.axvline(math.log(b), color=color, linestyle=dashes, linewidth=1.8, label=label)
    ax.set(xlim=(s[0], s[-1]), ylim=(0, length), xlabel="log b", ylabel="position m")
    fig.legend(loc="outside upper center", ncols=2)
    return fig


def sign_map_alt(length: int, head_dim: int = 128) -> str:
    """What `draw_sign_map` shows, for a reader who cannot see it."""
    a, b = _both(length, head_dim)
    if a.low <= b.high and b.low <= a.high:
        then = f"At A, base {a.high:.4g}, the last of them clears {length}, for good: B is the same base."
    else:
        then = (
            f"At A, base {a.high:.4g}, it clears {length} for the first time, on a short piece; it falls below "
            f"{length} again and clears it for good from B, base {b.high:.4g}."
        )
    return (
        f"Sign map for L = {length} and d = {head_dim}: bases to the left fail early, and the first failing position "
        f"climbs as the base grows, with falls. {then} The limit L/x₀, base {LIMIT_RATIO * length:.4g}, lies to the "
        "left of A."
    )


def lowest(bases: NDArray[np.float64], length: int, head_dim: int) -> NDArray[np.float64]:
    """min f_b(m) over m < length for each base: float64, shape as `bases`."""
    where = torch.device("cpu")
    return np.array([float(scan(math.log(b), 0, length, head_dim, where)[0].min()) for b in bases])


def draw_lowest(length: int, head_dim: int, low: float, high: float, points: int = 400) -> Figure:
    """min f_b(m) over m < length, for bases from low to high, with the bases that hold shaded."""
    bases = np.linspace(low, high, points)
    least = lowest(bases, length, head_dim)
    fig = Figure(figsize=(6.4, 3.2))
    ax = fig.add_subplot()
    ax.axhline(0, color=INK, linewidth=1, linestyle="-")
    ax.plot(bases, least, color=BLUE, linestyle="-", linewidth=1.5, label=f"least value over m < {length}")
    ax.fill_between(bases, 0, least, where=least >= 0, color=GREEN, alpha=0.5, linewidth=0, label="the base holds")
    ax.set(xlim=(low, high), xlabel="base b", ylabel="min f")
    ax.legend(loc="lower right")
    return fig


def draw_growth(
    lengths: NDArray[np.float64],
    least: NDArray[np.float64],
    safe: NDArray[np.float64],
    paper: NDArray[np.float64],
    article: NDArray[np.float64],
) -> Figure:
    """The two definitions against the length, with the published values and the limit of large d. NaN is left out."""
    fig = Figure(figsize=(6.4, 4.0))
    ax = fig.add_subplot()
    ax.plot(lengths, paper, linestyle="none", marker="s", markersize=6, fillstyle="none", color=RED, label="paper")
    ax.plot(lengths, article, linestyle="none", marker="+", markersize=9, color=INK, label="article")
    ax.plot(lengths, least, color=BLUE, linestyle="-", marker=".", linewidth=1.5, label="A")
    ax.plot(lengths, safe, color=GREEN, linestyle="--", marker="^", markersize=4, linewidth=1.5, label="B")
    ax.plot(lengths, LIMIT_RATIO * lengths, color=INK, linestyle=":", linewidth=1.5, label="L/x₀")
    ax.set(xscale="log", yscale="log", xlabel="length L", ylabel="base")
    ax.legend(loc="upper left")
    return fig


def draw_sizes(lengths: NDArray[np.int64], least: NDArray[np.float64], safe: NDArray[np.float64]) -> Figure:
    """Left: A and B against the length, a colour and a marker for each head size. Right: B/A.

    lengths: shape (n,); least, safe: shape (4, n), for the head sizes 32, 64, 128 and 256 in that order.
    """
    fig = Figure(figsize=(6.8, 4.2))
    left, right = fig.subplots(1, 2, width_ratios=(3, 2))
    looks = zip((32, 64, 128, 256), PALETTE.values(), "os^v", least, safe, strict=True)
    for head_dim, color, marker, a, b in looks:
        kind = {"color": color, "marker": marker, "markersize": 4, "linewidth": 1.3}
        left.plot(lengths, a, linestyle="-", label=f"d = {head_dim}", **kind)
        left.plot(lengths, b, linestyle="--", fillstyle="none", **kind)
        right.plot(lengths, b / a, linestyle="-.", **kind)
    left.plot(lengths, LIMIT_RATIO * lengths, color=INK, linestyle=":", linewidth=1.5, label="L/x₀")
    left.set(xscale="log", yscale="log", xlabel="length L", ylabel="base", title="A (full), B (dashed)")
    right.axhline(1, color=INK, linestyle=":", linewidth=1.5)
    right.set(xscale="log", yscale="log", xlabel="length L", ylabel="B/A", title="B over A")
    for ax in (left, right):
        ax.xaxis.set_major_locator(FixedLocator([2**10, 2**12, 2**14, 2**16]))
        ax.xaxis.set_major_formatter(lambda x, _: f"{x / 1024:.0f}k")
        ax.xaxis.set_minor_locator(NullLocator())
    fig.legend(loc="outside upper center", ncols=5)
    return fig


@cache
def _both(length: int, head_dim: int) -> tuple[LeastBase, SafeBase]:
    """A and B, each once: a frame and its description both ask for them."""
    return least_base(length, head_dim, "cpu"), safe_base(length, head_dim, "cpu")


def _runs(s: NDArray[np.float64], cells: NDArray[np.bool_], size: int) -> list[list[tuple[float, float]]]:
    """One rectangle for each upright run of filled cells."""
    half = (s[1] - s[0]) / 2
    found = []
    for v, column in zip(s, cells, strict=True):
        edges = np.flatnonzero(np.diff(np.concatenate([[0], column.astype(np.int8), [0]])))
        for low, high in zip(edges[::2] * size, edges[1::2] * size, strict=True):
            found.append([(v - half, low), (v + half, low), (v + half, high), (v - half, high)])
    return found
