"""Times of N = ab + c, as ratios within one run: `python benchmarks/near_product.py` (about a minute).

Every row first checks that its contenders return the same sums, then times them, and prints the median of
several runs. The answer is the ratios; the seconds depend on the machine, which is printed. Nothing here is
asserted about time. Run from the repository's root with the package installed (`make test` does that).
"""

from __future__ import annotations

import argparse
import os
import platform
import random
import statistics
import time
from collections.abc import Callable

# On a machine with other work, OpenMP's threads that spin while they wait cost 10 to 30 times the work itself.
# It must be set before torch is loaded.
os.environ.setdefault("OMP_WAIT_POLICY", "passive")

import numpy as np
import torch

from assayer.lab import describe_device, device
from assayer.lab.devices import synchronise
from assayer.results import near_product as m

Contender = tuple[str, Callable[[], list[int]]]


def timed(run: Callable[[], list[int]], repeats: int) -> tuple[list[int], float]:
    """What `run` returns, and the median of its times in seconds."""
    times = []
    for _ in range(repeats):
        synchronise()
        start = time.perf_counter()
        sums = run()
        synchronise()
        times.append(time.perf_counter() - start)
    return sums, statistics.median(times)


def race(title: str, entries: int, contenders: list[Contender], repeats: int) -> None:
    """Print one line for each contender: its time for an entry, and its ratio to the first one's."""
    print(f"\n{title}")
    expected, first = None, 0.0
    for name, run in contenders:
        sums, seconds = timed(run, repeats)
        expected, first = expected or sums, first or seconds
        if sums != expected:
            raise SystemExit(f"{title}: {name} disagrees with {contenders[0][0]}")
        print(f"  {name:<44}{1e6 * seconds / entries:>14.3f} us an entry {seconds / first:>12.3g} x")


def one_at_a_time(draw: random.Random, repeats: int) -> None:
    """`minimize` against scans that do not stop early, for random n of growing size."""
    for digits, entries in ((6, 400), (9, 100), (12, 20), (18, 4), (24, 1)):
        numbers = [draw.randrange(10**digits // 2, 10**digits) for _ in range(entries)]
        contenders: list[Contender] = [("minimize", lambda ns=numbers: [m.least_sum(n) for n in ns])]
        if digits <= 18:
            contenders.append(("the proved window", lambda ns=numbers: [sum(m.proven_window(n)) for n in ns]))
        contenders.append(("a downwards, numpy", lambda ns=numbers: [m.scan_over_a(n) for n in ns]))
        if digits <= 12:
            # Beyond n = 2890 the published first algorithm is right, so it may race.
            contenders.append(("the first algorithm", lambda ns=numbers: [sum(m.first_algorithm(n) or ()) for n in ns]))
        race(f"{entries} random n of size 10^{digits}", entries, contenders, repeats)


def growth(draw: random.Random, repeats: int) -> None:
    """The time of one `minimize` for n up to 10^36: the growth is that of n^(1/6)."""
    print("\nminimize alone")
    for digits, entries in ((12, 200), (18, 50), (24, 10), (30, 5), (36, 3)):
        numbers = [draw.randrange(10**digits // 2, 10**digits) for _ in range(entries)]
        _, seconds = timed(lambda ns=numbers: [m.least_sum(n) for n in ns], repeats)
        print(f"  10^{digits:<41}{1e3 * seconds / entries:>14.3f} ms an entry")


def many_at_once(repeats: int, limit: int) -> None:
    """The batched scan against the sieve and the scalar scan, for every n up to `limit`, and on large n."""
    everything = torch.arange(limit + 1, device=device())
    race(
        f"every n <= {limit} (the sieve is the independent brute force)",
        limit + 1,
        [
            ("least_sums", lambda: m.least_sums(everything).tolist()),
            ("brute_force_table, numpy", lambda: m.brute_force_table(limit).tolist()),
            ("minimize, one by one", lambda: [m.least_sum(n) for n in range(limit + 1)]),
        ],
        repeats,
    )
    entries = 20_000
    for digits in (9, 12, 15, 18):
        generator = torch.Generator().manual_seed(digits)
        n = torch.randint(10**digits // 2, 10**digits, (entries,), generator=generator)
        numbers, there = n.tolist(), n.to(device())
        race(
            f"{entries} random n of size 10^{digits}",
            entries,
            [
                ("least_sums", lambda x=there: m.least_sums(x).tolist()),
                ("minimize, one by one", lambda ns=numbers: [m.least_sum(n) for n in ns]),
            ],
            1,
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=3, help="runs of which the median is taken (3)")
    parser.add_argument("--limit", type=int, default=10**6, help="every n up to here is checked (1000000)")
    arguments = parser.parse_args()
    print(f"{platform.platform()}, {os.cpu_count()} cores; batched work on {describe_device()}")
    print(f"Python {platform.python_version()}, numpy {np.__version__}, torch {torch.__version__}")
    draw = random.Random(9775)
    one_at_a_time(draw, arguments.repeats)
    growth(draw, arguments.repeats)
    many_at_once(arguments.repeats, arguments.limit)


if __name__ == "__main__":
    main()
