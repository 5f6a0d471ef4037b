"""What is true near a claim that is not: another sign, coefficient, exponent or index; a factor, a constant.

Candidates are compared in floats at a few points of the context first; only those that survive are given to the
kernels, and only what they prove is reported.
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import chain, islice

import sympy as sp
from sympy.core.function import AppliedUndef

from assayer.derivation import clock
from assayer.derivation.families import models
from assayer.derivation.points import Sampler, Table
from assayer.derivation.prover import Attempt, prove
from assayer.derivation.refute import satisfies
from assayer.derivation.screening import SLACK, Evaluator, Point, Unknown, compiled, excess
from assayer.derivation.trusted.context import Context, Forall, Goal, Relation
from assayer.derivation.trusted.errors import DerivationError
from assayer.derivation.trusted.expressions import FLIPPED, domain, express
from assayer.derivation.trusted.problem import side_conditions
from assayer.derivation.trusted.theorem import Sequent

POINTS = 16
MOST_CANDIDATES = 600
MOST_PROOFS = 8
SECONDS_A_PROOF = 1.0
_WEAKER = {"<": "<=", ">": ">="}
_SWAPPED = {sp.sin: sp.cos, sp.cos: sp.sin, sp.floor: sp.ceiling, sp.ceiling: sp.floor, sp.Min: sp.Max, sp.Max: sp.Min}


@dataclass(frozen=True)
class Variant:
    """A true neighbour of a claim.

    Attributes:
        relation: what is true.
        kind: how it differs, in words that do not give it away: "a sign", "the factor 2", "a constant".
        sequent: its theorem.
    """

    relation: Relation
    kind: str
    sequent: Sequent


def nearest(goal: Goal, seconds: float = 3.0, same_sides: bool = False) -> Variant | None:
    """The first true variant of a claim, the smallest changes first; None where none is proved within the time.

    Args:
        same_sides: whether a variant with its left side on both sides counts.
    """
    finish = clock.now() + seconds
    points = _points(goal)
    if len(points) < 2:
        return None  # nothing is known to satisfy the hypotheses: anything would seem to be true
    proofs = 0
    for kind, relation in _promising(goal.relation, points, finish):
        if relation.left == relation.right and not same_sides:
            continue
        if clock.now() > finish or proofs >= MOST_PROOFS:
            return None
        proofs += 1
        sequent = _proved(Goal(goal.context, relation), finish)
        if sequent is not None:
            return Variant(relation, kind, sequent)
    return None


def _promising(relation: Relation, points: list[Point], finish: float) -> Iterator[tuple[str, Relation]]:
    """The candidates that hold at the points: as they come for an equation, the tightest first for a bound."""
    found = []
    for kind, candidate in islice(_candidates(relation, points), MOST_CANDIDATES):
        if clock.now() > finish:
            break
        if candidate == relation or not _plausible(candidate, points):
            continue
        if relation.sign == "=" or kind == "strictness":
            yield kind, candidate
        else:
            found.append((_gap(candidate, points), len(found), kind, candidate))
    yield from ((kind, candidate) for _, _, kind, candidate in sorted(found, key=lambda entry: entry[:2]))


def _gap(relation: Relation, points: list[Point]) -> float:
    """How far apart the sides are at a middling point, relative to their size."""
    left, right = compiled(relation.left), compiled(relation.right)
    gaps = sorted(abs(a - b) / (1 + abs(a) + abs(b)) for a, b in ((left(p), right(p)) for p in points))
    return round(gaps[len(gaps) // 2], 9)


def helpful(goal: Goal, seconds: float = 2.0) -> Relation | Forall | None:
    """A hypothesis about one symbol, or one family, under which the claim is proved; None where none was found."""
    finish = clock.now() + seconds
    points = _points(goal, 60)
    if not points:
        return None  # nothing is known to satisfy the hypotheses: any other would seem to help
    proofs = 0
    for extra in _hypotheses(goal):
        if clock.now() > finish or proofs >= MOST_PROOFS:
            return None
        if isinstance(extra, Forall):
            if extra.index.name in {s.name for s in goal.context.symbols | _indices(goal.context)}:
                continue  # another domain for a name in use
        else:
            there = [p for p in points if _plausible(extra, [p])]
            pinned = any(len({p[s] for p in there}) < 2 for s in extra.symbols() if not s.is_Dummy)
            if not there or pinned or not _plausible(goal.relation, there):
                continue
        context = goal.context.with_relation(extra, name="supposed")
        proofs += 1
        if _proved(Goal(context, goal.relation), finish) is not None:
            return extra
    return None


def _indices(context: Context) -> set[sp.Symbol]:
    return {family.index for _, family in context.families()}


def _proved(goal: Goal, finish: float) -> Sequent | None:
    try:
        left = min(SECONDS_A_PROOF, finish - clock.now())
        return prove(goal, Attempt.lasting(left)) if left > 0 else None
    except DerivationError:
        return None


# -- points ------------------------------------------------------------------------------------------------------------
def _points(goal: Goal, count: int = POINTS) -> list[Point]:
    """Points of the context, in floats; with a ``Forall``, of families that follow formulas."""
    sampler = Sampler.of(goal)
    families = any(True for _ in goal.context.families())
    drawn = (sampler.table(random.Random(attempt), attempt) for attempt in range(8 * count))
    tables: Iterable[Table] = models(goal, sampler) if families else drawn
    return [Point.of(t) for t in islice((t for t in tables if satisfies(goal.context, t)), count)]


def _plausible(relation: Relation, points: list[Point]) -> bool:
    """Whether floats see no point at which the relation fails."""
    try:
        left, right = compiled(relation.left), compiled(relation.right)
    except Unknown:
        return False
    for point in points:
        try:
            over, scale = excess(left(point), relation.sign, right(point))
        except (ArithmeticError, ValueError, Unknown):
            return False
        if over > SLACK * scale or (over >= 0 and relation.sign in ("<", ">", "!=")):
            return False
    return True


# -- variants ----------------------------------------------------------------------------------------------------------
def _candidates(relation: Relation, points: list[Point]) -> Iterator[tuple[str, Relation]]:
    """Relations near this one, with how they differ; a change of the whole before a change of a part."""
    left, sign, right = relation.left, relation.sign, relation.right
    if sign in _WEAKER:
        yield "strictness", Relation(left, _WEAKER[sign], right)
    if sign == "=":
        yield from _scaled(left, right, points)
    changes = sorted(enumerate(_changes(right)), key=lambda entry: (_RANK.index(entry[1][0]), entry[0]))
    reversed_sign = [("the direction of the relation", right, FLIPPED[sign])] if sign in FLIPPED and sign != "=" else []
    seen: set[sp.Expr] = set()
    for kind, changed, new_sign in chain(
        [(k, e, sign) for _, (k, e) in changes if _RANK.index(k) == 0],
        reversed_sign,
        [(k, e, sign) for _, (k, e) in changes if _RANK.index(k) > 0],
    ):
        if changed in seen and new_sign == sign:
            continue
        seen.add(changed)
        try:
            yield kind, Relation(left, new_sign, express(changed))
        except DerivationError:
            continue


_RANK = ("a sign", "a coefficient", "an exponent", "an index", "a function", "a term")


def _scaled(left: sp.Expr, right: sp.Expr, points: list[Point]) -> Iterator[tuple[str, Relation]]:
    """The right side times a number, or plus one, where the points agree on which."""
    try:
        pairs = list(zip(_values(compiled(left), points), _values(compiled(right), points), strict=True))
    except (ArithmeticError, ValueError, Unknown):
        return
    factor = _common([a / b for a, b in pairs if b])
    if factor is not None and factor not in (0, 1) and len(pairs) > 1:
        kind = "a sign" if factor == -1 else f"the factor {factor}"
        yield kind, Relation(left, "=", sp.Rational(factor.numerator, factor.denominator) * right)
    constant = _common([a - b for a, b in pairs])
    if constant is not None and constant != 0 and len(pairs) > 1:
        yield "a constant", Relation(left, "=", right + sp.Rational(constant.numerator, constant.denominator))


def _values(side: Evaluator, points: list[Point]) -> list[float]:
    return [side(p) for p in points]


def _common(numbers: list[float]) -> Fraction | None:
    """The rational number that all of these are, within rounding."""
    if not numbers or not all(map(math.isfinite, numbers)):
        return None
    middle = sorted(numbers)[len(numbers) // 2]
    if any(abs(v - middle) > 1e-7 * (1 + abs(middle)) for v in numbers):
        return None
    found = Fraction(middle).limit_denominator(1000)
    return found if abs(float(found) - middle) <= 1e-9 * (1 + abs(middle)) else None


def _changes(expr: sp.Basic) -> Iterator[tuple[str, sp.Basic]]:
    """The expression with one thing changed."""
    yield from _own_changes(expr)
    if isinstance(expr, sp.Tuple) and expr and isinstance(expr[0], sp.Symbol):
        index, *bounds = expr.args  # the range of a sum: its index stays
        yield from (("an index", sp.Tuple(index, *b)) for _, b in _one_changed(bounds))
        return
    if isinstance(expr, sp.Pow):
        yield from ((kind, base**expr.exp) for kind, base in _changes(expr.base))
        if not isinstance(expr.exp, sp.Rational):
            yield from (("an exponent", expr.base**e) for _, e in _changes(expr.exp))
    elif expr.args and not isinstance(expr, sp.IndexedBase):
        yield from _rebuilt(expr)


def _own_changes(expr: sp.Basic) -> Iterator[tuple[str, sp.Basic]]:
    if isinstance(expr, sp.Add):
        for term in expr.args:
            yield "a sign", expr - 2 * term
            yield "a term", expr - term
            if not isinstance(term, sp.Rational):
                yield "a coefficient", expr + term
                yield "a coefficient", expr - term / 2
    elif isinstance(expr, sp.Rational):
        yield "a sign", -expr
        yield from (("a coefficient", e) for e in (2 * expr, expr / 2, expr + 1, expr - 1))
    elif isinstance(expr, sp.Symbol) and "integer" in domain(expr):
        yield from (("an index", e) for e in (expr + 1, expr - 1))
    if isinstance(expr, sp.Expr) and not isinstance(expr, (sp.Add, sp.Rational, sp.IndexedBase)):
        yield "a sign", -expr
        yield "a coefficient", 2 * expr
        yield "a coefficient", expr / 2
    if isinstance(expr, sp.Pow):
        yield from (("an exponent", expr.base**e) for e in (expr.exp + 1, expr.exp - 1, expr.exp / 2, 2 * expr.exp))
    elif isinstance(expr, (sp.Symbol, sp.Indexed, sp.Function)):
        yield "an exponent", expr**2
        yield "an exponent", sp.sqrt(expr)
    if expr.func in _SWAPPED:
        yield "a function", _SWAPPED[expr.func](*expr.args)


def _rebuilt(expr: sp.Basic) -> Iterator[tuple[str, sp.Basic]]:
    for kind, arguments in _one_changed(list(expr.args)):
        try:
            yield kind, expr.func(*arguments)
        except (TypeError, ValueError, ArithmeticError):
            continue


def _one_changed(arguments: list[sp.Basic]) -> Iterator[tuple[str, list[sp.Basic]]]:
    for i, argument in enumerate(arguments):
        for kind, changed in _changes(argument):
            yield kind, [*arguments[:i], changed, *arguments[i + 1 :]]


# -- hypotheses --------------------------------------------------------------------------------------------------------
def _hypotheses(goal: Goal) -> Iterator[Relation | Forall]:
    """What an author may have forgotten: that a divisor is not zero, the sign of a symbol, the order of a family."""
    stated = {r for _, r in goal.context.relations()}
    conditions = [c.relation for c in _conditions(goal) if not c.local and c.relation not in stated]
    yield from conditions
    for symbol in sorted(goal.relation.symbols(), key=lambda s: s.name):
        words = domain(symbol)
        signs = [(">=", 0), (">", 0), (">=", 1), ("<=", 0), ("<=", 1), ("!=", 0), ("!=", 1)]
        if "positive" in words:
            signs = [(">=", 1), ("<=", 1), ("!=", 1)]
        elif "nonnegative" in words:
            signs = [(">", 0), (">=", 1), ("<=", 1), ("!=", 1)]
        yield from (Relation(symbol, sign, sp.Integer(bound)) for sign, bound in signs)
    symbols = sorted(goal.relation.symbols(), key=lambda s: s.name)
    for i, one in enumerate(symbols):
        yield from (Relation(one, sign, two) for two in symbols[i + 1 :] for sign in ("<=", ">=", "!="))
    yield from _orders(goal)


def _conditions(goal: Goal) -> list:
    try:
        return side_conditions(goal.relation)
    except DerivationError:
        return []


def _orders(goal: Goal) -> Iterator[Forall]:
    members = {m for side in goal.relation.sides() for m in side.atoms(AppliedUndef, sp.Indexed)}
    by_head = {str(m.base if isinstance(m, sp.Indexed) else m.func): m for m in sorted(members, key=str)}
    taken = {s.name for s in goal.relation.symbols() | goal.context.symbols}
    name = next(n for n in ("t", "i", "j", "index") if n not in taken)
    t = sp.Symbol(name, integer=True, positive=True)
    for member in by_head.values():
        arguments = member.indices if isinstance(member, sp.Indexed) else member.args
        if len(arguments) != 1:
            continue
        at = (lambda i, m=member: m.base[i]) if isinstance(member, sp.Indexed) else (lambda i, m=member: m.func(i))
        yield Forall(t, Relation(at(t + 1), "<=", at(t)))
        yield Forall(t, Relation(at(t + 1), ">=", at(t)))
        yield Forall(t, Relation(at(t), ">=", sp.S.Zero))
