"""What sources print and does not hold: a page of its own, with an address for each erratum that never moves.

The anchor of an erratum is made from its claim's id and from nothing else, so it does not depend on the order of
the chapters or on how many errata there are.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any

from assayer.claims.records import Book, Chapter, LocatedClaim
from assayer.site.markup import link, table, words
from assayer.site.noted import page_showing
from assayer.site.render import FIGURE_VERDICTS, Surroundings, erratum, standing
from assayer.site.sources import Source, look_up

if TYPE_CHECKING:
    from sphinx.application import Sphinx

PAGE = "errata"
"""Under this word the page of errata is noted."""
MARK = 'class="ay-errata"'
"""What the page of errata holds and no other page does."""
Address = Callable[[str], str]


@dataclass(frozen=True)
class Places:
    """Addresses, from the page being drawn, of a claim's place in its chapter, and a chapter's title as HTML."""

    claim: Address
    title: Callable[[Chapter], str]


def anchor(id: str) -> str:
    """The anchor of the erratum of the claim `id`."""
    return f"erratum-{id}"


def address(app: Sphinx, docname: str) -> Address | None:
    """From a claim's id to its erratum's address, as seen from the page `docname`; None where no page shows errata."""
    page = page_showing(app.env, PAGE)
    if page is None:
        return None
    before = "" if page == docname else app.builder.get_relative_uri(docname, page)
    return lambda id: f"{before}#{anchor(id)}"


def claims(book: Book) -> list[LocatedClaim]:
    """The claims that differ from print, in the book's order."""
    return [claim for claim in book.claims if claim.record["erratum"]]


def permalink(target: str, name: str) -> str:
    """A link of an entry to itself; a script lets it copy its address as well. `name` says whose it is."""
    return f'<a class="ay-permalink" href="#{escape(target)}" aria-label="Link to {escape(name)}">link</a>'


def page(book: Book, sources: Mapping[str, Source], places: Places, around: Surroundings) -> str:
    """Every erratum of the book, by chapter: as printed, as verified, counterexample, smallest repair."""
    found = claims(book)
    if not found:
        return f'<div {MARK}><p class="ay-empty">None yet.</p></div>'
    count = len({claim.record["source"]["key"] for claim in found})
    plural, sources_ = "erratum" if len(found) == 1 else "errata", "source" if count == 1 else "sources"
    parts = [f"<p>{len(found)} {plural} in {count} {sources_}.</p>"]
    for chapter in book.chapters:
        here = [claim for claim in found if claim.chapter is chapter]
        if here:
            parts.append(f"<h2>{places.title(chapter)}</h2>")
            parts += [_entry(claim, sources, places, around) for claim in here]
    return f"<div {MARK}>{''.join(parts)}</div>"


def _entry(claim: LocatedClaim, sources: Mapping[str, Source], places: Places, around: Surroundings) -> str:
    record, name = claim.record, f"<code>{escape(claim.id)}</code>"
    source = look_up(sources, record["source"]["key"], claim.id).html(record["source"]["where"])
    differing = [row for row in record["published"] if row["verdict"] == "differs"]
    ways = f"{link(places.claim(claim.id), 'In the chapter')} · {link(around.address(claim.id), 'In the ledger')}"
    return (
        f'<section class="ay-record ay-erratum-entry" id="{escape(anchor(claim.id))}" '
        f'aria-label="Erratum {escape(claim.id)}"><div class="ay-head"><h3 class="ay-title">{source}</h3> '
        f"{permalink(anchor(claim.id), f'the erratum {claim.id}')}</div>"
        f'<p class="ay-ways">{name} {standing(claim.id, around)} · {ways}</p>'
        f"{erratum(record['erratum'])}{_figures(claim.id, differing)}</section>"
    )


HEAD = ("Quantity", "Published", "Ours", "Verdict")


def cells(row: Mapping[str, Any]) -> tuple[str, ...]:
    """A published figure beside ours: the cells under `HEAD`."""
    told = f'<span class="ay-verdict ay-{row["verdict"]}">{FIGURE_VERDICTS[row["verdict"]]}</span>'
    return (*(words(row[name]) for name in ("quantity", "published", "ours")), told)


def _figures(id: str, rows: Sequence[Mapping[str, Any]]) -> str:
    return table(f"Published figures of {id} beside ours", HEAD, map(cells, rows)) if rows else ""


def index(book: Book, sources: Mapping[str, Source], to: Address, around: Surroundings) -> str:
    """The errata as the ledger lists them where they have a page of their own: a line each, with its address."""
    entries = [
        f'<li id="{escape(anchor(claim.id))}" class="ay-entry">'
        f"{link(to(claim.id), f'<code>{escape(claim.id)}</code>', css='ay-id')} "
        f"{look_up(sources, claim.record['source']['key'], claim.id).html(claim.record['source']['where'])}</li>"
        for claim in claims(book)
    ]
    return f'<ul class="ay-list" role="list">{"".join(entries)}</ul>' if entries else ""


def whole(book: Book, sources: Mapping[str, Source], around: Surroundings) -> str:
    """The errata as the ledger lists them where they have no page of their own."""
    entries = [
        f'<li id="{escape(anchor(claim.id))}" class="ay-entry">'
        f"{link(around.address(claim.id), f'<code>{escape(claim.id)}</code>', css='ay-id')} "
        f"{look_up(sources, claim.record['source']['key'], claim.id).html(claim.record['source']['where'])}"
        f"{erratum(claim.record['erratum'])}</li>"
        for claim in claims(book)
    ]
    return f'<ul class="ay-list" role="list">{"".join(entries)}</ul>' if entries else ""
