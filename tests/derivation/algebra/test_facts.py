"""Facts that hold by construction, held scalars, and points that vectors can take."""

from __future__ import annotations

import copy
import pickle
import random
from typing import Any

import numpy as np
import pytest
import sympy as sp
from sympy import Eq, Gt, Sum

from assayer.derivation import Derivation, Forall, MalformedExpression, StepNotProved, Uninhabited, judge
from assayer.derivation.algebra import (
    E,
    Mat,
    RandomFamily,
    RandomVariable,
    Vec,
    VecFamily,
    declarations,
    definitions,
    equation,
    frobenius2,
    gram_facts,
    held_norm2,
    inner,
    logdet,
    norm,
    norm2,
    realized,
    squares,
    tr,
)
from assayer.derivation.algebra.points import Realization
from assayer.derivation.trusted.context import Relation

x, y, z = Vec("x"), Vec("y"), Vec("z")
A, B = Mat("A"), Mat("B")
theta, g = VecFamily("theta"), VecFamily("g")
a = sp.Symbol("a", real=True)
eta = sp.Symbol("eta", positive=True)
t = sp.Symbol("t", integer=True, nonnegative=True)
T = sp.Symbol("T", integer=True, positive=True)


@pytest.mark.parametrize("seed", range(6))
def test_every_fact_holds_for_every_choice_of_vectors(numbers: Any, seed: int) -> None:
    rng = np.random.default_rng(seed)
    shape = (int(rng.integers(1, 4)), 1)
    columns = {k: np.array(rng.integers(-3, 4, shape), dtype=object) for k in "xyz"}
    square = {k: np.array(rng.integers(-3, 4, (2, 2)), dtype=object) for k in "AB"}
    at = numbers(**columns, **square)
    facts = [*gram_facts(x, y, z), *gram_facts(x - 2 * y, z), *squares(x + y - 3 * z), *gram_facts(A, B, A * B)]
    assert len(facts) == 4 + 1 + 1 + 4
    for fact in facts:
        assert fact.sign == ">=" and at.scalar(fact.left) >= at.scalar(fact.right)
    assert any(at.scalar(f.right) != 0 for f in facts)


def test_facts_that_domains_give_are_left_out_and_dependent_vectors_give_equations() -> None:
    assert squares(x) == [] and gram_facts(x) == []
    assert gram_facts(x, x) == [] == gram_facts(x, 2 * x)


def test_facts_over_an_index() -> None:
    (fact,) = gram_facts(g[t], x, forall=t)
    assert isinstance(fact, Forall)
    assert judge((g[3] @ x) ** 2, "<=", norm2(g[3]) * norm2(x), [fact]).status == "proved"
    (plain,) = gram_facts(x, y, forall=t)
    assert isinstance(plain, Relation)


def test_cauchy_schwarz_is_not_free() -> None:
    claim = ((x @ y) ** 2, "<=", norm2(x) * norm2(y))
    assert judge(*claim).status == "tested"  # true of vectors: not refuted, and not proved without the fact
    assert judge(*claim, gram_facts(x, y)).status == "proved"
    assert judge((x @ y) ** 2, "<=", norm2(x) * norm2(y) - 1, gram_facts(x, y)).status == "refuted"
    assert judge(inner(A, B) ** 2, "<=", frobenius2(A) * frobenius2(B), gram_facts(A, B)).status == "proved"


def test_the_norm_of_a_sum_needs_its_square() -> None:
    assert judge(norm(x + y), ">=", 0).status != "proved"
    assert judge(norm(x + y), ">=", 0, squares(x + y)).status == "proved"
    assert judge(norm(x), ">=", 0).status == "proved"


def test_an_equation_says_what_it_says_of_inner_products(numbers: Any) -> None:
    rng = np.random.default_rng(0)
    columns = {k: np.array(rng.integers(-3, 4, (3, 1)), dtype=object) for k in "xy"}
    at = numbers(**columns, z=columns["x"] - 2 * columns["y"])
    facts = equation(z, x - 2 * y, y)
    assert len(facts) == 3 and all(at.scalar(f.left) == at.scalar(f.right) for f in facts)
    assert judge(norm2(z), "=", norm2(x - 2 * y), facts).status == "proved"
    assert judge(z @ y, "=", x @ y - 2 * norm2(y), facts).status == "proved"
    assert judge(norm2(z), "=", norm2(x - y), facts).status != "proved"


def test_held_scalars_print_as_written_and_mean_their_expansion() -> None:
    h = held_norm2(x - a * y)
    assert str(h) == "‖x - a·y‖²" and sp.latex(h) == r"\lVert x - a y\rVert^{2}" and h.is_nonnegative
    (meaning,) = definitions(h + 1)
    assert (meaning.left, meaning.sign, meaning.right) == (h, "=", norm2(x - a * y))
    assert judge(h, "=", norm2(x) - 2 * a * (x @ y) + a**2 * norm2(y), definitions(h)).status == "proved"
    assert judge(h, "=", norm2(x) + 2 * a * (x @ y) + a**2 * norm2(y), definitions(h)).status != "proved"
    assert judge(norm2(x) - 2 * (x @ y) + norm2(y), ">=", 0, definitions(held_norm2(x - y))).status == "proved"
    assert held_norm2(x) != held_norm2(y) and held_norm2(x - y) != sp.Symbol("‖x - y‖²", nonnegative=True)
    assert pickle.loads(pickle.dumps(h)) == h == copy.deepcopy(h)
    assert str(held_norm2(A * B - A)) in ("‖A·B - A‖²_F", "‖-A + A·B‖²_F")


def test_a_held_scalar_is_not_a_constant() -> None:
    h = held_norm2(x - a * y)
    for expr in (h, 2 * h**2):
        with pytest.raises(MalformedExpression, match="depends on it"):
            sp.diff(expr, a)
    assert sp.diff(h**2, h) == 2 * h
    with pytest.raises(MalformedExpression, match="depends on the integer t"):
        held_norm2(theta[t] - x)
    with pytest.raises(MalformedExpression, match="depends on the integer T"):
        held_norm2(T * x)


def test_a_realization_gives_every_atom_the_value_of_its_vectors() -> None:
    point = Realization(random.Random(1))
    S = Mat("S", symmetric=True)
    W = Mat("W", invertible=True)
    Q = Mat("Q", orthogonal=True)
    q = point.matrix(Q)
    assert q * q.transpose() == point.matrix(Q.T * Q + 0 * Q)
    assert point.matrix(S) == point.matrix(S).transpose()
    assert point.matrix(W) * point.matrix(W.inv) == point.matrix(W.inv * W)
    assert point.scalar(norm2(x + 2 * y)) == point.scalar(norm2(x) + 4 * (x @ y) + 4 * norm2(y))
    assert point.scalar(norm2(x + y)) != point.scalar(norm2(x)) or point.scalar(norm2(y) + 2 * (x @ y)) == 0
    named = Mat("M", rows="m", cols="n")
    assert point.matrix(named).nrows() == point.scalar(sp.Symbol("m", integer=True, positive=True))
    assert point.scalar(tr(A * B)) == point.scalar(tr(B * A))
    with pytest.raises(MalformedExpression, match="no rational value"):
        point.scalar(logdet(W))
    with pytest.raises(MalformedExpression, match="not rational"):
        point.scalar(sp.sqrt(2) * a)


def test_a_model_meets_hypotheses_about_iterates() -> None:
    D = sp.Function("D", nonnegative=True)
    step = (theta[t + 1], theta[t] - eta * g[t])
    hypotheses = [
        Forall(t, Eq(D(t), norm2(theta[t] - x))),
        *equation(step[0] - x, step[1] - x, forall=t),
    ]
    with pytest.raises(Uninhabited, match="model="):
        Derivation("no model", *hypotheses)
    model = realized(*hypotheses, solves=[step])
    right = D(t) - 2 * eta * (g[t] @ (theta[t] - x)) + eta**2 * norm2(g[t])
    proved = Derivation("a step", *hypotheses, model=model, declare=(t, eta)).start(D(t + 1)).eq(right).theorem()
    assert proved.status == "proved"
    for false in (right + eta**2 * norm2(g[t]), D(t) - eta * (g[t] @ (theta[t] - x)) + eta**2 * norm2(g[t])):
        with pytest.raises(StepNotProved, match="refuted"):
            Derivation("a slip", *hypotheses, model=model, declare=(t, eta)).start(D(t + 1)).eq(false).theorem()
    with pytest.raises(Uninhabited):
        Derivation("not solved", *hypotheses, model=realized(*hypotheses))


def test_a_model_covers_sums_and_given_values() -> None:
    whole = Sum(eta * norm2(g[t]), (t, 1, T))
    values = realized(whole, T >= 2, given={T: lambda rng: rng.randint(2, 4)})(random.Random(0))
    assert 2 <= values[T] <= 4 and values[eta] > 0 and values[norm2(g[3])] >= 0 and t not in values
    again = realized(whole, T >= 2, given={T: lambda rng: rng.randint(2, 4)})(random.Random(0))
    assert values == again


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: gram_facts(x, a), "no vector or matrix"),
        (lambda: gram_facts(x, A), "shapes differ"),
        (lambda: squares(norm2(x)), "no vector or matrix"),
        (lambda: equation(x, Vec("w", dim=3), Vec("v", dim=2)), "3×1 with 2×1"),
        (lambda: realized(solves=[(x + y, z)]), "determines a letter"),
        (lambda: definitions(x), "not a SymPy expression"),
    ],
)
def test_bad_input_is_one_clear_error(build: Any, message: str) -> None:
    with pytest.raises(MalformedExpression, match=message):
        build()


def test_what_stands_behind_a_scalar_is_said_in_words() -> None:
    S = Mat("S", rows="n", symmetric=True)
    X, U = RandomVariable("X"), RandomVariable("U", mean=a, group="u")
    F = RandomFamily("F", mean=lambda k: a * k)
    assert declarations(tr(S * S) + E(X**2), held_norm2(x - a * y), S * Vec("v"), U + F[1]) == [
        "F: family of independent random variables, E[F] = a function of the index",
        "S: symmetric matrix n×n",
        "U: random variable, E[U] = a, independence group u",
        "X: random variable",
        "v: vector",
        "x: vector",
        "y: vector",
    ]
    assert declarations(norm2(theta[t])) == ["theta: family of vectors"]
    with pytest.raises(MalformedExpression, match="A is declared twice"):
        declarations(tr(A), tr(Mat("A", symmetric=True) * B))


def test_points_in_the_plane_need_no_hypothesis() -> None:
    assert Derivation("free", *gram_facts(x, y, z), Gt(norm2(x), 0)).witness is not None
