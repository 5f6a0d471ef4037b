"""Run the Colab edition of each chapter as it runs in Colab: `python tools/colab.py [CHAPTER ...]`.

What is emulated: Colab's versions of Python's scientific packages in an environment without the book, its variables,
an empty folder, an empty home, and the site at an address from which the notebook fetches the library. What is not:
Colab's page, its hundreds of other packages, its own patches of IPython, and its GPU where there is none here.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from environment.accelerator import CPU_INDEX, kind_wanted
from environment.errors import SetupError
from serve import bind

ROOT = Path(__file__).parents[1]
TORCH = "2.11.0"
# Colab's list of August 2026, as far as the chapters touch it; clarabel is in it and left out, for the set-up to add.
PACKAGES = (
    *("numpy==2.1.3", "scipy==1.16.3", "sympy==1.14.0", "matplotlib==3.10.0", "tqdm", "cffi", "requests"),
    *("ipython==7.34.0", "ipykernel==6.17.1", "jupyter_client==7.4.9"),
)
VARIABLES = {
    "COLAB_RELEASE_TAG": "release-colab-external",
    "COLAB_GPU": "",
    "MPLBACKEND": "module://matplotlib_inline.backend_inline",
    "TERM": "xterm-color",
    "PYDEVD_DISABLE_FILE_VALIDATION": "1",  # else the kernel's debugger talks about Python's frozen modules
}
OURS = ("ASSAYER_", "PYTHON", "VIRTUAL_ENV", "JUPYTER", "IPYTHON", "MPL", "PYTEST", "GITHUB_", "XDG_", "OMP_")


class EmulationError(SetupError):
    """The emulation cannot be set up, in one line."""


@dataclass(frozen=True)
class Run:
    """What one edition did: seconds of its set-up cell and of all cells, what that cell printed, what was added."""

    chapter: str
    setup: float
    total: float
    said: str
    added: tuple[str, ...]
    changed: tuple[str, ...]
    left: tuple[str, ...]
    error: str = ""

    @property
    def passed(self) -> bool:
        """No error, no package that was there replaced or gone, and no file left in the folder."""
        return not (self.error or self.changed or self.left)


def prepare(python: str, folder: Path) -> Path:
    """The Python of an environment like Colab's in `folder`, made with `python` unless it is there.

    Colab's torch comes as a CPU wheel from PyTorch's index where there is no GPU; where that index cannot be
    reached, the book's own version is taken instead if pip finds a CPU wheel of it. TORCH=plain takes the plain wheel,
    which brings several gigabytes on Linux. Raises `EmulationError`, one line, where none can be had.
    """
    made = folder / "bin" / "python"
    wanted = [TORCH, *PACKAGES]
    stamp = folder / "made-of.json"
    if stamp.is_file() and json.loads(stamp.read_text("utf-8")) == wanted:
        return made
    print(f"making an environment like Colab's in {folder}, once ...", flush=True)
    shutil.rmtree(folder, ignore_errors=True)
    try:
        subprocess.run([python, "-m", "venv", str(folder)], check=True, capture_output=True, text=True)
    except (OSError, subprocess.CalledProcessError) as error:
        raise EmulationError(f"{python} makes no environment: {error}") from None
    if kind_wanted(os.environ.get("TORCH") or "auto") == "plain":
        ways = [[f"torch=={TORCH}"]]
    else:
        pinned = re.search(r"^torch==[\d.]+", (ROOT / "requirements.txt").read_text("utf-8"), re.MULTILINE)
        ways = [["--index-url", CPU_INDEX, "--no-deps", f"torch=={TORCH}+cpu"]]
        ways += [[f"{pinned[0]}+cpu"]] if pinned else []
    for number, way in enumerate(ways, start=1):
        run = _pip(made, "install", "--quiet", "--retries", "1", *way)
        if run.returncode == 0:
            break
        if number == len(ways):
            raise EmulationError(f"no torch for {python}: {_last(run)}; TORCH=plain takes several gigabytes")
    run = _pip(made, "install", "--quiet", *(["torch"] if "--no-deps" in way else []), *PACKAGES)
    if run.returncode:
        raise EmulationError(f"no environment like Colab's for {python}: {_last(run)}")
    stub(made)
    stamp.write_text(json.dumps(wanted), "utf-8")
    return made


def stub(python: Path) -> None:
    """Put a module ``google.colab`` beside the packages of `python`: it can be imported and does nothing."""
    asked = [str(python), "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"]
    where = subprocess.run(asked, capture_output=True, text=True, check=True).stdout.strip()
    package = Path(where, "google", "colab")
    package.mkdir(parents=True, exist_ok=True)
    (package / "__init__.py").write_text('"""A stand-in for Colab\'s own module."""\n', "utf-8")


def packages(python: Path, *options: str) -> dict[str, str]:
    """The names and versions of all that pip lists in the environment of `python`."""
    run = _pip(python, "list", "--format=json", *options)
    if run.returncode:
        raise EmulationError(f"pip lists no packages of {python}: {_last(run)}")
    return {one["name"].lower(): one["version"] for one in json.loads(run.stdout)}


def _pip(python: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [str(python), "-m", "pip", "--disable-pip-version-check", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, env=_environment())


def _last(run: subprocess.CompletedProcess[str]) -> str:
    said = [line for line in run.stderr.splitlines() if line.startswith("ERROR")] or run.stderr.splitlines()
    return said[-1] if said else "pip gave no reason"


def _environment(home: Path | None = None) -> dict[str, str]:
    """This process's variables without those of the book and of its Python; with Colab's where there is a `home`."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(OURS)}
    if home is None:
        return kept
    # pip's own settings say where packages come from here; everything else of the user's stays away.
    settings = Path.home() / ".config" / "pip" / "pip.conf"
    if settings.is_file() and "PIP_CONFIG_FILE" not in kept:
        kept["PIP_CONFIG_FILE"] = str(settings)
    return {**kept, **VARIABLES, "HOME": str(home)}


@contextmanager
def published(root: Path, folder: Path) -> Iterator[tuple[str, Path]]:
    """The book of `root`, built in `folder` for an address on loopback and served there: the address, the site."""
    book = folder / "book"
    book.mkdir(parents=True)
    for name in ("_config.yml", "_toc.yml", "LICENSE"):
        shutil.copyfile(root / name, book / name)
    shutil.copytree(root / "chapters", book / "chapters")
    site = book / "_build" / "html"
    with bind(site, 0) as server:
        url = f"http://127.0.0.1:{server.server_port}/"
        command = [sys.executable, "-m", "assayer.site.build", str(book)]
        built = subprocess.run(
            command, capture_output=True, text=True, check=False, env={**os.environ, "ASSAYER_SITE_URL": url}
        )
        if built.returncode:
            raise EmulationError(f"the site was not built: {built.stderr.strip().splitlines()[0]}")
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield url, site
        finally:
            server.shutdown()
            thread.join()


def run(edition: Path, python: Path) -> Run:
    """Run all cells of an edition with the kernel of `python`, from an empty folder; what set-up adds goes again."""
    import nbformat
    from nbclient import NotebookClient
    from nbclient.exceptions import CellExecutionError

    _forget(python)
    before = packages(python)
    notebook = nbformat.read(edition, as_version=4)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    code = [index for index, cell in enumerate(notebook.cells) if cell.cell_type == "code"]
    error, setup, started = "", 0.0, time.monotonic()
    with tempfile.TemporaryDirectory(prefix="colab-") as scratch:
        content, home = Path(scratch, "content"), Path(scratch, "home")
        content.mkdir()
        home.mkdir()
        client = NotebookClient(notebook, timeout=None, startup_timeout=120, record_timing=False)
        client.km, client.owns_km = _manager(python, Path(scratch)), True
        with client.setup_kernel(cwd=str(content), env=_environment(home)):
            started = time.monotonic()
            try:
                for index in code:
                    client.execute_cell(notebook.cells[index], index)
                    setup = setup or time.monotonic() - started
            except CellExecutionError as failed:
                error = f"cell {index}: {failed.ename}: {failed.evalue}"
        total = time.monotonic() - started
        left = tuple(sorted(path.name for path in content.iterdir()))
    after = packages(python)
    before.pop("assayer", None)  # the book's own package is there to be replaced
    added = tuple(f"{name} {version}" for name, version in sorted(after.items()) if name not in before)
    changed = tuple(
        f"{name} {version} -> {after.get(name)}" for name, version in before.items() if after.get(name) != version
    )
    said = "".join(one.get("text", "") for one in notebook.cells[code[0]].outputs).strip()
    return Run(edition.stem, setup, total, said, added, changed, left, error)


def _forget(python: Path) -> None:
    """Take what an earlier set-up added out of the environment, and nothing that it only sees elsewhere."""
    ours = {"assayer", "python-flint", "z3-solver", "clarabel"} & set(packages(python, "--local"))
    if ours:
        _pip(python, "uninstall", "--yes", *sorted(ours))


def _manager(python: Path, scratch: Path) -> Any:
    from jupyter_client.kernelspec import KernelSpecManager
    from jupyter_client.manager import AsyncKernelManager

    spec = scratch / "kernels" / "colab"
    spec.mkdir(parents=True)
    argv = [str(python), "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    (spec / "kernel.json").write_text(json.dumps({"argv": argv, "display_name": "Python 3", "language": "python"}))
    known = KernelSpecManager(kernel_dirs=[str(spec.parent)], ensure_native_kernel=False)
    return AsyncKernelManager(kernel_name="colab", kernel_spec_manager=known)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the named chapters, or all; return 1 if one fails."""
    parser = argparse.ArgumentParser(prog="python tools/colab.py", description="Run each chapter as in Colab.")
    parser.add_argument("chapters", nargs="*", help="chapters such as near_product (default: all)")
    parser.add_argument("--python", default=sys.executable, help="the Python of the environment, such as python3.13")
    parser.add_argument("--environment", type=Path, help="an environment like Colab's, used as it is")
    given = parser.parse_args(arguments)
    try:
        if given.environment:
            python = given.environment / "bin" / "python"
            if not python.is_file():
                raise EmulationError(f"{given.environment} is no environment: {python} is missing")
            stub(python)
        else:
            asked = [given.python, "-c", "import sys; print('%d.%d' % sys.version_info[:2])"]
            version = subprocess.run(asked, capture_output=True, text=True, check=True).stdout.strip()
            python = prepare(given.python, ROOT / "_build" / "colab" / version)
        return _all(given.chapters, python)
    except (SetupError, OSError, subprocess.CalledProcessError) as error:
        print(f"assayer: {error}", file=sys.stderr)
        return 2


def _all(chapters: Sequence[str], python: Path) -> int:
    known = packages(python)
    said = subprocess.run([str(python), "-V"], capture_output=True, text=True, check=True).stdout.strip()
    shown = [f"{name} {known.get(name)}" for name in ("torch", "numpy", "sympy", "matplotlib", "ipython")]
    print(", ".join([said, *shown]), flush=True)
    failed = 0
    with tempfile.TemporaryDirectory(prefix="colab-site-") as folder, published(ROOT, Path(folder)) as (url, site):
        print(f"the site: {url}")
        editions = sorted((site / "colab").rglob("*.ipynb"))
        unknown = set(chapters) - {path.stem for path in editions}
        if unknown or not editions:
            raise EmulationError(f"no chapter {', '.join(sorted(unknown))}; {len(editions)} are there")
        for edition in editions:
            if chapters and edition.stem not in chapters:
                continue
            done = run(edition, python)
            print(f"{done.chapter}: set-up {done.setup:.1f} s, all cells {done.total:.1f} s: {done.said}")
            print(f"  added {', '.join(done.added) or 'nothing'}; replaced {', '.join(done.changed) or 'nothing'}")
            for line in (done.error, *(f"left behind: {name}" for name in done.left)):
                if line:
                    print(f"  {line}", file=sys.stderr)
            failed += not done.passed
            sys.stdout.flush()
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main())
