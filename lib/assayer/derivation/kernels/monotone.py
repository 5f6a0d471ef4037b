"""Relations by the sign of a derivative, from where the symbol starts; by itself up to the fourth derivative."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

import sympy as sp

from assayer.derivation import clock
from assayer.derivation.hints import Hint
from assayer.derivation.lemmas import fails
from assayer.derivation.prover import Attempt, prove
from assayer.derivation.suggest import suggested
from assayer.derivation.trusted.calculus import derivative
from assayer.derivation.trusted.context import Goal, Relation
from assayer.derivation.trusted.errors import DerivationError
from assayer.derivation.trusted.expressions import BINDERS, domain, express, free_symbols
from assayer.derivation.trusted.rules import DOWN, UP, Cut, Monotone, bounds
from assayer.derivation.trusted.theorem import Certificate, Rejected, Sequent, with_lemmas

NAME = "monotone"
ORDER = 45
MOST_OPERATIONS = 300
SECONDS = 12.0
QUICK_SECONDS = 2.0
SOLVING_SECONDS = (2.0, 0.5)
"""For SymPy to find where a slope is 0: in one symbol, and with another besides."""
LEVELS = 4
LARGEST = 400


@dataclass(frozen=True)
class Start(Hint):
    """Compare with the value at ``start``; ``both``: the symbol may lie on either side of it."""

    symbol: sp.Symbol
    start: sp.Expr
    both: bool = False

    def __str__(self) -> str:
        return f"{'convex' if self.both else 'monotone'} in {self.symbol}, from {self.start}"


HINTS = (Start,)


def monotone(x: sp.Symbol, from_: object) -> Start:
    """The difference of the sides is monotone in ``x`` on one side of ``from_``."""
    return Start(x, express(from_))


def convex(x: sp.Symbol, at: object) -> Start:
    """The difference of the sides is least at ``at``, where its slope changes sign: it is convex there, say."""
    return Start(x, express(at), both=True)


def search(goal: Goal, attempt: Attempt) -> Iterator[Certificate]:
    """Yield one certificate for each symbol and start whose sub-goals are all proved."""
    hints = attempt.hints_of(Start)
    if goal.relation.sign == "!=" or (attempt.depth <= 0 and not hints):
        return
    deadline = min(attempt.deadline, clock.now() + SECONDS) if not hints else attempt.deadline
    yield from _search(goal, replace(attempt, deadline=deadline), LEVELS, hints)


def _search(goal: Goal, attempt: Attempt, level: int, hints: Iterable[Start] = ()) -> Iterator[Certificate]:
    for candidate in _candidates(goal, level == LEVELS, list(hints)):
        if attempt.seconds_left <= 0:
            return
        proofs = _shown(candidate, goal, attempt, level)
        if proofs is not None:
            yield replace(candidate, proofs=proofs)
    if not hints:
        yield from _by_factors(goal, attempt, level)


def _candidates(goal: Goal, first: bool, hints: list[Start]) -> Iterator[Monotone]:
    strict = (False, True) if goal.relation.sign in ("<", ">") else (False,)
    for symbol, start, sides in _hinted(hints) if hints else _starts(goal, first):
        yield from (Monotone((), symbol, start, sides, s) for s in strict)


def _hinted(hints: list[Start]) -> Iterator[tuple[sp.Symbol, sp.Expr, tuple[str, ...]]]:
    for hint in hints:
        for sides in ((UP, DOWN),) if hint.both else ((UP,), (DOWN,)):
            yield hint.symbol, hint.start, sides


def _starts(goal: Goal, first: bool) -> Iterator[tuple[sp.Symbol, sp.Expr, tuple[str, ...]]]:
    """Bounds that the context states; for the goal itself also points between, where the slope may change sign."""
    symbols = sorted(goal.relation.symbols(), key=lambda s: (not _beyond_polynomials(goal.relation, s), s.name))
    for x in symbols:
        for _, sign, bound in bounds(goal.context, x):
            if sign != "!=":
                yield x, bound, (UP,) if sign in (">=", ">") else (DOWN,)
    for x in symbols if first else ():
        if _beyond_polynomials(goal.relation, x):
            yield from ((x, point, (UP, DOWN)) for point in (sp.S.Zero, sp.S.One))
    for x in symbols if first else ():  # SymPy takes its time for these
        if _beyond_polynomials(goal.relation, x):
            points = [p for p in _stationary(goal.relation, x) if p not in (0, 1)]
            yield from ((x, point, (UP, DOWN)) for point in points)


def _beyond_polynomials(relation: Relation, x: sp.Symbol) -> bool:
    """Tell whether x stands under a function or in an exponent: elsewhere the algebraic kernels do better."""
    return any(
        (x in part.free_symbols and not isinstance(part, (sp.Add, sp.Mul, sp.Symbol, sp.Pow)))
        or (isinstance(part, sp.Pow) and not (isinstance(part.exp, sp.Integer) or x not in part.free_symbols))
        for side in relation.sides()
        for part in sp.preorder_traversal(side)
    )


def _stationary(relation: Relation, x: sp.Symbol) -> list[sp.Expr]:
    """Where SymPy thinks that the slope of the difference is 0; a suggestion."""
    if "integer" in domain(x) or len(relation.symbols()) > len(SOLVING_SECONDS):
        return []
    try:
        slope = derivative(relation.left - relation.right, x)
    except DerivationError:
        return []
    seconds = SOLVING_SECONDS[len(relation.symbols()) - 1]
    roots = suggested(lambda: sp.solve(slope, x), seconds) or []
    return [r for r in roots if isinstance(r, sp.Expr) and r.is_real and x not in r.free_symbols][:3]


def _shown(candidate: Monotone, goal: Goal, attempt: Attempt, level: int) -> tuple[Sequent, ...] | None:
    try:
        needed = candidate.needs(goal)
    except (Rejected, DerivationError):
        return None
    if any(g.relation.left.count_ops() > LARGEST for g in needed):
        return None
    if any(fails(g) for g in needed):
        return None
    proofs = []
    for wanted in needed:
        theorem = _prove(wanted, attempt, level - 1)
        if theorem is None:
            return None
        proofs.append(theorem)
    return tuple(proofs)


def _prove(goal: Goal, attempt: Attempt, level: int) -> Sequent | None:
    """By the other kernels if they are quick; by the slope once more; factor by factor."""
    quick = min(attempt.deadline, clock.now() + QUICK_SECONDS)
    theorem = prove(goal, Attempt(quick, 0, known=attempt.known, words=attempt.words))
    if theorem is not None or level <= 0:
        return theorem
    for certificate in _search(goal, attempt, level):
        theorem = attempt.admit(goal, certificate)
        if theorem is not None:
            return theorem
    return None


def _by_factors(goal: Goal, attempt: Attempt, level: int) -> Iterator[Certificate]:
    """A product has the sign of its factors: prove each that varies, and leave the product to the other kernels."""
    if goal.relation.sign == "=":
        return
    difference = goal.relation.left - goal.relation.right
    if (
        difference.has(*BINDERS)
        or sp.count_ops(difference) > MOST_OPERATIONS
        or any(abs(p.exp) > 64 for p in difference.atoms(sp.Pow) if p.exp.is_Rational)
    ):
        return  # a factorisation cannot be stopped once it has begun
    for write in (_over_one_denominator, sp.factor):
        product = suggested(lambda write=write: write(difference))
        factors = [f for f in sp.Mul.make_args(product) if free_symbols(f)] if product is not None else []
        if len(factors) < 2:
            continue
        lemmas = []
        for factor in factors:
            lemma = _signed(factor, goal, attempt, level)
            if lemma is None:
                break
            lemmas.append(lemma)
        else:
            wanted = Goal(with_lemmas(goal.context, lemmas), goal.relation)
            whole = prove(wanted, Attempt(attempt.deadline, 0, known=attempt.known, words=attempt.words))
            if whole is not None:
                yield Cut(whole, tuple(lemmas))


def _over_one_denominator(expr: sp.Expr) -> sp.Expr:
    """``together`` that takes ``exp(−x)`` for a name, not for ``1/exp(x)``."""
    names = {e: sp.Dummy() for e in expr.atoms(sp.exp)}
    return sp.together(expr.xreplace(names)).xreplace({name: e for e, name in names.items()})


def _signed(factor: sp.Expr, goal: Goal, attempt: Attempt, level: int) -> Sequent | None:
    """That a factor is on one side of 0, as strictly as the goal wants it, or, in a denominator, strictly."""
    strict = goal.relation.sign in ("<", ">") or (isinstance(factor, sp.Pow) and factor.exp.is_negative is True)
    for sign in (">", "<") if strict else (">=", "<="):
        wanted = Goal(goal.context, Relation(factor, sign, sp.S.Zero))
        if not fails(wanted):
            return _prove(wanted, attempt, level - 1)
    return None
