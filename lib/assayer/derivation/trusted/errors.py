"""What can go wrong while a derivation is written: each error names the thing and the way out."""

from __future__ import annotations


class DerivationError(ValueError):
    """A derivation that cannot be accepted as written."""


class MalformedExpression(DerivationError):
    """An expression outside the language of derivations: a Float, an undeclared domain, an infinity."""


class UndeclaredSymbol(DerivationError):
    """A symbol that appears in a step but in neither the hypotheses nor the start."""


class ContradictoryHypotheses(DerivationError):
    """No valuation satisfies the hypotheses: from nothing, anything would follow."""


class Uninhabited(DerivationError):
    """No valuation that satisfies the hypotheses was found, and none was given as ``model=``."""


class StepNotProved(DerivationError):
    """A step that no kernel proved, or that the refuter refuted."""


class Unsupported(DerivationError):
    """An expression that is well formed but that this part of the checker does not understand."""
