"""When an expression is defined, and the unfolding of finite sums. Part of the trusted base.

A step claims that both sides are *defined* wherever the context holds. :func:`conditions` lists, from the form of
the expression alone, what that takes; each entry becomes a goal of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TypeAlias

import sympy as sp
from sympy.core.function import AppliedUndef

from assayer.derivation.trusted.context import Relation
from assayer.derivation.trusted.errors import Unsupported
from assayer.derivation.trusted.expressions import (
    BINDERS,
    closed,
    domain,
    is_integer_valued,
    least_value,
    opened,
    rebuilt,
    renamed,
    substitute,
)
from assayer.derivation.trusted.functions import FUNCTIONS, domain_of

TOTAL = (sp.Add, sp.Mul, sp.Abs, sp.floor, sp.ceiling, sp.Min, sp.Max, AppliedUndef)
LONGEST_EXPLICIT_SUM = 64
Evident: TypeAlias = Callable[[sp.Expr], bool]


@dataclass(frozen=True)
class Condition:
    """``relation`` must hold wherever the context and ``local`` do: the ranges of bound variables, each on the left.

    ``exact``: the expression is defined only if it holds; else it is enough, not necessary.
    """

    relation: Relation
    local: tuple[Relation, ...] = ()
    exact: bool = True

    def substitute(self, values: Mapping[sp.Basic, sp.Expr]) -> Condition:
        """The same condition with values for symbols."""
        return self.apart(values.values())._with(values)

    def apart(self, others: Iterable[sp.Basic]) -> Condition:
        """The same condition, with other names for bound variables that occur in ``others``."""
        others = list(others)
        taken = set().union(*(other.atoms(sp.Symbol) for other in others))
        mine = [side for r in (self.relation, *self.local) for side in r.sides()]
        clashes = dict.fromkeys(r.left for r in self.local if r.left in taken)
        return self._with({v: renamed(v, [*others, *mine]) for v in clashes}) if clashes else self

    def _with(self, values: Mapping[sp.Basic, sp.Expr]) -> Condition:
        local = tuple(r.substitute(values) for r in self.local)
        return Condition(self.relation.substitute(values), local, self.exact)

    def __str__(self) -> str:
        where = " and ".join(str(r) for r in self.local)
        return f"{self.relation} (for {where})" if where else str(self.relation)


def conditions(expr: sp.Expr) -> list[Condition]:
    """What must hold for ``expr`` to be defined, innermost first, without repetitions.

    Raises:
        Unsupported: for a function whose domain the checker does not know.
    """
    return list(dict.fromkeys(_conditions(expr, ())))


def _conditions(expr: sp.Basic, local: tuple[Relation, ...]) -> Iterator[Condition]:
    if isinstance(expr, (sp.Number, sp.NumberSymbol, sp.Symbol)):
        return
    if isinstance(expr, BINDERS):
        yield from (_sum_conditions if isinstance(expr, sp.Sum) else _integral_conditions)(expr, local)
        return
    if isinstance(expr, sp.Indexed):
        yield from (c for index in expr.indices for c in _conditions(index, local))
        return
    for argument in expr.args:
        yield from _conditions(argument, local)
    if isinstance(expr, sp.Pow):
        needed, exact = _power_condition(expr)
        if needed is not None:
            yield Condition(needed, local, exact)
    elif expr.func in FUNCTIONS:
        yield from (Condition(r, local) for r in domain_of(expr))
    elif isinstance(expr, sp.factorial):
        _integer(expr, expr.args[0])
        yield Condition(Relation(expr.args[0], ">=", sp.S.Zero), local)
    elif isinstance(expr, sp.binomial):
        _integer(expr, *expr.args)
        yield Condition(Relation(expr.args[0], ">=", sp.S.Zero), local)
    elif isinstance(expr, sp.Mod):
        yield Condition(Relation(expr.args[1], "!=", sp.S.Zero), local)
    elif not isinstance(expr, TOTAL):
        raise Unsupported(f"the checker does not know where {expr.func.__name__} is defined (in {expr})")


def _power_condition(expr: sp.Pow) -> tuple[Relation | None, bool]:
    """What a power needs, and whether that is exact: a real exponent asks for a positive base, by convention."""
    base, exponent = expr.base, expr.exp
    if base.is_Rational and base > 0:
        return None, True
    if isinstance(exponent, sp.Rational) and exponent.q != 1:
        return Relation(base, ">" if exponent < 0 else ">=", sp.S.Zero), True
    if not is_integer_valued(exponent):
        return Relation(base, ">", sp.S.Zero), True
    least = least_value(exponent)
    if least is not None and least >= 0:
        return None, True
    return Relation(base, "!=", sp.S.Zero), isinstance(exponent, sp.Integer)


def _integer(where: sp.Expr, *arguments: sp.Expr) -> None:
    for argument in arguments:
        if not is_integer_valued(argument):
            raise Unsupported(f"{argument} in {where} is not an integer by its form")


def _sum_conditions(expr: sp.Sum, local: tuple[Relation, ...]) -> Iterator[Condition]:
    _, index, low, high = opened(expr)
    _integer(expr, low, high)
    words = set(domain(index))
    if "integer" not in words or words - {"integer", "positive", "nonnegative"}:
        raise Unsupported(
            f"the index {index} of {expr} must be declared as an integer, positive or nonnegative at most"
        )
    yield from _bound_conditions(expr, local, Condition(Relation(high, ">=", low - 1), local))


def _integral_conditions(expr: sp.Integral, local: tuple[Relation, ...]) -> Iterator[Condition]:
    """A Riemann integral over a closed range: the integrand is defined on all of it. What the language can write
    without undefined functions and without steps is continuous wherever it is defined, so it is integrable."""
    body, variable, low, high = opened(expr)
    if set(domain(variable)) - {"positive", "nonnegative"}:
        raise Unsupported(f"{variable} of {expr} must be declared as a real, positive or nonnegative at most")
    for part in body.atoms(AppliedUndef, sp.Indexed, sp.floor, sp.ceiling, sp.Mod, sp.Sum):
        if variable in part.free_symbols:
            raise Unsupported(f"the checker does not know that {part} can be integrated over {variable}")
    yield from _bound_conditions(expr, local, Condition(Relation(high, ">=", low), local, False))


def _bound_conditions(expr: sp.Sum | sp.Integral, local: tuple[Relation, ...], span: Condition) -> Iterator[Condition]:
    body, variable, low, high = opened(expr)
    yield from _conditions(low, local)
    yield from _conditions(high, local)
    yield span
    yield from (Condition(r, local, False) for r in _declared_range(variable, low))
    # A free symbol of the context may have the variable's name: the condition must not be about that one.
    fresh = renamed(variable, [expr, *(side for r in local for side in (r.left, r.right))])
    body = substitute(body, {variable: fresh})
    yield from _conditions(body, (*local, Relation(fresh, ">=", low), Relation(fresh, "<=", high)))


def _declared_range(variable: sp.Symbol, low: sp.Expr) -> Iterator[Relation]:
    """The variable's declared domain must contain the range: SymPy has used it while building the body."""
    if "positive" in domain(variable):
        yield Relation(low, ">", sp.S.Zero)
    elif "nonnegative" in domain(variable):
        yield Relation(low, ">=", sp.S.Zero)


def unfold(expr: sp.Expr, evident: Evident) -> sp.Expr:
    """Rewrite finite sums: short ones term by term, the sum to ``n + c`` as the sum to ``n`` and c terms (where n is
    evidently at least the empty range).

    ``evident(e)`` tells, by form, that ``e ≥ 0``. The result equals ``expr`` wherever that is defined: every term
    split off lies in the range of its sum.
    """
    if not expr.has(sp.Sum):
        return expr
    if isinstance(expr, BINDERS):
        return _unfold_bound(expr, evident)
    return rebuilt(expr, (unfold(argument, evident) for argument in expr.args))


def _unfold_bound(expr: sp.Sum | sp.Integral, evident: Evident) -> sp.Expr:
    inner, index, low, high = opened(expr)

    def inside(e: sp.Expr) -> bool:
        """Within the sum its index is bound: what the context says of a symbol of that name is not about it."""
        if index not in e.free_symbols:
            return evident(e)
        least = least_value(e)
        return least is not None and least >= 0

    body = unfold(inner, inside)
    low, high = unfold(low, evident), unfold(high, evident)
    length = high - low + 1
    if isinstance(expr, sp.Sum) and isinstance(length, sp.Integer) and 0 <= length <= LONGEST_EXPLICIT_SUM:
        return sp.Add(*(unfold(substitute(body, {index: low + k}), evident) for k in range(int(length))))
    shift, rest = high.as_coeff_Add()
    few = isinstance(shift, sp.Integer) and 0 < shift <= LONGEST_EXPLICIT_SUM
    if isinstance(expr, sp.Sum) and few and evident(rest - low + 1):
        edge = [unfold(substitute(body, {index: rest + k}), evident) for k in range(1, int(shift) + 1)]
        return sp.Add(closed(sp.Sum, body, index, low, rest), *edge)
    return closed(expr.func, body, index, low, high)
