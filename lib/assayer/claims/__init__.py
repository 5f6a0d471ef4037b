"""Claims: what a chapter asserts, with its source, its hypotheses and a status that is computed.

`records` defines the stored form of every shown object and is importable with the standard library
alone; `claim` and `parts` are what a chapter uses. Names are loaded on first use, so that a reader of records
(the site, the notebook tests) never imports the checker.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from assayer.claims.claim import Claim
    from assayer.claims.parts import Assumption, ClaimError, Erratum, Published, Source

__all__ = ["Assumption", "Claim", "ClaimError", "Erratum", "Published", "Source"]


def __getattr__(name: str) -> Any:
    if name in __all__:
        from assayer.claims import claim

        return getattr(claim, name)
    raise AttributeError(f"module 'assayer.claims' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
