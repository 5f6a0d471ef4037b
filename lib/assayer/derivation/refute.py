"""The refuter: it looks for a point where the context holds, certainly, and the claim fails, certainly.

It runs on every step whatever the kernels say. Points are random rationals and integers within the context's bounds,
the edges that the hypotheses draw, families given by formulas, the bottoms of dips, z3's own model of the negation, and
what an author gives as ``model=``. Floats only choose where to look: what counts is evaluated rigorously.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import chain, islice

import sympy as sp
from flint import arb, fmpq

from assayer.derivation import clock
from assayer.derivation.descent import dips
from assayer.derivation.families import Modelled, certain, described, models
from assayer.derivation.points import Sampler, Table, allowed, valued
from assayer.derivation.screening import Point, Screen
from assayer.derivation.shrink import simplest
from assayer.derivation.trusted.context import Context, Goal, Relation
from assayer.derivation.trusted.errors import DerivationError, Unsupported
from assayer.derivation.trusted.evaluate import Undecided, Undefined, Value, bits, holds, value, work
from assayer.derivation.trusted.problem import problem
from assayer.derivation.trusted.smt import SolverMissing, run_solver, script, values

Model = Callable[[random.Random], Mapping[sp.Basic, object]]
MODELS: list[Callable[[Goal], Model | None]] = []
"""Where atoms stand for something (inner products for vectors), a front end gives points that have it behind them."""
REALIZABLE: list[Callable[[Goal, Table], bool]] = []
"""And it tells of a point whether something takes these values; only then does the point refute."""
WINDOW = range(-2, 13)
MODEL_POINTS = 20
FEW = 10
LONGEST_EXACT = 10**40
MOST_DOUBTFUL = 6
"""Models that refute but cannot be shown to satisfy a Forall: after so many, more of them are not worth the proofs."""


@dataclass(frozen=True)
class Effort:
    """How hard to look.

    Attributes:
        points: candidates drawn at random.
        rigorous: points of the context at which the claim is evaluated rigorously even where floats see no fault.
        families: valuations of families by formulas that are tried.
        nodes: expression nodes that rigorous evaluation may visit: a bound that does not depend on the machine.
        seconds: a bound on the time all the same.
        search: whether to look for dips, too.
    """

    points: int
    rigorous: int
    families: int
    nodes: int
    seconds: float
    search: bool = False


QUICK = Effort(points=80, rigorous=12, families=16, nodes=15_000, seconds=0.5)
AGAIN = Effort(points=30, rigorous=10, families=0, nodes=3_000, seconds=0.2)
THOROUGH = Effort(points=500, rigorous=60, families=300, nodes=150_000, seconds=4.0, search=True)


@dataclass(frozen=True)
class Counterexample:
    """A point that satisfies the hypotheses and refutes the relation, with both sides' values there.

    Attributes:
        point: symbol → exact value, as text that Python and a pocket calculator read.
        left, right: the sides' values, or why there is none.
        relation: the refuted relation.
        entries: the same point as exact numbers, by symbol or member of a family.
    """

    point: tuple[tuple[str, str], ...]
    left: str
    right: str
    relation: Relation
    entries: tuple[tuple[sp.Basic, fmpq], ...] = ()

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


def refute(
    goal: Goal, model: Model | None = None, points: int | None = None, seed: int = 0, effort: Effort = THOROUGH
) -> Search:
    """Search for a counterexample to ``goal``; see the module.

    Args:
        points: with a number, a quick look at that many random candidates instead of ``effort``.
    """
    if points is not None:
        effort = replace(QUICK, points=points)
    found = Search()
    if model is None:
        model = next((given for of in MODELS if (given := of(goal)) is not None), None)
    sampler = Sampler.of(goal)
    screen = Screen.of(goal)
    begun, finish = work(), clock.now() + effort.seconds
    doubtful = 0
    for table in _candidates(goal, model, sampler, screen, effort, seed):
        enough = found.points >= effort.rigorous or (found.points >= FEW and work() - begun > effort.nodes // 5)
        if not table.frozen and not _worth_it(table, screen, enough):
            continue
        if satisfies(goal.context, table):
            answer = holds(goal.relation, table)
            if not isinstance(table, Modelled):
                found.witness = table if found.witness is None else found.witness
                found.points += answer is True
            if answer is False and _realizable(goal, table):
                if not isinstance(table, Modelled) or certain(goal.context, table):
                    found.counterexample = describe(goal.relation, _shrunk(goal, table, sampler))
                    return found
                doubtful += 1
                if doubtful >= MOST_DOUBTFUL:
                    break
        if work() - begun > effort.nodes or clock.now() > finish:
            break
    if found.witness is None and model is None and effort.points:
        _try_solver_s_own(goal, found)
    return found


def solver_counterexample(goal: Goal, seconds: float = 2.0) -> Counterexample | None:
    """Ask z3 for a point where the context holds and the goal fails, and believe it only after rigorous evaluation."""
    if any(True for _ in goal.context.families()):
        return None  # a window of indices says nothing certain about a Forall
    for table in _solver_points(goal, negate=True, seconds=seconds):
        if satisfies(goal.context, table) and holds(goal.relation, table) is False and _realizable(goal, table):
            return describe(goal.relation, _shrunk(goal, table, Sampler.of(goal)))
    return None


def _realizable(goal: Goal, table: Table) -> bool:
    return all(can_be(goal, table) for can_be in REALIZABLE)


def refutes(goal: Goal, entries: Mapping[sp.Basic, fmpq]) -> Counterexample | None:
    """The counterexample at this very point, if it is one."""
    if any(True for _ in goal.context.families()) or not all(isinstance(k, sp.Basic) for k in entries):
        return None
    table = Table(entries, random.Random(0), frozen=True)
    known = Table(entries, random.Random(0))
    if satisfies(goal.context, table) and holds(goal.relation, table) is False and _realizable(goal, known):
        return describe(goal.relation, table)
    return None


def witness(context: Context, model: Model | None = None) -> Table | None:
    """A point that satisfies the context, certainly, or None."""
    goal = Goal(context, Relation(sp.S.Zero, "=", sp.S.Zero))
    sampler, screen = Sampler.of(goal), Screen.of(goal)
    finish = clock.now() + THOROUGH.seconds
    for table in _candidates(goal, model, sampler, screen, THOROUGH, seed=0):
        if clock.now() > finish:
            break
        if not table.frozen and not _worth_it(table, screen, enough=False):
            continue
        if satisfies(context, table) and (not isinstance(table, Modelled) or certain(context, table)):
            return table
    if any(True for _ in context.families()):
        return None
    return next((t for t in _solver_points(goal, negate=False, seconds=4.0) if satisfies(context, t)), None)


def satisfies(context: Context, table: Table) -> bool:
    """Tell whether every hypothesis and every domain holds, certainly (``Forall``: over a window of indices)."""
    if not all(allowed(named, number) for named, number in chain(table.items(), table.families.items())):
        return False
    if any(holds(relation, table) is not True for _, relation in context.relations()):
        return False
    window = {*WINDOW, *_listed(table)}
    for _, family in context.families():
        for k in window:
            if not allowed(family.index, fmpq(k)):
                continue
            answer = holds(family.relation, table | {family.index: fmpq(k)})
            # A model gives the members that matter; where it is silent, its author answers for the rest.
            if answer is False or (answer is None and not table.frozen):
                return False
    return all(allowed(named, number) for named, number in table.families.items())


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
    left, right = _shown(relation.left, table), _shown(relation.right, table)
    families = table.families
    formulas: list[tuple[str, str]] = []
    if isinstance(table, Modelled):
        families, formulas = table.initial(), described(table)
    numbers = {**table, **families}
    entries = tuple((s, numbers[s]) for s in sorted(numbers, key=str))
    read = _read(relation, table) if table.frozen and not formulas else set(numbers)
    point = tuple((str(s), _exact(v)) for s, v in entries if s in read)
    return Counterexample((*point, *formulas), left, right, relation, () if formulas else entries)


class _Reading(Table):
    """A model that remembers, as its families, which members were asked for."""

    def get(self, key: sp.Basic, default: fmpq | None = None) -> fmpq | None:
        found = super().get(key, default)
        if found is not None:
            self.families[key] = found
        return found


def _read(relation: Relation, table: Table) -> set[sp.Basic]:
    """What of a model a reader needs: its symbols, and the members of families that the sides ask for."""
    reading = _Reading({**table, **table.families}, table.rng, {}, frozen=True)
    for side in relation.sides():
        _shown(side, reading)
    return {s for s in reading if isinstance(s, sp.Symbol)} | set(reading.families)


def _worth_it(table: Table, screen: Screen | None, enough: bool) -> bool:
    """Whether to evaluate rigorously: in the context as far as floats tell, and once there are enough points of it,
    only where the claim may fail."""
    if screen is None:
        return not enough
    point = Point.of(table)
    try:
        return not screen.outside(point) and (not enough or screen.suspect(point))
    except KeyError:  # a symbol without a value: no point of the context
        return False


def _shrunk(goal: Goal, table: Table, sampler: Sampler) -> Table:
    if table.frozen:
        return table
    has_values = _defined(goal.relation, table)

    def fails(new: Table) -> bool:
        return (
            satisfies(goal.context, new)
            and holds(goal.relation, new) is False
            and _defined(goal.relation, new) is has_values
            and _realizable(goal, new)
        )

    found = simplest(table, sampler, fails)
    return found if not isinstance(found, Modelled) or certain(goal.context, found) else table


def _defined(relation: Relation, table: Table) -> bool:
    try:
        with bits(64):
            value(relation.left, table)
            value(relation.right, table)
    except Undefined:
        return False
    except (Undecided, Unsupported):
        return True
    return True


def _candidates(
    goal: Goal, model: Model | None, sampler: Sampler, screen: Screen | None, effort: Effort, seed: int
) -> Iterator[Table]:
    rng = random.Random(seed)
    if model is not None:
        for _ in range(MODEL_POINTS):
            yield Table({sp.sympify(k): _as_rational(v) for k, v in model(rng).items()}, rng, frozen=True)
    if any(True for _ in goal.context.families()):
        # Random families do not meet a Forall, and a window of indices would not be certain.
        yield from islice(models(goal, sampler, seed), effort.families)
        return
    searched = effort.search and screen is not None
    for attempt in range(effort.points):
        yield sampler.table(rng, attempt)
        if attempt == effort.points // 3 and searched:
            yield from dips(goal, sampler, screen)


def _try_solver_s_own(goal: Goal, found: Search) -> None:
    """Where random points do not meet the hypotheses, z3 may know one that does."""
    if any(True for _ in goal.context.families()):
        return
    for table in _solver_points(goal, negate=False, seconds=1.0):
        if satisfies(goal.context, table):
            found.witness = table
            answer = holds(goal.relation, table)
            found.points += answer is True
            if answer is False and _realizable(goal, table):
                found.counterexample = describe(goal.relation, _shrunk(goal, table, Sampler.of(goal)))


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
        missing = [s for s in valued(goal) if s not in entries]
        yield Table({**entries, **{s: fmpq(1) for s in missing}}, random.Random(1))


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
    if isinstance(found, fmpq) and max(abs(found.p), found.q) < LONGEST_EXACT:
        return _exact(found)
    if isinstance(found, arb) and found.is_exact() and found.unique_fmpz() is not None:
        return str(found.unique_fmpz())
    return f"{'' if isinstance(found, arb) else 'about '}{arb(found).str(12, radius=False)}"
