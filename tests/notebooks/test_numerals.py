"""A number in the results' prose is printed by a compared cell, however either is written."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from assayer.notebooks import numerals

CHECK, BEYOND, CUBES = 7, 14, "## Beyond\n\n"

MATCHED = [  # (prose, printed)
    ("There are 20 000 of them.", "20000"),
    ("There are 20,000 of them.", "20_000"),
    ("There are $20\\,000$ of them.", "20000"),
    ("There are 20\u202f000 of them.", "20,000"),
    ("For (10,13) and `(11, 9)`.", "[10, 13, 9, 11]"),
    ("It is $10^{18}$.", "10**18"),
    ("It is 10¹⁸.", "1000000000000000000"),
    ("It is $2^{20}$.", "1048576"),
    ("It is 4.4·10⁻⁵.", "4.42e-05"),
    ("It is $4.4 \\cdot 10^{-5}$.", "4.4e-05"),
    ("It is 1.183.", "1.18293"),
    ("It is −1.183.", "1.183"),
    ("That is 88.4 %.", "88.39"),
    ("That is 88 %.", "0.884"),
    ("That is 88 per cent.", "88.4"),
    ("It is $\\frac{1}{12}$.", "1/12"),
    ("It is $\\tfrac12$ of $\\mathrm{10^{6}}$.", "1000000"),
    ("The 19th one.", "19"),
    ("The value 130.", "N = 130: S = 23"),
]
UNMATCHED = [  # (prose, printed, what is named)
    ("There are 20 001 of them.", "20000", "20 001"),
    ("It is 1.184.", "1.18293", "1.184"),
    ("It is 1.1830.", "1.18293", "1.1830"),
    ("It is 88 %.", "0.893", "88 %"),
    ("The value 12.", "1200 120 112", "12"),
    ("The pair (10,14).", "10, 13", "14"),
    ("The pair (10,141).", "10, 131", "10,141"),
    ("It is $10^{17}$.", "10**18", "10^{17}"),
    ("It is $\\frac{1}{12}$.", "1/13", "12"),
    ("The value 0.5.", "0.4", "0.5"),
    ("| n | S |\n|---|---|\n| 8 | 17 |", "18", "17"),
    (":::{admonition} Note\nThe value 17.\n:::", "18", "17"),
    ("Run `total(17)`.", "18", "17"),
    ("**17** of *18*.", "18", "17"),
    ("As $x = 17$.", "18", "17"),
    ("In 17 cases of N ≤ 18.", "18", "17"),
]
EXEMPT = [
    "One digit, 7, is free, and so is 3/2.",
    "Exponents and indices: $N^{1/12}$, $x_{10}$, $e^{-10 x}$, $\\sum_{i=11}^{12} x_i$.",
    "In float64 and 64-bit integers on an H200.",
    "Published on 2023-09-20, on 20 September 2023, in 2023, by Someone (2023).",
    "See equation (12), eqs. 10 and 11, section 3.10, §12, figures 10–12, Table 15, page 99.",
    "See arXiv:2104.09864v5, <https://example.org/12345> and [this](https://example.org/54321).",
    "As {cite}`page2023` says.",
    "```python\nx = 12345\n```",
    "$$x = y. \\label{eq12} \\tag{12}$$",
]


def _findings(book: Any, prose: str, printed: str) -> list[Any]:
    def change(node: dict[str, Any]) -> None:
        node["cells"][CHECK]["outputs"][0]["text"] = f"1225\n{printed}\n"
        node["cells"][BEYOND]["source"] = CUBES + prose

    return book.plant(change, remember=True)


@pytest.mark.parametrize(("prose", "printed"), MATCHED)
def test_a_printed_number_matches(book: Any, prose: str, printed: str) -> None:
    assert _findings(book, prose, printed) == []
    missing = _findings(book, prose, "nothing")
    assert missing and {finding.rule for finding in missing} == {"number"}


@pytest.mark.parametrize(("prose", "printed", "named"), UNMATCHED)
def test_a_number_that_no_cell_printed_is_named(book: Any, prose: str, printed: str, named: str) -> None:
    findings = _findings(book, prose, printed)
    assert [(finding.rule, finding.cell) for finding in findings] == [("number", BEYOND)]
    assert repr(named) in findings[0].message


@pytest.mark.parametrize("prose", EXEMPT)
def test_what_is_no_result_is_exempt(book: Any, prose: str) -> None:
    assert _findings(book, prose, "nothing") == []


def test_a_measurement_belongs_in_no_sentence(book: Any) -> None:
    findings = _findings(book, "It ran on 4096 lanes.", "nothing")
    assert [finding.rule for finding in findings] == ["number"]
    assert "only a cell tagged 'measurements' prints" in findings[0].message


def test_the_result_under_the_title_is_checked(book: Any) -> None:
    def change(node: dict[str, Any]) -> None:
        node["cells"][0]["source"] = node["cells"][0]["source"].replace("1225", "1226")

    findings = book.plant(change, remember=True)
    assert [(finding.rule, finding.cell) for finding in findings] == [("number", 0)]
    assert "'1226'" in findings[0].message


def test_the_authors_words_in_a_record_print_nothing(book: Any) -> None:
    from assayer.claims.records import MIME

    def change(node: dict[str, Any]) -> None:
        bundle = node["cells"][CHECK]["outputs"][1]["data"]
        bundle[MIME]["falsifiers"][0]["what"] = bundle["text/plain"] = "77 of them"
        node["cells"][BEYOND]["source"] = CUBES + "There are 77."

    assert [finding.rule for finding in book.plant(change, remember=True)] == ["number"]


def test_a_code_span_may_quote_the_source(book: Any) -> None:
    def change(node: dict[str, Any]) -> None:
        node["cells"][13]["source"] += "\nrun(runs=2**20)"
        node["cells"][BEYOND]["source"] = CUBES + "With `runs=2**20`."

    assert book.plant(change, remember=True) == []


def test_readings() -> None:
    (pair,) = numerals.numerals("10,130")
    assert [[value.value for value in reading] for reading in pair.readings] == [[Decimal(10130)], [10, 130]]
    (group,) = numerals.numerals("10\u2009130")
    assert [[value.value for value in reading] for reading in group.readings] == [[Decimal(10130)]]
    (large,) = numerals.numerals(str(10**60 + 1))
    assert large.readings[0][0].value == 10**60 + 1
