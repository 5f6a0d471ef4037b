"""What is read out of a formula is unpacked when the page stands.

Beside each drawn formula lies its MathML, out of sight, for whoever listens: a third of a long page's elements, which
would keep a telephone from showing the rest. From the second screen on it lies in ``noscript``, which a browser that
runs scripts takes for one piece of text; ``access.js`` unpacks it, in short pieces, when nothing else is to be done.
Without scripts it is there from the beginning.
"""

from __future__ import annotations

import re

from assayer.site.kept import Page
from assayer.site.parts import Site

ORDER = 890
AT_ONCE = 60
"""So many formulas from the top of a page are left as they are: what a reader meets first waits for nothing."""
_SPOKEN = re.compile(
    r"<(?P<skip>noscript|template|svg|script)\b.*?</(?P=skip)\s*>"
    r"|(?P<open><mjx-assistive-mml\b[^>]*>)(?P<math>.*?)(?P<close></mjx-assistive-mml>)",
    re.DOTALL,
)
_PACKED = re.compile(r"(<mjx-assistive-mml\b[^>]*>)<noscript>(.*?)</noscript>(</mjx-assistive-mml>)", re.DOTALL)


def seal(_site: Site, pages: dict[str, Page]) -> tuple[dict[str, Page], list[str]]:
    """Pack the MathML of every page's later formulas; finds nothing wrong."""
    return {path: page.then(packed) for path, page in pages.items()}, []


def packed(html: str) -> str:
    """The page `html` with the MathML of all formulas but the first packed; see the text of this module."""
    seen = 0

    def one(found: re.Match[str]) -> str:
        nonlocal seen
        if found["skip"]:
            return found[0]
        seen += 1
        if seen <= AT_ONCE:
            return found[0]
        return f"{found['open']}<noscript>{found['math']}</noscript>{found['close']}"

    return _SPOKEN.sub(one, html)


def unpacked(html: str) -> str:
    """The page `html` with every formula's MathML in its place."""
    return _PACKED.sub(r"\1\2\3", html)
