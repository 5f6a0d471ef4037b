"""Vectors and matrices with an index, such as the iterates θ_t and gradients g_t of a method."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, NoReturn

import sympy as sp

from assayer.derivation.algebra.letters import Letter, size
from assayer.derivation.algebra.matrices import of_letter
from assayer.derivation.trusted.errors import MalformedExpression
from assayer.derivation.trusted.expressions import express, is_integer_valued


class _Family:
    __slots__ = ("declared",)

    def __init__(self, letter: Letter) -> None:
        self.declared = letter

    def __getitem__(self, index: object) -> Any:
        found = express(index)
        if not is_integer_valued(found):
            raise MalformedExpression(f"{self.declared.name}[{found}]: an index is an integer by its form")
        return of_letter(replace(self.declared, index=found))

    def __iter__(self) -> NoReturn:
        raise TypeError(f"the family {self.declared.name} has no end: write Sum over an index")

    def __repr__(self) -> str:
        return f"<{self.declared.describe()}>"


class VecFamily(_Family):
    """Vectors with an index: ``theta = VecFamily("theta")``, then ``theta[t]``, ``theta[t + 1]``."""

    __slots__ = ()

    def __init__(self, name: str, dim: object = None, *, latex: str | None = None) -> None:
        super().__init__(Letter(name, size(dim, f"dim of {name}"), sp.S.One, family=True, latex=latex))


class MatFamily(_Family):
    """Matrices with an index, all of one shape: ``W = MatFamily("W")``, then ``W[l]``."""

    __slots__ = ()

    def __init__(
        self, name: str, rows: object = None, cols: object = None, *, symmetric: bool = False, latex: str | None = None
    ) -> None:
        height, width = size(rows, f"rows of {name}"), size(cols, f"cols of {name}")
        super().__init__(Letter(name, height, width, symmetric, family=True, latex=latex))
