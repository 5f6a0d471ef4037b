"""``{errata}``: the page of errata; and what the ledger's page shares with it."""

from __future__ import annotations

from sphinx.application import Sphinx

from assayer.site import errata
from assayer.site.placed import Place, place, send

FILES = ("ledger.css", "ledger.js")


def setup(app: Sphinx) -> None:
    """Register the directive, and send the ledger's script and style to both pages."""
    place(app, errata.PAGE, _draw, FILES)
    send(app, "ledger", FILES)


def _draw(here: Place) -> str:
    return errata.page(here.book, here.sources, errata.Places(here.claim, here.title), here.around)
