"""One function chooses the device; sizes and seeds follow from it. PyTorch is imported on first use."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    import torch

T = TypeVar("T")
VARIABLE = "ASSAYER_DEVICE"


class DeviceError(RuntimeError):
    """A device that was asked for and is not there; the message lists what is."""


def _torch() -> Any:
    try:
        import torch
    except ImportError:
        raise DeviceError("this needs PyTorch, which is not installed: pip install torch") from None
    return torch


def available() -> list[str]:
    """The devices of this machine, best first: ``cuda``, ``cuda:0`` …, ``mps``, ``cpu``."""
    torch = _torch()
    found: list[str] = []
    if torch.cuda.is_available():
        found += ["cuda", *(f"cuda:{index}" for index in range(torch.cuda.device_count()))]
    if torch.backends.mps.is_available():
        found.append("mps")
    return [*found, "cpu"]


def device() -> torch.device:
    """The device to compute on: CUDA, else MPS, else the CPU; ``ASSAYER_DEVICE`` overrides.

    Raises `DeviceError` when the override is unknown or absent, or PyTorch is not installed.
    """
    torch = _torch()
    present = available()
    wanted = os.environ.get(VARIABLE, "").strip().lower()
    if not wanted:
        return torch.device(present[0])
    if wanted not in present:
        kind, _, index = wanted.partition(":")
        known = kind in ("cpu", "cuda", "mps") and (not index or index.isdigit())
        what = "is not available here" if known else "is no device that this book knows (cpu, cuda, mps)"
        raise DeviceError(f"{VARIABLE}={wanted} {what}; this machine has: {', '.join(present)}")
    return torch.device(wanted)


def describe_device() -> str:
    """The device in words, for a cell tagged ``measurements``."""
    torch = _torch()
    chosen = device()
    if chosen.type == "cuda":
        return f"{torch.cuda.get_device_name(chosen)} (CUDA)"
    if chosen.type == "mps":
        return "Apple GPU (MPS)"
    threads = torch.get_num_threads()
    return f"CPU, {threads} thread{'s' if threads != 1 else ''}"


def scale(*, cpu: T, gpu: T) -> T:
    """`gpu` on a GPU (CUDA or MPS), else `cpu`: a size chosen by device, so that both are kept busy."""
    return cpu if device().type == "cpu" else gpu


def generator(seed: int, device: torch.device | str | None = None) -> torch.Generator:
    """A random generator on `device` (by default the chosen one), seeded with `seed` ≥ 0.

    The same seed gives the same numbers on the same device, and other numbers on another one.
    """
    if isinstance(seed, bool) or not hasattr(seed, "__index__") or not 0 <= seed.__index__() < 2**63:
        raise ValueError(f"seed must be a whole number from 0 to 2^63 − 1, not {seed!r}")
    torch = _torch()
    chosen = globals()["device"]() if device is None else torch.device(device)
    return torch.Generator(device=chosen).manual_seed(int(seed))


def synchronise() -> None:
    """Wait until the device has finished what it was given; a time read before would be too short."""
    torch = _torch()
    chosen = device()
    if chosen.type == "cuda":
        torch.cuda.synchronize(chosen)
    elif chosen.type == "mps":
        torch.mps.synchronize()
