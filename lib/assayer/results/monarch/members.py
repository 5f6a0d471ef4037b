"""Matrices to be tried: Fourier, Hadamard, and random ones."""

from __future__ import annotations

import torch
from torch import Tensor

from assayer.lab import generator
from assayer.results.low_rank import normal, whole
from assayer.results.monarch.blocks import parts

CPU = torch.device("cpu")
KINDS = ("signs", "uniform, mean removed", "normal", "sparse 0.2", "sparse 0.05", "uniform")
"""Entries: ±1; uniform on [−1/2, 1/2]; standard normal; normal with that probability and else 0; uniform on [0, 1]."""
FOURTH = {"signs": 1.0, "uniform, mean removed": 1.8, "normal": 3.0, "sparse 0.2": 15.0, "sparse 0.05": 60.0}
"""E x⁴/(E x²)² of the kinds with mean 0."""


def _phases(turns: Tensor, n: int) -> Tensor:
    """exp(−2πi · turns / n) for integer turns, reduced first so that no large angle is rounded."""
    angle = -2 * torch.pi * (turns % n).to(torch.float64) / n
    return torch.polar(torch.ones_like(angle), angle)


def dft(n: int) -> Tensor:
    """F: exp(−2πi r c/n) in row r and column c, not normalised, complex128."""
    places = torch.arange(whole(n, "n"))
    return _phases(places[:, None] * places, n)


def stride(n: int, b: int) -> Tensor:
    """Which column of A stands in each column of A Q: column k b + l of A Q is column l p + k of A."""
    p, b = parts(n, b)
    return torch.arange(n).reshape(b, p).T.reshape(n)


def fft_factors(n: int, b: int) -> tuple[Tensor, Tensor]:
    """(L, R) of F Q: L[j, i, k] = ω_p^(ik) ω_n^(jk) and R[k, j, l] = ω_b^(jl), ω_n = exp(−2πi/n)."""
    p, b = parts(n, b)
    i, j = torch.arange(p), torch.arange(b)
    L = _phases(b * i[None, :, None] * i + j[:, None, None] * i, n)
    R = _phases(j[:, None] * j, b).expand(p, b, b)
    return L, R


def hadamard(doublings: int) -> Tensor:
    """Sylvester's matrix of 2^doublings rows: ±1, each step [[H, H], [H, −H]]."""
    H = torch.ones(1, 1, dtype=torch.float64)
    for _ in range(whole(doublings, "doublings", 0)):
        H = torch.kron(torch.tensor([[1.0, 1.0], [1.0, -1.0]], dtype=torch.float64), H)
    return H


def sample(kind: str, n: int, seed: int) -> Tensor:
    """A random n×n matrix of a kind in `KINDS`, in float64, drawn on the CPU: the same on every device."""
    if kind not in KINDS:
        raise ValueError(f"no kind is called {kind!r}: one of {', '.join(KINDS)}")
    n = whole(n, "n")
    if kind == "normal":
        return normal(n, n, seed=seed, where=CPU)
    uniform = torch.rand(n, n, generator=generator(seed, "cpu"), dtype=torch.float64)
    if kind == "signs":
        return torch.where(uniform < 0.5, -1.0, 1.0).to(torch.float64)
    if kind.startswith("uniform"):
        return uniform - 0.5 if kind.endswith("removed") else uniform
    density = float(kind.split()[1])
    return torch.where(uniform < density, normal(n, n, seed=seed + 2**20, where=CPU), 0.0)
