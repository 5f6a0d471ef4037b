"""What a kernel must hand over, and how each kind of evidence is re-checked: one module each.

A kernel may search in any way it likes; nothing it says counts until ``verify`` has replayed the certificate. After
the imports below the list is closed: evidence of a kind that is not defined in this folder is refused.
"""

from assayer.derivation.trusted.rules.cases import CASE, Cases, case_conditions, case_goals
from assayer.derivation.trusted.rules.combination import (
    Cone,
    Ideal,
    Squares,
    Substitutions,
    Term,
    Zero,
    substituted,
)
from assayer.derivation.trusted.rules.finite_range import FiniteRange, literal_range
from assayer.derivation.trusted.rules.induction import (
    HYPOTHESIS,
    Induction,
    Plan,
    induction_conditions,
    induction_goals,
    induction_starts,
)
from assayer.derivation.trusted.rules.solver import Solver
from assayer.derivation.trusted.rules.termwise import Termwise, termwise_goals
from assayer.derivation.trusted.theorem import seal

__all__ = [
    "CASE",
    "HYPOTHESIS",
    "Cases",
    "Cone",
    "FiniteRange",
    "Ideal",
    "Induction",
    "Plan",
    "Solver",
    "Squares",
    "Substitutions",
    "Term",
    "Termwise",
    "Zero",
    "case_conditions",
    "case_goals",
    "induction_conditions",
    "induction_goals",
    "induction_starts",
    "literal_range",
    "substituted",
    "termwise_goals",
]

seal()
