"""Exact numerical oracles: integer matrices in NumPy, and finite distributions enumerated point by point."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from fractions import Fraction
from itertools import product

import numpy as np
import pytest
import sympy as sp

from assayer.derivation.algebra import Mat
from assayer.derivation.algebra.atoms import WordMember, WordSymbol
from assayer.derivation.algebra.letters import Factor

Array = np.ndarray


class Numbers:
    """Integer arrays for letters, by name, or by name and index; products stay exact (dtype object)."""

    def __init__(self, **arrays: object) -> None:
        self.arrays = arrays

    @staticmethod
    def exact(values: object) -> Array:
        return np.array(values, dtype=object)

    def factor(self, f: Factor) -> Array:
        found = self.arrays[f.letter.name]
        if f.letter.index is not None:
            found = found[int(f.letter.index)]
        if f.inverted:
            found = found.T if f.letter.orthogonal else unimodular_inverse(found)
        return found.T if f.transposed else found

    def matrix(self, a: Mat, size: int, at: Mapping[sp.Basic, object] | None = None) -> Array:
        total = 0
        for word, c in a.terms.items():
            piece = self.exact(np.eye(size, dtype=int))
            if word:
                piece = self.factor(word[0])
                for f in word[1:]:
                    piece = piece.dot(self.factor(f))
            total = total + piece * self.scalar(c, at)
        return total

    def scalar(self, expr: object, at: Mapping[sp.Basic, object] | None = None) -> Fraction:
        expr = sp.sympify(expr).subs(dict(at or {})).doit()
        values = {}
        for atom in expr.atoms(WordSymbol, WordMember):
            piece = self.factor(atom.word[0])
            for f in atom.word[1:]:
                piece = piece.dot(self.factor(f))
            values[atom] = sp.Rational(*_ratio(np.trace(piece)))
        found = expr.xreplace(values)
        assert isinstance(found, sp.Rational), found
        return Fraction(int(found.p), int(found.q))


def _ratio(number: object) -> tuple[int, int]:
    exact = Fraction(number)
    return exact.numerator, exact.denominator


def unimodular(rng: np.random.Generator, n: int) -> Array:
    """An integer matrix with determinant 1."""
    low = np.tril(rng.integers(-2, 3, (n, n)), -1) + np.eye(n, dtype=int)
    high = np.triu(rng.integers(-2, 3, (n, n)), 1) + np.eye(n, dtype=int)
    return np.array(low @ high, dtype=object)


def unimodular_inverse(m: Array) -> Array:
    found = np.array(sp.Matrix(m.tolist()).inv().tolist(), dtype=object)
    return np.array([[int(e) for e in row] for row in found], dtype=object)


def enumerate_mean(f: Callable[..., sp.Expr], *distributions: list[tuple[object, Fraction]]) -> sp.Expr:
    """E f(x₁, …) over independent finite distributions, given as lists of (value, probability)."""
    total = sp.S.Zero
    for points in product(*distributions):
        weight = math.prod(p for _, p in points)
        total += sp.Rational(weight.numerator, weight.denominator) * f(*(v for v, _ in points))
    return total


@pytest.fixture
def numbers() -> type[Numbers]:
    return Numbers


@pytest.fixture
def unimodular_matrix() -> Callable[[np.random.Generator, int], Array]:
    return unimodular


@pytest.fixture
def mean_by_enumeration() -> Callable[..., sp.Expr]:
    return enumerate_mean
