"""The nearest Monarch matrix, and other ways to come near: a truncated SVD, and a search by gradients."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import NormalDist

import torch
from torch import Tensor

from assayer.results.low_rank import normal, whole
from assayer.results.monarch.blocks import dense, parts, slices
from assayer.results.monarch.members import sample


def distance(A: Tensor, B: Tensor) -> float:
    """‖A − B‖²/‖A‖², Frobenius."""
    return float(((A - B).abs() ** 2).sum() / (A.abs() ** 2).sum())


def nearest(A: Tensor, b: int, which: int = 0) -> tuple[Tensor, Tensor]:
    """(L, R) of the Monarch matrix nearest to A: in each slice, its first pair of singular vectors.

    which: another pair, for comparison only. Raises `ValueError` for a pair that the slices do not have.
    """
    S = slices(A, b)
    if not 0 <= which < min(S.shape[2:]):
        raise ValueError(f"slices of {S.shape[2]}×{S.shape[3]} have the pairs 0 to {min(S.shape[2:]) - 1}, not {which}")
    U, sigma, V = torch.linalg.svd(S, full_matrices=False)
    root = sigma[..., which, None].sqrt()
    left, right = root * U[..., :, which], root * V[..., which, :]  # b×p×p: (j, k, i); b×p×b: (j, k, l)
    return left.mT, right.transpose(0, 1)


def kept(A: Tensor, b: int) -> float:
    """The share of ‖A‖² that the nearest Monarch matrix keeps: Σ σ₁² over the slices, by ‖A‖²."""
    return float((torch.linalg.svdvals(slices(A, b))[..., 0] ** 2).sum() / (A.abs() ** 2).sum())


def slice_ranks(A: Tensor, b: int) -> Tensor:
    """The numerical rank of each slice, b×p; values below n ε of the largest in the whole matrix count as 0."""
    sigma = torch.linalg.svdvals(slices(A, b))
    return (sigma > sigma.max() * A.shape[0] * torch.finfo(sigma.dtype).eps).sum(-1)


def truncated(A: Tensor, rank: int) -> float:
    """‖A − A_r‖²/‖A‖² for the nearest matrix A_r of that rank."""
    sigma = torch.linalg.svdvals(A)
    return float((sigma[whole(rank, "rank") :] ** 2).sum() / (sigma**2).sum())


def descend(A: Tensor, b: int, seed: int, steps: int = 40) -> float:
    """‖A − M‖²/‖A‖² at the end of a search over all factors at once (L-BFGS), from a normal start.

    The search knows nothing of slices: it sees the entries of L and R and the squared distance.
    """
    p, b = parts(A.shape[0], b)
    scale = (A.abs().mean() / p**0.5).sqrt()
    L = (scale * normal(b, p, p, seed=seed, where=A.device)).requires_grad_(True)
    R = (scale * normal(p, b, b, seed=seed + 1, where=A.device)).requires_grad_(True)
    search = torch.optim.LBFGS([L, R], max_iter=whole(steps, "steps"), line_search_fn="strong_wolfe")
    size = (A**2).sum()

    def loss() -> Tensor:
        search.zero_grad()
        value = ((dense(L, R) - A) ** 2).sum() / size
        value.backward()
        return value

    search.step(loss)
    return distance(A, dense(L.detach(), R.detach()))


@dataclass(frozen=True)
class Compared:
    """Relative squared errors at equal storage, one for each seed: Monarch with b = m, and the SVD with rank m."""

    monarch: Tensor
    svd: Tensor

    @property
    def gap(self) -> float:
        """The mean of the SVD's error less Monarch's: positive where Monarch is nearer."""
        return float((self.svd - self.monarch).mean())

    @property
    def error(self) -> float:
        """The standard error of `gap`, from the spread over the seeds."""
        return float((self.svd - self.monarch).std()) / len(self.svd) ** 0.5

    def nearer(self, false_alarm: float) -> str:
        """Which is nearer in the mean, or "undecided" where chance makes such a gap with that probability or more."""
        if abs(self.gap) <= -NormalDist().inv_cdf(false_alarm / 2) * self.error:
            return "undecided"
        return "Monarch" if self.gap > 0 else "SVD"


def compare(kind: str, m: int, seeds: int) -> Compared:
    """Both errors on `seeds` random matrices of m²×m², of a kind in `members.KINDS`, in float64 on the CPU."""
    m = whole(m, "m", 2)
    drawn = [sample(kind, m * m, seed) for seed in range(whole(seeds, "seeds", 2))]
    return Compared(
        torch.tensor([1 - kept(A, m) for A in drawn], dtype=torch.float64),
        torch.tensor([truncated(A, m) for A in drawn], dtype=torch.float64),
    )
