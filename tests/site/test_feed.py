"""The feed of errata: ids that stay, dates that are not made up, links only where the address is known."""

from __future__ import annotations

import json
import subprocess
import xml.etree.ElementTree as ElementTree
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from assayer.site import kept
from assayer.site.errata import MARK
from assayer.site.errors import SiteError
from assayer.site.parts import Site, feed

NOTEBOOK = "chapters/sample.ipynb"
ATOM = f"{{{feed.ATOM}}}"
WRONG = {"printed": "$1 < 2$ & more", "verified": "$0$", "counterexample": "", "repair": "write √0"}
FEBRUARY, MARCH = "2026-02-01T12:00:00+0000", "2026-03-01T12:00:00+0000"


def claim(id: str, erratum: dict[str, str] | None) -> dict[str, Any]:
    source = {"key": "K", "name": "Su 2023", "where": "eq. (3)", "title": "", "url": ""}
    return {"id": id, "erratum": erratum, "source": source, "page": f"chapters/sample.html#{id}"}


def root(folder: Path, *errata: dict[str, str]) -> Path:
    """A book with its settings and one notebook whose outputs hold `errata`, as nbformat writes them."""
    (folder / "chapters").mkdir(exist_ok=True)
    (folder / "_config.yml").write_text("title: A book\nauthor: Its authors\n", "utf-8")
    text = json.dumps({"cells": [{"erratum": one} for one in errata]}, indent=1, ensure_ascii=False)
    (folder / NOTEBOOK).write_text(text, "utf-8")
    return folder


def git(folder: Path, *arguments: str, date: str = FEBRUARY) -> None:
    told = {"GIT_COMMITTER_DATE": date, "GIT_AUTHOR_DATE": date, "HOME": str(folder), "PATH": "/usr/bin:/bin"}
    who = ["-c", "user.name=N", "-c", "user.email=n@example.org"]
    subprocess.run(["git", "-C", str(folder), *who, *arguments], check=True, capture_output=True, env=told)


def committed(folder: Path, *, date: str = FEBRUARY) -> None:
    git(folder, "init", "-q")
    git(folder, "add", ".")
    git(folder, "commit", "-q", "-m", "c", date=date)


@pytest.fixture(autouse=True)
def no_epoch(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SOURCE_DATE_EPOCH", raising=False)


def finished(folder: Path, claims: list[dict[str, Any]], url: str = "", **pages: str) -> tuple[Any, dict[str, str]]:
    """The feed as XML, None where none was written, and the pages."""
    site = folder / "site"
    site.mkdir(exist_ok=True)
    (site / feed.NAME).unlink(missing_ok=True)
    (site / "ledger.json").write_text(json.dumps(claims), "utf-8")
    shown = {path.replace("__", "/") + ".html": text for path, text in pages.items()}
    given = kept.pages(shown or {"chapters/sample.html": "<head></head>"})
    shown = kept.texts(feed.finish(Site(folder, site, url), given))
    written = site / feed.NAME
    return (ElementTree.parse(written).getroot() if written.exists() else None), shown


def texts(found: Any, name: str) -> list[str]:
    return [one.text for one in found.iter(ATOM + name)]


def test_a_feed_with_its_date_from_git(tmp_path: Path) -> None:
    committed(root(tmp_path, WRONG))
    found, pages = finished(tmp_path, [claim("s.a", WRONG), claim("s.b", None)])
    assert texts(found, "updated") == ["2026-02-01T12:00:00Z"] * 2, "the feed's, and that of its one entry"
    assert texts(found, "title") == ["A book: errata", "Su 2023, eq. (3): s.a"]
    assert texts(found, "name") == ["Its authors"]
    assert texts(found, "content") == ["As printed: $1 < 2$ & more\n\nAs verified: $0$\n\nSmallest repair: write √0"]
    named = '<link rel="alternate" type="application/atom+xml" title="Errata" href="../errata.xml">'
    assert named in pages["chapters/sample.html"]


def test_a_date_is_that_of_the_wording_and_not_of_the_notebook(tmp_path: Path) -> None:
    committed(root(tmp_path, WRONG))
    other = {**WRONG, "printed": "$7$", "verified": "$8$", "repair": "write $8$"}
    root(tmp_path, WRONG, other)
    git(tmp_path, "commit", "-q", "-a", "-m", "another", date=MARCH)
    found, _ = finished(tmp_path, [claim("s.a", WRONG), claim("s.b", other)])
    # The latest change comes first, and dates the feed.
    assert texts(found, "updated") == ["2026-03-01T12:00:00Z", "2026-03-01T12:00:00Z", "2026-02-01T12:00:00Z"]
    assert [title[-3:] for title in texts(found, "title")[1:]] == ["s.b", "s.a"]
    reworded = {**WRONG, "repair": "write $0$ for √0"}
    root(tmp_path, reworded, other)
    git(tmp_path, "commit", "-q", "-a", "-m", "reworded", date="2026-04-01T12:00:00+0000")
    found, _ = finished(tmp_path, [claim("s.a", reworded)])
    assert texts(found, "updated")[-1] == "2026-04-01T12:00:00Z"


def test_ids_change_with_the_wording_and_with_nothing_else(tmp_path: Path) -> None:
    when = dict.fromkeys(("s.a", "s.b"), datetime(2026, 2, 1, tzinfo=UTC))

    def ids(*claims: dict[str, Any], url: str = "") -> list[str]:
        return texts(ElementTree.fromstring(feed.feed(claims, when, ("A book", "Us"), url, None)), "id")

    whole, first, second = ids(claim("s.a", WRONG), claim("s.b", WRONG))
    assert len({whole, first, second}) == 3 and all(one.startswith("urn:uuid:") for one in (whole, first, second))
    assert ids(claim("s.b", WRONG), url="https://example.org/") == [whole, second]
    assert ids(claim("s.b", {**WRONG, "repair": "another"}))[1] != second


def test_links_only_where_the_address_is_known(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    committed(root(tmp_path, WRONG))
    pages = {"chapters__errata": f"<head></head><div {MARK}></div>", "chapters__sample": "<head></head>"}
    found, _ = finished(tmp_path, [claim("s.a", WRONG)], **pages)
    assert list(found.iter(ATOM + "link")) == []
    assert "errata.xml holds no links: the site's address is not known" in capsys.readouterr().out
    found, _ = finished(tmp_path, [claim("s.a", WRONG)], "https://example.org/book/", **pages)
    assert [one.get("href") for one in found.iter(ATOM + "link")] == [
        "https://example.org/book/errata.xml",
        "https://example.org/book/chapters/errata.html",
        "https://example.org/book/chapters/errata.html#erratum-s.a",
    ]
    assert capsys.readouterr().out == ""
    site = tmp_path / "site"
    given = kept.pages({"chapters/errata.html": pages["chapters__errata"], "a.html": "<head></head>"})
    shown = kept.texts(feed.finish(Site(tmp_path, site), given))
    assert '<a href="../errata.xml">Feed of the errata</a>' in shown["chapters/errata.html"]
    assert "Feed of the errata" not in shown["a.html"] and 'href="errata.xml"' in shown["a.html"]
    capsys.readouterr()
    # Without a page of errata an entry leads to the claim's own place.
    found, _ = finished(tmp_path, [claim("s.a", WRONG)], "https://example.org/", chapters__sample="<head></head>")
    assert [one.get("href") for one in found.iter(ATOM + "link")][-1] == "https://example.org/chapters/sample.html#s.a"


@pytest.mark.parametrize("why", ["no repository", "not committed", "shallow"])
def test_no_date_is_made_up(tmp_path: Path, why: str, monkeypatch: Any, capsys: Any) -> None:
    book = tmp_path / "book"
    book.mkdir()
    root(book, {**WRONG, "repair": "as it was"} if why == "not committed" else WRONG)
    if why != "no repository":
        committed(book)
    if why == "not committed":
        root(book, WRONG)
    if why == "shallow":
        git(book, "commit", "-q", "--allow-empty", "-m", "later", date=MARCH)
        git(tmp_path, "clone", "-q", "--depth", "1", book.as_uri(), "shallow")
        book = tmp_path / "shallow"
    found, pages = finished(book, [claim("s.a", WRONG)])
    assert found is None and "errata.xml" not in pages["chapters/sample.html"]
    assert "errata.xml is not written" in capsys.readouterr().out
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "86400")
    found, _ = finished(book, [claim("s.a", WRONG)])
    assert texts(found, "updated") == ["1970-01-02T00:00:00Z"] * 2


def test_a_date_that_is_none_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "yesterday")
    with pytest.raises(SiteError, match="SOURCE_DATE_EPOCH is 'yesterday': it must be a whole number of seconds"):
        finished(root(tmp_path, WRONG), [claim("s.a", WRONG)])


def test_a_book_without_errata_has_no_feed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found, pages = finished(root(tmp_path), [claim("s.a", None)])
    assert found is None and pages == {"chapters/sample.html": "<head></head>"} and capsys.readouterr().out == ""
