"""Claims: the status is computed, the source is demanded, and print stands beside ours."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from fractions import Fraction
from typing import Any

import pytest
import sympy

from assayer.claims import Assumption, Claim, ClaimError, Erratum, Published, Source, claim, records
from assayer.derivation.render import Domain
from assayer.lab import Check, check, exact

SOURCE = Source("su2023", "eq. (3)")
CHECKERS_THEOREM = claim._theorem_type


class Status(StrEnum):
    PROVED = "proved"
    CERTIFIED = "certified"
    ASSUMED = "assumed"
    REFUTED = "refuted"


@dataclass(frozen=True)
class Theorem:
    """What the checker's theorems offer."""

    status: Status = Status.PROVED
    title: str = "identity"
    kernels: tuple[str, ...] = ("normal form",)
    hypotheses: tuple[Any, ...] = (Assumption("A1", "a >= 1", r"a \ge 1"),)
    domains: tuple[Any, ...] = ()
    conclusion_plain: str = "S = N + 1"
    conclusion_latex: str = "S = N + 1"


@pytest.fixture(autouse=True)
def fresh(monkeypatch: pytest.MonkeyPatch) -> None:
    """The stub stands for the checker's theorem, and no claim of another test is remembered."""
    monkeypatch.setattr(claim, "_theorem_type", lambda: Theorem)
    monkeypatch.setattr(claim, "_declared", {})


def passing(title: str = "31 is no minimum", **more: Any) -> Check:
    return check(title, predicted=23, measured=23, budget=exact(), falsifier={"the naive rule": 31}, **more)


def test_the_record_holds_everything() -> None:
    made = Claim(
        "near.identity",
        "$S = N + 1 - (a-1)(b-1)$",
        source=SOURCE,
        theorems=(Theorem(), Theorem(Status.CERTIFIED, "bound", ("balls", "normal form"))),
        tests=passing(),
        rests_on="near.root",
        hypotheses=Assumption("A2", "b >= 1"),
        published=Published("S(130)", 31, 23),
        erratum=Erratum("a > sqrt(N/2)", "all a", "N = 19"),
    )
    record = made.record()
    assert records.validate(record) is record
    assert {k: record[k] for k in ("id", "status", "kernels", "theorems", "tests", "rests_on")} == {
        "id": "near.identity",
        "status": "certified",
        "kernels": ["normal form", "balls"],
        "theorems": ["identity", "bound"],
        "tests": ["31 is no minimum"],
        "rests_on": ["near.root"],
    }
    assert record["source"] == {"key": "su2023", "where": "eq. (3)"}
    assert [h["name"] for h in record["hypotheses"]] == ["A1", "A2"]
    assert record["latex"] == "S = N + 1"  # two theorems of one conclusion show it once
    assert record["published"] == [{"quantity": "S(130)", "published": "31", "ours": "23", "verdict": "differs"}]
    assert record["erratum"]["counterexample"] == "N = 19"


def test_different_conclusions_and_the_domains_of_symbols_stand_side_by_side() -> None:
    n, half = Domain("n", "n", "integer", r"\mathbb{Z}"), Domain("x", "x", "real", r"\mathbb{R}")
    theorems = (Theorem(domains=(half, n)), Theorem(title="bound", domains=(n,), conclusion_latex=r"S \le 3"))
    record = Claim("near.both", "both", source=SOURCE, theorems=theorems).record()
    assert record["latex"] == r"\begin{gathered}S = N + 1 \\ S \le 3\end{gathered}"
    assert [(s["symbol"], s["domain"]) for s in record["symbols"]] == [("n", "integer"), ("x", "real")]


def test_one_symbol_with_two_domains_is_refused() -> None:
    domains = [Domain("n", "n", words, r"\mathbb{Z}") for words in ("integer", "integer > 0")]
    with pytest.raises(ClaimError, match=r"'near.two': the symbol n is both 'integer' and 'integer > 0'"):
        Claim("near.two", "two", source=SOURCE, theorems=[Theorem(title=d.words, domains=(d,)) for d in domains])


def test_what_a_notebook_shows() -> None:
    made = Claim(
        "near.identity",
        "$S = N + 1 - (a-1)(b-1)$",
        source=SOURCE,
        theorem=Theorem(),
        tests=[passing()],
        published=[Published("S(130)", 31, 23), Published("mean", "1.183", 1.18293)],
        erratum=Erratum("a > sqrt(N/2)", "all a", counterexample="N = 19"),
    )
    bundle = made._repr_mimebundle_()
    assert set(bundle) == {"text/plain", records.MIME}
    assert bundle["text/plain"].splitlines() == [
        "■ near.identity: proved by the checker (normal form)",
        "  $S = N + 1 - (a-1)(b-1)$",
        "  shown: S = N + 1",
        "  given: A1: a >= 1",
        "  tested by: 31 is no minimum",
        "  source: su2023, eq. (3)",
        "  differs: S(130): published 31, ours 23",
        "  agrees: mean: published 1.183, ours 1.18293",
        "  erratum, as printed: a > sqrt(N/2)",
        "  as verified: all a",
        "  counterexample: N = 19",
    ]
    assert repr(made) == bundle["text/plain"]


def test_long_statements_are_wrapped_and_lose_nothing() -> None:
    words = "word " * 60
    made = Claim("near.long", words, source=SOURCE, tests=passing())
    assert max(map(len, made.text.splitlines())) <= claim.WIDTH
    assert made.text.count("word") == 60


def test_the_status_is_the_weakest_of_the_theorems() -> None:
    theorems = [Theorem(), Theorem(Status.ASSUMED), Theorem(Status.CERTIFIED)]
    assert Claim("a.b", "s", source=SOURCE, theorems=theorems).status == "assumed"
    assert Claim("a.c", "s", source=SOURCE, theorem=Theorem(), theorems=theorems[1:]).status == "assumed"


def test_tests_alone_give_tested_and_do_not_weaken_a_proof() -> None:
    assert Claim("a.b", "s", source=SOURCE, tests=passing()).status == "tested"
    assert Claim("a.c", "s", source=SOURCE, theorem=Theorem(), tests=passing()).status == "proved"


def test_a_status_cannot_be_given_nor_anything_changed() -> None:
    with pytest.raises(TypeError, match="status"):
        Claim("a.b", "s", source=SOURCE, tests=passing(), status="proved")  # type: ignore[call-arg]
    made = Claim("a.b", "s", source=SOURCE, tests=passing())
    for name in ("status", "statement"):
        with pytest.raises(AttributeError, match=f"{name} cannot be set"):
            setattr(made, name, "proved")


def test_an_id_may_be_declared_again_with_its_statement_and_not_with_another() -> None:
    Claim("a.b", "first", source=SOURCE, tests=passing())
    Claim("a.b", "first", source=SOURCE, tests=passing())
    with pytest.raises(ClaimError, match="^claim id 'a.b' is already taken by: first"):
        Claim("a.b", "second", source=SOURCE, tests=passing())


def test_a_refused_claim_does_not_take_its_id() -> None:
    with pytest.raises(ClaimError):
        Claim("a.b", "first", source=SOURCE, tests=passing(), erratum="wrong")  # type: ignore[arg-type]
    assert Claim("a.b", "second", source=SOURCE, tests=passing()).statement == "second"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"id": "identity"}, "'identity' is not a claim id: write chapter.name in lower case"),
        ({"id": "Near.Identity"}, "'Near.Identity' is not a claim id"),
        ({"statement": " "}, "claim 'a.b' needs a statement"),
        ({"source": None}, "claim 'a.b' needs a source"),
        ({"source": " "}, "claim 'a.b' needs a source"),
        ({"tests": ()}, "claim 'a.b' has neither a theorem nor a test"),
        ({"theorem": "S = N"}, "claim 'a.b': str is no theorem"),
        ({"theorems": "S = N"}, "theorems must be one or several"),
        ({"tests": True}, "tests must be one or several, not True"),
        ({"tests": [True]}, "claim 'a.b': bool is no check"),
        ({"rests_on": ["root"]}, "claim 'a.b' rests on 'root', which is no claim"),
        ({"rests_on": "a.b"}, "claim 'a.b' cannot rest on itself"),
        ({"hypotheses": ["A1"]}, "'A1' is no hypothesis"),
        ({"published": [("S", 1, 2)]}, r"published holds Published\(...\) entries"),
        ({"erratum": "wrong"}, r"erratum is an Erratum\(...\)"),
    ],
)
def test_what_is_refused(change: dict[str, Any], message: str) -> None:
    given = {"id": "a.b", "statement": "s", "source": SOURCE, "tests": [passing()], **change}
    with pytest.raises(ClaimError, match=message):
        Claim(given.pop("id"), given.pop("statement"), **given)


def test_a_missing_source_is_refused() -> None:
    with pytest.raises(TypeError, match="source"):
        Claim("a.b", "s", tests=passing())  # type: ignore[call-arg]
    with pytest.raises(ClaimError, match="a source needs a bibliography key"):
        Source("")


def test_a_failed_check_and_the_check_of_another_claim_are_refused() -> None:
    failed = replace(passing(), passed=False)
    with pytest.raises(ClaimError, match="the check '31 is no minimum' did not pass"):
        Claim("a.b", "s", source=SOURCE, tests=failed)
    with pytest.raises(ClaimError, match="tests 'a.other'"):
        Claim("a.b", "s", source=SOURCE, tests=passing(claim="a.other"))
    assert Claim("a.b", "s", source=SOURCE, tests=passing(claim="a.b")).tests[0].claim == "a.b"


def test_a_refuted_theorem_makes_no_claim() -> None:
    with pytest.raises(ClaimError, match="claim 'a.b' is refuted"):
        Claim("a.b", "s", source=SOURCE, theorem=Theorem(Status.REFUTED))


def test_one_hypothesis_name_has_one_meaning() -> None:
    with pytest.raises(ClaimError, match="hypothesis A1 means both 'a >= 1' and 'a >= 2'"):
        Claim("a.b", "s", source=SOURCE, theorem=Theorem(), hypotheses=Assumption("A1", "a >= 2"))


def test_a_claim_may_rest_on_a_claim() -> None:
    root = Claim("a.root", "r", source=SOURCE, tests=passing())
    made = Claim("a.b", "s", source=SOURCE, tests=passing(claim="a.b"), rests_on=(root, "a.root", "c.d"))
    assert made.rests_on == ("a.root", "c.d")


@pytest.mark.parametrize(
    ("published", "ours", "verdict"),
    [
        (31, 23, "differs"),
        (31, 31, "agrees"),
        (31, 31.4, "differs"),
        ("31", 31.4, "agrees"),
        ("31", 31.5, "agrees"),
        ("31", 31.6, "differs"),
        ("1.183", 1.18293, "agrees"),
        ("1.183", 1.1824, "differs"),
        ("1.180", 1.183, "differs"),
        (1.18, 1.183, "agrees"),
        (1.18, 1.1851, "differs"),
        ("46%", 0.4567, "agrees"),
        ("46 %", 0.44, "differs"),
        ("4e6", 4_400_000, "agrees"),
        ("4e6", 4_600_000, "differs"),
        ("20 000", 20_000, "agrees"),
        ("−2.5", -2.52, "agrees"),
        ("2/3", Fraction(2, 3), "agrees"),
        (Fraction(2, 3), 0.666, "differs"),
        (sympy.Rational(2, 3), Fraction(2, 3), "agrees"),
        ("1.414", sympy.sqrt(2), "agrees"),
        ("1.415", sympy.sqrt(2), "differs"),
        (sympy.sqrt(2), sympy.sqrt(2), "agrees"),
        ((3, 6, 1), (3, 6, 1), "agrees"),
        ((3, 6, 1), [4, 4, 3], "differs"),
        ((3, 6), (3, 6, 1), "differs"),
        (("1.0", 2), (1.04, 2), "agrees"),
        ("O(N^{1/4})", "O(N^{1/6})", "differs"),
        ("exact", "exact", "agrees"),
        (10**40 + 1, 10**40, "differs"),
    ],
)
def test_published_values_are_compared_at_their_precision(published: Any, ours: Any, verdict: str) -> None:
    assert Published("q", published, ours).verdict == verdict


@pytest.mark.parametrize(
    ("published", "ours", "message"),
    [
        ("about 31", 31, "cannot be compared"),
        (31, "about 31", "cannot be compared"),
        ("1.183", "1.18", "ours, 1.18, has fewer digits than the published 1.183"),
    ],
)
def test_values_that_cannot_be_compared_are_refused(published: Any, ours: Any, message: str) -> None:
    with pytest.raises(ClaimError, match=message):
        Published("q", published, ours)


def test_a_published_value_needs_a_quantity() -> None:
    with pytest.raises(ClaimError, match="a published value needs a quantity"):
        Published("", 1, 1)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"printed": "", "verified": "v", "repair": "r"}, "an erratum needs printed"),
        ({"printed": "p", "verified": "", "repair": "r"}, "an erratum needs verified"),
        ({"printed": "p", "verified": "v"}, "an erratum needs a counterexample or a repair"),
        ({"printed": "p", "verified": "v", "repair": 3}, "an erratum's repair is text"),
    ],
)
def test_an_erratum_must_show_what_is_wrong(given: dict[str, Any], message: str) -> None:
    with pytest.raises(ClaimError, match=message):
        Erratum(**given)


def test_only_the_checkers_own_theorem_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    from assayer.derivation import Derivation

    monkeypatch.setattr(claim, "_theorem_type", CHECKERS_THEOREM)
    a, b = sympy.symbols("a b", integer=True)
    square = Derivation("square").start((a + b) ** 2).eq(a**2 + 2 * a * b + b**2, by="expand").theorem()
    made = Claim("a.b", "the square of a sum", source=SOURCE, theorem=square)
    assert (made.status, made.kernels) == ("proved", square.kernels)
    assert made.record()["latex"] == square.conclusion_latex
    assert records.validate(square.record())["kind"] == "derivation"
    with pytest.raises(ClaimError, match="claim 'a.c': Theorem is no theorem: only Derivation"):
        Claim("a.c", "a look-alike", source=SOURCE, theorem=Theorem())
