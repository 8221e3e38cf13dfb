"""What a running build tells whoever watches it: plain values. Nothing is decided by them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from codeanatomy.product import UnfinishedBuild


@dataclass(frozen=True, slots=True)
class StageStarted:
    """A stage of the build begins, or one between two barriers of the extraction (`extraction_1`)."""

    stage: str


@dataclass(frozen=True, slots=True)
class StageFinished:
    """It is over."""

    stage: str
    seconds: float


@dataclass(frozen=True, slots=True)
class FilesFound:
    """The scan is over: so many sources are to be read by every extractor."""

    files: int


@dataclass(frozen=True, slots=True)
class SupplyStarted:
    """What an extractor reads instead of the sources is being made."""

    extractor: str


@dataclass(frozen=True, slots=True)
class SupplyFinished:
    """It is there; `status` is `ok`, `off` or `skipped`."""

    extractor: str
    status: str
    seconds: float


@dataclass(frozen=True, slots=True)
class ExtractorStarted:
    """An extractor begins: so many files (or other parcels), in so many shards."""

    extractor: str
    files: int
    shards: int


@dataclass(frozen=True, slots=True)
class ExtractorFinished:
    """All shards of an extractor are done and its tables are committed."""

    extractor: str
    files: int
    failed: int
    rows: int


@dataclass(frozen=True, slots=True)
class ShardStarted:
    """One shard of an extractor begins."""

    extractor: str
    shard: int
    files: int


@dataclass(frozen=True, slots=True)
class ShardFinished:
    """One shard of an extractor is done."""

    extractor: str
    shard: int
    files: int
    failed: int
    rows: int
    seconds: float
    cpu_seconds: float
    restarts: int


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


@dataclass(frozen=True, slots=True)
class OperatorStarted:
    """The engine begins a run of a graph operator."""

    operator: str


@dataclass(frozen=True, slots=True)
class OperatorFinished:
    """It is done."""

    operator: str
    seconds: float


@dataclass(frozen=True, slots=True)
class OutputStarted:
    """The engine begins to compute and write a table of the graph."""

    table: str


@dataclass(frozen=True, slots=True)
class OutputWritten:
    """The table is written; it is not visible yet."""

    table: str
    rows: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """The build is alive: its stage, and seconds since it began."""

    stage: str
    seconds: float


@dataclass(frozen=True, slots=True)
class Stalled:
    """Nothing has moved for so many seconds. Told once until something moves again; the build goes on."""

    stage: str
    seconds: float


@dataclass(frozen=True, slots=True)
class BuildUnfinished:
    """The build has failed or was cancelled, and this is what there is of it. It is the last event."""

    build: UnfinishedBuild


Event = (
    StageStarted
    | StageFinished
    | FilesFound
    | SupplyStarted
    | SupplyFinished
    | ExtractorStarted
    | ExtractorFinished
    | ShardStarted
    | ShardFinished
    | FileDone
    | WorkerStarted
    | WorkerEnded
    | OperatorStarted
    | OperatorFinished
    | OutputStarted
    | OutputWritten
    | Heartbeat
    | Stalled
    | BuildUnfinished
)
Events = Callable[[Event], None]


def unwatched(event: Event) -> None:
    """The receiver for a build that nobody watches."""


def of_engine(told: dict[str, object]) -> Event | None:
    """What the engine says of its progress as an event; none for what watchers are not told."""
    make = _OF_ENGINE.get(str(told["event"]))
    return make(**{name: value for name, value in told.items() if name != "event"}) if make else None


_OF_ENGINE: dict[str, Callable[..., Event]] = {
    "operator_started": OperatorStarted,
    "operator_finished": OperatorFinished,
    "output_started": OutputStarted,
    "output_written": OutputWritten,
}
