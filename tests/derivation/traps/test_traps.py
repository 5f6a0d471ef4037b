"""The false bank: each claim is false (shown without the checker) and none is accepted, whatever is asked."""

from __future__ import annotations

import random
import re
from collections import Counter

import pytest
import sympy as sp
from trap_bank import MALFORMED, STEPS, TRAPS, VACUOUS, Malformed, Trap, TrueStep
from trap_bank.cited import STILL_WRONG
from trap_bank.evaluation import assumed, drawn, holds
from trap_bank.judges import JUDGES
from trap_bank.ours import ACCEPTED, proved_by_kernels, word

from assayer.derivation import DerivationError, judge

CAUSES = sorted({trap.cause for trap in TRAPS})
FALSE = [trap for trap in TRAPS if trap.cause != VACUOUS]
by_id = pytest.mark.parametrize("trap", TRAPS, ids=lambda trap: trap.id)


def false_at_its_witness(trap: Trap) -> bool:
    """Whether the witness satisfies what the trap assumes and the claim fails there; see ``evaluation``."""
    if trap.witness is None:
        return trap.argument is not None and bool(trap.argument())
    return assumed(trap, trap.witness, trap.digits) and not holds(trap, trap.witness, trap.digits)


def test_the_bank_is_large_and_each_entry_says_why() -> None:
    assert len(TRAPS) >= 80
    assert len({claim.id for claim in (*TRAPS, *MALFORMED, *STEPS)}) == len(TRAPS) + len(MALFORMED) + len(STEPS)
    assert all(trap.cause and trap.why and trap.accepted_by for trap in TRAPS)
    assert min(Counter(trap.cause for trap in TRAPS).values()) >= 2


@pytest.mark.parametrize("cause", [cause for cause in CAUSES if cause != VACUOUS])
def test_each_claim_is_false(cause: str) -> None:
    wrong = [trap.id for trap in FALSE if trap.cause == cause and not false_at_its_witness(trap)]
    assert wrong == []


def test_a_claim_that_is_true_would_be_noticed() -> None:
    x = sp.Symbol("x", real=True)
    for rel, rhs in (("=", (x + 1) ** 2), (">=", 4 * x), ("!=", -1)):
        true = Trap("true", x**2 + 2 * x + 1, rel, rhs, witness={x: 3})
        assert not false_at_its_witness(true)
        assert word(true, 5) in ACCEPTED
        assert proved_by_kernels(true, 5)
    assert not false_at_its_witness(Trap("outside", x, ">", 0, hypotheses=(sp.Ge(x, 5),), witness={x: -1}))
    assert not false_at_its_witness(Trap("silent", x, ">", 0))


@pytest.mark.parametrize("trap", [t for t in TRAPS if t.cause == VACUOUS], ids=lambda trap: trap.id)
def test_a_vacuous_claim_has_no_point_and_a_conclusion_that_fails(trap: Trap) -> None:
    rng = random.Random(5)
    bare = TrueStep("bare", trap.lhs, trap.rel, trap.rhs)
    family = {"f": lambda v: v * 7 - 3}
    points = [{**drawn(trap, rng), **family} for _ in range(200)]
    assert not any(assumed(trap, at, 40) for at in points)
    assert not all(holds(bare, at, 40) for at in points)


@by_id
def test_no_trap_is_accepted(trap: Trap) -> None:
    assert word(trap, 0.5) not in ACCEPTED


def test_what_is_not_in_the_language_is_refused() -> None:
    outside = [trap for trap in TRAPS if not trap.language]
    assert len(outside) >= 4
    assert {word(trap, 0.5) for trap in outside} == {"rejected"}


@pytest.mark.slow
@pytest.mark.parametrize("trap", FALSE, ids=lambda trap: trap.id)
def test_no_kernel_proves_a_trap_when_no_counterexample_is_looked_for(trap: Trap) -> None:
    """The refuter hides a kernel's mistake wherever it finds a point; here it is not asked."""
    assert proved_by_kernels(trap, 5) == ""


def test_judge_is_what_is_measured() -> None:
    for trap in TRAPS[:3]:
        assert str(judge(trap.lhs, trap.rel, trap.rhs, trap.hypotheses, trap.box).status) == word(trap, 5) == "refuted"


@pytest.mark.parametrize("claim", MALFORMED, ids=lambda claim: claim.id)
def test_what_is_malformed_is_refused(claim: Malformed) -> None:
    with pytest.raises(DerivationError, match=re.escape(claim.message)):
        judge(claim.lhs, claim.rel, claim.rhs, claim.hypotheses, claim.box)


def test_what_is_well_formed_is_not_refused() -> None:
    x = sp.Symbol("x", real=True)
    assert str(judge(x + x, "=", 2 * x, [sp.Le(x, 3)], {x: (0, 1)}).status) == "proved"


def issue_number(trap: Trap) -> int | None:
    found = re.search(r"sympy/(?:issues|pull)/(\d+)", trap.cite)
    return int(found.group(1)) if found else None


CITED = sorted({number for trap in TRAPS if (number := issue_number(trap)) is not None})


def test_every_cited_issue_is_run_again() -> None:
    assert set(CITED) == set(STILL_WRONG)
    assert all((trap.seen_in_1_14 is None) == (issue_number(trap) is None) for trap in TRAPS)


@pytest.mark.slow
@pytest.mark.skipif(not sp.__version__.startswith("1.14"), reason="the record is about SymPy 1.14")
@pytest.mark.parametrize("number", CITED)
def test_what_sympy_1_14_does_is_as_recorded(number: int) -> None:
    recorded = {trap.seen_in_1_14 for trap in TRAPS if issue_number(trap) == number}
    assert recorded == {STILL_WRONG[number]()}


@pytest.mark.slow
def test_each_trap_fools_a_judge_or_names_the_kernel_that_it_fools() -> None:
    cheapest_first = [JUDGES[name] for name in ("sampling", "equals", "simplify", "doit")]
    made_for_them = [trap for trap in TRAPS if trap.accepted_by in JUDGES]
    assert len(made_for_them) >= 80
    assert [trap.id for trap in made_for_them if not any(ask(trap) for ask in cheapest_first)] == []


@pytest.mark.parametrize("name", ["hole-square", "hole-factorial", "binomial-symmetry"])
def test_simplify_accepts(name: str) -> None:
    assert JUDGES["simplify"](next(trap for trap in TRAPS if trap.id == name))


@pytest.mark.parametrize("name", ["edge-floor", "strict-exp", "far-tanh-pi", "near-ramanujan", "irrational-square"])
def test_sampling_accepts(name: str) -> None:
    assert JUDGES["sampling"](next(trap for trap in TRAPS if trap.id == name))


def test_sampling_rejects_what_is_false_at_most_points() -> None:
    x = sp.Symbol("x", real=True)
    assert not JUDGES["sampling"](Trap("wrong", x**2, "=", x))
    assert not JUDGES["simplify"](Trap("wrong", x**2, "=", x))
    assert not JUDGES["equals"](Trap("wrong", x**2, "=", x))
