"""The page of benchmarks shows what is stored, and stops at a file that no command of ours wrote."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from assayer.site import measured
from assayer.site.errors import SiteError

ROOT = Path(__file__).parents[2]
KERNEL = {
    "kernel": "a scan <fast>",
    "unit": "numbers",
    "units": 1000,
    "seconds": 0.5,
    "operations": "1 root",
    "bytes": "16 B",
    "floors": {"roots": 0.1, "bytes": 0.05},
    "peers": {"one by one": 5.0},
    "note": "",
}
KERNELS = {
    "date": "2026-01-01",
    "machine": "x, 2 cores",
    "device": "CPU",
    "python": "3.11",
    "torch": "2.13",
    "limits": {"roots": 2e9},
    "rows": [KERNEL],
    "not run": ["numba"],
}


def stored(root: Path, name: str, content: Any) -> Path:
    (root / "benchmarks").mkdir(exist_ok=True)
    (root / "benchmarks" / name).write_text(content if isinstance(content, str) else json.dumps(content), "utf-8")
    return root


def test_kernels_their_floors_and_peers(tmp_path: Path) -> None:
    shown = measured.part("kernels", stored(tmp_path, "kernels.json", KERNELS))
    assert "a scan &lt;fast&gt;" in shown and "2 thousand numbers a second" in shown
    assert "100 µs each, by roots" in shown and "<td>5.0 ×</td>" in shown, "the larger floor binds"
    assert "<td>one by one</td><td>10.00 ×</td>" in shown and "Not run: numba." in shown
    assert "2 thousand million roots" in shown and "CPU, x, 2 cores, Python 3.11, torch 2.13, 2026-01-01" in shown


def test_validation_takes_medians_and_their_ratio(tmp_path: Path) -> None:
    row = {"what": "small", "notebooks": 30, "seconds": {"nbval": [100, 90, 300], "forked": [20, 30, 25]}}
    machine = {"system": "Linux", "cores": 2, "python": "3.11", "date": "2026-01-01"}
    shown = measured.part("validation", stored(tmp_path, "validation.json", {"machine": machine, "rows": [row]}))
    assert "<td>30 small</td><td>–</td><td>–</td><td>100.0 s</td><td>25.0 s</td><td>0.25</td>" in shown


def test_what_was_not_measured_says_which_command_does(tmp_path: Path) -> None:
    for name, (_, command, _) in measured.PARTS.items():
        assert command in measured.part(name, tmp_path)


@pytest.mark.parametrize("content", ["{", "[]", "{}", json.dumps({**KERNELS, "rows": [{}]})])
def test_a_foreign_file_is_named_with_the_way_out(tmp_path: Path, content: str) -> None:
    with pytest.raises(SiteError, match="benchmarks/kernels.json .*measure it anew"):
        measured.part("kernels", stored(tmp_path, "kernels.json", content))


def test_an_unknown_part_is_named() -> None:
    with pytest.raises(SiteError, match="no part 'cost'"):
        measured.part("cost", ROOT)


def test_the_books_own_results_can_be_drawn() -> None:
    for name in measured.PARTS:
        assert measured.part(name, ROOT)


def test_a_changed_result_changes_the_fingerprint(tmp_path: Path) -> None:
    before = measured.fingerprint(tmp_path)
    assert measured.fingerprint(stored(tmp_path, "kernels.json", KERNELS)) != before


def test_of_lighthouse_the_four_scores_are_shown_and_nothing_else(tmp_path: Path) -> None:
    page = {"kB": {"all": 9.6}, "kB without figures' data": 9.4, "first formula ms": None}
    scores = {
        "performance": 97,
        "accessibility": 100,
        "best-practices": 99,
        "seo": 98,
        "ms": {"x": 1},
        "not passed": [],
    }
    visit = {"proved_s": 12.3, "loaded_mb": 18.2}
    stored = {
        "after": {"pages": {"a.html": {**page, "lighthouse": scores}}, "machine": "m", "chromium": "1", "date": "d"},
        "button": {"check it yourself": {"page": "a.html", "first visit": visit, "second visit": visit}},
    }
    (tmp_path / "benchmarks").mkdir()
    (tmp_path / "benchmarks" / "site.json").write_text(json.dumps(stored), "utf-8")
    html = measured.part("pages", tmp_path)
    assert "97 / 100 / 99 / 98<" in html and "12 s on a first visit, which loads 18 MB" in html
