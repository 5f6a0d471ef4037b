"""What a claim is made of: where it was published, what was printed there, and what is wrong with it."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from typing import Any

from assayer.lab.values import Irrational, scalar, text


class ClaimError(ValueError):
    """A claim that cannot be recorded; the message names what is wrong and the way out."""


def filled(owner: str, name: str, value: Any) -> str:
    if not isinstance(value, str) or not value.strip():
        raise ClaimError(f"{owner} needs {name} as text, not {value!r}")
    return value.strip()


@dataclass(frozen=True)
class Source:
    """Where a claim was published: the key of the bibliography and the place, such as ``eq. (3)``."""

    key: str
    where: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "key", filled("a source", "a bibliography key", self.key))

    def __str__(self) -> str:
        return f"{self.key}, {self.where}" if self.where else self.key


@dataclass(frozen=True)
class Assumption:
    """A hypothesis that no theorem of the claim carries: its name, in plain text and in LaTeX."""

    name: str
    plain: str
    latex: str = ""


@dataclass(frozen=True)
class Published:
    """A published value beside ours.

    `published` is exact when it is an int, a Fraction, a SymPy rational or a tuple of these; a number as
    printed when it is text (``"1.183"``, ``"46%"``, ``"4e6"``) or a float: then ours agrees if it lies
    within half a unit of the last printed digit. Other text is compared word for word. Raises `ClaimError`
    where a number stands beside text, or ours is printed to fewer digits than the published value.
    """

    quantity: str
    published: Any
    ours: Any

    def __post_init__(self) -> None:
        object.__setattr__(self, "quantity", filled("a published value", "a quantity", self.quantity))
        self.verdict  # noqa: B018 - a comparison that cannot be made is refused here, not when shown

    @property
    def verdict(self) -> str:
        """``agrees`` or ``differs``."""
        return "agrees" if _agree(self.quantity, self.published, self.ours) else "differs"

    def record(self) -> dict[str, str]:
        shown = {"published": text(self.published), "ours": text(self.ours, digits=8)}
        return {"quantity": self.quantity, **shown, "verdict": self.verdict}


@dataclass(frozen=True)
class Printed:
    """A number as printed: its value, and half a unit of its last digit (0 when exact)."""

    value: Fraction
    half_unit: Fraction


def _number(value: Any) -> Printed | None:
    """`value` as a number, or None where it is none."""
    if isinstance(value, bool):
        return None
    if isinstance(value, float):
        value = repr(value)
    if isinstance(value, str):
        return _printed(value)
    try:
        exact = scalar(value)
    except TypeError:
        return None
    if exact is None or isinstance(exact, complex):
        return None
    if isinstance(exact, float):
        return _number(exact)
    return Printed(exact.approx if isinstance(exact, Irrational) else Fraction(exact), Fraction(0))


def _printed(shown: str) -> Printed | None:
    compact = shown.strip().replace("−", "-")
    for space in (" ", "\u2009", "\u202f", "\u00a0", "_"):
        compact = compact.replace(space, "")
    percent = compact.endswith("%")
    compact = compact.removesuffix("%")
    numerator, slash, denominator = compact.partition("/")
    if slash and not percent:
        try:
            return Printed(Fraction(int(numerator), int(denominator)), Fraction(0))
        except (ValueError, ZeroDivisionError):
            return None
    try:
        number = Decimal(compact)
    except InvalidOperation:
        return None
    if not number.is_finite():
        return None
    unit = Fraction(10) ** int(number.as_tuple().exponent)
    share = Fraction(1, 100) if percent else Fraction(1)
    return Printed(Fraction(number) * share, unit * share / 2)


def _agree(quantity: str, published: Any, ours: Any) -> bool:
    if isinstance(published, (tuple, list)) and isinstance(ours, (tuple, list)):
        return len(published) == len(ours) and all(_agree(quantity, a, b) for a, b in zip(published, ours, strict=True))
    first, second = _number(published), _number(ours)
    if first is None and second is None:
        return bool(published == ours)
    if first is None or second is None:
        kinds = f"published {published!r}, ours {ours!r}"
        raise ClaimError(f"{quantity!r} cannot be compared ({kinds}): give two numbers or two texts")
    # Ours, printed to fewer digits than the published value, could only ever differ by accident.
    if isinstance(ours, str) and second.half_unit > first.half_unit > 0:
        raise ClaimError(f"{quantity!r}: ours, {ours}, has fewer digits than the published {published}")
    difference = abs(first.value - second.value)
    return difference <= first.half_unit


@dataclass(frozen=True)
class Erratum:
    """What is wrong in print: the printed form, the verified one, and a counterexample, a repair or both."""

    printed: str
    verified: str
    counterexample: str = ""
    repair: str = ""

    def __post_init__(self) -> None:
        for name in ("printed", "verified"):
            object.__setattr__(self, name, filled("an erratum", name, getattr(self, name)))
        for name in ("counterexample", "repair"):
            if not isinstance(getattr(self, name), str):
                raise ClaimError(f"an erratum's {name} is text, not {getattr(self, name)!r}")
        if not (self.counterexample.strip() or self.repair.strip()):
            raise ClaimError("an erratum needs a counterexample or a repair: what is wrong must be shown")

    def record(self) -> dict[str, str]:
        return {name: getattr(self, name) for name in ("printed", "verified", "counterexample", "repair")}
