"""LoRA-Pro: the directions, what they reach, and the runs on a problem that is solved."""

from __future__ import annotations

from itertools import pairwise

import pytest
import scipy.linalg
import torch
from torch import Tensor

from assayer.results import lora_pro as results
from assayer.results.lora_pro.training import CPU
from assayer.results.low_rank import normal

N, M, RANK = 9, 7, 2
NOTHING = torch.zeros(RANK, RANK, dtype=torch.float64)


def drawn(seed: int = 0, n: int = N, m: int = M, r: int = RANK) -> tuple[Tensor, Tensor, Tensor]:
    return tuple(  # type: ignore[return-value]
        normal(*shape, seed=10 * seed + k, where=CPU) for k, shape in enumerate([(n, m), (n, r), (r, m)])
    )


def small(one: Tensor | float, size: Tensor | float = 1.0) -> bool:
    """No larger than rounding makes of `size` in problems of these sizes, whose conditions are below 10³."""
    return float(torch.as_tensor(one).norm()) <= 1e-11 * float(torch.as_tensor(size).norm())


def projectors(A: Tensor, B: Tensor) -> tuple[Tensor, Tensor]:
    return A @ torch.linalg.pinv(A), torch.linalg.pinv(B) @ B


@pytest.mark.parametrize("choice", results.CHOICES)
@pytest.mark.parametrize("shape", [(9, 7, 2), (5, 8, 3), (4, 4, 1), (3, 3, 3)])
def test_every_choice_has_the_projection_for_its_equivalent_gradient(choice: str, shape: tuple[int, int, int]) -> None:
    G, A, B = drawn(1, *shape)
    P, R = projectors(A, B)
    expected = P @ G + G @ R - P @ G @ R
    step = results.aligned(G @ B.mT, A.mT @ G, A, B, choice)
    assert small(step.equivalent(A, B) - expected, G) and small(results.tangent(G, A, B) - expected, G)
    assert small(results.missed(G, A, B) - (G - expected), G)


def test_the_minimum_is_that_of_the_whole_system() -> None:
    for seed, (n, m, r) in enumerate([(9, 7, 2), (5, 8, 3), (4, 4, 1)]):
        G, A, B = drawn(seed, n, m, r)
        least, rank = results.by_brute_force(G, A, B)
        assert rank == r * (n + m - r)
        assert abs(least - float((results.missed(G, A, B) ** 2).sum())) <= 1e-10 * float((G**2).sum())
    G, A, B = drawn(3, 3, 5, 3)
    assert results.by_brute_force(G, A, B)[1] == 15 and small(results.missed(G, A, B), G)


def test_the_choices_are_what_they_say() -> None:
    G, A, B = drawn(4)
    gradients = G @ B.mT, A.mT @ G
    steps = {choice: results.aligned(*gradients, A, B, choice) for choice in results.CHOICES}
    P, R = projectors(A, B)
    S, T = torch.linalg.inv(A.mT @ A), torch.linalg.inv(B @ B.mT)
    assert small(steps["plain"].a - G @ B.mT @ T, G) and small(steps["plain"].b - S @ A.mT @ G @ (torch.eye(M) - R), G)
    half = torch.eye(N) - P / 2, torch.eye(M) - R / 2
    assert small(steps["symmetric"].a - half[0] @ G @ B.mT @ T, G)
    assert small(steps["symmetric"].b - S @ A.mT @ G @ half[1], G)

    def size(F: Tensor, kind: str, base: str) -> float:
        a, b = steps[base].a + A @ F, steps[base].b - F @ B
        if kind == "nearest":
            return float(((a - gradients[0]) ** 2).sum() + ((b - gradients[1]) ** 2).sum())
        return float(((a @ B - A @ b) ** 2).sum())

    for kind in ("nearest", "symmetric"):
        least = size(NOTHING, kind, kind)
        for seed in range(5):
            F = 0.1 * normal(RANK, RANK, seed=seed, where=CPU)
            assert size(F, kind, kind) > least
        assert size(NOTHING, kind, "plain") > least


def test_sylvester_against_scipy() -> None:
    K, L = (x @ x.mT + torch.eye(4) for x in (normal(4, 4, seed=1, where=CPU), normal(4, 4, seed=2, where=CPU)))
    right = normal(4, 4, seed=3, where=CPU)
    found = results.sylvester(K, L, right)
    assert small(found - torch.from_numpy(scipy.linalg.solve_sylvester(K.numpy(), L.numpy(), right.numpy())), found)
    assert small(K @ found + found @ L - right, right)
    stacked = results.sylvester(torch.stack([K, L]), torch.stack([L, K]), torch.stack([right, right]))
    assert small(stacked[0] - found, found) and not small(stacked[1] - found, found)
    with pytest.raises(ValueError, match="positive definite"):
        results.sylvester(-K, L, right)
    with pytest.raises(ValueError, match="positive definite"):
        results.sylvester(K, 0 * L, right)


def test_scaled_descent_counts_one_part_twice() -> None:
    G, A, B = drawn(5)
    P, R = projectors(A, B)
    step = results.preconditioned(G @ B.mT, A.mT @ G, A, B)
    assert small(step.equivalent(A, B) - (P @ G + G @ R), G)
    assert not small(step.equivalent(A, B) - results.tangent(G, A, B), G)


def test_batches_are_their_members() -> None:
    G, A, B = (torch.stack(parts) for parts in zip(drawn(6), drawn(7), strict=True))
    whole = results.aligned(G @ B.mT, A.mT @ G, A, B)
    for k in range(2):
        one = results.aligned(G[k] @ B[k].mT, A[k].mT @ G[k], A[k], B[k])
        assert small(whole.a[k] - one.a, one.a) and small(whole.b[k] - one.b, one.b)


def test_what_does_not_fit_is_refused() -> None:
    G, A, B = drawn(8)
    with pytest.raises(ValueError, match="shapes"):
        results.gram(A, B[:-1])
    with pytest.raises(ValueError, match="shapes"):
        results.gram(A[:, 0], B)
    with pytest.raises(ValueError, match="exceeds the smaller side 7"):
        results.gram(normal(9, 8, seed=1, where=CPU), normal(8, 7, seed=1, where=CPU))
    with pytest.raises(ValueError, match="B must have full row rank"):
        results.gram(A, 0 * B)
    with pytest.raises(ValueError, match="A must have full column rank"):
        results.gram(A[:, :1].expand(N, 2), B)
    with pytest.raises(ValueError, match="no minimiser is called 'best': one of plain, symmetric, nearest"):
        results.aligned(G @ B.mT, A.mT @ G, A, B, "best")


def test_rank_is_judged_for_every_member_and_at_every_scale() -> None:
    _, A, B = drawn(8)
    with pytest.raises(ValueError, match="B must have full row rank"):
        results.gram(torch.stack([A, A]), torch.stack([B, 0 * B]))
    for scale in (1e-20, 1e20):
        K, L = results.gram(scale * A, B / scale)
        assert small(K / scale**2 - A.mT @ A, K / scale**2) and small(L * scale**2 - B @ B.mT, L * scale**2)
        with pytest.raises(ValueError, match="A must have full column rank"):
            results.gram(scale * A[:, :1].expand(N, 2), B)


def test_the_problem_is_what_it_says() -> None:
    problem = results.problems(6, 4, [1, 2], condition=3.0, decay=0.5)
    values = torch.linalg.eigvalsh(problem.H)
    assert torch.allclose(values[:, -1], torch.ones(2, dtype=torch.float64), rtol=1e-12, atol=0)
    assert torch.allclose(values[:, 0], torch.full((2,), 1 / 9, dtype=torch.float64), rtol=1e-12, atol=0)
    expected = 0.5 ** torch.arange(4, dtype=torch.float64)
    assert torch.allclose(torch.linalg.svdvals(problem.target), expected.expand(2, 4), rtol=1e-12, atol=0)
    D = normal(2, 6, 4, seed=3, where=CPU).requires_grad_(True)
    problem.loss(D).sum().backward()
    assert small(D.grad - problem.gradient(D.detach()), D.grad)
    roots = [torch.linalg.cholesky(H).mT for H in problem.H]
    by_hand = [((root @ (D[k] - problem.target[k])) ** 2).sum() / 2 for k, root in enumerate(roots)]
    assert small(problem.loss(D).detach() - torch.stack(by_hand).detach(), 1.0)
    assert not torch.equal(problem.target[0], problem.target[1])
    for wrong in ({"condition": 0.5}, {"decay": 0.0}, {"decay": 1.1}):
        with pytest.raises(ValueError, match="condition must be"):
            results.problems(6, 4, [1], **wrong)


def test_the_least_loss_is_reached_and_not_passed() -> None:
    problem = results.problems(6, 4, [1])
    assert small(problem.least(4), 1.0) and float(problem.least(0)) > float(problem.least(1)) > float(problem.least(2))
    zero = torch.zeros_like(problem.target)
    assert abs(float(problem.least(0)) - float(problem.loss(zero))) <= 1e-12
    assert abs(float(problem.least(1, -problem.target))) <= 1e-12
    # The best matrix of rank 2 in the metric of H, by hand.
    values, vectors = torch.linalg.eigh(problem.H[0])
    root = vectors * values.sqrt() @ vectors.mT
    left, size, right = torch.linalg.svd(root @ problem.target[0])
    best = torch.linalg.inv(root) @ (left[:, :2] * size[:2]) @ right[:2]
    assert abs(float(problem.loss(best)) - float(problem.least(2))) <= 1e-12


def test_where_runs_begin() -> None:
    seeds = [1, 2]
    problem = results.problems(N, M, seeds)
    A, B = results.begin("standard", problem, RANK, seeds)
    assert A.shape == (2, N, RANK) and not B.any() and 0.3 < float((A**2).mean() * N) < 3
    for start in ("gradient", "random"):
        A, B = results.begin(start, problem, RANK, seeds)
        assert small(A.mT @ A - torch.eye(RANK), 1.0) and small(B @ B.mT - torch.eye(RANK), 1.0)
        assert not torch.equal(A[0], A[1])
    A, B = results.begin("gradient", problem, RANK, seeds)
    G = problem.gradient(torch.zeros_like(problem.target))
    assert small((results.missed(G, A, B) ** 2).sum((-2, -1)) - (torch.linalg.svdvals(G)[:, 4:] ** 2).sum(-1), 1.0)
    assert small(A.mT @ G @ B.mT, 1.0)
    with pytest.raises(ValueError, match="no start is called 'warm'"):
        results.begin("warm", problem, RANK, seeds)
    with pytest.raises(ValueError, match="twice the rank, 8, exceeds the smaller side 7"):
        results.begin("random", problem, 4, seeds)
    assert results.begin("random", results.problems(4, 4, seeds), 2, seeds)[0].shape == (2, 4, 2)


@pytest.mark.parametrize("method", list(results.METHODS))
def test_a_run_takes_the_steps_of_its_method(method: str) -> None:
    seeds = [3, 4]
    problem = results.problems(N, M, seeds)
    A, B = results.begin("random", problem, RANK, seeds)
    path = results.train(problem, method, A, B, [0.1, 0.3], 2)
    assert path.learned.shape == (3, 2, 2, N, M) and small(path.learned[0], 1.0)
    a, b = A[1], B[1]
    for step in (1, 2):
        G = problem.H[1] @ (a @ b - A[1] @ B[1] - problem.target[1])
        directions = {
            "LoRA": lambda G, a, b: results.Directions(G @ b.mT, a.mT @ G),
            "scaled": lambda G, a, b: results.preconditioned(G @ b.mT, a.mT @ G, a, b),
            "LoRA-Pro": lambda G, a, b: results.aligned(G @ b.mT, a.mT @ G, a, b, "nearest"),
            "symmetric": lambda G, a, b: results.aligned(G @ b.mT, a.mT @ G, a, b, "symmetric"),
        }[method](G, a, b)
        a, b = a - 0.3 * directions.a, b - 0.3 * directions.b
        assert small(path.learned[step, 1, 1] - (a @ b - A[1] @ B[1]), 1.0)
    assert small(path.loss - problem.loss(path.learned), 1.0)
    given = results.train(problem, method, A, B, [0.1], 1, offset=torch.zeros_like(problem.target))
    assert small(given.learned[0, 0] - A @ B, 1.0)


def test_full_fine_tuning_and_the_distance_from_it() -> None:
    problem = results.problems(N, M, [5])
    reference = results.full(problem, [0.25, 0.5], 3)
    expected = problem.target * 0
    for step in range(4):
        assert small(reference.learned[step, 0] - expected, 1.0)
        expected = expected - 0.25 * problem.gradient(expected)
    gap = reference.apart(reference.learned[:, 0])
    assert gap.shape == (2, 1) and float(gap[0]) == 0 and float(gap[1]) > 0
    first = results.Path(reference.learned[:2], reference.loss[:2]).apart(reference.learned[:2, 0])
    assert abs(float(first[1]) - 1.0) <= 1e-12  # twice the rate goes twice as far


def test_a_run_that_diverges_says_so_and_leaves_the_others_alone() -> None:
    problem = results.problems(N, M, [6])
    A, B = results.begin("random", problem, RANK, [6])
    both = results.train(problem, "LoRA-Pro", A, B, [0.25, 1e9], 4)
    alone = results.train(problem, "LoRA-Pro", A, B, [0.25], 4)
    assert bool(torch.isinf(both.loss[-1, 1])) and small(both.loss[:, 0] - alone.loss[:, 0], 1.0)
    assert torch.isinf(both.apart(results.full(problem, [0.25], 4).learned[:, 0])[1]).all()


def test_bad_input_is_named() -> None:
    problem = results.problems(N, M, [7])
    A, B = results.begin("random", problem, RANK, [7])
    with pytest.raises(ValueError, match="no method is called 'SGD': one of LoRA, scaled, LoRA-Pro, symmetric"):
        results.train(problem, "SGD", A, B, [0.1], 1)
    for rates in ([], [0.0], [-1.0]):
        with pytest.raises(ValueError, match="positive"):
            results.train(problem, "LoRA", A, B, rates, 1)
    with pytest.raises(ValueError, match="steps must be at least 1"):
        results.full(problem, [0.1], 0)


def test_alignment_reaches_the_least_loss() -> None:
    problem = results.problems(12, 8, [8], condition=1.0)
    A, B = results.begin("gradient", problem, 2, [8])
    path = results.train(problem, "LoRA-Pro", A, B, [0.7], 40)
    least = float(problem.least(2, A @ B))
    losses = [float(x) for x in path.loss[:, 0, 0]]
    assert least > 0 and abs(losses[-1] - least) <= 1e-9 * least
    assert all(later <= earlier * (1 + 1e-12) for earlier, later in pairwise(losses))
