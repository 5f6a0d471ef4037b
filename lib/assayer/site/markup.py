"""Small pieces of HTML that every drawing shares: text, formulas, status marks, links.

A formula is written as TeX between ``\\(`` and ``\\)`` in an element of class ``math``, as Sphinx writes its own;
`assayer.site.formulas` typesets both alike.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from html import escape

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from mdit_py_plugins.dollarmath import dollarmath_plugin

from assayer.claims.records import SIGNS, WORDS

RELATIONS = {"<=": r"\le", ">=": r"\ge", "!=": r"\ne", "->": r"\to", "→": r"\to", "≤": r"\le", "≥": r"\ge"}
"""TeX for the relations that are not their own TeX."""
MATH = "math notranslate nohighlight"


def tex(source: str, *, display: bool = False) -> str:
    """A formula, in the line of text or, where `display`, in display style within it."""
    source = source.strip().strip("$").strip()
    style = r"\displaystyle " if display else ""
    return f'<span class="{MATH}">\\({style}{escape(source, quote=False)}\\)</span>'


def formula(latex: str, plain: str, *, display: bool = False) -> str:
    """A formula from its TeX, or from its plain text where it has none."""
    return tex(latex, display=display) if latex.strip() else f"<code>{escape(plain)}</code>"


def relation(sign: str) -> str:
    """The sign of a relation as a formula."""
    return tex(RELATIONS.get(sign, sign))


def _math_inline(_self: RendererHTML, tokens: list[Token], index: int, *_rest: object) -> str:
    return tex(tokens[index].content)


def _math_block(_self: RendererHTML, tokens: list[Token], index: int, *_rest: object) -> str:
    return f'<div class="{MATH}">\\[{escape(tokens[index].content.strip(), quote=False)}\\]</div>\n'


@cache
def _parser(whole: bool) -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False}) if whole else MarkdownIt("zero")
    parser.enable("table" if whole else ["backticks", "escape"])
    parser.use(dollarmath_plugin)
    # Whatever a record holds, no tag of its own reaches the page.
    parser.disable(["html_block", "html_inline", "image"] if whole else [], ignoreInvalid=True)
    for rule in ("math_inline", "math_inline_double"):
        parser.add_render_rule(rule, _math_inline)
    for rule in ("math_block", "math_block_label"):
        parser.add_render_rule(rule, _math_block)
    return parser


def markdown(text: str) -> str:
    """Paragraphs of Markdown with ``$...$``; HTML in `text` is shown as text."""
    return _parser(True).render(text).strip()


def markdown_line(text: str) -> str:
    """One line of Markdown with ``$...$``, without a paragraph around it."""
    return _parser(True).renderInline(" ".join(text.split()))


def words(text: str) -> str:
    """Plain words in which only ``$...$`` and back-quoted code are read."""
    return _parser(False).renderInline(" ".join(text.split()))


def status(value: str, *, kernel: str = "") -> str:
    """A status as sign, word and colour, with the kernel that earned it."""
    by = f' <span class="ay-kernel">({escape(kernel)})</span>' if kernel else ""
    return (
        f'<span class="ay-status ay-{escape(value)}" title="{escape(WORDS[value])}">'
        f'<span class="ay-sign" aria-hidden="true">{SIGNS[value]}</span> {escape(value)}{by}</span>'
    )


def link(address: str, label: str, *, css: str = "") -> str:
    """A link; `label` is HTML."""
    kind = f' class="{css}"' if css else ""
    return f'<a{kind} href="{escape(address)}">{label}</a>'


def listing(pairs: Iterable[tuple[str, str]], css: str) -> str:
    """A list of terms and their descriptions, both HTML; empty descriptions are left out."""
    rows = "".join(f"<div><dt>{term}</dt><dd>{about}</dd></div>" for term, about in pairs if about)
    return f'<dl class="{css}">{rows}</dl>' if rows else ""


def table(label: str, head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """A table that scrolls inside itself when the page is narrow; `label`, its caption, is text, the cells are HTML."""
    heads = "".join(f'<th scope="col">{cell}</th>' for cell in head)
    body = "".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>" for row in rows)
    label = escape(label)
    return (
        f'<div class="ay-scroll" role="region" tabindex="0" aria-label="{label}"><table class="ay-table">'
        f"<caption>{label}</caption><thead><tr>{heads}</tr></thead><tbody>{body}</tbody></table></div>"
    )
