"""Search that finds symbols and claim ids: an index of our own, and a page and a dialog that use it.

Sphinx's index drops short words, Greek letters and dotted ids, and Pagefind, which does better with words, cuts ids and
formulas up as well and needs WebAssembly of its own; MiniSearch would rank, but what is hard here, that ``\\eta``,
``eta`` and ``η`` are one thing and that ``1/√T`` is one string, would still be ours. So the ranking is ours too: 100
lines in ``static/search.js``. The index is a script and not a JSON file, so that a site opened from its folder can be
searched too; nothing of it loads before a reader opens the search. It keeps one address, so that a page does not change
when another page does.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from html import escape
from pathlib import PurePosixPath
from typing import Any

from assayer.claims.records import Book, Chapter
from assayer.site import outline, plain
from assayer.site.formulas import relative
from assayer.site.kept import Page
from assayer.site.parts import Site

ORDER = 60
PAGE = "search.html"
INDEX = "_static/search-index.js"
SCRIPT, STYLE = "_static/search.js", "_static/search.css"
KINDS = ("page", "section", "claim", "symbol", "erratum")
SOME = 4
"""So many claims are named beside a symbol that they declare."""
_MATH = re.compile(r"\$\$?(.+?)\$\$?", re.DOTALL)
_SPHINX = re.compile(
    r'<script\b[^>]*\bsrc="[^"]*(?:searchtools|language_data|searchindex)\.js[^"]*"[^>]*>\s*</script>\s*'
)
_THEMES_DIALOG = re.compile(r'<dialog id="pst-search-dialog">.*?</dialog>\s*', re.DOTALL)
_THEMES_PAGE = re.compile(r'<div class="bd-search-container">.*?(?=<footer class="prev-next-footer)', re.DOTALL)
_UNUSED = ("searchindex.js", "_static/searchtools.js", "_static/language_data.js")
_LISTED = re.compile(r'<nav class="bd-links[^>]*>(.*?)</nav>', re.DOTALL)

Entry = tuple[int, int, str, str, str, str]
"""Kind, page, anchor, title, text, and words it is found by beside its title: one row of the index."""


def setup(app: Any) -> None:
    """Have Sphinx make no index of its own: it is not sent, and a tenth of Sphinx's time would go into it."""
    app.connect("write-started", _index_nothing)


def _index_nothing(_app: Any, builder: Any) -> None:
    for step in ("load_indexer", "index_page", "dump_search_index"):
        setattr(builder, step, lambda *_given: None)


def finish(site: Site, written: dict[str, Page]) -> dict[str, Page]:
    """Write the index, and give every page the script that opens the search, and `PAGE` its own content."""
    book = site.book
    index = "globalThis.assayerSearch = " + json.dumps(build(book, written), ensure_ascii=False, separators=(",", ":"))
    (site.folder / "_static").mkdir(parents=True, exist_ok=True)
    (site.folder / INDEX).write_text(index.replace("</", "<\\/") + ";\n", "utf-8")
    for name in _UNUSED:
        (site.folder / name).unlink(missing_ok=True)
    return {path: page.then(_page, path) for path, page in written.items()}


def build(book: Book, written: dict[str, Page]) -> dict[str, Any]:
    """The index of the pages `written`: ``{"kinds", "pages": [[address, title]], "entries": [Entry]}``."""
    chapters = {str(PurePosixPath(chapter.path).with_suffix(".html")): chapter for chapter in book.chapters}
    errata = {
        found: path
        # The page of errata wins over the ledger, which may show them too.
        for path, page in sorted(written.items(), key=lambda one: ("errata" in one[0], one[0]))
        for found in page.fact(_errata)
        if path not in chapters
    }
    listed: list[list[str]] = []
    entries: list[Entry] = []
    numbers: dict[str, int] = {}
    outline.ahead(written.values())
    outlines = {path: outline.of(page) for path, page in written.items()}
    for path, seen in outlines.items():
        if seen.title:
            numbers[path] = len(listed)
            listed.append([path, seen.title])
    for path, number in numbers.items():
        seen = outlines[path]
        for section in seen.sections:
            kind = "page" if section.level == 1 else "section"
            if section.title:
                anchor = "" if kind == "page" else section.id
                entries.append((KINDS.index(kind), number, anchor, section.title, section.text, ""))
        if path in chapters:
            entries += _claims(chapters[path], number, errata, numbers)
            entries += _symbols(chapters[path], seen, number)
        else:
            entries += _symbols(None, seen, number)
    return {"kinds": KINDS, "pages": listed, "entries": entries}


def _errata(html: str) -> list[str]:
    """The ids of the claims whose errata a page shows."""
    return re.findall(r'\bid="erratum-([\w.]+)"', html)


def text(source: str) -> str:
    """Markdown with ``$...$`` as a line of text."""
    return " ".join(_MATH.sub(lambda found: plain.formula(found[1]), source).replace("`", "").split())


def _claims(chapter: Chapter, number: int, errata: dict[str, str], numbers: dict[str, int]) -> Iterator[Entry]:
    for _, record in chapter.of_kind("claim"):
        by = " ".join([record["id"].replace(".", " ").replace("_", " "), record["status"]])
        yield KINDS.index("claim"), number, record["id"], record["id"], text(record["statement"]), by
        wrong = record["erratum"]
        if wrong:
            page = errata.get(record["id"])
            known = page is not None and page in numbers
            said = f"As printed: {wrong['printed']} As verified: {wrong['verified']} {wrong['counterexample']}"
            yield (
                KINDS.index("erratum"),
                numbers[page] if page is not None and known else number,
                f"erratum-{record['id']}" if known else record["id"],
                f"Erratum: {record['id']}",
                text(f"{said} Smallest repair: {wrong['repair']}"),
                f"{by} erratum errata",
            )


def _symbols(chapter: Chapter | None, seen: outline.Outline, number: int) -> Iterator[Entry]:
    """The rows of the page's tables of symbols, and the symbols that only its records declare."""
    shown: set[str] = set()
    for row in seen.symbols:
        if len(row.cells) > 1 and row.cells[0]:
            parts = [part.strip() for part in row.cells[0].split(",")]
            shown.update(map(_bare, parts))
            yield (
                KINDS.index("symbol"),
                number,
                row.section,
                row.cells[0],
                "; ".join(cell for cell in row.cells[1:] if cell),
                " ".join(parts),
            )
    if chapter is None:
        return
    where: dict[tuple[str, str, str], list[str]] = {}
    for _, record in chapter.of_kind("claim"):
        for symbol in record.get("symbols", ()):
            said = plain.formula(symbol["latex"]) if symbol["latex"].strip() else symbol["symbol"]
            said = plain.GREEK.get(said, said)
            where.setdefault((said, symbol["symbol"], symbol["domain"]), []).append(record["id"])
    for (said, name, domain), ids in where.items():
        if _bare(said) not in shown and not re.search(r"[•⟨‖]", said):
            told = f"{domain}; in {', '.join(ids[:SOME])}{', …' if len(ids) > SOME else ''}"
            yield KINDS.index("symbol"), number, ids[0], said, told, f"{said} {name}"


def _bare(symbol: str) -> str:
    """A symbol without its index: ``η_t`` and ``P_n`` are declared as ``η`` and ``P``."""
    return symbol.split("_")[0].split("(")[0].strip()


def _page(html: str, path: str) -> str:
    html = _THEMES_DIALOG.sub("", _SPHINX.sub("", html))
    if "</head>" not in html:
        return html
    script = f'<script defer src="{relative(path, SCRIPT)}" data-search></script>\n'
    if path == PAGE:
        script = f'<link rel="stylesheet" href="{relative(path, STYLE)}">\n{script}'
        listed = _LISTED.search(html)
        html = _THEMES_PAGE.sub(lambda _: _content(listed[1] if listed else ""), html, count=1)
    return html.replace("</head>", f"{script}</head>", 1)


def _content(listed: str) -> str:
    """What the page of the search shows: a form, room for results, and without scripts the contents."""
    contents = "".join(
        f'<li><a href="{escape(address)}">{" ".join(title.split())}</a></li>'
        for address, title in re.findall(r'<a class="[^"]*" href="([^"#]+)">(.*?)</a>', listed, re.DOTALL)
    )
    return (
        '<article class="bd-article ay-search-page"><h1>Search</h1>'
        '<form class="ay-search-form" action="" method="get" role="search" data-search-here hidden>'
        '<input type="search" name="q" aria-label="Search the book" autocomplete="off" spellcheck="false"></form>'
        '<div class="ay-search-results"></div>'
        "<noscript><p>The search needs JavaScript, which is off here. A browser's own search (Ctrl+F) finds any claim "
        "on the page of the ledger; and this is what the book holds:</p></noscript>"
        f'<section class="ay-search-contents" aria-label="Contents"><h2>Contents</h2><ul>{contents}</ul></section>'
        "</article>"
    )
