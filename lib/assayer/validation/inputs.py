"""All that a chapter's outputs may depend on, as digests: by it a chapter is known to be unchanged."""

from __future__ import annotations

import hashlib
import json
import os
import platform
import sys
from collections.abc import Mapping, Sequence
from glob import glob
from importlib.metadata import distributions
from pathlib import Path

from assayer.validation.imports import PACKAGE, Library, cell_sources

ENVIRONMENT = "environment"
"""The entry of a chapter's inputs that stands for Python, the packages and the machine."""


def digest(content: bytes | str) -> str:
    """The SHA-256 of `content`, in hexadecimal."""
    return hashlib.sha256(content.encode() if isinstance(content, str) else content).hexdigest()


def environment_digest() -> str:
    """One digest of Python, of every package's version, of the kind of machine and of its GPUs.

    The library itself is not in it: its modules are looked at one by one.
    """
    packages = {
        (str(found.metadata["Name"]).lower(), found.version)
        for found in distributions()
        if found.metadata["Name"] and str(found.metadata["Name"]).lower() != PACKAGE
    }
    # NVIDIA_VISIBLE_DEVICES only matters in so far as a device is there; the rest may change what a cell computes.
    variables = {
        name: value
        for name, value in os.environ.items()
        if name.startswith(("ASSAYER_DEVICE", "CUDA_VISIBLE", "OMP_NUM", "MKL_NUM", "OPENBLAS_NUM", "PYTHONHASHSEED"))
    }
    whole = [
        sys.version,
        sys.executable,
        [platform.system(), platform.machine()],
        sorted(packages),
        sorted(variables.items()),
        sorted(glob("/dev/nvidia[0-9]*")),
    ]
    return digest(json.dumps(whole))


def chapter_inputs(notebook: Path, root: Path, library: Library, environment: str) -> dict[str, str]:
    """Digests by name of what `notebook` depends on: itself, modules beside it, the library's modules that it needs,
    how kernels are set up, and the environment. Paths are relative to the book's `root`, or to the library.

    Raises `OSError` or `ValueError` for a notebook that cannot be read.
    """
    files = [notebook, *sorted(notebook.parent.glob("*.py")), root / "conftest.py"]
    # The settings are no chapter's import, but every kernel has them.
    modules = library.needed(cell_sources(notebook)) | {f"{PACKAGE}.validation.settings"} & library.paths.keys()
    found = {_shown(path, root): digest(path.read_bytes()) for path in files if path.is_file()}
    for path in library.files(modules):
        found[f"{PACKAGE}/{path.relative_to(library.folder).as_posix()}"] = digest(path.read_bytes())
    return found | {ENVIRONMENT: environment}


def changes(before: Mapping[str, str], now: Mapping[str, str]) -> list[str]:
    """What differs between two sets of inputs, by name."""
    return sorted(name for name in before.keys() | now.keys() if before.get(name) != now.get(name))


def said(changed: Sequence[str], most: int = 2) -> str:
    """`changed` in a few words."""
    if ENVIRONMENT in changed:
        return "the environment changed"
    more = f" and {len(changed) - most} more" if len(changed) > most else ""
    return f"{', '.join(changed[:most])}{more} changed"


def _shown(path: Path, root: Path) -> str:
    return path.relative_to(root).as_posix() if path.is_relative_to(root) else path.as_posix()
