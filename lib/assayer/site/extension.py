"""The Sphinx extension: reads the book's records, draws them in the pages, writes ``ledger.json``."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable
from html import escape
from pathlib import Path
from typing import Any, ClassVar

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.errors import ExtensionError
from sphinx.ext import mathjax as sphinx_mathjax
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective, SphinxRole
from sphinx.util.typing import OptionSpec
from sphinx.writers.html5 import HTML5Translator

from assayer.claims.records import SIGNS, Book, RecordError, read_book
from assayer.site import backlinks, errata, ledger, parts, sources, trust
from assayer.site.errors import SiteError
from assayer.site.formulas import relative
from assayer.site.markup import status
from assayer.site.mime import AssayerMime, record_node
from assayer.site.noted import note as _note
from assayer.site.noted import page_showing
from assayer.site.render import Surroundings, render

LOGGER = logging.getLogger(__name__)
STATIC = Path(__file__).parent / "static"
LEDGER_FILE = "ledger.json"
SOLUTION = "solution"
SCRIPTS = frozenset({"slider", "sketch"})
"""The kinds of records whose pages get a script of that name."""


class claims_node(nodes.General, nodes.Element):
    """Where the box "In this chapter" goes."""


class ledger_node(nodes.General, nodes.Element):
    """Where the part of the ledger in attribute ``part`` goes."""


class trust_node(nodes.General, nodes.Element):
    """Where the part of the trust page in attribute ``part`` goes."""


class claim_ref_node(nodes.Inline, nodes.Element):
    """A link to the ledger's entry of the claim in attribute ``claim``."""


class ClaimsDirective(SphinxDirective):
    """``{claims}``: the box "In this chapter", drawn from the notebook's own records."""

    has_content = False
    option_spec: ClassVar[OptionSpec] = {}

    def run(self) -> list[nodes.Node]:
        _note(self.env, "claims")
        node = claims_node()
        self.set_source_info(node)
        return [node]


class LedgerDirective(SphinxDirective):
    """``{ledger} part``: one part of the record of the whole book, one of `ledger.PARTS`."""

    has_content = False
    required_arguments = 1
    option_spec: ClassVar[OptionSpec] = {}

    def run(self) -> list[nodes.Node]:
        elsewhere = page_showing(self.env, "ledger")
        if elsewhere not in (None, self.env.docname):
            raise self.error(f"the ledger stands already on the page {elsewhere!r}")
        if self.arguments[0] not in ledger.PARTS:
            raise self.error(f"the ledger has no part {self.arguments[0]!r}; it has {', '.join(ledger.PARTS)}")
        _note(self.env, "ledger")
        node = ledger_node(part=self.arguments[0])
        self.set_source_info(node)
        return [node]


class TrustDirective(SphinxDirective):
    """``{trust} part``: what a reader has to trust, measured at build time; one of `trust.PARTS`."""

    has_content = False
    required_arguments = 1
    option_spec: ClassVar[OptionSpec] = {}

    def run(self) -> list[nodes.Node]:
        if self.arguments[0] not in trust.PARTS:
            raise self.error(f"the trust page has no part {self.arguments[0]!r}; it has {', '.join(trust.PARTS)}")
        _note(self.env, "trust")
        node = trust_node(part=self.arguments[0])
        self.set_source_info(node)
        return [node]


class ClaimRole(SphinxRole):
    """``{claim}`id```: a link to the claim's entry in the ledger, with its sign and status."""

    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        _note(self.env, "claim")
        node = claim_ref_node(claim=self.text.strip())
        self.set_source_info(node)
        return [node], []


class StatusRole(SphinxRole):
    """``{status}`word```: a status as it is marked everywhere, with its sign and colour."""

    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        word = self.text.strip()
        if word not in SIGNS:
            known = ", ".join(SIGNS)
            LOGGER.warning("unknown status %r: one of %s", word, known, location=self.get_location(), type="assayer")
            return [], []
        return [nodes.raw("", status(word), format="html")], []


# --- What the book holds, kept beside the application ------------------------------------------------


def pages_in_order(app: Sphinx) -> list[str]:
    """The pages of the table of contents, in the reader's order."""
    site_map = getattr(app.config, "external_site_map", None)
    if site_map is None:
        return sorted(app.project.discover())
    order: list[str] = []

    def visit(name: str) -> None:
        if name in site_map and name not in order:
            order.append(name)
            for tree in site_map[name].subtrees:
                for item in tree.items:
                    visit(str(item))

    visit(site_map.root.docname)
    return order


def _read_book(app: Sphinx) -> None:
    try:
        book = read_book(app.srcdir, pages_in_order(app))
        known = sources.read(Path(app.srcdir) / file for file in app.config.bibtex_bibfiles)
        wrong = ledger.problems(book, known)
        if wrong:
            raise SiteError(wrong)
    except (RecordError, SiteError) as error:
        raise ExtensionError(str(error)) from None
    app.assayer_book = book  # type: ignore[attr-defined]
    app.assayer_mentions = backlinks.read_mentions(Path(app.srcdir), pages_in_order(app))  # type: ignore[attr-defined]
    app.assayer_sources = known  # type: ignore[attr-defined]


def _outdated(app: Sphinx, env: BuildEnvironment, *_changes: object) -> Iterable[str]:
    """Pages that show other pages' claims are read again when any claim or source has changed."""
    book: Book = app.assayer_book  # type: ignore[attr-defined]
    shown = json.dumps([[claim.chapter.path, claim.record] for claim in book.claims], sort_keys=True)
    shown += trust.fingerprint(Path(app.srcdir))
    shown += repr(app.assayer_mentions) + backlinks.fingerprint(book)  # type: ignore[attr-defined]
    known = repr(sorted(app.assayer_sources.items()))  # type: ignore[attr-defined]
    digest = hashlib.sha256((shown + known).encode()).hexdigest()
    before = env.__dict__.get("assayer_digest")
    env.__dict__["assayer_digest"] = digest
    return [] if before == digest else list(env.__dict__.get("assayer_pages", {}))


def _purge(_app: Sphinx, env: BuildEnvironment, docname: str) -> None:
    env.__dict__.get("assayer_pages", {}).pop(docname, None)


def _merge(_app: Sphinx, env: BuildEnvironment, docnames: Iterable[str], other: BuildEnvironment) -> None:
    theirs = other.__dict__.get("assayer_pages", {})
    env.__dict__.setdefault("assayer_pages", {}).update({name: theirs[name] for name in docnames if name in theirs})


def _note_records(app: Sphinx, doctree: nodes.document) -> None:
    """A page with a claim shows its standing and its uses, one with a derivation what cites it: others decide that."""
    kinds = {node["record"]["kind"] for node in doctree.findall(record_node)}
    if kinds & {"claim", "derivation"}:
        _note(app.env, "record")
    for script in SCRIPTS & kinds:
        _note(app.env, script)
    if any(node["record"].get("script", "#")[:1] != "#" for node in doctree.findall(record_node)):
        _note(app.env, "verify")


def _fold_solutions(_app: Sphinx, doctree: nodes.document) -> None:
    """A code cell tagged ``solution`` is folded, input and output together."""
    for cell in doctree.findall(nodes.container):
        tags = (cell.get("cell_metadata") or {}).get("tags", [])
        if cell.get("nb_element") == "cell_code" and SOLUTION in tags and "hide_mode" not in cell:
            cell["hide_mode"] = "all"
            cell["prompt_show"], cell["prompt_hide"] = "Show the solution", "Hide the solution"


# --- Drawing ------------------------------------------------------------------------------------------


def claim_addresses(app: Sphinx, docname: str) -> tuple[Callable[[str], str], Callable[[str], str]]:
    """Addresses, from the page `docname`, of a claim's entry in the ledger and of its place in its chapter."""
    book: Book = app.assayer_book  # type: ignore[attr-defined]
    page = page_showing(app.env, "ledger")

    def in_chapter(id: str) -> str:
        target = book.claim(id).chapter.path.removesuffix(".ipynb")
        return f"{app.builder.get_relative_uri(docname, target)}#{id}"

    def in_ledger(id: str) -> str:
        book.claim(id)
        return in_chapter(id) if page is None else f"{app.builder.get_relative_uri(docname, page)}#{id}"

    return in_ledger, in_chapter


def _resolve(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Put HTML in the place of every node of ours; other formats get the plain text."""
    html = app.builder.format == "html"
    book: Book = app.assayer_book  # type: ignore[attr-defined]
    known = app.assayer_sources  # type: ignore[attr-defined]
    in_ledger, in_chapter = claim_addresses(app, docname) if html else (str, str)
    anchors: set[str] = set()
    chapter = next((one for one in book.chapters if backlinks.page_of(one) == docname), None)

    def around(name: str, serial: str = "", figure: str | None = None) -> Surroundings:
        return Surroundings(
            book,
            known,
            in_ledger,
            f"{docname} {name}".strip(),
            serial,
            figure,
            anchors,
            chapter=chapter,
            page=lambda name: "" if name == docname else app.builder.get_relative_uri(docname, name),
            title=lambda name: backlinks.title(app.env, name),
            mentions=app.assayer_mentions,  # type: ignore[attr-defined]
            notation=page_showing(app.env, "notation") or "",
        )

    def draw(node: nodes.Element, text: Callable[[], str]) -> None:
        if not html:
            node.parent.remove(node)
            return
        try:
            node.replace_self(nodes.raw("", text(), format="html"))
        except (SiteError, RecordError) as error:
            LOGGER.warning("%s", error, location=node, type="assayer")
            node.parent.remove(node)

    def chapter_box() -> str:
        for chapter in book.chapters:
            if chapter.path == f"{docname}.ipynb":
                return ledger.box(chapter, around("box"))
        raise SiteError(f"{docname}: the box of claims belongs in a notebook")

    for node in list(doctree.findall(record_node)):
        here = around(node["place"], node["serial"], node["svg"])
        draw(node, lambda node=node, here=here: render(node["record"], here))  # type: ignore[misc]
    for node in list(doctree.findall(claims_node)):
        draw(node, chapter_box)
    data = relative(app.builder.get_target_uri(docname), LEDGER_FILE)
    chapters = ledger.ChapterLink(
        in_chapter,
        lambda chapter: backlinks.title(app.env, backlinks.page_of(chapter)),
        data,
        errata.address(app, docname) if html else None,
    )
    for node in list(doctree.findall(ledger_node)):
        draw(node, lambda node=node: ledger.part(node["part"], book, known, chapters, around("ledger")))  # type: ignore[misc]
    for node in list(doctree.findall(trust_node)):
        draw(node, lambda node=node: trust.part(node["part"], book, Path(app.srcdir)))  # type: ignore[misc]
    for node in list(doctree.findall(claim_ref_node)):
        draw(node, lambda node=node: _claim_link(book, node["claim"], in_ledger))  # type: ignore[misc]


def _claim_link(book: Book, id: str, address: Callable[[str], str]) -> str:
    try:
        word = book.standing(id)
    except RecordError:
        raise SiteError(f"unknown claim {id!r}: no chapter declares it") from None
    return (
        f'<a class="ay-ref ay-{word}" href="{escape(address(id))}"><code>{escape(id)}</code> '
        f'<span class="ay-sign" aria-hidden="true">{SIGNS[word]}</span> {word}</a>'
    )


def _claim_in_contents(writer: HTML5Translator, node: nodes.Element) -> None:
    writer.body.append(f"<code>{escape(node['claim'])}</code>")


def _nothing(_writer: HTML5Translator, _node: nodes.Element) -> None:
    pass


def _write_ledger(app: Sphinx, exception: Exception | None) -> None:
    if exception is None and app.builder.format == "html":
        _, in_chapter = claim_addresses(app, "index")
        listed = ledger.entries(app.assayer_book, app.assayer_sources, in_chapter)  # type: ignore[attr-defined]
        ledger.write_json(Path(app.outdir) / LEDGER_FILE, listed)


def _page_files(app: Sphinx, pagename: str, _template: str, _context: dict[str, Any], _doctree: object) -> None:
    for script in sorted(
        (SCRIPTS | {"verify"}).intersection(app.env.__dict__.get("assayer_pages", {}).get(pagename, ()))
    ):
        app.add_js_file(f"{script}.js", loading_method="defer")


def _serve_static(_app: Sphinx, config: Any) -> None:
    # Registered here and not left in a folder `_static` of the book: Jupyter Book puts every file of that folder
    # on every page.
    config.html_static_path.append(str(STATIC))
    if not config.html_favicon:
        config.html_favicon = str(STATIC / "favicon.svg")


def setup(app: Sphinx) -> dict[str, Any]:
    """Register nodes, directives, the role, the renderer of formulas and the events."""
    from myst_nb.core.render import load_mime_renders

    sources.name_plugins()
    plugins = load_mime_renders()
    if AssayerMime not in plugins:
        # The entry point is missing when the package runs from its folder without being installed.
        plugins.append(AssayerMime)
    for node in (record_node, claims_node, ledger_node, trust_node):
        app.add_node(node)
    # What is left of the role in a table of contents, which repeats a heading and holds no link within a link.
    app.add_node(claim_ref_node, html=(_claim_in_contents, _nothing))
    app.add_directive("claims", ClaimsDirective)
    app.add_directive("ledger", LedgerDirective)
    app.add_directive("trust", TrustDirective)
    app.add_role("claim", ClaimRole())
    app.add_role("status", StatusRole())
    # The same HTML as Sphinx's own renderer, without its script from another site.
    app.add_html_math_renderer(
        "assayer",
        inline_renderers=(sphinx_mathjax.html_visit_math, None),
        block_renderers=(sphinx_mathjax.html_visit_displaymath, None),
    )
    app.add_css_file("assayer.css")
    app.connect("config-inited", _serve_static)
    app.connect("builder-inited", _read_book)
    app.connect("env-get-outdated", _outdated)
    app.connect("env-purge-doc", _purge)
    app.connect("env-merge-info", _merge)
    app.connect("doctree-read", _note_records)
    app.connect("doctree-read", _fold_solutions)
    app.connect("doctree-resolved", _resolve)
    app.connect("html-page-context", _page_files)
    app.connect("build-finished", _write_ledger)
    parts.setup(app)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
