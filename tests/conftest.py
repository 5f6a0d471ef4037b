"""The order of the tests: what mostly waits comes first, so that no process is left waiting alone at the end."""

from __future__ import annotations

import pytest

FIRST = ("validation", "site", "mutation")
"""Folders whose tests wait for processes and browsers."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the tests of `FIRST` before all others, each folder's in the order in which they were found."""

    def place(item: pytest.Item) -> int:
        return next((k for k, name in enumerate(FIRST) if f"/tests/{name}/" in item.path.as_posix()), len(FIRST))

    items.sort(key=place)
