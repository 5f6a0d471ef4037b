"""Mutants of helper functions: the mutator, the chapter as a check, the unit tests behind it, and the survivors."""

from __future__ import annotations

import ast
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from assayer.mutation.__main__ import main
from assayer.mutation.helpers import helper_table, helpers, mutants_of, packages, try_helper
from assayer.mutation.python_code import CodeMutant, code_mutants, equivalents, program
from assayer.mutation.runs import ChapterRun, Helper, TestRun
from assayer.mutation.sources import SourceError

CODE = '''"""Docstring with 1 + 1."""

from __future__ import annotations
from math import isqrt

__all__ = ["f"]
LIMIT: int = 3


def f(a: list[int], n: int = 0) -> int:
    """Not 2 < 3."""
    if not a and n >= 1:
        raise ValueError(f"{n + 1} is bad")
    a[n] += 2
    return min(a) // -n if n < 2 else a[1:][n]
'''


def changes(kind: str) -> set[tuple[str, ...]]:
    return {tuple(line.strip() for line in m.diff.splitlines()[1:]) for m in code_mutants("m", CODE) if m.kind == kind}


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("arithmetic", ["a[n] -= 2", "return (min(a) * -n) if", "return min(a) // n if"]),
        ("comparison", ["n > 1", "n < 1", "n <= 2", "n >= 2"]),
        ("constant", ["n: int = 1", "n: int = (-1)", "+= 3", "n < 3", "a[2:]", "n >= 0"]),
        ("boolean", ["if (not a or n >= 1)", "if a and n >= 1", "if (not n < 2) else"]),
        ("call", ["(max(a)) // -n", "max(a)"]),
        ("index", ["a[n + 1] += 2", "a[:][n]", "a[1:][n + 1]"]),
        ("return", ["return None"]),
    ],
)
def test_each_kind_of_change(kind: str, expected: list[str]) -> None:
    lines = ["\n".join(lines) for lines in changes(kind)]
    for text in expected:
        compact = text.replace("(", "").replace(")", "").replace(" ", "")
        assert any(compact in line.replace("(", "").replace(")", "").replace(" ", "") for line in lines), (text, lines)


def test_every_mutant_differs_once_and_compiles() -> None:
    made = code_mutants("m", CODE)
    shapes = [ast.dump(ast.parse(m.source)) for m in made]
    assert len(set(shapes)) == len(shapes) > 20
    assert ast.dump(ast.parse(CODE)) not in shapes
    for m in made:
        compile(m.source, "m", "exec")
        assert m.diff and m.line <= len(CODE.splitlines())


def test_what_no_check_can_notice_is_left_alone() -> None:
    for m in code_mutants("m", CODE):
        for kept in (
            '"""Docstring with 1 + 1."""',
            '"""Not 2 < 3."""',
            "__all__ = ['f']",
            "LIMIT: int = 3",
            "n + 1} is bad",
        ):
            assert kept.replace("'", '"') in m.source
    assert code_mutants("m", "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    x = 1 + 1\n") == ()


@pytest.mark.parametrize(
    ("one", "two"),
    [
        ("x = 2**18", "x = 262144"),
        ("f(a > b)", "f(b < a)"),
        ("f(a >= 2 * b)", "f(2 * b <= a)"),
        ("x = y - (-1)", "x = y + 1"),
        ("x = y + (-1)", "x = y - 1"),
        ("def f(x: int) -> int:\n    'one'\n    return x", "def f(x: str) -> str:\n    'two'\n\n    return (x)"),
        ("x: int = 3", "x: float = 3"),
    ],
)
def test_equal_programs(one: str, two: str) -> None:
    future = "from __future__ import annotations\n"
    assert program(future + one) == program(future + two)


@pytest.mark.parametrize(
    ("one", "two"),
    [
        ("x = 1", "x = 1.0"),
        ("x = 0.0", "x = -0.0"),
        ("x = True", "x = 1"),
        ("f(a > b)", "f(a < b)"),
        ("f(a() > b())", "f(b() < a())"),
        ("x = y - 1", "x = y + 1"),
        ("def f(x, y=1): return x", "def f(x, y=2): return x"),
        ("def f(x):\n    return x", "def f(x):\n    return None"),
        ("x = lambda y: y + 1", "x = lambda y: y + 2"),
        ("f(a, b)", "f(b, a)"),
    ],
)
def test_different_programs(one: str, two: str) -> None:
    assert program(one) != program(two)


def test_a_change_that_leaves_the_same_program_is_no_mutant() -> None:
    code = "x = 0 * 7 + y\n"
    assert equivalents("m", code) == 2, "0 * 8 and 0 * 6"
    assert all(program(m.source) != program(code) for m in code_mutants("m", code))


def test_columns_count_bytes() -> None:
    (one, *_) = [m for m in code_mutants("m", "x = 'é' * 1 + y\n") if m.kind == "arithmetic"]
    assert one.source == "x = ('é' * 1 - y)\n"


# -- a small book whose chapter uses the real helpers ------------------------------------------------------------------
CELLS = [
    "sizes = range(300)",
    "from assayer.results.near_product import minimize, search_bound\n"
    "from assayer.results.near_product.witness import brute_force_table\n"
    "truth = brute_force_table(299).tolist()",
    "wrong = [n for n in sizes if sum(minimize(n)) != truth[n]]\nassert not wrong, wrong[:3]",
    "print(max(truth))\nminimize(130)",
]
TEST = """
from assayer.results.near_product.scan import search_bound


def test_bound():
    assert search_bound(0) == 3
"""


@pytest.fixture
def small(book: Callable[..., Path]) -> Helper:
    root = book(near_product=CELLS)
    tests = root / "tests" / "results"
    tests.mkdir(parents=True)
    (tests / "test_near_product_bound.py").write_text(TEST)
    (helper,) = helpers(["near_product"], root)
    return helper


def planted(helper: Helper, module: str, old: str, new: str) -> CodeMutant:
    name = f"assayer.results.near_product.{module}"
    source = helper.modules[name].read_text()
    assert source.count(old) == 1, old
    return CodeMutant(name, "", 1, "planted", source.replace(old, new), f"-{old}\n+{new}")


def test_helpers_fall_and_equivalent_changes_survive(small: Helper) -> None:
    """One chapter run: a sign in the witness and one in the algorithm are noticed by the chapter, one in the bound only
    by the tests, a loop that never ends by the time limit; a change without effect survives and is listed."""
    before = {path: path.read_bytes() for path in small.modules.values()}
    chosen = [
        planted(small, "witness", "return n + np.minimum.accumulate(f - n)", "return n - np.minimum.accumulate(f - n)"),
        planted(small, "scan", "    q = p & 1\n", "    q = p | 1\n"),
        planted(small, "scan", "            return m + 2\n", "            return m - 2\n"),
        planted(small, "scan", "    while gap > 0:", "    while gap > 0 + 0:"),
    ]
    report = try_helper(small, seed=1, mutants=chosen)
    assert [f.by for f in report.fates][2:] == ["tests", ""]
    assert all(f.by in ("check", "error", "output") and f.cell in (1, 2, 3) for f in report.fates[:2])
    record = report.record()
    assert (record["mutants"], record["killed_by_chapter"], record["killed_by_tests"], record["survived"]) == (
        4,
        2,
        1,
        1,
    )
    assert record["chapter_score"] == 0.5 and record["score"] == 0.75
    assert record["survivors"][0]["diff"] == "-    while gap > 0:\n+    while gap > 0 + 0:"
    assert "survived: near_product.scan.(module), line 1 (planted)" in helper_table([report])
    assert before == {path: path.read_bytes() for path in small.modules.values()}, "the tree is not touched"


def test_a_check_an_output_and_a_stuck_loop(small: Helper) -> None:
    """The loop that never ends is given up by the clock of its cell, not by a fixed time; memory does not run over."""
    with ChapterRun(small) as chapter:
        first = chapter.fate(planted(small, "scan", "found, best = (0, 0, n), n\n", "found, best = (0, 0, n), n + 9\n"))
        same_sum = chapter.fate(planted(small, "scan", "    if n <= best:", "    if n < best:"))
        stuck = chapter.fate(planted(small, "scan", "    while gap > 0:", "    while gap > 0 or True:"))
        large = chapter.fate(planted(small, "witness", "f = n.copy()", "f = np.zeros(1 << 40)"))
        again = chapter.ask()
    assert first.by == "error" and first.cell == 2 and "AssertionError" in first.why
    assert same_sum.by == "", "another representation with the same sum"
    assert (stuck.by, stuck.cell) == ("time", 2)
    assert large.by == "error" and "MemoryError" in large.why
    assert not again["killed"], "a mutant leaves nothing behind"


def test_a_function_that_no_cell_calls_is_left_to_the_tests(small: Helper) -> None:
    mutants = [planted(small, "scan", old, old + " + 1") for old in ('return sum(minimize(natural(n, "least_sum")))',)]
    uncalled = [replace(m, function="least_sum") for m in mutants]
    with ChapterRun(small) as chapter:
        assert "assayer.results.near_product.scan:minimize" in chapter.called
        assert "assayer.results.near_product.scan:least_sum" not in chapter.called
        assert not chapter.ask(uncalled[0].module, uncalled[0].source)["killed"], "nothing would have noticed"
        assert chapter.fate(uncalled[0]).why == "no cell calls it"


def test_an_output_that_changes_is_noticed(small: Helper) -> None:
    with ChapterRun(small) as chapter:
        fate = chapter.fate(
            planted(small, "scan", "return (p - q) >> 1, (p + q) >> 1, c", "return (p + q) >> 1, (p - q) >> 1, c")
        )
    assert (fate.by, fate.cell) == ("output", 3)


def test_a_chapter_that_fails_as_it_is(book: Callable[..., Path]) -> None:
    root = book(near_product=[*CELLS, "assert False, 'planted'"])
    (helper,) = helpers(["near_product"], root)
    with pytest.raises(SourceError, match="near_product cell 4 fails as it is: AssertionError: planted"):
        ChapterRun(helper)


def test_a_chapter_whose_first_cells_fail(book: Callable[..., Path]) -> None:
    root = book(near_product=["raise ValueError('early')", *CELLS])
    (helper,) = helpers(["near_product"], root)
    with pytest.raises(SourceError, match="near_product cannot be run: .*early"):
        ChapterRun(helper)


def test_a_helper_that_is_loaded_too_early_is_refused(book: Callable[..., Path]) -> None:
    hidden = "import importlib\nimportlib.import_module('assayer' + '.results.near_product')"
    root = book(near_product=[hidden, *CELLS])
    (helper,) = helpers(["near_product"], root)
    with pytest.raises(SourceError, match="is loaded before the first cell"):
        ChapterRun(helper)


def test_tests_that_fail_as_they_are(small: Helper) -> None:
    small.tests[0].write_text("def test_no():\n    assert False\n")
    harmless = planted(small, "scan", "    while gap > 0:", "    while gap > 0 + 0:")
    with pytest.raises(SourceError, match="the tests of near_product fail as they are"):
        try_helper(small, seed=1, mutants=[harmless])


def test_the_test_that_objects_is_named_and_the_quickest_come_first(small: Helper) -> None:
    small.tests[0].write_text(
        "from assayer.results.near_product.scan import search_bound\n\n\n"
        "def test_slow():\n    assert sum(range(10**7)) and search_bound(0) == 3\n\n\n"
        "def test_quick():\n    assert search_bound(0) == 3\n"
    )
    with TestRun(small) as tests:
        fate = tests.fate(planted(small, "scan", "            return m + 2\n", "            return m - 2\n"))
        stuck = tests.fate(planted(small, "scan", "            return m + 2\n", "            m += 0\n"))
        broken = tests.fate(planted(small, "scan", "            return m + 2\n", "            return (\n"))
    assert fate.by == "tests" and fate.why.endswith("::test_quick")
    assert stuck.by == "tests" and stuck.why == "not done in its time"
    assert broken.by == "tests" and broken.why.endswith(small.tests[0].name)


def test_samples_repeat(small: Helper) -> None:
    (law,) = helpers(["near_product.law"], small.notebook.parents[1])
    one, possible = mutants_of(law, 3, 10)
    assert len(one) == 10 < possible
    assert one == mutants_of(law, 3, 10)[0] != mutants_of(law, 4, 10)[0]
    assert len(mutants_of(law, 3, None)[0]) == possible


def test_a_run_that_is_cut_short_is_a_sample(small: Helper) -> None:
    report = try_helper(small, seed=1, minutes=1e-9)
    assert report.fates == [] and report.possible > 500
    assert report.record()["score"] is None and "None" in helper_table([report])


def test_one_module_of_a_package(book: Callable[..., Path]) -> None:
    root = book(near_product=CELLS)
    (helper,) = helpers(["near_product.scan"], root)
    assert list(helper.modules) == ["assayer.results.near_product.scan"]


@pytest.mark.parametrize(
    ("name", "complaint"),
    [
        ("nothing", "no helpers are called 'nothing'; there are: .*near_product"),
        ("near_product.none", "near_product has no module 'none'; it has: batch, law"),
    ],
)
def test_unknown_helpers(name: str, complaint: str, book: Callable[..., Path]) -> None:
    with pytest.raises(SourceError, match=complaint):
        helpers([name], book(near_product=CELLS))


def test_helpers_without_a_chapter_or_with_a_cleared_one(book: Callable[..., Path]) -> None:
    root = book(other=CELLS)
    with pytest.raises(SourceError, match="have no chapter"):
        helpers(["near_product"], root)
    with pytest.raises(SourceError, match="outputs of near_product are cleared"):
        helpers(["near_product"], book(near_product=CELLS, stored=False))


def test_the_command(small: Helper, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(small.notebook.parent)
    store = small.notebook.parent / "scores.json"
    store.write_text('{"results": {"another": {"score": 1.0}}}')
    words = ("results", "--sample", "2", "--seed", "1", "--jobs", "1", "--json", str(store))
    assert main((*words, "--module", "near_product.law")) == 0
    printed = capsys.readouterr().out
    assert printed.startswith("seed 1\n") and "near_product.law" in printed and "survived: noticed by nobody" in printed
    assert "near_product" not in json.loads(store.read_text())["results"], "one module is not the score of a package"
    assert main(("results", "--module", "none")) == 2


def test_a_package_without_a_chapter_costs_no_other_its_score(
    small: Helper, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(small.notebook.parent)
    assert "near_product" in packages()
    monkeypatch.setattr("assayer.mutation.helpers.packages", lambda: ["missing", "near_product"])
    store = small.notebook.parent / "scores.json"
    store.write_text('{"results": {"another": {"score": 1.0}}, "derivations": {}}')
    assert main(("results", "--sample", "1", "--seed", "1", "--jobs", "1", "--json", str(store))) == 2
    assert "the helpers 'missing' have no chapter" in capsys.readouterr().err
    kept = json.loads(store.read_text())
    assert set(kept["results"]) == {"another", "near_product"} and kept["derivations"] == {}
    assert kept["results"]["near_product"]["mutants"] == 1
