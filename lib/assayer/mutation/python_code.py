"""Mutants of Python: one operator, comparison, constant, index, call or return of a module changed in its text.

The text of the file is kept and one place in it replaced, so that a survivor shows as a one-line diff. What no check
of values can notice is left alone: docstrings, annotations, messages of errors, imports, ``__all__``.
"""

from __future__ import annotations

import ast
import copy
import difflib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from types import CodeType
from typing import Any

ARITHMETIC: dict[type[ast.operator], tuple[type[ast.operator], ...]] = {
    ast.Add: (ast.Sub,),
    ast.Sub: (ast.Add,),
    ast.Mult: (ast.Add,),
    ast.Div: (ast.Mult,),
    ast.FloorDiv: (ast.Mult,),
    ast.Mod: (ast.FloorDiv,),
    ast.Pow: (ast.Mult,),
    ast.LShift: (ast.RShift,),
    ast.RShift: (ast.LShift,),
    ast.BitAnd: (ast.BitOr,),
    ast.BitOr: (ast.BitAnd,),
    ast.BitXor: (ast.BitAnd,),
    ast.MatMult: (ast.Mult,),
}
COMPARISONS: dict[type[ast.cmpop], tuple[type[ast.cmpop], ...]] = {
    ast.Lt: (ast.LtE, ast.GtE),
    ast.LtE: (ast.Lt, ast.Gt),
    ast.Gt: (ast.GtE, ast.LtE),
    ast.GtE: (ast.Gt, ast.Lt),
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
}
CALLS = {"min": "max", "max": "min", "any": "all", "all": "any", "floor": "ceil", "ceil": "floor", "minimum": "maximum"}
_SKIPPED = (ast.Import, ast.ImportFrom, ast.Raise, ast.JoinedStr, ast.AnnAssign, ast.Assert)


@dataclass(frozen=True)
class CodeMutant:
    """A module with one place changed.

    Attributes:
        module: its full name.
        function: where the place is, ``Class.method`` or "" at the top of the module.
        line: counted from 1.
        kind: arithmetic, comparison, constant, boolean, call, index or return.
        source: the whole changed text.
        diff: the changed lines, with - and +.
    """

    module: str
    function: str
    line: int
    kind: str
    source: str
    diff: str

    @property
    def place(self) -> str:
        """``near_product.scan.minimize, line 52``."""
        return f"{self.module.removeprefix('assayer.results.')}.{self.function or '(module)'}, line {self.line}"


def code_mutants(module: str, source: str) -> tuple[CodeMutant, ...]:
    """Every mutant of a module's text, in the order of the text; each compiles, and no two are the same program.

    Raises:
        SyntaxError: where the text is not Python.
    """
    return _mutants(module, source)[0]


def equivalents(module: str, source: str) -> int:
    """How many changes were left out because they leave the same program; see :func:`program`."""
    return _mutants(module, source)[1]


@lru_cache(maxsize=64)
def _mutants(module: str, source: str) -> tuple[tuple[CodeMutant, ...], int]:
    tree = ast.parse(source)
    found, original, same = [], program(source), 0
    seen = {original}
    for node, function in _places(tree, ""):
        for kind, new in _changes(node):
            changed = _spliced(source, node, ast.unparse(ast.fix_missing_locations(new)), isinstance(new, ast.expr))
            try:
                shape = program(changed)
            except SyntaxError:
                continue  # a place where Python wants a literal
            same += shape == original
            if shape not in seen:
                seen.add(shape)
                found.append(CodeMutant(module, function, node.lineno, kind, changed, _diff(source, changed)))
    return tuple(found), same


def program(source: str) -> tuple[Any, ...]:
    """What Python makes of a text, without names of files and numbers of lines: equal for equivalent spellings.

    Constants are folded and what nothing reaches is gone; ``a > b`` is read as ``b < a``, ``x - (-1)`` as ``x + 1``;
    docstrings and annotations count for nothing.
    """
    tree = _Normal().visit(ast.parse(source))
    return _shape(compile(ast.fix_missing_locations(tree), "", "exec", dont_inherit=True, optimize=2))


def _shape(code: CodeType) -> tuple[Any, ...]:
    constants = tuple(_shape(c) if isinstance(c, CodeType) else (type(c).__name__, repr(c)) for c in code.co_consts)
    names = (code.co_name, code.co_names, code.co_varnames, code.co_freevars, code.co_cellvars)
    return (code.co_code, constants, names, code.co_argcount, code.co_kwonlyargcount, code.co_flags)


class _Normal(ast.NodeTransformer):
    """Equal trees for a few spellings of the same thing."""

    def visit_Compare(self, node: ast.Compare) -> ast.AST:
        self.generic_visit(node)
        mirrored = {ast.Gt: ast.Lt, ast.GtE: ast.LtE}.get(type(node.ops[0]))
        if len(node.ops) == 1 and mirrored is not None and all(map(_plain, (node.left, node.comparators[0]))):
            return ast.Compare(node.comparators[0], [mirrored()], [node.left])
        return node

    def visit_BinOp(self, node: ast.BinOp) -> ast.AST:
        self.generic_visit(node)
        turned = {ast.Add: ast.Sub, ast.Sub: ast.Add}.get(type(node.op))
        right = node.right
        if turned and isinstance(right, ast.UnaryOp) and isinstance(right.op, ast.USub) and _is_number(right.operand):
            return ast.BinOp(node.left, turned(), right.operand)
        return node

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        self.generic_visit(node)
        node.returns = None
        return node

    def visit_arg(self, node: ast.arg) -> ast.AST:
        node.annotation = None
        return node

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AST:
        self.generic_visit(node)
        node.annotation = ast.Constant(None)
        return node


def _is_number(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and type(node.value) in (int, float)


def _plain(node: ast.AST) -> bool:
    """Whether the order in which it is evaluated cannot matter."""
    return all(
        isinstance(n, (ast.Name, ast.Constant, ast.BinOp, ast.UnaryOp, ast.operator, ast.unaryop, ast.Load))
        for n in ast.walk(node)
    )


def _places(node: ast.AST, function: str) -> Iterator[tuple[ast.expr | ast.stmt, str]]:
    if isinstance(node, _SKIPPED) or _is_docstring(node) or _is_type_checking(node) or _names_exports(node):
        return
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        function = f"{function}.{node.name}" if function else node.name
    if isinstance(node, (ast.expr, ast.stmt)):
        yield node, function
    for name, field in ast.iter_fields(node):
        if name in ("annotation", "returns", "decorator_list", "type_params", "bases"):
            continue
        for child in field if isinstance(field, list) else [field]:
            if isinstance(child, ast.AST):
                yield from _places(child, function)


def _is_docstring(node: ast.AST) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)


def _is_type_checking(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"


def _names_exports(node: ast.AST) -> bool:
    return isinstance(node, ast.Assign) and any(isinstance(t, ast.Name) and t.id == "__all__" for t in node.targets)


def _changes(node: ast.expr | ast.stmt) -> Iterator[tuple[str, ast.expr | ast.stmt]]:
    match node:
        case ast.BinOp() | ast.AugAssign():
            for other in ARITHMETIC.get(type(node.op), ()):
                yield "arithmetic", _with(node, op=other())
        case ast.UnaryOp(op=ast.USub() | ast.Not()):
            yield "boolean" if isinstance(node.op, ast.Not) else "arithmetic", node.operand
        case ast.Compare():
            for place, op in enumerate(node.ops):
                for other in COMPARISONS.get(type(op), ()):
                    yield "comparison", _with(node, ops=[*node.ops[:place], other(), *node.ops[place + 1 :]])
        case ast.BoolOp():
            yield "boolean", _with(node, op=ast.Or() if isinstance(node.op, ast.And) else ast.And())
        case ast.Constant(value=bool() as truth):
            yield "constant", ast.Constant(not truth)
        case ast.Constant(value=int() | float() as number):
            yield from (("constant", ast.Constant(number + shift)) for shift in (1, -1))
        case ast.IfExp():
            yield "boolean", _with(node, test=ast.UnaryOp(ast.Not(), node.test))
        case ast.Call(func=ast.Name(id=name)) if name in CALLS:
            yield "call", _with(node, func=ast.Name(CALLS[name], ast.Load()))
        case ast.Call(func=ast.Attribute(attr=name)) if name in CALLS:
            yield "call", _with(node, func=_with(node.func, attr=CALLS[name]))
        case ast.Subscript():
            yield from (("index", _with(node, slice=new)) for new in _shifted(node.slice))
        case ast.Return(value=ast.expr()):
            yield "return", ast.Return(ast.Constant(None))


def _shifted(index: ast.expr) -> Iterator[ast.expr]:
    """An index moved by one, a slice without one of its ends; a constant index is changed as a constant."""
    if isinstance(index, ast.Slice):
        yield from (_with(index, **{end: None}) for end in ("lower", "upper", "step") if getattr(index, end))
    elif not isinstance(index, (ast.Constant, ast.Tuple)):
        yield ast.BinOp(index, ast.Add(), ast.Constant(1))


def _with(node: ast.AST, **fields: object) -> ast.AST:
    new = copy.copy(node)
    for name, value in fields.items():
        setattr(new, name, value)
    return new


def _spliced(source: str, node: ast.expr | ast.stmt, text: str, expression: bool) -> str:
    lines = source.encode().splitlines(keepends=True)  # columns count bytes
    before = b"".join(lines[: node.lineno - 1]) + lines[node.lineno - 1][: node.col_offset]
    last = (node.end_lineno or node.lineno) - 1
    after = lines[last][node.end_col_offset :] + b"".join(lines[last + 1 :])
    plain = text.isidentifier() or text.replace(".", "", 1).isdigit() or not expression
    return (before + (text if plain else f"({text})").encode() + after).decode()


def _diff(old: str, new: str) -> str:
    lines = difflib.unified_diff(old.splitlines(), new.splitlines(), n=0, lineterm="")
    return "\n".join(line for line in lines if not line.startswith(("---", "+++", "@@")))
