"""The parts of the site are found in their folder and run in their order."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType

import pytest

from assayer.site import parts


def part(name: str, **given: object) -> ModuleType:
    made = ModuleType(name)
    made.__dict__.update(given)
    return made


def test_every_file_of_the_folder_is_a_part_and_does_something() -> None:
    files = {path.stem for path in Path(parts.__file__).parent.glob("*.py")} - {"__init__"}
    assert {one.__name__.rpartition(".")[2] for one in parts.load()} == files
    for one in parts.load():
        assert any(hasattr(one, name) for name in ("setup", "finish", "seal")), one.__name__


def test_parts_change_pages_one_after_another_and_report(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = part("b", finish=lambda _site, pages: {path: f"{html}1" for path, html in pages.items()})
    second = part("a", finish=lambda _site, pages: {path: f"{html}2" for path, html in pages.items()})
    third = part("c", seal=lambda site: [f"{site.folder.name}: too heavy"])
    monkeypatch.setattr(parts, "load", lambda: (first, second, third))
    site = parts.Site(tmp_path, tmp_path / "html")
    assert parts.finish(site, {"x.html": "0"}) == {"x.html": "012"}
    assert parts.seal(site) == ["html: too heavy"]
