"""A process with all its descendants: started, signalled, waited for, counted. Linux only: it reads `/proc`. What memory it takes is `memory`'s."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import IO, Self

PROC = Path("/proc")


@dataclass(frozen=True, slots=True)
class Usage:
    """How the tree's root ended, and the processor seconds of it and of every descendant that was waited for."""

    exit: int
    cpu_seconds: float
    wall_seconds: float


@dataclass(frozen=True, slots=True)
class Member:
    """A process of the tree: its number, and its start in clock ticks, so that the number's next owner is not taken for it."""

    pid: int
    start: int


class Tree:
    """The tree below one command. Leaving it kills whatever of it is left."""

    def __init__(self, command: Sequence[str], stdout: IO[bytes], stderr: IO[bytes]) -> None:
        self.began = time.perf_counter()
        self._popen = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=stdout, stderr=stderr, start_new_session=True)
        self.pid = self._popen.pid

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self._popen.returncode is None:
            kill(self.members())
            self.wait()

    @property
    def ended(self) -> bool:
        """Whether the root has ended; it stays to be waited for."""
        return os.waitid(os.P_PID, self.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None

    def signal(self, number: signal.Signals) -> None:
        """Send the root a signal, as a terminal does not: to it alone."""
        os.kill(self.pid, number)

    def wait(self) -> Usage:
        """Wait for the root to end."""
        _, status, used = os.wait4(self.pid, 0)
        wall = time.perf_counter() - self.began
        self._popen.returncode = os.waitstatus_to_exitcode(status)
        return Usage(self._popen.returncode, used.ru_utime + used.ru_stime, wall)

    def members(self) -> list[Member]:
        """Everybody who lives now."""
        return [member for pid in family(self.pid) if (member := _member(pid))]


def family(root: int) -> list[int]:
    """The root and its descendants, parents before children."""
    found = [root]
    for pid in found:
        found += _children(pid)
    return found


def of_session(leader: int) -> list[Member]:
    """Everybody who is in the session of that process, whoever their parent is by now."""
    numbers = (int(entry.name) for entry in PROC.iterdir() if entry.name.isdecimal())
    return [member for pid in numbers if _session(pid) == leader and (member := _member(pid))]


def living(members: Sequence[Member]) -> list[Member]:
    """Those that still run."""
    return [member for member in members if _member(member.pid) == member]


def kill(members: Sequence[Member]) -> None:
    """Kill those that still run."""
    for member in living(members):
        with contextlib.suppress(ProcessLookupError):
            os.kill(member.pid, signal.SIGKILL)


def _children(pid: int) -> list[int]:
    children: list[int] = []
    # A process or thread may end at any moment: then it has none.
    with contextlib.suppress(FileNotFoundError, ProcessLookupError):
        for task in (PROC / str(pid) / "task").iterdir():
            with contextlib.suppress(FileNotFoundError, ProcessLookupError):
                children += map(int, (task / "children").read_bytes().split())
    return children


def _session(pid: int) -> int | None:
    try:
        return os.getsid(pid)
    except ProcessLookupError:
        return None


def _member(pid: int) -> Member | None:
    """The process of that number; none if there is none or only its exit status is left."""
    try:
        stat = (PROC / str(pid) / "stat").read_bytes()
    except (FileNotFoundError, ProcessLookupError):
        return None
    # The second field is the command in parentheses and may hold anything.
    fields = stat.rpartition(b")")[2].split()
    state, start = fields[0], int(fields[19])
    return None if state in b"ZX" else Member(pid, start)
