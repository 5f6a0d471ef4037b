"""One step along signs: the change of the loss, its first-order part, and a bound on the rest."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from assayer.results.low_rank import fitting

__all__ = ["SignStep", "sign_step"]


@dataclass(frozen=True)
class SignStep:
    """One sign step on L = Σ log cosh(A B − W*), whose second derivatives lie between 0 and 1.

    Attributes:
        change: the change of the loss.
        first: its first-order part, −eta_a ‖∂A‖₁ − eta_b ‖∂B‖₁.
        paired: the same as an inner product of the gradients with the step.
        rest: what the change may exceed `first` by: eta_a eta_b r ‖G‖₁ + ‖D‖²/2, D the change of A B.
        size: the sum of the absolute values that are added up for the two losses.
    """

    change: float
    first: float
    paired: float
    rest: float
    size: float


def sign_step(A: Tensor, B: Tensor, target: Tensor, eta_a: float, eta_b: float) -> SignStep:
    """Take A − eta_a sign ∂A and B − eta_b sign ∂B (A: n×r, B: r×m, target W*: n×m)."""
    _, _, r = fitting(target, A, B)
    loss = lambda W: (W - target).cosh().log().sum().item()
    G = (A @ B - target).tanh()
    by_a, by_b = G @ B.mT, A.mT @ G
    step_a, step_b = -eta_a * by_a.sign(), -eta_b * by_b.sign()
    after = (A + step_a) @ (B + step_b)
    D = after - A @ B
    return SignStep(
        change=loss(after) - loss(A @ B),
        first=-eta_a * by_a.abs().sum().item() - eta_b * by_b.abs().sum().item(),
        paired=((by_a * step_a).sum() + (by_b * step_b).sum()).item(),
        rest=eta_a * eta_b * r * G.abs().sum().item() + (D * D).sum().item() / 2,
        size=loss(after) + loss(A @ B),
    )
