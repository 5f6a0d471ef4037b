"""What the tests of results share: planting a fault in the code under test."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable
from typing import Any

import pytest


def plant(function: Any, old: str, new: str) -> Any:
    """`function` with one place of its source changed, in a copy of its module's names."""
    source = inspect.getsource(function)
    assert source.count(old) == 1, f"{old!r} is not found once in {function.__name__}: update the fault"
    names = dict(vars(sys.modules[function.__module__]))
    exec(source.replace(old, new), names)
    return names[function.__name__]


@pytest.fixture
def planted() -> Callable[[Any, str, str], Any]:
    return plant
