"""Run git to its end and keep all that it says. The cage and the rest are `tool`'s.

It reads the checkout around its folder, writes nothing and executes nothing but itself: whatever the repository configures git to run
(hooks, monitors, filters, pagers, transports) cannot be run.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from anyio import to_thread

from codeanatomy.sandbox import checkout
from codeanatomy.sandbox.confinement import CONFINED, Confinement
from codeanatomy.sandbox.limits import ToolLimits
from codeanatomy.sandbox.tool import run_tool

_OWN_COMMANDS = ("lib/git-core/git", "libexec/git-core/git")
"""Where git, installed in `bin`, has the copy of itself that it starts for submodules."""


@dataclass(frozen=True, slots=True)
class Completed:
    """How a tool ended (`exit 0`, `signal SIGSEGV`, `limit time`, `limit output`), what it wrote, and the end of what it complained of."""

    exit: str
    stdout: bytes
    stderr: bytes
    in_force: tuple[str, ...] = ()

    @property
    def well(self) -> bool:
        """Whether it did what it was asked."""
        return self.exit == "exit 0"


async def run_command(
    command: Sequence[str],
    folder: str,
    environment: Mapping[str, str],
    seconds: float,
    most: int,
    confinement: Confinement = CONFINED,
) -> Completed:
    """Run it, for at most that time and that many bytes of output. Raises what `run_tool` raises: `FileNotFoundError`, `Coded`.

    In a folder that is in no checkout nothing is started: git would say what is said here.
    """
    places = await to_thread.run_sync(checkout.places, Path(folder))
    if not places:
        return Completed("exit 128", b"", b"fatal: not a git repository\n")
    ended = await run_tool(
        command,
        reads=places,
        executes=_copies(command[0]),
        folder=folder,
        environment=environment,
        limits=ToolLimits(output_bytes=most, stdout_kept=most),
        timeout=seconds,
        confinement=confinement,
    )
    return Completed(ended.exit, ended.stdout, ended.stderr, ended.in_force)


def _copies(program: str) -> list[Path]:
    prefix = Path(program).resolve().parent.parent
    return [prefix / copy for copy in _OWN_COMMANDS]
