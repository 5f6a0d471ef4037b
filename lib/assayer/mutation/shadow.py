"""``python -m assayer.mutation.shadow NOTEBOOK``: run a chapter again and again, each time with another helper module.

The cells before the first one that imports the chapter's helpers run once. For each request (a line of JSON with
``module`` and ``source``) the process forks; the child serves the given text in the place of that module, runs the
remaining cells and says which of them objected first. A request without a module runs the chapter as it is: what its
cells print and show then is what a mutant's are compared with, and what they take is what its clock is made from.
"""

from __future__ import annotations

import ast
import contextlib
import importlib
import io
import json
import os
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import FrameType
from typing import Any, TextIO

from assayer.mutation.cells import runnable
from assayer.mutation.serving import WALL, allowed, clock, forked, serve
from assayer.notebooks.notebook import Cell, read

HELPERS = "assayer.results"
COMPARED_BY_NOBODY = "nbval-ignore-output"
FIRST_RUN = 1800.0


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


@contextlib.contextmanager
def called() -> Iterator[set[str]]:
    """The helper functions that are called inside the block, as ``module:function``."""
    found: set[str] = set()

    def listen(frame: FrameType, event: str, argument: object) -> None:
        module = frame.f_globals.get("__name__", "")
        if isinstance(module, str) and module.startswith(HELPERS):
            found.add(f"{module}:{frame.f_code.co_qualname.replace('.<locals>', '')}")

    sys.settrace(listen)
    threading.settrace(listen)
    try:
        yield found
    finally:
        sys.settrace(None)
        threading.settrace(None)  # type: ignore[arg-type]


class Runner:
    """The chapter, run up to its first helper."""

    def __init__(self, path: str) -> None:
        before, self.rest = split(runnable(read(path)))
        self.names: dict[str, Any] = {"__name__": "__main__"}
        self.reference: list[str | None] | None = None
        self.seconds: list[float] | None = None
        for name in imports(cell.source for cell in self.rest):
            with contextlib.suppress(Exception):
                importlib.import_module(name)
        _listen_to_display()
        for cell in before:
            run_cell(cell, self.names)
        refuse_loaded()

    def answer(self, asked: dict[str, Any]) -> dict[str, Any]:
        """Run the rest in a child of this process; stop at the first cell that raises, or whose text is another.

        ``killed`` is "check" (a check of the chapter), "error" (anything else that raises), "output", "time" or "".
        A run without a module says which functions of helpers were ``called``, where that is asked for.
        """
        module = asked.get("module")
        wall = FIRST_RUN if self.seconds is None else WALL * sum(map(allowed, self.seconds))

        def run(pipe: TextIO) -> None:
            serve(module, asked.get("source", ""))
            with called() if asked.get("trace") else contextlib.nullcontext(set()) as found:
                self._run(pipe, module is not None)
            print(json.dumps({"called": sorted(found)}), file=pipe)

        began = time.monotonic()
        ended = forked(run, wall)
        said = [json.loads(line) for line in ended.lines]
        lost = [line for line in said if "killed" in line]
        cells = [line for line in said if "text" in line]
        if not lost and ended.how != "done":
            here = self.rest[len(cells)].index if len(cells) < len(self.rest) else None
            killed = "time" if ended.how == "time" else "error"
            lost = [{"killed": killed, "cell": here, "why": "not done in its time" if killed == "time" else "died"}]
        if lost:
            return lost[0]
        if module is None:
            # What differs between two runs of the same code is no evidence.
            texts = [line["text"] for line in cells]
            agreed = self.reference or texts
            self.reference = [a if a == b else None for a, b in zip(agreed, texts, strict=True)]
            if not asked.get("trace"):  # which takes its time
                self.seconds = [line["seconds"] for line in cells]
        return {"killed": "", "seconds": time.monotonic() - began, **said[-1]}

    def _run(self, pipe: TextIO, mutated: bool) -> None:
        for place, cell in enumerate(self.rest):
            if mutated and self.seconds is not None:
                clock(allowed(self.seconds[place]))
            began = time.process_time()
            try:
                text = run_cell(cell, self.names)
            except BaseException as reason:
                by = "check" if type(reason).__name__ == "CheckFailed" else "error"
                why = f"{type(reason).__name__}: {str(reason)[:200]}"
                print(json.dumps({"killed": by, "cell": cell.index, "why": why}), file=pipe)
                return
            expected = self.reference[place] if mutated and self.reference is not None else None
            if expected is not None and COMPARED_BY_NOBODY not in cell.tags and text != expected:
                why = "another output than without the change"
                print(json.dumps({"killed": "output", "cell": cell.index, "why": why}), file=pipe)
                return
            said = {"text": "" if mutated else text, "seconds": time.process_time() - began}
            print(json.dumps(said), file=pipe)


def imports(sources: Iterator[str]) -> list[str]:
    """The modules that some Python imports, without helpers: loaded once, before any fork."""
    found: dict[str, None] = {}
    for source in sources:
        for node in ast.walk(ast.parse(source)):
            if isinstance(node, ast.Import):
                found |= dict.fromkeys(alias.name for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                found[node.module] = None
    return [name for name in found if not name.startswith(HELPERS)]


def refuse_loaded() -> None:
    """A helper that is loaded already cannot be given another text.

    Raises:
        RuntimeError: naming it.
    """
    loaded = sorted(m for m in sys.modules if m.startswith(f"{HELPERS}."))
    if loaded:
        raise RuntimeError(f"{loaded[0]} is loaded before the first cell that imports a helper")


def answer_all(make: Any, title: str) -> int:
    """Answer requests with what ``make()`` makes, until the input ends."""
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "w", buffering=1)
    with open(os.devnull, "w") as nowhere:
        os.dup2(nowhere.fileno(), sys.stdout.fileno())  # what cells and tests print must not stand among the answers
    try:
        server = make()
    except Exception as reason:
        print(json.dumps({"failed": f"{title}: {type(reason).__name__}: {reason}"}), file=answers)
        return 1
    print(json.dumps({"ready": True}), file=answers)
    for line in sys.stdin:
        print(json.dumps(server.answer(json.loads(line))), file=answers)
    return 0


def main(arguments: Sequence[str] | None = None) -> int:
    """Answer requests until the input ends."""
    (path,) = sys.argv[1:] if arguments is None else arguments
    return answer_all(lambda: Runner(path), Path(path).name)


if __name__ == "__main__":
    raise SystemExit(main())
