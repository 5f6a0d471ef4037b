"""Points that vectors and matrices can take: exact rational values for the atoms of a derivation.

``Derivation(…, model=realized(…))`` gives the refuter points at which the hypotheses of :mod:`facts` hold because
there are vectors behind them.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from itertools import product

import sympy as sp
from flint import fmpq, fmpq_mat
from sympy.core.function import AppliedUndef

from assayer.derivation.algebra.atoms import LogDetSymbol, WordMember, WordSymbol, atoms_of, letters_of
from assayer.derivation.algebra.facts import Held
from assayer.derivation.algebra.letters import Letter, Size, Word
from assayer.derivation.algebra.matrices import Mat
from assayer.derivation.points import allowed
from assayer.derivation.trusted.context import Forall, Hypothesis, Relation
from assayer.derivation.trusted.errors import MalformedExpression
from assayer.derivation.trusted.evaluate import value
from assayer.derivation.trusted.expressions import domain, free_symbols, split_relation, substitute, values_of

WINDOW = range(-2, 13)
"""The indices at which members of families get a value: as far as the refuter looks."""
_NARROW = range(-1, 6)


@dataclass
class Realization:
    """One value for every letter, symbol and member that is asked for, chosen at random and kept.

    Attributes:
        rng: where the numbers come from.
        given: the values chosen so far, an author's among them.
        means: what a member of a scalar family is by definition: the head, its index, the expression.
        solves: letters that are determined by others, ``theta[t + 1]`` by ``theta[t] − eta*g[t]``.
        free: the number of rows or columns where a size is not declared.
        uniform: whether every size with a name is that number too, so that letters of either kind fit.
    """

    rng: random.Random
    given: dict[sp.Basic, sp.Rational] = field(default_factory=dict)
    means: dict[object, tuple[sp.Symbol, sp.Expr]] = field(default_factory=dict)
    solves: tuple[tuple[Mat, Mat], ...] = ()
    free: int = 3
    uniform: bool = False
    _letters: dict[Letter, fmpq_mat] = field(default_factory=dict)

    def letter(self, letter: Letter) -> fmpq_mat:
        """The matrix that a letter stands for."""
        if letter not in self._letters:
            self._letters[letter] = self._solved(letter) or self._drawn(letter)
        return self._letters[letter]

    def word(self, word: Word) -> fmpq_mat:
        """The product of a word that is not empty."""
        found: fmpq_mat | None = None
        for f in word:
            m = self.letter(f.letter)
            m = m.inv() if f.inverted else m
            m = m.transpose() if f.transposed else m
            found = m if found is None else found * m
        return found

    def scalar(self, expr: sp.Expr) -> sp.Rational:
        """The value of an expression over atoms, symbols and members of families, where it is rational."""
        labels = {base.label for base in expr.atoms(sp.IndexedBase)}
        nodes = sorted(expr.atoms(sp.Symbol, AppliedUndef, sp.Indexed) - labels, key=sp.default_sort_key)
        found = value(expr, {node: _exact(self.leaf(node)) for node in nodes})
        if not isinstance(found, fmpq):
            raise MalformedExpression(f"{expr} is not rational at this point: give its value in given=")
        return _rational(found)

    def matrix(self, a: Mat) -> fmpq_mat:
        """The value of a linear combination of words."""
        total: fmpq_mat | None = None
        for word, c in a.terms.items():
            term = self.word(word) if word else _identity(self._size(a.rows if a.cols is None else a.cols))
            term = term * _exact(self.scalar(c))
            total = term if total is None else total + term
        return fmpq_mat(self._size(a.rows), self._size(a.cols)) if total is None else total

    def leaf(self, node: sp.Basic) -> sp.Rational:
        """The value of an atom, a symbol or a member of a family at integer indices."""
        if node not in self.given:
            self.given[node] = self._leaf(node)
        return self.given[node]

    def _leaf(self, node: sp.Basic) -> sp.Rational:
        if isinstance(node, (WordSymbol, WordMember)):
            m = self.word(node.word)
            return _rational(sum((m[i, i] for i in range(m.nrows())), fmpq(0)))
        if isinstance(node, LogDetSymbol):
            raise MalformedExpression(f"{node} has no rational value: give one in given=")
        if isinstance(node, Held):
            return self.scalar(node.meaning)
        if isinstance(node, sp.Symbol):
            return self._number(set(domain(node)))
        arguments = node.indices if isinstance(node, sp.Indexed) else node.args
        meaning = self.means.get(node.base if isinstance(node, sp.Indexed) else node.func)
        if meaning is not None and len(arguments) == 1:
            index, expr = meaning
            if allowed(index, _exact(sp.sympify(arguments[0]))):  # elsewhere the definition says nothing
                return self.scalar(substitute(expr, {index: arguments[0]}))
        return self._number(set(values_of(node)))

    def _number(self, words: set[str]) -> sp.Rational:
        if "integer" in words:
            number = sp.Integer(self.rng.randint(0, 6))
        else:
            number = sp.Rational(self.rng.randint(-6, 9), self.rng.choice([1, 2, 3]))
        if {"positive", "nonnegative"} & words:
            number = abs(number)
        if {"negative", "nonpositive"} & words:
            number = -abs(number)
        if number == 0 and {"positive", "negative", "nonzero"} & words:
            number = sp.Integer(-1 if "negative" in words else 1)
        return number

    def _size(self, declared: Size) -> int:
        if declared is None:
            return self.free
        if isinstance(declared, sp.Integer):
            return int(declared)
        symbols = sorted(declared.free_symbols, key=str)
        for symbol in symbols:
            self.given.setdefault(symbol, sp.Integer(self.free if self.uniform else self.rng.randint(2, 4)))
        return int(declared.subs({symbol: self.given[symbol] for symbol in symbols}))

    def _solved(self, letter: Letter) -> fmpq_mat | None:
        for left, right in self.solves:
            (own,) = left.letters()
            if own == letter:
                return self.matrix(right)
            if own.declaration != letter.declaration or own.index is None:
                continue
            constant, index = sp.sympify(own.index).as_coeff_Add()
            at = letter.index - constant
            if at.is_Integer and at >= 0:
                return self._at(right, index, at)
        return None

    def _at(self, a: Mat, index: sp.Expr, at: sp.Integer) -> fmpq_mat:
        total = fmpq_mat(self._size(a.rows), self._size(a.cols))
        for word, c in a.terms.items():
            here = tuple(f.at(index, at) for f in word)
            total = total + self.word(here) * _exact(self.scalar(substitute(c, {index: at})))
        return total

    def _drawn(self, letter: Letter) -> fmpq_mat:
        rows, cols = self._size(letter.rows), self._size(letter.cols)
        while True:
            entries = [fmpq(self.rng.randint(-4, 4), self.rng.choice([1, 1, 2])) for _ in range(rows * cols)]
            m = fmpq_mat(rows, cols, entries)
            if letter.orthogonal:  # Cayley's map of a skew matrix
                skew, one = m - m.transpose(), _identity(rows)
                return (one - skew) * (one + skew).inv()
            if letter.symmetric:
                m = m + m.transpose()
            if not letter.invertible or m.det() != 0:
                return m


def realized(
    *items: object,
    solves: Iterable[tuple[Mat, Mat]] = (),
    given: Mapping[sp.Basic, object] | None = None,
) -> Callable[[random.Random], dict[sp.Basic, sp.Rational]]:
    """A ``model=`` for a derivation about these expressions and hypotheses: values that vectors can have.

    Atoms get their values from random vectors and matrices, held scalars and families ``D(t)`` with a hypothesis
    ``Forall(t, Eq(D(t), …))`` what they stand for, everything else a random value in its domain.

    Args:
        items: SymPy expressions, relations, ``Forall``, ``Hypothesis``.
        solves: vector equations ``(letter, combination)``; of a family, from index 0 on:
            ``[(theta[t + 1], theta[t] - eta*g[t])]``.
        given: values of symbols; a callable is asked for one with the generator.

    Raises:
        MalformedExpression: where the left side of a pair in ``solves`` is no single letter.
    """
    pairs = tuple(solves)
    for left, _ in pairs:
        if len(left.terms) != 1 or len(left.letters()) != 1:
            raise MalformedExpression(f"solves= determines a letter, not {left}")
    sides = [side for item in items for side in _sides(item)]
    means = {head: meaning for item in items for head, meaning in _definition(item)}
    letters = {letter for side in sides for atom in atoms_of(side) for letter in letters_of(atom)}
    uniform = any(None in (letter.rows, letter.cols) for letter in letters)

    def model(rng: random.Random) -> dict[sp.Basic, sp.Rational]:
        fixed = {k: sp.Rational(v(rng) if callable(v) else v) for k, v in (given or {}).items()}
        point = Realization(rng, fixed, means, pairs, uniform=uniform)
        for side in sides:
            hidden = {index for s in side.atoms(sp.Sum) for index, *_ in s.limits}
            hidden |= {base.label for base in side.atoms(sp.IndexedBase)}
            for node in sorted(side.atoms(sp.Symbol) - hidden, key=str):
                point.leaf(node)
            for node in sorted(side.atoms(AppliedUndef, sp.Indexed), key=str):
                for member in _members(node):
                    point.leaf(member)
        return dict(point.given)

    return model


def _members(node: sp.Basic) -> Iterable[sp.Basic]:
    """The node at every value in the window of the symbols in its indices."""
    indices = sorted(free_symbols(node), key=str)
    for at in product(WINDOW if len(indices) < 3 else _NARROW, repeat=len(indices)):
        yield substitute(node, dict(zip(indices, map(sp.Integer, at), strict=True)))


def _definition(item: object) -> Iterable[tuple[object, tuple[sp.Symbol, sp.Expr]]]:
    statement = item.statement if isinstance(item, Hypothesis) else item
    if not isinstance(statement, Forall) or statement.relation.sign != "=":
        return
    left, index = statement.relation.left, statement.index
    if isinstance(left, AppliedUndef) and not isinstance(left, WordMember) and left.args == (index,):
        yield left.func, (index, statement.relation.right)
    if isinstance(left, sp.Indexed) and left.indices == (index,):
        yield left.base, (index, statement.relation.right)


def _sides(item: object) -> tuple[sp.Expr, ...]:
    statement = item.statement if isinstance(item, Hypothesis) else item
    statement = statement.relation if isinstance(statement, Forall) else statement
    if isinstance(statement, Relation):
        return (statement.left, statement.right)
    if isinstance(statement, sp.Expr):
        return (statement,)
    left, _, right = split_relation(statement)
    return (left, right)


def _identity(n: int) -> fmpq_mat:
    return fmpq_mat(n, n, [fmpq(int(i == j)) for i in range(n) for j in range(n)])


def _exact(number: sp.Rational) -> fmpq:
    return fmpq(int(number.p), int(number.q))


def _rational(number: fmpq) -> sp.Rational:
    return sp.Rational(int(number.p), int(number.q))
