"""LoRA from the gradient: what two thin factors do to a matrix, step by step, and what that costs.

Defined for the chapter chapters/low_rank/lora_gradient.ipynb. W is n×m and acts on the rows of X (b×n): Y = X W, with
W = W0 + A B, A (n×r), B (r×m); G is the gradient of the loss in W.
"""

from __future__ import annotations

from assayer.results.lora_gradient.costs import FORMS, counted, merged, operations, split
from assayer.results.lora_gradient.factors import (
    Gradients,
    additive,
    additive_blocks,
    autograd,
    balance,
    factor_gradients,
    step,
)
from assayer.results.lora_gradient.redrawn import KINDS, Moments, moments, one_sided, redrawn
from assayer.results.low_rank import dimension

__all__ = [
    "FORMS",
    "KINDS",
    "Gradients",
    "Moments",
    "additive",
    "additive_blocks",
    "autograd",
    "balance",
    "counted",
    "dimension",
    "factor_gradients",
    "merged",
    "moments",
    "one_sided",
    "operations",
    "redrawn",
    "split",
    "step",
]
