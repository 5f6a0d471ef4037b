"""What can be said of the look without a browser: contrast, and marks that do not need their colour."""

from __future__ import annotations

import re

import pytest

from assayer.claims.records import SIGNS, STATUSES
from assayer.site.extension import STATIC

CSS = (STATIC / "assayer.css").read_text("utf-8")
INK = ["text-base", "text-muted", "link", "link-hover", "inline-code"]


def colours(theme: str) -> dict[str, str]:
    block = re.search(rf'html\[data-theme="{theme}"\] \{{(.*?)\}}', CSS, re.DOTALL)
    assert block
    return dict(re.findall(r"--(?:pst-color-)?([\w-]+): (#[0-9a-f]{6});", block[1]))


def luminance(colour: str) -> float:
    """Relative luminance as WCAG 2.2 defines it."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def test_contrast_is_what_the_standard_says() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#767676", "#ffffff") >= 4.5 > contrast("#777777", "#ffffff")


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("ground", ["background", "surface"])
def test_every_text_can_be_read(theme: str, ground: str) -> None:
    found = colours(theme)
    for name in (*INK, *(f"ay-{status}" for status in STATUSES)):
        assert contrast(found[name], found[ground]) >= 4.5, name


def test_every_status_has_a_colour_and_a_sign_of_its_own() -> None:
    assert len(set(SIGNS.values())) == len(STATUSES)
    for theme in ("light", "dark"):
        found = colours(theme)
        assert len({found[f"ay-{status}"] for status in STATUSES}) == len(STATUSES)
    for status in STATUSES:
        assert re.search(rf"\.ay-{status}\b[^{{]*\{{\s*color: var\(--ay-{status}\)", CSS), status
