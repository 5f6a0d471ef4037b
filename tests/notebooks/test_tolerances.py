"""A tolerance typed in a chapter is found; one that a budget gives is not."""

from __future__ import annotations

from typing import Any

import pytest

TYPED = {
    "close(a, b, atol=1e-6)": "atol=1e-06",
    "close(a, b, rtol=10**-6)": "rtol=10 **",
    "close(a, b, tol=2 * 1e-9)": "tol=2 * 1e-09",
    "check('x', predicted=1, measured=2, budget=0.1)": "budget=0.1",
    "tol = 1e-8": "tol = 1e-08",
    "abs_tolerance: float = 1e-8": "abs_tolerance",
    "def near(a, b, tol=1e-8): return a": "tol=1e-08",
    "near = lambda a, *, atol=1e-8: a": "atol=1e-08",
    "assert error < 1e-6": "error < 1e-06",
    "assert 0.001 > error": "0.001 > error",
    "assert abs(a - b) <= 0.5": "abs(a - b) <= 0.5",
    "assert (a - b).abs() < 0.5": "0.5",
    "assert math.isclose(a, b)": "falls back on its default",
    "assert math.isclose(a, b, abs_tol=budget)": "default rel_tol",
    "assert torch.allclose(a, b, rtol=0)": "default atol",
    "torch.testing.assert_close(a, b)": "default atol and rtol",
    "np.testing.assert_allclose(a, b, atol=budget)": "default rtol",
    "np.testing.assert_almost_equal(a, b)": "typed places",
    "assert x == pytest.approx(1.5)": "default abs and rel",
    "assert x == approx(1.5, abs=1e-3)": "abs=0.001",
    "assert round(x, 6) == y": "round(x, 6)",
}
DERIVED = [
    "close(a, b, atol=budget, rtol=0)",
    "assert error < budget.value",
    "assert abs(a - b) <= 1",
    "assert x > 0.5",
    "assert abs(a - b) > 0",
    "assert math.isclose(a, b, rel_tol=rounding(n))",
    "assert torch.allclose(a, b, rtol=0, atol=budget)",
    "torch.testing.assert_close(a, b, **budget)",
    "assert x == approx(1.5, abs=budget)",
    "optimizer = Adam(epsilon=1e-8, lr=1e-3)",
    "check('x', predicted=1, measured=2, budget=sampling(runs=2**20, false_alarm=2e-9))",
    "print(round(x, 3))",
    "total = sum(x < y for x in range(9))",
]
CELL = 13


def _planted(book: Any, code: str) -> list[Any]:
    return book.plant(lambda node: node["cells"][CELL].update(source=code), remember=True)


@pytest.mark.parametrize("code", TYPED)
def test_a_typed_tolerance_is_found(book: Any, code: str) -> None:
    findings = _planted(book, code)
    assert [(finding.rule, finding.cell) for finding in findings] == [("tolerance", CELL)]
    assert "line 1" in findings[0].message
    assert TYPED[code] in findings[0].message


@pytest.mark.parametrize("code", DERIVED)
def test_a_derived_budget_is_left_alone(book: Any, code: str) -> None:
    assert _planted(book, code) == []
