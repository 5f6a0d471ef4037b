"""``errata.xml``: the errata as an Atom feed, with a link to it from the head of every page.

An entry is dated by git: when the lines of its wording were last changed, as `git blame` has them. Where git cannot
tell (no repository, a shallow one, a wording not yet committed) the date is ``SOURCE_DATE_EPOCH``, and where there is
none either no feed is written: a date is never made up. Nor is an address: links are written only where the address of
the site is known.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import subprocess
import uuid
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from html import escape
from pathlib import Path
from typing import Any

import yaml

from assayer.site.errata import MARK, anchor
from assayer.site.errors import SiteError
from assayer.site.formulas import relative
from assayer.site.kept import Page
from assayer.site.parts import Site

NAME = "errata.xml"
ATOM = "http://www.w3.org/2005/Atom"
LABELS = {
    "printed": "As printed",
    "verified": "As verified",
    "counterexample": "Counterexample",
    "repair": "Smallest repair",
}
_COMMIT = re.compile(rb"^([0-9a-f]{40}) \d+ \d+")
_UNCOMMITTED = b"0" * 40
ORDER = 60

Claim = dict[str, Any]


def finish(site: Site, pages: dict[str, Page]) -> dict[str, Page]:
    """Write the feed and name it in the head of every page, where there is something to tell and a date for it."""
    listed = json.loads((site.folder / "ledger.json").read_text("utf-8"))
    claims = [claim for claim in listed if claim["erratum"]]
    if not claims:
        return pages
    dates = {claim["id"]: date(site.root, claim) for claim in claims}
    undated = [id for id, found in dates.items() if found is None]
    if undated:
        print(
            f"{NAME} is not written: neither git's history nor SOURCE_DATE_EPOCH says when the erratum "
            f"{undated[0]} was last changed"
        )
        return pages
    if not site.url:
        print(f"{NAME} holds no links: the site's address is not known (set ASSAYER_SITE_URL)")
    home = next((path for path, page in pages.items() if page.fact(_marked)), None)
    known = {id: found for id, found in dates.items() if found is not None}
    (site.folder / NAME).write_text(feed(claims, known, _title(site.root), site.url, home), "utf-8")
    return {path: page.then(_named, path) for path, page in pages.items()}


def _marked(html: str) -> bool:
    return MARK in html


def feed(
    claims: Iterable[Claim], dates: Mapping[str, datetime], title: tuple[str, str], url: str, home: str | None
) -> str:
    """The feed as text; the latest change first.

    Args:
        claims: entries of ``ledger.json`` that have an erratum.
        dates: when each was last changed, by id.
        title: the book's title and its author.
        url: the site's address, with a slash at its end; empty where it is not known.
        home: the page of errata, from the site's root; None where the claims' own places have to do.
    """
    ElementTree.register_namespace("", ATOM)
    root = ElementTree.Element(f"{{{ATOM}}}feed")
    book, author = title
    _add(root, "title", f"{book}: errata")
    _add(root, "id", _urn(book, "errata"))
    _add(root, "updated", _stamp(max(dates.values())))
    _add(_add(root, "author"), "name", author)
    if url:
        _add(root, "link", rel="self", href=f"{url}{NAME}")
        _add(root, "link", rel="alternate", href=f"{url}{home or ''}")
    for claim in sorted(claims, key=lambda claim: (-dates[claim["id"]].timestamp(), claim["id"])):
        entry = _add(root, "entry")
        where = f", {claim['source']['where']}" if claim["source"]["where"] else ""
        _add(entry, "title", f"{claim['source']['name']}{where}: {claim['id']}")
        _add(entry, "id", _urn(book, claim["id"], digest(claim["erratum"])))
        _add(entry, "updated", _stamp(dates[claim["id"]]))
        if url:
            place = f"{home}#{anchor(claim['id'])}" if home else claim["page"]
            _add(entry, "link", rel="alternate", href=f"{url}{place}")
        said = [f"{label}: {claim['erratum'][name]}" for name, label in LABELS.items() if claim["erratum"][name]]
        _add(entry, "content", "\n\n".join(said), type="text")
    ElementTree.indent(root)
    return '<?xml version="1.0" encoding="utf-8"?>\n' + ElementTree.tostring(root, encoding="unicode") + "\n"


def digest(erratum: Mapping[str, str]) -> str:
    """A text that changes when the wording of an erratum does: with it an entry becomes a new one."""
    return hashlib.sha256(json.dumps([erratum[name] for name in LABELS], ensure_ascii=True).encode()).hexdigest()


def _urn(*parts: str) -> str:
    return f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_OID, json.dumps(['assayer', *parts]))}"


def _stamp(when: datetime) -> str:
    return when.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _add(parent: ElementTree.Element, name: str, text: str | None = None, **about: str) -> ElementTree.Element:
    found = ElementTree.SubElement(parent, f"{{{ATOM}}}{name}", about)
    found.text = text
    return found


def _title(root: Path) -> tuple[str, str]:
    about = yaml.safe_load((root / "_config.yml").read_text("utf-8")) or {}
    return str(about.get("title") or "The book"), str(about.get("author") or "Its authors")


def _named(text: str, path: str) -> str:
    """The page with the feed in its head, where programs look, and on the page of errata, where readers do."""
    address = escape(relative(path, NAME))
    found = f'<link rel="alternate" type="application/atom+xml" title="Errata" href="{address}">\n'
    seen = f'<div {MARK}><p class="ay-feed"><a href="{address}">Feed of the errata</a> (Atom)</p>'
    return text.replace("</head>", f"{found}</head>", 1).replace(f"<div {MARK}>", seen, 1)


# --- Dates ----------------------------------------------------------------------------------------------


def date(root: Path, claim: Claim) -> datetime | None:
    """When the wording of the erratum of `claim` was last changed; None where nothing says.

    Raises:
        SiteError: where ``SOURCE_DATE_EPOCH`` is no number of seconds.
    """
    epoch = os.environ.get("SOURCE_DATE_EPOCH", "").strip()
    if epoch and not epoch.isdecimal():
        raise SiteError(f"SOURCE_DATE_EPOCH is {epoch!r}: it must be a whole number of seconds since 1970")
    found = _blamed(root, claim["page"].split("#")[0].removesuffix(".html") + ".ipynb", claim["erratum"])
    if found is None and epoch:
        found = int(epoch)
    return None if found is None else datetime.fromtimestamp(found, UTC)


def _blamed(root: Path, notebook: str, erratum: Mapping[str, str]) -> int | None:
    """The time of the latest commit among those that wrote the lines of `erratum` in `notebook`."""
    path = root / notebook
    if not path.is_file():
        return None
    # A notebook holds each text of a record on a line of its own, as JSON.
    wanted = {f'"{name}": {json.dumps(text, ensure_ascii=False)}' for name, text in erratum.items() if text}
    lines = {n: line.strip().rstrip(",") for n, line in enumerate(path.read_text("utf-8").splitlines(), 1)}
    lines = {n: line for n, line in lines.items() if line in wanted}
    if set(lines.values()) != wanted or _git(root, "rev-parse", "--is-shallow-repository") != b"false":
        return None
    ranges = [argument for line in lines for argument in ("-L", f"{line},{line}")]
    said = _git(root, "blame", "--line-porcelain", *ranges, "--", notebook)
    times = []
    commit = _UNCOMMITTED
    for line in (said or b"").split(b"\n"):
        opening = _COMMIT.match(line)
        if opening:
            commit = opening[1]
        elif line.startswith(b"committer-time "):
            if commit == _UNCOMMITTED:
                return None
            times.append(int(line.split()[1]))
    return max(times, default=None)


def _git(root: Path, *arguments: str) -> bytes | None:
    """What git says of the repository at `root`; None where it fails or is not there."""
    try:
        run = subprocess.run(["git", "-C", str(root), *arguments], capture_output=True, check=False, timeout=60)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return run.stdout.strip() if run.returncode == 0 else None
