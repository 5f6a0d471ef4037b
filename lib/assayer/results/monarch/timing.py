"""What the chapter and the benchmark time: three products with a batch of vectors, in float32 on the chosen device."""

from __future__ import annotations

import statistics
from collections.abc import Callable

import torch
from torch import Tensor

from assayer.lab import device, generator, stopwatch
from assayer.results.low_rank import whole
from assayer.results.monarch.blocks import dense, multiply


class Disagreement(ArithmeticError):
    """Two ways to one product that differ by more than rounding allows."""


def contenders(n: int, batch: int) -> dict[str, Callable[[], Tensor]]:
    """The products for n = b²: a dense one, two batched ones of small blocks, and an FFT, which is another product.

    Raises `ValueError` where n is no square, and `Disagreement` where dense and batched products of one matrix differ.
    """
    n = whole(n, "n")
    b = round(n**0.5)
    if b * b != n:
        raise ValueError(f"n must be a square, not {n}")
    source = generator(1)
    draw = lambda *shape: torch.randn(*shape, generator=source, device=device())
    L, R, X = draw(b, b, b), draw(b, b, b), draw(whole(batch, "batch"), n)
    W = dense(L, R).mT.contiguous()
    # Each entry is a sum of n products: n + 1 roundings at most on its way, in units of the absolute values.
    allowed = 2 * (n + 1) * torch.finfo(X.dtype).eps * (X.abs() @ W.abs())
    if bool(((multiply(L, R, X) - X @ W).abs() > allowed).any()):
        raise Disagreement(f"n = {n}: the two batched products differ from the dense one")
    return {"dense": lambda: X @ W, "two bmm": lambda: multiply(L, R, X), "fft": lambda: torch.fft.rfft(X)}


def seconds(run: Callable[[], Tensor], repeats: int) -> float:
    """The median time of `run`, after one run that is not counted."""
    run()
    times = []
    for _ in range(whole(repeats, "repeats")):
        with stopwatch() as watch:
            run()
        times.append(watch.seconds)
    return statistics.median(times)


def crossover(ratios: dict[int, float]) -> int | None:
    """The least n from which on every ratio (dense by batched) is above 1; None where the last is not."""
    found = None
    for n in sorted(ratios, reverse=True):
        if ratios[n] <= 1:
            break
        found = n
    return found
