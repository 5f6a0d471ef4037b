"""The site: a Sphinx extension that draws the records of the book, and the one command that builds it.

`setup` is what Sphinx calls; `python -m assayer.site.build` is what ``make book`` calls. Of the rest of the
package only `assayer.claims.records` is used here: the site reads records and runs no checker.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sphinx.application import Sphinx


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the extension with Sphinx."""
    from assayer.site.extension import setup as register

    return register(app)
