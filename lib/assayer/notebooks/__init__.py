"""The notebooks' own tests: what nbval cannot see, the contract of a chapter, and the refresh that stores
outputs.

Modules: `notebook` (the parsed file), `structure` (nbval's blind spots), `markdown`, `contract`,
`tolerances`, `numerals` and `manifest` (what a chapter must be), `refresh` (run and store), `check` (all
rules together).

From the command line::

    python -m assayer.notebooks check [PATH ...]
    python -m assayer.notebooks refresh numbers/near_product [--accept]

A cell is named by its position among all cells of the notebook, counted from 0, and by its execution count.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

_HOME = {
    "Finding": "notebook",
    "Notebook": "notebook",
    "NotebookError": "notebook",
    "check_book": "check",
    "check_notebook": "check",
    "find_notebooks": "check",
    "RefreshError": "refresh",
    "refresh": "refresh",
}
__all__ = [*sorted(_HOME)]


def __getattr__(name: str) -> Any:
    """Load a public name on first use: reading a notebook needs no kernel client."""
    if name not in _HOME:
        raise AttributeError(f"module 'assayer.notebooks' has no attribute {name!r}")
    return getattr(import_module(f"assayer.notebooks.{_HOME[name]}"), name)
