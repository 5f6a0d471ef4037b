"""From expressions to polynomials: named atoms, what is known of each, and a decidable zero test.

Part of the trusted base. Every expression becomes a fraction of two polynomials with rational coefficients
(python-flint's ``fmpq_mpoly``) over *atoms*: symbols, roots, floors, logarithms, sums … Equal atoms share a
generator; each brings its facts (``√x ≥ 0``, ``(√x)² = x``, ``⌊x⌋ ≤ x < ⌊x⌋ + 1``). Kernels see polynomials only.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from math import comb

import sympy as sp
from flint import Ordering, fmpq, fmpq_mpoly, fmpq_mpoly_ctx
from sympy.core.function import AppliedUndef

from assayer.derivation.trusted.context import Relation, domain_relations
from assayer.derivation.trusted.definedness import Evident, unfold
from assayer.derivation.trusted.errors import Unsupported
from assayer.derivation.trusted.expressions import (
    BINDERS,
    closed,
    is_integer_valued,
    least_value,
    opened,
    rebuilt,
    substitute,
    values_of,
)

LARGEST_EXPONENT = 64
MOST_TERMS = 20_000
_CONSTANT_BOUNDS = {
    sp.pi: (fmpq(314159265, 10**8), fmpq(314159266, 10**8)),
    sp.E: (fmpq(271828182, 10**8), fmpq(271828183, 10**8)),
}
_OPAQUE = (
    sp.exp,
    sp.log,
    sp.sin,
    sp.cos,
    sp.sinh,
    sp.cosh,
    sp.tanh,
    sp.atan,
    sp.gamma,
    sp.loggamma,
    sp.factorial,
    sp.binomial,
    sp.floor,
    sp.ceiling,
    sp.Abs,
    sp.Min,
    sp.Max,
    sp.Mod,
    AppliedUndef,
)
_NEGATED = {"=": "!=", "!=": "=", "<=": ">", "<": ">=", ">=": "<", ">": "<="}
_BOUND = [sp.Dummy(f"bound{depth}", integer=True) for depth in range(8)]
_BOUND_REAL = [sp.Dummy(f"bound{depth}", real=True) for depth in range(8)]


@dataclass(frozen=True)
class Fact:
    """``polynomial kind 0`` with ``kind`` one of ``= >= > !=``; ``origin`` names where it comes from."""

    polynomial: fmpq_mpoly
    kind: str
    origin: str


@dataclass(frozen=True)
class Fraction:
    """``numerator / denominator``, equal to the expression wherever that is defined."""

    numerator: fmpq_mpoly
    denominator: fmpq_mpoly


class Algebra:
    """The polynomial ring of a set of relations, with the facts of its atoms.

    Args:
        relations: everything that will be converted; the ring has one generator for each atom in them.
        evident: tells, by form, that an integer expression is ``≥ 0``; see :func:`definedness.unfold`.
    """

    def __init__(self, relations: Iterable[Relation], evident: Evident = lambda e: False) -> None:
        self._evident = evident
        sides = [unfold(side, evident) for r in relations for side in (r.left, r.right)]
        size = sum(2 for side in sides for node in sp.preorder_traversal(side) if _is_atom(node)) + 1
        self.context = fmpq_mpoly_ctx.get([f"x{i}" for i in range(size)], Ordering.lex)
        self._generators = self.context.gens()
        self._zero, self._one = self.context.constant(0), self.context.constant(1)
        self.meaning: list[sp.Expr | None] = []
        self.integer: list[bool] = []
        self.facts: list[Fact] = []
        self._roots: list[tuple[int, int, Fraction]] = []
        self._index: dict[object, int] = {}
        self._nonnegative: set[int] = set()
        self._memo: dict[sp.Expr, Fraction] = {}

    # -- conversion -------------------------------------------------------------------------------------------------
    def fraction(self, expr: sp.Expr) -> Fraction:
        """Convert ``expr``; equal where ``expr`` is defined.

        Raises:
            Unsupported: for a function the checker does not know, or a division by an identical zero.
        """
        return self._fraction(unfold(expr, self._evident))

    def difference(self, relation: Relation) -> Fraction:
        """``left − right`` as a fraction."""
        return self._add(self.fraction(relation.left), self._scale(self.fraction(relation.right), fmpq(-1)))

    def facts_of(self, relation: Relation, origin: str, negate: bool = False) -> list[Fact]:
        """The polynomial facts that ``relation`` (or its negation) states, denominators cleared."""
        d = self.difference(relation)
        sign = _NEGATED[relation.sign] if negate else relation.sign
        product = d.numerator * self._sign_of(d.denominator)
        if sign in ("=", "!="):
            facts = [Fact(d.numerator, sign, origin)]
        else:
            facts = [Fact(product if sign in (">", ">=") else -product, ">" if sign in (">", "<") else ">=", origin)]
        if not d.denominator.is_constant():
            facts.append(Fact(d.denominator, "!=", origin))
        return [self.sharpen(f) for f in facts]

    def _sign_of(self, denominator: fmpq_mpoly) -> fmpq_mpoly:
        """A polynomial with the sign of a denominator, which is not zero: factors that are evidently positive go.

        An even power of an atom is positive; an atom known to be at least 0 is positive, since it is not 0; so is a
        polynomial in such atoms whose coefficients are positive.
        """
        content = denominator.term_content()
        rest, kept = denominator / content, self._one * _sign(content)
        (powers,) = content.monoms()
        for position, power in enumerate(powers):
            if power % 2 and position not in self._nonnegative:
                kept *= self._generators[position]
        terms = rest.to_dict()
        positive = all(c > 0 for c in terms.values())
        return kept if positive and self._nonnegative.issuperset(_occurring(terms)) else kept * rest

    def sharpen(self, fact: Fact) -> Fact:
        """Over the integers ``p > 0`` is ``p − 1 ≥ 0`` once p has coprime integer coefficients."""
        if fact.kind != ">":
            return fact
        terms = fact.polynomial.to_dict()
        if not terms or any(e and not self.integer[i] for m in terms for i, e in enumerate(m) if e):
            return fact
        common = fmpq(1)
        for c in terms.values():
            common *= (c * common).q
        return Fact(fact.polynomial * common - 1, ">=", fact.origin)

    def _fraction(self, expr: sp.Expr) -> Fraction:
        known = self._memo.get(expr)
        if known is None:
            known = self._memo[expr] = self._convert(expr)
        return known

    def _convert(self, expr: sp.Expr) -> Fraction:
        if isinstance(expr, sp.Rational):
            return Fraction(self.context.constant(fmpq(int(expr.p), int(expr.q))), self._one)
        if isinstance(expr, sp.Add):
            total = Fraction(self._zero, self._one)
            for term in expr.args:
                total = self._add(total, self._fraction(term))
            return total
        if isinstance(expr, sp.Mul):
            total = Fraction(self._one, self._one)
            for factor in expr.args:
                total = self._multiply(total, self._fraction(factor))
            return total
        if isinstance(expr, sp.Pow):
            return self._power(expr)
        return self._atom(expr)

    def _power(self, expr: sp.Pow) -> Fraction:
        base, exponent = expr.base, expr.exp
        if not isinstance(exponent, sp.Rational):
            return self._symbolic_power(base, exponent)
        if abs(exponent.p) > LARGEST_EXPONENT:
            raise Unsupported(f"the exponent of {expr} is larger than {LARGEST_EXPONENT}")
        value = self._fraction(base)
        if exponent.q != 1:
            value = self._root(base, int(exponent.q), value)
        if exponent.p < 0:
            value = self._invert(value, expr)
        power = abs(int(exponent.p))
        if max(comb(len(q) + power - 1, power) for q in (value.numerator, value.denominator) if len(q)) > MOST_TERMS:
            raise Unsupported(f"{expr} has more than {MOST_TERMS} terms when expanded")
        return Fraction(value.numerator**power, value.denominator**power)

    def _symbolic_power(self, base: sp.Expr, exponent: sp.Expr) -> Fraction:
        """``b^(e + c) = b^e · b^c`` for an integer c, where that holds at every value at which the power is defined:
        b is a number other than 0, or positive by convention (real exponents), or c > 0 and e is a natural number."""
        whole = is_integer_valued(exponent)
        number = isinstance(base, sp.Rational) and base != 0
        shift, rest = exponent.as_coeff_Add()
        if isinstance(shift, sp.Integer) and shift != 0:
            natural = least_value(rest)
            if number or not whole or (shift > 0 and natural is not None and natural >= 0):
                return self._multiply(self._symbolic_power(base, rest), self._fraction(base**shift))
        key = ("power", self._key(self._fraction(base)), self._key(self._fraction(exponent)))
        if key not in self._index:
            position = self._generator(key, base**exponent, False)
            if not whole or (number and base > 0):
                self._know(self._generators[position], ">", f"{base**exponent} > 0")
        return Fraction(self._generators[self._index[key]], self._one)

    def _root(self, base: sp.Expr, degree: int, value: Fraction) -> Fraction:
        key = ("root", degree, self._key(value))
        if key not in self._index:
            meaning = sp.Pow(base, sp.Rational(1, degree), evaluate=False)
            position = self._generator(key, meaning, False)
            r = self._generators[position]
            self._know(r, ">=", f"{meaning} ≥ 0")
            self._know(value.denominator * r**degree - value.numerator, "=", f"({meaning})^{degree} = {base}")
            self._roots.append((position, degree, value))
        return Fraction(self._generators[self._index[key]], self._one)

    def _atom(self, expr: sp.Expr) -> Fraction:
        if isinstance(expr, sp.Symbol):
            key: object = ("symbol", expr)
        elif isinstance(expr, sp.NumberSymbol):
            key = ("constant", expr)
        elif isinstance(expr, sp.Indexed):
            key = ("indexed", expr.base, *(self._key(self._fraction(i)) for i in expr.indices))
        elif isinstance(expr, BINDERS):
            key = ("bound", _canonical(expr))
        elif isinstance(expr, _OPAQUE):
            arguments = [self._key(self._fraction(a)) for a in expr.args]
            key = (expr.func, *(sorted(arguments) if isinstance(expr, (sp.Min, sp.Max)) else arguments))
        else:
            raise Unsupported(f"the checker does not understand {expr.func.__name__} (in {expr})")
        if key not in self._index:
            position = self._generator(key, expr, is_integer_valued(expr))
            self._introduce(expr, self._generators[position])
        return Fraction(self._generators[self._index[key]], self._one)

    def _introduce(self, expr: sp.Expr, atom: fmpq_mpoly) -> None:
        """State what is known of a new atom, for every value of its arguments at which it is defined."""
        if isinstance(expr, sp.Symbol):
            for relation in domain_relations(expr):
                for fact in self.facts_of(relation, f"domain of {expr}"):
                    self._know(fact.polynomial, fact.kind, fact.origin)
        elif isinstance(expr, sp.NumberSymbol):
            if expr in _CONSTANT_BOUNDS:
                low, high = _CONSTANT_BOUNDS[expr]
                self._know(atom - low, ">", str(expr))
                self._know(high - atom, ">", str(expr))
        elif isinstance(expr, (sp.floor, sp.ceiling)):
            e = self._fraction(expr.args[0])
            below = (
                self._add(e, Fraction(-atom, self._one))
                if isinstance(expr, sp.floor)
                else self._add(Fraction(atom, self._one), self._scale(e, fmpq(-1)))
            )
            self._know_fraction(below, ">=", str(expr))
            self._know_fraction(self._add(Fraction(self._one, self._one), self._scale(below, fmpq(-1))), ">", str(expr))
        elif isinstance(expr, (sp.Abs, sp.Min, sp.Max)):
            self._introduce_choice(expr, atom)
        elif isinstance(expr, sp.Mod):
            self._introduce_remainder(expr, atom)
        elif isinstance(expr, (AppliedUndef, sp.Indexed)):
            for word, kind in (("positive", ">"), ("nonnegative", ">=")):
                if word in values_of(expr):  # as its family was declared
                    self._know(atom, kind, f"domain of {expr}")
        elif isinstance(expr, sp.exp):
            self._know(atom, ">", f"{expr} > 0")
        elif isinstance(expr, (sp.sin, sp.cos)):
            self._know(1 - atom**2, ">=", f"|{expr}| ≤ 1")
        elif isinstance(expr, (sp.cosh, sp.factorial)):
            self._know(atom - 1, ">=", f"{expr} ≥ 1")
        elif isinstance(expr, sp.gamma):
            self._know(atom, ">", f"{expr} > 0")

    def _introduce_choice(self, expr: sp.Expr, atom: fmpq_mpoly) -> None:
        """|e|, min and max are one of their candidates, and bound all of them."""
        if isinstance(expr, sp.Abs):
            e = self._fraction(expr.args[0])
            candidates = [e, self._scale(e, fmpq(-1))]
            self._know(atom, ">=", f"{expr} ≥ 0")
        else:
            candidates = [self._fraction(a) for a in expr.args]
        product = self._one
        for candidate in candidates:
            gap = self._add(Fraction(atom, self._one), self._scale(candidate, fmpq(-1)))
            self._know_fraction(self._scale(gap, fmpq(-1 if isinstance(expr, sp.Min) else 1)), ">=", str(expr))
            product *= gap.numerator
        self._know(product, "=", str(expr))

    def _introduce_remainder(self, expr: sp.Expr, atom: fmpq_mpoly) -> None:
        value, modulus = expr.args
        if not (isinstance(modulus, sp.Integer) and modulus > 0):
            raise Unsupported(f"the checker understands Mod only for a positive integer modulus, not in {expr}")
        quotient = self._auxiliary()
        gap = self._add(self._fraction(value), Fraction(-atom - int(modulus) * quotient, self._one))
        self._know(atom, ">=", str(expr))
        self._know(int(modulus) - atom, ">", str(expr))
        self._know_fraction(gap, "=", str(expr))

    def root_bases(self) -> list[str]:
        """What the roots are roots of, as keys: their facts hold only where these are not negative."""
        return [self._key(base) for _, _, base in self._roots if not _positive_constant(base)]

    def key(self, expr: sp.Expr) -> str:
        """A text that equal fractions share."""
        return self._key(self.fraction(expr))

    # -- bookkeeping ------------------------------------------------------------------------------------------------
    def _generator(self, key: object, meaning: sp.Expr | None, integer: bool) -> int:
        position = len(self.meaning)
        if position >= len(self._generators):
            raise Unsupported("more atoms than the ring has generators")
        self._index[key] = position
        self.meaning.append(meaning)
        self.integer.append(integer)
        return position

    def _auxiliary(self) -> fmpq_mpoly:
        return self._generators[self._generator(("auxiliary", len(self.meaning)), None, True)]

    def _know(self, polynomial: fmpq_mpoly, kind: str, origin: str) -> None:
        self.facts.append(self.sharpen(Fact(polynomial, kind, origin)))
        if kind in (">", ">="):  # an atom, or an atom minus a positive number
            positions = [i for i, degree in enumerate(polynomial.degrees()) if degree]
            if len(positions) == 1 and polynomial.derivative(positions[0]) == 1:
                rest = polynomial - self._generators[positions[0]]
                if rest.is_zero() or rest.leading_coefficient() < 0:
                    self._nonnegative.add(positions[0])

    def _know_fraction(self, value: Fraction, kind: str, origin: str) -> None:
        self._know(value.numerator if kind == "=" else value.numerator * value.denominator, kind, origin)

    def _key(self, value: Fraction) -> str:
        lead = value.denominator.leading_coefficient()
        return f"{value.numerator / lead}/{value.denominator / lead}"

    def _reduced(self, numerator: fmpq_mpoly, denominator: fmpq_mpoly) -> Fraction:
        if denominator.is_constant():
            return Fraction(numerator / denominator.leading_coefficient(), self._one)
        common = numerator.gcd(denominator)
        return Fraction(numerator // common, denominator // common)

    def _add(self, left: Fraction, right: Fraction) -> Fraction:
        if left.denominator == right.denominator:
            return self._reduced(left.numerator + right.numerator, left.denominator)
        return self._reduced(
            left.numerator * right.denominator + right.numerator * left.denominator,
            left.denominator * right.denominator,
        )

    def _multiply(self, left: Fraction, right: Fraction) -> Fraction:
        if len(left.numerator) * len(right.numerator) > MOST_TERMS**2 // 100:
            raise Unsupported(f"a product has more than {MOST_TERMS} terms when expanded")
        return self._reduced(left.numerator * right.numerator, left.denominator * right.denominator)

    def _scale(self, value: Fraction, factor: fmpq) -> Fraction:
        return Fraction(value.numerator * factor, value.denominator)

    def _invert(self, value: Fraction, where: sp.Expr) -> Fraction:
        if self.normal(value.numerator).is_zero():
            raise Unsupported(f"{where} divides by zero at every point")
        return Fraction(value.denominator, value.numerator)

    # -- the zero test ----------------------------------------------------------------------------------------------
    def normal(self, polynomial: fmpq_mpoly) -> fmpq_mpoly:
        """Reduce powers of roots (``r^q`` is its base), up to a non-zero factor: zero only if the value is zero."""
        for position, degree, base in reversed(self._roots):
            polynomial = self._reduce_root(polynomial, position, degree, base)
        return polynomial

    def _reduce_root(self, polynomial: fmpq_mpoly, position: int, degree: int, base: Fraction) -> fmpq_mpoly:
        highest = polynomial.degrees()[position] // degree if not polynomial.is_zero() else 0
        if highest <= 0:
            return polynomial
        parts: dict[int, dict[tuple[int, ...], fmpq]] = {}
        for monomial, coefficient in polynomial.to_dict().items():
            times, left = divmod(monomial[position], degree)
            reduced = (*monomial[:position], left, *monomial[position + 1 :])
            parts.setdefault(times, {})[reduced] = coefficient
        total = self._zero
        for times, terms in parts.items():
            total += self.context.from_dict(terms) * base.numerator**times * base.denominator ** (highest - times)
        return total


def _is_atom(node: sp.Basic) -> bool:
    return not isinstance(node, (sp.Add, sp.Mul, sp.Integer)) or isinstance(node, BINDERS)


def _positive_constant(value: Fraction) -> bool:
    parts = (value.numerator, value.denominator)
    return all(q.is_constant() and not q.is_zero() and q.leading_coefficient() > 0 for q in parts)


def _occurring(terms: Iterable[tuple[int, ...]]) -> set[int]:
    return {i for monomial in terms for i, power in enumerate(monomial) if power}


def _sign(constant: fmpq_mpoly) -> int:
    return 1 if constant.leading_coefficient() > 0 else -1


def _canonical(expr: sp.Basic, depth: int = 0) -> sp.Basic:
    """Rename bound variables by depth, so that sums and integrals that differ only in them are one atom."""
    if not isinstance(expr, BINDERS):
        return rebuilt(expr, (_canonical(a, depth) for a in expr.args)) if expr.has(*BINDERS) else expr
    body, variable, low, high = opened(expr)
    if depth >= len(_BOUND):
        raise Unsupported("sums and integrals are nested too deeply")
    fresh = (_BOUND if isinstance(expr, sp.Sum) else _BOUND_REAL)[depth]
    body = _canonical(substitute(body, {variable: fresh}), depth + 1)
    return closed(expr.func, body, fresh, _canonical(low, depth), _canonical(high, depth))
