"""The chapter's scan on a torch device: S(n) for millions of integers at once, exactly.

Every integer that occurs fits int64, for n up to 2^63 - 1. The products that would not are never formed: with
r = floor(sqrt n) and e = n - r^2, the scan's start p = floor(2 sqrt n) is 2r, or 2r + 1 when e > r, and
p^2 - 4n is -4e, or 4r + 1 - 4e. From there p^2 - 4n grows by 2p + 1 a step and stays below 2^51, because the
scan ends within sqrt(1 + 4 sqrt n) + 3 steps.
"""

from __future__ import annotations

import torch
from torch import Tensor

LARGEST = 2**63 - 1
"""The largest n that `least_sums` takes: all of int64."""

_LARGEST_ROOT = 3037000499  # floor(sqrt(2^63 - 1))
_STEPS_BETWEEN_SIEVES = 16


def least_sums(n: Tensor, chunk: int | None = None) -> Tensor:
    """S(n) = least a + b + c over n = ab + c, entry by entry: int64, same shape and device as `n`.

    n: int64, any shape, entries in 0 .. 2^63 - 1.
    chunk: entries worked on at a time, which bounds the memory at about 150 bytes each; by default 2^16 on a
    CPU (they stay in its cache) and 2^22 elsewhere.
    Raises `TypeError` unless n is an int64 tensor, `ValueError` naming a negative entry or a chunk below 1.
    Source: the chapter, "Derivation"; the same scan as `minimize`.
    """
    if not isinstance(n, Tensor) or n.dtype != torch.int64:
        kind = n.dtype if isinstance(n, Tensor) else type(n).__name__
        raise TypeError(f"least_sums needs an int64 tensor, got {kind}; convert it: n.to(torch.int64)")
    if chunk is None:
        chunk = 2**16 if n.device.type == "cpu" else 2**22
    if chunk < 1:
        raise ValueError(f"least_sums needs a chunk of at least 1 entry, got {chunk}")
    flat = n.reshape(-1)
    if flat.numel() and (least := int(flat.min())) < 0:
        raise ValueError(f"least_sums needs integers n >= 0, got {least}")
    sums = torch.empty_like(flat)
    for part, out in zip(flat.split(chunk), sums.split(chunk), strict=True):
        out.copy_(_scan(part, floats=n.device.type != "mps"))
    return sums.reshape(n.shape)


def excesses(n: Tensor, sums: Tensor | None = None) -> Tensor:
    """E(n) = (S(n) - 2 sqrt n)/n^(1/6), entry by entry: float64, same shape as `n`, on the CPU.

    n: int64, entries in 1 .. 2^63 - 1. sums: S(n), where it is known already; else `least_sums(n)`.
    The sums are found on n's device and the rest is done on the CPU, so that no device changes a digit.
    Errors as for `least_sums`; `ValueError` for n = 0.
    """
    s = (least_sums(n) if sums is None else sums).cpu()
    n = n.cpu()
    if n.numel() and int(n.min()) < 1:
        raise ValueError(f"excesses needs integers n >= 1, got {int(n.min())}")
    r = _root(n)
    e = n - r * r
    # S - 2 sqrt n = (S^2 - 4n)/(S + 2 sqrt n); with S = 2r + u the numerator is 4ru + u^2 - 4e, and fits.
    u = s - 2 * r
    numerator = 4 * r * u + u * u - 4 * e
    root = n.to(torch.float64).sqrt()
    return numerator.to(torch.float64) / (s.to(torch.float64) + 2 * root) / root.pow(1 / 3)


def _scan(n: Tensor, floats: bool = True) -> Tensor:
    """S(n) for a vector `n`: all entries advance one p a step, and those that are done leave now and then.

    floats: step in float64, which is faster and which MPS lacks; both ways are exact.
    """
    r = _root(n)
    e = n - r * r
    odd = (e > r).to(torch.int64)
    p = 2 * r + odd
    d = odd * (4 * r + 1) - 4 * e
    best = torch.minimum(n, p + ((odd - d) >> 2))
    step = _step_in_integers
    if floats:
        # p and d stay below 2^51: float64 holds them, and every number that the step makes of them, exactly.
        p, d, best, step = p.to(torch.float64), d.to(torch.float64), best.to(torch.float64), _step_in_floats
    sums = torch.empty_like(n)
    place = torch.arange(n.numel(), device=n.device)
    while True:
        live = (p + 1 < best).nonzero().squeeze(1)
        if live.numel() < p.numel():
            sums[place] = best.to(torch.int64)
            p, d, best, place = p[live], d[live], best[live], place[live]
        if not p.numel():
            return sums
        # An entry that finishes between two sieves goes on for a few p: harmless, since S >= p >= best there.
        for _ in range(_STEPS_BETWEEN_SIEVES):
            step(p, d, best)


def _step_in_integers(p: Tensor, d: Tensor, best: Tensor) -> None:
    """From p to p + 1, in place, for int64 `p`, d = p^2 - 4n and the least sum so far."""
    d += 2 * p + 1
    p += 1
    q = _root(d - 1) + 1
    q += (q ^ p) & 1
    torch.minimum(best, p + ((q * q - d) >> 2), out=best)


def _step_in_floats(p: Tensor, d: Tensor, best: Tensor) -> None:
    """The same in float64, with fewer passes over the entries.

    The least q of p's parity with q^2 >= d is p - 2 floor((p - ceil(sqrt d))/2). Below 2^52 the rounded root of an
    integer never reaches the next integer, since that is more than half a unit in the last place away.
    """
    d.add_(p, alpha=2).add_(1)
    p.add_(1)
    q = d.sqrt().ceil_()
    q.sub_(p).mul_(0.5).ceil_().mul_(2).add_(p)
    q.mul_(q).sub_(d).mul_(0.25).add_(p)
    torch.minimum(best, q, out=best)


def _root(n: Tensor, precision: torch.dtype | None = None) -> Tensor:
    """floor(sqrt n) for int64 `n` in 0 .. 2^63 - 1, exactly.

    The floating root is a first guess; the integers decide. In float64 it is off by at most 1. In float32
    (MPS has no float64) it is off by at most 2^-22 of itself, which a Newton step in integers brings to 1.
    """
    if precision is None:
        precision = torch.float32 if n.device.type == "mps" else torch.float64
    r = n.to(precision).sqrt().to(torch.int64)
    if precision != torch.float64:
        r = (r + n // r.clamp(min=1)) >> 1
    r = r.clamp(max=_LARGEST_ROOT)
    rest = n - r * r
    return r - (rest < 0).to(torch.int64) + (rest > 2 * r).to(torch.int64)
