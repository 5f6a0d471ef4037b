"""The mutators of claims: each kind yields what it says, and never the claim itself."""

from __future__ import annotations

from collections.abc import Callable
from itertools import islice
from random import Random

import pytest
import sympy as sp
from sympy import Abs, Max, Min, Sum, ceiling, cos, exp, floor, log, sin, sqrt

from assayer.derivation import Forall, Relation
from assayer.derivation.trusted.context import Context, Goal
from assayer.derivation.trusted.expressions import free_symbols
from assayer.mutation.claims import KINDS, Step, mutants, mutate, snippet
from assayer.mutation.edits import CHANGES, edit, replace, sites

n = sp.Symbol("n", integer=True, nonnegative=True)
k = sp.Symbol("k", integer=True)
x, y, z = sp.symbols("x y z", real=True)
p = sp.Symbol("p", positive=True)
q = sp.Symbol("q", positive=True)
f, g = sp.Function("f", real=True), sp.Function("g", real=True)
D = sp.IndexedBase("D", real=True)
E = sp.IndexedBase("E", real=True)


def all_edits(expr: sp.Expr, kind: str, draws: int = 200) -> set[sp.Expr]:
    symbols = free_symbols(expr)
    found = (edit(expr, kind, Random(seed), symbols) for seed in range(draws))
    return {new for new, _ in filter(None, found)}


@pytest.mark.parametrize(
    ("expr", "kind", "expected"),
    [
        (x - 2 * y, "sign", {x + 2 * y, -x - 2 * y}),
        (x * y, "sign", {-x * y}),
        (x**3, "exponent", {x**2, x**4, x**6}),
        (sqrt(p), "exponent", {p ** sp.Rational(3, 2), 1 / sqrt(p), p}),
        (D[k], "index", {D[k + 1], D[k - 1]}),
        (f(n), "index", {f(n + 1), f(n - 1)}),
        (
            Sum(k, (k, 1, n)),
            "index",
            {Sum(k, (k, low, n)) for low in (0, 2)} | {Sum(k, (k, 1, n + s)) for s in (1, -1)},
        ),
        (x + 2 * y, "symbol", {3 * y, 3 * x}),
        (x + p, "symbol", set()),
        (p * sin(q), "symbol", {p * sin(p), q * sin(q)}),
        (f(n) - g(n + 1), "symbol", {g(n) - g(n + 1), f(n) - f(n + 1)}),
        (D[k] + E[k + 1], "symbol", {E[k] + E[k + 1], D[k] + D[k + 1]}),
        (sin(x), "function", {cos(x)}),
        (floor(x), "function", {ceiling(x)}),
        (Min(x, y), "function", {Max(x, y)}),
        (Abs(x), "function", {x}),
        (log(x), "function", {exp(x)}),
        (exp(x), "function", set()),
        (exp(p), "function", {log(p), exp(sqrt(p))}),
        (sqrt(x), "function", {x}),
        (x, "coefficient", None),
    ],
)
def test_each_kind_yields_what_it_says(expr: sp.Expr, kind: str, expected: set[sp.Expr] | None) -> None:
    found = all_edits(expr, kind)
    assert expr not in found
    if expected is not None:
        assert found == expected


def test_coefficients_are_doubled_halved_stepped_and_perturbed() -> None:
    found = all_edits(3 * x + y, "coefficient", 600)
    assert {6 * x + y, 3 * x / 2 + y, 4 * x + y, 2 * x + y, 3 * x + 2 * y, 3 * x} <= found
    perturbed = [e.coeff(x) for e in found if e.coeff(x) not in (2, 3, 4, 6, sp.Rational(3, 2))]
    assert perturbed and all(abs(c - 3) <= sp.Rational(3, 2) for c in perturbed)


def test_the_index_of_a_sum_is_never_replaced() -> None:
    total = Sum(k * x + D[k] / (k + n), (k, 1, n))
    for kind in CHANGES:
        for changed in all_edits(total, kind, 120):
            for one in changed.atoms(Sum):
                assert one.limits[0][0] == k
                assert one.function.free_symbols - {k} <= {x, n, D, D.label, *one.function.atoms(sp.Indexed)}


def test_a_bound_index_is_offered_only_inside_its_sum() -> None:
    j = sp.Symbol("j", integer=True)
    found = all_edits(Sum(k, (k, 1, 3)) + j, "symbol")
    assert found == {Sum(j, (k, 1, 3)) + j}


def test_every_site_can_be_replaced() -> None:
    expr = Sum(D[k + 1] * x**2 / (k + 1), (k, 1, n)) + exp(x * y)
    mark = sp.Symbol("mark", real=True)
    for site in sites(expr):
        node = expr
        for step in site.path:
            node = node.args[step]
        assert node == site.node
        if site.role != "bound":
            assert mark in replace(expr, site.path, mark).free_symbols


def step_with_everything() -> Step:
    hypotheses = [sp.Le(x, y), Forall(k, sp.Le(D[k + 1], D[k])), sp.Gt(p, exp(x)), sp.Ge(z, 2)]
    context = Context.of(hypotheses).with_relation(Relation(x, ">=", z), name="a lemma")
    left = Sum(D[k] / (k**2 + 1), (k, 1, n)) + sqrt(p) * Max(x, y) - 3 * floor(x) ** 2
    return Step("everything", Goal(context, Relation(left, "<=", Abs(x) * f(n) + 2)), lemmas=frozenset({"a lemma"}))


def test_no_mutant_is_the_step_and_every_kind_occurs() -> None:
    step = step_with_everything()
    made = list(islice(mutants(step, Random(5)), 400))
    assert {m.kind for m in made} == set(KINDS)
    assert all(m.goal != step.goal for m in made)
    assert any("in the hypothesis" in m.what for m in made)


def test_what_is_dropped() -> None:
    step = step_with_everything()
    labels = {h.label for h in step.goal.context.hypotheses}
    seen = set()
    for seed in range(200):
        mutant = mutate(step, "hypothesis dropped", Random(seed))
        kept = {h.label for h in mutant.goal.context.hypotheses}
        seen |= {frozenset(labels - kept)}
        assert "a lemma" in kept
        if kept == labels:  # a domain was widened instead
            changed = {s.name for s in mutant.goal.relation.symbols() - step.goal.relation.symbols()}
            assert changed in ({"p"}, {"n"})
    assert seen == {frozenset(), *(frozenset({label}) for label in labels - {"a lemma"})} - {frozenset({"a lemma"})}
    lemma = mutate(step, "lemma dropped", Random(1))
    assert labels - {h.label for h in lemma.goal.context.hypotheses} == {"a lemma"}
    assert mutate(Step("none", Goal(Context(), Relation(x, "=", x))), "lemma dropped", Random(1)) is None


def test_relations_change_to_every_other() -> None:
    step = Step("order", Goal(Context(), Relation(x, "<=", y)))
    found = {mutate(step, "relation", Random(seed)).goal.relation.sign for seed in range(60)}
    assert found == {"=", "<", ">=", ">", "!="}


def test_malformed_mutants_are_left_out() -> None:
    """Swapping y for x gives x − x in the denominator, which SymPy evaluates to an infinity."""
    step = Step("a pole", Goal(Context(), Relation(1 / (x - y), "=", 1 / (x - y))))
    for seed in range(40):
        mutant = mutate(step, "symbol", Random(seed))
        assert mutant is None or not (mutant.goal.relation.left - mutant.goal.relation.right).has(sp.zoo, sp.nan)


@pytest.mark.parametrize("seed", range(30))
def test_the_snippet_builds_the_goal_again(seed: int) -> None:
    mutant = next(mutants(step_with_everything(), Random(seed)))
    names: dict = {}
    exec(snippet(mutant.goal).rsplit("\n", 1)[0], names)
    assert names["goal"] == mutant.goal


def test_an_author_s_points_do_not_speak_for_a_changed_forall(step: Callable[[str], Step]) -> None:
    plain = step("two steps")
    told = Step(plain.title, plain.goal, model=({sp.Symbol("t", integer=True, positive=True): sp.S.One},))
    changed = [m for seed in range(80) if (m := mutate(told, "sign", Random(seed))) and m.what.startswith("in the hyp")]
    other = mutate(told, "relation", Random(0))
    assert changed and all(m.models == () for m in changed)
    assert other.what.startswith("in the hyp") or other.models == told.model
