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

if TYPE_CHECKING:
    from pathlib import Path

    from assayer.site.parts import Site

ORDER = 1000
_MATHJAX = "mathjax/tex-chtml.js"


def seal(site: Site) -> list[str]:
    """Write the policy and the hashes into every page; returns what a page holds against them."""
    problems: list[str] = []
    for file in sorted(site.folder.rglob("*.html")):
        path = file.relative_to(site.folder).as_posix()
        html = file.read_text("utf-8")
        known = [policy.sha256(scripts.mode())] if scripts.mode() in html else []
        sets_formulas = _MATHJAX in html
        problems += policy.blocked(path, html, frozenset(known), styles=sets_formulas)
        html = with_policy(html, policy.policy(known, sets_formulas=sets_formulas))
        if site.url:
            html = with_hashes(site.folder, path, html)
            problems += unhashed(site.folder, path, html)
        file.write_text(html, "utf-8")
    return problems


def with_policy(html: str, text: str) -> str:
    """The page with its policy before anything that it rules; only the encoding stands earlier."""
    meta = f'<meta http-equiv="Content-Security-Policy" content="{escape(text)}" />'.replace("&#x27;", "'")
    charset = re.search(r"<meta charset=[^>]*>\s*", html)
    if charset:
        return f"{html[: charset.end()]}{meta}\n{html[charset.end() :]}"
    if re.search(r"<head[^>]*>", html):
        return re.sub(r"(<head[^>]*>)", lambda found: f'{found[1]}\n<meta charset="utf-8" />\n{meta}', html, count=1)
    return f"{meta}\n{html}"


def with_hashes(folder: Path, path: str, html: str) -> str:
    """The page with the hash of every script and style sheet that it loads."""
    for tag, address, stated in policy.files(html):
        file = folder / audit.target(path, address)[0]
        if not stated and file.is_file():
            attribute = f' integrity="{policy.sha256(file.read_bytes())}"'
            end = -2 if tag.endswith("/>") else -1
            html = html.replace(tag, f"{tag[:end].rstrip()}{attribute}{tag[end:]}")
    return html


def unhashed(folder: Path, path: str, html: str) -> list[str]:
    """Scripts and style sheets of a page without a hash, or with another than the file's."""
    problems = []
    for _, address, stated in policy.files(html):
        file = folder / audit.target(path, address)[0]
        right = policy.sha256(file.read_bytes()) if file.is_file() else ""
        if stated != right or not right:
            problems.append(f"{path}: the file {address!r} has {'another hash' if stated else 'no hash'} in the page")
    return problems
