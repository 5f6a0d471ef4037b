"""From matplotlib's SVG to the one that is stored: small, the same on every run, at home on any page.

Names are made unique to the figure, colours that must follow the theme become ``currentColor``,
style rules that would leak onto the page go to the root, coordinates are rounded to a hundredth of a point.
"""

from __future__ import annotations

import re
from xml.etree import ElementTree

_SVG = "http://www.w3.org/2000/svg"
_XLINK = "{http://www.w3.org/1999/xlink}href"
_NUMBER = re.compile(r"-?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?")
_REFERENCE = re.compile(r"url\(#([^)]+)\)")
_GENERATED = re.compile(r"[A-Za-z][A-Za-z0-9.]*_\d+")
# DejaVu Sans sets the layout; Verdana, of the same widths, stands in where it is not installed.
_FONT = "'DejaVu Sans', Verdana, sans-serif"
_COORDINATES = ("d", "points", "x", "y", "width", "height", "viewBox")


class RasterImage(ValueError):
    """The SVG holds a bitmap, which would be stored as PNG."""


def tidy(source: str, *, prefix: str, title: str, description: str) -> str:
    """Return `source`, an SVG as matplotlib writes it, in the form that is stored.

    `prefix` starts every element id; `title` and `description` become the accessible name and
    description. Raises `RasterImage` where a bitmap is embedded.
    """
    root = ElementTree.fromstring(source)
    _strip_namespace(root)
    if next(root.iter("image"), None) is not None:
        raise RasterImage
    for parent in list(root.iter()):
        for child in list(parent):
            if child.tag in ("metadata", "style") or (child.tag == "defs" and _only_style(child)):
                parent.remove(child)
    for element in root.iter():
        _compact(element)
    _hoist(root)
    _rename(root, prefix)
    width, height = (_rounded(root.get(side, "").removesuffix("pt"), 2) for side in ("width", "height"))
    root.attrib = {
        "xmlns": _SVG,
        "viewBox": root.get("viewBox", f"0 0 {width} {height}"),
        "width": f"{width}pt",
        "height": f"{height}pt",
        "role": "img",
        "aria-labelledby": f"{prefix}title {prefix}desc",
        "fill": "currentColor",
        "stroke-linejoin": "round",
        "stroke-linecap": "butt",
        "font-family": _FONT,
        "style": "max-width:100%;height:auto",
    }
    for position, (tag, words) in enumerate((("title", title), ("desc", description))):
        element = ElementTree.Element(tag, {"id": prefix + tag})
        element.text = words
        root.insert(position, element)
    return ElementTree.tostring(root, encoding="unicode")


def _strip_namespace(root: ElementTree.Element) -> None:
    for element in root.iter():
        element.tag = element.tag.removeprefix(f"{{{_SVG}}}")
        if _XLINK in element.attrib:
            element.set("href", element.attrib.pop(_XLINK))


def _only_style(element: ElementTree.Element) -> bool:
    return len(element) > 0 and all(child.tag == "style" for child in element)


def _rounded(number: str, places: int) -> str:
    shown = f"{float(number):.{places}f}"
    if "." in shown:
        shown = shown.rstrip("0").rstrip(".")
    return "0" if shown == "-0" else shown


def _compact(element: ElementTree.Element) -> None:
    if element.tag not in ("text", "tspan") or (element.tag == "text" and len(element)):
        element.text = None
    element.tail = None
    for name in _COORDINATES:
        if name in element.attrib:
            spaced = " ".join(element.attrib[name].split())
            joined = _NUMBER.sub(lambda match: _rounded(match.group(), 2), spaced)
            element.set(name, re.sub(r" ?([A-Za-z]) ?", r"\1", joined) if name == "d" else joined)
    transform = element.get("transform")
    if transform is not None:
        if transform.startswith("rotate(-0 ") or transform.startswith("rotate(0 "):
            del element.attrib["transform"]
        else:
            element.set("transform", _NUMBER.sub(lambda match: _rounded(match.group(), 4), transform))
    for name in ("fill", "stroke"):
        if name in element.attrib:
            element.set(name, _theme(name, element.attrib[name]))
    if "style" in element.attrib:
        style = _style(element.attrib.pop("style"))
        if style:
            element.set("style", style)


def _theme(name: str, colour: str) -> str:
    """Black follows the page's text; a white fill (a legend's box, say) would hide text on a dark page."""
    if colour == "#000000":
        return "currentColor"
    return "none" if name == "fill" and colour == "#ffffff" else colour


def _style(style: str) -> str:
    kept: list[str] = []
    for rule in style.split(";"):
        name, _, value = (part.strip() for part in rule.partition(":"))
        if not name or name == "font-family":
            continue
        kept.append(f"{name}:{_theme(name, value)}")
    return ";".join(kept)


def _hoist(root: ElementTree.Element) -> None:
    """Say once for a group what each of its points repeats: a cloud shrinks to a third."""
    for group in root.iter("g"):
        children = list(group)
        lone = [child for child in children if child.tag == "g" and [use.tag for use in child] == ["use"]]
        clips = {tuple(child.attrib.items()) for child in lone}
        if len(lone) > 1 and len(clips) == 1 and list(lone[0].attrib) == ["clip-path"]:
            rest = [child for child in children if child not in lone]
            if all(child.tag == "defs" for child in rest):
                group.set("clip-path", lone[0].attrib["clip-path"])
                for child in children:
                    group.remove(child)
                group.extend([*rest, *(child[0] for child in lone)])
    for group in root.iter("g"):
        uses = [child for child in group if child.tag == "use"]
        others = [child for child in group if child.tag not in ("use", "defs")]
        if len(uses) < 2 or others or "style" in group.attrib:
            continue
        styles = {use.get("style") for use in uses}
        if len(styles) == 1 and None not in styles:
            group.set("style", uses[0].attrib["style"])
            for use in uses:
                del use.attrib["style"]


def _rename(root: ElementTree.Element, prefix: str) -> None:
    """Give each id the prefix: the author's keep their name, referenced ones get a number, the rest go."""
    referenced: set[str] = set()
    for element in root.iter():
        for name, value in element.attrib.items():
            referenced.update(_REFERENCE.findall(value))
            if name == "href" and value.startswith("#"):
                referenced.add(value[1:])
    names: dict[str, str] = {}
    for element in root.iter():
        id = element.attrib.pop("id", None)
        if id is None:
            continue
        if id in referenced:
            names[id] = f"{prefix}{len(names)}"
        elif not _GENERATED.fullmatch(id):
            names[id] = prefix + re.sub(r"[^A-Za-z0-9_.-]", "-", id)
        if id in names:
            element.set("id", names[id])
    for element in root.iter():
        for name, value in element.attrib.items():
            if name == "href" and value[1:] in names:
                element.set(name, "#" + names[value[1:]])
            elif "url(#" in value:
                element.set(name, _REFERENCE.sub(lambda match: f"url(#{names[match.group(1)]})", value))
