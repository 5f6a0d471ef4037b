"""How a derivation prints: stable text, LaTeX, and the record that the site reads. No times, no addresses."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Any, TypeAlias

import sympy as sp
from sympy.core.function import AppliedUndef

from assayer.derivation.script import script
from assayer.derivation.trusted.context import Context, Forall, Relation
from assayer.derivation.trusted.expressions import domain, values_of
from assayer.derivation.trusted.problem import side_conditions
from assayer.derivation.trusted.theorem import Sequent

MIME = "application/vnd.assayer+json"
Bundle: TypeAlias = "dict[str, Any]"
_ESCAPED = {"\\": r"$\backslash$", "^": r"$\hat{\ }$", "~": r"$\sim$"}
_PLAIN = {"=": "=", "!=": "≠", "<=": "≤", "<": "<", ">=": "≥", ">": ">"}
_BOUNDS = {"positive": ">", "nonnegative": ">=", "negative": "<", "nonpositive": "<=", "nonzero": "!="}
_LATEX = {"=": "=", "!=": r"\ne", "<=": r"\le", "<": "<", ">=": r"\ge", ">": ">"}

DECLARED: list[Callable[..., list[str]]] = []
"""What tells, in lines, how the names in some expressions were declared; a front end of the checker adds its own."""


@dataclass(frozen=True)
class Shown:
    """A hypothesis as it is displayed."""

    name: str
    plain: str
    latex: str


@dataclass(frozen=True)
class Domain:
    """A symbol and where it lives, as displayed: ``N`` and ``integer ≥ 0``."""

    symbol: str
    latex: str
    words: str
    set_latex: str


@dataclass(frozen=True)
class Step:
    """One judged line of a chain."""

    relation: Relation
    reason: str
    sequent: Sequent
    lemmas: tuple[str, ...] = ()


def latex(expr: sp.Basic) -> str:
    """The expression as LaTeX. A bound variable that the checker renamed gets a prime where its letter is in use."""
    names: dict[sp.Basic, str] = {}
    shown = expr.atoms(sp.Symbol) | expr.free_symbols  # the second knows what a held scalar shows
    taken = {symbol.name for symbol in shown if isinstance(symbol, sp.Symbol) and not isinstance(symbol, sp.Dummy)}
    for dummy in sorted(expr.atoms(sp.Dummy), key=lambda d: (d.name, d.dummy_index)):
        primes = next(mark for mark in ("'" * k for k in count()) if dummy.name + mark not in taken)
        taken.add(dummy.name + primes)
        names[dummy] = sp.latex(sp.Symbol(dummy.name)) + primes
    return sp.latex(expr, symbol_names=names)


class View:
    """How the expressions of one derivation print. A front end may have another way; see `VIEWS`."""

    def plain(self, expr: sp.Basic) -> str:
        return str(expr)

    def latex(self, expr: sp.Basic) -> str:
        return latex(expr)

    def hides(self, symbol: sp.Basic) -> bool:
        """Whether the symbol stands on no line that this view prints."""
        return False

    def declared(self, lines: Iterable[str]) -> list[str]:
        """The lines that say what was declared."""
        return list(lines)


AS_JUDGED = View()
VIEWS: list[Callable[[Sequence[Relation]], View | None]] = []
"""What gives another view of a derivation, from every statement in it, or None; a front end adds its own.

What a view prints must follow from what was judged."""


def view_of(context: Context, relations: Iterable[Relation]) -> View:
    """The view of a derivation under the hypotheses of `context` with the lines `relations`."""
    every = _statements(context, relations)
    return next((found for way in VIEWS if (found := way(every)) is not None), AS_JUDGED)


def _statements(context: Context, relations: Iterable[Relation]) -> list[Relation]:
    return [*(getattr(h.statement, "relation", h.statement) for h in context.hypotheses), *relations]


def plain_relation(relation: Relation, view: View = AS_JUDGED) -> str:
    return f"{view.plain(relation.left)} {_PLAIN[relation.sign]} {view.plain(relation.right)}"


def latex_relation(relation: Relation, view: View = AS_JUDGED) -> str:
    return f"{view.latex(relation.left)} {_LATEX[relation.sign]} {view.latex(relation.right)}"


def shown_domains(context: Context, relations: Iterable[Relation]) -> tuple[Domain, ...]:
    """The domain of every symbol and of every declared family, by name: it counts as a hypothesis too."""
    relations = list(relations)
    every, view = _statements(context, relations), view_of(context, relations)
    symbols = set().union(*(h.statement.symbols() for h in context.hypotheses), *(r.symbols() for r in relations))
    symbols |= {h.statement.index for h in context.hypotheses if isinstance(h.statement, Forall)}
    members = {m for r in every for side in (r.left, r.right) for m in side.atoms(AppliedUndef, sp.Indexed)}
    families = {str(m.base if isinstance(m, sp.Indexed) else m.func): m for m in members if values_of(m)}
    shown = [_domain(str(s), latex(s), domain(s)) for s in sorted(symbols, key=str) if not view.hides(s)]
    return (*shown, *(_domain(name, name, values_of(m)) for name, m in sorted(families.items())))


def _domain(name: str, latex: str, words: tuple[str, ...]) -> Domain:
    kind, letter = ("integer", "Z") if "integer" in words else ("real", "R")
    sign = next((s for word, s in _BOUNDS.items() if word in words), None)
    if sign is None:
        return Domain(name, latex, kind, rf"\mathbb{{{letter}}}")
    return Domain(name, latex, f"{kind} {_PLAIN[sign]} 0", rf"\mathbb{{{letter}}}_{{{_LATEX[sign]} 0}}")


def domain_lines(domains: Iterable[Domain]) -> list[tuple[str, str]]:
    """One line for each domain, as plain text and as LaTeX: ``N, a, b: integer ≥ 0``."""
    groups: dict[tuple[str, str], list[Domain]] = {}
    for d in domains:
        groups.setdefault((d.words, d.set_latex), []).append(d)
    return [
        (f"{', '.join(d.symbol for d in members)}: {words}", rf"{', '.join(d.latex for d in members)} \in {letters}")
        for (words, letters), members in groups.items()
    ]


def shown_hypotheses(context: Context, view: View = AS_JUDGED) -> tuple[Shown, ...]:
    """The hypotheses in the order in which the author gave them."""
    shown = []
    for hypothesis in context.hypotheses:
        statement = hypothesis.statement
        if isinstance(statement, Forall):
            plain = f"{plain_relation(statement.relation, view)} for all {statement.index}"
            tex = rf"{latex_relation(statement.relation, view)} \ \text{{for all }} {latex(statement.index)}"
        else:
            plain, tex = plain_relation(statement, view), latex_relation(statement, view)
        shown.append(Shown(hypothesis.name, plain, tex))
    return tuple(shown)


def declared(context: Context, relations: Iterable[Relation]) -> tuple[str, ...]:
    """What was declared of the vectors, matrices and random variables behind the atoms: hypotheses too."""
    relations = list(relations)
    sides = [s for h in context.hypotheses for s in h.statement.sides()] + [s for r in relations for s in r.sides()]
    lines = (line for describe in DECLARED for line in describe(*sides))
    return tuple(view_of(context, relations).declared(lines))


def bundle(
    title: str,
    context: Context,
    start: sp.Expr | None,
    steps: Sequence[Step],
    whole: Sequent | None,
    unused: Iterable[str] = (),
) -> Bundle:
    """The MIME bundle of a derivation: ``text/plain``, ``text/latex`` and the record."""
    relations = [*(s.relation for s in steps), *([whole.relation] if whole else [])]
    view = view_of(context, relations)
    shown = _Display(
        title,
        shown_domains(context, relations),
        declared(context, relations),
        shown_hypotheses(context, view),
        start,
        tuple(steps),
        whole,
        tuple(unused),
        view,
    )
    return {"text/plain": _plain(shown), "text/latex": _latex(shown), MIME: _record(shown)}


@dataclass(frozen=True)
class _Display:
    """What the forms of a derivation show."""

    title: str
    domains: tuple[Domain, ...]
    declared: tuple[str, ...]
    hypotheses: tuple[Shown, ...]
    start: sp.Expr | None
    steps: tuple[Step, ...]
    whole: Sequent | None
    unused: tuple[str, ...]
    view: View


def _kernels(sequent: Sequent) -> str:
    return ", ".join(sequent.kernels)


def _plain(d: _Display) -> str:
    state = f" · {d.whole.status.sign} {d.whole.status}" if d.whole else " · not yet judged"
    lines = [f"{d.title}{state}"]
    lines += [f"  with {plain}" for plain, _ in domain_lines(d.domains)]
    lines += [f"  with {line}" for line in d.declared]
    lines += [f"  assume {h.name + ': ' if h.name else ''}{h.plain}" for h in d.hypotheses]
    if d.start is not None and d.steps:
        lines.append(f"  {d.view.plain(d.start)}")
    for step in d.steps:
        reason = f"   — {step.reason}" if step.reason else ""
        lines.append(
            f"    {_PLAIN[step.relation.sign]} {d.view.plain(step.relation.right)}{reason} · "
            f"{step.sequent.status} ({_kernels(step.sequent)})"
        )
    if d.whole is not None and len(d.steps) != 1:
        lines.append(f"  so {plain_relation(d.whole.relation, d.view)}")
    if d.unused:
        lines.append(f"  not needed: {', '.join(d.unused)}")
    return "\n".join(lines)


def _latex(d: _Display) -> str:
    if not d.steps:
        alone = d.view.latex(d.start) if d.start is not None else ""
        body = latex_relation(d.whole.relation, d.view) if d.whole else alone
        return f"$$\\begin{{aligned}}{body}\\end{{aligned}}$$"
    rows = [rf"& {d.view.latex(d.start)}"] if d.start is not None else []
    for step in d.steps:
        note = " · ".join(x for x in (step.reason, f"{step.sequent.status} ({_kernels(step.sequent)})") if x)
        sign, right = _LATEX[step.relation.sign], d.view.latex(step.relation.right)
        rows.append(rf"{{}}{sign}{{}} & {right} && \text{{{_text(note)}}}")
    return "$$\\begin{aligned}" + " \\\\ ".join(rows) + "\\end{aligned}$$"


def _text(words: str) -> str:
    """Escape what TeX would read, outside ``$…$``."""
    parts = re.split(r"(\$[^$]*\$)", words) if words.count("$") % 2 == 0 else [words.replace("$", r"\$")]

    def escaped(plain: str) -> str:
        return re.sub(r"\\\$|[\\^~#%&_{}]", lambda m: _ESCAPED.get(m[0], "\\" + m[0].lstrip("\\")), plain)

    return "".join(p if p.startswith("$") else escaped(p) for p in parts)


def _record(d: _Display) -> dict[str, Any]:
    return {
        "schema": 1,
        "kind": "derivation",
        "title": d.title,
        "symbols": [symbol_record(one) for one in d.domains],
        **({"declared": list(d.declared)} if d.declared else {}),
        "hypotheses": [{"name": h.name, "plain": h.plain, "latex": h.latex} for h in d.hypotheses],
        "start": {"plain": d.view.plain(d.start), "latex": d.view.latex(d.start)} if d.start is not None else None,
        "steps": [_step_record(step, d.view) for step in d.steps],
        "conclusion": {
            "plain": plain_relation(d.whole.relation, d.view),
            "latex": latex_relation(d.whole.relation, d.view),
        }
        if d.whole
        else None,
        "status": str(d.whole.status) if d.whole else "unproved",
        "unused": list(d.unused),
        **({"script": script(d.whole)} if d.whole else {}),
    }


def symbol_record(d: Domain) -> dict[str, str]:
    return {"symbol": d.symbol, "latex": d.latex, "domain": d.words, "domain_latex": d.set_latex}


def _step_record(step: Step, view: View) -> dict[str, Any]:
    return {
        "relation": _PLAIN[step.relation.sign],
        "plain": view.plain(step.relation.right),
        "latex": view.latex(step.relation.right),
        "reason": step.reason,
        "status": str(step.sequent.status),
        "kernel": _kernels(step.sequent),
        "conditions": [str(c) for c in side_conditions(step.relation)],
        "used": sorted(n for n in step.sequent.uses & {h.name for h in step.sequent.context.hypotheses} if n),
        "lemmas": list(step.lemmas),
    }
