"""Our derivatives against independent numerics, and where they are said to hold."""

from __future__ import annotations

import random

import mpmath
import pytest
import sympy as sp
from flint import fmpq
from sympy import Abs, Function, Indexed, IndexedBase, Integral, Max, Mod, Rational, Sum, exp, floor, log, sin, sqrt

from assayer.derivation.trusted import calculus
from assayer.derivation.trusted.calculus import continuity, derivative, differentiability
from assayer.derivation.trusted.context import Relation
from assayer.derivation.trusted.errors import Unsupported
from assayer.derivation.trusted.evaluate import holds

x, a = sp.symbols("x a", real=True)
p = sp.Symbol("p", positive=True)
k, n, m = sp.symbols("k n m", integer=True)
N = sp.Symbol("N", integer=True, nonnegative=True)
# an argument within the open domain of every function of the table, for x near 1/3
ARGUMENT = {sp.acosh: 2 + x**2, sp.atanh: x / 2, sp.asin: x / 2, sp.acos: x**2 - Rational(1, 2)}
FORMS = [
    x**3 - 2 * x + 7,
    (1 + x**2) ** Rational(3, 2),
    (2 + x) ** Rational(-2, 3),
    1 / (x**2 + x + 1),
    sqrt(x) * log(x),
    (1 + x) ** x,
    2**x,
    Rational(1, 3) ** (x**2),
    sp.pi ** (1 + x),
    (2 + sin(x)) ** (x**2 + 1),
    x * exp(-(x**2)) * sp.cos(3 * x) / (1 + x),
    Sum(x**k / k, (k, 1, 5)),
    Sum(exp(-k * x) * x, (k, 0, 3)),
    Sum(Sum((x + k) ** m, (m, 1, 3)), (k, 1, 2)),
    log(1 + exp(x)),
    Abs(x - 2) * x,
    exp(exp(sin(x))),
]


def by_numerics(expr: sp.Expr, at: sp.Rational) -> mpmath.mpf:
    function = sp.lambdify(x, expr.doit(), "mpmath")
    with mpmath.workdps(40):
        return mpmath.diff(function, mpmath.mpf(at.p) / at.q)


def by_rules(expr: sp.Expr, at: sp.Rational) -> mpmath.mpf:
    return mpmath.mpf(sp.N(derivative(expr, x).doit().subs(x, at), 25))


@pytest.mark.parametrize("function", sorted(calculus._OUTER, key=str), ids=str)
def test_each_function_of_the_table_has_the_derivative_that_numerics_find(function: type[sp.Expr]) -> None:
    expr = function(ARGUMENT.get(function, x**2 + x))
    for at in (Rational(1, 3), Rational(2, 7)):
        found = by_numerics(expr, at)
        assert abs(by_rules(expr, at) - found) < 1e-12 * (1 + abs(found))
        assert abs(by_rules(expr + x / 1000, at) - found) > 1e-4  # the comparison can fail


@pytest.mark.parametrize("expr", FORMS, ids=str)
def test_each_form_has_the_derivative_that_numerics_find(expr: sp.Expr) -> None:
    for at in (Rational(1, 3), Rational(5, 4)):
        found = by_numerics(expr, at)
        assert abs(by_rules(expr, at) - found) < 1e-12 * (1 + abs(found))
        assert abs(by_rules(expr + x / 1000, at) - found) > 1e-4


def grown(rng: random.Random, depth: int) -> sp.Expr:
    """A random expression, nested ``depth`` deep."""
    if depth == 0:
        return rng.choice([x, x, sp.Integer(rng.randint(1, 4)), Rational(rng.randint(1, 5), 3)])
    u, v = grown(rng, depth - 1), grown(rng, depth - 1)
    return rng.choice(
        [u + v, u * v, u - v, exp(-u), sin(u), sp.tanh(u), sp.atan(u), u**2, 1 / (1 + v**2), log(2 + u**2)]
    )


@pytest.mark.parametrize("seed", range(40))
def test_random_compositions_have_the_derivative_that_numerics_find(seed: int) -> None:
    rng = random.Random(seed)
    expr, at = grown(rng, 3), Rational(rng.randint(1, 30), 17)
    found = by_numerics(expr, at)
    assert abs(by_rules(expr, at) - found) < 1e-10 * (1 + abs(found))


@pytest.mark.parametrize("expr", [sp.Integer(3), a, exp(a), Function("f")(a), Sum(x, (x, 1, N)), floor(a), Max(a, p)])
def test_what_is_free_of_the_variable_has_derivative_0(expr: sp.Expr) -> None:
    # the x of Sum(x, (x, 1, N)) is bound: it is not the variable
    assert derivative(expr, x) == 0


@pytest.mark.parametrize(
    "expr",
    [
        floor(x),
        Max(x, 0),
        sp.Min(x, a),
        Mod(x, 3),
        Function("f")(x),
        IndexedBase("D")[k] * Function("g")(x + 1),
        Sum(k, (k, 1, floor(x))),
        Integral(sin(a * x), (a, 0, 1)),
        sp.zeta(x),
        sp.sign(x),
        exp(floor(x)),
    ],
    ids=str,
)
def test_what_has_no_rule_has_no_derivative_and_no_conditions(expr: sp.Expr) -> None:
    with pytest.raises(Unsupported):
        derivative(expr, x)
    with pytest.raises(Unsupported):
        differentiability(expr, x)


@pytest.mark.parametrize(
    "expr",
    [floor(x), Mod(x, 3), Function("f")(x), Sum(k, (k, 1, floor(x))), Integral(sin(a * x), (a, 0, 1)), exp(floor(x))],
    ids=str,
)
def test_what_may_jump_is_not_called_continuous(expr: sp.Expr) -> None:
    with pytest.raises(Unsupported):
        continuity(expr, x)


def test_an_integer_is_no_variable_to_differentiate_by() -> None:
    for rule in (derivative, differentiability, continuity):
        with pytest.raises(Unsupported, match="not a real variable"):
            rule(n**2, n)


def test_a_member_of_a_family_is_no_variable() -> None:
    member = Indexed(IndexedBase("D"), k)
    with pytest.raises(Unsupported):
        derivative(member**2, member)


def fails(expr: sp.Expr, at: dict[sp.Symbol, fmpq]) -> bool:
    """Whether some condition of ``expr`` certainly fails at a point."""
    return any(holds(c.relation, at) is False for c in differentiability(expr, x) if not c.local)


ZERO, ONE = fmpq(0), fmpq(1)


@pytest.mark.parametrize(
    ("expr", "edge", "inside"),
    [
        (sqrt(x), ZERO, ONE),
        (x ** Rational(3, 2), ZERO, ONE),
        (x ** Rational(-1, 3), ZERO, ONE),
        (sqrt(x**2 + x), ZERO, ONE),
        (Abs(x), ZERO, ONE),
        (Abs(x - 1), ONE, ZERO),
        (Abs(sin(x)), ZERO, ONE),
        (1 / x, ZERO, ONE),
        (log(x), ZERO, ONE),
        (x**a, ZERO, ONE),
        (x**x, ZERO, ONE),
        (exp(sqrt(x)), ZERO, ONE),
    ],
    ids=str,
)
def test_a_corner_an_end_or_a_pole_is_not_differentiable(expr: sp.Expr, edge: fmpq, inside: fmpq) -> None:
    assert fails(expr, {x: edge, a: ONE})
    assert not fails(expr, {x: inside, a: ONE})


@pytest.mark.parametrize("function", [sp.asin, sp.acos, sp.acosh])
def test_the_ends_of_inverse_functions_are_not_differentiable(function: type[sp.Expr]) -> None:
    beyond_defined = list(calculus._smooth(function(x), x, ()))
    assert any(holds(c.relation, {x: ONE}) is False for c in beyond_defined)


@pytest.mark.parametrize("expr", [sqrt(x), Abs(x), Max(x, 0), x ** Rational(1, 3) * exp(x)], ids=str)
def test_an_end_or_a_corner_is_continuous_all_the_same(expr: sp.Expr) -> None:
    assert all(holds(c.relation, {x: ZERO}) is True for c in continuity(expr, x))


def test_an_integer_power_that_may_be_0_is_differentiable_away_from_0_only() -> None:
    assert fails(x**N, {x: ZERO, N: ZERO})
    positive = sp.Symbol("q", integer=True, positive=True)
    assert not fails(x**positive, {x: ZERO, positive: ONE})
    assert not fails(x**2, {x: ZERO})


def test_a_constant_under_a_root_may_be_0() -> None:
    assert not fails(sqrt(a) * x, {x: ZERO, a: ZERO})


def test_conditions_under_a_sum_hold_for_every_index_and_do_not_capture() -> None:
    found = differentiability(Sum(sqrt(x + k), (k, 0, 3)), x)
    local = [c for c in found if c.relation.sign == ">" and c.local]
    assert len(local) == 1
    index = (local[0].relation.symbols() - {x}).pop()
    assert index != k and isinstance(index, sp.Dummy)
    assert set(local[0].local) == {Relation(index, ">=", 0), Relation(index, "<=", 3)}
