"""Holes that were found by attacking the trusted base, each closed: false claims that it once accepted."""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace

import pytest
import sympy as sp
from flint import fmpq
from sympy import Eq, Ge, Integral, Rational, Sum, exp, floor

from assayer.derivation import Forall, judge
from assayer.derivation.prover import Attempt, prove
from assayer.derivation.trusted.context import Context, Goal, Relation
from assayer.derivation.trusted.definedness import Condition
from assayer.derivation.trusted.problem import side_conditions
from assayer.derivation.trusted.rules import Cases, Cone, Monotone, Term, Termwise, TwoSided, Zero
from assayer.derivation.trusted.theorem import Rejected, admit, condition_goal

x, y, z = sp.symbols("x y z", real=True)
k, m, t = sp.symbols("k m t", integer=True)
n = sp.Symbol("n", integer=True, positive=True)
N = sp.Symbol("N", integer=True, nonnegative=True)
D = sp.IndexedBase("D", real=True)


def goal(left: object, sign: str, right: object, *hypotheses: object) -> Goal:
    relation = Relation(sp.sympify(left), sign, sp.sympify(right))
    return Goal(Context.of(hypotheses, relation.symbols()), relation)


def test_a_forall_is_not_used_at_an_index_that_may_be_undefined() -> None:
    everywhere = Forall(t, Ge(D[t], 0))
    empty = Sum(D[floor(1 / x)], (k, 1, N))  # at x = 0, N = 0 it is 0: the claim 0 > 0 is false
    assert prove(goal(empty + x, ">", empty, everywhere, Ge(x, N)), Attempt.lasting(3)) is None
    bound = Sum(D[floor(1 / k)], (k, 1, n))  # the free k may be 0
    assert prove(goal(bound + k**2, ">", bound, everywhere), Attempt.lasting(3)) is None


def test_a_range_condition_says_nothing_of_a_root() -> None:
    both = Sum(sp.sqrt(m * (x**2 + k)), (k, 0, 0)) + Sum(D[k], (k, -10, m))  # defined at m = −3, x = 0
    assert prove(goal(both + m, ">=", both, Ge(m * x**2, 0), Ge(m, -5)), Attempt.lasting(3)) is None


def test_a_free_symbol_does_not_reach_into_an_integral_over_its_name() -> None:
    inner = Integral(exp(y) * z, (y, 0, x), (x, 0, 1))  # (e − 2) z, whatever the free x is
    where = [Eq(x, 5), Eq(z, 1)]
    assert judge(inner * x, "<=", Rational(65, 100) * x, where).status not in ("proved", "certified")
    assert judge(inner * x, "<=", Rational(75, 100) * x, where).status != "refuted"


def test_a_bound_variable_is_not_captured_by_the_context_of_a_sub_goal() -> None:
    wanted = goal(Sum((x - 1) ** 2 * k, (k, 2, m)), ">", 0, Ge(m, 2))  # false at x = 1
    terms = Termwise(()).needs(wanted)[0]
    split = Relation(Sum(1 / (x * k - k), (k, 1, 1)), ">=", sp.S.Zero)
    holes = [condition_goal(terms.context, c) for c in side_conditions(split)]
    assert any(prove(hole, Attempt.lasting(3)) is None for hole in holes)
    for hole, condition in zip(holes, side_conditions(split), strict=True):
        theirs = {s for h in terms.context.hypotheses for s in h.statement.symbols()}
        added = hole.context.hypotheses[len(terms.context.hypotheses) :]
        assert not {h.statement.left for h in added} & theirs, condition


def test_values_do_not_capture_a_bound_variable_of_a_condition() -> None:
    (bound, *_) = (r.left for c in side_conditions(Relation(Sum(1 / k, (k, 1, n)), ">", sp.S.Zero)) for r in c.local)
    condition = Condition(Relation(bound + m, "!=", sp.S.Zero), (Relation(bound, ">=", sp.S.One),))
    moved = condition.substitute({m: bound})
    assert moved.relation.left != 2 * bound
    assert bound in moved.relation.left.free_symbols
    assert moved.local[0].left in moved.relation.left.free_symbols - {bound}


def test_evidence_that_changes_while_it_is_read_is_refused() -> None:
    false = goal(0, "=", 1)

    class Shifty:
        def __iter__(self) -> Iterator[object]:
            return iter([SimpleNamespace(goal=g, status=0) for g in Cases((), Relation(x, ">=", y)).needs(false)])

    with pytest.raises(Rejected):
        admit(false, Cases(Shifty(), Relation(x, ">=", y)), {})  # type: ignore[arg-type]

    class Other(Goal):
        pass

    with pytest.raises(Rejected, match="as they are defined here"):
        admit(Other(false.context, Relation(x, "=", x)), Zero(), {})


def test_an_integer_power_stays_one_when_a_sum_is_read_again() -> None:
    for base, given in ((sp.S.NegativeOne, []), (y, [sp.Ne(y, 0)])):
        short, long = (Sum(base ** sp.Max(k, m), (k, low, n)) for low in (0, -1))  # at m = 1 the extra term is base
        assert prove(goal(long, ">", short, *given), Attempt.lasting(3)) is None


def test_a_wrong_parity_of_sympy_is_not_an_inference() -> None:
    """SymPy takes 5k(2m + 2n)/6 for an integer and the sine of π times it for 0; at k = n = 1, m = 0 it is not."""
    f, index = sp.Function("f", real=True), sp.Symbol("i", integer=True)
    waves = Forall(index, Eq(f(index), sp.sin(5 * sp.pi * index / 6)))
    wanted = goal(f(k * (2 * m + 2 * t)), "=", 0, waves)
    assert prove(wanted, Attempt.lasting(3)) is None
    wrong = sp.Mod(8 * sp.Mod(floor(N / 10**9), 4), 64, evaluate=False)
    assert judge(wrong, "=", 8 * sp.Mod(sp.Mod(floor(N / 10**9), 4) ** 2, 8)).status == "refuted"


class _Fickle:
    """A term whose coefficient is another one each third time that it is asked for."""

    positions, square, asked = (), None, 0

    @property
    def coefficient(self) -> fmpq:
        self.asked += 1
        return fmpq(1 if self.asked % 3 else -1)


class _Pair(tuple):
    """Directions that are equal to every other, and none."""

    def __eq__(self, other: object) -> bool:
        return True

    def __hash__(self) -> int:
        return 0

    def __len__(self) -> int:
        return 2

    def __iter__(self) -> Iterator[object]:
        return iter(())


def test_evidence_is_made_of_what_does_not_change() -> None:
    fickle = Cone((_Fickle(), Term(fmpq(1))))  # type: ignore[arg-type]
    for wanted, evidence in (
        (goal(0, ">", 1), fickle),
        (goal(0, "=", 1), TwoSided(fickle, fickle)),
        (goal(x, "=", 0), Monotone((), x, sp.S.Zero, _Pair())),
    ):
        with pytest.raises(Rejected, match="is no part of evidence"):
            admit(wanted, evidence, {})
