"""Which scripts a page is sent: ours, and those of Sphinx and its extensions that it uses."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from functools import cache
from pathlib import Path

from assayer.site.formulas import relative

SCRIPT = re.compile(r"<script\b(?P<attributes>[^>]*)>(?P<body>.*?)</script>[ \t]*\n?", re.DOTALL)
_SOURCE = re.compile(r'\bsrc="([^"]*)"')
_TOGGLE = re.compile(r'class="(?:[^"]*\s)?(?:toggle|admonition(?=[^"]*\sdropdown))(?=[\s"])')

Wanted = Callable[[str], bool]


def _never(_html: str) -> bool:
    return False


def searches(html: str) -> bool:
    """Whether the page shows what a search finds."""
    return 'id="search-results"' in html


def _copies(html: str) -> bool:
    return '<div class="highlight' in html


def _toggles(html: str) -> bool:
    return _TOGGLE.search(html) is not None


FILES: dict[str, Wanted] = {
    # What they do for this book is done by frame.js and by icons that are drawn in the page.
    "fontawesome.js": _never,
    "bootstrap.js": _never,
    "pydata-sphinx-theme.js": _never,
    "sphinx-book-theme.js": _never,
    "sphinx-thebe.js": _never,
    "design-tabs.js": lambda html: "sd-tab-set" in html,
    "togglebutton.js": _toggles,
    "clipboard.min.js": _copies,
    "copybutton.js": _copies,
    "documentation_options.js": lambda html: _copies(html) or searches(html),
    "doctools.js": searches,
    "sphinx_highlight.js": searches,
    "searchtools.js": searches,
    "language_data.js": searches,
    "searchindex.js": searches,
}
"""Scripts of others by name, and what of a page says that it uses them; a script that is not named is kept."""
INLINE: dict[str, Wanted] = {
    'localStorage.getItem("mode")': _never,  # mode.js
    "form.bd-search input": _never,  # frame.js
    "kernelName": _never,
    "togglebuttonSelector": _toggles,
    "toggleHint": _toggles,
    "toggleOpenOnPrint": _toggles,
    "DOCUMENTATION_OPTIONS": searches,
}
"""Scripts inside a page, by a word of theirs."""


@cache
def mode() -> str:
    """The one script that stands in every page: light or dark is settled before anything is drawn."""
    source = (Path(__file__).parent / "static" / "mode.js").read_text("utf-8")
    return " ".join(line.partition("//")[0].strip() for line in source.splitlines()).strip()


def name_of(attributes: str) -> str:
    """The name of the file that a script element loads, or an empty text."""
    found = _SOURCE.search(attributes)
    return found[1].partition("?")[0].rpartition("/")[2] if found else ""


def slim(html: str) -> str:
    """The page without the scripts that it does not use; those that stay wait until the page is read."""

    def keep(found: re.Match[str]) -> str:
        name = name_of(found["attributes"])
        if name:
            if not FILES.get(name, lambda _: True)(html):
                return ""
            waits = re.search(r"\b(defer|async|type=\"module\")", found["attributes"])
            return found[0] if waits else found[0].replace("<script", "<script defer", 1)
        wanted = next((wanted for word, wanted in INLINE.items() if word in found["body"]), lambda _: True)
        return found[0] if wanted(html) else ""

    return SCRIPT.sub(keep, html)


def runs(attributes: str) -> bool:
    """Whether a script element without a file holds a program, and not data."""
    found = re.search(r'\btype="([^"]*)"', attributes)
    return found is None or found[1].lower() in ("", "module", "text/javascript", "application/javascript")


def _stands_inside(found: re.Match[str]) -> bool:
    return not name_of(found["attributes"]) and runs(found["attributes"]) and bool(found["body"].strip())


def _file(found: re.Match[str]) -> str:
    return f"_static/inline-{hashlib.sha256(found['body'].encode()).hexdigest()[:10]}.js"


def programs(html: str) -> dict[str, str]:
    """The programs that stand in a page, as files of the site by their addresses."""
    return {_file(one): one["body"].strip() + "\n" for one in SCRIPT.finditer(html) if _stands_inside(one)}


def outside(html: str, path: str) -> str:
    """The page at `path` with links to the files of `programs` in the place of what they hold."""

    def link(found: re.Match[str]) -> str:
        if not _stands_inside(found):
            return found[0]
        kind = ' type="module"' if 'type="module"' in found["attributes"] else " defer"
        return f'<script{kind} src="{relative(path, _file(found))}"></script>\n'

    return SCRIPT.sub(link, html)
