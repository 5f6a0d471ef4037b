"""Gradients, costs and moments of redrawn adapters, each against another way to the same number."""

from __future__ import annotations

import itertools

import pytest
import torch
from torch import Tensor

from assayer.results import lora_gradient as m
from assayer.results import low_rank
from assayer.results.lora_gradient import pictures

CPU = torch.device("cpu")


def normal(*shape: int, seed: int) -> Tensor:
    return low_rank.normal(*shape, seed=seed, where=CPU)


@pytest.fixture
def factors() -> tuple[Tensor, Tensor, Tensor]:
    return normal(5, 4, seed=1), normal(5, 2, seed=2), normal(2, 4, seed=3)


def test_the_gradients_are_those_of_differences(factors: tuple[Tensor, Tensor, Tensor]) -> None:
    W0, A, B = factors
    loss = lambda W: ((W - 1) ** 4).sum()
    found = m.autograd(loss, W0, A, B)
    a, b = m.factor_gradients(found.full, A, B)
    assert torch.allclose(found.a, a) and torch.allclose(found.b, b)
    h = 1e-6
    for which, gradient in ((0, a), (1, b)):
        for place in itertools.product(*map(range, gradient.shape)):
            pair = [A.clone(), B.clone()]
            ends = []
            for sign in (1, -1):
                moved = [x.clone() for x in pair]
                moved[which][place] += sign * h
                ends.append(loss(W0 + moved[0] @ moved[1]))
            slope = (ends[0] - ends[1]) / (2 * h)
            # The third derivative of the loss along one entry, times h²/6, and the rounding of the difference.
            assert abs(float(slope - gradient[place])) < 1e-5 * max(1.0, float(gradient.abs().max()))


def test_a_loss_that_does_not_see_w_has_no_gradient(factors: tuple[Tensor, Tensor, Tensor]) -> None:
    with pytest.raises((ValueError, RuntimeError)):
        m.autograd(lambda W: torch.zeros((), dtype=torch.float64, requires_grad=True), *factors)


def test_one_step(factors: tuple[Tensor, Tensor, Tensor]) -> None:
    G, A, B = factors
    a, b = m.factor_gradients(G, A, B)
    for rate in (0.5, 1e-3):
        moved = (A - rate * a) @ (B - rate * b) - A @ B
        assert torch.allclose(m.step(G, A, B, rate), moved)
        assert not torch.allclose(m.step(G, A, B, rate), m.step(G, A, B, -rate))


def test_balance_drifts_in_second_order_only(factors: tuple[Tensor, Tensor, Tensor]) -> None:
    G, A, B = factors
    a, b = m.factor_gradients(G, A, B)
    drift = lambda rate: m.balance(A - rate * a, B - rate * b) - m.balance(A, B)
    assert torch.allclose(drift(1e-2), 1e-4 * (a.mT @ a - b @ b.mT))
    assert torch.allclose(drift(2e-2), 4 * drift(1e-2))


@pytest.mark.parametrize("form", m.FORMS)
def test_torch_counts_the_formula(form: str) -> None:
    for layer in ((3, 4, 5, 2), (1, 1, 1, 1), (8, 2, 16, 1)):
        assert m.counted(form, *layer) == m.operations(form, *layer)


def test_the_three_forms_are_one_function() -> None:
    X, W0, A, B = normal(3, 4, seed=1), normal(4, 5, seed=2), normal(4, 2, seed=3), normal(2, 5, seed=4)
    assert torch.allclose(m.merged(X, W0, A, B), m.split(X, W0, A, B))
    assert torch.equal(m.FORMS["full"](X, W0, A, B), X @ W0)


@pytest.mark.parametrize("kind", m.KINDS)
def test_moments_without_a_single_u_are_those_of_the_u(kind: str) -> None:
    G = normal(4, 3, seed=5)
    found = m.moments(G, 500, seed=9, kind=kind, chunk=500)
    assert torch.allclose(found.mean, m.redrawn(G, 500, seed=9, kind=kind))
    source = torch.Generator().manual_seed(9)
    entries = m.redrawn.__globals__["_entries"]
    u, v = entries(kind, 500, 4, source=source), entries(kind, 500, 3, source=source)
    U = torch.einsum("ij,kj,kl->kil", G, v, v) + torch.einsum("ki,kj,jl->kil", u, u, G)
    sizes = (U**2).sum((1, 2)) / (G**2).sum()
    assert found.second == pytest.approx(float(sizes.mean()), rel=1e-12)
    assert found.spread == pytest.approx(float(sizes.std(correction=0)), rel=1e-9)


def test_signs_of_one_row_and_column_are_exact() -> None:
    # n = m = 1: U = 2G for every draw of signs.
    found = m.moments(torch.ones(1, 1, dtype=torch.float64), 50, seed=1, kind="signs")
    assert found.second == 4 and found.spread == 0


def test_one_side_of_full_rank_has_the_stated_second_moment() -> None:
    G = normal(6, 5, seed=8)
    found = m.one_sided(G, 2, 20_000, seed=3)
    # Six standard errors of the sampled mean: 2 false alarms in 10⁹.
    assert abs(found.second - (5 + 2 + 1) / 2) < 6 * found.spread / 20_000**0.5


def test_added_factors_and_their_dimension() -> None:
    A, B = normal(6, 2, seed=1), normal(2, 4, seed=2)
    built = m.additive_blocks(A, B, 6, 4)
    by_hand = torch.stack([torch.stack([A[i, j % 2] + B[i % 2, j] for j in range(4)]) for i in range(6)])
    assert torch.allclose(built, by_hand)
    assert int(torch.linalg.matrix_rank(built)) <= 4
    assert m.dimension(lambda a, b: m.additive_blocks(a, b, 6, 4), A, B) == 2 * (6 + 4 - 2)
    assert m.dimension(lambda a, b: a @ b, A, B) == 16
    one = m.additive(normal(3, 1, seed=1), normal(1, 2, seed=2), 3, 2)
    assert int(torch.linalg.matrix_rank(one)) == 2


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: m.factor_gradients(torch.ones(2, 3), torch.ones(2, 1), torch.ones(2, 3)), "share the rank"),
        (lambda: m.factor_gradients(torch.ones(2, 3), torch.ones(3, 1), torch.ones(1, 3)), "shapes"),
        (lambda: m.operations("dense", 1, 1, 1, 1), "no form is called 'dense'"),
        (lambda: m.counted("dense", 1, 1, 1, 1), "no form is called 'dense'"),
        (lambda: m.counted("split", 0, 1, 1, 1), "b must be at least 1"),
        (lambda: m.moments(torch.ones(2, 2), 1, 1), "draws must be at least 2"),
        (lambda: m.redrawn(torch.ones(2, 2), 1, 1, "uniform"), "no distribution is called 'uniform'"),
        (lambda: m.additive_blocks(torch.ones(3, 2), torch.ones(2, 4), 3, 4), "2 does not divide 3"),
        (lambda: m.additive_blocks(torch.ones(4, 2), torch.ones(2, 2), 4, 4), "must have shapes"),
    ],
)
def test_bad_input_is_named(call: object, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        call()  # type: ignore[operator]


def test_a_count_that_is_no_integer_is_named() -> None:
    with pytest.raises(TypeError, match="draws must be an integer"):
        m.redrawn(torch.ones(2, 2), 1.5, 1)  # type: ignore[arg-type]


def test_the_figure_shows_the_gradient_and_its_mean() -> None:
    G = pictures.gradient()
    assert torch.allclose(torch.linalg.svdvals(G), 0.8 ** torch.arange(16, dtype=torch.float64))
    found, error = pictures.spectrum(8)
    mean = m.redrawn(G, 8, pictures.SEED)
    assert found == pytest.approx(torch.linalg.svdvals(mean).numpy() / 2)
    assert error == pytest.approx(float(torch.linalg.norm(mean / 2 - G) / torch.linalg.norm(G)))
    assert [pictures.directions(K) for K in (1, 2, 64)] == [2, 4, 16]
    assert pictures.predicted_error(42) == pytest.approx(0.5)
    assert "2 singular values that are not 0" in pictures.spectrum_alt(1)
    axes = pictures.draw_spectrum(8).axes[0]
    assert axes.lines[0].get_ydata() == pytest.approx(found) and len(axes.patches) == 16
    assert axes.get_ylim()[1] > max(pictures.spectrum(K)[0].max() for K in pictures.DRAWS)
