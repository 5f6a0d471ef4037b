"""The library's wheel: the same bytes for the same sources, whole for a chapter, and one that pip takes."""

from __future__ import annotations

import ast
import hashlib
import io
import os
import shutil
import subprocess
import sys
import zipfile
from importlib.metadata import requires
from pathlib import Path

import pytest

from assayer.site import wheel


@pytest.fixture(scope="module")
def made() -> wheel.Wheel:
    return wheel.make(wheel.LIBRARY.parents[1] / "LICENSE")


def opened(made: wheel.Wheel) -> zipfile.ZipFile:
    return zipfile.ZipFile(io.BytesIO(made.content))


def test_the_bytes_depend_on_the_sources_alone(made: wheel.Wheel, tmp_path: Path) -> None:
    copy = tmp_path / "assayer"
    shutil.copytree(wheel.LIBRARY, copy, ignore=shutil.ignore_patterns("site"))
    (copy / "lab" / "__pycache__").mkdir(exist_ok=True)
    (copy / "lab" / "__pycache__" / "x.pyc").write_bytes(b"compiled")
    for path in copy.rglob("*.py"):
        os.utime(path, (0, 0))
    licence = wheel.LIBRARY.parents[1] / "LICENSE"
    assert wheel.make(licence, copy) == made and made.sha256 == hashlib.sha256(made.content).hexdigest()
    (copy / "lab" / "values.py").write_text("changed = True\n", "utf-8")
    other = wheel.make(licence, copy)
    assert other.version != made.version and other.name != made.name and other.sha256 != made.sha256


def test_it_holds_what_it_imports_and_no_more(made: wheel.Wheel) -> None:
    with opened(made) as archive:
        names = set(archive.namelist())
        modules = {name.removesuffix(".py").removesuffix("/__init__").replace("/", ".") for name in names}
        wanted = set()
        for name in (name for name in names if name.endswith(".py")):
            for node in ast.walk(ast.parse(archive.read(name))):
                if isinstance(node, ast.ImportFrom) and node.module:
                    wanted.add(node.module)
                elif isinstance(node, ast.Import):
                    wanted.update(one.name for one in node.names)
    ours = {name for name in wanted if name.split(".")[0] == "assayer"}
    assert len(ours) > 50 and ours <= modules
    assert not {name.split("/")[1] for name in names if name.startswith("assayer/")} & {"site", "mutation", "notebooks"}
    assert not [name for name in names if "test" in name.lower() or name.endswith(".pyc")]


def test_what_is_brought_and_what_must_be_there(made: wheel.Wheel) -> None:
    assert set(made.present) == wheel.BROUGHT and made.python == "3.11"
    assert [one for one in made.needs if one.startswith("python-flint")]
    assert len(made.needs) + len(made.present) == len(
        [one for one in requires("assayer") or [] if "cluster" not in one]
    )
    assert not [one for one in made.needs if one.startswith(tuple(wheel.BROUGHT))]


def test_the_record_names_every_file_with_its_hash(made: wheel.Wheel) -> None:
    with opened(made) as archive:
        record = next(name for name in archive.namelist() if name.endswith("/RECORD"))
        rows = [line.rsplit(",", 2) for line in archive.read(record).decode().splitlines()]
        assert {row[0] for row in rows} == set(archive.namelist())
        for name, digest, size in rows:
            if name != record:
                assert digest == f"sha256={wheel._digest(archive.read(name))}" and int(size) == len(archive.read(name))


def test_pip_installs_it(made: wheel.Wheel, tmp_path: Path) -> None:
    file = tmp_path / made.name
    file.write_bytes(made.content)
    target = tmp_path / "place"
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-index", "--no-deps", "--target", str(target)]
    assert subprocess.run([*pip, str(file)], capture_output=True, text=True, check=False).stderr.count("ERROR") == 0
    asked = "import assayer, importlib.metadata as m; print(assayer.__file__, m.version('assayer'))"
    run = subprocess.run(
        [sys.executable, "-c", asked], capture_output=True, text=True, check=True, env={"PYTHONPATH": str(target)}
    )
    assert run.stdout.split() == [str(target / "assayer" / "__init__.py"), made.version]
