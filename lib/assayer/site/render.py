"""One record of a chapter as HTML.

Each function takes a validated record (see `assayer.claims.records`) and gives the text of one element; what it
needs to know of the rest of the book comes in a `Surroundings`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from typing import Any

from assayer.claims.records import Book, Record, RecordError
from assayer.site import svg
from assayer.site.errors import SiteError
from assayer.site.markup import (
    formula,
    link,
    listing,
    markdown,
    markdown_line,
    relation,
    status,
    table,
    tex,
    words,
)
from assayer.site.sources import Source, look_up

FIGURE_VERDICTS = {"agrees": "✓ agrees", "differs": "✗ differs"}


@dataclass
class Surroundings:
    """What a record's drawing needs from the book.

    `address` gives the address, from the page being drawn, of a claim's entry in the ledger; `name` names the
    record in messages; `serial` sets the ids of one output apart from another's; `figure` is the SVG that stands
    beside the record; `anchors` holds the ids that this page already carries.
    """

    book: Book
    sources: Mapping[str, Source]
    address: Callable[[str], str]
    name: str
    serial: str
    figure: str | None = None
    anchors: set[str] = field(default_factory=set)


def render(record: Record, around: Surroundings) -> str:
    """The HTML of any record; raises `SiteError` naming what is wrong with it."""
    try:
        draw = _DRAWINGS[record["kind"]]
    except KeyError:
        raise SiteError(f"{around.name}: no drawing for a record of kind {record.get('kind')!r}") from None
    try:
        return draw(record, around)
    except RecordError as error:
        raise SiteError(f"{around.name}: {error}") from None


def hypotheses(items: list[dict[str, Any]], unused: list[str] | tuple[()] = ()) -> str:
    """Hypotheses by name; those in `unused` are marked."""

    def shown(item: dict[str, Any]) -> str:
        mark = ' <span class="ay-unused">not used</span>' if item["name"] in unused else ""
        return formula(item["latex"], item["plain"]) + mark

    return listing(((f"({escape(item['name'])})", shown(item)) for item in items), "ay-hypotheses")


def domains(symbols: list[dict[str, str]]) -> str:
    """The symbols with their domains, one formula for each domain."""
    groups: dict[tuple[str, str], list[dict[str, str]]] = {}
    for symbol in symbols:
        groups.setdefault((symbol["domain_latex"], symbol["domain"]), []).append(symbol)
    return "; ".join(
        formula(
            rf"{', '.join(s['latex'] for s in group)} \in {letters}",
            f"{', '.join(s['symbol'] for s in group)}: {name}",
        )
        for (letters, name), group in groups.items()
    )


def given(record: Mapping[str, Any]) -> str:
    """The domains of a record's symbols, and what its vectors, matrices and random variables were declared to be."""
    return "; ".join(filter(None, (domains(record.get("symbols", [])), *map(escape, record.get("declared", ())))))


def _head(kind: str, title: str, mark: str) -> str:
    return (
        f'<div class="ay-head"><span class="ay-kind">{escape(kind)}</span> '
        f'<span class="ay-title">{title}</span> {mark}</div>'
    )


def _step(step: dict[str, Any]) -> str:
    cites = ["uses " + ", ".join(map(escape, step["used"]))] if step["used"] else []
    cites += ["cites " + ", ".join(map(escape, step["lemmas"]))] if step["lemmas"] else []
    parts = [f'<span class="ay-reason">{words(step["reason"])}</span>'] if step["reason"].strip() else []
    parts += [f'<span class="ay-cites">{"; ".join(cites)}</span>'] if cites else []
    parts.append(status(step["status"], kernel=step["kernel"]))
    conditions = "".join(f"<li><code>{escape(one)}</code></li>" for one in step["conditions"])
    where = f'<div class="ay-conditions">checked beside it: <ul>{conditions}</ul></div>' if conditions else ""
    return (
        f'<li><span class="ay-relation">{relation(step["relation"])}</span>'
        f'<div class="ay-expression">{formula(step["latex"], step["plain"], display=True)}</div>'
        f'<div class="ay-why">{" ".join(parts)}{where}</div></li>'
    )


def _given(*rows: tuple[str, str]) -> str:
    """What a derivation starts from: a label and its HTML in a row each, without the empty ones."""
    shown = "".join(f'<span class="ay-label">{label}</span> {html}' for label, html in rows if html)
    return f'<div class="ay-assume">{shown}</div>' if shown else ""


def derivation(record: Record, around: Surroundings) -> str:
    """A chain of steps: relation and expression in their columns, the reason and the status under each."""
    start = formula(record["start"]["latex"], record["start"]["plain"], display=True)
    assumed = hypotheses(record["hypotheses"], record["unused"])
    where = given(record)
    conclusion = formula(record["conclusion"]["latex"], record["conclusion"]["plain"])
    return (
        f'<section class="ay-record ay-derivation" aria-label="Derivation: {escape(record["title"])}">'
        + _head("Derivation", words(record["title"]), status(record["status"]))
        + _given(("With", f"<span>{where}</span>" if where else ""), ("Assume", assumed))
        + f'<ol class="ay-steps" role="list"><li><div class="ay-expression">{start}</div></li>'
        + "".join(map(_step, record["steps"]))
        + f'</ol><div class="ay-conclusion"><span class="ay-label">Hence</span> '
        f'<span class="ay-statement">{conclusion}</span></div>{_verify(record)}</section>'
    )


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


def erratum(found: dict[str, Any]) -> str:
    """What a source prints, what is verified, the counterexample and the smallest repair."""
    return listing(
        (
            ("As printed", markdown_line(found["printed"])),
            ("As verified", markdown_line(found["verified"])),
            ("Counterexample", markdown_line(found["counterexample"])),
            ("Smallest repair", markdown_line(found["repair"])),
        ),
        "ay-erratum",
    )


def published(rows: list[dict[str, Any]]) -> str:
    """Published figures beside ours."""
    return table(
        "Published, and found here",
        ("Quantity", "Published", "Ours", "Verdict"),
        (
            (
                markdown_line(row["quantity"]),
                markdown_line(row["published"]),
                markdown_line(row["ours"]),
                f'<span class="ay-verdict ay-{row["verdict"]}">{FIGURE_VERDICTS[row["verdict"]]}</span>',
            )
            for row in rows
        ),
    )


def standing(id: str, around: Surroundings) -> str:
    """The mark of a claim's status and, where an ancestor is weaker, of what it comes to with them."""
    own = around.book.claim(id).record["status"]
    whole = around.book.standing(id)
    if whole == own:
        return status(own)
    return f'{status(own)} <span class="ay-standing">with what it rests on: {status(whole)}</span>'


def claim(record: Record, around: Surroundings) -> str:
    """A claim: statement, status, source, what shows it, what it rests on, what is published, and an erratum."""
    id = record["id"]
    source = look_up(around.sources, record["source"]["key"], id)
    anchor = "" if id in around.anchors else f' id="{escape(id)}"'
    around.anchors.add(id)
    shown_by = [f"{words(title)}" for title in record["theorems"]]
    kernels = f" ({escape(', '.join(record['kernels']))})" if record["kernels"] and shown_by else ""
    ancestors = [link(around.address(one), f"<code>{escape(one)}</code>") for one in record["rests_on"]]
    facts = listing(
        (
            ("With", given(record)),
            ("Assumes", hypotheses(record["hypotheses"])),
            ("Source", source.html(record["source"]["where"])),
            ("Derived in", "; ".join(shown_by) + kernels if shown_by else ""),
            ("Tested by", "; ".join(words(title) for title in record["tests"])),
            ("Rests on", ", ".join(ancestors)),
        ),
        "ay-facts",
    )
    exact, wrong = "", ""
    if record["latex"].strip():
        exact = f'<div class="ay-exact">{tex(record["latex"], display=True)}</div>'
    if record["erratum"]:
        wrong = f'<div class="ay-wrong"><span class="ay-label">Erratum</span>{erratum(record["erratum"])}</div>'
    return (
        f'<section class="ay-record ay-claim"{anchor} aria-label="Claim {escape(id)}">'
        + _head("Claim", link(around.address(id), f"<code>{escape(id)}</code>"), standing(id, around))
        + f'<div class="ay-statement">{markdown(record["statement"])}</div>{exact}{facts}'
        + (published(record["published"]) if record["published"] else "")
        + f"{wrong}</section>"
    )


def check(record: Record, around: Surroundings) -> str:
    """A numerical check: prediction, measurement, budget, verdict, and the falsifiers that it rejects."""
    mark = '<span class="ay-status ay-passed"><span class="ay-sign" aria-hidden="true">✓</span> passed</span>'
    falsifiers = "".join(
        f'<li><span class="ay-status ay-rejected"><span class="ay-sign" aria-hidden="true">✗</span> rejected</span> '
        f"{words(one['what'])}</li>"
        for one in record["falsifiers"]
    )
    facts = listing(
        (
            ("Predicted", words(record["predicted"])),
            ("Measured", words(record["measured"] or "")),
            ("Budget", words(record["budget"])),
            ("Falsified", f"<ul>{falsifiers}</ul>" if falsifiers else ""),
        ),
        "ay-facts",
    )
    return (
        f'<section class="ay-record ay-check" aria-label="Check: {escape(record["title"])}">'
        + _head("Check", words(record["title"]), mark)
        + f"{facts}</section>"
    )


def _caption(shows: str, checked_by: str | None) -> str:
    by = f' <span class="ay-checked">Checked by “{words(checked_by)}”.</span>' if checked_by else ""
    return f"<figcaption>{markdown_line(shows)}{by}</figcaption>"


def figure(record: Record, around: Surroundings) -> str:
    """A figure in the page itself, with the claim that it carries as its caption."""
    if not around.figure:
        raise SiteError(f"{around.name}: the figure's record has no SVG beside it")
    drawing = svg.inline(around.figure, prefix=f"f{around.serial}", name=around.name, alt=record["alt"])
    caption = _caption(record["shows"], record["check"])
    return f'<figure class="ay-record ay-figure"><div class="ay-drawing">{drawing}</div>{caption}</figure>'


def _range(key: str, label: str, names: Sequence[str], described: str) -> str:
    """A labelled range control, hidden until its script runs; ``names`` are those of its positions."""
    return (
        f'<div class="ay-control" hidden><label for="{key}">{words(label)}</label>'
        f'<input id="{key}" type="range" min="0" max="{len(names) - 1}" step="1" value="0" '
        f'data-names="{escape(json.dumps(list(names), ensure_ascii=False))}" '
        f'aria-valuetext="{escape(names[0])}" aria-describedby="{described}">'
        f'<output for="{key}">{escape(names[0])}</output></div>'
    )


def slider(record: Record, around: Surroundings) -> str:
    """Frames and a range control or two; without scripts the first frame stands, and no control is shown."""
    key = f"s{around.serial}"
    frames = [
        svg.inline(frame, prefix=f"{key}-{number}", name=f"{around.name}, frame {number + 1}", alt=alt)
        for number, (frame, alt) in enumerate(zip(record["frames"], record["alts"], strict=True))
    ]
    held = "".join(
        f'<template data-alt="{escape(alt)}">{frame}</template>'
        for alt, frame in zip(record["alts"], frames, strict=True)
    )
    controls = _range(f"{key}-range", record["label"], record["values"], f"{key}-alt")
    if record.get("second"):
        controls += _range(f"{key}-second", record["second"]["label"], record["second"]["values"], f"{key}-alt")
    return (
        f'<figure class="ay-record ay-figure ay-slider" data-slider>'
        f'<div class="ay-drawing" data-frame>{frames[0]}</div>{controls}'
        f'<p class="ay-alt" id="{key}-alt" aria-live="polite">{escape(record["alts"][0])}</p>'
        f"{held}{_caption(record['shows'], None)}</figure>"
    )


def sketch(record: Record, around: Surroundings) -> str:
    """A signal to draw and its projection; without scripts the stored picture stands."""
    key = f"s{around.serial}"
    drawing = svg.inline(around.figure or "", prefix=f"f{around.serial}", name=around.name, alt=record["alt"])
    sizes = [str(size) for size in record["sizes"]]
    data = json.dumps({name: record[name] for name in ("nodes", "weights", "basis", "signals", "sizes")})
    options = "".join(
        f'<option value="{number}">{escape(one["name"])}</option>' for number, one in enumerate(record["signals"])
    )
    control = _range(f"{key}-range", record["label"], sizes, f"{key}-alt")
    choice = f'<label for="{key}-signal">Signal</label><select id="{key}-signal">{options}</select>'
    return (
        f'<figure class="ay-record ay-figure ay-slider" data-sketch data-name="{escape(record["alt"])}">'
        f'<div class="ay-drawing" data-frame>{drawing}</div>{control.replace("</div>", choice + "</div>")}'
        f'<p class="ay-hint" hidden>Draw your own signal into the picture, or choose one.</p>'
        f'<p class="ay-alt" id="{key}-alt" aria-live="polite">{escape(record["alt"])}</p>'
        f"<template>{escape(data)}</template>{_caption(record['shows'], None)}</figure>"
    )


def answer(record: Record, around: Surroundings) -> str:
    """What the checker says of an answer to an exercise."""
    return (
        f'<section class="ay-record ay-answer" aria-label="Answer: {escape(record["title"])}">'
        + _head("Answer", words(record["title"]), "")
        + f'<p class="ay-verdict ay-words">{words(record["verdict"])}</p></section>'
    )


_DRAWINGS: dict[str, Callable[[Record, Surroundings], str]] = {
    "derivation": derivation,
    "claim": claim,
    "check": check,
    "figure": figure,
    "slider": slider,
    "sketch": sketch,
    "answer": answer,
}
