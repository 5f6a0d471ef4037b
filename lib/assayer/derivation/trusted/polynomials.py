"""From expressions to polynomials: named atoms, what is known of each, and a decidable zero test.

Part of the trusted base. Every expression becomes a fraction of two polynomials with rational coefficients over
*atoms*: symbols, roots, exponentials, sines, factorials, sums … Equal atoms share a generator; each brings its facts
(``√x ≥ 0``, ``(√x)² = x``, ``⌊x⌋ ≤ x < ⌊x⌋ + 1``). Kernels see polynomials only.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import sympy as sp
from flint import fmpq
from sympy.core.function import AppliedUndef

from assayer.derivation.trusted.context import Relation
from assayer.derivation.trusted.definedness import Evident, conditions, unfold
from assayer.derivation.trusted.discrete import binomial_of, factorial_of, floor_of, gamma_of, remainder
from assayer.derivation.trusted.elementary import (
    HALF,
    absolute,
    cosine_and_sine,
    exponential,
    logarithm,
    rational_power,
    symbolic_power,
)
from assayer.derivation.trusted.errors import Unsupported
from assayer.derivation.trusted.expressions import BINDERS, NEGATED, domain, is_integer_valued, values_of
from assayer.derivation.trusted.facts import (
    facts_of_application,
    facts_of_constant,
    facts_of_exponentials,
    facts_of_power,
)
from assayer.derivation.trusted.functions import FUNCTIONS
from assayer.derivation.trusted.ring import Again, Fact, Fraction, Plan, Ring, Unlicensed
from assayer.derivation.trusted.sums import LEAST, Written, bound

__all__ = ["Algebra", "Fact", "Fraction"]

MOST_PLANS = 8
_LEAST = {"positive": (0, True), "nonnegative": (0, False)}


class Algebra(Ring):
    """The ring of a goal and of what is known with it, and the translation into it.

    Args:
        relations: the goal's relation, then what holds besides: everything that will be converted.
        evident: tells, by form, that an integer expression is ``≥ 0``; see :func:`definedness.unfold`.

    Raises:
        Unsupported: for a function the checker does not know, a division by an identical zero, or a root whose
            existence nothing states.
    """

    def __init__(
        self,
        relations: Sequence[Relation],
        evident: Evident = lambda e: False,
        plan: Plan | None = None,
        depth: int = 0,
    ) -> None:
        self._known, self._evident = list(relations[1:]), evident
        self._plan = plan or Plan()
        if depth:  # within a sum or an integral: the outermost algebra begins again
            self._begin(depth)
            return
        for _ in range(MOST_PLANS):
            self._begin(depth)
            try:
                self._state()
                for side in (s for r in relations for s in r.sides()):
                    self.fraction(side)
                facts_of_exponentials(self)
                return
            except Again:
                continue
        raise Unsupported("the exponents and angles have too many different denominators")

    def _begin(self, depth: int) -> None:
        super().__init__(self._plan, depth)
        self._memo: dict[sp.Expr, Fraction] = {}
        self._inside: Algebra | None = None
        self.sums: list[Written] = []
        self.applied: dict[type, list[tuple[Fraction, Fraction]]] = {}

    def _state(self) -> None:
        """Take up what is known, for the signs that it gives: first what needs no sign itself."""
        waiting = sorted(self._known, key=lambda r: not all(_plain(s) for s in r.sides()))
        while waiting:
            later = []
            for r in waiting:
                try:
                    self._state_one(r)
                except Unlicensed:
                    later.append(r)
            if len(later) == len(waiting):
                raise Unlicensed("a root appears whose existence nothing states: SymPy has split it from another")
            waiting = later

    def _state_one(self, relation: Relation) -> None:
        for fact in self.facts_of(relation, ""):
            if fact.polynomial.is_constant():
                continue
            if fact.kind in (">", ">="):
                self.stated.append((fact.polynomial, fact.kind == ">", relation))
            elif fact.kind == "!=":
                self.unequal.append((fact.polynomial, relation))

    @property
    def inside(self) -> Algebra:
        """The algebra for what stands under one more sum or integral; its facts are not used."""
        if self._inside is None:
            goal = Relation(sp.S.Zero, "=", sp.S.Zero)
            plain = [r for r in self._known if all(_plain(s) for s in r.sides())]
            self._inside = Algebra([goal, *plain], self._evident, self._plan, self.depth + 1)
            self._inside.used = self.used
            self._inside._state()
        return self._inside

    # -- conversion -------------------------------------------------------------------------------------------------
    def fraction(self, expr: sp.Expr) -> Fraction:
        """Convert ``expr``; equal where ``expr`` is defined."""
        known = self._memo.get(expr)
        if known is None:
            known = self._memo[expr] = self._convert(expr)
        return known

    def difference(self, relation: Relation) -> Fraction:
        """``left − right`` as a fraction."""
        return self.subtract(self.fraction(relation.left), self.fraction(relation.right))

    def facts_of(self, relation: Relation, origin: str, negate: bool = False) -> list[Fact]:
        """The polynomial facts that ``relation`` (or its negation) states, denominators cleared."""
        d = self.difference(relation)
        sign = NEGATED[relation.sign] if negate else relation.sign
        if sign in ("=", "!="):
            facts = [Fact(d.numerator, sign, origin)]
        else:
            product = self.cleared(d)
            facts = [Fact(product if sign in (">", ">=") else -product, ">" if sign in (">", "<") else ">=", origin)]
        if not d.denominator.is_constant():
            facts.append(Fact(d.denominator, "!=", origin))
        return [self.sharpen(f) for f in facts]

    def key(self, expr: sp.Expr) -> str:
        """A text that equal expressions share."""
        return self.text(self.fraction(expr))

    def surely_defined(self, expr: sp.Expr) -> bool:
        """Tell that ``expr`` is evidently defined: innermost first, so that each condition is about defined values."""
        evidence = {">": self.positive, ">=": self.nonnegative, "!=": self.nonzero}
        for c in conditions(expr):
            holds = evidence.get(c.relation.sign)
            if c.local or holds is None or not holds(self.difference(c.relation)):
                return False
        return True

    def _convert(self, expr: sp.Expr) -> Fraction:
        if isinstance(expr, sp.Rational):
            return self.number(fmpq(int(expr.p), int(expr.q)))
        if isinstance(expr, sp.Add):
            return self.add(*(self.fraction(term) for term in expr.args))
        if isinstance(expr, sp.Mul):
            return self.multiply(*(self.fraction(factor) for factor in expr.args))
        if isinstance(expr, sp.Pow):
            return self._power(expr.base, expr.exp)
        if expr is sp.E:
            expr = sp.exp(1, evaluate=False)
        if isinstance(expr, BINDERS):
            flat = unfold(expr, self._evident)
            return bound(self, expr) if flat == expr else self.fraction(flat)
        if isinstance(expr, (sp.Symbol, sp.NumberSymbol, sp.Indexed, AppliedUndef)):
            return self._name(expr)
        arguments = [self.fraction(a) for a in expr.args]
        form = _FORMS.get(expr.func)
        if form is not None:
            value = form(self, *arguments)
        elif expr.func in FUNCTIONS:
            key = (expr.func.__name__, *(self.text(a) for a in arguments))
            value = self.whole(self.atom(key, expr)[0])
        else:
            raise Unsupported(f"the checker does not understand {expr.func.__name__} (in {expr})")
        if self.depth == 0:
            facts_of_application(self, expr, arguments, value)
        return value

    def _power(self, base: sp.Expr, exponent: sp.Expr) -> Fraction:
        value = self.fraction(base)
        if isinstance(exponent, sp.Rational):
            return rational_power(self, value, fmpq(int(exponent.p), int(exponent.q)))
        power = self.fraction(exponent)
        result = symbolic_power(self, value, power, is_integer_valued(exponent))
        if self.depth == 0:
            facts_of_power(self, value, power, result)
        return result

    def _name(self, expr: sp.Expr) -> Fraction:
        if isinstance(expr, sp.Indexed):
            key: object = ("indexed", expr.base, *(self.text(self.fraction(i)) for i in expr.indices))
        elif isinstance(expr, AppliedUndef):
            key = (expr.func, *(self.text(self.fraction(a)) for a in expr.args))
        else:
            key = ("name", expr)
        if isinstance(expr, sp.NumberSymbol):
            atom, new = self.atom(key, expr, (0, True))
            if new:
                facts_of_constant(self, expr, self.whole(atom))
            return self.whole(atom)
        integer = is_integer_valued(expr)
        words = domain(expr) if isinstance(expr, sp.Symbol) else values_of(expr)
        low = LEAST.get(expr) or next((_LEAST[word] for word in words if word in _LEAST), None)
        atom, new = self.atom(key, expr, (1, False) if integer and low == (0, True) else low, integer)
        if new:
            for word, sign, kind in (("negative", -1, ">"), ("nonpositive", -1, ">="), ("nonzero", 1, "!=")):
                if word in words:
                    self.know(sign * atom, kind, f"domain of {expr}")
        return self.whole(atom)


def _plain(expr: sp.Expr) -> bool:
    """Tell that converting the expression asks for no sign: it is made of names by + · and whole powers."""
    if isinstance(expr, sp.Pow):
        return isinstance(expr.exp, sp.Integer) and _plain(expr.base)
    if isinstance(expr, (sp.Add, sp.Mul, AppliedUndef)):
        return all(_plain(a) for a in expr.args)
    return isinstance(expr, (sp.Rational, sp.Symbol)) or (
        isinstance(expr, sp.Indexed) and all(_plain(i) for i in expr.indices)
    )


def _extreme(a: Ring, sense: int, values: Sequence[Fraction]) -> Fraction:
    """``max(u, v) = (u + v + |u − v|)/2``, and min with −."""
    best = values[0]
    for value in values[1:]:
        gap = absolute(a, a.subtract(best, value))
        best = a.scale(a.add(best, value, a.scale(gap, sense)), HALF)
    return best


def _hyperbolic(a: Ring, u: Fraction, sense: int) -> Fraction:
    e = exponential(a, u)
    return a.scale(a.add(e, a.scale(a.power(e, -1), sense)), HALF)


_FORMS: dict[type, Callable[..., Fraction]] = {
    sp.exp: exponential,
    sp.log: logarithm,
    sp.cos: lambda a, u: cosine_and_sine(a, u)[0],
    sp.sin: lambda a, u: cosine_and_sine(a, u)[1],
    sp.tan: lambda a, u: (lambda c, s: a.multiply(s, a.power(c, -1)))(*cosine_and_sine(a, u)),
    sp.cosh: lambda a, u: _hyperbolic(a, u, 1),
    sp.sinh: lambda a, u: _hyperbolic(a, u, -1),
    sp.tanh: lambda a, u: a.multiply(_hyperbolic(a, u, -1), a.power(_hyperbolic(a, u, 1), -1)),
    sp.Abs: absolute,
    sp.Max: lambda a, *values: _extreme(a, 1, values),
    sp.Min: lambda a, *values: _extreme(a, -1, values),
    sp.floor: floor_of,
    sp.ceiling: lambda a, u: a.scale(floor_of(a, a.scale(u, -1)), -1),
    sp.Mod: remainder,
    sp.factorial: factorial_of,
    sp.gamma: gamma_of,
    sp.loggamma: lambda a, u: logarithm(a, gamma_of(a, u)),
    sp.binomial: binomial_of,
}
