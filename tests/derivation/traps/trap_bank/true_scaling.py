"""Tails of power laws, rounding to a grid, gradients through recurrent cells."""

from __future__ import annotations

from fractions import Fraction

import sympy as sp
from sympy import Abs, Eq, Ge, Le, Rational, Sum, exp, floor, sinh, tanh

from assayer.derivation import cases
from trap_bank.kinds import TrueStep

x, a, U = sp.symbols("x a U", real=True)
gamma, C, s = sp.symbols("gamma C s", positive=True)
n, k, t, N = sp.symbols("n k t N", integer=True, positive=True)
s1, v = sp.symbols("s1 v", nonnegative=True)

STEPS = (
    TrueStep(
        "scaling-tail",
        1 / (k + 1) ** 2,
        "<=",
        1 / k - 1 / (k + 1),
        topic="scaling",
        source="1/(k(k+1)) ≥ 1/(k+1)²",
    ),
    TrueStep(
        "scaling-sum-of-squares",
        Sum(1 / k**2, (k, 1, n)),
        "<=",
        2 - 1 / n,
        topic="scaling",
        source="induction with the bound on a term",
    ),
    TrueStep(
        "scaling-tail-sum",
        Sum(1 / k**2, (k, n + 1, N)),
        "<=",
        1 / n - 1 / N,
        hypotheses=(Ge(N, n),),
        topic="scaling",
        source="term by term, then telescope",
        sample=lambda rng: (lambda start: {n: start, N: start + rng.randint(0, 12)})(rng.randint(1, 9)),
    ),
    TrueStep(
        "scaling-data-exponent",
        s ** (-gamma),
        "=",
        C ** (gamma / (gamma + 1)),
        hypotheses=(Eq(C, s ** (-(gamma + 1))),),
        sample=lambda rng: (lambda power, size: {gamma: power, s: size, C: size ** -(power + 1)})(
            rng.randint(1, 5), Fraction(rng.randint(1, 60), 7)
        ),
        topic="scaling",
        source="powers of a positive base",
    ),
    TrueStep(
        "scaling-compute",
        (s * s ** (gamma + 1)) ** (-gamma / (gamma + 2)),
        "=",
        s ** (-gamma),
        topic="scaling",
        source="powers of a positive base",
    ),
    TrueStep(
        "scaling-falls",
        (s + C) ** (-gamma),
        "<=",
        s ** (-gamma),
        topic="scaling",
        source="a negative power falls",
    ),
    TrueStep(
        "quantised-error",
        Abs(x - s * floor(x / s + Rational(1, 2))),
        "<=",
        s / 2,
        topic="quantisation",
        source="rounding moves by at most half a step",
    ),
    TrueStep(
        "rnn-saturation",
        Abs(x) * (1 - tanh(x) ** 2),
        "<=",
        Rational(4478, 10000),
        box={x: (-8, 8)},
        topic="rnn",
        source="the maximum 0.44774… at 0.7717…",
    ),
    TrueStep(
        "rnn-saturation-everywhere",
        x * (1 - tanh(x) ** 2),
        "<=",
        Rational(1, 2),
        hints=(cases(Le(x, 0), Ge(x, 3)),),
        topic="rnn",
        source="x/cosh² x ≤ x/(1 + x²) ≤ 1/2",
    ),
    TrueStep(
        "rnn-slope",
        Abs(U * (1 - tanh(U * x) ** 2)),
        "<=",
        Abs(U),
        topic="rnn",
        source="0 < 1 − tanh² ≤ 1",
    ),
    TrueStep("rnn-forget", C**t, "<=", 1, hypotheses=(Le(C, 1),), topic="rnn", source="a power of a number below 1"),
    TrueStep(
        "rnn-forget-exponential",
        (1 - v) ** t,
        "<=",
        exp(-v * t),
        hypotheses=(Le(v, 1),),
        topic="rnn",
        source="1 − v ≤ e^{−v}",
        sample=lambda rng: {v: Fraction(rng.randint(0, 10), 10), t: rng.randint(1, 12)},
    ),
    TrueStep(
        "rnn-fixed-point-stable",
        2 * s / sinh(2 * s),
        "<",
        1,
        topic="rnn",
        source="sinh y > y for y > 0",
    ),
    TrueStep(
        "rnn-gates",
        v * (1 - a**2) * s1 * (1 - tanh(x) ** 2),
        "<=",
        1,
        hypotheses=(Le(v, 1), Le(s1, 1), Le(a**2, 1)),
        topic="rnn",
        source="a product of numbers in [0, 1]",
        sample=lambda rng: {
            v: Fraction(rng.randint(0, 10), 10),
            s1: Fraction(rng.randint(0, 10), 10),
            a: Fraction(rng.randint(-10, 10), 10),
            x: Fraction(rng.randint(-30, 30), 10),
        },
    ),
)
