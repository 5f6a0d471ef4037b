"""A text of :mod:`assayer.derivation.script`, proved again step by step, with steps that a reader may change.

For the page that runs the checker in the reader's browser; nothing here is trusted, every verdict is the checker's.
The text is Python and is run as such: give it only what the book, or the reader himself, has written.
"""

from __future__ import annotations

import ast
import json
import time
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, replace
from typing import Any

import sympy as sp

from assayer.derivation.derivation import Derivation
from assayer.derivation.lemma import Theorem
from assayer.derivation.limits import LimitTheorem
from assayer.derivation.render import Step, plain_relation
from assayer.derivation.script import DERIVATION, THEOREM
from assayer.derivation.trusted.context import Relation
from assayer.derivation.trusted.errors import DerivationError, MalformedExpression
from assayer.derivation.trusted.expressions import express
from assayer.derivation.trusted.theorem import Sequent, chain

_SIGNS = {"eq": "=", "le": "≤", "lt": "<", "ge": "≥", "gt": ">", "ne": "≠"}


@dataclass(frozen=True)
class Line:
    """One step as it stands in the text: the sign of its relation and its expression; no sign for a whole call."""

    sign: str
    text: str


@dataclass(frozen=True)
class Outcome:
    """What the checker said of one step.

    Attributes:
        number: the step's, counted from 1.
        accepted: whether there is a theorem of it.
        status, kernel: as the page shows them, where it is accepted.
        words: why it is refused, with a counterexample where there is one; empty where it is accepted.
        seconds: the time it took.
    """

    number: int
    accepted: bool
    status: str
    kernel: str
    words: str
    seconds: float


def told(items: Iterable[Line] | Iterable[Outcome]) -> str:
    """Lines or outcomes as JSON, for a page."""
    return json.dumps([asdict(item) for item in items])


class Replay:
    """The steps of one text.

    Attributes:
        lines: the steps as they can be changed.

    Raises:
        DerivationError: for a text that is no script of a theorem.
    """

    def __init__(self, text: str) -> None:
        self._text = text
        self._names: dict[str, Any] = {}
        self._sequents: dict[int, Sequent] = {}
        try:
            self._body = ast.parse(text).body
        except SyntaxError as reason:
            raise DerivationError(f"the text of the derivation is not Python: {reason}") from None
        if not self._body or _target(self._body[-1]) != THEOREM:
            raise DerivationError(text.strip().lstrip("# ") or "the text proves nothing")
        self._chained = len(self._body) > 1 and _target(self._body[-2]) == DERIVATION
        self.lines = self._read_lines()

    def before(self) -> Iterator[str]:
        """Run what stands before the steps: symbols, then each cited theorem, whose name is yielded first."""
        for statement in self._body[:-1]:
            name = _target(statement)
            calls = {n.func.id for n in ast.walk(statement) if isinstance(n, ast.Call) and isinstance(n.func, ast.Name)}
            if name != DERIVATION and calls & {"Derivation", "joint_induction", "optimum", "unique_optimum", "Lemma"}:
                yield name
            exec(compile(ast.Module([statement], []), "<derivation>", "exec"), self._names)

    def prove(self, number: int) -> list[Outcome]:
        """Judge one step as it is written."""
        if not self._chained:
            return [self._judged(number, lambda: _whole(self._run(self.lines[0].text)))]
        written = self._derivation._written[number - 1]
        return [self._judged(number, lambda: self._keep(number, self._left(number), written))]

    def change(self, number: int, text: str) -> list[Outcome]:
        """Judge one step with another expression, and the step after it, which begins there."""
        if not self._chained:
            return [self._judged(number, lambda: _whole(self._run(text)))]
        derivation = self._derivation
        try:
            right = express(_plain(self._run(text)))
            derivation._declared(right)
        except Exception as reason:
            return [Outcome(number, False, "", "", _said(reason, text), 0.0)]
        written = replace(derivation._written[number - 1], right=right)
        relation = Relation(self._left(number), written.sign, right)
        found = [self._judged(number, lambda: derivation._judged(number, relation, written))]
        if number < len(self.lines):
            after = derivation._written[number]
            onward = Relation(right, after.sign, after.right)
            found.append(self._judged(number + 1, lambda: derivation._judged(number + 1, onward, after)))
        return found

    def theorem(self) -> Theorem | None:
        """The theorem that the steps as they are written come to; None where one of them is not accepted."""
        if not self._chained or len(self._sequents) < len(self.lines):
            return None
        ordered = [self._sequents[n] for n in sorted(self._sequents)]
        steps = zip(self._derivation._written, ordered, strict=True)
        return Theorem(chain(ordered, self._derivation.title), tuple(Step(s.relation, w.reason, s) for w, s in steps))

    def conclusion(self) -> str:
        """What is proved, as plain text; empty before it is."""
        if self._chained:
            theorem = self.theorem()
            return "" if theorem is None else plain_relation(theorem.sequent.relation)
        made = self._names.get(THEOREM)
        return "" if made is None else made.conclusion_plain

    # -- inside --------------------------------------------------------------------------------------------------
    @property
    def _derivation(self) -> Derivation:
        return self._names[DERIVATION]

    def _left(self, number: int) -> sp.Expr:
        return self._derivation._start if number == 1 else self._derivation._written[number - 2].right

    def _keep(self, number: int, left: sp.Expr, written: Any) -> Sequent:
        relation = Relation(left, written.sign, written.right)
        sequent = self._sequents[number] = self._derivation._judged(number, relation, written)
        return sequent

    def _judged(self, number: int, judge: Any) -> Outcome:
        begun = time.monotonic()
        try:
            found = judge()
        except Exception as reason:
            return Outcome(number, False, "", "", _said(reason, ""), time.monotonic() - begun)
        if not self._chained:
            self._names[THEOREM] = found
        kernels = ", ".join(found.kernels)
        return Outcome(number, True, str(found.status), kernels, "", time.monotonic() - begun)

    def _run(self, text: str) -> Any:
        known = {name: value for name, value in vars(sp).items() if not name.startswith("_")}
        return eval(compile(" ".join(text.split()), "<step>", "eval"), known | self._names)

    def _read_lines(self) -> list[Line]:
        source = lambda node: " ".join((ast.get_source_segment(self._text, node) or "").split())
        if not self._chained:
            return [Line("", source(self._body[-1].value))]  # type: ignore[attr-defined]
        found: list[Line] = []
        node = self._body[-2].value  # type: ignore[attr-defined]
        while isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            if node.func.attr in _SIGNS:
                found.append(Line(_SIGNS[node.func.attr], source(node.args[0])))
            node = node.func.value
        return found[::-1]


def _target(statement: ast.stmt) -> str:
    if isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Name):
        return statement.targets[0].id
    return ""


def _whole(made: object) -> Theorem | LimitTheorem:
    if not isinstance(made, (Theorem, LimitTheorem)):
        raise MalformedExpression(f"this gives {type(made).__name__}, no theorem")
    return made


def _plain(value: object) -> object:
    if isinstance(value, tuple):
        raise MalformedExpression("a step is one expression: write Rational(1, 2) for a half, without commas between")
    return value


def _said(reason: Exception, text: str) -> str:
    """One error as a reader should see it."""
    if isinstance(reason, DerivationError):
        return str(reason)
    if isinstance(reason, SyntaxError):
        return f"not an expression of Python: {reason.msg}"
    if isinstance(reason, NameError):
        return f"{reason}: the symbols are those of the derivation, the functions SymPy's"
    if "^" in text:
        return "write ** for a power: ^ is something else in Python"
    return f"{type(reason).__name__}: {reason}"
