"""The figures of LoRA-Pro: the numbers that they show."""

from __future__ import annotations

import numpy as np

from assayer.results.lora_pro import pictures


def test_the_scale_of_the_start_moves_lora_alone() -> None:
    ends = {
        method: [pictures.tuned(method, c)[1][-1] - pictures.floor() for c in (0.25, 1.0)] for method in pictures.DRAWN
    }
    assert ends["LoRA"][0] > 1e3 * ends["LoRA"][1] and max(ends["LoRA-Pro"]) < ends["LoRA"][1]
    assert 0 < pictures.floor() < 1
    rate, loss = pictures.tuned("LoRA-Pro", 1.0)
    assert rate in pictures.RATES and loss[0] == 1 and len(loss) == pictures.STEPS + 1
    finals = pictures.scaled_start("LoRA-Pro", 1.0).loss[-1, :, 0]
    assert float(finals.min()) == float(finals[pictures.RATES.index(rate)])


def test_the_scale_figure() -> None:
    fig = pictures.draw_scale(0.5)
    (ax,) = fig.axes
    drawn = {line.get_label(): line.get_ydata() for line in ax.lines}
    assert set(drawn) == set(pictures.DRAWN) and ax.get_title() == "start at 0.5 A and B / 0.5"
    expected = np.maximum(pictures.tuned("LoRA", 0.5)[1] - pictures.floor(), 1e-12)
    assert np.array_equal(drawn["LoRA"], expected)
    assert pictures.scale_alt(0.25) != pictures.scale_alt(1.0)
    assert "0.25 times A" in pictures.scale_alt(0.25) and "LoRA-Pro ends about 10^" in pictures.scale_alt(0.25)


def test_how_far_the_scale_moves_a_run() -> None:
    gaps = {method: pictures.moved(method) for method in ("symmetric", "LoRA-Pro", "LoRA")}
    at_one = pictures.SCALES.index(1.0)
    assert all(len(found) == len(pictures.SCALES) and found[at_one] == 0 for found in gaps.values())
    assert max(gaps["symmetric"]) < 1e-11 < max(gaps["LoRA-Pro"]) < gaps["LoRA"][1] < gaps["LoRA"][0]
    slow = pictures.RATES.index(2**-0.5) + 1
    one, four = (pictures.scaled_start("LoRA-Pro", c).loss[..., 0] for c in (1.0, 4.0))
    expected = float((four - one)[:, :slow].abs().max() / one[0, 0])
    assert gaps["LoRA-Pro"][pictures.SCALES.index(4.0)] == expected


def test_the_paths() -> None:
    found = pictures.paths()
    usual, gradient, aligned = (found[name] for name, _, _ in pictures.RUNS)
    assert all(len(values) == pictures.STEPS for values in found.values())
    assert abs(gradient[0] - aligned[0]) <= 1e-12 < usual[0] - gradient[0]  # the first step is the same
    assert aligned[-1] < gradient[-1] < usual[-1] < 1
    (ax,) = pictures.draw_paths().axes
    assert [line.get_label() for line in ax.lines] == [name for name, _, _ in pictures.RUNS]
    assert all(np.array_equal(line.get_ydata(), found[line.get_label()]) for line in ax.lines)
    assert f"{usual[-1]:.2f} at step 60" in pictures.paths_alt()
