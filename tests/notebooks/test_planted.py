"""Each rule of the structure and of the contract catches the fault that it is for, and says where."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from assayer.claims.records import MIME

Node = dict[str, Any]
Change = Callable[[Node], Any]

# Cells of the small chapter.
OPENING, SETUP, PROOF, CLAIM, TEST, CHECK, TIMING, FIGURE, SLIDER, BREAKS = 0, 1, 4, 5, 6, 7, 8, 10, 11, 13
EXERCISES, SOLUTION, REFERENCES = 15, 16, 21


@dataclass(frozen=True)
class Plant:
    """A fault: `change` plants it; `rule` is broken at `cell`, the message says `words`; `also` is broken
    with it.
    """

    name: str
    change: Change
    rule: str
    cell: int | None
    words: str
    also: tuple[str, ...] = ()


def source(cell: int, text: str) -> Change:
    """Replace the source of a cell."""
    return lambda node: node["cells"][cell].update(source=text)


def append(cell: int, text: str) -> Change:
    """Add to the source of a cell."""
    return lambda node: node["cells"][cell].update(source=node["cells"][cell]["source"] + text)


def swap(cell: int, old: str, new: str) -> Change:
    """Replace a part of the source of a cell, which must be there."""

    def change(node: Node) -> None:
        assert old in node["cells"][cell]["source"]
        node["cells"][cell]["source"] = node["cells"][cell]["source"].replace(old, new)

    return change


def tags(cell: int, *names: str) -> Change:
    """Give a cell these tags."""
    return lambda node: node["cells"][cell]["metadata"].update(tags=list(names))


def record(cell: int, **fields: Any) -> Change:
    """Change fields of the record that a cell shows."""

    def change(node: Node) -> None:
        next(out["data"][MIME] for out in node["cells"][cell]["outputs"] if "data" in out).update(fields)

    return change


def step(**fields: Any) -> Change:
    """Change fields of the second step of the derivation."""
    return lambda node: node["cells"][PROOF]["outputs"][0]["data"][MIME]["steps"][1].update(fields)


def output(cell: int, **fields: Any) -> Change:
    """Add an output to a cell."""
    return lambda node: node["cells"][cell]["outputs"].append(fields)


def data(cell: int, mime: str, value: str) -> Change:
    """Set one MIME type of the last output of a cell."""
    return lambda node: node["cells"][cell]["outputs"][-1]["data"].update({mime: value})


def svg(old: str, new: str) -> Change:
    """Replace a part of the figure's SVG."""

    def change(node: Node) -> None:
        bundle = node["cells"][FIGURE]["outputs"][0]["data"]
        assert old in bundle["image/svg+xml"]
        bundle["image/svg+xml"] = bundle["image/svg+xml"].replace(old, new)

    return change


def cleared(node: Node) -> None:
    """What "clear all outputs" leaves."""
    for cell in node["cells"]:
        if cell["cell_type"] == "code":
            cell.update(execution_count=None, outputs=[])


def recount(node: Node) -> None:
    """Number the code cells again, after one was removed or moved."""
    for count, cell in enumerate((c for c in node["cells"] if c["cell_type"] == "code"), start=1):
        cell["execution_count"] = count


def without(*cells: int) -> Change:
    """Delete cells, last first."""

    def change(node: Node) -> None:
        for cell in sorted(cells, reverse=True):
            del node["cells"][cell]
        recount(node)

    return change


def no_claims(node: Node) -> None:
    """Leave the claim's cell, without its record."""
    del node["cells"][CLAIM]["outputs"][0]["data"][MIME]


def counts_swapped(node: Node) -> None:
    """Two cells ran in the other order."""
    cells = node["cells"]
    cells[PROOF]["execution_count"], cells[CLAIM]["execution_count"] = 3, 2


def moved_section(node: Node) -> None:
    """Put "Beyond" before "Where it breaks"."""
    node["cells"].insert(12, node["cells"].pop(14))


def second_check(node: Node) -> None:
    """Show the check twice."""
    outputs = node["cells"][CHECK]["outputs"]
    outputs.append(copy.deepcopy(outputs[1]))


def no_test_section(node: Node) -> None:
    """Move the check up into the derivation."""
    node["cells"].insert(4, node["cells"].pop(CHECK))
    recount(node)


IMAGE = {"output_type": "display_data", "metadata": {}}
STRUCTURE = [
    Plant("cleared", cleared, "cleared", None, "run refresh"),
    Plant("never run", lambda n: n["cells"][BREAKS].update(execution_count=None), "not-run", BREAKS, "never run"),
    Plant("out of order", counts_swapped, "order", PROOF, "3 where 2 belongs"),
    Plant("gap in counts", lambda n: n["cells"][20].update(execution_count=99), "order", 20, "99 where 11"),
    Plant("empty code cell", source(BREAKS, " "), "empty", BREAKS, "delete it", also=("order",)),
    Plant("skip tag", tags(BREAKS, "nbval-skip"), "tag", BREAKS, "'nbval-skip' is not allowed"),
    Plant("raises-exception", tags(BREAKS, "raises-exception"), "tag", BREAKS, "raises-exception"),
    Plant("ignored output", tags(CHECK, "nbval-ignore-output"), "tag", CHECK, "beside 'measurements'"),
    Plant("measurements compared", tags(TIMING, "measurements"), "tag", TIMING, "also needs"),
    Plant("misspelt tag", tags(BREAKS, "solutoin"), "tag", BREAKS, "solutoin"),
    Plant("marker comment", append(BREAKS, "\n# NBVAL_SKIP"), "tag", BREAKS, "NBVAL_SKIP"),
    Plant("png output", output(BREAKS, **IMAGE, data={"image/png": "iVBO"}), "bitmap", BREAKS, "image/png"),
    Plant("jpeg output", output(BREAKS, **IMAGE, data={"image/jpeg": "/9j/"}), "bitmap", BREAKS, "image/jpeg"),
    Plant("pdf output", output(BREAKS, **IMAGE, data={"application/pdf": "JVBE"}), "bitmap", BREAKS, "pdf"),
    Plant(
        "attachment",
        lambda n: n["cells"][14].update(attachments={"a.png": {"image/png": "iVBO"}}),
        "bitmap",
        14,
        "attachment 'a.png'",
    ),
    Plant("png link", append(14, "\n\n![a curve](curve.png)"), "bitmap", 14, "curve.png"),
    Plant("png in html", append(14, '\n\n<img alt="x" src="curve.jpg">'), "bitmap", 14, "embeds"),
    Plant("png in svg", svg("<path", '<image href="data:image/png;base64,iV"/><path'), "bitmap", FIGURE, "svg"),
    Plant("date in svg", svg("<path", "<metadata><date>2024</date></metadata><path"), "svg-date", FIGURE, "Date"),
    Plant("large svg", svg("M0 0", "M0 0" * 60_000), "svg-size", FIGURE, "bytes"),
    Plant("broken svg", svg("</title>", ""), "svg", FIGURE, "not well-formed"),
    Plant("script in svg", svg("<path", "<script>1</script><path"), "svg", FIGURE, "script"),
    Plant("svg without title", svg("<title>Squares</title>", ""), "svg-title", FIGURE, "<title>"),
    Plant("svg without role", svg(' role="img"', ""), "svg-title", FIGURE, 'role="img"'),
    Plant("semicolon", append(CHECK, ";"), "semicolon", CHECK, "plt.show()"),
    Plant("semicolon, comment", append(CHECK, ";  # quiet\n"), "semicolon", CHECK, "nbval"),
    Plant(
        "error output",
        output(BREAKS, output_type="error", ename="ValueError", evalue="no", traceback=[]),
        "error",
        BREAKS,
        "ValueError: no",
    ),
    Plant("stderr", output(BREAKS, output_type="stream", name="stderr", text="warn"), "stderr", BREAKS, "'warn'"),
    Plant("capture", source(BREAKS, "%%capture\ntotal(2)"), "magic", BREAKS, "%%capture"),
    Plant("shell", append(BREAKS, "\n!ls"), "magic", BREAKS, "!l"),
    Plant("redirect", append(BREAKS, "\nwith redirect_stdout(f): pass"), "hidden-output", BREAKS, "redirect"),
    Plant("syntax", source(BREAKS, "assert ("), "syntax", BREAKS, "cannot parse"),
    Plant("task", append(BREAKS, "\nt = asyncio.create_task(f())"), "task", BREAKS, "await it"),
    Plant(
        "address",
        output(BREAKS, output_type="stream", name="stdout", text="<f at 0x7f00deadbeef>"),
        "unstable",
        BREAKS,
        "an address",
    ),
    Plant(
        "path",
        output(BREAKS, output_type="stream", name="stdout", text="in /home/me/x.py"),
        "unstable",
        BREAKS,
        "/home/me/x.py",
    ),
    Plant("dollar", append(14, " Costs $5."), "markdown", 14, "dollar sign"),
    Plant("display dollar", append(14, "\n\n$$ a = b\n"), "markdown", 14, "dollar sign"),
    Plant("brace", append(14, " So $\\frac{1{2}$."), "markdown", 14, "brace"),
    Plant("environment", append(14, "\n\n$$\\begin{cases} 1 \\end{case}$$"), "markdown", 14, "\\end{case}"),
    Plant("left", append(14, " So $\\left( 1 )$."), "markdown", 14, "\\left"),
    Plant("open fence", append(14, "\n\n```python\nx"), "markdown", 14, "never closed"),
    Plant("bare role", append(14, " See {claim}squares.odd_sums."), "markdown", 14, "{claim}"),
    Plant("times in metadata", lambda n: n["cells"][4]["metadata"].update(execution={}), "metadata", 4, "execution"),
    Plant("widgets", lambda n: n["metadata"].update(widgets={}), "metadata", None, "widgets"),
    Plant(
        "version of Python",
        lambda n: n["metadata"].update(language_info={"name": "python", "version": "3.11.7"}),
        "metadata",
        None,
        "version",
    ),
    Plant("same id", lambda n: n["cells"][4].update(id="c05"), "format", None, "'c05'", also=("edited",)),
    Plant(
        "no ids",
        lambda n: [c.pop("id") for c in n["cells"]] and n.update(nbformat_minor=4),
        "format",
        None,
        "4.5",
        also=("edited",),
    ),
]

CONTRACT = [
    Plant("no title", swap(OPENING, "# Squares", "Squares."), "opening", OPENING, "no title"),
    Plant("second title", append(14, "\n\n# Again"), "opening", 14, "'Again'"),
    Plant("no result", swap(OPENING, "The square", "- The square"), "opening", OPENING, "says the result"),
    Plant("no link", swap(OPENING, "(https://example.org/squares)", ""), "opening", OPENING, "links no source"),
    Plant("no date", swap(OPENING, "(2023-09-20)", ""), "opening", OPENING, "date"),
    Plant("no box", swap(OPENING, "{claims}", ""), "opening", OPENING, "box of claims"),
    Plant("set-up untagged", tags(SETUP), "setup", SETUP, "first code cell"),
    Plant("set-up too long", append(SETUP, "\nx = 1"), "setup", SETUP, "4 lines"),
    Plant("second set-up", tags(BREAKS, "setup"), "setup", BREAKS, "only the first"),
    Plant("set-up prints", output(SETUP, output_type="stream", name="stdout", text="hi"), "setup", SETUP, "silent"),
    Plant("section missing", swap(14, "## Beyond", "### Beyond"), "section", None, "'## Beyond' is missing"),
    Plant("section unknown", append(14, "\n\n## Remarks\n\nOne."), "section", 14, "'## Remarks'"),
    Plant("section twice", append(14, "\n\n## Beyond\n\nOne."), "section", 14, "second"),
    Plant("section empty", source(14, "## Beyond"), "section", 14, "empty"),
    Plant("sections swapped", moved_section, "section", 12, "'## Beyond' stands where"),
    Plant("no claims", no_claims, "claim", None, "no claim is declared"),
    Plant(
        "claim without key",
        record(CLAIM, source={"key": "", "where": "eq. (3)"}),
        "claim-source",
        CLAIM,
        "no source",
        also=("record",),
    ),
    Plant("unknown key", record(CLAIM, source={"key": "nobody", "where": "1"}), "claim-source", CLAIM, "'nobody'"),
    Plant("no place", record(CLAIM, source={"key": "page2023", "where": ""}), "claim-source", CLAIM, "where in"),
    Plant("foreign id", record(CLAIM, id="cubes.odd_sums"), "claim-id", CLAIM, "begin with 'squares'"),
    Plant("unshown theorem", record(CLAIM, theorems=["even sums"]), "claim-theorem", CLAIM, "'even sums'"),
    Plant("no theorem", record(CLAIM, theorems=[]), "claim-theorem", CLAIM, "names no theorem"),
    Plant("unshown test", record(CLAIM, tests=["cubes"]), "claim-test", CLAIM, "'cubes'"),
    Plant("tested by nothing", record(CLAIM, status="tested", tests=[]), "claim-test", CLAIM, "names no test"),
    Plant("refuted", record(CLAIM, status="refuted"), "claim-status", CLAIM, "counterexample"),
    Plant("step tested", step(status="tested"), "step", PROOF, "step 2 of 'odd sums' is tested"),
    Plant("step refuted", step(status="refuted", lemmas=["x"]), "step", PROOF, "refuted"),
    Plant("assumed, no lemma", step(status="assumed"), "step", PROOF, "cite a lemma"),
    Plant("unknown kind", record(CLAIM, kind="theorem"), "record", CLAIM, "'theorem'", also=("claim",)),
    Plant("check failed", record(CHECK, verdict="failed"), "check", CHECK, "'failed'", also=("record",)),
    Plant("no falsifier", record(CHECK, falsifiers=[]), "falsifier", CHECK, "no falsifier", also=("record",)),
    Plant(
        "falsifier accepted",
        record(CHECK, falsifiers=[{"what": "a wrong sign", "verdict": "accepted"}]),
        "falsifier",
        CHECK,
        "does not reject 'a wrong sign'",
        also=("record",),
    ),
    Plant("check twice", second_check, "check", CHECK, "second check"),
    Plant("no check there", no_test_section, "check", None, "shows no check"),
    Plant("short alt", record(FIGURE, alt="A figure."), "alt", FIGURE, "'A figure.'"),
    Plant("padded alt", record(FIGURE, alt="figure figure figure figure figure figure "), "alt", FIGURE, "too short"),
    Plant("frame without alt", record(SLIDER, alts=["x", "y"]), "alt", SLIDER, "'x'"),
    Plant("figure unchecked", record(FIGURE, check=None), "figure", FIGURE, "nothing checks"),
    Plant("figure's check gone", record(FIGURE, check="another"), "figure", FIGURE, "'another'"),
    Plant(
        "svg without record",
        lambda n: n["cells"][FIGURE]["outputs"][0]["data"].pop(MIME),
        "figure",
        FIGURE,
        "no figure record",
    ),
    Plant(
        "record without svg",
        lambda n: n["cells"][FIGURE]["outputs"][0]["data"].pop("image/svg+xml"),
        "figure",
        FIGURE,
        "no image/svg+xml",
    ),
    Plant("no slider", without(SLIDER), "slider", None, "one slider"),
    Plant("two exercises", without(19, 20), "exercise", EXERCISES, "2 exercises"),
    Plant("numbered wrong", swap(17, "Exercise 2", "Exercise 4"), "exercise", EXERCISES, "[1, 4, 3]"),
    Plant("no solution", without(SOLUTION), "exercise", EXERCISES, "Exercise 1 has no solution"),
    Plant("idle solution", source(SOLUTION, "total(1) == 1"), "exercise", SOLUTION, "asserts nothing"),
    Plant("solution elsewhere", tags(BREAKS, "solution"), "exercise", BREAKS, "outside"),
    Plant("no bibliography", swap(REFERENCES, "{bibliography}", ""), "references", None, "{bibliography}"),
    Plant("unknown citation", append(14, " See {cite:t}`page2023, nobody`."), "citation", 14, "'nobody'"),
    Plant("unknown footnote", append(14, " See {footcite:p}`page2023,nobody`."), "citation", 14, "'nobody'"),
    Plant("footnote without keys", append(14, " See {footcite:t}."), "markdown", 14, "footcite"),
    Plant("empty word", append(14, " This is clearly so."), "voice", 14, "'clearly'"),
    Plant("vacuous", append(BREAKS, "\nassert True"), "vacuous", BREAKS, "constant"),
    Plant("vacuous tuple", append(BREAKS, "\nassert (x == 1, 'no')"), "vacuous", BREAKS, "tuple"),
    Plant("vacuous or", append(BREAKS, "\nassert x == 1 or True"), "vacuous", BREAKS, "alternative"),
    Plant("vacuous same", append(BREAKS, "\nassert x == x"), "vacuous", BREAKS, "itself"),
]


def test_the_small_chapter_has_no_findings(book: Any) -> None:
    assert book.findings() == []


def test_a_chapter_may_list_its_works_as_footnotes(book: Any) -> None:
    assert book.plant(swap(REFERENCES, "{bibliography}", "{footbibliography}"), remember=True) == []


@pytest.mark.parametrize("plant", STRUCTURE + CONTRACT, ids=lambda plant: plant.name)
def test_a_planted_fault_is_named(book: Any, plant: Plant) -> None:
    findings = book.plant(plant.change, remember=True)
    found = [finding for finding in findings if finding.rule == plant.rule and plant.words in finding.message]
    assert found, "\n".join(map(str, findings)) or "nothing was found"
    assert found[0].cell == plant.cell
    assert {finding.rule for finding in findings} == {plant.rule, *plant.also}
    assert found[0].notebook == "chapters/numbers/squares.ipynb"
    where = f" cell {plant.cell}" if plant.cell is not None else ""
    assert str(found[0]).startswith(f"chapters/numbers/squares.ipynb{where}")
