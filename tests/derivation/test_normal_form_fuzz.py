"""Random claims against an evaluator of its own: what the normal form calls equal is equal, what it knows holds.

Every claim is an expression and a rewriting of it, often a wrong one (a sign, a shift, a law used outside its domain).
The evaluator below is mpmath with 60 digits, strict about definedness, with no part of the checker's. It looks at
points of a small grid that holds negative numbers, zero and the edges of the domains.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache

import mpmath as mp
import pytest
import sympy as sp
from mpmath import mpf
from sympy.core.function import AppliedUndef

from assayer.derivation.trusted.context import Context, Goal, Relation
from assayer.derivation.trusted.errors import DerivationError
from assayer.derivation.trusted.problem import Problem, problem, side_conditions
from assayer.derivation.trusted.rules import Zero
from assayer.derivation.trusted.theorem import Rejected

CLAIMS = 150
POINTS = 14
EPSILON = mpf(10) ** -25
LARGEST = mpf(10) ** 20
x, y = sp.symbols("x y", real=True)
a, b = sp.symbols("a b", positive=True)
u = sp.Symbol("u", nonnegative=True)
k, m = sp.symbols("k m", integer=True)
n = sp.Symbol("n", integer=True, nonnegative=True)
p = sp.Symbol("p", integer=True, positive=True)
i, j = sp.symbols("i j", integer=True)
f = sp.Function("f")
D = sp.IndexedBase("D")
REALS = [sp.Rational(v) for v in ("-3", "-1", "-1/2", "0", "1/3", "1", "2", "5/2")]
WHOLE = [sp.Integer(v) for v in range(-3, 6)]


class Undefined(Exception):
    """No value here."""


# -- an evaluator ------------------------------------------------------------------------------------------------------
def whole(v: mpf) -> int:
    if abs(v - mp.nint(v)) > EPSILON:
        raise Undefined
    return int(mp.nint(v))


def sign(v: mpf) -> int:
    return 0 if abs(v) < EPSILON else 1 if v > 0 else -1


def need(truth: bool) -> None:
    if not truth:
        raise Undefined


def structurally_whole(e: sp.Expr) -> bool:
    if isinstance(e, (sp.Add, sp.Mul)):
        return all(structurally_whole(part) for part in e.args)
    if isinstance(e, sp.Pow):
        return structurally_whole(e.base) and isinstance(e.exp, sp.Integer) and e.exp >= 0
    return bool(e.is_integer) if isinstance(e, sp.Symbol) else isinstance(e, (sp.Integer, sp.floor, sp.ceiling))


def power(e: sp.Pow, at: Mapping) -> mpf:
    base = value(e.base, at)
    if isinstance(e.exp, sp.Rational) and e.exp.q != 1:
        need(sign(base) > 0 or (sign(base) == 0 and e.exp > 0))
        return mpf(0) if sign(base) == 0 else base ** (mpf(int(e.exp.p)) / int(e.exp.q))
    exponent = value(e.exp, at)
    if structurally_whole(e.exp):
        times = whole(exponent)
        need(sign(base) != 0 or times >= 0)
        return mpf(0 if times else 1) if sign(base) == 0 else base**times
    need(sign(base) > 0)
    return base**exponent


def floored(v: mpf) -> mpf:
    return mp.nint(v) if abs(v - mp.nint(v)) < EPSILON else mp.floor(v)


def binomial(top: mpf, bottom: mpf) -> mpf:
    n_, k_ = whole(top), whole(bottom)
    need(n_ >= 0)
    return mpf(mp.binomial(n_, k_)) if 0 <= k_ <= n_ else mpf(0)


def summed(e: sp.Sum, at: Mapping) -> mpf:
    *inner, (index, low, high) = e.limits
    body = sp.Sum(e.function, *inner) if inner else e.function
    first, last = whole(value(low, at)), whole(value(high, at))
    need(last >= first - 1 and last - first < 40)
    return mp.fsum(value(body, {**at, index: mpf(v)}) for v in range(first, last + 1))


@lru_cache(maxsize=4096)
def family(name: str, place: int) -> mpf:
    return mpf(random.Random(f"{name}{place}").randint(-7, 7)) / 3


def positive(v: mpf) -> mpf:
    need(sign(v) > 0)
    return v


def tangent(v: mpf) -> mpf:
    need(sign(mp.cos(v)) != 0)
    return mp.tan(v)


RULES: dict[type, Callable[..., mpf]] = {
    sp.Add: lambda *v: mp.fsum(v),
    sp.Mul: lambda *v: mp.fprod(v),
    sp.exp: mp.exp,
    sp.log: lambda v: mp.log(positive(v)),
    sp.sin: mp.sin,
    sp.cos: mp.cos,
    sp.tan: tangent,
    sp.sinh: mp.sinh,
    sp.cosh: mp.cosh,
    sp.tanh: mp.tanh,
    sp.atan: mp.atan,
    sp.Abs: abs,
    sp.Max: max,
    sp.Min: min,
    sp.floor: floored,
    sp.ceiling: lambda v: -floored(-v),
    sp.Mod: lambda v, w: v - w * floored(v / (w if sign(w) else need(False))),
    sp.gamma: lambda v: mp.gamma(positive(v)),
    sp.loggamma: lambda v: mp.log(mp.gamma(positive(v))),
    sp.factorial: lambda v: mp.factorial(whole(v) if whole(v) >= 0 else need(False)),
    sp.binomial: binomial,
}


def value(e: sp.Expr, at: Mapping) -> mpf:
    if isinstance(e, sp.Rational):
        return mpf(int(e.p)) / int(e.q)
    if isinstance(e, sp.Symbol):
        return at[e]
    if isinstance(e, sp.NumberSymbol):
        return mpf(e._to_mpmath(mp.mp.prec + 20)) if hasattr(e, "_to_mpmath") else +getattr(mp, str(e))
    if isinstance(e, sp.Pow):
        return moderate(power(e, at))
    if isinstance(e, sp.Sum):
        return summed(e, at)
    if isinstance(e, sp.Indexed):
        return family(str(e.base), whole(value(e.indices[0], at)))
    if isinstance(e, AppliedUndef):
        return family(str(e.func), whole(value(e.args[0], at)))
    return moderate(RULES[e.func](*(value(part, at) for part in e.args)))


def moderate(v: mpf) -> mpf:
    """Numbers of more digits than the evaluator keeps are as good as undefined here."""
    need(abs(v) < LARGEST)
    return v


def points(rng: random.Random, symbols: set[sp.Symbol]) -> list[dict[sp.Symbol, mpf]]:
    def values(s: sp.Symbol) -> list[sp.Expr]:
        pool = WHOLE if s.is_integer else REALS
        return [v for v in pool if not (s.is_positive and v <= 0) and not (s.is_nonnegative and v < 0)]

    ordered = sorted(symbols, key=str)
    return [{s: value(rng.choice(values(s)), {}) for s in ordered} for _ in range(POINTS)]


def close(one: mpf, two: mpf) -> bool:
    return abs(one - two) <= EPSILON * (1 + abs(one) + abs(two))


# -- random claims -----------------------------------------------------------------------------------------------------
def real(rng: random.Random, depth: int) -> sp.Expr:
    """A real expression; the functions are weighted to those with laws that hold only on a part of the line."""
    if depth <= 0 or rng.random() < 0.1:
        return rng.choice([x, x, y, a, a, b, u, n, p, k, sp.Rational(rng.randint(-2, 3), rng.choice([1, 1, 2]))])

    def part(less: int = 1) -> sp.Expr:
        return real(rng, depth - less)

    choices: list[Callable[[], sp.Expr]] = [
        lambda: part() + part(),
        lambda: part() * part(),
        lambda: part() - part(),
        lambda: part() / part(2),
        lambda: part() ** 2,
        lambda: sp.sqrt(part()),
        lambda: sp.sqrt(part(2) ** 2 * part(2)),
        lambda: part(2) ** sp.Rational(rng.choice([1, 2, -1, -2, 4]), 3),
        lambda: sp.exp(part()),
        lambda: sp.log(part()),
        lambda: sp.log(part(2) * part(2)),
        lambda: rng.choice([sp.sin, sp.cos, sp.sinh, sp.tanh, sp.cosh, sp.tan])(part()),
        lambda: abs(part()),
        lambda: rng.choice([sp.Max, sp.Min])(part(), part()),
        lambda: rng.choice([sp.floor, sp.ceiling])(part()),
        lambda: sp.Mod(part(2), rng.choice([2, 3, p])),
        lambda: part(2) ** natural(rng),
        lambda: part(2) ** natural(rng) * part(2) ** natural(rng),
        lambda: part(2) ** rng.choice([x, y, n / sp.Integer(2), -a]),
        lambda: sp.gamma(part(2) + rng.randint(0, 2)),
        lambda: sp.factorial(natural(rng)),
        lambda: sp.binomial(natural(rng), natural(rng)),
        lambda: sums(rng, depth),
    ]
    return rng.choice(choices)()


def natural(rng: random.Random) -> sp.Expr:
    return rng.choice([n, p, k, m, n, p]) + rng.choice([-1, 0, 0, 1, 2])


def sums(rng: random.Random, depth: int) -> sp.Sum:
    index = rng.choice([i, j])
    terms = [f(index), D[index + rng.choice([0, 1])], index, 1 / (index + rng.choice([1, 2, n])), x * index, 2**index]
    terms += [sp.sqrt(index * y), sp.log(index * a), sp.Abs(index), index / x, sp.sqrt(x) * f(index), (index + 1) ** 2]
    terms += [sp.binomial(n, index), sp.factorial(index + 1), real(rng, depth - 2), sp.cos(index * x), sp.Max(index, 0)]
    body = rng.choice(terms) * rng.choice([1, 1, rng.choice(terms)]) + rng.choice([0, 0, rng.choice(terms)])
    low = rng.choice([sp.S.Zero, sp.S.One, sp.S.One, sp.Integer(2), m, p])
    return sp.Sum(body, (index, low, rng.choice([n, p, k, m]) + rng.choice([-1, 0, 0, 1, 2])))


def laws(e: sp.Expr, rng: random.Random) -> sp.Expr:
    """Apply a law of school algebra at random places, whether or not its conditions hold there."""
    if not e.args or isinstance(e, (sp.Indexed, AppliedUndef)):
        return e
    if isinstance(e, sp.Sum):
        return shifted(e, rng)
    args = [laws(part, rng) for part in e.args]
    one = args[0]
    if isinstance(e, sp.exp) and isinstance(one, sp.Add):
        return sp.Mul(*(sp.exp(part) for part in one.args))
    if isinstance(e, sp.log) and isinstance(one, (sp.Mul, sp.Pow)) and rng.random() < 0.8:
        if isinstance(one, sp.Mul):
            return sp.Add(*(sp.log(part) for part in one.args))
        return one.exp * sp.log(rng.choice([one.base, abs(one.base)]))
    if isinstance(e, sp.Pow) and isinstance(one, (sp.Mul, sp.Pow)) and rng.random() < 0.8:
        if isinstance(one, sp.Mul):
            return sp.Mul(*(part ** args[1] for part in one.args))
        return rng.choice([one.base, abs(one.base)]) ** (one.exp * args[1])
    if isinstance(e, sp.Pow) and isinstance(args[1], sp.Add):
        return sp.Mul(*(one**part for part in args[1].args))
    if isinstance(e, (sp.sin, sp.cos, sp.tan)):
        return rng.choice([sp.expand_trig(e.func(one)), e.func(one), e.func(one + sp.pi), -e.func(-one)])
    if isinstance(e, (sp.sinh, sp.cosh, sp.tanh)):
        return rng.choice([e.func(one).rewrite(sp.exp), -e.func(-one), e.func(one)])
    if isinstance(e, (sp.gamma, sp.factorial)):
        step = one - 1 if isinstance(e, sp.gamma) else one
        return rng.choice([step * e.func(one - 1), e.func(one + 1) / (step + 1), sp.gamma(step + 1)])
    if isinstance(e, sp.binomial):
        top, bottom = args
        others = [sp.binomial(top, top - bottom), sp.binomial(top - 1, bottom) + sp.binomial(top - 1, bottom - 1)]
        others.append(sp.factorial(top) / (sp.factorial(bottom) * sp.factorial(top - bottom)))
        others.append(sp.binomial(top, bottom - 1) * (top - bottom + 1) / bottom)
        return rng.choice(others)
    if isinstance(e, sp.Abs):
        return rng.choice([sp.sqrt(one**2), one, abs(-one), sp.Max(one, -one)])
    if isinstance(e, (sp.floor, sp.ceiling)):
        return rng.choice([e.func(one + 1) - 1, e.func(one + x) - x, -sp.floor(-one), e.func(one + k) - k])
    if isinstance(e, sp.Mod):
        return rng.choice([one - args[1] * sp.floor(one / args[1]), sp.Mod(one + args[1], args[1])])
    if isinstance(e, (sp.Max, sp.Min)):
        return rng.choice([(one + args[-1] + rng.choice([1, -1]) * abs(one - args[-1])) / 2, e.func(*args)])
    return e.func(*args)


def shifted(e: sp.Sum, rng: random.Random) -> sp.Expr:
    body, (index, low, high) = e.function, e.limits[0]
    by = rng.choice([1, -1, 2])
    return rng.choice(
        [
            sp.Sum(body.subs(index, index + by), (index, low - by, high - by)),
            sp.Sum(body, (index, low, high - 1)) + body.subs(index, high),
            sp.Sum(body, (index, low, high + 1)) - body.subs(index, high + 1),
            sp.Sum(body, (index, low + 1, high)) + body.subs(index, low),
            sp.Sum(body, (index, low - 1, high)) - body.subs(index, low - 1),
            sp.Add(*(sp.Sum(term, (index, low, high)) for term in sp.Add.make_args(sp.expand(body)))),
            sp.Mul(*(t for t in sp.Mul.make_args(body) if index not in t.free_symbols))
            * sp.Sum(sp.Mul(*(t for t in sp.Mul.make_args(body) if index in t.free_symbols)), (index, low, high)),
        ]
    )


def claims(seed: int, count: int) -> list[Goal]:
    rng, made = random.Random(seed), []
    while len(made) < count:
        try:
            left = real(rng, rng.choice([2, 3, 3]))
            right = laws(left, rng)
            if rng.random() < 0.4:
                right = rng.choice([sp.expand, sp.together, sp.powsimp, lambda e: laws(e, rng)])(right)
            if rng.random() < 0.1:
                right = right * rng.choice([-1, 2]) + rng.choice([0, 1])
            relation = Relation(left, "=", right)
            if left != right and sp.count_ops(left) + sp.count_ops(right) < 45:
                made.append(Goal(Context.of(given(rng), relation.symbols()), relation))
        except (DerivationError, ValueError, TypeError, AttributeError, RecursionError, NotImplementedError):
            continue  # SymPy made something that is no real expression
    return made


def given(rng: random.Random) -> list[sp.Basic]:
    pool = [
        sp.Ge(x, 1),
        sp.Ge(k, 1),
        sp.Ge(x * y, 0),
        sp.Gt(y, -1),
        sp.Ge(n, k),
        sp.Ge(k, m - 1),
        sp.Ne(x, 0),
        sp.Le(k, n),
    ]
    return rng.sample(pool, rng.choice([0, 0, 1, 2]))


def holds(relation: Relation, at: Mapping) -> bool:
    d = sign(value(relation.left, at) - value(relation.right, at))
    return {"=": d == 0, "!=": d != 0, "<=": d <= 0, "<": d < 0, ">=": d >= 0, ">": d > 0}[relation.sign]


def valid_points(goal: Goal, rng: random.Random) -> list[tuple[dict, mpf, mpf]]:
    """Points of the grid at which the hypotheses hold and both sides are defined, with the sides' values.

    What is enough for definedness, and not necessary, a theorem shows beside each goal: it must hold too.
    """
    symbols = set(goal.context.symbols) | goal.relation.symbols()
    enough = [c.relation for c in side_conditions(goal.relation) if not c.exact and not c.local]
    found = []
    for at in points(rng, symbols):
        try:
            if all(holds(r, at) for r in (*(r for _, r in goal.context.relations()), *enough)):
                found.append((at, value(goal.relation.left, at), value(goal.relation.right, at)))
        except Undefined:
            continue
    return found


def translated(goal: Goal) -> Problem | None:
    try:
        return problem(goal)
    except DerivationError:
        return None


@pytest.fixture(autouse=True)
def digits() -> Iterator[None]:
    with mp.workdps(60):
        yield


def test_what_the_normal_form_calls_equal_is_equal() -> None:
    tally: Counter[str] = Counter()
    rng = random.Random(5)
    for goal in claims(seed=20261, count=CLAIMS):
        try:
            Zero().verify(goal)
        except (Rejected, DerivationError):
            tally["not equal"] += 1
            continue
        met = valid_points(goal, rng)
        for at, left, right in met:
            assert close(left, right), (
                f"{goal} under {[str(h) for h in goal.context.hypotheses]} at {at}: {left}, {right}"
            )
        tally["equal"] += bool(met)
    assert tally["equal"] > CLAIMS / 4, tally
    assert tally["not equal"] > CLAIMS / 8, tally


def test_every_fact_holds_wherever_the_sides_are_defined() -> None:
    rng = random.Random(6)
    checked: Counter[str] = Counter()
    for goal in claims(seed=31, count=CLAIMS):
        p_ = translated(goal)
        if p_ is None:
            continue
        for at, left, right in valid_points(goal, rng)[:4]:
            try:
                meanings = [value(meaning, at) for meaning in p_.algebra.meaning]
            except (Undefined, KeyError):
                checked["an atom has no value"] += 1
                continue
            top, bottom = (evaluated(q, meanings) for q in (p_.difference.numerator, p_.difference.denominator))
            assert close(top, (left - right) * bottom), f"{goal} at {at}"
            for fact in p_.facts:
                v = evaluated(fact.polynomial, meanings)
                size = evaluated_size(fact.polynomial, meanings)
                small = abs(v) <= EPSILON * size
                above = v > 0 and (not small or len(fact.polynomial) == 1)  # one term is not lost in rounding
                truth = {"=": small, ">=": small or v > 0, ">": above, "!=": not small}[fact.kind]
                assert truth, f"{fact} of {goal} at {at}: {v}, with {meanings} for {p_.algebra.meaning}"
                checked[fact.origin] += 1
    assert checked.total() > 2000
    assert min(checked[name] for name in ("exp", "log", "Abs", "floor", "Sum", "cos", "gamma", "Pow", "defined")) > 0, (
        checked
    )


def evaluated(polynomial: object, meanings: list[mpf]) -> mpf:
    return mp.fsum(monomials(polynomial, meanings))


def evaluated_size(polynomial: object, meanings: list[mpf]) -> mpf:
    return 1 + mp.fsum(abs(v) for v in monomials(polynomial, meanings))


def monomials(polynomial: object, meanings: list[mpf]) -> list[mpf]:
    found = []
    for powers, c in polynomial.to_dict().items():
        term = mpf(int(c.p)) / int(c.q)
        for place, e in enumerate(powers):
            if e:
                term *= meanings[place] ** int(e)
        found.append(term)
    return found


def test_the_evaluator_objects_to_laws_outside_their_domain() -> None:
    """The fuzz is able to fail: what is false at a point of the grid is seen there."""
    rng = random.Random(7)
    wrong = [(sp.sqrt(x**2), x), (sp.log(x**2), 2 * sp.log(abs(x)) + x), (sp.floor(x), x), (abs(x), x)]
    for left, right in wrong:
        relation = Relation(left, "=", right)
        met = valid_points(Goal(Context.of([], relation.symbols()), relation), rng)
        assert any(not close(one, two) for _, one, two in met)
    for undefined in (
        sp.log(x),
        1 / x,
        sp.sqrt(x),
        sp.gamma(x),
        sp.factorial(k),
        sp.binomial(k, 2),
        sp.Sum(i, (i, 1, k)),
    ):
        with pytest.raises(Undefined):
            value(undefined, {x: mpf(-1) if undefined != 1 / x else mpf(0), k: mpf(-2)})
