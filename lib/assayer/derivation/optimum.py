"""Optima: a point is shown to be admissible, and no other does better. By a completed square, or by slopes.

Where a candidate comes from (``solve``, a guess, a textbook) does not matter: it is an argument here, and is proved.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import sympy as sp

from assayer.derivation.derivation import Derivation
from assayer.derivation.hints import Hint
from assayer.derivation.kernels.monotone import convex
from assayer.derivation.lemma import Theorem
from assayer.derivation.refute import Model
from assayer.derivation.render import Step
from assayer.derivation.script import Best, Point, point_of, remember
from assayer.derivation.suggest import suggested
from assayer.derivation.trusted.context import Context, Goal, Relation, domain_obligations
from assayer.derivation.trusted.definedness import conditions
from assayer.derivation.trusted.errors import MalformedExpression, StepNotProved
from assayer.derivation.trusted.expressions import express, free_symbols, nothing_hidden, substitute
from assayer.derivation.trusted.theorem import Sequent, chain, condition_goal
from assayer.derivation.verdict import Verdict, judge_goal

_SIGN = {"min": ">=", "max": "<="}
_WORDS = {
    "monotone": "the slope changes sign there",
    "sums of squares": "a sum of squares",
    "positive combination": "a positive combination of squares and hypotheses",
}


@dataclass(frozen=True)
class _Question:
    """``objective`` under ``context``: is it best at ``point``?"""

    title: str
    context: Context
    objective: sp.Expr
    point: Mapping[sp.Symbol, sp.Expr]
    sign: str
    model: Model | None
    seconds: float
    witness: Point = None

    @property
    def best(self) -> sp.Expr:
        return substitute(self.objective, self.point)

    def remembered(self, theorem: Theorem, number: int | None = None) -> Theorem:
        """The theorem, what was asked for it kept beside it."""
        sense = next(word for word, sign in _SIGN.items() if sign == self.sign)
        origin = Best(self.title, self.context, self.objective, self.point, sense, self.witness, self.seconds, number)
        remember(theorem.sequent, origin)
        return theorem

    def judge(self, goal: Goal, hints: Iterable[Hint] = ()) -> Verdict:
        return judge_goal(goal, self.model, self.seconds, tuple(hints))


def optimum(
    objective: object,
    at: Mapping[sp.Symbol, object],
    sense: str = "min",
    hypotheses: Iterable[object] = (),
    title: str = "optimum",
    model: Model | None = None,
    seconds: float = 30.0,
) -> Theorem:
    """Prove that ``objective`` is least (``sense="max"``: greatest) at the point ``at``, among all that the hypotheses
    and the domains admit: ``objective ≥ objective(at)``.

    Args:
        at: a value for each symbol over which the objective is optimised, free of those symbols.

    Raises:
        StepNotProved: where the point is not shown to be admissible, or the bound is refuted or not proved.
        MalformedExpression: for an expression outside the language or a point that varies with its own symbols.
    """
    asked = _question(objective, at, sense, hypotheses, title, model, seconds)
    _must_be_admissible(asked)
    return asked.remembered(_completed_square(asked) or _directly(asked, asked.context, asked.sign, title))


def unique_optimum(
    objective: object,
    at: Mapping[sp.Symbol, object],
    sense: str = "min",
    hypotheses: Iterable[object] = (),
    title: str = "the optimum is unique",
    model: Model | None = None,
    seconds: float = 30.0,
) -> tuple[Theorem, ...]:
    """Prove that the optimum is attained at no other point: for each symbol of ``at`` one theorem, that the objective
    is strictly worse wherever that symbol has another value.

    Raises:
        StepNotProved, MalformedExpression: as :func:`optimum`.
    """
    asked = _question(objective, at, sense, hypotheses, title, model, seconds)
    _must_be_admissible(asked)
    strict = asked.sign[0]
    return tuple(
        asked.remembered(
            _directly(asked, asked.context.with_relation(Relation(x, "!=", value), name=f"another {x}"), strict, title),
            number,
        )
        for number, (x, value) in enumerate(asked.point.items())
    )


def _question(
    objective: object,
    at: Mapping[sp.Symbol, object],
    sense: str,
    hypotheses: Iterable[object],
    title: str,
    model: Model | None,
    seconds: float,
) -> _Question:
    if sense not in _SIGN:
        raise MalformedExpression(f"sense= is 'min' or 'max', not {sense!r}")
    if not at or not all(isinstance(x, sp.Symbol) for x in at):
        raise MalformedExpression("at= gives each symbol that is optimised over its value: at={eta: D/(G*sqrt(T))}")
    f, point = express(objective), {x: express(value) for x, value in at.items()}
    for x, value in point.items():
        if free_symbols(value) & set(point):
            raise MalformedExpression(f"the value {value} of {x} varies with what is optimised over")
        if x not in free_symbols(f):
            raise MalformedExpression(f"{x} does not appear in {f}")
        nothing_hidden(f, x, "is optimised over")
    symbols = free_symbols(f).union(*(free_symbols(value) for value in point.values()))
    under = Derivation(title, *hypotheses, model=model, declare=symbols, seconds=seconds)
    return _Question(
        title, under.context, f, point, _SIGN[sense], model, seconds, witness=point_of(model, under.witness)
    )


def _must_be_admissible(asked: _Question) -> None:
    for goal in _admissible(asked):
        verdict = asked.judge(goal)
        if verdict.sequent is None:
            raise StepNotProved(f"the point of {asked.title!r} is not shown to be admissible: {goal} is {verdict}")


def _admissible(asked: _Question) -> list[Goal]:
    """That the point is in the domains, satisfies the hypotheses, and that the objective is defined there."""
    context = asked.context
    for x in asked.point:
        context = context.without(x)
    needed = [condition_goal(context, c) for value in asked.point.values() for c in conditions(value)]
    needed += [Goal(context, r) for x, value in asked.point.items() for r in domain_obligations(x, value)]
    needed += [condition_goal(context, c.substitute(asked.point)) for c in conditions(asked.objective)]
    for hypothesis in asked.context.hypotheses:
        if hypothesis not in context.hypotheses:
            if not isinstance(hypothesis.statement, Relation):
                raise StepNotProved(f"{hypothesis} is about every member of a family: optimise over other symbols")
            needed += [Goal(context, hypothesis.statement.substitute(asked.point))]
    return list(dict.fromkeys(needed))


def _completed_square(asked: _Question) -> Theorem | None:
    """``objective = best ± (factors)·(square) ≥ best`` in two steps, where the difference factors so."""
    gap = suggested(lambda: _factored(asked.objective - asked.best))
    squares = [p for p in sp.Mul.make_args(gap) if isinstance(p, sp.Pow)] if isinstance(gap, sp.Expr) else []
    if not any(p.exp.is_even and p.exp > 0 and free_symbols(p.base) & set(asked.point) for p in squares):
        return None
    middle = sp.Add(asked.best, gap)
    steps = []
    for relation, reason in (
        (Relation(asked.objective, "=", middle), "a completed square"),
        (Relation(middle, asked.sign, asked.best), "a square is not negative"),
    ):
        sequent = asked.judge(Goal(asked.context, relation)).sequent
        if sequent is None:
            return None
        steps.append(Step(relation, reason, sequent))
    return Theorem(chain([s.sequent for s in steps], asked.title), tuple(steps))


def _factored(expr: sp.Expr) -> sp.Expr:
    """``factor`` that also sees that T is the square of √T; a suggestion."""
    degrees: dict[sp.Symbol, int] = {}
    for power in expr.atoms(sp.Pow):
        if isinstance(power.base, sp.Symbol) and isinstance(power.exp, sp.Rational):
            degrees[power.base] = int(sp.ilcm(degrees.get(power.base, 1), power.exp.q))
    roots = {x: (sp.Dummy(x.name, positive=True), degree) for x, degree in degrees.items() if degree > 1}
    inside = expr.xreplace({x: root**degree for x, (root, degree) in roots.items()})
    return sp.factor(inside).xreplace({root: x ** sp.Rational(1, degree) for x, (root, degree) in roots.items()})


def _directly(asked: _Question, context: Context, sign: str, title: str) -> Theorem:
    """One step, by whichever kernel proves it; the slope is taken to change sign at the point."""
    goal = Goal(context, Relation(asked.objective, sign, asked.best))
    verdict = asked.judge(goal)
    if verdict.sequent is None and verdict.counterexample is None:
        for x, value in asked.point.items():
            verdict = asked.judge(goal, [convex(x, at=value)])
            if verdict.sequent is not None:
                break
    if verdict.sequent is None:
        lines = "".join(f"\n  tried {line}" for line in verdict.tried)
        raise StepNotProved(f"{title!r}: {goal} is {verdict}{lines}")
    step = Step(goal.relation, _how(verdict.sequent), verdict.sequent)
    return Theorem(chain([verdict.sequent], title), (step,))


def _how(sequent: Sequent) -> str:
    return next((words for kernel, words in _WORDS.items() if kernel in sequent.kernels), "")
