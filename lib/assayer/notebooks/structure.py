"""The structure of a stored notebook: what nbval does not compare.

nbval re-runs the cells and compares text, LaTeX, SVG and our records. It passes when cells were never run or
were cleared, when counts are out of order, when tags tell it to skip or to ignore, when a picture is a
bitmap, when a task raises in the background; and it fails on a trailing semicolon although nothing changed.
The rules here close these gaps without running anything. What only a comparison with the last accepted run
shows (a deleted cell or assertion, edited code, outputs in another order) is in `manifest`.
"""

from __future__ import annotations

import ast
import io
import re
import tokenize
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator, Mapping
from typing import Any

from assayer.notebooks import markdown
from assayer.notebooks.notebook import MEASUREMENTS, Cell, Finding, Notebook

IGNORED = "nbval-ignore-output"
TAGS = {"setup", "solution", MEASUREMENTS, IGNORED, "hide-input", "hide-output", "hide-cell", "full-width", "margin"}
"""Every tag that a cell may carry; a misspelt one is a finding."""
NOTEBOOK_METADATA = {"kernelspec", "language_info", "assayer"}
CELL_METADATA = {"tags", "mystnb"}
SVG_LIMIT = 200_000
"""Bytes of one figure: beyond it, bin or thin a cloud of points."""

_BITMAP = re.compile(r"^image/(?!svg)|^application/pdf$")
_BITMAP_LINK = re.compile(r"\.(png|jpe?g|gif|webp|bmp|tiff?|pdf)([?#].*)?$|^data:image/(?!svg)|^attachment:", re.I)
_BITMAP_TAG = re.compile(r"data:(image/(?!svg)|application/pdf)|<img[^>]+\.(png|jpe?g|gif|webp|bmp|pdf)\b", re.I)
_MARKER = re.compile(r"^\s*#+\s*((NBVAL|PYTEST_VALIDATE)_\w+)\s*$", re.M)
_MAGIC = re.compile(r"^\s*(%%?\w+|!\S?|\?\w+)", re.M)
_HIDING = {"capture_output", "redirect_stdout", "redirect_stderr", "clear_output"}
_TASKS = {"create_task", "ensure_future", "run_coroutine_threadsafe", "call_soon", "call_later", "call_at"}
_UNSTABLE = [
    (re.compile(r"\b0x[0-9a-f]{6,16}\b"), "an address in memory"),
    (
        re.compile(r"(?<![\w:/.])/(?:home|tmp|root|Users|private|var|usr|opt|work|mnt)/[\w.\-/]+"),
        "a path of one machine",
    ),
    (re.compile(r"\b[A-Z]:\\Users\\"), "a path of one machine"),
]


def check(notebook: Notebook) -> Iterator[Finding]:
    """Every finding about the structure of `notebook`."""
    for problem in notebook.problems:
        yield notebook.finding(None, "format", f"{problem}: run refresh")
    yield from _metadata(notebook)
    yield from _runs(notebook)
    for cell in notebook.cells:
        yield from _tags(notebook, cell)
        yield from _pictures(notebook, cell)
        if cell.kind == "markdown":
            for problem in markdown.problems(cell.source):
                yield notebook.finding(cell, "markdown", problem)
        elif cell.kind == "code":
            yield from _source(notebook, cell)
            yield from _outputs(notebook, cell)


def _metadata(notebook: Notebook) -> Iterator[Finding]:
    for key in sorted(set(notebook.metadata) - NOTEBOOK_METADATA):
        yield notebook.finding(None, "metadata", f"the notebook's metadata holds {key!r}: run refresh, which drops it")
    if "version" in (notebook.metadata.get("language_info") or {}):
        message = "the metadata holds the version of one machine's Python: run refresh, which drops it"
        yield notebook.finding(None, "metadata", message)
    for cell in notebook.cells:
        for key in sorted(set(cell.metadata) - CELL_METADATA):
            yield notebook.finding(cell, "metadata", f"the cell's metadata holds {key!r}: run refresh, which drops it")


def _runs(notebook: Notebook) -> Iterator[Finding]:
    """Counts are 1..n from one run, and outputs are stored."""
    cells = notebook.code
    if cells and not any(cell.outputs for cell in cells):
        yield notebook.finding(None, "cleared", "no cell has a stored output: run refresh and keep the outputs")
        if all(cell.count is None for cell in cells):
            return
    for expected, cell in enumerate(cells, start=1):
        if cell.count is None:
            message = f"this cell was never run (it begins {cell.first_line!r}): run refresh"
            yield notebook.finding(cell, "not-run", message)
        elif cell.count != expected:
            message = f"execution count {cell.count} where {expected} belongs: run refresh, which runs all in order"
            yield notebook.finding(cell, "order", message)
    for cell in notebook.cells:
        if cell.kind == "code" and not cell.runs:
            yield notebook.finding(cell, "empty", "this code cell is empty: delete it")


def _tags(notebook: Notebook, cell: Cell) -> Iterator[Finding]:
    for tag in cell.tags:
        if tag not in TAGS:
            message = f"the tag {tag!r} is not allowed: a cell may carry {', '.join(sorted(TAGS))}"
            yield notebook.finding(cell, "tag", message)
    if IGNORED in cell.tags and MEASUREMENTS not in cell.tags:
        message = f"{IGNORED!r} stands only beside {MEASUREMENTS!r}: this output is to be compared"
        yield notebook.finding(cell, "tag", message)
    if MEASUREMENTS in cell.tags and IGNORED not in cell.tags:
        yield notebook.finding(cell, "tag", f"a cell tagged {MEASUREMENTS!r} also needs {IGNORED!r}")
    if cell.kind == "code":
        for name, _ in _MARKER.findall(cell.source):
            message = f"the comment {name} tells nbval not to compare: remove it"
            yield notebook.finding(cell, "tag", message)


def _pictures(notebook: Notebook, cell: Cell) -> Iterator[Finding]:
    """No bitmap anywhere, in outputs, attachments, links or HTML."""
    remedy = "a figure of the book is SVG"
    for name in cell.attachments:
        yield notebook.finding(cell, "bitmap", f"the attachment {name!r} is not compared by anything: {remedy}")
    for data in cell.bundles():
        for mime in data:
            if _BITMAP.search(mime):
                yield notebook.finding(cell, "bitmap", f"an output is {mime}: {remedy}")
        for mime in ("text/html", "image/svg+xml"):
            if _BITMAP_TAG.search(str(data.get(mime, ""))):
                yield notebook.finding(cell, "bitmap", f"a bitmap is embedded in {mime}: {remedy}")
    if cell.kind == "markdown":
        for target in markdown.links(cell.source):
            if _BITMAP_LINK.search(target) and not target.startswith(("http:", "https:")):
                yield notebook.finding(cell, "bitmap", f"the prose shows {target[:60]!r}: {remedy}")
        if _BITMAP_TAG.search(cell.source):
            yield notebook.finding(cell, "bitmap", f"the prose embeds a bitmap: {remedy}")


def _source(notebook: Notebook, cell: Cell) -> Iterator[Finding]:
    setup = "setup" in cell.tags
    magics = [] if setup else [match.group(1) for match in _MAGIC.finditer(_without_strings(cell.source))]
    for magic in magics:
        yield notebook.finding(
            cell, "magic", f"{magic!r} is no Python and may hide output: only the set-up cell has any"
        )
    if cell.runs and cell.tree is None and not magics and not setup:
        yield notebook.finding(cell, "syntax", "Python cannot parse this cell")
    if _ends_in_semicolon(cell.source):
        message = "the last line ends in ';', which hides its value and fails in nbval: drop it, or use plt.show()"
        yield notebook.finding(cell, "semicolon", message)
    if cell.tree is None:
        return
    awaited = {id(node.value) for node in ast.walk(cell.tree) if isinstance(node, ast.Await)}
    for node in ast.walk(cell.tree):
        name = node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""
        if name in _HIDING:
            message = f"{name} keeps output from being stored and compared: remove it"
            yield notebook.finding(cell, "hidden-output", message)
        if isinstance(node, ast.Call) and id(node) not in awaited:
            called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            if called in _TASKS:
                message = f"{called} leaves a task behind whose error nobody sees: await it where it is made"
                yield notebook.finding(cell, "task", message)


def _outputs(notebook: Notebook, cell: Cell) -> Iterator[Finding]:
    for output in cell.outputs:
        if output.get("output_type") == "error":
            message = f"the stored output is an error, {output.get('ename')}: {output.get('evalue')}"
            yield notebook.finding(cell, "error", message)
        if output.get("output_type") == "stream":
            if output.get("name") == "stderr":
                text = " ".join(str(output.get("text", "")).split())[:80]
                yield notebook.finding(cell, "stderr", f"the cell writes to stderr: {text!r}")
            yield from _unstable(notebook, cell, str(output.get("text", "")))
    for data in cell.bundles():
        yield from _unstable(notebook, cell, str(data.get("text/plain", "")))
        if "image/svg+xml" in data:
            yield from _svg(notebook, cell, str(data["image/svg+xml"]))
    for record in cell.records("slider"):
        for frame in record.get("frames") or []:
            yield from _svg(notebook, cell, str(frame))


def _unstable(notebook: Notebook, cell: Cell, text: str) -> Iterator[Finding]:
    if MEASUREMENTS not in cell.tags:
        for pattern, what in _UNSTABLE:
            if match := pattern.search(text):
                yield notebook.finding(
                    cell, "unstable", f"the output holds {what}, {match.group(0)!r}: print something stable"
                )


def _svg(notebook: Notebook, cell: Cell, text: str) -> Iterator[Finding]:
    size = len(text.encode())
    if size > SVG_LIMIT:
        message = f"an SVG of {size} bytes, more than {SVG_LIMIT}: bin or thin what it draws"
        yield notebook.finding(cell, "svg-size", message)
    try:
        root = ElementTree.fromstring(text)
    except ElementTree.ParseError as error:
        yield notebook.finding(cell, "svg", f"an SVG is not well-formed: {error}")
        return
    tags = {_local(node.tag) for node in root.iter()}
    if _local(root.tag) != "svg":
        yield notebook.finding(cell, "svg", f"the root of an SVG is <{_local(root.tag)}>")
    if "script" in tags:
        yield notebook.finding(cell, "svg", "an SVG holds a script")
    if "date" in tags:
        message = 'an SVG holds the date it was drawn: save it with metadata={"Date": None}'
        yield notebook.finding(cell, "svg-date", message)
    titles = [node.text for node in root if _local(node.tag) == "title"]
    if root.get("role") != "img" or not any(title and title.strip() for title in titles):
        message = 'an SVG needs role="img" and a <title> first in it: draw it with assayer.lab.figure'
        yield notebook.finding(cell, "svg-title", message)


def _local(tag: Any) -> str:
    return tag.rsplit("}", 1)[-1] if isinstance(tag, str) else ""


def figure_records(cell: Cell) -> Iterator[tuple[Mapping[str, Any], dict[str, Any] | None]]:
    """``(bundle, record)`` of every drawn output of `cell`; the record is None where the drawing has none."""
    from assayer.claims.records import MIME

    for data in cell.bundles():
        record = data.get(MIME)
        known = isinstance(record, dict) and record.get("kind") in ("figure", "slider", "sketch")
        if known or "image/svg+xml" in data:
            yield data, record if known else None


def _tokens(source: str) -> list[tokenize.TokenInfo]:
    try:
        return list(tokenize.generate_tokens(io.StringIO(source).readline))
    except (tokenize.TokenError, IndentationError, SyntaxError):
        return []


def _ends_in_semicolon(source: str) -> bool:
    passed = {tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.ENDMARKER, tokenize.INDENT, tokenize.DEDENT}
    meant = [token for token in _tokens(source) if token.type not in passed]
    return bool(meant) and meant[-1].string == ";"


def _without_strings(source: str) -> str:
    """`source` with the lines inside strings that span several blanked: a line of text is no magic."""
    lines = source.splitlines()
    for token in _tokens(source):
        if token.type == tokenize.STRING and token.start[0] != token.end[0]:
            for row in range(token.start[0], token.end[0]):
                lines[row] = ""
    return "\n".join(lines)
