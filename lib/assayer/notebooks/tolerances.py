"""No tolerance is typed in a chapter: a budget is computed by `assayer.lab` (rounding, sampling,
discretisation).

A number counts as typed when it is written with literals alone (``1e-6``, ``10**-6``, ``2 * 1e-9``). Zero is
no tolerance. What is looked at: keyword arguments and names called a tolerance, comparisons with a small
number or of an absolute value with any number, closeness functions left at their defaults, and rounding
inside an assertion.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from assayer.notebooks.notebook import Finding, Notebook

SMALL = 0.01
"""A comparison with a number no greater than this is a tolerance, whatever stands on the other side."""

_NAME = re.compile(r"(^|_)(a|r|abs|rel)?_?(tol|tolerance|budget|slack)($|_)", re.I)
_CLOSE = {"isclose", "allclose", "assert_close", "assert_allclose", "approx"}
_PLACES = {"assert_almost_equal", "assert_array_almost_equal", "assertAlmostEqual", "assert_approx_equal"}
_SIZES = {"abs", "fabs", "norm", "absolute", "max_norm", "vector_norm"}
_REMEDY = "take it from a budget of assayer.lab (rounding, sampling, ...)"


def check(notebook: Notebook) -> Iterator[Finding]:
    """Every tolerance typed in the code of `notebook`."""
    for cell in notebook.code:
        if cell.tree is not None and "setup" not in cell.tags:
            for line, what in sorted(set(_typed(cell.tree))):
                yield notebook.finding(cell, "tolerance", f"line {line}: {what}: {_REMEDY}")


def _typed(tree: ast.AST) -> Iterator[tuple[int, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            yield from _call(node)
        elif isinstance(node, ast.Compare):
            yield from _comparison(node)
        elif isinstance(node, (ast.Assign, ast.AnnAssign, ast.NamedExpr)):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            for target in targets:
                name = target.id if isinstance(target, ast.Name) else ""
                if _NAME.search(name) and node.value is not None and literal(node.value):
                    yield node.lineno, f"the tolerance {name} = {ast.unparse(node.value)} is typed"
        elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)):
            yield from _defaults(node)
        elif isinstance(node, ast.Assert):
            for inner in ast.walk(node.test):
                if _called(inner) in ("round", "around") and len(inner.args) > 1 and literal(inner.args[1]):
                    yield node.lineno, f"{ast.unparse(inner)} rounds inside an assertion, which is a typed tolerance"


def _call(node: ast.Call) -> Iterator[tuple[int, str]]:
    name = _called(node)
    for keyword in node.keywords:
        if keyword.arg and _NAME.search(keyword.arg) and literal(keyword.value):
            yield node.lineno, f"the tolerance {keyword.arg}={ast.unparse(keyword.value)} is typed"
    given = {keyword.arg for keyword in node.keywords}
    if name in _PLACES:
        yield node.lineno, f"{name} compares to a number of typed places"
    elif name in _CLOSE:
        named = {"abs", "rel"} if name == "approx" else {"rtol", "atol"}
        if "rel_tol" in given or "abs_tol" in given:  # math.isclose; its abs_tol is 0 unless given
            named = {"rel_tol"}
        # pytest.approx drops its relative tolerance once an absolute one is given.
        missing = set() if name == "approx" and given & named else named - given
        if missing and None not in given:
            yield node.lineno, f"{name} falls back on its default {' and '.join(sorted(missing))}"
        for keyword in node.keywords:
            if name == "approx" and keyword.arg in named and literal(keyword.value):
                yield node.lineno, f"the tolerance {keyword.arg}={ast.unparse(keyword.value)} is typed"


def _comparison(node: ast.Compare) -> Iterator[tuple[int, str]]:
    sides = [node.left, *node.comparators]
    for left, operator, right in zip(sides, node.ops, sides[1:], strict=False):
        if not isinstance(operator, (ast.Lt, ast.LtE, ast.Gt, ast.GtE)):
            continue
        for number, other in ((right, left), (left, right)):
            value = literal(number)
            sized = _called(other) in _SIZES
            if value and not literal(other) and (abs(value) <= SMALL or (sized and isinstance(value, float))):
                yield node.lineno, f"the comparison {ast.unparse(node)} has a typed tolerance"


def _defaults(node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda) -> Iterator[tuple[int, str]]:
    arguments = node.args
    plain = [*arguments.posonlyargs, *arguments.args]
    pairs = [*zip(plain[len(plain) - len(arguments.defaults) :], arguments.defaults, strict=True)]
    pairs += [(a, d) for a, d in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True) if d is not None]
    for argument, default in pairs:
        if _NAME.search(argument.arg) and literal(default):
            yield node.lineno, f"the tolerance {argument.arg}={ast.unparse(default)} is typed"


def _called(node: ast.AST) -> str:
    if not isinstance(node, ast.Call):
        return ""
    return node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")


def literal(node: ast.AST) -> float | int | None:
    """The value of an expression made of number literals alone; None for any other, and for one too large to
    compute.
    """
    if isinstance(node, ast.Constant):
        number = isinstance(node.value, (int, float)) and not isinstance(node.value, bool)
        return node.value if number else None
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, (ast.USub, ast.UAdd)):
        value = literal(node.operand)
        return None if value is None else -value if isinstance(node.op, ast.USub) else value
    if isinstance(node, ast.Call) and _called(node) == "float" and len(node.args) == 1:
        return literal(node.args[0])
    if isinstance(node, ast.BinOp):
        left, right = literal(node.left), literal(node.right)
        if left is None or right is None:
            return None
        try:
            if isinstance(node.op, ast.Pow):
                return left**right if abs(right) <= 400 else None
            if isinstance(node.op, ast.Mult):
                return left * right
            if isinstance(node.op, ast.Div):
                return left / right
            if isinstance(node.op, ast.Add):
                return left + right
            if isinstance(node.op, ast.Sub):
                return left - right
        except (ArithmeticError, TypeError):
            return None
    return None
