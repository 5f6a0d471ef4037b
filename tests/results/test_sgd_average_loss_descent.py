"""Projected SGD on the device against loops in plain numbers, and the figures' data."""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
import torch
from matplotlib.figure import Figure
from torch import Tensor

from assayer.lab import generator, style
from assayer.results import sgd_average_loss as m
from assayer.results.sgd_average_loss import descent, pictures, problems

EPSILON = 2.0**-52
RATES = [0.5, 0.4, 0.4, 0.25, 0.1, 0.05]


def model(kind: str, runs: int = 5, d: int = 3, seed: int = 1, **options: float) -> m.LinearModel:
    return m.linear_model(kind, runs=runs, d=d, generator=generator(seed, "cpu"), **options)


LOSSES: dict[str, Callable[[float, float], tuple[float, float]]] = {
    "absolute deviation": lambda s, y: (abs(s - y), math.copysign(1, s - y)),
    "hinge": lambda s, y: (max(0.0, 1 - y * s), -y if y * s < 1 else 0.0),
    "logistic": lambda s, y: (math.log1p(math.exp(-y * s)), -y / (1 + math.exp(y * s))),
    "random linear": lambda s, y: (s, 1.0),
}


def by_hand(problem: m.LinearModel, radius: float | None) -> list[dict[str, Any]]:
    """One run after the other, in Python's floats."""
    data = [problem.sample(step) for step in range(1, len(RATES) + 1)]
    found = []
    for run in range(problem.hidden.shape[0]):
        theta, hidden = [0.0] * problem.hidden.shape[1], problem.hidden[run].tolist()
        out: dict[str, Any] = {"losses": 0.0, "comparator": 0.0, "inner": 0.0, "largest": 0.0}
        out |= {"gradients": [0.0] * len(theta), "average": [0.0] * len(theta), "history": []}
        for step, (rate, (features, targets)) in enumerate(zip(RATES, data, strict=True), start=1):
            a, y = features[run].tolist(), targets[run].item()
            value, slope = LOSSES[problem.kind](math.fsum(p * q for p, q in zip(a, theta, strict=True)), y)
            other, _ = LOSSES[problem.kind](math.fsum(p * q for p, q in zip(a, hidden, strict=True)), y)
            grad = [slope * p for p in a]
            out["losses"] += value
            out["comparator"] += other
            out["inner"] += math.fsum(p * q for p, q in zip(grad, theta, strict=True))
            out["largest"] = max(out["largest"], math.hypot(*grad))
            out["gradients"] = [p + q for p, q in zip(out["gradients"], grad, strict=True)]
            out["average"] = [p + q / len(RATES) for p, q in zip(out["average"], theta, strict=True)]
            out["history"].append((out["losses"] - out["comparator"]) / step)
            theta = [p - rate * q for p, q in zip(theta, grad, strict=True)]
            norm = math.hypot(*theta)
            if radius is not None and norm > radius:
                theta = [p * radius / norm for p in theta]
        out["last"] = theta
        found.append(out)
    return found


FIELDS = ("losses", "comparator", "inner", "largest", "gradients", "average", "last")


def agrees_with_a_loop(run_sgd: Callable[..., m.Run], kind: str, radius: float | None) -> None:
    project = None if radius is None else m.ball(radius)
    problem = model(kind)
    run = run_sgd(problem, torch.zeros_like(problem.hidden), RATES, project, comparator=problem.hidden, history=True)
    expected = by_hand(model(kind), radius)
    # Some sixty roundings lie on the longest path, and every number here is below 10.
    tolerance = 64 * 10 * EPSILON
    for field in FIELDS:
        want = torch.tensor([one[field] for one in expected], dtype=torch.float64)
        assert torch.allclose(getattr(run, field), want, rtol=0, atol=tolerance), field
    history = torch.tensor([one["history"] for one in expected], dtype=torch.float64).T
    assert torch.allclose(run.history, history, rtol=0, atol=tolerance)
    assert run.steps == len(RATES)
    assert torch.allclose(run.regret, history[-1], rtol=0, atol=tolerance)


@pytest.mark.parametrize("kind", LOSSES)
@pytest.mark.parametrize("radius", [None, 0.25, 1.0])
def test_projected_sgd(kind: str, radius: float | None) -> None:
    agrees_with_a_loop(m.projected_sgd, kind, radius)


FAULTS = {
    "uphill": ("alpha=-float(rate)", "alpha=float(rate)"),
    "the first rate for ever": ("alpha=-float(rate)", "alpha=-float(steps[0])"),
    "no projection": ("theta if project is None else project(theta)", "theta"),
    "the comparator's loss at the iterate": ("problem.loss(rest, data)[0]", "loss"),
    "only the last loss": ("losses += loss", "losses = loss"),
    "only the last gradient": ("gradients += gradient", "gradients = gradient"),
    "only the last point": ("points += theta", "points = theta"),
    "only the last product": ("inner += (gradient", "inner = (gradient"),
    "the smallest gradient": ("torch.maximum(largest", "torch.minimum(largest"),
    "history counts from 0": ("(losses - compared) / step)", "(losses - compared) / (step + 1))"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_planted_fault_is_noticed(fault: str, planted: Callable[[Any, str, str], Any]) -> None:
    faulty = planted(m.projected_sgd, *FAULTS[fault])
    with pytest.raises(AssertionError):
        agrees_with_a_loop(faulty, "hinge", 0.25)


@pytest.mark.parametrize("kind", LOSSES)
def test_slopes_are_derivatives_and_at_most_one(kind: str) -> None:
    """A difference quotient over h is off by h/8 at most (the logistic loss has second derivative <= 1/4)."""
    s = torch.linspace(-3.05, 2.95, 25, dtype=torch.float64)
    y = torch.tensor([-1.0, 1.0], dtype=torch.float64).repeat(13)[:25]
    h = 2.0**-20
    value, slope = problems.KINDS[kind](s, y)
    up, _ = problems.KINDS[kind](s + h, y)
    assert torch.allclose((up - value) / h, slope, rtol=0, atol=h / 8 + 16 * EPSILON / h)
    assert (slope.abs() <= 1).all()
    expected = [LOSSES[kind](a, b) for a, b in zip(s.tolist(), y.tolist(), strict=True)]
    assert torch.allclose(value, torch.tensor([e[0] for e in expected], dtype=torch.float64), rtol=0, atol=32 * EPSILON)
    assert torch.allclose(slope, torch.tensor([e[1] for e in expected], dtype=torch.float64), rtol=0, atol=32 * EPSILON)


def test_at_a_kink_a_subgradient_is_taken() -> None:
    one = torch.ones(1, dtype=torch.float64)
    assert problems.KINDS["absolute deviation"](one, one)[1].item() == 0
    assert problems.KINDS["hinge"](one, one)[1].item() == 0
    loss, slope = m.Pull(2.0).loss(torch.zeros(1, 1, dtype=torch.float64), None)
    assert (loss.item(), slope.item()) == (0.0, -2.0)


def test_the_data_are_what_they_are_said_to_be() -> None:
    problem = model("random linear", runs=4000, d=4, radius=0.5, gradient=3.0, noise=0.0)
    norms = torch.linalg.vector_norm(problem.hidden, dim=-1)
    assert torch.allclose(norms, torch.full_like(norms, 0.5), rtol=8 * EPSILON, atol=0)
    a, y = problem.sample(1)
    lengths = torch.linalg.vector_norm(a, dim=-1)
    assert torch.allclose(lengths, torch.full_like(lengths, 3.0), rtol=8 * EPSILON, atol=0)
    assert torch.allclose(y, (a * problem.hidden).sum(dim=-1), rtol=0, atol=16 * EPSILON)
    # A coordinate on the sphere of radius 3 in 4 dimensions has the variance 9/4; a bound of 7 standard errors.
    assert (a.mean(dim=0).abs() < 7 * 1.5 / math.sqrt(4000)).all()
    assert not torch.equal(problem.sample(2)[0], a)
    labels = model("hinge", runs=400).sample(1)[1]
    assert set(labels.tolist()) == {-1.0, 1.0}
    noisy = model("absolute deviation", runs=4000, noise=0.25)
    a, y = noisy.sample(1)
    rest = y - (a * noisy.hidden).sum(dim=-1)
    # The sample variance of 4000 normal draws has the relative standard error sqrt(2/4000).
    assert abs(rest.var().item() / 0.25**2 - 1) < 7 * math.sqrt(2 / 4000)


def test_the_same_seed_gives_the_same_run() -> None:
    one, two = model("logistic"), model("logistic")
    assert torch.equal(one.hidden, two.hidden) and torch.equal(one.sample(1)[0], two.sample(1)[0])


def test_the_worst_regret_is_over_all_comparators() -> None:
    problem = model("random linear", runs=3)
    run = m.projected_sgd(problem, torch.zeros_like(problem.hidden), RATES, m.ball(1.0))
    worst = run.worst_regret(0.75)
    directions = torch.randn(3, 500, 3, generator=generator(2, "cpu"), dtype=torch.float64)
    points = 0.75 * directions / torch.linalg.vector_norm(directions, dim=-1, keepdim=True)
    points[:, 0] = -0.75 * run.gradients / torch.linalg.vector_norm(run.gradients, dim=-1, keepdim=True)
    regrets = (run.inner[:, None] - (points * run.gradients[:, None]).sum(dim=-1)) / run.steps
    assert (regrets <= worst[:, None] + 64 * EPSILON).all()
    assert torch.allclose(regrets[:, 0], worst, rtol=0, atol=64 * EPSILON)
    assert torch.allclose(run.worst_regret(0), run.inner / run.steps, rtol=0, atol=EPSILON)


def test_projections() -> None:
    theta = torch.tensor([[3.0, 4.0], [0.3, 0.4], [0.0, 0.0]], dtype=torch.float64)
    assert torch.allclose(m.ball(2)(theta), torch.tensor([[1.2, 1.6], [0.3, 0.4], [0.0, 0.0]], dtype=torch.float64))
    assert m.interval(-1, 2)(torch.tensor([-3.0, 0.5, 7.0])).tolist() == [-1.0, 0.5, 2.0]
    assert torch.equal(theta[0], torch.tensor([3.0, 4.0], dtype=torch.float64))


def test_the_program_is_torch_sgd_bit_for_bit() -> None:
    for kind in ("absolute deviation", "hinge"):
        problem = model(kind)
        weights = torch.zeros_like(problem.hidden).requires_grad_(True)
        optimiser = torch.optim.SGD([weights], lr=1.0)
        for step, rate in enumerate(RATES, start=1):
            optimiser.param_groups[0]["lr"] = rate
            optimiser.zero_grad()
            problem.loss(weights, problem.sample(step))[0].sum().backward()
            optimiser.step()
        fresh = model(kind)
        run = m.projected_sgd(fresh, torch.zeros_like(fresh.hidden), RATES)
        assert torch.equal(run.last, weights.detach())


def test_the_problems_on_a_line() -> None:
    theta = torch.tensor([[0.0], [1.0], [-2.0]], dtype=torch.float64)
    for problem, value, slope in (
        (m.Pull(3.0), [0.0, 3.0, 6.0], [-3.0, 3.0, -3.0]),
        (m.Growing(3.0), [0.0, -3.0, 6.0], [-3.0, -3.0, -3.0]),
        (m.Cosine(), [math.cos(x) for x in (0, 1, -2)], [-math.sin(x) for x in (0, 1, -2)]),
    ):
        assert problem.sample(1) is None
        loss, gradient = problem.loss(theta, None)
        assert torch.allclose(loss, torch.tensor(value, dtype=torch.float64), rtol=0, atol=2 * EPSILON)
        assert torch.allclose(gradient[:, 0], torch.tensor(slope, dtype=torch.float64), rtol=0, atol=2 * EPSILON)
    assert (m.Pull().gradient, m.Growing().gradient) == (1.0, 1.0)


ZERO = torch.zeros(2, 3, dtype=torch.float64)


BAD = [
    (lambda: m.projected_sgd(model("hinge"), [0.0], RATES), TypeError, "start must be a tensor .*not list"),
    (
        lambda: m.projected_sgd(model("hinge"), ZERO.int(), RATES),
        TypeError,
        r"start must be .*not torch\.int32",
    ),
    (lambda: m.projected_sgd(model("hinge"), ZERO[0], RATES), ValueError, r"start must have the shape .* \(3,\)"),
    (lambda: m.projected_sgd(model("hinge", runs=2), ZERO, [1.0, 0.0]), ValueError, "rate 2 .* got 0"),
    (lambda: m.projected_sgd(model("hinge", runs=2), ZERO, []), ValueError, "at least one number"),
    (lambda: m.projected_sgd(model("hinge", runs=2), ZERO, RATES, history=True), ValueError, "pass the comparator="),
    (
        lambda: m.projected_sgd(model("hinge", runs=2), ZERO, RATES, comparator=ZERO[:, :2]),
        ValueError,
        r"comparator must have the shape of start .* \(2, 3\), not \(2, 2\)",
    ),
    (lambda: m.projected_sgd(model("hinge", runs=2), ZERO, RATES).regret, ValueError, "pass comparator="),
    (lambda: m.projected_sgd(m.Pull(math.inf), ZERO[:, :1], RATES), ValueError, "an iterate is not finite"),
    (lambda: m.ball(0), ValueError, "radius must be finite and above 0, got 0"),
    (lambda: m.projected_sgd(model("hinge", runs=2), ZERO, RATES).worst_regret(-1), ValueError, "radius .* got -1"),
    (lambda: m.interval(2, 1), ValueError, "two finite ends, the lower first, not 2 and 1"),
    (lambda: m.interval(-math.inf, 1), ValueError, "two finite ends"),
    (lambda: m.interval(0, math.inf), ValueError, "two finite ends"),
    (lambda: model("square"), ValueError, "no problem is called 'square': one of absolute deviation, hinge"),
    (lambda: model("hinge", runs=0), ValueError, "runs must be at least 1, got 0"),
    (lambda: model("hinge", d=0), ValueError, "d must be at least 1, got 0"),
    (lambda: model("hinge", radius=0), ValueError, "radius must be finite and above 0, got 0"),
    (lambda: model("hinge", gradient=0), ValueError, "gradient must be finite and above 0, got 0"),
    (lambda: model("hinge", noise=-1), ValueError, "noise must be finite and at least 0, got -1"),
]


@pytest.mark.parametrize(("call", "error", "named"), BAD)
def test_bad_input_is_named(call: Callable[[], Any], error: type[Exception], named: str) -> None:
    with pytest.raises(error, match=named):
        call()


def test_start_and_comparator_are_left_alone() -> None:
    problem = model("hinge", runs=2)
    start = torch.full((2, 3), 0.5, dtype=torch.float64)
    kept: list[Tensor] = [start.clone(), problem.hidden.clone()]
    run = m.projected_sgd(problem, start, RATES, comparator=problem.hidden[0])
    assert torch.equal(start, kept[0]) and torch.equal(problem.hidden, kept[1])
    assert run.history is None and run.comparator is not None and run.comparator.shape == (2,)
    assert descent.Run is m.Run


@pytest.mark.parametrize("factor", pictures.FACTORS)
def test_the_fans_lie_under_their_bound_and_the_tight_instance_meets_it(factor: Fraction) -> None:
    shown = pictures.fan(factor)
    steps = len(shown.bound)
    assert steps == 256 and shown.regrets.shape == (256, 200)
    assert (shown.regrets <= shown.bound[:, None]).all()
    assert shown.tight[-1] == pytest.approx(shown.bound[-1], rel=13 * steps * EPSILON, abs=0)
    assert shown.bound[-1] == pytest.approx((factor + 1 / factor) / 16, rel=2 * steps * EPSILON, abs=0)
    with style():
        figure = pictures.draw_fan(factor)
    assert isinstance(figure, Figure) and str(factor) in figure.axes[0].get_title()
    assert "meets it" in pictures.fan_alt(factor)


def test_the_valley_shows_the_tight_instance_on_the_bound() -> None:
    fans = [pictures.fan(factor) for factor in pictures.FACTORS]
    with style():
        figure = pictures.draw_valley(fans)
    lines = {line.get_label(): np.asarray(line.get_xydata()) for line in figure.axes[0].get_lines()}
    x, y = lines["the tight instance"].T
    assert np.allclose(y, (1 / x + x) / 2, rtol=16 * 256 * EPSILON, atol=0)
    assert (lines["the mean of the runs"][:, 1] < lines["the worst of the runs"][:, 1]).all()
    assert lines["the worst of the runs"][:, 1].max() < y.max()


@pytest.mark.gpu
def test_the_accelerator_agrees() -> None:
    if not torch.cuda.is_available():
        pytest.skip("no CUDA device")
    far = torch.full((3, 1), 2.0, dtype=torch.float64, device="cuda")
    run = m.projected_sgd(m.Pull(), far, [0.125] * 64, m.interval(0, 2), comparator=0 * far)
    assert run.regret.device.type == "cuda"
    assert run.regret.tolist() == [float(m.tight_regret(16, 24, 2))] * 3
