"""The sums of absolute values of the two gradients: their ratio as a formula, in the mean, and over widths."""

from __future__ import annotations

from dataclasses import dataclass
from math import exp, lgamma, pi, sqrt
from typing import Any

import torch
from torch import Tensor

from assayer.results.low_rank import fitting, normal, whole

KINDS = ("dense", "rank one", "one entry", "one column")
"""The gradients whose norms are compared."""


def ratio(n: Any, m: Any, r: Any) -> Any:
    """n/√(m r): ‖∂A‖₁/‖∂B‖₁ at stable scales for a gradient with rows of like length and columns of like length.

    Numbers, or SymPy symbols for a formula. Source: the chapter, "The ratio".
    """
    return n * (m * r) ** _half(n, m, r, -1)


def printed_ratio(n: Any, m: Any, r: Any) -> Any:
    """(n/m)·√(n/r), as the article prints it."""
    return n / m * (n / r) ** _half(n, m, r)


def _half(n: Any, m: Any, r: Any, sign: int = 1) -> Any:
    if all(isinstance(x, (int, float)) for x in (n, m, r)):
        return sign * 0.5
    from sympy import Rational  # only a formula needs it

    return Rational(sign, 2)


def norms(G: Tensor, A: Tensor, B: Tensor) -> tuple[Tensor, Tensor]:
    """(‖G Bᵀ‖₁, ‖Aᵀ G‖₁), the sums of absolute values of the gradients; A and B may carry leading dimensions.

    Raises `ValueError` for shapes that do not fit.
    """
    fitting(G, A.reshape(-1, *A.shape[-2:])[0], B.reshape(-1, *B.shape[-2:])[0])
    return (G @ B.mT).abs().sum((-2, -1)), (A.mT @ G).abs().sum((-2, -1))


def stable_factors(n: int, m: int, r: int, seed: int, draws: int | None = None) -> tuple[Tensor, Tensor]:
    """Normal A (variance 1/n) and B (variance 1/r), float64; with `draws`, that many of each along the first axis."""
    n, m, r = whole(n, "n"), whole(m, "m"), whole(r, "r")
    lead = () if draws is None else (whole(draws, "draws"),)
    return normal(*lead, n, r, seed=seed) / n**0.5, normal(*lead, r, m, seed=seed + 1) / r**0.5


def dense(n: int, m: int, seed: int, kind: str = "dense") -> Tensor:
    """A gradient n×m of one of the `KINDS`: normal entries; a normal column times a normal row; one 1; a column of 1s.

    Raises `ValueError` for another kind.
    """
    n, m = whole(n, "n"), whole(m, "m")
    if kind not in KINDS:
        raise ValueError(f"no gradient is called {kind!r}: one of {', '.join(KINDS)}")
    if kind == "dense":
        return normal(n, m, seed=seed)
    if kind == "rank one":
        return normal(n, 1, seed=seed) @ normal(1, m, seed=seed + 1)
    G = torch.zeros_like(normal(n, m, seed=seed))
    G[: 1 if kind == "one entry" else n, 0] = 1
    return G


def expected_norms(G: Tensor, r: int) -> tuple[float, float]:
    """The means of both norms over `stable_factors`, G (n×m) held fixed; exact for normal entries.

    r √(2/π) √(1/r) Σ_i ‖row i of G‖, and r √(2/π) √(1/n) Σ_j ‖column j of G‖.
    """
    r = whole(r, "r")
    rows, columns = G.norm(dim=1).sum().item(), G.norm(dim=0).sum().item()
    return r * sqrt(2 / pi / r) * rows, r * sqrt(2 / pi / G.shape[0]) * columns


def chi_mean(k: int) -> float:
    """The mean length of k independent standard normal numbers: √2 Γ((k+1)/2)/Γ(k/2)."""
    k = whole(k, "k")
    return sqrt(2) * exp(lgamma((k + 1) / 2) - lgamma(k / 2))


def contrast(G: Tensor, r: int, factor: float, draws: int, seed: int) -> tuple[float, float]:
    """The mean and the standard deviation of (‖∂A‖₁ − factor ‖∂B‖₁)/E‖∂A‖₁ over `draws` stable factors.

    The mean is 0 exactly when `factor` is the ratio of the two mean norms.
    """
    A, B = stable_factors(*G.shape, r, seed=seed, draws=whole(draws, "draws", 2))
    a, b = norms(G, A, B)
    found = (a - factor * b) / expected_norms(G, r)[0]
    return found.mean().item(), found.std().item()


@dataclass(frozen=True)
class Slopes:
    """The slope of log(‖∂A‖₁/‖∂B‖₁) in log n: `mean` and standard deviation `spread` over `seeds` draws."""

    mean: float
    spread: float
    seeds: int
    ratios: tuple[float, ...]


def slopes(widths: tuple[int, ...], r: int, seeds: int, seed: int, kind: str = "dense") -> Slopes:
    """Fit the slope over square layers of the given widths, anew for each seed; `ratios` are geometric means."""
    seeds, widths = whole(seeds, "seeds", 2), tuple(whole(n, "a width") for n in widths)
    if len(set(widths)) < 2:
        raise ValueError("a slope needs two widths or more")
    logs = torch.empty(seeds, len(widths), dtype=torch.float64)
    for s in range(seeds):
        for place, n in enumerate(widths):
            here = seed + 10 * (s * len(widths) + place)
            a, b = norms(dense(n, n, here, kind), *stable_factors(n, n, r, here + 2))
            logs[s, place] = (a / b).log()
    x = torch.tensor(widths, dtype=torch.float64).log()
    x = x - x.mean()
    found = logs @ x / (x @ x)
    return Slopes(found.mean().item(), found.std().item(), seeds, tuple(logs.mean(0).exp().tolist()))
