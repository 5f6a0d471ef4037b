"""What was proved before, kept in files so that a page is not proved again because a word of prose changed.

Nothing in a file is believed. A file holds evidence, not verdicts: the certificate of a goal and of each sub-goal, or,
where a certificate rests on theorems, the name of the kernel whose search makes it of them. On a hit the evidence is
replayed through ``theorem.admit``, which re-checks everything; a refutation is evaluated again at its point. A damaged
or forged file costs a recomputation, no more. What only an oracle said (z3's ``unsat``) is asked of the oracle again.

Claims that were neither proved nor refuted are not kept: that outcome tells of a budget and of a machine's load, and a
slow moment must not stick to a true claim.

The folder is ``$ASSAYER_CACHE`` (``off``: no cache), else ``assayer`` in the user's folder for caches.
"""

from __future__ import annotations

import hashlib
import json
import os
import random
import re
import sys
import tempfile
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import sympy as sp
from flint import fmpq
from sympy.core.function import AppliedUndef

from assayer.derivation import prover
from assayer.derivation.coding import NoText, Tree, certificate_of, certificate_tree, goal_text, hints_text
from assayer.derivation.hints import Hint
from assayer.derivation.points import Table
from assayer.derivation.prover import Attempt, Known
from assayer.derivation.trusted.context import Goal
from assayer.derivation.trusted.problem import side_conditions
from assayer.derivation.trusted.theorem import Certificate, Rejected, Sequent, admit, condition_goal

FORMAT = 1
MOST_BYTES = 64 * 2**20
LARGEST_FILE = 4 * 2**20
PRUNE_EVERY = 200
PACKAGES = ("sympy", "python-flint", "z3-solver", "clarabel")


# -- where -------------------------------------------------------------------------------------------------------------
def folder() -> Path | None:
    """Where the files are, or None where there is no cache."""
    named = os.environ.get("ASSAYER_CACHE", "").strip()
    if named.lower() == "off" or sys.platform == "emscripten":
        return None
    try:
        if named:
            return Path(named).expanduser()
        home = os.environ.get("LOCALAPPDATA") if sys.platform == "win32" else os.environ.get("XDG_CACHE_HOME")
        return (Path(home) if home else Path.home() / ".cache") / "assayer"
    except RuntimeError:  # no home folder
        return None


@lru_cache(maxsize=1)
def versions() -> str:
    """What a search depends on besides its goal: Python, the solvers' versions and the checker's own source."""
    found = [f"python {sys.version_info.major}.{sys.version_info.minor}", f"format {FORMAT}"]
    for package in PACKAGES:
        try:
            found.append(f"{package} {version(package)}")
        except PackageNotFoundError:
            found.append(f"no {package}")
    source = hashlib.sha256()
    here = Path(__file__).parent
    for path in sorted(here.rglob("*.py")):
        source.update(path.relative_to(here).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return "\n".join([*found, source.hexdigest()])


def _digest(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


# -- entries -----------------------------------------------------------------------------------------------------------
@dataclass
class Entry:
    """What is known of a judged goal; all of it to be checked again.

    Attributes:
        key: the digest of goal, hints, presence of a model and versions.
        evidence: digest of a goal or sub-goal → the kernel's name and its certificate's tree (None: run its search).
        survived: how many points the refuter evaluated in vain.
        witness: a point of the context, as a tree.
        refuted: a point that refutes the claim, as a tree.
    """

    key: str
    evidence: dict[str, tuple[str, Tree]] = field(default_factory=dict)
    survived: int = 0
    witness: Tree = None
    refuted: Tree = None


def key_of(goal: Goal, hints: Iterable[Hint] = (), model: bool = False) -> str | None:
    """The name of a goal's entry, the same in every process; None where there can be none or no cache is wanted."""
    if folder() is None:
        return None
    try:
        return _digest(versions(), goal_text(goal), hints_text(tuple(hints)), "model" if model else "no model")
    except (NoText, OSError, RecursionError):
        return None


def load(key: str | None) -> Entry | None:
    """Read an entry; None where there is none that can be read."""
    place = folder()
    if key is None or place is None:
        return None
    path = _path(place, key)
    try:
        with path.open("rb") as file:
            text = file.read(LARGEST_FILE + 1)
        entry = _entry(json.loads(text), key) if len(text) <= LARGEST_FILE else None
        if entry is not None:
            os.utime(path)  # the oldest are removed first
        return entry
    except (OSError, ValueError, RecursionError, TypeError, AttributeError, KeyError):
        return None


def save(entry: Entry) -> None:
    """Write an entry, whole or not at all; a folder that cannot be written is no error."""
    place = folder()
    if place is None:
        return
    path = _path(place, entry.key)
    content = {
        "key": entry.key,
        "evidence": {goal: list(found) for goal, found in entry.evidence.items()},
        "survived": entry.survived,
        "witness": entry.witness,
        "refuted": entry.refuted,
    }
    try:
        text = json.dumps(content, separators=(",", ":")).encode()
        if len(text) > LARGEST_FILE:
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=path.parent, suffix=".tmp")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(text)
            os.replace(temporary, path)
        except BaseException:
            os.unlink(temporary)
            raise
    except (OSError, ValueError, RecursionError):
        return
    _count_towards_pruning(place)


def _path(place: Path, key: str) -> Path:
    return place / "judged" / key[:2] / f"{key[2:]}.json"


def _entry(content: Tree, key: str) -> Entry | None:
    """The entry that a file holds, its types checked; None where it is another goal's."""
    if content["key"] != key:
        return None
    evidence = {}
    for goal, (kernel, tree) in content["evidence"].items():
        if not isinstance(kernel, str):
            return None
        evidence[goal] = (kernel, tree)
    survived = content["survived"]
    if not isinstance(survived, int) or isinstance(survived, bool) or not 0 <= survived <= 10**6:
        return None
    return Entry(key, evidence, survived, content["witness"], content["refuted"])


# -- keeping and recalling evidence ------------------------------------------------------------------------------------
def evidence_of(found: Mapping[Goal, tuple[str, Certificate]]) -> dict[str, tuple[str, Tree]]:
    """The evidence of a search, as far as it has a form: see :class:`Entry`."""
    kept: dict[str, tuple[str, Tree]] = {}
    for goal, (kernel, certificate) in found.items():
        try:
            name = _digest(goal_text(goal))
        except NoText:
            continue
        try:
            kept[name] = (kernel, certificate_tree(certificate, goal))
        except NoText:
            kept[name] = (kernel, None)
    return kept


class Recalled(Known):
    """What an entry's evidence proves, replayed when it is asked for; to the prover, all that is known.

    A kernel that is run again finds its sub-goals here or not at all: nothing is searched for twice.
    """

    def __init__(self, entry: Entry, deadline: float) -> None:
        super().__init__()
        self.entry, self.deadline = entry, deadline

    def __contains__(self, goal: object) -> bool:
        return True

    def __getitem__(self, goal: Goal) -> Sequent | None:
        if not super().__contains__(goal):
            self[goal] = None  # a goal whose evidence rests on itself is not shown
            self[goal] = self._replayed(goal, ())
        return super().__getitem__(goal)

    def proof(self, goal: Goal, hints: tuple[Hint, ...]) -> Sequent | None:
        """The theorem of the judged goal itself, to whose kernel the author's hints are given."""
        self[goal] = None
        self[goal] = self._replayed(goal, hints)
        return super().__getitem__(goal)

    def _replayed(self, goal: Goal, hints: tuple[Hint, ...]) -> Sequent | None:
        try:
            kernel, tree = self.entry.evidence[_digest(goal_text(goal))]
            defined = {c: self[condition_goal(goal.context, c)] for c in side_conditions(goal.relation)}
            if None in defined.values():
                return None
            for certificate in self._certificates(goal, kernel, tree, hints):
                try:
                    return admit(goal, certificate, {c: t for c, t in defined.items() if t is not None})
                except Rejected:
                    continue
        except Exception:  # whatever a file makes of the replay, it must not stop the judgement
            return None
        return None

    def _certificates(self, goal: Goal, kernel: str, tree: Tree, hints: tuple[Hint, ...]) -> Iterable[Certificate]:
        if tree is not None:
            return [certificate_of(tree, goal)]
        attempt = Attempt(self.deadline, known=self, hints=hints)
        return next(k for k in prover.kernels() if k.NAME == kernel).search(goal, attempt)


# -- points ------------------------------------------------------------------------------------------------------------
def point_tree(entries: Mapping[sp.Basic, fmpq] | Iterable[tuple[sp.Basic, fmpq]]) -> Tree:
    """A point as a tree: name of a symbol or of a family's member → numerator and denominator."""
    pairs = entries.items() if isinstance(entries, Mapping) else entries
    return {str(named): [format(int(v.p), "x"), format(int(v.q), "x")] for named, v in pairs}


def point_of(tree: Tree, goal: Goal) -> dict[sp.Basic, fmpq] | None:
    """The point, over the goal's own symbols; None where it is not one."""
    symbols = {s.name: s for s in goal.context.symbols | _symbols(goal)}
    heads = {str(getattr(m, "base", None) or m.func): m for m in _members(goal)}
    found: dict[sp.Basic, fmpq] = {}
    try:
        for name, (p, q) in tree.items():
            key = symbols[name] if name in symbols else _member(name, heads)
            found[key] = fmpq(int(p, 16), int(q, 16))
    except (AttributeError, KeyError, TypeError, ValueError, ZeroDivisionError):
        return None
    return found


def mentioned(table: Mapping[sp.Basic, fmpq], goal: Goal) -> dict[sp.Basic, fmpq]:
    """What a valuation says of the goal's symbols and families: a model may speak of others as well."""
    symbols, heads = _symbols(goal), {_head(m) for m in _members(goal)}
    return {key: v for key, v in table.items() if key in symbols or (key.args and _head(key) in heads)}


def _head(member: sp.Basic) -> str:
    return str(member.base if isinstance(member, sp.Indexed) else member.func)


def table_of(tree: Tree, goal: Goal) -> Table | None:
    """The point as a valuation to which nothing is added."""
    point = point_of(tree, goal)
    return None if point is None else Table(point, random.Random(0), frozen=True)


def _symbols(goal: Goal) -> set[sp.Symbol]:
    statements = [goal.relation, *(h.statement for h in goal.context.hypotheses)]
    return set().union(*(s.symbols() for s in statements))


def _members(goal: Goal) -> list[sp.Basic]:
    sides = [s for r in (goal.relation, *(r for _, r in goal.context.relations())) for s in r.sides()]
    return [m for side in sides for m in side.atoms(AppliedUndef, sp.Indexed)]


def _member(name: str, heads: Mapping[str, sp.Basic]) -> sp.Basic:
    """``f(3)`` or ``D[2, 1]`` as a member of the goal's family of that name."""
    head, bracket, inside = name.rstrip(")]").replace("[", "(").partition("(")
    like = heads[head]
    arguments = [_rational(part.strip()) for part in inside.split(",")] if bracket else []
    return like.base[tuple(arguments)] if isinstance(like, sp.Indexed) else like.func(*arguments)


def _rational(text: str) -> sp.Rational:
    if not re.fullmatch(r"-?\d{1,40}(/\d{1,40})?", text):
        raise ValueError(text)
    return sp.Rational(*map(int, text.split("/")))


# -- size --------------------------------------------------------------------------------------------------------------
_written = [0]


def _count_towards_pruning(place: Path) -> None:
    _written[0] += 1
    if _written[0] % PRUNE_EVERY == 1:
        prune(place)


def prune(place: Path, most_bytes: int = MOST_BYTES) -> None:
    """Remove the entries that were used longest ago until the folder holds three quarters of what it may."""
    found: list[tuple[float, int, Path]] = []
    now = time.time()
    try:
        for path in place.glob("judged/??/*"):
            state = path.stat()
            if re.fullmatch(r"[0-9a-f]{62}\.json", path.name):
                found.append((state.st_mtime, state.st_size, path))
            elif path.suffix == ".tmp" and now - state.st_mtime > 3600:
                path.unlink(missing_ok=True)  # left by a process that was killed
    except OSError:
        return
    total = sum(size for _, size, _ in found)
    if total <= most_bytes:
        return
    for _, size, path in sorted(found, key=lambda entry: entry[0]):
        if total <= most_bytes * 3 // 4:
            break
        try:
            path.unlink(missing_ok=True)
            total -= size
        except OSError:
            continue
