"""RoPE's base: f_b(m) against mpmath, its certificates in balls, and what bad input gets."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

import mpmath
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from assayer.results import rope_base as r
from assayer.results.rope_base import balls, function

sizes = st.sampled_from([4, 6, 8, 64, 128])
log_bases = st.floats(0.1, 20)


def true_value(b: Any, m: Any, d: int) -> mpmath.mpf:
    """The definition with 60 digits; b and m may be fractions."""
    with mpmath.workdps(60):
        base, place = (mpmath.mpf(Fraction(x).numerator) / Fraction(x).denominator for x in (b, m))
        return mpmath.fsum(mpmath.cos(place * base ** (mpmath.mpf(-2 * i) / d)) for i in range(d // 2))


@given(log_bases, st.integers(0, 2**20), sizes)
@settings(max_examples=60, deadline=None)
def test_float64_and_balls_hold_the_true_value(s: float, m: int, d: int) -> None:
    b = math.exp(s)
    true = true_value(b, m, d)
    alpha, beta = function.value_error(s, d)
    assert abs(r.base_function(b, m, d).item() - true) <= alpha * m + beta
    ball = r.enclose(b, m, d)
    assert ball.rad() < 1e-12
    with mpmath.workdps(60):
        assert abs(mpmath.mpf(str(ball.mid().str(40, radius=False))) - true) <= mpmath.mpf("1e-12")


def test_the_rounding_bound_is_no_larger_than_it_need_be() -> None:
    """At m = 2²⁰ it is far below what float32 loses, and it grows with m and with the head size."""
    alpha, beta = function.value_error(10.0, 128)
    assert alpha * 2**20 + beta < 1e-7 < 2**20 * 2.0**-24
    assert function.value_error(10.0, 256)[0] > alpha and function.value_error(10.0, 256)[1] > beta > 0
    assert function.value_error(20.0, 128)[0] < 2 * alpha


@given(st.floats(0.1, 20), st.sampled_from([4, 8, 128]), st.integers(0, 40))
@settings(max_examples=30, deadline=None)
def test_a_scan_is_the_function_at_every_position(s: float, d: int, block: int) -> None:
    start, stop = 64 * block, 64 * block + 130
    values, slopes = function.scan(s, start, stop, d, torch.device("cpu"), slope=True)
    (alone,) = function.scan(s, start, stop, d, torch.device("cpu"))
    alpha, beta = function.value_error(s, d)
    c, e = function.slope_error(s, d)
    for n in (0, 1, 63, 64, 129):
        m = start + n
        with mpmath.workdps(40):
            w = [mpmath.mpf(2 * i) / d for i in range(d // 2)]
            theta = [mpmath.exp(-mpmath.mpf(s) * v) for v in w]
            value = mpmath.fsum(mpmath.cos(m * t) for t in theta)
            slope = mpmath.fsum(m * v * t * mpmath.sin(m * t) for v, t in zip(w, theta, strict=True))
        assert abs(values[n].item() - value) <= alpha * m + beta
        assert values[n] == alone[n]
        assert abs(slopes[n].item() - slope) <= c * m * m + e * m
    assert values.shape == slopes.shape == (130,)


@given(st.floats(0.1, 18), st.integers(1, 5000), st.sampled_from([8, 128]), st.floats(0, 2))
@settings(max_examples=60, deadline=None)
def test_the_bound_of_the_second_derivative(s: float, m: int, d: int, further: float) -> None:
    a, b = function.bending(s, d)
    w = np.arange(d // 2) * 2 / d
    phase = m * np.exp(-(s + further) * w)
    second = -(np.cos(phase) * (phase * w) ** 2 + np.sin(phase) * phase * w * w).sum()
    assert abs(second) <= (a * m * m + b * m) * (1 + 1e-9) + 1e-300


def test_base_function_takes_tensors_and_broadcasts() -> None:
    b, m = torch.tensor([[10.0], [1e4]], dtype=torch.float64), torch.arange(5)
    f = r.base_function(b, m, 8)
    assert f.shape == (2, 5) and f.dtype == torch.float64
    assert f[1, 3] == r.base_function(1e4, 3, 8) and f[0, 2] == r.base_function(10.0, 2, 8)
    assert bool((f[:, 0] == 4).all())
    assert r.base_function(7, 3, 2).item() == pytest.approx(math.cos(3), rel=1e-15)
    assert r.base_function(0.5, 1, 4).item() == pytest.approx(math.cos(1) + math.cos(math.sqrt(2)), rel=1e-14)


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: r.base_function(-1.0, 1, 8), ValueError, "positive and finite, not -1"),
        (lambda: r.base_function(0.0, 1, 8), ValueError, "positive and finite, not 0"),
        (lambda: r.base_function(math.inf, 1, 8), ValueError, "positive and finite, not inf"),
        (lambda: r.base_function(torch.tensor([2.0, math.nan]), 1, 8), ValueError, "positive and finite, not nan"),
        (lambda: r.base_function(2.0, math.nan, 8), ValueError, "position must be finite, not nan"),
        (lambda: r.base_function(2.0, 1, 7), ValueError, "head_dim must be even, not 7"),
        (lambda: r.base_function(2.0, 1, 0), ValueError, "head_dim must be at least 2, not 0"),
        (lambda: r.base_function(2.0, 1, 8.0), TypeError, "head_dim must be an integer.*8.0 of type float"),
        (lambda: r.base_function(2.0, 1, True), TypeError, "head_dim must be an integer"),
        (lambda: r.enclose("ten", 1, 8), ValueError, "a base is a number, not 'ten'"),
        (lambda: r.enclose("1/0", 1, 8), ValueError, "a base is a number"),
        (lambda: r.enclose(-3, 1, 8), ValueError, "positive and finite, not -3"),
        (lambda: r.enclose(math.inf, 1, 8), ValueError, "positive and finite"),
        (lambda: r.context_length(10, 8, limit=0), ValueError, "limit must be at least 1, not 0"),
        (lambda: r.context_length(1e6, 128, limit=100), ValueError, "no position below 100 fails"),
        (lambda: r.first_failure(10, 9), ValueError, "head_dim must be even, not 9"),
        (lambda: r.least_base(0, 128), ValueError, "length must be at least 1, not 0"),
        (lambda: r.least_base("1k", 128), TypeError, "length must be an integer, at least 1, not '1k' of type str"),
        (lambda: r.least_base(1024, 2), ValueError, "head_dim 2 has the one frequency 1"),
        (lambda: r.safe_base(1024, 2), ValueError, "head_dim 2 has the one frequency 1"),
        (lambda: r.safe_base(-5, 128), ValueError, "length must be at least 1, not -5"),
        (lambda: r.holds(10, 0, 8), ValueError, "length must be at least 1, not 0"),
        (lambda: r.degenerate_ratio(1, 8), ValueError, "length must be at least 2, not 1"),
        (lambda: r.degenerate_ratio(10, 4), ValueError, "head_dim of at least 6, not 4"),
        (lambda: r.limit_value(1, 3), ValueError, "m ≥ 1 and b > 1, not m = 3 and b = 1"),
        (lambda: r.limit_value(2, 0), ValueError, "m ≥ 1 and b > 1, not m = 0"),
        (lambda: r.nested_grid(4, 2), ValueError, "head_dim 2"),
        (lambda: r.nested_grid(2**14, 16), ValueError, "too coarse"),
        (lambda: r.no_such_name, AttributeError, "no attribute 'no_such_name'"),
    ],
)
def test_bad_input_gets_one_clear_error(call: Any, error: type, words: str) -> None:
    with pytest.raises(error, match=words):
        call()


@pytest.mark.parametrize(("b", "d"), [(10_000, 128), (500, 64), (20, 8), ("7.5", 6), (Fraction(31, 3), 16)])
def test_context_length_against_the_definition(b: Any, d: int) -> None:
    found = r.context_length(b, d)
    assert true_value(Fraction(b), found, d) < 0
    near = r.base_function(float(Fraction(b)), torch.arange(found), d)
    assert bool((near > 1e-9).all())
    assert r.holds(b, found, d) and not r.holds(b, found + 1, d)
    assert r.first_failure(b, d, limit=found) is None and r.first_failure(b, d, limit=found + 1) == found


def test_values_in_a_window_are_those_of_the_definition() -> None:
    window = balls.values(50, 100, 171, 8)
    assert len(window) == 71 and balls.values(50, 5, 5, 8) == []
    for n in (0, 7, 8, 63, 70):
        assert abs(float(window[n].mid()) - true_value(50, 100 + n, 8)) < 1e-14


def test_a_value_that_is_0_is_not_decided() -> None:
    """With too few bits the ball of a value near 0 holds 0, and the search says so instead of guessing."""
    base = r.ROWS[0].high
    with pytest.raises(r.Undecided, match="m = 1009.*give more"):
        r.first_failure(base, 128, bits=24)
    before = balls.ctx.prec
    assert r.first_failure(base, 128) is not None and balls.ctx.prec == before


def test_fractions_of_a_position() -> None:
    assert abs(float(r.enclose(6000, Fraction(7, 4), 8).mid()) - true_value(6000, Fraction(7, 4), 8)) < 1e-14


def test_frequencies_of_model_libraries() -> None:
    ours, theirs = r.our_frequencies(1e4, 128), r.customary_frequencies(1e4, 128)
    assert ours.shape == theirs.shape == (64,) and theirs.dtype == torch.float32
    assert ours[0] == 1 and ours[32].item() == pytest.approx(0.01, rel=1e-14)
    assert torch.allclose(ours, theirs.double(), rtol=1e-6, atol=0)
