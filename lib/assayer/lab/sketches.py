"""A signal that a reader draws with a finger, and what a given number of coefficients remembers of it.

The page needs no kernel: the record holds an orthonormal basis at the nodes of a quadrature rule, and a short script
of the site takes the inner products.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from assayer.claims import records
from assayer.lab.figures import FigureRefused, drawn, prefix_of, required, style

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Drawing

DIGITS = 6
"""Significant digits of a stored number."""
NUMBERS_LIMIT = 20_000
"""How many numbers one record may hold."""


@dataclass(frozen=True)
class Sketch:
    """A basis at some nodes, signals to begin with, and the sizes among which a reader chooses.

    Attributes:
        label, sizes: what the slider changes, and how many of the basis functions each position takes.
        nodes, weights: of a quadrature rule, in ascending order; both of length m.
        basis: rows ``g_k`` with ``Σ_j weights[j] g_k[j] g_l[j] = 1`` for k = l, else 0; shape (K, m).
        signals: for each name the values at the nodes; the first is shown first.
        alt, shows: for a reader who cannot see it, and what the figure shows.
        svg: the first signal and its projection, where no script runs.
    """

    label: str
    sizes: tuple[int, ...]
    nodes: tuple[float, ...] = field(repr=False)
    weights: tuple[float, ...] = field(repr=False)
    basis: tuple[tuple[float, ...], ...] = field(repr=False)
    signals: tuple[tuple[str, tuple[float, ...]], ...] = field(repr=False)
    alt: str
    shows: str
    svg: str = field(repr=False)

    def record(self) -> records.Record:
        return records.make(
            "sketch",
            label=self.label,
            sizes=list(self.sizes),
            nodes=list(self.nodes),
            weights=list(self.weights),
            basis=[list(row) for row in self.basis],
            signals=[{"name": name, "values": list(values)} for name, values in self.signals],
            alt=self.alt,
            shows=self.shows,
        )

    def __str__(self) -> str:
        return f"sketch {self.label} ({', '.join(map(str, self.sizes))}): {self.shows}"

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        return {"text/plain": str(self), "image/svg+xml": self.svg, records.MIME: self.record()}


def sketch(
    label: str,
    sizes: Iterable[int],
    *,
    nodes: Any,
    weights: Any,
    basis: Any,
    signals: Mapping[str, Any],
    alt: str,
    shows: str,
) -> Sketch:
    """Store what a page needs to project a drawn signal on the first ``N`` functions of a basis.

    Parameters: see `Sketch`; arrays or nested lists of floats. Raises `FigureRefused` for shapes that do not fit,
    numbers that are not finite, nodes out of order, weights that are not positive, rows that are not orthonormal,
    fewer than two sizes or sizes that do not rise within 1 … K, an empty text, and more than 20 000 numbers.
    """
    import numpy as np

    label = required("label", label, "what does the slider change?")
    alt = required("alt", alt, "what should a reader who cannot see it learn?")
    shows = required("shows", shows, "what does it show?")
    x, w, rows = (np.asarray(given, dtype=np.float64) for given in (nodes, weights, basis))
    curves = {
        required("name of a signal", name, "what is it?"): np.asarray(u, np.float64) for name, u in signals.items()
    }
    steps = [int(size) for size in sizes]
    if not curves or x.ndim != 1 or rows.ndim != 2 or any(a.shape != x.shape for a in (w, *rows, *curves.values())):
        raise FigureRefused(f"sketch {label!r}: nodes, weights, each basis row and each signal must have one length")
    if not all(np.isfinite(a).all() for a in (x, w, rows, *curves.values())):
        raise FigureRefused(f"sketch {label!r} holds a number that is not finite")
    if not (np.diff(x) > 0).all() or not (w > 0).all():
        raise FigureRefused(f"sketch {label!r}: nodes must rise and weights be positive")
    if len(steps) < 2 or sorted(set(steps)) != steps or not 1 <= steps[0] <= steps[-1] <= len(rows):
        raise FigureRefused(f"sketch {label!r} has the sizes {steps}: two or more, rising, from 1 to {len(rows)}")
    count = rows.size + x.size * (2 + len(curves))
    if count > NUMBERS_LIMIT:
        raise FigureRefused(f"sketch {label!r} holds {count} numbers: at most {NUMBERS_LIMIT}; take fewer nodes")
    x, w, rows = (_rounded(a) for a in (x, w, rows))
    curves = {name: _rounded(u) for name, u in curves.items()}
    # A stored factor is off by half a unit of its last digit, and Σ w|g_k||g_l| ≤ 1: three factors, to first order.
    budget = 2 * 3 * 0.5 * 10.0 ** (1 - DIGITS)
    gap = float(np.abs((rows * w) @ rows.T - np.eye(len(rows))).max())
    if gap > budget:
        raise FigureRefused(f"sketch {label!r}: the basis is not orthonormal under the weights (off by {gap:.1e})")
    first = next(iter(curves.values()))
    with style():
        svg = drawn(
            _first(x, first, (rows * w @ first)[: steps[0]] @ rows[: steps[0]], f"{label} = {steps[0]}"),
            prefix=prefix_of(label, shows),
            alt=alt,
            shows=shows,
        )
    return Sketch(
        label,
        tuple(steps),
        tuple(x.tolist()),
        tuple(w.tolist()),
        tuple(map(tuple, rows.tolist())),
        tuple((name, tuple(u.tolist())) for name, u in curves.items()),
        alt,
        shows,
        svg,
    )


def _rounded(values: Any) -> Any:
    """To `DIGITS` significant digits, with −0 as 0."""
    import numpy as np

    flat = [float(f"{v:.{DIGITS - 1}e}") + 0.0 for v in values.ravel().tolist()]
    return np.array(flat).reshape(values.shape)


def _first(x: Any, signal: Any, remembered: Any, name: str) -> Drawing:
    from matplotlib.figure import Figure as Drawing

    fig = Drawing(figsize=(6.4, 3.2))
    axes = fig.add_subplot()
    axes.plot(x, signal, color="black", linestyle="-", label="signal")
    axes.plot(x, remembered, label=name)
    axes.legend()
    return fig
