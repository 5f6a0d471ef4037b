"""Vectors by Gram variables: expansions against exact numbers, what prints, what is refused."""

from __future__ import annotations

import copy
import pickle
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
import sympy as sp
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sympy import Sum

from assayer.derivation import Forall, MalformedExpression, judge
from assayer.derivation.algebra import I, Mat, Vec, VecFamily, dot, inner, norm, norm2, tr
from assayer.derivation.trusted.context import Relation
from assayer.derivation.trusted.expressions import express, substitute

a, b = sp.symbols("a b", real=True)
t, s = sp.symbols("t s", integer=True, nonnegative=True)
T = sp.Symbol("T", integer=True, positive=True)
x, y, z = Vec("x"), Vec("y"), Vec("z")
theta, g = VecFamily("theta"), VecFamily("g")
coefficients = st.fractions(-3, 3, max_denominator=4)
combinations = st.lists(coefficients, min_size=3, max_size=3)


def combine(weights: list[Fraction], vectors: list[Any]) -> Any:
    total = vectors[0] * weights[0]
    for w, v in zip(weights[1:], vectors[1:], strict=True):
        total = total + v * w
    return total


@given(combinations, combinations, st.integers(0, 10**6))
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_inner_product_of_combinations_is_that_of_the_numbers(
    numbers: Any, one: list[Fraction], two: list[Fraction], seed: int
) -> None:
    rng = np.random.default_rng(seed)
    columns = {k: np.array(rng.integers(-5, 6, (4, 1)), dtype=object) for k in "xyz"}
    values = [columns[k] for k in "xyz"]
    expected = (combine(one, values).T @ combine(two, values))[0, 0]
    u, v = combine(one, [x, y, z]), combine(two, [x, y, z])
    found = [u @ v, v @ u, dot(u, v), inner(u, v), u.T * v, tr(u * v.T)]
    assert [numbers(**columns).scalar(e) for e in found] == [expected] * len(found)


@pytest.mark.parametrize("dimension", [1, 2, 5])
def test_any_dimension(numbers: Any, dimension: int) -> None:
    rng = np.random.default_rng(dimension)
    columns = {k: np.array(rng.integers(1, 6, (dimension, 1)), dtype=object) for k in "xyz"}
    v = columns["x"] + 2 * columns["y"] - 3 * columns["z"]
    assert numbers(**columns).scalar(norm2(x + 2 * y - 3 * z)) == (v.T @ v)[0, 0]
    assert numbers(**columns).scalar(norm2(x + 2 * y + 3 * z)) != (v.T @ v)[0, 0]


def test_symbolic_coefficients_expand_bilinearly() -> None:
    assert norm2(x - a * y) == norm2(x) - 2 * a * (x @ y) + a**2 * norm2(y)
    assert x @ y == y @ x
    assert norm2(-x / 2) == norm2(x) / 4
    assert sum([x, y, z]) - z == x + y
    assert (x - x) @ y == 0


def test_one_atom_for_each_pair_with_its_sign() -> None:
    assert isinstance(x @ y, sp.Symbol) and (x @ y).is_real and (x @ y).is_nonnegative is None
    assert norm2(x).is_nonnegative and norm2(x).is_positive is None
    assert norm(x) ** 2 == norm2(x)
    assert len((norm2(x + y) + dot(y, x)).free_symbols) == 3


def test_atoms_print_well() -> None:
    assert [str(e) for e in (x @ y, norm2(x), norm(x), g[t] @ theta[t + 1], norm2(g[t]))] == [
        "⟨x, y⟩",
        "‖x‖²",
        "sqrt(‖x‖²)",
        "⟨g[t], theta[t + 1]⟩",
        "‖g[t]‖²",
    ]
    star = Vec("theta_star", latex=r"\theta^\star")
    assert sp.latex(x @ star) == r"\langle \theta^\star, x\rangle"
    assert sp.latex(norm2(x)) == r"\lVert x\rVert^{2}"
    assert sp.latex(norm2(x) ** 2) == r"\left(\lVert x\rVert^{2}\right)^{2}"
    assert sp.latex(norm2(theta[t]) ** 2) == r"\left(\lVert \theta_{t}\rVert^{2}\right)^{2}"
    assert repr(2 * x - a * y) == "<Vec 2·x - a·y>" and repr((a + 1) * x) == "<Vec (a + 1)·x>"
    assert (2 * x - a * y)._repr_latex_() == "$2 x - a y$"


def test_an_author_cannot_make_an_atom_by_its_name() -> None:
    impostor = sp.Symbol("⟨x, y⟩", real=True)
    assert impostor != x @ y
    with pytest.raises(MalformedExpression, match="declared twice"):
        express(impostor + (x @ y))


def test_atoms_survive_copies() -> None:
    for e in (x @ y, norm2(x), g[t] @ theta[s], norm2(g[t + 1]), norm2(x - a * y)):
        assert pickle.loads(pickle.dumps(e)) == e == copy.deepcopy(e)
    assert "x" in sp.srepr(x @ y) and sp.srepr(g[t] @ g[s]) != sp.srepr(g[t] @ theta[s])


def test_members_are_canonical_under_every_substitution() -> None:
    pair = g[t] @ g[s]
    assert pair == g[s] @ g[t]
    assert substitute(pair, {t: s}) == norm2(g[s])
    assert substitute(pair, {t: s}).is_nonnegative and pair.is_nonnegative is None
    assert substitute(pair, {t: sp.Integer(5), s: sp.Integer(3)}) == g[3] @ g[5]
    assert substitute(g[t] @ g[t + 1], {t: t - 1}) == g[t - 1] @ g[t]
    assert substitute(norm2(g[t]), {t: t + 1}) == norm2(g[t + 1])
    step = g[t] @ g[t + 1]
    assert step.args == (t, t + 1) and substitute(step, {t: t - 1}).args == (t - 1, t)


def test_families_under_sum_and_forall(numbers: Any) -> None:
    rng = np.random.default_rng(3)
    arrays = {
        "theta": {k: np.array(rng.integers(-4, 5, (3, 1)), dtype=object) for k in range(6)},
        "x": np.array(rng.integers(-4, 5, (3, 1)), dtype=object),
    }
    whole = Sum(norm2(theta[t] - x), (t, 1, T))
    expected = sum(((arrays["theta"][k] - arrays["x"]).T @ (arrays["theta"][k] - arrays["x"]))[0, 0] for k in (1, 2, 3))
    assert numbers(**arrays).scalar(whole, {T: 3}) == expected
    split = Sum(norm2(theta[t]), (t, 1, T)) - 2 * Sum(theta[t] @ x, (t, 1, T)) + T * norm2(x)
    assert judge(whole, "=", split).status == "proved"
    assert judge(whole, "=", split + norm2(x)).status == "refuted"
    bound = Forall(t, Relation(norm2(g[t]), "<=", a**2))
    assert judge(norm2(g[t + 2]), "<=", a**2, [bound]).status == "proved"
    assert judge(norm2(theta[t]), "<=", a**2, [bound]).status != "proved"


def test_a_vector_and_a_matrix() -> None:
    A = Mat("A")
    assert x @ (A * y) == (A.T * x) @ y == x.T * A * y == y @ (A.T * x)
    assert norm2(A * x) == x @ (A.T * A * x)
    assert (x * y.T) * z == (y @ z) * x
    assert tr(A * x * y.T) == y @ (A * x)
    assert str(x @ (A * y)) == "xᵀ·A·y" and str(norm2(A * x)) == "‖A·x‖²" and norm2(A * x).is_nonnegative


steps = st.lists(st.sampled_from(["A", "AT", "xyT", "yxT"]), max_size=4)


@given(steps, steps, st.integers(0, 10**6))
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_matrices_and_outer_products_acting_on_vectors(numbers: Any, one: list[str], two: list[str], seed: int) -> None:
    rng = np.random.default_rng(seed)
    columns = {k: np.array(rng.integers(-2, 3, (3, 1)), dtype=object) for k in "xy"}
    m = np.array(rng.integers(-2, 3, (3, 3)), dtype=object)
    at = numbers(**columns, A=m)
    A = Mat("A")
    meaning = {"A": A, "AT": A.T, "xyT": x * y.T, "yxT": y * x.T}
    value = {"A": m, "AT": m.T, "xyT": columns["x"].dot(columns["y"].T), "yxT": columns["y"].dot(columns["x"].T)}
    u, p = x, columns["x"]
    for step in one:
        u, p = meaning[step] * u, value[step].dot(p)
    v, q = y, columns["y"]
    for step in two:
        v, q = meaning[step] * v, value[step].dot(q)
    assert isinstance(u, Vec) and (at.matrix(u - 2 * v, 3) == p - 2 * q).all()
    assert at.scalar(u @ v) == at.scalar(tr(v * u.T)) == p.T.dot(q)[0, 0]
    assert at.scalar(norm2(u)) == p.T.dot(p)[0, 0]
    assert (at.matrix(u * v.T, 3) == p.dot(q.T)).all()


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: x * y, "x @ y for the inner product"),
        (lambda: x * y * z, "x @ y"),
        (lambda: x**2, "norm2"),
        (lambda: 0.5 * x, "0.5 is not exact"),
        (lambda: x * 0.5, "not exact"),
        (lambda: np.float64(0.5) * x, "not exact"),
        (lambda: x / 0.5, "not exact"),
        (lambda: x + 1, "a scalar added"),
        (lambda: a + x, "a scalar added"),
        (lambda: x @ 2, "two vectors or matrices"),
        (lambda: x / y, "division by the matrix y"),
        (lambda: x * Mat("A"), "a vector times a matrix"),
        (lambda: x + Mat("A"), "a vector plus a matrix"),
        (lambda: Vec("x", dim="m") + Vec("y", dim="n"), "m×1 plus n×1"),
        (lambda: Vec("x", dim="m") @ Vec("y", dim="n"), "m×1 with n×1"),
        (lambda: Vec("x", dim="m") @ x, "declared twice"),
        (lambda: Vec("x", dim=1), "1×1"),
        (lambda: Vec("x", dim=0), "not a positive integer"),
        (lambda: Vec("x", dim=sp.Symbol("d", real=True)), "not a positive integer"),
        (lambda: Vec("⟨x"), "no name"),
        (lambda: Vec(""), "no name"),
        (lambda: dot(a, x), "no vector or matrix"),
        (lambda: dot(Mat("A"), Mat("B")), "inner"),
        (lambda: norm2(Mat("A")), "dot is for vectors"),
        (lambda: theta[a], "an index is an integer"),
        (lambda: theta[sp.Rational(1, 2)], "an index is an integer"),
        (lambda: sp.Symbol("c") * x, "no real domain"),
        (lambda: I(3) * Vec("x", dim=4), "3×3 times 4×1"),
        (lambda: bool(x), "mat_eq"),
    ],
)
def test_bad_input_is_one_clear_error(build: Any, message: str) -> None:
    with pytest.raises(MalformedExpression, match=message):
        build()


def test_a_family_has_no_end_and_an_expression_does_not_change() -> None:
    with pytest.raises(TypeError, match="no end"):
        list(theta)
    with pytest.raises(AttributeError, match="does not change"):
        x.rows = 3
