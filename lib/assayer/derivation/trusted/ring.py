"""Fractions of polynomials over named atoms: arithmetic, what each atom satisfies, signs that form shows.

Part of the trusted base. An *atom* is a generator of one polynomial ring with rational coefficients (python-flint's
``fmpq_mpoly``); its *meaning* is an expression. Whatever is said of an atom (a lower bound, a relation ``a^q = p``, a
fact) holds at every valuation at which the expressions that it came from are defined.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from math import comb, gcd, lcm
from typing import TypeAlias

import sympy as sp
from flint import Ordering, fmpq, fmpq_mpoly, fmpq_mpoly_ctx

from assayer.derivation.trusted.errors import Unsupported

LARGEST_EXPONENT = 64
MOST_TERMS = 20_000
LONGEST_TO_FACTOR = 60
HIGHEST_TO_FACTOR = 40
LARGEST_TO_FACTOR = 10**30
Origin: TypeAlias = "tuple[str, fmpq_mpoly | Fraction, int]"
_STRENGTH = {None: 0, ">=": 1, ">": 2}


class Again(Unsupported):
    """The ring was planned too small for what is to be written in it: begin again with the plan as it is now."""


class Unlicensed(Unsupported):
    """A root whose existence nothing states."""


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


@dataclass
class Plan:
    """How many generators each ring has, and which multiple of an exponent or angle its atoms stand for."""

    sizes: dict[int, int] = field(default_factory=dict)
    units: dict[object, fmpq] = field(default_factory=dict)


class Ring:
    """Atoms and the arithmetic of fractions over them.

    Attributes:
        context: python-flint's ring.
        meaning, integer: of each atom, in the order of the generators.
        low: a number ≥ 0 that each atom is at least, and whether it is greater; None where form tells nothing.
        origin: ``(function, argument, q)`` where another function may undo it: the atom is ``function(argument)``, or
            its q-th root.
        facts: what is known of the atoms.
        stated: polynomials that the context states to be ≥ 0 or > 0, each with the relation that does.
        unequal: polynomials that the context states not to be 0.
        circles: pairs of atoms that are the cosine and the sine of one angle.
        used: relations of the context that a rewriting took.
    """

    def __init__(self, plan: Plan, depth: int) -> None:
        self.plan, self.depth = plan, depth
        size = plan.sizes.setdefault(depth, 16)
        self.context = fmpq_mpoly_ctx.get([f"x{i}" for i in range(size)], Ordering.lex)
        self.generators = self.context.gens()
        self.zero, self.one = self.number(0), self.number(1)
        self.meaning: list[sp.Expr] = []
        self.integer: list[bool] = []
        self.low: list[tuple[fmpq, bool] | None] = []
        self.origin: list[Origin | None] = []
        self.facts: list[Fact] = []
        self.stated: list[tuple[fmpq_mpoly, bool, object]] = []
        self.unequal: list[tuple[fmpq_mpoly, object]] = []
        self.used: set[object] = set()
        self._relations: list[tuple[int, int, fmpq_mpoly]] = []
        self.circles: list[tuple[fmpq_mpoly, fmpq_mpoly]] = []
        self._index: dict[object, int] = {}
        self._asked: dict[object, fmpq] = {}

    # -- arithmetic -------------------------------------------------------------------------------------------------
    def number(self, value: fmpq | int) -> Fraction:
        return Fraction(self.context.constant(value), self.context.constant(1))

    def whole(self, polynomial: fmpq_mpoly) -> Fraction:
        """A polynomial as a fraction."""
        return Fraction(polynomial, self.one.numerator)

    def add(self, *terms: Fraction) -> Fraction:
        total = self.zero
        for t in terms:
            if t.denominator.is_one() and total.denominator.is_one():
                total = Fraction(total.numerator + t.numerator, t.denominator)  # reduced powers stay reduced
            elif t.denominator == total.denominator:
                total = self.made(total.numerator + t.numerator, t.denominator)
            else:
                top = total.numerator * t.denominator + t.numerator * total.denominator
                total = self.made(top, total.denominator * t.denominator)
        return total

    def subtract(self, left: Fraction, right: Fraction) -> Fraction:
        return self.add(left, self.scale(right, fmpq(-1)))

    def scale(self, value: Fraction, factor: fmpq | int) -> Fraction:
        return Fraction(value.numerator * factor, value.denominator)

    def multiply(self, *factors: Fraction) -> Fraction:
        total = self.one
        for f in factors:
            if len(total.numerator) * len(f.numerator) > MOST_TERMS**2 // 100:
                raise Unsupported(f"a product has more than {MOST_TERMS} terms when expanded")
            total = self.made(total.numerator * f.numerator, total.denominator * f.denominator)
        return total

    def power(self, value: Fraction, exponent: int) -> Fraction:
        parts, times = (value.numerator, value.denominator), abs(exponent)
        if times > LARGEST_EXPONENT and self.constant(value) is None:
            raise Unsupported(f"an exponent is larger than {LARGEST_EXPONENT}")
        if any(comb(len(q) + times - 1, times) > MOST_TERMS for q in parts if len(q) > 1):
            raise Unsupported(f"a power has more than {MOST_TERMS} terms when expanded")
        top, bottom = parts if exponent >= 0 else reversed(parts)
        return self.made(top**times, bottom**times)

    def made(self, numerator: fmpq_mpoly, denominator: fmpq_mpoly) -> Fraction:
        """A fraction in lowest terms, powers of atoms reduced, the denominator monic."""
        numerator = self.normal(numerator)
        if denominator.is_one():
            return Fraction(numerator, denominator)
        denominator = self.normal(denominator)
        if denominator.is_zero():
            raise Unsupported("a division by zero at every point")
        if not denominator.is_constant():
            common = numerator.gcd(denominator)
            numerator, denominator = numerator / common, denominator / common
        lead = denominator.leading_coefficient()
        return Fraction(numerator / lead, denominator / lead)

    def normal(self, polynomial: fmpq_mpoly) -> fmpq_mpoly:
        """Reduce powers of atoms by their relations ``a^q = p``: the same value."""
        if self._relations and not polynomial.is_zero():
            for position, degree, base in reversed(self._relations):
                times = polynomial.degrees()[position] // degree
                if times > 0:
                    polynomial = self._reduced(polynomial, position, degree, base)
        return polynomial

    def _reduced(self, polynomial: fmpq_mpoly, position: int, degree: int, base: fmpq_mpoly) -> fmpq_mpoly:
        parts: dict[int, dict[tuple[int, ...], fmpq]] = {}
        for monomial, coefficient in polynomial.terms():
            times, left = divmod(monomial[position], degree)
            parts.setdefault(times, {})[(*monomial[:position], left, *monomial[position + 1 :])] = coefficient
        total = self.context.constant(0)
        for times, terms in parts.items():
            total += self.context.from_dict(terms) * base**times
        return total

    # -- atoms ------------------------------------------------------------------------------------------------------
    def atom(
        self,
        key: object,
        meaning: sp.Expr,
        low: tuple[int | fmpq, bool] | None = None,
        integer: bool = False,
        origin: Origin | None = None,
        relation: tuple[int, fmpq_mpoly] | None = None,
    ) -> tuple[fmpq_mpoly, bool]:
        """The generator that stands for ``key``, and whether it is new.

        Raises:
            Again: when the ring has no generator left.
        """
        position = self._index.get(key)
        if position is not None:
            return self.generators[position], False
        position = len(self.meaning)
        if position >= len(self.generators):
            self.plan.sizes[self.depth] = 2 * len(self.generators)
            raise Again("more atoms than the ring has generators")
        self._index[key] = position
        self.meaning.append(meaning)
        self.integer.append(integer)
        self.low.append(None if low is None else (fmpq(low[0]), low[1]))
        self.origin.append(origin)
        generator = self.generators[position]
        name = f"domain of {meaning}" if isinstance(meaning, sp.Symbol) else type(meaning).__name__
        if low is not None:
            self.know(generator - low[0], ">" if low[1] else ">=", name)
        if relation is not None:
            self._relations.append((position, *relation))
            self.facts.append(Fact(generator ** relation[0] - relation[1], "=", name))
        return generator, True

    def known(self, key: object) -> bool:
        """Whether an atom stands for ``key`` already."""
        return key in self._index

    def unit(self, key: object, coefficient: fmpq, most: int) -> fmpq | None:
        """The multiple of ``key`` that its atom stands for, which divides every coefficient that is asked for; None
        where it would have to be taken more than ``most`` times.

        Raises:
            Again: when the atom is in use for another multiple.
        """
        planned = self.plan.units.get(key, abs(coefficient))
        scale = lcm(int(planned.q), int(coefficient.q))
        common = fmpq(gcd(int(planned * scale), int(coefficient * scale)), scale)
        if max(planned, abs(coefficient)) > most * common:
            return None
        self.plan.units[key] = common
        if self._asked.setdefault(key, common) != common:
            raise Again(f"the atom for {key} must stand for a smaller part")
        return common

    def made_by(self, polynomial: fmpq_mpoly, function: str) -> Origin | None:
        """How the polynomial was made, if it is an atom and ``function`` made it."""
        if len(polynomial) == 1 and polynomial.leading_coefficient() == 1 and sum(polynomial.monomial(0)) == 1:
            origin = self.origin[polynomial.monomial(0).index(1)]
            if origin is not None and origin[0] == function:
                return origin
        return None

    def mentions(self, value: Fraction, function: str) -> bool:
        """Whether an atom of the numerator was made by ``function``."""
        origins = (self.origin[i] for i in occurring(value.numerator.monoms()))
        return any(origin is not None and origin[0] == function for origin in origins)

    def know(self, polynomial: fmpq_mpoly, kind: str, origin: str) -> None:
        self.facts.append(self.sharpen(Fact(self.normal(polynomial), kind, origin)))

    def know_fraction(self, value: Fraction, kind: str, origin: str) -> None:
        """The fact ``value ≥ 0`` or ``> 0`` with the denominator cleared."""
        self.know(self.cleared(value), kind, origin)

    def sharpen(self, fact: Fact) -> Fact:
        """Over the integers ``p > 0`` is ``p − 1 ≥ 0`` once p has coprime integer coefficients."""
        terms = fact.polynomial.to_dict() if fact.kind == ">" else {}
        if not terms or not all(self.integer[i] for i in occurring(terms)):
            return fact
        common = lcm(*(int(c.q) for c in terms.values()))
        return Fact(fact.polynomial * common - 1, ">=", fact.origin)

    # -- reading ----------------------------------------------------------------------------------------------------
    def text(self, value: Fraction) -> str:
        """A text that equal fractions share."""
        value = self.rationalised(value)
        return f"{value.numerator}/{value.denominator}"

    def rationalised(self, value: Fraction) -> Fraction:
        """The same fraction without a root as a factor of the denominator: ``1/r = r^(q−1)/p`` where ``r^q = p``."""
        if self._relations and not value.denominator.is_constant():
            powers = value.denominator.term_content().degrees()
            for position, degree, _ in self._relations:
                if powers[position] > 0:
                    missing = self.generators[position] ** (degree - powers[position])
                    value = self.made(value.numerator * missing, value.denominator * missing)
        return value

    def expression(self, value: Fraction | fmpq_mpoly) -> sp.Expr:
        """The fraction as an expression of the atoms' meanings."""
        if isinstance(value, Fraction):
            return self.expression(value.numerator) / self.expression(value.denominator)
        terms = []
        for monomial, c in value.terms():
            powers = [self.meaning[i] ** int(e) for i, e in enumerate(monomial) if e]
            terms.append(sp.Mul(sp.Rational(int(c.p), int(c.q)), *powers))
        return sp.Add(*terms)

    def terms(self, value: Fraction) -> list[tuple[fmpq, Fraction]]:
        """The fraction as a sum: rational coefficients and monomials over the denominator, each in lowest terms."""
        found, value = [], self.rationalised(value)
        for monomial, c in value.numerator.terms():
            term = self.made(self.context.from_dict({monomial: 1}), value.denominator)
            lead = term.numerator.leading_coefficient()
            found.append((c * lead, self.scale(term, 1 / lead)))
        return found

    def constant(self, value: Fraction) -> fmpq | None:
        """The rational number that the fraction is, or None."""
        if not (value.numerator.is_constant() and value.denominator.is_constant()):
            return None
        return fmpq(0) if value.numerator.is_zero() else value.numerator.leading_coefficient()

    def split_constant(self, value: Fraction) -> tuple[fmpq, Fraction]:
        """``(c, rest)`` with the value ``c + rest`` and no multiple of the denominator's first term left above it."""
        c = fmpq(value.numerator[value.denominator.monomial(0)])
        return c, self.subtract(value, self.number(c))

    def factors(self, value: Fraction) -> tuple[fmpq, list[tuple[fmpq_mpoly, int]]]:
        """A non-zero value as ``c · Π p^e``: irreducible p, with the sign that is evidently positive where one is."""
        c, found = fmpq(1), []
        for polynomial, sense in ((value.numerator, 1), (value.denominator, -1)):
            if len(polynomial) > LONGEST_TO_FACTOR or polynomial.total_degree() > HIGHEST_TO_FACTOR:
                content = polynomial.leading_coefficient()
                pieces = (content, [(polynomial / content, 1)])
            else:
                pieces = polynomial.factor()
            c *= fmpq(pieces[0]) ** sense
            for p, e in pieces[1]:
                if self.sign(p) is None and self.sign(-p) is not None:
                    p, c = -p, c * (-1) ** e
                found.append((p, int(e) * sense))
        return self._squares(c, found)

    def _squares(self, c: fmpq, pieces: list[tuple[fmpq_mpoly, int]]) -> tuple[fmpq, list[tuple[fmpq_mpoly, int]]]:
        """The same product with ``1 − cos²`` written as ``sin²``."""
        for cos, sin in self.circles:
            sides = [(p, e) for p, e in pieces if p in (cos - 1, 1 - cos, cos + 1)]
            if len(sides) == 2 and sides[0][1] == sides[1][1]:
                (one, e), (two, _) = sides
                c *= (-1 if one * two == cos**2 - 1 else 1) ** abs(e)
                pieces = [*(piece for piece in pieces if piece not in sides), (sin, 2 * e)]
        return c, pieces

    # -- signs ------------------------------------------------------------------------------------------------------
    def sign(self, polynomial: fmpq_mpoly, depth: int = 2) -> str | None:
        """``">"`` or ``">="`` where the polynomial is evidently positive or not negative, else None.

        Evident is what has no negative coefficient once each atom is written as its lower bound and what exceeds it;
        and a positive multiple of what the context states plus what is evident.
        """
        best = self._sign_by_form(polynomial)
        if best == ">" or depth == 0:
            return best
        for fact, strict, relation in self.stated:
            scale = polynomial[fact.monomial(0)] / fact.leading_coefficient()
            if scale > 0:
                rest = self.sign(polynomial - fact * scale, depth - 1)
                found = rest and (">" if strict else rest)
                if _STRENGTH[found] > _STRENGTH[best]:
                    best = found
                    self.used.add(relation)
        return best

    def _sign_by_form(self, polynomial: fmpq_mpoly) -> str | None:
        terms = polynomial.to_dict()
        present = occurring(terms)
        low = self.low
        if any(low[i] is not None and low[i][0] for i in present):
            shifted = [g + low[i][0] if i in present and low[i] else g for i, g in enumerate(self.generators)]
            terms = polynomial.compose(*shifted).to_dict()
        strict = False
        for monomial, c in terms.items():
            powers = [(i, e) for i, e in enumerate(monomial) if e]
            if c < 0 or any(e % 2 and low[i] is None for i, e in powers):
                return None
            strict = strict or all(low[i] is not None and low[i][1] for i, _ in powers)
        return ">" if strict else ">="

    def nonnegative(self, value: Fraction) -> bool:
        """Tell that the value is evidently ≥ 0."""
        return self.sign(self.cleared(value)) is not None

    def positive(self, value: Fraction) -> bool:
        """Tell that the value is evidently > 0."""
        return self.sign(self.cleared(value)) == ">"

    def nonzero(self, value: Fraction) -> bool:
        """Tell that the value is evidently not 0: by a sign, or because the context states it."""
        p = value.numerator
        if p.is_zero():
            return False
        if self.sign(p) == ">" or self.sign(-p) == ">":
            return True
        for stated, relation in self.unequal:
            if (stated * p.leading_coefficient() - p * stated.leading_coefficient()).is_zero():
                self.used.add(relation)
                return True
        return False

    def cleared(self, value: Fraction) -> fmpq_mpoly:
        """A polynomial with the sign of the value: the numerator times the denominator's factors of unknown sign."""
        if value.denominator.is_constant():
            return value.numerator
        c, pieces = self.factors(Fraction(value.denominator, self.one.denominator))
        product = value.numerator * (1 if c > 0 else -1)
        for p, e in pieces:
            if e % 2 and self.sign(p) is None:
                product *= p
        return product


def occurring(terms: Iterable[tuple[int, ...]] | Mapping[tuple[int, ...], fmpq]) -> set[int]:
    """The positions of the atoms that occur in the monomials."""
    return {i for monomial in terms for i, power in enumerate(monomial) if power}
