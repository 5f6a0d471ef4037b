"""What validation costs: nbval over each chapter, beside the floor (the same cells as one bare script).

    python benchmarks/validation.py [--runs 3] [NOTEBOOK ...]

Both run in turn, so that a machine whose speed drifts is fair to both; the medians and their ratio are printed.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ENVIRONMENT = {**os.environ, "ASSAYER_QUIET": "1", "OMP_WAIT_POLICY": "PASSIVE", "MPLBACKEND": "agg"}


def script(notebook: Path) -> str:
    """The code cells of a notebook, in order, as one Python script."""
    cells = json.loads(notebook.read_text("utf-8"))["cells"]
    return "\n\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "code")


def seconds(command: Sequence[str], folder: Path) -> float:
    """Wall seconds of a command; it must succeed."""
    begin = time.perf_counter()
    done = subprocess.run(command, cwd=folder, env=ENVIRONMENT, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{' '.join(command)} failed:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    return time.perf_counter() - begin


def compare(notebook: Path, runs: int) -> tuple[float, float]:
    """Median seconds of the bare script and of nbval for one notebook, run in turn."""
    bare, validated = [], []
    with tempfile.TemporaryDirectory() as empty:
        file = Path(empty) / "cells.py"
        file.write_text(script(notebook), "utf-8")
        for _ in range(runs):
            bare.append(seconds([sys.executable, str(file)], Path(empty)))
            nbval = [sys.executable, "-m", "pytest", "-q", "--nbval", "--nbval-current-env", str(notebook)]
            validated.append(seconds(nbval, ROOT))
    return statistics.median(bare), statistics.median(validated)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("notebooks", nargs="*", type=Path, metavar="NOTEBOOK")
    parser.add_argument("--runs", type=int, default=3)
    options = parser.parse_args()
    notebooks = [n.resolve() for n in options.notebooks] or sorted((ROOT / "chapters").rglob("*.ipynb"))
    if missing := [n for n in notebooks if not n.is_file()]:
        parser.error(f"no such notebook: {missing[0]}")
    if options.runs < 1:
        parser.error(f"--runs must be at least 1, not {options.runs}")
    print(f"Python {platform.python_version()}, {os.cpu_count()} cores, median of {options.runs} runs")
    print(f"{'notebook':<32} {'bare script':>12} {'nbval':>9} {'ratio':>7}")
    for notebook in notebooks:
        bare, validated = compare(notebook, options.runs)
        print(f"{notebook.stem:<32} {bare:>10.1f} s {validated:>7.1f} s {validated / bare:>7.2f}")


if __name__ == "__main__":
    main()
