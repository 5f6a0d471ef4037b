"""Theorems as a chapter holds them, lemmas that are cited, and how either is used in a step."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import sympy as sp

from assayer.derivation.refute import refute
from assayer.derivation.render import (
    Bundle,
    Domain,
    Shown,
    Step,
    View,
    bundle,
    declared,
    latex_relation,
    plain_relation,
    shown_domains,
    shown_hypotheses,
    view_of,
)
from assayer.derivation.trusted.context import Context, Goal, Hypothesis, Relation
from assayer.derivation.trusted.errors import DerivationError, MalformedExpression, StepNotProved
from assayer.derivation.trusted.expressions import express, free_symbols, no_library_index
from assayer.derivation.trusted.status import Status
from assayer.derivation.trusted.theorem import Sequent, assumed, instantiate, obligations
from assayer.derivation.verdict import judge_goal


@dataclass(frozen=True, eq=False)
class Theorem:
    """A checked statement with the chain that proves it. Call it to cite it: ``by=abel(T=n + 1)``.

    Attributes:
        sequent: what the trusted base made.
        steps: the chain, for display.
    """

    sequent: Sequent
    steps: tuple[Step, ...] = ()

    def __post_init__(self) -> None:
        if type(self.sequent) is not Sequent:
            raise DerivationError("a Theorem holds a checked sequent: write a Derivation and call .theorem()")
        left = self.sequent.relation.left
        for step in self.steps:
            judged = step.sequent
            honest = type(judged) is Sequent and judged.context == self.sequent.context
            if not honest or judged.relation != step.relation or judged.relation.left != left:
                raise DerivationError(f"the steps shown for {self.title!r} are not those that were judged")
            left = judged.relation.right
        if self.steps and left != self.sequent.relation.right:
            raise DerivationError(f"the steps shown for {self.title!r} do not end at its conclusion")

    @property
    def title(self) -> str:
        return self.sequent.title

    @property
    def status(self) -> Status:
        return self.sequent.status

    @property
    def kernels(self) -> tuple[str, ...]:
        return self.sequent.kernels

    @property
    def hypotheses(self) -> tuple[Shown, ...]:
        return shown_hypotheses(self.sequent.context, self._view)

    @property
    def _relations(self) -> list[Relation]:
        return [*(s.relation for s in self.steps), self.sequent.relation]

    @property
    def _view(self) -> View:
        return view_of(self.sequent.context, self._relations)

    @property
    def domains(self) -> tuple[Domain, ...]:
        """The domains of its symbols; they count as hypotheses."""
        return shown_domains(self.sequent.context, self._relations)

    @property
    def declared(self) -> tuple[str, ...]:
        """What its vectors, matrices and random variables were declared to be: hypotheses too."""
        return declared(self.sequent.context, self._relations)

    @property
    def conclusion_plain(self) -> str:
        return plain_relation(self.sequent.relation, self._view)

    @property
    def conclusion_latex(self) -> str:
        return latex_relation(self.sequent.relation, self._view)

    @property
    def unused(self) -> tuple[str, ...]:
        """Names of hypotheses that no step used: the theorem is more general than it says."""
        return tuple(h.label for h in self.sequent.context.hypotheses if h.label not in self.sequent.uses)

    def record(self) -> dict:
        """The machine-readable record; see ``assayer.claims.records``."""
        return self._repr_mimebundle_()["application/vnd.assayer+json"]

    def __call__(self, **values: object) -> Citation:
        """Cite the theorem with ``name=expression`` for some of its symbols; the others stand for themselves."""
        symbols = {s.name: s for s in self.sequent.context.symbols | self.sequent.relation.symbols()}
        unknown = sorted(set(values) - set(symbols))
        if unknown:
            raise MalformedExpression(f"{self.title!r} has no symbol {unknown[0]}; it has {', '.join(sorted(symbols))}")
        return Citation(self, {symbols[name]: value for name, value in values.items()})

    def __repr__(self) -> str:
        return self._repr_mimebundle_()["text/plain"]

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> Bundle:
        start = self.steps[0].relation.left if self.steps else self.sequent.relation.left
        return bundle(self.title, self.sequent.context, start, self.steps, self.sequent, self.unused)


@dataclass(frozen=True, eq=False)
class Citation:
    """A theorem with values for its symbols, to be used in one step."""

    theorem: Theorem
    values: Mapping[sp.Symbol, sp.Expr]

    def __post_init__(self) -> None:
        values = {symbol: express(value) for symbol, value in self.values.items()}
        no_library_index(set().union(*map(free_symbols, values.values())))
        object.__setattr__(self, "values", values)

    @property
    def title(self) -> str:
        return self.theorem.title


def Lemma(name: str, conclusion: object, hypotheses: Iterable[object] = (), cite: str = "") -> Theorem:
    """A statement that is cited, not proved here: its status is ``assumed``.

    Args:
        conclusion: a SymPy relation.
        cite: where it is proved (author, work, number); refused when empty.
    """
    stated = Hypothesis(name, conclusion).statement
    if not isinstance(stated, Relation):
        raise DerivationError(f"the conclusion of the lemma {name!r} must be a relation, not {stated}")
    context = Context.of(hypotheses, stated.symbols())
    lemma = Theorem(assumed(Goal(context, stated), name, cite))
    found = refute(lemma.sequent.goal).counterexample
    if found is not None:
        raise DerivationError(f"the lemma {name!r} is false {found}")
    return lemma


def cited_sequents(citations: Iterable[Citation], context: Context, seconds: float) -> list[Sequent]:
    """Show the hypotheses of each cited theorem in ``context`` and bring its conclusion there.

    Raises:
        StepNotProved: naming the hypothesis that does not hold where the theorem is cited.
    """
    found = []
    for citation in citations:
        sequent = citation.theorem.sequent
        shown = []
        for goal in obligations(sequent, citation.values, context):
            verdict = judge_goal(goal, seconds=seconds)
            if verdict.sequent is None:
                why = f"; {verdict.counterexample}" if verdict.counterexample else ""
                raise StepNotProved(
                    f"{citation.title!r} cannot be cited here: it needs {goal.relation}, which is {verdict.status}{why}"
                )
            shown.append(verdict.sequent)
        found.append(instantiate(sequent, citation.values, context, shown))
    return found
