"""The clock of every search: processor time, so that what is proved does not depend on what else a machine does."""

from __future__ import annotations

import time

PATIENCE = 0.1
"""How fast the clock runs where the process only waits: a search that waits for something ends all the same."""


def now() -> float:
    """Seconds of processor time of this process, and a tenth of the seconds that pass; from an arbitrary start."""
    return time.process_time() + PATIENCE * time.monotonic()
