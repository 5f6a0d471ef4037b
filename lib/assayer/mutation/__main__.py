"""``python -m assayer.mutation [derivations | results] …``: mutate the book and say what was not noticed.

Exit status: 0 all well; 1 a false mutant was accepted, the two evaluators contradict each other, or the checker broke;
2 a wrong call or a chapter that cannot be read; 130 stopped by Ctrl-C.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import platform
import secrets
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from assayer.mutation.sources import SourceError

PACKAGES = ("assayer", "sympy", "python-flint", "z3-solver", "mpmath")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status."""
    asked = _parser().parse_args(arguments)
    seed = secrets.randbelow(2**32) if asked.seed is None else asked.seed
    try:
        return _results(asked, seed) if asked.what == "results" else _derivations(asked, seed)
    except SourceError as problem:
        print(f"assayer.mutation: {problem}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("assayer.mutation: stopped", file=sys.stderr)
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m assayer.mutation", description="Change one thing in what is claimed, and see who notices."
    )
    parser.add_argument("what", nargs="?", choices=["derivations", "results"], default="derivations")
    parser.add_argument("--seed", type=_natural, help="repeats a run; without it every run draws its own")
    parser.add_argument("--jobs", type=_positive, default=os.cpu_count() or 1, help="processes (default: the cores)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="store the counts for the trust page and the ledger")
    parser.add_argument(
        "--minutes", type=_duration, help="begin no further mutant then, in each package (default: no end)"
    )
    claims = parser.add_argument_group("derivations")
    claims.add_argument("--count", type=_positive, default=5000, help="mutants (default: 5000)")
    claims.add_argument(
        "--seconds", type=_duration, default=0.25, help="for the kernels, for one mutant (default: 0.25)"
    )
    claims.add_argument("--rest", type=_share, default=0.25, help="share of the not known false judged (default: 0.25)")
    claims.add_argument("--chapter", action="append", default=[], metavar="NAME", help="default: all of them")
    claims.add_argument("--bank", action="append", default=[], metavar="FILE.py:NAME", help="goals beside the book's")
    code = parser.add_argument_group("results")
    code.add_argument("--module", action="append", default=[], metavar="NAME", help="default: all of assayer.results")
    code.add_argument("--sample", type=_positive, help="mutants of each package, at random (default: all of them)")
    return parser


def _derivations(asked: argparse.Namespace, seed: int) -> int:
    from assayer.mutation.campaign import campaign, table
    from assayer.mutation.sources import bank, chapters
    from assayer.mutation.trial import Limits

    os.environ["ASSAYER_CACHE"] = "off"  # verdicts on mutants are of no use to anyone later
    print(f"seed {seed}")
    sources = [*chapters(asked.chapter), *map(bank, asked.bank)]
    limits = Limits(seconds=asked.seconds, rest_share=asked.rest)
    with _bar(asked.count, "mutants") as advance:
        report = campaign(sources, seed, asked.count, asked.jobs, limits, lambda _: advance(), asked.minutes)
    print(table(report))
    store(asked.json, "derivations", report.record())
    if not report.sound:
        print(f"assayer.mutation: NOT SOUND, see above; --seed {seed} repeats it", file=sys.stderr)
    if not report.whole:
        print(f"assayer.mutation: the checker BROKE, see above; --seed {seed} repeats it", file=sys.stderr)
    return 0 if report.sound and report.whole else 1


def _results(asked: argparse.Namespace, seed: int) -> int:
    from assayer.mutation.helpers import helper_table, helpers, packages, try_helper

    print(f"seed {seed}")
    status = 0
    for name in asked.module or packages():
        # What was measured of one package stands, whatever another one's chapter does.
        try:
            (helper,) = helpers([name])
            with _bar(None, helper.name) as advance:
                report = try_helper(
                    helper, seed, asked.sample, asked.jobs, lambda _, advance=advance: advance(), minutes=asked.minutes
                )
        except SourceError as problem:
            print(f"assayer.mutation: {problem}", file=sys.stderr)
            status = 2
            continue
        print(helper_table([report]), flush=True)
        if helper.whole:
            store(asked.json, "results", {helper.name: report.record()}, beside=True)
    return status


def store(path: Path | None, key: str, record: dict[str, Any], beside: bool = False) -> None:
    """Put a record under its key into a JSON file, beside what the other command has stored there.

    Args:
        beside: keep what the key holds, save what the record names anew.

    Raises:
        SourceError: where the file is not such a record, or cannot be written.
    """
    if path is None:
        return
    try:
        whole = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
        if not isinstance(whole, dict):
            raise ValueError("it does not hold an object")
        if beside and isinstance(whole.get(key), dict):
            record = dict(sorted((whole[key] | record).items()))
        whole |= {"schema": 1, "versions": versions(), key: record}
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile("w", encoding="utf-8", dir=path.parent, delete=False) as file:
            json.dump(dict(sorted(whole.items())), file, ensure_ascii=False, indent=1)
            file.write("\n")
        Path(file.name).chmod(0o644)
        os.replace(file.name, path)
    except (OSError, ValueError) as problem:
        raise SourceError(f"--json {path}: {problem}") from None


def versions() -> dict[str, str]:
    """What the counts depend on."""
    found = {"python": platform.python_version()}
    for package in PACKAGES:
        with contextlib.suppress(PackageNotFoundError):
            found[package] = version(package)
    return found


@contextlib.contextmanager
def _bar(total: int | None, what: str) -> Iterator[Callable[[], object]]:
    """A progress bar on stderr where tqdm is installed and somebody looks."""
    try:
        from tqdm import tqdm
    except ImportError:
        yield lambda: None
        return
    tqdm.monitor_interval = 0  # its thread would be there when a process is forked
    with tqdm(total=total, desc=what, file=sys.stderr, disable=None) as bar:
        yield bar.update


def _natural(text: str) -> int:
    return _number(text, 0)


def _positive(text: str) -> int:
    return _number(text, 1)


def _number(text: str, least: int) -> int:
    try:
        number = int(text)
    except ValueError:
        number = least - 1
    if number < least:
        raise argparse.ArgumentTypeError(f"{text!r} is not an integer from {least} on")
    return number


def _duration(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds < 3600:
        raise argparse.ArgumentTypeError(f"{text!r} is not a time from 0 to 3600")
    return seconds


def _share(text: str) -> float:
    try:
        share = float(text)
    except ValueError:
        share = -1.0
    if not 0 <= share <= 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number from 0 to 1")
    return share


if __name__ == "__main__":
    raise SystemExit(main())
