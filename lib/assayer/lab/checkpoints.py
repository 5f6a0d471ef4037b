"""The folder of a sweep: whose it is, what is stored in it, and the one result that comes of it.

| in the folder | holds |
|---|---|
| `sweep.json` | which sweep this is: function, version of its code, parameters, plan of points |
| `parts/000017-<hash>.parquet` | the rows of point 17; the name carries the hash of the file's bytes |
| `result.parquet` | the rows of all points in the order of the plan |
| `.lock` | held by the process that sweeps, and let go by the system however that process ends |

Each file is written under another name, brought to the disk and then renamed, so that a name stands for a whole file
at any moment. pyarrow is imported when the first rows are stored.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import json
import math
import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from numbers import Integral, Real
from pathlib import Path
from typing import Any

RESULT = "result.parquet"
GROUP = 65_536
"""Rows in a row group of the result."""
_PART = re.compile(r"(\d{6,})-([0-9a-f]{16})\.parquet")
_HALF = ".half-written"


class SweepError(RuntimeError):
    """A sweep that cannot begin or go on; the message names the folder or the point, and the way out."""


@dataclass(frozen=True)
class Identity:
    """What makes two sweeps the same one. `code` is a version in words or a hash of source, `plan` of the points."""

    function: str
    code: str
    parameters: str
    points: int
    plan: str

    def digest(self) -> str:
        return hashlib.sha256(canonical(asdict(self)).encode()).hexdigest()


def plain(value: Any, name: str) -> Any:
    """`value` as JSON can hold it exactly: whole numbers, finite floats, text, booleans, None, lists and mappings."""
    if value is None or isinstance(value, (bool, str)):
        return value
    if isinstance(value, Integral):
        return int(value)
    if isinstance(value, Real) and math.isfinite(value):
        return float(value)
    if isinstance(value, (list, tuple)):
        return [plain(item, name) for item in value]
    if isinstance(value, Mapping) and all(isinstance(key, str) for key in value):
        return {key: plain(item, name) for key, item in value.items()}
    raise TypeError(f"{name} cannot be stored: {value!r}; give numbers, text, booleans or lists of them")


def canonical(value: Any) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def arrow() -> Any:
    """pyarrow with its Parquet module."""
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError:
        raise SweepError(
            'a sweep stores its rows with pyarrow, which is not installed: pip install "pyarrow>=18"'
        ) from None
    return pyarrow


class Folder:
    """The folder of one sweep, to be entered with ``with``: locked, known to be this sweep's, and ready to go on.

    Raises `SweepError` where another process sweeps there, where it holds another sweep, where it cannot be written.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        identity: Identity,
        points: Sequence[Mapping[str, Any]],
        say: Callable[[str], None],
    ) -> None:
        self.path = Path(path).absolute()
        self.identity = identity
        self.points = points
        self.say = say
        self.parts = self.path / "parts"
        self.stored: dict[int, Path] = {}
        self.repaired = 0

    def __enter__(self) -> Folder:
        from filelock import FileLock, Timeout

        try:
            self.parts.mkdir(parents=True, exist_ok=True)
            # The lock is the system's own: no process that was killed leaves it behind.
            self._lock = FileLock(self.path / ".lock", timeout=0, is_singleton=False)
            self._lock.acquire()
        except Timeout:
            raise SweepError(
                f"{self.path}: another process is sweeping in this folder; wait for it, or give another folder"
            ) from None
        except OSError as error:
            raise SweepError(f"{self.path} cannot hold a sweep: {error}") from error
        try:
            self._open()
        except BaseException:
            self._lock.release()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._lock.release()

    def _open(self) -> None:
        for left in (*self.path.glob(f"*{_HALF}"), *self.parts.glob(f"*{_HALF}")):
            left.unlink()
        self._recognise()
        for path in sorted(self.parts.iterdir()):
            found = _PART.fullmatch(path.name)
            if found is None or int(found[1]) >= len(self.points):
                continue  # no file of ours
            index, digest = int(found[1]), found[2]
            if index in self.stored:
                path.unlink()  # two whole files for one point: the first name stands
            elif hashlib.sha256(path.read_bytes()).hexdigest()[:16] != digest:
                self.say(f"{path.name} is damaged: point {canonical(self.points[index])} is computed again")
                self.repaired += 1
                path.unlink()
            else:
                self.stored[index] = path

    def _recognise(self) -> None:
        """Compare the folder's sweep with ours; a new folder becomes ours, and a damaged `sweep.json` is mended."""
        record = self.path / "sweep.json"
        ours = asdict(self.identity)
        try:
            theirs = json.loads(record.read_text(encoding="utf-8"))
            if not isinstance(theirs, dict) or not set(ours) <= set(theirs):
                raise ValueError("not the record of a sweep")
        except FileNotFoundError:
            theirs = None
        except (ValueError, OSError):
            self.say(f"{record} is damaged: the stored parts say whose they are")
            theirs = None
        if theirs is not None:
            differ = [
                f"{key} {_short(theirs[key])} (here {_short(ours[key])})" for key in ours if theirs[key] != ours[key]
            ]
            if differ:
                raise self._foreign(", ".join(differ))
            return
        mine = self.identity.digest().encode()
        for path in (*sorted(self.parts.glob("*.parquet")), self.path / RESULT):
            if path.exists() and self._sweep_of(path) not in (mine, b""):
                raise self._foreign(f"{path.name} is not of this one")
        self._write(record, (json.dumps(ours, indent=1, ensure_ascii=False) + "\n").encode())

    def _sweep_of(self, path: Path) -> bytes:
        """The identity that a stored file names; empty where the file is damaged, which its hash will show."""
        pa = arrow()
        try:
            metadata = pa.parquet.read_schema(path).metadata or {}
        except (pa.ArrowInvalid, OSError):
            return b""
        return metadata.get(b"sweep", b"none")

    def _foreign(self, how: str) -> SweepError:
        return SweepError(f"{self.path} holds another sweep: {how}; give another folder, or remove this one")

    def missing(self) -> list[int]:
        """The places in the plan of the points that are not stored."""
        return [index for index in range(len(self.points)) if index not in self.stored]

    def store(self, index: int, rows: Any) -> None:
        """Store the rows of point `index`, all or nothing.

        rows: a mapping of columns to values, or a list of such mappings. Raises `SweepError` for rows that are no
        table, and where the disk takes no more.
        """
        pa = arrow()
        point = self.points[index]
        where = f"point {canonical(point)}"
        listed = [rows] if isinstance(rows, Mapping) else rows
        if not isinstance(listed, (list, tuple)) or not all(isinstance(row, Mapping) for row in listed):
            raise SweepError(
                f"{where} gave a {type(rows).__name__}: a mapping of columns to values is needed, or a list"
            )
        if both := sorted({name for row in listed for name in row} & set(point)):
            raise SweepError(f"{where} gave the column {both[0]!r}, which is a part of the point: name it otherwise")
        names = list(dict.fromkeys([*point, *(name for row in listed for name in row)]))
        try:
            columns = {name: pa.array([{**point, **row}.get(name) for row in listed]) for name in names}
        except (pa.ArrowInvalid, pa.ArrowTypeError, OverflowError) as error:
            raise SweepError(f"{where} gave rows that make no table: {error}") from error
        table = pa.table(columns).replace_schema_metadata({"sweep": self.identity.digest()})
        sink = pa.BufferOutputStream()
        pa.parquet.write_table(table, sink)
        data = sink.getvalue().to_pybytes()
        path = self.parts / f"{index:06d}-{hashlib.sha256(data).hexdigest()[:16]}.parquet"
        self._write(path, data, f"{where} was computed and could not be stored")
        self.stored[index] = path

    def finish(self) -> Path:
        """Write the result from the parts, in the order of the plan, and say where it is: the same bytes each time."""
        pa = arrow()
        target = self.path / RESULT
        half = target.with_name(target.name + _HALF)
        schema = self._schema(pa)
        try:
            with open(half, "wb") as sink:
                with pa.parquet.ParquetWriter(sink, schema, compression="zstd", version="2.6") as writer:
                    for table in self._groups(pa, schema):
                        writer.write_table(table, row_group_size=GROUP)
                sink.flush()
                os.fsync(sink.fileno())
            os.replace(half, target)
            _settle(self.path)
        except OSError as error:
            raise self._unwritten(error, half, "the result could not be written") from error
        return target

    def _schema(self, pa: Any) -> Any:
        """The columns of the result: those of every part that has rows, which must agree."""
        schemas = []
        for index, path in sorted(self.stored.items()):
            read = pa.parquet.read_metadata(path)
            if not read.num_rows:
                continue
            schema = read.schema.to_arrow_schema().remove_metadata()
            if schemas and schema.names != schemas[0].names:
                raise SweepError(
                    f"point {canonical(self.points[index])} has the columns {', '.join(schema.names)}, and the points "
                    f"before it {', '.join(schemas[0].names)}"
                )
            schemas.append(schema)
        try:
            merged = pa.unify_schemas(schemas) if schemas else pa.schema([])
        except (pa.ArrowInvalid, pa.ArrowTypeError) as error:
            raise SweepError(f"the points do not agree on the kind of a column: {error}") from error
        return merged.with_metadata(
            {"sweep": self.identity.digest(), **asdict(self.identity), "points": str(len(self.points))}
        )

    def _groups(self, pa: Any, schema: Any) -> Iterator[Any]:
        """The rows of all parts in tables of `GROUP` rows and a rest."""
        held: list[Any] = []
        count = 0
        for index in range(len(self.points)):
            table = pa.parquet.read_table(self.stored[index])
            if not table.num_rows:
                continue
            held.append(table.cast(schema))
            count += table.num_rows
            while count >= GROUP:
                whole = pa.concat_tables(held)
                yield whole.slice(0, GROUP).combine_chunks()
                held, count = [whole.slice(GROUP)], count - GROUP
        if count:
            yield pa.concat_tables(held).combine_chunks()

    def _write(self, path: Path, data: bytes, what: str = "it could not be written") -> None:
        half = path.with_name(path.name + _HALF)
        try:
            with open(half, "wb") as sink:
                sink.write(data)
                sink.flush()
                os.fsync(sink.fileno())
            os.replace(half, path)
            _settle(path.parent)
        except OSError as error:
            raise self._unwritten(error, half, what) from error

    def _unwritten(self, error: OSError, half: Path, what: str) -> SweepError:
        with contextlib.suppress(OSError):
            half.unlink()
        full = error.errno in (errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC)) or "No space left" in str(error)
        why = "the disk is full" if full else str(error)
        kept = f"{len(self.stored)} of {len(self.points)} points are stored"
        return SweepError(f"{self.path}: {what}: {why}; {kept}: {'make room' if full else 'mend that'} and start again")


def _short(value: Any) -> str:
    text = str(value)
    return text if len(text) <= 60 else text[:12] + "…"


def _settle(folder: Path) -> None:
    """Bring a folder's list of names to the disk, where the system offers that."""
    if os.name != "posix":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
