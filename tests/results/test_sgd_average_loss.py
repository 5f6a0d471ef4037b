"""assayer.results.sgd_average_loss: the bound, its rates and the instance that attains it, in exact arithmetic."""

from __future__ import annotations

import math
import subprocess
import sys
from collections.abc import Callable
from fractions import Fraction
from itertools import product
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assayer.results import sgd_average_loss as m
from assayer.results.sgd_average_loss import formulas

EPSILON = 2.0**-52
positive = st.fractions(Fraction(1, 20), 20, max_denominator=50)
falling = st.lists(positive, min_size=1, max_size=12).map(lambda rates: sorted(rates, reverse=True))


def by_definition(rates: list[Fraction], diameter: Fraction, gradient: Fraction) -> Fraction:
    steps = len(rates)
    return diameter**2 / (2 * steps * rates[-1]) + gradient**2 * sum(rates) / (2 * steps)


@given(falling, positive, positive)
@settings(max_examples=60, deadline=None)
def test_the_bound_is_its_formula_exactly(rates: list[Fraction], diameter: Fraction, gradient: Fraction) -> None:
    found = m.bound(rates, diameter, gradient)
    assert found == by_definition(rates, diameter, gradient) and type(found) is Fraction
    assert m.bounds(rates, diameter, gradient) == [
        by_definition(rates[:step], diameter, gradient) for step in range(1, len(rates) + 1)
    ]
    assert math.isclose(m.bound([float(r) for r in rates], float(diameter), float(gradient)), found, rel_tol=1e-13)


@given(positive, positive, positive, st.integers(1, 30))
@settings(max_examples=60, deadline=None)
def test_no_constant_rate_is_better_than_the_best(
    diameter: Fraction, gradient: Fraction, factor: Fraction, root: int
) -> None:
    """T is a square, so that everything is rational: the bound is DG/K (1/c + c)/2."""
    steps = root * root
    best = diameter / (gradient * root)
    assert m.bound([best] * steps, diameter, gradient) == diameter * gradient / root
    other = m.bound([factor * best] * steps, diameter, gradient)
    assert other == diameter * gradient / root * (1 / factor + factor) / 2
    assert (other > diameter * gradient / root) == (factor != 1)


def test_the_schedules() -> None:
    assert m.constant_rate(4, 3, 2) == [0.75] * 4
    assert m.constant_rate(4, 3, 2, Fraction(1, 2)) == [0.375] * 4
    assert m.root_rate(4, 3) == [3.0, 3 / math.sqrt(2), 3 / math.sqrt(3), 1.5]
    assert m.constant_rate(1, 1, 1) == m.root_rate(1, 1) == [1.0]
    for steps in (1, 2, 10, 100, 1000):
        found = m.bound(m.root_rate(steps, 3 / (math.sqrt(2) * 2)), 3, 2)
        assert 3 * 2 / math.sqrt(steps) < found < math.sqrt(2) * 3 * 2 / math.sqrt(steps)


def test_the_formula_for_growing_rates() -> None:
    assert m.bound([1, 2], 2, 1, any_order=True) == Fraction(4, 8) + Fraction(3, 4)
    assert m.bound([1, 1], 2, 1, any_order=True) == m.bound([1, 1], 2, 1)
    for guarded in (m.bound, m.bounds):
        with pytest.raises(ValueError, match="rate 3, 2, is above 1"):
            guarded([2, 1, 2], 1, 1)
    assert m.bounds([1, 2], 2, 1, any_order=True) == [Fraction(5, 2), Fraction(5, 4)]


def walk(steps: int) -> Fraction:
    """E|S| by all walks."""
    return Fraction(sum(abs(sum(signs)) for signs in product((-1, 1), repeat=steps)), 2**steps)


@pytest.mark.parametrize("steps", range(1, 12))
def test_the_mean_distance_of_a_walk(steps: int) -> None:
    assert m.mean_distance(steps) == walk(steps)


def test_the_mean_distance_grows_as_a_root() -> None:
    """Between sqrt(2T/pi) and that times 1 - 1/(4T), by the bounds of the central binomial coefficient."""
    for steps in (2, 10, 100, 1000):
        limit = math.sqrt(2 * steps / math.pi)
        assert limit * (1 - 1 / (4 * steps)) < m.mean_distance(steps) < limit


# Agreements on the tight instance. Each takes the function under test, so that it can be tried on a faulty one.


def agrees_with_the_rule(points: Callable[..., list[Any]]) -> None:
    """Projected SGD in fractions, with the case distinction written out."""
    for falls, pairs, diameter in ((1, 0, 1), (1, 2, 3), (2, 1, 1), (3, 3, 2), (5, 4, Fraction(7, 3))):
        theta, expected = Fraction(diameter), []
        for _ in range(falls + 2 * pairs):
            expected.append(theta)
            slope = 1 if theta > 0 else -1
            theta = min(max(theta - slope * Fraction(diameter) / falls, Fraction(0)), Fraction(diameter))
        assert points(falls, pairs, diameter) == expected


def agrees_with_the_bound(points: Callable[..., list[Any]]) -> None:
    for falls, pairs in product(range(1, 9), range(6)):
        found = points(falls, pairs, 3)
        assert Fraction(sum(found)) / len(found) == m.bound([Fraction(3, falls)] * (falls + 2 * pairs), 3, 1)


@pytest.mark.parametrize("agreement", [agrees_with_the_rule, agrees_with_the_bound], ids=lambda f: f.__name__)
def test_tight_points(agreement: Callable[..., None]) -> None:
    agreement(m.tight_points)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("abs(points[-1] - height / falls)", "max(points[-1] - height / falls, 0)"),
        ("height / falls)", "height / (falls + 1))"),
        ("falls + 2 * pairs", "falls + 2 * pairs + 1"),
        ("points = [height]", "points = [height / 2]"),
    ],
)
@pytest.mark.parametrize("agreement", [agrees_with_the_rule, agrees_with_the_bound], ids=lambda f: f.__name__)
def test_a_planted_fault_is_noticed(
    agreement: Callable[..., None], old: str, new: str, planted: Callable[[Any, str, str], Any]
) -> None:
    with pytest.raises(AssertionError):
        agreement(planted(m.tight_points, old, new))


@given(st.integers(1, 8), st.integers(0, 8), positive, positive)
@settings(max_examples=60, deadline=None)
def test_the_tight_regret_is_the_bound(falls: int, pairs: int, diameter: Fraction, gradient: Fraction) -> None:
    rates = [diameter / (gradient * falls)] * (falls + 2 * pairs)
    assert m.tight_regret(falls, pairs, diameter, gradient) == m.bound(rates, diameter, gradient)


def test_the_tight_regret_at_the_best_rate() -> None:
    assert [m.tight_regret(k) for k in range(1, 8)] == [Fraction(1, k) for k in range(1, 8)]
    assert [len(m.tight_points(k)) for k in range(1, 8)] == [k * k for k in range(1, 8)]
    assert m.tight_points(2, 1) == [1, Fraction(1, 2), 0, Fraction(1, 2)]
    assert m.tight_points(2, 1, 0.5) == [0.5, 0.25, 0.0, 0.25]
    assert m.tight_regret(2, 0, 2, 3) == Fraction(9, 2)


BAD_RATES = [
    (lambda: m.bound([], 1, 1), ValueError, "at least one number"),
    (lambda: m.bound([1, 0], 1, 1), ValueError, "rate 2 must be finite and above 0, got 0"),
    (lambda: m.bound([-1], 1, 1), ValueError, "rate 1 .* got -1"),
    (lambda: m.bound([math.nan], 1, 1), ValueError, "rate 1 .* got nan"),
    (lambda: m.bound([math.inf], 1, 1), ValueError, "rate 1 .* got inf"),
    (lambda: m.bound(["1"], 1, 1), TypeError, "rate 1 must be a real number, not '1' of type str"),
    (lambda: m.bound([True], 1, 1), TypeError, "rate 1 must be a real number, not True"),
    (lambda: m.bound("12", 1, 1), TypeError, "rates must be a list of numbers"),
    (lambda: m.bound(0.1, 1, 1), TypeError, "rates must be a list of numbers"),
    (lambda: m.bound([1], -1, 1), ValueError, "diameter must be finite and at least 0, got -1"),
    (lambda: m.bound([1], 1, -1), ValueError, "gradient must be finite and at least 0, got -1"),
    (lambda: m.bound([1], 1, 1j), TypeError, "gradient must be a real number"),
    (lambda: m.constant_rate(0, 1, 1), ValueError, "steps must be at least 1, got 0"),
    (lambda: m.constant_rate(2.0, 1, 1), TypeError, "steps must be a whole number, not 2.0 of type float"),
    (lambda: m.constant_rate(True, 1, 1), TypeError, "steps must be a whole number, not True"),
    (lambda: m.constant_rate(2, 0, 1), ValueError, "diameter must be finite and above 0, got 0"),
    (lambda: m.constant_rate(2, 1, 0), ValueError, "gradient must be finite and above 0, got 0"),
    (lambda: m.constant_rate(2, 1, 1, 0), ValueError, "factor must be finite and above 0, got 0"),
    (lambda: m.root_rate(2, 0), ValueError, "alpha must be finite and above 0, got 0"),
    (lambda: m.root_rate(0, 1), ValueError, "steps must be at least 1, got 0"),
    (lambda: m.mean_distance(0), ValueError, "steps must be at least 1, got 0"),
    (lambda: m.tight_points(0), ValueError, "falls must be at least 1, got 0"),
    (lambda: m.tight_points(2, -1), ValueError, "pairs must be at least 0, got -1"),
    (lambda: m.tight_points(2, 1, 0), ValueError, "diameter must be finite and above 0, got 0"),
    (lambda: m.tight_regret(2, 1, 1, 0), ValueError, "gradient must be finite and above 0, got 0"),
]


@pytest.mark.parametrize(("call", "error", "named"), BAD_RATES)
def test_bad_input_is_named(call: Callable[[], Any], error: type[Exception], named: str) -> None:
    with pytest.raises(error, match=named):
        call()


def test_zero_diameter_and_gradient_are_no_error() -> None:
    assert m.bound([1], 0, 0) == 0
    assert m.bound([Fraction(1, 2)], 0, 2) == 1
    assert m.bound([1], 2, 0) == 2


def test_the_bound_needs_the_standard_library_only() -> None:
    program = (
        "import sys; from assayer.results.sgd_average_loss import bound, tight_regret; bound([1], 1, 1); "
        "tight_regret(3); print(sorted({'torch', 'numpy', 'sympy', 'assayer.derivation'} & set(sys.modules)))"
    )
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"


def test_every_name_is_found() -> None:
    assert set(m.__all__) <= set(dir(m))
    assert all(getattr(m, name) is not None for name in m.__all__)
    with pytest.raises(AttributeError, match="no attribute 'bownd'"):
        _ = m.bownd
    assert m.bound is formulas.bound
