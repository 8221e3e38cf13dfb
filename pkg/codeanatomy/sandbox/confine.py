"""How a process of ours gives up rights: on itself, never on another. It holds no numbers: those are `limits`.

Standard library only, and nothing is imported after the first call: a confined process may not be able to.
"""

from __future__ import annotations

import ctypes
import os
import resource
import signal
import sys

from codeanatomy.sandbox import landlock, seccomp
from codeanatomy.sandbox.confinement import SECCOMP

_PR_SET_PDEATHSIG = 1
_PR_SET_NO_NEW_PRIVS = 38
_PR_SET_CHILD_SUBREAPER = 36
_NEW_MOUNTS, _NEW_USERS, _NEW_PROCESSES = 0x0002_0000, 0x1000_0000, 0x2000_0000
_NO_SUID, _NO_DEVICES, _RECURSIVE, _PRIVATE = 1 << 1, 1 << 2, 1 << 14, 1 << 18
_LIMITS = {
    "data": resource.RLIMIT_DATA,
    "cpu": resource.RLIMIT_CPU,
    "open_files": resource.RLIMIT_NOFILE,
    "file_size": resource.RLIMIT_FSIZE,
}


def bind_to(parent: int) -> list[str]:
    """Die with the parent, gain no rights by exec, leave no core: before anything else happens. Returns what is in force.

    The kernel's signal covers only a parent that dies from now on; one that died before shows as another parent process.
    """
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    in_force = ["no_core"]
    if die_with_parent(signal.SIGKILL):
        in_force.append("dies_with_parent")
    if _prctl(_PR_SET_NO_NEW_PRIVS, 1):
        in_force.append("no_new_privileges")
    if os.getppid() != parent:
        os._exit(1)
    return in_force


def die_with_parent(blow: signal.Signals) -> bool:
    """Get that signal when the thread ends that started this process. The caller looks whether it has ended before."""
    return _prctl(_PR_SET_PDEATHSIG, int(blow))


def adopt_orphans() -> bool:
    """Become the parent of every descendant whose own has ended."""
    return _prctl(_PR_SET_CHILD_SUBREAPER, 1)


def own_processes() -> bool:
    """Let the next child be the first of a process namespace, with all that it starts. Whether the system grants one."""
    if sys.platform != "linux":
        return False
    libc, user, group = ctypes.CDLL(None, use_errno=True), os.getuid(), os.getgid()
    if libc.unshare(_NEW_PROCESSES) == 0:
        return True
    if libc.unshare(_NEW_USERS | _NEW_PROCESSES) != 0:
        return False
    # Same names in the new namespace of users, which is the price of the other for an ordinary user.
    for path, text in (("setgroups", "deny"), ("uid_map", f"{user} {user} 1"), ("gid_map", f"{group} {group} 1")):
        with open(f"/proc/self/{path}", "w") as file:
            file.write(text)
    return True


def discard(folders: list[str], size: int) -> None:
    """Let what this process and its children write into these folders be in memory, and gone with them; that many bytes fit into each.

    Before rights are given up. From the first folder for which the system does not grant it, they write to the disk as anybody does.
    """
    if sys.platform != "linux" or not folders:
        return
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(_NEW_MOUNTS) != 0 or libc.mount(b"none", b"/", None, ctypes.c_ulong(_RECURSIVE | _PRIVATE), None) != 0:
        return
    flags, options = ctypes.c_ulong(_NO_SUID | _NO_DEVICES), f"size={size}".encode()
    for folder in folders:
        if libc.mount(b"none", os.fsencode(folder), b"tmpfs", flags, options) != 0:
            return


def confine(data_bytes: int, cpu_seconds: int, open_files: int) -> list[str]:
    """Lower the limits of resources, after imports and warm-up. Returns what is in force, for the manifest."""
    return limit({"data": data_bytes, "cpu": cpu_seconds, "open_files": open_files, "file_size": 0})


def limit(limits: dict[str, int | None]) -> list[str]:
    """Lower these limits of resources; None leaves one as it is. Returns those in force."""
    # The soft limit of time kills with SIGXCPU, which names its reason; the hard one a second later with SIGKILL.
    return [
        name for name, value in limits.items() if value is not None and _lower(_LIMITS[name], value, value + 1 if name == "cpu" else value)
    ]


def give_up_rights(without: frozenset[str], kills: bool) -> list[str]:
    """Give up every path, network, process and system call that a worker needs not. Returns what is in force, for the manifest.

    To be called in the main thread before others are started: Landlock holds for this thread and those that it starts. Those of libraries
    that run already are held by the filter of system calls alone, which is for all.
    """
    in_force = landlock.restrict(without=without)
    if SECCOMP not in without and seccomp.confine_worker(kills):
        in_force.append(SECCOMP)
    return in_force


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


def _prctl(option: int, value: int) -> bool:
    return sys.platform == "linux" and bool(ctypes.CDLL(None, use_errno=True).prctl(option, value, 0, 0, 0) == 0)
