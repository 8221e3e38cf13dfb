"""Opening a file of a repository without leaving it: no symlink is followed by accident, nothing blocks, nothing but regular files is read.

Hostile trees replace folders by links and files by pipes; every component of a path is therefore opened relative to the one before.
"""

from __future__ import annotations

import errno
import os
import stat

from codeanatomy.scan.refusal import Refused, failure, reason
from codeanatomy.scan.settings import MOST_BYTES

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY


class Reach:
    """The files of one repository. Blocking: for use in threads."""

    def __init__(self, root: bytes, follow_symlinks: bool = False) -> None:
        self._root = os.path.realpath(root)
        self._follow = follow_symlinks

    def read(self, path: bytes, most: int = MOST_BYTES) -> bytes:
        """The bytes of a regular file. Raises `Refused`."""
        descriptor = self._open(path)
        try:
            status = os.fstat(descriptor)
            if not stat.S_ISREG(status.st_mode):
                raise Refused(failure("CA103", path, f"this is {_what(status.st_mode)}, not a regular file"))
            if status.st_size > most:
                raise Refused(failure("CA105", path, f"{status.st_size} bytes, of {most} that are read"))
            return self._content(descriptor, path, status.st_size, most)
        finally:
            os.close(descriptor)

    def head(self, path: bytes, size: int) -> bytes:
        """The first bytes of a regular file; empty for anything else. Raises `Refused`."""
        descriptor = self._open(path)
        try:
            return os.read(descriptor, size) if stat.S_ISREG(os.fstat(descriptor).st_mode) else b""
        except OSError as error:
            raise Refused(failure("CA102", path, f"it cannot be read: {reason(error)}")) from error
        finally:
            os.close(descriptor)

    def names(self, path: bytes) -> list[bytes]:
        """The names in a folder, sorted. Raises `Refused`."""
        descriptor = self._open(path)
        try:
            return sorted(map(os.fsencode, os.listdir(descriptor)))
        except OSError as error:
            raise Refused(failure("CA102", path, f"it cannot be listed: {reason(error)}")) from error
        finally:
            os.close(descriptor)

    def is_link(self, path: bytes) -> bool:
        """Whether the last component is a symlink, wherever it leads."""
        return os.path.islink(os.path.join(self._root, path))

    def leads_to_folder(self, path: bytes) -> bool:
        """Whether this is a symlink to a folder, wherever it is."""
        full = os.path.join(self._root, path)
        return os.path.islink(full) and os.path.isdir(full)

    def target(self, path: bytes) -> bytes:
        """Where a symlink leads, relative to the repository. Raises `Refused` when it leads nowhere, round in circles, or out, or is gone."""
        full = os.path.join(self._root, path)
        try:
            real = os.path.realpath(full, strict=True)
        except OSError as error:
            if not os.path.lexists(full):
                raise self._refusal(error, path) from error
            words = "the link leads round in circles" if error.errno == errno.ELOOP else f"the link leads nowhere: {reason(error)}"
            raise Refused(failure("CA104", path, words, "warning")) from error
        if os.path.commonpath((self._root, real)) != self._root:
            raise Refused(failure("CA104", path, "the link leads out of the repository", "warning"))
        return os.path.relpath(real, self._root)

    def _open(self, path: bytes) -> int:
        *folders, name = (self.target(path) if self._follow else path).split(b"/")
        try:
            folder = os.open(self._root, _FOLDER)
            for part in folders:
                folder = _step(folder, part)
            try:
                return os.open(name, _FILE, dir_fd=folder)
            finally:
                os.close(folder)
        except OSError as error:
            raise self._refusal(error, path) from error

    def _refusal(self, error: OSError, path: bytes) -> Refused:
        if error.errno == errno.ENOENT:
            return Refused(failure("CA109", path, "it is gone: deleted and still tracked, or vanished meanwhile"))
        if error.errno in (errno.ELOOP, errno.ENOTDIR):
            return Refused(failure("CA104", path, "a link stands on its way", "warning"))
        if error.errno in (errno.ENXIO, errno.ENODEV):
            return Refused(failure("CA103", path, "this is a socket or a device, not a regular file"))
        return Refused(failure("CA102", path, f"it cannot be read: {reason(error)}"))

    def _content(self, descriptor: int, path: bytes, size: int, most: int) -> bytes:
        parts: list[bytes] = []
        total = 0
        try:
            # One byte more than expected, so that the end shows in one read; a file that grows meanwhile is read to its new end.
            while data := os.read(descriptor, size + 1 - total if total <= size else 1 << 16):
                parts.append(data)
                total += len(data)
                if total > most:
                    raise Refused(failure("CA105", path, f"more than the {most} bytes that are read"))
        except OSError as error:
            raise Refused(failure("CA102", path, f"it cannot be read: {reason(error)}")) from error
        return b"".join(parts)


def _step(folder: int, part: bytes) -> int:
    try:
        return os.open(part, _FOLDER, dir_fd=folder)
    finally:
        os.close(folder)


def _what(mode: int) -> str:
    kinds = {
        stat.S_IFDIR: "a folder",
        stat.S_IFIFO: "a named pipe",
        stat.S_IFSOCK: "a socket",
        stat.S_IFCHR: "a device",
        stat.S_IFBLK: "a device",
    }
    return kinds.get(stat.S_IFMT(mode), "something else")
