"""Matrices through their scalars: LoRA, the polynomials of Muon, counts of Monarch, spectral decay."""

from __future__ import annotations

import random
from collections.abc import Callable
from fractions import Fraction

import sympy as sp
from sympy import Eq, Ge, Le, Lt, Mod, Rational, Sum, floor, pi, sqrt

from trap_bank.kinds import Point, TrueStep

x, a, b, G = sp.symbols("x a b G", real=True)
x1, x2, kappa, eta, B = sp.symbols("x1 x2 kappa eta B", positive=True)
n, m, r, k, t = sp.symbols("n m r k t", integer=True, positive=True)
i, q = sp.symbols("i q", integer=True, nonnegative=True)
s1, s2, v = sp.symbols("s1 s2 v", nonnegative=True)
quintic = (15 * x - 10 * x**3 + 3 * x**5) / 8
muon = Rational(34445, 10000) * x - Rational(47750, 10000) * x**3 + Rational(20315, 10000) * x**5
unit = (Ge(x, 0), Le(x, 1))


def within(symbol: sp.Symbol) -> Callable[[random.Random], Point]:
    """Values in [0, 1]."""
    return lambda rng: {symbol: Fraction(rng.randint(0, 100), 100)}


def ranks(rng: random.Random) -> Point:
    """A rank up to both sides of a matrix."""
    rows, columns = rng.randint(1, 30), rng.randint(1, 30)
    return {n: rows, m: columns, r: rng.randint(1, min(rows, columns))}


STEPS = (
    TrueStep(
        "lora-one-step",
        (a - eta * G * b) * (b - eta * a * G) - a * b,
        "=",
        -eta * G * (a**2 + b**2) + eta**2 * G**2 * a * b,
        topic="lora",
        source="multiply out",
    ),
    TrueStep(
        "lora-cheaper",
        2 + 3 * r * (n + m) / (n * m),
        "<=",
        3,
        hypotheses=(Le(3 * r * (n + m), n * m),),
        topic="lora",
        source="divide by nm > 0",
        sample=lambda rng: (lambda rank: {r: rank, n: 6 * rank + rng.randint(0, 9), m: 6 * rank + rng.randint(0, 9)})(
            rng.randint(1, 9)
        ),
    ),
    TrueStep(
        "lora-dimension",
        r * (n + m - r),
        "<=",
        n * m,
        hypotheses=(Le(r, n), Le(r, m)),
        topic="lora",
        source="(n − r)(m − r) ≥ 0",
        sample=ranks,
    ),
    TrueStep(
        "lora-variance",
        (r + m + 1) / r,
        ">",
        1,
        topic="lora",
        source="m + 1 > 0",
    ),
    TrueStep(
        "lora-plus-square",
        (n / m) * sqrt(n / r),
        "=",
        sqrt(n / r),
        hypotheses=(Eq(m, n),),
        topic="lora plus",
        source="m = n",
        sample=lambda rng: (lambda size: {n: size, m: size, r: rng.randint(1, 9)})(rng.randint(1, 40)),
    ),
    TrueStep(
        "lora-ga-second-order",
        (s1 * a + s2 * b) ** 2,
        "<=",
        (s1**2 + s2**2) * (a**2 + b**2),
        topic="lora ga",
        source="Cauchy and Schwarz: the difference is (s₁b − s₂a)²",
    ),
    TrueStep(
        "muon-parametrised",
        x + kappa * x * (x**2 - x1**2) * (x**2 - x2**2),
        "=",
        (1 + kappa * x1**2 * x2**2) * x - kappa * (x1**2 + x2**2) * x**3 + kappa * x**5,
        topic="muon",
        source="multiply out",
    ),
    TrueStep(
        "muon-growth",
        quintic - x,
        "=",
        x * (1 - x**2) * (7 - 3 * x**2) / 8,
        topic="muon",
        source="factor",
    ),
    TrueStep(
        "muon-cubic",
        1 - quintic,
        "=",
        (1 - x) ** 3 * (3 * x**2 + 9 * x + 8) / 8,
        topic="muon",
        source="factor",
    ),
    TrueStep("muon-below-one", quintic, "<=", 1, hypotheses=unit, topic="muon", source="1 − g ≥ 0", sample=within(x)),
    TrueStep("muon-rises", quintic, ">=", x, hypotheses=unit, topic="muon", source="g − x ≥ 0", sample=within(x)),
    TrueStep(
        "muon-cubic-rate",
        1 - quintic,
        "<=",
        Rational(5, 2) * (1 - x) ** 3,
        hypotheses=unit,
        topic="muon",
        source="3x² + 9x + 8 ≤ 20",
        sample=within(x),
    ),
    TrueStep(
        "muon-overshoot",
        muon,
        "<=",
        Rational(12024, 10000),
        box={x: (0, 1)},
        topic="muon",
        source="the maximum 1.20236… at x = 0.5545…",
    ),
    TrueStep(
        "muon-invariant-above",
        muon,
        "<=",
        Rational(1135, 1000),
        box={x: (Rational(6818, 10000), Rational(1135, 1000))},
        topic="muon",
        source="the interval is mapped into itself: the value at its lower end is 1.1344",
    ),
    TrueStep(
        "muon-invariant-below",
        muon,
        ">=",
        Rational(6818, 10000),
        box={x: (Rational(6818, 10000), Rational(1135, 1000))},
        topic="muon",
        source="the minimum 0.68183… at x = 1.05…",
    ),
    TrueStep(
        "muon-repelling",
        1 + 2 * kappa * x2**2 * (x2**2 - x1**2),
        ">",
        1,
        hypotheses=(Lt(x1, x2),),
        topic="muon",
        source="the slope at the larger fixed point",
        sample=lambda rng: (
            lambda low: {x1: low, x2: low + Fraction(rng.randint(1, 30), 11), kappa: rng.randint(1, 9)}
        )(Fraction(rng.randint(1, 30), 11)),
    ),
    TrueStep(
        "monarch-storage",
        n**2 / B + n * B,
        ">=",
        2 * n * sqrt(n),
        topic="monarch",
        source="n(√n/√B − √B)² ≥ 0",
    ),
    TrueStep(
        "monarch-best-block",
        n**2 / B + n * B,
        "=",
        2 * n ** Rational(3, 2),
        hypotheses=(Eq(B, sqrt(n)),),
        sample=lambda rng: (lambda root: {n: root**2, B: root})(rng.randint(1, 30)),
        topic="monarch",
        source="at B = √n",
    ),
    TrueStep(
        "monarch-parameters",
        2 * m**3 - m**2,
        "=",
        2 * n ** Rational(3, 2) - n,
        hypotheses=(Eq(n, m**2),),
        topic="monarch",
        source="n = m², m > 0",
        sample=lambda rng: (lambda size: {m: size, n: size**2})(rng.randint(1, 30)),
    ),
    TrueStep(
        "monarch-cheaper",
        2 * n ** Rational(3, 2),
        "<=",
        n**2,
        hypotheses=(Ge(n, 4),),
        topic="monarch",
        source="√n ≥ 2",
        sample=lambda rng: {n: rng.randint(4, 60)},
    ),
    TrueStep(
        "monarch-row",
        floor((i * m + q) / m),
        "=",
        i,
        hypotheses=(Lt(q, m),),
        topic="monarch",
        source="0 ≤ q/m < 1",
        sample=lambda rng: (lambda size: {m: size, i: rng.randint(0, 9), q: rng.randint(0, size - 1)})(
            rng.randint(1, 9)
        ),
    ),
    TrueStep(
        "monarch-column",
        Mod(i * m + q, m),
        "=",
        q,
        hypotheses=(Lt(q, m),),
        topic="monarch",
        source="0 ≤ q < m",
        sample=lambda rng: (lambda size: {m: size, i: rng.randint(0, 9), q: rng.randint(0, size - 1)})(
            rng.randint(1, 9)
        ),
    ),
    TrueStep(
        "monarch-operations",
        Sum(2 * m**2, (k, 1, 2 * m)),
        "=",
        4 * m**3,
        topic="monarch",
        source="a constant summand",
    ),
    TrueStep(
        "spectral-shrinks",
        (1 - a * v) ** 2,
        "<=",
        1,
        hypotheses=(Ge(a, 0), Le(a, 2), Le(v, 1)),
        topic="spectral decay",
        source="0 ≤ av ≤ 2",
        sample=lambda rng: {a: Fraction(rng.randint(0, 20), 10), v: Fraction(rng.randint(0, 10), 10)},
    ),
    TrueStep(
        "spectral-power-iteration",
        (s2 / s1) ** (2 * t),
        "<=",
        1,
        hypotheses=(Le(s2, s1), sp.Gt(s1, 0)),
        topic="spectral decay",
        source="a power of a number in [0, 1]",
        sample=lambda rng: (lambda top: {s1: top, s2: top * Fraction(rng.randint(0, 10), 10), t: rng.randint(1, 9)})(
            Fraction(rng.randint(1, 50), 7)
        ),
    ),
    TrueStep(
        "spectral-quotient",
        (s1**2 * a**2 + s2**2 * b**2) / (a**2 + b**2),
        "<=",
        s1**2,
        hypotheses=(Le(s2, s1), sp.Gt(a**2 + b**2, 0)),
        topic="spectral decay",
        source="s₂² ≤ s₁²",
        sample=lambda rng: (
            lambda top: {
                s1: top,
                s2: top * Fraction(rng.randint(0, 10), 10),
                a: rng.randint(1, 9),
                b: Fraction(rng.randint(-9, 9), 2),
            }
        )(Fraction(rng.randint(1, 50), 7)),
    ),
    TrueStep(
        "muon-quarter-circle",
        sqrt(4 - x**2) / pi,
        "<=",
        2 / pi,
        hypotheses=(Ge(x, -2), Le(x, 2)),
        topic="muon",
        source="4 − x² ≤ 4",
        sample=lambda rng: {x: Fraction(rng.randint(-20, 20), 10)},
    ),
)
