"""Noise and its penalties, adversaries, sparsity, positions without encoding; integrals."""

from __future__ import annotations

from fractions import Fraction

import sympy as sp
from sympy import (
    Abs,
    Ge,
    Gt,
    Integral,
    Le,
    Lt,
    Max,
    Rational,
    Sum,
    atan,
    cos,
    exp,
    log,
    pi,
    sin,
    sqrt,
    tanh,
)

from trap_bank.kinds import TrueStep

n, N = sp.symbols("n N", integer=True, positive=True)
k = sp.Symbol("k", integer=True, nonnegative=True)
x, y, z, e = sp.symbols("x y z e", real=True)
a, b, c, p, q, s, mu = sp.symbols("a b c p q s mu", positive=True)
u, v, w = sp.symbols("u v w", nonnegative=True)


STEPS = (
    TrueStep("noise-square", 2 * x**2 + 2 * y**2 - (x + y) ** 2, "=", (x - y) ** 2, topic="noise", source="expand"),
    TrueStep("noise-square-bound", (x + y) ** 2, "<=", 2 * x**2 + 2 * y**2, topic="noise", source="(x − y)² ≥ 0"),
    TrueStep(
        "noise-second-moment", ((x + e) ** 2 + (x - e) ** 2) / 2, "=", x**2 + e**2, topic="noise", source="expand"
    ),
    TrueStep(
        "noise-fourth",
        ((x + e) ** 4 + (x - e) ** 4) / 2,
        "=",
        x**4 + 6 * x**2 * e**2 + e**4,
        topic="noise",
        source="expand",
    ),
    TrueStep(
        "noise-exponential",
        (exp(x + e) + exp(x - e)) / 2,
        "=",
        exp(x) * sp.cosh(e),
        topic="noise",
        source="definition of cosh",
    ),
    TrueStep("noise-jensen", (exp(x + e) + exp(x - e)) / 2, ">=", exp(x), topic="noise", source="cosh ≥ 1"),
    TrueStep(
        "noise-sine", (sin(x + e) + sin(x - e)) / 2, "=", sin(x) * cos(e), topic="noise", source="addition theorem"
    ),
    TrueStep(
        "noise-divergence",
        -log(1 - p),
        ">=",
        p,
        hypotheses=(Lt(p, 1),),
        topic="noise",
        source="log t ≤ t − 1",
        sample=lambda rng: {p: Fraction(rng.randint(1, 99), 100)},
    ),
    TrueStep(
        "noise-hutchinson",
        ((a * x + b * y) ** 2 + (a * x - b * y) ** 2) / 2,
        "=",
        a**2 * x**2 + b**2 * y**2,
        topic="noise",
        source="random signs: the cross terms cancel",
    ),
    TrueStep("gan-hinge", Max(1 + x, 0) + Max(1 - x, 0), ">=", 2, topic="gan", source="max(t, 0) ≥ t, added"),
    TrueStep(
        "gan-simultaneous",
        (x - a * y) ** 2 + (y + a * x) ** 2,
        "=",
        (1 + a**2) * (x**2 + y**2),
        topic="gan",
        source="expand",
    ),
    TrueStep(
        "gan-best-discriminator",
        a * log(p) + b * log(1 - p),
        "<=",
        a * log(a / (a + b)) + b * log(b / (a + b)),
        hypotheses=(Lt(p, 1),),
        topic="gan",
        source="Gibbs, with log t ≤ t − 1",
        sample=lambda rng: {
            p: Fraction(rng.randint(1, 99), 100),
            a: Fraction(rng.randint(1, 30), 7),
            b: Fraction(rng.randint(1, 30), 7),
        },
    ),
    TrueStep(
        "gan-divergence", a * log(2 * a / (a + b)) + b * log(2 * b / (a + b)), ">=", 0, topic="gan", source="Gibbs"
    ),
    TrueStep("gan-divergence-above", a * log(2 * a / (a + b)), "<=", a * log(2), topic="gan", source="a/(a+b) ≤ 1"),
    TrueStep(
        "sparse-identity",
        3 * (x**2 + y**2 + z**2) - (x + y + z) ** 2,
        "=",
        (x - y) ** 2 + (x - z) ** 2 + (y - z) ** 2,
        topic="sparsity",
        source="expand",
    ),
    TrueStep("sparse-norms", sqrt(u**2 + v**2), "<=", u + v, topic="sparsity", source="2uv ≥ 0"),
    TrueStep(
        "sparse-norms-below",
        u + v + w,
        "<=",
        sqrt(3) * sqrt(u**2 + v**2 + w**2),
        topic="sparsity",
        source="Cauchy and Schwarz",
    ),
    TrueStep(
        "sparse-robin-hood",
        (x - e) ** 2 + (y + e) ** 2,
        "<=",
        x**2 + y**2,
        hypotheses=(Ge(e, 0), Le(e, x - y)),
        topic="sparsity",
        source="2e(e − (x − y)) ≤ 0",
        sample=lambda rng: (lambda t, g: {y: t, e: g, x: t + g + Fraction(rng.randint(0, 30), 7)})(
            Fraction(rng.randint(-30, 30), 7), Fraction(rng.randint(0, 30), 7)
        ),
    ),
    TrueStep(
        "sparse-mean-variance",
        ((a + b) / 2) / sqrt((a**2 + b**2) / 2),
        "=",
        1 / sqrt(1 + ((a - b) / 2) ** 2 / ((a + b) / 2) ** 2),
        topic="sparsity",
        source="mean square is square of mean plus variance",
    ),
    TrueStep(
        "sparse-scale",
        (c * u + c * v) / sqrt(c**2 * u**2 + c**2 * v**2),
        "=",
        (u + v) / sqrt(u**2 + v**2),
        hypotheses=(Gt(u + v, 0),),
        topic="sparsity",
        source="c > 0 cancels",
    ),
    TrueStep(
        "nope-gap",
        1 / sqrt(n) - 1 / sqrt(n + 1),
        "<=",
        1 / (2 * n * sqrt(n)),
        topic="nope",
        source="the gap is 1/(√n√(n+1)(√n + √(n+1)))",
    ),
    TrueStep(
        "nope-gap-identity",
        1 / sqrt(n) - 1 / sqrt(n + 1),
        "=",
        1 / (sqrt(n) * sqrt(n + 1) * (sqrt(n) + sqrt(n + 1))),
        topic="nope",
        source="multiply by the conjugate",
    ),
    TrueStep("nope-variance", Sum(s, (k, 1, n)) / n**2, "=", s / n, topic="nope", source="n equal terms"),
    TrueStep("nope-deficit", 2 * pi * (1 - cos(x)), ">=", 0, topic="connection", source="cos ≤ 1"),
    TrueStep("int-exponential", Integral(exp(-x), (x, 0, a)), "=", 1 - exp(-a), topic="integrals", source="−e^{−x}"),
    TrueStep(
        "int-decay",
        Integral(exp(-2 * mu * x), (x, 0, a)),
        "=",
        (1 - exp(-2 * mu * a)) / (2 * mu),
        topic="integrals",
        source="its antiderivative",
    ),
    TrueStep(
        "int-root",
        Integral(sqrt(x), (x, 0, a)),
        "=",
        Rational(2, 3) * a ** Rational(3, 2),
        topic="integrals",
        source="2x^{3/2}/3",
    ),
    TrueStep("int-log", Integral(1 / x, (x, 1, 1 + a)), "=", log(1 + a), topic="integrals", source="log"),
    TrueStep("int-atan", Integral(1 / (1 + x**2), (x, 0, a)), "=", atan(a), topic="integrals", source="atan"),
    TrueStep(
        "int-sine-square", Integral(sin(x) ** 2, (x, 0, pi)), "=", pi / 2, topic="integrals", source="x/2 − sin(2x)/4"
    ),
    TrueStep(
        "int-parts", Integral(x * exp(-x), (x, 0, 1)), "=", 1 - 2 * exp(-1), topic="integrals", source="−(x+1)e^{−x}"
    ),
    TrueStep("int-tanh", Integral(tanh(x), (x, 0, a)), "=", log(sp.cosh(a)), topic="integrals", source="log cosh"),
    TrueStep(
        "int-sigmoid",
        Integral(1 / (1 + exp(-x)), (x, 0, a)),
        "=",
        log(1 + exp(a)) - log(2),
        topic="integrals",
        source="softplus",
    ),
    TrueStep(
        "int-frequencies",
        Integral(exp(-c * x), (x, 0, 1)),
        "=",
        (1 - exp(-c)) / c,
        topic="integrals",
        source="−e^{−cx}/c",
    ),
    TrueStep(
        "int-monotone",
        Integral(exp(-(x**2)), (x, 0, a)),
        "<=",
        a,
        topic="integrals",
        source="the integrand is at most 1",
    ),
    TrueStep(
        "int-abs",
        Integral(Abs(sin(3 * x)), (x, 0, pi / 3)),
        "=",
        Rational(2, 3),
        topic="integrals",
        source="sin 3x ≥ 0 there",
    ),
    TrueStep(
        "int-linear", Integral(3 * x**2 + 2 * x, (x, 0, a)), "=", a**3 + a**2, topic="integrals", source="termwise"
    ),
    TrueStep(
        "int-range",
        Sum(1 / k, (k, 2, N)),
        "<=",
        Integral(1 / x, (x, 1, N)),
        topic="integrals",
        source="1/x falls",
        sample=lambda rng: {N: rng.randint(1, 12)},
    ),
    TrueStep(
        "noise-dropout",
        q**2,
        "<=",
        q,
        hypotheses=(Le(q, 1),),
        topic="noise",
        source="q² ≤ q",
        sample=lambda rng: {q: Fraction(rng.randint(1, 100), 100)},
    ),
)
