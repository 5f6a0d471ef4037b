"""Factors, slices, members and the nearest Monarch matrix, each against another way to the same number."""

from __future__ import annotations

import itertools

import pytest
import torch
from torch import Tensor

from assayer.results import low_rank
from assayer.results import monarch as m
from assayer.results.monarch import pictures, timing

CPU = torch.device("cpu")
PAIRS = [(16, 4), (12, 3), (12, 4), (30, 5), (6, 1), (6, 6), (1, 1)]


def normal(*shape: int, seed: int) -> Tensor:
    return low_rank.normal(*shape, seed=seed, where=CPU)


def factors(n: int, b: int, seed: int = 1) -> tuple[Tensor, Tensor]:
    p = n // b
    return normal(b, p, p, seed=seed), normal(p, b, b, seed=seed + 1)


@pytest.mark.parametrize(("n", "b"), PAIRS)
def test_entries_are_products_of_two_numbers(n: int, b: int) -> None:
    L, R = factors(n, b)
    p, M = n // b, m.dense(L, R)
    for i, j, k, q in itertools.product(range(p), range(b), range(p), range(b)):
        assert M[i * b + j, k * b + q] == L[j, i, k] * R[k, j, q]
    assert torch.allclose(m.by_factors(L, R), M, rtol=1e-14, atol=0)


@pytest.mark.parametrize(("n", "b"), PAIRS)
def test_products_and_their_inverse(n: int, b: int) -> None:
    L, R = factors(n, b)
    x = normal(3, n, seed=9)
    assert torch.allclose(m.multiply(L, R, x), x @ m.dense(L, R).mT)
    assert torch.allclose(m.multiply(L, R, x[0]), m.dense(L, R) @ x[0])
    assert torch.allclose(m.inverse_product(L, R, m.multiply(L, R, x)), x)


def test_the_permutation_is_a_transposition() -> None:
    x = torch.arange(12)
    out = m.transposed(x, 3)
    assert all(out[j * 4 + k] == x[k * 3 + j] for j in range(3) for k in range(4))
    assert torch.equal(m.transposed(out, 4), x)
    assert torch.equal(m.transposed(torch.stack([x, -x]), 3), torch.stack([out, -out]))
    square = torch.arange(9)
    assert torch.equal(m.transposed(m.transposed(square, 3), 3), square)


def test_slices_are_cut_and_put_back() -> None:
    A = normal(12, 12, seed=4)
    S = m.slices(A, 3)
    assert S.shape == (3, 4, 4, 3) and torch.equal(m.unsliced(S), A)
    assert S[2, 1, 3, 0] == A[3 * 3 + 2, 1 * 3 + 0]


def test_the_nearest_matrix_and_its_distance() -> None:
    A = normal(12, 12, seed=5)
    for b in (2, 3, 4, 6):
        near = m.dense(*m.nearest(A, b))
        assert m.distance(A, near) == pytest.approx(1 - m.kept(A, b), rel=1e-12)
        assert int(m.slice_ranks(near, b).max()) == 1
        assert m.distance(A, m.dense(*m.nearest(A, b, which=1))) > 1 - m.kept(A, b)
        # Another Monarch matrix, a little away from the nearest one, is farther.
        L, R = m.nearest(A, b)
        for seed in range(3):
            moved = m.dense(L + 1e-3 * normal(*L.shape, seed=seed), R)
            assert m.distance(A, moved) > m.distance(A, near)
        assert m.descend(A, b, seed=1) >= m.distance(A, near) * (1 - 1e-12)
    L, R = factors(12, 3)
    assert m.distance(m.dense(L, R), m.dense(*m.nearest(m.dense(L, R), 3))) < 1e-28
    found = m.nearest(A, 3)
    assert found[0].shape == (3, 4, 4) and found[1].shape == (4, 3, 3)


def test_the_search_comes_down_to_the_slices() -> None:
    A = normal(9, 9, seed=6)
    assert m.descend(A, 3, seed=2, steps=200) == pytest.approx(1 - m.kept(A, 3), rel=1e-4)
    assert m.descend(A, 3, seed=2, steps=1) > m.descend(A, 3, seed=2, steps=40)


def test_counts() -> None:
    for n, b, batch in ((16, 4, 1), (12, 3, 5), (30, 5, 2)):
        assert m.counted(n, b, batch) == m.operations(n, b, batch) == 2 * batch * n * (b + n // b)
    assert m.storage(16, 4) == 2 * 4**3
    L, R = factors(12, 3)
    assert L.numel() + R.numel() == m.storage(12, 3)


@pytest.mark.parametrize(("n", "b"), [(16, 4), (12, 3), (12, 4), (30, 6), (5, 5), (5, 1)])
def test_fourier(n: int, b: int) -> None:
    F = m.dft(n)
    signal = torch.complex(normal(n, seed=1), normal(n, seed=2))
    assert torch.allclose(F @ signal, torch.fft.fft(signal))
    order = m.stride(n, b)
    assert sorted(order.tolist()) == list(range(n))
    L, R = m.fft_factors(n, b)
    assert torch.allclose(m.dense(L, R), F[:, order])
    assert torch.allclose(m.multiply(L, R, signal[order]), torch.fft.fft(signal))
    assert int(m.slice_ranks(F[:, order], b).max()) == 1
    assert int(m.slice_ranks(F, b).max()) == min(b, n // b)


def test_hadamard_is_orthogonal_and_a_member() -> None:
    H = m.hadamard(4)
    assert torch.equal(H @ H.mT, 16 * torch.eye(16, dtype=torch.float64))
    assert m.hadamard(0).tolist() == [[1.0]]
    by_bits = [[(-1) ** (row & column).bit_count() for column in range(16)] for row in range(16)]
    assert H.tolist() == by_bits
    assert all(int(m.slice_ranks(H, b).max()) == 1 for b in (1, 2, 4, 8, 16))


@pytest.mark.parametrize("kind", m.KINDS)
def test_samples_have_their_moments(kind: str) -> None:
    A = m.sample(kind, 200, seed=3)
    assert torch.equal(A, m.sample(kind, 200, seed=3)) and not torch.equal(A, m.sample(kind, 200, seed=4))
    mean, square = float(A.mean()), float((A**2).mean())
    if kind == "uniform":
        assert mean == pytest.approx(0.5, abs=0.01) and square == pytest.approx(1 / 3, abs=0.01)
    else:
        # Ten standard errors of the sampled mean.
        assert abs(mean) < 10 * square**0.5 / 200
        assert float((A**4).mean()) / square**2 == pytest.approx(m.FOURTH[kind], rel=0.15)


def test_truncated_svd() -> None:
    A = torch.diag(torch.tensor([3.0, 2.0, 1.0, 0.0], dtype=torch.float64))
    assert m.truncated(A, 1) == pytest.approx(5 / 14)
    assert m.truncated(A, 3) == 0


def test_a_winner_is_named_beyond_chance_only() -> None:
    found = m.compare("sparse 0.2", 4, 40)
    assert found.gap == pytest.approx(float((found.svd - found.monarch).mean()))
    assert found.error == pytest.approx(float((found.svd - found.monarch).std()) / 40**0.5)
    assert found.nearer(1e-3) == "Monarch"
    assert m.Compared(found.svd, found.monarch).nearer(1e-3) == "SVD"
    assert m.Compared(found.monarch, found.monarch + torch.tensor([1.0, -1.0] * 20)).nearer(1e-3) == "undecided"
    assert len(m.compare("normal", 2, 2).svd) == 2
    A = m.sample("sparse 0.2", 16, 7)
    assert float(found.monarch[7]) == pytest.approx(1 - m.kept(A, 4))
    assert float(found.svd[7]) == pytest.approx(m.truncated(A, 4))


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: m.parts(6, 4), "4 does not divide 6"),
        (lambda: m.transposed(torch.ones(6), 4), "4 does not divide 6"),
        (lambda: m.slices(torch.ones(2, 4), 2), "A must be square"),
        (lambda: m.dense(torch.ones(2, 3, 3), torch.ones(2, 2, 2)), "L and R must have shapes"),
        (lambda: m.dense(torch.ones(3, 3), torch.ones(2, 2, 2)), "L and R must have shapes"),
        (lambda: m.multiply(*factors(4, 2), torch.ones(5)), "4 entries in its last axis, not 5"),
        (lambda: m.nearest(torch.ones(4, 4), 2, which=2), "pairs 0 to 1, not 2"),
        (lambda: m.sample("cauchy", 4, 1), "no kind is called 'cauchy'"),
        (lambda: m.compare("normal", 1, 2), "m must be at least 2"),
        (lambda: m.compare("normal", 2, 1), "seeds must be at least 2, not 1"),
        (lambda: m.hadamard(-1), "doublings must be at least 0, not -1"),
        (lambda: m.truncated(torch.eye(2), 0), "rank must be at least 1"),
    ],
)
def test_bad_input_is_named(call: object, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        call()  # type: ignore[operator]


def test_a_block_without_inverse_is_named() -> None:
    L, R = factors(4, 2)
    with pytest.raises(torch.linalg.LinAlgError):
        m.inverse_product(torch.zeros_like(L), R, torch.ones(1, 4, dtype=torch.float64))


def test_the_figure_of_the_factors() -> None:
    for j, k in itertools.product(pictures.PLACES_J, pictures.PLACES_K):
        marks = pictures.touched(j, k)
        assert torch.equal(marks["M"], pictures.slice_places(j, k))
        assert int(marks["L"].sum()) == pictures.P and int(marks["R"].sum()) == pictures.B
        assert bool(marks["L"][j * pictures.P : (j + 1) * pictures.P, j * pictures.P + k].all())
        assert bool(marks["R"][k * pictures.B + j, k * pictures.B : (k + 1) * pictures.B].all())
    fig = pictures.draw_factors(1, 2)
    filled = [sum(patch.get_fill() for patch in ax.patches) for ax in fig.axes]
    assert filled == [pictures.P * pictures.B, pictures.P, pictures.B]
    assert [ax.get_title() for ax in fig.axes] == ["M: the slice", "L: column 2 of block 1", "R: row 1 of block 2"]
    assert "rows 1, 4, 7, 10 and columns 6, 7, 8" in pictures.factors_alt(1, 2)


def test_the_figure_of_the_shares() -> None:
    shares = pictures.shares()
    least = [1 / min(b, pictures.N // b) for b in pictures.DIVISORS]
    assert shares["Fourier F"] == pytest.approx(least)
    assert shares["Fourier, columns sorted, F Q"] == pytest.approx([1.0] * 7)
    assert all(one >= low - 1e-12 for one, low in zip(shares["normal"], least, strict=True))
    axes = pictures.draw_shares().axes[0]
    drawn = {line.get_label(): line.get_ydata() for line in axes.lines}
    assert set(drawn) == set(shares) and all(drawn[name] == pytest.approx(shares[name]) for name in shares)


def test_what_is_timed_is_one_product(monkeypatch: pytest.MonkeyPatch) -> None:
    ways = timing.contenders(16, 3)
    assert set(ways) == {"dense", "two bmm", "fft"}
    assert torch.allclose(ways["dense"](), ways["two bmm"](), atol=1e-4)
    assert timing.seconds(ways["dense"], 3) > 0
    monkeypatch.setattr(timing, "multiply", lambda L, R, x: 2 * m.multiply(L, R, x))
    with pytest.raises(timing.Disagreement, match="n = 16"):
        timing.contenders(16, 3)
    with pytest.raises(ValueError, match="must be a square, not 12"):
        timing.contenders(12, 3)


def test_the_crossover_lasts_to_the_end() -> None:
    assert timing.crossover({4: 2.0, 16: 0.5, 64: 1.5, 256: 3.0}) == 64
    assert timing.crossover({4: 2.0, 16: 0.5}) is None
    assert timing.crossover({4: 1.1, 16: 2.0}) == 4
