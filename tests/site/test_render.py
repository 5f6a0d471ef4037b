"""One record as HTML."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import Any

import pytest

from assayer.claims.records import STATUSES, Chapter, gather
from assayer.site import markup, svg
from assayer.site.errors import SiteError
from assayer.site.render import Surroundings, render
from assayer.site.sources import Source

SOURCES = {"Su2023": Source("Su2023", "Su 2023", "The least sum", "2023", "https://example.org/least-sum")}
SVG = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9">{}</svg>'


class _Balance(HTMLParser):
    """Fails on tags that do not close in order."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: object) -> None:
        if tag not in ("input", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def balanced(html: str) -> str:
    reader = _Balance()
    reader.feed(html)
    reader.close()
    assert reader.open == []
    return html


@pytest.fixture
def draw(every_record: list[dict[str, Any]], drawing: Any) -> Any:
    """A function that draws a record in the surroundings of the sample book."""
    book = gather([Chapter("sample", "chapters/sample.ipynb", tuple(enumerate(every_record)))])

    def drawn(record: dict[str, Any], figure: str | None = None) -> str:
        address = lambda id: f"ledger.html#{book.claim(id).id}"
        around = Surroundings(book, SOURCES, address, "sample cell 3", "3-0", figure)
        return balanced(render(record, around))

    return drawn


def of_kind(records: list[dict[str, Any]], kind: str) -> dict[str, Any]:
    return next(record for record in records if record["kind"] == kind)


def test_derivation_shows_every_step_with_reason_sign_word_and_kernel(draw: Any, every_record: Any) -> None:
    html = draw(of_kind(every_record, "derivation"))
    assert html.count("<li><span class") == 4
    assert r"\(\displaystyle N + 1 - \left(a - 1\right) \left(b - 1\right)\)" in html
    assert "complete the product" in html
    assert "■</span> proved" in html and "◆</span> certified" in html
    assert "(normal form)" in html and "(balls)" in html
    assert "uses A1, A2; cites product of signs" in html
    assert "<code>a - 1 &gt;= 0</code>" in html
    assert r"\(\le\)" in html  # the relation "<=" in TeX
    assert html.count("not used") == 1 and "b \\ge 1" in html


def test_every_status_has_its_own_sign_word_and_class() -> None:
    marks = [markup.status(word) for word in STATUSES]
    assert len(set(marks)) == len(STATUSES)
    for word, mark in zip(STATUSES, marks, strict=True):
        assert f"</span> {word}</span>" in mark and f"ay-{word}" in mark and 'aria-hidden="true"' in mark


def test_expression_without_tex_falls_back_to_its_plain_text() -> None:
    assert markup.formula("", "a < b") == "<code>a &lt; b</code>"


def test_claim_shows_source_figures_erratum_and_what_weakens_it(draw: Any, every_record: Any) -> None:
    html = draw(next(one for one in every_record if one.get("id") == "sample.scan"))
    assert 'id="sample.scan"' in html
    assert 'href="https://example.org/least-sum"' in html and ", eq. (3)" in html
    assert "✗ differs" in html and "✓ agrees" in html
    for word in ("As printed", "As verified", "Counterexample", "Smallest repair"):
        assert word in html
    assert 'href="ledger.html#sample.growth"' in html
    # Proved itself, but it rests on a claim that is only tested.
    assert "■</span> proved" in html and "with what it rests on" in html and "△</span> tested" in html


def test_claim_that_rests_on_nothing_weaker_shows_one_status(draw: Any, every_record: Any) -> None:
    html = draw(next(one for one in every_record if one.get("id") == "sample.identity"))
    assert "with what it rests on" not in html


def test_claim_with_a_source_that_the_bibliography_lacks_is_refused(draw: Any, claim: Any) -> None:
    record = claim(source={"key": "Nobody1900", "where": ""})
    with pytest.raises(SiteError, match=r"claim 'sample.identity' cites 'Nobody1900', which the bibliography lacks"):
        draw(record)


def test_markup_in_a_statement_stays_text(draw: Any, claim: Any) -> None:
    html = draw(claim(statement="<script>alert(1)</script> and [a](javascript:alert(1)) and **bold** $a < b$"))
    assert "<script" not in html and 'href="javascript' not in html
    assert "<strong>bold</strong>" in html and r"\(a &lt; b\)" in html


def test_check_shows_prediction_budget_and_falsifiers(draw: Any, every_record: Any) -> None:
    html = draw(of_kind(every_record, "check"))
    assert "✓</span> passed" in html and "✗</span> rejected</span> the exponent 1/4" in html
    assert "six standard errors" in html and "Measured" not in html
    exact = {**of_kind(every_record, "check"), "measured": "23"}
    assert "<dt>Measured</dt><dd>23</dd>" in draw(exact)


def test_figure_is_inline_named_and_described(draw: Any, every_record: Any, drawing: Any) -> None:
    html = draw(of_kind(every_record, "figure"), drawing(100))
    assert 'role="img"' in html and ">The hyperbola falls steeply.</title>" in html
    assert 'aria-labelledby="f3-0-title"' in html
    assert "<img" not in html and "metadata" not in html
    assert "<figcaption>The optimum lies <strong>below</strong>" in html and "the optimum" in html


def test_figure_without_its_drawing_is_refused(draw: Any, every_record: Any) -> None:
    with pytest.raises(SiteError, match=r"sample cell 3: the figure's record has no SVG beside it"):
        draw(of_kind(every_record, "figure"))


def test_slider_holds_all_frames_and_a_labelled_range(draw: Any, every_record: Any) -> None:
    html = draw(of_kind(every_record, "slider"))
    assert html.count("<template") == 3 and 'type="range" min="0" max="2"' in html
    assert '<label for="s3-0-range">' in html and 'aria-valuetext="19"' in html
    for alt in ("At 19 the dot is left.", "At 130 it is in the middle.", "At 1000 it is right."):
        assert f'data-alt="{alt}"' in html
    assert "onchange" not in html and "<script" not in html


def test_two_sliders_have_two_labelled_ranges(draw: Any, every_record: Any) -> None:
    record = next(one for one in every_record if one.get("second"))
    html = draw(record)
    assert html.count("<template") == 6 and html.count('type="range"') == 2
    assert 'id="s3-0-range" type="range" min="0" max="1"' in html
    assert 'id="s3-0-second" type="range" min="0" max="2"' in html


def test_a_sketch_holds_its_numbers_as_text(draw: Any, every_record: Any, drawing: Any) -> None:
    record = dict(of_kind(every_record, "sketch"), signals=[{"name": "</template><b>", "values": [0.0, 1.0]}])
    html = draw(record, drawing(100))
    assert html.count("</template>") == 1 and "<b>" not in html and "<script" not in html
    assert '<select id="s3-0-signal">' in html and 'max="1"' in html


def test_a_derivation_shows_the_domain_of_each_symbol(draw: Any, every_record: Any) -> None:
    def symbol(name: str, letters: str, words: str) -> dict[str, str]:
        return {"symbol": name, "latex": name, "domain": words, "domain_latex": letters}

    record = {
        **of_kind(every_record, "derivation"),
        "symbols": [
            symbol("a", r"\mathbb{Z}", "integer"),
            symbol("b", r"\mathbb{Z}", "integer"),
            symbol("x", r"\mathbb{R}_{> 0}", "real > 0"),
        ],
    }
    html = draw(record)
    assert r"a, b \in \mathbb{Z}" in html and r"x \in \mathbb{R}_{&gt; 0}" in html
    assert html.index("With") < html.index("Assume")
    assert "With" not in draw(of_kind(every_record, "derivation"))


def test_answer(draw: Any, every_record: Any) -> None:
    assert "right: proved (normal form)" in draw(of_kind(every_record, "answer"))


def test_unknown_kind_is_refused(draw: Any) -> None:
    with pytest.raises(SiteError, match="sample cell 3: no drawing for a record of kind 'poem'"):
        draw({"kind": "poem"})


def test_every_kind_of_record_has_a_drawing(every_record: Any) -> None:
    from assayer.claims.records import KINDS
    from assayer.site.render import _DRAWINGS

    assert set(_DRAWINGS) == set(KINDS) == {record["kind"] for record in every_record}


# --- SVG ----------------------------------------------------------------------------------------------


def safe(inner: str) -> str:
    return svg.inline(SVG.format(inner), prefix="f1", name="cell 3", alt="alt", shows="shows")


def test_svg_ids_links_and_styles_stay_inside_the_figure() -> None:
    html = safe(
        '<style>*{fill:red} .a, #b{clip-path:url(#c)}</style><defs><clipPath id="c"/></defs>'
        '<g id="b" clip-path="url(#c)"/><use xmlns:x="http://www.w3.org/1999/xlink" x:href="#b"/>'
    )
    assert "#f1 * {fill:red}" in html
    assert "#f1 .a, #f1 #f1-b {clip-path:url(#f1-c)}" in html
    assert 'id="f1-b"' in html and 'clip-path="url(#f1-c)"' in html and 'href="#f1-b"' in html


def test_svg_keeps_its_own_title_and_description() -> None:
    html = safe("<title>mine</title><desc>also mine</desc>")
    assert ">mine</title>" in html and ">also mine</desc>" in html and "alt" not in html


def test_svg_that_follows_the_page_needs_no_paper() -> None:
    assert 'class="ay-svg"' in safe('<path fill="currentColor"/>')
    assert 'class="ay-svg ay-paper"' in safe('<path fill="#000"/>')


@pytest.mark.parametrize(
    ("inner", "what"),
    [
        ("<script>alert(1)</script>", "holds <script>"),
        ('<g onclick="alert(1)"/>', "event handler 'onclick'"),
        ('<foreignObject><p xmlns="http://www.w3.org/1999/xhtml">x</p></foreignObject>', "holds <foreignObject>"),
        ('<image href="data:image/png;base64,AAAA"/>', "holds <image>"),
        ('<use href="https://example.org/a.svg#b"/>', "outside itself"),
        ('<a href="javascript:alert(1)"><path/></a>', "holds <a>"),
        ('<g style="fill:url(https://example.org/a)"/>', "outside itself"),
        ("<style>@import 'https://example.org/a.css';</style>", "@-rule"),
        ("<style>g{fill:url(https://example.org/a)}</style>", "outside itself"),
        ('<animate attributeName="href" to="x"/>', "holds <animate>"),
        ("<g>", "cannot be read"),
    ],
)
def test_svg_with_what_a_page_must_not_carry_is_refused(inner: str, what: str) -> None:
    with pytest.raises(SiteError, match="cell 3") as found:
        safe(inner)
    assert what in str(found.value)
