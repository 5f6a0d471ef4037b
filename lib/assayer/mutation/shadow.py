"""``python -m assayer.mutation.shadow NOTEBOOK``: run a chapter again and again, each time with another helper module.

The cells before the first one that imports the chapter's helpers run once. For each request (a line of JSON with
``module``, ``source``, ``seconds``) the process forks; the child serves the given text in the place of that module,
runs the remaining cells and says which of them objected. Nothing is written to the tree. A request without a module
runs the chapter as it is: what its cells print and show then is what a mutant's are compared with.
"""

from __future__ import annotations

import ast
import contextlib
import importlib
import importlib.abc
import importlib.machinery
import io
import json
import os
import select
import signal
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

from assayer.mutation.cells import runnable
from assayer.notebooks.notebook import Cell, read

HELPERS = "assayer.results"
COMPARED_BY_NOBODY = "nbval-ignore-output"


class Served(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Gives one module another text."""

    def __init__(self, module: str, source: str) -> None:
        self.module = module
        self.source = source

    def find_spec(self, name: str, path: object = None, target: object = None) -> importlib.machinery.ModuleSpec | None:
        """The module's specification, for its name alone."""
        return importlib.machinery.ModuleSpec(name, self, origin=f"a mutant of {name}") if name == self.module else None

    def exec_module(self, module: ModuleType) -> None:
        """Run the text."""
        exec(compile(self.source, f"<{self.module}>", "exec"), vars(module))


def split(cells: Sequence[Cell]) -> tuple[list[Cell], list[Cell]]:
    """The cells before the first that imports a helper, and the rest."""
    first = next((k for k, cell in enumerate(cells) if HELPERS in cell.source), len(cells))
    return list(cells[:first]), list(cells[first:])


def run_cell(cell: Cell, names: dict[str, Any]) -> str:
    """Run a cell; return what it prints and the text of its last expression."""
    tree = compile(cell.source, f"cell {cell.index}", "exec", ast.PyCF_ONLY_AST)
    last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(tree, f"cell {cell.index}", "exec"), names)
        shown = eval(compile(ast.Expression(last.value), f"cell {cell.index}", "eval"), names) if last else None
        # Inside the block: a picture may be drawn only now.
        text = "" if shown is None else displayed(shown)
    return printed.getvalue() + text


def displayed(value: Any) -> str:
    """What a page would show of a value: its MIME bundle, pictures too, or its text."""
    bundle = getattr(value, "_repr_mimebundle_", None)
    if bundle is None:
        return repr(value)
    found = bundle()
    return json.dumps(found[0] if isinstance(found, tuple) else found, sort_keys=True, default=repr)


def _listen_to_display() -> None:
    """``IPython.display.display`` prints what a page would show, instead of the name of an object."""
    with contextlib.suppress(ImportError):
        module = importlib.import_module("IPython.display")
        module.display = lambda *values, **words: print(*map(displayed, values))


def run_rest(cells: Sequence[Cell], names: dict[str, Any], reference: Sequence[str | None] | None) -> dict[str, Any]:
    """Run the cells; stop at the first that raises or whose text is not the reference's.

    ``killed`` is "check" (a check of the chapter), "error" (anything else that raises), "output" or "".
    """
    texts: list[str] = []
    for place, cell in enumerate(cells):
        try:
            texts.append(run_cell(cell, names))
        except BaseException as reason:
            by = "check" if type(reason).__name__ == "CheckFailed" else "error"
            return {"killed": by, "cell": cell.index, "why": f"{type(reason).__name__}: {str(reason)[:200]}"}
        expected = None if reference is None else reference[place]
        if expected is not None and COMPARED_BY_NOBODY not in cell.tags and texts[-1] != expected:
            return {"killed": "output", "cell": cell.index, "why": "another output than the stored one"}
    return {"killed": "", "texts": texts}


class Runner:
    """The chapter, run up to its first helper."""

    def __init__(self, path: str) -> None:
        before, self.rest = split(runnable(read(path)))
        self.names: dict[str, Any] = {"__name__": "__main__"}
        self.reference: list[str | None] | None = None
        for name in _imports(self.rest):
            with contextlib.suppress(Exception):
                importlib.import_module(name)
        _listen_to_display()
        for cell in before:
            run_cell(cell, self.names)
        loaded = sorted(m for m in sys.modules if m.startswith(f"{HELPERS}."))
        if loaded:
            raise RuntimeError(f"{loaded[0]} is loaded before the first cell that imports a helper")

    def answer(self, asked: dict[str, Any]) -> dict[str, Any]:
        """Run the rest in a child of this process."""
        module = asked.get("module")
        began = time.monotonic()
        found = self._forked(module, asked.get("source", ""), float(asked["seconds"]))
        texts = found.pop("texts", None)
        if module is None and texts is not None:
            # What differs between two runs of the same code is no evidence.
            agreed = self.reference or texts
            self.reference = [a if a == b else None for a, b in zip(agreed, texts, strict=True)]
        return found | {"seconds": time.monotonic() - began}

    def _forked(self, module: str | None, source: str, seconds: float) -> dict[str, Any]:
        reading, writing = os.pipe()
        child = os.fork()
        if child == 0:
            os.setpgid(0, 0)
            os.close(reading)
            try:
                if module is not None:
                    sys.meta_path.insert(0, Served(module, source))
                found = run_rest(self.rest, self.names, self.reference if module is not None else None)
                with os.fdopen(writing, "w") as pipe:
                    json.dump(found, pipe)
            finally:
                os._exit(0)
        os.close(writing)
        text, finish = b"", time.monotonic() + seconds
        while ready := select.select([reading], [], [], max(0.0, finish - time.monotonic()))[0]:
            part = os.read(reading, 1 << 16)
            if not part:
                break
            text += part
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(child, signal.SIGKILL)
        with contextlib.suppress(ProcessLookupError):
            os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        os.close(reading)
        if not ready:
            return {"killed": "time", "cell": None, "why": f"not done after {seconds:.0f} s"}
        return json.loads(text) if text else {"killed": "error", "cell": None, "why": "the process died"}


def _imports(cells: Sequence[Cell]) -> list[str]:
    """The modules that the cells import, without helpers: loaded once, before any fork."""
    found: dict[str, None] = {}
    for cell in cells:
        for node in ast.walk(ast.parse(cell.source)):
            if isinstance(node, ast.Import):
                found |= dict.fromkeys(alias.name for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                found[node.module] = None
    return [name for name in found if not name.startswith(HELPERS)]


def main(arguments: Sequence[str] | None = None) -> int:
    """Answer requests until the input ends."""
    (path,) = sys.argv[1:] if arguments is None else arguments
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "w", buffering=1)
    with open(os.devnull, "w") as nowhere:
        os.dup2(nowhere.fileno(), sys.stdout.fileno())  # what cells print must not stand among the answers
    try:
        runner = Runner(path)
    except Exception as reason:
        print(json.dumps({"failed": f"{Path(path).name}: {type(reason).__name__}: {reason}"}), file=answers)
        return 1
    print(json.dumps({"ready": len(runner.rest)}), file=answers)
    for line in sys.stdin:
        print(json.dumps(runner.answer(json.loads(line))), file=answers)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
