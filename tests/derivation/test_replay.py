"""Steps that a reader changes: refused with a counterexample, accepted, or told what is wrong with the text."""

from __future__ import annotations

import pytest
import sympy as sp

from assayer.derivation import Derivation, optimum
from assayer.derivation.replay import Replay
from assayer.derivation.script import script

N, a, b, c = sp.symbols("N a b c", integer=True, nonnegative=True)
p, lam = sp.symbols("p lambda", positive=True)


@pytest.fixture
def replay() -> Replay:
    chain = Derivation("S by its corners", sp.Eq(N, a * b + c)).start(a + b + c).eq(a + b + N - a * b, by="solve")
    found = Replay(script(chain.eq(N + 1 - (a - 1) * (b - 1), by="factor").theorem().sequent))
    list(found.before())
    return found


def test_a_changed_step_is_refused_with_a_counterexample(replay: Replay) -> None:
    (first, second) = replay.change(1, "N + a*b + a + b")
    assert not first.accepted and "counterexample at" in first.words and "is refuted" in first.words
    assert not second.accepted and second.number == 2
    assert replay.theorem() is None, "what a reader changes is no step of the theorem"


def test_a_changed_step_is_accepted(replay: Replay) -> None:
    outcomes = replay.change(1, "b + a*(1 - b) +\n N")
    assert [(one.accepted, one.status) for one in outcomes] == [(True, "proved")] * 2
    assert len(replay.change(2, "a + b + c")) == 1, "the last step has none after it"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a + ", "not an expression of Python"),
        ("a + zz", "zz"),
        ("a^2.", "write ** for a power"),
        ("a/2 + 0.5", "Float"),
        ("a, b", "one expression"),
        ("x + a", "x"),
        ("", "not an expression of Python"),
        ("a[", "not an expression of Python"),
        ("sqrt", "not a SymPy expression"),
    ],
)
def test_a_change_that_is_no_expression_says_what_is_wrong(replay: Replay, text: str, words: str) -> None:
    (outcome,) = replay.change(1, text)
    assert not outcome.accepted and words in outcome.words


def test_a_changed_call_is_judged_too() -> None:
    found = Replay(script(optimum(lam * p - sp.log(p), {p: 1 / lam}, title="best rate").sequent))
    list(found.before())
    (line,) = found.lines
    assert found.change(1, line.text)[0].accepted
    (wrong,) = found.change(1, line.text.replace("1/lambda_}", "2/lambda_}"))
    assert not wrong.accepted and "refuted" in wrong.words
    assert "no theorem" in found.change(1, "1 + 1")[0].words
