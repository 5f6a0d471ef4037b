"""Holes that an attack on the checker found, one test each: what was once accepted, or refuted though true."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from random import Random

import pytest
import sympy as sp
from sympy import Abs, Eq, Ge, Gt, Le, Lt, Mod, Ne, Rational, Sum, floor, sqrt

from assayer.derivation import (
    Citation,
    ContradictoryHypotheses,
    Derivation,
    Forall,
    Hypothesis,
    MalformedExpression,
    Relation,
    StepNotProved,
    Theorem,
    Verdict,
    judge,
)
from assayer.derivation.prover import Attempt, prove
from assayer.derivation.refute import refute
from assayer.derivation.trusted.context import Context, Goal
from assayer.derivation.trusted.evaluate import Undecided, Undefined, holds, value
from assayer.derivation.trusted.expressions import express, substitute
from assayer.derivation.trusted.rules import FiniteRange
from assayer.derivation.trusted.rules.cut import Cut
from assayer.derivation.trusted.status import Status
from assayer.derivation.trusted.theorem import Rejected, with_lemmas
from assayer.derivation.verdict import judge_goal

x, y = sp.symbols("x y", real=True)
a, k, j, m = sp.symbols("a k j m", integer=True)
n, i = sp.symbols("n i", integer=True, positive=True)
w = sp.Symbol("w", nonnegative=True)
f = sp.Function("f")


def provable(left: object, sign: str, right: object, hypotheses: Sequence[object] = ()) -> bool:
    """Whether the kernels alone accept a claim: they may not lean on the refuter."""
    relation = Relation(express(left), sign, express(right))
    return prove(Goal(Context.of(hypotheses, relation.symbols()), relation), Attempt.lasting(10)) is not None


def square() -> Theorem:
    return Derivation("a square").start(x**2).ge(0).theorem()


# -- citations ---------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("value", "start", "step"),
    [
        (1 / y, y**2, lambda chain, by: chain.gt(0, by=by)),
        (sqrt(y), y, lambda chain, by: chain.ge(0, by=by)),
        (sp.log(y), y, lambda chain, by: chain.gt(0, by=by)),
    ],
)
def test_a_citation_with_a_value_that_is_not_defined_everywhere_smuggles_no_domain(
    value: sp.Expr, start: sp.Expr, step: Callable[[Derivation, Citation], Derivation]
) -> None:
    with pytest.raises(StepNotProved):
        step(Derivation("smuggled", declare=(y,)).start(start), square()(x=value)).theorem()


def test_a_citation_with_a_value_that_is_defined_here_is_accepted() -> None:
    cited = Derivation("reciprocal", Ne(y, 0)).start(y**-2).ge(0, by=square()(x=1 / y)).theorem()
    assert cited.status == "proved"


def test_a_root_that_sympy_splits_when_a_value_is_put_in_states_nothing_new() -> None:
    root = Derivation("root", Ge(x, 0)).start(sqrt(x)).ge(0).theorem()
    with pytest.raises(StepNotProved):
        Derivation("split", Relation(y * w, ">=", sp.S.Zero), declare=(y, w)).start(y).ge(0, by=root(x=y * w)).theorem()


def test_sympys_parity_is_not_believed() -> None:
    even, odd = sp.Symbol("e", even=True), sp.Symbol("o", odd=True)
    assert floor(5 * even / 6) == 5 * even / 6, "SymPy mended its parity: the words even and odd may return"
    for symbol in (even, odd):
        with pytest.raises(MalformedExpression, match="hypothesis"):
            judge(symbol, "=", symbol)


# -- bound indices -----------------------------------------------------------------------------------------------------
HARMONIC = Sum(1 / k, (k, 0, m))


def test_a_bound_index_is_not_the_free_symbol_of_its_name() -> None:
    assert not provable(HARMONIC, "=", HARMONIC, [Ge(k, 1), Ge(m, 3)])
    assert not provable(HARMONIC, "=", HARMONIC, [Gt(k, m), Ge(m, 3)])
    assert provable(Sum(1 / k, (k, 1, m)), "=", Sum(1 / j, (j, 1, m)), [Eq(k, 0), Ge(m, 3)])


def test_two_bound_indices_of_one_name_are_two_indices() -> None:
    shadowed = Sum(Sum(1 / k, (k, 0, m)), (k, 1, m))
    assert not provable(shadowed + 1, ">", shadowed, [Ge(m, 1)])
    inside = Sum(Sum(1 / k, (k, 1, m)), (k, 0, m))
    assert provable(inside + 1, ">", inside, [Ge(m, 1)])


def test_a_bound_that_mentions_the_outer_symbol_of_the_index_s_name() -> None:
    assert not provable(Sum(1 / (k - 5), (k, 1, k)), "=", Sum(1 / (k - 5), (k, 1, k)), [Eq(k, 6)])


def test_an_index_does_not_prove_its_own_domain() -> None:
    one_term = Sum(Abs(x + i), (i, a, a))  # with a <= 0 SymPy's use of i > 0 would be wrong
    assert not provable(one_term, ">=", 0)
    assert provable(one_term, ">=", 0, [Ge(a, 1)])


def test_an_inner_sum_is_unfolded_by_what_is_known_of_its_own_index() -> None:
    inner = Sum(f(j), (j, 3, k + 1))
    assert not provable(Sum(inner, (k, 1, n)), "=", Sum(Sum(f(j), (j, 3, k)) + f(k + 1), (k, 1, n)), [Ge(k, 5)])


# -- what a hypothesis asserts -----------------------------------------------------------------------------------------
def test_a_power_in_a_hypothesis_does_not_make_its_base_positive() -> None:
    assert not provable(x, ">", 0, [Ge(x**n, 5)])
    assert not provable(x, "!=", 0, [Le(x**n, 5)])
    assert holds(Relation(x**n, ">=", sp.Integer(5)), {x: value(sp.Integer(-3), {}), n: value(sp.Integer(2), {})})


def test_a_sum_in_a_hypothesis_does_not_move_its_lower_bound() -> None:
    assert not provable(a, ">=", 1, [Eq(Sum(i, (i, a, 3)), 6)])


def test_division_in_a_hypothesis_does_say_that_the_divisor_is_not_zero() -> None:
    assert provable(x, "!=", 0, [Hypothesis("H", Relation(1 / x, ">=", y))])
    assert provable(x, ">=", 0, [Hypothesis("H", Relation(sqrt(x), ">=", y))])


@pytest.mark.parametrize("exponent", [n, a, sp.Symbol("r", real=True)])
def test_kernels_and_evaluation_agree_on_powers(exponent: sp.Symbol) -> None:
    """Where the kernels know a power's definedness, evaluation must not say otherwise."""
    known = provable(x, ">", 0, [Hypothesis("H", Relation(x**exponent, ">=", y))])
    for base in (-2, 0):
        for number in (1, 2, 3):
            at = {x: value(sp.Integer(base), {}), exponent: value(sp.Integer(number), {})}
            try:
                value(x**exponent, at)
                defined = True
            except (Undefined, Undecided):
                defined = False
            assert not (known and defined)


def test_a_family_and_a_symbol_do_not_share_a_name() -> None:
    family = sp.IndexedBase(n)
    with pytest.raises(MalformedExpression, match="n names a family and a symbol"):
        judge(n, "<=", 1, [Ge(family[0] * n, 2 * family[0])])


def test_contradictory_hypotheses_prove_nothing() -> None:
    try:
        verdict = judge(0, "=", 1, [Gt(x, 1), Lt(x, 0)])
    except ContradictoryHypotheses:
        return
    assert verdict.status not in ("proved", "certified")


# -- true claims that were refuted -------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "claim",
    [
        (sp.Function("fi", integer=True)(n) ** 2, ">=", sp.Function("fi", integer=True)(n)),
        (sp.Function("fp", positive=True)(n), ">", 0),
        (sp.Function("fz", nonzero=True)(n), "!=", 0),
        (sp.IndexedBase("D", positive=True)[n], ">", 0),
    ],
)
def test_a_family_s_declared_domain_is_respected_or_refused(claim: tuple[object, str, object]) -> None:
    with contextlib.suppress(MalformedExpression):
        assert judge(*claim).status != "refuted"


@pytest.mark.parametrize("gap", [1, 2, 30])
def test_a_forall_beyond_the_window_is_not_refuted_by_invented_values(gap: int) -> None:
    t = sp.Symbol("t", integer=True)
    decreasing = Forall(t, Le(f(t + 1), f(t)))

    def model(rng: Random) -> dict[sp.Basic, object]:
        return {**{f(index): 1 for index in range(-3, 14)}, m: 40}

    goal = Goal(Context.of([decreasing], {m}), Relation(f(m + gap), "<=", f(m)))
    assert refute(goal, model).counterexample is None
    capped = judge(f(2 * n + 20), "<=", 20, [Forall(t, Le(f(t), 20))])
    assert capped.status != "refuted"


def test_one_expression_has_one_convention_at_zero_to_a_power() -> None:
    verdict = judge(x**y, ">=", 0, [Ge(x, 0), Gt(y, 0)])
    at = {x: value(sp.S.Zero, {})}
    answers = set()
    for exponent in (Rational(2), Rational(1, 2), Rational(10, 3)):
        try:
            value(x**y, at | {y: value(exponent, {})})
            answers.add("defined")
        except Undefined:
            answers.add("undefined")
        except Undecided:
            answers.add("undecided")
    assert len(answers - {"undecided"}) <= 1
    if "undefined" not in answers:
        assert verdict.status != "refuted"


# -- crashes and budgets -----------------------------------------------------------------------------------------------
def test_numbers_too_large_to_evaluate_give_a_verdict() -> None:
    verdict = judge(sp.binomial(n, 3), ">=", 0, [Ge(n, 10**30)])
    assert isinstance(verdict, Verdict)
    assert verdict.status != "refuted"


@pytest.mark.timeout(120)
@pytest.mark.parametrize(
    "claim",
    [
        (Sum(Sum(Mod(k * j, 7), (j, 1, n)), (k, 1, n)), ">=", n, [Ge(n, 30_000), Le(n, 40_000)]),
        ((x + y + w + m) ** 40, ">=", 0, [Ge(x, 1)]),
        (((n**1000 + 1) ** 1000 + 1) ** 1000, ">=", 0, []),
    ],
    ids=["long sums", "large expansion", "tower"],
)
def test_work_without_end_is_not_begun(claim: tuple[object, str, object, list[object]]) -> None:
    left, sign, right, hypotheses = claim
    relation = Relation(express(left), sign, express(right))
    verdict = judge_goal(Goal(Context.of(hypotheses, relation.symbols()), relation), seconds=0.5)
    assert verdict.status in ("tested", "unproved")


@pytest.mark.parametrize(
    ("claim", "needed"),
    [
        ((f(n), ">=", 0), Forall(i, Ge(f(i), 0))),
        ((x, "!=", 0), Relation(1 / x, ">=", y)),
        ((x**3 - x, ">", 1), Relation(x, ">=", sp.Integer(2))),
        ((Sum(f(k), (k, 1, m + 1)), "=", Sum(f(k), (k, 1, m)) + f(m + 1)), Relation(m, ">=", sp.S.Zero)),
    ],
)
@pytest.mark.parametrize("name", ["H", ""])
def test_a_hypothesis_that_is_needed_is_never_called_unused(
    claim: tuple[sp.Expr, str, object], needed: Relation | Forall, name: str
) -> None:
    left, sign, right = claim
    model = (lambda rng: {f(t): 1 for t in range(-3, 15)}) if isinstance(needed, Forall) else None
    symbols = left.free_symbols | sp.sympify(right).free_symbols
    chain = Derivation("needed", Hypothesis(name, needed), model=model, declare=symbols).start(left)
    made = {">=": chain.ge, "!=": chain.ne, ">": chain.gt, "=": chain.eq}[sign](right).theorem()
    assert made.unused == ()


def test_a_hypothesis_that_is_not_needed_is_called_unused() -> None:
    made = Derivation("spare", Hypothesis("A", Ge(x, 2)), Hypothesis("B", Ge(y, 0))).start(x).ge(1).theorem()
    assert made.unused == ("B",)
    assert "not needed: B" in repr(made)


def test_a_renamed_index_is_no_symbol_of_an_author() -> None:
    """The checker renames a bound index to a Dummy of its own: used as a free symbol, it would be captured."""
    own = substitute(Sum(k * x, (k, 1, n)), {x: k}).limits[0][0]
    assert own != k
    with pytest.raises(MalformedExpression, match="Dummy"):
        judge(HARMONIC + own, "=", HARMONIC + own, [Gt(own, 0), Ge(m, 3)])
    with pytest.raises(MalformedExpression, match="Dummy"):
        Derivation("dummy", Ge(sp.Dummy("u", real=True), 0))


@pytest.mark.timeout(30)
def test_a_finite_range_of_long_sums_is_not_begun() -> None:
    relation = Relation(Sum(sp.Mod(j**2 + 1, 7), (j, 0, n)), "<=", 5 * n + 6)
    wanted = Goal(Context.of([Le(n, 60_000)], {n}), relation)
    with pytest.raises(Rejected):
        FiniteRange().verify(wanted)


def test_a_lemma_that_is_titled_as_a_hypothesis_does_not_hide_its_use() -> None:
    low = Hypothesis("low", Ge(f(x), 3))
    lemma = Derivation("low", low).start(f(x)).ge(2, by="3 ≥ 2").theorem().sequent
    goal = Goal(lemma.context, Relation(f(x) ** 2, ">=", sp.Integer(4)))
    with_it = prove(Goal(with_lemmas(lemma.context, [lemma]), goal.relation))
    assert with_it is not None
    evidence = Cut(with_it, (lemma,))
    assert evidence.verify(goal) is Status.PROVED and evidence.origins(goal) == {"low"}
