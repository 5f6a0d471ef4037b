"""A derivation as HTML: what is given and to be proved, the chain with its reasons, and what was checked at each step.

Every step carries its status; opened, the status shows the relation as it was judged, the hypotheses it used, what
the kernel does, the conditions that were checked beside it and what it cites. Formulas that stand on the page already
are not set again there: text in SymPy's syntax takes their place, ready to be copied.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping
from html import escape
from typing import Any

from assayer.claims.records import WORDS, Record
from assayer.site import backlinks, symbols
from assayer.site.kernels import EXPLAINED
from assayer.site.markup import formula, link, listing, relation, status, tex, words
from assayer.site.surroundings import Surroundings

RELATIONS = {"=": "Eq", "≠": "Ne", "≤": "Le", "<": "Lt", "≥": "Ge", ">": "Gt", "!=": "Ne", "<=": "Le", ">=": "Ge"}
"""SymPy's names for the relations of a step."""
WHOLE = "Judged as a whole, without a chain."
"""What stands in the place of the steps where there is none, as after a joint induction."""


def head(kind: str, title: str, mark: str) -> str:
    """The first line of a record: its kind, its title as HTML, and its mark."""
    return (
        f'<div class="ay-head"><span class="ay-kind">{escape(kind)}</span> '
        f'<span class="ay-title">{title}</span> {mark}</div>'
    )


def hypotheses(items: list[dict[str, Any]], unused: list[str] | tuple[()] = (), base: str = "") -> str:
    """Hypotheses by name; those in `unused` are marked. With a `base`, each statement has an id made of it."""

    def shown(item: dict[str, Any]) -> str:
        mark = ' <span class="ay-unused">not used</span>' if item["name"] in unused else ""
        told = formula(item["latex"], item["plain"]) + mark
        return f'<span id="{escape(_given(base, item["name"]))}">{told}</span>' if base else told

    return listing(((f"({escape(item['name'])})", shown(item)) for item in items), "ay-hypotheses")


def _given(base: str, name: str) -> str:
    """The id of a hypothesis of the derivation whose anchor is `base`."""
    letters = "".join(c if c.isascii() and (c.isalnum() or c in "_-") else f"-{ord(c):x}" for c in name)
    return f"given.{base}.{letters}"


def domains(items: list[dict[str, str]]) -> str:
    """The symbols with their domains, one formula for each domain."""
    groups: dict[tuple[str, str], list[dict[str, str]]] = {}
    for symbol in items:
        groups.setdefault((symbol["domain_latex"], symbol["domain"]), []).append(symbol)
    return "; ".join(
        formula(
            rf"{', '.join(symbols.printed(s['symbol'], s['latex']) or _upright(s) for s in group)} \in {letters}",
            f"{', '.join(s['symbol'] for s in group)}: {name}",
        )
        for (letters, name), group in groups.items()
    )


def _upright(symbol: dict[str, str]) -> str:
    return rf"\text{{{symbol['symbol']}}}"


def given(record: Mapping[str, Any]) -> str:
    """The domains of a record's symbols, and what its vectors, matrices and random variables were declared to be."""
    return "; ".join(filter(None, (domains(record.get("symbols", [])), *map(escape, record.get("declared", ())))))


def _with(record: Record, around: Surroundings) -> str:
    """As `given`, each symbol a link to its entry on the page of notation, where the book has one."""
    if not around.notation or around.chapter is None:
        return given(record)
    page = around.page(around.notation)
    groups: dict[str, list[str]] = {}
    for symbol in record.get("symbols", []):
        name = symbol["symbol"]
        letters = tex(symbols.printed(name, symbol["latex"]) or _upright(symbol))
        if symbols.is_name(name):
            entry = symbols.anchor(around.chapter, name, symbols.form_of(record, name))
            # A typeset letter is no name that is read out.
            label = f'aria-label="{escape(name)}, in the notation"'
            letters = f'<a class="ay-symbol" href="{escape(f"{page}#{entry}")}" {label}>{letters}</a>'
        groups.setdefault(symbol["domain_latex"], []).append(letters)
    listed = [", ".join(group) + tex(rf"{{}} \in {letters}") for letters, group in groups.items()]
    return "; ".join([*listed, *map(escape, record.get("declared", ()))])


# --- The chain ----------------------------------------------------------------------------------------


def derivation(record: Record, around: Surroundings) -> str:
    """A derivation: With, Assume and Prove in a box, then the chain, then what it comes to and where it is used."""
    place = around.chapter
    anchor = backlinks.anchor(place, "derivation", record["title"]) if place else ""
    anchor = anchor if around.take(anchor) else ""
    start = formula(record["start"]["latex"], record["start"]["plain"], display=True)
    conclusion = formula(record["conclusion"]["latex"], record["conclusion"]["plain"])
    where = _with(record, around)
    left, steps = record["start"]["plain"], []
    for step in record["steps"]:
        steps.append(_step(step, left, record, anchor, around))
        left = step["plain"]
    return (
        f'<section class="ay-record ay-derivation"{_id(anchor)} aria-label="Derivation: {escape(record["title"])}">'
        + head("Derivation", words(record["title"]), status(record["status"]))
        + _box(
            ("With", f"<span>{where}</span>" if where else ""),
            ("Assume", hypotheses(record["hypotheses"], record["unused"], anchor)),
            ("Prove", f'<span class="ay-goal">{conclusion}</span>'),
        )
        + f'<ol class="ay-steps" role="list"><li><div class="ay-expression">{start}</div></li>'
        + ("".join(steps) or f'<li class="ay-why">{WHOLE}</li>')
        + '</ol><div class="ay-conclusion"><span class="ay-label">Hence</span> '
        f'<span class="ay-statement"{_id(anchor and f"says.{anchor}")}>{conclusion}</span></div>'
        f"{_uses(record, around)}{_verify(record)}</section>"
    )


def _id(anchor: str) -> str:
    return f' id="{escape(anchor)}"' if anchor else ""


def _box(*rows: tuple[str, str]) -> str:
    """What a derivation starts from: a label and its HTML in a row each, without the empty ones."""
    shown = "".join(f'<span class="ay-label">{label}</span> {html}' for label, html in rows if html)
    return f'<div class="ay-assume">{shown}</div>' if shown else ""


def _step(step: dict[str, Any], left: str, record: Record, anchor: str, around: Surroundings) -> str:
    cites = ["uses " + ", ".join(_used(name, anchor) for name in step["used"])] if step["used"] else []
    cites += ["cites " + ", ".join(_lemma(name, around)[0] for name in step["lemmas"])] if step["lemmas"] else []
    parts = [f'<span class="ay-reason">{words(step["reason"])}</span>'] if step["reason"].strip() else []
    parts += [f'<span class="ay-cites">{"; ".join(cites)}</span>'] if cites else []
    return (
        f'<li><span class="ay-relation">{relation(step["relation"])}</span>'
        f'<div class="ay-expression">{formula(step["latex"], step["plain"], display=True)}</div>'
        f'<div class="ay-why">{" ".join(parts)}{_what(step, left, record, around)}</div></li>'
    )


def _used(name: str, anchor: str) -> str:
    """A hypothesis by name, a link to its statement in the box above where that has an id."""
    return link(f"#{_given(anchor, name)}", escape(name)) if anchor else escape(name)


def _lemma(title: str, around: Surroundings) -> tuple[str, str]:
    """What a step cites: its title, a link where a page shows it, and its statement as text."""
    target = backlinks.cited(around.book, around.chapter, title) if around.chapter else None
    if target is None:
        return words(title), ""
    chapter, record = target
    address = around.page(backlinks.page_of(chapter)) + "#" + backlinks.anchor(chapter, "derivation", title)
    return link(address, words(title)), record["conclusion"]["plain"]


def judged(left: str, sign: str, right: str) -> tuple[str, bool]:
    """The relation that a step asserts, and whether it is Python that SymPy reads; else it is text."""
    # Python takes the signs of words of letters, such as A·Bᵀ, for letters of a name.
    if sign in RELATIONS and not re.search(r"[·ᵀ⁻‖⟨]", left + right):
        try:
            return exact(f"{RELATIONS[sign]}({left}, {right})"), True
        except SyntaxError:
            pass
    return f"{left} {sign} {right}", False


def exact(source: str) -> str:
    """The expression with each quotient of two integers as a ``Rational``: Python itself would round it.

    Raises:
        SyntaxError: where `source` is no expression of Python.
    """
    shown = source.encode()  # the positions are those of bytes
    found = [node for node in ast.walk(ast.parse(source, mode="eval")) if isinstance(node, ast.BinOp)]
    for node in sorted(found, key=lambda node: -node.col_offset):
        left, right = node.left, node.right
        if isinstance(left, ast.UnaryOp):  # Python reads -1/2 as (-1)/2
            left = left.operand
        if isinstance(node.op, ast.Div) and _whole(left) and _whole(right):
            quotient = f"Rational({ast.unparse(left)}, {ast.unparse(right)})".encode()
            shown = shown[: left.col_offset] + quotient + shown[node.end_col_offset :]
    return shown.decode()


def _whole(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, int)


def _what(step: dict[str, Any], left: str, record: Record, around: Surroundings) -> str:
    """The status of a step, which opens to what was checked."""
    shown, python = judged(left, step["relation"], step["plain"])
    known = {one["name"]: one["plain"] for one in record["hypotheses"]}
    used = [f"({escape(name)}) <code>{escape(known[name])}</code>" for name in step["used"] if name in known]
    kernels = [name for name in step["kernel"].split(", ") if name]
    told = [f"<i>{escape(name)}</i>: {escape(EXPLAINED.get(name, 'a kernel of the checker.'))}" for name in kernels]
    cited = []
    for title in step["lemmas"]:
        name, said = _lemma(title, around)
        cited.append(f"{name}: <code>{escape(said)}</code>" if said else f"{name} (not shown on a page)")
    facts = listing(
        (
            ("Judged", f"<code>{escape(shown)}</code>" + ("" if python else ' <span class="ay-kernel">(text)</span>')),
            ("Uses", _items(used) or "the domains of its symbols"),
            ("Cites", _items(cited)),
            ("Also checked", ", ".join(f"<code>{escape(one)}</code>" for one in step["conditions"])),
            ("By", _items(told) or WORDS[step["status"]]),
        ),
        "ay-facts",
    )
    mark = status(step["status"], kernel=step["kernel"])
    return f'<details class="ay-what"><summary>{mark}</summary>{facts}</details>'


def _items(items: list[str]) -> str:
    if len(items) < 2:
        return "".join(items)
    return f"<ul>{''.join(f'<li>{one}</li>' for one in items)}</ul>"


def _uses(record: Record, around: Surroundings) -> str:
    """The claims that a derivation shows, and the derivations whose steps cite it."""
    if around.chapter is None:
        return ""
    claims = [
        link(f"#{id}", f"<code>{escape(id)}</code>")
        for id in backlinks.claims_shown_by(around.book, around.chapter, record["title"])
    ]
    citing = [
        link(around.page(use.page) + f"#{use.anchor}", words(use.name))
        for use in backlinks.citing(around.book, around.chapter, record["title"])
    ]
    parts = [f"shows {', '.join(claims)}"] if claims else []
    parts += [f"used in {', '.join(citing)}"] if citing else []
    return f'<p class="ay-uses">{"; ".join(parts)}</p>' if parts else ""


def _verify(record: Record) -> str:
    """The place of the button "Check it yourself", with the text that proves the derivation again; see `verify`."""
    script = record.get("script", "")
    if not script:
        return ""
    if script.startswith("#"):
        return f'<p class="ay-verify-none">{escape(script.strip().removeprefix("# "))}</p>'
    kernels = escape(", ".join(dict.fromkeys(step["kernel"] for step in record["steps"] if step["kernel"])))
    return (
        '<div class="ay-verify" data-mb="" hidden><button type="button">Check it yourself</button>'
        f'<template data-kernels="{kernels}">{escape(script, quote=False)}</template></div><!-- ay-verify -->'
    )
