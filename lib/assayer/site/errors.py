"""The one exception of the site: what is wrong with the book, in lines that name the page and the thing."""

from __future__ import annotations

from collections.abc import Sequence


class SiteError(Exception):
    """The site cannot be built; `problems` holds one line for each reason."""

    def __init__(self, problems: str | Sequence[str]) -> None:
        self.problems: list[str] = [problems] if isinstance(problems, str) else list(problems)
        super().__init__("\n".join(self.problems))
