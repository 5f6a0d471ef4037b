"""Where a claim comes from: entries of the bibliography as a short name and an address."""

from __future__ import annotations

import codecs
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from html import escape
from pathlib import Path

from assayer.site.errors import SiteError
from assayer.site.markup import words


@dataclass(frozen=True)
class Source:
    """One entry: `name` as in "Su 2023", the title, the year, and where it can be read."""

    key: str
    name: str
    title: str
    year: str
    url: str

    def html(self, where: str = "") -> str:
        """The source as a link with the place in it, ``Su 2023, eq. (3)``."""
        name = f'<a href="{escape(self.url)}" title="{escape(self.title)}">{escape(self.name)}</a>'
        shown = name if self.url else f'<span title="{escape(self.title)}">{escape(self.name)}</span>'
        return f"{shown}, {words(where)}" if where.strip() else shown


def read(files: Iterable[Path]) -> dict[str, Source]:
    """Read bibliographies; raise `SiteError` naming the file that cannot be read."""
    from pybtex.database import Entry, parse_file
    from pybtex.exceptions import PybtexError

    def source(key: str, entry: Entry) -> Source:
        fields = entry.fields
        people = entry.persons.get("author") or entry.persons.get("editor") or []
        surnames = [" ".join([*person.prelast_names, *person.last_names]) for person in people]
        several = len(surnames) > 2 or surnames[-1:] == ["others"]
        who = f"{surnames[0]} et al." if several else " and ".join(surnames or [key])
        year = fields.get("year", "")
        url = fields.get("url") or (f"https://doi.org/{fields['doi']}" if "doi" in fields else "")
        title = _plain(fields.get("title", ""))
        return Source(key, f"{_plain(who)} {year}".strip(), title, year, url)

    found: dict[str, Source] = {}
    for file in files:
        try:
            entries = parse_file(str(file), bib_format="bibtex").entries
        except (PybtexError, OSError) as error:
            raise SiteError(f"{file.name} cannot be read: {' '.join(str(error).split())}") from None
        found.update({key: source(key, entry) for key, entry in entries.items()})
    return found


@cache
def name_plugins() -> None:
    """Tell pybtex of its plugins once, by its own way for that.

    Unasked it searches the entry points of every installed package at each citation, which is a tenth of a build.
    """
    from pybtex.plugin import enumerate_plugin_names, find_plugin, register_plugin

    for group in ("backends", "style.formatting", "style.labels", "style.names", "style.sorting"):
        for name in set(enumerate_plugin_names(f"pybtex.{group}")):
            register_plugin(f"pybtex.{group}", name, find_plugin(f"pybtex.{group}", name), force=True)


def _plain(text: str) -> str:
    """BibTeX's text as it is read: accents and signs in place of TeX's commands, no braces."""
    import latexcodec  # noqa: F401 - registers the codec

    return codecs.decode(text, "ulatex").replace("{", "").replace("}", "").replace("~", " ")


def look_up(sources: Mapping[str, Source], key: str, claim: str) -> Source:
    """The source `key` of the claim `claim`; raises `SiteError` when the bibliography lacks it."""
    try:
        return sources[key]
    except KeyError:
        raise SiteError(f"claim {claim!r} cites {key!r}, which the bibliography lacks") from None
