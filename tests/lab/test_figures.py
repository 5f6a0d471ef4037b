"""Figures: the same bytes on every run, readable on both themes, and refused where they are not."""

from __future__ import annotations

import itertools
import re
import subprocess
import sys
from collections.abc import Iterator
from typing import Any
from xml.etree import ElementTree

import matplotlib

matplotlib.use("agg")

import matplotlib.pyplot as plt
import numpy
import pytest

from assayer.claims import records
from assayer.lab import INK, PALETTE, FigureRefused, check, exact, figure, figures, slider, style

SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(autouse=True)
def closed() -> Iterator[None]:
    yield
    plt.close("all")


def draw(height: float = 1.0, points: int = 40) -> Any:
    with style():
        fig, ax = plt.subplots()
        x = numpy.linspace(0, 3, points)
        ax.plot(x, height * x**2, label="$N^{1/6}$")
        ax.plot(x, x, color=INK, label="ink")
        ax.scatter(x, numpy.sin(x), s=6, color=PALETTE["green"], gid="cloud")
        ax.fill_between(x, x / 2, hatch="//", facecolor="none")
        ax.set_xlabel("a − b")
        ax.legend(frameon=True, facecolor="white")
    return fig


def svg(alt: str = "a", shows: str = "s", **more: Any) -> str:
    return figure(draw(**more), alt=alt, shows=shows).svg


def ids(source: str) -> list[str]:
    return re.findall(r' id="([^"]+)"', source)


def test_what_a_notebook_shows() -> None:
    passed = check("the curve rises", predicted=1, measured=1, budget=exact(), falsifier={"flat": 0})
    made = figure(draw(), alt="A parabola\n  that rises.", shows="the parabola", check=passed)
    bundle = made._repr_mimebundle_()
    assert set(bundle) == {"text/plain", "image/svg+xml", records.MIME}
    assert bundle["text/plain"] == "figure: the parabola [checked: the curve rises]"
    assert bundle[records.MIME] == {
        "schema": 1,
        "kind": "figure",
        "alt": "A parabola that rises.",
        "shows": "the parabola",
        "check": "the curve rises",
    }
    assert str(figure(draw(), alt="a", shows="s")) == "figure: s"
    assert figure(draw(), alt="a", shows="s", check="t").record()["check"] == "t"


def test_the_image_has_an_accessible_name_and_description() -> None:
    root = ElementTree.fromstring(svg(alt="A < B & C", shows="the order"))
    title, description = root.find(f"{SVG}title"), root.find(f"{SVG}desc")
    assert root.get("role") == "img"
    assert title is not None and description is not None
    assert (title.text, description.text) == ("A < B & C", "the order")
    assert root.get("aria-labelledby") == f"{title.get('id')} {description.get('id')}"
    assert root[0] is title


SCRIPT = """
import matplotlib; matplotlib.use("agg")
import matplotlib.pyplot as plt, sys
from assayer.lab import figure, style
with style():
    fig, ax = plt.subplots()
    ax.plot([1, 2, 3], [1, 4, 2], "o-", label="$x^2$")
    ax.fill_between([1, 2], [1, 2], hatch="//")
    ax.legend()
sys.stdout.write(figure(fig, alt="a", shows="s").svg)
"""


def test_two_runs_give_the_same_bytes() -> None:
    run = [sys.executable, "-c", SCRIPT]
    first, second = (subprocess.run(run, capture_output=True, check=True).stdout for _ in range(2))
    assert first == second and first.startswith(b"<svg")
    assert svg() == svg()


def test_a_small_change_is_seen_and_noise_is_not() -> None:
    assert svg() == svg(height=1 + 1e-13)
    assert svg() != svg(height=1.0003)


def test_the_settings_of_a_reader_play_no_part() -> None:
    plain = svg()
    with matplotlib.rc_context({"font.size": 20, "axes.grid": True, "svg.fonttype": "path", "svg.hashsalt": "x"}):
        assert svg() == plain
    before = dict(matplotlib.rcParams)
    with style():
        assert matplotlib.rcParams["legend.frameon"] is False
    assert dict(matplotlib.rcParams) == before


def test_ids_are_the_figures_own_and_every_reference_is_met() -> None:
    one, two = svg(alt="one"), svg(alt="two")
    for source in (one, two):
        assert len(ids(source)) == len(set(ids(source)))
        referenced = set(re.findall(r'(?:url\(#|href="#)([^)"]+)', source))
        assert referenced and referenced <= set(ids(source))
    assert not set(ids(one)) & set(ids(two))
    assert any(id.endswith("-cloud") for id in ids(one))
    assert not any(re.search(r"(patch|axes|line2d|text)_\d", id) for id in ids(one))


def test_text_stays_text_and_colours_follow_the_theme() -> None:
    source = svg()
    assert ">a − b</text>" in source
    assert "currentColor" in source and "#000000" not in source
    assert "#ffffff" not in source, "a white box would hide text on a dark page"
    root = ElementTree.fromstring(source)
    assert root.get("fill") == "currentColor", "matplotlib leaves black text without a fill"
    assert "<style" not in source and "<metadata" not in source and "xlink" not in source


def test_a_cloud_says_its_style_once() -> None:
    few, many = len(svg(points=100)), len(svg(points=1100))
    assert (many - few) / 1000 < 120, "bytes for a point of the cloud, three curves included"


def test_the_figure_is_closed_so_that_no_second_picture_is_shown() -> None:
    fig = draw()
    assert plt.fignum_exists(fig.number)
    figure(fig, alt="a", shows="s")
    assert not plt.fignum_exists(fig.number)


@pytest.mark.parametrize("empty", ["", "  ", None])
def test_an_empty_alt_or_caption_is_refused(empty: Any) -> None:
    with pytest.raises(FigureRefused, match="a figure needs alt= in words"):
        figure(draw(), alt=empty, shows="s")
    with pytest.raises(FigureRefused, match="a figure needs shows= in words"):
        figure(draw(), alt="a", shows=empty)


def test_too_large_a_figure_is_refused() -> None:
    with pytest.raises(FigureRefused, match=r"figure 'a' is \d{3} kB: at most 200 kB; bin or thin"):
        figure(draw(points=6000), alt="a", shows="s")


def test_small_text_is_refused_where_it_is_seen() -> None:
    fig = draw()
    note = fig.axes[0].text(1, 1, "tiny", fontsize=7)
    with pytest.raises(FigureRefused, match="the text 'tiny' is 7 pt: at least 9 pt"):
        figure(fig, alt="a", shows="s")
    note.set_visible(False)
    assert figure(fig, alt="a", shows="s").svg.startswith("<svg")


def test_a_bitmap_is_refused() -> None:
    with style():
        fig, ax = plt.subplots()
        ax.imshow(numpy.eye(3))
    with pytest.raises(FigureRefused, match="holds a bitmap"):
        figure(fig, alt="a", shows="s")


def test_only_figures_and_checks_are_taken() -> None:
    with pytest.raises(TypeError, match="drawn from a matplotlib Figure, not Axes"):
        figure(draw().axes[0], alt="a", shows="s")
    with pytest.raises(TypeError, match="check must be a Check or its title, not int"):
        figure(draw(), alt="a", shows="s", check=3)  # type: ignore[arg-type]


def sliding(values: Any = (19, 34, 129), **more: Any) -> Any:
    given: dict[str, Any] = {"alt": lambda n: f"At {n}.", "shows": "how it moves", **more}
    return slider("N", values, given.pop("draw", lambda n: draw(n)), **given)


def test_a_slider_shows_its_first_frame_and_stores_all() -> None:
    made = sliding()
    bundle = made._repr_mimebundle_()
    record = records.validate(bundle[records.MIME])
    assert bundle["text/plain"] == "slider N (19, 34, 129): how it moves"
    assert bundle["image/svg+xml"] == record["frames"][0]
    assert record["values"] == ["19", "34", "129"]
    assert record["alts"] == ["At 19.", "At 34.", "At 129."]
    assert record["frames"] == sliding().record()["frames"]
    names = [set(ids(frame)) for frame in record["frames"]]
    assert not any(one & two for one, two in itertools.combinations(names, 2))
    stems = [{re.sub(r"^f\w{8}-\d+-", "", id) for id in frame} for frame in names]
    assert stems[0] == stems[1] == stems[2], "the same parts have the same names in every frame"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"values": [1]}, r"slider 'N' has 1 position\(s\): give two or more"),
        ({"values": [1, 1]}, "slider 'N' has two positions named 1"),
        ({"alt": lambda n: ""}, "what should a reader learn at N = 19"),
        ({"shows": ""}, "a figure needs shows= in words"),
        (
            {"values": range(9), "draw": lambda n: draw(n, points=900)},
            r"'N' is \d{3} kB in all: at most 400 kB",
        ),
    ],
)
def test_a_slider_that_cannot_be_stored_is_refused(change: dict[str, Any], message: str) -> None:
    with pytest.raises(FigureRefused, match=message):
        sliding(**change)


def test_frames_of_different_sizes_are_refused() -> None:
    def grows(n: int) -> Any:
        fig = draw()
        fig.set_size_inches(4 + n, 3)
        return fig

    with pytest.raises(FigureRefused, match="frames of different sizes"):
        sliding(values=(0, 1), draw=grows)


def test_two_sliders_store_a_frame_for_each_pair_of_positions() -> None:
    made = sliding(
        values=(1, 2), second=("d", (3, 4, 5)), draw=lambda n, d: draw(n), alt=lambda n, d: f"At {n} and {d}."
    )
    record = records.validate(made.record())
    assert str(made) == "slider N (1, 2) and d (3, 4, 5): how it moves"
    assert record["second"] == {"label": "d", "values": ["3", "4", "5"]}
    assert record["alts"] == [f"At {n} and {d}." for n in (1, 2) for d in (3, 4, 5)]
    assert len(record["frames"]) == 6
    assert "second" not in sliding().record()


@pytest.mark.parametrize(
    ("second", "message"), [(("d", [1]), "slider 'd' has 1"), (("N", [1, 2]), "both sliders are called 'N'")]
)
def test_a_second_slider_is_held_to_the_same(second: Any, message: str) -> None:
    with pytest.raises(FigureRefused, match=message):
        sliding(second=second, draw=lambda n, d: draw(n), alt=lambda n, d: f"At {n} and {d}.")


def test_a_slider_needs_functions() -> None:
    with pytest.raises(TypeError, match="draw.value. -> Figure and alt.value. -> str"):
        sliding(alt="one text for all")
    with pytest.raises(TypeError, match="not NoneType"):
        sliding(draw=lambda n: None)


def linear(colour: str) -> numpy.ndarray:
    c = numpy.array([int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)])
    return numpy.where(c <= 0.04045, c / 12.92, ((c + 0.055) / 1.055) ** 2.4)


def contrast(one: str, two: str) -> float:
    """The contrast ratio of WCAG 2."""
    light = sorted(float(linear(c) @ [0.2126, 0.7152, 0.0722]) for c in (one, two))
    return (light[1] + 0.05) / (light[0] + 0.05)


def test_each_colour_stands_out_on_white_and_on_the_dark_page() -> None:
    for colour in PALETTE.values():
        assert contrast(colour, "#ffffff") >= 3 and contrast(colour, "#121212") >= 3
    assert contrast("#56b4e9", "#ffffff") < 3, "the same rule rejects Okabe and Ito's sky blue"


# Full dichromacy, acting on linear RGB: Machado, Oliveira and Fernandes (2009), severity 1.
DICHROMACY = {
    "none": numpy.eye(3),
    "protanopia": numpy.array(
        [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]
    ),
    "deuteranopia": numpy.array(
        [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]
    ),
    "tritanopia": numpy.array(
        [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]]
    ),
}
TO_XYZ = numpy.array(
    [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]]
)


def lab(colour: str, eyes: numpy.ndarray) -> numpy.ndarray:
    """CIE L*a*b* of a colour as those eyes see it."""
    xyz = TO_XYZ @ numpy.clip(eyes @ linear(colour), 0, 1) / numpy.array([0.95047, 1, 1.08883])
    f = numpy.where(xyz > 0.008856, numpy.cbrt(xyz), 7.787 * xyz + 16 / 116)
    return numpy.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


def least_difference(colours: list[str]) -> float:
    return min(
        float(numpy.linalg.norm(lab(one, eyes) - lab(two, eyes)))
        for eyes in DICHROMACY.values()
        for one, two in itertools.combinations(colours, 2)
    )


def test_colours_differ_for_every_kind_of_colour_vision() -> None:
    # Ten is about four times the difference that is just noticed between patches side by side.
    assert least_difference(list(PALETTE.values())) > 10
    assert least_difference(["#d62728", "#2ca02c"]) < 10, "the same rule rejects a red beside a green"


def test_lines_differ_in_dashes_as_well_as_in_colour() -> None:
    with style():
        cycle = list(matplotlib.rcParams["axes.prop_cycle"])
    assert len({entry["linestyle"] for entry in cycle}) == len({entry["color"] for entry in cycle}) == 4
    assert figures.LEAST_TEXT >= 9
