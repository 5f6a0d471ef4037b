"""LoRA+: two rates for two factors, what the choice is argued from, and what it does on a generated problem.

Defined for the chapter chapters/low_rank/lora_plus.ipynb. W is n×m and acts on the rows of X: Y = X W, W = W0 + A B
with A (n×r) and B (r×m); G is the gradient of the loss in W, the rates are eta_a and eta_b, their ratio eta_b/eta_a.
"""

from __future__ import annotations

from assayer.results.lora_plus.groups import groups
from assayer.results.lora_plus.norms import (
    KINDS,
    Slopes,
    chi_mean,
    contrast,
    dense,
    expected_norms,
    norms,
    printed_ratio,
    ratio,
    slopes,
    stable_factors,
)
from assayer.results.lora_plus.signs import SignStep, sign_step
from assayer.results.lora_plus.training import Sweep, adam_product, sweep, teacher, tuned

__all__ = [
    "KINDS",
    "SignStep",
    "Slopes",
    "Sweep",
    "adam_product",
    "chi_mean",
    "contrast",
    "dense",
    "expected_norms",
    "groups",
    "norms",
    "printed_ratio",
    "ratio",
    "sign_step",
    "slopes",
    "stable_factors",
    "sweep",
    "teacher",
    "tuned",
]
