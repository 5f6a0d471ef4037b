"""What is looked for in built pages; each finding is planted and found."""

from __future__ import annotations

from pathlib import Path

import pytest

from assayer.site import audit, pages


@pytest.mark.parametrize(
    ("html", "finding"),
    [
        ("<p>costs $x to close</p>", "a dollar sign in the text"),
        (r"<p>\(x\)</p>", "TeX delimiters in the text"),
        (r"<p>\begin{align}</p>", "TeX outside a formula"),
        ("<p>{claim}`a.b`</p>", "a role that was not read"),
        ("<p>{footcite:p}`a`</p>", "a role that was not read"),
        ("<p>said[^3]</p>", "a footnote that was not read"),
        ('<script src="https://cdn.example.org/a.js"></script>', "<script> asks another site"),
        ('<script src="//cdn.example.org/a.js"></script>', "<script> asks another site"),
        ('<link rel="stylesheet" href="https://example.org/a.css">', "<link> asks another site"),
        ('<link rel="preconnect" href="https://example.org">', "<link> asks another site"),
        ('<img src="https://example.org/a.png">', "<img> asks another site"),
        ('<img srcset="a.png 1x, https://example.org/a.png 2x">', "<img> asks another site"),
        ('<iframe src="https://example.org/"></iframe>', "<iframe> asks another site"),
        ('<object data="https://example.org/"></object>', "<object> asks another site"),
        ('<p style="background:url(https://example.org/a.png)">x</p>', "a style asks another site"),
        ("<style>@import 'https://example.org/a.css';</style>", "a style asks another site"),
        ("<style>@font-face{src:url(https://example.org/a.woff)}</style>", "a style asks another site"),
        ('<a href="javascript:alert(1)">x</a>', "a script in the attribute href of <a>"),
        ('<p id="x"></p><p id="x"></p>', "the id 'x' is used twice"),
    ],
)
def test_each_finding_is_found(html: str, finding: str) -> None:
    problems = audit.read("a.html", html).problems
    assert len(problems) == 1 and problems[0].startswith(f"a.html: {finding}")


@pytest.mark.parametrize(
    "html",
    [
        "<pre>costs $x</pre><p><code>$HOME \\(x\\)</code></p>",
        '<script src="a.js"></script><script>let price = "$";</script>',
        '<a href="https://example.org">a link is followed by a reader, not by the page</a>',
        '<img src="data:image/svg+xml,x"><img src="a.png">',
        '<template><p id="x"></p></template><p id="x"></p>',
        '<svg><title>$</title><path d="M0 0"/></svg><p>after</p>',
        '<link rel="next" href="https://example.org/">',
        "<p>{x} is a set, [a] a list</p>",
    ],
)
def test_what_is_in_order_passes(html: str) -> None:
    assert audit.read("a.html", html).problems == []


def test_text_after_a_formula_without_end_is_still_read() -> None:
    assert audit.read("a.html", "<code>x</code><p>$y</p>").problems


def test_links_that_lead_nowhere(tmp_path: Path) -> None:
    (tmp_path / "p").mkdir()
    (tmp_path / "p" / "data.json").write_text("[]", "utf-8")
    html = (
        '<p id="here"></p><a href="#here">1</a><a href="#gone">2</a><a href="../b.html#there">3</a>'
        '<a href="../b.html#gone">4</a><a href="missing.html">5</a><a href="data.json">6</a><a href="#">7</a>'
        '<a href="mailto:a@example.org">8</a><a href="../b.html#mjx-eqn:x">9</a><img src="missing.svg">'
    )
    facts = {"p/a.html": audit.read("p/a.html", html), "b.html": audit.read("b.html", '<p id="there"></p>')}
    assert audit.links(tmp_path, facts, {"b.html": {"mjx-eqn:x"}}) == [
        "p/a.html: names the missing file 'missing.svg'",
        "p/a.html: links to '#gone', an anchor that p/a.html lacks",
        "p/a.html: links to '../b.html#gone', an anchor that b.html lacks",
        "p/a.html: links to 'missing.html', which is not in the site",
    ]


def test_style_sheets_that_ask_for_what_is_not_in_the_site(tmp_path: Path) -> None:
    (tmp_path / "s").mkdir()
    (tmp_path / "font.woff").write_bytes(b"")
    sheet = "a{b:url(../font.woff)} /* url(https://example.org/commented) */ "
    sheet += "c{d:url('gone.woff')} @import '//example.org/x.css';"
    (tmp_path / "s" / "a.css").write_text(sheet, "utf-8")
    assert audit.style_sheets(tmp_path, ["s/a.css"]) == [
        "s/a.css: names the missing file 'gone.woff'",
        "s/a.css: asks another site for '//example.org/x.css'",
    ]


def test_pages_that_no_reader_finds(tmp_path: Path) -> None:
    names = ["a.md", "numbers/b.ipynb", "numbers/c.ipynb", ".ipynb_checkpoints/d.ipynb"]
    for name in (f"chapters/{name}" for name in names):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("", "utf-8")
    assert audit.orphans(tmp_path, ["chapters/a", "chapters/numbers/b"]) == [
        "chapters/numbers/c.ipynb: not in the table of contents, so no reader finds it"
    ]


def test_scripts_that_know_other_sites_are_taken_out() -> None:
    html = (
        '<script>const THEBE_JS_URL = "https://unpkg.com/thebe"</script><script src="_static/sphinx-thebe.js"></script>'
        '<link rel="stylesheet" href="_static/sphinx-thebe.css" /><script src="_static/doctools.js"></script>'
    )
    assert pages.tidy(html) == '<script src="_static/doctools.js"></script>'
