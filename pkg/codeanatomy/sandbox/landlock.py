"""Rights to paths, TCP ports and processes outside (Linux Landlock), given up by this thread and all that it starts. It knows no UDP and
no sockets by path: `seccomp` does.

Standard library only.
"""

from __future__ import annotations

import ctypes
import os
import platform
import stat
import struct
import sys
from collections.abc import Iterable

from codeanatomy.sandbox import syscalls
from codeanatomy.sandbox.confinement import FILES, SCOPE, TCP

_ASK_VERSION = 1
_BENEATH_PATH = 1
_EXECUTE, _WRITE_FILE, _READ_FILE, _READ_FOLDER = 1 << 0, 1 << 1, 1 << 2, 1 << 3
_TRUNCATE, _DEVICE = 1 << 14, 1 << 15
_MAKE = 1 << 7 | 1 << 8 | 1 << 10 | 1 << 12 | 1 << 13  # folder, regular file, FIFO, symbolic link; move between folders
_REMOVE = 1 << 4 | 1 << 5
_OF_FILES = _EXECUTE | _WRITE_FILE | _READ_FILE | _TRUNCATE | _DEVICE
"""Rights that a rule for a file may name; the others are about folders."""
_READS = _READ_FILE | _READ_FOLDER
_WRITES = _READS | _WRITE_FILE | _TRUNCATE | _MAKE | _REMOVE
_TCP_RIGHTS = 0b11  # bind, connect
_SCOPES = 0b11  # abstract sockets, signals


def version() -> int:
    """The version of Landlock that this kernel speaks; 0 when it has none, or has it turned off."""
    if sys.platform != "linux" or platform.machine() not in syscalls.MACHINES:
        return 0
    return max(_call("landlock_create_ruleset", None, 0, _ASK_VERSION), 0)


def restrict(
    reads: Iterable[str] = (), writes: Iterable[str] = (), executes: Iterable[str] = (), without: frozenset[str] = frozenset()
) -> list[str]:
    """Give up everything but these files and trees, for ever. Returns what is in force; a path that does not exist is no right."""
    spoken = version()
    files = _file_rights(spoken) if FILES not in without else 0
    network = _TCP_RIGHTS if spoken >= 4 and TCP not in without else 0
    scopes = _SCOPES if spoken >= 6 and SCOPE not in without else 0
    granted = [name for name, rights in ((FILES, files), (TCP, network), (SCOPE, scopes)) if rights]
    if not granted:
        return []
    attributes = struct.pack("=QQQ", files, network, scopes)[: 8 if spoken < 4 else 16 if spoken < 6 else 24]
    rules = _call("landlock_create_ruleset", attributes, len(attributes), 0)
    if rules < 0:
        return []
    try:
        if files:
            for paths, rights in ((reads, _READS), (writes, _WRITES), (executes, _EXECUTE | _READ_FILE)):
                _allow(rules, paths, rights & files)
        return granted if _call("landlock_restrict_self", rules, 0) == 0 else []
    finally:
        os.close(rules)


def _file_rights(spoken: int) -> int:
    """All rights to files that it can take away: those of version 1, and one more each with 2 (refer), 3 (truncate) and 5 (devices)."""
    if spoken == 0:
        return 0
    return (1 << {1: 13, 2: 14, 3: 15, 4: 15}.get(spoken, 16)) - 1


def _allow(rules: int, paths: Iterable[str], rights: int) -> None:
    for path in paths:
        try:
            place = os.open(path, os.O_PATH | os.O_CLOEXEC)
        except (FileNotFoundError, NotADirectoryError):
            continue
        try:
            wanted = rights if stat.S_ISDIR(os.fstat(place).st_mode) else rights & _OF_FILES
            if _call("landlock_add_rule", rules, _BENEATH_PATH, struct.pack("=Qi", wanted, place), 0) != 0:
                raise OSError(ctypes.get_errno(), f"Landlock takes no rule for {path}")
        finally:
            os.close(place)


def _call(name: str, *arguments: int | bytes | None) -> int:
    number = syscalls.number(name, platform.machine())
    words = (ctypes.c_long(argument) if isinstance(argument, int) else argument for argument in arguments)
    return int(ctypes.CDLL(None, use_errno=True).syscall(ctypes.c_long(number or -1), *words))
