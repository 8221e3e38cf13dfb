"""Every path under a folder, for trees that git knows nothing about. Links are listed and never followed, so a walk ends."""

from __future__ import annotations

import os

from codeanatomy.failure import Failure
from codeanatomy.scan.refusal import failure, reason
from codeanatomy.scan.settings import DEFAULT_EXCLUDES, PYTHON_SUFFIXES

_SKIPPED = frozenset(name.encode() for name in DEFAULT_EXCLUDES)
_SUFFIXES = tuple(suffix.encode() for suffix in PYTHON_SUFFIXES)


def walk(root: bytes) -> tuple[list[bytes], list[Failure]]:
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
                    elif entry.name not in _SKIPPED:
                        folders.append(path)
                        if entry.name.endswith(_SUFFIXES):
                            failures.append(failure("CA103", path, "this is a folder, not a regular file", "warning"))
        except OSError as error:
            failures.append(failure("CA102", folder, f"the folder cannot be read: {reason(error)}"))
    return paths, failures


def below_default_excludes(path: bytes) -> bool:
    """Whether a walk would not have come to this path."""
    return not _SKIPPED.isdisjoint(path.split(b"/")[:-1])
