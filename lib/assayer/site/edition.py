"""The Colab edition of a chapter: the same cells in the same order, for a reader who has the notebook alone.

Its set-up cell fetches the library. Text that only the site can read (citations, links to claims, folded solutions)
becomes plain Markdown with links back to the site, and outputs keep the forms that Colab shows.
"""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from pathlib import Path
from posixpath import dirname, join, normpath
from typing import Any

from assayer.claims.records import SIGNS, Book
from assayer.site.errors import SiteError
from assayer.site.sources import Source
from assayer.site.wheel import Wheel

Notebook = dict[str, Any]
SETUP = "setup"
KEPT = frozenset({"text/plain", "text/latex", "text/markdown", "image/svg+xml", "image/png", "image/jpeg"})
"""The forms of an output that are kept: what Colab shows, and nothing that could run a script."""
_TEMPLATE = Path(__file__).parent / "templates" / "colab_setup.py"
# MyST's own forms, as far as Markdown does not know them.
_ROLE = re.compile(r"\{(?P<name>[\w:-]+)\}(?P<fence>`+)(?P<text>.+?)(?P=fence)", re.DOTALL)
_DIRECTIVE = re.compile(
    r"^(?P<fence>`{3,}|:{3,})\{(?P<name>[\w:-]+)\}[ \t]*(?P<title>[^\n]*)\n(?P<body>.*?)^(?P=fence)[ \t]*$\n?",
    re.DOTALL | re.MULTILINE,
)
_CITES = ("footcite", "cite")
_OPTION = re.compile(r"\A(?:[ \t]*:[\w-]+:[^\n]*\n)+")
_TARGET = re.compile(r"^\([\w:.-]+\)=\s*\n", re.MULTILINE)
_LINK = re.compile(r"(?<!!)\[(?P<text>[^\]\n]*)\]\((?P<to>[^)\s]+)\)")
_PAGE = re.compile(r"(?P<path>[^#]*?)\.(?:ipynb|md)(?P<part>#.*)?")


@dataclass(frozen=True)
class Surroundings:
    """What an edition is written with: the site's address (maybe empty), the records and sources of the book."""

    site: str
    book: Book
    sources: Mapping[str, Source]
    wheel: Wheel
    ledger: str = ""
    """The page of the ledger, from the site's root; empty where the book has none."""


@dataclass
class _Writer:
    path: str
    around: Surroundings
    cited: list[str]

    def text(self, source: str) -> str:
        source = _TARGET.sub("", source)
        source = _DIRECTIVE.sub(self.directive, source)
        source = _ROLE.sub(self.role, source)
        return _LINK.sub(self.link, source)

    def directive(self, found: re.Match[str]) -> str:
        name, title, body = found["name"], found["title"].strip(), found["body"]
        if name == "claims":
            return self.claims()
        if name == "footbibliography":
            return "".join(f"- {self.source(key, whole=True)}\n" for key in self.cited)
        body = _OPTION.sub("", body)
        if name in ("dropdown", "toggle"):
            return f"<details><summary>{escape(title)}</summary>\n\n{self.text(body).strip()}\n\n</details>\n"
        if name == "math":
            return f"$$\n{body.strip()}\n$$\n"
        # A box of another kind: its title and its text, one step in.
        lines = [f"**{title}**", "", *body.splitlines()] if title else body.splitlines()
        return "".join(f"> {line}".rstrip() + "\n" for line in lines)

    def role(self, found: re.Match[str]) -> str:
        name, text = found["name"], found["text"].strip()
        if name.startswith(_CITES):
            keys = [key.strip() for key in text.split(",")]
            return "(" + "; ".join(self.source(key) for key in keys) + ")"
        if name == "claim":
            word = self.around.book.standing(text)
            return f"{self.claim(text)} {SIGNS[word]} {word}"
        if name == "eq":
            return f"({text})"
        if name == "math":
            return f"${text}$"
        return text if name in ("status", "term", "abbr", "ref", "doc", "numref") else f"`{text}`"

    def link(self, found: re.Match[str]) -> str:
        page = None if "//" in found["to"] else _PAGE.fullmatch(found["to"])
        if page is None:
            return found[0]
        if not self.around.site:
            return found["text"]
        return f"[{found['text']}]({self.around.site}{self.near(page['path'])}.html{page['part'] or ''})"

    def near(self, path: str) -> str:
        return normpath(join(dirname(self.path), path))

    def claims(self) -> str:
        rows = ["**In this chapter**", ""]
        chapters = [chapter for chapter in self.around.book.chapters if chapter.path == self.path]
        for _, record in chapters[0].of_kind("claim") if chapters else []:
            word = self.around.book.standing(record["id"])
            rows.append(f"- {self.claim(record['id'])} {SIGNS[word]} {word}: {' '.join(record['statement'].split())}")
        return "\n".join(rows) + "\n"

    def claim(self, id: str) -> str:
        known = self.around.site and self.around.ledger
        return f"[`{id}`]({self.around.site}{self.around.ledger}#{id})" if known else f"`{id}`"

    def source(self, key: str, whole: bool = False) -> str:
        if key not in self.around.sources:
            raise SiteError(f"{self.path} cites {key!r}, which the bibliography lacks")
        source = self.around.sources[key]
        name = f"[{source.name}]({source.url})" if source.url else source.name
        return f"{name}. *{source.title}*." if whole else name


def write(path: str, notebook: Notebook, around: Surroundings) -> Notebook:
    """The Colab edition of the notebook at `path`, which is as seen from the book's root.

    Raises `SiteError` for a citation of nothing and for a notebook without a code cell.
    """
    made = copy.deepcopy(notebook)
    texts = ["".join(cell["source"]) for cell in made["cells"] if cell["cell_type"] == "markdown"]
    roles = [found for text in texts for found in _ROLE.finditer(text) if found["name"].startswith(_CITES)]
    keys = [key.strip() for found in roles for key in found["text"].split(",")]
    writer = _Writer(path, around, list(dict.fromkeys(keys)))
    code = [cell for cell in made["cells"] if cell["cell_type"] == "code"]
    if not code:
        raise SiteError(f"{path}: no code cell, so there is nothing to run in Colab")
    for cell in made["cells"]:
        if cell["cell_type"] == "markdown":
            cell["source"] = writer.text("".join(cell["source"]))
            cell.pop("attachments", None)
        elif cell["cell_type"] == "code":
            cell["outputs"] = [one for one in map(_shown, cell.get("outputs", [])) if one]
    first: Notebook = {"cell_type": "code", "execution_count": None, "outputs": [], "source": setup(around)}
    # Colab folds a cell of this kind under its title; a double click opens it.
    first["metadata"] = {"tags": [SETUP], "cellView": "form"}
    if SETUP in code[0].get("metadata", {}).get("tags", []):
        made["cells"][made["cells"].index(code[0])] = {**code[0], **first}
    else:
        made["cells"].insert(0, {**first, "id": "assayer-setup"})
    name = path.rpartition("/")[2]
    made["metadata"] = {**made.get("metadata", {}), "colab": {"name": name, "provenance": [], "toc_visible": True}}
    return made


def setup(around: Surroundings) -> str:
    """The set-up cell: the template with the site's address, the wheel's name and hash, and what it needs."""
    wheel = around.wheel
    text = _TEMPLATE.read_text("utf-8")
    for mark, value in (
        ('"@ADDRESS@"', f"{around.site}colab/" if around.site else ""),
        ('"@WHEEL@"', wheel.name),
        ('"@VERSION@"', wheel.version),
        ('"@SHA256@"', wheel.sha256),
        ('["@NEEDS@"]', list(wheel.needs)),
        ('["@PRESENT@"]', list(wheel.present)),
        ('"@PYTHON@"', wheel.python),
    ):
        text = text.replace(mark, json.dumps(value))
    return text.rstrip()


def _shown(output: Notebook) -> Notebook | None:
    """An output without the forms that Colab does not show; None where nothing is left."""
    if "data" not in output:
        return output if output["output_type"] == "stream" else None
    data = {kind: value for kind, value in output["data"].items() if kind in KEPT}
    return {**output, "data": data} if data else None
