"""Symbols that stand for something that depends on other symbols, which SymPy must not take for constants."""

from __future__ import annotations

import sympy as sp

from assayer.derivation.trusted.errors import MalformedExpression


class DependentSymbol(sp.Symbol):
    """A symbol with a hidden dependence. For the checker it is a free real; a derivative by what it depends on is
    refused, since SymPy would answer 0.
    """

    @property
    def depends_on(self) -> set[sp.Basic]:
        """The symbols in what it stands for."""
        raise NotImplementedError

    @property
    def free_symbols(self) -> set[sp.Basic]:
        return {self} | self.depends_on

    def _eval_derivative_n_times(self, s: sp.Basic, n: object) -> sp.Expr | None:
        if s in self.depends_on:
            raise MalformedExpression(f"the derivative of {self} by {s}: it depends on it; differentiate its expansion")
        return super()._eval_derivative_n_times(s, n)

    @property
    def sizes(self) -> set[sp.Basic]:
        """Those that it depends on as sizes only."""
        return set()

    def refuse_integers(self) -> None:
        """A sum over an integer would take the symbol for a constant.

        Raises:
            MalformedExpression: where it depends on one.
        """
        integers = sorted(s.name for s in self.depends_on - self.sizes if s.is_integer)
        if integers:
            raise MalformedExpression(
                f"{self} depends on the integer {integers[0]}, over which a sum could run: {self.way_out}"
            )

    way_out = "write its expansion"
