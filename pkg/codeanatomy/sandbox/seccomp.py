"""Filters on system calls (Linux seccomp), for workers and for tools, as programs of the kernel's packet filter. It filters no paths: the
kernel cannot follow pointers there, and `landlock` does it.

Standard library only.
"""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import struct
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from codeanatomy.sandbox import syscalls

_ARCHITECTURES = {"x86_64": 0xC000_003E, "aarch64": 0xC000_00B7}
_NR, _ARCH, _ARGUMENTS = 0, 4, 16
"""Offsets into what a filter is given."""
_LOAD, _AND, _RETURN = 0x20, 0x54, 0x06
_IF_EQUAL, _IF_AT_LEAST = 0x15, 0x35
_SET_FILTER, _ALL_THREADS = 1, 1
_X32 = 0x4000_0000
_NEWEST = 462
"""The newest system call that the rules for tools know (mseal, Linux 6.10): a younger one does not exist for them."""

ALLOW = 0x7FFF_0000
KILL = 0x8000_0000
REFUSE = 0x0005_0000 | errno.EPERM
ABSENT = 0x0005_0000 | errno.ENOSYS

_CLONE_THREAD = 0x0001_0F00  # VM, FS, FILES, SIGHAND, THREAD
_CLONE_NAMESPACES = 0x7E02_0000
_PROT_EXEC = 4
_TIOCSTI = 0x5412
_EVERY_PROCESS = 0xFFFF_FFFF

# What parsers and Arrow need once they are imported and warm, measured, and what larger inputs need of the same kind.
_WORKER_CALLS = (
    *("read", "write", "futex", "mmap", "munmap", "mremap", "madvise", "mprotect", "brk", "close", "fstat", "lseek", "readv", "writev"),
    *("clock_gettime", "clock_getres", "clock_nanosleep", "nanosleep", "gettimeofday", "time"),
    *("sched_yield", "sched_getaffinity", "getcpu"),
    *("getpid", "getppid", "gettid", "getuid", "getrandom", "getrusage", "membarrier", "poll", "ppoll", "restart_syscall"),
    *("rt_sigreturn", "rt_sigaction", "rt_sigprocmask", "sigaltstack", "set_robust_list", "rseq", "exit", "exit_group"),
)
# What no tool needs. Sockets of any family: a local one may lead to a service that does the harm. Owners, modes, times and attributes:
# Landlock does not cover them. Memory of others, modules, mounts, namespaces, keys, clocks: ways out of the cage.
_TOOL_REFUSED = (
    *("socket", "io_uring_setup", "io_uring_enter", "io_uring_register"),
    *("ptrace", "process_vm_readv", "process_vm_writev", "process_madvise", "pidfd_getfd", "kcmp"),
    *("mount", "umount2", "pivot_root", "chroot", "move_mount", "open_tree", "fsopen", "fsconfig", "fsmount", "fspick", "mount_setattr"),
    *("setns", "unshare", "keyctl", "add_key", "request_key", "bpf", "perf_event_open", "userfaultfd", "fanotify_init", "vhangup"),
    *("kexec_load", "kexec_file_load", "init_module", "finit_module", "delete_module", "reboot", "swapon", "swapoff", "syslog", "acct"),
    *("quotactl", "quotactl_fd", "open_by_handle_at", "name_to_handle_at", "iopl", "ioperm"),
    *("settimeofday", "clock_settime", "clock_adjtime", "adjtimex", "sethostname", "setdomainname"),
    *("mknod", "mknodat", "chmod", "fchmod", "fchmodat", "fchmodat2", "chown", "fchown", "lchown", "fchownat"),
    *("setxattr", "lsetxattr", "fsetxattr", "removexattr", "lremovexattr", "fremovexattr", "utime", "utimes", "futimesat", "utimensat"),
)


@dataclass(frozen=True, slots=True)
class Rule:
    """What becomes of one system call: `then` if the masked lower half of its argument is `value` (or it has no condition), else `other`."""

    call: str
    then: int
    argument: int | None = None
    mask: int = 0xFFFF_FFFF
    value: int = 0
    other: int = ALLOW


def worker_rules(denied: int) -> list[Rule]:
    """A worker may do what is listed, make threads, make no memory executable, and signal itself (how C's `abort` works)."""
    conditions = [
        Rule("clone", ALLOW, 0, _CLONE_THREAD | _CLONE_NAMESPACES, _CLONE_THREAD, denied),
        # Its flags are in memory, where a filter cannot look: absent, so that the C library falls back on `clone`.
        Rule("clone3", ABSENT),
        # C's allocator looks once, in threads, how the kernel commits memory, and takes a refusal; never a reason to be killed.
        Rule("openat", REFUSE),
        Rule("mmap", ALLOW, 2, _PROT_EXEC, 0, denied),
        Rule("mprotect", ALLOW, 2, _PROT_EXEC, 0, denied),
        Rule("tgkill", ALLOW, 0, value=os.getpid(), other=denied),
    ]
    special = {rule.call for rule in conditions}
    return [Rule(call, ALLOW) for call in _WORKER_CALLS if call not in special] + conditions


def tool_rules() -> list[Rule]:
    """A tool may do all but what is listed, make new namespaces, type into a terminal, or signal every process there is."""
    return [
        *(Rule(call, REFUSE) for call in _TOOL_REFUSED),
        Rule("clone", ALLOW, 0, _CLONE_NAMESPACES, 0, REFUSE),
        Rule("clone3", ABSENT),
        Rule("ioctl", REFUSE, 1, value=_TIOCSTI),
        Rule("kill", REFUSE, 0, value=_EVERY_PROCESS),
    ]


def confine_worker(kills: bool) -> bool:
    """Allow every thread of this process what a worker needs, and nothing else, for ever. Whether it is in force."""
    denied = KILL if kills else REFUSE
    return _install(worker_rules(denied), otherwise=denied, newest=None)


def confine_tool() -> bool:
    """Refuse what a tool does not need to this process and all that it starts, for ever. Whether it is in force."""
    return _install(tool_rules(), otherwise=ALLOW, newest=_NEWEST)


def program(machine: str, rules: Iterable[Rule], otherwise: int, newest: int | None) -> list[tuple[int, int, int, int]]:
    """The filter: instructions as code, jump if true, jump if false, operand."""
    code = [_load(_ARCH), (_IF_EQUAL, 1, 0, _ARCHITECTURES[machine]), _return(KILL), _load(_NR)]
    if machine == "x86_64":
        # The same calls by other numbers.
        code += [(_IF_AT_LEAST, 0, 1, _X32), _return(ABSENT)]
    for rule in rules:
        number = syscalls.number(rule.call, machine)
        if number is not None:
            decision = _decide(rule)
            code += [(_IF_EQUAL, 0, len(decision), number), *decision]
    if newest is not None:
        code += [(_IF_AT_LEAST, 0, 1, newest + 1), _return(ABSENT)]
    return [*code, _return(otherwise)]


def _decide(rule: Rule) -> list[tuple[int, int, int, int]]:
    if rule.argument is None:
        return [_return(rule.then)]
    # Both machines are little-endian: the lower half comes first.
    load, mask = _load(_ARGUMENTS + 8 * rule.argument), (_AND, 0, 0, rule.mask)
    return [load, mask, (_IF_EQUAL, 0, 1, rule.value), _return(rule.then), _return(rule.other)]


def _load(offset: int) -> tuple[int, int, int, int]:
    return (_LOAD, 0, 0, offset)


def _return(action: int) -> tuple[int, int, int, int]:
    return (_RETURN, 0, 0, action)


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.c_char_p))


def _install(rules: Sequence[Rule], otherwise: int, newest: int | None) -> bool:
    machine = platform.machine()
    if sys.platform != "linux" or machine not in _ARCHITECTURES:
        return False
    code = program(machine, rules, otherwise, newest)
    packed = b"".join(struct.pack("=HBBI", *instruction) for instruction in code)
    libc = ctypes.CDLL(None, use_errno=True)
    # A positive result is a thread that could not be brought along: then none is.
    words = (ctypes.c_long(word) for word in (syscalls.number("seccomp", machine) or -1, _SET_FILTER, _ALL_THREADS))
    return bool(libc.syscall(*words, ctypes.byref(_Program(len(code), packed))) == 0)
