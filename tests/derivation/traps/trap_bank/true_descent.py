"""Stochastic gradient descent: regret, rates, the projection, and what the constants cost."""

from __future__ import annotations

import random
from fractions import Fraction

import sympy as sp
from sympy import Eq, Ge, Le, Max, Rational, Sum, exp, log, sqrt

from assayer.derivation import Forall
from trap_bank.kinds import Point, TrueStep

t = sp.Symbol("t", integer=True, positive=True)
T, n = sp.symbols("T n", integer=True, positive=True)
D, G, R, alpha, eta, h, L = sp.symbols("D G R alpha eta h L", positive=True)
x, y, g, p, u, v = sp.symbols("x y g p u v", real=True)
lam = sp.Symbol("lambda", real=True)
d = sp.Function("d", nonnegative=True)
rate = sp.Function("rate", positive=True)
f = sp.Function("f", real=True)

REGRET = "Zinkevich, Online convex programming, 2003: the average-loss bound of projected SGD"


def falling(rng: random.Random) -> Point:
    """A non-increasing rate and distances below R²."""
    top, shift = Fraction(rng.randint(1, 50), 7), rng.randint(0, 5)
    bound = Fraction(rng.randint(1, 40), rng.choice([1, 3]))
    seed = rng.randint(0, 10**6)
    return {
        T: rng.choice([1, 2, rng.randint(1, 20)]),
        R: bound,
        "rate": lambda i: top / (max(i, 0) + 1 + shift),
        "d": lambda i: bound**2 * (hash((seed, i)) % 101) / 100,
    }


def free(rng: random.Random) -> Point:
    """Any positive rate and any distances."""
    seed = rng.randint(0, 10**6)
    return {
        T: rng.choice([1, 2, rng.randint(1, 20)]),
        "rate": lambda i: Fraction(1 + hash((seed, i, 1)) % 97, 13),
        "d": lambda i: Fraction(hash((seed, i, 2)) % 89, 7),
        "f": lambda i: Fraction(hash((seed, i, 3)) % 89 - 40, 7),
    }


def contracted(rng: random.Random) -> Point:
    """A sequence with d(t + 1) = (1 − h)·d(t)."""
    step, start = Fraction(rng.randint(1, 99), 100), Fraction(rng.randint(0, 30), 7)
    return {n: rng.randint(1, 12), h: step, "d": lambda i: start * (1 - step) ** int(i - 1)}


STEPS = (
    TrueStep(
        "sgd-one-step",
        (x - eta * g - y) ** 2,
        "=",
        (x - y) ** 2 - 2 * eta * (x - y) * g + eta**2 * g**2,
        topic="sgd",
        source="expand the square",
    ),
    TrueStep(
        "sgd-inner-product",
        p,
        "=",
        (u - v) / (2 * eta) + eta * g / 2,
        hypotheses=(Eq(v, u - 2 * eta * p + eta**2 * g),),
        topic="sgd",
        source="solve the one-step identity for the inner product",
        sample=lambda rng: (lambda q: {**q, v: q[u] - 2 * q[eta] * q[p] + q[eta] ** 2 * q[g]})(
            {s: Fraction(rng.randint(1, 60), 7) for s in (p, u, g, eta)}
        ),
    ),
    TrueStep(
        "sgd-abel",
        Sum((d(t) - d(t + 1)) / (2 * rate(t)), (t, 1, T)),
        "=",
        d(1) / (2 * rate(1))
        - d(T + 1) / (2 * rate(T))
        + Sum((1 / (2 * rate(t)) - 1 / (2 * rate(t - 1))) * d(t), (t, 2, T)),
        topic="sgd",
        source=f"{REGRET}: summation by parts, by induction on T",
        sample=free,
    ),
    TrueStep(
        "sgd-telescoping",
        Sum(1 / (2 * rate(t)) - 1 / (2 * rate(t - 1)), (t, 2, T)),
        "=",
        1 / (2 * rate(T)) - 1 / (2 * rate(1)),
        topic="sgd",
        source="a telescoping sum",
        sample=free,
    ),
    TrueStep(
        "sgd-abel-bound",
        Sum((d(t) - d(t + 1)) / (2 * rate(t)), (t, 1, T)),
        "<=",
        (R**2 - d(T + 1)) / (2 * rate(T)),
        hypotheses=(Forall(t, Le(rate(t + 1), rate(t))), Forall(t, Le(d(t), R**2))),
        topic="sgd",
        source=f"{REGRET}: by induction on T, since 1/η does not fall",
        sample=falling,
    ),
    TrueStep(
        "sgd-abel-dropped",
        Sum((d(t) - d(t + 1)) / (2 * rate(t)), (t, 1, T)),
        "<=",
        R**2 / (2 * rate(T)),
        hypotheses=(Forall(t, Le(rate(t + 1), rate(t))), Forall(t, Le(d(t), R**2))),
        topic="sgd",
        source=f"{REGRET}: and the last distance is not negative",
        sample=falling,
    ),
    TrueStep(
        "sgd-drop-last",
        (R**2 - d(T + 1)) / (2 * rate(T)),
        "<=",
        R**2 / (2 * rate(T)),
        topic="sgd",
        source="distances are not negative, rates are positive",
        sample=falling,
    ),
    TrueStep(
        "sgd-termwise-gradients",
        Sum(rate(t) * f(t) ** 2, (t, 1, T)),
        "<=",
        G**2 * Sum(rate(t), (t, 1, T)),
        hypotheses=(Forall(t, Le(f(t) ** 2, G**2)),),
        topic="sgd",
        source="each term is at most the bound's",
        sample=lambda rng: {**free(rng), G: 7},
    ),
    TrueStep(
        "sgd-inverse-root",
        1 / sqrt(t),
        "<=",
        2 * (sqrt(t) - sqrt(t - 1)),
        topic="sgd",
        source="2(√t − √(t−1)) = 2/(√t + √(t−1)) ≥ 1/√t",
    ),
    TrueStep(
        "sgd-sum-of-inverse-roots",
        Sum(1 / sqrt(t), (t, 1, T)),
        "<=",
        2 * sqrt(T) - 1,
        topic="sgd",
        source="induction on T with the bound on a term; equality at T = 1",
    ),
    TrueStep(
        "sgd-sum-of-inverse-roots-below",
        Sum(1 / sqrt(t), (t, 1, T)),
        ">=",
        2 * sqrt(T + 1) - 2,
        topic="sgd",
        source="1/√t ≥ 2(√(t+1) − √t), by induction on T",
    ),
    TrueStep(
        "sgd-am-gm",
        D**2 / (2 * T * eta) + G**2 * eta / 2,
        ">=",
        D * G / sqrt(T),
        topic="sgd",
        source="the difference is (D/√(Tη) − G√η)²/2",
    ),
    TrueStep(
        "sgd-rate-value",
        D**2 / (2 * T * eta) + G**2 * eta / 2,
        "=",
        D * G / sqrt(T),
        hypotheses=(Eq(eta, D / (G * sqrt(T))),),
        topic="sgd",
        source="the same with the rate as a hypothesis",
        sample=lambda rng: (lambda a, b, c: {D: a, G: b, T: c**2, eta: Fraction(a, b * c)})(
            rng.randint(1, 9), rng.randint(1, 9), rng.randint(1, 9)
        ),
    ),
    TrueStep(
        "sgd-second-derivative",
        D**2 / (T * eta**3),
        ">",
        0,
        topic="sgd",
        source="a quotient of positive numbers",
    ),
    TrueStep(
        "sgd-root-rate-bound",
        D**2 / (2 * T * (alpha / sqrt(T))) + G**2 / (2 * T) * Sum(alpha / sqrt(t), (t, 1, T)),
        "<=",
        D**2 / (2 * alpha * sqrt(T)) + G**2 * alpha / sqrt(T),
        topic="sgd",
        source="the sum is at most 2√T",
    ),
    TrueStep(
        "sgd-root-rate-optimum",
        D**2 / (2 * alpha * sqrt(T)) + G**2 * alpha / sqrt(T),
        ">=",
        sqrt(2) * D * G / sqrt(T),
        topic="sgd",
        source="the inequality between the means in α",
    ),
    TrueStep(
        "sgd-projection",
        (x - y) ** 2,
        ">=",
        (p - y) ** 2 + (x - p) ** 2,
        hypotheses=(Ge((p - y) * (x - p), 0),),
        topic="sgd",
        source="(x−y)² = (p−y)² + (x−p)² + 2(p−y)(x−p)",
    ),
    TrueStep(
        "sgd-jensen-square",
        (lam * x + (1 - lam) * y) ** 2,
        "<=",
        lam * x**2 + (1 - lam) * y**2,
        hypotheses=(Ge(lam, 0), Le(lam, 1)),
        topic="sgd",
        source="the difference is λ(1−λ)(x−y)²",
        sample=lambda rng: {
            lam: Fraction(rng.randint(0, 10), 10),
            x: Fraction(rng.randint(-90, 90), 7),
            y: Fraction(rng.randint(-90, 90), 7),
        },
    ),
    TrueStep(
        "sgd-harmonic-above",
        Sum(1 / t, (t, 1, T)),
        "<=",
        1 + log(T),
        topic="sgd",
        source="induction: 1/(T+1) ≤ log(1 + 1/T)",
    ),
    TrueStep(
        "sgd-harmonic-below",
        Sum(1 / t, (t, 1, T)),
        ">=",
        log(T + 1),
        topic="sgd",
        source="induction: 1/(T+1) ≥ log(1 + 1/(T+1))",
    ),
    TrueStep(
        "sgd-strongly-convex-telescoping",
        Sum((t - 1) * d(t) - t * d(t + 1), (t, 1, T)),
        "=",
        -T * d(T + 1),
        topic="sgd",
        source="a telescoping sum; the first weight is 0",
        sample=free,
    ),
    TrueStep(
        "sgd-cauchy-schwarz",
        Sum(f(t), (t, 1, T)) ** 2,
        "<=",
        T * Sum(f(t) ** 2, (t, 1, T)),
        topic="sgd",
        source="Cauchy and Schwarz, by induction on T: (S/√T − √T f)² ≥ 0",
        sample=free,
    ),
    TrueStep(
        "sgd-triangle",
        sp.Abs(Sum(f(t), (t, 1, T))),
        "<=",
        Sum(sp.Abs(f(t)), (t, 1, T)),
        topic="sgd",
        source="the triangle inequality, by induction on T",
        sample=free,
    ),
    TrueStep(
        "sgd-contraction",
        d(n),
        "=",
        (1 - h) ** (n - 1) * d(1),
        hypotheses=(Forall(t, Eq(d(t + 1), (1 - h) * d(t))), sp.Lt(h, 1)),
        topic="sgd",
        source="induction on n",
        sample=contracted,
    ),
    TrueStep(
        "sgd-contraction-exponential",
        (1 - h) ** n,
        "<=",
        exp(-h * n),
        hypotheses=(Le(h, 1),),
        topic="sgd",
        source="1 − h ≤ e^{−h}, both sides not negative",
    ),
    TrueStep(
        "sgd-smooth-descent",
        -eta * g**2 + L * eta**2 * g**2 / 2,
        "<=",
        -eta * g**2 / 2,
        hypotheses=(Le(eta, 1 / L),),
        topic="sgd",
        source="ηL ≤ 1",
    ),
    TrueStep(
        "sgd-tight-instance",
        D * G * (n + 1) / 2 + D * G * (n - 1) / 2,
        "=",
        D * G * T / sqrt(T),
        hypotheses=(Eq(T, n**2),),
        topic="sgd",
        source="T = n², so T/√T = n",
        sample=lambda rng: (lambda i: {n: i, T: i * i, D: rng.randint(1, 9), G: rng.randint(1, 9)})(rng.randint(1, 20)),
    ),
    TrueStep(
        "sgd-rate-falls",
        alpha / sqrt(t + 1),
        "<=",
        alpha / sqrt(t),
        topic="sgd",
        source="the root grows",
    ),
    TrueStep(
        "sgd-young",
        x * y,
        "<=",
        eta * x**2 / 2 + y**2 / (2 * eta),
        topic="sgd",
        source="(√η x − y/√η)² ≥ 0",
    ),
    TrueStep(
        "sgd-projected-coordinate",
        (Max(x, 0) - Max(y, 0)) ** 2,
        "<=",
        (x - y) ** 2,
        topic="sgd",
        source="the projection on the half line does not expand: four cases of sign",
    ),
    TrueStep(
        "sgd-averages",
        Sum(f(t), (t, 1, T)) / T - f(1),
        "=",
        Sum(f(t) - f(1), (t, 1, T)) / T,
        topic="sgd",
        source="the constant summand is T times itself",
        sample=free,
    ),
    TrueStep(
        "sgd-half-life",
        (1 - Rational(1, 2) / T) ** T,
        ">=",
        Rational(1, 2),
        topic="sgd",
        source="Bernoulli: (1 − 1/(2T))^T ≥ 1 − 1/2",
    ),
    TrueStep(
        "sgd-gap",
        2 * sqrt(T) - 1 - (2 * sqrt(T + 1) - 2),
        "<",
        1,
        topic="sgd",
        source="the root grows strictly",
    ),
)
