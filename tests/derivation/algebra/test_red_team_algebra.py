"""Holes that an attack on vectors, matrices and expectations found: what was once accepted though false, or refuted
though true, one test each.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest
import sympy as sp
from sympy import Abs, Eq, Function, Ge, IndexedBase, Integral, Le, Sum, Symbol, floor

from assayer.derivation import (
    Derivation,
    DerivationError,
    Forall,
    Lemma,
    MalformedExpression,
    StepNotProved,
    Unsupported,
    judge,
    optimum,
)
from assayer.derivation.algebra import (
    E,
    I,
    Mat,
    RandomFamily,
    RandomVariable,
    Var,
    Vec,
    VecFamily,
    backward,
    frobenius2,
    grad,
    gram_facts,
    held_norm2,
    mat_eq,
    norm2,
    realized,
    tr,
    weak,
)

mu, eta = sp.symbols("mu eta", real=True)
t, s, i, k = sp.symbols("t s i k", integer=True)
n = Symbol("n", integer=True, positive=True)
u, v, w = Vec("u"), Vec("v"), Vec("w", dim=n)
square = held_norm2(u - eta * v)
second = E(RandomVariable("Y", mean=mu) ** 2)


def test_the_probe_is_no_letter_of_a_coefficient() -> None:
    Z = Vec("Z")
    assert mat_eq((Z @ u) * v, (Z @ v) * u).status == "refuted"
    assert mat_eq((Z @ u) * v, (Z @ u) * v).status == "proved"
    with pytest.raises(MalformedExpression, match="pass another name as probe="):
        weak((Z @ u) * v)


@pytest.mark.parametrize("index", [t, s])
def test_a_sum_over_members_of_the_family_has_no_gradient_by_one_of_them(index: Symbol) -> None:
    theta = VecFamily("theta")
    with pytest.raises(Unsupported, match="take the gradient of one term"):
        grad(Sum(norm2(theta[t + 1]), (t, 1, n)), theta[index])


def test_an_index_is_not_random() -> None:
    X = RandomFamily("X", mean=mu)
    with pytest.raises(MalformedExpression, match="not random itself"):
        X[floor(X[0])]
    with pytest.raises(Unsupported, match="whose index is random"):
        E(X[k].subs(k, floor(X[0])))


MOVED: dict[str, Callable[[], object]] = {
    "an integral over what a held norm varies with": lambda: judge(Integral(square, (eta, 0, 1)), "=", square),
    "an integral over a parameter of a moment": lambda: judge(Integral(second, (mu, 0, 1)), "=", second),
    "a limit in a parameter": lambda: Derivation("l").start(second).lim(mu, 0, second, rate=Abs(mu)),
    "an optimum over what a held norm varies with": lambda: optimum(square + eta**2, {eta: 0}),
    "a limit in the dimension": lambda: (
        Derivation("l", Ge(n, 1)).start(norm2(w) / n).lim(n, sp.oo, 0, rate=norm2(w) / n)
    ),
    "a sum over the dimension": lambda: judge(Sum(norm2(w), (n, 1, 3)), "=", 3 * norm2(w)),
    "a family over the dimension": lambda: Forall(n, Le(norm2(w), n)),
}


@pytest.mark.parametrize("what", MOVED)
def test_what_varies_is_not_taken_for_a_constant(what: str) -> None:
    with pytest.raises(MalformedExpression, match=r"varies with (eta|mu|n), which"):
        MOVED[what]()


f, g = Function("f", positive=True), Function("f", negative=True)
D1, D2 = IndexedBase("D", positive=True), IndexedBase("D", negative=True)
real_f = Function("f", real=True)
TWICE: dict[str, Callable[[], object]] = {
    "functions on both sides": lambda: judge(f(t), ">", g(t)),
    "indexed bases on both sides": lambda: Derivation("d").start(D1[t]).gt(D2[t]).theorem(),
    "a function and a symbol": lambda: judge(f(t), ">", Symbol("f", real=True), [Eq(Symbol("f", real=True), -1)]),
    "a hypothesis and the start": lambda: Derivation("d", Eq(real_f(0), -1)).start(f(0)).gt(0).theorem(),
}


@pytest.mark.parametrize("what", TWICE)
def test_one_name_has_one_meaning_in_a_goal(what: str) -> None:
    with pytest.raises(MalformedExpression, match="two families are named|names a family and a symbol"):
        TWICE[what]()


@pytest.mark.parametrize("word", ["zero", "even", "odd", "prime", "irrational", "imaginary", "infinite"])
def test_a_family_is_declared_with_words_that_are_used(word: str) -> None:
    for member in (Function("f", **{word: True})(t), IndexedBase("f", **{word: True})[t]):
        with pytest.raises(MalformedExpression, match="which the checker does not use"):
            judge(member, "=", 0)
    assert judge(Function("f", integer=True, positive=True)(t), ">=", 1).status == "proved"


@pytest.mark.parametrize(
    "declare",
    [
        lambda: RandomVariable("W", moments={2: 0, 3: 1}),
        lambda: RandomVariable("W", moments={1: 2, 2: 4, 3: 9}),
        lambda: RandomFamily("W", mean=0, variance=lambda index: -1),
    ],
)
def test_moments_that_no_distribution_has_are_refused(declare: Callable[[], object]) -> None:
    with pytest.raises(MalformedExpression, match="no distribution has the moments"):
        declare()
    RandomVariable("W", moments={1: 2, 2: 4, 3: 8})
    RandomFamily("W", mean=0, variance=lambda index: index**2)


def test_nothing_is_judged_proved_from_a_family_that_contradicts_itself() -> None:
    h = Function("g", nonnegative=True)
    natural = Symbol("N", integer=True, nonnegative=True)
    assert judge(h(200), "=", 7, [Forall(natural, Le(h(natural), 100 - natural))]).status == "unproved"


def test_a_bound_index_of_the_library_prints_unlike_a_symbol_of_the_author() -> None:
    X = RandomFamily("X", mean=i)
    made = Derivation("d").start(E(Sum(X[i], (i, 1, n)))).eq(n * i).theorem()
    assert r"\sum_{i'=1}^{n} i" in made._repr_mimebundle_()["text/latex"]


def test_names_do_not_print_like_transposes_and_shapes_count() -> None:
    for name in ("Aᵀ", "A²", "x₀"):
        with pytest.raises(DerivationError, match="is no name for a matrix"):
            Mat(name)
    assert I("n") != I("m") and Mat("A") == Mat("A")


def test_only_numbers_that_vectors_and_variables_have_refute() -> None:
    Y = RandomVariable("Y")
    assert judge((u @ v) ** 2, "<=", norm2(u) * norm2(v)).status == "tested"
    assert judge((u @ v) ** 2, "<=", norm2(u) * norm2(v) / 2).status == "refuted"
    assert judge(Var(Y), ">=", 0).status == "tested"
    assert judge(Var(Y), ">=", 1).status == "refuted"


def test_a_citation_does_not_move_what_an_assumed_atom_varies_with() -> None:
    jensen = Lemma("Jensen", Ge(second, mu**2), cite="a textbook")
    kept = Derivation("kept", declare=(mu,)).start(second).ge(mu**2, by=jensen()).theorem()
    assert kept.status == "assumed"
    with pytest.raises(MalformedExpression, match=r"E\[Y²\] varies with mu"):
        Derivation("moved", declare=(mu,)).start(second).ge((mu + 5) ** 2, by=jensen(mu=mu + 5)).theorem()


def test_a_sum_over_members_in_a_coefficient_has_no_gradient_either() -> None:
    theta, A, G = VecFamily("theta"), Mat("A", "m", "n"), Mat("G", "m", "n")
    with pytest.raises(Unsupported, match="take the gradient of one term"):
        backward(G, Sum(norm2(theta[t + 1]), (t, 1, n)) * A, theta[t])


def test_vectors_have_room_only_in_their_dimension() -> None:
    p, q = Vec("p", dim=n), Vec("q", dim=n)
    assert judge((p @ q) ** 2, "=", norm2(p) * norm2(q), [Le(n, 1)]).status != "refuted"
    assert judge((p @ q) ** 2, "=", norm2(p) * norm2(q), [Ge(n, 2)]).status == "refuted"


def test_a_window_of_indices_refutes_nothing() -> None:
    natural = Symbol("N", integer=True, nonnegative=True)
    bounded = Forall(natural, Le(natural * norm2(v), 10**6 * (1 + mu**2)))
    assert judge(norm2(v), "=", 0, [bounded]).status != "refuted"


def test_an_author_s_model_does_not_hide_a_contradiction() -> None:
    h = Function("h", nonnegative=True)
    natural = Symbol("N", integer=True, nonnegative=True)
    falling = Forall(natural, Le(h(natural), 100 - natural))
    chain = Derivation("hidden", falling, model=lambda rng: {h(at): 0 for at in range(-3, 20)})
    with pytest.raises(StepNotProved, match="contradict each other"):
        chain.start(h(200)).eq(7).theorem()


def test_an_index_of_a_family_is_no_symbol_of_another_domain() -> None:
    positive = Symbol("t", integer=True, positive=True)
    with pytest.raises(MalformedExpression, match="t is declared twice"):
        Derivation("d", Forall(t, Eq(real_f(t), 1))).start(real_f(-positive)).eq(1).theorem()
    made = Derivation("d", Forall(t, Eq(real_f(t), 1))).start(real_f(k)).eq(1).theorem()
    assert "with k, t: integer" in repr(made)


def test_an_expectation_is_defined_where_its_terms_are() -> None:
    R, F = RandomFamily("R", mean=0), RandomFamily("F", mean=mu)
    with pytest.raises(Unsupported, match="show first that"):
        E(Sum(R[i] / (i - 1), (i, 1, n)))
    with pytest.raises(MalformedExpression, match="zoo"):
        E(Sum(F[i] / (i - 1), (i, 1, 3)))
    assert E(Sum(F[i] / (k**2 + 1), (i, 1, n))) == Sum(mu, (i, 1, n)) / (k**2 + 1)


def test_a_side_that_is_not_declared_breaks_no_model() -> None:
    A = Mat("A", rows="n")
    chain = Derivation("trace", *gram_facts(A, I("n"))).start(tr(A) ** 2).le(n * frobenius2(A))
    assert chain.theorem().status == "proved"


def test_a_definition_without_a_value_at_some_index_breaks_no_model() -> None:
    rate = IndexedBase("lambda", positive=True)
    positive = Symbol("m", integer=True, positive=True)
    stated = Forall(positive, Eq(rate[positive], 1 / positive))
    chain = Derivation("rates", stated, model=realized(stated, norm2(v)), declare=(positive,))
    assert chain.start(rate[positive] * norm2(v)).eq(norm2(v) / positive).theorem().status == "proved"
