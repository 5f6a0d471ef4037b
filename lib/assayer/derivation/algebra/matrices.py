"""``Mat`` and ``Vec``: linear combinations of words with scalar coefficients, and their traces.

Whatever is 1×1 leaves as an ordinary SymPy expression over the atoms of :mod:`atoms`: what is printed is what the
checker judges. Coefficients are SymPy expressions of the checker's language.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NoReturn

import sympy as sp

from assayer.derivation.algebra.atoms import LogDetSymbol, atoms_of, letters_of, scalar, trace
from assayer.derivation.algebra.dependent import DependentSymbol
from assayer.derivation.algebra.letters import (
    Factor,
    Letter,
    Size,
    Word,
    fits,
    is_scalar,
    one_declaration,
    plain_word,
    reduce,
    segments,
    shape_text,
    size,
    tex_word,
    transpose,
)
from assayer.derivation.trusted.errors import MalformedExpression
from assayer.derivation.trusted.expressions import express
from assayer.derivation.verdict import Verdict, judge

PROBE = "Z"
"""The name of the arbitrary matrix that `weak` pairs with."""


class Mat:
    """A matrix of any size: ``Mat("A")``, ``Mat("X", rows="m", cols="n")``, and what is built from such letters.

    Args:
        name: letters, digits, ``_``, ``*``, ``'``.
        rows, cols: names or positive integer expressions; left out, the size is not declared and fits any but 1.
        symmetric, invertible, orthogonal: what is known of it. Only an invertible matrix has ``.inv``.
        latex: how it prints, where the name does not say it.

    ``A*B`` and ``A@B``, ``A.T``, ``A.inv``, ``A**3``, sums, scalar multiples. A product that is 1×1 is a SymPy scalar.

    Raises:
        MalformedExpression: for shapes that do not fit, a Float, a scalar added to a matrix, one name declared twice.
    """

    __slots__ = ("cols", "rows", "terms")
    __array_ufunc__ = None  # NumPy's scalars must ask __rmul__, not build an array
    terms: Mapping[Word, sp.Expr]
    rows: Size
    cols: Size

    def __new__(
        cls,
        name: str,
        rows: object = None,
        cols: object = None,
        *,
        symmetric: bool = False,
        invertible: bool = False,
        orthogonal: bool = False,
        latex: str | None = None,
    ) -> Mat:
        height, width = size(rows, f"rows of {name}"), size(cols, f"cols of {name}")
        if symmetric or invertible or orthogonal:
            height, width = height or width, width or height
        letter = Letter(name, height, width, symmetric, invertible, orthogonal, latex=latex)
        return of_letter(letter)

    @property
    def T(self) -> Mat:
        """The transpose."""
        return combined(((transpose(w), c) for w, c in self.terms.items()), self.cols, self.rows)

    @property
    def inv(self) -> Mat:
        """The inverse of a product of invertible letters.

        Raises:
            MalformedExpression: for a sum, or a letter not declared invertible.
        """
        if len(self.terms) != 1:
            raise MalformedExpression(
                f"the inverse of the sum {self} is no word: declare M = Mat(…, invertible=True) for it"
            )
        ((word, coefficient),) = self.terms.items()
        for f in word:
            if not (f.letter.invertible or f.letter.orthogonal):
                raise MalformedExpression(f"{f.letter.name} has no inverse: declare it with invertible=True")
        if not coefficient.is_nonzero:
            raise MalformedExpression(f"the inverse of {self} needs {coefficient} ≠ 0, which its form does not show")
        inverted = tuple(f.inverse for f in reversed(word))
        return combined([(inverted, 1 / coefficient)], self.cols, self.rows)

    @property
    def shape(self) -> tuple[Size, Size]:
        return self.rows, self.cols

    def letters(self) -> set[Letter]:
        """Every letter, also those of the scalars that multiply the words."""
        found = {f.letter for word in self.terms for f in word}
        waiting = list(self.terms.values())
        for expr in waiting:
            found |= {letter for atom in atoms_of(expr) for letter in letters_of(atom)}
            waiting += [held.meaning for held in expr.atoms(DependentSymbol) if hasattr(held, "meaning")]
        return found

    def declarations(self) -> list[str]:
        """What is assumed of each letter, in words, e.g. ``S: symmetric n×n matrix``."""
        return sorted({letter.declaration.describe() for letter in self.letters()})

    def __add__(self, other: object) -> Mat:
        if isinstance(other, (int, sp.Integer)) and other == 0:
            return self  # the start of Python's sum()
        if not isinstance(other, Mat):
            raise MalformedExpression(f"{self} + {other}: a scalar added to a matrix; write c*I(n) for c times I")
        if not (fits(self.rows, other.rows) and fits(self.cols, other.cols)):
            raise MalformedExpression(f"{self} + {other}: {_shape(self)} plus {_shape(other)}")
        rows, cols = _known(self.rows, other.rows), _known(self.cols, other.cols)
        return combined([*self.terms.items(), *other.terms.items()], rows, cols)

    __radd__ = __add__

    def __neg__(self) -> Mat:
        return combined(((w, -c) for w, c in self.terms.items()), self.rows, self.cols)

    def __sub__(self, other: object) -> Mat:
        return self + (-other if isinstance(other, Mat) else other)

    def __rsub__(self, other: object) -> Mat:
        return -self + other

    def __mul__(self, other: object) -> Mat | sp.Expr:
        if isinstance(other, Mat):
            return _product(self, other)
        factor = express(other)
        return combined(((w, factor * c) for w, c in self.terms.items()), self.rows, self.cols)

    def __rmul__(self, other: object) -> Mat | sp.Expr:
        return self * other

    def __matmul__(self, other: object) -> Mat | sp.Expr:
        if not isinstance(other, Mat):
            raise MalformedExpression(f"{self} @ {other}: @ is for two vectors or matrices; write * for a scalar")
        if self.cols == 1 and other.cols == 1:
            return dot(self, other)
        return _product(self, other)

    def __truediv__(self, other: object) -> Mat:
        if isinstance(other, Mat):
            raise MalformedExpression(f"a division by the matrix {other}: multiply by its .inv")
        return self * (1 / express(other))

    def __pow__(self, power: object) -> Mat:
        if not isinstance(power, int) or power < 0:
            raise MalformedExpression(f"the power {power} of {self}: a natural number, or .inv for the inverse")
        if self.rows == 1 or self.cols == 1:
            raise MalformedExpression(f"a power of the vector {self}: norm2(x) is ‖x‖²")
        found = _identity(_square(self, "a power"))
        for _ in range(power):
            found = _product(found, self)
        return found

    def __eq__(self, other: object) -> bool:
        """Equality of the normal forms as SymPy holds them; :func:`mat_eq` judges coefficients under hypotheses."""
        if not isinstance(other, Mat) or not (fits(self.rows, other.rows) and fits(self.cols, other.cols)):
            return False
        return _expanded(self.terms) == _expanded(other.terms)

    def __hash__(self) -> int:
        return hash(frozenset(_expanded(self.terms).items()))

    def __bool__(self) -> NoReturn:
        raise MalformedExpression(f"{self} is neither true nor false: compare with mat_eq")

    def __str__(self) -> str:
        return _text(self, str, plain_word, "·")

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self}>"

    def _repr_latex_(self) -> str:
        return f"${_text(self, sp.latex, tex_word, ' ')}$"

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise AttributeError(f"{type(self).__name__} does not change: build another one")


class Vec(Mat):
    """A vector ``Vec("x")`` of a real inner-product space of finite dimension: a matrix with one column.

    Args:
        dim: its dimension, where it matters; left out, it is not declared.

    ``x @ y`` is the inner product, ``x*y.T`` the outer product, ``A*x`` the image.
    """

    __slots__ = ()

    def __new__(cls, name: str, dim: object = None, *, latex: str | None = None) -> Vec:
        return of_letter(Letter(name, size(dim, f"dim of {name}"), sp.S.One, latex=latex))


def identity(n: object) -> Mat:
    """The identity with ``n`` rows; ``I(n)``."""
    found = size(n, "the size of I")
    if found is None or found == 1:
        raise MalformedExpression(f"I({n}): give the number of rows; at size 1 it is the number 1")
    return _identity(found)


I = identity


def zeros(rows: object, cols: object) -> Mat:
    """The zero matrix."""
    return combined([], size(rows, "rows"), size(cols, "cols"))


def tr(a: Mat) -> sp.Expr:
    """The trace of a square matrix, over atoms that are normal under rotation and transposition."""
    side = _square(_matrix(a, "tr"), "a trace")
    return sp.Add(*(c * trace(w, side) for w, c in a.terms.items()))


def inner(a: Mat, b: Mat) -> sp.Expr:
    """``tr(aᵀ b)``: the Frobenius inner product; of two vectors, the inner product."""
    _matrix(a, "inner")
    _matrix(b, "inner")
    if not (fits(a.rows, b.rows) and fits(a.cols, b.cols)):
        raise MalformedExpression(f"the inner product of {a} and {b}: {_shape(a)} with {_shape(b)}")
    product = a.T * b
    return product if isinstance(product, sp.Expr) else tr(product)


def dot(x: Mat, y: Mat) -> sp.Expr:
    """The inner product ``x · y`` of two vectors."""
    for v in (_matrix(x, "dot"), _matrix(y, "dot")):
        if v.cols != 1:
            raise MalformedExpression(f"dot is for vectors, and {v} is {_shape(v)}: inner(A, B) is tr(AᵀB)")
    return inner(x, y)


def norm2(x: Mat) -> sp.Expr:
    """``‖x‖² = x · x`` of a vector."""
    return dot(x, x)


def norm(x: Mat) -> sp.Expr:
    """``‖x‖``: the root of :func:`norm2`. That this is not negative is known of a single word; ``squares`` gives it
    for a combination."""
    return sp.sqrt(norm2(x))


def frobenius2(a: Mat) -> sp.Expr:
    """``‖A‖²_F = tr(AᵀA)``."""
    return inner(a, a)


def logdet(a: Mat) -> sp.Expr:
    """``log |det A|`` of a product of invertible letters, by ``det(AB) = det A · det B``."""
    side = _square(_matrix(a, "logdet"), "a determinant")
    a.inv  # noqa: B018  a clear error where it is not a product of invertible letters
    ((word, coefficient),) = a.terms.items()
    total = sp.S.Zero
    if coefficient not in (1, -1):
        if side is None:
            raise MalformedExpression(f"log|det {a}| depends on the size, which is not declared: give rows=")
        total = side * sp.log(sp.Abs(coefficient))
    letters = [f for f in word if not f.letter.orthogonal]
    return total + sp.Add(*((-1 if f.inverted else 1) * LogDetSymbol(f.letter) for f in letters))


def weak(a: Mat, probe: str = PROBE) -> sp.Expr:
    """``⟨Z, a⟩`` for an arbitrary Z of the same shape: two matrices are equal exactly when this scalar is, for all Z.

    With it a chain of matrix equalities is a chain of scalars that a ``Derivation`` judges.
    """
    _matrix(a, "weak")
    if any(letter.name == probe for letter in a.letters()):
        raise MalformedExpression(f"{probe} occurs in {a}: pass another name as probe=")
    return inner(of_letter(Letter(probe, a.rows, a.cols)), a)


def mat_eq(a: Mat, b: Mat, hypotheses: Iterable[object] = ()) -> Verdict:
    """Judge ``a = b`` for every value of the letters: the words' coefficients must agree under the hypotheses.

    The verdict is that of ``⟨Z, a⟩ = ⟨Z, b⟩`` for an arbitrary Z, by the checker.

    Raises:
        MalformedExpression: where the shapes do not fit.
    """
    difference = _matrix(a, "mat_eq") - _matrix(b, "mat_eq")
    names = {letter.name for letter in difference.letters() | a.letters() | b.letters()}
    probe = next(name for name in (PROBE + "'" * k for k in range(len(names) + 1)) if name not in names)
    z = of_letter(Letter(probe, difference.rows, difference.cols))
    return judge(inner(z, a), "=", inner(z, b), hypotheses)


def build(terms: Mapping[Word, sp.Expr], rows: Size, cols: Size) -> Any:
    made = object.__new__(Vec if cols == 1 else Mat)
    for name, value in (("terms", terms), ("rows", rows), ("cols", cols)):
        object.__setattr__(made, name, value)
    return made


def of_letter(letter: Letter) -> Any:
    return build({(Factor(letter),): sp.S.One}, letter.rows, letter.cols)


def _identity(rows: Size) -> Mat:
    return build({(): sp.S.One}, rows, rows)


def combined(terms: Iterable[tuple[Word, sp.Expr]], rows: Size, cols: Size) -> Any:
    """Collect equal words; scalars inside a word leave it; a 1×1 sum is a SymPy expression."""
    found: dict[Word, sp.Expr] = {}
    total = sp.S.Zero
    for word, coefficient in terms:
        kept: list[Factor] = []
        scalars = 0
        for part in segments(reduce(word)):
            if part and is_scalar(part):
                coefficient *= scalar(part)
                scalars += 1
            else:
                kept += part
        if scalars and not kept:
            total += coefficient
            continue
        word = tuple(kept)
        found[word] = found.get(word, sp.S.Zero) + coefficient
    terms = {w: c for w, c in found.items() if c != 0}
    one_declaration(f.letter for w in terms for f in w)
    return total if rows == 1 and cols == 1 else build(terms, rows, cols)


def _product(a: Mat, b: Mat) -> Any:
    if not fits(a.cols, b.rows):
        hint = ""
        if a.cols == 1 and b.cols == 1:
            hint = "; for vectors write x @ y for the inner product, x*y.T for the outer one"
        raise MalformedExpression(f"({a})·({b}): {_shape(a)} times {_shape(b)}{hint}")
    terms = [(v + w, c * d) for v, c in a.terms.items() for w, d in b.terms.items()]
    return combined(terms, a.rows, b.cols)


def _known(one: Size, two: Size) -> Size:
    return two if one is None else one


def _shape(a: Mat) -> str:
    if a.cols == 1 and a.rows is None:
        return "a vector"
    return shape_text(a.rows, a.cols) or "a matrix"


def _matrix(a: object, what: str) -> Mat:
    if not isinstance(a, Mat):
        raise MalformedExpression(f"{what} of {a} ({type(a).__name__}), which is no vector or matrix")
    return a


def _square(a: Mat, what: str) -> Size:
    if not fits(a.rows, a.cols):
        raise MalformedExpression(f"{what} of {a}, which is {_shape(a)}: not square")
    return _known(a.rows, a.cols)


def _expanded(terms: Mapping[Word, sp.Expr]) -> dict[Word, sp.Expr]:
    found = {w: sp.expand(c) for w, c in terms.items()}
    return {w: c for w, c in found.items() if c != 0}


def _text(a: Mat, show: Any, show_word: Any, times: str) -> str:
    found = ""
    for word, c in a.terms.items():
        negative = c.could_extract_minus_sign() and not c.is_Add
        size_of = -c if negative else c
        lead = "" if size_of == 1 else (f"({show(size_of)})" if size_of.is_Add else show(size_of)) + times
        found += (" - " if negative else " + ") + lead + show_word(word)
    text = found.removeprefix(" + ") or "0"
    return "-" + text[3:] if text.startswith(" - ") else text
