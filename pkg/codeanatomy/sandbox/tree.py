"""A process and all that came of it, as the system shows them: how many, how much memory, how much processor time. It stops none of them.

Standard library only. Sessions and groups do not matter: only who started whom, so that whoever asks must make orphans come to a process
of the tree (a subreaper, or the first process of a namespace).
"""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass

_TICKS = os.sysconf("SC_CLK_TCK")
_PARENT, _USER_TIME, _SYSTEM_TIME, _WAITED_USER_TIME, _WAITED_SYSTEM_TIME = 1, 11, 12, 13, 14
"""Fields of /proc/PID/stat after the name."""


@dataclass(frozen=True, slots=True)
class Use:
    """What a tree uses now. Memory is what belongs to a process and was written: code shared by many is in no process's account."""

    processes: int
    memory_bytes: int
    cpu_seconds: float


def descendants(root: int) -> dict[int, float]:
    """The process and every descendant (Linux), each with the processor seconds of itself and of its children that have ended."""
    children: dict[int, list[int]] = {}
    seconds: dict[int, float] = {}
    for name in os.listdir("/proc") if sys.platform == "linux" else ():
        if name.isdigit() and (fields := _stat(name)):
            pid = int(name)
            children.setdefault(int(fields[_PARENT]), []).append(pid)
            times = (fields[field] for field in (_USER_TIME, _SYSTEM_TIME, _WAITED_USER_TIME, _WAITED_SYSTEM_TIME))
            seconds[pid] = sum(map(int, times)) / _TICKS
    found, new = {}, [root] if root in seconds else []
    while new:
        pid = new.pop()
        found[pid] = seconds[pid]
        new += children.get(pid, ())
    return found


def cpu_seconds(pid: int) -> float:
    """The processor seconds of one process; 0 where the system does not say (it is gone, or not on Linux)."""
    fields = _stat(str(pid)) if sys.platform == "linux" else []
    return (int(fields[_USER_TIME]) + int(fields[_SYSTEM_TIME])) / _TICKS if fields else 0.0


def use(root: int) -> Use:
    """What the process and its descendants use."""
    tree = descendants(root)
    return Use(len(tree), sum(map(_memory, tree)), sum(tree.values()))


def _stat(pid: str) -> list[bytes]:
    """The fields after the name, which may hold anything; none when it has gone."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            return file.read().rpartition(b")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return []


def _memory(pid: int) -> int:
    try:
        with open(f"/proc/{pid}/status", "rb") as file:
            facts = dict(line.split(b":", 1) for line in file)
    except (FileNotFoundError, ProcessLookupError):
        return 0
    return sum(int(facts[name].split()[0]) * 1024 for name in (b"RssAnon", b"RssShmem") if name in facts)
