"""How a chapter is cited, from ``CITATION.cff`` alone: in words, as BibTeX, and as tags that Zotero reads."""

from __future__ import annotations

import re
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

import yaml

from assayer.site.errors import SiteError

FILE = "CITATION.cff"
_YEAR = re.compile(r"\d{4}")


@dataclass(frozen=True)
class Citation:
    """The book as it is cited: its authors' names (family name last), title, abstract, version and year."""

    authors: tuple[str, ...]
    title: str
    abstract: str
    version: str
    year: str

    def key(self, chapter: str) -> str:
        """The BibTeX key of the chapter whose notebook has this stem."""
        return f"{re.sub(r'[^A-Za-z].*', '', self.title.removeprefix('The ')).lower() or 'book'}_{chapter}"

    def words(self, chapter: str, url: str = "") -> str:
        """One sentence; `url` is the chapter's address, or empty where it is not known."""
        said = f"{_listed(self.authors)} ({self.year}). {chapter}. In: {self.title}, version {self.version}."
        return f"{said} {url}" if url else said

    def bibtex(self, chapter: str, stem: str, url: str = "") -> str:
        """An entry that plain BibTeX takes without a warning."""
        fields = {
            "author": " and ".join(f"{{{_tex(name)}}}" for name in self.authors),
            "title": f"{{{_tex(chapter)}}}",
            "howpublished": f"Chapter of {_tex(self.title)}, version {_tex(self.version)}",
            "year": self.year,
            "url": url,
        }
        rows = "".join(f"  {name} = {{{value}}},\n" for name, value in fields.items() if value)
        return f"@misc{{{self.key(stem)},\n{rows}}}"

    def tags(self, chapter: str, url: str = "") -> str:
        """``<meta name="citation_...">`` for reference managers."""
        pairs = [("citation_title", chapter), *(("citation_author", name) for name in self.authors)]
        pairs += [("citation_publication_date", self.year), ("citation_inbook_title", self.title)]
        pairs += [("citation_language", "en")] + ([("citation_public_url", url)] if url else [])
        return "".join(f'<meta name="{name}" content="{escape(value)}">\n' for name, value in pairs)


def read(root: Path) -> Citation | None:
    """Read ``CITATION.cff`` of the book at `root`; None where there is none.

    The year is that of ``date-released`` or, before any release, the copyright's in ``_config.yml``. Raises
    `SiteError` naming the field that is missing or wrong.
    """
    file = root / FILE
    if not file.is_file():
        return None
    try:
        given: Any = yaml.safe_load(file.read_text("utf-8"))
        config: Any = yaml.safe_load((root / "_config.yml").read_text("utf-8")) or {}
    except (OSError, yaml.YAMLError) as error:
        raise SiteError(f"{FILE} cannot be read: {' '.join(str(error).split())}") from None
    if not isinstance(given, dict):
        raise SiteError(f"{FILE} holds no fields")
    for name in ("title", "version", "authors"):
        if not given.get(name):
            raise SiteError(f"{FILE} lacks {name!r}, which the box that says how to cite a chapter needs")
    year = _YEAR.search(str(given.get("date-released") or config.get("copyright") or ""))
    if year is None:
        raise SiteError(f"{FILE} has no date-released and _config.yml no copyright year: a citation needs one of them")
    authors = tuple(_name(one) for one in given["authors"])
    abstract = " ".join(str(given.get("abstract") or "").split())
    return Citation(authors, " ".join(str(given["title"]).split()), abstract, str(given["version"]), year[0])


def _name(author: dict[str, Any]) -> str:
    parts = [author.get(part) for part in ("given-names", "name-particle", "family-names")]
    name = author.get("name") or " ".join(str(part) for part in parts if part)
    if not name:
        raise SiteError(f"{FILE}: an author has neither a name nor family-names")
    return str(name)


def _listed(names: tuple[str, ...]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _tex(text: str) -> str:
    """Text that TeX sets as it stands."""
    text = re.sub(r"([&%#_$])", r"\\\1", text)
    return re.sub(r"√(\w|\([^()]*\))", r"$\\sqrt{\1}$", text)
