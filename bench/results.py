"""The figures of a benchmark as they are kept in its JSON file. They are what was measured; what follows from them is `report`'s."""

from __future__ import annotations

import msgspec


class FloorFigures(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One native call over all files. Seconds are of the files that it accepted."""

    cpu_seconds: float
    files: int
    refused: int
    bytes: int
    lines: int


class ExtractorFigures(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One extractor alone, in one worker. `cpu_seconds` is the worker's, its start included; `start_cpu_seconds` is that of a worker with the
    smallest file only; `parent_cpu_seconds` is what feeding it cost."""

    cpu_seconds: float
    start_cpu_seconds: float
    parent_cpu_seconds: float
    wall_seconds: float
    files: int
    failed: int
    rows: dict[str, int]
    restarts: int
    peak_bytes: int


class BuildFigures(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One whole build. Processor seconds and peaks are of the whole process tree; stages are what the build states itself: wall
    seconds, and those of processors up to the manifest."""

    cpu_seconds: float
    wall_seconds: float
    stages: dict[str, float]
    stage_cpu_seconds: dict[str, float]
    peak_pss_bytes: int
    peak_rss_bytes: int
    files: int
    failed: int
    rows: dict[str, int]


class CancelFigures(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One build that got SIGINT `moment` seconds after its start, the seconds until it was gone, and how many of its processes were not.

    `seconds` is null when it had ended before.
    """

    moment: float
    seconds: float | None
    exit: int
    survivors: int


class Round(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One pass over everything: floors by call, extractors by name, builds by number of workers. Ratios are taken inside a round."""

    floors: dict[str, FloorFigures]
    extractors: dict[str, ExtractorFigures]
    builds: dict[str, BuildFigures]


class Results(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A run of the benchmark over one repository. `load` is the machine's load in the minute before: above 0.5, distrust even the ratios."""

    commit: str
    changed: bool
    repository: str
    version: str
    python: str
    platform: str
    processors: int
    load: float
    workers: int
    rounds: list[Round]
    cancels: list[CancelFigures]

    @property
    def state(self) -> str:
        """The state of the checkout that was measured."""
        return f"{self.commit}-changed" if self.changed else self.commit
