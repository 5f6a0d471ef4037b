"""Bring `.venv` to the state that is wanted. A failure leaves no stamp, so that the next call takes it up."""

from __future__ import annotations

import fcntl
import importlib.util
import os
import shutil
import subprocess
import time
import venv
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from . import accelerator, plan
from .accelerator import Installer
from .errors import SetupError
from .pip import Pip
from .plan import Action, Base, Project, Stamp

_LOCK, _BASE, _STAMP, _LOG = ".assayer-lock", ".assayer-base.json", ".assayer-stamp.json", "setup.log"

_TITLES = {"site": "the site", "all": "the site, the checks and torch"}

Say = Callable[[str], None]


def interpreter(folder: Path) -> Path:
    """Return the environment's Python."""
    return folder / "bin" / "python"


def ensure(
    project: Project,
    which: str,
    mode: str,
    say: Say,
    *,
    make_pip: Callable[[Path, Path, Path], Installer] = Pip,
    create: Callable[[Path], None] | None = None,
    kind: str | None = None,
) -> Action:
    """Make `.venv` hold the set `which` and return what had to be done.

    `mode` is TORCH's value. `make_pip`, `create` and `kind` stand in for pip, for venv and for the look at
    the machine. Raises SetupError.
    """
    if which not in plan.SETS:
        raise SetupError(f"no set {which!r}: one of {', '.join(plan.SETS)}")
    kind = (kind or accelerator.kind_wanted(mode)) if which == "all" else ""
    wanted, here = Stamp(which, project.digest(), kind), Base.here(project.root)
    action, _ = _look(project.venv, here, wanted)
    if action is Action.KEEP:
        return action
    _refuse_foreign(project.venv)
    with _locked(project.venv, say):
        action, why = _look(project.venv, here, wanted)  # another make may have finished meanwhile
        if action is Action.KEEP:
            return action
        began = time.monotonic()
        say(f"setting up .venv for {_TITLES[which]} with {here.python} ({why}); log: .venv/{_LOG}")
        (project.venv / _STAMP).unlink(missing_ok=True)
        if action is Action.CREATE:
            _create(project.venv, here, create or _venv)
        _install(project, which, mode, kind, make_pip, say)
        _write(project.venv / _STAMP, plan.dump(wanted))
        say(f".venv is ready after {time.monotonic() - began:.0f} s")
    return action


def _look(folder: Path, here: Base, wanted: Stamp) -> tuple[Action, str]:
    base, stamp = plan.load(Base, folder / _BASE), plan.load(Stamp, folder / _STAMP)
    return plan.decide(base, stamp, here, wanted, usable=os.access(interpreter(folder), os.X_OK))


def _refuse_foreign(folder: Path) -> None:
    """Refuse a `.venv` that is not ours: setting up empties it."""
    if not folder.exists():
        return
    if not folder.is_dir():
        raise SetupError(f"{folder} is not a folder: move it away and run make again")
    names = {path.name for path in folder.iterdir()}
    if names and not names & {_BASE, _LOCK}:
        raise SetupError(f"{folder} was not made by this Makefile: move it away or remove it")


@contextmanager
def _locked(folder: Path, say: Say) -> Iterator[None]:
    """Hold the environment against a second make; wait for a first one."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / _LOCK).open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("another make is setting up .venv: waiting for it")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _create(folder: Path, here: Base, create: Callable[[Path], None]) -> None:
    for path in folder.iterdir():
        if path.name == _LOCK:
            continue
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()
    create(folder)
    _write(folder / _BASE, plan.dump(here))


def _venv(folder: Path) -> None:
    for module in ("venv", "ensurepip"):
        if importlib.util.find_spec(module) is None:
            raise SetupError(
                f"this Python has no module {module}: on Debian and Ubuntu, apt install python3-venv; "
                "or name another Python: make PYTHON=python3.12 ..."
            )
    try:
        venv.EnvBuilder(with_pip=True, symlinks=True).create(folder)
    except (subprocess.CalledProcessError, OSError) as error:
        raise SetupError(f"{folder} cannot be created: {error}") from error


def _install(
    project: Project,
    which: str,
    mode: str,
    kind: str,
    make_pip: Callable[[Path, Path, Path], Installer],
    say: Say,
) -> None:
    log = project.venv / _LOG
    log.unlink(missing_ok=True)
    pip = make_pip(interpreter(project.venv), project.root, log)
    pins = ("--constraint", str(project.pins))
    # First pip itself: an old one downloads whole wheels in a dry run. setuptools is for the last line.
    say("  pip and setuptools")
    pip("install", *pins, "pip", "setuptools")
    if which == "all":
        accelerator.install_torch(project, pip, mode, kind, lambda text: say(f"  {text}"))
    names = project.requirements(which)
    say(f"  {len(names)} packages and what they need, at the versions of requirements.txt")
    pip("install", *pins, *names)
    say("  assayer itself, from lib/")
    pip("install", "--no-deps", "--no-build-isolation", "--editable", ".")


def _write(path: Path, text: str) -> None:
    part = path.with_name(path.name + ".part")
    part.write_text(text, encoding="utf-8")
    os.replace(part, path)
