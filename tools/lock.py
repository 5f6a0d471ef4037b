"""Write requirements.txt: one set of pins for every Python and system that the book supports.

`make lock` runs this in the environment of `make test`. The pins that stand are kept where they still fit;
`make lock UPGRADE=1` takes the newest of everything.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]

HEADER = """\
# The versions that The Assayer is built and tested with: one lock for Python 3.11, 3.12 and 3.13, any system.
# `make lock` writes it from pyproject.toml; `make lock UPGRADE=1` takes the newest of everything.
# The site's smaller set is no second list: it is pyproject.toml's group `site` with this file as constraint.
# torch's CUDA packages are left out on purpose: where a GPU calls for them, torch itself pins them exactly.
"""

# These come with torch's plain wheel for Linux and with nothing else.
_CUDA = re.compile(r"(nvidia|cuda)-|(pytorch-)?triton\b")

_OPTIONS = (
    *("--universal", "--quiet", "--no-header", "--annotation-style", "line"),
    *("--no-emit-index-url", "--no-emit-find-links"),
    *("--extra", "lab", "--group", "site", "--group", "test", "--group", "lock"),
)


def without_cuda(lock: str) -> str:
    """Drop the CUDA packages from the text of a lock file."""
    return "".join(line for line in lock.splitlines(keepends=True) if not _CUDA.match(line))


def resolver() -> str:
    """Return the uv to resolve with, installing the pinned one into this environment where there is none."""
    beside = Path(sys.executable).with_name("uv")
    if not beside.exists():
        pip = [sys.executable, "-m", "pip", "install", "--quiet", "--constraint", "requirements.txt", "uv"]
        subprocess.run(pip, check=True, cwd=ROOT)
    return str(beside)


def main() -> int:
    """Resolve, drop CUDA, and replace requirements.txt in one move; on failure leave it as it was."""
    target = ROOT / "requirements.txt"
    with tempfile.TemporaryDirectory() as folder:
        draft = Path(folder) / "lock.txt"
        if not os.environ.get("UPGRADE"):
            shutil.copyfile(target, draft)  # uv keeps what it finds in its output file
        try:
            subprocess.run(
                [resolver(), "pip", "compile", *_OPTIONS, "pyproject.toml", "--output-file", str(draft)],
                check=True,
                cwd=ROOT,
            )
        except subprocess.CalledProcessError as error:
            print(f"assayer: requirements.txt is left as it was: {error}", file=sys.stderr)
            return 2
        text = HEADER + without_cuda(draft.read_text(encoding="utf-8"))
    part = target.with_name(target.name + ".part")
    part.write_text(text, encoding="utf-8")
    os.replace(part, target)
    print(f"assayer: {sum('==' in line for line in text.splitlines())} pins in requirements.txt")
    return 0


if __name__ == "__main__":
    sys.exit(main())
