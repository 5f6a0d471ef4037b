"""Where things of the book stand, and where they are used: anchors, and the links back from a claim to its uses."""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

from docutils import nodes

from assayer.claims.records import Book, Chapter, Record
from assayer.site.markup import link, tex, words

if TYPE_CHECKING:
    from sphinx.environment import BuildEnvironment

KINDS = ("claim", "derivation", "check", "page")
"""What can use a claim: a claim that rests on it, a derivation that cites it, a check that tests it, a page that
mentions it."""
LABELS = {"claim": "rests on it", "derivation": "cites it", "check": "tests it", "page": "mentions it"}
Mentions = Mapping[str, Collection[str]]
"""From a page's name, without its ending, to the ids of the claims that its text mentions."""


@dataclass(frozen=True)
class Use:
    """One place that uses a claim.

    Attributes:
        kind: one of `KINDS`.
        name: a claim's id, the title of a derivation or of a check, or a page's name.
        page: the name of the page it stands on, without its ending, such as ``chapters/memory/hippo``.
        anchor: its id on that page; empty for the page as a whole.
    """

    kind: str
    name: str
    page: str
    anchor: str


def page_of(chapter: Chapter) -> str:
    """The name of a chapter's page: its path without the ending."""
    return chapter.path.removesuffix(".ipynb")


def title(env: BuildEnvironment, page: str) -> str:
    """The title of a page, formulas included, as HTML."""
    return "".join(
        tex(child.astext()) if isinstance(child, nodes.math) else escape(child.astext())
        for child in env.titles[page].children
    )


# --- Anchors ------------------------------------------------------------------------------------------


def anchor(chapter: Chapter, kind: str, title: str) -> str:
    """The id of a derivation or a check on its page, made of its title alone, such as ``derivation.the-next``.

    Titles of one chapter that differ only in signs that an id leaves out get a part of their hash as well. The dot
    keeps such ids apart from those of headings.
    """
    alike = Counter(_slug(other) for other in {str(record["title"]) for _, record in chapter.of_kind(kind)})
    slug = _slug(title)
    if alike[slug] > 1 or not slug:
        slug = f"{slug}-{hashlib.sha256(title.encode()).hexdigest()[:6]}".lstrip("-")
    return f"{kind}.{slug}"


def _slug(title: str) -> str:
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode().lower()
    return "-".join(re.findall(r"[a-z0-9]+", plain))


def cited(book: Book, chapter: Chapter, title: str) -> tuple[Chapter, Record] | None:
    """The derivation that a step of `chapter` cites as `title`, its own chapter's first; None where it is not shown."""
    for place in (chapter, *(other for other in book.chapters if other is not chapter)):
        for _, record in place.of_kind("derivation"):
            if record["title"] == title:
                return place, record
    return None


def claims_shown_by(book: Book, chapter: Chapter, title: str) -> tuple[str, ...]:
    """The ids of the claims whose theorem is the derivation `title` of `chapter`."""
    return tuple(c.id for c in book.claims if c.chapter.path == chapter.path and title in c.record["theorems"])


def citing(book: Book, chapter: Chapter, title: str) -> tuple[Use, ...]:
    """The derivations of which a step cites the derivation `title` of `chapter`, in the book's order."""
    found = []
    for place in book.chapters:
        for _, record in place.of_kind("derivation"):
            names = any(title in step["lemmas"] for step in record["steps"])
            own = place.path == chapter.path and record["title"] == title
            if names and not own and _is(cited(book, place, title), chapter, (title,)):
                name = record["title"]
                found.append(Use("derivation", name, page_of(place), anchor(place, "derivation", name)))
    return tuple(dict.fromkeys(found))


# --- Links back ---------------------------------------------------------------------------------------


def used_in(book: Book, id: str, mentions: Mentions | None = None) -> tuple[Use, ...]:
    """Every place that uses the claim `id`, by kind in the order of `KINDS`, then in the book's order.

    A derivation uses a claim when a step cites one of the claim's theorems; the claim's own derivations, and a mention
    on its own chapter's page, do not count.

    Raises:
        RecordError: when no chapter declares the claim.
    """
    claim = book.claim(id)
    home, theorems = claim.chapter, claim.record["theorems"]
    found = [Use("claim", c.id, page_of(c.chapter), c.id) for c in book.claims if id in c.record["rests_on"]]
    found += [
        use
        for theorem in theorems
        for use in citing(book, home, theorem)
        if use.page != page_of(home) or use.name not in theorems
    ]
    checks = {record["title"] for _, record in home.of_kind("check")}
    found += [
        Use("check", title, page_of(home), anchor(home, "check", title) if title in checks else id)
        for title in claim.record["tests"]
    ]
    found += [
        Use("page", page, page, "") for page, ids in (mentions or {}).items() if id in ids and page != page_of(home)
    ]
    return tuple(dict.fromkeys(found))


def _is(target: tuple[Chapter, Record] | None, home: Chapter, theorems: Collection[str]) -> bool:
    return target is not None and target[0].path == home.path and target[1]["title"] in theorems


def html(uses: Iterable[Use], page: Callable[[str], str], title: Callable[[str], str]) -> str:
    """The uses as links, one group for each kind; empty where there is none.

    `page` gives a page's address as seen from the page being drawn (empty for that page itself), `title` its title as
    HTML.
    """
    groups: dict[str, list[str]] = {}
    for use in uses:
        label = {"claim": f"<code>{escape(use.name)}</code>", "page": title(use.name) if use.kind == "page" else ""}
        address = page(use.page) + (f"#{use.anchor}" if use.anchor else "")
        groups.setdefault(use.kind, []).append(link(address, label.get(use.kind) or words(use.name)))
    return "; ".join(
        f'<span class="ay-use">{", ".join(groups[kind])} <span class="ay-use-kind">{_label(kind, len(groups[kind]))}'
        "</span></span>"
        for kind in KINDS
        if kind in groups
    )


def _label(kind: str, count: int) -> str:
    if count == 1:
        return LABELS[kind]
    verb, _, rest = LABELS[kind].partition(" ")
    return f"{verb.removesuffix('s')} {rest}"


_MENTION = re.compile(r"\{claim\}`([^`]+)`")


def read_mentions(root: Path, pages: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """The claims that the text of each page mentions by the role ``claim``, from the sources below `root`.

    A page without any is left out. A file that cannot be read is passed over: reading the book has already said so.
    """
    found: dict[str, tuple[str, ...]] = {}
    for page in pages:
        try:
            if (root / f"{page}.ipynb").is_file():
                cells = json.loads((root / f"{page}.ipynb").read_text("utf-8"))["cells"]
                text = "\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown")
            else:
                text = (root / f"{page}.md").read_text("utf-8")
        except (OSError, ValueError, KeyError):
            continue
        ids = tuple(dict.fromkeys(id.strip() for id in _MENTION.findall(text)))
        if ids:
            found[page] = ids
    return found


def fingerprint(book: Book) -> str:
    """A text that changes when a derivation that another page may show or cite has changed."""
    return repr(
        [
            (chapter.path, record["title"], record["conclusion"]["plain"], [step["lemmas"] for step in record["steps"]])
            for chapter in book.chapters
            for _, record in chapter.of_kind("derivation")
        ]
    )
