"""Single changes of an expression: each kind yields what it says at one place, and never the expression itself."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from random import Random

import sympy as sp
from sympy.concrete.expr_with_limits import ExprWithLimits
from sympy.core.function import AppliedUndef

from assayer.derivation.trusted.errors import DerivationError
from assayer.derivation.trusted.expressions import values_of

Leaf = sp.Symbol | sp.Indexed | AppliedUndef
SWAPS: dict[type, tuple[type, ...]] = {
    sp.sin: (sp.cos,),
    sp.cos: (sp.sin,),
    sp.sinh: (sp.cosh,),
    sp.cosh: (sp.sinh,),
    sp.tanh: (sp.atan,),
    sp.atan: (sp.tanh,),
    sp.log: (sp.exp,),
    sp.floor: (sp.ceiling,),
    sp.ceiling: (sp.floor,),
    sp.Min: (sp.Max,),
    sp.Max: (sp.Min,),
}


@dataclass(frozen=True)
class Site:
    """A place in an expression.

    Attributes:
        path: argument numbers from the root.
        node: what stands there.
        role: "term", or what it counts as: "exponent", "index" (of a family), "bound" (of a sum or an integral).
        bound: the bound indices that it may mention.
    """

    path: tuple[int, ...]
    node: sp.Expr
    role: str = "term"
    bound: tuple[sp.Symbol, ...] = ()


def sites(expr: sp.Expr) -> list[Site]:
    """Every place whose expression may be changed: not the index of a sum, not the name of a family."""
    return list(_sites(Site((), expr)))


def _sites(here: Site) -> Iterator[Site]:
    yield here
    node = here.node
    if isinstance(node, ExprWithLimits):
        inner = here.bound
        for number, limit in enumerate(node.limits, start=1):
            for place, end in enumerate(limit.args[1:], start=1):
                # An inner range may mention the outer indices, which stand behind it.
                outer = tuple(other.args[0] for other in node.limits[number:])
                yield from _sites(Site((*here.path, number, place), end, "bound", (*here.bound, *outer)))
            inner = (*inner, limit.args[0])
        yield from _sites(Site((*here.path, 0), node.function, here.role, inner))
        return
    if isinstance(node, (sp.Derivative, sp.Limit, sp.Subs, sp.Lambda)):
        return  # they bind their variables in ways of their own
    for number, argument in enumerate(node.args):
        if not isinstance(argument, sp.Expr) or isinstance(argument, sp.IndexedBase):
            continue
        role = here.role
        if isinstance(node, (sp.Pow, sp.exp)) and number == len(node.args) - 1 and role == "term":
            role = "exponent" if isinstance(node, sp.Pow) else role
        elif isinstance(node, (sp.Indexed, AppliedUndef)):
            role = "index"
        yield from _sites(Site((*here.path, number), argument, role, here.bound))


def replace(expr: sp.Expr, path: Sequence[int], new: sp.Expr) -> sp.Expr:
    """``expr`` with ``new`` at ``path``; SymPy evaluates it as it does when an author writes it.

    Raises:
        ValueError, TypeError: where SymPy refuses what would stand there.
    """
    if not path:
        return new
    first, *rest = path
    arguments = list(expr.args)
    arguments[first] = replace(arguments[first], rest, new)
    return expr.func(*arguments)


def edit(expr: sp.Expr, kind: str, rng: Random, symbols: Iterable[sp.Symbol] = ()) -> tuple[sp.Expr, str] | None:
    """One change of ``kind`` at a random place, and what it was; None where the expression offers no such place.

    ``symbols`` are the free symbols in scope, for the kind "symbol".
    """
    places = sites(expr)
    rng.shuffle(places)
    scope = Scope(tuple(sorted(symbols, key=lambda s: s.name)), tuple(_members(expr)))
    for site in places:
        options = list(CHANGES[kind](site, scope, rng))
        rng.shuffle(options)
        for new in options:
            try:
                changed = replace(expr, site.path, new)
            except (ValueError, TypeError, ArithmeticError, DerivationError, NotImplementedError):
                continue  # SymPy does not build it
            if isinstance(changed, sp.Expr) and changed != expr:
                return changed, f"{kind}: {site.node} → {new}"
    return None


@dataclass(frozen=True)
class Scope:
    """What a symbol may be swapped for: the symbols of the claim, and its members of families."""

    symbols: tuple[sp.Symbol, ...]
    members: tuple[sp.Expr, ...]


def _members(expr: sp.Expr) -> list[sp.Expr]:
    return sorted(expr.atoms(sp.Indexed, AppliedUndef), key=sp.default_sort_key)


def _is_root(site: Site) -> bool:
    return not site.path and not site.node.is_Add


def _sign(site: Site, scope: Scope, rng: Random) -> Iterator[sp.Expr]:
    if isinstance(site.node, sp.Add):
        arguments = site.node.args
        for place, term in enumerate(arguments):
            yield sp.Add(*arguments[:place], -term, *arguments[place + 1 :])
    elif _is_root(site):
        yield -site.node


def _coefficient(site: Site, scope: Scope, rng: Random) -> Iterator[sp.Expr]:
    if site.role in ("exponent", "index", "bound"):
        return
    node = site.node
    off = 1 + sp.Rational(rng.choice([-1, 1]), rng.randint(2, 40))
    if isinstance(node, sp.Rational):
        yield from (node + 1, node - 1, 2 * node, node / 2, node * off)
    elif isinstance(node, sp.Add):
        for place, term in enumerate(node.args):
            rest = (*node.args[:place], *node.args[place + 1 :])
            atom = sp.Mul(*term.as_coeff_Mul()[1:])  # the term without its coefficient: ± 1 is one more or less of it
            yield from (sp.Add(*rest, new) for new in (2 * term, term / 2, off * term, term + atom, term - atom))
    elif _is_root(site):
        yield from (2 * node, node / 2, off * node)


def _exponent(site: Site, scope: Scope, rng: Random) -> Iterator[sp.Expr]:
    node = site.node
    if site.role in ("index", "bound"):
        return
    if isinstance(node, sp.Pow):
        yield from (sp.Pow(node.base, node.exp + 1), sp.Pow(node.base, node.exp - 1))
    elif isinstance(node, Leaf) and site.role == "term":
        yield node**2


def _index(site: Site, scope: Scope, rng: Random) -> Iterator[sp.Expr]:
    node = site.node
    if isinstance(node, sp.Indexed):
        for place, index in enumerate(node.indices):
            for shift in (1, -1):
                yield node.base[(*node.indices[:place], index + shift, *node.indices[place + 1 :])]
    elif isinstance(node, AppliedUndef):
        for place, argument in enumerate(node.args):
            yield from (node.func(*node.args[:place], argument + shift, *node.args[place + 1 :]) for shift in (1, -1))
    elif isinstance(node, ExprWithLimits):
        for number, limit in enumerate(node.limits, start=1):
            for place in range(1, len(limit.args)):
                for shift in (1, -1):
                    yield replace(node, (number, place), limit.args[place] + shift)


def _symbol(site: Site, scope: Scope, rng: Random) -> Iterator[sp.Expr]:
    node = site.node
    if isinstance(node, sp.Symbol):
        for other in (*scope.symbols, *site.bound):
            if other != node and values_of(other) == values_of(node):
                yield other
    elif isinstance(node, (sp.Indexed, AppliedUndef)):
        for other in scope.members:
            if _family(other) == _family(node) or values_of(other) != values_of(node):
                continue
            if isinstance(node, sp.Indexed) and isinstance(other, sp.Indexed) and len(other.args) == len(node.args):
                yield other.base[node.indices]
            elif isinstance(node, AppliedUndef) and isinstance(other, AppliedUndef):
                yield other.func(*node.args)


def _family(member: sp.Expr) -> object:
    return member.base if isinstance(member, sp.Indexed) else member.func


def _function(site: Site, scope: Scope, rng: Random) -> Iterator[sp.Expr]:
    node = site.node
    if site.role in ("index", "bound"):
        return
    yield from (other(*node.args) for other in SWAPS.get(node.func, ()))
    if isinstance(node, sp.exp) and node.args[0].is_positive:
        yield sp.log(node.args[0])
    elif isinstance(node, sp.Abs):
        yield node.args[0]
    elif isinstance(node, sp.Pow) and node.exp == sp.Rational(1, 2):
        yield node.base
    elif isinstance(node, Leaf) and site.role == "term" and node.is_nonnegative:
        yield sp.sqrt(node)


CHANGES: dict[str, Callable[[Site, Scope, Random], Iterator[sp.Expr]]] = {
    "sign": _sign,
    "coefficient": _coefficient,
    "exponent": _exponent,
    "index": _index,
    "symbol": _symbol,
    "function": _function,
}
"""The kinds of change of one expression."""
