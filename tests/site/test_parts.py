"""The parts of the site are found in their folder and run in their order."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType

import pytest

from assayer.site import kept, parts


def part(name: str, **given: object) -> ModuleType:
    made = ModuleType(name)
    made.__dict__.update(given)
    return made


def add(text: str, more: str) -> str:
    return text + more


def test_every_file_of_the_folder_is_a_part_and_does_something() -> None:
    files = {path.stem for path in Path(parts.__file__).parent.glob("*.py")} - {"__init__"}
    assert {one.__name__.rpartition(".")[2] for one in parts.load()} == files
    for one in parts.load():
        assert any(hasattr(one, name) for name in ("setup", "finish", "seal")), one.__name__


def test_parts_change_pages_one_after_another_and_report(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = part("b", finish=lambda _site, pages: {path: page.then(add, "1") for path, page in pages.items()})
    second = part("a", finish=lambda _site, pages: {path: page.then(add, "2") for path, page in pages.items()})
    third = part("c", seal=lambda site, pages: (pages, [f"{site.folder.name}: too heavy"]))
    monkeypatch.setattr(parts, "load", lambda: (first, second, third))
    site = parts.Site(tmp_path, tmp_path / "html")
    pages = parts.finish(site, kept.pages({"x.html": "0"}))
    assert kept.texts(pages) == {"x.html": "012"}
    assert parts.seal(site, pages) == (pages, ["html: too heavy"])
