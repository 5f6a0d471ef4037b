"""What a long run does when memory runs out or the device goes away: it says so in a line, and goes on.

Both helpers leave the result as it would have been: they change how much is worked on at once, or where.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any, TypeVar

T = TypeVar("T")

_MEMORY_WORDS = ("out of memory", "can't allocate memory", "not enough memory")
_DEVICE_WORDS = (
    "cuda error",
    "cuda driver",
    "cuda-capable device",
    "nvidia driver",
    "nvml",
    "mps backend",
    "hip error",
)
_lost: set[str] = set()


def tell(line: str) -> None:
    """Print `line` to standard error, above a progress bar where one stands."""
    text = f"assayer: {line}"
    tqdm = sys.modules.get("tqdm")
    if tqdm is not None:
        tqdm.tqdm.write(text, file=sys.stderr)
    else:
        print(text, file=sys.stderr, flush=True)


def out_of_memory(error: BaseException) -> bool:
    """Whether `error` says that memory ran out: Python's MemoryError, or torch's error on any device."""
    if isinstance(error, MemoryError):
        return True
    # MPS and the CPU allocator raise a bare RuntimeError, so that only its words tell.
    return isinstance(error, RuntimeError) and any(words in str(error).lower() for words in _MEMORY_WORDS)


def device_failed(error: BaseException) -> bool:
    """Whether `error` says that a GPU failed or is gone; running out of memory is not that."""
    if not isinstance(error, RuntimeError) or out_of_memory(error):
        return False
    return type(error).__name__ == "AcceleratorError" or any(words in str(error).lower() for words in _DEVICE_WORDS)


def halving(
    work: Callable[[int, int], T],
    total: int,
    batch: int,
    *,
    least: int = 1,
    say: Callable[[str], None] = tell,
) -> list[T]:
    """``[work(0, k), work(k, 2k), …]`` over range(total), with batches halved whenever memory runs out.

    Parameters: `work(start, stop)` treats the entries start ≤ i < stop, and must give parts that together do not
    depend on where they are cut; `batch` is the size to begin with and `least` the one that is not halved again;
    `say` takes each line. A batch that failed is done again at half its size; what was done before it is kept.
    Raises `MemoryError` where `least` entries do not fit, `ValueError` for a size below 1 or a negative total, and
    whatever else `work` raises.
    """
    for name, value, floor in (("total", total, 0), ("least", least, 1), ("batch", batch, least)):
        if value < floor:
            raise ValueError(f"halving needs {name} to be at least {floor}, not {value}")
    parts: list[T] = []
    start = 0
    while start < total:
        stop = min(total, start + batch)
        failure = None
        try:
            parts.append(work(start, stop))
        except (MemoryError, RuntimeError) as error:
            if not out_of_memory(error):
                raise
            failure = str(error).partition("\n")[0] or type(error).__name__
        # Outside the except block: there the traceback would still hold the tensors of the failed batch.
        if failure is None:
            start = stop
            continue
        _release()
        tried = stop - start
        if tried <= least:
            raise MemoryError(f"a batch of {tried} does not fit in memory and is not halved further: {failure}")
        batch = max(least, tried // 2)
        say(f"out of memory with a batch of {tried} ({failure}): going on with {batch}")
    return parts


def or_cpu(work: Callable[[Any], T], device: Any = None, *, say: Callable[[str], None] = tell) -> T:
    """``work(device)``, and ``work`` on the CPU where the device has failed, now or earlier in this process.

    Parameters: `work` takes a torch device and must give the same result on each; `device` is by default the book's.
    After a failure, a process can use its GPU no more (its CUDA context is gone), so that what follows goes to the CPU
    at once. Running out of memory is no such failure: that is for `halving`.
    """
    import torch

    from assayer.lab.devices import device as chosen

    where = torch.device(device) if device is not None else chosen()
    if where.type == "cpu" or str(where) in _lost:
        return work(torch.device("cpu"))
    try:
        return work(where)
    except RuntimeError as error:
        if not device_failed(error):
            raise
        why = str(error).partition("\n")[0]
    _lost.add(str(where))
    say(f"{where} has failed ({why}): this process goes on with the CPU")
    return work(torch.device("cpu"))


def _release() -> None:
    """Give back what torch's allocators keep for later."""
    import gc

    gc.collect()
    torch = sys.modules.get("torch")
    if torch is None:
        return
    if torch.cuda.is_available() and torch.cuda.is_initialized():
        torch.cuda.empty_cache()
    if torch.backends.mps.is_available():
        torch.mps.empty_cache()
