"""Which cells of a notebook a part of it needs: those that bind the names it reads, and theirs in turn."""

from __future__ import annotations

import symtable
from collections.abc import Iterator, Sequence

from assayer.notebooks.notebook import MEASUREMENTS, Cell, Notebook

MAKERS = {"Derivation", "Lemma"}


def runnable(notebook: Notebook) -> list[Cell]:
    """The code cells that Python can parse and whose output somebody compares."""
    return [cell for cell in notebook.code if cell.tree is not None and MEASUREMENTS not in cell.tags]


def derivations(cells: Sequence[Cell]) -> list[Cell]:
    """The cells that write derivations, with every cell that they need, in order."""
    uses = [names(cell.source) for cell in cells]
    wanted = [k for k, (read, _) in enumerate(uses) if read & MAKERS or ".theorem(" in cells[k].source]
    chosen: set[int] = set()
    while wanted:
        here = wanted.pop()
        if here not in chosen:
            chosen.add(here)
            for name in uses[here][0]:
                wanted += [k for k in range(here - 1, -1, -1) if name in uses[k][1]][:1]
    return [cells[k] for k in sorted(chosen)]


def names(source: str) -> tuple[set[str], set[str]]:
    """The names that a cell reads from the notebook, and those that it binds there."""
    top = symtable.symtable(source, "cell", "exec")
    bound = {s.get_name() for s in top.get_symbols() if s.is_assigned() or s.is_imported() or s.is_namespace()}
    read = {s.get_name() for s in top.get_symbols() if s.is_referenced()}
    for table in _nested(top):
        read |= {s.get_name() for s in table.get_symbols() if s.is_global() and s.is_referenced()}
    return read, bound


def _nested(table: symtable.SymbolTable) -> Iterator[symtable.SymbolTable]:
    for child in table.get_children():
        yield child
        yield from _nested(child)
