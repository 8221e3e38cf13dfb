"""How long a build takes to be gone after SIGINT, at moments spread over its whole course. What it leaves on disk is `interrupt`'s business."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path

from bench.build import fresh, started, with_workers
from bench.results import CancelFigures
from bench.strike import strike


def measure_cancels(repository: Path, workers: int, build_seconds: float, count: int) -> Iterator[CancelFigures]:
    """Cancel `count` builds, each in the middle of its share of the seconds that a whole build takes."""
    for number in range(count):
        moment = build_seconds * (number + 0.5) / count
        with fresh() as output, started(repository, output, with_workers(workers)) as build:
            struck = strike(build.tree, signal.SIGINT, moment)
        yield CancelFigures(moment=moment, seconds=struck.seconds, exit=struck.exit, survivors=struck.survivors())
