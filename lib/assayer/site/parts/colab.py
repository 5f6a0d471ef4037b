"""“Open in Colab” on every chapter: the library as a wheel and each notebook in an edition that fetches it.

Both lie in the finished site under ``colab/``. Colab opens notebooks from GitHub alone, so the workflow that
publishes the site also puts the editions on a branch of that repository. Where no such repository is known, a page
offers the edition for download instead.
"""

from __future__ import annotations

import json
import re
from html import escape
from pathlib import Path
from typing import Any

from assayer.site import edition, sources, wheel
from assayer.site.errors import SiteError
from assayer.site.formulas import relative
from assayer.site.kept import Page
from assayer.site.markup import link
from assayer.site.parts import Site

FOLDER = "colab"
BRANCH = "colab"
STYLE = "colab.css"
_GITHUB = re.compile(r"https://github\.com/(?P<name>[^/\s]+/[^/\s]+?)(?:\.git)?")
_LEDGER = "ay-ledger"


def setup(app: Any) -> None:
    """Give chapters the style sheet of the line under their title."""
    app.connect("html-page-context", _style)


def _style(app: Any, pagename: str, _template: str, _context: dict[str, Any], _doctree: object) -> None:
    if pagename in app.env.found_docs and str(app.env.doc2path(pagename)).endswith(".ipynb"):
        app.add_css_file(STYLE)


def finish(site: Site, written: dict[str, Page]) -> dict[str, Page]:
    """Write the wheel and the editions into the site and a line under the title of every chapter."""
    notebooks = [path for path in written if (site.root / _notebook(path)).is_file()]
    if not notebooks:
        return written
    made = wheel.make(site.root / "LICENSE")
    around = edition.Surroundings(
        site.url,
        site.book,
        sources.read(_bibliographies(site.root)),
        made,
        next((path for path, page in written.items() if page.fact(_holds_ledger)), ""),
    )
    folder = site.folder / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    (folder / made.name).write_bytes(made.content)
    changed = dict(written)
    for path in notebooks:
        source = _notebook(path)
        notebook = json.loads((site.root / source).read_text("utf-8"))
        target = site.folder / place(source)
        target.parent.mkdir(parents=True, exist_ok=True)
        text = json.dumps(edition.write(source, notebook, around), ensure_ascii=False, indent=1)
        target.write_text(text + "\n", "utf-8")
        changed[path] = changed[path].then(_under_title, path, _line(site, path, made))
    return changed


def _holds_ledger(html: str) -> bool:
    return _LEDGER in html


def _under_title(html: str, path: str, line: str) -> str:
    before, title, after = html.rpartition("</h1>")
    if not title:
        raise SiteError(f"{path}: no title, under which the way to Colab would stand")
    return before + title + line + after


def place(notebook: str) -> str:
    """Where the edition of a notebook lies in the site: ``colab/numbers/sample.ipynb``."""
    return f"{FOLDER}/{notebook.removeprefix('chapters/')}"


def address(repository: str, notebook: str) -> str:
    """Where Colab opens the edition of a notebook; empty where the repository is not on GitHub."""
    found = _GITHUB.fullmatch(repository)
    if not found:
        return ""
    path = notebook.removeprefix("chapters/")
    return f"https://colab.research.google.com/github/{found['name']}/blob/{BRANCH}/{path}"


def _line(site: Site, path: str, made: wheel.Wheel) -> str:
    source = _notebook(path)
    notebook = escape(relative(path, place(source)))
    library = escape(relative(path, f"{FOLDER}/{made.name}"))
    there = address(site.repository, source) if site.url else ""
    if there:
        ways = f'{link(there, "Open in Colab", css="ay-colab-open")} <a href="{notebook}" download>Download</a>'
    elif site.url:
        ways = (
            f'<a class="ay-colab-open" href="{notebook}" download>Download for Colab</a> '
            "<span>and open it there: File, Upload notebook.</span>"
        )
    else:
        ways = (
            f'<a class="ay-colab-open" href="{notebook}" download>Download for Colab</a> '
            f'<span>and <a href="{library}" download>the library</a>: in Colab, File, Upload notebook; '
            "then put the library into the session’s files.</span>"
        )
    return f'\n<p class="ay-colab">{ways}</p>'


def _notebook(page: str) -> str:
    return f"{page.removesuffix('.html')}.ipynb"


def _bibliographies(root: Path) -> list[Path]:
    import yaml

    config = yaml.safe_load((root / "_config.yml").read_text("utf-8")) or {}
    return [root / name for name in config.get("bibtex_bibfiles") or []]
