"""Positive semidefinite matrices under linear equations, exactly: Clarabel finds them in floating point, and they are
rounded to rational ones that satisfy the equations and are positive semidefinite by their LDLᵀ.

Where every solution is singular, a solution's kernel is read off, rounded, and split off (facial reduction), until the
solutions have an interior and rounding is safe (Peyrl and Parrilo; Monniaux and Corbineau). What this returns is
re-checked elsewhere. Not trusted.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, TypeAlias

from flint import fmpq

from assayer.derivation import clock
from assayer.derivation.linear import pivot
from assayer.derivation.trusted.errors import Unsupported

Sparse: TypeAlias = "Mapping[Hashable, fmpq]"
Vector: TypeAlias = "list[fmpq]"
ROUNDS = 6
INTERIOR = 1e-6
KERNEL = 1e-3
DENOMINATORS = (1, 2, 4, 12, 60, 720, 2**12, 2**18, 2**26, 2**36)
LARGEST_IN_KERNEL = 60
MOST_UNKNOWNS = 1500


@dataclass
class Block:
    """One unknown matrix Q. ``entries[i, j]`` with i ≤ j is what Q[i, j] is multiplied with (both halves together).

    ``basis`` are the vectors of which the rows of Q are the coordinates.
    """

    entries: dict[tuple[int, int], Sparse]
    basis: list[Vector]

    @classmethod
    def of(cls, products: Mapping[tuple[int, int], Sparse], size: int) -> Block:
        """A block whose entry i, j stands for ``products[i, j]``, where i ≤ j."""
        unit = [[fmpq(i == j) for i in range(size)] for j in range(size)]
        return cls({(i, j): _times(c, fmpq(1 if i == j else 2)) for (i, j), c in products.items()}, unit)

    @property
    def size(self) -> int:
        return len(self.basis)

    def restricted(self, vectors: Sequence[Vector]) -> Block:
        """The matrices Q = VᵀQ′V for the rows V, given in the present coordinates."""
        entries: dict[tuple[int, int], Sparse] = {}
        for a, left in enumerate(vectors):
            for b in range(a, len(vectors)):
                total: dict[Hashable, fmpq] = {}
                for (i, j), column in self.entries.items():
                    weight = left[i] * vectors[b][j] + (left[j] * vectors[b][i] if i != j else 0)
                    weight = weight / (1 if i == j else 2) * (1 if a == b else 2)
                    if weight != 0:
                        _accumulate(total, column, weight)
                entries[a, b] = total
        basis = [[_dot(v, [row[k] for row in self.basis]) for k in range(len(self.basis[0]))] for v in vectors]
        return Block(entries, basis)


@dataclass(frozen=True)
class Solution:
    """``squares[b]`` are (positive number d, vector v) with Q_b = Σ d·v vᵀ; ``multipliers`` belong to ``free``."""

    squares: list[list[tuple[fmpq, Vector]]]
    multipliers: list[fmpq]


def solve(blocks: Sequence[Block], free: Sequence[Sparse], target: Sparse, deadline: float) -> Solution | None:
    """Positive semidefinite Q_b and numbers μ with ``Σ Q_b[i, j] · entry + Σ μ_k · free_k = target``, or None.

    Raises:
        Unsupported: when Clarabel is not installed, or the program is too large.
    """
    blocks = list(blocks)
    for _ in range(ROUNDS):
        pruned = _pruned(blocks, free, target)
        if pruned is None:
            return None
        blocks = pruned
        if sum(b.size * (b.size + 1) // 2 for b in blocks) > MOST_UNKNOWNS:
            raise Unsupported("the semidefinite program is too large")
        affine = _Affine.of(blocks, free, target, deadline)
        if affine is None:
            return None
        seconds = deadline - clock.now()
        found = _interior(affine, blocks, seconds) if seconds > 0 else None
        if found is None:
            return None
        slack, numbers = found
        if slack > INTERIOR:
            return _rounded(affine, blocks, free, numbers, deadline)
        if slack < -KERNEL:
            return None
        reduced = [_reduced(b, affine.matrix(k, b, numbers)) for k, b in enumerate(blocks)]
        if all(new is old for new, old in zip(reduced, blocks, strict=True)):
            return _rounded(affine, blocks, free, numbers, deadline)
        blocks = reduced
    return None


# -- the linear equations ----------------------------------------------------------------------------------------------
Unknown: TypeAlias = "tuple[int, int, int]"
"""(block, i, j) for an entry of a matrix, (-1, k, 0) for a multiplier."""


@dataclass
class _Affine:
    """The solutions of the equations: each unknown is a constant plus a combination of the parameters."""

    parameters: list[Unknown]
    rows: dict[Unknown, tuple[fmpq, dict[Unknown, fmpq]]]

    @classmethod
    def of(cls, blocks: Sequence[Block], free: Sequence[Sparse], target: Sparse, deadline: float) -> _Affine | None:
        table = _table(blocks, free)
        for key in target:
            table.setdefault(key, {})
        sides = [target.get(key, fmpq(0)) for key in table]
        rows = list(table.values())
        count: dict[Unknown, int] = {}
        for row in rows:
            for u in row:
                count[u] = count.get(u, 0) + 1
        pivots: dict[Unknown, int] = {}
        for r in sorted(range(len(rows)), key=lambda r: len(rows[r])):
            if (not rows[r] and sides[r] != 0) or clock.now() > deadline:
                return None
            if not rows[r]:
                continue
            # Multipliers first: they may take any value; then entries beside the diagonal that few equations hold.
            chosen = min(rows[r], key=lambda u: (u[0] >= 0, u[1] == u[2], count[u], u))
            pivot(rows, sides, r, chosen)
            pivots[chosen] = r
        unknowns = [(k, i, j) for k, b in enumerate(blocks) for (i, j) in b.entries]
        unknowns += [(-1, k, 0) for k in range(len(free))]
        solved = {u: (sides[r], {v: -c for v, c in rows[r].items() if v != u}) for u, r in pivots.items()}
        return cls([u for u in unknowns if u not in pivots], solved)

    def values(self, chosen: Mapping[Unknown, Any]) -> dict[Unknown, Any]:
        """All unknowns, from the parameters."""
        found = dict(chosen)
        for u, (constant, terms) in self.rows.items():
            found[u] = sum((c * chosen[v] for v, c in terms.items()), constant)
        return found

    def matrix(self, k: int, block: Block, numbers: Mapping[Unknown, float]) -> list[list[float]]:
        size = range(block.size)
        return [[numbers[k, min(i, j), max(i, j)] for j in size] for i in size]


def _table(blocks: Sequence[Block], free: Sequence[Sparse]) -> dict[Hashable, dict[Unknown, fmpq]]:
    table: dict[Hashable, dict[Unknown, fmpq]] = {}
    for k, block in enumerate(blocks):
        for (i, j), column in block.entries.items():
            for key, c in column.items():
                table.setdefault(key, {})[k, i, j] = c
    for k, column in enumerate(free):
        for key, c in column.items():
            table.setdefault(key, {})[-1, k, 0] = c
    return table


def _pruned(blocks: Sequence[Block], free: Sequence[Sparse], target: Sparse) -> list[Block] | None:
    """The blocks without what must vanish: where an equation holds only diagonal entries, all of one sign, and its
    right side is 0, they are 0, and so are their rows and columns. None where an equation cannot hold."""
    table = _table(blocks, free)
    if any(key not in table for key in target):
        return None
    dead: set[tuple[int, int]] = set()
    pending = list(table)
    holding: dict[tuple[int, int], list[tuple[Hashable, Unknown]]] = {}
    for key, row in table.items():
        for u in row:
            if u[0] >= 0:
                for i in {u[1], u[2]}:
                    holding.setdefault((u[0], i), []).append((key, u))
    while pending:
        key = pending.pop()
        row = table[key]
        signs = {c > 0 for c in row.values()}
        side = target.get(key, fmpq(0))
        if any(u[0] < 0 or u[1] != u[2] for u in row) or len(signs) > 1:
            continue
        if side != 0 and (not row or (side > 0) not in signs):
            return None
        if side == 0:
            for u in list(row):
                dead.add(u[:2])
                for other, v in holding.get(u[:2], ()):
                    if table[other].pop(v, None) is not None:
                        pending.append(other)
    kept = []
    for k, block in enumerate(blocks):
        alive = [i for i in range(block.size) if (k, i) not in dead]
        if len(alive) == block.size:
            kept.append(block)
            continue
        place = {old: new for new, old in enumerate(alive)}
        entries = {(place[i], place[j]): c for (i, j), c in block.entries.items() if i in place and j in place}
        kept.append(Block(entries, [block.basis[i] for i in alive]))
    return kept


# -- floating point ----------------------------------------------------------------------------------------------------
def _interior(affine: _Affine, blocks: Sequence[Block], seconds: float) -> tuple[float, dict[Unknown, float]] | None:
    """The largest t ≤ 1 with all Q_b − t·1 positive semidefinite, and the unknowns there."""
    try:
        import clarabel
        import numpy as np
        from scipy import sparse
    except ImportError:
        raise Unsupported("clarabel is not installed: pip install clarabel") from None
    place = {u: n for n, u in enumerate(affine.parameters)}
    t = len(place)
    data: list[float] = [1.0]
    rows: list[int] = [0]
    columns: list[int] = [t]
    sides: list[float] = [1.0]
    cones: list[Any] = [clarabel.NonnegativeConeT(1)]
    for k, block in enumerate(blocks):
        if not block.size:
            continue
        cones.append(clarabel.PSDTriangleConeT(block.size))
        for j in range(block.size):
            for i in range(j + 1):
                r, scale = len(sides), 1.0 if i == j else 2**0.5
                constant, terms = affine.rows.get((k, i, j), (fmpq(0), {(k, i, j): fmpq(1)}))
                sides.append(scale * _float(constant))
                for v, c in terms.items():
                    data.append(-scale * _float(c))
                    rows.append(r)
                    columns.append(place[v])
                if i == j:
                    data.append(scale)
                    rows.append(r)
                    columns.append(t)
    settings = clarabel.DefaultSettings()
    settings.verbose = False
    settings.time_limit = max(seconds, 0.01)
    settings.max_threads = 1
    settings.tol_gap_abs = settings.tol_gap_rel = settings.tol_feas = 1e-10
    matrix = sparse.csc_matrix((data, (rows, columns)), shape=(len(sides), t + 1))
    objective = np.zeros(t + 1)
    objective[t] = -1.0
    quadratic = sparse.csc_matrix((t + 1, t + 1))
    answer = clarabel.DefaultSolver(quadratic, objective, matrix, np.array(sides), cones, settings).solve()
    if str(answer.status) not in ("Solved", "AlmostSolved", "InsufficientProgress", "MaxIterations"):
        return None
    point = {u: float(answer.x[n]) for u, n in place.items()}
    if not all(map(np.isfinite, answer.x)):
        return None
    constants = {u: (_float(c), {v: _float(w) for v, w in terms.items()}) for u, (c, terms) in affine.rows.items()}
    numbers = dict(point)
    for u, (c, terms) in constants.items():
        numbers[u] = c + sum(w * point[v] for v, w in terms.items())
    return float(answer.x[t]), numbers


def _reduced(block: Block, matrix: list[list[float]]) -> Block:
    """The block on the orthogonal complement of the matrix' kernel; the block itself where there is none to see."""
    import numpy as np

    if not block.size:
        return block
    sizes, vectors = np.linalg.eigh(np.array(matrix))
    scale = max(1.0, float(sizes[-1]))
    small = [float(max(s, 0.0)) / scale for s in sizes]
    # The kernel ends where the eigenvalues jump most.
    ends = [n for n in range(1, len(small) + 1) if small[n - 1] < KERNEL]
    if not ends:
        return block
    jump = lambda n: (small[n] if n < len(small) else 1.0) / max(small[n - 1], 1e-14)
    count = max(ends, key=jump)
    if count == block.size:
        return Block({}, [])
    kernel = vectors[:, :count].T.copy()
    pivots = []
    for r in range(count):
        rest = np.abs(kernel[r:, :])
        row, column = np.unravel_index(int(rest.argmax()), rest.shape)
        kernel[[r, r + row]] = kernel[[r + row, r]]
        kernel[r] /= kernel[r, column]
        for other in range(count):
            if other != r:
                kernel[other] -= kernel[other, column] * kernel[r]
        pivots.append(int(column))
    exact = [[_near(float(x)) for x in row] for row in kernel]
    if any(x is None for row in exact for x in row):
        return block
    complement: list[Vector] = []
    for f in range(block.size):
        if f not in pivots:
            vector = [fmpq(i == f) for i in range(block.size)]
            for r, column in enumerate(pivots):
                vector[column] = -(exact[r][f] or fmpq(0))
            complement.append(vector)
    return block.restricted(complement)


def _near(x: float) -> fmpq | None:
    found = Fraction(x).limit_denominator(LARGEST_IN_KERNEL)
    return fmpq(found.numerator, found.denominator) if abs(float(found) - x) < KERNEL else None


# -- exact -------------------------------------------------------------------------------------------------------------
def _rounded(
    affine: _Affine, blocks: Sequence[Block], free: Sequence[Sparse], numbers: Mapping[Unknown, float], deadline: float
) -> Solution | None:
    """Round the parameters, ever more finely, until the matrices that follow are positive semidefinite."""
    for denominator in DENOMINATORS:
        if clock.now() > deadline:
            return None
        chosen = {u: fmpq(round(numbers[u] * denominator), denominator) for u in affine.parameters}
        exact = affine.values(chosen)
        squares = []
        for k, block in enumerate(blocks):
            size = range(block.size)
            factors = ldl([[exact[k, min(i, j), max(i, j)] for j in size] for i in size])
            if factors is None:
                break
            lifted = [
                (d, [_dot(v, [row[c] for row in block.basis]) for c in range(len(block.basis[0]))]) for d, v in factors
            ]
            squares.append(lifted)
        else:
            return Solution(squares, [exact[-1, k, 0] for k in range(len(free))])
    return None


def ldl(matrix: Sequence[Sequence[fmpq]]) -> list[tuple[fmpq, Vector]] | None:
    """Pairs (d > 0, v) with ``matrix = Σ d·v vᵀ``; None where it is not positive semidefinite."""
    rest = [list(row) for row in matrix]
    size = len(rest)
    found = []
    for k in range(size):
        d = rest[k][k]
        if d < 0 or (d == 0 and any(rest[k][j] != 0 for j in range(k, size))):
            return None
        if d == 0:
            continue
        v = [fmpq(0)] * k + [rest[k][j] / d for j in range(k, size)]
        for i in range(k, size):
            if v[i] != 0:
                factor = d * v[i]
                for j in range(i, size):
                    rest[i][j] -= factor * v[j]
                    rest[j][i] = rest[i][j]
        found.append((d, v))
    return found


def _float(number: fmpq) -> float:
    return int(number.p) / int(number.q)


def _dot(one: Sequence[fmpq], two: Sequence[fmpq]) -> fmpq:
    return sum((a * b for a, b in zip(one, two, strict=True)), fmpq(0))


def _times(column: Sparse, factor: fmpq) -> Sparse:
    return column if factor == 1 else {key: c * factor for key, c in column.items()}


def _accumulate(total: dict[Hashable, fmpq], column: Sparse, weight: fmpq) -> None:
    for key, c in column.items():
        value = total.get(key, 0) + weight * c
        if value == 0:
            total.pop(key, None)
        else:
            total[key] = value
