"""Run pip inside the environment and put its failures into one line."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from .errors import SetupError

# Each cause with the phrases in pip's output that betray it, the most telling first.
_CAUSES = (
    ("the disk is full", ("No space left on device",)),
    (
        "the package index's certificate is not accepted (a proxy? name its certificate in PIP_CERT)",
        ("CERTIFICATE_VERIFY_FAILED", "SSLCertVerificationError"),
    ),
    (
        "the package index cannot be reached: check the network, the proxy and pip's configuration",
        (
            "connection broken by",
            "Failed to establish a new connection",
            "name resolution",
            "Network is unreachable",
            "Max retries exceeded",
            "ReadTimeoutError",
            "ConnectTimeoutError",
            "ProxyError",
        ),
    ),
)

# Settings of the reader's that would put packages anywhere else than in the environment.
_MISLEADING = ("PIP_USER", "PIP_TARGET", "PIP_PREFIX", "PIP_ROOT")


class PipError(SetupError):
    """pip failed; the message names the cause in one line."""


def cause(output: str) -> str:
    """Say in one line why pip failed, from what it printed."""
    for words, phrases in _CAUSES:
        if any(phrase in output for phrase in phrases):
            return words
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    errors = [line for line in lines if line.startswith("ERROR:")]
    return (errors or lines or ["pip said nothing"])[-1].removeprefix("ERROR:").strip()


class Pip:
    """pip of one environment. Its output goes to a log; a failure raises PipError."""

    def __init__(self, python: Path, root: Path, log: Path) -> None:
        self.python, self.root, self.log = python, root, log

    def __call__(self, *arguments: str) -> None:
        """Run `pip ARGUMENTS` in the checkout's root. Raises PipError with its cause and the log's place."""
        environment = {name: value for name, value in os.environ.items() if name not in _MISLEADING}
        # -I: neither PYTHONPATH nor the user's site may pretend that something is installed here.
        command = [str(self.python), "-I", "-m", "pip", "--no-input", *arguments]
        with self.log.open("a+b") as log:
            log.write(f"\n$ pip {' '.join(arguments)}\n".encode())
            log.flush()
            start = log.tell()
            done = subprocess.run(
                command, cwd=self.root, env=environment, stdout=log, stderr=log, check=False
            )
            log.seek(start)
            output = log.read().decode(errors="replace")
        if done.returncode != 0:
            raise PipError(f"{cause(output)} (all of pip's words: {self.log})")

    def version(self, name: str) -> str | None:
        """Return the version of the package `name` that is installed in the environment, or None."""
        code = f"import importlib.metadata as m; print(m.version({name!r}))"
        done = subprocess.run(
            [str(self.python), "-I", "-c", code], capture_output=True, text=True, check=False, cwd=self.root
        )
        return done.stdout.strip() if done.returncode == 0 else None
