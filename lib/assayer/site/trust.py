"""What a reader has to trust, measured when the site is built: the trusted base, versions, shares, scores.

The sources of the checker are read as text and never imported.
"""

from __future__ import annotations

import ast
import io
import platform
import tokenize
from collections import Counter
from dataclasses import dataclass
from functools import cache
from html import escape
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path

from assayer.claims.records import STATUSES, Book
from assayer.site import scores
from assayer.site.errors import SiteError
from assayer.site.markup import status, table

BASE = "assayer.derivation.trusted"
CORE = ("theorem", "rules", "rules.combination", "rules.reduction", "rules.cut")
"""Where every proof passes; what these modules import is in the core as well."""
PACKAGES = ("sympy", "python-flint", "z3-solver", "clarabel")
_SILENT = {tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER}


@dataclass(frozen=True)
class Module:
    """A module of the trusted base.

    Attributes:
        name: within the base, such as ``rules.cases``.
        purpose: the first line of its docstring.
        code: lines that hold code: neither blank nor comment nor docstring.
        needs: the modules of the base that it imports.
        kernels: the words that its evidence shows on a page.
    """

    name: str
    purpose: str
    code: int
    needs: frozenset[str]
    kernels: tuple[str, ...]


@cache
def base() -> dict[str, Module]:
    """The modules of the trusted base, by name.

    Raises:
        SiteError: where the sources cannot be read.
    """
    return {name: _module(name, source) for name, source in _sources().items()}


@cache
def _sources() -> dict[str, str]:
    """The text of each module of the trusted base, by name."""
    spec = find_spec("assayer")
    folders = [Path(place) / "derivation" / "trusted" for place in (spec and spec.submodule_search_locations) or ()]
    root = next((folder for folder in folders if folder.is_dir()), None)
    if root is None:
        raise SiteError("the sources of assayer.derivation.trusted are not here: install the project with its sources")
    return {
        ".".join(path.relative_to(root).with_suffix("").parts).removesuffix("__init__").rstrip("."): path.read_text(
            encoding="utf-8"
        )
        for path in sorted(root.rglob("*.py"))
    }


def _module(name: str, source: str) -> Module:
    tree = ast.parse(source)
    imported = {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.module}
    inside = {one.removeprefix(BASE).lstrip(".") for one in imported if one == BASE or one.startswith(BASE + ".")}
    words = [
        node.value.value
        for node in ast.walk(tree)
        if isinstance(node, ast.AnnAssign)
        and isinstance(node.target, ast.Name)
        and node.target.id == "kernel"
        and isinstance(node.value, ast.Constant)
        and node.value.value
    ]
    purpose = (ast.get_docstring(tree) or "").split("\n", 1)[0]
    return Module(name, purpose, code_lines(source), frozenset(inside), tuple(words))


def code_lines(source: str) -> int:
    """How many lines hold code: blank lines, comments and docstrings are not counted."""
    documented: set[int] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)) and node.body:
            first = node.body[0]
            if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant):
                documented |= set(range(first.lineno, (first.end_lineno or first.lineno) + 1))
    held: set[int] = set()
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type not in _SILENT:
            held |= set(range(token.start[0], token.end[0] + 1))
    return len(held - documented)


def closure(names: tuple[str, ...]) -> set[str]:
    """The modules named and everything in the base that they import, however far."""
    modules, reached, waiting = base(), set(), [name for name in names if name in base()]
    while waiting:
        name = waiting.pop()
        if name not in reached:
            reached.add(name)
            # ``rules`` lists the kinds of evidence: a kind rests on its own module, not on the list.
            waiting += [one for one in modules[name].needs if one in modules] if name not in ("", "rules") else []
    return reached


def lines_of(names: set[str]) -> int:
    return sum(base()[name].code for name in names)


PARTS = ("base", "kernels", "versions", "shares", "traps", "mutants")
"""What the trust page can show."""


def part(name: str, book: Book, root: Path) -> str:
    """One of `PARTS`, as HTML; ``root`` is the folder of the book, where ``benchmarks/`` holds what was measured."""
    drawings = {
        "base": _base,
        "kernels": _kernels,
        "versions": _versions,
        "shares": lambda: _shares(book),
        "traps": lambda: scores.traps(root),
        "mutants": lambda: scores.mutants(root),
    }
    if name not in drawings:
        raise SiteError(f"the trust page has no part {name!r}; it has {', '.join(PARTS)}")
    return f'<div class="ay-ledger">{drawings[name]()}</div>'


def _base() -> str:
    core = closure(CORE)
    rest = set(base()) - core
    rows = [
        (f"<code>{escape(module.name or 'trusted')}</code>", escape(module.purpose), str(module.code), where)
        for group, where in ((core, "every step"), (rest, "steps that name it"))
        for module in sorted((base()[name] for name in group), key=lambda m: m.name)
        if module.code
    ]
    rows.append(("<b>the core</b>", "what every step rests on", f"<b>{lines_of(core)}</b>", ""))
    rows.append(("<b>all</b>", "", f"<b>{lines_of(set(base()))}</b>", ""))
    return table("The trusted base, in lines of code", ("Module", "Purpose", "Lines", "Trusted by"), rows)


def _kernels() -> str:
    """For each kernel, how much code a step of its kind rests on."""
    core = closure(CORE)
    rows = []
    for module in base().values():
        for word in module.kernels:
            beyond = closure((module.name,)) - core
            names = ", ".join(f"<code>{escape(name)}</code>" for name in sorted(beyond))
            rows.append((escape(word), str(lines_of(core | beyond)), names or "–"))
    head = ("Kernel", "Lines it rests on", "Beyond the core")
    return table("What a step rests on, by the kernel that proved it", head, sorted(rows))


def _versions() -> str:
    rows = [("Python", escape(platform.python_version()))]
    for package in ("assayer", *PACKAGES):
        try:
            rows.append((escape(package), escape(version(package))))
        except PackageNotFoundError:
            rows.append((escape(package), "not installed"))
    return table("What this site was built with", ("Package", "Version"), rows)


def _shares(book: Book) -> str:
    steps = [
        step for chapter in book.chapters for _, record in chapter.of_kind("derivation") for step in record["steps"]
    ]
    if not steps:
        raise SiteError("no chapter holds a derivation: there is nothing to count")
    count = Counter(step["status"] for step in steps)
    rows = [
        (status(word), str(count[word]), f"{100 * count[word] / len(steps):.1f} %") for word in STATUSES if count[word]
    ]
    believed = sum("z3" in step["kernel"].split(", ") for step in steps)
    rows.append(("of these, resting on z3's word", str(believed), f"{100 * believed / len(steps):.1f} %"))
    return table(f"The {len(steps)} steps of the book's derivations", ("Status", "Steps", "Share"), rows)


def fingerprint(root: Path) -> str:
    """A text that changes when what the page shows has changed, other than the records."""
    stored = [
        (root / name).read_text(encoding="utf-8") for name in (scores.TRAPS, scores.MUTANTS) if (root / name).exists()
    ]
    return repr((sorted(_sources().items()), stored))
