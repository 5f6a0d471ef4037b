"""Where the factors may begin: from the gradient, from the weights or at random, each as (A0, B0)."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from assayer.results.low_rank import normal, whole

Start = tuple[Tensor, Tensor]
"""A0 (n×r) and B0 (r×m)."""


def twice(G: Tensor, r: int) -> int:
    """r as an int for which 2r singular values of G exist; `ValueError` naming the sizes otherwise."""
    r = whole(r, "the rank r")
    if G.ndim != 2 or 2 * r > min(G.shape):
        raise ValueError(f"2r must not be above the smaller side of the gradient: r = {r}, shape {tuple(G.shape)}")
    return r


def aligned(G: Tensor, r: int, first: Sequence[int] | None = None) -> Start:
    """The start of LoRA-GA from the gradient G (n×m): left singular vectors in A0, right ones in B0.

    first: which r of the leading 2r singular values A0 takes, counted from 0; the leading r by default. B0 takes the
    others. Source: the chapter, "The bound is attained". Raises `ValueError` for a rank or a choice that does not fit.
    """
    r = twice(G, r)
    chosen = list(range(r)) if first is None else sorted(set(first))
    if len(chosen) != r or not set(chosen) <= set(range(2 * r)):
        raise ValueError(f"A takes {r} different singular values among the first {2 * r}, not {first!r}")
    others = [i for i in range(2 * r) if i not in chosen]
    U, _, Vt = torch.linalg.svd(G, full_matrices=False)
    return U[:, chosen], Vt[others]


def weighted(G: Tensor, r: int) -> Start:
    """The start of LoRA-GA as peft 0.21.2 has it: B0 = S2 V2ᵀ carries its singular values.

    Its options "ArB2r" and "unit", with lora_alpha = r, written for W = W0 + A B; see `lora_ga_init` there.
    """
    A, B = aligned(G, r)
    return A, torch.linalg.svdvals(G)[r : 2 * r, None] * B


def standard(n: int, m: int, r: int, seed: int) -> Start:
    """The usual start in float64: the entries of A0 are normal with variance 1/n, and B0 = 0."""
    A = normal(whole(n, "n"), whole(r, "the rank r"), seed=seed) / n**0.5
    return A, A.new_zeros(r, whole(m, "m"))


def pissa(W0: Tensor, r: int) -> Start:
    """Principal singular values of the weights: A0 = U √S and B0 = √S Vᵀ, the leading r; peft's "pissa"."""
    U, S, Vt = torch.linalg.svd(W0, full_matrices=False)
    root = S[:r].sqrt()
    return U[:, :r] * root, root[:, None] * Vt[:r]


def olora(W0: Tensor, r: int) -> Start:
    """A QR decomposition W0ᵀ = Q R of the weights: A0 has the first r rows of R, B0 the first r columns of Q.

    peft's "olora", which decomposes the weight as it stores it, W0ᵀ.
    """
    Q, R = torch.linalg.qr(W0.mT)
    return R[:r].mT, Q[:, :r].mT
