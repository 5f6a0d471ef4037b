"""Strict pages: each says what it may run and load, and the build fails where a page would break that.

Every page carries the policy of `policy` as its first word. Where the site is published, its scripts and style sheets
carry their hashes too; a page opened as a file cannot have them compared, and a browser then refuses the files, so a
site without an address does without.
"""

from __future__ import annotations

import re
from html import escape
from typing import TYPE_CHECKING

from assayer.site import audit, policy, scripts
from assayer.site.kept import ahead

if TYPE_CHECKING:
    from pathlib import Path

    from assayer.site.kept import Page
    from assayer.site.parts import Site

ORDER = 1000
_SHEET = re.compile(r'<link rel="stylesheet" href="[./]*_static/site-[0-9a-f]{10}\.css" />')
_MATHJAX = "mathjax/tex-chtml.js"


def seal(site: Site, pages: dict[str, Page]) -> tuple[dict[str, Page], list[str]]:
    """Write the policy and the hashes into every page; returns what a page holds against them."""
    problems: list[str] = []
    done: dict[str, Page] = {}
    ahead({page: (path,) for path, page in pages.items()}, _blocked, of=_without_sheet)
    for path, page in sorted(pages.items()):
        problems += page.fact(_blocked, path, of=_without_sheet)
        page = page.then(_with_its_policy)
        if site.url:
            hashes = _hashes(site.folder, path, page.fact(_addresses))
            page = page.then(with_hashes, hashes)
            problems += page.fact(unhashed, path, hashes)
        done[path] = page
    return done, problems


def _without_sheet(html: str) -> str:
    """The page without the link to its style sheet, whose address changes whenever a rule of the site does."""
    return _SHEET.sub("", html)


def _known(html: str) -> list[str]:
    """The hashes of the scripts that may stand in the page."""
    return [policy.sha256(scripts.mode())] if scripts.mode() in html else []


def _blocked(html: str, path: str) -> list[str]:
    return policy.blocked(path, html, frozenset(_known(html)), styles=_MATHJAX in html)


def _with_its_policy(html: str) -> str:
    return with_policy(html, policy.policy(_known(html), sets_formulas=_MATHJAX in html))


def _addresses(html: str) -> list[str]:
    """The addresses of the scripts and the style sheets of a page."""
    return list(dict.fromkeys(address for _, address, _ in policy.files(html)))


def _hashes(folder: Path, path: str, addresses: list[str]) -> dict[str, str]:
    """The hash of each file by its address as the page at `path` writes it; a file that is not there has none."""
    files = {address: folder / audit.target(path, address)[0] for address in addresses}
    return {address: policy.sha256(file.read_bytes()) for address, file in files.items() if file.is_file()}


def with_policy(html: str, text: str) -> str:
    """The page with its policy before anything that it rules; only the encoding stands earlier."""
    meta = f'<meta http-equiv="Content-Security-Policy" content="{escape(text)}" />'.replace("&#x27;", "'")
    charset = re.search(r"<meta charset=[^>]*>\s*", html)
    if charset:
        return f"{html[: charset.end()]}{meta}\n{html[charset.end() :]}"
    if re.search(r"<head[^>]*>", html):
        return re.sub(r"(<head[^>]*>)", lambda found: f'{found[1]}\n<meta charset="utf-8" />\n{meta}', html, count=1)
    return f"{meta}\n{html}"


def with_hashes(html: str, hashes: dict[str, str]) -> str:
    """The page with the hash of every script and style sheet that it loads, which `hashes` has by their addresses."""
    for tag, address, stated in policy.files(html):
        if not stated and address in hashes:
            attribute = f' integrity="{hashes[address]}"'
            end = -2 if tag.endswith("/>") else -1
            html = html.replace(tag, f"{tag[:end].rstrip()}{attribute}{tag[end:]}")
    return html


def unhashed(html: str, path: str, hashes: dict[str, str]) -> list[str]:
    """Scripts and style sheets of a page without a hash, or with another than the file's."""
    problems = []
    for _, address, stated in policy.files(html):
        right = hashes.get(address)
        if stated != right or not right:
            problems.append(f"{path}: the file {address!r} has {'another hash' if stated else 'no hash'} in the page")
    return problems
