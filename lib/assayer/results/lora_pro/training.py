"""Linear regression with a low-rank update: full fine-tuning, LoRA and its alignments on a problem that is solved.

The loss is ½ tr (D - Δ)ᵀ H (D - Δ), where D = W - W0 is what has been learned, Δ what is to be learned and H = XᵀX.
All on the CPU in float64: many small problems side by side, the same on every machine.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from assayer.results.lora_pro.alignment import Directions, aligned, preconditioned
from assayer.results.low_rank import normal, whole

CPU = torch.device("cpu")
STARTS = ("standard", "gradient", "random")
"""B = 0 and a normal A; LoRA-GA's singular vectors of the first gradient; random orthonormal factors."""

METHODS: dict[str, Callable[[Tensor, Tensor, Tensor, Tensor], Directions]] = {
    "LoRA": lambda a, b, A, B: Directions(a, b),
    "scaled": preconditioned,
    "LoRA-Pro": lambda a, b, A, B: aligned(a, b, A, B, "nearest"),
    "symmetric": lambda a, b, A, B: aligned(a, b, A, B, "symmetric"),
}


@dataclass(frozen=True)
class Problem:
    """Problems side by side: `H` (s, n, n), symmetric and positive definite, and `target` Δ (s, n, m)."""

    H: Tensor
    target: Tensor

    def loss(self, D: Tensor) -> Tensor:
        """½ tr (D - Δ)ᵀ H (D - Δ) for D (…, s, n, m)."""
        error = D - self.target
        return (error * (self.H @ error)).sum((-2, -1)) / 2

    def gradient(self, D: Tensor) -> Tensor:
        """H (D - Δ), (…, s, n, m)."""
        return self.H @ (D - self.target)

    def least(self, rank: int, offset: Tensor | float = 0.0) -> Tensor:
        """The least loss of D = A B - offset with A B of `rank`: ½ Σ_{i>r} s_i², s the singular values of
        H^½ (Δ + offset). (s,)."""
        values, vectors = torch.linalg.eigh(self.H)
        root = vectors * values.sqrt().unsqueeze(-2) @ vectors.mT
        kept = whole(rank, "rank", 0)
        return (torch.linalg.svdvals(root @ (self.target + offset))[..., kept:] ** 2).sum(-1) / 2


def problems(n: int, m: int, seeds: Sequence[int], condition: float = 3.0, decay: float = 0.8) -> Problem:
    """One problem for each seed: H has eigenvalues from 1 down to 1/condition², Δ the singular values decay^i."""
    n, m = whole(n, "n"), whole(m, "m")
    if condition < 1 or not 0 < decay <= 1:
        raise ValueError(f"condition must be at least 1 and decay in (0, 1], not {condition} and {decay}")
    H, targets, k = [], [], min(n, m)
    for seed in seeds:
        basis, left, right = (
            torch.linalg.qr(normal(side, width, seed=3 * seed + number, where=CPU)).Q
            for number, (side, width) in enumerate([(n, n), (n, k), (m, k)])
        )
        eigenvalues = condition ** (-2 * torch.linspace(0, 1, n, dtype=torch.float64))
        H.append(basis * eigenvalues @ basis.mT)
        targets.append(left * decay ** torch.arange(k, dtype=torch.float64) @ right.mT)
    return Problem(torch.stack(H), torch.stack(targets))


def begin(start: str, problem: Problem, rank: int, seeds: Sequence[int]) -> tuple[Tensor, Tensor]:
    """(A, B) at the start, (s, n, r) and (s, r, m); `STARTS` says which. Raises `ValueError` for another start."""
    n, m, rank = problem.target.shape[-2], problem.target.shape[-1], whole(rank, "rank")
    if start not in STARTS:
        raise ValueError(f"no start is called {start!r}: one of {', '.join(STARTS)}")
    if 2 * rank > min(n, m):
        raise ValueError(f"twice the rank, {2 * rank}, exceeds the smaller side {min(n, m)}")
    if start == "gradient":
        left, _, right = torch.linalg.svd(problem.gradient(torch.zeros_like(problem.target)), full_matrices=False)
        return left[..., :rank], right[..., rank : 2 * rank, :]
    A = torch.stack([normal(n, rank, seed=7 * seed + 1, where=CPU) for seed in seeds])
    if start == "standard":
        return A / n**0.5, A.new_zeros(len(seeds), rank, m)
    B = torch.stack([normal(m, rank, seed=7 * seed + 2, where=CPU) for seed in seeds])
    return torch.linalg.qr(A).Q, torch.linalg.qr(B).Q.mT


@dataclass(frozen=True)
class Path:
    """What was learned at each step: `learned` (steps + 1, rates, s, n, m) and its `loss` (steps + 1, rates, s).

    A run whose numbers leave the range of float64 has the loss infinity from there on.
    """

    learned: Tensor
    loss: Tensor

    def apart(self, reference: Tensor) -> Tensor:
        """The mean over the steps of ‖D_t - R_t‖/‖R_t‖ for the path R (steps + 1, s, n, m): (rates, s)."""
        gap = (self.learned[1:] - reference[1:, None]).flatten(-2).norm(dim=-1)
        return (gap / reference[1:, None].flatten(-2).norm(dim=-1)).nan_to_num(torch.inf).mean(0)


def full(problem: Problem, rates: Sequence[float], steps: int) -> Path:
    """Gradient descent on W itself, for each rate."""
    rate = _column(rates)
    seen = [torch.zeros(len(rates), *problem.target.shape, dtype=torch.float64)]
    for _ in range(whole(steps, "steps")):
        seen.append(seen[-1] - rate * problem.gradient(seen[-1]))
    return _path(problem, seen)


def train(
    problem: Problem,
    method: str,
    A: Tensor,
    B: Tensor,
    rates: Sequence[float],
    steps: int,
    offset: Tensor | None = None,
) -> Path:
    """Steps of a method of `METHODS` from A and B (s, …), for each rate; D = A B - offset.

    `offset` is A B at the start unless given, so that training begins at W0. Raises `ValueError` for another method.
    """
    if method not in METHODS:
        raise ValueError(f"no method is called {method!r}: one of {', '.join(METHODS)}")
    taken = A @ B if offset is None else offset
    rate = _column(rates)
    A, B = (factor.expand(len(rates), *factor.shape) for factor in (A, B))
    alive = torch.ones(*A.shape[:2], 1, 1, dtype=torch.bool)
    seen = [A @ B - taken]
    for _ in range(whole(steps, "steps")):
        gradient = problem.gradient(seen[-1])
        step = METHODS[method](gradient @ B.mT, A.mT @ gradient, A, B)
        new_A, new_B = A - rate * step.a, B - rate * step.b
        # A run that has left the range stands still, so that its neighbours in the batch can be factorised.
        alive = alive & (_largest(new_A) < _BEYOND) & (_largest(new_B) < _BEYOND)
        A, B = torch.where(alive, new_A, A), torch.where(alive, new_B, B)
        seen.append(torch.where(alive, A @ B - taken, torch.inf))
    return _path(problem, seen)


_BEYOND = 1e6
"""Entries of this size are a run that diverged: the targets have entries below 1."""


def _largest(factor: Tensor) -> Tensor:
    return factor.abs().amax((-2, -1), keepdim=True).nan_to_num(torch.inf)


def _column(rates: Sequence[float]) -> Tensor:
    found = torch.tensor(list(rates), dtype=torch.float64)
    if found.numel() == 0 or bool((found <= 0).any()):
        raise ValueError("rates must be one or more positive numbers")
    return found[:, None, None, None]


def _path(problem: Problem, seen: list[Tensor]) -> Path:
    learned = torch.stack(seen)
    return Path(learned, problem.loss(learned).nan_to_num(torch.inf, posinf=torch.inf))
