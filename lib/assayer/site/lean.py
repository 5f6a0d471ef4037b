"""A typeset formula without the elements that change nothing of what is seen or read out.

MathJax wraps every glyph in an element for its kind of symbol, and every group in one or two more; a chapter of 1,400
formulas has 67,000 elements that way, and a telephone takes a second to read them. A wrapper that bears no measure of
its own is taken away where its parent sets what is in it in one line: the glyphs stand where they stood.
"""

from __future__ import annotations

from xml.etree.ElementTree import Element, fromstring, tostring

_IN_LINE = ("math", "mrow", "TeXAtom", "mstyle", "msub", "msup", "msubsup", "script", "box", "mtd", "num", "den")
_LINES = frozenset(f"mjx-{name}" for name in _IN_LINE)
"""Elements that set their children one after another in a line, whatever these are called."""
_SYMBOLS = frozenset(["mjx-mi", "mjx-mo", "mjx-mn"])
_GROUPS = frozenset(["mjx-TeXAtom", "mjx-mrow", "mjx-mstyle"])
_SAYS_NOTHING = frozenset(["class", "texclass"])
"""Attributes of wrappers that no rule of the style sheet asks for."""
_MEASURES = frozenset(["space", "size"])
"""Attributes that have one meaning on every element."""
_FOR_MATHJAX = "data-mjx-"


def lean(html: str) -> str:
    """The formula `html`, one ``mjx-container``, without the wrappers that change nothing.

    Raises `xml.etree.ElementTree.ParseError` where it is not well formed.
    """
    container = fromstring(html.replace(' xmlns="http://www.w3.org/1998/Math/MathML"', ""))
    if container.get("style") == "position: relative;":
        del container.attrib["style"]  # the style sheet says it
    for part in container:
        if part.tag == "mjx-math":
            _drawn(part)
        elif part.tag == "mjx-assistive-mml":
            part.attrib.pop("unselectable", None)
            _read_out(part)
    return tostring(container, encoding="unicode", method="html")


def _drawn(parent: Element) -> None:
    """Lighten what is drawn inside `parent`."""
    for child in list(parent):
        _drawn(child)
    if parent.tag not in _LINES:
        return
    left: list[Element] = []
    for child in parent:
        left += _unwrapped(child)
    parent[:] = left


def _unwrapped(child: Element) -> list[Element]:
    """What stands for `child` in a line."""
    given = set(child.attrib) - _SAYS_NOTHING
    inside = list(child)
    if (child.tag in _SYMBOLS and any(one.tag != "mjx-c" for one in inside)) or child.tag not in _SYMBOLS | _GROUPS:
        return [child]
    if not given:
        return inside
    # A size and a space mean the same on the only thing inside, unless this has measures of its own.
    if len(inside) == 1 and given <= _MEASURES and set(inside[0].attrib) <= _SAYS_NOTHING:
        inside[0].attrib.update({name: child.attrib[name] for name in sorted(given)})
        return inside
    return [child]


def _read_out(parent: Element) -> None:
    """Lighten the MathML inside `parent`: a group of one thing is that thing."""
    for place, child in enumerate(parent):
        _read_out(child)
        for name in [name for name in child.attrib if name.startswith(_FOR_MATHJAX)]:
            del child.attrib[name]
        if child.tag == "mrow" and len(child) == 1 and not child.attrib:
            parent[place] = child[0]
