"""Which chapters run, in which kernels, and what is remembered: decided by what a chapter depends on."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook, new_output

import assayer
from assayer.validation import inputs
from assayer.validation.__main__ import main
from assayer.validation.imports import Library, cell_sources
from assayer.validation.runner import AUTO, FORKED, ORDINARY, Options, Run
from assayer.validation.stamps import Stamp, Stamps

ROOT = Path(__file__).resolve().parents[2]
FORKS = Options(kernels=FORKED)


class Book:
    """Two chapters, and a library in which each has a module of its own beside one that both use."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.lib = root / "lib" / "assayer"
        files = {
            "__init__.py": "from importlib import import_module\n_HOME = {'check': 'assayer.lab'}\n"
            "def __getattr__(name):\n    return getattr(import_module(_HOME[name]), name)\n",
            "lab/__init__.py": "from assayer.lab.checks import check\n",
            "lab/checks.py": "def check(): ...\n",
            "lab/unused.py": "",
            "results/__init__.py": "",
            "results/one.py": "def f():\n    from . import two_helper\n",
            "results/two_helper.py": "",
            "results/two.py": "from assayer.tree import prover\n",
            "tree/__init__.py": "",
            "tree/prover.py": "import pkgutil\nfrom importlib import import_module\nfrom assayer.tree import kernels\n"
            "found = [import_module(f'{kernels.__name__}.{m.name}') for m in pkgutil.iter_modules(kernels.__path__)]\n",
            "tree/kernels/__init__.py": "",
            "tree/kernels/lying_there.py": "from assayer import deep\n",
            "tree/table.json": "[1]",
            "deep.py": "",
            "island.py": "",
        }
        for name, text in files.items():
            (self.lib / name).parent.mkdir(parents=True, exist_ok=True)
            (self.lib / name).write_text(text)
        (root / "_toc.yml").write_text("")
        (root / "pytest.ini").write_text("[pytest]\n")
        self.write("one", ["from assayer.results.one import f", "print(6 * 7)"], "42\n")
        self.write("two", ["import assayer.results.two", "print(6 * 7)"], "42\n")

    def path(self, name: str) -> Path:
        return self.root / "chapters" / "part" / f"{name}.ipynb"

    def write(self, name: str, sources: list[str], last: str) -> None:
        cells = [new_code_cell(source, execution_count=n) for n, source in enumerate(sources, start=1)]
        cells[-1].outputs = [new_output("stream", name="stdout", text=last)]
        for n, cell in enumerate(cells):
            cell["id"] = f"c{n}"
        kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
        self.path(name).parent.mkdir(parents=True, exist_ok=True)
        nbformat.write(new_notebook(cells=cells, metadata={"kernelspec": kernel}), self.path(name))

    def library(self) -> Library:
        return Library(self.lib)

    def run(self, say: Callable[[str], None] = lambda text: None) -> Run:
        return Run(self.root, sorted((self.root / "chapters").rglob("*.ipynb")), say, self.library())

    def pass_all(self) -> None:
        """As if both had just passed, in ordinary kernels."""
        run = self.run()
        for name, found in run.inputs.items():
            run.stamps.write(name, Stamp(found, run.environment))

    def changed(self) -> list[str]:
        """The chapters that would run now."""
        plan = self.run().plan(Options())
        return [name.removeprefix("part/") for name in (*plan.ordinary, *plan.forked)]


@pytest.fixture
def book(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Book:
    monkeypatch.delenv("CI", raising=False)
    return Book(tmp_path)


@pytest.mark.parametrize(
    ("file", "runs"),
    [
        ("__init__.py", ["one", "two"]),
        ("lab/checks.py", ["one", "two"]),  # by the names that __getattr__ writes out
        ("lab/unused.py", []),
        ("results/one.py", ["one"]),
        ("results/two_helper.py", ["one"]),  # imported in a function, relatively
        ("results/two.py", ["two"]),
        ("tree/kernels/lying_there.py", ["two"]),  # found in a folder
        ("tree/table.json", ["two"]),  # data
        ("deep.py", ["two"]),  # imported by what is found in a folder
        ("island.py", []),
    ],
)
def test_one_byte_of_a_module_runs_the_chapters_that_need_it(book: Book, file: str, runs: list[str]) -> None:
    book.pass_all()
    assert book.changed() == []
    with (book.lib / file).open("a") as module:
        module.write("\n")
    assert book.changed() == runs


def test_a_new_module_in_a_searched_folder_counts(book: Book) -> None:
    book.pass_all()
    (book.lib / "tree" / "kernels" / "new.py").write_text("")
    assert book.changed() == ["two"]


@pytest.mark.parametrize("source", ["%matplotlib inline", "import importlib\nimportlib.import_module(name)"])
def test_a_cell_that_cannot_be_foreseen_may_need_anything(book: Book, source: str) -> None:
    book.write("one", [source, "print(6 * 7)"], "42\n")
    assert book.library().needed(cell_sources(book.path("one"))) == set(book.library().paths)


def test_the_notebook_its_outputs_and_files_beside_it_count(book: Book) -> None:
    book.pass_all()
    text = book.path("one").read_text()
    book.path("one").write_text(text.replace("42", "43"))
    assert book.changed() == ["one"]
    book.path("one").write_text(text)
    assert book.changed() == []
    (book.root / "chapters" / "part" / "helper.py").write_text("")
    assert book.changed() == ["one", "two"]


def test_another_version_of_a_package_runs_all_in_ordinary_kernels(book: Book, monkeypatch: pytest.MonkeyPatch) -> None:
    book.pass_all()
    metadata = book.root / "site" / "numpyish-9.dist-info"
    metadata.mkdir(parents=True)
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: numpyish\nVersion: 9\n")
    monkeypatch.syspath_prepend(str(metadata.parent))
    plan = book.run().plan(Options())
    assert plan.ordinary == ["part/one", "part/two"] and plan.forked == []
    assert set(plan.why.values()) == {"the environment changed"}
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: numpyish\nVersion: 10\n")
    first = book.run().environment
    monkeypatch.setenv("ASSAYER_DEVICE", "mps")
    assert len({first, book.run().environment}) == 2


def test_kernels_are_ordinary_once_and_then_forked(book: Book) -> None:
    plan = book.run().plan(Options())
    assert plan.ordinary == ["part/one", "part/two"] and set(plan.why.values()) == {"no pass on record"}
    book.pass_all()
    book.write("one", ["print(6 * 7)"], "42\n")
    plan = book.run().plan(Options())
    assert (plan.unchanged, plan.ordinary, plan.forked) == (["part/two"], [], ["part/one"])
    # It imports nothing now, so the modules it needed are among what changed.
    assert plan.why["part/one"] == "assayer/__init__.py, assayer/lab/__init__.py and 5 more changed"
    plan = book.run().plan(Options(everything=True))
    assert plan.forked == ["part/one", "part/two"] and plan.why["part/two"] == "asked for"
    plan = book.run().plan(Options(everything=True, kernels=ORDINARY))
    assert plan.ordinary == ["part/one", "part/two"]


def test_a_pass_in_a_fork_is_none_in_an_ordinary_kernel(book: Book) -> None:
    run = book.run()
    for name, found in run.inputs.items():
        run.stamps.write(name, Stamp(found))
    assert run.plan(Options()).unchanged == ["part/one", "part/two"]
    assert run.plan(Options(kernels=ORDINARY)).ordinary == ["part/one", "part/two"]


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"schema": 0, "inputs": {}}', '{"schema": 1, "inputs": []}'])
def test_a_stamp_that_cannot_be_read_is_none(tmp_path: Path, text: str) -> None:
    stamps = Stamps(tmp_path)
    stamps.write("part/one", Stamp({"a": "b"}, "c"))
    assert stamps.read("part/one") == Stamp({"a": "b"}, "c")
    stamps.path("part/one").write_text(text)
    assert stamps.read("part/one") is None


def validate(book: Book, options: Options = FORKS) -> tuple[int, list[str]]:
    """A real run, and what it said."""
    lines: list[str] = []
    quiet = Options(options.everything, options.kernels, 1, 60, ("-p", "no:cacheprovider", *options.arguments))
    return book.run(lines.append).validate(quiet), lines


@pytest.mark.slow
def test_a_pass_is_remembered_and_a_failure_is_not(book: Book, capfd: pytest.CaptureFixture[str]) -> None:
    book.write("one", ["x = 6", "print(x * 7)"], "42\n")
    book.write("two", ["print(6 * 7)"], "43\n")  # a planted fault
    status, lines = validate(book, Options(kernels=ORDINARY))
    assert status == 1 and any("in ordinary kernels" in line for line in lines)
    stamps = book.run().stamps
    one = stamps.read("part/one")
    assert one is not None and one.ordinary == book.run().environment
    assert stamps.read("part/two") is None
    book.write("two", ["print(6 * 7)"], "42\n")
    status, lines = validate(book)
    assert status == 0
    assert lines[0] == "1 chapter (part/one) unchanged since passing; make notebooks ALL=1 runs all"
    assert lines[1:] == ["part/two: no pass on record", "1 chapter (part/two) in kernels forked from one process"]
    two = stamps.read("part/two")
    assert two is not None and two.ordinary == ""
    assert validate(book) == (
        0,
        ["2 chapters (part/one, part/two) unchanged since passing; make notebooks ALL=1 runs all"],
    )
    book.path("two").write_text(book.path("two").read_text().replace("42", "43"))
    assert validate(book)[0] == 1
    assert stamps.read("part/two") is None  # the earlier pass is no longer one


@pytest.mark.slow
@pytest.mark.parametrize(
    ("fault", "arguments"),
    [
        ("import pathlib\nwith pathlib.Path('one.ipynb').open('a') as file: file.write(' ')", ()),  # changes meanwhile
        ("print(1)", ("--deselect=chapters/part/one.ipynb::Cell 0",)),  # not every cell ran
    ],
)
def test_what_did_not_run_as_it_stands_is_not_remembered(
    book: Book, fault: str, arguments: tuple[str, ...], capfd: pytest.CaptureFixture[str]
) -> None:
    book.path("two").unlink()
    book.write("one", [fault, "print(6 * 7)"], "42\n")
    node = nbformat.read(book.path("one"), as_version=4)
    node.cells[0].outputs = [new_output("stream", name="stdout", text="1\n")] if arguments else []
    nbformat.write(node, book.path("one"))
    status, lines = validate(book, Options(kernels=ORDINARY, arguments=arguments))
    assert status == 0
    assert lines[-1] == "1 chapter (part/one) not remembered as passed: changed meanwhile, or not every cell ran"
    assert book.run().stamps.read("part/one") is None


def test_ci_runs_all(book: Book, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Options] = []
    monkeypatch.setattr(Run, "validate", lambda self, options: asked.append(options) or 0)
    monkeypatch.chdir(book.root)
    assert main([]) == 0 and main(["--all"]) == 0
    monkeypatch.setenv("CI", "true")
    assert main(["--jobs", "3", "--kernels", "ordinary"]) == 0
    assert [options.everything for options in asked] == [False, True, True]
    assert (asked[2].jobs, asked[2].kernels, asked[0].kernels) == (3, ORDINARY, AUTO)


def test_wrong_calls_are_refused_in_one_line(
    book: Book, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(book.root)
    assert main(["three"]) == 2
    assert capsys.readouterr().err == "assayer: no chapter is called 'three'; there are: part/one, part/two\n"
    book.path("one").write_text("{")
    assert main([]) == 2
    assert capsys.readouterr().err.count("\n") == 1
    monkeypatch.setattr("assayer.validation.__main__.PROVISIONER", "unknown")
    assert main([]) == 2
    assert "make env-all installs it anew" in capsys.readouterr().err
    for wrong in (["--jobs", "0"], ["--kernels", "borrowed"]):
        with pytest.raises(SystemExit, match="2"):
            main(wrong)


LOADED = """
import ast, json, sys
for source in json.loads(sys.stdin.read()):
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            exec(compile(ast.Module([node], []), "cell", "exec"))
from sympy import symbols
from assayer import Derivation
x = symbols("x", real=True)
Derivation("one").start((x + 1)**2).eq(x**2 + 2*x + 1, by="multiply out").theorem()
print(json.dumps([name for name in sys.modules if name.partition(".")[0] == "assayer"]))
"""


@pytest.mark.slow
@pytest.mark.parametrize("chapter", sorted((ROOT / "chapters").rglob("*.ipynb")), ids=lambda path: path.stem)
def test_no_module_that_a_chapter_loads_is_missed(chapter: Path) -> None:
    """What its imports and a derivation really load, beside what the sources say."""
    sources = cell_sources(chapter)
    environment = {**os.environ, "ASSAYER_CACHE": "off"}
    done = subprocess.run(
        [sys.executable, "-c", LOADED], input=json.dumps(sources), env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    loaded = set(json.loads(done.stdout))
    library = Library(Path(assayer.__file__).parent)
    needed = library.needed(sources)
    assert len(loaded) > 50
    assert loaded - needed == set()
    others = {f"assayer.results.{path.stem}" for path in (ROOT / "chapters").rglob("*.ipynb")} - {
        f"assayer.results.{chapter.stem}"
    }
    assert not needed & others, "a chapter's run would follow another's results"


def test_the_closure_would_miss_a_module_if_it_did_not_look_into_folders(book: Book) -> None:
    """The falsified rule: without the folder, what lies in it is not found."""
    (book.lib / "tree" / "prover.py").write_text("from assayer.tree import kernels\n")
    needed: set[str] = book.library().needed(cell_sources(book.path("two")))
    assert "assayer.tree.kernels" in needed and "assayer.tree.kernels.lying_there" not in needed


def test_the_reason_is_short() -> None:
    before: dict[str, Any] = dict.fromkeys("abcd", "0")
    assert inputs.said(inputs.changes(before, before | {"a": "1"})) == "a changed"
    assert inputs.said(inputs.changes(before, dict.fromkeys("abcd", "1"))) == "a, b and 2 more changed"
    assert inputs.said(inputs.changes(before, {**before, inputs.ENVIRONMENT: "1"})) == "the environment changed"
