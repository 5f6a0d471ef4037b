# @title Set-up: the book's library, from the book's own site
# Takes the library only if its SHA-256 is the one written here, and installs it with the small packages that are
# missing. --no-deps: torch, numpy and all else that is here stay as they are. A second run is done at once.
import hashlib
import http.client
import importlib.util
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request
from pathlib import Path

ADDRESS = "@ADDRESS@"
WHEEL, VERSION = "@WHEEL@", "@VERSION@"
SHA256 = "@SHA256@"
NEEDS = ["@NEEDS@"]
PRESENT = ["@PRESENT@"]
PYTHON = "@PYTHON@"


class SetUpFailed(Exception):
    def _render_traceback_(self) -> list:  # one line, which IPython shows in place of a traceback
        return [f"SET-UP FAILED: {self}"]


def installed() -> str:
    from importlib import metadata

    try:
        return metadata.version("assayer")
    except metadata.PackageNotFoundError:
        return ""


def fetch() -> bytes:
    if Path(WHEEL).is_file():  # uploaded beside the notebook
        content = Path(WHEEL).read_bytes()
    elif not ADDRESS:
        raise SetUpFailed(f"upload {WHEEL} into the files of this session, then run this cell again")
    else:
        try:
            with urllib.request.urlopen(ADDRESS + WHEEL, timeout=30) as answer:
                content = answer.read()
        except urllib.error.HTTPError as error:
            raise SetUpFailed(f"{ADDRESS}{WHEEL}: {error.code}; open the chapter anew from the book's site") from None
        except (OSError, http.client.HTTPException) as error:
            reason = getattr(error, "reason", error)
            raise SetUpFailed(f"{ADDRESS}{WHEEL} cannot be reached ({reason}): is there a network?") from None
    found = hashlib.sha256(content).hexdigest()
    if found != SHA256:
        raise SetUpFailed(f"{WHEEL} has SHA-256 {found}, not {SHA256}: nothing was installed")
    return content


def set_up() -> None:
    if sys.version_info < tuple(map(int, PYTHON.split("."))):
        raise SetUpFailed(f"Python {sys.version.split()[0]} is too old: the book needs {PYTHON} or later")
    for name in PRESENT:
        if importlib.util.find_spec(name) is None:
            raise SetUpFailed(f"{name} is not here: Colab has it; elsewhere: pip install {' '.join(PRESENT)}")
    before = installed()
    if before != VERSION:
        content = fetch()
        with tempfile.TemporaryDirectory() as folder:
            wheel = Path(folder, WHEEL)
            wheel.write_bytes(content)
            pip = [sys.executable, "-m", "pip", "install", "--no-deps", "--quiet", "--retries", "2", "--timeout", "20"]
            run = subprocess.run([*pip, str(wheel), *NEEDS], capture_output=True, text=True)
        if run.returncode:
            said = [line for line in run.stderr.splitlines() if line.startswith("ERROR")] or ["ERROR: no reason given"]
            raise SetUpFailed(f"pip says {said[-1]!r}; it was asked for {', '.join(NEEDS)}")
        importlib.invalidate_caches()
        if installed() != VERSION or (before and "assayer" in sys.modules):
            raise SetUpFailed("the library is here now: restart the session (menu Runtime), then run all again")
    import torch

    from assayer.lab import describe_device

    versions = f"assayer {VERSION}, Python {sys.version.split()[0]}, torch {torch.__version__}"
    print(f"{versions}, on {describe_device()}")


set_up()
