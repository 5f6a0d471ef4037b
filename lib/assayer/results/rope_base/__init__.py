"""How large RoPE's base must be. Defined for the chapter chapters/attention/rope_base.ipynb.

| file | holds |
|---|---|
| `function.py` | f_b(m) in float64 on a torch device, all positions at once, and what rounding does to them |
| `balls.py` | certificates in ball arithmetic: `context_length`, what holds, what fails on a range of bases |
| `least.py` | `least_base`: the infimum of the bases that hold (definition A) |
| `safe.py` | `safe_base`: the base from which on all hold (definition B) |
| `limit.py` | the limit of a large head size, and the error of a finite one |
| `degenerate.py` | bases below 1 that hold |
| `grid.py` | peers: grid searches, and frequencies as model libraries write them |
| `published.py` | the published table beside ours |
| `sweeps.py` | both least bases over lengths and head sizes, for `assayer.lab.sweep` |
| `stored.py` | the stored result of that sweep, in `data` |
| `pictures.py` | the chapter's figures, and the points that they show |

torch, python-flint and matplotlib are imported when a name that needs them is used.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from assayer.results.rope_base.balls import Undecided, context_length, enclose, first_failure, holds, uncovered
    from assayer.results.rope_base.degenerate import degenerate_ratio, degenerate_values
    from assayer.results.rope_base.function import base_function
    from assayer.results.rope_base.grid import customary_frequencies, dense_grid, nested_grid, our_frequencies
    from assayer.results.rope_base.least import LeastBase, least_base
    from assayer.results.rope_base.limit import FIRST_ZERO, limit_value, riemann_bound
    from assayer.results.rope_base.published import HEAD_DIM, ROWS, Row
    from assayer.results.rope_base.safe import SafeBase, safe_base

_HOMES = {
    "balls": ("Undecided", "context_length", "enclose", "first_failure", "holds", "uncovered"),
    "degenerate": ("degenerate_ratio", "degenerate_values"),
    "function": ("base_function",),
    "grid": ("customary_frequencies", "dense_grid", "nested_grid", "our_frequencies"),
    "least": ("LeastBase", "least_base"),
    "limit": ("FIRST_ZERO", "limit_value", "riemann_bound"),
    "published": ("HEAD_DIM", "ROWS", "Row"),
    "safe": ("SafeBase", "safe_base"),
}
_LAZY = {name: home for home, names in _HOMES.items() for name in names}

__all__ = [
    "FIRST_ZERO",
    "HEAD_DIM",
    "ROWS",
    "LeastBase",
    "Row",
    "SafeBase",
    "Undecided",
    "base_function",
    "context_length",
    "customary_frequencies",
    "degenerate_ratio",
    "degenerate_values",
    "dense_grid",
    "enclose",
    "first_failure",
    "holds",
    "least_base",
    "limit_value",
    "nested_grid",
    "our_frequencies",
    "riemann_bound",
    "safe_base",
    "uncovered",
]


def __getattr__(name: str) -> Any:
    if name in _LAZY:
        return getattr(importlib.import_module(f"{__name__}.{_LAZY[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
