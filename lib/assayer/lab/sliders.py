"""Figures with one or two sliders that work on the static page: a stored frame for each position."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from itertools import product
from typing import Any

from assayer.claims import records
from assayer.lab.figures import FigureRefused, drawn, prefix_of, required, style
from assayer.lab.values import text

SLIDER_LIMIT = 400_000
"""Bytes of SVG that may be stored for all frames of a slider."""


@dataclass(frozen=True)
class Slider:
    """A figure for each position of a slider, or of two; the first stands where no slider can work.

    Attributes:
        label, values: what the slider changes, and the name of each position.
        second: the same for the second slider, or None. Its positions run faster: the frame of positions i and j is
            number ``i * len(second values) + j``.
        frames, alts: the SVG and the alternative text of each frame.
        shows: what the figure shows.
    """

    label: str
    values: tuple[str, ...]
    frames: tuple[str, ...] = field(repr=False)
    alts: tuple[str, ...] = field(repr=False)
    shows: str
    second: tuple[str, tuple[str, ...]] | None = None

    def record(self) -> records.Record:
        made = records.make(
            "slider",
            label=self.label,
            values=list(self.values),
            frames=list(self.frames),
            alts=list(self.alts),
            shows=self.shows,
            **({"second": {"label": self.second[0], "values": list(self.second[1])}} if self.second else {}),
        )
        return made

    def __str__(self) -> str:
        both = [(self.label, self.values), *([self.second] if self.second else [])]
        listed = " and ".join(f"{label} ({', '.join(values)})" for label, values in both)
        return f"slider {listed}: {self.shows}"

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        return {"text/plain": str(self), "image/svg+xml": self.frames[0], records.MIME: self.record()}


def slider(
    label: str,
    values: Iterable[Any],
    draw: Callable[..., Any],
    *,
    alt: Callable[..., str],
    shows: str,
    second: tuple[str, Iterable[Any]] | None = None,
) -> Slider:
    """Draw one frame for each of `values`, to be moved through on the static page.

    Parameters: ``draw(value)`` gives a matplotlib Figure and is called under `style`; ``alt(value)`` gives
    that frame's alt text; all frames have one size. `second` is the label and the values of a second slider;
    `draw` and `alt` then take two values. Raises `FigureRefused` as `figure` does, for fewer than two
    positions, two with one name, frames of different sizes, and more than 400 kB in all.
    """
    label = required("label", label, "what does the slider change?")
    shows = required("shows", shows, "what does it show?")
    if not callable(draw) or not callable(alt):
        raise TypeError("a slider needs draw(value) -> Figure and alt(value) -> str")
    axes = [_axis(label, values)]
    if second is not None:
        axes.append(_axis(required("label", second[0], "what does the second slider change?"), second[1]))
        if axes[0][0] == axes[1][0]:
            raise FigureRefused(f"both sliders are called {label!r}")
    stem = prefix_of(*(name for name, _, _ in axes), shows)
    frames: list[str] = []
    alts: list[str] = []
    sizes: set[tuple[float, ...]] = set()
    for number, place in enumerate(product(*(zip(positions, names, strict=True) for _, positions, names in axes))):
        at = [value for value, _ in place]
        where = ", ".join(f"{axis[0]} = {name}" for axis, (_, name) in zip(axes, place, strict=True))
        alts.append(required("alt", alt(*at), f"what should a reader learn at {where}?"))
        with style():
            fig = draw(*at)
            frames.append(drawn(fig, prefix=f"{stem}{number}-", alt=alts[-1], shows=shows))
        sizes.add(tuple(round(float(side), 6) for side in fig.get_size_inches()))
    if len(sizes) > 1:
        raise FigureRefused(f"slider {label!r} has frames of different sizes: set one figsize")
    total = sum(len(frame.encode()) for frame in frames)
    if total > SLIDER_LIMIT:
        raise FigureRefused(
            f"slider {label!r} is {total // 1000} kB in all: at most {SLIDER_LIMIT // 1000} kB; "
            "give fewer positions or fewer points"
        )
    other = (axes[1][0], axes[1][2]) if second is not None else None
    return Slider(label, axes[0][2], tuple(frames), tuple(alts), shows, other)


def _axis(label: str, values: Iterable[Any]) -> tuple[str, Sequence[Any], tuple[str, ...]]:
    """A slider's label, its positions and their names."""
    positions = list(values)
    names = tuple(text(value) for value in positions)
    if len(positions) < 2:
        raise FigureRefused(f"slider {label!r} has {len(positions)} position(s): give two or more")
    for name in names:
        if names.count(name) > 1:
            raise FigureRefused(f"slider {label!r} has two positions named {name}")
    return label, positions, names
