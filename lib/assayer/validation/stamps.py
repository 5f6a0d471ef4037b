"""A stamp says that a chapter has passed with certain inputs. Only a pass writes one; a run begins by removing it."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

_SCHEMA = 1


@dataclass(frozen=True)
class Stamp:
    """`inputs` are the digests of what the chapter passed with; `ordinary` is the environment in which it last
    passed in an ordinary kernel, or empty.
    """

    inputs: dict[str, str]
    ordinary: str = ""


class Stamps:
    """The stamps below a folder, one file a chapter. What cannot be read is no stamp."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def path(self, chapter: str) -> Path:
        """Where the stamp of `chapter` lies (``numbers/near_product``, say)."""
        return self.folder / f"{chapter}.json"

    def read(self, chapter: str) -> Stamp | None:
        """The stamp of `chapter`, if it has one."""
        try:
            found = json.loads(self.path(chapter).read_text("utf-8"))
            if found.pop("schema") != _SCHEMA:
                return None
            stamp = Stamp(**found)
            return stamp if isinstance(stamp.inputs, dict) and isinstance(stamp.ordinary, str) else None
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return None

    def remove(self, chapter: str) -> None:
        """Forget that `chapter` has passed."""
        self.path(chapter).unlink(missing_ok=True)

    def write(self, chapter: str, stamp: Stamp) -> None:
        """Remember that `chapter` has passed, by one rename."""
        path = self.path(chapter)
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_name(f"{path.name}.{os.getpid()}.part")
        part.write_text(json.dumps({"schema": _SCHEMA, **asdict(stamp)}, indent=1, sort_keys=True) + "\n", "utf-8")
        os.replace(part, path)
