"""One layer inside a small network, trained from several starts, each with its own best rate and scale."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from torch import Tensor

from assayer.results.lora_ga.starts import Start, aligned, olora, pissa, standard, weighted
from assayer.results.low_rank import normal, whole

METHODS = ("standard", "PiSSA", "OLoRA", "LoRA-GA", "LoRA-GA in peft")
"""The starts that are compared."""


@dataclass(frozen=True)
class Problem:
    """Y = tanh(X W) C with W to be found: X is b×n, W0 n×m, C m×m, and Y comes from another W."""

    X: Tensor
    W0: Tensor
    C: Tensor
    Y: Tensor

    def loss(self, W: Tensor) -> Tensor:
        """Half the mean square of the error, for each of the matrices W (..., n, m)."""
        return ((torch.tanh(self.X @ W) @ self.C - self.Y) ** 2).mean(dim=(-2, -1)) / 2

    def gradient(self) -> Tensor:
        """The gradient of the loss in W at W0, n×m."""
        W = self.W0.clone().requires_grad_(True)
        self.loss(W).backward()
        assert W.grad is not None
        return W.grad


def problem(seed: int, b: int = 40, n: int = 16, m: int = 12, decay: float = 1.0) -> Problem:
    """A problem in which W differs from W0 by a matrix of full rank with singular values k^-decay, in float64."""
    b, n, m = (whole(value, name) for value, name in ((b, "b"), (n, "n"), (m, "m")))
    X = normal(b, n, seed=seed)
    W0 = normal(n, m, seed=seed + 1) / n**0.5
    C = normal(m, m, seed=seed + 2) / m**0.5
    sides = [torch.linalg.qr(normal(side, min(n, m), seed=seed + 3 + k))[0] for k, side in enumerate((n, m))]
    sizes = 2 * torch.arange(1, min(n, m) + 1, dtype=X.dtype, device=X.device) ** -decay
    return Problem(X, W0, C, torch.tanh(X @ (W0 + sides[0] * sizes @ sides[1].mT)) @ C)


def start(method: str, made: Problem, r: int, seed: int) -> Start:
    """The start called `method` in `METHODS`; `ValueError` for another name."""
    if method == "standard":
        return standard(*made.W0.shape, r, seed)
    from_weights = {"PiSSA": pissa, "OLoRA": olora}
    from_gradient = {"LoRA-GA": aligned, "LoRA-GA in peft": weighted}
    if method in from_weights:
        return from_weights[method](made.W0, r)
    if method in from_gradient:
        return from_gradient[method](made.gradient(), r)
    raise ValueError(f"no start is called {method!r}: one of {', '.join(METHODS)}")


@contextmanager
def one_thread() -> Iterator[None]:
    """One thread for torch, and then as many as before: for matrices this small more of them only wait."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


@one_thread()
def trained(
    made: Problem, begin: Start | None, rates: Sequence[float], scales: Sequence[float], steps: Sequence[int]
) -> Tensor:
    """The loss after each number of `steps` of gradient descent: rates × scales × steps, on the CPU.

    begin: the factors at scale 1, trained as W0 - c² A0 B0 + A B from c A0 and c B0; None trains all of W, where a
    scale means nothing. A run that diverges counts as infinite.
    """
    grid = [(rate, c) for rate in rates for c in scales]
    rate = made.X.new_tensor([one for one, _ in grid])[:, None, None]
    c = made.X.new_tensor([one for _, one in grid])[:, None, None]
    if begin is None:
        leaves = [made.W0.expand(len(grid), *made.W0.shape).clone()]
        base = torch.zeros_like(leaves[0])
    else:
        leaves = [c * begin[0], c * begin[1]]
        base = made.W0 - leaves[0] @ leaves[1]
    seen, last = [], max(steps)
    for count in range(last + 1):
        for leaf in leaves:
            leaf.requires_grad_(True)
        losses = made.loss(leaves[0] if begin is None else base + leaves[0] @ leaves[1])
        if count in steps:
            seen.append(losses.detach())
        if count == last:
            break
        slopes = torch.autograd.grad(losses.sum(), leaves)
        leaves = [(leaf - rate * slope).detach() for leaf, slope in zip(leaves, slopes, strict=True)]
    found = torch.stack(seen, dim=-1).nan_to_num(nan=torch.inf).cpu()
    return found.reshape(len(rates), len(scales), len(steps))


@dataclass(frozen=True)
class Tuned:
    """The least loss over a grid, for each number of steps, and whether the best rate lies inside the grid."""

    losses: tuple[float, ...]
    inside: bool


def tuned(losses: Tensor) -> Tuned:
    """The best of a grid of rates × scales, chosen anew for each number of steps; see `trained`."""
    best = [losses[..., k].flatten().argmin().item() // losses.shape[1] for k in range(losses.shape[2])]
    inside = all(0 < place < losses.shape[0] - 1 for place in best)
    return Tuned(tuple(losses.amin(dim=(0, 1)).tolist()), inside)
