"""Random variables as they are declared: moments, and what is independent of what.

A declared or unnamed moment is the assumption that this moment exists: every statement made with it is about variables
whose moments up to the degree that occurs are finite.

Independence is only what is declared. Groups are mutually independent; variables of one group, and variables without a
group, may depend on each other in any way. The members of a family are independent of each other.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from itertools import combinations
from typing import Any, NoReturn, TypeAlias

import sympy as sp
from sympy.core.function import AppliedUndef, UndefinedFunction

from assayer.derivation.algebra.dependent import DependentSymbol
from assayer.derivation.trusted.errors import MalformedExpression
from assayer.derivation.trusted.expressions import express, is_integer_valued

Moment: TypeAlias = "sp.Expr | Callable[[sp.Expr], object]"
_SUPERSCRIPTS = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")


@dataclass(frozen=True)
class Declaration:
    """What is known of a variable, or of every member of a family.

    Attributes:
        raw: pairs (k, E[X^k]); of a family whose members differ, a function of the index.
        group: the name of its independence group, or None.
        family: whether it is a family of independent members.
    """

    name: str
    raw: tuple[tuple[int, Moment], ...] = ()
    group: str | None = None
    family: bool = False
    latex: str | None = field(default=None)

    def moment(self, power: int, index: sp.Expr | None) -> sp.Expr | None:
        """The declared ``E[X^power]``, or None."""
        known = dict(self.raw).get(power)
        return express(known(index)) if callable(known) else known

    @property
    def identical(self) -> bool:
        """Whether the members of the family have one distribution."""
        return not any(callable(m) for _, m in self.raw)

    def __lt__(self, other: Declaration) -> bool:  # SymPy sorts by what distinguishes two symbols
        return self.describe() < other.describe()

    def tex(self) -> str:
        return self.latex or sp.latex(sp.Symbol(self.name))

    def describe(self) -> str:
        kind = "family of independent random variables" if self.family else "random variable"
        moments = [
            f"E[{self.name}{_power(k)}] = {'a function of the index' if callable(m) else m}" for k, m in self.raw
        ]
        group = [f"independence group {self.group}"] if self.group else []
        return f"{self.name}: " + ", ".join([kind, *moments, *group])


class RandomVariable(sp.Symbol):
    """A real random variable: a symbol that :func:`E` averages over.

    Args:
        mean, variance: SymPy expressions without random variables; left out, moments are atoms such as ``E[X²]``.
        moments: ``{k: E[X^k]}`` for more of them (raw moments).
        group: variables in different groups are independent; without a group nothing is assumed.

    Raises:
        MalformedExpression: for a Float, a variance beside ``moments[2]``, or numbers that no distribution has.
    """

    declaration: Declaration

    def __new__(
        cls,
        name: str,
        mean: object = None,
        variance: object = None,
        moments: Mapping[int, object] | None = None,
        group: str | None = None,
        latex: str | None = None,
    ) -> RandomVariable:
        return cls.declared(Declaration(_name(name), _raw(name, mean, variance, moments), group, latex=latex))

    @classmethod
    def declared(cls, declaration: Declaration) -> RandomVariable:
        made = sp.Symbol.__xnew__(cls, declaration.name, real=True)
        made.declaration = declaration
        return made

    def __reduce__(self) -> tuple[Any, ...]:
        return RandomVariable.declared, (self.declaration,)

    def _hashable_content(self) -> tuple[Any, ...]:
        return (*super()._hashable_content(), self.declaration)

    def _latex(self, printer: Any) -> str:
        return self.declaration.tex()


class RandomFunction(UndefinedFunction):
    """The class of the members of one family."""

    declaration: Declaration

    def __eq__(cls, other: object) -> bool:
        return isinstance(other, RandomFunction) and cls.declaration == other.declaration

    def __ne__(cls, other: object) -> bool:
        return not cls == other

    def __hash__(cls) -> int:
        return hash(cls.declaration)


class RandomMember(AppliedUndef):
    """``X[i]``: one member of a :class:`RandomFamily`."""

    declaration: Declaration

    def __reduce__(self) -> tuple[Any, ...]:
        return _member, (self.declaration, self.args[0])

    def _sympystr(self, printer: Any) -> str:
        return f"{self.declaration.name}[{printer._print(self.args[0])}]"

    def _latex(self, printer: Any, exp: str | None = None) -> str:
        text = f"{{{self.declaration.tex()}}}_{{{printer._print(self.args[0])}}}"
        return text if exp is None else f"{text}^{{{exp}}}"


class RandomFamily:
    """Independent random variables ``X[i]``, one for each integer i.

    Args:
        mean, variance, moments: as for :class:`RandomVariable`; they are then identically distributed. A callable
            of the index, ``mean=lambda i: mu[i]``, gives each member its own; a moment that is needed must then be
            declared.
        group: families of one group are jointly distributed at the same index and independent at different ones.
            Different groups are independent. A family without a group cannot be combined with other variables.
    """

    def __init__(
        self,
        name: str,
        mean: object = None,
        variance: object = None,
        moments: Mapping[int, object] | None = None,
        group: str | None = None,
        latex: str | None = None,
    ) -> None:
        raw = _raw(name, mean, variance, moments, family=True)
        self.declaration = Declaration(_name(name), raw, group, True, latex)

    def __getitem__(self, index: object) -> RandomMember:
        found = express(index)
        if not is_integer_valued(found):
            raise MalformedExpression(f"{self.declaration.name}[{found}]: an index is an integer by its form")
        if is_random(found):
            raise MalformedExpression(f"{self.declaration.name}[{found}]: an index is a number, not random itself")
        return _member(self.declaration, found)

    def __iter__(self) -> NoReturn:
        raise TypeError(f"the family {self.declaration.name} has no end: write Sum over an index")

    def __repr__(self) -> str:
        return f"<{self.declaration.describe()}>"


class MomentSymbol(DependentSymbol):
    """``E[X²·Y]``: a moment that is not declared, as an atom. Not negative where every power is even.

    Attributes:
        powers: pairs (declaration, power).
    """

    powers: tuple[tuple[Declaration, int], ...]
    way_out = "declare this moment too, moments={k: …}"

    def __new__(cls, powers: Iterable[tuple[Declaration, int]]) -> MomentSymbol:
        known = tuple(sorted(powers, key=lambda p: p[0].name))
        sign = "nonnegative" if all(k % 2 == 0 for _, k in known) else "real"
        name = "·".join(d.name + _power(k) for d, k in known)
        made = sp.Symbol.__xnew__(cls, f"E[{name}]", **{sign: True})
        made.powers = known
        made.refuse_integers()
        return made

    @property
    def depends_on(self) -> set[sp.Basic]:
        """The parameters of the distributions, as far as they are declared."""
        return set().union(*(m.free_symbols for d, _ in self.powers for _, m in d.raw))

    def __getnewargs_ex__(self) -> tuple[tuple[Any, ...], dict[str, Any]]:
        return (self.powers,), {}

    def _hashable_content(self) -> tuple[Any, ...]:
        return (*super()._hashable_content(), self.powers)

    def _latex(self, printer: Any) -> str:
        inside = " ".join(f"{{{d.tex()}}}^{{{k}}}" if k > 1 else d.tex() for d, k in self.powers)
        return rf"\operatorname{{E}}\left[{inside}\right]"


def independent(*names: str, **declared: object) -> tuple[RandomVariable, ...]:
    """Variables that are mutually independent, each in a group of its own: ``X, Y = independent("X", "Y", mean=0)``."""
    if "group" in declared:
        raise MalformedExpression("independent(…) gives each variable its own group: leave group= out")
    return tuple(RandomVariable(name, group=name, **declared) for name in names)


def is_random(node: sp.Basic) -> bool:
    return bool(node.atoms(RandomVariable, RandomMember))


def _member(declaration: Declaration, index: sp.Expr) -> RandomMember:
    kind = RandomFunction(declaration.name, bases=(RandomMember,), __dict__={"declaration": declaration}, real=True)
    return kind(index)


def _name(name: object) -> str:
    if not isinstance(name, str) or not name.strip() or any(c in name for c in "[]·⟨⟩‖"):
        raise MalformedExpression(f"{name!r} is no name for a random variable")
    return name


def _power(k: int) -> str:
    return "" if k == 1 else str(k).translate(_SUPERSCRIPTS)


def _raw(
    name: str, mean: object, variance: object, moments: Mapping[int, object] | None, family: bool = False
) -> tuple[tuple[int, Moment], ...]:
    stated = dict(moments or {})
    if mean is not None and 1 in stated:
        raise MalformedExpression(f"{name} has a mean and moments[1]: state one of them")
    if variance is not None and 2 in stated:
        raise MalformedExpression(f"{name} has a variance and moments[2]: state one of them")
    if variance is not None and mean is None:
        mean = stated.pop(1, None)
        if mean is None:
            raise MalformedExpression(f"{name} has a variance and no mean: E[X²] is the variance plus the mean squared")
    found = {k: _value(name, k, m, family) for k, m in stated.items()}
    if mean is not None:
        found[1] = _value(name, 1, mean, family)
    if variance is not None:
        found[2] = _second(found[1], _value(name, 2, variance, family))
    _exists(name, found)
    return tuple(sorted(found.items()))


def _second(mean: Moment, variance: Moment) -> Moment:
    if not callable(mean) and not callable(variance):
        return variance + mean**2
    return lambda i: express(_at(variance, i)) + express(_at(mean, i)) ** 2


def _at(moment: Moment, index: sp.Expr) -> object:
    return moment(index) if callable(moment) else moment


def _value(name: str, k: object, moment: object, family: bool) -> Moment:
    if isinstance(k, bool) or not isinstance(k, int) or k < 1:
        raise MalformedExpression(f"{name} has no moment {k!r}: a moment is E[X^k] for k = 1, 2, …")
    if family and callable(moment) and not isinstance(moment, sp.Expr):
        return moment
    found = express(moment)
    if is_random(found):
        raise MalformedExpression(f"E[{name}{_power(k)}] is stated as {found}, which is random itself")
    return found


def _exists(name: str, raw: Mapping[int, Moment]) -> None:
    """Refuse numbers that no distribution has: the matrix of moments is positive semidefinite."""
    if any(callable(m) for m in raw.values()):
        for index in map(sp.Integer, (0, 1, 2)):
            _exists(f"{name}[{index}]", {k: express(_at(m, index)) for k, m in raw.items()})
        return
    known = {0: sp.S.One, **raw}
    _constant(name, known)
    for size in (1, 2, 3):
        for rows in combinations(range(max(known) // 2 + 1), size):
            entries = [[known.get(i + j) for j in rows] for i in rows]
            flat = [e for row in entries for e in row]
            if all(isinstance(e, sp.Rational) for e in flat) and sp.Matrix(entries).det() < 0:
                raise MalformedExpression(
                    f"no distribution has the moments stated of {name}: with E[X^{2 * rows[-1]}] = {entries[-1][-1]} "
                    f"the determinant of {entries} is negative"
                )


def _constant(name: str, known: Mapping[int, Any]) -> None:
    """A variable without spread is a constant, by ``E[X^2k] = 0`` or ``E[X²] = E[X]²``: its moments are its powers."""
    vanishing = [k for k, m in known.items() if k and k % 2 == 0 and m == 0]
    value = sp.S.Zero if vanishing else known.get(1) if known.get(2) == known.get(1, sp.nan) ** 2 else None
    for k, m in known.items() if value is not None else ():
        if k and isinstance(m, sp.Rational) and isinstance(value, sp.Rational) and m != value**k:
            raise MalformedExpression(
                f"no distribution has the moments stated of {name}: it is the constant {value}, "
                f"whose moment {k} is {value**k} and not {m}"
            )
