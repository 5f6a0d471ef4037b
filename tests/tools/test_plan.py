"""What an environment needs, and whether the one that stands will do."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from environment.errors import SetupError
from environment.plan import Action, Base, Project, Stamp, decide, load

HERE = Base("CPython 3.11 linux x86_64", "/books/assayer")
SITE = Stamp("site", "d1", "")
ALL = Stamp("all", "d1", "cpu")


def chosen(base: Base | None, stamp: Stamp | None, wanted: Stamp, usable: bool = True) -> Action:
    return decide(base, stamp, HERE, wanted, usable)[0]


def test_first_call_creates() -> None:
    assert chosen(None, None, SITE) is Action.CREATE


@pytest.mark.parametrize("base", [replace(HERE, python="CPython 3.12 linux x86_64"), replace(HERE, root="/books/copy")])
def test_another_python_or_folder_creates_anew_even_with_a_good_stamp(base: Base) -> None:
    assert chosen(base, SITE, SITE) is Action.CREATE


def test_a_python_that_is_gone_creates_anew() -> None:
    assert chosen(HERE, SITE, SITE, usable=False) is Action.CREATE


def test_an_unfinished_setup_is_taken_up() -> None:
    assert chosen(HERE, None, SITE) is Action.UPDATE


@pytest.mark.parametrize(
    ("stamp", "wanted", "action"),
    [
        (SITE, SITE, Action.KEEP),
        (ALL, ALL, Action.KEEP),
        (ALL, SITE, Action.KEEP),
        (SITE, ALL, Action.UPDATE),
        (replace(SITE, digest="d0"), SITE, Action.UPDATE),
        (replace(ALL, digest="d0"), SITE, Action.UPDATE),
        (replace(ALL, torch="plain"), ALL, Action.KEEP),
        (ALL, replace(ALL, torch="plain"), Action.UPDATE),
    ],
)
def test_a_stamp_serves_what_it_holds(stamp: Stamp, wanted: Stamp, action: Action) -> None:
    assert chosen(HERE, stamp, wanted) is action


def test_the_digest_follows_pins_and_requirements_only(project: Project) -> None:
    before = project.digest()
    pyproject, pins = project.root / "pyproject.toml", project.pins
    text = pyproject.read_text(encoding="utf-8")

    pyproject.write_text(text.replace("110", "100"), encoding="utf-8")
    assert Project.read(project.root).digest() == before

    pyproject.write_text(text.replace("pytest", "pytest-xdist"), encoding="utf-8")
    assert Project.read(project.root).digest() != before

    pyproject.write_text(text, encoding="utf-8")
    pins.write_text(pins.read_text(encoding="utf-8") + "ruff==1\n", encoding="utf-8")
    assert Project.read(project.root).digest() != before


def test_the_sets(project: Project) -> None:
    assert project.requirements("site") == ["pip", "setuptools", "jupyter-book==1.0.4.post1"]
    assert project.requirements("all") == [
        *project.requirements("site"),
        "sympy>=1.14",
        "torch>=2.9",
        "pytest",
    ]


def test_a_pin_is_read_without_marker_or_comment(project: Project) -> None:
    assert project.pinned("torch") == "2.13.0"
    assert project.pinned("numpy") == "2.4.6"
    with pytest.raises(SetupError, match="pins no scipy"):
        project.pinned("scipy")


@pytest.mark.parametrize("missing", ["pyproject.toml", "requirements.txt"])
def test_half_a_checkout_is_named(project: Project, missing: str) -> None:
    (project.root / missing).unlink()
    with pytest.raises(SetupError, match=f"{missing} is not in .*whole checkout"):
        Project.read(project.root)


def test_a_broken_pyproject_is_named(project: Project) -> None:
    (project.root / "pyproject.toml").write_text("[project\n", encoding="utf-8")
    with pytest.raises(SetupError, match=r"pyproject\.toml cannot be read"):
        Project.read(project.root)


@pytest.mark.parametrize("text", ["", "{", "[]", '{"which": "site"}', '{"which": "site", "colour": "red"}'])
def test_a_damaged_stamp_counts_as_none(tmp_path: Path, text: str) -> None:
    path = tmp_path / "stamp.json"
    path.write_text(text, encoding="utf-8")
    assert load(Stamp, path) is None
