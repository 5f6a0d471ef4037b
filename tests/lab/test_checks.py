"""`check` passes what lies in its budget, fails past it, and refuses to be a check that cannot fail."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

import pytest
import sympy
import torch

from assayer.claims import records
from assayer.lab import CheckFailed, check, exact, rounding, sampling, upper_bound


def test_what_a_notebook_shows() -> None:
    made = check(
        "variance falls as 1/k",
        predicted=1,
        measured=lambda: torch.tensor(1.00001),
        budget=sampling(runs=2**20, sigma=math.sqrt(2 / 1000), false_alarm=2e-9),
        falsifier={"with correlation 0.01": lambda: 1.15, "the published rule": 2},
    )
    bundle = made._repr_mimebundle_()
    assert (
        bundle["text/plain"]
        == repr(made)
        == (
            "✓ variance falls as 1/k: within the sampling budget (false alarm 2e-9); "
            "rejected: with correlation 0.01, the published rule"
        )
    )
    assert bundle[records.MIME] == {
        "schema": 1,
        "kind": "check",
        "title": "variance falls as 1/k",
        "predicted": "1",
        "budget": "within the sampling budget (false alarm 2e-9)",
        "verdict": "passed",
        "falsifiers": [
            {"what": "with correlation 0.01", "verdict": "rejected"},
            {"what": "the published rule", "verdict": "rejected"},
        ],
        "measured": None,
        "claim": None,
    }
    assert set(bundle) == {"text/plain", records.MIME}


def test_the_measured_value_is_stored_only_where_it_is_exact() -> None:
    made = check("S(19)", predicted=10, measured=10, budget=exact(), falsifier={"as published": 11}, claim="a.b")
    assert made.record()["measured"] == "10"
    assert made.record()["claim"] == "a.b"
    near = check("near", predicted=0.5, measured=0.5, budget=rounding(1), falsifier={"off": 1})
    assert near.record()["measured"] is None


def test_the_text_of_a_prediction_may_be_given() -> None:
    given: dict[str, Any] = {"budget": exact(), "falsifier": {"none": 0}}
    made = check("all agree", predicted=4096, measured=4096, shown="every N", **given)
    assert made.record()["predicted"] == "every N"
    half = check("half", predicted=sympy.sqrt(2) / 2, measured=sympy.sqrt(2) / 2, **given)
    assert half.record()["predicted"] == "sqrt(2)/2"


def test_a_measurement_outside_its_budget_is_named_with_all_numbers() -> None:
    with pytest.raises(CheckFailed) as raised:
        check("the mean", predicted=10, measured=12.5, budget=rounding(4, scale=10), falsifier={"x": 0})
    assert str(raised.value) == (
        "✗ the mean: measured 12.5 differs from predicted 10 by 2.5; the budget allows 8.88e-15 "
        "[rounding: 4 operations in float64, condition 1, scale 10: 8.88e-15]"
    )
    with pytest.raises(CheckFailed, match="✗ S: predicted 10, measured 11 .exact: no difference allowed"):
        check("S", predicted=10, measured=11, budget=exact(), falsifier={"x": 0})
    with pytest.raises(CheckFailed, match=r"at \[1\] measured 3 exceeds predicted 2 by 1; the budget allows 0"):
        check("b", predicted=[2, 2], measured=[1, 3], budget=upper_bound(), falsifier={"x": [9, 9]})


@pytest.mark.parametrize(
    ("measured", "words"),
    [
        (math.nan, "holds NaN"),
        (math.inf, "holds an infinity"),
        ([], "is empty"),
        ([1.0, 1.0], "predicted has shape ()"),
        ("1", "only numbers have a distance"),
    ],
)
def test_what_cannot_be_compared_fails(measured: Any, words: str) -> None:
    with pytest.raises(CheckFailed) as raised:
        check("t", predicted=1.0, measured=measured, budget=rounding(1), falsifier={"x": 2})
    assert words in str(raised.value)


def test_a_falsifier_inside_the_budget_means_that_the_check_cannot_fail() -> None:
    budget = sampling(runs=100, sigma=1, false_alarm=1e-6)
    inside = budget.tolerance() / 2  # type: ignore[operator]
    with pytest.raises(CheckFailed, match="the check cannot fail: the falsifier 'a sign flipped' gave 0.24"):
        check("t", predicted=0, measured=0, budget=budget, falsifier={"a": 9, "a sign flipped": lambda: inside})
    with pytest.raises(CheckFailed, match="the check cannot fail"):
        check("t", predicted=0, measured=0, budget=exact(), falsifier=lambda: 0)


@pytest.mark.parametrize(
    ("value", "words"),
    [(math.nan, "holds NaN"), ([], "is empty"), ([1.0, 2.0], "has shape"), ("no", "only numbers")],
)
def test_a_falsifier_must_be_rejected_on_its_value(value: Any, words: str) -> None:
    with pytest.raises(CheckFailed, match="'broken' is not rejected on its value") as raised:
        check("t", predicted=1.0, measured=1.0, budget=rounding(1), falsifier={"broken": value})
    assert words in str(raised.value)


def test_a_falsifier_that_diverges_is_rejected_and_one_that_raises_is_an_error() -> None:
    given: dict[str, Any] = {"predicted": 1.0, "measured": 1.0, "budget": upper_bound()}
    made = check("t", falsifier={"without the projection": math.inf}, **given)
    assert made.falsifiers[0].why == "the measured value holds an infinity"
    with pytest.raises(CheckFailed, match="the falsifier 'x' raised ZeroDivisionError"):
        check("t", falsifier={"x": lambda: 1 / 0}, **given)


def test_an_exact_falsifier_may_differ_in_length_and_not_in_sort() -> None:
    given: dict[str, Any] = {"predicted": [19, 33], "measured": [19, 33], "budget": exact()}
    assert check("t", falsifier={"one more": [19, 33, 34]}, **given).passed
    with pytest.raises(CheckFailed, match="predicted is a list of values, measured is text"):
        check("t", falsifier={"text": "19, 33"}, **given)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"title": " "}, "a check needs a title"),
        ({"budget": 0.01}, r"budget must be one of exact\(\), rounding\(...\)"),
        ({"falsifier": 3}, "a falsifier cannot be a bare int"),
        ({"falsifier": None}, "a falsifier cannot be a bare NoneType"),
        ({"falsifier": {}}, "the dict of falsifiers is empty"),
        ({"falsifier": {"": 3}}, "a falsifier needs a name in words"),
        ({"claim": "identity"}, "claim must be a Claim or a claim id"),
    ],
)
def test_what_is_refused(change: dict[str, Any], message: str) -> None:
    given = {"title": "t", "predicted": 1, "measured": 1, "budget": exact(), "falsifier": {"x": 2}, **change}
    with pytest.raises(TypeError, match=message):
        check(given.pop("title"), **given)


def test_a_missing_falsifier_is_refused() -> None:
    with pytest.raises(TypeError, match="falsifier"):
        check("t", predicted=1, measured=1, budget=exact())  # type: ignore[call-arg]


def test_a_lone_falsifier_is_named_by_what_it_says_of_itself() -> None:
    def naive_rule() -> int:
        return 31

    def documented() -> int:
        """The rule as published.

        More.
        """
        return 31

    given: dict[str, Any] = {"predicted": 23, "measured": 23, "budget": exact()}
    assert check("t", falsifier=naive_rule, **given).falsifiers[0].what == "naive rule"
    assert check("t", falsifier=documented, **given).falsifiers[0].what == "The rule as published"
    assert check("t", falsifier=lambda: 31, **given).falsifiers[0].what == "the falsified input"


def test_details_print_the_numbers(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ASSAYER_DEVICE", "cpu")
    check("t", predicted=Fraction(1, 2), measured=[0.5][0], budget=rounding(2), falsifier={"off": 1}).details()
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "t"
    assert lines[1:5] == [
        "  predicted: 1/2",
        "  measured: 0.5",
        "  budget: rounding: 2 operations in float64, condition 1, scale 1: 4.44e-16",
        "  rejected: off: 1 (measured 1 differs from predicted 1/2 by 0.5; the budget allows 4.44e-16)",
    ]
    assert lines[5].startswith("  device: CPU")


def test_the_stored_text_holds_no_size() -> None:
    """Two sizes of one experiment, as two devices would run it, store the same."""

    def at(size: int) -> dict[str, Any]:
        return check(
            "the mean is 1/2",
            predicted=torch.full((size,), 0.5),
            measured=torch.full((size,), 0.5),
            budget=sampling(runs=size, sigma=1, false_alarm=1e-6),
            falsifier={"biased": lambda: torch.full((size,), 9.0)},
        )._repr_mimebundle_()

    assert at(100) == at(100_000)
