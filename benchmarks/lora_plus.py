"""LoRA+ on wider layers, and beside peft: `python benchmarks/lora_plus.py [width ...]` (a minute for the default).

For each width it prints what the chapter's table has, on the chosen device: the share of the loss left at the best
rates of every ratio. Then it compares the groups of peft's `create_loraplus_optimizer` with ours; where peft is not
installed, a line says so. Run from the repository's root with the package installed.
"""

from __future__ import annotations

import argparse
import importlib.util

import torch

from assayer.lab import describe_device, measurements, stopwatch
from assayer.results import lora_plus
from assayer.results.lora_plus import pictures
from assayer.results.low_rank import double_device


def wide(n: int, seeds: int) -> None:
    """Print the tuned losses of one width, and the largest ratio at which a thousandth of the loss is left."""
    where = double_device()
    # Wider layers bear larger ratios: one more power of 2 on either side of the chapter's grid.
    rates_a = pictures.powers(pictures.POWERS_A[0] - 1, pictures.POWERS_A[1] + 1)
    rates_b = pictures.powers(pictures.POWERS_B[0] - 1, pictures.POWERS_B[1] + 1)
    with stopwatch() as time:
        found = lora_plus.sweep(
            n,
            rates_a,
            rates_b,
            r=pictures.RANK,
            steps=pictures.STEPS,
            seeds=seeds,
            where=None if where.type == "cpu" else where,
        )
    print(f"\nn = {n}, {seeds} seeds, {time.seconds:.1f} s")
    edge = None
    for k, (loss, inside) in lora_plus.tuned(found).items():
        logs = loss.log10()
        if 10 ** logs.mean().item() <= pictures.TARGET:
            edge = 2.0**k
        if inside:
            print(f"  ratio {2.0**k:8g}: {logs.mean():6.2f} ± {logs.std():.2f}")
    print(f"  the largest ratio at which a thousandth is left: {edge:g}" if edge else "  no ratio leaves a thousandth")


def beside_peft() -> None:
    """Compare the rates that peft gives to every parameter of a small model with those of `groups`."""
    if importlib.util.find_spec("peft") is None:
        print("\npeft is not installed: its groups are not compared (pip install peft)")
        return
    import peft
    from peft.optimizers import create_loraplus_optimizer

    model = torch.nn.Sequential(torch.nn.Linear(12, 8), torch.nn.ReLU(), torch.nn.Linear(8, 4))
    adapted = peft.get_peft_model(model, peft.LoraConfig(r=2, target_modules=["0", "2"], bias="lora_only"))
    lr, ratio = 2.0**-10, 16.0
    theirs = create_loraplus_optimizer(adapted, torch.optim.AdamW, lr=lr, loraplus_lr_ratio=ratio, weight_decay=0.1)
    rates = {id(p): group["lr"] for group in theirs.param_groups for p in group["params"]}
    ours = {id(p): g["lr"] for g in lora_plus.groups(adapted.named_parameters(), lr, ratio) for p in g["params"]}
    print(f"\npeft {peft.__version__}")
    for name, parameter in adapted.named_parameters():
        if id(parameter) in ours or id(parameter) in rates:
            their, our = rates.get(id(parameter)), ours.get(id(parameter))
            print(f"  {name}: peft {their}, by our definition {our}")
    if rates != ours:
        raise SystemExit("peft's groups have other rates than the definition in the chapter")
    decays = sorted({group["weight_decay"] for group in theirs.param_groups})
    print(f"  weight_decay=0.1 was asked for; the groups have {decays}")
    scaled = {tuple(p.shape): p.std().item() for name, p in adapted.named_parameters() if "lora_A" in name}
    print("  standard deviation of lora_A, and 1/√(3n): ", end="")
    print(", ".join(f"{size:.3f}, {(3 * shape[1]) ** -0.5:.3f}" for shape, size in scaled.items()))


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("widths", nargs="*", type=int, default=[64, 256, 1024])
    parser.add_argument("--seeds", type=int, default=3)
    chosen = parser.parse_args()
    measurements({"device": describe_device(), "steps": pictures.STEPS, "rank": pictures.RANK})
    for n in chosen.widths:
        wide(n, chosen.seeds)
    beside_peft()


if __name__ == "__main__":
    main()
