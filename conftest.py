"""What every pytest run of this repository shares: the environment that notebook kernels inherit.

nbval starts a kernel as a child of pytest, so a variable set here reaches the cells. It holds for the bare
`pytest --nbval chapters/` from the root as well as for `make test`.
"""

import os

# No progress bars: their output would differ from run to run.
os.environ["ASSAYER_QUIET"] = "1"

# Idle torch threads sleep: spinning ones slow a machine with few cores down by an order of magnitude.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

# A reader's own MPLBACKEND would replace the backend that ipykernel chooses, and with it the stored outputs.
os.environ.pop("MPLBACKEND", None)
