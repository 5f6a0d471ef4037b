"""Which torch is installed: plain with a GPU, a CPU wheel without, and CUDA only when it was asked for."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from environment import accelerator
from environment.errors import SetupError
from environment.plan import Project


def quiet(text: str) -> None:
    """Say nothing."""


def cpu_index_away(arguments: tuple[str, ...]) -> str | None:
    return "the package index cannot be reached" if accelerator.CPU_INDEX in arguments else None


@pytest.mark.parametrize(
    ("mode", "system", "gpu", "kind"),
    [
        ("auto", "Linux", False, "cpu"),
        ("auto", "Linux", True, "plain"),
        ("auto", "Darwin", False, "plain"),
        ("cpu", "Linux", True, "cpu"),
        ("plain", "Linux", False, "plain"),
    ],
)
def test_the_kind_of_torch(mode: str, system: str, gpu: bool, kind: str) -> None:
    assert accelerator.kind_wanted(mode, system, lambda: gpu) == kind


def test_an_unknown_mode_is_named() -> None:
    with pytest.raises(SetupError, match="TORCH=gpu is none of auto, cpu, plain"):
        accelerator.kind_wanted("gpu")


@pytest.mark.parametrize(
    ("script", "present"),
    [
        ("echo 'GPU 0: NVIDIA H200'", True),
        ("echo 'No devices were found'", False),
        ("exit 9", False),
        (None, False),
    ],
)
def test_nvidia_smi_decides_where_there_is_no_device_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str | None, present: bool
) -> None:
    if script is not None:
        command = tmp_path / "nvidia-smi"
        command.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
        command.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(accelerator.glob, "glob", lambda pattern: [])
    assert accelerator.gpu_present() is present


def test_a_device_file_is_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(accelerator.glob, "glob", lambda pattern: ["/dev/nvidia0"])
    assert accelerator.gpu_present()


def test_without_a_gpu_the_cpu_wheel_is_asked_for_by_name(project: Project, fake_pip: Any) -> None:
    pip = fake_pip()
    accelerator.install_torch(project, pip, "auto", "cpu", quiet)
    (call,) = pip.calls
    assert "torch==2.13.0+cpu" in call
    assert call[call.index("--index-url") + 1] == accelerator.CPU_INDEX


def test_cuda_is_refused_when_the_cpu_index_is_away(project: Project, fake_pip: Any) -> None:
    pip = fake_pip(cpu_index_away, brings=("torch", "sympy", "nvidia-cudnn-cu13", "triton", "cuda-bindings"))
    with pytest.raises(SetupError) as caught:
        accelerator.install_torch(project, pip, "auto", "cpu", quiet)
    message = str(caught.value)
    assert "cuda-bindings and 2 more CUDA packages" in message
    assert "make test TORCH=plain" in message
    assert "\n" not in message
    assert all(accelerator.CPU_INDEX in call for call in pip.changes), "something else was installed"


def test_a_plain_wheel_without_cuda_is_taken_when_the_cpu_index_is_away(project: Project, fake_pip: Any) -> None:
    pip = fake_pip(cpu_index_away, brings=("torch", "sympy", "networkx"))
    accelerator.install_torch(project, pip, "auto", "cpu", quiet)
    assert ["--dry-run" in call for call in pip.calls] == [False, True, False]
    assert pip.calls[-1] == ("install", "--constraint", str(project.pins), "torch==2.13.0")


def test_torch_cpu_asks_no_other_index(project: Project, fake_pip: Any) -> None:
    pip = fake_pip(cpu_index_away)
    with pytest.raises(SetupError, match=r"no CPU wheel of torch 2\.13\.0 .*cannot be reached"):
        accelerator.install_torch(project, pip, "cpu", "cpu", quiet)
    assert len(pip.calls) == 1


def test_plain_takes_what_comes(project: Project, fake_pip: Any) -> None:
    pip = fake_pip(brings=("nvidia-cudnn-cu13",))
    accelerator.install_torch(project, pip, "plain", "plain", quiet)
    assert pip.calls == [("install", "--constraint", str(project.pins), "torch==2.13.0")]


@pytest.mark.parametrize(
    ("installed", "kind", "verbs"),
    [
        ("2.13.0+cpu", "cpu", []),
        ("2.13.0", "cpu", []),
        ("2.13.0", "plain", []),
        ("2.13.0+cpu", "plain", ["uninstall", "install"]),
        ("2.12.0+cpu", "cpu", ["install"]),
    ],
)
def test_an_installed_torch_is_replaced_only_where_it_does_not_fit(
    project: Project, fake_pip: Any, installed: str, kind: str, verbs: list[str]
) -> None:
    pip = fake_pip(installed=installed)
    accelerator.install_torch(project, pip, "auto", kind, quiet)
    assert [call[0] for call in pip.calls] == verbs
