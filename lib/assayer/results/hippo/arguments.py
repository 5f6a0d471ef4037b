"""What the functions of this package accept, and the one error that each bad argument gets."""

from __future__ import annotations

import math
from operator import index
from typing import Any


def count(value: Any, what: str, least: int = 1) -> int:
    """`value` as a Python int that is at least `least`.

    Takes whatever has `__index__`; raises `TypeError` for bool, float and text, `ValueError` for too small a number.
    """
    try:
        if isinstance(value, bool):
            raise TypeError
        number = index(value)
    except TypeError:
        kind = type(value).__name__
        raise TypeError(f"{what} must be an integer >= {least}, got {value!r} of type {kind}; use int()") from None
    if number < least:
        raise ValueError(f"{what} must be an integer >= {least}, got {number}")
    return number


def positive(value: Any, what: str) -> float:
    """`value` as a float that is finite and above 0; raises `TypeError` or `ValueError` naming it."""
    try:
        if isinstance(value, bool):
            raise TypeError
        number = float(value)
    except (TypeError, ValueError):
        raise TypeError(f"{what} must be a positive number, got {value!r}") from None
    if not math.isfinite(number) or number <= 0:
        raise ValueError(f"{what} must be positive and finite, got {value!r}")
    return number


def choice(value: Any, what: str, known: tuple[str, ...]) -> str:
    """`value`, which must be one of `known`; raises `ValueError` listing them."""
    if value not in known:
        raise ValueError(f"{what} must be one of {', '.join(known)}, got {value!r}")
    return str(value)
