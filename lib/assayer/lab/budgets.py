"""Budgets: how far a measurement may lie from its prediction, derived and never chosen.

Each budget is a frozen object with ``allows(predicted, measured)``, ``describe()`` (words that do
not depend on the device or on sizes, so that they can be stored) and ``detail()`` (the numbers).
Values that hold NaN or infinity, that are empty, or whose shapes differ are never allowed. The
arithmetic of the comparison is exact for scalars and for up to 4096 values.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import Any

from assayer.lab.comparison import Budget, Outcome
from assayer.lab.values import Value, normalise, real, text

EPSILON = {
    "float64": 2.0**-52,
    "float32": 2.0**-23,
    "tfloat32": 2.0**-10,
    "float16": 2.0**-10,
    "bfloat16": 2.0**-7,
}
"""Distance from 1 to the next number, by format."""


class BudgetError(ValueError):
    """A budget that cannot be formed from what was given; the message names the quantity."""


def rate(value: float) -> str:
    """A false-alarm rate as it is printed: ``2e-9``, ``0.001``."""
    mantissa, _, exponent = f"{value:g}".partition("e")
    return f"{mantissa}e{int(exponent)}" if exponent else mantissa


def _positive(name: str, value: Any) -> float:
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        raise BudgetError(f"{name} must be a positive number, not {value!r}") from None
    if not math.isfinite(number) or number <= 0:
        raise BudgetError(f"{name} must be positive and finite, not {value!r}")
    return number


def _count(name: str, value: Any) -> int:
    if isinstance(value, bool) or not hasattr(value, "__index__") or value.__index__() < 1:
        raise BudgetError(f"{name} must be a whole number, at least 1, not {value!r}")
    return int(value.__index__())


def _false_alarm(value: Any) -> float:
    number = _positive("false_alarm", value)
    if number >= 1:
        raise BudgetError(f"false_alarm is a probability below 1, not {value!r}")
    return number


@dataclass(frozen=True)
class Exact(Budget):
    """No difference at all: equal numbers, equal lists, equal sets, equal text.

    Integers, fractions and floats are compared by value (a float is the dyadic fraction that it
    stores); SymPy irrationals are equal when their expressions are.
    """

    def _weigh(self, predicted: Value, measured: Value) -> Outcome:
        if _sort(predicted) != _sort(measured):
            sorts = f"predicted is {_sort(predicted)}, measured is {_sort(measured)}"
            return Outcome(False, False, sorts)
        if predicted.kind == measured.kind == "array":
            import numpy

            same = predicted.shape == measured.shape and bool(numpy.array_equal(predicted.items, measured.items))
        elif "whole" in (predicted.kind, measured.kind):
            same = _tupled(predicted.items) == _tupled(measured.items)
        else:
            same = predicted.shape == measured.shape and predicted.items == measured.items
        if same:
            return Outcome(True, True, "")
        return Outcome(False, True, f"predicted {_show(predicted)}, measured {_show(measured)}")

    def tolerance(self, count: int = 1) -> float:
        return 0.0

    def describe(self) -> str:
        return "exactly as predicted"

    def detail(self, count: int = 1) -> str:
        return "exact: no difference allowed"


def _sort(value: Value) -> str:
    """What a value is, in a word; values of different sorts cannot be set side by side."""
    if value.kind != "whole":
        return "a list of values" if value.shape else "a number"
    for types, word in (
        ((str, bytes), "text"),
        ((list, tuple), "a list of values"),
        ((set, frozenset), "a set"),
        ((dict,), "a mapping"),
    ):
        if isinstance(value.items, types):
            return word
    return "None" if value.items is None else f"a {type(value.items).__name__}"


def _tupled(value: Any) -> Any:
    return tuple(_tupled(item) for item in value) if isinstance(value, (list, tuple)) else value


def _show(value: Value) -> str:
    if value.kind == "array":
        return f"an array of shape {value.shape}"
    if value.kind == "numbers":
        if not value.shape:
            return text(value.items[0], digits=17)
        shown = text(list(value.items), digits=17)
        return shown if len(value.shape) == 1 else f"{shown} in shape {value.shape}"
    return text(value.items, digits=17)


@dataclass(frozen=True)
class Rounding(Budget):
    """What floating point may lose: ``nε/(1 − nε) · condition · scale``.

    `operations` is the number n of roundings on the longest path to the result, ε the spacing of the
    format `dtype` at 1 (twice the unit roundoff, so that functions correct to one unit in the last place
    count as one operation each), `condition` the condition number of the problem and `scale` the
    magnitude of the result. Source: Higham, Accuracy and Stability of Numerical Algorithms, §3.1.
    Raises `BudgetError` for an unknown format and where nε ≥ 1, when no bound exists.
    """

    operations: int
    condition: float = 1
    scale: float = 1
    dtype: Any = "float64"

    def __post_init__(self) -> None:
        name = getattr(self.dtype, "__name__", None) or str(self.dtype)
        name = name.removeprefix("torch.")
        if name not in EPSILON:
            raise BudgetError(f"no rounding budget for dtype {name!r}: one of {', '.join(EPSILON)}")
        object.__setattr__(self, "dtype", name)
        object.__setattr__(self, "operations", _count("operations", self.operations))
        object.__setattr__(self, "condition", _positive("condition", self.condition))
        object.__setattr__(self, "scale", _positive("scale", self.scale))
        if self.operations * EPSILON[name] >= 1:
            raise BudgetError(
                f"{self.operations} operations in {name} lose every digit: no bound exists; use a wider format"
            )

    def tolerance(self, count: int = 1) -> float:
        loss = self.operations * EPSILON[self.dtype]
        return loss / (1 - loss) * self.condition * self.scale

    def describe(self) -> str:
        return "within the rounding budget"

    def detail(self, count: int = 1) -> str:
        return (
            f"rounding: {self.operations} operations in {self.dtype}, condition {self.condition:.3g}, "
            f"scale {self.scale:.3g}: {self.tolerance():.3g}"
        )


@dataclass(frozen=True)
class Sampling(Budget):
    """What chance may do to a mean of `runs` independent draws: ``z σ/√runs``.

    `sigma` is the standard deviation of one draw (a number, or one for each value compared), and z the
    two-sided normal quantile at which a true prediction is rejected with probability `false_alarm`. When
    several values are compared at once, the rate holds for all of them together: each gets its share
    (Bonferroni), by the number of values or by `comparisons` where that is larger. The mean is taken
    as normal, which the central limit theorem gives for many runs, and not exactly.
    """

    runs: int
    sigma: Any
    false_alarm: float
    comparisons: int = 1

    def __post_init__(self) -> None:
        object.__setattr__(self, "runs", _count("runs", self.runs))
        object.__setattr__(self, "comparisons", _count("comparisons", self.comparisons))
        object.__setattr__(self, "false_alarm", _false_alarm(self.false_alarm))
        given = normalise(self.sigma)
        if given.kind == "whole" or given.size == 0 or len(given.shape) > 1:
            raise BudgetError(f"sigma must be a number or a list of numbers, not {self.sigma!r}")
        sizes = [float(real(s)) if not isinstance(s, float) else s for s in list(given.items)]
        sizes = [_positive("sigma", size) for size in sizes]
        object.__setattr__(self, "sigma", tuple(sizes) if given.shape else sizes[0])

    def quantile(self, count: int = 1) -> float:
        """z for `count` values compared at once."""
        shares = max(count, self.comparisons)
        # The lower tail keeps its digits where 1 − tail would round to 1.
        return -NormalDist().inv_cdf(self.false_alarm / (2 * shares))

    def tolerance(self, count: int = 1) -> float | tuple[float, ...]:
        factor = self.quantile(count) / math.sqrt(self.runs)
        if not isinstance(self.sigma, tuple):
            return factor * self.sigma
        if len(self.sigma) != count:
            raise BudgetError(f"sampling has {len(self.sigma)} sigmas for {count} values: give one each")
        return tuple(factor * sigma for sigma in self.sigma)

    def describe(self) -> str:
        return f"within the sampling budget (false alarm {rate(self.false_alarm)})"

    def detail(self, count: int = 1) -> str:
        allowed = self.tolerance(len(self.sigma) if isinstance(self.sigma, tuple) else count)
        sigma = max(self.sigma) if isinstance(self.sigma, tuple) else self.sigma
        largest = max(allowed) if isinstance(allowed, tuple) else allowed
        return (
            f"sampling: {self.runs} runs, sigma {sigma:.3g}, {max(count, self.comparisons)} at once, "
            f"z = {self.quantile(count):.3g} (false alarm {rate(self.false_alarm)}): {largest:.3g}"
        )


@dataclass(frozen=True)
class Kolmogorov(Budget):
    """How far an empirical distribution of `runs` draws may lie from the true one, at every point at once.

    ``P(sup |Fₙ − F| > t) ≤ 2 exp(−2nt²)`` for every n and every F: the inequality of Dvoretzky, Kiefer and
    Wolfowitz (1956) with the constant of Massart (1990), a theorem and no limit law. The budget is the t
    at which the right side is `false_alarm`. Compare Fₙ with F at any points, or their distance with 0;
    `comparisons` distributions tested together share the rate.
    """

    runs: int
    false_alarm: float
    comparisons: int = 1

    def __post_init__(self) -> None:
        object.__setattr__(self, "runs", _count("runs", self.runs))
        object.__setattr__(self, "comparisons", _count("comparisons", self.comparisons))
        object.__setattr__(self, "false_alarm", _false_alarm(self.false_alarm))

    def tolerance(self, count: int = 1) -> float:
        # All points of one distribution are covered at once, whatever their number.
        return math.sqrt(math.log(2 * self.comparisons / self.false_alarm) / (2 * self.runs))

    def describe(self) -> str:
        return f"within the Dvoretzky–Kiefer–Wolfowitz budget (false alarm {rate(self.false_alarm)})"

    def detail(self, count: int = 1) -> str:
        return (
            f"Dvoretzky–Kiefer–Wolfowitz: {self.runs} runs (false alarm {rate(self.false_alarm)}): "
            f"{self.tolerance():.3g}"
        )


@dataclass(frozen=True)
class Discretisation(Budget):
    """What a step h may cost a method of proved order p: ``constant · h^p``."""

    order: float
    step: float
    constant: float

    def __post_init__(self) -> None:
        for name in ("order", "step", "constant"):
            object.__setattr__(self, name, _positive(name, getattr(self, name)))

    def tolerance(self, count: int = 1) -> float:
        return self.constant * self.step**self.order

    def describe(self) -> str:
        return f"within the discretisation budget (order {self.order:g})"

    def detail(self, count: int = 1) -> str:
        return f"discretisation: {self.constant:.3g} · {self.step:.3g}^{self.order:g} = {self.tolerance():.3g}"


@dataclass(frozen=True)
class UpperBound(Budget):
    """The measured value may be no larger than the predicted one, plus what `slack` (a budget) allows."""

    slack: Budget | None = None
    one_sided = True

    def __post_init__(self) -> None:
        if self.slack is not None and (not isinstance(self.slack, Budget) or self.slack.one_sided):
            raise BudgetError(f"slack must be a budget such as rounding(...), not {self.slack!r}")

    def tolerance(self, count: int = 1) -> float | Sequence[float]:
        return self.slack.tolerance(count) if self.slack else 0.0

    def describe(self) -> str:
        words = "no larger than the predicted bound"
        if self.slack:
            words += f", {self.slack.describe().replace('within', 'up to', 1)}"
        return words

    def detail(self, count: int = 1) -> str:
        return "upper bound" + (f"; {self.slack.detail(count)}" if self.slack else ", no slack")


# A chapter writes a budget as a function call.
exact = Exact
rounding = Rounding
sampling = Sampling
kolmogorov = Kolmogorov
discretisation = Discretisation
upper_bound = UpperBound
