"""All rules together, for one notebook or for the book."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from pathlib import Path

from assayer.notebooks import contract, manifest, numerals, structure, tolerances
from assayer.notebooks.notebook import Finding, Notebook, NotebookError, read

BIBLIOGRAPHY = "references.bib"


def find_root(start: Path | None = None) -> Path:
    """The folder that holds ``chapters/``: `start` (default: the current one) or the nearest above it.

    Raises `NotebookError` when there is none.
    """
    start = (start or Path.cwd()).resolve()
    for folder in (start, *start.parents):
        if (folder / "chapters").is_dir() and (folder / "_toc.yml").is_file():
            return folder
    raise NotebookError(f"{start} is not in the book: no folder above it holds chapters/ and _toc.yml")


def find_notebooks(folder: str | Path) -> list[Path]:
    """Every notebook under `folder`, in order of name; the checkpoints that Jupyter leaves are passed over."""
    found = Path(folder).rglob("*.ipynb")
    return sorted(path for path in found if not any(part.startswith((".", "_build")) for part in path.parts[-4:-1]))


def resolve(target: str | Path, root: Path) -> Path:
    """The notebook that `target` names: a path, ``part/name`` under chapters/, or the name alone.

    Raises `NotebookError` with the names that exist.
    """
    text = str(target)
    path = Path(text)
    if path.is_file():
        return path.resolve()
    stem = text.removeprefix("chapters/").removesuffix(".ipynb")
    chapters = root / "chapters"
    direct = chapters / f"{stem}.ipynb"
    if direct.is_file():
        return direct.resolve()
    known = find_notebooks(chapters)
    named = [path for path in known if path.stem == stem]
    if len(named) == 1:
        return named[0].resolve()
    listed = ", ".join(path.relative_to(chapters).with_suffix("").as_posix() for path in known) or "none yet"
    raise NotebookError(f"no chapter is called {text!r}; there are: {listed}")


def check_notebook(notebook: Notebook, keys: set[str]) -> list[Finding]:
    """Every finding about one notebook, in the order of its cells; without outputs, those about its structure alone."""
    findings = [*structure.check(notebook)]
    if any(finding.rule == "cleared" for finding in findings):
        return findings
    findings += [
        *contract.check(notebook, keys),
        *tolerances.check(notebook),
        *numerals.check(notebook),
        *manifest.check(notebook),
    ]
    return sorted(findings, key=lambda finding: -1 if finding.cell is None else finding.cell)


def check_book(paths: Sequence[str | Path], root: Path | None = None) -> list[Finding]:
    """Every finding about the notebooks at `paths`; names in messages are relative to `root` where it is
    given.

    Claim ids are compared with those of every other notebook under ``root/chapters``.
    """
    findings: list[Finding] = []
    notebooks = []
    for path in map(Path, paths):
        name = shown(path, root)
        try:
            notebooks.append(read(path, name))
        except NotebookError as error:
            findings.append(Finding(name, None, "format", str(error)))
    libraries: dict[Path, set[str]] = {}
    for notebook in notebooks:
        library = _bibliography_of(notebook.path, root)
        if library not in libraries:
            try:
                libraries[library] = contract.bibliography(library)
            except ValueError as error:
                libraries[library] = set()
                findings.append(Finding(shown(library, root), None, "bibliography", str(error)))
        findings += check_notebook(notebook, libraries[library])
    asked = {notebook.path.resolve() for notebook in notebooks}
    findings += [
        finding
        for finding in contract.check_ids([*_others(asked, root), *notebooks])
        if any(finding.notebook == notebook.name for notebook in notebooks)
    ]
    return findings


def shown(path: Path, root: Path | None) -> str:
    """`path` as messages name it: relative to `root` where it is inside."""
    path = Path(os.path.abspath(path))
    return path.relative_to(root).as_posix() if root and path.is_relative_to(root) else path.as_posix()


def _others(asked: Iterable[Path], root: Path | None) -> list[Notebook]:
    """The readable notebooks of the book that are not among those asked for."""
    found = []
    for path in find_notebooks(root / "chapters") if root else ():
        if path.resolve() not in set(asked):
            try:
                found.append(read(path, shown(path, root)))
            except NotebookError:
                continue  # it has its own finding when it is checked
    return found


def _bibliography_of(path: Path, root: Path | None) -> Path:
    """``references.bib`` in the notebook's folder or the nearest above it, else where the book has its own."""
    folder = Path(os.path.abspath(path)).parent
    for above in (folder, *folder.parents):
        if (above / BIBLIOGRAPHY).is_file():
            return above / BIBLIOGRAPHY
    return (root / "chapters" if root else folder) / BIBLIOGRAPHY
