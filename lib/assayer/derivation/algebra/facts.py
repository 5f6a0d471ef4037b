"""Hypotheses that hold by construction: what every Gram matrix satisfies, and what a held scalar stands for.

Nothing here takes a relation from the author, so a false fact cannot be stated. The facts enter a derivation as
hypotheses and print as such; each is a theorem about inner products:
``squares`` is the axiom ``‖v‖² ≥ 0`` for a combination v; ``gram_facts`` are the minors of a Gram matrix, not negative
since it is positive semidefinite (Horn and Johnson, Matrix Analysis, 2013, theorem 7.2.10); ``equation`` is what a
vector equation, itself the author's hypothesis, says of inner products.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import combinations
from typing import Any

import sympy as sp

from assayer.derivation.algebra.atoms import atoms_of, sizes_of
from assayer.derivation.algebra.dependent import DependentSymbol
from assayer.derivation.algebra.letters import fits
from assayer.derivation.algebra.matrices import Mat, frobenius2, inner
from assayer.derivation.trusted.context import Forall, Relation
from assayer.derivation.trusted.errors import MalformedExpression
from assayer.derivation.trusted.expressions import express, free_symbols

_LARGEST_MINOR = 3


class Held(DependentSymbol):
    """A scalar that prints as it was written, such as ``‖x − η·g‖²``; ``meaning`` is its expansion.

    For the checker it is a symbol; :func:`definitions` states what it stands for.
    """

    meaning: sp.Expr
    tex: str
    way_out = "do not hold it, or state D = Function('D', nonnegative=True) with Forall(t, Eq(D(t), …)) yourself"

    def __new__(cls, name: str, tex: str, meaning: sp.Expr, nonnegative: bool = False) -> Held:
        made = sp.Symbol.__xnew__(cls, name, **{"nonnegative" if nonnegative else "real": True})
        made.meaning, made.tex = meaning, tex
        made.refuse_integers()
        return made

    @property
    def depends_on(self) -> set[sp.Basic]:
        return self.meaning.free_symbols

    @property
    def sizes(self) -> set[sp.Basic]:
        return set().union(*(sizes_of(atom) for atom in atoms_of(self.meaning))) - free_symbols(self.meaning)

    def __getnewargs_ex__(self) -> tuple[tuple[Any, ...], dict[str, Any]]:
        return (self.name, self.tex, self.meaning, bool(self.is_nonnegative)), {}

    def _hashable_content(self) -> tuple[Any, ...]:
        return (*super()._hashable_content(), self.meaning)

    def _latex(self, printer: Any) -> str:
        return self.tex

    def _sympyrepr(self, printer: Any) -> str:
        return f"Held({self.name!r}, {printer._print(self.meaning)})"


def held_norm2(x: Mat) -> Held:
    """``‖x‖²`` of a combination as one nonnegative symbol; :func:`definitions` gives its expansion.

    Raises:
        MalformedExpression: where the expansion depends on an integer (an index, a size).
    """
    mark, tex_mark = ("", "^{2}") if x.cols == 1 else ("_F", "_F^{2}")
    return Held(f"‖{x}‖²{mark}", rf"\lVert {x._repr_latex_()[1:-1]}\rVert{tex_mark}", frobenius2(x), nonnegative=True)


def definitions(*expressions: object) -> list[Relation]:
    """What each held scalar in the expressions stands for, as hypotheses."""
    found = set().union(*(express(e).atoms(Held) for e in expressions))
    return [Relation(h, "=", h.meaning) for h in sorted(found, key=str)]


def squares(*vectors: Mat, forall: sp.Symbol | None = None) -> list[Relation | Forall]:
    """``‖v‖² ≥ 0`` for each vector or matrix, expanded: the axiom of an inner product.

    Args:
        forall: an integer index over which each fact that mentions it holds.
    """
    return _facts(((frobenius2(v), sp.S.Zero) for v in _alike(vectors, alone=True)), forall)


def gram_facts(*vectors: Mat, forall: sp.Symbol | None = None) -> list[Relation | Forall]:
    """The 2×2 and 3×3 minors of the Gram matrix are not negative; of two vectors: Cauchy–Schwarz.

    Args:
        vectors: vectors, or matrices of one shape with ``tr(AᵀB)``; combinations too.
        forall: an integer index over which each fact that mentions it holds.
    """
    given = _alike(vectors)
    gram = {(i, j): inner(a, b) for i, a in enumerate(given) for j, b in enumerate(given) if i <= j}
    pairs = []
    for i, j in combinations(range(len(given)), 2):
        pairs.append((gram[i, i] * gram[j, j], gram[i, j] ** 2))
    for i, j, k in combinations(range(len(given)), _LARGEST_MINOR):
        a, b, c, d, e, f = gram[i, i], gram[j, j], gram[k, k], gram[i, j], gram[i, k], gram[j, k]
        pairs.append((sp.expand(a * b * c + 2 * d * e * f - a * f**2 - b * e**2 - c * d**2), sp.S.Zero))
    return _facts(pairs, forall)


def equation(left: Mat, right: Mat, *against: Mat, forall: sp.Symbol | None = None) -> list[Relation | Forall]:
    """The author's hypothesis ``left = right``, as what it says of inner products.

    ``⟨left, v⟩ = ⟨right, v⟩`` for each v in ``against`` and for both sides themselves; true wherever the vectors are
    equal. ``equation(theta[t + 1], theta[t] - eta*g[t], theta_star, forall=t)`` is a step of gradient descent.
    """
    given = _alike((left, right, *against))
    found: list[tuple[sp.Expr, sp.Expr]] = []
    for v in given:
        pair = (inner(left, v), inner(right, v))
        if pair not in found:
            found.append(pair)
    return _facts(found, forall, "=")


def _facts(
    pairs: Iterable[tuple[sp.Expr, sp.Expr]], forall: sp.Symbol | None, sign: str = ">="
) -> list[Relation | Forall]:
    found: list[Relation | Forall] = []
    for left, right in pairs:
        if sp.expand(left - right) == 0 or (sign == ">=" and (left - right).is_nonnegative):
            continue  # it holds by the domains of its symbols
        relation = Relation(left, sign, right)
        holds_for_all = forall is not None and forall in relation.symbols()
        found.append(Forall(forall, relation) if holds_for_all else relation)
    return found


def _alike(vectors: Iterable[Mat], alone: bool = False) -> list[Mat]:
    given = list(vectors)
    for v in given:
        if not isinstance(v, Mat):
            raise MalformedExpression(f"{v} ({type(v).__name__}) is no vector or matrix")
        if not alone and not (fits(v.rows, given[0].rows) and fits(v.cols, given[0].cols)):
            raise MalformedExpression(f"{v} and {given[0]} have no inner product: their shapes differ")
    return given
