"""LegS and LegT, exactly and in float64, in the normalisation of the chapter.

The state is c with c_k the coefficient of the orthonormal polynomial g_k(s) = sqrt((2k+1)/2) P_k(s) on [-1, 1].
LegS remembers the whole past, t c'(t) = A c + B u(t). LegT remembers a window of length w, w c'(t) = A c + B u(t).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from assayer.results.hippo.arguments import choice, count, positive

if TYPE_CHECKING:
    import sympy as sp
    import torch
    from torch import Tensor

MEASURES = ("legs", "legt")
PUBLISHED = ("legs", "legt", "lmu")


def legs(n: int) -> tuple[sp.Matrix, sp.Matrix]:
    """LegS with `n` states, exactly: (A, B) of shapes n x n and n x 1, with t c' = A c + B u.

    A_ik = -sqrt((2i+1)(2k+1)) for k < i, -(i + 1) for k = i, 0 above; B_i = sqrt(2 (2i+1)).
    Raises `TypeError` or `ValueError` unless n is an integer >= 1.
    Source: the chapter, claim hippo.legs; Gu and others (2020), theorem 2, whose B is smaller by sqrt(2).
    """
    import sympy as sp

    n = count(n, "the number of states n")

    def entry(i: int, k: int) -> sp.Expr:
        if k < i:
            return -sp.sqrt((2 * i + 1) * (2 * k + 1))
        return sp.Integer(-(i + 1)) if k == i else sp.Integer(0)

    return sp.Matrix(n, n, entry), _input(n)


def legt(n: int) -> tuple[sp.Matrix, sp.Matrix]:
    """LegT with `n` states, exactly: (A, B) of shapes n x n and n x 1, with w c' = A c + B u.

    A_ik = -sqrt((2i+1)(2k+1)) for k <= i, and that times (-1)^(i-k) for k > i; B_i = sqrt(2 (2i+1)).
    Raises `TypeError` or `ValueError` unless n is an integer >= 1.
    Source: the chapter, claim hippo.legt; Gu and others (2020), theorem 1, whose B is smaller by sqrt(2).
    """
    import sympy as sp

    n = count(n, "the number of states n")

    def entry(i: int, k: int) -> sp.Expr:
        sign = 1 if k <= i else (-1) ** (k - i)
        return -sign * sp.sqrt((2 * i + 1) * (2 * k + 1))

    return sp.Matrix(n, n, entry), _input(n)


def _input(n: int) -> sp.Matrix:
    import sympy as sp

    return sp.Matrix(n, 1, lambda i, _: sp.sqrt(2 * (2 * i + 1)))


def rescaled(A: sp.Matrix, B: sp.Matrix, scale: Sequence[Any]) -> tuple[sp.Matrix, sp.Matrix]:
    """The same system for the states c~ with c_k = scale_k c~_k: A_ik scale_k/scale_i and B_i/scale_i.

    scale: one nonzero SymPy number for each state. Raises `ValueError` for another length, or a zero.
    """
    import sympy as sp

    factors = [sp.sympify(x) for x in scale]
    if len(factors) != A.rows:
        raise ValueError(f"scale must have one factor for each of the {A.rows} states, got {len(factors)}")
    if any(f == 0 for f in factors):
        raise ValueError("scale must not hold 0: a state that is lost cannot be scaled back")
    left = sp.diag(*(1 / f for f in factors))
    return (left * A * sp.diag(*factors)).applyfunc(sp.radsimp), (left * B).applyfunc(sp.radsimp)


def lmu(n: int) -> tuple[sp.Matrix, sp.Matrix]:
    """Legendre Memory Unit with `n` states, exactly: (A, B) with w m' = A m + B u, as printed there.

    A_ik = (2i+1) times -1 for i < k and (-1)^(i-k+1) otherwise; B_i = (2i+1) (-1)^i.
    Raises as `legs`. Source: Voelker, Kajic and Eliasmith (2019), equation (2).
    """
    import sympy as sp

    n = count(n, "the number of states n")
    A = sp.Matrix(n, n, lambda i, k: (2 * i + 1) * (-1 if i < k else (-1) ** (i - k + 1)))
    return A, sp.Matrix(n, 1, lambda i, _: (2 * i + 1) * (-1) ** i)


def numeric(measure: str, n: int, device: torch.device | str | None = None) -> tuple[Tensor, Tensor]:
    """`legs(n)` or `legt(n)` in float64: A of shape (n, n) and B of shape (n,), on `device` (the CPU by default).

    Each entry is correctly rounded (for n <= 2^25): each root is of an exact integer, and NumPy's is IEEE's. PyTorch's
    vector root was seen to be off by the last bit. Raises `ValueError` for another measure; n as for `legs`.
    """
    import numpy as np
    import torch

    measure = choice(measure, "measure", MEASURES)
    n = count(n, "the number of states n")
    odd = 2 * np.arange(n) + 1
    roots = torch.from_numpy(np.sqrt(np.outer(odd, odd)))
    if measure == "legs":
        A = -roots.tril(-1) - torch.diag(torch.arange(1, n + 1, dtype=torch.float64))
    else:
        place = torch.arange(n)
        below = place[:, None] >= place[None, :]
        odd_steps = (place[:, None] - place[None, :]) % 2 == 1
        A = torch.where(below | ~odd_steps, -roots, roots)
    return A.to(device), torch.from_numpy(np.sqrt(2 * odd)).to(device)


def published(measure: str, n: int, theta: float = 1.0) -> tuple[Tensor, Tensor]:
    """What the published code computes for `measure` ("legs", "legt" or "lmu"): A (n, n) and B (n,) in float64.

    Its formulas are followed in its own order of operations, so that rounding differs from `numeric`: "legs" scales
    a matrix of integers by the roots from both sides, "legt" multiplies by them, "lmu" divides by `theta`.
    Source: the function `transition` of the code published with Gu and others (2020). Raises as `numeric`.
    """
    import torch

    measure = choice(measure, "measure", PUBLISHED)
    n, theta = count(n, "the number of states n"), positive(theta, "theta")
    q = torch.arange(n, dtype=torch.float64)
    row, column = q[:, None], q[None, :]
    r = (2 * q + 1).sqrt()
    if measure == "legs":
        integers = torch.where(row >= column, 2 * column + 1, 0.0) - torch.diag(q)
        return -(torch.diag(r) @ integers @ torch.diag(1 / r)), r
    alternating = 1 - 2 * ((row - column) % 2)
    if measure == "legt":
        return -(r[:, None] * torch.where(row < column, alternating, 1.0) * r[None, :]), r
    size = (2 * q + 1) / theta
    return torch.where(row < column, -1.0, -alternating) * size[:, None], (1 - 2 * (q % 2)) * size
