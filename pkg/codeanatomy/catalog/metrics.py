"""Every metric, once. A build records them in its manifest and, where a meter is given, as OpenTelemetry instruments; nothing is estimated.

Every measurement also carries the run id.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Metric:
    """An instrument: its name after `codeanatomy.`, its type (`histogram`, `counter`, `gauge`), unit, attributes and source."""

    name: str
    type: str
    unit: str
    attributes: tuple[str, ...]
    sentence: str


STAGE_DURATION = Metric("stage.duration", "histogram", "s", ("stage", "status"), "Wall time of a stage of the build.")
TASK_DURATION = Metric(
    "task.duration",
    "histogram",
    "s",
    ("task_kind", "status"),
    "Wall time of an extractor's shard or supply and of a run of a graph operator; processor time of each operator of a plan.",
)
EXECUTE_DURATION = Metric(
    "datafusion.execute.duration", "histogram", "s", ("plan_kind", "status"), "Wall time of a phase of the engine's run."
)
WRITE_DURATION = Metric(
    "datafusion.write.duration",
    "histogram",
    "s",
    ("destination", "status"),
    "Wall time of a table: computing and writing it, or, where Python hands in the rows, writing it.",
)
ARTIFACT_COUNT = Metric("artifact.count", "counter", "1", ("artifact_kind", "status"), "Files of the run bundle by kind.")
ERROR_COUNT = Metric("error.count", "counter", "1", ("stage", "error_type"), "Failures of sources, and of the build, by code.")
DATASET_ROWS = Metric("dataset.rows", "gauge", "1", ("dataset",), "Rows of an evidence or output table.")
DATASET_COLUMNS = Metric("dataset.columns", "gauge", "1", ("dataset",), "Columns of an evidence or output table.")
SCAN_ROW_GROUPS = Metric("scan.row_groups", "gauge", "1", ("dataset",), "Parquet row groups of a table that the engine read.")
SCAN_FRAGMENTS = Metric("scan.fragments", "gauge", "1", ("dataset",), "Data files of a table that the engine read.")
CACHE_OPERATION_COUNT = Metric(
    "cache.operation.count",
    "counter",
    "1",
    ("policy", "scope", "operation", "result"),
    "Views that the engine kept in an output's files (`store`) and later readers of them (`read`).",
)
CACHE_OPERATION_DURATION = Metric(
    "cache.operation.duration",
    "histogram",
    "s",
    ("policy", "scope", "operation", "result"),
    "Wall time of computing and keeping such a view; the engine does not time the reading.",
)
STORAGE_OPERATION_COUNT = Metric(
    "storage.operation.count", "counter", "1", ("operation", "status"), "Calls of the storage: Delta tables and generations."
)
STORAGE_OPERATION_DURATION = Metric("storage.operation.duration", "histogram", "s", ("operation", "status"), "Wall time of such a call.")

METRICS: tuple[Metric, ...] = (
    STAGE_DURATION,
    TASK_DURATION,
    EXECUTE_DURATION,
    WRITE_DURATION,
    ARTIFACT_COUNT,
    ERROR_COUNT,
    DATASET_ROWS,
    DATASET_COLUMNS,
    SCAN_ROW_GROUPS,
    SCAN_FRAGMENTS,
    CACHE_OPERATION_COUNT,
    CACHE_OPERATION_DURATION,
    STORAGE_OPERATION_COUNT,
    STORAGE_OPERATION_DURATION,
)
