"""What the chapters of the part "Low rank" share: shapes that fit, and random matrices on the chosen device."""

from __future__ import annotations

from collections.abc import Callable
from operator import index
from typing import Any

import torch
from torch import Tensor

from assayer.lab import device, generator


def whole(value: Any, name: str, least: int = 1) -> int:
    """`value` as an int that is at least `least`; `TypeError` or `ValueError` naming it otherwise."""
    try:
        if isinstance(value, bool):
            raise TypeError
        number = index(value)
    except TypeError:
        raise TypeError(f"{name} must be an integer, at least {least}, not {value!r}") from None
    if number < least:
        raise ValueError(f"{name} must be at least {least}, not {number}")
    return number


def fitting(W: Tensor, A: Tensor, B: Tensor) -> tuple[int, int, int]:
    """(n, m, r) where W is n×m, A n×r and B r×m; `ValueError` naming the shapes where they do not fit."""
    shapes = [tuple(x.shape) for x in (W, A, B)]
    if any(len(shape) != 2 for shape in shapes) or shapes[0] != (shapes[1][0], shapes[2][1]):
        raise ValueError(f"W, A and B must have shapes (n, m), (n, r) and (r, m), not {shapes}")
    if shapes[1][1] != shapes[2][0]:
        raise ValueError(f"A and B must share the rank r: A has {shapes[1][1]} columns, B {shapes[2][0]} rows")
    return shapes[0][0], shapes[0][1], shapes[1][1]


def double_device() -> torch.device:
    """The chosen device where it has float64, else the CPU."""
    chosen = device()
    return torch.device("cpu") if chosen.type == "mps" else chosen


def normal(*shape: int, seed: int, where: torch.device | None = None) -> Tensor:
    """Independent standard normal numbers in float64, drawn on the CPU: the same on every device."""
    drawn = torch.randn(*shape, generator=generator(seed, "cpu"), dtype=torch.float64)
    return drawn.to(double_device() if where is None else where)


def dimension(build: Callable[[Tensor, Tensor], Tensor], A: Tensor, B: Tensor) -> int:
    """The rank of the derivative of (A, B) -> build(A, B) at one point: the dimension of what is reached nearby."""
    columns = torch.autograd.functional.jacobian(build, (A, B), vectorize=True)
    flat = torch.cat([c.reshape(-1, x.numel()) for c, x in zip(columns, (A, B), strict=True)], dim=1)
    return int(torch.linalg.matrix_rank(flat))
