"""`check`: a prediction, a measurement, a budget, and the falsified inputs that the budget must reject."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from assayer.claims import records
from assayer.lab.budgets import Budget, Exact
from assayer.lab.values import normalise, text


class CheckFailed(AssertionError):
    """A measurement outside its budget, or a check that cannot fail."""


@dataclass(frozen=True)
class Falsifier:
    """A falsified input, in words, with the value that it gave and why the budget rejects it."""

    what: str
    value: Any = field(repr=False)
    why: str


@dataclass(frozen=True)
class Check:
    """A check that passed. Made by `check`, shown in a chapter, cited by a claim."""

    title: str
    predicted: Any = field(repr=False)
    measured: Any = field(repr=False)
    budget: Budget
    falsifiers: tuple[Falsifier, ...] = field(repr=False)
    claim: str | None = None
    shown: str | None = field(default=None, repr=False)
    passed: bool = True

    @property
    def text(self) -> str:
        """The stable line under the cell: no sizes, no times, no device."""
        rejected = ", ".join(falsifier.what for falsifier in self.falsifiers)
        return f"✓ {self.title}: {self.budget.describe()}; rejected: {rejected}"

    def record(self) -> records.Record:
        """The record that is stored in the notebook; the measured value only where it is exact."""
        return records.make(
            "check",
            title=self.title,
            predicted=self.shown or text(self.predicted),
            budget=self.budget.describe(),
            verdict="passed",
            falsifiers=[{"what": f.what, "verdict": "rejected"} for f in self.falsifiers],
            measured=text(self.measured) if isinstance(self.budget, Exact) else None,
            claim=self.claim,
        )

    def details(self) -> None:
        """Print predicted, measured, budget and falsifiers in numbers, with the device.

        For a cell tagged ``measurements``: what it prints depends on the device.
        """
        rows = [
            ("predicted", text(self.predicted, digits=12)),
            ("measured", text(self.measured, digits=12)),
            ("budget", self.budget.detail(normalise(self.measured).size)),
            *((f"rejected: {f.what}", f"{text(f.value, digits=12)} ({f.why})") for f in self.falsifiers),
            ("device", _device()),
        ]
        print(self.title)
        for name, value in rows:
            print(f"  {name}: {value}")

    def __repr__(self) -> str:
        return self.text

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        return {"text/plain": self.text, records.MIME: self.record()}


def _device() -> str:
    if "torch" not in sys.modules:
        return "CPU (Python)"
    from assayer.lab.devices import describe_device

    return describe_device()


def _words(title: str) -> str:
    if not isinstance(title, str) or not title.strip():
        raise TypeError("a check needs a title: say in a few words what it shows")
    return " ".join(title.split())


def _named(falsifier: Any) -> dict[str, Any]:
    """The falsifiers by name; a lone callable is named by its first line of documentation or its name."""
    hint = "give a callable, or a dict {what: callable or value}"
    if isinstance(falsifier, Mapping):
        if not falsifier:
            raise TypeError(f"the dict of falsifiers is empty: {hint}")
        for what in falsifier:
            if not isinstance(what, str) or not what.strip():
                raise TypeError(f"a falsifier needs a name in words, not {what!r}")
        return dict(falsifier)
    if not callable(falsifier):
        raise TypeError(f"a falsifier cannot be a bare {type(falsifier).__name__}: {hint}")
    name = getattr(falsifier, "__name__", "")
    documentation = (getattr(falsifier, "__doc__", None) or "").strip() if name else ""
    if name == "<lambda>" or not name:
        return {"the falsified input": falsifier}
    first = documentation.partition("\n")[0].strip().rstrip(".")
    return {first or name.strip("_").replace("_", " "): falsifier}


def _claim_id(claim: Any) -> str | None:
    if claim is None:
        return None
    id = getattr(claim, "id", claim)
    if not records.is_claim_id(id):
        raise TypeError(f"claim must be a Claim or a claim id such as 'chapter.name', not {claim!r}")
    return str(id)


def check(
    title: str,
    *,
    predicted: Any,
    measured: Any,
    budget: Budget,
    falsifier: Callable[[], Any] | Mapping[str, Any],
    claim: Any = None,
    shown: str | None = None,
) -> Check:
    """Compare `measured` with `predicted` within `budget`, and see that the budget rejects each falsifier.

    Parameters: `predicted` and `measured` are numbers of any kind (int, Fraction, SymPy, numpy, torch),
    lists or arrays of the same shape, or, with ``exact()``, text and sets; `measured` may be a callable
    without arguments. `falsifier` is a callable or a dict ``{what: callable or value}``: what the same
    measurement gives when a hypothesis is dropped, a sign flipped, or the published wrong value. `claim`
    is the claim (or its id) that the check tests. `shown` replaces the text of the prediction in the
    record, for one that depends on a size chosen by device.

    Raises `CheckFailed` when the measurement lies outside the budget or cannot be compared (NaN, infinite,
    empty, another shape), and when a falsifier is not rejected on its value: then the check cannot fail.
    """
    title = _words(title)
    if not isinstance(budget, Budget):
        raise TypeError(
            f"check {title!r}: budget must be one of exact(), rounding(...), sampling(...), kolmogorov(...), "
            f"discretisation(...), upper_bound(...), not {budget!r}"
        )
    falsifiers = _named(falsifier)
    claim_id = _claim_id(claim)
    value = measured() if callable(measured) else measured
    outcome = budget.compare(predicted, value)
    if not outcome.ok:
        size = normalise(value).size
        raise CheckFailed(f"✗ {title}: {outcome.why} [{budget.detail(max(size, 1))}]")
    rejected = tuple(_reject(title, what, source, predicted, budget) for what, source in falsifiers.items())
    return Check(title, predicted, value, budget, rejected, claim_id, shown)


def _reject(title: str, what: str, source: Any, predicted: Any, budget: Budget) -> Falsifier:
    try:
        value = source() if callable(source) else source
    except Exception as error:
        raise CheckFailed(
            f"✗ {title}: the falsifier {what!r} raised {type(error).__name__}: {error}; it must give a value"
        ) from error
    outcome = budget.compare(predicted, value)
    if outcome.ok:
        raise CheckFailed(
            f"✗ {title}: the check cannot fail: the falsifier {what!r} gave {text(value, digits=12)}, "
            f"which the budget allows [{budget.detail(normalise(value).size)}]"
        )
    if not outcome.comparable:
        raise CheckFailed(
            f"✗ {title}: the check cannot fail: the falsifier {what!r} is not rejected on its value "
            f"({outcome.why}); let it give a value that can be compared"
        )
    return Falsifier(what, value, outcome.why)
