"""Limits as a chapter states them: proved by an explicit rate, never by taking a limit."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import sympy as sp

from assayer.derivation.hints import Hint
from assayer.derivation.render import (
    MIME,
    Bundle,
    Domain,
    Shown,
    declared,
    domain_lines,
    latex,
    shown_domains,
    shown_hypotheses,
    symbol_record,
)
from assayer.derivation.script import remember_limit, script
from assayer.derivation.trusted.context import Context
from assayer.derivation.trusted.errors import DerivationError, MalformedExpression, StepNotProved
from assayer.derivation.trusted.expressions import express, free_symbols, no_library_index, one_meaning
from assayer.derivation.trusted.rules.limit import Limit, limit_goals
from assayer.derivation.trusted.status import Status
from assayer.derivation.trusted.theorem import Rejected
from assayer.derivation.verdict import judge_goal


@dataclass(frozen=True, eq=False)
class LimitTheorem:
    """A checked limit with the bounds that prove it.

    Attributes:
        title: how prose refers to it.
        limit: what the trusted base checked.
    """

    title: str
    limit: Limit

    def __post_init__(self) -> None:
        if type(self.limit) is not Limit:
            raise DerivationError("a LimitTheorem holds a checked limit: use limit_theorem(…)")

    @property
    def status(self) -> Status:
        return self.limit.status

    @property
    def kernels(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(k for theorem in self.limit.proofs for k in theorem.kernels))

    @property
    def hypotheses(self) -> tuple[Shown, ...]:
        """All hypotheses; those about the variable say how near, or from which side, the bound holds."""
        return shown_hypotheses(self.limit.context)

    @property
    def domains(self) -> tuple[Domain, ...]:
        return shown_domains(self.limit.context, [theorem.relation for theorem in self.limit.proofs])

    @property
    def declared(self) -> tuple[str, ...]:
        """What its vectors, matrices and random variables were declared to be: hypotheses too."""
        return declared(self.limit.context, [theorem.relation for theorem in self.limit.proofs])

    @property
    def unused(self) -> tuple[str, ...]:
        used = set().union(*(theorem.uses for theorem in self.limit.proofs))
        return tuple(h.label for h in self.limit.context.hypotheses if h.label not in used)

    @property
    def conclusion_plain(self) -> str:
        one = self.limit
        side = {"+": " from above", "-": " from below"}.get(one.side, "")
        return f"{one.expression} → {one.value} as {one.x} → {'∞' if one.point is sp.oo else one.point}{side}"

    @property
    def conclusion_latex(self) -> str:
        one = self.limit
        side = f"^{{{one.side}}}" if one.side else ""
        place = rf"{latex(one.x)} \to {{{latex(one.point)}}}{side}"
        return rf"\lim_{{{place}}} \left[{latex(one.expression)}\right] = {latex(one.value)}"

    @property
    def bound_plain(self) -> str:
        return f"|{self._error}| ≤ {self.limit.rate}"

    @property
    def bound_latex(self) -> str:
        return rf"\left|{latex(self._error)}\right| \le {latex(self.limit.rate)}"

    @property
    def _error(self) -> sp.Expr:
        """``f − L`` unevaluated: it is for reading."""
        if self.limit.value == 0:
            return self.limit.expression
        return sp.Add(self.limit.expression, -self.limit.value, evaluate=False)

    def record(self) -> dict[str, Any]:
        """The machine-readable record: that of a derivation with the bound as its one step."""
        one, used = self.limit, set().union(*(theorem.uses for theorem in self.limit.proofs))
        kernel = ", ".join(self.kernels)
        return {
            "schema": 1,
            "kind": "derivation",
            "title": self.title,
            "symbols": [symbol_record(d) for d in self.domains],
            **({"declared": list(self.declared)} if self.declared else {}),
            "hypotheses": [{"name": h.name, "plain": h.plain, "latex": h.latex} for h in self.hypotheses],
            "start": {"plain": str(one.expression), "latex": latex(one.expression)},
            "steps": [
                {
                    "relation": "→",
                    "plain": str(one.value),
                    "latex": latex(one.value),
                    "reason": self.bound_plain,
                    "status": str(self.status),
                    "kernel": kernel,
                    "conditions": [],
                    "used": sorted(h.label for h in one.context.hypotheses if h.label in used),
                    "lemmas": [],
                }
            ],
            "conclusion": {"plain": self.conclusion_plain, "latex": self.conclusion_latex},
            "status": str(self.status),
            "unused": list(self.unused),
            "script": script((self.title, self.limit)),
        }

    def __repr__(self) -> str:
        lines = [f"{self.title} · {self.status.sign} {self.status}"]
        lines += [f"  with {plain}" for plain, _ in domain_lines(self.domains)]
        lines += [f"  with {line}" for line in self.declared]
        lines += [f"  assume {h.name + ': ' if h.name else ''}{h.plain}" for h in self.hypotheses]
        lines.append(f"  {self.conclusion_plain}")
        lines.append(f"    since {self.bound_plain} · {self.status} ({', '.join(self.kernels)})")
        if self.unused:
            lines.append(f"  not needed: {', '.join(self.unused)}")
        return "\n".join(lines)

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> Bundle:
        latex = rf"$$\begin{{aligned}}& {self.conclusion_latex} \\ & {self.bound_latex}\end{{aligned}}$$"
        return {"text/plain": repr(self), "text/latex": latex, MIME: self.record()}


def limit_theorem(
    title: str,
    context: Context,
    expr: object,
    x: sp.Symbol,
    x0: object,
    L: object,
    rate: object,
    seconds: float = 30.0,
    hints: Iterable[Hint] = (),
) -> LimitTheorem:
    """Prove ``expr → L`` as ``x → x0`` by ``|expr − L| ≤ rate`` with a rate that goes to 0 by its form.

    Args:
        context: hypotheses; those about x must hold for every x near enough to x0, such as ``x ≥ 1`` for ``x0 = oo``
            or ``0 < x``, ``x ≤ δ`` for a limit from above at 0.
        x0: ``oo``, or an expression free of x.
        rate: a sum of terms such as ``C/x``, ``C·q^n``, ``C·exp(−k x)`` (x0 = oo) or ``C·|x − x0|^p``.

    Raises:
        StepNotProved: naming what is refuted or not proved, or why the rate or a hypothesis is not of such a form.
        MalformedExpression: for an expression outside the language.
    """
    if not isinstance(x, sp.Symbol):
        raise MalformedExpression(f"{x!r} is not a symbol: a limit is taken in one of the symbols of the expression")
    stated = [express(e) for e in (x, expr, L, rate)]
    point = sp.oo if x0 is sp.oo or x0 == float("inf") else express(x0)
    symbols = set(context.symbols).union(*(free_symbols(e) for e in [*stated, *([] if point is sp.oo else [point])]))
    no_library_index(symbols)
    one_meaning(symbols)
    whole = Context(context.hypotheses, frozenset(symbols))
    _, expression, value, bound = stated
    try:
        needed = limit_goals(whole, expression, x, point, value, bound)
    except Rejected as reason:
        raise StepNotProved(f"the limit {title!r} cannot be stated so: {reason}") from None
    proofs = []
    for goal in needed:
        verdict = judge_goal(goal, seconds=seconds, hints=hints)
        if verdict.sequent is None:
            tried = "".join(f"\n  tried {line}" for line in verdict.tried)
            raise StepNotProved(f"the limit {title!r} needs {goal}, which is {verdict}{tried}")
        proofs.append(verdict.sequent)
    found = Limit(whole, expression, x, point, value, bound, tuple(proofs))
    remember_limit(found, tuple(hints), seconds)
    return LimitTheorem(title, found)
