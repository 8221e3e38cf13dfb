"""Which of a repository's paths are Python sources. It reads no more of a file than its first line."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from codeanatomy.failure import Failure
from codeanatomy.scan.globs import selector
from codeanatomy.scan.reach import Reach
from codeanatomy.scan.refusal import Refused, failure
from codeanatomy.scan.scope import Scope
from codeanatomy.scan.settings import PYTHON_SUFFIXES, ScanSettings

_SHEBANG = re.compile(rb"#![^\n]*\bpython[0-9.]*w?(?:\s|$)")
_HEAD = 256
_SUFFIXES = tuple(suffix.encode() for suffix in PYTHON_SUFFIXES)


@dataclass(slots=True)
class Choice:
    """The paths of sources, sorted, and what went wrong with paths that should have been sources."""

    paths: list[str] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)


def choose(listed: Iterable[bytes], reach: Reach, settings: ScanSettings, scope: Scope) -> Choice:
    """The Python sources among the listed paths. Blocking."""
    unwanted = selector(settings.include_globs, settings.exclude_globs)
    choice = Choice()
    paths = set(listed)
    for path in sorted(_with_followed(paths, reach, choice) if settings.follow_symlinks else paths):
        if ruling := unwanted(path.decode("utf-8", "backslashreplace")):
            if is_python_name(path):
                scope.leave_out(path, *ruling)
            continue
        try:
            if _is_source(path, reach, settings.follow_symlinks, scope):
                choice.paths.append(_text(path))
        except Refused as refused:
            choice.failures.append(refused.failure)
    return choice


def is_python_name(path: bytes) -> bool:
    """Whether a path is named like a Python source."""
    return path.endswith(_SUFFIXES)


def mark(path: str) -> str:
    """What makes a source one: its suffix, or the start of a shebang."""
    return next((suffix for suffix in PYTHON_SUFFIXES if path.endswith(suffix)), "#!")


def _is_source(path: bytes, reach: Reach, follow: bool, scope: Scope) -> bool:
    named = is_python_name(path)
    if not named and b"." in os.path.basename(path):
        return False
    if not follow and reach.is_link(path):
        _note_link(path, named, reach, scope)
        return False
    return named or _is_script(path, reach)


def _note_link(path: bytes, named: bool, reach: Reach, scope: Scope) -> None:
    """A link to something of the repository is that, which is listed itself. One named like a source that leads nowhere is a failure."""
    if not named and not reach.leads_to_folder(path):
        return
    try:
        scope.leave_out(path, "link", reach.target(path).decode("utf-8", "backslashreplace"))
    except Refused as refused:
        if named:
            raise
        scope.leave_out_failed(refused.failure)


def _is_script(path: bytes, reach: Reach) -> bool:
    """Whether the first line says Python. What cannot be read does not say so: it is nobody's loss."""
    try:
        return _SHEBANG.match(reach.head(path, _HEAD)) is not None
    except Refused:
        return False


def _text(path: bytes) -> str:
    try:
        return path.decode()
    except UnicodeDecodeError as error:
        raise Refused(failure("CA107", path, "its name is not UTF-8")) from error


def _with_followed(paths: set[bytes], reach: Reach, choice: Choice) -> Iterator[bytes]:
    """The paths, and those that links to folders give a second name to.

    A link inside such a folder is not followed again, and one to the repository itself names nothing new: so there is no end to find.
    """
    for path in paths:
        try:
            folder = reach.target(path) + b"/" if reach.is_link(path) else None
        except Refused as refused:
            choice.failures.append(refused.failure)
            continue
        inside = [other for other in paths if folder is not None and other.startswith(folder)]
        if folder is None or not inside:
            yield path
        for other in inside:
            yield path + other[len(folder or b"") - 1 :]
