"""Normal forms of powers, roots, exponentials, logarithms, sines and cosines. Part of the trusted base.

Each function here takes values in a :class:`Ring` and returns one that equals the function wherever the expression
that it came from is defined. "p > 0" below means: p is defined to be positive there, or evidently so (``Ring.sign``).
"""

from __future__ import annotations

from math import floor

import sympy as sp
from flint import fmpq, fmpq_mpoly, fmpz

from assayer.derivation.trusted.errors import Unsupported
from assayer.derivation.trusted.expressions import is_integer_valued
from assayer.derivation.trusted.ring import LARGEST_EXPONENT, LARGEST_TO_FACTOR, Fraction, Ring, Unlicensed, occurring

HALF = fmpq(1, 2)
MOST_TURNS = 16


def rational(value: fmpq | int) -> sp.Rational:
    q = fmpq(value)
    return sp.Rational(int(q.p), int(q.q))


def primes(value: fmpq) -> list[tuple[fmpz, int]]:
    """``value = Π p^e`` for a positive rational number."""
    if max(value.p, value.q) > LARGEST_TO_FACTOR:
        raise Unsupported(f"{value} is too large to be split into primes")
    return [(p, int(e)) for p, e in value.p.factor()] + [(p, -int(e)) for p, e in value.q.factor()]


# -- absolute values and rational powers -------------------------------------------------------------------------------
def absolute(r: Ring, value: Fraction) -> Fraction:
    """``|c Π p^e| = |c| Π |p|^e``; ``|p| = p`` where p ≥ 0, ``|p|^e = p^e`` for even e, and ``|p|² = p²`` always."""
    if value.numerator.is_zero():
        return value
    c, pieces = r.factors(value)
    result = r.number(abs(c))
    for p, e in pieces:
        size = p if e % 2 == 0 or r.sign(p) is not None else _size(r, p)
        result = r.multiply(result, r.power(r.whole(size), e))
    return result


def _size(r: Ring, p: fmpq_mpoly) -> fmpq_mpoly:
    atom, new = r.atom(("abs", str(p)), sp.Abs(r.expression(p), evaluate=False), (0, False), relation=(2, p**2))
    if new:
        r.know(atom - p, ">=", "Abs")
        r.know(atom + p, ">=", "Abs")
    return atom


def rational_power(r: Ring, value: Fraction, exponent: fmpq) -> Fraction:
    """``value^exponent`` for a value that is ≥ 0 by definedness if the exponent is not whole.

    ``(Π p^e)^x = Π p^(e x)`` where every ``p^e ≥ 0`` (``p² = |p|²``). Otherwise only factors ``p > 0`` come out: then
    the rest is ≥ 0 because the value is. A rest that is an odd power of one p is ≥ 0 only where p is.

    Raises:
        Unlicensed: where nothing states that the rest is ≥ 0. Inside a sum or an integral no fact is made of it.
    """
    if exponent.q == 1:
        return r.power(value, int(exponent.p))
    if value.numerator.is_zero():
        return value
    c, pieces = r.factors(value)
    apart = [(p, e) for p, e in pieces if r.sign(p) == ">"]
    rest = [(p, e) for p, e in pieces if r.sign(p) != ">"]
    evident = c > 0 and all(e % 2 == 0 or r.sign(p) is not None for p, e in rest)
    result = constant_power(r, abs(c), exponent)
    if evident:
        apart += [(p if r.sign(p) is not None else _size(r, p), e) for p, e in rest]
    else:
        if r.depth == 0 and not r.nonnegative(value):
            raise Unlicensed("a root appears whose existence nothing states: SymPy has split it from another")
        sense = 1 if c > 0 else -1
        if len(rest) == 1 and rest[0][1] % 2:
            apart.append((rest[0][0] * sense, rest[0][1]))
        else:  # with d = exponent.q, p^(−k) = p^(k (2 d − 1)) / p^(2 d k)
            d, lump = int(exponent.q), r.context.constant(sense)
            for p, e in rest:
                lump *= p ** (e if e > 0 else -e * (2 * d - 1))
                result = r.multiply(result, r.power(r.whole(p), 0 if e > 0 else 2 * e * int(exponent.p)))
            apart.append((lump, 1))
    return r.multiply(result, *(_piece_power(r, p, exponent * e) for p, e in apart))


def constant_power(r: Ring, c: fmpq, exponent: fmpq) -> Fraction:
    """A positive number to a rational power, prime by prime."""
    return r.multiply(*(_piece_power(r, r.context.constant(p), exponent * e) for p, e in primes(c)))


def _piece_power(r: Ring, p: fmpq_mpoly, exponent: fmpq) -> Fraction:
    """``p^x`` for a p ≥ 0 that is not split further: ``(exp u)^x = exp(x u)``, ``(p^(1/q))^x = p^(x/q)``."""
    made = r.made_by(p, "exp")
    if made is not None:
        return exponential(r, r.scale(made[1], exponent))
    made = r.made_by(p, "root")
    if made is not None:
        return _piece_power(r, made[1], exponent / made[2])
    if exponent.q == 1:
        return r.power(r.whole(p), int(exponent.p))
    inside = r.expression(p)
    unit = r.unit(("root", inside), fmpq(1, exponent.q), LARGEST_EXPONENT)
    if unit is None:
        raise Unsupported(f"a root of degree {exponent.q}")
    degree = int(unit.q)
    whole, part = divmod(abs(int(exponent * degree)), degree)
    meaning = sp.Pow(inside, sp.Rational(1, degree), evaluate=False)
    low = (0, r.sign(p) == ">")
    root, _ = r.atom(("root", str(p)), meaning, low, origin=("root", p, degree), relation=(degree, p))
    return r.power(r.multiply(r.power(r.whole(p), whole), r.whole(root**part)), 1 if exponent > 0 else -1)


# -- exponentials, logarithms, symbolic powers -------------------------------------------------------------------------
def exponential(r: Ring, u: Fraction) -> Fraction:
    """``exp(Σ k_i u_i) = Π exp(u_i)^(k_i)`` with whole k_i and multiples u_i of monomials; ``exp(c log p) = p^c``."""
    result = r.one
    for c, d in r.terms(u):
        made = r.made_by(d.numerator, "log") if d.denominator.is_constant() else None
        if made is not None:
            result = r.multiply(result, _piece_power(r, made[1], c))
            continue
        times, unit, inside = _share(r, "exp", c, d, LARGEST_EXPONENT)
        atom, _ = r.atom(("exp", r.text(unit)), sp.exp(inside, evaluate=False), (0, True), origin=("exp", unit, 1))
        result = r.multiply(result, r.power(r.whole(atom), times))
    return result


def _share(r: Ring, function: str, c: fmpq, d: Fraction, most: int) -> tuple[int, Fraction, sp.Expr]:
    """``c · d = times · u`` with one u for all multiples of the monomial d, unless that would be too small a part."""
    inside = r.expression(d)
    unit = r.unit((function, inside), c, most)
    if unit is None:
        return 1, r.scale(d, c), rational(c) * inside
    return int(c / unit), r.scale(d, unit), rational(unit) * inside


def logarithm(r: Ring, u: Fraction) -> Fraction:
    """``log(c Π p^e) = Σ e log p`` where every p > 0, with c into primes; other factors stay together.

    No factor is 0, because u is not: so ``log(p^(2k)) = 2k log|p|``. What stays is positive because u is; if it is an
    odd power of one p, then p > 0. ``log(exp v) = v``, and ``log(p^(1/q)) = log(p)/q``.
    """
    if u.numerator.is_zero():
        raise Unsupported("the logarithm of 0")
    c, pieces = r.factors(u)
    even = [(_size(r, p), e) for p, e in pieces if r.sign(p) is None and e % 2 == 0]
    apart = even + [(p, e) for p, e in pieces if r.sign(p) == ">"]
    rest = [(p, e) for p, e in pieces if r.sign(p) != ">" and (r.sign(p) is not None or e % 2)]
    sense, total = 1 if c > 0 else -1, []
    if len(rest) == 1 and rest[0][1] % 2:
        apart.append((rest[0][0] * sense, rest[0][1]))
    elif rest or sense < 0:
        lump = r.multiply(r.number(sense), *(r.power(r.whole(p), e) for p, e in rest))
        origin = ("log", lump.numerator, 1) if lump.denominator.is_constant() else None
        total.append(
            r.whole(r.atom(("log", r.text(lump)), sp.log(r.expression(lump), evaluate=False), origin=origin)[0])
        )
    total += [r.scale(_piece_log(r, p), e) for p, e in apart]
    total += [r.scale(_piece_log(r, r.context.constant(p)), e) for p, e in primes(abs(c))]
    return r.add(*total)


def _piece_log(r: Ring, p: fmpq_mpoly) -> Fraction:
    made = r.made_by(p, "exp")
    if made is not None:
        return made[1]
    made = r.made_by(p, "root")
    if made is not None:
        return r.scale(_piece_log(r, made[1]), fmpq(1, made[2]))
    above = r.sign(p - 1)
    low = None if above is None else (0, above == ">")
    atom, _ = r.atom(("log", str(p)), sp.log(r.expression(p), evaluate=False), low, origin=("log", p, 1))
    return r.whole(atom)


def symbolic_power(r: Ring, base: Fraction, exponent: Fraction, whole: bool) -> Fraction:
    """``b^e = exp(e log b)`` where b > 0: evidently, or by convention since e is not whole by its form.

    Otherwise e is an integer and ``(c Π p^k)^e = c^e Π (p^e)^k``: where b is 0 the power is defined only for e ≥ 0,
    and then both sides are.
    """
    if not whole:
        return exponential(r, r.multiply(exponent, logarithm(r, base)))
    c, pieces = (fmpq(1), [(base.numerator, 1)]) if base.numerator.is_zero() else r.factors(base)
    result = exponential(r, r.multiply(exponent, logarithm(r, r.number(abs(c)))))
    if c < 0:
        result = r.multiply(result, _alternating(r, exponent))
    for p, k in pieces:
        if r.sign(p) == ">":
            factor = exponential(r, r.scale(r.multiply(exponent, _piece_log(r, p)), k))
        else:
            factor = r.power(_whole_power(r, p, exponent), k)
        result = r.multiply(result, factor)
    return result


def _alternating(r: Ring, exponent: Fraction) -> Fraction:
    """``(−1)^e`` for an integer e: only parities count, and ``n^k`` has that of n. The square of each atom is 1."""
    result = r.one
    for monomial, c in exponent.numerator.terms():
        if c.q != 1 or not exponent.denominator.is_constant() or not all(r.integer[i] for i in occurring([monomial])):
            atom, _ = r.atom(("sign", r.text(exponent)), _raised(sp.S.NegativeOne, r.expression(exponent)))
            return r.whole(atom)
        if c.p % 2:
            product = r.context.from_dict({tuple(min(int(e), 1) for e in monomial): 1})
            if product.is_constant():
                result = r.scale(result, -1)
                continue
            meaning = _raised(sp.S.NegativeOne, r.expression(product))
            atom, _ = r.atom(("sign", str(product)), meaning, relation=(2, r.one.numerator))
            result = r.multiply(result, r.whole(atom))
    return result


def _raised(base: sp.Expr, exponent: sp.Expr) -> sp.Expr:
    """The meaning of an integer power, which is read again where it stands in a sum: there it must be one as well."""
    if not is_integer_valued(exponent):
        raise Unsupported(f"{exponent} is an integer, but not by its form")
    return sp.Pow(base, exponent, evaluate=False)


def _whole_power(r: Ring, p: fmpq_mpoly, exponent: Fraction) -> Fraction:
    """``p^(Σ c m) = Π (p^m)^c`` for integers: if p is not 0, or if every c and m is a natural number."""
    terms = [(c, r.context.from_dict({monomial: 1})) for monomial, c in exponent.numerator.terms()]
    natural = all(c > 0 and r.sign(m) is not None for c, m in terms)
    integers = all(c.q == 1 for c, _ in terms) and all(r.integer[i] for i in occurring(exponent.numerator.monoms()))
    if not exponent.denominator.is_constant() or not integers or not (natural or r.nonzero(r.whole(p))):
        meaning = _raised(r.expression(p), r.expression(exponent))
        return r.whole(r.atom(("power", str(p), r.text(exponent)), meaning)[0])
    result = r.one
    for c, m in terms:
        if m.is_constant():
            factor = r.whole(p)
        else:
            factor = r.whole(r.atom(("power", str(p), f"{m}/1"), _raised(r.expression(p), r.expression(m)))[0])
        result = r.multiply(result, r.power(factor, int(c.p)))
    return result


# -- sines and cosines -------------------------------------------------------------------------------------------------
def cosine_and_sine(r: Ring, u: Fraction) -> tuple[Fraction, Fraction]:
    """``cos + i sin`` of ``Σ k_i u_i`` is the product of the powers of ``cos u_i + i sin u_i``, with whole k_i."""
    result = (r.one, r.zero)
    for c, d in r.terms(u):
        if r.expression(d) == sp.pi:
            result = _turned(r, result, _part_of_pi(r, c))
            continue
        times, unit, inside = _share(r, "angle", c, d, MOST_TURNS)
        cos, sin = _circle(r, inside, r.text(unit))
        step = (cos, sin if times > 0 else r.scale(sin, -1))
        for _ in range(abs(times)):
            result = _turned(r, result, step)
    return result


def _turned(r: Ring, one: tuple[Fraction, Fraction], two: tuple[Fraction, Fraction]) -> tuple[Fraction, Fraction]:
    real = r.subtract(r.multiply(one[0], two[0]), r.multiply(one[1], two[1]))
    return real, r.add(r.multiply(one[0], two[1]), r.multiply(one[1], two[0]))


def _circle(r: Ring, angle: sp.Expr, key: object, low: tuple[int, bool] | None = None) -> tuple[Fraction, Fraction]:
    """Atoms for the cosine and the sine of an angle, with ``sin² = 1 − cos²``."""
    cos, _ = r.atom(("cos", key), sp.cos(angle, evaluate=False), low)
    sin, new = r.atom(("sin", key), sp.sin(angle, evaluate=False), low, relation=(2, 1 - cos**2))
    if new:
        r.circles.append((cos, sin))
    return r.whole(cos), r.whole(sin)


def _part_of_pi(r: Ring, c: fmpq) -> tuple[Fraction, Fraction]:
    """Cosine and sine of ``c π``: quarter turns apart, the rest within an eighth of a turn, exact for 0, π/6, π/4."""
    quarters = floor(2 * c)
    rest = c - quarters * HALF
    mirrored = rest > fmpq(1, 4)
    if mirrored:
        rest = HALF - rest
    exact = {fmpq(0): (0, 1, 0), fmpq(1, 6): (HALF, 3, 1), fmpq(1, 4): (HALF, 2, 2)}
    if rest in exact:
        scale, under, other = exact[rest]
        cos = r.scale(constant_power(r, fmpq(under), HALF), scale) if scale else r.one
        sin = r.scale(constant_power(r, fmpq(other), HALF), scale) if scale else r.zero
    else:
        cos, sin = _circle(r, rational(rest) * sp.pi, f"{rest} π", (0, True))
    result = (sin, cos) if mirrored else (cos, sin)
    for _ in range(quarters % 4):
        result = (r.scale(result[1], -1), result[0])
    return result
