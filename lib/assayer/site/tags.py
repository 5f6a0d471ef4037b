"""The elements of a page with their places in its text, so that a tag can be changed and nothing else is.

A parser that writes a page anew would change what it does not know (the capital letters of SVG, the TeX of a formula
that is not yet set). Here the text stays, and edits are made at offsets. Pages are those that Sphinx and our own code
write, in which every element that needs an end has one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from html import escape, unescape

VOID = frozenset(["area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"])
_TOKEN = re.compile(
    r"<!--.*?-->"
    r"|<(?P<raw>script|style|textarea)\b(?P<rawgiven>(?:[^>\"']|\"[^\"]*\"|'[^']*')*)>.*?</(?P=raw)\s*>"
    r"|<(?P<slash>/?)(?P<name>[a-zA-Z][\w:.-]*)(?=[\s/>])(?P<given>(?:[^>\"']|\"[^\"]*\"|'[^']*')*)>",
    re.DOTALL | re.IGNORECASE,
)
_ATTRIBUTE = re.compile(r"([^\s=/\"'>]+)(?:\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s\"'>]+)))?")
_VALUE = r"(\s*=\s*(\"[^\"]*\"|'[^']*'|[^\s\"'>]+))"
_TAG = re.compile(r"<!--.*?-->|<[^>]*>", re.DOTALL)


@dataclass(eq=False)
class Element:
    """One element: its text in the page is ``[start, end)``, what it holds ``[opened, closed)``."""

    page: str = field(repr=False)
    name: str
    given: str
    start: int
    opened: int
    parent: Element | None = field(repr=False)
    closed: int = -1
    end: int = -1

    @cached_property
    def attributes(self) -> dict[str, str]:
        """The attributes by name, entities read."""
        found = _ATTRIBUTE.finditer(self.given)
        return {one[1].lower(): unescape(one[2] or one[3] or one[4] or "") for one in found}

    @property
    def text(self) -> str:
        """What can be read in the element, with single spaces."""
        return " ".join(unescape(_TAG.sub(" ", self.page[self.opened : self.closed])).split())

    def above(self) -> Iterator[Element]:
        """The elements around this one, from the nearest on."""
        around = self.parent
        while around is not None:
            yield around
            around = around.parent

    def tag(self, **changes: str | None) -> Edit:
        """An edit of the start tag: attributes set, or taken away by None; ``_`` in a name stands for ``-``."""
        given = self.given.rstrip()
        slash = "/" if given.endswith("/") else ""
        given = given[: len(given) - len(slash)].rstrip()
        for key, value in changes.items():
            name = key.replace("_", "-")
            given = re.sub(
                rf"\s{name}(\s*=\s*(\"[^\"]*\"|'[^']*'|[^\s\"'>]+))?(?=\s|$)", "", given, flags=re.IGNORECASE
            )
            if value is not None:
                given += f' {name}="{escape(value)}"'
        return self.start, self.opened, f"<{self.name}{given}{slash}>"


Edit = tuple[int, int, str]
"""Where an edit begins, where it ends, and what comes there."""


def read(page: str) -> list[Element]:
    """Every element of `page` in the order of its start tags."""
    found: list[Element] = []
    stack: list[Element] = []
    for token in _TOKEN.finditer(page):
        name = token["name"] or token["raw"]
        if name is None:  # a comment
            continue
        if token["slash"]:
            for depth in range(len(stack) - 1, -1, -1):
                if stack[depth].name.lower() == name.lower():
                    for one in stack[depth:]:
                        one.closed, one.end = token.start(), token.end()
                    del stack[depth:]
                    break
            continue
        given = token["given"] if token["name"] else token["rawgiven"]
        one = Element(page, name, given, token.start(), token.end(), stack[-1] if stack else None)
        found.append(one)
        if token["raw"]:
            one.opened = token.start() + len(name) + len(given) + 2
            one.closed, one.end = page.rindex("<", token.start(), token.end()), token.end()
        elif name.lower() in VOID or given.rstrip().endswith("/"):
            one.closed = one.end = token.end()
        else:
            stack.append(one)
    for one in stack:
        one.closed = one.end = len(page)
    return found


def edited(page: str, edits: Iterable[Edit]) -> str:
    """The page with every edit made; two edits that overlap raise ValueError."""
    made, at = [], 0
    for start, end, text in sorted(edits, key=lambda edit: edit[:2]):
        if start < at:
            raise ValueError(f"two edits of one place: {page[start:end][:60]!r}")
        made += [page[at:start], text]
        at = end
    return "".join([*made, page[at:]])
