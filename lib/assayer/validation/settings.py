"""The environment that notebook kernels run in, forked or not."""

from __future__ import annotations

import os
from collections.abc import Mapping, MutableMapping

PROVISIONER = "assayer-forked"
"""The name under which jupyter_client finds our provisioner (an entry point of this package)."""

SERVER = "ASSAYER_FORK_SERVER"
"""Names the folder of a running server that kernels are to be forked from."""

INLINE = "module://matplotlib_inline.backend_inline"
"""What ipykernel sets MPLBACKEND to. The server needs it sooner: matplotlib reads it when it is imported."""

PRELOADED = (
    *("numpy", "scipy.linalg", "scipy.optimize", "scipy.special", "scipy.signal", "torch"),
    *("sympy", "flint", "z3", "clarabel", "tqdm"),
    # Not pyplot: IPython changes it when it is imported in a kernel.
    *("matplotlib", "matplotlib.figure", "matplotlib.font_manager", "matplotlib.backends.backend_agg"),
    *("matplotlib.backends.backend_svg", "matplotlib.mathtext", "matplotlib_inline.config"),
    *("assayer.claims.*", "assayer.derivation.*", "assayer.lab.*"),
    *("ipykernel.kernelapp", "ipykernel.ipkernel", "IPython.core.completer", "debugpy"),
)
"""What the server imports before it forks; ``.*`` stands for all modules of a package."""

# Read when Python starts or when a library is loaded, which in a fork has happened already.
_FIXED = (
    *("PYTHON", "LD_", "DYLD_", "MALLOC_", "GLIBC_", "OMP_", "GOMP_", "KMP_", "MKL_", "OPENBLAS_", "BLIS_", "NUMEXPR_"),
    *("VECLIB_", "CUDA_", "NVIDIA_", "TORCH", "PYTORCH_", "ATEN_", "SYMPY_", "MPL", "NPY_", "ASSAYER_"),
)


def settle(environment: MutableMapping[str, str]) -> None:
    """Give `environment` what every kernel of a validation shares, however pytest was called."""
    # No progress bars: their output would differ from run to run.
    environment["ASSAYER_QUIET"] = "1"
    # Idle torch threads sleep: spinning ones slow a machine with few cores down by an order of magnitude.
    environment.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    # A reader's own MPLBACKEND would replace the backend that ipykernel chooses, and with it the stored outputs.
    environment.pop("MPLBACKEND", None)


def fixed(environment: Mapping[str, str]) -> dict[str, str]:
    """The variables of `environment` that a fork cannot change any more."""
    return {name: value for name, value in sorted(environment.items()) if name.startswith(_FIXED) and name != SERVER}


def unlike(wanted: Mapping[str, str], server: Mapping[str, str]) -> list[str]:
    """Names of the variables whose value in `wanted` the forks of `server` cannot have."""
    ours, theirs = fixed(wanted), fixed(server)
    return sorted(name for name in ours.keys() | theirs.keys() if ours.get(name) != theirs.get(name))


def here() -> dict[str, str]:
    """This process's environment, settled."""
    environment = dict(os.environ)
    settle(environment)
    return environment
