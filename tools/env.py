"""Set up .venv for the book: `python tools/env.py site` or `python tools/env.py all`.

This file alone must parse under any Python, so that an old one gets a sentence and not a SyntaxError: no
annotations, no f-strings, the oldest modules only. The work is in the package `environment` beside it.
"""

import os
import sys

NEEDED = (3, 11)


def newer_python():
    """Name the newest fitting `python3.N` on PATH, or return None."""
    folders = os.environ.get("PATH", "").split(os.pathsep)
    for minor in (14, 13, 12, 11):
        name = "python3.{0}".format(minor)
        if any(os.access(os.path.join(folder, name), os.X_OK) for folder in folders):
            return name
    return None


def too_old(version):
    """Say in one line that Python `version` is too old, and which one to take."""
    found = newer_python()
    hint = "{0} is on the PATH".format(found) if found else "install a newer one and name it"
    return "assayer: Python {0}.{1} or later is needed and this is {2}.{3}; {4}: make PYTHON={5} ...".format(
        NEEDED[0], NEEDED[1], version[0], version[1], hint, found or "python3.12"
    )


if __name__ == "__main__":
    if sys.version_info < NEEDED:
        sys.exit(too_old(sys.version_info))
    if os.name != "posix":
        sys.exit("assayer: the set-up needs Linux or macOS; on Windows, run it under WSL")
    from environment.cli import main

    sys.exit(main(sys.argv[1:]))
