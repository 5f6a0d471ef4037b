"""What a kernel must hand over, and how each kind of evidence is re-checked: one module each.

A kernel may search in any way it likes; nothing it says counts until ``verify`` has replayed the certificate. After
the imports below the list is closed: evidence of a kind that is not defined in this folder is refused.
"""

from assayer.derivation.trusted.rules.cases import Cases, case_goals
from assayer.derivation.trusted.rules.combination import (
    Cone,
    Ideal,
    Squares,
    Substitutions,
    Term,
    TwoSided,
    Zero,
    substituted,
)
from assayer.derivation.trusted.rules.cut import Cut
from assayer.derivation.trusted.rules.enclosure import Box, Enclosure, Tree, box_of, certain, excluded
from assayer.derivation.trusted.rules.finite_range import FiniteRange, literal_range
from assayer.derivation.trusted.rules.induction import (
    Induction,
    Plan,
    induction_conditions,
    induction_goals,
    induction_starts,
)
from assayer.derivation.trusted.rules.integral import Antiderivative, IntegralTermwise
from assayer.derivation.trusted.rules.monotone import DOWN, UP, Monotone, bounds
from assayer.derivation.trusted.rules.reduction import Reduction
from assayer.derivation.trusted.rules.solver import Solver
from assayer.derivation.trusted.rules.termwise import Termwise
from assayer.derivation.trusted.theorem import seal

__all__ = [
    "DOWN",
    "UP",
    "Antiderivative",
    "Box",
    "Cases",
    "Cone",
    "Cut",
    "Enclosure",
    "FiniteRange",
    "Ideal",
    "Induction",
    "IntegralTermwise",
    "Monotone",
    "Plan",
    "Reduction",
    "Solver",
    "Squares",
    "Substitutions",
    "Term",
    "Termwise",
    "Tree",
    "TwoSided",
    "Zero",
    "bounds",
    "box_of",
    "case_goals",
    "certain",
    "excluded",
    "induction_conditions",
    "induction_goals",
    "induction_starts",
    "literal_range",
    "substituted",
]

seal()
