"""n = ab + c with a + b + c least. Defined for the chapter chapters/numbers/near_product.ipynb.

| file | holds |
|---|---|
| `scan.py` | the chapter's algorithm for one integer of any size: `minimize` and its kin |
| `witness.py` | the same minimum by other roads, to check the algorithm against |
| `published.py` | the source's earlier algorithms as printed, and the naive rule it retracts |
| `law.py` | the excess S - 2 sqrt(n) in units of n^(1/6), and its conjectured limit law |
| `pictures.py` | the chapter's figures, and the points that they show |
| `batch.py` | the algorithm on a torch device, for millions of integers at once |
| `segment.py` | S(n) for every n of a range, by a sieve |
| `sweeps.py` | the excess of every n up to a limit, block by block, for `assayer.lab.sweep` |
| `stored.py` | the stored result of that sweep, in `data` |

`minimize` needs the standard library only. numpy and torch are imported when a name that needs them is used.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from assayer.results.near_product.law import EXCESS_MEAN, excess, excess_law
from assayer.results.near_product.published import first_algorithm, naive_rule, published_scan
from assayer.results.near_product.scan import least_sum, minimize, minimizers, search_bound

if TYPE_CHECKING:
    from assayer.results.near_product.batch import LARGEST, excesses, least_sums
    from assayer.results.near_product.published import first_algorithm_table, naive_table
    from assayer.results.near_product.witness import (
        brute_force,
        brute_force_table,
        proven_window,
        scan_over_a,
    )

_LAZY = {
    **dict.fromkeys(("LARGEST", "excesses", "least_sums"), "batch"),
    **dict.fromkeys(("first_algorithm_table", "naive_table"), "published"),
    **dict.fromkeys(("brute_force", "brute_force_table", "proven_window", "scan_over_a"), "witness"),
}

__all__ = [
    "EXCESS_MEAN",
    "LARGEST",
    "brute_force",
    "brute_force_table",
    "excess",
    "excess_law",
    "excesses",
    "first_algorithm",
    "first_algorithm_table",
    "least_sum",
    "least_sums",
    "minimize",
    "minimizers",
    "naive_rule",
    "naive_table",
    "proven_window",
    "published_scan",
    "scan_over_a",
    "search_bound",
]


def __getattr__(name: str) -> Any:
    if name in _LAZY:
        return getattr(importlib.import_module(f"{__name__}.{_LAZY[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
