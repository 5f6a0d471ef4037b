"""Mutants of steps: one thing changed in the claim, in a hypothesis, or a hypothesis taken away."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from random import Random
from typing import Any

import sympy as sp
from sympy.core.function import AppliedUndef
from sympy.printing.repr import ReprPrinter

from assayer.derivation.hints import Hint
from assayer.derivation.trusted.context import Context, Forall, Goal, Hypothesis, Relation
from assayer.derivation.trusted.errors import DerivationError
from assayer.derivation.trusted.expressions import RELATIONS, domain, one_meaning, values_of
from assayer.mutation.edits import CHANGES, edit

KINDS = (*CHANGES, "relation", "hypothesis dropped", "lemma dropped")
"""Every kind of mutant: the changes of an expression, and those of a whole claim."""
IN_A_HYPOTHESIS = 0.25
TRIES = 40


@dataclass(frozen=True)
class Step:
    """A step of a derivation, as it was judged.

    Attributes:
        title: the derivation's, for the report.
        goal: the context, with the lemmas that the step cites, and the relation.
        lemmas: labels of the hypotheses that are such lemmas.
        hints: what the author told the kernels.
        model: points of the context that the author's ``model=`` gave, for hypotheses that random points do not meet.
    """

    title: str
    goal: Goal
    lemmas: frozenset[str] = frozenset()
    hints: tuple[Hint, ...] = ()
    model: tuple[Mapping[sp.Basic, Any], ...] = ()


@dataclass(frozen=True)
class Mutant:
    """A step with one thing changed.

    Attributes:
        step: what it was made from.
        kind: one of :data:`KINDS`.
        what: the change, in words.
        goal: the changed goal.
    """

    step: Step
    kind: str
    what: str
    goal: Goal

    @property
    def models(self) -> tuple[Mapping[sp.Basic, Any], ...]:
        """The author's points, where every ``Forall`` of the mutant is one of the step's: the author answers
        for those, and for no changed one.
        """
        own = {h.statement for h in self.step.goal.context.hypotheses}
        kept = all(f in own for _, f in self.goal.context.families())
        return self.step.model if kept else ()


def mutants(step: Step, rng: Random, kinds: tuple[str, ...] = KINDS) -> Iterator[Mutant]:
    """Endless random mutants of a step, until none is found in many tries; one may come twice.

    Malformed ones (SymPy evaluated them to an infinity, say) and the step itself are left out.
    """
    failed = 0
    while failed < TRIES:
        mutant = mutate(step, rng.choice(kinds), rng)
        failed = 0 if mutant is not None else failed + 1
        if mutant is not None:
            yield mutant


def mutate(step: Step, kind: str, rng: Random) -> Mutant | None:
    """One mutant of the kind, at random; None where the step offers none."""
    try:
        made = _mutate(step, kind, rng)
        if made is None or made[0] == step.goal:
            return None
        one_meaning({s for r in _all_relations(made[0]) for s in r.symbols()})
    except (DerivationError, ValueError, TypeError, ArithmeticError, NotImplementedError):
        return None  # not a claim of the language
    return Mutant(step, kind, made[1], made[0])


def _mutate(step: Step, kind: str, rng: Random) -> tuple[Goal, str] | None:
    hypotheses = step.goal.context.hypotheses
    if kind == "hypothesis dropped":
        return _dropped(step, rng)
    if kind == "lemma dropped":
        lemmas = [h for h in hypotheses if h.label in step.lemmas]
        return _without(step.goal, rng.choice(lemmas), "lemma dropped") if lemmas else None
    if hypotheses and rng.random() < IN_A_HYPOTHESIS:
        place = rng.randrange(len(hypotheses))
        return _changed_hypothesis(step.goal, place, kind, rng)
    changed = change(step.goal.relation, kind, rng, _scope(step.goal))
    return (Goal(step.goal.context, changed[0]), changed[1]) if changed else None


def change(relation: Relation, kind: str, rng: Random, scope: set[sp.Symbol]) -> tuple[Relation, str] | None:
    """The relation with its sign or one place of a side changed, and what that was."""
    if kind == "relation":
        sign = rng.choice([s for s in RELATIONS if s != relation.sign])
        return Relation(relation.left, sign, relation.right), f"relation: {relation.sign} → {sign}"
    sides = ["right", "left"]
    rng.shuffle(sides)
    for side in sides:
        found = edit(getattr(relation, side), kind, rng, scope)
        if found is not None:
            ends = {"left": relation.left, "right": relation.right, side: found[0]}
            return Relation(ends["left"], relation.sign, ends["right"]), found[1]
    return None


def _changed_hypothesis(goal: Goal, place: int, kind: str, rng: Random) -> tuple[Goal, str] | None:
    hypothesis = goal.context.hypotheses[place]
    statement = hypothesis.statement
    scope = _scope(goal) | ({statement.index} if isinstance(statement, Forall) else set())
    relation = statement.relation if isinstance(statement, Forall) else statement
    changed = change(relation, kind, rng, scope)
    if changed is None:
        return None
    new = Forall(statement.index, changed[0]) if isinstance(statement, Forall) else changed[0]
    rest = list(goal.context.hypotheses)
    rest[place] = Hypothesis(hypothesis.name, new)
    what = f"in the hypothesis {hypothesis.label}, {changed[1]}"
    return Goal(Context(tuple(rest), goal.context.symbols), goal.relation), what


def _dropped(step: Step, rng: Random) -> tuple[Goal, str] | None:
    """Without a hypothesis, or with a symbol whose domain says nothing of its sign: domains are hypotheses too."""
    own = [h for h in step.goal.context.hypotheses if h.label not in step.lemmas]
    signed = [s for s in sorted(_scope(step.goal), key=lambda s: s.name) if set(domain(s)) - {"integer"}]
    if not own and not signed:
        return None
    if own and (not signed or rng.random() < 0.7):
        return _without(step.goal, rng.choice(own), "hypothesis dropped")
    symbol = rng.choice(signed)
    words = {"integer": True} if "integer" in values_of(symbol) else {"real": True}
    wider = sp.Symbol(symbol.name, **words)
    return renamed_goal(step.goal, {symbol: wider}), f"hypothesis dropped: the sign of {symbol}"


def _without(goal: Goal, hypothesis: Hypothesis, what: str) -> tuple[Goal, str]:
    rest = tuple(h for h in goal.context.hypotheses if h is not hypothesis)
    return Goal(Context(rest, goal.context.symbols), goal.relation), f"{what}: {hypothesis}"


def renamed_goal(goal: Goal, symbols: Mapping[sp.Symbol, sp.Symbol]) -> Goal:
    """The goal with other symbols in the place of some, everywhere, bound ones too."""

    def of(relation: Relation) -> Relation:
        return Relation(relation.left.xreplace(symbols), relation.sign, relation.right.xreplace(symbols))

    hypotheses = []
    for h in goal.context.hypotheses:
        s = h.statement
        new = Forall(symbols.get(s.index, s.index), of(s.relation)) if isinstance(s, Forall) else of(s)
        hypotheses.append(Hypothesis(h.name, new))
    kept = frozenset(symbols.get(s, s) for s in goal.context.symbols)
    return Goal(Context(tuple(hypotheses), kept), of(goal.relation))


def _scope(goal: Goal) -> set[sp.Symbol]:
    """The free symbols of the claim and of its context."""
    return goal.relation.symbols().union(*(h.statement.symbols() for h in goal.context.hypotheses))


def _all_relations(goal: Goal) -> Iterator[Relation]:
    yield goal.relation
    for hypothesis in goal.context.hypotheses:
        statement = hypothesis.statement
        yield statement.relation if isinstance(statement, Forall) else statement


def snippet(goal: Goal, at: str = "") -> str:
    """Python that builds the goal again, exactly, and asks the kernels for it."""
    lines = [
        "from sympy import *",
        "from assayer.derivation.prover import prove",
        "from assayer.derivation.trusted.context import Context, Forall, Goal, Hypothesis, Relation",
        "",
        "goal = Goal(",
        "    Context((",
    ]
    for h in goal.context.hypotheses:
        s = h.statement
        text = f"Forall({code(s.index)}, {_code(s.relation)})" if isinstance(s, Forall) else _code(s)
        lines.append(f"        Hypothesis({h.name!r}, {text}),")
    lines += ["    )),", f"    {_code(goal.relation)},", ")"]
    lines.append("print(prove(goal))" + (f"  # a theorem, and false {at}" if at else ""))
    return "\n".join(lines)


def _code(relation: Relation) -> str:
    return f"Relation({code(relation.left)}, {relation.sign!r}, {code(relation.right)})"


class _Code(ReprPrinter):
    """SymPy's ``srepr`` forgets what families are declared to be."""

    def _print_IndexedBase(self, expr: sp.IndexedBase) -> str:
        shape = f", shape={self._print(expr.shape)}" if expr.shape else ""
        return f"IndexedBase({str(expr.label)!r}{shape}{_words(expr.label._assumptions_orig)})"

    def _print_AppliedUndef(self, expr: AppliedUndef) -> str:
        arguments = ", ".join(map(self._print, expr.args))
        return f"Function({str(expr.func)!r}{_words(expr.func._kwargs)})({arguments})"


def _words(assumptions: Mapping[str, bool]) -> str:
    return "".join(f", {word}={truth}" for word, truth in sorted(assumptions.items()) if word != "commutative")


def code(expr: sp.Basic) -> str:
    """Python that builds the expression again."""
    return _Code().doprint(expr)
