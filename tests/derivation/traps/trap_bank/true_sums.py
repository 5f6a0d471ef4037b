"""Finite sums, binomials and Γ, floors and remainders."""

from __future__ import annotations

import random
from fractions import Fraction

import sympy as sp
from sympy import (
    Function,
    Le,
    Mod,
    Ne,
    Rational,
    Sum,
    binomial,
    ceiling,
    factorial,
    floor,
    gamma,
    log,
    sqrt,
)

from trap_bank.kinds import Point, TrueStep

n, m = sp.symbols("n m", integer=True, positive=True)
k, l = sp.symbols("k l", integer=True, nonnegative=True)
i, j = sp.symbols("i j", integer=True)
x, y, r = sp.symbols("x y r", real=True)
a, b = sp.symbols("a b", positive=True)
f = Function("f", real=True)
half = Rational(1, 2)


def anything(rng: random.Random) -> Point:
    seed, top = rng.randint(0, 10**6), rng.randint(1, 12)
    return {n: top, m: rng.randint(1, top), "f": lambda t: Fraction(hash((seed, int(t))) % 83 - 40, 9)}


def choose(rng: random.Random) -> Point:
    top = rng.randint(1, 12)
    return {n: top, k: rng.randint(0, top), m: rng.randint(1, 9)}


STEPS = (
    TrueStep("sum-first", Sum(k, (k, 1, n)), "=", n * (n + 1) / 2, topic="sums", source="induction"),
    TrueStep("sum-squares", Sum(k**2, (k, 1, n)), "=", n * (n + 1) * (2 * n + 1) / 6, topic="sums", source="induction"),
    TrueStep(
        "sum-cubes", Sum(k**3, (k, 1, n)), "=", Sum(k, (k, 1, n)) ** 2, topic="sums", source="Nicomachus, by induction"
    ),
    TrueStep("sum-pronic", Sum(1 / (k * (k + 1)), (k, 1, n)), "=", n / (n + 1), topic="sums", source="telescoping"),
    TrueStep(
        "sum-geometric",
        Sum(r**k, (k, 0, n)),
        "=",
        (1 - r ** (n + 1)) / (1 - r),
        hypotheses=(Ne(r, 1),),
        topic="sums",
        source="induction",
    ),
    TrueStep(
        "sum-weighted-powers",
        Sum(k * 2**k, (k, 1, n)),
        "=",
        (n - 1) * 2 ** (n + 1) + 2,
        topic="sums",
        source="induction",
    ),
    TrueStep(
        "sum-triangle", Sum(1, (l, 1, k), (k, 1, n)), "=", n * (n + 1) / 2, topic="sums", source="the inner sum is k"
    ),
    TrueStep(
        "sum-rectangle",
        Sum(k + l, (l, 1, n), (k, 1, n)),
        "=",
        n**2 * (n + 1),
        topic="sums",
        source="twice n times the first sum",
    ),
    TrueStep("sum-alternating", Sum((-1) ** k, (k, 0, 2 * n)), "=", 1, topic="sums", source="pairs cancel"),
    TrueStep(
        "sum-shifted",
        Sum(f(k + 1), (k, 0, n - 1)),
        "=",
        Sum(f(k), (k, 1, n)),
        topic="sums",
        source="shift",
        sample=anything,
    ),
    TrueStep(
        "sum-reversed",
        Sum(f(n - k), (k, 0, n)),
        "=",
        Sum(f(k), (k, 0, n)),
        topic="sums",
        source="reverse",
        sample=anything,
    ),
    TrueStep(
        "sum-split",
        Sum(f(k), (k, 1, m)) + Sum(f(k), (k, m + 1, n)),
        "=",
        Sum(f(k), (k, 1, n)),
        hypotheses=(Le(m, n),),
        topic="sums",
        source="two neighbouring ranges",
        sample=anything,
    ),
    TrueStep(
        "sum-peeled",
        Sum(f(k), (k, 0, n)),
        "=",
        f(0) + Sum(f(k), (k, 1, n)),
        topic="sums",
        source="the first term apart",
        sample=anything,
    ),
    TrueStep(
        "sum-square-expanded",
        Sum((f(k) - x) ** 2, (k, 1, n)),
        "=",
        Sum(f(k) ** 2, (k, 1, n)) - 2 * x * Sum(f(k), (k, 1, n)) + n * x**2,
        topic="sums",
        source="expand under the sum",
        sample=lambda rng: {**anything(rng), x: Fraction(rng.randint(-9, 9), 4)},
    ),
    TrueStep(
        "sum-harmonic-growth",
        Sum(1 / k, (k, n + 1, 2 * n)),
        ">=",
        half,
        topic="sums",
        source="n terms, each at least 1/(2n)",
    ),
    TrueStep(
        "sum-roots",
        Sum(1 / (sqrt(k) + sqrt(k - 1)), (k, 1, n)),
        "=",
        sqrt(n),
        topic="sums",
        source="telescoping √k − √(k−1)",
    ),
    TrueStep(
        "sum-logs", Sum(log(k), (k, 1, n)), "=", log(factorial(n)), topic="sums", source="induction: log of a product"
    ),
    TrueStep("sum-log-ratios", Sum(log(1 + 1 / k), (k, 1, n)), "=", log(n + 1), topic="sums", source="telescoping"),
    TrueStep(
        "sum-factorials",
        Sum(k * factorial(k), (k, 1, n)),
        "=",
        factorial(n + 1) - 1,
        topic="sums",
        source="telescoping",
    ),
    TrueStep(
        "comb-pascal",
        binomial(n + 1, k + 1),
        "=",
        binomial(n, k) + binomial(n, k + 1),
        topic="combinatorics",
        source="Pascal",
    ),
    TrueStep("comb-two", binomial(n, 2), "=", n * (n - 1) / 2, topic="combinatorics", source="pairs"),
    TrueStep(
        "comb-absorption",
        (k + 1) * binomial(n, k + 1),
        "=",
        n * binomial(n - 1, k),
        topic="combinatorics",
        source="a committee and its chair",
    ),
    TrueStep(
        "comb-symmetry",
        binomial(n, k),
        "=",
        binomial(n, n - k),
        hypotheses=(Le(k, n),),
        topic="combinatorics",
        source="choose or leave",
        sample=choose,
    ),
    TrueStep(
        "comb-factorials",
        binomial(n, k) * factorial(k) * factorial(n - k),
        "=",
        factorial(n),
        hypotheses=(Le(k, n),),
        topic="combinatorics",
        source="the definition",
        sample=choose,
    ),
    TrueStep(
        "comb-rows",
        Sum(binomial(n, k), (k, 0, n)),
        "=",
        2**n,
        topic="combinatorics",
        source="the binomial theorem at 1",
    ),
    TrueStep(
        "comb-hockey-stick",
        Sum(binomial(k + m, m), (k, 0, n)),
        "=",
        binomial(n + m + 1, m + 1),
        topic="combinatorics",
        source="Pascal, by induction",
    ),
    TrueStep(
        "comb-factorial", factorial(n + 1), "=", (n + 1) * factorial(n), topic="combinatorics", source="the definition"
    ),
    TrueStep(
        "comb-gamma-shift", gamma(a + 1), "=", a * gamma(a), topic="combinatorics", source="Γ's functional equation"
    ),
    TrueStep(
        "comb-gamma-two", gamma(a + 2) / gamma(a), "=", a * (a + 1), topic="combinatorics", source="twice the shift"
    ),
    TrueStep(
        "comb-gamma-factorial", gamma(n + 1), "=", factorial(n), topic="combinatorics", source="Γ at the naturals"
    ),
    TrueStep(
        "comb-gamma-beta",
        gamma(a + 1) * gamma(b) / gamma(a + b + 1),
        "=",
        a / (a + b) * gamma(a) * gamma(b) / gamma(a + b),
        topic="combinatorics",
        source="two shifts",
    ),
    TrueStep(
        "comb-central",
        (n + 1) * binomial(2 * n + 2, n + 1),
        "=",
        2 * (2 * n + 1) * binomial(2 * n, n),
        topic="combinatorics",
        source="factorials",
    ),
    TrueStep("floor-below", floor(x), "<=", x, topic="rounding", source="the definition"),
    TrueStep("floor-above", x, "<", floor(x) + 1, topic="rounding", source="the definition"),
    TrueStep("floor-ceiling", ceiling(x), "=", -floor(-x), topic="rounding", source="mirror"),
    TrueStep("floor-ceiling-gap", ceiling(x) - floor(x), "<=", 1, topic="rounding", source="both within one of x"),
    TrueStep(
        "floor-sum", floor(x) + floor(y), "<=", floor(x + y), topic="rounding", source="the left is an integer ≤ x + y"
    ),
    TrueStep("floor-up", ceiling(n / m), "=", floor((n + m - 1) / m), topic="rounding", source="integers divided"),
    TrueStep(
        "floor-monotone",
        floor(x),
        "<=",
        floor(y),
        hypotheses=(Le(x, y),),
        topic="rounding",
        source="an integer below x is below y",
        sample=lambda rng: (lambda t: {x: t, y: t + Fraction(rng.randint(0, 60), 11)})(
            Fraction(rng.randint(-60, 60), 11)
        ),
    ),
    TrueStep("mod-range", Mod(i, m), "<", m, topic="rounding", source="a remainder"),
    TrueStep("mod-nonnegative", Mod(i, m), ">=", 0, topic="rounding", source="a remainder by a positive number"),
    TrueStep("mod-pronic", Mod(n**2 + n, 2), "=", 0, topic="rounding", source="one of n, n + 1 is even"),
    TrueStep("mod-square", Mod(n**2, 4), "<=", 1, topic="rounding", source="squares of evens and odds"),
    TrueStep("mod-division", m * floor(i / m) + Mod(i, m), "=", i, topic="rounding", source="division with remainder"),
)
