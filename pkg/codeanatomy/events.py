"""What a running build tells whoever watches it: plain values. Nothing is decided by them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class StageStarted:
    """A stage of the build begins."""

    stage: str


@dataclass(frozen=True, slots=True)
class StageFinished:
    """A stage of the build is over."""

    stage: str
    seconds: float


@dataclass(frozen=True, slots=True)
class FilesFound:
    """The scan is over: so many sources are to be read by every extractor."""

    files: int


@dataclass(frozen=True, slots=True)
class FileDone:
    """More files of an extractor are final: how many since the last such event, their bytes, and the rows written for them."""

    extractor: str
    files: int
    bytes: int
    rows: int


@dataclass(frozen=True, slots=True)
class WorkerStarted:
    """A worker of an extractor's shard runs."""

    extractor: str
    shard: int
    pid: int


@dataclass(frozen=True, slots=True)
class WorkerEnded:
    """A worker is gone; `exit` is `exit 0` when it ended well, otherwise what a failure's `worker_exit` says."""

    extractor: str
    shard: int
    pid: int
    exit: str


Event = StageStarted | StageFinished | FilesFound | FileDone | WorkerStarted | WorkerEnded
Events = Callable[[Event], None]


def unwatched(event: Event) -> None:
    """The receiver for a build that nobody watches."""
