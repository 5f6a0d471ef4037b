"""LoRA-GA: where two thin factors should begin, so that their first step is that of all weights.

Defined for the chapter chapters/low_rank/lora_ga.ipynb. W = W0 - A0 B0 + A B is n×m, A n×r, B r×m; G is the gradient of
the loss in W at W0.
"""

from __future__ import annotations

from assayer.results.lora_ga.objective import (
    bound,
    descended,
    first_order,
    least_distance,
    objective,
    second_order,
    share_left,
)
from assayer.results.lora_ga.signs import OPTIONS, options, searched, sign_share, sign_step
from assayer.results.lora_ga.starts import Start, aligned, olora, pissa, standard, weighted
from assayer.results.lora_ga.training import METHODS, Problem, Tuned, problem, start, trained, tuned

__all__ = [
    "METHODS",
    "OPTIONS",
    "Problem",
    "Start",
    "Tuned",
    "aligned",
    "bound",
    "descended",
    "first_order",
    "least_distance",
    "objective",
    "olora",
    "options",
    "pissa",
    "problem",
    "searched",
    "second_order",
    "share_left",
    "sign_share",
    "sign_step",
    "standard",
    "start",
    "trained",
    "tuned",
    "weighted",
]
