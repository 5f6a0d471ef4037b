"""Steps to mutate, and a small book whose one chapter uses a real helper package."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest
import sympy as sp
from sympy import Abs, Eq, Ge, Gt, Le, Lt, Max, Rational, Sum, cos, exp, floor, log, sin, sqrt

from assayer.derivation import Forall
from assayer.mutation.claims import Step
from assayer.mutation.sources import Source, steps_of_bank

n, m = sp.symbols("n m", integer=True, nonnegative=True)
k, j = sp.symbols("k j", integer=True)
t = sp.Symbol("t", integer=True, positive=True)
x, y, u = sp.symbols("x y u", real=True)
a, b = sp.symbols("a b", positive=True)
f = sp.Function("f", real=True)
D = sp.IndexedBase("D", real=True)
E = sp.IndexedBase("E", real=True)


def claim(name: str, lhs: object, rel: str, rhs: object, *hypotheses: object) -> SimpleNamespace:
    return SimpleNamespace(id=name, lhs=lhs, rel=rel, rhs=rhs, hypotheses=hypotheses)


GOALS = [
    claim("a square", (x + y) ** 2, "=", x**2 + 2 * x * y + y**2),
    claim("means", x * y, "<=", (x**2 + y**2) / 2),
    claim("between", x * (1 - x), "<=", Rational(1, 4), Ge(x, 0), Le(x, 1)),
    claim("odd sums", Sum(2 * k - 1, (k, 1, n)), "=", n**2),
    claim("squares", Sum(k**2, (k, 1, n)), "=", n * (n + 1) * (2 * n + 1) / 6),
    claim("powers", Sum(2**k, (k, 0, n)), "=", 2 ** (n + 1) - 1),
    claim("halves", floor(n / 2) + floor((n + 1) / 2), "=", n),
    claim("a root", sqrt(a * b), "<=", (a + b) / 2),
    claim("a fraction", 1 / a + 1 / b, "=", (a + b) / (a * b)),
    claim("equations", x + y, "=", 2 * u, Eq(x, u + 1), Eq(y, u - 1)),
    claim("order", x**2, "<", y**2, Gt(x, 0), Lt(x, y)),
    claim("largest", Max(x, y), ">=", x),
    claim("size", Abs(x * y), "=", Abs(x) * Abs(y)),
    claim("circle", sin(x) ** 2 + cos(x) ** 2, "=", 1),
    claim("logarithm", log(a * b), "=", log(a) + log(b)),
    claim("exponential", exp(x + y), "=", exp(x) * exp(y)),
    claim("telescoping", Sum(D[k + 1] - D[k], (k, 1, n)), "=", D[n + 1] - D[1]),
    claim("two steps", f(t + 2), "<=", f(t), Forall(t, Le(f(t + 1), f(t)))),
    claim("linear", Sum(D[k] + 2 * E[k], (k, 1, n)), "=", Sum(D[k], (k, 1, n)) + 2 * Sum(E[k], (k, 1, n))),
    claim("monotone", n * m, "<=", n * (m + 1)),
]


@pytest.fixture(scope="session")
def steps() -> list[Step]:
    return steps_of_bank(GOALS)


@pytest.fixture(scope="session")
def source(steps: list[Step]) -> Source:
    return Source("goals", tuple(steps))


@pytest.fixture
def step(steps: list[Step]) -> Callable[[str], Step]:
    return lambda name: next(s for s in steps if s.title == name)


def notebook(cells: list[str], stored: bool = True) -> str:
    """A notebook of these code cells."""
    output = {"output_type": "stream", "name": "stdout", "text": "run"}
    return json.dumps(
        {
            "nbformat": 4,
            "nbformat_minor": 5,
            "metadata": {},
            "cells": [
                {
                    "cell_type": "code",
                    "id": f"c{number}",
                    "metadata": {},
                    "source": source,
                    "execution_count": number if stored else None,
                    "outputs": [output] if stored else [],
                }
                for number, source in enumerate(cells, start=1)
            ],
        }
    )


@pytest.fixture
def book(tmp_path: Path) -> Callable[..., Path]:
    """``book(numbers__squares=[cells])`` makes a book in a temporary folder and returns its root."""

    def make(stored: bool = True, **chapters: list[str]) -> Path:
        (tmp_path / "_toc.yml").write_text("format: jb-book\n")
        for name, cells in chapters.items():
            path = tmp_path / "chapters" / (name.replace("__", "/") + ".ipynb")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(notebook(cells, stored))
        return tmp_path

    return make
