"""assayer.results.hippo: the matrices, and the delay, against definitions; each agreement rejects planted faults."""

from __future__ import annotations

import math
import subprocess
import sys
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
import sympy as sp
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from assayer.lab import rounding
from assayer.results import hippo as m
from assayer.results.hippo import bounds, matrices, witness

MEASURES = ("legs", "legt")
Matrices = Callable[[int], tuple[sp.Matrix, sp.Matrix]]


def agrees_with_integration(measure: str, function: Matrices) -> None:
    for n in (1, 2, 7):
        A, B = function(n)
        assert (A, B) == m.integrated(measure, n), n
        assert A.shape == (n, n) and B.shape == (n, 1)


@pytest.mark.parametrize("measure", MEASURES)
def test_the_exact_matrices_are_those_of_the_definition(measure: str) -> None:
    agrees_with_integration(measure, getattr(m, measure))


@pytest.mark.parametrize(
    ("measure", "old", "new"),
    [
        ("legs", "if k < i", "if k > i"),
        ("legs", "-(i + 1)", "-i"),
        ("legs", "(2 * i + 1) * (2 * k + 1)", "(2 * i + 1) * (2 * i + 1)"),
        ("legs", "if k == i else sp.Integer(0)", "if k == i else sp.Integer(1)"),
        ("legt", "if k <= i", "if k >= i"),
        ("legt", "(k - i)", "(k - i + 1)"),
        ("legt", "return -sign", "return sign"),
    ],
)
def test_a_fault_in_a_matrix_is_noticed(measure: str, old: str, new: str, planted: Callable[..., Any]) -> None:
    with pytest.raises(AssertionError):
        agrees_with_integration(measure, planted(getattr(matrices, measure), old, new))


def test_small_matrices_by_hand() -> None:
    r3, r5, r15 = sp.sqrt(3), sp.sqrt(5), sp.sqrt(15)
    assert m.legs(3)[0] == sp.Matrix([[-1, 0, 0], [-r3, -2, 0], [-r5, -r15, -3]])
    assert m.legt(3)[0] == sp.Matrix([[-1, r3, -r5], [-r3, -3, r15], [-r5, -r15, -5]])
    assert list(m.legs(3)[1]) == list(m.legt(3)[1]) == [sp.sqrt(2), sp.sqrt(6), sp.sqrt(10)]


def test_the_integers_of_a_definition_are_exact() -> None:
    """Rodrigues' polynomials: P_4 as in every table, and the value 1 at 1."""
    assert witness._rodrigues(4) == [Fraction(3, 8), 0, Fraction(-30, 8), 0, Fraction(35, 8)]
    assert [witness._at(witness._rodrigues(k), 1) for k in range(6)] == [1] * 6
    assert witness._derivative([Fraction(5)]) == [0]
    assert witness._integral([Fraction(1), Fraction(7), Fraction(3)]) == 4


@pytest.mark.parametrize("measure", MEASURES)
@pytest.mark.parametrize("n", [1, 2, 9, 256])
def test_floating_point_matrices_are_correctly_rounded(measure: str, n: int) -> None:
    A, B = m.numeric(measure, n)
    assert A.shape == (n, n) and B.shape == (n,) and A.dtype == B.dtype == torch.float64
    step = max(1, n // 7)
    rows = range(0, n, step)
    if n <= 9:
        exact_A, exact_B = getattr(m, measure)(n)
        for i in range(n):
            assert float(B[i]) == float(exact_B[i].evalf(40))
            for k in range(n):
                assert float(A[i, k]) == float(exact_A[i, k].evalf(40)), (i, k)
    for i in rows:
        for k in rows:
            size = math.sqrt((2 * i + 1) * (2 * k + 1))
            if measure == "legt":
                expected = -size if k <= i or (k - i) % 2 == 0 else size
            else:
                expected = -size if k < i else -(i + 1) if k == i else 0
            assert float(A[i, k]) == expected


@pytest.mark.parametrize("measure", MEASURES)
def test_the_published_code_differs_by_a_root_of_two_in_B(measure: str) -> None:
    n = 256
    A, B = m.numeric(measure, n)
    there, B_there = m.published(measure, n)
    allowed = rounding(operations=4, scale=2 * n - 1).tolerance()
    assert allowed < 1e-12
    assert (A - there).abs().max() <= allowed
    assert (B / math.sqrt(2) - B_there).abs().max() <= allowed
    assert (A.mT - there).abs().max() > 1
    assert (B - B_there).abs().max() > 1


def test_the_published_lmu_is_the_exact_one_and_divides_by_theta() -> None:
    A, B = m.published("lmu", 6)
    exact_A, exact_B = m.lmu(6)
    assert A.tolist() == np.array(exact_A).astype(float).tolist()
    assert B.tolist() == np.array(exact_B).astype(float).ravel().tolist()
    slow, B_slow = m.published("lmu", 6, theta=4.0)
    assert torch.equal(slow, A / 4) and torch.equal(B_slow, B / 4)


def test_lmu_is_legt_rescaled_with_signs_and_not_otherwise() -> None:
    n = 6
    right = [(-1) ** k * sp.sqrt(sp.Rational(2, 2 * k + 1)) for k in range(n)]
    assert m.rescaled(*m.legt(n), right) == m.lmu(n)
    assert m.rescaled(*m.legt(n), [abs(x) for x in right]) != m.lmu(n)
    assert m.rescaled(*m.legt(n), [2 / sp.sqrt(2 * k + 1) for k in range(n)])[1][0] == 1 / sp.sqrt(2)


@settings(max_examples=25, deadline=None)
@given(n=st.integers(1, 5), scale=st.lists(st.integers(-5, 5).filter(bool), min_size=5, max_size=5))
def test_rescaling_there_and_back_is_the_identity(n: int, scale: list[int]) -> None:
    A, B = m.legs(n)
    there = m.rescaled(A, B, scale[:n])
    assert m.rescaled(*there, [sp.Rational(1, x) for x in scale[:n]]) == (A, B)
    assert there[0].charpoly() == A.charpoly()


@settings(max_examples=20, deadline=None)
@given(n=st.integers(1, 12))
def test_the_energy_identities_hold_exactly(n: int) -> None:
    roots = sp.Matrix([sp.sqrt(2 * k + 1) for k in range(n)])
    signed = sp.Matrix([(-1) ** k * sp.sqrt(2 * k + 1) for k in range(n)])
    A, T = m.legs(n)[0], m.legt(n)[0]
    assert (A + A.T + sp.eye(n) + roots * roots.T).applyfunc(sp.simplify) == sp.zeros(n)
    assert (T + T.T + roots * roots.T + signed * signed.T).applyfunc(sp.simplify) == sp.zeros(n)


def test_legs_has_minus_one_to_minus_n_as_eigenvalues() -> None:
    A = m.legs(5)[0]
    assert A.is_lower and sorted(A.eigenvals()) == [-5, -4, -3, -2, -1]


def cubic() -> sp.Expr:
    t = sp.Symbol("t", real=True)
    return 1 - 3 * t + 2 * t**3


def test_legs_is_exact_and_legt_only_where_the_series_is() -> None:
    u = cubic()
    assert m.residual("legs", u, 3) == [0] * 3
    assert m.residual("legs", u, 5) == [0] * 5
    assert m.residual("legt", u, 4) == [0] * 4
    tenth = sp.Rational(1, 10)
    assert m.residual("legt", u, 3) == [sp.sqrt(2) * tenth, -sp.sqrt(6) * tenth, sp.sqrt(10) * tenth]


@pytest.mark.parametrize("u", [sp.sin(sp.Symbol("t", real=True)), sp.Symbol("x"), 1 / sp.Symbol("t", real=True)])
def test_a_residual_asks_for_a_polynomial_in_t(u: sp.Expr) -> None:
    with pytest.raises(ValueError, match="polynomial in the real symbol t"):
        m.residual("legs", u, 3)


# -- the delay ---------------------------------------------------------------------------------------------------------
def leading(n: int) -> Fraction:
    odd = math.prod(range(1, 2 * n, 2))
    return Fraction(2 * (-1) ** (n - 1), 4**n * odd**2)


@pytest.mark.parametrize("n", [1, 2, 3, 4, 7, 12])
def test_the_delay_is_the_pade_approximant(n: int) -> None:
    top, bottom = m.delay_transfer(n)
    assert len(top) == n and len(bottom) == n + 1 and bottom[-1] == 1
    series = m.delay_series(n, 2 * n + 1)
    assert series[:-1] == [0] * (2 * n)
    assert series[-1] == leading(n)


def test_the_delay_of_two_states_by_hand() -> None:
    """(6 − 2z)/(6 + 4z + z²)."""
    assert m.delay_transfer(2) == ([6, -2], [6, 4, 1])
    assert m.delay_transfer(1) == ([1], [1, 1])
    assert m.delay_series(1, 1) == [0]
    assert m.delay_series(1, 3) == [0, 0, Fraction(1, 2)]


@settings(max_examples=60, deadline=None)
@given(n=st.integers(1, 8), z=st.fractions(Fraction(1, 50), 60))
def test_the_error_of_the_delay_is_between_0_and_its_bound_with_alternating_sign(n: int, z: Fraction) -> None:
    top, bottom = m.delay_transfer(n)
    H = sum(c * z**k for k, c in enumerate(top)) / sum(c * z**k for k, c in enumerate(bottom))
    error = sp.N(sp.Rational(H.numerator, H.denominator) - sp.exp(-sp.Rational(z.numerator, z.denominator)), 60)
    signed = (-1) ** (n - 1) * error
    assert 0 < signed
    assert float(signed) <= m.delay_bound(n, float(z)) * (1 + 1e-12)


def test_the_bound_of_the_delay_is_sharp_at_0() -> None:
    for n in (1, 2, 3, 5):
        z = 1e-3
        assert m.delay_bound(n, z) == pytest.approx(abs(leading(n)) * z ** (2 * n), rel=1e-12)
    assert m.delay_bound(400, 1.0) == 0.0
    assert m.delay_bound(3, 1e3) > 1e9


def test_the_bounds_of_the_discretisations_are_the_formulas() -> None:
    assert m.backward_bound(10, 2.0, 3.0) == pytest.approx(2 * 0.2 / 2 * math.sqrt(0.4) * 3)
    assert m.hold_bound(10, 2.0, 3.0) == pytest.approx(math.sqrt(2) * 0.2 * 3)
    h = 0.2
    whole = h**2 / 2 * math.sqrt(2 / 5) * 3 + 9 * h**3 / 12 * math.sqrt(2 / 7) * 5
    assert m.bilinear_bound(10, 2.0, 3.0, 5.0) == pytest.approx(whole)
    warped = h**2 / 2 * math.sqrt(2 / 3) * 3 + 9 * h**3 / 12 * math.sqrt(2 / 4) * 5
    assert m.bilinear_bound(10, 2.0, 3.0, 5.0, power=2) == pytest.approx(warped)
    assert m.bilinear_bound(1, 2.0, 3.0, 5.0) == pytest.approx(4 / 2 * math.sqrt(0.4) * 3)


# -- bad input ---------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("function", [m.legs, m.legt, m.lmu, m.delay_transfer])
@pytest.mark.parametrize(
    ("n", "error", "words"),
    [
        (0, ValueError, "the number of states n must be an integer >= 1, got 0"),
        (-3, ValueError, "got -3"),
        (2.0, TypeError, r"got 2\.0 of type float; use int\(\)"),
        (True, TypeError, "got True of type bool"),
        ("4", TypeError, "got '4' of type str"),
    ],
)
def test_a_number_of_states_that_is_none(function: Any, n: Any, error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        function(n)


def test_integers_of_other_libraries_are_taken() -> None:
    assert m.legs(np.int64(3)) == m.legs(sp.Integer(3)) == m.legs(3)


@pytest.mark.parametrize("call", [m.numeric, m.published, m.integrated, lambda name, n: m.residual(name, cubic(), n)])
def test_an_unknown_measure_lists_the_known_ones(call: Any) -> None:
    with pytest.raises(ValueError, match=r"measure must be one of legs, legt(, lmu)?, got 'legz'"):
        call("legz", 3)


def test_bad_scales_are_named() -> None:
    with pytest.raises(ValueError, match="one factor for each of the 3 states, got 2"):
        m.rescaled(*m.legs(3), [1, 2])
    with pytest.raises(ValueError, match="must not hold 0"):
        m.rescaled(*m.legs(2), [1, 0])


@pytest.mark.parametrize("bad", [0.0, -1.0, math.nan, math.inf])
def test_a_length_of_time_is_positive_and_finite(bad: float) -> None:
    for call in (
        lambda: m.backward_bound(3, bad, 1.0),
        lambda: m.bilinear_bound(3, 1.0, 1.0, bad),
        lambda: m.hold_bound(3, 1.0, bad),
        lambda: m.delay_bound(3, bad),
        lambda: m.published("lmu", 3, bad),
    ):
        with pytest.raises(ValueError, match="positive and finite"):
            call()


def test_what_is_no_number_of_seconds_is_a_type_error() -> None:
    for bad in ("long", None, True):
        with pytest.raises(TypeError, match="must be a positive number"):
            bounds.backward_bound(3, bad, 1.0)


def test_names_are_listed_and_others_refused() -> None:
    assert set(m.__all__) <= set(dir(m))
    for name in m.__all__:
        assert getattr(m, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'hippopotamus'"):
        m.hippopotamus  # noqa: B018


def test_the_package_is_light_until_it_is_used() -> None:
    script = "import sys, assayer.results.hippo; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout.split()
    assert not {"torch", "numpy", "sympy", "matplotlib"} & set(loaded)
    assert not [name for name in loaded if name.startswith("assayer.derivation")]
