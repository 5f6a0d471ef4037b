"""``check_answer``: a reader's formula judged by the same checker as the book's own steps."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from assayer.derivation.trusted.errors import DerivationError
from assayer.derivation.trusted.status import Status
from assayer.derivation.verdict import judge

MIME = "application/vnd.assayer+json"


@dataclass(frozen=True)
class Answer:
    """The verdict on a reader's formula; displays as one line, with a counterexample where it is wrong.

    Attributes:
        correct: True only if the checker proved equality with the reference.
        message: what the reader sees.
    """

    title: str
    correct: bool
    message: str

    def __repr__(self) -> str:
        return self.message

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, Any]:
        record = {"schema": 1, "kind": "answer", "title": self.title, "verdict": self.message}
        return {"text/plain": self.message, MIME: record}


def check_answer(reader: object, reference: object, hypotheses: Iterable[object] = (), title: str = "answer") -> Answer:
    """Compare a reader's expression with the reference wherever the hypotheses hold.

    Never raises for a wrong or malformed answer: the message says what is wrong.
    """
    try:
        verdict = judge(reader, "=", reference, hypotheses)
    except DerivationError as problem:
        return Answer(title, False, f"✗ {title}: {problem}")
    if verdict.status in (Status.PROVED, Status.CERTIFIED):
        return Answer(title, True, f"✓ {title}: correct — {verdict.status} ({verdict.kernel})")
    if verdict.counterexample is not None:
        return Answer(title, False, f"✗ {title}: not so; {verdict.counterexample}")
    if verdict.missing:
        return Answer(
            title, False, f"? {title}: your formula may be undefined: {'; '.join(verdict.missing)} is not known"
        )
    return Answer(
        title, False, f"? {title}: the checker can neither prove nor refute this; it agrees at {verdict.points} points"
    )
