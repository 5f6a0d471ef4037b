"""Where steps come from: the chapters of the book, and banks of goals in Python files."""

from __future__ import annotations

import importlib.util
import os
import pickle
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from random import Random
from typing import Any

import sympy as sp

from assayer.derivation.trusted.context import Context, Goal, Relation
from assayer.derivation.trusted.errors import DerivationError
from assayer.derivation.trusted.expressions import express
from assayer.mutation.claims import Step
from assayer.mutation.families import arguments, family, members
from assayer.notebooks.check import find_notebooks, find_root, resolve
from assayer.notebooks.notebook import NotebookError, read

SECONDS_A_CHAPTER = 900
FAMILY_WINDOW = range(-3, 31)
SAMPLES = 12


class SourceError(ValueError):
    """A chapter or a bank that cannot be read; the message names it and says what to do."""


@dataclass(frozen=True)
class Source:
    """Steps to mutate, under the name that the report shows."""

    name: str
    steps: tuple[Step, ...]


def chapters(names: Sequence[str] = (), root: Path | None = None) -> list[Source]:
    """The steps of the named chapters, or of every chapter that has derivations.

    Raises:
        SourceError: for an unknown chapter, one whose outputs are cleared, one without derivations that was asked
            for by name, or one whose cells fail.
    """
    try:
        root = root or find_root()
        paths = [resolve(name, root) for name in names] or find_notebooks(root / "chapters")
    except NotebookError as problem:
        raise SourceError(str(problem)) from None
    found = [chapter(path, root) for path in paths]
    empty = [source.name for source in found if not source.steps]
    if names and empty:
        raise SourceError(f"{empty[0]} has no derivation: there is nothing to mutate")
    return [source for source in found if source.steps]


def chapter_name(path: Path, root: Path) -> str:
    """``numbers/near_product`` for ``chapters/numbers/near_product.ipynb``."""
    folder = root / "chapters"
    shown = path.relative_to(folder) if path.is_relative_to(folder) else Path(path.name)
    return shown.with_suffix("").as_posix()


def check_stored(path: Path, name: str) -> None:
    """Refuse a notebook that nobody has run.

    Raises:
        SourceError: naming it.
    """
    try:
        notebook = read(path, name)
    except NotebookError as problem:
        raise SourceError(str(problem)) from None
    if not notebook.code:
        raise SourceError(f"{name} has no code cell: there is nothing to mutate")
    if not any(cell.outputs for cell in notebook.code):
        raise SourceError(f"the outputs of {name} are cleared: run make refresh CHAPTER={name} first")


def chapter(path: Path, root: Path) -> Source:
    """The steps of one notebook, collected in a process of its own."""
    name = chapter_name(path, root)
    check_stored(path, name)
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder, "steps")
        command = [sys.executable, "-m", "assayer.mutation.collect", str(path), str(target)]
        environment = {**os.environ, "ASSAYER_QUIET": "1", "MPLBACKEND": "agg"}
        try:
            ended = subprocess.run(
                command, capture_output=True, text=True, env=environment, timeout=SECONDS_A_CHAPTER, cwd=path.parent
            )
        except subprocess.TimeoutExpired:
            raise SourceError(f"the derivations of {name} took more than {SECONDS_A_CHAPTER} s") from None
        if ended.returncode != 0 or not target.exists():
            lines = ended.stderr.strip().splitlines() or [f"exit status {ended.returncode}"]
            raise SourceError(f"the derivations of {name} cannot be collected: {lines[-1]}")
        return Source(name, tuple(pickle.loads(target.read_bytes())))


def bank(spec: str) -> Source:
    """The goals of ``path/to/module.py:NAME``: an iterable, or a function that returns one.

    Each is a ``Goal``, a ``Step``, or has ``lhs``, ``rel``, ``rhs`` and perhaps ``hypotheses``, ``box``, ``hints``,
    ``id`` and ``sample(rng) -> {symbol or name of a family: value or function}``.

    Raises:
        SourceError: for a missing file or name, or an entry that is not a claim.
    """
    place, _, name = spec.rpartition(":")
    path = Path(place)
    if not place or not name.isidentifier():
        raise SourceError(f"--bank {spec!r} is not path/to/module.py:NAME")
    if not path.is_file():
        raise SourceError(f"--bank {spec!r}: there is no file {place}")
    module = _loaded(path)
    if not hasattr(module, name):
        raise SourceError(f"--bank {spec!r}: {path.name} has no {name}")
    entries = getattr(module, name)
    title = path.resolve().parent.name if path.stem == "__init__" else path.stem
    return Source(title, tuple(steps_of_bank(entries() if callable(entries) else entries)))


def steps_of_bank(entries: Iterable[Any]) -> list[Step]:
    """The entries of a bank as steps; see :func:`bank`."""
    found = []
    for number, entry in enumerate(entries, start=1):
        try:
            found.append(_step(entry, number))
        except (DerivationError, AttributeError, TypeError) as problem:
            raise SourceError(f"entry {number} of the bank ({entry}) is not a claim: {problem}") from None
    return found


def _loaded(path: Path) -> Any:
    """The module at the path; its folder and the one above are importable, as a bank may have several files."""
    path = path.resolve()
    for folder in (path.parent.parent, path.parent):
        if str(folder) not in sys.path:
            sys.path.insert(0, str(folder))
    qualified = f"assayer_bank_{path.stem}"
    found = importlib.util.spec_from_file_location(qualified, path)
    if found is None or found.loader is None:
        raise SourceError(f"{path} is not a Python file")
    module = importlib.util.module_from_spec(found)
    sys.modules[qualified] = module  # dataclasses look their module up
    try:
        found.loader.exec_module(module)
    except Exception as reason:
        raise SourceError(f"{path} cannot be imported: {type(reason).__name__}: {reason}") from reason
    return module


def _step(entry: Any, number: int) -> Step:
    if isinstance(entry, Step):
        return entry
    if isinstance(entry, Goal):
        return Step(str(entry), entry)
    box = getattr(entry, "box", None) or {}
    bounds = [
        Relation(x, sign, express(end)) for x, ends in box.items() for sign, end in zip((">=", "<="), ends, strict=True)
    ]
    relation = Relation(express(entry.lhs), entry.rel, express(entry.rhs))
    context = Context.of([*getattr(entry, "hypotheses", ()), *bounds], relation.symbols())
    goal = Goal(context, relation)
    hints = tuple(getattr(entry, "hints", ()))
    title = str(getattr(entry, "id", "") or f"entry {number}")
    return Step(title, goal, hints=hints, model=_sampled(getattr(entry, "sample", None), goal))


def _sampled(sample: Any, goal: Goal) -> tuple[Mapping[sp.Basic, Any], ...]:
    """Points of the entry's own sampler; its functions, tabulated where the goal's families may be asked."""
    if sample is None:
        return ()
    relations = [goal.relation, *(getattr(h.statement, "relation", h.statement) for h in goal.context.hypotheses)]
    known = {family(m): m for r in relations for m in members(r.left, r.right)}
    rng = Random(0)
    return tuple(_tabulated(sample(rng), known) for _ in range(SAMPLES))


def _tabulated(point: Mapping[Any, Any], known: Mapping[str, sp.Expr]) -> dict[sp.Basic, Any]:
    entries: dict[sp.Basic, Any] = {}
    for key, given in point.items():
        if not callable(given):
            entries[key] = _fraction(given)
            continue
        member = known.get(str(key))
        if member is None or len(arguments(member)) != 1:
            continue
        for k in FAMILY_WINDOW:
            try:
                entries[member.base[k] if isinstance(member, sp.Indexed) else member.func(k)] = _fraction(given(k))
            except (ArithmeticError, ValueError, TypeError):
                continue  # a rule that has no value there
    return entries


def _fraction(given: Any) -> sp.Rational:
    exact = Fraction(given) if isinstance(given, (int, Fraction)) else sp.Rational(given)
    return sp.Rational(int(exact.numerator), int(exact.denominator))
