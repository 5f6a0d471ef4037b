"""Matrices by free words: normal forms against exact numbers, declarations, equality, what is refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import sympy as sp
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assayer.derivation import MalformedExpression, judge
from assayer.derivation.algebra import (
    I,
    Mat,
    MatFamily,
    Vec,
    frobenius2,
    inner,
    logdet,
    mat_eq,
    tr,
    weak,
    zeros,
)
from assayer.derivation.algebra.letters import Factor
from assayer.derivation.trusted.expressions import substitute

A, B = Mat("A"), Mat("B")
S = Mat("S", symmetric=True)
W = Mat("W", invertible=True)
Q = Mat("Q", orthogonal=True)
a, b = sp.symbols("a b", real=True)
n = sp.Symbol("n", integer=True, positive=True)
SIZE = 4
QUIET = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
LETTERS: dict[str, Any] = {"A": A, "B": B, "S": S, "W": W, "Q": Q}
tokens = st.tuples(st.sampled_from("AABBSWQ"), st.sampled_from(["", "T", "inv"]))
words = st.lists(tokens, min_size=1, max_size=5)


def arrays(seed: int, unimodular: Callable[..., Any], size: int = SIZE) -> dict[str, Any]:
    rng = np.random.default_rng(seed)
    s = rng.integers(-3, 4, (size, size))
    signs = np.diag(rng.choice([-1, 1], size))[rng.permutation(size)]
    return {
        "A": np.array(rng.integers(-3, 4, (size, size)), dtype=object),
        "B": np.array(rng.integers(-3, 4, (size, size)), dtype=object),
        "S": np.array(s + s.T, dtype=object),
        "W": unimodular(rng, size),
        "Q": np.array(signs, dtype=object),
    }


def marked(name: str, mark: str) -> str:
    return mark if mark != "inv" or name in "WQ" else ""


def symbolic(word: list[tuple[str, str]]) -> Any:
    found = None
    for name, mark in word:
        piece = LETTERS[name]
        mark = marked(name, mark)
        piece = piece.T if mark == "T" else piece.inv if mark == "inv" else piece
        found = piece if found is None else found * piece
    return found


def numeric(word: list[tuple[str, str]], numbers: Any) -> Any:
    found = None
    for name, mark in word:
        mark = marked(name, mark)
        (letter,) = LETTERS[name].letters()
        piece = numbers.factor(Factor(letter))
        if mark == "T":
            piece = piece.T
        if mark == "inv":
            piece = numbers.factor(Factor(letter, inverted=True))
        found = piece if found is None else found.dot(piece)
    return found


@given(words, words, st.integers(0, 10**6))
@settings(max_examples=40, deadline=None, suppress_health_check=QUIET)
def test_sums_products_and_traces_have_the_values_of_the_numbers(
    numbers: Any, unimodular_matrix: Any, one: list, two: list, seed: int
) -> None:
    at = numbers(**arrays(seed, unimodular_matrix))
    u, v = numeric(one, at), numeric(two, at)
    U, V = (I(SIZE) * symbolic(w) * I(SIZE) for w in (one, two))
    assert (at.matrix(U * V - 2 * V.T, SIZE) == u.dot(v) - 2 * v.T).all()
    assert (at.matrix((U + V) ** 2, SIZE) == (u + v).dot(u + v)).all()
    assert at.scalar(tr(U * V)) == np.trace(u.dot(v))
    assert at.scalar(inner(U, V)) == np.trace(u.T.dot(v))


@given(words, words, st.booleans(), st.integers(0, 4), st.booleans())
@settings(max_examples=80, deadline=None, suppress_health_check=QUIET)
def test_traces_are_one_atom_exactly_when_the_numbers_agree(
    numbers: Any, unimodular_matrix: Any, one: list, two: list, related: bool, turn: int, turned: bool
) -> None:
    if related:  # a rotation, perhaps transposed, of the first word
        turn %= len(one)
        two = one[turn:] + one[:turn]
    U, V = symbolic(one) * I(SIZE), symbolic(two) * I(SIZE)
    V = V.T if turned else V
    same = sp.expand(tr(U) - tr(V)) == 0
    values = []
    for seed in range(4):
        at = numbers(**arrays(seed, unimodular_matrix))
        v = numeric(two, at)
        values.append(np.trace(numeric(one, at)) == np.trace(v.T if turned else v))
    assert same == all(values)
    if related:
        assert same


@given(words, words)
@settings(max_examples=60, deadline=None, suppress_health_check=QUIET)
def test_matrices_are_equal_exactly_when_the_numbers_are(
    numbers: Any, unimodular_matrix: Any, one: list, two: list
) -> None:
    values = []
    for seed in range(3):
        at = numbers(**arrays(seed, unimodular_matrix))
        values.append(bool((numeric(one, at) == numeric(two, at)).all()))
    assert (symbolic(one) == symbolic(two)) == all(values)


def test_traces_of_products_that_are_not_square() -> None:
    X, Y = Mat("X", rows="m", cols="n"), Mat("Y", rows="n", cols="m")
    assert tr(X * Y) == tr(Y * X) == tr(X.T * Y.T)
    assert (X * Y).shape != (Y * X).shape
    assert tr(X * X.T) == frobenius2(X) == frobenius2(X.T)
    assert str(frobenius2(X)) == "‖X‖²_F" and frobenius2(X).is_nonnegative
    assert sp.latex(frobenius2(X)) == r"\lVert X\rVert_F^{2}"
    assert sp.latex(tr(X * Y)) == r"\operatorname{tr}\left(X Y\right)" and str(tr(X * Y)) == "tr(X·Y)"


def test_declared_facts_of_letters_are_used_and_only_they() -> None:
    assert tr(S * A) == tr(S * A.T) and tr(S * S).is_nonnegative and S.T == S
    assert tr(A * A).is_nonnegative is None and tr(A * A) != tr(A * A.T)
    assert W * W.inv * B == B and tr(W.inv * B * W) == tr(B) and (W * Q).inv == Q.T * W.inv
    assert W.T.inv == W.inv.T and (2 * W).inv == W.inv / 2
    assert Q * Q.T * A == A and Q.inv == Q.T and frobenius2(Q * A) == frobenius2(A)
    assert frobenius2(W * A) != frobenius2(A)
    assert str(Q.T * W.inv * W.inv.T) == "Qᵀ·W⁻¹·W⁻ᵀ"


def test_the_trace_of_the_identity_is_its_size() -> None:
    assert tr(I("n")) == n and tr(I(3)) == 3
    assert tr(I(n) + A - A) == n
    M = Mat("M", rows=n, invertible=True)
    assert tr(M * M.inv) == n and tr(M**0) == n and tr(2 * M * M.inv) == 2 * n
    assert frobenius2(Mat("O", rows=n, orthogonal=True)) == n
    with pytest.raises(MalformedExpression, match="unknown size"):
        tr(W * W.inv)


def test_log_determinants() -> None:
    M = Mat("M", rows=n, invertible=True)
    N = Mat("N", rows=n, invertible=True)
    assert logdet(M * N) == logdet(M) + logdet(N) == logdet(N.T * M)
    assert logdet(M.inv) == -logdet(M) and logdet(M * N * M.inv) == logdet(N)
    assert logdet(I(n)) == 0 and logdet(Q) == 0 and logdet(-M) == logdet(M)
    assert logdet(3 * M) == n * sp.log(3) + logdet(M)
    assert str(logdet(M)) == "log|det M|" and sp.latex(logdet(M)) == r"\log\left|\det M\right|"


def test_matrix_equality_is_judged() -> None:
    square = (A + B) * (A + B)
    assert mat_eq(square, A * A + A * B + B * A + B * B).status == "proved"
    wrong = mat_eq(square, A * A + 2 * A * B + B * B)
    assert wrong.status == "refuted" and wrong.counterexample is not None
    assert mat_eq((a + b) * A, a * A + b * A).status == "proved"
    assert mat_eq(a * A, b * A).status == "refuted"
    assert mat_eq(a * A, b * A, [sp.Eq(a, b)]).status == "proved"
    assert mat_eq(a**2 * A / a, a * A).status == "proved"
    assert mat_eq(W.inv * (W + B), I(n) + W.inv * B).status == "proved"
    assert mat_eq(A - A, zeros(n, n)).status == "proved"
    assert mat_eq(A * Vec("x"), Vec("x")).status == "refuted"
    Z = Mat("Z")
    assert mat_eq(Z * A, Z * A).status == "proved" and mat_eq(Z * A, A * Z).status == "refuted"


def test_an_undefined_coefficient_is_not_proved() -> None:
    assert mat_eq(a / b * A, a / b * A).status != "proved"
    assert mat_eq(a / b * A, a / b * A, [sp.Ne(b, 0)]).status == "proved"


def test_a_chain_of_matrices_is_a_chain_of_scalars() -> None:
    assert judge(weak((A + B).T), "=", weak(A.T + B.T)).status == "proved"
    assert judge(weak((A * B).T), "=", weak(A.T * B.T)).status == "refuted"
    with pytest.raises(MalformedExpression, match="another name"):
        weak(Mat("Z"))


def test_members_of_a_family_of_matrices() -> None:
    layers = MatFamily("L")
    i, j = sp.symbols("i j", integer=True)
    crossed = tr(layers[i].T * layers[j])
    assert crossed == tr(layers[j].T * layers[i])
    assert substitute(crossed, {i: j}) == frobenius2(layers[j]) and frobenius2(layers[j]).is_nonnegative
    assert layers[1] * layers[2] != layers[2] * layers[1]
    assert str(tr(layers[1] * layers[2])) == "tr(L[1]·L[2])"


def test_identities_of_one_size_are_not_assumed() -> None:
    """Cayley–Hamilton holds for 2×2 matrices and not for every size: there it is refuted, here neither."""
    for size, status in ((2, "tested"), (3, "refuted"), ("n", "refuted")):
        M = Mat("M", rows=size, cols=size)
        claim = judge(tr(M * M * M), "=", sp.Rational(3, 2) * tr(M) * tr(M * M) - tr(M) ** 3 / 2)
        assert claim.status == status


X = Mat("X", rows="m", cols="n")


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: X * X, "m×n times m×n"),
        (lambda: X + X.T, "m×n plus n×m"),
        (lambda: tr(X), "not square"),
        (lambda: X**2, "times|not square"),
        (lambda: X.inv, "invertible=True"),
        (lambda: A.inv, "invertible=True"),
        (lambda: (W + B).inv, "no word"),
        (lambda: (a * W).inv, "needs a ≠ 0"),
        (lambda: (W - W).inv, "no word"),
        (lambda: A / B, ".inv"),
        (lambda: A + 1, r"c\*I\(n\)"),
        (lambda: 0.5 * A, "not exact"),
        (lambda: A**-1, "natural number"),
        (lambda: A**a, "natural number"),
        (lambda: A * Mat("A", symmetric=True), "declared twice"),
        (lambda: A + Mat("A", rows=n, cols=n), "declared twice"),
        (lambda: A * Vec("A"), "declared twice"),
        (lambda: Mat("R", rows="m", cols="n", symmetric=True), "not square"),
        (lambda: Mat("R", rows="m", cols="n", invertible=True), "not square"),
        (lambda: Mat("R", orthogonal=True, symmetric=True), "orthogonal says enough"),
        (lambda: Mat("R", rows=1, cols=1), "1×1"),
        (lambda: Mat("R", rows=2.5), "not exact"),
        (lambda: Mat("R", rows=-2), "not a positive integer"),
        (lambda: Mat("A B"), "no name"),
        (lambda: Mat(3), "no name"),
        (lambda: tr(a), "no vector or matrix"),
        (lambda: inner(X, X.T), "m×n with n×m"),
        (lambda: inner(A, 2), "no vector or matrix"),
        (lambda: mat_eq(X, X.T), "plus|m×n"),
        (lambda: mat_eq(A, a), "no vector or matrix"),
        (lambda: logdet(A), "invertible=True"),
        (lambda: logdet(W + B), "no word"),
        (lambda: logdet(2 * W), "give rows="),
        (lambda: I(1), "number 1"),
        (lambda: I(None), "number of rows"),
        (lambda: I(a), "not a positive integer"),
        (lambda: I("n") * X, "n×n times m×n"),
        (lambda: bool(A == B) or bool(A), "mat_eq"),
    ],
)
def test_bad_input_is_one_clear_error(build: Any, message: str) -> None:
    with pytest.raises(MalformedExpression, match=message):
        build()


def test_what_is_declared_is_said_in_words() -> None:
    M = Mat("M", rows="m", cols="n")
    assert (M * Vec("x", dim="n")).declarations() == ["M: matrix m×n", "x: vector of dimension n"]
    assert (S + W).declarations() == ["S: symmetric matrix", "W: invertible matrix"]
    assert (Q * M.T).declarations()[1] == "Q: orthogonal matrix"
