"""Convex problems with random data for projected SGD, and the problems on which its bound fails.

A linear model looks at the features a only through s = <a, theta>; its loss f(s, y) has a slope of size at most 1 in s,
so that with features of norm G every gradient has norm at most G.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import softplus

from assayer.results.sgd_average_loss.formulas import checked, checked_steps

Scored = Callable[[Tensor, Tensor], tuple[Tensor, Tensor]]


def _absolute(s: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
    return (s - y).abs(), torch.sign(s - y)


def _hinge(s: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
    margin = 1 - y * s
    return margin.clamp(min=0), -y * (margin > 0)


def _logistic(s: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
    return softplus(-y * s), -y * torch.sigmoid(-y * s)


def _linear(s: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
    return s, torch.ones_like(s)


KINDS: dict[str, Scored] = {
    "absolute deviation": _absolute,
    "hinge": _hinge,
    "logistic": _logistic,
    "random linear": _linear,
}
"""f(s, y) and a slope in s: |s - y|; max(0, 1 - ys); log(1 + exp(-ys)); s."""


@dataclass
class LinearModel:
    """A `Problem`: fresh features and targets for every run and step. Made by `linear_model`.

    Attributes:
        kind: a name in `KINDS`.
        hidden: the point that makes the targets, shape (runs, d); a comparator in the ball of its radius.
        gradient: the norm of every feature vector, so a bound on every gradient.
        noise: the standard deviation of what is added to <a, hidden> before the target is read off.
        generator: where the data come from, on the device of `hidden`.
    """

    kind: str
    hidden: Tensor
    gradient: float
    noise: float
    generator: torch.Generator

    def sample(self, step: int) -> tuple[Tensor, Tensor]:
        """Features of shape (runs, d), uniform on the sphere of radius `gradient`, and targets of shape (runs,)."""
        runs, d = self.hidden.shape
        drawn = self._normal(runs, d + 1)
        a = drawn[:, :d]
        a = a * (self.gradient / torch.linalg.vector_norm(a, dim=1, keepdim=True))
        y = (a * self.hidden).sum(dim=1) + self.noise * drawn[:, d]
        if self.kind in ("hinge", "logistic"):
            y = torch.where(y < 0, -1.0, 1.0).to(a)
        return a, y

    def loss(self, theta: Tensor, data: tuple[Tensor, Tensor]) -> tuple[Tensor, Tensor]:
        """f(<a, theta>, y) and its gradient, the slope times a."""
        a, y = data
        value, slope = KINDS[self.kind]((a * theta).sum(dim=1), y)
        return value, slope.unsqueeze(1) * a

    def _normal(self, *shape: int) -> Tensor:
        return torch.randn(*shape, generator=self.generator, dtype=self.hidden.dtype, device=self.hidden.device)


def linear_model(
    kind: str,
    *,
    runs: int,
    d: int,
    generator: torch.Generator,
    radius: float = 1.0,
    gradient: float = 1.0,
    noise: float = 0.5,
) -> LinearModel:
    """A linear model for `runs` runs in d dimensions, in float64 (float32 on MPS) on the generator's device.

    The hidden points are uniform on the sphere of `radius`, one for each run.
    Raises `ValueError` for an unknown kind, listing those there are, and for numbers that are out of range.
    """
    if kind not in KINDS:
        raise ValueError(f"no problem is called {kind!r}: one of {', '.join(KINDS)}")
    runs, d = checked_steps(runs, "runs"), checked_steps(d, "d")
    radius, gradient = checked("radius", radius, zero=False), checked("gradient", gradient, zero=False)
    device = generator.device
    dtype = torch.float32 if device.type == "mps" else torch.float64
    hidden = torch.randn(runs, d, generator=generator, dtype=dtype, device=device)
    hidden = hidden * (radius / torch.linalg.vector_norm(hidden, dim=1, keepdim=True))
    return LinearModel(kind, hidden, float(gradient), float(checked("noise", noise)), generator)


@dataclass(frozen=True)
class Pull:
    """The tight instance's loss G |theta| at every step; at 0 the subgradient -G is taken. theta: shape (runs, 1)."""

    gradient: float = 1.0

    def sample(self, step: int) -> None:
        """Nothing is random."""

    def loss(self, theta: Tensor, data: None) -> tuple[Tensor, Tensor]:
        """G |theta| and G, or -G where theta <= 0."""
        slope = torch.where(theta > 0, self.gradient, -self.gradient).to(theta)
        return self.gradient * theta.abs().sum(dim=1), slope


@dataclass(frozen=True)
class Growing:
    """Losses -G theta at every step: who starts at the wrong end of an interval pays until he has crossed it."""

    gradient: float = 1.0

    def sample(self, step: int) -> None:
        """Nothing is random."""

    def loss(self, theta: Tensor, data: None) -> tuple[Tensor, Tensor]:
        """-G theta, with the gradient -G. theta: shape (runs, 1)."""
        return -self.gradient * theta.sum(dim=1), torch.full_like(theta, -self.gradient)


@dataclass(frozen=True)
class Cosine:
    """The loss cos(theta), which is not convex; its gradient -sin(theta) is 0 at the maximum theta = 0."""

    def sample(self, step: int) -> None:
        """Nothing is random."""

    def loss(self, theta: Tensor, data: None) -> tuple[Tensor, Tensor]:
        """cos(theta) and -sin(theta). theta: shape (runs, 1)."""
        return torch.cos(theta).sum(dim=1), -torch.sin(theta)
