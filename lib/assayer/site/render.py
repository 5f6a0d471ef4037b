"""One record of a chapter as HTML.

Each function takes a validated record (see `assayer.claims.records`) and gives the text of one element; what it
needs to know of the rest of the book comes in a `Surroundings`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from html import escape
from typing import Any

from assayer.claims.records import Record, RecordError
from assayer.site import backlinks, svg
from assayer.site.derivations import derivation, given, head, hypotheses
from assayer.site.errors import SiteError
from assayer.site.markup import link, listing, markdown, markdown_line, status, table, tex, words
from assayer.site.sources import look_up
from assayer.site.surroundings import Surroundings

FIGURE_VERDICTS = {"agrees": "✓ agrees", "differs": "✗ differs"}


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
                words(row["quantity"]),
                words(row["published"]),
                words(row["ours"]),
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


def _within(around: Surroundings, kind: str, title: str) -> str:
    """A derivation or a check of the chapter being drawn, a link where the chapter shows it."""
    chapter = around.chapter
    if chapter is None or all(record["title"] != title for _, record in chapter.of_kind(kind)):
        return words(title)
    return link(f"#{backlinks.anchor(chapter, kind, title)}", words(title))


def claim(record: Record, around: Surroundings) -> str:
    """A claim: statement, status, source, what shows it, what it rests on, what is published, and an erratum."""
    id = record["id"]
    source = look_up(around.sources, record["source"]["key"], id)
    first = around.take(id)
    anchor, says = (f' id="{escape(id)}"', f' id="says.{escape(id)}"') if first else ("", "")
    shown_by = [_within(around, "derivation", title) for title in record["theorems"]]
    kernels = f" ({escape(', '.join(record['kernels']))})" if record["kernels"] and shown_by else ""
    ancestors = [link(around.address(one), f"<code>{escape(one)}</code>") for one in record["rests_on"]]
    facts = listing(
        (
            ("With", given(record)),
            ("Assumes", hypotheses(record["hypotheses"])),
            ("Source", source.html(record["source"]["where"])),
            ("Derived in", "; ".join(shown_by) + kernels if shown_by else ""),
            ("Tested by", "; ".join(_within(around, "check", title) for title in record["tests"])),
            ("Rests on", ", ".join(ancestors)),
            ("Used in", around.used_in(id)),
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
        + head("Claim", link(around.address(id), f"<code>{escape(id)}</code>", css="ay-id"), standing(id, around))
        + f'<div class="ay-statement"{says}>{markdown(record["statement"])}</div>{exact}{facts}'
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
    anchor = backlinks.anchor(around.chapter, "check", record["title"]) if around.chapter else ""
    anchor = f' id="{escape(anchor)}"' if around.take(anchor) else ""
    return (
        f'<section class="ay-record ay-check"{anchor} aria-label="Check: {escape(record["title"])}">'
        + head("Check", words(record["title"]), mark)
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
        + head("Answer", words(record["title"]), "")
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
