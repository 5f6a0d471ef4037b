"""Random claims, fixed seed: what the kernels accept has no counterexample, what the refuter refutes has one.

The kernels are asked alone, so that the refuter cannot hide their mistakes, and every verdict is checked by an
evaluator of its own in Python's fractions: strict about definedness, with no part of the checker's.
"""

from __future__ import annotations

import itertools
import random
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from math import comb, factorial, floor

import pytest
import sympy as sp

from assayer.derivation import DerivationError, Relation, judge
from assayer.derivation.prover import Attempt, prove
from assayer.derivation.trusted.context import Context, Goal
from assayer.derivation.trusted.definedness import unfold
from assayer.derivation.trusted.expressions import least_value, substitute
from assayer.derivation.verdict import judge_goal

CLAIMS = 220
POINTS = 1500
n, m = sp.symbols("n m", integer=True)
q = sp.Symbol("q", integer=True, nonnegative=True)
p, i = sp.symbols("p i", integer=True, positive=True)
x, y = sp.symbols("x y", real=True)
w = sp.Symbol("w", nonnegative=True)
z = sp.Symbol("z", positive=True)
k, j = sp.symbols("k j", integer=True)
POOLS = [[n, m], [n, p], [p, q], [x, y], [x, z], [z, w], [n, x], [p, z], [q]]
KINDS = ["polynomial", "fraction", "root", "integer", "sum", "sum", "power"]
INTEGERS = [Fraction(v) for v in range(-4, 8)]
REALS = [Fraction(v) for v in (-7, -2, -1, 0, 1, 2, 4)] + [
    Fraction(1, 2),
    Fraction(-1, 2),
    Fraction(9, 4),
    Fraction(1, 3),
]


class Undefined(Exception):
    """No value here."""


class Unsure(Exception):
    """Not a rational number, or too large: the evaluator below does not say."""


def power(base: Fraction, exponent: Fraction) -> Fraction:
    if exponent.denominator != 1:
        if base < 0:
            raise Undefined
        parts = [round(part ** (1 / exponent.denominator)) for part in (base.numerator, base.denominator)]
        if [r**exponent.denominator for r in parts] != [base.numerator, base.denominator]:
            raise Unsure
        base, exponent = Fraction(*parts), Fraction(exponent.numerator)
    if base == 0 and exponent < 0:
        raise Undefined
    if abs(exponent) > 60:
        raise Unsure
    return base ** int(exponent)


def evaluate(e: sp.Expr, at: Mapping[sp.Symbol, Fraction]) -> Fraction:
    if isinstance(e, sp.Rational):
        return Fraction(int(e.p), int(e.q))
    if isinstance(e, sp.Symbol):
        return at[e]
    if isinstance(e, sp.Sum):
        return total(e, at)
    values = [evaluate(argument, at) for argument in e.args]
    match e:
        case sp.Add():
            return sum(values, Fraction(0))
        case sp.Mul():
            product = Fraction(1)
            for value in values:
                product *= value
            return product
        case sp.Pow():
            return power(*values)
        case sp.floor():
            return Fraction(floor(values[0]))
        case sp.ceiling():
            return -Fraction(floor(-values[0]))
        case sp.Abs():
            return abs(values[0])
        case sp.Min():
            return min(values)
        case sp.Max():
            return max(values)
        case sp.Mod():
            if values[1] == 0:
                raise Undefined
            return values[0] - values[1] * floor(values[0] / values[1])
        case sp.factorial():
            if values[0] < 0 or values[0].denominator != 1:
                raise Undefined
            return Fraction(factorial(int(values[0])))
        case sp.binomial():
            if values[0] < 0 or any(v.denominator != 1 for v in values):
                raise Undefined
            return Fraction(comb(int(values[0]), int(values[1]))) if 0 <= values[1] else Fraction(0)
    raise Unsure(f"{e.func}")


def total(e: sp.Sum, at: Mapping[sp.Symbol, Fraction]) -> Fraction:
    *inner, (index, low, high) = e.limits
    body = sp.Sum(e.function, *inner) if inner else e.function
    first, last = evaluate(low, at), evaluate(high, at)
    if first.denominator != 1 or last.denominator != 1 or last < first - 1:
        raise Undefined
    if last >= first and ((index.is_positive and first < 1) or (index.is_nonnegative and first < 0)):
        raise Undefined
    if last - first > 60:
        raise Unsure
    return sum((evaluate(body, {**at, index: Fraction(v)}) for v in range(int(first), int(last) + 1)), Fraction(0))


def holds(relation: Relation, at: Mapping[sp.Symbol, Fraction]) -> bool | None:
    try:
        d = evaluate(relation.left, at) - evaluate(relation.right, at)
    except Undefined:
        return False
    except (Unsure, OverflowError):
        return None
    return {"=": d == 0, "!=": d != 0, "<=": d <= 0, "<": d < 0, ">=": d >= 0, ">": d > 0}[relation.sign]


def domain(symbol: sp.Symbol) -> list[Fraction]:
    values = INTEGERS if symbol.is_integer else REALS
    return [v for v in values if not (symbol.is_positive and v <= 0) and not (symbol.is_nonnegative and v < 0)]


def points(rng: random.Random, symbols: Sequence[sp.Symbol]) -> Iterator[dict[sp.Symbol, Fraction]]:
    everything = list(itertools.product(*(domain(s) for s in symbols)))
    for point in everything if len(everything) <= POINTS else rng.sample(everything, POINTS):
        yield dict(zip(symbols, point, strict=True))


def counterexample(rng: random.Random, relation: Relation, given: Sequence[Relation]) -> tuple[object, int]:
    """A point of the small grid at which the hypotheses hold and the relation does not, and how many hold there."""
    symbols = sorted(relation.symbols().union(*(h.symbols() for h in given)), key=str)
    met = 0
    for at in points(rng, symbols):
        if all(holds(h, at) is True for h in given):
            met += 1
            if holds(relation, at) is False:
                return at, met
    return None, met


# -- random claims -----------------------------------------------------------------------------------------------------
def constant(rng: random.Random) -> sp.Rational:
    return sp.Rational(rng.choice([-3, -2, -1, 0, 1, 1, 2, 3]), rng.choice([1, 1, 1, 2, 3]))


def expression(rng: random.Random, symbols: Sequence[sp.Symbol], depth: int, kind: str) -> sp.Expr:
    def part() -> sp.Expr:
        return expression(rng, symbols, depth - 1, kind)

    if depth <= 0 or rng.random() < 0.15:
        return rng.choice(symbols) if rng.random() < 0.7 else constant(rng)
    if rng.random() < 0.6:
        return rng.choice(
            [lambda: part() + part(), lambda: part() * part(), lambda: part() - part(), lambda: part() ** 2]
        )()
    if kind == "fraction":
        return part() / part()
    if kind == "root":
        choices = [
            lambda: sp.sqrt(part()),
            lambda: abs(part()),
            lambda: sp.Max(part(), part()),
            lambda: part() / part(),
        ]
        return rng.choice(choices)()
    if kind == "integer":
        modulus = rng.choice([2, 3])
        choices = [lambda: sp.floor(part() / modulus), lambda: sp.Mod(part(), modulus), lambda: sp.Min(part(), part())]
        return rng.choice(choices)()
    if kind == "sum":
        index = rng.choice([k, j, n, i])
        tops = [s for s in symbols if s.is_integer] or [q]
        low = rng.choice([sp.S.Zero, sp.S.One, sp.S.One, rng.choice(tops)])
        high = rng.choice([rng.choice(tops) + rng.choice([-1, 0, 1, 2]), sp.Integer(3), low + 1])
        body = expression(rng, [index, index, *symbols], depth - 1, rng.choice(["sum", "fraction", "polynomial"]))
        return sp.Sum(body, (index, low, high))
    if kind == "power":
        base = rng.choice([sp.Integer(2), sp.Integer(3), rng.choice(symbols), sp.Rational(1, 2)])
        return base ** (rng.choice(symbols) + rng.choice([-1, 0, 0, 1, 2]))
    return part() + constant(rng)


def relation(rng: random.Random, symbols: Sequence[sp.Symbol], kind: str) -> Relation:
    """A claim that is often nearly true: an expression and another form of it, a square and its bound."""
    shape = rng.random()
    if shape < 0.4:
        left = expression(rng, symbols, 2, kind)
        right = rng.choice([sp.expand, sp.factor, sp.together, lambda e: e])(left)
        right += rng.choice([0, 0, 0, 1, -1])
        return Relation(left, rng.choice(["=", "=", "<=", ">=", "<", ">", "!="]), right)
    if shape < 0.7:
        one, two = expression(rng, symbols, 1, kind), expression(rng, symbols, 1, kind)
        left = one**2 + rng.choice([0, 1]) * two**2 + rng.choice([0, 0, 1, -1])
        return Relation(left, rng.choice([">=", ">"]), rng.choice([sp.S.Zero, 2 * one * two, 2 * one - 1, one]))
    left, right = expression(rng, symbols, 2, kind), expression(rng, symbols, 1, kind)
    return Relation(left, rng.choice(["=", "<=", ">=", "<", ">", "!="]), right)


def hypotheses(rng: random.Random, symbols: Sequence[sp.Symbol], kind: str) -> list[Relation]:
    given = []
    for symbol in symbols:
        if rng.random() < 0.5:
            sign = rng.choice([">=", ">=", ">", "<=", "!=", "="])
            given.append(Relation(symbol, sign, rng.choice([constant(rng), sp.S.Zero, sp.S.One, rng.choice(symbols)])))
    if rng.random() < 0.25:
        given.append(relation(rng, symbols, kind))
    return given


def claims(seed: int, count: int) -> Iterator[tuple[random.Random, Relation, list[Relation]]]:
    rng = random.Random(seed)
    made = 0
    while made < count:
        kind = rng.choice(KINDS)
        symbols = rng.choice([pool for pool in POOLS if kind != "power" or all(s.is_integer for s in pool)])
        try:
            claim, given = relation(rng, symbols, kind), hypotheses(rng, symbols, kind)
        except (DerivationError, ValueError):
            continue  # SymPy evaluated it to something that has no real meaning
        if sp.count_ops(claim.left) + sp.count_ops(claim.right) <= 30:
            made += 1
            yield rng, claim, given


def test_what_the_kernels_accept_has_no_counterexample() -> None:
    tally: Counter[str] = Counter()
    for rng, claim, given in claims(seed=20260, count=CLAIMS):
        goal = Goal(Context.of(given, claim.symbols()), claim)
        theorem = prove(goal, Attempt.lasting(2.0))
        if theorem is None:
            continue
        at, met = counterexample(rng, claim, given)
        assert at is None, f"{theorem.kernels} accept {claim} under {[str(h) for h in given]}, false at {at}"
        tally["proved"] += 1
        tally["met"] += met > 0
        tally[theorem.kernels[0]] += 1
    assert tally["met"] > CLAIMS / 4, tally
    assert min(tally[name] for name in ("normal form", "positive combination", "induction", "z3")) > 0, tally


def test_what_is_refuted_fails_at_the_point_that_is_shown() -> None:
    refuted = 0
    for _, claim, given in claims(seed=4711, count=70):
        goal = Goal(Context.of(given, claim.symbols()), claim)
        found = judge_goal(goal, seconds=0.2).counterexample
        if found is None:
            continue
        refuted += 1
        names = {s.name: s for s in claim.symbols().union(*(h.symbols() for h in given))}
        at = {names[name]: Fraction(number) for name, number in found.point if name in names}
        assert all(holds(h, at) is not False for h in given), f"{found} does not satisfy {[str(h) for h in given]}"
        assert holds(claim, at) is not True, f"{claim} is true at {found}"
    assert refuted > 15


def test_substituting_and_unfolding_keep_every_value() -> None:
    rng = random.Random(99)
    compared = 0
    for _ in range(1500):
        kind = rng.choice(KINDS)
        symbols = rng.choice(POOLS)
        symbol = rng.choice(symbols)
        choices = {p: [p + 1, q + 1, sp.Integer(2), k**2 + 1], q: [q + 2, p, sp.S.Zero, k**2]}
        value = rng.choice(
            choices.get(symbol, [k, k + 1, j, p, sp.S.Zero, 1 - n] if symbol.is_integer else [p, q, z + 1])
        )
        if symbol in (x, y):
            value = rng.choice([value, z - w, k, -w])
        try:
            whole = Relation(expression(rng, symbols, 3, kind), "=", sp.S.Zero).left
            new = Relation(substitute(whole, {symbol: value}), "=", sp.S.Zero).left
        except (DerivationError, ValueError):
            continue
        flat = unfold(whole, lambda e: (least_value(e) or -1) >= 0)
        everything = sorted(whole.free_symbols | value.free_symbols | {symbol}, key=str)
        for _ in range(4):
            at = {s: rng.choice(domain(s)) for s in everything}
            try:
                expected = evaluate(whole, {**at, symbol: evaluate(value, at)})
                assert evaluate(new, at) == expected, f"{whole} with {symbol} = {value} became {new}, at {at}"
                plain = evaluate(whole, at)
                assert evaluate(flat, at) == plain, f"{whole} unfolded to {flat}, at {at}"
            except (Undefined, Unsure):
                continue
            compared += 1
    assert compared > 1500


@pytest.mark.parametrize("sign", ["=", "<=", "<", ">=", ">", "!="])
def test_the_evaluator_of_this_test_is_able_to_object(sign: str) -> None:
    """The fuzz finds what is false: each relation, flipped, is caught."""
    truth = {"=": (n, n), "<=": (n, n + 1), "<": (n, n + 1), ">=": (n + 1, n), ">": (n + 1, n), "!=": (n, n + 1)}[sign]
    true = Relation(truth[0], sign, truth[1])
    opposite = {"=": "!=", "!=": "=", "<=": ">", ">": "<=", "<": ">=", ">=": "<"}[sign]
    rng = random.Random(1)
    assert counterexample(rng, true, [])[0] is None
    assert counterexample(rng, Relation(true.left, opposite, true.right), [])[0] is not None
    assert counterexample(rng, Relation(1 / x, "=", 1 / x), [])[0] == {x: 0}
    assert judge(true.left, sign, true.right).status == "proved"
