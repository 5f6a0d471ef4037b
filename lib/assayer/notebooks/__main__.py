"""``python -m assayer.notebooks check [PATH ...]`` and ``... refresh PATH_OR_NAME [--accept]``.

Exit status: 0 all well, 1 findings or nothing stored, 2 a wrong call, 130 stopped by Ctrl-C.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from assayer.notebooks.check import check_book, find_notebooks, find_root, resolve, shown
from assayer.notebooks.notebook import NotebookError


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status."""
    parser = argparse.ArgumentParser(prog="python -m assayer.notebooks", description="Check or refresh the chapters.")
    commands = parser.add_subparsers(dest="command", required=True)
    check = commands.add_parser("check", help="say what is wrong with chapters, without running them")
    check.add_argument("paths", nargs="*", metavar="PATH", help="notebooks, folders or names; all chapters if none")
    refresh = commands.add_parser("refresh", help="run a chapter in a clean kernel and store its outputs")
    refresh.add_argument("target", metavar="PATH_OR_NAME", help="a notebook, or its name such as numbers/near_product")
    refresh.add_argument("--accept", action="store_true", help="accept that something in the manifest is gone")
    asked = parser.parse_args(arguments)
    try:
        return _check(asked.paths) if asked.command == "check" else _refresh(asked.target, asked.accept)
    except NotebookError as error:
        print(error, file=sys.stderr)
        return 1


def _check(targets: Sequence[str]) -> int:
    root = _root(targets)
    paths: list[Path] = []
    for target in targets or [str(root / "chapters") if root else "chapters"]:
        folder = Path(target)
        paths += find_notebooks(folder) if folder.is_dir() else [_resolve(target, root)]
    if not paths:
        print("there is no notebook to check", file=sys.stderr)
        return 1
    findings = check_book(paths, root)
    for finding in findings:
        print(finding)
    books = f"{len(paths)} notebook{'s' * (len(paths) != 1)}"
    print(f"{books}: {len(findings) or 'no'} finding{'s' * (len(findings) != 1)}", file=sys.stderr)
    return 1 if findings else 0


def _refresh(target: str, accept: bool) -> int:
    from assayer.notebooks.refresh import Interrupted, RefreshError, refresh, terminal_progress

    root = _root([target])
    path = _resolve(target, root)
    name = shown(path, root)
    try:
        done = refresh(path, name, accept=accept, progress=terminal_progress(name))
    except RefreshError as error:
        _end_line()
        print(error, file=sys.stderr)
        return 130 if isinstance(error, Interrupted) else 1
    _end_line()
    for loss in done.lost:
        print(f"{name}: accepted: {loss}")
    changed = [what for what, is_so in (("outputs", done.notebook), ("manifest", done.manifest)) if is_so]
    print(f"{name}: {done.cells} cells ran; " + (f"stored: {', '.join(changed)}" if changed else "nothing changed"))
    findings = check_book([path], root)
    for finding in findings:
        print(finding)
    if findings:
        remain = "1 finding remains" if len(findings) == 1 else f"{len(findings)} findings remain"
        print(f"{name}: stored, but {remain}", file=sys.stderr)
    return 0


def _resolve(target: str, root: Path | None) -> Path:
    path = Path(target)
    if path.is_file():
        return path
    if root is None:
        raise NotebookError(f"{target}: no such notebook, and the current folder is not in the book")
    return resolve(target, root)


def _root(targets: Sequence[str]) -> Path | None:
    """The book's root, from the current folder or else from the first target; None outside a book."""
    for start in (Path.cwd(), *(Path(target).resolve().parent for target in targets)):
        try:
            return find_root(start)
        except NotebookError:
            continue
    return None


def _end_line() -> None:
    if sys.stderr.isatty():
        print("\r\x1b[K", end="", file=sys.stderr)


if __name__ == "__main__":
    raise SystemExit(main())
