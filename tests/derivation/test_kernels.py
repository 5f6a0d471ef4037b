"""Each kernel proves true claims from the book's own derivations, and refuses their false neighbours."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress

import pytest
import sympy as sp
from sympy import Abs, Eq, Ge, Gt, Le, Lt, Max, Min, Mod, Ne, Rational, Sum, binomial, factorial, floor, sqrt

from assayer.derivation import Forall, induction, judge, prover
from assayer.derivation.prover import Attempt, kernels, prove
from assayer.derivation.trusted.context import Context, Goal, Relation
from assayer.derivation.trusted.errors import DerivationError
from assayer.derivation.trusted.expressions import express
from assayer.derivation.trusted.theorem import Rejected, Sequent

N, a, b, c = sp.symbols("N a b c", integer=True, nonnegative=True)
p, q, k = sp.symbols("p q k", integer=True)
n, t = sp.symbols("n t", integer=True, positive=True)
m = sp.Symbol("m", integer=True, nonnegative=True)
x, y = sp.symbols("x y", real=True)
z = sp.Symbol("z", positive=True)
f = sp.Function("f")

Claim = tuple[object, str, object, Sequence[object]]
SPLIT = [Eq(N, a * b + c)]
SQUARES = [Eq(N, a * b + c), Eq(p, a + b), Eq(q, b - a)]
FLOOR = [Ge(a, 1), Le(a * q, N), Lt(N, a * (q + 1)), Le(a * b, N)]


def theorem(claim: Claim) -> Sequent | None:
    """What the kernels alone make of a claim: the refuter is not asked."""
    left, sign, right, hypotheses = claim
    relation = Relation(express(left), sign, express(right))
    return prove(Goal(Context.of(hypotheses, relation.symbols()), relation), Attempt.lasting(10))


def by_kernel(kernel: str, claim: Claim) -> Sequent | None:
    """The theorem whose own evidence is of that kernel, whichever kernels come before it."""
    left, sign, right, hypotheses = claim
    relation = Relation(express(left), sign, express(right))
    goal, attempt = Goal(Context.of(hypotheses, relation.symbols()), relation), Attempt.lasting(10)
    for module in kernels():
        with suppress(DerivationError, Rejected):  # the kernel does not apply
            for certificate in module.search(goal, attempt):
                found = attempt.admit(goal, certificate) if certificate.kernel == kernel else None
                if found is not None:
                    return found
    return None


TRUE: dict[str, list[Claim]] = {
    "normal form": [
        (a + b + c, "=", N + 1 - (a - 1) * (b - 1), SPLIT),
        (4 * c, "=", 4 * N - p**2 + q**2, SQUARES),
        ((x**2 - 1) / (x - 1), "=", x + 1, [Ne(x, 1)]),
        (1 / (1 + sqrt(z)), "=", (1 - sqrt(z)) / (1 - z), [Ne(z, 1)]),
        (Sum(k, (k, 1, m + 1)), "=", Sum(k, (k, 1, m)) + m + 1, []),
        (Sum(x * f(k), (k, 1, n)), "=", x * Sum(f(t), (t, 1, n)), []),
    ],
    "positive combination": [
        (x**2 + y**2, ">=", 2 * x * y, []),
        (x, ">", Rational(1, 2), [Ge(2 * x, 3)]),
        (floor(x), "<=", x, []),
        (Abs(x + y), "<=", Abs(x) + Abs(y), []),
        (f(n + 1), "<=", f(n), [Forall(t, Le(f(t + 1), f(t)))]),
    ],
    "induction": [
        (Sum(k, (k, 1, n)), "=", n * (n + 1) / 2, []),
        (Sum(k**3, (k, 1, n)), "=", n**2 * (n + 1) ** 2 / 4, []),
        (2**n, ">=", n + 1, []),
    ],
    "finite range": [
        (6 * binomial(k, 3), "=", k * (k - 1) * (k - 2), [Ge(k, 0), Le(k, 39)]),
        (factorial(k), "<=", k**k, [Ge(k, 1), Le(k, 30)]),
    ],
    "z3": [
        (2 * p, "!=", 2 * q + 1, []),
    ],
    "cases": [
        (Max(x, y) * Min(x, y), "=", x * y, []),
        (Max(x**3, y**3), "=", Max(x, y) ** 3, []),
    ],
    "two inequalities": [
        (Max(x, y) + Min(x, y), "=", x + y, []),
        (Abs(x * y), "=", Abs(x) * Abs(y), []),
    ],
    "termwise": [
        (Sum(1 / (k + 1), (k, 1, n)), "<=", Sum(1 / k, (k, 1, n)), []),
        (Sum(x**2 * k, (k, 1, n)), ">=", 0, []),
    ],
}

FALSE: dict[str, Claim] = {
    "corner sign": (a + b + c, "=", N + 1 + (a - 1) * (b - 1), SPLIT),
    "corner coefficient": (a + b + c, "=", N + 2 - (a - 1) * (b - 1), SPLIT),
    "squares sign": (4 * c, "=", 4 * N - p**2 - q**2, SQUARES),
    "squares coefficient": (4 * c, "=", 2 * N - p**2 + q**2, SQUARES),
    "squares without q": (4 * c, "=", 4 * N - p**2 + q**2, SQUARES[:2]),
    "hypothesis dropped": (a + b + c, "=", N + 1 - (a - 1) * (b - 1), []),
    "cancelled at a hole": ((x**2 - 1) / (x - 1), "=", x + 1, []),
    "root sign": (1 / (1 + sqrt(z)), "=", (1 + sqrt(z)) / (1 - z), [Ne(z, 1)]),
    "AM-GM flipped": (x**2 + y**2, "<=", 2 * x * y, []),
    "AM-GM strict": (x**2 + y**2, ">", 2 * x * y, []),
    "AM-GM coefficient": (x**2 + y**2, ">=", 3 * x * y, []),
    "floor strict": (floor(x), "<", x, []),
    "floor b relaxed": (b, "<=", q, [Ge(a, 1), Le(a * q, N), Le(N, a * (q + 1)), Le(a * b, N)]),
    "floor b without a": (b, "<=", q, [Le(a * q, N), Le(N, a * (q + 1)), Le(a * b, N)]),
    "triangle flipped": (Abs(x + y), ">=", Abs(x) + Abs(y), []),
    "triangle number": (Sum(k, (k, 1, n)), "=", n * (n + 1) / 2 + 1, []),
    "triangle index": (Sum(k, (k, 1, n)), "=", n * (n - 1) / 2, []),
    "cubes": (Sum(k**3, (k, 1, n)), "=", n**2 * (n - 1) ** 2 / 4, []),
    "power": (2**n, ">=", n + 2, []),
    "split off twice": (Sum(k, (k, 1, m + 1)), "=", Sum(k, (k, 1, m)) + m, []),
    "empty range": (Sum(k, (k, 1, p + 1)), "=", Sum(k, (k, 1, p)) + p + 1, []),
    "range below the empty one": (Sum(k, (k, 1, p)), "<=", Sum(k, (k, 1, p)) + 1, [Ge(p, -1)]),
    "falling factorial": (6 * binomial(k, 3), "=", k * (k - 1) * (k + 2), [Ge(k, 0), Le(k, 39)]),
    "finite edge": (floor(sqrt(k)), "<=", 7, [Ge(k, 0), Le(k, 64)]),
    "square mod 4": (Mod(n**2, 4), "!=", 1, []),
    "forall shifted": (f(n), "<=", f(n + 1), [Forall(t, Le(f(t + 1), f(t)))]),
    "forall out of its domain": (f(m + 1), "<=", f(m), [Forall(t, Le(f(t + 1), f(t)))]),
}


@pytest.mark.parametrize(("kernel", "claim"), [(kernel, c) for kernel, claims in TRUE.items() for c in claims])
def test_a_true_claim_is_proved_by_its_kernel(kernel: str, claim: Claim) -> None:
    assert theorem(claim) is not None
    proved = by_kernel(kernel, claim)
    assert proved is not None
    assert proved.status == ("certified" if kernel == "finite range" else "proved")


@pytest.mark.parametrize("name", FALSE)
def test_no_kernel_accepts_a_false_neighbour(name: str) -> None:
    assert theorem(FALSE[name]) is None


@pytest.mark.parametrize("name", [name for name in FALSE if not name.startswith("forall")])
def test_the_refuter_finds_the_point_where_a_neighbour_fails(name: str) -> None:
    left, sign, right, hypotheses = FALSE[name]
    verdict = judge(left, sign, right, hypotheses)
    assert verdict.status == "refuted"
    assert verdict.counterexample is not None
    assert verdict.sequent is None


def test_a_sum_is_defined_down_to_the_empty_range() -> None:
    assert theorem((Sum(k, (k, 1, p)), "<=", Sum(k, (k, 1, p)) + 1, [Ge(p, 0)])) is not None
    assert theorem((Sum(k, (k, q, p)), "<=", Sum(k, (k, q, p)) + 1, [Ge(p, q - 1)])) is not None
    assert theorem((Sum(k, (k, q, p)), "<=", Sum(k, (k, q, p)) + 1, [Ge(p, q - 2)])) is None


def test_the_floor_is_the_best_b() -> None:
    assert theorem((b, "<=", q, FLOOR)) is not None
    corner = a + q + (N - a * q)
    assert theorem((corner, "=", a + b + (N - a * b) - (a - 1) * (q - b), FLOOR)) is not None
    assert theorem((corner, "<=", a + b + (N - a * b), [*FLOOR, Le(b, q)])) is not None
    assert theorem((corner, "<=", a + b + (N - a * b), [*FLOOR[:2], Le(b, q)])) is not None
    assert theorem((corner, "<=", a + b + (N - a * b), [Ge(b, q)])) is None


def test_a_step_that_rests_on_z3_somewhere_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    others = tuple(kernel for kernel in kernels() if kernel.NAME != "residues")
    monkeypatch.setattr(prover, "kernels", lambda: others)
    relation = Relation(Mod(n**2, 4), "!=", sp.Integer(2))
    wanted = Goal(Context.of([], relation.symbols()), relation)
    alone = prove(wanted)
    assert alone is not None and alone.kernels[0] == "z3"
    beneath = prove(wanted, Attempt.lasting(10, [induction(n)]))
    assert beneath is not None and "z3" in beneath.kernels


def test_strict_facts_of_integers_are_sharpened_and_those_of_reals_are_not() -> None:
    assert theorem((n, ">=", 4, [Gt(n, 3)])) is not None
    assert theorem((z, ">=", 4, [Gt(z, 3)])) is None
    assert theorem((2 * p, "!=", 1, [])) is not None
    assert theorem((2 * x, "!=", 1, [])) is None


def test_roots_need_their_sign_and_their_relation() -> None:
    assert theorem((sqrt(1 + 4 * sqrt(z)), "<=", 1 + 2 * sqrt(sqrt(z)), [])) is not None
    assert theorem((sqrt(z + 1), ">", sqrt(z), [])) is not None
    assert theorem((sqrt(z + 1), ">", sqrt(z) + 1, [])) is None
    assert theorem((sqrt(x**3), ">=", 0, [])) is None  # undefined for x < 0
    assert theorem((sqrt(x**3), ">=", 0, [Ge(x, 0)])) is not None


def test_a_symbolic_power_keeps_its_sign_and_its_shift() -> None:
    assert theorem((2 ** (n + 2), "=", 4 * 2**n, [])) is not None
    assert theorem((2**n, ">", 0, [])) is not None
    assert theorem((x**n, ">", 0, [])) is None
    assert theorem((x ** (p + 1), "=", x * x**p, [])) is None  # at x = 0, p = −1 the left side is 1
    assert theorem((x**x, "=", x**x, [])) is None
