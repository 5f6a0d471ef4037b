"""How far the first step of the factors is from a step of all weights."""

from __future__ import annotations

import torch
from torch import Tensor

from assayer.results.lora_ga.starts import twice
from assayer.results.low_rank import fitting, normal, whole


def first_order(G: Tensor, A: Tensor, B: Tensor) -> Tensor:
    """A AᵀG + G BᵀB, n×m: what the first step moves, in units of -η, to first order."""
    fitting(G, A, B)
    return A @ (A.mT @ G) + (G @ B.mT) @ B


def objective(G: Tensor, A: Tensor, B: Tensor) -> Tensor:
    """‖A AᵀG + G BᵀB - G‖², a scalar."""
    return ((first_order(G, A, B) - G) ** 2).sum()


def bound(G: Tensor, r: int) -> float:
    """Σ σᵢ² over i > 2r: no start of rank r comes nearer. Raises `ValueError` where 2r > min(n, m)."""
    r = twice(G, r)
    return float((torch.linalg.svdvals(G)[2 * r :] ** 2).sum())


def least_distance(X: Tensor, target: Tensor) -> float:
    """The least ‖t X - target‖² over t ≥ 0: a rate of one's own takes up any scale."""
    size, along = float((X * X).sum()), float((X * target).sum())
    return float((target * target).sum()) - (max(along, 0.0) ** 2 / size if size else 0.0)


def share_left(G: Tensor, A: Tensor, B: Tensor) -> float:
    """What the start misses at its best rate, as a share of ‖G‖²: between 0 and 1."""
    return least_distance(first_order(G, A, B), G) / float((G * G).sum())


def second_order(G: Tensor, A: Tensor, B: Tensor) -> Tensor:
    """G BᵀAᵀ G, n×m: what the first step moves in units of η²."""
    fitting(G, A, B)
    return (G @ B.mT) @ (A.mT @ G)


def descended(G: Tensor, r: int, seed: int, steps: int = 500) -> float:
    """The least objective that L-BFGS finds from a random start, in float64."""
    n, m = G.shape
    r, steps = twice(G, r), whole(steps, "steps")
    A = (normal(n, r, seed=seed, where=G.device) / n**0.5).requires_grad_(True)
    B = (normal(r, m, seed=seed + 1, where=G.device) / m**0.5).requires_grad_(True)
    search = torch.optim.LBFGS(
        [A, B], max_iter=steps, tolerance_grad=1e-14, tolerance_change=1e-16, line_search_fn="strong_wolfe"
    )

    def closure() -> Tensor:
        search.zero_grad()
        value = objective(G, A, B)
        value.backward()
        return value

    search.step(closure)
    with torch.no_grad():
        return float(objective(G, A, B))
