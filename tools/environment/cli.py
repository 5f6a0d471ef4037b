"""The command `python tools/env.py SET`, SET being site or all; TORCH=auto|cpu|plain in the environment."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from . import plan
from .build import ensure
from .errors import SetupError

ROOT = Path(__file__).resolve().parents[2]


def say(text: str) -> None:
    """Print one line of progress."""
    print(f"assayer: {text}", flush=True)


def main(arguments: list[str], root: Path = ROOT) -> int:
    """Set up and return the exit status: 0, 2 after an error in one line, 130 when interrupted."""
    if len(arguments) != 1 or arguments[0] not in plan.SETS:
        print(f"usage: python tools/env.py {'|'.join(plan.SETS)}", file=sys.stderr)
        return 2
    try:
        ensure(plan.Project.read(root), arguments[0], os.environ.get("TORCH") or "auto", say)
    except SetupError as error:
        print(f"assayer: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("assayer: interrupted; the next make takes the set-up up again", file=sys.stderr)
        return 130
    return 0
