"""What every pytest run of this repository shares: the environment that notebook kernels inherit.

nbval starts a kernel as a child of pytest, so a variable set here reaches the cells. It holds for the bare
`pytest --nbval chapters/` from the root as well as for `make test`.
"""

import os

from assayer.validation.settings import settle

settle(os.environ)
