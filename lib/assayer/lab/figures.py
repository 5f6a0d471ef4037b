"""Figures that carry a claim: SVG that is the same on every run, readable on a light and on a dark page.

`figure` shows one matplotlib figure, `slider` one figure for each position of a slider that works on
the static page. matplotlib is imported on first use.
"""

from __future__ import annotations

import hashlib
import io
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from assayer.claims import records
from assayer.lab.checks import Check
from assayer.lab.svg import RasterImage, tidy
from assayer.lab.values import text

INK = "#000000"
"""Text, axes and lines that follow the page: stored as ``currentColor``."""
PALETTE = {"blue": "#0072b2", "vermillion": "#d55e00", "green": "#009e73", "purple": "#cc79a7"}
"""The four colours of Okabe and Ito (2008) with a contrast of 3:1 or more on white and on #121212."""
FIGURE_LIMIT = 200_000
SLIDER_LIMIT = 400_000
"""Bytes of SVG that may be stored for one figure, and for all frames of a slider."""
LEAST_TEXT = 9
"""Points."""
_DASHES = ("-", "--", "-.", ":")


class FigureRefused(ValueError):
    """A figure that may not be stored; the message says why and the way out."""


@contextmanager
def style() -> Iterator[None]:
    """The book's matplotlib settings, for the figures drawn inside; a reader's own settings play no part.

    Successive lines differ in colour and in dashes, so that neither alone is needed.
    """
    import matplotlib
    from cycler import cycler

    with matplotlib.rc_context():
        matplotlib.rcdefaults()
        matplotlib.rcParams.update(
            {
                "figure.figsize": (6.4, 4.0),
                "figure.constrained_layout.use": True,
                "font.family": "DejaVu Sans",
                "mathtext.fontset": "dejavusans",
                "font.size": 10,
                "axes.titlesize": 11,
                "axes.labelsize": 10,
                "xtick.labelsize": LEAST_TEXT,
                "ytick.labelsize": LEAST_TEXT,
                "legend.fontsize": LEAST_TEXT,
                "legend.frameon": False,
                "axes.spines.top": False,
                "axes.spines.right": False,
                "axes.prop_cycle": cycler(color=list(PALETTE.values())) + cycler(linestyle=list(_DASHES)),
                "figure.facecolor": "none",
                "axes.facecolor": "none",
            }
        )
        yield


def _required(name: str, value: Any, purpose: str) -> str:
    if not isinstance(value, str) or not value.strip():
        raise FigureRefused(f"a figure needs {name}= in words: {purpose}")
    return " ".join(value.split())


def _draw(fig: Any, *, prefix: str, alt: str, shows: str, limit: int = FIGURE_LIMIT) -> str:
    """The SVG of a matplotlib figure; closes the figure, so that no second picture of it is shown."""
    import matplotlib
    from matplotlib.figure import Figure as Drawing
    from matplotlib.text import Text

    if not isinstance(fig, Drawing):
        raise TypeError(f"a figure is drawn from a matplotlib Figure, not {type(fig).__name__}")
    target = io.StringIO()
    settings = {"svg.fonttype": "none", "svg.hashsalt": "assayer", "svg.image_inline": True}
    with style(), matplotlib.rc_context(settings):
        fig.savefig(target, format="svg", metadata={"Date": None}, transparent=True)
    for item in fig.findobj(Text):
        if item.get_visible() and item.get_text().strip() and item.get_fontsize() < LEAST_TEXT:
            size = item.get_fontsize()
            raise FigureRefused(f"the text {item.get_text()!r} is {size:g} pt: at least {LEAST_TEXT} pt")
    if "matplotlib.pyplot" in sys.modules:
        sys.modules["matplotlib.pyplot"].close(fig)
    try:
        svg = tidy(target.getvalue(), prefix=prefix, title=alt, description=shows)
    except RasterImage:
        raise FigureRefused(
            f"figure {alt!r} holds a bitmap (imshow, or a rasterized artist): use pcolormesh or lines"
        ) from None
    size = len(svg.encode())
    if size > limit:
        raise FigureRefused(
            f"figure {alt!r} is {size // 1000} kB: at most {limit // 1000} kB; bin or thin a cloud of points"
        )
    return svg


def _prefix(*words: str) -> str:
    """The start of a figure's element ids: the same on every run, its own on the page."""
    return "f" + hashlib.sha256("\0".join(words).encode()).hexdigest()[:8] + "-"


@dataclass(frozen=True)
class Figure:
    """A figure as it is stored: its SVG, what it shows, what a reader who cannot see it should learn."""

    alt: str
    shows: str
    svg: str = field(repr=False)
    check: str | None = None

    def record(self) -> records.Record:
        return records.make("figure", alt=self.alt, shows=self.shows, check=self.check)

    def __str__(self) -> str:
        return f"figure: {self.shows}" + (f" [checked: {self.check}]" if self.check else "")

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        return {"text/plain": str(self), "image/svg+xml": self.svg, records.MIME: self.record()}


def figure(fig: Any, *, alt: str, shows: str, check: Check | str | None = None) -> Figure:
    """Show the matplotlib figure `fig`, best drawn under ``with style():``.

    Parameters: `alt` says what a reader who cannot see it should learn; `shows` states what the figure
    shows; `check` is the check (or its title) that tests it. Black is stored as ``currentColor``.
    Raises `FigureRefused` for an empty `alt` or `shows`, text under 9 pt, a bitmap, and an SVG beyond
    200 kB; `TypeError` for anything but a figure.
    """
    alt = _required("alt", alt, "what should a reader who cannot see it learn?")
    shows = _required("shows", shows, "what does it show?")
    if check is not None and not isinstance(check, (Check, str)):
        raise TypeError(f"check must be a Check or its title, not {type(check).__name__}")
    svg = _draw(fig, prefix=_prefix(alt, shows), alt=alt, shows=shows)
    return Figure(alt, shows, svg, check.title if isinstance(check, Check) else check)


@dataclass(frozen=True)
class Slider:
    """A figure for each position of a slider; the first stands where no slider can work."""

    label: str
    values: tuple[str, ...]
    frames: tuple[str, ...] = field(repr=False)
    alts: tuple[str, ...] = field(repr=False)
    shows: str

    def record(self) -> records.Record:
        return records.make(
            "slider",
            label=self.label,
            values=list(self.values),
            frames=list(self.frames),
            alts=list(self.alts),
            shows=self.shows,
        )

    def __str__(self) -> str:
        return f"slider {self.label} ({', '.join(self.values)}): {self.shows}"

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        return {"text/plain": str(self), "image/svg+xml": self.frames[0], records.MIME: self.record()}


def slider(
    label: str,
    values: Iterable[Any],
    draw: Callable[[Any], Any],
    *,
    alt: Callable[[Any], str],
    shows: str,
) -> Slider:
    """Draw one frame for each of `values`, to be moved through on the static page.

    Parameters: ``draw(value)`` gives a matplotlib Figure and is called under `style`; ``alt(value)`` gives
    that frame's alt text; all frames have one size. Raises `FigureRefused` as `figure` does, for fewer
    than two positions, two with one name, frames of different sizes, and more than 400 kB in all.
    """
    label = _required("label", label, "what does the slider change?")
    shows = _required("shows", shows, "what does it show?")
    if not callable(draw) or not callable(alt):
        raise TypeError("a slider needs draw(value) -> Figure and alt(value) -> str")
    positions = list(values)
    names = [text(value) for value in positions]
    if len(positions) < 2:
        raise FigureRefused(f"slider {label!r} has {len(positions)} position(s): give two or more")
    for name in names:
        if names.count(name) > 1:
            raise FigureRefused(f"slider {label!r} has two positions named {name}")
    stem = _prefix(label, shows)
    frames: list[str] = []
    alts: list[str] = []
    sizes: set[tuple[float, float]] = set()
    for number, value in enumerate(positions):
        alts.append(_required("alt", alt(value), f"what should a reader learn at {label} = {names[number]}?"))
        with style():
            fig = draw(value)
            frames.append(_draw(fig, prefix=f"{stem}{number}-", alt=alts[-1], shows=shows))
        sizes.add(tuple(round(float(side), 6) for side in fig.get_size_inches()))  # type: ignore[arg-type]
    if len(sizes) > 1:
        raise FigureRefused(f"slider {label!r} has frames of different sizes: set one figsize")
    total = sum(len(frame.encode()) for frame in frames)
    if total > SLIDER_LIMIT:
        raise FigureRefused(
            f"slider {label!r} is {total // 1000} kB in all: at most {SLIDER_LIMIT // 1000} kB; "
            "give fewer positions or fewer points"
        )
    return Slider(label, tuple(names), tuple(frames), tuple(alts), shows)
