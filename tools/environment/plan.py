"""Decide what an environment needs and whether the one that stands will do. Nothing here changes a file."""

from __future__ import annotations

import enum
import hashlib
import json
import platform
import sys
import tomllib
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from .errors import SetupError

SETS = ("site", "all")
TORCH_MODES = ("auto", "cpu", "plain")

# The tables of pyproject.toml that an installed environment depends on; ruff's rules are not among them.
_INSTALLED_TABLES = ("build-system", "project", "dependency-groups")


@dataclass(frozen=True)
class Project:
    """A checkout: its root folder and its parsed pyproject.toml."""

    root: Path
    pyproject: dict[str, Any]

    @classmethod
    def read(cls, root: Path) -> Project:
        """Read the checkout at `root`. Raises SetupError where a file it needs is missing or broken."""
        for name in ("pyproject.toml", "requirements.txt"):
            if not (root / name).is_file():
                raise SetupError(f"{name} is not in {root}: run make in a whole checkout of The Assayer")
        try:
            return cls(root, tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8")))
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise SetupError(f"pyproject.toml cannot be read: {error}") from error

    @property
    def venv(self) -> Path:
        """Where the environment stands."""
        return self.root / ".venv"

    @property
    def pins(self) -> Path:
        """The one source of all versions, given to pip as its constraints."""
        return self.root / "requirements.txt"

    def requirements(self, which: str) -> list[str]:
        """List the requirements of the set `which`: "site", or "all" (site, dependencies, lab and test)."""
        project, groups = self.pyproject["project"], self.pyproject["dependency-groups"]
        names = list(groups["site"])
        if which == "all":
            names += [*project["dependencies"], *project["optional-dependencies"]["lab"], *groups["test"]]
        return names

    def pinned(self, name: str) -> str:
        """Return the version that requirements.txt pins `name` to, such as "2.13.0" for "torch"."""
        for line in self.pins.read_text(encoding="utf-8").splitlines():
            found, equals, version = line.partition("==")
            if equals and found.strip() == name:
                return version.split(";")[0].split("#")[0].strip()
        raise SetupError(f"requirements.txt pins no {name}: make lock writes it anew")

    def digest(self) -> str:
        """Hash everything that decides what gets installed: names, pins, and the code of this set-up."""
        tables = {table: self.pyproject.get(table) for table in _INSTALLED_TABLES}
        tables["setuptools"] = self.pyproject.get("tool", {}).get("setuptools")
        total = hashlib.sha256(json.dumps(tables, sort_keys=True).encode())
        for path in (self.pins, *sorted(Path(__file__).parent.glob("*.py"))):
            total.update(b"\0" + path.name.encode() + b"\0" + path.read_bytes())
        return total.hexdigest()


@dataclass(frozen=True)
class Base:
    """What an environment cannot be moved from: the Python that made it and the folder it is in."""

    python: str
    root: str

    @classmethod
    def here(cls, root: Path) -> Base:
        """Describe the running Python and the checkout at `root`."""
        python = f"{platform.python_implementation()} {sys.version_info[0]}.{sys.version_info[1]}"
        return cls(f"{python} {sys.platform} {platform.machine()}", str(root))


@dataclass(frozen=True)
class Stamp:
    """What a finished environment holds: the set, a hash of its inputs, the kind of torch ("" without)."""

    which: str
    digest: str
    torch: str

    def serves(self, wanted: Stamp) -> bool:
        """Say whether an environment with this stamp can be used as it is where `wanted` is asked for.

        The whole set holds the site's. A plain torch serves where a CPU wheel would do, not the other way.
        """
        if self.digest != wanted.digest:
            return False
        if wanted.which == "site":
            return True
        return self.which == "all" and wanted.torch in ("cpu", self.torch)


class Action(enum.Enum):
    """What to do about the environment that stands."""

    KEEP = "keep"
    UPDATE = "update"
    CREATE = "create"


def decide(
    base: Base | None, stamp: Stamp | None, here: Base, wanted: Stamp, usable: bool
) -> tuple[Action, str]:
    """Choose between keeping, updating and creating, with the reason in words.

    `base` and `stamp` are what was found in the environment (None where there is none), `usable` is whether
    its interpreter can still be run.
    """
    if base is None:
        return Action.CREATE, "none yet"
    if base.python != here.python:
        return Action.CREATE, f"it was made by {base.python}, this is {here.python}"
    if base.root != here.root:
        return Action.CREATE, f"the checkout was moved or copied from {base.root}"
    if not usable:
        return Action.CREATE, "its Python can no longer be run"
    if stamp is None:
        return Action.UPDATE, "its set-up did not finish"
    if stamp.serves(wanted):
        return Action.KEEP, "nothing changed"
    if stamp.digest == wanted.digest:
        return Action.UPDATE, f"it holds {stamp.which}, {wanted.which} is wanted"
    return Action.UPDATE, "pins or requirements changed"


def load(kind: type[Base] | type[Stamp], path: Path) -> Any:
    """Read a Base or a Stamp back from `path`; None where there is none or it cannot be understood."""
    try:
        return kind(**json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None


def dump(record: Base | Stamp) -> str:
    """Write a Base or a Stamp as JSON text."""
    return json.dumps(asdict(record), indent=1) + "\n"
