"""What may stand under ``by=``: words, theorems to cite, and hints that steer a kernel."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import sympy as sp

from assayer.derivation.hints import Hint
from assayer.derivation.kernels.cases import CasesOn
from assayer.derivation.kernels.induction import InductionOn
from assayer.derivation.lemma import Citation, Theorem
from assayer.derivation.trusted.context import Relation
from assayer.derivation.trusted.errors import MalformedExpression
from assayer.derivation.trusted.expressions import split_relation

Reason = str | Citation | Hint | Theorem | Sequence["str | Citation | Hint | Theorem"]


@dataclass(frozen=True)
class Parsed:
    """A reason taken apart."""

    words: str
    citations: tuple[Citation, ...]
    hints: tuple[Hint, ...]


def parse(by: Reason) -> Parsed:
    """Take ``by=`` apart; where the author gives no words, titles of theorems or the hints' own words stand in.

    Raises:
        MalformedExpression: for a part that is neither words, a theorem, a citation nor a hint.
    """
    parts = [by] if isinstance(by, (str, Citation, Hint, Theorem)) else list(by)
    for part in parts:
        if not isinstance(part, (str, Citation, Hint, Theorem)):
            raise MalformedExpression(
                f"by= takes words, a theorem, a theorem with values such as abel(T=n), or a hint; not {part!r}"
            )
    citations = tuple(p() if isinstance(p, Theorem) else p for p in parts if isinstance(p, (Citation, Theorem)))
    hints = tuple(p for p in parts if isinstance(p, Hint))
    words = [p for p in parts if isinstance(p, str) and p]
    return Parsed("; ".join(words or [c.title for c in citations] or [str(h) for h in hints]), citations, hints)


def cases(*parts: object) -> CasesOn:
    """Prove a step case by case: ``by=cases(Ge(x, 0))`` splits on x ≥ 0 or x < 0, and so on for each relation.

    Theorems among the parts are cited in the branches in which their hypotheses hold.

    Raises:
        MalformedExpression: where no relation is given, or a part is neither a relation nor a theorem.
    """
    theorems = [p() if isinstance(p, Theorem) else p for p in parts if isinstance(p, (Theorem, Citation))]
    relations = [p for p in parts if not isinstance(p, (Theorem, Citation))]
    if not relations:
        raise MalformedExpression("cases need a relation to split on, such as cases(Ge(x, 0))")
    return CasesOn(
        tuple(r if isinstance(r, Relation) else Relation(*split_relation(r)) for r in relations),
        tuple((c.theorem.sequent, c.values) for c in theorems),
    )


def induction(symbol: sp.Symbol, every: sp.Symbol | None = None) -> InductionOn:
    """Prove a step by induction on ``symbol``, the hypothesis stated for ``every`` value of a second index."""
    return InductionOn(symbol, every)
