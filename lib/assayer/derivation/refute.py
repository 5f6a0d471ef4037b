"""The refuter: it looks for a point where the context holds, certainly, and the claim fails, certainly.

It runs on every step whatever the kernels say. Points are random rationals and integers, the edges that the
hypotheses draw, z3's own model of the negation, and what an author gives as ``model=``.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

import sympy as sp
from flint import fmpq

from assayer.derivation.trusted.context import Context, Goal, Relation, domain_relations
from assayer.derivation.trusted.errors import DerivationError, Unsupported
from assayer.derivation.trusted.evaluate import Undecided, Undefined, Value, bits, holds, value
from assayer.derivation.trusted.expressions import domain, values_of
from assayer.derivation.trusted.problem import problem
from assayer.derivation.trusted.smt import SolverMissing, run_solver, script, values

Model = Callable[[random.Random], Mapping[sp.Basic, object]]
POINTS = 300
SECONDS = 1.5
WINDOW = range(-2, 13)


@dataclass(frozen=True)
class Counterexample:
    """A point that satisfies the hypotheses and refutes the relation, with both sides' values there.

    Attributes:
        point: symbol → exact value, as text that Python and a pocket calculator read.
        left, right: the sides' values, or why there is none.
        relation: the refuted relation.
    """

    point: tuple[tuple[str, str], ...]
    left: str
    right: str
    relation: Relation

    def __str__(self) -> str:
        where = ", ".join(f"{name} = {number}" for name, number in self.point) or "every point"
        return f"at {where}: the left side is {self.left}, the right side {self.right}"


@dataclass
class Search:
    """What a search for a counterexample found.

    Attributes:
        counterexample: a point of the context at which the claim certainly fails, or None.
        points: at how many points of the context the claim was seen to hold, certainly.
        witness: a point of the context, or None.
    """

    counterexample: Counterexample | None = None
    points: int = 0
    witness: Table | None = None


class Table(dict):
    """A valuation. Families (``f(3)``, ``D[2]``) get a value the first time it is asked for, and keep it."""

    def __init__(
        self, entries: Mapping[sp.Basic, fmpq], rng: random.Random, families: dict | None = None, frozen: bool = False
    ) -> None:
        super().__init__(entries)
        self.rng = rng
        self.frozen = frozen
        self.families: dict[sp.Basic, fmpq] = {} if families is None else families

    def __or__(self, other: Mapping) -> Table:
        """The valuation with more entries; both share the values of the families."""
        return Table({**self, **other}, self.rng, self.families, self.frozen)

    def supply(self, key: sp.Basic) -> fmpq | None:
        """The value of a family's member, within what its assumptions allow; None where the valuation
        is frozen: it is an author's model, and nothing may be made up beside it."""
        if key not in self.families:
            if self.frozen:
                return None
            words = set(values_of(key))
            self.families[key] = _random_value(words, self.rng, small=True)
        return self.families[key]


def refute(goal: Goal, model: Model | None = None, points: int = POINTS, seed: int = 0) -> Search:
    """Search for a counterexample to ``goal``; see the module."""
    rng = random.Random(seed)
    found = Search()
    finish = time.monotonic() + SECONDS
    for table in _candidates(goal, model, rng, points):
        if satisfies(goal.context, table):
            found.witness = found.witness or table
            answer = holds(goal.relation, table)
            found.points += answer is True
            if answer is False:
                found.counterexample = describe(goal.relation, table)
                return found
        if time.monotonic() > finish:
            break
    return found


def solver_counterexample(goal: Goal, seconds: float = 2.0) -> Counterexample | None:
    """Ask z3 for a point where the context holds and the goal fails, and believe it only after rigorous evaluation."""
    if any(True for _ in goal.context.families()):
        return None  # a window of indices says nothing certain about a Forall
    for table in _solver_points(goal, negate=True, seconds=seconds):
        if satisfies(goal.context, table) and holds(goal.relation, table) is False:
            return describe(goal.relation, table)
    return None


def witness(context: Context, model: Model | None = None) -> Table | None:
    """A point that satisfies the context, certainly, or None."""
    goal = Goal(context, Relation(sp.S.Zero, "=", sp.S.Zero))
    found = refute(goal, model, points=200).witness
    if found is not None:
        return found
    return next((t for t in _solver_points(goal, negate=False, seconds=4.0) if satisfies(context, t)), None)


def satisfies(context: Context, table: Table) -> bool:
    """Tell whether every hypothesis and every domain holds, certainly (``Forall``: over a window of indices)."""
    for symbol, number in table.items():
        if isinstance(symbol, sp.Symbol) and not _in_domain(symbol, number):
            return False
    if any(holds(relation, table) is not True for _, relation in context.relations()):
        return False
    window = {*WINDOW, *_listed(table)}
    for _, family in context.families():
        for k in window:
            if not _in_domain(family.index, fmpq(k)):
                continue
            answer = holds(family.relation, table | {family.index: fmpq(k)})
            # A model gives the members that matter; where it is silent, its author answers for the rest.
            if answer is False or (answer is None and not table.frozen):
                return False
    return True


def _listed(table: Table) -> set[int]:
    """The integers around which the valuation lists members of families."""
    found: set[int] = set()
    for key in table:
        for argument in key.indices if isinstance(key, sp.Indexed) else key.args:
            if isinstance(argument, sp.Integer):
                found |= {int(argument) + shift for shift in range(-2, 3)}
    return found


def describe(relation: Relation, table: Table) -> Counterexample:
    """The counterexample as numbers that a reader can check by hand."""
    numbers = {**table, **table.families}
    point = tuple((str(s), _exact(numbers[s])) for s in sorted(numbers, key=str))
    return Counterexample(point, _shown(relation.left, table), _shown(relation.right, table), relation)


def _candidates(goal: Goal, model: Model | None, rng: random.Random, points: int) -> Iterator[Table]:
    if model is not None:
        for _ in range(20):
            yield Table({sp.sympify(k): _as_rational(v) for k, v in model(rng).items()}, rng, frozen=True)
    if any(True for _ in goal.context.families()):
        return  # random families do not meet a Forall, and a window of indices would not be certain
    order, definitions = _definitions(goal)
    edges = _edges(goal)
    for attempt in range(points):
        table = Table({}, rng)
        for symbol in order:
            _assign(symbol, definitions, edges, table, attempt)
        yield table
    yield from _solver_points(goal, negate=False, seconds=1.0)


def _assign(
    symbol: sp.Symbol,
    definitions: Mapping[sp.Symbol, sp.Expr],
    edges: Mapping[sp.Symbol, list[sp.Expr]],
    table: Table,
    attempt: int,
) -> None:
    rng = table.rng
    expression = definitions.get(symbol)
    if expression is None and edges.get(symbol) and rng.random() < 0.35:
        expression = rng.choice(edges[symbol])
    if expression is not None:
        try:
            exact = value(expression, table)
        except (Undefined, Undecided, Unsupported):
            exact = None
        if isinstance(exact, fmpq):
            table[symbol] = exact
            return
    table[symbol] = _random_value(set(domain(symbol)), rng, small=attempt % 3 != 2)


def _definitions(goal: Goal) -> tuple[list[sp.Symbol], dict[sp.Symbol, sp.Expr]]:
    """An order in which to give values, and the symbols that an equation of the context determines."""
    symbols = sorted(_valued(goal), key=lambda s: s.name)
    definitions: dict[sp.Symbol, sp.Expr] = {}
    for _, r in goal.context.relations():
        for left, right in ((r.left, r.right), (r.right, r.left)):
            free = right.free_symbols
            if (
                r.sign == "="
                and isinstance(left, sp.Symbol)
                and left not in definitions
                and left not in free
                and not _depends(free, left, definitions)
            ):
                definitions[left] = right
                break
    order: list[sp.Symbol] = [s for s in symbols if s not in definitions]
    waiting = [s for s in symbols if s in definitions]
    while waiting:
        ready = [s for s in waiting if not (definitions[s].free_symbols & set(waiting) - {s})] or waiting[:1]
        order += ready
        waiting = [s for s in waiting if s not in ready]
    return order, definitions


def _depends(free: Iterable[sp.Basic], target: sp.Symbol, definitions: Mapping[sp.Symbol, sp.Expr]) -> bool:
    return any(
        s in definitions
        and (target in definitions[s].free_symbols or _depends(definitions[s].free_symbols, target, definitions))
        for s in free
    )


def _valued(goal: Goal) -> set[sp.Symbol]:
    symbols = goal.relation.symbols() | {s for _, r in goal.context.relations() for s in r.symbols()}
    bases = {
        b.label
        for r in [goal.relation, *(r for _, r in goal.context.relations())]
        for side in (r.left, r.right)
        for b in side.atoms(sp.IndexedBase)
    }
    return symbols - bases


def _edges(goal: Goal) -> dict[sp.Symbol, list[sp.Expr]]:
    """Where each hypothesis about a bare symbol is tight; for an integer also one step inside."""
    edges: dict[sp.Symbol, list[sp.Expr]] = {}
    for _, r in goal.context.relations():
        for left, right in ((r.left, r.right), (r.right, r.left)):
            if isinstance(left, sp.Symbol) and left not in right.free_symbols:
                edges.setdefault(left, []).extend([right, right + 1, right - 1])
    return edges


def _solver_points(goal: Goal, negate: bool, seconds: float) -> Iterator[Table]:
    try:
        p = problem(goal)
        text = script(p.algebra, [*p.facts, *(p.negation if negate else ())], model=True)
        numbers = values(run_solver(text, seconds), len(p.algebra.meaning))
    except (Unsupported, SolverMissing):
        return
    if numbers is not None:
        known = zip(p.algebra.meaning, numbers, strict=True)
        entries = {m: v for m, v in known if isinstance(m, sp.Symbol) and v is not None}
        missing = [s for s in _valued(goal) if s not in entries]
        yield Table({**entries, **{s: fmpq(1) for s in missing}}, random.Random(1))


def _random_value(words: set[str], rng: random.Random, small: bool) -> fmpq:
    if "integer" in words:
        number = fmpq(rng.randint(-4, 9) if small else rng.randint(-60, 400))
    else:
        number = _rational(rng) if small else fmpq(rng.randint(-2000, 2000), rng.choice([1, 3, 7, 50]))
    if {"positive", "nonnegative"} & words:
        number = abs(number)
    if {"negative", "nonpositive"} & words:
        number = -abs(number)
    if number == 0 and {"positive", "nonzero"} & words:
        return fmpq(1)
    return fmpq(-1) if number == 0 and "negative" in words else number


def _rational(rng: random.Random) -> fmpq:
    return fmpq(rng.randint(-12, 24), rng.choice([1, 1, 2, 3, 5, 8]))


def _in_domain(symbol: sp.Symbol, number: fmpq) -> bool:
    words = domain(symbol)
    if "integer" in words and number.q != 1:
        return False
    return all(holds(r, {symbol: number}) is True for r in domain_relations(symbol))


def _as_rational(number: object) -> fmpq:
    exact = sp.nsimplify(number, rational=True) if isinstance(number, float) else sp.sympify(number)
    if not isinstance(exact, sp.Rational):
        raise DerivationError(f"model= gave {number!r}, which is not a rational number")
    return fmpq(int(exact.p), int(exact.q))


def _exact(number: fmpq) -> str:
    return f"{number.p}" if number.q == 1 else f"{number.p}/{number.q}"


def _shown(expr: sp.Expr, table: Table) -> str:
    try:
        with bits(128):
            found: Value = value(expr, table)
    except Undefined as reason:
        return f"undefined ({reason})"
    except (Undecided, Unsupported):
        return "not evaluated"
    return _exact(found) if isinstance(found, fmpq) else found.str(12, radius=False)
