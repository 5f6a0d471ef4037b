"""False integrals and limits: wrong branches of antiderivatives, singularities inside, exceptional parameters."""

from __future__ import annotations

import mpmath
import sympy as sp
from sympy import Abs, Integral, Limit, Rational, cos, exp, log, oo, pi, sin, sqrt

from trap_bank.kinds import Trap

x, C = sp.symbols("x C", real=True)
a, b = sp.symbols("a b", positive=True)
y, z, w = sp.symbols("y z w", real=True)
n, m = sp.symbols("n m", integer=True)

BRANCH = "wrong branch of an antiderivative"
SINGULAR = "integral through a singularity"
PARAMETER = "an exceptional value of a parameter"
LIMIT = "limits"


def integral_is_not(integrand: object, low: float, high: float, wrong: float) -> object:
    """Whether the integral, piece by piece, is far from the value claimed."""

    def differs() -> bool:
        steps = [low + (high - low) * mpmath.mpf(i) / 12 for i in range(13)]
        return abs(mpmath.quad(integrand, steps) - wrong) > 0.01

    return differs


def grows_beyond(f: object, at: list[float], bound: float) -> object:
    """Whether the integral up to a gap beside the singularity, in closed form, passes the bound as the gap shrinks."""
    return lambda: all(f(v) > bound for v in at)


TRAPS = (
    Trap(
        "int-abs-sine",
        Integral(Abs(sin(3 * x)), (x, 0, 3 * pi)),
        "=",
        Rational(2, 3),
        cause=BRANCH,
        why="nine arches of 2/3",
        argument=integral_is_not(lambda v: abs(mpmath.sin(3 * v)), 0, 3 * mpmath.pi, mpmath.mpf(2) / 3),
    ),
    Trap(
        "int-root-two",
        Integral(1 / (sqrt(2) + cos(x)), (x, 0, 2 * pi)),
        "=",
        0,
        cause=BRANCH,
        why="2π: the integrand is positive",
        argument=integral_is_not(lambda v: 1 / (mpmath.sqrt(2) + mpmath.cos(v)), 0, 2 * mpmath.pi, 0),
        cite="https://github.com/sympy/sympy/issues/23613 (the same integrand with a symbol)",
        seen_in_1_14=True,
    ),
    Trap(
        "int-two-plus-cosine",
        Integral(1 / (2 + cos(x)), (x, 0, 2 * pi)),
        "=",
        0,
        cause=BRANCH,
        why="2π/√3: the antiderivative by tan(x/2) jumps at π",
        argument=integral_is_not(lambda v: 1 / (2 + mpmath.cos(v)), 0, 2 * mpmath.pi, 0),
        cite="https://github.com/sympy/sympy/issues/6278",
        seen_in_1_14=False,
        accepted_by="ftc with an antiderivative that jumps",
    ),
    Trap(
        "int-parametric",
        Integral(1 / (C + cos(x)), (x, 0, 2 * pi)),
        "=",
        0,
        hypotheses=(sp.Gt(C, 1),),
        cause=BRANCH,
        why="2π/√(C² − 1)",
        argument=integral_is_not(lambda v: 1 / (3 + mpmath.cos(v)), 0, 2 * mpmath.pi, 0),
        cite="https://github.com/sympy/sympy/issues/23613",
        seen_in_1_14=True,
        accepted_by="integrate",
    ),
    Trap(
        "int-root-times-inverse",
        Integral(sqrt(2 - x) * sqrt(1 / (2 - x)), (x, 0, 1)),
        "=",
        -1,
        cause=BRANCH,
        why="the integrand is 1",
        argument=integral_is_not(lambda v: mpmath.sqrt(2 - v) * mpmath.sqrt(1 / (2 - v)), 0, 1, -1),
        cite="https://github.com/sympy/sympy/issues/29792",
        seen_in_1_14=True,
    ),
    Trap(
        "int-atan-of-inverse",
        Integral(1 / (1 + x**2), (x, -1, 1)),
        "=",
        -pi / 2,
        cause=BRANCH,
        why="−atan(1/x) has the right derivative and jumps at 0",
        argument=integral_is_not(lambda v: 1 / (1 + v * v), -1, 1, -mpmath.pi / 2),
        accepted_by="ftc with an antiderivative that jumps",
    ),
    Trap(
        "int-root-of-square",
        Integral(sqrt(x**2), (x, -1, 1)),
        "=",
        0,
        cause=BRANCH,
        why="x²/2 is an antiderivative of x, not of |x|",
        argument=integral_is_not(abs, -1, 1, 0),
        accepted_by="sqrt(x^2) = x",
    ),
    Trap(
        "int-beta",
        Integral(x ** Rational(1, 3) * sqrt(1 - x), (x, 0, 1)),
        "<",
        0,
        cause=BRANCH,
        why="the integrand is not negative",
        argument=integral_is_not(lambda v: mpmath.cbrt(v) * mpmath.sqrt(1 - v), 0, 1, -0.2),
        accepted_by="integrate",
    ),
    Trap(
        "int-square-pole",
        Integral(1 / x**2, (x, -1, 1)),
        "=",
        -2,
        cause=SINGULAR,
        why="a positive integrand with a pole: no value",
        argument=grows_beyond(lambda v: 1 / v - 1, [1e-3], 900),
        cite="https://github.com/sympy/sympy/issues/4215",
        seen_in_1_14=False,
        accepted_by="ftc without a look at the integrand",
    ),
    Trap(
        "int-principal-value",
        Integral(1 / x, (x, -1, 1)),
        "=",
        0,
        cause=SINGULAR,
        why="only the principal value is 0",
        argument=grows_beyond(lambda v: -mpmath.log(v), [1e-9], 20),
        cite="https://github.com/sympy/sympy/issues/26778",
        seen_in_1_14=False,
        accepted_by="the principal value",
    ),
    Trap(
        "int-log-pole",
        Integral(1 / (1 - x**2), (x, 0, 3)),
        "=",
        log(2) / 2,
        cause=SINGULAR,
        why="a pole at 1: no value",
        argument=grows_beyond(lambda v: mpmath.atanh(1 - v), [1e-9], 10),
        cite="https://github.com/sympy/sympy/issues/14400",
        seen_in_1_14=False,
        accepted_by="log|x| across a pole",
    ),
    Trap(
        "int-tangent",
        Integral(1 / cos(x) ** 2, (x, 0, pi)),
        "=",
        0,
        cause=SINGULAR,
        why="tan jumps at π/2: no value",
        argument=grows_beyond(lambda v: mpmath.tan(mpmath.pi / 2 - v), [1e-6], 1000),
        cite="https://github.com/sympy/sympy/issues/11079",
        seen_in_1_14=False,
        accepted_by="ftc without a look at the integrand",
    ),
    Trap(
        "int-power",
        Integral(x**n, (x, 1, a)),
        "=",
        (a ** (n + 1) - 1) / (n + 1),
        cause=PARAMETER,
        why="n = −1: log a, and the right side has no value",
        argument=lambda: -1 + 1 == 0,
        accepted_by="a rule used at every parameter",
    ),
    Trap(
        "int-orthogonal",
        Integral(cos(n * x) * cos(m * x), (x, 0, 2 * pi)),
        "=",
        0,
        cause=PARAMETER,
        why="π where n = m = 1",
        argument=integral_is_not(lambda v: mpmath.cos(v) ** 2, 0, 2 * mpmath.pi, 0),
        accepted_by="orthogonality used at every parameter",
    ),
    Trap(
        "int-sine-frequency",
        Integral(sin(n * x) ** 2, (x, 0, 2 * pi)),
        "=",
        pi,
        cause=PARAMETER,
        why="0 where n = 0",
        argument=lambda: mpmath.sin(0) == 0,
        accepted_by="a rule used at every parameter",
    ),
    Trap(
        "int-exponential-rate",
        Integral(exp(C * x), (x, 0, 1)),
        "=",
        (exp(C) - 1) / C,
        cause=PARAMETER,
        why="C = 0: 1, and the right side has no value",
        argument=lambda: mpmath.exp(0) == 1,
        accepted_by="a rule used at every parameter",
    ),
    Trap(
        "int-constant-lost",
        Integral(2 * x, (x, a, b)),
        "=",
        b**2,
        cause=PARAMETER,
        why="the lower end is forgotten",
        argument=integral_is_not(lambda v: 2 * v, 1, 2, 4),
        accepted_by="an antiderivative taken for the integral",
    ),
    Trap(
        "int-captured",
        Integral(x * y, (x, 0, 1)),
        "=",
        Rational(1, 3),
        cause=PARAMETER,
        why="y/2; 1/3 is what one gets for y := x under the sign",
        argument=lambda: mpmath.mpf(0) / 2 != mpmath.mpf(1) / 3,
        accepted_by="substitution that captures the variable",
    ),
    Trap(
        "int-quadratic",
        Integral(1 / (y * x**2 + z * x + w), (x, 0, 1)),
        "=",
        0,
        hypotheses=(sp.Gt(y, 0), sp.Gt(z, 0), sp.Gt(w, 0)),
        cause=PARAMETER,
        why="the integrand is positive",
        argument=integral_is_not(lambda v: 1 / (v * v + v + 1), 0, 1, 0),
        cite="https://github.com/sympy/sympy/issues/29081",
        seen_in_1_14=True,
        accepted_by="integrate",
    ),
    Trap(
        "int-sine-integral",
        Integral(sin(x) / x, (x, -2, -1)),
        "<",
        0,
        cause=BRANCH,
        why="Si(2) − Si(1) = 0.659…: the integrand is positive",
        argument=integral_is_not(lambda v: mpmath.sin(v) / v, -2, -1, -0.659),
        cite="https://github.com/sympy/sympy/issues/4706",
        seen_in_1_14=True,
        accepted_by="integrate",
    ),
    Trap(
        "lim-two-rates",
        Limit((a * exp(-a * x) + b * exp(-b * x)) * exp(b * x), x, oo),
        "=",
        b,
        cause=LIMIT,
        why="b where a > b only: 2b where a = b, and no limit where a < b (SymPy answers ∞ for all)",
        argument=lambda: (mpmath.exp(-50) + mpmath.exp(-50)) * mpmath.exp(50) > 1.9,
        language=False,
        accepted_by="the limit of one case taken for all",
    ),
    Trap(
        "lim-root-derivative",
        Limit(
            sp.diff(sqrt((a + b - sqrt((a + b) ** 2 - a * b * (2 - 2 * cos(x)))) / (a * b)), x),
            x,
            0,
        ),
        "=",
        0,
        cause=LIMIT,
        why="1/√(2(a + b)) from the right",
        argument=lambda: mpmath.sqrt(2 - mpmath.sqrt(4 - (2 - 2 * mpmath.cos(1e-4)))) / 1e-4 > 0.4,
        language=False,
        cite="https://github.com/sympy/sympy/issues/23525",
        seen_in_1_14=True,
    ),
    Trap(
        "lim-two-sided",
        Limit(Abs(x) / x, x, 0),
        "=",
        1,
        cause=LIMIT,
        why="−1 from the left: a limit from one side is taken for the limit",
        argument=lambda: abs(-1) / -1 == -1,
        language=False,
    ),
    Trap(
        "lim-compound",
        Limit((1 + 1 / x) ** (x**2) / exp(x), x, oo),
        "=",
        1,
        cause=LIMIT,
        why="e^{−1/2}",
        argument=lambda: abs((1 + mpmath.mpf(1) / 1000) ** 10**6 / mpmath.exp(1000) - mpmath.exp(-0.5)) < 0.01,
        language=False,
        cite="https://github.com/sympy/sympy/issues/25885",
        seen_in_1_14=False,
        accepted_by="the limit of a part put in for the part",
    ),
)
