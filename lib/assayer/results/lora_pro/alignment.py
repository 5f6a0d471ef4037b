"""Directions for both factors whose step is as near as can be to a step of full fine-tuning.

Shapes: W = W0 + A B with A (…, n, r) and B (…, r, m); G (…, n, m) is the gradient of the loss in W. Leading
dimensions are a batch.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

CHOICES = ("plain", "symmetric", "nearest")
"""Which of the minimisers: C = 0; C = -½ S AᵀG Bᵀ T; the C that keeps both directions nearest to LoRA's gradients."""


@dataclass(frozen=True)
class Directions:
    """What a step takes from the factors, times the rate: `a` from A (…, n, r), `b` from B (…, r, m)."""

    a: Tensor
    b: Tensor

    def equivalent(self, A: Tensor, B: Tensor) -> Tensor:
        """a B + A b, (…, n, m): what the step takes from W to first order, the equivalent gradient."""
        return self.a @ B + A @ self.b


def sizes(A: Tensor, B: Tensor) -> tuple[int, int, int]:
    """(n, m, r); `ValueError` where A (…, n, r) and B (…, r, m) do not fit or r exceeds n or m."""
    if A.ndim < 2 or B.ndim < 2 or A.shape[-1] != B.shape[-2]:
        raise ValueError(f"A and B must have shapes (n, r) and (r, m), not {tuple(A.shape)} and {tuple(B.shape)}")
    n, r, m = A.shape[-2], A.shape[-1], B.shape[-1]
    if r > min(n, m):
        raise ValueError(f"the rank r = {r} exceeds the smaller side {min(n, m)} of W: A or B cannot have full rank")
    return n, m, r


def gram(A: Tensor, B: Tensor) -> tuple[Tensor, Tensor]:
    """(AᵀA, B Bᵀ), both (…, r, r) and invertible.

    Raises `ValueError` where one is singular to working precision: A must have full column rank, B full row rank. A
    factor of zeros, where LoRA begins, has not.
    """
    sizes(A, B)
    for name, factor, rank in (("A", A, "column"), ("B", B, "row")):
        values = torch.linalg.svdvals(factor)
        if bool((values[..., -1] <= values[..., 0] * max(factor.shape) * torch.finfo(values.dtype).eps).any()):
            raise ValueError(f"{name} must have full {rank} rank: start both factors away from 0")
    return A.mT @ A, B @ B.mT


def bases(A: Tensor, B: Tensor) -> tuple[Tensor, Tensor]:
    """Orthonormal columns that span the columns of A (…, n, r) and the rows of B (…, m, r)."""
    gram(A, B)
    return torch.linalg.qr(A).Q, torch.linalg.qr(B.mT).Q


def tangent(G: Tensor, A: Tensor, B: Tensor) -> Tensor:
    """P_A G + G P_B - P_A G P_B, (…, n, m): G on the tangent space of the rank-r matrices at A B."""
    left, right = bases(A, B)
    reads = G - left @ (left.mT @ G)
    return G - (reads - reads @ right @ right.mT)


def missed(G: Tensor, A: Tensor, B: Tensor) -> Tensor:
    """(I - P_A) G (I - P_B), (…, n, m): what no pair of directions reaches."""
    left, right = bases(A, B)
    rest = G - left @ (left.mT @ G)
    return rest - rest @ right @ right.mT


def sylvester(K: Tensor, L: Tensor, M: Tensor) -> Tensor:
    """The C with K C + C L = M, for symmetric K and L (…, r, r) with positive eigenvalues.

    In the eigenvectors of K and L the equation is (κ_i + λ_j) C_ij = M_ij. Raises `ValueError` where an eigenvalue is
    not positive.
    """
    (kappa, U), (ell, V) = torch.linalg.eigh(K), torch.linalg.eigh(L)
    if bool((kappa <= 0).any()) or bool((ell <= 0).any()):
        raise ValueError("K and L must be positive definite: every sum of their eigenvalues is a divisor")
    return U @ ((U.mT @ M @ V) / (kappa.unsqueeze(-1) + ell.unsqueeze(-2))) @ V.mT


def aligned(gradient_a: Tensor, gradient_b: Tensor, A: Tensor, B: Tensor, choice: str = "nearest") -> Directions:
    """The minimiser of ‖a B + A b - G‖² that `choice` names, from LoRA's gradients G Bᵀ and AᵀG alone.

    With S = (AᵀA)⁻¹ and T = (B Bᵀ)⁻¹: a = G Bᵀ T + A C, b = S AᵀG (I - P_B) - C B. Raises `ValueError` for another
    choice, and for factors without full rank. Source: the chapter, "All minimisers".
    """
    if choice not in CHOICES:
        raise ValueError(f"no minimiser is called {choice!r}: one of {', '.join(CHOICES)}")
    K, L = gram(A, B)
    a = torch.linalg.solve(L, gradient_a.mT).mT  # G Bᵀ T
    b = torch.linalg.solve(K, gradient_b)  # S AᵀG
    core = torch.linalg.solve(L, (b @ B.mT).mT).mT  # S AᵀG Bᵀ T
    b = b - core @ B
    if choice == "plain":
        return Directions(a, b)
    C = -core / 2 if choice == "symmetric" else sylvester(K, L, -A.mT @ a)
    return Directions(a + A @ C, b - C @ B)


def preconditioned(gradient_a: Tensor, gradient_b: Tensor, A: Tensor, B: Tensor) -> Directions:
    """(G Bᵀ T, S AᵀG): scaled gradient descent, whose equivalent gradient is P_A G + G P_B."""
    K, L = gram(A, B)
    return Directions(torch.linalg.solve(L, gradient_a.mT).mT, torch.linalg.solve(K, gradient_b))


def by_brute_force(G: Tensor, A: Tensor, B: Tensor) -> tuple[float, int]:
    """The least ‖a B + A b - G‖², and the number of directions in W that a and b reach, from the whole system.

    The system has nm equations in nr + rm unknowns, for one G (n×m).
    """
    n, m, r = sizes(A, B)
    eye = lambda k: torch.eye(k, dtype=G.dtype, device=G.device)
    from_a = torch.einsum("ik,sj->ijks", eye(n), B).reshape(n * m, n * r)
    from_b = torch.einsum("is,jk->ijsk", A, eye(m)).reshape(n * m, r * m)
    design = torch.cat([from_a, from_b], dim=1)
    left, values, _ = torch.linalg.svd(design, full_matrices=False)
    rank = int((values > values[0] * max(design.shape) * torch.finfo(values.dtype).eps).sum())
    rest = G.reshape(-1) - left[:, :rank] @ (left[:, :rank].mT @ G.reshape(-1))
    return float(rest @ rest), rank
