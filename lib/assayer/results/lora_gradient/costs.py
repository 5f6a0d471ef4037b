"""What a layer costs, counted in multiplications and additions: as a formula, and as torch counts it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.utils.flop_counter import FlopCounterMode

from assayer.results.low_rank import whole


def full(X: Tensor, W0: Tensor, _A: Tensor, _B: Tensor) -> Tensor:
    """X W with all of W trained: the factors are not used."""
    return X @ W0


def merged(X: Tensor, W0: Tensor, A: Tensor, B: Tensor) -> Tensor:
    """X (W0 + A B): the factors are multiplied out first, so that the backward pass forms all of G."""
    return X @ (W0 + A @ B)


def split(X: Tensor, W0: Tensor, A: Tensor, B: Tensor) -> Tensor:
    """X W0 + (X A) B: no matrix of the size of G is formed."""
    return X @ W0 + (X @ A) @ B


FORMS: dict[str, Callable[[Tensor, Tensor, Tensor, Tensor], Tensor]] = {
    "full": full,
    "merged": merged,
    "split": split,
}
"""The three ways to write the layer."""


def operations(form: str, b: Any, n: Any, m: Any, r: Any) -> Any:
    """Additions and multiplications of one forward and one backward pass, the gradient in X included.

    form: a name in `FORMS`; b, n, m, r: integers, or symbols for a formula. Source: the chapter, "The cost".
    """
    unit, factors = 2 * b * n * m, 2 * n * r * m
    thin = 2 * b * r * (n + m)
    try:
        return {"full": 3 * unit, "merged": 3 * unit + 3 * factors, "split": 2 * unit + 3 * thin}[form]
    except KeyError:
        raise ValueError(f"no form is called {form!r}: one of {', '.join(FORMS)}") from None


def counted(form: str, b: int, n: int, m: int, r: int) -> int:
    """The same number, as torch's counter of operations sees it in a real forward and backward pass.

    Nothing is computed with numbers: the tensors live on the device "meta".
    """
    if form not in FORMS:
        raise ValueError(f"no form is called {form!r}: one of {', '.join(FORMS)}")
    b, n, m, r = (whole(x, name) for x, name in ((b, "b"), (n, "n"), (m, "m"), (r, "r")))
    make = lambda *shape, grad: torch.empty(*shape, device="meta", requires_grad=grad)
    X, W0 = make(b, n, grad=True), make(n, m, grad=form == "full")
    A, B = make(n, r, grad=True), make(r, m, grad=True)
    with FlopCounterMode(display=False) as counter:
        Y = FORMS[form](X, W0, A, B)
        Y.backward(torch.empty_like(Y))
    return counter.get_total_flops()
