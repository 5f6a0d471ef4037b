"""Kernels and z3 only propose: one that raises, lies, is missing or is killed proves nothing."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
import sympy as sp
from sympy import Ge

from assayer.derivation import Derivation, Status, StepNotProved, judge, prover
from assayer.derivation import kernels as kernel_package
from assayer.derivation.prover import Attempt, prove
from assayer.derivation.trusted import smt
from assayer.derivation.trusted.context import Context, Goal, Relation
from assayer.derivation.trusted.rules import Cone, Solver, Term, Zero
from assayer.derivation.trusted.theorem import Certificate, Rejected
from assayer.derivation.verdict import judge_goal

x, y = sp.symbols("x y", real=True)
n = sp.Symbol("n", integer=True, positive=True)
FALSE = Goal(Context.of([], {x, y}), Relation(x, "=", y))
TRUE = Goal(Context.of([], {x, y}), Relation((x + y) ** 2, "=", x**2 + 2 * x * y + y**2))
k, m = sp.symbols("k m", integer=True)
NEEDS_Z3 = Goal(Context.of([], {k, m}), Relation(2 * k, "!=", 2 * m + 1))


class Trust(Certificate):
    kernel = "trust me"

    def verify(self, goal: Goal) -> Status:
        return Status.PROVED


def only(monkeypatch: pytest.MonkeyPatch, *searches: Callable[[Goal, Attempt], Iterator[Certificate]]) -> None:
    fakes = tuple(SimpleNamespace(NAME=f"fake {i}", ORDER=i, search=s) for i, s in enumerate(searches))
    monkeypatch.setattr(prover, "kernels", lambda: fakes)


def raises(goal: Goal, attempt: Attempt) -> Iterator[Certificate]:
    raise RuntimeError("out of order")
    yield Zero()


def raises_midway(goal: Goal, attempt: Attempt) -> Iterator[Certificate]:
    yield Zero()
    raise ZeroDivisionError


GARBAGE = [
    None,
    True,
    Status.PROVED,
    "proved",
    0,
    object(),
    Zero,
    Zero(((0, 0),)),
    Zero(((99, 99),)),
    Cone(()),
    Trust(),
]
GARBAGE += [Cone((Term(-1), Term(1))), Cone((Term(float("nan")),)), Cone((Term(1, (0, 1, 2, 3)),))]


@pytest.mark.parametrize("search", [raises, raises_midway, lambda goal, attempt: None, lambda goal, attempt: 1 / 0])
def test_a_kernel_that_breaks_proves_nothing_and_stops_no_other(
    monkeypatch: pytest.MonkeyPatch, search: Callable[[Goal, Attempt], Iterator[Certificate]]
) -> None:
    only(monkeypatch, search)
    assert prove(FALSE) is None
    only(monkeypatch, search, lambda goal, attempt: iter([Zero()]))
    proved = prove(TRUE)
    assert proved is not None
    assert proved.kernels == ("normal form",)
    assert prove(FALSE) is None


def test_the_attempt_says_which_kernel_broke_and_how(monkeypatch: pytest.MonkeyPatch) -> None:
    only(monkeypatch, raises)
    attempt = Attempt.lasting(5)
    prove(FALSE, attempt)
    assert attempt.tried == ["fake 0: broke with RuntimeError: out of order"]


@pytest.mark.parametrize("garbage", GARBAGE, ids=lambda g: type(g).__name__)
def test_garbage_proves_nothing(monkeypatch: pytest.MonkeyPatch, garbage: object) -> None:
    only(monkeypatch, lambda goal, attempt: iter([garbage]))
    assert prove(FALSE) is None
    assert judge_goal(Goal(Context.of([], {x}), Relation(x**2 - 2 * x, ">=", sp.Integer(-1)))).status != "proved"


def test_the_refuter_runs_whatever_the_kernels_say(monkeypatch: pytest.MonkeyPatch) -> None:
    only(monkeypatch, raises)
    assert judge(x, "=", y).status == "refuted"


@pytest.fixture
def new_kernel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    (tmp_path / "brand_new.py").write_text(
        "from assayer.derivation.trusted.rules import Zero\n"
        "NAME, ORDER = 'brand new', -1\n"
        "def search(goal, attempt):\n    yield Zero()\n",
        encoding="utf-8",
    )
    monkeypatch.setattr(kernel_package, "__path__", [*kernel_package.__path__, str(tmp_path)])
    importlib.invalidate_caches()
    prover.kernels.cache_clear()
    yield "brand new"
    prover.kernels.cache_clear()
    sys.modules.pop(f"{kernel_package.__name__}.brand_new", None)


def test_a_new_file_is_a_new_kernel(new_kernel: str) -> None:
    assert next(k.NAME for k in prover.kernels()) == new_kernel
    assert prove(TRUE) is not None
    attempt = Attempt.lasting(5)
    assert prove(FALSE, attempt) is None
    assert attempt.tried[0] == f"{new_kernel}: the difference of the sides is not zero"


def test_the_kernels_are_those_of_the_folder_in_their_order() -> None:
    folder = Path(kernel_package.__file__).parent
    files = {p.stem for p in folder.glob("*.py")} - {"__init__"}
    found = prover.kernels()
    assert {k.__name__.rpartition(".")[2] for k in found} == files
    assert [k.ORDER for k in found] == sorted(k.ORDER for k in found)


# -- z3 ----------------------------------------------------------------------------------------------------------------
def command(program: str) -> Callable[[], list[str]]:
    return lambda: [sys.executable, "-c", f"import sys; {program}"]


BROKEN_SOLVERS = {
    "killed": command("import os, signal; os.kill(os.getpid(), signal.SIGKILL)"),
    "silent": command("pass"),
    "unknown": command("print('unknown')"),
    "sat": command("print('sat')"),
    "fails": command("sys.exit('unsat')"),
    "complains first": command("print('(error \"line 1\")'); print('unsat')"),
    "garbage": command("sys.stdout.buffer.write(bytes([255, 254, 0]))"),
    "half a word": command("print('unsatisfied')"),
    "not there": lambda: ["/nonexistent/z3", "-in"],
    "a folder": lambda: [str(Path(__file__).parent)],
}


def missing() -> list[str]:
    raise smt.SolverMissing("z3 is not installed: pip install z3-solver")


@pytest.mark.parametrize("name", [*BROKEN_SOLVERS, "not installed"])
def test_a_solver_that_fails_proves_nothing(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    assert prove(NEEDS_Z3, Attempt.lasting(10)) is not None
    monkeypatch.setattr(smt, "_command", BROKEN_SOLVERS.get(name, missing))
    verdict = judge_goal(NEEDS_Z3)
    assert verdict.status in ("tested", "unproved")
    assert verdict.sequent is None
    with pytest.raises(StepNotProved):
        Derivation("needs z3", declare=(k, m)).start(2 * k).ne(2 * m + 1).theorem()


def test_what_needs_no_solver_is_proved_without_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(smt, "_command", missing)
    assert judge(TRUE.relation.left, "=", TRUE.relation.right).status == "proved"
    assert judge(x, ">=", x + 1).status == "refuted"


@pytest.mark.parametrize("does", ["import time; time.sleep(1000)", "any(iter(int, 1))"])
def test_a_solver_that_runs_over_its_time_is_stopped(does: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(smt, "_command", command(does))
    assert smt.run_solver("(check-sat)\n", 0.2) == "unknown"
    with pytest.raises(Rejected):
        Solver(0.2).verify(NEEDS_Z3)


def test_the_solver_s_own_answer_is_read_exactly() -> None:
    assert smt.run_solver("(declare-const x Int)(assert (= (* 2 x) 1))(check-sat)\n", 10).strip() == "unsat"
    answer = smt.run_solver("(declare-const x0 Real)(assert (= (* 3 x0) (- 2)))(check-sat)(get-value (x0))\n", 10)
    (number,) = smt.values(answer, 1)
    assert (number.p, number.q) == (-2, 3)
    for text in ("unsat", "unknown", "", "sat", "sat\n((x0 (root-obj (+ (^ x 2) (- 2)) 2)))", "sat\n((x0 1.5?))"):
        assert smt.values(text, 1) in (None, [None])


# -- budgets -----------------------------------------------------------------------------------------------------------
def test_no_kernel_is_begun_once_the_time_is_over(monkeypatch: pytest.MonkeyPatch) -> None:
    begun = []

    def counts(goal: Goal, attempt: Attempt) -> Iterator[Certificate]:
        begun.append(goal)
        yield Zero()

    only(monkeypatch, counts)
    attempt = Attempt.lasting(-1)
    assert prove(TRUE, attempt) is None
    assert begun == []
    assert attempt.tried == ["the time allowed for the step is over"]


def test_a_kernel_that_never_ends_its_proposals_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    proposals = 0

    def endless(goal: Goal, attempt: Attempt) -> Iterator[Certificate]:
        nonlocal proposals
        while proposals < 200_000:
            proposals += 1
            yield Zero()

    only(monkeypatch, endless)
    assert prove(FALSE, Attempt.lasting(0.2)) is None
    assert proposals < 200_000


def test_a_step_that_is_not_proved_says_what_was_tried() -> None:
    with pytest.raises(StepNotProved) as refusal:
        chain = Derivation("open", Ge(n, 3), seconds=2).start(sp.binomial(2 * n, n))
        chain.ge(sp.factorial(n), by="a guess").theorem()
    assert "step 1 of 'open'" in str(refusal.value)
