"""The numerical bench: device, seeds, budgets, checks, figures, long sweeps.

Importing it loads neither PyTorch, numpy, SymPy nor matplotlib; each comes with the first function
that needs it.
"""

from assayer.lab.budgets import (
    Budget,
    BudgetError,
    discretisation,
    exact,
    kolmogorov,
    rounding,
    sampling,
    upper_bound,
)
from assayer.lab.checkpoints import SweepError
from assayer.lab.checks import Check, CheckFailed, check
from assayer.lab.devices import DeviceError, describe_device, device, generator, scale
from assayer.lab.faults import halving, or_cpu
from assayer.lab.figures import INK, PALETTE, Figure, FigureRefused, figure, style
from assayer.lab.live import measurements, progress, stopwatch
from assayer.lab.sketches import Sketch, sketch
from assayer.lab.sliders import Slider, slider
from assayer.lab.sweeps import Swept, read_results, sweep

__all__ = [
    "INK",
    "PALETTE",
    "Budget",
    "BudgetError",
    "Check",
    "CheckFailed",
    "DeviceError",
    "Figure",
    "FigureRefused",
    "Sketch",
    "Slider",
    "SweepError",
    "Swept",
    "check",
    "describe_device",
    "device",
    "discretisation",
    "exact",
    "figure",
    "generator",
    "halving",
    "kolmogorov",
    "measurements",
    "or_cpu",
    "progress",
    "read_results",
    "rounding",
    "sampling",
    "scale",
    "sketch",
    "slider",
    "stopwatch",
    "style",
    "sweep",
    "upper_bound",
]
