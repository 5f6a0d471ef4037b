"""The workflows run what they name and may do no more than they need."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

FOLDER = Path(__file__).resolve().parents[2] / ".github" / "workflows"
FILES = sorted(FOLDER.glob("*.y*ml"))
PINNED = re.compile(r"[\w.-]+/[\w./-]+@[0-9a-f]{40}( +# v[\d.]+)")
# What a workflow as a whole may have, and what a single job may ask for beside it.
READ = {"contents": "read"}
PUBLISH = {"pages": "write", "id-token": "write"}
PUSH = {"contents": "write"}
"""For the one job that pushes the Colab editions: it has no checkout, so it runs no code of the repository."""


def problems(text: str) -> list[str]:
    """What is wrong with a workflow: actions that may change under us, and more rights than it needs."""
    found = []
    for line in text.splitlines():
        used = re.match(r"\s*(?:- )?uses:\s*(.*)", line)
        if used and not used[1].startswith("./") and not PINNED.fullmatch(used[1].strip()):
            found.append(f"not pinned by a commit with its version beside it: {used[1].strip()}")
    workflow: dict[Any, Any] = yaml.safe_load(text)
    if workflow.get("permissions") != READ:
        found.append(f"permissions of the whole: {workflow.get('permissions')!r}")
    for name, job in workflow["jobs"].items():
        asked = job.get("permissions", READ)
        pushes = asked == PUSH and name == "colab" and "checkout" not in str(job["steps"])
        if not pushes and (asked not in (READ, {}, PUBLISH) or (asked == PUBLISH and name != "deploy")):
            found.append(f"permissions of {name}: {asked!r}")
        if "timeout-minutes" not in job:
            found.append(f"{name} has no time limit")
        for step in job["steps"]:
            action = str(step.get("uses", ""))
            if (
                action.startswith("actions/checkout@")
                and (step.get("with") or {}).get("persist-credentials") is not False
            ):
                found.append(f"{name}: the checkout keeps its credentials")
            if "${{ github.event" in str(step.get("run", "")) or "${{ github.head_ref" in str(step.get("run", "")):
                found.append(f"{name}: a script that an outsider's text is put into")
    triggers = workflow.get("on", workflow.get(True))
    if "pull_request_target" in str(triggers):
        found.append("pull_request_target runs a stranger's code with the repository's rights")
    return found


def test_there_are_workflows() -> None:
    assert len(FILES) >= 2


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_a_workflow_is_pinned_and_may_do_little(file: Path) -> None:
    assert problems(file.read_text("utf-8")) == []


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (r"(checkout@)[0-9a-f]{40} # v[\d.]+", r"\1v4", "not pinned"),
        (r"(checkout@[0-9a-f]{40}) # v[\d.]+", r"\1", "not pinned"),
        (r"(checkout@[0-9a-f]{12})[0-9a-f]{28}", r"\1", "not pinned"),
        (r"(?m)^permissions:\n  contents: read\n", "", "permissions of the whole"),
        (r"(?m)^  contents: read\n", "  contents: write\n", "permissions of the whole"),
        (r"actions/download-artifact@", "actions/checkout@", "permissions of colab"),
        (r"      pages: write\n", "      pages: write\n      contents: write\n", "permissions of deploy"),
        (r"(?m)^  build:\n", "  build:\n    permissions: write-all\n", "permissions of build"),
        (r"    timeout-minutes: 10\n", "", "deploy has no time limit"),
        (r"          persist-credentials: false\n", "          fetch-depth: 1\n", "keeps its credentials"),
        (r"run: make book", "run: echo ${{ github.event.head_commit.message }}", "an outsider's text"),
        (r"  workflow_dispatch:\n", "  pull_request_target:\n", "a stranger's code"),
    ],
)
def test_each_weakness_is_found(old: str, new: str, said: str) -> None:
    text = (FOLDER / "pages.yml").read_text("utf-8")
    spoiled = re.sub(old, new, text)
    assert spoiled != text
    assert any(said in line for line in problems(spoiled))
