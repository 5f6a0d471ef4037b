"""How a derivation prints: stable text, LaTeX, and the record that the site reads. No times, no addresses."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import sympy as sp

from assayer.derivation.context import Context, Forall, Relation
from assayer.derivation.problem import side_conditions
from assayer.derivation.theorem import Sequent

MIME = "application/vnd.assayer+json"
Bundle: TypeAlias = "dict[str, Any]"
_PLAIN = {"=": "=", "!=": "≠", "<=": "≤", "<": "<", ">=": "≥", ">": ">"}
_LATEX = {"=": "=", "!=": r"\ne", "<=": r"\le", "<": "<", ">=": r"\ge", ">": ">"}


@dataclass(frozen=True)
class Shown:
    """A hypothesis as it is displayed."""

    name: str
    plain: str
    latex: str


@dataclass(frozen=True)
class Step:
    """One judged line of a chain."""

    relation: Relation
    reason: str
    sequent: Sequent
    lemmas: tuple[str, ...] = ()


def plain_relation(relation: Relation) -> str:
    return f"{relation.left} {_PLAIN[relation.sign]} {relation.right}"


def latex_relation(relation: Relation) -> str:
    return f"{sp.latex(relation.left)} {_LATEX[relation.sign]} {sp.latex(relation.right)}"


def shown_hypotheses(context: Context) -> tuple[Shown, ...]:
    """The hypotheses in the order in which the author gave them."""
    shown = []
    for hypothesis in context.hypotheses:
        statement = hypothesis.statement
        if isinstance(statement, Forall):
            plain = f"{plain_relation(statement.relation)} for all {statement.index}"
            latex = rf"{latex_relation(statement.relation)} \ \text{{for all }} {sp.latex(statement.index)}"
        else:
            plain, latex = plain_relation(statement), latex_relation(statement)
        shown.append(Shown(hypothesis.name, plain, latex))
    return tuple(shown)


def bundle(
    title: str,
    context: Context,
    start: sp.Expr | None,
    steps: Sequence[Step],
    whole: Sequent | None,
    unused: Iterable[str] = (),
) -> Bundle:
    """The MIME bundle of a derivation: ``text/plain``, ``text/latex`` and the record."""
    hypotheses = shown_hypotheses(context)
    return {
        "text/plain": _plain(title, hypotheses, start, steps, whole, tuple(unused)),
        "text/latex": _latex(hypotheses, start, steps, whole),
        MIME: _record(title, hypotheses, start, steps, whole, tuple(unused)),
    }


def _kernels(sequent: Sequent) -> str:
    return ", ".join(sequent.kernels)


def _plain(
    title: str,
    hypotheses: tuple[Shown, ...],
    start: sp.Expr | None,
    steps: Sequence[Step],
    whole: Sequent | None,
    unused: tuple[str, ...],
) -> str:
    state = f" · {whole.status.sign} {whole.status}" if whole else " · not yet judged"
    lines = [f"{title}{state}"]
    lines += [f"  assume {h.name + ': ' if h.name else ''}{h.plain}" for h in hypotheses]
    if start is not None and steps:
        lines.append(f"  {start}")
    for step in steps:
        reason = f"   — {step.reason}" if step.reason else ""
        lines.append(
            f"    {_PLAIN[step.relation.sign]} {step.relation.right}{reason} · "
            f"{step.sequent.status} ({_kernels(step.sequent)})"
        )
    if whole is not None and len(steps) != 1:
        lines.append(f"  so {plain_relation(whole.relation)}")
    if unused:
        lines.append(f"  not needed: {', '.join(unused)}")
    return "\n".join(lines)


def _latex(hypotheses: tuple[Shown, ...], start: sp.Expr | None, steps: Sequence[Step], whole: Sequent | None) -> str:
    if not steps:
        body = latex_relation(whole.relation) if whole else (sp.latex(start) if start is not None else "")
        return f"$$\\begin{{aligned}}{body}\\end{{aligned}}$$"
    rows = [rf"& {sp.latex(start)}"]
    for step in steps:
        note = " · ".join(x for x in (step.reason, f"{step.sequent.status} ({_kernels(step.sequent)})") if x)
        rows.append(
            rf"{{}}{_LATEX[step.relation.sign]}{{}} & {sp.latex(step.relation.right)} && \text{{{_text(note)}}}"
        )
    return "$$\\begin{aligned}" + " \\\\ ".join(rows) + "\\end{aligned}$$"


def _text(words: str) -> str:
    """Escape what TeX would read, outside ``$…$``."""
    parts = re.split(r"(\$[^$]*\$)", words)
    return "".join(p if p.startswith("$") else re.sub(r"([#%&_{}])", r"\\\1", p) for p in parts)


def _record(
    title: str,
    hypotheses: tuple[Shown, ...],
    start: sp.Expr | None,
    steps: Sequence[Step],
    whole: Sequent | None,
    unused: tuple[str, ...],
) -> dict[str, Any]:
    return {
        "schema": 1,
        "kind": "derivation",
        "title": title,
        "hypotheses": [{"name": h.name, "plain": h.plain, "latex": h.latex} for h in hypotheses],
        "start": {"plain": str(start), "latex": sp.latex(start)} if start is not None else None,
        "steps": [_step_record(step) for step in steps],
        "conclusion": {"plain": plain_relation(whole.relation), "latex": latex_relation(whole.relation)}
        if whole
        else None,
        "status": str(whole.status) if whole else "unproved",
        "unused": list(unused),
    }


def _step_record(step: Step) -> dict[str, Any]:
    return {
        "relation": _PLAIN[step.relation.sign],
        "plain": str(step.relation.right),
        "latex": sp.latex(step.relation.right),
        "reason": step.reason,
        "status": str(step.sequent.status),
        "kernel": _kernels(step.sequent),
        "conditions": [str(c) for c in side_conditions(step.relation)],
        "used": sorted(n for n in step.sequent.uses & {h.name for h in step.sequent.context.hypotheses} if n),
        "lemmas": list(step.lemmas),
    }
