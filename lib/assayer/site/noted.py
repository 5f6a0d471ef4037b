"""Which page shows what: noted while pages are read, kept in Sphinx's environment from build to build.

A page that is noted here is read again when any claim or source has changed, for it shows what stands elsewhere.
"""

from __future__ import annotations

from sphinx.environment import BuildEnvironment


def note(env: BuildEnvironment, what: str) -> None:
    """Remember that the page being read shows `what`, which depends on other pages."""
    pages: dict[str, set[str]] = env.__dict__.setdefault("assayer_pages", {})
    pages.setdefault(env.docname, set()).add(what)


def shown(env: BuildEnvironment, page: str) -> set[str]:
    """What `page` shows."""
    pages: dict[str, set[str]] = env.__dict__.get("assayer_pages", {})
    return pages.get(page, set())


def page_showing(env: BuildEnvironment, what: str) -> str | None:
    """The page that shows `what`, the first by name where there are several; None where there is none."""
    pages: dict[str, set[str]] = env.__dict__.get("assayer_pages", {})
    return next((page for page, known in sorted(pages.items()) if what in known), None)
