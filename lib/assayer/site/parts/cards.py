"""Cards: a link to a claim, a derivation, a hypothesis or a symbol shows what it says before it is followed.

Where the page holds the statement already, the link names that element; otherwise the statement is put at the end of
the page, once, out of sight, so that its formulas are typeset with the others; there a browser reads it when the first
of them is asked for, and not before. The script ``cards.js`` shows the copy.
Without scripts each link leads to the place itself.
"""

from __future__ import annotations

import hashlib
import posixpath
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from html import escape, unescape
from pathlib import Path

from assayer.claims.records import Book, Record
from assayer.site import backlinks, symbols
from assayer.site.formulas import relative
from assayer.site.kept import Page
from assayer.site.markup import formula, markdown_line, status, words
from assayer.site.parts import Site
from assayer.site.parts.notation import meaning

STATIC = Path(__file__).parents[1] / "static"
ORDER = 40
_ARTICLE = re.compile(r"<article\b.*?</article>", re.DOTALL)
_LINK = re.compile(r'<a\b[^>]*? href="(?P<path>[^"#:]*)#(?P<id>[^"]+)"[^>]*>')
_ID = re.compile(r'\bid="([^"]+)"')
_CARD = re.compile(r' data-card="([^"]+)"')
_UNMARKED = re.compile(r'class="[^"]*\b(headerlink|ay-id)\b')
"""Links whose statement stands right beside them, or that lead to themselves."""


def finish(site: Site, pages: dict[str, Page]) -> dict[str, Page]:
    """Give the links of every page their cards, and the pages that need them the scripts."""
    book = site.book
    cards = _cards(book)
    return {
        path: page.then(with_cards, path, cards.of(page.fact(linked, path))).then(_scripts, path)
        for path, page in pages.items()
    }


def seal(_site: Site, pages: dict[str, Page]) -> tuple[dict[str, Page], list[str]]:
    """One line for each card of a finished page that would show nothing."""
    return pages, [
        f"{path}: the card {unescape(name)!r} is not on the page"
        for path, page in sorted(pages.items())
        for name in page.fact(missing)
    ]


def missing(html: str) -> list[str]:
    """The cards that a page's links name and the page lacks."""
    return sorted(set(_CARD.findall(html)) - set(_ID.findall(html)))


Draw = Callable[[], str]


@dataclass
class Cards:
    """What draws the card of a thing: by id alone for claims and symbols, by page and id for derivations."""

    anywhere: dict[str, Draw]
    placed: dict[tuple[str, str], Draw]

    def of(self, links: Iterable[tuple[str, str]]) -> Drawn:
        """What the cards of `links`, pages and ids, show."""
        drawn: Drawn = {"anywhere": {}, "placed": {}}
        for page, id in links:
            if id in self.anywhere:
                drawn["anywhere"][id] = self.anywhere[id]()
            elif (page, id) in self.placed:
                drawn["placed"][f"{page}#{id}"] = self.placed[page, id]()
        return drawn


Drawn = dict[str, dict[str, str]]
"""The cards of one page as HTML: those of claims and symbols by id, those of derivations by ``page#id``."""


def _cards(book: Book) -> Cards:
    cards = Cards({}, {})
    for claim in book.claims:
        cards.anywhere[claim.id] = partial(_claim, book, claim.id)
    for chapter in book.chapters:
        page = f"{backlinks.page_of(chapter)}.html"
        for _, record in chapter.of_kind("derivation"):
            anchor = backlinks.anchor(chapter, "derivation", record["title"])
            cards.placed[page, anchor] = partial(_derivation, record)
        for symbol in symbols.of_chapter(chapter):
            cards.anywhere[symbols.anchor(chapter, symbol.name, symbol.form)] = partial(_symbol, symbol)
    return cards


def _claim(book: Book, id: str) -> str:
    statement = markdown_line(book.claim(id).record["statement"])
    return f"<code>{escape(id)}</code> {status(book.standing(id))}<br>{statement}"


def _derivation(record: Record) -> str:
    conclusion = record["conclusion"]
    head = f"{words(record['title'])} {status(record['status'])}"
    return f"{head}<br>{formula(conclusion['latex'], conclusion['plain'])}"


def _symbol(symbol: symbols.Symbol) -> str:
    count = len(symbol.derivations)
    return (
        f"<code>{escape(symbol.name)}</code>: {meaning(symbol)}. In {count} derivation{'' if count == 1 else 's'} of "
        "this chapter."
    )


def linked(html: str, path: str) -> list[list[str]]:
    """The page and the id that each link of the page at `path` leads to, once each."""
    found = (
        [_target(path, link), unescape(link["id"])]
        for article in _ARTICLE.findall(html)
        for link in _LINK.finditer(article)
        if not _UNMARKED.search(link[0]) and "data-card" not in link[0]
    )
    return list(map(list, dict.fromkeys(map(tuple, found))))


def _target(path: str, link: re.Match[str]) -> str:
    """The page that a link on the page at `path` leads to."""
    target = unescape(link["path"])
    return posixpath.normpath(posixpath.join(posixpath.dirname(path), target)) if target else path


def with_cards(html: str, path: str, cards: Drawn) -> str:
    """The page at `path` with ``data-card`` on its links, and the cards that it lacks at its end."""
    held = set(map(unescape, _ID.findall(html)))
    needed: dict[str, str] = {}

    def shown(page: str, id: str) -> str:
        """The id of what a link to `id` on `page` shows; empty where it has no card."""
        if page == path and id.startswith("given.") and id in held:
            return id
        drawn, name = cards["anywhere"].get(id), f"says.{id}"
        if drawn is None:
            drawn = cards["placed"].get(f"{page}#{id}")
            # Two chapters may have derivations of one title.
            name = name if page == path else f"says.{page}.{id}"
        if drawn is not None and name not in held and name not in needed:
            needed[name] = drawn
        return name if drawn is not None else ""

    def marked(found: re.Match[str]) -> str:
        if _UNMARKED.search(found[0]) or "data-card" in found[0]:
            return found[0]
        name = shown(_target(path, found), unescape(found["id"]))
        return f'{found[0][:-1]} data-card="{escape(name)}">' if name else found[0]

    html = _ARTICLE.sub(lambda article: _LINK.sub(marked, article[0]), html)
    if not needed:
        return html
    store = "".join(f'<div id="{escape(id)}">{card}</div>' for id, card in needed.items())
    at = html.rindex("</article>")
    # Where scripts run, what stands in noscript is one piece of text to the browser until a card is asked for.
    return f'{html[:at]}<div class="ay-cards" hidden><noscript>{store}</noscript></div>{html[at:]}'


def _scripts(html: str, path: str) -> str:
    names = ["cards"] if " data-card=" in html else []
    names += ["derivation"] if 'class="ay-record ay-derivation"' in html else []
    for name in names:
        for ending, tag in (("css", '<link rel="stylesheet" href="{}">'), ("js", '<script defer src="{}"></script>')):
            file = STATIC / f"{name}.{ending}"
            version = hashlib.sha256(file.read_bytes()).hexdigest()[:8]
            address = f"{relative(path, f'_static/{file.name}')}?v={version}"
            html = html.replace("</head>", f"{tag.format(address)}\n</head>", 1)
    return html
