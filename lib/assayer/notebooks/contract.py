"""The contract of a chapter: what every notebook of the book has, in the order that its readers expect.

Title, result, source and claims box; set-up cell; eight sections; claims with a source, each with a theorem
or a test; no step below "certified" unless a cited lemma carries it; a check with a falsifier for each
numerical claim; drawings with a description and a check; exercises with solutions that ran; references. Claim
ids begin with the notebook's stem, or with the prefix in its metadata: ``{"assayer": {"prefix": "sgd"}}``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Set
from pathlib import Path
from typing import Any

from assayer.claims.records import RecordError, validate
from assayer.notebooks import markdown
from assayer.notebooks.manifest import assertions, vacuous
from assayer.notebooks.notebook import Cell, Finding, Notebook
from assayer.notebooks.structure import figure_records

SECTIONS = (
    "Assume and prove",
    "Derivation",
    "Put to the test",
    "A picture",
    "Where it breaks",
    "Beyond",
    "Exercises",
    "References",
)
BIBLIOGRAPHIES = {"bibliography", "footbibliography"}
"""The directives that list the works cited; the second lists those of its own page."""
EXERCISES = range(3, 6)
SETUP_LINES = 3
LEAST_ALT = 40
"""Characters of a description that can say what a reader who cannot see the figure should learn."""

_STRONG = ("proved", "certified")
_EXERCISE = re.compile(r"Exercise (\d+)\b")
_EMPTY_WORDS = re.compile(r"\b(clearly|obviously|of course|as is well known|(?:it is )?easy to see)\b", re.I)


def check(notebook: Notebook, keys: Set[str]) -> Iterator[Finding]:
    """Every finding about `notebook` against the contract; `keys` are the entries of the bibliography."""
    yield from _opening(notebook)
    yield from _sections(notebook)
    yield from _records(notebook)
    yield from _claims(notebook, keys)
    yield from _derivations(notebook)
    yield from _checks(notebook)
    yield from _drawings(notebook)
    yield from _exercises(notebook)
    yield from _prose(notebook, keys)
    for cell in notebook.code:
        for why in vacuous(cell):
            yield notebook.finding(cell, "vacuous", f"{why}: assert something that can fail")


def check_ids(notebooks: Iterable[Notebook]) -> Iterator[Finding]:
    """Claim ids used twice in the book; the same record shown again in one notebook is no second use."""
    first: dict[str, tuple[Notebook, Cell, dict[str, Any]]] = {}
    for notebook in notebooks:
        for cell, record in notebook.records("claim"):
            id = str(record.get("id"))
            if id not in first:
                first[id] = (notebook, cell, record)
                continue
            other, where, earlier = first[id]
            if other is not notebook or earlier != record:
                message = f"claim id {id!r} is used twice: {other.name} cell {where.index} has it too"
                yield notebook.finding(cell, "claim-id", message)


def bibliography(path: Path) -> set[str]:
    """The keys of the BibTeX file at `path`; raises `ValueError` naming it when it is missing or broken."""
    from pybtex.database import PybtexError, parse_file

    if not path.is_file():
        raise ValueError(f"{path.as_posix()} is missing: every claim names an entry of it as its source")
    try:
        return set(parse_file(str(path), bib_format="bibtex").entries)
    except (PybtexError, UnicodeDecodeError) as error:
        raise ValueError(f"{path.as_posix()} cannot be read: {error}") from None


def _opening(notebook: Notebook) -> Iterator[Finding]:
    """Title, the result in one sentence, the source with its date, the box of claims; then the set-up cell."""
    first = notebook.cells[0] if notebook.cells else None
    if first is None or first.kind != "markdown":
        yield notebook.finding(first, "opening", "the first cell must be Markdown: title, result, source, claims box")
        return
    titles = [(cell, text) for cell in notebook.prose for level, text in markdown.headings(cell.source) if level == 1]
    if not titles or titles[0][0] is not first:
        yield notebook.finding(first, "opening", "the first cell has no title (a heading with one #)")
    for cell, text in titles[1:]:
        yield notebook.finding(cell, "opening", f"a second title, {text!r}: a chapter has one heading with one #")
    sentence = markdown.first_paragraph(first.source)
    if not re.search(r"\w+\W+\w+.*[.:!?]\W*$", sentence, re.S):
        yield notebook.finding(first, "opening", "no sentence under the title says the result")
    if not any(link.startswith(("http:", "https:")) for link in markdown.links(first.source)):
        yield notebook.finding(first, "opening", "the first cell links no source (an address that begins with https:)")
    if not re.search(r"\b(?:19|20)\d\d\b", first.source):
        yield notebook.finding(first, "opening", "the first cell does not give the date of its source")
    if "claims" not in markdown.directives(first.source):
        yield notebook.finding(first, "opening", "the first cell lacks the box of claims: a fence ```{claims}")
    yield from _setup(notebook)


def _setup(notebook: Notebook) -> Iterator[Finding]:
    marked = [cell for cell in notebook.cells if "setup" in cell.tags]
    code = notebook.code
    if not code or "setup" not in code[0].tags:
        where = code[0] if code else None
        yield notebook.finding(where, "setup", "the first code cell must be the set-up cell, with the tag 'setup'")
    for cell in marked:
        if code and cell is not code[0]:
            yield notebook.finding(cell, "setup", "only the first code cell may carry the tag 'setup'")
        lines = [line for line in cell.source.splitlines() if line.strip()]
        if len(lines) > SETUP_LINES:
            yield notebook.finding(cell, "setup", f"the set-up cell has {len(lines)} lines: {SETUP_LINES} are allowed")
        if cell.outputs:
            yield notebook.finding(
                cell, "setup", "the set-up cell prints something: elsewhere than in Colab it is silent"
            )
        if cell.section:
            yield notebook.finding(cell, "setup", f"the set-up cell stands under {cell.section!r}: put it before")


def _sections(notebook: Notebook) -> Iterator[Finding]:
    found = [(cell, text) for cell in notebook.prose for level, text in markdown.headings(cell.source) if level == 2]
    names = [text for _, text in found]
    for name in SECTIONS:
        if name not in names:
            yield notebook.finding(None, "section", f"the section '## {name}' is missing")
    for place, (cell, name) in enumerate(found):
        if name not in SECTIONS:
            yield notebook.finding(cell, "section", f"'## {name}' is no section of a chapter: use ### inside one")
        elif name in names[:place]:
            yield notebook.finding(cell, "section", f"a second section '## {name}'")
    order = [name for name in names if name in SECTIONS]
    expected = [name for name in SECTIONS if name in names]
    if len(order) == len(expected) and order != expected:
        at = next(i for i, (a, b) in enumerate(zip(order, expected, strict=True)) if a != b)
        cell = next(cell for cell, name in found if name == order[at])
        yield notebook.finding(cell, "section", f"'## {order[at]}' stands where '## {expected[at]}' belongs")
    for cell, name in found:
        if name in SECTIONS and not _has_content(notebook, name):
            yield notebook.finding(cell, "section", f"the section '## {name}' is empty")


def _has_content(notebook: Notebook, section: str) -> bool:
    for cell in notebook.cells:
        if cell.section == section:
            if cell.runs or (cell.kind == "markdown" and markdown.directives(cell.source)):
                return True
            pieces = markdown.pieces(cell.source, with_headings=False) if cell.kind == "markdown" else ()
            if any(piece.text.strip() for piece in pieces):
                return True
    return False


def _records(notebook: Notebook) -> Iterator[Finding]:
    for cell, record in notebook.records():
        try:
            validate(record)
        except RecordError as error:
            yield notebook.finding(cell, "record", f"{error}")


def _claims(notebook: Notebook, keys: Set[str]) -> Iterator[Finding]:
    claims = list(notebook.records("claim"))
    if not claims:
        yield notebook.finding(None, "claim", "no claim is declared: show at least one assayer.Claim")
    prefix = str((notebook.metadata.get("assayer") or {}).get("prefix") or notebook.stem)
    checks = {record.get("title") for _, record in notebook.records("check")}
    derivations = {record.get("title") for _, record in notebook.records("derivation")}
    for cell, record in claims:
        id, status = str(record.get("id")), record.get("status")
        if not id.startswith(prefix + "."):
            message = f"claim id {id!r} must begin with {prefix!r} and a dot"
            yield notebook.finding(cell, "claim-id", message)
        source = record.get("source") or {}
        if not source.get("key"):
            yield notebook.finding(cell, "claim-source", f"claim {id!r} names no source")
        elif source["key"] not in keys:
            message = f"claim {id!r} names the source {source['key']!r}, which the bibliography does not have"
            yield notebook.finding(cell, "claim-source", message)
        elif not str(source.get("where") or "").strip():
            message = f"claim {id!r} does not say where in {source['key']!r} it stands (an equation, a section)"
            yield notebook.finding(cell, "claim-source", message)
        for title in record.get("theorems") or []:
            if title not in derivations:
                message = f"claim {id!r} names the theorem {title!r}, and no cell shows a derivation of that title"
                yield notebook.finding(cell, "claim-theorem", message)
        if status in (*_STRONG, "assumed") and not record.get("theorems"):
            yield notebook.finding(cell, "claim-theorem", f"claim {id!r} is {status} and names no theorem")
        for title in record.get("tests") or []:
            if title not in checks:
                message = f"claim {id!r} names the test {title!r}, and no cell shows a check of that title"
                yield notebook.finding(cell, "claim-test", message)
        if status == "tested" and not record.get("tests"):
            yield notebook.finding(cell, "claim-test", f"claim {id!r} is tested and names no test")
        if status == "refuted" and not (record.get("erratum") or {}).get("counterexample"):
            message = f"claim {id!r} is refuted: record the erratum with its counterexample"
            yield notebook.finding(cell, "claim-status", message)


def _derivations(notebook: Notebook) -> Iterator[Finding]:
    for cell, record in notebook.records("derivation"):
        title = record.get("title")
        for number, step in enumerate(record.get("steps") or [], start=1):
            status = step.get("status")
            if status in _STRONG or (status == "assumed" and step.get("lemmas")):
                continue
            remedy = "cite a lemma for it" if status == "assumed" else "prove it"
            message = f"step {number} of {title!r} is {status} ({step.get('plain')}): {remedy}"
            yield notebook.finding(cell, "step", message)


def _checks(notebook: Notebook) -> Iterator[Finding]:
    seen: dict[str, Cell] = {}
    for cell, record in notebook.records("check"):
        title = str(record.get("title"))
        if record.get("verdict") != "passed":
            yield notebook.finding(cell, "check", f"the check {title!r} has the verdict {record.get('verdict')!r}")
        falsifiers = record.get("falsifiers") or []
        if not falsifiers:
            message = f"the check {title!r} has no falsifier: show it something false that it must reject"
            yield notebook.finding(cell, "falsifier", message)
        for falsifier in falsifiers:
            if falsifier.get("verdict") != "rejected":
                message = f"the check {title!r} does not reject {falsifier.get('what')!r}"
                yield notebook.finding(cell, "falsifier", message)
        if title in seen:
            message = f"a second check is titled {title!r} (cell {seen[title].index} has the first)"
            yield notebook.finding(cell, "check", message)
        seen.setdefault(title, cell)
    if not any(cell.section == "Put to the test" for cell in seen.values()):
        yield notebook.finding(None, "check", "the section 'Put to the test' shows no check")


def _drawings(notebook: Notebook) -> Iterator[Finding]:
    checks = {record.get("title") for _, record in notebook.records("check")}
    sliders = pictures = 0
    for cell in notebook.code:
        for data, record in figure_records(cell):
            if record is None:
                yield notebook.finding(cell, "figure", "an SVG has no figure record: draw it with assayer.lab.figure")
                continue
            if "image/svg+xml" not in data:
                yield notebook.finding(cell, "figure", f"the {record['kind']} has no image/svg+xml beside its record")
            sliders += record["kind"] in ("slider", "sketch")
            pictures += cell.section == "A picture"
            alts = record.get("alts") if record["kind"] == "slider" else [record.get("alt")]
            for alt in alts or [""]:
                if len(str(alt or "").strip()) < LEAST_ALT or len(set(re.findall(r"\w+", str(alt)))) < 6:
                    message = f"the alt text {alt!r} is too short: say what a reader who cannot see it should learn"
                    yield notebook.finding(cell, "alt", message)
            if not str(record.get("shows") or "").strip():
                yield notebook.finding(cell, "figure", f"the {record['kind']} does not say what it shows")
            named = record.get("check")
            if named and named not in checks:
                yield notebook.finding(cell, "figure", f"the figure names the check {named!r}, which no cell shows")
            elif not (named or assertions(cell) or any(cell.records("check"))):
                message = (
                    f"nothing checks what the {record['kind']} shows: assert it in the same cell, or name its check"
                )
                yield notebook.finding(cell, "figure", message)
    if not pictures:
        yield notebook.finding(None, "figure", "the section 'A picture' shows no figure")
    if not sliders:
        yield notebook.finding(None, "slider", "no figure of the chapter can be played with: show one slider")


def _exercises(notebook: Notebook) -> Iterator[Finding]:
    cells = [cell for cell in notebook.cells if cell.section == "Exercises"]
    numbers: list[int] = []
    solved: dict[int, list[Cell]] = {}
    where: dict[int, Cell] = {}
    for cell in cells:
        if cell.kind == "markdown":
            for level, text in markdown.headings(cell.source):
                match = _EXERCISE.match(text)
                if level == 3 and match:
                    numbers.append(int(match[1]))
                    where[numbers[-1]] = cell
        elif numbers and cell.runs and "solution" in cell.tags:
            solved.setdefault(numbers[-1], []).append(cell)
    if len(numbers) not in EXERCISES:
        message = f"{len(numbers)} exercises ('### Exercise n'): {EXERCISES[0]} to {EXERCISES[-1]} are asked for"
        yield notebook.finding(cells[0] if cells else None, "exercise", message)
    elif numbers != list(range(1, len(numbers) + 1)):
        yield notebook.finding(cells[0], "exercise", f"exercises are numbered {numbers}, not 1 to {len(numbers)}")
    for number in numbers:
        answers = solved.get(number, [])
        if not answers:
            message = f"Exercise {number} has no solution: a code cell with the tag 'solution' below it"
            yield notebook.finding(where[number], "exercise", message)
        elif not any(cell.outputs or assertions(cell) for cell in answers):
            message = f"the solution of Exercise {number} shows and asserts nothing"
            yield notebook.finding(answers[0], "exercise", message)
    for cell in notebook.code:
        if "solution" in cell.tags and cell.section != "Exercises":
            yield notebook.finding(cell, "exercise", "a cell tagged 'solution' stands outside the exercises")


def _prose(notebook: Notebook, keys: Set[str]) -> Iterator[Finding]:
    listed = [markdown.directives(cell.source) for cell in notebook.prose if cell.section == "References"]
    if not any(BIBLIOGRAPHIES.intersection(names) for names in listed):
        message = "the section 'References' has no fence ```{footbibliography} (or ```{bibliography})"
        yield notebook.finding(None, "references", message)
    for cell in notebook.prose:
        for key in markdown.citations(cell.source):
            if key not in keys:
                yield notebook.finding(cell, "citation", f"{key!r} is cited, and the bibliography does not have it")
        for piece in markdown.pieces(cell.source):
            for word in _EMPTY_WORDS.findall(piece.text) if piece.kind == "text" else ():
                yield notebook.finding(
                    cell, "voice", f"{word!r} says nothing to a reader: leave it out, or give the reason"
                )
