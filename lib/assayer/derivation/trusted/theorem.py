"""Sequents (theorems in their context) and the only ways to make one. Trusted base: everything else proposes.

``admit`` replays a certificate; ``chain`` composes steps; ``instantiate`` cites a theorem elsewhere; ``cut`` drops
a hypothesis that has been proved; ``assumed`` makes a theorem of a cited lemma, with the status that says so.
"""

from __future__ import annotations

import itertools
import sys
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, is_dataclass
from typing import ClassVar

import sympy as sp
from flint import arb, fmpq, fmpq_mpoly, fmpz

from assayer.derivation.trusted.context import Context, Forall, Goal, Relation, domain_obligations
from assayer.derivation.trusted.definedness import Condition, conditions
from assayer.derivation.trusted.errors import DerivationError
from assayer.derivation.trusted.expressions import nothing_hidden, renamed
from assayer.derivation.trusted.problem import problem, side_conditions
from assayer.derivation.trusted.status import Status, weakest

_TOKEN = object()
_HOME = __name__.removesuffix("theorem")
_NUMBERS_AND_TEXTS = (int, bool, str, float, type(None), fmpq, fmpz, fmpq_mpoly, arb)
_WEAKER = {"=": 0, "<=": 1, "<": 2, ">=": 1, ">": 2}


class Rejected(Exception):
    """Evidence that does not prove its goal."""


class Certificate(ABC):
    """Evidence for a goal. ``kernel`` is the word that the page shows.

    Kinds of evidence are part of the trusted base: only those defined before :func:`seal` is called count.
    """

    kernel: ClassVar[str]
    _kinds: ClassVar[set[type]] = set()
    _sealed: ClassVar[bool] = False

    def __init_subclass__(cls, **words: object) -> None:
        super().__init_subclass__(**words)
        if not Certificate._sealed:
            Certificate._kinds.add(cls)

    @abstractmethod
    def verify(self, goal: Goal) -> Status:
        """Replay the evidence; return the status it earns.

        Raises:
            Rejected: when it does not prove the goal.
        """

    def origins(self, goal: Goal) -> set[str]:
        """The labels of the hypotheses that the evidence uses; all of them where it cannot tell."""
        return {h.label for h in goal.context.hypotheses}

    def bounds(self, goal: Goal) -> frozenset[str]:
        """The labels of the hypotheses that the translation of the goal used."""
        return problem(goal).bounds

    def inner(self) -> tuple[Sequent, ...]:
        """Theorems that the evidence rests on."""
        return ()


def seal() -> None:
    """From here on no new kind of evidence is accepted: a kernel cannot bring its own ``verify``."""
    Certificate._sealed = True


@dataclass(frozen=True, eq=False, init=False)
class Sequent:
    """``context ⊢ relation`` with the status it earned. Made only by the functions of this module.

    Attributes:
        goal: the context and the relation.
        status: the weakest status of anything it rests on.
        kernels: the kernels that proved it, in order of first use.
        uses: names of the hypotheses used.
        title: how prose refers to it.
    """

    goal: Goal
    status: Status
    kernels: tuple[str, ...]
    uses: frozenset[str]
    title: str

    def __init__(
        self, token: object, goal: Goal, status: Status, kernels: Iterable[str], uses: Iterable[str], title: str = ""
    ) -> None:
        if token is not _TOKEN:
            raise DerivationError("a theorem is made by the checker: write a Derivation and call .theorem()")
        for name, value in (
            ("goal", goal),
            ("status", status),
            ("kernels", tuple(dict.fromkeys(kernels))),
            ("uses", frozenset(uses)),
            ("title", title),
        ):
            object.__setattr__(self, name, value)

    def __init_subclass__(cls) -> None:
        raise DerivationError("a Sequent cannot be subclassed: it is what the checker made")

    @property
    def context(self) -> Context:
        return self.goal.context

    @property
    def relation(self) -> Relation:
        return self.goal.relation


def genuine(*sequents: object) -> None:
    """Refuse anything that only looks like a sequent.

    Raises:
        Rejected: for an object that this module did not make.
    """
    for sequent in sequents:
        if type(sequent) is not Sequent:
            raise Rejected(f"{type(sequent).__name__} is not a theorem of the checker")


def inert(evidence: object) -> None:
    """Refuse evidence that holds anything but numbers, texts, expressions, theorems, and tuples and records of those.

    An object of another class may answer differently each time that it is asked.

    Raises:
        Rejected: naming the class.
    """
    kind = type(evidence)
    if kind is tuple or kind is frozenset:
        parts = list(evidence)  # type: ignore[call-overload]
    elif kind in _NUMBERS_AND_TEXTS or kind is Sequent or isinstance(evidence, sp.Basic):
        return
    elif is_dataclass(evidence) and kind is getattr(sys.modules.get(kind.__module__), kind.__qualname__, None):
        if not kind.__module__.startswith(_HOME):
            raise Rejected(f"{kind.__name__} is no part of evidence")
        parts = [getattr(evidence, f.name) for f in fields(evidence)]
    else:
        raise Rejected(f"{kind.__name__} is no part of evidence")
    for part in parts:
        inert(part)


def admit(goal: Goal, certificate: Certificate, defined: Mapping[Condition, Sequent]) -> Sequent:
    """Make a theorem of a goal: replay the certificate, and demand a theorem for each definedness condition.

    Raises:
        Rejected: when the certificate fails or a condition has no theorem.
    """
    if (type(goal), type(goal.context), type(goal.relation)) != (Goal, Context, Relation):
        raise Rejected("a goal is a context and a relation, as they are defined here")
    if type(certificate) not in Certificate._kinds:
        raise Rejected(f"{type(certificate).__name__} is not a kind of evidence that the checker re-checks")
    inert(certificate)
    genuine(*defined.values(), *certificate.inner())
    support = []
    for condition in side_conditions(goal.relation):
        proof = defined.get(condition)
        if proof is None or proof.goal != condition_goal(goal.context, condition):
            raise Rejected(f"not shown: {condition}")
        support.append(proof)
    status = weakest([certificate.verify(goal), *(t.status for t in support)])
    if status.rank > Status.ASSUMED.rank:
        raise Rejected(f"the evidence earns no more than {status}")
    uses = certificate.origins(goal).union(certificate.bounds(goal), *(t.uses for t in support))
    beneath = [k for t in (*certificate.inner(), *support) for k in t.kernels]
    return Sequent(_TOKEN, goal, status, [k for k in (certificate.kernel, *beneath) if k], uses)


def condition_goal(context: Context, condition: Condition) -> Goal:
    """The goal that a definedness condition states in a context, of which its bound variables know nothing."""
    condition = condition.apart(side for h in context.hypotheses for side in h.statement.sides())
    return Goal(context.with_relation(*condition.local), condition.relation)


def chain(steps: Iterable[Sequent], title: str) -> Sequent:
    """Compose ``a R b`` and ``b S c`` to the strongest relation that follows between a and c.

    Raises:
        Rejected: when the steps do not meet, point in opposite directions or stand in different contexts.
    """
    steps = list(steps)
    genuine(*steps)
    if not steps:
        raise Rejected("a chain has at least one step")
    first, last = steps[0].relation, steps[-1].relation
    for one, two in itertools.pairwise(steps):
        if one.relation.right != two.relation.left or one.context != two.context:
            raise Rejected("the steps of a chain must meet in one context")
    signs = [s.relation.sign for s in steps]
    if "!=" in signs and len(signs) > 1:
        raise Rejected("≠ does not compose")
    if {"<", "<="} & set(signs) and {">", ">="} & set(signs):
        raise Rejected("steps that go up and steps that go down do not compose")
    sign = signs[0] if len(signs) == 1 else max(signs, key=lambda s: _WEAKER[s])
    return Sequent(
        _TOKEN,
        Goal(steps[0].context, Relation(first.left, sign, last.right)),
        weakest(s.status for s in steps),
        [k for s in steps for k in s.kernels],
        frozenset().union(*(s.uses for s in steps)),
        title,
    )


def obligations(theorem: Sequent, values: Mapping[sp.Symbol, sp.Expr], context: Context) -> list[Goal]:
    """What a context must establish before the theorem may be cited there with ``values`` for its symbols.

    That the values are defined and in their symbols' domains; that each hypothesis holds and, as written, is defined
    (a ``Forall`` at a fresh index, unless the context states it word for word);
    that the conclusion, as SymPy evaluates it with the values, is defined (it may split ``√(x y)`` into two roots).
    """
    needed: list[Goal] = []
    if theorem.status is Status.ASSUMED:  # what is proved holds for every value of a scalar, on whatever it depends
        stated = (theorem.relation, *(h.statement for h in theorem.context.hypotheses))
        for symbol, side in itertools.product(values, (side for s in stated for side in s.sides())):
            if values[symbol] != symbol:
                nothing_hidden(side, symbol, "would keep in the citation with another value of it")
    for symbol, value in values.items():
        needed += [condition_goal(context, c) for c in conditions(value)]
        needed += [Goal(context, r) for r in domain_obligations(symbol, value)]
    for hypothesis in theorem.context.hypotheses:
        stated, at = hypothesis.statement, dict(values)
        if isinstance(stated, Forall):
            if stated.substitute(values) in {h.statement for h in context.hypotheses}:
                continue
            # What holds at an index of which the context knows nothing holds at every index.
            at = {s: v for s, v in values.items() if s != stated.index}
            known = [side for h in context.hypotheses for side in h.statement.sides()]
            at[stated.index] = renamed(stated.index, [*known, *stated.sides(), *at.values()])
            stated = stated.relation
        needed += [condition_goal(context, c.substitute(at)) for c in side_conditions(stated)]
        needed.append(Goal(context, stated.substitute(at)))
    needed += [condition_goal(context, c) for c in side_conditions(theorem.relation.substitute(values))]
    return list(dict.fromkeys(needed))


def instantiate(
    theorem: Sequent, values: Mapping[sp.Symbol, sp.Expr], context: Context, shown: Iterable[Sequent]
) -> Sequent:
    """Cite a theorem in another context: all its ``obligations`` must be shown there.

    Raises:
        Rejected: when one is not shown.
    """
    proofs = list(shown)
    genuine(theorem, *proofs)
    families = [
        here.label
        for hypothesis in theorem.context.hypotheses
        if isinstance(hypothesis.statement, Forall)
        for here in context.hypotheses
        if here.statement == hypothesis.statement.substitute(values)
    ]
    by_goal = {t.goal: t for t in proofs}
    needed = obligations(theorem, values, context)
    for goal in needed:
        if goal not in by_goal:
            raise Rejected(f"{goal.relation}, which {theorem.title or 'the lemma'} needs, is not shown here")
    support = [by_goal[goal] for goal in needed]
    return Sequent(
        _TOKEN,
        Goal(context, theorem.relation.substitute(values)),
        weakest([theorem.status, *(t.status for t in support)]),
        [*theorem.kernels, *(k for t in support for k in t.kernels)],
        frozenset(families).union(*(t.uses for t in support)),
        theorem.title,
    )


def cut(theorem: Sequent, context: Context, lemmas: Iterable[Sequent]) -> Sequent:
    """From ``context, lemmas ⊢ relation`` and ``context ⊢`` each lemma to ``context ⊢ relation``."""
    lemmas = list(lemmas)
    genuine(theorem, *lemmas)
    if any(lemma.context != context for lemma in lemmas):
        raise Rejected("a lemma was shown in another context")
    if theorem.context != with_lemmas(context, lemmas):
        raise Rejected("the theorem does not rest on these lemmas")
    return Sequent(
        _TOKEN,
        Goal(context, theorem.relation),
        weakest([theorem.status, *(t.status for t in lemmas)]),
        [*theorem.kernels, *(k for t in lemmas for k in t.kernels)],
        theorem.uses.union(*(t.uses for t in lemmas)),
        theorem.title,
    )


def with_lemmas(context: Context, lemmas: Iterable[Sequent]) -> Context:
    """The context extended by the conclusions of lemmas shown in it."""
    for lemma in lemmas:
        context = context.with_relation(lemma.relation, name=lemma.title)
    return context


def assumed(goal: Goal, title: str, cite: str) -> Sequent:
    """Make a theorem of a cited statement that is not proved here: its status says ``assumed``.

    Raises:
        DerivationError: without a citation.
    """
    if not cite.strip():
        raise DerivationError(f"the lemma {title!r} has no citation: an assumed lemma must say where it is proved")
    return Sequent(_TOKEN, goal, Status.ASSUMED, [f"cited: {cite}"], {h.label for h in goal.context.hypotheses}, title)
