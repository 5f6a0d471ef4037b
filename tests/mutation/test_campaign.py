"""Mutants against the kernels and the judge: the counts, and that what must never be is noticed when it is planted."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Callable
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
from assayer.mutation import trial
from assayer.mutation.campaign import Report, campaign, fresh, table, tasks
from assayer.mutation.claims import KINDS, Mutant, Step
from assayer.mutation.crew import tried
from assayer.mutation.sources import Source, SourceError
from assayer.mutation.trial import Limits, attempt

QUICK = Limits(seconds=0.4, draws=150, enough=60, deep_draws=500, deep_enough=200)
FEW = Limits(seconds=0.2, draws=80, enough=40, deep_draws=80, deep_enough=40)
SAMPLE = 260


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
    assert record["known_false"] > SAMPLE / 2, "the search for points finds what is false"
    assert record["known_false_by_both_evaluators"] > record["known_false"] * 0.8
    assert record["true_variants"] > SAMPLE / 50, "the kernels were able to prove"
    assert record["kill_rate_of_known_false"] == 1.0


def test_the_sample_has_every_kind_that_its_steps_offer(sample: object) -> None:
    assert set(sample.record()["total"]["kinds"]) == set(KINDS) - {"lemma dropped"}


def test_counts_add_up(sample: object) -> None:
    r = sample.record()["total"]
    assert r["refuted"] + r["unproved"] == round(r["kill_rate"] * SAMPLE)
    assert r["known_false"] + r["true_variants"] + r["undecided"] == SAMPLE
    assert sum(r["kinds"].values()) == SAMPLE
    assert json.loads(json.dumps(sample.record())) == sample.record()
    assert f"{r['kill_rate']:.1%}" in table(sample)


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
    monkeypatch.setattr(trial, "decide", lambda *words: trial.Decision())
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
    assert outcome.broke == "RuntimeError: planted" and outcome.killed and "goal = Goal(" in outcome.code


def test_a_kernel_that_does_not_end_is_given_up(step: Callable[[str], Step], monkeypatch: pytest.MonkeyPatch) -> None:
    def endless(*words: object) -> None:
        while True:
            pass

    monkeypatch.setattr(prover, "prove", endless)
    limits = Limits(seconds=0.1, draws=10, enough=5, stuck=0.2)
    outcome = attempt(false_mutant(step), "goals", "1", limits)
    assert outcome.broke.startswith("given up") and outcome.killed and not outcome.proved


def test_another_alarm_is_kept(step: Callable[[str], Step]) -> None:
    """The time limit of a test is such an alarm: a trial must not switch it off."""
    handler, (left, _) = signal.getsignal(signal.SIGALRM), signal.getitimer(signal.ITIMER_REAL)
    if not left:
        signal.setitimer(signal.ITIMER_REAL, 500)
    attempt(false_mutant(step), "goals", "1", FEW)
    assert 0 < signal.getitimer(signal.ITIMER_REAL)[0] < (left or 500)
    assert signal.getsignal(signal.SIGALRM) == handler
    if not left:
        signal.setitimer(signal.ITIMER_REAL, 0)


@pytest.mark.parametrize("fault", ["os._exit(3)", "[0] * 10**12", "loop"])
def test_a_process_that_dies_or_hangs_costs_one_mutant(
    steps: list[Step], monkeypatch: pytest.MonkeyPatch, fault: str
) -> None:
    """Workers are forks: what is planted here is planted there."""
    honest, victim = prover.prove, steps[3].goal.relation.left

    def prove(goal: Goal, attempt: object = None) -> object:
        if goal.relation.left == victim and goal.relation.sign != "=":
            if fault == "loop":
                signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGALRM})
                while True:
                    pass
            eval(fault, {"os": os})
        return honest(goal, attempt)

    monkeypatch.setattr(prover, "prove", prove)
    signs = ["<=", "<", ">=", ">", "!="]
    context = steps[3].goal.context
    work = [
        (
            "goals",
            str(k),
            Mutant(s, "relation", "planted", Goal(context, Relation(s.goal.relation.left, sign, sp.S.One))),
        )
        for k, (s, sign) in enumerate(
            (s, sign) for s in (steps[4], steps[3]) for sign in (signs if s is steps[4] else "<")
        )
    ]
    limits = Limits(seconds=0.2, draws=20, enough=10, stuck=5.0, hung=2.0)
    outcomes = list(tried(work, 2, limits))
    assert [o.kind for o in outcomes] == ["relation"] * 6
    assert [bool(o.broke) for o in outcomes] == [False] * 5 + [True], [o.broke for o in outcomes]
    assert outcomes[-1].killed
    expected = {"os._exit(3)": "died", "[0] * 10**12": "MemoryError", "loop": "nor a stop"}[fault]
    assert expected in outcomes[-1].broke
