"""Goals and evidence as JSON: a text that names a goal the same in every process, and evidence that can be read back.

Reading constructs only what is listed here, from data: no text is ever evaluated. What is read back counts for nothing
until ``theorem.admit`` has replayed it.
"""

from __future__ import annotations

import json
import pkgutil
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from functools import lru_cache
from importlib import import_module
from typing import Any

import sympy as sp
from flint import fmpq, fmpq_mpoly
from sympy.core.function import AppliedUndef

from assayer.derivation.trusted import rules
from assayer.derivation.trusted.context import Context, Forall, Goal, Hypothesis, Relation
from assayer.derivation.trusted.problem import problem
from assayer.derivation.trusted.theorem import Certificate, Sequent

MOST_VARIABLES = 4096
LARGEST_POWER = 1 << 16
_FUNCTIONS = (
    *(sp.Add, sp.Mul, sp.Pow, sp.Sum, sp.Integral, sp.Tuple, sp.IndexedBase, sp.Indexed, sp.exp, sp.log, sp.sin),
    *(sp.cos, sp.tan, sp.sinh, sp.cosh, sp.tanh, sp.asin, sp.acos, sp.atan, sp.asinh, sp.acosh, sp.atanh, sp.erf),
    *(sp.Abs, sp.sign, sp.floor, sp.ceiling, sp.Min, sp.Max, sp.Mod, sp.gamma, sp.loggamma, sp.factorial, sp.binomial),
    *(sp.erfc, sp.erfi, sp.Si, sp.Ci, sp.sinc, sp.zeta, sp.polygamma, sp.besselj, sp.LambertW),
    *(sp.Piecewise, sp.Heaviside),
)
_BY_NAME = {f.__name__: f for f in _FUNCTIONS}
_CONSTANTS = {type(c).__name__: c for c in (sp.pi, sp.E, sp.EulerGamma, sp.Catalan, sp.GoldenRatio)}

Tree = Any


class NoText(ValueError):
    """An object that has no form here: a function of Python, a theorem, a bound index of another process."""


# -- names of goals ----------------------------------------------------------------------------------------------------
def goal_text(goal: Goal) -> str:
    """A text that two goals share only if they are equal up to the names of the checker's own bound indices.

    Raises:
        NoText: for a goal that holds something without a form here.
    """
    return json.dumps(_Writer().goal(goal), separators=(",", ":"), ensure_ascii=True)


def hints_text(hints: tuple[object, ...]) -> str:
    """The same for what an author tells the kernels of a step."""
    return json.dumps([_Writer().anything(h) for h in hints], separators=(",", ":"), ensure_ascii=True)


class _Writer:
    """Writes objects as trees; Dummies are numbered in the order in which they are met."""

    def __init__(self) -> None:
        self.dummies: dict[sp.Dummy, int] = {}

    def goal(self, goal: Goal) -> Tree:
        return ["goal", self.context(goal.context), self.statement(goal.relation)]

    def context(self, context: Context) -> Tree:
        hypotheses = [[h.name, self.statement(h.statement)] for h in context.hypotheses]
        declared = sorted((s for s in context.symbols if not isinstance(s, sp.Dummy)), key=lambda s: s.name)
        return [hypotheses, [self.expression(s) for s in declared]]

    def statement(self, statement: Relation | Forall) -> Tree:
        if isinstance(statement, Forall):
            return ["forall", self.expression(statement.index), self.statement(statement.relation)]
        return [statement.sign, self.expression(statement.left), self.expression(statement.right)]

    def expression(self, expr: sp.Basic) -> Tree:
        if not expr.has(sp.Dummy):
            return _plain(expr)
        if isinstance(expr, sp.Dummy):
            return ["d", self.dummies.setdefault(expr, len(self.dummies)), expr.name, _words(expr)]
        if isinstance(expr, AppliedUndef):
            return ["f", expr.func.__name__, _words(expr), *map(self.expression, expr.args)]
        return [_kind(expr), *map(self.expression, expr.args)]

    def anything(self, value: object) -> Tree:
        """A hint, by its fields.

        Raises:
            NoText: for what has no form, such as a function.
        """
        if value is None or isinstance(value, (bool, str, int)):
            return [type(value).__name__, str(value)]
        if isinstance(value, sp.Basic):
            return self.expression(value)
        if isinstance(value, Goal):
            return self.goal(value)
        if isinstance(value, Context):
            return self.context(value)
        if isinstance(value, Hypothesis):
            return [value.name, self.statement(value.statement)]
        if isinstance(value, (Relation, Forall)):
            return self.statement(value)
        if isinstance(value, (tuple, list)):
            return ["list", *(self.anything(v) for v in value)]
        if isinstance(value, Mapping):
            return ["map", *([self.anything(k), self.anything(v)] for k, v in value.items())]
        if is_dataclass(value) and not isinstance(value, type):
            kind = f"{type(value).__module__}.{type(value).__qualname__}"
            return [kind, *([f.name, self.anything(getattr(value, f.name))] for f in fields(value) if f.compare)]
        raise NoText(type(value).__name__)


@lru_cache(maxsize=8192)
def _plain(expr: sp.Basic) -> Tree:
    """An expression without Dummies as a tree that can be read back."""
    if isinstance(expr, sp.Symbol):
        return ["s", expr.name, _words(expr)]
    if isinstance(expr, sp.Integer):
        return ["i", format(int(expr), "x")]
    if isinstance(expr, sp.Rational):
        return ["q", format(int(expr.p), "x"), format(int(expr.q), "x")]
    if isinstance(expr, AppliedUndef):
        return ["f", expr.func.__name__, _words(expr), *map(_plain, expr.args)]
    return [_kind(expr), *map(_plain, expr.args)]


def _kind(expr: sp.Basic) -> str:
    name = type(expr).__name__
    if not isinstance(expr, sp.Basic) or (not expr.args and name not in _CONSTANTS):
        raise NoText(f"{name} {expr}")
    return name


def _words(expr: sp.Symbol | AppliedUndef) -> list[list[object]]:
    """The assumptions as they were declared, sorted."""
    given = expr.func._kwargs if isinstance(expr, AppliedUndef) else expr._assumptions_orig
    return [[word, bool(truth)] for word, truth in sorted(given.items()) if truth is not None]


# -- evidence ----------------------------------------------------------------------------------------------------------
def certificate_tree(certificate: Certificate, goal: Goal) -> Tree:
    """A certificate as a tree that :func:`certificate_of` reads back in another process.

    Raises:
        NoText: where it rests on theorems, or holds what has no form here: its kernel's search must be run again.
    """
    tree = _evidence(certificate, goal)
    if _evidence(certificate_of(tree, goal), goal) != tree:
        raise NoText("it reads back as something else")
    return tree


def certificate_of(tree: Tree, goal: Goal) -> Certificate:
    """Read a certificate; it proves nothing until it is admitted.

    Raises:
        NoText: for anything but the tree of a certificate.
    """
    try:
        found = _read(tree, goal)
    except NoText:
        raise
    except Exception as reason:  # whatever stands in a file, reading it must not stop a judgement
        raise NoText(f"{type(reason).__name__}: {reason}") from None
    if not isinstance(found, Certificate):
        raise NoText("not a certificate")
    return found


def _evidence(value: object, goal: Goal) -> Tree:
    if value is None or isinstance(value, (bool, str)):
        return value
    if isinstance(value, int):
        return ["int", format(value, "x")]
    if isinstance(value, fmpq):
        return ["fmpq", format(int(value.p), "x"), format(int(value.q), "x")]
    if isinstance(value, fmpq_mpoly):
        if value.context() is not problem(goal).algebra.context:
            raise NoText("a polynomial of another ring")
        terms = [
            [[[i, int(e)] for i, e in enumerate(m) if e], format(int(c.p), "x"), format(int(c.q), "x")]
            for m, c in sorted(value.to_dict().items())
        ]
        return ["poly", len(problem(goal).algebra.context.gens()), terms]
    if isinstance(value, (tuple, list)):
        return [type(value).__name__, *(_evidence(v, goal) for v in value)]
    if isinstance(value, sp.Basic):
        if value.has(sp.Dummy):
            raise NoText("a bound index of this process")
        return ["expr", _plain(value)]
    if isinstance(value, Sequent):
        raise NoText("a theorem")
    name = type(value).__name__
    if _kinds().get(name) is not type(value):
        raise NoText(name)
    return ["new", name, *([f.name, _evidence(getattr(value, f.name), goal)] for f in fields(value))]


@lru_cache(maxsize=1)
def _kinds() -> dict[str, type]:
    """The classes of which evidence is made: the dataclasses of the trusted rules, and relations."""
    modules = [import_module(f"{rules.__name__}.{m.name}") for m in pkgutil.iter_modules(rules.__path__)]
    everything = [c for m in modules for c in vars(m).values() if isinstance(c, type) and c.__module__ == m.__name__]
    return {**{c.__name__: c for c in everything if is_dataclass(c)}, "Relation": Relation}


def _read(tree: Tree, goal: Goal) -> object:
    if tree is None or isinstance(tree, (bool, str)):
        return tree
    kind, *rest = tree
    if kind == "int":
        return int(rest[0], 16)
    if kind == "fmpq":
        return _fmpq(*rest)
    if kind == "poly":
        return _polynomial(rest[0], rest[1], goal)
    if kind in ("tuple", "list"):
        return (tuple if kind == "tuple" else list)(_read(t, goal) for t in rest)
    if kind == "expr":
        return _expression(rest[0])
    if kind == "new":
        name, *entries = rest
        return _kinds()[name](**{str(field): _read(t, goal) for field, t in entries})
    raise NoText(f"{kind!r}")


def _fmpq(p: str, q: str) -> fmpq:
    return fmpq(int(p, 16), int(q, 16))


def _polynomial(size: int, terms: Tree, goal: Goal) -> fmpq_mpoly:
    ring = problem(goal).algebra.context
    if size != len(ring.gens()) or size > MOST_VARIABLES:
        raise NoText("a polynomial of another ring")
    found: dict[tuple[int, ...], fmpq] = {}
    for powers, p, q in terms:
        monomial = [0] * size
        for i, e in powers:
            if not 0 <= i < size or not 0 < e <= LARGEST_POWER:
                raise NoText("a monomial outside the ring")
            monomial[i] = e
        found[tuple(monomial)] = _fmpq(p, q)
    return ring.from_dict(found)


def _expression(tree: Tree) -> sp.Basic:
    kind, *rest = tree
    if kind == "s":
        return sp.Symbol(rest[0], **_assumptions(rest[1]))
    if kind == "i":
        return sp.Integer(int(rest[0], 16))
    if kind == "q":
        return sp.Rational(int(rest[0], 16), int(rest[1], 16))
    if kind == "f":
        return sp.Function(rest[0], **_assumptions(rest[1]))(*map(_expression, rest[2:]))
    if kind in _CONSTANTS and not rest:
        return _CONSTANTS[kind]
    return _BY_NAME[kind](*map(_expression, rest))


def _assumptions(words: Tree) -> dict[str, bool]:
    found = {str(word): truth for word, truth in words}
    if not all(isinstance(t, bool) for t in found.values()) or any(w in ("cls", "name") for w in found):
        raise NoText("no assumptions")
    return found
