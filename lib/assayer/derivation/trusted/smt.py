"""z3, in a process of its own that can be killed. Part of the trusted base where its ``unsat`` is believed.

Facts are written as SMT-LIB text with our own names for the generators, so no symbol of an author can be captured.
"""

from __future__ import annotations

import math
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path

from flint import fmpq, fmpq_mpoly

from assayer.derivation.trusted.errors import Unsupported
from assayer.derivation.trusted.polynomials import Algebra, Fact
from assayer.derivation.trusted.problem import Problem

LARGEST_BITS = 10_000
WAITS = 10
"""So many times its own seconds z3 may take by the clock on the wall, where its processor time is bounded."""
_IN_PYTHON = """
import sys, z3
s = z3.Solver()
s.from_string(sys.stdin.read())
print(s.check())
"""


class SolverMissing(RuntimeError):
    """z3 is not installed: ``pip install z3-solver``."""


def refuted_by_solver(p: Problem, seconds: float) -> bool:
    """Tell whether z3 answers ``unsat`` for the facts and the negated goal within the time."""
    return run_solver(script(p.algebra, [*p.facts, *p.negation]), seconds).split("\n", 1)[0].strip() == "unsat"


def script(algebra: Algebra, facts: Iterable[Fact], model: bool = False) -> str:
    """The facts as SMT-LIB text; with ``model`` it also asks for the generators' values."""
    names = [f"x{i}" for i in range(len(algebra.meaning))]
    lines = [
        f"(declare-const {n} {'Int' if whole else 'Real'})" for n, whole in zip(names, algebra.integer, strict=True)
    ]
    lines += [f"(assert {_fact(f, algebra.integer)})" for f in facts]
    lines.append("(check-sat)")
    if model and names:
        lines.append(f"(get-value ({' '.join(names)}))")
    return "\n".join(lines) + "\n"


def _fact(fact: Fact, integer: list[bool]) -> str:
    left = _polynomial(fact.polynomial, integer)
    comparison = {"=": f"(= {left} 0)", "!=": f"(not (= {left} 0))"}
    return comparison.get(fact.kind, f"({fact.kind} {left} 0)")


def _polynomial(polynomial: fmpq_mpoly, integer: list[bool]) -> str:
    """The polynomial times a positive integer that clears its denominators."""
    terms = polynomial.to_dict()
    if not terms:
        return "0"
    common = fmpq(1)
    for c in terms.values():
        common *= (c * common).q
    whole = all(integer[i] for m in terms for i, e in enumerate(m) if e)
    return "(+ 0 " + " ".join(_term(m, c * common, integer, whole) for m, c in sorted(terms.items())) + ")"


def _term(monomial: tuple[int, ...], coefficient: fmpq, integer: list[bool], whole: bool) -> str:
    number = int(coefficient.p)
    if number.bit_length() > LARGEST_BITS:
        raise Unsupported("a coefficient is too long to write down for z3")
    constant = str(number) if number >= 0 else f"(- {-number})"
    factors = [constant if whole else f"(to_real {constant})"]
    for i, power in enumerate(monomial):
        if not power:
            continue
        name = f"(to_real x{i})" if integer[i] and not whole else f"x{i}"
        factors += [name] * int(power)
    return f"(* {' '.join(factors)})" if len(factors) > 1 else factors[0]


def run_solver(text: str, seconds: float) -> str:
    """Run z3 on SMT-LIB text for so many seconds of processor time; ``unknown`` when they are over.

    Raises:
        SolverMissing: when z3 is not installed.
    """
    if sys.platform == "emscripten":  # no processes in a browser; there the page's worker is what can be killed
        return _run_inside(text, seconds)
    try:
        process = subprocess.Popen(
            [*_command(), f"-T:{math.ceil(WAITS * seconds) + 1}"],  # should this process be killed, z3 still ends
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            encoding="utf-8",
            errors="replace",
        )
    except OSError as reason:
        raise SolverMissing(f"z3 could not be started ({reason}): pip install --force-reinstall z3-solver") from None
    with process:
        try:
            answer, _ = process.communicate(text, timeout=WAITS * seconds if _limited(process, seconds) else seconds)
        except subprocess.TimeoutExpired:
            process.kill()
            return "unknown"
        except BaseException:
            process.kill()
            raise
    return answer if process.returncode >= 0 else "unknown"


def _limited(process: subprocess.Popen[str], seconds: float) -> bool:
    """Bound the processor time of z3, where the system can, so that a busy machine proves what an idle one does."""
    try:
        from resource import RLIMIT_CPU, prlimit

        prlimit(process.pid, RLIMIT_CPU, (math.ceil(seconds), math.ceil(seconds)))
    except (ImportError, OSError):  # not this system, or z3 has ended already
        return False
    return True


@lru_cache(maxsize=1)
def _command() -> list[str]:
    folders = [Path(sys.executable).parent, Path(sysconfig.get_path("scripts"))]
    for folder in folders:
        found = shutil.which("z3", path=str(folder))
        if found:
            return [found, "-in"]
    try:
        import z3  # noqa: F401 - only to know whether it is there
    except ImportError:
        raise SolverMissing("z3 is not installed: pip install z3-solver") from None
    return [sys.executable, "-c", _IN_PYTHON]


def _run_inside(text: str, seconds: float) -> str:
    try:
        import z3
    except ImportError:
        raise SolverMissing("z3 is not installed: pip install z3-solver") from None
    solver = z3.Solver()
    solver.set("timeout", int(1000 * seconds))
    solver.from_string(text)
    return str(solver.check())


def values(answer: str, count: int) -> list[fmpq | None] | None:
    """Read z3's ``get-value`` answer: rationals, None for a value that is not rational; None unless ``sat``."""
    status, _, rest = answer.partition("\n")
    if status.strip() != "sat":
        return None
    tokens = rest.replace("(", " ( ").replace(")", " ) ").split()
    tree = _read(tokens)
    found: dict[str, fmpq | None] = {}
    for entry in tree if isinstance(tree, list) else []:
        if isinstance(entry, list) and len(entry) == 2 and isinstance(entry[0], str):
            found[entry[0]] = _number(entry[1])
    return [found.get(f"x{i}") for i in range(count)]


def _read(tokens: list[str]) -> list | str | None:
    if not tokens:
        return None
    token = tokens.pop(0)
    if token != "(":
        return token
    items: list = []
    while tokens and tokens[0] != ")":
        items.append(_read(tokens))
    if tokens:
        tokens.pop(0)
    return items


def _number(tree: list | str | None) -> fmpq | None:
    if isinstance(tree, str):
        whole, _, decimals = tree.partition(".")
        if not (whole.isdigit() and (decimals == "" or decimals.isdigit())):
            return None
        return fmpq(int(whole + decimals), 10 ** len(decimals))
    if isinstance(tree, list) and len(tree) == 2 and tree[0] == "-":
        inner = _number(tree[1])
        return None if inner is None else -inner
    if isinstance(tree, list) and len(tree) == 3 and tree[0] == "/":
        top, bottom = _number(tree[1]), _number(tree[2])
        return None if top is None or bottom is None or bottom == 0 else top / bottom
    return None
