"""Sums of squares: inequalities are proved, twins beyond the boundary are not, forged squares are rejected."""

from __future__ import annotations

import sys
from dataclasses import replace

import pytest
import sympy as sp
from flint import fmpq
from sympy import Eq, Ge, Gt, Le, Rational, cos, sqrt

from assayer.derivation import Status, clock, judge
from assayer.derivation.kernels import sums_of_squares
from assayer.derivation.prover import Attempt, prove
from assayer.derivation.semidefinite import Block, ldl, solve
from assayer.derivation.trusted.context import Context, Goal, Relation
from assayer.derivation.trusted.errors import Unsupported
from assayer.derivation.trusted.expressions import express
from assayer.derivation.trusted.problem import problem
from assayer.derivation.trusted.rules import Squares, Term
from assayer.derivation.trusted.theorem import Rejected

a, b, c, d, w, x, y, z = sp.symbols("a b c d w x y z", real=True)
p, q, r = sp.symbols("p q r", positive=True)
A, B = sp.symbols("A1:4", real=True), sp.symbols("B1:4", real=True)

LITTLE = Rational(1, 1000)
INNER = sum(f * g for f, g in zip(A, B, strict=True))
LENGTHS = sum(f**2 for f in A) * sum(g**2 for g in B)
SCHUR = x * (x - y) * (x - z) + y * (y - x) * (y - z) + z * (z - x) * (z - y)
MOTZKIN = x**4 * y**2 + x**2 * y**4 + 1 - 3 * x**2 * y**2
NESBITT = p / (q + r) + q / (r + p) + r / (p + q)
NONNEGATIVE = [Ge(x, 0), Ge(y, 0), Ge(z, 0)]


def goal(left: object, sign: str, right: object, *hypotheses: object) -> Goal:
    relation = Relation(express(left), sign, express(right))
    return Goal(Context.of(hypotheses, relation.symbols()), relation)


TRUE = {
    "a square": goal(x**2 + 1, ">=", 2 * x),
    "positive with a minimum between": goal(x**4 - 4 * x + 4, ">", 0),
    "degree eight": goal(x**8 - x**5 + x**2 - x + 1, ">", 0),
    "a full quartic form": goal(2 * x**4 + 2 * x**3 * y - x**2 * y**2 + 5 * y**4, ">=", 0),
    "three fourth powers": goal(x**4 + y**4 + z**4, ">=", x * y * z * (x + y + z)),
    "four means": goal(w**4 + x**4 + y**4 + z**4, ">=", 4 * w * x * y * z),
    "Cauchy and Schwarz": goal(INNER**2, "<=", LENGTHS),
    "Lagrange": goal((a**2 + b**2) * (c**2 + d**2), ">=", (a * c + b * d) ** 2),
    "Motzkin times a positive factor": goal((x**2 + y**2 + 1) * MOTZKIN, ">=", 0),
    "Motzkin": goal(MOTZKIN, ">=", 0),
    "never zero": goal(x**2 + y**2 - x - y + 1, "!=", 0),
    "three cubes": goal(x**3 + y**3 + z**3, ">=", 3 * x * y * z, *NONNEGATIVE),
    "three positive cubes": goal(p**3 + q**3 + r**3, ">=", 3 * p * q * r),
    "a tangent": goal(p**3 - 3 * p + 2, ">=", 0),
    "a cubic on a half line": goal(p**3 + 1, ">", p),
    "a maximum inside": goal(x**2 * (1 - x), "<=", Rational(4, 27), Ge(x, 0)),
    "a product under a sum": goal(a * b * c, "<=", Rational(1, 27), Eq(a + b + c, 1), Ge(a, 0), Ge(b, 0), Ge(c, 0)),
    "a sphere and a plane": goal(a**2 + b**2 + c**2, ">=", Rational(1, 3), Eq(a + b + c, 1)),
    "two ratios": goal(x / y + y / x, ">=", 2, Gt(x, 0), Gt(y, 0)),
    "Nesbitt": goal(NESBITT, ">=", Rational(3, 2)),
    "a cyclic sum, no sum of squares without a factor": goal(p / q + q / r + r / p, ">=", 3),
    "harmonic mean": goal(1 / p + 1 / q + 1 / r, ">=", 9 / (p + q + r)),
    "a cosine": goal(cos(x) ** 2 - cos(x) + 1, ">", 0),
    "an irrational zero": goal((x - sqrt(2)) ** 2 * (x**2 + 1), ">=", 0),
    "irrational zeros, a rational kernel": goal((x**2 - 2) ** 2 + (x * y - 1) ** 2, ">=", 0),
    "two variables on a circle each": goal(a * b + c * d, "<=", 1, Eq(a**2 + c**2, 1), Eq(b**2 + d**2, 1)),
    "a disc": goal(x * y, "<=", Rational(1, 2), Le(x**2 + y**2, 1)),
    "Schur, ordered": goal(SCHUR, ">=", 0, Ge(x, y), Ge(y, z), Ge(z, 0)),
    "three squares": goal((a + b + c) ** 2, ">=", 3 * (a * b + b * c + c * a)),
}
ALSO_BY_LINES = {"two variables on a circle each", "a disc", "Schur, ordered", "three squares"}
"""What the cheaper kernel, positive combinations, proves before this one is asked."""

FALSE = {
    "a square": goal(x**2 + 1, ">=", (2 + LITTLE) * x),
    "a square, strictly": goal(x**2 + 1, ">", 2 * x),
    "positive with a minimum between": goal(x**4 - 4 * x + 3, ">", 0),
    "a full quartic form": goal(2 * x**4 + 2 * x**3 * y - 4 * x**2 * y**2 + y**4, ">=", 0),
    "three fourth powers": goal(x**4 + y**4 + z**4, ">=", (1 + LITTLE) * x * y * z * (x + y + z)),
    "four means": goal(w**4 + x**4 + y**4 + z**4, ">=", (4 + LITTLE) * w * x * y * z),
    "Cauchy and Schwarz": goal(INNER**2, "<=", (1 - LITTLE) * LENGTHS),
    "Motzkin": goal(MOTZKIN, ">=", LITTLE),
    "Motzkin, strictly": goal(MOTZKIN, ">", 0),
    "somewhere zero": goal(x**2 + y**2 - 2 * x + 1, "!=", 0),
    "three cubes of any sign": goal(x**3 + y**3 + z**3, ">=", 3 * x * y * z),
    "three positive cubes": goal(p**3 + q**3 + r**3, ">=", (3 + LITTLE) * p * q * r),
    "three positive cubes, strictly": goal(p**3 + q**3 + r**3, ">", 3 * p * q * r),
    "a tangent, strictly": goal(p**3 - 3 * p + 2, ">", 0),
    "a cubic on the line": goal(x**3 + 1, ">", x),
    "a maximum inside": goal(x**2 * (1 - x), "<=", Rational(4, 28), Ge(x, 0)),
    "a product under a sum": goal(a * b * c, "<=", Rational(1, 28), Eq(a + b + c, 1), Ge(a, 0), Ge(b, 0), Ge(c, 0)),
    "a product under a sum, any signs": goal(a * b * c, "<=", Rational(1, 27), Eq(a + b + c, 1)),
    "a sphere and a plane": goal(a**2 + b**2 + c**2, ">=", Rational(1, 3) + LITTLE, Eq(a + b + c, 1)),
    "Nesbitt": goal(NESBITT, ">=", Rational(3, 2) + LITTLE),
    "a cyclic sum": goal(p / q + q / r + r / p, ">=", 3 + LITTLE),
    "a disc": goal(x * y, "<=", Rational(1, 2) - LITTLE, Le(x**2 + y**2, 1)),
    "a disc, strictly": goal(x * y, "<", Rational(1, 2), Le(x**2 + y**2, 1)),
    "two variables on a circle each": goal(a * b + c * d, "<", 1, Eq(a**2 + c**2, 1), Eq(b**2 + d**2, 1)),
    "Schur without its last hypothesis": goal(SCHUR, ">=", 0, Ge(x, y), Ge(y, z)),
    "a cosine that reaches −1": goal(cos(x) + 1, ">", 0),
}


def certificate(wanted: Goal) -> Squares:
    for found in sums_of_squares.search(wanted, Attempt.lasting(20)):
        assert isinstance(found, Squares)
        assert found.verify(wanted) is Status.PROVED
        return found
    raise AssertionError("the kernel proposes nothing")


@pytest.mark.parametrize("name", TRUE)
def test_an_inequality_is_proved_by_squares(name: str) -> None:
    made = certificate(TRUE[name])
    assert any(term.square is not None or len(term.positions) > 1 for term in made.terms)


@pytest.mark.parametrize("name", [name for name in TRUE if name not in ALSO_BY_LINES])
def test_the_theorem_names_its_kernel(name: str) -> None:
    proved = prove(TRUE[name], Attempt.lasting(20))
    assert proved is not None
    assert proved.kernels[0] in ("sums of squares", "positive combination")
    assert proved.status is Status.PROVED


@pytest.mark.parametrize("name", FALSE)
def test_a_false_twin_has_no_certificate(name: str) -> None:
    for found in sums_of_squares.search(FALSE[name], Attempt.lasting(20)):
        with pytest.raises(Rejected):
            found.verify(FALSE[name])


@pytest.mark.parametrize(
    "name", ["a square", "three fourth powers", "a maximum inside", "Schur without its last hypothesis"]
)
def test_no_other_kernel_proves_the_twin_either(name: str) -> None:
    assert prove(FALSE[name], Attempt.lasting(5)) is None


def test_the_refuter_finds_where_a_twin_fails() -> None:
    for name in ("three positive cubes, strictly", "three fourth powers", "a cubic on the line"):
        relation = FALSE[name].relation
        assert judge(relation.left, relation.sign, relation.right).status == "refuted"


def test_hypotheses_that_took_part_are_reported_and_no_others() -> None:
    wanted = goal(x**3 + y**3, ">=", x**2 * y + x * y**2, Ge(x, 0), Ge(y, 0), Ge(z, 0), Le(z, 7))
    made = certificate(wanted)
    assert made.origins(wanted) == {"H1", "H2", "negated goal"}


# -- forged certificates -----------------------------------------------------------------------------------------------
WITH_FACTS = TRUE["three cubes"]


def test_a_changed_coefficient_or_square_is_rejected() -> None:
    made = certificate(WITH_FACTS)
    for i, term in enumerate(made.terms):
        wrong = [replace(term, coefficient=term.coefficient * f) for f in (fmpq(2), fmpq(-1), fmpq(0))]
        if term.square is not None:
            wrong += [replace(term, square=term.square * 2), replace(term, square=term.square + 1)]
            wrong += [replace(term, square=None)]
        for forged in wrong:
            with pytest.raises(Rejected):
                replace(made, terms=(*made.terms[:i], forged, *made.terms[i + 1 :])).verify(WITH_FACTS)


def test_a_missing_term_is_rejected() -> None:
    made = certificate(WITH_FACTS)
    for i in range(len(made.terms)):
        with pytest.raises(Rejected):
            replace(made, terms=made.terms[:i] + made.terms[i + 1 :]).verify(WITH_FACTS)


def test_a_position_that_counts_from_the_end_or_lies_beyond_is_rejected() -> None:
    made = certificate(WITH_FACTS)
    count = len(problem(WITH_FACTS).facts) + len(problem(WITH_FACTS).negation)
    for i, term in enumerate(made.terms):
        if term.positions:
            for shift in (-count, count):
                moved = replace(term, positions=tuple(k + shift for k in term.positions))
                with pytest.raises(Rejected, match="position"):
                    replace(made, terms=(*made.terms[:i], moved, *made.terms[i + 1 :])).verify(WITH_FACTS)


def test_what_is_not_exact_is_rejected() -> None:
    made = certificate(WITH_FACTS)
    first, *others = made.terms
    for forged in (
        replace(first, coefficient=1.0),
        replace(first, coefficient=float("nan")),
        replace(first, coefficient=None),
        replace(first, square=1j),
        replace(first, square="x"),
    ):
        with pytest.raises(Rejected):
            replace(made, terms=(forged, *others)).verify(WITH_FACTS)


def test_squares_alone_are_no_contradiction() -> None:
    """−p ≥ 0 and p = (x − 1)² ≥ 0 agree at x = 1: the strict claim needs a positive term."""
    weak, strict = goal(x**2 + 1, ">=", 2 * x), goal(x**2 + 1, ">", 2 * x)
    made = certificate(weak)
    assert problem(weak).negation[0].polynomial == problem(strict).negation[0].polynomial
    with pytest.raises(Rejected):
        made.verify(strict)
    zero = problem(strict).algebra.context.constant(0)
    with pytest.raises(Rejected):
        replace(made, terms=(*made.terms, Term(fmpq(1), (), zero))).verify(strict)


def test_an_equality_is_no_weight_of_a_square() -> None:
    """Of an equality any multiple is known, of a square only positive ones: they are not to be mixed up."""
    wanted = goal(x, ">=", 0, Eq(x**2, 1))
    p_ = problem(wanted)
    one, X = p_.algebra.context.constant(1), p_.algebra.context.gens()[0]
    for forged in (
        Squares((Term(fmpq(1), (1,)), Term(fmpq(1), (0,), X))),
        Squares((Term(fmpq(1), (1,)),), ((1, one),)),
    ):
        with pytest.raises(Rejected):
            forged.verify(wanted)


# -- the search --------------------------------------------------------------------------------------------------------
def test_without_clarabel_the_kernel_says_so_and_proves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = TRUE["degree eight"]
    monkeypatch.setitem(sys.modules, "clarabel", None)
    with pytest.raises(Unsupported, match="clarabel is not installed: pip install clarabel"):
        list(sums_of_squares.search(wanted, Attempt.lasting(5)))
    attempt = Attempt.lasting(5)
    prove(wanted, attempt)
    assert "sums of squares: clarabel is not installed: pip install clarabel" in attempt.tried


def test_the_search_ends_with_its_time_and_declines_what_is_too_large() -> None:
    assert list(sums_of_squares.search(TRUE["Nesbitt"], Attempt.lasting(-1))) == []
    many = sp.symbols("t1:20", real=True)
    assert list(sums_of_squares.search(goal(sum(t**2 for t in many), ">=", sum(many) - 5), Attempt.lasting(5))) == []
    assert list(sums_of_squares.search(goal(x**40 + 1, ">", x), Attempt.lasting(5))) == []
    assert list(sums_of_squares.search(goal(x, "=", y), Attempt.lasting(5))) == []


def test_the_exact_factors_multiply_to_the_matrix_or_there_are_none() -> None:
    def matrix(rows: list[list[int]]) -> list[list[fmpq]]:
        return [[fmpq(v) for v in row] for row in rows]

    for good in ([[4, 2], [2, 1]], [[0, 0], [0, 3]], [[2, 1, 0], [1, 2, 1], [0, 1, 2]], [[1, 1, 1]] * 3):
        factors = ldl(matrix(good))
        assert factors is not None
        assert all(weight > 0 for weight, _ in factors)
        size = range(len(good))
        total = [[sum((weight * v[i] * v[j] for weight, v in factors), fmpq(0)) for j in size] for i in size]
        assert total == matrix(good)
    for bad in ([[-1]], [[0, 1], [1, 0]], [[1, 2], [2, 1]], [[2, 1, 2], [1, 2, 1], [2, 1, 1]], [[0, 1], [1, 5]]):
        assert ldl(matrix(bad)) is None


def block(size: int) -> Block:
    """The Gram matrix of x^i for i below the count: entry i, j counts for the coefficient of x^(i + j)."""
    return Block.of({(i, j): {i + j: fmpq(1)} for j in range(size) for i in range(j + 1)}, size)


@pytest.mark.parametrize(
    ("coefficients", "nonnegative"),
    [
        ((1, 0, 2, 0, 1), True),  # (x² + 1)²
        ((1, -2, 3, -2, 1), True),  # (x² − x + 1)²
        ((4, 0, -4, 0, 1), True),  # (x² − 2)²: singular, with zeros that are not rational
        ((0, 0, 1, 0, 0), True),
        ((1, 0, -3, 0, 1), False),
        ((-1, 0, 1, 0, 1), False),
        ((0, 1, 0, 0, 1), False),
    ],
)
def test_a_semidefinite_program_is_solved_exactly(coefficients: tuple[int, ...], nonnegative: bool) -> None:
    target = {k: fmpq(v) for k, v in enumerate(coefficients) if v}
    found = solve([block(3)], [], target, clock.now() + 20)
    assert (found is not None) == nonnegative
    if found is not None:
        total = [fmpq(0)] * 5
        for weight, vector in found.squares[0]:
            assert weight > 0
            for i, u in enumerate(vector):
                for j, v in enumerate(vector):
                    total[i + j] += weight * u * v
        assert total == [fmpq(v) for v in coefficients]
