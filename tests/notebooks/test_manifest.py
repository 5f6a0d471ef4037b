"""What disappears from a chapter is missed by name; what is new or edited asks for a refresh."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from assayer.claims.records import MIME
from assayer.notebooks import manifest
from assayer.notebooks.notebook import read

Node = dict[str, Any]
PROOF, CLAIM, CHECK, FIGURE, SLIDER, BREAKS, LAST = 4, 5, 7, 10, 11, 13, 20


def record(node: Node, cell: int) -> Node:
    """The record that a cell shows."""
    return next(out["data"][MIME] for out in node["cells"][cell]["outputs"] if "data" in out)


def recount(node: Node) -> None:
    """Number the code cells again, as a run would."""
    for count, cell in enumerate((c for c in node["cells"] if c["cell_type"] == "code"), start=1):
        cell["execution_count"] = count


def delete(cell: int) -> Callable[[Node], None]:
    """Delete a cell and run the rest again."""

    def change(node: Node) -> None:
        del node["cells"][cell]
        recount(node)

    return change


def drop_assertion(node: Node) -> None:
    node["cells"][BREAKS]["source"] = "assert total(2) != 5"


def weaken_assertion(node: Node) -> None:
    node["cells"][BREAKS]["source"] = "assert total(2) != 5\nassert total(3) != 8 or total"


def merge_assertions_away(node: Node) -> None:
    node["cells"][BREAKS]["source"] = "# assert total(2) != 5\n'assert total(3) != 8'"


LOST = [
    ("assertion deleted", drop_assertion, BREAKS, "the assertion 'assert total(3) != 8' is gone"),
    ("assertion weakened", weaken_assertion, BREAKS, "the assertion 'assert total(3) != 8' is gone"),
    ("assertions quoted", merge_assertions_away, BREAKS, "the assertion 'assert total(2) != 5' is gone"),
    ("cell deleted", delete(BREAKS), None, "the code cell that began 'assert total(2) != 5' is gone"),
    ("check gone", lambda n: n["cells"][CHECK]["outputs"].pop(), CHECK, "the check 'the sums are squares' is gone"),
    (
        "falsifier gone",
        lambda n: record(n, CHECK)["falsifiers"].clear(),
        CHECK,
        "the falsifier 'one term left out (of the sums are squares)' is gone",
    ),
    ("claim gone", lambda n: n["cells"][CLAIM]["outputs"].clear(), CLAIM, "the claim 'squares.odd_sums' is gone"),
    ("claim untested", lambda n: record(n, CLAIM)["tests"].clear(), CLAIM, "had 1 tests and has 0"),
    ("claim weaker", lambda n: record(n, CLAIM).update(status="tested"), CLAIM, "was proved and is tested"),
    ("derivation gone", lambda n: n["cells"][PROOF]["outputs"].clear(), PROOF, "the derivation 'odd sums' is gone"),
    ("step gone", lambda n: record(n, PROOF)["steps"].pop(), PROOF, "had 2 steps and has 1"),
    ("proof weaker", lambda n: record(n, PROOF).update(status="assumed"), PROOF, "was proved and is assumed"),
    ("figure gone", lambda n: n["cells"][FIGURE]["outputs"].clear(), FIGURE, "the figure is gone"),
    ("slider gone", lambda n: n["cells"][SLIDER]["outputs"].clear(), SLIDER, "the slider is gone"),
    ("exercise gone", lambda n: n["cells"][19].update(source="More."), 19, "the exercise 'Exercise 3' is gone"),
]


@pytest.mark.parametrize(("change", "cell", "words"), [row[1:] for row in LOST], ids=[row[0] for row in LOST])
def test_what_disappears_is_missed(book: Any, change: Callable[[Node], Any], cell: int | None, words: str) -> None:
    lost = [finding for finding in book.plant(change, remember=False) if finding.rule == "lost"]
    assert [finding.cell for finding in lost if words in finding.message] == [cell]
    assert "--accept" in lost[0].message
    book.remember()
    assert "lost" not in {finding.rule for finding in book.findings()}


def _swap_outputs(node: Node) -> None:
    node["cells"][CHECK]["outputs"].reverse()


def _reorder(node: Node) -> None:
    cells = node["cells"]
    cells[FIGURE], cells[SLIDER] = cells[SLIDER], cells[FIGURE]
    recount(node)


EDITED = [
    (
        "code edited",
        lambda n: n["cells"][CHECK].update(source="check(total)\nprint(total(35))"),
        CHECK,
        "code was edited",
    ),
    ("outputs swapped", _swap_outputs, CHECK, "not the one that refresh stored"),
    ("cells reordered", _reorder, None, "another order"),
]


@pytest.mark.parametrize(("change", "cell", "words"), [row[1:] for row in EDITED], ids=[row[0] for row in EDITED])
def test_an_edit_after_the_run_is_seen(book: Any, change: Callable[[Node], Any], cell: int | None, words: str) -> None:
    findings = book.plant(change, remember=False)
    assert [(finding.rule, finding.cell) for finding in findings] == [("edited", cell)]
    assert words in findings[0].message and "run refresh" in findings[0].message


def test_what_is_new_asks_for_a_refresh(book: Any) -> None:
    def change(node: Node) -> None:
        cell = {"cell_type": "code", "id": "new", "metadata": {}, "source": "assert total(4) == 16", "outputs": []}
        node["cells"].insert(BREAKS + 1, cell)
        recount(node)

    findings = book.plant(change, remember=False)
    assert {(finding.rule, finding.cell) for finding in findings} == {("new", BREAKS + 1)}
    assert any("'assert total(4) == 16'" in finding.message for finding in findings)


def test_free_edits_need_no_refresh(book: Any) -> None:
    def change(node: Node) -> None:
        node["cells"][2]["source"] += " It may be any integer."
        node["cells"][8]["outputs"][0]["text"] = "0.31 s on 8192 lanes\n"  # a measurement of another machine

    assert book.plant(change, remember=False) == []


def test_a_missing_or_broken_manifest_is_named(book: Any) -> None:
    path = manifest.path_of(book.path)
    path.write_text("{")
    assert [(f.rule, "delete it and run refresh" in f.message) for f in book.findings()] == [("manifest", True)]
    path.unlink()
    assert [(f.rule, "squares.manifest.json is missing" in f.message) for f in book.findings()] == [("manifest", True)]


def test_calls_named_assert_count_and_text_does_not(book: Any) -> None:
    source = "assert a == 1, 'why'\nself.assertEqual(a, b)\ntorch.testing.assert_close(a, b)\nprint('assert c')"
    book.plant(lambda node: node["cells"][BREAKS].update(source=source), remember=True)
    found = manifest.assertions(read(book.path).cells[BREAKS])
    assert found == ["assert a == 1", "self.assertEqual(a, b)", "torch.testing.assert_close(a, b)"]
