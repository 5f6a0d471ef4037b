"""What a Markdown cell says: its headings, its pieces of prose, mathematics and code, and what is broken in
it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from markdown_it import MarkdownIt
from markdown_it.token import Token
from mdit_py_plugins.amsmath import amsmath_plugin
from mdit_py_plugins.colon_fence import colon_fence_plugin
from mdit_py_plugins.dollarmath import dollarmath_plugin
from mdit_py_plugins.myst_role import myst_role_plugin

# Directives whose body is not prose.
_NO_PROSE = {"claims", "ledger", "bibliography", "footbibliography", "code", "code-block", "code-cell"}
_NO_PROSE |= {"literalinclude", "toctree"}
_ROLES = r"claim|(?:foot)?cite(?::\w+)?|eq|ref|numref|doc|math|term|glue(?::\w+)?"
_BARE_ROLE = re.compile(rf"\{{(?:{_ROLES})\}}")
_CITE = re.compile(r"(?:foot)?cite(?::\w+)?")


@dataclass(frozen=True)
class Piece:
    """A run of one kind: "text", "escaped", "math", "code", "block" (a code block) or "role" (`name` is the
    role's).
    """

    kind: str
    text: str
    name: str = ""


@lru_cache(maxsize=1)
def _parser() -> MarkdownIt:
    """The dialect of the site: CommonMark, tables, dollar and AMS mathematics, MyST roles and directives."""
    parser = MarkdownIt("commonmark").enable("table")
    parser.use(dollarmath_plugin, double_inline=True).use(amsmath_plugin)
    parser.use(myst_role_plugin).use(colon_fence_plugin)
    # Joined text would hide that a dollar sign was escaped.
    return parser.disable("text_join")


@lru_cache(maxsize=512)
def _tokens(source: str) -> tuple[Token, ...]:
    return tuple(_parser().parse(source))


def headings(source: str) -> list[tuple[int, str]]:
    """``(level, text)`` of every heading, in order."""
    tokens = _tokens(source)
    return [
        (int(token.tag[1]), following.content.strip())
        for token, following in pairwise(tokens)
        if token.type == "heading_open"
    ]


def directives(source: str) -> list[str]:
    """The names of the directives that stand in fences, outermost ones only."""
    found = (_directive(token) for token in _tokens(source) if token.type in ("fence", "colon_fence"))
    return [name for name in found if name]


def first_paragraph(source: str) -> str:
    """The source of the paragraph right under the first heading; "" where something else stands there."""
    tokens = _tokens(source)
    for place, token in enumerate(tokens):
        if token.type == "heading_close":
            below = tokens[place + 1 : place + 3]
            return below[1].content if below and below[0].type == "paragraph_open" else ""
    return ""


def pieces(source: str, *, with_headings: bool = True) -> Iterator[Piece]:
    """The pieces of `source` in order, the bodies of directives included, with a blank line after each block."""
    heading = False
    for token in _tokens(source):
        if token.type in ("heading_open", "heading_close"):
            heading = token.type == "heading_open"
        elif token.type == "inline":
            if with_headings or not heading:
                yield from _inline(token.children or [])
                yield Piece("text", "\n\n")
        elif token.type in ("math_block", "math_block_label", "amsmath"):
            yield Piece("math", token.content)
        elif token.type in ("fence", "colon_fence"):
            name = _directive(token)
            if name == "math":
                yield Piece("math", _without_options(token.content))
            elif name and name not in _NO_PROSE:
                yield from pieces(_without_options(token.content), with_headings=with_headings)
            elif not name:
                yield Piece("block", token.content)
        elif token.type == "code_block":
            yield Piece("block", token.content)


def _inline(children: list[Token]) -> Iterator[Piece]:
    address = False
    for child in children:
        if child.type == "link_open":
            address = child.markup == "autolink"
        elif child.type == "link_close":
            address = False
        elif child.type == "text" and not address:
            yield Piece("text", child.content)
        elif child.type == "text_special":
            yield Piece("escaped", child.content)
        elif child.type in ("softbreak", "hardbreak"):
            yield Piece("text", "\n")
        elif child.type.startswith("math_inline"):
            yield Piece("math", child.content)
        elif child.type == "code_inline":
            yield Piece("code", child.content)
        elif child.type == "myst_role":
            name = child.meta["name"]
            yield Piece("math", child.content) if name == "math" else Piece("role", child.content, name)
        elif child.type == "image":
            yield from _inline(child.children or [])


def links(source: str) -> list[str]:
    """The target of every link and image."""
    found = []
    for token in _tokens(source):
        for child in token.children or []:
            target = child.attrGet("href") if child.type == "link_open" else None
            target = child.attrGet("src") if child.type == "image" else target
            if target:
                found.append(str(target))
    return found


def citations(source: str) -> list[str]:
    """The keys cited by the ``cite`` and ``footcite`` roles, in order."""
    return [
        key.strip()
        for piece in pieces(source)
        if piece.kind == "role" and _CITE.fullmatch(piece.name)
        for key in piece.text.split(",")
    ]


def problems(source: str) -> Iterator[str]:
    """What is broken: an unpaired dollar sign, mathematics that cannot be typeset, an open fence, a role
    without text.
    """
    yield from _open_fences(source)
    for piece in pieces(source):
        if piece.kind == "text":
            if "$" in piece.text:
                yield f"a dollar sign is left over in {_shown(piece.text)}: close the formula, or write \\$"
            for role in _BARE_ROLE.findall(piece.text):
                yield f"the role {role} has no `text` in backticks after it"
        elif piece.kind == "math":
            for problem in formula_problems(piece.text):
                yield f"{problem} in the formula {_shown(piece.text)}"


def formula_problems(formula: str) -> Iterator[str]:
    """What no typesetter accepts in `formula`: unpaired braces, environments, ``\\left`` without ``\\right``."""
    if not formula.strip():
        yield "nothing stands"
        return
    text = re.sub(r"\\\\|\\[{}]", "", re.sub(r"(?<!\\)%.*", "", formula))
    depth = 0
    for sign in re.findall(r"[{}]", text):
        depth += 1 if sign == "{" else -1
        if depth < 0:
            break
    if depth:
        yield "a brace is not paired"
    stack: list[str] = []
    for edge, name in re.findall(r"\\(begin|end)\{([^}]*)\}", text):
        if edge == "begin":
            stack.append(name)
        elif not stack or stack.pop() != name:
            yield f"\\end{{{name}}} closes nothing"
            break
    else:
        if stack:
            yield f"\\begin{{{stack[-1]}}} is never closed"
    if len(re.findall(r"\\left(?![a-zA-Z])", text)) != len(re.findall(r"\\right(?![a-zA-Z])", text)):
        yield "\\left and \\right are not paired"


def _open_fences(source: str) -> Iterator[str]:
    lines = source.splitlines()
    for token in _tokens(source):
        if token.type in ("fence", "colon_fence") and token.map:
            first, end = token.map
            last = lines[min(end, len(lines)) - 1].strip(" >")
            if end - first < 2 or not (last.startswith(token.markup) and set(last) == set(token.markup)):
                yield f"the fence {lines[first].strip()!r} is never closed"


def _directive(token: Token) -> str:
    match = re.match(r"\{([\w:+-]+)\}", token.info.strip())
    return match.group(1) if match else ""


def _without_options(body: str) -> str:
    """Drop the ``:name: value`` lines at the head of a directive."""
    lines = body.splitlines()
    while lines and re.match(r":[\w-]+:", lines[0].strip()):
        lines.pop(0)
    return "\n".join(lines)


def _shown(text: str) -> str:
    flat = " ".join(text.split())
    return repr(flat if len(flat) <= 60 else flat[:57] + "...")
