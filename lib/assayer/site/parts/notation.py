"""The page of notation, ``{notation}``: every declared symbol, chapter by chapter, and what changes between chapters.

A symbol with two meanings within one chapter stops the build; `assayer.site.symbols` says what a meaning is.
"""

from __future__ import annotations

from html import escape
from typing import Any, ClassVar

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.errors import ExtensionError
from sphinx.util.docutils import SphinxDirective
from sphinx.util.typing import OptionSpec

from assayer.claims.records import Book, Chapter
from assayer.site import backlinks, symbols
from assayer.site.markup import link, table, tex, words


class notation_node(nodes.General, nodes.Element):
    """Where the tables of symbols go."""


class NotationDirective(SphinxDirective):
    """``{notation}``: the symbols of the whole book."""

    has_content = False
    option_spec: ClassVar[OptionSpec] = {}

    def run(self) -> list[nodes.Node]:
        # Pages noted in this way are read again when a record of another page changes; see `assayer.site.extension`.
        pages: dict[str, set[str]] = self.env.__dict__.setdefault("assayer_pages", {})
        elsewhere = next((page for page, shown in sorted(pages.items()) if "notation" in shown), self.env.docname)
        if elsewhere != self.env.docname:
            raise self.error(f"the notation stands already on the page {elsewhere!r}")
        pages.setdefault(self.env.docname, set()).add("notation")
        return [notation_node()]


class Places:
    """Addresses from the page being drawn, and titles of chapters."""

    def __init__(self, app: Sphinx, docname: str) -> None:
        self.app, self.docname = app, docname

    def derivation(self, chapter: Chapter, title: str) -> str:
        """The address of a derivation."""
        page = self.app.builder.get_relative_uri(self.docname, backlinks.page_of(chapter))
        return f"{page}#{backlinks.anchor(chapter, 'derivation', title)}"

    def title(self, chapter: Chapter) -> str:
        """A chapter's title as HTML."""
        return backlinks.title(self.app.env, backlinks.page_of(chapter))


def draw(book: Book, places: Places) -> str:
    """The table of symbols that change between chapters, then one table for each chapter."""
    shown = _changing(book, places)
    for chapter in book.chapters:
        listed = symbols.of_chapter(chapter)
        if listed:
            rows = [_row(chapter, symbol, places) for symbol in listed]
            shown += f'<h2 id="symbols-{escape(chapter.name)}">{places.title(chapter)}</h2>'
            shown += table(f"{len(rows)} symbols", ("Symbol", "In code", "Meaning", "Used in"), rows)
    return f'<div class="ay-notation">{shown}</div>'


def _row(chapter: Chapter, symbol: symbols.Symbol, places: Places) -> tuple[str, str, str, str]:
    anchor = escape(symbols.anchor(chapter, symbol.name, symbol.form))
    used = [link(places.derivation(chapter, title), words(title)) for title in symbol.derivations]
    first, rest = used[:3], used[3:]
    more = f" <details><summary>and {len(rest)} more</summary>{', '.join(rest)}</details>" if rest else ""
    return (
        f'<span id="{anchor}">{_letters(symbol)}</span>',
        f"<code>{escape(symbol.name)}</code>",
        meaning(symbol),
        ", ".join(first) + more,
    )


def _letters(symbol: symbols.Symbol) -> str:
    return tex(symbol.shown) if symbol.latex else f"<code>{escape(symbol.name)}</code>"


def meaning(symbol: symbols.Symbol) -> str:
    """What a symbol is, in words: its domain, the widest first, narrowed in some derivations."""
    family = "family, each " if symbol.form == "family" else ""
    return family + "; ".join(escape(domain.words) for domain in sorted(symbol.domains, key=lambda d: len(d.words)))


def _changing(book: Book, places: Places) -> str:
    rows = [
        (
            _letters(found[0][1]),
            "<br>".join(
                f'<a href="#{escape(symbols.anchor(chapter, symbol.name, symbol.form))}">{places.title(chapter)}</a>: '
                f"{meaning(symbol)}"
                for chapter, symbol in found
            ),
        )
        for found in symbols.changing(book).values()
    ]
    if not rows:
        return "<p>No symbol changes its meaning between chapters.</p>"
    return table("Symbols whose meaning differs between chapters", ("Symbol", "Chapter and meaning"), rows)


def _refuse(app: Sphinx) -> None:
    found = [line for chapter in app.assayer_book.chapters for line in symbols.conflicts(chapter)]  # type: ignore[attr-defined]
    if found:
        raise ExtensionError("\n".join(found))


def _resolve(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    for node in list(doctree.findall(notation_node)):
        if app.builder.format != "html":
            node.parent.remove(node)
            continue
        html = draw(app.assayer_book, Places(app, docname))  # type: ignore[attr-defined]
        node.replace_self(nodes.raw("", html, format="html"))


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the directive; a symbol with two meanings in one chapter stops the build before a page is read."""
    app.add_node(notation_node)
    app.add_directive("notation", NotationDirective)
    app.connect("builder-inited", _refuse, priority=600)
    app.connect("doctree-resolved", _resolve)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
