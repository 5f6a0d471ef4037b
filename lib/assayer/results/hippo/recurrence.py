"""The online road: HiPPO's state equations, discretised and run for many signals at once on a torch device."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from assayer.results.hippo.arguments import choice, count, positive
from assayer.results.hippo.matrices import numeric
from assayer.results.hippo.projection import basis, gauss

METHODS = ("forward", "backward", "bilinear", "zoh")
"""Explicit and implicit Euler, the trapezoidal rule, and the exact solution for an input held over each step."""


def discretize(A: Tensor, B: Tensor, step: float, method: str) -> tuple[Tensor, Tensor]:
    """x' = A x + B u with step h as x[k+1] = Ad x[k] + Bd u: Ad (n, n) and Bd (n,), float64, on A's device.

    method: "forward" I + hA; "backward" 1/(I - hA); "bilinear" (I + hA/2)/(I - hA/2); "zoh" exp(hA). The input of a
    step is one number u: a sample, or for second order with "bilinear" the mean of the samples at both ends.
    Raises `ValueError` for another method, a step that is not positive, or matrices that do not fit.
    """
    method, h = choice(method, "method", METHODS), positive(step, "step")
    n = len(A)
    if A.shape != (n, n) or B.shape != (n,):
        raise ValueError(f"A and B must have shapes (n, n) and (n,), got {tuple(A.shape)} and {tuple(B.shape)}")
    if method == "zoh":
        whole = torch.zeros(n + 1, n + 1, dtype=A.dtype, device=A.device)
        whole[:n, :n], whole[:n, n] = h * A, h * B
        flow = torch.linalg.matrix_exp(whole)
        return flow[:n, :n].clone(), flow[:n, n].clone()
    share = {"forward": 0.0, "backward": 1.0, "bilinear": 0.5}[method]
    eye = torch.eye(n, dtype=A.dtype, device=A.device)
    right = torch.cat((eye + (1 - share) * h * A, (h * B)[:, None]), dim=1)
    both = torch.linalg.solve(eye - share * h * A, right)
    return both[:, :n].clone(), both[:, n].clone()


def scan(Ad: Tensor, Bd: Tensor, u: Tensor, *, every: int = 1, start: Tensor | None = None) -> Tensor:
    """States of x[k+1] = Ad x[k] + Bd u[k] after `every`, 2*`every`, ... inputs: shape (*batch, L // every, n).

    u: (*batch, L) float64 on Ad's device; start: x[0], (*batch, n), zero by default. A block of `every` steps is one
    step with the matrices Ad^every and [Ad^(every-1) Bd, ..., Ad Bd, Bd], which repeated doubling makes; all blocks
    meet their inputs in one product. Inputs after the last full block are not used.
    Raises `ValueError` for an `every` beyond L, or shapes that do not fit.
    """
    every, n, length = count(every, "every"), len(Ad), u.shape[-1]
    if Ad.shape != (n, n) or Bd.shape != (n,):
        raise ValueError(f"Ad and Bd must have shapes (n, n) and (n,), got {tuple(Ad.shape)} and {tuple(Bd.shape)}")
    if every > length:
        raise ValueError(f"every must be at most the number of inputs, {length}, got {every}")
    power, inputs = _block(Ad, Bd, every)
    blocks = length // every
    forced = u[..., : blocks * every].unflatten(-1, (blocks, every)) @ inputs.mT
    x = torch.zeros_like(forced[..., 0, :]) if start is None else start
    states = torch.empty_like(forced)
    for k in range(blocks):
        x = x @ power.mT + forced[..., k, :]
        states[..., k, :] = x
    return states


def _block(Ad: Tensor, Bd: Tensor, steps: int) -> tuple[Tensor, Tensor]:
    """Ad^steps, and the columns Ad^(steps-1) Bd, ..., Bd: from the two halves, by the binary digits of `steps`."""
    power, inputs = torch.eye(len(Ad), dtype=Ad.dtype, device=Ad.device), Bd[:, None][:, :0]
    for digit in f"{steps:b}":
        power, inputs = power @ power, torch.cat((power @ inputs, inputs), dim=1)
        if digit == "1":
            power, inputs = Ad @ power, torch.cat((Ad @ inputs, Bd[:, None]), dim=1)
    return power, inputs


def legs_scan(
    u: Tensor, n: int, *, method: str = "bilinear", every: int = 1, matrices: tuple[Tensor, Tensor] | None = None
) -> Tensor:
    """LegS run online: the `n` coefficients after samples `every`, 2*`every`, ...: shape (*batch, L // every, n).

    u: (*batch, L + 1) float64, samples at times 0, h, ..., Lh. The step h does not enter: t c' = A c + B u has only
    the ratio of times. The state begins at its limit c(0) = sqrt(2) u(0) e_0. At t = 0 the equation is singular, so
    that the first step of "forward" and "bilinear" is one of "backward". "zoh" holds sample k over step k.
    matrices: (A, B) in place of `numeric("legs", n)`, for experiments; not with "zoh", whose flow is LegS's own.
    Raises `ValueError` for another method, fewer than 2 samples, an `every` beyond L, or matrices given with "zoh".
    """
    method, n, every = choice(method, "method", METHODS), count(n, "the number of states n"), count(every, "every")
    steps = u.shape[-1] - 1
    if steps < 1 or every > steps:
        raise ValueError(f"legs_scan needs at least every + 1 = {every + 1} samples, got {steps + 1}")
    if matrices is not None and method == "zoh":
        raise ValueError('matrices cannot be given with method "zoh": its flow is computed from the polynomials')
    A, B = numeric("legs", n, u.device) if matrices is None else matrices
    x = torch.zeros(*u.shape[:-1], n, dtype=u.dtype, device=u.device)
    x[..., 0] = math.sqrt(2) * u[..., 0]
    kept = []
    flow = _Flow(n, steps, u.device) if method == "zoh" else None
    for k in range(steps):
        before, after = u[..., k, None], u[..., k + 1, None]
        if flow is not None:
            x = x @ flow.past[k].mT + after * flow.present[k]
        else:
            x = _step(x, before, after, k, A, B, method)
        if (k + 1) % every == 0:
            kept.append(x)
    return torch.stack(kept, dim=-2)


def _step(x: Tensor, before: Tensor, after: Tensor, k: int, A: Tensor, B: Tensor, method: str) -> Tensor:
    """From time k to time k + 1, in units of the step."""
    ahead = {"forward": 0.0, "backward": 1.0, "bilinear": 0.5}[method] if k else 1.0
    right = x if ahead == 1 else x + (1 - ahead) / k * (x @ A.mT + before * B)
    if ahead == 0:
        return right
    right = right + ahead / (k + 1) * after * B
    left = torch.eye(len(A), dtype=A.dtype, device=A.device) - ahead / (k + 1) * A
    return _solved(left, right)


def _solved(left: Tensor, right: Tensor) -> Tensor:
    """left^-1 applied to each vector of `right`; LegS is lower triangular, and an experiment need not be."""
    columns = right.reshape(-1, right.shape[-1]).mT
    if bool(left.triu(1).any()):
        return torch.linalg.solve(left, columns).mT.reshape(right.shape)
    return torch.linalg.solve_triangular(left, columns, upper=False).mT.reshape(right.shape)


class _Flow:
    """LegS's exact step from time k to k + 1, for an input that is constant in between: no matrix exponential.

    With r = k/(k+1), the coefficients of the stretched past are past_ik = r ∫ g_i(r (s+1) - 1) g_k(s) ds, and the
    constant 1 on the rest contributes present_i = ∫ g_i over [2r - 1, 1]. Gauss's rule is exact for both.
    """

    def __init__(self, n: int, steps: int, device: torch.device) -> None:
        s, weight = gauss(n, device=device)
        k = torch.arange(steps, dtype=torch.float64, device=device)[:, None]
        r = k / (k + 1)
        stretched = basis((r * (s + 1) - 1).clamp(-1, 1), n)
        self.past = r[..., None] * (stretched.mT * weight) @ basis(s, n)
        rest = basis((1 - (1 - r) * (1 - s)).clamp(-1, 1), n)
        self.present = (1 - r) * (rest.mT @ weight)
