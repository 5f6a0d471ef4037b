"""Ideal membership: consequences of equations are proved, their false twins are not, forged cofactors are rejected."""

from __future__ import annotations

from dataclasses import replace

import pytest
import sympy as sp
from flint import Ordering, fmpq, fmpq_mpoly_ctx
from sympy import Eq, Ge, Gt, Ne, Rational, cos, sin, sqrt

from assayer.derivation import Status, clock, judge
from assayer.derivation.groebner import cofactors
from assayer.derivation.kernels import ideal
from assayer.derivation.prover import Attempt, prove
from assayer.derivation.trusted.context import Context, Goal, Relation
from assayer.derivation.trusted.expressions import express
from assayer.derivation.trusted.problem import problem
from assayer.derivation.trusted.rules import Ideal, Zero
from assayer.derivation.trusted.theorem import Rejected

a, b, c, d, s, u, v, w, x, y, z = sp.symbols("a b c d s u v w x y z", real=True)
p0, p1, p2, p3, q1, q2 = sp.symbols("p_0 p_1 p_2 p_3 q_1 q_2", real=True)
k = sp.Symbol("k", integer=True, nonnegative=True)
n = sp.Symbol("n", integer=True, positive=True)


def goal(left: object, sign: str, right: object, *hypotheses: object) -> Goal:
    relation = Relation(express(left), sign, express(right))
    return Goal(Context.of(hypotheses, relation.symbols()), relation)


BONNET = [Eq((k + 1) * p2, (2 * k + 1) * x * p1 - k * p0), Eq((k + 2) * p3, (2 * k + 3) * x * p2 - (k + 1) * p1)]
LEGENDRE = [
    Eq(k * p1, x * q1 - q2),
    Eq(q1, x * q2 + k * p0),
]  # p₁ = P_k, p₀ = P_{k−1}, q: their derivatives
CIRCLE = [Eq(c**2 + s**2, 1)]
PROPORTION = [Eq(a / b, c / d), Ne(b, 0), Ne(d, 0)]
NONZERO = [Ne(a, 0), Ne(b, 0), Ne(c, 0)]
TWICE = ((2 * k + 3) * (2 * k + 1) * x**2 - (k + 1) ** 2) * p1 - (2 * k + 3) * k * x * p0

TRUE = {
    "substitution and a square": goal(y**2 - 2 * y - 1, "=", 0, Eq(x**2, 2), Eq(y, x + 1)),
    "fourth powers on the circle": goal(c**4 - s**4, "=", 2 * c**2 - 1, *CIRCLE),
    "cosine and sine": goal(cos(x) ** 4 - sin(x) ** 4, "=", 2 * cos(x) ** 2 - 1, Eq(cos(x) ** 2 + sin(x) ** 2, 1)),
    "two circles": goal((x * z - y * w) ** 2 + (x * w + y * z) ** 2, "=", 1, Eq(x**2 + y**2, 1), Eq(z**2 + w**2, 1)),
    "proportion": goal((a + b) / b, "=", (c + d) / d, *PROPORTION),
    "Bonnet twice": goal((k + 2) * (k + 1) * p3, "=", TWICE, *BONNET),
    "Bonnet divided": goal(p3, "=", TWICE / ((k + 1) * (k + 2)), *BONNET),
    "Legendre's derivative": goal((1 - x**2) * q1, "=", k * (p0 - x * p1), *LEGENDRE),
    "a factor is not zero": goal(y, "=", 0, Eq(x * y, 0), Ne(x, 0)),
    "a factor is positive": goal(x, "=", y, Eq(z * x, z * y), Gt(z, 0)),
    "a factor is at least a third": goal(x, "=", y, Eq(z * x, z * y), Ge(z, Rational(1, 3))),
    "a positive integer cancels": goal(x, "=", y, Eq(n * x, n * y)),
    "an integer above −1 cancels": goal(x, "=", y, Eq((k + 1) * x, (k + 1) * y)),
    "two proportions": goal(a * d, "=", b * c, Eq(a * u, b * v), Eq(c * u, d * v), Ne(u, 0), Ne(v, 0)),
    "a sum that is not zero": goal(
        x + y + z, "=", 0, Eq(x**3 + y**3 + z**3, 3 * x * y * z), Ne((x - y) ** 2 + (y - z) ** 2 + (z - x) ** 2, 0)
    ),
    "harmonic": goal(1 / a + 1 / b + 1 / c, "=", 0, Eq(a * b + b * c + c * a, 0), *NONZERO),
    "a square vanishes": goal(x, "=", 0, Eq(x**2, 0)),
    "a power times a positive factor vanishes": goal(x, "=", 0, Eq(x**5 * y**3, 0), Gt(y, 0)),
    "equal gives at most": goal(x**4, "<=", 4, Eq(x**2, 2)),
    "equal gives at least": goal(x**4, ">=", 4, Eq(x**2, 2)),
    "not equal": goal(x, "!=", 1, Eq(x**2, 2)),
    "two roots are excluded": goal(x**2 - 1, "!=", 0, Ne(x, 1), Ne(x, -1)),
    "roots as atoms": goal(1 / (1 + sqrt(n)), "=", x * (sqrt(n) - 1), Eq(x * (n - 1), 1), Ne(n, 1)),
}

FALSE = {
    "substitution and a square": goal(y**2 - 2 * y - 2, "=", 0, Eq(x**2, 2), Eq(y, x + 1)),
    "fourth powers on the circle": goal(c**4 - s**4, "=", 2 * c**2 + 1, *CIRCLE),
    "a circle of another radius": goal(c**4 - s**4, "=", 2 * c**2 - 1, Eq(c**2 + s**2, Rational(1001, 1000))),
    "proportion": goal((a + b) / b, "=", (c - d) / d, *PROPORTION),
    "Bonnet twice": goal((k + 2) * (k + 1) * p3, "=", TWICE + x * p0, *BONNET),
    "Bonnet with one equation": goal((k + 2) * (k + 1) * p3, "=", TWICE, *BONNET[:1]),
    "Legendre's derivative": goal((1 - x**2) * q1, "=", k * (p0 + x * p1), *LEGENDRE),
    "a factor may be zero": goal(y, "=", 0, Eq(x * y, 0)),
    "a factor is only at least zero": goal(x, "=", y, Eq(z * x, z * y), Ge(z, 0)),
    "the factor may be −1 + 1": goal(x, "=", y, Eq((z + 1) * x, (z + 1) * y), Ge(z, -1)),
    "a natural number does not cancel": goal(x, "=", y, Eq(k * x, k * y)),
    "another factor is not zero": goal(y, "=", 0, Eq(x * y, 0), Ne(z, 0)),
    "two solutions": goal(x, "=", 1, Eq(x**2, 1)),
    "equal is not less": goal(x**4, "<", 4, Eq(x**2, 2)),
    "at most another number": goal(x**4, "<=", Rational(3999, 1000), Eq(x**2, 2)),
    "equal after all": goal(x, "!=", 1, Eq(x**2, 1)),
    "one root is excluded": goal(x**2 - 1, "!=", 0, Ne(x, 1)),
}


def certificate(wanted: Goal) -> Ideal:
    for found in ideal.search(wanted, Attempt.lasting(10)):
        assert isinstance(found, Ideal)
        assert found.verify(wanted) is Status.PROVED
        return found
    raise AssertionError("the kernel proposes nothing")


@pytest.mark.parametrize("name", TRUE)
def test_a_consequence_of_equations_is_proved(name: str) -> None:
    proved = prove(TRUE[name], Attempt.lasting(10))
    assert proved is not None
    assert proved.kernels[0] in ("ideal membership", "normal form")
    assert proved.status is Status.PROVED


@pytest.mark.parametrize("name", FALSE)
def test_a_false_twin_is_not_proved(name: str) -> None:
    for found in ideal.search(FALSE[name], Attempt.lasting(10)):
        with pytest.raises(Rejected):
            found.verify(FALSE[name])
    assert prove(FALSE[name], Attempt.lasting(4)) is None


def test_the_symmetric_sum_of_cubes_is_proved_one_way_or_another() -> None:
    wanted = goal(x**3 + y**3, "=", a**3 - 3 * a * b, Eq(x + y, a), Eq(x * y, b))
    assert prove(wanted, Attempt.lasting(10)) is not None
    assert judge(x**3 + y**3, "=", a**3 - 2 * a * b, [Eq(x + y, a), Eq(x * y, b)]).status == "refuted"


def test_only_the_equations_that_it_took_are_reported() -> None:
    wanted = goal(y, "=", 0, Eq(x * y, 0), Ne(x, 0), Eq(z * w, 1), Ge(y, 0))
    proved = prove(wanted, Attempt.lasting(10))
    assert proved is not None
    assert proved.uses == {"H1", "H2"}


# -- forged certificates -----------------------------------------------------------------------------------------------
def test_changed_or_missing_cofactors_are_rejected() -> None:
    wanted = TRUE["Bonnet twice"]
    made = certificate(wanted)
    assert len(made.multiples) > 1
    for i, (position, cofactor) in enumerate(made.multiples):
        others = (*made.multiples[:i], *made.multiples[i + 1 :])
        for wrong in (cofactor + 1, cofactor * 2, -cofactor, cofactor * 0):
            with pytest.raises(Rejected):
                replace(made, multiples=(*others, (position, wrong))).verify(wanted)
        with pytest.raises(Rejected):
            replace(made, multiples=others).verify(wanted)


def test_a_negative_or_distant_position_and_what_is_not_a_polynomial_are_rejected() -> None:
    wanted = TRUE["fourth powers on the circle"]
    made = certificate(wanted)
    ((position, cofactor),) = made.multiples
    count = len(problem(wanted).facts) + len(problem(wanted).negation)
    one = fmpq(0)
    for forged in (
        replace(made, multiples=((position - count, cofactor),)),
        replace(made, multiples=((position + count, cofactor),)),
        replace(made, multiples=((position, 1),)),
        replace(made, multiples=((position, "0"),)),
        replace(made, units=((-1, one),)),
        replace(made, units=((count, one),)),
        replace(made, substitutions=((-1, 0),)),
        replace(made, power=-1),
        replace(made, power=True),
        replace(made, power=0),
    ):
        with pytest.raises(Rejected):
            forged.verify(wanted)


def test_a_multiple_of_an_inequality_is_rejected() -> None:
    """From x ≥ 0 it does not follow that x = 0, though 1·x − 1·x = 0."""
    for hypothesis in (Ge(x, 0), Gt(x, 0), Ne(x, 0)):
        wanted = goal(x, "=", 0, hypothesis)
        p = problem(wanted)
        one = p.algebra.context.constant(1)
        for position in range(len(p.facts)):
            with pytest.raises(Rejected, match="not an equality"):
                Ideal(multiples=((position, one),)).verify(wanted)


def test_a_unit_that_may_be_zero_is_rejected() -> None:
    """From x·y = 0 and x ≥ 0 it does not follow that y = 0, though x·y − 1·(x·y) = 0."""
    one = fmpq(0)
    for hypothesis, added in ((Ge(x, 0), one), (Ge(x, 0), fmpq(-1)), (Eq(x, x**3), one), (Gt(x, 0), fmpq(-1))):
        wanted = goal(y, "=", 0, Eq(x * y, 0), hypothesis)
        p = problem(wanted)
        forged = Ideal(multiples=((0, p.algebra.context.constant(1)),), units=((1, added),))
        with pytest.raises(Rejected, match="differ from zero"):
            forged.verify(wanted)
    fine = goal(y, "=", 0, Eq(x * y, 0), Gt(x, 0))
    honest = Ideal(multiples=((0, problem(fine).algebra.context.constant(1)),), units=((1, one),))
    assert honest.verify(fine) is Status.PROVED


def test_a_number_is_added_to_a_unit_only_where_that_keeps_it_from_zero() -> None:
    wanted = goal(y, "=", 0, Eq((x + 1) * y, 0), Ne(x, 0))  # x = −1 is allowed
    p = problem(wanted)
    one = p.algebra.context.constant(1)
    with pytest.raises(Rejected, match="differ from zero"):
        Ideal(multiples=((0, one),), units=((1, fmpq(1)),)).verify(wanted)
    for wrong in (1, 1.0, None, True):
        with pytest.raises(Rejected, match="differ from zero"):
            Ideal(multiples=((0, one),), units=((1, wrong),)).verify(wanted)
    positive = goal(y, "=", 0, Eq((x + 1) * y, 0), Ge(x, 0))
    assert Ideal(multiples=((0, one),), units=((1, fmpq(1)),)).verify(positive) is Status.PROVED


@pytest.mark.parametrize("sign", ["<", ">", "!="])
def test_equality_proves_no_strict_relation(sign: str) -> None:
    wanted = goal(c**4 - s**4, sign, 2 * c**2 - 1, *CIRCLE)
    made = certificate(TRUE["fourth powers on the circle"])
    for forged in (made, replace(made, power=2), Zero()):
        with pytest.raises(Rejected):
            forged.verify(wanted)


def test_without_the_difference_only_a_contradiction_counts() -> None:
    wanted = goal(x, "=", 5, Eq(x**2, 1))
    p = problem(wanted)
    for forged in (Ideal(power=0), Ideal(multiples=((0, p.algebra.context.constant(1)),), power=0)):
        with pytest.raises(Rejected):
            forged.verify(wanted)


def test_a_certificate_of_one_goal_proves_no_other() -> None:
    made = certificate(TRUE["fourth powers on the circle"])
    for name in ("fourth powers on the circle", "a circle of another radius", "two solutions"):
        with pytest.raises(Exception):  # noqa: B017 - another ring, or another sum
            made.verify(FALSE[name])


# -- the search --------------------------------------------------------------------------------------------------------
def test_cofactors_add_up_to_the_target_and_only_where_they_exist() -> None:
    ring = fmpq_mpoly_ctx.get(["X", "Y", "Z"], Ordering.degrevlex)
    X, Y, Z = ring.gens()
    equations = [X * Y - Z, Y * Z - X, Z * X - Y]
    target = X**3 - X  # in the ideal, though no leading monomial of an equation divides X³
    found = cofactors(target, equations, 3, clock.now() + 10)
    assert found is not None
    assert sum((q * e for q, e in zip(found, equations, strict=True)), ring.constant(0)) == target
    assert cofactors(X**2 - X, equations, 3, clock.now() + 10) is None
    assert cofactors(target, equations, 3, clock.now() - 1) is None


def test_the_search_ends_with_its_time() -> None:
    assert list(ideal.search(TRUE["Bonnet twice"], Attempt.lasting(-1))) == []


def test_without_an_equation_nothing_is_proposed() -> None:
    for wanted in (goal(x, "=", y), goal(x, "=", y, Ge(x, y), Ne(x, 0)), goal(x, "<", y, Eq(x**2, 2))):
        assert list(ideal.search(wanted, Attempt.lasting(5))) == []
