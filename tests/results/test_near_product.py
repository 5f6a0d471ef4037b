"""assayer.results.near_product against independent methods; each agreement is shown to reject planted faults."""

from __future__ import annotations

import math
import random
import subprocess
import sys
from collections.abc import Callable
from functools import cache
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from assayer.results import near_product as m
from assayer.results.near_product import scan

Minimize = Callable[[int], tuple[int, int, int]]
EXHAUSTIVE = 20_000


@cache
def table() -> NDArray[np.int64]:
    return m.brute_force_table(EXHAUSTIVE)


def all_triples(n: int) -> tuple[int, int, int]:
    """By the definition alone: all a <= b with ab <= n, c the rest; the least sum, then the least a + b."""
    pairs = ((a, b) for a in range(n + 1) for b in range(a, n + 1) if a * b <= n)
    return min(((a, b, n - a * b) for a, b in pairs), key=lambda t: (sum(t), t[0] + t[1]))


# Agreements. Each takes the function under test, so that the same lines can be tried on a faulty one.


def agrees_with_all_triples(minimize: Minimize) -> None:
    for n in range(61):
        assert minimize(n) == all_triples(n), n


def agrees_with_the_definition(minimize: Minimize) -> None:
    for n in range(401):
        assert minimize(n) == m.brute_force(n), n


def agrees_with_the_table(minimize: Minimize) -> None:
    for n, least in enumerate(table().tolist()):
        a, b, c = minimize(n)
        assert 0 <= a <= b and c >= 0 and a * b + c == n, n
        assert a + b + c == least, n


def agrees_with_a_scan_over_a(minimize: Minimize) -> None:
    draw = random.Random(18)
    sizes = [(10**18, 6), (10**21, 4), (10**24, 2)]
    for n in [draw.randrange(size // 2, size) for size, count in sizes for _ in range(count)]:
        a, b, c = minimize(n)
        assert a * b + c == n and a + b + c == m.scan_over_a(n), n


AGREEMENTS = [
    agrees_with_all_triples,
    agrees_with_the_definition,
    agrees_with_the_table,
    agrees_with_a_scan_over_a,
]


@pytest.mark.parametrize("agreement", AGREEMENTS, ids=lambda f: f.__name__)
def test_minimize(agreement: Callable[[Minimize], None]) -> None:
    agreement(m.minimize)


# What is planted, and the agreements that must notice it. A fault in the choice among ties is noticed only where
# the whole triple counts; one that loses the early stop would run for hours on large numbers.
SMALL, TRIPLES = AGREEMENTS[:3], AGREEMENTS[:2]
FAULTS = {
    "the root of d, not the least root above": ("q = isqrt(d - 1) + 1", "q = isqrt(d) + 1", SMALL),
    "a root one too large": ("q = isqrt(d - 1) + 1", "q = isqrt(d - 1) + 2", AGREEMENTS),
    "no parity": ("q += (q ^ d) & 1", "q += 0", AGREEMENTS),
    "the wrong parity": ("q += (q ^ d) & 1", "q += (q ^ d ^ 1) & 1", AGREEMENTS),
    "stops one p early": ("while gap > 0", "while gap > 4", SMALL),
    "stops at the start": ("while gap > 0", "while False", AGREEMENTS),
    "forgets a = b = 0": ("if n <= best", "if n < 0", SMALL),
    "another tie at n = 4": ("if n <= best", "if n < best", TRIPLES),
    "the last tie": ("if rest < gap", "if rest <= gap", TRIPLES),
    "the last p, not the best": ("gap = rest", "gap = gap", SMALL[1:]),
    "p starts one late": ("p = isqrt(4 * n)", "p = isqrt(4 * n) + 1", AGREEMENTS),
    "p starts at twice the root": ("p = isqrt(4 * n)", "p = 2 * isqrt(n)", SMALL),
    "d grows by 2p": ("step = 2 * p + 1", "step = 2 * p", SMALL),
}


@pytest.mark.parametrize(
    ("fault", "agreement"), [(fault, a) for fault, (_, _, noticed) in FAULTS.items() for a in noticed]
)
def test_a_planted_fault_is_noticed(
    fault: str, agreement: Callable[[Minimize], None], planted: Callable[[Any, str, str], Any]
) -> None:
    old, new, _ = FAULTS[fault]
    faulty = planted(scan.minimize, old, new)
    # A faulty start makes the root of a negative number: that is noticed as well.
    with pytest.raises((AssertionError, ValueError)):
        agreement(faulty)


@settings(max_examples=200, deadline=None)
@given(st.integers(min_value=0, max_value=10**7))
def test_minimize_up_to_ten_million(n: int) -> None:
    """Against every a from 1 to sqrt n, with no early stop: S = n + 1 - (a - 1)(b - 1)."""
    a = np.arange(1, math.isqrt(n) + 1, dtype=np.int64)
    least = min(n, int((n + 1 - (a - 1) * (n // a - 1)).min())) if a.size else n
    assert sum(m.minimize(n)) == least
    assert m.scan_over_a(n) == least


@pytest.mark.parametrize("size", [10**9, 10**12, 10**16, 10**18])
def test_stopping_early_loses_nothing(size: int) -> None:
    draw = random.Random(size)
    for n in [draw.randrange(size // 2, size) for _ in range(4)]:
        assert m.minimize(n) == m.proven_window(n)


def test_the_other_roads_agree_from_nothing_on() -> None:
    """Small numbers are where a = b = 0 wins, and where a road has nothing to walk."""
    for n in range(400):
        triple = all_triples(n) if n <= 60 else m.brute_force(n)
        assert m.brute_force(n) == m.proven_window(n) == triple, n
        assert m.scan_over_a(n) == m.scan_over_a(n, chunk=1) == m.least_sum(n) == sum(triple), n
        assert n == 0 or sum(m.published_scan(n)) == (sum(triple) if n > 3 else n + 1), n
    assert m.published_scan(0) == (0, 0, 0)


def test_the_scan_over_a_ends_where_it_says() -> None:
    """10^24 = (10^12)^2 is its own best product."""
    assert m.scan_over_a(10**24) == 2 * 10**12
    assert m.scan_over_a(10**12 + 1, chunk=3) == m.least_sum(10**12 + 1)


@pytest.mark.parametrize("bits", [999, 1000])
def test_long_numbers_are_named_by_their_length(bits: int) -> None:
    n = -(2 ** (bits - 1))
    with pytest.raises(ValueError) as error:
        m.minimize(n)
    assert (f"got {n}" in str(error.value)) is (bits < 1000)
    assert (f"a number of {bits} bits, below zero" in str(error.value)) is (bits >= 1000)


@pytest.mark.parametrize(
    ("n", "triple"),
    [
        (0, (0, 0, 0)),
        (1, (0, 0, 1)),
        (2, (0, 0, 2)),
        (3, (0, 0, 3)),
        (4, (0, 0, 4)),
        (5, (0, 0, 5)),
        (6, (2, 3, 0)),
        (19, (3, 6, 1)),
        (130, (10, 13, 0)),
        (2890, (38, 76, 2)),
    ],
)
def test_known_cases(n: int, triple: tuple[int, int, int]) -> None:
    assert m.minimize(n) == triple


@pytest.mark.parametrize("digits", [1, 3, 9, 18, 30, 60, 150])
def test_products_of_near_equal_factors(digits: int) -> None:
    """S >= 2 sqrt n. So at a square, at a pronic number and at (r - k)(r + k) with k^2 < r, S is a + b."""
    r = 10**digits + 7
    for a, b in [(r, r), (r, r + 1), (r - 2, r + 2)]:
        if (b - a) ** 2 < 4 * r:
            assert m.minimize(a * b) == (a, b, 0)


def test_ten_to_the_36() -> None:
    """No independent scan reaches so far: what is proved of S is checked, on neighbours."""
    draw = random.Random(36)
    n = draw.randrange(10**36, 10**37)
    sums = []
    for k in range(3):
        a, b, c = m.minimize(n + k)
        assert 0 <= a <= b and c >= 0 and a * b + c == n + k
        assert math.isqrt(4 * (n + k) - 1) + 1 <= a + b + c < m.search_bound(n + k)
        sums.append(a + b + c)
    assert all(later <= sooner + 1 for sooner, later in pairwise(sums))


def test_minimizers_are_all_and_in_order() -> None:
    for n in range(400):
        triples = [(a, b, n - a * b) for a in range(math.isqrt(n) + 1) for b in range(a, n // max(a, 1) + 1)]
        best = min(map(sum, triples))
        ties = sorted((t for t in triples if sum(t) == best), key=lambda t: t[0] + t[1])
        assert m.minimizers(n) == ties
        assert m.minimize(n) == ties[0]
    assert len(m.minimizers(2628)) == 5


def test_the_search_bound_is_exact_and_holds() -> None:
    """The ceiling agrees with 60 digits wherever that decides, and is exact where the bound is an integer."""
    import mpmath

    with mpmath.workdps(60):
        for n in [*range(2000), *(10**k + j for k in range(4, 25) for j in range(-2, 3))]:
            root = mpmath.sqrt(n)
            bound = 2 * root + 2 + mpmath.sqrt(1 + 4 * root)
            nearest = mpmath.nint(bound)
            exact = nearest if abs(bound - nearest) < mpmath.mpf(10) ** -40 else mpmath.ceil(bound)
            assert m.search_bound(n) == int(exact), n
    # sqrt n = k(k + 1) makes both roots integers: 2k(k + 1) + 2 + (2k + 1).
    assert [m.search_bound((k * (k + 1)) ** 2) for k in (0, 1, 5, 10**9)] == [
        2 * k * (k + 1) + 2 + 2 * k + 1 for k in (0, 1, 5, 10**9)
    ]
    assert all(least < m.search_bound(n) for n, least in enumerate(table().tolist()))


def test_what_is_published_and_wrong() -> None:
    printed = [n for n in range(1, 5000) if sum(m.first_algorithm(n) or (10**9,)) != table()[n]]
    assert printed == [
        *(1, 2, 3, 8, 18, 19, 32, 33, 34, 98, 128, 129, 162, 163, 164, 200, 201, 202, 203),
        *(512, 882, 883, 968, 969, 970, 971, 2048, 2049, 2888, 2889, 2890),
    ]
    closed = [n for n in range(1, 5000) if sum(m.first_algorithm(n, closed=True) or ()) != table()[n]]
    assert closed == [n for n in printed if n in closed] and len(closed) == 19
    ends = [8, 18, 32, 98, 128, 162, 200, 512, 882, 968, 2048, 2888]
    assert [n for n in printed if n not in closed] == ends
    assert m.first_algorithm(2) is None and m.first_algorithm(19) == (4, 4, 3)
    assert [n for n in range(EXHAUSTIVE + 1) if sum(m.published_scan(n)) != table()[n]] == [1, 2, 3]
    assert m.naive_rule(130) == (11, 11, 9)
    wrong = np.flatnonzero(m.naive_table(EXHAUSTIVE) != table())
    assert [int((wrong <= limit).sum()) for limit in (100, 1000, 10_000, 20_000)] == [46, 729, 8837, 18161]


@pytest.mark.parametrize("closed", [False, True])
def test_tables_agree_with_their_functions(closed: bool) -> None:
    sums = m.first_algorithm_table(3000, closed).tolist()
    for n in range(1, 3001):
        triple = m.first_algorithm(n, closed)
        assert sums[n] == (sum(triple) if triple else -1)
        assert triple is None or triple[0] * triple[1] + triple[2] == n
    naive = m.naive_table(3000)
    assert not [n for n in range(3001) if naive[n] != sum(m.naive_rule(n))][:5]
    assert m.brute_force_table(0).tolist() == [0]
    assert m.brute_force_table(60).tolist() == [sum(all_triples(n)) for n in range(61)]


def test_the_excess_and_its_law() -> None:
    assert m.excess(1) == -1
    assert m.excess(10**6) == 0
    assert math.isclose(m.excess(130), (23 - 2 * math.sqrt(130)) / 130 ** (1 / 6), rel_tol=1e-13)
    n = (10**20 - 10**4) * (10**20 + 10**4) + 5
    # Far out, 2 sqrt n alone has no digit left after the point in float64.
    below = 10**8 / 10**20
    assert math.isclose(m.excess(n) * n ** (1 / 6), 5 + below, rel_tol=1e-12)
    assert m.excess_law(-1) == m.excess_law(0) == 1
    steps = 20_000
    area = sum(m.excess_law((k + 0.5) * 12 / steps) for k in range(steps)) * 12 / steps
    assert math.isclose(area, m.EXCESS_MEAN, rel_tol=1e-6)


INTEGER_ONLY = [m.minimize, m.least_sum, m.minimizers, m.search_bound, m.brute_force, m.brute_force_table]
INTEGER_ONLY += [m.naive_rule, m.naive_table, m.published_scan, m.proven_window, m.scan_over_a, m.excess]
INTEGER_ONLY += [m.first_algorithm, m.first_algorithm_table]


@pytest.mark.parametrize("function", INTEGER_ONLY, ids=lambda f: f.__name__)
def test_bad_input_is_named(function: Callable[[Any], Any]) -> None:
    with pytest.raises(ValueError, match=rf"{function.__name__} .* got -1$"):
        function(-1)
    for value in (2.5, 2.0, "7", None, True, np.float64(3), np.array([3, 4])):
        with pytest.raises(TypeError, match=rf"^{function.__name__} needs an integer") as error:
            function(value)
        assert repr(value) in str(error.value) and type(value).__name__ in str(error.value)


def test_other_integers_and_limits() -> None:
    import sympy

    for n in (np.int64(130), np.uint8(130), sympy.Integer(130)):
        assert m.minimize(n) == (10, 13, 0)
        assert all(type(x) is int for x in m.minimize(n))
    with pytest.raises(ValueError, match=r"minimize .* bits, below zero"):
        m.minimize(-(10**5000))
    with pytest.raises(ValueError, match=r"10\^24"):
        m.scan_over_a(10**24 + 1)
    for function in (m.first_algorithm, m.excess):
        with pytest.raises(ValueError, match=rf"{function.__name__} needs an integer n >= 1, got 0"):
            function(0)


def test_minimize_needs_the_standard_library_only() -> None:
    program = (
        "import sys; from assayer.results.near_product import minimize; minimize(10**9); "
        "print(sorted({'torch', 'numpy', 'sympy', 'assayer.derivation'} & set(sys.modules)))"
    )
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"


def test_every_name_is_found() -> None:
    assert set(m.__all__) <= set(dir(m))
    assert all(getattr(m, name) is not None for name in m.__all__)
    with pytest.raises(AttributeError, match="no attribute 'minimise'"):
        _ = m.minimise
