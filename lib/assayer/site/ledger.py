"""What the whole book claims: the box at the head of a chapter, the ledger's page, and ``ledger.json``."""

from __future__ import annotations

import json
import os
import tempfile
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

from assayer.claims.records import STATUSES, Book, Chapter, LocatedClaim
from assayer.site import errata
from assayer.site.errors import SiteError
from assayer.site.markup import link, listing, markdown_line, status, table
from assayer.site.render import FIGURE_VERDICTS, Surroundings, erratum, given, hypotheses, standing
from assayer.site.sources import Source, look_up

Address = Callable[[str], str]
"""From a claim's id to an address, as seen from the page being drawn."""
NOTHING = '<p class="ay-empty">None yet.</p>'


@dataclass(frozen=True)
class ChapterLink:
    """How to name and find things from the page being drawn.

    `claim` gives the address of a claim's own place in its chapter, `title` a chapter's title as HTML, `data` the
    address of ``ledger.json``, `erratum` the address of a claim's erratum where the errata have a page of their own.
    """

    claim: Address
    title: Callable[[Chapter], str]
    data: str
    erratum: Address | None = None


def problems(book: Book, sources: Mapping[str, Source]) -> list[str]:
    """One line for each claim that cites what the bibliography lacks, or that rests on a refuted claim."""
    found = []
    for claim in book.claims:
        key = claim.record["source"]["key"]
        if key not in sources:
            found.append(f"{claim.place}: claim {claim.id!r} cites {key!r}, which the bibliography lacks")
        for ancestor in claim.record["rests_on"]:
            if book.standing(ancestor) == "refuted":
                found.append(f"{claim.place}: claim {claim.id!r} rests on {ancestor!r}, which is refuted")
    return found


def box(chapter: Chapter, around: Surroundings) -> str:
    """The box "In this chapter": each claim with its computed status, and what the sources have wrong."""
    claims = [record for _, record in chapter.of_kind("claim")]
    if not claims:
        raise SiteError(f"{chapter.path}: the box of claims has nothing to show, since no cell declares a claim")
    items = "".join(
        f'<li><a class="ay-id" href="#{escape(record["id"])}"><code>{escape(record["id"])}</code></a> '
        f"{standing(record['id'], around)}<div>{markdown_line(record['statement'])}</div></li>"
        for record in claims
    )
    wrong = "".join(
        f'<li><a class="ay-id" href="{escape(around.address(record["id"]))}"><code>{escape(record["id"])}</code></a>'
        f"{erratum(record['erratum'])}</li>"
        for record in claims
        if record["erratum"]
    )
    found = f'<p class="ay-label">Wrong or missing as published</p><ul class="ay-list">{wrong}</ul>' if wrong else ""
    return (
        '<aside class="ay-record ay-box" aria-label="In this chapter"><p class="ay-label">In this chapter</p>'
        f'<ul class="ay-list">{items}</ul>{found}</aside>'
    )


PARTS = ("summary", "claims", "figures", "errata", "steps")
"""What the ledger's page is made of, in the order of a page that shows them all."""


def part(name: str, book: Book, sources: Mapping[str, Source], chapters: ChapterLink, around: Surroundings) -> str:
    """One of `PARTS`; `chapters` tells how a chapter and a claim in it are named and found."""
    if name == "summary":
        shown = _summary(book, chapters.data)
    elif name == "claims":
        shown = "".join(
            _chapter(chapter, book, sources, chapters, around) for chapter in book.chapters if chapter.of_kind("claim")
        )
    elif name == "figures":
        shown = _figures(book, around)
    elif name == "errata":
        apart = chapters.erratum
        shown = errata.index(book, sources, apart, around) if apart else errata.whole(book, sources, around)
    elif name == "steps":
        shown = _steps(book)
    else:
        raise SiteError(f"{around.name}: the ledger has no part {name!r}; it has {', '.join(PARTS)}")
    filtered = " data-filtered" if name == "claims" and shown else ""
    return f'<div class="ay-ledger"{filtered}>{shown or NOTHING}</div>'


def _summary(book: Book, data: str) -> str:
    if not book.claims:
        return ""
    count = Counter(book.standing(claim.id) for claim in book.claims)
    shown = "".join(f"<li>{status(name)} <b>{count[name]}</b></li>" for name in STATUSES if count[name])
    return (
        f"<p>{_number(len(book.claims), 'claim')}; each counts with the weakest status among itself and everything "
        f'that it rests on.</p><ul class="ay-tally" role="list">{shown}</ul>'
        f"<p>The same list for programs: {link(data, '<code>ledger.json</code>')}.</p>"
    )


def _number(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"


def _chapter(
    chapter: Chapter,
    book: Book,
    sources: Mapping[str, Source],
    chapters: ChapterLink,
    around: Surroundings,
) -> str:
    name = escape(chapter.name)
    entries = [_entry(claim, book, sources, chapters, around) for claim in book.claims if claim.chapter is chapter]
    heading = f'<h3 id="chapter-{name}" data-chapter="{name}">{chapters.title(chapter)}</h3>'
    return f'{heading}<ul class="ay-list" role="list">{"".join(entries)}</ul>'


def _entry(
    claim: LocatedClaim,
    book: Book,
    sources: Mapping[str, Source],
    chapters: ChapterLink,
    around: Surroundings,
) -> str:
    record = claim.record
    source = look_up(sources, record["source"]["key"], claim.id).html(record["source"]["where"])
    ancestors = ", ".join(link(around.address(one), f"<code>{escape(one)}</code>") for one in record["rests_on"])
    facts = listing(
        (
            ("With", given(record)),
            ("Assumes", hypotheses(record["hypotheses"])),
            ("Source", source),
            ("Rests on", ancestors),
            ("Used in", around.used_in(claim.id)),
            ("Tested by", "; ".join(escape(title) for title in record["tests"])),
            ("Differs", _differing(claim, chapters) if differs(record) else ""),
        ),
        "ay-facts",
    )
    # What the filters of the page go by.
    about = f'data-status="{escape(record["status"])}" data-chapter="{escape(claim.chapter.name)}"'
    return (
        f'<li id="{escape(claim.id)}" class="ay-entry" {about}{" data-differs" if differs(record) else ""}>'
        f"{link(chapters.claim(claim.id), f'<code>{escape(claim.id)}</code>', css='ay-id')} "
        f"{standing(claim.id, around)} {errata.permalink(claim.id, claim.id)}"
        f"<div>{markdown_line(record['statement'])}</div>{facts}</li>"
    )


def differs(record: Mapping[str, Any]) -> bool:
    """Whether what a claim's source prints is not what holds: a figure that differs, or an erratum."""
    return bool(record["erratum"]) or any(row["verdict"] == "differs" for row in record["published"])


def _differing(claim: LocatedClaim, chapters: ChapterLink) -> str:
    """That the source prints something else, with the way to what it prints."""
    if not claim.record["erratum"]:
        return f'<span class="ay-differs">{FIGURE_VERDICTS["differs"]}</span>, in the table of published figures'
    where = chapters.erratum(claim.id) if chapters.erratum else f"#{errata.anchor(claim.id)}"
    return f'<span class="ay-differs">✗ from its source</span>: {link(where, "the erratum")}'


def _figures(book: Book, around: Surroundings) -> str:
    rows = [
        (link(around.address(claim.id), f"<code>{escape(claim.id)}</code>"), *errata.cells(row))
        for claim in book.claims
        for row in claim.record["published"]
    ]
    if not rows:
        return ""
    return table("Published figures beside ours", ("Claim", *errata.HEAD), rows)


def _steps(book: Book) -> str:
    count = Counter(
        (step["status"], step["kernel"])
        for chapter in book.chapters
        for _, record in chapter.of_kind("derivation")
        for step in record["steps"]
    )
    if not count:
        return ""
    order = sorted(count, key=lambda pair: (STATUSES.index(pair[0]), pair[1]))
    rows = [(status(word), escape(kernel) or "–", str(count[word, kernel])) for word, kernel in order]
    head = ("Status", "Kernel", "Steps")
    return table("Steps of the book's derivations, by the kernel that judged them", head, rows)


def entries(book: Book, sources: Mapping[str, Source], chapter_address: Address) -> list[dict[str, Any]]:
    """The claims as plain data, for ``ledger.json``; `chapter_address` gives addresses from the site's root.

    ``status`` is the claim's own, ``standing`` the weakest among it and all that it rests on; ``published`` holds
    the published figures with ours and a verdict each, ``ours`` our values by quantity; ``verdict`` is
    "differs" where a figure differs or there is an erratum, "agrees" where every figure agrees, else null.
    """
    listed = []
    for claim in book.claims:
        record = claim.record
        source = look_up(sources, record["source"]["key"], claim.id)
        verdicts = {row["verdict"] for row in record["published"]}
        listed.append(
            {
                "id": claim.id,
                "statement": record["statement"],
                "latex": record["latex"],
                "symbols": record.get("symbols", []),
                "declared": record.get("declared", []),
                "hypotheses": record["hypotheses"],
                "chapter": claim.chapter.name,
                "page": chapter_address(claim.id),
                "source": {**record["source"], "name": source.name, "title": source.title, "url": source.url},
                "status": record["status"],
                "standing": book.standing(claim.id),
                "kernels": record["kernels"],
                "theorems": record["theorems"],
                "tests": record["tests"],
                "rests_on": record["rests_on"],
                "published": record["published"],
                "ours": {row["quantity"]: row["ours"] for row in record["published"]},
                "verdict": "differs" if differs(record) else ("agrees" if verdicts else None),
                "erratum": record["erratum"],
            }
        )
    return listed


def write_json(path: Path, data: object) -> None:
    """Write `data` as JSON at once or not at all."""
    text = json.dumps(data, ensure_ascii=False, indent=1) + "\n"
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=path.name)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)
    os.chmod(name, 0o644)
    os.replace(name, path)
