"""The book's benchmarks as tables, from what their commands stored in ``benchmarks/``: nothing is typed here."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterable
from html import escape
from pathlib import Path
from typing import Any

from assayer.site.errors import SiteError
from assayer.site.markup import listing, table
from assayer.site.scores import read

NAMES = {"bare script": "bare scripts", "nbmake": "nbmake", "nbval": "ordinary nbval", "forked": "forked kernels"}
NOT_YET = '<p class="ay-empty">Not measured yet: <code>{command}</code> measures it and stores it.</p>'


def part(name: str, root: Path) -> str:
    """One of `PARTS` as HTML; raises `SiteError` where a stored file is not what its command writes."""
    try:
        file, command, draw = PARTS[name]
    except KeyError:
        raise SiteError(f"the benchmarks have no part {name!r}; they have {', '.join(PARTS)}") from None
    found = read(root, f"benchmarks/{file}")
    if found is None:
        return NOT_YET.format(command=escape(command))
    try:
        return draw(found)
    except (KeyError, TypeError, AttributeError, ValueError, ZeroDivisionError) as problem:
        message = f"benchmarks/{file} is not what {command} writes ({problem!r}): measure it anew"
        raise SiteError(message) from None


def _machine(words: Iterable[object]) -> str:
    return f'<p class="ay-measured">Measured on {escape(", ".join(str(word) for word in words if word))}.</p>'


def _seconds(value: float) -> str:
    """Seconds in a unit that leaves one to three digits before the point."""
    for unit, size in (("s", 1.0), ("ms", 1e-3), ("µs", 1e-6)):
        if value >= size:
            return f"{value / size:.3g} {unit}"
    return f"{value / 1e-9:.3g} ns"


def _kernels(found: dict[str, Any]) -> str:
    rows, peers, needs = [], [], []
    for one in found["rows"]:
        bound = max(one["floors"], key=lambda name: one["floors"][name])
        name = escape(one["kernel"])
        rows.append(
            (
                name,
                f"{_count(one['units'] / one['seconds'])} {escape(one['unit'])} a second",
                f"{_seconds(one['floors'][bound] / one['units'])} each, by {escape(bound)}",
                f"{one['seconds'] / one['floors'][bound]:.1f} ×",
            )
        )
        peers += [(name, escape(peer), f"{value / one['seconds']:.2f} ×") for peer, value in one["peers"].items()]
        note = f". {one['note']}" if one["note"] else ""
        needs.append((name, escape(f"{one['operations']}; {one['bytes']}{note}")))
    limits = ", ".join(f"{_count(value)} {escape(name)}" for name, value in found["limits"].items())
    missing = "".join(f"<p>Not run: {escape(line)}.</p>" for line in found.get("not run", ()))
    about = _machine(
        (found["device"], found["machine"], f"Python {found['python']}", f"torch {found['torch']}", found["date"])
    )
    return (
        table("Numerical kernels and their floors", ("Kernel", "Speed", "Floor", "From the floor"), rows)
        + table("Peers on the same numbers, in units of the kernel's time", ("Kernel", "Peer", "Time"), peers)
        + f"<p>What a unit needs at least:</p>{listing(needs, 'ay-facts')}"
        + f"<p>The most that this device does in a second: {limits}.</p>{missing}{about}"
    )


def _count(value: float) -> str:
    """A rate with a word for its size: ``5.9 million``."""
    for word, size in (("thousand million", 1e9), ("million", 1e6), ("thousand", 1e3)):
        if value >= size:
            return f"{value / size:.3g} {word}"
    return f"{value:.3g}"


def _validation(found: dict[str, Any]) -> str:
    rows = []
    for one in found["rows"]:
        medians = {name: statistics.median(values) for name, values in one["seconds"].items()}
        rows.append(
            (
                f"{one['notebooks']} {escape(one['what'])}",
                *(f"{medians[name]:.1f} s" if name in medians else "–" for name in NAMES),
                f"{medians['forked'] / medians['nbval']:.2f}",
            )
        )
    about = found["machine"]
    words = (about["system"], f"{about['cores']} cores", f"Python {about['python']}", about["date"])
    head = ("Notebooks", *NAMES.values(), "Forked over ordinary")
    return table("Validation of notebooks", head, rows) + _machine(words)


def _build(found: dict[str, Any]) -> str:
    rows, places = [], []
    for chapters, runs in found["builds"].items():
        for name, run in runs.items():
            rows.append((escape(chapters), escape(name), f"{run['seconds']:.1f}", f"{run['processor']:.1f}"))
            if name == "cold":
                longest = sorted(run["parts"].items(), key=lambda pair: -pair[1])[:5]
                listed = ", ".join(f"{escape(what)} {seconds:.1f} s" for what, seconds in longest)
                places.append(f"<p>Where a cold build of {escape(chapters)} chapters spends its time: {listed}.</p>")
    head = ("Chapters", "Build", "Seconds", "Processor seconds")
    words = (found["machine"], f"Python {found['python']}", found["date"])
    return table("Building the site", head, rows) + "".join(places) + _machine(words)


def _pages(found: dict[str, Any]) -> str:
    before, after = found.get("before", {}).get("pages", {}), found["after"]["pages"]
    rows = []
    for page, now in after.items():
        then = before.get(page)
        scores = now.get("lighthouse") or {}
        shown = " / ".join(str(scores[name]) for name in _SCORES) if scores.keys() >= set(_SCORES) else "–"
        rows.append(
            (
                f"<code>{escape(page)}</code>",
                f"{then['kB']['all']:.0f} → {now['kB']['all']:.0f}" if then else f"{now['kB']['all']:.0f}",
                f"{now[_BARE]:.0f}",
                _milliseconds(then, now),
                escape(shown),
            )
        )
    head = ("Page", "kB, compressed", "Without its figures' data", "First formula, ms", "Lighthouse")
    words = (found["after"]["machine"], f"Chromium {found['after']['chromium']}", found["after"]["date"])
    told = "<p>Left of an arrow: the theme's own pages. A line of 10 Mbps with 40 ms to the server and back. "
    told += "Lighthouse’s scores on a telephone: performance / accessibility / best practice / search engines.</p>"
    return table("What a reader is sent", head, rows) + told + _button(found) + _machine(words)


def _button(found: dict[str, Any]) -> str:
    """How long "Check it yourself" takes, where that was measured."""
    seen = next((one["check it yourself"] for one in found.values() if "check it yourself" in one), None)
    if seen is None:
        return ""
    first, second = seen["first visit"], seen["second visit"]
    return (
        f"<p>“Check it yourself” on <code>{escape(seen['page'])}</code>, from the click to proved on loopback: "
        f"{first['proved_s']:.0f} s on a first visit, which loads {first['loaded_mb']:.0f} MB, and "
        f"{second['proved_s']:.0f} s on a second, which loads {second['loaded_mb']:.0f}.</p>"
    )


_SCORES = ("performance", "accessibility", "best-practices", "seo")
_BARE = "kB without figures' data"
_FIRST = "first formula ms"


def _milliseconds(then: dict[str, Any] | None, now: dict[str, Any]) -> str:
    if now[_FIRST] is None:
        return "–"
    return f"{then[_FIRST]} → {now[_FIRST]}" if then and then[_FIRST] is not None else str(now[_FIRST])


def _sweeps(found: dict[str, Any]) -> str:
    rows = [
        (escape(name), f"{statistics.median(values):.1f} s", _count(found["numbers"] / statistics.median(values)))
        for name, values in found["seconds"].items()
    ]
    words = (found["machine"], f"Python {found['python']}", found["date"])
    return table("One sweep on dask.distributed", ("Where", "Time", "Numbers a second"), rows) + _machine(words)


PARTS: dict[str, tuple[str, str, Callable[[dict[str, Any]], str]]] = {
    "kernels": ("kernels.json", "python benchmarks/kernels.py --json benchmarks/kernels.json", _kernels),
    "validation": ("validation.json", "python benchmarks/validation.py", _validation),
    "pages": ("site.json", "python benchmarks/site.py", _pages),
    "build": ("build.json", "python benchmarks/build.py --json benchmarks/build.json", _build),
    "sweeps": ("sweeps.json", "python benchmarks/sweeps.py scaling", _sweeps),
}
"""The parts of the page: the stored file, the command that writes it, and how it is drawn."""


def fingerprint(root: Path) -> str:
    """A text that changes when a stored benchmark does."""
    files = (root / "benchmarks" / file for file, _, _ in PARTS.values())
    return "\n".join(file.read_text("utf-8") if file.is_file() else "" for file in files)
