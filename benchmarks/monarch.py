"""Products with a Monarch matrix against a dense product and the FFT: `python benchmarks/monarch.py` (a minute).

For each n (b = √n) three contenders meet a batch of vectors in float32: a dense `matmul`, the two batched products of
`multiply`, and for comparison one `rfft`, which is another product. Before the clock runs, `multiply` is compared with
the dense product of the same matrix. The medians of several runs are printed, with the least n from which on `multiply`
is quicker at every larger n that was tried. Nothing here is asserted about time. Run from the repository's root with
the package installed (`make test` does that).
"""

from __future__ import annotations

import argparse
import os
import platform

# On a machine with other work, OpenMP's threads that spin while they wait cost many times the work itself.
# It must be set before torch is loaded.
os.environ.setdefault("OMP_WAIT_POLICY", "passive")

import torch

from assayer.lab import describe_device
from assayer.results.monarch import timing

WAYS = ("dense", "two bmm", "fft")


def table(batch: int, sizes: list[int], repeats: int) -> None:
    """Print one line for each n, and the crossover."""
    print(f"\nbatch of {batch}")
    print(f"{'n':>8}" + "".join(f"{way + ', us':>16}" for way in WAYS) + f"{'dense/bmm':>12}{'operations':>12}")
    ratios = {}
    for n in sizes:
        taken = {way: timing.seconds(run, repeats) for way, run in timing.contenders(n, batch).items()}
        ratios[n] = taken["dense"] / taken["two bmm"]
        row = "".join(f"{1e6 * taken[way]:>16.1f}" for way in WAYS)
        print(f"{n:>8}{row}{ratios[n]:>12.2f}{n**0.5 / 2:>12.1f}")
    print(f"two bmm are quicker than dense from n = {timing.crossover(ratios)} on")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=9, help="runs of which the median is taken (9)")
    parser.add_argument("--batch", type=int, nargs="+", default=[1, 64, 1024], help="vectors at once (1 64 1024)")
    parser.add_argument("--largest", type=int, default=4096, help="largest n; powers of four from 64 on (4096)")
    arguments = parser.parse_args()
    print(f"{platform.platform()}, {os.cpu_count()} cores; {describe_device()}")
    print(f"Python {platform.python_version()}, torch {torch.__version__}, float32")
    sizes = [4**power for power in range(3, 16) if 4**power <= arguments.largest]
    for batch in arguments.batch:
        table(batch, sizes, arguments.repeats)


if __name__ == "__main__":
    main()
