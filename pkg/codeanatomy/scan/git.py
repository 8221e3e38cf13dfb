"""What git says belongs to a repository. Git is asked in a way in which nothing that the repository configures is executed."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
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
_WORKTREE = b"worktree "
_OTHERS = ("--others", "--exclude-standard")
_IGNORED = ("--others", "--ignored", "--exclude-standard", "--directory")


@dataclass(slots=True)
class Listing:
    """Paths relative to the target, sorted. All but `tracked`, `untracked` and those of `worktrees` are out of the repository."""

    tracked: list[bytes]
    untracked: list[bytes]
    """Neither tracked nor ignored."""
    ignored: list[bytes]
    """Files, and folders (with `/`) that are ignored as a whole."""
    submodules: list[bytes]
    """Folders of submodules whose files are not in `tracked`."""
    repositories: list[bytes]
    """Folders that are repositories of their own, other checkouts of this one included."""
    worktrees: dict[bytes, Listing] = field(default_factory=dict)
    """Other checkouts of this repository below the target, when asked for, each with its own listing."""


class Git:
    """Git for one target folder."""

    def __init__(self, program: str, target: Path, confinement: Confinement) -> None:
        self._program = program
        self._target = target
        self._confinement = confinement

    async def list(self, submodules: bool, worktrees: bool = False) -> Listing | Completed:
        """What git says of the paths under the target; or how it ended, when it cannot say."""
        outputs: list[bytes] = []
        for arguments in (["--stage", *(["--recurse-submodules"] if submodules else [])], _OTHERS, _IGNORED):
            ended = await self._run("ls-files", "-z", *arguments)
            # In a folder that is itself ignored git dies of the last question, and says nothing: all is ignored there but what is tracked.
            if not ended.well and not (arguments is _IGNORED and await self.ignores_target()):
                return ended
            outputs.append(ended.stdout)
        stages, others, ignored = ([line for line in output.split(b"\0") if line] for output in outputs)
        listing = Listing(
            tracked=_paths(stages, submodules=False),
            untracked=sorted(path for path in others if not path.endswith(b"/")),
            ignored=sorted(ignored),
            submodules=_paths(stages, submodules=True),
            repositories=sorted(path[:-1] for path in others if path.endswith(b"/")),
        )
        return await self._with_worktrees(listing, submodules) if worktrees else listing

    async def _with_worktrees(self, listing: Listing, submodules: bool) -> Listing | Completed:
        """The same, with what git says in each other checkout below the target that still is one."""
        ended = await self._run("worktree", "list", "--porcelain")
        if not ended.well:
            return ended
        for path in self._below(ended.stdout):
            other = await Git(self._program, self._target / os.fsdecode(path), self._confinement).list(submodules)
            if not isinstance(other, Listing):
                return other
            listing.worktrees[path] = other
        return listing

    def _below(self, worktrees: bytes) -> Iterator[bytes]:
        """Those of the listed checkouts that are folders below the target, relative to it."""
        here = os.path.realpath(os.fsencode(self._target))
        listed = (os.path.realpath(line[len(_WORKTREE) :]) for line in worktrees.splitlines() if line.startswith(_WORKTREE))
        yield from (os.path.relpath(path, here) for path in sorted(listed) if path.startswith(here + b"/") and os.path.isdir(path))

    async def status(self) -> Completed:
        """Which commit is checked out, and what differs from it below the target, submodules left out: `status --porcelain=v2`."""
        options = ("--porcelain=v2", "--branch", "-z", "--untracked-files=no", "--ignore-submodules=all")
        return await self._run("status", *options, "--", ".")

    async def ignores_target(self) -> bool:
        """Whether the surrounding repository has the whole target on its ignore list: then it says nothing about what is in it."""
        return (await self._run("check-ignore", "-q", ".")).well

    async def _run(self, *arguments: str) -> Completed:
        settings = [word for setting in _SETTINGS for word in ("-c", setting)]
        environment = {**_ENVIRONMENT, "PATH": os.defpath}
        return await run_command(
            [self._program, *settings, *arguments], str(self._target), environment, SECONDS, MOST_BYTES, self._confinement
        )


def find_git(target: Path, confinement: Confinement = CONFINED) -> Git | None:
    """Git, if it is installed."""
    program = shutil.which("git")
    return Git(program, target, confinement) if program else None


def unusable(ended: Completed) -> list[Failure]:
    """Why git could not be asked; nothing when the target is simply in no repository."""
    if b"not a git repository" in ended.stderr:
        return []
    return [failure("CA108", b"", f"git cannot list the repository ({ended.exit}): every file is looked at", "warning")]


def _paths(stages: Sequence[bytes], submodules: bool) -> list[bytes]:
    """The paths of lines `mode object stage<TAB>path` that are submodules, or that are files, each once: a conflict lists it once a side."""
    lines = (line.split(b"\t", 1) for line in stages)
    return sorted({path for facts, path in lines if facts.startswith(_SUBMODULE) == submodules})
