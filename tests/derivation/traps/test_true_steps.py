"""The true bank: each step holds (seen without the checker), and how many of them the checker proves."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import replace

import pytest
import sympy as sp
from trap_bank import STEPS, TrueStep
from trap_bank.evaluation import assumed, drawn, holds
from trap_bank.ours import word

REQUIRED_SHARE = 0.95
SECONDS = 8.0
POINTS, DRAWS, DIGITS = 6, 300, 150
TOPICS = sorted({step.topic for step in STEPS})


def points_of(step: TrueStep, rng: random.Random) -> list[dict[object, object]]:
    """Points that satisfy the step's hypotheses."""
    found = []
    for _ in range(DRAWS):
        at = step.sample(rng) if step.sample else drawn(step, rng)
        if assumed(step, at, DIGITS):
            found.append(at)
        elif step.sample:
            raise AssertionError(f"{step.id}: its sample breaks its hypotheses at {at}")
        if len(found) == POINTS:
            break
    return found


def test_the_bank_is_large_and_each_step_says_why() -> None:
    assert len(STEPS) >= 120
    assert all(step.topic and step.source for step in STEPS)
    trivial = [step.id for step in STEPS if sp.sympify(step.lhs) == sp.sympify(step.rhs)]
    assert trivial == []


@pytest.mark.parametrize("topic", TOPICS)
def test_each_step_holds_at_random_points(topic: str) -> None:
    rng = random.Random(topic)
    for step in (s for s in STEPS if s.topic == topic):
        points = points_of(step, rng)
        assert len(points) == POINTS, f"{step.id}: only {len(points)} points satisfy its hypotheses"
        fails = [at for at in points if not holds(step, at, DIGITS)]
        assert not fails, f"{step.id} fails at {fails[0]}"


def test_a_step_that_is_off_by_a_little_would_be_noticed() -> None:
    rng = random.Random(3)
    off = sp.Rational(1, 10**30)
    equalities = [step for step in STEPS if step.rel == "="]
    noticed = [not all(holds(replace(s, rhs=s.rhs + off), at, DIGITS) for at in points_of(s, rng)) for s in equalities]
    assert all(noticed)


@pytest.mark.share
@pytest.mark.timeout(3600)
def test_the_checker_proves_the_required_share() -> None:
    """Cold or cached, the share is the same; the table in the message names what is not proved."""
    words = {step.id: word(step, SECONDS) for step in STEPS}
    earned = [step for step in STEPS if words[step.id] in ("proved", "certified")]
    refuted = [name for name, found in words.items() if found in ("refuted", "rejected", "fault")]
    assert refuted == [], f"true steps refused: {refuted}"
    rows = []
    for topic in TOPICS:
        found = Counter(words[step.id] for step in STEPS if step.topic == topic)
        missing = [step.id for step in STEPS if step.topic == topic and step not in earned]
        rows.append(f"{topic:<24}{dict(found)}  {' '.join(missing)}")
    share = len(earned) / len(STEPS)
    assert share >= REQUIRED_SHARE, f"{len(earned)} of {len(STEPS)} proved or certified\n" + "\n".join(rows)
