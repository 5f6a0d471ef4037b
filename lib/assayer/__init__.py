"""The Assayer's helper library: derivations checked by machine, results put to the test.

The names below are what a chapter imports. They are loaded on first use, so that ``import assayer`` stays
light: it loads neither SymPy nor torch.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

__version__ = "0.1.0"

_HOME = {
    "Derivation": "assayer.derivation",
    "Forall": "assayer.derivation",
    "Lemma": "assayer.derivation",
    "assume": "assayer.derivation",
    "judge": "assayer.derivation",
    "check_answer": "assayer.derivation",
    "Claim": "assayer.claims",
    "Erratum": "assayer.claims",
    "Published": "assayer.claims",
    "Source": "assayer.claims",
    "check": "assayer.lab",
    "device": "assayer.lab",
}

__all__ = ["__version__", *sorted(_HOME)]


def __getattr__(name: str) -> Any:
    try:
        home = _HOME[name]
    except KeyError:
        raise AttributeError(f"module 'assayer' has no attribute {name!r}; it offers {', '.join(__all__)}") from None
    return getattr(import_module(home), name)


def __dir__() -> list[str]:
    return list(__all__)
