"""The book's library as a wheel whose bytes depend on its sources alone (and on zlib, which packs them).

It holds what a chapter imports and neither the site nor the tools that write and try chapters. Its version carries
a hash of what it holds, so that pip replaces an earlier edition by a later one of the same number.
"""

from __future__ import annotations

import base64
import hashlib
import io
import re
import zipfile
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from assayer.site.errors import SiteError

NAME = "assayer"
LIBRARY = Path(__file__).parents[1]
LEFT_OUT = frozenset({"site", "notebooks", "mutation", "validation"})
"""The packages that no chapter imports."""
EXTRA = "lab"
BROUGHT = frozenset({"torch", "numpy", "scipy", "matplotlib"})
"""What must be there already and is never installed or replaced: Colab has its own builds of these."""
_EPOCH = (1980, 1, 1, 0, 0, 0)
_NAMED = re.compile(r"[A-Za-z0-9._-]+")


@dataclass(frozen=True)
class Wheel:
    """A wheel: its file's name, its version, its bytes, and what it needs.

    ``needs`` are requirements such as ``python-flint>=0.8`` that may be installed where they are missing, ``present``
    names of packages that must be there, ``python`` the least version such as ``3.11``.
    """

    name: str
    version: str
    content: bytes
    needs: tuple[str, ...]
    present: tuple[str, ...]
    python: str

    @property
    def sha256(self) -> str:
        """The SHA-256 of the wheel's bytes, in hexadecimal digits."""
        return hashlib.sha256(self.content).hexdigest()


def make(licence: Path | None = None, library: Path = LIBRARY) -> Wheel:
    """Build the wheel of `library`, with the text of `licence` where that file exists.

    Raises `SiteError` where the package's own metadata cannot be found.
    """
    try:
        known = distribution(NAME)
    except PackageNotFoundError:
        raise SiteError(f"{NAME} is not installed, so what it requires is not known: run make book") from None
    files = _sources(library)
    seen = hashlib.sha256()
    for name, content in files:
        seen.update(f"{name} {len(content)}\n".encode() + content)
    version = f"{known.version}+{seen.hexdigest()[:12]}"
    python = str(known.metadata["Requires-Python"])
    info = f"{NAME}-{version}.dist-info"
    head = ["Metadata-Version: 2.1", f"Name: {NAME}", f"Version: {version}", f"Summary: {known.metadata['Summary']}"]
    head += ["License: MIT", f"Requires-Python: {python}", f"Provides-Extra: {EXTRA}"]
    head += [f"Requires-Dist: {one}" for one in known.requires or []]
    files += [(f"{info}/METADATA", _text(head))]
    files += [(f"{info}/WHEEL", _text(["Wheel-Version: 1.0", f"Generator: {NAME}", *_KIND]))]
    if licence is not None and licence.is_file():
        files.append((f"{info}/LICENSE", licence.read_bytes()))
    record = [f"{name},sha256={_digest(content)},{len(content)}" for name, content in files]
    files.append((f"{info}/RECORD", _text([*record, f"{info}/RECORD,,"])))
    needs, present = _requirements(known.requires or [])
    least = re.sub(r"[^0-9.]", "", python)
    return Wheel(f"{NAME}-{version}-py3-none-any.whl", version, _packed(files), needs, present, least)


_KIND = ("Root-Is-Purelib: true", "Tag: py3-none-any")


def _sources(library: Path) -> list[tuple[str, bytes]]:
    found = []
    for path in sorted(library.rglob("*")):
        inside = path.relative_to(library)
        if path.is_file() and inside.parts[0] not in LEFT_OUT and "__pycache__" not in inside.parts:
            found.append((f"{NAME}/{inside.as_posix()}", path.read_bytes()))
    return found


def _requirements(required: list[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """What may be installed and what must be there, from requirements as the metadata writes them."""
    needs, present = [], []
    for one in required:
        wanted, _, marker = (part.strip() for part in one.partition(";"))
        if marker and f'"{EXTRA}"' not in marker:
            continue
        named = _NAMED.match(wanted)
        name = named[0].lower() if named else wanted
        present.append(name) if name in BROUGHT else needs.append(wanted)
    return tuple(needs), tuple(present)


def _packed(files: list[tuple[str, bytes]]) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files:
            entry = zipfile.ZipInfo(name, _EPOCH)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.create_system = 3  # the same bytes on every platform
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, content, compresslevel=9)
    return held.getvalue()


def _digest(content: bytes) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()


def _text(lines: list[str]) -> bytes:
    return ("\n".join(lines) + "\n").encode()
