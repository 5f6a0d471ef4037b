"""Norms, ratios, sign steps, groups and trainings with two rates, each against another way to the same number."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise, product
from math import log2, pi, sqrt
from typing import Any

import pytest
import sympy as sp
import torch
from torch import Tensor

from assayer.results import lora_plus as m
from assayer.results import low_rank
from assayer.results.lora_plus import pictures, training

CPU = torch.device("cpu")


def normal(*shape: int, seed: int) -> Tensor:
    return low_rank.normal(*shape, seed=seed, where=CPU)


def powers(first: int, last: int) -> Tensor:
    return pictures.powers(first, last)


def test_formulas_of_the_ratio() -> None:
    assert m.ratio(4, 16, 9) == pytest.approx(4 / 12)
    assert m.printed_ratio(4, 16, 9) == pytest.approx(4 / 16 * 2 / 3)
    n, k, r = sp.symbols("n m r", positive=True)
    assert sp.simplify(m.printed_ratio(n, k, r) / m.ratio(n, k, r) - sp.sqrt(n / k)) == 0
    assert sp.simplify(m.ratio(n, n, r) - sp.sqrt(n / r)) == 0


def test_norms_are_sums_over_entries() -> None:
    G, A, B = normal(5, 4, seed=1), normal(5, 2, seed=2), normal(2, 4, seed=3)
    a = sum(abs(sum(float(G[i, j] * B[k, j]) for j in range(4))) for i in range(5) for k in range(2))
    b = sum(abs(sum(float(A[i, k] * G[i, j]) for i in range(5))) for j in range(4) for k in range(2))
    assert [x.item() for x in m.norms(G, A, B)] == pytest.approx([a, b])
    many = m.norms(G, torch.stack([A, 2 * A]), torch.stack([B, 3 * B]))
    assert torch.allclose(many[0], torch.tensor([a, 3 * a], dtype=torch.float64))
    assert torch.allclose(many[1], torch.tensor([b, 2 * b], dtype=torch.float64))


def test_stable_factors_have_the_stated_variances() -> None:
    A, B = m.stable_factors(60, 50, 7, seed=3, draws=40)
    assert A.shape == (40, 60, 7) and B.shape == (40, 7, 50)
    # The relative standard error of a mean of N squares of normal numbers is √(2/N); six of them.
    for x, size in ((A, 1 / 60), (B, 1 / 7)):
        assert abs(x.pow(2).mean().item() / size - 1) < 6 * sqrt(2 / x.numel())
    single = m.stable_factors(6, 5, 2, seed=3)
    assert single[0].shape == (6, 2) and single[1].shape == (2, 5)


def test_kinds_of_gradients() -> None:
    assert [int(torch.linalg.matrix_rank(m.dense(6, 4, 1, kind))) for kind in m.KINDS] == [4, 1, 1, 1]
    assert m.dense(6, 4, 1, "one entry").sum() == 1 and m.dense(6, 4, 1, "one column").sum() == 6
    assert torch.equal(m.dense(6, 4, 1, "one column")[:, 0].cpu(), torch.ones(6, dtype=torch.float64))


@pytest.mark.parametrize("kind", m.KINDS)
def test_expected_norms_are_means(kind: str) -> None:
    G, draws = m.dense(12, 7, 5, kind), 4_000
    found = m.norms(G, *m.stable_factors(12, 7, 3, seed=9, draws=draws))
    for sample, mean in zip(found, m.expected_norms(G, 3), strict=True):
        # Six standard errors of the sampled mean: 2 false alarms in 10⁹.
        assert abs(sample.mean().item() - mean) < 6 * sample.std().item() / draws**0.5
    assert m.expected_norms(m.dense(12, 7, 5, "one entry"), 3) == pytest.approx(
        (3 * sqrt(2 / pi / 3), 3 * sqrt(2 / pi / 12))
    )


def test_contrast_is_zero_at_the_ratio_and_linear_in_the_factor() -> None:
    G, draws = m.dense(10, 6, 2), 3_000
    first, second = m.expected_norms(G, 2)
    mean, spread = m.contrast(G, 2, first / second, draws, seed=4)
    assert abs(mean) < 6 * spread / draws**0.5
    doubled, _ = m.contrast(G, 2, 2 * first / second, draws, seed=4)
    nothing, _ = m.contrast(G, 2, 0.0, draws, seed=4)
    assert doubled - mean == pytest.approx(mean - nothing)
    assert abs(nothing - 1) < 0.1


def test_mean_lengths() -> None:
    assert m.chi_mean(1) == pytest.approx(sqrt(2 / pi)) and m.chi_mean(2) == pytest.approx(sqrt(pi / 2))
    # E[χ_k] E[χ_{k+1}] = k.
    assert all(m.chi_mean(k) * m.chi_mean(k + 1) == pytest.approx(k) for k in (3, 50, 4096))


def test_a_slope_is_that_of_the_logarithms() -> None:
    found = m.slopes((8, 32), 2, 3, seed=5)
    by_hand = []
    for s in range(3):
        logs = []
        for place, n in enumerate((8, 32)):
            here = 5 + 10 * (2 * s + place)
            a, b = m.norms(m.dense(n, n, here), *m.stable_factors(n, n, 2, here + 2))
            logs.append(log2((a / b).item()))
        by_hand.append((logs[1] - logs[0]) / 2)
    slopes = torch.tensor(by_hand)
    assert found.mean == pytest.approx(slopes.mean().item(), abs=1e-6)
    assert found.spread == pytest.approx(slopes.std().item(), rel=1e-5)
    assert found.seeds == 3 and len(found.ratios) == 2
    assert log2(found.ratios[1] / found.ratios[0]) / 2 == pytest.approx(found.mean)


def test_a_sign_step_and_its_parts() -> None:
    A, B, goal = normal(6, 2, seed=1), normal(2, 5, seed=2), normal(6, 5, seed=3)
    a, b = A.clone().requires_grad_(True), B.clone().requires_grad_(True)
    loss = lambda x, y: (x @ y - goal).cosh().log().sum()
    loss(a, b).backward()
    assert a.grad is not None and b.grad is not None
    for rates in ((1e-3, 2e-3), (0.1, 0.02), (-0.1, -0.1)):
        found = m.sign_step(A, B, goal, *rates)
        after = loss(A - rates[0] * a.grad.sign(), B - rates[1] * b.grad.sign())
        assert found.change == pytest.approx((after - loss(A, B)).item(), rel=1e-9)
        first = -rates[0] * a.grad.abs().sum() - rates[1] * b.grad.abs().sum()
        assert found.first == pytest.approx(first.item()) == pytest.approx(found.paired)
        assert found.change <= found.first + found.rest + 1e-12 * found.size
        moved = (A - rates[0] * a.grad.sign()) @ (B - rates[1] * b.grad.sign()) - A @ B
        mixed = rates[0] * rates[1] * 2 * (A @ B - goal).tanh().abs().sum()
        assert found.rest == pytest.approx((mixed + moved.pow(2).sum() / 2).item())
        assert found.size == pytest.approx((after + loss(A, B)).item())


def test_the_dropped_part_is_of_second_order() -> None:
    A, B, goal = normal(6, 2, seed=1), normal(2, 5, seed=2), normal(6, 5, seed=3)
    dropped = [abs(x.change - x.first) for x in (m.sign_step(A, B, goal, e, e) for e in (2e-4, 1e-4))]
    assert 3.9 < dropped[0] / dropped[1] < 4.1


def test_groups_by_name() -> None:
    one = lambda *size, grad=True: torch.zeros(*size, requires_grad=grad)
    named = [("x.lora_A.w", one(2, 3)), ("x.lora_B.w", one(3, 2)), ("x.bias", one(3)), ("x.w", one(3, 3, grad=False))]
    made = m.groups(named, lr=0.5, ratio=4)
    assert [(g["lr"], [id(p) for p in g["params"]]) for g in made] == [
        (0.5, [id(named[0][1])]),
        (2.0, [id(named[1][1]), id(named[2][1])]),
    ]
    assert [g["lr"] for g in torch.optim.Adam(made).param_groups] == [0.5, 2.0]
    assert [g["lr"] for g in m.groups(named[:1], lr=0.5, ratio=4)] == [0.5]


def test_a_sweep_is_adam_run_by_run() -> None:
    eta_a, eta_b, n, r, steps = powers(-5, -3), powers(-4, -3), 6, 2, 7
    found = m.sweep(n, eta_a, eta_b, r=r, steps=steps, seeds=2, size=1.5)
    assert found.loss.shape == (2, 3, 2) and found.n == n
    U, V, A0 = m.teacher(n, r, 2)
    for s, i, j in product(range(2), range(3), range(2)):
        A, B = (1.5 * A0[s]).requires_grad_(True), torch.zeros_like(V[s]).requires_grad_(True)
        rates = [{"params": [A], "lr": eta_a[i].item()}, {"params": [B], "lr": eta_b[j].item()}]
        optimizer = torch.optim.Adam(rates, eps=training.TINY)
        plan = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda t: training.schedule(t, steps))
        for _ in range(steps):
            optimizer.zero_grad()
            (((A @ B - U[s] @ V[s]) ** 2).sum() / 2).backward()
            optimizer.step()
            plan.step()
        left = ((A @ B - U[s] @ V[s]) ** 2).sum() / ((U[s] @ V[s]) ** 2).sum()
        assert found.loss[s, i, j].item() == pytest.approx(left.item(), rel=1e-9)


def test_a_sweep_keeps_the_number_of_threads_and_the_seeds() -> None:
    before = torch.get_num_threads()
    m.sweep(4, powers(-3, -2), powers(-3, -2), r=1, steps=2, seeds=1)
    assert torch.get_num_threads() == before
    for few, many in zip(m.teacher(5, 2, 1), m.teacher(5, 2, 3), strict=True):
        assert torch.equal(few[0], many[0])
    U, V, A0 = m.teacher(40, 4, 50)
    for x, size in ((U, 1 / 40), (V, 1 / 4), (A0, 1 / 40)):
        assert abs(x.pow(2).mean().item() / size - 1) < 6 * sqrt(2 / x.numel())


def test_the_schedule_falls_from_one() -> None:
    shares = [training.schedule(t, 8) for t in range(8)]
    assert shares[0] == 1 and shares[4] == pytest.approx(0.5) and shares == sorted(shares, reverse=True)
    assert shares[7] > 0


def test_tuned_takes_the_best_of_each_ratio() -> None:
    loss = torch.full((2, 3, 3), 0.5, dtype=torch.float64)
    loss[:, 1, 1] = torch.tensor([0.1, 0.3], dtype=torch.float64)
    loss[:, 0, 1], loss[:, 1, 2] = float("nan"), 0.2
    loss[:, 2, 0] = float("inf")
    found = m.tuned(m.Sweep(3, powers(-2, 0), powers(-1, 1), loss))
    assert sorted(found) == [-1, 0, 1, 2, 3]
    assert found[1][1] and found[1][0].tolist() == [0.1, 0.3]
    assert not found[2][1] and found[2][0].tolist() == [0.2, 0.2]
    assert not found[0][1] and not found[3][1]


def test_a_ratio_of_rates_is_a_larger_start_bit_for_bit(planted: Callable[[Any, str, str], Any]) -> None:
    plain = m.adam_product(2.0**-7, 2.0**-5, 1.0, n=8, r=2, steps=20)
    assert torch.equal(plain, m.adam_product(2.0**-6, 2.0**-6, 2.0, n=8, r=2, steps=20))
    assert not torch.equal(plain, m.adam_product(2.0**-6, 2.0**-6, 1.0, n=8, r=2, steps=20))
    decayed = m.adam_product(2.0**-7, 2.0**-5, 1.0, decay=(0.5, 0.25), n=8, r=2, steps=20)
    assert not torch.equal(decayed, plain)
    assert torch.equal(decayed, m.adam_product(2.0**-6, 2.0**-6, 2.0, decay=(0.25, 0.5), n=8, r=2, steps=20))
    by_descent = planted(m.adam_product, "torch.optim.AdamW(", "_sgd(")
    by_descent.__globals__["_sgd"] = lambda groups, eps, weight_decay, foreach: torch.optim.SGD(groups, foreach=foreach)
    assert not torch.equal(by_descent(2.0**-7, 2.0**-5, 1.0, n=8), by_descent(2.0**-6, 2.0**-6, 2.0, n=8))


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: m.norms(torch.ones(2, 3), torch.ones(2, 1), torch.ones(2, 3)), "share the rank"),
        (lambda: m.dense(2, 3, 1, "sparse"), "no gradient is called 'sparse'"),
        (lambda: m.slopes((8, 8), 1, 3, 1), "two widths"),
        (lambda: m.slopes((8, 16), 1, 1, 1), "seeds must be at least 2"),
        (lambda: m.contrast(torch.ones(2, 2), 1, 1.0, 1, 1), "draws must be at least 2"),
        (lambda: m.sweep(4, torch.tensor([0.0]), torch.tensor([1.0])), "every rate must be positive"),
        (lambda: m.groups([("a", torch.ones(1, requires_grad=True))], lr=0.0, ratio=1), "lr must be a positive"),
        (lambda: m.groups([("a", torch.ones(1, requires_grad=True))], lr=1, ratio=float("nan")), "ratio must be"),
        (lambda: m.groups([("a", torch.ones(1))], lr=1, ratio=1), "nothing to train"),
        (lambda: m.tuned(m.Sweep(1, torch.tensor([0.5, 2.0]), powers(-1, 0), torch.ones(1, 2, 2))), "powers of 2"),
        (lambda: m.tuned(m.Sweep(1, torch.tensor([0.3]), powers(-1, 0), torch.ones(1, 1, 2))), "powers of 2"),
    ],
)
def test_bad_input_is_named(call: Callable[[], object], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        call()


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> int:
    """A width whose sweep takes a moment."""
    monkeypatch.setattr(pictures, "STEPS", 12)
    monkeypatch.setattr(pictures, "SEEDS", 2)
    pictures.losses.cache_clear()
    pictures.curve.cache_clear()
    return 4


def test_what_the_figure_shows(small: int) -> None:
    try:
        curve, found = pictures.curve(small), m.tuned(pictures.losses(small))
        for k, (mean, spread, inside) in curve.items():
            logs = found[k][0].log10()
            assert (mean, spread, inside) == (logs.mean().item(), logs.std().item(), found[k][1])
        assert pictures.gain(small, (1, 2)) == curve[0][0] - min(curve[1][0], curve[2][0])
        shown = pictures.decades(small)
        assert shown.shape == (8, 8) and shown.max() < 0 and shown.min() >= pictures.LEVELS[0]
        axes = pictures.draw_map(small).axes[0]
        assert axes.collections[0].get_array().reshape(-1).tolist() == shown.T.reshape(-1).tolist()
        one, other = axes.lines
        assert list(one.get_ydata()) == list(one.get_xdata()) == list(axes.get_xlim()) == [-8.5, -0.5]
        shift = log2(small / pictures.RANK) / 2
        assert list(other.get_ydata()) == pytest.approx([x + shift for x in other.get_xdata()])
    finally:
        pictures.losses.cache_clear()
        pictures.curve.cache_clear()


def test_the_edge_is_the_last_ratio_that_reaches_the_target(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pictures, "curve", lambda n: {-1: (-4, 0, True), 2: (-3, 0, True), 3: (-2.9, 0, True)})
    assert pictures.edge(16) == 4
    assert "reached at ratio 4 and not beyond; √(n/r) is 2" in pictures.map_alt(16)


def test_powers_and_shades() -> None:
    assert powers(-60, -59).tolist() == [2.0**-60, 2.0**-59] and powers(2, 2).tolist() == [4.0]
    with pytest.raises(ValueError, match="first must be at least -60"):
        powers(-61, 0)
    with pytest.raises(ValueError, match="last must be at least 1"):
        powers(1, 0)
    assert all(low < high for low, high in pairwise(pictures.LEVELS))
    assert len(pictures.SHADES) == len(pictures.LEVELS) - 1
