"""The direct road: a signal's Legendre coefficients by Gauss quadrature, and the signal back from them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import Tensor

from assayer.lab import device
from assayer.results.hippo.arguments import count, positive

Signal = Callable[[Tensor], Tensor]
"""Times of any shape to values of that shape, with any batch dimensions before it; float64."""


def double_device() -> torch.device:
    """The bench's device, or the CPU where that has no float64 (MPS): all of this package computes in float64."""
    chosen = device()
    return torch.device("cpu") if chosen.type == "mps" else chosen


def basis(s: Tensor, n: int) -> Tensor:
    """g_0(s), ..., g_(n-1)(s) along a new last dimension: g_k = sqrt((2k+1)/2) P_k, by Bonnet's recurrence.

    s: a float64 tensor of any shape and device, with values in [-1, 1]. Raises `TypeError` for another dtype,
    `ValueError` for values outside (NaN among them).
    """
    n = count(n, "the number of states n")
    if not isinstance(s, Tensor) or s.dtype != torch.float64:
        raise TypeError(f"basis needs a float64 tensor s, got {getattr(s, 'dtype', type(s).__name__)}; use s.double()")
    if s.numel() and not bool((s.abs() <= 1).all()):
        raise ValueError("basis needs s in [-1, 1]")
    P = [torch.ones_like(s), s]
    for k in range(1, n - 1):
        P.append(((2 * k + 1) * s * P[k] - k * P[k - 1]) / (k + 1))
    odd = 2 * torch.arange(n, dtype=torch.float64, device=s.device) + 1
    return torch.stack(P[:n], dim=-1) * (odd / 2).sqrt()


def gauss(points: int, panels: int = 1, device: torch.device | str | None = None) -> tuple[Tensor, Tensor]:
    """Nodes and weights on [-1, 1]: Gauss's rule with `points` nodes in each of `panels` equal parts.

    Exact for polynomials of degree 2*points - 1 on each part. float64, shape (points*panels,).
    """
    nodes, weights = np.polynomial.legendre.leggauss(count(points, "points"))
    panels = count(panels, "panels")
    middles = (2 * np.arange(panels) + 1) / panels - 1
    s = (middles[:, None] + nodes / panels).ravel()
    return torch.tensor(s, device=device), torch.tensor(np.tile(weights / panels, panels), device=device)


def project(
    signal: Signal,
    t: Any,
    n: int,
    *,
    window: float | None = None,
    power: float = 1,
    points: int = 200,
    panels: int = 1,
    device: torch.device | str | None = None,
) -> Tensor:
    """The first `n` coefficients of the past of `signal` at time(s) `t` > 0: shape (*batch, *t.shape, n).

    c_k = ∫ u(t(s)) g_k(s) ds over [-1, 1], where t(s) = t ((s+1)/2)^(1/power) runs over [0, t], or over [t - window, t]
    evenly if a window is given. points, panels: of the quadrature in t, see `gauss`. Raises `ValueError` for a time
    that is not positive, and where both a window and a power are given.
    """
    times = torch.as_tensor(t, dtype=torch.float64, device=device)
    if not bool((times > 0).all()):
        raise ValueError("project needs times t > 0: at t = 0 there is no past")
    if window is not None and power != 1:
        raise ValueError("project takes a window or a power, not both: a window is remembered evenly")
    x, weight = gauss(points, panels, device=times.device)
    share = (x + 1) / 2  # of the span, in time; s + 1 = 2 share^power
    power = positive(power, "power")
    s = (2 * share**power - 1).clamp(-1, 1)
    weight = weight * power * share ** (power - 1)
    span = times if window is None else torch.full_like(times, positive(window, "window"))
    values = signal(times[..., None] - span[..., None] * (1 - share))
    return (values * weight) @ basis(s, n)


def reconstruct(c: Tensor, s: Tensor) -> Tensor:
    """sum of c_k g_k(s): from coefficients of shape (*batch, n) and places s of shape (m,) to (*batch, m)."""
    return c @ basis(s, c.shape[-1]).mT
