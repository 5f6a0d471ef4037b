"""What a kernel must hand over, and how each kind of evidence is re-checked: one module each.

A kernel may search in any way it likes; nothing it says counts until ``verify`` has replayed the certificate. After
the imports below the list is closed: evidence of a kind that is not defined in this folder is refused.
"""

from assayer.derivation.trusted.rules.combination import Cone, Substitutions, Term, Zero, substituted
from assayer.derivation.trusted.rules.finite_range import FiniteRange, literal_range
from assayer.derivation.trusted.rules.induction import (
    HYPOTHESIS,
    Induction,
    induction_conditions,
    induction_goals,
    induction_starts,
)
from assayer.derivation.trusted.rules.solver import Solver
from assayer.derivation.trusted.theorem import seal

__all__ = [
    "HYPOTHESIS",
    "Cone",
    "FiniteRange",
    "Induction",
    "Solver",
    "Substitutions",
    "Term",
    "Zero",
    "induction_conditions",
    "induction_goals",
    "induction_starts",
    "literal_range",
    "substituted",
]

seal()
