"""The order of the tests: what waits for one process after another must not be left to the end, alone."""

from __future__ import annotations

import pytest

EARLIER, LATER = "/tests/validation/", "/tests/site/"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the tests of validation before those of the site; all else stays in the order in which it was found."""
    first = next((k for k, item in enumerate(items) if LATER in item.path.as_posix()), None)
    if first is None:
        return
    moved = [item for item in items[first:] if EARLIER in item.path.as_posix()]
    items[first:] = moved + [item for item in items[first:] if EARLIER not in item.path.as_posix()]
