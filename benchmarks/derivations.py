"""What it costs to judge four of the book's derivations: cold, and again from the cache.

Run it as `python benchmarks/derivations.py`. Each is judged in a new process with an empty cache, then in another with
the cache that the first one left; imports are not counted. The floor is the time in which the same process builds the
derivation and judges nothing.
"""

from __future__ import annotations

import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable

from sympy import Eq, Ge, Gt, IndexedBase, Integer, Le, Rational, Sum, Symbol, cos, sin, sqrt, symbols

from assayer.derivation import Derivation, Forall, assume, induction

Table = dict[object, object]


def sgd() -> list[Derivation]:
    """Regret of projected SGD: one step, the Abel sum, the best constant rate, and Σ 1/√t."""
    t, T = symbols("t T", integer=True, positive=True)
    R, G, eta = symbols("R G eta", positive=True)
    gap, D, g2 = (IndexedBase(name, real=True) for name in ("gap", "D", "g2"))
    rate = IndexedBase("rate", positive=True)

    def model(rng: random.Random) -> Table:
        values: Table = {T: rng.randint(1, 6), R: 3, G: 2}
        for i in range(-3, 20):
            values |= {D[i]: rng.randint(0, 9), rate[i]: Rational(10 - min(max(i, 0), 8), 10), g2[i]: rng.randint(0, 4)}
            values[gap[i]] = 0
        return values

    decreasing = Forall(t, Le(rate[t + 1], rate[t]))
    bounded = (Forall(t, Le(D[t], R**2)), Forall(t, Ge(D[t], 0)))
    abel = (
        Derivation("Abel", decreasing, *bounded, model=model, declare=(T, R))
        .start(Sum((D[t] - D[t + 1]) / (2 * rate[t]), (t, 1, T)))
        .le((R**2 - D[T + 1]) / (2 * rate[T]), by=("the rate does not increase", induction(T)))
        .le(R**2 / (2 * rate[T]), by="D ≥ 0")
    )
    n = Symbol("n", integer=True, positive=True)
    best = (
        Derivation("best constant rate")
        .start(R**2 / (2 * n * eta) + G**2 * eta / 2)
        .eq((R / sqrt(n * eta) - G * sqrt(eta)) ** 2 / 2 + R * G / sqrt(n), by="complete the square")
        .ge(R * G / sqrt(n), by="a square is not negative")
    )
    roots = (
        Derivation("decaying rate")
        .start(Sum(1 / sqrt(t), (t, 1, n)))
        .le(2 * sqrt(n) - 1, by=("1/√t ≤ 2(√t − √(t − 1))", induction(n)))
    )
    return [abel, best, roots]


def rope() -> list[Derivation]:
    """What a rotation does to an inner product, and the mean over pairs."""
    q0, q1, k0, k1, a, b, s2 = symbols("q0 q1 k0 k1 a b sigma2", real=True)
    i, h = symbols("i h", integer=True, positive=True)
    m = Symbol("m", integer=True, positive=True)
    theta = IndexedBase("theta", real=True)
    rotated = (q0 * cos(a) - q1 * sin(a)) * (k0 * cos(b) - k1 * sin(b)) + (q0 * sin(a) + q1 * cos(a)) * (
        k0 * sin(b) + k1 * cos(b)
    )
    relative = (
        Derivation("only the distance counts")
        .start(rotated)
        .eq((q0 * k0 + q1 * k1) * cos(a - b) + (q1 * k0 - q0 * k1) * sin(b - a), by="addition theorems")
    )
    mean = (
        Derivation("mean over the pairs")
        .start(Sum(2 * s2 * cos(m * theta[i]), (i, 1, h)))
        .eq(2 * s2 * Sum(cos(m * theta[i]), (i, 1, h)), by="a constant factor")
    )
    below = (
        Derivation("at most one per pair").start(Sum(cos(m * theta[i]), (i, 1, h))).le(h, by="a cosine is at most 1")
    )
    return [relative, mean, below]


def near_product() -> list[Derivation]:
    """N = ab + c: the sum from the corner, and from the half-perimeter."""
    N, a, b, c, p, q = symbols("N a b c p q", integer=True)
    A = assume(A1=Eq(N, a * b + c), A2=Ge(a, 0), A3=Ge(b, a), A4=Ge(c, 0))
    corner = Derivation("corner", *A).start(a + b + c).eq(N + 1 - (a - 1) * (b - 1), by="put c = N − ab, and expand")
    half = (
        Derivation("half-perimeter", *A, Eq(p, a + b), Eq(q, b - a))
        .start(a + b + c)
        .eq(p + N - (p**2 - q**2) / 4, by="4ab = p² − q²")
        .ge(p + N - p**2 / 4, by="q² ≥ 0")
    )
    x = Symbol("x", positive=True)
    least = Derivation("continuous bound", Gt(x, 1)).start(x + 1 / x).ge(2, by="(√x − 1/√x)² ≥ 0")
    return [corner, half, least]


def hippo() -> list[Derivation]:
    """LegS: (s + 1)P′ₙ as a sum of Pₖ, from the two recurrences of Legendre's polynomials."""
    n, k, t = symbols("n k t", integer=True, nonnegative=True)
    s = Symbol("s", real=True)
    P, Q = IndexedBase("P", real=True), IndexedBase("Q", real=True)

    def model(rng: random.Random) -> Table:
        v = Rational(rng.randint(-9, 9), rng.randint(1, 9))
        p, q = [Integer(1), v], [Integer(0), Integer(1)]
        for i in range(1, 24):
            p.append(((2 * i + 1) * v * p[i] - i * p[i - 1]) / (i + 1))
            q.append((i + 1) * p[i] + v * q[i])
        return {s: v, n: rng.randint(0, 5), **{P[i]: p[i] for i in range(24)}, **{Q[i]: q[i] for i in range(24)}}

    A = assume(
        R1=Forall(t, Eq(Q[t + 1], (t + 1) * P[t] + s * Q[t])),
        R2=Forall(t, Eq(Q[t + 2] - Q[t], (2 * t + 3) * P[t + 1])),
        P0=Eq(P[0], 1),
        Q0=Eq(Q[0], 0),
    )
    return [
        Derivation("LegS", *A, model=model, declare=(n,))
        .start((s + 1) * Q[n])
        .eq(-(n + 1) * P[n] + Sum((2 * k + 1) * P[k], (k, 0, n)), by=induction(n))
    ]


ALL: dict[str, Callable[[], list[Derivation]]] = {
    "SGD's regret": sgd,
    "RoPE's rotation": rope,
    "N = ab + c": near_product,
    "HiPPO-LegS": hippo,
}


def measure(name: str) -> tuple[float, float]:
    """Seconds to build the derivations of ``name``, and to judge them."""
    begin = time.perf_counter()
    written = ALL[name]()
    built = time.perf_counter()
    for derivation in written:
        derivation.theorem()
    return built - begin, time.perf_counter() - built


def main() -> None:
    if len(sys.argv) == 3 and sys.argv[1] == "--one":
        print(*measure(sys.argv[2]))
        return
    print(f"{'derivation':<18}{'build':>9}{'cold':>9}{'cached':>9}   cold/cached")
    for name in ALL:
        with tempfile.TemporaryDirectory() as folder:
            runs = []
            for _ in range(2):
                done = subprocess.run(
                    [sys.executable, __file__, "--one", name],
                    env={**os.environ, "ASSAYER_CACHE": folder},
                    check=True,
                    capture_output=True,
                    text=True,
                )
                runs.append(tuple(map(float, done.stdout.split())))
        (built, cold), (_, cached) = runs
        print(f"{name:<18}{built:>8.2f}s{cold:>8.2f}s{cached:>8.3f}s{cold / cached:>10.0f} ×")


if __name__ == "__main__":
    main()
