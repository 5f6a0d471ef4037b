"""What only a live session or a ``measurements`` cell shows: progress bars, times, tables."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterable, Iterator, Mapping
from types import TracebackType
from typing import Any, TypeVar

T = TypeVar("T")


def _in_notebook() -> bool:
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    # Jupyter's shell and Colab's, which derives from it; a terminal's IPython has no kernel.
    return shell is not None and getattr(shell, "kernel", None) is not None


def is_live() -> bool:
    """Whether someone is watching: not under ``ASSAYER_QUIET=1``, and in a notebook or at a terminal."""
    if os.environ.get("ASSAYER_QUIET", "") not in ("", "0"):
        return False
    return _in_notebook() or (sys.stderr is not None and sys.stderr.isatty())


def progress(iterable: Iterable[T], total: int | None = None, desc: str = "") -> Iterator[T]:
    """Iterate over `iterable` with a progress bar in a live session, and in silence elsewhere.

    The bar goes away when the loop ends, so that nothing of it is ever stored.
    """
    if not is_live():
        yield from iterable
        return
    try:
        from tqdm import tqdm
    except ImportError:
        yield from iterable
        return
    yield from tqdm(iterable, total=total, desc=desc or None, leave=False)


class stopwatch:
    """``with stopwatch() as watch: …`` measures wall time in seconds, waiting for the device at both ends."""

    seconds: float = float("nan")

    def __enter__(self) -> stopwatch:
        _finish()
        self._start = time.perf_counter()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if kind is None:
            _finish()
        self.seconds = time.perf_counter() - self._start

    def __str__(self) -> str:
        return f"{self.seconds:.3g} s"


def _finish() -> None:
    if "torch" in sys.modules:
        from assayer.lab.devices import synchronise

        synchronise()


def measurements(rows: Mapping[str, Any]) -> None:
    """Print `rows` as an aligned table under the device's name; for a cell tagged ``measurements``."""
    from assayer.lab.devices import describe_device

    table = {"device": describe_device() if "torch" in sys.modules else "CPU (Python)", **rows}
    width = max(len(name) for name in table)
    for name, value in table.items():
        print(f"{name:<{width}}  {_cell(value)}")


def _cell(value: Any) -> str:
    if isinstance(value, bool):
        return str(value)
    if isinstance(value, int):
        grouped = value.bit_length() < 10_000
        return f"{value:,}".replace(",", " ") if grouped else f"about 2^{value.bit_length() - 1}"
    return f"{value:.4g}" if isinstance(value, float) else str(value)
