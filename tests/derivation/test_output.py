"""What a derivation shows: stable text, LaTeX that typesets what was checked, a record that the site reads."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest
import sympy as sp
from sympy import Abs, Eq, Ge, Gt, Le, Lt, Max, Min, Ne, Sum, floor, sqrt

from assayer.derivation import Derivation, Forall, Lemma, MalformedExpression, Theorem, assume, check_answer, judge

LIBRARY = Path(__file__).parents[2] / "lib"
MIME = "application/vnd.assayer+json"
N, a, b, c = sp.symbols("N a b c", integer=True, nonnegative=True)
n, t = sp.symbols("n t", integer=True, positive=True)
k, q = sp.symbols("k q", integer=True)
x, y = sp.symbols("x y", real=True)
f = sp.Function("f")


def corners() -> Theorem:
    given = assume(split=Eq(N, a * b + c), spare=Le(a, b))
    chain = Derivation("S by its corners", *given).start(a + b + c)
    return chain.eq(a + b + N - a * b, by="split, $c = N - ab$").eq(N + 1 - (a - 1) * (b - 1), by="factor").theorem()


def assorted() -> list[Theorem]:
    """Theorems through every path that a display takes: roots, sums, conditions, a lemma, a family, a finite range."""
    lemma = Lemma("sine", Le(sp.sin(x), x), [Ge(x, 0)], cite="Euclid, 100 % & {more} #1_2")
    model = lambda rng: {f(i): 30 - i for i in range(-3, 20)}
    return [
        corners(),
        Derivation("hole", Ne(x, 1), declare=(y,)).start((x**2 - 1) / (x - 1) + y).eq(y + x + 1).theorem(),
        Derivation("cited", Ge(y, 1)).start(sp.sin(y)).le(y, by=lemma(x=y)).lt(y + 1, by="add").theorem(),
        Derivation("sums").start(Sum(k**3, (k, 1, n))).eq(n**2 * (n + 1) ** 2 / 4, by="induction").theorem(),
        Derivation("family", Forall(t, Le(f(t + 1), f(t))), model=model, declare=(n,))
        .start(f(n + 1))
        .le(f(n))
        .theorem(),
        Derivation("range", Ge(q, 0), Le(q, 9)).start(sp.Mod(q**6, 7)).le(1).theorem(),
        Derivation("order", declare=(x, y)).start(Max(x, y)).ge(Min(x, y)).theorem(),
        Derivation("floors", declare=(x,)).start(floor(x)).le(x).lt(floor(x) + 1).theorem(),
        Derivation("roots", Gt(x, 0)).start(sqrt(x) * Abs(y)).eq(Abs(y) * sqrt(x)).theorem(),
    ]


TITLES = ["S by its corners", "hole", "cited", "sums", "family", "range", "order", "floors", "roots"]


@cache
def shelf() -> dict[str, Theorem]:
    """The theorems by title, proved once and not before a test asks for them."""
    return {made.title: made for made in assorted()}


def test_every_path_is_on_the_shelf() -> None:
    assert list(shelf()) == TITLES


def test_the_text_of_a_chain() -> None:
    assert repr(corners()) == "\n".join(
        [
            "S by its corners · ■ proved",
            "  with N, a, b, c: integer ≥ 0",
            "  assume split: N = a*b + c",
            "  assume spare: a ≤ b",
            "  a + b + c",
            "    = N - a*b + a + b   — split, $c = N - ab$ · proved (normal form)",
            "    = N - (a - 1)*(b - 1) + 1   — factor · proved (normal form)",
            "  so a + b + c = N - (a - 1)*(b - 1) + 1",
            "  not needed: spare",
        ]
    )


def test_the_reader_is_told_the_domains_of_the_symbols() -> None:
    """A theorem holds for the domains that its symbols were declared with: the page must say which."""
    made = Derivation("least", declare=(n,)).start(n).ge(1).theorem()
    before_the_chain = repr(made).partition("\n  n\n")[0]
    assert "with n: integer > 0" in before_the_chain
    assert [(s["symbol"], s["domain"]) for s in made.record()["symbols"]] == [("n", "integer > 0")]


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        ({"nonnegative": True, "nonzero": True}, "> 0"),
        ({"nonpositive": True, "nonzero": True}, "< 0"),
        ({"nonzero": True}, "≠ 0"),
        ({"real": True, "zero": False}, "≠ 0"),
        ({"nonnegative": True}, "≥ 0"),
        ({"negative": True, "integer": True}, "< 0"),
    ],
)
def test_the_domain_that_is_shown_is_the_one_that_is_used(words: dict[str, bool], shown: str) -> None:
    symbol = sp.Symbol("w", **words)
    made = Derivation("domain", declare=(symbol,)).start(symbol**2).ge(0).theorem()
    assert f"  with w: {'integer' if 'integer' in words else 'real'} {shown}" in repr(made).splitlines()


def test_the_domain_of_a_family_is_shown_or_refused() -> None:
    family = sp.Function("g", positive=True)
    try:
        made = Derivation("family", declare=(n,)).start(family(n)).gt(0).theorem()
    except MalformedExpression:
        return
    assert re.search(r"with .*\bg\b", repr(made))


@pytest.mark.parametrize("title", TITLES)
def test_a_bundle_holds_the_record_that_the_site_validates(title: str) -> None:
    made = shelf()[title]
    records = pytest.importorskip("assayer.claims.records", reason="assayer.claims.records is not there to validate")
    bundle = made._repr_mimebundle_()
    assert set(bundle) == {"text/plain", "text/latex", MIME}
    records.validate(bundle[MIME])
    assert json.loads(json.dumps(bundle[MIME])) == bundle[MIME]
    record = bundle[MIME]
    assert record == made.record()
    assert (record["schema"], record["kind"], record["title"]) == (1, "derivation", made.title)
    assert record["status"] == str(made.status)
    assert [s["plain"] for s in record["steps"]][-1] in record["conclusion"]["plain"]
    assert record["conclusion"]["plain"] == made.conclusion_plain


def test_the_record_says_what_each_step_rests_on() -> None:
    by_title = {title: made.record() for title, made in shelf().items()}
    step = by_title["hole"]["steps"][0]
    assert step["conditions"] == ["x - 1 != 0"]
    assert step["kernel"].startswith("normal form")
    assert by_title["cited"]["steps"][0]["lemmas"] == ["sine"]
    assert [s["status"] for s in by_title["cited"]["steps"]] == ["assumed", "proved"]
    assert by_title["S by its corners"]["steps"][0]["used"] == ["split"]
    assert by_title["S by its corners"]["unused"] == ["spare"]
    assert by_title["range"]["status"] == "certified"
    assert [h["name"] for h in by_title["S by its corners"]["hypotheses"]][:2] == ["split", "spare"]


@pytest.mark.parametrize("title", TITLES)
def test_latex_is_balanced_and_escapes_words(title: str) -> None:
    latex = shelf()[title]._repr_mimebundle_()["text/latex"]
    assert latex.startswith("$$")
    assert latex.endswith("$$")
    assert latex.count("{") - latex.count(r"\{") == latex.count("}") - latex.count(r"\}")
    for words in re.findall(r"\\text\{([^}]*)\}", latex):
        assert not re.search(r"(?<!\\)[#%&_]", re.sub(r"\$[^$]*\$", "", words))


@pytest.mark.parametrize(
    "reason", ["costs $5", r"by \alpha", "x^2 grows", "a~b", "50 % of {n_1} & #2", "$x^2$ and $y_1$"]
)
def test_a_reason_is_escaped_outside_its_formulas(reason: str) -> None:
    latex = Derivation("reason").start(x**2).ge(0, by=reason).theorem()._repr_mimebundle_()["text/latex"]
    (words,) = re.findall(r"\\text\{(.*) · proved", latex)
    outside = re.sub(r"(?<!\\)\$[^$]*\$", "", words)
    known = r"\\[#%&_{}$]|\\textbackslash(?: |\{\})?|\\(?:text)?ascii\w+(?: |\{\})?|\\[\^~]\{\}"
    assert not re.search(r"[\\#%&_{}$^~]", re.sub(known, "", outside))


PROGRAM = """
import sys
sys.path.insert(0, {folder!r})
import importlib.util
spec = importlib.util.spec_from_file_location("shown", {file!r})
module = importlib.util.module_from_spec(spec)
spec.loader.exec_module(module)
for made in module.assorted():
    bundle = made._repr_mimebundle_()
    print(bundle["text/plain"]); print(bundle["text/latex"]); print(sorted(bundle[module.MIME].items()))
for answer in (module.check_answer(module.x, 2 * module.x), module.check_answer(1 / module.x, module.x)):
    print(answer)
"""


def shown_by_processes(*seeds: str) -> list[str]:
    """What processes with these hash seeds print; they run side by side."""
    command = [sys.executable, "-c", PROGRAM.format(folder=str(LIBRARY), file=__file__)]
    processes = [
        subprocess.Popen(
            command,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(LIBRARY)},
        )
        for seed in seeds
    ]
    outputs = []
    for process in processes:
        output, complaint = process.communicate()
        assert process.returncode == 0, complaint
        outputs.append(output)
    return outputs


def test_the_output_is_the_same_in_every_process_and_holds_no_address_or_time() -> None:
    first, second = shown_by_processes("1", "20261")
    assert first == second
    here = "\n".join(made._repr_mimebundle_()["text/plain"] for made in assorted())
    assert here == "\n".join(made._repr_mimebundle_()["text/plain"] for made in assorted())
    for text in (first, here):
        assert not re.search(r"0x[0-9a-f]{4,}|object at|\d\d:\d\d|\d+(\.\d+)? ?(ms|s)\b|/home/|/tmp/", text)
        assert str(LIBRARY.parent) not in text


def test_a_counterexample_prints_the_same_every_time() -> None:
    claims = [(x**2, ">=", x, []), (Sum(f(k), (k, 1, n)), "=", f(n), []), (a * b, "<=", N, [Le(a, N), Lt(b, N)])]
    for claim in claims:
        assert str(judge(*claim).counterexample) == str(judge(*claim).counterexample)


def test_an_answer_shows_one_line_and_its_record() -> None:
    records = pytest.importorskip("assayer.claims.records", reason="assayer.claims.records is not there to validate")
    answer = check_answer(x + x, 2 * x, title="exercise 2")
    bundle = answer._repr_mimebundle_()
    assert bundle["text/plain"] == repr(answer) == "✓ exercise 2: correct — proved (normal form)"
    records.validate(bundle[MIME])


LIGHT = """
import sys
import {module}
roots = {{name.partition(".")[0] for name in sys.modules}}
heavy = roots & {{"torch", "numpy", "matplotlib", "scipy", "pandas", "IPython"}}
also = {{name for name in {also!r} if name in sys.modules}}
print(sorted(heavy | also))
"""


@pytest.mark.parametrize(
    ("module", "also"),
    [
        ("assayer", ["sympy", "flint", "z3", "assayer.derivation", "assayer.lab"]),
        ("assayer.derivation", ["z3", "assayer.lab", "assayer.claims", "assayer.results"]),
    ],
)
def test_importing_is_light(module: str, also: list[str]) -> None:
    program = LIGHT.format(module=module, also=also)
    environment = {**os.environ, "PYTHONPATH": str(LIBRARY)}
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, env=environment, check=False)
    assert run.returncode == 0, run.stderr
    assert run.stdout.strip() == "[]"


def test_every_name_that_a_chapter_imports_is_there() -> None:
    import assayer

    for name in ("Derivation", "Forall", "Lemma", "assume", "judge", "check_answer"):
        assert getattr(assayer, name) is not None
        assert name in dir(assayer)
    with pytest.raises(AttributeError, match="has no attribute 'Derivations'"):
        assayer.Derivations  # noqa: B018
