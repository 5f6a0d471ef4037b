"""Adam and momentum: recursions, their closed forms and what ε and β do to them."""

from __future__ import annotations

import random
from collections.abc import Callable
from fractions import Fraction

import sympy as sp
from sympy import Abs, Eq, Function, Le, Lt, Rational, Sum, exp, pi, sqrt

from assayer.derivation import Forall
from trap_bank.kinds import Point, TrueStep

n, k = sp.symbols("n k", integer=True, positive=True)
i, j = sp.symbols("i j", integer=True, nonnegative=True)
beta, gamma = sp.symbols("beta gamma", positive=True)
eps, h, s = sp.symbols("epsilon h s", positive=True)
g, mu, x, m0 = sp.symbols("g mu x m_0", real=True)
m, f = Function("m", real=True), Function("f", real=True)
below_one = (Lt(beta, 1),)


def decay(rng: random.Random) -> Fraction:
    return Fraction(rng.randint(1, 99), 100)


def averaged(constant: bool) -> Callable[[random.Random], Point]:
    """A moving average from 0 of random (or equal) gradients."""

    def draw(rng: random.Random) -> Point:
        rate, seed = decay(rng), rng.randint(0, 10**6)
        level = Fraction(rng.randint(-40, 40), 9)

        def gradient(q: Fraction) -> Fraction:
            return level if constant else Fraction(hash((seed, int(q))) % 83 - 40, 9)

        def average(q: Fraction) -> Fraction:
            return (1 - rate) * sum((rate ** int(q - l) * gradient(l) for l in range(1, int(q) + 1)), Fraction(0))

        return {n: rng.choice([1, 2, rng.randint(1, 12)]), beta: rate, g: level, "m": average, "f": gradient}

    return draw


def window(rng: random.Random) -> Point:
    """Momentum inside a window of accumulation."""
    rate, seed, start, width = decay(rng), rng.randint(0, 10**6), Fraction(rng.randint(-9, 9)), rng.randint(1, 9)

    def gradient(q: Fraction) -> Fraction:
        return Fraction(hash((seed, int(q))) % 83 - 40, 9)

    return {
        n: rng.randint(1, 12),
        k: width,
        beta: rate,
        m0: start,
        "f": gradient,
        "m": lambda q: (
            rate * start + (1 - rate) / width * sum((gradient(l) for l in range(1, int(q) + 1)), Fraction(0))
        ),
    }


STEPS = (
    TrueStep(
        "adam-bias-correction",
        (1 - beta) * Sum(beta ** (n - k), (k, 1, n)),
        "=",
        1 - beta**n,
        topic="adam",
        source="a geometric sum, by induction on n",
    ),
    TrueStep(
        "adam-constant-gradient",
        m(n),
        "=",
        g * (1 - beta**n),
        hypotheses=(Forall(i, Eq(m(i + 1), beta * m(i) + (1 - beta) * g)), Eq(m(0), 0)),
        topic="adam",
        source="induction on n",
        sample=averaged(True),
    ),
    TrueStep(
        "adam-unrolled",
        m(n),
        "=",
        (1 - beta) * Sum(beta ** (n - k) * f(k), (k, 1, n)),
        hypotheses=(Forall(i, Eq(m(i + 1), beta * m(i) + (1 - beta) * f(i + 1))), Eq(m(0), 0)),
        topic="adam",
        source="induction on n",
        sample=averaged(False),
    ),
    TrueStep(
        "adam-moment-bounded",
        m(n),
        "<=",
        h,
        hypotheses=(
            Forall(i, Eq(m(i + 1), beta * m(i) + (1 - beta) * f(i + 1))),
            Forall(i, Le(f(i), h)),
            Eq(m(0), 0),
            *below_one,
        ),
        topic="adam",
        source="an average of values that are at most h, by induction on n",
        sample=lambda rng: {**averaged(False)(rng), h: 6},
    ),
    TrueStep(
        "adam-squared-weights",
        (1 - beta**2) * Sum(beta ** (2 * i), (i, 0, n)),
        "=",
        1 - beta ** (2 * n + 2),
        topic="adam",
        source="a geometric sum",
    ),
    TrueStep(
        "adam-variance-factor",
        (1 - beta) ** 2 / (1 - beta**2),
        "=",
        (1 - beta) / (1 + beta),
        hypotheses=below_one,
        topic="adam",
        source="cancel 1 − β, which is not 0",
    ),
    TrueStep(
        "adam-bias-positive",
        1 - beta**n,
        ">",
        0,
        hypotheses=below_one,
        topic="adam",
        source="a power of a number below 1 is below 1",
    ),
    TrueStep(
        "adam-correction-below",
        (1 - beta) / (1 - beta**n),
        "<=",
        1,
        hypotheses=below_one,
        topic="adam",
        source="βⁿ ≤ β",
    ),
    TrueStep(
        "adam-off-by-one",
        (1 - beta) / (1 - beta**2) * sqrt((1 - gamma**2) / (1 - gamma)),
        "=",
        sqrt(1 + gamma) / (1 + beta),
        hypotheses=(Lt(beta, 1), Lt(gamma, 1)),
        topic="adam",
        source="cancel under the root",
    ),
    TrueStep(
        "adam-softsign-below",
        g / sqrt(g**2 + eps**2),
        "<",
        1,
        topic="adam epsilon",
        source="g < √(g² + ε²)",
    ),
    TrueStep(
        "adam-softsign-linear",
        Abs(g) / sqrt(g**2 + eps**2),
        "<=",
        Abs(g) / eps,
        topic="adam epsilon",
        source="√(g² + ε²) ≥ ε",
    ),
    TrueStep(
        "adam-softsign-limit",
        eps * g / sqrt(g**2 + eps**2),
        "=",
        g / sqrt(1 + g**2 / eps**2),
        topic="adam epsilon",
        source="ε out of the root, ε > 0",
    ),
    TrueStep(
        "adam-softsign-square",
        g**2 / (g**2 + eps**2),
        "=",
        1 - eps**2 / (g**2 + eps**2),
        topic="adam epsilon",
        source="one fraction",
    ),
    TrueStep(
        "adam-epsilon-shrinks",
        Abs(g) / sqrt(g**2 + (eps + s) ** 2),
        "<=",
        Abs(g) / sqrt(g**2 + eps**2),
        topic="adam epsilon",
        source="the denominator grows with ε",
    ),
    TrueStep(
        "adam-rational-error-function",
        x / sqrt(x**2 + pi / 4),
        "<",
        1,
        topic="adam epsilon",
        source="x < √(x² + π/4)",
    ),
    TrueStep(
        "belief-factor",
        2 * beta**2 / (1 + beta),
        "<=",
        1,
        hypotheses=(Le(beta, 1),),
        topic="adam",
        source="2β² ≤ 1 + β for β ≤ 1",
    ),
    TrueStep(
        "momentum-window",
        m(n),
        "=",
        beta * m0 + (1 - beta) / k * Sum(f(j), (j, 1, n)),
        hypotheses=(Forall(i, Eq(m(i + 1), m(i) + (1 - beta) / k * f(i + 1))), Eq(m(0), beta * m0)),
        topic="momentum accumulation",
        source="induction inside the window",
        sample=window,
    ),
    TrueStep(
        "momentum-slow-decay",
        (1 - (1 - beta) / k) ** k,
        ">=",
        beta,
        hypotheses=below_one,
        topic="momentum accumulation",
        source="Bernoulli's inequality",
    ),
    TrueStep(
        "momentum-slow-decay-above",
        (1 - (1 - beta) / k) ** k,
        "<=",
        exp(-(1 - beta)),
        hypotheses=below_one,
        topic="momentum accumulation",
        source="1 − x ≤ e^{−x} to the power k",
    ),
    TrueStep(
        "momentum-noise-above",
        k * (mu**2 + s) / (k * mu**2 + s),
        "<=",
        k,
        topic="momentum accumulation",
        source="μ² + s ≤ kμ² + s",
    ),
    TrueStep(
        "momentum-noise-below",
        k * (mu**2 + s) / (k * mu**2 + s),
        ">=",
        1,
        topic="momentum accumulation",
        source="ks ≥ s",
    ),
    TrueStep(
        "momentum-average-ratio",
        k * (1 + beta) / (2 * k - 1 + beta),
        ">=",
        (1 + beta) / 2,
        hypotheses=below_one,
        topic="momentum accumulation",
        source="2k ≥ 2k − 1 + β > 0",
    ),
    TrueStep(
        "momentum-lever",
        (1 - beta) ** 2 * Sum(k * beta ** (k - 1), (k, 1, n)),
        "=",
        1 - (n + 1) * beta**n + n * beta ** (n + 1),
        topic="momentum accumulation",
        source="the derivative of a geometric sum, by induction on n",
    ),
    TrueStep(
        "adam-half-life",
        (1 - 1 / n) ** n,
        "<=",
        Rational(1, 2),
        topic="adam",
        source="(1 − 1/n)ⁿ ≤ 1/e",
    ),
    TrueStep(
        "adam-ratio-one",
        sqrt(1 + (1 - beta) / (1 + beta)),
        "<",
        sqrt(2),
        topic="adam",
        source="(1−β)/(1+β) < 1",
    ),
)
