"""``404.html`` is shown at any depth: when all else is done, its links are made to begin at the site's root.

See `notfound`, which makes the page.
"""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from assayer.site.kept import Page
from assayer.site.parts import Site

ORDER = 2000
PAGE = "404.html"
_ADDRESS = re.compile(r'(?P<name>\s(?:href|src|action|data-content_root)=")(?P<value>[^"]*)"')
_ELSEWHERE = re.compile(r"#|/|[a-z][a-z0-9+.-]*:", re.IGNORECASE)


def seal(site: Site, pages: dict[str, Page]) -> tuple[dict[str, Page], list[str]]:
    """Make the page's links begin at the site's root."""
    if PAGE in pages:
        pages = {**pages, PAGE: pages[PAGE].then(rooted, urlsplit(site.url).path or "/")}
    return pages, []


def rooted(html: str, base: str) -> str:
    """The page at the root of a site with its relative links made to begin at `base`, which ends with a slash."""

    def whole(found: re.Match[str]) -> str:
        value = found["value"]
        if not value or _ELSEWHERE.match(value):
            return found[0]
        return f'{found["name"]}{base}{value.removeprefix("./")}"'

    return _ADDRESS.sub(whole, html)
