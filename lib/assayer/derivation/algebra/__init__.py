"""Vectors, matrices and expectations, as front ends of the checker.

Each expands where it is built to ordinary SymPy expressions over named atoms (``⟨x, y⟩``, ``tr(A·B)``, ``E[X²]``): what
is printed is what the checker judges. What holds for every value of the atoms holds for all vectors, matrices and
random variables behind them. An inequality that needs more than the atoms' signs takes the facts of this package as
hypotheses: ``gram_facts``, ``squares``, ``moment_facts``. They hold by construction; without them the refuter may give
values that no vectors have.
"""

from assayer.derivation.algebra.declarations import declarations
from assayer.derivation.algebra.expectation import Cov, E, Var, moment_facts
from assayer.derivation.algebra.facts import definitions, equation, gram_facts, held_norm2, squares
from assayer.derivation.algebra.families import MatFamily, VecFamily
from assayer.derivation.algebra.gradients import backward, grad
from assayer.derivation.algebra.matrices import (
    I,
    Mat,
    Vec,
    dot,
    frobenius2,
    inner,
    logdet,
    mat_eq,
    norm,
    norm2,
    tr,
    weak,
    zeros,
)
from assayer.derivation.algebra.points import realized
from assayer.derivation.algebra.random_variables import RandomFamily, RandomVariable, independent
from assayer.derivation.algebra.realizable import model_of, realizable
from assayer.derivation.algebra.views import matrix_view
from assayer.derivation.refute import MODELS, REALIZABLE
from assayer.derivation.render import DECLARED, VIEWS

__all__ = [
    "Cov",
    "E",
    "I",
    "Mat",
    "MatFamily",
    "RandomFamily",
    "RandomVariable",
    "Var",
    "Vec",
    "VecFamily",
    "backward",
    "declarations",
    "definitions",
    "dot",
    "equation",
    "frobenius2",
    "grad",
    "gram_facts",
    "held_norm2",
    "independent",
    "inner",
    "logdet",
    "mat_eq",
    "moment_facts",
    "norm",
    "norm2",
    "realized",
    "squares",
    "tr",
    "weak",
    "zeros",
]

DECLARED.append(declarations)
VIEWS.append(matrix_view)
MODELS.append(model_of)
REALIZABLE.append(realizable)
