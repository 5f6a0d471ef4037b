"""Definition A: the infimum of the bases b > 1 at which f_b(m) ≥ 0 for every m < L.

The bases that hold are no interval, so that bisection would find one of several ends. The search walks upwards from
log b = 0 and leaves out only what it has shown to fail: where f(s) < 0 with slope f′ and |f″| ≤ K from s on, f stays
below 0 for a step (√(f′² − 2Kf) − f′)/K. Near a zero this is Newton's step with a bound, so a failing m is followed to
the end of its failing range in a few steps. All of it is floating point with a bound for its rounding; what is
returned is then shown by balls.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import torch
from torch import Tensor

from assayer.results.rope_base.balls import Undecided, first_failure
from assayer.results.rope_base.function import (
    BLOCK,
    UNIT,
    exponents,
    outward,
    pairs,
    phase_error,
    scan,
    value_error,
    whole,
)

CANDIDATES = 16
"""How many failing positions are followed at once; the one that reaches farthest counts."""
FIRST_WINDOW = BLOCK * BLOCK
MOST_STEPS = 60


@dataclass(frozen=True)
class LeastBase:
    """The infimum for one length and head size, between two floats.

    Attributes:
        low: every base in (1, low] fails; at `low` itself `violated` is one of the positions that do.
        high: f ≥ 0 for every m < length at this base.
        violated: a position m with f_low(m) < 0; None where every base above 1 holds.
        cover: pairs (log b, m): m fails from there to the next pair.
    """

    length: int
    head_dim: int
    low: float
    high: float
    violated: int | None
    cover: tuple[tuple[float, int], ...] = field(default=(), repr=False)

    def __float__(self) -> float:
        return self.high

    @property
    def end(self) -> float:
        """log b where the cover ends: at or beyond log low."""
        return math.log(self.low) + 2 * UNIT * max(1.0, math.log(self.low))


def least_base(length: int, head_dim: int, device: torch.device | str | None = None) -> LeastBase:
    """The certified infimum over b > 1 of {b : f_b(m) ≥ 0 for m = 0, …, length − 1}.

    length: L ≥ 1, in positions; head_dim: d, even, at least 4. device: where the search runs; by default
    `assayer.lab.device()`, and the CPU where that has no float64.
    The search is float64 with a bound for its rounding. Balls then show that `low` fails and that `high` holds;
    `balls.uncovered(result.cover, result.end, head_dim)` shows that everything below fails too.
    Raises `Undecided` where float64 cannot tell a touching from a crossing, `TypeError` and `ValueError` for bad input.
    Source: the chapter, "The least base".
    """
    length = whole(length, "length", 1)
    searchable(head_dim)
    if length <= 2:
        # cos(m θ) > 0 for m = 0, 1, since θ ≤ 1: every base above 1 holds.
        return LeastBase(length, head_dim, 1.0, 1.0, None)
    where = float64_device(device)
    s, cover = 0.0, []
    while True:
        found = _failing(s, length, head_dim, where)
        if not found.numel():
            break
        path, m = _follow(s, found, head_dim)
        cover += [(p, m) for p in path[:-1]]
        s = path[-1]
    last = cover[-1][1]
    high = outward(s + _past_zero(s, last, head_dim), up=True)
    low = outward(s, up=False)
    if (failing := first_failure(high, head_dim, length)) is not None:
        raise Undecided(f"near base {high} a touching at m = {last} is not told from a crossing at m = {failing}")
    if first_failure(low, head_dim, length) is None:
        raise Undecided(f"base {low} should fail at m = {last} and the balls do not show it")
    return LeastBase(length, head_dim, low, high, last, tuple(cover))


def searchable(head_dim: int) -> int:
    """The pairs of a head size that a base can help: `ValueError` for d = 2, whose one frequency is 1 for any base."""
    half = pairs(head_dim)
    if half < 2:
        raise ValueError("head_dim 2 has the one frequency 1 whatever the base, and cos 2 < 0; it must be at least 4")
    return half


def float64_device(device: torch.device | str | None) -> torch.device:
    """`device`, or the book's; the CPU in place of MPS, which has no float64."""
    from assayer.lab import device as chosen

    where = torch.device(device) if device is not None else torch.device(chosen())
    return torch.device("cpu") if where.type == "mps" else where


def _failing(s: float, length: int, head_dim: int, where: torch.device) -> Tensor:
    """Some positions that fail at log b = s by more than rounding: int64, from the first window that has any."""
    alpha, beta = value_error(s, head_dim)
    start, width = 0, FIRST_WINDOW
    while start < length:
        stop = min(length, start + width)
        (f,) = scan(s, start, stop, head_dim, where)
        m = torch.arange(start, stop, device=where)
        # Four times the bound, so that the first step from here is longer than the spacing of floats.
        below = f + 4 * (alpha * m + beta)
        count = min(CANDIDATES, stop - start)
        deepest = torch.topk(below, count, largest=False)
        if bool(deepest.values[0] < 0):
            return m[deepest.indices[deepest.values < 0]].cpu()
        start, width = stop, 2 * width
    return torch.empty(0, dtype=torch.int64)


def _follow(s: float, m: Tensor, head_dim: int) -> tuple[list[float], int]:
    """Follow each m as far as it fails: the marks log b of the one that reaches farthest, and that m."""
    w, places = exponents(head_dim), m.double()
    at = torch.full_like(places, s)
    marks = [at]
    for _ in range(MOST_STEPS):
        f, slope, bend = expansion(at, places, w, s, head_dim)
        root = torch.sqrt(torch.clamp(slope * slope - 2 * bend * f, min=0))
        # (√(g² + 2K|f|) − g)/K, without cancelling where g > 0.
        step = torch.where(slope > 0, -2 * f / (root + slope.abs()), (root - slope) / bend) * (1 - 2.0**-30)
        at = torch.where(f < 0, at + step, at)
        if bool((at == marks[-1]).all()):
            break
        marks.append(at)
    best = int(at.argmax())
    path = list(dict.fromkeys(float(a[best]) for a in marks))
    if len(path) < 2:
        raise Undecided(f"at log b = {s} the position {int(m[best])} fails and no step away is found")
    return path, int(m[best])


def expansion(at: Tensor, m: Tensor, w: Tensor, s: float, head_dim: int) -> tuple[Tensor, Tensor, Tensor]:
    """Upper bounds of f and ∂f/∂s, and K ≥ |∂²f/∂s²| from there on, for each pair of log b ≥ s and m.

    Errors of rounding are added: those of the phases at the largest log b in `at`.
    """
    slack = phase_error(float(at.max()), head_dim)
    phase = torch.exp(-at[:, None] * w) * m[:, None]
    speed = phase * w
    f = torch.cos(phase).sum(1) + (phase * slack).sum(1) + 2 * UNIT * (head_dim**2 + 8 * head_dim)
    slope = (torch.sin(phase) * speed).sum(1) + (speed * (phase * slack + slack + head_dim * UNIT)).sum(1)
    return f, slope, ((speed * speed + speed * w).sum(1)) * (1 + 1e-12)


def _past_zero(s: float, m: int, head_dim: int) -> float:
    """How far beyond s the value of m is above its rounding error again, by its slope there."""
    at, place = torch.tensor([s], dtype=torch.float64), torch.tensor([float(m)], dtype=torch.float64)
    _, slope, _ = expansion(at, place, exponents(head_dim), s, head_dim)
    alpha, beta = value_error(s, head_dim)
    return 8 * (alpha * m + beta) / max(float(slope), 1e-3)
