"""What every budget shares: setting a measurement beside its prediction, value by value.

The arithmetic is exact for scalars and for up to `values.SMALL` values; larger arrays are compared in
float64, or in integers where both sides hold integers.
"""

from __future__ import annotations

import math
import sys
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from assayer.lab.values import Scalar, Value, aligned, normalise, real, text


@dataclass(frozen=True)
class Outcome:
    """What a comparison gave: `ok`; `comparable` is False where no values could be set side by side."""

    ok: bool
    comparable: bool
    why: str


class Budget(ABC):
    """What every budget offers; a subclass gives `tolerance`, `describe` and `detail`."""

    one_sided = False

    def allows(self, predicted: Any, measured: Any) -> bool:
        """Whether `measured` lies within this budget of `predicted`."""
        return self.compare(predicted, measured).ok

    def compare(self, predicted: Any, measured: Any) -> Outcome:
        """`allows`, with the reason in words."""
        first, second = normalise(predicted), normalise(measured)
        for name, value in (("predicted", first), ("measured", second)):
            if value.size == 0:
                hint = "compare its length, or give what it should hold"
                return Outcome(False, False, f"the {name} value is empty: {hint}")
            if value.first_bad() == "NaN":
                return Outcome(False, False, f"the {name} value holds NaN")
        for name, value in (("predicted", first), ("measured", second)):
            if value.first_bad():
                return Outcome(False, name == "measured", f"the {name} value holds an infinity")
        return self._weigh(*aligned(first, second))

    def _weigh(self, predicted: Value, measured: Value) -> Outcome:
        if "whole" in (predicted.kind, measured.kind):
            return Outcome(False, False, "only numbers have a distance: use exact() for anything else")
        if predicted.shape != measured.shape:
            shapes = f"predicted has shape {predicted.shape}, measured {measured.shape}"
            return Outcome(False, False, shapes)
        allowed = self.tolerance(predicted.size)
        if predicted.kind == "array":
            return self._weigh_arrays(predicted, measured, allowed)
        worst: tuple[Fraction, str] | None = None
        for position, (a, b) in enumerate(zip(predicted.items, measured.items, strict=True)):
            limit = Fraction(allowed[position] if isinstance(allowed, Sequence) else allowed)
            distance = self._distance(a, b)
            if distance is None:
                return Outcome(False, False, "complex numbers have no order")
            if distance > limit and (worst is None or distance - limit > worst[0]):
                place = _place(position, predicted.shape)
                worst = (distance - limit, self._excess(place, a, b, distance, limit))
        return Outcome(True, True, "") if worst is None else Outcome(False, True, worst[1])

    def _weigh_arrays(self, predicted: Value, measured: Value, allowed: Any) -> Outcome:
        import numpy

        p, m = predicted.items.reshape(-1), measured.items.reshape(-1)
        if self.one_sided and "c" in (p.dtype.kind, m.dtype.kind):
            return Outcome(False, False, "complex numbers have no order")
        if p.dtype.kind in "biu" and m.dtype.kind in "biu":
            # Differences of machine integers can wrap: leave 64 bits where they could.
            largest = max(abs(int(extreme)) for x in (p, m) for extreme in (x.min(), x.max()))
            wide: Any = numpy.int64 if largest < 2**62 else object
            p, m = p.astype(wide), m.astype(wide)
        distance = m - p if self.one_sided else abs(m - p)
        over = distance - numpy.asarray(allowed)
        position = int(numpy.argmax(over))
        if over[position] <= 0:
            return Outcome(True, True, "")
        limit = allowed[position] if isinstance(allowed, Sequence) else allowed
        a, b = p[position : position + 1].tolist()[0], m[position : position + 1].tolist()[0]
        place = _place(position, predicted.shape)
        # The difference itself may overflow.
        far = min(distance[position : position + 1].tolist()[0], sys.float_info.max)
        why = self._excess(place, a, b, Fraction(far), Fraction(limit))
        return Outcome(False, True, why)

    def _distance(self, predicted: Scalar, measured: Scalar) -> Fraction | None:
        if isinstance(predicted, complex) or isinstance(measured, complex):
            if self.one_sided:
                return None
            a, b = (x if isinstance(x, complex) else complex(real(x)) for x in (predicted, measured))
            apart = b - a
            # The modulus may overflow where its parts do not; abs() would raise.
            return Fraction(min(math.hypot(apart.real, apart.imag), sys.float_info.max))
        difference = real(measured) - real(predicted)
        return difference if self.one_sided else abs(difference)

    def _excess(self, place: str, a: Scalar, b: Scalar, distance: Fraction, limit: Fraction) -> str:
        verb = "exceeds" if self.one_sided else "differs from"
        return (
            f"{place}measured {text(b, digits=12)} {verb} predicted {text(a, digits=12)} by "
            f"{_short(distance)}; the budget allows {_short(limit)}"
        )

    @abstractmethod
    def tolerance(self, count: int = 1) -> float | Sequence[float]:
        """The largest difference allowed when `count` values are compared at once."""

    @abstractmethod
    def describe(self) -> str:
        """The budget in words, the same on every device and at every size."""

    @abstractmethod
    def detail(self, count: int = 1) -> str:
        """The budget in numbers, for `count` values compared at once."""


def _short(value: Fraction | float) -> str:
    try:
        return f"{float(value):.3g}"
    except OverflowError:
        return f"about 2^{int(abs(value)).bit_length()}"


def _place(position: int, shape: tuple[int, ...]) -> str:
    if not shape:
        return ""
    index: list[int] = []
    for length in reversed(shape):
        position, remainder = divmod(position, length)
        index.append(remainder)
    return f"at [{', '.join(map(str, reversed(index)))}] "
