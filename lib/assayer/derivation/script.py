"""A theorem as a text of Python that proves it again: self-contained, from SymPy and the checker alone. Not trusted.

What the author wrote (expressions, reasons, hints, what a step cites) is remembered beside each theorem; from it
:func:`script` writes the symbols with their domains, the cited theorems first, and the derivation step by step.
Each expression is read back while it is written, see :mod:`assayer.derivation.written`. Whoever runs the text gets the
theorem from the checker itself; the text claims nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from keyword import iskeyword
from textwrap import wrap
from typing import Any, Protocol, TypeAlias
from weakref import WeakKeyDictionary

import sympy as sp
from flint import fmpq

from assayer.derivation.hints import Hint
from assayer.derivation.kernels.cases import CasesOn
from assayer.derivation.kernels.induction import InductionOn
from assayer.derivation.kernels.integral import Ftc
from assayer.derivation.kernels.monotone import Start
from assayer.derivation.trusted.context import Context, Forall, Hypothesis, Relation
from assayer.derivation.trusted.expressions import free_symbols
from assayer.derivation.trusted.rules.limit import Limit
from assayer.derivation.trusted.status import Status
from assayer.derivation.trusted.theorem import Sequent
from assayer.derivation.written import CHECKER, WIDTH, Names, NotWritten, quoted

SECONDS = 30.0
"""The time for a step that needs no mention."""
MOST_POINTS = 400
_METHODS = {"=": "eq", "<=": "le", "<": "lt", ">=": "ge", ">": "gt", "!=": "ne"}
CITED = "cited: "
DERIVATION, THEOREM = "derivation", "theorem"
"""What the last lines of a text name: the chain before it is judged, and what is proved."""
Point: TypeAlias = "Mapping[sp.Basic, object] | None"


class Cited(Protocol):
    """A citation as ``lemma.Citation`` has it."""

    theorem: Any
    values: Mapping[sp.Symbol, sp.Expr]


class Written(Protocol):
    """One step as its author wrote it."""

    sign: str
    right: sp.Expr
    reason: str
    citations: tuple[Any, ...]
    hints: tuple[Hint, ...]
    box: tuple[Relation, ...]


@dataclass(frozen=True)
class Chain:
    """What ``Derivation.theorem`` composed; ``point`` satisfies the hypotheses where the author gave a model."""

    title: str
    context: Context
    start: sp.Expr
    steps: tuple[Written, ...]
    point: Point
    seconds: float


@dataclass(frozen=True, eq=False)
class Joint:
    """What ``joint_induction`` was given; one object for all its theorems."""

    symbol: sp.Symbol
    statements: Mapping[str, Relation]
    context: Context
    every: sp.Symbol | None
    point: Point
    seconds: float


@dataclass(frozen=True)
class Member:
    """One theorem of a joint induction."""

    joint: Joint
    title: str


@dataclass(frozen=True)
class Best:
    """What ``optimum`` or, with a number, ``unique_optimum`` was given."""

    title: str
    context: Context
    objective: sp.Expr
    at: Mapping[sp.Symbol, sp.Expr]
    sense: str
    point: Point
    seconds: float
    number: int | None = None


Origin: TypeAlias = "Chain | Member | Best"
_ORIGINS: WeakKeyDictionary[Sequent, Origin] = WeakKeyDictionary()
_HINTS: WeakKeyDictionary[Limit, tuple[tuple[Hint, ...], float]] = WeakKeyDictionary()


def remember(sequent: Sequent, origin: Origin) -> None:
    """Keep what the author wrote for as long as the theorem lives."""
    _ORIGINS[sequent] = origin


def remember_limit(limit: Limit, hints: tuple[Hint, ...], seconds: float) -> None:
    """Keep what a limit does not hold itself."""
    _HINTS[limit] = (hints, seconds)


def point_of(model: object, witness: Any) -> Point:
    """The point that a text gives in place of an author's model, which is a function of Python."""
    return None if model is None or witness is None else {**witness, **witness.families}


def script(theorem: Sequent | tuple[str, Limit]) -> str:
    """The text for a theorem, or for a limit under its title; where it has none, one line of comment that says why."""
    writer = _Writer()
    try:
        writer.whole(theorem)
        return writer.text()
    except (NotWritten, RecursionError) as reason:
        return f"# This cannot be proved again from a text yet: {' '.join(str(reason).split())}.\n"


class _Writer:
    """Writes one text: declarations as they are met, then a block for each cited theorem, then the theorem."""

    def __init__(self) -> None:
        self.names = Names()
        for name in (DERIVATION, THEOREM):
            self.names.reserve(name)
        self.blocks: list[str] = []
        self._cited: dict[Sequent, str] = {}
        self._joints: dict[Joint, str] = {}
        self._points: dict[str, str] = {}

    def text(self) -> str:
        body = "\n\n".join(self.blocks)
        return "\n".join([*self.names.head(body), "", body]) + "\n"

    def whole(self, theorem: Sequent | tuple[str, Limit]) -> None:
        if not isinstance(theorem, Sequent):
            self._limit(*theorem)
            return
        origin = _ORIGINS.get(theorem)
        if isinstance(origin, Chain):
            self.blocks.append(f"{DERIVATION} = {self._chain(origin)}\n{THEOREM} = {DERIVATION}.theorem()")
        else:
            self.blocks.append(f"{THEOREM} = {self._theorem(theorem)}")

    # -- theorems ------------------------------------------------------------------------------------------------
    def cited(self, theorem: Sequent) -> str:
        """The name of a theorem that is cited, its block written before."""
        if theorem not in self._cited:
            made = self._theorem(theorem)
            name = self._cited[theorem] = self.names.reserve(theorem.title)
            self.blocks.append(f"{name} = {made}")
        return self._cited[theorem]

    def _theorem(self, theorem: Sequent) -> str:
        origin = _ORIGINS.get(theorem)
        if isinstance(origin, Chain):
            return f"{self._chain(origin)}.theorem()"
        if isinstance(origin, Member):
            return f"{self._joint(origin.joint)}[{quoted(origin.title)}]"
        if isinstance(origin, Best):
            return self._best(origin)
        if theorem.status is Status.ASSUMED and theorem.kernels[0].startswith(CITED) and len(theorem.kernels) == 1:
            return self._lemma(theorem)
        raise NotWritten(f"nothing is known of how {theorem.title or theorem.relation!s} was derived")

    def _chain(self, chain: Chain) -> str:
        known = free_symbols(chain.start).union(*(h.statement.symbols() for h in chain.context.hypotheses))
        given = [quoted(chain.title), *self._hypotheses(chain.context)]
        given += self._model(chain.point)
        declared = [self._code(s) for s in sorted(chain.context.symbols - known, key=str)]
        given += [f"declare=({', '.join(declared)},)"] if declared else []
        given += self._seconds(chain.seconds)
        lines = [self._call("Derivation", given, 4), f".start({self._code(chain.start)})"]
        lines += [self._step(step) for step in chain.steps]
        return "(\n" + "\n".join(f"    {line}" for line in lines) + "\n)"

    def _step(self, step: Written) -> str:
        words = [c.title for c in step.citations] or [str(h) for h in step.hints]
        parts = [quoted(step.reason)] if step.reason != "; ".join(words) else []
        parts += [self._citation(c.theorem.sequent, c.values) for c in step.citations]
        parts += [self._hint(h) for h in step.hints]
        given = [self._code(step.right)]
        if parts:
            given.append(f"by={parts[0]}" if len(parts) == 1 else f"by=({', '.join(parts)})")
        if step.box:
            pairs = zip(step.box[::2], step.box[1::2], strict=True)
            bounds = [f"{self._code(a.left)}: ({self._code(a.right)}, {self._code(b.right)})" for a, b in pairs]
            given.append(f"box={{{', '.join(bounds)}}}")
        return self._call(f".{_METHODS[step.sign]}", given, 4)

    def _lemma(self, theorem: Sequent) -> str:
        given = [quoted(theorem.title), self._relation(theorem.relation)]
        hypotheses = self._hypotheses(theorem.context)
        given += [f"[{', '.join(hypotheses)}]"] if hypotheses else []
        return self._call("Lemma", [*given, f"cite={quoted(theorem.kernels[0].removeprefix(CITED))}"], 0)

    def _joint(self, joint: Joint) -> str:
        if joint not in self._joints:
            statements = ", ".join(f"{quoted(t)}: {self._relation(r)}" for t, r in joint.statements.items())
            given = [self._code(joint.symbol), f"{{{statements}}}", *self._hypotheses(joint.context)]
            given += [f"every={self._code(joint.every)}"] if joint.every is not None else []
            given += [*self._model(joint.point), *self._seconds(joint.seconds)]
            made = self._call("joint_induction", given, 0)
            name = self._joints[joint] = self.names.reserve("together")
            self.blocks.append(f"{name} = {made}")
        return self._joints[joint]

    def _best(self, best: Best) -> str:
        at = ", ".join(f"{self._code(x)}: {self._code(value)}" for x, value in best.at.items())
        given = [self._code(best.objective), f"{{{at}}}", quoted(best.sense)]
        hypotheses = self._hypotheses(best.context)
        given += [f"hypotheses=[{', '.join(hypotheses)}]"] if hypotheses else []
        given += [f"title={quoted(best.title)}", *self._model(best.point), *self._seconds(best.seconds)]
        made = self._call("optimum" if best.number is None else "unique_optimum", given, 0)
        return made if best.number is None else f"{made}[{best.number}]"

    def _limit(self, title: str, limit: Limit) -> None:
        hints, seconds = _HINTS.get(limit, ((), SECONDS))
        context = f"Context.of([{', '.join(self._hypotheses(limit.context))}])"
        self.names.library("Context", f"{CHECKER}.trusted.context")
        given = [quoted(title), context, *map(self._code, (limit.expression, limit.x))]
        given += ["oo" if limit.point is sp.oo else self._code(limit.point)]
        given += [self._code(limit.value), self._code(limit.rate), *self._seconds(seconds)]
        given += [f"hints=[{', '.join(map(self._hint, hints))}]"] if hints else []
        if limit.point is sp.oo:
            self.names.library("oo")
        self.blocks.append(f"{THEOREM} = {self._call('limit_theorem', given, 0)}")

    # -- parts ---------------------------------------------------------------------------------------------------
    def _hypotheses(self, context: Context) -> list[str]:
        return [self._hypothesis(h) for h in context.hypotheses]

    def _hypothesis(self, hypothesis: Hypothesis) -> str:
        return f"{self._own('Hypothesis')}({quoted(hypothesis.name)}, {self._statement(hypothesis.statement)})"

    def _statement(self, statement: Relation | Forall) -> str:
        if isinstance(statement, Forall):
            return f"{self._own('Forall')}({self._code(statement.index)}, {self._relation(statement.relation)})"
        return self._relation(statement)

    def _relation(self, relation: Relation) -> str:
        return f'{self._own("Relation")}({self._code(relation.left)}, "{relation.sign}", {self._code(relation.right)})'

    def _citation(self, theorem: Sequent, values: Mapping[sp.Symbol, sp.Expr]) -> str:
        name = self.cited(theorem)
        known = {s.name for s in theorem.context.symbols | theorem.relation.symbols()}
        plain = all(s.name in known and s.name.isidentifier() and not iskeyword(s.name) for s in values)
        if not values:
            return f"{name}()"
        if plain:
            return f"{name}({', '.join(f'{s.name}={self._code(value)}' for s, value in values.items())})"
        pairs = ", ".join(f"{quoted(s.name)}: {self._code(value)}" for s, value in values.items())
        return f"{name}(**{{{pairs}}})"

    def _hint(self, hint: Hint) -> str:
        if isinstance(hint, InductionOn):
            every = [f"every={self._code(hint.every)}"] if hint.every is not None else []
            return self._call("induction", [self._code(hint.symbol), *every], 8)
        if isinstance(hint, Start):
            how = "convex" if hint.both else "monotone"
            return f"{self._own(how)}({self._code(hint.symbol)}, {self._code(hint.start)})"
        if isinstance(hint, Ftc):
            return f"{self._own('ftc')}({self._code(hint.antiderivative)}, {self._code(hint.variable)})"
        if isinstance(hint, CasesOn):
            parts = [self._relation(r) for r in hint.relations]
            parts += [self._citation(theorem, values) for theorem, values in hint.theorems]
            return self._call("cases", parts, 8)
        raise NotWritten(f"a hint of the kind {type(hint).__name__}")

    def _model(self, point: Point) -> list[str]:
        """A model that gives one point: the one that showed that the hypotheses can be met."""
        if point is None:
            return []
        if len(point) > MOST_POINTS:
            raise NotWritten(f"the model of its hypotheses gives {len(point)} values")
        pairs = [f"{self._code(key)}: {self._number(value)}" for key, value in sorted(point.items(), key=_by_name)]
        text = "{\n" + "\n".join(wrap(", ".join(pairs), WIDTH, initial_indent="    ", subsequent_indent="    ")) + "\n}"
        if text not in self._points:
            name = self._points[text] = self.names.reserve("point")
            self.blocks.append(f"{name} = {text}")
        return [f"model=lambda rng: {self._points[text]}"]

    def _number(self, value: object) -> str:
        found = sp.Rational(int(value.p), int(value.q)) if isinstance(value, fmpq) else sp.sympify(value)
        return self._code(found)

    def _seconds(self, seconds: float) -> list[str]:
        return [] if seconds == SECONDS else [f"seconds={seconds}"]

    def _code(self, expr: sp.Basic) -> str:
        return self.names.code(expr)

    def _own(self, name: str) -> str:
        return self.names.library(name, CHECKER)

    def _call(self, name: str, given: list[str], margin: int) -> str:
        """A call in one line, or with each argument in a line of its own."""
        name = name if name.startswith(".") else self._own(name)
        line = f"{name}({', '.join(given)})"
        if len(line) + margin <= WIDTH and "\n" not in line:
            return line
        space = "\n" + " " * (margin + 4)
        return f"{name}({space}{f',{space}'.join(given)},\n{' ' * margin})"


def _by_name(entry: tuple[sp.Basic, object]) -> tuple[Any, ...]:
    return sp.default_sort_key(entry[0])
