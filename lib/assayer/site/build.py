"""``python -m assayer.site.build``: the whole site, from the stored notebooks to pages that need no network.

Sphinx writes into ``_build/stage``, where it finds its own unchanged pages again; from there the finished site is
put together beside the old one and takes its place, ``_build/html``, only when everything has passed. A build that
fails leaves the site of the last good build as it is, and says so.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import astuple
from importlib.metadata import version
from pathlib import Path

from assayer.site import addresses, audit, formulas, kept, mathjax, pages, parts, verify
from assayer.site.errors import SiteError

HERE = Path(__file__).parent
JUPYTER_BOOK = "import sys; from jupyter_book.cli.main import main; sys.argv[0] = 'jupyter-book'; main()"
_NOTEBOOK_LINE = re.compile(r"\.ipynb:(\d+):")
_NOISE = re.compile(r"\x1b\[[0-9;]*m")


class Times:
    """How long each part of a build took, in seconds: ``with times("name"): ...``."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    @contextmanager
    def __call__(self, name: str) -> Iterator[None]:
        begun = time.perf_counter()
        yield
        self.seconds[name] = self.seconds.get(name, 0.0) + time.perf_counter() - begun

    def table(self) -> str:
        """One line for each, the longest first."""
        listed = sorted(self.seconds.items(), key=lambda one: -one[1])
        return "\n".join(f"{seconds:8.2f} s  {name}" for name, seconds in listed)


def build(root: Path, *, fresh: bool = False, times: Times | None = None) -> Path:
    """Build the book at `root` and return the folder of the finished site; `times` collects where the time goes.

    Raises `SiteError` with one line for each thing that is wrong; the finished site is then untouched.
    """
    for name in ("_config.yml", "_toc.yml"):
        if not (root / name).is_file():
            raise SiteError(f"{name} is not in {root}: build from the root of the book")
    times = times or Times()
    folder = root / "_build"
    stage, target = folder / "stage", folder / "html"
    with _alone(folder):
        _forget_if_changed(stage, root, fresh)
        with times("Sphinx"):
            _sphinx(root, stage)
        draft = folder / "html.new"
        shutil.rmtree(draft, ignore_errors=True)
        try:
            _finish(root, stage, draft, times)
            _swap(draft, target)
        finally:
            shutil.rmtree(draft, ignore_errors=True)
    return target


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Hold the book's build folder; raise `SiteError` while another build holds it."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".lock").open("w") as lock:
        try:
            import fcntl
        except ImportError:  # no such lock on this platform: two builds at once are the author's affair
            yield
            return
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise SiteError(f"another build of this book is running (it holds {folder / '.lock'})") from None
        yield


def _forget_if_changed(stage: Path, root: Path, fresh: bool) -> None:
    """Start from nothing when the site's own code, its settings or its tools are not those of the last build.

    Sphinx sees changed pages, not a changed extension.
    """
    seen = hashlib.sha256()
    own = [path for path in HERE.rglob("*") if path.is_file() and "__pycache__" not in path.parts]
    records = [HERE.parent / "claims" / name for name in ("records.py", "shapes.py")]
    for file in sorted([*own, *records, root / "_config.yml", root / "_toc.yml"]):
        seen.update(file.name.encode() + b"\0" + file.read_bytes())
    for name in ("jupyter-book", "sphinx", "myst-nb", "myst-parser", "sphinx-book-theme", "sphinxcontrib-bibtex"):
        seen.update(f"{name} {version(name)}\n".encode())
    seen.update(sys.version.encode())  # another Python may read a page in another way
    stamp = stage / "made-by"
    if fresh or not stamp.is_file() or stamp.read_text("utf-8") != seen.hexdigest():
        shutil.rmtree(stage / "_build", ignore_errors=True)
        shutil.rmtree(stage / "kept", ignore_errors=True)
        stage.mkdir(parents=True, exist_ok=True)
        stamp.write_text(seen.hexdigest(), "utf-8")


def _sphinx(root: Path, stage: Path) -> None:
    command = [sys.executable, "-c", JUPYTER_BOOK, "build", "-n", "-W", "--keep-going", "-q"]
    command += ["--path-output", str(stage), str(root)]
    run = subprocess.run(command, capture_output=True, text=True, cwd=root, check=False)
    said = [_NOISE.sub("", line).strip() for line in (run.stderr + "\n" + run.stdout).splitlines()]
    if run.returncode == 0:
        return
    # A page that failed is not written again by itself: the next build starts from nothing.
    shutil.rmtree(stage / "_build", ignore_errors=True)
    raise SiteError(_reasons(said, root))


def _reasons(said: list[str], root: Path) -> list[str]:
    """The lines of a failed Sphinx run that say why, with paths as seen from the root of the book."""
    lines = [_NOTEBOOK_LINE.sub(_cell, line.replace(f"{root}{os.sep}", "")) for line in said if line]
    found = [line for line in lines if re.search(r"\b(WARNING|ERROR|CRITICAL|SEVERE)\b", line)]
    for position, line in enumerate(lines):
        if line.endswith(("error:", "error!")) or "Extension error" in line:
            found += [one for one in lines[position + 1 : position + 4] if not one.startswith(("Traceback", "File "))]
            break
    found = [line for line in found if "treated as error" not in line]
    return list(dict.fromkeys(found)) or lines[-8:] or ["jupyter-book failed and said nothing"]


def _cell(found: re.Match[str]) -> str:
    """Where a line number of myst-nb is in the notebook: it counts 10 000 for each cell."""
    cell, line = divmod(int(found[1]), 10_000)
    return f".ipynb cell {cell - 1}, line {line}:" if cell else found[0]


def _finish(root: Path, stage: Path, draft: Path, times: Times) -> None:
    """Put the finished site together in `draft`, or raise `SiteError` with everything that is wrong."""
    source = stage / "_build" / "html"
    with times("copies"):
        leave = shutil.ignore_patterns(".buildinfo*", ".doctrees", "_sources", "*.html")
        shutil.copytree(source, draft, ignore=leave)
    files = {file.relative_to(source).as_posix(): file for file in sorted(source.rglob("*.html"))}
    site = parts.Site(root, draft, addresses.site_url(root), addresses.repository_url(root))
    with kept.Store(stage / "kept") as store:
        written = {
            path: kept.read(file, pages.tidy, store)
            for path, file in files.items()
            if not path.startswith("_static/")  # templates of the theme, not pages
        }
        with times("the checker for the browser"):
            written = verify.finish(draft, written)
        written = parts.finish(site, written, times)
        with times("audit"):
            named = {path: page.fact(formulas.labelled, path) for path, page in written.items()}
            labels, problems = formulas.collect({path: one["labels"] for path, one in named.items()})
            cited = {path: _cited(one["refs"], labels) for path, one in named.items()}
            kept.ahead({page: (path, cited[path]) for path, page in written.items()}, _seen)
            seen = {path: page.fact(_seen, path, cited[path]) for path, page in written.items()}
            problems += [line for one in seen.values() for line in one["problems"]]
            problems += _audit(site, seen, labels)
        with times("formulas"):
            written, bad = _typeset(written, cited, {path: one["keys"] for path, one in seen.items()}, stage, draft)
        problems += bad
        if not bad:  # else there are no pages for a part to look at
            written = {path: store.keep(page) for path, page in written.items()}
            written, found = parts.seal(site, written, times)
            problems += found
        if problems:
            raise SiteError(list(dict.fromkeys(problems)))
        with times("writing"):
            for path, page in written.items():
                store.write(page, draft / path)
            store.forget_others()


Cited = dict[str, tuple[str, str, str]]
"""The labels that a page refers to: the page, the anchor and the number of each."""


def _cited(refs: Iterable[str], labels: dict[str, formulas.Label]) -> Cited:
    return {label: astuple(labels[label]) for label in refs if label in labels}


def _seen(html: str, path: str, cited: Cited) -> dict[str, list[str]]:
    """What other pages, the site and MathJax have to know of a page, and what is wrong with it."""
    page = formulas.resolved(html, path, cited)
    facts = audit.read(path, page.prose())
    return {
        "keys": list(dict.fromkeys(map(formulas.Store.key, page.formulas))),
        "ids": sorted(facts.ids),
        "links": facts.links,
        "files": facts.files,
        "problems": [*page.problems, *facts.problems],
    }


def _audit(site: parts.Site, seen: dict[str, dict[str, list[str]]], labels: dict[str, formulas.Label]) -> list[str]:
    """What is wrong between the pages, and with the folder that they are going to lie in."""
    anchors: dict[str, set[str]] = {}
    for label in labels.values():
        anchors.setdefault(label.page, set()).add(label.anchor)
    facts = {path: audit.Facts(path, set(one["ids"]), one["links"], one["files"]) for path, one in seen.items()}
    problems = audit.links(site.folder, facts, anchors)
    sheets = (path.relative_to(site.folder).as_posix() for path in site.folder.rglob("*.css"))
    return problems + audit.style_sheets(site.folder, sheets) + audit.orphans(site.root, pages.documents(site.root))


def _typeset(
    written: dict[str, kept.Page], cited: dict[str, Cited], keys: dict[str, list[str]], stage: Path, draft: Path
) -> tuple[dict[str, kept.Page], list[str]]:
    """The pages with their formulas set, and what is wrong with formulas; `keys` are those of each page's formulas."""
    found = mathjax.find()
    if found.node is None:
        print(f"{mathjax.NO_NODE}; formulas are set in the reader's browser and bad TeX is not found here")
        pages.serve_mathjax(draft, found)
        made = {path: page.then(formulas.browser_page, path, cited[path]) for path, page in written.items()}
        return {path: page.then(pages.with_mathjax, path) if keys[path] else page for path, page in made.items()}, []
    store = formulas.Store(stage / "formulas.json")
    new = [path for path in written if not store.html.keys() >= set(keys[path])]
    cuts = [formulas.resolved(written[path].text, path, cited[path]) for path in new]
    before = [len(cut.problems) for cut in cuts]
    total, added = formulas.typeset(cuts, lambda: found, store, [key for one in keys.values() for key in one])
    problems = [line for cut, count in zip(cuts, before, strict=True) for line in cut.problems[count:]]
    if problems:
        return written, problems
    pages.serve_formulas(draft, found, store.css)
    print(f"{total} formulas, {added} of them new")
    made = {
        path: page.then(formulas.typeset_page, path, cited[path], store.version, using=(store,))
        for path, page in written.items()
    }
    return {path: page.then(pages.with_formulas, path) if keys[path] else page for path, page in made.items()}, []


def _swap(draft: Path, target: Path) -> None:
    """Put `draft` where `target` is; a reader sees the old site or the new one."""
    old = target.with_name("html.old")
    shutil.rmtree(old, ignore_errors=True)
    if target.exists():
        os.replace(target, old)
    os.replace(draft, target)
    shutil.rmtree(old, ignore_errors=True)


def main(arguments: Sequence[str] | None = None) -> int:
    """The command: build, say where the site is, and return 0; or say what is wrong and return 1."""
    parser = argparse.ArgumentParser(prog="python -m assayer.site.build", description="Build the site of the book.")
    parser.add_argument("root", nargs="?", type=Path, default=Path(), help="the root of the book (default: here)")
    parser.add_argument("--fresh", action="store_true", help="build every page again")
    parser.add_argument("--times", action="store_true", help="say where the time went")
    given = parser.parse_args(arguments)
    root = given.root.resolve()
    started, times = time.monotonic(), Times()
    print("Building the site ...", flush=True)
    try:
        target = build(root, fresh=given.fresh, times=times)
    except SiteError as error:
        for line in error.problems:
            print(line, file=sys.stderr)
        kept = " The site of the last good build is unchanged." if (root / "_build" / "html").is_dir() else ""
        print(f"The site was not built: {len(error.problems)} problem(s) above.{kept}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("Interrupted: the site was not built.", file=sys.stderr)
        return 130
    if given.times:
        print(times.table())
    print(f"The site is at {target / 'index.html'} ({time.monotonic() - started:.1f} s)")
    return 0


if __name__ == "__main__":
    sys.exit(main())
