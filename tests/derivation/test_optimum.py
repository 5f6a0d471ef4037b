"""Optima: an admissible point that no other beats, by a completed square or by slopes."""

from __future__ import annotations

import pytest
import sympy as sp
from sympy import E, Ge, Gt, Le, Lt, exp, log, sqrt

from assayer.derivation import Forall, Status, StepNotProved, Theorem, judge
from assayer.derivation.optimum import optimum, unique_optimum
from assayer.derivation.trusted.errors import ContradictoryHypotheses, MalformedExpression

D, G, T, eta, p, q, lam = sp.symbols("D G T eta p q lambda", positive=True)
a, b, x, y = sp.symbols("a b x y", real=True)
n = sp.Symbol("n", integer=True, positive=True)
k = sp.Symbol("k", integer=True)
F = sp.IndexedBase("F", real=True)
SGD = D**2 / (2 * T * eta) + G**2 * eta / 2

TRUE = [
    (SGD, {eta: D / (G * sqrt(T))}, "min", []),
    ((x - a) ** 2 + (y - b) ** 2, {x: a, y: b}, "min", []),
    (x**2 + x * y + y**2 - 3 * x, {x: 2, y: -1}, "min", []),
    (2 * a * x - x**2, {x: a}, "max", []),
    (a * x**2 - 2 * b * x, {x: b / a}, "min", [Gt(a, 0)]),
    (p * log(p), {p: 1 / E}, "min", []),
    (lam * p - log(p), {p: 1 / lam}, "min", []),
    (log(p) - p, {p: 1}, "max", []),
    (-(q * log(p) + (1 - q) * log(1 - p)), {p: q}, "min", [Lt(p, 1), Lt(q, 1)]),  # cross entropy
    (p * exp(-p), {p: 1}, "max", []),
]


@pytest.mark.parametrize(("f", "at", "sense", "hypotheses"), TRUE, ids=str)
def test_a_true_optimum_is_proved(f: sp.Expr, at: dict, sense: str, hypotheses: list) -> None:
    theorem = optimum(f, at, sense, hypotheses, title="best")
    assert isinstance(theorem, Theorem) and theorem.status is Status.PROVED and theorem.title == "best"
    relation = theorem.sequent.relation
    assert relation.left == f and relation.sign == (">=" if sense == "min" else "<=")
    # The checker puts values in without evaluating functions: log(1/e) stays as it is written.
    assert relation.right == f.subs(at) or judge(relation.right, "=", f.subs(at)).status is Status.PROVED
    assert all(step.reason for step in theorem.steps)


def test_the_learning_rate_of_sgd_shows_the_square() -> None:
    theorem = optimum(SGD, {eta: D / (G * sqrt(T))}, title="best learning rate")
    assert [s.reason for s in theorem.steps] == ["a completed square", "a square is not negative"]
    assert theorem.sequent.relation.right == D * G / sqrt(T)
    assert "(D - G*sqrt(T)*eta)**2/(2*T*eta)" in theorem._repr_mimebundle_()["text/plain"]


def test_a_theorem_on_an_optimum_is_cited_like_any_other() -> None:
    theorem = optimum(lam * p - log(p), {p: 1 / lam}, title="best rate")
    assert theorem(p=2 * eta).values == {p: 2 * eta}


def test_the_optimum_is_unique() -> None:
    for f, at, sense, hypotheses in (TRUE[0], TRUE[4], TRUE[5], TRUE[8]):
        (theorem,) = unique_optimum(f, at, sense, hypotheses)
        assert theorem.sequent.relation.sign == (">" if sense == "min" else "<")
        ((symbol, value),) = at.items()
        assert any(str(h.plain) == f"{symbol} ≠ {value}" for h in theorem.hypotheses)
    both = unique_optimum((x - a) ** 2 + (y - b) ** 2, {x: a, y: b})
    assert len(both) == 2


REFUSED = {
    "another point": (SGD, {eta: D / (2 * G * sqrt(T))}, "min", []),
    "a maximum is no minimum": (2 * a * x - x**2, {x: a}, "min", []),
    "a stationary point that is no optimum": (x**3, {x: 0}, "min", []),
    "a saddle": (x**2 - y**2, {x: 0, y: 0}, "min", []),
    "a local minimum": (x**4 - 2 * x**2 + x / 10, {x: 1}, "min", []),
    "a parameter without its sign": (a * x**2 - 2 * b * x, {x: b / a}, "min", []),
    "outside the hypotheses": (x**2, {x: 0}, "min", [Ge(x, 1)]),
    "outside the domain": ((p + 1) ** 2, {p: -1}, "min", []),
    "on the edge of a domain that is open": (p**2, {p: 0}, "min", []),
    "a point that is no integer": ((2 * n - 3) ** 2, {n: sp.Rational(3, 2)}, "min", []),
    "a point that may not exist": (x**2 - 2 * x * b / a, {x: b / a}, "min", []),
    "the objective may not exist there": (sqrt(x) + 1 / x, {x: 0}, "min", [Ge(x, 0)]),
    "a hypothesis about a family": (x**2 + F[1], {x: 0}, "min", [Forall(k, Le(F[k], x))]),
}


@pytest.mark.parametrize("case", REFUSED.values(), ids=REFUSED)
def test_a_false_optimum_is_refused(case: tuple) -> None:
    f, at, sense, hypotheses = case
    with pytest.raises((StepNotProved, MalformedExpression)):
        optimum(f, at, sense, hypotheses, seconds=5.0)


def test_an_optimum_that_is_attained_elsewhere_is_not_unique() -> None:
    with pytest.raises(StepNotProved):
        unique_optimum((x**2 - 1) ** 2, {x: 1}, seconds=5.0)
    with pytest.raises(StepNotProved):
        unique_optimum((x - y) ** 2, {x: 0, y: 0}, seconds=5.0)


def test_uniqueness_needs_an_admissible_point() -> None:
    with pytest.raises(StepNotProved, match="admissible"):
        unique_optimum(x**2, {x: 0}, hypotheses=[Ge(x, 1)])


def test_a_refuted_optimum_names_numbers() -> None:
    with pytest.raises(StepNotProved, match="refuted.*at D = "):
        optimum(SGD, {eta: D / (2 * G * sqrt(T))})


@pytest.mark.parametrize(
    ("f", "at", "sense"),
    [
        (x**2, {}, "min"),
        (x**2, {"x": 0}, "min"),
        (x**2, {x: 0}, "least"),
        (x**2, {x: x}, "min"),
        (x**2 + y**2, {x: y, y: 0}, "min"),
        (x**2, {y: 0}, "min"),
        (x**2, {x: 0.5}, "min"),
    ],
    ids=str,
)
def test_bad_input_is_refused_by_name(f: sp.Expr, at: dict, sense: str) -> None:
    with pytest.raises(MalformedExpression):
        optimum(f, at, sense)


def test_nothing_is_best_under_hypotheses_that_contradict_each_other() -> None:
    with pytest.raises(ContradictoryHypotheses):
        optimum(x**2 + a, {x: 0}, hypotheses=[Gt(a, 1), Lt(a, 0)])
