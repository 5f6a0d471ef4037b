"""The checker: what a step is, how it is judged, how it prints.

The trusted base is the folder ``trusted``. Everything else proposes: ``kernels`` search for certificates,
``prover`` tries them in turn, ``refute`` looks for counterexamples.
"""

from assayer.derivation.answers import Answer, check_answer
from assayer.derivation.derivation import Derivation
from assayer.derivation.joint import joint_induction
from assayer.derivation.kernels.integral import ftc
from assayer.derivation.kernels.monotone import convex, monotone
from assayer.derivation.lemma import Citation, Lemma, Theorem
from assayer.derivation.limits import LimitTheorem, limit_theorem
from assayer.derivation.optimum import optimum, unique_optimum
from assayer.derivation.reasons import cases, induction
from assayer.derivation.refute import Counterexample
from assayer.derivation.trusted.context import Assumptions, Forall, Hypothesis, Relation, assume
from assayer.derivation.trusted.errors import (
    ContradictoryHypotheses,
    DerivationError,
    MalformedExpression,
    StepNotProved,
    UndeclaredSymbol,
    Uninhabited,
    Unsupported,
)
from assayer.derivation.trusted.status import Status
from assayer.derivation.verdict import CheckerFault, Verdict, judge

__all__ = [
    "Answer",
    "Assumptions",
    "CheckerFault",
    "Citation",
    "ContradictoryHypotheses",
    "Counterexample",
    "Derivation",
    "DerivationError",
    "Forall",
    "Hypothesis",
    "Lemma",
    "LimitTheorem",
    "MalformedExpression",
    "Relation",
    "Status",
    "StepNotProved",
    "Theorem",
    "UndeclaredSymbol",
    "Uninhabited",
    "Unsupported",
    "Verdict",
    "assume",
    "cases",
    "check_answer",
    "convex",
    "ftc",
    "induction",
    "joint_induction",
    "judge",
    "limit_theorem",
    "monotone",
    "optimum",
    "unique_optimum",
]
