"""The mistakes that the bank cites, run again: whether the SymPy at hand still makes each of them."""

from __future__ import annotations

from collections.abc import Callable

import sympy as sp
from sympy import Abs, Rational, S, Sum, Symbol, binomial, cos, exp, floor, integrate, limit, oo, pi, sin, sqrt

x = Symbol("x", real=True)
plain, free = Symbol("x"), Symbol("C")
a, b, c = sp.symbols("a b c", real=True)
i, k, n = sp.symbols("i k n", integer=True)
j, m = sp.symbols("j m", integer=True, positive=True)
first, second = sp.symbols("p q", positive=True)
WEIGHT = 23951146041928082866135587776380551750
DISPERSION = sqrt((first + second - sqrt((first + second) ** 2 - first * second * (2 - 2 * cos(x)))) / (first * second))

STILL_WRONG: dict[int, Callable[[], bool]] = {
    4215: lambda: integrate(1 / x**2, (x, -1, 1)) == -2,
    4706: lambda: sp.N(integrate(sin(plain) / plain, (plain, -2, -1))) < 0,
    6278: lambda: integrate(1 / (2 + cos(x)), (x, 0, 2 * pi)) == 0,
    9358: lambda: sp.summation(1, (k, 1, Rational(5, 2))) == Rational(5, 2),
    11079: lambda: integrate(1 / cos(x) ** 2, (x, 0, pi)) == 0,
    13902: lambda: Sum(binomial(2, j) * j**2, (j, 0, m)).doit().subs(m, 1) != 2,
    14400: lambda: integrate(1 / (1 - x**2), (x, 0, 3)) is not sp.nan,
    14612: lambda: sp.combsimp(binomial(n, k) - binomial(n, n - k)) == 0,
    19745: lambda: Sum(k, (k, 1, Rational(3, 2))).doit() == Rational(15, 8),
    20932: lambda: (
        Sum(sin(k / S(64)) * binomial(51, k) * binomial(77, 64 - k) / WEIGHT, (k, 0, 64)).evalf() == 0
        and Sum(exp(-(i**2) / S(4)), (i, -20, 20)).evalf() == 0
    ),
    23086: lambda: sp.acos(Rational(7823207, 7823209)).evalf(2) == 0,
    23525: lambda: limit(sp.diff(DISPERSION, x), x, 0) == 0,
    23613: lambda: sp.simplify(integrate(1 / (free + cos(plain)), (plain, 0, 2 * pi))).subs(free, 1000) == 0,
    25885: lambda: limit((1 + 1 / x) ** (x**2) / exp(x), x, oo) == 1,
    26778: lambda: integrate(1 / x, (x, -1, 1)) == 0,
    28744: lambda: sp.Mod(8 * sp.Mod(floor(n / 64), 4), 64).subs(n, 128) != 16,
    28746: lambda: Sum(k, (k, 6, 2)).doit() == -12,
    29081: lambda: integrate(1 / (a * x**2 + b * x + c), x) == 0,
    29560: lambda: sp.nsimplify(7 * sqrt(3) / 8 - sqrt(15) / 4).has(sp.Integer(7) ** Rational(163, 735)),
    29792: lambda: integrate(sqrt(2 - x) * sqrt(1 / (2 - x)), (x, 0, 1)) == -1,
    29800: lambda: sp.refine((x**3) ** Rational(1, 3), sp.Q.real(x)) == Abs(x),
    29850: lambda: bool(sp.sec(19 * pi / 500 - 26944).is_positive),
}
"""Issue number to a computation: True while the answer is the wrong one that the issue reports."""
