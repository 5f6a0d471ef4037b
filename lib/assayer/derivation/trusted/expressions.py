"""The language of derivations: what may be written, and substitution that never captures.

Part of the trusted base. SymPy evaluates while it builds (``x/x`` is 1 before anyone sees it): what is checked is
the expression as SymPy holds it, and that is also what is printed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from fractions import Fraction
from functools import lru_cache
from numbers import Integral, Real

import sympy as sp
from sympy.core.assumptions import StdFactKB
from sympy.core.function import AppliedUndef

from assayer.derivation.trusted.errors import MalformedExpression

RELATIONS = ("=", "<=", "<", ">=", ">", "!=")
FLIPPED = {"=": "=", "<=": ">=", "<": ">", ">=": "<=", ">": "<", "!=": "!="}
NEGATED = {"=": "!=", "!=": "=", "<=": ">", "<": ">=", ">=": "<", ">": "<="}
_SYMPY_RELATIONS = {sp.Eq: "=", sp.Le: "<=", sp.Lt: "<", sp.Ge: ">=", sp.Gt: ">", sp.Ne: "!="}
CHOICES = (sp.Mod, sp.floor, sp.ceiling, sp.Abs, sp.Min, sp.Max)
"""Functions with steps or corners, whose evaluation asks for signs."""
LARGEST_BITS = 200_000
BINDERS = (sp.Sum, sp.Integral)
"""What binds a variable over a range."""
_DOMAIN_WORDS = frozenset(
    [
        "commutative",
        "real",
        "extended_real",
        "finite",
        "complex",
        "hermitian",
        "integer",
        "zero",
        "positive",
        "negative",
        "nonnegative",
        "nonpositive",
        "nonzero",
    ]
) | {f"extended_{word}" for word in ("positive", "negative", "nonnegative", "nonpositive", "nonzero")}


def express(value: object) -> sp.Expr:
    """Return ``value`` as a SymPy expression of the language, or say why it is not one.

    Raises:
        MalformedExpression: for a float, an infinity, a complex number, a symbol without a real domain.
    """
    if isinstance(value, bool) or value is None:
        raise MalformedExpression(f"{value!r} is not an expression")
    if isinstance(value, Fraction):
        value = sp.Rational(value.numerator, value.denominator)
    elif isinstance(value, Integral):
        value = sp.Integer(int(value))
    elif isinstance(value, Real) and not isinstance(value, sp.Basic):
        raise MalformedExpression(f"the float {value!r} is not exact: write Rational({str(value)!r})")
    if not isinstance(value, sp.Expr):
        raise MalformedExpression(f"{value!r} ({type(value).__name__}) is not a SymPy expression")
    audit(value)
    return value


def audit(expr: sp.Basic) -> None:
    """Refuse what has no exact real meaning; see :func:`express`."""
    labels = {base.label for base in expr.atoms(sp.IndexedBase)}
    for node in sp.preorder_traversal(expr):
        if isinstance(node, sp.Float):
            raise MalformedExpression(f"the Float {node} in {expr} is not exact: write Rational('{node}')")
        if node in (sp.oo, -sp.oo, sp.zoo, sp.nan):
            raise MalformedExpression(f"{node} appears in {expr}: the expression is undefined as SymPy evaluated it")
        if node is sp.I:
            raise MalformedExpression(f"the imaginary unit appears in {expr}: derivations are over the reals")
        if isinstance(node, sp.Idx):
            raise MalformedExpression(f"the index {node} is an Idx: declare it as Symbol(..., integer=True)")
        if isinstance(node, sp.Symbol) and node not in labels:
            domain(node)
        if isinstance(node, AppliedUndef) and isinstance(getattr(sp, str(node.func), None), type):
            raise MalformedExpression(f"{node.func} is the name of a known function: choose another for your own")
        if isinstance(node, (AppliedUndef, sp.Indexed)):
            _known_family(node)
        for variable, *_ in node.limits if isinstance(node, BINDERS) else ():
            nothing_hidden(node, variable, "binds")
    one_family([expr], free_symbols(expr))
    one_meaning(expr.atoms(sp.Symbol) - labels)


def nothing_hidden(expr: sp.Basic, variable: sp.Symbol, moves: str) -> None:
    """Refuse a symbol (or a member of a family) that stands for something which varies with ``variable``.

    For the checker such a symbol is a free real number; where ``variable`` is bound or moves, it would be taken for a
    constant. SymPy's ``free_symbols`` of the symbol tells what it varies with.
    """
    for node in expr.atoms(sp.Symbol, AppliedUndef):
        if node != variable and variable in node.free_symbols - free_symbols(node):
            raise MalformedExpression(f"{node} varies with {variable}, which {expr} {moves}: write what it stands for")


@lru_cache(maxsize=10_000)
def families(expr: sp.Expr) -> frozenset[tuple[str, object]]:
    """The families of an expression, functions and indexed bases, by name."""
    heads = {node.func for node in expr.atoms(AppliedUndef)} | expr.atoms(sp.IndexedBase)
    return frozenset((str(head), head) for head in heads)


def one_family(exprs: Iterable[sp.Expr], symbols: Iterable[sp.Symbol]) -> None:
    """Refuse two different families of one name, and a family with the name of a symbol."""
    seen: dict[str, object] = {}
    for name, head in (pair for expr in exprs for pair in families(expr)):
        if seen.setdefault(name, head) != head:
            raise MalformedExpression(f"two families are named {name}: use one declaration")
    for symbol in symbols if seen else ():
        if symbol.name in seen:
            raise MalformedExpression(f"{symbol} names a family and a symbol: use two names")


def domain(symbol: sp.Symbol) -> tuple[str, ...]:
    """Return the symbol's domain as sorted words, e.g. ``("integer", "nonnegative")``."""
    if not symbol.is_real:
        raise MalformedExpression(f'symbol {symbol} has no real domain: write Symbol("{symbol}", real=True)')
    if not symbol.name.strip() or re.fullmatch(r"[\d\s.,+*/()^-]+", symbol.name):
        raise MalformedExpression(f"{symbol.name!r} reads as a number: give the symbol a name")
    words = {word for word, truth in symbol._assumptions_orig.items() if truth}
    denied = {word for word, truth in symbol._assumptions_orig.items() if truth is False}
    unknown = sorted((words | denied) - _DOMAIN_WORDS | words & {"zero"})
    if unknown:
        raise MalformedExpression(
            f"symbol {symbol} is declared {', '.join(unknown)}, which the checker does not use: "
            "state it as a hypothesis instead"
        )
    if denied - {"zero", "extended_real", "commutative"}:
        raise MalformedExpression(
            f"symbol {symbol} is declared with {sorted(denied)[0]}=False: state it as a hypothesis instead"
        )
    return values_of(symbol)


def values_of(named: sp.Expr) -> tuple[str, ...]:
    """The values that a symbol or a member of a family is declared to take: one word for the sign at most."""
    signs = ("positive", "negative", "nonnegative", "nonpositive", "nonzero")
    sign = next((word for word in signs if getattr(named, f"is_{word}")), None)
    return tuple(word for word in ("integer" if named.is_integer else None, sign) if word)


def _known_family(member: sp.Expr) -> None:
    """Refuse a family that is declared to be more than real, integer and of one sign: nothing would use or show it."""
    head = member.base if isinstance(member, sp.Indexed) else member.func
    declared = dict(head._assumptions if isinstance(member, sp.Indexed) else head._kwargs)
    understood = StdFactKB(dict.fromkeys(("real", "commutative", *values_of(member)), True))
    for word, truth in declared.items():
        if understood.get(word) is not truth:
            raise MalformedExpression(
                f"the family {head} is declared with {word}={truth}, which the checker does not use: declare it real, "
                "integer or of one sign, and state the rest as a hypothesis"
            )


def one_meaning(symbols: Iterable[sp.Symbol]) -> None:
    """Refuse two different symbols that print the same: a reader could not tell them apart."""
    seen: dict[str, sp.Symbol] = {}
    for symbol in symbols:
        if isinstance(symbol, sp.Dummy):
            continue
        other = seen.setdefault(symbol.name, symbol)
        if other != symbol:
            raise MalformedExpression(
                f"symbol {symbol.name} is declared twice, as {_words(other)} and as "
                f"{_words(symbol)}: use one declaration"
            )


def _words(symbol: sp.Symbol) -> str:
    return " ".join(domain(symbol)) or "real"


def split_relation(relation: object) -> tuple[sp.Expr, str, sp.Expr]:
    """Return ``(left, sign, right)`` of a SymPy relation."""
    for kind, sign in _SYMPY_RELATIONS.items():
        if isinstance(relation, kind):
            return express(relation.lhs), sign, express(relation.rhs)
    raise MalformedExpression(f"{relation!r} is not one of =, <=, <, >=, >, !=")


def substitute(expr: sp.Expr, values: Mapping[sp.Basic, sp.Expr]) -> sp.Expr:
    """Replace symbols, never capturing a bound index (SymPy's own ``Sum.subs`` does capture)."""
    if not values:
        return expr
    if expr in values:
        return values[expr]
    if isinstance(expr, BINDERS):
        return _substitute_bound(expr, values)
    if not expr.args or isinstance(expr, sp.IndexedBase):
        return expr
    return rebuilt(expr, [substitute(argument, values) for argument in expr.args])


def rebuilt(expr: sp.Expr, arguments: Iterable[sp.Expr]) -> sp.Expr:
    """The same function of other arguments.

    SymPy evaluates while it builds, and asks for signs and parities of what it is given. Its answers have been wrong
    (sympy/sympy#28744 for Mod; ``(5*k*(2*m + 2*n)/6).is_integer``), and a wrong evaluation here would be a wrong
    inference. So functions and powers of other than rational numbers are left as they are: the normal form knows them.
    """
    arguments = list(arguments)
    known = all(isinstance(a, sp.Rational) for a in arguments)
    if isinstance(expr, sp.Pow) and known:
        _affordable(*arguments)
    asks = isinstance(expr, (*CHOICES, sp.Function)) and not isinstance(expr, AppliedUndef)
    asks |= isinstance(expr, sp.Pow) and not isinstance(arguments[1], sp.Rational)
    how = {"evaluate": False} if asks and not known else {}
    try:
        return expr.func(*arguments, **how)
    except (ValueError, TypeError) as reason:  # SymPy refuses some values, such as an imaginary one in Max
        raise MalformedExpression(f"{expr} has no meaning with these values: {reason}") from None


def _affordable(base: sp.Rational, exponent: sp.Rational) -> None:
    """SymPy writes a power of two numbers out at once: refuse one that would not end."""
    if abs(exponent) * max(base.p.bit_length(), base.q.bit_length()) > LARGEST_BITS:
        raise MalformedExpression(f"a power has more than {LARGEST_BITS} bits when written out")


def opened(expr: sp.Sum | sp.Integral) -> tuple[sp.Expr, sp.Symbol, sp.Expr, sp.Expr]:
    """Split off the outermost binding: ``(body, variable, low, high)``, with the inner bindings in the body."""
    *inner, outermost = expr.limits  # the last limit is the outermost
    if len(outermost) != 3:
        raise MalformedExpression(f"{expr} has no range: write both ends, as in ({outermost[0]}, 0, 1)")
    variable, low, high = outermost
    return (expr.func(expr.function, *inner) if inner else expr.function), variable, low, high


def closed(kind: type, body: sp.Expr, variable: sp.Symbol, low: sp.Expr, high: sp.Expr) -> sp.Expr:
    """Bind ``variable`` in ``body``; the inverse of :func:`opened`."""
    if isinstance(body, kind):
        return kind(body.function, *body.limits, (variable, low, high))
    return kind(body, (variable, low, high))


def _substitute_bound(expr: sp.Sum | sp.Integral, values: Mapping[sp.Basic, sp.Expr]) -> sp.Expr:
    body, index, low, high = opened(expr)
    kept = {key: value for key, value in values.items() if index not in key.free_symbols}
    if any(index in value.free_symbols for value in kept.values()):
        fresh = renamed(index, [body, *values.values()])
        body, index = substitute(body, {index: fresh}), fresh
    return closed(expr.func, substitute(body, kept), index, substitute(low, values), substitute(high, values))


_RENAMED: dict[tuple[sp.Symbol, int], sp.Dummy] = {}


def renamed(index: sp.Symbol, others: Iterable[sp.Basic]) -> sp.Dummy:
    """A variable like ``index`` that occurs in none of ``others``; the same one each time it is asked for."""
    taken = set().union(*(o.free_symbols | o.atoms(sp.Symbol) for o in others))
    attempt = 0
    while True:
        words = dict.fromkeys((*domain(index), "real"), True)
        fresh = _RENAMED.setdefault((index, attempt), sp.Dummy(index.name, **words))
        if fresh not in taken:
            return fresh
        attempt += 1


def free_symbols(expr: sp.Basic) -> set[sp.Symbol]:
    """Return the symbols that a valuation must give a value to: not bound indices, not the names of families."""
    if isinstance(expr, sp.Symbol):
        return {expr}
    if isinstance(expr, sp.IndexedBase):
        return set()
    if isinstance(expr, BINDERS):
        body, index, low, high = opened(expr)
        return (free_symbols(body) - {index}) | free_symbols(low) | free_symbols(high)
    return set().union(*(free_symbols(argument) for argument in expr.args))


def no_library_index(symbols: Iterable[sp.Symbol]) -> None:
    """Refuse a Dummy as a free symbol: the checker uses them for bound indices."""
    for symbol in symbols:
        if isinstance(symbol, sp.Dummy):
            raise MalformedExpression(f"{symbol} is a Dummy: declare a Symbol with a name of its own")


def least_value(expr: sp.Expr) -> int | None:
    """A lower bound of an integer-valued expression that its form and its symbols' domains show, or None."""
    if isinstance(expr, sp.Integer):
        return int(expr)
    if isinstance(expr, sp.Symbol):
        words = domain(expr)
        if "integer" not in words:
            return None
        return 1 if "positive" in words else 0 if "nonnegative" in words else None
    if isinstance(expr, (sp.Add, sp.Mul)):
        bounds = [least_value(argument) for argument in expr.args]
        if None in bounds:
            return None
        if isinstance(expr, sp.Add):
            return sum(bounds)
        product = 1
        for bound in bounds:
            product *= bound
        return product if min(bounds) >= 0 else None
    return None


def is_integer_valued(expr: sp.Expr) -> bool:
    """Tell whether ``expr`` is an integer at every valuation, by structure alone."""
    if isinstance(expr, sp.Integer):
        return True
    if isinstance(expr, sp.Symbol):
        return "integer" in domain(expr)
    if isinstance(expr, (sp.floor, sp.ceiling)):
        return True
    if isinstance(expr, (sp.Add, sp.Mul, sp.Abs, sp.Min, sp.Max)):
        return all(is_integer_valued(argument) for argument in expr.args)
    if isinstance(expr, sp.Pow):
        return is_integer_valued(expr.base) and isinstance(expr.exp, sp.Integer) and expr.exp >= 0
    if isinstance(expr, sp.Mod):
        return all(is_integer_valued(argument) for argument in expr.args)
    return isinstance(expr, (AppliedUndef, sp.Indexed)) and bool(expr.is_integer)
