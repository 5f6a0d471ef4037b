"""Progress bars and times belong to live sessions; stored output holds neither."""

from __future__ import annotations

import io
import sys
import time
from types import SimpleNamespace
from typing import Any

import pytest

from assayer.lab import live, measurements, progress, stopwatch


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def not_quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ASSAYER_QUIET", raising=False)


def notebook(monkeypatch: pytest.MonkeyPatch, shell: Any) -> None:
    monkeypatch.setitem(sys.modules, "IPython", SimpleNamespace(get_ipython=lambda: shell))


def test_someone_watches_in_a_notebook_and_at_a_terminal_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", io.StringIO())
    notebook(monkeypatch, None)
    assert not live.is_live()
    notebook(monkeypatch, SimpleNamespace(kernel=None))
    assert not live.is_live()
    notebook(monkeypatch, SimpleNamespace(kernel=object()))
    assert live.is_live()
    notebook(monkeypatch, None)
    monkeypatch.setattr(sys, "stderr", Terminal())
    assert live.is_live()
    monkeypatch.setattr(sys, "stderr", None)
    assert not live.is_live()


@pytest.mark.parametrize(("value", "quiet"), [("1", True), ("yes", True), ("0", False), ("", False)])
def test_quiet_turns_everything_off(monkeypatch: pytest.MonkeyPatch, value: str, quiet: bool) -> None:
    monkeypatch.setattr(sys, "stderr", Terminal())
    monkeypatch.setenv("ASSAYER_QUIET", value)
    assert live.is_live() is not quiet


def test_progress_passes_everything_on_and_is_silent_when_nobody_watches(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    log = io.StringIO()
    monkeypatch.setattr(sys, "stderr", log)
    notebook(monkeypatch, None)
    assert list(progress(iter("abc"), total=3, desc="letters")) == ["a", "b", "c"]
    assert log.getvalue() == ""


def test_progress_shows_a_bar_when_someone_watches(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    assert list(progress(range(3), desc="letters")) == [0, 1, 2]
    assert "letters" in terminal.getvalue()


def test_progress_works_without_tqdm(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", Terminal())
    monkeypatch.setitem(sys.modules, "tqdm", None)
    assert list(progress(range(3))) == [0, 1, 2]


def test_the_stopwatch_measures_what_stands_inside() -> None:
    with stopwatch() as watch:
        time.sleep(0.01)
    assert watch.seconds >= 0.01
    assert str(watch).endswith(" s")
    with pytest.raises(ValueError, match="inside"), stopwatch() as watch:
        raise ValueError("inside")
    assert watch.seconds >= 0


def test_measurements_are_an_aligned_table(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ASSAYER_DEVICE", "cpu")
    measurements({"numbers checked": 4_000_000, "mean": 1.182931, "ok": True, "largest": 2**20_000, "by": "scan"})
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("device           CPU")
    assert lines[1:] == [
        "numbers checked  4 000 000",
        "mean             1.183",
        "ok               True",
        "largest          about 2^20000",
        "by               scan",
    ]
