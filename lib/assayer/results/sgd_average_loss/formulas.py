"""The bound on the average loss of projected SGD, and the rates for which it is stated.

D is the diameter of the set in which the iterates live, G a bound on the norm of every gradient, T the number of
steps and eta_1 >= ... >= eta_T > 0 the rates. Numbers may be int, Fraction or float; exact ones give exact results
wherever no root is taken.
"""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from itertools import pairwise
from math import comb, isfinite, sqrt
from numbers import Real
from operator import index
from typing import Any


def bound(rates: Iterable[Any], diameter: Any, gradient: Any, any_order: bool = False) -> Any:
    """D^2/(2 T eta_T) + G^2/(2T) (eta_1 + ... + eta_T): no average regret of projected SGD is larger.

    rates: the T rates in the order of the steps, each > 0, none larger than the one before it; a list of numbers
    or a torch tensor of shape (T,). diameter: D >= 0. gradient: G >= 0. any_order: give the value of the formula
    for growing rates too, for which it bounds nothing.
    Raises `ValueError` naming the first rate, or the diameter or gradient, that is not as above; `TypeError` for
    what is no real number.
    Source: the chapter, "The bound".
    """
    return bounds(rates, diameter, gradient, any_order)[-1]


def bounds(rates: Iterable[Any], diameter: Any, gradient: Any, any_order: bool = False) -> list[Any]:
    """`bound` after 1, 2, ..., T steps, as a list of T numbers. Arguments and errors as there."""
    given = checked_rates(rates)
    diameter, gradient = checked("diameter", diameter), checked("gradient", gradient)
    if not any_order:
        for step, (before, after) in enumerate(pairwise(given), start=2):
            if after > before:
                raise ValueError(
                    f"the bound needs rates that do not grow, and rate {step}, {after}, is above {before}; "
                    "any_order=True gives the formula's value all the same"
                )
    found, total = [], 0
    for step, rate in enumerate(given, start=1):
        total += rate
        found.append(_divided(diameter**2, 2 * step * rate) + _divided(gradient**2 * total, 2 * step))
    return found


def constant_rate(steps: int, diameter: Any, gradient: Any, factor: Any = 1) -> list[float]:
    """The rate factor D/(G sqrt T) for T = `steps` steps: the best constant one for factor 1, as T floats.

    steps: an integer >= 1. diameter, gradient, factor: numbers > 0. Errors as for `bound`.
    """
    steps = checked_steps(steps)
    diameter, gradient = checked("diameter", diameter, zero=False), checked("gradient", gradient, zero=False)
    return [float(checked("factor", factor, zero=False)) * float(diameter) / (float(gradient) * sqrt(steps))] * steps


def root_rate(steps: int, alpha: Any) -> list[float]:
    """The rates alpha/sqrt(t) for t = 1, ..., T = `steps`, as T floats.

    steps: an integer >= 1. alpha: a number > 0; D/(sqrt(2) G) makes the bound least. Errors as for `bound`.
    """
    alpha = float(checked("alpha", alpha, zero=False))
    return [alpha / sqrt(step) for step in range(1, checked_steps(steps) + 1)]


def mean_distance(steps: int) -> Fraction:
    """E|S_T|, exactly: how far from its start a walk of T = `steps` fair steps of length 1 is, on average.

    It is 2m C(2m, m)/4^m with m = ceil(T/2): an odd number of steps and the even number after it share one value.
    Errors as for `constant_rate`.
    Source: Feller, An Introduction to Probability Theory and Its Applications I, chapter III.
    """
    half = (checked_steps(steps) + 1) // 2
    return Fraction(2 * half * comb(2 * half, half), 4**half)


def checked_rates(rates: Iterable[Any]) -> list[Any]:
    """`rates` as a list of positive numbers; errors as for `bound`."""
    given = rates.tolist() if hasattr(rates, "tolist") else rates
    if isinstance(given, str) or not isinstance(given, Iterable):
        raise TypeError(f"rates must be a list of numbers, one for each step, not {rates!r}")
    found = [checked(f"rate {step}", rate, zero=False) for step, rate in enumerate(given, start=1)]
    if not found:
        raise ValueError("rates must hold at least one number: a run has at least one step")
    return found


def checked(name: str, value: Any, zero: bool = True) -> Any:
    """`value` if it is a finite number that is positive (or 0, where `zero`); else an error that names it."""
    if isinstance(value, bool) or not isinstance(value, Real):
        raise TypeError(f"{name} must be a real number, not {value!r} of type {type(value).__name__}")
    if not isfinite(value) or value < 0 or (value == 0 and not zero):
        raise ValueError(f"{name} must be finite and {'at least' if zero else 'above'} 0, got {value}")
    return value


def checked_steps(steps: Any, name: str = "steps", least: int = 1) -> int:
    """`steps` as an int that is at least `least`; else an error that names it."""
    if isinstance(steps, bool) or not hasattr(steps, "__index__"):
        raise TypeError(f"{name} must be a whole number, not {steps!r} of type {type(steps).__name__}")
    if index(steps) < least:
        raise ValueError(f"{name} must be at least {least}, got {steps}")
    return index(steps)


def _divided(above: Any, below: Any) -> Any:
    """above/below, a Fraction where both are exact."""
    exact = not isinstance(above, float) and not isinstance(below, float)
    return Fraction(above) / Fraction(below) if exact else above / below
