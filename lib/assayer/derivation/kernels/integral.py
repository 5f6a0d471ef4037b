"""Integrals: by an antiderivative (the author's, or one that SymPy suggests), or integrand by integrand."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import product

import sympy as sp

from assayer.derivation.hints import Hint
from assayer.derivation.lemmas import fails, with_help
from assayer.derivation.prover import Attempt
from assayer.derivation.suggest import suggested
from assayer.derivation.trusted.context import Context, Goal, Relation
from assayer.derivation.trusted.errors import DerivationError
from assayer.derivation.trusted.expressions import BINDERS, closed, express, opened, renamed, substitute
from assayer.derivation.trusted.rules import Antiderivative, Cut, IntegralTermwise, Reduction
from assayer.derivation.trusted.theorem import Certificate, Rejected, Sequent

NAME = "integral"
ORDER = 36
MOST_INTEGRALS = 6
MOST_STEPS = 2
Range = tuple[sp.Expr, sp.Expr]


@dataclass(frozen=True)
class Ftc(Hint):
    """``antiderivative`` is one of the integrand, as a function of ``variable``."""

    antiderivative: sp.Expr
    variable: sp.Symbol

    def __str__(self) -> str:
        return f"antiderivative {self.antiderivative}"


HINTS = (Ftc,)


def ftc(F: object, x: sp.Symbol) -> Ftc:
    """The fundamental theorem of calculus, with ``F`` as an antiderivative in the variable ``x``."""
    if not isinstance(x, sp.Symbol):
        raise DerivationError(f"ftc(F, x): x is the variable of integration, a symbol, not {x!r}")
    return Ftc(express(F), x)


def search(goal: Goal, attempt: Attempt) -> Iterator[Certificate]:
    """Yield the values of the goal's integrals with the rest of the proof, then comparisons of integrands."""
    integrals = [i for i in _integrals(goal.relation) if not _known(i, goal.context)]
    hints = attempt.hints_of(Ftc)
    if not integrals or (attempt.depth <= 0 and not hints):
        return
    if hints:
        attempt = replace(attempt, depth=max(1, attempt.depth))
    values = []
    for integral in integrals[:MOST_INTEGRALS]:
        theorem = _valued(integral, goal.context, hints, attempt)
        if theorem is not None and theorem.relation == goal.relation:
            yield Cut(theorem, ())
        elif theorem is not None:
            values.append(theorem)
    yield from with_help(goal, values, attempt)
    for integral in integrals[:MOST_INTEGRALS]:
        theorem = _without_steps(integral, goal.context, attempt)
        if theorem is not None:
            left, right = (side.xreplace({integral: theorem.relation.right}) for side in goal.relation.sides())
            # What is left to do is as deep as this goal: the absolute values are gone.
            plain = replace(attempt, depth=attempt.depth + 1).prove(
                Goal(goal.context, Relation(left, goal.relation.sign, right))
            )
            yield from with_help(goal, [theorem, plain] if plain is not None else [], attempt)
    direct = _filled(IntegralTermwise(()), goal, attempt)
    if direct is not None:
        yield direct
    wanted = [*_gathered(goal.relation), *_signs(goal.relation, integrals)]
    lemmas = [t for r in wanted if (t := _compared(Goal(goal.context, r), attempt)) is not None]
    yield from with_help(goal, [*values, *lemmas], attempt)


def _integrals(relation: Relation) -> list[sp.Integral]:
    """The integrals of a relation that stand under no other binder."""
    found: dict[sp.Integral, None] = {}

    def visit(part: sp.Basic) -> None:
        if isinstance(part, sp.Integral):
            found[part] = None
        if not isinstance(part, BINDERS):
            for argument in part.args:
                visit(argument)

    for side in relation.sides():
        visit(side)
    return list(found)


def _known(integral: sp.Integral, context: Context) -> bool:
    return any(r.sign == "=" and integral in r.sides() for _, r in context.relations())


def _valued(integral: sp.Integral, context: Context, hints: list[Ftc], attempt: Attempt) -> Sequent | None:
    """``integral = F(b) − F(a)`` as a theorem."""
    body, variable, low, high = opened(integral)
    for F in _antiderivatives(body, variable, hints):
        try:
            ends = substitute(F, {variable: high}) - substitute(F, {variable: low})
            goal = Goal(context, Relation(integral, "=", ends))
        except DerivationError:
            continue
        certificate = _filled(Antiderivative((), F), goal, attempt)
        theorem = None if certificate is None else attempt.admit(goal, certificate)
        if theorem is not None:
            return theorem
    return None


def _without_steps(integral: sp.Integral, context: Context, attempt: Attempt) -> Sequent | None:
    """``integral`` as one without absolute values, where what stands under them has one sign on all of the range."""
    body, variable, low, high = opened(integral)
    atoms = sorted(body.atoms(sp.Abs), key=sp.default_sort_key)
    if not 0 < len(atoms) <= MOST_STEPS:
        return None
    for signs in product((1, -1), repeat=len(atoms)):
        plain = body.xreplace({a: s * a.args[0] for a, s in zip(atoms, signs, strict=True)})
        if plain.has(sp.Abs):
            return None
        goal = Goal(context, Relation(integral, "=", closed(sp.Integral, plain, variable, low, high)))
        # The signs of what stood under the bars are shown in two steps more than other comparisons take.
        theorem = None if _fails_inside(goal) else _compared(goal, replace(attempt, depth=attempt.depth + 1))
        if theorem is not None:
            return theorem
    return None


def _fails_inside(goal: Goal) -> bool:
    """Whether the comparison of the integrands is seen to fail."""
    try:
        return any(fails(needed) for needed in IntegralTermwise(()).needs(goal))
    except (Rejected, DerivationError):
        return True


def _antiderivatives(body: sp.Expr, variable: sp.Symbol, hints: list[Ftc]) -> Iterator[sp.Expr]:
    yield from (substitute(h.antiderivative, {h.variable: variable}) for h in hints)
    if hints:
        return
    found = suggested(lambda: sp.integrate(body.doit() if body.has(sp.Integral) else body, variable))
    pieces = [e for e, _ in found.args] if isinstance(found, sp.Piecewise) else [found]
    for piece in pieces:
        if isinstance(piece, sp.Expr) and not piece.has(sp.Integral, sp.Piecewise):
            yield piece
            if piece.has(sp.log):  # SymPy's log is complex: on the other side of its pole it is log(−u) for us
                yield piece.replace(sp.log, lambda u: sp.log(-u))


def _filled(certificate: Reduction, goal: Goal, attempt: Attempt) -> Reduction | None:
    """The certificate with theorems for all it needs, or None."""
    proofs = []
    try:
        for needed in certificate.needs(goal):
            theorem = attempt.prove(needed)
            if theorem is None:
                return None
            proofs.append(theorem)
    except (Rejected, DerivationError):
        return None
    return replace(certificate, proofs=tuple(proofs))


def _compared(goal: Goal, attempt: Attempt) -> Sequent | None:
    certificate = _filled(IntegralTermwise(()), goal, attempt)
    return None if certificate is None else attempt.admit(goal, certificate)


def _signs(relation: Relation, integrals: list[sp.Integral]) -> Iterator[Relation]:
    if relation.sign != "=":
        yield from (Relation(i, ">=", sp.S.Zero) for i in integrals)


def _gathered(relation: Relation) -> Iterator[Relation]:
    """``left − right`` as one integral, the rest spread evenly over a range whose length is a number."""
    parts: dict[Range, list[tuple[sp.Expr, sp.Integral]]] = {}
    rest = sp.S.Zero
    for term in sp.Add.make_args(sp.expand(relation.left - relation.right)):
        factor, integral = term.as_independent(sp.Integral, as_Add=False)
        if isinstance(integral, sp.Integral):
            parts.setdefault(opened(integral)[2:], []).append((factor, integral))
        elif integral == 1:
            rest += term
        else:
            return
    if len(parts) != 1:
        return
    (((low, high), members),) = parts.items()
    share = sp.cancel(rest / (high - low)) if rest != 0 else sp.S.Zero
    if not sp.denom(share).is_number:
        return
    variable = renamed(opened(members[0][1])[1], [relation.left, relation.right])
    terms = [c * substitute(opened(i)[0], {opened(i)[1]: variable}) for c, i in members]
    yield Relation(closed(sp.Integral, sp.Add(share, *terms), variable, low, high), relation.sign, sp.S.Zero)
