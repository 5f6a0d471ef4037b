"""HiPPO's matrices and Legendre recurrences; the lattice problem N = ab + c."""

from __future__ import annotations

import random
from fractions import Fraction

import sympy as sp
from sympy import Eq, Ge, Integral, Le, Mod, Rational, Sum, ceiling, exp, floor, sqrt

from assayer.derivation import Forall
from trap_bank.kinds import Point, TrueStep

n, k = sp.symbols("n k", integer=True, nonnegative=True)
j = sp.Symbol("j", integer=True, positive=True)
x, s, z, w = sp.symbols("x s z w", real=True)
P, Q, f, c = (sp.Function(name, real=True) for name in ("P", "Q", "f", "c"))
N, a, b, r = sp.symbols("N a b r", integer=True)
A, B = sp.symbols("A B", nonnegative=True)
p2, p3 = (3 * x**2 - 1) / 2, (5 * x**3 - 3 * x) / 2


def legendre(rng: random.Random) -> Point:
    """P and Q = P′ at a point s, from the recurrences."""
    at = Fraction(rng.randint(-20, 20), 10)
    values, slopes = [Fraction(1), at], [Fraction(0), Fraction(1)]
    for i in range(1, 45):
        values.append(((2 * i + 1) * at * values[i] - i * values[i - 1]) / (i + 1))
        slopes.append(slopes[i - 1] + (2 * i + 1) * values[i])
    return {
        s: at,
        n: rng.choice([0, 1, 2, rng.randint(0, 20)]),
        "P": lambda i: values[int(i)],
        "Q": lambda i: slopes[int(i)],
    }


def sequences(rng: random.Random) -> Point:
    """Any values."""
    seed = rng.randint(0, 10**6)
    return {
        n: rng.choice([0, 1, rng.randint(0, 12)]),
        "f": lambda i: Fraction(hash((seed, i)) % 83 - 40, 9),
        "c": lambda i: Fraction(hash((seed, i, 1)) % 83 - 40, 9),
    }


def lattice(rng: random.Random) -> Point:
    """N = ab + r with N at least 4."""
    while True:
        i, l, rest = rng.randint(0, 12), rng.randint(0, 12), rng.randint(0, 20)
        if i * l + rest >= 4:
            return {a: i, b: l, r: rest, N: i * l + rest}


STEPS = (
    TrueStep(
        "hippo-root-product",
        sqrt(2 * n + 1) * sqrt(2 * k + 1),
        "=",
        sqrt(4 * n * k + 2 * n + 2 * k + 1),
        topic="hippo",
        source="roots of positive numbers multiply",
    ),
    TrueStep(
        "hippo-skew",
        -sqrt((2 * n + 1) * (2 * k + 1)) + sqrt(4 * n * k + 2 * n + 2 * k + 1),
        "=",
        0,
        topic="hippo",
        source="LegS plus its transpose plus a rank one matrix vanishes off the diagonal",
    ),
    TrueStep(
        "hippo-rescaled-entry",
        sqrt(4 * n * k + 2 * n + 2 * k + 1) * sqrt(2 / (2 * k + 1)) / sqrt(2 / (2 * n + 1)),
        "=",
        2 * n + 1,
        topic="hippo",
        source="the rescaling that removes the roots",
    ),
    TrueStep(
        "hippo-rescaled-input",
        sqrt(2 * (2 * n + 1)) / sqrt(2 / (2 * n + 1)),
        "=",
        2 * n + 1,
        topic="hippo",
        source="the same for B",
    ),
    TrueStep(
        "hippo-other-rescaling",
        sqrt(2 * (2 * n + 1)) / (2 / sqrt(2 * n + 1)),
        "=",
        (2 * n + 1) / sqrt(2),
        topic="hippo",
        source="the factor 2/√(2n+1) leaves a root of two",
    ),
    TrueStep(
        "hippo-squares",
        Sum(2 * k + 1, (k, 0, n)),
        "=",
        (n + 1) ** 2,
        topic="hippo",
        source="odd numbers add to squares",
    ),
    TrueStep(
        "hippo-parity",
        2 * (1 - (-1) ** (n - k)) / 2 + (-1) ** (n + k),
        "=",
        1,
        hypotheses=(Ge(n, k),),
        topic="hippo",
        source="n − k and n + k have the same parity",
        sample=lambda rng: (lambda i: {k: i, n: i + rng.randint(0, 9)})(rng.randint(0, 9)),
    ),
    TrueStep(
        "hippo-derivatives-add",
        Q(n + 1) + Q(n),
        "=",
        Sum((2 * k + 1) * P(k), (k, 0, n)),
        hypotheses=(
            Forall(j, Eq(Q(j + 1), Q(j - 1) + (2 * j + 1) * P(j))),
            Eq(Q(0), 0),
            Eq(Q(1), P(0)),
        ),
        topic="hippo",
        source="Legendre's P′, by induction on n",
        sample=legendre,
    ),
    TrueStep(
        "hippo-legs-identity",
        (s + 1) * Q(n),
        "=",
        Sum((2 * k + 1) * P(k), (k, 0, n)) - (n + 1) * P(n),
        hypotheses=(
            Forall(k, Eq(Q(k + 1), (k + 1) * P(k) + s * Q(k))),
            Eq(Q(n + 1) + Q(n), Sum((2 * k + 1) * P(k), (k, 0, n))),
        ),
        topic="hippo",
        source="the two recurrences together",
        sample=legendre,
    ),
    TrueStep(
        "hippo-orthogonal",
        Integral(p2 * p3, (x, -1, 1)),
        "=",
        0,
        topic="hippo",
        source="an odd polynomial over a symmetric interval",
    ),
    TrueStep(
        "hippo-norm",
        Integral(p2**2, (x, -1, 1)),
        "=",
        Rational(2, 5),
        topic="hippo",
        source="2/(2n+1) at n = 2",
    ),
    TrueStep(
        "hippo-moment",
        Integral(x**n, (x, 0, 1)),
        "=",
        1 / (n + 1),
        topic="hippo",
        source="the antiderivative x^(n+1)/(n+1)",
    ),
    TrueStep(
        "hippo-legs-entry",
        Integral((x + 1) * 3 * x, (x, -1, 1)),
        "=",
        2,
        topic="hippo",
        source="an entry of M₂ before scaling",
    ),
    TrueStep(
        "hippo-bilinear-stable",
        ((1 + z) / (1 - z)) ** 2,
        "<=",
        1,
        hypotheses=(Le(z, 0),),
        topic="hippo",
        source="|1 + z| ≤ |1 − z| for z ≤ 0",
    ),
    TrueStep(
        "hippo-pade-above",
        1 / (1 + z) - exp(-z),
        ">=",
        0,
        hypotheses=(Ge(z, 0),),
        topic="hippo",
        source="1 + z ≤ e^z",
    ),
    TrueStep(
        "hippo-pade-error",
        1 / (1 + z) - exp(-z),
        "<=",
        z**2 / 2,
        hypotheses=(Ge(z, 0),),
        topic="hippo",
        source="e^{−z} ≥ 1 − z + z²/2 − z³/6 gives it up to z = 5, and beyond (1 + z)z²/2 ≥ 1",
    ),
    TrueStep(
        "hippo-best-approximation",
        Sum((f(k) - c(k)) ** 2, (k, 0, n)),
        "=",
        Sum(f(k) ** 2, (k, 0, n)) - 2 * Sum(f(k) * c(k), (k, 0, n)) + Sum(c(k) ** 2, (k, 0, n)),
        topic="hippo",
        source="expand under the sum",
        sample=sequences,
    ),
    TrueStep(
        "hippo-root-gap",
        sqrt(2 * n + 3) - sqrt(2 * n + 1),
        "<=",
        1 / sqrt(2 * n + 1),
        topic="hippo",
        source="the difference is 2/(√(2n+3) + √(2n+1))",
    ),
    TrueStep(
        "hippo-window",
        (s + 1) * w / 2 + x - w,
        "=",
        x + (s - 1) * w / 2,
        topic="hippo",
        source="the sliding window's map, written twice",
    ),
    TrueStep(
        "near-identity",
        N - a * b + a + b,
        "=",
        N + 1 - (a - 1) * (b - 1),
        topic="near product",
        source="expand",
    ),
    TrueStep(
        "near-sum",
        a + b + r,
        "=",
        N + 1 - (a - 1) * (b - 1),
        hypotheses=(Eq(N, a * b + r),),
        topic="near product",
        source="put r = N − ab",
        sample=lattice,
    ),
    TrueStep(
        "near-roots",
        N + 1 - (sqrt(A * B) - 1) ** 2 + (sqrt(A) - sqrt(B)) ** 2,
        "=",
        N - A * B + A + B,
        topic="near product",
        source="√(AB) = √A √B for A, B ≥ 0",
    ),
    TrueStep(
        "near-quarter-squares",
        4 * (N - a * b),
        "=",
        4 * N - (a + b) ** 2 + (b - a) ** 2,
        topic="near product",
        source="4ab = (a+b)² − (b−a)²",
    ),
    TrueStep(
        "near-at-least",
        a + b + r,
        ">=",
        2 * sqrt(a * b + r),
        hypotheses=(Ge(a, 0), Ge(b, 0), Ge(r, 0), Ge(a * b + r, 4)),
        topic="near product",
        source="(a+b+r)² − 4(ab+r) = (a−b)² + r(2(a+b)+r−4); a + b ≥ 2, or ab = 0 and r ≥ 4",
        sample=lattice,
    ),
    TrueStep(
        "near-floor-below",
        a * floor(N / a),
        "<=",
        N,
        hypotheses=(Ge(a, 1),),
        topic="near product",
        source="⌊y⌋ ≤ y times a",
        sample=lambda rng: {a: rng.randint(1, 12), N: rng.randint(-30, 90)},
    ),
    TrueStep(
        "near-floor-above",
        a * (floor(N / a) + 1),
        ">",
        N,
        hypotheses=(Ge(a, 1),),
        topic="near product",
        source="y < ⌊y⌋ + 1 times a",
        sample=lambda rng: {a: rng.randint(1, 12), N: rng.randint(-30, 90)},
    ),
    TrueStep(
        "near-upper-envelope",
        N - a * floor(N / a) + a + floor(N / a),
        "<=",
        2 * a + N / a - 1,
        hypotheses=(Ge(a, 1), Ge(N, 0)),
        topic="near product",
        source="the remainder is at most a − 1",
        sample=lambda rng: {a: rng.randint(1, 12), N: rng.randint(0, 90)},
    ),
    TrueStep(
        "near-lower-envelope",
        N - a * floor(N / a) + a + floor(N / a),
        ">=",
        a + N / a,
        hypotheses=(Ge(a, 1), Ge(N, 0)),
        topic="near product",
        source="(a − 1)(N/a − ⌊N/a⌋) ≥ 0",
        sample=lambda rng: {a: rng.randint(1, 12), N: rng.randint(0, 90)},
    ),
    TrueStep(
        "near-means",
        a + N / a,
        ">=",
        2 * sqrt(N),
        hypotheses=(Ge(a, 1), Ge(N, 0)),
        topic="near product",
        source="(√a − √(N/a))² ≥ 0",
        sample=lambda rng: {a: rng.randint(1, 12), N: rng.randint(0, 90)},
    ),
    TrueStep(
        "near-window",
        (floor(2 * sqrt(N)) + 1) ** 2 - 4 * N,
        "<=",
        1 + 4 * sqrt(N),
        hypotheses=(Ge(N, 0),),
        topic="near product",
        source="⌊2√N⌋ ≤ 2√N",
        sample=lambda rng: {N: rng.randint(0, 300)},
    ),
    TrueStep(
        "near-difference",
        (N - 2) ** 2,
        ">=",
        N**2 - 4 * a,
        hypotheses=(Le(N, a + 1),),
        topic="near product",
        source="N ≤ a + 1",
    ),
    TrueStep(
        "near-parity-step",
        (2 * n + 1 + N - ((2 * n + 1) ** 2 - 1) / 4) - (2 * n + N - (2 * n) ** 2 / 4),
        "=",
        -(2 * n - 2) / Rational(2),
        topic="near product",
        source="the step of the best sum in p",
    ),
    TrueStep(
        "near-remainder",
        Mod(N, a),
        "=",
        N - a * floor(N / a),
        hypotheses=(Ge(a, 1),),
        topic="near product",
        source="the definition",
        sample=lambda rng: {a: rng.randint(1, 12), N: rng.randint(-30, 90)},
    ),
    TrueStep(
        "near-halves",
        floor(N / 2) + ceiling(N / 2),
        "=",
        N,
        topic="near product",
        source="an integer's halves, rounded both ways",
    ),
    TrueStep(
        "near-best-square",
        floor(N / 2) * ceiling(N / 2),
        ">=",
        a * (N - a),
        topic="near product",
        source="an integer's distance from N/2 is at least that of its halves",
    ),
)
