"""Figures that carry a claim: SVG that is the same on every run, readable on a light and on a dark page.

`figure` shows one matplotlib figure; `sliders` and `sketches` show what can be played with on the static page.
matplotlib is imported on first use.
"""

from __future__ import annotations

import hashlib
import io
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from assayer.claims import records
from assayer.lab.checks import Check
from assayer.lab.svg import RasterImage, tidy

INK = "#000000"
"""Text, axes and lines that follow the page: stored as ``currentColor``."""
PALETTE = {"blue": "#0072b2", "vermillion": "#d55e00", "green": "#009e73", "purple": "#cc79a7"}
"""The four colours of Okabe and Ito (2008) with a contrast of 3:1 or more on white and on #121212."""
FIGURE_LIMIT = 200_000
"""Bytes of SVG that may be stored for one figure."""
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


def required(name: str, value: Any, purpose: str) -> str:
    if not isinstance(value, str) or not value.strip():
        raise FigureRefused(f"a figure needs {name}= in words: {purpose}")
    return " ".join(value.split())


def drawn(fig: Any, *, prefix: str, alt: str, shows: str, limit: int = FIGURE_LIMIT) -> str:
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


def prefix_of(*words: str) -> str:
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
    alt = required("alt", alt, "what should a reader who cannot see it learn?")
    shows = required("shows", shows, "what does it show?")
    if check is not None and not isinstance(check, (Check, str)):
        raise TypeError(f"check must be a Check or its title, not {type(check).__name__}")
    svg = drawn(fig, prefix=prefix_of(alt, shows), alt=alt, shows=shows)
    return Figure(alt, shows, svg, check.title if isinstance(check, Check) else check)
