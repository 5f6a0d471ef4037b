"""What a reader without a mouse, without sight or on paper needs of every page, and the theme leaves out.

The pages are changed after Sphinx, found by role and not by the theme's classes: everything lies in a landmark, a
landmark has a name of its own and is not empty, the name of a control is what it shows, and the skip link moves the
focus. ``access.js`` does what takes a browser: what scrolls sideways can be scrolled by keyboard, and a formula that is
too wide for paper is scaled for it.
"""

from __future__ import annotations

import re
from collections import defaultdict
from typing import Any

from assayer.site.kept import Page
from assayer.site.parts import Site
from assayer.site.tags import Edit, Element, edited, read

ORDER = 90  # after the parts that bring elements
_LANDMARKS = frozenset(["main", "nav", "aside", "header", "footer"])
_ROLES = frozenset(["banner", "complementary", "contentinfo", "form", "main", "navigation", "region", "search"])
_SILENT = frozenset(["head", "script", "style", "template", "noscript", "dialog", "link", "svg"])
_NAMED = frozenset(["button", "a", "summary"])
_WORD = re.compile(r"\w{2,}")


def setup(app: Any) -> None:
    """Add the style sheets and the script to every page."""
    app.add_css_file("access.css")
    app.add_css_file("print.css", media="print")
    app.add_js_file("access.js", loading_method="defer")


def finish(_site: Site, pages: dict[str, Page]) -> dict[str, Page]:
    """Repair every page; see `repaired`."""
    return {path: page.then(repaired) for path, page in pages.items()}


def repaired(page: str) -> str:
    """The page with its landmarks, names and focus in order; one without a main part stays as it is."""
    if "<main" not in page:
        return page
    elements: list[Element] = []
    waiting: set[Element] = set()  # what is in a template is on no page
    for one in read(page):  # an element comes after the one around it
        if one.parent is not None and (one.parent.name == "template" or one.parent in waiting):
            waiting.add(one)
        else:
            elements.append(one)
    return edited(page, [*_landmarks(elements), *_names(elements), *_regions(elements), *_frames(elements)])


def _landmarks(elements: list[Element]) -> list[Edit]:
    """Everything that can be read lies in a landmark, and no landmark of the page is empty."""
    main = next((one for one in elements if one.name == "main"), None)
    if main is None:
        return []
    found = [] if "tabindex" in main.attributes else [main.tag(tabindex="-1")]  # the skip link moves the focus here
    beside = set(main.above())
    for one in elements:
        if one.parent is None or one.parent not in beside or one in beside or one is main:
            continue
        if one.name in _LANDMARKS:
            if not one.text and not _holds(one, elements):
                found.append(one.tag(hidden=""))
        elif one.name == "button":
            found += [(one.start, one.start, f'<nav aria-label="{_label(one)}">'), (one.end, one.end, "</nav>")]
        elif one.name not in _SILENT and "role" not in one.attributes and one.text and not _skips(one, elements):
            # A sidebar: what it says beside its own navigation (the book's name, the search) lies in no landmark.
            found.append(one.tag(role="complementary", aria_label=_label(one)))
    return found


def _label(one: Element) -> str:
    """A name for a landmark that the theme left nameless, from what it is."""
    if one.name == "button":
        return one.text
    return "The book" if "primary" in one.attributes.get("id", "") else "Beside the page"


def _skips(one: Element, elements: list[Element]) -> bool:
    """Whether an element is a skip link: nothing but one link into the page."""
    links = [link for link in elements if link.name == "a" and one in link.above()]
    return len(links) == 1 and links[0].text == one.text and links[0].attributes.get("href", "")[:1] == "#"


def _holds(one: Element, elements: list[Element]) -> bool:
    return any(one in inner.above() for inner in elements if inner.name in {"img", "svg", "input", "button"})


def _names(elements: list[Element]) -> list[Edit]:
    """A control is called what it shows: a label that says something else goes, and a title alone becomes a label.

    The theme labels the search button "Search", which shows "Search Ctrl+K", and every folded cell "Toggle hidden
    content", which shows "Show the code": whoever speaks to the computer could not name them.
    """
    found = []
    for one in elements:
        given = one.attributes
        if one.name not in _NAMED:
            continue
        shown = one.text
        if r"\(" in shown:
            continue  # a formula, TeX at this point: nobody will see these letters
        if "aria-label" in given and _WORD.search(shown) and shown.lower() not in given["aria-label"].lower():
            found.append(one.tag(aria_label=None))
        elif "aria-label" not in given and not _WORD.search(shown) and given.get("title"):
            found.append(one.tag(aria_label=given["title"]))
    return found


def _regions(elements: list[Element]) -> list[Edit]:
    """No two regions of a page have one name: a second one is named after what it stands in as well."""
    named: defaultdict[tuple[str, str], list[Element]] = defaultdict(list)
    for one in elements:
        role = one.attributes.get("role") or ("region" if one.name == "section" else one.name)
        if role in _ROLES | _LANDMARKS and "aria-label" in one.attributes:
            named[role, one.attributes["aria-label"]].append(one)
    found = []
    for (_, label), those in named.items():
        taken: set[str] = set()
        for number, one in enumerate(those if len(those) > 1 else [], start=1):
            around = next((up.attributes["id"] for up in one.above() if up.attributes.get("id")), "")
            name = f"{label}: {around}" if around else label
            name = f"{name} ({number})" if name in taken else name
            taken.add(name)
            found.append(one.tag(aria_label=name))
    return found


def _frames(elements: list[Element]) -> list[Edit]:
    """A figure that is moved says on paper how many drawings it has: their number, for the style sheet of print."""
    found = []
    for one in elements:
        if one.name == "figure" and "data-slider" in one.attributes:
            frames = one.page.count("<template", one.opened, one.closed)
            if frames > 1:
                found.append(one.tag(data_frames=str(frames)))
    return found
