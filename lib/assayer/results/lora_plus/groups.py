"""The two groups of parameters of a LoRA+ optimizer, by peft's definition."""

from __future__ import annotations

from collections.abc import Iterable
from math import isfinite
from typing import Any

from torch import Tensor


def groups(parameters: Iterable[tuple[str, Tensor]], lr: float, ratio: float) -> list[dict[str, Any]]:
    """Parameter groups for a torch optimizer: rate `lr` for A, `lr · ratio` for B and for vectors.

    parameters: (name, tensor) pairs such as ``model.named_parameters()``; those without gradient are left out. A name
    that holds ``lora_B``, and every tensor with one dimension, belongs to B's group, as in peft's
    `create_loraplus_optimizer` (its groups for embeddings and weight decay are not made). peft stores W transposed,
    W0 + lora_B lora_A: its lora_B is our Bᵀ, on the side of the output.

    Raises `ValueError` for a rate or ratio that is not a positive number, and where no parameter has a gradient.
    """
    for name, value in (("lr", lr), ("ratio", ratio)):
        if not isfinite(value) or value <= 0:
            raise ValueError(f"{name} must be a positive number, not {value!r}")
    by_a: list[Tensor] = []
    by_b: list[Tensor] = []
    for name, tensor in parameters:
        if tensor.requires_grad:
            (by_b if "lora_B" in name or tensor.ndim == 1 else by_a).append(tensor)
    if not by_a and not by_b:
        raise ValueError("no parameter has a gradient: there is nothing to train")
    made = [{"params": by_a, "lr": lr}, {"params": by_b, "lr": lr * ratio}]
    return [group for group in made if group["params"]]
