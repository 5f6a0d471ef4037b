"""Expectations: against exact enumeration over small distributions, what is independent, what is refused."""

from __future__ import annotations

import copy
import pickle
from fractions import Fraction
from itertools import product
from typing import Any

import pytest
import sympy as sp
from hypothesis import given, settings
from hypothesis import strategies as st
from sympy import Sum

from assayer.derivation import MalformedExpression, Unsupported, judge
from assayer.derivation.algebra import (
    Cov,
    E,
    RandomFamily,
    RandomVariable,
    Var,
    Vec,
    held_norm2,
    independent,
    moment_facts,
    norm2,
)
from assayer.derivation.trusted.expressions import express

mu, theta, c = sp.symbols("mu theta c", real=True)
sigma = sp.Symbol("sigma", positive=True)
i, j = sp.symbols("i j", integer=True)
n = sp.Symbol("n", integer=True, positive=True)
Distribution = list[tuple[sp.Rational, Fraction]]


def weights(numbers: list[int]) -> list[Fraction]:
    return [Fraction(k, sum(numbers)) for k in numbers]


@st.composite
def distributions(draw: Any) -> Distribution:
    values = draw(st.lists(st.integers(-3, 3), min_size=2, max_size=3, unique=True))
    chances = weights(draw(st.lists(st.integers(1, 4), min_size=len(values), max_size=len(values))))
    return [(sp.Integer(v), p) for v, p in zip(values, chances, strict=True)]


def mean(f: Any, *alike: Distribution) -> sp.Expr:
    """E f over independent variables, point by point."""
    total = sp.S.Zero
    for points in product(*alike):
        chance = Fraction(1)
        for _, p in points:
            chance *= p
        total += sp.Rational(chance.numerator, chance.denominator) * f(*(v for v, _ in points))
    return total


def variable(name: str, points: Distribution, group: str | None) -> RandomVariable:
    return RandomVariable(name, moments={k: mean(lambda v, k=k: v**k, points) for k in range(1, 9)}, group=group)


coefficients = st.lists(st.integers(-3, 3), min_size=6, max_size=6)


def polynomial(weights: list[int], x: sp.Expr, y: sp.Expr) -> sp.Expr:
    return sum((w * m for w, m in zip(weights, (1, x, y, x * y, x**2, y**3), strict=True)), sp.S.Zero)


@given(coefficients, distributions(), distributions())
@settings(max_examples=30, deadline=None)
def test_independent_variables_by_enumeration(weights: list[int], one: Distribution, two: Distribution) -> None:
    X, Y = variable("X", one, "x"), variable("Y", two, "y")
    f = polynomial(weights, X, Y)

    def value(g: Any) -> sp.Expr:
        return mean(lambda u, v: g(polynomial(weights, u, v)), one, two)

    assert E(f) == value(lambda u: u)
    assert E(f**2) == value(lambda u: u**2)
    assert Var(f) == value(lambda u: u**2) - value(lambda u: u) ** 2
    assert Cov(f, X) == mean(lambda u, v: polynomial(weights, u, v) * u, one, two) - E(f) * E(X)


@given(distributions(), st.lists(st.integers(-2, 2), min_size=3, max_size=3))
@settings(max_examples=20, deadline=None)
def test_dependent_variables_by_enumeration(points: Distribution, weights: list[int]) -> None:
    """Y = a + b X + c X² depends on X: joint moments are atoms, with these values."""
    X, Y = RandomVariable("X", group="g"), RandomVariable("Y", group="g")

    def y(u: sp.Expr) -> sp.Expr:
        return weights[0] + weights[1] * u + weights[2] * u**2

    found = Var(X * Y + 2 * Y - X)
    values = {
        E(X**p * Y**q): mean(lambda u, p=p, q=q: u**p * y(u) ** q, points) for p in range(3) for q in range(3) if p + q
    }
    f = lambda u: u * y(u) + 2 * y(u) - u
    assert found.xreplace(values) == mean(lambda u: f(u) ** 2, points) - mean(f, points) ** 2


@given(distributions(), st.integers(1, 3), st.integers(1, 4))
@settings(max_examples=20, deadline=None)
def test_powers_of_sums_by_enumeration(points: Distribution, size: int, power: int) -> None:
    moments = {k: mean(lambda v, k=k: v**k, points) for k in range(1, 9)}
    X = RandomFamily("X", moments=moments)
    whole = E((Sum(X[i], (i, 1, n)) + 1) ** power).subs(n, size).doit()
    assert whole == mean(lambda *v: (sum(v) + 1) ** power, *([points] * size))
    squares = E(Sum(X[i] ** 2, (i, 1, n)) * Sum(X[j], (j, 1, n))).subs(n, size).doit()
    assert squares == mean(lambda *v: sum(u**2 for u in v) * sum(v), *([points] * size))


@given(distributions(), st.integers(1, 3))
@settings(max_examples=15, deadline=None)
def test_weights_and_inner_sums_by_enumeration(points: Distribution, size: int) -> None:
    moments = {k: mean(lambda v, k=k: v**k, points) for k in range(1, 5)}
    X = RandomFamily("X", moments=moments)
    weighted = Var(Sum(i * X[i] + i**2, (i, 1, n))).subs(n, size).doit()
    value = lambda *v: sum(k * u + k**2 for k, u in enumerate(v, start=1))
    independent_copies = [points] * size
    assert weighted == mean(lambda *v: value(*v) ** 2, *independent_copies) - mean(value, *independent_copies) ** 2
    average = Sum(X[j], (j, 1, n)) / n
    scatter = E(Sum((X[i] - average) ** 2, (i, 1, n))).subs(n, size).doit()
    expected = mean(lambda *v: sum((u - sp.Rational(1, size) * sum(v)) ** 2 for u in v), *independent_copies)
    assert scatter == expected


@given(st.lists(st.tuples(st.integers(-2, 2), st.integers(-2, 2)), min_size=2, max_size=3, unique=True))
@settings(max_examples=15, deadline=None)
def test_pairs_that_depend_within_an_index(pairs: list[tuple[int, int]]) -> None:
    X, Y = RandomFamily("X", group="data"), RandomFamily("Y", group="data")
    chance = sp.Rational(1, len(pairs))
    joint = {
        (p, q): sum((chance * sp.Integer(u) ** p * sp.Integer(v) ** q for u, v in pairs), sp.S.Zero)
        for p in range(3)
        for q in range(3)
    }
    values = {E(X[1] ** p * Y[1] ** q): m for (p, q), m in joint.items() if p + q}
    found = E(Sum(X[i], (i, 1, n)) * Sum(X[i] * Y[i], (i, 1, n))).subs(n, 2).doit().xreplace(values)
    total = sp.S.Zero
    for draws in product(pairs, repeat=2):
        total += chance**2 * sum(u for u, _ in draws) * sum(u * v for u, v in draws)
    assert found == total


def test_members_that_differ() -> None:
    m = sp.IndexedBase("m", real=True)
    s2 = sp.Function("v", positive=True)
    X = RandomFamily("X", mean=lambda k: m[k], variance=lambda k: s2(k))
    assert Var(Sum(X[i], (i, 1, n))) == Sum(s2(i), (i, 1, n))
    assert E(X[3]) == m[3] and Cov(X[1], X[2]) == 0 and Var(X[2]) == s2(2)
    with pytest.raises(Unsupported, match="must be declared"):
        E(X[1] ** 3)


def test_independence_is_only_what_is_declared() -> None:
    X, Y = RandomVariable("X"), RandomVariable("Y")
    assert Var(X + Y) != Var(X) + Var(Y)
    assert sp.expand(Var(X + Y) - Var(X) - Var(Y) - 2 * Cov(X, Y)) == 0
    U, V = RandomVariable("U", group="g"), RandomVariable("V", group="h")
    assert Cov(U, V) == 0 and Var(U + V) == sp.expand(Var(U) + Var(V)) and E(U**2 * V) == E(U**2) * E(V)
    assert Cov(U, X) != 0 and E(U * V * X) not in (E(U) * E(V * X), E(U) * E(V) * E(X))
    P, Q = RandomVariable("P", group="g"), RandomVariable("Q", group="g")
    assert E(P * Q * V) == E(P * Q) * E(V) != E(P) * E(Q) * E(V)
    first, second = independent("A", "B", mean=0, variance=1)
    assert Var(first * second) == 1


def test_moment_atoms_carry_their_signs_and_print() -> None:
    X, Y = RandomVariable("X"), RandomVariable("Y")
    assert str(E(X**2 * Y)) == "E[X²·Y]" and sp.latex(E(X**2 * Y)) == r"\operatorname{E}\left[{X}^{2} Y\right]"
    assert E(X**2 * Y**4).is_nonnegative and E(X**3).is_nonnegative is None
    assert E(X**2 * Y**3).is_nonnegative is None and E(X**3 * Y**2).is_nonnegative is None and E(X * Y) == E(Y * X)
    F = RandomFamily("F")
    assert str(F[i + 1]) == "F[i + 1]" and sp.latex(F[i] ** 2) == "{F}_{i}^{2}"
    for e in (X, F[i], E(X * Y), Sum(F[i], (i, 1, n)), E(F[1] ** 2)):
        assert pickle.loads(pickle.dumps(e)) == e == copy.deepcopy(e)
        express(e)


def test_declared_moments_replace_atoms() -> None:
    X = RandomVariable("X", mean=mu, variance=sigma**2, moments={3: c})
    assert E(X) == mu and E(X**2) == sigma**2 + mu**2 and Var(X) == sigma**2 and E(X**3) == c
    assert str(E(X**4)) == "E[X⁴]"
    assert E(3) == 3 and Var(mu) == 0 and E(theta * X + 1) == theta * mu + 1
    assert E(norm2(Vec("x")) * X) == norm2(Vec("x")) * mu


def test_a_moment_that_depends_on_a_parameter_is_not_a_constant() -> None:
    X = RandomVariable("X", mean=mu)
    assert mu in E(X**2).free_symbols and sp.diff(E(X**2) * c, c) == E(X**2)
    with pytest.raises(MalformedExpression, match="depends on it"):
        sp.diff(E((X - c) ** 2), mu)
    counts = RandomVariable("K", mean=n * c)
    assert E(counts) == n * c
    with pytest.raises(MalformedExpression, match="the integer n.*declare this moment"):
        E(counts**2)


def test_ranges_keep_their_conditions() -> None:
    """The sum stays a sum, so that the checker asks that its range is one."""
    X = RandomFamily("X", mean=mu, variance=sigma**2)
    k = sp.Symbol("k", integer=True)
    assert judge(Var(Sum(X[i], (i, 1, n))), "=", n * sigma**2).status == "proved"
    assert judge(Var(Sum(X[i], (i, 1, k))), "=", k * sigma**2).status != "proved"
    assert judge(Var(Sum(X[i], (i, 1, k))), "=", k * sigma**2, [k >= 0]).status == "proved"


def test_index_names_are_not_captured() -> None:
    X = RandomFamily("X", mean=mu, variance=sigma**2)
    nested = E(Sum(Sum(X[i], (i, 1, n)) * X[i], (i, 1, n)))
    assert nested == E(Sum(X[i], (i, 1, n)) ** 2)
    outer = E(i * Sum(X[i], (i, 1, n)))
    assert outer == i * Sum(mu, (i, 1, n))
    assert E(Sum(i * X[j], (j, 1, n))) == Sum(i * mu, (j, 1, n))
    Y = RandomFamily("Y", mean=j)  # one number, whatever the index of a sum is called
    found = E(Sum(Y[j], (j, 1, n)))
    assert judge(found, "=", n * j).status == "proved" and judge(found, "=", n * (n + 1) / 2).status == "refuted"


def test_one_member_under_two_forms_of_its_index() -> None:
    X = RandomFamily("X", mean=mu, variance=sigma**2)
    one, two = X[i * (j + 1)], X[i * j + i]
    assert one != two and E(one * two) == mu**2 + sigma**2
    assert E(X[i] * X[i + 1]) == mu**2


def test_short_sums_are_written_out() -> None:
    X = RandomFamily("X", mean=mu)
    assert E(Sum(X[i], (i, 1, 3))) == 3 * mu
    assert E(Sum(X[i], (i, 1, 2)) * X[1]) == E(X[1] ** 2) + mu**2
    assert E(Sum(X[i] * X[i + 1], (i, 1, 2))) == 2 * mu**2


def test_facts_of_moments_hold_and_matter() -> None:
    X, Y = RandomVariable("X"), RandomVariable("Y")
    facts = moment_facts(X, Y)
    assert judge(E(X**2), ">=", E(X) ** 2, facts).status == "proved"
    assert judge(E(X * Y) ** 2, "<=", E(X**2) * E(Y**2), facts).status == "proved"
    assert judge(E(X**2), ">=", E(X) ** 2).status == "tested"  # true, and no fact is cited that shows it
    assert judge(E(X**2), ">=", E(X) ** 2 + 1).status == "refuted"
    for p in (Fraction(1, 3), Fraction(1, 2)):
        points = [(sp.Integer(-1), p), (sp.Integer(2), 1 - p)]
        for fact in facts:
            values = {
                E(X**k * Y**q): mean(lambda u, k=k, q=q: u**k * (u**2 - u) ** q, points)
                for k in range(3)
                for q in range(3)
                if k + q
            }
            assert fact.sign == ">=" and (fact.left - fact.right).xreplace(values) >= 0


Z = RandomVariable("Z")
F = RandomFamily("F")
G = RandomFamily("G", group="g")


@pytest.mark.parametrize(
    ("build", "error", "message"),
    [
        (lambda: E(sp.exp(Z)), Unsupported, "not a polynomial"),
        (lambda: E(1 / Z), Unsupported, "not a polynomial"),
        (lambda: E(sp.Abs(Z)), Unsupported, "not a polynomial"),
        (lambda: E(Z**n), Unsupported, "not a polynomial"),
        (lambda: E(2**Z), Unsupported, "not a polynomial"),
        (lambda: E(sp.Function("f")(Z)), Unsupported, "not a polynomial"),
        (lambda: E(0.5 * Z), MalformedExpression, "not exact"),
        (lambda: E(Vec("x")), MalformedExpression, "not a SymPy expression"),
        (lambda: E(held_norm2(Z * Vec("x"))), Unsupported, "held"),
        (lambda: E(Z * RandomVariable("Z", mean=0)), MalformedExpression, "Z is declared twice"),
        (lambda: E(F[1] + RandomFamily("F", mean=0)[2]), MalformedExpression, "F is declared twice"),
        (lambda: E(F[i] * F[j]), Unsupported, "one index is not known"),
        (lambda: E(Sum(F[i], (i, 1, n)) * F[1]), Unsupported, "one of the terms"),
        (lambda: E(Sum(F[i], (i, 1, n)) * Z), Unsupported, "independent is not declared"),
        (lambda: E(F[1] * G[1]), Unsupported, "independent is not declared"),
        (lambda: E(G[1] * RandomVariable("V", group="g")), Unsupported, "share a group"),
        (lambda: E(Sum(F[i] * F[i + 1], (i, 1, n))), Unsupported, "at its index i itself"),
        (lambda: E(Sum(Sum(F[j], (j, 1, i)), (i, 1, n))), Unsupported, "at its index i itself"),
        (lambda: E(Sum(F[i], (i, 1, n)) * Sum(F[i], (i, 1, 2 * n))), Unsupported, "different ranges"),
        (lambda: E(Sum(F[i], (i, 1, n)) ** 7), Unsupported, "at most 6"),
        (lambda: E(Sum(F[i], (i, 1, Z))), Unsupported, "terms is random"),
        (lambda: F[mu], MalformedExpression, "an index is an integer"),
        (lambda: RandomVariable("X", variance=1), MalformedExpression, "no mean"),
        (lambda: RandomVariable("X", mean=0, variance=1, moments={2: 1}), MalformedExpression, "state one of them"),
        (lambda: RandomVariable("X", mean=0, moments={1: 1}), MalformedExpression, "state one of them"),
        (lambda: RandomVariable("X", mean=0.5), MalformedExpression, "not exact"),
        (lambda: RandomVariable("X", mean=Z), MalformedExpression, "random itself"),
        (lambda: RandomVariable("X", moments={0: 1}), MalformedExpression, "no moment 0"),
        (lambda: RandomVariable("X", mean=0, variance=-1), MalformedExpression, "no distribution"),
        (
            lambda: RandomVariable("X", mean=0, variance=1, moments={4: sp.Rational(1, 2)}),
            MalformedExpression,
            "no dist",
        ),
        (lambda: RandomVariable("X", mean=0, variance=1, moments={3: 1, 4: 1}), MalformedExpression, "no distribution"),
        (lambda: RandomVariable(""), MalformedExpression, "no name"),
        (lambda: independent("X", "Y", group="g"), MalformedExpression, "its own group"),
        (lambda: Var(sp.exp(Z)), Unsupported, "not a polynomial"),
    ],
)
def test_bad_input_is_one_clear_error(build: Any, error: type, message: str) -> None:
    with pytest.raises(error, match=message):
        build()
