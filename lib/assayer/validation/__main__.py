"""``python -m assayer.validation [PATH ...] [--all] [--kernels auto|forked|ordinary] [--jobs 2]``.

Exit status: 0 all well, 1 a cell failed, 2 a wrong call or a setting that is missing, 130 stopped by Ctrl-C; others
are pytest's.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from importlib.metadata import entry_points
from pathlib import Path

from assayer.notebooks.check import find_notebooks, find_root, resolve
from assayer.notebooks.notebook import NotebookError
from assayer.validation.runner import AUTO, CELL_SECONDS, KERNELS, ORDINARY, Options, Run, in_ci
from assayer.validation.settings import PROVISIONER


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m assayer.validation", description="Run chapters and compare them with their stored outputs."
    )
    parser.add_argument("paths", nargs="*", metavar="PATH", help="notebooks, folders or names; all chapters if none")
    parser.add_argument("--all", action="store_true", help="run unchanged chapters too (always so where CI is set)")
    parser.add_argument(
        "--kernels", choices=KERNELS, default=AUTO, help="auto: ordinary at first in a new environment, then forked"
    )
    parser.add_argument("--jobs", type=int, default=2, help="notebooks at a time (2)")
    parser.add_argument("--cell-timeout", type=float, default=CELL_SECONDS, metavar="SECONDS")
    asked, further = parser.parse_known_args(arguments)
    if stray := [text for text in further if not text.startswith("-")]:
        parser.error(f"pytest's arguments are given as --name=value: {stray[0]}")
    if asked.jobs < 1:
        parser.error(f"--jobs must be at least 1, not {asked.jobs}")
    options = Options(asked.all or in_ci(), asked.kernels, asked.jobs, asked.cell_timeout, tuple(further))
    if options.kernels != ORDINARY and not entry_points(group="jupyter_client.kernel_provisioners", name=PROVISIONER):
        return _refused(f"this environment does not know {PROVISIONER}: make env-all installs it anew")
    try:
        root = find_root()
        paths = _paths(asked.paths, root)
        run = Run(root, paths, _say)
    except (NotebookError, OSError, ValueError) as error:
        return _refused(str(error))
    try:
        return run.validate(options)
    except KeyboardInterrupt:
        return 130


def _paths(targets: Sequence[str], root: Path) -> list[Path]:
    found: list[Path] = []
    for target in targets or [str(root / "chapters")]:
        folder = Path(target)
        found += find_notebooks(folder) if folder.is_dir() else [resolve(target, root)]
    if not found:
        raise NotebookError("there is no notebook to validate")
    return [path.resolve() for path in dict.fromkeys(found)]


def _say(text: str) -> None:
    print(f"assayer: {text}", flush=True)


def _refused(text: str) -> int:
    print(f"assayer: {text}", file=sys.stderr)
    return 2


if __name__ == "__main__":
    raise SystemExit(main())
