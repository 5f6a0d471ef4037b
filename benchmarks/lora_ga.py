"""The starts of the installed peft beside ours, and the residual of the gradient of one layer against the rank.

    python benchmarks/lora_ga.py

peft is no dependency of the book: without it, its part is left out with a line that says so.
"""

from __future__ import annotations

import copy

import torch
from torch import Tensor

from assayer.lab import describe_device
from assayer.results import lora_ga as results
from assayer.results.low_rank import double_device

RANK = 4


def ours(weight: Tensor, gradient: Tensor) -> dict[str, results.Start]:
    """Our starts by peft's names, for a layer whose weight is W0 (n×m)."""
    return {
        "pissa": results.pissa(weight, RANK),
        "olora": results.olora(weight, RANK),
        "lora_ga": results.weighted(gradient, RANK),
    }


def of_peft(name: str, layer: torch.nn.Linear, X: Tensor, Y: Tensor, factor: float) -> results.Start:
    """The factors that peft puts into a copy of `layer` under `factor` times the loss, in our letters, in float64."""
    from peft import LoraConfig, get_peft_model
    from peft.tuners.lora import LoraGAConfig, preprocess_loraga

    class Model(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layer = copy.deepcopy(layer)

        def forward(self, x: Tensor) -> Tensor:
            return self.layer(x)

    model = Model()
    options = {"lora_ga_config": LoraGAConfig(direction="ArB2r", scale="unit")} if name == "lora_ga" else {}
    config = LoraConfig(r=RANK, lora_alpha=RANK, target_modules=["layer"], init_lora_weights=name, **options)
    if name == "lora_ga":
        preprocess_loraga(model, config, lambda: (factor * ((model(X) - Y) ** 2).mean()).backward())
    adapted = get_peft_model(model, config).base_model.model.layer
    read = lambda module: module["default"].weight.detach().double().mT
    return read(adapted.lora_A), read(adapted.lora_B)


def compare() -> None:
    """Print how far peft's A AᵀG + G BᵀB is from ours, and what each misses: signs of vectors do not matter there."""
    try:
        import peft
    except ModuleNotFoundError:
        print("peft is not installed: its starts are not compared")
        return
    torch.manual_seed(10226)
    layer = torch.nn.Linear(48, 32, bias=False)
    X, Y = torch.randn(256, 48), torch.randn(256, 32)
    ((layer(X) - Y) ** 2).mean().backward()
    assert layer.weight.grad is not None
    W0, G = layer.weight.detach().double().mT, layer.weight.grad.double().mT
    factor = 1 / float(torch.linalg.svdvals(G)[RANK])  # of the loss, so that the singular values are about 1
    G = factor * G
    print(f"peft {peft.__version__}, a layer of 48 × 32, rank {RANK}; the bound is {results.bound(G, RANK):.4f}")
    for name, (A, B) in ours(W0, G).items():
        theirs = of_peft(name, layer, X, Y, factor)
        mine, other = results.first_order(G, A, B), results.first_order(G, *theirs)
        print(
            f"  {name:8} differs by {float((mine - other).norm() / mine.norm()):.1e}; "
            f"misses {float(results.objective(G, *theirs)):.4f} at scale 1, "
            f"{results.share_left(G, *theirs) * float((G * G).sum()):.4f} at its best rate"
        )
    best = results.objective(G, *results.aligned(G, RANK))
    print("  (lora_ga there takes its singular vectors from a randomised decomposition, torch.svd_lowrank)")
    print(f"  LoRA-GA as proved misses {float(best):.4f}")


def residuals() -> None:
    """Print what three starts miss of the gradient of a layer of 512 × 384, at several ranks, in float64."""
    made = results.problem(10226, b=2048, n=512, m=384)
    G = made.gradient()
    print(f"layer of 512 × 384 on {describe_device()}: share of ‖G‖² that is missed")
    print("  rank    usual    PiSSA  LoRA-GA")
    for rank in (1, 2, 4, 8, 16, 32, 64, 128):
        shares = [
            results.share_left(G, *start)
            for start in (results.standard(512, 384, rank, 1), results.pissa(made.W0, rank), results.aligned(G, rank))
        ]
        print(f"  {rank:4}" + "".join(f"{share:9.4f}" for share in shares))


if __name__ == "__main__":
    print(f"float64 on {double_device().type}")
    compare()
    residuals()
