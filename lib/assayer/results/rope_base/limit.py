"""The limit of a large head size: (2/d) f_b(m) → (Ci(m) − Ci(m/b))/log b, and how far from it a finite d may be."""

from __future__ import annotations

import math

from flint import arb

from assayer.results.rope_base.balls import Base, ball, precision

FIRST_ZERO = (616505485620716233, 616505485620716235)
"""The first zero of Ci lies between these, in units of 10⁻¹⁸; proved in the chapter."""


def limit_value(b: Base, m: int, bits: int = 80) -> arb:
    """A ball around (Ci(m) − Ci(m/b))/log b for m ≥ 1 and b > 1; `ValueError` elsewhere."""
    with precision(bits):
        base = ball(b)
        if m < 1 or not base > 1:
            raise ValueError(f"the limit is taken for m ≥ 1 and b > 1, not m = {m} and b = {b}")
        return (arb(m).ci() - (arb(m) / base).ci()) / base.log()


def riemann_bound(b: float, m: float, head_dim: int) -> float:
    """(m − m/b)(1/2 + log b/(12h))/h with h = d/2: what (2/d) f_b(m) may differ from its limit, as proved."""
    half = head_dim / 2
    return (m - m / b) / half * (0.5 + math.log(b) / (12 * half))
