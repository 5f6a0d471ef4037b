"""Errors that teach: what was tried, what remains, what would help, and the nearest statement that is true."""

from __future__ import annotations

import sympy as sp
from flint import fmpq_mpoly

from assayer.derivation.nearby import helpful, nearest
from assayer.derivation.substitutions import solvable
from assayer.derivation.trusted.context import Context, Goal, Relation
from assayer.derivation.trusted.errors import DerivationError
from assayer.derivation.trusted.problem import Problem, problem
from assayer.derivation.trusted.rules import substituted
from assayer.derivation.trusted.theorem import Rejected
from assayer.derivation.verdict import Verdict

LONGEST_RESIDUAL = 40
LARGEST_DEGREE = 30
IDLE = "does not apply"


def explain(title: str, number: int, relation: Relation, verdict: Verdict, context: Context) -> str:
    """Say what is wrong with a step that is refuted or not proved, and what would mend it.

    Args:
        title: the derivation's.
        number: the step's, counted from 1.
        context: the hypotheses under which the step was judged, cited lemmas among them.
    """
    goal = Goal(context, relation)
    lines = [f"step {number} of {title!r} is {verdict.status}: {relation}"]
    if verdict.counterexample is not None:
        lines.append(f"  counterexample {verdict.counterexample}")
    else:
        lines += [f"  not shown to be defined: {m} — add a hypothesis or a domain" for m in verdict.missing]
        lines += [f"  tried {t}" for t in verdict.tried if not t.endswith(f": {IDLE}")]
        idle = [t.removesuffix(f": {IDLE}") for t in verdict.tried if t.endswith(f": {IDLE}")]
        lines += [f"  do not apply here: {', '.join(idle)}"] if idle else []
        rest = residual(goal)
        lines += [f"  left − right, simplified for reading only: {rest}"] if rest else []
        if verdict.points:
            lines.append(
                f"  it holds at {verdict.points} random points that satisfy the hypotheses: state a lemma between, "
                "or a hypothesis that is missing"
            )
    return "\n".join([*lines, *advice(goal)])


def advice(goal: Goal) -> list[str]:
    """What would mend a claim that is refuted or not proved, each line shown to be true by the kernels."""
    lines = []
    extra = helpful(goal)
    if extra is not None:
        lines.append(f"  it is proved under the further hypothesis {extra}")
    variant = nearest(goal)
    if variant is not None:
        kernels = ", ".join(variant.sequent.kernels)
        lines.append(f"  did you mean {variant.relation}? That is {variant.sequent.status} ({kernels})")
    elif goal.relation.sign == "=" and (same := nearest(goal, seconds=1.0, same_sides=True)) is not None:
        lines.append(f"  the right side is the left side but for {same.kind}")
    return lines


def residual(goal: Goal) -> str:
    """``left − right`` after the equations of the context, factored; empty where that is long or not known.

    Made of the checker's polynomials, whose size is bounded: SymPy's simplifier may run for ever.
    """
    try:
        p = problem(goal)
        numerator = substituted(p, p.difference.numerator, tuple(solvable(p)))
    except (DerivationError, Rejected):
        return ""
    parts = (numerator, p.difference.denominator)
    if any(len(q) > LONGEST_RESIDUAL or max(q.degrees(), default=0) > LARGEST_DEGREE for q in parts):
        return ""
    top, bottom = (_factored(q, p) for q in parts)
    return "" if top is None or bottom is None else str(top / bottom)


def _factored(polynomial: fmpq_mpoly, p: Problem) -> sp.Expr | None:
    if polynomial.is_zero():
        return sp.S.Zero
    constant, factors = polynomial.factor()
    product = sp.Rational(int(constant.p), int(constant.q))
    for factor, power in factors:
        expression = _expression(factor, p)
        if expression is None:
            return None
        product *= expression ** int(power)
    return product


def _expression(polynomial: fmpq_mpoly, p: Problem) -> sp.Expr | None:
    """A polynomial over the atoms that it stands for; None where an atom has no expression of the author's."""
    terms = []
    for monomial, coefficient in polynomial.to_dict().items():
        term = sp.Rational(int(coefficient.p), int(coefficient.q))
        for position, power in enumerate(monomial):
            if power:
                meaning = p.algebra.meaning[position]
                if meaning is None:
                    return None
                term *= meaning ** int(power)
        terms.append(term)
    return sp.Add(*terms)
