"""Activation functions, and the inequalities that every chapter leans on."""

from __future__ import annotations

from fractions import Fraction

import sympy as sp
from sympy import (
    Abs,
    Ge,
    Le,
    Lt,
    Max,
    Min,
    Rational,
    Sum,
    atan,
    binomial,
    cosh,
    exp,
    factorial,
    log,
    pi,
    sin,
    sinh,
    sqrt,
    tanh,
)

from assayer.derivation import cases, convex
from trap_bank.kinds import TrueStep

x, y, z = sp.symbols("x y z", real=True)
a, b, c, p = sp.symbols("a b c p", positive=True)
n = sp.Symbol("n", integer=True, positive=True)
k = sp.Symbol("k", integer=True, nonnegative=True)
sigmoid = 1 / (1 + exp(-x))
gelu = x / 2 * (1 + tanh(sqrt(2 / pi) * (x + Rational(44715, 10**6) * x**3)))
half = Rational(1, 2)

STEPS = (
    TrueStep(
        "act-sigmoid-derivative",
        exp(-x) / (1 + exp(-x)) ** 2,
        "=",
        sigmoid * (1 - sigmoid),
        topic="activations",
        source="one fraction",
    ),
    TrueStep("act-sigmoid-slope", sigmoid * (1 - sigmoid), "<=", Rational(1, 4), topic="activations", source="AM–GM"),
    TrueStep(
        "act-sigmoid-symmetric",
        sigmoid + 1 / (1 + exp(x)),
        "=",
        1,
        topic="activations",
        source="multiply the first by e^x",
    ),
    TrueStep("act-sigmoid-below-exp", sigmoid, "<=", exp(x), topic="activations", source="1/(1 + e^{−x}) < e^x"),
    TrueStep("act-tanh-sigmoid", tanh(x), "=", 2 / (1 + exp(-2 * x)) - 1, topic="activations", source="definitions"),
    TrueStep(
        "act-softplus-above-relu", log(1 + exp(x)), ">=", Max(x, 0), topic="activations", source="1 + e^x > e^x, 1"
    ),
    TrueStep(
        "act-softplus-below",
        log(1 + exp(x)),
        "<=",
        Max(x, 0) + log(2),
        topic="activations",
        source="1 + e^x ≤ 2·max(1, e^x)",
    ),
    TrueStep(
        "act-softplus-difference",
        log(1 + exp(x)) - log(1 + exp(-x)),
        "=",
        x,
        topic="activations",
        source="1 + e^x = e^x(1 + e^{−x})",
    ),
    TrueStep(
        "act-softplus-convex",
        2 * log(1 + exp((x + y) / 2)),
        "<=",
        log(1 + exp(x)) + log(1 + exp(y)),
        topic="activations",
        source="2e^{(x+y)/2} ≤ e^x + e^y under the logarithm",
    ),
    TrueStep("act-swish-odd-part", x * sigmoid + x / (1 + exp(x)), "=", x, topic="activations", source="σ(x)+σ(−x)=1"),
    TrueStep(
        "act-swish-minimum",
        x * sigmoid,
        ">=",
        -Rational(2785, 10**4),
        hints=(cases(Le(x, -6), Ge(x, 0)),),
        topic="activations",
        source="the minimum −0.27846… at −1.2785…; outside [−6, 0] it is above −0.015",
    ),
    TrueStep(
        "act-swish-minimum-box",
        x * sigmoid,
        ">=",
        -Rational(2785, 10**4),
        box={x: (-6, 6)},
        topic="activations",
        source="the same on a box",
    ),
    TrueStep(
        "act-gelu-minimum",
        gelu,
        ">=",
        -Rational(1702, 10**4),
        box={x: (-5, 5)},
        topic="activations",
        source="the minimum −0.17004… near −0.7525",
    ),
    TrueStep("act-gelu-below", gelu, "<=", x, hypotheses=(Ge(x, 0),), topic="activations", source="tanh ≤ 1"),
    TrueStep("act-relu", Max(x, 0), "=", (x + Abs(x)) / 2, topic="activations", source="two signs"),
    TrueStep("act-relu-parts", Max(x, 0) - Max(-x, 0), "=", x, topic="activations", source="two signs"),
    TrueStep("act-relu-product", Max(x, 0) * Max(-x, 0), "=", 0, topic="activations", source="two signs"),
    TrueStep(
        "act-relu-lipschitz", Abs(Max(x, 0) - Max(y, 0)), "<=", Abs(x - y), topic="activations", source="four signs"
    ),
    TrueStep("act-elu", exp(x) - 1, ">=", x, topic="activations", source="1 + x ≤ e^x"),
    TrueStep(
        "act-tanh-bounded", Abs(tanh(x)), "<", 1, topic="activations", source="tanh = (e^x − e^{−x})/(e^x + e^{−x})"
    ),
    TrueStep(
        "act-tanh-derivative", 1 - tanh(x) ** 2, "=", 1 / cosh(x) ** 2, topic="activations", source="cosh² − sinh² = 1"
    ),
    TrueStep(
        "act-tanh-addition",
        tanh(x + y) * (1 + tanh(x) * tanh(y)),
        "=",
        tanh(x) + tanh(y),
        topic="activations",
        source="the addition theorem",
    ),
    TrueStep(
        "act-tanh-below", tanh(x), "<=", x, hypotheses=(Ge(x, 0),), topic="activations", source="the slope is at most 1"
    ),
    TrueStep(
        "act-tanh-cubic",
        tanh(x),
        ">=",
        x - x**3 / 3,
        hypotheses=(Ge(x, 0),),
        topic="activations",
        source="the derivative: 1 − tanh² ≥ 1 − x²",
    ),
    TrueStep("act-hyperbolic", cosh(x) ** 2 - sinh(x) ** 2, "=", 1, topic="activations", source="definitions"),
    TrueStep("act-sinh-double", sinh(2 * x), "=", 2 * sinh(x) * cosh(x), topic="activations", source="definitions"),
    TrueStep(
        "act-mish",
        tanh(log(1 + exp(x))),
        "=",
        ((1 + exp(x)) ** 2 - 1) / ((1 + exp(x)) ** 2 + 1),
        topic="activations",
        source="tanh log t = (t² − 1)/(t² + 1)",
    ),
    TrueStep("act-hoeffding", cosh(x), "<=", exp(x**2 / 2), topic="activations", source="term by term: (2k)! ≥ 2^k k!"),
    TrueStep(
        "act-log-cosh", log(cosh(x)), "<=", x**2 / 2, topic="activations", source="the derivative: tanh x ≤ x for x ≥ 0"
    ),
    TrueStep("act-logit-increasing", 1 / (1 + exp(-x - a)), ">", sigmoid, topic="activations", source="e^{−a} < 1"),
    TrueStep("ineq-exp", 1 + x, "<=", exp(x), topic="inequalities", source="convexity; equality at 0"),
    TrueStep("ineq-log", log(a), "<=", a - 1, topic="inequalities", source="1 + t ≤ e^t at t = log a"),
    TrueStep("ineq-log-below", log(a), ">=", 1 - 1 / a, topic="inequalities", source="the same at 1/a"),
    TrueStep("ineq-log-root", log(a), "<=", 2 * (sqrt(a) - 1), topic="inequalities", source="log √a ≤ √a − 1"),
    TrueStep("ineq-log-one-plus", log(1 + a), "<=", a, topic="inequalities", source="log t ≤ t − 1"),
    TrueStep(
        "ineq-log-quadratic", log(1 + a), ">=", a - a**2 / 2, topic="inequalities", source="the derivative a²/(1+a)"
    ),
    TrueStep(
        "ineq-log-pade",
        log(1 + a),
        ">=",
        2 * a / (2 + a),
        topic="inequalities",
        source="the derivative a²/((1+a)(2+a)²)",
    ),
    TrueStep(
        "ineq-bernoulli",
        (1 + x) ** n,
        ">=",
        1 + n * x,
        hypotheses=(Ge(x, -1),),
        topic="inequalities",
        source="induction on n: the step leaves nx² ≥ 0",
    ),
    TrueStep(
        "ineq-exp-decay",
        exp(-a),
        "<=",
        1 - a + a**2 / 2,
        topic="inequalities",
        source="Taylor with the next term of the other sign",
    ),
    TrueStep(
        "ineq-exp-quadratic",
        exp(x),
        "<=",
        1 + x + x**2,
        hypotheses=(Le(x, 1),),
        topic="inequalities",
        source="the difference is convex enough: known up to x = 1.79",
    ),
    TrueStep("ineq-exp-over", a * exp(-a), "<=", exp(-1), topic="inequalities", source="a ≤ e^{a−1}"),
    TrueStep(
        "ineq-entropy-minimum",
        a * log(a),
        ">=",
        -exp(-1),
        hints=(convex(a, exp(-1)),),
        topic="inequalities",
        source="convex, and its derivative log a + 1 is 0 at 1/e",
    ),
    TrueStep("ineq-x-log-x", a * log(a), ">=", a - 1, topic="inequalities", source="log a ≥ 1 − 1/a times a"),
    TrueStep(
        "ineq-sine-below",
        sin(a),
        "<",
        a,
        hints=(cases(Le(a, 1)),),
        topic="inequalities",
        source="up to 1 the derivative 1 − cos is positive, beyond 1 the sine is below",
    ),
    TrueStep("ineq-sine-cubic", sin(a), ">=", a - a**3 / 6, topic="inequalities", source="integrate cos x ≥ 1 − x²/2"),
    TrueStep(
        "ineq-jordan",
        sin(x),
        ">=",
        2 * x / pi,
        hypotheses=(Ge(x, 0), Le(x, pi / 2)),
        topic="inequalities",
        source="the sine is concave there",
        sample=lambda rng: {x: Fraction(rng.randint(0, 157), 100)},
    ),
    TrueStep("ineq-atan", atan(a), "<", a, topic="inequalities", source="the derivative a²/(1+a²)"),
    TrueStep("ineq-sinh", sinh(a), ">", a, topic="inequalities", source="the derivative cosh − 1"),
    TrueStep("ineq-cosh", cosh(x), ">=", 1 + x**2 / 2, topic="inequalities", source="the first terms of the series"),
    TrueStep("ineq-means", sqrt(a * b), "<=", (a + b) / 2, topic="inequalities", source="(√a − √b)² ≥ 0"),
    TrueStep(
        "ineq-harmonic-mean", 2 / (1 / a + 1 / b), "<=", sqrt(a * b), topic="inequalities", source="means of 1/a, 1/b"
    ),
    TrueStep(
        "ineq-means-three",
        a**3 + b**3 + c**3,
        ">=",
        3 * a * b * c,
        topic="inequalities",
        source="(a+b+c)((a−b)² + (b−c)² + (c−a)²)/2",
    ),
    TrueStep(
        "ineq-root-subadditive", sqrt(a + b), "<=", sqrt(a) + sqrt(b), topic="inequalities", source="square both sides"
    ),
    TrueStep("ineq-root-below", sqrt(a), "<=", (1 + a) / 2, topic="inequalities", source="(√a − 1)² ≥ 0"),
    TrueStep(
        "ineq-root-concave", (sqrt(a) + sqrt(b)) / 2, "<=", sqrt((a + b) / 2), topic="inequalities", source="square"
    ),
    TrueStep(
        "ineq-cauchy",
        (a * x + b * y + c * z) ** 2,
        "<=",
        (a**2 + b**2 + c**2) * (x**2 + y**2 + z**2),
        topic="inequalities",
        source="Lagrange's identity",
    ),
    TrueStep("ineq-triangle", Abs(x + y), "<=", Abs(x) + Abs(y), topic="inequalities", source="four signs"),
    TrueStep("ineq-triangle-reverse", Abs(Abs(x) - Abs(y)), "<=", Abs(x - y), topic="inequalities", source="the same"),
    TrueStep("ineq-max-min", Max(x, y) + Min(x, y), "=", x + y, topic="inequalities", source="two orders"),
    TrueStep("ineq-max-abs", Max(x, y), "=", (x + y + Abs(x - y)) / 2, topic="inequalities", source="two orders"),
    TrueStep(
        "ineq-log-concave",
        (log(a) + log(b)) / 2,
        "<=",
        log((a + b) / 2),
        topic="inequalities",
        source="ab ≤ ((a+b)/2)² under the logarithm",
    ),
    TrueStep("ineq-exp-convex", exp((x + y) / 2), "<=", (exp(x) + exp(y)) / 2, topic="inequalities", source="AM–GM"),
    TrueStep(
        "ineq-weighted",
        a**p * b ** (1 - p),
        "<=",
        p * a + (1 - p) * b,
        hypotheses=(Lt(p, 1),),
        topic="inequalities",
        source="weighted means, from 1 + t ≤ e^t",
        sample=lambda rng: {
            p: Fraction(rng.randint(1, 99), 100),
            a: Fraction(rng.randint(1, 99), 7),
            b: Fraction(rng.randint(1, 99), 7),
        },
    ),
    TrueStep("ineq-power-two", 2**n, ">=", n + 1, topic="inequalities", source="Bernoulli at x = 1"),
    TrueStep(
        "ineq-square-power-two",
        n**2,
        "<=",
        2**n,
        hypotheses=(Ge(n, 4),),
        topic="inequalities",
        source="induction from 4",
        sample=lambda rng: {n: rng.randint(4, 60)},
    ),
    TrueStep("ineq-factorial-below", factorial(n), ">=", 2 ** (n - 1), topic="inequalities", source="induction on n"),
    TrueStep("ineq-factorial-above", factorial(n), "<=", n**n, topic="inequalities", source="each factor is at most n"),
    TrueStep("ineq-central", binomial(2 * n, n), "<=", 4**n, topic="inequalities", source="one term of (1 + 1)^{2n}"),
    TrueStep("ineq-central-below", binomial(2 * n, n), ">=", 2**n, topic="inequalities", source="induction on n"),
    TrueStep("ineq-compound", (1 + 1 / n) ** n, "<=", exp(1), topic="inequalities", source="1 + t ≤ e^t at t = 1/n"),
    TrueStep(
        "ineq-geometric-below-one",
        Sum(half**k, (k, 1, n)),
        "<",
        1,
        topic="inequalities",
        source="the sum is 1 − 2^{−n}",
    ),
    TrueStep("ineq-quadratic-form", x**2 + x * y + y**2, ">=", 0, topic="inequalities", source="(x + y/2)² + 3y²/4"),
    TrueStep("ineq-quartic", x**4 - 4 * x + 3, ">=", 0, topic="inequalities", source="(x−1)²(x² + 2x + 3)"),
    TrueStep(
        "ineq-motzkin-like",
        x**4 * y**2 + x**2 * y**4 + 1,
        ">=",
        3 * x**2 * y**2,
        topic="inequalities",
        source="three means (Motzkin)",
    ),
    TrueStep(
        "ineq-nesbitt", a / (b + c) + b / (a + c) + c / (a + b), ">=", half * 3, topic="inequalities", source="Nesbitt"
    ),
    TrueStep(
        "ineq-square-root-two",
        sqrt(2) + sqrt(3),
        "<",
        pi + Rational(1, 100),
        topic="inequalities",
        source="3.1462… < 3.1515…",
    ),
    TrueStep("ineq-log-two", log(2), ">", Rational(69, 100), topic="inequalities", source="0.6931…"),
)
