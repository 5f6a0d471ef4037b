"""Relations by the sign of a derivative: what it proves, and every way in which it must not."""

from __future__ import annotations

import math
import random
from collections.abc import Iterator
from dataclasses import replace

import pytest
import sympy as sp
from sympy import Abs, E, Eq, Function, Ge, Gt, Le, Lt, Ne, Rational, S, Sum, cos, cosh, exp, floor, log, pi, sin, sqrt

from assayer.derivation.kernels import monotone as kernel
from assayer.derivation.kernels.monotone import convex, monotone
from assayer.derivation.prover import Attempt, prove
from assayer.derivation.suggest import suggested
from assayer.derivation.trusted.context import Context, Goal, Relation
from assayer.derivation.trusted.errors import DerivationError
from assayer.derivation.trusted.expressions import express
from assayer.derivation.trusted.rules import DOWN, UP, Monotone
from assayer.derivation.trusted.status import Status
from assayer.derivation.trusted.theorem import Rejected, Sequent
from assayer.derivation.verdict import judge_goal

x, y, a, b = sp.symbols("x y a b", real=True)
p, q = sp.symbols("p q", positive=True)
r = sp.Symbol("r", nonnegative=True)
n = sp.Symbol("n", integer=True, positive=True)
k = sp.Symbol("k", integer=True)


def goal(left: object, sign: str, right: object, *hypotheses: object) -> Goal:
    relation = Relation(express(left), sign, express(right))
    return Goal(Context.of(hypotheses, relation.symbols()), relation)


def by_slope(wanted: Goal, seconds: float = 8.0) -> Sequent | None:
    """Prove by the kernel alone at the top; the sub-goals may use all kernels."""
    attempt = Attempt.lasting(seconds)
    for certificate in kernel.search(wanted, attempt):
        theorem = attempt.admit(wanted, certificate)
        if theorem is not None:
            return theorem
    return None


TRUE = [
    goal(exp(x), ">=", 1 + x),
    goal(exp(x), ">=", 1 + x + x**2 / 2, Ge(x, 0)),
    goal(exp(x), ">=", 1 + x + x**2 / 2 + x**3 / 6, Ge(x, 0)),
    goal(exp(x), ">", 1 + x, Gt(x, 0)),
    goal(exp(x), ">", 1 + x, Ne(x, 0)),
    goal(exp(x), ">=", exp(a) * (1 + x - a)),
    goal(1 - p, "<=", exp(-p)),
    goal(exp(-p), "<=", 1 / (1 + p)),
    goal(log(p), "<=", p - 1),
    goal(log(p) - log(q), "<=", (p - q) / q),
    goal(p * log(p), ">=", p - 1),
    goal(log(p) / p, "<=", 1 / E),
    goal(log(1 + p) / p, "<=", 1),
    goal(log(1 + x), ">=", x / (1 + x), Ge(x, 0)),
    goal(log(1 + r), "<=", sqrt(r)),
    goal(log(n + 1), "<=", n),
    goal(sin(x), "<=", x, Ge(x, 0)),
    goal(sin(x), ">=", x, Le(x, 0)),
    goal(cos(x), ">=", 1 - x**2 / 2),
    goal(cosh(x), ">=", 1 + x**2 / 2),
    goal(log(cosh(x)), "<=", x**2 / 2),
    goal(1 / (1 + exp(-x)), "<=", S.Half + x / 4, Ge(x, 0)),
    goal(log(1 + exp(x)), ">=", log(2) + x / 2),
    goal(sp.atan(p) + sp.atan(1 / p), "=", pi / 2),
    goal((1 + p) ** q, ">=", 1 + q * p, Ge(q, 1)),
    goal(Sum(exp(k * x), (k, 1, 3)), ">=", 3 + 6 * x, Ge(x, 0)),
]


@pytest.mark.parametrize("wanted", TRUE, ids=str)
def test_a_true_relation_is_proved_by_slopes(wanted: Goal) -> None:
    theorem = by_slope(wanted)
    assert theorem is not None and theorem.goal == wanted and theorem.status is Status.PROVED
    assert {"monotone", "positive combination"} & set(theorem.kernels)


FALSE = [
    goal(exp(x), ">", 1 + x, Ge(x, 0)),  # equal at the end point
    goal(exp(x), ">", 1 + x),
    goal(exp(x), ">=", 1 + x + x**2 / 2),  # false below 0
    goal(-1 / x, ">=", 0, Ge(x, -1), Ne(x, 0)),  # the slope 1/x² is positive, but the function jumps at 0
    goal(1 / x, "<=", -1, Ge(x, -1), Ne(x, 0)),
    goal(Abs(x) - 1, ">=", 0, Ge(x, -1)),  # a corner between
    goal(x / Abs(x), "<=", -1, Ge(x, -1), Ne(x, 0)),  # slope 0 wherever there is one
    goal(sp.atan(x) + sp.atan(1 / x), "=", pi / 2, Ne(x, 0)),  # −π/2 below 0
    goal(floor(x), "<=", 0, Ge(x, 0)),  # slope 0 almost everywhere
    goal(log(x), "<=", -1, Gt(x, 0)),
    goal(log(x), ">=", 0, Gt(x, 0)),
    goal(sqrt(x), "<=", x, Ge(x, 0)),
    goal(sin(x), "<=", x),
    goal(sin(x), ">=", x - x**3 / 7, Ge(x, 0)),
    goal(exp(x), ">=", 10, Ge(x, 0), Eq(x * a, 1)),  # at x = 0 the hypothesis would be 0 = 1
    goal(exp(x), ">=", 3, Ge(x, 0), Gt(x * a, 1), Lt(a, 1)),
    goal(exp(x), ">=", E**2, Ge(x, 0), Ge(x, 1)),
    goal((x - 1) * (x - 2) * exp(x), ">=", 0, Ge(x, 0)),
    goal(Function("h", real=True)(x) + exp(x), ">=", Function("h", real=True)(0) + 1, Ge(x, 0)),
    goal(exp(p) * p, ">=", 2 * p),
    goal((-1) ** n * exp(-n), "<=", -exp(-n)),
    goal(sin(pi * r), "=", 0),  # 0 at each integer only
    goal(sp.atan(sp.tan(x)), "=", x, Ge(x, 0)),
    goal((1 + p) ** q, ">=", 1 + q * p),
    goal(sp.IndexedBase("D", real=True)[n] + exp(n), ">=", 0),
    goal(sp.binomial(n, 2) * exp(-n), ">=", 1),
]


@pytest.mark.parametrize("wanted", FALSE, ids=str)
def test_a_false_relation_is_not_proved(wanted: Goal) -> None:
    assert by_slope(wanted, 4.0) is None
    assert prove(wanted, Attempt.lasting(4.0)) is None


def test_the_refuter_names_a_point_for_a_false_one() -> None:
    assert judge_goal(goal(exp(x), ">=", 1 + x + x**2 / 2)).status is Status.REFUTED


# -- what the rule asks for --------------------------------------------------------------------------------------------
def about(needed: list[Goal], symbol: sp.Symbol) -> Iterator[Goal]:
    """The sub-goals whose context says something of a symbol."""
    return (g for g in needed if any(symbol in h.statement.symbols() for h in g.context.hypotheses))


def test_every_hypothesis_about_the_symbol_is_dropped_but_where_the_symbol_itself_is_placed() -> None:
    wanted = goal(exp(x), ">=", 1 + x, Ge(x, 0), Eq(x * a, 1), Ge(b, x), Ge(b, 0))
    needed = Monotone((), x, S.Zero, (UP,)).needs(wanted)
    assert [g.relation for g in about(needed, x)] == [Relation(x, ">=", 0)]
    assert all(Relation(b, ">=", 0) in [h.statement for h in g.context.hypotheses] for g in needed)


def test_between_the_start_and_the_symbol_only_bounds_on_that_side_hold() -> None:
    wanted = goal(exp(x), ">=", 1, Ge(x, 0), Ge(x, 3), Le(x, 7), Lt(x, b), Ne(x, 5))
    inside = Monotone((), x, S.Zero, (UP,)).needs(wanted)[-1]
    t = (inside.relation.symbols() | inside.context.symbols) - {x, b}
    assert len(t) == 1
    variable = t.pop()
    stated = {h.statement for h in inside.context.hypotheses}
    assert stated == {Relation(variable, sign, end) for sign, end in ((">", S.Zero), ("<", S(7)), ("<", b))}
    down = Monotone((), x, S(7), (DOWN,)).needs(wanted)[-1]
    stated = {h.statement for h in down.context.hypotheses}
    assert stated == {Relation(variable, sign, end) for sign, end in (("<", S(7)), (">", S.Zero), (">", S(3)))}


def test_the_new_variable_is_real_without_a_sign_and_occurs_nowhere_else() -> None:
    wanted = goal(exp(p), ">=", 1 + p)
    first = Monotone((), p, S.Zero, (UP,)).needs(wanted)[-1]
    variable = (first.relation.symbols() | first.context.symbols) - {p}
    (one,) = variable
    assert one.is_positive is None and one.is_real and one.name == "p" and one != p
    (again,) = Monotone((), one, S.Zero, (UP,)).needs(first)[-1].context.symbols - {p, one}
    assert again not in (p, one)


def test_a_root_that_sympy_opened_for_positive_symbols_is_not_trusted_at_0() -> None:
    # SymPy writes √(p²) as p and |p| as p: the formulas are compared as they stand, from 0 on
    assert by_slope(goal(exp(sqrt(p**2)), ">=", 1 + Abs(p))) is not None
    assert by_slope(goal(exp(sqrt(x**2)), ">=", 1 + x + x**2, Ge(x, 0)), 3.0) is None


def test_integers_are_compared_through_the_reals_and_rules_of_integers_do_not_help() -> None:
    assert by_slope(goal(log(n), "<=", n - 1)) is not None
    with pytest.raises(DerivationError):  # (−1)^n is no function of a real variable
        needed = Monotone((), n, S.One, (UP,)).needs(goal(floor(n / 2) + exp(n), ">=", 0))
        assert needed == []


@pytest.mark.parametrize(
    "certificate",
    [
        Monotone((), x, S.Zero, ()),
        Monotone((), x, S.Zero, (DOWN, UP)),
        Monotone((), x, S.Zero, ("across",)),
        Monotone((), x, x - 1, (UP,)),
        Monotone((), x, S.Zero, (UP,), strict=True),
    ],
)
def test_a_rule_that_is_not_one_is_rejected(certificate: Monotone) -> None:
    with pytest.raises(Rejected):
        certificate.verify(goal(exp(x), ">=", 1 + x, Ge(x, 0)))


def test_unequal_is_not_a_relation_of_the_rule() -> None:
    with pytest.raises(Rejected):
        Monotone((), x, S.Zero, (UP,)).verify(goal(exp(x), "!=", x, Ge(x, 0)))


def test_a_bound_variable_is_not_the_symbol() -> None:
    i = sp.Symbol("i", integer=True, positive=True)
    wanted = goal(Sum(i, (i, 1, 3)) + exp(x), ">=", 7 + x)
    assert by_slope(wanted) is not None
    with pytest.raises(DerivationError):
        Monotone((), i, S.One, (UP,)).verify(goal(Sum(i, (i, 1, i)), ">=", i))


# -- tampered certificates ---------------------------------------------------------------------------------------------
def filled(wanted: Goal, candidate: Monotone) -> Monotone:
    proofs = tuple(prove(g, Attempt.lasting(5)) for g in candidate.needs(wanted))
    assert None not in proofs
    return replace(candidate, proofs=proofs)


WANTED = goal(exp(x), ">=", 1 + x, Ge(x, 0))


def test_each_sub_theorem_is_needed() -> None:
    whole = filled(WANTED, Monotone((), x, S.Zero, (UP,)))
    assert whole.verify(WANTED) is Status.PROVED
    for i in range(len(whole.proofs)):
        with pytest.raises(Rejected, match="not shown"):
            replace(whole, proofs=whole.proofs[:i] + whole.proofs[i + 1 :]).verify(WANTED)


def test_theorems_about_another_claim_do_not_count() -> None:
    whole = filled(WANTED, Monotone((), x, S.Zero, (UP,)))
    for other in (
        goal(exp(x), ">=", 2 + x, Ge(x, 0)),
        goal(exp(x), ">=", 1 + x, Ge(x, -1)),
        goal(exp(x), ">", 1 + x, Ge(x, 0)),
        goal(exp(x), ">=", 1 + 2 * x, Ge(x, 0)),
        goal(exp(x), ">=", 1 + x),
    ):
        with pytest.raises(Rejected):
            whole.verify(other)
    with pytest.raises(Rejected):
        replace(whole, start=S.One).verify(WANTED)
    with pytest.raises(Rejected):
        replace(whole, sides=(UP, DOWN)).verify(WANTED)


def test_what_only_looks_like_a_theorem_is_refused() -> None:
    whole = filled(WANTED, Monotone((), x, S.Zero, (UP,)))

    class Fake:
        goal = whole.proofs[0].goal
        status = Status.PROVED
        uses = frozenset()

    with pytest.raises(Rejected, match="not a theorem"):
        replace(whole, proofs=(*whole.proofs[1:], Fake())).verify(WANTED)  # type: ignore[arg-type]


# -- hints -------------------------------------------------------------------------------------------------------------
def test_hints_name_the_start() -> None:
    tangent = goal(x**2 * exp(x), ">=", E * (3 * x - 2), Ge(x, S.Half))
    assert judge_goal(tangent, hints=(convex(x, at=1),)).sequent is not None
    from_two = goal(x * log(x), ">=", 2 * log(2), Ge(x, 2))
    assert judge_goal(from_two, hints=(monotone(x, from_=2),)).sequent is not None


def test_a_hint_proves_nothing_false() -> None:
    for hint in (convex(x, at=0), monotone(x, from_=0), convex(x, at=1), monotone(a, from_=0)):
        attempt = Attempt.lasting(3, (hint,))
        assert prove(goal(exp(x), ">=", 1 + x + x**2 / 2), attempt) is None


def test_hypotheses_that_the_proof_uses_are_reported() -> None:
    context = Context.of([Ge(x, 0), Ge(b, 2)])
    theorem = by_slope(Goal(context, Relation(exp(x), ">=", 1 + x + x**2 / 2)))
    assert theorem is not None and theorem.uses & {"H1", "H2"} == {"H1"}


# -- fuzz --------------------------------------------------------------------------------------------------------------
def test_what_the_kernel_accepts_holds_at_many_points() -> None:
    """Random claims, true and false; an accepted one is checked on a grid, far beyond rounding."""
    accepted = refused = 0
    for seed in range(40):
        rng = random.Random(seed)
        terms = [exp(x), x, x**2, log(1 + x), -exp(-x), x * exp(x)]
        f = sum(Rational(rng.randint(-3, 6), 2) * t for t in rng.sample(terms, 2))
        start = rng.choice([S.Zero, S.One, Rational(1, 2)])
        slack = rng.choice([0, 0, Rational(1, 100), -Rational(1, 100)])
        bound = f.subs(x, start) + slack
        theorem = by_slope(goal(f, rng.choice([">=", "<="]), bound, Ge(x, start)), 3.0)
        if theorem is None:
            refused += 1
            continue
        accepted += 1
        gap = sp.lambdify(x, theorem.relation.left - theorem.relation.right, "math")
        values = [gap(float(start) + i / 7) for i in range(120)]
        sign = 1 if theorem.relation.sign == ">=" else -1
        assert all(sign * v >= -1e-9 * (1 + math.exp(min(30, i / 7))) for i, v in enumerate(values))
    assert accepted >= 8 and refused >= 8


def test_a_suggestion_ends_in_time_and_errors_are_no_suggestion() -> None:
    def endless() -> None:
        while True:
            try:
                sum(range(1000))
            except Exception:
                continue

    assert suggested(endless, 0.05) is None
    assert suggested(lambda: 1 // 0) is None
    assert suggested(lambda: 7) == 7
