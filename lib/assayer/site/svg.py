"""Figures as part of the page: an SVG made safe, self-contained and named for those who cannot see it."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ElementTree

from assayer.site.errors import SiteError

_SVG = "{http://www.w3.org/2000/svg}"
_XLINK = "{http://www.w3.org/1999/xlink}"
_DROPPED = {"metadata"}
_ALLOWED = {
    *("svg", "g", "defs", "symbol", "use", "title", "desc", "style", "marker", "clipPath", "mask", "pattern"),
    *("path", "rect", "circle", "ellipse", "line", "polyline", "polygon", "text", "tspan", "textPath"),
    *("linearGradient", "radialGradient", "stop"),
}
_URL = re.compile(r"url\(\s*['\"]?\s*([^)'\"]*)")
_RULE = re.compile(r"([^{}]+)\{([^{}]*)\}")


def inline(source: str, *, prefix: str, name: str, alt: str, shows: str = "") -> str:
    """Return the SVG text `source` fit to stand in a page.

    Every id becomes ``prefix-id`` (two figures of one page may use the same names), style rules hold in this
    figure only, and the figure is an image with `alt` as its title and `shows` as its description unless it
    brings its own. `name` names the figure in messages. Raises `SiteError` for what a page must not carry:
    scripts, event handlers, embedded or outside content.
    """
    try:
        root = ElementTree.fromstring(source)
    except ElementTree.ParseError as error:
        raise SiteError(f"{name}: the SVG cannot be read: {error}") from None
    if root.tag != f"{_SVG}svg":
        raise SiteError(f"{name}: the figure is not an <svg> element")
    _clean(root, prefix, name)
    root.attrib.pop("version", None)
    root.attrib.pop("aria-label", None)
    root.set("role", "img")
    root.set("id", prefix)
    root.set("preserveAspectRatio", root.get("preserveAspectRatio", "xMidYMid meet"))
    labels = [_label(root, "title", alt, f"{prefix}-title", 0), _label(root, "desc", shows, f"{prefix}-desc", 1)]
    root.set("aria-labelledby", " ".join(label for label in labels if label))
    themed = "currentColor" in source or "var(--" in source
    root.set("class", "ay-svg" if themed else "ay-svg ay-paper")
    ElementTree.register_namespace("", _SVG[1:-1])
    return ElementTree.tostring(root, encoding="unicode", short_empty_elements=True)


def _label(root: ElementTree.Element, tag: str, text: str, id: str, position: int) -> str:
    label = root.find(_SVG + tag)
    if label is None:
        if not text:
            return ""
        label = ElementTree.Element(_SVG + tag)
        label.text = text
    else:
        root.remove(label)
    root.insert(min(position, len(root)), label)
    label.set("id", id)
    return id


def _clean(element: ElementTree.Element, prefix: str, name: str) -> None:
    for child in list(element):
        if not isinstance(child.tag, str):  # a comment or a processing instruction
            element.remove(child)
            continue
        tag = child.tag.removeprefix(_SVG)
        if tag in _DROPPED:
            element.remove(child)
            continue
        if tag not in _ALLOWED:
            raise SiteError(f"{name}: the SVG holds <{tag.rpartition('}')[2]}>, which a page must not carry")
        _clean(child, prefix, name)
    if element.tag == f"{_SVG}style":
        element.text = _scoped(element.text or "", prefix, name)
    for key, value in list(element.attrib.items()):
        del element.attrib[key]
        if key.lower().startswith("on"):
            raise SiteError(f"{name}: the SVG holds the event handler {key!r}, which a page must not carry")
        if key in ("href", f"{_XLINK}href"):
            if not value.startswith("#"):
                raise SiteError(f"{name}: the SVG refers to {value[:60]!r} outside itself")
            element.set("href", f"#{prefix}-{value[1:]}")
        elif key == "id":
            element.set("id", f"{prefix}-{value}")
        elif not key.startswith("{"):
            element.set(key, _local_urls(value, prefix, name))


def _local_urls(value: str, prefix: str, name: str) -> str:
    def local(match: re.Match[str]) -> str:
        if not match[1].startswith("#"):
            raise SiteError(f"{name}: the SVG refers to {match[1][:60]!r} outside itself")
        return f"url(#{prefix}-{match[1][1:]}"

    return _URL.sub(local, value)


def _scoped(css: str, prefix: str, name: str) -> str:
    """The rules of a style element, each made to hold inside the figure `prefix` only."""
    if "@" in css or "\\" in css:
        raise SiteError(f"{name}: the SVG's style has an @-rule or an escape, which a page must not carry")
    rules = []
    for selectors, declarations in _RULE.findall(re.sub(r"/\*.*?\*/", "", css, flags=re.DOTALL)):
        local = ", ".join(
            f"#{prefix} {re.sub('#', f'#{prefix}-', one.strip())}" for one in selectors.split(",") if one.strip()
        )
        rules.append(f"{local} {{{_local_urls(declarations.strip(), prefix, name)}}}")
    return "\n".join(rules)
