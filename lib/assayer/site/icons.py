"""The icons of the pages, drawn for this book: a page carries those that it shows, as SVG in its text.

The theme names an icon by classes of Font Awesome, whose script is 0.5 MB compressed; the names stay, the script goes.
Every drawing is made of strokes on a square of 24 units.
"""

from __future__ import annotations

import re

_SHAFT = "M12 20V5M5.5 11.5 12 5l6.5 6.5"
DRAWINGS = {
    "angle-down": "M5 9l7 7 7-7",
    "angle-left": "M15 5l-7 7 7 7",
    "angle-right": "M9 5l7 7-7 7",
    "angle-up": "M5 15l7-7 7 7",
    "arrow-up": _SHAFT,
    "bars": "M4 6.5h16M4 12h16M4 17.5h16",
    "check": "M4.5 12.5l5 5 10-11",
    "chevron-down": "M5 9l7 7 7-7",
    "chevron-right": "M9 5l7 7-7 7",
    "circle-half-stroke": "M12 3.5a8.5 8.5 0 1 0 0 17a8.5 8.5 0 1 0 0-17zM12 4v16M14.5 5.5v13M17 7.5v9",
    "copy": "M8 8h11v12H8zM5 16V4h11",
    "download": "M12 4v11M6.5 10l5.5 5.5 5.5-5.5M4.5 20h15",
    "external-link": "M10 5H5v14h14v-5M14 4h6v6M20 4l-9 9",
    "home": "M4 11.5 12 4l8 7.5M6.5 10v10h11V10",
    "list": "M9 6.5h11M9 12h11M9 17.5h11M4 6.5h.6M4 12h.6M4 17.5h.6",
    "magnifying-glass": "M10.5 4a6.5 6.5 0 1 0 0 13a6.5 6.5 0 1 0 0-13zM15.3 15.3 21 21",
    "moon": "M19.5 14.5A8 8 0 0 1 9.5 4.5a8 8 0 1 0 10 10z",
    "print": "M7 9V4h10v5M7 17H4V9h16v8h-3M7 14h10v6H7z",
    "sun": "M12 8a4 4 0 1 0 0 8a4 4 0 1 0 0-8zM12 2.5v2M12 19.5v2M2.5 12h2M19.5 12h2"
    "M5.3 5.3l1.4 1.4M17.3 17.3l1.4 1.4M5.3 18.7l1.4-1.4M17.3 6.7l1.4-1.4",
    "xmark": "M6 6l12 12M18 6 6 18",
}
"""The strokes of each icon by the name that the theme gives it."""

_ICON = re.compile(r'<(?P<tag>i|span)\b(?P<attributes>[^>]*\bclass="(?P<classes>[^"]*\bfa-[^"]*)"[^>]*)>\s*</(?P=tag)>')
_FAMILIES = frozenset({"fa-solid", "fa-regular", "fa-brands", "fa-lg", "fa-sm", "fa-xs", "fa-fw", "fa-2x"})
_KEPT = re.compile(r'\b(?:data-mode|id)="[^"]*"')


def unknown(html: str, page: str) -> list[str]:
    """One line for each icon of a page that has no drawing."""
    return [
        f"{page}: no drawing for the icon {found['classes']!r}: add one to assayer.site.icons"
        for found in _ICON.finditer(html)
        if _strokes(found) is None
    ]


def _strokes(found: re.Match[str]) -> str | None:
    names = [one.removeprefix("fa-") for one in found["classes"].split() if one not in _FAMILIES]
    return next((DRAWINGS[name] for name in names if name in DRAWINGS), None)


def drawn(html: str) -> str:
    """The page's HTML with every icon drawn in its place; one without a drawing is left out, see `unknown`."""

    def draw(found: re.Match[str]) -> str:
        strokes = _strokes(found)
        if strokes is None:
            return ""
        classes = found["classes"].split()
        kept = "".join(f" {one}" for one in _KEPT.findall(found["attributes"]))
        shown = " ".join(dict.fromkeys(["ay-icon", *(one for one in classes if one not in ("fa-lg", "fa"))]))
        return f'<svg class="{shown}"{kept} viewBox="0 0 24 24" aria-hidden="true"><path d="{strokes}"/></svg>'

    return _ICON.sub(draw, html)
