"""The usual ways of checking a claim, as the bank's tables compare them with the checker.

``simplify`` and ``equals`` know the assumptions of the symbols, not hypotheses. For a relation that is not an equality
they are asked in the way SymPy offers: the simplified relation is ``True``, or the simplified difference has the sign.
"""

from __future__ import annotations

import random
from collections.abc import Callable

import sympy as sp

from trap_bank.kinds import Claim

POINTS = 20
DRAWS = 600
TOLERANCE = 1e-9
_RELATIONS = {"=": sp.Eq, "!=": sp.Ne, "<=": sp.Le, "<": sp.Lt, ">=": sp.Ge, ">": sp.Gt}
_SIGN = {
    "=": lambda d: d == 0,
    "!=": lambda d: bool(d.is_nonzero),
    "<=": lambda d: bool(d.is_nonpositive),
    "<": lambda d: bool(d.is_negative),
    ">=": lambda d: bool(d.is_nonnegative),
    ">": lambda d: bool(d.is_positive),
}


def simplify(claim: Claim) -> bool:
    """``simplify(l − r) == 0``."""
    return _simplified(claim, sp.sympify(claim.lhs), sp.sympify(claim.rhs))


def doit(claim: Claim) -> bool:
    """The same after ``.doit()`` on both sides."""
    return _simplified(claim, sp.sympify(claim.lhs).doit(), sp.sympify(claim.rhs).doit())


def equals(claim: Claim) -> bool:
    """``l.equals(r)``; for another relation the sign of the difference, or the relation itself, as SymPy knows it."""
    left, right = sp.sympify(claim.lhs), sp.sympify(claim.rhs)
    if claim.rel == "=":
        return left.equals(right) is True
    if claim.rel == "!=":
        return left.equals(right) is False
    return _RELATIONS[claim.rel](left, right) == sp.true or _SIGN[claim.rel](left - right)


def _simplified(claim: Claim, left: sp.Expr, right: sp.Expr) -> bool:
    difference = sp.simplify(left - right)
    if _SIGN[claim.rel](difference):
        return True
    return claim.rel != "=" and sp.simplify(_RELATIONS[claim.rel](left, right)) == sp.true


def sampling(claim: Claim) -> bool:
    """Whether the claim holds in floating point at 20 random points that satisfy the hypotheses.

    Points at which a side is not a finite real number are skipped; at least five must remain.
    """
    rng = random.Random(2024)
    left, right = sp.sympify(claim.lhs), sp.sympify(claim.rhs)
    hypotheses = [h for h in claim.hypotheses if isinstance(h, sp.core.relational.Relational)]
    if len(hypotheses) < len(claim.hypotheses) or (left - right).atoms(sp.core.function.AppliedUndef):
        return False
    symbols = sorted((left - right).free_symbols.union(*(h.free_symbols for h in hypotheses)), key=str)
    passed = 0
    for _ in range(DRAWS):
        at = {s: _draw(s, (claim.box or {}).get(s), rng) for s in symbols}
        if not all(_holds(h.lhs, _sign(h), h.rhs, at) for h in hypotheses):
            continue
        found = _holds(left, claim.rel, right, at)
        if found is False:
            return False
        passed += found is True
        if passed == POINTS or not symbols:
            break
    return passed >= 5 or (not symbols and passed == 1)


def _sign(relation: sp.core.relational.Relational) -> str:
    return next(sign for sign, kind in _RELATIONS.items() if isinstance(relation, kind))


def _draw(symbol: sp.Symbol, box: tuple[object, object] | None, rng: random.Random) -> sp.Expr:
    low, high = (float(sp.sympify(end)) for end in box) if box else (-10.0, 10.0)
    if symbol.is_integer:
        low, high = (int(low), int(high)) if box else (-60, 60)
        low = max(low, 1 if symbol.is_positive else 0 if symbol.is_nonnegative else low)
        return sp.Integer(rng.randint(low, high))
    if symbol.is_positive or symbol.is_nonnegative:
        low = max(low, 0.0)
    return sp.Float(rng.uniform(low, high))


def _holds(left: sp.Expr, sign: str, right: sp.Expr, at: dict[sp.Symbol, sp.Expr]) -> bool | None:
    a, b = (sp.sympify(side).subs(at).evalf() for side in (left, right))
    if not (a.is_Float or a.is_Rational) or not (b.is_Float or b.is_Rational):
        return None
    a, b = float(a), float(b)
    slack = TOLERANCE * (1 + abs(a) + abs(b))
    equal = abs(a - b) <= slack
    return {
        "=": equal,
        "!=": a != b,
        "<=": a <= b + slack,
        ">=": a >= b - slack,
        "<": a < b,
        ">": a > b,
    }[sign]


JUDGES: dict[str, Callable[[Claim], bool]] = {
    "simplify": simplify,
    "doit": doit,
    "equals": equals,
    "sampling": sampling,
}
