"""The first step of Adam: the objective with signs, and three ways to choose a start for it."""

from __future__ import annotations

import torch
from torch import Tensor

from assayer.results.lora_ga.objective import least_distance
from assayer.results.lora_ga.starts import Start, aligned
from assayer.results.low_rank import fitting, whole

OPTIONS = ("the start of the gradient", "the start of its signs", "direct search")
"""The three ways: keep the start for plain descent, decompose sign(G), or minimise the objective itself."""


def sign_step(G: Tensor, A: Tensor, B: Tensor) -> Tensor:
    """A sign(AᵀG) + sign(G Bᵀ) B, n×m: the first step of Adam on both factors, in units of -η, to first order."""
    fitting(G, A, B)
    return A @ (A.mT @ G).sign() + (G @ B.mT).sign() @ B


def sign_share(G: Tensor, A: Tensor, B: Tensor) -> float:
    """min over t ≥ 0 of ‖t X - sign G‖²/‖sign G‖² for the step X of `sign_step`."""
    H = G.sign()
    return least_distance(sign_step(G, A, B), H) / float((H * H).sum())


def searched(G: Tensor, start: Start, steps: int = 400, rate: float = 0.02) -> Start:
    """The best start that Adam meets from `start` when it minimises the objective with its signs held fixed.

    The signs are piecewise constant: they have no slope, and their jumps are met and not foreseen.
    """
    A, B = (x.clone().requires_grad_(True) for x in start)
    H, best, least = G.sign(), start, sign_share(G, *start)
    search = torch.optim.Adam([A, B], lr=rate)
    for _ in range(whole(steps, "steps")):
        search.zero_grad()
        ((sign_step(G, A, B) - H) ** 2).sum().backward()
        search.step()
        with torch.no_grad():
            value = sign_share(G, A, B)
            if value < least:
                best, least = (A.detach().clone(), B.detach().clone()), value
    return best


def options(G: Tensor, r: int) -> dict[str, float]:
    """What each of `OPTIONS` misses, as a share of ‖sign G‖². The search begins at the better of the other two."""
    faithful, signed = aligned(G, r), aligned(G.sign(), r)
    shares = [sign_share(G, *faithful), sign_share(G, *signed)]
    found = searched(G, faithful if shares[0] <= shares[1] else signed)
    return dict(zip(OPTIONS, [*shares, sign_share(G, *found)], strict=True))
