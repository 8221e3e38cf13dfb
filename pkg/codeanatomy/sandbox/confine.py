"""How a process of ours gives up rights: on itself, never on another. It holds no numbers: those are `limits`.

Standard library only, and nothing is imported after the first call: a confined process may not be able to.
"""

from __future__ import annotations

import ctypes
import os
import resource
import signal
import sys

_PR_SET_PDEATHSIG = 1
_PR_SET_NO_NEW_PRIVS = 38


def bind_to(parent: int) -> list[str]:
    """Die with the parent, gain no rights by exec, leave no core: before anything else happens. Returns what is in force.

    The kernel's signal covers only a parent that dies from now on; one that died before shows as another parent process.
    """
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    in_force = ["no_core"]
    if sys.platform == "linux":
        libc = ctypes.CDLL(None, use_errno=True)
        for name, option, value in (
            ("dies_with_parent", _PR_SET_PDEATHSIG, signal.SIGKILL),
            ("no_new_privileges", _PR_SET_NO_NEW_PRIVS, 1),
        ):
            if libc.prctl(option, int(value), 0, 0, 0) == 0:
                in_force.append(name)
    if os.getppid() != parent:
        os._exit(1)
    return in_force


def confine(data_bytes: int, cpu_seconds: int, open_files: int) -> list[str]:
    """Give up what extraction does not need, after imports and warm-up. Returns what is in force, for the manifest."""
    wanted = (
        ("data", resource.RLIMIT_DATA, data_bytes),
        # The soft limit kills with SIGXCPU, which names its reason; the hard one a second later with SIGKILL.
        ("cpu", resource.RLIMIT_CPU, cpu_seconds),
        ("open_files", resource.RLIMIT_NOFILE, open_files),
        ("file_size", resource.RLIMIT_FSIZE, 0),
    )
    return [name for name, limit, value in wanted if _lower(limit, value, value + 1 if name == "cpu" else value)]


def _lower(limit: int, soft: int, hard: int) -> bool:
    """Lower a limit; one that is lower already stays."""
    former = resource.getrlimit(limit)[1]
    if former != resource.RLIM_INFINITY:
        soft, hard = min(soft, former), min(hard, former)
    try:
        resource.setrlimit(limit, (soft, hard))
    except (OSError, ValueError):
        # Some kernels know a limit and refuse it (RLIMIT_DATA on macOS): then it is not in force, and the list says so.
        return False
    return True
