"""A number in the prose of the results comes from a cell.

Every number of two digits or more, or with a decimal point, a power or a percentage, in the sentence under
the title and in the sections `SECTIONS` must be printed by the stored output of a cell that is compared (so
not by a "measurements" cell). What a record repeats of the author's own words (titles, statements, alt text)
prints nothing.

- A number matches when some output holds the same value, however either is written: ``20 000``, ``20,000``
  and ``20000``; ``4.4·10⁻⁵`` and ``4.4e-05``; ``10^{18}`` and ``10**18``. Signs are not compared.
- A decimal, a power of ten with a decimal mantissa and a percentage may be a rounding of what was printed:
  1.183 of 1.18293; 88 % of 0.884. An integer must be printed as it stands.
- A number in a code span may instead stand in the source of a code cell, since it quotes code:
  ``runs=2**20``.
- Exempt: single digits; exponents of letters and subscripts (``N^{1/12}``, ``x_{10}``); digits in a name
  (``float64``, ``64-bit``); dates, years in parentheses or after "in"; numbers of equations, sections,
  figures, tables and pages; archive numbers, addresses and citations.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal, localcontext
from typing import Any

from assayer.notebooks import markdown
from assayer.notebooks.notebook import MEASUREMENTS, Cell, Finding, Notebook

SECTIONS = ("Put to the test", "Where it breaks", "Beyond")
_DIGITS = 1000  # of working precision: enough for any number a page can hold
_LARGEST_POWER = 900

_MONTH = r"(?:January|February|March|April|May|June|July|August|September|October|November|December)"
_YEAR = r"(?:19\d\d|20[0-4]\d)"
_THING = (
    r"(?:equations?|eqs?\.|sections?|sec\.|figures?|fig\.|tables?|chapters?|theorems?|lemmas?|propositions?"
    r"|corollar(?:y|ies)|definitions?|exercises?|pages?|pp?\.|algorithms?|appendix|archives?|no\.|vol\.|python|§+)"
)
_EXEMPT = [
    r"https?://\S+|\bwww\.\S+",
    r"\barXiv:\s*\S+|\b10\.\d{4,}/\S+",
    rf"\b{_YEAR}-\d\d-\d\d\b",
    rf"\b\d{{1,2}}\s+{_MONTH}\s+{_YEAR}\b|\b{_MONTH}\s+(?:\d{{1,2}},?\s+)?{_YEAR}\b",
    rf"\({_YEAR}\)|\b(?:in|since|until)\s+{_YEAR}\b(?!\s*[\d.,]*\d)",
    rf"(?:\b|(?=§)){_THING}[\s\u00a0]*\(?\d+(?:\.\d+)*\)?(?:\s*(?:–|-|,|and|to)\s*\(?\d+(?:\.\d+)*\)?)*",
    r"\b\d+-bit\b",
]
_EXEMPT_RE = [re.compile(pattern, re.I) for pattern in _EXEMPT]
_SUPERSCRIPTS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁺", "0123456789-+")
_THIN = "\u2009"  # what every space between groups of digits becomes
_NUMBER = re.compile(
    rf"(?<![\w.])(?P<body>\d{{1,3}}(?:[,{_THIN} ]\d{{3}})+(?!\d)|\d+)(?P<fraction>\.\d+)?"
    r"(?:[eE](?P<e>[+-]?\d+)(?!\w))?"
    r"(?:\s?·\s?10\^\{?(?P<ten>[+-]?\d+)\}?|\^\{?(?P<power>[+-]?\d+)\}?)?"
    rf"(?P<percent>[{_THIN} ]?(?:%|per\s?cent\b))?"
)


@dataclass(frozen=True)
class Value:
    """A number: its value, and the unit of its last digit where it may be a rounding (None: exact)."""

    value: Decimal
    unit: Decimal | None
    percent: bool = False


@dataclass(frozen=True)
class Numeral:
    """A number as written, with its readings: ``10,130`` is one number or two."""

    shown: str
    readings: tuple[tuple[Value, ...], ...]


def check(notebook: Notebook) -> Iterator[Finding]:
    """Every number of the results' prose that no compared output prints."""
    printed = set(_values(text for cell in notebook.code for text in printed_texts(cell)))
    quoted = printed | set(_values(cell.source for cell in notebook.code))
    measured = set(_values(text for cell in notebook.code for text in printed_texts(cell, measurements=True)))
    seen_sentence = False
    for cell in notebook.prose:
        sources = []
        if not seen_sentence and cell.index == 0:
            sources.append(markdown.first_paragraph(cell.source))
            seen_sentence = True
        if cell.section in SECTIONS:
            sources.append(cell.source)
        for source in sources:
            for numeral, is_code in prose_numerals(source):
                known = quoted if is_code else printed
                if any(all(matches(value, known) for value in reading) for reading in numeral.readings):
                    continue
                message = f"the prose says {numeral.shown!r}, and no compared output prints it: print it in a cell"
                if any(all(matches(value, measured) for value in reading) for reading in numeral.readings):
                    message = (
                        f"the prose says {numeral.shown!r}, which only a cell tagged {MEASUREMENTS!r} prints: "
                        "it differs from machine to machine and belongs in no sentence"
                    )
                yield notebook.finding(cell, "number", message)


def prose_numerals(source: str) -> Iterator[tuple[Numeral, bool]]:
    """``(numeral, quotes code)`` for every number of a piece of Markdown that must be printed."""
    run = ""
    for piece in [*markdown.pieces(source), markdown.Piece("code", "")]:
        if piece.kind in ("text", "escaped"):
            run += piece.text
        elif piece.kind == "math":
            run += f" {_formula(piece.text)} "
        elif piece.kind == "code":
            yield from ((numeral, False) for numeral in numerals(_without_exempt(run)))
            run = " "
            yield from ((numeral, True) for numeral in numerals(piece.text))
        else:
            run += " "


def printed_texts(cell: Cell, *, measurements: bool = False) -> Iterator[str]:
    """What `cell` prints: streams, displayed text and LaTeX, and the computed fields of records."""
    from assayer.claims.records import MIME

    if (MEASUREMENTS in cell.tags) != measurements:
        return
    for output in cell.outputs:
        if output.get("output_type") == "stream":
            yield str(output.get("text", ""))
    for data in cell.bundles():
        record = data.get(MIME)
        if isinstance(record, dict):
            yield from _computed(record)
        else:
            yield str(data.get("text/plain", ""))
            yield _formula(str(data.get("text/latex", "")))


def _computed(record: dict[str, Any]) -> Iterator[str]:
    """The fields of a record that come from a computation or quote the source."""
    kind = record.get("kind")
    if kind == "check":
        yield from (str(record.get(key) or "") for key in ("predicted", "measured", "budget"))
    elif kind == "claim":
        yield _formula(str(record.get("latex", "")))
        for row in record.get("published") or []:
            yield from (str(row.get("published", "")), str(row.get("ours", "")))
        yield from (str((record.get("erratum") or {}).get(key, "")) for key in ("printed", "counterexample"))
    elif kind == "derivation":
        parts = [record.get("start"), *(record.get("steps") or []), record.get("conclusion")]
        for part in (*parts, *(record.get("hypotheses") or [])):
            yield from (str((part or {}).get("plain", "")), _formula(str((part or {}).get("latex", ""))))
    elif kind == "slider":
        yield from map(str, record.get("values") or [])
        yield from map(str, (record.get("second") or {}).get("values") or [])
    elif kind == "sketch":
        yield from map(str, record.get("sizes") or [])


def _formula(latex: str) -> str:
    """LaTeX as plain text: no labels, no lengths, no subscripts, ``\\frac12`` as 1/2."""
    text = re.sub(r"\\(?:label|tag|ref|eqref|hspace|vspace|color|begin|end)\*?\{[^{}]*\}", " ", latex)
    text = re.sub(r"\\\\\[[^\]]*\]", " ", text)
    text = re.sub(r"\\[dt]?frac\s*(\d)\s*(\d)", r" \1/\2 ", text)
    text = re.sub(r"\\(?:cdot|times)(?![a-zA-Z])", "·", text).replace("\\%", "%")
    text = re.sub(r"\\(?:text|mathrm|mathbf|operatorname)\{([^{}]*)\}", r" \1 ", text)
    text = re.sub(r"(?<=\d)(?:\\[,;: ]|~|\{,\})(?=\d)", _THIN, text)
    text = re.sub(r"\\[,;:! ]|~", " ", text)
    text = re.sub(r"\\(?:left|right|[bB]igg?[lr]?)(?![a-zA-Z])", " ", text)
    text = re.sub(r"\\([a-zA-Z]+)", r" \1 ", text)
    text = re.sub(r"_(?:\{[^{}]*\}|\w)", "", text)
    return text.replace("\\", " ")


def _without_exempt(text: str) -> str:
    for pattern in _EXEMPT_RE:
        text = pattern.sub(" ", text)
    return text


def _normal(text: str) -> str:
    """One way of writing products, powers and groups of digits."""
    text = re.sub(r"[⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁺]+", lambda found: "^{" + found.group(0).translate(_SUPERSCRIPTS) + "}", text)
    text = text.replace("**", "^").replace("−", "-")
    text = re.sub(r"(?<=\d)[\u2009\u202f\u00a0\u2008'_](?=\d)", _THIN, text)
    text = re.sub(r"[×⋅∙*]", "·", text)
    # An exponent of anything but a number, and one that is no integer, is part of a formula and not a result.
    text = re.sub(r"(?<![\d])\s?\^\s?(?:\{[^{}]*\}|-?\w+|\([^()]*\))", " ", text)
    text = re.sub(r"\^\((-?\d+)\)", r"^{\1}", text)
    return re.sub(r"\^(?:\{(?!-?\d+\})[^{}]*\}|\([^()]*\)|[a-zA-Z]\w*)", " ", text)


def numerals(text: str) -> Iterator[Numeral]:
    """Every number in `text` beyond a single digit, with all its readings."""
    for match in _NUMBER.finditer(_normal(text)):
        body = match["body"]
        parts = re.split(rf"[,{_THIN} ]", body)
        whole = _value(match, "".join(parts))
        readings = [(whole,)] if whole else []
        if len(parts) > 1 and _THIN not in body:  # "10,130" may be a pair
            values = [_value(None, part) for part in parts[:-1]] + [_value(match, parts[-1])]
            readings.append(tuple(value for value in values if value))
        if readings:
            yield Numeral(" ".join(match.group(0).replace(_THIN, " ").split()), tuple(readings))


def _value(match: re.Match[str] | None, digits: str) -> Value | None:
    """The value of one number; None for a single digit, which needs no printing."""
    fraction = (match["fraction"] or "") if match else ""
    shift = int(match["e"] or match["ten"] or 0) if match else 0
    power = match["power"] if match else None
    percent = bool(match and match["percent"])
    if abs(shift) > _LARGEST_POWER or (power and abs(int(power)) > _LARGEST_POWER):
        return None
    if not fraction and not shift and power is None and len(digits.lstrip("0")) < 2:
        return None
    with localcontext() as context:
        context.prec = _DIGITS
        value = Decimal(digits + fraction).scaleb(shift)
        if power is not None:
            value = value ** int(power) if value or int(power) > 0 else value
            if value < 10 and value == value.to_integral_value():
                return None
        rounded = bool(fraction) or percent or (shift < 0)
        unit = Decimal(1).scaleb(shift - max(len(fraction) - 1, 0)) if rounded and power is None else None
        return Value(value, unit, percent)


def _values(texts: Iterable[str]) -> Iterator[Decimal]:
    for text in texts:
        for numeral in numerals(text):
            for reading in numeral.readings:
                yield from (value.value for value in reading)


def matches(value: Value, printed: set[Decimal]) -> bool:
    """Whether some printed number has this value, or rounds to it where it is written as a rounding."""
    with localcontext() as context:
        context.prec = _DIGITS
        if value.value in printed:
            return True
        candidates = printed | {number * 100 for number in printed if number <= 1} if value.percent else printed
        if value.percent and value.value in candidates:
            return True
        if value.unit is None:
            return False
        return any(
            number.quantize(value.unit, rounding=way) == value.value
            for number in candidates
            if abs(number - value.value) <= value.unit
            for way in (ROUND_HALF_EVEN, ROUND_HALF_UP)
        )
