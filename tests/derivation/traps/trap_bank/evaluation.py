"""Values of a claim's sides at a point, by Fractions and mpmath alone: nothing here comes from the checker.

Conventions are those of a step's meaning: both sides must be defined; a sum runs up to one below its start at least;
an integer symbol is an integer; a root, a logarithm and a real power are real.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from fractions import Fraction
from math import comb, factorial, floor
from typing import TypeAlias

import mpmath
import sympy as sp
from sympy.core.function import AppliedUndef

from assayer.derivation import Forall, Relation
from trap_bank.kinds import Claim, Point

Number: TypeAlias = "Fraction | mpmath.mpf"
LONGEST_SUM = 5000
LARGEST_ROOT = 64


class NoValue(ArithmeticError):
    """The expression has no value at the point."""


def evaluate(expr: sp.Basic, at: Point) -> Number:
    """The value of ``expr`` at a point: a Fraction while that is exact, else a number of mpmath's precision.

    Raises:
        NoValue: where the expression is undefined.
        NotImplementedError: for what this evaluator does not know.
    """
    if isinstance(expr, sp.Rational):
        return Fraction(int(expr.p), int(expr.q))
    if isinstance(expr, sp.Symbol):
        return as_number(at[expr])
    if isinstance(expr, sp.Add):
        return sum((evaluate(a, at) for a in expr.args), Fraction(0))
    if isinstance(expr, sp.Mul):
        product: Number = Fraction(1)
        for argument in expr.args:
            product = times(product, evaluate(argument, at))
        return product
    if isinstance(expr, sp.Pow):
        return power(expr, at)
    if isinstance(expr, sp.Sum):
        return total(expr, at)
    if isinstance(expr, sp.Integral):
        return integral(expr, at)
    if isinstance(expr, (AppliedUndef, sp.Indexed)):
        name = str(expr.base) if isinstance(expr, sp.Indexed) else expr.func.__name__
        arguments = expr.indices if isinstance(expr, sp.Indexed) else expr.args
        return as_number(at[name](*(evaluate(a, at) for a in arguments)))
    if expr in CONSTANTS:
        return CONSTANTS[expr]()
    rule = RULES.get(expr.func)
    if rule is None:
        raise NotImplementedError(f"no value for {expr.func.__name__}")
    return rule(*(evaluate(a, at) for a in expr.args))


def as_number(value: object) -> Number:
    """A Fraction where the value is exact; a closed form such as √2 at mpmath's precision."""
    if isinstance(value, sp.Basic):
        return evaluate(value, {})
    return Fraction(value) if isinstance(value, int) else value


def inexact(x: Number) -> mpmath.mpf:
    return mpmath.mpf(x.numerator) / x.denominator if isinstance(x, Fraction) else x


def times(x: Number, y: Number) -> Number:
    return x * y if isinstance(x, Fraction) and isinstance(y, Fraction) else inexact(x) * inexact(y)


def power(expr: sp.Pow, at: Point) -> Number:
    base, exponent = evaluate(expr.base, at), evaluate(expr.exp, at)
    if not expr.exp.is_integer:
        rational = isinstance(expr.exp, sp.Rational)
        if base < 0 or (base == 0 and not (rational and exponent > 0)):
            raise NoValue(f"{expr}: the power {exponent} of {base}")
        root = exact_root(base, exponent)
        return root if root is not None else inexact(base) ** inexact(exponent)
    if base == 0 and exponent < 0:
        raise NoValue(f"{expr}: a division by zero")
    if isinstance(base, Fraction) and abs(exponent) < 20000:
        return base ** int(exponent)
    return inexact(base) ** int(exponent)


def exact_root(base: Number, exponent: Number) -> Fraction | None:
    if not isinstance(base, Fraction) or not isinstance(exponent, Fraction) or exponent.denominator > LARGEST_ROOT:
        return None
    tops = [sp.integer_nthroot(part, exponent.denominator) for part in (base.numerator, base.denominator)]
    if not all(exact for _, exact in tops):
        return None
    return Fraction(int(tops[0][0]), int(tops[1][0])) ** exponent.numerator


def total(expr: sp.Sum, at: Point) -> Number:
    *inner, (index, low, high) = expr.limits
    body = sp.Sum(expr.function, *inner) if inner else expr.function
    first, last = whole(evaluate(low, at)), whole(evaluate(high, at))
    if last < first - 1:
        raise NoValue(f"a sum from {first} to {last}")
    if last - first > LONGEST_SUM:
        raise NotImplementedError("a sum too long to expand")
    return sum((evaluate(body, {**at, index: Fraction(k)}) for k in range(first, last + 1)), Fraction(0))


def integral(expr: sp.Integral, at: Point) -> Number:
    ((x, low, high),) = expr.limits
    ends = [inexact(evaluate(end, at)) for end in (low, high)]
    return mpmath.quad(lambda v: inexact(evaluate(expr.function, {**at, x: v})), ends)


def whole(x: Number) -> int:
    if not isinstance(x, Fraction) or x.denominator != 1:
        raise NoValue(f"{x} where an integer is needed")
    return int(x)


def logarithm(x: Number) -> Number:
    if x <= 0:
        raise NoValue(f"the logarithm of {x}")
    return Fraction(0) if x == 1 else mpmath.log(inexact(x))


def whole_part(x: Number) -> Fraction:
    return Fraction(floor(x) if isinstance(x, Fraction) else int(mpmath.floor(x)))


def remainder(x: Number, modulus: Number) -> Number:
    if modulus == 0:
        raise NoValue("a remainder by zero")
    return x - times(modulus, whole_part(x / modulus if isinstance(x, Fraction) else x / inexact(modulus)))


def positive_gamma(x: Number) -> Number:
    if x <= 0:
        raise NoValue(f"Γ at {x}")
    if isinstance(x, Fraction) and x.denominator == 1:
        return Fraction(factorial(int(x) - 1))
    return mpmath.gamma(inexact(x))


def product_to(x: Number) -> Fraction:
    if whole(x) < 0:
        raise NoValue(f"the factorial of {x}")
    return Fraction(factorial(whole(x)))


def choose(n: Number, k: Number) -> Fraction:
    if whole(n) < 0:
        raise NoValue(f"C({n}, {k})")
    return Fraction(comb(whole(n), whole(k)) if whole(k) >= 0 else 0)


def entire(name: str) -> object:
    return lambda x: (
        Fraction({"exp": 1, "cos": 1, "cosh": 1}.get(name, 0)) if x == 0 else getattr(mpmath, name)(inexact(x))
    )


CONSTANTS = {
    sp.pi: lambda: +mpmath.pi,
    sp.E: lambda: +mpmath.e,
    sp.EulerGamma: lambda: +mpmath.euler,
    sp.Catalan: lambda: +mpmath.catalan,
    sp.GoldenRatio: lambda: +mpmath.phi,
}
RULES = {
    sp.exp: entire("exp"),
    sp.sin: entire("sin"),
    sp.cos: entire("cos"),
    sp.tan: entire("tan"),
    sp.sinh: entire("sinh"),
    sp.cosh: entire("cosh"),
    sp.tanh: entire("tanh"),
    sp.atan: entire("atan"),
    sp.asin: entire("asin"),
    sp.acos: lambda x: mpmath.acos(inexact(x)),
    sp.log: logarithm,
    sp.gamma: positive_gamma,
    sp.factorial: product_to,
    sp.binomial: choose,
    sp.floor: whole_part,
    sp.ceiling: lambda x: -whole_part(-x),
    sp.Abs: abs,
    sp.Max: lambda *xs: max(xs, key=inexact),
    sp.Min: lambda *xs: min(xs, key=inexact),
    sp.Mod: remainder,
    sp.sign: lambda x: Fraction((x > 0) - (x < 0)),
}


def holds(claim: Claim | Relation, at: Point, digits: int) -> bool:
    """Whether both sides are defined at the point and the relation holds there, up to rounding.

    A comparison that rounding could decide counts as equality.
    """
    left, sign, right = (
        (claim.left, claim.sign, claim.right) if isinstance(claim, Relation) else (claim.lhs, claim.rel, claim.rhs)
    )
    with mpmath.workdps(digits):
        try:
            a, b = evaluate(sp.sympify(left), at), evaluate(sp.sympify(right), at)
        except NoValue:
            return False
        if isinstance(a, Fraction) and isinstance(b, Fraction):
            difference, slack = a - b, Fraction(0)
        else:
            difference = inexact(a) - inexact(b)
            slack = mpmath.mpf(10) ** (-digits // 2) * (1 + abs(inexact(a)) + abs(inexact(b)))
    equal = abs(difference) <= slack
    return {
        "=": equal,
        "!=": not equal,
        "<=": equal or difference < 0,
        ">=": equal or difference > 0,
        "<": not equal and difference < 0,
        ">": not equal and difference > 0,
    }[sign]


def relations(claim: Claim) -> Iterator[Relation | Forall]:
    """What the claim assumes, as relations: hypotheses and box."""
    for hypothesis in claim.hypotheses:
        if isinstance(hypothesis, (Relation, Forall)):
            yield hypothesis
        else:
            signs = {sp.Eq: "=", sp.Ne: "!=", sp.Le: "<=", sp.Lt: "<", sp.Ge: ">=", sp.Gt: ">"}
            yield Relation(hypothesis.lhs, signs[hypothesis.func], hypothesis.rhs)
    for x, (low, high) in (claim.box or {}).items():
        yield Relation(x, ">=", sp.sympify(low))
        yield Relation(x, "<=", sp.sympify(high))


def assumed(claim: Claim, at: Point, digits: int) -> bool:
    """Whether the point satisfies the hypotheses, the box and the symbols' domains (a Forall: over -3 … 30)."""
    for symbol, value in at.items():
        if isinstance(symbol, sp.Symbol) and not in_domain(symbol, as_number(value)):
            return False
    for relation in relations(claim):
        if isinstance(relation, Forall):
            window = [k for k in range(-3, 31) if in_domain(relation.index, Fraction(k))]
            if not all(holds(relation.relation, {**at, relation.index: k}, digits) for k in window):
                return False
        elif not holds(relation, at, digits):
            return False
    return True


def in_domain(symbol: sp.Symbol, value: Number) -> bool:
    if symbol.is_integer and not (isinstance(value, Fraction) and value.denominator == 1):
        return False
    return not (
        (symbol.is_positive and value <= 0)
        or (symbol.is_negative and value >= 0)
        or (symbol.is_nonnegative and value < 0)
        or (symbol.is_nonpositive and value > 0)
        or (symbol.is_nonzero and value == 0)
    )


def drawn(claim: Claim, rng: random.Random) -> dict[object, object]:
    """A random value for each free symbol within its domain and box; at an edge now and then."""
    box: Mapping[sp.Symbol, tuple[object, object]] = claim.box or {}
    symbols = set().union(*(sp.sympify(side).free_symbols for side in (claim.lhs, claim.rhs)))
    for relation in relations(claim):
        if isinstance(relation, Relation):
            symbols |= relation.symbols()
    return {s: one_value(s, box.get(s), rng) for s in sorted(symbols, key=str)}


def one_value(symbol: sp.Symbol, ends: tuple[object, object] | None, rng: random.Random) -> Fraction:
    if ends is not None:
        low, high = (as_number(sp.Rational(end)) for end in ends)
        if symbol.is_integer:
            return Fraction(rng.randint(-(-low // 1), high // 1))
        return rng.choice([low, high, low + (high - low) * Fraction(rng.randint(0, 1000), 1000)])
    if symbol.is_integer:
        low = 1 if symbol.is_positive else 0 if symbol.is_nonnegative else -6
        return Fraction(rng.choice([low, low + 1, rng.randint(low, 9), rng.randint(low, 40)]))
    size = rng.choice([1, 1, 5, 30])
    value = Fraction(rng.randint(-100 * size, 100 * size), rng.choice([100, 97, 64]))
    if symbol.is_positive or symbol.is_nonnegative:
        value = abs(value)
    if value == 0 and symbol.is_positive:
        value = Fraction(1, 1000)
    if symbol.is_nonnegative and not symbol.is_positive and rng.random() < 0.1:
        value = Fraction(0)
    return value
