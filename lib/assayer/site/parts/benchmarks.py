"""``{benchmarks} part``: one of the book's benchmarks, from its stored results; see `measured`."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from docutils import nodes
from sphinx.util.docutils import SphinxDirective
from sphinx.util.typing import OptionSpec

from assayer.site import measured
from assayer.site.errors import SiteError

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.environment import BuildEnvironment

_PAGES, _SEEN = "assayer_benchmarks", "assayer_benchmarks_seen"


class BenchmarksDirective(SphinxDirective):
    """Draws its part while the page is read: nothing of the rest of the book is needed."""

    has_content = False
    required_arguments = 1
    option_spec: ClassVar[OptionSpec] = {}

    def run(self) -> list[nodes.Node]:
        self.env.__dict__.setdefault(_PAGES, set()).add(self.env.docname)
        try:
            drawn = measured.part(self.arguments[0], Path(self.env.app.srcdir))
        except SiteError as error:
            raise self.error(str(error)) from None
        return [nodes.raw("", f'<div class="ay-ledger">{drawn}</div>', format="html")]


def setup(app: Sphinx) -> None:
    """Register the directive; a page that uses it is read again when a stored result has changed."""
    app.add_directive("benchmarks", BenchmarksDirective)
    app.connect("env-get-outdated", _outdated)


def _outdated(app: Sphinx, env: BuildEnvironment, *_changes: object) -> Iterable[str]:
    seen = hashlib.sha256(measured.fingerprint(Path(app.srcdir)).encode()).hexdigest()
    before = env.__dict__.get(_SEEN)
    env.__dict__[_SEEN] = seen
    return [] if before == seen else sorted(env.__dict__.get(_PAGES, set()) & env.found_docs)
