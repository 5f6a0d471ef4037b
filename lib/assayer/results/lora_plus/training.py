"""A teacher with a matrix of low rank, a student with factors, Adam with two rates: losses over a grid of rates.

The loss is that of infinitely many rows x with covariance I: E‖x(AB − UV)‖² = ‖AB − UV‖². It is computed from r×r
matrices, so that no n×m matrix is formed.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import cos, pi

import torch
from torch import Tensor

from assayer.lab import generator
from assayer.results.low_rank import whole

BETA1, BETA2, TINY = 0.9, 0.999, 1e-300
"""Adam's, as torch sets them; in place of its ε a number that only keeps 0/0 away."""


@dataclass(frozen=True)
class Sweep:
    """Losses after training, in units of the loss of AB = 0.

    Attributes:
        n: the width of the square layer.
        eta_a, eta_b: the rates, each shape (count,).
        loss: shape (seeds, len(eta_a), len(eta_b)).
    """

    n: int
    eta_a: Tensor
    eta_b: Tensor
    loss: Tensor


def teacher(n: int, r: int, seeds: int, where: torch.device | None = None) -> tuple[Tensor, Tensor, Tensor]:
    """(U, V, A0) for each of the seeds: U (seeds, n, r) with variance 1/n, V (seeds, r, n) with 1/r, A0 as U.

    Seed s draws the same numbers whatever the number of seeds, on the CPU; then they go to `where`.
    """
    n, r, seeds = whole(n, "n"), whole(r, "r"), whole(seeds, "seeds")
    draws = []
    for s in range(seeds):
        source = generator(1000 * n + s, "cpu")
        draw = lambda *shape, source=source: torch.randn(*shape, generator=source, dtype=torch.float64)
        draws.append((draw(n, r) / n**0.5, draw(r, n) / r**0.5, draw(n, r) / n**0.5))
    U, V, A0 = (torch.stack(parts).to(where or "cpu") for parts in zip(*draws, strict=True))
    return U, V, A0


def schedule(t: int, steps: int) -> float:
    """The share of the rate at step t = 0, 1, ...: half a cosine from 1 down towards 0."""
    return (1 + cos(pi * t / steps)) / 2


def sweep(
    n: int,
    eta_a: Tensor,
    eta_b: Tensor,
    *,
    r: int = 4,
    steps: int = 100,
    seeds: int = 3,
    size: float = 1.0,
    where: torch.device | None = None,
) -> Sweep:
    """Train from A = size·A0, B = 0 at every pair of rates, all at once in float64 (on the CPU if `where` is None).

    Raises `ValueError` for rates that are not positive; a run that overflows has the loss NaN or inf.
    """
    steps = whole(steps, "steps")
    if not bool((eta_a > 0).all() and (eta_b > 0).all()):
        raise ValueError("every rate must be positive")
    U, V, A0 = (part[:, None, None] for part in teacher(n, r, seeds, where))
    rate_a, rate_b = (x.to(U)[shape] for x, shape in ((eta_a, _ALONG_A), (eta_b, _ALONG_B)))
    grid = (U.shape[0], len(eta_a), len(eta_b))
    A = (size * A0).expand(*grid, -1, -1).clone()
    B = torch.zeros(*grid, r, n, dtype=U.dtype, device=U.device)
    threads = torch.get_num_threads()
    try:
        # Many small products: waiting for one another costs several threads more than the work does.
        torch.set_num_threads(1 if where is None else threads)
        _train(A, B, U, V, (rate_a, rate_b), steps)
    finally:
        torch.set_num_threads(threads)
    trace = lambda P, Q: (P * Q.mT).sum((-2, -1))
    whole_loss = trace(U.mT @ U, V @ V.mT)
    loss = trace(A.mT @ A, B @ B.mT) - 2 * trace(U.mT @ A, B @ V.mT) + whole_loss
    return Sweep(n, eta_a, eta_b, (loss / whole_loss).cpu())


def _train(A: Tensor, B: Tensor, U: Tensor, V: Tensor, rates: tuple[Tensor, Tensor], steps: int) -> None:
    """Train A and B in place."""
    moments = [torch.zeros_like(x) for x in (A, A, B, B)]
    for t in range(steps):
        by_a = A @ (B @ B.mT) - U @ (V @ B.mT)
        by_b = (A.mT @ A) @ B - (A.mT @ U) @ V
        share = schedule(t, steps)
        _adam(A, by_a, moments[0], moments[1], share * rates[0], t)
        _adam(B, by_b, moments[2], moments[3], share * rates[1], t)


_ALONG_A = (slice(None), None, None, None)
_ALONG_B = (None, slice(None), None, None)
"""Where the rates stand among the axes (eta_a, eta_b, row, column)."""


def _adam(x: Tensor, gradient: Tensor, first: Tensor, second: Tensor, rate: Tensor, t: int) -> None:
    """One step of Adam on x, in place; t = 0, 1, ..."""
    first.lerp_(gradient, 1 - BETA1)
    second.mul_(BETA2).addcmul_(gradient, gradient, value=1 - BETA2)
    length = (second / (1 - BETA2 ** (t + 1))).sqrt_().add_(TINY)
    x.sub_(first.div(length).mul_(rate / (1 - BETA1 ** (t + 1))))


def tuned(found: Sweep) -> dict[int, tuple[Tensor, bool]]:
    """For each k with points of ratio 2^k on the grid of powers of 2: the losses of all seeds at the best rates.

    Best by the mean logarithm over the seeds. The second value says whether the best point has both neighbours of its
    ratio on the grid: only then the rate is tuned. NaN counts as the largest loss. Raises `ValueError` for other grids.
    """
    a, b = (x.log2().round() for x in (found.eta_a, found.eta_b))
    for x, rates in ((a, found.eta_a), (b, found.eta_b)):
        if not torch.equal(2.0**x, rates) or not bool((x.diff() == 1).all()):
            raise ValueError("the rates must be consecutive powers of 2, rising")
    score = found.loss.nan_to_num(nan=torch.inf).clamp(min=1e-300).log().mean(0)
    best = {}
    for k in range(int(b[0] - a[-1]), int(b[-1] - a[0]) + 1):
        places = [(i, j) for i in range(len(a)) for j in range(len(b)) if int(b[j] - a[i]) == k]
        at = min(range(len(places)), key=lambda p: score[places[p]].item())
        i, j = places[at]
        best[k] = (found.loss[:, i, j], 0 < at < len(places) - 1)
    return best


def adam_product(
    eta_a: float,
    eta_b: float,
    size: float,
    *,
    decay: tuple[float, float] = (0.0, 0.0),
    n: int = 24,
    r: int = 4,
    steps: int = 50,
    eps: float = TINY,
) -> Tensor:
    """A B (n×n) after training from A = size·A0, B = 0 with `torch.optim.AdamW` at the two rates, on the CPU.

    decay: the weight decay of A and of B; with zeros this is Adam.
    """
    U, V, A0 = (part[0] for part in teacher(n, r, 1))
    A, B = (size * A0).requires_grad_(True), torch.zeros_like(V).requires_grad_(True)
    rates = [{"params": [x], "lr": e, "weight_decay": d} for x, e, d in zip((A, B), (eta_a, eta_b), decay, strict=True)]
    optimizer = torch.optim.AdamW(rates, eps=eps, weight_decay=0, foreach=False)
    for _ in range(whole(steps, "steps")):
        optimizer.zero_grad()
        (((A @ B - U @ V) ** 2).sum() / 2).backward()
        optimizer.step()
    return (A @ B).detach()
