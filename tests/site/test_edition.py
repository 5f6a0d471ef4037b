"""The Colab edition of a notebook: its text without the site's own forms, its outputs, its set-up cell."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import nbformat
import pytest

from assayer.claims.records import MIME, read_book
from assayer.site import edition, pages, sources, wheel
from assayer.site.errors import SiteError

ROOT = Path(__file__).parents[2]
SITE = "https://example.org/book/"
PAGE = "chapters/numbers/sample.ipynb"


def around(root: Path, site: str = SITE) -> edition.Surroundings:
    known = sources.read([root / "chapters" / "references.bib"])
    made = wheel.Wheel("assayer-1-py3-none-any.whl", "1", b"wheel", ("flint>=1",), ("torch",), "3.11")
    book = read_book(root, pages.documents(root))
    return edition.Surroundings(site, book, known, made, "chapters/ledger.html")


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory, write_book: Any) -> Path:
    return write_book(tmp_path_factory.mktemp("edition"))


def text(source: str, root: Path, site: str = SITE) -> str:
    cells = [{"cell_type": "markdown", "source": source, "metadata": {}}, {"cell_type": "code", "source": "", **EMPTY}]
    return edition.write(PAGE, {"cells": cells}, around(root, site))["cells"][1]["source"]


EMPTY: dict[str, Any] = {"metadata": {}, "outputs": [], "execution_count": None}


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("as {footcite:p}`Su2023` says", "as ([Su 2023](https://example.org/least-sum)) says"),
        (
            "so {claim}`sample.identity` holds",
            f"so [`sample.identity`]({SITE}chapters/ledger.html#sample.identity) ■ proved holds",
        ),
        (
            ":::{dropdown} Solution\nIt is $10$.\n:::\nand",
            "<details><summary>Solution</summary>\n\nIt is $10$.\n\n</details>\nand",
        ),
        ("[trust](../trust.md#kernels)", f"[trust]({SITE}chapters/trust.html#kernels)"),
        ("[next](other.ipynb)", f"[next]({SITE}chapters/numbers/other.html)"),
        ("[Su](https://example.org/a.md)", "[Su](https://example.org/a.md)"),
        ("$E[X](1)$", "$E[X](1)$"),
        ("(here)=\n## Heading", "## Heading"),
        ("by {eq}`eq:four`", "by (eq:four)"),
        ("{math}`a+b` and {unknown}`word`", "$a+b$ and `word`"),
        (":::{note} Beware\nof $x$\n:::", "> **Beware**\n>\n> of $x$\n"),
    ],
)
def test_forms_of_the_site_become_markdown(book: Path, written: str, shown: str) -> None:
    assert text(written, book) == shown


def test_without_an_address_links_into_the_site_become_words(book: Path) -> None:
    assert text("[trust](../trust.md) and {claim}`sample.scan`", book, "").startswith("trust and `sample.scan` ")


def test_the_box_and_the_references_are_written_out(book: Path) -> None:
    box = text("# T\n\n```{claims}\n```\n", book)
    assert box.startswith("# T\n\n**In this chapter**\n\n- [`sample.") and box.count("\n- [`sample.") == 3
    listed = text("{footcite:p}`Su2023`\n\n```{footbibliography}\n```\n", book)
    assert listed.endswith("- [Su 2023](https://example.org/least-sum). *The least sum*.\n")


def test_a_citation_of_nothing_is_refused(book: Path) -> None:
    with pytest.raises(SiteError, match=rf"{PAGE} cites 'Nobody', which the bibliography lacks"):
        text("{footcite:p}`Nobody`", book)


def test_outputs_keep_what_colab_shows_and_nothing_that_runs(book: Path) -> None:
    data = {"text/plain": "x", "text/html": "<script>alert(1)</script>", MIME: {}, "image/svg+xml": "<svg/>"}
    outputs = [
        {"output_type": "display_data", "metadata": {}, "data": data},
        {"output_type": "display_data", "metadata": {}, "data": {"application/javascript": "alert(1)"}},
        {"output_type": "stream", "name": "stdout", "text": "said"},
    ]
    cells = [{"cell_type": "code", "source": "1", "metadata": {}, "execution_count": 1, "outputs": outputs}]
    given = {"cells": cells, "metadata": {}}
    kept = edition.write(PAGE, given, around(book))["cells"][1]["outputs"]
    assert [one.get("data", {}) for one in kept] == [{"text/plain": "x", "image/svg+xml": "<svg/>"}, {}]
    assert given["cells"][0]["outputs"] == outputs, "the notebook itself is left as it is"


def test_the_set_up_cell_takes_the_place_of_the_chapters_own(book: Path) -> None:
    own = {"cell_type": "code", "id": "a", "source": "import x", **EMPTY, "metadata": {"tags": ["setup"]}}
    made = edition.write(PAGE, {"cells": [own], "metadata": {}}, around(book))
    assert len(made["cells"]) == 1 and made["cells"][0]["id"] == "a"
    cell = made["cells"][0]["source"]
    for line in (
        f'ADDRESS = "{SITE}colab/"',
        'WHEEL, VERSION = "assayer-1-py3-none-any.whl", "1"',
        f'SHA256 = "{around(book).wheel.sha256}"',
        'NEEDS = ["flint>=1"]',
        'PRESENT = ["torch"]',
        'PYTHON = "3.11"',
    ):
        assert line in cell.splitlines()
    assert '"@' not in cell
    with pytest.raises(SiteError, match="no code cell"):
        edition.write(PAGE, {"cells": [], "metadata": {}}, around(book))


@pytest.mark.parametrize("path", sorted((ROOT / "chapters").rglob("*.ipynb")), ids=lambda path: path.stem)
def test_no_form_of_the_site_is_left_in_a_chapter(path: Path) -> None:
    source = path.relative_to(ROOT).as_posix()
    given = json.loads(path.read_text("utf-8"))
    made = edition.write(source, given, around(ROOT))
    nbformat.validate(nbformat.from_dict(made))
    left = re.compile(r"\{[\w:-]+\}`|^(```|:::)|\]\((?!https?://|#)", re.MULTILINE)
    texts = ["".join(cell["source"]) for cell in made["cells"] if cell["cell_type"] == "markdown"]
    assert [found[0] for one in texts for found in left.finditer(one)] == []
    assert left.search("".join(given["cells"][0]["source"])), "the chapter itself has such forms"
    code = [["".join(c["source"]) for c in one["cells"] if c["cell_type"] == "code"] for one in (given, made)]
    assert code[0][1:] == code[1][1:], "the code of the chapter is unchanged"
