"""The process between the owner and the server: it sees to it that nothing below outlives anything above.

``python -m assayer.validation.keeper FOLDER LISTENER MODULE ...``: LISTENER is the descriptor of the socket in FOLDER,
and standard input a pipe of which the owner holds the only other end. The keeper loads next to nothing and runs
nothing of anybody's, so it answers at once whatever the others do:

- the owner ends, in whatever way: the pipe closes (or, where some fork still holds it, the parent changes), and
  the keeper ends the server and every kernel's process group;
- the server ends: the same for the kernels. On Linux the kernel of the system ends them as well;
- the keeper itself is killed: the server sees it, ends the groups, and ends.

Should keeper and server be killed in one moment, the kernels end (on Linux), but what a cell has started itself may
stay. The server and each fork write the process groups that begin and end to a pipe that the keeper reads.
"""

from __future__ import annotations

import contextlib
import os
import select
import shutil
import signal
import socket
import sys
import time
from collections.abc import Sequence
from pathlib import Path

_LOOK = 1.0  # seconds between looks at who the parent is
_DRAIN = 10.0  # seconds for the last forks of a server that is gone to say their names


def die_with_parent(parent: int, number: int = signal.SIGKILL) -> None:
    """Have the system send this process `number` when its parent ends (Linux), and end it if that is over already.

    `parent` is the parent's id, taken before the fork. Elsewhere than on Linux the keeper alone sees to it.
    """
    if sys.platform == "linux":
        import ctypes

        set_parent_death_signal = 1
        ctypes.CDLL(None, use_errno=True).prctl(set_parent_death_signal, number, 0, 0, 0)
    if os.getppid() != parent:
        os._exit(1)


def end_group(group: int) -> None:
    """End every process of a group, if there is one left."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(group, signal.SIGKILL)


class Roll:
    """The process groups that are alive, from lines ``+n`` and ``-n`` read off a pipe. `ended` once all who write
    there are gone.
    """

    def __init__(self, pipe: int) -> None:
        self.pipe, self.groups, self.ended, self._rest = pipe, set[int](), False, b""

    def read(self) -> None:
        data = os.read(self.pipe, 1 << 16)
        self.ended = not data
        *lines, self._rest = (self._rest + data).split(b"\n")
        for line in lines:
            (self.groups.add if line[:1] == b"+" else self.groups.discard)(int(line[1:]))


def keep(folder: Path, listener_end: int, modules: Sequence[str]) -> int:
    """Fork the server, which loads `modules`, watch until it or the owner ends, and end what is left.

    Returns the exit status.
    """
    owner, me = os.getppid(), os.getpid()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)  # the owner decides when it is over, by its own end at the latest
    listener = socket.socket(fileno=listener_end)
    roll_end, server_end = os.pipe()
    if (server := os.fork()) == 0:
        die_with_parent(me)
        os.close(roll_end)
        os.setpgid(0, 0)
        from assayer.validation.server import serve

        serve(listener, server_end, modules)
    listener.close()
    os.close(server_end)
    os.close(1)  # the owner reads there what the server says
    roll = Roll(roll_end)
    while not roll.ended and os.getppid() == owner:
        ready, _, _ = select.select([0, roll_end], [], [], _LOOK)
        if roll_end in ready:
            roll.read()
        if 0 in ready and not os.read(0, 1):
            break
    with contextlib.suppress(ProcessLookupError):
        os.kill(server, signal.SIGKILL)  # not waited for yet: the number is still the server's
    until = time.monotonic() + _DRAIN
    while not roll.ended and select.select([roll_end], [], [], max(0.0, until - time.monotonic()))[0]:
        roll.read()
    for group in roll.groups:
        end_group(group)
    os.waitpid(server, 0)
    shutil.rmtree(folder, ignore_errors=True)
    return 0


if __name__ == "__main__":
    raise SystemExit(keep(Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3:]))
