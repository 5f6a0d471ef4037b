"""Gradient accumulation, batch sizes and learning rates, stationary noise, gradient flow."""

from __future__ import annotations

import random
from fractions import Fraction

import sympy as sp
from sympy import Abs, Eq, Function, Ge, Le, Lt, Max, Sum, exp, pi, sqrt

from trap_bank.kinds import Point, TrueStep

n, k = sp.symbols("n k", integer=True, positive=True)
i, j = sp.symbols("i j", integer=True, nonnegative=True)
eta, h, B, C, s, B0, r = sp.symbols("eta h B C s B_0 r", positive=True)
g, x, y = sp.symbols("g x y", real=True)
a1, a2, a3 = sp.symbols("a1:4", real=True)
n1, n2, n3 = sp.symbols("n1:4", positive=True)
f = Function("f", real=True)
pair = Function("pair", real=True)


def table(rng: random.Random) -> Point:
    """Gradients in k groups of n."""
    seed = rng.randint(0, 10**6)
    return {
        n: rng.randint(1, 6),
        k: rng.randint(1, 6),
        "pair": lambda p, q: Fraction(hash((seed, int(p), int(q))) % 83 - 40, 9),
        "f": lambda p: Fraction(hash((seed, int(p))) % 83 - 40, 9),
    }


def fixed_point(rng: random.Random) -> Point:
    rate, slope, noise = Fraction(rng.randint(1, 19), 10), Fraction(1), Fraction(rng.randint(1, 9), 4)
    return {eta: rate, h: slope, C: noise, s: rate * noise / (slope * (2 - rate * slope))}


STEPS = (
    TrueStep(
        "accumulation-mean-of-means",
        Sum(Sum(pair(i, j), (i, 1, n)) / n, (j, 1, k)) / k,
        "=",
        Sum(pair(i, j), (i, 1, n), (j, 1, k)) / (n * k),
        topic="gradient accumulation",
        source="equal groups: the constants move out",
        sample=table,
    ),
    TrueStep(
        "accumulation-two-groups",
        (x + y) / 2 - (n1 * x + n2 * y) / (n1 + n2),
        "=",
        -(n1 - n2) * (x - y) / (2 * (n1 + n2)),
        topic="gradient accumulation",
        source="one fraction",
    ),
    TrueStep(
        "accumulation-covariance",
        (a1 + a2 + a3) / 3 - (n1 * a1 + n2 * a2 + n3 * a3) / (n1 + n2 + n3),
        "=",
        -3 / (n1 + n2 + n3) * ((n1 * a1 + n2 * a2 + n3 * a3) / 3 - (n1 + n2 + n3) / 3 * (a1 + a2 + a3) / 3),
        topic="gradient accumulation",
        source="minus the covariance of sizes and means",
    ),
    TrueStep(
        "accumulation-swap",
        Sum(pair(i, j), (i, 1, n), (j, 1, k)),
        "=",
        Sum(pair(i, j), (j, 1, k), (i, 1, n)),
        topic="gradient accumulation",
        source="finite sums over a rectangle commute",
        sample=table,
    ),
    TrueStep(
        "accumulation-shift",
        Sum(f(i + 1), (i, 0, n - 1)),
        "=",
        Sum(f(k), (k, 1, n)),
        topic="gradient accumulation",
        source="shift the index",
        sample=table,
    ),
    TrueStep(
        "batch-best-step",
        eta * g**2 - eta**2 * h / 2,
        "<=",
        g**4 / (2 * h),
        topic="batch size",
        source="complete the square: h(η − g²/h)²/2 ≥ 0",
    ),
    TrueStep(
        "batch-best-rate",
        x**2 / (h + s / B),
        "=",
        (x**2 / h) / (1 + (s / h) / B),
        topic="batch size",
        source="divide by h",
    ),
    TrueStep(
        "batch-hyperbola",
        (r / s - 1) * (C / h - 1),
        "=",
        1,
        hypotheses=(Eq(r, s * (1 + B0 / B)), Eq(C, h * (1 + B / B0))),
        sample=lambda rng: (
            lambda low, least, noise, size: {
                s: low,
                h: least,
                B0: noise,
                B: size,
                r: low * (1 + noise / size),
                C: least * (1 + size / noise),
            }
        )(*(Fraction(rng.randint(1, 60), 7) for _ in range(4))),
        topic="batch size",
        source="steps and examples trade off",
    ),
    TrueStep(
        "batch-surge",
        2 / (B / B0 + B0 / B),
        "<=",
        1,
        topic="batch size",
        source="x + 1/x ≥ 2",
    ),
    TrueStep(
        "batch-two-noises",
        2 * (1 + r**2) / (pi * s * r**2) - 2 * (1 - r**2) / (pi * s * r**2),
        "=",
        4 / (pi * s),
        topic="batch size",
        source="1/B₂ − 1/B₁",
    ),
    TrueStep(
        "batch-stationary-variance",
        s,
        "=",
        eta * C / (h * (2 - eta * h)),
        hypotheses=(Eq(s, (1 - eta * h) ** 2 * s + eta**2 * C), Lt(eta * h, 2)),
        topic="hessian adaptive",
        source="solve the fixed point",
        sample=fixed_point,
    ),
    TrueStep(
        "batch-stable",
        Abs(1 - eta * h),
        "<",
        1,
        hypotheses=(Lt(eta * h, 2),),
        topic="hessian adaptive",
        source="0 < ηh < 2",
    ),
    TrueStep(
        "batch-row-norm",
        sqrt(x**2 + y**2),
        ">=",
        Abs(x),
        topic="hessian adaptive",
        source="a row's norm is at least its entry",
    ),
    TrueStep(
        "flow-descent-below",
        (1 - eta * h) ** n,
        "<=",
        exp(-eta * h * n),
        hypotheses=(Le(eta * h, 1),),
        topic="gradient flow",
        source="1 − x ≤ e^{−x} to the power n",
    ),
    TrueStep(
        "flow-prox-above",
        (1 + eta * h) ** (-n),
        ">=",
        exp(-eta * h * n),
        topic="gradient flow",
        source="1 + x ≤ e^x to the power n",
    ),
    TrueStep(
        "flow-jko-root",
        (1 + h) * ((s + sqrt(s**2 + 4 * h * (1 + h))) / (2 * (1 + h))) ** 2,
        "=",
        s * (s + sqrt(s**2 + 4 * h * (1 + h))) / (2 * (1 + h)) + h,
        topic="gradient flow",
        source="the positive root of (1+h)S² − sS − h",
    ),
    TrueStep(
        "flow-variance-positive",
        1 + (s - 1) * exp(-2 * h),
        ">",
        0,
        topic="gradient flow",
        source="a mean of 1 and s with weights 1 − e^{−2h} and e^{−2h}",
    ),
    TrueStep(
        "flow-variance-between",
        1 + (s - 1) * exp(-2 * h),
        "<=",
        Max(1, s),
        topic="gradient flow",
        source="the same mean",
    ),
    TrueStep(
        "flow-lyapunov",
        h * (g - eta) / 2 - h * (g - eta),
        "<=",
        0,
        hypotheses=(Ge(g, eta),),
        topic="gradient flow",
        source="half of what is not negative",
    ),
    TrueStep(
        "flow-strong",
        exp(-2 * h * (k + 1)),
        "<",
        exp(-2 * h * k),
        topic="gradient flow",
        source="the exponential grows",
    ),
)
