"""A certificate counts only once it is replayed: each kind, tampered with, is rejected."""

from __future__ import annotations

from dataclasses import replace

import pytest
import sympy as sp
from flint import fmpq
from sympy import Eq, Ge, Gt, Le, Lt, Sum

from assayer.derivation import Derivation, Status, Theorem
from assayer.derivation.kernels import cone, normal_form
from assayer.derivation.prover import Attempt, prove
from assayer.derivation.substitutions import solvable
from assayer.derivation.trusted.context import Context, Goal, Relation
from assayer.derivation.trusted.errors import DerivationError
from assayer.derivation.trusted.expressions import express
from assayer.derivation.trusted.problem import problem, side_conditions
from assayer.derivation.trusted.rules import (
    Cone,
    FiniteRange,
    Induction,
    Plan,
    Solver,
    Term,
    Zero,
    induction_conditions,
    induction_goals,
)
from assayer.derivation.trusted.theorem import Certificate, Rejected, Sequent, admit, chain, cut, instantiate

N, a, b, c = sp.symbols("N a b c", integer=True, nonnegative=True)
p, k = sp.symbols("p k", integer=True)
n = sp.Symbol("n", integer=True, positive=True)
x, y = sp.symbols("x y", real=True)
ZERO_IS_ONE = Goal(Context(), Relation(sp.S.Zero, "=", sp.S.One))


def goal(left: object, sign: str, right: object, *hypotheses: object) -> Goal:
    relation = Relation(express(left), sign, express(right))
    return Goal(Context.of(hypotheses, relation.symbols()), relation)


def proved(wanted: Goal) -> Sequent:
    found = prove(wanted, Attempt.lasting(10))
    assert found is not None, f"{wanted} is not proved"
    return found


# -- Zero --------------------------------------------------------------------------------------------------------------
CORNERS = goal(a + b + c, "=", N + 1 - (a - 1) * (b - 1), Eq(N, a * b + c))


def test_zero_with_the_right_substitution_is_accepted() -> None:
    assert Zero(tuple(solvable(problem(CORNERS)))).verify(CORNERS) is Status.PROVED


@pytest.mark.parametrize("sign", ["<", ">", "!="])
def test_zero_proves_no_strict_relation(sign: str) -> None:
    with pytest.raises(Rejected):
        Zero().verify(goal(x + y, sign, y + x))


def test_zero_without_the_hypothesis_is_rejected() -> None:
    with pytest.raises(Rejected):
        Zero().verify(CORNERS)


def test_zero_rejects_a_wrong_generator_an_inequality_and_a_position_beyond_the_facts() -> None:
    p_ = problem(CORNERS)
    ((position, generator),) = solvable(p_)
    inequality = next(i for i, f in enumerate(p_.facts) if f.kind == ">=")
    squared = next(i for i, meaning in enumerate(p_.algebra.meaning) if meaning == a)  # N = a·b + c has slope −b in a
    for wrong in ((position, squared), (inequality, generator), (len(p_.facts), generator), (-1, generator)):
        with pytest.raises((Rejected, IndexError)):
            Zero((wrong,)).verify(CORNERS)


def test_zero_rejects_an_equation_that_is_not_linear_in_what_it_is_solved_for() -> None:
    wanted = goal(x, "=", 2, Eq(x**2, 4))
    generators = range(len(problem(wanted).algebra.meaning))
    equation = next(i for i, f in enumerate(problem(wanted).facts) if f.kind == "=")
    for g in generators:
        with pytest.raises(Rejected):
            Zero(((equation, g),)).verify(wanted)


def test_zero_rejects_a_substitution_by_an_inequality() -> None:
    wanted = goal(x, "=", 5, Ge(x, 5))
    (generator,) = range(len(problem(wanted).algebra.meaning))
    for position in range(len(problem(wanted).facts)):
        with pytest.raises(Rejected, match="only an equality"):
            Zero(((position, generator),)).verify(wanted)


# -- Cone --------------------------------------------------------------------------------------------------------------
SQUARE = goal(x**2 + y**2, ">=", 2 * x * y)


def combination() -> Cone:
    for certificate in cone.search(SQUARE, Attempt.lasting(10)):
        assert isinstance(certificate, Cone)
        return certificate
    raise AssertionError("the kernel proposes nothing")


def test_the_proposed_combination_is_accepted() -> None:
    assert combination().verify(SQUARE) is Status.PROVED


def test_a_combination_with_a_changed_coefficient_is_rejected() -> None:
    made = combination()
    for i, term in enumerate(made.terms):
        for factor in (fmpq(2), fmpq(-1), fmpq(0)):
            terms = (*made.terms[:i], replace(term, coefficient=term.coefficient * factor), *made.terms[i + 1 :])
            if len(made.terms) > 1:
                with pytest.raises(Rejected):
                    replace(made, terms=terms).verify(SQUARE)


def test_a_combination_without_one_of_its_terms_is_rejected() -> None:
    made = combination()
    for i in range(len(made.terms)):
        with pytest.raises(Rejected):
            replace(made, terms=made.terms[:i] + made.terms[i + 1 :]).verify(SQUARE)


def test_a_combination_without_a_strict_term_is_rejected() -> None:
    wanted = goal(x, ">=", y, Ge(x, y - 1))  # x − y ≥ −1 does not give x − y ≥ 0
    zero = problem(wanted).algebra.context.constant(0)
    with pytest.raises(Rejected):
        Cone(()).verify(wanted)
    with pytest.raises(Rejected):
        Cone((Term(fmpq(1), (), zero),)).verify(wanted)  # 0² = 0 is a sum of squares, not a contradiction


def test_negative_coefficients_and_equalities_as_inequalities_are_rejected() -> None:
    wanted = goal(x, ">", 0, Eq(y, 1), Ge(x, -1))
    facts = problem(wanted).facts
    equality = next(i for i, f in enumerate(facts) if f.kind == "=")
    inequality = next(i for i, f in enumerate(facts) if f.kind == ">=")
    one = problem(wanted).algebra.context.constant(1)
    for forged in (
        Cone((Term(fmpq(1)), Term(fmpq(-1)))),  # 1 − 1 = 0
        Cone((Term(fmpq(1)), Term(fmpq(1), (equality,)))),
        Cone((Term(fmpq(1)),), ((inequality, -one),)),
        Cone((Term(fmpq(1)),), ((equality, one),)),
    ):
        with pytest.raises(Rejected):
            forged.verify(wanted)


def test_an_inequality_is_not_multiplied_by_a_negative_number() -> None:
    """From x ≤ 9 it does not follow that x ≥ 5, though (5 − x) + 4 − (9 − x) = 0."""
    wanted = goal(x, ">=", 5, Le(x, 9))
    p_ = problem(wanted)
    facts = [*p_.facts, *p_.negation]
    upper = next(i for i, f in enumerate(facts) if f.kind == ">=")
    negated = next(i for i, f in enumerate(facts) if f.kind == ">")
    one = p_.algebra.context.constant(1)
    terms = (Term(fmpq(1), (negated,)), Term(fmpq(4)))
    assert (facts[negated].polynomial + 4 - facts[upper].polynomial).is_zero()
    for forged in (Cone(terms, ((upper, -one),)), Cone((*terms, Term(fmpq(-1), (upper,))))):
        with pytest.raises(Rejected):
            forged.verify(wanted)


def test_a_combination_that_proves_one_goal_proves_no_other() -> None:
    for other in (goal(x**2 + y**2, ">", 2 * x * y), goal(x**2 + y**2, "<=", 2 * x * y), goal(x**2, ">=", 2 * x * y)):
        with pytest.raises(Exception):  # noqa: B017 - another ring, or another sum
            combination().verify(other)


# -- Solver ------------------------------------------------------------------------------------------------------------
def test_the_solver_must_say_unsat() -> None:
    assert Solver(5.0).verify(goal(n**2, ">=", n)) is Status.PROVED
    for wanted in (goal(n**2, ">", n), goal(x**2, ">=", x)):
        with pytest.raises(Rejected):
            Solver(5.0).verify(wanted)


# -- FiniteRange -------------------------------------------------------------------------------------------------------
def test_a_finite_range_is_checked_to_its_last_point() -> None:
    assert FiniteRange().verify(goal(p**2, "<", 101, Ge(p, -10), Le(p, 10))) is Status.CERTIFIED
    with pytest.raises(Rejected):
        FiniteRange().verify(goal(p**2, "<", 100, Ge(p, -10), Le(p, 10)))
    with pytest.raises(Rejected):
        FiniteRange().verify(goal(p**2, "<", 100, Gt(p, -11), Lt(p, 10)))


def test_a_finite_range_needs_literal_bounds_on_every_symbol_and_integers() -> None:
    for wanted in (
        goal(p**2, ">=", 0, Ge(p, -10)),
        goal(p**2, ">=", 0, Ge(p, 0), Le(p, k)),
        goal(p**2, ">=", 0, Ge(p, 0), Le(p, 5), Ge(k, 0)),
        goal(x**2, ">=", 0, Ge(x, 0), Le(x, 5)),
    ):
        with pytest.raises(Rejected):
            FiniteRange().verify(wanted)


def test_a_finite_range_too_large_is_refused_at_once() -> None:
    with pytest.raises(Rejected, match="more than"):
        FiniteRange().verify(goal(p, ">=", 0, Ge(p, 0), Le(p, 10**9)))


# -- Induction ---------------------------------------------------------------------------------------------------------
TRIANGLE = goal(Sum(k, (k, 1, n)), "=", n * (n + 1) / 2)


def parts(wanted: Goal, start: sp.Expr) -> tuple[Sequent, Sequent, tuple[Sequent, ...]]:
    plan = Plan(n, start)
    (base,), (step,) = induction_goals(wanted, plan)
    return proved(base), proved(step), tuple(proved(g) for g in induction_conditions(wanted, plan))


def test_an_induction_with_its_theorems_is_accepted() -> None:
    base, step, defined = parts(TRIANGLE, sp.S.One)
    assert Induction((base, step, *defined), Plan(n, sp.S.One)).verify(TRIANGLE) is Status.PROVED


def test_an_induction_with_other_or_missing_theorems_is_rejected() -> None:
    base, step, defined = parts(TRIANGLE, sp.S.One)
    other = proved(goal(Sum(k, (k, 1, 2)), "=", 3))
    for forged in (
        Induction((base, base, *defined), Plan(n, sp.S.One)),
        Induction((step, step, *defined), Plan(n, sp.S.One)),
        Induction((other, step, *defined), Plan(n, sp.S.One)),
        Induction((base, step), Plan(n, sp.S.One)),
    ):
        with pytest.raises(Rejected):
            forged.verify(TRIANGLE)


@pytest.mark.parametrize("start", [0, 2, -1, sp.Symbol("s", integer=True), n])
def test_an_induction_from_a_start_that_the_context_does_not_give_is_rejected(start: object) -> None:
    base, step, defined = parts(TRIANGLE, sp.S.One)
    with pytest.raises((Rejected, DerivationError)):
        Induction((base, step, *defined), Plan(n, sp.sympify(start))).verify(TRIANGLE)


def test_an_induction_outside_the_domain_of_its_symbol_is_rejected() -> None:
    wanted = goal(Sum(k, (k, 1, n)), "=", n * (n + 1) / 2, Ge(n, -3))
    for start in (sp.Integer(-3), sp.S.Zero):
        with pytest.raises(Rejected):
            induction_goals(wanted, Plan(n, start))
    with pytest.raises(Rejected):
        induction_goals(goal(x, "<=", x**2, Ge(x, 1)), Plan(x, sp.S.One))


# -- forgeries ---------------------------------------------------------------------------------------------------------
class LooksLikeSequent:
    def __init__(self, of: Goal) -> None:
        self.goal, self.relation, self.context = of, of.relation, of.context
        self.status, self.kernels, self.uses, self.title = Status.PROVED, ("normal form",), frozenset(), "forged"


class Believe(Certificate):
    """Evidence that a kernel might bring along, with its own idea of what verification is."""

    kernel = "normal form"

    def verify(self, goal: Goal) -> Status:
        return Status.PROVED


def test_a_sequent_is_made_only_by_the_checker() -> None:
    with pytest.raises(DerivationError):
        Sequent(object(), ZERO_IS_ONE, Status.PROVED, ["normal form"], [])
    with pytest.raises(DerivationError):
        type("Forged", (Sequent,), {})


def test_no_public_function_turns_a_look_alike_into_a_sequent() -> None:
    fake = LooksLikeSequent(ZERO_IS_ONE)
    true = proved(goal(sp.S.One, "=", sp.S.One))
    for attempt in (
        lambda: chain([fake], "forged"),
        lambda: cut(fake, Context(), []),
        lambda: instantiate(fake, {}, Context(), []),
        lambda: cut(true, Context(), [fake]),
    ):
        with pytest.raises((Rejected, DerivationError)):
            attempt()
    with pytest.raises(DerivationError):
        Theorem(fake)


def test_a_kernel_cannot_bring_its_own_kind_of_evidence() -> None:
    for forged in (Believe(), object(), None, Status.PROVED, lambda goal: Status.PROVED):
        with pytest.raises((Rejected, AttributeError)):
            admit(ZERO_IS_ONE, forged, {})


def test_an_induction_on_look_alikes_is_rejected() -> None:
    wanted = goal(n, "=", n + 1)
    bases, steps = induction_goals(wanted, Plan(n, sp.S.One))
    with pytest.raises(Rejected):
        admit(wanted, Induction((LooksLikeSequent(bases[0]), LooksLikeSequent(steps[0])), Plan(n, sp.S.One)), {})


def test_a_theorem_shows_only_the_steps_that_were_judged() -> None:
    made = Derivation("square").start(x**2).ge(0).theorem()
    shown = replace(made.steps[0], relation=Relation(x**2, ">=", sp.Integer(7)))
    with pytest.raises(DerivationError):
        replace(made, steps=(shown,))


def test_a_theorem_shows_no_steps_of_another_context() -> None:
    zero = Derivation("zero").start(sp.S.Zero).eq(0).theorem()
    elsewhere = Derivation("zero", Eq(x, 1)).start(sp.S.Zero).eq(x - 1).eq(0).theorem()
    with pytest.raises(DerivationError):
        Theorem(zero.sequent, elsewhere.steps)


def test_a_goal_is_admitted_only_with_a_theorem_for_each_condition() -> None:
    wanted = goal((x**2 - 1) / (x - 1), "=", x + 1)
    with pytest.raises(Rejected, match="not shown"):
        admit(wanted, Zero(), {})
    elsewhere = proved(goal(x - 1, "!=", 0, Gt(x, 1)))
    with pytest.raises(Rejected, match="not shown"):
        admit(wanted, Zero(), dict.fromkeys(side_conditions(wanted.relation), elsewhere))


def test_the_normal_form_kernel_proposes_only() -> None:
    wanted = goal(x, "=", y)
    assert list(normal_form.search(wanted, Attempt.lasting(5)))
    assert prove(wanted, Attempt.lasting(5)) is None
