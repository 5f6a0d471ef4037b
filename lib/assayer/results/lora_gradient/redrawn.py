"""Adapters of rank one that are drawn anew at every step: what they do to the gradient in the mean."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from assayer.lab import generator
from assayer.results.low_rank import whole

KINDS = ("normal", "signs")
"""Distributions of the entries, both with mean 0 and variance 1; their fourth moments are 3 and 1."""


@dataclass(frozen=True)
class Moments:
    """Sample moments of U = G v vᵀ + u uᵀ G over `draws` draws, in units of G.

    Attributes:
        second: the mean of ‖U‖²/‖G‖².
        spread: the standard deviation of one ‖U‖²/‖G‖².
        mean: the mean of U, n×m.
    """

    draws: int
    second: float
    spread: float
    mean: Tensor


def _entries(kind: str, *shape: int, source: torch.Generator) -> Tensor:
    if kind not in KINDS:
        raise ValueError(f"no distribution is called {kind!r}: one of {', '.join(KINDS)}")
    if kind == "normal":
        return torch.randn(*shape, generator=source, dtype=torch.float64, device=source.device)
    return 2.0 * torch.randint(0, 2, shape, generator=source, device=source.device).to(torch.float64) - 1


def redrawn(G: Tensor, draws: int, seed: int, kind: str = "normal") -> Tensor:
    """The mean of U = G v vᵀ + u uᵀ G over `draws` draws of u (n) and v (m), on the CPU: n×m."""
    draws, source = whole(draws, "draws"), generator(seed, "cpu")
    G = G.cpu()
    u, v = _entries(kind, draws, G.shape[0], source=source), _entries(kind, draws, G.shape[1], source=source)
    return (G @ v.mT @ v + u.mT @ (u @ G)) / draws


def moments(G: Tensor, draws: int, seed: int, kind: str = "normal", chunk: int = 2**14) -> Moments:
    """The moments of U over `draws` draws on the device of G (float64), without forming a single U.

    ‖U‖² = ‖Gv‖²‖v‖² + 2 (uᵀGv)² + ‖uᵀG‖²‖u‖². Raises `ValueError` for another kind.
    """
    draws, source = whole(draws, "draws", 2), generator(seed, G.device)
    total, squares, mean = 0.0, 0.0, torch.zeros_like(G)
    size = float((G * G).sum())
    for start in range(0, draws, chunk):
        count = min(chunk, draws - start)
        u, v = _entries(kind, count, G.shape[0], source=source), _entries(kind, count, G.shape[1], source=source)
        Gv, uG = v @ G.mT, u @ G
        norm = (Gv * Gv).sum(1) * (v * v).sum(1) + 2 * (u * Gv).sum(1) ** 2 + (uG * uG).sum(1) * (u * u).sum(1)
        total += float((norm / size).sum())
        squares += float(((norm / size) ** 2).sum())
        mean += Gv.mT @ v + u.mT @ uG
    second = total / draws
    return Moments(draws, second, (squares / draws - second**2) ** 0.5, mean / draws)


def one_sided(G: Tensor, rank: int, draws: int, seed: int) -> Moments:
    """The same for U = (1/r) Σ_s G v_s v_sᵀ with r = `rank` normal vectors v_s."""
    rank, draws, source = whole(rank, "rank"), whole(draws, "draws", 2), generator(seed, G.device)
    v = _entries("normal", draws, rank, G.shape[1], source=source)
    U = (v @ G.mT).mT @ v / rank
    norm = (U * U).sum(dim=(1, 2)) / (G * G).sum()
    return Moments(draws, float(norm.mean()), float(norm.std()), U.mean(0))
