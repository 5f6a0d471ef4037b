"""Out of memory, the batch is halved; a GPU is gone, the CPU goes on; each with a line, and with the same result."""

from __future__ import annotations

import pytest
import torch

from assayer.lab import faults, halving, or_cpu


class Memory:
    """A device that holds `room` entries, and tells what it was asked for."""

    def __init__(self, room: int, error: type[BaseException], words: str) -> None:
        self.room, self.error, self.words = room, error, words
        self.asked: list[tuple[int, int]] = []

    def work(self, start: int, stop: int) -> list[int]:
        self.asked.append((start, stop))
        if stop - start > self.room:
            raise self.error(self.words)
        return list(range(start, stop))


OUT = [
    (torch.cuda.OutOfMemoryError, "CUDA out of memory. Tried to allocate 2.00 GiB.\nmore"),
    (MemoryError, ""),
    (RuntimeError, "MPS backend out of memory (MPS allocated: 1 GB)"),
    (RuntimeError, "[enforce fail at alloc_cpu.cpp:118] DefaultCPUAllocator: can't allocate memory: you tried"),
]


@pytest.mark.parametrize(("error", "words"), OUT)
def test_out_of_memory_halves_the_batch_and_goes_on_saying_so(error: type[BaseException], words: str) -> None:
    memory, said = Memory(13, error, words), []
    parts = halving(memory.work, 100, 40, say=said.append)
    assert [i for part in parts for i in part] == list(range(100))
    assert [len(part) for part in parts] == [10] * 10
    # Nothing that was done before is done again.
    assert memory.asked[:3] == [(0, 40), (0, 20), (0, 10)] and len(memory.asked) == 12
    first = words.partition("\n")[0] or "MemoryError"
    assert said == [
        f"out of memory with a batch of 40 ({first}): going on with 20",
        f"out of memory with a batch of 20 ({first}): going on with 10",
    ]


def test_memory_that_shrinks_half_way_is_met_there() -> None:
    memory, said = Memory(40, MemoryError, "full"), []

    def work(start: int, stop: int) -> list[int]:
        if start >= 40:
            memory.room = 5
        return memory.work(start, stop)

    parts = halving(work, 60, 40, say=said.append)
    assert [i for part in parts for i in part] == list(range(60))
    assert [len(part) for part in parts] == [40, 5, 5, 5, 5] and len(said) == 2


def test_what_does_not_fit_at_all_is_an_error_and_so_is_another_one() -> None:
    with pytest.raises(MemoryError, match="a batch of 4 does not fit in memory and is not halved further: full"):
        halving(Memory(3, MemoryError, "full").work, 100, 16, least=4, say=lambda line: None)
    with pytest.raises(ZeroDivisionError):
        halving(lambda start, stop: start // 0, 10, 5)
    with pytest.raises(RuntimeError, match="shapes"):
        halving(Memory(3, RuntimeError, "shapes do not match").work, 100, 16)
    assert halving(Memory(1, MemoryError, "").work, 0, 4) == []
    for wrong in ({"total": -1, "batch": 1}, {"total": 1, "batch": 0}, {"total": 1, "batch": 2, "least": 0}):
        with pytest.raises(ValueError, match="halving needs"):
            halving(lambda start, stop: None, **wrong)


def test_the_failed_batch_is_let_go_before_the_next_is_tried() -> None:
    held: list[object] = []

    class Big:
        def __init__(self) -> None:
            held.append(self)

        def __del__(self) -> None:
            gone.append(1)

    gone: list[int] = []

    def work(start: int, stop: int) -> int:
        big = Big()
        held.clear()
        if stop - start > 1:
            raise MemoryError
        assert len(gone) >= 1, "the first batch is still held"
        return len(repr(big)) and start

    assert halving(work, 2, 2, say=lambda line: None) == [0, 1]


class Accelerator:
    """Work that fails on any device but the CPU."""

    def __init__(self, error: BaseException) -> None:
        self.error = error
        self.on: list[str] = []

    def __call__(self, device: torch.device) -> int:
        self.on.append(str(device))
        if device.type != "cpu":
            raise self.error
        return 42


@pytest.fixture(autouse=True)
def all_devices_well(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(faults, "_lost", set())


@pytest.mark.parametrize(
    "words",
    [
        "CUDA error: an illegal memory access was encountered\nCUDA kernel errors might be",
        "CUDA error: device-side assert triggered",
        "No CUDA GPUs are available: CUDA driver initialization failed",
        "Found no NVIDIA driver on your system.",
    ],
)
def test_a_gpu_that_is_gone_half_way_leaves_the_cpu_with_one_line(words: str) -> None:
    work, said = Accelerator(RuntimeError(words)), []
    assert [or_cpu(work, "cuda:0", say=said.append) for _ in range(3)] == [42, 42, 42]
    assert work.on == ["cuda:0", "cpu", "cpu", "cpu"], "a lost GPU is not tried again"
    assert said == [f"cuda:0 has failed ({words.partition(chr(10))[0]}): this process goes on with the CPU"]


def test_torchs_own_error_for_accelerators_is_known() -> None:
    error = getattr(torch, "AcceleratorError", None)
    if error is None:
        pytest.skip("this torch has no AcceleratorError")
    assert faults.device_failed(error("unknown"))


@pytest.mark.parametrize("error", [*(kind(words) for kind, words in OUT), RuntimeError("shapes"), ValueError("n")])
def test_any_other_error_is_no_lost_gpu(error: BaseException) -> None:
    work = Accelerator(error)
    with pytest.raises(type(error)):
        or_cpu(work, "cuda:0")
    assert work.on == ["cuda:0"] and not faults._lost


def test_on_the_cpu_nothing_is_caught() -> None:
    def work(device: torch.device) -> int:
        raise RuntimeError("CUDA error: from nowhere")

    with pytest.raises(RuntimeError, match="from nowhere"):
        or_cpu(work, "cpu")


def test_a_line_goes_to_standard_error(capsys: pytest.CaptureFixture[str]) -> None:
    halving(Memory(1, MemoryError, "full").work, 2, 2)
    shown = capsys.readouterr()
    assert shown.err == "assayer: out of memory with a batch of 2 (full): going on with 1\n" and shown.out == ""


@pytest.mark.gpu
def test_a_real_gpu_runs_out_of_memory_and_goes_on() -> None:
    if not torch.cuda.is_available():
        pytest.skip("no CUDA device")
    free, _ = torch.cuda.mem_get_info()
    said: list[str] = []

    def work(start: int, stop: int) -> int:
        # One entry is a 64th of what is free.
        return int(torch.ones((stop - start, free // 64), dtype=torch.uint8, device="cuda")[:, 0].sum())

    assert sum(halving(work, 200, 128, say=said.append)) == 200 and said
