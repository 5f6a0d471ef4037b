"""`Claim`: the record of a result, with its source, its hypotheses and a status that is computed."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable
from typing import Any

from assayer.claims import records
from assayer.claims.parts import Assumption, ClaimError, Erratum, Published, Source, filled
from assayer.lab.checks import Check

WIDTH = 100
_declared: dict[str, str] = {}
"""The statement of every claim declared in this process, by id."""


def _several(what: str, value: Any, *kinds: type) -> tuple[Any, ...]:
    """`value` as a tuple: one object of `kinds`, or several."""
    if isinstance(value, kinds):
        return (value,)
    if isinstance(value, str) or not isinstance(value, Iterable):
        raise ClaimError(f"{what} must be one or several, not {value!r}")
    return tuple(value)


class Claim:
    """A result of the book, as its ledger holds it.

    Parameters: `id` is ``chapter.name``; `statement` is Markdown with ``$…$``; `source` is a `Source` (or a
    bibliography key); `theorems` (or `theorem`, for one) come from the checker and `tests` from `check`;
    `rests_on` names claims (or their ids) that this one needs; `hypotheses` are those beyond the theorems'
    own; `published` and `erratum` say how print compares.

    The status is the weakest of the theorems'; a claim with tests alone is ``tested``. It is never given.
    Raises `ClaimError` for a malformed id or one taken by another statement, a missing source, neither
    theorem nor test, anything that is not a real theorem, and a check that did not pass.
    """

    id: str
    statement: str
    source: Source
    theorems: tuple[Any, ...]
    tests: tuple[Check, ...]
    rests_on: tuple[str, ...]
    hypotheses: tuple[Any, ...]
    symbols: tuple[dict[str, str], ...]
    declared: tuple[str, ...]
    published: tuple[Published, ...]
    erratum: Erratum | None

    def __init__(
        self,
        id: str,
        statement: str,
        *,
        source: Source | str,
        theorem: Any = None,
        theorems: Any = (),
        tests: Any = (),
        rests_on: Any = (),
        hypotheses: Any = (),
        published: Any = (),
        erratum: Erratum | None = None,
    ) -> None:
        if not records.is_claim_id(id):
            raise ClaimError(f"{id!r} is not a claim id: write chapter.name in lower case, words joined by underscores")
        set_ = self._set
        set_("id", id)
        set_("statement", filled(f"claim {id!r}", "a statement", statement))
        set_("source", _source(id, source))
        if theorem is not None:
            theorems = (theorem, *_several("theorems", theorems, _theorem_type()))
        set_("theorems", _theorems(id, theorems))
        set_("tests", _tests(id, tests))
        if not self.theorems and not self.tests:
            raise ClaimError(f"claim {id!r} has neither a theorem nor a test: nothing stands behind it")
        set_("rests_on", _rests_on(id, rests_on))
        set_("hypotheses", _hypotheses(id, self.theorems, _several("hypotheses", hypotheses, Assumption)))
        set_("symbols", _symbols(id, self.theorems))
        set_("declared", tuple(dict.fromkeys(line for t in self.theorems for line in getattr(t, "declared", ()))))
        set_("published", _several("published", published, Published))
        for row in self.published:
            if not isinstance(row, Published):
                raise ClaimError(f"claim {id!r}: published holds Published(...) entries, not {row!r}")
        if erratum is not None and not isinstance(erratum, Erratum):
            raise ClaimError(f"claim {id!r}: erratum is an Erratum(...), not {erratum!r}")
        set_("erratum", erratum)
        if self.status == "refuted":
            raise ClaimError(f"claim {id!r} is refuted: what is false is stated in an erratum, not claimed")
        taken = _declared.setdefault(id, self.statement)
        if taken != self.statement:
            raise ClaimError(f"claim id {id!r} is already taken by: {taken} (reworded? restart the kernel)")

    def _set(self, name: str, value: Any) -> None:
        object.__setattr__(self, name, value)

    def __setattr__(self, name: str, value: Any) -> None:
        raise AttributeError(f"a claim is not changed once made: {name} cannot be set")

    @property
    def status(self) -> str:
        """The weakest of the theorems' statuses; ``tested`` where there are only tests."""
        return records.weakest(t.status for t in self.theorems) if self.theorems else "tested"

    @property
    def kernels(self) -> tuple[str, ...]:
        """The kernels that proved it, each once, in order."""
        return tuple(dict.fromkeys(str(kernel) for t in self.theorems for kernel in t.kernels))

    @property
    def latex(self) -> str:
        """The conclusions of its theorems, printed from the checked objects."""
        conclusions = list(dict.fromkeys(t.conclusion_latex for t in self.theorems))
        if len(conclusions) < 2:
            return "".join(conclusions)
        return r"\begin{gathered}" + r" \\ ".join(conclusions) + r"\end{gathered}"

    def record(self) -> records.Record:
        """The record that is stored in the notebook and drawn in the ledger."""
        return records.make(
            "claim",
            id=self.id,
            statement=self.statement,
            latex=self.latex,
            symbols=list(self.symbols),
            **({"declared": list(self.declared)} if self.declared else {}),
            hypotheses=[{"name": h.name, "plain": h.plain, "latex": h.latex} for h in self.hypotheses],
            source={"key": self.source.key, "where": self.source.where},
            status=self.status,
            kernels=list(self.kernels),
            theorems=[str(t.title) for t in self.theorems],
            tests=[t.title for t in self.tests],
            rests_on=list(self.rests_on),
            published=[row.record() for row in self.published],
            erratum=self.erratum.record() if self.erratum else None,
        )

    @property
    def text(self) -> str:
        """The claim as it reads in a notebook."""
        words = records.WORDS[self.status]
        if self.kernels:
            words += f" ({', '.join(self.kernels)})"
        lines = [f"{records.SIGNS[self.status]} {self.id}: {words}", *_wrapped(self.statement)]
        for theorem in self.theorems:
            lines += _wrapped(f"shown: {theorem.conclusion_plain}")
        for hypothesis in self.hypotheses:
            lines += _wrapped(f"given: {hypothesis.name}: {hypothesis.plain}")
        for test in self.tests:
            lines += _wrapped(f"tested by: {test.title}")
        if self.rests_on:
            lines += _wrapped(f"rests on: {', '.join(self.rests_on)}")
        lines += _wrapped(f"source: {self.source}")
        for row in self.published:
            words = row.record()
            values = f"published {words['published']}, ours {words['ours']}"
            lines += _wrapped(f"{words['verdict']}: {words['quantity']}: {values}")
        if self.erratum:
            for name, value in self.erratum.record().items():
                label = {"printed": "erratum, as printed", "verified": "as verified"}.get(name, name)
                lines += _wrapped(f"{label}: {value}") if value else []
        return "\n".join(lines)

    def __repr__(self) -> str:
        return self.text

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        return {"text/plain": self.text, records.MIME: self.record()}


def _wrapped(words: str) -> list[str]:
    return textwrap.wrap(
        " ".join(words.split()),
        WIDTH,
        initial_indent="  ",
        subsequent_indent="      ",
        break_long_words=False,
        break_on_hyphens=False,
    )


def _source(id: str, source: Any) -> Source:
    if isinstance(source, Source):
        return source
    if isinstance(source, str) and source.strip():
        return Source(source)
    raise ClaimError(f"claim {id!r} needs a source: Source('key of references.bib', 'eq. (3)'), not {source!r}")


def _theorem_type() -> type:
    from assayer.derivation import Theorem

    return Theorem


def _theorems(id: str, theorems: Any) -> tuple[Any, ...]:
    if isinstance(theorems, (tuple, list)) and not theorems:
        return ()
    kind = _theorem_type()
    found = _several(f"claim {id!r}: theorems", theorems, kind)
    for theorem in found:
        if not isinstance(theorem, kind):
            name = type(theorem).__name__
            raise ClaimError(f"claim {id!r}: {name} is no theorem: only Derivation(...).theorem() makes one")
    return found


def _tests(id: str, tests: Any) -> tuple[Check, ...]:
    found = _several(f"claim {id!r}: tests", tests, Check)
    for test in found:
        if not isinstance(test, Check):
            raise ClaimError(f"claim {id!r}: {type(test).__name__} is no check: only check(...) makes one")
        if not test.passed:
            raise ClaimError(f"claim {id!r}: the check {test.title!r} did not pass")
        if test.claim not in (None, id):
            raise ClaimError(f"claim {id!r}: the check {test.title!r} tests {test.claim!r}")
    return found


def _rests_on(id: str, ancestors: Any) -> tuple[str, ...]:
    if isinstance(ancestors, str):
        ancestors = (ancestors,)
    found = tuple(getattr(a, "id", a) for a in _several("rests_on", ancestors, Claim))
    for ancestor in found:
        if not records.is_claim_id(ancestor):
            raise ClaimError(f"claim {id!r} rests on {ancestor!r}, which is no claim and no claim id")
        if ancestor == id:
            raise ClaimError(f"claim {id!r} cannot rest on itself")
    return tuple(dict.fromkeys(found))


def _symbols(id: str, theorems: tuple[Any, ...]) -> tuple[dict[str, str], ...]:
    """Each symbol of the theorems with its domain, once; one symbol with two domains is refused."""
    found: dict[str, Any] = {}
    for domain in (d for t in theorems for d in t.domains):
        earlier = found.setdefault(domain.symbol, domain)
        if earlier.words != domain.words:
            meanings = f"{earlier.words!r} and {domain.words!r}"
            raise ClaimError(f"claim {id!r}: the symbol {domain.symbol} is both {meanings}")
    return tuple(
        {"symbol": d.symbol, "latex": d.latex, "domain": d.words, "domain_latex": d.set_latex}
        for _, d in sorted(found.items())
    )


def _hypotheses(id: str, theorems: tuple[Any, ...], extra: tuple[Any, ...]) -> tuple[Any, ...]:
    """Those of the theorems, then `extra`, each name once; one name with two meanings is refused."""
    found: dict[str, Any] = {}
    for hypothesis in (*(h for t in theorems for h in t.hypotheses), *extra):
        for name in ("name", "plain", "latex"):
            if not isinstance(getattr(hypothesis, name, None), str):
                raise ClaimError(f"claim {id!r}: {hypothesis!r} is no hypothesis: use Assumption(name, plain)")
        earlier = found.setdefault(hypothesis.name, hypothesis)
        if earlier.plain != hypothesis.plain:
            meanings = f"{earlier.plain!r} and {hypothesis.plain!r}"
            raise ClaimError(f"claim {id!r}: hypothesis {hypothesis.name} means both {meanings}")
    return tuple(found.values())
