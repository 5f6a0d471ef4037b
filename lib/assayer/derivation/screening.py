"""A fast look at many points in machine floats: it says where a rigorous evaluation is worth its time, and no more."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import sympy as sp
from flint import fmpq
from sympy.core.function import AppliedUndef

from assayer.derivation.points import Table
from assayer.derivation.trusted.context import Goal
from assayer.derivation.trusted.expressions import least_value, opened, values_of

Floats = dict[sp.Basic, float]
Evaluator = Callable[["Point"], float]
LONGEST_SUM = 400
SLACK = 1e-9


class Unknown(Exception):
    """Floats do not tell: a function without a float form, a sum too long."""


class Point(dict[sp.Basic, float]):
    """A valuation in floats; the families' values come from the exact valuation behind it."""

    def __init__(self, entries: Floats, table: Table | None = None) -> None:
        super().__init__(entries)
        self.table = table
        self.members: dict[tuple[object, ...], float] = {}

    @classmethod
    def of(cls, table: Table) -> Point:
        """The floats nearest to a valuation."""
        return cls({symbol: to_float(number) for symbol, number in table.items()}, table)


@dataclass
class Screen:
    """A goal compiled to floats.

    Attributes:
        left, right, sign: the claim.
        given: the hypotheses that are plain relations.
    """

    left: Evaluator
    right: Evaluator
    sign: str
    given: list[tuple[Evaluator, str, Evaluator]]

    @classmethod
    def of(cls, goal: Goal) -> Screen | None:
        """Compile a goal; None where floats cannot follow it."""
        try:
            left, right = compiled(goal.relation.left), compiled(goal.relation.right)
            given = [(compiled(r.left), r.sign, compiled(r.right)) for _, r in goal.context.relations()]
        except Unknown:
            return None
        return cls(left, right, goal.relation.sign, given)

    def outside(self, point: Point) -> bool:
        """Tell whether a hypothesis fails at the point by more than rounding could explain."""
        for left, sign, right in self.given:
            try:
                over, scale = excess(left(point), sign, right(point))
            except (ArithmeticError, ValueError):
                return True
            except Unknown:
                continue
            if over > SLACK * scale:
                return True
        return False

    def violation(self, point: Point) -> float | None:
        """By how much the claim fails, relative to the size of its sides: 1 where a side has no value.

        Negative where it holds with room; about zero where floats cannot tell; None where they say nothing.
        """
        try:
            over, scale = excess(self.left(point), self.sign, self.right(point))
        except (ArithmeticError, ValueError):
            return 1.0
        except Unknown:
            return None
        return over / scale if math.isfinite(over) else None

    def suspect(self, point: Point) -> bool:
        """Tell whether a rigorous evaluation is worth its time: the claim may fail here."""
        found = self.violation(point)
        if found is None:
            return True
        return found > (SLACK if self.sign in ("=", "<=", ">=") else -SLACK)


def to_float(number: fmpq) -> float:
    """The float nearest to a rational; infinite where it is too large."""
    try:
        return int(number.p) / int(number.q)
    except OverflowError:
        return math.inf if number > 0 else -math.inf


def excess(left: float, sign: str, right: float) -> tuple[float, float]:
    """How far ``left sign right`` is from holding (negative: it holds with room), and the size of its sides."""
    d, scale = left - right, 1.0 + abs(left) + abs(right)
    if sign == "=":
        return abs(d), scale
    if sign == "!=":
        return -abs(d), scale
    return (d if sign in ("<=", "<") else -d), scale


def compiled(expr: sp.Basic) -> Evaluator:
    """The expression as a function of a point.

    Raises:
        Unknown: for a function without a float form.
    """
    if isinstance(expr, sp.Symbol):
        return lambda at: at[expr]
    if isinstance(expr, (sp.Number, sp.NumberSymbol)):
        number = float(expr)
        return lambda at: number
    if isinstance(expr, sp.Sum):
        return _sum(expr)
    if isinstance(expr, sp.Add):
        terms = [compiled(a) for a in expr.args]
        return lambda at: math.fsum(term(at) for term in terms)
    if isinstance(expr, sp.Mul):
        return _product([compiled(a) for a in expr.args])
    if isinstance(expr, sp.Pow):
        return _power(expr)
    if isinstance(expr, AppliedUndef):
        return _member([compiled(a) for a in expr.args], expr)
    if isinstance(expr, sp.Indexed):
        return _member([compiled(a) for a in expr.indices], expr)
    rule = _RULES.get(expr.func)
    if rule is None:
        raise Unknown
    arguments = [compiled(a) for a in expr.args]
    if len(arguments) == 1:
        (argument,) = arguments
        return lambda at: rule(argument(at))
    return lambda at: rule(*(a(at) for a in arguments))


def _product(factors: list[Evaluator]) -> Evaluator:
    if len(factors) == 2:
        one, two = factors
        return lambda at: one(at) * two(at)
    return lambda at: math.prod(f(at) for f in factors)


def _power(expr: sp.Pow) -> Evaluator:
    base = compiled(expr.base)
    if isinstance(expr.exp, sp.Integer) and abs(int(expr.exp)) < 2**31:
        whole = int(expr.exp)
        return lambda at: base(at) ** whole
    if expr.exp == sp.Rational(1, 2):
        return lambda at: math.sqrt(base(at))
    exponent = compiled(expr.exp)

    def power(at: Point) -> float:
        b, e = base(at), exponent(at)
        if b < 0 and e != round(e):
            raise ValueError
        return b**e

    return power


def _sum(expr: sp.Sum) -> Evaluator:
    inside, index, low, high = opened(expr)
    body, first, last = compiled(inside), compiled(low), compiled(high)
    least = least_value(index)

    def total(at: Point) -> float:
        begin, end = first(at), last(at)
        if end < begin - 1 or begin != round(begin) or end != round(end):
            raise ValueError
        if least is not None and begin < least and begin <= end:
            raise ValueError
        if end - begin > LONGEST_SUM:
            raise Unknown
        kept = at.get(index)
        terms = []
        for k in range(int(begin), int(end) + 1):
            at[index] = float(k)
            terms.append(body(at))
        if kept is None:
            at.pop(index, None)
        else:
            at[index] = kept
        return math.fsum(terms)

    return total


def _member(arguments: list[Evaluator], expr: sp.Expr) -> Evaluator:
    """A member of a family at integer arguments: its value in the valuation behind the point."""
    head = f"{expr.func.__name__} {getattr(expr, 'base', '')} {values_of(expr)}"

    def member(at: Point) -> float:
        numbers = [argument(at) for argument in arguments]
        if at.table is None or any(v != round(v) or abs(v) > 2**53 for v in numbers):
            raise Unknown
        key = (head, *map(int, numbers))
        found = at.members.get(key)
        if found is None:
            whole = [sp.Integer(int(v)) for v in numbers]
            named = expr.base[tuple(whole)] if isinstance(expr, sp.Indexed) else expr.func(*whole)
            given = at.table.get(named)
            given = at.table.supply(named) if given is None else given
            if given is None:
                raise Unknown
            found = at.members[key] = to_float(given)
        return found

    return member


def _whole(x: float) -> int:
    if x != round(x) or x < 0 or x > 170:
        raise ValueError if x < 0 or x != round(x) else Unknown
    return int(x)


def _binomial(n: float, k: float) -> float:
    if n != round(n) or k != round(k) or n < 0:
        raise ValueError
    if n > 1000:
        raise Unknown
    return float(math.comb(int(n), int(k))) if 0 <= k <= n else 0.0


def _gamma(x: float) -> float:
    if x <= 0:
        raise ValueError
    return math.gamma(x)


def _loggamma(x: float) -> float:
    if x <= 0:
        raise ValueError
    return math.lgamma(x)


_RULES: dict[type, Callable[..., float]] = {
    sp.exp: math.exp,
    sp.log: math.log,
    sp.sin: math.sin,
    sp.cos: math.cos,
    sp.tan: math.tan,
    sp.sinh: math.sinh,
    sp.cosh: math.cosh,
    sp.tanh: math.tanh,
    sp.asin: math.asin,
    sp.acos: math.acos,
    sp.atan: math.atan,
    sp.asinh: math.asinh,
    sp.acosh: math.acosh,
    sp.atanh: math.atanh,
    sp.erf: math.erf,
    sp.Abs: abs,
    sp.sign: lambda x: float((x > 0) - (x < 0)),
    sp.floor: lambda x: float(math.floor(x)),
    sp.ceiling: lambda x: float(math.ceil(x)),
    sp.Min: min,
    sp.Max: max,
    sp.Mod: lambda x, m: math.fmod(math.fmod(x, m) + m, m),
    sp.gamma: _gamma,
    sp.loggamma: _loggamma,
    sp.factorial: lambda x: float(math.factorial(_whole(x))),
    sp.binomial: _binomial,
}
