"""Run a chapter in a clean kernel and store its outputs, all of them or none.

The kernel is a new process of this Python, in an empty temporary folder, without the reader's IPython
profile. Only when every cell has run are the notebook and its manifest replaced, each by one rename, so that
an error, the death of the kernel or Ctrl-C leaves the old files as they were. An unchanged chapter keeps its
bytes and its modification time: where code and compared outputs are the same, the outputs of "measurements"
cells stay those of the stored run.
"""

from __future__ import annotations

import copy
import fcntl
import logging
import os
import re
import signal
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any

import nbformat
from nbformat import NotebookNode

from assayer.notebooks import manifest
from assayer.notebooks.normal import dumps, normalise
from assayer.notebooks.notebook import MEASUREMENTS, Notebook, NotebookError, parse

_STARTUP = 120  # seconds for a kernel to answer, on a loaded machine
_ANSI = re.compile(r"\x1b\[[0-9;]*m")

Progress = Callable[[int, int], None]
"""Called with (k, n) before the k-th of n code cells runs."""


class RefreshError(RuntimeError):
    """Why nothing was stored; the message names the notebook and, where one is at fault, the cell."""


class Interrupted(RefreshError):
    """Ctrl-C or a request to end: nothing was stored."""


@dataclass(frozen=True)
class Refreshed:
    """What a refresh did: `cells` ran; `notebook` and `manifest` tell whether each file changed; `lost` was
    accepted.
    """

    cells: int
    notebook: bool
    manifest: bool
    lost: tuple[str, ...] = ()


def refresh(
    path: Path, name: str | None = None, *, accept: bool = False, progress: Progress | None = None
) -> Refreshed:
    """Run the notebook at `path` and store its outputs and its manifest.

    With `accept`, things that the manifest holds and the notebook lost are forgotten; without it they are a
    `RefreshError`, as are an error in a cell, a dead kernel, files left behind, a second refresh of the same
    notebook at the same time, and a file that someone else changes meanwhile. Raises `Interrupted` on Ctrl-C.
    """
    path = Path(path).resolve()
    name = name or path.as_posix()
    with _locked(path, name):
        before = _read(path, name)
        stored = manifest.path_of(path)
        try:
            old = manifest.load(stored)
            node = normalise(nbformat.reads(before.decode("utf-8"), as_version=4))
            _refuse_losses(old, parse(dumps(node), path, name), accept, source_only=True)
        except (NotebookError, UnicodeDecodeError, nbformat.ValidationError, ValueError) as error:
            raise RefreshError(f"{error}: nothing was run") from None
        fresh = normalise(execute(copy.deepcopy(node), name, progress=progress))
        _keep_measurements(old, parse(dumps(node), path, name), node, fresh)
        text = dumps(fresh)
        result = parse(text, path, name)
        lost = _refuse_losses(old, result, accept)
        if _read(path, name) != before:
            raise RefreshError(f"{name} was changed while it ran: nothing was stored; run refresh again")
        # The manifest first: were the machine to stop between the two, the check would ask for another refresh.
        wrote_manifest = _replace(stored, manifest.dumps(manifest.take(result)).encode())
        wrote_notebook = _replace(path, text.encode(), before)
        return Refreshed(len(result.code), wrote_notebook, wrote_manifest, lost)


def execute(node: NotebookNode, name: str, *, progress: Progress | None = None) -> NotebookNode:
    """Run every cell of `node` in a new kernel in an empty folder and return it with its outputs, counted
    1..n.

    Raises `RefreshError` for an error in a cell, a dead kernel or files left behind, `Interrupted` on a
    signal.
    """
    from nbclient import NotebookClient
    from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError

    code = [index for index, cell in enumerate(node.cells) if cell.cell_type == "code" and cell.source.strip()]
    for cell in node.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    with tempfile.TemporaryDirectory(prefix="assayer-") as scratch, _signals() as stop:
        empty, profile, complaints = (Path(scratch, part) for part in ("chapter", "ipython", "stderr.txt"))
        empty.mkdir()
        profile.mkdir()
        client = NotebookClient(
            node,
            timeout=None,
            startup_timeout=_STARTUP,
            iopub_timeout=60,
            raise_on_iopub_timeout=True,
            force_raise_errors=True,
            skip_cells_with_tag="",
            store_widget_state=False,
            record_timing=False,
            shutdown_kernel="immediate",
            log=_silent(),
        )
        client.km = _kernel_manager()
        client.owns_km = True
        place = f"{name} (starting the kernel)"
        try:
            with (
                complaints.open("wb") as stderr,
                client.setup_kernel(cwd=str(empty), env=_environment(profile), stderr=stderr),
            ):
                stop.kernel = client.km
                for number, index in enumerate(code, start=1):
                    stop.raise_if_asked()
                    place = f"{name} cell {index} (In [{number}])"
                    if progress:
                        progress(number, len(code))
                    client.execute_cell(node.cells[index], index, execution_count=number)
                stop.kernel = None
        except CellExecutionError as error:
            said = " ".join(_ANSI.sub("", f"{error.ename}: {error.evalue}").split())[:300]
            raise RefreshError(f"{place}: {said}; nothing was stored") from None
        except DeadKernelError:
            stop.raise_if_asked(place)
            last = complaints.read_text(errors="replace").strip().splitlines()[-1:]
            said = f" ({last[0][:200]})" if last else ""
            raise RefreshError(f"{place}: the kernel died{said}; nothing was stored") from None
        except (CellTimeoutError, RuntimeError) as error:
            stop.raise_if_asked(place)
            if isinstance(error, RefreshError):
                raise
            raise RefreshError(f"{place}: {str(error).splitlines()[0]}; nothing was stored") from None
        stop.raise_if_asked(place)
        if left := sorted(entry.name for entry in empty.iterdir()):
            message = f"{name} leaves files behind ({', '.join(left)}): write them to a temporary folder"
            raise RefreshError(f"{message}; nothing was stored")
    return node


class _Stop:
    """What a signal does while a kernel runs: it ends the kernel, and the run then ends in good order."""

    def __init__(self) -> None:
        self.asked: int | None = None
        self.kernel: Any = None

    def handle(self, number: int, frame: FrameType | None) -> None:
        self.asked = number
        # The kernel leads a session of its own: its group holds the workers that a cell may have started.
        group = getattr(getattr(self.kernel, "provisioner", None), "pgid", None)
        if group and group != os.getpgrp():
            with suppress(ProcessLookupError):
                os.killpg(group, signal.SIGKILL)

    def raise_if_asked(self, place: str = "") -> None:
        if self.asked is not None:
            said = "stopped by Ctrl-C" if self.asked == signal.SIGINT else "asked to end"
            raise Interrupted(f"{place}: {said}; nothing was stored" if place else f"{said}; nothing was stored")


@contextmanager
def _signals() -> Iterator[_Stop]:
    stop = _Stop()
    if threading.current_thread() is not threading.main_thread():
        yield stop  # only the main thread may handle signals
        return
    handled = (signal.SIGINT, signal.SIGTERM)
    former = {number: signal.signal(number, stop.handle) for number in handled}
    try:
        yield stop
    finally:
        for number, handler in former.items():
            signal.signal(number, handler)


def _kernel_manager() -> Any:
    """A manager whose python3 kernel is this very Python, whatever kernels the machine has."""
    import ipykernel.kernelspec
    from jupyter_client.kernelspec import KernelSpec, KernelSpecManager
    from jupyter_client.manager import AsyncKernelManager

    class ThisPython(KernelSpecManager):
        def get_kernel_spec(self, kernel_name: str) -> KernelSpec:
            return self.kernel_spec_class(
                resource_dir=ipykernel.kernelspec.RESOURCES, **ipykernel.kernelspec.get_kernel_dict()
            )

    return AsyncKernelManager(kernel_name="python3", kernel_spec_manager=ThisPython())


def _environment(profile: Path) -> dict[str, str]:
    """The kernel's environment: the reader's, less what changes outputs. MPLBACKEND is left for ipykernel to
    set.
    """
    unwanted = ("MPLBACKEND", "PYTHONSTARTUP", "PYTHONWARNINGS", "IPYTHONDIR")
    environment = {key: value for key, value in os.environ.items() if key not in unwanted}
    environment |= {"ASSAYER_QUIET": "1", "PYTHONHASHSEED": "0", "IPYTHONDIR": str(profile)}
    environment.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # idle torch threads sleep instead of spinning
    if folders := environment.get("PYTHONPATH"):  # relative ones mean the folder that refresh was called in
        environment["PYTHONPATH"] = os.pathsep.join(map(os.path.abspath, folders.split(os.pathsep)))
    return environment


def _silent() -> logging.Logger:
    """nbclient logs what our own one line says better."""
    log = logging.getLogger("assayer.notebooks.nbclient")
    log.handlers, log.propagate = [logging.NullHandler()], False
    return log


def _keep_measurements(old: dict[str, Any] | None, stored: Notebook, node: NotebookNode, fresh: NotebookNode) -> None:
    """Give `fresh` the stored outputs of measurements where nothing that is compared has changed."""
    if old is None:
        return
    digests = [(entry["id"], entry["source"]) for entry in old.get("cells", [])]
    if digests != [(cell.id, manifest.digest(cell.source)) for cell in stored.code]:
        return
    kept = []
    for cell, was, now in zip(stored.cells, node.cells, fresh.cells, strict=True):
        if MEASUREMENTS in cell.tags and cell.kind == "code":
            if not was.outputs:
                return
            kept.append((was, now))
        elif cell.kind == "code" and was.outputs != now.outputs:
            return
    for was, now in kept:
        now.outputs = was.outputs


def _refuse_losses(
    old: dict[str, Any] | None, notebook: Notebook, accept: bool, *, source_only: bool = False
) -> tuple[str, ...]:
    lost = [] if old is None else list(manifest.losses(old, notebook, source_only=source_only))
    said = tuple(loss.message if loss.cell is None else f"cell {loss.cell.index}: {loss.message}" for loss in lost)
    if said and not accept:
        listed = "\n  ".join(said)
        raise RefreshError(
            f"{notebook.name} has lost what its manifest holds:\n  {listed}\n"
            "Put it back, or run refresh with --accept if that is meant; nothing was stored"
        )
    return said


def _read(path: Path, name: str) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise RefreshError(f"{name} cannot be read: {error.strerror}") from None


def _replace(path: Path, content: bytes, before: bytes | None = None) -> bool:
    """Put `content` at `path` by one rename; False, and nothing touched, where it is there already."""
    if before is None and path.exists():
        before = path.read_bytes()
    if before == content:
        return False
    mode = path.stat().st_mode & 0o777 if path.exists() else 0o666 & ~_umask()
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".tmp")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(temporary, mode)
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
    return True


def _umask() -> int:
    mask = os.umask(0o022)
    os.umask(mask)
    return mask


@contextmanager
def _locked(path: Path, name: str) -> Iterator[None]:
    """Hold the notebook's lock: the file itself, locked, and still the one at `path` once the lock is ours."""
    try:
        handle = os.open(path, os.O_RDONLY)
    except OSError as error:
        raise RefreshError(f"{name} cannot be read: {error.strerror}") from None
    try:
        busy = RefreshError(f"{name} is being refreshed by another process: wait for it")
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise busy from None
        if os.fstat(handle).st_ino != path.stat().st_ino:  # replaced between opening and locking
            raise busy
        yield
    finally:
        os.close(handle)


def terminal_progress(name: str) -> Progress:
    """Show ``name: cell k of n`` on stderr, on one line where that is a terminal."""
    live = sys.stderr.isatty()

    def show(number: int, total: int) -> None:
        end = "" if live else "\n"
        start = "\r\x1b[K" if live else ""
        print(f"{start}{name}: cell {number} of {total}", end=end, file=sys.stderr, flush=True)

    return show
