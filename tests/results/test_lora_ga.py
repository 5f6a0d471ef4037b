"""Starts, objectives and signs of LoRA-GA, each against another way to the same number."""

from __future__ import annotations

import itertools

import pytest
import torch
from torch import Tensor

from assayer.results import lora_ga as m
from assayer.results import low_rank
from assayer.results.lora_ga import pictures

CPU = torch.device("cpu")


def normal(*shape: int, seed: int) -> Tensor:
    return low_rank.normal(*shape, seed=seed, where=CPU)


@pytest.fixture
def G() -> Tensor:
    return normal(9, 7, seed=1)


def test_the_start_has_orthonormal_directions_and_attains_the_bound(G: Tensor) -> None:
    for r in (1, 2, 3):
        A, B = m.aligned(G, r)
        assert A.shape == (9, r) and B.shape == (r, 7)
        assert torch.allclose(A.mT @ A, torch.eye(r, dtype=A.dtype))
        assert torch.allclose(B @ B.mT, torch.eye(r, dtype=A.dtype))
        X = A @ A.mT @ G + G @ B.mT @ B
        U, S, Vt = torch.linalg.svd(G, full_matrices=False)
        assert torch.allclose(X, U[:, : 2 * r] * S[: 2 * r] @ Vt[: 2 * r])
        assert float(m.objective(G, A, B)) == pytest.approx(float((S[2 * r :] ** 2).sum()))
        assert m.bound(G, r) == pytest.approx(float((S[2 * r :] ** 2).sum()))


def test_every_split_attains_the_bound_and_a_repeated_direction_does_not(G: Tensor) -> None:
    for first in itertools.combinations(range(4), 2):
        A, B = m.aligned(G, 2, first)
        assert float(m.objective(G, A, B)) == pytest.approx(m.bound(G, 2))
    A, _ = m.aligned(G, 2)
    _, B = m.aligned(G, 2, (2, 3))  # B takes 0 and 1, as A does
    assert float(m.objective(G, A, B)) == pytest.approx(float((G * G).sum()))


@pytest.mark.parametrize("first", [(0,), (0, 0), (0, 4), (0, 1, 2), (-1, 0)])
def test_a_split_that_does_not_fit_is_refused(G: Tensor, first: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="among the first 4"):
        m.aligned(G, 2, first)


def test_a_rank_that_does_not_fit_is_refused(G: Tensor) -> None:
    for make in (m.aligned, m.bound, lambda g, r: m.descended(g, r, 1)):
        with pytest.raises(ValueError, match=r"2r must not be above.*r = 4"):
            make(G, 4)
    with pytest.raises(ValueError, match="at least 1"):
        m.aligned(G, 0)
    with pytest.raises(TypeError, match="the rank r"):
        m.aligned(G, 1.5)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="2r must not"):
        m.bound(G[0], 1)
    m.aligned(normal(8, 5, seed=2)[:, :4], 2)  # 2r = min(n, m) fits
    with pytest.raises(ValueError, match="share the rank"):
        m.first_order(G, normal(9, 2, seed=3), normal(3, 7, seed=4))
    with pytest.raises(ValueError, match="shapes"):
        m.second_order(G, normal(7, 2, seed=3), normal(2, 7, seed=4))
    with pytest.raises(ValueError, match="shapes"):
        m.sign_step(G, normal(7, 2, seed=3), normal(2, 7, seed=4))


def test_the_two_orders_make_up_one_step(G: Tensor) -> None:
    A, B = normal(9, 2, seed=3), normal(2, 7, seed=4)
    rate = 0.3
    moved = (A - rate * G @ B.mT) @ (B - rate * A.mT @ G) - A @ B
    assert torch.allclose(moved, -rate * m.first_order(G, A, B) + rate**2 * m.second_order(G, A, B))


def test_the_least_distance_is_that_of_the_best_multiple(G: Tensor) -> None:
    X = m.first_order(G, *m.pissa(normal(9, 7, seed=5), 2))
    t = float((X * G).sum() / (X * X).sum())
    assert t > 0
    at = lambda s: float(((s * X - G) ** 2).sum())
    assert m.least_distance(X, G) == pytest.approx(at(t))
    assert m.least_distance(X, G) < min(at(t + 0.1), at(t - 0.1))
    whole = float((G * G).sum())
    assert m.least_distance(-X, G) == m.least_distance(0 * X, G) == whole
    assert m.share_left(G, *m.aligned(G, 2)) == pytest.approx(m.bound(G, 2) / whole)
    assert m.share_left(3 * G, *m.aligned(G, 2)) == pytest.approx(m.bound(G, 2) / whole)


def test_the_search_reaches_the_bound_and_not_below(G: Tensor) -> None:
    for seed in (1, 3):
        found = m.descended(G, 2, seed)
        # L-BFGS stops where the slope is small; the objective is then nearer than the square of that.
        assert -1e-12 < found / m.bound(G, 2) - 1 < 1e-6
    assert m.descended(G, 2, 1, steps=1) > 1.01 * m.bound(G, 2)


def test_starts_from_the_weights_give_them_back(G: Tensor) -> None:
    W0 = normal(9, 7, seed=5)
    U, S, Vt = torch.linalg.svd(W0, full_matrices=False)
    A, B = m.pissa(W0, 3)
    assert torch.allclose(A @ B, U[:, :3] * S[:3] @ Vt[:3])
    assert torch.allclose(A.mT @ A, torch.diag(S[:3])) and torch.allclose(B @ B.mT, torch.diag(S[:3]))
    A, B = m.olora(W0, 7)
    assert torch.allclose(A @ B, W0)
    A, B = m.olora(W0, 3)
    assert A.shape == (9, 3) and B.shape == (3, 7)
    assert torch.allclose(B @ B.mT, torch.eye(3, dtype=B.dtype))
    assert torch.allclose(B @ (A @ B).mT, B @ W0.mT)  # Qᵀ of both sides of W0ᵀ = QR


def test_the_usual_start(G: Tensor) -> None:
    A, B = m.standard(400, 7, 50, seed=3)
    assert A.shape == (400, 50) and B.shape == (50, 7) and not B.any()
    # 20000 normal entries: the mean square is 1/n within six standard errors of √(2/20000).
    assert float((A * A).mean()) * 400 == pytest.approx(1, abs=6 * (2 / 20000) ** 0.5)
    assert torch.equal(A, m.standard(400, 7, 50, seed=3)[0]) and not torch.equal(A, m.standard(400, 7, 50, 4)[0])


def test_the_start_with_singular_values_misses_what_the_chapter_says(G: Tensor) -> None:
    S = torch.linalg.svdvals(G)
    A, B = m.weighted(G, 2)
    assert torch.allclose(torch.linalg.norm(B, dim=1), S[2:4])
    expected = ((S[2:4] ** 3 - S[2:4]) ** 2).sum() + (S[4:] ** 2).sum()
    assert float(m.objective(G, A, B)) == pytest.approx(float(expected))
    D = torch.diag(torch.tensor([3.0, 2.0, 1.0], dtype=torch.float64))
    assert float(m.objective(D, *m.weighted(D, 1))) == pytest.approx(37)
    assert float(m.objective(D, *m.aligned(D, 1))) == pytest.approx(1)


def test_the_step_with_signs_is_that_of_adam(G: Tensor) -> None:
    A, B = normal(9, 2, seed=3), normal(2, 7, seed=4)
    rate = 1e-4
    leaves = [x.clone().requires_grad_(True) for x in (A, B)]
    search = torch.optim.Adam(leaves, lr=rate, eps=0.0)
    (G * (leaves[0] @ leaves[1])).sum().backward()
    search.step()
    moved = (leaves[0] @ leaves[1] - A @ B).detach()
    # What is left is the product of the two moves: r rate² in each entry at most.
    assert float((moved + rate * m.sign_step(G, A, B)).abs().max()) <= 2.001 * rate**2
    X, H = m.sign_step(G, A, B), G.sign()
    assert m.sign_share(G, A, B) == pytest.approx(m.least_distance(X, H) / 63)


def test_the_search_with_signs_never_ends_above_its_start(G: Tensor) -> None:
    begin = m.aligned(G, 2)
    at_start = m.sign_share(G, *begin)
    found = m.searched(G, begin, steps=100)
    assert m.sign_share(G, *found) < at_start
    assert torch.equal(begin[0], m.aligned(G, 2)[0])  # the start itself is not changed
    wild = m.searched(G, begin, steps=3, rate=100.0)
    assert m.sign_share(G, *wild) <= at_start
    named = m.options(G, 2)
    assert tuple(named) == m.OPTIONS
    assert named[m.OPTIONS[0]] == at_start
    assert named[m.OPTIONS[1]] == m.sign_share(G, *m.aligned(G.sign(), 2))
    assert named[m.OPTIONS[2]] < min(named[m.OPTIONS[0]], named[m.OPTIONS[1]])
    assert named[m.OPTIONS[2]] >= m.bound(G.sign(), 2) / 63


@pytest.fixture
def made() -> m.Problem:
    return m.problem(3, b=20, n=6, m=5)


def test_a_problem_is_solved_by_another_matrix_of_full_rank(made: m.Problem) -> None:
    assert made.X.shape == (20, 6) and made.W0.shape == (6, 5) and made.Y.shape == (20, 5)
    one, two = made.W0, made.W0 + 1
    by_hand = [float(((torch.tanh(made.X @ W) @ made.C - made.Y) ** 2).sum() / 200) for W in (one, two)]
    assert made.loss(torch.stack([one, two])).tolist() == pytest.approx(by_hand)
    slope, h = made.gradient(), 1e-6
    for place in ((0, 0), (5, 4), (2, 3)):
        move = torch.zeros_like(one)
        move[place] = h
        found = float(made.loss(one + move) - made.loss(one - move)) / (2 * h)
        assert found == pytest.approx(float(slope[place]), rel=1e-4)
    assert not torch.equal(m.problem(4, b=20, n=6, m=5).Y, made.Y)
    trained_long = m.trained(made, None, [1.0, 2.0, 4.0], [1.0], (1000,))
    assert float(trained_long.min()) < float(made.loss(made.W0)) / 100  # some W fits Y
    steep = m.problem(3, b=20, n=6, m=5, decay=8.0)
    assert float(steep.loss(steep.W0)) < float(made.loss(made.W0))


def test_starts_by_name(made: m.Problem) -> None:
    slope = made.gradient()
    expected = {
        "standard": m.standard(6, 5, 2, 9),
        "PiSSA": m.pissa(made.W0, 2),
        "OLoRA": m.olora(made.W0, 2),
        "LoRA-GA": m.aligned(slope, 2),
        "LoRA-GA in peft": m.weighted(slope, 2),
    }
    assert tuple(expected) == m.METHODS
    for name, (A, B) in expected.items():
        found = m.start(name, made, 2, 9)
        assert torch.equal(found[0], A) and torch.equal(found[1], B)
    with pytest.raises(ValueError, match="no start is called 'GA': one of standard"):
        m.start("GA", made, 2, 9)


def test_training_is_gradient_descent_on_the_factors(made: m.Problem) -> None:
    A0, B0 = m.aligned(made.gradient(), 2)
    rates, scales, stops = [0.5, 2.0, 1e200], [0.5, 2.0], (0, 1, 3)
    found = m.trained(made, (A0, B0), rates, scales, stops)
    assert found.shape == (3, 2, 3)
    assert torch.allclose(found[..., 0], made.loss(made.W0).expand(3, 2))
    for i, j in itertools.product(range(2), range(2)):
        A, B = (scales[j] * x.clone() for x in (A0, B0))
        base = made.W0 - A @ B
        for count in range(1, 4):
            A.requires_grad_(True), B.requires_grad_(True)
            made.loss(base + A @ B).backward()
            assert A.grad is not None and B.grad is not None
            A, B = (A - rates[i] * A.grad).detach(), (B - rates[i] * B.grad).detach()
            if count in stops:
                at = stops.index(count)
                assert float(found[i, j, at]) == pytest.approx(float(made.loss(base + A @ B)))
    assert not found.isnan().any()  # a run that diverges is infinite or large, and never the best
    full = m.trained(made, None, [2.0], [1.0], (1,))
    assert float(full) == pytest.approx(float(made.loss(made.W0 - 2.0 * made.gradient())))


def test_training_leaves_the_number_of_threads_as_it_was(made: m.Problem) -> None:
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        m.trained(made, None, [1.0], [1.0], (1,))
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(before)


def test_the_best_of_a_grid() -> None:
    losses = torch.tensor([[[5.0, 5.0], [5.0, 5.0]], [[5.0, 2.0], [1.0, 5.0]], [[5.0, 5.0], [5.0, 5.0]]])
    assert m.tuned(losses) == m.Tuned((1.0, 2.0), inside=True)
    losses[2, 0, 1] = 0.5
    assert m.tuned(losses) == m.Tuned((1.0, 0.5), inside=False)
    losses[2, 0, 1], losses[0, 1, 0] = 5.0, 0.25
    assert m.tuned(losses) == m.Tuned((0.25, 2.0), inside=False)


def test_the_picture() -> None:
    sizes = torch.linalg.svdvals(pictures.gradient())
    assert torch.allclose(sizes, 0.8 ** torch.arange(16, dtype=sizes.dtype))
    for r in pictures.RANKS:
        assert pictures.left_by_gradient(r) == pytest.approx(float((sizes[2 * r :] ** 2).sum() / (sizes**2).sum()))
        assert pictures.beyond(r) == pytest.approx(pictures.left_by_gradient(r), abs=1e-14)
        assert pictures.left_by_weights(r) == m.share_left(pictures.gradient(), *m.pissa(pictures.weights(), r))
        assert pictures.left_at_random(r) == pytest.approx((25 - 0) / (25 + r))
        fig = pictures.draw_capture(r)
        bars, curves = fig.axes
        heights = [bar.get_height() for bar in bars.patches]
        assert heights == pytest.approx((sizes**2).tolist())
        colours = [bar.get_facecolor()[:3] for bar in bars.patches]
        assert len(set(colours[:r])) == 1 and len(set(colours[r : 2 * r])) == 1 and colours[0] != colours[r]
        assert len(set(colours[2 * r :])) == (1 if r < 8 else 0)
        assert [line.get_ydata()[pictures.RANKS.index(r)] for line in curves.lines[:3]] == [
            pictures.left_at_random(r),
            pictures.left_by_weights(r),
            pictures.left_by_gradient(r),
        ]
        text = pictures.capture_alt(r)
        assert f"At rank {r} " in text and f"{pictures.left_by_gradient(r):.3f}" in text
    assert float((pictures.weights() ** 2).sum()) == pytest.approx(16, rel=0.3)
