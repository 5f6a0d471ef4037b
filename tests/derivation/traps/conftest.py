"""Makes the bank importable as ``trap_bank``: here, and in the benchmark that prints its tables."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
