"""LoRA-Pro: the directions of both factors that come nearest to full fine-tuning, and what they are.

Defined for the chapter chapters/low_rank/lora_pro.ipynb. W is n×m, W = W0 + A B with A (n×r) and B (r×m); G is the
gradient of the loss in W.
"""

from __future__ import annotations

from assayer.results.lora_pro.alignment import (
    CHOICES,
    Directions,
    aligned,
    by_brute_force,
    gram,
    missed,
    preconditioned,
    sylvester,
    tangent,
)
from assayer.results.lora_pro.training import METHODS, STARTS, Path, Problem, begin, full, problems, train

__all__ = [
    "CHOICES",
    "METHODS",
    "STARTS",
    "Directions",
    "Path",
    "Problem",
    "aligned",
    "begin",
    "by_brute_force",
    "full",
    "gram",
    "missed",
    "preconditioned",
    "problems",
    "sylvester",
    "tangent",
    "train",
]
