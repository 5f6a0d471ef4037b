"""Derivations as chapters write them, each beside a false twin that must be refuted or left unproved."""

from __future__ import annotations

import pytest
import sympy as sp
from sympy import Gt, Le, Rational, Sum

from assayer.derivation import Derivation, Forall, StepNotProved, Theorem
from assayer.derivation.algebra import (
    Cov,
    E,
    Mat,
    RandomFamily,
    RandomVariable,
    Var,
    Vec,
    VecFamily,
    backward,
    definitions,
    frobenius2,
    grad,
    gram_facts,
    held_norm2,
    independent,
    inner,
    norm,
    norm2,
    squares,
    tr,
    weak,
)

x, y, star = Vec("x"), Vec("y"), Vec("theta_star")
theta, g = VecFamily("theta"), VecFamily("g")
mu, m = sp.symbols("mu m", real=True)
eta, sigma, G = sp.symbols("eta sigma G", positive=True)
n, T = sp.symbols("n T", integer=True, positive=True)
i, j = sp.symbols("i j", integer=True)
t = sp.Symbol("t", integer=True, nonnegative=True)


def refuted(chain: Derivation) -> None:
    with pytest.raises(StepNotProved, match="refuted"):
        chain.theorem()


def proved(chain: Derivation) -> Theorem:
    theorem = chain.theorem("proved")
    assert theorem.status == "proved"
    return theorem


def test_one_step_of_gradient_descent() -> None:
    v, w = Vec("v"), Vec("w")
    after = held_norm2(v - eta * w - star)
    start = lambda: Derivation("descent", *definitions(after), held).start(after)
    held = Le(norm2(w), G**2)
    distance = norm2(v - star)
    right = distance - 2 * eta * (w @ (v - star)) + eta**2 * norm2(w)
    theorem = proved(
        start().eq(right, by="expand the square").le(right + eta**2 * (G**2 - norm2(w)), by="the gradient is bounded")
    )
    assert "‖v - eta·w - theta_star‖²" in repr(theorem)
    refuted(start().eq(distance - eta * (w @ (v - star)) + eta**2 * norm2(w)))
    refuted(start().eq(distance + 2 * eta * (w @ (v - star)) + eta**2 * norm2(w)))
    refuted(start().eq(distance - 2 * eta * (w @ (v - star)) + eta * norm2(w)))


def test_regret_of_gradient_descent_telescopes() -> None:
    """With D(t) for the squared distances, and the step expanded as above as its hypothesis."""
    D = sp.Function("D", nonnegative=True)
    gap = lambda k: g[k] @ (theta[k] - star)
    step = Forall(t, sp.Eq(D(t + 1), D(t) - 2 * eta * gap(t) + eta**2 * norm2(g[t])))
    k = sp.Symbol("k", integer=True, nonnegative=True)

    def model(rng: object) -> dict:
        values: dict = {eta: Rational(1, 2), T: 3, D(-2): 5, D(-1): 5, D(0): 5}
        for at in range(-2, 16):
            values |= {norm2(g[at]): Rational(1, 2), g[at] @ theta[at]: Rational(1, 3), g[at] @ star: Rational(1, 3)}
            values[D(at + 1)] = values[D(at)] + Rational(1, 8)
        return values

    total = Sum(gap(k), (k, 0, T - 1))
    right = (D(0) - D(T)) / (2 * eta) + eta / 2 * Sum(norm2(g[k]), (k, 0, T - 1))
    chain = Derivation("regret", step, model=model, declare=(eta, T)).start(total).eq(right, by="telescope")
    assert proved(chain).unused == ()
    slip = Derivation("a sign", step, model=model, declare=(eta, T)).start(total)
    refuted(slip.eq((D(T) - D(0)) / (2 * eta) + eta / 2 * Sum(norm2(g[k]), (k, 0, T - 1))))


def test_parallelogram_and_polarization() -> None:
    left = norm2(x + y) + norm2(x - y)
    proved(Derivation("parallelogram").start(left).eq(2 * norm2(x) + 2 * norm2(y)))
    proved(Derivation("polarization").start((norm2(x + y) - norm2(x - y)) / 4).eq(x @ y))
    refuted(Derivation("half of it").start(left).eq(norm2(x) + norm2(y)))
    refuted(Derivation("a sign").start((norm2(x + y) - norm2(x - y)) / 4).eq(-(x @ y)))


def test_cauchy_schwarz_from_a_square() -> None:
    rest = held_norm2(x - (x @ y) / norm2(y) * y)
    chain = (
        Derivation("Cauchy–Schwarz", Gt(norm2(y), 0), *definitions(rest))
        .start((x @ y) ** 2)
        .le((x @ y) ** 2 + norm2(y) * rest, by="a square is not negative")
        .eq(norm2(x) * norm2(y), by="the part of x across y")
    )
    assert proved(chain).unused == ()
    refuted(Derivation("too strong", *gram_facts(x, y)).start((x @ y) ** 2).le(norm2(x) * norm2(y) / 2))


def test_triangle_inequality_in_squares() -> None:
    chain = (
        Derivation("triangle", *gram_facts(x, y), *squares(x + y))
        .start(norm2(x + y))
        .eq(norm2(x) + 2 * (x @ y) + norm2(y))
        .le(norm2(x) + 2 * norm(x) * norm(y) + norm2(y), by="Cauchy–Schwarz")
        .eq((norm(x) + norm(y)) ** 2)
    )
    proved(chain)


def test_the_gradient_of_least_squares() -> None:
    A, B, X = Mat("A", rows="m", cols="n"), Mat("B", rows="m", cols="p"), Mat("X", rows="n", cols="p")
    loss = frobenius2(A * X - B)
    whole = lambda right: Derivation("least squares").start(weak(grad(loss, X))).eq(weak(right))
    proved(whole(2 * A.T * (A * X - B)))
    for wrong in (A.T * (A * X - B), 2 * A.T * (A * X + B), -2 * A.T * (A * X - B)):
        refuted(whole(wrong))


def test_normal_equations_give_the_least_loss() -> None:
    A, b = Mat("A", rows="m", cols="n"), Vec("b", dim="m")
    w, v = Vec("w", dim="n"), Vec("v", dim="n")
    # The gradient at w vanishes: inner products with the step to any other point v do too.
    stationary = sp.Eq((v - w) @ (A.T * (A * w - b)), 0)
    less = held_norm2(A * (v - w))
    chain = (
        Derivation("the least loss", stationary, *definitions(less))
        .start(norm2(A * w - b))
        .le(norm2(A * w - b) + less, by="a square")
        .eq(norm2(A * v - b), by="the cross term vanishes")
    )
    proved(chain)
    free = Derivation("not stationary", *definitions(less), declare=(b @ (A * v),))
    refuted(free.start(norm2(A * w - b) + less).eq(norm2(A * v - b)))


def test_the_gradients_of_a_low_rank_update() -> None:
    """L is any function of W + BA, with gradient H there; then two steps back for a whole least-squares loss."""
    W, H = Mat("W", rows="d", cols="k"), Mat("H", rows="d", cols="k")
    low, up = Mat("A", rows="r", cols="k"), Mat("B", rows="d", cols="r")
    adapted = W + up * low
    proved(Derivation("∂L/∂A").start(weak(backward(H, adapted, low))).eq(weak(up.T * H)))
    proved(Derivation("∂L/∂B").start(weak(backward(H, adapted, up))).eq(weak(H * low.T)))
    refuted(Derivation("a transpose lost").start(weak(backward(H, adapted, low))).eq(weak(up.T * H * 2)))
    X, Y = Mat("X", rows="k", cols="N"), Mat("Y", rows="d", cols="N")
    error = adapted * X - Y
    loss = frobenius2(error) / 2
    proved(Derivation("∂loss/∂A").start(weak(grad(loss, low))).eq(weak(up.T * error * X.T)))
    refuted(Derivation("∂loss/∂A, a slip").start(weak(grad(loss, low))).eq(weak(up.T * (W * X - Y) * X.T)))


def test_the_trace_of_a_rotation() -> None:
    Q, A = Mat("Q", rows="n", orthogonal=True), Mat("A", rows="n", cols="n")
    proved(Derivation("basis change").start(tr(Q.T * A * Q)).eq(tr(A)))
    refuted(Derivation("no inverse", declare=(tr(A),)).start(tr(Q * A * Q)).eq(tr(A)))
    proved(Derivation("a norm").start(frobenius2(Q * A)).eq(frobenius2(A)))


def test_the_variance_of_a_sum() -> None:
    X = RandomFamily("X", mean=mu, variance=sigma**2)
    total = Sum(X[i], (i, 1, n))
    proved(Derivation("a sum").start(Var(total)).eq(n * sigma**2, by="independence"))
    proved(Derivation("a mean").start(Var(total / n)).eq(sigma**2 / n))
    refuted(Derivation("squared").start(Var(total)).eq(n**2 * sigma**2))
    refuted(Derivation("not divided").start(Var(total / n)).eq(sigma**2))


def test_the_error_of_a_mean() -> None:
    X = RandomFamily("X", mean=mu, variance=sigma**2)
    average = Sum(X[i], (i, 1, n)) / n
    proved(Derivation("E (x̄ − μ)²").start(E((average - mu) ** 2)).eq(sigma**2 / n))
    refuted(Derivation("E (x̄ − μ)²").start(E((average - mu) ** 2)).eq(sigma**2 / n**2))
    scatter = E(Sum((X[i] - Sum(X[j], (j, 1, n)) / n) ** 2, (i, 1, n)))
    proved(Derivation("Bessel").start(scatter).eq((n - 1) * sigma**2))
    refuted(Derivation("no correction").start(scatter).eq(n * sigma**2))


def test_bias_and_variance() -> None:
    estimate = RandomVariable("T")
    error = E((estimate - m) ** 2)
    proved(Derivation("bias–variance").start(error).eq(Var(estimate) + (E(estimate) - m) ** 2))
    refuted(Derivation("no bias").start(error).eq(Var(estimate)))
    refuted(Derivation("bias not squared").start(error).eq(Var(estimate) + E(estimate) - m))


def test_missing_independence_is_refuted() -> None:
    U, V = independent("U", "V")
    proved(Derivation("independent").start(Var(U + V)).eq(Var(U) + Var(V)))
    X, Y = RandomVariable("X"), RandomVariable("Y")
    refuted(Derivation("nothing known").start(Var(X + Y)).eq(Var(X) + Var(Y)))
    proved(Derivation("with covariance").start(Var(X + Y)).eq(Var(X) + 2 * Cov(X, Y) + Var(Y)))
    refuted(Derivation("E XY", declare=(E(X), E(Y))).start(E(X * Y)).eq(E(X) * E(Y)))


def test_least_squares_of_one_variable_by_moments() -> None:
    """E (Y − aX)² is least at a = E XY / E X²: completed square."""
    X, Y = RandomVariable("X"), RandomVariable("Y")
    a = sp.Symbol("a", real=True)
    loss = E((Y - a * X) ** 2)
    best = E(X * Y) / E(X**2)
    context = [Gt(E(X**2), 0)]
    square = E(X**2) * (a - best) ** 2
    chain = Derivation("slope", *context).start(loss).eq(E(Y**2) - E(X * Y) ** 2 / E(X**2) + square)
    proved(chain.ge(E(Y**2) - E(X * Y) ** 2 / E(X**2), by="a square"))
    refuted(Derivation("slip", *context).start(loss).eq(E(Y**2) + E(X * Y) ** 2 / E(X**2) + square))


def test_inner_and_trace_are_one() -> None:
    A, B = Mat("A", rows="m", cols="n"), Mat("B", rows="m", cols="n")
    proved(Derivation("Frobenius").start(frobenius2(A - B)).eq(frobenius2(A) - 2 * inner(A, B) + frobenius2(B)))
    refuted(Derivation("no cross term").start(frobenius2(A - B)).eq(frobenius2(A) + frobenius2(B)))
