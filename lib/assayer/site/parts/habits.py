"""What readers expect of a page: tables that scroll inside themselves, links to a claim that can be copied, a way to
report an error, figures that open large.

The first works by style alone, the next two are links; ``static/habits.js`` adds what needs a script.
"""

from __future__ import annotations

import re
from html import escape, unescape
from typing import TYPE_CHECKING

from assayer.site import feedback, outline
from assayer.site.kept import Page
from assayer.site.parts import Site

if TYPE_CHECKING:
    from sphinx.application import Sphinx

ORDER = 64
NO_FOOT = frozenset(["404.html", "genindex.html", "search.html"])
_TABLE = re.compile(r'<div class="pst-scrollable-table-container">(\s*<table\b.*?</table>)', re.DOTALL)
_HEAD = re.compile(r"<th\b[^>]*>(.*?)</th>", re.DOTALL)
_CLAIM = re.compile(r'(?P<open><section\b[^>]*\bay-claim\b[^>]*>)\s*<div class="ay-head">.*?(?=</div>)', re.DOTALL)
_ID = re.compile(r'\bid="([^"]+)"')
_TAG = re.compile(r"<[^>]*>")


def setup(app: Sphinx) -> None:
    """Register the script and the style of this part, for every page."""
    app.add_css_file("habits.css")
    app.add_js_file("habits.js", loading_method="defer")


def finish(site: Site, written: dict[str, Page]) -> dict[str, Page]:
    """Name every table's scrolling frame, put tools beside every claim and a way to report errors at every foot."""
    book = site.book
    statements = {claim.id: str(claim.record["statement"]) for claim in book.claims}
    made = {}
    for path, page in written.items():
        title = page.fact(outline.title)
        where = site.url + path
        beside = {id: tools(site, id, statements, where) for id in page.fact(_shown)}
        last = foot(site, title, where) if title and path not in NO_FOOT else ""
        made[path] = page.then(_with_habits, beside, last)
    return made


def _shown(html: str) -> list[str]:
    """The claims of a page that have their anchor there."""
    found = (_ID.search(claim["open"]) for claim in _CLAIM.finditer(html))
    return [one[1] for one in found if one]  # a claim that is shown again on its page has no anchor


def _with_habits(html: str, beside: dict[str, str], last: str) -> str:
    """The page with its tables framed, the tools of each claim, by id, `beside` it, and `last` at its foot."""

    def with_tools(found: re.Match[str]) -> str:
        named = _ID.search(found["open"])
        return found[0] + (beside[named[1]] if named else "")

    html = _CLAIM.sub(with_tools, _TABLE.sub(_frame, html))
    return html.replace("</article>", f"{last}</article>", 1)


def _frame(found: re.Match[str]) -> str:
    """The theme's frame of a table, to be reached and named: its columns are its name."""
    heads = [" ".join(unescape(_TAG.sub("", head)).split()) for head in _HEAD.findall(found[1])]
    # A formula in a head is TeX at this point, which nobody should have read out.
    name = ", ".join(head for head in heads if head and "\\" not in head)
    label = escape(f"Table: {name}" if name else "Table")
    return f'<div class="pst-scrollable-table-container" role="region" tabindex="0" aria-label="{label}">{found[1]}'


def tools(site: Site, id: str, statements: dict[str, str], where: str) -> str:
    """A claim's link to itself, which a script copies, and the link that reports an error in it."""
    link = f'<a class="ay-permalink" href="#{escape(id)}" aria-label="Link to {escape(id)}">link</a>'
    address = feedback.claim(site.repository, id, statements.get(id, ""), f"{where}#{id}")
    name = f"Report an error in {escape(id)}"
    report = f' · <a class="ay-report" href="{escape(address)}" aria-label="{name}">report an error</a>'
    return f' <span class="ay-tools">{link}{report if address else ""}</span>'


def foot(site: Site, title: str, where: str) -> str:
    """The line at a page's foot that says how to report an error; without a repository's address, in words."""
    address = feedback.page(site.repository, title, where)
    said = (
        f'<a href="{escape(address)}">Report it</a>; beside each claim a link does so with the claim\'s id filled in.'
        if address
        else "Tell whoever gave you this book, and name the claim by its id, as the ledger lists it."
    )
    return f'<p class="ay-foot">Found an error on this page? {said}</p>'
