"""How long a build takes to be gone after SIGINT, at moments spread over its whole course. What it leaves on disk is a test's business."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from bench.build import COMMAND, started
from bench.results import CancelFigures
from bench.tree import kill, living


def measure_cancels(
    repository: Path, workers: int, build_seconds: float, count: int, command: Sequence[str] = COMMAND
) -> Iterator[CancelFigures]:
    """Cancel `count` builds, each in the middle of its share of the seconds that a whole build takes."""
    for number in range(count):
        yield measure_cancel(repository, workers, build_seconds * (number + 0.5) / count, command)


def measure_cancel(repository: Path, workers: int, moment: float, command: Sequence[str] = COMMAND) -> CancelFigures:
    """Start a build and cancel it `moment` seconds later."""
    with started(repository, workers, command) as build:
        time.sleep(moment)
        if build.tree.ended:
            return CancelFigures(moment=moment, seconds=None, exit=build.tree.wait().exit, survivors=0)
        members = build.tree.members()
        began = time.perf_counter()
        build.tree.signal(signal.SIGINT)
        used = build.tree.wait()
        seconds = time.perf_counter() - began
        survivors = living(members)
        kill(survivors)
        return CancelFigures(moment=moment, seconds=seconds, exit=used.exit, survivors=len(survivors))
