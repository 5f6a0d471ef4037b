"""The site with many chapters: cold, unchanged, and with one chapter changed. `python benchmarks/build.py` (minutes).

The chapters are copies of the book's own, each with claim ids, derivations and labels of its own, in a temporary
folder. Prints the seconds of each build, by the clock and by the processor, and where they went. `--json FILE` stores
what was printed. Nothing is asserted about time.
"""

from __future__ import annotations

import argparse
import datetime
import json
import os
import platform
import re
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
KEPT = ("_config.yml", "CITATION.cff", "LICENSE", "pyproject.toml", "requirements.txt", "README.md")
_LABEL = re.compile(r"(\\\\(?:label|eqref|ref)\{)([^}]*)\}")
_TARGET = re.compile(r'("|\\n)\(([\w:.-]+)\)=')
_SPENT = re.compile(r"^\s*([\d.]+) s  (.+)$", re.MULTILINE)


def generate(book: Path, copies: int) -> list[Path]:
    """Write a book of `copies` chapters into the empty folder `book`; returns their notebooks."""
    for name in KEPT:
        if (ROOT / name).is_file():
            shutil.copyfile(ROOT / name, book / name)
    shutil.copytree(ROOT / "chapters", book / "chapters", ignore=shutil.ignore_patterns("*.ipynb", "*.json"))
    sources = sorted((ROOT / "chapters").rglob("*.ipynb"))
    made = []
    for number in range(copies):
        source = sources[number % len(sources)]
        name = f"{source.stem}_{number:02d}"
        target = book / "chapters" / source.parent.name / f"{name}.ipynb"
        target.parent.mkdir(parents=True, exist_ok=True)
        text = _renamed(source.read_text("utf-8"), source.stem, number)
        for first, other in enumerate(sources):  # what a copy rests on elsewhere is the first copy there
            if other != source:
                text = re.sub(rf'(["`]){other.stem}\.(?=[a-z])(?!ipynb|html)', rf"\1{other.stem}_{first:02d}.", text)
                text = text.replace(f"({other.stem}.ipynb", f"({other.stem}_{first:02d}.ipynb")
        target.write_text(text, "utf-8")
        made.append(target)
    toc = (ROOT / "_toc.yml").read_text("utf-8")
    for source in sources:
        page = source.relative_to(ROOT).with_suffix("").as_posix()
        mine = [one for one in made if one.stem.rpartition("_")[0] == source.stem]
        rows = "".join(f"      - file: {one.relative_to(book).with_suffix('').as_posix()}\n" for one in mine)
        toc = toc.replace(f"      - file: {page}\n", rows)
    # A part without chapters is no part.
    toc = re.sub(r"  - caption: [^\n]*\n    chapters:\n(?=  - caption|\Z)", "", toc)
    (book / "_toc.yml").write_text(toc, "utf-8")
    for page in (book / "chapters").glob("*.md"):
        text = re.sub(r"\{claim\}`([^`.]+)\.", lambda found: _first(found[1], made), page.read_text("utf-8"))
        for one in made:  # the first copy of each: after it there is nothing left to replace
            text = text.replace(f"({one.parent.name}/{one.stem.rpartition('_')[0]}.", f"({one.parent.name}/{one.stem}.")
        page.write_text(text, "utf-8")
    return made


def _first(name: str, made: list[Path]) -> str:
    copy = next((one.stem for one in made if one.stem.rpartition("_")[0] == name), name)
    return f"{{claim}}`{copy}."


def _renamed(text: str, name: str, number: int) -> str:
    """The notebook's text with ids, labels and targets of its own."""
    own = f"{name}_{number:02d}"
    text = re.sub(rf'(["`]){name}\.(?=[a-z])', rf"\1{own}.", text)
    text = re.sub(rf"(shown|tests|rests on|proved|tested|certified)([^\n\"]*?) {name}\.", rf"\1\2 {own}.", text)
    text = _LABEL.sub(rf"\g<1>\g<2>-{number:02d}}}", text)
    return _TARGET.sub(rf"\1(\2-{number:02d})=", text)


def timed(book: Path, *options: str) -> dict[str, Any]:
    """Build; returns the seconds by the clock, by the processor, and where they went. Ends the run if it fails."""
    before, begun = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    command = [sys.executable, "-m", "assayer.site.build", "--times", *options, str(book)]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    seconds, after = time.perf_counter() - begun, resource.getrusage(resource.RUSAGE_CHILDREN)
    if run.returncode:
        raise SystemExit(f"the build failed:\n{run.stdout[-2000:]}\n{run.stderr[-4000:]}")
    spent = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return {
        "seconds": round(seconds, 2),
        "processor": round(spent, 2),
        "parts": {name: float(value) for value, name in _SPENT.findall(run.stdout)},
    }


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--chapters", type=int, nargs="*", default=[10, 30], help="how many chapters (10 30)")
    parser.add_argument("--json", type=Path, help="also store the numbers in this file")
    given = parser.parse_args()
    stored: dict[str, Any] = {
        "date": datetime.date.today().isoformat(),
        "machine": f"{platform.machine()} {platform.system()}, {os.cpu_count()} cores",
        "python": platform.python_version(),
        "builds": {},
    }
    print(f"{stored['machine']}, Python {stored['python']}; load {os.getloadavg()[0]:.1f}")
    for chapters in given.chapters:
        with tempfile.TemporaryDirectory() as folder:
            made = generate(Path(folder), chapters)
            runs = {"cold": timed(Path(folder), "--fresh"), "unchanged": timed(Path(folder))}
            text = made[0].read_text("utf-8")
            made[0].write_text(text.replace("*Source.*", "*Source, as read today.*", 1), "utf-8")
            runs["one chapter changed"] = timed(Path(folder))
        stored["builds"][str(chapters)] = runs
        for name, run in runs.items():
            print(f"\n{chapters} chapters, {name}: {run['seconds']} s, {run['processor']} s of processor time")
            for part, seconds in sorted(run["parts"].items(), key=lambda one: -one[1])[:6]:
                print(f"  {seconds:6.2f} s  {part}")
    if given.json:
        given.json.write_text(json.dumps(stored, indent=1, ensure_ascii=False) + "\n", "utf-8")


if __name__ == "__main__":
    main()
