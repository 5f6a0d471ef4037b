"""Definition B: the least base from which on every base holds.

A bound first: f_b(m) ≥ Σ g(m θ_i) with g(x) = cos x up to π and −1 beyond, which never rises; the frequencies fall
as b grows, so once Σ g(L θ_i) ≥ 0 at one base, every larger base holds for every m < L. From there the walk goes
down: where f(s) > 0 with slope f′ and |f″| ≤ K on [s − h, s], f(s − τ) ≥ f − f′τ − Kτ²/2, which is concave in τ, so the
two ends of a step decide for all of it. One product of matrices gives f and f′ at every m; the few m that a step leaves
open are followed alone.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from assayer.results.rope_base.balls import Undecided, enclose, holds
from assayer.results.rope_base.function import bending, exponents, outward, scan, slope_error, value_error, whole
from assayer.results.rope_base.least import expansion, float64_device, searchable

SLAB = 2**20
"""Positions in one product: bounds the memory at about 1.1 GB for d = 128."""
OPEN = 0.02
"""The share of positions that a step may leave open before the next one is made shorter."""
MOST_STEPS = 100_000


@dataclass(frozen=True)
class SafeBase:
    """The base from which on all hold, for one length and head size, between two floats.

    Attributes:
        low: the position `violated` fails at this base.
        high: every position below `length` holds at this base and at every larger one.
        violated: the position whose last failure it is; None where every base above 1 holds.
    """

    length: int
    head_dim: int
    low: float
    high: float
    violated: int | None

    def __float__(self) -> float:
        return self.high


def safe_base(length: int, head_dim: int, device: torch.device | str | None = None) -> SafeBase:
    """The least b₀ such that f_b(m) ≥ 0 for every b ≥ b₀ and every m = 0, …, length − 1.

    length: L ≥ 1, in positions; head_dim: d, even, at least 4; device: as for `least_base`. About 10 ms·(L/2¹⁰)² on a
    core. The walk is float64 with a bound for its rounding; balls then show that `low` fails and `high` holds.
    Raises as `least_base`. Source: the chapter, "The base from which on all hold".
    """
    length = whole(length, "length", 1)
    searchable(head_dim)
    if length <= 2:
        return SafeBase(length, head_dim, 1.0, 1.0, None)
    where = float64_device(device)
    s, step = all_hold_from(length, head_dim), 2.0**-4
    for _ in range(MOST_STEPS):
        step = min(step, s)
        share, (zero, m) = _descend(s, step, length, head_dim, where)
        if m is not None:
            return _result(zero, m, length, head_dim)
        s -= step
        step *= 0.7 if share > OPEN else 1.1
    raise Undecided(f"no failing base was met from log b = {all_hold_from(length, head_dim)} down to {s}")


def all_hold_from(length: int, head_dim: int) -> float:
    """A log b from which on every base holds for every m < length: where Σ g(L θ_i) is above 0, by bisection.

    g(x) = cos(min(x, π)) never rises, so the sum grows with b and falls with m.
    """
    w = exponents(head_dim)
    low, high = 0.0, 1.0

    def enough(s: float) -> bool:
        return float(torch.cos(torch.clamp(length * torch.exp(-s * w), max=math.pi)).sum()) > 1e-6

    while not enough(high):
        low, high = high, 2 * high
    for _ in range(40):
        middle = (low + high) / 2
        low, high = (low, middle) if enough(middle) else (middle, high)
    return high


def _descend(
    s: float, step: float, length: int, head_dim: int, where: torch.device
) -> tuple[float, tuple[float, int | None]]:
    """Walk all positions from s down by `step`: the share left open, and the largest zero met with its position."""
    alpha, beta = value_error(s, head_dim)
    a, b = bending(s - step, head_dim)
    c, e = slope_error(s, head_dim)
    open_, best = 0, (-math.inf, None)
    for start in range(0, length, SLAB):
        stop = min(length, start + SLAB)
        f, slope = scan(s, start, stop, head_dim, where, slope=True)
        m = torch.arange(start, stop, dtype=torch.float64, device=where)
        margin = 2 * (alpha * m + beta)
        end = f - (slope + (c * m + e) * m) * step - (a * m + b) * m * (step * step / 2)
        left = m[(f < margin) | (end < margin)].cpu()
        open_ += left.numel()
        best = max(best, _follow(s, step, left, head_dim), key=lambda pair: pair[0])
    return open_ / length, best


def _follow(s: float, step: float, m: Tensor, head_dim: int) -> tuple[float, int | None]:
    """Each m from s down to s − step: the largest log b at which one is not above its rounding error, and that m."""
    w, at = exponents(head_dim), torch.full_like(m, s)
    alpha, beta = value_error(s, head_dim)
    a, b = bending(s - step, head_dim)
    best: tuple[float, int | None] = (-math.inf, None)
    while m.numel():
        f, slope, _ = expansion(at, m, w, s, head_dim)
        bend, margin = a * m * m + b * m, 4 * (alpha * m + beta)
        room = f - 2 * margin
        met = room <= 0
        root = torch.sqrt(torch.clamp(slope * slope + 2 * bend * room, min=0))
        # The largest τ with room − slope τ − bend τ²/2 ≥ 0, without cancelling where the slope is positive.
        tau = torch.where(slope > 0, 2 * room / (root + slope.abs()), (root - slope) / bend) * (1 - 2.0**-30)
        met |= at - tau >= at  # no float lies between: as near to 0 as float64 can tell
        if bool(met.any()):
            top = int(torch.where(met, at, -math.inf).argmax())
            best = max(best, (float(at[top]), int(m[top])), key=lambda pair: pair[0])
        at = at - tau
        going = ~met & (at > max(s - step, best[0]))
        at, m = at[going], m[going]
    return best


def _result(s: float, m: int, length: int, head_dim: int) -> SafeBase:
    """The zero at log b = s as floats on its two sides, shown by balls."""
    high = outward(s, up=True)
    for doubling in range(1, 40):
        low = outward(s - 2.0 ** (doubling - 50) * s, up=False)
        value = enclose(low, m, head_dim)
        if value < 0:
            if not holds(high, length, head_dim):
                raise Undecided(f"base {high} should hold for every m < {length}, and the balls show a failure")
            return SafeBase(length, head_dim, low, high, m)
    raise Undecided(f"near log b = {s} the position {m} comes close to 0 and is not seen below it")
