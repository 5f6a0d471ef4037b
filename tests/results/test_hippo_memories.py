"""assayer.results.hippo: projections and recurrences against each other, against SciPy, and against their bounds."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.signal import cont2discrete
from torch import Tensor

from assayer.lab import rounding
from assayer.results import hippo as m
from assayer.results.hippo import projection, recurrence

SCIPY = {"forward": "euler", "backward": "backward_diff", "bilinear": "bilinear", "zoh": "zoh"}


def wave(t: Tensor) -> Tensor:
    return torch.sin(9 * t) + torch.cos(23 * t) / 2


FIRST, SECOND, THIRD = (9**k + 23**k / 2 for k in (1, 2, 3))


def samples(steps: int) -> Tensor:
    return wave(torch.arange(steps + 1, dtype=torch.float64) / steps)


def close(a: Tensor, b: Tensor, operations: int, scale: float = 1.0, condition: float = 1.0) -> bool:
    return bool((a - b).abs().max() <= rounding(operations=operations, scale=scale, condition=condition).tolerance())


# -- the basis and the projection --------------------------------------------------------------------------------------
def test_the_basis_is_orthonormal_under_gauss() -> None:
    s, weight = m.gauss(40)
    g = m.basis(s, 40)
    assert close(g.mT @ (weight[:, None] * g), torch.eye(40, dtype=torch.float64), 40 * 40, condition=40)
    assert not close(2 * g.mT @ (weight[:, None] * g), torch.eye(40, dtype=torch.float64), 40 * 40, condition=40)


@pytest.mark.parametrize("n", [1, 2, 3, 6])
def test_the_basis_by_numpy_and_at_the_ends(n: int) -> None:
    s = torch.linspace(-1, 1, 13, dtype=torch.float64).reshape(1, 13)
    g = m.basis(s, n)
    assert g.shape == (1, 13, n)
    for k in range(n):
        expected = np.polynomial.legendre.legval(s.numpy(), [0] * k + [1]) * math.sqrt(k + 0.5)
        assert close(g[..., k], torch.tensor(expected), 8 * (k + 1), scale=math.sqrt(k + 0.5))
        assert float(g[0, -1, k]) == pytest.approx(math.sqrt(k + 0.5))
        assert float(g[0, 0, k]) == pytest.approx((-1) ** k * math.sqrt(k + 0.5))


def test_gauss_integrates_polynomials_panel_by_panel() -> None:
    s, weight = m.gauss(3, 4)
    assert s.shape == weight.shape == (12,)
    assert bool((s[1:] > s[:-1]).all())
    for degree in range(6):
        exact = 2 / (degree + 1) if degree % 2 == 0 else 0.0
        assert float((weight * s**degree).sum()) == pytest.approx(exact, abs=1e-15)
    steps = (s > 0.5).double()
    assert float((weight * steps).sum()) == pytest.approx(0.5, abs=1e-15)


def test_a_polynomial_is_projected_and_rebuilt_exactly() -> None:
    def cubic(t: Tensor) -> Tensor:
        return 1 - 3 * t + 2 * t**3

    s = torch.linspace(-1, 1, 9, dtype=torch.float64)
    for window, low in ((None, 0.0), (0.5, 1.5)):
        c = m.project(cubic, 2.0, 6, window=window)
        assert c.shape == (6,)
        assert close(c[4:], torch.zeros(2, dtype=torch.float64), 200 * 6, scale=20)
        at = low + (2 - low) * (s + 1) / 2
        assert close(m.reconstruct(c, s), cubic(at), 200 * 6, scale=20)


def test_projections_of_many_signals_at_many_times_have_their_shapes() -> None:
    def signals(t: Tensor) -> Tensor:
        return torch.stack([t, 2 * t])

    c = m.project(signals, torch.tensor([[1.0, 2.0, 3.0]], dtype=torch.float64), 4)
    assert c.shape == (2, 1, 3, 4)
    assert close(c[1], 2 * c[0], 8, scale=10)
    assert float(c[0, 0, 1, 0]) == pytest.approx(math.sqrt(2))
    assert m.reconstruct(c, torch.zeros(5, dtype=torch.float64)).shape == (2, 1, 3, 5)


def test_a_warped_projection_is_that_of_the_warped_signal() -> None:
    """With t = T σ^(1/μ) the memory of u is LegS's of u(x^(1/μ)) at x = T^μ."""
    for power in (1, 2, 3):
        mine = m.project(lambda t: t**6, 1.3, 5, power=power)
        other = m.project(lambda x, p=power: x ** (6 / p), 1.3**power, 5, points=400)
        assert close(mine, other, 400 * 5, scale=10)
    assert not close(m.project(wave, 1.0, 5, power=2), m.project(wave, 1.0, 5), 2000)


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: m.project(wave, 0.0, 3), ValueError, "times t > 0"),
        (lambda: m.project(wave, torch.tensor([1.0, math.nan]), 3), ValueError, "times t > 0"),
        (lambda: m.project(wave, 1.0, 3, window=-1), ValueError, "window must be positive and finite"),
        (lambda: m.project(wave, 1.0, 3, window=0.5, power=2), ValueError, "not both"),
        (lambda: m.project(wave, 1.0, 3, power=0), ValueError, "power must be positive and finite"),
        (lambda: m.basis(torch.zeros(3), 2), TypeError, r"float64 tensor s, got torch\.float32"),
        (lambda: m.basis([0.0], 2), TypeError, "got list"),
        (lambda: m.basis(torch.tensor([1.5], dtype=torch.float64), 2), ValueError, r"s in \[-1, 1\]"),
        (lambda: m.basis(torch.tensor([math.nan], dtype=torch.float64), 2), ValueError, r"s in \[-1, 1\]"),
        (lambda: m.gauss(0), ValueError, "points must be an integer >= 1"),
        (lambda: m.gauss(3, 0), ValueError, "panels must be an integer >= 1"),
    ],
)
def test_bad_input_to_the_projection(call: Callable[[], Any], error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        call()


def test_an_empty_place_has_an_empty_basis() -> None:
    assert m.basis(torch.zeros(0, dtype=torch.float64), 3).shape == (0, 3)


# -- LegT and constant matrices ----------------------------------------------------------------------------------------
@pytest.mark.parametrize("method", SCIPY)
@pytest.mark.parametrize("n", [1, 8, 64])
def test_discretisations_are_scipys(method: str, n: int) -> None:
    A, B = m.numeric("legt", n)
    h = 0.5 / n**2
    Ad, Bd = m.discretize(A, B, h, method)
    system = (A.numpy(), B.numpy()[:, None], np.eye(n), np.zeros((n, 1)))
    theirs = cont2discrete(system, h, SCIPY[method])
    # |(1 - hA/2)^-1| <= 1, so that the condition number of the solve, and of the exponential, is at most 1 + h|A|.
    condition = 1 + h * float(A.norm())
    assert close(Ad, torch.tensor(theirs[0]), n**2, condition=condition)
    assert close(Bd, torch.tensor(theirs[1][:, 0]), n**2 + 8, condition=condition)


@pytest.mark.parametrize("method", SCIPY)
def test_a_scan_in_blocks_is_scipys_matrices_in_a_loop(method: str) -> None:
    n, length = 12, 96
    A, B = m.numeric("legt", n)
    u = torch.randn(3, length, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    system = (A.numpy(), B.numpy()[:, None], np.eye(n), np.zeros((n, 1)))
    Ad, Bd, *_ = cont2discrete(system, 1e-3, SCIPY[method])
    x, every = np.zeros((3, n)), []
    for k in range(length):
        x = x @ Ad.T + u[:, k, None].numpy() * Bd[:, 0]
        every.append(x)
    reference = torch.tensor(np.stack(every, axis=1))
    mine = m.discretize(A, B, 1e-3, method)
    condition = 1 + 1e-3 * float(A.norm())
    size = float(u.abs().sum(-1).max())
    for block in (1, 2, 7, 32, 96):
        states = m.scan(*mine, u, every=block)
        assert states.shape == (3, length // block, n)
        kept = reference[:, block - 1 :: block][:, : length // block]
        assert close(states, kept, length * n, scale=size, condition=condition), block
    wrong = m.scan(mine[0].mT.contiguous(), mine[1], u)
    assert not close(wrong, reference, length * n, scale=size, condition=condition)


@settings(max_examples=20, deadline=None)
@given(split=st.integers(1, 29), every=st.integers(1, 6))
def test_a_scan_may_be_interrupted(split: int, every: int) -> None:
    Ad, Bd = m.discretize(*m.numeric("legt", 4), 0.01, "bilinear")
    u = torch.sin(torch.arange(30, dtype=torch.float64))
    first = m.scan(Ad, Bd, u[:split])[-1]
    rest = m.scan(Ad, Bd, u[split:], start=first)
    assert close(rest[-1], m.scan(Ad, Bd, u)[-1], 30 * 4, scale=30)
    if every <= 30 - split:
        assert close(m.scan(Ad, Bd, u[split:], every=every, start=first)[0], rest[every - 1], 30 * 4, scale=30)


def test_legt_follows_its_window_and_forgets_the_rest() -> None:
    """A polynomial within the window is known exactly by the projection; the trapezoidal rule follows it at h²."""
    n, h, steps = 6, 1e-3, 4000
    Ad, Bd = m.discretize(*m.numeric("legt", n), h, "bilinear")
    t = torch.arange(steps + 1, dtype=torch.float64) * h

    def cubic(time: Tensor) -> Tensor:
        return 1 - time + time**3 / 9

    u = cubic(t)
    means = (u[1:] + u[:-1]) / 2
    # From the true state at t = 1 on: a local error h³/12 max|c‴| a step, and |c‴| ≤ √2 max|u‴| = √2 · 2/3.
    start = m.project(cubic, 1.0, n, window=1.0)
    state = m.scan(Ad, Bd, means[1000:], every=3000, start=start)[-1]
    truth = m.project(cubic, 4.0, n, window=1.0)
    allowed = 3000 * h**3 / 12 * math.sqrt(2) * 2 / 3
    floor = rounding(operations=steps * n, scale=20.0).tolerance()
    assert float((state - truth).norm()) <= allowed + floor
    # A wrong start has died out, exponentially.
    forgotten = m.scan(Ad, Bd, means[1000:], every=3000)[-1]
    assert float((forgotten - state).norm()) < 1e-3 * float(start.norm())


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda A, B, u: m.discretize(A, B, 0.1, "euler"), "method must be one of forward, backward, bilinear, zoh"),
        (lambda A, B, u: m.discretize(A, B, 0.0, "zoh"), "step must be positive and finite"),
        (lambda A, B, u: m.discretize(A, B[:, None], 0.1, "zoh"), r"shapes \(n, n\) and \(n,\)"),
        (lambda A, B, u: m.discretize(A[:2], B, 0.1, "zoh"), r"shapes \(n, n\) and \(n,\)"),
        (lambda A, B, u: m.scan(A, B[:2], u), r"got \(3, 3\) and \(2,\)"),
        (lambda A, B, u: m.scan(A[:, :2], B, u), r"got \(3, 2\) and \(3,\)"),
        (lambda A, B, u: m.scan(A, B, u, every=11), "at most the number of inputs, 10, got 11"),
        (lambda A, B, u: m.scan(A, B, u, every=0), "every must be an integer >= 1"),
        (lambda A, B, u: m.legs_scan(u, 3, every=10), "at least every"),
        (lambda A, B, u: m.legs_scan(u[:1], 3), "samples, got 1"),
        (lambda A, B, u: m.legs_scan(u, 3, method="rk4"), "method must be one of"),
        (lambda A, B, u: m.legs_scan(u, 0), "the number of states n must be"),
        (lambda A, B, u: m.legs_scan(u, 3, method="zoh", matrices=(A, B)), "cannot be given"),
    ],
)
def test_bad_input_to_a_recurrence(call: Callable[[Tensor, Tensor, Tensor], Any], words: str) -> None:
    A, B = m.numeric("legt", 3)
    with pytest.raises(ValueError, match=words):
        call(A, B, torch.zeros(10, dtype=torch.float64))


# -- LegS online -------------------------------------------------------------------------------------------------------
def error(method: str, n: int, steps: int, **options: Any) -> float:
    last = m.legs_scan(samples(steps), n, method=method, every=steps, **options)[-1]
    return float((last - m.project(wave, 1.0, n)).norm())


@pytest.mark.parametrize("n", [1, 2, 16, 48])
@pytest.mark.parametrize("steps", [60, 240])
def test_legs_keeps_its_bounds_at_every_size(n: int, steps: int) -> None:
    floor = rounding(operations=steps * n, scale=2.0).tolerance()
    assert error("backward", n, steps) <= m.backward_bound(steps, 1, SECOND) + floor
    assert error("bilinear", n, steps) <= m.bilinear_bound(steps, 1, SECOND, THIRD) + floor
    assert error("zoh", n, steps) <= m.hold_bound(steps, 1, FIRST) + floor * n


def test_the_orders_are_two_and_one() -> None:
    for method, order in (("bilinear", 2), ("backward", 1), ("zoh", 1), ("forward", 1)):
        coarse, fine = error(method, 12, 400), error(method, 12, 800)
        assert 2 ** (order - 0.2) < coarse / fine < 2 ** (order + 0.2), method


def test_wrong_matrices_break_the_bound() -> None:
    steps, n = 240, 16
    A, B = m.numeric("legs", n)
    limit = m.bilinear_bound(steps, 1, SECOND, THIRD)
    assert error("bilinear", n, steps, matrices=(A, B)) <= limit
    for wrong in ((A, B / math.sqrt(2)), (A.mT.contiguous(), B), (2 * A, 2 * B), (A, B * 1.02)):
        assert error("bilinear", n, steps, matrices=wrong) > limit


def test_the_square_root_map_doubles_the_matrices() -> None:
    steps, n = 400, 12
    A, B = m.numeric("legs", n)
    truth = m.project(wave, 1.0, n, power=2)
    for factor, within in ((2, True), (1, False), (3, False)):
        last = m.legs_scan(samples(steps), n, every=steps, matrices=(factor * A, factor * B))[-1]
        limit = m.bilinear_bound(steps, 1, SECOND, THIRD, power=2)
        assert (float((last - truth).norm()) <= limit) is within, factor


def stepwise(n: int, u: list[float], method: str) -> Tensor:
    """LegS one sample at a time with dense solves, written from the chapter's formulas."""
    A, B = m.numeric("legs", n)
    eye = torch.eye(n, dtype=torch.float64)
    x = torch.zeros(n, dtype=torch.float64)
    x[0] = math.sqrt(2) * u[0]
    x = torch.linalg.inv(eye - A) @ (x + B * u[1])
    for k in range(1, len(u) - 1):
        if method == "forward":
            x = x + (A @ x + B * u[k]) / k
        elif method == "backward":
            x = torch.linalg.inv(eye - A / (k + 1)) @ (x + B * u[k + 1] / (k + 1))
        else:
            half = x + (A @ x + B * u[k]) / (2 * k) + B * u[k + 1] / (2 * (k + 1))
            x = torch.linalg.inv(eye - A / (2 * (k + 1))) @ half
    return x


@pytest.mark.parametrize("method", ["forward", "backward", "bilinear"])
def test_a_batch_is_the_same_as_one_signal_at_a_time(method: str) -> None:
    n, steps = 7, 40
    u = torch.randn(2, 3, steps + 1, dtype=torch.float64, generator=torch.Generator().manual_seed(3))
    states = m.legs_scan(u, n, method=method, every=8)
    assert states.shape == (2, 3, 5, n)
    for i in range(2):
        for j in range(3):
            expected = stepwise(n, u[i, j].tolist(), method)
            assert close(states[i, j, -1], expected, steps * n**2, scale=10, condition=n)
    first = m.legs_scan(u, n, method=method)[:, :, 7]
    assert close(states[:, :, 0], first, steps * n, scale=10)


def test_a_held_signal_is_remembered_exactly() -> None:
    levels = torch.tensor([1.0, -2.0, 0.5, 3.0], dtype=torch.float64)
    n, each = 10, 25
    u = torch.cat([levels[:1], levels.repeat_interleave(each)])
    state = m.legs_scan(u, n, method="zoh", every=4 * each)[-1]

    def pieces(t: Tensor) -> Tensor:
        return levels[(t * 4).long().clamp(max=3)]

    truth = m.project(pieces, 1.0, n, points=n, panels=4)
    assert close(state, truth, 4 * each * n, scale=5, condition=n)
    assert not close(m.legs_scan(u, n, every=4 * each)[-1], truth, 4 * each * n, scale=5, condition=n)


def test_the_flow_does_not_lengthen_and_composes() -> None:
    n = 9
    flow = recurrence._Flow(n, 12, torch.device("cpu"))
    assert flow.past.shape == (12, n, n) and flow.present.shape == (12, n)
    assert float(flow.past[0].abs().max()) == 0.0
    assert (
        float(torch.linalg.matrix_norm(flow.past, 2).max()) <= 1 + rounding(operations=n * n, condition=n).tolerance()
    )
    # A matrix exponential gives the same: past_k = exp(A log((k + 1)/k)).
    A, _ = m.numeric("legs", n)
    for k in (1, 5, 11):
        expected = torch.linalg.matrix_exp(A * math.log((k + 1) / k))
        assert close(flow.past[k], expected, n**2, condition=1 + float(A.norm()) * math.log((k + 1) / k))


def test_a_constant_signal_has_one_coefficient() -> None:
    for method in recurrence.METHODS:
        states = m.legs_scan(torch.full((21,), 3.0, dtype=torch.float64), 4, method=method)
        expected = torch.zeros(20, 4, dtype=torch.float64)
        expected[:, 0] = 3 * math.sqrt(2)
        assert close(states, expected, 20 * 16, scale=5, condition=4), method


@pytest.mark.parametrize(("chosen", "used"), [("cpu", "cpu"), ("mps", "cpu"), ("cuda", "cuda")])
def test_float64_is_computed_where_there_is_float64(chosen: str, used: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(projection, "device", lambda: torch.device(chosen))
    assert m.double_device().type == used


@pytest.mark.gpu
def test_the_device_gives_the_same_states() -> None:
    if not torch.cuda.is_available():
        pytest.skip("no CUDA device")
    u = samples(200)
    here, there = m.legs_scan(u, 16, every=200), m.legs_scan(u.to("cuda"), 16, every=200)
    assert there.device.type == "cuda"
    assert close(here, there.cpu(), 200 * 16, scale=2)
