"""The parts of the site, one file each: a part is found by lying in this folder, and no part imports another.

A part may define any of

* ``setup(app)``: registers directives, nodes and events with Sphinx;
* ``finish(site, pages)``: takes each page's HTML by its address, formulas still TeX, and gives it back changed;
  ``site`` is a `Site`, whose folder it may write files into;
* ``seal(site)``: runs when every page is written; gives one line for each thing that is wrong;
* ``ORDER``: a number; parts run by increasing ``ORDER`` (50 where there is none), then by name.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import ModuleType

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


def finish(site: Site, pages: dict[str, str], timer: Timer = nullcontext) -> dict[str, str]:
    """Give every page to every part."""
    for part in load():
        if hasattr(part, "finish"):
            with timer(f"{_name(part)}, finish"):
                pages = part.finish(site, pages)
    return pages


def seal(site: Site, timer: Timer = nullcontext) -> list[str]:
    """Let every part look at the finished site; returns what is wrong with it."""
    found: list[str] = []
    for part in load():
        if hasattr(part, "seal"):
            with timer(f"{_name(part)}, seal"):
                found += part.seal(site)
    return found


def _name(part: ModuleType) -> str:
    return f"part {part.__name__.rpartition('.')[2]}"
