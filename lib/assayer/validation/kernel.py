"""What a fork of the server does to be the kernel that a new process would have been."""

from __future__ import annotations

import atexit
import os
import random
import signal
import sys
from collections.abc import Mapping, Sequence

from assayer.validation.keeper import die_with_parent


def enrol(server: int, roll: int) -> None:
    """Lead a process group of one's own, end with the server, and tell the keeper. The very first thing."""
    os.setsid()
    os.write(roll, b"+%d\n" % os.getpid())
    os.close(roll)
    die_with_parent(server)


def run(arguments: Sequence[str], cwd: str, environment: Mapping[str, str]) -> int:
    """Be an IPython kernel until it is shut down, and return the exit status.

    `arguments` are those of ipykernel_launcher; `environment` replaces the server's whole.
    """
    os.chdir(cwd)
    os.environ.clear()
    os.environ.update(environment)
    os.environ["JPY_PARENT_PID"] = str(os.getppid())
    signal.signal(signal.SIGINT, signal.default_int_handler)
    reseed()
    import ipykernel_launcher
    from ipykernel.kernelapp import IPKernelApp

    sys.argv = [ipykernel_launcher.__file__, *arguments]
    # Its poller is one more who ends this process when the server is gone. Its default was read before the fork.
    IPKernelApp.launch_instance(argv=[*arguments, f"--IPKernelApp.parent_handle={os.getppid()}"])
    atexit._run_exitfuncs()  # as a process of its own would: ours is left by os._exit
    return 0


def reseed() -> None:
    """Give the generators that libraries seed from chance when they are loaded a seed of this process."""
    random.seed()
    if numpy := sys.modules.get("numpy"):
        numpy.random.seed()
    if torch := sys.modules.get("torch"):
        torch.default_generator.seed()
