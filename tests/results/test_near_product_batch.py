"""The batched scan against the scalar one and the sieve; planted faults are noticed."""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from types import FunctionType
from typing import Any

import pytest
import torch
from torch import Tensor

from assayer.results import near_product as m
from assayer.results.near_product import batch

LeastSums = Callable[[Tensor], Tensor]


def numbers() -> Tensor:
    """Integers of every size up to 63 bits, squares and pronic numbers with their neighbours, and both ends."""
    draw = random.Random(63)
    of_each_size = [draw.randrange(2**bits, 2 ** (bits + 1)) for bits in range(63) for _ in range(6)]
    roots = [draw.randrange(2**bits) for bits in range(2, 32) for _ in range(2)] + [3037000498]
    near_squares = [max(r * r + r * s + t, 0) for r in roots for s in (0, 1) for t in (-1, 0, 1)]
    ends = [*range(10), *range(m.LARGEST - 5, m.LARGEST + 1), 3037000499**2, 3037000499**2 - 1]
    return torch.tensor([n for n in of_each_size + near_squares + ends if n <= m.LARGEST])


def same(found: Tensor, expected: Tensor, n: Tensor) -> None:
    """Name the first few n that differ: a comparison of two long lists would have pytest write out their difference."""
    differ = n[found != expected].tolist()
    assert not differ[:5], f"{len(differ)} differ"


def agrees_with_minimize(least_sums: LeastSums, largest: int = m.LARGEST) -> None:
    n = numbers()
    n = n[n <= largest]
    same(least_sums(n), torch.tensor([m.least_sum(k) for k in n.tolist()]), n)


def agrees_with_the_sieve(least_sums: LeastSums) -> None:
    n = torch.arange(100_001)
    same(least_sums(n), torch.from_numpy(m.brute_force_table(100_000)), n)


@pytest.mark.parametrize("agreement", [agrees_with_minimize, agrees_with_the_sieve], ids=lambda f: f.__name__)
def test_least_sums(agreement: Callable[[LeastSums], None]) -> None:
    agreement(m.least_sums)


def test_both_kinds_of_steps_agree_everywhere() -> None:
    n = numbers()
    same(batch._scan(n, floats=False), batch._scan(n, floats=True), n)


FAULTS = {
    "forgets a = b = 0": ("_scan", "torch.minimum(n, p + ((odd - d) >> 2))", "p + ((odd - d) >> 2)"),
    "no parity": ("_step_in_integers", "q += (q ^ p) & 1", "q += 0"),
    "the root of d": ("_step_in_integers", "q = _root(d - 1) + 1", "q = _root(d)"),
    "a root one too large": ("_step_in_integers", "q = _root(d - 1) + 1", "q = _root(d - 1) + 2"),
    "d grows by 2p": ("_step_in_integers", "d += 2 * p + 1", "d += 2 * p"),
    "no parity, floats": ("_step_in_floats", "q.sub_(p).mul_(0.5).ceil_().mul_(2).add_(p)", "q"),
    "the floor of the root, floats": ("_step_in_floats", "d.sqrt().ceil_()", "d.sqrt().floor_()"),
    "a root one too large, floats": ("_step_in_floats", "d.sqrt().ceil_()", "d.sqrt().ceil_().add_(1)"),
    "d grows by 2p, floats": ("_step_in_floats", "d.add_(p, alpha=2).add_(1)", "d.add_(p, alpha=2)"),
    "stops one p early": ("_scan", "p + 1 < best", "p + 2 < best"),
    "starts from the wrong d": ("_scan", "d = odd * (4 * r + 1) - 4 * e", "d = -4 * e"),
    "keeps nothing that is done": ("_scan", "sums[place] = best", "sums[place] = p"),
    "loses its place": ("_scan", "place[live]", "live"),
}


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("sieve", [False, True], ids=["minimize", "sieve"])
def test_a_planted_fault_is_noticed(fault: str, sieve: bool, planted: Callable[[Any, str, str], Any]) -> None:
    where, right, wrong = FAULTS[fault]
    changed = {where: planted(getattr(batch, where), right, wrong)}
    if fault == "stops one p early":
        # Up to 15 further p are looked at after the last sieve, which hides this fault: sieve after every p.
        changed["_STEPS_BETWEEN_SIEVES"] = 1
    scan = FunctionType((changed.get("_scan") or batch._scan).__code__, {**vars(batch), **changed})
    floats = where != "_step_in_integers"
    with pytest.raises(AssertionError):
        if sieve:
            agrees_with_the_sieve(lambda n: scan(n, floats))
        else:
            # Small numbers only: a fault that misses the minimum makes the scan of a large one very long.
            agrees_with_minimize(lambda n: scan(n, floats), largest=10**12)


def test_chunks_shapes_and_devices_change_nothing() -> None:
    n = numbers()[:240]
    sums = m.least_sums(n)
    for chunk in (1, 7, 239, 240, 10**6):
        assert torch.equal(m.least_sums(n, chunk=chunk), sums)
    grid = n.reshape(3, 4, 20).transpose(0, 2)
    assert torch.equal(m.least_sums(grid), sums.reshape(3, 4, 20).transpose(0, 2))
    assert m.least_sums(torch.tensor(130)).item() == 23
    assert m.least_sums(torch.empty(0, 3, dtype=torch.int64)).shape == (0, 3)
    before = n.clone()
    m.least_sums(n)
    assert torch.equal(n, before)


@pytest.mark.gpu
def test_the_accelerator_agrees() -> None:
    name = "cuda" if torch.cuda.is_available() else "mps" if torch.backends.mps.is_available() else None
    if name is None:
        pytest.skip("no CUDA or MPS device")
    n = numbers()
    there = m.least_sums(n.to(name))
    assert there.device.type == name
    assert torch.equal(there.cpu(), m.least_sums(n))
    assert torch.equal(m.excesses(n[n > 0].to(name)), m.excesses(n[n > 0]))


@pytest.mark.parametrize("precision", [torch.float64, torch.float32])
def test_roots_are_exact_in_either_precision(precision: torch.dtype) -> None:
    """float32 is what a device without float64 offers; its first guess is wrong by hundreds for large n."""
    n = numbers()
    same(batch._root(n, precision), torch.tensor([math.isqrt(k) for k in n.tolist()]), n)
    guess = n.to(torch.float32).sqrt().to(torch.int64)
    assert (guess - batch._root(n)).abs().max() > 10


def test_excesses_agree_with_the_scalar_ones() -> None:
    n = numbers()
    n = n[n > 0]
    found = m.excesses(n)
    assert found.dtype == torch.float64 and found.shape == n.shape
    for k, value in zip(n.tolist(), found.tolist(), strict=True):
        assert math.isclose(value, m.excess(k), rel_tol=1e-14), k
    assert torch.equal(m.excesses(n, m.least_sums(n)), found)


@pytest.mark.parametrize(
    ("value", "error", "named"),
    [
        (torch.tensor([3, -1]), ValueError, "got -1"),
        (torch.tensor([2.5]), TypeError, "float32"),
        (torch.tensor([3], dtype=torch.int32), TypeError, "int32"),
        ([1, 2], TypeError, "list"),
        (5, TypeError, "int"),
    ],
)
def test_bad_input_is_named(value: Any, error: type[Exception], named: str) -> None:
    with pytest.raises(error, match=f"least_sums .*{named}"):
        m.least_sums(value)


def test_a_bad_chunk_or_zero_is_named() -> None:
    with pytest.raises(ValueError, match="chunk of at least 1 entry, got 0"):
        m.least_sums(torch.tensor([3]), chunk=0)
    with pytest.raises(ValueError, match="excesses needs integers n >= 1, got 0"):
        m.excesses(torch.tensor([0, 3]))
