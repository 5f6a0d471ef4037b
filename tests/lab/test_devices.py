"""One function chooses the device, and says what is there when it cannot."""

from __future__ import annotations

import sys
from typing import Any

import pytest
import torch

from assayer.lab import DeviceError, describe_device, device, devices, generator, scale


@pytest.fixture(autouse=True)
def unset(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ASSAYER_DEVICE", raising=False)


@pytest.mark.parametrize(
    ("present", "chosen"),
    [(["cuda", "cuda:0", "cpu"], "cuda"), (["mps", "cpu"], "mps"), (["cpu"], "cpu")],
)
def test_the_best_device_is_chosen(monkeypatch: pytest.MonkeyPatch, present: list[str], chosen: str) -> None:
    monkeypatch.setattr(devices, "available", lambda: present)
    assert device() == torch.device(chosen)
    assert scale(cpu=10, gpu=1000) == (10 if chosen == "cpu" else 1000)


def test_what_is_available_is_what_torch_sees() -> None:
    found = devices.available()
    assert found[-1] == "cpu"
    assert ("cuda" in found) == torch.cuda.is_available()
    assert ("mps" in found) == torch.backends.mps.is_available()
    assert str(device()) == found[0]


@pytest.mark.parametrize("wanted", ["cpu", " CPU "])
def test_the_override_is_obeyed(monkeypatch: pytest.MonkeyPatch, wanted: str) -> None:
    monkeypatch.setenv("ASSAYER_DEVICE", wanted)
    assert device() == torch.device("cpu")


@pytest.mark.parametrize(
    ("wanted", "message"),
    [
        ("cuda", "ASSAYER_DEVICE=cuda is not available here; this machine has: mps, cpu"),
        ("cuda:7", "ASSAYER_DEVICE=cuda:7 is not available here; this machine has: mps, cpu"),
        (
            "tpu",
            r"ASSAYER_DEVICE=tpu is no device that this book knows \(cpu, cuda, mps\); this machine has: mps",
        ),
        ("cuda:x", "ASSAYER_DEVICE=cuda:x is no device"),
    ],
)
def test_a_wrong_override_lists_what_is_there(monkeypatch: pytest.MonkeyPatch, wanted: str, message: str) -> None:
    monkeypatch.setattr(devices, "available", lambda: ["mps", "cpu"])
    monkeypatch.setenv("ASSAYER_DEVICE", wanted)
    with pytest.raises(DeviceError, match=message):
        device()


def test_without_torch_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(DeviceError, match="pip install torch"):
        device()


def test_a_seed_gives_the_same_numbers_again_and_another_gives_others() -> None:
    def draw(seed: int) -> list[float]:
        source = generator(seed)
        return torch.rand(8, generator=source, device=source.device).tolist()

    assert draw(3) == draw(3) != draw(4)
    assert generator(0, "cpu").device == torch.device("cpu")


@pytest.mark.parametrize("seed", [-1, 2**63, 1.5, True, None])
def test_a_wrong_seed_is_named(seed: Any) -> None:
    with pytest.raises(ValueError, match="seed must be a whole number from 0"):
        generator(seed)


def test_the_device_is_described_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ASSAYER_DEVICE", "cpu")
    assert describe_device() in (
        "CPU, 1 thread",
        f"CPU, {torch.get_num_threads()} threads",
    )


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
def test_a_gpu_is_chosen_described_and_seeded() -> None:
    assert device().type == "cuda"
    assert describe_device().endswith("(CUDA)")
    assert generator(1).device.type == "cuda"
