"""Which revision of a repository was built, as git says. It says nothing about which files belong to it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from codeanatomy.sandbox.confinement import CONFINED, Confinement
from codeanatomy.scan.git import find_git

_COMMIT, _BRANCH = b"# branch.oid ", b"# branch.head "
_HEADER = b"#"
_NONE = (b"(initial)", b"(detached)")


@dataclass(frozen=True, slots=True)
class Revision:
    """The commit that is checked out, its branch, and whether tracked files differ from it. All are None where git does not say."""

    commit: str | None = None
    branch: str | None = None
    dirty: bool | None = None


async def revision(repository: Path, confinement: Confinement = CONFINED) -> Revision:
    """The revision of the repository that is checked out there."""
    git = find_git(repository, confinement)
    if git is None:
        return Revision()
    ended = await git.status()
    return _read(ended.stdout) if ended.well else Revision()


def _read(status: bytes) -> Revision:
    lines = [line for line in status.split(b"\0") if line]
    dirty = any(not line.startswith(_HEADER) for line in lines)
    return Revision(_after(_COMMIT, lines), _after(_BRANCH, lines), dirty)


def _after(prefix: bytes, lines: list[bytes]) -> str | None:
    found = next((line.removeprefix(prefix) for line in lines if line.startswith(prefix)), None)
    return None if found is None or found in _NONE else found.decode("utf-8", "backslashreplace")
