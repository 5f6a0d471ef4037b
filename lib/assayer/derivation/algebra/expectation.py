"""``E``, ``Var``, ``Cov`` of polynomials in random variables, and of sums over families with symbolic ends.

Expectation is linear; it factors over independent groups; what is then left is a declared moment or a moment atom.
For sums over the independent members of a family joint cumulants add up: the cumulant of ``Σ f₁(X_i), …, Σ f_k(X_i)``
is ``Σ_i κ(f₁(X_i), …, f_k(X_i))``, and a moment of the sums is the sum over all partitions of products of cumulants
(Speed, Cumulants and partition lattices, 1983). With two sums: ``E[S T] = Σ_i Cov(f_i, g_i) + E[S] E[T]``.

All moments that occur are assumed to exist; see :mod:`random_variables`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations, product
from math import factorial
from typing import TypeAlias

import sympy as sp

from assayer.derivation.algebra.facts import Held
from assayer.derivation.algebra.random_variables import (
    Declaration,
    MomentSymbol,
    RandomMember,
    RandomVariable,
    is_random,
)
from assayer.derivation.trusted.context import Relation
from assayer.derivation.trusted.definedness import conditions
from assayer.derivation.trusted.errors import MalformedExpression, Unsupported
from assayer.derivation.trusted.expressions import express, renamed, substitute

LONGEST_EXPLICIT_SUM = 64
MOST_SUMS = 6
MOST_TERMS = 20_000


@dataclass(frozen=True)
class SumOf:
    """``Σ coefficient · Π member^power`` over an index; all members stand at the index itself.

    ``index`` occurs nowhere else; ``written`` is the author's name for it.
    """

    coefficient: sp.Expr
    members: tuple[tuple[RandomMember, int], ...]
    index: sp.Symbol
    written: sp.Symbol
    low: sp.Expr
    high: sp.Expr


Unit: TypeAlias = "RandomVariable | RandomMember | SumOf"
Monomial: TypeAlias = "frozenset[tuple[Unit, int]]"
Polynomial: TypeAlias = "dict[Monomial, sp.Expr]"


def E(expr: object) -> sp.Expr:
    """The expectation of a polynomial in random variables, as a SymPy expression without them.

    Sums over members of a family stay sums, ``E(Sum(X[i], (i, 1, n)))`` is ``Sum(mu, (i, 1, n))``: the checker still
    asks that the range makes sense.

    Raises:
        Unsupported: for what is not a polynomial, and where it depends on an index whether two members are one.
        MalformedExpression: for a Float, or one name declared twice.
    """
    if isinstance(expr, sp.Basic):
        _one_declaration(expr)  # before the audit, which would say less
    given = express(expr)
    found = [c * _expectation(m) for m, c in _polynomial(given).items()]
    return express(sp.expand(sp.Add(*found)))


def Cov(f: object, g: object) -> sp.Expr:
    """``E[f g] − E[f] E[g]``."""
    one, two = express(f), express(g)
    return sp.expand(E(one * two) - E(one) * E(two))


def Var(f: object) -> sp.Expr:
    """``E[f²] − E[f]²``."""
    return Cov(f, f)


def moment_facts(*variables: object) -> list[Relation]:
    """What holds of the moments of any distribution: the minors up to 3×3 of ``E[f g]`` over 1 and the given
    polynomials are not negative (``E[X²] ≥ E[X]²``; of two: Cauchy–Schwarz).
    """
    given = [sp.S.One, *(express(v) for v in variables)]
    gram = [[E(f * g) for g in given] for f in given]
    found = []
    for size in (1, 2, 3):
        for rows in combinations(range(len(given)), size):
            minor = sp.expand(sp.Matrix(size, size, [gram[i][j] for i in rows for j in rows]).det(method="berkowitz"))
            if not minor.is_nonnegative:
                found.append(Relation(minor, ">=", sp.S.Zero))
    return found


# -- to polynomials ---------------------------------------------------------------------------------------------------
def _polynomial(expr: sp.Expr) -> Polynomial:
    for held in expr.atoms(Held):
        if is_random(held.meaning):
            raise Unsupported(f"{held} is held as one symbol and is random: take E of its expansion, .meaning")
    if not is_random(expr):
        return {frozenset(): expr}
    if isinstance(expr, RandomMember) and is_random(expr.args[0]):
        raise Unsupported(f"E of {expr}, whose index is random")
    if isinstance(expr, (RandomVariable, RandomMember)):
        return {frozenset([(expr, 1)]): sp.S.One}
    if isinstance(expr, sp.Add):
        total: Polynomial = {}
        for term in expr.args:
            for m, c in _polynomial(term).items():
                total[m] = total.get(m, sp.S.Zero) + c
        return total
    if isinstance(expr, sp.Mul):
        return _multiply([_polynomial(factor) for factor in expr.args])
    if isinstance(expr, sp.Pow) and isinstance(expr.exp, sp.Integer) and expr.exp > 0:
        return _multiply([_polynomial(expr.base)] * int(expr.exp))
    if isinstance(expr, sp.Sum):
        return _sum(expr)
    raise Unsupported(
        f"E of {expr}, which is not a polynomial in the random variables: declare a RandomVariable for it, "
        "or bound it first"
    )


def _multiply(factors: Sequence[Polynomial]) -> Polynomial:
    total: Polynomial = {frozenset(): sp.S.One}
    for factor in factors:
        if len(total) * len(factor) > MOST_TERMS:
            raise Unsupported(f"E of a product with more than {MOST_TERMS} terms")
        step: Polynomial = {}
        for (m, c), (n, d) in product(total.items(), factor.items()):
            powers = dict(m)
            for unit, k in n:
                powers[unit] = powers.get(unit, 0) + k
            both = frozenset(powers.items())
            step[both] = step.get(both, sp.S.Zero) + c * d
        total = step
    return total


def _sum(expr: sp.Sum) -> Polynomial:
    *inner, (index, low, high) = expr.limits  # the last limit is the outermost
    if is_random(low) or is_random(high):
        raise Unsupported(f"E of {expr}, whose number of terms is random")
    body = sp.Sum(expr.function, *inner) if inner else expr.function
    length = high - low + 1
    if isinstance(length, sp.Integer) and 0 <= length <= LONGEST_EXPLICIT_SUM:
        terms = [substitute(body, {index: low + k}) for k in range(int(length))]
        return _polynomial(sp.Add(*terms))
    fresh = renamed(index, [expr])
    total: Polynomial = {}
    for monomial, coefficient in _polynomial(substitute(body, {index: fresh})).items():
        if any(fresh in c.relation.symbols() for c in conditions(coefficient)):
            raise Unsupported(f"E of {expr}: show first that {coefficient} is defined over the range")
        inside = [(u, k) for u, k in monomial if fresh in _symbols(u)]
        for unit, _ in inside:
            if not isinstance(unit, RandomMember) or unit.args[0] != fresh:
                raise Unsupported(f"E of {expr}: every random term of a sum must stand at its index {index} itself")
        outside = {u: k for u, k in monomial if fresh not in _symbols(u)}
        if inside:
            members = tuple(sorted(inside, key=lambda p: str(p[0])))
            own = SumOf(coefficient, members, fresh, index, low, high)
            outside[own] = outside.get(own, 0) + 1  # a factor before the sum may be the same sum
            coefficient = sp.S.One
        else:
            coefficient = _summed(coefficient, fresh, index, low, high)
        powers = frozenset(outside.items())
        total[powers] = total.get(powers, sp.S.Zero) + coefficient
    return total


def _symbols(unit: Unit) -> set[sp.Basic]:
    if isinstance(unit, SumOf):
        return (unit.coefficient.free_symbols | unit.low.free_symbols | unit.high.free_symbols) - {unit.index}
    return unit.free_symbols


# -- expectations of monomials ----------------------------------------------------------------------------------------
def _expectation(monomial: Monomial) -> sp.Expr:
    plain = sorted(((u, k) for u, k in monomial if not isinstance(u, SumOf)), key=str)
    sums = [u for u, k in sorted(monomial, key=str) if isinstance(u, SumOf) for _ in range(k)]
    if not sums:
        return _moment(plain)
    in_sums = [m.declaration for s in sums for m, _ in s.members]
    alone = [u.declaration for u, _ in plain]
    _known_dependence([*in_sums, *alone])
    for a, b in product(in_sums, alone):
        if a == b or (a.group is not None and a.group == b.group):
            raise Unsupported(
                f"E of {b.name} times a sum over {a.name}: whether it is one of the terms is not known; "
                "split the sum, or use groups that differ"
            )
    if len(sums) > MOST_SUMS:
        raise Unsupported(f"E of a product of {len(sums)} sums: at most {MOST_SUMS}")
    total = [
        sp.Mul(*(_summed_cumulant([sums[k] for k in block]) for block in parts)) for parts in _partitions(len(sums))
    ]
    return _moment(plain) * sp.Add(*total)


def _summed_cumulant(sums: Sequence[SumOf]) -> sp.Expr:
    """``Σ_i κ(f₁(X_i), …)``: by independence no other indices contribute."""
    first = sums[0]
    bodies = [[(m.func(first.index), k) for m, k in s.members] for s in sums]
    kappa = sp.Add(
        *(
            (-1) ** (len(parts) - 1)
            * factorial(len(parts) - 1)
            * sp.Mul(*(_moment([pair for k in block for pair in bodies[k]]) for block in parts))
            for parts in _partitions(len(sums))
        )
    )
    kappa = sp.expand(kappa)
    if kappa == 0:
        return sp.S.Zero
    if any((s.low, s.high) != (first.low, first.high) for s in sums):
        raise Unsupported("E of a product of dependent sums over different ranges: write them over one range")
    weights = sp.Mul(*(substitute(s.coefficient, {s.index: first.index}) for s in sums))
    return _summed(weights * kappa, first.index, first.written, first.low, first.high)


def _summed(body: sp.Expr, index: sp.Symbol, written: sp.Symbol, low: sp.Expr, high: sp.Expr) -> sp.Expr:
    """``Σ body`` term by term, with the author's index where that captures nothing; numbers and divisors stand before
    the sums."""
    if written not in body.free_symbols:
        body, index = substitute(body, {index: written}), written
    total = sp.S.Zero
    for term in sp.Add.make_args(sp.expand(body)):
        outside, inside = [], []
        for factor in sp.Mul.make_args(term):
            apart = index not in factor.free_symbols and (factor.is_Number or sp.fraction(factor)[1] != 1)
            (outside if apart else inside).append(factor)
        total += sp.Mul(*outside) * sp.Sum(sp.Mul(*inside), (index, low, high))
    return total


def _moment(powers: Iterable[tuple[RandomVariable | RandomMember, int]]) -> sp.Expr:
    """The moment of a monomial without sums: independent parts apart."""
    joined: dict[RandomVariable | RandomMember, int] = {}
    for unit, k in powers:
        joined[unit] = joined.get(unit, 0) + k
    if len(joined) > 1:
        _known_dependence([u.declaration for u in joined])
    if any(not u.declaration.family and u.declaration.group is None for u in joined):
        return _joint(list(joined.items()))
    parts: dict[object, list[tuple[RandomVariable | RandomMember, int]]] = {}
    for unit, k in sorted(joined.items(), key=lambda p: str(p[0])):
        parts.setdefault(_part(unit, list(parts)), []).append((unit, k))
    return sp.Mul(*(_joint(part) for part in parts.values()))


def _part(unit: RandomVariable | RandomMember, others: list[object]) -> object:
    """What a unit may depend on: its group, and in a family its index."""
    d = unit.declaration
    group = d.group if d.group is not None else ("alone", d.name)
    if not d.family:
        return (group, None)
    index = unit.args[0]
    for other, at in others:
        if other == group and at is not None:
            gap = sp.expand(at - index)
            if gap == 0:
                return (other, at)
            if not isinstance(gap, sp.Integer):
                raise Unsupported(
                    f"E of members of {d.name} at {at} and {index}: whether these are one index is not known; "
                    "write the double sum as a product of sums, or use indices that differ by a number"
                )
    return (group, index)


def _joint(part: list[tuple[RandomVariable | RandomMember, int]]) -> sp.Expr:
    """The moment of variables that may depend on each other, members all at one index: declared where there is one
    variable, else an atom."""
    powers: dict[Declaration, int] = {}
    for unit, k in part:  # X[i*(i + 1)] and X[i**2 + i] are one variable
        powers[unit.declaration] = powers.get(unit.declaration, 0) + k
    if not powers:
        return sp.S.One
    if len(powers) == 1:
        ((d, k),) = powers.items()
        known = d.moment(k, part[0][0].args[0] if d.family else None)
        if known is not None:
            return known
    for d, k in powers.items():
        if not d.identical:
            raise Unsupported(
                f"E of {d.name}[…]**{k}: the members of {d.name} differ, so that this moment must be declared as a "
                "function of the index"
            )
    return MomentSymbol(powers.items())


def _known_dependence(found: Iterable[Declaration]) -> None:
    """Refuse a family beside something of which it is not said whether they are independent."""
    declared = sorted(set(found), key=lambda d: d.name)
    families = [d for d in declared if d.family]
    for a, b in product(families, declared):
        if a == b:
            continue
        if a.group is None or b.group is None:
            raise Unsupported(
                f"E of {a.name} with {b.name}: whether they are independent is not declared; "
                "give each a group= (different groups are independent)"
            )
        if a.group == b.group and not b.family:
            raise Unsupported(f"E of {a.name} with {b.name}: a variable cannot share a group with a family")


def _partitions(count: int) -> Iterator[list[list[int]]]:
    """All partitions of ``range(count)`` into blocks."""
    if count == 0:
        yield []
        return
    for parts in _partitions(count - 1):
        for place in range(len(parts)):
            yield [*parts[:place], [*parts[place], count - 1], *parts[place + 1 :]]
        yield [*parts, [count - 1]]


def _one_declaration(expr: sp.Expr) -> None:
    seen: dict[str, Declaration] = {}
    for node in sorted(expr.atoms(RandomVariable, RandomMember), key=str):
        known = seen.setdefault(node.declaration.name, node.declaration)
        if known != node.declaration:
            raise MalformedExpression(
                f"{known.name} is declared twice, as {known.describe()} and as {node.declaration.describe()}: "
                "use one declaration"
            )
