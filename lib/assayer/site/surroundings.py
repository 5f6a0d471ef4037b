"""What a drawing needs to know of the book around its record."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from html import escape

from assayer.claims.records import Book, Chapter
from assayer.site import backlinks
from assayer.site.sources import Source


@dataclass
class Surroundings:
    """What a record's drawing needs from the book.

    `address` gives the address, from the page being drawn, of a claim's entry in the ledger; `name` names the
    record in messages; `serial` sets the ids of one output apart from another's; `figure` is the SVG that stands
    beside the record; `anchors` holds the ids that this page already carries.

    `chapter` is the chapter of the page being drawn, if it is one; `page` gives the address of a page by its name
    (empty for the page itself) and `title` its title as HTML; `mentions` tells which pages mention which claims;
    `notation` is the name of the page that lists the symbols, empty where the book has none.
    """

    book: Book
    sources: Mapping[str, Source]
    address: Callable[[str], str]
    name: str
    serial: str
    figure: str | None = None
    anchors: set[str] = field(default_factory=set)
    chapter: Chapter | None = None
    page: Callable[[str], str] = lambda name: f"{name}.html"
    title: Callable[[str], str] = escape
    mentions: Mapping[str, Collection[str]] = field(default_factory=dict)
    notation: str = ""

    def used_in(self, id: str) -> str:
        """Where the claim `id` is used, as links; empty where nothing uses it. Its tests have a row of their own."""
        uses = [use for use in backlinks.used_in(self.book, id, self.mentions) if use.kind != "check"]
        return backlinks.html(uses, self.page, self.title)

    def take(self, anchor: str) -> bool:
        """Whether `anchor` may be put on this page; it is taken from then on."""
        free = bool(anchor) and anchor not in self.anchors
        self.anchors.add(anchor)
        return free
