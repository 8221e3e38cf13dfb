"""What git says belongs to a repository. Git is asked in a way in which nothing that the repository configures is executed."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from codeanatomy.failure import Failure
from codeanatomy.sandbox.command import Completed, run_command
from codeanatomy.sandbox.confinement import CONFINED, Confinement
from codeanatomy.scan.refusal import failure

SECONDS = 120.0
MOST_BYTES = 1 << 30

# A repository can name programs for git to run: hooks, monitors, transports for missing objects. None of them runs.
_SETTINGS = (
    "core.fsmonitor=false",
    "core.hooksPath=/dev/null",
    "core.untrackedCache=false",
    "protocol.allow=never",
    # Another owner's tree is as good as any: nothing of it is executed.
    "safe.directory=*",
)
_ENVIRONMENT = {
    "LC_ALL": "C",
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_ALLOW_PROTOCOL": "none",
    "GIT_NO_LAZY_FETCH": "1",
}
_SUBMODULE = b"160000 "


@dataclass(frozen=True, slots=True)
class Listing:
    """Paths relative to the target: those git tracks, and those it neither tracks nor ignores."""

    tracked: list[bytes]
    untracked: list[bytes]


class Git:
    """Git for one target folder."""

    def __init__(self, program: str, target: Path, confinement: Confinement) -> None:
        self._program = program
        self._target = str(target)
        self._confinement = confinement

    async def list(self, submodules: bool) -> Listing | Completed:
        """Tracked and untracked paths under the target; or how git ended, when it cannot say."""
        tracked = await self._run("ls-files", "-z", "--stage", *(["--recurse-submodules"] if submodules else []))
        if not tracked.well:
            return tracked
        untracked = await self._run("ls-files", "-z", "--others", "--exclude-standard")
        if not untracked.well:
            return untracked
        # An untracked repository inside this one is listed as a folder: it is not part of it.
        others = (path for path in untracked.stdout.split(b"\0") if path and not path.endswith(b"/"))
        return Listing(_paths(tracked.stdout), sorted(others))

    async def ignores_target(self) -> bool:
        """Whether the surrounding repository has the whole target on its ignore list: then it says nothing about what is in it."""
        return (await self._run("check-ignore", "-q", ".")).well

    async def _run(self, *arguments: str) -> Completed:
        settings = [word for setting in _SETTINGS for word in ("-c", setting)]
        environment = {**_ENVIRONMENT, "PATH": os.defpath}
        return await run_command([self._program, *settings, *arguments], self._target, environment, SECONDS, MOST_BYTES, self._confinement)


def find_git(target: Path, confinement: Confinement = CONFINED) -> Git | None:
    """Git, if it is installed."""
    program = shutil.which("git")
    return Git(program, target, confinement) if program else None


def unusable(ended: Completed) -> Failure | None:
    """Why git could not be asked; None when the target is simply in no repository."""
    words = ended.stderr.decode(errors="backslashreplace").strip()
    if "not a git repository" in words:
        return None
    return failure("CA108", b"", f"git cannot list the repository ({ended.exit}): every file is looked at", "warning")


def _paths(listing: bytes) -> list[bytes]:
    """The path of each line `mode object stage<TAB>path`, once: a conflict lists it once a side. Submodules are folders, not files."""
    lines = (line.split(b"\t", 1) for line in listing.split(b"\0") if line)
    return sorted({path for facts, path in lines if not facts.startswith(_SUBMODULE)})
