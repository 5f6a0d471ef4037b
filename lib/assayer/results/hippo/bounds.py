"""Bounds that the chapter proves: how far an online memory may lie from the projection, and LegT from a delay.

The derivatives of LegS's coefficients obey |c^(j)(t)| <= sqrt(2/(2j+1)) max|u^(j)| (Bessel's inequality), whatever the
number of states. A step's error is never amplified, since A + A^T is negative definite.
"""

from __future__ import annotations

import math

from assayer.results.hippo.arguments import count, positive


def backward_bound(steps: int, time: float, second: float) -> float:
    """Euclidean error of LegS's coefficients at `time` after `steps` of "backward": (T h/2) sqrt(2/5) max|u''|.

    second: a bound of |u''| on [0, time]. Raises `TypeError` or `ValueError` for what is not positive.
    """
    h = positive(time, "time") / count(steps, "steps")
    return time * h / 2 * math.sqrt(2 / 5) * positive(second, "second")


def bilinear_bound(steps: int, time: float, second: float, third: float, power: float = 1) -> float:
    """The same for "bilinear": (h^2/2) sqrt(2/5) max|u''|, its first step, and h^3/12 sqrt(2/7) max|u'''| a step.

    second, third: bounds of |u''| and |u'''| on [0, time]. power: of a warped memory, see `project`; then sqrt(2/5)
    and sqrt(2/7) become sqrt(2/(2j/power + 1)) with j = 2 and 3. Raises as `backward_bound`.
    """
    h, power = positive(time, "time") / count(steps, "steps"), positive(power, "power")
    first = h**2 / 2 * math.sqrt(2 / (4 / power + 1)) * positive(second, "second")
    return first + (steps - 1) * h**3 / 12 * math.sqrt(2 / (6 / power + 1)) * positive(third, "third")


def hold_bound(steps: int, time: float, slope: float) -> float:
    """The same for "zoh": sqrt(2) h max|u'|, the distance of u from the held samples. Raises as `backward_bound`."""
    return math.sqrt(2) * positive(time, "time") / count(steps, "steps") * positive(slope, "slope")


def delay_bound(n: int, z: float) -> float:
    """|H(z) - exp(-z)| <= 2 (z/2)^(2n) / ((2n-1)!!)^2 for LegT with `n` states and real z > 0.

    Formed from logarithms, so that large n does not overflow. Raises as `backward_bound`.
    """
    n, a = count(n, "the number of states n"), positive(z, "z") / 2
    return math.exp(math.log(2) + 2 * sum(math.log(a / (2 * k + 1)) for k in range(n)))
