"""Suggestions from SymPy under a time limit: an answer to be proved, or none. Nothing here is believed."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable
from types import FrameType
from typing import TypeVar

SECONDS = 2.0
T = TypeVar("T")


class _TooLong(BaseException):
    """The time for a suggestion is over; not an ``Exception``, which SymPy's own code would catch."""


def suggested(ask: Callable[[], T], seconds: float = SECONDS) -> T | None:
    """What ``ask()`` returns; None where it raises or takes too long.

    A search by SymPy (``solve``, ``integrate``) knows no time limit of its own. Where nothing can interrupt it (no
    interval timer, as in a browser, or not in the main thread) no suggestion is made: a hint takes its place.
    """
    if not hasattr(signal, "setitimer") or threading.current_thread() is not threading.main_thread():
        return None
    over = False

    def stop(number: int, frame: FrameType | None) -> None:
        if not over:
            raise _TooLong

    handler = signal.signal(signal.SIGALRM, stop)
    begun = time.monotonic()
    left, interval = signal.setitimer(signal.ITIMER_REAL, seconds, 0.1)
    try:
        found = ask()
        over = True
        return found
    except (Exception, _TooLong):  # SymPy's searches raise whatever their parts raise
        return None
    finally:
        over = True
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, handler)
        if left:  # someone else's timer was running: it goes on
            signal.setitimer(signal.ITIMER_REAL, max(0.001, left - (time.monotonic() - begun)), interval)
