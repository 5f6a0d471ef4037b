"""``check_answer``: a reader's formula judged by the same checker as the book's own steps."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from assayer.derivation.nearby import nearest
from assayer.derivation.trusted.context import Context, Goal, Relation
from assayer.derivation.trusted.errors import DerivationError
from assayer.derivation.trusted.expressions import express
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

    Never raises for a wrong or malformed answer: the message says what is wrong, and how far from right it is
    (a sign, a factor, a constant) without giving the answer away.
    """
    hypotheses = list(hypotheses)
    try:
        verdict = judge(reader, "=", reference, hypotheses)
    except DerivationError as problem:
        return Answer(title, False, f"✗ {title}: {problem}")
    if verdict.status in (Status.PROVED, Status.CERTIFIED):
        return Answer(title, True, f"✓ {title}: correct — {verdict.status} ({verdict.kernel})")
    if verdict.counterexample is not None:
        near = _how_near(reader, reference, hypotheses)
        return Answer(title, False, f"✗ {title}: not so; {verdict.counterexample}{near}")
    if verdict.missing:
        return Answer(
            title, False, f"? {title}: your formula may be undefined: {'; '.join(verdict.missing)} is not known"
        )
    return Answer(
        title, False, f"? {title}: the checker can neither prove nor refute this; it agrees at {verdict.points} points"
    )


def _how_near(reader: object, reference: object, hypotheses: list[object]) -> str:
    """How a wrong answer differs from the reference, as far as that is proved; the reference itself stays hidden."""
    relation = Relation(express(reader), "=", express(reference))
    context = Context.of(hypotheses, relation.symbols())
    variant = nearest(Goal(context, relation), seconds=1.5, same_sides=True)
    if variant is None:
        turned = Relation(relation.right, "=", relation.left)
        variant = nearest(Goal(context, turned), seconds=1.5, same_sides=True)
    if variant is None:
        return ""
    return ". It is right up to a constant" if variant.kind == "a constant" else f". It is off by {variant.kind}"
