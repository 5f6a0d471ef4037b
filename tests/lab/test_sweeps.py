"""A sweep is stored as it goes: killed, spread, damaged or refused, it loses nothing and computes nothing twice."""

from __future__ import annotations

import errno
import functools
import json
import multiprocessing
import os
import shutil
import signal
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from assayer.lab import SweepError, checkpoints, read_results, sweep, sweeps

HERE = Path(__file__).resolve().parent
LIB = Path(sweeps.__file__).resolve().parents[2]


@pytest.fixture
def work(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> ModuleType:
    """The module of functions, found by worker processes too, with a log of its calls."""
    monkeypatch.syspath_prepend(str(HERE))
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(HERE), str(LIB), os.environ.get("PYTHONPATH", "")]))
    monkeypatch.setenv("SWEEP_LOG", str(tmp_path / "log"))
    import sweep_work

    return sweep_work


def plan(count: int) -> list[dict[str, int]]:
    return [{"x": x} for x in range(count)]


def calls(tmp_path: Path) -> list[int]:
    log = tmp_path / "log"
    return sorted(map(int, log.read_text().split())) if log.exists() else []


def parts(folder: Path) -> dict[str, int]:
    return {path.name: path.stat().st_mtime_ns for path in (folder / "parts").glob("*.parquet")}


def through(work: ModuleType, folder: Path, count: int = 12, name: str = "square") -> bytes:
    """The bytes of the same sweep run through in this process."""
    sweep(getattr(work, name), plan(count), folder=folder)
    return (folder / "result.parquet").read_bytes()


def test_the_result_has_the_points_and_their_rows_in_the_order_of_the_plan(work: ModuleType, tmp_path: Path) -> None:
    done = sweep(work.square, [{"x": x} for x in (5, 1, 3)], folder=tmp_path / "s")
    assert (done.points, done.found, done.computed, done.repaired) == (3, 0, 3, 0)
    columns = done.columns()
    assert list(columns) == ["x", "square", "third", "name", "powers"]
    assert columns["x"].tolist() == [5, 1, 3] and columns["square"].tolist() == [25, 1, 9]
    assert columns["third"].tolist() == [5 / 3, 1 / 3, 1.0] and columns["name"].tolist() == ["n5", "n1", "n3"]
    assert columns["powers"].tolist() == [[5, 25, 125], [1, 1, 1], [3, 9, 27]]
    assert columns["square"].dtype == np.int64


def test_a_point_may_have_many_rows_or_none_and_values_may_be_missing(work: ModuleType, tmp_path: Path) -> None:
    columns = sweep(work.some_rows, plan(4), folder=tmp_path / "s").columns()
    assert columns["x"].tolist() == [1, 2, 2, 3, 3, 3] and columns["i"].tolist() == [0, 0, 1, 0, 1, 2]
    assert np.isnan(columns["value"]).tolist() == [True, True, False, True, False, False]


def test_long_results_are_cut_into_groups_of_fixed_size(
    work: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import pyarrow.parquet as pq

    monkeypatch.setattr(checkpoints, "GROUP", 10)
    done = sweep(work.some_rows, plan(9), folder=tmp_path / "s")
    metadata = pq.read_metadata(done.path)
    assert [metadata.row_group(i).num_rows for i in range(metadata.num_row_groups)] == [10, 10, 10, 6]
    assert done.columns()["x"].tolist() == [x for x in range(9) for _ in range(x)]


def in_threads() -> Executor:
    return ThreadPoolExecutor(3)


def in_processes() -> Executor:
    return ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("spawn"))


@pytest.mark.parametrize("make", [in_threads, in_processes])
@pytest.mark.parametrize("window", [1, 3, 64])
def test_every_executor_gives_the_same_bytes(
    make: Callable[[], Executor], window: int, work: ModuleType, tmp_path: Path
) -> None:
    expected = through(work, tmp_path / "alone", name="late_first")
    (tmp_path / "log").unlink()
    with make() as executor:
        done = sweep(work.late_first, plan(12), folder=tmp_path / "s", executor=executor, window=window)
    assert done.path.read_bytes() == expected
    assert calls(tmp_path) == list(range(12))


def test_a_finished_sweep_is_not_computed_again(work: ModuleType, tmp_path: Path) -> None:
    first = through(work, tmp_path / "s")
    (tmp_path / "log").unlink()
    done = sweep(work.square, plan(12), folder=tmp_path / "s")
    assert (done.found, done.computed) == (12, 0) and done.path.read_bytes() == first and calls(tmp_path) == []


@pytest.mark.slow
def test_killed_three_times_and_resumed_equals_one_that_ran_through(work: ModuleType, tmp_path: Path) -> None:
    count, folder = 40, tmp_path / "s"
    expected = through(work, tmp_path / "alone", count, "slow_square")
    (tmp_path / "log").unlink()
    command = [sys.executable, str(HERE / "sweep_work.py"), "slow_square", str(count), str(folder)]
    for goal in (8, 17, 29):
        process = subprocess.Popen(command)
        while len(parts(folder)) < goal and process.poll() is None:
            time.sleep(0.002)
        process.kill()
        assert process.wait() == -signal.SIGKILL
        assert goal <= len(parts(folder)) < count
        assert not (folder / "result.parquet").exists()
    before = parts(folder)
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    found, computed = map(int, done.stdout.split())
    assert (found, computed) == (len(before), count - len(before))
    after = parts(folder)
    assert {name: after[name] for name in before} == before, "a stored part was written again"
    assert (folder / "result.parquet").read_bytes() == expected
    # Each kill may have lost the one point that was being computed then, and no other was computed twice.
    assert set(calls(tmp_path)) == set(range(count)) and len(calls(tmp_path)) <= count + 3


@pytest.mark.parametrize("moment", ["write", "rename", "result"])
def test_stopped_at_any_moment_of_writing_nothing_half_written_counts(
    moment: str, work: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = through(work, tmp_path / "alone")
    folder, fsync, replace = tmp_path / "s", os.fsync, os.replace
    writes: list[str] = []

    def stopping_fsync(handle: int) -> None:
        if moment == "write" and len(writes) == 7 and stat.S_ISREG(os.fstat(handle).st_mode):
            os.ftruncate(handle, 100)
            raise KeyboardInterrupt
        fsync(handle)

    def stopping_replace(source: Path, target: Path) -> None:
        writes.append(target.name)
        if (moment == "rename" and len(writes) == 7) or (moment == "result" and target.name == "result.parquet"):
            raise KeyboardInterrupt
        replace(source, target)

    monkeypatch.setattr(os, "fsync", stopping_fsync)
    monkeypatch.setattr(os, "replace", stopping_replace)
    with pytest.raises(KeyboardInterrupt):
        sweep(work.square, plan(12), folder=folder)
    assert list(folder.rglob("*.half-written"))
    monkeypatch.undo()
    monkeypatch.syspath_prepend(str(HERE))
    done = sweep(work.square, plan(12), folder=folder)
    assert done.found == {"write": 6, "rename": 5, "result": 12}[moment] and done.repaired == 0
    assert done.path.read_bytes() == expected and not list(folder.rglob("*.half-written"))


@pytest.mark.parametrize("damage", ["truncated", "garbled", "emptied"])
def test_a_damaged_part_alone_is_computed_again_and_a_line_says_so(
    damage: str, work: ModuleType, tmp_path: Path
) -> None:
    expected, folder = through(work, tmp_path / "s"), tmp_path / "s"
    (tmp_path / "log").unlink()
    (path,) = (folder / "parts").glob("000004-*")
    whole = path.read_bytes()
    middle = len(whole) // 2
    garbled = whole[:middle] + bytes([whole[middle] ^ 1]) + whole[middle + 1 :]
    path.write_bytes({"truncated": whole[:-7], "garbled": garbled, "emptied": b""}[damage])
    said: list[str] = []
    done = sweep(work.square, plan(12), folder=folder, say=said.append)
    assert said == [f'{path.name} is damaged: point {{"x":4}} is computed again']
    assert (done.found, done.computed, done.repaired) == (11, 1, 1) and calls(tmp_path) == [4]
    assert done.path.read_bytes() == expected


def test_a_damaged_record_is_mended_from_the_parts(work: ModuleType, tmp_path: Path) -> None:
    expected, folder = through(work, tmp_path / "s"), tmp_path / "s"
    record = (folder / "sweep.json").read_text()
    for wrong in ("", "{", "[]", "{}"):
        (folder / "sweep.json").write_text(wrong)
        said: list[str] = []
        done = sweep(work.square, plan(12), folder=folder, say=said.append)
        assert len(said) == 1 and "is damaged" in said[0]
        assert done.found == 12 and done.path.read_bytes() == expected
        assert (folder / "sweep.json").read_text() == record
    (folder / "sweep.json").unlink()
    with pytest.raises(SweepError, match="holds another sweep: 000000-.*is not of this one; give another folder"):
        sweep(work.square, plan(13), folder=folder)


def test_a_damaged_result_is_written_again(work: ModuleType, tmp_path: Path) -> None:
    expected = through(work, tmp_path / "s")
    (tmp_path / "s" / "result.parquet").write_bytes(expected[:50])
    assert sweep(work.square, plan(12), folder=tmp_path / "s").path.read_bytes() == expected
    (tmp_path / "other.parquet").write_bytes(expected[:50])
    with pytest.raises(SweepError, match="is no whole Parquet file"):
        read_results(tmp_path / "other.parquet")
    with pytest.raises(FileNotFoundError, match="no stored result at .*none.parquet"):
        read_results(tmp_path / "none.parquet")


def test_another_sweep_in_the_folder_is_refused_and_nothing_changes(work: ModuleType, tmp_path: Path) -> None:
    folder = tmp_path / "s"
    half = functools.partial(work.scaled, factor=0.5)
    sweep(half, plan(5), folder=folder, version="1")
    before = {path: path.read_bytes() for path in folder.rglob("*.*") if path.is_file()}
    for what, function, points, version in (
        ("parameters", functools.partial(work.scaled, factor=0.25), plan(5), "1"),
        ("parameters", work.scaled, plan(5), "1"),
        ("points 5 .here 6., plan", half, plan(6), "1"),
        ("plan", half, plan(6)[1:], "1"),
        ("code version 1 .here version 2.", half, plan(5), "2"),
        ("function sweep_work.scaled .here sweep_work.square.", work.square, plan(5), "1"),
    ):
        with pytest.raises(SweepError, match=f"{folder} holds another sweep: {what}.*; give another folder") as refused:
            sweep(function, points, folder=folder, version=version)
        assert "\n" not in str(refused.value)
    assert {path: path.read_bytes() for path in folder.rglob("*.*") if path.is_file()} == before
    assert sweep(half, plan(5), folder=folder, version="1").found == 5


def test_a_change_of_the_source_makes_another_sweep(
    work: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sweep(work.square, plan(3), folder=tmp_path / "s", code=(sweeps,))
    with pytest.raises(SweepError, match="holds another sweep: code "):
        sweep(work.square, plan(3), folder=tmp_path / "s", code=(checkpoints,))
    source = sweeps.inspect.getsource
    monkeypatch.setattr(sweeps.inspect, "getsource", lambda m: source(m).replace("x * x", "x * x + 1"))
    with pytest.raises(SweepError, match="holds another sweep: code "):
        sweep(work.square, plan(3), folder=tmp_path / "s", code=(sweeps,))


def test_two_sweeps_on_one_folder_at_once(work: ModuleType, tmp_path: Path) -> None:
    folder, inside, go = tmp_path / "s", threading.Event(), threading.Event()

    class Held(ThreadPoolExecutor):
        def submit(self, *args: Any, **kwargs: Any) -> Any:
            inside.set()
            go.wait(60)
            return super().submit(*args, **kwargs)

    with Held(1) as executor, ThreadPoolExecutor(1) as starter:
        running = starter.submit(sweep, work.square, plan(4), folder=folder, executor=executor)
        try:
            assert inside.wait(60)
            line = "another process is sweeping in this folder; wait for it, or give another folder"
            with pytest.raises(SweepError, match=line):
                sweep(work.square, plan(4), folder=folder)
            # From another process too.
            command = [sys.executable, str(HERE / "sweep_work.py"), "square", "4", str(folder)]
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            assert done.returncode == 1 and done.stderr == f"refused: {folder}: {line}\n"
        finally:
            go.set()
        assert running.result().computed == 4
    assert sweep(work.square, plan(4), folder=folder).found == 4


def test_a_point_that_fails_stops_the_sweep_and_the_rest_is_kept(work: ModuleType, tmp_path: Path) -> None:
    for executor, stored in ((None, 3), (ThreadPoolExecutor(1), 3)):
        folder = tmp_path / str(stored) / str(executor is None)
        line = r'point {"x":3} failed: ValueError: no three; (\d+) of 9 points are stored: start again to go on$'
        with pytest.raises(SweepError, match=line) as failed:
            sweep(work.fails_at_three, plan(9), folder=folder, executor=executor, window=2)
        assert isinstance(failed.value.__cause__, ValueError)
        assert len(parts(folder)) >= stored and not (folder / "result.parquet").exists()
        assert f"{len(parts(folder))} of 9" in str(failed.value)


@pytest.mark.slow
def test_a_worker_process_that_dies_is_named_and_the_sweep_goes_on_when_started_again(
    work: ModuleType, tmp_path: Path
) -> None:
    function = functools.partial(work.dies_once, marker=str(tmp_path / "died"))
    with in_processes() as executor, pytest.raises(SweepError, match="a worker process died at or near point") as died:
        sweep(function, plan(10), folder=tmp_path / "s", executor=executor, window=2)
    assert "start again to go on" in str(died.value)
    kept = parts(tmp_path / "s")
    with in_processes() as executor:
        done = sweep(function, plan(10), folder=tmp_path / "s", executor=executor)
    assert done.found == len(kept) and done.columns()["square"].tolist() == [x * x for x in range(10)]


def test_an_executor_that_was_shut_down_is_named(work: ModuleType, tmp_path: Path) -> None:
    executor = ThreadPoolExecutor(1)
    executor.shutdown()
    with pytest.raises(SweepError, match="cannot schedule new futures.*0 of 3 points are stored"):
        sweep(work.square, plan(3), folder=tmp_path / "s", executor=executor)


@pytest.mark.parametrize("executor", [None, 2])
def test_a_full_disk_loses_nothing_that_was_stored(
    executor: int | None, work: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected, folder, fsync = through(work, tmp_path / "alone"), tmp_path / "s", os.fsync
    pool = ThreadPoolExecutor(executor) if executor else None

    def full(handle: int) -> None:
        if len(parts(folder)) >= 5 and stat.S_ISREG(os.fstat(handle).st_mode):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        fsync(handle)

    monkeypatch.setattr(os, "fsync", full)
    line = (
        r'point {"x":\d+} was computed and could not be stored: the disk is full; 5 of 12 points are stored: make room'
    )
    with pytest.raises(SweepError, match=line):
        sweep(work.square, plan(12), folder=folder, executor=pool)
    assert not list(folder.rglob("*.half-written"))
    monkeypatch.setattr(os, "fsync", fsync)
    done = sweep(work.square, plan(12), folder=folder)
    assert done.found == 5 and done.path.read_bytes() == expected


def test_a_disk_that_is_full_in_earnest(work: ModuleType, tmp_path: Path) -> None:
    """A file system of 100 kB in a mount namespace of its own; the folder is copied out before it goes."""
    small, out = tmp_path / "small", tmp_path / "out"
    small.mkdir()
    script = (
        f'mount -t tmpfs -o size=100k none "{small}" || exit 77; '
        f'"{sys.executable}" "{HERE}/sweep_work.py" square 60 "{small}/s"; code=$?; '
        f'cp -r "{small}/s" "{out}"; exit $code'
    )
    unshare = shutil.which("unshare")
    if unshare is None:
        pytest.skip("no unshare here")
    done = subprocess.run([unshare, "-rm", "sh", "-c", script], capture_output=True, text=True, check=False)
    if not out.exists():
        pytest.skip(f"no file system can be mounted here: {done.stderr.strip()}")
    assert done.returncode == 1 and "the disk is full" in done.stderr and done.stderr.count("\n") == 1
    kept = len(parts(out))
    assert 0 < kept < 60 and f"{kept} of 60 points are stored" in done.stderr
    assert sweep(work.square, plan(60), folder=out).found == kept


@pytest.mark.parametrize(
    ("points", "error", "words"),
    [
        ([], ValueError, "at least one point"),
        ([{"x": 1}, {"x": 1}], ValueError, 'the point {"x":1} is in the plan twice'),
        ([{"x": 1}, {"y": 1}], ValueError, "does not have the names of the first one: x"),
        ([3], TypeError, "a point is a mapping of names to values, not 3"),
        ([{"x": float("nan")}], TypeError, "the point's 'x' cannot be stored: nan"),
        ([{"x": object()}], TypeError, "the point's 'x' cannot be stored"),
    ],
)
def test_a_plan_that_cannot_be_told_apart_is_refused(
    points: list[Any], error: type[Exception], words: str, work: ModuleType, tmp_path: Path
) -> None:
    with pytest.raises(error, match=words):
        sweep(work.square, points, folder=tmp_path / "s")
    assert not (tmp_path / "s").exists()


def test_a_function_without_a_lasting_name_is_refused(work: ModuleType, tmp_path: Path) -> None:
    def inner(x: int) -> dict[str, int]:
        return {"y": x}

    for function in (inner, lambda x: {"y": x}, tmp_path.joinpath, functools.partial(inner)):
        with pytest.raises(TypeError, match="give a function of a module"):
            sweep(function, plan(2), folder=tmp_path / "s")
    with pytest.raises(TypeError, match="the source of math cannot be read: name the code by version="):
        sweep(work.square, plan(2), folder=tmp_path / "s", code=(sys.modules["math"],))
    with pytest.raises(ValueError, match="a window of at least 1 point, not 0"):
        sweep(work.square, plan(2), folder=tmp_path / "s", window=0)
    assert not (tmp_path / "s").exists()


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        (3, r'point {"x":0} gave a int: a mapping of columns to values is needed, or a list'),
        ([3], "gave a list: a mapping"),
        ({"x": 1}, "gave the column 'x', which is a part of the point"),
        ({"y": object()}, "gave rows that make no table"),
        ({"y": 2**70}, "gave rows that make no table"),
        ([{"y": 1}, {"y": "a"}], "gave rows that make no table"),
    ],
)
def test_rows_that_are_no_table_are_refused(
    rows: Any, words: str, work: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(work, "log", lambda x: None)

    def square(x: int) -> Any:
        return rows

    square.__qualname__, square.__module__ = "square", "sweep_work"
    with pytest.raises(SweepError, match=words):
        sweep(square, plan(2), folder=tmp_path / "s")
    assert parts(tmp_path / "s") == {}


def test_points_that_disagree_on_their_columns_are_refused(work: ModuleType, tmp_path: Path) -> None:
    answers = iter([{"y": 1}, {"z": 1}])

    def square(x: int) -> Any:
        return next(answers)

    square.__qualname__, square.__module__ = "square", "sweep_work"
    with pytest.raises(SweepError, match='point {"x":1} has the columns x, z, and the points before it x, y'):
        sweep(square, plan(2), folder=tmp_path / "a")
    answers = iter([{"y": 1}, {"y": "one"}])
    with pytest.raises(SweepError, match="the points do not agree on the kind of a column"):
        sweep(square, plan(2), folder=tmp_path / "b")


def test_a_place_that_cannot_be_a_folder_is_named(work: ModuleType, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    with pytest.raises(SweepError, match="file/s cannot hold a sweep"):
        sweep(work.square, plan(2), folder=tmp_path / "file" / "s")
    assert (tmp_path / "file").read_text() == "mine"


def test_without_pyarrow_a_line_names_it(work: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(SweepError, match="pip install .pyarrow"):
        sweep(work.square, plan(2), folder=tmp_path / "s")


def test_the_bar_stands_in_a_live_session_only_and_begins_where_the_sweep_does(
    work: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("ASSAYER_QUIET", raising=False)
    sweep(work.square, plan(4), folder=tmp_path / "a")
    assert capsys.readouterr().err == ""
    monkeypatch.setattr(sweeps, "is_live", lambda: True)
    sweep(work.square, plan(4), folder=tmp_path / "b", desc="squares")
    assert "squares" in capsys.readouterr().err
    next((tmp_path / "b" / "parts").glob("000002-*")).unlink()
    sweep(work.square, plan(4), folder=tmp_path / "b", desc="squares")
    assert "3/4" in capsys.readouterr().err


def test_the_record_says_which_sweep_it_is_and_no_time(work: ModuleType, tmp_path: Path) -> None:
    import pyarrow.parquet as pq

    done = sweep(functools.partial(work.scaled, factor=2), plan(3), folder=tmp_path / "s", version="7")
    record = json.loads((tmp_path / "s" / "sweep.json").read_text())
    assert record["function"] == "sweep_work.scaled" and record["code"] == "version 7" and record["points"] == 3
    assert json.loads(record["parameters"]) == [[[], {"factor": 2}]]
    metadata = {k.decode(): v.decode() for k, v in pq.read_schema(done.path).metadata.items()}
    assert {name: metadata[name] for name in record} == {name: str(value) for name, value in record.items()}
    assert set(metadata) == {*record, "sweep"}
