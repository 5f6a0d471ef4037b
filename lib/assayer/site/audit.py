"""What Sphinx does not look at in the pages it writes: each finding is one line that names the page.

Raw TeX left in the text, requests that would leave the site, links to nothing, ids used twice, scripts in links,
and files of the book that no page shows.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from posixpath import normpath
from urllib.parse import unquote, urlsplit

from assayer.site.formulas import shorten

_VOID = frozenset(
    ["area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"]
)
_NO_PROSE = frozenset(["pre", "code", "script", "style", "template", "textarea", "svg", "title"])
_RAW = (
    (re.compile(r"(?<!\\)\$"), "a dollar sign in the text: an unclosed formula? (write currency in words)"),
    (re.compile(r"\\[(\[]|\\[)\]]"), "TeX delimiters in the text"),
    (re.compile(r"\\(?:begin|end|eqref|ref|label|frac|sqrt|sum|mathbf|text)\s*\{"), "TeX outside a formula"),
    (re.compile(r"\{[a-z]+(?::[a-z]+)*\}`"), "a role that was not read"),
    (re.compile(r"\[\^[^\]\s]+\]"), "a footnote that was not read"),
)
_FETCHED = {  # attributes that make a browser fetch something without a click
    "script": ("src",),
    "img": ("src", "srcset"),
    "iframe": ("src", "srcdoc"),
    "source": ("src", "srcset"),
    "video": ("src", "poster"),
    "audio": ("src",),
    "track": ("src",),
    "embed": ("src",),
    "object": ("data",),
    "input": ("src",),
    "use": ("href", "xlink:href"),
    "image": ("href", "xlink:href"),
    "body": ("background",),
}
_FETCHING_LINKS = frozenset(
    ["stylesheet", "icon", "shortcut", "preload", "modulepreload", "prefetch", "preconnect", "dns-prefetch", "manifest"]
)
_CSS_URL = re.compile(r"url\(\s*['\"]?([^'\")]+)|@import\s+['\"]([^'\"]+)")
_OFF_SITE = re.compile(r"(?:[a-z][a-z0-9+.-]*:)?//", re.IGNORECASE)


@dataclass
class Facts:
    """What one page holds that other pages or the site must answer for."""

    path: str
    ids: set[str] = field(default_factory=set)
    links: list[str] = field(default_factory=list)
    files: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


class _Reader(HTMLParser):
    def __init__(self, facts: Facts) -> None:
        super().__init__(convert_charrefs=True)
        self.facts = facts
        self.silent: list[str] = []
        self.templates = 0
        self.script = False
        self.style = False

    def say(self, text: str) -> None:
        self.facts.problems.append(f"{self.facts.path}: {text}")

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.script, self.style = tag == "script", tag == "style"
        self.templates += tag == "template"
        if tag in _NO_PROSE:
            self.silent.append(tag)
        if "id" in given and not self.templates:
            if given["id"] in self.facts.ids:
                self.say(f"the id {given['id']!r} is used twice")
            self.facts.ids.add(given["id"])
        for name, value in given.items():
            if value.strip().lower().startswith(("javascript:", "data:text/html")):
                self.say(f"a script in the attribute {name} of <{tag}>")
        for name in _FETCHED.get(tag, ()):
            for address in given.get(name, "").split(",") if name == "srcset" else [given.get(name, "")]:
                self.fetch(address.split()[0] if address.strip() else "", f"<{tag}>")
        if tag == "link" and _FETCHING_LINKS & set(given.get("rel", "").lower().split()):
            self.fetch(given.get("href", ""), "<link>")
        if tag == "a" and given.get("href"):
            self.facts.links.append(given["href"])
        if "style" in given:
            self.css(given["style"])

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in _VOID:
            self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        self.script = self.style = False
        self.templates -= tag == "template" and self.templates > 0
        if tag in self.silent:
            while self.silent and self.silent.pop() != tag:
                pass

    def handle_data(self, data: str) -> None:
        if self.style:
            self.css(data)
        if self.silent or not data.strip():
            return
        for pattern, what in _RAW:
            found = pattern.search(data)
            if found:
                around = data[max(0, found.start() - 40) : found.end() + 40]
                self.say(f"{what}: {shorten(around)!r}")

    def css(self, text: str) -> None:
        for found in _CSS_URL.finditer(text):
            self.fetch(found[1] or found[2], "a style")

    def fetch(self, address: str, what: str) -> None:
        address = address.strip()
        if not address or address.startswith(("data:image/", "data:font/", "#")):
            return
        if _OFF_SITE.match(address) or ":" in address.split("/")[0]:
            self.say(f"{what} asks another site for {shorten(address)!r}")
        else:
            self.facts.files.append(address)


def read(path: str, html: str) -> Facts:
    """Read one page, its formulas taken out; `path` is its address from the site's root."""
    facts = Facts(path)
    reader = _Reader(facts)
    reader.feed(html)
    reader.close()
    return facts


def style_sheets(root: Path, files: Iterable[str]) -> list[str]:
    """Requests that leave the site from the style sheets `files`, and files that they name and the site lacks."""
    found = []
    for name in sorted(set(files)):
        text = re.sub(r"/\*.*?\*/", "", (root / name).read_text("utf-8", errors="replace"), flags=re.DOTALL)
        for match in _CSS_URL.finditer(text):
            address = (match[1] or match[2]).strip()
            if address.startswith(("data:", "#")):
                continue
            if _OFF_SITE.match(address):
                found.append(f"{name}: asks another site for {shorten(address)!r}")
            elif not (root / target(name, address)[0]).is_file():
                found.append(f"{name}: names the missing file {shorten(address)!r}")
    return found


def target(page: str, address: str) -> tuple[str, str]:
    """The file, from the site's root, and the anchor that `address` means on the page or in the style sheet `page`."""
    parts = urlsplit(address)
    folder = page.rpartition("/")[0]
    path = unquote(parts.path)
    if not path:
        return page, unquote(parts.fragment)
    joined = normpath(f"{folder}/{path}" if folder else path)
    return (f"{joined}/index.html" if path.endswith("/") else joined), unquote(parts.fragment)


def missing_files(root: Path, page: Facts, pages: Collection[str] = ()) -> list[str]:
    """Files that `page` makes a browser fetch and the site lacks; `pages` are yet to be written."""
    named = {address: target(page.path, address)[0] for address in page.files}
    return [
        f"{page.path}: names the missing file {shorten(address)!r}"
        for address, file in named.items()
        if file not in pages and not (root / file).is_file()
    ]


def links(root: Path, pages: Mapping[str, Facts], extra_ids: Mapping[str, set[str]]) -> list[str]:
    """Links inside the site that lead nowhere; `extra_ids` holds the anchors that formulas bring to a page."""
    found = []
    for page in pages.values():
        found += missing_files(root, page, pages)
        for address in dict.fromkeys(page.links):
            if re.match(r"[a-z][a-z0-9+.-]*:|//", address, re.IGNORECASE) or address in ("#", ""):
                continue
            file, fragment = target(page.path, address)
            if file not in pages:
                if not (root / file).is_file():
                    found.append(f"{page.path}: links to {shorten(address)!r}, which is not in the site")
            elif fragment and fragment not in pages[file].ids | extra_ids.get(file, set()):
                found.append(f"{page.path}: links to {shorten(address)!r}, an anchor that {file} lacks")
    return found


def orphans(root: Path, shown: Iterable[str], folder: str = "chapters") -> list[str]:
    """Pages of the book in `folder` that the table of contents does not name."""
    known = set(shown)
    found = []
    for file in sorted((root / folder).rglob("*")):
        name = file.relative_to(root)
        hidden = any(part.startswith((".", "_")) for part in name.parts)
        if file.suffix in (".md", ".ipynb") and not hidden and name.with_suffix("").as_posix() not in known:
            found.append(f"{name.as_posix()}: not in the table of contents, so no reader finds it")
    return found
