"""A derivation as it is written in a chapter: a chain of relations, one line a step, the reason beside it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import sympy as sp

from assayer.derivation.hints import Hint
from assayer.derivation.lemma import Citation, Theorem, cited_sequents
from assayer.derivation.refute import Model, Table, witness
from assayer.derivation.render import Bundle, Step, bundle
from assayer.derivation.trusted.context import Context, Goal, Hypothesis, Relation
from assayer.derivation.trusted.errors import (
    ContradictoryHypotheses,
    DerivationError,
    StepNotProved,
    UndeclaredSymbol,
    Uninhabited,
)
from assayer.derivation.trusted.expressions import express, free_symbols, no_library_index, one_meaning
from assayer.derivation.trusted.status import Status
from assayer.derivation.trusted.theorem import chain, cut, with_lemmas
from assayer.derivation.verdict import Verdict, contradictory, judge_goal

Reason = str | Citation | Hint | Theorem | Sequence["str | Citation | Hint | Theorem"]


@dataclass(frozen=True)
class _Written:
    sign: str
    right: sp.Expr
    reason: str
    citations: tuple[Citation, ...]
    hints: tuple[Hint, ...] = ()


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
        self.witness = _inhabited(self.context, model)

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

    def eq(self, expression: object, by: Reason = "") -> Derivation:
        """``= expression``."""
        return self._step("=", expression, by)

    def le(self, expression: object, by: Reason = "") -> Derivation:
        """``≤ expression``."""
        return self._step("<=", expression, by)

    def lt(self, expression: object, by: Reason = "") -> Derivation:
        """``< expression``."""
        return self._step("<", expression, by)

    def ge(self, expression: object, by: Reason = "") -> Derivation:
        """``≥ expression``."""
        return self._step(">=", expression, by)

    def gt(self, expression: object, by: Reason = "") -> Derivation:
        """``> expression``."""
        return self._step(">", expression, by)

    def ne(self, expression: object, by: Reason = "") -> Derivation:
        """``≠ expression``; stands alone, it does not compose."""
        return self._step("!=", expression, by)

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
            lemmas = cited_sequents(written.citations, self.context, self.seconds)
            verdict = judge_goal(
                Goal(with_lemmas(self.context, lemmas), relation), self.model, self.seconds, written.hints
            )
            if verdict.sequent is None:
                raise StepNotProved(_explain(self.title, number, relation, verdict))
            sequent = cut(verdict.sequent, self.context, lemmas)
            if sequent.status.rank > least.rank:
                raise StepNotProved(
                    f"step {number} of {self.title!r} is only {sequent.status}, not {least}: {relation}"
                )
            sequents.append(sequent)
            self._steps.append(Step(relation, written.reason, sequent, tuple(c.title for c in written.citations)))
            left = written.right
        return Theorem(chain(sequents, self.title), tuple(self._steps))

    def _step(self, sign: str, expression: object, by: Reason) -> Derivation:
        if self._start is None:
            raise DerivationError(f"{self.title!r} has no start: write .start(…) first")
        right = express(expression)
        parts = [by] if isinstance(by, (str, Citation, Hint, Theorem)) else list(by)
        citations = tuple(p() if isinstance(p, Theorem) else p for p in parts if isinstance(p, (Citation, Theorem)))
        hints = tuple(p for p in parts if isinstance(p, Hint))
        self._declared(right, citations)
        words = [p for p in parts if isinstance(p, str) and p]
        reason = "; ".join(words or [c.title for c in citations] or [str(h) for h in hints])
        self._written.append(_Written(sign, right, reason, citations, hints))
        return self

    def _declared(self, right: sp.Expr, citations: tuple[Citation, ...]) -> None:
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


def _inhabited(context: Context, model: Model | None) -> Table | None:
    if not context.hypotheses:
        return None
    found = witness(context, model)
    if found is not None:
        return found
    if contradictory(context):
        raise ContradictoryHypotheses(
            "nothing satisfies the hypotheses "
            f"{'; '.join(str(h) for h in _core(context).hypotheses)}: drop or mend one of them"
        )
    raise Uninhabited(
        "no point was found that satisfies the hypotheses "
        f"{'; '.join(str(h) for h in context.hypotheses)}: pass model=, a function of a random.Random "
        "that returns {symbol: rational}"
    )


def _core(context: Context) -> Context:
    """A smallest set of hypotheses that already contradict each other, dropping one at a time."""
    kept: list[Hypothesis] = list(context.hypotheses)
    for hypothesis in context.hypotheses:
        fewer = [h for h in kept if h is not hypothesis]
        if contradictory(Context(tuple(fewer), context.symbols)):
            kept = fewer
    return Context(tuple(kept), context.symbols)


def _explain(title: str, number: int, relation: Relation, verdict: Verdict) -> str:
    """Say what is wrong with a step: the counterexample, or what was tried and what is left to show."""
    head = f"step {number} of {title!r} is {verdict.status}: {relation}"
    if verdict.counterexample is not None:
        return f"{head}\n  counterexample {verdict.counterexample}"
    lines = [head]
    lines += [f"  not shown to be defined: {m} — add a hypothesis or a domain" for m in verdict.missing]
    lines += [f"  tried {t}" for t in verdict.tried]
    if relation.sign == "=":
        lines.append(f"  left − right (expanded, for reading only): {sp.expand(relation.left - relation.right)}")
    if verdict.points:
        lines.append(
            f"  it holds at {verdict.points} random points that satisfy the hypotheses: state a lemma between, "
            "or a hypothesis that is missing"
        )
    return "\n".join(lines)
