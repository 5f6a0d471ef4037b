"""Each budget accepts up to its edge and rejects beyond it; what cannot be compared never passes."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

import numpy
import pytest
import sympy
import torch

from assayer.lab import discretisation, exact, kolmogorov, rounding, sampling, upper_bound
from assayer.lab.budgets import EPSILON, Budget, BudgetError
from assayer.lab.values import SMALL, ValueRefused

EDGES = [
    rounding(10, condition=3, scale=2),
    rounding(10, dtype="float32"),
    sampling(runs=10_000, sigma=2, false_alarm=1e-6),
    kolmogorov(runs=10_000, false_alarm=1e-6),
    discretisation(order=2, step=0.01, constant=5),
]
ALL: list[Budget] = [exact(), *EDGES, upper_bound(), upper_bound(rounding(4))]


@pytest.mark.parametrize("budget", EDGES, ids=lambda b: type(b).__name__)
def test_the_edge_is_allowed_and_the_next_number_is_not(budget: Budget) -> None:
    tolerance = budget.tolerance()
    assert isinstance(tolerance, float) and 0 < tolerance < 1
    beyond = math.nextafter(tolerance, 1)
    for sign in (1, -1):
        assert budget.allows(0, sign * tolerance)
        assert not budget.allows(0, sign * beyond)
        assert budget.allows(Fraction(7, 3), Fraction(7, 3) + sign * Fraction(tolerance))
        assert not budget.allows(Fraction(7, 3), Fraction(7, 3) + sign * Fraction(beyond))


@pytest.mark.parametrize("size", [3, SMALL + 1])
@pytest.mark.parametrize("budget", EDGES, ids=lambda b: type(b).__name__)
def test_the_edge_holds_for_each_of_many_values(budget: Budget, size: int) -> None:
    tolerance = budget.tolerance(size)
    values = numpy.zeros(size)
    values[1] = tolerance
    assert budget.allows(numpy.zeros(size), values)
    values[1] = -math.nextafter(tolerance, 1)
    assert not budget.allows(numpy.zeros(size), values)
    outcome = budget.compare(numpy.zeros(size), values)
    assert outcome.comparable and outcome.why.startswith("at [1] measured -")


def test_the_tolerances_are_those_of_the_formulas() -> None:
    assert rounding(10, condition=3, scale=2).tolerance() == pytest.approx(10 * 2**-52 * 6, rel=1e-12)
    assert rounding(2**10, dtype="float32").tolerance() == pytest.approx(2**-13 / (1 - 2**-13), rel=1e-12)
    assert sampling(10_000, 2, 0.05).tolerance() == pytest.approx(1.959963984540054 * 2 / 100, rel=1e-12)
    assert sampling(1, 1, 2e-9).quantile() == pytest.approx(5.997807, rel=1e-6)
    assert kolmogorov(200, 0.05).tolerance() == pytest.approx(math.sqrt(math.log(40) / 400), rel=1e-12)
    assert discretisation(2, 0.01, 5).tolerance() == pytest.approx(5e-4, rel=1e-12)


def test_exact_compares_by_value_and_rejects_the_neighbour() -> None:
    big = 10**40
    same: list[tuple[Any, Any]] = [
        (big, big),
        (Fraction(1, 2), 0.5),
        (Fraction(1, 2), sympy.Rational(1, 2)),
        (sympy.sqrt(2), sympy.sqrt(2)),
        ((1, 2), [1, 2]),
        ([1, 2], numpy.array([1, 2])),
        ([1, 2], torch.tensor([1, 2])),
        ({1, 2}, {2, 1}),
        ("no", "no"),
        ([(1, "a")], [[1, "a"]]),
        (None, None),
        ({"a": 1}, {"a": 1}),
        (sympy.eye(2), [[1, 0], [0, 1]]),
        (torch.arange(SMALL + 1), numpy.arange(SMALL + 1)),
        (list(range(SMALL + 1)), torch.arange(SMALL + 1)),
    ]
    for predicted, measured in same:
        assert exact().allows(predicted, measured), (predicted, measured)
    other: list[tuple[Any, Any]] = [
        (big, big + 1),
        (Fraction(1, 10), 0.1),
        (sympy.sqrt(2), math.sqrt(2)),
        ([1, 2], [1, 3]),
        ([1, 2], [1, 2, 3]),
        ({1, 2}, {1, 3}),
        ("no", "yes"),
        ([(1, "a")], [(1, "b")]),
        (torch.arange(SMALL + 1), torch.arange(SMALL + 1) + 1),
    ]
    for predicted, measured in other:
        outcome = exact().compare(predicted, measured)
        assert not outcome.ok and outcome.comparable, (predicted, measured)


def test_exact_names_values_of_different_sorts() -> None:
    outcome = exact().compare(3, "3")
    assert (outcome.ok, outcome.comparable) == (False, False)
    assert outcome.why == "predicted is a number, measured is text"
    assert exact().compare(3, None).why == "predicted is a number, measured is None"
    assert exact().compare(3, [3]).why == "predicted is a number, measured is a list of values"


@pytest.mark.parametrize("budget", ALL, ids=repr)
def test_nan_infinity_and_emptiness_never_pass(budget: Budget) -> None:
    nan, inf = math.nan, math.inf
    for predicted, measured, words in [
        (nan, nan, "predicted value holds NaN"),
        (0.0, nan, "measured value holds NaN"),
        (inf, inf, "predicted value holds an infinity"),
        (1.0, inf, "measured value holds an infinity"),
        (1.0, -inf, "measured value holds an infinity"),
        ([1.0, 2.0], [1.0, nan], "measured value holds NaN"),
        (numpy.zeros(SMALL + 1), numpy.full(SMALL + 1, nan), "measured value holds NaN"),
        (torch.zeros(2), torch.tensor([0.0, inf]), "measured value holds an infinity"),
        (sympy.nan, 1, "predicted value holds NaN"),
        (1, sympy.oo, "measured value holds an infinity"),
        (complex(1, nan), 1, "predicted value holds NaN"),
        ([], [], "predicted value is empty"),
        (numpy.zeros(0), numpy.zeros(0), "predicted value is empty"),
        (set(), set(), "predicted value is empty"),
        ("", "", "predicted value is empty"),
        ({nan}, {nan}, "predicted value holds NaN"),
    ]:
        outcome = budget.compare(predicted, measured)
        assert not outcome.ok and words in outcome.why, (predicted, measured, outcome)


@pytest.mark.parametrize("budget", [b for b in ALL if not isinstance(b, exact)], ids=repr)
def test_shapes_must_agree_and_only_numbers_have_a_distance(budget: Budget) -> None:
    for predicted, measured in [(0, [0, 0]), ([0, 0], [[0, 0]]), (torch.zeros(2, 3), numpy.zeros((3, 2)))]:
        outcome = budget.compare(predicted, measured)
        assert not outcome.ok and not outcome.comparable and "has shape" in outcome.why
    assert "use exact()" in budget.compare("a", "a").why
    assert "use exact()" in budget.compare([1, [2]], [1, [2]]).why


def test_the_upper_bound_is_one_sided() -> None:
    assert upper_bound().allows(1, -1e300)
    assert upper_bound().allows(1, 1)
    assert not upper_bound().allows(1, math.nextafter(1, 2))
    slack = rounding(4)
    edge = 1 + Fraction(slack.tolerance())
    assert upper_bound(slack).allows(1, edge)
    assert not upper_bound(slack).allows(1, edge + Fraction(1, 10**30))
    assert "exceeds predicted 1 by 1;" in upper_bound().compare(1, 2).why
    assert "no order" in upper_bound().compare(1, 2j).why
    many = torch.full((SMALL + 1,), 2.0)
    assert upper_bound().allows(many, many) and upper_bound().allows(many, many - 100)
    many_above = many.clone()
    many_above[7] += 1e-6
    assert upper_bound().compare(many, many_above).why.startswith("at [7] measured")
    assert "no order" in upper_bound().compare(many * 1j, many).why


def test_large_integers_do_not_wrap() -> None:
    low, high = torch.full((SMALL + 1,), -(2**63)), torch.full((SMALL + 1,), 2**63 - 1)
    assert not upper_bound().allows(low, high)
    assert upper_bound().allows(high, low)
    assert not rounding(1).allows(low, high)
    assert not exact().allows(high, high - 1)
    assert not upper_bound().allows(high - 1, high)


def test_differences_that_overflow_are_rejected() -> None:
    top = 1.7e308
    assert not rounding(1).allows(top, -top)
    assert not rounding(1).allows(complex(top, top), complex(-top, -top))
    with numpy.errstate(over="ignore"):
        assert not rounding(1).allows(numpy.full(SMALL + 1, top), numpy.full(SMALL + 1, -top))


def test_complex_values_are_compared_by_modulus() -> None:
    edge = rounding(1, scale=1).tolerance()
    assert rounding(1).allows(1 + 1j, 1 + 1j * (1 + edge))
    assert not rounding(1).allows(1 + 1j, 1 + 2 * edge + 1j * (1 + 2 * edge))
    assert rounding(1).allows(torch.ones(2) * 1j, [1j, 1j])


def test_symbolic_predictions_are_evaluated_to_many_digits() -> None:
    weibull_mean = sympy.Rational(3, 2) ** sympy.Rational(2, 3) * sympy.gamma(sympy.Rational(5, 3))
    assert rounding(4, scale=1.2).allows(weibull_mean, float(weibull_mean))
    assert not rounding(4, scale=1.2).allows(weibull_mean, float(weibull_mean) + 1e-14)
    # A difference that no float could tell.
    near = sympy.cos(1) + sympy.Rational(1, 10**40)
    assert not upper_bound().allows(sympy.cos(1), near)


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (sympy.Symbol("x") + 1, "x [+] 1 is not a number: it contains x"),
        (sympy.Sum(1 / sympy.Symbol("k") ** 2, (sympy.Symbol("k"), 1, 65)), "unevaluated Sum"),
        (sympy.Integral(sympy.Symbol("x"), (sympy.Symbol("x"), 0, 1)), "unevaluated Integral"),
        (object(), "a object cannot be weighed"),
        (numpy.array([object()]), "a object cannot be weighed"),
        (numpy.array(["2020-01-01"], dtype="datetime64[D]"), "dtype datetime64"),
    ],
)
def test_values_that_cannot_be_weighed_are_named(value: Any, message: str) -> None:
    with pytest.raises(ValueRefused, match=message):
        exact().allows(value, 1)


def test_bonferroni_shares_the_rate_among_the_values_compared() -> None:
    budget = sampling(100, 1, 0.01)
    assert budget.quantile(10) == pytest.approx(sampling(100, 1, 0.001).quantile(), rel=1e-12)
    assert sampling(100, 1, 0.01, comparisons=50).quantile(10) == pytest.approx(
        sampling(100, 1, 0.01 / 50).quantile(), rel=1e-12
    )
    between = (budget.tolerance() + budget.tolerance(10)) / 2  # type: ignore[operator]
    assert not budget.allows(0, between)
    assert budget.allows([0] * 10, [between] * 10)
    assert kolmogorov(100, 0.01, comparisons=5).tolerance() == kolmogorov(100, 0.002).tolerance()
    # Points of one empirical distribution share one supremum and need no correction.
    assert kolmogorov(100, 0.01).tolerance(1000) == kolmogorov(100, 0.01).tolerance()


def test_each_value_may_have_its_own_sigma() -> None:
    budget = sampling(100, [1, 3], 0.01)
    small, large = budget.tolerance(2)  # type: ignore[misc]
    assert large == pytest.approx(3 * small, rel=1e-12)
    assert budget.allows([0, 0], [small, large]) and not budget.allows([0, 0], [large, small])
    many = sampling(100, numpy.linspace(1, 2, SMALL + 1), 0.01)
    allowed = numpy.array(many.tolerance(SMALL + 1))
    assert many.allows(numpy.zeros(SMALL + 1), allowed)
    assert not many.allows(numpy.zeros(SMALL + 1), allowed[::-1].copy())
    with pytest.raises(BudgetError, match="2 sigmas for 3 values"):
        budget.allows([0, 0, 0], [0, 0, 0])


def test_the_sampling_rate_is_the_rate_that_is_seen() -> None:
    """With σ right, alarms come at the stated rate; with σ underrated, far more often."""
    experiments, runs, false_alarm = 4000, 64, 0.05
    draws = torch.rand(experiments, runs, generator=torch.Generator().manual_seed(7), dtype=torch.float64)
    means, sigma = draws.mean(1), math.sqrt(1 / 12)

    def alarms(sigma: float) -> int:
        limit = sampling(runs, sigma, false_alarm).tolerance()
        return int((abs(means - 0.5) > limit).sum())

    spread = math.sqrt(experiments * false_alarm * (1 - false_alarm))
    z = sampling(1, 1, 1e-6).quantile()
    assert abs(alarms(sigma) - experiments * false_alarm) < z * spread
    assert alarms(sigma / 2) > experiments * false_alarm + z * spread


def test_the_kolmogorov_bound_holds_at_every_sample_size() -> None:
    experiments, false_alarm = 4000, 0.1
    source = torch.Generator().manual_seed(8)
    for runs in (1, 5, 50):
        draws = torch.rand(experiments, runs, generator=source, dtype=torch.float64).sort(1).values
        above = torch.arange(1, runs + 1) / runs - draws
        below = draws - torch.arange(runs) / runs
        distance = torch.maximum(above, below).amax(1)
        seen = int((distance > kolmogorov(runs, false_alarm).tolerance()).sum())
        # The inequality bounds the rate: only an excess is a failure.
        z = sampling(1, 1, 1e-6).quantile()
        assert seen <= experiments * false_alarm + z * math.sqrt(experiments * false_alarm)
    wrong = abs(draws**2 - draws).amax(1)
    assert (wrong > kolmogorov(50, false_alarm).tolerance()).double().mean() > 0.5


def test_rounding_covers_a_float32_sum_and_not_a_lost_term() -> None:
    terms = torch.rand(1000, generator=torch.Generator().manual_seed(9))
    total = sum(Fraction(term) for term in terms.tolist())
    budget = rounding(1000, scale=float(total), dtype=torch.float32)
    assert budget.dtype == "float32"
    running = torch.zeros(())
    for term in terms:
        running = running + term
    assert budget.allows(total, running)
    assert not budget.allows(total, running - 0.1)


@pytest.mark.parametrize("dtype", [torch.float64, numpy.float64, numpy.dtype("float64"), "float64", "torch.float64"])
def test_a_format_may_be_named_in_several_ways(dtype: Any) -> None:
    assert rounding(1, dtype=dtype).dtype == "float64"


@pytest.mark.parametrize("name", ["float16", "bfloat16", "float32", "float64"])
def test_epsilon_is_the_spacing_at_one(name: str) -> None:
    assert EPSILON[name] == torch.finfo(getattr(torch, name)).eps


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: rounding(0), "operations must be a whole number, at least 1, not 0"),
        (lambda: rounding(2.5), "operations must be a whole number"),
        (lambda: rounding(True), "operations must be a whole number"),
        (lambda: rounding(1, condition=math.inf), "condition must be positive and finite, not inf"),
        (lambda: rounding(1, scale=-1), "scale must be positive and finite, not -1"),
        (lambda: rounding(1, scale="x"), "scale must be a positive number, not 'x'"),
        (lambda: rounding(1, dtype="int8"), "no rounding budget for dtype 'int8': one of float64, float32"),
        (lambda: rounding(200, dtype="bfloat16"), "200 operations in bfloat16 lose every digit"),
        (lambda: sampling(0, 1, 0.1), "runs must be a whole number"),
        (lambda: sampling(10, 0, 0.1), "sigma must be positive and finite, not 0"),
        (lambda: sampling(10, math.nan, 0.1), "sigma must be positive and finite, not nan"),
        (lambda: sampling(10, "wide", 0.1), "sigma must be a number or a list of numbers"),
        (lambda: sampling(10, [], 0.1), "sigma must be a number or a list of numbers"),
        (lambda: sampling(10, 1, 0), "false_alarm must be positive and finite, not 0"),
        (lambda: sampling(10, 1, 1), "false_alarm is a probability below 1, not 1"),
        (lambda: sampling(10, 1, 0.1, comparisons=0), "comparisons must be a whole number"),
        (lambda: kolmogorov(10, 2), "false_alarm is a probability below 1, not 2"),
        (lambda: kolmogorov(-1, 0.1), "runs must be a whole number"),
        (lambda: discretisation(0, 1, 1), "order must be positive and finite, not 0"),
        (lambda: discretisation(1, -1, 1), "step must be positive and finite, not -1"),
        (lambda: upper_bound(3), "slack must be a budget such as rounding"),
        (lambda: upper_bound(upper_bound()), "slack must be a budget"),
    ],
)
def test_a_budget_that_cannot_be_formed_names_the_quantity(make: Any, message: str) -> None:
    with pytest.raises(BudgetError, match=message):
        make()


def test_words_are_the_same_at_every_size_and_numbers_are_not() -> None:
    pairs = [
        (rounding(10), rounding(1000, dtype="float32"), "within the rounding budget"),
        (sampling(10, 1, 2e-9), sampling(99, 2, 2e-9), "within the sampling budget (false alarm 2e-9)"),
        (
            kolmogorov(10, 0.001),
            kolmogorov(99, 0.001),
            "within the Dvoretzky–Kiefer–Wolfowitz budget (false alarm 0.001)",
        ),
        (discretisation(2, 0.1, 1), discretisation(2, 0.01, 3), "within the discretisation budget (order 2)"),
        (
            upper_bound(rounding(1)),
            upper_bound(rounding(9)),
            "no larger than the predicted bound, up to the rounding budget",
        ),
    ]
    for small, large, words in pairs:
        assert small.describe() == large.describe() == words
        assert small.detail() != large.detail()
    assert exact().describe() == "exactly as predicted"
    assert upper_bound().describe() == "no larger than the predicted bound"
    assert sampling(10_000, 2, 1e-6).detail(3) == (
        "sampling: 10000 runs, sigma 2, 3 at once, z = 5.1 (false alarm 1e-6): 0.102"
    )
