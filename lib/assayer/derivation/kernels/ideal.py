"""Equality from equalities: a multiple of the difference of the sides is a combination of what is known to be zero.

Buchberger's algorithm finds the combination. That a fact h differs from 0 enters as one more equation, ``u·h = 1``
with a new unknown u (Rabinowitsch's trick): putting u = 1/h and clearing denominators leaves powers of h as units.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from flint import Ordering, fmpq, fmpq_mpoly, fmpq_mpoly_ctx

from assayer.derivation import clock
from assayer.derivation.groebner import cofactors
from assayer.derivation.prover import Attempt
from assayer.derivation.substitutions import solvable, solved
from assayer.derivation.trusted.context import Goal
from assayer.derivation.trusted.polynomials import Fact
from assayer.derivation.trusted.problem import Problem, problem
from assayer.derivation.trusted.rules import Ideal, Substitutions
from assayer.derivation.trusted.theorem import Certificate

NAME = "ideal membership"
ORDER = 20
SECONDS = 1.0
MOST_UNITS = 5
LARGEST_DEGREE = 24


def search(goal: Goal, attempt: Attempt) -> Iterator[Certificate]:
    """Yield a combination without units, with them, and for a power of the difference: the first that is found."""
    sign = goal.relation.sign
    if sign in ("<", ">"):
        return
    p = problem(goal)
    deadline = clock.now() + min(SECONDS, attempt.seconds_left)
    # A root that is solved for something else may come back while the certificate is replayed: then, without.
    for substitutions in dict.fromkeys((tuple(solvable(p)), ())):
        part = _Part(p, substitutions, sign)
        if not part.equalities:
            return
        stages = (part.combination(inverted, deadline) for inverted in _stages(part, sign))
        found = next((c for c in stages if c is not None), None)
        if found is None:
            return
        yield found


def _stages(part: _Part, sign: str) -> Iterator[list[Unit | None]]:
    """Of what to take inverses, in turn: units, and None for the difference of the sides itself."""
    if sign != "!=":
        yield []
    if sign == "=" and part.units:
        yield [*part.units]
    if sign in ("=", "!="):
        yield [*part.units, None]


@dataclass(frozen=True)
class Unit:
    """A fact with a number added, never 0; ``divides`` tells that some coefficient of an equality is a multiple."""

    position: int
    added: fmpq
    polynomial: fmpq_mpoly
    divides: bool


class _Part:
    """The equalities that have to do with the goal, its units, and the difference, after substitutions."""

    def __init__(self, p: Problem, substitutions: Substitutions, sign: str) -> None:
        facts: list[Fact] = [*p.facts, *p.negation]
        self.substitutions = substitutions
        self.ring = p.algebra.context
        one = self.ring.constant(1)
        put = solved(p, substitutions)
        self.target = one if sign == "!=" else put(p.difference.numerator)
        used = {i for i, _ in substitutions}
        reduced = {i: put(f.polynomial) for i, f in enumerate(facts) if i not in used}
        first = [self.target] if sign != "!=" else [reduced[i] for i in range(len(p.facts), len(facts)) if i in reduced]
        equalities = {i: q for i, q in reduced.items() if facts[i].kind == "=" and not q.is_zero()}
        self.equalities = _related(first, equalities)
        wanted = set().union(*map(_variables, self.equalities.values()))
        units: dict[str, Unit] = {}
        for i, q in reduced.items():
            if i < len(p.facts) and facts[i].kind != "=" and _variables(q) and _variables(q) <= wanted:
                for added in _added(q, facts[i].kind):
                    unit = Unit(i, added, q + added, any(_divides(q + added, e) for e in self.equalities.values()))
                    if unit.divides or added == 0:
                        units.setdefault(str(unit.polynomial), unit)
        self.units = sorted(units.values(), key=lambda u: (not u.divides, len(u.polynomial), u.position))[:MOST_UNITS]

    def combination(self, inverted: Sequence[Unit | None], deadline: float) -> Ideal | None:
        """``Π inverted^m · difference = Σ cofactor · equality``, with the smallest m that this search finds."""
        bases = [self.target if u is None else u.polynomial for u in inverted]
        target = self.ring.constant(1) if None in inverted else self.target
        everything = [target, *bases, *self.equalities.values()]
        used = sorted(set().union(*map(_variables, everything)))
        if max(q.total_degree() for q in everything) > LARGEST_DEGREE:
            return None
        extra = len(bases)
        small = fmpq_mpoly_ctx.get([f"t{i}" for i in range(extra + len(used))], Ordering.degrevlex)
        inverses = small.gens()[:extra]

        def inward(q: fmpq_mpoly) -> fmpq_mpoly:
            return small.from_dict({(*[0] * extra, *(m[i] for i in used)): c for m, c in q.to_dict().items()})

        equations = [inward(q) for q in self.equalities.values()]
        equations += [u * inward(b) - 1 for u, b in zip(inverses, bases, strict=True)]
        found = cofactors(inward(target), equations, len(self.equalities), deadline)
        if found is None:
            return None
        powers = [max((int(m[k]) for q in found for m in q.to_dict()), default=0) for k in range(extra)]
        multiples = []
        for i, q in zip(self.equalities, found, strict=True):
            cleared = self._outward(q, used, bases, powers)
            if not cleared.is_zero():
                multiples.append((i, cleared))
        pairs = [(u, m) for u, m in zip(inverted, powers, strict=True) if u is not None]
        units = tuple((u.position, u.added) for u, m in pairs for _ in range(m))
        return Ideal(self.substitutions, tuple(multiples), units, self._power(inverted, powers))

    def _power(self, inverted: Sequence[Unit | None], powers: Sequence[int]) -> int:
        """How often the difference itself is a factor of the left side."""
        if None in inverted:
            return powers[-1] if not self.target.is_constant() else 0
        return 1

    def _outward(
        self, q: fmpq_mpoly, used: Sequence[int], bases: Sequence[fmpq_mpoly], powers: Sequence[int]
    ) -> fmpq_mpoly:
        """The cofactor in the problem's ring, times the powers that clear the inverses."""
        extra, size = len(bases), self.ring.nvars()
        parts: dict[tuple[int, ...], dict[tuple[int, ...], object]] = {}
        for m, c in q.to_dict().items():
            monomial = [0] * size
            for place, exponent in zip(used, m[extra:], strict=True):
                monomial[place] = exponent
            parts.setdefault(m[:extra], {})[tuple(monomial)] = c
        total = self.ring.constant(0)
        for taken, terms in parts.items():
            part = self.ring.from_dict(terms)
            for base, power, exponent in zip(bases, powers, taken, strict=True):
                part *= base ** (power - exponent)
            total += part
        return total


def _variables(q: fmpq_mpoly) -> set[int]:
    return {i for i, d in enumerate(q.degrees()) if d > 0}


def _added(q: fmpq_mpoly, kind: str) -> list[fmpq]:
    """Numbers to add to a fact for a unit: none, or what makes of ``n − 1 ≥ 0`` n, and of ``n ≥ 0`` n + 1 or n + 2."""
    if kind != ">=":
        return [fmpq(0)]
    constant = q.to_dict().get((0,) * len(q.degrees()), fmpq(0))
    return [fmpq(k) - constant for k in range(3) if constant < k]


def _divides(unit: fmpq_mpoly, equality: fmpq_mpoly) -> bool:
    """Tell whether a coefficient of the equality, as a polynomial in the unit's variables, is a multiple of it."""
    own = _variables(unit)
    coefficients: dict[tuple[int, ...], dict[tuple[int, ...], fmpq]] = {}
    for m, c in equality.to_dict().items():
        inner = tuple(e if i in own else 0 for i, e in enumerate(m))
        outer = tuple(0 if i in own else e for i, e in enumerate(m))
        coefficients.setdefault(outer, {})[inner] = c
    ring = unit.context()
    return any(divmod(ring.from_dict(terms), unit)[1].is_zero() for terms in coefficients.values())


def _related(first: Sequence[fmpq_mpoly], equalities: dict[int, fmpq_mpoly]) -> dict[int, fmpq_mpoly]:
    """The equalities that share a variable with the goal, with one of these, and so on."""
    wanted = set().union(*map(_variables, first))
    kept: set[int] = set()
    grown = True
    while grown:
        grown = False
        for i, q in equalities.items():
            own = _variables(q)
            if i not in kept and (own & wanted or not own):
                kept.add(i)
                wanted |= own
                grown = True
    return {i: q for i, q in equalities.items() if i in kept}
