"""Where steps come from, and the command: banks, chapters, and one clear error for each bad input."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import sympy as sp

from assayer.mutation.__main__ import main, store
from assayer.mutation.cells import derivations, names, runnable
from assayer.mutation.sources import SourceError, bank, chapters, steps_of_bank
from assayer.notebooks.notebook import read

SETUP = """
from sympy import Ge, Le, symbols
from assayer import Derivation, assume
x, y = symbols("x y", real=True)
A = assume(order=Le(x, y), floor=Ge(x, 1))
"""
FIRST = 'first = Derivation("a shift", A.order).start(x + 1).le(y + 1, by="order").theorem()\nfirst'
SECOND = """
chain = Derivation("a chain", *A).start(1).le(x, by="floor").le(y, by="order").theorem()
cited = Derivation("cited", *A).start(x + 2).le(y + 2, by=("the shift", first())).theorem()
"""
REFUSED = """
try:
    Derivation("wrong", *A).start(x).le(y).ge(y + 1).theorem()
except Exception:
    pass
"""
HEAVY = "raise AssertionError('a cell that no derivation needs')"


def test_a_chapter_s_steps_are_collected(book: Callable[..., Path]) -> None:
    root = book(part__shifts=[SETUP, HEAVY, FIRST, SECOND, REFUSED])
    (source,) = chapters(["shifts"], root)
    assert source.name == "part/shifts"
    found = {s.title: s for s in source.steps}
    assert list(found) == [
        "a shift, step 1",
        "a chain, step 1",
        "a chain, step 2",
        "a chain (conclusion)",
        "cited, step 1",
    ]
    assert found["cited, step 1"].lemmas == {"a shift"}
    assert str(found["a chain (conclusion)"].goal) == "1 <= y"
    assert [h.label for h in found["a chain, step 1"].goal.context.hypotheses] == ["order", "floor"]


def test_only_the_cells_that_derivations_need_run(book: Callable[..., Path]) -> None:
    path = book(shifts=[SETUP, HEAVY, FIRST, SECOND, REFUSED]) / "chapters" / "shifts.ipynb"
    chosen = derivations(runnable(read(path)))
    assert [cell.source for cell in chosen] == [SETUP, FIRST, SECOND, REFUSED]


def test_a_missing_name_makes_every_cell_run(book: Callable[..., Path]) -> None:
    """A name that a cell binds behind the parser's back."""
    root = book(shifts=[SETUP, "exec('hidden = 2')", "d = Derivation('t', *A).start(x).le(y + hidden).theorem()"])
    assert len(chapters(["shifts"], root)[0].steps) == 1


def test_names_of_a_cell() -> None:
    read_names, bound = names(
        "import a.b\nfrom c import d as e\ndef f(x):\n    y = x + g\n    return [z for z in h]\nk = f(m)"
    )
    assert {"g", "h", "m", "f"} <= read_names and not {"x", "y", "z"} & (read_names | bound)
    assert bound == {"a", "e", "f", "k"}


def test_a_model_s_points_are_kept(book: Callable[..., Path]) -> None:
    cell = """
from sympy import Eq, Rational, symbols
from assayer import Derivation
x, y = symbols("x y", real=True)
d = Derivation("t", Eq(x**2, 2*y**2 + 1), model=lambda rng: {x: 3, y: 2}).start(x**2).eq(2*y**2 + 1).theorem()
"""
    (step,) = chapters(["m"], book(m=[cell]))[0].steps
    assert {s.name: int(v) for s, v in step.model[0].items()} == {"x": 3, "y": 2}


BANK = """
from types import SimpleNamespace
import sympy as sp
from assayer.derivation import Forall
x = sp.Symbol("x", real=True)
k = sp.Symbol("k", integer=True, positive=True)
f = sp.Function("f", real=True)
GOALS = [SimpleNamespace(lhs=x, rel="<=", rhs=x + 1, hypotheses=(), box={x: (0, 1)}),
         SimpleNamespace(id="falling", lhs=f(k + 1), rel="<=", rhs=f(k), hypotheses=(Forall(k, sp.Le(f(k + 1), f(k))),),
                         sample=lambda rng: {k: rng.randint(1, 5), "f": lambda i: -i})]
def made():
    return iter(GOALS)
BAD = [SimpleNamespace(lhs=x, rel="is", rhs=1)]
FLOAT = [SimpleNamespace(lhs=x, rel="<=", rhs=1.5)]
NOTHING = [3]
"""


@pytest.fixture
def goals(tmp_path: Path) -> Path:
    path = tmp_path / "goals.py"
    path.write_text(BANK)
    return path


def test_a_bank_is_read(goals: Path) -> None:
    one, two = bank(f"{goals}:GOALS").steps
    assert [str(h) for h in one.goal.context.hypotheses] == ["H1: x >= 0", "H2: x <= 1"]
    assert two.title == "falling" and len(two.model) > 3
    f, k = sp.Function("f", real=True), sp.Symbol("k", integer=True, positive=True)
    assert two.model[0][f(4)] == -4 and 1 <= two.model[0][k] <= 5
    assert [s.goal for s in bank(f"{goals}:made").steps] == [one.goal, two.goal]


@pytest.mark.parametrize(
    ("name", "complaint"),
    [
        ("MISSING", "has no MISSING"),
        ("BAD", "entry 1 .* is not a claim: 'is' is not one of"),
        ("FLOAT", "entry 1 .* the float 1.5 is not exact"),
        ("NOTHING", "entry 1 of the bank .3. is not a claim"),
        ("not a name", "is not path/to/module.py:NAME"),
    ],
)
def test_a_bad_bank(goals: Path, name: str, complaint: str) -> None:
    with pytest.raises(SourceError, match=complaint):
        bank(f"{goals}:{name}")


def test_a_bank_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="there is no file"):
        bank(f"{tmp_path}/none.py:GOALS")
    (tmp_path / "broken.py").write_text("1 +")
    with pytest.raises(SourceError, match="cannot be imported: SyntaxError"):
        bank(f"{tmp_path}/broken.py:GOALS")


def test_goals_and_steps_are_taken_as_they_are(goals: Path) -> None:
    given = bank(f"{goals}:GOALS").steps
    one, two = steps_of_bank([given[0].goal, given[1]])
    assert one.goal == given[0].goal and one.title == "x <= x + 1" and two is given[1]


# -- the command -------------------------------------------------------------------------------------------------------
def complaint(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    """What the command says on stderr when it refuses: one line, exit status 2."""
    assert main(words) == 2
    lines = capsys.readouterr().err.strip().splitlines()
    assert len(lines) == 1 and lines[0].startswith("assayer.mutation: ")
    return lines[0]


@pytest.fixture
def inside(book: Callable[..., Path], monkeypatch: pytest.MonkeyPatch) -> Callable[..., Path]:
    def make(**words: object) -> Path:
        root = book(**words)
        monkeypatch.chdir(root)
        return root

    return make


def test_an_unknown_chapter(inside: Callable[..., Path], capsys: pytest.CaptureFixture[str]) -> None:
    inside(shifts=[SETUP, FIRST])
    assert "no chapter is called 'none'; there are: shifts" in complaint(capsys, "--chapter", "none")


def test_outside_the_book(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(tmp_path)
    assert "is not in the book" in complaint(capsys, "--count", "3")


def test_a_cleared_notebook(inside: Callable[..., Path], capsys: pytest.CaptureFixture[str]) -> None:
    inside(shifts=[SETUP, FIRST], stored=False)
    said = complaint(capsys, "--chapter", "shifts")
    assert "the outputs of shifts are cleared: run make refresh CHAPTER=shifts first" in said


def test_a_broken_notebook(inside: Callable[..., Path], capsys: pytest.CaptureFixture[str]) -> None:
    root = inside(shifts=[SETUP, FIRST])
    (root / "chapters" / "shifts.ipynb").write_text("{")
    assert "shifts is not a notebook" in complaint(capsys, "--chapter", "shifts")


def test_a_chapter_without_derivations(inside: Callable[..., Path], capsys: pytest.CaptureFixture[str]) -> None:
    inside(plain=["x = 1"])
    assert "plain has no derivation" in complaint(capsys, "--chapter", "plain")
    assert "there is no step to mutate" in complaint(capsys)


def test_a_chapter_whose_cell_fails(inside: Callable[..., Path], capsys: pytest.CaptureFixture[str]) -> None:
    inside(shifts=[SETUP, 'Derivation("wrong", *A).start(y).le(x).theorem()'])
    said = complaint(capsys, "--chapter", "shifts")
    assert "cell 1" in said and "StepNotProved" in said


@pytest.mark.parametrize(
    "words", [("--seed", "x"), ("--seed", "-1"), ("--count", "0"), ("--seconds", "nan"), ("what",)]
)
def test_bad_options(words: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(words)
    assert ended.value.code == 2 and words[-1] in capsys.readouterr().err


def test_the_command_stores_its_counts(
    inside: Callable[..., Path], goals: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    inside(shifts=[SETUP, FIRST, SECOND])
    target = tmp_path / "out" / "mutants.json"
    words = ("--seed", "5", "--count", "12", "--jobs", "1", "--seconds", "0.2", "--bank", f"{goals}:GOALS")
    assert main((*words, "--json", str(target))) == 0
    printed = capsys.readouterr().out
    assert printed.startswith("seed 5\n") and "accepted false" in printed
    record = json.loads(target.read_text())
    assert record["schema"] == 1 and record["versions"]["sympy"] == sp.__version__
    counts = record["derivations"]
    assert counts["seed"] == 5 and set(counts["chapters"]) == {"shifts", "goals"}
    assert counts["total"]["mutants"] == 12 and counts["total"]["accepted_false"] == 0


def test_a_seed_is_drawn_and_shown(inside: Callable[..., Path], capsys: pytest.CaptureFixture[str]) -> None:
    inside(shifts=[SETUP, FIRST])
    seeds = set()
    for _ in range(2):
        assert main(("--count", "1", "--jobs", "1", "--seconds", "0.2")) == 0
        seeds.add(capsys.readouterr().out.splitlines()[0])
    assert len(seeds) == 2 and all(line.startswith("seed ") for line in seeds)


def test_something_false_and_accepted_is_exit_status_1(
    inside: Callable[..., Path], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from types import SimpleNamespace

    from assayer.derivation import prover

    inside(shifts=[SETUP, FIRST])
    monkeypatch.setattr(prover, "prove", lambda goal, attempt: SimpleNamespace(kernels=("planted",)))
    assert main(("--seed", "5", "--count", "12", "--jobs", "1", "--seconds", "0.2")) == 1
    said = capsys.readouterr()
    assert "FALSE AND ACCEPTED" in said.out and "--seed 5 repeats it" in said.err


def test_both_commands_share_a_file(tmp_path: Path) -> None:
    path = tmp_path / "mutants.json"
    store(path, "derivations", {"seed": 1})
    store(path, "results", {"near": {"score": 1.0}})
    store(path, "derivations", {"seed": 2})
    record = json.loads(path.read_text())
    assert record["derivations"] == {"seed": 2} and record["results"] == {"near": {"score": 1.0}}
    assert [p.name for p in tmp_path.iterdir()] == ["mutants.json"], "no half-written file is left"


def test_a_file_that_is_no_record_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "mutants.json"
    path.write_text("[1]")
    with pytest.raises(SourceError, match="does not hold an object"):
        store(path, "derivations", {})
    assert path.read_text() == "[1]"
