"""Which files of a repository declare dependencies: those named so by convention, and those that requirements files include."""

from __future__ import annotations

import posixpath
import re

from codeanatomy.dependencies.files import MOST_BYTES, Gathering
from codeanatomy.scan import Scan

MOST_FILES = 1_000

_NAMES = re.compile(rb"pyproject\.toml|setup\.(?:py|cfg)|Pipfile(?:\.lock)?|(?:poetry|uv|pdm)\.lock|pylock(?:\.[^.]+)?\.toml")
_REQUIREMENTS = re.compile(rb"(?:.*[-_.])?(?:requirements|constraints)(?:[-_.].*)?\.(?:txt|in)")
_IN_FOLDER = re.compile(rb"(?:.*/)?(?:requirements|constraints)/[^/]+\.(?:txt|in)")
_INCLUDE = re.compile(rb"^[ \t]*(?:-[rc]|--requirement|--constraint)[ \t=]*([^\s#=]+)", re.MULTILINE)


def gather_declarations(scan: Scan, gathering: Gathering) -> None:
    """Read them, those nearest to the top first. Blocking."""
    listed = frozenset(scan.listed)
    waiting = sorted(filter(_declares, listed), key=lambda path: (path.count(b"/"), path))
    seen = set(waiting)
    for number, path in enumerate(waiting):
        if number >= MOST_FILES:
            gathering.left_out += len(waiting) - number
            return
        data = gathering.add(path, lambda path=path: scan.reach.read(path, MOST_BYTES))  # type: ignore[misc]
        if data and not _NAMES.fullmatch(path.rpartition(b"/")[2]):
            # The list grows while it is read: an included file may include others.
            included = _included(path, data, listed) - seen
            seen |= included
            waiting += sorted(included)


def _declares(path: bytes) -> bool:
    name = path.rpartition(b"/")[2]
    return any(pattern.fullmatch(text) for pattern, text in ((_NAMES, name), (_REQUIREMENTS, name), (_IN_FOLDER, path)))


def _included(path: bytes, data: bytes, listed: frozenset[bytes]) -> set[bytes]:
    """The files of the repository that a requirements file names. How a parcel is read hangs on its name: metadata of eggs is none here."""
    folder = posixpath.dirname(path)
    named = {posixpath.normpath(posixpath.join(folder, name)) for name in _INCLUDE.findall(data)}
    return {name for name in named & listed if not name.endswith((b".dist-info", b".egg-info"))}
