"""A directive that stands for something drawn from the whole book, once every page has been read."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective
from sphinx.util.typing import OptionSpec

from assayer.claims.records import Book, Chapter, RecordError
from assayer.site import backlinks
from assayer.site.errors import SiteError
from assayer.site.extension import claim_addresses
from assayer.site.noted import note, page_showing, shown
from assayer.site.render import Surroundings
from assayer.site.sources import Source

LOGGER = logging.getLogger(__name__)


@dataclass(frozen=True)
class Place:
    """The page being drawn and the book around it.

    ``claim`` gives the address of a claim's place in its chapter, ``title`` a chapter's title as HTML.
    """

    app: Sphinx
    page: str
    book: Book
    sources: dict[str, Source]
    around: Surroundings
    claim: Callable[[str], str]
    title: Callable[[Chapter], str]


class placed_node(nodes.General, nodes.Element):
    """Where the thing in attribute ``what`` goes."""


def place(app: Sphinx, what: str, draw: Callable[[Place], str], files: Sequence[str] = ()) -> None:
    """Register the directive ``{what}``, drawn by `draw`, which stands on one page of the book.

    That page gets the scripts and style sheets `files` (names in ``static/``), and is read again when any claim has
    changed. `draw` may raise `SiteError` or `RecordError`.
    """

    class Directive(SphinxDirective):
        has_content = False
        option_spec: ClassVar[OptionSpec] = {}

        def run(self) -> list[nodes.Node]:
            elsewhere = page_showing(self.env, what)
            if elsewhere not in (None, self.env.docname):
                raise self.error(f"{{{what}}} stands already on the page {elsewhere!r}")
            note(self.env, what)
            node = placed_node(what=what)
            self.set_source_info(node)
            return [node]

    def resolve(app: Sphinx, doctree: nodes.document, docname: str) -> None:
        for node in [found for found in doctree.findall(placed_node) if found["what"] == what]:
            if app.builder.format != "html":
                node.parent.remove(node)
                continue
            book: Book = app.assayer_book  # type: ignore[attr-defined]
            sources: dict[str, Source] = app.assayer_sources  # type: ignore[attr-defined]
            in_ledger, in_chapter = claim_addresses(app, docname)
            around = Surroundings(book, sources, in_ledger, f"{docname} {what}", what)
            titles = lambda chapter: backlinks.title(app.env, backlinks.page_of(chapter))
            here = Place(app, docname, book, sources, around, in_chapter, titles)
            try:
                node.replace_self(nodes.raw("", draw(here), format="html"))
            except (SiteError, RecordError) as error:
                LOGGER.warning("%s", error, location=node, type="assayer")
                node.parent.remove(node)

    app.add_node(placed_node, override=True)
    app.add_directive(what, Directive)
    app.connect("doctree-resolved", resolve)
    send(app, what, files)


def send(app: Sphinx, what: str, files: Sequence[str]) -> None:
    """Have every page that shows `what` get the scripts and style sheets `files`."""

    def add(app: Sphinx, pagename: str, _template: str, _context: dict[str, Any], _doctree: object) -> None:
        for file in files if what in shown(app.env, pagename) else ():
            if file.endswith(".js"):
                app.add_js_file(file, loading_method="defer")
            else:
                app.add_css_file(file)

    app.connect("html-page-context", add)
