"""Every path under a folder, for trees that git knows nothing about. Links are listed and never followed, so a walk ends."""

from __future__ import annotations

import os

from codeanatomy.failure import Failure
from codeanatomy.scan.refusal import failure, reason
from codeanatomy.scan.scope import Scope
from codeanatomy.scan.settings import DEFAULT_EXCLUDES, PYTHON_SUFFIXES

_SKIPPED = frozenset(name.encode() for name in DEFAULT_EXCLUDES)
_NEVER_SOURCE = (b".git", b"__pycache__")
_SUFFIXES = tuple(suffix.encode() for suffix in PYTHON_SUFFIXES)


def walk(root: bytes, scope: Scope) -> tuple[list[bytes], list[Failure]]:
    """Paths of everything but folders, relative to the root, and what could not be looked into. Blocking."""
    paths: list[bytes] = []
    failures: list[Failure] = []
    folders = [b""]
    while folders:
        folder = folders.pop()
        try:
            with os.scandir(os.path.join(root, folder)) as entries:
                for entry in entries:
                    path = os.path.join(folder, entry.name)
                    if not entry.is_dir(follow_symlinks=False):
                        paths.append(path)
                    elif entry.name in _SKIPPED:
                        skip(path, scope)
                    else:
                        folders.append(path)
                        if entry.name.endswith(_SUFFIXES):
                            failures.append(failure("CA103", path, "this is a folder, not a regular file", "warning"))
        except OSError as error:
            failures.append(failure("CA102", folder, f"the folder cannot be read: {reason(error)}"))
    return paths, failures


def skip(folder: bytes, scope: Scope, reason: str = "skipped_folder") -> None:
    """Note that this folder is not looked into, unless nobody would look for source in it."""
    name = folder.rpartition(b"/")[2]
    if name not in _NEVER_SOURCE:
        scope.leave_out(folder, reason, name.decode() if name in _SKIPPED else None)


def skipped_above(path: bytes) -> bytes | None:
    """The folder above this path that a walk would not have looked into, if there is one."""
    folders = path.split(b"/")[:-1]
    if _SKIPPED.isdisjoint(folders):
        return None
    return b"/".join(folders[: 1 + next(depth for depth, name in enumerate(folders) if name in _SKIPPED)])
