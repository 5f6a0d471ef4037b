"""Models of ``Forall`` hypotheses: families given by a formula, so that the checker can show them for every index.

A window of indices says nothing certain about all of them. A family such as ``η[t] = 1/(t + 1)`` does: with the formula
in its place, each ``Forall`` becomes a goal about one free integer, and the kernels prove it. Only then does a point
of such a model refute. A recursion ``w[t + 1] = …`` is satisfied by running it.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import product

import sympy as sp
from flint import fmpq
from sympy.core.function import AppliedUndef

from assayer.derivation.points import Sampler, Table, allowed, exact
from assayer.derivation.prover import Attempt, prove
from assayer.derivation.trusted.context import Context, Forall, Goal, Relation, domain_relations
from assayer.derivation.trusted.definedness import conditions
from assayer.derivation.trusted.errors import DerivationError
from assayer.derivation.trusted.expressions import domain, substitute, values_of
from assayer.derivation.trusted.problem import side_conditions

INDEX = sp.Symbol("index", integer=True)
_i = INDEX
CONSTANTS = tuple(map(sp.Rational, ("1", "2", "1/2", "0", "5", "-1")))
FORMULAS = (
    *CONSTANTS,
    *(1 / (_i + 1), sp.Rational(1, 2) ** _i, _i, -_i, 1 - _i, _i + 1, 2**_i, 1 / (_i + 2), -1 / (_i + 1), 2 * _i - 7),
)
MODELS = 150
PROOF_SECONDS = 1.0
LONGEST_RUN = 200

Head = sp.Basic | type


@dataclass(frozen=True)
class Recursion:
    """A ``Forall`` equation that computes a family: its member at ``index + 1``, for ``index`` from ``first`` on."""

    family: Forall
    first: int
    following: sp.Expr


class Modelled(Table):
    """A valuation whose families follow formulas or recursions.

    Attributes:
        formulas: head of a family → its value in terms of ``INDEX``.
        recursions: head of a family → the equation that computes its members.
        given: members whose value an equation of the context states: where recursions begin.
    """

    formulas: Mapping[Head, sp.Expr]
    recursions: Mapping[Head, Recursion]
    given: Mapping[sp.Basic, sp.Expr]

    def __or__(self, other: Mapping) -> Modelled:
        return self._like({**self, **other}, self.families)

    def rebuilt(self, entries: Mapping[sp.Symbol, fmpq]) -> Modelled:
        """The same formulas with other values for the symbols."""
        return self._like(entries, {})

    def _like(self, entries: Mapping[sp.Basic, fmpq], families: dict[sp.Basic, fmpq]) -> Modelled:
        new = Modelled(entries, self.rng, families)
        new.formulas, new.recursions, new.given = self.formulas, self.recursions, self.given
        return new

    def supply(self, key: sp.Basic) -> fmpq | None:
        """The member's value: None where the formula has none, or not one in the family's declared domain."""
        if key not in self.families:
            found = self._value(key)
            if found is None or not allowed(key, found):
                return None
            self.families[key] = found
        return self.families[key]

    def initial(self) -> dict[sp.Basic, fmpq]:
        """The members that no formula and no recursion gave: with these a reader can compute the others."""
        return {
            key: number
            for key, number in self.families.items()
            if _head(key) in self.recursions and int(_arguments(key)[0]) <= self.recursions[_head(key)].first
        }

    def _value(self, key: sp.Basic) -> fmpq | None:
        arguments = _arguments(key)
        if len(arguments) != 1 or not isinstance(arguments[0], sp.Integer):
            return None
        head, n = _head(key), int(arguments[0])
        rule = self.recursions.get(head)
        if rule is not None:
            if n <= rule.first:
                stated = self.given.get(key)
                found = None if stated is None else exact(stated, self)
                return found if isinstance(found, fmpq) else super().supply(key)
            if n - rule.first > LONGEST_RUN:
                return None
            found = exact(rule.following, self | {rule.family.index: fmpq(n - 1)})
        else:
            found = exact(substitute(self.formulas[head], {INDEX: sp.Integer(n)}), self)
        return found if isinstance(found, fmpq) else None


def models(goal: Goal, sampler: Sampler, seed: int = 0) -> Iterator[Modelled]:
    """Propose valuations in which every family follows a formula or its own recursion."""
    rng = random.Random(seed)
    heads = sorted({_head(m) for r in _relations(goal) for m in _members(r)}, key=str)
    recursions = _recursions(goal.context)
    free = [h for h in heads if h not in recursions]
    formulas = list(dict.fromkeys([*CONSTANTS, *_named_values(goal), *FORMULAS]))
    choices = list(product(formulas, repeat=len(free))) if len(free) == 1 else []
    if free and not choices:
        calm = [tuple(c for _ in free) for c in CONSTANTS]
        choices = [*calm, *(tuple(rng.choice(formulas) for _ in free) for _ in range(MODELS - len(calm)))]
    for chosen in choices or [()] * 20:
        for _ in range(2):
            drawn = sampler.table(random.Random(rng.random()), attempt=0)  # small numbers: recursions run that far
            table = Modelled(drawn, drawn.rng)
            table.formulas, table.recursions = dict(zip(free, chosen, strict=True)), recursions
            table.given = _given(goal.context)
            yield table


def certain(context: Context, table: Modelled) -> bool:
    """Tell whether every ``Forall`` of the context is shown for all its indices, with the table's formulas."""
    return all(_shown(family, table) for _, family in context.families())


def described(table: Modelled) -> list[tuple[str, str]]:
    """The formulas, for a reader."""
    shown = []
    for head, formula in table.formulas.items():
        t = sp.Symbol("t")
        shown.append((_name(head, t), str(formula.subs(INDEX, t))))
    return sorted(shown)


def _name(head: Head, index: sp.Basic) -> str:
    return f"{head}[{index}]" if isinstance(head, sp.IndexedBase) else f"{head}({index})"


def _shown(family: Forall, table: Modelled) -> bool:
    if any(rule.family is family for rule in table.recursions.values()):
        return True  # the members are computed by this very equation, which is defined whatever they are
    numbers = {
        s: sp.Rational(int(v.p), int(v.q)) for s, v in table.items() if isinstance(s, sp.Symbol) and s != family.index
    }
    fresh = Context.of([], {family.index})
    attempt = Attempt.lasting(PROOF_SECONDS)
    try:
        needed = [c.relation for c in side_conditions(family.relation) if not c.local]
        if any(c.local for c in side_conditions(family.relation)):
            return False
        for relation in [*needed, family.relation]:
            concrete = _with_formulas(relation.substitute(numbers), table)
            if concrete is None or prove(Goal(fresh, concrete.substitute(numbers)), attempt) is None:
                return False
        return _in_declared_domain(family, table, numbers, attempt)
    except DerivationError:
        return False


def _with_formulas(relation: Relation, table: Modelled) -> Relation | None:
    def side(expr: sp.Expr) -> sp.Expr:
        return expr.replace(
            lambda e: isinstance(e, (AppliedUndef, sp.Indexed)),
            lambda e: substitute(table.formulas[_head(e)], {INDEX: _arguments(e)[0]}),
        )

    members = _members(relation)
    if any(_head(m) not in table.formulas or len(_arguments(m)) != 1 for m in members):
        return None
    return Relation(side(relation.left), relation.sign, side(relation.right))


def _in_declared_domain(
    family: Forall, table: Modelled, numbers: Mapping[sp.Symbol, sp.Rational], attempt: Attempt
) -> bool:
    """A family declared positive, say, must be given positive values wherever the hypothesis speaks of it."""
    for member in _members(family.relation):
        words = set(values_of(member))
        if "integer" in words and not table.formulas[_head(member)].is_integer:
            return False
        if words - {"integer"}:
            stand_in = sp.Symbol("member", **dict.fromkeys(words - {"integer"}, True), real=True)
            value = substitute(table.formulas[_head(member)], {INDEX: _arguments(member)[0]})
            for stated in domain_relations(stand_in):
                relation = stated.substitute({stand_in: value}).substitute(numbers)
                if prove(Goal(Context.of([], {family.index}), relation), attempt) is None:
                    return False
    return True


def _named_values(goal: Goal) -> list[sp.Expr]:
    """The numbers and symbols to which the statements compare: a family may be constant at one of them."""
    families = [f.relation for _, f in goal.context.families()]
    sides = [side for r in (*families, goal.relation) for side in r.sides()]
    indices = {f.index for _, f in goal.context.families()}
    return [s for s in sides if isinstance(s, (sp.Rational, sp.Symbol)) and s not in indices]


def _given(context: Context) -> dict[sp.Basic, sp.Expr]:
    pairs = [pair for _, r in context.relations() if r.sign == "=" for pair in (r.sides(), r.sides()[::-1])]
    return {left: right for left, right in pairs if isinstance(left, (AppliedUndef, sp.Indexed))}


def _recursions(context: Context) -> dict[Head, Recursion]:
    """Families that a ``Forall`` equation computes: ``f(t + 1) = e(f(t), t)`` with e defined everywhere."""
    found: dict[Head, Recursion] = {}
    for _, family in context.families():
        words = set(domain(family.index))
        if family.relation.sign != "=" or not words & {"positive", "nonnegative"}:
            continue
        for left, right in (family.relation.sides(), family.relation.sides()[::-1]):
            if not isinstance(left, (AppliedUndef, sp.Indexed)) or values_of(left):
                continue
            backward = all(_arguments(m) == (family.index,) for m in _members_of(right))
            if _arguments(left) == (family.index + 1,) and backward and not conditions(right):
                others = {_head(m) for m in _members_of(right)} - {_head(left)}
                if _head(left) not in found and not others & set(found):
                    found[_head(left)] = Recursion(family, 1 if "positive" in words else 0, right)
    return found


def _relations(goal: Goal) -> list[Relation]:
    families = [f.relation for _, f in goal.context.families()]
    return [goal.relation, *(r for _, r in goal.context.relations()), *families]


def _members(relation: Relation) -> list[sp.Basic]:
    return [m for side in (relation.left, relation.right) for m in _members_of(side)]


def _members_of(expr: sp.Expr) -> list[sp.Basic]:
    return sorted(expr.atoms(AppliedUndef, sp.Indexed), key=sp.default_sort_key)


def _head(member: sp.Basic) -> Head:
    return member.base if isinstance(member, sp.Indexed) else member.func


def _arguments(member: sp.Basic) -> tuple[sp.Expr, ...]:
    return member.indices if isinstance(member, sp.Indexed) else member.args
