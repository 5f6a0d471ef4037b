"""``python -m assayer.site.pdf``: the whole book as one PDF, from the pages that are built already.

The articles of the pages are put into one page in reading order, their ids made different and their links turned into
links within it; Chromium prints that page with ``print.css``, with an outline from the headings. It is printed twice:
the first print tells on which page each chapter begins, which the contents of the second one say.
"""

from __future__ import annotations

import argparse
import os
import re
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from posixpath import dirname, normpath
from typing import Any

import yaml

from assayer.site import addresses, chromium, pages
from assayer.site.errors import SiteError
from assayer.site.parts.spoken import unpacked
from assayer.site.tags import Edit, Element, edited, read

TARGET = "the-assayer.pdf"
ADDRESS = "whole-book.html"  # where the one page seems to lie; nothing is written there
_PATIENCE = 300_000  # milliseconds for one print of the whole book
_IDS = ("for", "aria-labelledby", "aria-describedby", "aria-controls", "aria-details", "aria-owns", "headers", "list")
_DRAWN = re.compile(r"url\(\s*#([^)\s]+)\s*\)")
_SHEET = re.compile(r"<link\b[^>]*\brel=\"stylesheet\"[^>]*>")
_LINE = 672  # CSS pixels: A4 less the margins of print.css, the PAPER of access.js
_TOO_WIDE = """line => {
  if (document.documentElement.scrollWidth <= line + 1) return "";
  const all = [...document.querySelectorAll("main *")].filter(one => !one.closest("mjx-assistive-mml"));
  const wide = all.find(one => one.getBoundingClientRect().right > line + 1 && one.getClientRects().length);
  return wide ? wide.closest("[id]").id + ": " + wide.textContent.slice(0, 60) : "something";
}"""
_FOOT = (
    '<div style="width: 100%; font: 8pt serif; text-align: center; color: #333"><span class="pageNumber"></span></div>'
)


@dataclass(frozen=True)
class Chapter:
    """One page of the book: its address, the anchor of its article in the one page, its title and its sections."""

    path: str
    anchor: str
    title: str
    sections: tuple[tuple[str, str], ...]
    body: str


def anchor(path: str, id: str = "") -> str:
    """The id, in the one page, of `id` on the page at `path`; of the page itself where `id` is empty."""
    name = re.sub(r"[^A-Za-z0-9]+", "-", path.removesuffix(".html"))
    return f"{name}--{id}" if id else name


def chapter(path: str, html: str, shown: Sequence[str], url: str) -> Chapter:
    """The article of one page, ready to stand beside the others; `shown` lists every page that the book shows.

    Raises `SiteError` where the page has no article.
    """
    elements = read(html)
    article = next((one for one in elements if one.name == "article"), None)
    if article is None:
        raise SiteError(f"{path}: no article, so nothing to print: build the site again with make book")
    inside = [one for one in elements if article.opened <= one.start < article.closed]
    kept = [one for one in inside if not any(above.name == "template" for above in one.above())]
    edits = [edit for one in kept for edit in _own(one, path, shown, url)]
    edits += [(one.start, one.end, "") for one in kept if one.name in ("template", "script")]
    edits = [(start - article.opened, end - article.opened, text) for start, end, text in edits]
    body = edited(html[article.opened : article.closed], edits)
    heads = [one for one in kept if one.name in ("h1", "h2")]
    title = next((_heading(one) for one in heads if one.name == "h1"), path)
    sections = [(_at(one, path), _heading(one)) for one in heads if one.name == "h2" and _at(one, path)]
    return Chapter(path, anchor(path), title, tuple(sections), _DRAWN.sub(_drawn(path), body))


def _own(one: Element, path: str, shown: Sequence[str], url: str) -> list[Edit]:
    """The edit that makes the ids and addresses of one element those of the one page."""
    changes: dict[str, str | None] = {"open": ""} if one.name == "details" else {}  # paper cannot be unfolded
    for name, value in one.attributes.items():
        if name == "id":
            changes[name] = anchor(path, value)
        elif name in _IDS:
            changes[name] = " ".join(anchor(path, id) for id in value.split())
        elif name in ("href", "xlink:href"):
            changes[name] = _link(value, path, shown, url)
        elif name == "src":
            changes[name] = _from_root(value, path)
    return [one.tag(**changes)] if changes else []


def _from_root(address: str, path: str) -> str:
    return address if re.match(r"[a-z][a-z0-9+.-]*:|/", address) else normpath(f"{dirname(path)}/{address}").lstrip("/")


def _link(address: str, path: str, shown: Sequence[str], url: str) -> str | None:
    """Where a link leads in the one page; None where it led to a page of the site that is not printed."""
    if re.match(r"[a-z][a-z0-9+.-]*:|//", address):
        return address
    file, _, id = address.partition("#")
    target = normpath(f"{dirname(path)}/{file}").lstrip("/") if file else path
    if target in shown:
        return f"#{anchor(target, id)}"
    return f"{url}{target}{'#' + id if id else ''}" if url else None


def _drawn(path: str) -> Any:
    return lambda found: f"url(#{anchor(path, found[1])})"


def _at(head: Element, path: str) -> str:
    """The anchor of a heading: its own id or that of the section that it begins."""
    around = head if "id" in head.attributes else head.parent
    id = around.attributes.get("id", "") if around is not None else ""
    return anchor(path, id) if id else ""


def _heading(head: Element) -> str:
    """The HTML of a heading without its links; formulas stay as they are set, without their hidden text."""
    inner = head.page[head.opened : head.closed]
    inner = re.sub(r'<a class="headerlink".*?</a>', "", inner, flags=re.DOTALL)
    return re.sub(r"</?a\b[^>]*>|\sid=\"[^\"]*\"", "", inner).strip()


def contents(chapters: Sequence[Chapter], numbers: Mapping[str, int]) -> str:
    """The table of contents; `numbers` gives the page of an anchor, and stays empty for the first print."""

    def line(target: str, title: str, kind: str) -> str:
        number = numbers.get(target, 0)
        return (
            f'<li class="ay-pdf-{kind}"><a href="#{target}"><span>{title}</span>'
            f'<span class="ay-pdf-number">{number or "000"}</span></a></li>'
        )

    lines = []
    for one in chapters:
        lines.append(line(one.anchor, one.title, "chapter"))
        lines += [line(target, title, "section") for target, title in one.sections]
    return f'<nav class="ay-pdf-contents" aria-label="Contents"><h1>Contents</h1><ol>{"".join(lines)}</ol></nav>'


def whole(root: Path, site: Path, chapters: Sequence[Chapter], numbers: Mapping[str, int]) -> str:
    """The one page: its title, its contents and every chapter."""
    about = yaml.safe_load((root / "_config.yml").read_text("utf-8")) or {}
    title, author = escape(str(about.get("title", "A book"))), escape(str(about.get("author", "")))
    version = _version(root)
    sheets: dict[str, None] = {}
    for one in chapters:
        for sheet in _SHEET.findall((site / one.path).read_text("utf-8")):
            link = read(sheet)[0]
            sheets[edited(sheet, [link.tag(href=_from_root(link.attributes["href"], one.path))])] = None
    parts = "".join(
        f'<section class="ay-pdf-part" id="{one.anchor}"><article class="bd-article">{one.body}</article></section>'
        for one in chapters
    )
    return (
        f'<!DOCTYPE html>\n<html lang="en" data-theme="light" data-mode="light"><head><meta charset="utf-8">'
        f'<title>{title}</title>{"".join(sheets)}<link rel="stylesheet" href="_static/pdf.css"></head><body>'
        f'<main><header class="ay-pdf-title"><p class="ay-pdf-name">{title}</p><p>{author}</p><p>{version}</p></header>'
        f"{contents(chapters, numbers)}{parts}</main></body></html>"
    )


def _version(root: Path) -> str:
    try:
        about = yaml.safe_load((root / "CITATION.cff").read_text("utf-8")) or {}
    except (OSError, yaml.YAMLError):
        return ""
    return f"Version {escape(str(about['version']))}" if about.get("version") else ""


def build(root: Path, target: Path | None = None) -> Path:
    """Print the built site of the book at `root`; returns the file, ``_build/the-assayer.pdf`` where none is named.

    Raises `SiteError`, one line, where the site is not built or what prints it is missing; nothing is then written.
    """
    site = root / "_build" / "html"
    order = [f"{name}.html" for name in pages.documents(root)]
    missing = [path for path in order if not (site / path).is_file()]
    if missing:
        raise SiteError(f"{site / missing[0]} is not there: make book builds it")
    browser = chromium.command()
    if browser is None:
        raise SiteError(f"the book is printed with a browser, and {chromium.NO_BROWSER}")
    try:
        from playwright.sync_api import Error
    except ImportError:
        raise SiteError("the book is printed with playwright, which `make test` installs") from None
    url = addresses.site_url(root)
    chapters = [chapter(path, unpacked((site / path).read_text("utf-8")), order, url) for path in order]
    try:
        first = _printed(site, browser, whole(root, site, chapters, {}))
        numbers = _numbers(first, chapters)
        final = _printed(site, browser, whole(root, site, chapters, numbers))
    except Error as error:
        raise SiteError(f"{browser} did not print the book: {str(error).splitlines()[0]}") from None
    if _numbers(final, chapters) != numbers:
        raise SiteError("the contents moved the chapters that they number: a page number would be wrong")
    target = target or root / "_build" / TARGET
    part = target.with_name(target.name + ".part")
    part.write_bytes(final)
    os.replace(part, target)
    return target


def _printed(site: Path, browser: str, html: str) -> bytes:
    """Print one page whose files lie in `site`."""
    from playwright.sync_api import sync_playwright

    script = (site / "_static" / "access.js").read_text("utf-8")
    with chromium.serving(site) as url, sync_playwright() as player:
        running = player.chromium.launch(executable_path=browser, args=list(chromium.ARGUMENTS))
        try:
            page = running.new_page(viewport={"width": _LINE, "height": 1000})
            page.set_default_timeout(_PATIENCE)
            page.route(f"**/{ADDRESS}", lambda route: route.fulfill(body=html, content_type="text/html; charset=utf-8"))
            page.emulate_media(media="print", color_scheme="light")
            page.goto(url + ADDRESS, timeout=_PATIENCE)
            page.evaluate("document.fonts.ready.then(() => true)")
            page.evaluate(script)
            page.evaluate("dispatchEvent(new Event('beforeprint'))")
            wide = page.evaluate(_TOO_WIDE, _LINE)
            if wide:  # Chromium would shrink every page of the book for it
                raise SiteError(f"wider than the paper: {wide!r}")
            return page.pdf(
                prefer_css_page_size=True,
                print_background=True,
                outline=True,
                tagged=True,
                display_header_footer=True,
                header_template="<span></span>",
                footer_template=_FOOT,
            )
        finally:
            running.close()


def _numbers(document: bytes, chapters: Sequence[Chapter]) -> dict[str, int]:
    """The page, from 1 on, on which each anchor of the contents lies."""
    from io import BytesIO

    from pypdf import PdfReader

    pdf = PdfReader(BytesIO(document))
    found = {name.lstrip("/"): place for name, place in pdf.named_destinations.items()}
    wanted = [target for one in chapters for target in (one.anchor, *(at for at, _ in one.sections))]
    lost = [target for target in wanted if target not in found]
    if lost:
        raise SiteError(f"the contents name {lost[0]!r}, which the print lacks")
    return {target: (pdf.get_destination_page_number(found[target]) or 0) + 1 for target in wanted}


def main(arguments: Sequence[str] | None = None) -> int:
    """The command: print the book, say where it is, and return 0; or say what is wrong and return 1."""
    parser = argparse.ArgumentParser(prog="python -m assayer.site.pdf", description="Print the built book as one PDF.")
    parser.add_argument("root", nargs="?", type=Path, default=Path(), help="the root of the book (default: here)")
    given = parser.parse_args(arguments)
    started = time.monotonic()
    print("Printing the book ...", flush=True)
    try:
        target = build(given.root.resolve())
    except SiteError as error:
        for line in error.problems:
            print(f"assayer: {line}", file=sys.stderr)
        return 1
    print(f"The book is at {target} ({target.stat().st_size / 1e6:.1f} MB, {time.monotonic() - started:.1f} s)")
    return 0


if __name__ == "__main__":
    sys.exit(main())
