"""Functions that the tests sweep with: of a module, so that worker processes find them, and each call is logged."""

from __future__ import annotations

import os
import signal
import sys
import time
from pathlib import Path
from typing import Any


def log(x: object) -> None:
    """Add a line to the file that SWEEP_LOG names, if any; short appends from several processes do not mix."""
    if path := os.environ.get("SWEEP_LOG"):
        with open(path, "a", encoding="utf-8") as sink:
            sink.write(f"{x}\n")


def square(x: int) -> dict[str, Any]:
    log(x)
    return {"square": x * x, "third": x / 3, "name": f"n{x}", "powers": [x, x**2, x**3]}


def slow_square(x: int) -> dict[str, Any]:
    time.sleep(0.03)
    return square(x)


def late_first(x: int) -> dict[str, Any]:
    """The first points come back last."""
    time.sleep(0.2 if x < 2 else 0)
    return square(x)


def some_rows(x: int) -> list[dict[str, Any]]:
    log(x)
    return [{"i": i, "value": None if i == 0 else i / x} for i in range(x)]


def scaled(x: int, factor: float = 1.0) -> dict[str, Any]:
    return {"y": factor * x}


def fails_at_three(x: int) -> dict[str, Any]:
    if x == 3:
        raise ValueError("no three\nand more")
    return square(x)


def dies_once(x: int, marker: str) -> dict[str, Any]:
    """The process that computes point 5 is killed, the first time."""
    if x == 5 and not Path(marker).exists():
        Path(marker).touch()
        os.kill(os.getpid(), signal.SIGKILL)
    time.sleep(0.02)
    return {"square": x * x}


def main() -> None:
    """`sweep_work.py FUNCTION COUNT FOLDER`: sweep in this process."""
    import sweep_work

    from assayer.lab import SweepError, sweep

    function, count, folder = sys.argv[1:]
    try:
        done = sweep(getattr(sweep_work, function), [{"x": x} for x in range(int(count))], folder=folder)
    except SweepError as error:
        sys.exit(f"refused: {error}")
    print(done.found, done.computed)


if __name__ == "__main__":
    main()
