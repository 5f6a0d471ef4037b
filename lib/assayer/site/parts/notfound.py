"""``404.html``: what a host such as GitHub Pages shows for an address that is not there, at any depth.

The address that was asked for may be as deep as it likes, so the page's own links must not be relative. They begin at
the path of the site's address (``/book/`` of ``https://example.org/book/``) or, where nobody has said what it is, at
``/``: then the page is whole on a host of its own and under ``make serve``, and only its text is left elsewhere.

The page passes through every other part and through the audit with relative links; `rooted` changes them at the very
end.
"""

from __future__ import annotations

import re

from assayer.site.kept import Page
from assayer.site.parts import Site

ORDER = 40
PAGE = "404.html"
SHELL = "search.html"
"""The page at the site's root whose frame is taken."""
_CONTENT = re.compile(r'<div class="bd-search-container">.*?(?=<footer class="prev-next-footer)', re.DOTALL)
_TITLE = re.compile(r"<title>.*?</title>", re.DOTALL)
_LISTED = re.compile(r'<nav class="bd-links[^>]*>(.*?)</nav>', re.DOTALL)


def finish(_site: Site, pages: dict[str, Page]) -> dict[str, Page]:
    """Add the page; a site without `SHELL` gets none."""
    shell = pages.get(SHELL)
    return {**pages, PAGE: shell.then(_page)} if shell is not None and shell.fact(_framed) else pages


def _framed(shell: str) -> bool:
    return _CONTENT.search(shell) is not None


def _page(shell: str) -> str:
    """The page in the frame of `shell`."""
    listed = _LISTED.search(shell)
    rows = "".join(
        f'<li><a href="{address}">{" ".join(title.split())}</a></li>'
        for address, title in re.findall(
            r'<a class="[^"]*" href="([^"#]+)">(.*?)</a>', listed[1] if listed else "", re.DOTALL
        )
    )
    content = (
        '<article class="bd-article"><h1>This page is not here</h1>'
        "<p>The address may be mistyped, or the page may have moved. A claim keeps its id wherever it moves: "
        f'<a href="{SHELL}">search for the id</a>, or for a word or a symbol.</p>'
        f"<h2>What the book holds</h2><ul>{rows}</ul></article>"
    )
    return _TITLE.sub("<title>Not here — The Assayer</title>", _CONTENT.sub(lambda _: content, shell, count=1), count=1)
