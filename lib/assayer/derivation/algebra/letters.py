"""Free words: letters (matrices, vectors, members of families), transposed or inverted, and their normal forms.

A vector is a matrix with one column. A word is a product of factors; no relation holds between letters but those of
their declarations (``S = Sᵀ``, ``A A⁻¹ = I``, ``Q Qᵀ = I``). Two words have the same normal form exactly when they
are equal for every size and every value of their letters.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

import sympy as sp

from assayer.derivation.trusted.errors import MalformedExpression
from assayer.derivation.trusted.expressions import express, is_integer_valued, substitute

Size: TypeAlias = "sp.Expr | None"
"""A number of rows or columns; None where it is not declared: it then fits any size but 1."""


def _raised(name: str) -> bool:
    """Whether a character is a superscript or a subscript: ``Aᵀ`` as a name would print like the transpose of A."""
    return any(unicodedata.category(c) in ("Lm", "No", "Sk", "Mn") for c in name)


@dataclass(frozen=True)
class Letter:
    """What a name stands for.

    Attributes:
        rows, cols: its shape; a vector has one column.
        index: for a member of a family: an integer expression (inside a pattern of atoms: the number of a slot).
        family: whether the name is that of a family.
    """

    name: str
    rows: Size = None
    cols: Size = None
    symmetric: bool = False
    invertible: bool = False
    orthogonal: bool = False
    family: bool = False
    latex: str | None = None
    index: sp.Expr | int | None = None

    def __post_init__(self) -> None:
        if not isinstance(self.name, str) or not re.fullmatch(r"[^\W\d][\w*']*", self.name) or _raised(self.name):
            raise MalformedExpression(
                f"{self.name!r} is no name for a matrix or a vector: letters, digits, _, * and ', a letter first"
            )
        if self.rows == 1 and self.cols == 1:
            raise MalformedExpression(f"{self.name} is 1×1: a scalar is a Symbol")
        words = [w for w in ("symmetric", "invertible", "orthogonal") if getattr(self, w)]
        if words and not fits(self.rows, self.cols):
            raise MalformedExpression(f"{self.name} is {words[0]} but {shape_text(self.rows, self.cols)}: not square")
        if self.orthogonal and len(words) > 1:
            raise MalformedExpression(f"{self.name} is declared orthogonal and {words[0]}: orthogonal says enough")

    def __lt__(self, other: Letter) -> bool:  # SymPy sorts by what distinguishes two symbols
        return repr(self) < repr(other)

    @property
    def declaration(self) -> Letter:
        """The letter without its index: what an author declared."""
        return replace(self, index=None)

    def describe(self) -> str:
        """The declaration in words, e.g. ``A: symmetric n×n matrix``."""
        adjectives = " ".join(w for w in ("symmetric", "invertible", "orthogonal") if getattr(self, w))
        if self.cols == 1:
            kind, size = "vector", "" if self.rows is None else f"of dimension {self.rows}"
        else:
            kind, size = "matrix", shape_text(self.rows, self.cols)
        noun = f"family of {'matrices' if kind == 'matrix' else 'vectors'}" if self.family else kind
        return f"{self.name}: " + " ".join(w for w in (adjectives, noun, size) if w)

    def plain(self) -> str:
        return self.name if self.index is None else f"{self.name}[{self.index}]"

    def tex(self) -> str:
        name = self.latex or sp.latex(sp.Symbol(self.name.replace("*", "^{*}")))
        if self.index is None:
            return name
        return f"{{{name}}}_{{{sp.latex(self.index)}}}" if "_" in name else f"{name}_{{{sp.latex(self.index)}}}"

    def key(self) -> tuple[Any, ...]:
        """Sorts members of a family by the variable part of the index first: shifts keep the order."""
        if self.index is None:
            return (self.name,)
        constant, rest = sp.sympify(self.index).as_coeff_Add()
        return (self.name, rest.sort_key(), constant.sort_key())


@dataclass(frozen=True)
class Factor:
    """A letter, perhaps transposed or inverted. Made by :func:`factor`, which applies the letter's declaration."""

    letter: Letter
    transposed: bool = False
    inverted: bool = False

    def __lt__(self, other: Factor) -> bool:
        return repr(self) < repr(other)

    @property
    def rows(self) -> Size:
        return self.letter.cols if self.transposed else self.letter.rows

    @property
    def cols(self) -> Size:
        return self.letter.rows if self.transposed else self.letter.cols

    @property
    def T(self) -> Factor:
        if self.letter.orthogonal:
            return self.inverse
        return self if self.letter.symmetric else replace(self, transposed=not self.transposed)

    @property
    def inverse(self) -> Factor:
        return replace(self, inverted=not self.inverted)

    def at(self, index: sp.Expr, value: sp.Expr) -> Factor:
        """The factor with a value for the index of its letter."""
        if self.letter.index is None:
            return self
        return replace(self, letter=replace(self.letter, index=substitute(self.letter.index, {index: value})))

    def plain(self) -> str:
        return self.letter.plain() + self._mark("ᵀ", "⁻¹", "⁻ᵀ")

    def tex(self) -> str:
        mark = self._mark(r"^{\top}", "^{-1}", r"^{-\top}")
        name = self.letter.tex()
        return f"{{{name}}}{mark}" if mark and "^" in name else name + mark

    def _mark(self, transposed: str, inverted: str, both: str) -> str:
        if self.letter.orthogonal:
            return transposed if self.inverted else ""
        if self.inverted:
            return both if self.transposed else inverted
        return transposed if self.transposed else ""

    def key(self) -> tuple[Any, ...]:
        return (*self.letter.key(), not self.transposed, self.inverted)


Word: TypeAlias = "tuple[Factor, ...]"


def size(value: object, what: str) -> Size:
    """A size as an author writes it: a name, a positive integer, an expression that is one by its domains."""
    if value is None:
        return None
    if isinstance(value, str):
        value = sp.Symbol(value, integer=True, positive=True)
    found = sp.expand(express(value))
    if not (is_integer_valued(found) and found.is_positive):
        raise MalformedExpression(
            f"{what} is {found}, which is not a positive integer by its form: "
            'give a name ("n"), a number or a Symbol(..., integer=True, positive=True)'
        )
    return found


def fits(one: Size, two: Size) -> bool:
    """Two sizes may be equal: the same expression, or one not declared and the other not 1."""
    if one is None or two is None:
        return 1 not in (one, two)
    return one == two


def shape_text(rows: Size, cols: Size) -> str:
    if rows is None and cols is None:
        return ""
    return f"{'?' if rows is None else rows}×{'?' if cols is None else cols}"


def transpose(word: Word) -> Word:
    return tuple(f.T for f in reversed(word))


def reduce(word: Iterable[Factor]) -> Word:
    """Cancel neighbours that are inverse to each other, until there are none."""
    kept: list[Factor] = []
    for f in word:
        if kept and kept[-1].inverse == f:
            kept.pop()
        else:
            kept.append(f)
    return tuple(kept)


def reduce_cycle(word: Word) -> Word:
    """Cancel also across the ends, as under a trace."""
    word = reduce(word)
    while len(word) > 1 and word[-1].inverse == word[0]:
        word = word[1:-1]
    return word


def segments(word: Word) -> list[Word]:
    """Cut the word where one factor has a single column: inner segments are scalars."""
    found: list[list[Factor]] = [[]]
    for position, f in enumerate(word):
        if position and 1 in (word[position - 1].cols, f.rows):
            found.append([])
        found[-1].append(f)
    return [tuple(part) for part in found]


def rotations(word: Word) -> Iterator[Word]:
    for start in range(len(word)):
        yield word[start:] + word[:start]


def word_key(word: Word) -> tuple[Any, ...]:
    """The order in which a normal form is chosen: few transposed matrices first, then by name."""
    transposed = sum(f.transposed and f.letter.cols != 1 for f in word)
    return (transposed, *(f.key() for f in word))


def normal_segment(word: Word) -> Word:
    """The normal form of a scalar ``xᵀ … y``: itself or its transpose."""
    return min(word, transpose(word), key=word_key)


def normal_cycle(word: Word) -> Word:
    """The normal form of a word under the trace: the first among its rotations and those of its transpose."""
    return min((*rotations(word), *rotations(transpose(word))), key=word_key)


def is_scalar(word: Word) -> bool:
    """Whether a word that is not empty is 1×1."""
    return word[0].rows == 1 and word[-1].cols == 1


def square_root(word: Word) -> Word | None:
    """A word u such that ``word`` is ``uᵀ u``, up to rotation where it is not a scalar; None where there is none."""
    half = len(word) // 2
    if not word:
        return None
    for candidate in (word,) if is_scalar(word) else rotations(word):
        if transpose(candidate[half:]) == candidate[:half]:
            return candidate[half:]
    return None


def plain_word(word: Word) -> str:
    return "·".join(f.plain() for f in word) or "I"


def tex_word(word: Word) -> str:
    return " ".join(f.tex() for f in word) or "I"


def one_declaration(letters: Iterable[Letter]) -> None:
    """Refuse two different declarations of one name.

    Raises:
        MalformedExpression: naming both.
    """
    seen: dict[str, Letter] = {}
    for letter in letters:
        known = seen.setdefault(letter.name, letter.declaration)
        if known != letter.declaration:
            raise MalformedExpression(
                f"{letter.name} is declared twice, as {known.describe()} and as {letter.describe()}: "
                "use one declaration"
            )
