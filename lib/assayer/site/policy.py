"""What a page may run and load: its Content-Security-Policy, and the places where it would break it."""

from __future__ import annotations

import base64
import hashlib
import re
from html.parser import HTMLParser

from assayer.site.formulas import shorten
from assayer.site.scripts import runs

# A typeset formula and a figure set lengths of their own in style attributes (300 different ones a chapter): these
# alone may stand in the page. A style attribute runs nothing, and img-src and font-src bound what it could fetch.
DIRECTIVES = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "style-src-attr": "'unsafe-inline'",
    "img-src": "'self' data:",
    "font-src": "'self' data:",
    "connect-src": "'self'",
    "worker-src": "'self'",
    "object-src": "'none'",
    "base-uri": "'none'",
    "form-action": "'self'",
}
"""The policy of every page. "Check it yourself" needs no more: a worker that came from a file has its own policy."""
_SCRIPT = re.compile(r"<script\b(?P<attributes>[^>]*)>(?P<body>.*?)</script>", re.DOTALL)
_LOADED = frozenset({"src", "href", "action", "formaction", "data", "xlink:href", "srcdoc"})
_NO_PLACE = frozenset({"base", "iframe", "frame", "object", "embed", "applet", "portal"})


def sha256(text: str | bytes) -> str:
    """A hash as policies and integrity attributes write it."""
    data = text.encode() if isinstance(text, str) else text
    return f"sha256-{base64.b64encode(hashlib.sha256(data).digest()).decode()}"


def policy(allowed: list[str], *, sets_formulas: bool = False) -> str:
    """The policy as one line; ``allowed`` are the hashes of the scripts that may stand in the page.

    ``sets_formulas`` is for a page whose formulas MathJax sets in the reader's browser: it writes style elements.
    """
    told = dict(DIRECTIVES)
    told["script-src"] += "".join(f" '{one}'" for one in allowed)
    if sets_formulas:
        told["style-src"] += " 'unsafe-inline'"
    return "; ".join(f"{name} {value}" for name, value in told.items())


def inline_scripts(html: str) -> list[str]:
    """The programs that stand in the page itself."""
    found = _SCRIPT.finditer(html)
    return [one["body"] for one in found if not re.search(r"\bsrc=", one["attributes"]) and runs(one["attributes"])]


class _Watch(HTMLParser):
    """Reads a page as a browser does, and notes what its policy would block or what could run a foreign script."""

    def __init__(self, path: str, known: frozenset[str], *, styles: bool, leads: bool) -> None:
        super().__init__(convert_charrefs=True)
        self.path, self.known, self.styles, self.leads = path, known, styles, leads
        self.problems: list[str] = []
        self.program: str | None = None

    def say(self, text: str) -> None:
        self.problems.append(f"{self.path}: {text}")

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag in _NO_PLACE:
            self.say(f"<{tag}>, which has no place in this site")
        if tag == "script" and "src" not in given and runs(" ".join(f'{k}="{v}"' for k, v in given.items())):
            self.program = ""
        if tag == "style" and not self.styles:
            self.say("a <style> element: put its rules into a style sheet")
        if tag == "meta" and given.get("http-equiv", "").lower() == "refresh" and not self.may_lead(given):
            self.say("a meta refresh, which takes the reader elsewhere")
        for name, value in given.items():
            bare = re.sub(r"[\s\x00-\x1f]+", "", value).lower()
            if name.startswith("on"):
                self.say(f"the event handler {name} of <{tag}>: {shorten(value)!r}")
            elif name in _LOADED and re.match(r"(javascript|vbscript|data:(?!image/|font/)|blob):?", bare):
                self.say(f"the attribute {name} of <{tag}> runs a script: {shorten(value)!r}")
        if tag == "form" and re.match(r"[a-z][a-z0-9+.-]*:|//", given.get("action", ""), re.IGNORECASE):
            self.say(f"a form that is sent to {shorten(given['action'])!r}")

    def may_lead(self, given: dict[str, str]) -> bool:
        return self.leads and re.fullmatch(r"0; *url=[\w.][\w./-]*\.html", given.get("content", "")) is not None

    def handle_data(self, data: str) -> None:
        if self.program is not None:
            self.program += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "script" and self.program is not None:
            if self.program.strip() and sha256(self.program) not in self.known:
                self.say(f"a script in the page itself: {shorten(self.program)!r}")
            self.program = None


def blocked(path: str, html: str, known: frozenset[str] = frozenset(), *, styles: bool = False) -> list[str]:
    """What the page's policy would block, and what could run a script that is not the site's; one line each.

    ``known`` are the hashes of the scripts that may stand in a page. A page without a text may lead to another.
    """
    watch = _Watch(path, known, styles=styles, leads="<article" not in html)
    # A typeset formula is read once, however often it stands in the book: pages are mostly made of them.
    new = set(_FORMULA.findall(html)) - _CLEAN
    inside = _Watch(path, known, styles=styles, leads=False)
    inside.feed("".join(new))
    inside.close()
    if not inside.problems:
        _CLEAN.update(new)
    watch.feed(_FORMULA.sub("", html))
    watch.close()
    return inside.problems + watch.problems


_FORMULA = re.compile(r"<mjx-container\b.*?</mjx-container>", re.DOTALL)
_CLEAN: set[str] = set()
"""Formulas that nothing was found against."""


_FILE = re.compile(r"<(?P<tag>script|link)\b(?P<attributes>[^>]*)>")


def files(html: str) -> list[tuple[str, str, str]]:
    """The scripts and style sheets of a page: the tag as it stands, its address, its integrity or an empty text."""
    found = []
    for one in _FILE.finditer(html):
        source = re.search(r'\bsrc="([^"]*)"' if one["tag"] == "script" else r'\bhref="([^"]*)"', one["attributes"])
        if not source or (
            one["tag"] == "link" and not re.search(r'\brel="(stylesheet|modulepreload)"', one["attributes"])
        ):
            continue
        stated = re.search(r'\bintegrity="([^"]*)"', one["attributes"])
        found.append((one[0], source[1], stated[1] if stated else ""))
    return found
