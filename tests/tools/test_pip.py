"""pip's failures in one line. The runs are real: a pip that is sent to a place where no index is."""

from __future__ import annotations

import socket
import sys
from pathlib import Path

import pytest

from environment.pip import Pip, PipError, cause

AWAY = """\
WARNING: Retrying (Retry(total=0, connect=None)) after connection broken by 'NewConnectionError': /simple/pip/
ERROR: Could not find a version that satisfies the requirement pip==26.3 (from versions: none)
ERROR: No matching distribution found for pip==26.3
"""


@pytest.mark.parametrize(
    ("output", "words"),
    [
        (AWAY, "the package index cannot be reached"),
        ("ERROR: Could not install packages: [Errno 28] No space left on device\n", "the disk is full"),
        (
            "WARNING: connection broken by SSLError(CERTIFICATE_VERIFY_FAILED)\n",
            "certificate is not accepted",
        ),
        (
            "ERROR: No matching distribution found for torch==9\n",
            "No matching distribution found for torch==9",
        ),
        ("Collecting a\nsomething broke\n\n", "something broke"),
        ("", "pip said nothing"),
    ],
)
def test_the_cause_of_a_failure(output: str, words: str) -> None:
    assert words in cause(output)
    assert "\n" not in cause(output)


@pytest.fixture
def nowhere(monkeypatch: pytest.MonkeyPatch) -> str:
    """The address of an index on a port of this machine where nothing listens."""
    for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    for name in ("PIP_EXTRA_INDEX_URL", "PIP_FIND_LINKS", "PIP_NO_INDEX"):
        monkeypatch.delenv(name, raising=False)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{probe.getsockname()[1]}/simple"


def test_a_real_pip_without_a_network(tmp_path: Path, nowhere: str) -> None:
    log = tmp_path / "setup.log"
    pip = Pip(Path(sys.executable), tmp_path, log)
    with pytest.raises(PipError, match="the package index cannot be reached") as caught:
        pip("download", "--retries", "1", "--index-url", nowhere, "no-such-thing")
    assert str(log) in str(caught.value)
    assert "$ pip download" in log.read_text(encoding="utf-8")


def test_a_failure_is_judged_by_its_own_output(tmp_path: Path) -> None:
    log = tmp_path / "setup.log"
    log.write_text(AWAY, encoding="utf-8")
    with pytest.raises(PipError) as caught:
        Pip(Path(sys.executable), tmp_path, log)("no-such-command")
    assert "cannot be reached" not in str(caught.value)
    assert log.read_text(encoding="utf-8").startswith(AWAY)


def test_installed_versions(tmp_path: Path) -> None:
    pip = Pip(Path(sys.executable), tmp_path, tmp_path / "setup.log")
    assert pip.version("pytest") == pytest.__version__
    assert pip.version("no-such-thing") is None
