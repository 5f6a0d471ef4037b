"""What is far from the window waits: the pieces of a page that a browser need not lay out before a reader comes near.

A chapter has 60,000 elements, and a telephone needs seconds to lay them out. The style sheet ``far.css`` has the pieces
marked here wait (``content-visibility: auto``); until then each stands with the height that is guessed here from what
it says, so that the bar at the window's edge tells the truth and nothing that waits seems to lie over its neighbour.
The browser keeps the true height of what it has shown once. Searching in the page, addresses of places, printing and
the keyboard reach what waits.
"""

from __future__ import annotations

import re
from collections import defaultdict
from functools import lru_cache
from html import unescape
from typing import Any

from assayer.site.kept import Page
from assayer.site.outline import BLOCKS
from assayer.site.parts import Site
from assayer.site.tags import Element, edited, read

ORDER = 895  # what is marked is what the other parts have made
STEP = 1.15
"""The heights of two neighbouring marks have this ratio; the smallest is `LEAST`. ``far.css`` has the same heights."""
LEAST = 100
MARKS = 36
TOP = 2500
"""So much of a page, in guessed pixels, never waits: what is in sight at once must not change its height."""
_LINE, _CHARACTERS = 28, 38  # height of a line in CSS pixels, and how much a line holds, on a telephone 412 pixels wide
_BLOCKS = BLOCKS | {"article", "blockquote", "fieldset", "figcaption", "form", "summary"}
_UNSEEN = frozenset(["template", "script", "style", "noscript", "dialog"])
_AROUND = {
    "p": 18,
    "ul": 16,
    "ol": 16,
    "li": 12,
    "figure": 120,
    "pre": 40,
    "table": 30,
    "details": 24,
    "blockquote": 30,
}
_CLASSES = {"ay-record": 85, "ay-entry": 60, "cell": 28, "ay-verify": 100, "admonition": 60, "ay-assume": 40}
_HEADING = re.compile(r"h[1-6]$")
_COMMAND = re.compile(
    r"\\(?:operatorname|mathrm|text|left|right|,|;|!|quad|mathbb|mathbf|boldsymbol|displaystyle)\b|[{}^_$\\]"
)
_TAG = re.compile(r"<[^>]*>")
_WORD = re.compile(r"\\[a-zA-Z]+")
_CLASS = re.compile(r'\bclass="([^"]*)"')
_TALL = re.compile(r"\\(?:d?frac|sum|prod|int|binom|begin)\b")


def setup(app: Any) -> None:
    """Put the style sheet on every page."""
    app.add_css_file("far.css")


def finish(_site: Site, pages: dict[str, Page]) -> dict[str, Page]:
    """Mark the pieces of every page."""
    return {path: page.then(marked) for path, page in pages.items()}


def marked(page: str) -> str:
    """The page with ``data-far`` on every piece that can wait: the number of its height's mark.

    Pieces stand in an article: a page without one stays as it is.
    """
    if "<article" not in page:
        return page
    inside: defaultdict[Element | None, list[Element]] = defaultdict(list)
    elements = read(page)
    for one in elements:
        inside[one.parent].append(one)
    known: dict[Element, float] = {}
    edits = []
    waiting = [(one, 0.0) for one in elements if one.name == "article"]
    while waiting:
        around, top = waiting.pop()
        for one in inside[around]:
            high = _height(one, inside, known)
            # Of what is higher than the last mark the pieces wait.
            if top >= TOP and _waits(one) and LEAST <= high <= LEAST * STEP ** (MARKS - 1):
                edits.append(one.tag(data_far=str(mark(high))))
            waiting.append((one, top))
            top += high
    return edited(page, edits)


def mark(height: float) -> int:
    """The number of the least mark that is as high as `height` in CSS pixels; raises StopIteration beyond the last."""
    return next(k for k in range(MARKS) if LEAST * STEP**k >= height - 0.5)


def _waits(one: Element) -> bool:
    """Whether an element is such a piece: it stands by itself in a section, a list of claims or a cell's output."""
    above = one.parent
    if above is None or one.name in _UNSEEN | {"nav"} or _HEADING.match(one.name):
        return False
    around = _classes(above)
    if _classes(one) & {"ay-entry", "ay-record"} or around & {"ay-list", "ay-notation", "ay-errata", "cell_output"}:
        return one.name not in {"tr", "td", "th", "tbody"}
    return above.name == "section" and one.name != "section" and not around & {"ay-record"}


def _classes(one: Element) -> frozenset[str]:
    found = _CLASS.search(one.given)
    return _words(found[1]) if found else frozenset()


@lru_cache(maxsize=4096)
def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


def _height(one: Element, inside: dict[Element | None, list[Element]], known: dict[Element, float]) -> float:
    """A guess at an element's height in CSS pixels, on a telephone."""
    if one in known:
        return known[one]
    classes = _classes(one)
    body = one.page[one.opened : one.closed]
    if one.name in _UNSEEN or ("hidden" in one.attributes and "ay-verify" not in classes):
        high = 0.0
    elif one.name == "svg":
        high = 300.0 if one.parent is not None and "ay-drawing" in _classes(one.parent) else 0.0
    elif one.name == "pre":
        wraps = any("cell_output" in _classes(above) for above in one.above())
        lines = _TAG.sub("", body).split("\n")
        high = 40 + 24.0 * sum(-(-max(1, len(unescape(line))) // _CHARACTERS) if wraps else 1 for line in lines)
    elif one.name == "div" and "math" in classes:
        rows = 1 + body.count("\\\\")
        high = 30 + rows * (62 if _TALL.search(body) else 36)
    else:
        children = inside[one]
        if one.name == "details" and "open" not in one.attributes:
            children = [child for child in children if child.name == "summary"][:1]
        high = _around(one.name, classes)
        letters, at = 0.0, one.opened
        for child in children:
            letters += _letters(one.page[at : child.start])
            at = child.end
            if child.name in _BLOCKS or child.name == "svg" or _holds_block(child, inside):
                high += _lines(letters) + _height(child, inside, known)
                letters = 0.0
            elif child.name not in _UNSEEN:
                letters += _letters(_TAG.sub(" ", one.page[child.start : child.end]))
        if one.name != "details":
            letters += _letters(one.page[at : one.closed])
        high += _lines(letters)
    known[one] = high
    return high


def _around(name: str, classes: frozenset[str]) -> float:
    return _AROUND.get(name, 4) + sum(_CLASSES.get(one, 0) for one in classes)


def _lines(letters: float) -> float:
    return -(-letters // _CHARACTERS) * _LINE if letters >= 1 else 0


def _letters(text: str) -> float:
    """How many letters wide a text is once its formulas are set."""
    said = " ".join(unescape(text).split())
    return len(_COMMAND.sub("", _WORD.sub("m", said))) if "\\" in said else len(said)


def _holds_block(one: Element, inside: dict[Element | None, list[Element]]) -> bool:
    return any(child.name in _BLOCKS or _holds_block(child, inside) for child in inside[one])
