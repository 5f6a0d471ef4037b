"""The benchmark that prints the two tables: it runs, it counts, and it kills a judge that does not end."""

from __future__ import annotations

import importlib
import json
import sys
from pathlib import Path
from types import ModuleType

import pytest
from trap_bank import STEPS, TRAPS

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def benchmark(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """`benchmarks/checker.py` as a module."""
    monkeypatch.syspath_prepend(str(ROOT / "benchmarks"))
    monkeypatch.delitem(sys.modules, "checker", raising=False)
    return importlib.import_module("checker")


class Instant:
    """A worker that answers at once, as a table of words says."""

    def __init__(self, judge: str, bank: str, limit: float) -> None:
        self.judge, self.bank = judge, bank

    def __enter__(self) -> Instant:
        return self

    def __exit__(self, *_: object) -> None:
        return None


def answering(benchmark: ModuleType, words: dict[str, str]) -> type:
    class Told(Instant):
        def ask(self, index: int) -> object:
            return benchmark.Answer(words[f"{self.bank} {self.judge}"], 0.5)

    return Told


def test_the_record_counts_what_the_judges_say(
    benchmark: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = {f"{bank} {judge}": "not accepted" for bank in ("false", "true") for judge in benchmark.JUDGES}
    words |= {"false simplify": "accepted", "false equals": "time-out", "true doit": "error: TypeError"}
    words |= {f"false {benchmark.OURS}": "refuted", f"true {benchmark.OURS}": "certified"}
    monkeypatch.setattr(benchmark, "Worker", answering(benchmark, words))
    monkeypatch.setattr(benchmark, "ROOT", tmp_path)
    (tmp_path / "benchmarks").mkdir()
    benchmark.main([])
    record = json.loads((tmp_path / "benchmarks" / "checker.json").read_text(encoding="utf-8"))
    false, true = record["false"]["subsets"]["all"], record["true"]["subsets"]["all"]
    assert (false["count"], true["count"]) == (len(TRAPS), len(STEPS))
    assert false["simplify"] == {"accepted": len(TRAPS), "timeouts": 0, "errors": 0, "seconds": len(TRAPS) / 2}
    assert false["equals"]["timeouts"] == len(TRAPS)
    assert true["doit"]["errors"] == len(STEPS)
    assert (false[benchmark.OURS]["accepted"], true[benchmark.OURS]["accepted"]) == (0, len(STEPS))
    assert record["false"]["accepted although false"] == record["true"]["not proved"] == []
    assert record["false"]["verdicts"] == {"refuted": len(TRAPS)}
    assert sum(group["count"] for group in record["true"]["groups"].values()) == len(STEPS)
    assert "accepted although false: none" in capsys.readouterr().out
    assert not list(tmp_path.rglob("*.tmp"))


def test_a_false_claim_that_is_accepted_is_named(
    benchmark: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    words = {f"{bank} {benchmark.OURS}": "proved" for bank in ("false", "true")}
    monkeypatch.setattr(benchmark, "Worker", answering(benchmark, words))
    benchmark.main(["--judges", benchmark.OURS, "--every", "50"])
    assert f"accepted although false: {TRAPS[0].id} {TRAPS[50].id}" in capsys.readouterr().out


def test_a_call_that_does_not_end_is_killed_and_the_next_is_answered(benchmark: ModuleType) -> None:
    with benchmark.Worker(benchmark.OURS, "false", 0.001) as worker:
        assert worker.ask(0) == benchmark.Answer("time-out", 0.001)
        worker.limit = 60.0
        assert worker.ask(0).word == "refuted"


def test_a_choice_of_judges_that_there_are_not_is_refused(benchmark: ModuleType) -> None:
    with pytest.raises(SystemExit, match="--judges takes some of simplify, doit, equals, sampling, assayer"):
        benchmark.main(["--judges", "oracle"])
