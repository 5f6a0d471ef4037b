"""The whole build on a small book, and what makes it fail."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from assayer.site import build, mathjax
from assayer.site.errors import SiteError

pytestmark = pytest.mark.usefixtures("real_mathjax")

Build = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="module")
def book(
    tmp_path_factory: pytest.TempPathFactory,
    write_book: Callable[..., Path],
    run_build: Build,
    real_mathjax: mathjax.MathJax,
) -> Path:
    """The sample book, built once."""
    folder = write_book(tmp_path_factory.mktemp("book"))
    # Beside a real book lie its environment and the test runner's cache, with pages of their own in them.
    for hidden in (".venv/lib", ".pytest_cache"):
        (folder / hidden).mkdir(parents=True)
        (folder / hidden / "README.md").write_text("# Not ours\n\n[nowhere](missing.md)\n", "utf-8")
    run = run_build(folder)
    assert run.returncode == 0, run.stdout + run.stderr
    assert f"The site is at {folder / '_build' / 'html' / 'index.html'}" in run.stdout
    return folder


@pytest.fixture
def copy(book: Path, tmp_path: Path) -> Path:
    """The built sample book, to be spoiled."""
    return Path(shutil.copytree(book, tmp_path / "book"))


def page(folder: Path, name: str) -> str:
    return (folder / "_build" / "html" / name).read_text("utf-8")


def test_every_record_is_on_the_page(book: Path) -> None:
    html = page(book, "chapters/numbers/sample.html")
    for css in ("ay-derivation", "ay-claim", "ay-check", "ay-figure", "ay-slider", "ay-answer", "ay-box"):
        assert css in html
    assert "record 1" not in html  # the record is drawn, not the output's plain text
    assert html.count('id="sample.identity"') == 1
    assert '<a class="ay-ref ay-proved" href="../ledger.html#sample.identity"' in html
    assert 'role="img"' in html and "<image" not in html


def test_formulas_are_typeset_and_numbered(book: Path) -> None:
    html = page(book, "chapters/numbers/sample.html")
    assert html.count("<mjx-container") > 40 and "<mjx-assistive-mml" in html
    assert "\\(" not in html and "\\[" not in html
    assert 'href="#mjx-eqn:eq:p">(2a)</a>' in html and 'id="mjx-eqn:eq:p"' in html
    assert 'href="numbers/sample.html#mjx-eqn:eq:q">(2b)</a>' in page(book, "chapters/intro.html")
    (sheet,) = re.findall(r'<link rel="stylesheet" href="../../(_static/[^"]+)"', html)
    css = (book / "_build/html" / sheet).read_text("utf-8")
    assert "mjx-c.mjx-c1D44E" in css and "MJXTEX-I" in css
    named = set(re.findall(r"url\(mathjax/fonts/([^)]+)\)", css))
    assert named == {file.name for file in (book / "_build/html/_static/mathjax/fonts").glob("*.woff")} != set()


def test_only_the_books_own_folder_is_searched_for_pages(book: Path) -> None:
    names = [file.relative_to(book / "_build" / "html").as_posix() for file in (book / "_build/html").rglob("*.html")]
    assert names and not [name for name in names if "README" in name or name.startswith(".")]


def test_no_page_knows_a_content_network(book: Path) -> None:
    for file in (book / "_build" / "html").rglob("*.html"):
        html = file.read_text("utf-8")
        for word in ("cdn.", "unpkg.com", "jsdelivr", "cdnjs", "googleapis", "require.js", "THEBE", "MathJax.js"):
            assert word not in html, f"{word} in {file.name}"


def test_a_script_is_served_where_it_is_used(book: Path) -> None:
    for script in ("slider.js", "sketch.js"):
        assert script in page(book, "chapters/numbers/sample.html")
        assert script not in page(book, "chapters/intro.html")


def test_solutions_are_folded(book: Path) -> None:
    html = page(book, "chapters/numbers/sample.html")
    folded = re.search(r"<details class=\"admonition hide above-input\">(.*?)</details>", html, re.DOTALL)
    assert folded and "Show the solution" in folded[1] and "Exercise 1" in folded[1]
    assert html.count("Show the solution") == 1  # no other cell is


def test_the_ledger_page_and_its_data(book: Path) -> None:
    listed = json.loads(page(book, "ledger.json"))
    assert [(one["id"], one["status"], one["standing"]) for one in listed] == [
        ("sample.identity", "proved", "proved"),
        ("sample.growth", "tested", "tested"),
        ("sample.scan", "proved", "tested"),
    ]
    assert listed[0]["page"] == "chapters/numbers/sample.html#sample.identity"
    html = page(book, "chapters/ledger.html")
    assert '<li id="sample.scan"' in html and 'id="erratum-sample.scan"' in html
    assert 'href="numbers/sample.html#sample.scan"' in html and 'href="../ledger.json"' in html
    assert "A sample chapter</h3>" in html


def test_the_standing_is_shown_far_from_the_chapter(book: Path) -> None:
    # sample.scan is proved itself, but it rests on a claim that is only tested.
    assert 'class="ay-ref ay-tested" href="ledger.html#sample.scan"' in page(book, "chapters/intro.html")


def test_an_unchanged_book_is_not_typeset_again(book: Path, run_build: Build) -> None:
    before = {file: file.read_bytes() for file in (book / "_build" / "html").rglob("*.html")}
    run = run_build(book)
    assert run.returncode == 0 and ", 0 of them new" in run.stdout
    assert {file: file.read_bytes() for file in (book / "_build" / "html").rglob("*.html")} == before


def test_a_changed_claim_reaches_the_pages_that_cite_it(
    copy: Path, run_build: Build, write_book: Any, every_record: Any
) -> None:
    growth = next(one for one in every_record if one.get("id") == "sample.growth")
    growth["status"], growth["theorems"] = "certified", ["a theorem"]
    write_book(copy, every_record)
    assert run_build(copy).returncode == 0
    # The introduction has not changed, but the claim that it cites stands better now.
    assert 'class="ay-ref ay-certified"' in page(copy, "chapters/intro.html")


BAD_PAGE = """\
# Intro

A formula $\\frac{a$ that never ends well, and $\\nosuchcommand{x}$. See \\eqref{eq:nowhere}.
As {footcite:t}`Su2023` says.

<img src="https://example.org/a.png" alt="a">

Here $x = 1 begins and never ends.
"""
BAD_SOURCE = """\
# Intro

See {eq}`nowhere`, {claim}`sample.nowhere`, which is {status}`sure`, as {footcite:t}`Nobody1900` says.

```{claims}
```

```{footbibliography}
```
"""
MISSING = "format: jb-book\nroot: chapters/intro\nchapters:\n  - file: chapters/numbers/gone\n"


def spoil(write_book: Any, folder: Path, what: str, every_record: list[dict[str, Any]]) -> None:
    """Write the sample book with one kind of mistake in it."""
    texts = {
        "pages": {"intro": BAD_PAGE},
        "source": {"intro": BAD_SOURCE, "ledger": "# Ledger\n\n```{ledger} poems\n```\n"},
        "missing page": {"toc": MISSING},
    }
    claims = [one for one in every_record if one["kind"] == "claim"]
    if what == "dangling rests_on":
        claims[0]["rests_on"] = ["sample.nowhere"]
    elif what == "circle":
        claims[0]["rests_on"] = ["sample.scan"]
    elif what == "twice":
        claims[1]["id"] = "sample.identity"
    elif what == "citation":
        claims[0]["source"] = {"key": "Nobody1900", "where": ""}
    elif what == "malformed":
        del claims[0]["statement"]
    elif what == "figure":
        slider = next(one for one in every_record if one["kind"] == "slider")
        slider["frames"][1] = '<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
    elif what == "pages":
        (folder / "chapters" / "lost.md").write_text("# Lost\n", "utf-8")
    write_book(folder, every_record, **texts.get(what, {}))


@pytest.mark.parametrize(
    ("what", "said"),
    [
        (
            "pages",
            [
                r"chapters/intro.html: bad TeX in '\\frac{a': Missing close brace",
                r"chapters/intro.html: bad TeX in '\\nosuchcommand{x}': Undefined control sequence",
                "chapters/intro.html: a dollar sign in the text",
                r"chapters/intro.html: \eqref{eq:nowhere} refers to no equation",
                "chapters/intro.html: links to '#footcite-su2023', an anchor that chapters/intro.html lacks",
                "chapters/intro.html: <img> asks another site for 'https://example.org/a.png'",
                "chapters/lost.md: not in the table of contents",
            ],
        ),
        (
            "source",
            [
                "chapters/intro.md:3: WARNING: equation not found: nowhere",
                "chapters/intro.md:3: WARNING: unknown claim 'sample.nowhere': no chapter declares it",
                "chapters/intro.md:3: WARNING: unknown status 'sure': one of proved",
                'could not find bibtex key "Nobody1900"',
                "chapters/intro: the box of claims belongs in a notebook",
                "the ledger has no part 'poems'",
            ],
        ),
        ("missing page", ["chapters/numbers/gone.ipynb: no such notebook"]),
        ("dangling rests_on", ["rests on 'sample.nowhere', which no chapter declares"]),
        ("circle", ["claims rest on each other in a circle: sample.identity → sample.scan → sample.identity"]),
        ("twice", ["claim id 'sample.identity' is used twice: chapters/numbers/sample.ipynb cell 2 and"]),
        ("citation", ["claim 'sample.identity' cites 'Nobody1900', which the bibliography lacks"]),
        ("malformed", ["chapters/numbers/sample.ipynb cell 2: claim lacks 'statement'"]),
        ("figure", ["sample cell 7, frame 2: the SVG holds <script>, which a page must not carry"]),
    ],
)
def test_a_spoiled_book_fails_and_leaves_the_last_site(
    copy: Path, run_build: Build, write_book: Any, every_record: Any, what: str, said: list[str]
) -> None:
    before = page(copy, "chapters/intro.html")
    spoil(write_book, copy, what, every_record)
    run = run_build(copy)
    assert run.returncode == 1
    for text in said:
        assert sum(text in line for line in run.stderr.splitlines()) == 1, f"{text}\nnot once in\n{run.stderr}"
    assert "Traceback" not in run.stderr and len(run.stderr.splitlines()) <= len(said) + 2, run.stderr
    assert "The site of the last good build is unchanged." in run.stderr
    assert page(copy, "chapters/intro.html") == before
    assert not (copy / "_build" / "html.new").exists()


def test_a_failed_build_fails_again_until_it_is_mended(
    copy: Path, run_build: Build, write_book: Any, every_record: Any
) -> None:
    spoil(write_book, copy, "citation", every_record)
    assert [run_build(copy).returncode for _ in range(2)] == [1, 1]
    write_book(copy)
    assert run_build(copy).returncode == 0


def _stop(*_arguments: object) -> str:
    raise KeyboardInterrupt


def test_a_build_that_stops_half_way_leaves_no_site(copy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.rmtree(copy / "_build" / "html")
    monkeypatch.setattr(build.pages, "with_formulas", _stop)
    with pytest.raises(KeyboardInterrupt):
        build.build(copy)
    assert not (copy / "_build" / "html").exists() and not (copy / "_build" / "html.new").exists()


def test_two_builds_at_once_are_refused(copy: Path) -> None:
    with build._alone(copy / "_build"), pytest.raises(SiteError, match="another build of this book is running"):
        build.build(copy)


def test_a_mistake_in_a_notebook_is_told_by_cell_and_line(tmp_path: Path) -> None:
    said = [
        f"{tmp_path}/chapters/a.ipynb:50003: WARNING: unknown claim 'x.y'",
        "a.md:7: WARNING: b",
        "treated as error",
    ]
    assert build._reasons(said, tmp_path) == [
        "chapters/a.ipynb cell 4, line 3: WARNING: unknown claim 'x.y'",
        "a.md:7: WARNING: b",
    ]


def test_html_and_scripts_of_a_notebook_are_never_shown(copy: Path, run_build: Build) -> None:
    path = copy / "chapters" / "numbers" / "sample.ipynb"
    notebook = json.loads(path.read_text("utf-8"))
    cell = notebook["cells"][1]
    cell["outputs"][0]["data"] = {"text/html": "<script>alert(1)</script>", "text/plain": "only this is shown"}
    path.write_text(json.dumps(notebook), "utf-8")
    assert run_build(copy).returncode == 0
    html = page(copy, "chapters/numbers/sample.html")
    assert "only this is shown" in html and "alert(1)" not in html
    cell["outputs"][0]["data"] = {"text/html": "<b>nothing else</b>"}
    path.write_text(json.dumps(notebook), "utf-8")
    run = run_build(copy)
    assert run.returncode == 1 and "text/html" in run.stderr


def test_elsewhere_than_at_the_root_one_line_says_so(tmp_path: Path, run_build: Build) -> None:
    run = run_build(tmp_path)
    assert run.returncode == 1
    assert run.stderr.splitlines()[0] == f"_config.yml is not in {tmp_path.resolve()}: build from the root of the book"
    assert list(tmp_path.iterdir()) == []
