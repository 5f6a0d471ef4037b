"""Figures that are played with, in a real browser: controls move, a signal is drawn, errors are seen."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory, write_book: Any, run_build: Any, real_mathjax: object) -> Path:
    book: Path = write_book(tmp_path_factory.mktemp("play"))
    assert run_build(book).returncode == 0
    return book / "_build" / "html" / "chapters" / "numbers" / "sample.html"


@pytest.fixture
def sample(built: Path, browser: Any) -> Iterator[Any]:
    """The sample chapter, open at the width of a telephone; an error on the page fails the test."""
    context = browser.new_context(viewport={"width": 390, "height": 844})
    page = context.new_page()
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.goto(built.as_uri())
    yield page
    context.close()
    assert faults == []


def move(page: Any, control: Any, position: int) -> None:
    control.focus()
    page.keyboard.press("Home")
    for _ in range(position):
        page.keyboard.press("ArrowRight")


def test_two_sliders_choose_a_frame_by_keyboard(sample: Any) -> None:
    figure = sample.locator("[data-slider]").nth(1)
    first, second = (figure.locator("input[type=range]").nth(number) for number in (0, 1))
    shown = figure.locator("[data-frame] svg")
    begun = shown.inner_html()
    move(sample, second, 2)
    assert figure.locator(".ay-alt").inner_text() == "The staircase at L = 1k and d = 128."
    move(sample, first, 1)
    assert figure.locator(".ay-alt").inner_text() == "The staircase at L = 2k and d = 128."
    assert [figure.locator("output").nth(n).inner_text() for n in (0, 1)] == ["2k", "128"]
    assert second.get_attribute("aria-valuetext") == "128" and shown.inner_html() != begun


def missed(figure: Any) -> float:
    found = re.search(r"misses ([\d.]+) %", figure.locator(".ay-alt").text_content())  # far away it is not laid out
    assert found
    return float(found.group(1))


def test_a_drawn_signal_is_projected(sample: Any) -> None:
    figure = sample.locator("[data-sketch]")
    control, choice = figure.locator("input[type=range]"), figure.locator("select")
    # (0, 1) on (1, 1)/√2 leaves (−1/2, 1/2): a share of 1/√2.
    assert missed(figure) == pytest.approx(71, abs=0.5)
    move(sample, control, 1)
    assert missed(figure) < 0.01, "two numbers remember two values"
    choice.select_option(label="level")
    move(sample, control, 0)
    assert missed(figure) < 0.01, "one number remembers a level"
    figure.scroll_into_view_if_needed()
    box = figure.locator("svg").bounding_box()
    assert box and box["width"] <= 390
    sample.mouse.move(box["x"] + 1, box["y"] + box["height"] * 0.9)
    sample.mouse.down()
    sample.mouse.move(box["x"] + box["width"] - 1, box["y"] + box["height"] * 0.1, steps=5)
    sample.mouse.up()
    assert missed(figure) > 90, "a rising line is nothing like a level"
