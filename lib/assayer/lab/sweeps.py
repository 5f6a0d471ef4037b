"""Long sweeps: one function over many points, on any executor, stored as they go and taken up again where they stopped.

``sweep(block, points, folder="runs/blocks", executor=...)`` calls ``block(**point)`` for each point. A killed sweep is
started again with the same call: what is stored is not computed again, and the result has the same bytes as that of a
sweep that ran through, whatever the executor and the order in which its points came back.

Executors: none (this process), `concurrent.futures` with threads or processes, and ``Client(...).get_executor()`` of
dask.distributed, whose scheduler gives the points of a lost worker to another one. Only the process that called
`sweep` touches the folder.
"""

from __future__ import annotations

import functools
import hashlib
import inspect
import os
import sys
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, CancelledError, Executor, Future, wait
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

from assayer.lab.checkpoints import Folder, Identity, SweepError, arrow, canonical, plain
from assayer.lab.faults import tell
from assayer.lab.live import is_live

WINDOW = 64
"""Points handed to an executor at a time: enough for many workers, and a bound on what waits in memory."""


@dataclass(frozen=True)
class Swept:
    """A finished sweep.

    Attributes:
        path: the result, a Parquet file.
        points: how many points the plan has.
        found: how many of them were stored already.
        computed: how many were computed by this call.
        repaired: how many of those because their stored part was damaged.
    """

    path: Path
    points: int
    found: int
    computed: int
    repaired: int

    def columns(self) -> dict[str, Any]:
        """The result's columns by name, as numpy arrays; see `read_results`."""
        return read_results(self.path)


def sweep(
    function: Callable[..., Any],
    points: Iterable[Mapping[str, Any]],
    *,
    folder: str | os.PathLike[str],
    executor: Executor | None = None,
    version: str | None = None,
    code: Iterable[ModuleType] = (),
    window: int = WINDOW,
    desc: str = "",
    say: Callable[[str], None] = tell,
) -> Swept:
    """Call ``function(**point)`` for every point and store the rows in `folder`; a part that is stored is kept.

    Parameters:
        function: a function of a module (so that workers can import it), or a `functools.partial` of one. It gives a
            mapping of columns to values, or a list of such mappings, and depends on nothing but its arguments.
        points: the plan: mappings of the same names to numbers, text or booleans, no two alike. Its order is the order
            of the result's rows.
        folder: where the sweep is kept; made where it is missing.
        executor: where the points are computed; by default in this process, one after the other.
        version: names the code in the sweep's identity. By default a hash of the source of `function`'s module and of
            the modules in `code` does, so that a change to any of them makes another sweep.
        window: how many points the executor holds at a time. desc: a word beside the progress bar.
        say: takes each line on what was mended.
    Raises `SweepError` with one line: the folder holds another sweep, or another process sweeps there; a point failed;
    the workers died; the disk is full. Whatever was computed until then is stored. `TypeError` and `ValueError` for a
    function or points that cannot be told apart later.
    """
    plan = _plan(points)
    if window < 1:
        raise ValueError(f"a sweep needs a window of at least 1 point, not {window}")
    identity = Identity(
        function=_name(function),
        code=f"version {version}" if version is not None else _source(function, code),
        parameters=_parameters(function),
        points=len(plan),
        plan=hashlib.sha256(canonical(plan).encode()).hexdigest(),
    )
    with Folder(folder, identity, plan, say) as place:
        missing = place.missing()
        with _bar(desc, len(plan), len(plan) - len(missing)) as step:
            if executor is None:
                _alone(function, missing, place, step)
            else:
                _together(function, missing, place, executor, window, step)
        found = len(plan) - len(missing)
        return Swept(place.finish(), len(plan), found, len(missing), place.repaired)


def read_results(path: str | os.PathLike[str]) -> dict[str, Any]:
    """The columns of a stored result by name: numpy arrays; a column of lists of one length becomes two-dimensional.

    Whole numbers come as int64 (as float64 with NaN where some are missing), numbers as float64, text as objects.
    Raises `FileNotFoundError` naming the path, `SweepError` where it is no Parquet file.
    """
    import numpy

    pa = arrow()
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"there is no stored result at {path}")
    try:
        table = pa.parquet.read_table(path)
    except pa.ArrowInvalid as error:
        raise SweepError(f"{path} is no whole Parquet file: {error}") from error
    columns = {}
    for field in table.schema:
        column = table.column(field.name)
        if pa.types.is_list(field.type):
            columns[field.name] = numpy.array(column.to_pylist())
        else:
            columns[field.name] = column.to_numpy()
    return columns


def _plan(points: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    plan: list[dict[str, Any]] = []
    seen: set[str] = set()
    for point in points:
        if not isinstance(point, Mapping) or not point:
            raise TypeError(f"a point is a mapping of names to values, not {point!r}")
        made = {name: plain(value, f"the point's {name!r}") for name, value in point.items()}
        key = canonical(made)
        if key in seen:
            raise ValueError(f"the point {key} is in the plan twice: a sweep computes each once")
        if plan and list(made) != list(plan[0]):
            raise ValueError(f"the point {key} does not have the names of the first one: {', '.join(plan[0])}")
        seen.add(key)
        plan.append(made)
    if not plan:
        raise ValueError("a sweep needs at least one point")
    return plan


def _bare(function: Callable[..., Any]) -> Callable[..., Any]:
    while isinstance(function, functools.partial):
        function = function.func
    return function


def _name(function: Callable[..., Any]) -> str:
    bare = _bare(function)
    name, module = getattr(bare, "__qualname__", ""), getattr(bare, "__module__", "")
    if not callable(bare) or not name or not module or "<" in name or inspect.ismethod(bare):
        raise TypeError(
            f"a sweep stores the name of its function, and {bare!r} has none that holds: give a function of a module"
        )
    return f"{module}.{name}"


def _parameters(function: Callable[..., Any]) -> str:
    """What partials have bound, outermost last."""
    bound: list[Any] = []
    while isinstance(function, functools.partial):
        bound.append([plain(function.args, "a bound argument"), plain(function.keywords, "a bound argument")])
        function = function.func
    return canonical(bound[::-1])


def _source(function: Callable[..., Any], code: Iterable[ModuleType]) -> str:
    """A hash of the source of the function's module and of the further modules."""
    total = hashlib.sha256()
    for module in (inspect.getmodule(_bare(function)), *code):
        try:
            source = inspect.getsource(module) if module is not None else ""
        except (OSError, TypeError):
            source = ""
        if not source:
            named = getattr(module, "__name__", "its module")
            raise TypeError(f"the source of {named} cannot be read: name the code by version= instead")
        total.update(f"{len(source)}\n{source}".encode())
    return total.hexdigest()


def _alone(function: Callable[..., Any], missing: list[int], place: Folder, step: Callable[[], None]) -> None:
    for index in missing:
        try:
            rows = function(**place.points[index])
        except Exception as error:
            raise SweepError(f"{_failed(place, index, error)}; {_kept(place)}") from error
        place.store(index, rows)
        step()


def _together(
    function: Callable[..., Any],
    missing: list[int],
    place: Folder,
    executor: Executor,
    window: int,
    step: Callable[[], None],
) -> None:
    """Keep `window` points with the executor and store each that comes back; after a failure, what is still running."""
    waiting = iter(missing)
    running: dict[Future[Any], int] = {}
    failure: SweepError | None = None
    try:
        while True:
            while failure is None and len(running) < window and (index := next(waiting, None)) is not None:
                try:
                    running[executor.submit(function, **place.points[index])] = index
                except (RuntimeError, BrokenExecutor) as error:
                    failure = _failed(place, index, error)
            if failure is not None:
                for future in [f for f in running if f.cancel()]:
                    del running[future]
            if not running:
                break
            finished, _ = wait(running, return_when=FIRST_COMPLETED)
            for future in finished:
                index = running.pop(future)
                try:
                    rows = future.result()
                except CancelledError:
                    continue
                except Exception as error:
                    failure = failure or _failed(place, index, error)
                    failure.__cause__ = failure.__cause__ or error
                else:
                    place.store(index, rows)
                    step()
    finally:
        for future in running:
            future.cancel()
    if failure is not None:
        # Counted now: points that were still running have been stored since.
        raise SweepError(f"{failure}; {_kept(place)}") from failure.__cause__
    if len(place.stored) < len(place.points):
        raise SweepError(f"the executor gave points up; {_kept(place)}")


def _failed(place: Folder, index: int, error: BaseException) -> SweepError:
    first = str(error).partition("\n")[0]
    if isinstance(error, BrokenExecutor) or type(error).__name__ == "KilledWorker":
        return SweepError(
            f"{place.path}: a worker process died at or near point {canonical(place.points[index])} ({first})"
        )
    return SweepError(f"{place.path}: point {canonical(place.points[index])} failed: {type(error).__name__}: {first}")


def _kept(place: Folder) -> str:
    return f"{len(place.stored)} of {len(place.points)} points are stored: start again to go on"


class _bar:
    """``with _bar(...) as step``: a progress bar in a live session, which `step` moves on by a point."""

    def __init__(self, desc: str, total: int, done: int) -> None:
        self._bar: Any = None
        if is_live():
            try:
                from tqdm import tqdm
            except ImportError:
                return
            self._bar = tqdm(total=total, initial=done, desc=desc or None, leave=False, file=sys.stderr)

    def __enter__(self) -> Callable[[], None]:
        return self.step

    def step(self) -> None:
        if self._bar is not None:
            self._bar.update(1)

    def __exit__(self, *_: object) -> None:
        if self._bar is not None:
            self._bar.close()
