"""Expressions as Python text that reads back as the very same expressions. Not trusted: each text is read back here.

SymPy evaluates while it builds, so what it prints need not read back as what it was: each text is evaluated and
compared, and where it differs the parts are written by their constructors, ``evaluate=False`` if it must be. What has
no such text (a bound index of the checker's own, a function of Python) is refused.
"""

from __future__ import annotations

import ast
import keyword
import re
import unicodedata
from collections.abc import Callable, Iterable
from typing import Any

import sympy as sp
from sympy.core.function import AppliedUndef, UndefinedFunction
from sympy.printing.str import StrPrinter

from assayer.derivation.trusted.expressions import _RENAMED

SYMPY = "sympy"
CHECKER = "assayer.derivation"
ALGEBRA = "assayer.derivation.algebra"
WIDTH = 100


class NotWritten(ValueError):
    """Something that has no form as text; the message says what."""


class Names:
    """The names that a text uses: what it imports, and what it declares for symbols and families.

    The first that asks for a name gets it; the next gets it with a number. Two uses of one object share a name.
    """

    def __init__(self) -> None:
        self.values: dict[str, Any] = {}
        self._by_object: dict[tuple[str, Any], str] = {}
        self._imports: dict[str, dict[str, str]] = {}
        self._symbols: dict[tuple[tuple[str, bool], ...], list[tuple[str, str]]] = {}
        self._lines: list[tuple[str, str]] = []

    # -- what is asked for ---------------------------------------------------------------------------------------
    def library(self, name: str, module: str = SYMPY) -> str:
        """The name under which ``module``'s ``name`` is imported."""
        known = self._by_object.get((module, name))
        if known is None:
            found = getattr(__import__(module, fromlist=[name]), name, None)
            if found is None:
                raise NotWritten(f"{module} has no {name}")
            known = self._by_object[module, name] = name if name in _RESERVED else self._free(name)
            self.values[known] = found
            self._imports.setdefault(module, {})[name] = known
        return known

    def reserve(self, name: str) -> str:
        """A name of the text's own, such as that of a theorem."""
        found = self._free(name)
        self.values[found] = None
        return found

    def declared(self, key: Any, name: str, line: Callable[[], str], means: Callable[[Any], bool] | None = None) -> str:
        """The name of what ``line()`` constructs: ``key``, or what ``means`` it.

        Raises:
            NotWritten: where the line reads back as something else.
        """
        known = self._by_object.get(("", key))
        if known is None:
            text = line()
            value = self.read(text)
            if not (means(value) if means else same(value, key)):
                raise NotWritten(f"{key} does not read back as it was declared")
            known = self._by_object["", key] = self._free(name)
            self.values[known] = value
            self._lines.append((known, text))
        return known

    def symbol(self, symbol: sp.Symbol) -> str:
        """The name of an ordinary symbol."""
        known = self._by_object.get(("", symbol))
        if known is None:
            if type(symbol) is not sp.Symbol:
                raise NotWritten(f"{symbol} is a {type(symbol).__name__}, an index that the checker made for itself")
            words = tuple(sorted(_words(symbol._assumptions_orig).items()))
            if sp.Symbol(symbol.name, **dict(words)) != symbol:
                raise NotWritten(f"the symbol {symbol} does not read back as it was declared")
            known = self._by_object["", symbol] = self._free(symbol.name)
            self.values[known] = symbol
            self._symbols.setdefault(words, []).append((known, symbol.name))
        return known

    # -- text ----------------------------------------------------------------------------------------------------
    def code(self, expr: sp.Basic) -> str:
        """Python text for the expression.

        Raises:
            NotWritten: naming the part that has no text.
        """
        text = _Printer(self).doprint(expr)
        if same(self._tried(text), expr):
            return text
        if not expr.args:
            raise NotWritten(f"{expr} ({type(expr).__name__})")
        head = self.library(type(expr).__name__) if not isinstance(expr, AppliedUndef) else self.function(expr.func)
        inside = ", ".join(self.code(a) for a in expr.args)
        for text in (f"{head}({inside})", f"{head}({inside}, evaluate=False)"):
            if same(self._tried(text), expr):
                return text
        raise NotWritten(f"{expr} does not read back as it is")

    def function(self, function: UndefinedFunction) -> str:
        """The name of an author's family ``f``."""
        words = _words(function._kwargs)
        return self.declared(
            function, function.__name__, lambda: f"{self.library('Function')}({_call(function.__name__, words)})"
        )

    def bound(self, dummy: sp.Dummy) -> str:
        """The name of a bound index that the checker renamed: the text asks the checker for the same one."""
        index, attempt = next((key for key, value in _RENAMED.items() if value is dummy), (None, 0))
        if index is None:
            raise NotWritten(f"{dummy} is a Dummy, which has no name of its own")
        taken = ", ".join(self.code(_RENAMED[index, k]) for k in range(attempt))
        rename = self.library("renamed", f"{CHECKER}.trusted.expressions")
        return self.declared(dummy, dummy.name, lambda: f"{rename}({self.code(index)}, [{taken}])")

    def base(self, base: sp.IndexedBase) -> str:
        """The name of an author's family ``D``, an ``IndexedBase``."""
        if base.shape is not None or not isinstance(base.label, sp.Symbol):
            raise NotWritten(f"the family {base} has a shape")
        words = _words(base.label._assumptions_orig)
        return self.declared(
            base, base.label.name, lambda: f"{self.library('IndexedBase')}({_call(base.label.name, words)})"
        )

    def read(self, text: str) -> Any:
        """What the text says with these names; what it takes from SymPy is imported.

        Raises:
            NotWritten: for a name that is neither declared nor SymPy's.
        """
        for name in _free_names(text):
            known = name in self.values or (hasattr(sp, name) and self.library(name) == name)
            if not known:
                raise NotWritten(f"{name} is no name of SymPy's")
        return eval(compile(text, "<written>", "eval"), {"__builtins__": _PLAIN}, self.values)

    def head(self, body: str) -> list[str]:
        """The lines of imports and declarations that ``body`` needs."""
        lines = [f"{known} = {text}" for known, text in self._lines]
        symbols = [self._symbol_line(words, pairs) for words, pairs in sorted(self._symbols.items())]
        used = set(_free_names("\n".join([*symbols, *lines, body])))
        imports = []
        for module in sorted(self._imports, key=lambda m: (m != SYMPY, m)):
            pairs = sorted((n, own) for n, own in self._imports[module].items() if own in used)
            names = [n if n == own else f"{n} as {own}" for n, own in pairs]
            imports += wrapped(f"from {module} import ", names) if names else []
        return [*imports, "", *symbols, *lines]

    # -- inside --------------------------------------------------------------------------------------------------
    def _tried(self, text: str) -> Any:
        try:
            found = self.read(text)
            return sp.Integer(found) if type(found) is int else found
        except NotWritten:
            raise
        except Exception:  # whatever SymPy makes of it, it is not the expression
            return None

    def _symbol_line(self, words: tuple[tuple[str, bool], ...], pairs: list[tuple[str, str]]) -> str:
        several = len(pairs) > 1 and all(re.fullmatch(r"\w+", name) for _, name in pairs)
        if several:
            call = _call(" ".join(name for _, name in pairs), dict(words))
            return f"{', '.join(own for own, _ in pairs)} = {self.library('symbols')}({call})"
        return "\n".join(f"{own} = {self.library('Symbol')}({_call(name, dict(words))})" for own, name in pairs)

    def _free(self, name: str) -> str:
        plain = unicodedata.normalize("NFKC", re.sub(r"\W+", "_", unicodedata.normalize("NFKC", name))).strip("_")
        plain = plain if plain and not plain[0].isdigit() else f"_{plain}" if plain else "held"
        plain = plain + "_" if keyword.iskeyword(plain) or plain in _PLAIN else plain
        found, number = plain, 2
        while found in self.values or found in _RESERVED:
            found, number = f"{plain}_{number}", number + 1
        return found


_PLAIN = {"True": True, "False": False, "None": None}
_RESERVED = frozenset(["Symbol", "symbols", "Function", "IndexedBase", "Derivation", "Hypothesis", "Relation"])
"""Names that a text takes from the libraries and leaves to them."""


def same(one: object, two: object) -> bool:
    """Equality of SymPy's objects as they are held, down to the arguments."""
    return type(one) is type(two) and bool(one == two)


def wrapped(head: str, items: Iterable[str]) -> list[str]:
    """``head`` and the items in one line, or in lines of their own between parentheses."""
    items = list(items)
    line = head + ", ".join(items)
    if len(line) <= WIDTH:
        return [line]
    lines, current = [], "   "
    for item in items:
        if len(current) + len(item) + 2 > WIDTH:
            lines.append(current)
            current = "   "
        current += f" {item},"
    return [f"{head}(", *lines, current, ")"]


def _words(given: dict[str, bool | None]) -> dict[str, bool]:
    return {w: bool(t) for w, t in given.items() if t is not None and not (w == "commutative" and t)}


def _call(name: str, words: dict[str, bool]) -> str:
    return ", ".join([quoted(name), *(f"{word}={truth}" for word, truth in sorted(words.items()))])


def quoted(text: str) -> str:
    """A string literal, in double quotes where that needs no escape."""
    shown = repr(text)
    return f'"{shown[1:-1]}"' if shown[0] == "'" and '"' not in text and "\\" not in shown else shown


def _free_names(text: str) -> list[str]:
    return sorted({n.id for n in ast.walk(ast.parse(text)) if isinstance(n, ast.Name)} - set(_PLAIN))


class _Printer(StrPrinter):
    """SymPy's own printer, with the text's names, and with fractions that Python does not divide."""

    printmethod = "_written"

    def __init__(self, names: Names) -> None:
        super().__init__()
        self.names = names

    def _print_Symbol(self, expr: sp.Symbol) -> str:
        if type(expr).__module__.startswith(ALGEBRA):
            return self._print_algebra(expr)
        return self.names.symbol(expr)

    def _print_Dummy(self, expr: sp.Dummy) -> str:
        return self.names.bound(expr)

    def _print_Rational(self, expr: sp.Rational) -> str:
        if expr.q == 1:
            return str(expr.p)
        self.names.library("Rational")
        return f"{'-' if expr.p < 0 else ''}Rational({abs(expr.p)}, {expr.q})"

    _print_Half = _print_Rational

    def _print_Exp1(self, expr: sp.Expr) -> str:
        return "exp(1)"

    def _print_Function(self, expr: sp.Function) -> str:
        if isinstance(expr, AppliedUndef):
            if hasattr(expr, "pattern") or hasattr(expr, "declaration"):  # the members of a front end's families
                return self._print_algebra(expr)
            return f"{self.names.function(expr.func)}({self.stringify(expr.args, ', ')})"
        return super()._print_Function(expr)

    def _print_Indexed(self, expr: sp.Indexed) -> str:
        return f"{self.names.base(expr.base)}[{self.stringify(expr.indices, ', ')}]"

    def _print_IndexedBase(self, expr: sp.IndexedBase) -> str:
        return self.names.base(expr)

    def _print_algebra(self, expr: sp.Basic) -> str:
        from assayer.derivation.algebra.written import atom

        return atom(expr, self.names)
