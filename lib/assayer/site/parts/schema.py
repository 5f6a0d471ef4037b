"""``{ledger-fields}``: the form of ``ledger.json`` as tables; the schema itself goes into the site and is enforced."""

from __future__ import annotations

import json
import shutil

from sphinx.application import Sphinx

from assayer.site import schema
from assayer.site.kept import Page
from assayer.site.parts import Site
from assayer.site.placed import place


def setup(app: Sphinx) -> None:
    """Register the directive."""
    place(app, "ledger-fields", lambda _here: schema.fields())


def finish(site: Site, pages: dict[str, Page]) -> dict[str, Page]:
    """Put the schema beside ``ledger.json``."""
    shutil.copyfile(schema.FILE, site.folder / schema.NAME)
    return pages


def seal(site: Site, pages: dict[str, Page]) -> tuple[dict[str, Page], list[str]]:
    """What is wrong with the ledger that is about to be published."""
    return pages, schema.problems(json.loads((site.folder / "ledger.json").read_text("utf-8")))
