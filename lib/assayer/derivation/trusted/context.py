"""What a derivation assumes: named hypotheses and the domains of its symbols. Part of the trusted base."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import count

import sympy as sp
from sympy.logic.boolalg import BooleanFalse, BooleanTrue

from assayer.derivation.trusted.errors import ContradictoryHypotheses, MalformedExpression
from assayer.derivation.trusted.expressions import (
    RELATIONS,
    domain,
    express,
    free_symbols,
    is_integer_valued,
    no_library_index,
    nothing_hidden,
    one_family,
    one_meaning,
    renamed,
    split_relation,
    substitute,
)


@dataclass(frozen=True)
class Relation:
    """``left sign right`` with ``sign`` one of = <= < >= > !=, kept as written: SymPy does not evaluate it."""

    left: sp.Expr
    sign: str
    right: sp.Expr

    def __post_init__(self) -> None:
        if self.sign not in RELATIONS:
            raise MalformedExpression(f"{self.sign!r} is not one of {' '.join(RELATIONS)}")
        object.__setattr__(self, "left", express(self.left))
        object.__setattr__(self, "right", express(self.right))
        one_family(self.sides(), self.symbols())

    def substitute(self, values: Mapping[sp.Basic, sp.Expr]) -> Relation:
        return Relation(substitute(self.left, values), self.sign, substitute(self.right, values))

    def symbols(self) -> set[sp.Symbol]:
        return free_symbols(self.left) | free_symbols(self.right)

    def sides(self) -> tuple[sp.Expr, sp.Expr]:
        return self.left, self.right

    def __str__(self) -> str:
        return f"{self.left} {self.sign} {self.right}"


@dataclass(frozen=True)
class Forall:
    """``relation`` for every value of ``index`` in its own domain, e.g. ``Forall(t, Le(eta[t + 1], eta[t]))``."""

    index: sp.Symbol
    relation: Relation

    def __init__(self, index: sp.Symbol, relation: sp.Basic | Relation) -> None:
        if not isinstance(index, sp.Symbol) or "integer" not in domain(index):
            raise MalformedExpression(f"Forall runs over an integer symbol, not {index!r}")
        parsed = relation if isinstance(relation, Relation) else Relation(*split_relation(relation))
        if index not in parsed.symbols():
            raise MalformedExpression(f"Forall over {index}: the relation {parsed} does not mention {index}")
        for side in parsed.sides():
            nothing_hidden(side, index, "is stated of every value of")
        object.__setattr__(self, "index", index)
        object.__setattr__(self, "relation", parsed)

    def substitute(self, values: Mapping[sp.Basic, sp.Expr]) -> Forall:
        kept = {key: value for key, value in values.items() if self.index not in key.free_symbols}
        if not any(self.index in value.free_symbols for value in kept.values()):
            return Forall(self.index, self.relation.substitute(kept))
        fresh = renamed(self.index, [self.relation.left, self.relation.right, *kept.values()])
        return Forall(fresh, self.relation.substitute({self.index: fresh}).substitute(kept))

    def symbols(self) -> set[sp.Symbol]:
        return self.relation.symbols() - {self.index}

    def sides(self) -> tuple[sp.Expr, sp.Expr]:
        return self.relation.sides()

    def __str__(self) -> str:
        return f"for all {self.index}: {self.relation}"


@dataclass(frozen=True)
class Hypothesis:
    """A hypothesis with the name under which prose, formula and code refer to it (empty: unnamed)."""

    name: str
    statement: Relation | Forall

    def __post_init__(self) -> None:
        object.__setattr__(self, "statement", _statement(self.statement, self.name))

    @property
    def label(self) -> str:
        """The name, or the statement itself where it has none."""
        return self.name or str(self.statement)

    def __str__(self) -> str:
        return f"{self.name}: {self.statement}" if self.name else str(self.statement)


class Assumptions(tuple[Hypothesis, ...]):
    """Named hypotheses, by position or as attributes: ``A = assume(A1=a >= 1); A.A1``."""

    def __getattr__(self, name: str) -> Hypothesis:
        for hypothesis in self:
            if hypothesis.name == name:
                return hypothesis
        raise AttributeError(f"no hypothesis is named {name}; there are {', '.join(h.name for h in self)}")


def assume(**named: object) -> Assumptions:
    """Name hypotheses once for several derivations: ``assume(A1=Ge(a, 1), A2=Eq(N, a*b + c))``."""
    return Assumptions(Hypothesis(name, _statement(value, name)) for name, value in named.items())


def _named(hypotheses: list[Hypothesis]) -> list[Hypothesis]:
    """Give every hypothesis a name: those without one become H1, H2, … by their place."""
    taken = {h.name for h in hypotheses if h.name}
    found: list[Hypothesis] = []
    for place, hypothesis in enumerate(hypotheses, start=1):
        name = hypothesis.name or next(n for n in (f"H{place}" + "'" * k for k in count()) if n not in taken)
        if name in {h.name for h in found}:
            raise MalformedExpression(f"two hypotheses are named {name}")
        found.append(Hypothesis(name, hypothesis.statement))
    return found


def _statement(value: object, name: str = "") -> Relation | Forall:
    label = f"hypothesis {name}" if name else "a hypothesis"
    if isinstance(value, (Relation, Forall)):
        return value
    if isinstance(value, (BooleanFalse, bool)) and not value:
        raise ContradictoryHypotheses(f"{label} is false for every value of its symbols (SymPy evaluated it to False)")
    if isinstance(value, (BooleanTrue, bool)):
        raise MalformedExpression(
            f"{label} holds already by the domains of its symbols (SymPy evaluated it to True): "
            "leave it out, or weaken the domain"
        )
    return Relation(*split_relation(value))


def _indices(hypotheses: Iterable[Hypothesis]) -> set[sp.Symbol]:
    """The indices of families: one that is named as a symbol is would read as that symbol."""
    return {h.statement.index for h in hypotheses if isinstance(h.statement, Forall)}


@dataclass(frozen=True)
class Context:
    """Γ: the hypotheses a step may use. Symbols' domains count as hypotheses too."""

    hypotheses: tuple[Hypothesis, ...] = ()
    symbols: frozenset[sp.Symbol] = field(default=frozenset(), compare=False)

    @classmethod
    def of(cls, items: Iterable[object], declare: Iterable[sp.Symbol] = ()) -> Context:
        hypotheses = []
        for item in items:
            if isinstance(item, Hypothesis):
                hypotheses.append(item)
            elif isinstance(item, bool):
                raise MalformedExpression(
                    f"a hypothesis is Python's {item}: write Eq(x, y) or Ne(x, y), since == and != compare at once"
                )
            elif isinstance(item, BooleanTrue):
                continue  # it holds by the domains of its symbols
            elif isinstance(item, sp.And):
                hypotheses += [Hypothesis("", _statement(part)) for part in item.args]
            else:
                hypotheses.append(Hypothesis("", _statement(item)))
        hypotheses = _named(hypotheses)
        symbols = set(declare).union(*(h.statement.symbols() for h in hypotheses))
        for symbol in symbols:
            express(symbol)
        no_library_index(symbols)
        one_meaning(symbols | _indices(hypotheses))
        return cls(tuple(hypotheses), frozenset(symbols))

    def with_relation(self, *relations: Relation | Forall, name: str = "") -> Context:
        extra = tuple(Hypothesis(name, relation) for relation in relations)
        symbols = self.symbols.union(*(r.symbols() for r in relations))
        one_meaning(symbols)
        return Context(self.hypotheses + extra, frozenset(symbols))

    def without(self, symbol: sp.Symbol) -> Context:
        """Drop every hypothesis that mentions ``symbol`` (its domain stays)."""
        return Context(tuple(h for h in self.hypotheses if symbol not in h.statement.symbols()), self.symbols)

    def relations(self) -> Iterator[tuple[str, Relation]]:
        """The plain relations, each with its hypothesis' label."""
        for hypothesis in self.hypotheses:
            if isinstance(hypothesis.statement, Relation):
                yield hypothesis.label, hypothesis.statement

    def families(self) -> Iterator[tuple[str, Forall]]:
        """The ``Forall`` hypotheses, each with its label."""
        for hypothesis in self.hypotheses:
            if isinstance(hypothesis.statement, Forall):
                yield hypothesis.label, hypothesis.statement


_SIGN_OF_DOMAIN = {
    "positive": ">",
    "negative": "<",
    "nonnegative": ">=",
    "nonpositive": "<=",
    "nonzero": "!=",
}


def domain_relations(symbol: sp.Symbol) -> list[Relation]:
    """What the symbol's domain says of its sign, e.g. ``n >= 0``."""
    return [Relation(symbol, _SIGN_OF_DOMAIN[word], sp.S.Zero) for word in domain(symbol) if word in _SIGN_OF_DOMAIN]


def domain_obligations(symbol: sp.Symbol, value: sp.Expr) -> list[Relation]:
    """What must be proved before ``value`` may stand for ``symbol``.

    Raises:
        MalformedExpression: where the value is not an integer by structure and the symbol is one.
    """
    words = domain(symbol)
    if "integer" in words and not is_integer_valued(value):
        raise MalformedExpression(f"{value} cannot stand for the integer {symbol}: it is not an integer by its form")
    return [r.substitute({symbol: value}) for r in domain_relations(symbol)]


@dataclass(frozen=True)
class Goal:
    """``context ⊢ relation``: for every valuation that satisfies the context both sides are defined and it holds."""

    context: Context
    relation: Relation

    def __post_init__(self) -> None:
        sides = (
            side
            for stated in (self.relation, *(h.statement for h in self.context.hypotheses))
            for side in stated.sides()
        )
        symbols = self.context.symbols | self.relation.symbols()
        one_family(sides, symbols)
        one_meaning(symbols | _indices(self.context.hypotheses))

    def __str__(self) -> str:
        return str(self.relation)
