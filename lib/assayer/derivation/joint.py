"""Joint induction: several statements, each of whose steps may use all of them."""

from __future__ import annotations

from collections.abc import Mapping

import sympy as sp

from assayer.derivation.explain import explain
from assayer.derivation.inhabited import inhabited
from assayer.derivation.lemma import Theorem
from assayer.derivation.prover import SECONDS_A_STEP, Attempt
from assayer.derivation.refute import Model
from assayer.derivation.script import Joint, Member, point_of, remember
from assayer.derivation.trusted.context import Context, Goal, Relation
from assayer.derivation.trusted.errors import DerivationError, StepNotProved
from assayer.derivation.trusted.expressions import split_relation
from assayer.derivation.trusted.rules import Induction, Plan, induction_conditions, induction_goals, induction_starts
from assayer.derivation.trusted.theorem import Rejected, Sequent, chain
from assayer.derivation.verdict import judge_goal


def joint_induction(
    symbol: sp.Symbol,
    statements: Mapping[str, object],
    *hypotheses: object,
    every: sp.Symbol | None = None,
    model: Model | None = None,
    seconds: float = SECONDS_A_STEP,
) -> dict[str, Theorem]:
    """Prove ``statements`` (title → SymPy relation) together, by induction on ``symbol``.

    Args:
        symbol: the integer; it starts at its domain's least value, or where a hypothesis ``symbol ≥ s`` says.
        every: a second index; the induction hypotheses are stated for each of its values.
        model: see ``Derivation``.
        seconds: the time allowed for each base and each step.

    Raises:
        StepNotProved: naming the base or the step that is not proved.
        DerivationError: where no start of the induction is known.
    """
    relations = {
        title: r if isinstance(r, Relation) else Relation(*split_relation(r)) for title, r in statements.items()
    }
    if not relations:
        raise DerivationError("a joint induction needs statements: a title and a relation for each")
    symbols = set().union(*(r.symbols() for r in relations.values()), {symbol})
    context = Context.of(hypotheses, symbols)
    witness = inhabited(context, model)
    goals = {title: Goal(context, relation) for title, relation in relations.items()}
    first = next(iter(goals.values()))
    starts = induction_starts(first, symbol)
    if not starts:
        raise DerivationError(f"where does {symbol} begin? Declare it positive or nonnegative, or state {symbol} ≥ …")
    plan = Plan(symbol, starts[0], tuple(relations.values()), every)
    try:
        bases, steps = induction_goals(first, plan)
        conditions = induction_conditions(first, plan)
    except Rejected as reason:
        raise DerivationError(f"induction on {symbol}: {reason}") from None
    titles = list(relations)
    shown = [
        _shown(goal, f"the {part} of {title!r}", model, seconds)
        for part, some in (("base", bases), ("step", steps))
        for title, goal in zip(titles, some, strict=True)
    ]
    defined = [_shown(goal, "what the statements need in order to be defined", model, seconds) for goal in conditions]
    certificate = Induction((*shown, *defined), plan)
    found = {title: _theorem(title, goal, certificate, seconds) for title, goal in goals.items()}
    written = Joint(symbol, relations, context, every, point_of(model, witness), seconds)
    for title, theorem in found.items():
        remember(theorem.sequent, Member(written, title))
    return found


def _shown(goal: Goal, what: str, model: Model | None, seconds: float) -> Sequent:
    verdict = judge_goal(goal, model, seconds)
    if verdict.sequent is None:
        raise StepNotProved(explain(what, 1, goal.relation, verdict, goal.context))
    return verdict.sequent


def _theorem(title: str, goal: Goal, certificate: Induction, seconds: float) -> Theorem:
    sequent = Attempt.lasting(seconds).admit(goal, certificate)
    if sequent is None:
        raise StepNotProved(
            f"{title!r}: {goal.relation} is not shown to be defined for every {certificate.plan.symbol}"
        )
    return Theorem(chain([sequent], title))
