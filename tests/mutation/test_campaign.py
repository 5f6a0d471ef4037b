"""Mutants against the kernels and the judge: the counts, and that what must never be is noticed when it is planted."""

from __future__ import annotations

import json
import multiprocessing
import os
import signal
import time
from collections.abc import Callable
from dataclasses import replace
from itertools import islice
from random import Random
from types import SimpleNamespace

import pytest
import sympy as sp

from assayer.derivation import prover
from assayer.derivation import verdict as whole
from assayer.derivation.trusted import evaluate
from assayer.derivation.trusted.context import Goal, Relation
from assayer.derivation.trusted.rules import Zero
from assayer.derivation.trusted.status import Status
from assayer.mutation import crew, trial
from assayer.mutation.campaign import MEANING, Report, Tally, campaign, fresh, table, tasks
from assayer.mutation.claims import KINDS, Mutant, Step
from assayer.mutation.crew import Pace, Worker, tried
from assayer.mutation.sources import Source, SourceError
from assayer.mutation.trial import Limits, attempt

QUICK = Limits(seconds=0.2, rest_share=1.0, draws=150, enough=60, deep_draws=500, deep_enough=200)
FEW = Limits(seconds=0.15, rest_share=1.0, draws=80, enough=40, deep_draws=80, deep_enough=40)
SAMPLE = 140


def summary(report: Report) -> list[tuple[str, str, bool, str]]:
    """What must repeat from run to run: the mutants, and which of them are known false and where."""
    return [(o.title, o.claim, o.false, o.at) for t in report.tallies for o in t.outcomes]


@pytest.fixture(scope="module")
def sample(source: Source) -> object:
    """The fixed-seed sample that runs with the tests: the steps of this folder's bank."""
    return campaign([source], seed=20_26, count=SAMPLE, limits=QUICK)


def test_the_sample_accepts_nothing_false(sample: object) -> None:
    record = sample.record()["total"]
    assert sample.sound, table(sample)
    assert record["mutants"] == SAMPLE and record["accepted_false"] == record["disagreements"] == record["broke"] == 0
    assert record["overran"] == 0 and sample.whole
    assert record["known_false"] > SAMPLE / 2, "the search for points finds what is false"
    assert record["known_false_by_both_evaluators"] > record["known_false"] * 0.8
    assert record["true_variants"] > SAMPLE / 30, "the kernels were able to prove"
    assert record["kill_rate"] == 1.0 and record["refuted_rate"] > 0.9


def test_the_sample_has_every_kind_that_its_steps_offer(sample: object) -> None:
    assert set(sample.record()["total"]["kinds"]) == set(KINDS) - {"lemma dropped"}


def test_counts_add_up(sample: object) -> None:
    r = sample.record()["total"]
    assert r["refuted"] + r["unproved"] == r["killed"] == round(r["kill_rate"] * r["known_false"])
    assert r["known_false"] + r["rest"] == SAMPLE and r["rest_judged"] == r["rest"]
    assert r["true_variants"] + r["undecided"] == r["rest_judged"]
    assert sum(r["kinds"].values()) == SAMPLE
    assert json.loads(json.dumps(sample.record())) == sample.record()
    assert set(MEANING) <= set(r), "what each count means is said of counts that there are"
    assert f"{r['kill_rate']:.1%}" in table(sample) and f"killed: {MEANING['killed']}" in table(sample)


def test_a_share_of_the_rest_is_judged_and_of_the_false_all(source: Source) -> None:
    report = campaign([source], 3, 60, limits=replace(FEW, rest_share=0.3))
    r = report.record()["total"]
    assert 0 < r["rest_judged"] < r["rest"] and r["killed"] == r["known_false"] > 20
    unasked = [o for o in report.total.outcomes if o.sort == "not judged"]
    assert len(unasked) == r["rest"] - r["rest_judged"]
    assert not any(o.proved or o.killed or o.spent[1] for o in unasked)
    assert report.record()["limits"]["share_of_the_rest_judged"] == 0.3
    none = campaign([source], 3, 30, limits=replace(FEW, rest_share=0.0)).record()["total"]
    assert none["rest_judged"] == none["true_variants"] == 0 and none["killed"] == none["known_false"]


def test_some_of_the_false_have_longer(source: Source, monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[float] = []

    def lasting(seconds: float = 30.0, hints: object = ()) -> object:
        given.append(seconds)
        return prover.Attempt(deadline=0.0)

    monkeypatch.setattr(prover.Attempt, "lasting", lasting)
    monkeypatch.setattr(whole, "judge_goal", lambda *words, **more: whole.Verdict(Status.UNPROVED))
    limits = replace(FEW, long_share=0.3, long_seconds=7.0)
    outcomes = [attempt(m, chapter, seed, limits) for chapter, seed, m in tasks([source], 1, 60)]
    long = given.count(7.0)
    attempt(next(tasks([source], 1, 1))[2], "goals", "1", limits, pace=3.0)
    assert given.pop() in (pytest.approx(3 * FEW.seconds), 21.0)
    assert set(given) == {7.0, FEW.seconds} and 5 < long < 40
    assert sum(o.false for o in outcomes) > long, "and only of the false"


def test_a_seed_repeats_a_run(source: Source) -> None:
    one, two, other = (campaign([source], seed, 12, limits=FEW) for seed in (7, 7, 8))
    assert summary(one) == summary(two)
    assert [c for _, c, _, _ in summary(one)] != [c for _, c, _, _ in summary(other)]


def test_processes_change_nothing(source: Source) -> None:
    alone = campaign([source], 11, 12, jobs=1, limits=FEW)
    shared = campaign([source], 11, 12, jobs=2, limits=FEW)
    assert summary(alone) == summary(shared)


def test_mutants_are_fresh(steps: list[Step]) -> None:
    goals = [m.goal for m in islice(fresh(steps, Random(1)), 300)]
    assert len(set(goals)) == len(goals) == 300
    assert not set(goals) & {s.goal for s in steps}


def test_each_source_has_its_share(steps: list[Step]) -> None:
    big, small = Source("big", tuple(steps[:15])), Source("small", tuple(steps[15:]))
    made = [name for name, _, _ in tasks([big, small], 1, 41)]
    assert len(made) == 41 and made.count("big") == 31


def test_a_run_that_is_cut_short_has_some_of_each(steps: list[Step]) -> None:
    big, small = Source("big", tuple(steps[:15])), Source("small", tuple(steps[15:]))
    first = [name for name, _, _ in islice(tasks([big, small], 1, 400), 40)]
    assert first.count("big") == 30
    assert campaign([big, small], 1, 5, limits=FEW, minutes=1e-9).record()["total"]["mutants"] == 0


def test_nothing_to_mutate() -> None:
    with pytest.raises(SourceError, match="no step"):
        campaign([Source("empty", ())], 1, 5)


# -- what must never be, planted ---------------------------------------------------------------------------------------
def false_mutant(step: Callable[[str], Step]) -> Mutant:
    square = step("a square")
    relation = square.goal.relation
    wrong = Relation(relation.left, relation.sign, relation.right + 1)
    return Mutant(square, "coefficient", "planted", Goal(square.goal.context, wrong))


def test_a_false_mutant_is_not_accepted(step: Callable[[str], Step]) -> None:
    outcome = attempt(false_mutant(step), "goals", "1", QUICK)
    assert (outcome.false, outcome.proved, outcome.verdict, outcome.accepted_false) == (True, False, "refuted", False)
    assert outcome.sort == "known false" and outcome.killed and not outcome.code


def test_a_prover_that_proves_everything_is_noticed(source: Source, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prover, "prove", lambda goal, attempt: SimpleNamespace(kernels=("planted",)))
    report = campaign([source], seed=1, count=30, limits=FEW)
    record = report.record()["total"]
    assert not report.sound and record["accepted_false"] == record["known_false"] > 10
    told = table(report)
    assert "FALSE AND ACCEPTED (planted)" in told and "print(prove(goal))  # a theorem, and false at" in told


def test_a_certificate_that_verifies_everything_is_noticed(
    step: Callable[[str], Step], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Zero, "verify", lambda certificate, goal: Status.PROVED)
    outcome = attempt(false_mutant(step), "goals", "1", QUICK)
    assert outcome.accepted_false and outcome.kernels == ("normal form",)
    names: dict = {}
    exec(outcome.code, names)
    assert names["prove"](names["goal"]) is not None, "the snippet repeats it"


def test_a_judge_that_accepts_what_is_false_is_noticed(
    step: Callable[[str], Step], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(whole, "judge_goal", lambda *words, **more: whole.Verdict(Status.CERTIFIED, "planted"))
    outcome = attempt(false_mutant(step), "goals", "1", QUICK)
    assert outcome.accepted_false and not outcome.proved


def test_what_only_the_refuter_refutes_is_known_false(
    step: Callable[[str], Step], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the kernels prove what the refuter refutes, the checker contradicts itself: that is reported too."""
    monkeypatch.setattr(trial, "decide", lambda *words, **more: trial.Decision())
    outcome = attempt(false_mutant(step), "goals", "1", QUICK)
    assert outcome.false and outcome.by == ("refuter",) and not outcome.accepted_false
    monkeypatch.setattr(Zero, "verify", lambda certificate, goal: Status.PROVED)
    assert attempt(false_mutant(step), "goals", "1", QUICK).accepted_false


def test_an_evaluator_that_lies_is_noticed(source: Source, monkeypatch: pytest.MonkeyPatch) -> None:
    honest = evaluate.holds
    monkeypatch.setattr(evaluate, "holds", lambda r, at: True if r.sign == "=" else honest(r, at))
    report = campaign([source], seed=1, count=30, limits=FEW)
    assert not report.sound and report.record()["total"]["disagreements"] > 5
    assert "THE EVALUATORS CONTRADICT EACH OTHER" in table(report)


def test_a_checker_that_breaks_is_reported_and_proves_nothing(
    step: Callable[[str], Step], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*words: object, **more: object) -> None:
        raise RuntimeError("planted")

    monkeypatch.setattr(whole, "judge_goal", broken)
    outcome = attempt(false_mutant(step), "goals", "1", QUICK)
    assert outcome.broke == "RuntimeError: planted" and not outcome.judged and "goal = Goal(" in outcome.code
    report = Report(1, [Tally("goals", 1, [outcome])])
    assert not report.whole and "THE CHECKER BROKE" in table(report)


def test_memory_that_runs_out_is_no_fault_and_no_proof(
    step: Callable[[str], Step], monkeypatch: pytest.MonkeyPatch
) -> None:
    def large(*words: object, **more: object) -> None:
        raise MemoryError

    monkeypatch.setattr(whole, "judge_goal", large)
    outcome = attempt(false_mutant(step), "goals", "1", QUICK)
    assert outcome.overran == "out of memory" and not outcome.broke and not outcome.judged
    assert not outcome.killed and not outcome.accepted, "it counts on neither side"


def work_with_a_victim(steps: list[Step]) -> list[tuple[str, str, Mutant]]:
    """Five mutants of one step, and then one of another."""
    work = []
    for number, sign in enumerate(["<=", "<", ">=", ">", "!=", "<"]):
        s = steps[4] if number < 5 else steps[3]
        goal = Goal(s.goal.context, Relation(s.goal.relation.left, sign, sp.S.One))
        work.append(("goals", str(number), Mutant(s, "relation", "planted", goal)))
    return work


FATAL = {
    "os._exit(3)": ("broke", "exit status 3"),
    "os.kill(os.getpid(), 9)": ("broke", "exit status -9"),
    "[0] * 10**12": ("overran", "out of memory"),
    "sum(iter(int, 1))": ("overran", "1.5 s of the processor"),
    "sp.Integer(7) ** (3 * 10**8)": ("overran", "1.5 s of the processor"),
    "time.sleep(600)": ("overran", "after 6 s of waiting"),
}


@pytest.mark.parametrize("fault", FATAL)
@pytest.mark.parametrize("jobs", [1, 2])
def test_a_process_that_dies_or_hangs_costs_one_mutant(
    steps: list[Step], monkeypatch: pytest.MonkeyPatch, fault: str, jobs: int
) -> None:
    """Workers are forks: what is planted here is planted there. Two of the faults sit inside C, deaf to Python."""
    honest, victim = prover.prove, steps[3].goal.relation.left

    def prove(goal: Goal, attempt: object = None) -> object:
        if goal.relation.left == victim:
            eval(fault, {"os": os, "sp": sp, "time": time})
        return honest(goal, attempt)

    monkeypatch.setattr(prover, "prove", prove)
    limits = replace(FEW, draws=20, enough=10, clock=1.5)
    *others, last = tried(work_with_a_victim(steps), jobs, limits)
    assert [o.claim for o in [*others, last]] == [str(m.goal) for _, _, m in work_with_a_victim(steps)]
    assert not any(o.broke or o.overran for o in others), others
    word, why = FATAL[fault]
    assert why in getattr(last, word) and not last.judged and not last.killed
    assert bool(last.broke) != bool(last.overran)
    tally = Report(1, [Tally("goals", 2, [*others, last])])
    assert tally.whole is (word == "overran") and tally.sound
    assert ("THE CHECKER BROKE" if word == "broke" else "overran: goals") in table(tally)


def test_processes_are_replaced(steps: list[Step], monkeypatch: pytest.MonkeyPatch) -> None:
    """After so many mutants, or where one has used so much memory; the work goes on."""
    started: list[int] = []
    honest = Worker.__init__

    def begin(worker: Worker, limits: Limits) -> None:
        honest(worker, limits)
        started.append(worker.process.pid)

    monkeypatch.setattr(Worker, "__init__", begin)
    work = work_with_a_victim(steps)
    for limits, processes in [(replace(FEW, trials=2), 3), (replace(FEW, memory=1), 6), (FEW, 1)]:
        started.clear()
        outcomes = list(tried(work, 1, limits))
        assert len(outcomes) == 6 and not any(o.broke or o.overran for o in outcomes)
        assert len(set(started)) == processes
        assert all(o.memory[0] > 0 for o in outcomes)


def test_a_busy_machine_gives_the_kernels_more_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """A process that had a quarter of the processor has four times as long on the wall."""
    now = {"wall": 0.0, "used": 0.0}
    monkeypatch.setattr(crew.time, "monotonic", lambda: now["wall"])
    monkeypatch.setattr(crew, "_used", lambda: now["used"])
    pace, given = Pace(), []
    for used in [0.5] * 30 + [0.02] * 40 + [2.0] * 30:
        with pace.measured() as slow:
            given.append(slow)
            now["wall"] += 2.0
            now["used"] += used
    assert given[0] == 1.0 and given[29] == pytest.approx(4.0, rel=0.01), "the start is forgotten by a fifth a trial"
    assert given[69] == 10.0 and given[-1] == pytest.approx(1.0, rel=0.01)


def test_nothing_is_left_when_a_run_is_given_up(steps: list[Step]) -> None:
    outcomes = tried(work_with_a_victim(steps) * 3, 2, FEW)
    next(outcomes)
    children = multiprocessing.active_children()
    assert children
    outcomes.close()
    assert not any(child.is_alive() for child in children)


def test_the_alarm_of_others_is_left_alone(step: Callable[[str], Step]) -> None:
    """The time limit of a test is such an alarm."""
    before = signal.getsignal(signal.SIGALRM), signal.getitimer(signal.ITIMER_PROF)
    list(tried([("goals", "1", false_mutant(step))], 1, FEW))
    assert (signal.getsignal(signal.SIGALRM), signal.getitimer(signal.ITIMER_PROF)) == before
