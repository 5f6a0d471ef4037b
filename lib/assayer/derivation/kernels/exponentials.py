"""Inequalities by the order of the logarithms of their sides, or of the exponentials.

Logarithms turn products and powers into sums of multiples, exponentials sums of logarithms into products. That
``u ≤ 0`` gives ``exp u ≤ 1``, and ``exp u ≤ exp v`` gives ``u ≤ v``, is proved once, and cited for each claim.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

import sympy as sp

from assayer.derivation.lemmas import with_help
from assayer.derivation.prover import Attempt, prove
from assayer.derivation.trusted.context import Context, Goal, Relation
from assayer.derivation.trusted.errors import DerivationError
from assayer.derivation.trusted.theorem import Certificate, Rejected, Sequent, instantiate, obligations

NAME = "logarithms and exponentials"
ORDER = 46
_POSITIVE = (sp.exp, sp.cosh, sp.factorial, sp.gamma)
_U, _V = sp.symbols("u v", real=True)


def search(goal: Goal, attempt: Attempt) -> Iterator[Certificate]:
    """Yield the way by logarithms where a side is a product with powers, by exponentials where one is a logarithm."""
    relation = goal.relation
    if attempt.depth <= 0 or relation.sign in ("=", "!="):
        return
    if any(_powers(side) for side in relation.sides()) and not any(_negative(side) for side in relation.sides()):
        yield from _by_logarithms(goal, attempt)
    if any(_logarithmic(side) for side in relation.sides()):
        yield from _by_exponentials(goal, attempt)


def _by_logarithms(goal: Goal, attempt: Attempt) -> Iterator[Certificate]:
    """From ``log l − log r ≤ 0`` to ``l/r ≤ 1`` to the claim."""
    left, right = goal.relation.sides()
    theorem = _cited(_below_one(goal.relation.sign), {_U: _logarithm(left) - _logarithm(right)}, goal, attempt)
    yield from with_help(goal, [] if theorem is None else [theorem], attempt)


def _by_exponentials(goal: Goal, attempt: Attempt) -> Iterator[Certificate]:
    """From ``exp l ≤ exp r`` to the claim."""
    left, right = goal.relation.sides()
    theorem = _cited(_in_order(goal.relation.sign), {_U: left, _V: right}, goal, attempt)
    yield from with_help(goal, [] if theorem is None else [theorem], attempt)


@lru_cache(maxsize=4)
def _below_one(sign: str) -> Sequent | None:
    """``u ≤ 0`` gives ``exp u ≤ 1``; the same for the other signs."""
    return prove(Goal(Context.of([Relation(_U, sign, sp.S.Zero)], {_U}), Relation(sp.exp(_U), sign, sp.S.One)))


@lru_cache(maxsize=4)
def _in_order(sign: str) -> Sequent | None:
    """``exp u ≤ exp v`` gives ``u ≤ v``; the same for the other signs."""
    given = Relation(sp.exp(_U), sign, sp.exp(_V))
    return prove(Goal(Context.of([given], {_U, _V}), Relation(_U, sign, _V)))


def _cited(theorem: Sequent | None, values: dict[sp.Symbol, sp.Expr], goal: Goal, attempt: Attempt) -> Sequent | None:
    """The theorem with these values in the context of the goal, where what it needs is proved."""
    if theorem is None:
        return None
    try:
        shown = attempt.prove_all(obligations(theorem, values, goal.context))
        return None if shown is None else instantiate(theorem, values, goal.context, shown)
    except (Rejected, DerivationError):
        return None


def _powers(side: sp.Expr) -> bool:
    """Tell whether a factor of the side is a power with an exponent that varies, or a function that is > 0."""
    return any(
        isinstance(f, _POSITIVE) or (isinstance(f, sp.Pow) and bool(f.exp.free_symbols)) for f in sp.Mul.make_args(side)
    )


def _negative(side: sp.Expr) -> bool:
    return side == 0 or any(f.is_Rational and f < 0 for f in sp.Mul.make_args(side))


def _logarithmic(side: sp.Expr) -> bool:
    """Tell whether a term of the side is a multiple of a logarithm."""
    return any(isinstance(f, sp.log) for term in sp.Add.make_args(side) for f in sp.Mul.make_args(term))


def _logarithm(side: sp.Expr) -> sp.Expr:
    """The logarithm of a product of positive factors, factor by factor."""
    if isinstance(side, sp.Mul):
        return sp.Add(*(_logarithm(f) for f in side.args))
    if isinstance(side, sp.Pow):
        return side.exp * _logarithm(side.base)
    if isinstance(side, sp.exp):
        return side.args[0]
    return sp.log(side)
