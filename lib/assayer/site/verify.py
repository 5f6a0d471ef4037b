"""What the button "Check it yourself" needs, put into the finished site: the checker and Python for the browser.

Each file lies in a folder named by its own hash, so that a browser may keep it for ever; ``manifest.json`` says which
files belong to this edition of the site, and with which SHA-256. A page's own weight does not change.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import re
import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from assayer.site import pyodide
from assayer.site.errors import SiteError
from assayer.site.kept import Memory, Page, Store

FOLDER = "_static/verify"
MANIFEST = "manifest.json"
SCRIPT = "verify.js"
LIBRARY = Path(__file__).parents[1]
LICENCES = {
    "pyodide": ("MPL-2.0", "https://github.com/pyodide/pyodide"),
    "python-flint": ("MIT, with FLINT under LGPL-3.0-or-later", "https://github.com/flintlib/python-flint"),
    "z3-solver": ("MIT", "https://github.com/Z3Prover/z3"),
    "sympy": ("BSD-3-Clause", "https://github.com/sympy/sympy"),
    "mpmath": ("BSD-3-Clause", "https://github.com/mpmath/mpmath"),
}
_OPENED = re.compile(r'<div class="ay-verify" data-mb="" hidden>.*?</div><!-- ay-verify -->', re.DOTALL)
_LOADED = re.compile(rf"<script\b[^>]*\b{re.escape(SCRIPT)}[^>]*></script>\s*")


def asked(html: str) -> bool:
    """Whether a page has a derivation that can be proved again."""
    return _OPENED.search(html) is not None


def finish(site: Path, pages: dict[str, Page], kit: pyodide.Kit | None = None) -> dict[str, Page]:
    """Put what the button needs into the site and its size on each page; without it, take the button away.

    ``pages`` are named by their addresses. Says so in one line where Pyodide is neither kept nor to be fetched.
    """
    if not any(page.fact(asked) for page in pages.values()):
        return pages
    try:
        size = serve(site, kit or pyodide.find(), next(iter(pages.values())).store)
    except SiteError as error:
        print(f'NO BUTTON "CHECK IT YOURSELF" ON ANY PAGE: {error}', flush=True)
        return {path: page.then(without) for path, page in pages.items()}
    return {path: page.then(with_size, f"{size / 1e6:.0f}") for path, page in pages.items()}


def without(html: str) -> str:
    """The page without the button and its script."""
    return _LOADED.sub("", _OPENED.sub("", html))


def with_size(html: str, megabytes: str) -> str:
    """The page with the size of a first visit on its buttons."""
    return html.replace('class="ay-verify" data-mb=""', f'class="ay-verify" data-mb="{megabytes}"')


def checker() -> list[tuple[str, bytes]]:
    """The checker's own files, as Python in the browser imports them."""
    folder = LIBRARY / "derivation"
    sources = [LIBRARY / "__init__.py", *sorted(folder.rglob("*.py"))]
    return [(f"assayer/{path.relative_to(LIBRARY).as_posix()}", path.read_bytes()) for path in sources]


def serve(site: Path, kit: pyodide.Kit, store: Store | Memory) -> int:
    """Copy everything into the site; returns how many bytes a first visit transfers, compressed."""
    place = site / FOLDER
    shutil.rmtree(place, ignore_errors=True)
    archive = place / "assayer.zip"
    pyodide.packed(checker(), archive)
    core = _together(kit.core)
    files = [_put(path, "core", place / f"pyodide-{core}", store) for path in kit.core]
    for path in kit.wheels:
        role = "z3" if path.name.startswith("z3") else "wheel"  # z3 is loaded once it is needed
        files.append(_put(path, role, place / _together([path]), store))
    files.append(_put(archive, "checker", place / _together([archive]), store))
    archive.unlink()
    for one in files:
        one["path"] = Path(one["path"]).relative_to(place).as_posix()
    manifest = {
        "files": files,
        "lock": kit.lock,
        "versions": {"pyodide": pyodide.VERSION, **pyodide.versions()},
        "checker": next(one["sha256"] for one in files if one["role"] == "checker")[:12],
    }
    (place / MANIFEST).write_text(json.dumps(manifest, indent=1) + "\n", "utf-8")
    (place / "LICENCES.txt").write_text(_licences(), "utf-8")
    return sum(one["sent"] for one in files)


def _put(path: Path, role: str, folder: Path, store: Store | Memory) -> dict[str, Any]:
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / path.name
    shutil.copyfile(path, target)
    content = path.read_bytes()
    digest = hashlib.sha256(content)
    integrity = f"sha256-{base64.b64encode(digest.digest()).decode()}"
    return {
        "path": str(target),
        "role": role,
        "bytes": len(content),
        "sent": store.fact(f"sent {path.suffix} {digest.hexdigest()}", lambda: _sent(path.suffix, content)),
        "sha256": digest.hexdigest(),
        "integrity": integrity,
    }


def _together(paths: Iterable[Path]) -> str:
    seen = hashlib.sha256()
    for path in paths:
        seen.update(path.name.encode() + b"\0" + path.read_bytes())
    return seen.hexdigest()[:12]


def _sent(suffix: str, content: bytes) -> int:
    """The bytes of a file as a server sends it: code compressed, archives as they are."""
    return len(gzip.compress(content, 6)) if suffix in (".mjs", ".wasm") else len(content)


def _licences() -> str:
    versions = {"pyodide": pyodide.VERSION, **pyodide.versions()}
    lines = [
        f"{name} {version}: {LICENCES[name][0]}; source: {LICENCES[name][1]}" for name, version in versions.items()
    ]
    head = "What this folder holds besides the checker itself. The wheels lack their tests and headers; else unchanged."
    return "\n".join([head, "", *lines, ""])
