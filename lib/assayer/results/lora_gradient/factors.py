"""The gradients of the factors, one step of both, what a step keeps, and adapters that are added up."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from assayer.results.low_rank import fitting, whole


@dataclass(frozen=True)
class Gradients:
    """Gradients of one loss: `full` in W (n×m), `a` in A (n×r), `b` in B (r×m)."""

    full: Tensor
    a: Tensor
    b: Tensor


def factor_gradients(G: Tensor, A: Tensor, B: Tensor) -> tuple[Tensor, Tensor]:
    """(G Bᵀ, Aᵀ G): the gradients in A (n×r) and B (r×m) of a loss whose gradient in W = W0 + A B is G (n×m).

    Raises `ValueError` for shapes that do not fit. Source: the chapter, "The gradients of the factors".
    """
    fitting(G, A, B)
    return G @ B.mT, A.mT @ G


def autograd(loss: Callable[[Tensor], Tensor], W0: Tensor, A: Tensor, B: Tensor) -> Gradients:
    """The same gradients by automatic differentiation of `loss`, a scalar function of W = W0 + A B."""
    fitting(W0, A, B)
    a, b = A.detach().requires_grad_(True), B.detach().requires_grad_(True)
    W = W0.detach() + a @ b
    W.retain_grad()
    loss(W).backward()
    if W.grad is None or a.grad is None or b.grad is None:
        raise ValueError("the loss does not depend on W: it has no gradient there")
    return Gradients(W.grad, a.grad, b.grad)


def step(G: Tensor, A: Tensor, B: Tensor, rate: float) -> Tensor:
    """What one step of gradient descent on A and B does to W: -rate (G BᵀB + A AᵀG) + rate² G BᵀAᵀ G, n×m."""
    a, b = factor_gradients(G, A, B)
    return -rate * (a @ B + A @ b) + rate**2 * a @ b


def balance(A: Tensor, B: Tensor) -> Tensor:
    """AᵀA - B Bᵀ, r×r: what gradient flow keeps."""
    return A.mT @ A - B @ B.mT


def additive(A: Tensor, B: Tensor, n: int, m: int) -> Tensor:
    """A 1ᵀ + 1 B, n×m, for a column A (n×1) and a row B (1×m): a matrix of rank 2 at most."""
    return additive_blocks(A, B, n, m)


def additive_blocks(A: Tensor, B: Tensor, n: int, m: int) -> Tensor:
    """A I_(r×m) + I_(n×r) B, n×m, where I_(r×m) repeats the r×r identity along the longer side.

    A: n×r; B: r×m; r must divide n and m. Raises `ValueError` where it does not.
    """
    r = whole(A.shape[1], "the rank r")
    n, m = whole(n, "n"), whole(m, "m")
    if n % r or m % r:
        raise ValueError(f"r must divide n and m: {r} does not divide {n if n % r else m}")
    if A.shape != (n, r) or B.shape != (r, m):
        raise ValueError(
            f"A and B must have shapes ({n}, {r}) and ({r}, {m}), not {tuple(A.shape)} and {tuple(B.shape)}"
        )
    eye = torch.eye(r, dtype=A.dtype, device=A.device)
    return A @ eye.repeat(1, m // r) + eye.repeat(n // r, 1) @ B
