"""All that a report is made of: `Account`. And the shape of the report: `DiagnosticsReport`. Neither computes anything."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from codeanatomy.failure import Failure
from codeanatomy.observe.delta_log import Extent
from codeanatomy.observe.manifest import FileCounts, Repository, RunError, RunManifest
from codeanatomy.observe.run import Run
from codeanatomy.product import TableResult


@dataclass(frozen=True, slots=True)
class Account:
    """What is known of a run at its end. `locations` are the folders of all tables, `extents` those of the tables that the engine read.

    A run that ended before its time has no generation, and no graph where its engine was not done.
    """

    run: Run
    manifest: RunManifest
    graph: Mapping[str, Any] | None
    failures: Sequence[Failure]
    warnings: Sequence[str]
    locations: Mapping[str, Path]
    extents: Mapping[str, Extent]
    generation: int | None

    @property
    def tables(self) -> dict[str, TableResult]:
        """Every table that the build wrote: evidence, graph, auxiliary."""
        return {**self.manifest.evidence, **self.manifest.tables}


UNDONE = "The engine did not come to its end."
"""Why sections about its run have nothing."""


class ReportSection(msgspec.Struct, frozen=True, kw_only=True):
    """A section: figures by name, rows of a table, and why there is nothing, or not more."""

    title: str
    sentence: str
    reason: str | None = None
    summary: dict[str, Any] = {}
    rows: list[dict[str, Any]] = []


class Bar(msgspec.Struct, frozen=True):
    """A span of the timeline: what it was, whose, and from when to when, in seconds since the run began."""

    kind: str
    label: str
    began: float
    ended: float
    status: str


class TableFacts(msgspec.Struct, frozen=True):
    """A table as it was written. `group` is `graph`, `auxiliary` or `evidence`."""

    name: str
    rows: int
    bytes: int
    files: int
    version: int
    group: str


class SlowFile(msgspec.Struct, frozen=True):
    """A source over which an extractor took long."""

    seconds: float
    extractor: str
    path: str


class DiagnosticsReport(msgspec.Struct, frozen=True, kw_only=True):
    """A report, as `report.json` holds it. Markdown and HTML show the same."""

    schema_version: int
    run_id: str
    status: str
    started: str
    seconds: float
    generation: int | None
    error: RunError | None
    repository: Repository
    codeanatomy: str
    files: FileCounts
    failures: dict[str, int]
    warnings: list[str]
    stages: dict[str, float]
    tables: list[TableFacts]
    timeline: list[Bar]
    slowest_files: list[SlowFile]
    sections: dict[str, ReportSection]
