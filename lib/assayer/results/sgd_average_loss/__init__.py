"""Projected SGD and the bound on its average loss. Defined for chapters/optimization/sgd_average_loss.ipynb.

| file | holds |
|---|---|
| `formulas.py` | the bound itself, its two schedules of rates, and what is known of sums of 1/sqrt(t) |
| `tight.py` | the instance on which the bound is an equality, in exact arithmetic |
| `descent.py` | projected SGD on a torch device, many runs at once, with their regret |
| `problems.py` | convex problems with random data, and the ones on which the bound fails |
| `pictures.py` | the chapter's figures, and the numbers that they show |

`formulas` and `tight` need the standard library only. torch is imported when a name that needs it is used.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from assayer.results.sgd_average_loss.formulas import bound, bounds, constant_rate, mean_distance, root_rate
from assayer.results.sgd_average_loss.tight import tight_points, tight_regret

if TYPE_CHECKING:
    from assayer.results.sgd_average_loss.descent import Run, ball, interval, projected_sgd
    from assayer.results.sgd_average_loss.problems import (
        KINDS,
        Cosine,
        Growing,
        LinearModel,
        Pull,
        linear_model,
    )

_LAZY = {
    **dict.fromkeys(("Run", "ball", "interval", "projected_sgd"), "descent"),
    **dict.fromkeys(("KINDS", "Cosine", "Growing", "LinearModel", "Pull", "linear_model"), "problems"),
}

__all__ = [
    "KINDS",
    "Cosine",
    "Growing",
    "LinearModel",
    "Pull",
    "Run",
    "ball",
    "bound",
    "bounds",
    "constant_rate",
    "interval",
    "linear_model",
    "mean_distance",
    "projected_sgd",
    "root_rate",
    "tight_points",
    "tight_regret",
]


def __getattr__(name: str) -> Any:
    if name in _LAZY:
        return getattr(importlib.import_module(f"{__name__}.{_LAZY[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
