"""What a finished page holds, read once for the search, the head of a chapter and the descriptions of pages.

Pages come as Sphinx wrote them, formulas still TeX. Drawings, scripts and what waits in templates are passed over.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from html.parser import HTMLParser
from typing import Any

from assayer.site import kept, plain
from assayer.site.kept import Page

_UNSEEN = re.compile(r"<(svg|template|script|style|noscript|dialog|button)\b.*?</\1\s*>|<!--.*?-->", re.DOTALL)
_VOID = frozenset(
    ["area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"]
)
BLOCKS = frozenset(
    [
        "p",
        "div",
        "section",
        "li",
        "dt",
        "dd",
        "tr",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "aside",
        "figure",
        "table",
        "pre",
        "ol",
        "ul",
        "dl",
        "details",
    ]
)
_ASIDE = frozenset(
    [
        "headerlink",
        "ay-box",
        "ay-ledger",
        "ay-errata",
        "ay-expression",
        "ay-assume",
        "ay-conclusion",
        "ay-tools",
        "ay-status",
        "ay-verify-none",
        "above-input",
    ]
)
"""Classes of elements whose text is another entry's, or no prose."""


PACE = {"words": 60 / 220, "displayed": 8.0, "inline": 1.0, "code_lines": 1.5, "figures": 20.0}
"""Seconds that one of each takes a reader: 220 words a minute, 8 s for a formula on its own line, and so on.

A rule of thumb and not a measurement: the page says by which rule and from which counts its minutes come.
"""


@dataclass
class Section:
    """A heading with its own text, without that of the sections below it; `id` is its anchor."""

    id: str
    level: int
    title: str = ""
    text: str = ""


@dataclass
class Row:
    """One row of a table of symbols: the cells as text, and the anchor of the section in which it stands."""

    section: str
    cells: list[str]


@dataclass
class Outline:
    """A page: its sections in order, its symbols, its paragraphs, and what reading it takes.

    `words`, `displayed`, `inline`, `code_lines` and `figures` count prose, formulas on their own line, formulas in
    the text, lines of code that are not folded, and figures.
    """

    sections: list[Section] = field(default_factory=list)
    symbols: list[Row] = field(default_factory=list)
    paragraphs: list[str] = field(default_factory=list)
    words: int = 0
    displayed: int = 0
    inline: int = 0
    code_lines: int = 0
    figures: int = 0

    @property
    def seconds(self) -> float:
        """How long reading takes: see `PACE`."""
        return sum(getattr(self, name) * seconds for name, seconds in PACE.items())

    @property
    def title(self) -> str:
        """The page's first heading, or an empty text."""
        return next((section.title for section in self.sections if section.level == 1), "")

    def paragraph(self, beginning: str) -> str:
        """The first paragraph that begins with these words, without them; empty where there is none."""
        found = next((text for text in self.paragraphs if text.startswith(beginning)), "")
        return found.removeprefix(beginning).strip()


def title(html: str) -> str:
    """The first heading of a page's article, without reading the rest."""
    begin = html.find("<article")
    end = html.find("</h1>", begin)
    return (
        _read(f"<section id=''>{html[html.find('<h1', begin) : end]}</h1></section>").title if 0 <= begin < end else ""
    )


def ahead(pages: Iterable[Page]) -> None:
    """Read the outlines of `pages` on all cores."""
    kept.ahead(dict.fromkeys(pages, ()), _plain, of=_article)


def of(page: Page) -> Outline:
    """The outline of a page, kept with it."""
    found = page.fact(_plain, of=_article)
    sections, symbols = found.pop("sections"), found.pop("symbols")
    return Outline([Section(**one) for one in sections], [Row(**one) for one in symbols], **found)


def _plain(article: str) -> dict[str, Any]:
    return asdict(_read(article))


def read(html: str) -> Outline:
    """Read the article of a page; a page without one has an empty outline."""
    return _read(_article(html))


def _article(html: str) -> str:
    begin = html.find("<article")
    end = html.find("</article>", begin)
    return html[begin:end] if 0 <= begin < end else ""


def _read(article: str) -> Outline:
    reader = _Reader()
    reader.feed(_UNSEEN.sub(" ", article))
    reader.close()
    reader.page.figures = len(re.findall(r"<figure\b", article))
    for section in reader.page.sections:
        section.title, section.text = _tidy(section.title), _tidy(section.text)
        reader.page.words += len(re.findall(r"[^\W\d_]{2,}", section.text))
    return reader.page


def _tidy(text: str) -> str:
    return " ".join(text.split())


@dataclass
class _Open:
    """An element that is open: its tag, and what of it is collected."""

    tag: str
    classes: frozenset[str]
    text: list[str] = field(default_factory=list)
    section: Section | None = None


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.page = Outline()
        self.open: list[_Open] = []
        self.sections: list[Section] = []
        self.head: list[str] = []
        self.rows: list[list[str]] = []
        self.table = 0

    # --- where the text goes ---------------------------------------------------------------------

    def inside(self, *classes: str) -> bool:
        return any(not one.classes.isdisjoint(classes) for one in self.open)

    def within(self, *tags: str) -> _Open | None:
        return next((one for one in reversed(self.open) if one.tag in tags), None)

    def write(self, text: str) -> None:
        if any(not one.classes.isdisjoint(_ASIDE) for one in self.open):
            return
        for one in self.open:
            if one.tag in ("p", "td", "th"):
                one.text.append(text)
        if not self.sections or self.inside("ay-claim"):
            return
        heading = self.within("h1", "h2", "h3", "h4", "h5", "h6")
        if heading:
            self.sections[-1].title += text
        else:
            self.sections[-1].text += text

    # --- events ------------------------------------------------------------------------------------

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _VOID:
            return
        given = {name: value or "" for name, value in attrs}
        one = _Open(tag, frozenset(given.get("class", "").split()))
        if tag in BLOCKS:
            self.write(" ")
        if tag == "section" and "id" in given and "ay-record" not in one.classes:
            one.section = Section(given["id"], 0)
            self.page.sections.append(one.section)
            self.sections.append(one.section)
        if re.fullmatch("h[1-6]", tag) and self.sections and not self.sections[-1].level:
            self.sections[-1].level = int(tag[1])
        if tag == "table":
            self.head, self.rows = [], []
        if tag == "tr":
            self.rows.append([])
        self.open.append(one)

    def handle_endtag(self, tag: str) -> None:
        if tag in _VOID or not any(one.tag == tag for one in self.open):
            return
        while True:
            one = self.open.pop()
            self.finish(one)
            if one.tag == tag:
                break

    def finish(self, one: _Open) -> None:
        said = _tidy("".join(one.text))
        if one.tag in BLOCKS:
            self.write(" ")
        if one.section is not None:
            self.sections.pop()
        if one.tag == "p" and said:
            self.page.paragraphs.append(said)
        if one.tag == "th":
            self.head.append(said)
        if one.tag == "td" and self.rows:
            self.rows[-1].append(said)
        if one.tag == "table" and self.head and self.head[0].lower() == "symbol" and self.sections:
            self.page.symbols += [Row(self.sections[-1].id, row) for row in self.rows if row]
        if "math" in one.classes:
            tex = "".join(one.text).strip()
            own_line = one.tag == "div" or tex.startswith((r"\[", r"\(\displaystyle"))
            if tex[:2] in (r"\(", r"\["):
                tex = tex[2:-2]
            self.page.displayed += own_line
            self.page.inline += not own_line
            self.write(f" {plain.formula(tex)} " if own_line else plain.formula(tex))

    def handle_data(self, data: str) -> None:
        math = next((one for one in self.open if "math" in one.classes), None)
        if math is not None:
            if "eqno" not in self.open[-1].classes:
                math.text.append(data)
        elif self.within("pre"):
            if self.inside("cell_input") and not self.within("details"):
                self.page.code_lines += data.count("\n")
        else:
            self.write(data)
