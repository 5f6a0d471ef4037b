"""The parts of the site, one file each: a part is found by lying in this folder, and no part imports another.

A part may define any of

* ``setup(app)``: registers directives, nodes and events with Sphinx;
* ``finish(site, pages)``: takes each `kept.Page` by its address, formulas still TeX, and gives the pages back changed;
  ``site`` is a `Site`, whose folder it may write files into;
* ``seal(site, pages)``: the same with every formula set; gives the pages, and one line for each thing that is wrong;
* ``ORDER``: a number; parts run by increasing ``ORDER`` (50 where there is none), then by name.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from types import ModuleType

from assayer.claims.records import Book, read_book
from assayer.site import pages
from assayer.site.kept import Page

ORDER = 50


@dataclass(frozen=True)
class Site:
    """A site being put together: the root of the book, the folder of the finished pages, and its addresses.

    ``url`` is where the site will be read, with a slash at its end, ``repository`` where its source is; both are
    empty where nobody has said.
    """

    root: Path
    folder: Path
    url: str = ""
    repository: str = ""

    @cached_property
    def book(self) -> Book:
        """The records of the whole book, read once for all parts."""
        return read_book(self.root, pages.documents(self.root))


@cache
def load() -> tuple[ModuleType, ...]:
    """Every part, in the order in which parts run."""
    found = [importlib.import_module(f"{__name__}.{one.name}") for one in pkgutil.iter_modules(__path__)]
    return tuple(sorted(found, key=lambda part: (getattr(part, "ORDER", ORDER), part.__name__)))


def setup(app: object) -> None:
    """Register every part with Sphinx."""
    for part in load():
        if hasattr(part, "setup"):
            part.setup(app)


Timer = Callable[[str], AbstractContextManager[object]]
"""``timer(name)`` is entered around the work called `name`."""


def finish(site: Site, pages: dict[str, Page], timer: Timer = nullcontext) -> dict[str, Page]:
    """Give every page to every part."""
    for part in load():
        if hasattr(part, "finish"):
            with timer(f"{_name(part)}, finish"):
                pages = part.finish(site, pages)
    return pages


def seal(site: Site, pages: dict[str, Page], timer: Timer = nullcontext) -> tuple[dict[str, Page], list[str]]:
    """Let every part look at the whole site; returns its pages and what is wrong with it."""
    problems: list[str] = []
    for part in load():
        if hasattr(part, "seal"):
            with timer(f"{_name(part)}, seal"):
                pages, found = part.seal(site, pages)
                problems += found
    return pages, problems


def _name(part: ModuleType) -> str:
    return f"part {part.__name__.rpartition('.')[2]}"
