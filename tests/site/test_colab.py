"""The way to Colab: the line on a chapter's page, the set-up cell and its one-line refusals, the emulation."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import yaml

import colab as emulation
import serve
from assayer.site import edition, kept, wheel
from assayer.site.parts import Site, colab

ROOT = Path(__file__).parents[2]
PAGE = "chapters/numbers/sample.html"
REPOSITORY = "https://github.com/owner/book"
SHELL = """
import sys
from IPython.core.interactiveshell import InteractiveShell
{before}
done = InteractiveShell.instance(colors="NoColor", history_length=0).run_cell(open({cell!r}).read())
sys.exit(3 if done.error_in_exec else 0)
"""


@pytest.fixture
def finished(tmp_path: Path, write_book: Any) -> Any:
    """A function that gives the sample chapter's page and the site's folder for two addresses."""
    book = write_book(tmp_path / "book")

    def finish(url: str = "", repository: str = "") -> tuple[str, Path]:
        site = Site(book, tmp_path / "html", url, repository)
        given = {PAGE: "<h1>print</h1><h1>A</h1><p>text</p>", "chapters/intro.html": "<h1>B</h1>"}
        changed = kept.texts(colab.finish(site, kept.pages(given)))
        assert changed["chapters/intro.html"] == given["chapters/intro.html"]
        return changed[PAGE], site.folder

    return finish


def test_a_chapter_opens_in_colab_where_its_repository_is_known(finished: Any) -> None:
    page, folder = finished("https://owner.github.io/book/", REPOSITORY)
    there = "https://colab.research.google.com/github/owner/book/blob/colab/numbers/sample.ipynb"
    assert page.startswith('<h1>print</h1><h1>A</h1>\n<p class="ay-colab">') and page.endswith("</p><p>text</p>")
    assert f'href="{there}">Open in Colab</a>' in page
    assert 'href="../../colab/numbers/sample.ipynb" download>Download</a>' in page
    made = json.loads((folder / "colab" / "numbers" / "sample.ipynb").read_text("utf-8"))
    (file,) = (folder / "colab").glob("*.whl")
    assert made["cells"][0]["source"] == edition.setup(
        edition.Surroundings("https://owner.github.io/book/", None, {}, wheel.make(file / "no licence"))  # type: ignore[arg-type]
    )
    assert 'ADDRESS = "https://owner.github.io/book/colab/"' in made["cells"][0]["source"]


@pytest.mark.parametrize(
    ("url", "repository"),
    [("https://owner.org/", ""), ("https://owner.org/", "https://gitlab.com/owner/book"), ("", REPOSITORY), ("", "")],
)
def test_elsewhere_the_edition_is_for_download(finished: Any, url: str, repository: str) -> None:
    page, _ = finished(url, repository)
    assert "Download for Colab" in page and "colab.research.google.com" not in page
    assert (".whl" in page) == (not url), "without an address the reader brings the library"


def test_the_workflow_puts_the_editions_where_the_link_leads(tmp_path: Path) -> None:
    jobs = yaml.safe_load((ROOT / ".github" / "workflows" / "pages.yml").read_text("utf-8"))["jobs"]
    assert [name for name, job in jobs.items() if job.get("permissions", {}).get("contents") == "write"] == ["colab"]
    fetched, script = jobs["colab"]["steps"]
    assert fetched["uses"].startswith("actions/download-artifact@") and "needs" in jobs["colab"]
    remote = tmp_path / "owner" / "book.git"
    subprocess.run(["git", "init", "--quiet", "--bare", str(remote)], check=True)
    given = {"GITHUB_SERVER_URL": tmp_path.as_uri(), "GITHUB_REPOSITORY": "owner/book", "TOKEN": "secret"}
    for number in (1, 2):
        work = tmp_path / f"run{number}" / script["working-directory"]
        (work / "numbers").mkdir(parents=True)
        (work / "numbers" / "sample.ipynb").write_text(f"edition {number}", "utf-8")
        run = subprocess.run(
            ["bash", "-c", script["run"]],
            cwd=work,
            env={**os.environ, **given, "GITHUB_SHA": "abc"},
            capture_output=True,
            text=True,
            check=False,
        )
        assert run.returncode == 0 and "secret" not in run.stdout + run.stderr, run.stderr
    there = colab.address(REPOSITORY, "chapters/numbers/sample.ipynb").partition("/blob/")[2].replace("/", ":", 1)
    git = ["git", "--git-dir", str(remote)]
    assert subprocess.run([*git, "show", there], capture_output=True, text=True).stdout == "edition 2"
    assert subprocess.run([*git, "rev-list", "--count", "colab"], capture_output=True, text=True).stdout == "1\n"


# --- The set-up cell, up to the point where it would install ---------------------------------------------


@pytest.fixture
def site(tmp_path: Path) -> Iterator[tuple[Path, str]]:
    folder = tmp_path / "site"
    (folder / "colab").mkdir(parents=True)
    with serve.bind(folder, 0) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield folder, f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()
        thread.join()


WHEEL = wheel.Wheel("assayer-9-py3-none-any.whl", "9", b"a wheel", ("flint>=1",), ("numpy",), "3.11")


def refused(folder: Path, url: str, before: str = "", made: wheel.Wheel = WHEEL) -> str:
    """What the set-up cell shows in IPython when it refuses: one line, without a traceback."""
    around = SimpleNamespace(site=url, wheel=made)
    cell = folder / "cell.py"
    cell.write_text(edition.setup(around), "utf-8")  # type: ignore[arg-type]
    command = [sys.executable, "-c", SHELL.format(before=before, cell=str(cell))]
    run = subprocess.run(command, capture_output=True, text=True, check=False, cwd=folder)
    assert run.returncode == 3, run.stdout + run.stderr
    (line,) = run.stdout.strip().splitlines()
    assert line.startswith("SET-UP FAILED: ") and "Traceback" not in run.stderr
    return line.removeprefix("SET-UP FAILED: ")


NO_PIP = "import subprocess\nsubprocess.run = lambda *a, **k: sys.exit('pip was called')"


def test_a_wrong_hash_names_the_file_and_both_hashes(tmp_path: Path, site: tuple[Path, str]) -> None:
    folder, url = site
    (folder / "colab" / WHEEL.name).write_bytes(b"another wheel")
    found = hashlib.sha256(b"another wheel").hexdigest()
    assert refused(tmp_path, url, NO_PIP) == (
        f"{WHEEL.name} has SHA-256 {found}, not {WHEEL.sha256}: nothing was installed"
    )
    (tmp_path / WHEEL.name).write_bytes(b"a third")
    uploaded = hashlib.sha256(b"a third").hexdigest()
    assert uploaded in refused(tmp_path, url, NO_PIP), "a wheel that was uploaded is looked at as well"


def test_the_right_bytes_reach_pip_and_its_refusal_is_one_line(tmp_path: Path, site: tuple[Path, str]) -> None:
    folder, url = site
    said = "WARNING: x\\nERROR: first\\nERROR: No matching distribution found for flint>=1"
    pip = f"import subprocess, types\nanswer = types.SimpleNamespace(returncode=1, stderr='{said}')\n"
    pip += "subprocess.run = lambda *a, **k: answer"
    line = "pip says 'ERROR: No matching distribution found for flint>=1'; it was asked for flint>=1"
    (folder / "colab" / WHEEL.name).write_bytes(WHEEL.content)
    assert refused(tmp_path, url, pip) == line
    (tmp_path / WHEEL.name).write_bytes(WHEEL.content)
    assert refused(tmp_path, "", pip) == line, "uploaded beside the notebook, it needs no address"


def test_no_network_an_older_edition_and_no_address(tmp_path: Path, site: tuple[Path, str]) -> None:
    _, url = site
    gone = refused(tmp_path, url, NO_PIP)
    assert gone == f"{url}colab/{WHEEL.name}: 404; open the chapter anew from the book's site"
    down = refused(tmp_path, "http://127.0.0.1:9/", NO_PIP)
    assert down.startswith(f"http://127.0.0.1:9/colab/{WHEEL.name} cannot be reached (") and "network" in down
    assert refused(tmp_path, "", NO_PIP).startswith(f"upload {WHEEL.name} into the files of this session")


def test_an_old_python_and_a_missing_torch(tmp_path: Path) -> None:
    old = "real, sys.version_info, sys.version = sys.version_info, (3, 10, 13), '3.10.13 (main)'"
    assert refused(tmp_path, "", old) == "Python 3.10.13 is too old: the book needs 3.11 or later"
    made = wheel.Wheel("a.whl", "9", b"", (), ("numpy", "torch_that_is_not_here"), "3.11")
    assert refused(tmp_path, "", NO_PIP, made).startswith("torch_that_is_not_here is not here: Colab has it;")


# --- The emulation ----------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment with pip of its own that sees this one's packages: a set-up there needs no network."""
    folder = tmp_path_factory.mktemp("machine")
    subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True, capture_output=True)
    python = folder / "bin" / "python"
    asked = "import sysconfig; print(sysconfig.get_path('purelib'))"
    here, there = (
        subprocess.run([str(one), "-c", asked], capture_output=True, text=True, check=True).stdout.strip()
        for one in (sys.executable, python)
    )
    Path(there, "here.pth").write_text(f"{here}\n", "utf-8")
    emulation.stub(python)
    return python


def prepared(folder: Path, url: str, cells: list[str]) -> Path:
    """An edition with these cells after the set-up, beside its wheel in the served folder."""
    made = wheel.make()
    (folder / "colab" / made.name).write_bytes(made.content)
    around = SimpleNamespace(site=url, wheel=made)
    notebook = {
        "nbformat": 4,
        "nbformat_minor": 5,
        "metadata": {},
        "cells": [
            {"cell_type": "code", "id": f"c{n}", "metadata": {}, "outputs": [], "execution_count": None, "source": one}
            for n, one in enumerate([edition.setup(around), *cells])  # type: ignore[arg-type]
        ],
    }
    path = folder / "chapter.ipynb"
    path.write_text(json.dumps(notebook), "utf-8")
    return path


RUNS = """
import google.colab, os, assayer
from assayer import judge
from sympy import Symbol
x = Symbol("x", real=True)
assert "site-packages" in assayer.__file__ and os.environ["COLAB_RELEASE_TAG"] and os.listdir() == []
assert judge(x**2, ">=", 0).status == "proved"
"""


@pytest.mark.slow
def test_a_chapter_runs_alone_and_a_second_set_up_fetches_nothing(machine: Path, site: tuple[Path, str]) -> None:
    folder, url = site
    again = edition.setup(SimpleNamespace(site="http://127.0.0.1:9/", wheel=wheel.make()))  # type: ignore[arg-type]
    done = emulation.run(prepared(folder, url, [RUNS, again]), machine)
    assert done.error == "" and done.passed and done.changed == () and done.left == ()
    assert done.added == (f"assayer {wheel.make().version}",)
    assert done.said.startswith(f"assayer {wheel.make().version}, Python ") and ", on " in done.said


REPLACES = """
import pathlib, sysconfig
open("left.txt", "w").close()
info = next(pathlib.Path(sysconfig.get_path("purelib")).glob("pip-*.dist-info")) / "METADATA"
info.write_text(info.read_text().replace("\\nVersion: ", "\\nVersion: 9", 1))
raise ValueError("no")
"""


@pytest.mark.slow
def test_the_emulation_sees_what_goes_wrong(machine: Path, site: tuple[Path, str]) -> None:
    folder, url = site
    done = emulation.run(prepared(folder, url, [REPLACES]), machine)
    assert not done.passed and done.error == "cell 1: ValueError: no" and done.left == ("left.txt",)
    assert [line.split()[0] for line in done.changed] == ["pip"]


def test_an_environment_or_a_chapter_that_is_not_there(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert emulation.main(["--environment", str(tmp_path / "none")]) == 2
    assert capsys.readouterr().err.startswith(f"assayer: {tmp_path / 'none'} is no environment")
    assert emulation.main(["--python", str(tmp_path / "python")]) == 2
    assert "No such file" in capsys.readouterr().err
