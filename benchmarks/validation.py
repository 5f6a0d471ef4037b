"""What validation costs: kernels forked from one process beside ordinary nbval, nbmake and the bare-script floor.

    python benchmarks/validation.py [--counts 4 10 30] [--runs 3] [--chapters] [--json FILE]

The small notebooks are generated from a chapter: the set-up, the first derivations and the claim of `near_product`,
then a check with a falsifier and a figure, with the outputs that an ordinary kernel gives; N copies of it. With
``--chapters`` the book's own chapters are measured as well, whose work is longer than their imports. Every contender
has two processes at a time, and they take turns, so that a machine whose speed drifts is fair to all; the medians and
their ratios are printed and written, with machine and date, to ``validation.json``: wall seconds, and beside them
processor seconds, which other work on the machine disturbs less.

- bare script: the cells as one Python script each: the floor of any way that starts a process a notebook;
- nbmake: runs the cells and compares nothing (installed into a temporary folder for this);
- nbval: ordinary kernels, every output compared;
- forked: nbval with forked kernels, the start of the server included.
"""

from __future__ import annotations

import argparse
import datetime
import json
import os
import platform
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from importlib.metadata import version
from itertools import pairwise
from pathlib import Path
from typing import Any

import nbformat

from assayer.notebooks.refresh import execute
from assayer.validation import settings
from assayer.validation.handle import ForkServer

ROOT = Path(__file__).resolve().parent.parent
STORED = Path(__file__).with_suffix(".json")
SOURCE = ROOT / "chapters" / "numbers" / "near_product.ipynb"
FIRST_CELLS = 6
AT_ONCE = 2
NBMAKE = "nbmake==1.5.5"
CONTENDERS = ("bare script", "nbmake", "nbval", "forked")

NUMBERS = """import torch

from assayer import check
from assayer.lab import generator, sampling

draws = torch.rand((20_000, 4), generator=generator(12), dtype=torch.float64)
mean = check(
    "the mean of uniform draws is 1/2",
    predicted=[0.5] * 4,
    measured=draws.mean(0).tolist(),
    budget=sampling(runs=20_000, sigma=[12**-0.5] * 4, false_alarm=1e-9),
    falsifier={"the larger of two": torch.maximum(draws, draws.flip(1)).mean(0).tolist()},
)
mean"""
PICTURE = """from matplotlib.figure import Figure

from assayer.lab import figure, style

with style():
    drawing = Figure()
    axes = drawing.subplots()
    axes.plot([(k * k) % 17 for k in range(60)])
    axes.set_xlabel("k")
figure(drawing, alt="Squares modulo 17 against k.", shows="The squares modulo 17 repeat.", check=mean)"""


def small_notebook(path: Path) -> None:
    """Write the notebook that is copied, with the outputs of an ordinary kernel."""
    node = nbformat.read(SOURCE, as_version=4)
    taken = [cell for cell in node.cells if cell.cell_type == "code"][:FIRST_CELLS]
    made = [nbformat.v4.new_code_cell(source) for source in (NUMBERS, PICTURE)]
    node.cells = [*taken, *made]
    nbformat.write(execute(node, "the small notebook"), path)


def script(notebook: Path) -> str:
    """The code cells of a notebook, in order, as one Python script."""
    cells = json.loads(notebook.read_text("utf-8"))["cells"]
    return "\n\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "code")


def succeed(command: Sequence[str], folder: Path, environment: dict[str, str]) -> None:
    """Run a command; it must succeed."""
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{' '.join(command)} failed:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")


def get_nbmake(folder: Path) -> dict[str, str] | None:
    """The variables with which pytest finds nbmake, installed into `folder`; None where it cannot be had."""
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", str(folder), NBMAKE]
    if subprocess.run(command, capture_output=True, check=False).returncode:
        return None
    return {"PYTHONPATH": os.pathsep.join(filter(None, [str(folder), os.environ.get("PYTHONPATH")]))}


class Bench:
    """The contenders over a list of notebooks."""

    def __init__(self, scratch: Path, nbmake: dict[str, str] | None) -> None:
        self.scratch, self.nbmake = scratch, nbmake
        self.environment = settings.here()
        for name in (settings.SERVER, "JUPYTER_DEFAULT_PROVISIONER_NAME"):
            self.environment.pop(name, None)
        (scratch / "pytest.ini").write_text("[pytest]\n")

    def contenders(self) -> dict[str, Callable[[list[Path]], None]]:
        known = {"bare script": self.bare, "nbmake": self.make, "nbval": self.nbval, "forked": self.forked}
        return {name: known[name] for name in CONTENDERS if name != "nbmake" or self.nbmake is not None}

    def bare(self, notebooks: list[Path]) -> None:
        def one(notebook: Path) -> None:
            file = self.scratch / f"{notebook.stem}.py"
            file.write_text(script(notebook), "utf-8")
            # No window: what plt.show() would do in a kernel is not the script's matter.
            succeed([sys.executable, str(file)], self.scratch, self.environment | {"MPLBACKEND": "agg"})

        with ThreadPoolExecutor(AT_ONCE) as pool:
            list(pool.map(one, notebooks))

    def make(self, notebooks: list[Path]) -> None:
        assert self.nbmake is not None
        options = ["--nbmake", "--nbmake-timeout=600", f"--rootdir={self.scratch}"]
        self._pytest(options, notebooks, self.environment | self.nbmake)

    def nbval(self, notebooks: list[Path]) -> None:
        self._pytest(["--nbval", "--nbval-current-env"], notebooks, self.environment)

    def forked(self, notebooks: list[Path]) -> None:
        with ForkServer(self.environment) as server:
            named = {settings.SERVER: str(server.folder), "JUPYTER_DEFAULT_PROVISIONER_NAME": settings.PROVISIONER}
            self._pytest(["--nbval", "--nbval-current-env"], notebooks, self.environment | named)

    def _pytest(self, options: list[str], notebooks: list[Path], environment: dict[str, str]) -> None:
        command = [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "-p",
            "no:cacheprovider",
            "-c",
            str(self.scratch / "pytest.ini"),
        ]
        workers = ["-n", str(AT_ONCE), "--dist", "loadfile"]
        succeed([*command, *options, *workers, *map(str, notebooks)], self.scratch, environment)

    def measure(self, name: str, notebooks: list[Path], runs: int) -> dict[str, Any]:
        """Seconds of every contender, in turn, `runs` times."""
        contenders = self.contenders()
        seconds: dict[str, list[float]] = {contender: [] for contender in contenders}
        processor: dict[str, list[float]] = {contender: [] for contender in contenders}
        for _ in range(runs):
            for contender, run in contenders.items():
                begin, before = time.perf_counter(), spent()
                run(notebooks)
                seconds[contender].append(round(time.perf_counter() - begin, 2))
                processor[contender].append(round(spent() - before, 2))
        row = {"what": name, "notebooks": len(notebooks), "seconds": seconds, "processor seconds": processor}
        medians, work = (
            {contender: statistics.median(values) for contender, values in found.items()}
            for found in (seconds, processor)
        )
        for what, found in (("of nbval", medians), ("of nbval, processor", work)):
            row[what] = {contender: round(value / found["nbval"], 3) for contender, value in found.items()}
        whole = medians["nbval"]
        cells = [f"{medians[c]:.1f} s ({medians[c] / whole:.2f})" if c in medians else "-" for c in CONTENDERS]
        print(f"{name:<10} {len(notebooks):>4}{''.join(f'{cell:>18}' for cell in cells)}", flush=True)
        cells = [f"{work[c]:.1f} s ({work[c] / work['nbval']:.2f})" if c in work else "-" for c in CONTENDERS]
        print(f"{' processor':<15}{''.join(f'{cell:>18}' for cell in cells)}", flush=True)
        return row


def spent() -> float:
    """Processor seconds of all processes that this one has waited for, and these for theirs."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def growth(rows: list[dict[str, Any]], what: str) -> dict[str, list[float]]:
    """Seconds for one more small notebook, between successive counts: about equal where growth is linear.

    `what` is "seconds" or "processor seconds".
    """
    small = [row for row in rows if row["what"] == "small"]
    found: dict[str, list[float]] = {}
    for before, after in pairwise(small):
        for contender, seconds in after[what].items():
            more = statistics.median(seconds) - statistics.median(before[what][contender])
            step = more / (after["notebooks"] - before["notebooks"])
            found.setdefault(contender, []).append(round(step, 2))
    return found


def machine() -> dict[str, Any]:
    """What the figures depend on."""
    packages = ("torch", "sympy", "matplotlib", "ipykernel", "nbval")
    found: dict[str, Any] = {
        "date": datetime.date.today().isoformat(),
        "system": f"{platform.system()} {platform.machine()}",
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "packages": {name: version(name) for name in packages},
    }
    with suppress(OSError):
        found["other load at the start"] = round(os.getloadavg()[0], 1)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--counts", type=int, nargs="*", default=[4, 10, 30], metavar="N")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--chapters", action="store_true", help="the book's chapters as well")
    parser.add_argument("--json", type=Path, default=STORED, metavar="FILE")
    options = parser.parse_args()
    if options.runs < 1 or any(count < 1 for count in options.counts):
        parser.error("--runs and --counts must be at least 1")
    with tempfile.TemporaryDirectory(prefix="assayer-") as folder:
        scratch = Path(folder)
        # As at a second run on a reader's machine: what was judged before is replayed.
        os.environ["ASSAYER_CACHE"] = str(scratch / "cache")
        about = machine()
        print(f"Python {about['python']}, {about['cores']} cores, {AT_ONCE} at a time, median of {options.runs} runs")
        print(f"{'':<10} {'':>4}{''.join(f'{name:>18}' for name in CONTENDERS)}")
        nbmake = get_nbmake(scratch / "nbmake")
        bench = Bench(scratch, nbmake)
        small_notebook(scratch / "small.ipynb")
        rows = []
        for count in sorted(options.counts):
            copies = [scratch / f"small_{count}_{k:02}.ipynb" for k in range(count)]
            for copy in copies:
                copy.write_bytes((scratch / "small.ipynb").read_bytes())
            rows.append(bench.measure("small", copies, options.runs))
        if options.chapters:
            os.environ.pop("ASSAYER_CACHE")
            bench = Bench(scratch, nbmake)
            rows.append(bench.measure("chapters", sorted((ROOT / "chapters").rglob("*.ipynb")), options.runs))
    steps = {what: growth(rows, what) for what in ("seconds", "processor seconds")}
    for what, found in steps.items():
        for contender, values in found.items():
            print(f"{what} for one more small notebook, {contender}: {', '.join(f'{v:.2f}' for v in values)}")
    result = {"machine": about, "at once": AT_ONCE, "runs": options.runs, "rows": rows, "one more notebook": steps}
    options.json.write_text(json.dumps(result, indent=1) + "\n", "utf-8")
    print(f"written to {options.json.name}")


if __name__ == "__main__":
    main()
