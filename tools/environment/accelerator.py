"""Choose torch's wheel: the plain one where there is a GPU, else a CPU wheel; never gigabytes by accident."""

from __future__ import annotations

import glob
import json
import platform
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from .errors import SetupError
from .pip import PipError
from .plan import TORCH_MODES, Project

CPU_INDEX = "https://download.pytorch.org/whl/cpu"
_CUDA_PREFIXES = ("nvidia-", "cuda-", "triton", "pytorch-triton")


class Installer(Protocol):
    """What this module needs of pip."""

    def __call__(self, *arguments: str) -> None:
        """Run `pip ARGUMENTS`; raises PipError."""

    def version(self, name: str) -> str | None:
        """Return the installed version of `name`, or None."""


def gpu_present() -> bool:
    """Say whether an NVIDIA GPU is here: its device file is, or nvidia-smi lists one (as under WSL)."""
    if glob.glob("/dev/nvidia[0-9]*"):
        return True
    command = shutil.which("nvidia-smi")
    if command is None:
        return False
    try:
        listed = subprocess.run([command, "-L"], capture_output=True, text=True, timeout=30, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return listed.returncode == 0 and "GPU" in listed.stdout


def kind_wanted(mode: str, system: str | None = None, gpu: Callable[[], bool] = gpu_present) -> str:
    """Return "plain" or "cpu": which torch the mode asks for on this machine.

    `mode` is TORCH's value: "plain" and "cpu" decide by themselves; "auto" takes the plain wheel where there
    is a GPU and on every system but Linux, since only Linux's plain wheel brings CUDA. Raises SetupError for
    another value.
    """
    if mode not in TORCH_MODES:
        raise SetupError(f"TORCH={mode} is none of {', '.join(TORCH_MODES)}")
    if mode != "auto":
        return mode
    return "plain" if (system or platform.system()) != "Linux" or gpu() else "cpu"


def cuda_packages(report: dict) -> list[str]:
    """List the CUDA packages that a report of `pip install --dry-run --report` would install."""
    names = (item["metadata"]["name"] for item in report.get("install", ()))
    return sorted(name for name in names if name.lower().startswith(_CUDA_PREFIXES))


def install_torch(project: Project, pip: Installer, mode: str, kind: str, say: Callable[[str], None]) -> None:
    """Install the pinned torch of the given kind.

    A CPU wheel comes from PyTorch's own index. Where that cannot be had, the plain index is asked, but only
    after a dry run has shown that it brings no CUDA package. Raises SetupError where neither can be done.
    """
    version = project.pinned("torch")
    installed = pip.version("torch") or ""
    if installed.partition("+")[0] == version:
        if kind == "cpu" or not installed.endswith("+cpu"):
            return
        pip("uninstall", "--yes", "torch")  # else pip takes 2.13.0+cpu for a good 2.13.0
    pins = ("--constraint", str(project.pins))
    if kind == "plain":
        say(f"torch {version}, the plain wheel (with CUDA on Linux: several GB)")
        pip("install", *pins, f"torch=={version}")
        return
    say(f"torch {version} for the CPU, from PyTorch's index (about 200 MB)")
    try:
        # "+cpu" by name: no index that the reader has configured besides can then answer with a CUDA build.
        pip(
            *("install", "--retries", "1", "--timeout", "20", "--no-deps", *pins),
            *("--index-url", CPU_INDEX, f"torch=={version}+cpu"),
        )
    except PipError as error:
        if mode == "cpu":
            raise SetupError(f"no CPU wheel of torch {version} from {CPU_INDEX}: {error}") from error
        say("  not to be had there; asking the plain index what it would bring")
        _refuse_cuda(pip, pins, version)
        pip("install", *pins, f"torch=={version}")


def _refuse_cuda(pip: Installer, pins: tuple[str, ...], version: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.json"
        pip("install", "--dry-run", "--quiet", "--report", str(report), *pins, f"torch=={version}")
        cuda = cuda_packages(json.loads(report.read_text(encoding="utf-8")))
    if cuda:
        raise SetupError(
            f"no GPU is here and PyTorch's index of CPU wheels ({CPU_INDEX}) cannot be used, while the plain "
            f"torch {version} brings {cuda[0]} and {len(cuda) - 1} more CUDA packages, several GB; "
            "to take them all the same: make test TORCH=plain"
        )
