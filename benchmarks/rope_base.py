"""RoPE's least and safe bases: times, growth and the stored table. `python benchmarks/rope_base.py` (a minute or two).

Without options: `least_base` and `safe_base` for growing lengths, each least base with its whole cover confirmed in
balls, beside a grid search of the same certified resolution (its time for one base, measured, times the number of
points that it would need) and the article's nested grid. With `--table` the rows of
`assayer.results.rope_base.published` are recomputed instead and printed as they stand there: column A takes minutes to
the last row, column B some 10 ms·(L/1024)² on a core, so that its longest length is an option. The device is the
book's (`ASSAYER_DEVICE` overrides). Nothing here is asserted about time.
"""

from __future__ import annotations

import argparse
import math
import os
import platform
import time
from collections.abc import Callable
from typing import Any

# On a machine with other work, OpenMP's threads that spin while they wait cost 10 to 30 times the work itself.
# It must be set before torch is loaded.
os.environ.setdefault("OMP_WAIT_POLICY", "passive")

import torch

from assayer.lab import describe_device
from assayer.lab.devices import synchronise
from assayer.results import rope_base as r
from assayer.results.rope_base.grid import least_value
from assayer.results.rope_base.least import float64_device

HEAD_DIM = r.HEAD_DIM


def timed(run: Callable[[], Any]) -> tuple[Any, float]:
    """What `run` returns and the seconds that it takes, waiting for the device at both ends."""
    synchronise()
    start = time.perf_counter()
    result = run()
    synchronise()
    return result, time.perf_counter() - start


def confirmed(base: r.LeastBase) -> float:
    """The seconds in which balls confirm the whole cover; ends the program where they do not."""
    left, seconds = timed(lambda: r.uncovered(base.cover, base.end, base.head_dim))
    if left:
        raise SystemExit(f"L = {base.length}: the balls leave {len(left)} steps of the cover open, the first {left[0]}")
    return seconds


def growth(longest: int, longest_safe: int) -> None:
    """Times by length, and what a grid as fine as the enclosure would take on the same device."""
    where = float64_device(None)
    print(f"{'L':>8} {'A':>14} {'seconds':>8} {'cover':>6} {'balls':>6} {'grid/ours':>10} {'B':>14} {'seconds':>8}")
    length, times = 1024, []
    while length <= longest:
        base, seconds = timed(lambda n=length: r.least_base(n, HEAD_DIM))
        times.append((length, seconds))
        balls = confirmed(base)
        _, point = timed(lambda b=base: [least_value(b.high, b.length, HEAD_DIM, where) for _ in range(5)])
        points = math.log(base.high) / (base.high / base.low - 1)
        line = f"{length:>8} {base.high:>14.8g} {seconds:>8.2f} {len(base.cover):>6} {balls:>6.2f} "
        line += f"{points * point / 5 / seconds:>10.2g}"
        if length <= longest_safe:
            safe, seconds = timed(lambda n=length: r.safe_base(n, HEAD_DIM))
            line += f" {safe.high:>14.8g} {seconds:>8.2f}"
        print(line, flush=True)
        length *= 2
    if len(times) > 1:
        (first, short), (last, long) = times[0], times[-1]
        print(f"least_base: seconds grow as L^{math.log(long / short) / math.log(last / first):.2f}")
    seen, seconds = timed(lambda: r.nested_grid(1024, HEAD_DIM))
    base, ours = timed(lambda: r.least_base(1024, HEAD_DIM))
    print(f"nested grid for 1024: {seen:.8g} in {seconds:.2f} s, {seconds / ours:.1f} x least_base ({base.high:.11g})")


def table(longest: int, longest_safe: int) -> None:
    """The rows of the stored table, recomputed."""
    for row in r.ROWS:
        if row.length > longest:
            return
        base, seconds = timed(lambda n=row.length: r.least_base(n, HEAD_DIM))
        balls = confirmed(base)
        parts = [row.length, f'"{row.paper}"', f'"{row.article}"', base.low, base.high, base.violated]
        words = f"A {seconds:.1f} s, cover {balls:.1f} s"
        if row.length <= longest_safe:
            safe, seconds = timed(lambda n=row.length: r.safe_base(n, HEAD_DIM))
            parts += [safe.low, safe.high, safe.violated]
            words += f", B {seconds:.1f} s"
        print(f"Row({', '.join(map(str, parts))}),  # {words}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--table", action="store_true", help="recompute the rows of the stored table")
    parser.add_argument("--longest", type=int, help="the longest length of column A (16384; with --table 1048576)")
    parser.add_argument("--longest-safe", type=int, default=8192, help="the longest length of column B (8192)")
    arguments = parser.parse_args()
    print(f"{platform.platform()}, {os.cpu_count()} cores; {describe_device()}, torch {torch.__version__}")
    if arguments.table:
        table(arguments.longest or 2**20, arguments.longest_safe)
    else:
        growth(arguments.longest or 16384, arguments.longest_safe)


if __name__ == "__main__":
    main()
