"""Peers: what others compute, written from their descriptions, to set beside the certified search.

`nested_grid` is the search that the source describes: a coarse grid, then ten times finer ones up to the best point
so far. It looks at points only: what it returns is an upper bound of the infimum, and how good a one it cannot say.
"""

from __future__ import annotations

import torch
from torch import Tensor

from assayer.results.rope_base.function import base_function, exponents, scan, whole
from assayer.results.rope_base.least import searchable


def least_value(b: float, length: int, head_dim: int, device: torch.device | str = "cpu") -> float:
    """min f_b(m) over 0 ≤ m < length, in float64."""
    s = float(torch.tensor(b, dtype=torch.float64).log())
    return float(scan(s, 0, whole(length, "length", 1), head_dim, torch.device(device))[0].min())


def nested_grid(length: int, head_dim: int, rounds: int = 4) -> float:
    """The least base that grids see: B = 1000 L at first, then the first of B/10ᵏ, 2B/10ᵏ, … that holds, k = 1, 2, …

    rounds: how often the grid is made ten times finer. No digit beyond that many is to be trusted.

    Points at or below 1 are passed over. Raises `ValueError` when no point of the first grid holds.
    """
    length, _ = whole(length, "length", 1), searchable(head_dim)
    best = 1000.0 * length
    for k in range(1, rounds + 1):
        points = (best * j / 10**k for j in range(1, 10**k + 1))
        found = next((b for b in points if b > 1 and least_value(b, length, head_dim) >= 0), None)
        if found is None:
            raise ValueError(f"no point of the grid up to {best} holds for {length} positions: it is too coarse")
        best = found
    return best


def dense_grid(length: int, head_dim: int, bases: Tensor) -> Tensor:
    """Whether each of `bases` holds for every m < length, with every cosine computed: bool, shape as `bases`."""
    m = torch.arange(length, dtype=torch.float64, device=bases.device)
    parts = [base_function(part[:, None], m, head_dim).amin(dim=1) >= 0 for part in bases.reshape(-1).split(16)]
    return torch.cat(parts).reshape(bases.shape)


def customary_frequencies(b: float, head_dim: int) -> Tensor:
    """θ_i as model libraries write it: 1/b^(arange(0, d, 2)/d), in float32, of shape (d/2,)."""
    return 1.0 / (b ** (torch.arange(0, head_dim, 2, dtype=torch.int64).float() / head_dim))


def our_frequencies(b: float, head_dim: int) -> Tensor:
    """θ_i = exp(−w_i log b), float64 of shape (d/2,)."""
    return torch.exp(-exponents(head_dim) * torch.tensor(b, dtype=torch.float64).log())
