"""The factors of a Monarch matrix, its slices, and products with it."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.utils.flop_counter import FlopCounterMode

from assayer.results.low_rank import whole


def parts(n: Any, b: Any) -> tuple[int, int]:
    """(p, b) with n = p b; `ValueError` where b does not divide n."""
    n, b = whole(n, "n"), whole(b, "b")
    if n % b:
        raise ValueError(f"b must divide n: {b} does not divide {n}")
    return n // b, b


def _factors(L: Tensor, R: Tensor) -> tuple[int, int]:
    """(p, b) where L is b×p×p and R is p×b×b; `ValueError` naming the shapes where they do not fit."""
    if L.ndim != 3 or R.ndim != 3 or L.shape[1:] != (R.shape[0],) * 2 or R.shape[1:] != (L.shape[0],) * 2:
        raise ValueError(f"L and R must have shapes (b, p, p) and (p, b, b), not {tuple(L.shape)} and {tuple(R.shape)}")
    return R.shape[0], L.shape[0]


def transposed(x: Tensor, b: int) -> Tensor:
    """P x: the last axis, read as a p×b array by rows, read out by columns. Place k b + j goes to place j p + k."""
    p, b = parts(x.shape[-1], b)
    return x.unflatten(-1, (p, b)).mT.flatten(-2)


def dense(L: Tensor, R: Tensor) -> Tensor:
    """The n×n matrix with L[j, i, k] R[k, j, l] in row i b + j and column k b + l."""
    p, b = _factors(L, R)
    return torch.einsum("jik,kjl->ijkl", L, R).reshape(p * b, p * b)


def by_factors(L: Tensor, R: Tensor) -> Tensor:
    """The same matrix as a product of four n×n matrices: Pᵀ · diag(L) · P · diag(R)."""
    p, b = _factors(L, R)
    eye = torch.eye(p * b, dtype=L.dtype, device=L.device)
    P = transposed(eye, b).mT  # row by row this transposes each unit vector
    return P.mT @ torch.block_diag(*L) @ P @ torch.block_diag(*R)


def multiply(L: Tensor, R: Tensor, x: Tensor) -> Tensor:
    """M x for each row x of a batch (…×n), by two batched products; no n×n matrix is formed."""
    p, b = _factors(L, R)
    if x.shape[-1] != p * b:
        raise ValueError(f"x must have {p * b} entries in its last axis, not {x.shape[-1]}")
    rows = x.reshape(-1, p, b)
    middle = torch.bmm(rows.transpose(0, 1), R.mT)  # p × batch × b: block k on row k
    out = torch.bmm(middle.permute(2, 1, 0), L.mT)  # b × batch × p: block j on column j
    return out.permute(1, 2, 0).reshape(x.shape)


def inverse_product(L: Tensor, R: Tensor, x: Tensor) -> Tensor:
    """M⁻¹ x for each row x of a batch: R⁻¹ Pᵀ L⁻¹ P x, block by block.

    Raises `torch.linalg.LinAlgError` where a block has no inverse.
    """
    p, b = _factors(L, R)
    columns = x.reshape(-1, p, b).permute(2, 1, 0)  # b × p × batch
    middle = torch.linalg.solve(L, columns)
    out = torch.linalg.solve(R, middle.transpose(0, 1))  # p × b × batch
    return out.permute(2, 0, 1).reshape(x.shape)


def slices(A: Tensor, b: int) -> Tensor:
    """The n slices of an n×n matrix, b×p×p×b: slice [j, k] holds A[i b + j, k b + l] in row i, column l."""
    if A.ndim != 2 or A.shape[0] != A.shape[1]:
        raise ValueError(f"A must be square, not {tuple(A.shape)}")
    p, b = parts(A.shape[0], b)
    return A.reshape(p, b, p, b).permute(1, 2, 0, 3)


def unsliced(S: Tensor) -> Tensor:
    """The matrix whose slices are S (b×p×p×b)."""
    b, p = S.shape[:2]
    return S.permute(2, 0, 1, 3).reshape(p * b, p * b)


def storage(n: Any, b: Any) -> Any:
    """The numbers in L and R together, n²/b + n b; integers or symbols."""
    return n**2 / b + n * b


def operations(n: Any, b: Any, batch: Any = 1) -> Any:
    """Multiplications and additions of a product with `batch` vectors: twice the storage for each."""
    return 2 * batch * storage(n, b)


def counted(n: int, b: int, batch: int) -> int:
    """The same number as torch's counter of operations finds it, on tensors without numbers."""
    p, b = parts(n, b)
    make = lambda *shape: torch.empty(*shape, device="meta")
    with FlopCounterMode(display=False) as counter:
        multiply(make(b, p, p), make(p, b, b), make(whole(batch, "batch"), p * b))
    return counter.get_total_flops()
