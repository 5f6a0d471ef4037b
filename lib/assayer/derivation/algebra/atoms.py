"""Scalars made of words: each is one real SymPy symbol, or a member of a family where letters have indices.

``⟨x, y⟩``, ``‖A·x‖²``, ``tr(A·B)`` are atoms for the checker: what holds for every value of the atoms holds for the
vectors and matrices. In the other direction nothing is lost for equalities, since inner products and traces of
different normal forms are algebraically independent once sizes are large. A fixed small size has further identities
(Cayley–Hamilton, three dependent vectors in the plane) that the atoms do not know.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from functools import cache, lru_cache
from typing import Any

import sympy as sp
from sympy.core.function import AppliedUndef, UndefinedFunction

from assayer.derivation.algebra.letters import (
    Letter,
    Size,
    Word,
    is_scalar,
    normal_cycle,
    normal_segment,
    one_declaration,
    plain_word,
    reduce_cycle,
    rotations,
    segments,
    square_root,
    tex_word,
)
from assayer.derivation.trusted.errors import MalformedExpression


def plain_atom(word: Word) -> str:
    root = square_root(word)
    if root is not None:
        return f"‖{plain_word(root)}‖²" + ("" if is_scalar(word) else "_F")
    if is_scalar(word):
        return f"⟨{word[0].T.plain()}, {word[1].plain()}⟩" if len(word) == 2 else plain_word(word)
    return f"tr({plain_word(word)})"


def tex_atom(word: Word) -> str:
    root = square_root(word)
    if root is not None:
        return rf"\lVert {tex_word(root)}\rVert" + ("^{2}" if is_scalar(word) else "_F^{2}")
    if is_scalar(word):
        return rf"\langle {word[0].T.tex()}, {word[1].tex()}\rangle" if len(word) == 2 else tex_word(word)
    return rf"\operatorname{{tr}}\left({tex_word(word)}\right)"


class WordSymbol(sp.Symbol):
    """A scalar of a word without indices. Not equal to an author's symbol of the same name."""

    word: Word

    def __new__(cls, word: Word) -> WordSymbol:
        sign = "real" if square_root(word) is None else "nonnegative"
        made = sp.Symbol.__xnew__(cls, plain_atom(word), **{sign: True})
        made.word = word
        return made

    @property
    def free_symbols(self) -> set[sp.Basic]:
        return {self} | sizes_of(self)

    def __getnewargs_ex__(self) -> tuple[tuple[Word], dict[str, Any]]:
        return (self.word,), {}

    def _hashable_content(self) -> tuple[Any, ...]:
        return (*super()._hashable_content(), self.word)

    def _latex(self, printer: Any) -> str:
        return tex_atom(self.word)

    def _sympyrepr(self, printer: Any) -> str:
        return f"WordSymbol({self.word!r})"


class LogDetSymbol(sp.Symbol):
    """``log |det X|`` of an invertible letter."""

    letter: Letter

    def __new__(cls, letter: Letter) -> LogDetSymbol:
        made = sp.Symbol.__xnew__(cls, f"log|det {letter.plain()}|", real=True)
        made.letter = letter
        return made

    @property
    def free_symbols(self) -> set[sp.Basic]:
        return {self} | sizes_of(self)

    def __getnewargs_ex__(self) -> tuple[tuple[Letter], dict[str, Any]]:
        return (self.letter,), {}

    def _hashable_content(self) -> tuple[Any, ...]:
        return (*super()._hashable_content(), self.letter)

    def _latex(self, printer: Any) -> str:
        return rf"\log\left|\det {self.letter.tex()}\right|"

    def _sympyrepr(self, printer: Any) -> str:
        return f"LogDetSymbol({self.letter!r})"


class WordFunction(UndefinedFunction):
    """The class of all scalars of one pattern: a word whose indices are the numbers of its slots.

    There is one class for each pattern; see ``_family``.
    """

    pattern: Word

    def __eq__(cls, other: object) -> bool:
        return cls is other

    def __ne__(cls, other: object) -> bool:
        return cls is not other

    def __hash__(cls) -> int:
        return hash(cls.__name__)


class WordMember(AppliedUndef):
    """A scalar of a word with indices, e.g. ``⟨g[t], θ[s]⟩`` as a function of t and s.

    Built anew from its word whenever an index is replaced, so that ``⟨g[s], g[t]⟩`` is ``⟨g[t], g[s]⟩``, and at
    ``s = t`` the nonnegative ``‖g[t]‖²``.
    """

    pattern: Word

    def __new__(cls, *indices: object, **options: Any) -> sp.Expr:
        given = tuple(sp.sympify(i) for i in indices)
        kind, arguments = _canonical(cls, given)
        if kind is cls and arguments == given:
            return AppliedUndef.__new__(cls, *given, **options)
        return kind(*arguments)

    @property
    def word(self) -> Word:
        return _filled(self.pattern, self.args)

    @property
    def free_symbols(self) -> set[sp.Basic]:
        return super().free_symbols | sizes_of(self)

    def __reduce__(self) -> tuple[Any, ...]:
        return _atom, (self.word,)

    def _sympystr(self, printer: Any) -> str:
        return plain_atom(self.word)

    def _latex(self, printer: Any, exp: str | None = None) -> str:
        text = tex_atom(self.word)
        return text if exp is None else rf"\left({text}\right)^{{{exp}}}"

    def _sympyrepr(self, printer: Any) -> str:
        return f"WordMember({self.word!r})"


@cache
def _family(pattern: Word) -> WordFunction:
    sign = "real" if square_root(pattern) is None else "nonnegative"
    dots = [sp.Symbol("•" * (1 + slot)) for slot in range(len(pattern))]
    name = plain_atom(_filled(pattern, dots))
    return WordFunction(name, bases=(WordMember,), __dict__={"pattern": pattern}, **{sign: True})


def _pattern(word: Word) -> tuple[Word, tuple[sp.Expr, ...]]:
    """The word with slots for its indices, and the indices: equal ones share a slot."""
    slots: dict[sp.Expr, int] = {}
    for f in word:
        if f.letter.index is not None:
            slots.setdefault(f.letter.index, len(slots))
    made = tuple(
        f if f.letter.index is None else replace(f, letter=replace(f.letter, index=slots[f.letter.index])) for f in word
    )
    return made, tuple(slots)


@lru_cache(maxsize=4096)
def _canonical(kind: WordFunction, indices: tuple[sp.Expr, ...]) -> tuple[WordFunction, tuple[sp.Expr, ...]]:
    """The class and the indices of a member in normal form."""
    pattern, found = _pattern(_normal(_filled(kind.pattern, indices)))
    return _family(pattern), found


def _filled(pattern: Word, indices: Iterable[sp.Expr]) -> Word:
    values = list(indices)
    return tuple(
        f if f.letter.index is None else replace(f, letter=replace(f.letter, index=values[f.letter.index]))
        for f in pattern
    )


def _normal(word: Word) -> Word:
    return normal_segment(word) if is_scalar(word) else normal_cycle(word)


def _atom(word: Word) -> sp.Expr:
    """The atom of a word in normal form."""
    pattern, indices = _pattern(word)
    return _family(pattern)(*indices) if indices else WordSymbol(word)


def scalar(word: Word) -> sp.Expr:
    """A 1×1 word as a product of atoms."""
    one_declaration(f.letter for f in word)
    return sp.Mul(*(_atom(normal_segment(part)) for part in segments(word)))


def trace(word: Word, rows: Size) -> sp.Expr:
    """The trace of a square word as a product of atoms; of the empty word, its size ``rows``."""
    one_declaration(f.letter for f in word)
    word = reduce_cycle(word)
    if not word:
        if rows is None:
            raise MalformedExpression("the trace of an identity of unknown size: declare the sizes of its letters")
        return rows
    for turned in rotations(word):
        if 1 in (turned[-1].cols, turned[0].rows):
            return scalar(turned)
    return _atom(normal_cycle(word))


WordAtom = WordSymbol | WordMember | LogDetSymbol


def atoms_of(expr: sp.Basic) -> list[WordAtom]:
    """The scalars of words in a SymPy expression, in a fixed order."""
    return sorted(expr.atoms(WordSymbol, WordMember, LogDetSymbol), key=str)


@lru_cache(maxsize=4096)
def sizes_of(atom: WordAtom) -> frozenset[sp.Basic]:
    """The symbols in the declared sizes of the letters: the scalar varies with them, though it does not show them."""
    sizes = (size for letter in letters_of(atom) for size in (letter.rows, letter.cols) if size is not None)
    return frozenset().union(*(sp.sympify(size).free_symbols for size in sizes))


def letters_of(atom: WordAtom) -> set[Letter]:
    return {atom.letter} if isinstance(atom, LogDetSymbol) else {f.letter for f in atom.word}
