"""The page of notation, and the symbols with two meanings that stop a build."""

from __future__ import annotations

import copy
import re
from pathlib import Path
from typing import Any

import pytest

from assayer.claims.records import Chapter, gather, read_book
from assayer.site import symbols
from assayer.site.pages import documents

ROOT = Path(__file__).parents[2]
SETS = {"real": r"\mathbb{R}", "integer": r"\mathbb{Z}"}


def symbol(name: str, words: str, latex: str = "") -> dict[str, str]:
    return {"symbol": name, "latex": latex or name, "domain": words, "domain_latex": SETS[words.split()[0]]}


def deriving(record: dict[str, Any], title: str, *listed: dict[str, str], **fields: Any) -> dict[str, Any]:
    return {**copy.deepcopy(record), "title": title, "symbols": list(listed), **fields}


@pytest.fixture
def chapter(every_record: Any) -> Any:
    """A function that makes a chapter of derivations, each given as its symbols and further fields."""

    def made(*derivations: tuple[list[dict[str, str]], dict[str, Any]], name: str = "sample") -> Chapter:
        records = [
            deriving(every_record[0], f"step {number}", *listed, **fields)
            for number, (listed, fields) in enumerate(derivations)
        ]
        return Chapter(name, f"chapters/{name}.ipynb", tuple(enumerate(records)))

    return made


def test_the_same_domain_and_a_narrower_one_are_one_meaning(chapter: Any) -> None:
    for other in ("integer ≥ 0", "integer > 0", "integer"):
        assert symbols.conflicts(chapter(([symbol("n", "integer ≥ 0")], {}), ([symbol("n", other)], {}))) == []


@pytest.mark.parametrize(("one", "other"), [("integer", "real"), ("real > 0", "real < 0"), ("real ≥ 0", "real ≤ 0")])
def test_domains_that_contradict_are_two_meanings(chapter: Any, one: str, other: str) -> None:
    (line,) = symbols.conflicts(chapter(([symbol("n", one)], {}), ([symbol("n", other)], {})))
    assert line == (
        f"chapters/sample.ipynb: the symbol n has two meanings: {one} in 'step 0', {other} in 'step 1': use another "
        "letter for one of them"
    )


def test_a_third_derivation_does_not_make_peace(chapter: Any) -> None:
    listed = [([symbol("x", words)], {}) for words in ("real > 0", "real", "real < 0")]
    (line,) = symbols.conflicts(chapter(*listed))
    assert "real > 0 in 'step 0', real < 0 in 'step 2'" in line


def test_two_names_that_print_alike_are_refused(chapter: Any) -> None:
    listed = [symbol("lamda", "real", r"\lambda"), symbol("rate", "real", r"\lambda")]
    (line,) = symbols.conflicts(chapter((listed, {})))
    assert "lamda ('step 0') and rate ('step 0') both print as \\lambda: rename one" in line
    # A family's record holds its bare name: it prints as the Greek letter all the same.
    family = {"script": 'lambda_ = IndexedBase("lambda", positive=True)', "start": {"plain": "lambda[k]", "latex": ""}}
    assert symbols.conflicts(chapter(([symbol("lambda", "real > 0")], family))) == []
    assert symbols.conflicts(chapter((listed[:1], {}), ([symbol("lambda", "real > 0")], {}))) != []


def test_a_family_is_not_the_letter_but_has_one_meaning_itself(chapter: Any) -> None:
    def family(kind: str) -> dict[str, Any]:
        return {"script": f'i = Function("i", {kind})', "start": {"plain": "i(n) + 1", "latex": ""}}

    letter = ([symbol("i", "integer > 0")], {})
    real, whole = (([], family(f"{kind}=True")) for kind in ("real", "integer"))
    assert symbols.conflicts(chapter(letter, real)) == []
    (line,) = symbols.conflicts(chapter(letter, real, whole))
    assert "the symbol i has two meanings: real in 'step 1', integer in 'step 2'" in line
    # A script may declare what the derivation does not use.
    unused = ([], {**family("integer=True"), "start": {"plain": "a", "latex": ""}})
    assert symbols.conflicts(chapter(letter, real, unused)) == []


def test_a_matrix_and_a_number_of_one_letter_are_two_meanings(chapter: Any) -> None:
    matrix = ([], {"declared": ["S: matrix"]})
    (line,) = symbols.conflicts(chapter(matrix, ([symbol("S", "real")], {})))
    assert "the symbol S has two meanings: real in 'step 1', matrix in 'step 0'" in line
    bold = ([], {"declared": ["x: vector"], "script": r'x = Vec("x", latex="\\mathbf{x}")'})
    assert symbols.conflicts(chapter(bold, ([symbol("x", "integer")], {}))) == []
    plain = ([], {"declared": ["x: vector"], "script": 'x = Vec("x")'})
    assert symbols.conflicts(chapter(plain, ([symbol("x", "real")], {}))) == []
    assert symbols.conflicts(chapter(plain, ([symbol("x", "integer")], {}))) != []


def test_between_chapters_a_meaning_may_change_and_is_listed(chapter: Any) -> None:
    book = gather(
        [
            chapter(([symbol("m", "integer"), symbol("n", "integer")], {}), name="one"),
            chapter(([symbol("m", "real"), symbol("n", "integer > 0")], {}), name="two"),
        ]
    )
    assert list(symbols.changing(book)) == ["m"]
    assert [one.name for one, _ in symbols.changing(book)["m"]] == ["one", "two"]


def test_the_real_chapters_have_one_meaning_for_each_symbol() -> None:
    book = read_book(ROOT, documents(ROOT))
    assert [line for one in book.chapters for line in symbols.conflicts(one)] == []
    for one in book.chapters:
        names = [symbols.anchor(one, s.name, s.form) for s in symbols.of_chapter(one)]
        assert names and len(set(names)) == len(names)
    # The index of places and the Bessel functions of one chapter are told apart by their form alone.
    hippo = next(one for one in book.chapters if one.name == "hippo")
    assert [s.form for s in symbols.of_chapter(hippo) if s.name == "i"] == ["family", "letter"]


TOC = (
    "format: jb-book\nroot: chapters/intro\nchapters:\n  - file: chapters/numbers/sample\n"
    "  - file: chapters/ledger\n  - file: chapters/notation\n"
)


def written(write_book: Any, folder: Path, records: list[dict[str, Any]]) -> Path:
    book: Path = write_book(folder, records, toc=TOC)
    (book / "chapters" / "notation.md").write_text("# Notation\n\n```{notation}\n```\n", "utf-8")
    return book


def test_the_page_lists_every_symbol_and_a_second_meaning_stops_the_build(
    tmp_path: Path, write_book: Any, run_build: Any, every_record: Any, real_mathjax: object
) -> None:
    records = copy.deepcopy(every_record)
    records[0]["symbols"] = [symbol("N", "integer ≥ 0"), symbol("a", "integer > 0")]
    book = written(write_book, tmp_path, records)
    said = run_build(book)
    assert said.returncode == 0, said.stderr
    page = (book / "_build" / "html" / "chapters" / "notation.html").read_text("utf-8")
    for name in ("N", "a"):
        assert f'id="symbol.sample.{name}"' in page
    assert "integer ≥ 0" in page and 'href="numbers/sample.html#derivation.the-sum-as-a-product"' in page
    chapter = (book / "_build" / "html" / "chapters" / "numbers" / "sample.html").read_text("utf-8")
    assert re.search(
        r'<a class="ay-symbol" href="\.\./notation\.html#symbol\.sample\.N"[^>]* data-card="says\.', chapter
    )

    again = deriving(records[0], "another", symbol("N", "real"))
    said = run_build(written(write_book, tmp_path, [*records, again]))
    assert said.returncode == 1
    assert "chapters/numbers/sample.ipynb: the symbol N has two meanings: integer ≥ 0 in" in said.stderr
