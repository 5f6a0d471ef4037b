"""Every formula of the built pages, typeset before anyone reads them.

Sphinx leaves TeX between delimiters in elements of class ``math``. This module finds it, numbers and links what
``\\label`` and ``\\eqref`` name, has MathJax typeset each formula once, and puts the result in its place. A
formula's HTML depends on its TeX alone, so it is kept from build to build.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from html import escape, unescape
from pathlib import Path, PurePosixPath
from typing import Any

from assayer.site.errors import SiteError
from assayer.site.lean import lean
from assayer.site.ledger import write_json
from assayer.site.mathjax import HERE, VERSION, MathJax

_SKIPPED = r"<(?P<skip>pre|code|script|style|template|svg|textarea)\b.*?</(?P=skip)\s*>|<!--.*?-->"
_MATH = (
    r'<(?P<tag>span|div) class="(?P<classes>(?:[^"]*\s)?math(?:\s[^"]*)?)"(?P<rest>[^>]*)>'
    r"(?P<body>(?:\s*<span class=\"eqno\">.*?</span>)?[^<]*)</(?P=tag)>"
)
_PIECES = re.compile(rf"{_SKIPPED}|{_MATH}|\\(?:eq)?ref\{{(?P<ref>[^}}]*)\}}", re.DOTALL)
_EQNO = re.compile(r'\s*<span class="eqno">\((?P<number>[^)]*)\)(?P<link>.*?)</span>\s*', re.DOTALL)
_LABEL = re.compile(r"\\label\s*\{([^}]*)\}")
_TAG = re.compile(r"\\tag\*?\s*\{([^}]*)\}")
_REF = re.compile(r"\\(eqref|ref)\s*\{([^}]*)\}")
_ROW = re.compile(r"(\\\\(?![a-zA-Z]))")
_EQUATION_ID = re.compile(r' id="equation-([^"]*)"')
_RANDOM_ID = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}")
_TITLE = re.compile(r"(<title>)(.*?)(</title>)", re.DOTALL)
_INLINE_DELIMITERS = re.compile(r"\\\((.*?)\\\)", re.DOTALL)


@dataclass
class Formula:
    """One formula of a page: its TeX as the author wrote it, and the number that Sphinx gave it, if any."""

    tex: str
    display: bool
    number: str | None
    opening: str
    closing: str
    eqno: str


@dataclass
class Page:
    """A built page cut at its formulas: HTML text, formulas and, as plain text, the labels cited in prose."""

    path: str
    pieces: list[str | Formula | tuple[str]] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    @property
    def formulas(self) -> list[Formula]:
        return [piece for piece in self.pieces if isinstance(piece, Formula)]

    def prose(self) -> str:
        """The page's HTML with every formula's TeX taken out, for checks of what is left."""

        def left(piece: str | Formula | tuple[str]) -> str:
            if isinstance(piece, Formula):
                return f"{piece.opening}{piece.eqno} {piece.closing}"
            return piece if isinstance(piece, str) else " "

        return "".join(map(left, self.pieces))


def cut(path: str, html: str) -> Page:
    """Cut the page at `path` (its address from the site's root) at its formulas."""
    page = Page(path)
    # A browser's tab shows no formula: its title keeps the TeX without the delimiters.
    html = _TITLE.sub(lambda found: found[1] + _INLINE_DELIMITERS.sub(r"\1", found[2]) + found[3], html)
    end = equations = 0
    for found in _PIECES.finditer(html):
        if found["skip"] or found[0].startswith("<!--"):
            continue
        page.pieces.append(html[end : found.start()])
        end = found.end()
        if found["ref"] is not None:
            page.pieces.append((found["ref"],))
            continue
        formula = _formula(found)
        named = _EQUATION_ID.search(formula.opening)
        equations += named is not None
        if named and _RANDOM_ID.fullmatch(named[1]):
            # An AMS environment: MyST has Sphinx count it, under a name that changes from build to build, and
            # leaves the number out of the page.
            formula.opening = formula.opening.replace(named[0], "")
            formula.number, formula.eqno = str(equations), f'<span class="eqno">({equations})</span>'
        page.pieces.append(formula)
    page.pieces.append(html[end:])
    return page


def _formula(found: re.Match[str]) -> Formula:
    body, number, eqno = found["body"], None, ""
    head = _EQNO.match(body)
    if head:
        number, eqno, body = unescape(head["number"]), head[0].strip(), body[head.end() :]
    source = unescape(body).strip()
    if (source[:2], source[-2:]) in ((r"\(", r"\)"), (r"\[", r"\]")):
        source = source[2:-2]
    opening = f'<{found["tag"]} class="{found["classes"]}"{found["rest"]}>'
    return Formula(source.strip(), found["tag"] == "div", number, opening, f"</{found['tag']}>", eqno)


@dataclass(frozen=True)
class Label:
    """Where a ``\\label`` stands: the page, the anchor in it, and the number shown."""

    page: str
    anchor: str
    number: str


def _numbered(formula: Formula) -> list[tuple[str, str]]:
    """Give every labelled row its number, a ``\\tag``; returns ``(label, number)`` pairs. Changes `formula`."""
    rows = _ROW.split(formula.tex)
    labelled = [row for row in rows if _LABEL.search(row)]
    if not labelled:
        return []
    found: list[tuple[str, str]] = []
    letters = iter("abcdefghijklmnopqrstuvwxyz")
    for position, row in enumerate(rows):
        label = _LABEL.search(row)
        if label is None:
            continue
        tag = _TAG.search(row)
        if tag is None:
            if formula.number is None:
                raise SiteError(
                    f"\\label{{{label[1]}}} stands in a formula without a number: use an equation or align "
                    "environment, or $$ ... $$ (label) with {eq}`label`"
                )
            number = formula.number + (next(letters) if len(labelled) > 1 else "")
            rows[position] = row.replace(label[0], f"\\tag{{{number}}}{label[0]}")
        else:
            number = tag[1]
        found.append((label[1], number))
    formula.tex, formula.eqno = "".join(rows), ""  # the tag is in the formula now
    return found


def number(page: Page) -> list[tuple[str, str]]:
    """Number the labelled formulas of a page; returns ``(label, number)`` pairs, and adds to the page's `problems`."""
    found: list[tuple[str, str]] = []
    for formula in page.formulas:
        try:
            found += _numbered(formula)
        except SiteError as error:
            page.problems.append(f"{page.path}: {error}")
    return found


def collect(numbered: Mapping[str, Iterable[Sequence[str]]]) -> tuple[dict[str, Label], list[str]]:
    """The labels of all pages, from the ``(label, number)`` pairs of each, and one line for each that is used twice."""
    labels: dict[str, Label] = {}
    problems = []
    for path, pairs in numbered.items():
        for label, shown in pairs:
            if label in labels:
                problems.append(f"{path}: the equation label {label!r} is used twice (also on {labels[label].page})")
            labels[label] = Label(path, f"mjx-eqn:{label}", shown)
    return labels, problems


def refer(page: Page, labels: Mapping[str, Label]) -> None:
    """Put numbers in the place of what refers to labels; what refers to none is added to the page's `problems`."""

    def dangling(label: str) -> None:
        page.problems.append(f"{page.path}: \\eqref{{{label}}} refers to no equation")

    def in_formula(found: re.Match[str]) -> str:
        target = labels.get(found[2])
        if target is None:
            dangling(found[2])
            return "?"
        return rf"\text{{({target.number})}}" if found[1] == "eqref" else rf"\text{{{target.number}}}"

    for position, piece in enumerate(page.pieces):
        if isinstance(piece, Formula):
            piece.tex = _REF.sub(in_formula, piece.tex)
        elif isinstance(piece, tuple):
            target = labels.get(piece[0])
            if target is None:
                dangling(piece[0])
                page.pieces[position] = ""
            else:
                address = f"{relative(page.path, target.page)}#{target.anchor}"
                page.pieces[position] = f'<a class="reference internal" href="{escape(address)}">({target.number})</a>'


# --- Pages that are kept: what is asked of a page's text, as plain data --------------------------------


def labelled(html: str, path: str) -> dict[str, list[Any]]:
    """The labels of a page, as ``[label, number]``, and those that it refers to."""
    page = cut(path, html)
    refs = [piece[0] for piece in page.pieces if isinstance(piece, tuple)]
    refs += [found[2] for formula in page.formulas for found in _REF.finditer(formula.tex)]
    return {"labels": [list(one) for one in number(page)], "refs": sorted(set(refs))}


def resolved(html: str, path: str, labels: Mapping[str, Sequence[str]]) -> Page:
    """The page at `path` cut at its formulas, with its own numbers and those of the `labels` that it refers to."""
    page = cut(path, html)
    number(page)
    refer(page, {label: Label(*said) for label, said in labels.items()})
    return page


def typeset_page(html: str, path: str, labels: Mapping[str, Sequence[str]], _version: str, store: Store) -> str:
    """The page at `path` with every formula as it is in `store`, whose version tells one such store from another."""
    return join(resolved(html, path, labels), store)


def browser_page(html: str, path: str, labels: Mapping[str, Sequence[str]]) -> str:
    """The page at `path` for MathJax to typeset while it is read."""
    return join_for_browser(resolved(html, path, labels))


def relative(origin: str, target: str) -> str:
    """The address of `target` as seen from the page `origin`, both from the site's root; empty for the same page."""
    if origin == target:
        return ""
    here, there = PurePosixPath(origin).parent.parts, PurePosixPath(target).parts
    shared = 0
    while shared < min(len(here), len(there) - 1) and here[shared] == there[shared]:
        shared += 1
    return "/".join([".."] * (len(here) - shared) + list(there[shared:]))


class Store:
    """Typeset formulas kept in one file between builds; it forgets them when MathJax or its settings change."""

    def __init__(self, path: Path) -> None:
        self.path = path
        made = [VERSION, *((HERE / name).read_text("utf-8") for name in ("typeset.mjs", "lean.py"))]
        self.version = hashlib.sha256("".join(made).encode()).hexdigest()
        self.css = ""
        self.html: dict[str, str] = {}
        try:
            kept = json.loads(path.read_text("utf-8"))
        except (OSError, ValueError):
            return
        if kept.get("version") == self.version:
            self.css, self.html = kept["css"], kept["html"]

    @staticmethod
    def key(formula: Formula) -> str:
        return hashlib.sha256(f"{formula.display}{formula.tex}".encode()).hexdigest()

    def save(self, used: Iterable[str]) -> None:
        """Keep the formulas `used` by this build."""
        kept = {key: self.html[key] for key in sorted(set(used))}
        write_json(self.path, {"version": self.version, "css": self.css, "html": kept})


def typeset(
    pages: Iterable[Page], mathjax: Callable[[], MathJax], store: Store, others: Collection[str] = ()
) -> tuple[int, int]:
    """Have every formula of `pages` in `store`; returns how many there are and how many were set now.

    `mathjax` is called only when some formula is new; `others` are keys of formulas of other pages, which the store
    keeps. Bad TeX is added to the page's `problems`.
    """
    wanted: dict[str, Formula] = {}
    where: dict[str, list[Page]] = {}
    for page in pages:
        for formula in page.formulas:
            wanted.setdefault(store.key(formula), formula)
            where.setdefault(store.key(formula), []).append(page)
    missing = [key for key in wanted if key not in store.html]
    bad: set[str] = set()
    if missing or not store.css:
        css, results = mathjax().typeset([(wanted[key].tex, wanted[key].display) for key in missing])
        store.css = css
        for key, (kind, text) in zip(missing, results, strict=True):
            if kind == "html":
                store.html[key] = lean(text)
                continue
            bad.add(key)
            for page in dict.fromkeys(map(id, where[key])):
                named = next(one for one in where[key] if id(one) == page)
                named.problems.append(f"{named.path}: bad TeX in {shorten(wanted[key].tex)!r}: {text}")
    used = ({*wanted} - bad) | {key for key in others if key in store.html}
    if missing or used != store.html.keys():
        store.save(used)
    return len({*wanted, *others}), len(missing)


def join(page: Page, store: Store) -> str:
    """The page's HTML with every formula typeset."""
    return "".join(
        f"{piece.opening}{piece.eqno}{store.html[store.key(piece)]}{piece.closing}"
        if isinstance(piece, Formula)
        else str(piece)
        for piece in page.pieces
    )


def join_for_browser(page: Page) -> str:
    """The page's HTML with its TeX in delimiters, for MathJax to typeset while the page is read."""

    def shown(formula: Formula) -> str:
        start, end = (r"\[", r"\]") if formula.display else (r"\(", r"\)")
        return f"{formula.opening}{formula.eqno}{start}{escape(formula.tex, quote=False)}{end}{formula.closing}"

    return "".join(shown(piece) if isinstance(piece, Formula) else str(piece) for piece in page.pieces)


def shorten(text: str, width: int = 90) -> str:
    """`text` on one line of at most `width` characters."""
    text = " ".join(text.split())
    return text if len(text) <= width else text[: width - 3] + "..."
