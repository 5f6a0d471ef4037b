"""Exact gradients: against exact directional derivatives, against hand results, and where SymPy is wrong."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
import sympy as sp
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sympy import Sum

from assayer.derivation import MalformedExpression, Unsupported
from assayer.derivation.algebra import (
    I,
    Mat,
    MatFamily,
    Vec,
    VecFamily,
    backward,
    frobenius2,
    grad,
    held_norm2,
    inner,
    logdet,
    mat_eq,
    norm,
    norm2,
    tr,
)

A, B, X = Mat("A"), Mat("B"), Mat("X")
Y = Mat("Y", invertible=True)
x, y = Vec("x"), Vec("y")
a = sp.Symbol("a", real=True)
t, s = sp.symbols("t s", integer=True)
SIZE = 3


def slope(f: Callable[[Fraction], Fraction], degree: int) -> Fraction:
    """f'(0) of a polynomial of at most this degree, exactly, by Lagrange interpolation."""
    nodes = [Fraction(k - degree // 2) for k in range(degree + 1)]
    total = Fraction(0)
    for i, u in enumerate(nodes):
        others = [v for j, v in enumerate(nodes) if j != i]
        derivative = Fraction(0)
        for skip in range(len(others)):
            term = Fraction(1)
            for j, v in enumerate(others):
                term *= 1 if j == skip else -v
            derivative += term
        denominator = Fraction(1)
        for v in others:
            denominator *= u - v
        total += f(u) * derivative / denominator
    return total


tokens = st.tuples(st.sampled_from("AXXX"), st.booleans())
words = st.lists(tokens, min_size=1, max_size=4)


def product(word: list[tuple[str, bool]]) -> Any:
    found = None
    for name, turned in word:
        piece = {"A": A, "X": X}[name]
        piece = piece.T if turned else piece
        found = piece if found is None else found * piece
    return found


@given(words, words, st.integers(0, 10**6))
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_gradients_of_trace_polynomials_are_exact(numbers: Any, one: list, two: list, seed: int) -> None:
    f = tr(product(one)) ** 2 - 3 * tr(product(two)) * tr(X) + frobenius2(X - A)
    G = grad(f, X)
    rng = np.random.default_rng(seed)
    base, step, other = (np.array(rng.integers(-2, 3, (SIZE, SIZE)), dtype=object) for _ in range(3))
    derivative = slope(lambda h: numbers(A=other, X=base + h * step).scalar(f), 8)
    assert numbers(A=other, X=base, D=step).scalar(inner(G, Mat("D"))) == derivative


def test_a_wrong_gradient_is_seen_by_the_oracle(numbers: Any) -> None:
    rng = np.random.default_rng(5)
    base, step, other = (np.array(rng.integers(1, 4, (SIZE, SIZE)), dtype=object) for _ in range(3))
    derivative = slope(lambda h: numbers(A=other, X=base + h * step).scalar(tr(X * A * X)), 4)
    at = numbers(A=other, X=base, D=step)
    assert at.scalar(inner(grad(tr(X * A * X), X), Mat("D"))) == derivative
    assert at.scalar(inner(2 * (A * X).T, Mat("D"))) != derivative


@pytest.mark.parametrize(
    "f",
    [
        lambda m: tr(m.inv * B),
        lambda m: tr(m.inv.T * B * m),
        lambda m: tr(m.inv * B * m.inv * A),
        lambda m: tr(m.inv * B) * tr(m),
    ],
)
def test_gradients_of_inverses_by_small_rational_steps(f: Callable[[Any], sp.Expr], unimodular_matrix: Any) -> None:
    """Central differences at h and h/2: the error falls by four, as it does at the true derivative only."""
    rng = np.random.default_rng(2)
    base = np.array(unimodular_matrix(rng, SIZE), dtype=float)
    step, other, third = (rng.integers(-2, 3, (SIZE, SIZE)).astype(float) for _ in range(3))

    def value(expr: sp.Expr, y_value: np.ndarray) -> float:
        at = {"Y": y_value, "A": other, "B": third, "D": step}
        values = {}
        for atom in expr.free_symbols:
            piece = np.eye(SIZE)
            for factor in atom.word:
                m = at[factor.letter.name]
                m = np.linalg.inv(m) if factor.inverted else m
                piece = piece @ (m.T if factor.transposed else m)
            values[atom] = np.trace(piece)
        return float(expr.xreplace(values))

    exact = value(inner(grad(f(Y), Y), Mat("D")), base)
    errors = []
    for h in (1e-3, 5e-4):
        central = (value(f(Y), base + h * step) - value(f(Y), base - h * step)) / (2 * h)
        errors.append(abs(central - exact))
    assert 3.5 < errors[0] / errors[1] < 4.5


def test_hand_results() -> None:
    C, D = Mat("C", rows="m", cols="n"), Mat("D", rows="m", cols="p")
    U = Mat("U", rows="n", cols="p")
    assert mat_eq(grad(frobenius2(C * U - D), U), 2 * C.T * (C * U - D)).status == "proved"
    assert mat_eq(grad(frobenius2(C * U - D), U), C.T * (C * U - D)).status == "refuted"
    assert grad(x @ (A * x), x) == (A + A.T) * x and grad(x @ (A * x), A) == x * x.T
    assert grad(norm2(x - y), x) == 2 * (x - y) and grad(norm2(x), y) == x - x
    assert grad(norm(x), x) == x / norm(x)
    assert grad(tr(X.T * X * X.T * X), X) == 4 * X * X.T * X
    assert grad(sp.exp(tr(A * X)), X) == sp.exp(tr(A * X)) * A.T
    assert grad(sp.log(frobenius2(X)), X) == 2 * X / frobenius2(X)
    assert grad(sp.tanh(a * (x @ y)), x) == a * (1 - sp.tanh(a * (x @ y)) ** 2) * y
    assert grad(a**2, X) == X - X
    assert grad(frobenius2(X) ** a, X) == 2 * a * frobenius2(X) ** (a - 1) * X


def test_where_matrix_expressions_of_sympy_are_wrong() -> None:
    """The derivative of a sum of two traces came out 0 there, and that of log det too."""
    assert grad(tr(X) + tr(A * X), X) == grad(tr(X), X) + A.T != A.T
    M = Mat("M", rows="n", cols="n")
    assert grad(tr(M) + tr(A * M), M) == I("n") + A.T
    assert grad(logdet(Y), Y) == Y.inv.T
    assert grad(logdet(Y.T * Y * Y), Y) == 3 * Y.inv.T
    assert grad(logdet(Y) + tr(Y), Y) != Y.inv.T


def test_backward_is_the_chain_rule() -> None:
    W, L, R, G = (
        Mat("W", rows="m", cols="n"),
        Mat("L", rows="m", cols="r"),
        Mat("R", rows="r", cols="n"),
        Mat("G", rows="m", cols="n"),
    )
    T = Mat("T", rows="m", cols="n")
    assert backward(G, W + L * R, R) == L.T * G and backward(G, W + L * R, L) == G * R.T
    assert backward(G, W + L * R, W) == G
    adapted = W + L * R
    loss = frobenius2(adapted - T) / 2
    for part in (L, R, W):  # the gradient of a whole loss is its upstream, sent back
        assert mat_eq(grad(loss, part), backward(adapted - T, adapted, part)).status == "proved"
    assert mat_eq(grad(loss, R), L.T * (T - adapted)).status == "refuted"
    g = Vec("g", dim="m")
    v = Vec("v", dim="n")
    assert backward(g, W * v, W) == g * v.T and backward(g, W * v, v) == W.T * g
    assert backward(g, norm2(v) * (W * v), v) == norm2(v) * (W.T * g) + 2 * (g @ (W * v)) * v
    assert backward(Mat("H"), Y.inv, Y) == -(Y.inv.T * Mat("H") * Y.inv.T)
    assert backward(Mat("H"), A * X.T * B, X) == B * Mat("H").T * A


def test_a_composition_goes_back_through_both_steps() -> None:
    H = Mat("H")
    hidden = A * X
    whole = B * hidden
    assert backward(H, whole, X) == backward(backward(H, B * Mat("M"), Mat("M")), hidden, X)


def test_members_of_families() -> None:
    theta, g, layers = VecFamily("theta"), VecFamily("g"), MatFamily("L")
    f = norm2(theta[t] - a * g[t])
    assert grad(f, theta[t]) == 2 * theta[t] - 2 * a * g[t]
    assert grad(norm2(theta[t + 1] - theta[t]), theta[t]) == 2 * theta[t] - 2 * theta[t + 1]
    assert grad(tr(layers[1] * layers[2]), layers[2]) == layers[1].T
    with pytest.raises(Unsupported, match="depends on the index"):
        grad(theta[t] @ theta[s], theta[t])
    with pytest.raises(Unsupported, match="one term"):
        grad(Sum(norm2(theta[t]), (t, 1, 5)), theta[t])
    with pytest.raises(Unsupported, match="one term"):
        grad(Sum(g[t] @ x, (t, 1, 5)), x)
    assert grad(Sum(a * t * norm2(x), (t, 1, 5)), x) == 2 * Sum(a * t, (t, 1, 5)) * x


@pytest.mark.parametrize(
    ("build", "error", "message"),
    [
        (lambda: grad(X, X), MalformedExpression, "not a scalar"),
        (lambda: grad(X * A, A), MalformedExpression, "backward"),
        (lambda: grad(tr(X), 2 * X), MalformedExpression, "take a letter"),
        (lambda: grad(tr(X), X.T), MalformedExpression, "take a letter"),
        (lambda: grad(tr(X), X + A), MalformedExpression, "take a letter"),
        (lambda: grad(tr(X), a), MalformedExpression, "take a letter"),
        (lambda: grad(0.5 * tr(X), X), MalformedExpression, "not exact"),
        (lambda: grad("f", X), MalformedExpression, "not a SymPy expression"),
        (lambda: grad(tr(Mat("S", symmetric=True)), Mat("S", symmetric=True)), MalformedExpression, "not free"),
        (lambda: grad(tr(Mat("O", orthogonal=True)), Mat("O", orthogonal=True)), MalformedExpression, "not free"),
        (lambda: grad(tr(Mat("X", symmetric=True)), X), MalformedExpression, "declared twice"),
        (lambda: grad(sp.Abs(tr(X)), X), Unsupported, "no derivative everywhere"),
        (lambda: grad(sp.Max(tr(X), 0), X), Unsupported, "no derivative everywhere"),
        (lambda: grad(sp.Function("f")(tr(X)), X), Unsupported, "backward"),
        (lambda: grad(held_norm2(x - y), x), MalformedExpression, "held"),
        (lambda: backward(tr(X), X, X), MalformedExpression, "takes matrices"),
        (lambda: backward(A, tr(X), X), MalformedExpression, "upstream"),
        (lambda: backward(Mat("G", rows=2, cols=3), Mat("M", rows=3, cols=3), X), MalformedExpression, "inner product"),
    ],
)
def test_bad_input_is_one_clear_error(build: Any, error: type, message: str) -> None:
    with pytest.raises(error, match=message):
        build()
