"""Python and the checker's libraries for the reader's browser, fetched once under pinned hashes.

Pyodide's core comes from npm under the version and the hash of ``browser/package-lock.json``, the wheels from the
package index under the hashes of ``browser/wheels.txt``. All of it is kept between builds.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from assayer.site.errors import SiteError
from assayer.site.mathjax import NO_NODE, cache_folder, npm_command

PINS = Path(__file__).parent / "browser"
VERSION = str(json.loads((PINS / "package.json").read_text("utf-8"))["dependencies"]["pyodide"])
PLATFORM, PYTHON, ABI = "pyemscripten_2026_0_wasm32", "3.14", "cp314"
"""What the wheels are built for; it belongs to the version of Pyodide."""
CORE = ("pyodide.mjs", "pyodide.asm.mjs", "pyodide.asm.wasm", "python_stdlib.zip")
EPOCH = (1980, 1, 1, 0, 0, 0)
_PIN = re.compile(r"^([\w-]+)==(\S+) --hash=sha256:([0-9a-f]{64})$", re.MULTILINE)
_FIRST_CALL = 300  # seconds for a fetch on a slow line; npm and pip give up long before where there is none
# Tests, headers, and the second copy of z3's library that its wheel carries.
_UNUSED = re.compile(r"(^|/)tests?/|/libz3\.so\.|\.(pyi|pyx|pxd|h)$|/z3\+\+\.h$")


@dataclass(frozen=True)
class Kit:
    """What was fetched: ``folder`` holds Pyodide's files under ``core`` and the wheels under ``wheels``."""

    folder: Path

    @property
    def core(self) -> list[Path]:
        return [self.folder / "core" / name for name in CORE]

    @property
    def wheels(self) -> list[Path]:
        """The wheels, without their own tests, in the order of their pins."""
        found = {_normal(path.name.split("-")[0]): path for path in (self.folder / "wheels").glob("*.whl")}
        return [found[name] for name in map(_normal, versions())]

    @property
    def lock(self) -> dict[str, object]:
        """The lock file that Pyodide asks for, without packages of its own."""
        whole = json.loads((self.folder / "core" / "pyodide-lock.json").read_text("utf-8"))
        return {"info": whole["info"], "packages": {}}


def versions() -> dict[str, str]:
    """The pinned libraries and their versions, in order."""
    return {name: version for name, version, _ in _PIN.findall((PINS / "wheels.txt").read_text("utf-8"))}


def find(cache: Path | None = None, *, install: bool = True) -> Kit:
    """Return what was fetched, fetching it on the first call where ``install``.

    Raises `SiteError`, one line that says what is missing and why it could not be had.
    """
    pins = b"".join((PINS / name).read_bytes() for name in ("package-lock.json", "wheels.txt"))
    digest = hashlib.sha256(pins + Path(__file__).read_bytes()).hexdigest()[:12]
    folder = (cache or cache_folder()) / f"pyodide-{VERSION}-{digest}"
    kit = Kit(folder)
    if (folder / "whole").is_file():
        return kit
    if not install:
        raise SiteError(f"Pyodide {VERSION} and the checker's wheels are not in {folder}")
    print(f"Fetching Pyodide {VERSION} and the checker's wheels for it, once ...", flush=True)
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix="pyodide-") as temporary:
        work = Path(temporary)
        _fetch_core(work)
        _fetch_wheels(work)
        made = work / "made"
        for name in (*CORE, "pyodide-lock.json"):
            target = made / "core" / name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(work / "npm" / "node_modules" / "pyodide" / name, target)
        for wheel in sorted((work / "wheels").glob("*.whl")):
            _without_tests(wheel, made / "wheels" / wheel.name)
        (made / "whole").write_text("everything is here\n", "utf-8")
        shutil.rmtree(folder, ignore_errors=True)
        os.replace(made, folder)
    return kit


def packed(files: Iterable[tuple[str, bytes]], target: Path) -> None:
    """A zip whose bytes depend on the names and contents alone."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name, content in sorted(files):
            entry = zipfile.ZipInfo(name, EPOCH)
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, content, compresslevel=9)


def _fetch_core(work: Path) -> None:
    npm = npm_command()
    if npm is None:
        raise SiteError(f"Pyodide {VERSION} is not here and npm, which fetches it, is missing: {NO_NODE}")
    place = work / "npm"
    place.mkdir()
    for name in ("package.json", "package-lock.json"):
        shutil.copyfile(PINS / name, place / name)
    _run([*npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--no-update-notifier"], place, "npm")


def _fetch_wheels(work: Path) -> None:
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"]
    command += ["--require-hashes", "--only-binary=:all:", "--platform", PLATFORM, "--python-version", PYTHON]
    command += ["--implementation", "cp", "--abi", ABI, "--abi", "none", "--dest", str(work / "wheels")]
    _run([*command, "--requirement", str(PINS / "wheels.txt")], work, "pip")
    pinned = {hash_ for _, _, hash_ in _PIN.findall((PINS / "wheels.txt").read_text("utf-8"))}
    got = {hashlib.sha256(path.read_bytes()).hexdigest() for path in (work / "wheels").glob("*.whl")}
    if got != pinned:
        raise SiteError("the wheels that pip left are not those of browser/wheels.txt")


def _run(command: list[str], place: Path, name: str) -> None:
    try:
        run = subprocess.run(command, cwd=place, capture_output=True, text=True, timeout=_FIRST_CALL, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise SiteError(f"{name} could not fetch what the reader's browser needs: {error}") from None
    if run.returncode != 0:
        said = [line.strip() for line in run.stderr.splitlines() if re.search(r"error", line, re.IGNORECASE)]
        reason = (said or run.stderr.strip().splitlines() or ["no reason given"])[0]
        raise SiteError(f"{name} could not fetch what the reader's browser needs: {reason}")


def _without_tests(wheel: Path, target: Path) -> None:
    """The same wheel without what nothing here runs: a third of SymPy's bytes, half of z3's."""
    with zipfile.ZipFile(wheel) as archive:
        names = [n for n in archive.namelist() if not n.endswith("/") and not _UNUSED.search(n)]
        packed(((n, archive.read(n)) for n in names), target)


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
