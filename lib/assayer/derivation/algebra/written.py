"""Scalars of vectors, matrices and random variables as Python text; see ``assayer.derivation.written``."""

from __future__ import annotations

from typing import Any

import sympy as sp

from assayer.derivation.algebra.atoms import LogDetSymbol, WordMember, WordSymbol
from assayer.derivation.algebra.facts import Held
from assayer.derivation.algebra.letters import Factor, Letter, Word, is_scalar, square_root
from assayer.derivation.algebra.matrices import Mat
from assayer.derivation.algebra.random_variables import (
    Declaration,
    MomentSymbol,
    RandomFamily,
    RandomMember,
    RandomVariable,
)
from assayer.derivation.written import ALGEBRA, Names, NotWritten, quoted, same


def atom(expr: sp.Basic, names: Names) -> str:
    """Text for one scalar, such as ``(x @ y)`` or ``tr(A*B)``, its letters declared.

    Raises:
        NotWritten: for a random family whose moments are a function of Python, or a scalar that reads back otherwise.
    """
    if isinstance(expr, (WordSymbol, WordMember)):
        text = _of_word(expr.word, names)
    elif isinstance(expr, LogDetSymbol):
        text = f"{_library('logdet', names)}({_letter(expr.letter, names)})"
    elif isinstance(expr, Held):
        return names.declared(expr, "held", lambda: _held(expr, names))
    elif isinstance(expr, RandomVariable):
        return _variable(expr.declaration, names)
    elif isinstance(expr, RandomMember):
        text = f"{_variable(expr.declaration, names)}[{names.code(expr.args[0])}]"
    elif isinstance(expr, MomentSymbol):
        text = _moment(expr, names)
    else:
        raise NotWritten(f"{expr} ({type(expr).__name__})")
    if not same(names.read(text), expr):
        raise NotWritten(f"{expr} does not read back as it is")
    return text


def _library(name: str, names: Names) -> str:
    return names.library(name, ALGEBRA)


def _of_word(word: Word, names: Names) -> str:
    root = square_root(word)
    if root is not None:
        return f"{_library('norm2' if is_scalar(word) else 'frobenius2', names)}({_product(root, names)})"
    if is_scalar(word):
        if len(word) == 2 and word[0].rows == 1 and word[1].cols == 1:
            return f"({_factor(word[0].T, names)} @ {_factor(word[1], names)})"
        return f"({_product(word, names)})"
    return f"{_library('tr', names)}({_product(word, names)})"


def _product(word: Word, names: Names) -> str:
    return "*".join(_factor(f, names) for f in word)


def _factor(factor: Factor, names: Names) -> str:
    text = _letter(factor.letter, names)
    if factor.letter.orthogonal:
        return f"{text}.T" if factor.inverted else text
    return text + (".T" if factor.transposed else "") + (".inv" if factor.inverted else "")


def _letter(letter: Letter, names: Names) -> str:
    declared = letter.declaration
    name = names.declared(
        declared, declared.name, lambda: _declaration(declared, names), lambda value: _of(value) == declared
    )
    return name if letter.index is None else f"{name}[{names.code(letter.index)}]"


def _of(value: Any) -> object:
    """What stands behind a value of the text: the declaration of a letter or of a random family."""
    if isinstance(value, Mat):
        ((word, _),) = value.terms.items()
        return word[0].letter
    return value.declaration if isinstance(value, RandomFamily) else value.declared


def _declaration(letter: Letter, names: Names) -> str:
    vector = letter.cols == 1 and not (letter.symmetric or letter.invertible or letter.orthogonal)
    kind = ("Vec" if vector else "Mat") + ("Family" if letter.family else "")
    sizes = {"dim": letter.rows} if vector else {"rows": letter.rows, "cols": letter.cols}
    words = [f"{w}={names.code(s)}" for w, s in sizes.items() if s is not None]
    words += [f"{w}=True" for w in ("symmetric", "invertible", "orthogonal") if getattr(letter, w)]
    words += [f"latex={quoted(letter.latex)}"] if letter.latex else []
    return f"{_library(kind, names)}({', '.join([quoted(letter.name), *words])})"


def _held(held: Held, names: Names) -> str:
    head = names.library("Held", f"{ALGEBRA}.facts")
    sign = ", nonnegative=True" if held.is_nonnegative else ""
    return f"{head}({quoted(held.name)}, {quoted(held.tex)}, {names.code(held.meaning)}{sign})"


def _variable(declaration: Declaration, names: Names) -> str:
    if any(callable(m) and not isinstance(m, sp.Expr) for _, m in declaration.raw):
        raise NotWritten(f"the moments of {declaration.name} are a function of Python")
    kind = "RandomFamily" if declaration.family else "RandomVariable"

    def line() -> str:
        moments = ", ".join(f"{k}: {names.code(m)}" for k, m in declaration.raw)
        words = [f"moments={{{moments}}}"] if moments else []
        words += [f"{w}={quoted(v)}" for w in ("group", "latex") if (v := getattr(declaration, w))]
        return f"{_library(kind, names)}({', '.join([quoted(declaration.name), *words])})"

    return names.declared(declaration, declaration.name, line, lambda value: value.declaration == declaration)


def _moment(moment: MomentSymbol, names: Names) -> str:
    factors = []
    for declaration, power in moment.powers:
        name = _variable(declaration, names) + ("[0]" if declaration.family else "")
        factors.append(name if power == 1 else f"{name}**{power}")
    return f"{_library('E', names)}({'*'.join(factors)})"
