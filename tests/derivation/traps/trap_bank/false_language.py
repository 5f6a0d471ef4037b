"""What must be refused: claims that are not exact or not in the language, whether they look true or not."""

from __future__ import annotations

from dataclasses import dataclass

import mpmath
import sympy as sp
from sympy import Rational, acos, pi, sqrt

from trap_bank.kinds import Claim, Trap

x = sp.Symbol("x", real=True)
plain = sp.Symbol("x")
positive = sp.Symbol("x", positive=True)
prime = sp.Symbol("p", prime=True)
n = sp.Symbol("n", integer=True)

UNKNOWN = "functions whose value is not known to the checker"


@dataclass(frozen=True)
class Malformed(Claim):
    """A claim that ``judge`` must refuse with an error that holds the words of ``message``."""

    message: str = ""


MALFORMED = (
    Malformed("float-thirds", sp.Float("0.1") * 3, "=", sp.Float("0.3"), message="not exact"),
    Malformed("float-exponent", x ** sp.Float("0.5"), "=", sqrt(x), message="not exact"),
    Malformed("float-python", 0.5 * x + 0.5 * x, "=", x, message="not exact"),
    Malformed("float-hidden", sp.Float("1.4142135623730951") ** 2, "=", 2, message="not exact"),
    Malformed("float-side", x, "=", 0.5, message="not exact"),
    Malformed("float-hypothesis", x**2, "<=", x, hypotheses=(sp.Le(x, sp.Float("0.3")),), message="not exact"),
    Malformed("float-box", x**2, "<=", x, box={x: (0, 0.3)}, message="not exact"),
    Malformed("not-a-number", sp.nan, "=", sp.nan, message="nan"),
    Malformed("infinite", sp.oo, "=", sp.oo, message="oo"),
    Malformed("infinite-minus-one", sp.oo - 1, ">=", 0, message="oo"),
    Malformed("undeclared", (plain - 1) * (plain + 1), "=", plain**2 - 1, message="no real domain"),
    Malformed("declared-twice", x - positive, "=", 0, message="declared twice"),
    Malformed("declared-prime", prime**2, ">=", 4, message="does not use"),
    Malformed("euler", sp.exp(sp.I * x), "=", sp.cos(x) + sp.I * sp.sin(x), message="imaginary"),
    Malformed("relation", sp.Gt(x, 0), "=", True, message="not a SymPy expression"),
    Malformed("truth", x, "=", True, message="not an expression"),
    Malformed("not-a-relation", x, "==", x, message="is not one of"),
    Malformed("text", "x", "=", x, message="not a SymPy expression"),
    Malformed("limit-at-infinity", sp.Limit(1 / x, x, sp.oo), "=", 0, message="oo"),
    Malformed("infinite-sum", sp.Sum(1 / 2**n, (n, 0, sp.oo)), "=", 2, message="oo"),
)

TRAPS = (
    Trap(
        "unknown-arc-cosine",
        180 * acos(Rational(7823207, 7823209)) / pi,
        "<",
        Rational(1, 100),
        cause=UNKNOWN,
        why="0.0409…; to two digits SymPy evaluates the arc cosine to 0",
        witness={},
        cite="https://github.com/sympy/sympy/issues/23086",
        seen_in_1_14=True,
        accepted_by="evalf(2)",
    ),
    Trap(
        "unknown-secant",
        sp.sec(19 * pi / 500 - 26944),
        ">",
        0,
        cause=UNKNOWN,
        why="−89.08…; SymPy calls it positive",
        argument=lambda: mpmath.sec(19 * mpmath.pi / 500 - 26944) < 0,
        cite="https://github.com/sympy/sympy/issues/29850",
        seen_in_1_14=True,
    ),
    Trap(
        "unknown-piecewise",
        sp.Piecewise((x, x > -Rational(1, 1000)), (0, True)),
        "=",
        x,
        hypotheses=(sp.Ge(x, -Rational(1, 500)),),
        cause=UNKNOWN,
        why="0 between −1/500 and −1/1000",
        argument=lambda: (-3 / 2000 > -1 / 1000) is False,
    ),
    Trap(
        "unknown-derivative",
        sp.Derivative(sp.Abs(x), x),
        "=",
        sp.sign(x),
        cause=UNKNOWN,
        why="no derivative at 0",
        argument=lambda: abs(1) / 1 != abs(-1) / -1,
    ),
)
