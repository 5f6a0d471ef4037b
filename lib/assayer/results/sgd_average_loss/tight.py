"""The instance on which the bound is an equality, in exact arithmetic.

The set is [0, D], the loss at every step is G |theta|, the start is D, and the rate is D/(G K) for an integer K. At
theta > 0 the gradient is G; at theta = 0 every number in [-G, G] is a subgradient, and -G is taken. So each step is
theta -> |theta - D/K|: K steps down to 0, then to and fro between 0 and D/K. After T = K + 2m steps the regret against
theta = 0 is the bound's value; for T = K^2 the rate is the best one, and the value is D G/sqrt T.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from assayer.results.sgd_average_loss.formulas import checked, checked_steps


def tight_points(falls: int, pairs: int | None = None, diameter: Any = 1) -> list[Any]:
    """theta_1, ..., theta_T of the instance with K = `falls` and m = `pairs`, where T = K + 2m.

    falls: an integer >= 1. pairs: an integer >= 0; by default (K^2 - K)/2, which makes T = K^2. diameter: D > 0; an int
    or a Fraction gives Fractions.
    Raises `ValueError` or `TypeError` naming the argument that is not as above.
    Source: the chapter, "The bound is attained".
    """
    falls = checked_steps(falls, "falls")
    pairs = (falls * falls - falls) // 2 if pairs is None else checked_steps(pairs, "pairs", least=0)
    height = checked("diameter", diameter, zero=False)
    height = height if isinstance(height, float) else Fraction(height)
    points = [height]
    while len(points) < falls + 2 * pairs:
        points.append(abs(points[-1] - height / falls))
    return points


def tight_regret(falls: int, pairs: int | None = None, diameter: Any = 1, gradient: Any = 1) -> Any:
    """The average of G theta_t over the T steps: the regret against theta = 0, where the loss is 0.

    Equal to `bound` for the rate D/(G K). Arguments and errors as for `tight_points`; gradient: G > 0.
    """
    points = tight_points(falls, pairs, diameter)
    return checked("gradient", gradient, zero=False) * sum(points) / len(points)
