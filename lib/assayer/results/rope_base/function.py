"""f_b(m) = Σ_{i<d/2} cos(m b^(−2i/d)) in float64 on a torch device, and what rounding may do to it.

Everything that searches works with s = log b: the frequency of pair i is θ_i = exp(−s w_i) with w_i = 2i/d.
"""

from __future__ import annotations

import math
from operator import index
from typing import Any

import torch
from torch import Tensor

UNIT = 2.0**-53
"""The unit roundoff of float64."""
BLOCK = 64
"""Positions in a row of a scan: m = 64 j + k, so that cos(mθ) is a product of a row and a column."""
Number = float | int | Tensor


def whole(value: Any, name: str, least: int) -> int:
    """`value` as an int that is at least `least`; `TypeError` or `ValueError` naming it otherwise."""
    try:
        if isinstance(value, bool):
            raise TypeError
        number = index(value)
    except TypeError:
        kind = type(value).__name__
        raise TypeError(f"{name} must be an integer, at least {least}, not {value!r} of type {kind}") from None
    if number < least:
        raise ValueError(f"{name} must be at least {least}, not {number}")
    return number


def pairs(head_dim: Any, least: int = 2) -> int:
    """The number d/2 of rotated pairs; `ValueError` for an odd head size or one below `least`."""
    size = whole(head_dim, "head_dim", least)
    if size % 2:
        raise ValueError(f"head_dim must be even, not {size}: a rotation turns the components in pairs")
    return size // 2


def exponents(head_dim: int, device: torch.device | str = "cpu") -> Tensor:
    """w_i = 2i/d for i < d/2: float64 of shape (d/2,)."""
    return 2 * torch.arange(pairs(head_dim), dtype=torch.float64, device=device) / head_dim


def base_function(b: Number, m: Number, d: int) -> Tensor:
    """f_b(m) = Σ_{i<d/2} cos(m b^(−2i/d)), entry by entry: float64, in the shape that `b` and `m` broadcast to.

    b: bases, above 0 and finite; m: positions, any real numbers (integers in the chapter); tensors stay on their
    device, except that MPS, which has no float64, is left for the CPU. d: the head size, even.
    Raises `ValueError` naming a base that is not positive and finite or a position that is not finite, and for d.
    Source: the chapter, "Assume and prove".
    """
    half = pairs(d)
    where = next((x.device for x in (b, m) if isinstance(x, Tensor) and x.device.type != "mps"), torch.device("cpu"))
    bases = torch.as_tensor(b, dtype=None if isinstance(b, Tensor) else torch.float64).to(where, torch.float64)
    places = torch.as_tensor(m, dtype=None if isinstance(m, Tensor) else torch.float64).to(where, torch.float64)
    if not bool((torch.isfinite(bases) & (bases > 0)).all()):
        wrong = bases[~(torch.isfinite(bases) & (bases > 0))].flatten()[0].item()
        raise ValueError(f"a base must be positive and finite, not {wrong}")
    if not bool(torch.isfinite(places).all()):
        raise ValueError(f"a position must be finite, not {places[~torch.isfinite(places)].flatten()[0].item()}")
    s = bases.log()
    total = torch.zeros(torch.broadcast_shapes(bases.shape, places.shape), dtype=torch.float64, device=where)
    for i in range(half):
        total = total + torch.cos(places * torch.exp(s * (-2 * i / d)))
    return total


def phase_error(s: float, head_dim: int) -> Tensor:
    """ε_i with |computed m θ_i − m θ_i| ≤ ε_i m θ_i: float64 of shape (d/2,), on the CPU.

    The product s w_i is off by 2u of itself (w_i and the product are rounded), which the exponential turns into a
    relative error 2u s w_i; the exponential itself, the product with m and the split m = 64j + k add a few u. All
    are doubled, for a device whose functions are right to two units in the last place only.
    """
    return 2 * UNIT * (3 * abs(s) * exponents(head_dim) + 8)


def value_error(s: float, head_dim: int) -> tuple[float, float]:
    """(α, β) with |computed f − f| ≤ α m + β at log b = s, however the sum is formed.

    α = Σ ε_i θ_i bounds what the phases do, since |cos′| ≤ 1; β bounds the rounding of cosines, products and sums:
    an inner product of length d with entries up to 1 in size loses at most d² u, and each entry 8u more.
    """
    theta = torch.exp(-s * exponents(head_dim))
    return float((phase_error(s, head_dim) * theta).sum()) * (1 + 1e-6), 2 * UNIT * (head_dim**2 + 8 * head_dim)


def slope_error(s: float, head_dim: int) -> tuple[float, float]:
    """(α, β) with |computed ∂f/∂s − ∂f/∂s| ≤ α m² + β m at log b = s, however the sum is formed.

    Each term of ∂f/∂s = Σ m w θ sin(mθ) is off by what the phase does to the sine, by its own factor, and by 2d u for
    the inner product of length d.
    """
    w, error = exponents(head_dim), phase_error(s, head_dim)
    theta = torch.exp(-s * w)
    grown = 1 + 1e-6
    quadratic = float((w * theta**2 * error).sum()) * grown
    return quadratic, float((w * theta * (error + (2 * head_dim + 8) * UNIT)).sum()) * grown


def scan(
    s: float, start: int, stop: int, head_dim: int, where: torch.device, slope: bool = False
) -> tuple[Tensor, ...]:
    """f at the positions start … stop − 1 for log b = s, and with `slope` also ∂f/∂s; float64 of shape (stop − start,).

    cos((j + k)θ) = cos jθ cos kθ − sin jθ sin kθ makes all positions one product of a matrix of starts with a matrix
    of 64 offsets: d multiplications a position in place of d/2 cosines. `start` is a multiple of 64.
    """
    w = exponents(head_dim, where)
    theta = torch.exp(-s * w)
    rows = torch.arange(start, stop, BLOCK, dtype=torch.float64, device=where)[:, None] * theta
    columns = torch.arange(BLOCK, dtype=torch.float64, device=where)[:, None] * theta
    left = torch.cat([torch.cos(rows), torch.sin(rows)], dim=1)
    c, n = torch.cos(columns), torch.sin(columns)
    values = (left @ torch.cat([c, -n], dim=1).T).reshape(-1)[: stop - start]
    if not slope:
        return (values,)
    # ∂f/∂s = m Σ w θ sin(mθ), and sin((j + k)θ) = cos jθ sin kθ + sin jθ cos kθ.
    weight = w * theta
    turned = (left @ torch.cat([n * weight, c * weight], dim=1).T).reshape(-1)[: stop - start]
    return values, turned * torch.arange(start, stop, dtype=torch.float64, device=where)


def bending(s: float, head_dim: int) -> tuple[float, float]:
    """(A, B) with |∂²f/∂s²| ≤ A m² + B m at log b = s, and for every larger s: Σ (wθ)² and Σ w²θ fall as s grows."""
    w = exponents(head_dim)
    theta = torch.exp(-s * w)
    grown = 1 + 1e-12  # rounding of these sums of positive terms stays far below
    return float(((w * theta) ** 2).sum()) * grown, float((w**2 * theta).sum()) * grown


def outward(s: float, up: bool) -> float:
    """A float on the far side of exp(s): above it with `up`, else below; exp is right to a unit in the last place."""
    b = math.exp(s)
    for _ in range(2):
        b = math.nextafter(b, math.inf if up else 0.0)
    return b
