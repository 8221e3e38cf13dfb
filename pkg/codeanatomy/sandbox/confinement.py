"""How far processes of ours are confined: which means are used, and what happens where the system has not got one. It confines nothing itself.

Standard library and `failure` only: children import it too.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from codeanatomy.failure import Coded

FILES = "landlock_files"
"""No path but those granted."""
TCP = "landlock_tcp"
SCOPE = "landlock_scope"
"""No signal and no abstract socket to a process outside."""
SECCOMP = "seccomp"
"""Only the system calls that are needed (worker), or none that can harm or reach a network (tool)."""
PROCESSES = "own_processes"
"""A process namespace: the kernel ends with its first process whatever that has started."""

_ALWAYS = frozenset(("no_core", "dies_with_parent", "no_new_privileges", "open_files", "file_size"))
_RIGHTS = frozenset((FILES, TCP, SCOPE, SECCOMP))
WORKER = _ALWAYS | _RIGHTS | {"cpu", "data"}
"""What a worker has in force where the system can do everything."""
TOOL = _ALWAYS | _RIGHTS | {PROCESSES}
"""The same of a tool."""


@dataclass(frozen=True, slots=True)
class Confinement:
    """Means that the system does not have are gone without, or end the build when `required`.

    `without` names means that are not to be used. `kills`: a worker's forbidden system call ends it instead of failing.
    """

    required: bool = False
    without: frozenset[str] = frozenset()
    kills: bool = False

    def missing(self, wanted: frozenset[str], in_force: Iterable[str]) -> tuple[str, ...]:
        """What is wanted and not in force, other than on purpose."""
        return tuple(sorted(wanted - self.without - frozenset(in_force)))

    def check(self, name: str, wanted: frozenset[str], in_force: Iterable[str]) -> None:
        """Raises `Coded` CA221 when something required is missing for that worker or tool."""
        missing = self.missing(wanted, in_force)
        if self.required and missing:
            raise Coded(
                "CA221",
                f"{name} cannot be confined completely: this system lacks {', '.join(missing)}",
                hint="leave out --require-sandbox, or build on Linux 6.12 or later",
                details={"process": name, "missing": list(missing), "in_force": sorted(in_force)},
            )


CONFINED = Confinement()
"""As far as the system can (the default)."""
UNCONFINED = Confinement(without=_RIGHTS | {PROCESSES})
"""Limits of resources, and nothing else (`--no-sandbox`)."""
