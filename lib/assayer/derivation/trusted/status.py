"""The words for how far a statement is established. Part of the trusted base."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum


class Status(StrEnum):
    """Strongest first; ``UNPROVED`` and ``REFUTED`` never make a theorem."""

    PROVED = "proved"
    CERTIFIED = "certified"
    ASSUMED = "assumed"
    TESTED = "tested"
    UNPROVED = "unproved"
    REFUTED = "refuted"

    @property
    def sign(self) -> str:
        return {"proved": "■", "certified": "◆", "assumed": "○", "tested": "△", "unproved": "?", "refuted": "✗"}[
            self.value
        ]

    @property
    def rank(self) -> int:
        return list(Status).index(self)

    def __str__(self) -> str:
        return self.value


def weakest(statuses: Iterable[Status]) -> Status:
    """The weakest of the statuses; of none, ``PROVED``."""
    return max(statuses, key=lambda s: s.rank, default=Status.PROVED)
