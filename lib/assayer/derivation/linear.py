"""Linear programming over the rationals: small programs by an exact simplex of our own, larger ones by a look in
floating point at which weights take part (SciPy's HiGHS, where it is installed), else by z3's simplex.

Kernels ask it for weights; what they make of them is re-checked elsewhere. Not trusted.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import TypeAlias, TypeVar

from flint import fmpq

from assayer.derivation import clock
from assayer.derivation.trusted.smt import run_solver, values

LARGEST_TABLEAU = 2500
"""Entries up to which our own simplex takes less time than starting z3 does."""
UNSURE_SECONDS = 0.5
"""For z3 where floating point could not tell: it finds weights soon or, with few exceptions, not at all."""
NEGLIGIBLE = 1e-6
MOST = 1e3
SCALINGS = 3
Sparse: TypeAlias = "Mapping[Hashable, fmpq]"
K = TypeVar("K", bound=Hashable)


def weights(
    columns: Sequence[Sparse], free: Iterable[int], strict: Iterable[int], seconds: float
) -> dict[int, fmpq] | None:
    """Numbers w with ``Σ w[j] · columns[j] = 0``, w ≥ 0 but for the ``free`` ones, and Σ w[strict] = 1.

    Those that are not 0, by column; None where there are no such numbers, or where the time is over.

    Raises:
        SolverMissing: for a large program, when z3 is not installed.
    """
    loose = frozenset(free)
    rows = _pruned(columns, loose)
    active = {j for row in rows for j in row} | {j for j, c in enumerate(columns) if not c}
    heavy = [j for j in strict if j in active]
    if not heavy:
        return None
    if len(rows) * len(active) <= LARGEST_TABLEAU:
        return _simplex([*rows, dict.fromkeys(heavy, fmpq(1))], loose, clock.now() + seconds)
    support = _support(rows, loose, heavy, sorted(active))
    if support is None:
        return _by_solver(rows, loose, heavy, sorted(active), min(seconds, UNSURE_SECONDS))
    if not support:
        return None
    few = [{j: c for j, c in row.items() if j in support} for row in rows]
    some = [j for j in heavy if j in support]
    limit = min(seconds, UNSURE_SECONDS)
    found = _simplex([*few, dict.fromkeys(some, fmpq(1))], loose, clock.now() + limit)
    return found if found is not None else _by_solver(rows, loose, heavy, sorted(active), limit)


def _pruned(columns: Sequence[Sparse], free: frozenset[int]) -> list[dict[int, fmpq]]:
    """The equations, without the columns that must vanish: a sum of terms of one sign is zero only if each is."""
    rows: dict[Hashable, dict[int, fmpq]] = {}
    for j, column in enumerate(columns):
        for key, coefficient in column.items():
            rows.setdefault(key, {})[j] = coefficient
    pending = list(rows)
    while pending:
        row = rows.get(pending.pop(), {})
        signs = {coefficient > 0 for coefficient in row.values()}
        if row and len(signs) == 1 and (len(row) == 1 or not free & row.keys()):
            for j in list(row):
                for key in columns[j]:
                    del rows[key][j]
                    pending.append(key)
    return [row for row in rows.values() if row]


def _simplex(rows: list[dict[int, fmpq]], free: frozenset[int], deadline: float) -> dict[int, fmpq] | None:
    """A solution of ``row · w = 0`` for each row, but 1 for the last, by the dual simplex with the least-index rule.

    Any basis is dual feasible where there is nothing to minimise, and the rule does not cycle.
    """
    sides = [fmpq(0)] * (len(rows) - 1) + [fmpq(1)]
    basis: dict[int, int] = {}
    for r in range(len(rows)):
        if not rows[r]:
            if sides[r] != 0:
                return None
            continue
        entering = min(rows[r], key=lambda j: (j not in free, j))
        pivot(rows, sides, r, entering)
        basis[r] = entering
    while clock.now() < deadline:
        negative = [(j, r) for r, j in basis.items() if j not in free and sides[r] < 0]
        if not negative:
            return {j: sides[r] for r, j in basis.items() if sides[r] != 0}
        _, leaving = min(negative)
        choices = [j for j, c in rows[leaving].items() if j != basis[leaving] and (c < 0 or j in free)]
        if not choices:
            return None
        entering = min(choices, key=lambda j: (j not in free, j))
        pivot(rows, sides, leaving, entering)
        basis[leaving] = entering
    return None


def pivot(rows: list[dict[K, fmpq]], sides: list[fmpq], r: int, entering: K) -> None:
    """Solve equation r for an unknown and eliminate that from the others."""
    scale = 1 / rows[r][entering]
    own = rows[r] = {j: c * scale for j, c in rows[r].items()}
    sides[r] *= scale
    for other, row in enumerate(rows):
        factor = row.get(entering)
        if other == r or factor is None:
            continue
        for j, c in own.items():
            value = row.get(j, 0) - factor * c
            if value == 0:
                row.pop(j, None)
            else:
                row[j] = value
        sides[other] -= factor * sides[r]


def _support(
    rows: Sequence[Mapping[int, fmpq]], free: frozenset[int], strict: Sequence[int], active: Sequence[int]
) -> set[int] | None:
    """The columns that take part in a solution in floating point; none where there is no solution; None where floating
    point does not tell, or SciPy is not installed."""
    try:
        import numpy as np
        from scipy.optimize import linprog
        from scipy.sparse import csr_matrix
    except ImportError:
        return None
    place = {j: k for k, j in enumerate(active)}
    table = [[(place[j], int(c.p) / int(c.q)) for j, c in row.items()] for row in rows]
    _scaled(table)
    where = [r for r, row in enumerate(table) for _ in row]
    which = [k for row in table for k, _ in row]
    data = [c for row in table for _, c in row]
    objective = np.zeros(len(active))
    objective[[place[j] for j in strict]] = -1.0
    # All weights zero are a solution, and none is beyond its bounds: floating point is at ease with such a program.
    found = linprog(
        objective,
        A_eq=csr_matrix((data, (where, which)), shape=(len(table), len(active))),
        b_eq=np.zeros(len(table)),
        bounds=[(-MOST if j in free else 0.0, MOST) for j in active],
        method="highs",
        options={"time_limit": UNSURE_SECONDS},
    )
    if found.status != 0:
        return None
    return {j for j, w in zip(active, found.x, strict=True) if abs(w) > NEGLIGIBLE} if found.fun < -1 else set()


def _scaled(table: list[list[tuple[int, float]]]) -> None:
    """Scale the rows and the columns, in place, so that the entries are near 1 in size."""
    for _ in range(SCALINGS):
        for r, row in enumerate(table):
            factor = _size(c for _, c in row)
            table[r] = [(k, c / factor) for k, c in row]
        entries: dict[int, list[float]] = {}
        for row in table:
            for k, c in row:
                entries.setdefault(k, []).append(c)
        factors = {k: _size(found) for k, found in entries.items()}
        table[:] = [[(k, c / factors[k]) for k, c in row] for row in table]


def _size(numbers: Iterable[float]) -> float:
    """The geometric mean of the least and the largest."""
    sizes = [abs(c) for c in numbers]
    return math.sqrt(min(sizes) * max(sizes)) if sizes else 1.0


def _by_solver(
    rows: Sequence[Mapping[int, fmpq]],
    free: frozenset[int],
    strict: Sequence[int],
    active: Sequence[int],
    seconds: float,
) -> dict[int, fmpq] | None:
    lines = ["(set-logic QF_LRA)"]
    lines += [f"(declare-const x{k} Real)" for k in range(len(active))]
    names = {j: f"x{k}" for k, j in enumerate(active)}
    lines += [f"(assert (>= {names[j]} 0))" for j in active if j not in free]
    lines += [
        f"(assert (= (+ 0 {' '.join(f'(* {_rational(c)} {names[j]})' for j, c in row.items())}) 0))" for row in rows
    ]
    lines.append(f"(assert (= (+ 0 {' '.join(names[j] for j in strict)}) 1))")
    lines += ["(check-sat)", f"(get-value ({' '.join(names.values())}))"]
    found = values(run_solver("\n".join(lines) + "\n", seconds), len(active))
    if found is None or None in found:
        return None
    return {j: w for j, w in zip(active, found, strict=True) if w is not None and w != 0}


def _rational(number: fmpq) -> str:
    top = str(number.p) if number.p >= 0 else f"(- {-number.p})"
    return f"(/ {top} {number.q})" if number.q != 1 else top
