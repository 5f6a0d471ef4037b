"""What is done to a whole page after Sphinx: what it must not carry goes, what its formulas need comes."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

from assayer.site.formulas import relative
from assayer.site.mathjax import MathJax

FORMULAS = "_static/mathjax"
# MyST marks the whole text as not to be read for formulas, and each formula as one.
SETTINGS = "window.MathJax = { options: { processHtmlClass: 'math' } };\n"
_SCRIPT = re.compile(r"<script\b(?P<attributes>[^>]*)>(?P<body>.*?)</script>\s*", re.DOTALL)
# sphinx-thebe puts these on every page, used or not; they know addresses of other sites.
_UNWANTED = ("sphinx-thebe", "THEBE_JS_URL", "thebe_selector", "text/x-thebe-config")
_THEBE_STYLE = re.compile(r'<link [^>]*href="[^"]*thebe[^"]*"[^>]*>\s*')


def tidy(html: str) -> str:
    """Take out of a page the scripts that serve nothing in this book."""

    def keep(found: re.Match[str]) -> str:
        return "" if any(word in found[0] for word in _UNWANTED) else found[0]

    return _THEBE_STYLE.sub("", _SCRIPT.sub(keep, html))


def documents(root: Path) -> list[str]:
    """The pages that the table of contents names, without their endings."""
    from sphinx_external_toc.parsing import parse_toc_yaml

    return [str(name) for name in parse_toc_yaml(root / "_toc.yml")]


def serve_formulas(site: Path, mathjax: MathJax, css: str) -> None:
    """Put the fonts and the style sheet of typeset formulas into the site."""
    folder = site / FORMULAS
    (folder / "fonts").mkdir(parents=True, exist_ok=True)
    for font in sorted(mathjax.fonts.glob("*.woff")):
        shutil.copyfile(font, folder / "fonts" / font.name)
    (folder / "formulas.css").write_text(css, "utf-8")


def with_formulas(html: str, path: str) -> str:
    """The page at `path` with the style sheet of typeset formulas."""
    address = relative(path, f"{FORMULAS}/formulas.css")
    return html.replace("</head>", f'<link rel="stylesheet" href="{address}">\n</head>', 1)


def serve_mathjax(site: Path, mathjax: MathJax) -> None:
    """Put MathJax itself into the site, for pages whose formulas the reader's browser sets."""
    folder = site / FORMULAS
    for name in ("tex-chtml.js", "input/tex/extensions", "output/chtml/fonts/woff-v2"):
        source, target = mathjax.scripts / name, folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target, dirs_exist_ok=True)
        else:
            shutil.copyfile(source, target)
    (folder / "settings.js").write_text(SETTINGS, "utf-8")


def with_mathjax(html: str, path: str) -> str:
    """The page at `path` with MathJax, which sets its formulas while it is read."""
    scripts = "".join(
        f'<script defer src="{relative(path, f"{FORMULAS}/{name}")}"></script>\n'
        for name in ("settings.js", "tex-chtml.js")
    )
    return html.replace("</head>", f"{scripts}</head>", 1)
