"""Equations between matrices print as matrices where they are judged against an arbitrary one.

Two matrices are equal exactly when ``⟨Z, M⟩ = ⟨Z, N⟩`` for every Z; see ``matrices.weak``. A derivation whose every
statement about Z is such an equation prints its lines as ``M`` and ``N``, each computed from the scalar that was
judged, as its gradient in Z. What prints follows from what was judged: where for each Z the hypotheses about it imply
the conclusion about it, the hypotheses for all Z imply the conclusion for all Z.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

import sympy as sp

from assayer.derivation.algebra.atoms import atoms_of, letters_of
from assayer.derivation.algebra.gradients import grad
from assayer.derivation.algebra.letters import Letter
from assayer.derivation.algebra.matrices import PROBE, Mat, inner, of_letter
from assayer.derivation.render import View
from assayer.derivation.trusted.context import Relation
from assayer.derivation.trusted.errors import DerivationError


class MatrixView(View):
    """Prints a scalar ``⟨probe, M⟩`` as the matrix M."""

    def __init__(self, probe: Letter, shown: dict[sp.Expr, Mat]) -> None:
        self.probe, self.shown = probe, shown

    def plain(self, expr: sp.Basic) -> str:
        return str(self.shown[expr]) if expr in self.shown else super().plain(expr)

    def latex(self, expr: sp.Basic) -> str:
        return self.shown[expr]._repr_latex_().strip("$") if expr in self.shown else super().latex(expr)

    def hides(self, symbol: sp.Basic) -> bool:
        return any(self.probe in letters_of(atom) for atom in atoms_of(symbol))

    def declared(self, lines: Iterable[str]) -> list[str]:
        name = self.probe.name
        arbitrary = f"{self.probe.describe().replace(': ', ': any ', 1)}; M = N is judged as ⟨{name}, M⟩ = ⟨{name}, N⟩"
        return [arbitrary if line == self.probe.describe() else line for line in lines]


def matrix_view(statements: Sequence[Relation]) -> MatrixView | None:
    """The view of a derivation with these hypotheses and lines, or None where they are not all about matrices."""
    probes = {letter for one in statements for side in one.sides() for letter in _probes(side)}
    if len(probes) != 1:
        return None
    (probe,) = probes
    shown: dict[sp.Expr, Mat] = {}
    for one in statements:
        if not any(_probes(side) for side in one.sides()):
            continue
        for side in one.sides():
            found = _paired(side, probe) if one.sign == "=" else None
            if found is None:
                return None
            shown[side] = found
    return MatrixView(probe, shown)


def _probes(expr: sp.Expr) -> set[Letter]:
    """The letters that `weak` may have brought into the expression."""
    letters = {letter for atom in atoms_of(expr) for letter in letters_of(atom)}
    return {
        one for one in letters if re.fullmatch(rf"{PROBE}'*", one.name) and one == Letter(one.name, one.rows, one.cols)
    }


def _paired(expr: sp.Expr, probe: Letter) -> Mat | None:
    """The matrix M with ``expr = ⟨probe, M⟩``, or None."""
    z = of_letter(probe)
    try:
        found = grad(expr, z)
        whole = inner(z, found)
    except DerivationError:
        return None
    if probe in found.letters() or sp.expand(whole - expr) != 0:
        return None
    return found
