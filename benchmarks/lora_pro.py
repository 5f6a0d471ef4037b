"""Times of a step of LoRA-Pro, as ratios within one run: `python benchmarks/lora_pro.py` (under a minute).

Every row first checks that its contenders agree, then times them and prints medians and their ratios. The seconds
depend on the machine, which is printed; nothing is asserted about time. Run from the repository's root with the
package and SciPy installed (`make test` does that). With `--peft` (and peft installed) the gradients of peft's own LoRA
layer are compared with G Bᵀ and AᵀG on transposed weights, and the aligned step with the projection.
"""

from __future__ import annotations

import argparse
import os
import platform
import statistics
import time
from collections.abc import Callable

# On a machine with other work, OpenMP's threads that spin while they wait cost 10 to 30 times the work itself.
# It must be set before torch is loaded.
os.environ.setdefault("OMP_WAIT_POLICY", "passive")

import torch
from scipy.linalg import solve_sylvester
from torch import Tensor

from assayer.lab import describe_device, rounding, scale
from assayer.lab.devices import synchronise
from assayer.results import lora_pro as results
from assayer.results.low_rank import normal

Contender = tuple[str, Callable[[], Tensor]]


def timed(run: Callable[[], Tensor], repeats: int) -> tuple[Tensor, float]:
    """What `run` returns, and the median of its times in seconds."""
    times = []
    for _ in range(repeats + 1):  # the first run warms up
        synchronise()
        start = time.perf_counter()
        found = run()
        synchronise()
        times.append(time.perf_counter() - start)
    return found, statistics.median(times[1:])


def race(title: str, contenders: list[Contender], repeats: int, allowed: float | None) -> None:
    """One line for each contender: its time, and its ratio to the first. They agree within `allowed`, if given."""
    print(f"\n{title}")
    found = [(name, *timed(run, repeats)) for name, run in contenders]
    for name, value, seconds in found:
        gap = float(torch.linalg.norm(value.cpu() - found[0][1].cpu()) / torch.linalg.norm(found[0][1].cpu()))
        if allowed is not None and gap > allowed:
            raise SystemExit(f"{title}: {name} differs from {found[0][0]} by {gap:.1e}, more than {allowed:.1e}")
        print(f"  {name:<46}{1e3 * seconds:>10.3f} ms {seconds / found[0][2]:>8.2f} x the first")


def directions(n: int, m: int, r: int, repeats: int) -> None:
    """The directions from LoRA's gradients; what a product of the layer's own size costs stands beside them."""
    G, A, B = (normal(*shape, seed=seed) for seed, shape in enumerate([(n, m), (n, r), (r, m)]))
    gradients = G @ B.mT, A.mT @ G
    conditions = [float(torch.linalg.cond(x)) ** 2 for x in (A, B)]
    allowed = rounding(operations=4 * (n + m + r), condition=conditions[0] * conditions[1]).tolerance()
    aligned = lambda choice: lambda: results.aligned(*gradients, A, B, choice).equivalent(A, B)
    race(
        f"equivalent gradients, n = {n}, m = {m}, r = {r}",
        [
            ("LoRA-Pro, symmetric C", aligned("symmetric")),
            ("LoRA-Pro, C from the Sylvester equation", aligned("nearest")),
            ("the projection, from the full gradient", lambda: results.tangent(G, A, B)),
        ],
        repeats,
        allowed,
    )
    steps = {choice: lambda c=choice: results.aligned(*gradients, A, B, c).a for choice in results.CHOICES}
    race("directions alone, without the n×m matrix", list(steps.items()), repeats, None)
    race("LoRA's gradients, for the size of it", [("G Bᵀ", lambda: G @ B.mT)], repeats, None)


def sylvester(r: int, repeats: int) -> None:
    """One equation by eigenvectors of both matrices, and by SciPy's reduction to triangles on the CPU."""
    K, L = (x @ x.mT + torch.eye(r, device=x.device) for x in (normal(r, r, seed=1), normal(r, r, seed=2)))
    M = normal(r, r, seed=3)
    ends = [torch.linalg.eigvalsh(x) for x in (K, L)]
    spread = float((ends[0][-1] + ends[1][-1]) / (ends[0][0] + ends[1][0]))
    race(
        f"Sylvester equation, r = {r}",
        [
            ("eigenvectors, on the device", lambda: results.sylvester(K, L, M)),
            (
                "scipy.linalg.solve_sylvester",
                lambda: torch.from_numpy(solve_sylvester(*(x.cpu().numpy() for x in (K, L, M)))),
            ),
        ],
        repeats,
        rounding(operations=16 * r**2, condition=spread).tolerance(),
    )


def against_peft() -> None:
    """peft's LoRA layer on transposed weights: its gradients are ours, and alignment is the projection there too."""
    try:
        import peft
        from peft import LoraConfig, get_peft_model
    except ImportError:
        print("\npeft is not installed: the comparison with its LoRA layer is left out")
        return
    n, m, r = 48, 32, 4
    model = torch.nn.Sequential(torch.nn.Linear(n, m, bias=False)).double()
    adapted = get_peft_model(model, LoraConfig(r=r, lora_alpha=r, target_modules=["0"])).double()
    layer = adapted.base_model.model[0]
    first, second = layer.lora_A["default"].weight, layer.lora_B["default"].weight
    with torch.no_grad():
        second.copy_(normal(m, r, seed=5, where=torch.device("cpu")))
    X, Y = (normal(20, side, seed=seed, where=torch.device("cpu")) for seed, side in ((6, n), (7, m)))
    ((adapted(X) - Y).tanh() ** 2).sum().backward()
    # peft multiplies by Wᵀ = W0ᵀ + second·first: our A is firstᵀ and our B is secondᵀ.
    A, B = first.detach().mT, second.detach().mT
    W = (layer.base_layer.weight.detach().mT + A @ B).requires_grad_(True)
    ((X @ W - Y).tanh() ** 2).sum().backward()
    G = W.grad
    apart = lambda one, other: float(torch.linalg.norm(one - other) / torch.linalg.norm(other))
    gaps = apart(first.grad.mT, G @ B.mT), apart(second.grad.mT, A.mT @ G)
    step = results.aligned(first.grad.mT, second.grad.mT, A, B)
    gaps += (apart(step.equivalent(A, B), results.tangent(G, A, B)),)
    condition = float(torch.linalg.cond(A) * torch.linalg.cond(B)) ** 2
    allowed = rounding(operations=8 * (n + m + r), condition=condition).tolerance()
    if max(gaps) > allowed:
        raise SystemExit(f"peft {peft.__version__} differs by {max(gaps):.1e}, more than {allowed:.1e}")
    print(f"\npeft {peft.__version__}: gradients agree, and its aligned step is the projection ({max(gaps):.1e})")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=5, help="runs of which the median is taken (5)")
    parser.add_argument("--peft", action="store_true", help="compare with peft's LoRA layer, where peft is installed")
    arguments = parser.parse_args()
    print(f"{platform.platform()}, {os.cpu_count()} cores; work on {describe_device()}")
    print(f"Python {platform.python_version()}, torch {torch.__version__}")
    for r in (4, 16, 64):
        directions(*scale(cpu=(1024, 1024), gpu=(4096, 4096)), r, arguments.repeats)
    for r in (4, 16, 64):
        sylvester(r, arguments.repeats)
    if arguments.peft:
        against_peft()


if __name__ == "__main__":
    main()
