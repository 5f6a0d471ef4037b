"""The exact linear programs behind positive combinations, and equalities by two of them."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest
import sympy as sp
from flint import fmpq
from sympy import Abs, Eq, Ge, Gt, Le, Max, Min

from assayer.derivation import Status, linear
from assayer.derivation.kernels import cone
from assayer.derivation.linear import weights
from assayer.derivation.prover import Attempt, prove
from assayer.derivation.samples import satisfied
from assayer.derivation.trusted import smt
from assayer.derivation.trusted.context import Context, Goal, Relation
from assayer.derivation.trusted.expressions import express
from assayer.derivation.trusted.problem import problem
from assayer.derivation.trusted.rules import Cone, Solver, Term, TwoSided
from assayer.derivation.trusted.theorem import Rejected

x, y, z = sp.symbols("x y z", real=True)
p, q = sp.symbols("p q", positive=True)


def goal(left: object, sign: str, right: object, *hypotheses: object) -> Goal:
    relation = Relation(express(left), sign, express(right))
    return Goal(Context.of(hypotheses, relation.symbols()), relation)


# -- linear programs ---------------------------------------------------------------------------------------------------
def program(seed: int) -> tuple[list[dict[int, fmpq]], list[int], list[int]]:
    rng = random.Random(seed)
    rows, count = rng.randint(1, 6), rng.randint(2, 10)
    columns = [
        {r: fmpq(rng.choice((-2, -1, 1, 3)), rng.choice((1, 2, 7))) for r in range(rows) if rng.random() < 0.5}
        for _ in range(count)
    ]
    free = [j for j in range(count) if rng.random() < 0.2]
    return columns, free, [j for j in range(count) if j not in free and rng.random() < 0.5]


def choose(monkeypatch: pytest.MonkeyPatch, way: str) -> None:
    monkeypatch.setattr(linear, "LARGEST_TABLEAU", 10**9 if way == "our own simplex" else 0)
    if way == "z3":
        monkeypatch.setattr(linear, "_support", lambda *program: None)


WAYS = ["our own simplex", "floating point first", "z3"]


@pytest.mark.parametrize("way", WAYS)
def test_weights_satisfy_the_equations_and_their_signs(monkeypatch: pytest.MonkeyPatch, way: str) -> None:
    choose(monkeypatch, way)
    answers = []
    for seed in range(40):
        columns, free, strict = program(seed)
        found = weights(columns, free, strict, 10.0)
        answers.append(found is not None)
        if found is not None:
            assert all(w > 0 for j, w in found.items() if j not in free)
            assert sum((found.get(j, fmpq(0)) for j in strict), fmpq(0)) == 1
            for r in range(6):
                assert sum((w * columns[j].get(r, 0) for j, w in found.items()), fmpq(0)) == 0
    assert 5 < sum(answers) < 35


def test_all_ways_find_weights_for_the_same_programs(monkeypatch: pytest.MonkeyPatch) -> None:
    def feasible(way: str) -> list[bool]:
        with monkeypatch.context() as patched:
            choose(patched, way)
            return [weights(*program(seed), 10.0) is not None for seed in range(40, 70)]

    assert feasible(WAYS[0]) == feasible(WAYS[1]) == feasible(WAYS[2])


def test_a_look_in_floating_point_that_is_wrong_costs_time_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """Columns that cannot balance are proposed: z3 is asked all the same, and the weights are those that balance."""
    monkeypatch.setattr(linear, "LARGEST_TABLEAU", 0)
    monkeypatch.setattr(linear, "_support", lambda *program: {0})
    assert weights([{0: fmpq(1)}, {0: fmpq(-2)}], [], [0], 5.0) == {0: fmpq(1), 1: fmpq(1, 2)}


def test_small_programs_need_no_solver_and_the_time_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing() -> list[str]:
        raise smt.SolverMissing("z3 is not installed: pip install z3-solver")

    monkeypatch.setattr(smt, "_command", missing)
    assert weights([{0: fmpq(1)}, {0: fmpq(-2)}], [], [0], 5.0) == {0: fmpq(1), 1: fmpq(1, 2)}
    assert weights([{0: fmpq(1)}, {0: fmpq(2)}], [], [0], 5.0) is None
    assert weights([{0: fmpq(1)}, {0: fmpq(-2)}], [], [], 5.0) is None
    assert weights([{0: fmpq(1)}, {0: fmpq(-2)}], [], [0], -1.0) is None
    monkeypatch.setattr(linear, "LARGEST_TABLEAU", 0)
    assert weights([{0: fmpq(1)}, {0: fmpq(-2)}], [], [0], 5.0) == {0: fmpq(1), 1: fmpq(1, 2)}
    monkeypatch.setattr(linear, "_support", lambda *program: None)  # without SciPy, or where it could not tell
    with pytest.raises(smt.SolverMissing):
        weights([{0: fmpq(1)}, {0: fmpq(-2)}], [], [0], 5.0)


def test_a_point_at_which_all_facts_hold_is_found_and_never_invented() -> None:
    def facts(wanted: Goal) -> list:
        p_ = problem(wanted)
        return [(f.polynomial, f.kind) for f in (*p_.facts, *p_.negation)]

    assert satisfied(facts(goal(x, ">=", y)))
    assert satisfied(facts(goal(x**2 + y**2, ">", 2 * x * y)))
    assert satisfied(facts(goal(p**2, ">=", p)))
    for impossible in (goal(x**2 + y**2, ">=", 2 * x * y), goal(p + q, ">", p), goal(x, ">", y, Gt(x, y + 1))):
        assert not satisfied(facts(impossible))
    assert satisfied(facts(goal(x, ">=", 5, Eq(x**2, 1))))
    assert satisfied(facts(goal(x * y, ">=", 1, Eq(x**2 + y**2, 3), Ge(x, y))))
    # Points near a double root, near the edge of a strict bound or far away only seem to satisfy everything.
    for impossible in (
        goal(x, "<=", y, Eq(x**2 + y**2, 2 * x * y)),
        goal(p * q + p, "!=", 0),
        goal(x * p**2, ">=", x * p, Eq(x * p, 1), Ge(p, 1)),
    ):
        assert not satisfied(facts(impossible))


def test_a_goal_that_its_facts_do_not_decide_is_given_up_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []
    monkeypatch.setattr(smt, "run_solver", lambda *question: asked.append(question) or "unknown")
    assert prove(goal(x**2 + p, ">=", y), Attempt.lasting(10)) is None
    assert not asked


# -- combinations ------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "wanted",
    [
        goal((x + y) / (1 + x + y), "<=", x / (1 + x) + y / (1 + y), Ge(x, 0), Ge(y, 0)),
        goal((p + q) ** 5, ">", p**5 + q**5),
        goal((1 + p) ** 6, ">=", 1 + 6 * p),
        goal(p * x**2 * y**4 + q * x**4, ">=", 0),
    ],
    ids=lambda g: str(g.relation),
)
def test_monomials_that_are_evidently_positive_take_part(wanted: Goal) -> None:
    proved = prove(wanted, Attempt.lasting(10))
    assert proved is not None
    assert proved.kernels[0] == "positive combination"


@pytest.mark.parametrize(
    "wanted",
    [
        goal((x + y) / (1 + x + y), "<", x / (1 + x) + y / (1 + y), Ge(x, 0), Ge(y, 0)),
        goal((p + q) ** 5, ">", p**5 + q**5 + 6 * p**4 * q),
        goal((1 + x) ** 6, ">=", 1 + 6 * p, Ge(x, 0)),
        goal(x * y**2 + q * x**4, ">=", 0),
    ],
    ids=lambda g: str(g.relation),
)
def test_their_false_twins_are_not_proved(wanted: Goal) -> None:
    assert prove(wanted, Attempt.lasting(3)) is None


# -- two inequalities --------------------------------------------------------------------------------------------------
TRUE = [
    goal(Max(x, y) + Min(x, y), "=", x + y),
    goal(Abs(x * y), "=", Abs(x) * Abs(y)),
    goal(Max(x, y), "=", (x + y + Abs(x - y)) / 2),
    goal(Abs(x - y), "=", y - x, Ge(y, x)),
    goal(x, "=", y, Le(x, y), Ge(x, y)),
    goal(x, "=", y, Eq(x**2, y**2), Ge(x, 0), Ge(y, 0)),
]
FALSE = [
    goal(Max(x, y) + Min(x, y), "=", x - y),
    goal(Abs(x + y), "=", Abs(x) + Abs(y)),
    goal(Max(x, y), "=", (x + y - Abs(x - y)) / 2),
    goal(Abs(x - y), "=", y - x, Ge(y, x - 1)),
    goal(x, "=", y, Le(x, y), Ge(x, y - 1)),
    goal(x, "=", y, Eq(x**2, y**2), Ge(x, 0)),
]


@pytest.mark.parametrize("wanted", TRUE, ids=lambda g: str(g.relation))
def test_an_equality_follows_from_two_inequalities(wanted: Goal) -> None:
    assert prove(wanted, Attempt.lasting(10)) is not None
    attempt = Attempt.lasting(10)
    made = [c for c in cone.search(wanted, attempt) if c.kernel == "two inequalities"]
    assert any(attempt.admit(wanted, certificate) is not None for certificate in made)


@pytest.mark.parametrize("wanted", FALSE, ids=lambda g: str(g.relation))
def test_an_equality_with_one_inequality_is_not_proved(wanted: Goal) -> None:
    assert list(cone.search(wanted, Attempt.lasting(10))) == []
    assert prove(wanted, Attempt.lasting(3)) is None


def test_two_inequalities_are_replayed_each_for_its_side() -> None:
    wanted = TRUE[4]
    (made,) = cone.search(wanted, Attempt.lasting(10))
    assert isinstance(made, TwoSided)
    assert made.verify(wanted) is Status.PROVED
    assert made.origins(wanted) == {"H1", "H2", "negated goal"}
    for forged in (
        TwoSided(made.above, made.below),
        TwoSided(made.below, made.below),
        TwoSided(made.above, made.above),
        replace(made, above=Cone(())),
        replace(made, above=Cone((Term(fmpq(1)),))),
        replace(made, above=made),
        replace(made, above=Solver(1.0)),
        replace(made, above=None),
    ):
        with pytest.raises(Rejected):
            forged.verify(wanted)
    for sign in ("<=", ">=", "<", "!="):
        with pytest.raises(Rejected, match="prove an equality"):
            made.verify(Goal(wanted.context, Relation(x, sign, y)))


def test_the_search_ends_with_its_time() -> None:
    assert list(cone.search(TRUE[1], Attempt.lasting(-1))) == []
