"""HiPPO's matrices and LegT's delay by other roads than the chapter's formulas, in exact arithmetic."""

from __future__ import annotations

from fractions import Fraction
from math import factorial
from typing import TYPE_CHECKING

from assayer.results.hippo.arguments import choice, count
from assayer.results.hippo.matrices import MEASURES, legs, legt

if TYPE_CHECKING:
    import sympy as sp

Polynomial = list[Fraction]
"""Coefficients, the constant one first."""


def integrated(measure: str, n: int) -> tuple[sp.Matrix, sp.Matrix]:
    """(A, B) of `legs(n)` or `legt(n)` from the definition: polynomials are differentiated and integrated, exactly.

    LegS: A = -I - <g_k, (s + 1) g_i'>; LegT: A_ik = -2 g_i(-1) g_k(-1) - 2 <g_k, g_i'>; B_i = 2 g_i(1). Legendre's
    polynomials come from Rodrigues' formula, not from Bonnet's recurrence. Cost about n^4; meant for n <= 20.
    Raises `ValueError` for another measure, `TypeError` or `ValueError` unless n is an integer >= 1.
    """
    import sympy as sp

    measure = choice(measure, "measure", MEASURES)
    n = count(n, "the number of states n")
    P = [_rodrigues(k) for k in range(n)]
    g = [sp.sqrt(2 * k + 1) for k in range(n)]  # g_k = g[k] P[k]/sqrt(2): two of them bring a factor 1/2

    def entry(i: int, k: int) -> sp.Expr:
        slope = _derivative(P[i])
        if measure == "legs":
            inner = _integral(_product(P[k], _product([Fraction(1), Fraction(1)], slope)))
            value = -Fraction(i == k) * 2 / (2 * i + 1) - inner
        else:
            value = -2 * _at(P[i], -1) * _at(P[k], -1) - 2 * _integral(_product(P[k], slope))
        return g[i] * g[k] * sp.Rational(value.numerator, value.denominator) / 2

    A = sp.Matrix(n, n, lambda i, k: sp.sign(entry(i, k)) * sp.sqrt(sp.expand(entry(i, k) ** 2)))
    return A, sp.Matrix(n, 1, lambda i, _: sp.sqrt(2) * g[i] * sp.Rational(*_at(P[i], 1).as_integer_ratio()))


def delay_transfer(n: int) -> tuple[Polynomial, Polynomial]:
    """H(z) of LegT with `n` states, from u(t) to the reconstruction of u(t - w), z being w times Laplace's variable.

    Returns the numerator and the denominator as coefficients of z^0, z^1, ..., of degree n - 1 and n, by exact
    elimination on (z - A) x = B (Faddeev and Leverrier), in coordinates in which A has integer entries.
    Raises `TypeError` or `ValueError` unless n is an integer >= 1.
    """
    n = count(n, "the number of states n")
    # x_k = ∫ u P_k: w x_i' = 2 u - sum over k of (2k+1) [1 or (-1)^(i-k)] x_k, and u(t-w) ~ sum (2k+1)/2 (-1)^k x_k.
    A = [[-(2 * k + 1) * (1 if k <= i else (-1) ** (k - i)) for k in range(n)] for i in range(n)]
    out = [Fraction((2 * k + 1) * (-1) ** k, 2) for k in range(n)]
    state = [Fraction(2)] * n
    bottom, top = [Fraction(1)], []
    M = [[Fraction(i == k) for k in range(n)] for i in range(n)]
    for step in range(1, n + 1):
        column = [sum((M[i][k] * state[k] for k in range(n)), Fraction(0)) for i in range(n)]
        top.append(sum((out[i] * column[i] for i in range(n)), Fraction(0)))
        M = [[sum((A[i][j] * M[j][k] for j in range(n)), Fraction(0)) for k in range(n)] for i in range(n)]
        c = -sum((M[i][i] for i in range(n)), Fraction(0)) / step
        bottom.append(c)
        for i in range(n):
            M[i][i] += c
    return top[::-1], bottom[::-1]


def delay_series(n: int, terms: int) -> Polynomial:
    """The first `terms` coefficients of H(z) - exp(-z) about z = 0, exactly. Errors as for `delay_transfer`."""
    terms = count(terms, "terms")
    top, bottom = delay_transfer(n)
    found: Polynomial = []
    for k in range(terms):
        value = top[k] if k < len(top) else Fraction(0)
        value -= sum((bottom[j] * found[k - j] for j in range(1, min(k, len(bottom) - 1) + 1)), Fraction(0))
        found.append(value / bottom[0])
    return [h - Fraction((-1) ** k, factorial(k)) for k, h in enumerate(found)]


def residual(measure: str, u: sp.Expr, n: int) -> list[sp.Expr]:
    """What the true coefficients of the polynomial `u` leave of the state equation, exactly: one entry for each state.

    u: a SymPy polynomial in the symbol t, declared real. LegS: t c' - A c - B u over [0, t]; LegT: c' - A c - B u
    over [t - 1, t]. All entries are 0 where the equation holds. Raises `ValueError` for another measure, or a u that
    is no polynomial in t.
    """
    import sympy as sp

    measure, n = choice(measure, "measure", MEASURES), count(n, "the number of states n")
    u, t, s = sp.sympify(u), _time(), sp.Symbol("s")
    if u.free_symbols - {t} or not u.is_polynomial(t):
        raise ValueError(f"u must be a polynomial in the real symbol t, got {u}")
    A, B = (legs if measure == "legs" else legt)(n)
    past = u.subs(t, t * (s + 1) / 2 if measure == "legs" else t - (1 - s) / 2)
    bases = [sum(sp.Rational(*c.as_integer_ratio()) * s**j for j, c in enumerate(_rodrigues(k))) for k in range(n)]
    c = sp.Matrix(
        [sp.sqrt(2 * (2 * k + 1)) / 2 * sp.integrate(sp.expand(past * p), (s, -1, 1)) for k, p in enumerate(bases)]
    )
    left = c.diff(t) * (t if measure == "legs" else 1)
    return [sp.expand(e) for e in left - A * c - B * u]


def _time() -> sp.Symbol:
    import sympy as sp

    return sp.Symbol("t", real=True)


def _rodrigues(n: int) -> Polynomial:
    """P_n, the n-th derivative of (s^2 - 1)^n / (2^n n!)."""
    p = [Fraction(1)]
    for _ in range(n):
        p = _product(p, [Fraction(-1), Fraction(0), Fraction(1)])
    for _ in range(n):
        p = _derivative(p)
    return [c / (2**n * factorial(n)) for c in p]


def _product(p: Polynomial, q: Polynomial) -> Polynomial:
    out = [Fraction(0)] * (len(p) + len(q) - 1)
    for i, a in enumerate(p):
        for j, b in enumerate(q):
            out[i + j] += a * b
    return out


def _derivative(p: Polynomial) -> Polynomial:
    return [i * c for i, c in enumerate(p)][1:] or [Fraction(0)]


def _integral(p: Polynomial) -> Fraction:
    """Over [-1, 1]."""
    return sum((2 * c / (i + 1) for i, c in enumerate(p) if i % 2 == 0), Fraction(0))


def _at(p: Polynomial, s: int) -> Fraction:
    return sum((c * s**i for i, c in enumerate(p)), Fraction(0))
