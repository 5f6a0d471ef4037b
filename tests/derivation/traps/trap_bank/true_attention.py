"""Softmax and what is built on it: entropy, temperature, smooth top-k, a tied head, random projections."""

from __future__ import annotations

import random
from fractions import Fraction

import sympy as sp
from sympy import Eq, Function, Ge, Le, Lt, Max, Min, Rational, Sum, exp, log, sqrt

from assayer.derivation import Forall
from trap_bank.kinds import Point, TrueStep

x, y, z, c = sp.symbols("x y z c", real=True)
u, v, w, q, e, tau, lam, s = sp.symbols("u v w q epsilon tau lambda s", positive=True)
p = sp.Symbol("p", positive=True)
n = sp.Symbol("n", integer=True, positive=True)
i, j = sp.symbols("i j", integer=True, positive=True)
score, prob = Function("score", real=True), Function("prob", nonnegative=True)
total = exp(x) + exp(y)
half = Rational(1, 2)
below_one = (Lt(p, 1),)
d2 = 2 / (1 - exp(-2))


def scores(rng: random.Random) -> Point:
    seed, size = rng.randint(0, 10**6), rng.randint(1, 8)
    weights = [Fraction(1 + hash((seed, l)) % 50) for l in range(size)]
    return {
        n: size,
        i: rng.randint(1, size),
        c: Fraction(rng.randint(-20, 20), 7),
        "score": lambda l: Fraction(hash((seed, int(l))) % 83 - 40, 19),
        "prob": lambda l: weights[int(l) - 1] / sum(weights) if 1 <= l <= size else Fraction(0),
    }


def chance(rng: random.Random) -> Point:
    return {p: Fraction(rng.randint(1, 999), 1000), q: Fraction(rng.randint(1, 999), 1000)}


STEPS = (
    TrueStep(
        "softmax-shift-two",
        exp(x + c) / (exp(x + c) + exp(y + c)),
        "=",
        exp(x) / total,
        topic="softmax",
        source="e^c cancels",
    ),
    TrueStep(
        "softmax-shift",
        exp(score(i) + c) / Sum(exp(score(j) + c), (j, 1, n)),
        "=",
        exp(score(i)) / Sum(exp(score(j)), (j, 1, n)),
        topic="softmax",
        source="e^c moves out of the sum and cancels",
        sample=scores,
    ),
    TrueStep(
        "softmax-sum",
        Sum(exp(score(i)) / Sum(exp(score(j)), (j, 1, n)), (i, 1, n)),
        "=",
        1,
        topic="softmax",
        source="the denominator does not depend on i",
        sample=scores,
    ),
    TrueStep(
        "softmax-sigmoid",
        exp(x) / total,
        "=",
        1 / (1 + exp(y - x)),
        topic="softmax",
        source="divide by e^x",
    ),
    TrueStep("softmax-below-one", exp(x) / total, "<", 1, topic="softmax", source="e^y > 0"),
    TrueStep(
        "softmax-positive", exp(x) / (total + exp(z)), ">", 0, topic="softmax", source="exponentials are positive"
    ),
    TrueStep(
        "softmax-order",
        exp(x) / total,
        ">=",
        exp(y) / total,
        hypotheses=(Ge(x, y),),
        topic="softmax",
        source="the exponential grows",
    ),
    TrueStep("softmax-lse-below", Max(x, y), "<=", log(total), topic="softmax", source="e^max ≤ e^x + e^y"),
    TrueStep("softmax-lse-above", log(total), "<=", Max(x, y) + log(2), topic="softmax", source="e^x + e^y ≤ 2e^max"),
    TrueStep(
        "softmax-lse-three",
        log(total + exp(z)),
        "<=",
        Max(x, y, z) + log(3),
        topic="softmax",
        source="e^x + e^y + e^z ≤ 3e^max",
    ),
    TrueStep(
        "softmax-lse-shift",
        log(exp(x + c) + exp(y + c)),
        "=",
        c + log(total),
        topic="softmax",
        source="the logarithm of a product of positive numbers",
    ),
    TrueStep(
        "softmax-lse-jensen",
        log(total / 2),
        ">=",
        (x + y) / 2,
        topic="softmax",
        source="e^x + e^y ≥ 2e^{(x+y)/2}",
    ),
    TrueStep(
        "softmax-lse-temperature",
        tau * log(exp(x / tau) + exp(y / tau)),
        ">=",
        Max(x, y),
        topic="softmax",
        source="one term of the sum",
    ),
    TrueStep(
        "softmax-log-probability",
        log(exp(x) / total),
        "=",
        x - log(total),
        topic="softmax",
        source="the logarithm of a quotient of positive numbers",
    ),
    TrueStep(
        "softmax-jacobian",
        p * (1 - p),
        "<=",
        Rational(1, 4),
        topic="softmax",
        source="(p − 1/2)² ≥ 0",
    ),
    TrueStep(
        "softmax-two-tokens",
        p**2 + (1 - p) ** 2,
        ">=",
        half,
        topic="softmax robustness",
        source="2(p − 1/2)² ≥ 0",
    ),
    TrueStep(
        "softmax-effective-tokens",
        Sum(prob(i) ** 2, (i, 1, n)),
        "<=",
        1,
        hypotheses=(Eq(Sum(prob(i), (i, 1, n)), 1), Forall(i, Le(prob(i), 1))),
        topic="softmax robustness",
        source="p² ≤ p, term by term",
        sample=scores,
    ),
    TrueStep(
        "entropy-two",
        -p * log(p) - (1 - p) * log(1 - p),
        "<=",
        log(2),
        hypotheses=below_one,
        topic="entropy",
        source="concave and symmetric about 1/2; or log t ≤ t − 1 twice",
        sample=chance,
    ),
    TrueStep(
        "entropy-positive",
        -p * log(p) - (1 - p) * log(1 - p),
        ">",
        0,
        hypotheses=below_one,
        topic="entropy",
        source="both logarithms are negative",
        sample=chance,
    ),
    TrueStep(
        "entropy-divergence",
        p * log(p / q) + (1 - p) * log((1 - p) / (1 - q)),
        ">=",
        0,
        hypotheses=(Lt(p, 1), Lt(q, 1)),
        topic="entropy",
        source="log t ≤ t − 1 for the reciprocals (Gibbs)",
        sample=chance,
    ),
    TrueStep(
        "entropy-split",
        log(p / q),
        "=",
        log(p) - log(q),
        topic="entropy",
        source="both are positive",
        sample=chance,
    ),
    TrueStep(
        "entropy-attention",
        log(total) - (x * exp(x) + y * exp(y)) / total,
        "=",
        -(exp(x) / total) * log(exp(x) / total) - (exp(y) / total) * log(exp(y) / total),
        topic="entropy",
        source="the entropy of a softmax, log p = x − log Z",
    ),
    TrueStep(
        "entropy-worst-case",
        d2 - 1 - log(d2),
        "<=",
        Rational(4745, 10000),
        topic="softmax robustness",
        source="the constant 0.47447… in balls",
    ),
    TrueStep(
        "entropy-golden",
        log((1 + sqrt(5)) / 2) / 2,
        ">=",
        Rational(2406, 10000),
        topic="entropy",
        source="the constant 0.24060… in balls",
    ),
    TrueStep(
        "entropy-saddle",
        ((sqrt(1 + 4 * lam**2) - 1) / (2 * lam)) / (1 - ((sqrt(1 + 4 * lam**2) - 1) / (2 * lam)) ** 2),
        "=",
        lam,
        topic="entropy",
        source="c solves λ(1 − c²) = c, and c < 1",
    ),
    TrueStep(
        "entropy-inverse-scale",
        (1 + sqrt(1 + 4 * w * (w - 1))) / 2,
        "=",
        w,
        hypotheses=(Ge(w, 1),),
        topic="entropy",
        source="the root of (2w − 1)², and 2w ≥ 1",
        sample=lambda rng: {w: 1 + Fraction(rng.randint(0, 400), 7)},
    ),
    TrueStep(
        "entropy-log-scale",
        log(n**2) / log(512),
        "=",
        2 * log(n) / log(512),
        topic="entropy",
        source="the logarithm of a square of a positive number",
    ),
    TrueStep(
        "entropy-scale-below",
        1 + log(s) / 10,
        ">=",
        1,
        hypotheses=(Ge(s, 1),),
        topic="entropy",
        source="log s ≥ 0 from 1 on",
        sample=lambda rng: {s: 1 + Fraction(rng.randint(0, 400), 7)},
    ),
    TrueStep(
        "entropy-projection",
        e - log(1 + e),
        ">=",
        e**2 / 2 - e**3 / 3,
        topic="entropy",
        source="the alternating series; or the derivative e³/(1+e) ≥ 0",
    ),
    TrueStep(
        "tied-loss-below",
        log(exp(u) + n - 1),
        ">=",
        log(n),
        topic="tied embedding",
        source="e^u ≥ 1",
    ),
    TrueStep(
        "tied-loss-above",
        log(exp(u) + n - 1),
        "<=",
        u + log(n),
        topic="tied embedding",
        source="1 ≤ e^u for each of the n − 1",
    ),
    TrueStep(
        "tied-loss-at-log",
        log(exp(log(n)) + n - 1),
        "<=",
        log(n) + log(2),
        topic="tied embedding",
        source="2n − 1 ≤ 2n",
    ),
    TrueStep(
        "topk-euler",
        u * (v + w) + v * (u + w) + w * (u + v),
        "=",
        2 * (u * v + u * w + v * w),
        topic="smooth top-k",
        source="Euler's identity for the second symmetric polynomial",
    ),
    TrueStep(
        "topk-sum",
        (exp(x) * (exp(y) + exp(z)) + exp(y) * (exp(x) + exp(z)) + exp(z) * (exp(x) + exp(y)))
        / (exp(x + y) + exp(x + z) + exp(y + z)),
        "=",
        2,
        topic="smooth top-k",
        source="exponentials multiply by adding exponents",
    ),
    TrueStep(
        "topk-at-most-one",
        u * (v + w) / (u * v + u * w + v * w),
        "<=",
        1,
        topic="smooth top-k",
        source="vw ≥ 0",
    ),
    TrueStep(
        "topk-monotone",
        u * (v + w) / (u * v + u * w + v * w),
        ">=",
        v * (u + w) / (u * v + u * w + v * w),
        hypotheses=(Ge(u, v),),
        topic="smooth top-k",
        source="uw ≥ vw",
    ),
    TrueStep(
        "topk-threshold",
        exp(x - log(total)) + exp(y - log(total)),
        "=",
        1,
        topic="smooth top-k",
        source="e^{−log Z} = 1/Z",
    ),
    TrueStep(
        "topk-laplace-root",
        (sqrt(z**2 + u * v) + z) ** 2 - 2 * z * (sqrt(z**2 + u * v) + z) - u * v,
        "=",
        0,
        topic="smooth top-k",
        source="the positive root of a quadratic",
    ),
    TrueStep(
        "topk-laplace-positive",
        sqrt(z**2 + u * v) + z,
        ">",
        0,
        topic="smooth top-k",
        source="√(z² + uv) > |z|",
    ),
    TrueStep(
        "topk-jacobian",
        u - u**2 / (u + v),
        "=",
        u * v / (u + v),
        topic="smooth top-k",
        source="one fraction",
    ),
    TrueStep(
        "topk-capped",
        Min(1, exp(x - y)),
        "<=",
        1,
        topic="smooth top-k",
        source="a minimum is at most each of its members",
    ),
    TrueStep(
        "topk-logit",
        log((1 / (1 + exp(-x))) / (1 - 1 / (1 + exp(-x)))),
        "=",
        x,
        topic="smooth top-k",
        source="the inverse of the sigmoid",
    ),
    TrueStep(
        "softmax-many-equal",
        exp(x) / Sum(exp(x), (j, 1, n)),
        "=",
        1 / n,
        topic="softmax",
        source="n equal terms",
    ),
)
