"""Projected SGD on a torch device: many runs at once, each with its own data, and their regret."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Protocol

import torch
from torch import Tensor

from assayer.results.sgd_average_loss.formulas import checked, checked_rates

Projection = Callable[[Tensor], Tensor]


class Problem(Protocol):
    """A stream of losses: `sample` draws the data of step t = 1, 2, ...; `loss` evaluates them at a point."""

    def sample(self, step: int) -> Any:
        """The data of one step, for every run."""

    def loss(self, theta: Tensor, data: Any) -> tuple[Tensor, Tensor]:
        """The loss, of shape (runs,), and a (sub)gradient, of shape (runs, d), at `theta` of shape (runs, d)."""


@dataclass(frozen=True)
class Run:
    """What `projected_sgd` found; the first axis of every tensor but `history` is the run.

    Attributes:
        steps: T.
        losses: the sum of the losses at the iterates, shape (runs,).
        comparator: the sum of the losses at the comparator, shape (runs,); None without one.
        inner: the sum of <g_t, theta_t>, shape (runs,).
        gradients: the sum of the gradients, shape (runs, d).
        largest: the largest norm of a gradient, shape (runs,).
        average: the mean of theta_1, ..., theta_T, shape (runs, d).
        last: theta_{T+1}, shape (runs, d).
        history: the average regret after 1, ..., T steps, shape (T, runs); None unless asked for.
    """

    steps: int
    losses: Tensor
    comparator: Tensor | None
    inner: Tensor
    gradients: Tensor
    largest: Tensor
    average: Tensor
    last: Tensor
    history: Tensor | None

    @property
    def regret(self) -> Tensor:
        """The average loss above the comparator's, shape (runs,). Raises `ValueError` without a comparator."""
        if self.comparator is None:
            raise ValueError("this run has no comparator to measure its regret against: pass comparator=")
        return (self.losses - self.comparator) / self.steps

    def worst_regret(self, radius: float) -> Tensor:
        """The largest average of <g_t, theta_t - u> over all u of norm at most `radius`, shape (runs,).

        For convex losses no comparator u in that ball has a larger regret. The largest is at
        u = -radius g/|g| for the sum g of the gradients. radius: a number >= 0; errors as for `ball`.
        """
        return (self.inner + checked("radius", radius) * torch.linalg.vector_norm(self.gradients, dim=1)) / self.steps


def projected_sgd(
    problem: Problem,
    start: Tensor,
    rates: Iterable[float],
    project: Projection | None = None,
    *,
    comparator: Tensor | None = None,
    history: bool = False,
) -> Run:
    """theta_{t+1} = P(theta_t - eta_t g_t) for t = 1, ..., T, for all runs at once.

    problem: see `Problem`; it draws the data on the device of `start`. start: theta_1, floating, shape (runs, d).
    rates: the T rates, each > 0. project: the projection P; none leaves the steps as they are. comparator: points of
    shape (runs, d) or (d,) whose losses on the same data are summed too. history: keep the regret after every step.
    Raises `TypeError` unless start is a floating tensor; `ValueError` naming a wrong shape, a rate that is not
    positive, an iterate that is not finite, or history without a comparator.
    """
    if not isinstance(start, Tensor) or not start.is_floating_point():
        kind = start.dtype if isinstance(start, Tensor) else type(start).__name__
        raise TypeError(f"start must be a tensor of floats of shape (runs, d), not {kind}")
    if start.dim() != 2:
        raise ValueError(f"start must have the shape (runs, d), not {tuple(start.shape)}")
    if history and comparator is None:
        raise ValueError("history is the regret after every step: pass the comparator= that it is against")
    steps, theta = checked_rates(rates), start.clone()
    rest = None if comparator is None else _comparator(comparator, start)
    zero = theta.new_zeros(theta.shape[0])
    losses, compared, inner, largest = zero.clone(), zero.clone(), zero.clone(), zero.clone()
    gradients, points = torch.zeros_like(theta), torch.zeros_like(theta)
    kept = []
    for step, rate in enumerate(steps, start=1):
        data = problem.sample(step)
        loss, gradient = problem.loss(theta, data)
        losses += loss
        inner += (gradient * theta).sum(dim=1)
        largest = torch.maximum(largest, torch.linalg.vector_norm(gradient, dim=1))
        gradients += gradient
        points += theta
        if rest is not None:
            compared += problem.loss(rest, data)[0]
        if history:
            kept.append((losses - compared) / step)
        # One fused call, as torch.optim.SGD makes it: the two agree bit for bit.
        theta = torch.add(theta, gradient, alpha=-float(rate))
        theta = theta if project is None else project(theta)
    if not bool(torch.isfinite(theta).all()):
        raise ValueError("an iterate is not finite: lower the rates, or project")
    return Run(
        steps=len(steps),
        losses=losses,
        comparator=None if rest is None else compared,
        inner=inner,
        gradients=gradients,
        largest=largest,
        average=points / len(steps),
        last=theta,
        history=torch.stack(kept) if history else None,
    )


def ball(radius: float) -> Projection:
    """The projection on the ball of this radius about 0, row by row. radius: a number > 0, else `ValueError`."""
    radius = float(checked("radius", radius, zero=False))

    def project(theta: Tensor) -> Tensor:
        norm = torch.linalg.vector_norm(theta, dim=1, keepdim=True)
        return theta * (radius / norm.clamp(min=radius))

    return project


def interval(low: float, high: float) -> Projection:
    """The projection on [low, high], entry by entry. Raises `ValueError` unless low <= high are finite."""
    if not (float("-inf") < low <= high < float("inf")):
        raise ValueError(f"an interval has two finite ends, the lower first, not {low} and {high}")
    return lambda theta: theta.clamp(min=low, max=high)


def _comparator(comparator: Tensor, start: Tensor) -> Tensor:
    try:
        return comparator.to(start).expand_as(start)
    except RuntimeError:
        shapes = f"{tuple(start.shape)}, not {tuple(comparator.shape)}"
        raise ValueError(f"comparator must have the shape of start or one row of it, {shapes}") from None
