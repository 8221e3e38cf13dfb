"""A signal to a build that runs: how long it then takes to be gone, and who outlives it."""

from __future__ import annotations

import signal
import time
from dataclasses import dataclass

from bench.tree import Member, Tree, kill, living, of_session


@dataclass(frozen=True, slots=True)
class Struck:
    """How a build ended that got a signal; the seconds from the signal on, none where it had ended before."""

    exit: int
    seconds: float | None
    members: list[Member]

    def survivors(self, patience: float = 0.0) -> int:
        """How many of its processes still run after so many seconds more. They are killed."""
        until = time.monotonic() + patience
        while (left := living(self.members)) and time.monotonic() < until:
            time.sleep(0.01)
        kill(left)
        return len(left)


def strike(tree: Tree, number: signal.Signals, moment: float) -> Struck:
    """Send the signal so many seconds from now, and wait for the end."""
    time.sleep(moment)
    members = [*tree.members(), *of_session(tree.pid)]
    ended, began = tree.ended, time.perf_counter()
    if not ended:
        tree.signal(number)
    exit = tree.wait().exit
    seconds = None if ended else time.perf_counter() - began
    return Struck(exit, seconds, [*members, *of_session(tree.pid)])
