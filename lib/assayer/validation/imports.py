"""Which modules of the library a chapter depends on, read from the sources without running any.

The answer may name too many modules, never too few: imports inside functions and behind conditions count, a
package counts with each of its modules that is imported, and a module that imports by a computed name counts for
its whole package, unless the names it can compute are written out in it as strings.
"""

from __future__ import annotations

import ast
import json
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

PACKAGE = "assayer"

_BY_NAME = {"import_module", "__import__", "find_spec", "reload", "run_module", "resolve_name"}
_BY_FOLDER = {"iter_modules", "walk_packages", "spec_from_file_location", "exec_module", "run_path", "iterdir", "glob"}


class Library:
    """The modules below `folder`, which is the package `PACKAGE`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.paths: dict[str, Path] = {}
        for path in sorted(folder.rglob("*.py")):
            parts = path.relative_to(folder).with_suffix("").parts
            parts = parts[:-1] if parts[-1] == "__init__" else parts
            self.paths[".".join((PACKAGE, *parts))] = path
        self._direct = cache(self._read)

    def needed(self, sources: Iterable[str]) -> set[str]:
        """The names of all modules that code with these sources may import, directly or through others.

        A source that is no Python (a cell with a magic, say) may import anything.
        """
        open_ends: set[str] = set()
        for source in sources:
            try:
                open_ends |= self._mentioned(ast.parse(source), "")
            except (SyntaxError, ValueError):
                return set(self.paths)
        found: set[str] = set()
        while open_ends:
            name = open_ends.pop()
            found.add(name)
            open_ends |= self._direct(name) - found
        return found

    def files(self, modules: Iterable[str]) -> list[Path]:
        """The files of `modules`, and the data files that lie beside them, in order."""
        found: set[Path] = set()
        for name in modules:
            path = self.paths[name]
            found |= {path, *self._data(path.parent)}
        return sorted(found)

    @staticmethod
    def _data(folder: Path) -> Iterator[Path]:
        for entry in folder.iterdir():
            if entry.is_file() and entry.suffix not in (".py", ".pyc"):
                yield entry
            elif entry.is_dir() and entry.name != "__pycache__" and not (entry / "__init__.py").is_file():
                yield from (path for path in entry.rglob("*") if path.is_file() and path.suffix != ".pyc")

    def _read(self, name: str) -> set[str]:
        path = self.paths[name]
        package = name if path.name == "__init__.py" else name.rpartition(".")[0]
        try:
            return self._mentioned(ast.parse(path.read_bytes()), package)
        except (SyntaxError, ValueError):
            return set(self.paths)

    def _mentioned(self, tree: ast.AST, package: str) -> set[str]:
        """What code in `package` ("" for a cell) imports itself."""
        found: set[str] = set()
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                found |= self._known(alias.name for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                base = self._base(node, package)
                found |= self._known([base, *(f"{base}.{alias.name}" for alias in node.names)])
            elif isinstance(node, ast.Attribute):
                found |= self._known([ast.unparse(node)] if _root(node) == PACKAGE else [])
        return found | self._computed(tree, package)

    @staticmethod
    def _base(node: ast.ImportFrom, package: str) -> str:
        if not node.level:
            return node.module or ""
        above = package.split(".")[: len(package.split(".")) - node.level + 1]
        return ".".join([*above, *([node.module] if node.module else [])])

    def _computed(self, tree: ast.AST, package: str) -> set[str]:
        """What imports by a computed name may reach; empty where there are none."""
        calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
        by_name = [node for node in calls if _called(node) in _BY_NAME]
        by_folder = any(_called(node) in _BY_FOLDER for node in calls) and (by_name or _uses_importlib(tree))
        literal = {_first(node) for node in by_name}
        if not by_folder and None not in literal:
            return self._known(name for name in literal if name)
        strings = {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and _is_text(node)}
        written = self._known(text for text in strings if text.startswith(f"{PACKAGE}."))
        prefixes = {text.rstrip(".") for text in strings if text.startswith(f"{PACKAGE}.") and text.endswith(".")}
        found = written.union(*(self._below(prefix) for prefix in prefixes)) if prefixes else written
        computed = [node for node in by_name if _first(node) is None]
        plain = all(node.args and isinstance(node.args[0], (ast.Name, ast.Subscript)) for node in computed)
        if by_folder or not found or not (plain or prefixes):
            # A cell that computes what it imports may reach any module.
            found |= self._below(package) if package else set(self.paths)
        return found

    def _below(self, package: str) -> set[str]:
        return {name for name in self.paths if name == package or name.startswith(f"{package}.")}

    def _known(self, names: Iterable[str]) -> set[str]:
        """Those of `names` that are our modules, and the packages around them; of a longer name, its beginning."""
        found = set()
        for name in names:
            parts = name.split(".")
            found |= {known for k in range(1, len(parts) + 1) if (known := ".".join(parts[:k])) in self.paths}
        return found


def _is_text(node: ast.Constant) -> bool:
    return isinstance(node.value, str)


def _called(node: ast.Call) -> str:
    return node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")


def _first(node: ast.Call) -> str | None:
    """The literal text that is the call's first argument; None for anything else."""
    first = node.args[0] if node.args else None
    return first.value if isinstance(first, ast.Constant) and isinstance(first.value, str) else None


def _root(node: ast.AST) -> str:
    while isinstance(node, ast.Attribute):
        node = node.value
    return node.id if isinstance(node, ast.Name) else ""


def _uses_importlib(tree: ast.AST) -> bool:
    return any(
        "importlib" in (getattr(node, "module", "") or "", *(alias.name.partition(".")[0] for alias in node.names))
        for node in ast.walk(tree)
        if isinstance(node, (ast.Import, ast.ImportFrom))
    )


def cell_sources(notebook: Path) -> list[str]:
    """The sources of a notebook's code cells, in order. Raises `ValueError` for a file that is no notebook."""
    try:
        cells = json.loads(notebook.read_bytes())["cells"]
        return ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
    except (KeyError, TypeError, UnicodeDecodeError) as error:
        raise ValueError(f"{notebook} is not a notebook: {error}") from None
