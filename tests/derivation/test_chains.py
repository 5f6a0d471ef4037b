"""How steps compose, and where a theorem or a lemma may be cited."""

from __future__ import annotations

from itertools import product

import pytest
import sympy as sp
from sympy import Eq, Ge, Gt, Le, Lt, Ne, Sum

from assayer.derivation import (
    Derivation,
    DerivationError,
    Forall,
    Lemma,
    MalformedExpression,
    Relation,
    StepNotProved,
    Theorem,
    assume,
)
from assayer.derivation.prover import Attempt, prove
from assayer.derivation.trusted.context import Context, Goal
from assayer.derivation.trusted.expressions import express
from assayer.derivation.trusted.theorem import Rejected, Sequent, chain, cut, instantiate

x, y, u = sp.symbols("x y u", real=True)
n, i = sp.symbols("n i", integer=True, positive=True)
k, p = sp.symbols("k p", integer=True)
z = sp.Symbol("z", positive=True)
f, g = sp.Function("f"), sp.Function("g")
CITE = "Knuth, The Art of Computer Programming, vol. 1, 1.2.3"


def proved(left: object, sign: str, right: object, *hypotheses: object) -> Sequent:
    relation = Relation(express(left), sign, express(right))
    found = prove(Goal(Context.of(hypotheses), relation), Attempt.lasting(10))
    assert found is not None
    return found


STEPS = {"=": sp.Integer(0), "<=": sp.Integer(1), "<": sp.Integer(1), ">=": sp.Integer(-1), ">": sp.Integer(-1)}
ORDER = {"=": 0, "<=": 1, ">=": 1, "<": 2, ">": 2}


@pytest.mark.parametrize(("first", "second"), list(product(STEPS, STEPS)))
def test_two_relations_compose_to_the_strongest_that_follows(first: str, second: str) -> None:
    one = proved(x, first, x + STEPS[first])
    two = proved(x + STEPS[first], second, x + STEPS[first] + STEPS[second])
    if {first, second} & {"<", "<="} and {first, second} & {">", ">="}:
        with pytest.raises(Rejected, match="up"):
            chain([one, two], "both ways")
        return
    whole = chain([one, two], "composed")
    assert whole.relation == Relation(x, max(first, second, key=ORDER.__getitem__), two.relation.right)
    assert whole.status == "proved"


def test_unequal_stands_alone() -> None:
    apart = proved(x, "!=", x + 1)
    same = proved(x + 1, "=", 1 + x)
    assert chain([apart], "alone").relation.sign == "!="
    for steps in ([apart, same], [apart, proved(x + 1, "!=", x)]):
        with pytest.raises(Rejected, match="≠"):
            chain(steps, "no")


def test_steps_meet_in_one_context() -> None:
    here, there = proved(x, "<=", x + 1, Ge(x, 0)), proved(x + 1, "<=", x + 2, Ge(x, 1))
    with pytest.raises(Rejected, match="meet"):
        chain([here, there], "two contexts")
    with pytest.raises(Rejected, match="meet"):
        chain([here, proved(x + 2, "<=", x + 3, Ge(x, 0))], "a gap")
    with pytest.raises(Rejected, match="at least one"):
        chain([], "nothing")


def test_a_chain_is_as_strong_as_its_weakest_step() -> None:
    lemma = Lemma("sine", Le(sp.sin(x), x), [Ge(x, 0)], cite=CITE)
    mixed = Derivation("mixed", Ge(y, 1)).start(sp.sin(y)).le(y, by=lemma(x=y)).lt(y + 1, by="add").theorem()
    assert mixed.status == "assumed"
    assert mixed.sequent.relation == Relation(sp.sin(y), "<", y + 1)
    assert [str(s.sequent.status) for s in mixed.steps] == ["assumed", "proved"]
    assert any(CITE in kernel for kernel in mixed.kernels)
    with pytest.raises(StepNotProved, match="only assumed"):
        again = Derivation("again", Ge(y, 1)).start(sp.sin(y)).le(y, by=lemma(x=y))
        again.theorem(at_least="proved")


def test_a_status_spreads_through_theorems_that_cite() -> None:
    lemma = Lemma("sine", Le(sp.sin(x), x), [Ge(x, 0)], cite=CITE)
    first = Derivation("first", Ge(y, 1)).start(sp.sin(y)).le(y, by=lemma(x=y)).theorem()
    second = Derivation("second", Ge(u, 2)).start(sp.sin(u) - u).le(0, by=("as above", first(y=u))).theorem()
    assert second.status == "assumed"
    independent = Derivation("third", Ge(u, 2)).start(u**2).ge(4).theorem()
    assert independent.status == "proved"


def test_a_finite_range_makes_a_theorem_certified() -> None:
    small = Derivation("small", Ge(p, 0), Le(p, 30)).start(sp.Mod(p**6, 7)).le(1, by="Fermat").theorem()
    assert small.status == "certified"
    with pytest.raises(StepNotProved, match="only certified"):
        strict = Derivation("strict", Ge(p, 0), Le(p, 30)).start(sp.Mod(p**6, 7)).le(1)
        strict.theorem(at_least="proved")


# -- citations ---------------------------------------------------------------------------------------------------------
def halves() -> Theorem:
    return Derivation("halves", Ge(x, 2), Gt(y, x)).start(x * y).gt(4).theorem()


def test_a_theorem_is_cited_where_its_hypotheses_hold() -> None:
    cited = Derivation("cited", Ge(u, 3)).start(u * (u + 1)).gt(4, by=halves()(x=u, y=u + 1)).theorem()
    assert cited.steps[0].lemmas == ("halves",)
    assert cited.steps[0].reason == "halves"


@pytest.mark.parametrize("values", [{"x": u - 2, "y": u}, {"x": u, "y": u}, {"x": u + 1, "y": u}, {"x": -u, "y": u}])
def test_a_theorem_is_not_cited_where_they_do_not(values: dict[str, sp.Expr]) -> None:
    with pytest.raises(StepNotProved, match="'halves' cannot be cited here"):
        Derivation("cited", Ge(u, 3)).start(u).ge(3, by=halves()(**values)).theorem()


def test_a_cited_value_lies_in_the_domain_of_its_symbol() -> None:
    positive = Derivation("positive", declare=(z,)).start(z).gt(0).theorem()
    whole = Derivation("whole", declare=(n,)).start(n).ge(1).theorem()
    assert Derivation("square", Ne(u, 0)).start(u**2).gt(0, by=positive(z=u**2)).theorem().status == "proved"
    for value in (u, u**2, -u, sp.S.Zero):
        with pytest.raises(StepNotProved, match="cannot be cited"):
            Derivation("no", declare=(u,)).start(u**2 + 1).gt(0, by=positive(z=value)).theorem()
    for value in (p, p**2, sp.S.Zero, -n):
        with pytest.raises(StepNotProved, match="cannot be cited"):
            Derivation("no", declare=(p, n)).start(p**2 + 1).gt(0, by=whole(n=value)).theorem()
    for value in (u, n / 2, sp.Rational(1, 2), sp.sqrt(n)):
        with pytest.raises(MalformedExpression, match="cannot stand for the integer n"):
            Derivation("no", declare=(u, n)).start(u**2 + 1).gt(0, by=whole(n=value)).theorem()


def test_a_citation_names_symbols_that_the_theorem_has() -> None:
    with pytest.raises(MalformedExpression, match="has no symbol w; it has x, y"):
        halves()(w=3)
    with pytest.raises(MalformedExpression, match="not exact"):
        halves()(x=0.5)


def test_a_forall_hypothesis_must_hold_where_its_theorem_is_cited() -> None:
    t = sp.Symbol("t", integer=True, positive=True)
    decreasing = Forall(t, Le(f(t + 1), f(t)))
    model = lambda rng: {f(j): 20 - j for j in range(-3, 20)}
    two = Derivation("two steps", decreasing, model=model, declare=(n,)).start(f(n + 2)).le(f(n + 1)).le(f(n)).theorem()
    same = Derivation("same", decreasing, Ge(x, 0), model=lambda rng: {**model(rng), x: 1}, declare=(n,))
    assert same.start(f(n + 2)).le(f(n), by=two()).theorem().status == "proved"
    strict = Derivation("strict", Forall(t, Lt(f(t + 1), f(t))), model=model, declare=(n,))
    assert strict.start(f(n + 2)).le(f(n), by=two()).theorem().status == "proved"
    for hypotheses in ((), (Forall(t, Le(f(t + 2), f(t))),), (Forall(t, Le(f(t + 1), f(t) + 1)),)):
        with pytest.raises((StepNotProved, Rejected, DerivationError)):
            other = Derivation("other", *hypotheses, model=model, declare=(n,))
            other.start(f(n + 2)).le(f(n) + 1, by=two()).theorem()


def test_a_lemma_needs_a_citation() -> None:
    for cite in ("", "   "):
        with pytest.raises(DerivationError, match="'bare' has no citation"):
            Lemma("bare", Le(sp.sin(x), x), cite=cite)
    assert Lemma("cited", Le(sp.sin(x), 1), cite=CITE).status == "assumed"


def test_instantiate_and_cut_demand_what_they_rest_on() -> None:
    theorem = halves().sequent
    context = Context.of([Ge(u, 3)])
    with pytest.raises(Rejected):
        instantiate(theorem, {x: u, y: u + 1}, context, [])
    elsewhere = [proved(u, ">=", 2, Ge(u, 4)), proved(u + 1, ">", u, Ge(u, 4))]
    with pytest.raises(Rejected):
        instantiate(theorem, {x: u, y: u + 1}, context, elsewhere)
    step = proved(x, "<=", x + 1, Ge(x, 0))
    with pytest.raises(Rejected):
        cut(step, Context(), [])
    with pytest.raises(Rejected):
        cut(step, Context(), [proved(y, ">=", 0, Ge(y, 0))])


def test_a_cited_index_is_not_captured() -> None:
    linear = Derivation("linear", declare=(x, n)).start(Sum(k * x, (k, 1, n))).eq(x * n * (n + 1) / 2).theorem()
    with pytest.raises(StepNotProved):
        Derivation("capture", declare=(k, n)).start(Sum(k**2, (k, 1, n))).eq(
            k * n * (n + 1) / 2, by=linear(x=k)
        ).theorem()


def test_hypotheses_are_named_once_for_several_derivations() -> None:
    given = assume(A1=Ge(x, 1), A2=Eq(y, x + 1))
    assert given.A2.name == "A2"
    with pytest.raises(AttributeError, match="no hypothesis is named A3; there are A1, A2"):
        given.A3  # noqa: B018
    made = Derivation("named", *given).start(y).ge(2, by="A1 and A2").theorem()
    assert made.record()["steps"][0]["used"] == ["A1", "A2"]


def test_strictness_and_direction_survive_in_a_derivation() -> None:
    up = Derivation("up", Ge(x, 1)).start(x).le(x**2).lt(x**2 + 1).eq(1 + x**2).theorem()
    assert up.conclusion_plain == "x < x**2 + 1"
    with pytest.raises(DerivationError, match="step 2 of 'zigzag' turns round"):
        Derivation("zigzag", Ge(x, 1)).start(x).le(x**2).ge(x).theorem()
    assert Derivation("strict", Lt(x, y)).start(x).ne(y).theorem().conclusion_plain == "x ≠ y"
