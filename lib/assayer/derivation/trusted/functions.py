"""Functions of one real variable: where each is defined, its enclosure, its continuation. Part of the trusted base.

One table for all parts of the checker, so that what ``definedness`` demands is what ``evaluate`` and ``balls`` enclose.
Every function here is continuous on its domain and analytic inside it. The enclosures are Arb's.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import sympy as sp
from flint import acb, arb, fmpq

from assayer.derivation.trusted.context import Relation
from assayer.derivation.trusted.errors import Unsupported

INFINITY = None
LARGEST_ORDER = 100
Piece = tuple["fmpq | None", "fmpq | None", int]


@dataclass(frozen=True)
class Known:
    """What the checker knows of a function ``f(x)``, or of ``f(n, x)`` with a literal order n ≥ 0.

    Attributes:
        real: encloses f over a ball that lies in the domain; not finite where Arb cannot.
        continuation: the same for the analytic continuation, over a complex ball; not finite at its poles.
        domain: ``(g, sign, bound)``: f is defined exactly where ``g(x) sign bound``; g is None for x itself.
        pieces: ``(low, high, direction)``: between low and high (None: no end), within the domain, f increases (1) or
            decreases (−1).
        span: the values lie between these (None: no bound).
        slope: the derivative, as a formula in x that holds inside the domain; None where there is none here.
        strip: the continuation is analytic only for ``|Im z| < 1``.
        ordered: the function has an order n.
    """

    real: Callable[..., arb]
    continuation: Callable[..., acb]
    domain: tuple[tuple[type[sp.Expr] | None, str, sp.Expr], ...] = ()
    pieces: Callable[..., tuple[Piece, ...]] = lambda *order: ()
    span: tuple[fmpq | None, fmpq | None] = (INFINITY, INFINITY)
    slope: Callable[..., sp.Expr] | None = None
    strip: bool = False
    ordered: bool = False


def split(expr: sp.Expr) -> tuple[Known, tuple[int, ...], sp.Expr]:
    """Split an application of a function of the table into ``(function, (order,) or (), argument)``.

    Raises:
        Unsupported: for a function that is not in the table, an order that is no literal natural number, or a form
            with other arguments (Hurwitz zeta, another branch of Lambert's W).
    """
    known = FUNCTIONS.get(expr.func)
    if known is None or len(expr.args) != 1 + known.ordered:
        raise Unsupported(f"the checker has no enclosure for {expr.func.__name__} (in {expr})")
    *order, argument = expr.args
    if any(not isinstance(n, sp.Integer) or not 0 <= n <= LARGEST_ORDER for n in order):
        raise Unsupported(f"the order of {expr} must be a literal natural number, {LARGEST_ORDER} at most")
    return known, tuple(int(n) for n in order), argument


def domain_of(expr: sp.Expr) -> list[Relation]:
    """Where an application of a function of the table is defined, exactly, given that its argument is."""
    known, _, argument = split(expr)
    return [Relation(argument if g is None else g(argument), sign, bound) for g, sign, bound in known.domain]


def inside_of(expr: sp.Expr) -> list[Relation]:
    """What must hold for the argument to lie inside the domain, where the function is analytic."""
    return [Relation(r.left, r.sign.replace(">=", ">").replace("<=", "<"), r.right) for r in domain_of(expr)]


def slope_of(expr: sp.Expr) -> sp.Expr:
    """The derivative of an application with respect to its argument, inside the domain.

    Raises:
        Unsupported: where the table has none.
    """
    known, order, argument = split(expr)
    if known.slope is None:
        raise Unsupported(f"the checker has no derivative of {expr.func.__name__} (in {expr})")
    return known.slope(*order, argument)


def _method(name: str) -> tuple[Callable[[arb], arb], Callable[[acb], acb]]:
    return (lambda x: getattr(x, name)()), (lambda z: getattr(z, name)())


def _pieces(*pieces: Piece) -> Callable[..., tuple[Piece, ...]]:
    return lambda *order: pieces


_RISES = _pieces((INFINITY, INFINITY, 1))
_FALLS = _pieces((INFINITY, INFINITY, -1))
_EVEN = _pieces((INFINITY, fmpq(0), -1), (fmpq(0), INFINITY, 1))
_ONE = fmpq(1)
_STEEP = fmpq(3, 2)  # less than π/2
_POSITIVE = ((None, ">", sp.S.Zero),)
_WITHIN_ONE = ((None, ">=", sp.S.NegativeOne), (None, "<=", sp.S.One))
_GAUSS = 2 / sp.sqrt(sp.pi)
# cos and sin(x)/x rise to x = 0 and fall from there, at least up to 3
_BUMP = _pieces((fmpq(0), fmpq(3), -1), (fmpq(-3), fmpq(0), 1))
# Γ has one minimum on x > 0, at 1.4616…
_GAMMA = _pieces((INFINITY, fmpq(146, 100), -1), (fmpq(147, 100), INFINITY, 1))

FUNCTIONS: Mapping[type[sp.Expr], Known] = {
    sp.exp: Known(*_method("exp"), pieces=_RISES, slope=sp.exp),
    sp.log: Known(*_method("log"), _POSITIVE, _RISES, slope=lambda x: 1 / x),
    sp.sin: Known(*_method("sin"), pieces=_pieces((-_STEEP, _STEEP, 1)), span=(-_ONE, _ONE), slope=sp.cos),
    sp.cos: Known(*_method("cos"), pieces=_BUMP, span=(-_ONE, _ONE), slope=lambda x: -sp.sin(x)),
    sp.tan: Known(
        *_method("tan"),
        ((sp.cos, "!=", sp.S.Zero),),
        _pieces((-_STEEP, _STEEP, 1)),
        slope=lambda x: 1 + sp.tan(x) ** 2,
    ),
    sp.asin: Known(*_method("asin"), _WITHIN_ONE, _RISES, slope=lambda x: 1 / sp.sqrt(1 - x**2)),
    sp.acos: Known(*_method("acos"), _WITHIN_ONE, _FALLS, slope=lambda x: -1 / sp.sqrt(1 - x**2)),
    sp.atan: Known(*_method("atan"), pieces=_RISES, slope=lambda x: 1 / (1 + x**2), strip=True),
    sp.sinh: Known(*_method("sinh"), pieces=_RISES, slope=sp.cosh),
    sp.cosh: Known(*_method("cosh"), pieces=_EVEN, span=(_ONE, INFINITY), slope=sp.sinh),
    sp.tanh: Known(*_method("tanh"), pieces=_RISES, slope=lambda x: 1 - sp.tanh(x) ** 2),
    sp.asinh: Known(*_method("asinh"), pieces=_RISES, slope=lambda x: 1 / sp.sqrt(1 + x**2), strip=True),
    sp.acosh: Known(
        *_method("acosh"), ((None, ">=", sp.S.One),), _RISES, slope=lambda x: 1 / (sp.sqrt(x - 1) * sp.sqrt(x + 1))
    ),
    sp.atanh: Known(
        *_method("atanh"),
        ((None, ">", sp.S.NegativeOne), (None, "<", sp.S.One)),
        _RISES,
        slope=lambda x: 1 / (1 - x**2),
    ),
    sp.gamma: Known(*_method("gamma"), _POSITIVE, _GAMMA, slope=lambda x: sp.gamma(x) * sp.polygamma(0, x)),
    sp.loggamma: Known(*_method("lgamma"), _POSITIVE, _GAMMA, slope=lambda x: sp.polygamma(0, x)),
    sp.polygamma: Known(
        lambda n, x: x.digamma() if n == 0 else acb(x).polygamma(n).real,
        lambda n, z: z.digamma() if n == 0 else z.polygamma(n),
        _POSITIVE,
        # ψ⁽ⁿ⁾(x) = (−1)ⁿ⁺¹ n! Σ (x + k)⁻ⁿ⁻¹ for n ≥ 1, and ψ′ > 0
        lambda n: ((INFINITY, INFINITY, 1 if n % 2 == 0 else -1),),
        slope=lambda n, x: sp.polygamma(n + 1, x),
        ordered=True,
    ),
    sp.zeta: Known(*_method("zeta"), ((None, ">", sp.S.One),), _FALLS),
    sp.erf: Known(*_method("erf"), pieces=_RISES, slope=lambda x: _GAUSS * sp.exp(-(x**2))),
    sp.erfc: Known(*_method("erfc"), pieces=_FALLS, slope=lambda x: -_GAUSS * sp.exp(-(x**2))),
    sp.erfi: Known(*_method("erfi"), pieces=_RISES, slope=lambda x: _GAUSS * sp.exp(x**2)),
    sp.sinc: Known(*_method("sinc"), pieces=_BUMP),
    sp.Si: Known(*_method("si"), pieces=_pieces((fmpq(-3), fmpq(3), 1)), slope=sp.sinc),
    sp.Ci: Known(*_method("ci"), _POSITIVE, _pieces((INFINITY, _STEEP, 1)), slope=lambda x: sp.cos(x) / x),
    sp.LambertW: Known(
        *_method("lambertw"),
        ((None, ">=", -sp.exp(-1)),),
        _RISES,
        slope=lambda x: sp.exp(-sp.LambertW(x)) / (1 + sp.LambertW(x)),
    ),
    sp.besselj: Known(
        lambda n, x: x.bessel_j(n),
        lambda n, z: z.bessel_j(n),
        span=(-_ONE, _ONE),
        slope=lambda n, x: -sp.besselj(1, x) if n == 0 else (sp.besselj(n - 1, x) - sp.besselj(n + 1, x)) / 2,
        ordered=True,
    ),
}
