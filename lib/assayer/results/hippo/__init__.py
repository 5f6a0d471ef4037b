"""HiPPO's matrices and the memories they drive. Defined for the chapter chapters/memory/hippo.ipynb.

| file | holds |
|---|---|
| `matrices.py` | `legs(n)` and `legt(n)` exactly, rescalings, the matrices as the published code writes them |
| `witness.py` | the same matrices by exact integration, and LegT's delay as a rational function, in exact arithmetic |
| `projection.py` | the direct road: a signal's coefficients by quadrature, and the signal back from them |
| `recurrence.py` | the online road: discretised state equations, batched on a torch device |
| `bounds.py` | what the chapter proves about the distance between the two roads |
| `pictures.py` | the chapter's figures |

n counts states: the polynomials have degree 0 .. n - 1. Importing the package loads neither SymPy, numpy nor torch;
each comes with the first name that needs it.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from assayer.results.hippo.bounds import backward_bound, bilinear_bound, delay_bound, hold_bound
    from assayer.results.hippo.matrices import legs, legt, lmu, numeric, published, rescaled
    from assayer.results.hippo.projection import basis, double_device, gauss, project, reconstruct
    from assayer.results.hippo.recurrence import discretize, legs_scan, scan
    from assayer.results.hippo.witness import delay_series, delay_transfer, integrated, residual

_HOME = {
    **dict.fromkeys(("backward_bound", "bilinear_bound", "delay_bound", "hold_bound"), "bounds"),
    **dict.fromkeys(("legs", "legt", "lmu", "numeric", "published", "rescaled"), "matrices"),
    **dict.fromkeys(("basis", "double_device", "gauss", "project", "reconstruct"), "projection"),
    **dict.fromkeys(("discretize", "legs_scan", "scan"), "recurrence"),
    **dict.fromkeys(("delay_series", "delay_transfer", "integrated", "residual"), "witness"),
}

__all__ = [
    "backward_bound",
    "basis",
    "bilinear_bound",
    "delay_bound",
    "delay_series",
    "delay_transfer",
    "discretize",
    "double_device",
    "gauss",
    "hold_bound",
    "integrated",
    "legs",
    "legs_scan",
    "legt",
    "lmu",
    "numeric",
    "project",
    "published",
    "reconstruct",
    "rescaled",
    "residual",
    "scan",
]


def __getattr__(name: str) -> Any:
    if name in _HOME:
        return getattr(importlib.import_module(f"{__name__}.{_HOME[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
