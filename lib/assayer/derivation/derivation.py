"""``Derivation``: a chain of steps that reads as mathematics and is judged step by step."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import sympy as sp

from assayer.derivation.explain import explain
from assayer.derivation.hints import Hint
from assayer.derivation.inhabited import inhabited
from assayer.derivation.lemma import Citation, Theorem, cited_sequents
from assayer.derivation.reasons import Reason, cases, parse
from assayer.derivation.refute import Model
from assayer.derivation.render import Bundle, Step, bundle
from assayer.derivation.script import Chain, point_of, remember
from assayer.derivation.trusted.context import Context, Goal, Relation
from assayer.derivation.trusted.errors import DerivationError, MalformedExpression, StepNotProved, UndeclaredSymbol
from assayer.derivation.trusted.expressions import express, free_symbols, no_library_index, one_meaning
from assayer.derivation.trusted.status import Status
from assayer.derivation.trusted.theorem import Sequent, chain, cut, with_lemmas
from assayer.derivation.verdict import judge_goal

if TYPE_CHECKING:
    from assayer.derivation.limits import LimitTheorem

_UP, _DOWN = {"<", "<="}, {">", ">="}
Box = Mapping[sp.Symbol, tuple[object, object]]


@dataclass(frozen=True)
class _Written:
    sign: str
    right: sp.Expr
    reason: str
    citations: tuple[Citation, ...]
    hints: tuple[Hint, ...] = ()
    box: tuple[Relation, ...] = ()


@dataclass
class Derivation:
    """A chain ``start R₁ e₁ R₂ e₂ …`` under named hypotheses.

    Args:
        title: how prose refers to it.
        hypotheses: SymPy relations, ``Hypothesis`` (see ``assume``), ``Forall``.
        model: ``model(rng) -> {symbol: rational}`` gives points that satisfy the hypotheses where random ones do not.
        declare: symbols that appear in later steps only.
        seconds: the time allowed for a step.

    Raises:
        ContradictoryHypotheses: when nothing satisfies the hypotheses.
        Uninhabited: when nothing was found that does, and no ``model`` was given.
        MalformedExpression: for a Float, a symbol without a real domain, two symbols of one name.
    """

    title: str
    context: Context = field(init=False)

    def __init__(
        self,
        title: str,
        *hypotheses: object,
        model: Model | None = None,
        declare: Iterable[sp.Symbol] = (),
        seconds: float = 30.0,
    ) -> None:
        self.title = title
        self.context = Context.of(hypotheses, declare)
        self.model = model
        self.seconds = seconds
        self._start: sp.Expr | None = None
        self._written: list[_Written] = []
        self._steps: list[Step] = []
        self.witness = inhabited(self.context, model)

    def start(self, expression: object) -> Derivation:
        """The left end of the chain. Its symbols count as declared."""
        if self._start is not None:
            raise DerivationError(f"{self.title!r} has a start already: {self._start}")
        self._start = express(expression)
        symbols = self.context.symbols | free_symbols(self._start)
        no_library_index(symbols)
        one_meaning(symbols)
        self.context = Context(self.context.hypotheses, frozenset(symbols))
        return self

    def eq(self, expression: object, by: Reason = "", box: Box | None = None) -> Derivation:
        """``= expression``."""
        return self._step("=", expression, by, box)

    def le(self, expression: object, by: Reason = "", box: Box | None = None) -> Derivation:
        """``≤ expression``. ``box={x: (low, high)}`` gives bounds of x, shown to hold, for ball arithmetic."""
        return self._step("<=", expression, by, box)

    def lt(self, expression: object, by: Reason = "", box: Box | None = None) -> Derivation:
        """``< expression``."""
        return self._step("<", expression, by, box)

    def ge(self, expression: object, by: Reason = "", box: Box | None = None) -> Derivation:
        """``≥ expression``."""
        return self._step(">=", expression, by, box)

    def gt(self, expression: object, by: Reason = "", box: Box | None = None) -> Derivation:
        """``> expression``."""
        return self._step(">", expression, by, box)

    def ne(self, expression: object, by: Reason = "", box: Box | None = None) -> Derivation:
        """``≠ expression``; stands alone, it does not compose."""
        return self._step("!=", expression, by, box)

    def cases(self, *parts: object) -> Derivation:
        """Prove the step just written case by case: ``.le(e).cases(Ge(x, 0))``; see ``reasons.cases``."""
        if not self._written:
            raise DerivationError(f"{self.title!r} has no step yet: write the step first, then .cases(…)")
        last = self._written[-1]
        hint = cases(*parts)
        self._written[-1] = replace(last, reason=last.reason or str(hint), hints=(*last.hints, hint))
        return self

    def sub(self, title: str, *hypotheses: object, declare: Iterable[sp.Symbol] = ()) -> Derivation:
        """A derivation of its own under the same hypotheses and any further ones; cite its theorem in a step here."""
        mine = self.context.hypotheses
        return Derivation(
            title, *mine, *hypotheses, model=self.model, declare=(*self.context.symbols, *declare), seconds=self.seconds
        )

    def lim(self, x: sp.Symbol, x0: object, L: object, rate: object) -> LimitTheorem:
        """Prove that the chain's end tends to L as ``x → x0``, from ``|end − L| ≤ rate`` with a rate that vanishes.

        The chain, if it has steps, is judged first; its theorem says what the end is equal to.

        Raises:
            StepNotProved: where a step or the bound is not proved.
        """
        from assayer.derivation.limits import limit_theorem

        if self._start is None:
            raise DerivationError(f"{self.title!r} has no start: write .start(…) first")
        if self._written:
            self.theorem()
        end = self._written[-1].right if self._written else self._start
        return limit_theorem(self.title, self.context, end, x, x0, L, rate, self.seconds)

    def theorem(self, at_least: Status | str = Status.ASSUMED) -> Theorem:
        """Judge every step and compose them.

        Raises:
            StepNotProved: naming the first step that is refuted, not proved, or weaker than ``at_least``.
        """
        if self._start is None or not self._written:
            raise DerivationError(f"{self.title!r} has no steps: write .start(…) and at least one .eq(…) or .le(…)")
        least = Status(at_least)
        if least.rank > Status.ASSUMED.rank:
            raise DerivationError(f"a theorem is at least assumed; {least} is not a status of theorems")
        sequents, self._steps, left = [], [], self._start
        for number, written in enumerate(self._written, start=1):
            relation = Relation(left, written.sign, written.right)
            sequent = self._judged(number, relation, written)
            if sequent.status.rank > least.rank:
                raise StepNotProved(
                    f"step {number} of {self.title!r} is only {sequent.status}, not {least}: {relation}"
                )
            sequents.append(sequent)
            self._steps.append(Step(relation, written.reason, sequent, tuple(c.title for c in written.citations)))
            left = written.right
        whole, point = chain(sequents, self.title), point_of(self.model, self.witness)
        remember(whole, Chain(self.title, self.context, self._start, tuple(self._written), point, self.seconds))
        return Theorem(whole, tuple(self._steps))

    def _judged(self, number: int, relation: Relation, written: _Written) -> Sequent:
        lemmas = cited_sequents(written.citations, self.context, self.seconds)
        for bound in written.box:
            inside = judge_goal(Goal(self.context, bound), self.model, self.seconds)
            if inside.sequent is None:
                raise StepNotProved(
                    f"step {number} of {self.title!r}: the box asks for {bound}, which is {inside.status} here: "
                    "state it as a hypothesis or widen the box"
                )
            lemmas.append(inside.sequent)
        goal = Goal(with_lemmas(self.context, lemmas), relation)
        verdict = judge_goal(goal, self.model, self.seconds, written.hints)
        if verdict.sequent is None:
            raise StepNotProved(explain(self.title, number, relation, verdict, goal.context))
        return cut(verdict.sequent, self.context, lemmas)

    def _step(self, sign: str, expression: object, by: Reason, box: Box | None) -> Derivation:
        if self._start is None:
            raise DerivationError(f"{self.title!r} has no start: write .start(…) first")
        self._composes(sign)
        right, reason = express(expression), parse(by)
        self._declared(right)
        bounds = tuple(b for x, ends in (box or {}).items() for b in self._bounds(x, ends))
        self._written.append(_Written(sign, right, reason.words, reason.citations, reason.hints, bounds))
        return self

    def _composes(self, sign: str) -> None:
        """A chain says something of its ends only if it goes one way."""
        before = {step.sign for step in self._written}
        number = len(self._written) + 1
        if "!=" in before or (sign == "!=" and before):
            raise DerivationError(f"step {number} of {self.title!r}: ≠ does not compose, it stands alone in a chain")
        for one, other in ((_UP, _DOWN), (_DOWN, _UP)):
            if sign in one and before & other:
                raise DerivationError(
                    f"step {number} of {self.title!r} turns round: the chain has steps with "
                    f"{' and '.join(sorted(before & other))}, so {sign} says nothing of its ends: begin another chain"
                )

    def _bounds(self, x: sp.Symbol, ends: object) -> tuple[Relation, Relation]:
        if x not in self.context.symbols or not isinstance(ends, tuple) or len(ends) != 2:
            raise MalformedExpression(f"box= maps symbols of the derivation to (low, high), not {x}: {ends!r}")
        return Relation(x, ">=", express(ends[0])), Relation(x, "<=", express(ends[1]))

    def _declared(self, right: sp.Expr) -> None:
        symbols = free_symbols(right)
        one_meaning(self.context.symbols | symbols)
        unknown = sorted(s.name for s in symbols - self.context.symbols)
        if unknown:
            raise UndeclaredSymbol(
                f"{unknown[0]} appears in step {len(self._written) + 1} of {self.title!r} but in neither "
                f"the hypotheses nor the start: a slip, or pass declare=({unknown[0]},)"
            )

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> Bundle:
        return bundle(self.title, self.context, self._start, self._steps, None)
