"""Errors that teach: what remains, what would help, the nearest true statement; exercises that hint and do not tell."""

from __future__ import annotations

import pytest
import sympy as sp
from sympy import Eq, Ge, Gt, Le, Max, Rational, Sum, cos, exp, sin, sqrt

from assayer.derivation import Forall, check_answer, nearby
from assayer.derivation.explain import advice, explain, residual
from assayer.derivation.nearby import helpful, nearest
from assayer.derivation.prover import Attempt, prove
from assayer.derivation.trusted.context import Context, Goal, Relation
from assayer.derivation.trusted.expressions import express
from assayer.derivation.verdict import judge_goal

N, a, b, c = sp.symbols("N a b c", integer=True, nonnegative=True)
n, T = sp.symbols("n T", integer=True, positive=True)
k, m = sp.symbols("k m", integer=True)
x, y, u = sp.symbols("x y u", real=True)
z = sp.Symbol("z", positive=True)
f = sp.Function("f")
eta = sp.IndexedBase("eta", positive=True)
SPLIT = Eq(N, a * b + c)


def goal(left: object, sign: str, right: object, *hypotheses: object) -> Goal:
    relation = Relation(express(left), sign, express(right))
    return Goal(Context.of(hypotheses, relation.symbols()), relation)


def said(wanted: Goal, seconds: float = 2.0) -> str:
    return explain("the title", 3, wanted.relation, judge_goal(wanted, seconds=seconds), wanted.context)


# -- the nearest true variant ------------------------------------------------------------------------------------------
SLIPS = {
    "a sign of a term": (goal(a + b + c, "=", N + 1 + (a - 1) * (b - 1), SPLIT), "a sign", None),
    "a sign inside": (goal((x - y) ** 2, "=", x**2 + 2 * x * y + y**2), "a sign", x**2 - 2 * x * y + y**2),
    "the whole sign": (goal(x - y, "=", y - x), "a sign", x - y + 0),
    "a coefficient": (goal((x - y) ** 2, "=", x**2 - x * y + y**2), "a coefficient", x**2 - 2 * x * y + y**2),
    "half": (goal(4 * c, "=", 2 * N - 4 * a * b + 2 * N / 2, SPLIT), None, None),
    "an exponent": (goal(x**3 * y * 2 + x, "=", 2 * x**2 * y + x), "an exponent", None),
    "a factor": (goal(Sum(k**2, (k, 1, n)), "=", n * (n + 1) * (2 * n + 1) / 3), "the factor 1/2", None),
    "a constant": (goal(x**2 - 1, "=", (x - 1) * (x + 1) + 3), "a constant", (x - 1) * (x + 1)),
    "an index": (goal(Sum(k, (k, 1, n)), "=", n * (n - 1) / 2), None, n * (n + 1) / 2),
    "the end of a sum": (goal(Sum(f(k), (k, 1, n + 1)) - f(n + 1), "=", Sum(f(k), (k, 1, n - 1))), "an index", None),
    "a term": (goal((x + y) ** 2, "=", x**2 + 2 * x * y + y**2 + u), "a term", x**2 + 2 * x * y + y**2),
    "a strict bound": (goal(2 * x * y, "<", x**2 + y**2), "strictness", x**2 + y**2),
    "the direction": (goal(x**2 + y**2, "<=", 2 * x * y), "the direction of the relation", 2 * x * y),
    "too much": (goal(exp(x), ">=", 1 + x + x**2), "a term", 1 + x),
    "a function": (goal(1 - sin(x) * sin(x), "=", 1 - sin(x) * cos(x)), "a function", None),
    "a maximum": (goal(Max(x, y), ">=", 1 + x), None, None),
}


@pytest.mark.parametrize("name", SLIPS)
def test_the_nearest_true_variant_is_found_and_proved(name: str) -> None:
    wanted, kind, right = SLIPS[name]
    assert judge_goal(wanted).status == "refuted"
    found = nearest(wanted, seconds=20, same_sides=True)
    assert found is not None
    assert found.sequent.goal == Goal(wanted.context, found.relation)
    assert found.relation != wanted.relation
    assert found.relation.left == wanted.relation.left
    if kind is not None:
        assert found.kind == kind
    if right is not None:
        assert (
            prove(goal(found.relation.right, "=", right, *wanted.context.hypotheses), Attempt.lasting(10)) is not None
        )


def test_a_variant_says_more_than_that_a_side_is_itself() -> None:
    assert nearest(goal(x - y, "=", y - x)) is None
    assert nearest(goal(x - y, "=", y - x), same_sides=True) is not None


@pytest.mark.parametrize(
    "far", [goal(x, "=", y), goal(sin(x), "=", x**5 + y), goal(0, "=", 1, Gt(x, 1), Ge(-x, 0)), goal(f(n), "<", f(m))]
)
def test_where_nothing_near_is_true_nothing_is_suggested(far: Goal) -> None:
    found = nearest(far)
    assert found is None or prove(Goal(far.context, found.relation)) is not None
    if far.relation.sign == "=":
        assert found is None


def test_only_what_the_kernels_prove_is_suggested(monkeypatch: pytest.MonkeyPatch) -> None:
    wanted, _, _ = SLIPS["a coefficient"]
    assert advice(wanted)
    monkeypatch.setattr(nearby, "prove", lambda goal, attempt: None)
    assert advice(wanted) == []


# -- the hypothesis that would help ------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        (goal((x**2 - 1) / (x - 1), "=", x + 1), "x - 1 != 0"),
        (goal(x, ">=", -1), "x >= 0"),
        (goal(x * y, ">=", 0, Ge(x, 0)), "y >= 0"),
        (goal(1 / x, "<=", 1), "x >= 1"),
        (goal(1 / z, "<=", 1), "z >= 1"),
        (goal(x**3, ">=", x), "x >= 1"),
        (goal(x**3, "<=", x, Gt(x, 0)), "x <= 1"),
        (goal(u**2 - 2 * u * x + x**2, ">", 0), "u != x"),
        (goal(eta[T + 1], "<=", eta[T]), "for all t: eta[t + 1] <= eta[t]"),
        (goal(f(n), ">=", 0), "for all t: f(t) >= 0"),
        (goal(f(n + 1) + x, ">=", f(n) + x), "for all t: f(t + 1) >= f(t)"),
    ],
    ids=str,
)
def test_a_missing_hypothesis_is_named(wanted: Goal, expected: str | None) -> None:
    found = helpful(wanted, seconds=20)
    assert (str(found) if found is not None else None) == expected
    if isinstance(found, Relation):
        assert prove(Goal(wanted.context.with_relation(found), wanted.relation)) is not None
        assert f"it is proved under the further hypothesis {expected}" in said(wanted)


def test_a_hypothesis_that_leaves_one_point_or_none_is_no_help() -> None:
    assert str(helpful(goal(x * y, ">=", 0, Ge(x, 0)))) != "x <= 0"
    assert helpful(goal(n, "<=", 1)) is None
    assert helpful(goal(x, ">", 5, Ge(x, 1), Le(x, 3))) is None
    assert helpful(goal(0, "=", 1, Gt(x, 1), Le(x, 0))) is None


# -- what remains ------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("wanted", "rest"),
    [
        (goal((x + y) ** 2, "=", x**2 + y**2), 2 * x * y),
        (goal(N - a * b, "=", 2 * c, SPLIT), -c),
        (goal(1 / (x + 1), "=", 1 / (x - 1)), -2 / ((x + 1) * (x - 1))),
        (goal(sqrt(z) * sqrt(z) + sqrt(z), "=", 1), sqrt(z) + z - 1),
        (goal(Sum(f(k), (k, 1, n + 1)), "=", Sum(f(k), (k, 1, n))), f(n + 1)),
    ],
    ids=str,
)
def test_the_residual_is_what_remains_after_the_context_s_equations(wanted: Goal, rest: sp.Expr) -> None:
    shown = residual(wanted)
    names = {s.name: s for s in wanted.relation.symbols()} | {"f": f}
    assert (
        sp.expand(sp.sympify(shown, locals=names) - rest) == 0
        or sp.simplify(sp.sympify(shown, locals=names) - rest) == 0
    )


@pytest.mark.timeout(60)
@pytest.mark.parametrize(
    "wanted",
    [
        goal(((n**1000 + 1) ** 1000 + 1) ** 1000, ">=", 0),
        goal((x + y + u + n + m) ** 40, "=", 0),
        goal(sp.elliptic_k(x), ">=", 0, Gt(x, 2)),
        goal(sum(sp.Symbol(f"v{i}", real=True) ** 2 for i in range(60)), "=", 1),
    ],
    ids=["tower", "expansion", "unknown function", "long"],
)
def test_what_would_be_long_or_is_not_understood_is_left_out(wanted: Goal) -> None:
    assert residual(wanted) == ""
    assert "step 3 of 'the title'" in said(wanted, seconds=0.2)


def test_a_step_that_is_not_proved_says_what_was_tried_and_what_remains() -> None:
    message = said(goal(Sum(sp.binomial(n, m) ** 2, (m, 0, n)), "=", sp.binomial(2 * n, n)))
    lines = message.splitlines()
    assert lines[0].startswith("step 3 of 'the title' is tested: ")
    assert any(line.startswith("  tried ") and ": " in line for line in lines)
    assert any(line.startswith("  left − right, simplified for reading only: ") for line in lines)
    assert any(line.startswith("  it holds at ") for line in lines)
    assert not any("tried" in line and "does not apply" in line for line in lines)


def test_a_step_that_is_not_shown_to_be_defined_names_the_condition() -> None:
    h = sp.Function("h")
    message = said(goal(1 / (2 + sp.cos(h(x)) * sp.cosh(x)), "<=", 10**9, Ge(x, 10**6), Le(x, 10**6 + 1)))
    assert "refuted" in message or "not shown to be defined: " in message


def test_a_refuted_step_shows_the_point_and_what_was_meant() -> None:
    message = said(SLIPS["a coefficient"][0])
    assert "is refuted: (x - y)**2 = x**2 - x*y + y**2" in message
    assert "counterexample at x = 1, y = 1: the left side is 0, the right side 1" in message
    assert "did you mean (x - y)**2 = x**2 - 2*x*y + y**2? That is proved (normal form)" in message


def test_the_same_step_is_explained_with_the_same_words() -> None:
    for name in ("a sign of a term", "a strict bound"):
        assert said(SLIPS[name][0]) == said(SLIPS[name][0])


# -- exercises ---------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("reader", "reference", "hint"),
    [
        (y - x, x - y, "off by a sign"),
        (x**2 + y, x**2 - y, "off by a sign"),
        (2 * sin(x), sin(x), "off by the factor 2"),
        (n * (n + 1), n * (n + 1) / 2, "off by the factor 2"),
        (x**2 + 5, x**2, "right up to a constant"),
        (x**3 + x, x**2 + x, "off by an exponent"),
        (n * (n - 1) * y, n * (n + 1) * y, "off by "),
        (x + Rational(1, 2) * y, x + y, "off by a coefficient"),
    ],
    ids=str,
)
def test_a_wrong_answer_is_told_how_it_is_wrong_and_not_the_answer(
    reader: sp.Expr, reference: sp.Expr, hint: str
) -> None:
    answer = check_answer(reader, reference, title="exercise 4")
    assert not answer.correct
    assert answer.message.startswith("✗ exercise 4: not so; at ")
    assert hint in answer.message
    assert str(reference) not in answer.message
    assert str(reader) not in answer.message


def test_an_answer_that_is_far_off_is_told_the_point_only() -> None:
    answer = check_answer(x + sin(y), exp(x))
    assert not answer.correct
    assert "off by" not in answer.message
    assert "constant" not in answer.message


def test_a_right_answer_needs_no_hint() -> None:
    assert check_answer((x + y) ** 2, x**2 + 2 * x * y + y**2).message == "✓ answer: correct — proved (normal form)"
    assert check_answer(Sum(k, (k, 1, n)), n * (n + 1) / 2, [Ge(n, 2)]).correct


def test_a_hypothesis_of_the_exercise_counts() -> None:
    assert check_answer(N - c, a * b, [SPLIT]).correct
    assert "off by a sign" in check_answer(N + c, a * b, [SPLIT]).message
    family = [
        Forall(sp.Symbol("t", integer=True, positive=True), Eq(f(sp.Symbol("t", integer=True, positive=True)), 1))
    ]
    assert not check_answer(f(n), 2, family).correct
