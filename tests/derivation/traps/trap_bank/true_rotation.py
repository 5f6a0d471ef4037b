"""RoPE: rotations, sums of cosines, positions of images among text."""

from __future__ import annotations

import random
from fractions import Fraction

import sympy as sp
from sympy import Abs, Eq, Ge, Gt, Rational, Sum, cos, sin, sqrt

from trap_bank.kinds import Point, TrueStep

x, y, u, v, a, b, phi, theta = sp.symbols("x y u v a b phi theta", real=True)
s = sp.Symbol("s", positive=True)
m, n = sp.symbols("m n", integer=True)
k = sp.Symbol("k", integer=True, nonnegative=True)
N = sp.Symbol("N", integer=True, positive=True)
w, h, L, K = sp.symbols("w h L K", real=True)
base, size = sp.symbols("base size", positive=True)
angle = sp.Function("angle", real=True)


def angles(rng: random.Random) -> Point:
    """Any angles."""
    seed = rng.randint(0, 10**6)
    return {
        N: rng.choice([1, 2, rng.randint(1, 12)]),
        m: rng.randint(-5, 40),
        "angle": lambda j: Fraction(hash((seed, j)) % 997 - 400, 101),
    }


STEPS = (
    TrueStep(
        "rope-difference",
        cos(a) * cos(b) + sin(a) * sin(b),
        "=",
        cos(a - b),
        topic="rope",
        source="the addition theorem",
    ),
    TrueStep(
        "rope-norm",
        (x * cos(phi) - y * sin(phi)) ** 2 + (x * sin(phi) + y * cos(phi)) ** 2,
        "=",
        x**2 + y**2,
        topic="rope",
        source="a rotation keeps the norm",
    ),
    TrueStep(
        "rope-relative",
        (x * cos(m * theta) - y * sin(m * theta)) * (u * cos(n * theta) - v * sin(n * theta))
        + (x * sin(m * theta) + y * cos(m * theta)) * (u * sin(n * theta) + v * cos(n * theta)),
        "=",
        (x * u + y * v) * cos((n - m) * theta) + (y * u - x * v) * sin((n - m) * theta),
        topic="rope",
        source="the score of rotated vectors depends on n − m alone",
    ),
    TrueStep(
        "rope-composition",
        sin(m * theta) * cos(n * theta) + cos(m * theta) * sin(n * theta),
        "=",
        sin((m + n) * theta),
        topic="rope",
        source="the addition theorem",
    ),
    TrueStep(
        "rope-next-position",
        cos((n + 1) * theta),
        "=",
        2 * cos(theta) * cos(n * theta) - cos((n - 1) * theta),
        topic="rope",
        source="Chebyshev's recurrence",
    ),
    TrueStep(
        "rope-half-rotary",
        Sum(1 + cos(m * angle(k)), (k, 0, N - 1)),
        ">=",
        0,
        topic="rope",
        source="each term is at least 0",
        sample=angles,
    ),
    TrueStep(
        "rope-at-most-size",
        Sum(cos(m * angle(k)), (k, 0, N - 1)),
        "<=",
        N,
        topic="rope",
        source="each term is at most 1",
        sample=angles,
    ),
    TrueStep(
        "rope-geometric-frequencies",
        base ** (-2 * (k + 1) / size),
        "=",
        base ** (-2 * k / size) * base ** (-2 / size),
        topic="rope",
        source="powers of a positive base add",
    ),
    TrueStep(
        "rope-frequencies-fall",
        base ** (-2 * (k + 1) / size),
        "<",
        base ** (-2 * k / size),
        hypotheses=(Gt(base, 1),),
        topic="rope",
        source="a base above 1: the power grows with the exponent",
    ),
    TrueStep(
        "rope-dirichlet",
        2 * sin(theta / 2) * Sum(cos(k * theta), (k, 1, N)),
        "=",
        sin((N + Rational(1, 2)) * theta) - sin(theta / 2),
        topic="rope",
        source="induction on N with 2 sin a cos b = sin(a+b) + sin(a−b)",
    ),
    TrueStep(
        "rope-product-to-sum",
        2 * sin(a) * cos(b),
        "=",
        sin(a + b) + sin(a - b),
        topic="rope",
        source="the addition theorems",
    ),
    TrueStep(
        "rope-half-angle",
        1 - cos(x),
        "=",
        2 * sin(x / 2) ** 2,
        topic="rope",
        source="the double angle of x/2",
    ),
    TrueStep(
        "rope-triple",
        cos(3 * x),
        "=",
        4 * cos(x) ** 3 - 3 * cos(x),
        topic="rope",
        source="the addition theorem twice",
    ),
    TrueStep(
        "rope-cosine-below",
        cos(x),
        ">=",
        1 - x**2 / 2,
        topic="rope",
        source="1 − cos x = 2 sin²(x/2) ≤ x²/2",
    ),
    TrueStep(
        "rope-cosine-above",
        cos(x),
        "<=",
        1 - x**2 / 2 + x**4 / 24,
        topic="rope",
        source="Taylor with the next term of the other sign",
    ),
    TrueStep("rope-sine-lipschitz", Abs(sin(x)), "<=", Abs(x), topic="rope", source="the mean value theorem"),
    TrueStep(
        "rope-cosine-lipschitz",
        Abs(cos(a) - cos(b)),
        "<=",
        Abs(a - b),
        topic="rope",
        source="the mean value theorem",
    ),
    TrueStep(
        "rope-small-window",
        Sum(cos(m * 10 ** (-k)), (k, 0, 3)),
        ">=",
        0,
        box={m: (0, 10)},
        topic="rope",
        source="eleven values, each computed",
    ),
    TrueStep(
        "rope-mean-square",
        (cos(x) + cos(y)) ** 2 + (sin(x) + sin(y)) ** 2,
        "=",
        2 + 2 * cos(x - y),
        topic="rope",
        source="expand and use the addition theorem",
    ),
    TrueStep(
        "rope-image-start",
        y + 1 - L,
        "=",
        K - (y + h),
        hypotheses=(Eq(K, L + w * h + 1), Eq(y, L + (w * h - h) / 2)),
        topic="multimodal rope",
        source="equal gaps on both sides with unit steps",
        sample=lambda rng: (lambda a, b, c: {w: a, h: b, L: c, K: c + a * b + 1, y: c + Fraction(a * b - b, 2)})(
            rng.randint(1, 9), rng.randint(1, 9), rng.randint(0, 9)
        ),
    ),
    TrueStep(
        "rope-image-cost",
        (w + 1) * (h + 1) - 1,
        ">=",
        w * h,
        hypotheses=(Ge(w, 1), Ge(h, 1)),
        topic="multimodal rope",
        source="the difference is w + h",
    ),
    TrueStep(
        "rope-expected-score",
        (x**2 + s) * cos(theta) * 2 - 2 * x**2 * cos(theta),
        "=",
        2 * s * cos(theta),
        topic="rope",
        source="second moments: only the variance remains",
    ),
    TrueStep(
        "rope-chord",
        sqrt((1 - cos(x)) ** 2 + sin(x) ** 2),
        "=",
        2 * Abs(sin(x / 2)),
        topic="rope",
        source="the length of a chord",
    ),
)
