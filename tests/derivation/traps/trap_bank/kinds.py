"""What an entry of the bank is: a claim, where it comes from, and points at which it can be checked by hand."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import sympy as sp

Point = Mapping[object, object]
"""Symbols (and the names of families, as strings) to exact values (and to Python functions of exact integers)."""
Box = Mapping[sp.Symbol, tuple[object, object]]


@dataclass(frozen=True)
class Claim:
    """``lhs rel rhs`` wherever ``hypotheses`` and ``box`` hold.

    Attributes:
        id: short and unique in the bank.
        box: symbol to (low, high), as ``judge`` takes it.
        hints: what a step's author would tell a kernel in ``by=``.
    """

    id: str
    lhs: object
    rel: str
    rhs: object
    hypotheses: tuple[object, ...] = field(default=(), kw_only=True)
    box: Box | None = field(default=None, kw_only=True)
    hints: tuple[object, ...] = field(default=(), kw_only=True)

    def __str__(self) -> str:
        return f"{self.lhs} {self.rel} {self.rhs}"


@dataclass(frozen=True)
class TrueStep(Claim):
    """A step of a derivation in the book's subject that holds as stated.

    Attributes:
        topic: the chapter or the branch that needs it.
        source: why it holds, in words a reader can follow; every step is also checked at points.
        sample: draws a point that satisfies the hypotheses, where drawing each symbol by itself would seldom do so
            or a family (``f(k)``) needs a rule.
    """

    topic: str = field(default="", kw_only=True)
    source: str = field(default="", kw_only=True)
    sample: Callable[[random.Random], Point] | None = field(default=None, kw_only=True)


@dataclass(frozen=True)
class Trap(Claim):
    """A claim that is false as stated and that a usual way of checking accepts.

    Attributes:
        cause: the kind of mistake.
        why: in what way it is false.
        witness: a point that satisfies the hypotheses and at which a side has no value or the relation fails;
            None where ``argument`` (a computation that returns True) shows it instead.
        accepted_by: the judge that the trap was made for: "simplify", "doit", "equals", "sampling", or the name of a
            plausible kernel. The benchmark finds out what the first four say.
        cite: the public issue or text where the mistake is described, if there is one.
        seen_in_1_14: whether SymPy 1.14 still makes the cited mistake; None where nothing is cited.
        digits: the decimal digits in which the witness is evaluated.
        language: False where a side is not in the language of derivations, so that it must be refused.
    """

    cause: str = field(default="", kw_only=True)
    why: str = field(default="", kw_only=True)
    witness: Point | None = field(default=None, kw_only=True)
    argument: Callable[[], bool] | None = field(default=None, kw_only=True)
    accepted_by: str = field(default="sampling", kw_only=True)
    cite: str = field(default="", kw_only=True)
    seen_in_1_14: bool | None = field(default=None, kw_only=True)
    digits: int = field(default=60, kw_only=True)
    language: bool = field(default=True, kw_only=True)
